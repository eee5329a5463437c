/* SPDX-License-Identifier: MIT */
/*
 * The kernel's management socket (HCI_CHANNEL_CONTROL): lists controllers, reads and sets their
 * power. A Linux interface: bluez doc/mgmt-api.txt.
 *
 * A socket opened with CAP_NET_ADMIN keeps its permission after the process drops the capability.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HCI_MGMT_NO_INDEX = 0xffff };

enum hci_mgmt_opcode {
	HCI_MGMT_READ_INDEX_LIST = 0x0003,
	HCI_MGMT_READ_INFO = 0x0004,
	HCI_MGMT_SET_POWERED = 0x0005,
};

enum hci_mgmt_event {
	HCI_MGMT_COMMAND_COMPLETE = 0x0001,
	HCI_MGMT_COMMAND_STATUS = 0x0002,
	HCI_MGMT_INDEX_ADDED = 0x0004,
	HCI_MGMT_INDEX_REMOVED = 0x0005,
	HCI_MGMT_NEW_SETTINGS = 0x0006,
};

enum { HCI_MGMT_SUCCESS = 0x00, HCI_MGMT_BUSY = 0x0a, HCI_MGMT_INVALID_INDEX = 0x11 };

struct hci_mgmt_message {
	uint16_t event; /* HCI_MGMT_* */
	uint16_t index;
	uint16_t opcode; /* of the two command events */
	uint8_t status;	 /* of the two command events */
	const uint8_t *data;
	size_t len;
	uint8_t octets[600]; /* where data lies */
};

/* Opens a non-blocking socket, which the caller closes. -1 with errno. */
int hci_mgmt_open(void);

/* 0, or -1 with errno. data may be NULL when len is 0. */
int hci_mgmt_send(int fd, uint16_t opcode, uint16_t index, const void *data, size_t len);

/* Reads the next message. False: there is none. */
bool hci_mgmt_next(int fd, struct hci_mgmt_message *message);

/*
 * Sends one of the two read commands, which the kernel answers at once, and reads the answer. Drops
 * other messages. False: the kernel refused.
 */
bool hci_mgmt_read(int fd, uint16_t opcode, uint16_t index, struct hci_mgmt_message *message);
