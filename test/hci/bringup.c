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
};

static struct hci_host host;
static struct hci_bringup bringup;
static uint16_t sent[64];
static size_t sent_count;
static uint8_t last_parameters[64][16];
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
		memcpy(p, "\x0b\x34\x12\x0b\x59\x00\x78\x56", 8);
		return 8;
	case HCI_READ_LOCAL_COMMANDS:
		memset(p, 0xff, 64);
		for (const uint16_t *u = c->unknown; u && *u && !c->lies; u++) {
			const struct hci_command_format *f = hci_command_format(*u);
			p[f->octet] &= (uint8_t) ~(1U << f->bit);
		}
		return 64;
	case HCI_READ_LOCAL_FEATURES:
		p[4] = c->dual ? 0x40 : 0x60;
		return 8;
	case HCI_READ_BD_ADDR:
		memcpy(p, "\x01\x02\x03\x04\x05\x06", 6);
		return 6;
	case HCI_LE_READ_LOCAL_FEATURES:
		for (int i = 0; i < 8; i++)
			p[i] = (uint8_t)(c->le_features >> 8 * i);
		return 8;
	case HCI_LE_READ_BUFFER_SIZE:
		p[0] = c->le_buffers ? 251 : 0;
		p[2] = c->le_buffers;
		return 3;
	case HCI_READ_BUFFER_SIZE:
		if (!bufferless)
			memcpy(p, "\xfd\x03\x40\x08\x00\x00\x00", 7);
		return 7;
	case HCI_LE_READ_STATES:
		memset(p, 0xff, 8);
		return 8;
	case HCI_LE_READ_ACCEPT_LIST_SIZE:
		p[0] = 12;
		return 1;
	default:
		return 0;
	}
}

static enum hci_bringup_state run(const struct controller *c, uint16_t fails, uint8_t with)
{
	enum hci_bringup_state state = HCI_BRINGUP_RUNNING;
	uint8_t out[HCI_PACKET_MAX], event[100];
	struct hci_input input;

	hci_host_init(&host);
	hci_bringup_start(&bringup, &host);
	sent_count = 0;
	while (state == HCI_BRINGUP_RUNNING) {
		assert_true(hci_host_output(&host, 0, out) >= 4);
		uint16_t opcode = (uint16_t)(out[1] | out[2] << 8);
		memcpy(last_parameters[sent_count], out + 4, 16);
		sent[sent_count++] = opcode;
		assert_true(sent_count < COUNT(sent));

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
	assert_int_equal(bringup.controller.manufacturer, 0x59);
	assert_int_equal(bringup.controller.accept_list_size, 12);
	assert_true(bringup.controller.has_address);
	assert_int_equal(bringup.note_count, 0);
	assert_int_equal(host.acl_credits, 8);
	/* Features before the mask that depends on them; data length change (bit 6) is wanted. */
	assert_true(place(HCI_LE_READ_LOCAL_FEATURES) < place(HCI_LE_SET_EVENT_MASK));
	assert_int_equal(last_parameters[place(HCI_LE_SET_EVENT_MASK) - 1][0], 0x5f);
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
	assert_int_equal(bringup.controller.acl_count, 8);
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
	hci_bringup_start(&bringup, &host);
	assert_int_equal(hci_bringup_input(&bringup, &host, &other), HCI_BRINGUP_RUNNING);
	assert_int_equal(hci_bringup_input(&bringup, &host, &event), HCI_BRINGUP_RUNNING);
	assert_int_equal(bringup.row, 0);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(hci_version_name(13), "5.4");
	assert_string_equal(hci_version_name(0), "1.0b");
	assert_string_equal(hci_version_name(200), "unknown");
	assert_string_equal(hci_company_name(2), "Intel");
	assert_string_equal(hci_company_name(1521), "Linux Foundation");
	assert_null(hci_company_name(0xffff));
	assert_string_equal(hci_error_advice(0x3a), "try again later");
	assert_string_equal(hci_error_advice(0xfe), "");
	assert_string_equal(hci_error_name(0xfe), "error unknown to this program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(le_only),
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
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
