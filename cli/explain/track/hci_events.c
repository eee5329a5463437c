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
	LE_CIS_ESTABLISHED = 0x19,
	LE_CIS_ESTABLISHED_V2 = 0x2a,
	/* Of Android: it asks which of its own extensions the controller has. */
	ANDROID_LE_GET_VENDOR_CAPABILITIES = 0xfd53,
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

/* Reset ends all links of the controller, without Disconnection Complete: 7.3.2. */
static void reset_links(struct explain_links *t, const struct explain_packet *packet)
{
	track_links_flush(t);
	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (!link->used || link->attempt.air || link->attempt.source != packet->source)
			continue;
		explain_attempt_add_step(&link->attempt, packet, EXPLAIN_LAYER_COMMAND, HOST,
					 HCI_RESET, NULL, 0, true);
		link->attempt.reset = mark_of(packet);
		track_link_close(t, link);
	}
}

static void reset(struct explain_links *t, struct explain_host *host,
		  const struct explain_packet *packet)
{
	reset_links(t, packet);
	host->reset = mark_of(packet);
	host->bringup = 0;
	host->refusals = 0;
	host->has_random = false;
	host->connecting = host->encrypting = (struct explain_mark){0};
	host->connect_refused = 0;
	host->event_mask = 0x00001fffffffffffULL; /* 7.3.1: the default */
	host->le_event_mask = 0x1f;		  /* 7.8.1: the default */
}

/* Where LE Create Connection or the extended one has the peer's address, and the interval. */
static size_t connect_peer(uint16_t opcode)
{
	return opcode == HCI_LE_CREATE_CONNECTION ? 6 : 3;
}

static size_t connect_parameters(uint16_t opcode)
{
	return opcode == HCI_LE_CREATE_CONNECTION ? 13 : 14;
}

/* LE Create Connection or the extended one, of 25 octets at least: 7.8.12, 7.8.66. */
static void begin_connecting(struct explain_host *host, const struct explain_packet *packet,
			     uint16_t opcode, const uint8_t *p, size_t len)
{
	host->connecting = mark_of(packet);
	host->connect_opcode = opcode;
	host->connect_own = opcode == HCI_LE_CREATE_CONNECTION ? p[12] : p[1];
	host->connect_has_peer =
		capture_knows(packet, COMMAND_HEADER + connect_peer(opcode) - 1, 1 + 6);
	host->connect_has_parameters =
		capture_knows(packet, COMMAND_HEADER + connect_parameters(opcode), 8);
	host->connect_len = (uint8_t)capture_least(len, sizeof(host->connect_data));
	memcpy(host->connect_data, p, host->connect_len);
}

