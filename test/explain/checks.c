/* SPDX-License-Identifier: MIT */
/*
 * The scripted capture of each check is diagnosed by the check that is there for it; and the same
 * pairings unspoiled give no alarm.
 */
#include <string.h>

#include "explain/scripted.h"

static const struct explain_finding *find(const char *id)
{
	const struct explain_verdict *v = &scripted.verdicts[scripted.count - 1];

	for (size_t i = 0; scripted.count && i < v->count; i++)
		if (strcmp(v->findings[i].check->id, id) == 0)
			return &v->findings[i];
	return NULL;
}

static void tell_all(void)
{
	for (size_t a = 0; a < scripted.count; a++) {
		print_message("  %s\n", scripted.verdicts[a].text);
		for (size_t i = 0; i < scripted.verdicts[a].count; i++) {
			const struct explain_finding *f = &scripted.verdicts[a].findings[i];
			print_message("    %s%s: %s\n", f->cause ? "why: " : "", f->check->id,
				      f->text);
		}
	}
}

static void test_each_capture_is_diagnosed_right(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < scripted_cases_count; i++) {
		scripted_play_case(&scripted_cases[i]);
		const struct explain_finding *f = find(scripted_cases[i].id);
		if (f && f->cause == scripted_cases[i].cause && *f->text &&
		    (f->frame_count || f->check->severity == EXPLAIN_HINT))
			continue;
		print_message("%s:\n", scripted_cases[i].id);
		tell_all();
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_each_check_has_a_capture(void **state)
{
	size_t without = 0;

	(void)state;
	for (size_t i = 0; i < explain_check_count; i++) {
		bool found = false;
		for (size_t k = 0; k < scripted_cases_count; k++)
			found |= strcmp(scripted_cases[k].id, explain_checks[i].id) == 0;
		if (!found)
			print_message("no capture for %s\n", explain_checks[i].id);
		without += !found;
	}
	assert_int_equal(without, 0);
	assert_int_equal(scripted_cases_count, explain_check_count);
	assert_true(scripted_cases_count >= 73);
}

/* Nobody can be blamed for not sending what the controller does not know. */
static void c_without_le_host(void)
{
	script.dual_mode = script.without_le_host = true;
	script_connect();
	script_legacy();
	script_disconnect(0x13);
}

static void test_a_command_that_is_not_known(void **state)
{
	(void)state;
	scripted_play(c_without_le_host);
	assert_null(find("le-host-support"));
}

static void c_good(void)
{
	for (int i = 0; i < 3; i++) {
		script_begin();
		if (i == 0)
			script_bring_up();
		script_connect_as(0, 0);
		if (i == 0)
			script_legacy();
		else if (i == 1)
			script_secure(false);
		else
			script_use_passkey(31415, 31415), script_secure(true);
		script_disconnect(0x16);
	}
}

static void test_the_same_unspoiled_gives_no_alarm(void **state)
{
	(void)state;
	scripted_play(c_good);
	assert_int_equal(scripted.count, 3);
	for (size_t a = 0; a < scripted.count; a++) {
		assert_int_equal(scripted.verdicts[a].outcome, EXPLAIN_PAIRED);
		for (size_t i = 0; i < scripted.verdicts[a].count; i++) {
			const struct explain_finding *f = &scripted.verdicts[a].findings[i];
			if (f->check->severity != EXPLAIN_HINT) {
				tell_all();
				fail_msg("%s", f->check->id);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_check_has_a_capture),
		cmocka_unit_test(test_each_capture_is_diagnosed_right),
		cmocka_unit_test(test_a_command_that_is_not_known),
		cmocka_unit_test(test_the_same_unspoiled_gives_no_alarm),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
