/* SPDX-License-Identifier: MIT */
#include "track/link_layer.h"

#include <string.h>

#include "crypto/bytes.h"
#include "l2cap/l2cap.h"

enum { ADVERTISING_ADDRESS = 0x8e89bed6, CONNECT_IND = 0x05, CONNECT_IND_LEN = 34 };
enum { CENTRAL = 0, PERIPHERAL = 1, NOBODY = 2 };

/* Data channel PDUs, Vol 6 Part B 2.4: LLID, and the bits of the header. */
enum { LLID_CONTINUING = 1, LLID_FIRST = 2, LLID_CONTROL = 3 };
enum { NESN = 0x04, SN = 0x08, CTE_PRESENT = 0x20 };

/* ---- Connections ------------------------------------------------------------------------------
 */

void track_air_init(struct explain_air *air)
{
	memset(air, 0, sizeof(*air));
}

static struct explain_air_link *find(struct explain_air *air, uint32_t access_address, bool make)
{
	struct explain_air_link *oldest = &air->links[0];

	for (size_t i = 0; i < EXPLAIN_AIR_LINKS; i++) {
		struct explain_air_link *link = &air->links[i];
		if (link->used && link->access_address == access_address)
			return link;
		if (!link->used ? oldest->used : oldest->used && link->last < oldest->last)
			oldest = link;
	}
	if (!make)
		return NULL;
	memset(oldest, 0, sizeof(*oldest));
	oldest->used = true;
	oldest->access_address = access_address;
	return oldest;
}

/* CONNECT_IND or AUX_CONNECT_REQ, 2.3.3.1. */
static void begin(struct explain_air *air, const struct explain_packet *packet,
		  struct explain_air_happening *happening)
{
	const uint8_t *p = packet->data + 2;
	struct explain_air_link *link = find(air, bytes_get_le32(p + 12), true);
	uint32_t access_address = link->access_address;

	/* An address that was used before begins anew. */
	memset(link, 0, sizeof(*link));
	link->used = link->begun = true;
	link->access_address = access_address;
	link->last = packet->number;
	link->central_type = packet->data[0] >> 6 & 1;
	memcpy(link->central, p, 6);
	link->peripheral_type = packet->data[0] >> 7;
	memcpy(link->peripheral, p + 6, 6);
	link->interval = bytes_get_le16(p + 22);
	link->latency = bytes_get_le16(p + 24);
	link->timeout = bytes_get_le16(p + 26);
	happening->kind = EXPLAIN_AIR_CONNECTED;
	happening->link = link;
	happening->way = EXPLAIN_CENTRAL;
}

