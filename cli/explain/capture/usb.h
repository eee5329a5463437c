/* SPDX-License-Identifier: MIT */
/*
 * HCI in the capture of a USB bus. A controller has four pipes (Core Vol 4 Part B 2.1): commands
 * are class requests on the control pipe, events come on an interrupt pipe, ACL data has a bulk
 * pipe each way. A packet may take several transfers; a transfer that ends with a short packet ends
 * it (USB 2.0 5.7.3, 5.8.3). Devices that do not speak HCI are skipped.
 */
#pragma once

#include "capture/record.h"

#define EXPLAIN_USB_DEVICES 4
/* Octets kept of a packet in several transfers; longer ones are cut. */
#define EXPLAIN_USB_KEPT 2048

/* A packet under way on one pipe. */
struct explain_usb_pipe {
	uint8_t octets[EXPLAIN_USB_KEPT];
	size_t len;    /* octets kept */
	size_t passed; /* octets on the bus; 0: no packet is under way */
	bool cut;      /* octets are missing behind len */
};

struct explain_usb_device {
	uint16_t bus, address;
	struct explain_usb_pipe pipes[3];
};

struct explain_usb {
	struct explain_usb_device devices[EXPLAIN_USB_DEVICES]; /* that speak HCI */
	size_t count;
	uint64_t transfers;
	/* The rest of a transfer with several packets; more.data is NULL: there is none. */
	struct explain_packet more;
	struct explain_usb_device *more_of;
	/* A command whose data is in a record of its own, as old versions of USBPcap write it. */
	bool command_due;
	uint16_t command_bus, command_address;
	char oddity[64];
};

/* Link types 189, 220 and 249: turn one record into packet, as in record.h. */
enum explain_read capture_usb_linux(struct explain_usb *usb, struct explain_packet *packet,
				    const uint8_t *data, size_t kept, size_t original);
enum explain_read capture_usb_linux_mmapped(struct explain_usb *usb, struct explain_packet *packet,
					    const uint8_t *data, size_t kept, size_t original);
enum explain_read capture_usb_pcap(struct explain_usb *usb, struct explain_packet *packet,
				   const uint8_t *data, size_t kept, size_t original);

/* The next packet of the last record, if it has more than one. */
bool capture_usb_more(struct explain_usb *usb, struct explain_packet *packet);
