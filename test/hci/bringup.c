/* SPDX-License-Identifier: MIT */
/* Bring-up against scripted controllers: commands, their order, and the values kept. */
#include "hci/bringup.h"

#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "unit.h"

/* The features of a controller, and its answers. */
struct controller {
	bool dual;
	bool has_commands;	 /* it lists its commands... */
	const uint16_t *unknown; /* ...without these; ends with 0 */
	bool lies;		 /* it lists these too */
	const uint16_t *silent;	 /* no answer to these; ends with 0 */
	uint8_t le_buffers;	 /* 0: it uses those of BR/EDR */
	uint64_t le_features;
	struct hci_usb_id usb;
	const char *version; /* of Read Local Version Information, 8 octets; NULL: any */
	const char *intel;   /* of Intel Read Version */
	size_t intel_len;
};

static struct hci_host host;
static struct hci_bringup bringup;
static uint16_t sent[64];
static size_t sent_count;
static uint8_t last_parameters[64][16], last_lengths[64];
static const char *address = "\1\2\3\4\5\6";
static const uint8_t *wanted;	  /* of hci_bringup_set_address(), NULL: none */
static uint8_t given[6];	  /* by the command of Broadcom */
static bool stubborn;		  /* that command has no effect */
static const char *static_answer; /* of Zephyr Read Static Addresses */
static size_t static_len;
static uint8_t le_length = 251;
static uint16_t cut;	/* this command's answer ends early; 0: none */
static bool bufferless; /* no buffers of BR/EDR either */

static bool is_among(const uint16_t *list, uint16_t opcode)
{
	for (; list && *list; list++)
		if (*list == opcode)
			return true;
	return false;
}

/* Return parameters after the status. */
static size_t answer(const struct controller *c, uint16_t opcode, uint8_t *p)
{
	memset(p, 0, 80);
	switch (opcode) {
	case HCI_READ_LOCAL_VERSION:
		memcpy(p, c->version ? c->version : "\x0b\x34\x12\x0a\x59\x01\x78\x56", 8);
		return 8;
	case HCI_INTEL_READ_VERSION:
		memcpy(p, c->intel, c->intel_len);
		return c->intel_len;
	case HCI_READ_LOCAL_COMMANDS:
		memset(p, 0xff, 64);
		for (const uint16_t *u = c->unknown; u && *u && !c->lies; u++) {
			const struct hci_command_format *f = hci_command_format(*u);
			p[f->octet] &= (uint8_t) ~(1U << f->bit);
		}
		return 64;
	case HCI_READ_LOCAL_FEATURES:
		p[4] = c->dual ? 0x40 : 0x60;
		p[7] = 0x80;
		return 8;
	case HCI_READ_BD_ADDR:
		memcpy(p, address, 6);
		return 6;
	case HCI_ZEPHYR_READ_STATIC_ADDRESSES:
		memcpy(p, static_answer, static_len);
		return static_len;
	case HCI_LE_READ_LOCAL_FEATURES:
		for (int i = 0; i < 8; i++)
			p[i] = (uint8_t)(c->le_features >> 8 * i);
		return 8;
	case HCI_LE_READ_BUFFER_SIZE:
		p[0] = le_length;
		p[2] = c->le_buffers;
		return 3;
	case HCI_READ_BUFFER_SIZE:
		if (!bufferless)
			memcpy(p, "\xfd\x03\x40\x08\x01\x00\x00", 7);
		return 7;
	case HCI_LE_READ_STATES:
		memcpy(p, "\1\2\3\4\5\6\7\x8", 8);
		return 8;
	case HCI_LE_READ_ACCEPT_LIST_SIZE:
		p[0] = 12;
		return 1;
	default:
		return 0;
	}
}

#define BROADCOM_WRITE_ADDRESS 0xfc01

static enum hci_bringup_state run(const struct controller *c, uint16_t fails, uint8_t with)
{
	enum hci_bringup_state state = HCI_BRINGUP_RUNNING;
	uint8_t out[HCI_PACKET_MAX], event[100];
	struct hci_input input;

	hci_host_init(&host);
	hci_bringup_start(&bringup, &host, &c->usb);
	if (wanted)
		hci_bringup_set_address(&bringup, wanted);
	sent_count = 0;
	while (state == HCI_BRINGUP_RUNNING) {
		assert_true(hci_host_output(&host, 0, out) >= 4);
		uint16_t opcode = (uint16_t)(out[1] | out[2] << 8);
		memcpy(last_parameters[sent_count], out + 4, 16);
		last_lengths[sent_count] = out[3];
		sent[sent_count++] = opcode;
		assert_true(sent_count < COUNT(sent));
		if (opcode == BROADCOM_WRITE_ADDRESS && !stubborn) {
			memcpy(given, out + 4, 6);
			address = (const char *)given;
		}

		if (is_among(c->silent, opcode)) {
			uint64_t late = hci_host_deadline(&host);
			assert_false(hci_host_expired(&host, late - 1, &input));
			assert_true(hci_host_expired(&host, late, &input));
			state = hci_bringup_overdue(&bringup, &host);
			continue;
		}
		bool commands = opcode == HCI_READ_LOCAL_COMMANDS && !c->has_commands;
		uint8_t status = opcode == fails			    ? with
				 : is_among(c->unknown, opcode) || commands ? 1
									    : 0;
		size_t len = status || opcode == cut ? 0 : answer(c, opcode, event + 7);
		event[0] = HCI_EVENT;
		event[1] = HCI_COMMAND_COMPLETE;
		event[2] = (uint8_t)(4 + len);
		event[3] = 1;
		event[4] = out[1];
		event[5] = out[2];
		event[6] = status;
		hci_host_input(&host, event, 7 + len, &input);
		state = hci_bringup_input(&bringup, &host, &input);
	}
	return state;
}

/* The position of a command among those sent, from 1; 0: it was not sent. */
static size_t place(uint16_t opcode)
{
	for (size_t i = 0; i < sent_count; i++)
		if (sent[i] == opcode)
			return i + 1;
	return 0;
}

