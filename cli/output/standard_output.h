/* SPDX-License-Identifier: MIT */
/*
 * Standard output of the process, which events, lists and exports share. It is lost when a write
 * to it fails (a full disk, a closed pipe), when its reader has gone, or when nobody reads it; then
 * the run ends, because its results reach nobody.
 *
 * A write to a pipe that is full waits for the reader. A run has limits to that wait, and watches
 * for the signals that end it meanwhile: see standard_output_guard().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long a run waits for a reader; and how long when it is to end: after --timeout or a signal.
 */
#define STANDARD_OUTPUT_PATIENCE_US 60000000
#define STANDARD_OUTPUT_END_US	    2000000

/* At the start of a process or test: nothing is written or lost, SIGPIPE is ignored. */
void standard_output_init(void);

/*
 * A run begins that must end in time: from here on a write waits for room first, for
 * STANDARD_OUTPUT_PATIENCE_US at most, then standard output is lost. SIGINT, SIGTERM and SIGHUP
 * must be blocked; they are not taken.
 */
void standard_output_guard(void);

/* The run ends at that time of clock_now(): a wait ends STANDARD_OUTPUT_END_US later. */
void standard_output_end_at(uint64_t time);

/* The run is to end now. */
void standard_output_hurry(void);

/* Writes text; a long one in parts that fit into a pipe with room. Flush it afterwards. */
void standard_output_put(const char *text, size_t len);

/* Writes what is buffered. False: standard output is lost. */
bool standard_output_flush(void);

/* Writes what is buffered and closes it, at the end of the process. False: it is lost. */
bool standard_output_close(void);

/*
 * True: a line on standard error will not wait. False: nobody reads it, and the line is to be left
 * out. Waits like a write to standard output, but once only until there is room again.
 */
bool standard_error_has_room(void);

/* 0, or the errno of the failure that lost it; ETIMEDOUT: nobody read it. */
int standard_output_error(void);

/* The failure in words, for the user. */
const char *standard_output_reason(void);

/* lost is called once, from within the call that finds the loss; NULL: nobody is called. */
void standard_output_on_loss(void (*lost)(void *ctx), void *ctx);

/*
 * The descriptor of a pipe or socket that reports POLLERR or POLLHUP when its reader has gone; -1:
 * standard output is something else, is lost already, or was not used and is not where standard
 * error goes.
 */
int standard_output_pipe(void);

/* The reader has gone. */
void standard_output_lose(int error);
