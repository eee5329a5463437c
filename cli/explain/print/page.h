/* SPDX-License-Identifier: MIT */
/* Inside of print/picture.c only: verdicts as a page (HTML). */
#pragma once

#include <stdio.h>

#include "print/look.h"

void page_begin(FILE *out, const struct explain_origin *origin);
/* The name of a capture in an archive, above its attempts. */
void page_capture(FILE *out, const char *name);
void page_add(FILE *out, const struct explain_verdict *verdict, uint64_t number, bool show_keys);
/* See print_picture_part(). */
void page_part(FILE *out, const struct explain_verdict *verdict, uint64_t number);
void page_end(FILE *out, const char *sum);
