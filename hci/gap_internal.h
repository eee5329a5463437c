/* SPDX-License-Identifier: MIT */
/*
 * What the files of hci/gap.h share: gap.c handles the events, and calls gap_scan.c, gap_connect.c,
 * gap_advertise.c and gap_link.c, which send the commands.
 */
#pragma once

#include "crypto/bytes.h"
#include "hci/gap.h"

/* Windows of 30 ms: continuous, on one PHY after the other (units of 0.625 ms). */
#define SCAN_WINDOW 0x0030

static inline uint16_t gap_scan_interval(uint8_t phys)
{
	return (phys & HCI_PHYS_PRIMARY) == HCI_PHYS_PRIMARY ? 2 * SCAN_WINDOW : SCAN_WINDOW;
}

/* LE_States of Core Vol 4 Part E 7.8.27: states and roles at a time. */
enum {
	PASSIVE_SCAN_AND_INITIATING = 22,
	ACTIVE_SCAN_AND_INITIATING = 23,
	CONNECTABLE_ADVERTISING_AND_PERIPHERAL = 38,
};

static inline bool gap_can_at_a_time(const struct hci_gap *gap, unsigned bit)
{
	return gap->controller->le_states[bit / 8] >> bit % 8 & 1;
}

/* The queue has room for every procedure at once: its bound is tested. */
static inline void gap_command(struct hci_gap *gap, uint16_t opcode, const void *parameters,
			       size_t len)
{
	(void)hci_host_command(gap->host, opcode, parameters, len);
}

static inline void gap_link_command(struct hci_gap *gap, uint16_t opcode,
				    const struct hci_link *link, uint8_t *parameters, size_t len)
{
	bytes_put_le16(parameters, link->handle);
	gap_command(gap, opcode, parameters, len);
}

static inline void gap_put_parameters(uint8_t *p, const struct hci_parameters *parameters)
{
	bytes_put_le16(p, parameters->interval_min);
	bytes_put_le16(p + 2, parameters->interval_max);
	bytes_put_le16(p + 4, parameters->latency);
	bytes_put_le16(p + 6, parameters->timeout);
	bytes_put_le32(p + 8, 0); /* connection event lengths: no preference */
}

/* gap_scan.c: scans as before, after hci_gap_scan_stop(). */
void gap_start_scan(struct hci_gap *gap);
/* gap_connect.c: requests gap->wanted. */
void gap_create_connection(struct hci_gap *gap);
/* The connection is up, or has failed: the controller resolves no longer, and the keys are wiped.
 */
void gap_stop_resolving(struct hci_gap *gap);
/* The PHY that a new link with the wanted peer, or as a peripheral, has; NONE: not known. */
uint8_t gap_first_phy(const struct hci_gap *gap, bool central);
/* gap_link.c: LE Read PHY, for HCI_GAP_PHY. */
void gap_read_phy(struct hci_gap *gap, struct hci_link *link);
/* LE Connection Update with link->update. */
void gap_send_update(struct hci_gap *gap, struct hci_link *link);
