/* SPDX-License-Identifier: MIT */
/* Reads the directories of bluetoothd. */
#pragma once

#include <jansson.h>

#include "base/failure.h"
#include "output/event.h"

/*
 * Reads the directory of one controller, or a directory of such. folder: an open descriptor of it;
 * path: its name. Follows no symbolic link below it, because root may be reading for a user. The
 * result is as store_import() takes it; devices that are left out are notes. NULL with failure.
 */
json_t *bluez_folder_read(const char *path, int folder, struct event_output *events,
			  struct failure *failure);
