/* SPDX-License-Identifier: MIT */
/*
 * Captures that blepair writes of itself (-w), read back in this process by the checks of explain.
 * From captured_begin() on, each run of blepair is judged when it has ended.
 */
#pragma once

#include "checks/verdict.h"

#define CAPTURED_ATTEMPTS 256

struct captured_attempt {
	enum explain_outcome outcome;
	size_t count;
	struct {
		const struct explain_check *check;
		char text[160];
	} findings[EXPLAIN_FINDINGS];
	/*
	 * A summary without the hints: the outcome, then the cause and all other findings, each
	 * with the side that is blamed: "peer", "host" (the captured one), "controller" or
	 * "nobody": "refused: peer confirm-wrong", "paired", "paired: - peer small-key".
	 */
	char says[300];
};

extern struct captured {
	struct captured_attempt
		attempts[CAPTURED_ATTEMPTS]; /* of all runs since captured_forget() */
	size_t count;
	char story[1000];  /* the different summaries in order, each once, separated by "; " */
	unsigned searches; /* passkey searches allowed in each run: see recompute.h */
} captured;

/* Setup and teardown of a group of tests. captured_end() stops the capture and deletes the file. */
int captured_begin(void **state);
int captured_end(void **state);

void captured_forget(void);

/* Reads any capture and passes its attempts to finished(). False: it cannot be opened. */
bool captured_read(const char *path,
		   void (*finished)(void *ctx, const struct explain_attempt *attempt));

/* Ends the current run, if any, and returns the last attempt; fails without one. */
const struct captured_attempt *captured_last(void);

/* Ends the current run, if any; fails unless the story is this one. */
void captured_says(const char *story);

/* True: that check has a finding, of any severity. */
bool captured_found(const struct captured_attempt *attempt, const char *id);

/* Prints all findings, for the message of a failure. */
void captured_print(const struct captured_attempt *attempt);
