/* SPDX-License-Identifier: MIT */
/*
 * The text of the live view: a bar, a line of counts, a line for each link, failures by cause.
 * Pure: figures in, lines out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define BATCH_VIEW_LINES 64
#define BATCH_VIEW_TEXT	 16384 /* octets of the longest view */

struct batch_view_link {
	const char *unit, *phase, *controller; /* "C4:... SENSOR-7", "pairing", "usb:1" */
	double seconds;			       /* since the attempt started */
	const char *number; /* the passkey to enter there, or the number to compare; NULL: none */
	bool asked;	    /* the question is about it */
};

struct batch_view_cause {
	const char *text;
	size_t count;
};

struct batch_view {
	unsigned width, height; /* of the terminal, in columns and lines */
	bool color, ascii;

	size_t total; /* units of the list; 0: there is no list */
	size_t paired, failed, active, resting, waiting;
	unsigned controllers;
	double elapsed;	   /* seconds */
	double per_minute; /* units that end; 0: not known yet */

	const struct batch_view_link *links;
	size_t link_count;
	const struct batch_view_cause *causes;
	size_t cause_count;
	const char *ending;   /* "stopping"; NULL: the job goes on */
	const char *question; /* its answer is typed behind it, on the last line; NULL: none */
};

/* The lines that were drawn, and the columns of each. */
struct batch_view_drawn {
	size_t lines;
	unsigned columns[BATCH_VIEW_LINES];
	bool asks;	  /* the cursor is behind a question, below the lines */
	unsigned answers; /* lines that were typed since */
};

/*
 * Draws a view: at most height - 1 lines of at most width - 1 columns, each with its line end, a
 * question without one, and a zero. Returns the length of text.
 */
size_t batch_view_draw(const struct batch_view *view, char text[BATCH_VIEW_TEXT],
		       struct batch_view_drawn *drawn);

/* The octets that remove a view from a terminal of this width. Returns their number. */
size_t batch_view_erase(const struct batch_view_drawn *drawn, unsigned width, char text[32]);
