/* SPDX-License-Identifier: MIT */
/* The directories of bluetoothd. */
#include "transfer/bluez_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/transfer/fixture.h"

#define US   "bluetooth/11:22:33:44:55:66"
#define PEER US "/C6:05:04:03:02:01"
#define LE_BOND                                                               \
	"[General]\nAddressType=static\n[LongTermKey]\n"                      \
	"Key=000102030405060708090A0B0C0D0E0F\nAuthenticated=2\nEncSize=16\n" \
	"EDiv=0\nRand=0\n"
#define IDENTITY "[General]\nIdentityResolvingKey=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n"

static json_t *read_and_parse(const char *name, int fd)
{
	char borrowed[4096];

	(void)snprintf(borrowed, sizeof(borrowed), "%s", in_folder(name));
	struct bluez_files *files = bluez_files_read(borrowed, fd, &failure);
	json_t *json = files ? bluez_files_parse(files, &events, &failure) : NULL;
	bluez_files_free(files);
	return json;
}

static json_t *read_folder(const char *name)
{
	int fd = open(in_folder(name), O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	failure = (struct failure){CLI_OK, ""};
	json_t *json = read_and_parse(name, fd);
	close(fd);
	return json;
}

static size_t bonds_in(const char *name)
{
	json_t *json = read_folder(name);

	if (!json)
		fail_msg("%s", failure.text);
	size_t n = json_array_size(json_object_get(json, "bonds"));
	json_decref(json);
	return n;
}

static void assert_fails_with(enum cli_exit exit, const char *words)
{
	json_t *json = read_folder("bluetooth");

	assert_null(json);
	assert_int_equal(failure.exit, exit);
	if (strstr(failure.text, folder) != failure.text || !strstr(failure.text, words))
		fail_msg("%s: %s", words, failure.text);
}

static void assert_fails(const char *words)
{
	assert_fails_with(CLI_USAGE, words);
}

static void a_bond_has_the_time_of_its_file(void **state)
{
	const struct timespec times[] = {{1, 0}, {1700000000, 123999999}};
	struct bond_record r;

	(void)state;
	write_text_file(US "/identity", IDENTITY);
	write_text_file(PEER "/info", LE_BOND);
	assert_int_equal(utimensat(AT_FDCWD, in_folder(PEER "/info"), times, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, in_folder(US "/identity"), times, 0), 0);
	json_t *json = read_folder("bluetooth");
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "bonds")), 1);
	assert_int_equal(
		bond_from_json(json_array_get(json_object_get(json, "bonds"), 0), &r, &failure), 0);
	assert_string_equal(r.made, "2023-11-14T22:13:20.123Z");
	assert_int_equal(r.peer.octets[5], 0xc6);
	assert_int_equal(r.bond.local.irk[0], 0xf0);
	const json_t *identity = json_array_get(json_object_get(json, "identities"), 0);
	assert_string_equal(json_string_value(json_object_get(identity, "made")),
			    "2023-11-14T22:13:20.123Z");
	assert_string_equal(json_string_value(json_object_get(identity, "irk")),
			    "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0");
	assert_string_equal(json_string_value(json_object_get(identity, "address")),
			    "11:22:33:44:55:66");
	json_decref(json);
	assert_string_equal(notes, "");
}

static void one_controller_or_all_can_be_read(void **state)
{
	(void)state;
	write_text_file(PEER "/info", LE_BOND);
	write_text_file(US "/C6:05:04:03:02:02/info", LE_BOND);
	write_text_file("bluetooth/11:22:33:44:55:77/C6:05:04:03:02:01/info", LE_BOND);
	assert_int_equal(bonds_in("bluetooth"), 3);
	assert_int_equal(bonds_in(US), 2);
	/* Without a file "identity" there is no IRK of ours. */
	json_t *json = read_folder(US);
	assert_int_equal(json_array_size(json_object_get(json, "identities")), 0);
	json_decref(json);
}

