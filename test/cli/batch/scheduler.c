/* SPDX-License-Identifier: MIT */
/* Which unit is paired when and by which controller. Time is a number. */
#include "batch/scheduler.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "batch/job.h"
#include "unit.h"

#define SECOND 1000000ULL

static struct batch_scheduler b;
static struct batch_unit units[64];
static uint64_t now, due;

static int fresh(void **state)
{
	(void)state;
	now = 1000 * SECOND;
	memset(units, 0, sizeof(units));
	memset(&b, 0xff, sizeof(b));
	return batch_scheduler_init(&b, now);
}

static int over(void **state)
{
	(void)state;
	batch_scheduler_free(&b);
	return 0;
}

static struct crypto_address address(size_t i)
{
	struct crypto_address a = {.type = ADDRESS_RANDOM, .octets = {0, 0, 0, 0, 0, 0xc0}};

	memcpy(a.octets, &i, 4);
	return a;
}

static void add_addresses(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		units[i].spec.has_address = true;
		units[i].spec.address = address(i);
		assert_int_equal(batch_add_unit(&b, &units[i]), 0);
	}
}

static void see(size_t controller, size_t i)
{
	struct batch_advertiser s = {.connectable = true, .rssi = -50, .address = address(i)};

	batch_saw(&b, now, controller, &s);
}

static void join(size_t count)
{
	for (size_t i = 0; i < count; i++)
		batch_controller_up(&b, batch_add_controller(&b));
}

static struct batch_unit *begin(size_t controller)
{
	struct batch_unit *u = batch_next(&b, now, controller);

	if (u)
		batch_linked(&b, u);
	return u;
}

static enum batch_verdict end(struct batch_unit *u, enum batch_end how, int code)
{
	return batch_attempt_ended(&b, now, u, how, code, &due);
}

