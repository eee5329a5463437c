/* SPDX-License-Identifier: MIT */
/* Procedures against a scripted controller: the commands sent, and the answers to them. */
#include "hci/gap.h"

#include <string.h>

#include "hci/error.h"
#include "stack.h"
#include "unit.h"

static struct hci_host host;
static struct hci_controller_info controller;
static struct hci_gap gap;
static struct hci_gap_event happening;
static uint8_t out[HCI_PACKET_MAX];

static int fresh(void **state)
{
	(void)state;
	hci_host_init(&host);
	hci_host_acl_buffers(&host, 27, 4);
	memset(&controller, 0, sizeof(controller));
	memset(controller.commands, 0xff, sizeof(controller.commands));
	controller.commands_known = true;
	controller.le_features[0] = 0x3b;
	hci_gap_init(&gap, &host, &controller);
	return 0;
}

static int fresh_extended(void **state)
{
	(void)fresh(state);
	controller.le_features[1] = 0x10; /* LE Extended Advertising */
	hci_gap_init(&gap, &host, &controller);
	assert_true(gap.extended);
	return 0;
}

static void event(const uint8_t *octets, size_t len)
{
	struct hci_input input;

	hci_host_input(&host, octets, len, &input);
	hci_gap_input(&gap, &input, &happening);
}

#define EVENT(...)                                      \
	do {                                            \
		const uint8_t octets[] = {__VA_ARGS__}; \
		event(octets, sizeof(octets));          \
	} while (0)

/* Checks that this command is sent now, and answers it with this status. */
static void command(uint16_t opcode, uint8_t status)
{
	size_t len = hci_host_output(&host, 0, out);

	assert_true(len >= 4);
	assert_int_equal(out[1] | out[2] << 8, opcode);
	if (hci_command_format(opcode)->returned)
		EVENT(4, 0x0e, 4, 1, out[1], out[2], status);
	else
		EVENT(4, 0x0f, 4, status, 1, out[1], out[2]);
}

static void nothing_more(void)
{
	assert_int_equal(hci_host_output(&host, 0, out), 0);
}

static const struct hci_connect peer = {
	.own_type = HCI_OWN_RANDOM,
	.peer_type = 1,
	.peer = {1, 2, 3, 4, 5, 0xc6},
	.parameters = {6, 12, 0, 400},
};

static void connection_complete(uint8_t status, uint8_t role)
{
	EVENT(4, 0x3e, 19, 1, status, 0x2a, 0, role, 1, 1, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1,
	      0);
}

static void scanning_stops_before_connecting(void **state)
{
	(void)state;
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, true);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	assert_int_equal(happening.kind, HCI_GAP_SCANNING);
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	assert_int_equal(out[4], 0);
	command(HCI_LE_CREATE_CONNECTION, 0);
	/* 7.8.12: peer type and address, own type, 7.5 to 15 ms, latency 0, 4 s. */
	assert_memory_equal(out + 9, "\x01\x01\x02\x03\x04\x05\xc6\x01\x06\0\x0c\0\0\0\x90\x01",
			    16);
	connection_complete(0, 0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	assert_true(happening.link->central);
	assert_int_equal(happening.link->handle, 0x2a);
	assert_int_equal(happening.link->interval, 12);
	nothing_more();
}

/* LE_States bit 22 (passive scanning) or 23 (active), and initiating: both at a time. */
static void scanning_continues_if_the_controller_can_do_both(void **state)
{
	struct hci_connect meanwhile = peer;

	(void)state;
	meanwhile.scan_on = true;
	for (int active = 0; active < 2; active++) {
		(void)fresh(state);
		controller.le_states[2] = active ? 0x40 : 0x80; /* the other kind does not help */
		hci_gap_scan(&gap, HCI_OWN_PUBLIC, active);
		command(HCI_LE_SET_SCAN_PARAMETERS, 0);
		command(HCI_LE_SET_SCAN_ENABLE, 0);
		hci_gap_connect(&gap, &meanwhile);
		command(HCI_LE_SET_SCAN_ENABLE, 0);
		assert_false(gap.scanning);
		command(HCI_LE_CREATE_CONNECTION, 0);
		nothing_more();

		(void)fresh(state);
		controller.le_states[2] = active ? 0x80 : 0x40;
		hci_gap_scan(&gap, HCI_OWN_PUBLIC, active);
		command(HCI_LE_SET_SCAN_PARAMETERS, 0);
		command(HCI_LE_SET_SCAN_ENABLE, 0);
		hci_gap_connect(&gap, &meanwhile);
		command(HCI_LE_CREATE_CONNECTION, 0);
		assert_true(gap.scanning);
		nothing_more();
	}
}

/* Its LE_States list both at a time, but it refuses: from then on the scan stops first. */
static void a_controller_that_refuses_to_connect_while_scanning(void **state)
{
	struct hci_connect meanwhile = peer;

	(void)state;
	meanwhile.scan_on = true;
	memset(controller.le_states, 0xff, 8);
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, true);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	hci_gap_connect(&gap, &meanwhile);
	command(HCI_LE_CREATE_CONNECTION, HCI_COMMAND_DISALLOWED);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	assert_int_equal(out[4], 0);
	command(HCI_LE_CREATE_CONNECTION, HCI_COMMAND_DISALLOWED);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED); /* then it was not the scan */
	nothing_more();
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, true);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	hci_gap_connect(&gap, &meanwhile);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	command(HCI_LE_CREATE_CONNECTION, 0);
	nothing_more();
}

static void a_refused_scan_is_reported(void **state)
{
	(void)state;
	hci_gap_scan(&gap, HCI_OWN_RANDOM, false);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0x12);
	assert_int_equal(happening.kind, HCI_GAP_FAILED);
	assert_int_equal(happening.opcode, HCI_LE_SET_SCAN_PARAMETERS);
	assert_int_equal(happening.status, 0x12);
}

