/* SPDX-License-Identifier: MIT */
#include "cli/bondfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/address.h"
#include "unit.h"

static char folder[64], path[96], error[BONDFILE_ERROR];

static int fresh(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/blepair-test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/bonds.json", folder);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder); /* fails when a temporary file was left */
}

static struct bond_record record(uint8_t seed, bool authenticated)
{
	struct bond_record r = {
		.central = true,
		.local = {0, {1, 2, 3, 4, 5, 6}},
		.peer = {1, {seed, 2, 3, 4, 5, 0x46}},
		.bond = {.bonded = true,
			 .secure_connections = true,
			 .authenticated = authenticated,
			 .key_size = 16,
			 .method = authenticated ? SMP_NUMERIC_COMPARISON : SMP_JUST_WORKS,
			 .local =
				 {.has_ltk = true, .ltk = {seed, 1}, .has_csrk = true, .csrk = {7}},
			 .peer = {.has_ltk = true,
				  .ltk = {seed, 1},
				  .ediv = 0x1234,
				  .rand = {9, 8, 7},
				  .has_irk = true,
				  .irk = {seed, 0xee},
				  .has_identity = true,
				  .identity = {1, {seed, 9, 9, 9, 9, 0xc9}}},
			 .has_link_key = true,
			 .link_key = {5, 5}},
	};
	return r;
}

static void what_goes_in_comes_out(void **state)
{
	struct bond_record r = record(1, true), found;
	struct crypto_address rpa;
	struct bondfile file;
	struct stat status;

	(void)state;
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_int_equal(bondfile_add(&file, &r, BONDFILE_REPLACE, error), BONDFILE_SAVED);
	bondfile_close(&file);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);

	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_true(bondfile_find(&file, &r.peer, &found));
	found.bond.note = r.bond.note;
	assert_memory_equal(&found.bond.peer, &r.bond.peer, sizeof(r.bond.peer));
	assert_memory_equal(&found.bond.local, &r.bond.local, sizeof(r.bond.local));
	assert_memory_equal(found.bond.link_key, r.bond.link_key, 16);
	assert_int_equal(found.bond.method, SMP_NUMERIC_COMPARISON);
	assert_true(found.central && found.bond.authenticated);
	/* By its identity, and by a resolvable address that it never had before. */
	assert_true(bondfile_find(&file, &r.bond.peer.identity, &found));
	assert_int_equal(address_make_resolvable(&rpa, r.bond.peer.irk), 0);
	assert_true(bondfile_find(&file, &rpa, &found));
	rpa.octets[0] ^= 1;
	assert_false(bondfile_find(&file, &rpa, &found));
	bondfile_close(&file);
}

/* CVE-2025-62235 and its like: what a peer started does not weaken what a user made. */
static void a_weaker_bond_does_not_replace_a_stronger_one(void **state)
{
	struct bond_record strong = record(1, true), weak = record(1, false), found;
	struct bondfile file;

	(void)state;
	weak.bond.peer.ltk[0] = 0x77;
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_int_equal(bondfile_add(&file, &strong, BONDFILE_NOT_WEAKER, error), BONDFILE_SAVED);
	assert_int_equal(bondfile_add(&file, &weak, BONDFILE_NOT_WEAKER, error), BONDFILE_KEPT);
	assert_true(bondfile_find(&file, &strong.peer, &found));
	assert_true(found.bond.authenticated);
	/* The user may. */
	assert_int_equal(bondfile_add(&file, &weak, BONDFILE_REPLACE, error), BONDFILE_SAVED);
	assert_true(bondfile_find(&file, &strong.peer, &found));
	assert_int_equal(found.bond.peer.ltk[0], 0x77);
	assert_int_equal(json_array_size(json_object_get(file.root, "bonds")), 1);
	/* Another peer is another bond. */
	struct bond_record other = record(2, false);
	assert_int_equal(bondfile_add(&file, &other, BONDFILE_NOT_WEAKER, error), BONDFILE_SAVED);
	assert_int_equal(json_array_size(json_object_get(file.root, "bonds")), 2);
	bondfile_close(&file);
}