/* One connection is created at a time, several links are up, each unit is begun once. */
static void one_unit_is_connected_at_a_time(void **state)
{
	struct batch_unit *first, *second;

	(void)state;
	add_addresses(3);
	join(1);
	assert_null(batch_next(&b, now, 0)); /* no unit was seen */
	for (size_t i = 0; i < 3; i++) {
		see(0, i);
		see(0, i);
	}
	see(0, 77); /* no unit */
	assert_int_equal(b.counts[BATCH_READY], 3);
	first = batch_next(&b, now, 0);
	assert_ptr_equal(first, &units[0]);
	assert_null(batch_next(&b, now, 0));
	batch_linked(&b, first);
	second = batch_next(&b, now, 0);
	assert_ptr_equal(second, &units[1]);
	see(0, 0); /* it advertises on: it is under way */
	assert_int_equal(b.counts[BATCH_ACTIVE], 2);
	batch_linked(&b, second);
	assert_int_equal(b.controllers[0].links, 2);
	assert_int_equal(end(first, BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(end(second, BATCH_SUCCEEDED, 0), BATCH_FINAL);
	see(0, 0); /* it is paired: never again */
	assert_int_equal(end(begin(0), BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(b.counts[BATCH_PAIRED], 3);
	assert_int_equal(b.stop, BATCH_ALL_ENDED);
	assert_true(batch_is_over(&b));
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
	u = batch_next(&b, now, 0);
	assert_int_equal(end(u, BATCH_CONTROLLER_FULL, 9), BATCH_AGAIN);
	assert_int_equal(u->tries, 0);
	assert_int_equal(u->state, BATCH_READY);
	assert_int_equal(b.controllers[0].limit, 2);
	assert_null(batch_next(&b, now, 0));
	(void)end(&units[0], BATCH_SUCCEEDED, 0);
	assert_non_null(begin(0));
	assert_null(batch_next(&b, now, 0));
	/* One that is full without a link is not full: such a unit cannot be had. */
	(void)end(&units[1], BATCH_SUCCEEDED, 0);
	for (size_t i = 0; i < 5; i++)
		if (units[i].state == BATCH_ACTIVE)
			(void)end(&units[i], BATCH_SUCCEEDED, 0);
	u = batch_next(&b, now, 0);
	(void)end(u, BATCH_CONTROLLER_FULL, 9);
	assert_int_equal(u->tries, 1);
	assert_int_equal(b.controllers[0].limit, 2);
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
				assert_null(batch_next(&b, now, 0));
				continue;
			}
			see(0, 0); /* too early */
			assert_null(batch_next(&b, now, 0));
			assert_int_equal(batch_deadline(&b), due);
			now = due;
			batch_tick(&b, now);
		}
		assert_int_equal(units[0].state, BATCH_FAILED);
		assert_int_equal(b.causes[0].count, 1);
		assert_int_equal(b.causes[0].end, p->end);
		assert_int_equal(b.stop, BATCH_ALL_ENDED);
		batch_scheduler_free(&b);
	}
}

static void a_unit_timeout_limits_all_attempts(void **state)
{
	struct batch_unit *u;

	(void)state;
	b.unit_timeout = 3 * SECOND;
	add_addresses(1);
	join(1);
	see(0, 0);
	now += 20 * SECOND; /* the time in the queue does not count */
	u = begin(0);
	now += SECOND;
	assert_int_equal(end(u, BATCH_LOST, 8), BATCH_AGAIN);
	now += SECOND;
	batch_tick(&b, now);
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
	assert_int_equal(b.controllers[0].ready_count, 5);
	assert_int_equal(b.controllers[1].ready_count, 5);
	a = begin(0);
	c = begin(1);
	assert_ptr_not_equal(a, c);
	now += SECOND;
	see(1, (size_t)(a - units));
	assert_int_equal(a->waited, 0); /* it was seen again since it began */
	assert_int_equal(end(a, BATCH_CONTROLLER_FAILED, 0), BATCH_AGAIN);
	assert_int_equal(a->tries, 0);
	batch_controller_down(&b, 0);
	assert_int_equal(b.controllers[0].ready_count, 0);
	assert_int_equal(b.controllers[1].ready_count, 9);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(end(begin(1), BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(end(c, BATCH_SUCCEEDED, 0), BATCH_FINAL);
	assert_int_equal(b.stop, BATCH_ALL_ENDED);
}

/* What only it saw waits to be seen by another. */
static void a_unit_waits_for_another_controller_to_see_it(void **state)
{
	(void)state;
	add_addresses(1);
	join(2);
	see(0, 0);
	batch_controller_down(&b, 0);
	assert_int_equal(units[0].state, BATCH_WAITING);
	see(1, 0);
	assert_ptr_equal(batch_next(&b, now, 1), &units[0]);
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
	batch_tick(&b, now);
	assert_null(batch_next(&b, now, 0));
	assert_ptr_equal(batch_next(&b, now, 1), u);
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
		assert_false(batch_is_suspect(&b, 0));
		(void)end(begin(0), BATCH_NOT_ESTABLISHED, 0x3e);
	}
	assert_true(batch_is_suspect(&b, 0));
	assert_true(batch_may_reset(&b, 0));
	batch_controller_down(&b, 0);
	batch_controller_up(&b, 0);
	assert_false(batch_is_suspect(&b, 0));
	assert_false(batch_may_reset(&b, 0)); /* once, until it succeeds */
	see(0, 11);
	assert_ptr_equal(batch_next(&b, now, 0), &units[11]);
	batch_linked(&b, &units[11]);
	(void)end(&units[11], BATCH_REFUSED, 3); /* that it was refused shows that it works */
	assert_true(batch_may_reset(&b, 0));
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
		batch_tick(&b, now);
	}
	assert_int_equal(units[0].state, BATCH_FAILED);
	assert_false(batch_is_suspect(&b, 0));
}

static void failures_in_a_row_stop_the_batch(void **state)
{
	(void)state;
	b.max_failures = 3;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	(void)end(begin(0), BATCH_REFUSED, 3);
	(void)end(begin(0), BATCH_SUCCEEDED, 0);
	(void)end(begin(0), BATCH_REFUSED, 3);
	(void)end(begin(0), BATCH_REFUSED, 5);
	assert_int_equal(b.stop, BATCH_RUNNING);
	(void)end(begin(0), BATCH_WE_REFUSED, 3);
	assert_int_equal(b.stop, BATCH_ALL_ENDED); /* it was the last one */
	assert_int_equal(b.cause_count, 3);
	(void)over(NULL);
	(void)fresh(NULL);
	b.max_failures = 3;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	for (size_t i = 0; i < 3; i++)
		(void)end(begin(0), BATCH_REFUSED, 3);
	assert_int_equal(b.stop, BATCH_MAX_FAILURES);
	assert_null(batch_next(&b, now, 0));
	assert_true(batch_is_over(&b));
}

/* Units that were never there say nothing of the controller, however many they are. */
static void absent_units_do_not_count_in_a_row(void **state)
{
	(void)state;
	b.max_failures = 3;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 4; i++)
		(void)end(&units[i], BATCH_NOT_SEEN, 0);
	assert_int_equal(b.stop, BATCH_RUNNING);
	assert_int_equal(b.failures_in_row, 0);
}

