/* SPDX-License-Identifier: MIT */
/*
 * Bonds written for others: JSON, which blepair reads back, CSV, the directories of BlueZ, and the
 * keys that sniffers of Wireshark ask for. Files are private (0600) and whole or not there; one
 * that is there already and says something else is left as it is.
 */
#pragma once

#include "options/options.h"
#include "output/event.h"
#include "output/outcome.h"
#include "store/store.h"

/* By the options' format and output. 0 with the outcome's text, or -1 with the outcome a failure.
 */
int export_bonds(const struct options *options, struct event_output *events, struct store *store,
		 struct outcome *outcome);
