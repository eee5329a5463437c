/* SPDX-License-Identifier: MIT */
/* Reads the directories of bluetoothd. */
#pragma once

#include <jansson.h>

#include "base/failure.h"
#include "output/event.h"

/* Files that were read, but not looked into: they can be parsed after root was given up. */
struct bluez_files;

/*
 * Reads the directory of one controller, or a directory of such. folder: an open descriptor of it;
 * path: its name, borrowed until bluez_files_free(). Follows no symbolic link below it, because
 * root may be reading for a user. NULL with failure.
 */
struct bluez_files *bluez_files_read(const char *path, int folder, struct failure *failure);

/*
 * The result is as store_import() takes it; devices that are left out are notes. NULL with failure.
 */
json_t *bluez_files_parse(const struct bluez_files *files, struct event_output *events,
			  struct failure *failure);

/* Wipes and frees. files may be NULL. */
void bluez_files_free(struct bluez_files *files);