/* A mask that the capture does not have counts as one that hides nothing. */
static uint64_t mask_of(const struct explain_packet *packet, const uint8_t *p)
{
	return capture_knows(packet, COMMAND_HEADER, 8) ? bytes_get_le64(p) : UINT64_MAX;
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
			host->event_mask = mask_of(packet, p);
		break;
	case HCI_LE_SET_EVENT_MASK:
	case HCI_LE_SET_EVENT_MASK_V2: /* no event beyond bit 63 matters here */
		host->bringup |= EXPLAIN_HAS_LE_EVENT_MASK;
		if (len >= 8)
			host->le_event_mask = mask_of(packet, p);
		break;
	case HCI_LE_READ_BUFFER_SIZE:
	case LE_READ_BUFFER_SIZE_V2:
		host->bringup |= EXPLAIN_HAS_LE_BUFFER_SIZE;
		break;
	case ANDROID_LE_GET_VENDOR_CAPABILITIES:
		host->android = true;
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

static bool is_encrypted(const struct explain_attempt *a)
{
	return mark_is_set(&a->encrypted) && !a->encrypt_status;
}

static void start_encryption(struct explain_keyring *ring, struct explain_link *link,
			     const struct explain_packet *packet, const uint8_t *p)
{
	struct explain_attempt *a = &link->attempt;
	const bool has_key = capture_knows(packet, COMMAND_HEADER + 12, 16);

	explain_attempt_set_central(a, HOST);
	if (has_key)
		track_keyring_add(ring, p + 12);
	if (is_encrypted(a)) { /* no part of the pairing */
		link->renewal = (struct explain_renewal){
			.request = mark_of(packet), .of_host = true, .has_key = has_key};
		memcpy(link->renewal.rand, p + 2, 8);
		memcpy(link->renewal.ediv, p + 10, 2);
		memcpy(link->renewal.key, p + 12, 16);
		return;
	}
	a->encrypt = mark_of(packet);
	a->encrypted = (struct explain_mark){0};
	memcpy(a->encrypt_rand, p + 2, 8);
	memcpy(a->encrypt_ediv, p + 10, 2);
	a->has_encrypt_key = has_key;
	if (has_key)
		memcpy(a->encrypt_key, p + 12, 16);
}

/* The same at the peripheral: 7.7.65.5. */
static void ask_for_key(struct explain_link *link, const struct explain_packet *packet,
			const uint8_t *p)
{
	struct explain_attempt *a = &link->attempt;

	explain_attempt_set_central(a, PEER);
	if (is_encrypted(a)) {
		link->renewal = (struct explain_renewal){.request = mark_of(packet)};
		memcpy(link->renewal.rand, p + 3, 8);
		memcpy(link->renewal.ediv, p + 11, 2);
		return;
	}
	a->ltk_request = mark_of(packet);
	memcpy(a->encrypt_rand, p + 3, 8);
	memcpy(a->encrypt_ediv, p + 11, 2);
}

static void reply_ltk(struct explain_keyring *ring, struct explain_attempt *a,
		      const struct explain_packet *packet, bool refuse, const uint8_t *p)
{
	if (!refuse && is_encrypted(a))
		return; /* as above */
	a->ltk_reply = mark_of(packet);
	a->ltk_refused = refuse;
	a->has_reply_key = !refuse && capture_knows(packet, 3 + 2, 16);
	if (a->has_reply_key) {
		memcpy(a->reply_key, p + 2, 16);
		track_keyring_add(ring, a->reply_key);
	}
}

/*
 * The link on which encryption begins, whose central is that end. A pairing that failed has no key:
 * it is of another attempt. The role of an end never changes: if it is the other one, an excerpt
 * has two connections with one handle.
 */
static struct explain_link *link_to_encrypt(struct explain_links *t,
					    const struct explain_packet *packet,
					    struct explain_link *link, uint16_t handle,
					    int8_t central)
{
	if (link->attempt.begun_before && link->attempt.central != EXPLAIN_NOBODY &&
	    link->attempt.central != central) {
		track_link_close(t, link);
		return track_link_join(t, packet, handle);
	}
	if (mark_is_set(&link->attempt.failed))
		track_link_next_attempt(t, link);
	return link;
}

/* Commands of a link; its handle is the first parameter. */
static void link_command(struct explain_links *t, struct explain_keyring *ring,
			 const struct explain_packet *packet, uint16_t opcode, const uint8_t *p,
			 size_t len)
{
	static const struct {
		uint16_t opcode;
		uint8_t length;
		bool le; /* it proves that there is a link of LE, which wants security */
	} commands[] = {
		{HCI_LE_ENABLE_ENCRYPTION, 28, true}, {HCI_LE_LTK_REPLY, 18, true},
		{HCI_LE_LTK_NEGATIVE_REPLY, 2, true}, {HCI_LE_CONNECTION_UPDATE, 14, false},
		{HCI_DISCONNECT, 3, false},
	};
	uint16_t handle = len >= 2 ? bytes_get_le16(p) & 0xfff : 0;
	struct explain_link *link = NULL;
	struct explain_attempt *a;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (commands[i].opcode != opcode || len < commands[i].length)
			continue;
		link = track_link_find(t, packet->source, handle);
		if (link || !capture_knows(packet, COMMAND_HEADER, 2) ||
		    track_link_has_ended(t, packet, handle)) /* they crossed */
			break;
		/* Even on a handle that is known to be of BR/EDR: that is what is wrong then. */
		if (commands[i].le)
			link = track_link_join(t, packet, handle);
		else if (opcode == HCI_DISCONNECT && p[2] == HCI_AUTHENTICATION_FAILURE)
			link = track_link_demand(t, packet, handle);
	}
	if (!link)
		return;
	if (opcode == HCI_LE_ENABLE_ENCRYPTION)
		link = link_to_encrypt(t, packet, link, handle, HOST);
	a = &link->attempt;
	switch (opcode) {
	case HCI_LE_ENABLE_ENCRYPTION:
		start_encryption(ring, link, packet, p);
		break;
	case HCI_LE_LTK_REPLY:
	case HCI_LE_LTK_NEGATIVE_REPLY:
		if (opcode == HCI_LE_LTK_NEGATIVE_REPLY)
			track_link_fail_renewal(t, link);
		reply_ltk(ring, a, packet, opcode == HCI_LE_LTK_NEGATIVE_REPLY, p);
		break;
	case HCI_LE_CONNECTION_UPDATE:
		if (capture_knows(packet, COMMAND_HEADER + 2, 8))
			explain_attempt_add_parameters(a, packet, HOST, bytes_get_le16(p + 2),
						       bytes_get_le16(p + 4), bytes_get_le16(p + 6),
						       bytes_get_le16(p + 8));
		break;
	case HCI_DISCONNECT:
		a->disconnect_ordered = true;
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

	track_bredr_packet(&t->bredr, packet);
	if (!host || !has_parameters(packet, COMMAND_HEADER, &len) || !capture_knows(packet, 0, 2))
		return;
	host_command(t, host, packet, bytes_get_le16(p), p + 3, len);
	link_command(t, ring, packet, bytes_get_le16(p), p + 3, len);
}

/* ---- Connections ----------------------------------------------------------------------------- */

/* Where LE Enhanced Connection Complete has the type of the peer's address. */
enum { IDENTITY_TYPE = 5 };

struct connection {
	uint8_t status, role, peer_type;
	uint16_t handle;
	const uint8_t *peer, *own; /* addresses on air; peer: NULL if it is not known; own: NULL or
				      zero if it is not resolvable */
	const uint8_t *identity;   /* of a peer whose address the controller resolved; NULL */
	uint16_t interval, latency, timeout; /* zero: not known */
};

/* Whether all that is printed of the command is known: of the extended one, only the peer. */
static bool connect_is_printable(const struct explain_host *host)
{
	return host->connect_has_peer &&
	       (host->connect_has_parameters || host->connect_opcode != HCI_LE_CREATE_CONNECTION);
}

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
	before.untimed = host->connecting.untimed;
	explain_attempt_add_step(a, &before, EXPLAIN_LAYER_COMMAND, HOST, host->connect_opcode, p,
				 host->connect_len, connect_is_printable(host));
	if (!host->connect_has_parameters)
		return;
	p += connect_parameters(host->connect_opcode);
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
		host->connecting = (struct explain_mark){0};
		t->cancelled++;
		return;
	}
	host->connect_refused = 0;
	/* What waited for a link was about one before. */
	link = track_link_find(t, packet->source, EXPLAIN_NO_HANDLE);
	if (link) {
		track_link_cut(t, link, EXPLAIN_CUT_BY_ATTEMPT);
	}
	if (!c->status)
		track_bredr_forget(&t->bredr, packet->source, c->handle & 0xfff);
	if (!c->status)
		track_named_forget(t, packet->source, c->handle & 0xfff);
	link = c->status ? track_link_open(t, packet, 0xfff)
			 : track_link_begin(t, packet, c->handle & 0xfff);
	a = &link->attempt;
	explain_attempt_set_central(a, c->role ? PEER : HOST);
	if (!c->role)
		add_connecting(a, host, packet);
	host->connecting = (struct explain_mark){0};
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_EVENT, HOST, code, p, len, true);
	a->connected = mark_of(packet);
	a->connect_status = c->status;
	a->has_interval = !c->status && c->interval;
	a->interval = c->interval;
	a->latency = c->latency;
	a->timeout = c->timeout;
	if (c->peer) {
		a->party[PEER].has_address = true;
		a->party[PEER].address.type = c->peer_type & 1;
		memcpy(a->party[PEER].address.octets, c->peer, 6);
	}
	if (c->identity) {
		a->party[PEER].is_reported = true;
		a->party[PEER].reported.type = p[IDENTITY_TYPE] & 1;
		memcpy(a->party[PEER].reported.octets, c->identity, 6);
	}
	set_own_address(a, host, c);
	if ((c->peer && memcmp(host->pair_address, c->peer, 6) == 0) ||
	    (c->identity && memcmp(host->pair_address, c->identity, 6) == 0))
		a->management.pair = host->pair;
	host->pair = (struct explain_mark){0};
	if (c->status)
		track_link_close(t, link);
}

