/* SPDX-License-Identifier: MIT */
/*
 * The primitives of the cryptographic library, most significant octet first. Only toolbox.c uses
 * them, and converts the byte order; everything else uses toolbox.h.
 *
 * All return CRYPTO_OK, or CRYPTO_FAILED when the library failed; then the output is undefined. The
 * library gets each key for one call, after which it is destroyed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"

/* Starts the library, the first time. The other functions do so themselves. */
CRYPTO_MUST_CHECK int backend_start(void);

/* Fills out with len random octets. */
CRYPTO_MUST_CHECK int backend_random(uint8_t *out, size_t len);

/* AES-128 of one block. */
CRYPTO_MUST_CHECK int backend_aes128(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);

/* e(key, e(key, in) ^ between) with one key setup: for searches. */
CRYPTO_MUST_CHECK int backend_aes128_twice(const uint8_t key[16], const uint8_t in[16],
					   const uint8_t between[16], uint8_t out[16]);

/* AES-CMAC of len octets. */
CRYPTO_MUST_CHECK int backend_cmac(const uint8_t key[16], const uint8_t *message, size_t len,
				   uint8_t mac[16]);

/*
 * AES-CCM decryption of len octets, the last 4 of which are the MIC, with one octet of additional
 * data. Writes len - 4 octets to out. CRYPTO_INVALID_KEY: the MIC does not match. CRYPTO_FAILED
 * also if len is less than 4.
 */
CRYPTO_MUST_CHECK int backend_ccm_open(const uint8_t key[16], const uint8_t nonce[13],
				       uint8_t extra, const uint8_t *in, size_t len, uint8_t *out);

/*
 * P-256. A point is 65 octets: 0x04, X, Y. CRYPTO_INVALID_KEY: a scalar is not 1 to n - 1, or a
 * point is not on the curve.
 */
CRYPTO_MUST_CHECK int backend_p256_public(const uint8_t private_key[32], uint8_t point[65]);
CRYPTO_MUST_CHECK int backend_p256_check(const uint8_t point[65]);
CRYPTO_MUST_CHECK int backend_p256_agree(const uint8_t private_key[32], const uint8_t point[65],
					 uint8_t secret[32]);
