/* SPDX-License-Identifier: MIT */
/* Text for units and for the ends of their attempts. */
#pragma once

#include "batch/policy.h"
#include "batch/unit.h"

/* Room for the key or the full name of a unit, and its zero. */
#define BATCH_UNIT_NAME 112

/*
 * The name of a unit in the store and in events: its address (with its type, if the list has it),
 * else its label, else "line N". Returns text.
 */
const char *batch_unit_key(const struct batch_unit_spec *spec, char text[BATCH_UNIT_NAME]);

/* The key and the label, if that is not the key. Returns text. */
const char *batch_unit_name(const struct batch_unit_spec *spec, char text[BATCH_UNIT_NAME]);

/* "not_seen": the value of "cause" in events (docs/json.md). */
const char *batch_end_slug(enum batch_end end);

#define BATCH_CAUSE_TEXT 120

/* "the unit refused: Repeated Attempts (0x09)"; code as in enum batch_end, -1: none. Returns text.
 */
const char *batch_cause_text(enum batch_end end, int code, char text[BATCH_CAUSE_TEXT]);
