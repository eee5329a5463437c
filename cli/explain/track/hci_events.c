/* SPDX-License-Identifier: MIT */
#include "track/hci_events.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"

/* Newer commands and events, which blepair itself does not use. */
enum {
	LE_READ_BUFFER_SIZE_V2 = 0x2060,
	LE_ENHANCED_CONNECTION_COMPLETE_V2 = 0x29,
};

/* Octets of headers, Core Vol 4 Part E 5.4.1 and 5.4.4. */
enum { COMMAND_HEADER = 3, EVENT_HEADER = 2 };

/* The ends, as the capture numbers them. */
enum { HOST = 0, PEER = 1 };

/* Sets *len to the captured octets of parameters behind a header, which ends with their length. */
static bool has_parameters(const struct explain_packet *packet, size_t header, size_t *len)
{
	if (packet->len < header)
		return false;
	*len = capture_least(packet->data[header - 1], packet->len - header);
	return true;
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void reset(struct explain_links *t, struct explain_host *host,
		  const struct explain_packet *packet)
{
	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (!link->used || link->attempt.air || link->attempt.source != packet->source)
			continue;
		link->attempt.cut = true;
		track_link_close(t, link);
	}
	host->reset = mark_of(packet);
	host->bringup = 0;
	host->refusals = 0;
	host->has_random = false;
	host->connecting.frame = 0;
	host->event_mask = 0x00001fffffffffffULL; /* 7.3.1: the default */
	host->le_event_mask = 0x1f;		  /* 7.8.1: the default */
}

/* LE Create Connection or the extended one, of 25 octets at least: 7.8.12, 7.8.66. */
static void begin_connecting(struct explain_host *host, const struct explain_packet *packet,
			     uint16_t opcode, const uint8_t *p, size_t len)
{
	host->connecting = mark_of(packet);
	host->connect_opcode = opcode;
	host->connect_own = opcode == HCI_LE_CREATE_CONNECTION ? p[12] : p[1];
	host->connect_len = (uint8_t)capture_least(len, sizeof(host->connect_data));
	memcpy(host->connect_data, p, host->connect_len);
}

/* Commands of no link: they change what is known of the host. */
static void host_command(struct explain_links *t, struct explain_host *host,
			 const struct explain_packet *packet, uint16_t opcode, const uint8_t *p,
			 size_t len)
{
	switch (opcode) {
	case HCI_RESET:
		reset(t, host, packet);
		break;
	case HCI_SET_EVENT_MASK:
		host->bringup |= EXPLAIN_HAS_EVENT_MASK;
		if (len >= 8)
			host->event_mask = bytes_get_le64(p);
		break;
	case HCI_LE_SET_EVENT_MASK:
		host->bringup |= EXPLAIN_HAS_LE_EVENT_MASK;
		if (len >= 8)
			host->le_event_mask = bytes_get_le64(p);
		break;
	case HCI_LE_READ_BUFFER_SIZE:
	case LE_READ_BUFFER_SIZE_V2:
		host->bringup |= EXPLAIN_HAS_LE_BUFFER_SIZE;
		break;
	case HCI_WRITE_LE_HOST_SUPPORT:
		host->bringup |= EXPLAIN_HAS_LE_HOST;
		break;
	case HCI_LE_SET_RANDOM_ADDRESS:
	case HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS:
		p += opcode == HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS;
		if (len < 6 + (size_t)(opcode == HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS))
			break;
		host->has_random = true;
		memcpy(host->random_address, p, 6);
		break;
	case HCI_LE_SET_ADVERTISING_PARAMETERS:
		if (len >= 6)
			host->advertising_own = p[5];
		break;
	case HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS:
		if (len >= 11)
			host->advertising_own = p[10];
		break;
	case HCI_LE_CREATE_CONNECTION:
	case HCI_LE_EXTENDED_CREATE_CONNECTION:
		if (len >= 25)
			begin_connecting(host, packet, opcode, p, len);
		break;
	default:
		break;
	}
}

static void start_encryption(struct explain_keyring *ring, struct explain_attempt *a,
			     const struct explain_packet *packet, const uint8_t *p)
{
	explain_attempt_set_central(a, HOST);
	if (mark_is_set(&a->encrypted) && !a->encrypt_status)
		return; /* encrypted again with the new key: no part of the pairing */
	a->encrypt = mark_of(packet);
	a->encrypted.frame = 0;
	memcpy(a->encrypt_rand, p + 2, 8);
	memcpy(a->encrypt_ediv, p + 10, 2);
	a->has_encrypt_key = capture_knows(packet, 3 + 12, 16);
	if (a->has_encrypt_key) {
		memcpy(a->encrypt_key, p + 12, 16);
		track_keyring_add(ring, a->encrypt_key);
	}
}

