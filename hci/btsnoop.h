/* SPDX-License-Identifier: MIT */
/*
 * Capture files in the btsnoop format (version 1), which btmon and Wireshark read: of one
 * controller (datalink 1002: H4 with its packet type), or of the monitor channel (2001), but never
 * of both. They hold keys: mode 0600. Every record reaches the file at once, so that a crash loses
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/monitor.h"
#include "hci/transport.h"

#define HCI_BTSNOOP_FILE_HEADER	  16
#define HCI_BTSNOOP_RECORD_HEADER 24

struct hci_btsnoop {
	int fd; /* -1: no capture */
	bool begun, replace;
	uint32_t lost; /* records of the monitor channel that the kernel dropped */
};

/*
 * Starts a capture on fd, which it owns from now on. Nothing is written before the first packet.
 * replace: fd is a regular file, which the first packet empties.
 */
void hci_btsnoop_start(struct hci_btsnoop *snoop, int fd, bool replace);

/* Writes one H4 packet, at unix_us microseconds since 1970. 0, or -1 with failure (disk full). */
int hci_btsnoop_write(struct hci_btsnoop *snoop, bool received, uint64_t unix_us,
		      const uint8_t *packet, size_t len, struct hci_failure *failure);

/* Writes one record of the monitor channel. 0, or -1 with failure. */
int hci_btsnoop_write_monitor(struct hci_btsnoop *snoop, const struct hci_monitor_record *record,
			      struct hci_failure *failure);

void hci_btsnoop_close(struct hci_btsnoop *snoop);

/* The parts, for tests: both return the octets written. */
size_t hci_btsnoop_file_header(uint8_t out[HCI_BTSNOOP_FILE_HEADER]);
size_t hci_btsnoop_record_header(uint8_t out[HCI_BTSNOOP_RECORD_HEADER], bool received,
				 uint64_t unix_us, uint8_t type, size_t len);
