/* SPDX-License-Identifier: MIT */
/* What a store knows of attempts: failures and the wait that follows, and the units of a run. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/store/fixture.h"

/* ---- Repeated attempts, Vol 3 Part H 2.3.6 --------------------------------------------------- */

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
	/* The type is part of an address, and whom we called does not make others wait. */
	assert_int_equal(wait_of(&b), 0);
	execute("UPDATE failure SET since = since - 1000000 * 510");
	assert_in_range(wait_of(&a), 1, 2);
	count_for(&b, STORE_FAILURE);
	assert_int_equal(wait_of(&b), 1);
	count_for(&b, STORE_SUCCESS);
	assert_int_equal(wait_of(&b), 0);
	assert_in_range(wait_of(&a), 1, 2);
	/* None of that is in an export, nor an attempt. */
	assert_int_equal(ask("SELECT count(*) FROM attempt"), 0);
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
	assert_int_equal(ask("SELECT count(*) FROM failure WHERE peer <> ''"), SMP_ATTEMPTS_PEERS);
	assert_int_equal(ask("SELECT failures FROM failure WHERE peer = ''"), SMP_ATTEMPTS_ALL_MAX);
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

static void failures_that_none_can_have(void **state)
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

/* ---- Runs ------------------------------------------------------------------------------------ */

static void collect(void *ctx, const char *unit, enum store_state unit_state, unsigned attempts)
{
	char *text = ctx;
	size_t used = strlen(text);

	(void)snprintf(text + used, 64 - used, "%s:%d:%u ", unit, unit_state, attempts);
}

static void count_attempt(void *ctx, const struct attempt *attempt)
{
	(void)attempt;
	++*(int *)ctx;
}

static void units_of_a_run(void **state)
{
	struct bond_record r = record(1, true);
	enum store_state unit;
	unsigned attempts;
	char text[64] = "";
	int n = 0;

	(void)state;
	open_store();
	assert_int_equal(store_claim_job(&store, "r", &failure), 0);
	assert_int_equal(store_unit(&store, "r", "1", &unit, &attempts, &failure), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(write_unit(1, NULL, STORE_WAITING), 0);
	assert_int_equal(write_unit(1, &r, STORE_DONE), 0);
	assert_int_equal(write_unit(2, NULL, STORE_FAILED), 0);
	assert_int_equal(store_unit(&store, "r", "1", &unit, &attempts, &failure), 0);
	assert_int_equal(unit, STORE_DONE);
	assert_int_equal(attempts, 2);
	assert_int_equal(store_unit(&store, "s", "1", &unit, &attempts, &failure), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(store_units(&store, "r", collect, text, &failure), 0);
	assert_string_equal(text, "1:2:2 2:3:1 ");
	const struct store_attempts which = {.job = "r"}, last = {.job = "r", .last = 2},
				    other = {.job = "s"};
	assert_int_equal(store_attempts(&store, &which, count_attempt, &n, &failure), 0);
	assert_int_equal(n, 3);
	assert_int_equal(store_attempts(&store, &last, count_attempt, &n, &failure), 0);
	assert_int_equal(n, 5);
	assert_int_equal(store_attempts(&store, &other, count_attempt, &n, &failure), 0);
	assert_int_equal(n, 5);
}

static void a_run_belongs_to_one_process(void **state)
{
	struct store second;
	int status;

	(void)state;
	open_store();
	assert_int_equal(store_claim_job(&store, "night", &failure), 0);
	assert_int_equal(store_init(&second, path, &failure), 0);
	assert_int_equal(store_claim_job(&second, "night", &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_non_null(strstr(failure.text, "another process is at work on the run \"night\""));
	assert_int_equal(store_claim_job(&second, "day", &failure), 0);
	store_close(&second);
	store_close(&store);

	/* It ends with the process, even one that is killed. */
	int ready[2];
	char octet;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		open_store();
		octet = (char)store_claim_job(&store, "night", &failure);
		_exit(write(ready[1], &octet, 1) == 1 && pause());
	}
	assert_int_equal(read(ready[0], &octet, 1), 1);
	assert_int_equal(octet, 0);
	open_store();
	assert_int_equal(store_claim_job(&store, "night", &failure), -1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(store_claim_job(&store, "night", &failure), 0);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(failures_outlive_the_process),
		CASE(failures_of_many_have_a_bound),
		CASE(a_clock_set_back_forgives_nothing),
		CASE(failures_that_none_can_have),
		CASE(units_of_a_run),
		CASE(a_run_belongs_to_one_process),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
