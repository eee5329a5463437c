/* SPDX-License-Identifier: MIT */
#include "hci/gap.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"

void hci_gap_init(struct hci_gap *gap, struct hci_host *host,
		  const struct hci_controller_info *controller)
{
	memset(gap, 0, sizeof(*gap));
	gap->host = host;
	gap->controller = controller;
	gap->extended = hci_controller_extended(controller);
}

/* The queue has room for every procedure at once: its bound is tested. */
static void command(struct hci_gap *gap, uint16_t opcode, const void *parameters, size_t len)
{
	(void)hci_host_command(gap->host, opcode, parameters, len);
}

static void link_command(struct hci_gap *gap, uint16_t opcode, const struct hci_link *link,
			 uint8_t *parameters, size_t len)
{
	bytes_put_le16(parameters, link->handle);
	command(gap, opcode, parameters, len);
}

void hci_gap_set_random_address(struct hci_gap *gap, const uint8_t address[6])
{
	memcpy(gap->random_address, address, 6);
	command(gap, HCI_LE_SET_RANDOM_ADDRESS, address, 6);
}

/* ---- Scanning -------------------------------------------------------------------------------- */

/* A window of 30 ms in an interval of 30 ms: continuous (units of 0.625 ms). */
#define SCAN_INTERVAL 0x0030
#define SCAN_WINDOW   0x0030

void hci_gap_scan(struct hci_gap *gap, uint8_t own_type, bool active)
{
	if (gap->extended) {
		uint8_t p[8] = {own_type, 0, 0x01 /* LE 1M */, active};
		bytes_put_le16(p + 4, SCAN_INTERVAL);
		bytes_put_le16(p + 6, SCAN_WINDOW);
		command(gap, HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, p, sizeof(p));
		const uint8_t on[6] = {1};
		command(gap, HCI_LE_SET_EXTENDED_SCAN_ENABLE, on, sizeof(on));
	} else {
		uint8_t p[7] = {active};
		bytes_put_le16(p + 1, SCAN_INTERVAL);
		bytes_put_le16(p + 3, SCAN_WINDOW);
		p[5] = own_type;
		command(gap, HCI_LE_SET_SCAN_PARAMETERS, p, sizeof(p));
		const uint8_t on[2] = {1, 0};
		command(gap, HCI_LE_SET_SCAN_ENABLE, on, sizeof(on));
	}
	gap->scanning = true;
	gap->scanning_actively = active;
}

void hci_gap_scan_stop(struct hci_gap *gap)
{
	const uint8_t off[6] = {0};

	if (!gap->scanning)
		return;
	gap->scanning = false;
	if (gap->extended)
		command(gap, HCI_LE_SET_EXTENDED_SCAN_ENABLE, off, 6);
	else
		command(gap, HCI_LE_SET_SCAN_ENABLE, off, 2);
}

/* ---- Connecting ------------------------------------------------------------------------------ */

static void put_parameters(uint8_t *p, const struct hci_parameters *parameters)
{
	bytes_put_le16(p, parameters->interval_min);
	bytes_put_le16(p + 2, parameters->interval_max);
	bytes_put_le16(p + 4, parameters->latency);
	bytes_put_le16(p + 6, parameters->timeout);
	bytes_put_le32(p + 8, 0); /* connection event lengths: no preference */
}

static void create_connection(struct hci_gap *gap)
{
	const struct hci_connect *c = &gap->wanted;
	uint8_t p[26];

	if (gap->extended) {
		p[0] = 0; /* no accept list */
		p[1] = c->own_type;
		p[2] = c->peer_type;
		memcpy(p + 3, c->peer, 6);
		p[9] = 0x01; /* LE 1M */
		bytes_put_le16(p + 10, SCAN_INTERVAL);
		bytes_put_le16(p + 12, SCAN_WINDOW);
		put_parameters(p + 14, &c->parameters);
		command(gap, HCI_LE_EXTENDED_CREATE_CONNECTION, p, 26);
	} else {
		bytes_put_le16(p, SCAN_INTERVAL);
		bytes_put_le16(p + 2, SCAN_WINDOW);
		p[4] = 0; /* no accept list */
		p[5] = c->peer_type;
		memcpy(p + 6, c->peer, 6);
		p[12] = c->own_type;
		put_parameters(p + 13, &c->parameters);
		command(gap, HCI_LE_CREATE_CONNECTION, p, 25);
	}
}

