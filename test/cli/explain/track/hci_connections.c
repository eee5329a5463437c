/* SPDX-License-Identifier: MIT */
/* Connections from their command to their end. */
#include "cli/explain/track/hci_fixture.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"

/* ---- The beginning ------------------------------------------------------------------------------
 */

static void a_connection_has_its_command_and_its_ends(void **state)
{
	static const uint8_t create[25] = {0x60, 0, 0x30, 0,  0, 1,  6, 5, 4, 3,
					   2,	 1, 0,	  12, 0, 24, 0, 1, 0, 72};

	(void)state;
	complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	const struct explain_attempt *a = connect_as(0);
	assert_int_equal(a->central, HOST);
	assert_int_equal(a->step_count, 2);
	assert_int_equal(a->steps[0].layer, EXPLAIN_LAYER_COMMAND);
	assert_int_equal(a->steps[0].code, HCI_LE_CREATE_CONNECTION);
	assert_int_equal(a->steps[0].at.frame, 2);
	assert_int_equal(a->steps[0].at.time_us, 20);
	assert_int_equal(a->steps[0].from, HOST);
	assert_int_equal(a->steps[0].len, 25);
	assert_memory_equal(a->steps[0].data, create, 25);
	assert_int_equal(a->steps[1].layer, EXPLAIN_LAYER_EVENT);
	assert_int_equal(a->steps[1].code, EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_COMPLETE);
	assert_int_equal(a->steps[1].len, 19);
	assert_int_equal(a->steps[1].from, HOST);
	assert_true(a->steps[0].whole && a->steps[1].whole);
	assert_int_equal(a->connected.frame, 3);
	assert_int_equal(a->connect_status, 0);
	assert_true(a->has_interval);
	assert_int_equal(a->interval, 24);
	assert_int_equal(a->latency, 1);
	assert_int_equal(a->timeout, 72);
	assert_true(a->party[PEER].has_address);
	assert_int_equal(a->party[PEER].address.type, 1);
	assert_memory_equal(a->party[PEER].address.octets, "\6\5\4\3\2\1", 6);
	assert_true(a->party[HOST].has_address);
	assert_int_equal(a->party[HOST].address.type, 0);
	assert_memory_equal(a->party[HOST].address.octets, "\1\2\3\4\5\6", 6);
	assert_int_equal(a->bad_count, 0);
	/* The command served. */
	a = connect_as(0);
	assert_int_equal(a->step_count, 1);
	assert_int_equal(over_count, 1);
}

