/* SPDX-License-Identifier: MIT */
/*
 * The controllers of the Linux kernel, and the programs that use them. Reading needs no privilege.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/makers.h"
#include "hci/rfkill.h"

/* In order of preference when the user names none. */
enum hci_kernel_state {
	HCI_KERNEL_FREE,    /* down: not in use */
	HCI_KERNEL_POWERED, /* up: the kernel's own stack and bluetoothd may use it */
	HCI_KERNEL_SETUP,   /* the kernel brings it up for the first time */
	HCI_KERNEL_HELD,    /* a program holds it exclusively */
	HCI_KERNEL_BLOCKED, /* by rfkill */
	HCI_KERNEL_FAILED,  /* the kernel could not bring it up, or is about to try */
};

/* "free", "up", "set-up", "held", "blocked", "failed" */
const char *hci_kernel_state_name(enum hci_kernel_state state);

struct hci_kernel_controller {
	uint16_t index;	    /* of hciN */
	uint8_t address[6]; /* wire order; all zero: not known yet */
	enum hci_kernel_state state;
	struct hci_rfkill rfkill;
	const char *bus;       /* "USB", "UART", "virtual", ... */
	char device[64];       /* its parent in sysfs ("1-4:1.0"), or empty */
	char driver[32];       /* of that parent ("btusb"), or empty */
	struct hci_usb_id usb; /* of its USB device, vendor 0: it has none */
};

#define HCI_KERNEL_MAX 16

/*
 * Fills list in order of index; returns the number of entries. 0 with errno 0: there is none; 0
 * with errno set: this kernel has no Bluetooth.
 */
size_t hci_kernel_list(struct hci_kernel_controller list[HCI_KERNEL_MAX]);

/* The entry with this index, or NULL. */
const struct hci_kernel_controller *hci_kernel_find(const struct hci_kernel_controller *list,
						    size_t count, uint16_t index);

/* The USB device of hciN, vendor 0: it has none. */
struct hci_usb_id hci_kernel_usb(uint16_t index);

/* The port of that device, "1-4.2"; empty: it has none. */
void hci_kernel_port(uint16_t index, char *port, size_t size);

/* Writes the programs that hold HCI sockets, "bluetoothd (process 612), btmon (process 700)", as
 * far as this process may see them. */
void hci_kernel_holders(char *text, size_t size);
