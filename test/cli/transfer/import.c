/* SPDX-License-Identifier: MIT */
/* Imports: the format is detected, and what came from BlueZ is recognized. */
#include "transfer/import.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/transfer/fixture.h"

static json_t *import_file(const char *name)
{
	outcome = (struct outcome){.exit = CLI_OK};
	notes[0] = '\0';
	return import_read(in_folder(name), &events, &outcome);
}

static size_t bonds_in(json_t *json)
{
	if (!json)
		fail_msg("%s", outcome.text);
	size_t n = json_array_size(json_object_get(json, "bonds"));
	json_decref(json);
	return n;
}

static void assert_fails(const char *name, const char *words)
{
	assert_null(import_file(name));
	if (!strstr(outcome.text, words) || !strstr(outcome.text, name))
		fail_msg("%s: %s", words, outcome.text);
	assert_int_equal(outcome.exit, CLI_USAGE);
}

#define BOND                                                                                \
	"\nmade,role,local,peer,secure_connections,authenticated,key_size,method,peer_ltk," \
	"peer_ediv,peer_rand\n2026-11-25T10:17:50.406Z,central,00:AA:01:01:00:42/public,"   \
	"C4:00:00:00:00:01/random,true,false,16,just_works,"                                \
	"00000000000000000000000000000001,0000,0000000000000000\n"

static void the_format_is_detected_from_the_content(void **state)
{
	(void)state;
	write_text_file("a", " \n{\"version\":1,\"bonds\":[{},{}]}");
	assert_int_equal(bonds_in(import_file("a")), 2);
	write_text_file("b", BOND);
	assert_int_equal(bonds_in(import_file("b")), 1);
	write_text_file("d/11:22:33:44:55:66/C6:05:04:03:02:01/info", "[General]\n");
	assert_int_equal(bonds_in(import_file("d")), 0);
	assert_non_null(strstr(notes, "C6:05:04:03:02:01 is left out"));
}

static void a_wrong_file_is_refused_with_its_name(void **state)
{
	(void)state;
	write_text_file("a", "{\n\"version\":1,");
	assert_fails("a", ": line 2: ");
	write_text_file("a", "{\"version\":1,\"version\":1}");
	assert_fails("a", "duplicate object key");
	write_text_file("a", "x");
	assert_fails("a", ": line 1: cell 1 names no column of ours; expected JSON, or CSV");
	write_text_file("d/x", "");
	assert_fails("d", ": no device of BlueZ in it; ");
	assert_non_null(strstr(outcome.text, "; nothing was imported"));
	assert_fails("none", "cannot read ");
}

static void a_file_that_others_may_read_is_noted(void **state)
{
	(void)state;
	write_text_file("a", "{\"version\":1,\"bonds\":[]}");
	for (mode_t mode = 1; mode < 0100; mode <<= 1) {
		assert_int_equal(chmod(in_folder("a"), 0600 | mode), 0);
		assert_int_equal(bonds_in(import_file("a")), 0);
		assert_non_null(strstr(notes, "/a: others may read it; it holds keys: chmod 600"));
	}
	assert_int_equal(chmod(in_folder("a"), 0600), 0);
	assert_int_equal(bonds_in(import_file("a")), 0);
	assert_string_equal(notes, "");
	/* It holds no keys, and its mode is right. */
	assert_null(import_read("/dev/null", &events, &outcome));
	assert_string_equal(notes, "");
}

static json_t *import_standard_input(const char *file)
{
	int saved = dup(STDIN_FILENO), fd = open(file, O_RDONLY);

	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	clearerr(stdin);
	outcome = (struct outcome){.exit = CLI_OK};
	json_t *json = import_read("-", &events, &outcome);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	close(fd);
	return json;
}

static void a_dash_is_standard_input(void **state)
{
	(void)state;
	write_text_file("a", BOND);
	assert_int_equal(bonds_in(import_standard_input(in_folder("a"))), 1);
	assert_null(import_standard_input(folder));
	assert_string_equal(outcome.text, "cannot read standard input: Is a directory; "
					  "nothing was imported");
	assert_int_equal(outcome.exit, CLI_USAGE);
}

/* ---- What is here already -------------------------------------------------------------------- */

/* As BlueZ gives a bond back. */
static struct bond_record from_bluez(struct bond_record r)
{
	r.peer = *bond_identity(&r);
	r.bond.method = SMP_METHOD_NONE;
	r.bond.has_link_key = false;
	(void)snprintf(r.made, sizeof(r.made), "2027-01-01T00:00:00.000Z");
	return r;
}