static void le_only(void **state)
{
	const struct controller c = {.has_commands = true, .le_buffers = 8, .le_features = 0x21};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(sent[0], HCI_RESET);
	assert_int_equal(place(HCI_WRITE_LE_HOST_SUPPORT), 0);
	assert_int_equal(place(HCI_READ_BUFFER_SIZE), 0);
	assert_true(place(HCI_LE_WRITE_DEFAULT_DATA_LENGTH));
	assert_int_equal(bringup.controller.acl_length, 251);
	assert_int_equal(bringup.controller.acl_count, 8);
	assert_int_equal(bringup.controller.manufacturer, 0x0159);
	assert_int_equal(bringup.controller.accept_list_size, 12);
	assert_true(bringup.controller.has_address);
	assert_int_equal(bringup.note_count, 0);
	assert_int_equal(host.acl_credits, 8);
	/* Features before the mask that depends on them; data length change (bit 6) is wanted. */
	assert_true(place(HCI_LE_READ_LOCAL_FEATURES) < place(HCI_LE_SET_EVENT_MASK));
	assert_int_equal(last_parameters[place(HCI_LE_SET_EVENT_MASK) - 1][0], 0x5f);
}

/* The next command is optional, and could be skipped; but so could every other, one after the
 * other. */
static void a_controller_that_allows_no_command_has_failed(void **state)
{
	uint8_t out[HCI_PACKET_MAX];
	const uint8_t done[] = {HCI_EVENT, HCI_COMMAND_COMPLETE, 4, 0, 0x03, 0x0c, 0};
	struct hci_input input;

	(void)state;
	hci_host_init(&host);
	hci_bringup_start(&bringup, &host, NULL);
	assert_int_equal(hci_host_output(&host, 0, out), 4);
	hci_host_input(&host, done, sizeof(done), &input);
	assert_int_equal(hci_bringup_input(&bringup, &host, &input), HCI_BRINGUP_RUNNING);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_true(hci_host_expired(&host, HCI_COMMAND_TIMEOUT_US, &input));
	assert_int_equal(hci_bringup_overdue(&bringup, &host), HCI_BRINGUP_FAILED);
	assert_string_equal(bringup.failure,
			    "Read Local Version Information: the controller allowed no command for "
			    "2 s (Num_HCI_Command_Packets is 0); unplug it and plug it in again");
}

static void dual_mode(void **state)
{
	const struct controller c = {.dual = true, .has_commands = true, .le_buffers = 4};
	const uint8_t mask[8] = {0xff, 0xff, 0xfb, 0xff, 0x07, 0xf8, 0xbf, 0x3d};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_true(place(HCI_WRITE_LE_HOST_SUPPORT));
	assert_memory_equal(last_parameters[place(HCI_SET_EVENT_MASK) - 1], mask, 8);
	assert_true(hci_controller_dual_mode(&bringup.controller));
	assert_int_equal(place(HCI_LE_WRITE_DEFAULT_DATA_LENGTH), 0);
}

static void a_controller_without_le_buffers_shares_those_of_bredr(void **state)
{
	const struct controller c = {.dual = true, .has_commands = true, .le_buffers = 0};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_true(place(HCI_READ_BUFFER_SIZE));
	assert_true(bringup.controller.shared_buffers);
	assert_int_equal(bringup.controller.acl_length, 1021);
	assert_int_equal(bringup.controller.acl_count, 0x0108);
	assert_int_equal(host.acl_length, HCI_ACL_DATA_MAX);
}

static const uint16_t few[] = {HCI_SET_EVENT_MASK_PAGE_2, HCI_LE_READ_STATES,
			       HCI_LE_READ_ACCEPT_LIST_SIZE, 0};

static void a_command_that_is_not_listed_is_not_sent(void **state)
{
	const struct controller c = {.has_commands = true, .unknown = few, .le_buffers = 1};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	for (size_t i = 0; few[i]; i++)
		assert_int_equal(place(few[i]), 0);
	assert_int_equal(bringup.note_count, 0);
}

/* Clones claim commands that they do not have: noted, not fatal. */
static void an_optional_command_may_be_refused(void **state)
{
	const struct controller c = {
		.has_commands = true, .lies = true, .unknown = few, .le_buffers = 1};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(bringup.note_count, 3);
	assert_string_equal(bringup.notes[0], "Set Event Mask Page 2: Unknown HCI Command");
}

/* Or they do not answer. */
static void an_optional_command_may_stay_without_an_answer(void **state)
{
	const struct controller c = {.has_commands = true, .silent = few, .le_buffers = 1};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(bringup.note_count, 3);
	assert_string_equal(bringup.notes[0], "Set Event Mask Page 2: no answer");
	assert_int_equal(bringup.controller.acl_count, 1);
}

static void a_required_command_must_be_answered(void **state)
{
	static const uint16_t mute[] = {HCI_RESET, 0};
	const struct controller c = {.has_commands = true, .silent = mute, .le_buffers = 1};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_non_null(
		strstr(bringup.failure, "Reset: the controller does not answer within 2 s"));
}

static void without_the_list_every_command_is_sent(void **state)
{
	const struct controller c = {.unknown = few, .le_buffers = 1};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	for (size_t i = 0; few[i]; i++)
		assert_true(place(few[i]));
	assert_false(bringup.controller.commands_known);
	assert_false(hci_controller_extended(&bringup.controller));
}

static void a_required_command_must_succeed(void **state)
{
	const struct controller c = {.has_commands = true, .le_buffers = 1};
	const uint16_t required[] = {HCI_RESET, HCI_SET_EVENT_MASK, HCI_LE_SET_EVENT_MASK};

	(void)state;
	for (size_t i = 0; i < COUNT(required); i++) {
		assert_int_equal(run(&c, required[i], 0x03), HCI_BRINGUP_FAILED);
		assert_non_null(strstr(bringup.failure, hci_command_name(required[i])));
		assert_non_null(strstr(bringup.failure, "Hardware Failure"));
	}
}

