/* SPDX-License-Identifier: MIT */
/* Failures of peers, shared by all processes: Core Vol 3 Part H 2.3.6. */
#include <string.h>

#include "cli/store/fixture.h"

static void failures_outlive_the_process(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}}, b = {0, {1, 2, 3, 4, 5, 0xc6}};

	(void)state;
	open_store();
	assert_int_equal(wait_of(&a), 0);
	for (unsigned wait = 1; wait <= 512; wait *= 2) {
		count_for(&a, STORE_FAILURE_OF_CALLED);
		assert_int_equal(wait_of(&a), wait);
	}
	count_for(&a, STORE_FAILURE_OF_CALLED);
	assert_int_equal(wait_of(&a), 512);
	/* The type is part of an address; a device to which we connected makes no other wait. */
	assert_int_equal(wait_of(&b), 0);
	execute("UPDATE failure SET since = since - 1000000 * 510");
	assert_in_range(wait_of(&a), 1, 2);
	count_for(&b, STORE_FAILURE);
	assert_int_equal(wait_of(&b), 1);
	count_for(&b, STORE_SUCCESS);
	assert_int_equal(wait_of(&b), 0);
	assert_in_range(wait_of(&a), 1, 2);
	/* That makes no attempts. */
	assert_int_equal(query("SELECT count(*) FROM attempt"), 0);
}

static void failures_of_many_have_a_bound(void **state)
{
	struct crypto_address peer = {1, {0, 2, 3, 4, 5, 0xc6}}, other = {1, {9, 9}};

	(void)state;
	open_store();
	for (uint8_t i = 0; i < SMP_ATTEMPTS_PEERS + 8; i++) {
		peer.octets[0] = i;
		count_for(&peer, STORE_FAILURE);
	}
	assert_int_equal(query("SELECT count(*) FROM failure WHERE peer <> ''"),
			 SMP_ATTEMPTS_PEERS);
	assert_int_equal(query("SELECT failures FROM failure WHERE peer = ''"),
			 SMP_ATTEMPTS_ALL_MAX);
	assert_int_equal(wait_of(&other), 64); /* all together */
}

static void a_clock_set_back_forgives_nothing(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}};

	(void)state;
	open_store();
	for (int i = 0; i < 4; i++)
		count_for(&a, STORE_FAILURE_OF_CALLED);
	execute("UPDATE failure SET since = since + 1000000 * 86400");
	assert_int_equal(wait_of(&a), 8); /* and no day longer */
}

static void impossible_failures_are_reported(void **state)
{
	/* More devices than are remembered. */
	static const char crowd[] =
		"WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 42)"
		" INSERT INTO failure SELECT 'C0:00:00:00:00:' || i || '/random', 1, 1 FROM n";
	static const char *const wrongs[] = {
		"UPDATE failure SET failures = 11", /* a wait beyond all bounds */
		"UPDATE failure SET failures = 0",
		"UPDATE failure SET failures = -1",
		"UPDATE failure SET failures = 4294967297",
		"UPDATE failure SET peer = 'nobody'",
		crowd,
	};
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}};
	struct smp_attempts attempts;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		open_store();
		count_for(&a, STORE_FAILURE_OF_CALLED);
		execute(wrongs[i]);
		assert_int_equal(store_failures(&store, &attempts, &failure), -1);
		assert_int_equal(failure.exit, CLI_USAGE);
		assert_non_null(strstr(failure.text, "it is damaged"));
		store_close(&store);
		drop("");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(failures_outlive_the_process),
		CASE(failures_of_many_have_a_bound),
		CASE(a_clock_set_back_forgives_nothing),
		CASE(impossible_failures_are_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
