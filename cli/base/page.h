/* SPDX-License-Identifier: MIT */
/*
 * What all HTML pages share: their head and their style, for light and dark, narrow screens and
 * paper. A page needs no other file, and even if text became markup, it could load nothing.
 */
#pragma once

#include <stdio.h>

/*
 * Prints a page up to the start of its body. title: from outside, it is escaped. nonce: only style
 * and script with this nonce are used; NULL: the page has no script. style: what this page adds to
 * the common style; NULL: nothing.
 */
void page_head(FILE *out, const char *title, const char *nonce, const char *style);

/* The colours alone, and the classes that choose them: also for a drawing. */
const char *page_colours(void);
