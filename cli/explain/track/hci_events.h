/* SPDX-License-Identifier: MIT */
/* Commands from a host to its controller, and events back: Core Vol 4 Part E 7. */
#pragma once

#include "track/decrypt.h"
#include "track/links.h"

/* Takes one EXPLAIN_COMMAND packet. Keys that the host gives its controller go into ring, too. */
void track_command(struct explain_links *links, struct explain_keyring *ring,
		   const struct explain_packet *packet);

/* Takes one EXPLAIN_EVENT packet. */
void track_event(struct explain_links *links, const struct explain_packet *packet);
