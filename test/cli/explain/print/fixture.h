/* SPDX-License-Identifier: MIT */
/*
 * A verdict for the tests of print/: a pairing that the responder refused, with five messages, two
 * findings, a secret value and markup in its texts; and a stream that keeps its text in memory.
 */
#pragma once

#include <stdio.h>

#include "print/look.h"
#include "unit.h"

enum { I = EXPLAIN_I, R = EXPLAIN_R };

/* In the texts of the verdict, so that a printer that does not escape them is found. */
#define MARKUP	       "<b>\"&'"
#define MARKUP_ESCAPED "&lt;b&gt;&quot;&amp;&#39;"

/* The octets of the key of the first message, in both orders. */
#define KEY_TEXT "100f0e0d0c0b0a090807060504030201"
#define KEY_AIR	 "0102030405060708090a0b0c0d0e0f10"
/* A secret value. */
#define TK_TEXT "00000000000000000000000000056ce4"

extern struct explain_attempt attempt;
extern struct explain_verdict verdict;

/* For the setup and the teardown of a test. */
int print_begin(void **state);
int print_end(void **state);

/* The stream, and its text so far. */
extern FILE *out;
const char *printed(void);
/* Empties it. */
void print_again(void);

/* The text has each of these once or more; none of these. */
void has(const char *part);
void has_not(const char *part);
/* How often. */
size_t times(const char *part);

/* Runs print, which must print the secrets of the first message and leave none on the stack. */
void leaves_no_key(void (*print)(void));

/* Where the verdict comes from: markup, 2026-11-25 03:27:18. */
extern const struct explain_origin print_origin;
