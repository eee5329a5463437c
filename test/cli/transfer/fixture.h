/* SPDX-License-Identifier: MIT */
/* A folder of files and a store (cli/store/fixture.h) for imports and exports; events are kept. */
#pragma once

#include <sys/types.h>

#include "cli/store/fixture.h"
#include "output/event.h"
#include "output/outcome.h"

extern struct event_output events;
extern struct outcome outcome;
extern char notes[512]; /* every note of the test, each with a line break */
extern json_t *emitted; /* every other event of the test */

/* Before and after each test; the second removes the folder with all that is in it. */
int fresh_folder(void **state);
int remove_folder(void **state);
#define FOLDER_CASE(name) cmocka_unit_test_setup_teardown(name, fresh_folder, remove_folder)

/* The path of a file in the folder; valid until the next call but one. */
const char *in_folder(const char *name);
/* Creates a file of mode 0600, and the folders on the way. */
void write_text_file(const char *name, const char *text);
/* The content of a file, or NULL if there is none; valid until the next call. */
const char *read_text_file(const char *name);
mode_t mode_of(const char *name);
/* How many files and folders are in a folder, hidden ones too. */
size_t entries_in(const char *name);
