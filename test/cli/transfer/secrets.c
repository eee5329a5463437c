/* SPDX-License-Identifier: MIT */
/* No key stays in memory that imports and exports give back: neither on the stack nor on the heap.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/store/key_search.h"
#include "cli/transfer/fixture.h"
#include "transfer/bluez.h"
#include "transfer/bluez_folder.h"
#include "transfer/bond_csv.h"
#include "transfer/export.h"
#include "transfer/import.h"
#include "transfer/wireshark.h"

static struct bond_record bond, found;
static struct bluez_bond bluez;
static struct smp_keys us;
static json_t *json;
static int status;
static FILE *file;
static struct options options;

static int make_bond(void **state)
{
	if (key_search_start() || fresh_folder(state))
		return -1;
	bond = record(1, true);
	bond.bond.has_link_key = false;
	bond.bond.method = SMP_METHOD_NONE;
	for (int side = 0; side < 2; side++) {
		struct smp_keys *keys = side ? &bond.bond.peer : &bond.bond.local;
		keys->has_ltk = keys->has_irk = keys->has_csrk = true;
		memcpy(keys->ltk, key, 16);
		memcpy(keys->irk, key, 16);
		memcpy(keys->csrk, key, 16);
	}
	bond.bond.local.has_identity = true;
	bond.bond.local.identity = bond.local;
	memset(&found, 0, sizeof(found));
	json = NULL;
	return 0;
}

static int free_all(void **state)
{
	key_search_end();
	json_decref(json);
	return remove_folder(state);
}

/* ---- Texts ----------------------------------------------------------------------------------- */

static void write_bluez(void)
{
	status = bluez_bond(&bond, &bluez, &failure);
}

static void read_bluez(void)
{
	status = (int)bluez_read(bluez.device, bluez.info, strlen(bluez.info), bond.made, &us,
				 &found, &failure);
}

static void read_wrong_bluez(void)
{
	char *authenticated = strstr(bluez.info, "Authenticated=");

	authenticated[14] = 'x';
	status = (int)bluez_read(bluez.device, bluez.info, strlen(bluez.info), bond.made, &us,
				 &found, &failure);
}

static void read_identity(void)
{
	status = bluez_read_identity(bluez.controller, bluez.identity, strlen(bluez.identity), &us,
				     &failure);
}

static void the_files_of_bluez_leave_no_key(void **state)
{
	(void)state;
	LEAVES_NO_KEY(write_bluez);
	assert_int_equal(status, 0);
	LEAVES_NO_KEY(read_identity);
	assert_int_equal(status, 0);
	assert_memory_equal(us.irk, key, 16);
	LEAVES_NO_KEY(read_bluez);
	assert_int_equal(status, BLUEZ_BOND);
	assert_memory_equal(found.bond.peer.ltk, key, 16);
	LEAVES_NO_KEY(read_wrong_bluez);
	assert_int_equal(status, BLUEZ_WRONG);
}

static void write_csv(void)
{
	status = bond_csv_write(file, &bond, true);
}

static void write_wireshark(void)
{
	status = wireshark_write(file, &bond);
}

static void read_csv(void)
{
	json = bond_csv_read(file, &failure);
}

static void the_lines_of_files_leave_no_key(void **state)
{
	char name[200];

	(void)state;
	(void)snprintf(name, sizeof(name), "%s", in_folder("x.csv"));
	file = fopen(name, "w+");
	assert_non_null(file);
	assert_true(bond_csv_write_header(file));
	LEAVES_NO_KEY(write_csv);
	assert_true(status);
	rewind(file);
	watch_freed = true;
	LEAVES_NO_KEY(read_csv);
	watch_freed = false;
	assert_non_null(json);
	assert_int_equal(keys_freed, 0);
	LEAVES_NO_KEY(write_wireshark);
	assert_true(status);
	(void)fclose(file);
}

/* ---- Whole imports and exports --------------------------------------------------------------- */

