/* SPDX-License-Identifier: MIT */
#include "base/start_crypto.h"

#include "base/library.h"
#include "crypto/toolbox.h"

bool start_crypto(void)
{
	return crypto_init() == CRYPTO_OK &&
	       (!library_facts[LIBRARY_NETTLE].name || library_load(LIBRARY_NETTLE));
}