static void the_own_address_is_of_the_commands_type(void **state)
{
	static const struct {
		uint16_t opcode;
		size_t at;
		uint8_t role;
	} rows[] = {
		{HCI_LE_CREATE_CONNECTION, 12, 0},
		{HCI_LE_EXTENDED_CREATE_CONNECTION, 1, 0},
		{HCI_LE_SET_ADVERTISING_PARAMETERS, 5, 1},
		{HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 10, 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (uint8_t type = 0; type < 4; type++) {
			uint8_t p[26] = {0};
			begin(state);
			COMMAND(HCI_LE_SET_RANDOM_ADDRESS, 9, 8, 7, 6, 5, 0xc4);
			complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
			p[rows[i].at] = type;
			command(rows[i].opcode, p, 26);
			const struct explain_attempt *a = connect_as(rows[i].role);
			assert_int_equal(a->central, rows[i].role ? PEER : HOST);
			assert_int_equal(a->party[HOST].address.type, type & 1);
			assert_int_equal(a->party[HOST].address.octets[0], type & 1 ? 9 : 1);
			assert_int_equal(a->step_count, rows[i].role ? 1 : 2);
		}
	/* Cut off before the type. */
	begin(state);
	COMMAND(HCI_LE_SET_ADVERTISING_PARAMETERS, 1, 1, 1, 1, 1);
	COMMAND(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	assert_int_equal(host()->advertising_own, 0);
	uint8_t p[24] = {0};
	command(HCI_LE_CREATE_CONNECTION, p, 24);
	assert_int_equal(host()->connecting.frame, 0);
	/* An address that the capture lacks. */
	assert_false(connect_as(0)->party[HOST].has_address);
	COMMAND(HCI_LE_SET_ADVERTISING_PARAMETERS, 1, 1, 1, 1, 1, 1);
	assert_false(connect_as(1)->party[HOST].has_address);
}

static void bad_parameters_of_a_command_are_noted_with_its_frame(void **state)
{
	static const struct {
		uint16_t opcode;
		size_t at;
	} rows[] = {{HCI_LE_CREATE_CONNECTION, 13}, {HCI_LE_EXTENDED_CREATE_CONNECTION, 14}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t p[26] = {0};
		begin(state);
		bytes_put_le16(p + rows[i].at, 3);
		bytes_put_le16(p + rows[i].at + 2, 0x104);
		bytes_put_le16(p + rows[i].at + 4, 5);
		bytes_put_le16(p + rows[i].at + 6, 0x106);
		command(rows[i].opcode, p, 26);
		const struct explain_attempt *a = connect_as(0);
		assert_int_equal(a->bad_count, 1);
		assert_int_equal(a->bad_parameters[0].at.frame, 1);
		assert_int_equal(a->bad_parameters[0].from, HOST);
		assert_int_equal(a->bad_parameters[0].interval_min, 3);
		assert_int_equal(a->bad_parameters[0].interval_max, 0x104);
		assert_int_equal(a->bad_parameters[0].latency, 5);
		assert_int_equal(a->bad_parameters[0].timeout, 0x106);
	}
}

/* Texts leave out octets, which are then zero. */
static void unknown_parameters_of_a_command_are_not_judged(void **state)
{
	static const struct {
		uint16_t opcode;
		size_t peer, parameters;
	} rows[] = {{HCI_LE_CREATE_CONNECTION, 6, 13}, {HCI_LE_EXTENDED_CREATE_CONNECTION, 3, 14}};
	static const uint8_t p[26] = {0};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t hidden = 0; hidden < 4; hidden++) {
			bool extended = rows[i].opcode == HCI_LE_EXTENDED_CREATE_CONNECTION;
			uint8_t octets[3 + 26];
			memset(octets, 1, sizeof(octets));
			if (hidden == 1)
				octets[3 + rows[i].parameters + 7] = 0;
			if (hidden == 2)
				octets[3 + rows[i].peer + 5] = 0;
			if (hidden == 3)
				octets[3 + rows[i].peer - 1] = 0;
			begin(state);
			known = octets;
			command(rows[i].opcode, p, 26);
			complete(rows[i].opcode, HCI_COMMAND_DISALLOWED, NULL, 0);
			assert_int_equal(over_count, 1);
			assert_int_equal(over[0].bad_count, hidden != 1);
			assert_int_equal(over[0].party[EXPLAIN_R].has_address, hidden < 2);
			/* Of the extended one, the parameters are not printed. */
			assert_int_equal(over[0].steps[0].whole,
					 hidden == 0 || (hidden == 1 && extended));
		}
	/* Of an update as well. */
	for (int all = 0; all < 2; all++) {
		uint8_t octets[3 + 14];
		memset(octets, 1, sizeof(octets));
		octets[3 + 9] = (uint8_t)all;
		begin(state);
		const struct explain_attempt *a = connect_as(0);
		known = octets;
		COMMAND(HCI_LE_CONNECTION_UPDATE, 0x40, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
		assert_int_equal(a->bad_count, all);
	}
}

static void the_longest_command_is_cut_to_its_room(void **state)
{
	uint8_t p[26 + 255] = {0};

	(void)state;
	memset(p + 20, 7, sizeof(p) - 20);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, p, 58); /* three PHYs */
	assert_int_equal(host()->connect_len, 58);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, p, 200);
	assert_int_equal(host()->connect_len, EXPLAIN_STEP_DATA);
	assert_int_equal(host()->connect_opcode, HCI_LE_EXTENDED_CREATE_CONNECTION);
}

/* LE Enhanced Connection Complete; local: the own resolvable address, peer: the peer's, 0: none. */
static struct explain_attempt *connect_enhanced(uint8_t subevent, uint8_t local, uint8_t peer)
{
	uint8_t p[31] = {subevent, 0, 0x40, 0x0e, 0, 2, 6, 5, 4, 3, 2, 1};

	memset(p + 12, local, 6);
	memset(p + 18, peer, 6);
	p[24] = 30;
	p[26] = 2;
	p[28] = 80;
	event(HCI_LE_META, p, 31);
	return &track_link_find(&links, 0, 0xe40)->attempt;
}

static void resolvable_addresses_of_an_enhanced_event_are_those_on_air(void **state)
{
	static const uint8_t subevents[] = {HCI_LE_ENHANCED_CONNECTION_COMPLETE, 0x29};

	for (size_t i = 0; i < COUNT(subevents); i++) {
		begin(state);
		complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
		const struct explain_attempt *a = connect_enhanced(subevents[i], 0x55, 0x66);
		assert_int_equal(a->steps[0].code, EXPLAIN_SUBEVENT | subevents[i]);
		assert_int_equal(a->party[PEER].address.type, 1);
		assert_int_equal(a->party[PEER].address.octets[5], 0x66);
		assert_true(
			a->party[PEER].is_reported); /* the identity that the controller found */
		assert_int_equal(a->party[PEER].reported.type, 0);
		assert_memory_equal(a->party[PEER].reported.octets, "\6\5\4\3\2\1", 6);
		assert_int_equal(a->party[HOST].address.type, 1);
		assert_int_equal(a->party[HOST].address.octets[5], 0x55);
		assert_true(a->party[HOST].has_address);
		assert_int_equal(a->interval, 30);
		assert_int_equal(a->latency, 2);
		assert_int_equal(a->timeout, 80);
		a = connect_enhanced(subevents[i], 0, 0);
		assert_int_equal(a->party[PEER].address.type, 0); /* an identity address */
		assert_false(a->party[PEER].is_reported);
		assert_memory_equal(a->party[PEER].address.octets, "\6\5\4\3\2\1", 6);
		assert_int_equal(a->party[HOST].address.type, 0);
		assert_memory_equal(a->party[HOST].address.octets, "\1\2\3\4\5\6", 6);
	}
}

static void a_connection_that_failed_is_over_at_once(void **state)
{
	uint8_t p[19], create[25] = {0};

	(void)state;
	memcpy(p, completed, 19);
	p[1] = 0x3e;
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	event(HCI_LE_META, p, 19);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].connect_status, 0x3e);
	assert_int_equal(over[0].step_count, 2);
	assert_false(over[0].has_interval);
	assert_null(track_link_find(&links, 0, 0xe40));
	assert_int_equal(host()->connecting.frame, 0);
	/* The host cancelled it. */
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	p[1] = HCI_UNKNOWN_CONNECTION;
	event(HCI_LE_META, p, 19);
	assert_int_equal(over_count, 1);
	assert_int_equal(host()->connecting.frame, 0);
	assert_int_equal(links.connections, 1);
	assert_int_equal(links.cancelled, 1);
}

