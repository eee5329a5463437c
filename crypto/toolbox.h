/* SPDX-License-Identifier: MIT */
/*
 * The cryptographic toolbox of the Security Manager, Core Vol 3 Part H 2.2 and 2.4.2, with the
 * specification's names and argument order.
 *
 * Byte order: arguments and results are in wire order (least significant octet first), as PDUs and
 * HCI carry them. The specification prints and computes most significant octet first; only
 * toolbox.c converts.
 *
 * Every function returns CRYPTO_OK, or CRYPTO_FAILED when the library failed (out of memory, no
 * entropy); then do not use the result. No function keeps its arguments. Sizes are in octets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CRYPTO_MUST_CHECK __attribute__((warn_unused_result))

enum { CRYPTO_OK = 0, CRYPTO_FAILED = -1, CRYPTO_INVALID_KEY = -2 };

/* A device address: type 0 public, 1 random (Part H 3.6.5); octets in wire order. */
struct crypto_address {
	uint8_t type;
	uint8_t octets[6];
};

/* Not in constant time: addresses are not secret. */
static inline bool crypto_address_equal(const struct crypto_address *a,
					const struct crypto_address *b)
{
	return a->type == b->type && memcmp(a->octets, b->octets, sizeof(a->octets)) == 0;
}

/* A P-256 key pair: coordinates and scalar in wire order, X before Y as in Pairing Public Key. */
struct crypto_keypair {
	uint8_t private_key[32];
	uint8_t public_key[64];
};

/*
 * Starts the library, the first time: it may open a file of the kernel. The other functions do so
 * when they need it; call this one before if they run behind a filter of system calls.
 */
CRYPTO_MUST_CHECK int crypto_init(void);

/*
 * A source of randomness: fills out with len octets. Returns 0, or any other number on failure.
 * Must be cryptographically strong, except in tests.
 */
typedef int crypto_random_function(void *ctx, uint8_t *out, size_t len);

/* The source of the library; ctx is not used. */
CRYPTO_MUST_CHECK int crypto_random(void *ctx, uint8_t *out, size_t len);

/* e: AES-128 of one block, 2.2.1. */
CRYPTO_MUST_CHECK int crypto_e(const uint8_t key[16], const uint8_t plaintext[16],
			       uint8_t ciphertext[16]);

/*
 * AES-CMAC, 2.2.5. The key, the message as a whole and the result are in wire order. len is at most
 * CRYPTO_CMAC_MAX, the message of g2 (2.2.9); above it mac is zero and CRYPTO_FAILED is returned.
 */
#define CRYPTO_CMAC_MAX 80
CRYPTO_MUST_CHECK int crypto_cmac(const uint8_t key[16], const uint8_t *message, size_t len,
				  uint8_t mac[16]);

/* ah, 2.2.2: hash of a resolvable private address from its 24-bit prand. */
CRYPTO_MUST_CHECK int crypto_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3]);

/* c1, 2.2.3: legacy confirm value. preq and pres are the whole PDUs of 7 octets, code included. */
CRYPTO_MUST_CHECK int crypto_c1(const uint8_t tk[16], const uint8_t r[16], const uint8_t preq[7],
				const uint8_t pres[7], const struct crypto_address *ia,
				const struct crypto_address *ra, uint8_t confirm[16]);

/*
 * Searches the passkey (0 to 999999) whose TK gives this confirm value: tries all, half a million
 * per second or more. *passkey is CRYPTO_PASSKEYS if none does. It explains captured pairings, and
 * shows how little legacy pairing protects.
 */
#define CRYPTO_PASSKEYS 1000000
CRYPTO_MUST_CHECK int crypto_c1_search(const uint8_t r[16], const uint8_t preq[7],
				       const uint8_t pres[7], const struct crypto_address *ia,
				       const struct crypto_address *ra, const uint8_t confirm[16],
				       uint32_t *passkey);

/* s1, 2.2.4: STK from TK, Srand (r1) and Mrand (r2). */
CRYPTO_MUST_CHECK int crypto_s1(const uint8_t tk[16], const uint8_t r1[16], const uint8_t r2[16],
				uint8_t stk[16]);

