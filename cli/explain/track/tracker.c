/* SPDX-License-Identifier: MIT */
#include "track/tracker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyse/recompute.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "track/hci_events.h"
#include "track/management.h"

void track_init(struct explain_tracker *t,
		void (*finished)(void *ctx, const struct explain_attempt *attempt), void *ctx)
{
	t->links.finished = finished;
	t->links.ctx = ctx;
	t->searches = EXPLAIN_SEARCHES;
	track_link_layer_init(&t->air);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static void take_frame(struct explain_tracker *t, const struct explain_packet *packet,
		       struct explain_link *link, int8_t from, const struct l2cap_frame *frame,
		       bool whole)
{
	if (frame->cid == L2CAP_CID_SMP) {
		if (whole && frame->len == 17 && frame->payload[0] == SMP_ENCRYPTION_INFORMATION)
			track_keyring_add(&t->air.keyring, frame->payload + 1);
		if (explain_attempt_begins(&link->attempt, frame->payload, frame->len))
			track_link_next_attempt(&t->links, link);
		explain_attempt_add_smp(&link->attempt, packet, from, frame->payload, frame->len,
					whole);
	} else if (frame->cid == L2CAP_CID_SIGNALING) {
		explain_attempt_add_signal(&link->attempt, packet, from, frame->payload, frame->len,
					   whole);
	} else if (frame->cid == L2CAP_CID_ATT && whole &&
		   explain_att_demands_security(frame->payload, frame->len)) {
		if (mark_is_set(&link->attempt.failed) ||
		    (mark_is_set(&link->attempt.encrypted) && !link->attempt.pairing))
			track_link_next_attempt(&t->links, link);
		explain_attempt_add_att(&link->attempt, packet, from, frame->payload, frame->len);
	}
}

/* Which of the first octets at p, within the packet, are known; see struct explain_step. */
static uint8_t known_octets(const struct explain_packet *packet, const uint8_t *p, size_t len)
{
	size_t at = (size_t)(p - packet->data);
	uint8_t known = 0;

	for (size_t i = 0; i < capture_least(len, 8); i++)
		if (!packet->known || packet->known[at + i])
			known |= (uint8_t)(1 << i);
	return known;
}

/* The captured part of a frame that the capture cut, so that the ladder shows it. */
static void take_cut_frame(struct explain_tracker *t, const struct explain_packet *packet,
			   struct explain_link *link, int8_t from, const uint8_t *data, size_t len)
{
	struct l2cap_frame frame = {bytes_get_le16(data + 2), data + L2CAP_HEADER,
				    len - L2CAP_HEADER};

	take_frame(t, packet, link, from, &frame, false);
	if (frame.cid == L2CAP_CID_SMP && data >= packet->data &&
	    data + len <= packet->data + packet->len)
		explain_attempt_note_known(&link->attempt,
					   known_octets(packet, frame.payload, frame.len));
}

/* Fixed channels of BR/EDR, Vol 3 Part A Table 2.1. */
enum { BREDR_SIGNALING = 1, BREDR_SMP = 7 };

/* data begins with the header of a frame, captured whole. Of ATT only errors matter. */
static bool of_interest(const uint8_t *data, size_t len)
{
	uint16_t cid = bytes_get_le16(data + 2);

	return cid == L2CAP_CID_SMP || cid == L2CAP_CID_SIGNALING ||
	       (cid == L2CAP_CID_ATT &&
		explain_att_demands_security(data + L2CAP_HEADER, len - L2CAP_HEADER));
}

/* One fragment of L2CAP. begins: it is the first of its frame; whole: it was captured whole. */
static void take_fragment(struct explain_tracker *t, const struct explain_packet *packet,
			  struct explain_link *link, int8_t from, bool begins, const uint8_t *data,
			  size_t len, bool whole)
{
	const size_t way = from == EXPLAIN_NOBODY ? 0 : (size_t)from;
	struct l2cap_frame frame;
	bool dropped;

	if (begins && len >= L2CAP_HEADER) {
		link->skipping[way] = !of_interest(data, len);
		link->attempt.att_frames += bytes_get_le16(data + 2) == L2CAP_CID_ATT;
		if (!link->skipping[way] && !whole) {
			take_cut_frame(t, packet, link, from, data, len);
			link->skipping[way] = true;
		}
	} else if (begins) {
		link->skipping[way] = false;
	}
	if (link->skipping[way])
		return;
	if (l2cap_receive(&link->l2cap[way], begins ? L2CAP_PB_FIRST : L2CAP_PB_CONTINUING, data,
			  len, &frame, &dropped) == L2CAP_FRAME)
		take_frame(t, packet, link, from, &frame, whole);
}

/* ---- Packets --------------------------------------------------------------------------------- */

/*
 * A fixed channel of BR/EDR proves what the link is; on an unknown one, any channel not of LE does.
 * A text may say that a packet is of BR/EDR.
 */
static void note_channel(struct explain_tracker *t, const struct explain_packet *packet,
			 uint16_t handle, const struct explain_link *link, bool begins,
			 const uint8_t *data, size_t len)
{
	uint16_t cid = begins && len >= L2CAP_HEADER ? bytes_get_le16(data + 2) : 0;

	if (packet->bredr && cid != BREDR_SIGNALING)
		cid = BREDR_SMP;
	if (cid == BREDR_SIGNALING || cid == BREDR_SMP || (cid && !link))
		track_bredr_frame(&t->links.bredr, packet, handle, cid);
}

/* The frame proves that a link, of which only an encryption was seen, is of LE. */
static bool completes_encryption(const struct explain_tracker *t,
				 const struct explain_packet *packet, uint16_t handle)
{
	return track_encryption_has(&t->links, packet->source, handle & 0xfff) &&
	       track_bredr_is_le(&t->links.bredr, packet->source, handle & 0xfff);
}

/*
 * Controllers of some makers send their logs as ACL data, with a handle of their own: Linux
 * drivers/bluetooth/hci_qca.c (Qualcomm) and btmtk.c (MediaTek), which keep it from btmon.
 */
static bool is_log_of_maker(uint16_t handle_flags)
{
	return handle_flags == 0x2edc || handle_flags == 0x05ff || handle_flags == 0x05fe ||
	       handle_flags == 0xfc6f;
}

/* handle and flags, length, data: Core Vol 4 Part E 5.4.2. */
static void take_acl(struct explain_tracker *t, const struct explain_packet *packet)
{
	const uint8_t *p = packet->data;
	int8_t from = packet->way == EXPLAIN_WAY_UNKNOWN ? EXPLAIN_NOBODY
							 : packet->way == EXPLAIN_RECEIVED;
	struct explain_link *link;
	uint16_t handle_flags;
	bool begins;
	size_t len;

	if (packet->len < 4)
		return;
	handle_flags = bytes_get_le16(p);
	begins = (handle_flags >> 12 & 3) != L2CAP_PB_CONTINUING;
	len = capture_least(bytes_get_le16(p + 2), packet->len - 4);
	link = track_link_find(&t->links, packet->source, handle_flags & 0xfff);
	if (!link && packet->way == EXPLAIN_RECEIVED)
		link = track_link_late(&t->links, packet, handle_flags & 0xfff);
	if (!link && !packet->excerpt && packet->way != EXPLAIN_SENT &&
	    is_log_of_maker(handle_flags) &&
	    !track_bredr_has(&t->links.bredr, packet->source, handle_flags & 0xfff))
		return;
	note_channel(t, packet, handle_flags & 0xfff, link, begins, p + 4, len);
	if (!link) {
		if (packet->bredr || !begins || len < L2CAP_HEADER ||
		    (!of_interest(p + 4, len) && !completes_encryption(t, packet, handle_flags)) ||
		    track_link_is_left(&t->links, packet, handle_flags & 0xfff) ||
		    /* The controller discards it. */
		    (packet->way == EXPLAIN_SENT &&
		     track_link_has_ended(&t->links, packet, handle_flags & 0xfff)))
			return;
		link = track_link_join(&t->links, packet, handle_flags & 0xfff);
	}
	if (from == 1 && !link->over && mark_is_set(&link->attempt.encrypted) &&
	    !link->attempt.encrypt_status && !mark_is_set(&link->renewal.request) &&
	    !mark_is_set(&link->attempt.key_proved) &&
	    !track_may_be_late(&link->attempt.encrypted, packet))
		link->attempt.key_proved = mark_of(packet);
	take_fragment(t, packet, link, from, begins, p + 4, len,
		      packet->original <= packet->len && capture_knows(packet, 0, packet->len));
}

/* Encryption begins: adds the key that the pairing so far leads to. */
static void learn_key(struct explain_tracker *t, struct explain_attempt *a)
{
	struct explain_attempt so_far;
	struct explain_facts facts;

	explain_attempt_copy(&so_far, a);
	explain_attempt_finalize(&so_far);
	analyse_recompute(&so_far, &t->searches, &facts);
	a->has_passkey = facts.has_tk[EXPLAIN_I];
	a->passkey = facts.passkey[EXPLAIN_I];
	if (facts.has_stk)
		track_keyring_add(&t->air.keyring, facts.stk);
	if (facts.has_ltk)
		track_keyring_add(&t->air.keyring, facts.ltk);
	explain_attempt_wipe(&so_far);
	bytes_wipe(&facts, sizeof(facts));
}

static void take_control(struct explain_tracker *t, const struct explain_packet *packet,
			 struct explain_link *link, int8_t from, const uint8_t *p, size_t len)
{
	struct explain_attempt *a = &link->attempt;
	const struct explain_mark mark = {packet->number, packet->time_us, packet->untimed};
	uint8_t identifiers[8 + 2] = {0};

	if (len == 0)
		return;
	explain_attempt_note_control(a, packet, from, p, len);
	switch ((enum explain_control)p[0]) {
	case EXPLAIN_LL_ENC_REQ:
		/* A text may not have the identifiers of the key. */
		if (packet->original < 2 + 1 + sizeof(identifiers))
			break;
		if (len >= 1 + sizeof(identifiers))
			memcpy(identifiers, p + 1, sizeof(identifiers));
		if (mark_is_set(&a->encrypted) && !a->encrypt_status) {
			link->renewal = (struct explain_renewal){.request = mark, .of_host = true};
			memcpy(link->renewal.rand, identifiers, 8);
			memcpy(link->renewal.ediv, identifiers + 8, 2);
		} else {
			a->encrypt = mark;
			a->encrypted = (struct explain_mark){0}; /* a refusal of before */
			a->encrypt_status = 0;
			memcpy(a->encrypt_rand, identifiers, 8);
			memcpy(a->encrypt_ediv, identifiers + 8, 2);
		}
		break;
	case EXPLAIN_LL_START_ENC_RSP:
		if (from == 1 && !mark_is_set(&a->encrypted))
			a->encrypted = mark;
		break;
	case EXPLAIN_LL_REJECT:
	case EXPLAIN_LL_REJECT_EXT:
		if (p[0] == EXPLAIN_LL_REJECT || (len > 2 && p[1] == EXPLAIN_LL_ENC_REQ))
			track_link_fail_renewal(&t->links, link);
		/* The request may be missing: the refusal names it. */
		if ((mark_is_set(&a->encrypt) || p[0] == EXPLAIN_LL_REJECT_EXT) &&
		    !mark_is_set(&a->encrypted) &&
		    (p[0] == EXPLAIN_LL_REJECT || (len > 2 && p[1] == EXPLAIN_LL_ENC_REQ))) {
			a->encrypted = mark;
			a->encrypt_status = p[len > 2 ? 2 : len - 1];
		}
		break;
	case EXPLAIN_LL_TERMINATE:
		track_link_end_renewal(&t->links, link, packet, len > 1 ? p[1] : 0);
		a->disconnected = mark;
		a->disconnected_by = from;
		a->disconnect_reason = len > 1 ? p[1] : 0;
		break;
	case EXPLAIN_LL_ENC_RSP:
		learn_key(t, a);
		break;
	case EXPLAIN_LL_START_ENC_REQ:
		break;
	case EXPLAIN_LL_CONNECTION_UPDATE:
	case EXPLAIN_LL_PAUSE_ENC_REQ:
	case EXPLAIN_LL_PAUSE_ENC_RSP:
	default:
		return; /* of no interest for pairing */
	}
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_LL, from, p[0], p, len, true);
	if (p[0] == EXPLAIN_LL_TERMINATE)
		track_link_close(&t->links, link);
}