static void a_refused_connection_is_an_attempt_that_failed_before_it_began(void **state)
{
	static const uint8_t create[25] = {0x60, 0, 0x30, 0,  0, 1,  6, 5, 4, 3,
					   2,	 1, 0,	  24, 0, 24, 0, 0, 0, 72};

	(void)state;
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	EVENT(HCI_COMMAND_STATUS, HCI_COMMAND_DISALLOWED, 1, (uint8_t)HCI_LE_CREATE_CONNECTION,
	      HCI_LE_CREATE_CONNECTION >> 8);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].connect_refused, HCI_LE_CREATE_CONNECTION);
	assert_int_equal(over[0].connect_status, HCI_COMMAND_DISALLOWED);
	assert_int_equal(over[0].connected.frame, 2);
	assert_int_equal(over[0].step_count, 2);
	assert_int_equal(over[0].captured_end, EXPLAIN_I);
	assert_int_equal(over[0].roles, EXPLAIN_ROLES_KNOWN);
	assert_true(over[0].party[EXPLAIN_R].has_address);
	assert_int_equal(over[0].party[EXPLAIN_R].address.octets[5], 1);
	/* The host tries again and again: once is enough. */
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	complete(HCI_LE_CREATE_CONNECTION, HCI_COMMAND_DISALLOWED, NULL, 0);
	assert_int_equal(over_count, 1);
	complete(HCI_LE_EXTENDED_CREATE_CONNECTION, 0x12, NULL, 0);
	assert_int_equal(over_count, 2);
	assert_false(over[1].party[EXPLAIN_R].has_address);
	assert_int_equal(over[1].step_count, 1);
	/* After a connection it is news. */
	(void)connect_as(0);
	complete(HCI_LE_EXTENDED_CREATE_CONNECTION, 0x12, NULL, 0);
	assert_int_equal(over_count, 3);
	/* Other commands may be refused without harm. */
	complete(HCI_LE_CONNECTION_UPDATE, 0x0c, NULL, 0);
	assert_int_equal(over_count, 3);
}

