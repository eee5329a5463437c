/* SPDX-License-Identifier: MIT */
/*
 * Writes bonds for other programs: JSON, which blepair imports, CSV, the directories of BlueZ, and
 * keys for Wireshark's sniffers. Files are private (0600), and whole or absent; an existing file
 * with another content is left as it is.
 */
#pragma once

#include "options/options.h"
#include "output/event.h"
#include "output/outcome.h"
#include "store/store.h"

/*
 * options: format and output. 0 with the outcome's text filled, or -1 with the outcome a failure.
 */
int export_bonds(const struct options *options, struct event_output *events, struct store *store,
		 struct outcome *outcome);
