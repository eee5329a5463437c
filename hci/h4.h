/* SPDX-License-Identifier: MIT */
/*
 * Splits a stream of octets into packets: the UART transport layer, Core Vol 4 Part A. Pure.
 *
 * A stream that loses synchronisation cannot be used any more. One exception: on a serial line old
 * octets may precede the first answer, so the parser may begin by hunting for the Command Complete
 * of Reset (Part A 4 resynchronises by Reset).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/protocol.h"

enum hci_h4_status {
	HCI_H4_MORE,	 /* all octets are consumed, no packet is complete yet */
	HCI_H4_PACKET,	 /* packet and length are valid until the next call */
	HCI_H4_BAD_TYPE, /* bad is no packet type */
	HCI_H4_TOO_LONG, /* a packet longer than HCI_PACKET_MAX */
	HCI_H4_OTHER,	 /* while hunting: the other end speaks another protocol, see .protocol */
};

struct hci_h4 {
	uint8_t packet[HCI_PACKET_MAX];
	size_t length; /* octets of packet so far */
	bool whole;
	bool hunting;
	uint64_t octets;  /* taken in all */
	uint64_t skipped; /* of these, while hunting */
	uint8_t bad;
	const char *protocol; /* its name for btattach -P, NULL: none was recognised */
};

/* hunt: skip octets up to the Command Complete of Reset. */
void hci_h4_init(struct hci_h4 *h4, bool hunt);

/* Consumes octets up to the end of one packet; *used is their number. */
enum hci_h4_status hci_h4_push(struct hci_h4 *h4, const uint8_t *data, size_t len, size_t *used);
