/* SPDX-License-Identifier: MIT */
/*
 * Why an attempt failed, as JSON ("verdict" of docs/json.md): for the unit's line, the attempt in
 * the store, and the report. What the checks of explain found in the packets of its link comes
 * first; without a link or a finding, the outcome has it. It never has a key.
 */
#pragma once

#include <jansson.h>

#include "batch/job.h"

/*
 * The link of the slot has ended, and its attempt is judged: keeps its verdict, and with a report
 * its messages as a part of a page, until batch_verdict_free().
 */
void batch_verdict_take(struct batch_slot *slot, const struct explain_verdict *verdict);
void batch_verdict_free(struct batch_slot *slot);

/*
 * The verdict of an attempt that has ended, as text for an attempt: of the slot; NULL: it did not
 * fail, or no memory. Lives as long as the slot is not freed.
 */
const char *batch_verdict_of(struct batch_slot *slot);

/* A verdict of these texts, of which cause and fix may be NULL or empty; free() it. NULL: no
 * memory. */
char *batch_verdict_text(const char *text, const char *cause, const char *fix);

/* Of a pairing whose bond the store does not keep, because it is weaker than the one in force. */
extern const char batch_verdict_rejected[];
