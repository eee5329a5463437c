/* SPDX-License-Identifier: MIT */
/*
 * Removes a part of the table: a row, a verb of a row, or the guard of a row. Linked with a test of
 * the engine it reads BLEPAIR_MUTANT before main(): a number removes the part of that number,
 * "list" prints all parts, a line each, and exits. See scripts/mutants.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "smp/table.h"

/* The table is constant: its pages are made writable. */
static struct smp_row *writable(size_t row)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)smp_table & ~(page - 1);
	uintptr_t to = (uintptr_t)(smp_table + smp_table_rows);

	if (mprotect((void *)from, to - from, PROT_READ | PROT_WRITE)) {
		perror("mprotect");
		exit(2);
	}
	return (struct smp_row *)((uintptr_t)smp_table + row * sizeof(struct smp_row));
}

static void print_name(const struct smp_row *row, const char *what)
{
	static const char *const who[] = {
		[SMP_WHO_INITIATOR] = "I", [SMP_WHO_RESPONDER] = "R", [SMP_WHO_BOTH] = "B"};

	printf("%s, %s, %s, %s: no %s\n", who[row->who], smp_table_state(row->in),
	       smp_table_on(row->on), smp_table_guard(row->when), what);
}

/* Counts the parts, and removes part n; prints all if n is negative. */
static bool remove_part(long n)
{
	long at = 0;

	for (size_t i = 0; i < smp_table_rows; i++) {
		const struct smp_row *row = &smp_table[i];
		if (n < 0)
			print_name(row, "row");
		if (at++ == n) {
			writable(i)->who = 0;
			return true;
		}
		if (row->when != smp_guard_always) {
			if (n < 0)
				print_name(row, "guard");
			if (at++ == n) {
				writable(i)->when = smp_guard_always;
				return true;
			}
		}
		for (size_t k = 0; k < SMP_ROW_VERBS && row->verbs[k]; k++) {
			if (n < 0)
				print_name(row, smp_table_verb(row->verbs[k]));
			if (at++ == n) {
				uint8_t *verbs = writable(i)->verbs;
				memmove(verbs + k, verbs + k + 1, SMP_ROW_VERBS - k - 1);
				verbs[SMP_ROW_VERBS - 1] = SMP_NO_VERB;
				return true;
			}
		}
	}
	return n < 0;
}

__attribute__((constructor)) static void mutate(void)
{
	const char *text = getenv("BLEPAIR_MUTANT");

	if (!text)
		return;
	bool list = strcmp(text, "list") == 0;
	if (!remove_part(list ? -1 : atol(text))) {
		fprintf(stderr, "there is no mutant %s\n", text);
		exit(2);
	}
	if (list)
		exit(fflush(stdout) ? 2 : 0);
}