static void reply_ltk(struct explain_keyring *ring, struct explain_attempt *a,
		      const struct explain_packet *packet, bool refuse, const uint8_t *p)
{
	if (!refuse && mark_is_set(&a->encrypted) && !a->encrypt_status)
		return; /* as above */
	a->ltk_reply = mark_of(packet);
	a->ltk_refused = refuse;
	a->has_reply_key = !refuse && capture_knows(packet, 3 + 2, 16);
	if (a->has_reply_key) {
		memcpy(a->reply_key, p + 2, 16);
		track_keyring_add(ring, a->reply_key);
	}
}

/* Commands of a link; its handle is the first parameter. */
static void link_command(struct explain_links *t, struct explain_keyring *ring,
			 const struct explain_packet *packet, uint16_t opcode, const uint8_t *p,
			 size_t len)
{
	static const struct {
		uint16_t opcode;
		uint8_t length;
	} commands[] = {
		{HCI_LE_ENABLE_ENCRYPTION, 28},
		{HCI_LE_LTK_REPLY, 18},
		{HCI_LE_LTK_NEGATIVE_REPLY, 2},
		{HCI_LE_CONNECTION_UPDATE, 14},
		{HCI_DISCONNECT, 3},
	};
	struct explain_link *link = NULL;
	struct explain_attempt *a;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].opcode == opcode && len >= commands[i].length)
			link = track_link_find(t, packet->source, bytes_get_le16(p) & 0xfff);
	if (!link)
		return;
	a = &link->attempt;
	switch (opcode) {
	case HCI_LE_ENABLE_ENCRYPTION:
		start_encryption(ring, a, packet, p);
		break;
	case HCI_LE_LTK_REPLY:
	case HCI_LE_LTK_NEGATIVE_REPLY:
		reply_ltk(ring, a, packet, opcode == HCI_LE_LTK_NEGATIVE_REPLY, p);
		break;
	case HCI_LE_CONNECTION_UPDATE:
		explain_attempt_add_parameters(a, packet, HOST, bytes_get_le16(p + 2),
					       bytes_get_le16(p + 4), bytes_get_le16(p + 6),
					       bytes_get_le16(p + 8));
		break;
	default:
		break;
	}
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_COMMAND, HOST, opcode, p, len,
				 capture_knows(packet, 3, len));
}

void track_command(struct explain_links *t, struct explain_keyring *ring,
		   const struct explain_packet *packet)
{
	struct explain_host *host = track_host_of(t, packet->source);
	const uint8_t *p = packet->data;
	size_t len;

	if (!host || !has_parameters(packet, COMMAND_HEADER, &len) || !capture_knows(packet, 0, 2))
		return;
	host_command(t, host, packet, bytes_get_le16(p), p + 3, len);
	link_command(t, ring, packet, bytes_get_le16(p), p + 3, len);
}

/* ---- Connections ----------------------------------------------------------------------------- */

struct connection {
	uint8_t status, role, peer_type;
	uint16_t handle;
	const uint8_t *peer, *own; /* addresses on air; own: NULL or zero if it is not resolvable */
	uint16_t interval, latency, timeout;
};

/* Adds the step of the host's command, which was kept until its connection had an attempt. */
static void add_connecting(struct explain_attempt *a, struct explain_host *host,
			   const struct explain_packet *packet)
{
	struct explain_packet before = *packet;
	const uint8_t *p = host->connect_data;

	if (!mark_is_set(&host->connecting))
		return;
	before.number = host->connecting.frame;
	before.time_us = host->connecting.time_us;
	explain_attempt_add_step(a, &before, EXPLAIN_LAYER_COMMAND, HOST, host->connect_opcode, p,
				 host->connect_len, true);
	p += host->connect_opcode == HCI_LE_CREATE_CONNECTION ? 13 : 14;
	explain_attempt_add_parameters(a, &before, HOST, bytes_get_le16(p), bytes_get_le16(p + 2),
				       bytes_get_le16(p + 4), bytes_get_le16(p + 6));
}

static void set_own_address(struct explain_attempt *a, const struct explain_host *host,
			    const struct connection *c)
{
	struct explain_party *own = &a->party[HOST];
	uint8_t type = c->role ? host->advertising_own : host->connect_own;

	if (c->own && !bytes_all_zero(c->own, 6)) {
		own->address.type = 1;
		memcpy(own->address.octets, c->own, 6);
		own->has_address = true;
	} else if (type & 1) {
		own->address.type = 1;
		own->has_address = host->has_random;
		memcpy(own->address.octets, host->random_address, 6);
	} else {
		own->has_address = host->has_public;
		memcpy(own->address.octets, host->public_address, 6);
	}
}