/* 0x3E: a bounded number of times, then the failure is reported. */
static void a_connection_that_fails_to_be_established_is_tried_again(void **state)
{
	(void)state;
	for (int request = 0; request < 2; request++) {
		hci_gap_connect(&gap, &peer);
		for (int i = 1; i < HCI_CONNECT_TRIES; i++) {
			command(HCI_LE_CREATE_CONNECTION, 0);
			connection_complete(HCI_FAILED_TO_ESTABLISH, 0);
			assert_int_equal(happening.kind, HCI_GAP_NOTHING);
		}
		command(HCI_LE_CREATE_CONNECTION, 0);
		connection_complete(HCI_FAILED_TO_ESTABLISH, 0);
		assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
		assert_int_equal(happening.status, HCI_FAILED_TO_ESTABLISH);
		assert_false(happening.cancelled);
		nothing_more();
	}
}

static void the_caller_limits_the_tries(void **state)
{
	static const unsigned limits[] = {1, 5};
	struct hci_connect limited = peer;

	(void)state;
	for (size_t n = 0; n < COUNT(limits); n++) {
		limited.tries = limits[n];
		hci_gap_connect(&gap, &limited);
		for (unsigned i = 1; i <= limits[n]; i++) {
			command(HCI_LE_CREATE_CONNECTION, 0);
			connection_complete(HCI_FAILED_TO_ESTABLISH, 0);
			assert_int_equal(happening.kind,
					 i < limits[n] ? HCI_GAP_NOTHING : HCI_GAP_NOT_CONNECTED);
		}
		nothing_more();
	}
}