/* LE_States of Core Vol 4 Part E 7.8.27: scanning and initiating at a time. */
static bool can_scan_on(const struct hci_gap *gap)
{
	unsigned bit = gap->scanning_actively ? 23 : 22;

	return !gap->no_scan_while_initiating && gap->controller->le_states[bit / 8] >> bit % 8 & 1;
}

void hci_gap_connect(struct hci_gap *gap, const struct hci_connect *connect)
{
	if (!connect->scan_on || !can_scan_on(gap))
		hci_gap_scan_stop(gap);
	gap->wanted = *connect;
	gap->connecting = true;
	gap->cancelling = false;
	gap->tries = 1;
	create_connection(gap);
}

void hci_gap_connect_cancel(struct hci_gap *gap)
{
	if (!gap->connecting || gap->cancelling)
		return;
	gap->cancelling = true;
	command(gap, HCI_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
}

/* ---- Advertising ----------------------------------------------------------------------------- */

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
	command(gap, HCI_LE_SET_ADVERTISING_PARAMETERS, p, sizeof(p));

	block[0] = (uint8_t)len;
	if (len)
		memcpy(block + 1, data, len);
	command(gap, HCI_LE_SET_ADVERTISING_DATA, block, sizeof(block));
	memset(block, 0, sizeof(block));
	block[0] = (uint8_t)response_len;
	if (response_len)
		memcpy(block + 1, response, response_len);
	command(gap, HCI_LE_SET_SCAN_RESPONSE_DATA, block, sizeof(block));

	const uint8_t on = 1;
	command(gap, HCI_LE_SET_ADVERTISING_ENABLE, &on, 1);
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
	command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, p, sizeof(p));
	if (own_type == HCI_OWN_RANDOM) {
		uint8_t address[7] = {0};
		memcpy(address + 1, gap->random_address, 6);
		command(gap, HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, address, sizeof(address));
	}

	block[1] = 0x03; /* the whole data */
	block[2] = 0x01; /* do not fragment */
	block[3] = (uint8_t)len;
	if (len)
		memcpy(block + 4, data, len);
	command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_DATA, block, 4 + len);
	block[3] = (uint8_t)response_len;
	if (response_len)
		memcpy(block + 4, response, response_len);
	command(gap, HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, block, 4 + response_len);

	const uint8_t on[6] = {1, 1, 0}; /* one set, number 0, no end */
	command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, on, sizeof(on));
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

void hci_gap_advertise_stop(struct hci_gap *gap)
{
	const uint8_t off[2] = {0};

	if (!gap->advertising)
		return;
	gap->advertising = false;
	if (gap->extended)
		command(gap, HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, off, 2);
	else
		command(gap, HCI_LE_SET_ADVERTISING_ENABLE, off, 1);
}

/* ---- Links ----------------------------------------------------------------------------------- */

struct hci_link *hci_gap_link(struct hci_gap *gap, uint16_t handle)
{
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (gap->links[i].used && gap->links[i].handle == handle)
			return &gap->links[i];
	return NULL;
}

void hci_gap_exchange_features(struct hci_gap *gap, struct hci_link *link)
{
	uint8_t p[2];

	/* A peripheral may ask only where the controller has the procedure for it. */
	if (link->encrypting || !hci_controller_has(gap->controller, HCI_LE_READ_REMOTE_FEATURES) ||
	    (!link->central &&
	     !hci_controller_feature(gap->controller, HCI_FEATURE_PERIPHERAL_FEATURES)))
		return;
	link_command(gap, HCI_LE_READ_REMOTE_FEATURES, link, p, sizeof(p));
}

static void send_update(struct hci_gap *gap, struct hci_link *link)
{
	uint8_t p[14];

	link->update_waits = false;
	put_parameters(p + 2, &link->update);
	link_command(gap, HCI_LE_CONNECTION_UPDATE, link, p, sizeof(p));
}

void hci_gap_update(struct hci_gap *gap, struct hci_link *link, const struct hci_parameters *p)
{
	link->update = *p;
	if (link->encrypting)
		link->update_waits = true;
	else
		send_update(gap, link);
}

