/* SPDX-License-Identifier: MIT */
/* One session on one link: the order of the engine's actions, and how the link ends. */
#include "cli/session/one_link.h"

#include "unit.h"

static bool closing(void)
{
	return one.session.state == SESSION_CLOSING;
}

/* ---- Actions are carried out in order ------------------------------------------------------- */

/* The engine asks for an answer and starts its timer: the answer "no" ends both. */
static void a_scripted_no_leaves_no_timer_of_a_dead_session(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, false);
	p.method = COMPARISON;
	p.io = IO_YES_NO;
	p.auth |= AUTH_MITM;
	run_scenario_start(&p, "--io display-yesno --confirm no");
	p.stop_at = 4; /* its DHKey Check */
	assert_false(reference_peer_pair(&p));
	one_link_until(closing);
	assert_int_equal(one.session.smp_timer.at, 0);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_scripted_no_leaves_no_timer_of_a_dead_session,
						one_link_begin, one_link_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
