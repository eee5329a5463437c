/* SPDX-License-Identifier: MIT */
/* Repeated attempts, Core Vol 3 Part H 2.3.6, on a clock of the test's own. */
#include "smp/attempts.h"

#include <string.h>

#include "unit.h"

#define SECOND 1000000ULL
#define DAY    (86400 * SECOND)

static const uint64_t start = 5 * SECOND;

static struct crypto_address device(unsigned n)
{
	return (struct crypto_address){n & 1, {(uint8_t)n, (uint8_t)(n >> 8), 3, 4, 5, 0x46}};
}

/* An attacker who does not wait a moment longer than he must; returns when he may go on. */
static uint64_t fail_at_once(struct smp_attempts *a, const struct crypto_address *peer,
			     uint64_t now)
{
	now += smp_attempts_wait(a, peer, now);
	smp_attempts_failed(a, peer, now);
	return now;
}

static void doubles_up_to_a_bound(void **state)
{
	struct smp_attempts a = {0};
	struct crypto_address peer = device(1);
	uint64_t now = start, want = SECOND;

	(void)state;
	assert_int_equal(smp_attempts_wait(&a, &peer, now), 0);
	for (int n = 0; n < 30; n++) {
		now = fail_at_once(&a, &peer, now);
		assert_int_equal(smp_attempts_wait(&a, &peer, now), want);
		/* To the microsecond. */
		assert_int_equal(smp_attempts_wait(&a, &peer, now + want - 1), 1);
		assert_int_equal(smp_attempts_wait(&a, &peer, now + want), 0);
		want = want < 512 * SECOND ? 2 * want : want;
	}
	assert_int_equal(want, 512 * SECOND);
}

/* Others are not made to wait for what one did. */
static void each_device_for_itself(void **state)
{
	struct smp_attempts a = {0};
	struct crypto_address one = device(1), other = device(2), typed = one;

	(void)state;
	fail_at_once(&a, &one, start);
	assert_int_equal(smp_attempts_wait(&a, &other, start), 0);
	assert_int_equal(smp_attempts_failures(&a, &other, start), 0);
	typed.type ^= 1; /* the same octets, public and random: two devices */
	assert_int_equal(smp_attempts_wait(&a, &typed, start), 0);
	fail_at_once(&a, &other, start);
	assert_int_equal(smp_attempts_wait(&a, &one, start), SECOND);
	assert_int_equal(smp_attempts_wait(&a, &other, start), SECOND);
}

static void success_forgives(void **state)
{
	struct smp_attempts a = {0};
	struct crypto_address one = device(1), other = device(2);
	uint64_t now = start;

	(void)state;
	for (int n = 0; n < 3; n++)
		now = fail_at_once(&a, &one, now);
	fail_at_once(&a, &other, now);
	smp_attempts_succeeded(&a, &one);
	assert_int_equal(smp_attempts_wait(&a, &one, now), 0);
	/* Not what others did; and from the beginning when it fails again. */
	assert_int_equal(smp_attempts_wait(&a, &other, now), SECOND);
	fail_at_once(&a, &one, now);
	assert_int_equal(smp_attempts_failures(&a, &one, now), 1);
	smp_attempts_succeeded(&a, &(struct crypto_address){0}); /* an unknown device */
}

/* "Shall exponentially decrease when no new failed attempts are made": by halves, to nothing. */
static void quiet_time_wears_it_off(void **state)
{
	struct smp_attempts a = {0};
	struct crypto_address peer = device(1);
	uint64_t now = start;

	(void)state;
	for (int n = 0; n < 4; n++)
		now = fail_at_once(&a, &peer, now); /* 8 s */
	for (unsigned left = 4; left; left--) {
		uint64_t quiet = 4 * (SECOND << (left - 1));
		assert_int_equal(smp_attempts_failures(&a, &peer, now + quiet - 1), left);
		now += quiet;
		assert_int_equal(smp_attempts_failures(&a, &peer, now), left - 1);
	}
	/* Half worn off: the next failure goes on from there, not from the top. */
	for (int n = 0; n < 4; n++)
		now = fail_at_once(&a, &peer, now);
	now += 4 * 8 * SECOND;
	smp_attempts_failed(&a, &peer, now);
	assert_int_equal(smp_attempts_wait(&a, &peer, now), 8 * SECOND);
	/* Days later nothing is left, and nothing runs over. */
	assert_int_equal(smp_attempts_failures(&a, &peer, now + 400 * DAY), 0);
	assert_int_equal(smp_attempts_wait(&a, &peer, now + 400 * DAY), 0);
	fail_at_once(&a, &peer, now + 400 * DAY);
	assert_int_equal(smp_attempts_wait(&a, &peer, now + 400 * DAY), SECOND);
}

/* A new address each time, as resolvable private ones are: all together have their bound. */
static void a_new_address_each_time(void **state)
{
	struct smp_attempts a = {0};
	uint64_t now = start;
	unsigned attempts = 0;
	struct crypto_address peer;

	(void)state;
	for (unsigned n = 0; n < SMP_ATTEMPTS_ALL_FREE; n++) {
		peer = device(n);
		assert_int_equal(smp_attempts_wait(&a, &peer, now), 0);
		assert_false(smp_attempts_crowded(&a, now));
		now = fail_at_once(&a, &peer, now);
	}
	assert_true(smp_attempts_crowded(&a, now));
	assert_false(smp_attempts_crowded(&a, now + 4 * SECOND));
	peer = device(1000);
	assert_int_equal(smp_attempts_wait(&a, &peer, now), 0);
	now = fail_at_once(&a, &peer, now);
	peer = device(1001);
	assert_int_equal(smp_attempts_wait(&a, &peer, now), SECOND);
	/* For days: never more than one each 64 s in the long run. */
	for (unsigned n = 1001; now < 5 * DAY; n++, attempts++) {
		peer = device(n);
		now = fail_at_once(&a, &peer, now);
	}
	assert_in_range(attempts, 6000, 5 * 86400 / 64 + 10);
	/* Who comes honestly meanwhile waits a minute at most, not for ever. */
	peer = device(77);
	assert_in_range(smp_attempts_wait(&a, &peer, now), 1, 64 * SECOND);
	assert_int_equal(smp_attempts_wait(&a, &peer, now + 64 * SECOND), 0);
}

/* More devices than places: whose wait is over first makes room, the worst offender stays. */
static void a_full_table(void **state)
{
	struct smp_attempts a = {0};
	struct crypto_address worst = device(1);
	uint64_t now = start;

	(void)state;
	for (int n = 0; n < 9; n++)
		now = fail_at_once(&a, &worst, now); /* 256 s */
	for (unsigned n = 2; n < 2 + 3 * SMP_ATTEMPTS_PEERS; n++) {
		struct crypto_address peer = device(n);
		smp_attempts_failed(&a, &peer, now);
		assert_int_equal(smp_attempts_failures(&a, &peer, now), 1);
	}
	assert_int_equal(smp_attempts_wait(&a, &worst, now), 256 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_up_to_a_bound),
		cmocka_unit_test(each_device_for_itself),
		cmocka_unit_test(success_forgives),
		cmocka_unit_test(quiet_time_wears_it_off),
		cmocka_unit_test(a_new_address_each_time),
		cmocka_unit_test(a_full_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
