/* SPDX-License-Identifier: MIT */
/*
 * Verdicts as a picture: a page (HTML) or a drawing (SVG), each one file that needs nothing else.
 * Lanes for host, controller and peer (central and peripheral on air), an arrow a message, coloured
 * by layer; what is under the pointer shows its octets and what was computed of them. Light and
 * dark as the reader's system is. Files may hold keys (with show_keys): mode 0600.
 */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

struct explain_picture {
	FILE *html, *svg;
	const char *path; /* of the one that could not be opened */
	uint64_t number;  /* attempts so far */
	int height;	  /* of the drawing so far */
};

/* Opens what is asked for, NULL: not. Nonzero: path and errno say why it cannot be written. */
int print_picture_open(struct explain_picture *picture, const char *html, const char *svg);

void print_picture_add(struct explain_picture *picture, const struct explain_verdict *verdict,
		       bool show_keys);

/* Nonzero: something could not be written. Without files it does nothing. */
int print_picture_close(struct explain_picture *picture);
