/* SPDX-License-Identifier: MIT */
/*
 * Turns the fields that btmon prints of a packet back into octets. All text here is without blanks,
 * so that it does not matter where a mailer broke the lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest packet, header included; longer ones are cut there. */
#define EXPLAIN_TEXT_PACKET 1200

struct explain_octets {
	uint8_t data[EXPLAIN_TEXT_PACKET];
	uint8_t known[EXPLAIN_TEXT_PACKET]; /* 1 for each octet that the text has, else 0 */
	size_t len;
	bool lacks; /* a field that btmon prints is missing from the text */
};

/*
 * Fills to with a command or an event of plen octets of parameters. body is the text behind the
 * header line.
 */
void capture_fields_command(struct explain_octets *to, uint16_t opcode, size_t plen,
			    const char *body);
void capture_fields_event(struct explain_octets *to, uint8_t code, size_t plen, const char *body);

/*
 * Fills to with the L2CAP frame, header included, in the text of an ACL packet. False: there is
 * none, as for a fragment that does not end its frame.
 */
bool capture_fields_frame(struct explain_octets *to, const char *body);

/* Reads the number at *p, of at most 18 or the given number of digits, and moves *p behind it.
 * False: there is none. */
bool capture_decimal(const char **p, uint64_t *value);
bool capture_hex(const char **p, size_t digits, uint64_t *value);
/* Reads the address at p, "00:11:22:33:44:55", into wire order. False: there is none. */
bool capture_address(const char *p, uint8_t address[6]);
