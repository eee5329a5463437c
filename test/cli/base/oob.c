/* SPDX-License-Identifier: MIT */
#include "base/oob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "unit.h"

static struct failure failure;

#define A "00112233445566778899aabbccddeeff"
#define B "ffeeddccbbaa99887766554433221100"

static void as_text(void **state)
{
	static const char *const wrong[] = {"",		 "tk",
					    "tk=",	 "tk=12",
					    "tk=" A "0", "confirm=" A,
					    "random=" A, "key=" A,
					    "tk=" A ",", "tk=0x112233445566778899aabbccddeeff"};
	struct smp_oob oob = {0};
	char text[33];

	(void)state;
	assert_int_equal(oob_parse("tk=" A, &oob, &failure), 0);
	assert_true(oob.has_tk && !oob.has_peer);
	assert_int_equal(oob.tk[15], 0x00); /* the most significant octet was written first */
	assert_int_equal(oob.tk[0], 0xff);
	assert_int_equal(oob_parse("random=" B ",confirm=" A, &oob, &failure), 0);
	assert_true(oob.has_tk && oob.has_peer);
	assert_string_equal(hex_format(oob.peer_random, 16, text), B);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct smp_oob none = {0};
		assert_int_equal(oob_parse(wrong[i], &none, &failure), -1);
		assert_non_null(strstr(failure.text, "32 hexadecimal digits"));
	}
}

static void our_own_data(void **state)
{
	char folder[] = "/tmp/blepair-test.XXXXXX", path[64];
	struct oob_own own[3];
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/own.json", folder);
	assert_int_equal(oob_own_load(path, &own[0], &failure), 0);
	assert_int_equal(oob_own_load(path, &own[1], &failure), 0);
	assert_memory_equal(&own[0], &own[1], sizeof(own[0]));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(oob_own_load("-", &own[2], &failure), 0);
	assert_memory_not_equal(own[0].random, own[2].random, 16);
	/* A private key that others may read is none. */
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(oob_own_load(path, &own[1], &failure), -1);
	assert_non_null(strstr(failure.text, "chmod 600"));
	(void)unlink(path);
	(void)rmdir(folder);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_text),
		cmocka_unit_test(our_own_data),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