static void an_event_that_is_cut_or_unknown_makes_no_connection(void **state)
{
	uint8_t enhanced[31] = {HCI_LE_ENHANCED_CONNECTION_COMPLETE}, octets[33];

	(void)state;
	event(HCI_LE_META, completed, 18);
	event(HCI_LE_META, enhanced, 30);
	memset(octets, 1, sizeof(octets));
	octets[6] = 0; /* the role */
	known = octets;
	event(HCI_LE_META, completed, 19);
	known = octets;
	event(HCI_LE_META, enhanced, 31);
	assert_int_equal(links.connections, 0);
}

/* Texts may have neither the peer's address nor the interval. */
static void a_connection_may_have_its_handle_and_role_only(void **state)
{
	uint8_t enhanced[31] = {HCI_LE_ENHANCED_CONNECTION_COMPLETE}, octets[33] = {0};

	(void)state;
	memset(octets, 1, 7);
	memset(enhanced + 5, 0x55, sizeof(enhanced) - 5);
	known = octets;
	event(HCI_LE_META, completed, 19);
	known = octets;
	event(HCI_LE_META, enhanced, 31);
	track_links_close(&links);
	assert_int_equal(links.connections, 2);
	assert_int_equal(over_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_false(over[i].party[PEER].has_address);
		assert_false(over[i].has_interval);
		assert_int_equal(over[i].central, HOST);
	}
	/* The address without the interval. */
	begin(state);
	memset(octets, 1, 14);
	known = octets;
	event(HCI_LE_META, completed, 19);
	track_links_close(&links);
	assert_true(over[0].party[PEER].has_address);
	assert_false(over[0].has_interval);
}

/* ---- Updates ------------------------------------------------------------------------------------
 */

static void connection_updates_are_followed(void **state)
{
	struct explain_attempt *a = connect_as(0);

	(void)state;
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 0, 0x40, 0x0e, 40, 1, 2, 1, 90, 1);
	assert_int_equal(a->interval, 0x128);
	assert_int_equal(a->latency, 0x102);
	assert_int_equal(a->timeout, 0x15a);
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 1, 0x40, 0x0e, 50, 0, 5, 0, 99, 0);
	assert_int_equal(a->interval, 0x128);
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 0, 0x40, 0x0e, 50, 0, 5, 0, 99);
	assert_int_equal(a->interval, 0x128);
	assert_int_equal(a->step_count, 3);
	/* The host's wish, and the peer's. */
	COMMAND(HCI_LE_CONNECTION_UPDATE, 0x40, 0x0e, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0);
	assert_int_equal(a->bad_count, 0);
	COMMAND(HCI_LE_CONNECTION_UPDATE, 0x40, 0x0e, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0, 0);
	LE_EVENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 0x40, 0x0e, 5, 0, 6, 0, 7, 0, 8, 0);
	assert_int_equal(a->bad_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct explain_parameters *p = &a->bad_parameters[i];
		assert_int_equal(p->from, i ? PEER : HOST);
		assert_int_equal(p->interval_min, 1 + 4 * i);
		assert_int_equal(p->interval_max, 2 + 4 * i);
		assert_int_equal(p->latency, 3 + 4 * i);
		assert_int_equal(p->timeout, 4 + 4 * i);
	}
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, 0x13);
	assert_int_equal(a->steps[a->step_count - 1].code, HCI_DISCONNECT);
	assert_int_equal(a->steps[a->step_count - 1].len, 3);
	size_t steps = a->step_count;
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e);
	COMMAND(HCI_LE_READ_REMOTE_FEATURES, 0x40, 0x0e);
	LE_EVENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 0x40, 0x0e, 5, 0, 6, 0, 7, 0, 8);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	assert_int_equal(a->step_count, steps);
}

