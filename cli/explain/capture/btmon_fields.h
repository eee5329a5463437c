/* SPDX-License-Identifier: MIT */
/*
 * Turns the fields that btmon prints of a packet back into octets.
 */
#pragma once

#include "capture/text_fields.h"

/*
 * Fills to with a command or an event of plen octets of parameters. body is the text behind the
 * header line.
 */
void capture_fields_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			    const char *body);
void capture_fields_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body);
/* The same for an LE event whose name is in the header line already. */
void capture_fields_subevent(struct explain_octets *to, uint8_t subevent, size_t plen,
			     const char *body);

/*
 * Fills to with the L2CAP frame, header included, in the text of an ACL packet. False: there is
 * none, as for a fragment that does not end its frame.
 */
bool capture_fields_frame(struct explain_octets *to, const char *body);

/* The length of the parameters that are read, the subevent included; 0: unknown. */
size_t capture_fields_command_length(uint16_t opcode);
size_t capture_fields_event_length(uint8_t code);
size_t capture_fields_subevent_length(uint8_t subevent);