static void a_cancelled_connection_is_reported(void **state)
{
	(void)state;
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	hci_gap_connect_cancel(&gap);
	hci_gap_connect_cancel(&gap); /* once is enough */
	command(HCI_LE_CREATE_CONNECTION_CANCEL, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	connection_complete(HCI_UNKNOWN_CONNECTION, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	assert_true(happening.cancelled);
	nothing_more();
}

/* A controller may refuse the cancel: the attempt ends as well. */
static void a_refused_cancel_ends_the_attempt(void **state)
{
	(void)state;
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	hci_gap_connect_cancel(&gap);
	command(HCI_LE_CREATE_CONNECTION_CANCEL, HCI_COMMAND_DISALLOWED);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	assert_true(happening.cancelled);
}

static void extended_commands_throughout(void **state)
{
	(void)state;
	hci_gap_set_random_address(&gap, (const uint8_t *)"\1\2\3\4\5\xc6");
	command(HCI_LE_SET_RANDOM_ADDRESS, 0);
	hci_gap_scan(&gap, HCI_OWN_RANDOM, false);
	command(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, 0);
	assert_int_equal(out[3], 26);
	/* LE Enhanced Connection Complete has two more addresses. */
	EVENT(4, 0x3e, 31, 0x0a, 0, 0x40, 0, 0, 1, 1, 2, 3, 4, 5, 0xc6, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	      0, 0, 0, 24, 0, 0, 0, 0x90, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	assert_int_equal(happening.link->interval, 24);
	hci_gap_advertise(&gap, HCI_OWN_RANDOM, (const uint8_t *)"\2\1\6", 3, NULL, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0);
	command(HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_DATA, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0);
	assert_int_equal(happening.kind, HCI_GAP_ADVERTISING);
	nothing_more();
}

static struct hci_link *up(uint8_t role)
{
	gap.connecting = role == 0;
	connection_complete(0, role);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	return happening.link;
}

static void encryption_delays_other_procedures(void **state)
{
	static const uint8_t ltk[16] = {0xaa}, rand[8] = {0};
	const struct hci_parameters slow = {24, 40, 0, 400};
	struct hci_link *link = up(0);

	(void)state;
	hci_gap_encrypt(&gap, link, ltk, 0, rand);
	/* No other procedure while encryption is being started. */
	hci_gap_update(&gap, link, &slow);
	hci_gap_exchange_features(&gap, link);
	command(HCI_LE_ENABLE_ENCRYPTION, 0);
	nothing_more();
	EVENT(4, 0x08, 4, 0, 0x2a, 0, 1);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_int_equal(happening.status, 0);
	assert_true(link->encrypted);
	command(HCI_LE_CONNECTION_UPDATE, 0);

	/* [v2] with its key size, and Key Refresh; a failure is a failure in each. */
	EVENT(4, 0x59, 5, 0, 0x2a, 0, 1, 16);
	assert_int_equal(happening.key_size, 16);
	EVENT(4, 0x30, 3, 0x06, 0x2a, 0);
	assert_int_equal(happening.status, HCI_PIN_OR_KEY_MISSING);
	EVENT(4, 0x08, 4, 0, 0x2a, 0, 0); /* "off" */
	assert_int_not_equal(happening.status, 0);
}

static void a_refused_encryption_is_reported(void **state)
{
	static const uint8_t ltk[16] = {0xaa}, rand[8] = {0};
	struct hci_link *link = up(0);

	(void)state;
	hci_gap_encrypt(&gap, link, ltk, 0, rand);
	command(HCI_LE_ENABLE_ENCRYPTION, 0x0c);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_int_equal(happening.status, 0x0c);
	assert_ptr_equal(happening.link, link);
}

/* The answer names no link: it is that of the command which was sent. */
static void a_refused_encryption_of_the_second_link(void **state)
{
	static const uint8_t ltk[16] = {0xaa}, rand[8] = {0};
	struct hci_link *first = up(0), *second;

	(void)state;
	EVENT(4, 0x3e, 19, 1, 0, 0x2b, 0, 0, 1, 7, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1, 0);
	second = happening.link;
	assert_ptr_not_equal(first, second);
	hci_gap_encrypt(&gap, first, ltk, 0, rand);
	hci_gap_encrypt(&gap, second, ltk, 0, rand);
	command(HCI_LE_ENABLE_ENCRYPTION, 0);
	command(HCI_LE_ENABLE_ENCRYPTION, 0x0c);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_ptr_equal(happening.link, second);
	assert_true(first->encrypting);
	assert_false(second->encrypting);
}

static void long_term_keys(void **state)
{
	static const uint8_t ltk[16] = {0xbb};
	struct hci_link *link = up(1);

	(void)state;
	EVENT(4, 0x3e, 13, 5, 0x2a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xcd, 0xab);
	assert_int_equal(happening.kind, HCI_GAP_LTK_REQUEST);
	assert_int_equal(happening.ediv, 0xabcd);
	assert_memory_equal(happening.rand, "\1\2\3\4\5\6\7\x8", 8);
	hci_gap_answer_ltk(&gap, link, ltk);
	command(HCI_LE_LTK_REPLY, 0);
	hci_gap_answer_ltk(&gap, link, NULL);
	command(HCI_LE_LTK_NEGATIVE_REPLY, 0);
	nothing_more();
}

static void parameters(void **state)
{
	struct hci_link *link = up(0);

	(void)state;
	EVENT(4, 0x3e, 11, 6, 0x2a, 0, 24, 0, 40, 0, 1, 0, 0x90, 1);
	assert_int_equal(happening.kind, HCI_GAP_PARAMETER_REQUEST);
	assert_int_equal(happening.parameters.interval_max, 40);
	assert_int_equal(happening.parameters.timeout, 400);
	hci_gap_answer_parameters(&gap, link, true, &happening.parameters);
	command(HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, 0);
	hci_gap_answer_parameters(&gap, link, false, &happening.parameters);
	command(HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, 0);
	assert_int_equal(out[6], HCI_UNACCEPTABLE_PARAMETERS);
	EVENT(4, 0x3e, 10, 3, 0, 0x2a, 0, 40, 0, 1, 0, 0x90, 1);
	assert_int_equal(happening.kind, HCI_GAP_PARAMETERS);
	assert_int_equal(link->interval, 40);
}

static void remote_features_then_data_length(void **state)
{
	struct hci_link *link = up(0);

	(void)state;
	hci_gap_exchange_features(&gap, link);
	command(HCI_LE_READ_REMOTE_FEATURES, 0);
	EVENT(4, 0x3e, 12, 4, 0, 0x2a, 0, 0x20, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(happening.kind, HCI_GAP_REMOTE_FEATURES);
	command(HCI_LE_SET_DATA_LENGTH, 0);
	assert_memory_equal(out + 6, "\xfb\x00\x48\x08", 4);
	EVENT(4, 0x3e, 12, 4, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	nothing_more();
}

static void a_link_ends(void **state)
{
	struct hci_link *link = up(0);

	(void)state;
	hci_gap_disconnect(&gap, link, HCI_REMOTE_USER_TERMINATED);
	command(HCI_DISCONNECT, 0);
	EVENT(4, 0x05, 4, 0, 0x2a, 0, 0x16);
	assert_int_equal(happening.kind, HCI_GAP_DISCONNECTED);
	assert_int_equal(happening.status, 0x16);
	assert_null(hci_gap_link(&gap, 0x2a));
	EVENT(4, 0x05, 4, 0, 0x2a, 0, 0x16); /* of a link that is no more */
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
}

static void a_link_beyond_the_limit_is_noted(void **state)
{
	(void)state;
	for (uint8_t h = 0; h <= HCI_LINKS_MAX; h++) {
		EVENT(4, 0x3e, 19, 1, 0, h, 0, 1, 1, h, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1, 0);
		assert_int_equal(happening.kind,
				 h < HCI_LINKS_MAX ? HCI_GAP_CONNECTED : HCI_GAP_NOTE);
	}
}

/* Part E 7.8.5 to 7.8.9: intervals, type, own address, channels; then both blocks of 31 octets. */
static void advertising_and_stopping(void **state)
{
	static const uint8_t data[40] = {2, 1, 6}, response[3] = {2, 9, 'x'};

	(void)state;
	hci_gap_advertise_stop(&gap); /* it does not advertise */
	nothing_more();
	/* Data beyond 31 octets is cut off. */
	hci_gap_advertise(&gap, HCI_OWN_RANDOM, data, sizeof(data), response, sizeof(response));
	command(HCI_LE_SET_ADVERTISING_PARAMETERS, 0);
	assert_memory_equal(out + 4, "\x20\0\x30\0\0\1\0\0\0\0\0\0\0\7\0", 15);
	command(HCI_LE_SET_ADVERTISING_DATA, 0);
	assert_int_equal(out[3], 32);
	assert_memory_equal(out + 4, "\x1f\2\1\6", 4);
	command(HCI_LE_SET_SCAN_RESPONSE_DATA, 0);
	assert_memory_equal(out + 4, "\3\2\11x\0\0", 6);
	command(HCI_LE_SET_ADVERTISING_ENABLE, 0);
	assert_int_equal(out[4], 1);
	assert_int_equal(happening.kind, HCI_GAP_ADVERTISING);
	hci_gap_advertise_stop(&gap);
	command(HCI_LE_SET_ADVERTISING_ENABLE, 0);
	assert_int_equal(out[4], 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	nothing_more();
}

static void advertising_by_extended_commands_stops(void **state)
{
	static const uint8_t response[3] = {2, 9, 'x'};

	(void)state;
	hci_gap_advertise(&gap, HCI_OWN_PUBLIC, NULL, 0, response, sizeof(response));
	command(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_DATA, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0);
	assert_memory_equal(out + 4, "\0\3\1\3\2\11x", 7);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0x12);
	assert_int_equal(happening.kind, HCI_GAP_FAILED);
	hci_gap_advertise_stop(&gap);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0);
	assert_memory_equal(out + 4, "\0\0", 2);
	nothing_more();
}

/* As a peripheral: no connection was requested, so the failure is a note. */
static void a_failed_connection_without_a_request_is_noted(void **state)
{
	(void)state;
	connection_complete(0x3e, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTE);
	assert_int_equal(happening.status, 0x3e);
	nothing_more();
}

/* A peripheral asks for features only where the controller has the procedure for it. */
static void a_peripheral_requests_features_if_the_controller_can(void **state)
{
	struct hci_link *link = up(1);

	(void)state;
	controller.le_features[0] = 0x33;
	hci_gap_exchange_features(&gap, link);
	nothing_more();
	controller.le_features[0] = 0x3b;
	hci_gap_exchange_features(&gap, link);
	command(HCI_LE_READ_REMOTE_FEATURES, 0);
	link->encrypting = true;
	hci_gap_exchange_features(&gap, link);
	nothing_more();
}

/* Held back while encryption begins, sent when it has. */
static void an_update_waits_for_encryption(void **state)
{
	const struct hci_parameters wanted = {24, 40, 0, 400};
	struct hci_link *link = up(0);

	(void)state;
	hci_gap_encrypt(&gap, link, (const uint8_t *)"0123456789abcdef", 0,
			(const uint8_t *)"\0\0\0\0\0\0\0");
	command(HCI_LE_ENABLE_ENCRYPTION, 0);
	hci_gap_update(&gap, link, &wanted);
	nothing_more();
	EVENT(4, 0x08, 4, 0, 0x2a, 0, 1);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	command(HCI_LE_CONNECTION_UPDATE, 0);
	assert_memory_equal(out + 4, "\x2a\0\x18\0\x28\0\0\0\x90\1", 10);
}

/* Two links: the refusal of Enable Encryption belongs to the link of the command, also when both
 * sent one. */
static void a_refusal_belongs_to_the_link_of_the_command(void **state)
{
	static const uint8_t ltk[16] = "0123456789abcdef", rand[8] = {0};

	(void)state;
	EVENT(4, 0x3e, 19, 1, 0, 1, 0, 0, 1, 9, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1, 0);
	struct hci_link *first = happening.link, *link = up(0);
	hci_gap_encrypt(&gap, first, ltk, 0, rand);
	command(HCI_LE_ENABLE_ENCRYPTION, 0);
	hci_gap_encrypt(&gap, link, ltk, 0, rand);
	command(HCI_LE_ENABLE_ENCRYPTION, 0x1f);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_ptr_equal(happening.link, link);
	/* A refusal without a link that waits for it is ignored. */
	(void)hci_host_command(&host, HCI_LE_ENABLE_ENCRYPTION, "", 0);
	command(HCI_LE_ENABLE_ENCRYPTION, 0x1f);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
}

/* Events with an unknown handle are ignored; reports are passed on. */
static void events_of_an_unknown_link_change_nothing(void **state)
{
	(void)state;
	EVENT(4, 0x3e, 10, 3, 0, 7, 0, 6, 0, 0, 0, 0x90, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 12, 4, 0, 7, 0, 0x20, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 13, 5, 7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 11, 6, 7, 0, 6, 0, 6, 0, 0, 0, 0x90, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 11, 7, 7, 0, 251, 0, 1, 1, 251, 0, 1, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x08, 4, 0, 7, 0, 1);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x30, 3, 0, 7, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x0c, 8, 0, 7, 0, 9, 1, 0, 1, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	EVENT(4, 0x3e, 12, 2, 1, 0, 1, 1, 2, 3, 4, 5, 0xc6, 0, 0xc0);
	assert_int_equal(happening.kind, HCI_GAP_REPORTS);
	nothing_more();
}

/* ---- Whole packets: Core Vol 4 Part E, the section at each command -----------------------------
 */

/* Checks that exactly this command is sent now, and answers it with this status. */
static void sent(uint16_t opcode, uint8_t status, const uint8_t *parameters, size_t len)
{
	command(opcode, status);
	assert_int_equal(out[0], HCI_COMMAND);
	assert_int_equal(out[3], len);
	assert_memory_equal(out + 4, parameters, len);
}

#define SENT(opcode, status, ...)                             \
	do {                                                  \
		const uint8_t octets[] = {__VA_ARGS__};       \
		sent(opcode, status, octets, sizeof(octets)); \
	} while (0)

/* Its handle uses all 12 bits, and the event has the reserved ones set: 5.4.5. */
#define HANDLE	     0xa2a
#define HANDLE_EVENT 0x2a, 0xfa
#define HANDLE_SENT  0x2a, 0x0a

static struct hci_link *far_link(uint8_t role)
{
	EVENT(4, 0x3e, 19, 1, 0, HANDLE_EVENT, role, 3, 1, 2, 3, 4, 5, 0xc6, 0x34, 0x12, 0x78, 0x56,
	      0xbc, 0x0a, 0);
	return happening.link;
}

static const uint8_t random_address[6] = {1, 2, 3, 4, 5, 0xc6};
static const struct hci_connect distinct = {
	.own_type = HCI_OWN_PUBLIC,
	.peer_type = 1,
	.peer = {1, 2, 3, 4, 5, 0xc6},
	.parameters = {0x0106, 0x020c, 0x0103, 0x0190},
};
#define DISTINCT_SENT 6, 1, 12, 2, 3, 1, 0x90, 1, 0, 0, 0, 0

static void legacy_scanning_and_connecting(void **state)
{
	(void)state;
	hci_gap_set_random_address(&gap, random_address);
	SENT(HCI_LE_SET_RANDOM_ADDRESS, 0, 1, 2, 3, 4, 5, 0xc6); /* 7.8.4 */
	for (uint8_t active = 0; active < 2; active++) {
		hci_gap_scan(&gap, HCI_OWN_RANDOM, active);
		/* 7.8.10: type, interval and window of 30 ms, own address, no filter. */
		SENT(HCI_LE_SET_SCAN_PARAMETERS, 0, active, 0x30, 0, 0x30, 0, 1, 0);
		assert_int_equal(happening.kind, HCI_GAP_NOTHING);
		SENT(HCI_LE_SET_SCAN_ENABLE, 0, 1, 0); /* 7.8.11: duplicates are wanted */
		assert_int_equal(happening.kind, HCI_GAP_SCANNING);
		hci_gap_scan_stop(&gap);
		SENT(HCI_LE_SET_SCAN_ENABLE, 0x0c, 0, 0);
		assert_int_equal(happening.kind, HCI_GAP_NOTHING);
		hci_gap_scan_stop(&gap); /* it has stopped */
		nothing_more();
	}
	hci_gap_connect(&gap, &distinct);
	/* 7.8.12: 30 ms of 30 ms, no accept list, peer, own address, parameters. */
	SENT(HCI_LE_CREATE_CONNECTION, 0, 0x30, 0, 0x30, 0, 0, 1, 1, 2, 3, 4, 5, 0xc6, 0,
	     DISTINCT_SENT);
	hci_gap_connect_cancel(&gap);
	sent(HCI_LE_CREATE_CONNECTION_CANCEL, 0, NULL, 0); /* 7.8.13 */
	nothing_more();
}

static void extended_scanning_and_connecting(void **state)
{
	(void)state;
	for (uint8_t active = 0; active < 2; active++) {
		hci_gap_scan(&gap, HCI_OWN_RANDOM, active);
		/* 7.8.64: own address, no filter, LE 1M: type, interval and window of 30 ms. */
		SENT(HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, 0, 1, 0, 1, active, 0x30, 0, 0x30, 0);
		/* 7.8.65: on, duplicates are wanted, no duration, no period. */
		SENT(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0, 1, 0, 0, 0, 0, 0);
		assert_int_equal(happening.kind, HCI_GAP_SCANNING);
		hci_gap_scan_stop(&gap);
		SENT(HCI_LE_SET_EXTENDED_SCAN_ENABLE, 0, 0, 0, 0, 0, 0, 0);
	}
	hci_gap_connect(&gap, &distinct);
	/* 7.8.66: no accept list, own address, peer, LE 1M: 30 ms of 30 ms, parameters. */
	SENT(HCI_LE_EXTENDED_CREATE_CONNECTION, 0, 0, 0, 1, 1, 2, 3, 4, 5, 0xc6, 1, 0x30, 0, 0x30,
	     0, DISTINCT_SENT);
	nothing_more();
}

#define ZEROS_7	 0, 0, 0, 0, 0, 0, 0
#define ZEROS_28 ZEROS_7, ZEROS_7, ZEROS_7, ZEROS_7

static void legacy_advertising(void **state)
{
	static const uint8_t data[] = {2, 1, 6, 3, 0x19}, response[] = {2, 9, 'x'};

	(void)state;
	hci_gap_advertise(&gap, HCI_OWN_RANDOM, data, sizeof(data), response, sizeof(response));
	/* 7.8.5: 20 to 30 ms, ADV_IND, own address, no peer, three channels, no filter. */
	SENT(HCI_LE_SET_ADVERTISING_PARAMETERS, 0, 0x20, 0, 0x30, 0, 0, 1, ZEROS_7, 7, 0);
	/* 7.8.7 and 7.8.8: a length, and 31 octets padded with zeros. */
	SENT(HCI_LE_SET_ADVERTISING_DATA, 0, 5, 2, 1, 6, 3, 0x19, ZEROS_7, ZEROS_7, ZEROS_7, 0, 0,
	     0, 0, 0);
	SENT(HCI_LE_SET_SCAN_RESPONSE_DATA, 0, 3, 2, 9, 'x', ZEROS_28);
	SENT(HCI_LE_SET_ADVERTISING_ENABLE, 0, 1); /* 7.8.9 */
	hci_gap_advertise_stop(&gap);
	SENT(HCI_LE_SET_ADVERTISING_ENABLE, 0, 0);
	hci_gap_advertise_stop(&gap);
	nothing_more();
}

static void extended_advertising(void **state)
{
	static const uint8_t data[40] = {2, 1, 6}, response[] = {2, 9, 'x'};

	(void)state;
	hci_gap_set_random_address(&gap, random_address);
	SENT(HCI_LE_SET_RANDOM_ADDRESS, 0, 1, 2, 3, 4, 5, 0xc6);
	hci_gap_advertise(&gap, HCI_OWN_RANDOM, data, 3, response, sizeof(response));
	/* 7.8.53: set 0, legacy ADV_IND, 20 to 30 ms, three channels, own address, no peer, no
	 * filter, any power, LE 1M, no skip, LE 1M, SID 0, no notification. */
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0, 0, 0x13, 0, 0x20, 0, 0, 0x30, 0, 0, 7,
	     1, ZEROS_7, 0, 0x7f, 1, 0, 1, 0, 0);
	SENT(HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, 0, 0, 1, 2, 3, 4, 5, 0xc6); /* 7.8.52 */
	/* 7.8.54 and 7.8.55: set 0, complete, not fragmented, a length, and only so many octets. */
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_DATA, 0, 0, 3, 1, 3, 2, 1, 6);
	SENT(HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0, 0, 3, 1, 3, 2, 9, 'x');
	/* 7.8.56: on, one set: number 0, no duration, no limit of events. */
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0, 1, 1, 0, 0, 0, 0);
	assert_int_equal(happening.kind, HCI_GAP_ADVERTISING);
	hci_gap_advertise_stop(&gap);
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0, 0, 0); /* all sets */
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);

	/* A public address needs no command. Data and response beyond 31 octets are cut off. */
	hci_gap_advertise(&gap, HCI_OWN_PUBLIC, data, sizeof(data), data, sizeof(data));
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0, 0, 0x13, 0, 0x20, 0, 0, 0x30, 0, 0, 7,
	     0, ZEROS_7, 0, 0x7f, 1, 0, 1, 0, 0);
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_DATA, 0, 0, 3, 1, 31, 2, 1, 6, ZEROS_28);
	SENT(HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0, 0, 3, 1, 31, 2, 1, 6, ZEROS_28);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0);
	/* Without data both are empty. */
	hci_gap_advertise(&gap, HCI_OWN_PUBLIC, NULL, 0, NULL, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0);
	SENT(HCI_LE_SET_EXTENDED_ADVERTISING_DATA, 0, 0, 3, 1, 0);
	SENT(HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0, 0, 3, 1, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0);
	nothing_more();
}