static void export(void)
{
	status = export_bonds(&options, &events, &store, &outcome);
}

static void import(void)
{
	json = import_read(options.output, &events, &outcome);
}

static void recognize(void)
{
	status = import_recognize(json, &store, &failure);
}

extern const char __bss_start[], _end[]; /* of the linker: static variables that start as 0 */

/* Octet by octet: the sanitizers put gaps between variables. */
__attribute__((no_sanitize("address"))) static bool static_memory_holds(const char *text)
{
	for (const volatile char *at = __bss_start; at + strlen(text) <= _end; at++) {
		size_t same = 0;
		while (text[same] && at[same] == text[same])
			same++;
		if (!text[same])
			return true;
	}
	return false;
}

static void a_file_of_bluez_does_not_stay_in_static_memory(void **state)
{
	static char output[200];
	char line[] = "Key=0123456789abcdef0123456789abcdef";

	(void)state;
	memset(&bluez, 0, sizeof(bluez));
	for (size_t i = 0; i < 16; i++)
		(void)snprintf(line + 4 + 2 * i, 3, "%02X", key[i]);
	open_store();
	(void)add(&bond, STORE_REPLACE);
	(void)snprintf(output, sizeof(output), "%s", in_folder("blue"));
	options = (struct options){.format = BONDS_BLUEZ, .output = output};
	export();
	assert_int_equal(status, 0);
	import();
	assert_non_null(json);
	assert_false(static_memory_holds(line));
	assert_int_equal(bluez_bond(&bond, &bluez, &failure), 0);
	assert_true(static_memory_holds(line)); /* where the search finds it */
}

static void imports_and_exports_leave_no_key(void **state)
{
	static char output[200];

	(void)state;
	open_store();
	(void)add(&bond, STORE_REPLACE);
	for (int format = BONDS_JSON; format <= BONDS_WIRESHARK; format++) {
		(void)snprintf(output, sizeof(output), "%s", in_folder("export"));
		(void)snprintf(output + strlen(output), 4, "%d", format);
		options = (struct options){.format = (enum bonds_format)format, .output = output};
		watch_freed = true;
		LEAVES_NO_KEY(export);
		if (status)
			fail_msg("%s", outcome.text);
		if (format != BONDS_WIRESHARK) {
			LEAVES_NO_KEY(import);
			assert_non_null(json);
			LEAVES_NO_KEY(recognize);
			assert_int_equal(status, 0);
			json_decref(json);
			json = NULL;
		}
		watch_freed = false;
		assert_int_equal(keys_freed, 0);
	}
}

