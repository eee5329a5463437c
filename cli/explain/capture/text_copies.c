/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_copies.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

enum { FRAME = 4, PDU = FRAME + L2CAP_HEADER, VALUE = 16 };

/* The code of the PDU in a packet; 0: it is none of SMP. */
static uint8_t code_of(const struct explain_packet *packet)
{
	return packet->kind == EXPLAIN_ACL && packet->len > PDU &&
			       bytes_get_le16(packet->data + FRAME + 2) == L2CAP_CID_SMP
		       ? packet->data[PDU]
		       : 0;
}

static uint64_t hash_of(const struct explain_packet *packet)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)packet->way;

	for (size_t i = PDU; i < packet->len; i++)
		hash = (hash ^ packet->data[i]) * UINT64_C(0x100000001b3);
	return hash | 1;
}

/* Whether both values are in the text before the next Pairing Request. */
static bool follows(const struct text_copies_pairing *pairing, const char *ahead, size_t len)
{
	static const char request[] = "PairingRequest(0x01)";
	const char *end = memmem(ahead, len, request, sizeof(request) - 1);

	if (end)
		len = (size_t)(end - ahead);
	for (size_t i = 0; i < 2; i++)
		if (!*pairing->values[i] ||
		    !memmem(ahead, len, pairing->values[i], strlen(pairing->values[i])))
			return false;
	return true;
}

/* Whether the pairing that begins with this request was read before. */
static bool is_copy(const struct text_copies *copies, uint64_t request, const char *ahead,
		    size_t len)
{
	for (size_t i = 0; i < TEXT_COPIES; i++)
		if (copies->pairings[i].request == request &&
		    follows(&copies->pairings[i], ahead, len))
			return true;
	return false;
}

/* Remembers the first value of each end. */
static void note_value(struct text_copies *copies, const struct explain_packet *packet)
{
	struct text_copies_pairing *pairing = &copies->pairings[copies->current];
	char *value = pairing->values[packet->way == EXPLAIN_SENT];

	if (packet->len != PDU + 1 + VALUE || !capture_knows(packet, PDU, 1 + VALUE) || *value)
		return;
	for (size_t i = 0; i < VALUE; i++)
		(void)snprintf(value + 2 * i, 3, "%02x", packet->data[PDU + 1 + i]);
}

bool text_copies_looks_ahead(const struct explain_packet *packet)
{
	return code_of(packet) == SMP_PAIRING_REQUEST;
}

bool text_copies_take(struct text_copies *copies, const struct explain_packet *packet, bool seen,
		      const char *ahead, size_t len)
{
	switch (code_of(packet)) {
	case SMP_PAIRING_REQUEST: {
		uint64_t request = hash_of(packet);
		copies->copying = seen && is_copy(copies, request, ahead, len);
		if (copies->copying)
			break;
		copies->current = copies->next;
		copies->next = (copies->next + 1) % TEXT_COPIES;
		memset(&copies->pairings[copies->current], 0, sizeof(copies->pairings[0]));
		copies->pairings[copies->current].request = request;
		break;
	}
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_DHKEY_CHECK:
		if (!copies->copying && packet->way != EXPLAIN_WAY_UNKNOWN)
			note_value(copies, packet);
		break;
	default:
		break;
	}
	copies->copying = copies->copying && seen;
	return copies->copying;
}