/* Bits of the LE event mask follow the features of the controller. */
static void the_le_event_mask(void **state)
{
	static const struct {
		uint64_t features;
		const char *mask;
	} cases[] = {
		{0, "\x1f\0\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_PARAMETER_REQUEST, "\x3f\0\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_DATA_LENGTH, "\x5f\0\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_PRIVACY, "\x1f\2\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_SCAN_POLICIES, "\x1f\x04\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_2M_PHY, "\x1f\x08\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_CODED_PHY, "\x1f\x08\0\0\0\0\0\0"},
		{1ULL << HCI_FEATURE_EXTENDED_ADVERTISING, "\x1f\x12\2\0\0\0\0\0"},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct controller c = {
			.has_commands = true, .le_buffers = 4, .le_features = cases[n].features};
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
		assert_memory_equal(last_parameters[place(HCI_LE_SET_EVENT_MASK) - 1],
				    cases[n].mask, 8);
	}
}

/* Neither LE nor BR/EDR has a buffer: no data could be sent. */
static void no_buffers_at_all(void **state)
{
	const struct controller c = {.has_commands = true};

	(void)state;
	bufferless = true;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	bufferless = false;
	assert_non_null(strstr(bringup.failure, "no buffer for data"));
}

/* A short answer to an optional command is ignored, to a required one it is fatal. */
static void a_short_answer_is_ignored_or_fatal(void **state)
{
	const struct controller c = {.has_commands = true, .le_buffers = 4};

	(void)state;
	cut = HCI_READ_BD_ADDR;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(bringup.note_count, 1);
	assert_non_null(strstr(bringup.notes[0], "too short and was ignored"));
	assert_false(bringup.controller.has_address);
	const struct controller shared = {.has_commands = true};
	cut = HCI_READ_BUFFER_SIZE;
	assert_int_equal(run(&shared, 0, 0), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "too short"));
	cut = 0;

	static const uint16_t many[] = {
		HCI_READ_LOCAL_VERSION, HCI_READ_LOCAL_FEATURES,      HCI_READ_BD_ADDR,
		HCI_LE_READ_STATES,	HCI_LE_READ_ACCEPT_LIST_SIZE, 0};
	const struct controller refuses = {
		.has_commands = true, .lies = true, .unknown = many, .le_buffers = 4};
	assert_int_equal(run(&refuses, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(bringup.note_count, HCI_BRINGUP_NOTES);
}

static void other_inputs_change_nothing(void **state)
{
	const struct hci_input other = {.kind = HCI_IN_COMMAND, .opcode = HCI_DISCONNECT};
	const struct hci_input event = {.kind = HCI_IN_EVENT};

	(void)state;
	hci_host_init(&host);
	hci_bringup_start(&bringup, &host, NULL);
	assert_int_equal(hci_bringup_input(&bringup, &host, &other), HCI_BRINGUP_RUNNING);
	assert_int_equal(hci_bringup_input(&bringup, &host, &event), HCI_BRINGUP_RUNNING);
	assert_int_equal(bringup.row, 0);
}

/* ---- The whole sequence ------------------------------------------------------------------------
 */

/* Checks the parameters of a command that was sent, octet by octet. */
static void sent_with(uint16_t opcode, const char *parameters, size_t len)
{
	size_t at = place(opcode);

	assert_true(at > 0);
	assert_int_equal(last_lengths[at - 1], len);
	assert_memory_equal(last_parameters[at - 1], parameters, len);
}

#define FEATURE(bit) (1ULL << (bit))

/* Part E 7.3, 7.4, 7.8, and the order of Vol 6 Part D 2.1: features before the masks. */
static void each_command_of_the_sequence(void **state)
{
	static const uint16_t order[] = {
		HCI_RESET,
		HCI_READ_LOCAL_VERSION,
		HCI_READ_LOCAL_COMMANDS,
		HCI_READ_LOCAL_FEATURES,
		HCI_READ_BD_ADDR,
		HCI_SET_EVENT_MASK,
		HCI_SET_EVENT_MASK_PAGE_2,
		HCI_WRITE_LE_HOST_SUPPORT,
		HCI_LE_READ_LOCAL_FEATURES,
		HCI_LE_SET_EVENT_MASK,
		HCI_LE_READ_BUFFER_SIZE,
		HCI_READ_BUFFER_SIZE,
		HCI_LE_READ_STATES,
		HCI_LE_READ_ACCEPT_LIST_SIZE,
		HCI_LE_WRITE_DEFAULT_DATA_LENGTH,
	};
	const struct controller c = {.dual = true,
				     .has_commands = true,
				     .le_features = FEATURE(HCI_FEATURE_DATA_LENGTH)};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(sent_count, COUNT(order));
	assert_memory_equal(sent, order, sizeof(order));
	assert_int_equal(bringup.command_count, COUNT(order));
	static const uint16_t without[] = {HCI_RESET, HCI_READ_LOCAL_VERSION, HCI_LE_READ_STATES,
					   HCI_READ_BUFFER_SIZE, HCI_LE_READ_BUFFER_SIZE};
	for (size_t i = 0; i < COUNT(without); i++)
		sent_with(without[i], "", 0);
	sent_with(HCI_SET_EVENT_MASK, "\xff\xff\xfb\xff\x07\xf8\xbf\x3d", 8); /* 7.3.1 */
	sent_with(HCI_SET_EVENT_MASK_PAGE_2, "\0\0\0\2\0\0\0\0", 8);	      /* 7.3.69: bit 25 */
	sent_with(HCI_WRITE_LE_HOST_SUPPORT, "\1\0", 2);		      /* 7.3.79 */
	sent_with(HCI_LE_SET_EVENT_MASK, "\x5f\0\0\0\0\0\0\0", 8);	      /* 7.8.1 */
	sent_with(HCI_LE_WRITE_DEFAULT_DATA_LENGTH, "\xfb\0\x48\x08", 4);     /* 7.8.35 */
}

/* 7.3.1: the events of a controller without BR/EDR. */
static void the_event_mask_of_a_controller_of_le_only(void **state)
{
	static const unsigned bits[] = {
		4,  /* Disconnection Complete */
		7,  /* Encryption Change */
		11, /* Read Remote Version Information Complete */
		15, /* Hardware Error */
		25, /* Data Buffer Overflow */
		47, /* Encryption Key Refresh Complete */
		61, /* LE Meta */
	};
	const struct controller c = {.has_commands = true, .le_buffers = 8};
	char mask[8] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(bits); i++)
		mask[bits[i] / 8] = (char)(mask[bits[i] / 8] | 1 << bits[i] % 8);
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	sent_with(HCI_SET_EVENT_MASK, mask, 8);
	assert_false(hci_controller_dual_mode(&bringup.controller));
}

