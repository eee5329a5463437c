/* SPDX-License-Identifier: MIT */
#include "analyse/attempt.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "stack.h"
#include "unit.h"

static struct explain_attempt a;
static uint64_t frame;

static int begin(void **state)
{
	(void)state;
	frame = 0;
	explain_attempt_init(&a, 1);
	return 0;
}

static struct explain_packet next_packet(void)
{
	frame++;
	return (struct explain_packet){
		.number = frame, .time_us = 1000 * frame, .clock = EXPLAIN_CLOCK_UNIX};
}

static void smp(int8_t from, const void *pdu, size_t len)
{
	struct explain_packet packet = next_packet();

	explain_attempt_add_smp(&a, &packet, from, pdu, len, true);
}

/* A PDU of the right length, filled with an octet. */
static void smp_filled(int8_t from, uint8_t code, uint8_t fill)
{
	uint8_t pdu[65];

	memset(pdu, fill, sizeof(pdu));
	pdu[0] = code;
	smp(from, pdu, smp_pdu_format(code)->length);
}

static void signal(int8_t from, const void *pdu, size_t len)
{
	struct explain_packet packet = next_packet();

	explain_attempt_add_signal(&a, &packet, from, pdu, len, true);
}

static void add_event(uint16_t code)
{
	struct explain_packet packet = next_packet();

	explain_attempt_add_step(&a, &packet, EXPLAIN_LAYER_EVENT, 0, code, NULL, 0, true);
}

/* ---- SMP ------------------------------------------------------------------------------------- */

#define PARTY(name, mark) a.party[1].name, sizeof(a.party[1].name), &a.party[1].mark

static void the_first_pdu_of_each_code_is_kept(void **state)
{
	const struct {
		uint8_t code;
		const uint8_t *kept;
		size_t len;
		const struct explain_mark *mark;
	} rows[] = {
		{SMP_PAIRING_REQUEST, a.party[1].features_pdu + 1, 6, &a.party[1].features},
		{SMP_PAIRING_RESPONSE, a.party[1].features_pdu + 1, 6, &a.party[1].features},
		{SMP_PAIRING_CONFIRM, a.party[1].confirm_value[0], 16, &a.party[1].confirm},
		{SMP_PAIRING_RANDOM, a.party[1].random_value[0], 16, &a.party[1].random},
		{SMP_PAIRING_FAILED, &a.reason, 1, &a.failed},
		{SMP_ENCRYPTION_INFORMATION, PARTY(ltk_value, ltk)},
		{SMP_CENTRAL_IDENTIFICATION, PARTY(rand_value, identification)},
		{SMP_IDENTITY_INFORMATION, PARTY(irk_value, irk)},
		{SMP_IDENTITY_ADDRESS_INFORMATION, PARTY(identity_value.octets, identity)},
		{SMP_SIGNING_INFORMATION, PARTY(csrk_value, csrk)},
		{SMP_SECURITY_REQUEST, &a.security_auth_req, 1, &a.security_request},
		{SMP_PAIRING_PUBLIC_KEY, PARTY(public_key_value, public_key)},
		{SMP_PAIRING_DHKEY_CHECK, PARTY(check_value, check)},
	};
	size_t kept = 0;

	for (unsigned code = 0; code < 256; code++) {
		if (!smp_pdu_format((uint8_t)code) || code == SMP_KEYPRESS_NOTIFICATION)
			continue;
		size_t row = 0;
		while (row < COUNT(rows) && rows[row].code != code)
			row++;
		if (row == COUNT(rows))
			fail_msg("PDU 0x%02x is not kept", code);
		begin(state);
		a.only_requests = false; /* see the test of requests that are sent again */
		smp_filled(1, (uint8_t)code, 0x5a);
		smp_filled(1, (uint8_t)code, 0xa5);
		assert_int_equal(rows[row].mark->frame, 1);
		assert_int_equal(rows[row].mark->time_us, 1000);
		for (size_t i = 0; i < rows[row].len; i++)
			assert_int_equal(rows[row].kept[i], 0x5a);
		assert_int_equal(a.party[1].last.frame, 2);
		assert_int_equal(a.party[0].last.frame, 0);
		assert_int_equal(a.steps[0].layer, EXPLAIN_LAYER_SMP);
		assert_int_equal(a.steps[0].code, code);
		assert_int_equal(a.steps[0].from, 1);
		assert_true(a.steps[0].whole);
		assert_int_equal(a.wrong_length.frame, 0);
		kept++;
	}
	assert_int_equal(kept, COUNT(rows));
}

