/* SPDX-License-Identifier: MIT */
/* Which controller gets a unit, and which unit a controller gets. */
#include "cli/batch/schedule.h"

#include "batch/job.h"

/* ---- Which controller ------------------------------------------------------------------------ */

static void a_unit_goes_to_the_controller_with_the_least_to_do(void **state)
{
	(void)state;
	add_addresses(6);
	join(3);
	see(0, 0);
	see(0, 1);
	see(1, 2);
	(void)begin(1); /* a link counts as much as a unit in the queue */
	see(1, 3);
	see(0, 4);
	see(1, 4);
	see(2, 4);
	assert_int_equal(units[4].controller, 2);
	see(2, 5);
	see(1, 5);
	assert_int_equal(units[5].controller, 2);
	assert_int_equal(batch.controllers[2].ready_count, 2);
}

static void units_of_one_that_goes_down_follow_the_least_load(void **state)
{
	(void)state;
	add_addresses(4);
	join(3);
	see(0, 2);
	see(0, 3);
	see(2, 1);
	for (size_t i = 3; i--;)
		see(i, 0);
	assert_int_equal(units[0].controller, 1);
	for (size_t i = 0; i < 2; i++)
		(void)end(begin(0), BATCH_SUCCEEDED, -1);
	batch_controller_down(&batch, 1);
	assert_int_equal(units[0].controller, 0);
}

static void a_controller_that_connects_has_something_to_do(void **state)
{
	(void)state;
	add_addresses(2);
	join(2);
	see(0, 0);
	see(0, 1);
	assert_ptr_equal(batch_next(&batch, now, 0), &units[0]);
	see(1, 1);
	assert_int_equal(units[1].controller, 1);
	assert_ptr_equal(batch_next(&batch, now, 1), &units[1]);
}

/* It may be nearer to another one: a signal is no proof of the place. */
static void a_bound_unit_goes_to_its_controller_only(void **state)
{
	(void)state;
	add_addresses(2);
	join(2);
	batch_bind_unit(&batch, &units[0], 1);
	see(0, 0);
	assert_int_equal(units[0].state, BATCH_WAITING);
	assert_true(units[0].heard_elsewhere);
	assert_null(batch_next(&batch, now, 0));
	see(1, 0);
	see(0, 0);
	assert_null(batch_next(&batch, now, 0));
	assert_ptr_equal(begin(1), &units[0]);
	see(0, 1); /* the other unit is free */
	assert_ptr_equal(begin(0), &units[1]);
	assert_false(units[1].heard_elsewhere);
}

/* A failure gives an unbound unit to another controller. */
static void a_bound_unit_is_tried_again_by_its_controller(void **state)
{
	(void)state;
	add_addresses(1);
	join(2);
	batch_bind_unit(&batch, &units[0], 1);
	for (unsigned n = 0; n < 2; n++) {
		see(0, 0);
		see(1, 0);
		assert_null(begin(0));
		assert_ptr_equal(begin(1), &units[0]);
		assert_int_equal(end(&units[0], BATCH_LOST, 8), BATCH_AGAIN);
		now = due;
		batch_tick(&batch, now);
	}
	batch_controller_down(&batch, 1); /* nor when that is reset */
	see(0, 0);
	assert_null(begin(0));
	assert_int_equal(units[0].state, BATCH_WAITING);
}

static void units_of_one_name_differ_by_their_slots(void **state)
{
	static char pattern[] = "SENSOR-*";
	const struct batch_advertiser device = {.address = address(7),
						.connectable = true,
						.name = (const uint8_t *)"SENSOR-7",
						.name_len = 8};

	(void)state;
	join(2);
	for (size_t i = 0; i < 2; i++) {
		units[i].spec.name = pattern;
		assert_int_equal(batch_add_unit(&batch, &units[i]), 0);
		batch_bind_unit(&batch, &units[i], i);
	}
	batch_saw(&batch, now, 1, &device);
	batch_saw(&batch, now, 0, &device); /* it is the other unit already */
	assert_null(begin(0));
	assert_ptr_equal(begin(1), &units[1]);
}

