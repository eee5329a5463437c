/* SPDX-License-Identifier: MIT */
/*
 * What is around the text of a trace in each of its lines: the prefix of a log, an editor, a list
 * or a patch, and the comments of people. A line with the header of a packet shows the prefix;
 * the lines of its fields are then expected to have the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_line {
	enum text_prefix {
		TEXT_PREFIX_NONE,
		TEXT_PREFIX_PROGRAM, /* "Nov 30 12:00:01 host btmon[12]: ", "python3: " */
		TEXT_PREFIX_NUMBER,  /* " 12: ", "12| " */
		TEXT_PREFIX_SIGN,    /* "* ", "+" */
		TEXT_PREFIX_SHAPE,   /* "[12:00:01.123] ", with other digits in each line */
	} prefix;
	char sign;	/* behind the number */
	char shape[48]; /* the prefix, or the program with its colon */
};

/*
 * Returns how many octets of the line, which a zero ends, are no text of the trace. Quotes are left
 * to the caller, unless they are before such a prefix.
 */
size_t text_line_begin(struct text_line *state, const char *line);

/* Returns where a comment begins at the end of the line; its length: there is none. */
size_t text_line_end(const char *line);

/*
 * The length of "SMP:" or the name of another channel, if the line has it behind the mark '>' of a
 * packet that was received. *at: where it begins. 0: it has not.
 */
size_t text_line_received(const char *line, size_t *at);
