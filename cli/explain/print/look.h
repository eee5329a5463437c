/* SPDX-License-Identifier: MIT */
/* What the page and the drawing show alike: classes of their style, the head, the legend. */
#pragma once

#include "base/time.h"
#include "checks/verdict.h"

/* Where a report comes from. Texts are borrowed. */
struct explain_origin {
	const char *name;	  /* of the file */
	const char *inside;	  /* of the capture in an archive; NULL or empty: it is in none */
	const char *format;	  /* "btsnoop, Linux monitor" */
	enum explain_clock clock; /* of the capture */
	uint64_t captured;	  /* its first packet */
	char reported[TIME_TEXT]; /* time_now() */
};

/* "btsnoop, Linux monitor; captured 2026-11-25 03:27:18 UTC; explained ... by blepair 0.2.0". */
#define LOOK_ORIGIN 300
const char *look_origin(const struct explain_origin *origin, char text[LOOK_ORIGIN]);

/* The class of an outcome: "bad", "good", "open". */
const char *look_outcome(const struct explain_verdict *verdict);
/* The class of a layer: "hci", "smp", "l2cap", "ll", "mgmt". */
const char *look_layer(uint8_t layer);
/* The word before the text of a finding: "why", "fault"... */
const char *look_word(const struct explain_finding *finding);

/*
 * What marks the step in which the attempt ended: "✗ failed here"; if its frame is no step, the one
 * before it: "✗ failed after this". NULL: it is another.
 */
const char *look_here(const struct explain_verdict *verdict, const struct explain_step *step);

/* The lanes of a ladder, from the left. end: EXPLAIN_NOBODY is the controller. */
struct explain_lanes {
	int count;
	const char *names[3];
	int8_t ends[3];
};
void look_lanes(const struct explain_attempt *attempt, struct explain_lanes *lanes);
/* The lane of that name. */
int look_lane(const struct explain_lanes *lanes, const char *name);

/*
 * What stands before a word of the legend: an arrow of a layer, the dot of a message within one
 * end, or what a drawing marks a row with.
 */
enum look_sign { LOOK_NOTHING, LOOK_ARROW, LOOK_DOT, LOOK_FLAG, LOOK_END };

struct explain_legend {
	enum look_sign sign;
	const char *class, *word, *meaning;
};
extern const struct explain_legend look_legend[];
extern const size_t look_legend_count;