static void connected(struct explain_tracker *t, const struct explain_packet *packet,
		      const struct explain_link_layer_connection *from)
{
	struct explain_attempt *a =
		&track_link_open(&t->links, packet, from->access_address)->attempt;

	explain_attempt_set_central(a, 0);
	a->connected = mark_of(packet);
	a->first = a->last = a->connected;
	a->clock = packet->clock;
	a->has_interval = true;
	a->interval = from->interval;
	a->latency = from->latency;
	a->timeout = from->timeout;
	a->party[0].has_address = a->party[1].has_address = true;
	a->party[0].address.type = from->central_type;
	a->party[1].address.type = from->peripheral_type;
	memcpy(a->party[0].address.octets, from->central, 6);
	memcpy(a->party[1].address.octets, from->peripheral, 6);
	explain_attempt_add_parameters(a, packet, 0, from->interval, from->interval, from->latency,
				       from->timeout);
}

/* An encrypted PDU was decrypted. */
static void note_decrypted(struct explain_attempt *a, const struct explain_packet *packet,
			   const struct explain_link_layer_event *event)
{
	if (!a->has_encrypt_key && event->link->session.has_key && mark_is_set(&a->encrypt)) {
		a->has_encrypt_key = true;
		memcpy(a->encrypt_key, event->link->session.ltk, 16);
	}
	/* The sniffer may have missed the peripheral's LL_START_ENC_RSP, which answers the
	 * central's and begins all else. */
	if ((event->way == EXPLAIN_PERIPHERAL || event->kind != EXPLAIN_LINK_LAYER_CONTROL ||
	     event->data[0] != EXPLAIN_LL_START_ENC_RSP) &&
	    mark_is_set(&a->encrypt) && !mark_is_set(&a->encrypted))
		a->encrypted = mark_of(packet);
	if (!event->lost || mark_is_set(&a->missing))
		return;
	a->missing = mark_of(packet);
	(void)snprintf(a->missing_text, sizeof(a->missing_text),
		       "%u encrypted PDU%s not captured before frame %" PRIu64,
		       (unsigned)event->lost, event->lost == 1 ? " was" : "s were", packet->number);
}

