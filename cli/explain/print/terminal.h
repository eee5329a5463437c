/* SPDX-License-Identifier: MIT */
/* A verdict for a terminal: what went wrong first, then the ladder of messages. */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

struct explain_style {
	bool color, ascii, show_keys;
	bool ladder; /* the messages too */
	int width;   /* columns; 0: lines are not broken */
};

/* All of one attempt; numbered from 1 if there are several, else 0. */
void print_verdict(FILE *out, const struct explain_verdict *verdict,
		   const struct explain_style *style, uint64_t number);

/* The parts: what was found, without the outcome; what was said. */
void print_findings(FILE *out, const struct explain_verdict *verdict,
		    const struct explain_style *style);
void print_ladder(FILE *out, const struct explain_verdict *verdict,
		  const struct explain_style *style);