/* 7.4.1, 7.4.3, 7.4.6, 7.8.2, 7.8.3, 7.8.14, 7.8.27. */
static void the_properties_of_the_controller(void **state)
{
	const struct controller c = {
		.has_commands = true, .le_buffers = 7, .le_features = 0x8877665544332211};
	const struct hci_controller_info *info = &bringup.controller;

	(void)state;
	memset(&bringup, 0xff, sizeof(bringup));
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(info->hci_version, 0x0b);
	assert_int_equal(info->hci_revision, 0x1234);
	assert_int_equal(info->lmp_version, 0x0a);
	assert_int_equal(info->manufacturer, 0x0159);
	assert_int_equal(info->lmp_subversion, 0x5678);
	assert_true(info->commands_known);
	for (size_t i = 0; i < sizeof(info->commands); i++)
		assert_int_equal(info->commands[i], 0xff);
	assert_memory_equal(info->features, "\0\0\0\0\x60\0\0\x80", 8);
	assert_true(info->has_address);
	assert_memory_equal(info->address, "\1\2\3\4\5\6", 6);
	assert_memory_equal(info->le_features, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	assert_memory_equal(info->le_states, "\1\2\3\4\5\6\7\x8", 8);
	assert_int_equal(info->accept_list_size, 12);
	assert_int_equal(info->acl_length, 251);
	assert_int_equal(info->acl_count, 7);
	assert_false(info->shared_buffers);
	assert_int_equal(host.acl_length, 251);
	assert_int_equal(host.acl_credits, 7);
	assert_string_equal(bringup.failure, "");
	for (unsigned bit = 0; bit < 64; bit++)
		assert_int_equal(hci_controller_feature(info, bit), c.le_features >> bit & 1);
}

/* Some controllers without an address of their own return zeros or ones. */
static void an_address_of_zeros_or_ones_is_none(void **state)
{
	static const struct {
		const char *address;
		bool valid;
	} cases[] = {
		{"\0\0\0\0\0\0", false},
		{"\xff\xff\xff\xff\xff\xff", false},
		{"\0\0\0\0\0\1", true},
		{"\1\0\0\0\0\0", true},
		{"\xff\xff\xff\xff\xff\xfe", true},
		{"\xfe\xff\xff\xff\xff\xff", true},
	};
	const struct controller c = {.has_commands = true, .le_buffers = 1};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		address = cases[n].address;
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
		assert_int_equal(bringup.controller.has_address, cases[n].valid);
	}
	address = "\1\2\3\4\5\6";
}

/* One that nobody has changed: hci/public_address.c. */
static void the_default_address_of_a_maker_is_not_its_own(void **state)
{
	static const uint16_t without[] = {HCI_READ_BD_ADDR, 0};
	struct controller c = {.has_commands = true, .le_buffers = 1};

	(void)state;
	address = "\x00\x8b\x9e\x19\x03\x00";
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_false(bringup.controller.has_address);
	assert_int_equal(bringup.controller.address_state, HCI_ADDRESS_SHARED);
	assert_memory_equal(bringup.controller.address, address, 6);
	address = "\1\2\3\4\5\6";
	c.unknown = without;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_false(bringup.controller.has_address);
	assert_int_equal(bringup.controller.address_state, HCI_ADDRESS_UNREAD);
}

/* ---- Addresses by commands of the maker -------------------------------------------------------
 */

static const char zephyr[] = "\x0d\x00\x00\x0d\xf1\x05\x00\x00";
static const char broadcom[] = "\x06\x01\x10\x06\x0f\x00\x0e\x22";

/* Zephyr subsys/bluetooth: number, address, root key. */
static const char one_static[] = "\x01\x11\x22\x33\x44\x55\xe6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

static void tell_static(const char *octets, size_t len)
{
	static_answer = octets;
	static_len = len;
}

static void zephyr_without_a_public_address_tells_a_static_one(void **state)
{
	const struct controller c = {.has_commands = true, .le_buffers = 1, .version = zephyr};

	(void)state;
	address = "\0\0\0\0\0\0";
	tell_static(one_static, sizeof(one_static) - 1);
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_true(bringup.controller.has_static_address);
	assert_memory_equal(bringup.controller.static_address, one_static + 1, 6);
	assert_int_equal(last_lengths[place(HCI_ZEPHYR_READ_STATIC_ADDRESSES) - 1], 0);
	assert_int_equal(bringup.note_count, 0);
	address = "\1\2\3\4\5\6";
}

/* Intel loads firmware by this opcode. */
static void no_other_controller_is_asked_for_it(void **state)
{
	static const struct {
		const char *version, *address;
		uint16_t silent;
	} cases[] = {
		{zephyr, "\1\2\3\4\5\6", 0},			  /* has a public one */
		{broadcom, "\0\0\0\0\0\0", 0},			  /* of another maker */
		{zephyr, "\0\0\0\0\0\0", HCI_READ_LOCAL_VERSION}, /* of an unknown one */
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const uint16_t unknown[] = {cases[n].silent, 0};
		const struct controller c = {.has_commands = true,
					     .le_buffers = 1,
					     .version = cases[n].version,
					     .unknown = unknown};
		address = cases[n].address;
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
		assert_int_equal(place(HCI_ZEPHYR_READ_STATIC_ADDRESSES), 0);
		assert_false(bringup.controller.has_static_address);
	}
	address = "\1\2\3\4\5\6";
}

