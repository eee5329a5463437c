/* SPDX-License-Identifier: MIT */
/*
 * What blepair does, captured by itself (-w) and read back by the checks of explain, in this
 * process: each run of it, from captured_begin() on, is judged when it is over.
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
	 * What all of it comes to but hints: how it ended; the cause and all the rest, each with
	 * who did it, "peer", "host" (the one that was captured), "controller" or "nobody":
	 * "refused: peer confirm-wrong", "paired", "paired: - peer small-key".
	 */
	char says[300];
};

extern struct captured {
	struct captured_attempt
		attempts[CAPTURED_ATTEMPTS]; /* of all runs since it was forgotten */
	size_t count;
	char story[1000];  /* what they say, each once, "; " between them */
	unsigned searches; /* for a passkey, each run: see recompute.h */
} captured;

/* Of a group of tests. After it no run is captured any more, and the file is gone. */
int captured_begin(void **state);
int captured_end(void **state);

void captured_forget(void);

/* Any capture read back in the same way, its attempts handed over. False: it cannot be opened. */
bool captured_read(const char *path,
		   void (*finished)(void *ctx, const struct explain_attempt *attempt));

/* Ends the run that is under way, if any, and returns the last attempt; fails without one. */
const struct captured_attempt *captured_last(void);

/* Ends the run that is under way, if any; fails unless the story is that one. */
void captured_says(const char *story);

/* That check found something in it, of whatever kind. */
bool captured_found(const struct captured_attempt *attempt, const char *id);

/* All that was found, for the message of a failure. */
void captured_tell(const struct captured_attempt *attempt);