/* The address that LE (Extended) Create Connection names, unless it uses the filter accept list. */
static void set_wanted_peer(struct explain_attempt *a, const struct explain_host *host)
{
	bool legacy = host->connect_opcode == HCI_LE_CREATE_CONNECTION;
	const uint8_t *p = host->connect_data;

	if (!mark_is_set(&host->connecting) || !host->connect_has_peer || p[legacy ? 4 : 0])
		return;
	a->party[PEER].has_address = true;
	a->party[PEER].address.type = p[legacy ? 5 : 2] & 1;
	memcpy(a->party[PEER].address.octets, p + connect_peer(host->connect_opcode), 6);
}

/* The controller refused to make a connection. Repeated refusals with the same status are one
 * attempt. */
static void connection_refused(struct explain_links *t, struct explain_host *host,
			       const struct explain_packet *packet, uint16_t opcode, uint8_t status)
{
	const uint8_t code = packet->data[0];
	struct explain_attempt *a;
	struct explain_link *link;

	if (host->connect_refused == status) {
		host->connecting = (struct explain_mark){0};
		return;
	}
	host->connect_refused = status;
	link = track_link_open(t, packet, 0xfff);
	a = &link->attempt;
	explain_attempt_set_central(a, HOST);
	add_connecting(a, host, packet);
	set_wanted_peer(a, host);
	host->connecting = (struct explain_mark){0};
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_EVENT, HOST, code,
				 packet->data + EVENT_HEADER, packet->len - EVENT_HEADER, true);
	a->connected = mark_of(packet);
	a->connect_status = status;
	a->connect_refused = opcode;
	track_link_close(t, link);
}

