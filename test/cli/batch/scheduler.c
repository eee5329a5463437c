/* SPDX-License-Identifier: MIT */
/* Which unit is paired when and by which controller. Time is a number. */
#include "cli/batch/schedule.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch/job.h"
#include "heap.h"

/* One connection is created at a time, several links are up, each unit is begun once. */
static void one_unit_is_connected_at_a_time(void **state)
{
	struct batch_unit *first, *second;

	(void)state;
	add_addresses(3);
	join(1);
	assert_null(batch_next(&batch, now, 0)); /* no unit was seen */
	for (size_t i = 0; i < 3; i++) {
		see(0, i);
		see(0, i);
	}
	see(0, 77); /* no unit */
	assert_int_equal(batch.counts[BATCH_READY], 3);
	first = batch_next(&batch, now, 0);
	assert_ptr_equal(first, &units[0]);
	assert_null(batch_next(&batch, now, 0));
	batch_linked(&batch, first);
	second = batch_next(&batch, now, 0);
	assert_ptr_equal(second, &units[1]);
	see(0, 0); /* it advertises on: it is under way */
	assert_int_equal(batch.counts[BATCH_ACTIVE], 2);
	batch_linked(&batch, second);
	assert_int_equal(batch.controllers[0].links, 2);
	assert_int_equal(end(first, BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(end(second, BATCH_SUCCEEDED, 0), BATCH_FINAL);
	see(0, 0); /* it is paired: never again */
	assert_int_equal(end(begin(0), BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(batch.counts[BATCH_PAIRED], 3);
	assert_int_equal(batch.stop, BATCH_ALL_ENDED);
	assert_true(batch_is_over(&batch));
}

/* 0x09: what it had is its limit, and the attempt does not count. */
static void the_number_of_links_is_learnt(void **state)
{
	struct batch_unit *u;

	(void)state;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	(void)begin(0);
	(void)begin(0);
	u = batch_next(&batch, now, 0);
	assert_int_equal(end(u, BATCH_CONTROLLER_FULL, 9), BATCH_AGAIN);
	assert_int_equal(u->tries, 0);
	assert_int_equal(u->state, BATCH_READY);
	assert_int_equal(batch.controllers[0].limit, 2);
	assert_null(batch_next(&batch, now, 0));
	(void)end(&units[0], BATCH_SUCCEEDED, 0);
	assert_non_null(begin(0));
	assert_null(batch_next(&batch, now, 0));
	/* One that is full without a link is not full: such a unit cannot be had. */
	(void)end(&units[1], BATCH_SUCCEEDED, 0);
	for (size_t i = 0; i < 5; i++)
		if (units[i].state == BATCH_ACTIVE)
			(void)end(&units[i], BATCH_SUCCEEDED, 0);
	u = batch_next(&batch, now, 0);
	(void)end(u, BATCH_CONTROLLER_FULL, 9);
	assert_int_equal(u->tries, 1);
	assert_int_equal(batch.controllers[0].limit, 2);
}

/* Every row: so many attempts, such waits; then it is given up. */
static void every_row_of_the_policy_is_followed(void **state)
{
	const struct batch_policy *p;

	(void)state;
	for (size_t i = 0; (p = batch_policy_row(i)); i++) {
		uint64_t last = 0;
		int code = p->code < 0 ? 0x55 : p->code;

		if (p->end == BATCH_SUCCEEDED || p->end == BATCH_NOT_SEEN || !p->tries)
			continue;
		assert_ptr_equal(batch_policy(p->end, code), p);
		(void)fresh(NULL);
		add_addresses(1);
		join(1);
		for (unsigned n = 1; n <= p->tries; n++) {
			see(0, 0);
			struct batch_unit *u = begin(0);
			assert_ptr_equal(u, &units[0]);
			now += SECOND / 10;
			assert_int_equal(end(u, p->end, code),
					 n < p->tries ? BATCH_AGAIN : BATCH_FINAL);
			if (n == p->tries)
				break;
			assert_true(due > now);
			assert_true(p->longer && n > 1 ? due - now == 2 * last : true);
			last = due - now;
			if (p->see) {
				assert_null(batch_next(&batch, now, 0));
				continue;
			}
			see(0, 0); /* too early */
			assert_null(batch_next(&batch, now, 0));
			assert_int_equal(batch_deadline(&batch), due);
			now = due;
			batch_tick(&batch, now);
		}
		assert_int_equal(units[0].state, BATCH_FAILED);
		assert_int_equal(batch.causes[0].count, 1);
		assert_int_equal(batch.causes[0].end, p->end);
		assert_int_equal(batch.stop, BATCH_ALL_ENDED);
		batch_scheduler_free(&batch);
	}
}

static void a_unit_timeout_limits_all_attempts(void **state)
{
	struct batch_unit *u;

	(void)state;
	batch.unit_timeout = 3 * SECOND;
	add_addresses(1);
	join(1);
	see(0, 0);
	now += 20 * SECOND; /* the time in the queue does not count */
	u = begin(0);
	now += SECOND;
	assert_int_equal(end(u, BATCH_LOST, 8), BATCH_AGAIN);
	now += SECOND;
	batch_tick(&batch, now);
	u = begin(0);
	/* The next attempt would be too late. */
	assert_int_equal(end(u, BATCH_LOST, 8), BATCH_FINAL);
	assert_int_equal(u->state, BATCH_FAILED);
}

/* Two controllers share what both see; one that goes down gives its units to the other. */
static void controllers_share_units_and_take_over(void **state)
{
	struct batch_unit *a, *c;

	(void)state;
	add_addresses(10);
	join(2);
	for (size_t s = 0; s < 2; s++)
		for (size_t i = 0; i < 10; i++)
			see(s, i);
	assert_int_equal(batch.controllers[0].ready_count, 5);
	assert_int_equal(batch.controllers[1].ready_count, 5);
	a = begin(0);
	c = begin(1);
	assert_ptr_not_equal(a, c);
	now += SECOND;
	see(1, (size_t)(a - units));
	assert_int_equal(a->waited, 0); /* it was seen again since it began */
	assert_int_equal(end(a, BATCH_CONTROLLER_FAILED, 0), BATCH_AGAIN);
	assert_int_equal(a->tries, 0);
	batch_controller_down(&batch, 0);
	assert_int_equal(batch.controllers[0].ready_count, 0);
	assert_int_equal(batch.controllers[1].ready_count, 9);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(end(begin(1), BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(end(c, BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(batch.stop, BATCH_ALL_ENDED);
}

/* What only it saw waits to be seen by another. */
static void a_unit_waits_for_another_controller_to_see_it(void **state)
{
	(void)state;
	add_addresses(1);
	join(2);
	see(0, 0);
	batch_controller_down(&batch, 0);
	assert_int_equal(units[0].state, BATCH_WAITING);
	see(1, 0);
	assert_ptr_equal(batch_next(&batch, now, 1), &units[0]);
}

/* After a failure of the radio another controller tries, if it can. */
static void another_controller_tries_after_a_failure(void **state)
{
	struct batch_unit *u;

	(void)state;
	add_addresses(1);
	join(2);
	see(0, 0);
	u = begin(0);
	see(1, 0);
	(void)end(u, BATCH_NOT_ESTABLISHED, 0x3e);
	now = due;
	batch_tick(&batch, now);
	assert_null(batch_next(&batch, now, 0));
	assert_ptr_equal(batch_next(&batch, now, 1), u);
}

/* Five units in a row whose first attempt fails: the controller is suspected, not the units. */
static void a_controller_is_suspect_after_five_units_in_a_row(void **state)
{
	(void)state;
	add_addresses(12);
	join(1);
	for (size_t i = 0; i < 12; i++)
		see(0, i);
	for (size_t i = 0; i < 5; i++) {
		assert_false(batch_is_suspect(&batch, 0));
		(void)end(begin(0), BATCH_NOT_ESTABLISHED, 0x3e);
	}
	assert_true(batch_is_suspect(&batch, 0));
	assert_int_equal(batch_count_reset(&batch, 0), 0);
	batch_controller_down(&batch, 0);
	batch_controller_up(&batch, now, 0);
	assert_false(batch_is_suspect(&batch, 0));
	assert_int_equal(batch_count_reset(&batch, 0), 1);
	see(0, 11);
	assert_ptr_equal(batch_next(&batch, now, 0), &units[11]);
	batch_linked(&batch, &units[11]);
	(void)end(&units[11], BATCH_REFUSED, 3); /* that it was refused shows that it works */
	assert_int_equal(batch_count_reset(&batch, 0), 0);
}

static void one_bad_unit_makes_no_controller_suspect(void **state)
{
	(void)state;
	add_addresses(2);
	join(1);
	see(0, 0);
	for (int i = 0; i < 5; i++) {
		(void)end(begin(0), BATCH_NOT_ESTABLISHED, 0x3e);
		now = due;
		batch_tick(&batch, now);
	}
	assert_int_equal(units[0].state, BATCH_FAILED);
	assert_false(batch_is_suspect(&batch, 0));
}

static void failures_in_a_row_stop_the_batch(void **state)
{
	(void)state;
	batch.max_failures = 3;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	(void)end(begin(0), BATCH_REFUSED, 3);
	(void)end(begin(0), BATCH_SUCCEEDED, 0);
	(void)end(begin(0), BATCH_REFUSED, 3);
	(void)end(begin(0), BATCH_REFUSED, 5);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	(void)end(begin(0), BATCH_WE_REFUSED, 3);
	assert_int_equal(batch.stop, BATCH_ALL_ENDED); /* it was the last one */
	assert_int_equal(batch.cause_count, 3);
	(void)over(NULL);
	(void)fresh(NULL);
	batch.max_failures = 3;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	for (size_t i = 0; i < 3; i++)
		(void)end(begin(0), BATCH_REFUSED, 3);
	assert_int_equal(batch.stop, BATCH_MAX_FAILURES);
	assert_null(batch_next(&batch, now, 0));
	assert_true(batch_is_over(&batch));
}

/* Units that were never there say nothing of the controller, however many they are. */
static void absent_units_do_not_count_in_a_row(void **state)
{
	(void)state;
	batch.max_failures = 3;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 4; i++)
		(void)end(&units[i], BATCH_NOT_SEEN, 0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	assert_int_equal(batch.failures_in_row, 0);
}

static void until_counts_paired_units_and_limit_counts_begun_ones(void **state)
{
	struct batch_unit *u, *v;

	(void)state;
	batch.until = 2;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	u = begin(0);
	v = begin(0);
	assert_null(batch_next(&batch, now, 0)); /* two may be enough */
	(void)end(u, BATCH_REFUSED, 3);
	u = begin(0);
	assert_non_null(u);
	(void)end(u, BATCH_SUCCEEDED, 0);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	(void)end(v, BATCH_SUCCEEDED, 0);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
	(void)over(NULL);

	(void)fresh(NULL);
	batch.limit = 1;
	add_addresses(3);
	join(1);
	for (size_t i = 0; i < 3; i++)
		see(0, i);
	u = begin(0);
	assert_null(batch_next(&batch, now, 0));
	(void)end(u, BATCH_LOST, 8);
	assert_int_equal(batch.stop, BATCH_RUNNING); /* it is tried again */
	now = due;
	batch_tick(&batch, now);
	assert_ptr_equal(begin(0), u);
	(void)end(u, BATCH_SUCCEEDED, 0);
	assert_int_equal(batch.stop, BATCH_COUNT_REACHED);
}

static void without_any_unit_seen_it_stops(void **state)
{
	(void)state;
	batch.idle_timeout = 10 * SECOND;
	add_addresses(2);
	join(1);
	assert_int_equal(batch_deadline(&batch), now + 10 * SECOND);
	now += 5 * SECOND;
	see(0, 0);
	assert_int_equal(batch_deadline(&batch), UINT64_MAX); /* a unit is under way */
	struct batch_unit *u = begin(0);
	now += 20 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	(void)end(u, BATCH_SUCCEEDED, 0);
	assert_int_equal(batch_deadline(&batch), now + 10 * SECOND);
	now += 10 * SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_NONE_SEEN);
	assert_int_equal(end(&units[1], BATCH_NOT_SEEN, 0), BATCH_FINAL);
	assert_int_equal(batch.counts[BATCH_FAILED], 1);
	assert_int_equal(batch.counts[BATCH_WAITING], 0);
}

/* Rows that name a pattern: each takes a device of its own, a device serves one row. */
static void each_row_of_a_pattern_takes_its_own_device(void **state)
{
	char pattern[] = "SENSOR-*";
	const uint8_t name[] = "SENSOR-1";

	(void)state;
	join(1);
	for (size_t i = 0; i < 3; i++) {
		units[i].spec.name = pattern;
		assert_int_equal(batch_add_unit(&batch, &units[i]), 0);
	}
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < 2; i++) {
			struct batch_advertiser s = {.connectable = true,
						     .address = address(i),
						     .name = name,
						     .name_len = 8};
			batch_saw(&batch, now, 0, &s);
		}
	assert_int_equal(batch.counts[BATCH_READY], 2);
	assert_true(address_equal(
		&units[0].peer,
		&(struct crypto_address){.type = 1, .octets = {0, 0, 0, 0, 0, 0xc0}}));
	(void)end(begin(0), BATCH_REFUSED, 5);
	/* That one failed for good: the third row does not try it again. */
	struct batch_advertiser s = {
		.connectable = true, .address = address(0), .name = name, .name_len = 8};
	batch_saw(&batch, now, 0, &s);
	assert_int_equal(batch.counts[BATCH_READY], 1);
	assert_int_equal(batch.counts[BATCH_WAITING], 1);
}

/* Without a list: each device once, also one paired earlier, also behind a new address. */
static void a_match_pairs_each_device_once(void **state)
{
	struct batch_unit_spec any = {.has_rssi = true, .rssi = -60};
	struct crypto_address hidden, again;
	uint8_t irk[16] = {7};

	(void)state;
	batch.match = &any;
	join(1);
	assert_int_equal(
		batch_exclude_device(
			&batch,
			&(struct crypto_address){.type = 1, .octets = {5, 0, 0, 0, 0, 0xc0}}, NULL),
		0);
	see(0, 5);
	assert_int_equal(batch.counts[BATCH_READY], 0);
	see(0, 6);
	see(0, 6);
	assert_int_equal(batch.total, 1);
	struct batch_unit *u = begin(0);
	(void)end(u, BATCH_SUCCEEDED, 0);
	see(0, 6);
	assert_null(batch_next(&batch, now, 0));
	assert_int_equal(batch.stop, BATCH_RUNNING);

	assert_int_equal(address_make_resolvable(&hidden, irk), 0);
	do
		assert_int_equal(address_make_resolvable(&again, irk), 0);
	while (address_equal(&hidden, &again));
	struct batch_advertiser s = {.connectable = true, .rssi = -50, .address = hidden};
	batch_saw(&batch, now, 0, &s);
	u = begin(0);
	assert_non_null(u);
	assert_int_equal(batch_exclude_device(&batch, &hidden, irk), 0);
	(void)end(u, BATCH_SUCCEEDED, 0);
	s.address = again;
	batch_saw(&batch, now, 0, &s);
	/* It is resolved once: from now on the address itself is excluded. */
	assert_non_null(batch_index_device(&batch.index, &again));
	assert_null(batch_index_device(&batch.index, &again)->unit);
	assert_null(batch_next(&batch, now, 0));
	assert_int_equal(batch.counts[BATCH_PAIRED], 2);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static void causes_are_counted_by_end_and_code(void **state)
{
	(void)state;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	(void)end(begin(0), BATCH_REFUSED, 3);
	(void)end(begin(0), BATCH_REFUSED, 5);
	(void)end(begin(0), BATCH_WE_REFUSED, 3);
	(void)end(begin(0), BATCH_REFUSED, 3);
	assert_int_equal(batch.cause_count, 3);
	assert_int_equal(batch.causes[0].count, 2);
	assert_int_equal(batch.causes[1].count, 1);
	assert_int_equal(batch.causes[1].code, 5);
	assert_int_equal(batch.causes[2].end, BATCH_WE_REFUSED);
}

/* More different causes than there is room for: the last entry takes them. */
static void no_failure_goes_uncounted(void **state)
{
	size_t sum = 0;

	(void)state;
	add_addresses(BATCH_CAUSES + 5);
	join(1);
	for (size_t i = 0; i < BATCH_CAUSES + 5; i++) {
		see(0, i);
		(void)end(begin(0), BATCH_REFUSED, (int)(0x20 + i));
	}
	assert_int_equal(batch.cause_count, BATCH_CAUSES);
	for (size_t i = 0; i < BATCH_CAUSES; i++) {
		sum += batch.causes[i].count;
		assert_int_equal(batch.causes[i].code, 0x20 + i);
	}
	assert_int_equal(sum, BATCH_CAUSES + 5);
	assert_int_equal(batch.causes[BATCH_CAUSES - 1].count, 6);
}

/* No attempt begins when the time of the unit would be over: exactly then it is. */
static void the_last_rest_ends_before_the_unit_timeout(void **state)
{
	(void)state;
	add_addresses(2);
	join(1);
	see(0, 0);
	see(0, 1);
	batch.unit_timeout = SECOND;
	(void)begin(0);
	assert_int_equal(end(&units[0], BATCH_LOST, 8), BATCH_FINAL); /* would rest for 1 s */
	batch.unit_timeout = SECOND + 1;
	(void)begin(0);
	assert_int_equal(end(&units[1], BATCH_LOST, 8), BATCH_AGAIN);
	assert_int_equal(due, now + SECOND);
}

/* The unit timeout of a failure that does not count has no effect. */
static void a_failure_of_the_controller_is_never_final(void **state)
{
	(void)state;
	batch.unit_timeout = SECOND;
	add_addresses(1);
	join(2);
	see(0, 0);
	see(1, 0);
	for (int i = 0; i < 20; i++) {
		struct batch_unit *u = begin(units[0].controller);
		assert_ptr_equal(u, &units[0]);
		now += SECOND;
		assert_int_equal(end(u, BATCH_CONTROLLER_FAILED, -1), BATCH_AGAIN);
		assert_int_equal(u->tries, 0);
		assert_int_equal(due, now);
	}
}

/* A deadline is that of the unit which rests the shortest, whatever the order. */
static void the_deadline_is_the_earliest_rest(void **state)
{
	(void)state;
	add_addresses(3);
	join(1);
	for (size_t i = 0; i < 3; i++)
		see(0, i);
	(void)end(begin(0), BATCH_REFUSED, 0x09);	  /* 2 s */
	(void)end(begin(0), BATCH_NOT_ESTABLISHED, 0x3e); /* 250 ms */
	(void)end(begin(0), BATCH_LOST, 8);		  /* 1 s */
	assert_int_equal(batch.counts[BATCH_RESTING], 3);
	assert_int_equal(batch_deadline(&batch), now + SECOND / 4);
	now += SECOND / 4 - 1;
	batch_tick(&batch, now);
	assert_int_equal(batch.counts[BATCH_RESTING], 3);
	now += 1;
	batch_tick(&batch, now);
	assert_int_equal(units[1].state, BATCH_READY);
	assert_int_equal(units[1].last_seen, now);
	assert_int_equal(batch_deadline(&batch), now + SECOND * 3 / 4);
	now += SECOND * 7 / 4;
	batch_tick(&batch, now);
	assert_int_equal(batch.counts[BATCH_READY], 3);
}

/* A rest, a ready unit or one under way: then the absence of others is no reason to stop. */
static void it_is_idle_only_when_nothing_can_be_done(void **state)
{
	struct batch_unit *u;

	(void)state;
	batch.idle_timeout = 10 * SECOND;
	add_addresses(2);
	join(1);
	see(0, 0);
	u = begin(0);
	(void)end(u, BATCH_REFUSED, 0x09);
	assert_int_equal(batch_deadline(&batch), now + 2 * SECOND); /* it rests */
	now += 100 * SECOND;
	batch.rests[3].first->due = now + SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_RUNNING);
	now += SECOND;
	batch_tick(&batch, now);
	assert_int_equal(batch_deadline(&batch), UINT64_MAX); /* it is ready */
	assert_int_equal(batch.stop, BATCH_RUNNING);
	now += 100 * SECOND;
	assert_null(batch_next(&batch, now, 0)); /* it was not seen for long */
	assert_int_equal(batch_deadline(&batch), batch.idle_since + 10 * SECOND);
	batch.idle_timeout = 0; /* no end */
	assert_int_equal(batch_deadline(&batch), UINT64_MAX);
	batch_tick(&batch, now);
	assert_int_equal(batch.stop, BATCH_RUNNING);
}

/* ---- Many units ------------------------------------------------------------------------------ */

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Thousands of units, links that fail at random, controllers that come and go: the invariants. */
static void many(size_t count, size_t controllers, double *first, double *last)
{
	struct batch_unit *all = calloc(count, sizeof(*all)), *active[BATCH_CONTROLLERS][16];
	size_t links[BATCH_CONTROLLERS] = {0}, ended = 0, *paired = calloc(count, sizeof(*paired));
	double begun = seconds(), tenth = 0;

	assert_true(all && paired);
	srandom(7);
	for (size_t i = 0; i < count; i++) {
		all[i].spec.has_address = true;
		all[i].spec.address = address(i);
		assert_int_equal(batch_add_unit(&batch, &all[i]), 0);
	}
	join(controllers);
	*first = *last = 0;
	while (batch.stop == BATCH_RUNNING) {
		now += 1000;
		batch_tick(&batch, now);
		for (size_t s = 0; s < controllers; s++) {
			/* Units that are next, and any other. */
			for (int k = 0; k < 4; k++)
				see(s, (ended + (size_t)random() % 200) % count);
			see(s, (size_t)random() % count);
			struct batch_unit *u = batch_next(&batch, now, s);
			if (u) {
				assert_true(links[s] < 16);
				batch_linked(&batch, u);
				active[s][links[s]++] = u;
			}
			if (links[s] && random() % 2) {
				size_t l = (size_t)random() % links[s];
				u = active[s][l];
				active[s][l] = active[s][--links[s]];
				bool good = random() % 10 != 0;
				enum batch_verdict v =
					end(u, good ? BATCH_SUCCEEDED : BATCH_LOST, good ? 0 : 8);
				paired[u - all] += good;
				ended += v == BATCH_FINAL;
			}
			assert_int_equal(batch.controllers[s].links, links[s]);
		}
		if (tenth <= 0 && ended >= count / 10) {
			tenth = seconds();
			*first = tenth - begun;
		}
		if (ended < count - count / 10)
			*last = seconds();
	}
	*last = seconds() - *last;
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(paired[i], all[i].state == BATCH_PAIRED);
		assert_true(all[i].state == BATCH_PAIRED || all[i].state == BATCH_FAILED);
	}
	assert_int_equal(batch.counts[BATCH_PAIRED] + batch.counts[BATCH_FAILED], count);
	assert_int_equal(batch.attempts >= count, 1);
	free(all);
	free(paired);
}

static void each_step_takes_the_same_time_for_any_number_of_units(void **state)
{
	double first, last;

	(void)state;
	many(10000, 4, &first, &last);
	print_message(
		"10000 units, 4 controllers: CPU time of the first tenth %.0f ms, of the last "
		"tenth %.0f ms\n",
		first * 1e3, last * 1e3);
	(void)over(NULL);
	(void)fresh(NULL);
	double begun = seconds();
	many(40000, 8, &first, &last);
	double took = seconds() - begun;
	print_message("40000 units, 8 controllers: %.0f ms, first tenth %.0f ms, last tenth %.0f "
		      "ms\n",
		      took * 1e3, first * 1e3, last * 1e3);
	/* A step that looked at all units would take minutes. */
	assert_true(took < 20);
}

/* Its index has room for so many units before it grows. */
#define INDEXED 256

static void a_unit_for_which_there_is_no_memory_is_not_counted(void **state)
{
	static struct batch_unit all[INDEXED + 1];
	size_t i;

	(void)state;
	memset(all, 0, sizeof(all));
	for (i = 0; i <= INDEXED; i++) {
		all[i].spec.has_address = true;
		all[i].spec.address = address(i);
	}
	for (i = 0; i < INDEXED; i++)
		assert_int_equal(batch_add_unit(&batch, &all[i]), 0);
	heap_fail_at(1);
	assert_int_equal(batch_add_unit(&batch, &all[i]), -1);
	heap_fail_at(0);
	assert_int_equal(batch.total, INDEXED);
	assert_int_equal(batch.counts[BATCH_WAITING], INDEXED);
	assert_int_equal(batch_add_unit(&batch, &all[i]), 0);
	assert_int_equal(batch.total, INDEXED + 1);
}

/* A station tries units again for days: nothing grows with it, and nothing can fail. */
static void a_unit_that_is_tried_again_needs_no_memory(void **state)
{
	static struct batch_unit all[INDEXED];

	(void)state;
	memset(all, 0, sizeof(all));
	for (size_t i = 0; i < INDEXED; i++) {
		all[i].spec.has_address = true;
		all[i].spec.address = address(i);
		assert_int_equal(batch_add_unit(&batch, &all[i]), 0);
	}
	join(1);
	see(0, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_ptr_equal(begin(0), &all[0]);
		assert_int_equal(end(&all[0], BATCH_WE_REFUSED, 3), BATCH_FINAL);
		heap_fail_at(1);
		batch_retry_unit(&batch, &all[0]);
		see(0, 0);
		heap_fail_at(0);
		assert_int_equal(batch.total, INDEXED);
		assert_int_equal(batch.counts[BATCH_FAILED], 0);
		assert_int_equal(batch.counts[BATCH_READY], 1);
	}
}

/* The device is no unit then, and the run goes on. */
static void a_device_for_which_there_is_no_memory_is_ignored(void **state)
{
	struct batch_unit_spec any = {.has_rssi = true, .rssi = -60};
	static struct batch_unit all[INDEXED];
	const uint8_t irk[16] = {7};
	const long blocks = heap_blocks();

	(void)state;
	memset(all, 0, sizeof(all));
	for (size_t i = 0; i < INDEXED; i++) {
		all[i].spec.has_address = true;
		all[i].spec.address = address(i);
		assert_int_equal(batch_add_unit(&batch, &all[i]), 0);
	}
	batch.match = &any;
	join(1);
	for (size_t n = 1; n <= 2; n++) { /* the unit, then its room in the index */
		heap_fail_at(n);
		see(0, INDEXED);
		heap_fail_at(0);
		assert_int_equal(batch.total, INDEXED);
		assert_int_equal(heap_blocks(), blocks);
		assert_null(batch_next(&batch, now, 0));
	}
	see(0, INDEXED);
	assert_int_equal(batch.total, INDEXED + 1);
	assert_non_null(batch_next(&batch, now, 0));
	heap_fail_at(1);
	assert_int_equal(batch_exclude_device(&batch, &all[0].spec.address, irk), -1);
	heap_fail_at(0);
	batch.match = NULL;
}

static void a_queued_unit_and_a_link_are_small(void **state)
{
	(void)state;
	print_message("a queued unit: %zu octets, and %zu in the index\n",
		      sizeof(struct batch_unit), sizeof(struct batch_queue));
	print_message("a device that was seen: %zu octets, and %zu in the index\n",
		      sizeof(struct batch_device), sizeof(struct batch_device *));
	print_message("a link: %zu octets\n", sizeof(struct batch_slot));
	assert_true(sizeof(struct batch_unit) + sizeof(struct batch_queue) <= 320);
	assert_true(sizeof(struct batch_slot) <= 20480);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_unit_is_connected_at_a_time, fresh, over),
		cmocka_unit_test_setup_teardown(the_number_of_links_is_learnt, fresh, over),
		cmocka_unit_test(every_row_of_the_policy_is_followed),
		cmocka_unit_test_setup_teardown(a_unit_timeout_limits_all_attempts, fresh, over),
		cmocka_unit_test_setup_teardown(a_unit_that_is_tried_again_needs_no_memory, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_device_for_which_there_is_no_memory_is_ignored,
						fresh, over),
		cmocka_unit_test_setup_teardown(controllers_share_units_and_take_over, fresh, over),
		cmocka_unit_test_setup_teardown(a_unit_waits_for_another_controller_to_see_it,
						fresh, over),
		cmocka_unit_test_setup_teardown(another_controller_tries_after_a_failure, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_controller_is_suspect_after_five_units_in_a_row,
						fresh, over),
		cmocka_unit_test_setup_teardown(one_bad_unit_makes_no_controller_suspect, fresh,
						over),
		cmocka_unit_test_setup_teardown(failures_in_a_row_stop_the_batch, fresh, over),
		cmocka_unit_test_setup_teardown(absent_units_do_not_count_in_a_row, fresh, over),
		cmocka_unit_test_setup_teardown(
			until_counts_paired_units_and_limit_counts_begun_ones, fresh, over),
		cmocka_unit_test_setup_teardown(without_any_unit_seen_it_stops, fresh, over),
		cmocka_unit_test_setup_teardown(each_row_of_a_pattern_takes_its_own_device, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_match_pairs_each_device_once, fresh, over),
		cmocka_unit_test_setup_teardown(causes_are_counted_by_end_and_code, fresh, over),
		cmocka_unit_test_setup_teardown(no_failure_goes_uncounted, fresh, over),
		cmocka_unit_test_setup_teardown(the_last_rest_ends_before_the_unit_timeout, fresh,
						over),
		cmocka_unit_test_setup_teardown(a_failure_of_the_controller_is_never_final, fresh,
						over),
		cmocka_unit_test_setup_teardown(the_deadline_is_the_earliest_rest, fresh, over),
		cmocka_unit_test_setup_teardown(it_is_idle_only_when_nothing_can_be_done, fresh,
						over),
		cmocka_unit_test_setup_teardown(
			each_step_takes_the_same_time_for_any_number_of_units, fresh, over),
		cmocka_unit_test_setup_teardown(a_unit_for_which_there_is_no_memory_is_not_counted,
						fresh, over),
		cmocka_unit_test(a_queued_unit_and_a_link_are_small),
	};
	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