static void until_counts_paired_units_and_limit_counts_begun_ones(void **state)
{
	struct batch_unit *u, *v;

	(void)state;
	b.until = 2;
	add_addresses(5);
	join(1);
	for (size_t i = 0; i < 5; i++)
		see(0, i);
	u = begin(0);
	v = begin(0);
	assert_null(batch_next(&b, now, 0)); /* two may be enough */
	(void)end(u, BATCH_REFUSED, 3);
	u = begin(0);
	assert_non_null(u);
	(void)end(u, BATCH_SUCCEEDED, 0);
	assert_int_equal(b.stop, BATCH_RUNNING);
	(void)end(v, BATCH_SUCCEEDED, 0);
	assert_int_equal(b.stop, BATCH_COUNT_REACHED);
	(void)over(NULL);

	(void)fresh(NULL);
	b.limit = 1;
	add_addresses(3);
	join(1);
	for (size_t i = 0; i < 3; i++)
		see(0, i);
	u = begin(0);
	assert_null(batch_next(&b, now, 0));
	(void)end(u, BATCH_LOST, 8);
	assert_int_equal(b.stop, BATCH_RUNNING); /* it is tried again */
	now = due;
	batch_tick(&b, now);
	assert_ptr_equal(begin(0), u);
	(void)end(u, BATCH_SUCCEEDED, 0);
	assert_int_equal(b.stop, BATCH_COUNT_REACHED);
}

static void without_any_unit_seen_it_stops(void **state)
{
	(void)state;
	b.idle_timeout = 10 * SECOND;
	add_addresses(2);
	join(1);
	assert_int_equal(batch_deadline(&b), now + 10 * SECOND);
	now += 5 * SECOND;
	see(0, 0);
	assert_int_equal(batch_deadline(&b), UINT64_MAX); /* a unit is under way */
	struct batch_unit *u = begin(0);
	now += 20 * SECOND;
	batch_tick(&b, now);
	assert_int_equal(b.stop, BATCH_RUNNING);
	(void)end(u, BATCH_SUCCEEDED, 0);
	assert_int_equal(batch_deadline(&b), now + 10 * SECOND);
	now += 10 * SECOND;
	batch_tick(&b, now);
	assert_int_equal(b.stop, BATCH_NONE_SEEN);
	assert_int_equal(end(&units[1], BATCH_NOT_SEEN, 0), BATCH_FINAL);
	assert_int_equal(b.counts[BATCH_FAILED], 1);
	assert_int_equal(b.counts[BATCH_WAITING], 0);
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
		assert_int_equal(batch_add_unit(&b, &units[i]), 0);
	}
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < 2; i++) {
			struct batch_advertiser s = {.connectable = true,
						     .address = address(i),
						     .name = name,
						     .name_len = 8};
			batch_saw(&b, now, 0, &s);
		}
	assert_int_equal(b.counts[BATCH_READY], 2);
	assert_true(address_equal(
		&units[0].peer,
		&(struct crypto_address){.type = 1, .octets = {0, 0, 0, 0, 0, 0xc0}}));
	(void)end(begin(0), BATCH_REFUSED, 5);
	/* That one failed for good: the third row does not try it again. */
	struct batch_advertiser s = {
		.connectable = true, .address = address(0), .name = name, .name_len = 8};
	batch_saw(&b, now, 0, &s);
	assert_int_equal(b.counts[BATCH_READY], 1);
	assert_int_equal(b.counts[BATCH_WAITING], 1);
}

