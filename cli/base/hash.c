/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

uint32_t hash_fnv1a32(const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 16777619U;
	return hash;
}
