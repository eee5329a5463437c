/* SPDX-License-Identifier: MIT */
/* An attempt, its fields, and its form as JSON. */
#include "store/attempt.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static const char complete[] =
	"{\"time\":\"2026-11-25T10:17:50.406Z\",\"run\":\"night\",\"unit\":\"line 3\","
	"\"label\":\"lamp\",\"peer\":\"C4:00:00:00:00:01\",\"controller\":\"hci0\","
	"\"method\":\"just_works\",\"result\":\"failed\",\"class\":\"peer_refused\","
	"\"reason\":\"Repeated Attempts\",\"reason_code\":9,\"scan_ms\":1.5,\"connect_ms\":2.5,"
	"\"pair_ms\":3.5,\"total_ms\":7.5,\"retries\":2,\"slot\":\"3\",\"verdict\":{\"text\":\"it "
	"refused\",\"findings\":[]},\"attributes\":\"[]\"}";

static struct failure failure;

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

static void a_new_attempt_ended_now_and_has_nothing_else(void **state)
{
	struct attempt attempt;
	char before[TIME_TEXT], after[TIME_TEXT];

	(void)state;
	(void)time_now(before);
	attempt_init(&attempt, "failed", CLI_NOT_FOUND, "not seen", ATTEMPT_NONE);
	(void)time_now(after);
	assert_true(strcmp(before, attempt.time) <= 0 && strcmp(attempt.time, after) <= 0);
	json_t *json = attempt_to_json(&attempt);
	assert_int_equal(json_object_size(json), 4);
	assert_string_equal(json_string_value(json_object_get(json, "time")), attempt.time);
	assert_string_equal(json_string_value(json_object_get(json, "result")), "failed");
	assert_string_equal(json_string_value(json_object_get(json, "class")), "not_found");
	assert_string_equal(json_string_value(json_object_get(json, "reason")), "not seen");
	json_decref(json);
	attempt_init(&attempt, "failed", CLI_PEER_REFUSED, NULL, 0);
	json = attempt_to_json(&attempt);
	assert_null(json_object_get(json, "reason"));
	assert_int_equal(json_integer_value(json_object_get(json, "reason_code")), 0);
	json_decref(json);
}

static void json_goes_in_and_comes_back_in_the_same_order(void **state)
{
	struct attempt attempt;
	json_t *json = parse(complete);

	(void)state;
	assert_int_equal(attempt_from_json(json, &attempt, &failure), 0);
	assert_string_equal(attempt.time, "2026-11-25T10:17:50.406Z");
	assert_string_equal(attempt.job, "night");
	assert_string_equal(attempt.unit, "line 3");
	assert_string_equal(attempt.label, "lamp");
	assert_string_equal(attempt.peer, "C4:00:00:00:00:01");
	assert_string_equal(attempt.controller, "hci0");
	assert_string_equal(attempt.method, "just_works");
	assert_string_equal(attempt.result, "failed");
	assert_string_equal(attempt.class, "peer_refused");
	assert_string_equal(attempt.reason, "Repeated Attempts");
	assert_int_equal(attempt.reason_code, 9);
	assert_true(attempt.scan_ms == 1.5 && attempt.connect_ms == 2.5);
	assert_true(attempt.pair_ms == 3.5 && attempt.total_ms == 7.5);
	assert_int_equal(attempt.retries, 2);
	assert_string_equal(attempt.verdict, "{\"text\":\"it refused\",\"findings\":[]}");
	size_t fields = 0;
	while (attempt_field(fields))
		fields++;
	assert_int_equal(fields, json_object_size(json));
	assert_null(attempt_field(fields + 1));
	json_t *back = attempt_to_json(&attempt);
	char *text = json_dumps(back, JSON_COMPACT);
	assert_string_equal(text, complete);
	free(text);
	json_decref(back);
	json_decref(json);
}

static void an_address_is_taken_as_it_is(void **state)
{
	const struct attempt_value value = {.type = ATTEMPT_TEXT, .text = "a%%b"};
	struct attempt attempt;
	size_t i = 0;

	(void)state;
	while (strcmp(attempt_field(i), "peer") != 0)
		i++;
	attempt_clear(&attempt);
	assert_null(attempt_set(&attempt, i, &value));
	assert_string_equal(attempt.peer, "a%%b");
}

