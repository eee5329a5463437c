/* SPDX-License-Identifier: MIT */
/*
 * Octets of a packet out of the fields that a program printed of it. All text here is without
 * blanks, so that it does not matter where a mailer broke the lines.
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

/* Reads the number at *p, of at most 18 or the given number of digits, and moves *p behind it.
 * False: there is none. */
bool capture_decimal(const char **p, uint64_t *value);
bool capture_hex(const char **p, size_t digits, uint64_t *value);
/* Reads the address at p, "00:11:22:33:44:55", into wire order. False: there is none. */
bool capture_address(const char *p, uint8_t address[6]);
/* Whether there is an address at p some of whose digits people have replaced: "XX:XX:XX:XX:XX:55".
 */
bool capture_is_masked_address(const char *p);
/* What the word in parentheses behind an address says of its type: "(Static)"; of a public one
 * btmon prints the company. UNKNOWN: there is none, or its end is cut. */
enum capture_address_type { CAPTURE_PUBLIC, CAPTURE_RANDOM, CAPTURE_TYPE_UNKNOWN };
enum capture_address_type capture_address_type(const char *p);
/*
 * Reads the number of a field of size octets: "0x2a"; else the one in parentheses behind a number
 * with its unit ("42.5 msec (0x002a)") or behind a word ("Random (0x01)"), before the colon of the
 * next field; else a decimal one. False: there is none, or its end is cut.
 */
bool capture_number(const char **p, size_t size, uint64_t *value);

/* ---- Layouts ----------------------------------------------------------------------------------
 */

enum field_kind {
	END,
	NUMBER,	 /* of size octets */
	ADDRESS, /* of 6 */
	HEX,	 /* size octets, first octet first */
	HIDDEN,	 /* size octets that are not printed, or not read */
};

struct field {
	const char *label; /* without blanks; the names of several versions, separated by '|' */
	enum field_kind kind;
	size_t size;
};

struct layout {
	uint16_t code;
	struct field fields[14];
};

#define N(label, size)                  \
	{                               \
		label ":", NUMBER, size \
	}
#define A(label)                      \
	{                             \
		label ":", ADDRESS, 6 \
	}
#define H(label, size)               \
	{                            \
		label ":", HEX, size \
	}
#define HIDE(size)               \
	{                        \
		"", HIDDEN, size \
	}

#define FIND(table, wanted) capture_layout(table, sizeof(table) / sizeof((table)[0]), wanted)

/* The row of that code; NULL: none. */
const struct layout *capture_layout(const struct layout *table, size_t count, uint64_t code);

/* Appends size octets, the least significant first; known: the text has them. */
void capture_put(struct explain_octets *to, uint64_t value, size_t size, bool known);
/* Returns what is behind the first of the label's names in body; NULL: none is there. */
const char *capture_behind(const char *body, const char *label);
/* Appends a field, and moves *body behind it. False: a field that is printed is not there. */
bool capture_put_field(struct explain_octets *to, const struct field *field, const char **body);
/* Appends the fields of layout (NULL: unknown), and unknown octets up to len octets in all. */
void capture_put_fields(struct explain_octets *to, const struct layout *layout, const char *body,
			size_t len);