static void fields_of_a_pdu_are_kept_in_their_order(void **state)
{
	static const uint8_t request[] = {SMP_PAIRING_REQUEST, 1, 2, 3, 4, 5, 6},
			     identification[] =
				     {SMP_CENTRAL_IDENTIFICATION, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
			     identity[] = {SMP_IDENTITY_ADDRESS_INFORMATION, 1, 2, 3, 4, 5, 6, 7},
			     failed[] = {SMP_PAIRING_FAILED, 4};

	(void)state;
	smp(0, request, sizeof(request));
	smp(0, identification, sizeof(identification));
	smp(0, identity, sizeof(identity));
	smp(0, failed, sizeof(failed));
	assert_memory_equal(a.party[0].features_pdu, request, 7);
	assert_memory_equal(a.party[0].ediv_value, identification + 1, 2);
	assert_memory_equal(a.party[0].rand_value, identification + 3, 8);
	assert_int_equal(a.party[0].identity_value.type, 1);
	assert_memory_equal(a.party[0].identity_value.octets, identity + 2, 6);
	assert_int_equal(a.failed_by, 0);
	assert_int_equal(a.reason, 4);
	assert_true(a.pairing);
}

static void twenty_rounds_of_confirm_and_random_values_are_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		smp_filled(0, SMP_PAIRING_CONFIRM, (uint8_t)(i + 1));
		smp_filled(0, SMP_PAIRING_RANDOM, (uint8_t)(i + 101));
	}
	for (size_t i = 0; i < EXPLAIN_ROUNDS; i++) {
		assert_int_equal(a.party[0].confirm_value[i][15], i + 1);
		assert_int_equal(a.party[0].random_value[i][15], i + 101);
	}
	assert_int_equal(a.party[0].confirms, 255);
	assert_int_equal(a.party[0].randoms, 255);
	assert_int_equal(a.party[0].confirm.frame, 1);
	assert_int_equal(a.party[0].public_key.frame, 0);
}

static void a_pdu_of_the_wrong_length_is_noted_and_not_kept(void **state)
{
	static const uint8_t pdu[17] = {SMP_PAIRING_CONFIRM, 1, 2, 3};

	(void)state;
	smp(1, pdu, 16);
	smp(0, pdu, 4);
	assert_int_equal(a.wrong_length.frame, 1);
	assert_int_equal(a.length_by, 1);
	assert_int_equal(a.length_code, SMP_PAIRING_CONFIRM);
	assert_int_equal(a.length_was, 16);
	assert_int_equal(a.party[1].confirms, 0);
	assert_int_equal(a.step_count, 2);
}

static void an_unknown_or_incomplete_pdu_is_only_a_step(void **state)
{
	static const uint8_t unknown[] = {0x7f, 1}, confirm[17] = {SMP_PAIRING_CONFIRM, 1};
	struct explain_packet packet;

	(void)state;
	smp(0, unknown, sizeof(unknown));
	assert_int_equal(a.wrong_length.frame, 0);
	assert_int_equal(a.steps[0].code, 0x7f);
	begin(state);
	packet = next_packet();
	explain_attempt_add_smp(&a, &packet, 0, confirm, sizeof(confirm), false);
	explain_attempt_add_smp(&a, &packet, 0, confirm, 0, true);
	assert_int_equal(a.step_count, 2);
	assert_false(a.steps[0].whole);
	assert_int_equal(a.steps[1].code, 0);
	assert_int_equal(a.party[0].confirms, 0);
	assert_int_equal(a.party[0].last.frame, packet.number);
}

/* Its value may be hidden in a text: the pairing is there. */
static void an_incomplete_pdu_is_of_a_pairing(void **state)
{
	static const uint8_t security[2] = {SMP_SECURITY_REQUEST}, nothing[2] = {0},
			     random[17] = {SMP_PAIRING_RANDOM};
	struct explain_packet packet = next_packet();

	(void)state;
	explain_attempt_add_smp(&a, &packet, 0, security, 2, false);
	explain_attempt_add_smp(&a, &packet, 0, nothing, 2, false);
	assert_false(a.pairing);
	explain_attempt_add_smp(&a, &packet, 0, random, 17, false);
	assert_true(a.pairing);
	assert_false(a.only_requests);
	assert_int_equal(a.party[0].randoms, 0);
}

static void a_failure_without_its_reason_ends_the_pairing(void **state)
{
	static const uint8_t failed[2] = {SMP_PAIRING_FAILED};
	struct explain_packet packet = next_packet();

	(void)state;
	explain_attempt_add_smp(&a, &packet, 1, failed, 2, false);
	assert_int_equal(a.failed.frame, 1);
	assert_int_equal(a.failed_by, 1);
	assert_true(a.reason_missing);
	/* The reason of one that follows is another. */
	smp_filled(1, SMP_PAIRING_FAILED, 4);
	assert_int_equal(a.failed.frame, 1);
	assert_true(a.reason_missing);
}

/* Its fields may be left out of a text: its code is there. */
static void an_incomplete_request_says_who_is_the_central(void **state)
{
	static const uint8_t request[7] = {SMP_PAIRING_REQUEST};
	struct explain_packet packet = next_packet();

	(void)state;
	explain_attempt_add_smp(&a, &packet, 1, request, sizeof(request), false);
	assert_int_equal(a.central, 1);
}

static void a_security_request_alone_is_no_pairing(void **state)
{
	(void)state;
	smp_filled(1, SMP_SECURITY_REQUEST, 5);
	assert_false(a.pairing);
	smp_filled(0, SMP_KEYPRESS_NOTIFICATION, 0);
	assert_true(a.pairing);
}

