/* SPDX-License-Identifier: MIT */
/* blepair bonds: each action, what it emits, and how it fails. */
#include "command/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/store/key_search.h"
#include "cli/store/write.h"
#include "cli/transfer/fixture.h"

/* Tests go on as root, if they are. */
static int drop_status;

int __wrap_privilege_drop(void);
int __wrap_privilege_drop(void)
{
	return drop_status;
}

/* Reporting the result would overwrite the stack that the action has left, before it is searched.
 */
static bool reports = true;

void __real_outcome_report(const struct outcome *o, struct event_output *to,
			   const struct crypto_address *peer, json_t *more);
void __wrap_outcome_report(const struct outcome *o, struct event_output *to,
			   const struct crypto_address *peer, json_t *more);
void __wrap_outcome_report(const struct outcome *o, struct event_output *to,
			   const struct crypto_address *peer, json_t *more)
{
	if (reports)
		__real_outcome_report(o, to, peer, more);
}

/* Terminals, as the test makes them. */
static bool terminals[3];

int __wrap_isatty(int fd);
int __wrap_isatty(int fd)
{
	return terminals[fd];
}

static struct options options;

static enum cli_exit run(enum bonds_action action)
{
	options.bonds_action = action;
	json_decref(emitted);
	emitted = json_array();
	return cmd_bonds(&options, &events, &store);
}

static const json_t *event(size_t i)
{
	return json_array_get(emitted, i);
}

static const char *text_of(const json_t *json, const char *field)
{
	const char *text = json_string_value(json_object_get(json, field));

	return text ? text : "";
}

/* The last event is the result. */
static void assert_result(const char *result, const char *text)
{
	const json_t *last = event(json_array_size(emitted) - 1);

	assert_string_equal(text_of(last, "event"), "result");
	assert_string_equal(text_of(last, "result"), result);
	assert_null(json_object_get(last, "reason_code"));
	if (!strstr(text_of(last, "text"), text))
		fail_msg("%s: %s", text, text_of(last, "text"));
}

/* The text of the result is this one, from its beginning to its end. */
static void assert_whole_result(const char *result, const char *text)
{
	assert_result(result, text);
	assert_string_equal(text_of(event(json_array_size(emitted) - 1), "text"), text);
}

/* A bond with a history of one, of the peer that the options name, and another bond. */
static void fill_store(void)
{
	struct bond_record r = record(1, true), old = record(1, false), other = record(2, false);
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	other.bond.peer.has_identity = false;
	other.central = false;
	open_store();
	(void)add(&old, STORE_REPLACE);
	(void)add(&r, STORE_REPLACE);
	(void)add(&other, STORE_REPLACE);
	for (int i = 0; i < 23; i++) {
		char reason[12];
		(void)snprintf(reason, sizeof(reason), "%d", i);
		attempt_init(&attempt, "failed", CLI_TIMED_OUT, reason, ATTEMPT_NONE);
		(void)address_format(i % 2 ? &r.peer : &r.bond.peer.identity, attempt.peer);
		if (i == 22)
			(void)address_format(&other.peer, attempt.peer);
		assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	}
	options = (struct options){.peer = r.bond.peer.identity, .peer_typed = true};
}

static void list_emits_the_bonds_in_force_without_keys(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(run(BONDS_LIST), CLI_OK);
	assert_int_equal(json_array_size(emitted), 3);
	assert_whole_result("listed", "2 bonds");
	assert_string_equal(text_of(event(0), "event"), "bond");
	assert_string_equal(text_of(event(0), "made"), "2026-01-01T00:00:00.000Z");
	assert_string_equal(text_of(event(0), "role"), "central");
	assert_string_equal(text_of(event(0), "method"), "numeric_comparison");
	assert_string_equal(text_of(json_object_get(event(0), "peer"), "address"),
			    "46:05:04:03:02:01");
	assert_string_equal(
		text_of(json_object_get(json_object_get(event(0), "peer"), "identity"), "address"),
		"C9:09:09:09:09:01");
	assert_string_equal(text_of(json_object_get(event(0), "local"), "address"),
			    "06:05:04:03:02:01");
	assert_true(json_is_true(json_object_get(event(0), "in_force")));
	assert_true(json_is_true(json_object_get(event(0), "secure_connections")));
	assert_true(json_is_true(json_object_get(event(0), "authenticated")));
	assert_int_equal(json_integer_value(json_object_get(event(0), "key_size")), 16);
	assert_null(json_object_get(event(0), "keys"));
	assert_string_equal(text_of(event(1), "role"), "peripheral");
	assert_true(json_is_false(json_object_get(event(1), "authenticated")));
	assert_null(json_object_get(json_object_get(event(1), "peer"), "identity"));
	execute("DELETE FROM bond WHERE peer LIKE '%02/random'");
	assert_int_equal(run(BONDS_LIST), CLI_OK);
	assert_whole_result("listed", "1 bond");
	execute("UPDATE bond SET key_size = 1");
	assert_int_equal(run(BONDS_LIST), CLI_USAGE);
	assert_result("failed", "it is damaged");
}

