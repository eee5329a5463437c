/* SPDX-License-Identifier: MIT */
#include "hci/advertising.h"

#include <string.h>

#include "crypto/bytes.h"

/* PDU types of legacy reports, 7.7.65.2. */
enum { ADV_IND, ADV_DIRECT_IND, ADV_SCAN_IND, ADV_NONCONN_IND, SCAN_RSP };

/* 2 and 3 are identities that the controller itself resolved. */
static uint8_t plain_type(uint8_t type)
{
	return type & 1;
}

/* 4 is LE Coded with S=2; another value has no meaning. */
static uint8_t plain_phy(uint8_t phy)
{
	return phy <= HCI_PHY_CODED ? phy : phy == 4 ? HCI_PHY_CODED : HCI_PHY_NONE;
}

/* A primary advertising channel has no LE 2M: Vol 6 Part B 4.4.2.1. */
static uint8_t plain_primary_phy(uint8_t phy)
{
	return plain_phy(phy) == HCI_PHY_2M ? HCI_PHY_NONE : plain_phy(phy);
}

static const struct hci_phy_seen legacy_phy = {HCI_PHY_1M, HCI_PHY_NONE};
#define NO_SET 0xff /* a legacy PDU has no SID */

static bool next_legacy(const uint8_t *p, size_t len, size_t *at, struct hci_advertisement *r)
{
	const size_t head = 9; /* event type, address type, address, data length */

	if (len - *at < head)
		return false;
	p += *at;
	size_t data_len = p[8];
	if (len - *at - head < data_len + 1)
		return false;

	*r = (struct hci_advertisement){
		.connectable = p[0] == ADV_IND || p[0] == ADV_DIRECT_IND,
		.scannable = p[0] == ADV_IND || p[0] == ADV_SCAN_IND,
		.directed = p[0] == ADV_DIRECT_IND,
		.scan_response = p[0] == SCAN_RSP,
		.legacy = true,
		.address_type = plain_type(p[1]),
		.rssi = (int8_t)p[head + data_len],
		.set = NO_SET,
		.phy = legacy_phy,
		.data = p + head,
		.len = data_len,
	};
	memcpy(r->address, p + 2, 6);
	*at += head + data_len + 1;
	return true;
}

/* Directed to a resolvable address of ours that the controller did not resolve: no data, 7.7.65.11.
 */
static bool next_directed(const uint8_t *p, size_t len, size_t *at, struct hci_advertisement *r)
{
	const size_t whole = 16;

	if (len - *at < whole)
		return false;
	p += *at;
	*r = (struct hci_advertisement){
		.connectable = true,
		.directed = true,
		.legacy = true,
		.has_target = true,
		.target_type = plain_type(p[8]),
		.address_type = plain_type(p[1]),
		.rssi = (int8_t)p[15],
		.set = NO_SET,
		.phy = legacy_phy,
		.data = p,
	};
	memcpy(r->address, p + 2, 6);
	memcpy(r->target, p + 9, 6);
	*at += whole;
	return true;
}

/* Data status, 7.7.65.13. */
enum { MORE_DATA = 1, TRUNCATED = 2 };

/* Direct_Address_Type of a random address that the controller could not resolve. */
#define UNRESOLVED 0xfe

static bool next_extended(const uint8_t *p, size_t len, size_t *at, struct hci_advertisement *r)
{
	const size_t head = 24;

	if (len - *at < head)
		return false;
	p += *at;
	size_t data_len = p[23];
	if (len - *at - head < data_len)
		return false;

	uint16_t type = bytes_get_le16(p);
	*r = (struct hci_advertisement){
		.connectable = type & 0x01,
		.scannable = type & 0x02,
		.directed = type & 0x04,
		.has_target = type & 0x04,
		.target_type = p[16] == UNRESOLVED ? 1 : plain_type(p[16]),
		.scan_response = type & 0x08,
		.legacy = type & 0x10,
		.address_type = plain_type(p[2]),
		.rssi = (int8_t)p[13],
		.set = p[11],
		.phy = {plain_primary_phy(p[9]), plain_phy(p[10])},
		.more = (type >> 5 & 3) == MORE_DATA,
		.truncated = (type >> 5 & 3) == TRUNCATED,
		.data = p + head,
		.len = data_len,
	};
	memcpy(r->address, p + 3, 6);
	memcpy(r->target, p + 17, 6);
	*at += head + data_len;
	return true;
}

bool hci_advertisement_next(const struct hci_input *event, size_t *at,
			    struct hci_advertisement *report)
{
	if (event->kind != HCI_IN_EVENT || event->code != HCI_LE_META || event->len < 2)
		return false;
	/* After the subevent and the number of reports; the octets that follow bound the
	 * number of reports. */
	const uint8_t *p = event->data + 2;
	size_t len = event->len - 2;

	if (*at >= len)
		return false;
	switch (event->subevent) {
	case HCI_LE_ADVERTISING_REPORT:
		return next_legacy(p, len, at, report);
	case HCI_LE_DIRECTED_ADVERTISING_REPORT:
		return next_directed(p, len, at, report);
	case HCI_LE_EXTENDED_ADVERTISING_REPORT:
		return next_extended(p, len, at, report);
	default:
		return false;
	}
}

bool hci_ad_next(const uint8_t *data, size_t len, size_t *at, struct hci_ad *ad)
{
	/* A length of 0 ends the significant part early, Part C 11. */
	if (*at >= len || data[*at] == 0 || data[*at] > len - *at - 1)
		return false;
	*ad = (struct hci_ad){
		.type = data[*at + 1],
		.data = data + *at + 2,
		.len = (size_t)data[*at] - 1,
	};
	*at += 1 + (size_t)data[*at];
	return true;
}

bool hci_ad_put(uint8_t *data, size_t max, size_t *len, uint8_t type, const void *value,
		size_t value_len)
{
	if (value_len > 254 || max - *len < value_len + 2)
		return false;
	data[(*len)++] = (uint8_t)(value_len + 1);
	data[(*len)++] = type;
	memcpy(data + *len, value, value_len);
	*len += value_len;
	return true;
}
