/* SPDX-License-Identifier: MIT */
/*
 * blepair in the world: main() with arguments, its JSON lines parsed as they are printed, standard
 * input from the test, and the exit code.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Starts "blepair --json --keep-root --controller sim:0" with more arguments, separated by single
 * spaces; later options override earlier ones. It runs while time passes (in world_until() and the
 * functions that call it). Its standard input is open and empty until program_answer().
 */
void program_start(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes program_start() call this function instead of blepair's main(), so that a test can see the
 * structs that a command owns. NULL: blepair's main() again.
 */
void program_replace(int (*main)(int argc, char *argv[]));

/*
 * Makes every run write a capture to that file (-w), and calls over() when the run has ended and
 * its output is freed. NULL: no capture.
 */
void program_capture(const char *file, void (*over)(void));

/* Writes a line to its standard input; NULL: end of input. */
void program_answer(const char *line);

/* The same as Ctrl-C. */
void program_interrupt(void);

/*
 * Waits until it has ended, and returns its exit code. Fails the test when it does not end within
 * limit microseconds, or when nothing can happen any more.
 */
int program_ends(uint64_t limit);

/* All lines so far, an array of objects. Borrowed. */
const json_t *program_events(void);
/* The last event of a name, NULL: none so far. Borrowed. */
const json_t *program_event(const char *name);
/* Waits for an event of that name after the last one that was waited for; NULL at the limit. */
const json_t *program_await(const char *name, uint64_t limit);
/* The same, and fails the test at the limit. */
const json_t *program_expect(const char *name, uint64_t limit);

/* A field of the result line; "" or -1: absent. */
const char *program_result(const char *field);
int program_reason(void);

/* Its output on stderr. */
const char *program_errors(void);

/* Standard output has room for that many lines; then each write fails with ENOSPC. Call it after
 * program_start(). */
void program_fill_disk(size_t lines);

/* Calls run(ctx, event) for each line when it is printed, on the program's stack: run must not
 * assert. NULL: none. */
void program_listen(void (*run)(void *ctx, const json_t *event), void *ctx);

/* The same, but keeps no events except the last "summary" and "result". */
void program_forget(void (*run)(void *ctx, const json_t *event), void *ctx);

/*
 * Ends the program if it still runs (as after a failed test) by unplugging its controllers, and
 * frees everything. Call it before world_end().
 */
void program_end(void);
