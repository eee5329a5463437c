/* SPDX-License-Identifier: MIT */
/*
 * From a stream of octets to packets: the UART transport layer, Core Vol 4 Part A. Pure.
 *
 * A stream that has lost its place cannot be trusted again, with one exception: on a serial line
 * old octets may precede the first answer, so that it may begin by hunting for the Command Complete
 * of Reset (Part A 4 resynchronises by Reset).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/protocol.h"

enum hci_h4_status {
	HCI_H4_MORE,	 /* all octets are taken, no packet is whole yet */
	HCI_H4_PACKET,	 /* packet and length are good until the next call */
	HCI_H4_BAD_TYPE, /* bad is no packet type */
	HCI_H4_TOO_LONG, /* a packet longer than HCI_PACKET_MAX */
};

struct hci_h4 {
	uint8_t packet[HCI_PACKET_MAX];
	size_t length; /* octets of packet so far */
	bool whole;
	bool hunting;
	uint64_t octets;  /* taken in all */
	uint64_t skipped; /* of these, while hunting */
	uint8_t bad;
};

/* hunt: see above. */
void hci_h4_init(struct hci_h4 *h4, bool hunt);

/* Takes octets up to the end of one packet: *used tells how many. */
enum hci_h4_status hci_h4_push(struct hci_h4 *h4, const uint8_t *data, size_t len, size_t *used);