/* The controller was built without these commands, or reports an address that cannot be one. */
static void an_answer_without_a_static_address_is_none(void **state)
{
	static const struct {
		const char *answer;
		size_t len;
	} answers[] = {
		{"", 0},
		{"\x00", 1},
		{"\x01", 1},
		{"\x01\x11\x22\x33\x44\x55", 6},
		{"\x00\x11\x22\x33\x44\x55\xe6", 7},
		{"\x01\x11\x22\x33\x44\x55\xbf", 7}, /* not static: Vol 6 Part B 1.3.2.1 */
		{"\x01\xff\xff\xff\xff\xff\xff", 7},
		{"\x01\x00\x00\x00\x00\x00\xc0", 7},
	};
	static const uint16_t asked[] = {HCI_ZEPHYR_READ_STATIC_ADDRESSES, 0};
	struct controller c = {.has_commands = true, .le_buffers = 1, .version = zephyr};

	(void)state;
	address = "\xff\xff\xff\xff\xff\xff";
	for (size_t n = 0; n < COUNT(answers); n++) {
		tell_static(answers[n].answer, answers[n].len);
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
		assert_true(place(HCI_ZEPHYR_READ_STATIC_ADDRESSES));
		assert_false(bringup.controller.has_static_address);
	}
	tell_static(one_static, sizeof(one_static) - 1);
	assert_int_equal(run(&c, HCI_ZEPHYR_READ_STATIC_ADDRESSES, 1), HCI_BRINGUP_DONE);
	assert_false(bringup.controller.has_static_address);
	assert_int_equal(bringup.note_count, 1);
	c.silent = asked;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_false(bringup.controller.has_static_address);
	address = "\1\2\3\4\5\6";
}

static const uint8_t new_address[6] = {6, 5, 4, 3, 2, 0xc0};

/* The reset that makes it effective must come before what it would undo. */
static void an_address_is_set_by_the_command_of_the_maker(void **state)
{
	const struct controller c = {
		.dual = true, .has_commands = true, .le_buffers = 1, .version = broadcom};

	(void)state;
	wanted = new_address;
	address = "\0\0\0\0\0\0";
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	size_t at = place(BROADCOM_WRITE_ADDRESS);
	assert_true(at > place(HCI_READ_BD_ADDR));
	assert_memory_equal(last_parameters[at - 1], new_address, 6);
	assert_int_equal(sent[at], HCI_RESET);
	assert_int_equal(sent[at + 1], HCI_READ_BD_ADDR);
	assert_int_equal(sent[at + 2], HCI_SET_EVENT_MASK);
	assert_true(bringup.controller.has_address);
	assert_int_equal(bringup.controller.address_state, HCI_ADDRESS_OWN);
	assert_memory_equal(bringup.controller.address, new_address, 6);
	assert_int_equal(bringup.controller.acl_count, 1);

	/* It has the address: nothing is written. */
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(place(BROADCOM_WRITE_ADDRESS), 0);
	assert_true(bringup.controller.has_address);
	wanted = NULL;
	address = "\1\2\3\4\5\6";
}

static void an_address_that_cannot_be_set_ends_the_bring_up(void **state)
{
	static const uint16_t silent[] = {HCI_READ_LOCAL_VERSION, 0};
	struct controller c = {
		.dual = true, .has_commands = true, .le_buffers = 1, .version = broadcom};

	(void)state;
	wanted = new_address;
	assert_int_equal(run(&c, BROADCOM_WRITE_ADDRESS, HCI_UNKNOWN_COMMAND), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "--set-address: the controller refused"));
	assert_int_equal(sent[sent_count - 1], BROADCOM_WRITE_ADDRESS);
	stubborn = true;
	address = "\1\2\3\4\5\6";
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "its address is 06:05:04:03:02:01"));
	assert_int_equal(sent[sent_count - 1], HCI_READ_BD_ADDR);
	stubborn = false;

	/* Nothing is sent to a controller of which no command is known. */
	c.version = "\x0b\x34\x12\x0a\x59\x01\x78\x56";
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "no command is published"));
	assert_int_equal(sent[sent_count - 1], HCI_READ_BD_ADDR);
	/* Its manufacturer is not known, which is not manufacturer 0. */
	c.silent = silent;
	c.version = NULL;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "no command is published"));
	wanted = NULL;
}

/* CSR over USB: what ends the bring-up then is the transport. */
static void a_controller_that_restarts_may_leave(void **state)
{
	const struct controller c = {
		.has_commands = true,
		.le_buffers = 1,
		.version = "\x06\xbb\x22\x06\x0a\x00\xbb\x22",
	};
	static const uint8_t done[] = {HCI_EVENT, 0xff, 11, 0xc2, 1, 0, 12, 0, 1, 0, 3, 0x70, 0, 0};
	uint8_t out[HCI_PACKET_MAX], event[100] = {HCI_EVENT, HCI_COMMAND_COMPLETE, 0, 1};
	struct hci_input input;

	(void)state;
	hci_host_init(&host);
	hci_bringup_start(&bringup, &host, NULL);
	hci_bringup_set_address(&bringup, new_address);
	for (uint16_t opcode = 0; opcode != HCI_READ_BD_ADDR;) {
		assert_false(hci_bringup_restarts(&bringup));
		assert_true(hci_host_output(&host, 0, out) >= 4);
		opcode = (uint16_t)(out[1] | out[2] << 8);
		memcpy(event + 4, out + 1, 2);
		size_t len = answer(&c, opcode, event + 7);
		event[2] = (uint8_t)(4 + len);
		hci_host_input(&host, event, 7 + len, &input);
		assert_int_equal(hci_bringup_input(&bringup, &host, &input), HCI_BRINGUP_RUNNING);
	}
	assert_true(hci_host_output(&host, 0, out) == 4 + 25);
	assert_false(hci_bringup_restarts(&bringup));
	hci_host_input(&host, done, sizeof(done), &input);
	assert_int_equal(hci_bringup_input(&bringup, &host, &input), HCI_BRINGUP_RUNNING);
	assert_true(hci_bringup_restarts(&bringup));
}

