/* SPDX-License-Identifier: MIT */
#include "crypto/fake_psa.h"

#include <psa/crypto.h>

unsigned fake_psa_calls, fake_psa_fails;

/* A library that is linked statically calls its own functions by these names: only ours count. */
static unsigned depth;

#define FAILS (!depth && ++fake_psa_calls == fake_psa_fails)

/* clang-format off */
#define FAKE(name, parameters, arguments)                                         \
	psa_status_t __real_psa_##name parameters;                                \
	psa_status_t __wrap_psa_##name parameters;                                \
	psa_status_t __wrap_psa_##name parameters                                 \
	{                                                                         \
		if (FAILS)                                                        \
			return PSA_ERROR_INSUFFICIENT_MEMORY;                     \
		depth++;                                                          \
		psa_status_t status = __real_psa_##name arguments;                \
		depth--;                                                          \
		return status;                                                    \
	}

FAKE(import_key, (const psa_key_attributes_t *a, const uint8_t *data, size_t len, psa_key_id_t *id), (a, data, len, id))
FAKE(generate_random, (uint8_t *out, size_t len), (out, len))
FAKE(export_public_key, (psa_key_id_t id, uint8_t *out, size_t size, size_t *len), (id, out, size, len))
FAKE(cipher_encrypt, (psa_key_id_t id, psa_algorithm_t alg, const uint8_t *in, size_t in_len, uint8_t *out, size_t size, size_t *len), (id, alg, in, in_len, out, size, len))
FAKE(aead_decrypt, (psa_key_id_t id, psa_algorithm_t alg, const uint8_t *nonce, size_t nonce_len, const uint8_t *extra, size_t extra_len, const uint8_t *in, size_t in_len, uint8_t *out, size_t size, size_t *len), (id, alg, nonce, nonce_len, extra, extra_len, in, in_len, out, size, len))
FAKE(mac_compute, (psa_key_id_t id, psa_algorithm_t alg, const uint8_t *in, size_t in_len, uint8_t *mac, size_t size, size_t *len), (id, alg, in, in_len, mac, size, len))
FAKE(raw_key_agreement, (psa_algorithm_t alg, psa_key_id_t id, const uint8_t *peer, size_t peer_len, uint8_t *out, size_t size, size_t *len), (alg, id, peer, peer_len, out, size, len))
/* clang-format on */
