/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sim/raw_peer.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"

#define PAIRING_FAILED 0x05

static const struct air_parameters usual = {12, 0, 400};

/* ---- Received frames ------------------------------------------------------------------------- */

static struct raw_peer_frame *keep(struct raw_peer *t, bool sent, uint16_t cid, const uint8_t *data,
				   size_t len)
{
	struct raw_peer_frame *frame = &t->frames[t->count++];

	assert_true(t->count < RAW_PEER_FRAMES);
	*frame = (struct raw_peer_frame){.at = world_now(),
					 .sent = sent,
					 .cid = cid,
					 .len = len,
					 .encrypted = t->link->encrypted};
	memcpy(frame->data, data, len < RAW_PEER_FRAME ? len : RAW_PEER_FRAME);
	return frame;
}

/* ATT requests have even opcodes; a host without a database answers with Error Response. */
static void answer_att(struct raw_peer *t, const struct raw_peer_frame *frame)
{
	const uint8_t error[5] = {0x01, frame->data[0], 0, 0, 0x06};

	if (!t->att_silent && frame->len && !(frame->data[0] & 1))
		raw_peer_send(t, RAW_PEER_ATT, error, sizeof(error));
}

static void whole(struct raw_peer *t)
{
	struct raw_peer_frame *frame =
		keep(t, false, bytes_get_le16(t->rx + 2), t->rx + 4, t->want - 4);

	if (frame->cid == RAW_PEER_ATT)
		answer_att(t, frame);
	if (t->received)
		t->received(t->ctx, frame);
}

static void data(void *ctx, struct air_link *link, bool start, const uint8_t *octets, size_t len)
{
	struct raw_peer *t = ctx;

	(void)link;
	if (start) {
		assert_true(t->have == t->want); /* otherwise the last frame was incomplete */
		t->have = t->want = 0;
	}
	assert_true(t->have + len <= sizeof(t->rx));
	memcpy(t->rx + t->have, octets, len);
	t->have += len;
	t->want = t->have < 4 ? t->have + 1 : 4U + bytes_get_le16(t->rx);
	assert_true(t->have <= t->want);
	if (t->have == t->want)
		whole(t);
}

static void linked(void *ctx, struct air_link *link)
{
	struct raw_peer *t = ctx;

	t->link = link;
	t->links++;
	t->central = link->central == &t->air;
	t->peer = t->central ? link->peripheral_address : link->central_address;
	t->linked_at = world_now();
	t->encryptions = 0;
	t->ltk_wanted = false;
	t->count = t->read = t->have = t->want = 0;
}

static void unlinked(void *ctx, struct air_link *link, uint8_t reason)
{
	struct raw_peer *t = ctx;

	(void)link;
	t->link = NULL;
	t->unlinked_at = world_now();
	t->unlinked_reason = reason;
}

static void ltk_wanted(void *ctx, struct air_link *link, const uint8_t rand[8], uint16_t ediv)
{
	struct raw_peer *t = ctx;

	t->ltk_wanted = true;
	t->wanted_ediv = ediv;
	memcpy(t->wanted_rand, rand, 8);
	if (!t->ltk_silent)
		air_ltk(link, t->has_ltk ? t->ltk : NULL);
}

static void encryption(void *ctx, struct air_link *link, uint8_t status, bool refreshed)
{
	struct raw_peer *t = ctx;

	(void)link;
	(void)refreshed;
	t->encryptions++;
	t->encryption_status = status;
}

static void heard(void *ctx, const struct air_advertisement *a)
{
	(void)ctx;
	(void)a;
}

static void acknowledged(void *ctx, struct air_link *link)
{
	(void)ctx;
	(void)link;
}

static void parameters(void *ctx, struct air_link *link)
{
	(void)ctx;
	(void)link;
}

static void phy(void *ctx, struct air_link *link)
{
	(void)ctx;
	(void)link;
}

static const struct air_events events = {heard,	     linked,	 data,	   acknowledged, ltk_wanted,
					 encryption, parameters, unlinked, phy};

/* ---- Links ----------------------------------------------------------------------------------- */

struct crypto_address raw_peer_address(const char *text)
{
	struct crypto_address address = {0};
	unsigned o[6];
	char type[8];

	assert_int_equal(sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x/%7s", &o[5], &o[4], &o[3], &o[2],
				&o[1], &o[0], type),
			 7);
	for (int i = 0; i < 6; i++)
		address.octets[i] = (uint8_t)o[i];
	address.type = strcmp(type, "random") == 0;
	return address;
}

const char *raw_peer_text(const struct crypto_address *a, char text[32])
{
	(void)snprintf(text, 32, "%02X:%02X:%02X:%02X:%02X:%02X/%s", a->octets[5], a->octets[4],
		       a->octets[3], a->octets[2], a->octets[1], a->octets[0],
		       a->type ? "random" : "public");
	return text;
}

void raw_peer_begin(struct raw_peer *t, const char *address)
{
	memset(t, 0, sizeof(*t));
	t->fragment = 27;
	t->air.events = &events;
	t->air.ctx = t;
	t->air.address = raw_peer_address(address);
	air_add(&t->air);
}

void raw_peer_advertise(struct raw_peer *t)
{
	static const uint8_t flags[3] = {2, 1, 6};

	air_advertise(&t->air, true, flags, sizeof(flags), NULL, 0);
}