/* LE Connection Complete: 7.7.65.1. */
/* What texts leave out of an event: the peer's address with its type, and the parameters. */
static bool knows_peer(const struct explain_packet *packet)
{
	return capture_knows(packet, EVENT_HEADER + 5, 7);
}

/* Three numbers, or zeros. */
static void set_parameters(struct connection *c, const struct explain_packet *packet, size_t at)
{
	const uint8_t *p = packet->data + EVENT_HEADER + at;

	if (!capture_knows(packet, EVENT_HEADER + at, 6))
		return;
	c->interval = bytes_get_le16(p);
	c->latency = bytes_get_le16(p + 2);
	c->timeout = bytes_get_le16(p + 4);
}

static void connection_complete(struct explain_links *t, struct explain_host *host,
				const struct explain_packet *packet, const uint8_t *p, size_t len)
{
	struct connection c = {
		.status = p[1],
		.handle = bytes_get_le16(p + 2),
		.role = p[4],
		.peer_type = p[5],
		.peer = knows_peer(packet) ? p + 6 : NULL,
	};

	set_parameters(&c, packet, 12);
	connected(t, host, packet, &c, EXPLAIN_SUBEVENT | p[0], p, len);
}

/* LE Enhanced Connection Complete: 7.7.65.10. Resolvable addresses have fields of their own. */
static void enhanced_complete(struct explain_links *t, struct explain_host *host,
			      const struct explain_packet *packet, const uint8_t *p, size_t len)
{
	bool resolvable = capture_knows(packet, EVENT_HEADER + 18, 6) && !bytes_all_zero(p + 18, 6);
	struct connection c = {
		.status = p[1],
		.handle = bytes_get_le16(p + 2),
		.role = p[4],
		.peer_type = resolvable ? 1 : p[5],
		.peer = resolvable	     ? p + 18
			: knows_peer(packet) ? p + 6
					     : NULL,
		.own = capture_knows(packet, EVENT_HEADER + 12, 6) ? p + 12 : NULL,
		/* 2: public identity, 3: random static identity. */
		.identity = resolvable && knows_peer(packet) && p[IDENTITY_TYPE] >> 1 == 1 ? p + 6
											   : NULL,
	};

	set_parameters(&c, packet, 24);
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

static void encryption_changed(struct explain_attempt *a, const struct explain_packet *packet,
			       uint8_t status)
{
	if (mark_is_set(&a->encrypted) && !status)
		return;
	a->encrypted = mark_of(packet);
	a->encrypt_status = status;
}

/*
 * The controller rejected LE Enable Encryption: there is no event. Its answer names no handle: the
 * command is the last one that has no result. A link that is gone ends by its own event.
 */
static void encryption_refused(struct explain_links *t, const struct explain_packet *packet,
			       uint8_t status)
{
	struct explain_link *last = NULL;

	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		const struct explain_attempt *a = &link->attempt;
		if (link->used && !link->over && !a->air && a->source == packet->source &&
		    mark_is_set(&a->encrypt) && !mark_is_set(&a->encrypted) &&
		    (!last || a->encrypt.frame > last->attempt.encrypt.frame))
			last = link;
	}
	if (last && status != HCI_UNKNOWN_CONNECTION)
		encryption_changed(&last->attempt, packet, status);
}

