/* SPDX-License-Identifier: MIT */
/*
 * What explain and watch share: packets become attempts, each attempt is judged when it is over,
 * and its verdict is printed. Large, and of a size that does not depend on the capture: static, all
 * zero to begin with.
 */
#pragma once

#include "options/options.h"
#include "output/event.h"
#include "output/outcome.h"
#include "print/terminal.h"
#include "track/tracker.h"

/* How a connection ended that asked for no security; the last one counts. */
struct explain_departure {
	uint64_t count;
	int8_t by; /* EXPLAIN_I: the central; EXPLAIN_NOBODY: unknown */
	uint8_t reason;
	bool unknown_request; /* on air: after LL_UNKNOWN_RSP */
};

struct explainer {
	const struct options *options;
	struct event_output *events;
	struct explain_style style;
	struct explain_tracker tracker;
	struct explain_history history;
	struct explain_verdict verdict;
	uint64_t number, succeeded, failed; /* attempts */
	struct explain_departure left;
	bool silent;	     /* standard output is not for text */
	bool sentences;	     /* text is a numbered sentence for each attempt; --explain: not for a
				failure */
	bool printed;	     /* an attempt is on standard output, as text */
	bool closed;	     /* attempts that end from here on are not judged */
	char inside[200];    /* the name of the capture in its archive; empty: it is in none */
	bool inside_printed; /* as text */
	/* Gets each verdict after it was printed, lent for the call; NULL: nobody. */
	void (*judged)(void *ctx, const struct explain_verdict *verdict);
	void *ctx;
};

/* Borrows options and events. ladder: text shows the ladder of each attempt. */
void explainer_init(struct explainer *explainer, const struct options *options,
		    struct event_output *events, bool ladder);

/*
 * Begins a capture: nothing is compared with one before it. inside: its name in the archive that
 * holds it, or NULL.
 */
void explainer_begin(struct explainer *explainer, const char *inside);

/* "3 attempts: 1 succeeded, 1 failed, 1 unfinished": what there is none of is left out. */
#define EXPLAINER_SUM 120
void explainer_sum(const struct explainer *explainer, char *text, size_t size);

/* "the central disconnected without asking for security: ... (0x13)"; empty: none did. */
void explainer_departure(const struct explainer *explainer, char *text, size_t size);

/* The numbers of attempts, as fields of the result. Returns a new reference. */
json_t *explainer_counts(const struct explainer *explainer);

/* Overwrites what may be keys, after track_end(). */
void explainer_wipe(struct explainer *explainer);