static void our_identity_stays(void **state)
{
	const struct crypto_address a = {1, {1, 2, 3, 4, 5, 0xc6}}, b = {0, {1, 2, 3, 4, 5, 0xc6}};
	struct crypto_address found;
	struct bondfile file;
	uint8_t irk[3][16];

	(void)state;
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_false(bondfile_static(&file, &found));
	assert_int_equal(bondfile_irk(&file, &a, irk[0], error), 0);
	assert_int_equal(bondfile_irk(&file, &b, irk[1], error), 0);
	bondfile_close(&file);
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_int_equal(bondfile_irk(&file, &a, irk[2], error), 0);
	assert_memory_equal(irk[0], irk[2], 16);
	assert_memory_not_equal(irk[0], irk[1], 16);
	assert_true(bondfile_static(&file, &found));
	assert_true(address_equal(&found, &a));
	bondfile_close(&file);
}

/* A file cut at any octet is refused with a line, or is still whole; it is never changed. */
static void a_file_that_is_cut_is_left_as_it_is(void **state)
{
	struct bond_record r = record(3, true);
	struct bondfile file;
	static char text[8192], again[8192];

	(void)state;
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_int_equal(bondfile_add(&file, &r, BONDFILE_REPLACE, error), BONDFILE_SAVED);
	bondfile_close(&file);
	int fd = open(path, O_RDONLY);
	ssize_t whole = read(fd, text, sizeof(text));
	close(fd);
	assert_true(whole > 500);
	for (ssize_t len = 0; len < whole - 2; len++) {
		fd = open(path, O_WRONLY | O_TRUNC);
		assert_int_equal(write(fd, text, (size_t)len), len);
		close(fd);
		*error = '\0';
		assert_int_equal(bondfile_open(&file, path, error), -1);
		assert_non_null(strstr(error, path));
		bondfile_close(&file);
		fd = open(path, O_RDONLY);
		assert_int_equal(read(fd, again, sizeof(again)), len);
		close(fd);
		assert_memory_equal(text, again, (size_t)len);
	}
}

/* A disk that is full, say: the old file stays. */
static void a_failed_write_loses_nothing(void **state)
{
	struct bond_record a = record(1, true), b = record(2, true), found;
	struct bondfile file;

	(void)state;
	if (geteuid() == 0) {
		/* Root writes everywhere; a folder that is a file stops it too. */
		assert_int_equal(bondfile_open(&file, "/proc/blepair/bonds.json", error), 0);
		assert_int_equal(bondfile_add(&file, &a, BONDFILE_REPLACE, error), BONDFILE_FAILED);
		assert_non_null(strstr(error, "cannot write"));
		bondfile_close(&file);
		return;
	}
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_int_equal(bondfile_add(&file, &a, BONDFILE_REPLACE, error), BONDFILE_SAVED);
	assert_int_equal(chmod(folder, 0500), 0);
	assert_int_equal(bondfile_add(&file, &b, BONDFILE_REPLACE, error), BONDFILE_FAILED);
	assert_int_equal(chmod(folder, 0700), 0);
	bondfile_close(&file);
	assert_int_equal(bondfile_open(&file, path, error), 0);
	assert_true(bondfile_find(&file, &a.peer, &found));
	bondfile_close(&file);
}

static void without_a_file_nothing_is_kept(void **state)
{
	struct bond_record r = record(1, true);
	struct bondfile file;

	(void)state;
	assert_int_equal(bondfile_open(&file, NULL, error), 0);
	assert_int_equal(bondfile_add(&file, &r, BONDFILE_REPLACE, error), BONDFILE_SAVED);
	bondfile_close(&file);
	assert_int_not_equal(access(path, F_OK), 0);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_goes_in_comes_out, fresh, gone),
		cmocka_unit_test_setup_teardown(a_weaker_bond_does_not_replace_a_stronger_one,
						fresh, gone),
		cmocka_unit_test_setup_teardown(our_identity_stays, fresh, gone),
		cmocka_unit_test_setup_teardown(a_file_that_is_cut_is_left_as_it_is, fresh, gone),
		cmocka_unit_test_setup_teardown(a_failed_write_loses_nothing, fresh, gone),
		cmocka_unit_test_setup_teardown(without_a_file_nothing_is_kept, fresh, gone),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
