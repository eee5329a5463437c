/* SPDX-License-Identifier: MIT */
/*
 * Verdicts as a picture: a page (HTML) or a drawing (SVG), each one file that needs nothing else.
 * Lanes for host, controller and peer (central and peripheral on air), an arrow a message, coloured
 * by layer; what is under the pointer shows its octets and what was computed of them. Light and
 * dark as the reader's system is. It may hold keys (with show_keys).
 */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

struct explain_picture {
	FILE *html, *svg; /* NULL: not asked for */
	uint64_t number;  /* attempts so far */
	int height;	  /* of the drawing so far */
};

/* Begins what is asked for; NULL: not. The caller closes the streams after print_picture_end(). */
void print_picture_begin(struct explain_picture *picture, FILE *html, FILE *svg);

void print_picture_add(struct explain_picture *picture, const struct explain_verdict *verdict,
		       bool show_keys);

/* Without files it does nothing. */
void print_picture_end(struct explain_picture *picture);
