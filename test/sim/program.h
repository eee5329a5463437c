/* SPDX-License-Identifier: MIT */
/*
 * blepair itself in the world: main() with these arguments, its JSON lines parsed as they come, its
 * standard input answered by the test, its exit code.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Starts "blepair --json --keep-root --controller sim:0" with these words behind it, separated by
 * single spaces; later ones override. It runs while time passes (world_until() and all that builds
 * on it). Its standard input is open and silent until program_answer().
 */
void program_start(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From here on program_start() calls this function in the place of blepair's main(), so that a test
 * sees the structs that a command would own. NULL: blepair's main() again.
 */
void program_replace(int (*main)(int argc, char *argv[]));

/*
 * From here on every run writes a capture to that file (-w), and over() is called when it has ended
 * and all is freed that it said. NULL: none does.
 */
void program_capture(const char *file, void (*over)(void));

/* A line for its standard input, now; NULL: end of input. */
void program_answer(const char *line);

/* As by Ctrl-C. */
void program_interrupt(void);

/*
 * Waits until it has ended, and returns its exit code. Fails the test when that does not happen
 * within limit microseconds, or never could.
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

/* A value of the result line, "" or -1: it has none. */
const char *program_result(const char *field);
int program_reason(void);

/* What it wrote to stderr. */
const char *program_errors(void);

/* Has run(ctx, event) called for each line as it is written, from the program's side: it must not
 * assert. NULL: nobody. */
void program_listen(void (*run)(void *ctx, const json_t *event), void *ctx);

/* The same, and no line is kept any more but the last of "summary" and "result". */
void program_forget(void (*run)(void *ctx, const json_t *event), void *ctx);

/*
 * Ends it if it still runs (a test that failed leaves it behind) by taking its controllers away,
 * and frees all. To be called before world_end().
 */
void program_end(void);
