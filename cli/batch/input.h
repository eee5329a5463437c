/* SPDX-License-Identifier: MIT */
/*
 * Rows of standard input ("batch -"), which become units while the job runs. They are foreign: they
 * are read after all privileges are given up. Every row is answered once: by the event of its unit
 * when that has ended, or by a "row" event when it does not become a unit.
 */
#pragma once

#include <jansson.h>

#include "batch/rows.h"
#include "batch/unit.h"
#include "runtime/loop.h"

/* Octets of a row, without its end. */
#define BATCH_ROW_MAX 4095

struct batch_job;
struct batch_row;

struct batch_input {
	struct batch_job *job;
	struct batch_rows rows;
	struct loop_source source;
	char buffer[BATCH_ROW_MAX + 1]; /* what has come of the current row */
	size_t len;
	bool too_long;	/* the rest of a row that is refused already */
	bool begun;	/* units, by the rows that just came */
	size_t refused; /* rows */

	struct batch_row **units; /* those that came, in order */
	size_t count, room;
	json_t *keys; /* by key of a unit: its index in units; -1: an earlier process paired it */
};

/* Before the store is in use by sessions: reads which units the job has. 0 or -1. */
int batch_input_init(struct batch_input *input, struct batch_job *job, struct failure *failure);
/* Wipes and frees. */
void batch_input_free(struct batch_input *input);

/* From here on the loop waits for rows. */
void batch_input_start(struct batch_input *input);
void batch_input_stop(struct batch_input *input);

/* At the end of a run: answers the rows whose units have no final result. */
void batch_input_answer_left(struct batch_input *input);
