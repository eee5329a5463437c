/* SPDX-License-Identifier: MIT */
/* Key pairs are there before they are needed, each is given once, and none is left behind. */
#include "batch/keypairs.h"

#include <string.h>

#include "cli/batch/fixture.h"
#include "crypto/bytes.h"

static const struct crypto_keypair none;

static void they_are_generated_ahead(void **state)
{
	(void)state;
	add_units(BATCH_KEYPAIRS + 4);
	batch_keypairs_start(&job);
	assert_int_equal(job.keypair_count, 0);
	run_timers();
	assert_int_equal(job.keypair_count, BATCH_KEYPAIRS);
	for (size_t i = 0; i < BATCH_KEYPAIRS; i++) {
		assert_memory_not_equal(&job.keypairs[i], &none, sizeof(none));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(&job.keypairs[i], &job.keypairs[k], sizeof(none));
	}
	assert_int_equal(job.keypair_timer.at, 0);
}

/* Other events of the loop come in between. */
static void one_is_generated_at_a_time(void **state)
{
	(void)state;
	add_units(BATCH_KEYPAIRS + 4);
	batch_keypairs_start(&job);
	for (size_t i = 1; i <= BATCH_KEYPAIRS; i++) {
		assert_int_not_equal(job.keypair_timer.at, 0);
		loop_timer_stop(&job.runtime.loop, &job.keypair_timer);
		job.keypair_timer.fire(job.keypair_timer.ctx);
		assert_int_equal(job.keypair_count, i);
	}
	job.keypair_timer.fire(job.keypair_timer.ctx); /* there is no room for more */
	assert_int_equal(job.keypair_count, BATCH_KEYPAIRS);
}

static void each_is_given_once_and_replaced(void **state)
{
	struct session_setup first = {0}, second = {0};

	(void)state;
	batch_keypairs_give(&job, &first);
	assert_null(first.keypair); /* none is ready: the session generates its own */
	add_units(BATCH_KEYPAIRS + 4);
	batch_keypairs_start(&job);
	run_timers();
	batch_keypairs_give(&job, &first);
	assert_ptr_equal(first.keypair, &first.own_keypair);
	assert_memory_not_equal(&first.own_keypair, &none, sizeof(none));
	assert_int_equal(job.keypair_count, BATCH_KEYPAIRS - 1);
	assert_memory_equal(&job.keypairs[BATCH_KEYPAIRS - 1], &none, sizeof(none));
	batch_keypairs_give(&job, &second);
	assert_memory_not_equal(&second.own_keypair, &first.own_keypair, sizeof(none));
	run_timers();
	assert_int_equal(job.keypair_count, BATCH_KEYPAIRS);
	assert_memory_not_equal(&job.keypairs[BATCH_KEYPAIRS - 1], &first.own_keypair,
				sizeof(none));
}

/* A key pair takes as long as a third of a small run. */
static void no_more_are_generated_than_there_are_units(void **state)
{
	struct session_setup setup = {0};

	(void)state;
	add_units(2);
	batch_keypairs_start(&job);
	run_timers();
	assert_int_equal(job.keypair_count, 2);
	struct batch_slot *slot = start_unit(0, 0);
	batch_keypairs_continue(&job);
	run_timers();
	assert_int_equal(job.keypair_count, 2);
	controllers[0].connecting = NULL; /* its link is up */
	batch_linked(&job.scheduler, slot->unit);
	batch_keypairs_give(&job, &setup);
	run_timers();
	assert_int_equal(job.keypair_count, 1);
	/* More units: the next one that is connected makes up for them. */
	add_units(2);
	batch_keypairs_continue(&job);
	run_timers();
	assert_int_equal(job.keypair_count, 3);
	/* As many as ever if nobody knows how many there will be. */
	job.scheduler.more = true;
	batch_keypairs_continue(&job);
	run_timers();
	assert_int_equal(job.keypair_count, BATCH_KEYPAIRS);
}

static void none_is_generated_where_none_is_needed(void **state)
{
	(void)state;
	options.sc = SMP_SC_OFF;
	batch_keypairs_start(&job);
	run_timers();
	assert_int_equal(job.keypair_count, 0);
	options.sc = SMP_SC_PREFER;
	options.oob_own = "own.json"; /* its key pair is in the file */
	batch_keypairs_start(&job);
	run_timers();
	assert_int_equal(job.keypair_count, 0);
}

static void none_is_generated_any_more_when_the_job_ends(void **state)
{
	(void)state;
	add_units(2);
	batch_keypairs_start(&job);
	batch_stop(&job.scheduler, BATCH_TIME_OVER);
	run_timers();
	assert_int_equal(job.keypair_count, 0);
	job.scheduler.stop = BATCH_RUNNING;
	batch_keypairs_start(&job);
	batch_keypairs_stop(&job);
	run_timers();
	assert_int_equal(job.keypair_count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(they_are_generated_ahead),
		CASE(one_is_generated_at_a_time),
		CASE(each_is_given_once_and_replaced),
		CASE(no_more_are_generated_than_there_are_units),
		CASE(none_is_generated_where_none_is_needed),
		CASE(none_is_generated_any_more_when_the_job_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
