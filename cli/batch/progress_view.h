/* SPDX-License-Identifier: MIT */
/*
 * What a run over many units looks like on a terminal while it goes on: a bar, a line of figures, a
 * line for each link, failures by their reasons. Pure: figures in, lines out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BATCH_VIEW_LINES 64
#define BATCH_VIEW_TEXT	 16384 /* octets that the longest view needs */

struct batch_view_link {
	const char *unit, *what, *controller; /* "C4:... SENSOR-7", "pairing", "usb:1" */
	double seconds;			      /* since it is at that */
};

struct batch_view_cause {
	const char *text;
	size_t count;
};

struct batch_view {
	unsigned width, height; /* of the terminal, in columns and lines */
	bool color, ascii;

	size_t total; /* 0: not known, there is no list */
	size_t paired, failed, active, resting, waiting;
	unsigned controllers;
	double elapsed;	   /* seconds */
	double per_minute; /* units at their end; 0: not known yet */

	const struct batch_view_link *links;
	size_t link_count;
	const struct batch_view_cause *causes;
	size_t cause_count;
	const char *ending; /* "winding up" or so; NULL: nothing */
};

/* What was drawn: how many lines, and how many columns each has. */
struct batch_view_drawn {
	size_t lines;
	unsigned columns[BATCH_VIEW_LINES];
};

/*
 * Draws it into text, which has room for BATCH_VIEW_TEXT octets: at most height - 1 lines of at
 * most width - 1 columns, each with its line end. Returns its length.
 */
size_t batch_view_draw(const struct batch_view *view, char text[BATCH_VIEW_TEXT],
		       struct batch_view_drawn *drawn);

/* The octets that take it off a terminal of this width again; their length, at most 32. */
size_t batch_view_erase(const struct batch_view_drawn *drawn, unsigned width, char text[32]);
