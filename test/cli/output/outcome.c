/* SPDX-License-Identifier: MIT */
#include "output/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "cli/streams.h"
#include "hci/protocol.h"
#include "unit.h"

static struct outcome outcome;

static void is_json(const json_t *value, const char *text)
{
	char *dump = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);

	assert_string_equal(dump, text);
	free(dump);
}

static void a_failure_has_no_reason_unless_one_is_added(void **state)
{
	(void)state;
	memset(&outcome, 0xff, sizeof(outcome));
	outcome_fail(&outcome, CLI_NOT_FOUND, "%s not seen", "peer");
	assert_int_equal(outcome.exit, CLI_NOT_FOUND);
	assert_string_equal(outcome.result, "failed");
	assert_string_equal(outcome.text, "peer not seen");
	assert_string_equal(outcome.detail, "");
	assert_string_equal(outcome.advice, "");
	assert_null(outcome.reason);
	assert_int_equal(outcome.reason_code, -1);
}

static void a_cancelled_attempt_is_no_failure(void **state)
{
	(void)state;
	outcome_fail(&outcome, CLI_CANCELLED, "cancelled by you");
	assert_string_equal(outcome.result, "cancelled");
	assert_int_equal(outcome.exit, CLI_CANCELLED);
}

static void a_refused_command_is_named_with_its_error(void **state)
{
	(void)state;
	outcome_command_failed(&outcome, HCI_RESET, 0x0c);
	assert_int_equal(outcome.exit, CLI_CONTROLLER_FAILED);
	assert_string_equal(outcome.text, "Reset: Command Disallowed (0x0c)");
}

static void report(const struct crypto_address *peer, json_t *more, const char *want)
{
	struct event_output output = {.json = true};
	json_t *event;

	streams_capture();
	outcome_report(&outcome, &output, peer, more);
	streams_restore();
	event = json_loads(streams_out, 0, NULL);
	assert_non_null(event);
	(void)json_object_del(event, "time");
	is_json(event, want);
	json_decref(event);
}

static void a_result_has_the_fields_that_there_are(void **state)
{
	const struct crypto_address peer = {.octets = {1, 2, 3, 4, 5, 6}};

	(void)state;
	outcome = (struct outcome){
		.exit = CLI_OK, .result = "paired", .text = "paired with it", .reason_code = -1};
	report(NULL, NULL,
	       "{\"event\":\"result\",\"result\":\"paired\",\"class\":\"ok\","
	       "\"text\":\"paired with it\"}");
	outcome = (struct outcome){.exit = CLI_PEER_REFUSED,
				   .result = "failed",
				   .text = "no",
				   .detail = "why",
				   .advice = "do",
				   .reason = "Some",
				   .reason_code = 0};
	json_t *more = json_pack("{s:i}", "attempts", 3);
	json_incref(more);
	report(&peer, more,
	       "{\"event\":\"result\",\"result\":\"failed\",\"class\":\"peer_refused\","
	       "\"reason\":\"Some\",\"reason_code\":0,\"peer\":{\"address\":\"06:05:04:03:02:01\","
	       "\"address_type\":\"public\",\"kind\":\"public\"},\"attempts\":3,\"text\":\"no\","
	       "\"detail\":\"why\",\"advice\":\"do\"}");
	assert_int_equal(more->refcount, 1); /* one reference was taken */
	json_decref(more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_has_no_reason_unless_one_is_added),
		cmocka_unit_test(a_cancelled_attempt_is_no_failure),
		cmocka_unit_test(a_refused_command_is_named_with_its_error),
		cmocka_unit_test(a_result_has_the_fields_that_there_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
