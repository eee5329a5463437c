/* SPDX-License-Identifier: MIT */
/*
 * Remembers what P-256 came to (--wrap crypto_p256_check, crypto_p256_dhkey), for tests that pair
 * the same few key pairs thousands of times: the curve is what takes time.
 */
#include <string.h>

#include "crypto/toolbox.h"

#define KEPT 64

static struct {
	uint8_t private_key[32], public_key[64], dhkey[32];
	int error;
} checks[KEPT], dhkeys[KEPT];
static size_t check_count, dhkey_count;

int __real_crypto_p256_check(const uint8_t public_key[64]);
int __wrap_crypto_p256_check(const uint8_t public_key[64]);
int __wrap_crypto_p256_check(const uint8_t public_key[64])
{
	for (size_t i = 0; i < check_count && i < KEPT; i++)
		if (memcmp(checks[i].public_key, public_key, 64) == 0)
			return checks[i].error;
	size_t at = check_count++ % KEPT;
	memcpy(checks[at].public_key, public_key, 64);
	return checks[at].error = __real_crypto_p256_check(public_key);
}

int __real_crypto_p256_dhkey(const uint8_t private_key[32], const uint8_t public_key[64],
			     uint8_t dhkey[32]);
int __wrap_crypto_p256_dhkey(const uint8_t private_key[32], const uint8_t public_key[64],
			     uint8_t dhkey[32]);
int __wrap_crypto_p256_dhkey(const uint8_t private_key[32], const uint8_t public_key[64],
			     uint8_t dhkey[32])
{
	for (size_t i = 0; i < dhkey_count && i < KEPT; i++) {
		if (memcmp(dhkeys[i].private_key, private_key, 32) ||
		    memcmp(dhkeys[i].public_key, public_key, 64))
			continue;
		memcpy(dhkey, dhkeys[i].dhkey, 32);
		return dhkeys[i].error;
	}
	size_t at = dhkey_count++ % KEPT;
	memcpy(dhkeys[at].private_key, private_key, 32);
	memcpy(dhkeys[at].public_key, public_key, 64);
	dhkeys[at].error = __real_crypto_p256_dhkey(private_key, public_key, dhkeys[at].dhkey);
	memcpy(dhkey, dhkeys[at].dhkey, 32);
	return dhkeys[at].error;
}
