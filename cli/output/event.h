/* SPDX-License-Identifier: MIT */
/*
 * The one way to tell people things. An event is a JSON object with "event" and its fields
 * (docs/json.md); with --json it becomes a line on stdout, otherwise a line or two on stderr.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "options/options.h"

struct event_output {
	bool json, quiet, color, ascii;
	int verbose;
	uint64_t start; /* clock_now() at the beginning */

	/* Of several at once: stand in every event. NULL: there is only one. */
	const char *unit, *controller;
	bool brief; /* tell only what somebody must know now */
	/* Takes a live view off the terminal, before a line is printed there. */
	void (*before)(void *ctx);
	void *before_ctx;
};

void event_output_init(struct event_output *events, const struct options *options);

/* Tells one event; takes the reference. event must be an object with a string "event". */
void event_emit(struct event_output *events, json_t *event);

/* {"event":"note","text":...}: something odd, and survived. level 0: always, 1: with -v. */
void event_note(struct event_output *events, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