/* Control PDUs that only one end sends, 2.4.2. */
static int sender_of_control(const uint8_t *pdu, size_t len)
{
	static const struct {
		uint8_t opcode, len, end;
	} told[] = {
		{EXPLAIN_LL_CONNECTION_UPDATE, 12, CENTRAL},
		{0x01, 8, CENTRAL}, /* channel map */
		{EXPLAIN_LL_ENC_REQ, 23, CENTRAL},
		{EXPLAIN_LL_ENC_RSP, 13, PERIPHERAL},
		{EXPLAIN_LL_START_ENC_REQ, 1, PERIPHERAL},
		{0x08, 9, CENTRAL},    /* LL_FEATURE_REQ */
		{0x0e, 9, PERIPHERAL}, /* LL_PERIPHERAL_FEATURE_REQ */
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (len >= 3 && (pdu[0] & 3) == LLID_CONTROL && pdu[1] == told[i].len &&
		    pdu[2] == told[i].opcode)
			return told[i].end;
	return NOBODY;
}

/*
 * Who sends. In a connection event the central begins and the ends take turns, 150 us apart, on one
 * channel (4.5.1). SN xor NESN is the same in all PDUs of an end, the other in the other's, until
 * one of the two receives a bad CRC (4.5.9).
 */
static int sender_of(struct explain_air_link *link, const struct explain_packet *packet)
{
	const uint64_t interframe = 150, slack = 450;
	uint8_t parity = (packet->data[0] & SN ? 1 : 0) ^ (packet->data[0] & NESN ? 1 : 0);
	int end = NOBODY;
	bool good = packet->air.crc != EXPLAIN_CRC_BAD;
	/* A PDU of n octets takes 8 us for each, and for preamble, address, header and CRC. */
	uint64_t air_time = 8 * (10 + (uint64_t)link->last_len);
	bool same_event = link->placed && packet->air.channel == link->last_channel &&
			  packet->time_us >= link->last_us &&
			  packet->time_us - link->last_us <= air_time + interframe + slack;

	if (packet->way == EXPLAIN_CENTRAL || packet->way == EXPLAIN_PERIPHERAL)
		end = packet->way == EXPLAIN_CENTRAL ? CENTRAL : PERIPHERAL;
	if (end == NOBODY && good && !link->encrypted)
		end = sender_of_control(packet->data, packet->len);
	if (end == NOBODY && same_event)
		end = link->last_end == CENTRAL ? PERIPHERAL : CENTRAL;
	else if (end == NOBODY)
		end = good && (link->placed || link->begun) && parity != link->parity ? PERIPHERAL
										      : CENTRAL;
	if (good)
		link->parity = (uint8_t)(end == CENTRAL ? parity : !parity);
	link->placed = true;
	link->last_end = (uint8_t)end;
	link->last_channel = packet->air.channel;
	link->last_us = packet->time_us;
	link->last_len = packet->original - 2;
	return end;
}

/* FNV-1a: tells a retransmission from a new PDU that has the number of one that was not heard. */
static uint32_t fingerprint(const uint8_t *p, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

/*
 * Whether a PDU of an encrypted link is readable: tools that decrypt do not always say so. A cipher
 * text looks like the beginning of a frame once in a million.
 */
static bool readable(const struct explain_air_end *end, unsigned llid, const uint8_t *p, size_t len)
{
	if (llid == LLID_CONTINUING)
		return end->in_clear;
	if (len <= EXPLAIN_MIC) /* it has none */
		return true;
	if (llid == LLID_CONTROL)
		return false;
	if (len < L2CAP_HEADER)
		return false;
	size_t frame = bytes_get_le16(p);
	uint16_t cid = bytes_get_le16(p + 2);
	return cid >= L2CAP_CID_ATT && cid <= L2CAP_CID_SMP && frame > 0 &&
	       frame <= L2CAP_PAYLOAD_MAX && frame >= len - L2CAP_HEADER;
}

static void control(struct explain_air_link *link, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	if (p[0] == EXPLAIN_LL_ENC_REQ) {
		link->starting = link->encrypted = false;
		track_session_ask(&link->session, p, len);
	} else if (p[0] == EXPLAIN_LL_ENC_RSP) {
		link->starting = true;
		track_session_answer(&link->session, p, len);
	} else if (p[0] == EXPLAIN_LL_START_ENC_REQ) {
		link->encrypted = true;
	} else if (p[0] == EXPLAIN_LL_REJECT || p[0] == EXPLAIN_LL_REJECT_EXT) {
		link->starting = false;
	}
}

static void data_pdu(struct explain_air *air, struct explain_air_link *link,
		     const struct explain_packet *packet, struct explain_air_happening *happening)
{
	const uint8_t *p = packet->data + 2;
	size_t len = packet->len - 2;
	unsigned llid = packet->data[0] & 3;
	int sender = sender_of(link, packet);
	struct explain_air_end *end = &link->ends[sender];
	uint8_t sn = packet->data[0] & SN ? 1 : 0;
	uint32_t print = fingerprint(p, len);

	link->last = packet->number;
	if (packet->air.crc == EXPLAIN_CRC_BAD) {
		link->bad_crc++;
		return;
	}
	if (packet->data[0] & CTE_PRESENT && llid == 0)
		return;
	if (end->heard && end->sn == sn && end->print == print) {
		link->repeated += len > 0;
		return;
	}
	end->heard = true;
	end->sn = sn;
	end->print = print;
	if (llid == 0 || packet->original <= 2)
		return;

	/* The first encrypted PDU when LL_START_ENC_REQ was not heard: LL_START_ENC_RSP and MIC. */
	if (link->starting && llid == LLID_CONTROL && len == 1 + EXPLAIN_MIC)
		link->encrypted = true;
	/* Encryption was paused, in PDUs that could not be read. */
	if (llid == LLID_CONTROL && packet->original == 2 + 23 && len == 23 &&
	    p[0] == EXPLAIN_LL_ENC_REQ)
		link->encrypted = false;
	bool in_clear = !link->encrypted || packet->air.decrypted;
	if (!in_clear && track_session_open(&link->session, &air->keyring, &sender, packet->data[0],
					    p, len, air->plain, &happening->lost)) {
		p = air->plain;
		len -= EXPLAIN_MIC;
		in_clear = true;
	} else if (packet->air.mic_failed) {
		in_clear = false;
	} else if (!in_clear) {
		in_clear = readable(end, llid, p, len);
	}
	link->ends[sender].in_clear = in_clear;
	happening->link = link;
	happening->way = sender == CENTRAL ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL;
	happening->data = p;
	happening->len = len;
	happening->first = llid == LLID_FIRST;
	happening->encrypted = link->encrypted;
	if (!in_clear) {
		happening->kind = EXPLAIN_AIR_ENCRYPTED;
	} else if (llid == LLID_CONTROL) {
		happening->kind = EXPLAIN_AIR_CONTROL;
		control(link, p, len);
	} else {
		happening->kind = EXPLAIN_AIR_FRAGMENT;
	}
}

void track_air_take(struct explain_air *air, const struct explain_packet *packet,
		    struct explain_air_happening *happening)
{
	memset(happening, 0, sizeof(*happening));
	if (packet->kind != EXPLAIN_AIR || packet->len < 2)
		return;
	if (packet->air.crc == EXPLAIN_CRC_BAD)
		air->bad_crc++;
	if (packet->air.access_address != ADVERTISING_ADDRESS) {
		struct explain_air_link *link =
			find(air, packet->air.access_address, packet->air.crc != EXPLAIN_CRC_BAD);
		if (link)
			data_pdu(air, link, packet, happening);
	} else if (packet->air.crc != EXPLAIN_CRC_BAD && (packet->data[0] & 0x0f) == CONNECT_IND &&
		   packet->len == 2 + CONNECT_IND_LEN) {
		begin(air, packet, happening);
	}
}