/* Core 6.2: a bond that was stored as authenticated, by a legacy passkey. */
static void list_reports_a_bond_that_is_rated_lower_than_it_was(void **state)
{
	(void)state;
	fill_store();
	execute("UPDATE bond SET secure_connections = 'false', method = 'passkey_we_show'");
	for (int older = 0; older < 2; older++) {
		store_close(&store);
		store.legacy_passkey_mitm = older;
		assert_int_equal(run(BONDS_LIST), CLI_OK);
		assert_int_equal(json_is_true(json_object_get(event(0), "authenticated")), older);
		assert_int_equal(json_is_true(json_object_get(event(0), "was_authenticated")),
				 !older);
		/* This one was not: there is nothing to report. */
		assert_null(json_object_get(event(1), "was_authenticated"));
	}
}

/* A unit that failed has no bond; its attempts are found by its label, its key or its address. */
static void show_emits_the_attempts_with_a_unit_that_has_no_bond(void **state)
{
	static const char *const names[] = {"probe 7", "C4:7C:8D:11:22:33/random"};
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt, .state = STORE_FAILED};

	(void)state;
	open_store();
	for (int i = 0; i < 2; i++) {
		attempt_init(&attempt, "failed", CLI_NOT_FOUND, "not seen", ATTEMPT_NONE);
		attempt.job = "r";
		attempt.unit = names[1];
		attempt.label = names[0];
		assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	}
	for (size_t i = 0; i < 2; i++) {
		options = (struct options){.label = names[i]};
		assert_int_equal(run(BONDS_SHOW), CLI_OK);
		assert_int_equal(json_array_size(emitted), 3);
		assert_string_equal(text_of(event(0), "event"), "attempt");
		assert_string_equal(text_of(event(0), "label"), "probe 7");
		const json_t *peer = json_object_get(event(0), "peer");
		assert_string_equal(text_of(peer, "address"), "C4:7C:8D:11:22:33");
		assert_string_equal(text_of(peer, "address_type"), "random");
		assert_string_equal(text_of(peer, "label"), "probe 7");
		assert_string_equal(text_of(event(0), "reason"), "not seen");
		assert_result("listed", i ? "no bond with C4:7C:8D:11:22:33/random, and 2 attempts"
					  : "no bond with probe 7, and 2 attempts");
	}
	options = (struct options){.peer = {1, {0x33, 0x22, 0x11, 0x8d, 0x7c, 0xc4}}};
	assert_int_equal(run(BONDS_SHOW), CLI_OK);
	assert_result("listed", "no bond with C4:7C:8D:11:22:33, and 2 attempts");
	options = (struct options){.label = "probe 8"};
	assert_int_equal(run(BONDS_SHOW), CLI_USAGE);
	assert_result("failed", "there is no bond with probe 8 in ");
}

