/* SPDX-License-Identifier: MIT */
/*
 * "blepair selftest" with one controller that misbehaves in every way of sim/hostile_controller.h,
 * at moments of the whole run. It must end by itself, or after one signal, with a line for each
 * step and a documented exit code; the steps of the good controller alone pass.
 */
#include <stdio.h>
#include <string.h>

#include "sim/hostile_controller.h"

/* Moments of each fault, evenly. */
#define MOMENTS 8
/* Each of the 22 pairings has a limit of a minute; everything else together, too. */
#define LIMIT	(24 * 60 * WORLD_S)
#define CLOSING (10 * WORLD_S)
#define STEPS	28

static struct hostile hostile;
static struct sim_controller good;
static unsigned failures, runs;
static char where[120];

static void start(const struct hostile_fault *fault, unsigned nth)
{
	assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
	(void)snprintf(where, sizeof(where), "%s, %u", fault ? fault->name : "as usual", nth);
	sim_controller_add(&good, "sim:1", (const uint8_t[6]){9, 0, 0, 0xdc, 0x1b, 0});
	hostile_begin(&hostile, &sim.controller, fault, nth);
	program_start("selftest -c sim:1 --resets 2 --listen 0.5");
	runs++;
}

static void expect(bool is_good, int exit, const char *what)
{
	if (is_good)
		return;
	failures++;
	print_error("%s: %s: exit %d at %.3f s, after 0x%04x: %s; %s%s\n", where, what, exit,
		    (double)world_now() / 1e6, hostile.opcode, program_result("text"),
		    program_result("detail"), program_errors());
}

static const char *field(const json_t *e, const char *name)
{
	const char *text = json_string_value(json_object_get(e, name));

	return text ? text : "";
}

/* Steps that ended; alone: those of the good controller that need no other one. */
static unsigned count(const char *verdict, bool alone)
{
	const json_t *e;
	unsigned n = 0;
	size_t i;

	json_array_foreach(program_events(), i, e)
	{
		if (strcmp(field(e, "event"), "selftest") != 0 ||
		    (verdict && strcmp(field(e, "verdict"), verdict) != 0))
			continue;
		n += !alone || (strcmp(field(e, "on"), "B") == 0 &&
				(strcmp(field(e, "step"), "bring_up") == 0 ||
				 strcmp(field(e, "step"), "resets") == 0));
	}
	return n;
}

/* A step that failed or was skipped says why. */
static bool each_has_a_text(void)
{
	const json_t *e;
	size_t i;

	json_array_foreach(program_events(), i, e)
	{
		if (strcmp(field(e, "event"), "selftest") == 0 && !*field(e, "text"))
			return false;
	}
	return true;
}

static unsigned moments(enum hostile_moment moment)
{
	static struct hostile usual;

	if (!usual.commands) {
		start(NULL, 0);
		assert_int_equal(program_ends(LIMIT), CLI_OK);
		usual = hostile;
	}
	return moment == HOSTILE_COMMAND ? usual.commands
	       : moment == HOSTILE_EVENT ? usual.events
					 : usual.packets;
}

/* Of each fault, evenly over the run. */
static void at_each_moment(void (*run)(const struct hostile_fault *fault, unsigned nth))
{
	failures = 0;
	for (size_t f = 0; f < hostile_fault_count; f++) {
		const struct hostile_fault *fault = &hostile_faults[f];
		const unsigned all = moments(fault->moment);
		for (unsigned nth = 1; nth <= all; nth += (all + MOMENTS - 1) / MOMENTS)
			run(fault, nth);
	}
	where[0] = '\0';
	assert_int_equal(failures, 0);
}

static void run_to_its_end(const struct hostile_fault *fault, unsigned nth)
{
	start(fault, nth);
	const int exit = program_ends(LIMIT);
	const unsigned failed = count("failed", false);

	expect(exit == CLI_OK || exit == CLI_TEST_FAILED || exit == CLI_NO_CONTROLLER ||
		       exit == CLI_CONTROLLER_FAILED,
	       exit, "the exit code is not one of a self-test");
	expect((exit == CLI_OK) == (failed == 0), exit, "the exit code is not that of the steps");
	expect(count(NULL, false) == STEPS, exit, "a step has no line");
	expect(each_has_a_text(), exit, "a step does not say why");
	expect(count("passed", true) == 2, exit, "the good controller is blamed");
	expect(fault->end != HOSTILE_ENDS_AS_USUAL || exit == CLI_OK, exit, "it is tolerated");
	expect(!sim.controller.open && !good.open, exit, "a controller is not given back");
	expect(*program_errors() == '\0', exit, "standard error");
}

static void it_ends_by_itself_and_reports_every_step(void **state)
{
	(void)state;
	at_each_moment(run_to_its_end);
}

static bool has_happened(void *ctx)
{
	(void)ctx;
	return hostile.happened || !world_runs();
}

static void interrupt(const struct hostile_fault *fault, unsigned nth)
{
	start(fault, nth);
	(void)world_until(has_happened, NULL, LIMIT);
	world_pass(300 * WORLD_MS);
	if (world_runs())
		program_interrupt();
	const int exit = program_ends(CLOSING);
	expect(exit != CLI_INTERNAL, exit, "an internal error");
	expect(!sim.controller.open && !good.open, exit, "a controller is not given back");
}

static void one_signal_ends_it(void **state)
{
	(void)state;
	at_each_moment(interrupt);
}

static void no_moment_was_left_out(void **state)
{
	(void)state;
	print_message("%u runs\n", runs);
	assert_true(runs > 2 * 4 * hostile_fault_count);
}

static int clean_up(void **state)
{
	if (*where)
		print_error("%s\n", where);
	where[0] = '\0';
	return sim_end(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(it_ends_by_itself_and_reports_every_step),
		TEST(one_signal_ends_it),
		cmocka_unit_test(no_moment_was_left_out),
	};
	return cmocka_run_group_tests_name("sim/selftest_hostile", tests, NULL, NULL);
}
