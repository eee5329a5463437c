/* SPDX-License-Identifier: MIT */
/* The fields of packets that Wireshark's packet details name, and where each is in its packet. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "capture/wireshark_fields.h"
#include "hci/protocol.h"

/* Codes of fields: an LE subevent, any code of the layer, and an advertising PDU. */
#define WIRESHARK_SUBEVENT    ((unsigned)HCI_LE_META << 8)
#define WIRESHARK_ANY	      0xffff
#define WIRESHARK_ADVERTISING 0x100
#define WIRESHARK_CONNECT_IND 5

/* How the value of a field is printed. */
enum wireshark_form {
	WIRESHARK_NUMBER,  /* "0x002a", "12 (15 msec)", "Success (0x00)" */
	WIRESHARK_OCTETS,  /* "39a475c2": in the order in which they were sent */
	WIRESHARK_ADDRESS, /* "Intel_00:00:42 (00:aa:01:00:00:42)" */
};

/*
 * A field of a packet: its name begins with label. at counts from the parameters of a command or
 * event, from the code of a PDU, and from the payload of a PDU of the link layer.
 */
struct wireshark_field {
	enum wireshark_layer layer;
	unsigned code;
	const char *label;
	uint16_t at, len;
	enum wireshark_form form;
};

extern const struct wireshark_field wireshark_table[];
extern const size_t wireshark_table_count;
