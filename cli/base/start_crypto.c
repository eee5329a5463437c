/* SPDX-License-Identifier: MIT */
#include "base/start_crypto.h"

#include "base/library.h"
#include "crypto/toolbox.h"

int start_crypto(struct failure *failure)
{
	if (library_need(LIBRARY_NETTLE, failure))
		return -1;
	if (crypto_init() == CRYPTO_OK)
		return 0;
	return failure_set(failure, CLI_INTERNAL,
			   "the cryptographic library cannot be initialized");
}
