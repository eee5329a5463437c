/* SPDX-License-Identifier: MIT */
#include "track/link_layer.h"

#include <string.h>

#include "base/hash.h"
#include "crypto/bytes.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

enum { ADVERTISING_ADDRESS = 0x8e89bed6, CONNECT_IND = 0x05, CONNECT_IND_LEN = 34 };
enum { CENTRAL = 0, PERIPHERAL = 1, NOBODY = 2 };

/* Data channel PDUs, Vol 6 Part B 2.4: LLID, and the bits of the header. */
enum { LLID_CONTINUING = 1, LLID_FIRST = 2, LLID_CONTROL = 3 };
enum { NESN = 0x04, SN = 0x08, CTE_PRESENT = 0x20 };

/* ---- Connections ------------------------------------------------------------------------------
 */

void track_link_layer_init(struct explain_link_layer *air)
{
	memset(air, 0, sizeof(*air));
}

static void clear(struct explain_link_layer_connection *link, uint32_t access_address)
{
	memset(link, 0, sizeof(*link));
	link->used = true;
	link->access_address = access_address;
}

static struct explain_link_layer_connection *find(struct explain_link_layer *air,
						  uint32_t access_address, bool make)
{
	struct explain_link_layer_connection *oldest = &air->links[0];

	for (size_t i = 0; i < EXPLAIN_LINK_LAYER_CONNECTIONS; i++) {
		struct explain_link_layer_connection *link = &air->links[i];
		if (link->used && link->access_address == access_address)
			return link;
		if (!link->used ? oldest->used : oldest->used && link->last < oldest->last)
			oldest = link;
	}
	if (!make)
		return NULL;
	clear(oldest, access_address);
	return oldest;
}

/* CONNECT_IND or AUX_CONNECT_REQ, 2.3.3.1. */
static void begin(struct explain_link_layer *air, const struct explain_packet *packet,
		  struct explain_link_layer_event *event)
{
	const uint8_t *p = packet->data + 2;
	struct explain_link_layer_connection *link = find(air, bytes_get_le32(p + 12), true);

	/* An access address that was in use belongs to a new connection now. */
	clear(link, link->access_address);
	link->begun = true;
	link->last = packet->number;
	link->central_type = packet->data[0] >> 6 & 1;
	memcpy(link->central, p, 6);
	link->peripheral_type = packet->data[0] >> 7;
	memcpy(link->peripheral, p + 6, 6);
	link->interval = bytes_get_le16(p + 22);
	link->latency = bytes_get_le16(p + 24);
	link->timeout = bytes_get_le16(p + 26);
	event->kind = EXPLAIN_LINK_LAYER_CONNECTED;
	event->link = link;
	event->way = EXPLAIN_CENTRAL;
}

/* Messages of SMP that only one end sends: Vol 3 Part H 2.3, 2.4.6. */
static int sender_of_smp(const uint8_t *pdu, size_t len)
{
	enum { CODE = 2 + L2CAP_HEADER };

	if (len <= CODE || (pdu[0] & 3) != LLID_FIRST ||
	    bytes_get_le16(pdu + CODE - 2) != L2CAP_CID_SMP)
		return NOBODY;
	switch (pdu[CODE]) {
	case SMP_PAIRING_REQUEST:
		return CENTRAL;
	case SMP_PAIRING_RESPONSE:
	case SMP_SECURITY_REQUEST:
		return PERIPHERAL;
	default:
		return NOBODY;
	}
}

/* The only end that sends this: control PDUs, 2.4.2, and messages of SMP. */
static int sender_by_content(const uint8_t *pdu, size_t len)
{
	static const struct {
		uint8_t opcode, len, end;
	} senders[] = {
		{EXPLAIN_LL_CONNECTION_UPDATE, 12, CENTRAL},
		{0x01, 8, CENTRAL}, /* channel map */
		{EXPLAIN_LL_ENC_REQ, 23, CENTRAL},
		{EXPLAIN_LL_ENC_RSP, 13, PERIPHERAL},
		{EXPLAIN_LL_START_ENC_REQ, 1, PERIPHERAL},
		{0x08, 9, CENTRAL},    /* LL_FEATURE_REQ */
		{0x0e, 9, PERIPHERAL}, /* LL_PERIPHERAL_FEATURE_REQ */
	};

	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		if (len >= 3 && (pdu[0] & 3) == LLID_CONTROL && pdu[1] == senders[i].len &&
		    pdu[2] == senders[i].opcode)
			return senders[i].end;
	/* Only the central asks for encryption. */
	if (len >= 5 && (pdu[0] & 3) == LLID_CONTROL && pdu[1] == 3 &&
	    pdu[2] == EXPLAIN_LL_REJECT_EXT && pdu[3] == EXPLAIN_LL_ENC_REQ)
		return PERIPHERAL;
	return sender_of_smp(pdu, len);
}