static void command_answered(struct explain_links *t, struct explain_host *host,
			     const struct explain_packet *packet, uint16_t opcode, uint8_t status,
			     const uint8_t *returned, size_t len)
{
	if (status &&
	    (opcode == HCI_LE_CREATE_CONNECTION || opcode == HCI_LE_EXTENDED_CREATE_CONNECTION))
		connection_refused(t, host, packet, opcode, status);
	if (!status && opcode == HCI_LE_ENABLE_ENCRYPTION)
		host->encrypting = mark_of(packet);
	if (status && opcode == HCI_LE_ENABLE_ENCRYPTION)
		encryption_refused(t, packet, status);
	if (status && essential(opcode) && host->refusals < EXPLAIN_REFUSALS)
		host->refused[host->refusals++] =
			(struct explain_refusal){mark_of(packet), opcode, status};
	if (status)
		return;
	/* Of a text, only what it prints is known. */
	const size_t at = (size_t)(returned - packet->data);
	if (opcode == HCI_READ_LOCAL_COMMANDS || opcode == HCI_READ_LOCAL_COMMANDS_V2) {
		const struct hci_command_format *f = hci_command_format(HCI_WRITE_LE_HOST_SUPPORT);
		host->no_le_host = len > f->octet && capture_knows(packet, at, f->octet + 1U) &&
				   !(returned[f->octet] >> f->bit & 1);
	} else if (opcode == HCI_READ_BD_ADDR && len >= 6 && capture_knows(packet, at, 6)) {
		host->has_public = true;
		memcpy(host->public_address, returned, 6);
	} else if (opcode == HCI_READ_LOCAL_FEATURES && len >= 8 && capture_knows(packet, at, 5)) {
		host->has_features = true;
		host->dual_mode = !(returned[4] >> 5 & 1); /* bit 37: BR/EDR Not Supported */
	}
}

static void disconnected(struct explain_attempt *a, const struct explain_packet *packet,
			 uint8_t reason)
{
	a->disconnected = mark_of(packet);
	a->disconnect_reason = reason;
	if (reason == HCI_LOCAL_HOST_TERMINATED)
		a->disconnected_by = HOST;
	else if (reason == HCI_PIN_OR_KEY_MISSING)
		/* Of a peripheral whose host has no key when encryption starts anew: Vol 6 Part B
		 * 5.1.3.1. */
		a->disconnected_by = a->ltk_refused ? HOST : PEER;
	else if (hci_error_is_of_host(reason))
		/* BlueZ's btvirt repeats the reason of the command instead of 0x16. */
		a->disconnected_by = a->disconnect_ordered ? HOST : PEER;
}

