/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "hci/error.h"
#include "hci/gap_internal.h"

void hci_gap_init(struct hci_gap *gap, struct hci_host *host,
		  const struct hci_controller_info *controller)
{
	memset(gap, 0, sizeof(*gap));
	gap->host = host;
	gap->controller = controller;
	gap->extended = hci_controller_extended(controller);
	gap->phys = hci_controller_phys(controller);
}

bool hci_gap_limit_phys(struct hci_gap *gap, uint8_t phys)
{
	if (!(gap->phys & phys & HCI_PHYS_PRIMARY))
		return false;
	if ((gap->phys & phys) == gap->phys)
		return true;
	gap->phys &= phys;
	const uint8_t p[3] = {0, gap->phys, gap->phys}; /* 7.8.48 */
	if (hci_controller_has(gap->controller, HCI_LE_SET_DEFAULT_PHY))
		gap_command(gap, HCI_LE_SET_DEFAULT_PHY, p, sizeof(p));
	return true;
}

void hci_gap_set_random_address(struct hci_gap *gap, const uint8_t address[6])
{
	memcpy(gap->random_address, address, 6);
	gap_command(gap, HCI_LE_SET_RANDOM_ADDRESS, address, 6);
}

static void not_connected(struct hci_gap *gap, uint8_t status, struct hci_gap_event *h)
{
	h->kind = HCI_GAP_NOT_CONNECTED;
	h->status = status;
	h->cancelled = gap->cancelling;
	gap->connecting = false;
	gap->cancelling = false;
	gap_stop_resolving(gap);
}

/* The PHYs of a link: 7.7.65.12 and 7.8.47. */
static void set_phys(struct hci_link *link, const uint8_t phys[2], struct hci_gap_event *h)
{
	if (!hci_phy_name(phys[0]) || !hci_phy_name(phys[1]))
		return;
	link->tx_phy = phys[0];
	link->rx_phy = phys[1];
	h->kind = HCI_GAP_PHY;
	h->link = link;
}

static void on_command(struct hci_gap *gap, const struct hci_input *in, struct hci_gap_event *h)
{
	bool failed = in->status != HCI_SUCCESS;
	struct hci_link *link;

	h->opcode = in->opcode;
	h->status = in->status;
	switch (in->opcode) {
	case HCI_LE_SET_SCAN_PARAMETERS:
	case HCI_LE_SET_EXTENDED_SCAN_PARAMETERS:
		if (failed && gap->scanning && hci_gap_reports_private_targets(gap)) {
			gap->no_scan_policy = true;
			hci_gap_scan_stop(gap);
			gap_start_scan(gap);
		} else if (failed) {
			h->kind = HCI_GAP_FAILED;
		}
		return;
	case HCI_LE_CLEAR_ACCEPT_LIST:
	case HCI_LE_ADD_TO_ACCEPT_LIST:
		if (!failed || !gap->scans_accepted)
			return;
		/* Without the list, the scan reports more, but hides nothing. */
		h->kind = HCI_GAP_NOTE;
		gap->no_accept_list = true;
		gap->scans_accepted = false;
		if (gap->scanning) {
			hci_gap_scan_stop(gap);
			gap_start_scan(gap);
		}
		return;
	case HCI_LE_SET_ADVERTISING_PARAMETERS:
	case HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS:
	case HCI_LE_SET_RANDOM_ADDRESS:
		if (failed)
			h->kind = HCI_GAP_FAILED;
		return;
	case HCI_LE_SET_SCAN_ENABLE:
	case HCI_LE_SET_EXTENDED_SCAN_ENABLE:
		if (gap->scanning)
			h->kind = failed ? HCI_GAP_FAILED : HCI_GAP_SCANNING;
		return;
	case HCI_LE_SET_ADVERTISING_ENABLE:
	case HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE:
		if (gap->advertising)
			h->kind = failed ? HCI_GAP_FAILED : HCI_GAP_ADVERTISING;
		gap->advertising &= !failed;
		return;
	case HCI_LE_CREATE_CONNECTION:
	case HCI_LE_EXTENDED_CREATE_CONNECTION:
	case HCI_LE_CREATE_CONNECTION_CANCEL:
		/* Its LE_States claim both; it cannot: scan and connect in turn. */
		if (in->status == HCI_COMMAND_DISALLOWED && gap->connecting && gap->scanning &&
		    in->opcode != HCI_LE_CREATE_CONNECTION_CANCEL) {
			gap->no_scan_while_initiating = true;
			hci_gap_scan_stop(gap);
			gap_create_connection(gap);
			return;
		}
		/* A refused cancel: the connection came up, or none was being set up. If it came
		 * up, its event follows. */
		if (failed && gap->connecting)
			not_connected(gap, in->status, h);
		return;
	case HCI_LE_ENABLE_ENCRYPTION:
		link = hci_gap_link(gap, in->handle);
		if (!failed || !link || !link->encrypting)
			return;
		link->encrypting = false;
		h->kind = HCI_GAP_ENCRYPTION;
		h->link = link;
		return;
	case HCI_LE_READ_PHY:
		link = hci_gap_link(gap, in->handle);
		if (failed)
			h->kind = HCI_GAP_NOTE;
		else if (link && in->len >= 4)
			set_phys(link, in->data + 2, h);
		return;
	default:
		if (failed)
			h->kind = HCI_GAP_NOTE;
	}
}

