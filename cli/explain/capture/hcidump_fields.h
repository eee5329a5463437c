/* SPDX-License-Identifier: MIT */
/*
 * Octets of packets out of what hcidump prints: fields by names without a colon, or, of what it
 * does not know or without -V, all octets.
 */
#pragma once

#include "capture/text_fields.h"

/* Whether body, behind the header line, has fields as hcidump prints them, or octets. */
bool capture_hcidump_prints(const char *body, size_t len);

/* As those of btmon; see capture/btmon_fields.h. */
void capture_hcidump_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			     const char *body);
void capture_hcidump_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body);

/* dlen: the length of the ACL packet; 0: it is not known. */
bool capture_hcidump_frame(struct explain_octets *to, size_t dlen, const char *body);
