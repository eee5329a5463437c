/* SPDX-License-Identifier: MIT */
/*
 * Randomness, AES, CMAC and CCM of the cryptographic library, through the PSA Crypto API, which is
 * the same in mbedTLS 2.28, 3.x and 4.x. The algorithms fix the lengths of all outputs, so that the
 * lengths that the library returns on success are not used.
 */
#include "crypto/backend.h"

#include <psa/crypto.h>

static int result(psa_status_t status)
{
	return status == PSA_SUCCESS ? CRYPTO_OK : CRYPTO_FAILED;
}

int backend_start(void)
{
	return result(psa_crypto_init());
}

int backend_random(uint8_t *out, size_t len)
{
	return backend_start() ? CRYPTO_FAILED : result(psa_generate_random(out, len));
}

/* Without a size: that of the imported key counts. */
static psa_key_attributes_t attributes(psa_key_type_t type, psa_algorithm_t algorithm,
				       psa_key_usage_t usage)
{
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;

	psa_set_key_type(&a, type);
	psa_set_key_algorithm(&a, algorithm);
	psa_set_key_usage_flags(&a, usage);
	return a;
}

static psa_status_t import_aes(const uint8_t key[16], psa_algorithm_t algorithm,
			       psa_key_usage_t usage, psa_key_id_t *id)
{
	psa_key_attributes_t a = attributes(PSA_KEY_TYPE_AES, algorithm, usage);
	psa_status_t status = psa_crypto_init();

	return status == PSA_SUCCESS ? psa_import_key(&a, key, 16, id) : status;
}

static psa_status_t encrypt(psa_key_id_t id, const uint8_t in[16], uint8_t out[16])
{
	size_t written;

	return psa_cipher_encrypt(id, PSA_ALG_ECB_NO_PADDING, in, 16, out, 16, &written);
}

int backend_aes128(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	psa_key_id_t id;
	psa_status_t status = import_aes(key, PSA_ALG_ECB_NO_PADDING, PSA_KEY_USAGE_ENCRYPT, &id);

	if (status != PSA_SUCCESS)
		return CRYPTO_FAILED;
	status = encrypt(id, in, out);
	(void)psa_destroy_key(id);
	return result(status);
}

int backend_aes128_twice(const uint8_t key[16], const uint8_t in[16], const uint8_t between[16],
			 uint8_t out[16])
{
	psa_key_id_t id;
	psa_status_t status = import_aes(key, PSA_ALG_ECB_NO_PADDING, PSA_KEY_USAGE_ENCRYPT, &id);
	uint8_t block[16];

	if (status != PSA_SUCCESS)
		return CRYPTO_FAILED;
	status = encrypt(id, in, block);
	if (status == PSA_SUCCESS) {
		for (size_t i = 0; i < 16; i++)
			block[i] ^= between[i];
		status = encrypt(id, block, out);
	}
	(void)psa_destroy_key(id);
	return result(status);
}

int backend_cmac(const uint8_t key[16], const uint8_t *message, size_t len, uint8_t mac[16])
{
	psa_key_id_t id;
	psa_status_t status = import_aes(key, PSA_ALG_CMAC, PSA_KEY_USAGE_SIGN_MESSAGE, &id);
	size_t written;

	if (status != PSA_SUCCESS)
		return CRYPTO_FAILED;
	status = psa_mac_compute(id, PSA_ALG_CMAC, message, len, mac, 16, &written);
	(void)psa_destroy_key(id);
	return result(status);
}

int backend_ccm_open(const uint8_t key[16], const uint8_t nonce[13], uint8_t extra,
		     const uint8_t *in, size_t len, uint8_t *out)
{
	const psa_algorithm_t ccm = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 4);
	psa_key_id_t id;
	size_t written;

	if (len < 4 || import_aes(key, ccm, PSA_KEY_USAGE_DECRYPT, &id) != PSA_SUCCESS)
		return CRYPTO_FAILED;

	psa_status_t status =
		psa_aead_decrypt(id, ccm, nonce, 13, &extra, 1, in, len, out, len - 4, &written);
	(void)psa_destroy_key(id);
	if (status == PSA_ERROR_INVALID_SIGNATURE)
		return CRYPTO_INVALID_KEY;
	return result(status);
}