static void commands_of_a_link(void **state)
{
	static const struct hci_parameters wanted = {0x0106, 0x020c, 0x0103, 0x0190};
	struct hci_link *link = far_link(0);

	(void)state;
	assert_ptr_equal(hci_gap_link(&gap, HANDLE), link);
	assert_null(hci_gap_link(&gap, HANDLE & 0xff));
	hci_gap_exchange_features(&gap, link);
	SENT(HCI_LE_READ_REMOTE_FEATURES, 0, HANDLE_SENT); /* 7.8.21 */
	hci_gap_update(&gap, link, &wanted);
	SENT(HCI_LE_CONNECTION_UPDATE, 0, HANDLE_SENT, DISTINCT_SENT); /* 7.8.18 */
	hci_gap_answer_parameters(&gap, link, true, &wanted);
	/* 7.8.31 and 7.8.32 */
	SENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, 0, HANDLE_SENT, DISTINCT_SENT);
	hci_gap_answer_parameters(&gap, link, false, NULL);
	SENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, 0, HANDLE_SENT, 0x3b);
	hci_gap_disconnect(&gap, link, 0x13);
	SENT(HCI_DISCONNECT, 0, HANDLE_SENT, 0x13); /* 7.1.6 */
	nothing_more();
	/* A controller without LE Read Remote Features gets no command. */
	const struct hci_command_format *f = hci_command_format(HCI_LE_READ_REMOTE_FEATURES);
	controller.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
	hci_gap_exchange_features(&gap, link);
	nothing_more();
}