static void connected(struct explain_links *t, struct explain_host *host,
		      const struct explain_packet *packet, const struct connection *c,
		      uint16_t code, const uint8_t *p, size_t len)
{
	struct explain_link *link;
	struct explain_attempt *a;

	/* The host cancelled the connection: no failure. */
	if (c->status == HCI_UNKNOWN_CONNECTION) {
		host->connecting.frame = 0;
		return;
	}
	link = track_link_open(t, packet, c->status ? 0xfff : c->handle);
	a = &link->attempt;
	explain_attempt_set_central(a, c->role ? PEER : HOST);
	if (!c->role)
		add_connecting(a, host, packet);
	host->connecting.frame = 0;
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_EVENT, HOST, code, p, len, true);
	a->connected = mark_of(packet);
	a->connect_status = c->status;
	a->has_interval = !c->status;
	a->interval = c->interval;
	a->latency = c->latency;
	a->timeout = c->timeout;
	a->party[PEER].has_address = true;
	a->party[PEER].address.type = c->peer_type & 1;
	memcpy(a->party[PEER].address.octets, c->peer, 6);
	set_own_address(a, host, c);
	if (c->status)
		track_link_close(t, link);
}

/* LE Connection Complete: 7.7.65.1. */
static void connection_complete(struct explain_links *t, struct explain_host *host,
				const struct explain_packet *packet, const uint8_t *p, size_t len)
{
	const struct connection c = {
		.status = p[1],
		.handle = bytes_get_le16(p + 2),
		.role = p[4],
		.peer_type = p[5],
		.peer = p + 6,
		.interval = bytes_get_le16(p + 12),
		.latency = bytes_get_le16(p + 14),
		.timeout = bytes_get_le16(p + 16),
	};
	connected(t, host, packet, &c, EXPLAIN_SUBEVENT | p[0], p, len);
}

/* LE Enhanced Connection Complete: 7.7.65.10. Resolvable addresses have fields of their own. */
static void enhanced_complete(struct explain_links *t, struct explain_host *host,
			      const struct explain_packet *packet, const uint8_t *p, size_t len)
{
	bool resolvable = !bytes_all_zero(p + 18, 6);
	const struct connection c = {
		.status = p[1],
		.handle = bytes_get_le16(p + 2),
		.role = p[4],
		.peer_type = resolvable ? 1 : p[5],
		.peer = resolvable ? p + 18 : p + 6,
		.own = p + 12,
		.interval = bytes_get_le16(p + 24),
		.latency = bytes_get_le16(p + 26),
		.timeout = bytes_get_le16(p + 28),
	};
	connected(t, host, packet, &c, EXPLAIN_SUBEVENT | p[0], p, len);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* Commands that a link or its encryption needs. */
static bool essential(uint16_t opcode)
{
	static const uint16_t opcodes[] = {
		HCI_RESET,
		HCI_SET_EVENT_MASK,
		HCI_LE_SET_EVENT_MASK,
		HCI_LE_READ_BUFFER_SIZE,
		HCI_WRITE_LE_HOST_SUPPORT,
		HCI_LE_SET_RANDOM_ADDRESS,
		HCI_LE_CREATE_CONNECTION,
		HCI_LE_EXTENDED_CREATE_CONNECTION,
		HCI_LE_ENABLE_ENCRYPTION,
		HCI_LE_LTK_REPLY,
		HCI_LE_CONNECTION_UPDATE,
	};

	for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++)
		if (opcodes[i] == opcode)
			return true;
	return false;
}

static void command_answered(struct explain_host *host, const struct explain_packet *packet,
			     uint16_t opcode, uint8_t status, const uint8_t *returned, size_t len)
{
	if (status && essential(opcode) && host->refusals < EXPLAIN_REFUSALS)
		host->refused[host->refusals++] =
			(struct explain_refusal){mark_of(packet), opcode, status};
	if (status)
		return;
	if (opcode == HCI_READ_LOCAL_COMMANDS) {
		const struct hci_command_format *f = hci_command_format(HCI_WRITE_LE_HOST_SUPPORT);
		host->no_le_host = len > f->octet && !(returned[f->octet] >> f->bit & 1);
	} else if (opcode == HCI_READ_BD_ADDR && len >= 6) {
		host->has_public = true;
		memcpy(host->public_address, returned, 6);
	} else if (opcode == HCI_READ_LOCAL_FEATURES && len >= 8) {
		host->has_features = true;
		host->dual_mode = !(returned[4] >> 5 & 1); /* bit 37: BR/EDR Not Supported */
	}
}

static void encryption_changed(struct explain_attempt *a, const struct explain_packet *packet,
			       uint8_t status)
{
	if (mark_is_set(&a->encrypted) && !status)
		return;
	a->encrypted = mark_of(packet);
	a->encrypt_status = status;
}

