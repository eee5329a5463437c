/* SPDX-License-Identifier: MIT */
/*
 * Runs a harness as a unit test: its seeds, each also truncated and changed in a few ways, and
 * earlier findings (fuzz/found/NAME). With --seeds FOLDER it writes the seeds there instead, for
 * libFuzzer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "unit.h"

#define VARIANTS_MAX 300 /* of each seed */

static const char *folder;
static unsigned seeds, inputs;

/* On the heap, of exact size, as in libFuzzer. */
static void run(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	if (len)
		memcpy(copy, data, len);
	assert_int_equal(LLVMFuzzerTestOneInput(copy, len), 0);
	free(copy);
	inputs++;
}

static void run_seed(const void *data, size_t len)
{
	uint8_t variant[FUZZ_INPUT_MAX];
	size_t step = 1 + len / VARIANTS_MAX;

	assert_in_range(len, 1, sizeof(variant));
	seeds++;
	run(data, len);
	for (size_t at = 0; at < len; at += step) {
		run(data, at);
		memcpy(variant, data, len);
		variant[at] ^= (uint8_t)(1U << at % 8);
		run(variant, len);
		variant[at] = 0xff;
		run(variant, len);
	}
}

static void what_lies_around_the_seeds(void **state)
{
	(void)state;
	run(NULL, 0);
	fuzz_seeds(run_seed);
	assert_true(seeds > 0 && inputs > 3 * seeds);
}

static void what_once_failed(void **state)
{
	(void)state;
	if (access(FOUND, F_OK) == 0)
		fuzz_seed_files(run, FOUND);
}

static void write_seed(const void *data, size_t len)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/seed-%02u", folder, seeds++);
	FILE *file = fopen(path, "we");
	if (!file || fwrite(data, 1, len, file) != len || fclose(file)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_around_the_seeds),
		cmocka_unit_test(what_once_failed),
	};

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
		folder = argv[2];
		fuzz_seeds(write_seed);
		return seeds ? 0 : 1;
	}
	return cmocka_run_group_tests_name(NAME, tests, NULL, NULL);
}
