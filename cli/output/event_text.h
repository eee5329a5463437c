/* SPDX-License-Identifier: MIT */
/* Inside of cli/output only: events as people read them. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "output/event.h"

struct event_text {
	const char *event; /* its name */
	bool always;	   /* even with --quiet */
	bool lists;	   /* on standard output */
	/* Prints the event: steps on stderr, what was asked for on stdout. May change it. */
	void (*show)(const struct event_output *output, json_t *event);
};

/* A question, or a number that the user needs now. */
bool event_text_asks(const struct event_text *text);

/*
 * Prints it so that it is seen before the answer is read: also when standard error is no terminal,
 * but standard input is one.
 */
void event_text_ask(const struct event_text *text, const struct event_output *output,
		    json_t *event);

/* NULL: the event has no text. */
const struct event_text *event_text(const char *event);