/* Without a list: each device once, also one paired earlier, also behind a new address. */
static void a_match_pairs_each_device_once(void **state)
{
	struct batch_unit_spec any = {.has_rssi = true, .rssi = -60};
	struct crypto_address hidden, again;
	uint8_t irk[16] = {7};

	(void)state;
	b.match = &any;
	join(1);
	assert_int_equal(
		batch_exclude_device(
			&b, &(struct crypto_address){.type = 1, .octets = {5, 0, 0, 0, 0, 0xc0}},
			NULL),
		0);
	see(0, 5);
	assert_int_equal(b.counts[BATCH_READY], 0);
	see(0, 6);
	see(0, 6);
	assert_int_equal(b.total, 1);
	struct batch_unit *u = begin(0);
	(void)end(u, BATCH_SUCCEEDED, 0);
	see(0, 6);
	assert_null(batch_next(&b, now, 0));
	assert_int_equal(b.stop, BATCH_RUNNING);

	assert_int_equal(address_make_resolvable(&hidden, irk), 0);
	do
		assert_int_equal(address_make_resolvable(&again, irk), 0);
	while (address_equal(&hidden, &again));
	struct batch_advertiser s = {.connectable = true, .rssi = -50, .address = hidden};
	batch_saw(&b, now, 0, &s);
	u = begin(0);
	assert_non_null(u);
	assert_int_equal(batch_exclude_device(&b, &hidden, irk), 0);
	(void)end(u, BATCH_SUCCEEDED, 0);
	s.address = again;
	batch_saw(&b, now, 0, &s);
	/* It is resolved once: from now on the address itself is excluded. */
	assert_non_null(batch_index_device(&b.index, &again));
	assert_null(batch_index_device(&b.index, &again)->unit);
	assert_null(batch_next(&b, now, 0));
	assert_int_equal(b.counts[BATCH_PAIRED], 2);
}

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
	assert_int_equal(b.controllers[2].ready_count, 2);
}

/* The rest of the queue goes to those that saw it too; the controller must see it anew. */
static void a_controller_that_comes_up_again_starts_anew(void **state)
{
	(void)state;
	add_addresses(2);
	join(2);
	see(0, 0);
	see(1, 0);
	assert_int_equal(units[0].controller, 0);
	(void)batch_next(&b, now, 0);
	see(0, 1);
	see(1, 1);
	(void)end(&units[0], BATCH_CONTROLLER_FAILED, -1);
	batch_controller_down(&b, 0);
	assert_int_equal(b.controllers[0].ready_count, 0);
	assert_null(batch_next(&b, now, 0));
	batch_controller_up(&b, 0);
	assert_int_equal(units[1].seen_by, 2);
	assert_int_equal(units[1].controller, 1);
	assert_false(b.controllers[0].connecting);
	assert_int_equal(b.controllers[0].links, 0);
	assert_null(batch_next(&b, now, 0)); /* it has seen neither */
	see(0, 1);
	assert_ptr_equal(batch_next(&b, now, 0), &units[1]);
}

static void a_controller_that_is_down_gets_no_unit(void **state)
{
	(void)state;
	add_addresses(1);
	assert_int_equal(batch_add_controller(&b), 0);
	see(0, 0);
	assert_int_equal(units[0].state, BATCH_WAITING);
	assert_null(batch_next(&b, now, 0));
	batch_controller_up(&b, 0);
	see(0, 0);
	assert_ptr_equal(batch_next(&b, now, 0), &units[0]);
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
	batch_controller_down(&b, 0);
	(void)end(u, BATCH_CONTROLLER_FAILED, -1);
	assert_int_equal(b.controllers[0].links, 0);
	assert_int_equal(b.controllers[0].failed, 0);
	assert_int_equal(u->state, BATCH_WAITING);
}

