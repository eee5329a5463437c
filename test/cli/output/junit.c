/* SPDX-License-Identifier: MIT */
/* The results of a run as a JUnit file. */
#include "output/junit.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct junit junit;
static char *text;

static int begin(void **state)
{
	(void)state;
	return junit_init(&junit, "batch");
}

static int finish(void **state)
{
	(void)state;
	junit_free(&junit);
	free(text);
	text = NULL;
	return 0;
}

static void take(const char *json)
{
	json_t *event = json_loads(json, 0, NULL);

	assert_non_null(event);
	junit_event(&junit, event);
	json_decref(event);
}

static void prints(const char *body)
{
	size_t len;
	FILE *out;

	free(text);
	out = open_memstream(&text, &len);
	assert_non_null(out);
	junit_print(&junit, out);
	assert_int_equal(fclose(out), 0);
	if (!strstr(text, body))
		fail_msg("%s", text);
}

static void each_unit_that_ended_is_a_case(void **state)
{
	(void)state;
	take("{\"event\":\"unit\",\"unit\":\"A\",\"label\":\"SN-1\",\"final\":true,\"class\":"
	     "\"ok\","
	     "\"text\":\"paired\",\"timings\":{\"total_ms\":1250}}");
	take("{\"event\":\"unit\",\"unit\":\"B\",\"final\":false,\"class\":\"timed_out\",\"text\":"
	     "\"again\"}");
	take("{\"event\":\"unit\",\"unit\":\"B\",\"final\":true,\"class\":\"timed_out\",\"text\":"
	     "\"no "
	     "answer\",\"detail\":\"why\",\"verdict\":{\"cause\":\"cause\",\"fix\":\"fix\"}}");
	take("{\"event\":\"unit\",\"unit\":\"C\",\"final\":true,\"class\":\"cancelled\",\"text\":"
	     "\"ended\"}");
	/* The result of the whole has no case of its own then. */
	take("{\"event\":\"result\",\"class\":\"units_failed\",\"text\":\"1 failed\"}");
	prints("<testsuite name=\"blepair batch\" tests=\"3\" failures=\"1\" errors=\"0\" "
	       "skipped=\"1\">\n"
	       "  <testcase classname=\"blepair.batch\" name=\"SN-1\" time=\"1.250\"/>\n"
	       "  <testcase classname=\"blepair.batch\" name=\"B\" time=\"0.000\">\n"
	       "    <failure type=\"timed_out\" message=\"no answer\">\n"
	       "why\ncause\nfix\n"
	       "    </failure>\n"
	       "  </testcase>\n"
	       "  <testcase classname=\"blepair.batch\" name=\"C\" time=\"0.000\">\n"
	       "    <skipped type=\"cancelled\" message=\"ended\">\n"
	       "    </skipped>\n"
	       "  </testcase>\n"
	       "</testsuite>\n");
}

static void a_run_that_fails_without_a_case_is_an_error(void **state)
{
	(void)state;
	take("{\"event\":\"result\",\"class\":\"no_controller\",\"text\":\"there is none\"}");
	prints("errors=\"1\"");
	prints("name=\"batch\"");
	prints("<error type=\"no_controller\" message=\"there is none\">");
}

static void our_own_explanation_belongs_to_the_next_failure(void **state)
{
	(void)state;
	take("{\"event\":\"explained\",\"brief\":\"the peer lost its bond\"}");
	take("{\"event\":\"result\",\"class\":\"bond_lost\",\"text\":\"x\",\"peer\":{\"address\":"
	     "\"A\","
	     "\"name\":\"lamp\"}}");
	take("{\"event\":\"result\",\"class\":\"bond_lost\",\"text\":\"y\",\"peer\":{\"address\":"
	     "\"B\"}"
	     "}");
	prints("name=\"lamp\" time=\"0.000\">\n    <failure type=\"bond_lost\" message=\"x\">\n"
	       "the peer lost its bond\n    </failure>");
	prints("message=\"y\">\n    </failure>");
}

static void a_step_of_a_self_test_is_a_case(void **state)
{
	(void)state;
	take("{\"event\":\"selftest\",\"on\":\"A\",\"title\":\"100 "
	     "resets\",\"verdict\":\"passed\"}");
	take("{\"event\":\"selftest\",\"on\":\"B\",\"title\":\"advertisements\",\"verdict\":"
	     "\"skipped\","
	     "\"text\":\"B is out of service\"}");
	take("{\"event\":\"selftest\",\"on\":\"A\",\"title\":\"golden\",\"verdict\":\"failed\","
	     "\"text\":"
	     "\"too slow\"}");
	prints("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\"");
	prints("name=\"A: 100 resets\" time=\"0.000\"/>");
	prints("<failure type=\"failed\" message=\"too slow\">");
}

static void no_text_is_markup(void **state)
{
	(void)state;
	take("{\"event\":\"unit\",\"label\":\"<\\u001b&\\\">\",\"final\":true,\"class\":\"ok\"}");
	prints("name=\"&lt;\xef\xbf\xbd&amp;&quot;&gt;\"");
}

static void a_file_that_cannot_be_made_is_a_failure(void **state)
{
	struct failure failure;

	(void)state;
	assert_int_equal(junit_write(&junit, "/nonexistent/x.xml", &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_int_equal(junit_write(&junit, "/dev/null", &failure), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(each_unit_that_ended_is_a_case),
		CASE(a_run_that_fails_without_a_case_is_an_error),
		CASE(our_own_explanation_belongs_to_the_next_failure),
		CASE(a_step_of_a_self_test_is_a_case),
		CASE(no_text_is_markup),
		CASE(a_file_that_cannot_be_made_is_a_failure),
	};
	return cmocka_run_group_tests_name("cli/output/junit", tests, NULL, NULL);
}
