/* SPDX-License-Identifier: MIT */
/*
 * Verdicts as a page (HTML) and as a drawing (SVG). Each is one file without references to others.
 * It has one lane each for host, controller and peer (for central and peripheral on air), and an
 * arrow for each message in the colour of its layer; a tooltip shows the octets and the computed
 * values. Colours follow the light or dark mode of the reader; paper is light.
 */
#pragma once

#include <stdio.h>

#include "print/look.h"

struct explain_picture {
	FILE *html, *svg;		     /* borrowed; NULL: not wanted */
	const struct explain_origin *origin; /* borrowed */
	bool begun;
	char inside[200]; /* the capture in an archive that was named last */
	uint64_t number;  /* of the last attempt */
	int height;	  /* of the drawing so far */
};

/* Writes nothing yet: until the first attempt, origin may change; later, its capture in an archive.
 */
void print_picture_begin(struct explain_picture *picture, FILE *html, FILE *svg,
			 const struct explain_origin *origin);

/* Adds an attempt with that number. show_keys: the files then hold keys. */
void print_picture_add(struct explain_picture *picture, const struct explain_verdict *verdict,
		       uint64_t number, bool show_keys);

/*
 * Writes the end of each. sum: "3 attempts: ...", or what the capture holds instead of attempts.
 * The size of the drawing goes into its start, so svg must be seekable. The caller checks the
 * streams for errors and closes them.
 */
void print_picture_end(struct explain_picture *picture, const char *sum);

/*
 * Prints an attempt as a part of another page, in whose links it has that number: its findings,
 * both ends, and the messages without the values that a passkey could be computed from.
 */
void print_picture_part(FILE *html, const struct explain_verdict *verdict, uint64_t number);