static void links_are_limited_by_option_and_by_the_host(void **state)
{
	static const unsigned options[] = {0, 1, HCI_LINKS_MAX, HCI_LINKS_MAX + 1};
	static const unsigned limits[] = {HCI_LINKS_MAX, 1, HCI_LINKS_MAX, HCI_LINKS_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(options); i++) {
		b.links = options[i];
		assert_int_equal(batch_add_controller(&b), i);
		assert_int_equal(b.controllers[i].limit, limits[i]);
	}
	add_addresses(2);
	batch_controller_up(&b, 1);
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
	assert_int_equal(b.controllers[0].most, 2);
	assert_int_equal(b.controllers[0].links, 2);
	(void)end(&units[1], BATCH_REFUSED, 3);
	assert_int_equal(b.controllers[0].paired, 1);
	assert_int_equal(b.controllers[0].failed, 1);
	assert_int_equal(b.attempts, 3);
	assert_int_equal(b.begun, 3);
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
	u = batch_next(&b, now, 0);
	(void)end(u, BATCH_NO_ANSWER, -1);
	assert_int_equal(b.controllers[0].links, 1);
	assert_false(b.controllers[0].connecting);
	/* And a link that ends does not end a connection under way. */
	see(0, 1);
	assert_ptr_equal(batch_next(&b, now, 0), u);
	(void)end(&units[0], BATCH_SUCCEEDED, -1);
	assert_true(b.controllers[0].connecting);
	assert_int_equal(b.controllers[0].links, 0);
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
		struct batch_unit *u = batch_next(&b, now, 0);
		assert_non_null(u);
		batch_linked(&b, u);
		(void)end(u, cases[i].end, -1);
		assert_int_equal(b.controllers[0].failures_in_row, cases[i].in_row);
		/* What is to be tried again must not come before the next unit. */
		if (u->state == BATCH_READY) {
			(void)batch_next(&b, now, 0);
			(void)end(u, BATCH_UNIT_TIMEOUT, -1);
			b.controllers[0].failures_in_row = cases[i].in_row;
		}
	}
}

static void a_reset_is_allowed_again_after_a_sign_of_life(void **state)
{
	(void)state;
	add_addresses(3);
	join(2);
	assert_true(batch_may_reset(&b, 0));
	assert_false(batch_may_reset(&b, 0));
	assert_true(batch_may_reset(&b, 1)); /* each has its own */
	for (size_t i = 0; i < 3; i++)
		see(0, i);
	(void)end(begin(0), BATCH_LOST, 8);
	assert_false(batch_may_reset(&b, 0));
	(void)end(begin(0), BATCH_CANCELLED, -1);
	assert_false(batch_may_reset(&b, 0));
	(void)end(begin(0), BATCH_SUCCEEDED, -1);
	assert_true(batch_may_reset(&b, 0));
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
	assert_ptr_equal(batch_next(&b, now, 0), &units[1]); /* 30 s ago, and no more */
	assert_int_equal(units[1].waited, 30 * SECOND);
	assert_int_equal(units[0].state, BATCH_WAITING);
	(void)end(&units[1], BATCH_REFUSED, 3);
	assert_null(batch_next(&b, now, 0));
	see(0, 0);
	assert_ptr_equal(batch_next(&b, now, 0), &units[0]);
	assert_int_equal(units[0].waited, 0);
}

static void a_device_that_cannot_be_connected_is_ignored(void **state)
{
	const struct batch_advertiser beacon = {.address = address(0)};

	(void)state;
	add_addresses(1);
	join(1);
	batch_saw(&b, now, 0, &beacon);
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
	assert_int_equal(batch_exclude_device(&b, &excluded, NULL), 0);
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
	assert_int_equal(batch_add_unit(&b, &units[0]), 0);
	batch_saw(&b, now, 0, &first);
	assert_int_equal(units[0].state, BATCH_READY);
	now += 31 * SECOND;
	assert_null(batch_next(&b, now, 0)); /* it waits again */
	second.address = address(2);
	batch_saw(&b, now, 0, &second);
	assert_true(address_equal(&units[0].peer, &second.address));
	/* The first one comes back: it is not this unit any more. */
	batch_saw(&b, now, 0, &first);
	assert_true(address_equal(&units[0].peer, &second.address));
	assert_ptr_equal(batch_next(&b, now, 0), &units[0]);
}