static bool is_wanted(const struct hci_gap *gap, const uint8_t *p)
{
	const struct hci_connect *c = &gap->wanted;

	return ((p[5] & 1) == (c->peer_type & 1) && bytes_equal(p + 6, c->peer, 6)) ||
	       (c->resolve && (p[5] & 1) == c->resolving.peer_type &&
		bytes_equal(p + 6, c->resolving.peer, 6));
}

/*
 * A connection that was cancelled, but came up before that took effect: its event may arrive while
 * another device is being called. The link has no place here, and ends.
 */
static void reject(struct hci_gap *gap, const uint8_t *p, struct hci_gap_event *h)
{
	uint8_t q[3] = {p[2], p[3], HCI_REMOTE_USER_TERMINATED};

	h->kind = HCI_GAP_NOTE;
	h->text = "a connection with a device that was not called is closed";
	gap_command(gap, HCI_DISCONNECT, q, sizeof(q));
}

/*
 * Those on air that the controller made and resolved, ours first; zero: none. Ours means something
 * only if the controller was to make it. 7.7.65.10.
 */
static void take_private_addresses(struct hci_link *link, const uint8_t rpas[12], bool made)
{
	link->has_own_rpa = made && !bytes_all_zero(rpas, 6);
	memcpy(link->own_rpa, rpas, 6);
	if (bytes_all_zero(rpas + 6, 6))
		return;
	link->peer_type = 1;
	memcpy(link->peer, rpas + 6, 6);
}

static void on_connected(struct hci_gap *gap, const uint8_t *p, bool enhanced,
			 struct hci_gap_event *h)
{
	bool central = p[4] == 0x00;

	if (p[1] != HCI_SUCCESS) {
		/* As a peripheral: a directed or limited advertisement ended. */
		if (!gap->connecting) {
			h->kind = HCI_GAP_NOTE;
			h->status = p[1];
			return;
		}
		if (p[1] == HCI_FAILED_TO_ESTABLISH && !gap->cancelling &&
		    gap->tries < (gap->wanted.tries ? gap->wanted.tries : HCI_CONNECT_TRIES)) {
			gap->tries++;
			gap_create_connection(gap);
			return;
		}
		not_connected(gap, p[1], h);
		return;
	}

	/* No link can be trusted any more: another peer may stand behind its handle. */
	if (hci_gap_link(gap, bytes_get_le16(p + 2) & 0x0fff)) {
		h->kind = HCI_GAP_BROKEN;
		h->text = "the controller reports a second connection with the handle of a live "
			  "one";
		return;
	}
	if (central && gap->connecting && !is_wanted(gap, p)) {
		reject(gap, p, h);
		return;
	}
	struct hci_link *link = NULL;
	for (size_t i = 0; !link && i < HCI_LINKS_MAX; i++)
		if (!gap->links[i].used)
			link = &gap->links[i];
	if (!link) {
		h->kind = HCI_GAP_NOTE;
		h->status = HCI_CONNECTION_LIMIT;
		if (central && gap->connecting)
			not_connected(gap, HCI_CONNECTION_LIMIT, h);
		return;
	}

	/* The enhanced event has two resolved addresses of ours and the peer's in between. */
	const uint8_t *q = p + (enhanced ? 24 : 12);
	*link = (struct hci_link){
		.used = true,
		.handle = bytes_get_le16(p + 2) & 0x0fff,
		.central = central,
		.peer_type = p[5] & 1,
		.interval = bytes_get_le16(q),
		.latency = bytes_get_le16(q + 2),
		.timeout = bytes_get_le16(q + 4),
		.tx_phy = gap_first_phy(gap, central),
		.rx_phy = gap_first_phy(gap, central),
	};
	memcpy(link->peer, p + 6, 6);
	if (enhanced)
		take_private_addresses(link, p + 12, central && gap->wanted.resolve);
	if (central) {
		gap->connecting = gap->cancelling = false;
		gap_stop_resolving(gap);
	} else {
		gap->advertising = false; /* the controller stops by itself */
	}
	h->kind = HCI_GAP_CONNECTED;
	h->link = link;
	if (link->tx_phy == HCI_PHY_NONE)
		gap_read_phy(gap, link);
}

static void on_encryption(struct hci_gap *gap, struct hci_link *link, uint8_t status, bool on,
			  uint8_t key_size, struct hci_gap_event *h)
{
	link->encrypting = false;
	link->encrypted = status == HCI_SUCCESS && on;
	h->kind = HCI_GAP_ENCRYPTION;
	h->link = link;
	/* On LE encryption is never switched off. */
	h->status = status == HCI_SUCCESS && !on ? 0x1f : status;
	h->key_size = key_size;
	if (link->update_waits)
		gap_send_update(gap, link);
}