static void disconnected(struct explain_attempt *a, const struct explain_packet *packet,
			 uint8_t reason)
{
	a->disconnected = mark_of(packet);
	a->disconnect_reason = reason;
	if (reason == 0x16) /* Connection Terminated By Local Host */
		a->disconnected_by = HOST;
	else if (reason >= HCI_REMOTE_USER_TERMINATED && reason <= 0x15)
		a->disconnected_by = PEER;
}

/* An event of a link, whose handle is at p + at. */
static void link_event(struct explain_links *t, const struct explain_packet *packet, uint16_t code,
		       const uint8_t *p, size_t len, size_t at)
{
	struct explain_link *link =
		track_link_find(t, packet->source, bytes_get_le16(p + at) & 0xfff);
	struct explain_attempt *a;

	if (!link)
		return;
	a = &link->attempt;
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_EVENT, HOST, code, p, len, true);
	switch (code) {
	case HCI_DISCONNECTION_COMPLETE:
		disconnected(a, packet, p[3]);
		track_link_close(t, link);
		break;
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
	case HCI_KEY_REFRESH_COMPLETE:
		encryption_changed(a, packet, p[0]);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_UPDATE_COMPLETE:
		if (p[1])
			break;
		a->interval = bytes_get_le16(p + 4);
		a->latency = bytes_get_le16(p + 6);
		a->timeout = bytes_get_le16(p + 8);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_LTK_REQUEST:
		explain_attempt_set_central(a, PEER);
		a->ltk_request = mark_of(packet);
		memcpy(a->encrypt_rand, p + 3, 8);
		memcpy(a->encrypt_ediv, p + 11, 2);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST:
		explain_attempt_add_parameters(a, packet, PEER, bytes_get_le16(p + 3),
					       bytes_get_le16(p + 5), bytes_get_le16(p + 7),
					       bytes_get_le16(p + 9));
		break;
	default:
		break;
	}
}

/* The controller failed, which ends all its links: 7.7.16. */
static void hardware_error(struct explain_links *t, const struct explain_packet *packet,
			   const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (!link->used || link->attempt.air || link->attempt.source != packet->source)
			continue;
		explain_attempt_add_step(&link->attempt, packet, EXPLAIN_LAYER_EVENT, HOST,
					 HCI_HARDWARE_ERROR, p, len, true);
		link->attempt.hardware_error = mark_of(packet);
		link->attempt.hardware_code = p[0];
		track_link_close(t, link);
	}
}

static void le_event(struct explain_links *t, struct explain_host *host,
		     const struct explain_packet *packet, const uint8_t *p, size_t len)
{
	static const struct {
		uint8_t code, least, handle;
	} events[] = {
		{HCI_LE_CONNECTION_UPDATE_COMPLETE, 10, 2},
		{HCI_LE_LTK_REQUEST, 13, 1},
		{HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 11, 1},
	};

	switch (p[0]) {
	case HCI_LE_ADVERTISING_REPORT:
	case HCI_LE_EXTENDED_ADVERTISING_REPORT:
		return;
	case HCI_LE_CONNECTION_COMPLETE:
		if (len >= 19 && capture_knows(packet, 2, 18))
			connection_complete(t, host, packet, p, len);
		return;
	case HCI_LE_ENHANCED_CONNECTION_COMPLETE:
	case LE_ENHANCED_CONNECTION_COMPLETE_V2:
		if (len >= 31 && capture_knows(packet, 2, 30))
			enhanced_complete(t, host, packet, p, len);
		return;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].code == p[0] && len >= events[i].least)
			link_event(t, packet, EXPLAIN_SUBEVENT | p[0], p, len, events[i].handle);
}

void track_event(struct explain_links *t, const struct explain_packet *packet)
{
	const uint8_t *p = packet->data;
	struct explain_host *host;
	size_t len;

	if (!has_parameters(packet, EVENT_HEADER, &len))
		return;
	host = track_host_of(t, packet->source);
	if (!host)
		return;
	switch (p[0]) {
	case HCI_LE_META:
		if (len)
			le_event(t, host, packet, p + 2, len);
		break;
	case HCI_HARDWARE_ERROR:
		if (len)
			hardware_error(t, packet, p + 2, len);
		break;
	case HCI_COMMAND_COMPLETE:
		if (len >= 4)
			command_answered(host, packet, bytes_get_le16(p + 3), p[5], p + 6, len - 4);
		break;
	case HCI_COMMAND_STATUS:
		if (len >= 4)
			command_answered(host, packet, bytes_get_le16(p + 4), p[2], NULL, 0);
		break;
	case HCI_DISCONNECTION_COMPLETE:
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
	case HCI_KEY_REFRESH_COMPLETE:
		if (len >= (p[0] == HCI_KEY_REFRESH_COMPLETE ? 3U : 4U))
			link_event(t, packet, p[0], p + 2, len, 1);
		break;
	default:
		break;
	}
}