static void a_stopped_batch_starts_nothing_and_keeps_its_reason(void **state)
{
	(void)state;
	b.idle_timeout = SECOND;
	add_addresses(3);
	join(1);
	see(0, 0);
	see(0, 1);
	struct batch_unit *u = begin(0);
	batch_stop(&b, BATCH_TIME_OVER);
	batch_stop(&b, BATCH_INTERRUPTED);
	assert_int_equal(b.stop, BATCH_TIME_OVER);
	assert_false(batch_is_over(&b)); /* one is under way */
	assert_null(batch_next(&b, now, 0));
	see(0, 2);
	assert_int_equal(units[2].state, BATCH_WAITING);
	(void)end(u, BATCH_LOST, 8);
	assert_true(batch_is_over(&b));
	assert_int_equal(batch_deadline(&b), UINT64_MAX);
	now += 100 * SECOND;
	batch_tick(&b, now);
	assert_int_equal(b.stop, BATCH_TIME_OVER);
}

static void units_paired_before_count_for_until(void **state)
{
	(void)state;
	b.until = 2;
	batch_add_paired_before(&b, &units[5]);
	add_addresses(3);
	join(1);
	assert_int_equal(b.total, 4);
	assert_int_equal(b.counts[BATCH_PAIRED], 1);
	see(0, 0);
	see(0, 1);
	assert_non_null(begin(0));
	assert_null(begin(0));
	(void)end(&units[0], BATCH_SUCCEEDED, -1);
	assert_int_equal(b.stop, BATCH_COUNT_REACHED);
}

/* --limit: a unit that must be seen again is still one of those that were begun. */
static void a_begun_unit_may_be_tried_again_within_the_limit(void **state)
{
	(void)state;
	b.limit = 1;
	add_addresses(2);
	join(1);
	see(0, 0);
	see(0, 1);
	(void)end(batch_next(&b, now, 0), BATCH_NO_ANSWER, -1);
	assert_null(batch_next(&b, now, 0)); /* the other one would be one too many */
	assert_int_equal(units[1].state, BATCH_WAITING);
	see(0, 0);
	assert_ptr_equal(begin(0), &units[0]);
	assert_int_equal(b.begun, 1);
	(void)end(&units[0], BATCH_REFUSED, 3);
	assert_int_equal(b.stop, BATCH_COUNT_REACHED);
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
	assert_int_equal(b.cause_count, 3);
	assert_int_equal(b.causes[0].count, 2);
	assert_int_equal(b.causes[1].count, 1);
	assert_int_equal(b.causes[1].code, 5);
	assert_int_equal(b.causes[2].end, BATCH_WE_REFUSED);
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
	assert_int_equal(b.cause_count, BATCH_CAUSES);
	for (size_t i = 0; i < BATCH_CAUSES; i++) {
		sum += b.causes[i].count;
		assert_int_equal(b.causes[i].code, 0x20 + i);
	}
	assert_int_equal(sum, BATCH_CAUSES + 5);
	assert_int_equal(b.causes[BATCH_CAUSES - 1].count, 6);
}

/* No attempt begins when the time of the unit would be over: exactly then it is. */
static void the_last_rest_ends_before_the_unit_timeout(void **state)
{
	(void)state;
	add_addresses(2);
	join(1);
	see(0, 0);
	see(0, 1);
	b.unit_timeout = SECOND;
	(void)begin(0);
	assert_int_equal(end(&units[0], BATCH_LOST, 8), BATCH_FINAL); /* would rest for 1 s */
	b.unit_timeout = SECOND + 1;
	(void)begin(0);
	assert_int_equal(end(&units[1], BATCH_LOST, 8), BATCH_AGAIN);
	assert_int_equal(due, now + SECOND);
}