/* Octets that are unlikely to be in memory by chance. */
static const uint8_t secret[16] = {0x9d, 0x3c, 0x71, 0xe8, 0x52, 0xb6, 0x0f, 0xca,
				   0x84, 0x2e, 0xd5, 0x69, 0xa1, 0x17, 0xf3, 0x48};
#define SECRET_SENT                                                                               \
	0x9d, 0x3c, 0x71, 0xe8, 0x52, 0xb6, 0x0f, 0xca, 0x84, 0x2e, 0xd5, 0x69, 0xa1, 0x17, 0xf3, \
		0x48

static void keys_are_sent_and_left_nowhere(void **state)
{
	static const uint8_t rand[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct hci_link *link = far_link(0);
	bool found;

	(void)state;
	hci_gap_encrypt(&gap, link, secret, 0xabcd, rand);
	found = stack_holds(secret, sizeof(secret));
	assert_false(found);
	assert_true(link->encrypting);
	SENT(HCI_LE_ENABLE_ENCRYPTION, 0, HANDLE_SENT, 1, 2, 3, 4, 5, 6, 7, 8, 0xcd, 0xab,
	     SECRET_SENT); /* 7.8.24 */
	hci_gap_answer_ltk(&gap, link, secret);
	found = stack_holds(secret, sizeof(secret));
	assert_false(found);
	assert_true(link->encrypting);
	SENT(HCI_LE_LTK_REPLY, 0, HANDLE_SENT, SECRET_SENT); /* 7.8.25 */
	hci_gap_answer_ltk(&gap, link, NULL);
	assert_false(link->encrypting);
	SENT(HCI_LE_LTK_NEGATIVE_REPLY, 0, HANDLE_SENT); /* 7.8.26 */
	nothing_more();
}

/* ---- Each field of an event: 7.7.65 -----------------------------------------------------------
 */

static void a_connection_has_the_fields_of_its_event(void **state)
{
	struct hci_link *link = far_link(0);

	(void)state;
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	assert_int_equal(link->handle, HANDLE);
	assert_true(link->used && link->central);
	assert_int_equal(link->peer_type, 1); /* 3 is a random identity */
	assert_memory_equal(link->peer, peer.peer, 6);
	assert_int_equal(link->interval, 0x1234);
	assert_int_equal(link->latency, 0x5678);
	assert_int_equal(link->timeout, 0x0abc);

	/* The same handle again is the same link; the enhanced event has two more addresses. */
	EVENT(4, 0x3e, 31, 0x0a, 0, HANDLE_EVENT, 1, 2, 9, 8, 7, 6, 5, 4, 0xe0, 0xe1, 0xe2, 0xe3,
	      0xe4, 0xe5, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0x21, 0x43, 0x65, 0x87, 0xa9, 0x0b,
	      0);
	assert_ptr_equal(happening.link, link);
	assert_false(link->central);
	assert_int_equal(link->peer_type, 0); /* 2 is a public identity */
	assert_memory_equal(link->peer, "\x9\x8\x7\x6\x5\x4", 6);
	assert_int_equal(link->interval, 0x4321);
	assert_int_equal(link->latency, 0x8765);
	assert_int_equal(link->timeout, 0x0ba9);
}

static void an_update_has_the_fields_of_its_event(void **state)
{
	struct hci_link *link = far_link(0);

	(void)state;
	EVENT(4, 0x3e, 10, 3, 0, HANDLE_EVENT, 0x21, 0x43, 0x65, 0x87, 0xa9, 0x0b);
	assert_int_equal(happening.kind, HCI_GAP_PARAMETERS);
	assert_ptr_equal(happening.link, link);
	assert_int_equal(happening.status, 0);
	assert_int_equal(link->interval, 0x4321);
	assert_int_equal(link->latency, 0x8765);
	assert_int_equal(link->timeout, 0x0ba9);
	/* A refused update leaves the values in force. */
	EVENT(4, 0x3e, 10, 3, 0x3b, HANDLE_EVENT, 1, 1, 1, 1, 1, 1);
	assert_int_equal(happening.status, 0x3b);
	assert_int_equal(link->interval, 0x4321);
	assert_int_equal(link->latency, 0x8765);
	assert_int_equal(link->timeout, 0x0ba9);
}

static void a_request_has_the_fields_of_its_event(void **state)
{
	struct hci_link *link = far_link(1);

	(void)state;
	EVENT(4, 0x3e, 11, 6, HANDLE_EVENT, 0x18, 1, 0x28, 2, 3, 4, 0x90, 5);
	assert_int_equal(happening.kind, HCI_GAP_PARAMETER_REQUEST);
	assert_ptr_equal(happening.link, link);
	assert_int_equal(happening.parameters.interval_min, 0x0118);
	assert_int_equal(happening.parameters.interval_max, 0x0228);
	assert_int_equal(happening.parameters.latency, 0x0403);
	assert_int_equal(happening.parameters.timeout, 0x0590);
	EVENT(4, 0x3e, 13, 5, HANDLE_EVENT, 1, 2, 3, 4, 5, 6, 7, 8, 0xcd, 0xab);
	assert_int_equal(happening.kind, HCI_GAP_LTK_REQUEST);
	assert_ptr_equal(happening.link, link);
	assert_int_equal(happening.ediv, 0xabcd);
	assert_memory_equal(happening.rand, "\1\2\3\4\5\6\7\x8", 8);
}

static void a_disconnection_has_the_fields_of_its_event(void **state)
{
	struct hci_link *link = far_link(0);

	(void)state;
	link->user = &gap;
	EVENT(4, 0x05, 4, 0x0c, HANDLE_EVENT, 0x16); /* it failed: the link is still up */
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	assert_ptr_equal(hci_gap_link(&gap, HANDLE), link);
	EVENT(4, 0x05, 4, 0, HANDLE_EVENT, 0x16);
	assert_int_equal(happening.kind, HCI_GAP_DISCONNECTED);
	assert_int_equal(happening.status, 0x16);
	assert_int_equal(happening.link->handle, HANDLE);
	assert_ptr_equal(happening.link->user, &gap);
	assert_null(hci_gap_link(&gap, HANDLE));
	/* Its place is free, for a link without the caller's data. */
	assert_ptr_equal(far_link(0), link);
	assert_null(link->user);
}

/* 7.7.8 and 7.7.39. */
static void an_encryption_event_sets_the_state_of_the_link(void **state)
{
	static const uint8_t rand[8] = {0};
	struct hci_link *link = far_link(0);

	(void)state;
	hci_gap_encrypt(&gap, link, secret, 0, rand);
	command(HCI_LE_ENABLE_ENCRYPTION, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING); /* it has begun */
	assert_true(link->encrypting);
	EVENT(4, 0x08, 4, 0, HANDLE_EVENT, 1);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_ptr_equal(happening.link, link);
	assert_int_equal(happening.status, 0);
	assert_int_equal(happening.key_size, 0); /* the event lacks it */
	assert_true(link->encrypted);
	assert_false(link->encrypting);
	EVENT(4, 0x08, 4, 0, HANDLE_EVENT, 0);
	assert_int_equal(happening.status, 0x1f); /* off, without an error: unspecified */
	assert_false(link->encrypted);
	EVENT(4, 0x59, 5, 0, HANDLE_EVENT, 1, 16);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_int_equal(happening.key_size, 16);
	assert_true(link->encrypted);
	EVENT(4, 0x08, 4, 0x3d, HANDLE_EVENT, 1);
	assert_int_equal(happening.status, 0x3d);
	assert_false(link->encrypted);
	EVENT(4, 0x30, 3, 0, HANDLE_EVENT);
	assert_int_equal(happening.kind, HCI_GAP_ENCRYPTION);
	assert_int_equal(happening.status, 0);
	assert_int_equal(happening.key_size, 0);
	assert_true(link->encrypted);
	EVENT(4, 0x08, 4, 0x06, HANDLE_EVENT, 0);
	assert_int_equal(happening.status, 0x06);
	nothing_more();
}

/* 7.7.65.4; LE Set Data Length, 7.8.33: 251 octets in 2120 us. */
static void the_data_length_is_set_if_both_ends_support_it(void **state)
{
	static const struct {
		uint8_t status, remote, local;
		bool command, encrypting, set;
	} cases[] = {
		{0, 0x20, 0x20, true, false, true},	{0, 0xff, 0xff, true, false, true},
		{0, 0xdf, 0xff, true, false, false},	{0, 0xff, 0xdf, true, false, false},
		{0, 0xff, 0xff, false, false, false},	{0, 0xff, 0xff, true, true, false},
		{0x1a, 0xff, 0xff, true, false, false},
	};
	const struct hci_command_format *f = hci_command_format(HCI_LE_SET_DATA_LENGTH);

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		(void)fresh(state);
		struct hci_link *link = far_link(0);
		controller.le_features[0] = cases[n].local;
		if (!cases[n].command)
			controller.commands[f->octet] &= (uint8_t) ~(1U << f->bit);
		link->encrypting = cases[n].encrypting;
		EVENT(4, 0x3e, 12, 4, cases[n].status, HANDLE_EVENT, cases[n].remote, 2, 3, 4, 5, 6,
		      7, 8);
		assert_int_equal(happening.kind, HCI_GAP_REMOTE_FEATURES);
		assert_ptr_equal(happening.link, link);
		assert_int_equal(happening.status, cases[n].status);
		assert_int_equal(happening.features[0], cases[n].remote);
		assert_memory_equal(happening.features + 1, "\2\3\4\5\6\7\x8", 7);
		if (cases[n].set)
			SENT(HCI_LE_SET_DATA_LENGTH, 0, HANDLE_SENT, 0xfb, 0, 0x48, 8);
		nothing_more();
	}
}

