/* SPDX-License-Identifier: MIT */
#include "print/json.h"

#include <stdlib.h>
#include <string.h>

#include "cli/explain/print/fixture.h"
#include "hci/protocol.h"
#include "stack.h"

static json_t *object;

static int begin(void **state)
{
	object = NULL;
	return print_begin(state);
}

static int end(void **state)
{
	json_decref(object);
	return print_end(state);
}

static void print(bool show_keys)
{
	json_decref(object);
	object = print_json(&verdict, show_keys);
	assert_non_null(object);
}

static void is(const json_t *value, const char *want)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;

	assert_string_equal(text ? text : "absent", want);
	free(text);
}

static json_t *at(const char *name, size_t i)
{
	return json_array_get(json_object_get(object, name), i);
}

static void an_outcome_has_its_name_its_end_and_its_frame(void **state)
{
	(void)state;
	print(false);
	is(json_object_get(object, "outcome"), "\"refused\"");
	is(json_object_get(object, "failed"), "true");
	is(json_object_get(object, "by"), "\"responder\"");
	is(json_object_get(object, "frame"), "12");
	is(json_object_get(object, "text"), "\"the responder refused <b>\\\"&'\"");
	verdict.by = EXPLAIN_NOBODY;
	verdict.frame = 0;
	verdict.failed = false;
	print(false);
	is(json_object_get(object, "failed"), "false");
	assert_null(json_object_get(object, "by"));
	assert_null(json_object_get(object, "frame"));
}

static void an_end_has_its_address_and_its_identity(void **state)
{
	(void)state;
	verdict.resolved[R] = true;
	verdict.identity[R] = (struct crypto_address){0, {6, 5, 4, 3, 2, 1}};
	print(false);
	is(json_object_get(object, "initiator"),
	   "{\"address\": \"C6:05:04:03:02:01\", \"address_type\": \"public\", \"captured\": true, "
	   "\"kind\": \"public\"}");
	is(json_object_get(object, "responder"),
	   "{\"address\": \"C7:05:04:03:02:01\", \"address_type\": \"random\", \"captured\": "
	   "false, "
	   "\"identity\": {\"address\": \"01:02:03:04:05:06\", \"address_type\": \"public\", "
	   "\"kind\": \"public\"}, \"kind\": \"random static\"}");
	attempt.party[I].has_address = false;
	print(false);
	is(json_object_get(object, "initiator"), "{\"captured\": true}");
}

static void ends_without_a_known_role_are_host_and_peer(void **state)
{
	(void)state;
	print(false);
	is(json_object_get(object, "roles"), "\"known\"");
	assert_null(json_object_get(object, "host"));
	attempt.roles = EXPLAIN_ROLES_DEDUCED;
	print(false);
	is(json_object_get(object, "roles"), "\"deduced\"");
	is(json_object_get(object, "by"), "\"responder\"");
	attempt.roles = EXPLAIN_ROLES_UNKNOWN;
	print(false);
	is(json_object_get(object, "roles"), "\"unknown\"");
	is(json_object_get(object, "by"), "\"peer\"");
	is(json_object_get(at("findings", 0), "by"), "\"host\"");
	is(json_object_get(object, "host"),
	   "{\"address\": \"C6:05:04:03:02:01\", \"address_type\": \"public\", \"kind\": "
	   "\"public\"}");
	is(json_object_get(object, "peer"),
	   "{\"address\": \"C7:05:04:03:02:01\", \"address_type\": \"random\", \"kind\": "
	   "\"random static\"}");
	assert_null(json_object_get(object, "initiator"));
	assert_null(json_object_get(object, "responder"));
	attempt.party[R].has_address = false;
	print(false);
	assert_null(json_object_get(object, "peer"));
	attempt.steps[1].from = EXPLAIN_NOBODY;
	print(false);
	is(json_object_get(at("ladder", 1), "from"), "\"unknown\"");
	is(json_object_get(at("ladder", 1), "to"), "\"unknown\"");
}

static void findings_are_objects_in_their_order(void **state)
{
	(void)state;
	print(false);
	assert_int_equal(json_array_size(json_object_get(object, "findings")), 2);
	is(at("findings", 0),
	   "{\"by\": \"initiator\", \"cause\": true, \"fix\": \"do this and <b>\\\"&'\", "
	   "\"frames\": [11, 5], \"id\": \"test-refused\", \"section\": \"Vol 3 <b>\\\"&'\", "
	   "\"severity\": \"fault\", \"text\": \"the initiator sent <b>\\\"&'\"}");
	is(at("findings", 1),
	   "{\"cause\": false, \"fix\": \"do that\", \"frames\": [12], \"id\": \"test-hint\", "
	   "\"section\": \"-\", \"severity\": \"hint\", \"text\": \"good to know\"}");
	json_t *alone = print_json_findings(&verdict);
	assert_true(json_equal(alone, json_object_get(object, "findings")));
	json_decref(alone);
}

static void values_have_a_result_and_no_secret(void **state)
{
	(void)state;
	print(false);
	is(at("values", 0), "{\"frame\": 11, \"name\": \"TK\", \"result\": \"computed\"}");
	is(at("values", 1),
	   "{\"frame\": 11, \"name\": \"c1\", \"result\": \"right\", \"value\": \"0102\"}");
	verdict.facts.values[0].result = EXPLAIN_WRONG;
	verdict.facts.values[1].result = EXPLAIN_EXPLAINED;
	print(true);
	is(at("values", 0), "{\"frame\": 11, \"name\": \"TK\", \"result\": \"wrong\", \"value\": "
			    "\"" TK_TEXT "\"}");
	is(at("values", 1),
	   "{\"frame\": 11, \"name\": \"c1\", \"result\": \"explained\", \"value\": \"0102\"}");
}

