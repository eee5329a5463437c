/* SPDX-License-Identifier: MIT */
/*
 * The table of checks: one row for each, the most likely causes of a failure first. docs/explain.md
 * is generated from it (blepair explain --checks). Add a check by adding a row, a condition and a
 * scripted case of test/cli/explain/checks.
 */
#pragma once

#include "checks/conditions.h"

enum explain_severity {
	EXPLAIN_FAULT,	  /* violates the specification, or is a failure by itself */
	EXPLAIN_WEAKNESS, /* may work, but is not secure */
	EXPLAIN_SURPRISE, /* allowed, but probably not intended */
	EXPLAIN_HINT,	  /* good to know */
};

struct explain_check {
	const char *id;
	enum explain_severity severity;
	bool can_cause; /* it can be the cause of a failure */
	explain_condition *holds;
	uint8_t parameter;   /* the condition reads it as c->parameter */
	const char *text;    /* what it means: one sentence */
	const char *section; /* of the Core Specification, "-": none */
	const char *fix;     /* what to do: a clause */
};

extern const struct explain_check check_table[];
extern const size_t check_count;

#define EXPLAIN_FINDINGS 16

/*
 * Runs all checks on c, whose explained and parameter it sets. Returns the number of findings, in
 * the order of the table; a seventeenth is dropped. In a failed attempt the first that can be the
 * cause is marked as the cause.
 */
size_t check_run_all(struct explain_case *c, struct explain_finding findings[EXPLAIN_FINDINGS]);

/* What to do about a finding: a clause. */
const char *check_fix(const struct explain_finding *finding);

/* "fault", "weakness", "surprise", "hint". */
const char *check_severity_name(enum explain_severity severity);
