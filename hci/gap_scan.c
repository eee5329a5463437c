/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hci/gap_internal.h"

bool hci_gap_reports_private_targets(const struct hci_gap *gap)
{
	return !gap->no_scan_policy &&
	       hci_controller_feature(gap->controller, HCI_FEATURE_SCAN_POLICIES);
}

/*
 * Scanning_Filter_Policy, 7.8.10 and 7.8.64: 1 leaves the devices of the filter accept list, 2 adds
 * advertising directed to resolvable addresses.
 */
static uint8_t filter_policy(const struct hci_gap *gap)
{
	return (gap->scans_accepted ? 1 : 0) | (hci_gap_reports_private_targets(gap) ? 2 : 0);
}

/* Filter_Duplicates is 0: a device that changes its data, or adds a scan response, is reported. */
void gap_start_scan(struct hci_gap *gap)
{
	const bool active = gap->scanning_actively;

	memset(&gap->joiner, 0, sizeof(gap->joiner));
	if (gap->extended) {
		uint8_t phys = gap->phys & HCI_PHYS_PRIMARY;
		uint8_t p[3 + 2 * 5] = {gap->scan_own_type, filter_policy(gap), phys};
		size_t len = 3;
		for (; phys; phys &= (uint8_t)(phys - 1), len += 5) {
			p[len] = active;
			bytes_put_le16(p + len + 1, gap_scan_interval(gap->phys));
			bytes_put_le16(p + len + 3, SCAN_WINDOW);
		}
		gap_command(gap, HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, p, len);
		const uint8_t on[6] = {1};
		gap_command(gap, HCI_LE_SET_EXTENDED_SCAN_ENABLE, on, sizeof(on));
	} else {
		uint8_t p[7] = {active};
		bytes_put_le16(p + 1, SCAN_WINDOW);
		bytes_put_le16(p + 3, SCAN_WINDOW);
		p[5] = gap->scan_own_type;
		p[6] = filter_policy(gap);
		gap_command(gap, HCI_LE_SET_SCAN_PARAMETERS, p, sizeof(p));
		const uint8_t on[2] = {1, 0};
		gap_command(gap, HCI_LE_SET_SCAN_ENABLE, on, sizeof(on));
	}
	gap->scanning = true;
}

size_t hci_gap_accepts(const struct hci_gap *gap)
{
	const struct hci_controller_info *c = gap->controller;

	if (gap->no_accept_list || !hci_controller_has(c, HCI_LE_CLEAR_ACCEPT_LIST) ||
	    !hci_controller_has(c, HCI_LE_ADD_TO_ACCEPT_LIST))
		return 0;
	return c->accept_list_size < HCI_ACCEPTED_MAX ? c->accept_list_size : HCI_ACCEPTED_MAX;
}

void hci_gap_scan_for(struct hci_gap *gap, uint8_t own_type, bool active,
		      const struct hci_accepted *devices, size_t count)
{
	uint8_t p[7];

	gap->scan_own_type = own_type;
	gap->scanning_actively = active;
	gap->scans_accepted = count != 0;
	if (count)
		gap_command(gap, HCI_LE_CLEAR_ACCEPT_LIST, NULL, 0);
	for (size_t i = 0; i < count; i++) {
		p[0] = devices[i].type;
		memcpy(p + 1, devices[i].address, 6);
		gap_command(gap, HCI_LE_ADD_TO_ACCEPT_LIST, p, sizeof(p));
	}
	gap_start_scan(gap);
}

void hci_gap_scan(struct hci_gap *gap, uint8_t own_type, bool active)
{
	hci_gap_scan_for(gap, own_type, active, NULL, 0);
}

void hci_gap_scan_stop(struct hci_gap *gap)
{
	const uint8_t off[6] = {0};

	if (!gap->scanning)
		return;
	gap->scanning = false;
	if (gap->extended)
		gap_command(gap, HCI_LE_SET_EXTENDED_SCAN_ENABLE, off, 6);
	else
		gap_command(gap, HCI_LE_SET_SCAN_ENABLE, off, 2);
}

bool hci_gap_next_report(struct hci_gap *gap, const struct hci_input *input, size_t *at,
			 struct hci_advertisement *report)
{
	return hci_advertisement_next_whole(&gap->joiner, input, at, report);
}
