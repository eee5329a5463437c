/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the peer of the benchmark: all its random octets are 5a 61 68 ..., so that a
 * recorded pairing can be replayed to it. Never use it for anything else.
 */
#include <psa/crypto.h>
#include <stdint.h>

psa_status_t psa_generate_random(uint8_t *output, size_t output_size)
{
	for (size_t i = 0; i < output_size; i++)
		output[i] = (uint8_t)(0x5a + 7 * i);
	return PSA_SUCCESS;
}
