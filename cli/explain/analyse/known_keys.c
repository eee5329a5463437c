/* SPDX-License-Identifier: MIT */
#include "analyse/known_keys.h"

#include <string.h>

#include "crypto/bytes.h"
#include "crypto/toolbox.h"

/* The sources are public files of these stacks, named with each key. */
static const struct {
	uint8_t key[16];
	const char *owner;
	enum known_kind kind;
} known[] = {
	/* BTstack, src/ble/sm.c: d1(IR, 1, 0) of the IR that sm_init() sets, 0x90 to 0x9f. */
	{{0xe6, 0xea, 0xee, 0x60, 0x31, 0x7b, 0xfc, 0xa2, 0x3f, 0xa5, 0x79, 0x59, 0xe7, 0x41, 0xcf,
	  0xc7},
	 "BTstack",
	 KNOWN_IRK},
	/* NimBLE, nimble/host/src/ble_hs_pvcy.c: the default IRK. */
	{{0xef, 0x8d, 0xe2, 0x16, 0x4f, 0xec, 0x43, 0x0d, 0xbf, 0x5b, 0xdd, 0x34, 0xc0, 0x53, 0x1e,
	  0xb8},
	 "NimBLE",
	 KNOWN_IRK},
	/* Cordio and Packetcraft, the sample servers dats and others: localIrk. */
	{{0x95, 0xc8, 0xee, 0x6f, 0xc5, 0x0d, 0xef, 0x93, 0x35, 0x4e, 0x7c, 0x57, 0x08, 0xe2, 0xa3,
	  0x85},
	 "the sample servers of Cordio",
	 KNOWN_IRK},
	/* The same, the sample client datc and others. */
	{{0xa6, 0xd9, 0xff, 0x70, 0xd6, 0x1e, 0xf0, 0xa4, 0x46, 0x5f, 0x8d, 0x68, 0x19, 0xf3, 0xb4,
	  0x96},
	 "the sample clients of Cordio",
	 KNOWN_IRK},
	/* NXP QN902x, the configuration header of its applications: QN_SMP_IRK, _CSRK, _LTK. */
	{{0x01, 0x5f, 0xe8, 0xb4, 0x56, 0x07, 0x8e, 0x22, 0x18, 0xa6, 0x7c, 0xe1, 0xe4, 0xba, 0x99,
	  0xa5},
	 "the applications of NXP's QN902x",
	 KNOWN_IRK},
	{{0x02, 0x45, 0x30, 0xda, 0x3a, 0xfc, 0x81, 0x48, 0xf1, 0x0d, 0xad, 0x2e, 0x91, 0x9d, 0x57,
	  0x7b},
	 "the applications of NXP's QN902x",
	 KNOWN_CSRK},
	{{0xbf, 0x01, 0xfb, 0x9d, 0x4e, 0xf3, 0xbc, 0x36, 0xd8, 0x74, 0xf5, 0x39, 0x41, 0x38, 0x68,
	  0x4c},
	 "the applications of NXP's QN902x",
	 KNOWN_LTK},
};

const char *known_key_owner(enum known_kind kind, const uint8_t key[16])
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].kind == kind && bytes_equal(known[i].key, key, 16))
			return known[i].owner;
	return NULL;
}

/* ---- BTstack's key hierarchy ----------------------------------------------------------------- */

/* The roots that sm_init() sets: ER 0x30 to 0x3f, and IR 0x90 to 0x9f, most significant first. */
static const uint8_t er[16] = {0x3f, 0x3e, 0x3d, 0x3c, 0x3b, 0x3a, 0x39, 0x38,
			       0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x30};
static const uint8_t ir[16] = {0x9f, 0x9e, 0x9d, 0x9c, 0x9b, 0x9a, 0x99, 0x98,
			       0x97, 0x96, 0x95, 0x94, 0x93, 0x92, 0x91, 0x90};

/* d1(k, d, 0) = e(k, padding || 0 || d): Appendix B.2.1. */
static bool d1(const uint8_t k[16], uint16_t d, uint8_t out[16])
{
	uint8_t block[16] = {0};

	bytes_put_le16(block, d);
	return crypto_e(k, block, out) == CRYPTO_OK;
}

static bool follows(const struct known_ltk *l, uint16_t div)
{
	uint8_t ltk[16];
	const size_t size = l->size < sizeof(ltk) ? l->size : sizeof(ltk);
	bool same = d1(er, div, ltk) && bytes_equal(ltk, l->ltk, size);

	bytes_wipe(ltk, sizeof(ltk));
	return same;
}

/* DIV = dm(DHK, Rand) xor EDIV: Appendix B.2.2 and B.2.3. */
static bool div_of(const struct known_ltk *l, uint16_t *div)
{
	uint8_t dhk[16], block[16] = {0}, y[16];

	memcpy(block, l->rand, sizeof(l->rand));
	if (!d1(ir, 3, dhk) || crypto_e(dhk, block, y) != CRYPTO_OK)
		return false;
	*div = bytes_get_le16(y) ^ bytes_get_le16(l->ediv);
	return true;
}

bool known_ltk_of_btstack(const struct known_ltk *l, uint16_t *div)
{
	if (l->size < 7)
		return false;
	if (l->has_identification && div_of(l, div) && follows(l, *div))
		return true;
	for (uint32_t d = 0; l->search && d <= UINT16_MAX; d++) {
		*div = (uint16_t)d;
		if (follows(l, *div))
			return true;
	}
	return false;
}
