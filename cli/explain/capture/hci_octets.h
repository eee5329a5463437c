/* SPDX-License-Identifier: MIT */
/* Whether octets that nothing names are a packet of HCI: Core Vol 4 Part E 5.4, Vol 3 Part A 3. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"

enum capture_octets {
	CAPTURE_OCTETS_OTHER, /* no packet, or not of HCI */
	CAPTURE_OCTETS_MAYBE, /* a packet, if packets are around it */
	CAPTURE_OCTETS_HCI,   /* the values fit a packet that HCI defines, too */
};

/* The octets of the packet by its own header; 0: the header is not whole. */
size_t capture_octets_whole(enum explain_kind kind, const uint8_t *data, size_t len);

/* What len octets are that are a packet of that kind, or the beginning of one. */
enum capture_octets capture_octets_judge(enum explain_kind kind, const uint8_t *data, size_t len);
