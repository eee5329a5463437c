/* SPDX-License-Identifier: MIT */
#include "capture/text_seen.h"

#include <string.h>

/* FNV-1a. */
static uint64_t add(uint64_t hash, const void *octets, size_t len)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t add_number(uint64_t hash, uint64_t value)
{
	for (unsigned i = 0; i < 64; i += 8)
		hash = (hash ^ (value >> i & 0xff)) * UINT64_C(0x100000001b3);
	return hash;
}

/* True if the hash was remembered before. */
static bool remember(struct text_seen *seen, uint64_t hash)
{
	size_t set = (size_t)(hash >> 20) % TEXT_SEEN_SETS;

	for (size_t i = 0; i < TEXT_SEEN_WAYS; i++)
		if (seen->hashes[set][i] == hash)
			return true;
	seen->hashes[set][seen->next[set]] = hash;
	seen->next[set] = (uint8_t)((seen->next[set] + 1) % TEXT_SEEN_WAYS);
	return false;
}

bool text_seen(struct text_seen *seen, const struct explain_packet *packet, uint64_t number,
	       bool timed, bool adjacent)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = add_number(hash, packet->kind);
	hash = add_number(hash, packet->way);
	hash = add_number(hash, packet->source);
	hash = add_number(hash, packet->clock);
	hash = add_number(hash, timed ? packet->time_us : 0);
	hash = add_number(hash, number);
	/*
	 * Number and time say which packet it is, even if lines of one copy are missing; of a
	 * management packet, which has no number, its code must be the same, too.
	 */
	size_t len = number && timed ? 0 : packet->len;
	hash = add(hash, packet->data, len);
	if (packet->text)
		hash = add(hash, packet->text, strlen(packet->text));
	hash += hash == 0;
	if (!number && !timed) {
		bool same = adjacent && hash == seen->last;
		seen->last = hash;
		return same;
	}
	seen->last = hash;

	return remember(seen, hash);
}

bool text_seen_octets(struct text_seen *seen, const struct explain_packet *packet)
{
	enum { OCTETS = 0x100 }; /* no kind of packet */
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	hash = add_number(hash, OCTETS + (uint64_t)packet->kind);
	hash = add_number(hash, packet->way);
	hash = add(hash, packet->data, packet->len);
	return remember(seen, hash + (hash == 0));
}
