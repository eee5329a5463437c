/* SPDX-License-Identifier: MIT */
/* What a report has counted; for the files that print it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "report/attempt_text.h"

#define REPORT_FAILURES 64     /* different ones; the last has all others, too */
#define REPORT_PARTS	100    /* units with the messages of their attempt, beside the examples */
#define REPORT_PART	131072 /* octets of the messages of one attempt */

struct report_unit {
	json_t *last;	/* the latest attempt */
	json_t *hook;	/* how its hook failed; NULL: it did not */
	unsigned tries; /* attempts that count: those that no controller or user ended */
	char *part;	/* the messages of last, as markup; NULL: not kept */
	size_t example; /* last is that of failures[example - 1]; 0: of none */
};

/* Attempts that failed for the same reason. */
struct report_failure {
	char reason[REPORT_REASON]; /* report_reason() */
	size_t attempts;
	json_t *example; /* one of them */
	char *part;	 /* its messages, as markup; NULL: not kept */
};

struct batch_report {
	struct report_unit *units;
	size_t count, room;
	size_t attempts, before; /* before: of those, by earlier processes */
	json_t *positions;	 /* by name of the unit: its index in units */
	struct report_failure *failures;
	size_t failure_count, parts; /* parts: of units */
	json_t *station;	     /* of batch_report_station(), or NULL */
	size_t interrupted;	     /* attempts that ended because their controller failed */
	bool incomplete;	     /* for lack of memory */
};

/* Where attempts with this reason are counted; NULL: nowhere yet. */
struct report_failure *report_failure_of(const struct batch_report *report, const char *reason);
