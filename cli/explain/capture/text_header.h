/* SPDX-License-Identifier: MIT */
/*
 * The header lines of packets as btmon and hcidump print them, blanks removed. A terminal may have
 * cut them: "ACLDataTX:Hand..flags0x00dlen11".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"

/* The right side of a btmon header, or the time before a packet of hcidump. */
struct text_stamp {
	uint64_t number; /* 0: none is printed */
	bool indexed;	 /* "[hci0]" is printed */
	uint16_t source;
	enum explain_clock clock; /* EXPLAIN_CLOCK_NONE: no time is printed */
	uint64_t time_us;
};

/*
 * Reads "#12 [hci0] 2019-07-11 12:00:00.298154", of which any part may be missing, and moves *p
 * behind it.
 */
void text_stamp_right(const char **p, struct text_stamp *stamp);

/*
 * Reads the time that ends at end, as hcidump prints it before a packet: "2016-10-30
 * 03:50:12.606786", or seconds. Returns how many octets it has; 0: there is none. begin: of the
 * text.
 */
size_t text_stamp_left(const char *begin, const char *end, struct text_stamp *stamp);

/* Reads "LE Start Encryption (0x08|0x0019) plen 28", and moves *p behind it. */
bool text_command(const char **p, uint16_t *opcode, size_t *plen);

/* Reads "Encryption Change (0x08) plen 4"; digits: of the code, in hexadecimal. */
bool text_event(const char **p, size_t digits, uint16_t *code, size_t *plen);

struct text_acl {
	bool has_handle; /* the terminal did not cut it */
	bool has_length; /* nor flags and length */
	uint16_t handle;
	uint8_t flags;
	size_t len;
};

/* Reads "Handle 3585 [EB:47:34:30:3F.. flags 0x00 dlen 7". */
bool text_acl(const char **p, struct text_acl *acl);
