/* SPDX-License-Identifier: MIT */
/*
 * Octets: little-endian integers, reversal, comparison and erasure. Header only, used by all
 * folders. "le" is wire order, least significant octet first. No function checks for NULL; p points
 * to as many octets as the name gives in bits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bytes_get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t bytes_get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t bytes_get_le64(const uint8_t *p)
{
	return bytes_get_le32(p) | (uint64_t)bytes_get_le32(p + 4) << 32;
}

static inline void bytes_put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void bytes_put_le32(uint8_t *p, uint32_t v)
{
	bytes_put_le16(p, (uint16_t)v);
	bytes_put_le16(p + 2, (uint16_t)(v >> 16));
}

static inline void bytes_put_le64(uint8_t *p, uint64_t v)
{
	bytes_put_le32(p, (uint32_t)v);
	bytes_put_le32(p + 4, (uint32_t)(v >> 32));
}

/* to = from, last octet first. They must not overlap. */
static inline void bytes_reverse(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[len - 1 - i];
}

/* Equality in a time that depends on len only: the only function to compare secrets with. */
static inline bool bytes_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t difference = 0;
	for (size_t i = 0; i < len; i++)
		difference = (uint8_t)(difference | (a[i] ^ b[i]));
	return difference == 0;
}

/* The same for zeros. */
static inline bool bytes_all_zero(const uint8_t *p, size_t len)
{
	volatile uint8_t any = 0;
	for (size_t i = 0; i < len; i++)
		any = (uint8_t)(any | p[i]);
	return any == 0;
}

/* Overwrites len octets at p with zeros. The compiler cannot remove it: it must assume that the
 * statement below reads all memory. */
static inline void bytes_wipe(void *p, size_t len)
{
	memset(p, 0, len);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}