/* What was heard of one end so far was of the other. */
static void swap_ends(struct explain_link_layer_connection *link)
{
	const struct explain_link_layer_end central = link->ends[CENTRAL];

	link->ends[CENTRAL] = link->ends[PERIPHERAL];
	link->ends[PERIPHERAL] = central;
}

/*
 * The sender of a PDU. In a connection event the central begins, and the ends alternate, 150 us
 * apart, on one channel (4.5.1). SN xor NESN is the same in all PDUs of one end and the opposite in
 * all PDUs of the other, until an end receives a bad CRC (4.5.9).
 */
static int sender_of(struct explain_link_layer_connection *link,
		     const struct explain_packet *packet)
{
	const uint64_t interframe = 150, slack = 450;
	uint8_t parity = (packet->data[0] & SN ? 1 : 0) ^ (packet->data[0] & NESN ? 1 : 0);
	int end = NOBODY;
	bool good = packet->air.crc != EXPLAIN_CRC_BAD;
	/* An octet takes 8 us; preamble, access address, header and CRC are 10 octets. */
	uint64_t air_time = 8 * (10 + (uint64_t)link->last_len);
	bool same_event = link->placed && packet->air.channel >= 0 &&
			  packet->air.channel == link->last_channel &&
			  packet->time_us >= link->last_us &&
			  packet->time_us - link->last_us <= air_time + interframe + slack;

	int only = good && !link->encrypted ? sender_by_content(packet->data, packet->len) : NOBODY;

	if (packet->way == EXPLAIN_CENTRAL || packet->way == EXPLAIN_PERIPHERAL) {
		end = packet->way == EXPLAIN_CENTRAL ? CENTRAL : PERIPHERAL;
		link->given[end] = true;
		/* Programs that are no sniffers may leave the direction zero. */
		if (only != NOBODY && only != end && !link->given[!end])
			link->misdirected = true;
	}
	if (end == NOBODY || (link->misdirected && !link->given[!end]))
		end = only;
	/* The rest follows from one PDU whose sender is known. The first two of an event show it;
	 * of one alone, the sniffer may have missed the central's. */
	if (end == NOBODY && same_event && !link->sure && link->last_first) {
		end = PERIPHERAL;
		if (link->last_end == PERIPHERAL)
			swap_ends(link);
	}
	link->sure |= link->begun || end != NOBODY;
	if (end == NOBODY && same_event)
		end = link->last_end == CENTRAL ? PERIPHERAL : CENTRAL;
	else if (end == NOBODY)
		end = good && (link->placed || link->begun) && parity != link->parity ? PERIPHERAL
										      : CENTRAL;
	if (good)
		link->parity = (uint8_t)(end == CENTRAL ? parity : !parity);
	link->placed = true;
	link->last_end = (uint8_t)end;
	link->last_first = !same_event;
	link->last_channel = packet->air.channel;
	link->last_us = packet->time_us;
	link->last_len = packet->original - 2;
	return end;
}

/*
 * Whether a PDU of an encrypted link is readable: a tool that decrypts does not always mark it.
 * Encrypted octets look like the beginning of a frame once in a million PDUs.
 */
