/* SPDX-License-Identifier: MIT */
/* Units of jobs, and which process a job belongs to. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/store/fixture.h"

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

static void units_have_the_state_of_their_last_attempt(void **state)
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

static void a_job_belongs_to_one_process(void **state)
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
	assert_true(child >= 0); /* it will be killed */
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

static void units_are_listed_by_name_and_job(void **state)
{
	char text[64] = "", none[64] = "";
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt, .state = STORE_WAITING};

	(void)state;
	open_store();
	assert_int_equal(write_unit(3, NULL, STORE_FAILED), 0);
	assert_int_equal(write_unit(1, NULL, STORE_WAITING), 0);
	attempt_init(&attempt, "failed", CLI_TIMED_OUT, NULL, ATTEMPT_NONE);
	attempt.job = "other";
	attempt.unit = "2";
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	assert_int_equal(store_units(&store, "r", collect, text, &failure), 0);
	assert_string_equal(text, "1:1:1 3:3:1 ");
	assert_int_equal(store_units(&store, "none", collect, none, &failure), 0);
	assert_string_equal(none, "");
	char sql[120];
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM unit WHERE run = 'other' AND changed = '%s'",
		       attempt.time);
	assert_int_equal(query(sql), 1);
}

static void an_unknown_unit_has_no_attempts(void **state)
{
	enum store_state unit = STORE_DONE;
	unsigned attempts = 9;

	(void)state;
	open_store();
	assert_int_equal(store_unit(&store, "r", "1", &unit, &attempts, &failure), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	assert_int_equal(attempts, 0);
	assert_int_equal(store_unit(&store, "r", "1", &unit, NULL, &failure), 0);
}

static void a_job_can_be_claimed_twice_by_its_own_process(void **state)
{
	char name[128];
	struct stat status;

	(void)state;
	open_store();
	assert_int_equal(store_claim_job(&store, "night", &failure), 0);
	assert_int_equal(store_claim_job(&store, "night", &failure), 0);
	assert_int_equal(store_claim_job(&store, "day", &failure), 0);
	(void)snprintf(name, sizeof(name), "%s-runs", path);
	assert_int_equal(stat(name, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

/* The lock file is not opened through a link that someone put there. */
static void a_lock_file_that_cannot_be_used_is_reported(void **state)
{
	char name[128], other[128];

	(void)state;
	open_store();
	(void)snprintf(name, sizeof(name), "%s-runs", path);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, name), 0);
	assert_int_equal(store_claim_job(&store, "night", &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_non_null(strstr(failure.text, name));
	assert_int_not_equal(access(other, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(units_have_the_state_of_their_last_attempt),
		CASE(a_job_belongs_to_one_process),
		CASE(units_are_listed_by_name_and_job),
		CASE(an_unknown_unit_has_no_attempts),
		CASE(a_job_can_be_claimed_twice_by_its_own_process),
		CASE(a_lock_file_that_cannot_be_used_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