static void on_remote_features(struct hci_gap *gap, struct hci_link *link, const uint8_t *p,
			       struct hci_gap_event *h)
{
	h->kind = HCI_GAP_REMOTE_FEATURES;
	h->link = link;
	h->status = p[1];
	memcpy(h->features, p + 4, 8);
	if (p[1] == HCI_SUCCESS)
		memcpy(link->features, p + 4, 8);
	if (p[1] == HCI_SUCCESS && p[4] >> HCI_FEATURE_DATA_LENGTH & 1 && !link->encrypting &&
	    hci_controller_feature(gap->controller, HCI_FEATURE_DATA_LENGTH) &&
	    hci_controller_has(gap->controller, HCI_LE_SET_DATA_LENGTH)) {
		uint8_t q[6];
		bytes_put_le16(q + 2, 251);
		bytes_put_le16(q + 4, 2120);
		gap_link_command(gap, HCI_LE_SET_DATA_LENGTH, link, q, sizeof(q));
	}
}

/* Events of one link, with its handle at this offset. */
static struct hci_link *event_link(struct hci_gap *gap, const struct hci_input *in, size_t at)
{
	return hci_gap_link(gap, bytes_get_le16(in->data + at) & 0x0fff);
}

static void on_le_event(struct hci_gap *gap, const struct hci_input *in, struct hci_gap_event *h)
{
	const uint8_t *p = in->data;
	struct hci_link *link;

	switch (in->subevent) {
	case HCI_LE_CONNECTION_COMPLETE:
		on_connected(gap, p, false, h);
		return;
	case HCI_LE_ENHANCED_CONNECTION_COMPLETE:
		on_connected(gap, p, true, h);
		return;
	case HCI_LE_ADVERTISING_REPORT:
	case HCI_LE_DIRECTED_ADVERTISING_REPORT:
	case HCI_LE_EXTENDED_ADVERTISING_REPORT:
		h->kind = HCI_GAP_REPORTS;
		return;
	case HCI_LE_CONNECTION_UPDATE_COMPLETE:
		link = event_link(gap, in, 2);
		if (!link)
			return;
		if (p[1] == HCI_SUCCESS) {
			link->interval = bytes_get_le16(p + 4);
			link->latency = bytes_get_le16(p + 6);
			link->timeout = bytes_get_le16(p + 8);
		}
		h->kind = HCI_GAP_PARAMETERS;
		h->link = link;
		h->status = p[1];
		return;
	case HCI_LE_PHY_UPDATE_COMPLETE:
		link = event_link(gap, in, 2);
		if (!link)
			return;
		h->opcode = HCI_LE_SET_PHY;
		h->status = p[1];
		if (p[1] == HCI_SUCCESS)
			set_phys(link, p + 4, h);
		else
			h->kind = HCI_GAP_NOTE;
		return;
	case HCI_LE_REMOTE_FEATURES_COMPLETE:
		link = event_link(gap, in, 2);
		if (link)
			on_remote_features(gap, link, p, h);
		return;
	case HCI_LE_LTK_REQUEST:
		link = event_link(gap, in, 1);
		if (!link)
			return;
		h->kind = HCI_GAP_LTK_REQUEST;
		h->link = link;
		memcpy(h->rand, p + 3, 8);
		h->ediv = bytes_get_le16(p + 11);
		return;
	case HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST:
		link = event_link(gap, in, 1);
		if (!link)
			return;
		h->kind = HCI_GAP_PARAMETER_REQUEST;
		h->link = link;
		h->parameters = (struct hci_parameters){
			.interval_min = bytes_get_le16(p + 3),
			.interval_max = bytes_get_le16(p + 5),
			.latency = bytes_get_le16(p + 7),
			.timeout = bytes_get_le16(p + 9),
		};
		return;
	default:
		return;
	}
}

static void on_event(struct hci_gap *gap, const struct hci_input *in, struct hci_gap_event *h)
{
	const uint8_t *p = in->data;
	struct hci_link *link;

	switch (in->code) {
	case HCI_LE_META:
		on_le_event(gap, in, h);
		return;
	case HCI_DISCONNECTION_COMPLETE:
		link = event_link(gap, in, 1);
		if (!link || p[0] != HCI_SUCCESS)
			return;
		gap->last = *link;
		link->used = false;
		h->kind = HCI_GAP_DISCONNECTED;
		h->link = &gap->last;
		h->status = p[3];
		return;
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
		link = event_link(gap, in, 1);
		if (link)
			on_encryption(gap, link, p[0], p[3] != 0,
				      in->code == HCI_ENCRYPTION_CHANGE_V2 ? p[4] : 0, h);
		return;
	case HCI_KEY_REFRESH_COMPLETE:
		link = event_link(gap, in, 1);
		if (link)
			on_encryption(gap, link, p[0], true, 0, h);
		return;
	default:
		return;
	}
}

void hci_gap_input(struct hci_gap *gap, const struct hci_input *input,
		   struct hci_gap_event *happening)
{
	memset(happening, 0, sizeof(*happening));
	if (input->kind == HCI_IN_COMMAND)
		on_command(gap, input, happening);
	else if (input->kind == HCI_IN_EVENT)
		on_event(gap, input, happening);
}
