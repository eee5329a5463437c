/* SPDX-License-Identifier: MIT */
#include "analyse/sequence.h"

#include <stdio.h>
#include <string.h>

#include "smp/pdu.h"
#include "unit.h"

enum { I = EXPLAIN_I, R = EXPLAIN_R };

/* ---- The chart ------------------------------------------------------------------------------- */

/* "I1 R2 ...": sender and code of each PDU; a bar before key distribution. */
static const char *chart(const struct smp_features *features)
{
	static char text[1024];
	struct explain_expected_pdu expected[EXPLAIN_EXPECTED_PDUS];
	size_t keys, count = sequence_follow(features, expected, &keys), len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%c%u", i ? " " : "",
					i == keys ? "| " : "", expected[i].from == I ? 'I' : 'R',
					expected[i].code);
	assert_true(keys <= count);
	return text;
}

static void each_method_has_its_chart(void **state)
{
	static const struct {
		enum smp_method method;
		const char *legacy, *secure;
	} rows[] = {
		{SMP_JUST_WORKS, "I1 R2 I3 R3 I4 R4", "I1 R2 I12 R12 R3 I4 R4 I13 R13"},
		{SMP_NUMERIC_COMPARISON, NULL, "I1 R2 I12 R12 R3 I4 R4 I13 R13"},
		{SMP_PASSKEY_WE_SHOW, "I1 R2 I3 R3 I4 R4", NULL},
		{SMP_PASSKEY_WE_TYPE, "I1 R2 I3 R3 I4 R4", NULL},
		{SMP_PASSKEY_BOTH_TYPE, "I1 R2 I3 R3 I4 R4", NULL},
		{SMP_OOB, "I1 R2 I3 R3 I4 R4", "I1 R2 I12 R12 I4 R4 I13 R13"},
	};
	char rounds[512] = "I1 R2 I12 R12";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(rounds, " I3 R3 I4 R4");
	strcat(rounds, " I13 R13");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smp_features f = {.method = rows[i].method};
		if (rows[i].legacy)
			assert_string_equal(chart(&f), rows[i].legacy);
		f.secure_connections = true;
		assert_string_equal(chart(&f), rows[i].secure ? rows[i].secure
					       : sequence_is_passkey(rows[i].method) ? rounds
										     : "");
	}
}

static void keys_follow_in_their_order_the_responder_first(void **state)
{
	struct smp_features f = {
		.method = SMP_JUST_WORKS, .init_keys = SMP_DIST_ALL, .resp_keys = SMP_DIST_ALL};

	(void)state;
	assert_string_equal(chart(&f), "I1 R2 I3 R3 I4 R4 | R6 R7 R8 R9 R10 I6 I7 I8 I9 I10");
	f.secure_connections = true;
	assert_string_equal(chart(&f), "I1 R2 I12 R12 R3 I4 R4 I13 R13 | R8 R9 R10 I8 I9 I10");
	f.init_keys = SMP_DIST_ID;
	f.resp_keys = SMP_DIST_SIGN;
	assert_string_equal(chart(&f), "I1 R2 I12 R12 R3 I4 R4 I13 R13 | R10 I8 I9");
	f.secure_connections = false;
	f.init_keys = SMP_DIST_ENC;
	f.resp_keys = SMP_DIST_LINK;
	assert_string_equal(chart(&f), "I1 R2 I3 R3 I4 R4 | I6 I7");
}

/* A new PDU must get its place in a chart, or a reason here for having none. */
static void every_pdu_is_in_a_chart_or_known_to_be_in_none(void **state)
{
	static const enum smp_method methods[] = {SMP_JUST_WORKS, SMP_PASSKEY_WE_SHOW, SMP_OOB};
	bool in_chart[256] = {false}, key[256] = {false};

	(void)state;
	for (size_t i = 0; i < COUNT(methods); i++)
		for (int sc = 0; sc < 2; sc++) {
			const struct smp_features f = {.method = methods[i],
						       .secure_connections = sc,
						       .init_keys = SMP_DIST_ALL,
						       .resp_keys = SMP_DIST_ALL};
			struct explain_expected_pdu expected[EXPLAIN_EXPECTED_PDUS];
			size_t keys, count = sequence_follow(&f, expected, &keys);
			for (size_t k = 0; k < count; k++) {
				in_chart[expected[k].code] = true;
				key[expected[k].code] |= k >= keys;
			}
		}
	for (unsigned code = 0; code < 256; code++) {
		bool apart = code == SMP_PAIRING_FAILED || code == SMP_SECURITY_REQUEST ||
			     code == SMP_KEYPRESS_NOTIFICATION || !smp_pdu_format((uint8_t)code);
		assert_int_equal(in_chart[code], !apart);
		assert_int_equal(sequence_is_key((uint8_t)code), key[code]);
		assert_true(!key[code] || code < 16); /* a bit for each code */
	}
}