/* Why a link that the capture shows only at its end ended: its security, or the air. */
static bool is_telling(uint8_t reason)
{
	switch ((enum hci_error)reason) {
	case HCI_AUTHENTICATION_FAILURE:
	case HCI_PIN_OR_KEY_MISSING:
	case HCI_CONNECTION_TIMEOUT:
	case HCI_MIC_FAILURE:
	case HCI_FAILED_TO_ESTABLISH:
		return true;
	case HCI_SUCCESS:
	case HCI_UNKNOWN_COMMAND:
	case HCI_UNKNOWN_CONNECTION:
	case HCI_CONNECTION_LIMIT:
	case HCI_CONNECTION_EXISTS:
	case HCI_COMMAND_DISALLOWED:
	case HCI_LIMITED_RESOURCES:
	case HCI_REMOTE_USER_TERMINATED:
	case HCI_LOCAL_HOST_TERMINATED:
	case HCI_PAGE_TIMEOUT:
	case HCI_UNSUPPORTED_REMOTE_FEATURE:
	case HCI_LL_RESPONSE_TIMEOUT:
	case HCI_UNACCEPTABLE_PARAMETERS:
		break;
	}
	return false;
}

/*
 * True when an event on an unknown handle shows that security of LE is at stake. Encryption of
 * BR/EDR may be switched off, may use a mode of its own, and follows an authentication (7.7.8).
 * Encryption that succeeded proves nothing, unless le is set: something of LE was seen there.
 * ended: the link of that handle has ended; its last events may come late.
 */
static bool begins_attempt(const struct explain_links *t, const struct explain_packet *packet,
			   uint16_t code, const uint8_t *p, bool le, bool ended)
{
	const bool change = code == HCI_ENCRYPTION_CHANGE || code == HCI_ENCRYPTION_CHANGE_V2;

	/* What failed needs no more than its status and its handle. */
	if (ended || !capture_knows(packet, EVENT_HEADER, 3) ||
	    (!(change && p[0]) && !capture_knows(packet, 0, packet->len)))
		return false;
	switch (code) {
	case HCI_DISCONNECTION_COMPLETE:
		return !p[0] && is_telling(p[3]) &&
		       !track_bredr_has(&t->bredr, packet->source, bytes_get_le16(p + 1)) &&
		       !track_bredr_authenticates(&t->bredr, packet->source) &&
		       /* Any link may be lost; one that was used is no failure. */
		       (p[3] != HCI_CONNECTION_TIMEOUT || (packet->excerpt && !le));
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
		return !track_bredr_authenticates(&t->bredr, packet->source) &&
		       (p[0] || (p[3] == 1 && le));
	case HCI_KEY_REFRESH_COMPLETE:
		return !track_bredr_authenticates(&t->bredr, packet->source) && le;
	case EXPLAIN_SUBEVENT | HCI_LE_LTK_REQUEST:
		return true;
	default:
		return false;
	}
}

/* Encryption on an unknown handle: kept until the transport is known. */
static void keep_encryption(struct explain_links *t, const struct explain_packet *packet,
			    uint16_t handle, uint16_t code, const uint8_t *p, size_t len)
{
	const bool change = code == HCI_ENCRYPTION_CHANGE || code == HCI_ENCRYPTION_CHANGE_V2;

	if (code == HCI_DISCONNECTION_COMPLETE && !p[0])
		track_encryption_forget(t, packet->source, handle);
	if (code == HCI_DISCONNECTION_COMPLETE && !p[0])
		track_named_forget(t, packet->source, handle);
	if ((change || code == HCI_KEY_REFRESH_COMPLETE) && !p[0] && (!change || p[3] == 1) &&
	    capture_knows(packet, 0, packet->len) &&
	    !track_bredr_has(&t->bredr, packet->source, handle) &&
	    !track_bredr_authenticates(&t->bredr, packet->source) &&
	    !track_link_has_ended(t, packet, handle))
		track_encryption_keep(t, packet, handle, code, p, len);
}

/* Notes the end of a connection of LE that nothing else is known of. */
static void note_end(struct explain_links *t, const struct explain_packet *packet, uint16_t handle,
		     const uint8_t *p)
{
	if (!capture_knows(packet, 0, packet->len) ||
	    !track_bredr_is_le(&t->bredr, packet->source, handle))
		return;
	t->ends.count++;
	t->ends.at = mark_of(packet);
	t->ends.reason = p[3];
}