/* 7.8.2: a length or a count of 0 means that LE uses the buffers of BR/EDR. */
static void either_zero_means_shared_buffers(void **state)
{
	struct controller c = {.dual = true, .has_commands = true, .le_buffers = 3};

	(void)state;
	le_length = 0;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_true(bringup.controller.shared_buffers);
	assert_int_equal(bringup.controller.acl_length, 1021);
	assert_int_equal(bringup.controller.acl_count, 0x0108);
	le_length = 251;
	c.le_buffers = 0;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_true(bringup.controller.shared_buffers);
	/* The least that works. */
	le_length = 1;
	c.le_buffers = 1;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_false(bringup.controller.shared_buffers);
	assert_int_equal(bringup.controller.acl_length, 1);
	assert_int_equal(bringup.controller.acl_count, 1);
	le_length = 251;
}

/* 6.27: the bit of each command, and the feature. Without one of them the legacy ones are used. */
static void extended_commands_need_all_of_them(void **state)
{
	static const uint16_t needed[] = {HCI_LE_EXTENDED_CREATE_CONNECTION,
					  HCI_LE_SET_EXTENDED_SCAN_ENABLE,
					  HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE};
	struct hci_controller_info c = {.commands_known = true};

	(void)state;
	memset(c.commands, 0xff, sizeof(c.commands));
	assert_false(hci_controller_extended(&c));
	c.le_features[1] = 0x10;
	assert_true(hci_controller_extended(&c));
	for (size_t i = 0; i < COUNT(needed); i++) {
		const struct hci_command_format *f = hci_command_format(needed[i]);
		memset(c.commands, 0xff, sizeof(c.commands));
		c.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
		assert_false(hci_controller_has(&c, needed[i]));
		assert_false(hci_controller_extended(&c));
		memset(c.commands, 0, sizeof(c.commands));
		c.commands[f->octet] = (uint8_t)(1U << f->bit);
		assert_true(hci_controller_has(&c, needed[i]));
	}
	memset(c.commands, 0xff, sizeof(c.commands));
	c.commands_known = false;
	assert_false(hci_controller_extended(&c));
	assert_true(hci_controller_has(&c, HCI_RESET));
	assert_false(hci_controller_has(&c, 0xfc01)); /* not in the tables of this program */
}

static void failures_and_notes_in_full(void **state)
{
	static const uint16_t mute[] = {HCI_RESET, 0}, quiet[] = {HCI_LE_READ_STATES, 0};
	struct controller c = {.has_commands = true, .le_buffers = 1, .silent = mute};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_string_equal(bringup.failure,
			    "Reset: the controller does not answer within 2 s; is it powered, and "
			    "is it really an HCI controller? unplug it and plug it in again");
	c.silent = NULL;
	assert_int_equal(run(&c, HCI_SET_EVENT_MASK, 0x03), HCI_BRINGUP_FAILED);
	assert_string_equal(bringup.failure, "Set Event Mask: Hardware Failure; the controller "
					     "cannot be brought up: reset or replace it");
	c.le_buffers = 0;
	cut = HCI_READ_BUFFER_SIZE;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_string_equal(bringup.failure, "Read Buffer Size: the answer is too short; the "
					     "controller does not follow the specification");
	cut = 0;
	bufferless = true;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	assert_string_equal(bringup.failure,
			    "Reset: the controller has no buffer for data; it cannot carry a "
			    "connection: try another one");
	bufferless = false;
	c.le_buffers = 1;
	c.silent = quiet;
	cut = HCI_READ_LOCAL_VERSION;
	assert_int_equal(run(&c, HCI_READ_BD_ADDR, 0x0c), HCI_BRINGUP_DONE);
	cut = 0;
	assert_int_equal(bringup.note_count, 3);
	assert_string_equal(bringup.notes[0], "Read Local Version Information: the answer is too "
					      "short and was ignored");
	assert_string_equal(bringup.notes[1], "Read BD_ADDR: Command Disallowed");
	assert_string_equal(bringup.notes[2], "LE Read Supported States: no answer");
}

/* ---- Controllers that are not ready, and those that announce too much -------------------------
 */

/*
 * "examining hci_ver=0a hci_rev=000b lmp_ver=0a lmp_subver=8761": what btrtl.c logs of every
 * RTL8761BU that was plugged in. Nothing but the version is asked.
 */
static void realtek_in_rom_gets_no_command_after_its_version(void **state)
{
	const struct controller c = {.has_commands = true,
				     .le_buffers = 8,
				     .version = "\x0a\x0b\x00\x0a\x5d\x00\x61\x87"};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_NO_FIRMWARE);
	assert_int_equal(sent_count, 2);
	assert_int_equal(sent[0], HCI_RESET);
	assert_int_equal(sent[1], HCI_READ_LOCAL_VERSION);
	assert_string_equal(bringup.controller.maker->name, "Realtek RTL8761B without firmware");
	assert_string_equal(bringup.controller.maker->firmware, "rtl_bt/rtl8761bu_fw.bin");
	assert_string_equal(bringup.failure, "");
}

#define EXTENDED (1ULL << HCI_FEATURE_EXTENDED_ADVERTISING)

/* "fw version 0xdfc6d922" of btrtl.c: HCI revision and LMP subversion. */
static void realtek_with_firmware_is_used(void **state)
{
	struct controller c = {.has_commands = true,
			       .le_buffers = 8,
			       .le_features = EXTENDED,
			       .usb = {0x0bda, 0x8771, 0x0200},
			       .version = "\x0a\xc6\xdf\x0a\x5d\x00\x22\xd9"};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_string_equal(bringup.controller.maker->name, "Realtek RTL8761B");
	assert_true(hci_controller_extended(&bringup.controller));
	/* bluez/bluetooth-next pull requests 133, 637 and 641: this device only. */
	c.usb.product = 0xa728;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_int_equal(bringup.controller.maker->readiness, HCI_LIMITED);
	assert_false(hci_controller_extended(&bringup.controller));
	assert_true(hci_controller_has(&bringup.controller, HCI_LE_SET_SCAN_ENABLE));
}

/*
 * The boot loader does not know Reset (google/bumble bumble/drivers/intel.py); its Read Version
 * returns triplets with the running image (bluez monitor/intel.c), or ten octets before them.
 */