/* ---- Answers ----------------------------------------------------------------------------------
 */

/* A refused command ends its procedure, or is noted when the link goes on without it. */
static void a_refusal_is_a_failure_or_a_note(void **state)
{
	static const struct {
		uint16_t opcode;
		enum hci_gap_kind kind;
	} cases[] = {
		{HCI_LE_SET_RANDOM_ADDRESS, HCI_GAP_FAILED},
		{HCI_LE_SET_SCAN_PARAMETERS, HCI_GAP_FAILED},
		{HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, HCI_GAP_FAILED},
		{HCI_LE_SET_ADVERTISING_PARAMETERS, HCI_GAP_FAILED},
		{HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, HCI_GAP_FAILED},
		{HCI_LE_SET_ADVERTISING_DATA, HCI_GAP_NOTE},
		{HCI_LE_SET_DATA_LENGTH, HCI_GAP_NOTE},
		{HCI_LE_CONNECTION_UPDATE, HCI_GAP_NOTE},
		{HCI_DISCONNECT, HCI_GAP_NOTE},
		/* Neither scanning nor advertising: the refusal of a stop. */
		{HCI_LE_SET_SCAN_ENABLE, HCI_GAP_NOTHING},
		{HCI_LE_SET_ADVERTISING_ENABLE, HCI_GAP_NOTHING},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		for (uint8_t status = 0; status <= 0x12; status += 0x12) {
			assert_true(hci_host_command(&host, cases[n].opcode, NULL, 0));
			command(cases[n].opcode, status);
			assert_int_equal(happening.kind, status ? cases[n].kind : HCI_GAP_NOTHING);
			assert_int_equal(happening.opcode, cases[n].opcode);
			assert_int_equal(happening.status, status);
			assert_null(happening.link);
		}
	}
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, true);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0x12);
	assert_int_equal(happening.kind, HCI_GAP_FAILED);
	hci_gap_advertise(&gap, HCI_OWN_PUBLIC, NULL, 0, NULL, 0);
	command(HCI_LE_SET_ADVERTISING_PARAMETERS, 0);
	command(HCI_LE_SET_ADVERTISING_DATA, 0);
	command(HCI_LE_SET_SCAN_RESPONSE_DATA, 0);
	command(HCI_LE_SET_ADVERTISING_ENABLE, 0x12);
	assert_int_equal(happening.kind, HCI_GAP_FAILED);
}