/* Which hears it too, and may have a row that its name matches. */
static void a_bound_device_is_no_other_unit_of_a_neighbour(void **state)
{
	static char pattern[] = "unit*";
	const struct batch_advertiser device = {.address = address(0),
						.connectable = true,
						.name = (const uint8_t *)"unit",
						.name_len = 4};

	(void)state;
	add_addresses(1);
	join(2);
	units[1].spec.name = pattern;
	assert_int_equal(batch_add_unit(&batch, &units[1]), 0);
	for (size_t i = 0; i < 2; i++)
		batch_bind_unit(&batch, &units[i], i);
	batch_saw(&batch, now, 1, &device);
	assert_null(begin(1));
	assert_true(units[0].heard_elsewhere);
	batch_saw(&batch, now, 0, &device);
	assert_ptr_equal(begin(0), &units[0]);
}

/* They are left, and did not fail; those of the other controller are paired first. */
static void the_units_of_a_controller_that_is_gone_do_not_hold_up_the_end(void **state)
{
	(void)state;
	add_addresses(3);
	join(2);
	batch_bind_unit(&batch, &units[0], 0);
	batch_bind_unit(&batch, &units[1], 1);
	batch_controller_down(&batch, 0);
	batch_controller_gone(&batch, now, 0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	see(1, 1);
	(void)end(begin(1), BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	see(1, 2);
	(void)end(begin(1), BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_NO_CONTROLLER);
	assert_int_equal(batch.counts[BATCH_FAILED], 0);
}

static void enough_units_are_enough_without_a_controller_that_is_gone(void **state)
{
	(void)state;
	batch.until = 1;
	add_addresses(2);
	join(2);
	for (size_t i = 0; i < 2; i++)
		batch_bind_unit(&batch, &units[i], i);
	batch_controller_down(&batch, 1);
	batch_controller_gone(&batch, now, 1);
	see(0, 0);
	(void)end(begin(0), BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
}

/* Two units of different controllers are begun, and there are more: --limit 2. */
static void begin_two_of_four(void)
{
	batch.limit = 2;
	add_addresses(4);
	join(2);
	for (size_t i = 0; i < 4; i++)
		batch_bind_unit(&batch, &units[i], i % 2);
	for (size_t i = 0; i < 2; i++) {
		see(i, i);
		assert_ptr_equal(begin(i), &units[i]);
	}
}

static void lose(size_t controller)
{
	batch_controller_down(&batch, controller);
	batch_controller_gone(&batch, now, controller);
}

/* --limit: those that were not begun are not waited for. */
static void a_begun_unit_of_a_controller_that_is_gone_does_not_hold_up_the_limit(void **state)
{
	(void)state;
	begin_two_of_four();
	assert_int_equal(end(&units[0], BATCH_LOST, 8), BATCH_AGAIN);
	lose(0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	see(1, 3);
	(void)end(&units[1], BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_NO_CONTROLLER);
	(void)over(NULL);

	/* In the other order. */
	(void)fresh(NULL);
	begin_two_of_four();
	assert_int_equal(end(&units[0], BATCH_LOST, 8), BATCH_AGAIN);
	(void)end(&units[1], BATCH_SUCCEEDED, -1);
	see(1, 3);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	lose(0);
	assert_int_equal(batch.stop, BATCH_NO_CONTROLLER);
	(void)over(NULL);

	/* One that has ended is not left, and the limit is not reached. */
	(void)fresh(NULL);
	begin_two_of_four();
	batch.limit = 3;
	(void)end(&units[0], BATCH_LOST, 8);
	(void)end(&units[1], BATCH_SUCCEEDED, -1);
	lose(0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	see(1, 3);
	assert_ptr_equal(begin(1), &units[3]);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	(void)end(&units[3], BATCH_REFUSED, 3);
	assert_int_equal(batch.stop, BATCH_NO_CONTROLLER);
	(void)over(NULL);

	(void)fresh(NULL);
	begin_two_of_four();
	(void)end(&units[0], BATCH_REFUSED, 3);
	assert_int_equal(end(&units[1], BATCH_LOST, 8), BATCH_AGAIN);
	lose(0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	now = due;
	batch_tick(&batch, now);
	(void)end(begin(1), BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
}

/* Each row of standard input is answered: such a unit has a limit of its own. */
static void
a_row_of_a_controller_that_is_gone_is_answered_before_the_limit_ends_the_run(void **state)
{
	(void)state;
	batch.more = true;
	begin_two_of_four();
	assert_int_equal(end(&units[0], BATCH_LOST, 8), BATCH_AGAIN);
	(void)end(&units[1], BATCH_SUCCEEDED, -1);
	lose(0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	(void)end(&units[0], BATCH_NOT_SEEN, -1);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
}

/* Its attempt ends when its result is stored: it may be paired, or be left. */
static void the_end_waits_for_the_verdict_on_a_unit_whose_controller_is_gone(void **state)
{
	(void)state;
	begin_two_of_four();
	(void)end(&units[1], BATCH_SUCCEEDED, -1);
	lose(0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	(void)end(&units[0], BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
	(void)over(NULL);

	(void)fresh(NULL);
	begin_two_of_four();
	(void)end(&units[1], BATCH_SUCCEEDED, -1);
	lose(0);
	assert_int_equal(end(&units[0], BATCH_CONTROLLER_FAILED, -1), BATCH_AGAIN);
	assert_int_equal(batch.stop, BATCH_NO_CONTROLLER);
}

/* The rest of the queue goes to those that saw it too; the controller must see it anew. */
static void a_controller_that_comes_up_again_starts_anew(void **state)
{
	(void)state;
	add_addresses(4);
	join(2);
	see(1, 2);
	see(1, 3);
	see(0, 0);
	see(1, 0);
	assert_int_equal(units[0].controller, 0);
	(void)batch_next(&batch, now, 0);
	see(0, 1);
	see(1, 1);
	assert_int_equal(units[1].controller, 0);
	(void)end(&units[0], BATCH_CONTROLLER_FAILED, -1);
	batch_controller_down(&batch, 0);
	assert_int_equal(batch.controllers[0].ready_count, 0);
	assert_null(batch_next(&batch, now, 0));
	batch_controller_up(&batch, now, 0);
	assert_int_equal(units[1].seen_by, 2);
	assert_int_equal(units[1].controller, 1);
	assert_false(batch.controllers[0].connecting);
	assert_int_equal(batch.controllers[0].links, 0);
	assert_null(batch_next(&batch, now, 0)); /* it has seen neither */
	see(0, 1);
	assert_ptr_equal(batch_next(&batch, now, 0), &units[1]);
}

static void a_controller_that_is_down_gets_no_unit(void **state)
{
	(void)state;
	add_addresses(1);
	assert_int_equal(batch_add_controller(&batch), 0);
	see(0, 0);
	assert_int_equal(units[0].state, BATCH_WAITING);
	assert_null(batch_next(&batch, now, 0));
	batch_controller_up(&batch, now, 0);
	see(0, 0);
	assert_ptr_equal(batch_next(&batch, now, 0), &units[0]);
}

/* What ends after its controller went down changes nothing of the controller. */
static void links_of_a_controller_that_went_down_do_not_count(void **state)
{
	struct batch_unit *u;

	(void)state;
	add_addresses(2);
	join(1);
	see(0, 0);
	see(0, 1);
	u = begin(0);
	batch_controller_down(&batch, 0);
	(void)end(u, BATCH_CONTROLLER_FAILED, -1);
	assert_int_equal(batch.controllers[0].links, 0);
	assert_int_equal(batch.controllers[0].failed, 0);
	assert_int_equal(u->state, BATCH_WAITING);
}

static void links_are_limited_by_option_and_by_the_host(void **state)
{
	static const unsigned options[] = {0, 1, HCI_LINKS_MAX, HCI_LINKS_MAX + 1};
	static const unsigned limits[] = {HCI_LINKS_MAX, 1, HCI_LINKS_MAX, HCI_LINKS_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(options); i++) {
		batch.links = options[i];
		assert_int_equal(batch_add_controller(&batch), i);
		assert_int_equal(batch.controllers[i].limit, limits[i]);
	}
	add_addresses(2);
	batch_controller_up(&batch, now, 1);
	see(1, 0);
	see(1, 1);
	assert_non_null(begin(1));
	assert_null(begin(1));
}

static void the_most_links_at_a_time_are_kept(void **state)
{
	(void)state;
	add_addresses(3);
	join(1);
	for (size_t i = 0; i < 3; i++)
		see(0, i);
	(void)begin(0);
	(void)begin(0);
	(void)end(&units[0], BATCH_SUCCEEDED, -1);
	(void)begin(0);
	assert_int_equal(batch.controllers[0].most, 2);
	assert_int_equal(batch.controllers[0].links, 2);
	(void)end(&units[1], BATCH_REFUSED, 3);
	assert_int_equal(batch.controllers[0].paired, 1);
	assert_int_equal(batch.controllers[0].failed, 1);
	assert_int_equal(batch.attempts, 3);
	assert_int_equal(batch.begun, 3);
}

/* A connection that fails does not free a link of another unit. */
static void a_failed_connection_was_no_link(void **state)
{
	struct batch_unit *u;

	(void)state;
	add_addresses(2);
	join(1);
	see(0, 0);
	see(0, 1);
	(void)begin(0);
	u = batch_next(&batch, now, 0);
	(void)end(u, BATCH_NO_ANSWER, -1);
	assert_int_equal(batch.controllers[0].links, 1);
	assert_false(batch.controllers[0].connecting);
	/* And a link that ends does not end a connection under way. */
	see(0, 1);
	assert_ptr_equal(batch_next(&batch, now, 0), u);
	(void)end(&units[0], BATCH_SUCCEEDED, -1);
	assert_true(batch.controllers[0].connecting);
	assert_int_equal(batch.controllers[0].links, 0);
}

static void only_first_attempts_on_the_radio_make_a_controller_suspect(void **state)
{
	static const struct {
		enum batch_end end;
		unsigned in_row;
	} cases[] = {
		{BATCH_NO_ANSWER, 1},
		{BATCH_NOT_ESTABLISHED, 2},
		{BATCH_LOST, 3},
		{BATCH_SMP_TIMEOUT, 4},
		{BATCH_CONTROLLER_FAILED, 4},
		{BATCH_CANCELLED, 4},
		{BATCH_UNIT_TIMEOUT, 0},
		{BATCH_LOST, 1},
		{BATCH_UNENCRYPTED, 0},
		{BATCH_LOST, 1},
		{BATCH_SUCCEEDED, 0},
	};

	(void)state;
	add_addresses(COUNT(cases));
	join(1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		see(0, i);
		struct batch_unit *u = batch_next(&batch, now, 0);
		assert_non_null(u);
		batch_linked(&batch, u);
		(void)end(u, cases[i].end, -1);
		assert_int_equal(batch.controllers[0].failures_in_row, cases[i].in_row);
		/* What is to be tried again must not come before the next unit. */
		if (u->state == BATCH_READY) {
			(void)batch_next(&batch, now, 0);
			(void)end(u, BATCH_UNIT_TIMEOUT, -1);
			batch.controllers[0].failures_in_row = cases[i].in_row;
		}
	}
}

static void resets_are_counted_until_a_sign_of_life(void **state)
{
	(void)state;
	add_addresses(3);
	join(2);
	assert_int_equal(batch_count_reset(&batch, 0), 0);
	assert_int_equal(batch_count_reset(&batch, 0), 1);
	assert_int_equal(batch_count_reset(&batch, 1), 0); /* each has its own */
	for (size_t i = 0; i < 3; i++)
		see(0, i);
	(void)end(begin(0), BATCH_LOST, 8);
	assert_int_equal(batch_count_reset(&batch, 0), 2);
	(void)end(begin(0), BATCH_CANCELLED, -1);
	assert_int_equal(batch_count_reset(&batch, 0), 3);
	(void)end(begin(0), BATCH_SUCCEEDED, -1);
	assert_int_equal(batch_count_reset(&batch, 0), 0);
}

/* A plug without contact: five losses in a row, and no attempt between them that shows anything. */
static void one_that_is_lost_again_and_again_does_not_return(void **state)
{
	(void)state;
	add_addresses(1);
	join(2);
	for (size_t i = 0; i < 5; i++)
		assert_true(batch_may_return(&batch, 0));
	assert_false(batch_may_return(&batch, 0));
	assert_true(batch_may_return(&batch, 1));
	see(0, 0);
	(void)end(begin(0), BATCH_SUCCEEDED, -1);
	assert_true(batch_may_return(&batch, 0));
}

/* ---- A controller that is away --------------------------------------------------------------- */

/* --scan-timeout: nothing was seen, but nobody could see what only this controller hears. */
static void nobody_is_missed_while_a_controller_is_away(void **state)
{
	(void)state;
	batch.idle_timeout = 30 * SECOND;
	add_addresses(1);
	join(2);
	batch_controller_down(&batch, 1);
	assert_int_equal(batch_deadline(&batch), UINT64_MAX);
	now += 50 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	batch_controller_up(&batch, now, 1);
	assert_int_equal(batch_deadline(&batch), now + 30 * SECOND);

	/* The same once it is out of service. */
	batch_controller_down(&batch, 1);
	now += 40 * SECOND;
	batch_controller_gone(&batch, now, 1);
	assert_int_equal(batch_deadline(&batch), now + 30 * SECOND);
	now += 30 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_NONE_SEEN);
}

/* Its driver may be slow, and a question about it may be answered late. */
static void nobody_is_missed_before_each_controller_has_come_up(void **state)
{
	(void)state;
	batch.idle_timeout = 30 * SECOND;
	add_addresses(1);
	for (size_t i = 0; i < 3; i++)
		(void)batch_add_controller(&batch);
	assert_true(batch_is_unheard(&batch, &units[0]));
	now += 31 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	batch_controller_up(&batch, now, 0);
	assert_false(batch_is_unheard(&batch, &units[0]));
	now += 31 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	batch_controller_down(&batch, 1); /* it hung, and is brought up anew */
	batch_controller_up(&batch, now, 1);
	assert_int_equal(batch_deadline(&batch), UINT64_MAX);
	now += 5 * SECOND;
	batch_controller_gone(&batch, now, 2); /* it cannot be opened */
	assert_int_equal(batch_deadline(&batch), now + 30 * SECOND);
}

/* --replug-timeout was over before, so the time did not stand still for it. */
static void one_that_is_late_has_the_whole_time_once_it_is_back(void **state)
{
	(void)state;
	batch.idle_timeout = 30 * SECOND;
	add_addresses(1);
	join(2);
	batch_controller_down(&batch, 1);
	batch_controller_gone(&batch, now, 1);
	now += 25 * SECOND;
	batch_controller_up(&batch, now, 1);
	assert_int_equal(batch_deadline(&batch), now + 30 * SECOND);
}

static void one_that_is_back_serves_its_slot_again(void **state)
{
	(void)state;
	add_addresses(2);
	join(2);
	batch_bind_unit(&batch, &units[0], 1);
	assert_false(batch_is_unheard(&batch, &units[0]));
	batch_controller_down(&batch, 1);
	assert_true(batch_is_unheard(&batch, &units[0]));
	assert_false(batch_is_unheard(&batch, &units[1])); /* the other controller hears it */
	assert_false(batch_is_stranded(&batch, &units[0]));
	batch_controller_gone(&batch, now, 1);
	assert_false(batch_is_unheard(&batch, &units[0]));
	assert_true(batch_is_stranded(&batch, &units[0]));
	batch_controller_up(&batch, now, 1);
	assert_false(batch_is_stranded(&batch, &units[0]));
	see(1, 0);
	assert_ptr_equal(begin(1), &units[0]);
}

static void a_unit_is_heard_since_a_controller_that_may_connect_it_is_up(void **state)
{
	const uint64_t first = now;

	(void)state;
	add_addresses(2);
	join(2);
	batch_bind_unit(&batch, &units[0], 1);
	now += SECOND;
	batch_controller_down(&batch, 1);
	assert_int_equal(batch_heard_since(&batch, &units[0]), 0);
	now += SECOND;
	batch_controller_up(&batch, now, 1);
	assert_int_equal(batch_heard_since(&batch, &units[0]), now);
	assert_int_equal(batch_heard_since(&batch, &units[1]), first); /* by the other one */
	batch_controller_down(&batch, 0);
	assert_int_equal(batch_heard_since(&batch, &units[1]), now);
}

/* Its attempt does not count, nor does the time that it lost. */
static void a_unit_pays_nothing_for_its_controller(void **state)
{
	struct batch_unit *u;

	(void)state;
	batch.unit_timeout = 90 * SECOND;
	add_addresses(1);
	join(1);
	see(0, 0);
	u = begin(0);
	(void)end(u, BATCH_LOST, 8);
	assert_int_equal(u->tries, 1);
	now = due;
	batch_tick(&batch, now);
	u = begin(0);
	batch_controller_down(&batch, 0);
	assert_int_equal(end(u, BATCH_CONTROLLER_FAILED, -1), BATCH_AGAIN);
	assert_int_equal(u->tries, 1);
	assert_int_equal(batch.interrupted, 1);
	assert_int_equal(batch.controllers[0].interrupted, 1);
	now += 100 * SECOND;
	batch_controller_up(&batch, now, 0);
	see(0, 0);
	assert_ptr_equal(begin(0), u);
	assert_int_equal(u->begun, now);
	assert_int_equal(end(u, BATCH_LOST, 8), BATCH_AGAIN);
	assert_int_equal(u->tries, 2);
	assert_int_equal(batch.interrupted, 1);
	assert_int_equal(batch.begun, 1);
}

/* ---- Which unit ------------------------------------------------------------------------------ */

static void a_unit_that_was_not_seen_lately_must_be_seen_again(void **state)
{
	(void)state;
	add_addresses(2);
	join(1);
	see(0, 0);
	now += 1;
	see(0, 1);
	now += 30 * SECOND;
	assert_ptr_equal(batch_next(&batch, now, 0), &units[1]); /* 30 s ago, and no more */
	assert_int_equal(units[1].waited, 30 * SECOND);
	assert_int_equal(units[0].state, BATCH_WAITING);
	(void)end(&units[1], BATCH_REFUSED, 3);
	assert_null(batch_next(&batch, now, 0));
	see(0, 0);
	assert_ptr_equal(batch_next(&batch, now, 0), &units[0]);
	assert_int_equal(units[0].waited, 0);
}

static void a_device_that_cannot_be_connected_is_ignored(void **state)
{
	const struct batch_advertiser beacon = {.address = address(0)};

	(void)state;
	add_addresses(1);
	join(1);
	batch_saw(&batch, now, 0, &beacon);
	assert_int_equal(units[0].state, BATCH_WAITING);
	assert_int_equal(units[0].last_seen, 0);
	see(0, 0);
	assert_int_equal(units[0].state, BATCH_READY);
}

static void an_excluded_device_is_ignored(void **state)
{
	const struct crypto_address excluded = address(0);

	(void)state;
	add_addresses(2);
	join(1);
	assert_int_equal(batch_exclude_device(&batch, &excluded, NULL), 0);
	see(0, 0);
	see(0, 1);
	assert_int_equal(units[0].state, BATCH_WAITING);
	assert_int_equal(units[1].state, BATCH_READY);
}

/* A unit of a pattern was seen as one device, which went away; another one that fits comes. */
static void a_unit_may_become_another_device(void **state)
{
	static char pattern[] = "S*";
	struct batch_advertiser first = {.connectable = true,
					 .address = address(1),
					 .name = (const uint8_t *)"S",
					 .name_len = 1},
				second = first;

	(void)state;
	join(1);
	units[0].spec.name = pattern;
	assert_int_equal(batch_add_unit(&batch, &units[0]), 0);
	batch_saw(&batch, now, 0, &first);
	assert_int_equal(units[0].state, BATCH_READY);
	now += 31 * SECOND;
	assert_null(batch_next(&batch, now, 0)); /* it waits again */
	second.address = address(2);
	batch_saw(&batch, now, 0, &second);
	assert_true(address_equal(&units[0].peer, &second.address));
	/* The first one comes back: it is not this unit any more. */
	batch_saw(&batch, now, 0, &first);
	assert_true(address_equal(&units[0].peer, &second.address));
	assert_ptr_equal(batch_next(&batch, now, 0), &units[0]);
}

static void a_stopped_batch_starts_nothing_and_keeps_its_reason(void **state)
{
	(void)state;
	batch.idle_timeout = SECOND;
	add_addresses(3);
	join(1);
	see(0, 0);
	see(0, 1);
	struct batch_unit *u = begin(0);
	batch_stop(&batch, BATCH_TIME_OVER);
	batch_stop(&batch, BATCH_INTERRUPTED);
	assert_int_equal(batch.stop, BATCH_TIME_OVER);
	assert_false(batch_is_over(&batch)); /* one is under way */
	assert_null(batch_next(&batch, now, 0));
	see(0, 2);
	assert_int_equal(units[2].state, BATCH_WAITING);
	(void)end(u, BATCH_LOST, 8);
	assert_true(batch_is_over(&batch));
	assert_int_equal(batch_deadline(&batch), UINT64_MAX);
	now += 100 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_TIME_OVER);
}

static void units_paired_before_count_for_until(void **state)
{
	(void)state;
	batch.until = 2;
	batch_add_paired_before(&batch, &units[5]);
	add_addresses(3);
	join(1);
	assert_int_equal(batch.total, 4);
	assert_int_equal(batch.counts[BATCH_PAIRED], 1);
	see(0, 0);
	see(0, 1);
	assert_non_null(begin(0));
	assert_null(begin(0));
	(void)end(&units[0], BATCH_SUCCEEDED, -1);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
}

/* --limit: a unit that must be seen again is still one of those that were begun. */
static void a_begun_unit_may_be_tried_again_within_the_limit(void **state)
{
	(void)state;
	batch.limit = 1;
	add_addresses(2);
	join(1);
	see(0, 0);
	see(0, 1);
	(void)end(batch_next(&batch, now, 0), BATCH_NO_ANSWER, -1);
	assert_null(batch_next(&batch, now, 0)); /* the other one would be one too many */
	assert_int_equal(units[1].state, BATCH_WAITING);
	see(0, 0);
	assert_ptr_equal(begin(0), &units[0]);
	assert_int_equal(batch.begun, 1);
	(void)end(&units[0], BATCH_REFUSED, 3);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_unit_goes_to_the_controller_with_the_least_to_do,
						fresh, over),
		cmocka_unit_test_setup_teardown(units_of_one_that_goes_down_follow_the_least_load,
						fresh, over),
		cmocka_unit_test_setup_teardown(a_controller_that_connects_has_something_to_do,
						fresh, over),
		cmocka_unit_test_setup_teardown(a_bound_unit_goes_to_its_controller_only, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_bound_unit_is_tried_again_by_its_controller,
						fresh, over),
		cmocka_unit_test_setup_teardown(units_of_one_name_differ_by_their_slots, fresh,
						over),
		cmocka_unit_test_setup_teardown(
			the_units_of_a_controller_that_is_gone_do_not_hold_up_the_end, fresh, over),
		cmocka_unit_test_setup_teardown(a_bound_device_is_no_other_unit_of_a_neighbour,
						fresh, over),
		cmocka_unit_test_setup_teardown(
			enough_units_are_enough_without_a_controller_that_is_gone, fresh, over),
		cmocka_unit_test_setup_teardown(
			a_begun_unit_of_a_controller_that_is_gone_does_not_hold_up_the_limit, fresh,
			over),
		cmocka_unit_test_setup_teardown(
			a_row_of_a_controller_that_is_gone_is_answered_before_the_limit_ends_the_run,
			fresh, over),
		cmocka_unit_test_setup_teardown(
			the_end_waits_for_the_verdict_on_a_unit_whose_controller_is_gone, fresh,
			over),
		cmocka_unit_test_setup_teardown(a_controller_that_comes_up_again_starts_anew, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_controller_that_is_down_gets_no_unit, fresh,
						over),
		cmocka_unit_test_setup_teardown(links_of_a_controller_that_went_down_do_not_count,
						fresh, over),
		cmocka_unit_test_setup_teardown(links_are_limited_by_option_and_by_the_host, fresh,
						over),
		cmocka_unit_test_setup_teardown(the_most_links_at_a_time_are_kept, fresh, over),
		cmocka_unit_test_setup_teardown(a_failed_connection_was_no_link, fresh, over),
		cmocka_unit_test_setup_teardown(
			only_first_attempts_on_the_radio_make_a_controller_suspect, fresh, over),
		cmocka_unit_test_setup_teardown(resets_are_counted_until_a_sign_of_life, fresh,
						over),
		cmocka_unit_test_setup_teardown(one_that_is_lost_again_and_again_does_not_return,
						fresh, over),
		cmocka_unit_test_setup_teardown(nobody_is_missed_while_a_controller_is_away, fresh,
						over),
		cmocka_unit_test_setup_teardown(nobody_is_missed_before_each_controller_has_come_up,
						fresh, over),
		cmocka_unit_test_setup_teardown(one_that_is_late_has_the_whole_time_once_it_is_back,
						fresh, over),
		cmocka_unit_test_setup_teardown(one_that_is_back_serves_its_slot_again, fresh,
						over),
		cmocka_unit_test_setup_teardown(
			a_unit_is_heard_since_a_controller_that_may_connect_it_is_up, fresh, over),
		cmocka_unit_test_setup_teardown(a_unit_pays_nothing_for_its_controller, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_unit_that_was_not_seen_lately_must_be_seen_again,
						fresh, over),
		cmocka_unit_test_setup_teardown(a_device_that_cannot_be_connected_is_ignored, fresh,
						over),
		cmocka_unit_test_setup_teardown(an_excluded_device_is_ignored, fresh, over),
		cmocka_unit_test_setup_teardown(a_unit_may_become_another_device, fresh, over),
		cmocka_unit_test_setup_teardown(a_stopped_batch_starts_nothing_and_keeps_its_reason,
						fresh, over),
		cmocka_unit_test_setup_teardown(units_paired_before_count_for_until, fresh, over),
		cmocka_unit_test_setup_teardown(a_begun_unit_may_be_tried_again_within_the_limit,
						fresh, over),
	};
	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