static void the_ladder_has_an_object_for_each_message(void **state)
{
	(void)state;
	print(false);
	assert_int_equal(json_array_size(json_object_get(object, "ladder")), 5);
	is(at("ladder", 0),
	   "{\"at\": 0.0, \"frame\": 10, \"from\": \"host\", \"layer\": \"HCI\", \"name\": \"LE "
	   "Enable Encryption\", \"says\": \"EDIV 0x0000, Rand 0000000000000000, key (hidden "
	   "without --show-keys)\", \"to\": \"controller\"}");
	is(at("ladder", 2),
	   "{\"at\": 0.5, \"frame\": 12, \"from\": \"peer\", \"layer\": \"SMP\", \"name\": "
	   "\"Pairing Failed\", \"octets\": \"0510\", \"says\": \"Busy (0x10)\", \"to\": "
	   "\"host\"}");
	print(true);
	is(json_object_get(at("ladder", 0), "octets"), "\"400000000000000000000000" KEY_AIR "\"");
}

static void the_longest_message_has_all_its_octets(void **state)
{
	(void)state;
	struct explain_step *s = &attempt.steps[0];
	s->kept = EXPLAIN_STEP_DATA;
	s->code = HCI_RESET;
	s->data[EXPLAIN_STEP_DATA - 1] = 0xab;
	print(false);
	const char *octets = json_string_value(json_object_get(at("ladder", 0), "octets"));
	assert_int_equal(strlen(octets), 2 * EXPLAIN_STEP_DATA);
	assert_string_equal(octets + 2 * EXPLAIN_STEP_DATA - 2, "ab");
	s->kept = 0; /* a command without parameters */
	print(false);
	is(json_object_get(at("ladder", 0), "octets"), "\"\"");
}

static void agreement_and_compared_number_are_present_when_they_are_known(void **state)
{
	(void)state;
	print(false);
	is(json_object_get(object, "agreed"),
	   "\"LE legacy pairing, Just Works: neither end asked for protection against a man in the "
	   "middle; key of 16 octets, initiator's keys none, responder's keys none\"");
	assert_null(json_object_get(object, "compared"));
	verdict.facts.has_features = false;
	verdict.facts.has_number = true;
	verdict.facts.number = 754;
	print(false);
	assert_null(json_object_get(object, "agreed"));
	is(json_object_get(object, "compared"), "\"000754\"");
}

static void a_passkey_is_a_secret(void **state)
{
	(void)state;
	verdict.facts.has_stk = true;
	verdict.facts.passkey[I] = 42;
	verdict.facts.sc_passkey = 43;
	print(false);
	assert_null(json_object_get(object, "passkey"));
	print(true);
	is(json_object_get(object, "passkey"), "\"000042\"");
	verdict.facts.has_stk = false;
	print(true);
	assert_null(json_object_get(object, "passkey"));
	verdict.facts.has_sc_passkey = true;
	print(false);
	assert_null(json_object_get(object, "passkey"));
	print(true);
	is(json_object_get(object, "passkey"), "\"000043\"");
}

static void a_verdict_has_the_end_the_cause_and_what_to_do(void **state)
{
	(void)state;
	json_decref(object);
	object = print_json_verdict(&verdict);
	is(json_object_get(object, "text"), "\"the responder refused <b>\\\"&'\"");
	is(json_object_get(object, "by"), "\"responder\"");
	is(json_object_get(object, "check"), "\"test-refused\"");
	is(json_object_get(object, "cause"), "\"the initiator sent <b>\\\"&'\"");
	is(json_object_get(object, "fix"), "\"do this and <b>\\\"&'\"");
	assert_int_equal(json_array_size(json_object_get(object, "findings")), 2);
	assert_null(json_object_get(object, "ladder"));
	assert_null(json_object_get(object, "values"));
}

static void a_verdict_is_bounded_and_may_have_no_cause(void **state)
{
	(void)state;
	json_decref(object);
	for (size_t i = 0; i < EXPLAIN_FINDINGS; i++)
		verdict.findings[i] = verdict.findings[1];
	verdict.count = EXPLAIN_FINDINGS;
	object = print_json_verdict(&verdict);
	assert_null(json_object_get(object, "cause"));
	assert_null(json_object_get(object, "fix"));
	assert_int_equal(json_array_size(json_object_get(object, "findings")), PRINT_JSON_FINDINGS);
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static void print_all(void)
{
	print(true);
}

static void no_key_is_left_on_the_stack(void **state)
{
	const uint8_t *key = attempt.steps[0].data + 12;
	uint8_t reversed[16];

	(void)state;
	attempt.step_count = 1;
	for (size_t i = 0; i < 16; i++)
		reversed[i] = key[15 - i];
	stack_run(print_all);
	is(json_object_get(at("ladder", 0), "octets"), "\"400000000000000000000000" KEY_AIR "\"");
	assert_false(stack_holds(KEY_TEXT, 32));
	assert_false(stack_holds(KEY_AIR, 32));
	assert_false(stack_holds(TK_TEXT, 32));
	assert_false(stack_holds(reversed, 16));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_outcome_has_its_name_its_end_and_its_frame),
		TEST(an_end_has_its_address_and_its_identity),
		TEST(ends_without_a_known_role_are_host_and_peer),
		TEST(findings_are_objects_in_their_order),
		TEST(values_have_a_result_and_no_secret),
		TEST(the_ladder_has_an_object_for_each_message),
		TEST(the_longest_message_has_all_its_octets),
		TEST(agreement_and_compared_number_are_present_when_they_are_known),
		TEST(a_passkey_is_a_secret),
		TEST(a_verdict_has_the_end_the_cause_and_what_to_do),
		TEST(a_verdict_is_bounded_and_may_have_no_cause),
		TEST(no_key_is_left_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