static void show_finds_the_bond_of_a_unit_by_its_label(void **state)
{
	struct bond_record r = record(1, true);
	struct attempt attempt;
	struct store_entry entry = {.bond = &r, .attempt = &attempt, .state = STORE_DONE};

	(void)state;
	open_store();
	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	(void)address_format(&r.peer, attempt.peer);
	attempt.job = "r";
	attempt.unit = attempt.label = "probe 7";
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	/* A later failure under another address hides nothing. */
	attempt_init(&attempt, "failed", CLI_NOT_FOUND, "not seen", ATTEMPT_NONE);
	(void)strcpy(attempt.peer, "40:00:00:00:00:01");
	attempt.job = "r";
	attempt.unit = attempt.label = "probe 7";
	entry.bond = NULL;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	options = (struct options){.label = "probe 7"};
	assert_int_equal(run(BONDS_SHOW), CLI_OK);
	assert_string_equal(text_of(event(0), "event"), "bond");
	assert_string_equal(text_of(json_object_get(event(0), "peer"), "label"), "probe 7");
	assert_int_equal(json_array_size(emitted), 1 + 2 + 1);
	assert_string_equal(text_of(json_object_get(event(2), "peer"), "address"),
			    "40:00:00:00:00:01");
	assert_string_equal(text_of(json_object_get(event(2), "peer"), "label"), "probe 7");
	assert_result("listed", "the bond with C9:09:09:09:09:01, and 0 older");
}

static void a_label_names_one_bond_to_show_and_to_remove(void **state)
{
	struct bond_record r[] = {record(1, true), record(2, true)};
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	(void)state;
	open_store();
	for (size_t i = 0; i < COUNT(r); i++) {
		attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
		(void)address_format(&r[i].peer, attempt.peer);
		attempt.label = "probe 7";
		entry.bond = &r[i];
		assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	}
	options = (struct options){.label = "probe 7"};
	for (enum bonds_action action = BONDS_SHOW; action <= BONDS_REMOVE;
	     action += BONDS_REMOVE - BONDS_SHOW) {
		assert_int_equal(run(action), CLI_USAGE);
		assert_int_equal(json_array_size(emitted), 1);
		assert_result("failed", "2 peers have the label \"probe 7\"");
	}
	assert_int_equal(query("SELECT count(*) FROM bond"), 2);
	execute("UPDATE attempt SET label = 'probe 8' WHERE id = 2");
	assert_int_equal(run(BONDS_REMOVE), CLI_OK);
	assert_string_equal(text_of(json_object_get(event(0), "peer"), "label"), "probe 7");
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
	assert_int_equal(run(BONDS_REMOVE), CLI_USAGE);
	assert_result("failed", "there is no bond with the label \"probe 7\" in ");
}

static void prune_removes_old_bonds_and_changes_the_setting(void **state)
{
	struct store_history limits;

	(void)state;
	fill_store();
	options = (struct options){.keep = -1, .older_than = -1};
	assert_int_equal(run(BONDS_PRUNE), CLI_OK);
	assert_whole_result("pruned", "no replaced bond to remove; the file was written anew");
	options.keep = 0;
	options.always = true;
	assert_int_equal(run(BONDS_PRUNE), CLI_OK);
	assert_whole_result("pruned", "1 replaced bond removed, and no copy of its keys is left; "
				      "setting of the store: keep 0 of each peer, for 90 days");
	assert_int_equal(query("SELECT count(*) FROM bond"), 2);
	assert_int_equal(store_get_history(&store, &limits, &failure), 0);
	assert_int_equal(limits.keep, 0);
	options = (struct options){.keep = -1, .older_than = 7};
	assert_int_equal(run(BONDS_PRUNE), CLI_OK);
	assert_int_equal(store_get_history(&store, &limits, &failure), 0);
	assert_int_equal(limits.days, 90); /* only --always changes it */
}

