/* SPDX-License-Identifier: MIT */
/* P-256 through the PSA Crypto API: for builds without Nettle, which is faster (p256_nettle.c). */
#include <psa/crypto.h>

#include "crypto/backend.h"

#define P256 PSA_ECC_FAMILY_SECP_R1

static int result(psa_status_t status)
{
	return status == PSA_SUCCESS ? CRYPTO_OK : CRYPTO_FAILED;
}

static psa_key_attributes_t attributes(psa_key_type_t type, psa_algorithm_t algorithm,
				       psa_key_usage_t usage)
{
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;

	psa_set_key_type(&a, type);
	psa_set_key_algorithm(&a, algorithm);
	psa_set_key_usage_flags(&a, usage);
	return a;
}

/* 0, or CRYPTO_INVALID_KEY or CRYPTO_FAILED; then id is not set. */
static int import_private(const uint8_t private_key[32], psa_key_id_t *id)
{
	psa_key_attributes_t a =
		attributes(PSA_KEY_TYPE_ECC_KEY_PAIR(P256), PSA_ALG_ECDH, PSA_KEY_USAGE_DERIVE);
	psa_status_t status = psa_crypto_init();

	if (status == PSA_SUCCESS)
		status = psa_import_key(&a, private_key, 32, id);
	if (status == PSA_ERROR_INVALID_ARGUMENT)
		return CRYPTO_INVALID_KEY;
	return result(status);
}

int backend_p256_public(const uint8_t private_key[32], uint8_t point[65])
{
	psa_key_id_t id;
	size_t written;
	int error = import_private(private_key, &id);

	if (error)
		return error;

	psa_status_t status = psa_export_public_key(id, point, 65, &written);
	(void)psa_destroy_key(id);
	return result(status);
}

int backend_p256_check(const uint8_t point[65])
{
	psa_key_attributes_t a = attributes(PSA_KEY_TYPE_ECC_PUBLIC_KEY(P256), 0, 0);
	psa_key_id_t id;
	psa_status_t status = psa_crypto_init();

	if (status == PSA_SUCCESS)
		status = psa_import_key(&a, point, 65, &id);
	/* The library accepts a point only if it is on the curve and not at infinity. */
	if (status == PSA_ERROR_INVALID_ARGUMENT)
		return CRYPTO_INVALID_KEY;
	if (status != PSA_SUCCESS)
		return CRYPTO_FAILED;
	(void)psa_destroy_key(id);
	return CRYPTO_OK;
}

int backend_p256_agree(const uint8_t private_key[32], const uint8_t point[65], uint8_t secret[32])
{
	psa_key_id_t id;
	size_t written;
	int error = import_private(private_key, &id);

	if (error)
		return error;

	psa_status_t status =
		psa_raw_key_agreement(PSA_ALG_ECDH, id, point, 65, secret, 32, &written);
	(void)psa_destroy_key(id);
	if (status == PSA_ERROR_INVALID_ARGUMENT)
		return CRYPTO_INVALID_KEY;
	return result(status);
}