/* True for the result of encryption, good or bad. */
static bool is_encryption(uint16_t code)
{
	return code == HCI_ENCRYPTION_CHANGE || code == HCI_ENCRYPTION_CHANGE_V2 ||
	       code == HCI_KEY_REFRESH_COMPLETE;
}

/* Encryption that was to start anew has a result, good or bad. */
static void end_renewal(struct explain_links *t, struct explain_link *link,
			const struct explain_packet *packet, uint16_t code, const uint8_t *p)
{
	if (code == HCI_DISCONNECTION_COMPLETE && !p[0])
		track_link_end_renewal(t, link, packet, p[3]);
	if (!is_encryption(code))
		return;
	if (p[0])
		track_link_fail_renewal(t, link);
	link->renewal = (struct explain_renewal){0};
}

/* An event of a link, whose handle is at p + at. */
static void link_event(struct explain_links *t, struct explain_host *host,
		       const struct explain_packet *packet, uint16_t code, const uint8_t *p,
		       size_t len, size_t at)
{
	uint16_t handle = bytes_get_le16(p + at) & 0xfff;
	struct explain_link *link = track_link_find(t, packet->source, handle);
	struct explain_attempt *a;
	bool whole;
	/* Only a link that goes on asks for a key. */
	const bool ended = code == (EXPLAIN_SUBEVENT | HCI_LE_LTK_REQUEST)
				   ? track_link_is_left(t, packet, handle)
				   : track_link_has_ended(t, packet, handle);

	if (packet->bredr) {
		enum { CHANNEL = 7 }; /* SMP of BR/EDR, Vol 3 Part A 2.1 */
		track_bredr_frame(&t->bredr, packet, handle, CHANNEL);
		return;
	}
	if (code == (EXPLAIN_SUBEVENT | HCI_LE_LTK_REQUEST))
		track_bredr_forget(&t->bredr, packet->source, handle);
	if (!link && begins_attempt(t, packet, code, p,
				    mark_is_set(&host->encrypting) ||
					    track_bredr_is_le(&t->bredr, packet->source, handle),
				    ended))
		link = track_link_demand(t, packet, handle);
	if (!link) {
		keep_encryption(t, packet, handle, code, p, len);
		if (code == HCI_DISCONNECTION_COMPLETE && !p[0] &&
		    !track_link_note_end(t, packet, handle))
			note_end(t, packet, handle, p);
		return;
	}
	if (code == (EXPLAIN_SUBEVENT | HCI_LE_LTK_REQUEST))
		link = link_to_encrypt(t, packet, link, handle, PEER);
	a = &link->attempt;
	/* The command itself may be missing from an excerpt. */
	if (code == HCI_ENCRYPTION_CHANGE && mark_is_set(&host->encrypting)) {
		explain_attempt_set_central(a, HOST);
		host->encrypting = (struct explain_mark){0};
	}
	/* A result that the capture lacks is no success. Of encryption nothing else counts. */
	whole = capture_knows(packet, EVENT_HEADER, is_encryption(code) ? 1 : len);
	if (is_encryption(code) && !whole) {
		explain_attempt_add_step(a, packet, EXPLAIN_LAYER_EVENT, HOST, code, p, len, whole);
		return;
	}
	end_renewal(t, link, packet, code, p);
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_EVENT, HOST, code, p, len, whole);
	switch (code) {
	case HCI_DISCONNECTION_COMPLETE:
		if (p[0]) /* it did not end */
			break;
		disconnected(a, packet, p[3]);
		track_link_end(t, link);
		break;
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
	case HCI_KEY_REFRESH_COMPLETE:
		encryption_changed(a, packet, p[0]);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_UPDATE_COMPLETE:
		if (p[1] || !capture_knows(packet, EVENT_HEADER + 4, 6))
			break;
		a->interval = bytes_get_le16(p + 4);
		a->latency = bytes_get_le16(p + 6);
		a->timeout = bytes_get_le16(p + 8);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_RATE_CHANGE:
		/* Its interval has another unit, and may be too short for that of the attempt. */
		if (!p[1] && capture_knows(packet, EVENT_HEADER + 12, 2))
			a->timeout = bytes_get_le16(p + 12);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_LTK_REQUEST:
		ask_for_key(link, packet, p);
		break;
	case EXPLAIN_SUBEVENT | HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST:
		if (!capture_knows(packet, EVENT_HEADER + 3, 8))
			break;
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
	track_links_flush(t); /* those that have ended already */
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

/* Subevent, status, handle and role, of which texts have no more at times. */
static bool knows_link(const struct explain_packet *packet)
{
	return capture_knows(packet, EVENT_HEADER, 5);
}

/* A subevent with a handle proves that the link is of LE. */
static void note_le(struct explain_links *t, const struct explain_packet *packet, const uint8_t *p,
		    size_t len)
{
	static const struct {
		uint8_t code, handle;
	} subevents[] = {
		{HCI_LE_CONNECTION_UPDATE_COMPLETE, 2},
		{HCI_LE_REMOTE_FEATURES_COMPLETE, 2},
		{HCI_LE_LTK_REQUEST, 1},
		{HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 1},
		{HCI_LE_DATA_LENGTH_CHANGE, 1},
		{HCI_LE_PHY_UPDATE_COMPLETE, 2},
		{HCI_LE_CHANNEL_SELECTION, 1},
	};

	for (size_t i = 0; i < sizeof(subevents) / sizeof(subevents[0]); i++)
		if (subevents[i].code == p[0] && len >= subevents[i].handle + 2U &&
		    capture_knows(packet, EVENT_HEADER + subevents[i].handle, 2))
			track_bredr_note_le(&t->bredr, packet->source,
					    bytes_get_le16(p + subevents[i].handle) & 0xfff);
}

/* 7.7.65.25: status, and the handle of the CIS. */
static void cis_established(struct explain_links *t, const struct explain_packet *packet,
			    const uint8_t *p, size_t len)
{
	if (len >= 4 && !p[1] && capture_knows(packet, EVENT_HEADER, 4))
		track_bredr_note_audio(&t->bredr, packet->source, bytes_get_le16(p + 2) & 0xfff);
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
		{HCI_LE_CONNECTION_RATE_CHANGE, 14, 2},
	};

	switch (p[0]) {
	case HCI_LE_ADVERTISING_REPORT:
	case HCI_LE_EXTENDED_ADVERTISING_REPORT:
		return;
	case HCI_LE_CONNECTION_COMPLETE:
		if (len >= 19 && knows_link(packet))
			connection_complete(t, host, packet, p, len);
		return;
	case HCI_LE_ENHANCED_CONNECTION_COMPLETE:
	case LE_ENHANCED_CONNECTION_COMPLETE_V2:
		if (len >= 31 && knows_link(packet))
			enhanced_complete(t, host, packet, p, len);
		return;
	case LE_CIS_ESTABLISHED:
	case LE_CIS_ESTABLISHED_V2:
		cis_established(t, packet, p, len);
		return;
	default:
		break;
	}
	note_le(t, packet, p, len);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].code == p[0] && len >= events[i].least)
			link_event(t, host, packet, EXPLAIN_SUBEVENT | p[0], p, len,
				   events[i].handle);
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
			command_answered(t, host, packet, bytes_get_le16(p + 3), p[5], p + 6,
					 len - 4);
		break;
	case HCI_COMMAND_STATUS:
		if (len >= 4)
			command_answered(t, host, packet, bytes_get_le16(p + 4), p[2], NULL, 0);
		break;
	case HCI_DISCONNECTION_COMPLETE:
	case HCI_ENCRYPTION_CHANGE:
	case HCI_ENCRYPTION_CHANGE_V2:
	case HCI_KEY_REFRESH_COMPLETE:
		if (len >= (p[0] == HCI_KEY_REFRESH_COMPLETE ? 3U : 4U))
			link_event(t, host, packet, p[0], p + 2, len, 1);
		break;
	default:
		break;
	}
	track_bredr_packet(&t->bredr, packet);
}
