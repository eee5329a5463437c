/* SPDX-License-Identifier: MIT */
/* Words in the lines of a terminal: a line ends between two words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The columns of the terminal behind a descriptor, between WORDS_NARROWEST and WORDS_WIDEST; if it
 * does not say, $COLUMNS, or 80; 0: it is no terminal, and its lines have no end.
 */
enum { WORDS_NARROWEST = 20, WORDS_WIDEST = 160 };
int words_width(int fd);

/* The columns of len octets of UTF-8. */
int words_columns(const char *text, size_t len);

/* Where words are printed; column and begun change with them. */
struct words {
	FILE *out;
	int width;    /* 0: lines have no end */
	int indent;   /* of all lines but the first */
	int column;   /* of the next word */
	bool begun;   /* a word stands before the next one */
	bool whole;   /* never split a word: the terminal breaks a long one, and copies it whole */
	bool painted; /* text is clean; escape sequences of colours have no columns */
};

/*
 * Prints the words of len octets, with a blank or those of the text between two on a line. Cleans
 * them, base/text.h.
 */
void words_put(struct words *words, const char *text, size_t len);
void words_next_line(struct words *words);

/* Prints "blepair: ", a text on one line or more, and the end of the line on standard error. The
 * text is wiped: it may have a passkey or a key that was typed. */
void words_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
