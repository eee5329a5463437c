/* SPDX-License-Identifier: MIT */
/* The store as its users see it: its name, --no-store, and requests that complete now or later. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/store/fixture.h"
#include "store/backend.h"

/* ---- Names ----------------------------------------------------------------------------------- */

static void the_default_path_is_below_the_state_directory(void **state)
{
	(void)state;
	assert_int_equal(setenv("HOME", "/home/me", 1), 0);
	assert_int_equal(setenv("XDG_STATE_HOME", "/state", 1), 0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	assert_string_equal(store.path, "/state/blepair/blepair.db");
	assert_true(store.usual);
	/* The specification of XDG directories: a relative path is invalid, and ignored. */
	assert_int_equal(setenv("XDG_STATE_HOME", "relative", 1), 0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	assert_string_equal(store.path, "/home/me/.local/state/blepair/blepair.db");
	assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
	assert_int_equal(store_init(&store, NULL, &failure), 0);
	assert_string_equal(store.path, "/home/me/.local/state/blepair/blepair.db");
	assert_int_equal(setenv("HOME", "me", 1), 0);
	assert_int_equal(store_init(&store, NULL, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_non_null(strstr(failure.text, "there is no home directory for it"));
	assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null", 1), 0);
}

static void a_path_has_room_for_the_files_beside_it(void **state)
{
	char longest[STORE_PATH + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[STORE_PATH - 9] = '\0';
	assert_int_equal(store_init(&store, longest, &failure), 0);
	assert_string_equal(store.path, longest);
	assert_false(store.usual);
	longest[STORE_PATH - 9] = 'x';
	longest[STORE_PATH - 8] = '\0';
	assert_int_equal(store_init(&store, longest, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	longest[STORE_PATH - 8] = 'x';
	longest[STORE_PATH] = '\0';
	assert_int_equal(store_init(&store, longest, &failure), -1);
	assert_int_equal(store_init(&store, "", &failure), -1);
	store_init_none(&store);
}

static void naming_a_store_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(store_init(&store, path, &failure), 0);
	assert_false(store_keeps_nothing(&store));
	assert_null(store.database);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(store_open(&store, &failure), 0);
	void *database = store.database;
	assert_non_null(database);
	assert_int_equal(store_open(&store, &failure), 0);
	assert_ptr_equal(store.database, database);
	store_close(&store);
	assert_null(store.database);
	store_close(&store);
}

/* ---- No store -------------------------------------------------------------------------------- */

static void ignore_attempt(void *ctx, const struct attempt *attempt)
{
	(void)attempt;
	++*(int *)ctx;
}

static void ignore_unit(void *ctx, const char *unit, enum store_state unit_state, unsigned attempts)
{
	(void)unit;
	(void)unit_state;
	(void)attempts;
	++*(int *)ctx;
}

static void without_a_store_nothing_is_kept(void **state)
{
	struct bond_record r = record(1, true), found;
	enum store_state unit;
	uint8_t irk[2][16];

	(void)state;
	store_init_none(&store);
	assert_true(store_keeps_nothing(&store));
	assert_int_equal(store_open(&store, &failure), 0);
	(void)add(&r, STORE_REPLACE);
	found = r;
	assert_int_equal(store_find_by_air_address(&store, &r.peer, &found, NULL, &failure), 0);
	assert_false(found.bond.peer.has_ltk || found.bond.peer.ltk[0]);
	int64_t id = 0;
	found = r;
	assert_int_equal(store_next(&store, 0, &id, &found, &failure), 0);
	assert_false(found.bond.peer.has_ltk || found.bond.peer.ltk[0]);
	assert_int_equal(store_irk(&store, &r.local, irk[0], &failure), 0);
	assert_int_equal(store_irk(&store, &r.local, irk[1], &failure), 0);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_int_equal(store_claim_job(&store, "run", &failure), 0);
	assert_int_equal(store_unit(&store, "run", "1", &unit, NULL, &failure), 0);
	assert_int_equal(unit, STORE_NO_UNIT);
	struct smp_attempts attempts;
	struct crypto_address address;
	size_t kept[STORE_KEPT];
	int calls = 0;
	static const struct store_attempts all;
	memset(&attempts, 1, sizeof(attempts));
	assert_int_equal(store_failures(&store, &attempts, &failure), 0);
	assert_int_equal(attempts.all.failures + attempts.peers[0].failures, 0);
	assert_int_equal(store_static(&store, 0, &address, &failure), 0);
	assert_int_equal(store_has_identity(&store, &r.local, &failure), 0);
	assert_int_equal(store_remove(&store, &(int64_t){1}, 1, &failure), 0);
	assert_int_equal(store_attempts(&store, &all, ignore_attempt, &calls, &failure), 0);
	assert_int_equal(store_units(&store, "run", ignore_unit, &calls, &failure), 0);
	assert_int_equal(calls, 0);
	json_t *json = store_export(&store, &failure);
	assert_int_equal(json_array_size(json_object_get(json, "bonds")), 0);
	assert_int_equal(store_import(&store, json, "x.json", kept, &failure), 0);
	json_decref(json);
	assert_int_equal(count(0), 0);
	assert_null(store.database);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* Every function reports why the store cannot be opened. */
static void a_store_that_cannot_be_opened_fails_every_function(void **state)
{
	static const struct store_attempts all;
	struct bond_record r = record(1, true), found;
	struct store_entry entry = {.bond = &r};
	struct smp_attempts attempts;
	struct crypto_address address;
	enum store_state unit;
	size_t kept[STORE_KEPT];
	uint8_t irk[16];
	int64_t id = 0;
	int calls = 0;
	json_t *json = json_pack("{s:i, s:[]}", "version", 1, "bonds");

	(void)state;
	assert_int_equal(store_init(&store, folder, &failure), 0);
#define FAILS(call)                                                 \
	do {                                                        \
		*failure.text = '\0';                               \
		assert_int_equal(call, -1);                         \
		assert_non_null(strstr(failure.text, "directory")); \
	} while (0)
	FAILS(store_find_by_air_address(&store, &r.peer, &found, &id, &failure));
	FAILS(store_find_by_user_address(&store, &r.peer, false, &found, &id, &failure));
	FAILS(store_next(&store, 0, &id, &found, &failure));
	FAILS(store_remove(&store, &(int64_t){1}, 1, &failure));
	FAILS(store_write(&store, &entry, 1, &failure));
	FAILS(store_irk(&store, &r.peer, irk, &failure));
	FAILS(store_static(&store, 0, &address, &failure));
	FAILS(store_has_identity(&store, &r.local, &failure));
	FAILS(store_failures(&store, &attempts, &failure));
	FAILS(store_attempts(&store, &all, ignore_attempt, &calls, &failure));
	FAILS(store_claim_job(&store, "r", &failure));
	FAILS(store_unit(&store, "r", "1", &unit, NULL, &failure));
	FAILS(store_units(&store, "r", ignore_unit, &calls, &failure));
	FAILS(store_import(&store, json, "x.json", kept, &failure));
	assert_null(store_export(&store, &failure));
	assert_int_equal(calls, 0);
	json_decref(json);
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* A backend across a network: it completes when the test lets it. */
static struct store_request *waiting[4];
static size_t waiting_count;
static int slow_open_calls;

static int slow_open(struct store *opened, struct failure *why)
{
	(void)why;
	opened->database = &slow_open_calls;
	slow_open_calls++;
	return 1;
}

static void slow_close(struct store *closed)
{
	(void)closed;
}

static void slow_peer(struct store *of, struct store_request *request, struct store_peer *peer)
{
	(void)of;
	peer->has_bond = true;
	waiting[waiting_count++] = request;
}

static void slow_write(struct store *of, struct store_request *request, struct store_entry *entries,
		       size_t entry_count)
{
	(void)of;
	entries[entry_count - 1].kept = STORE_REPLACED;
	waiting[waiting_count++] = request;
}

static const struct store_backend slow = {
	.open = slow_open,
	.close = slow_close,
	.peer = slow_peer,
	.write = slow_write,
};

static char order[8];

static void note_completion(struct store_request *request)
{
	(void)strcat(order, request->result ? "-" : (const char *)request->ctx);
}

static void a_request_may_complete_later(void **state)
{
	struct bond_record r = record(1, true);
	struct store_entry entry = {.bond = &r};
	struct store_peer peer = {.on_air = r.peer, .has_bond = true};
	char a[] = "a", b[] = "b", c[] = "c";
	struct store_request requests[] = {{.done = note_completion, .ctx = a},
					   {.done = note_completion, .ctx = b},
					   {.done = note_completion, .ctx = c}};

	(void)state;
	order[0] = '\0';
	waiting_count = 0;
	slow_open_calls = 0;
	store = (struct store){.backend = &slow};
	store_request_peer(&store, &requests[0], &peer);
	store_request_write(&store, &requests[1], &entry, 1);
	store_request_peer(&store, &requests[2], &peer);
	assert_string_equal(order, "");
	assert_int_equal(waiting_count, 3);
	assert_int_equal(slow_open_calls, 1);
	store_complete(waiting[0], 0);
	assert_string_equal(order, "a");
	store_complete(waiting[1], -1);
	store_complete(waiting[2], 0);
	assert_string_equal(order, "a-c");
	assert_int_equal(requests[1].result, -1);
	store_close(&store);
}

static void an_embedded_database_completes_before_the_call_returns(void **state)
{
	struct bond_record r = record(1, true);
	struct store_entry entry = {.bond = &r};
	struct store_peer peer = {.on_air = r.peer};
	char a[] = "a", b[] = "b";
	struct store_request write = {.done = note_completion, .ctx = a},
			     read = {.done = note_completion, .ctx = b};

	(void)state;
	order[0] = '\0';
	assert_int_equal(store_init(&store, path, &failure), 0);
	store_request_write(&store, &write, &entry, 1);
	assert_string_equal(order, "a");
	assert_int_equal(entry.kept, STORE_ADDED);
	store_request_peer(&store, &read, &peer);
	assert_string_equal(order, "ab");
	assert_true(peer.has_bond);
}

/* With no store, no entry, or no way to open it. */
static void every_request_completes_once(void **state)
{
	struct bond_record r = record(1, true);
	struct store_entry entry = {.bond = &r};
	struct store_peer peer = {.on_air = r.peer,
				  .has_bond = true,
				  .bond_id = 3,
				  .bond = r,
				  .attempts.all.failures = 1};
	char a[] = "a";
	struct store_request request = {.done = note_completion, .ctx = a, .result = -1};

	(void)state;
	order[0] = '\0';
	store_init_none(&store);
	store_request_write(&store, &request, &entry, 1);
	assert_string_equal(order, "a");
	store_request_peer(&store, &request, &peer);
	assert_string_equal(order, "aa");
	assert_false(peer.has_bond || peer.bond_id || peer.bond.bond.peer.has_ltk);
	assert_int_equal(peer.attempts.all.failures, 0);
	assert_int_equal(store_init(&store, folder, &failure), 0);
	store_request_write(&store, &request, &entry, 0);
	assert_string_equal(order, "aaa");
	store_request_write(&store, &request, &entry, 1);
	store_request_peer(&store, &request, &peer);
	assert_string_equal(order, "aaa--");
	assert_non_null(strstr(request.failure.text, "directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_default_path_is_below_the_state_directory),
		CASE(a_path_has_room_for_the_files_beside_it),
		CASE(naming_a_store_opens_nothing),
		CASE(without_a_store_nothing_is_kept),
		CASE(a_store_that_cannot_be_opened_fails_every_function),
		CASE(a_request_may_complete_later),
		CASE(an_embedded_database_completes_before_the_call_returns),
		CASE(every_request_completes_once),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
