/* SPDX-License-Identifier: MIT */
/* Procedures against a scripted controller: the commands sent, and the answers to them. */
#include "hci/gap_script.h"

#include <string.h>

#include "hci/error.h"

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

/* A handle stands for one link, and a central gets the device that it called (7.8.12, 7.7.65.1). */
static void a_second_connection_with_a_live_handle_breaks_the_controller(void **state)
{
	struct hci_link *link = up(0);

	(void)state;
	link->user = &gap;
	link->encrypted = true;
	for (uint8_t role = 0; role < 2; role++) {
		connection_complete(0, role);
		assert_int_equal(happening.kind, HCI_GAP_BROKEN);
		assert_non_null(strstr(happening.text, "the handle of a live one"));
	}
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	connection_complete(0, 0);
	assert_int_equal(happening.kind, HCI_GAP_BROKEN);
	assert_ptr_equal(link->user, &gap);
	assert_true(link->encrypted);
	/* When the first has ended, it is another one. */
	EVENT(4, 0x05, 4, 0, 0x2a, 0, 0x16);
	connection_complete(0, 0);
	assert_int_equal(happening.kind, HCI_GAP_CONNECTED);
	assert_null(happening.link->user);
}

/* Each octet counts: it is not the device that was called, which is still awaited. */
static void a_connection_with_another_device_is_closed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct hci_connect other = peer;
		if (i)
			other.peer[i - 1] ^= 1;
		else
			other.peer_type ^= 1;
		hci_gap_connect(&gap, &other);
		command(HCI_LE_CREATE_CONNECTION, 0);
		connection_complete(0, 0);
		assert_int_equal(happening.kind, HCI_GAP_NOTE);
		assert_non_null(strstr(happening.text, "a device that was not called"));
		assert_null(hci_gap_link(&gap, 0x2a));
		assert_true(gap.connecting);
		command(HCI_DISCONNECT, 0);
		assert_memory_equal(out + 4, "\x2a\0\x13", 3);
		EVENT(4, 0x05, 4, 0, 0x2a, 0, 0x16);
		assert_int_equal(happening.kind, HCI_GAP_NOTHING);
		gap.connecting = false;
	}
	/* An event of a connection that failed has no address. */
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	EVENT(4, 0x3e, 19, 1, 0x3c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
}

/* The caller's connection ends, too: it would wait for ever. */
static void a_connection_beyond_the_limit_is_none(void **state)
{
	(void)state;
	for (uint8_t h = 0; h < HCI_LINKS_MAX; h++)
		EVENT(4, 0x3e, 19, 1, 0, h, 0, 1, 1, h, 2, 3, 4, 5, 0xc6, 12, 0, 0, 0, 0x90, 1, 0);
	hci_gap_connect(&gap, &peer);
	command(HCI_LE_CREATE_CONNECTION, 0);
	connection_complete(0, 0);
	assert_int_equal(happening.kind, HCI_GAP_NOT_CONNECTED);
	assert_int_equal(happening.status, HCI_CONNECTION_LIMIT);
	assert_false(gap.connecting);
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
	hci_gap_advertise_stop(&gap); /* it does not advertise */
	nothing_more();
	hci_gap_advertise(&gap, HCI_OWN_PUBLIC, NULL, 0, response, sizeof(response));
	command(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_DATA, 0);
	command(HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 0);
	command(HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 0);
	assert_int_equal(happening.kind, HCI_GAP_ADVERTISING);
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
		cmocka_unit_test_setup(a_second_connection_with_a_live_handle_breaks_the_controller,
				       fresh),
		cmocka_unit_test_setup(a_connection_with_another_device_is_closed, fresh),
		cmocka_unit_test_setup(a_connection_beyond_the_limit_is_none, fresh),
		cmocka_unit_test_setup(advertising_and_stopping, fresh),
		cmocka_unit_test_setup(advertising_by_extended_commands_stops, fresh_extended),
		cmocka_unit_test_setup(a_failed_connection_without_a_request_is_noted, fresh),
		cmocka_unit_test_setup(a_peripheral_requests_features_if_the_controller_can, fresh),
		cmocka_unit_test_setup(an_update_waits_for_encryption, fresh),
		cmocka_unit_test_setup(a_refusal_belongs_to_the_link_of_the_command, fresh),
		cmocka_unit_test_setup(events_of_an_unknown_link_change_nothing, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