static void the_first_pdu_after_a_failure_is_noted(void **state)
{
	(void)state;
	smp_filled(0, SMP_PAIRING_CONFIRM, 1);
	assert_int_equal(a.after_failure.frame, 0);
	smp_filled(1, SMP_PAIRING_FAILED, 4);
	/* These may cross with it on the air. */
	smp_filled(0, SMP_PAIRING_FAILED, 4);
	smp_filled(0, SMP_KEYPRESS_NOTIFICATION, 4);
	smp_filled(0, SMP_SECURITY_REQUEST, 4);
	assert_int_equal(a.after_failure.frame, 0);
	assert_int_equal(a.after_by, EXPLAIN_NOBODY);
	smp_filled(0, SMP_PAIRING_RANDOM, 1);
	smp_filled(1, SMP_PAIRING_CONFIRM, 1);
	assert_int_equal(a.after_failure.frame, 6);
	assert_int_equal(a.after_by, 0);
	assert_int_equal(a.after_code, SMP_PAIRING_RANDOM);
	assert_int_equal(a.failed_by, 1);
}

static void the_central_is_the_end_that_only_a_central_can_be(void **state)
{
	for (int8_t from = 0; from < 2; from++)
		for (unsigned code = 1; code < 256; code++) {
			if (!smp_pdu_format((uint8_t)code))
				continue;
			begin(state);
			smp_filled(from, (uint8_t)code, 0);
			assert_int_equal(a.central, code == SMP_PAIRING_REQUEST ? from
						    : code == SMP_PAIRING_RESPONSE ||
								    code == SMP_SECURITY_REQUEST
							    ? !from
							    : EXPLAIN_NOBODY);
		}
	begin(state);
	smp_filled(0, SMP_PAIRING_REQUEST, 0);
	smp_filled(1, SMP_PAIRING_REQUEST, 0);
	assert_int_equal(a.central, 0);
}

static void a_second_pairing_begins_another_attempt(void **state)
{
	static const uint8_t request[] = {SMP_PAIRING_REQUEST}, security[] = {SMP_SECURITY_REQUEST},
			     confirm[] = {SMP_PAIRING_CONFIRM};

	(void)state;
	assert_false(explain_attempt_begins(&a, request, 1));
	assert_false(explain_attempt_begins(&a, security, 1));
	assert_false(explain_attempt_begins(&a, request, 0));
	smp_filled(0, SMP_PAIRING_REQUEST, 0);
	smp_filled(1, SMP_PAIRING_RESPONSE, 0);
	assert_true(explain_attempt_begins(&a, request, 1));
	assert_false(explain_attempt_begins(&a, request, 0));
	assert_false(explain_attempt_begins(&a, confirm, 1));
	assert_false(explain_attempt_begins(&a, security, 1));
	smp_filled(1, SMP_PAIRING_FAILED, 4);
	assert_true(explain_attempt_begins(&a, security, 1));
	assert_false(explain_attempt_begins(&a, confirm, 1));
	/* A link that a bond encrypted is paired again. */
	begin(state);
	a.encrypted.frame = 1;
	assert_true(explain_attempt_begins(&a, request, 1));
	assert_false(explain_attempt_begins(&a, security, 1));
	/* So is one on which the captured host has lost its bond. */
	begin(state);
	a.ltk_refused = true;
	assert_true(explain_attempt_begins(&a, request, 1));
}

static void requests_without_an_answer_are_one_attempt_and_the_last_one_counts(void **state)
{
	static const uint8_t request[] = {SMP_PAIRING_REQUEST};

	(void)state;
	smp_filled(1, SMP_SECURITY_REQUEST, 1);
	smp_filled(0, SMP_PAIRING_REQUEST, 1);
	assert_int_equal(a.requests, 1);
	assert_false(explain_attempt_begins(&a, request, 1));
	smp_filled(1, SMP_SECURITY_REQUEST, 1);
	assert_false(explain_attempt_begins(&a, request, 1));
	smp_filled(0, SMP_PAIRING_REQUEST, 2);
	assert_int_equal(a.requests, 2);
	assert_int_equal(a.party[0].features.frame, 4);
	assert_int_equal(a.party[0].features_pdu[1], 2);
	smp_filled(1, SMP_PAIRING_RESPONSE, 3);
	assert_true(explain_attempt_begins(&a, request, 1));
	smp_filled(0, SMP_PAIRING_REQUEST, 4);
	assert_int_equal(a.party[0].features_pdu[1], 2);
}

/* Two stacks on one link. */
static void a_second_response_in_one_pairing_is_noted(void **state)
{
	(void)state;
	smp_filled(0, SMP_PAIRING_REQUEST, 1);
	smp_filled(1, SMP_PAIRING_RESPONSE, 1);
	assert_int_equal(a.second_response.frame, 0);
	assert_int_equal(a.second_by, EXPLAIN_NOBODY);
	smp_filled(1, SMP_PAIRING_RESPONSE, 2);
	smp_filled(1, SMP_PAIRING_RESPONSE, 2);
	assert_int_equal(a.second_response.frame, 3);
	assert_int_equal(a.second_by, 1);
	assert_int_equal(a.party[1].features_pdu[1], 1);
	/* The first one was sent before the capture began. */
	begin(state);
	smp_filled(0, SMP_PAIRING_CONFIRM, 1);
	smp_filled(1, SMP_PAIRING_RESPONSE, 1);
	assert_int_equal(a.second_response.frame, 0);
	begin(state);
	smp_filled(1, SMP_PAIRING_CONFIRM, 1);
	smp_filled(1, SMP_PAIRING_RESPONSE, 1);
	assert_int_equal(a.second_response.frame, 2);
}

