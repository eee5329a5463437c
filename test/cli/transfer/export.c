/* SPDX-License-Identifier: MIT */
/* Files for other programs: private, whole, and never over another content. */
#include "transfer/export.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_fields.h"
#include "cli/transfer/fixture.h"

static int export_to(enum bonds_format format, const char *name)
{
	struct options options = {.format = format, .output = in_folder(name)};

	outcome = (struct outcome){.exit = CLI_OK};
	return export_bonds(&options, &events, &store, &outcome);
}

/* A bond of a peer with an identity address that BlueZ can use, and two that it cannot. */
static void fill_store(void)
{
	struct bond_record r = record(1, true), old = record(1, false), hidden = record(2, true);

	hidden.bond.peer.has_identity = false;
	open_store();
	(void)add(&old, STORE_REPLACE);
	(void)add(&r, STORE_REPLACE);
	(void)add(&hidden, STORE_REPLACE);
}

static void json_is_what_store_export_returns(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(export_to(BONDS_JSON, "x.json"), 0);
	assert_non_null(strstr(outcome.text, "3 bonds exported to "));
	assert_int_equal(mode_of("x.json"), 0600);
	const char *text = read_text_file("x.json");
	assert_ptr_equal(strstr(text, "{\n  \"version\": "), text);
	assert_string_equal(text + strlen(text) - 3, "\n}\n");
	json_t *written = json_loads(text, 0, NULL);
	json_t *expected = store_export(&store, &failure);
	assert_true(json_equal(written, expected));
	json_decref(written);
	json_decref(expected);
	assert_int_equal(entries_in(""), 4); /* the store, its two files, and that one */
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void csv_has_the_history_too(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(export_to(BONDS_CSV, "x.csv"), 0);
	assert_non_null(strstr(outcome.text, "3 bonds exported to "));
	const char *text = read_text_file("x.csv");
	assert_int_equal(lines_of(text), 4);
	assert_non_null(strstr(text, "\r\nfalse,"));
	assert_int_equal(mode_of("x.csv"), 0600);
}

static void wireshark_gets_the_keys_in_force(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(export_to(BONDS_WIRESHARK, "x.txt"), 0);
	assert_non_null(strstr(outcome.text, "2 bonds exported to "));
	const char *text = read_text_file("x.txt");
	assert_int_equal(*text, '#');
	const char *first = strstr(text, "SC LTK");
	assert_non_null(first);
	assert_non_null(strstr(first + 1, "SC LTK"));
	assert_null(strstr(strstr(first + 1, "SC LTK") + 1, "SC LTK"));
}

static void a_single_bond_is_counted_as_one(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	assert_int_equal(export_to(BONDS_CSV, "x.csv"), 0);
	assert_non_null(strstr(outcome.text, "1 bond exported to "));
}

static void bluez_gets_directories(void **state)
{
	static const char info[] = "blue/06:05:04:03:02:01/C9:09:09:09:09:01/info";
	struct bond_record r = record(1, true);
	json_t *peer = bond_peer_json(&r, NULL);

	(void)state;
	r.bond.local.has_irk = true;
	open_store();
	(void)add(&r, STORE_REPLACE);
	r = record(2, true);
	r.bond.peer.has_identity = false;
	(void)add(&r, STORE_REPLACE);
	assert_int_equal(export_to(BONDS_BLUEZ, "blue"), 0);
	assert_non_null(strstr(outcome.text, "1 of 2 bonds exported to "));
	assert_string_equal(notes, "46:05:04:03:02:02 is left out: the peer gave no identity "
				   "address, by which BlueZ keeps bonds\n");
	assert_int_equal(json_array_size(emitted), 1);
	const json_t *event = json_array_get(emitted, 0);
	assert_string_equal(json_string_value(json_object_get(event, "event")), "exported");
	assert_true(json_equal(json_object_get(event, "peer"), peer));
	assert_string_equal(json_string_value(json_object_get(event, "path")), in_folder(info));
	json_decref(peer);
	assert_int_equal(mode_of("blue"), 0700);
	assert_int_equal(mode_of("blue/06:05:04:03:02:01"), 0700);
	assert_int_equal(mode_of("blue/06:05:04:03:02:01/C9:09:09:09:09:01"), 0700);
	assert_int_equal(mode_of(info), 0600);
	assert_non_null(strstr(read_text_file(info), "[LongTermKey]\nKey=0101"));
	assert_int_equal(mode_of("blue/06:05:04:03:02:01/identity"), 0600);
	assert_non_null(strstr(read_text_file("blue/06:05:04:03:02:01/identity"),
			       "IdentityResolvingKey=00"));
	/* Once more changes nothing. */
	assert_int_equal(export_to(BONDS_BLUEZ, "blue"), 0);
	assert_int_equal(entries_in("blue/06:05:04:03:02:01"), 2);
}

/* Core 6.2: a bond by a legacy passkey, stored as authenticated before, and one out of band. */
static void every_format_has_the_rating_of_today(void **state)
{
	static const char info[] = "%d/06:05:04:03:02:01/C9:09:09:09:09:01/info";
	char name[80];

	for (int n = 0; n < 4; n++) {
		bool older = n & 1, oob = n & 2, authenticated = older || oob;
		struct bond_record r = record(1, true);
		(void)remove_folder(state);
		(void)fresh_folder(state);
		r.bond.secure_connections = false;
		r.bond.method = oob ? SMP_OOB : SMP_PASSKEY_WE_SHOW;
		open_store();
		(void)add(&r, STORE_REPLACE);
		store_close(&store);
		store.legacy_passkey_mitm = older;
		(void)snprintf(name, sizeof(name), "%d", n);
		assert_int_equal(export_to(BONDS_BLUEZ, name), 0);
		(void)snprintf(name, sizeof(name), info, n);
		assert_non_null(strstr(read_text_file(name),
				       authenticated ? "Authenticated=1\n" : "Authenticated=0\n"));
		assert_non_null(strstr(read_text_file(name), authenticated
								     ? "Authenticated=true\n"
								     : "Authenticated=false\n"));
		assert_int_equal(export_to(BONDS_JSON, "x.json"), 0);
		assert_non_null(strstr(read_text_file("x.json"),
				       authenticated ? "\"authenticated\": true"
						     : "\"authenticated\": false"));
		assert_int_equal(export_to(BONDS_CSV, "x.csv"), 0);
		assert_non_null(strstr(read_text_file("x.csv"),
				       authenticated ? ",false,true,16," : ",false,false,16,"));
	}
}

static void no_file_identity_is_written_without_our_irk(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	open_store();
	(void)add(&r, STORE_REPLACE);
	assert_int_equal(export_to(BONDS_BLUEZ, "blue"), 0);
	assert_int_equal(entries_in("blue/06:05:04:03:02:01"), 1);
}

static void a_file_with_another_content_is_left_as_it_is(void **state)
{
	static const char *const names[] = {"x", "blue/06:05:04:03:02:01/C9:09:09:09:09:01/info"};
	static const enum bonds_format formats[] = {BONDS_CSV, BONDS_BLUEZ};
	static const char *const others[] = {"", "another", NULL};
	char longer[8192];

	(void)state;
	fill_store();
	for (size_t i = 0; i < 2; i++) {
		const char *output = i ? "blue" : "x";
		assert_int_equal(export_to(formats[i], output), 0);
		/* The same content is no obstacle, wherever it comes from. */
		(void)snprintf(longer, sizeof(longer), "%s", read_text_file(names[i]));
		write_text_file(names[i], longer);
		assert_int_equal(export_to(formats[i], output), 0);
		assert_string_equal(read_text_file(names[i]), longer);
		(void)strcat(longer, "x");
		for (size_t k = 0; k < COUNT(others); k++) {
			const char *other = others[k] ? others[k] : longer;
			write_text_file(names[i], other);
			assert_int_equal(export_to(formats[i], output), -1);
			assert_int_equal(outcome.exit, CLI_USAGE);
			assert_non_null(
				strstr(outcome.text, " exists and differs; it was not changed"));
			assert_non_null(strstr(outcome.text, names[i]));
			assert_string_equal(read_text_file(names[i]), other);
		}
	}
	assert_int_equal(entries_in(""), 5);
	assert_int_equal(entries_in("blue/06:05:04:03:02:01/C9:09:09:09:09:01"), 1);
}

static void an_identity_file_with_another_content_is_reported_too(void **state)
{
	struct bond_record r = record(1, true);

	(void)state;
	r.bond.local.has_irk = true;
	open_store();
	(void)add(&r, STORE_REPLACE);
	write_text_file("blue/06:05:04:03:02:01/identity", "another");
	assert_int_equal(export_to(BONDS_BLUEZ, "blue"), -1);
	assert_non_null(strstr(outcome.text, "/identity exists and differs; it was not changed"));
	assert_int_equal(json_array_size(emitted), 0);
	assert_int_equal(entries_in("blue/06:05:04:03:02:01"), 1);
}

static void a_folder_that_is_not_there_is_reported(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(export_to(BONDS_JSON, "none/x.json"), -1);
	assert_non_null(strstr(outcome.text, "none/x.json: No such file or directory"));
	assert_int_equal(export_to(BONDS_BLUEZ, "none/blue"), -1);
	assert_non_null(strstr(outcome.text, "none/blue: No such file or directory"));
	write_text_file("blue", "a file in the way");
	assert_int_equal(export_to(BONDS_BLUEZ, "blue"), -1);
	assert_non_null(strstr(outcome.text, "Not a directory"));
	assert_int_equal(json_array_size(emitted), 0);
}

/* The longest name leaves 64 octets for what is below the directory of a controller. */
static void a_path_that_is_too_long_is_reported(void **state)
{
	static char output[4096];
	struct options options = {.format = BONDS_BLUEZ, .output = output};
	const size_t longest = 4096 - 64 - strlen("/06:05:04:03:02:01");

	(void)state;
	fill_store();
	memset(output, '/', longest + 1);
	memcpy(output, folder, strlen(folder));
	memcpy(output + longest - 3, "blue", 4);
	assert_int_equal(export_bonds(&options, &events, &store, &outcome), -1);
	assert_non_null(strstr(outcome.text, ": File name too long"));
	assert_int_equal(json_array_size(emitted), 0);
	assert_ptr_equal(strstr(outcome.text, folder), outcome.text);
	assert_int_equal(entries_in("blue"), 0);
	(void)strcpy(output + longest - 4, "blue");
	assert_int_equal(export_bonds(&options, &events, &store, &outcome), 0);
	assert_int_equal(entries_in("blue"), 1);
}

/* Tests may run as root, which may write everywhere: then this one runs as nobody. */
static void a_directory_that_cannot_be_written_is_reported(void **state)
{
	static const char *const folders[] = {"blue", "blue/06:05:04:03:02:01",
					      "blue/06:05:04:03:02:01/C9:09:09:09:09:01"};
	bool root = geteuid() == 0;

	(void)state;
	if (root) {
		assert_int_equal(chown(folder, 65534, 65534), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	fill_store();
	for (size_t i = 0; i < COUNT(folders); i++) {
		assert_int_equal(mkdir(in_folder(folders[i]), 0700), 0);
		assert_int_equal(chmod(in_folder(folders[i]), 0500), 0);
		assert_int_equal(export_to(BONDS_BLUEZ, "blue"), -1);
		assert_non_null(strstr(outcome.text, ": Permission denied"));
		assert_int_equal(json_array_size(emitted), 0);
		assert_int_equal(chmod(in_folder(folders[i]), 0700), 0);
	}
	assert_int_equal(export_to(BONDS_BLUEZ, "blue"), 0);
	store_close(&store);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

/* A limit on the size of files acts as a full disk. */
static void a_full_disk_leaves_no_file(void **state)
{
	struct rlimit before, small;

	(void)state;
	fill_store();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 200;
	(void)signal(SIGXFSZ, SIG_IGN);
	for (int format = BONDS_JSON; format <= BONDS_CSV; format++) {
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		int status = export_to((enum bonds_format)format, "x");
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_int_equal(status, -1);
		assert_non_null(strstr(outcome.text, "/x: File too large"));
		assert_int_equal(entries_in(""), 3);
	}
}

static void a_store_that_cannot_be_read_is_the_failure_reported(void **state)
{
	static const char *const words = "it is damaged (a bond has an invalid value)";

	(void)state;
	fill_store();
	execute("UPDATE bond SET key_size = 3 WHERE newer IS NULL");
	for (int format = BONDS_JSON; format <= BONDS_WIRESHARK; format++) {
		assert_int_equal(export_to((enum bonds_format)format, "x"), -1);
		if (!strstr(outcome.text, words))
			fail_msg("%s", outcome.text);
		assert_int_equal(entries_in(""), 3);
	}
	/* In the history, it is seen by those that read it. */
	execute("UPDATE bond SET key_size = 16 - 13 * (newer IS NOT NULL)");
	assert_int_equal(export_to(BONDS_WIRESHARK, "w"), 0);
	assert_int_equal(export_to(BONDS_CSV, "x"), -1);
	assert_non_null(strstr(outcome.text, words));
	assert_int_equal(entries_in(""), 4);
}

/* Standard output is exchanged for a file while the export runs. */
static int export_to_standard_output(enum bonds_format format, const char *file)
{
	struct options options = {.format = format, .output = "-"};
	int saved = dup(STDOUT_FILENO), fd = open(file, O_WRONLY | O_CREAT, 0600);

	(void)fflush(stdout);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	outcome = (struct outcome){.exit = CLI_OK};
	int status = export_bonds(&options, &events, &store, &outcome);
	(void)fflush(stdout);
	clearerr(stdout);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	close(fd);
	return status;
}

static void a_dash_is_standard_output(void **state)
{
	(void)state;
	fill_store();
	assert_int_equal(export_to_standard_output(BONDS_CSV, in_folder("out")), 0);
	assert_string_equal(outcome.text, "3 bonds exported to standard output");
	assert_int_equal(lines_of(read_text_file("out")), 4);
	assert_int_equal(export_to_standard_output(BONDS_CSV, "/dev/full"), -1);
	assert_string_equal(outcome.text, "standard output: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_CASE(json_is_what_store_export_returns),
		FOLDER_CASE(csv_has_the_history_too),
		FOLDER_CASE(wireshark_gets_the_keys_in_force),
		FOLDER_CASE(a_single_bond_is_counted_as_one),
		FOLDER_CASE(bluez_gets_directories),
		FOLDER_CASE(every_format_has_the_rating_of_today),
		FOLDER_CASE(no_file_identity_is_written_without_our_irk),
		FOLDER_CASE(a_file_with_another_content_is_left_as_it_is),
		FOLDER_CASE(an_identity_file_with_another_content_is_reported_too),
		FOLDER_CASE(a_folder_that_is_not_there_is_reported),
		FOLDER_CASE(a_path_that_is_too_long_is_reported),
		FOLDER_CASE(a_directory_that_cannot_be_written_is_reported),
		FOLDER_CASE(a_full_disk_leaves_no_file),
		FOLDER_CASE(a_store_that_cannot_be_read_is_the_failure_reported),
		FOLDER_CASE(a_dash_is_standard_output),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
