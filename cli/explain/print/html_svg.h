/* SPDX-License-Identifier: MIT */
/*
 * Verdicts as a page (HTML) and as a drawing (SVG). Each is one file without references to others.
 * It has one lane each for host, controller and peer (for central and peripheral on air), and an
 * arrow for each message in the colour of its layer; a tooltip shows the octets and the computed
 * values. Colours follow the light or dark mode of the reader.
 */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

struct explain_picture {
	FILE *html, *svg; /* borrowed; NULL: not wanted */
	uint64_t number;  /* attempts so far */
	int height;	  /* of the drawing so far */
};

/* Writes the start of each file that is not NULL. */
void print_picture_begin(struct explain_picture *picture, FILE *html, FILE *svg);

/* Adds an attempt. show_keys: the files then hold keys. */
void print_picture_add(struct explain_picture *picture, const struct explain_verdict *verdict,
		       bool show_keys);

/*
 * Writes the end of each. The size of the drawing goes into its start, so svg must be seekable. The
 * caller checks the streams for errors and closes them.
 */
void print_picture_end(struct explain_picture *picture);
