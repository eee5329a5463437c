/* SPDX-License-Identifier: MIT */
/*
 * The primitives, as the library has them: most significant octet first. Used by toolbox.c, which
 * turns the byte order round; everybody else uses toolbox.h.
 *
 * Returns as in toolbox.h. Keys are handed to the library for one call and destroyed again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"

CRYPTO_MUST_CHECK int backend_start(void);
CRYPTO_MUST_CHECK int backend_random(uint8_t *out, size_t len);
CRYPTO_MUST_CHECK int backend_aes128(const uint8_t key[16], const uint8_t in[16], uint8_t out[16]);
/* e(key, e(key, in) ^ between) with the key set up once: for searches. */
CRYPTO_MUST_CHECK int backend_aes128_twice(const uint8_t key[16], const uint8_t in[16],
					   const uint8_t between[16], uint8_t out[16]);
CRYPTO_MUST_CHECK int backend_cmac(const uint8_t key[16], const uint8_t *message, size_t len,
				   uint8_t mac[16]);
/*
 * AES-CCM with a code of 4 octets at the end of in, and one octet that is authenticated only: len -
 * 4 octets into out. CRYPTO_INVALID_KEY: the code does not come out.
 */
CRYPTO_MUST_CHECK int backend_ccm_open(const uint8_t key[16], const uint8_t nonce[13],
				       uint8_t extra, const uint8_t *in, size_t len, uint8_t *out);

/* Points are 65 octets: 0x04, X, Y. CRYPTO_INVALID_KEY for a scalar or a point that is not valid.
 */
CRYPTO_MUST_CHECK int backend_p256_public(const uint8_t private_key[32], uint8_t point[65]);
CRYPTO_MUST_CHECK int backend_p256_check(const uint8_t point[65]);
CRYPTO_MUST_CHECK int backend_p256_agree(const uint8_t private_key[32], const uint8_t point[65],
					 uint8_t secret[32]);