void hci_gap_answer_parameters(struct hci_gap *gap, struct hci_link *link, bool accept,
			       const struct hci_parameters *parameters)
{
	uint8_t p[14];

	if (accept) {
		put_parameters(p + 2, parameters);
		link_command(gap, HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, link, p, sizeof(p));
	} else {
		p[2] = HCI_UNACCEPTABLE_PARAMETERS;
		link_command(gap, HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, link, p, 3);
	}
}

void hci_gap_encrypt(struct hci_gap *gap, struct hci_link *link, const uint8_t ltk[16],
		     uint16_t ediv, const uint8_t rand[8])
{
	uint8_t p[28];

	memcpy(p + 2, rand, 8);
	bytes_put_le16(p + 10, ediv);
	memcpy(p + 12, ltk, 16);
	link->encrypting = true;
	link_command(gap, HCI_LE_ENABLE_ENCRYPTION, link, p, sizeof(p));
	bytes_wipe(p, sizeof(p));
}

void hci_gap_answer_ltk(struct hci_gap *gap, struct hci_link *link, const uint8_t *ltk)
{
	uint8_t p[18];

	link->encrypting = ltk != NULL;
	if (ltk) {
		memcpy(p + 2, ltk, 16);
		link_command(gap, HCI_LE_LTK_REPLY, link, p, sizeof(p));
		bytes_wipe(p, sizeof(p));
	} else {
		link_command(gap, HCI_LE_LTK_NEGATIVE_REPLY, link, p, 2);
	}
}

void hci_gap_disconnect(struct hci_gap *gap, struct hci_link *link, uint8_t reason)
{
	uint8_t p[3] = {0, 0, reason};

	link_command(gap, HCI_DISCONNECT, link, p, sizeof(p));
}

/* ---- Events of the controller ---------------------------------------------------------------- */

static void not_connected(struct hci_gap *gap, uint8_t status, struct hci_gap_event *h)
{
	h->kind = HCI_GAP_NOT_CONNECTED;
	h->status = status;
	h->cancelled = gap->cancelling;
	gap->connecting = false;
	gap->cancelling = false;
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
		return;
	case HCI_LE_CREATE_CONNECTION:
	case HCI_LE_EXTENDED_CREATE_CONNECTION:
	case HCI_LE_CREATE_CONNECTION_CANCEL:
		/* Its LE_States claim both; it cannot: scan and connect in turn. */
		if (in->status == HCI_COMMAND_DISALLOWED && gap->connecting && gap->scanning &&
		    in->opcode != HCI_LE_CREATE_CONNECTION_CANCEL) {
			gap->no_scan_while_initiating = true;
			hci_gap_scan_stop(gap);
			create_connection(gap);
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
	default:
		if (failed)
			h->kind = HCI_GAP_NOTE;
	}
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
			create_connection(gap);
			return;
		}
		not_connected(gap, p[1], h);
		return;
	}

	struct hci_link *link = hci_gap_link(gap, bytes_get_le16(p + 2) & 0x0fff);
	for (size_t i = 0; !link && i < HCI_LINKS_MAX; i++)
		if (!gap->links[i].used)
			link = &gap->links[i];
	if (!link) {
		h->kind = HCI_GAP_NOTE;
		h->status = HCI_CONNECTION_LIMIT;
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
	};
	memcpy(link->peer, p + 6, 6);
	if (central)
		gap->connecting = gap->cancelling = false;
	else
		gap->advertising = false; /* the controller stops by itself */
	h->kind = HCI_GAP_CONNECTED;
	h->link = link;
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
		send_update(gap, link);
}

static void on_remote_features(struct hci_gap *gap, struct hci_link *link, const uint8_t *p,
			       struct hci_gap_event *h)
{
	h->kind = HCI_GAP_REMOTE_FEATURES;
	h->link = link;
	h->status = p[1];
	memcpy(h->features, p + 4, 8);
	if (p[1] == HCI_SUCCESS && p[4] >> HCI_FEATURE_DATA_LENGTH & 1 && !link->encrypting &&
	    hci_controller_feature(gap->controller, HCI_FEATURE_DATA_LENGTH) &&
	    hci_controller_has(gap->controller, HCI_LE_SET_DATA_LENGTH)) {
		uint8_t q[6];
		bytes_put_le16(q + 2, 251);
		bytes_put_le16(q + 4, 2120);
		link_command(gap, HCI_LE_SET_DATA_LENGTH, link, q, sizeof(q));
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
