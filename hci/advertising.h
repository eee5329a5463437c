/* SPDX-License-Identifier: MIT */
/*
 * Advertising reports, and the AD structures in their data. Core Vol 4 Part E
 * 7.7.65.2, 7.7.65.11, 7.7.65.13; Core Vol 3 Part C 11; Supplement to the Core Specification Part
 * A.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/host.h"
#include "hci/phy.h"

struct hci_advertisement {
	bool connectable, scannable, directed, scan_response, legacy;
	uint8_t address_type; /* 0 public, 1 random; identity types (2, 3) are mapped to these */
	uint8_t address[6];
	int8_t rssi; /* dBm, 127: not known */
	uint8_t set; /* of the advertiser: its SID; 0xff: legacy */
	struct hci_phy_seen phy;
	bool more;	/* the next report continues the data of this one */
	bool truncated; /* the controller did not receive the rest of the data */
	/*
	 * Directed: to whom. Without it, to our address on air: the controller reports no other,
	 * except resolvable ones that it cannot resolve (Core Vol 6 Part B 4.3.3).
	 */
	bool has_target;
	uint8_t target_type;
	uint8_t target[6];
	const uint8_t *data; /* borrowed from the event */
	size_t len;
};

/*
 * Reads the next report of an advertising event; *at starts at 0. False: there is no more, the rest
 * is truncated, or the event is another one.
 */
bool hci_advertisement_next(const struct hci_input *event, size_t *at,
			    struct hci_advertisement *report);

/* Octets of the data of one advertisement, 7.8.54; devices whose data can be joined at a time. */
#define HCI_ADVERTISING_DATA_MAX 1650
#define HCI_ADVERTISING_JOINED	 8

/* Reports whose data is not complete: a controller splits data over several, 7.7.65.13. A zeroed
 * one has none. */
struct hci_advertising_joiner {
	struct {
		struct hci_advertisement report; /* the first one; .more: in use */
		uint8_t data[HCI_ADVERTISING_DATA_MAX];
	} joined[HCI_ADVERTISING_JOINED];
	size_t next; /* to be given up for another one, if all are in use */
};

/*
 * The same as hci_advertisement_next(), but skips reports that others continue, and returns the
 * last one with all data, which is borrowed from joiner until the next call.
 */
bool hci_advertisement_next_whole(struct hci_advertising_joiner *joiner,
				  const struct hci_input *event, size_t *at,
				  struct hci_advertisement *report);

/* One AD structure; data is borrowed from the report. */
struct hci_ad {
	uint8_t type;
	const uint8_t *data;
	size_t len;
};

enum hci_ad_type {
	HCI_AD_FLAGS = 0x01,
	HCI_AD_UUID16_SOME = 0x02,
	HCI_AD_UUID16_ALL = 0x03,
	HCI_AD_UUID32_SOME = 0x04,
	HCI_AD_UUID32_ALL = 0x05,
	HCI_AD_UUID128_SOME = 0x06,
	HCI_AD_UUID128_ALL = 0x07,
	HCI_AD_NAME_SHORT = 0x08,
	HCI_AD_NAME = 0x09,
	HCI_AD_TX_POWER = 0x0a,
	HCI_AD_APPEARANCE = 0x19,
	HCI_AD_MANUFACTURER = 0xff,
};

/* Reads the next AD structure of data; *at starts at 0. False: there is no more, or the rest is
 * malformed. */
bool hci_ad_next(const uint8_t *data, size_t len, size_t *at, struct hci_ad *ad);

/* Appends one AD structure to data, which has room for max octets and holds *len. False: no room.
 */
bool hci_ad_put(uint8_t *data, size_t max, size_t *len, uint8_t type, const void *value,
		size_t value_len);
