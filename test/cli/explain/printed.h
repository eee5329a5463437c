/* SPDX-License-Identifier: MIT */
/* Text that a test prints of packets, to be read back by the reader that it tests. */
#pragma once

#include "capture/packet.h"
#include "capture/text_fields.h"
#include "unit.h"

extern struct printed {
	char text[512 * 1024]; /* ends with a zero */
	size_t len;
} printed;

void printed_begin(void);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* format: of one octet. */
void print_octets(const uint8_t *octets, size_t count, const char *format);
/* The column of characters behind a dump of 16 octets from offset on. */
void print_characters(const uint8_t *octets, size_t count, size_t offset);

/* "0a??0b": "??" is an octet that is not known, and must be zero. Static. */
const char *octets_text(const struct explain_octets *octets);
