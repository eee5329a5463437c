/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hci/gap_internal.h"

/*
 * The PHYs of 7.8.66: those to listen on, and those that a link may begin on. A device that was not
 * seen may advertise on any.
 */
static uint8_t initiating_phys(const struct hci_gap *gap)
{
	const struct hci_phy_seen *seen = &gap->wanted.phy;
	const uint8_t phys =
		(uint8_t)((hci_phy_set(seen->primary) | hci_phy_set(seen->secondary)) & gap->phys);

	return phys & HCI_PHYS_PRIMARY ? phys : gap->phys;
}

/* A peer with a resolvable address is called by its identity: Vol 6 Part B 6.4. */
static bool calls_identity(const struct hci_connect *c)
{
	return c->resolve && !bytes_all_zero(c->resolving.peer_irk, 16);
}

static const uint8_t *called(const struct hci_connect *c)
{
	return calls_identity(c) ? c->resolving.peer : c->peer;
}

/* 2 and 3: with an address that the controller makes by the resolving list. */
static uint8_t own_type(const struct hci_connect *c)
{
	return c->resolve ? c->own_type | 2 : c->own_type;
}

/* LE Extended Create Connection has parameters for each PHY. */
static void create_extended(struct hci_gap *gap)
{
	const struct hci_connect *c = &gap->wanted;
	uint8_t phys = initiating_phys(gap);
	const uint16_t interval = gap_scan_interval(phys);
	uint8_t p[10 + 3 * 16] = {0 /* no accept list */, own_type(c),
				  calls_identity(c) ? c->resolving.peer_type : c->peer_type};
	size_t len = 10;

	memcpy(p + 3, called(c), 6);
	p[9] = phys;
	for (; phys; phys &= (uint8_t)(phys - 1), len += 16) {
		bytes_put_le16(p + len, interval);
		bytes_put_le16(p + len + 2, SCAN_WINDOW);
		gap_put_parameters(p + len + 4, &c->parameters);
	}
	gap_command(gap, HCI_LE_EXTENDED_CREATE_CONNECTION, p, len);
}

static void create_legacy(struct hci_gap *gap)
{
	const struct hci_connect *c = &gap->wanted;
	uint8_t p[25];

	bytes_put_le16(p, SCAN_WINDOW);
	bytes_put_le16(p + 2, SCAN_WINDOW);
	p[4] = 0; /* no accept list */
	p[5] = calls_identity(c) ? c->resolving.peer_type | 2 : c->peer_type;
	memcpy(p + 6, called(c), 6);
	p[12] = own_type(c);
	gap_put_parameters(p + 13, &c->parameters);
	gap_command(gap, HCI_LE_CREATE_CONNECTION, p, sizeof(p));
}

void gap_create_connection(struct hci_gap *gap)
{
	if (gap->extended)
		create_extended(gap);
	else
		create_legacy(gap);
}

uint8_t gap_first_phy(const struct hci_gap *gap, bool central)
{
	const struct hci_phy_seen *seen = &gap->wanted.phy;

	/* We advertise by legacy PDUs, and legacy commands find no others. */
	if (!central || !gap->extended)
		return HCI_PHY_1M;
	if (hci_phy_set(seen->secondary) & gap->phys)
		return seen->secondary;
	if (hci_phy_set(seen->primary) & gap->phys)
		return seen->primary;
	return gap->phys == HCI_PHYS_1M ? HCI_PHY_1M : HCI_PHY_NONE;
}

static bool can_scan_on(const struct hci_gap *gap)
{
	return !gap->no_scan_while_initiating &&
	       gap_can_at_a_time(gap, gap->scanning_actively ? ACTIVE_SCAN_AND_INITIATING
							     : PASSIVE_SCAN_AND_INITIATING);
}

bool hci_gap_can_resolve(const struct hci_gap *gap)
{
	return hci_controller_feature(gap->controller, HCI_FEATURE_PRIVACY) &&
	       hci_controller_has(gap->controller, HCI_LE_SET_ADDRESS_RESOLUTION);
}

static void set_resolution(struct hci_gap *gap, uint8_t on)
{
	gap_command(gap, HCI_LE_SET_ADDRESS_RESOLUTION, &on, 1);
}

/* Only while nothing else is under way: 7.8.38, 7.8.40 and 7.8.44. */
static void start_resolving(struct hci_gap *gap)
{
	const struct hci_resolving *r = &gap->wanted.resolving;
	uint8_t p[39] = {r->peer_type};

	memcpy(p + 1, r->peer, 6);
	memcpy(p + 7, r->peer_irk, 16);
	memcpy(p + 23, r->own_irk, 16);
	gap_command(gap, HCI_LE_CLEAR_RESOLVING_LIST, NULL, 0);
	gap_command(gap, HCI_LE_ADD_TO_RESOLVING_LIST, p, sizeof(p));
	set_resolution(gap, 1);
	bytes_wipe(p, sizeof(p));
}

void gap_stop_resolving(struct hci_gap *gap)
{
	if (gap->wanted.resolve) {
		set_resolution(gap, 0);
		gap_command(gap, HCI_LE_CLEAR_RESOLVING_LIST, NULL, 0);
	}
	gap->wanted.resolve = false;
	bytes_wipe(&gap->wanted.resolving, sizeof(gap->wanted.resolving));
}

void hci_gap_connect(struct hci_gap *gap, const struct hci_connect *connect)
{
	if (!connect->scan_on || connect->resolve || !can_scan_on(gap))
		hci_gap_scan_stop(gap);
	gap->wanted = *connect;
	gap->connecting = true;
	gap->cancelling = false;
	gap->tries = 1;
	if (gap->wanted.resolve)
		start_resolving(gap);
	gap_create_connection(gap);
}

void hci_gap_connect_cancel(struct hci_gap *gap)
{
	if (!gap->connecting || gap->cancelling)
		return;
	gap->cancelling = true;
	gap_command(gap, HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
}