/* Subevent, status and handle are all that hcidump prints of an update. */
static void unknown_parameters_of_an_event_are_not_judged(void **state)
{
	for (int all = 0; all < 2; all++) {
		uint8_t octets[2 + 11];
		memset(octets, 1, sizeof(octets));
		begin(state);
		const struct explain_attempt *a = connect_as(0);
		memset(octets + 2 + 4, all, 6);
		known = octets;
		LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 0, 0x40, 0x0e, 40, 0, 0, 0, 90, 0);
		assert_int_equal(a->interval == 40, all);
		assert_int_equal(a->timeout == 90, all);
		memset(octets + 2 + 3, all, 8);
		known = octets;
		LE_EVENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 0x40, 0x0e, 0, 0, 0, 0, 0, 0,
			 0, 0);
		assert_int_equal(a->bad_count, all);
	}
}

/* Core 6.2: an interval of 375 us, 3 x 125 us, is nothing bad. */
static void a_shorter_connection_interval_is_no_fault(void **state)
{
	struct explain_attempt *a = connect_as(0);

	(void)state;
	LE_EVENT(HCI_LE_CONNECTION_RATE_CHANGE, 0, 0x40, 0x0e, 3, 0, 1, 0, 0, 0, 0, 0, 90, 1);
	assert_int_equal(a->step_count, 2);
	assert_int_equal(a->bad_count, 0);
	assert_int_equal(a->timeout, 0x15a);
	assert_int_equal(a->interval, 24);
	LE_EVENT(HCI_LE_CONNECTION_RATE_CHANGE, 1, 0x40, 0x0e, 3, 0, 1, 0, 0, 0, 0, 0, 99, 0);
	LE_EVENT(HCI_LE_CONNECTION_RATE_CHANGE, 0, 0x40, 0x0e, 3, 0, 1, 0, 0, 0, 0, 0, 99);
	assert_int_equal(a->timeout, 0x15a);
}

/* ---- The end ------------------------------------------------------------------------------------
 */

/* Core Vol 4 Part E 7.1.6: a host may order a disconnection with these reasons. */
static int8_t sender_of(unsigned reason)
{
	switch (reason) {
	case 0x05:
	case 0x06: /* of the controller of a peripheral, Vol 6 Part B 5.1.3.1 */
	case 0x13:
	case 0x14:
	case 0x15:
	case 0x1a:
	case 0x29:
	case 0x3b:
		return PEER;
	case 0x16:
		return HOST;
	default:
		return EXPLAIN_NOBODY;
	}
}

static void a_disconnection_ends_the_attempt(void **state)
{
	for (unsigned reason = 0; reason < 256; reason++) {
		begin(state);
		(void)connect_as(0);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x41, 0x0e, 0x13);
		EVENT(HCI_DISCONNECTION_COMPLETE, HCI_COMMAND_DISALLOWED, 0x40, 0x0e,
		      (uint8_t)reason); /* it did not end */
		assert_int_equal(over_count, 0);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, (uint8_t)reason);
		assert_null(track_link_find(&links, 0, 0xe40)); /* its handle is free */
		track_links_flush(&links);
		assert_int_equal(over_count, 1);
		assert_int_equal(over[0].disconnected.frame, 5);
		assert_int_equal(over[0].disconnect_reason, reason);
		assert_int_equal(over[0].disconnected_by, sender_of(reason));
		assert_int_equal(over[0].cut, EXPLAIN_CUT_NOT);
		assert_int_equal(over[0].steps[2].code, HCI_DISCONNECTION_COMPLETE);
	}
}

