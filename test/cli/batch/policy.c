/* SPDX-License-Identifier: MIT */
/* The policy is the one of docs/batch.md, "Failures": row by row. */
#include "batch/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/names.h"
#include "unit.h"

#define OTHER_CODE 0x55

struct row {
	char cause[40], text[160], tries[40], next[60];
};

/* Splits "| a | b | c | d |"; an empty cell is "". */
static bool parse_row(const char *line, struct row *row)
{
	char *const cells[] = {row->cause, row->text, row->tries, row->next};
	const size_t sizes[] = {sizeof(row->cause), sizeof(row->text), sizeof(row->tries),
				sizeof(row->next)};
	const char *at = line;

	for (size_t i = 0; i < COUNT(cells); i++) {
		const char *end = *at == '|' ? strchr(at + 1, '|') : NULL;
		if (!end)
			return false;
		const char *from = at + 1 + strspn(at + 1, " `"), *to = end;
		while (to > from && strchr(" `", to[-1]))
			to--;
		(void)snprintf(cells[i], sizes[i], "%.*s", (int)(to > from ? to - from : 0), from);
		assert_true((size_t)(to - from) < sizes[i] || to < from);
		at = end;
	}
	return true;
}

static enum batch_end end_of(const char *cause)
{
	for (int end = 0; end < BATCH_ENDS; end++)
		if (strcmp(batch_end_slug((enum batch_end)end), cause) == 0)
			return (enum batch_end)end;
	fail_msg("no such cause: %s", cause);
	return BATCH_ENDS;
}

/* The last column, as the page has it. */
static void rest_text(const struct batch_policy *p, char text[60])
{
	if (p->see)
		(void)strcpy(text, "it must be seen again");
	else if (p->tries > 1)
		(void)snprintf(text, 60, "%g s%s", 0.25 * (1U << p->rest),
			       p->longer ? ", doubled each time" : "");
	else
		*text = '\0';
}

static void check_row(const struct row *row, enum batch_end end, bool *covered)
{
	const char *code = strstr(row->text, "(0x");
	const struct batch_policy *p =
		batch_policy(end, code ? (int)strtol(code + 3, NULL, 16) : OTHER_CODE);
	char rest[60];

	assert_int_equal(p->code, code ? (int)strtol(code + 3, NULL, 16) : -1);
	assert_int_equal(p->tries, strtoul(row->tries, NULL, 10));
	rest_text(p, rest);
	assert_string_equal(row->next, rest);
	for (size_t i = 0; batch_policy_row(i); i++)
		covered[i] |= batch_policy_row(i) == p;
}

static void the_policy_is_the_documented_one(void **state)
{
	bool covered[64] = {false}, inside = false;
	enum batch_end end = BATCH_ENDS;
	FILE *page = fopen(PAGE, "r");
	char line[400];
	struct row row;
	size_t rows = 0;

	(void)state;
	assert_non_null(page);
	while (fgets(line, sizeof(line), page)) {
		if (strncmp(line, "## ", 3) == 0)
			inside = strcmp(line, "## Failures\n") == 0;
		if (!inside || !parse_row(line, &row) || strcmp(row.text, "failure") == 0 ||
		    strncmp(row.text, "---", 3) == 0)
			continue;
		if (*row.cause)
			end = end_of(row.cause);
		check_row(&row, end, covered);
		rows++;
	}
	assert_int_equal(fclose(page), 0);
	for (size_t i = 0; batch_policy_row(i); i++)
		if (!covered[i] && batch_policy_row(i)->end != BATCH_SUCCEEDED)
			fail_msg("row %zu of the policy is not documented", i);
	/* One row is not: that of success. */
	assert_null(batch_policy_row(rows + 1));
	assert_non_null(batch_policy_row(rows));
}

static void every_end_has_a_row_for_any_code(void **state)
{
	(void)state;
	for (int end = 0; end < BATCH_ENDS; end++)
		for (int code = -1; code < 256; code++) {
			const struct batch_policy *p = batch_policy((enum batch_end)end, code);
			assert_int_equal(p->end, end);
			assert_true(p->code == -1 || p->code == code);
		}
}

/* A unit is not given up for failures that are not its own. */
static void only_failures_of_the_unit_count(void **state)
{
	(void)state;
	for (int end = 0; end < BATCH_ENDS; end++)
		assert_int_equal(batch_policy((enum batch_end)end, -1)->tries == 0,
				 end == BATCH_CONTROLLER_FULL || end == BATCH_CONTROLLER_FAILED ||
					 end == BATCH_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_is_the_documented_one),
		cmocka_unit_test(every_end_has_a_row_for_any_code),
		cmocka_unit_test(only_failures_of_the_unit_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
