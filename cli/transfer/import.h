/* SPDX-License-Identifier: MIT */
/*
 * Reads bonds from our own exports and from BlueZ. The format is detected from the content: a
 * directory is BlueZ's, a file that begins with "{" is JSON, any other file is CSV.
 */
#pragma once

#include <jansson.h>

#include "output/event.h"
#include "output/outcome.h"
#include "store/store.h"

/*
 * Reads path, or standard input for "-", as store_import() takes it. Only root can read
 * bluetoothd's directory: call this before privilege_drop(). NULL with the outcome a failure.
 */
json_t *import_read(const char *path, struct event_output *events, struct outcome *outcome);

/*
 * Replaces bonds from BlueZ in json, which lack the method and the addresses on air, by the bond in
 * force that has the same keys, if there is one: the store then knows it already. 0, or -1 with
 * failure.
 */
int import_recognize(json_t *json, struct store *store, struct failure *failure);
