/* SPDX-License-Identifier: MIT */
/*
 * Turns the packet details that Wireshark and `tshark -V` print back into octets, line by line: a
 * heading begins a protocol, and the lines below it have its fields by name.
 */
#pragma once

#include "capture/btmon_fields.h"
#include "capture/packet.h"

enum wireshark_layer {
	WIRESHARK_NONE, /* a protocol that carries nothing to explain */
	WIRESHARK_H4,
	WIRESHARK_COMMAND,
	WIRESHARK_EVENT,
	WIRESHARK_COMPLETE, /* return parameters in Command Complete */
	WIRESHARK_ACL,
	WIRESHARK_RADIO, /* what a sniffer adds */
	WIRESHARK_LL,
	WIRESHARK_L2CAP,
	WIRESHARK_SIGNALING,
	WIRESHARK_ATT,
	WIRESHARK_SMP,
};

struct wireshark_details {
	enum wireshark_layer layer;
	bool any;   /* a heading of a packet was found: kind is set */
	bool begun; /* a heading of Bluetooth was found */
	enum explain_kind kind;
	enum explain_way way;
	struct explain_octets octets;
	size_t original;   /* octets of the packet; 0: its length is not in the text */
	unsigned code;	   /* of the command, event, PDU; 0x3e00 is added to a subevent */
	unsigned boundary; /* of ACL; 4: unknown */
	uint16_t cid;
	bool has_l2cap;
	bool bare;	   /* SMP without the protocols below it */
	bool closed_l2cap; /* SMP without the fields of L2CAP */
	size_t frame;	   /* octets of the L2CAP frame with its header */
	struct explain_radio air;
	bool has_access_address;
};

void wireshark_details_begin(struct wireshark_details *to);

/* Takes a line, without blanks at its beginning. True: it is part of the details of a packet. */
bool wireshark_details_line(struct wireshark_details *to, const char *line);

/*
 * Fills packet with kind, way, octets and radio; they are borrowed from details. False: the
 * details have no packet.
 */
bool wireshark_details_packet(struct wireshark_details *from, struct explain_packet *packet);
