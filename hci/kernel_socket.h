/* SPDX-License-Identifier: MIT */
/* Linux' HCI sockets: numbers that libc lacks, from the kernel's net/bluetooth/hci_sock.h. */
#pragma once

#include <stdint.h>

enum { HCI_KERNEL_PROTOCOL = 1 };
enum { HCI_KERNEL_NO_DEVICE = 0xffff };
enum {
	HCI_KERNEL_CHANNEL_RAW = 0,
	HCI_KERNEL_CHANNEL_USER = 1,
	HCI_KERNEL_CHANNEL_MONITOR = 2,
	HCI_KERNEL_CHANNEL_CONTROL = 3,
};

/*
 * Opens a non-blocking HCI socket and binds it. device: the N of hciN, or HCI_KERNEL_NO_DEVICE;
 * channel: HCI_KERNEL_CHANNEL_*. Returns the descriptor, which the caller closes, or -1 with errno.
 */
int hci_kernel_socket(uint16_t device, uint16_t channel);