/* The first bond cannot be written: the others are not looked at. */
static void an_export_that_fails_leaves_no_key(void **state)
{
	(void)state;
	open_store();
	(void)add(&bond, STORE_REPLACE);
	write_text_file("blue/06:05:04:03:02:01/identity", "another");
	static char output[200];
	(void)snprintf(output, sizeof(output), "%s", in_folder("blue"));
	options = (struct options){.format = BONDS_BLUEZ, .output = output};
	LEAVES_NO_KEY(export);
	assert_int_equal(status, -1);
	options.format = BONDS_CSV;
	options.output = "/dev/full";
	LEAVES_NO_KEY(export);
	assert_int_equal(status, -1);
	options.format = BONDS_WIRESHARK;
	LEAVES_NO_KEY(export);
	assert_int_equal(status, -1);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Standard input may be closed: then a file has its descriptor, 0. */
static void no_descriptor_stays_open(void **state)
{
	static char output[200];
	int standard_input = dup(STDIN_FILENO);

	(void)state;
	open_store();
	(void)add(&bond, STORE_REPLACE);
	close(STDIN_FILENO);
	size_t before = open_descriptors();
	for (int format = BONDS_JSON; format <= BONDS_WIRESHARK; format++) {
		(void)snprintf(output, sizeof(output), "%s", in_folder("export"));
		(void)snprintf(output + strlen(output), 4, "%d", format);
		options = (struct options){.format = (enum bonds_format)format, .output = output};
		for (int again = 0; again < 2; again++) {
			export();
			assert_int_equal(status, 0);
			import();
			if (format != BONDS_WIRESHARK && !json)
				fail_msg("%s", outcome.text);
			json_decref(json);
			json = NULL;
		}
		assert_int_equal(open_descriptors(), before);
	}
	write_text_file("export0", "another");
	options.output = in_folder("export0");
	options.format = BONDS_JSON;
	export();
	assert_int_equal(status, -1);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(dup2(standard_input, STDIN_FILENO), STDIN_FILENO);
	close(standard_input);
}

static void import_and_free(void)
{
	json_decref(import_read(options.output, &events, &outcome));
	notes[0] = '\0';
}

static void recognize_and_free(void)
{
	json_t *copy = json_deep_copy(json);

	assert_int_equal(import_recognize(copy, &store, &failure), 0);
	json_decref(copy);
}

/* JSON, then an error in place of the end. */
static ssize_t read_and_fail(void *at, char *to, size_t size)
{
	static const char text[] = "{\"version\": 1, \"bonds\": []}";
	size_t *taken = at;

	if (*taken || size < sizeof(text)) {
		errno = EIO;
		return -1;
	}
	memcpy(to, text, sizeof(text) - 1);
	return (ssize_t)(*taken = sizeof(text) - 1);
}

static void import_and_fail(void)
{
	FILE *standard_input = stdin;
	size_t taken = 0;

	stdin = fopencookie(&taken, "r", (cookie_io_functions_t){.read = read_and_fail});
	assert_non_null(stdin);
	assert_null(import_read("-", &events, &outcome));
	(void)fclose(stdin);
	stdin = standard_input;
}

static void a_failing_read_loses_no_memory(void **state)
{
	(void)state;
	assert_false(loses_memory(import_and_fail));
	assert_non_null(strstr(outcome.text, ": Input/output error"));
}

/* Of each format, right and wrong. */
static void imports_lose_no_memory(void **state)
{
	static const char *const wrongs[] = {"{\"version\":", "made,role\nx,y\n", "\n", "x"};

	(void)state;
	open_store();
	(void)add(&bond, STORE_REPLACE);
	for (int format = BONDS_JSON; format <= BONDS_BLUEZ; format++) {
		char output[200];
		(void)snprintf(output, sizeof(output), "%.150s%d", in_folder("export"), format);
		options = (struct options){.format = (enum bonds_format)format, .output = output};
		export();
		assert_int_equal(status, 0);
		assert_false(loses_memory(import_and_free));
		import();
		assert_false(loses_memory(recognize_and_free));
		json_decref(json);
		json = NULL;
	}
	options.output = in_folder("export0");
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		write_text_file("export0", wrongs[i]);
		options.output = in_folder("export0");
		assert_false(loses_memory(import_and_free));
	}
	write_text_file("d/11:22:33:44:55:66/C6:05:04:03:02:01/info", "x");
	options.output = in_folder("d");
	assert_false(loses_memory(import_and_free));
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
#define SECRET_CASE(name) cmocka_unit_test_setup_teardown(name, make_bond, free_all)
		SECRET_CASE(the_files_of_bluez_leave_no_key),
		SECRET_CASE(the_lines_of_files_leave_no_key),
		SECRET_CASE(a_file_of_bluez_does_not_stay_in_static_memory),
		SECRET_CASE(imports_and_exports_leave_no_key),
		SECRET_CASE(an_export_that_fails_leaves_no_key),
		SECRET_CASE(no_descriptor_stays_open),
		SECRET_CASE(imports_lose_no_memory),
		SECRET_CASE(a_failing_read_loses_no_memory),
	};
	(void)argc;
	bind_functions_now(argv);
	return cmocka_run_group_tests(tests, start, NULL);
}
