/* SPDX-License-Identifier: MIT */
/* Inside of print/picture.c only: verdicts as a drawing (SVG). */
#pragma once

#include <stdio.h>

#include "print/look.h"

/* Each returns the height so far. */
int drawing_begin(FILE *out, const struct explain_origin *origin);
/* The name of a capture in an archive, above its attempts. */
int drawing_capture(FILE *out, int height, const char *name);
int drawing_add(FILE *out, int height, const struct explain_verdict *verdict, uint64_t number,
		bool show_keys);
/* Writes the legend, and the size into the start of the file. */
void drawing_end(FILE *out, int height, const char *sum);
