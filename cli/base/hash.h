/* SPDX-License-Identifier: MIT */
/* Hashes for tables and comparisons. Not cryptographic: an attacker can choose the result. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* FNV-1a of len octets, 32 bits. */
uint32_t hash_fnv1a32(const void *octets, size_t len);
/* FNV-1a of len octets, 64 bits. */
uint64_t hash_fnv1a64(const void *octets, size_t len);
