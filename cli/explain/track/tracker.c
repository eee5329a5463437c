/* SPDX-License-Identifier: MIT */
#include "track/tracker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyse/recompute.h"
#include "crypto/bytes.h"
#include "smp/pdu.h"

void track_init(struct explain_tracker *t,
		void (*finished)(void *ctx, const struct explain_attempt *attempt), void *ctx)
{
	t->finished = finished;
	t->ctx = ctx;
	t->searches = EXPLAIN_SEARCHES;
	track_air_init(&t->air);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* A handle has 12 bits, an index of a controller is small; of the air, the access address. 0: none.
 */
static uint32_t key_of(bool air, uint16_t source, uint32_t handle)
{
	return air ? handle | 1U << 31 : (handle & 0xfff) | (uint32_t)source << 12 | 1U << 30;
}

static struct explain_link *find(struct explain_tracker *t, uint32_t key)
{
	for (size_t i = 0; i < EXPLAIN_LINKS; i++)
		if (t->keys[i] == key)
			return &t->links[i];
	return NULL;
}

struct explain_link *track_link_find(struct explain_tracker *t, uint16_t source, uint32_t handle)
{
	return find(t, key_of(false, source, handle));
}

static void tell(struct explain_tracker *t, struct explain_attempt *a)
{
	const struct explain_host *host = a->air ? NULL : track_host_of(t, a->source);

	/* What the host did and learned meanwhile counts too: it may ask for its address late. */
	if (host)
		a->host = *host;
	if (a->near != EXPLAIN_NOBODY && !a->party[a->near].has_address && a->host.has_public) {
		a->party[a->near].has_address = true;
		memcpy(a->party[a->near].address.octets, a->host.public_address, 6);
	}
	attempt_finalize(a);
	t->finished(t->ctx, a);
}

void track_link_close(struct explain_tracker *t, struct explain_link *link)
{
	if (!link->used)
		return;
	t->keys[link - t->links] = 0;
	tell(t, &link->attempt);
	bytes_wipe(link, sizeof(*link));
}

/* A free place, or that of the link that was silent longest. */
static struct explain_link *place(struct explain_tracker *t)
{
	struct explain_link *oldest = &t->links[0];

	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (!link->used)
			return link;
		if (link->attempt.last.frame < oldest->attempt.last.frame)
			oldest = link;
	}
	oldest->attempt.cut = true;
	track_link_close(t, oldest);
	return oldest;
}

static void begin(struct explain_tracker *t, struct explain_attempt *a)
{
	a->used = true;
	a->id = ++t->attempts;
	a->failed_by = a->after_by = a->length_by = EXPLAIN_NOBODY;
	a->disconnected_by = a->signaling.wrong_by = a->signaling.result_by = EXPLAIN_NOBODY;
}

struct explain_link *track_link_open(struct explain_tracker *t, const struct explain_packet *packet,
				     uint32_t handle)
{
	bool air = packet->kind == EXPLAIN_AIR;
	uint32_t key = key_of(air, packet->source, handle);
	struct explain_link *link = find(t, key);

	if (link) {
		link->attempt.cut = true;
		track_link_close(t, link);
	}
	link = place(t);
	link->used = true;
	t->keys[link - t->links] = key;
	t->connections++;
	begin(t, &link->attempt);
	link->attempt.air = air;
	link->attempt.near = air ? EXPLAIN_NOBODY : 0;
	link->attempt.central = EXPLAIN_NOBODY;
	link->attempt.source = packet->source;
	link->attempt.handle = (uint16_t)handle;
	return link;
}

