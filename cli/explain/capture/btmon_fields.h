/* SPDX-License-Identifier: MIT */
/*
 * What btmon prints of a packet, turned back into octets. All text here is *squeezed*: without any
 * blank, so that it does not matter where a mailer broke the lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest packet made again, header included; longer ones end there. */
#define EXPLAIN_TEXT_PACKET 1200

struct explain_octets {
	uint8_t data[EXPLAIN_TEXT_PACKET];
	uint8_t known[EXPLAIN_TEXT_PACKET]; /* an octet for each */
	size_t len;
	bool lacks; /* a line that btmon prints is not there */
};

/* A command, from its name on: "Reset(0x03|0x0003)plen0...". The rest of the header is cut off. */
void capture_fields_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			    const char *body);
void capture_fields_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body);

/*
 * The L2CAP frame that an ACL packet shows, its header included. False: body shows none, as is so
 * of a fragment that does not end its frame.
 */
bool capture_fields_frame(struct explain_octets *to, const char *body);

/* Parts, for headers: the number at *p, which moves behind it. False: there is none. */
bool capture_decimal(const char **p, uint64_t *value);
bool capture_hex(const char **p, size_t digits, uint64_t *value);
/* An address at p, as people write it; into wire order. */
bool capture_address(const char *p, uint8_t address[6]);