static void show_emits_a_bond_its_history_and_its_last_attempts(void **state)
{
	(void)state;
	fill_store();
	options.show_keys = true;
	assert_int_equal(run(BONDS_SHOW), CLI_OK);
	assert_int_equal(json_array_size(emitted), 2 + 20 + 1);
	assert_result("listed", "the bond with C9:09:09:09:09:01, and 1 older");
	assert_true(json_is_true(json_object_get(event(0), "in_force")));
	assert_true(json_is_false(json_object_get(event(1), "in_force")));
	assert_true(json_is_false(json_object_get(event(1), "authenticated")));
	assert_non_null(json_object_get(json_object_get(event(1), "keys"), "peer"));
	for (size_t i = 0; i < 20; i++) {
		char reason[12];
		(void)snprintf(reason, sizeof(reason), "%zu", i + 2);
		assert_string_equal(text_of(event(2 + i), "event"), "attempt");
		assert_string_equal(text_of(event(2 + i), "reason"), reason);
		assert_int_equal(strlen(text_of(event(2 + i), "ended")), 24);
		assert_null(json_object_get(event(2 + i), "time"));
	}
	options.peer.octets[0] = 9;
	assert_int_equal(run(BONDS_SHOW), CLI_USAGE);
	assert_int_equal(json_array_size(emitted), 1);
	assert_result("failed", "there is no bond with C9:09:09:09:09:09 in ");
	options.peer.octets[0] = 1;
	execute("UPDATE attempt SET time = 'x'");
	assert_int_equal(run(BONDS_SHOW), CLI_USAGE);
	assert_result("failed", "it is damaged (an attempt");
	execute("UPDATE bond SET key_size = 1 WHERE newer IS NOT NULL");
	assert_int_equal(run(BONDS_SHOW), CLI_USAGE);
	assert_result("failed", "it is damaged (a bond");
	execute("UPDATE bond SET key_size = 1");
	assert_int_equal(run(BONDS_SHOW), CLI_USAGE);
	assert_int_equal(json_array_size(emitted), 1);
	assert_result("failed", "it is damaged (a bond");
}

static void remove_takes_one_bond_and_its_history(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(run(BONDS_REMOVE), CLI_OK);
	assert_int_equal(json_array_size(emitted), 2);
	assert_string_equal(text_of(event(0), "event"), "removed");
	assert_string_equal(text_of(json_object_get(event(0), "peer"), "address"),
			    "46:05:04:03:02:01");
	assert_string_equal(
		text_of(json_object_get(json_object_get(event(0), "peer"), "identity"), "address"),
		"C9:09:09:09:09:01");
	assert_result("removed", "1 bond removed, with the history; the peers still have theirs");
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
	assert_int_equal(run(BONDS_REMOVE), CLI_USAGE);
	assert_result("failed", "there is no bond with");
	assert_int_equal(query("SELECT count(*) FROM bond"), 1);
}

static void remove_all_needs_a_yes(void **state)
{
	(void)state;
	fill_store();
	options.all = true;
	assert_int_equal(run(BONDS_REMOVE), CLI_USAGE);
	assert_result("failed", "bonds remove --all in a script needs --yes");
	assert_int_equal(query("SELECT count(*) FROM bond"), 3);
	options.yes = true;
	assert_int_equal(run(BONDS_REMOVE), CLI_OK);
	assert_int_equal(json_array_size(emitted), 3);
	assert_result("removed", "2 bonds removed");
	assert_int_equal(query("SELECT count(*) FROM bond"), 0);
	assert_int_equal(run(BONDS_REMOVE), CLI_OK);
	assert_result("removed", "0 bonds removed");
}

/* Its row is the first of the table. */
static void the_only_bond_is_listed_shown_and_removed(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	options = (struct options){.peer = r.bond.peer.identity, .peer_typed = true, .yes = true};
	assert_int_equal(run(BONDS_LIST), CLI_OK);
	assert_whole_result("listed", "1 bond");
	assert_int_equal(json_array_size(emitted), 2);
	assert_int_equal(run(BONDS_SHOW), CLI_OK);
	assert_whole_result("listed", "the bond with C9:09:09:09:09:01, and 0 older");
	options.all = true;
	assert_int_equal(run(BONDS_REMOVE), CLI_OK);
	assert_result("removed", "1 bond removed");
	assert_int_equal(query("SELECT count(*) FROM bond"), 0);
	assert_int_equal(run(BONDS_LIST), CLI_OK);
	assert_whole_result("listed", "0 bonds");
}

/* Standard input and standard error are exchanged for files while the command runs. */
static enum cli_exit remove_all_with_answer(const char *answer)
{
	const int fds[] = {STDIN_FILENO, STDERR_FILENO};
	int saved[2];
	FILE *files[2];

	write_text_file("answer", answer);
	files[0] = fopen(in_folder("answer"), "r");
	files[1] = fopen(in_folder("question"), "w");
	(void)fflush(stderr);
	clearerr(stdin);
	for (int i = 0; i < 2; i++) {
		saved[i] = dup(fds[i]);
		assert_int_equal(dup2(fileno(files[i]), fds[i]), fds[i]);
	}
	enum cli_exit code = run(BONDS_REMOVE);
	while (fgetc(stdin) != EOF) /* the rest of this answer */
		;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(dup2(saved[i], fds[i]), fds[i]);
		close(saved[i]);
		(void)fclose(files[i]);
	}
	return code;
}

