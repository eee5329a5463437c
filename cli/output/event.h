/* SPDX-License-Identifier: MIT */
/*
 * The one way to report progress and results. An event is a JSON object with "event" and its fields
 * (docs/json.md). With --json it becomes a line on stdout, otherwise text: steps on stderr, lists
 * that were asked for on stdout.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"

struct junit;

struct event_output {
	bool json, quiet, color, ascii;
	int verbose;
	struct junit *junit; /* also gets every event; NULL: none */
	uint64_t start;	     /* clock_now() at the start */

	/* Added to every event, borrowed; NULL: there is only one. */
	const char *unit, *controller;
	/* Of one of several sessions: its number, from 1, and what describes its peer; 0: none. */
	unsigned session;
	json_t *(*peer)(const void *peer_ctx); /* see json_peer(); a new reference */
	const void *peer_ctx;
	bool many;  /* the caller flushes standard output, after many events */
	bool brief; /* only notes, and events that --quiet shows as well */
	/* Removes a live view from the terminal before a line is printed; NULL: no live view. */
	void (*before)(void *ctx);
	void *before_ctx;
};

void event_output_init(struct event_output *events, const struct options *options);

/* True: a terminal that knows escape sequences (TERM is not "dumb"). */
bool event_terminal(int fd);
/* Whether text on that descriptor is coloured: --color, NO_COLOR, a terminal. */
bool event_colors(const struct options *options, int fd);

/* Reports one event; takes the reference. event must be an object with a string "event". */
void event_emit(struct event_output *events, json_t *event);

/*
 * Reports {"event":"note","text":...}: something unusual that did not stop the run. level 0:
 * always; 1: with -v, or as JSON unless brief. Texts longer than 319 octets are cut.
 */
void event_note(struct event_output *events, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