/* Whether a bond is replaced by the one in force. */
static bool is_recognized(const struct bond_record *r)
{
	json_t *json = json_pack("{s:i, s:[o]}", "version", 1, "bonds", bond_to_json(r));
	json_t *before = bond_to_json(r);

	if (import_recognize(json, &store, &failure))
		fail_msg("%s", failure.text);
	bool replaced = !json_equal(json_array_get(json_object_get(json, "bonds"), 0), before);
	size_t kept[STORE_KEPT];
	if (replaced)
		assert_int_equal(store_import(&store, json, "x", kept, &failure), 0);
	assert_true(!replaced || kept[STORE_DUPLICATE] == 1);
	json_decref(before);
	json_decref(json);
	return replaced;
}

static void a_bond_that_comes_back_from_bluez_is_recognized_by_its_keys(void **state)
{
	struct bond_record ours = record(1, true), back = from_bluez(ours), other;

	(void)state;
	open_store();
	assert_false(is_recognized(&back));
	(void)add(&ours, STORE_REPLACE);
	assert_true(is_recognized(&back));
	/* The method of our own exports is known: they need no such help. */
	other = back;
	other.bond.method = SMP_JUST_WORKS;
	assert_false(is_recognized(&other));
}

/* Core 6.2: an older export to BlueZ has another rating than the bond has now. */
static void a_legacy_bond_that_comes_back_with_another_rating_is_recognized(void **state)
{
	(void)state;
	for (int method = SMP_PASSKEY_WE_SHOW; method <= SMP_OOB; method++) {
		struct bond_record ours = record((uint8_t)method, true), back;

		ours.bond.secure_connections = false;
		ours.bond.method = (enum smp_method)method;
		open_store();
		(void)add(&ours, STORE_REPLACE);
		for (int authenticated = 0; authenticated < 2; authenticated++) {
			back = from_bluez(ours);
			back.bond.authenticated = authenticated;
			assert_true(is_recognized(&back));
		}
		store_close(&store);
	}
}

static void other_keys_make_another_bond(void **state)
{
	struct bond_record ours = record(1, true), other;

	(void)state;
	open_store();
	(void)add(&ours, STORE_REPLACE);
	for (int side = 0; side < 2; side++) {
		for (int field = 0; field < 5; field++) {
			other = from_bluez(ours);
			struct smp_keys *keys = side ? &other.bond.peer : &other.bond.local;
			switch (field) {
			case 0:
				keys->ltk[15] ^= 1;
				break;
			case 1:
				keys->rand[7] ^= 1;
				break;
			case 2:
				keys->ediv ^= 1;
				break;
			case 3:
				keys->has_ltk = false;
				break;
			default:
				other.bond.authenticated = false;
				break;
			}
			assert_false(is_recognized(&other));
		}
	}
}

static void every_bond_of_a_file_is_looked_at(void **state)
{
	struct bond_record ours = record(1, true), others[3];

	(void)state;
	open_store();
	(void)add(&ours, STORE_REPLACE);
	others[0] = record(2, true); /* not from BlueZ */
	others[1] = from_bluez(record(3, true));
	others[2] = from_bluez(ours);
	json_t *json = json_pack("{s:i, s:[o,o,o,o]}", "version", 1, "bonds", json_object(),
				 bond_to_json(&others[0]), bond_to_json(&others[1]),
				 bond_to_json(&others[2]));
	assert_int_equal(import_recognize(json, &store, &failure), 0);
	json_t *expected = bond_to_json(&ours);
	assert_true(json_equal(json_array_get(json_object_get(json, "bonds"), 3), expected));
	json_decref(expected);
	execute("UPDATE bond SET key_size = 3");
	assert_int_equal(import_recognize(json, &store, &failure), 0);
	json_t *again = json_pack("{s:[o]}", "bonds", bond_to_json(&others[2]));
	assert_int_equal(import_recognize(again, &store, &failure), -1);
	assert_non_null(strstr(failure.text, "it is damaged"));
	json_decref(again);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_CASE(the_format_is_detected_from_the_content),
		FOLDER_CASE(a_wrong_file_is_refused_with_its_name),
		FOLDER_CASE(a_file_that_others_may_read_is_noted),
		FOLDER_CASE(a_dash_is_standard_input),
		FOLDER_CASE(a_bond_that_comes_back_from_bluez_is_recognized_by_its_keys),
		FOLDER_CASE(a_legacy_bond_that_comes_back_with_another_rating_is_recognized),
		FOLDER_CASE(other_keys_make_another_bond),
		FOLDER_CASE(every_bond_of_a_file_is_looked_at),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
