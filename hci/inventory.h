/* SPDX-License-Identifier: MIT */
/* All controllers of this machine: those of the kernel and those on USB. */
#pragma once

#include "hci/kernel.h"
#include "hci/makers.h"

/* Writes "are hci0 (up), usb:1-4 (0a12:0001)" or "is none at all", to follow the word "there". */
void hci_inventory_text(char *text, size_t size);

#define HCI_SPEC_MAX 48

struct hci_inventory_entry {
	char spec[HCI_SPEC_MAX]; /* for -c */
	char kind[16];		 /* "kernel" or "usb" */
	char bus[16];		 /* "USB", "UART", "virtual" */
	char address[18];	 /* most significant octet first, or empty */
	char usb_id[10];	 /* "0a12:0001", or empty */
	char name[64];		 /* product string of a USB device, or empty */
	char serial[64];	 /* or empty */
	char driver[32];	 /* or empty */
	char path[48];	   /* port of a USB device, "1-4", or parent device in sysfs, or empty */
	char hci[8];	   /* for a USB device: its name as a controller of the kernel, or empty */
	char state[16];	   /* hci_kernel_state_name() */
	char holders[160]; /* programs that may hold it, or empty */
	const struct hci_maker *maker; /* by its USB device, NULL: nothing is known */
	bool rfkill_soft, rfkill_hard;
	bool permitted; /* this process may open it, if it is not in use */
	bool usable;	/* this process may use it now, without any option */
	char why[240];	/* if not: what to do */
};

#define HCI_INVENTORY_MAX 48

/* Fills list; returns the number of entries. */
size_t hci_inventory(struct hci_inventory_entry list[HCI_INVENTORY_MAX]);

/*
 * For a process that may not open the controllers of the kernel (hciN): writes the first controller
 * on USB that it can use now to spec, otherwise the first one that it may take. Returns false, and
 * leaves spec alone: there is none, or the process may open those of the kernel.
 */
bool hci_inventory_usb_instead(char spec[HCI_SPEC_MAX]);