/* f4, 2.2.6: Secure Connections confirm value; u and v are X coordinates. */
CRYPTO_MUST_CHECK int crypto_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16],
				uint8_t z, uint8_t confirm[16]);

/* f5, 2.2.7: MacKey and LTK from the DHKey. n1, a1 are the initiator's, n2, a2 the responder's. */
CRYPTO_MUST_CHECK int crypto_f5(const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
				const struct crypto_address *a1, const struct crypto_address *a2,
				uint8_t mackey[16], uint8_t ltk[16]);

/* f6, 2.2.8: DHKey check. iocap is IO capability, OOB flag, AuthReq in PDU order (wire order). */
CRYPTO_MUST_CHECK int crypto_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16],
				const uint8_t r[16], const uint8_t iocap[3],
				const struct crypto_address *a1, const struct crypto_address *a2,
				uint8_t check[16]);

/* g2, 2.2.9, already reduced modulo 10^6: the six digits to compare. */
CRYPTO_MUST_CHECK int crypto_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16],
				const uint8_t y[16], uint32_t *number);

/* h6, 2.2.10. key_id as printed, e.g. 0x6c656272 for "lebr". */
CRYPTO_MUST_CHECK int crypto_h6(const uint8_t w[16], uint32_t key_id, uint8_t out[16]);

/* h7, 2.2.11. salt as printed in its low four octets, e.g. 0x746d7031 for "tmp1". */
CRYPTO_MUST_CHECK int crypto_h7(uint32_t salt, const uint8_t w[16], uint8_t out[16]);

/* LTK to BR/EDR link key, 2.4.2.4, and back, 2.4.2.5. ct2: both sides set CT2, so h7 is used. */
CRYPTO_MUST_CHECK int crypto_ltk_to_link_key(const uint8_t ltk[16], bool ct2, uint8_t key[16]);
CRYPTO_MUST_CHECK int crypto_link_key_to_ltk(const uint8_t key[16], bool ct2, uint8_t ltk[16]);

/*
 * Decrypts the payload of an encrypted link-layer PDU, Vol 6 Part E 1 and 2: len octets of data,
 * the last 4 of which are the MIC; writes len - 4 octets to plain. key is the session key, e(LTK,
 * SKD); nonce is that of Part E 2.1; header is the first octet of the PDU. CRYPTO_INVALID_KEY: the
 * MIC does not match.
 */
CRYPTO_MUST_CHECK int crypto_ccm_open(const uint8_t key[16], const uint8_t nonce[13],
				      uint8_t header, const uint8_t *data, size_t len,
				      uint8_t *plain);

/* The public key of a private key. CRYPTO_INVALID_KEY if that is 0 or not below the group order. */
CRYPTO_MUST_CHECK int crypto_p256_public(const uint8_t private_key[32], uint8_t public_key[64]);

/*
 * A fresh key pair. Its private key is 32 octets of random in wire order, drawn again when they are
 * 0 or not below the group order (about one draw in 2^32), at most CRYPTO_P256_DRAWS times. On
 * failure pair is all zero.
 */
#define CRYPTO_P256_DRAWS 4
CRYPTO_MUST_CHECK int crypto_p256_generate(struct crypto_keypair *pair,
					   crypto_random_function *random, void *ctx);

/* CRYPTO_OK if the point is on the curve and not at infinity, else CRYPTO_INVALID_KEY (2.3.5.6.1).
 */
CRYPTO_MUST_CHECK int crypto_p256_check(const uint8_t public_key[64]);

/*
 * The key has the X coordinate of the debug key pair (2.3.5.6.1), whose private key is public. Only
 * the coordinate is compared: computing the key would cost as much as a DHKey.
 */
bool crypto_p256_is_debug(const uint8_t public_key[64]);

/*
 * The X coordinate of the shared secret (2.3.5.6.1). CRYPTO_INVALID_KEY if either key is not valid;
 * then dhkey is zero.
 */
CRYPTO_MUST_CHECK int crypto_p256_dhkey(const uint8_t private_key[32], const uint8_t public_key[64],
					uint8_t dhkey[32]);

/* Shortens a key to size octets (7 to 16), 2.3.4: zeroes the most significant ones. */
void crypto_shorten(uint8_t key[16], uint8_t size);
