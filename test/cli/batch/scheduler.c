/* SPDX-License-Identifier: MIT */
/* Who is paired when and where: the order of many units, failures, controllers. Time is a number.
 */
#include "batch/scheduler.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
static void links_of_one_controller(void **state)
{
	struct batch_unit *first, *second;

	(void)state;
	add_addresses(3);
	join(1);
	assert_null(batch_next(&b, now, 0)); /* nobody was seen */
	for (size_t i = 0; i < 3; i++) {
		see(0, i);
		see(0, i);
	}
	see(0, 77); /* nobody's */
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
static void a_limit_is_learnt(void **state)
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
static void policies(void **state)
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

/* Every way to end has a row, so that batch_policy() always finds one. */
static void a_policy_for_everything(void **state)
{
	(void)state;
	for (int e = 0; e < BATCH_ENDS; e++) {
		assert_int_equal(batch_policy((enum batch_end)e, 0xee)->end, e);
		assert_non_null(batch_policy_row(0));
		assert_non_null(batch_end_slug((enum batch_end)e));
	}
}

static void a_unit_has_its_time(void **state)
{
	struct batch_unit *u;

	(void)state;
	b.unit_timeout = 3 * SECOND;
	add_addresses(1);
	join(1);
	see(0, 0);
	now += 20 * SECOND; /* how long it stands in the line is not its fault */
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
static void two_controllers(void **state)
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
static void nobody_else_saw_it(void **state)
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
static void another_controller_tries(void **state)
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
static void sickness(void **state)
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

/* One bad unit that fails again and again makes nobody sick. */
static void one_bad_unit(void **state)
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

static void too_many_in_a_row(void **state)
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

static void until_and_limit(void **state)
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

static void nobody_comes(void **state)
{
	(void)state;
	b.idle_timeout = 10 * SECOND;
	add_addresses(2);
	join(1);
	assert_int_equal(batch_deadline(&b), now + 10 * SECOND);
	now += 5 * SECOND;
	see(0, 0);
	assert_int_equal(batch_deadline(&b), UINT64_MAX); /* somebody is under way */
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
static void rows_of_one_pattern(void **state)
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
static void a_match(void **state)
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
	assert_null(batch_next(&b, now, 0));
	assert_int_equal(b.counts[BATCH_PAIRED], 2);
}

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
			/* Somebody near the work, and anybody. */
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

static void thousands_of_units(void **state)
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

static void memory(void **state)
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
		cmocka_unit_test_setup_teardown(links_of_one_controller, fresh, over),
		cmocka_unit_test_setup_teardown(a_limit_is_learnt, fresh, over),
		cmocka_unit_test(policies),
		cmocka_unit_test(a_policy_for_everything),
		cmocka_unit_test_setup_teardown(a_unit_has_its_time, fresh, over),
		cmocka_unit_test_setup_teardown(two_controllers, fresh, over),
		cmocka_unit_test_setup_teardown(nobody_else_saw_it, fresh, over),
		cmocka_unit_test_setup_teardown(another_controller_tries, fresh, over),
		cmocka_unit_test_setup_teardown(sickness, fresh, over),
		cmocka_unit_test_setup_teardown(one_bad_unit, fresh, over),
		cmocka_unit_test_setup_teardown(too_many_in_a_row, fresh, over),
		cmocka_unit_test_setup_teardown(absent_units_do_not_count_in_a_row, fresh, over),
		cmocka_unit_test_setup_teardown(until_and_limit, fresh, over),
		cmocka_unit_test_setup_teardown(nobody_comes, fresh, over),
		cmocka_unit_test_setup_teardown(rows_of_one_pattern, fresh, over),
		cmocka_unit_test_setup_teardown(a_match, fresh, over),
		cmocka_unit_test_setup_teardown(thousands_of_units, fresh, over),
		cmocka_unit_test(memory),
	};
	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