static void take_air(struct explain_tracker *t, const struct explain_packet *packet)
{
	struct explain_link_layer_event event;
	struct explain_link *link;
	int8_t from;

	track_link_layer_take(&t->air, packet, &event);
	if (event.kind == EXPLAIN_LINK_LAYER_NOTHING)
		return;
	if (event.kind == EXPLAIN_LINK_LAYER_CONNECTED) {
		connected(t, packet, event.link);
		return;
	}
	link = track_link_find_on_air(&t->links, event.link->access_address);
	if (!link) {
		if (track_link_is_left(&t->links, packet, event.link->access_address))
			return;
		link = track_link_open(&t->links, packet, event.link->access_address);
		link->attempt.begun_before = true;
	}
	from = event.way == EXPLAIN_WAY_UNKNOWN ? EXPLAIN_NOBODY : event.way == EXPLAIN_PERIPHERAL;
	if (!mark_is_set(&link->attempt.encrypt))
		link->attempt.unheard = event.link->missed;
	if (event.encrypted && event.kind != EXPLAIN_LINK_LAYER_ENCRYPTED)
		note_decrypted(&link->attempt, packet, &event);
	/* The peripheral encrypts last: encryption has started anew. */
	if (event.encrypted && from != 0)
		link->renewal = (struct explain_renewal){0};
	switch (event.kind) {
	case EXPLAIN_LINK_LAYER_FRAGMENT:
		take_fragment(t, packet, link, from, event.first, event.data, event.len,
			      capture_knows(packet, 0, packet->len));
		break;
	case EXPLAIN_LINK_LAYER_CONTROL:
		take_control(t, packet, link, from, event.data, event.len);
		break;
	case EXPLAIN_LINK_LAYER_ENCRYPTED:
		/* An end sends encrypted PDUs only after the other end has agreed to encrypt. */
		link->attempt.unreadable = true;
		link->attempt.last = mark_of(packet);
		if (mark_is_set(&link->attempt.encrypt) && !mark_is_set(&link->attempt.encrypted))
			link->attempt.encrypted = link->attempt.last;
		break;
	case EXPLAIN_LINK_LAYER_NOTHING:
	case EXPLAIN_LINK_LAYER_CONNECTED:
		break;
	}
}

