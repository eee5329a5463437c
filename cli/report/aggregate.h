/* SPDX-License-Identifier: MIT */
/* What a report has counted; for the files that print it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct report_unit {
	json_t *last; /* the latest attempt */
	json_t *hook; /* how its hook failed; NULL: it did not */
	unsigned attempts;
};

struct batch_report {
	struct report_unit *units;
	size_t count, room, attempts;
	json_t *positions;  /* by name of the unit: its index in units */
	json_t *reasons;    /* by report_reason(): number of attempts that failed */
	json_t *station;    /* of batch_report_station(), or NULL */
	size_t interrupted; /* attempts that ended because their controller failed */
	bool incomplete;    /* for lack of memory */
};

/* Adds one to the count of a key. */
void report_count(json_t *counts, const char *key);
