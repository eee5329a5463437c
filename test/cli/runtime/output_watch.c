/* SPDX-License-Identifier: MIT */
#include "runtime/output_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "output/standard_output.h"
#include "unit.h"

static struct loop loop;
static struct output_watch watch;
static FILE *real;
static int ends[2], losses;
static bool within; /* a callback of somebody who writes is on the stack */

static void lost(void *ctx)
{
	assert_ptr_equal(ctx, &loop);
	assert_false(within);
	losses++;
	loop_stop(&loop);
}

static int begin(void **state)
{
	(void)state;
	losses = 0;
	assert_int_equal(pipe(ends), 0);
	real = stdout;
	stdout = fdopen(ends[1], "w");
	standard_output_init();
	assert_int_equal(loop_init(&loop), 0);
	watch = (struct output_watch){.loop = &loop, .lost = lost, .ctx = &loop};
	return 0;
}

static int end(void **state)
{
	(void)state;
	output_watch_stop(&watch);
	loop_close(&loop);
	(void)fclose(stdout);
	stdout = real;
	standard_output_init();
	return 0;
}

static void write_to_the_closed_pipe(void *ctx)
{
	(void)ctx;
	within = true;
	fputs("a line\n", stdout);
	(void)standard_output_flush();
	within = false;
}

static void the_run_ends_as_soon_as_the_reader_has_gone(void **state)
{
	(void)state;
	(void)standard_output_flush(); /* it is used */
	output_watch_start(&watch);
	close(ends[0]);
	loop_run(&loop);
	assert_int_equal(losses, 1);
	assert_int_equal(standard_output_error(), EPIPE);
}

static void a_failed_write_ends_the_run_from_the_loop(void **state)
{
	struct loop_timer writer = {.fire = write_to_the_closed_pipe};

	(void)state;
	output_watch_start(&watch);
	close(ends[0]);
	loop_timer_start(&loop, &writer, 1);
	loop_run(&loop);
	assert_int_equal(losses, 1);
}

static void output_that_is_lost_before_the_run_ends_it_at_once(void **state)
{
	(void)state;
	standard_output_lose(ENOSPC);
	output_watch_start(&watch);
	close(ends[0]);
	loop_run(&loop);
	assert_int_equal(losses, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_run_ends_as_soon_as_the_reader_has_gone, begin,
						end),
		cmocka_unit_test_setup_teardown(a_failed_write_ends_the_run_from_the_loop, begin,
						end),
		cmocka_unit_test_setup_teardown(output_that_is_lost_before_the_run_ends_it_at_once,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
