/* SPDX-License-Identifier: MIT */
/*
 * Keys that are published: a stack or its sample code uses them when the application sets none.
 * All keys are in wire order, least significant octet first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum known_kind { KNOWN_IRK, KNOWN_CSRK, KNOWN_LTK };

/* The owner of a published key: a noun, such as "NimBLE". NULL: this key is not known. */
const char *known_key_owner(enum known_kind kind, const uint8_t key[16]);

/* What was distributed with an LTK. */
struct known_ltk {
	uint8_t ltk[16];
	uint8_t size; /* octets that are not masked, Vol 3 Part H 2.3.4 */
	bool has_identification;
	uint8_t ediv[2], rand[8];
	bool search; /* try all 65,536 diversifiers if EDIV and Rand do not give the right one */
};

/*
 * True if the LTK follows from BTstack's own ER, which it uses when the application sets none:
 * sets *div to the diversifier (Vol 3 Part H Appendix B).
 */
bool known_ltk_of_btstack(const struct known_ltk *ltk, uint16_t *div);
