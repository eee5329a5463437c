/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

uint64_t hash_fnv1a64(const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3;
	return hash;
}
