/* SPDX-License-Identifier: MIT */
/*
 * The monitor channel of the Linux kernel: a copy of all traffic between every controller and its
 * host, and what happens to the controllers. The numbers are of Linux, net/bluetooth/hci_mon.h.
 *
 * The kernel drops records that do not fit into the buffer of the socket. It counts them, but does
 * not report the count with the next record (no SO_RXQ_OVFL on this channel); so the counter is
 * read with each record, and the time of each record shows where the gap is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/failure.h"

/* opcode, index and length, 2 octets each, least significant first; the longest data is ACL. */
#define HCI_MONITOR_HEADER 6
#define HCI_MONITOR_DATA   (65535 + 4)

enum hci_monitor_opcode {
	HCI_MONITOR_NEW_INDEX = 0,
	HCI_MONITOR_DEL_INDEX = 1,
};

struct hci_monitor_record {
	uint16_t opcode;
	uint16_t index; /* of hciN; 0xffff: of none */
	const uint8_t *data;
	size_t len, original; /* octets in data; octets of the kernel's record */
	uint64_t time_us;     /* since 1970 */
	uint64_t lost;	      /* records that the kernel dropped just before this one */
};

struct hci_monitor {
	int fd;		  /* -1: closed */
	uint32_t drops;	  /* the kernel's counter, as it was read last */
	uint64_t lost;	  /* dropped, not reported yet */
	uint64_t lost_at; /* by the clock of the records: a later record is behind the gap */
	uint64_t (*now)(void);
	uint8_t packet[HCI_MONITOR_HEADER + HCI_MONITOR_DATA];
};

/*
 * Opens the channel, which needs CAP_NET_RAW. The kernel puts a record for each controller into it
 * at once. Returns a non-blocking descriptor; -1 with failure: HCI_FAILURE_PERMISSION,
 * HCI_FAILURE_NOT_FOUND (this kernel has no Bluetooth) or HCI_FAILURE_GONE.
 */
int hci_monitor_open(struct hci_failure *failure);

/*
 * Reads the channel from fd, which it owns from now on, and enlarges the buffer of the socket as
 * far as it is allowed to. now: the time in microseconds since 1970.
 */
void hci_monitor_start(struct hci_monitor *monitor, int fd, uint64_t (*now)(void));

/*
 * Takes the next record; its data is borrowed until the next call. 1; 0: there is none now; -1 with
 * failure: the channel has ended.
 */
int hci_monitor_next(struct hci_monitor *monitor, struct hci_monitor_record *record,
		     struct hci_failure *failure);

/* Closes it, and wipes what was read: it held keys. */
void hci_monitor_close(struct hci_monitor *monitor);
