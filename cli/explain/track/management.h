/* SPDX-License-Identifier: MIT */
/* Linux' management interface: what programs ask the kernel, and what it answers. */
#pragma once

#include "track/links.h"

/* Takes one EXPLAIN_MANAGEMENT packet. */
void track_management(struct explain_links *links, const struct explain_packet *packet);

/* Takes the text of a note: the log of a program, such as "No agent available for request". */
void track_management_note(struct explain_links *links, const struct explain_packet *packet);