static void a_failure_after_a_failure_is_noted(void **state)
{
	(void)state;
	smp_filled(1, SMP_PAIRING_FAILED, 4);
	assert_int_equal(a.failed_again.frame, 0);
	assert_int_equal(a.failed_again_by, EXPLAIN_NOBODY);
	smp_filled(0, SMP_PAIRING_FAILED, 5);
	smp_filled(1, SMP_PAIRING_FAILED, 6);
	assert_int_equal(a.failed_again.frame, 2);
	assert_int_equal(a.failed_again_by, 0);
	assert_int_equal(a.reason, 4);
	assert_int_equal(a.failed_by, 1);
}

/* ---- ATT and the link layer ------------------------------------------------------------------ */

static void att(int8_t from, uint16_t handle, uint8_t error)
{
	const uint8_t pdu[] = {0x01, 0x0a, (uint8_t)handle, (uint8_t)(handle >> 8), error};
	struct explain_packet packet = next_packet();

	explain_attempt_add_att(&a, &packet, from, pdu, sizeof(pdu));
}

static void only_an_att_error_can_demand_security(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const uint8_t pdu[] = {0x01, 0x0a, 1, 0, (uint8_t)code, 0};
		bool demands = code == 0x05 || code == 0x08 || code == 0x0c || code == 0x0f;
		assert_int_equal(explain_att_demands_security(pdu, 5), demands);
		assert_false(explain_att_demands_security(pdu, 4));
		assert_false(explain_att_demands_security(pdu, 6));
		assert_false(explain_att_demands_security(pdu + 1, 5));
	}
	assert_false(explain_att_demands_security(NULL, 0));
}

static void an_att_error_before_the_pairing_or_after_it_is_kept(void **state)
{
	(void)state;
	assert_int_equal(a.att_by, EXPLAIN_NOBODY);
	att(1, 0x0114, EXPLAIN_ATT_ENCRYPTION);
	assert_int_equal(a.att_refused.frame, 1);
	assert_int_equal(a.att_by, 1);
	assert_int_equal(a.att_request, 0x0a);
	assert_int_equal(a.att_handle, 0x0114);
	assert_int_equal(a.att_error, 0x0f);
	att(1, 3, EXPLAIN_ATT_AUTHENTICATION);
	assert_int_equal(a.att_handle, 3);
	smp_filled(0, SMP_PAIRING_REQUEST, 1);
	att(1, 4, EXPLAIN_ATT_AUTHENTICATION); /* to an older request */
	assert_int_equal(a.att_handle, 3);
	a.encrypted.frame = 4;
	att(1, 5, EXPLAIN_ATT_AUTHENTICATION);
	assert_int_equal(a.att_handle, 5);
	assert_false(a.party[1].last.frame);
}

static void steps_of_att_are_few(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < EXPLAIN_ATT_STEPS + 2; i++)
		att(1, i, EXPLAIN_ATT_ENCRYPTION);
	assert_int_equal(a.step_count, EXPLAIN_ATT_STEPS);
	assert_int_equal(a.steps_lost, 2);
	assert_int_equal(a.steps[0].layer, EXPLAIN_LAYER_ATT);
	assert_int_equal(a.att_handle, EXPLAIN_ATT_STEPS + 1);
}

static void the_last_control_pdu_is_kept_and_an_end_of_the_link_is_none(void **state)
{
	static const uint8_t unknown[] = {0x07, 0x14}, version[] = {0x0c, 9, 2, 0, 1, 0},
			     terminate[] = {0x02, 0x13};
	struct explain_packet packet = next_packet();

	(void)state;
	assert_int_equal(a.last_control_by, EXPLAIN_NOBODY);
	explain_attempt_note_control(&a, &packet, 1, unknown, sizeof(unknown));
	assert_int_equal(a.last_control_by, 1);
	assert_int_equal(a.last_control_code, 0x07);
	assert_int_equal(a.last_control_unknown, 0x14);
	explain_attempt_note_control(&a, &packet, 0, unknown, 1);
	assert_int_equal(a.last_control_unknown, 0);
	packet = next_packet();
	explain_attempt_note_control(&a, &packet, 0, version, sizeof(version));
	explain_attempt_note_control(&a, &packet, 1, terminate, sizeof(terminate));
	explain_attempt_note_control(&a, &packet, 1, NULL, 0);
	assert_int_equal(a.last_control.frame, 2);
	assert_int_equal(a.last_control_by, 0);
	assert_int_equal(a.last_control_code, 0x0c);
	assert_int_equal(a.step_count, 0);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void steps_beyond_the_bound_are_counted_not_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPLAIN_STEPS + 5; i++)
		add_event(HCI_ENCRYPTION_CHANGE);
	assert_int_equal(a.step_count, EXPLAIN_STEPS);
	assert_int_equal(a.steps_lost, 5);
	assert_int_equal(a.steps[EXPLAIN_STEPS - 1].at.frame, EXPLAIN_STEPS);
	assert_int_equal(a.first.frame, 1);
	assert_int_equal(a.last.frame, EXPLAIN_STEPS + 5);
	assert_int_equal(a.clock, EXPLAIN_CLOCK_UNIX);
}

