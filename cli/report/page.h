/* SPDX-License-Identifier: MIT */
/* Inside of cli/report only: the sections of the page, and what they share. */
#pragma once

#include <stdio.h>

#include "report/aggregate.h"
#include "report/batch_report.h"

struct page {
	FILE *out;
	const struct batch_report *report;
	const struct batch_report_head *head;
	double *values;		      /* room for one of each unit */
	size_t lost[REPORT_FAILURES]; /* units that each failure of the report ended */
	size_t paired, at_once;
	double begin, end; /* seconds since 1970 */
	char nonce[33];	   /* only the script and the style that have it are used */
};

/* ---- survey.c -------------------------------------------------------------------------------- */

/* Counts units, and finds the begin and the end. */
void page_survey(struct page *page);

/*
 * Collects a duration of the units that were paired, by one controller or (NULL) by all, in values.
 * Returns how many.
 */
size_t page_collect(struct page *page, const char *field, const char *controller);

/* Rounded down: only the whole is 100.0. */
double page_percent(size_t part, size_t whole);

/* ---- failures.c, times.c, controllers.c, unit_table.c ---------------------------------------- */

/* What failed and why, the most frequent first. */
void page_print_failures(struct page *page);
/* When units ended and how long they took. 0, or -1: no memory. */
int page_print_times(struct page *page);
/* The controllers, and how they were interrupted. 0, or -1: no memory. */
int page_print_controllers(struct page *page);
/* All units, with the controls that batch_report.js brings to life. */
void page_print_units(struct page *page);

/* ---- verdict.c ------------------------------------------------------------------------------- */

/* "peer refused: Confirm Value Failed" */
void page_put_reason(FILE *out, const json_t *attempt);

/* Its cause, else what its class means; "": only the reason is known. */
const char *page_cause(const json_t *attempt);

/*
 * The verdict on a failed attempt below a line with its cause: how it ended, and part, which shows
 * its findings and messages; NULL: its findings alone.
 */
void page_put_verdict(FILE *out, const json_t *attempt, const char *part);
