/* SPDX-License-Identifier: MIT */
/* A hash for tables and comparisons. Not cryptographic: an attacker can choose its result. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* FNV-1a of len octets, 32 bits. */
uint32_t hash_fnv1a32(const void *octets, size_t len);