/* However often connection parameters change, the steps of a pairing have room. */
static void connection_parameters_leave_room_for_a_pairing(void **state)
{
	static const struct {
		enum explain_layer layer;
		uint16_t code;
		bool side;
	} rows[] = {
		{EXPLAIN_LAYER_SIGNALING, 0x12, true},
		{EXPLAIN_LAYER_COMMAND, HCI_LE_CONNECTION_UPDATE, true},
		{EXPLAIN_LAYER_EVENT, EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_UPDATE_COMPLETE, true},
		{EXPLAIN_LAYER_SMP, SMP_PAIRING_REQUEST, false},
		{EXPLAIN_LAYER_SMP, HCI_LE_CONNECTION_UPDATE, false},
		{EXPLAIN_LAYER_COMMAND, HCI_DISCONNECT, false},
		{EXPLAIN_LAYER_COMMAND, EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_UPDATE_COMPLETE,
		 false},
		{EXPLAIN_LAYER_EVENT, HCI_LE_CONNECTION_UPDATE, false},
		{EXPLAIN_LAYER_EVENT, HCI_ENCRYPTION_CHANGE, false},
		{EXPLAIN_LAYER_LL, 0x02, false},
	};

	for (size_t row = 0; row < COUNT(rows); row++) {
		begin(state);
		for (size_t i = 0; i < EXPLAIN_SIDE_STEPS + 3; i++) {
			struct explain_packet packet = next_packet();
			explain_attempt_add_step(&a, &packet, rows[row].layer, 0, rows[row].code,
						 NULL, 0, true);
		}
		assert_int_equal(a.steps_lost, rows[row].side ? 3 : 0);
		assert_int_equal(a.step_count, EXPLAIN_SIDE_STEPS + (rows[row].side ? 0 : 3));
		smp_filled(0, SMP_PAIRING_REQUEST, 0);
		assert_int_equal(a.steps[a.step_count - 1].code, SMP_PAIRING_REQUEST);
	}
}

static void the_data_of_a_step_is_cut_at_the_longest_pdu(void **state)
{
	uint8_t data[EXPLAIN_STEP_DATA + 1];
	struct explain_packet packet = next_packet();

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t len = EXPLAIN_STEP_DATA - 1; len <= sizeof(data); len++) {
		explain_attempt_add_step(&a, &packet, EXPLAIN_LAYER_SMP, 0, 0, data, len, true);
		const struct explain_step *step = &a.steps[a.step_count - 1];
		assert_int_equal(step->len, len);
		assert_int_equal(step->kept, len < EXPLAIN_STEP_DATA ? len : EXPLAIN_STEP_DATA);
		assert_memory_equal(step->data, data, step->kept);
	}
}

/* ---- Signalling ------------------------------------------------------------------------------ */

/* Interval 24 to 40, latency 0, timeout 2 s. */
#define REQUEST(identifier)                                        \
	(const uint8_t[])                                          \
	{                                                          \
		0x12, identifier, 8, 0, 24, 0, 40, 0, 0, 0, 200, 0 \
	}
#define RESPONSE(identifier, result)                   \
	(const uint8_t[])                              \
	{                                              \
		0x13, identifier, 2, 0, result, result \
	}
#define REJECT(identifier)                   \
	(const uint8_t[])                    \
	{                                    \
		0x01, identifier, 2, 0, 0, 0 \
	}

static void a_request_is_answered_by_its_identifier(void **state)
{
	(void)state;
	signal(1, REQUEST(7), 12);
	assert_int_equal(a.central, 0);
	assert_int_equal(a.bad_count, 0);
	signal(1, REQUEST(8), 12);
	signal(0, RESPONSE(8, 0), 6);
	signal(0, RESPONSE(7, 0), 6);
	explain_attempt_finalize(&a);
	assert_int_equal(a.signaling.unanswered.frame, 0);
	assert_int_equal(a.signaling.wrong_identifier.frame, 0);
	assert_int_equal(a.signaling.wrong_result.frame, 0);
	assert_int_equal(a.steps[0].layer, EXPLAIN_LAYER_SIGNALING);
	assert_int_equal(a.steps[0].code, 0x12);
	assert_int_equal(a.steps[0].len, 12);
}