static void intel_in_its_boot_loader_is_found_by_its_own_command(void **state)
{
	static const struct {
		const char *answer;
		size_t len;
		enum hci_bringup_state end;
	} cases[] = {
		{"\x10\4\0\0\0\0\x1c\1\1", 9, HCI_BRINGUP_NO_FIRMWARE},
		{"\x1c\1\2", 3, HCI_BRINGUP_NO_FIRMWARE},
		{"\x1c\1\3", 3, HCI_BRINGUP_FAILED}, /* the firmware runs, and refuses Reset */
		{"\x1c\2\1", 3, HCI_BRINGUP_FAILED}, /* truncated */
		{"\x1c\0", 2, HCI_BRINGUP_FAILED},
		{"\x10\4\0\0\0\0\x1c\1", 8, HCI_BRINGUP_FAILED},
		{"\x37\x0b\0\6\0\0\0\0\0", 9, HCI_BRINGUP_NO_FIRMWARE},
		{"\x37\x0b\0\x23\0\0\0\0\0", 9, HCI_BRINGUP_FAILED},
		{"\x37\x0b\0\6", 4, HCI_BRINGUP_FAILED},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct controller c = {.intel = cases[n].answer, .intel_len = cases[n].len};
		assert_int_equal(run(&c, HCI_RESET, HCI_UNKNOWN_COMMAND), cases[n].end);
		assert_int_equal(sent_count, 2);
		sent_with(HCI_INTEL_READ_VERSION, "\xff", 1);
		if (cases[n].end == HCI_BRINGUP_NO_FIRMWARE)
			assert_string_equal(bringup.controller.maker->name,
					    "Intel in its boot loader");
		else
			assert_string_equal(bringup.failure,
					    "Reset: Unknown HCI Command; the controller cannot be "
					    "brought up: reset or replace it");
	}
}

/* Another controller that refuses Reset does not know Intel's command, or ignores it. */
static void a_refused_reset_stays_the_reason(void **state)
{
	static const uint16_t intel[] = {HCI_INTEL_READ_VERSION, 0};
	const struct controller refuses = {.unknown = intel}, ignores = {.silent = intel};

	(void)state;
	assert_int_equal(run(&refuses, HCI_RESET, HCI_UNKNOWN_COMMAND), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "Reset: Unknown HCI Command"));
	assert_int_equal(run(&ignores, HCI_RESET, HCI_UNKNOWN_COMMAND), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "Reset: Unknown HCI Command"));
	/* Another status says what is wrong by itself. */
	assert_int_equal(run(&refuses, HCI_RESET, 0x03), HCI_BRINGUP_FAILED);
	assert_int_equal(sent_count, 1);
}

/* Before the kernel's driver has set it up, it has no HCI: btmtk.c, btqca.c, btintel.c. */
static void a_silent_device_of_these_makers_has_no_firmware(void **state)
{
	static const uint16_t mute[] = {HCI_RESET, 0}, later[] = {HCI_LE_SET_EVENT_MASK, 0};
	static const uint16_t vendors[] = {0x8087, 0x0e8d, 0x0cf3};

	(void)state;
	for (size_t n = 0; n < COUNT(vendors); n++) {
		struct controller c = {.usb = {vendors[n], 0x1234, 0}, .silent = mute};
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_NO_FIRMWARE);
		assert_non_null(bringup.controller.maker->firmware);
		/* It answered before: it has firmware. */
		c.silent = later;
		c.le_buffers = 1;
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_FAILED);
	}
}

/* btusb.c: quirks of its devices as far as they are about commands of the bring-up. */
static void a_withdrawn_command_is_not_sent(void **state)
{
	static const struct {
		struct hci_usb_id usb;
		const char *version;
		uint16_t command;
	} cases[] = {
		/* 4.0 with the firmware number of a 2.0: a clone. */
		{{0x0a12, 0x0001, 0x8891}, "\6\x5c\x0c\6\x0a\0\x5c\x0c", HCI_LE_READ_STATES},
		{{0x10d7, 0xb012, 0}, NULL, HCI_LE_READ_STATES},
		{{0x0c10, 0x0000, 0}, NULL, HCI_READ_LOCAL_COMMANDS},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		struct controller c = {.has_commands = true, .le_buffers = 4};
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
		assert_true(place(cases[n].command));
		c.usb = cases[n].usb;
		c.version = cases[n].version;
		assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
		assert_false(place(cases[n].command));
		assert_int_equal(bringup.note_count, 0);
	}
}

/* btintel.c: the variants JfP to CcP (9460 to AX201). AX210 has it. */
static void a_withdrawn_feature_is_not_seen(void **state)
{
	struct controller c = {.has_commands = true,
			       .le_buffers = 4,
			       .le_features = UINT64_MAX,
			       .usb = {0x8087, 0x0029, 1}};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	for (unsigned bit = 0; bit < 64; bit++)
		assert_int_equal(hci_controller_feature(&bringup.controller, bit), bit != 11);
	c.usb.product = 0x0032;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	assert_true(hci_controller_feature(&bringup.controller, 11));
}

/* An answer with exactly the octets of the table is complete; a Command Status is not. */
static void a_command_status_is_not_an_answer(void **state)
{
	struct hci_input input = {.kind = HCI_IN_COMMAND, .opcode = HCI_RESET, .status_only = true};

	(void)state;
	hci_host_init(&host);
	hci_bringup_start(&bringup, &host, NULL);
	assert_int_equal(hci_bringup_input(&bringup, &host, &input), HCI_BRINGUP_FAILED);
	assert_non_null(strstr(bringup.failure, "too short"));
	hci_bringup_start(&bringup, &host, NULL);
	input.status_only = false;
	assert_int_equal(hci_bringup_input(&bringup, &host, &input), HCI_BRINGUP_RUNNING);
	assert_int_equal(bringup.command_count, 2);
}

static void inputs_after_the_end_change_nothing(void **state)
{
	const struct controller c = {.has_commands = true, .le_buffers = 1};
	const struct hci_input input = {.kind = HCI_IN_COMMAND, .opcode = HCI_RESET};

	(void)state;
	assert_int_equal(run(&c, 0, 0), HCI_BRINGUP_DONE);
	struct hci_bringup before = bringup;
	assert_int_equal(hci_bringup_input(&bringup, &host, &input), HCI_BRINGUP_RUNNING);
	assert_memory_equal(&bringup, &before, sizeof(before));
}

