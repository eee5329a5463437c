/* SPDX-License-Identifier: MIT */
/* blepair bonds restore: a bond that was replaced is in force again. */
#pragma once

#include "options/options.h"
#include "output/event.h"
#include "output/outcome.h"
#include "store/store.h"

/* Of the peer or the unit on the command line. outcome: a success at first; has how it ended. */
void bonds_restore(const struct options *options, struct event_output *events, struct store *store,
		   struct outcome *outcome);