static void other_files_and_folders_are_ignored(void **state)
{
	(void)state;
	write_text_file(PEER "/info", LE_BOND);
	write_text_file(PEER "/attributes", "x");
	write_text_file(US "/settings", "x");
	write_text_file(US "/cache/C6:05:04:03:02:09", "x");
	write_text_file(US "/C6:05:04:03:02:02/attributes", "no info here");
	write_text_file("bluetooth/mesh/info", "x");
	/* An address with a type is the name of no directory of BlueZ's. */
	write_text_file("bluetooth/11:22:33:44:55:66/random", "x");
	assert_int_equal(bonds_in("bluetooth"), 1);
	assert_string_equal(notes, "");
}

static void a_device_without_a_usable_bond_is_left_out_with_a_note(void **state)
{
	(void)state;
	write_text_file(PEER "/info", "[General]\nName=Mouse\n[LinkKey]\nKey=00\n");
	assert_int_equal(bonds_in("bluetooth"), 0);
	assert_string_equal(notes,
			    "C6:05:04:03:02:01 is left out: it is no device of Bluetooth LE\n");
	notes[0] = '\0';
	write_text_file(PEER "/info", ""); /* counts as no file at all */
	write_text_file(US "/C6:05:04:03:02:02/info", LE_BOND);
	assert_int_equal(bonds_in("bluetooth"), 1);
	assert_string_equal(notes, "");
}

static void a_folder_without_devices_is_refused(void **state)
{
	(void)state;
	write_text_file("bluetooth/hosts", "x");
	assert_fails("/bluetooth: no device of BlueZ in it; expected CONTROLLER/DEVICE/info");
	write_text_file(US "/settings", "x");
	assert_fails("/bluetooth: no device of BlueZ in it");
}

static void a_wrong_file_is_reported_with_its_path(void **state)
{
	(void)state;
	write_text_file(PEER "/info", LE_BOND "Rand=x\n");
	assert_fails("/" PEER "/info: LongTermKey: Rand has not the form that BlueZ gives it");
	write_text_file(PEER "/info", LE_BOND);
	write_text_file(US "/identity", "nonsense");
	assert_fails("/" US "/identity: line 1: expected [GROUP] or KEY=VALUE");
}

static void no_symbolic_link_is_followed(void **state)
{
	(void)state;
	write_text_file("elsewhere/C6:05:04:03:02:01/info", LE_BOND);
	write_text_file("elsewhere/identity", IDENTITY);
	write_text_file(PEER "/other", "x");
	assert_int_equal(
		symlink(in_folder("elsewhere/C6:05:04:03:02:01/info"), in_folder(PEER "/info")), 0);
	assert_fails("/" PEER "/info: a symbolic link is not followed");
	assert_int_equal(unlink(in_folder(PEER "/info")), 0);
	write_text_file(PEER "/info", LE_BOND);
	assert_int_equal(symlink(in_folder("elsewhere/identity"), in_folder(US "/identity")), 0);
	assert_fails("/" US "/identity: a symbolic link is not followed");
	assert_int_equal(unlink(in_folder(US "/identity")), 0);
	assert_int_equal(symlink(in_folder("elsewhere"), in_folder("bluetooth/C0:00:00:00:00:01")),
			 0);
	assert_fails("/bluetooth/C0:00:00:00:00:01: Not a directory");
}

static void only_regular_files_of_a_sane_size_are_read(void **state)
{
	static char long_text[65537];

	(void)state;
	write_text_file(PEER "/other", "x");
	assert_int_equal(mkdir(in_folder(PEER "/info"), 0700), 0);
	assert_fails("/info: it is no regular file");
	assert_int_equal(rmdir(in_folder(PEER "/info")), 0);
	assert_int_equal(mkfifo(in_folder(PEER "/info"), 0600), 0);
	assert_fails("/info: it is no regular file");
	assert_int_equal(unlink(in_folder(PEER "/info")), 0);
	(void)snprintf(long_text, sizeof(long_text), "%s", LE_BOND);
	memset(long_text + strlen(LE_BOND), '#', 65536 - strlen(LE_BOND));
	write_text_file(PEER "/info", long_text);
	assert_fails("/info: it is too long for a file of BlueZ");
	long_text[65535] = '\0';
	write_text_file(PEER "/info", long_text);
	assert_int_equal(bonds_in("bluetooth"), 1);
}

