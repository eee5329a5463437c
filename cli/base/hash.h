/* SPDX-License-Identifier: MIT */
/* A hash for tables and comparisons. Not cryptographic: an attacker can choose its result. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* FNV-1a of len octets, 64 bits. */
uint64_t hash_fnv1a64(const void *octets, size_t len);