static void an_answer_with_another_identifier_is_noted(void **state)
{
	(void)state;
	signal(1, REQUEST(7), 12);
	signal(1, REQUEST(9), 12);
	signal(1, RESPONSE(9, 0), 6); /* an end does not answer its own request */
	signal(0, RESPONSE(8, 0), 6);
	signal(0, RESPONSE(6, 0), 6);
	assert_int_equal(a.signaling.wrong_identifier.frame, 4);
	assert_int_equal(a.signaling.wrong_by, 0);
	assert_int_equal(a.signaling.wrong_code, 0x13);
	assert_int_equal(a.signaling.got, 8);
	assert_int_equal(a.signaling.expected, 7);
	explain_attempt_finalize(&a);
	assert_int_equal(a.signaling.unanswered.frame, 0);
}

/* A rejected command may be one that is not kept here. */
static void a_reject_answers_only_its_own_identifier(void **state)
{
	(void)state;
	signal(1, REQUEST(7), 12);
	signal(0, REJECT(8), 6);
	assert_int_equal(a.signaling.wrong_identifier.frame, 0);
	assert_false(a.signaling.requests[0].answered);
	signal(0, REJECT(7), 6);
	assert_true(a.signaling.requests[0].answered);
	assert_int_equal(a.signaling.wrong_result.frame, 0);
	signal(0, RESPONSE(3, 0), 6); /* no request is open */
	assert_int_equal(a.signaling.wrong_identifier.frame, 0);
}

static void a_result_that_does_not_exist_is_noted(void **state)
{
	static const uint8_t rejected[] = {0x13, 7, 2, 0, 1, 0}, two[] = {0x13, 8, 2, 0, 2, 0},
			     three[] = {0x13, 9, 2, 0, 3, 0};

	(void)state;
	for (uint8_t i = 7; i < 10; i++)
		signal(1, REQUEST(i), 12);
	signal(0, rejected, 6);
	signal(0, two, 5); /* too short to have one */
	assert_int_equal(a.signaling.wrong_result.frame, 0);
	signal(0, two, 6);
	signal(0, three, 6);
	assert_int_equal(a.signaling.wrong_result.frame, 6);
	assert_int_equal(a.signaling.result_by, 0);
	assert_int_equal(a.signaling.result, 2);
}

static void a_channel_that_is_refused_for_its_security_is_noted(void **state)
{
	uint8_t one[14] = {0x15, 1, 10, 0}, several[12] = {0x18, 1, 8, 0};

	(void)state;
	for (uint8_t result = 0; result <= 10; result++) {
		const bool security = result >= 5 && result <= 8;
		begin(state);
		one[12] = several[10] = result;
		signal(1, one, 13);
		assert_int_equal(a.signaling.refused.frame, 0); /* cut */
		signal(1, result % 2 ? one : several, result % 2 ? 14 : 12);
		assert_int_equal(a.signaling.refused.frame != 0, security);
		assert_int_equal(a.signaling.refused_by, security ? 1 : EXPLAIN_NOBODY);
		assert_int_equal(a.signaling.refused_result, security ? result : 0);
	}
	/* Of a frame that has no header nobody knows the sender. */
	begin(state);
	one[12] = 5;
	signal(EXPLAIN_NOBODY, one, 14);
	assert_int_equal(a.signaling.refused.frame, 1);
	assert_int_equal(a.signaling.refused_by, EXPLAIN_NOBODY);
	/* The last one counts: security may have begun in between. */
	one[12] = 8;
	signal(1, one, 14);
	assert_int_equal(a.signaling.refused.frame, 2);
	assert_int_equal(a.signaling.refused_by, 1);
	assert_int_equal(a.signaling.refused_result, 8);
}

static void a_request_without_answer_is_noted_at_the_end(void **state)
{
	(void)state;
	signal(1, REQUEST(7), 12);
	signal(1, REQUEST(8), 12);
	signal(0, RESPONSE(7, 0), 6);
	explain_attempt_finalize(&a);
	assert_int_equal(a.signaling.unanswered.frame, 2);
}

static void only_the_latest_sixteen_requests_are_kept(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= EXPLAIN_REQUESTS + 2; i++)
		signal(1, REQUEST(i), 12);
	assert_int_equal(a.signaling.count, EXPLAIN_REQUESTS);
	for (size_t i = 0; i < EXPLAIN_REQUESTS; i++) {
		assert_int_equal(a.signaling.requests[i].identifier, i + 3);
		assert_int_equal(a.signaling.requests[i].from, 1);
		assert_int_equal(a.signaling.requests[i].code, 0x12);
		assert_int_equal(a.signaling.requests[i].at.frame, i + 3);
	}
}

static void an_incomplete_command_is_only_a_step(void **state)
{
	struct explain_packet packet = next_packet();

	(void)state;
	signal(1, REQUEST(7), 3);
	signal(1, REQUEST(7), 0);
	explain_attempt_add_signal(&a, &packet, 1, REQUEST(7), 12, false);
	assert_int_equal(a.step_count, 3);
	assert_int_equal(a.signaling.count, 0);
	assert_int_equal(a.central, EXPLAIN_NOBODY);
	signal(1, (const uint8_t[]){0x12, 7, 7, 0, 1, 0, 1, 0, 0, 0, 1}, 11);
	assert_int_equal(a.signaling.count, 1);
	assert_int_equal(a.bad_count, 0);
}