/* Where standard input is closed. */
static void a_file_may_have_descriptor_0(void **state)
{
	int standard_input = dup(STDIN_FILENO);

	(void)state;
	write_text_file(US "/identity", IDENTITY);
	write_text_file(PEER "/info", LE_BOND);
	int fd = open(in_folder("bluetooth"), O_RDONLY | O_DIRECTORY);
	int controller = open(in_folder(US), O_RDONLY | O_DIRECTORY);
	close(STDIN_FILENO);
	json_t *json = read_and_parse("bluetooth", fd);
	assert_int_equal(unlink(in_folder(US "/identity")), 0);
	assert_int_equal(mkdir(in_folder(US "/identity"), 0700), 0);
	assert_null(read_and_parse("bluetooth", fd));
	assert_non_null(strstr(failure.text, "it is no regular file"));
	assert_null(read_and_parse(US, controller));
	assert_non_null(strstr(failure.text, "it is no regular file"));
	assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
	assert_int_equal(dup2(standard_input, STDIN_FILENO), STDIN_FILENO);
	close(standard_input);
	close(controller);
	close(fd);
	assert_int_equal(json_array_size(json_object_get(json, "bonds")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "identities")), 1);
	json_decref(json);
}

static void devices_come_in_the_order_of_their_names(void **state)
{
	static const char made[] = "3715264";
	char name[80];
	size_t i;
	const json_t *bond;

	(void)state;
	for (i = 0; made[i]; i++) {
		(void)snprintf(name, sizeof(name), US "/C6:05:04:03:02:0%c/info", made[i]);
		write_text_file(name, LE_BOND);
	}
	json_t *json = read_folder("bluetooth");
	assert_int_equal(json_array_size(json_object_get(json, "bonds")), 7);
	json_array_foreach(json_object_get(json, "bonds"), i, bond)
	{
		(void)snprintf(name, sizeof(name), "C6:05:04:03:02:0%zu", i + 1);
		assert_string_equal(json_string_value(json_object_get(json_object_get(bond, "peer"),
								      "address")),
				    name);
	}
	json_decref(json);
}

static void a_file_that_cannot_be_read_is_reported(void **state)
{
	bool root = geteuid() == 0;

	(void)state;
	write_text_file(PEER "/info", LE_BOND);
	assert_int_equal(chmod(in_folder(PEER "/info"), 0), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(in_folder("bluetooth"), 0755), 0);
	assert_int_equal(chmod(in_folder(US), 0755), 0);
	assert_int_equal(chmod(in_folder(PEER), 0755), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	assert_fails_with(CLI_PERMISSION, "/info: Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_CASE(a_bond_has_the_time_of_its_file),
		FOLDER_CASE(one_controller_or_all_can_be_read),
		FOLDER_CASE(other_files_and_folders_are_ignored),
		FOLDER_CASE(a_device_without_a_usable_bond_is_left_out_with_a_note),
		FOLDER_CASE(a_folder_without_devices_is_refused),
		FOLDER_CASE(a_wrong_file_is_reported_with_its_path),
		FOLDER_CASE(no_symbolic_link_is_followed),
		FOLDER_CASE(only_regular_files_of_a_sane_size_are_read),
		FOLDER_CASE(a_file_may_have_descriptor_0),
		FOLDER_CASE(devices_come_in_the_order_of_their_names),
		FOLDER_CASE(a_file_that_cannot_be_read_is_reported),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