static void a_value_of_zero_is_present(void **state)
{
	struct attempt attempt;

	(void)state;
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.scan_ms = 0;
	attempt.retries = 0;
	json_t *json = attempt_to_json(&attempt);
	assert_true(json_is_real(json_object_get(json, "scan_ms")));
	assert_true(json_is_integer(json_object_get(json, "retries")));
	struct attempt back;
	assert_int_equal(attempt_from_json(json, &back, &failure), 0);
	assert_true(back.scan_ms == 0 && back.retries == 0);
	assert_true(back.connect_ms == ATTEMPT_NONE && back.reason_code == ATTEMPT_NONE);
	assert_null(back.job);
	assert_string_equal(back.peer, "");
	json_decref(json);
}

static void unknown_members_are_ignored_and_whole_numbers_are_durations(void **state)
{
	struct attempt attempt;
	json_t *json = parse("{\"time\":\"2026-11-25T10:17:50.406Z\",\"result\":\"paired\","
			     "\"colour\":[],\"pair_ms\":12,\"retries\":2147483647}");

	(void)state;
	assert_int_equal(attempt_from_json(json, &attempt, &failure), 0);
	assert_true(attempt.pair_ms == 12.0);
	assert_int_equal(attempt.retries, INT_MAX);
	json_decref(json);
}

static void each_field_has_its_form(void **state)
{
	static const struct {
		const char *field, *value, *text;
	} wrongs[] = {
		{"time", NULL, "\"time\" is missing"},
		{"time", "1", "\"time\" must be a text"},
		{"time", "\"yesterday\"", "\"time\" must be a time like 2026"},
		{"time", "\"2026-11-25T10:17:50.406Z \"", "\"time\" must be a time like 2026"},
		{"result", NULL, "\"result\" is missing"},
		{"result", "null", "\"result\" is not of the right kind"},
		{"run", "true", "\"run\" is not of the right kind"},
		{"unit", "1.5", "\"unit\" must be a text"},
		{"peer", "\"C4:00:00:00:00:01/\"", "\"peer\" must be an address"},
		{"reason_code", "-1", "\"reason_code\" must be a number from 0"},
		{"reason_code", "2147483648", "\"reason_code\" must be a number from 0"},
		{"retries", "1.0", "\"retries\" must be a number from 0"},
		{"retries", "\"2\"", "\"retries\" must be a number from 0"},
		{"scan_ms", "\"2\"", "\"scan_ms\" must be a number from 0"},
		{"total_ms", "-0.5", "\"total_ms\" must be a number from 0"},
		{"total_ms", "-1", "\"total_ms\" must be a number from 0"},
		{"verdict", "\"it refused\"", "\"verdict\" must be an object of at most 16384"},
		{"verdict", "[]", "\"verdict\" must be an object"},
		{"verdict", "null", "\"verdict\" must be an object"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct attempt attempt;
		json_t *json = parse(complete);
		if (wrongs[i].value)
			assert_int_equal(
				json_object_set_new(json, wrongs[i].field, parse(wrongs[i].value)),
				0);
		else
			assert_int_equal(json_object_del(json, wrongs[i].field), 0);
		failure = (struct failure){CLI_OK, ""};
		assert_int_equal(attempt_from_json(json, &attempt, &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		if (strstr(failure.text, wrongs[i].text) != failure.text)
			fail_msg("%s: %s", wrongs[i].text, failure.text);
		json_decref(json);
	}
}

/* The file of an export may come from elsewhere. */
static void a_verdict_has_a_limit(void **state)
{
	static char text[ATTEMPT_VERDICT + 1];
	const size_t most = ATTEMPT_VERDICT - strlen("{\"text\":\"\"}");

	(void)state;
	for (size_t longer = 0; longer < 2; longer++) {
		struct attempt attempt;
		json_t *json = parse(complete);
		memset(text, 'x', most + longer);
		(void)json_object_set_new(json, "verdict", json_pack("{s:s}", "text", text));
		assert_int_equal(attempt_from_json(json, &attempt, &failure), longer ? -1 : 0);
		json_decref(json);
	}
}

static void a_verdict_that_is_no_object_is_left_out(void **state)
{
	struct attempt attempt;

	(void)state;
	attempt_init(&attempt, "failed", CLI_TIMED_OUT, NULL, ATTEMPT_NONE);
	attempt.verdict = "damaged";
	json_t *json = attempt_to_json(&attempt);
	assert_int_equal(json_object_size(json), 3);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_attempt_ended_now_and_has_nothing_else),
		cmocka_unit_test(json_goes_in_and_comes_back_in_the_same_order),
		cmocka_unit_test(a_value_of_zero_is_present),
		cmocka_unit_test(an_address_is_taken_as_it_is),
		cmocka_unit_test(unknown_members_are_ignored_and_whole_numbers_are_durations),
		cmocka_unit_test(each_field_has_its_form),
		cmocka_unit_test(a_verdict_has_a_limit),
		cmocka_unit_test(a_verdict_that_is_no_object_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
