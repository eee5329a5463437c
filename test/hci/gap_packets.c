/* SPDX-License-Identifier: MIT */
/* Each octet of the commands, and each field of the events. */
#include "hci/gap_script.h"

#include <string.h>

#include "hci/error.h"
#include "stack.h"

/* ---- Whole packets: Core Vol 4 Part E, the section at each command -----------------------------
 */

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

static struct hci_link *keyed; /* the link that gets the secret */

static void encrypt(void)
{
	static const uint8_t rand[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	hci_gap_encrypt(&gap, keyed, secret, 0xabcd, rand);
}

static void answer(void)
{
	hci_gap_answer_ltk(&gap, keyed, secret);
}

static void keys_are_sent_and_left_nowhere(void **state)
{
	struct hci_link *link = far_link(0);

	(void)state;
	keyed = link;
	stack_run(encrypt);
	assert_false(stack_holds(secret, sizeof(secret)));
	assert_true(link->encrypting);
	SENT(HCI_LE_ENABLE_ENCRYPTION, 0, HANDLE_SENT, 1, 2, 3, 4, 5, 6, 7, 8, 0xcd, 0xab,
	     SECRET_SENT); /* 7.8.24 */
	stack_run(answer);
	assert_false(stack_holds(secret, sizeof(secret)));
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

	/* The enhanced event has two more addresses. */
	link->used = false;
	EVENT(4, 0x3e, 31, 0x0a, 0, HANDLE_EVENT, 1, 2, 9, 8, 7, 6, 5, 4, 0xe0, 0xe1, 0xe2, 0xe3,
	      0xe4, 0xe5, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0x21, 0x43, 0x65, 0x87, 0xa9, 0x0b,
	      0);
	assert_ptr_equal(happening.link, link);
	assert_false(link->central);
	assert_int_equal(link->peer_type, 1); /* as on air: the address that was resolved */
	assert_memory_equal(link->peer, "\xf0\xf1\xf2\xf3\xf4\xf5", 6);
	assert_false(link->has_own_rpa); /* the controller was not to make one */
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
	hci_gap_advertise_stop(&gap); /* it does not advertise */
	nothing_more();
}

/* LE_States bit 38 (7.8.27), and a controller that does not report its states may be asked. */
static void advertising_beside_a_link(void **state)
{
	(void)state;
	memset(controller.le_states, 0, 8);
	assert_true(hci_gap_can_advertise_linked(&gap));
	for (unsigned bit = 0; bit < 42; bit++) {
		memset(controller.le_states, 0, 8);
		controller.le_states[bit / 8] = (uint8_t)(1U << bit % 8);
		assert_int_equal(hci_gap_can_advertise_linked(&gap), bit == 38);
	}
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
		cmocka_unit_test_setup(advertising_beside_a_link, fresh),
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