/* Assigned Numbers 2.1: versions of HCI. */
static void versions_of_the_assigned_numbers(void **state)
{
	static const char *const versions[] = {"1.0b", "1.1", "1.2", "2.0", "2.1", "3.0",
					       "4.0",  "4.1", "4.2", "5.0", "5.1", "5.2",
					       "5.3",  "5.4", "6.0", "6.1", "6.2", "6.3"};

	(void)state;
	for (uint8_t i = 0; i < COUNT(versions); i++)
		assert_string_equal(hci_version_name(i), versions[i]);
	assert_string_equal(hci_version_name(0x0f), "6.1");
	assert_string_equal(hci_version_name(COUNT(versions)), "unknown");
}

/* Commands that only other hosts send have their names of Core 6.2 and 6.3, too. */
static void newer_commands_have_names(void **state)
{
	(void)state;
	assert_string_equal(hci_command_name(0x1010), "Read Local Supported Commands [v2]");
	assert_string_equal(hci_command_name(0x20a1), "LE Connection Rate Request");
	assert_string_equal(hci_command_name(0x20a4), "LE Set Event Mask [v2]");
	assert_string_equal(hci_command_name(0x20ff), "a command not known here");
	assert_null(hci_command_format(0x20a4)); /* blepair does not send it */
}

/* Assigned Numbers 7.1: company identifiers of the common manufacturers of controllers. */
static void companies_of_the_assigned_numbers(void **state)
{
	static const struct {
		uint16_t id;
		const char *name;
	} companies[] = {
		{0x0002, "Intel"},
		{0x000a, "Qualcomm (CSR)"},
		{0x000d, "Texas Instruments"},
		{0x000f, "Broadcom"},
		{0x001d, "Qualcomm"},
		{0x0030, "STMicroelectronics"},
		{0x003f, "Bluetooth SIG"},
		{0x0046, "MediaTek"},
		{0x0048, "Marvell"},
		{0x004c, "Apple"},
		{0x0059, "Nordic Semiconductor"},
		{0x005d, "Realtek"},
		{0x0131, "Infineon (Cypress)"},
		{0x02e5, "Espressif"},
		{0x02ff, "Silicon Labs"},
		{0x05d6, "Zhuhai Jieli"},
		{0x05f1, "Linux Foundation"},
	};
	size_t named = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(companies); i++)
		assert_string_equal(hci_company_name(companies[i].id), companies[i].name);
	for (unsigned id = 0; id <= UINT16_MAX; id++)
		named += hci_company_name((uint16_t)id) != NULL;
	assert_int_equal(named, COUNT(companies)); /* no other number has a name */
}

static void advice_on_errors(void **state)
{
	(void)state;
	assert_string_equal(hci_error_advice(0x3a), "try again later");
	assert_string_equal(hci_error_advice(0xfe), "");
	/* Core Vol 1 Part F 1.3: the last one, one that is reserved, and those beyond. */
	assert_string_equal(hci_error_name(0x45), "Packet Too Long");
	assert_string_equal(hci_error_name(0x2b), "error unknown to this program");
	for (unsigned error = 0x46; error <= 0xff; error++) {
		assert_string_equal(hci_error_name((uint8_t)error),
				    "error unknown to this program");
		assert_string_equal(hci_error_advice((uint8_t)error), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(le_only),
		cmocka_unit_test(a_controller_that_allows_no_command_has_failed),
		cmocka_unit_test(dual_mode),
		cmocka_unit_test(a_controller_without_le_buffers_shares_those_of_bredr),
		cmocka_unit_test(a_command_that_is_not_listed_is_not_sent),
		cmocka_unit_test(an_optional_command_may_be_refused),
		cmocka_unit_test(an_optional_command_may_stay_without_an_answer),
		cmocka_unit_test(a_required_command_must_be_answered),
		cmocka_unit_test(without_the_list_every_command_is_sent),
		cmocka_unit_test(a_required_command_must_succeed),
		cmocka_unit_test(the_le_event_mask),
		cmocka_unit_test(no_buffers_at_all),
		cmocka_unit_test(a_short_answer_is_ignored_or_fatal),
		cmocka_unit_test(other_inputs_change_nothing),
		cmocka_unit_test(advice_on_errors),
		cmocka_unit_test(each_command_of_the_sequence),
		cmocka_unit_test(the_event_mask_of_a_controller_of_le_only),
		cmocka_unit_test(the_properties_of_the_controller),
		cmocka_unit_test(an_address_of_zeros_or_ones_is_none),
		cmocka_unit_test(the_default_address_of_a_maker_is_not_its_own),
		cmocka_unit_test(zephyr_without_a_public_address_tells_a_static_one),
		cmocka_unit_test(no_other_controller_is_asked_for_it),
		cmocka_unit_test(an_answer_without_a_static_address_is_none),
		cmocka_unit_test(an_address_is_set_by_the_command_of_the_maker),
		cmocka_unit_test(an_address_that_cannot_be_set_ends_the_bring_up),
		cmocka_unit_test(a_controller_that_restarts_may_leave),
		cmocka_unit_test(either_zero_means_shared_buffers),
		cmocka_unit_test(extended_commands_need_all_of_them),
		cmocka_unit_test(failures_and_notes_in_full),
		cmocka_unit_test(realtek_in_rom_gets_no_command_after_its_version),
		cmocka_unit_test(realtek_with_firmware_is_used),
		cmocka_unit_test(intel_in_its_boot_loader_is_found_by_its_own_command),
		cmocka_unit_test(a_refused_reset_stays_the_reason),
		cmocka_unit_test(a_silent_device_of_these_makers_has_no_firmware),
		cmocka_unit_test(a_withdrawn_command_is_not_sent),
		cmocka_unit_test(a_withdrawn_feature_is_not_seen),
		cmocka_unit_test(a_command_status_is_not_an_answer),
		cmocka_unit_test(inputs_after_the_end_change_nothing),
		cmocka_unit_test(versions_of_the_assigned_numbers),
		cmocka_unit_test(newer_commands_have_names),
		cmocka_unit_test(companies_of_the_assigned_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