/* BlueZ's btvirt repeats the reason of the command instead of 0x16. */
static void a_disconnection_that_the_host_ordered_is_not_the_peers(void **state)
{
	begin(state);
	(void)connect_as(0);
	COMMAND(HCI_DISCONNECT, 0x41, 0x0e, 0x13); /* another link */
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, 0x13);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, 0x13);
	track_links_flush(&links);
	assert_int_equal(over[0].disconnected_by, HOST);
	begin(state);
	(void)connect_as(0);
	COMMAND(HCI_DISCONNECT, 0x41, 0x0e, 0x13);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, 0x13);
	track_links_flush(&links);
	assert_int_equal(over[0].disconnected_by, PEER);
	begin(state);
	(void)connect_as(0);
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, 0x13);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, 0x08);
	track_links_flush(&links);
	assert_int_equal(over[0].disconnected_by, EXPLAIN_NOBODY);
	/* Its controller did, when it refused the key. */
	begin(state);
	(void)connect_as(1);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9);
	COMMAND(HCI_LE_LTK_NEGATIVE_REPLY, 0x40, 0x0e);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_PIN_OR_KEY_MISSING);
	track_links_flush(&links);
	assert_int_equal(over[0].disconnected_by, EXPLAIN_R);
	track_links_flush(&links);
	assert_int_equal(over[0].captured_end, EXPLAIN_R);
}

static void a_disconnection_alone_is_an_attempt_if_its_reason_is_telling(void **state)
{
	for (unsigned reason = 0; reason < 256; reason++) {
		bool telling = reason == 0x05 || reason == 0x06 || reason == 0x08 ||
			       reason == 0x3d || reason == 0x3e;
		begin(state);
		excerpt = true;
		EVENT(HCI_DISCONNECTION_COMPLETE, 1, 0x40, 0x0e, (uint8_t)reason);
		assert_int_equal(over_count, 0);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, (uint8_t)reason);
		track_links_flush(&links);
		assert_int_equal(over_count, telling);
		if (telling) {
			assert_int_equal(over[0].disconnect_reason, reason);
			assert_int_equal(over[0].roles, EXPLAIN_ROLES_UNKNOWN);
		}
	}
}

/* ATT on its fixed channel is of LE (Vol 3 Part A 2.1). */
static void the_end_of_a_used_connection_of_le_is_noted(void **state)
{
	static const uint8_t write_response[] = {0x46, 0x20, 5, 0, 1, 0, 4, 0, 0x13};
	struct explain_packet packet;
	char text[TRACK_ENDS];

	(void)state;
	assert_string_equal(track_ends_describe(&links.ends, text), "");
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x45, 0, HCI_REMOTE_USER_TERMINATED);
	assert_int_equal(links.ends.count, 0);
	packet = packet_of(EXPLAIN_ACL, write_response, sizeof(write_response));
	track_bredr_frame(&links.bredr, &packet, 0x46, 4);
	EVENT(HCI_DISCONNECTION_COMPLETE, 1, 0x46, 0, HCI_REMOTE_USER_TERMINATED);
	assert_int_equal(links.ends.count, 0);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x46, 0, HCI_REMOTE_USER_TERMINATED);
	assert_int_equal(links.ends.count, 1);
	assert_string_equal(track_ends_describe(&links.ends, text),
			    "frame 4: an LE connection that began before the capture was ended by "
			    "the peer: Remote User Terminated Connection (0x13)");
	assert_int_equal(links.attempts, 0);
}

static void a_lost_link_of_which_nothing_is_known_is_no_attempt(void **state)
{
	/* It may be of BR/EDR, or have been used for hours. */
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_CONNECTION_TIMEOUT);
	assert_int_equal(links.attempts, 0);
	/* People paste what failed, but not a link that was used. */
	excerpt = true;
	track_bredr_note_le(&links.bredr, source, 0xe40);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_CONNECTION_TIMEOUT);
	assert_int_equal(links.attempts, 0);
	/* Authentication of BR/EDR failed. */
	begin(state);
	EVENT(0x17, 1, 2, 3, 4, 5, 6);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_AUTHENTICATION_FAILURE);
	assert_int_equal(links.attempts, 0);
}