static bool readable(const struct explain_link_layer_end *end, unsigned llid, const uint8_t *p,
		     size_t len)
{
	if (llid == LLID_CONTINUING)
		return end->in_clear;
	if (len <= EXPLAIN_MIC) /* too short to have a MIC */
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

static void control(struct explain_link_layer_connection *link, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	if (p[0] == EXPLAIN_LL_ENC_REQ) {
		link->starting = link->encrypted = false;
		track_session_request(&link->session, p, len);
	} else if (p[0] == EXPLAIN_LL_ENC_RSP) {
		link->starting = true;
		track_session_response(&link->session, p, len);
	} else if (p[0] == EXPLAIN_LL_START_ENC_REQ) {
		link->encrypted = true;
	} else if (p[0] == EXPLAIN_LL_REJECT || p[0] == EXPLAIN_LL_REJECT_EXT) {
		link->starting = false;
	}
}

/*
 * The sender of a PDU expects nesn next (4.5.9). If it had received the last PDU that was heard of
 * the other end, and expects that number again, it has received one in between.
 */
static void acknowledge(struct explain_link_layer_connection *link,
			struct explain_link_layer_end *other, uint8_t nesn, uint64_t number)
{
	if (!other->heard)
		return;
	if (nesn != other->sn) {
		other->received = true;
	} else if (other->received) {
		link->missed = number;
		other->sn = !other->sn;
		other->hash = 0;
	}
}

static void data_pdu(struct explain_link_layer *air, struct explain_link_layer_connection *link,
		     const struct explain_packet *packet, struct explain_link_layer_event *event)
{
	const uint8_t *p = packet->data + 2;
	size_t len = packet->len - 2;
	unsigned llid = packet->data[0] & 3;
	int sender = sender_of(link, packet);
	struct explain_link_layer_end *end = &link->ends[sender];
	uint8_t sn = packet->data[0] & SN ? 1 : 0;
	uint64_t hash = hash_fnv1a64(p, len);

	link->last = packet->number;
	if (packet->air.crc == EXPLAIN_CRC_BAD) {
		link->bad_crc++;
		return;
	}
	if (packet->data[0] & CTE_PRESENT && llid == 0)
		return;
	acknowledge(link, &link->ends[!sender], packet->data[0] & NESN ? 1 : 0, packet->number);
	/* The same number with another hash is a new PDU, after one that was missed. */
	if (end->heard && end->sn == sn && end->hash == hash) {
		link->repeated += len > 0;
		return;
	}
	if (end->heard && end->sn == sn)
		link->missed = packet->number;
	end->heard = true;
	end->received = false;
	end->sn = sn;
	end->hash = hash;
	if (llid == 0 || packet->original <= 2)
		return;

	/* LL_START_ENC_REQ was missed: this is LL_START_ENC_RSP with its MIC. */
	if (link->starting && llid == LLID_CONTROL && len == 1 + EXPLAIN_MIC)
		link->encrypted = true;
	/* Encryption was paused by PDUs that could not be read. */
	if (llid == LLID_CONTROL && packet->original == 2 + 23 && len == 23 &&
	    p[0] == EXPLAIN_LL_ENC_REQ)
		link->encrypted = false;
	bool in_clear = !link->encrypted || packet->air.decrypted;
	if (!in_clear && track_session_open(&link->session, &air->keyring, &sender, packet->data[0],
					    p, len, air->plain, &event->lost)) {
		p = air->plain;
		len -= EXPLAIN_MIC;
		in_clear = true;
	} else if (packet->air.mic_failed) {
		in_clear = false;
	} else if (!in_clear) {
		in_clear = readable(end, llid, p, len);
	}
	link->ends[sender].in_clear = in_clear;
	event->link = link;
	event->way = !link->sure	 ? EXPLAIN_WAY_UNKNOWN
		     : sender == CENTRAL ? EXPLAIN_CENTRAL
					 : EXPLAIN_PERIPHERAL;
	event->data = p;
	event->len = len;
	event->first = llid == LLID_FIRST;
	event->encrypted = link->encrypted;
	if (!in_clear) {
		event->kind = EXPLAIN_LINK_LAYER_ENCRYPTED;
	} else if (llid == LLID_CONTROL) {
		event->kind = EXPLAIN_LINK_LAYER_CONTROL;
		control(link, p, len);
	} else {
		event->kind = EXPLAIN_LINK_LAYER_FRAGMENT;
	}
}

void track_link_layer_take(struct explain_link_layer *air, const struct explain_packet *packet,
			   struct explain_link_layer_event *event)
{
	memset(event, 0, sizeof(*event));
	if (packet->kind != EXPLAIN_AIR || packet->len < 2)
		return;
	if (packet->air.crc == EXPLAIN_CRC_BAD)
		air->bad_crc++;
	if (packet->air.access_address != ADVERTISING_ADDRESS) {
		struct explain_link_layer_connection *link =
			find(air, packet->air.access_address, packet->air.crc != EXPLAIN_CRC_BAD);
		if (link)
			data_pdu(air, link, packet, event);
	} else if (packet->air.crc != EXPLAIN_CRC_BAD && (packet->data[0] & 0x0f) == CONNECT_IND &&
		   packet->len == 2 + CONNECT_IND_LEN) {
		begin(air, packet, event);
	}
}