static void remove_all_asks_on_a_terminal(void **state)
{
	static const char *const others[] = {"no\n", "", "N\n", "yes", "yes!\n", "yes!\nno\n"};
	static const char *const yes[] = {"yes\n", "y\n", "YES\n", "\nyes\n"};
	char question[200];

	(void)state;
	fill_store();
	options.all = true;
	for (int on = 0; on < 3; on++) {
		terminals[STDIN_FILENO] = on & 1;
		terminals[STDERR_FILENO] = on & 2;
		assert_int_equal(remove_all_with_answer("yes\n"), CLI_USAGE);
	}
	terminals[STDIN_FILENO] = terminals[STDERR_FILENO] = true;
	options.json = true;
	assert_int_equal(remove_all_with_answer("yes\n"), CLI_USAGE);
	options.json = false;
	assert_string_equal(read_text_file("question"), "");
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_int_equal(remove_all_with_answer(others[i]), CLI_CANCELLED);
		assert_result("cancelled", "cancelled: nothing was removed");
		assert_int_equal(query("SELECT count(*) FROM bond"), 3);
	}
	for (size_t i = 0; i < COUNT(yes); i++) {
		if (i) {
			assert_int_equal(remove_folder(state), 0);
			assert_int_equal(fresh_folder(state), 0);
			fill_store();
			options.all = true;
		}
		assert_int_equal(remove_all_with_answer(yes[i]), CLI_OK);
		assert_int_equal(query("SELECT count(*) FROM bond"), 0);
		assert_string_equal(text_of(event(0), "event"), "question");
		(void)snprintf(question, sizeof(question), "remove all bonds of %s?", path);
		assert_string_equal(text_of(event(0), "text"), question);
		assert_int_equal(json_integer_value(json_object_get(event(0), "limit_s")), 60);
	}
	terminals[STDIN_FILENO] = terminals[STDERR_FILENO] = false;
}

/* The bond in force is authenticated, the one in its history is not. */
static void a_bond_is_restored_after_a_yes(void **state)
{
	const char *weak = "the replaced bond with C9:09:09:09:09:01 is weaker than the one "
			   "in force: it is not authenticated";

	(void)state;
	fill_store();
	options.yes = true;
	assert_int_equal(run(BONDS_RESTORE), CLI_WE_REFUSED);
	assert_result("failed", weak);
	options.replace_bond = true;
	options.yes = false;
	assert_int_equal(run(BONDS_RESTORE), CLI_USAGE);
	assert_result("failed", "bonds restore in a script needs --yes");
	options.yes = true;
	assert_int_equal(run(BONDS_RESTORE), CLI_OK);
	assert_string_equal(text_of(event(0), "event"), "restored");
	assert_result("restored", "the bond with C9:09:09:09:09:01 of 2026-");
	assert_int_equal(run(BONDS_SHOW), CLI_OK);
	assert_false(json_is_true(json_object_get(event(0), "authenticated")));
	assert_true(json_is_true(json_object_get(event(0), "in_force")));
	assert_true(json_is_true(json_object_get(event(1), "authenticated")));
	/* The stronger one comes back without more words. */
	options.replace_bond = false;
	assert_int_equal(run(BONDS_RESTORE), CLI_OK);
	assert_int_equal(run(BONDS_SHOW), CLI_OK);
	assert_true(json_is_true(json_object_get(event(0), "authenticated")));
}

static void what_is_not_there_is_not_restored(void **state)
{
	(void)state;
	fill_store();
	options.yes = true;
	options.label = "SN-1";
	assert_int_equal(run(BONDS_RESTORE), CLI_USAGE);
	assert_result("failed", "there is no bond with SN-1 in ");
	options.label = NULL;
	execute("DELETE FROM bond WHERE newer IS NOT NULL");
	assert_int_equal(run(BONDS_RESTORE), CLI_USAGE);
	assert_result("failed", "no replaced bond with C9:09:09:09:09:01 is kept");
	options.peer.octets[0] ^= 0x55;
	assert_int_equal(run(BONDS_RESTORE), CLI_USAGE);
	assert_result("failed", "there is no bond with ");
}