/* It has a handle and a Disconnection Complete of its own, and its keys are those of its link. */
static void an_isochronous_stream_has_no_attempt(void **state)
{
	static const uint8_t established[29] = {0x19, 0, 0x60, 0}, second[29] = {0x2a, 0, 0x60, 0},
			     refused[29] = {0x19, 0x3e, 0x60, 0};
	static const uint8_t *const events[] = {established, second};

	for (size_t i = 0; i < COUNT(events); i++) {
		begin(state);
		event(HCI_LE_META, events[i], 29);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x60, 0, HCI_MIC_FAILURE);
		assert_int_equal(links.attempts, 0);
		/* The handle is free again. */
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x60, 0, HCI_MIC_FAILURE);
		assert_int_equal(links.attempts, 1);
	}
	begin(state);
	event(HCI_LE_META, refused, 29);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x60, 0, HCI_MIC_FAILURE);
	assert_int_equal(links.attempts, 1);
}

static void a_handle_of_bredr_has_no_attempt_of_le(void **state)
{
	(void)state;
	EVENT(0x03, 0, 0x0b, 0, 1, 2, 3, 4, 5, 6, 1, 0);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x0b, 0, 1);
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x0b, 0, 0);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x0b, 0, 0x08);
	assert_int_equal(links.attempts, 0);
	/* The handle is free again, and may be of LE now. */
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x0b, 0, 0);
	assert_int_equal(links.attempts, 1);
	/* Encryption in the mode of BR/EDR, switched off, or after its authentication. */
	begin(state);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x0b, 0, 2);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x0b, 0, 0);
	EVENT(0x17, 1, 2, 3, 4, 5, 6);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x0c, 0, 1);
	EVENT(HCI_KEY_REFRESH_COMPLETE, 0, 0x0c, 0);
	assert_int_equal(links.attempts, 0);
	/* What turns out later to be of BR/EDR. */
	begin(state);
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x0b, 0, 0);
	EVENT(0x1b, 0x0b, 0, 5);
	track_links_close(&links);
	assert_true(over[0].bredr);
	/* LE takes the handle over. */
	begin(state);
	EVENT(0x03, 0, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 1, 0);
	(void)connect_as(0);
	track_links_close(&links);
	assert_false(over[0].bredr);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_connection_has_its_command_and_its_ends),
		TEST(the_own_address_is_of_the_commands_type),
		TEST(bad_parameters_of_a_command_are_noted_with_its_frame),
		TEST(unknown_parameters_of_a_command_are_not_judged),
		TEST(unknown_parameters_of_an_event_are_not_judged),
		TEST(the_longest_command_is_cut_to_its_room),
		TEST(resolvable_addresses_of_an_enhanced_event_are_those_on_air),
		TEST(a_connection_that_failed_is_over_at_once),
		TEST(a_refused_connection_is_an_attempt_that_failed_before_it_began),
		TEST(an_event_that_is_cut_or_unknown_makes_no_connection),
		TEST(a_connection_may_have_its_handle_and_role_only),
		TEST(connection_updates_are_followed),
		TEST(a_shorter_connection_interval_is_no_fault),
		TEST(a_disconnection_ends_the_attempt),
		TEST(a_disconnection_that_the_host_ordered_is_not_the_peers),
		TEST(a_disconnection_alone_is_an_attempt_if_its_reason_is_telling),
		TEST(a_lost_link_of_which_nothing_is_known_is_no_attempt),
		TEST(an_isochronous_stream_has_no_attempt),
		TEST(the_end_of_a_used_connection_of_le_is_noted),
		TEST(a_handle_of_bredr_has_no_attempt_of_le),
	};
	return cmocka_run_group_tests_name("explain/track/hci_connections", tests, NULL, NULL);
}