static void take_note(struct explain_tracker *t, const struct explain_packet *packet)
{
	struct explain_host *host;

	track_management_note(&t->links, packet);
	if (packet->note == EXPLAIN_NOTE_REMOVED) {
		track_host_remove(&t->links, packet->source);
		return;
	}
	host = track_host_of(&t->links, packet->source);
	if (host && !bytes_all_zero(packet->address, 6)) {
		host->has_public = true;
		memcpy(host->public_address, packet->address, 6);
	}
}

/* A text names the peer of a link whose connection it does not have. */
static void note_peer(struct explain_tracker *t, const struct explain_packet *packet)
{
	enum { PEER = 1 };
	struct explain_link *link = track_link_find(&t->links, packet->source, packet->peer_handle);
	struct explain_party *peer;

	if (!link)
		link = track_link_late(&t->links, packet, packet->peer_handle);
	if (!link && packet->data[0] != HCI_DISCONNECTION_COMPLETE)
		track_named_keep(&t->links, packet);
	if (!link || link->attempt.party[PEER].has_address)
		return;
	peer = &link->attempt.party[PEER];
	peer->has_address = true;
	peer->address.type = packet->peer_is_random;
	memcpy(peer->address.octets, packet->address, 6);
}

/* Any attempt under way may have gone on in the packets that are missing. */
static void mark_missing(struct explain_tracker *t, const struct explain_packet *packet)
{
	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_attempt *a = &t->links.links[i].attempt;
		if (!t->links.links[i].used)
			continue;
		a->missing_last = mark_of(packet);
		if (mark_is_set(&a->missing))
			continue;
		a->missing = mark_of(packet);
		(void)snprintf(a->missing_text, sizeof(a->missing_text), "%s", packet->missing);
	}
}

void track_packet(struct explain_tracker *t, const struct explain_packet *packet)
{
	t->packets++;
	if (packet->kind != EXPLAIN_MANAGEMENT && packet->kind != EXPLAIN_NOTE)
		track_links_pass(&t->links, packet);
	if (packet->kind != EXPLAIN_AIR && packet->kind != EXPLAIN_NOTE)
		track_host_moment(&t->links, packet);
	if (packet->missing)
		mark_missing(t, packet);
	switch (packet->kind) {
	case EXPLAIN_ACL:
		take_acl(t, packet);
		break;
	case EXPLAIN_EVENT:
		track_event(&t->links, packet);
		if (packet->has_peer)
			note_peer(t, packet);
		break;
	case EXPLAIN_COMMAND:
		track_command(&t->links, &t->air.keyring, packet);
		break;
	case EXPLAIN_AIR:
		take_air(t, packet);
		break;
	case EXPLAIN_NOTE:
		take_note(t, packet);
		break;
	case EXPLAIN_MANAGEMENT:
		track_management(&t->links, packet);
		break;
	}
}

void track_end(struct explain_tracker *t)
{
	track_links_close(&t->links);
	bytes_wipe(&t->air, sizeof(t->air));
}
