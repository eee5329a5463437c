/* SPDX-License-Identifier: MIT */
/*
 * A line at the bottom of the terminal which shows that a long step is under way. It is on standard
 * error, and only on a terminal, without --quiet and --json; a line that is printed removes it.
 */
#pragma once

#include <stdbool.h>

#include "output/event.h"

struct status_line {
	bool allowed; /* there is a terminal for it */
	bool shown;
};

/* From here on events remove the line before they are printed, until status_line_end(). */
void status_line_begin(struct status_line *line, struct event_output *events);

/* Shows a text, cut to the width of the terminal, in the place of the one before. */
void status_line_show(struct status_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Removes it. */
void status_line_clear(struct status_line *line);
void status_line_end(struct status_line *line, struct event_output *events);