/* ---- Following it ---------------------------------------------------------------------------- */

static struct explain_attempt a;
static struct smp_features features;
static struct explain_sequence_progress p;

static int begin(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	features = (struct smp_features){
		.method = SMP_JUST_WORKS, .init_keys = SMP_DIST_ID, .resp_keys = SMP_DIST_ID};
	return 0;
}

/* Walks the steps of text, "I1 R2": sender and code. "E": encryption has started. */
static void walk(const char *text)
{
	unsigned code;
	int len;

	a.step_count = 0;
	for (; *text; text += len) {
		char from;
		if (*text == 'E') {
			a.encrypted.frame = 1U + a.step_count;
			len = 1 + (text[1] == ' ');
			continue;
		}
		assert_int_equal(sscanf(text, "%c%u %n", &from, &code, &len), 2);
		a.steps[a.step_count] = (struct explain_step){.layer = EXPLAIN_LAYER_SMP,
							      .from = from == 'I' ? I : R,
							      .code = (uint16_t)code};
		a.steps[a.step_count].at.frame = 1U + a.step_count;
		a.step_count++;
	}
	sequence_walk(&a, &features, &p);
}

static void assert_pdu(const struct explain_expected_pdu *pdu, int from, uint8_t code)
{
	assert_int_equal(pdu->from, from);
	assert_int_equal(pdu->code, code);
}

static void a_whole_pairing_is_complete(void **state)
{
	(void)state;
	walk("I1 R2 I3 R3 I4 R4 E R8 R9 I8 I9");
	assert_true(p.complete);
	assert_true(p.phase_2);
	assert_int_equal(p.done, 10);
	assert_int_equal(p.expected, 10);
	assert_int_equal(p.keys, 6);
	assert_false(p.hole);
	assert_false(p.waits_for_encryption);
	assert_int_equal(p.unexpected, EXPLAIN_NO_STEP);
	assert_int_equal(p.early, EXPLAIN_NO_STEP);
	assert_int_equal(p.late, EXPLAIN_NO_STEP);
	assert_int_equal(p.beyond, EXPLAIN_NO_STEP);
	for (int end = 0; end < 2; end++) {
		assert_int_equal(p.keys_missing[end], 0);
		assert_int_equal(p.not_negotiated[end], 0);
		assert_int_equal(p.not_negotiated_step[end], EXPLAIN_NO_STEP);
	}
}

static void the_pdu_behind_the_last_one_is_due(void **state)
{
	(void)state;
	walk("");
	assert_pdu(&p.due, I, SMP_PAIRING_REQUEST);
	assert_int_equal(p.done, 0);
	walk("I1 R2 I3");
	assert_pdu(&p.due, R, SMP_PAIRING_CONFIRM);
	assert_false(p.phase_2);
	assert_false(p.complete);
	assert_false(p.hole);
	walk("I1 R2 I3 R3 I4");
	assert_false(p.waits_for_encryption);
	walk("I1 R2 I3 R3 I4 R4");
	assert_pdu(&p.due, R, SMP_IDENTITY_INFORMATION);
	assert_true(p.phase_2);
	assert_true(p.waits_for_encryption);
	assert_int_equal(p.keys_missing[I], 1 << 8 | 1 << 9);
	assert_int_equal(p.keys_missing[R], 1 << 8 | 1 << 9);
	walk("I1 R2 I3 R3 I4 R4 E R8 R9 I8");
	assert_pdu(&p.due, I, SMP_IDENTITY_ADDRESS_INFORMATION);
	assert_false(p.waits_for_encryption);
	assert_int_equal(p.keys_missing[I], 1 << 9);
	assert_int_equal(p.keys_missing[R], 0);
	/* A key PDU shows that phase 2 is over. */
	walk("I1 R2 R8");
	assert_true(p.phase_2);
}

