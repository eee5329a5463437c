/* SPDX-License-Identifier: MIT */
/* Keys as text for Wireshark's sniffers. */
#include "transfer/wireshark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static char *text;
static size_t size;

static void write_bond(const struct bond_record *r)
{
	FILE *file = open_memstream(&text, &size);

	assert_true(wireshark_write(file, r));
	(void)fclose(file);
}

static struct bond_record bond(bool secure)
{
	struct bond_record r = {
		.made = "2026-11-25T10:17:50.406Z",
		.local = {0, {0x42, 0, 1, 1, 0xaa, 0}},
		.peer = {1, {1, 0, 0, 0, 0, 0x44}},
		.bond = {.secure_connections = secure,
			 .key_size = 16,
			 .local = {.has_ltk = true, .ltk = {1}},
			 .peer = {.has_ltk = true, .ltk = {2}}},
	};
	return r;
}

static void secure_connections_has_one_key(void **state)
{
	struct bond_record r = bond(true);

	(void)state;
	r.bond.peer.has_irk = r.bond.peer.has_identity = r.bond.local.has_irk = true;
	r.bond.peer.irk[0] = 3;
	r.bond.local.irk[0] = 4;
	r.bond.peer.identity = (struct crypto_address){1, {9, 0, 0, 0, 0, 0xc9}};
	write_bond(&r);
	assert_string_equal(text, "\n# C9:00:00:00:00:09 (random static) with 00:AA:01:01:00:42 "
				  "(public), 2026-11-25T10:17:50.406Z\n"
				  "SC LTK     0x00000000000000000000000000000002  of both\n"
				  "IRK        0x00000000000000000000000000000003  of the peer\n"
				  "IRK        0x00000000000000000000000000000004  ours\n");
	free(text);
}

static void legacy_pairing_has_a_key_for_each_peripheral(void **state)
{
	struct bond_record r = bond(false);

	(void)state;
	write_bond(&r);
	assert_string_equal(
		text, "\n# 44:00:00:00:00:01 (random resolvable) with 00:AA:01:01:00:42 (public), "
		      "2026-11-25T10:17:50.406Z\n"
		      "Legacy LTK 0x00000000000000000000000000000002  the peer as peripheral\n"
		      "Legacy LTK 0x00000000000000000000000000000001  we as peripheral\n");
	free(text);
	r.bond.peer.has_ltk = r.bond.local.has_ltk = false;
	write_bond(&r);
	assert_string_equal(text, "\n# 44:00:00:00:00:01 (random resolvable) with "
				  "00:AA:01:01:00:42 (public), 2026-11-25T10:17:50.406Z\n");
	free(text);
	r.bond.secure_connections = true; /* without its key */
	r.bond.local.has_ltk = true;
	write_bond(&r);
	assert_non_null(strstr(text, "Legacy LTK 0x00000000000000000000000000000001  we as"));
	free(text);
}

static void the_header_is_a_comment(void **state)
{
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_true(wireshark_write_header(file));
	(void)fclose(file);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		assert_int_equal(*line, '#');
	free(text);
}

static void a_file_that_cannot_be_written_is_noticed(void **state)
{
	struct bond_record r = bond(true);
	FILE *file = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(file);
	(void)setvbuf(file, NULL, _IONBF, 0);
	assert_false(wireshark_write_header(file));
	clearerr(file);
	assert_false(wireshark_write(file, &r));
	(void)fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secure_connections_has_one_key),
		cmocka_unit_test(legacy_pairing_has_a_key_for_each_peripheral),
		cmocka_unit_test(the_header_is_a_comment),
		cmocka_unit_test(a_file_that_cannot_be_written_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
