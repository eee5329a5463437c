/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hci/gap_internal.h"

/* 20 to 30 ms, the fastest for connectable advertising (units of 0.625 ms). */
#define ADVERTISING_INTERVAL_MIN 0x0020
#define ADVERTISING_INTERVAL_MAX 0x0030
#define LEGACY_DATA_MAX		 31

static void advertise_legacy(struct hci_gap *gap, uint8_t own_type, const uint8_t *data, size_t len,
			     const uint8_t *response, size_t response_len)
{
	uint8_t p[15] = {0}, block[1 + LEGACY_DATA_MAX] = {0};

	bytes_put_le16(p, ADVERTISING_INTERVAL_MIN);
	bytes_put_le16(p + 2, ADVERTISING_INTERVAL_MAX);
	p[4] = 0x00; /* ADV_IND */
	p[5] = own_type;
	p[13] = 0x07; /* all three channels */
	gap_command(gap, HCI_LE_SET_ADVERTISING_PARAMETERS, p, sizeof(p));

	block[0] = (uint8_t)len;
	if (len)
		memcpy(block + 1, data, len);
	gap_command(gap, HCI_LE_SET_ADVERTISING_DATA, block, sizeof(block));
	memset(block, 0, sizeof(block));
	block[0] = (uint8_t)response_len;
	if (response_len)
		memcpy(block + 1, response, response_len);
	gap_command(gap, HCI_LE_SET_SCAN_RESPONSE_DATA, block, sizeof(block));

	const uint8_t on = 1;
	gap_command(gap, HCI_LE_SET_ADVERTISING_ENABLE, &on, 1);
}

/* Legacy PDUs by the extended commands, in set 0, so that every central sees them. */
static void advertise_extended(struct hci_gap *gap, uint8_t own_type, const uint8_t *data,
			       size_t len, const uint8_t *response, size_t response_len)
{
	uint8_t p[25] = {0}, block[4 + LEGACY_DATA_MAX] = {0};

	bytes_put_le16(p + 1, 0x0013); /* ADV_IND with legacy PDUs */
	p[3] = ADVERTISING_INTERVAL_MIN;
	p[6] = ADVERTISING_INTERVAL_MAX;
	p[9] = 0x07;
	p[10] = own_type;
	p[19] = 0x7f; /* transmit power: no preference */
	p[20] = 0x01; /* LE 1M */
	p[22] = 0x01;
	gap_command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, p, sizeof(p));
	if (own_type == HCI_OWN_RANDOM) {
		uint8_t address[7] = {0};
		memcpy(address + 1, gap->random_address, 6);
		gap_command(gap, HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, address,
			    sizeof(address));
	}

	block[1] = 0x03; /* the whole data */
	block[2] = 0x01; /* do not fragment */
	block[3] = (uint8_t)len;
	if (len)
		memcpy(block + 4, data, len);
	gap_command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_DATA, block, 4 + len);
	block[3] = (uint8_t)response_len;
	if (response_len)
		memcpy(block + 4, response, response_len);
	gap_command(gap, HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, block, 4 + response_len);

	const uint8_t on[6] = {1, 1, 0}; /* one set, number 0, no end */
	gap_command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, on, sizeof(on));
}

void hci_gap_advertise(struct hci_gap *gap, uint8_t own_type, const uint8_t *data, size_t len,
		       const uint8_t *response, size_t response_len)
{
	len = len < LEGACY_DATA_MAX ? len : LEGACY_DATA_MAX;
	response_len = response_len < LEGACY_DATA_MAX ? response_len : LEGACY_DATA_MAX;
	gap->advertising = true;
	if (gap->extended)
		advertise_extended(gap, own_type, data, len, response, response_len);
	else
		advertise_legacy(gap, own_type, data, len, response, response_len);
}

bool hci_gap_can_advertise_linked(const struct hci_gap *gap)
{
	const uint8_t *states = gap->controller->le_states;

	return bytes_all_zero(states, sizeof(gap->controller->le_states)) ||
	       gap_can_at_a_time(gap, CONNECTABLE_ADVERTISING_AND_PERIPHERAL);
}

void hci_gap_advertise_stop(struct hci_gap *gap)
{
	const uint8_t off[2] = {0};

	if (!gap->advertising)
		return;
	gap->advertising = false;
	if (gap->extended)
		gap_command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, off, 2);
	else
		gap_command(gap, HCI_LE_SET_ADVERTISING_ENABLE, off, 1);
}