static void an_unseen_pdu_before_a_seen_one_is_a_hole(void **state)
{
	(void)state;
	walk("I1 R2 I3 I4 R4");
	assert_true(p.hole);
	assert_pdu(&p.missing, R, SMP_PAIRING_CONFIRM);
	assert_int_equal(p.beyond, 3);
	assert_int_equal(p.late, EXPLAIN_NO_STEP);
	/* The first hole counts. */
	walk("I1 I3 I4");
	assert_pdu(&p.missing, R, SMP_PAIRING_RESPONSE);
	assert_int_equal(p.beyond, 1);
	/* The last PDU was seen: the missing one is due. */
	walk("I1 R2 I3 R3 I4 R4 E R8 R9 I9");
	assert_false(p.complete);
	assert_pdu(&p.due, I, SMP_IDENTITY_INFORMATION);
}

static void a_pdu_that_overtakes_another_is_early(void **state)
{
	(void)state;
	walk("I1 R2 I4 I3 R3 R4");
	assert_int_equal(p.early, 2);
	assert_int_equal(p.late, 3);
	assert_int_equal(p.unexpected, EXPLAIN_NO_STEP);
	assert_false(p.hole);
	/* The earliest PDU that overtook, and the first one that was overtaken. */
	walk("I1 R3 I4 R2 I3 R4");
	assert_int_equal(p.early, 1);
	assert_int_equal(p.late, 3);
}

static void a_pdu_that_the_chart_lacks_is_unexpected(void **state)
{
	(void)state;
	walk("I1 R2 I13 R13");
	assert_int_equal(p.unexpected, 2);
	walk("I1 R2 R2");
	assert_int_equal(p.unexpected, 2);
	walk("I1 R2 R3 I1");
	assert_int_equal(p.unexpected, 3);
	/* The same code of the other end. */
	walk("R1");
	assert_int_equal(p.unexpected, 0);
}

static void keys_that_were_not_negotiated_are_listed(void **state)
{
	(void)state;
	walk("I1 R2 I3 R3 I4 R4 E R6 R7 R8 R9 I10 I8 I9 I8");
	assert_int_equal(p.not_negotiated[R], 1 << 6 | 1 << 7);
	assert_int_equal(p.not_negotiated_step[R], 6);
	assert_int_equal(p.not_negotiated[I], 1 << 10 | 1 << 8);
	assert_int_equal(p.not_negotiated_step[I], 10);
	assert_true(p.complete);
	assert_int_equal(p.unexpected, EXPLAIN_NO_STEP);
}

static void pdus_that_may_come_at_any_time_do_not_count(void **state)
{
	(void)state;
	walk("R11 I1 R14 R2 I14 I5 I127");
	assert_int_equal(p.unexpected, EXPLAIN_NO_STEP);
	assert_int_equal(p.done, 2);
	/* A step of another layer with a code of SMP. */
	walk("I1 R2 I3");
	a.steps[2].layer = EXPLAIN_LAYER_EVENT;
	sequence_walk(&a, &features, &p);
	assert_int_equal(p.done, 2);
}

static void pdus_after_the_failure_do_not_count(void **state)
{
	(void)state;
	a.failed.frame = 3;
	walk("I1 R2 I5 I3 R3");
	assert_int_equal(p.done, 2);
	a.failed.frame = 5;
	walk("I1 R2 I3 R3 I4 R4");
	assert_int_equal(p.done, 5);
}

static void the_passkey_methods_are_those_with_a_passkey_in_their_name(void **state)
{
	(void)state;
	for (int method = SMP_METHOD_NONE; method <= SMP_OOB; method++)
		assert_int_equal(sequence_is_passkey((enum smp_method)method),
				 strstr(smp_method_slug((enum smp_method)method), "passkey") !=
					 NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(each_method_has_its_chart),
		TEST(keys_follow_in_their_order_the_responder_first),
		TEST(every_pdu_is_in_a_chart_or_known_to_be_in_none),
		TEST(the_passkey_methods_are_those_with_a_passkey_in_their_name),
		TEST(a_whole_pairing_is_complete),
		TEST(the_pdu_behind_the_last_one_is_due),
		TEST(an_unseen_pdu_before_a_seen_one_is_a_hole),
		TEST(a_pdu_that_overtakes_another_is_early),
		TEST(a_pdu_that_the_chart_lacks_is_unexpected),
		TEST(keys_that_were_not_negotiated_are_listed),
		TEST(pdus_that_may_come_at_any_time_do_not_count),
		TEST(pdus_after_the_failure_do_not_count),
	};
	return cmocka_run_group_tests_name("explain/analyse/sequence", tests, NULL, NULL);
}
