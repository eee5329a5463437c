/* SPDX-License-Identifier: MIT */
/*
 * A trace as people paste it, brought to one form: without blanks, quotes and prefixes at the
 * beginning of a line, comments at its end, colours, and the tags and escapes of HTML, so that line
 * breaks do not matter. Of a hexdump, the column of characters is left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/text_line.h"

/* '=' and '@' at the beginning of a line, where they mark notes and management packets. */
#define TEXT_NOTE	"\1"
#define TEXT_MANAGEMENT "\2"
/* Around a line of a program's log, with its blanks; it follows the line. */
#define TEXT_LOG     '\3'
#define TEXT_LOG_END '\4'
/* Behind "SMP:" or another channel that has the mark of a received packet in its line. */
#define TEXT_RECEIVED '\5'

#define TEXT_LINE 240 /* the most octets of a line of a log */

/* The most octets that len octets of text become, with those held back before. */
#define TEXT_ADDED(len) (2 * (len) + 4 * TEXT_LINE)

struct text_compact {
	bool line_begun;  /* within a line: '>' and '|' are no quotes */
	bool bar_held;	  /* a bar at the beginning of the line is held back */
	bool equals_held; /* '=', which may end a line of quoted-printable */
	bool broken;	  /* within a line, and not behind ")": here a value may be cut */
	bool counting;	  /* within the digits of "#12" */
	bool blank_held;  /* a blank behind those digits is held back */
	int escape;	  /* within a colour sequence: 1 behind ESC, 2 behind its bracket */

	enum { MARKUP_NONE, MARKUP_ENTITY, MARKUP_NAME, MARKUP_TAG, MARKUP_COMMENT } markup;
	char held[16]; /* an entity or the name of a tag, so far */
	size_t held_len;
	size_t passed; /* octets of a tag or comment */

	size_t dump;	 /* octets of a hexdump that are still to come */
	size_t row;	 /* of them in this line */
	size_t blanks;	 /* before this character of the hexdump */
	bool dump_skips; /* the rest of the line is the column of characters */
	bool nibble;	 /* the first digit of an octet was read */
	bool dump_whole; /* the line before had 16 octets */

	char line[TEXT_LINE +
		  1]; /* the line so far, with its blanks; held back up to this length */
	size_t line_len;
	bool released;		 /* what was held back of the line was put */
	bool comment;		 /* the rest of the line is one */
	struct text_line around; /* what precedes the text in each line */
	size_t continuation;	 /* octets that are left of a character of UTF-8 */
	bool ellipsis;		 /* it may be "..." */
};

/*
 * Appends len octets of text to to, which holds *to_len octets and has room for
 * TEXT_ADDED(len) more. The end of the text is len 0: what is held back is appended.
 */
void text_compact(struct text_compact *c, const uint8_t *p, size_t len, char *to, size_t *to_len);