/* The unit timeout of a failure that does not count has no effect. */
static void a_failure_of_the_controller_is_never_final(void **state)
{
	(void)state;
	b.unit_timeout = SECOND;
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
	assert_int_equal(b.counts[BATCH_RESTING], 3);
	assert_int_equal(batch_deadline(&b), now + SECOND / 4);
	now += SECOND / 4 - 1;
	batch_tick(&b, now);
	assert_int_equal(b.counts[BATCH_RESTING], 3);
	now += 1;
	batch_tick(&b, now);
	assert_int_equal(units[1].state, BATCH_READY);
	assert_int_equal(units[1].last_seen, now);
	assert_int_equal(batch_deadline(&b), now + SECOND * 3 / 4);
	now += SECOND * 7 / 4;
	batch_tick(&b, now);
	assert_int_equal(b.counts[BATCH_READY], 3);
}

/* A rest, a ready unit or one under way: then the absence of others is no reason to stop. */
static void it_is_idle_only_when_nothing_can_be_done(void **state)
{
	struct batch_unit *u;

	(void)state;
	b.idle_timeout = 10 * SECOND;
	add_addresses(2);
	join(1);
	see(0, 0);
	u = begin(0);
	(void)end(u, BATCH_REFUSED, 0x09);
	assert_int_equal(batch_deadline(&b), now + 2 * SECOND); /* it rests */
	now += 100 * SECOND;
	b.rests[3].first->due = now + SECOND;
	batch_tick(&b, now);
	assert_int_equal(b.stop, BATCH_RUNNING);
	now += SECOND;
	batch_tick(&b, now);
	assert_int_equal(batch_deadline(&b), UINT64_MAX); /* it is ready */
	assert_int_equal(b.stop, BATCH_RUNNING);
	now += 100 * SECOND;
	assert_null(batch_next(&b, now, 0)); /* it was not seen for long */
	assert_int_equal(batch_deadline(&b), b.idle_since + 10 * SECOND);
	b.idle_timeout = 0; /* no end */
	assert_int_equal(batch_deadline(&b), UINT64_MAX);
	batch_tick(&b, now);
	assert_int_equal(b.stop, BATCH_RUNNING);
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
		assert_int_equal(batch_add_unit(&b, &all[i]), 0);
	}
	join(controllers);
	*first = *last = 0;
	while (b.stop == BATCH_RUNNING) {
		now += 1000;
		batch_tick(&b, now);
		for (size_t s = 0; s < controllers; s++) {
			/* Units that are next, and any other. */
			for (int k = 0; k < 4; k++)
				see(s, (ended + (size_t)random() % 200) % count);
			see(s, (size_t)random() % count);
			struct batch_unit *u = batch_next(&b, now, s);
			if (u) {
				assert_true(links[s] < 16);
				batch_linked(&b, u);
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
			assert_int_equal(b.controllers[s].links, links[s]);
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
	assert_int_equal(b.counts[BATCH_PAIRED] + b.counts[BATCH_FAILED], count);
	assert_int_equal(b.attempts >= count, 1);
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

static void a_queued_unit_and_a_link_are_small(void **state)
{
	(void)state;
	print_message("a queued unit: %zu octets, and %zu in the index\n",
		      sizeof(struct batch_unit), sizeof(struct batch_queue));
	print_message("a device that was seen: %zu octets, and %zu in the index\n",
		      sizeof(struct batch_device), sizeof(struct batch_device *));
	print_message("a link: %zu octets\n", sizeof(struct batch_slot));
	assert_true(sizeof(struct batch_unit) + sizeof(struct batch_queue) <= 320);
	assert_true(sizeof(struct batch_slot) <= 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_unit_is_connected_at_a_time, fresh, over),
		cmocka_unit_test_setup_teardown(the_number_of_links_is_learnt, fresh, over),
		cmocka_unit_test(every_row_of_the_policy_is_followed),
		cmocka_unit_test_setup_teardown(a_unit_timeout_limits_all_attempts, fresh, over),
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
		cmocka_unit_test_setup_teardown(a_unit_goes_to_the_controller_with_the_least_to_do,
						fresh, over),
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
		cmocka_unit_test_setup_teardown(a_reset_is_allowed_again_after_a_sign_of_life,
						fresh, over),
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
		cmocka_unit_test(a_queued_unit_and_a_link_are_small),
	};
	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
