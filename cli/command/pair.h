/* SPDX-License-Identifier: MIT */
/* One peer: blepair ADDRESS and blepair verify ADDRESS. */
#pragma once

#include "command/command.h"
#include "session/session.h"

/* Finds options->peer, connects, and pairs or encrypts with the bond on file. */
enum cli_exit pair_with_peer(const struct options *options, struct event_output *events,
			     struct store *store, enum session_intent intent);
