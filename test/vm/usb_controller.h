/* SPDX-License-Identifier: MIT */
/*
 * A virtual Bluetooth controller on USB, plugged into the kernel's vhci-hcd (usbip), with btvirt as
 * its radio. A separate process emulates the device; the test switches faults on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hci/realtek_rom.h"

struct usb_controller;

struct usb_controller_options {
	unsigned port;	    /* of the virtual hub, from 0 */
	const char *socket; /* btvirt's, "/tmp/bt-server-le" */
	uint16_t vendor, product;
	const char *serial;
	bool vendor_class;   /* interface class FF/01/01 instead of E0/01/01 */
	const char *version; /* 8 octets of Read Local Version Information; NULL: btvirt's */
	const struct realtek_rom *rom; /* a chip of Realtek, as it is without power; NULL: none */
};

/* Plugs it in. Fails the test when the kernel does not accept it. */
struct usb_controller *usb_controller_plug(const struct usb_controller_options *options);

/* Unplugs it at any time, and frees it. */
void usb_controller_unplug(struct usb_controller *controller);

enum usb_fault {
	USB_FAULT_NONE,
	USB_FAULT_STALL_COMMAND,  /* the next command with opcode arg is answered by a stall */
	USB_FAULT_STALL_EVENTS,	  /* the event pipe halts before its next packet */
	USB_FAULT_STALL_DATA_IN,  /* the same for the pipe of ACL data */
	USB_FAULT_STALL_DATA_OUT, /* the next ACL data of the host halts its pipe */
	USB_FAULT_STALL_FOR_EVER, /* the event pipe halts again each time it is cleared */
	USB_FAULT_BABBLE,	  /* the next event is longer than the pipe allows, and lost */
	USB_FAULT_ZERO_LENGTH,	  /* from now on, an empty packet follows a transfer that fills its
				     last packet */
	USB_FAULT_DATA_FIRST, /* from now on events are 5 ms late, so that data overtakes them */
	USB_FAULT_REJECT, /* from now on, Unknown Command (0x01) to opcode arg; up to 4 opcodes */
	USB_FAULT_MUTE,	  /* from now on, no answer to opcode arg */
	USB_FAULT_HANG,	  /* no answer to any command, until it is reset over USB; arg 1: not even
			     then */
	USB_FAULT_UNPLUG_AT, /* unplugged at the next SMP PDU of the host with code arg */
};

void usb_controller_fault(struct usb_controller *controller, enum usb_fault fault, unsigned arg);
