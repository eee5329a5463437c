/* SPDX-License-Identifier: MIT */
/* Each check finds its scripted capture, and correct pairings have no findings. */
#include <string.h>

#include "cli/explain/checks/scripted.h"
#include "smp/pdu.h"

static const struct explain_finding *find(const char *id)
{
	const struct explain_verdict *v = &scripted.verdicts[scripted.count - 1];

	for (size_t i = 0; scripted.count && i < v->count; i++)
		if (strcmp(v->findings[i].check->id, id) == 0)
			return &v->findings[i];
	return NULL;
}

static void print_all(void)
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

static bool is_diagnosed(const struct scripted_case *c, const struct explain_finding *f)
{
	return f && f->cause == c->cause && f->by == c->by && *f->text &&
	       (f->frame_count || f->check->severity == EXPLAIN_HINT);
}

static void each_capture_is_diagnosed_and_the_right_end_is_blamed(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < scripted_cases_count; i++) {
		scripted_play_case(&scripted_cases[i]);
		const struct explain_finding *f = find(scripted_cases[i].id);
		if (is_diagnosed(&scripted_cases[i], f))
			continue;
		print_message("%s: blames %s\n", scripted_cases[i].id,
			      f ? check_role(f->by) : "nobody: not found");
		print_all();
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void each_check_has_a_capture(void **state)
{
	size_t without = 0;

	(void)state;
	for (size_t i = 0; i < check_count; i++) {
		bool found = false;
		for (size_t k = 0; k < scripted_cases_count; k++)
			found |= strcmp(scripted_cases[k].id, check_table[i].id) == 0;
		if (!found)
			print_message("no capture for %s\n", check_table[i].id);
		without += !found;
	}
	assert_int_equal(without, 0);
	assert_int_equal(scripted_cases_count, check_count);
	assert_true(scripted_cases_count >= 75);
}

static void c_without_le_host(void)
{
	script.dual_mode = script.without_le_host = true;
	script_connect();
	script_legacy();
	script_disconnect(0x13);
}

static void a_command_that_the_controller_lacks_is_not_missed(void **state)
{
	(void)state;
	scripted_play(c_without_le_host);
	assert_null(find("le-host-support"));
}

/* An excerpt: the captured peripheral refuses and goes on, as the kernel and a program together do.
 */
static void c_refuses_and_goes_on(void)
{
	script_bring_up();
	script_connect_as(1, 0);
	script_send(R, SMP_PAIRING_RANDOM, script.nonce[R], 16);
	script_send(I, SMP_PAIRING_RANDOM, script.nonce[I], 16);
	script_send(I, SMP_PAIRING_FAILED, "\3", 1);
	scripted.now += 240000;
	script_send(R, SMP_PAIRING_DHKEY_CHECK, script.nonce[R], 16);
	script_send(I, SMP_PAIRING_DHKEY_CHECK, script.nonce[I], 16);
	script_disconnect(0x13);
}

static void two_stacks_explain_a_refusal_that_is_none(void **state)
{
	(void)state;
	scripted_play(c_refuses_and_goes_on);
	assert_int_equal(scripted.count, 1);
	assert_true(find("two-stacks")->cause);
	assert_int_equal(find("two-stacks")->by, EXPLAIN_R);
	assert_null(find("pdu-after-failure"));
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

static void correct_pairings_have_no_findings_but_hints(void **state)
{
	(void)state;
	scripted_play(c_good);
	assert_int_equal(scripted.count, 3);
	for (size_t a = 0; a < scripted.count; a++) {
		assert_int_equal(scripted.verdicts[a].outcome, EXPLAIN_PAIRED);
		for (size_t i = 0; i < scripted.verdicts[a].count; i++) {
			const struct explain_finding *f = &scripted.verdicts[a].findings[i];
			if (f->check->severity != EXPLAIN_HINT) {
				print_all();
				fail_msg("%s", f->check->id);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_has_a_capture),
		cmocka_unit_test(each_capture_is_diagnosed_and_the_right_end_is_blamed),
		cmocka_unit_test(a_command_that_the_controller_lacks_is_not_missed),
		cmocka_unit_test(two_stacks_explain_a_refusal_that_is_none),
		cmocka_unit_test(correct_pairings_have_no_findings_but_hints),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