/* Another attempt on the same connection: what the connection is stays, all else begins anew. */
static void begin_again(struct explain_tracker *t, struct explain_link *link)
{
	struct explain_attempt was = link->attempt;
	struct explain_attempt *a = &link->attempt;

	a->overtaken = true;
	tell(t, a);
	memset(a, 0, sizeof(*a));
	begin(t, a);
	a->air = was.air;
	a->near = was.near;
	a->central = was.central;
	a->source = was.source;
	a->handle = was.handle;
	a->connected = was.connected;
	a->has_interval = was.has_interval;
	a->interval = was.interval;
	a->latency = was.latency;
	a->timeout = was.timeout;
	a->begun_before = was.begun_before;
	for (size_t i = 0; i < 2; i++) {
		a->party[i].has_address = was.party[i].has_address;
		a->party[i].address = was.party[i].address;
	}
	bytes_wipe(&was, sizeof(was));
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static void take_frame(struct explain_tracker *t, const struct explain_packet *packet,
		       struct explain_link *link, int8_t from, const struct l2cap_frame *frame,
		       bool whole)
{
	if (frame->cid == L2CAP_CID_SMP) {
		if (whole && frame->len == 17 && frame->payload[0] == SMP_ENCRYPTION_INFORMATION)
			track_keyring_add(&t->air.keyring, frame->payload + 1);
		if (whole && attempt_begins(&link->attempt, frame->payload, frame->len))
			begin_again(t, link);
		attempt_add_smp(&link->attempt, packet, from, frame->payload, frame->len, whole);
	} else if (frame->cid == L2CAP_CID_SIGNALING) {
		attempt_add_signal(&link->attempt, packet, from, frame->payload, frame->len, whole);
	}
}

/* A frame that the capture cut: what there is of it, so that the ladder has no hole. */
static void take_torn(struct explain_tracker *t, const struct explain_packet *packet,
		      struct explain_link *link, int8_t from, const uint8_t *data, size_t len)
{
	struct l2cap_frame frame = {bytes_get_le16(data + 2), data + L2CAP_HEADER,
				    len - L2CAP_HEADER};

	take_frame(t, packet, link, from, &frame, false);
}

static bool of_interest(uint16_t cid)
{
	return cid == L2CAP_CID_SMP || cid == L2CAP_CID_SIGNALING;
}

/* One fragment of L2CAP; begins: it is the first of its frame; whole: nothing was cut off it. */
static void take_fragment(struct explain_tracker *t, const struct explain_packet *packet,
			  struct explain_link *link, int8_t from, bool begins, const uint8_t *data,
			  size_t len, bool whole)
{
	struct l2cap_frame frame;
	bool dropped;

	if (begins && len >= L2CAP_HEADER) {
		uint16_t cid = bytes_get_le16(data + 2);
		link->skipping[from] = !of_interest(cid);
		link->attempt.att_frames += cid == L2CAP_CID_ATT;
		if (!link->skipping[from] && !whole) {
			l2cap_init(&link->l2cap[from]);
			take_torn(t, packet, link, from, data, len);
			link->skipping[from] = true;
		}
	} else if (begins) {
		link->skipping[from] = false;
	}
	if (link->skipping[from])
		return;
	if (l2cap_receive(&link->l2cap[from], begins ? L2CAP_PB_FIRST : L2CAP_PB_CONTINUING, data,
			  len, &frame, &dropped) == L2CAP_FRAME)
		take_frame(t, packet, link, from, &frame, whole);
}

/* ---- Packets --------------------------------------------------------------------------------- */

/* handle and flags, length, data: Core Vol 4 Part E 5.4.2. */
static void take_acl(struct explain_tracker *t, const struct explain_packet *packet)
{
	const uint8_t *p = packet->data;
	int8_t from = packet->way == EXPLAIN_RECEIVED;
	struct explain_link *link;
	uint16_t head;
	bool begins;
	size_t len;

	if (packet->len < 4)
		return;
	head = bytes_get_le16(p);
	begins = (head >> 12 & 3) != L2CAP_PB_CONTINUING;
	link = track_link_find(t, packet->source, head & 0xfff);
	if (!link) {
		if (!begins || packet->len < 8 || !of_interest(bytes_get_le16(p + 6)))
			return;
		link = track_link_open(t, packet, head & 0xfff);
		link->attempt.begun_before = true;
	}
	len = bytes_get_le16(p + 2);
	if (len > packet->len - 4)
		len = packet->len - 4;
	take_fragment(t, packet, link, from, begins, p + 4, len,
		      packet->original <= packet->len && capture_knows(packet, 0, packet->len));
}

/* What the pairing so far says of the key that encryption begins with. */
static void learn_key(struct explain_tracker *t, struct explain_attempt *a)
{
	struct explain_attempt settled = *a;
	struct explain_facts facts;

	attempt_finalize(&settled);
	analyse_recompute(&settled, &t->searches, &facts);
	a->has_passkey = facts.has_tk[EXPLAIN_I];
	a->passkey = facts.passkey[EXPLAIN_I];
	if (facts.has_stk)
		track_keyring_add(&t->air.keyring, facts.stk);
	if (facts.has_ltk)
		track_keyring_add(&t->air.keyring, facts.ltk);
	bytes_wipe(&settled, sizeof(settled));
	bytes_wipe(&facts, sizeof(facts));
}

static void take_control(struct explain_tracker *t, const struct explain_packet *packet,
			 struct explain_link *link, int8_t from, const uint8_t *p, size_t len)
{
	struct explain_attempt *a = &link->attempt;
	const struct explain_mark mark = {packet->number, packet->time_us};

	if (len == 0)
		return;
	switch ((enum explain_control)p[0]) {
	case EXPLAIN_LL_ENC_REQ:
		if (len >= 11 && !mark_is_set(&a->encrypted)) {
			a->encrypt = mark;
			memcpy(a->encrypt_rand, p + 1, 8);
			memcpy(a->encrypt_ediv, p + 9, 2);
		}
		break;
	case EXPLAIN_LL_START_ENC_RSP:
		if (from == 1 && !mark_is_set(&a->encrypted))
			a->encrypted = mark;
		break;
	case EXPLAIN_LL_REJECT:
	case EXPLAIN_LL_REJECT_EXT:
		if (mark_is_set(&a->encrypt) && !mark_is_set(&a->encrypted) &&
		    (p[0] == EXPLAIN_LL_REJECT || (len > 2 && p[1] == EXPLAIN_LL_ENC_REQ))) {
			a->encrypted = mark;
			a->encrypt_status = p[len > 2 ? 2 : len - 1];
		}
		break;
	case EXPLAIN_LL_TERMINATE:
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
	attempt_add_step(a, packet, EXPLAIN_LAYER_LL, from, p[0], p, len, true);
	if (p[0] == EXPLAIN_LL_TERMINATE)
		track_link_close(t, link);
}

static void air_connected(struct explain_tracker *t, const struct explain_packet *packet,
			  const struct explain_air_link *from)
{
	struct explain_attempt *a = &track_link_open(t, packet, from->access_address)->attempt;

	attempt_set_central(a, 0);
	a->connected = (struct explain_mark){packet->number, packet->time_us};
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
	attempt_add_parameters(a, packet, 0, from->interval, from->interval, from->latency,
			       from->timeout);
}

/* An encrypted PDU could be read. */
static void note_decrypted(struct explain_attempt *a, const struct explain_packet *packet,
			   const struct explain_air_happening *h)
{
	if (!a->has_encrypt_key && h->link->session.has_key && mark_is_set(&a->encrypt)) {
		a->has_encrypt_key = true;
		memcpy(a->encrypt_key, h->link->session.ltk, 16);
	}
	/* The peripheral's LL_START_ENC_RSP need not have been heard. */
	if (h->way == EXPLAIN_PERIPHERAL && mark_is_set(&a->encrypt) && !mark_is_set(&a->encrypted))
		a->encrypted = (struct explain_mark){packet->number, packet->time_us};
	if (!h->lost || mark_is_set(&a->missing))
		return;
	a->missing = (struct explain_mark){packet->number, packet->time_us};
	(void)snprintf(a->missing_text, sizeof(a->missing_text),
		       "%u encrypted PDU%s not heard before frame %" PRIu64, (unsigned)h->lost,
		       h->lost == 1 ? " was" : "s were", packet->number);
}

static void take_air(struct explain_tracker *t, const struct explain_packet *packet)
{
	struct explain_air_happening h;
	struct explain_link *link;
	int8_t from;

	track_air_take(&t->air, packet, &h);
	if (h.kind == EXPLAIN_AIR_NOTHING || !h.link)
		return;
	if (h.kind == EXPLAIN_AIR_CONNECTED) {
		air_connected(t, packet, h.link);
		return;
	}
	link = find(t, key_of(true, 0, h.link->access_address));
	if (!link) {
		link = track_link_open(t, packet, h.link->access_address);
		link->attempt.begun_before = true;
	}
	from = h.way == EXPLAIN_PERIPHERAL;
	if (h.encrypted && h.kind != EXPLAIN_AIR_ENCRYPTED)
		note_decrypted(&link->attempt, packet, &h);
	switch (h.kind) {
	case EXPLAIN_AIR_FRAGMENT:
		take_fragment(t, packet, link, from, h.first, h.data, h.len, true);
		break;
	case EXPLAIN_AIR_CONTROL:
		take_control(t, packet, link, from, h.data, h.len);
		break;
	case EXPLAIN_AIR_ENCRYPTED:
		/* Nobody goes on in cipher that the other end refused. */
		link->attempt.unreadable = true;
		link->attempt.last = (struct explain_mark){packet->number, packet->time_us};
		if (mark_is_set(&link->attempt.encrypt) && !mark_is_set(&link->attempt.encrypted))
			link->attempt.encrypted = link->attempt.last;
		break;
	case EXPLAIN_AIR_NOTHING:
	case EXPLAIN_AIR_CONNECTED:
		break;
	}
}

static void take_note(struct explain_tracker *t, const struct explain_packet *packet)
{
	struct explain_host *host = track_host_of(t, packet->source);

	if (host && !bytes_all_zero(packet->address, 6)) {
		host->has_public = true;
		memcpy(host->public_address, packet->address, 6);
	}
}

/* Something is missing: whatever is going on may have gone on there. */
static void mark_missing(struct explain_tracker *t, const struct explain_packet *packet)
{
	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_attempt *a = &t->links[i].attempt;
		if (!t->links[i].used || mark_is_set(&a->missing))
			continue;
		a->missing = (struct explain_mark){packet->number, packet->time_us};
		(void)snprintf(a->missing_text, sizeof(a->missing_text), "%s", packet->missing);
	}
}

void track_packet(struct explain_tracker *t, const struct explain_packet *packet)
{
	t->packets++;
	t->clock = packet->clock;
	if (packet->missing)
		mark_missing(t, packet);
	switch (packet->kind) {
	case EXPLAIN_ACL:
		take_acl(t, packet);
		break;
	case EXPLAIN_EVENT:
		track_event(t, packet);
		break;
	case EXPLAIN_COMMAND:
		track_command(t, packet);
		break;
	case EXPLAIN_AIR:
		take_air(t, packet);
		break;
	case EXPLAIN_NOTE:
		take_note(t, packet);
		break;
	}
}

void track_end(struct explain_tracker *t)
{
	/* In the order in which they began. */
	for (;;) {
		struct explain_link *next = NULL;
		for (size_t i = 0; i < EXPLAIN_LINKS; i++)
			if (t->links[i].used &&
			    (!next || t->links[i].attempt.id < next->attempt.id))
				next = &t->links[i];
		if (!next)
			break;
		next->attempt.cut = true;
		track_link_close(t, next);
	}
	bytes_wipe(&t->air, sizeof(t->air));
}