static void a_replaced_bond_without_a_key_is_not_restored(void **state)
{
	(void)state;
	fill_store();
	options.yes = options.replace_bond = true;
	execute("UPDATE bond SET peer_ltk = NULL, peer_ediv = NULL, peer_rand = NULL, local_ltk = "
		"NULL, local_ediv = NULL, local_rand = NULL WHERE newer IS NOT NULL");
	assert_int_equal(run(BONDS_RESTORE), CLI_WE_REFUSED);
	assert_result("failed", "has no key that encrypts");
}

static void a_bond_that_cannot_be_removed_is_reported(void **state)
{
	(void)state;
	fill_store();
	execute("CREATE TRIGGER stays BEFORE DELETE ON bond BEGIN SELECT raise(FAIL, 'stays'); "
		"END");
	assert_int_equal(run(BONDS_REMOVE), CLI_INTERNAL);
	assert_int_equal(json_array_size(emitted), 1);
	assert_result("failed", "stays");
	options.all = options.yes = true;
	assert_int_equal(run(BONDS_REMOVE), CLI_INTERNAL);
	assert_int_equal(json_array_size(emitted), 1);
	assert_result("failed", "stays");
	execute("DROP TRIGGER stays; UPDATE bond SET key_size = 1");
	assert_int_equal(run(BONDS_REMOVE), CLI_USAGE);
	assert_result("failed", "it is damaged");
}

static void import_counts_what_became_of_each_bond(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	fill_store();
	options.output = in_folder("x.json");
	assert_int_equal(run(BONDS_EXPORT), CLI_OK);
	assert_result("exported", "3 bonds exported to ");
	options.input = in_folder("x.json");
	assert_int_equal(run(BONDS_IMPORT), CLI_OK);
	assert_result("imported", "3 bonds: 0 of new peers, 0 newer than ours, 0 older (in the "
				  "history now), 3 known already");
	execute("DELETE FROM bond WHERE peer LIKE '%02/random'; DELETE FROM bond WHERE newer IS NOT"
		" NULL; UPDATE bond SET made = '2025-01-01T00:00:00.000Z'");
	assert_int_equal(run(BONDS_IMPORT), CLI_OK);
	assert_result("imported", "3 bonds: 1 of new peers, 2 newer than ours, 0 older");
	write_text_file("x.json", "{\"version\":1,\"bonds\":[{}]}");
	assert_int_equal(run(BONDS_IMPORT), CLI_USAGE);
	assert_result("failed", "/x.json: \"bonds\", number 1: \"made\" is missing; nothing was");
	write_text_file("x.json", "x");
	assert_int_equal(run(BONDS_IMPORT), CLI_USAGE);
	assert_result("failed", "line 1: cell 1 names no column");
	write_text_file("x.json", "{\"version\":1,\"bonds\":[]}");
	assert_int_equal(run(BONDS_IMPORT), CLI_OK);
	assert_whole_result("imported", "0 bonds: 0 of new peers, 0 newer than ours, 0 older (in "
					"the history now), 0 known already");
	execute("DELETE FROM bond");
	(void)add(&r, STORE_REPLACE);
	options.output = in_folder("one.json");
	assert_int_equal(run(BONDS_EXPORT), CLI_OK);
	execute("DELETE FROM bond");
	options.input = in_folder("one.json");
	assert_int_equal(run(BONDS_IMPORT), CLI_OK);
	assert_result("imported", "1 bond: 1 of new peers, 0 newer");
}

static void a_name_with_a_percent_sign_is_printed_as_it_is(void **state)
{
	(void)state;
	fill_store();
	write_text_file("100%d.json", "{\"version\":1,\"bonds\":[{}]}");
	options.input = in_folder("100%d.json");
	assert_int_equal(run(BONDS_IMPORT), CLI_USAGE);
	assert_result("failed", "/100%d.json: \"bonds\", number 1: ");
}

