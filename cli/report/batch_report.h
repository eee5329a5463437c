/* SPDX-License-Identifier: MIT */
/*
 * The report of a batch: one HTML page that needs no other file and holds no keys. Text from the
 * air, a list or the command line cannot become markup.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/failure.h"

struct batch_report;

/* The head of the page; any may be NULL. */
struct batch_report_head {
	const char *job;  /* its name */
	const char *list; /* the file of its units, or what stands for it */
	const char *host; /* where it ran */
};

/* An empty report; NULL: no memory. */
struct batch_report *batch_report_new(void);
/* NULL is allowed. */
void batch_report_free(struct batch_report *report);

/*
 * Adds an attempt (the fields are those of cli/store/attempt.h) and takes the reference. The latest
 * attempt of each unit, or of each peer where no unit is named, is its outcome. part: markup that
 * shows its messages, which is copied if the page has room for it; NULL: none.
 */
void batch_report_add(struct batch_report *report, json_t *attempt, const char *part);

/* This process begins: the attempts so far were those of earlier ones. */
void batch_report_begin(struct batch_report *report);

/*
 * The last hook of this unit, an attempt of which was added, has ended. text says how it failed;
 * NULL: it succeeded.
 */
void batch_report_hook(struct batch_report *report, const char *unit, const char *text);

/*
 * What happened to the controllers: an array as in the summary (docs/json.md). Takes the reference,
 * and replaces an earlier one.
 */
void batch_report_station(struct batch_report *report, json_t *controllers);

/* Prints the page. 0, or -1 with errno. */
int batch_report_print(const struct batch_report *report, const struct batch_report_head *head,
		       FILE *out);

/* Writes the page to path; see FILE_PUBLIC in base/file.h. 0 or -1. */
int batch_report_write(const struct batch_report *report, const struct batch_report_head *head,
		       const char *path, struct failure *failure);
