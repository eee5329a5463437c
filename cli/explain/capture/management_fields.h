/* SPDX-License-Identifier: MIT */
/* Octets of the packets of Linux' management interface out of the fields that btmon prints. */
#pragma once

#include "capture/text_fields.h"

/* Fills to with a command or an event: its code, and plen octets of parameters. */
void capture_fields_management(struct explain_octets *to, bool command, uint16_t code, size_t plen,
			       const char *body);

/*
 * Fills to with the event that older versions print in one line: "Device Connected:
 * 00:11:22:33:44:55 (1) flags 0x0000". False: it is none.
 */
bool capture_fields_management_line(struct explain_octets *to, const char *body);
