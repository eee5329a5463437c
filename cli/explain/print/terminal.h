/* SPDX-License-Identifier: MIT */
/* A verdict for a terminal: the outcome, the findings, then the ladder of messages. */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

struct explain_style {
	bool color;	  /* ANSI escape sequences */
	bool ascii;	  /* no other characters than ASCII */
	bool show_keys;	  /* print keys instead of a remark */
	bool ladder;	  /* print_verdict() prints the ladder too */
	int width;	  /* columns; 0: do not wrap */
	const char *said; /* advice that is printed already, and not again; NULL: none */
};

/* Prints one attempt. number: its number, from 1; 0: print none. */
void print_verdict(FILE *out, const struct explain_verdict *verdict,
		   const struct explain_style *style, uint64_t number);

/*
 * Prints one attempt as one sentence, print/brief.h: one line, or more if there is a width. number:
 * as above, with a mark of the outcome.
 */
void print_brief(FILE *out, const struct explain_verdict *verdict,
		 const struct explain_style *style, uint64_t number);

/*
 * A line beside the attempts, such as their sum. out need not be the stream of the attempts: the
 * line is as wide as its terminal, if it is one. Later lines are indented.
 */
void print_remark(FILE *out, const char *text);

/* Two of its parts: the findings; the ladder. */
void print_findings(FILE *out, const struct explain_verdict *verdict,
		    const struct explain_style *style);
void print_ladder(FILE *out, const struct explain_verdict *verdict,
		  const struct explain_style *style);
