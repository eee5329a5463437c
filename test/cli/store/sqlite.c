/* SPDX-License-Identifier: MIT */
/* Transactions: whole or not at all, with several processes, a killed one, or a full disk. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/store/fixture.h"

#define WRITERS 4
#define EACH	12
#define KILLS	40

/* All make the store, at once, and write into it. */
static void processes_share_a_store(void **state)
{
	pid_t children[WRITERS];
	int go[2], status;
	char octet;

	(void)state;
	assert_int_equal(pipe(go), 0);
	for (int w = 0; w < WRITERS; w++) {
		children[w] = fork();
		assert_true(children[w] >= 0);
		if (children[w])
			continue;
		uint8_t irk[16];
		struct bond_record r = record((uint8_t)w, true);
		close(go[1]);
		if (read(go[0], &octet, 1) != 0 || store_init(&store, path, &failure) ||
		    store_irk(&store, &r.local, irk, &failure)) {
			(void)fprintf(stderr, "# %s\n", failure.text);
			_exit(1);
		}
		for (int i = 0; i < EACH; i++) {
			r.bond.peer.ltk[9] = (uint8_t)i;
			if (write_unit(100 * w + i, &r, STORE_DONE)) {
				(void)fprintf(stderr, "# %s\n", failure.text);
				_exit(2);
			}
		}
		store_close(&store);
		_exit(0);
	}
	close(go[0]);
	close(go[1]); /* now */
	for (int w = 0; w < WRITERS; w++) {
		assert_int_equal(waitpid(children[w], &status, 0), children[w]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(query("SELECT count(*) FROM unit WHERE state = 'done'"), WRITERS * EACH);
	assert_int_equal(query("SELECT count(*) FROM attempt"), WRITERS * EACH);
	assert_int_equal(query("SELECT count(*) FROM bond WHERE newer IS NULL"), WRITERS);
	/* Each replaced the one before; the oldest are not kept. */
	assert_int_equal(query("SELECT count(*) FROM bond"), WRITERS * (1 + STORE_HISTORY_KEEP));
	assert_int_equal(query("SELECT count(*) FROM identity"), 1); /* one key for one address */
}

/* Writes one unit after the other, and reports each when it is durable. */
static void work_until_killed(int tell_fd)
{
	enum store_state unit;
	char name[16];

	if (store_init(&store, path, &failure) || store_claim_job(&store, "r", &failure))
		_exit(1);
	for (int i = 0;; i++) {
		struct bond_record r = record((uint8_t)i, true);
		(void)snprintf(name, sizeof(name), "%d", i);
		if (store_unit(&store, "r", name, &unit, NULL, &failure))
			_exit(2);
		if (unit == STORE_DONE)
			continue;
		r.peer.octets[1] = r.bond.peer.identity.octets[1] = (uint8_t)(i >> 8);
		if (write_unit(i, &r, STORE_DONE) || write(tell_fd, &i, sizeof(i)) != sizeof(i))
			_exit(3);
	}
}

/*
 * A station that is killed at any moment, and begun again: what it said was done is there, bond,
 * attempt and unit together, and nothing was done twice.
 */
static void killed_at_any_moment(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	int last = -1, i, status, ends[2], done;

	(void)state;
	printf("# seed %u\n", seed);
	for (int round = 0; round < KILLS; round++) {
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		assert_true(child >= 0); /* it will be killed */
		if (child == 0) {
			close(ends[0]);
			work_until_killed(ends[1]);
		}
		close(ends[1]);
		/* Sometimes while the store is opened, mostly while it works. */
		if (round % 4)
			usleep((useconds_t)rand_r(&seed) % 8000);
		else if (read(ends[0], &i, sizeof(i)) == sizeof(i))
			last = i;
		usleep((useconds_t)rand_r(&seed) % 3000);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		while (read(ends[0], &i, sizeof(i)) == sizeof(i)) {
			/* Nothing that was done is done again; one may be durable and unsaid. */
			assert_true(i == last + 1 || i == last + 2);
			last = i;
		}
		close(ends[0]);
		if (last < 0)
			continue;
		done = query("SELECT count(*) FROM unit WHERE state = 'done'");
		assert_true(done == last + 1 || done == last + 2);
		assert_int_equal(query("SELECT sum(attempts) FROM unit"), done);
		assert_int_equal(query("SELECT count(*) FROM attempt"), done);
		assert_int_equal(query("SELECT count(DISTINCT unit) FROM attempt"), done);
		assert_int_equal(query("SELECT count(*) FROM bond"), done);
		assert_int_equal(query("SELECT count(*) FROM pragma_integrity_check"), 1);
		last = done - 1;
	}
	printf("# %d units in %d lives\n", last + 1, KILLS);
	assert_true(last + 1 >= KILLS / 4); /* every fourth life waits for one */
}

/* A limit on the size of files acts as a full disk. */
static void a_full_disk_loses_nothing(void **state)
{
	struct rlimit usual, small;
	int written = 0, status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
	small = usual;
	small.rlim_cur = 150000;
	(void)signal(SIGXFSZ, SIG_IGN);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (setrlimit(RLIMIT_FSIZE, &small) || store_init(&store, path, &failure))
			_exit(250);
		while (written < 200) {
			struct bond_record r = record((uint8_t)written, true);
			if (write_unit(written, &r, STORE_DONE))
				break;
			written++;
		}
		/* The failure is reported, and the process could go on. */
		bool reported = strstr(failure.text, path) && failure.exit == CLI_INTERNAL;
		if (!reported)
			(void)fprintf(stderr, "# %s\n", failure.text);
		_exit(reported ? written : 251);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	written = WEXITSTATUS(status);
	assert_in_range(written, 1, 199);
	open_store();
	assert_int_equal(count(0), written);
	assert_int_equal(query("SELECT count(*) FROM unit"), written);
	assert_int_equal(query("SELECT count(*) FROM pragma_integrity_check"), 1);
}

static int rows(void)
{
	return query("SELECT (SELECT count(*) FROM bond) + (SELECT count(*) FROM identity)"
		     " + (SELECT count(*) FROM attempt) + (SELECT count(*) FROM unit)"
		     " + (SELECT count(*) FROM failure)");
}

/* The bond, the attempt, the count and the unit of the entries before the one that fails. */
static void when_one_entry_fails_none_is_written(void **state)
{
	struct bond_record r = record(1, true);
	struct attempt attempt, wrong;
	struct store_entry entries[] = {
		{.bond = &r,
		 .attempt = &attempt,
		 .state = STORE_DONE,
		 .count = STORE_FAILURE,
		 .counted = r.peer},
		{.attempt = &wrong},
	};

	(void)state;
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = "r";
	attempt.unit = "1";
	attempt_clear(&wrong); /* without a time and a result */
	open_store();
	assert_int_equal(store_write(&store, entries, 2, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "NOT NULL constraint failed: attempt.time"));
	assert_int_equal(rows(), 0);
	/* The store can be used as before. */
	assert_int_equal(store_write(&store, entries, 1, &failure), 0);
	assert_int_equal(rows(), 5);
	assert_int_equal(entries[0].kept, STORE_ADDED);
}

static void a_session_reads_bond_and_failures_at_once(void **state)
{
	struct bond_record r = record(1, true);
	struct store_request request = {.done = NULL};
	struct store_peer peer = {.on_air = r.peer};

	(void)state;
	open_store();
	store_request_peer(&store, &request, &peer);
	assert_int_equal(request.result, 0);
	assert_false(peer.has_bond);
	assert_int_equal(peer.attempts.all.failures, 0);
	(void)add(&r, STORE_REPLACE);
	count_for(&r.peer, STORE_FAILURE);
	store_request_peer(&store, &request, &peer);
	assert_int_equal(request.result, 0);
	assert_true(peer.has_bond);
	assert_int_equal(peer.bond_id, query("SELECT id FROM bond"));
	assert_memory_equal(peer.bond.bond.peer.ltk, r.bond.peer.ltk, 16);
	assert_int_equal(peer.attempts.all.failures, 1);
	assert_int_equal(peer.attempts.peers[0].failures, 1);
	/* A writer is not locked out. */
	execute("UPDATE failure SET failures = 0");
	store_request_peer(&store, &request, &peer);
	assert_int_equal(request.result, -1);
	assert_non_null(strstr(request.failure.text, "it is damaged"));
	execute("UPDATE failure SET failures = 1; UPDATE bond SET key_size = 1");
	store_request_peer(&store, &request, &peer);
	assert_int_equal(request.result, -1);
	assert_false(peer.has_bond);
}

/* ---- Export and import ----------------------------------------------------------------------- */

static struct attempt paired_attempt(void)
{
	struct attempt attempt;

	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	(void)snprintf(attempt.peer, sizeof(attempt.peer), "C9:09:09:09:09:01");
	attempt.pair_ms = 12.5;
	attempt.retries = 2;
	return attempt;
}

static json_t *exported(void)
{
	json_t *json = store_export(&store, &failure);

	assert_non_null(json);
	return json;
}

static void import(const json_t *json, const size_t expected[5])
{
	size_t kept[STORE_KEPT];

	if (store_import(&store, json, "x.json", kept, &failure))
		fail_msg("%s", failure.text);
	assert_memory_equal(kept, expected, sizeof(kept));
}

static void an_import_is_whole_and_may_be_repeated(void **state)
{
	struct bond_record a = record(1, true), b = record(2, true), newer = record(1, false);
	struct attempt attempt = paired_attempt();
	struct store_entry entry = {.attempt = &attempt};
	uint8_t irk[16];

	(void)state;
	newer.made[3] = '7';
	open_store();
	(void)add(&a, STORE_REPLACE);
	(void)add(&b, STORE_REPLACE);
	assert_int_equal(store_irk(&store, &a.local, irk, &failure), 0);
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	json_t *first = exported();
	import(first, (const size_t[5]){[STORE_DUPLICATE] = 2});
	(void)add(&newer, STORE_REPLACE);
	json_t *second = exported();
	assert_int_equal(json_array_size(json_object_get(second, "history")), 1);
	store_close(&store);
	drop("");

	open_store();
	import(first, (const size_t[5]){[STORE_ADDED] = 2});
	import(second, (const size_t[5]){[STORE_REPLACED] = 1, [STORE_DUPLICATE] = 2});
	import(first, (const size_t[5]){[STORE_DUPLICATE] = 2});
	json_t *third = exported();
	/* The order of the bonds is that of their arrival. */
	assert_int_equal(json_array_size(json_object_get(third, "bonds")), 2);
	assert_true(
		json_equal(json_object_get(third, "history"), json_object_get(second, "history")));
	assert_true(json_equal(json_object_get(third, "identities"),
			       json_object_get(second, "identities")));
	assert_true(json_equal(json_object_get(third, "attempts"),
			       json_object_get(second, "attempts")));
	json_decref(first);
	json_decref(second);
	json_decref(third);
}

static void an_export_has_the_bonds_in_force_and_their_history(void **state)
{
	struct bond_record r[3] = {record(1, true), record(2, true), record(1, false)};

	(void)state;
	open_store();
	for (int i = 0; i < 3; i++)
		(void)add(&r[i], STORE_REPLACE);
	json_t *json = exported();
	const json_t *bonds = json_object_get(json, "bonds");
	const json_t *history = json_object_get(json, "history");
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 2);
	assert_int_equal(json_array_size(bonds), 2);
	assert_int_equal(json_array_size(history), 1);
	for (int i = 0; i < 3; i++) {
		json_t *expected = bond_to_json(&r[i]);
		const json_t *item =
			i == 0 ? json_array_get(history, 0) : json_array_get(bonds, (size_t)i - 1);
		assert_true(json_equal(item, expected));
		json_decref(expected);
	}
	json_decref(json);
}

static void an_import_that_cannot_be_written_changes_nothing(void **state)
{
	struct bond_record a = record(1, true), b = record(2, true);
	size_t kept[STORE_KEPT];

	(void)state;
	open_store();
	(void)add(&a, STORE_REPLACE);
	(void)add(&b, STORE_REPLACE);
	json_t *json = exported();
	store_close(&store);
	drop("");
	open_store();
	execute("CREATE TRIGGER full BEFORE INSERT ON bond WHEN (SELECT count(*) FROM bond) = 1"
		" BEGIN SELECT raise(FAIL, 'full'); END");
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), -1);
	assert_int_equal(rows(), 0);
	json_decref(json);
	/* Nor of what is no export. */
	json = json_object();
	memset(kept, 0xff, sizeof(kept));
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), -1);
	for (size_t i = 0; i < STORE_KEPT; i++)
		assert_int_equal(kept[i], 0);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(processes_share_a_store),
		CASE(killed_at_any_moment),
		CASE(a_full_disk_loses_nothing),
		CASE(when_one_entry_fails_none_is_written),
		CASE(a_session_reads_bond_and_failures_at_once),
		CASE(an_import_is_whole_and_may_be_repeated),
		CASE(an_export_has_the_bonds_in_force_and_their_history),
		CASE(an_import_that_cannot_be_written_changes_nothing),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