static void a_connection_ends_the_request_for_it(void **state)
{
	(void)state;
	hci_gap_connect_cancel(&gap); /* none was requested */
	nothing_more();
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	hci_gap_connect_cancel(&gap);
	/* The connection came up before the cancel arrived. */
	connection_complete(0, 0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	command(HCI_LE_CREATE_CONNECTION_CANCEL, HCI_COMMAND_DISALLOWED);
	assert_int_equal(happening.kind, HCI_GAP_NOTHING);
	hci_gap_connect_cancel(&gap);
	nothing_more();
	/* The next request is not a cancelled one. */
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0x0d);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	assert_int_equal(happening.status, 0x0d);
	assert_false(happening.cancelled);
	hci_gap_connect_cancel(&gap);
	nothing_more();
	/* A link as peripheral ends the advertising instead. */
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	gap.advertising = true;
	EVENT(4, 0x3e, 19, 1, 0, 0x2b, 0, 1, 1, 1, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1, 0);
	hci_gap_advertise_stop(&gap);
	nothing_more();
	hci_gap_connect_cancel(&gap);
	command(HCI_LE_CREATE_CONNECTION_CANCEL, 0);
	connection_complete(HCI_UNKNOWN_CONNECTION, 0);
	assert_true(happening.cancelled);
	/* Any other failure of a later request is not cancelled either. */
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	connection_complete(0x3c, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	assert_int_equal(happening.status, 0x3c);
	assert_false(happening.cancelled);
}

static void a_cancelled_attempt_is_not_tried_again(void **state)
{
	(void)state;
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	hci_gap_connect_cancel(&gap);
	command(HCI_LE_CREATE_CONNECTION_CANCEL, 0);
	connection_complete(HCI_FAILED_TO_ESTABLISH, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	assert_true(happening.cancelled);
	nothing_more();
}

/* The refused cancel is not a controller that cannot scan meanwhile: the scan goes on. */
static void a_refused_cancel_does_not_stop_the_scan(void **state)
{
	struct hci_connect meanwhile = peer;

	(void)state;
	meanwhile.scan_on = true;
	memset(controller.le_states, 0xff, 8);
	hci_gap_scan(&gap, HCI_OWN_PUBLIC, true);
	command(HCI_LE_SET_SCAN_PARAMETERS, 0);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	hci_gap_connect(&gap, &meanwhile);
	command(HCI_LE_CREATE_CONNECTION, 0);
	hci_gap_connect_cancel(&gap);
	command(HCI_LE_CREATE_CONNECTION_CANCEL, HCI_COMMAND_DISALLOWED);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	nothing_more();
	assert_true(gap.scanning);
	/* Another status does not blame the scan. */
	hci_gap_connect(&gap, &meanwhile);
	command(HCI_LE_CREATE_CONNECTION, 0x0d);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	nothing_more();
	assert_false(gap.no_scan_while_initiating);
	/* A caller that does not want the scan stops it, on any controller. */
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_SET_SCAN_ENABLE, 0);
	command(HCI_LE_CREATE_CONNECTION, 0);
	nothing_more();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(scanning_stops_before_connecting, fresh),
		cmocka_unit_test_setup(scanning_continues_if_the_controller_can_do_both, fresh),
		cmocka_unit_test_setup(a_controller_that_refuses_to_connect_while_scanning, fresh),
		cmocka_unit_test_setup(a_refused_scan_is_reported, fresh),
		cmocka_unit_test_setup(a_connection_that_fails_to_be_established_is_tried_again,
				       fresh),
		cmocka_unit_test_setup(the_caller_limits_the_tries, fresh),
		cmocka_unit_test_setup(a_cancelled_connection_is_reported, fresh),
		cmocka_unit_test_setup(a_refused_cancel_ends_the_attempt, fresh),
		cmocka_unit_test_setup(extended_commands_throughout, fresh_extended),
		cmocka_unit_test_setup(encryption_delays_other_procedures, fresh),
		cmocka_unit_test_setup(a_refused_encryption_is_reported, fresh),
		cmocka_unit_test_setup(a_refused_encryption_of_the_second_link, fresh),
		cmocka_unit_test_setup(long_term_keys, fresh),
		cmocka_unit_test_setup(parameters, fresh),
		cmocka_unit_test_setup(remote_features_then_data_length, fresh),
		cmocka_unit_test_setup(a_link_ends, fresh),
		cmocka_unit_test_setup(a_link_beyond_the_limit_is_noted, fresh),
		cmocka_unit_test_setup(advertising_and_stopping, fresh),
		cmocka_unit_test_setup(advertising_by_extended_commands_stops, fresh_extended),
		cmocka_unit_test_setup(a_failed_connection_without_a_request_is_noted, fresh),
		cmocka_unit_test_setup(a_peripheral_requests_features_if_the_controller_can, fresh),
		cmocka_unit_test_setup(an_update_waits_for_encryption, fresh),
		cmocka_unit_test_setup(a_refusal_belongs_to_the_link_of_the_command, fresh),
		cmocka_unit_test_setup(events_of_an_unknown_link_change_nothing, fresh),
		cmocka_unit_test_setup(legacy_scanning_and_connecting, fresh),
		cmocka_unit_test_setup(extended_scanning_and_connecting, fresh_extended),
		cmocka_unit_test_setup(legacy_advertising, fresh),
		cmocka_unit_test_setup(extended_advertising, fresh_extended),
		cmocka_unit_test_setup(commands_of_a_link, fresh),
		cmocka_unit_test_setup(keys_are_sent_and_left_nowhere, fresh),
		cmocka_unit_test_setup(a_connection_has_the_fields_of_its_event, fresh),
		cmocka_unit_test_setup(an_update_has_the_fields_of_its_event, fresh),
		cmocka_unit_test_setup(a_request_has_the_fields_of_its_event, fresh),
		cmocka_unit_test_setup(a_disconnection_has_the_fields_of_its_event, fresh),
		cmocka_unit_test_setup(an_encryption_event_sets_the_state_of_the_link, fresh),
		cmocka_unit_test_setup(the_data_length_is_set_if_both_ends_support_it, fresh),
		cmocka_unit_test_setup(a_refusal_is_a_failure_or_a_note, fresh),
		cmocka_unit_test_setup(a_connection_ends_the_request_for_it, fresh),
		cmocka_unit_test_setup(a_cancelled_attempt_is_not_tried_again, fresh),
		cmocka_unit_test_setup(a_refused_cancel_does_not_stop_the_scan, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