static void nothing_is_done_with_privileges_that_cannot_be_dropped(void **state)
{
	(void)state;
	fill_store();
	options.all = options.yes = true;
	drop_status = -1;
	assert_int_equal(run(BONDS_REMOVE), CLI_INTERNAL);
	assert_int_equal(json_array_size(emitted), 0);
	write_text_file("damaged.json", "{"); /* it is not even parsed */
	options.input = in_folder("damaged.json");
	assert_int_equal(run(BONDS_IMPORT), CLI_INTERNAL);
	assert_result("failed", "root could not be given up; nothing was imported");
	drop_status = 0;
	assert_int_equal(query("SELECT count(*) FROM bond"), 3);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static void run_action(void)
{
	(void)run(options.bonds_action);
}

static void no_key_stays_in_memory(void **state)
{
	static const struct {
		enum bonds_action action;
		bool all, fails;
	} actions[] = {{BONDS_LIST, false, false},   {BONDS_SHOW, false, false},
		       {BONDS_REMOVE, false, true},  {BONDS_REMOVE, true, true},
		       {BONDS_REMOVE, false, false}, {BONDS_REMOVE, true, false}};
	struct bond_record r = record(1, true), old = record(1, true);

	(void)state;
	memcpy(r.bond.peer.ltk, key, 16);
	memcpy(r.bond.link_key, key, 16);
	memcpy(old.bond.peer.ltk, key, 16);
	open_store();
	for (size_t i = 0; i < COUNT(actions); i++) {
		(void)add(&old, STORE_REPLACE);
		(void)add(&r, STORE_REPLACE);
		options = (struct options){.peer = r.bond.peer.identity,
					   .peer_typed = true,
					   .bonds_action = actions[i].action,
					   .yes = true,
					   .all = actions[i].all};
		if (actions[i].fails)
			execute("CREATE TRIGGER stays BEFORE DELETE ON bond BEGIN SELECT "
				"raise(FAIL, 'stays'); END");
		reports = false;
		LEAVES_NO_KEY(run_action);
		reports = true;
		if (actions[i].fails)
			execute("DROP TRIGGER stays");
	}
	assert_int_equal(query("SELECT count(*) FROM bond"), 0);
	store_close(&store);
	fill_store();
	options.bonds_action = BONDS_SHOW;
	assert_false(loses_memory(run_action));
	execute("DELETE FROM bond");
	(void)add(&r, STORE_REPLACE);
	options.bonds_action = BONDS_EXPORT;
	options.output = in_folder("x.json");
	run_action();
	options.bonds_action = BONDS_IMPORT;
	options.input = options.output;
	assert_false(loses_memory(run_action));
}

static int with_key(void **state)
{
	return key_search_start() || fresh_folder(state) ? -1 : 0;
}

static int without_key(void **state)
{
	key_search_end();
	return remove_folder(state);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		FOLDER_CASE(list_emits_the_bonds_in_force_without_keys),
		FOLDER_CASE(list_reports_a_bond_that_is_rated_lower_than_it_was),
		FOLDER_CASE(show_emits_a_bond_its_history_and_its_last_attempts),
		FOLDER_CASE(show_emits_the_attempts_with_a_unit_that_has_no_bond),
		FOLDER_CASE(show_finds_the_bond_of_a_unit_by_its_label),
		FOLDER_CASE(a_label_names_one_bond_to_show_and_to_remove),
		FOLDER_CASE(prune_removes_old_bonds_and_changes_the_setting),
		FOLDER_CASE(remove_takes_one_bond_and_its_history),
		FOLDER_CASE(remove_all_needs_a_yes),
		FOLDER_CASE(the_only_bond_is_listed_shown_and_removed),
		FOLDER_CASE(remove_all_asks_on_a_terminal),
		FOLDER_CASE(a_bond_is_restored_after_a_yes),
		FOLDER_CASE(what_is_not_there_is_not_restored),
		FOLDER_CASE(a_replaced_bond_without_a_key_is_not_restored),
		FOLDER_CASE(a_bond_that_cannot_be_removed_is_reported),
		FOLDER_CASE(import_counts_what_became_of_each_bond),
		FOLDER_CASE(a_name_with_a_percent_sign_is_printed_as_it_is),
		FOLDER_CASE(nothing_is_done_with_privileges_that_cannot_be_dropped),
		cmocka_unit_test_setup_teardown(no_key_stays_in_memory, with_key, without_key),
	};
	(void)argc;
	bind_functions_now(argv);
	return cmocka_run_group_tests(tests, start, NULL);
}