static bool is_linked(void *ctx)
{
	return ((struct raw_peer *)ctx)->link != NULL;
}

static bool is_unlinked(void *ctx)
{
	return ((struct raw_peer *)ctx)->link == NULL;
}

void raw_peer_linked(struct raw_peer *t)
{
	if (!world_until(is_linked, t, RAW_PEER_PATIENCE))
		fail_msg("no link at %.3f s", (double)world_now() / 1e6);
}

void raw_peer_connect(struct raw_peer *t, const struct crypto_address *to)
{
	air_connect(&t->air, to, &usual);
	raw_peer_linked(t);
}

uint8_t raw_peer_unlinked(struct raw_peer *t, uint64_t limit)
{
	if (!world_until(is_unlinked, t, limit))
		fail_msg("the link is still up at %.3f s", (double)world_now() / 1e6);
	return t->unlinked_reason;
}

void raw_peer_disconnect(struct raw_peer *t, uint8_t reason)
{
	if (t->link)
		air_disconnect(t->link, &t->air, reason);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

void raw_peer_send_raw(struct raw_peer *t, bool start, const void *octets, size_t len)
{
	if (t->link)
		air_send(t->link, &t->air, start, octets, len);
}

void raw_peer_send(struct raw_peer *t, uint16_t cid, const void *payload, size_t len)
{
	uint8_t frame[4 + 512];

	assert_true(len <= 512);
	if (!t->link)
		return;
	(void)keep(t, true, cid, payload, len);
	bytes_put_le16(frame, (uint16_t)len);
	bytes_put_le16(frame + 2, cid);
	memcpy(frame + 4, payload, len);
	for (size_t at = 0; at < 4 + len; at += t->fragment) {
		size_t left = 4 + len - at;
		raw_peer_send_raw(t, at == 0, frame + at, left < t->fragment ? left : t->fragment);
	}
}

struct reading {
	struct raw_peer *peer;
	uint16_t cid;
};

static bool can_read(void *ctx)
{
	struct reading *r = ctx;
	struct raw_peer *t = r->peer;

	while (t->read < t->count && (t->frames[t->read].sent || t->frames[t->read].cid != r->cid))
		t->read++;
	return t->read < t->count;
}

bool raw_peer_unread(struct raw_peer *t)
{
	struct reading reading = {t, RAW_PEER_SMP};

	return can_read(&reading);
}

const struct raw_peer_frame *raw_peer_receive(struct raw_peer *t, uint16_t cid, uint64_t limit)
{
	struct reading reading = {t, cid};

	return world_until(can_read, &reading, limit) ? &t->frames[t->read++] : NULL;
}

const uint8_t *raw_peer_expect(struct raw_peer *t, uint8_t code)
{
	const struct raw_peer_frame *frame = raw_peer_receive(t, RAW_PEER_SMP, RAW_PEER_PATIENCE);

	if (!frame)
		fail_msg("nothing was received until %.3f s; expected SMP PDU 0x%02x%s",
			 (double)world_now() / 1e6, code, t->link ? "" : "; the link is down");
	if (frame->data[0] != code)
		fail_msg("SMP PDU 0x%02x 0x%02x was received; expected 0x%02x", frame->data[0],
			 frame->data[1], code);
	return frame->data + 1;
}

void raw_peer_expect_failed(struct raw_peer *t, uint8_t reason)
{
	assert_int_equal(raw_peer_expect(t, PAIRING_FAILED)[0], reason);
	raw_peer_expect_silence(t, RAW_PEER_PATIENCE);
}

void raw_peer_expect_silence(struct raw_peer *t, uint64_t duration)
{
	const struct raw_peer_frame *frame = raw_peer_receive(t, RAW_PEER_SMP, duration);

	if (frame)
		fail_msg("SMP PDU 0x%02x was received at %.6f s; none was expected", frame->data[0],
			 (double)frame->at / 1e6);
}

size_t raw_peer_count(const struct raw_peer *t, uint8_t code)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += !t->frames[i].sent && t->frames[i].cid == RAW_PEER_SMP &&
		     (!code || t->frames[i].data[0] == code);
	return n;
}

/* ---- Encryption ------------------------------------------------------------------------------ */

struct encrypting {
	struct raw_peer *peer;
	unsigned times;
};

static bool was_encrypted(void *ctx)
{
	struct encrypting *e = ctx;

	return e->peer->encryptions >= e->times || !e->peer->link;
}

void raw_peer_encrypted(struct raw_peer *t, unsigned times)
{
	struct encrypting e = {t, times};

	if (!world_until(was_encrypted, &e, RAW_PEER_PATIENCE) || !t->link)
		fail_msg("the link was not encrypted until %.3f s", (double)world_now() / 1e6);
	assert_int_equal(t->encryption_status, 0);
}

uint8_t raw_peer_encrypt(struct raw_peer *t, const uint8_t ltk[16], const uint8_t rand[8],
			 uint16_t ediv)
{
	struct encrypting e = {t, t->encryptions + 1};

	air_encrypt(t->link, ltk, rand, ediv);
	if (!world_until(was_encrypted, &e, RAW_PEER_PATIENCE))
		fail_msg("no encryption event until %.3f s", (double)world_now() / 1e6);
	return t->link ? t->encryption_status : t->unlinked_reason;
}