static void invalid_connection_parameters_are_kept_twice(void **state)
{
	struct explain_packet packet = next_packet();

	(void)state;
	explain_attempt_add_parameters(&a, &packet, 0, 6, 3200, 0, 3200);
	assert_int_equal(a.bad_count, 0);
	signal(1, (const uint8_t[]){0x12, 7, 8, 0, 5, 0, 6, 1, 7, 0, 8, 1}, 12);
	for (uint16_t i = 0; i < 2; i++)
		explain_attempt_add_parameters(&a, &packet, 0, 1, 2, 3, (uint16_t)(4 + i));
	assert_int_equal(a.bad_count, 2);
	assert_int_equal(a.bad_parameters[0].at.frame, 2);
	assert_int_equal(a.bad_parameters[0].from, 1);
	assert_int_equal(a.bad_parameters[0].interval_min, 5);
	assert_int_equal(a.bad_parameters[0].interval_max, 0x106);
	assert_int_equal(a.bad_parameters[0].latency, 7);
	assert_int_equal(a.bad_parameters[0].timeout, 0x108);
	assert_int_equal(a.bad_parameters[1].from, 0);
	assert_int_equal(a.bad_parameters[1].timeout, 4);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void a_captured_peripheral_is_the_responder_in_the_end(void **state)
{
	(void)state;
	a.captured_end = 0;
	smp_filled(1, SMP_PAIRING_REQUEST, 1);
	smp_filled(0, SMP_PAIRING_RESPONSE, 2);
	signal(0, REQUEST(7), 12);
	signal(1, RESPONSE(8, 3), 6);
	signal(0, (const uint8_t[]){0x12, 9, 8, 0, 1, 0, 1, 0, 0, 0, 1, 0}, 12);
	smp(0, (const uint8_t[]){SMP_PAIRING_CONFIRM, 1}, 2);
	smp_filled(0, SMP_PAIRING_FAILED, 1);
	smp_filled(1, SMP_PAIRING_RANDOM, 1);
	a.disconnected_by = a.failed_again_by = a.last_control_by = 1;
	a.second_by = a.att_by = 0;
	for (int again = 0; again < 2; again++) {
		explain_attempt_finalize(&a);
		assert_int_equal(a.central, 0);
		assert_int_equal(a.captured_end, EXPLAIN_R);
		assert_int_equal(a.party[EXPLAIN_I].features_pdu[1], 1);
		assert_int_equal(a.party[EXPLAIN_R].features_pdu[1], 2);
		assert_int_equal(a.signaling.requests[0].from, EXPLAIN_R);
		assert_int_equal(a.signaling.wrong_by, EXPLAIN_I);
		assert_int_equal(a.signaling.result_by, EXPLAIN_I);
		assert_int_equal(a.bad_parameters[0].from, EXPLAIN_R);
		assert_int_equal(a.length_by, EXPLAIN_R);
		assert_int_equal(a.failed_by, EXPLAIN_R);
		assert_int_equal(a.after_by, EXPLAIN_I);
		assert_int_equal(a.att_by, EXPLAIN_R);
		assert_int_equal(a.second_by, EXPLAIN_R);
		assert_int_equal(a.failed_again_by, EXPLAIN_I);
		assert_int_equal(a.last_control_by, EXPLAIN_I);
		assert_int_equal(a.disconnected_by, EXPLAIN_I);
		assert_int_equal(a.steps[0].from, EXPLAIN_I);
		assert_int_equal(a.steps[1].from, EXPLAIN_R);
	}
}

static void finalize(void)
{
	explain_attempt_finalize(&a);
}

static void no_key_of_the_ends_stays_on_the_stack(void **state)
{
	static const uint8_t keys[2][16] = {{0xde, 0xad, 1, 2, 3, 4, 5}, {0xbe, 0xef, 1, 2, 3, 4}};

	(void)state;
	smp_filled(1, SMP_PAIRING_REQUEST, 1);
	for (size_t end = 0; end < 2; end++)
		memcpy(a.party[end].ltk_value, keys[end], 16);
	stack_run(finalize);
	for (size_t end = 0; end < 2; end++) {
		assert_memory_equal(a.party[!end].ltk_value, keys[end], 16);
		assert_false(stack_holds(keys[end], 16));
	}
}

/* That of a sniffer may wrap in the middle of an attempt. */
static void a_clock_that_goes_back_is_none(void **state)
{
	static const struct {
		uint64_t times[3];
		enum explain_clock clock;
	} cases[] = {
		{{5000000, 6000000, 7000000}, EXPLAIN_CLOCK_UNIX},
		{{5000000, 4000000, 7000000}, EXPLAIN_CLOCK_UNIX}, /* two threads captured */
		{{5000000, 3999999, 7000000}, EXPLAIN_CLOCK_NONE},
		{{5000000, 4294967000, 6000000}, EXPLAIN_CLOCK_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		explain_attempt_init(&a, 1);
		for (size_t k = 0; k < 3; k++) {
			smp_filled((int8_t)(k == 1), SMP_PAIRING_CONFIRM, 1);
			a.steps[k].at.time_us = cases[i].times[k];
		}
		a.clock = EXPLAIN_CLOCK_UNIX;
		explain_attempt_finalize(&a);
		assert_int_equal(a.clock, cases[i].clock);
	}
}

static void ends_that_nothing_names_stay_nobody(void **state)
{
	(void)state;
	smp_filled(1, SMP_PAIRING_REQUEST, 1);
	explain_attempt_finalize(&a);
	assert_int_equal(a.captured_end, EXPLAIN_NOBODY);
	assert_int_equal(a.failed_by, EXPLAIN_NOBODY);
	assert_int_equal(a.disconnected_by, EXPLAIN_NOBODY);
}

static void roles_are_proven_deduced_or_unknown(void **state)
{
	(void)state;
	a.captured_end = 0;
	smp_filled(1, SMP_PAIRING_CONFIRM, 1);
	smp_filled(0, SMP_PAIRING_FAILED, 2);
	a.disconnected_by = 1;
	explain_attempt_finalize(&a);
	assert_int_equal(a.roles, EXPLAIN_ROLES_UNKNOWN);
	assert_int_equal(a.captured_end, 0);
	assert_int_equal(a.failed_by, 0);
	assert_int_equal(a.disconnected_by, 1);
	assert_int_equal(a.party[1].confirm_value[0][0], 1);
	begin(state);
	a.captured_end = 0;
	smp_filled(1, SMP_PAIRING_CONFIRM, 1);
	smp_filled(0, SMP_PAIRING_CONFIRM, 2);
	explain_attempt_finalize(&a);
	assert_int_equal(a.roles, EXPLAIN_ROLES_DEDUCED);
	assert_int_equal(a.captured_end, EXPLAIN_R);
	assert_int_equal(a.party[EXPLAIN_I].confirm_value[0][0], 1);
	begin(state);
	smp_filled(1, SMP_SECURITY_REQUEST, 1);
	explain_attempt_finalize(&a);
	assert_int_equal(a.roles, EXPLAIN_ROLES_KNOWN);
	assert_int_equal(a.central, 0);
}

static void only_a_time_that_is_known_is_measured(void **state)
{
	struct explain_mark from = {.frame = 1, .time_us = 10}, to = {.frame = 2, .time_us = 40};
	uint64_t us;

	(void)state;
	assert_true(mark_measure(&from, &to, &us));
	assert_int_equal(us, 30);
	assert_false(mark_measure(&to, &from, &us)); /* the clock went back */
	assert_true(mark_measure(&to, &to, &us));
	from.untimed = true;
	assert_false(mark_measure(&from, &to, &us));
	from.untimed = false;
	to.untimed = true;
	assert_false(mark_measure(&from, &to, &us));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(the_first_pdu_of_each_code_is_kept),
		TEST(fields_of_a_pdu_are_kept_in_their_order),
		TEST(twenty_rounds_of_confirm_and_random_values_are_kept),
		TEST(a_pdu_of_the_wrong_length_is_noted_and_not_kept),
		TEST(an_unknown_or_incomplete_pdu_is_only_a_step),
		TEST(an_incomplete_pdu_is_of_a_pairing),
		TEST(a_failure_without_its_reason_ends_the_pairing),
		TEST(an_incomplete_request_says_who_is_the_central),
		TEST(a_security_request_alone_is_no_pairing),
		TEST(the_first_pdu_after_a_failure_is_noted),
		TEST(the_central_is_the_end_that_only_a_central_can_be),
		TEST(a_second_pairing_begins_another_attempt),
		TEST(requests_without_an_answer_are_one_attempt_and_the_last_one_counts),
		TEST(a_second_response_in_one_pairing_is_noted),
		TEST(a_failure_after_a_failure_is_noted),
		TEST(only_an_att_error_can_demand_security),
		TEST(an_att_error_before_the_pairing_or_after_it_is_kept),
		TEST(steps_of_att_are_few),
		TEST(the_last_control_pdu_is_kept_and_an_end_of_the_link_is_none),
		TEST(steps_beyond_the_bound_are_counted_not_kept),
		TEST(connection_parameters_leave_room_for_a_pairing),
		TEST(the_data_of_a_step_is_cut_at_the_longest_pdu),
		TEST(a_request_is_answered_by_its_identifier),
		TEST(an_answer_with_another_identifier_is_noted),
		TEST(a_reject_answers_only_its_own_identifier),
		TEST(a_result_that_does_not_exist_is_noted),
		TEST(a_channel_that_is_refused_for_its_security_is_noted),
		TEST(a_request_without_answer_is_noted_at_the_end),
		TEST(only_the_latest_sixteen_requests_are_kept),
		TEST(an_incomplete_command_is_only_a_step),
		TEST(invalid_connection_parameters_are_kept_twice),
		TEST(a_captured_peripheral_is_the_responder_in_the_end),
		TEST(no_key_of_the_ends_stays_on_the_stack),
		TEST(a_clock_that_goes_back_is_none),
		TEST(only_a_time_that_is_known_is_measured),
		TEST(ends_that_nothing_names_stay_nobody),
		TEST(roles_are_proven_deduced_or_unknown),
	};
	return cmocka_run_group_tests_name("explain/analyse/attempt", tests, NULL, NULL);
}
