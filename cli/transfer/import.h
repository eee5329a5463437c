/* SPDX-License-Identifier: MIT */
/*
 * Bonds from others, and from our own exports: JSON, CSV, and the directories of BlueZ. What it is
 * is seen, not told: a directory is BlueZ's, a file that begins with "{" is JSON, any other CSV.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "output/event.h"
#include "output/outcome.h"
#include "store/store.h"

/*
 * Reads what is at path, "-" is standard input, as store_import() takes it. bluetoothd's directory
 * is root's alone, so this comes before privilege_drop(). NULL with the outcome a failure.
 */
json_t *import_read(const char *path, struct event_output *events, struct outcome *outcome);

/*
 * BlueZ tells neither the method nor what was on air. A bond in force that has the very keys of
 * one in json takes its place there, so that it is known already. 0, or -1 with problem.
 */
int import_recognize(json_t *json, struct store *store, struct failure *problem);

#define IMPORT_WHY 160

/* The CSV of an export. NULL with why: which line, what was expected. */
json_t *import_csv(FILE *file, char why[IMPORT_WHY]);
