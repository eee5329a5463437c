/* SPDX-License-Identifier: MIT */
/*
 * The lines of a text as people paste it: without the quotes of a mail, colours, escapes of HTML
 * and blanks around them. Lines end with LF, CR, or both.
 */
#pragma once

#include "capture/record.h"

/* Octets of a line that are kept; the rest of a longer one is skipped. */
#define EXPLAIN_LINE_MAX 8192

struct explain_lines {
	char text[EXPLAIN_LINE_MAX + 1]; /* the line, ended by a zero */
	bool cut;			 /* it was longer */
	bool after_cr;			 /* the line before ended with CR */
};

/* Reads the next line. False: the text ends. */
bool capture_line(struct explain_capture *capture, struct explain_lines *lines);

/*
 * Finds a time of day, "12:00:00.298154", in the first len octets of the line, and sets the time of
 * packet. An older time of day is past midnight: *last_us and *day_us, both 0 at first, hold what
 * that needs. False: there is none.
 */
bool capture_line_time(const char *line, size_t len, struct explain_packet *packet,
		       uint64_t *last_us, uint64_t *day_us);
