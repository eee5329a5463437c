/* SPDX-License-Identifier: MIT */
/* The library behind crypto/ allocates as it likes: only the calls of our own code count. */
#include "crypto/toolbox.h"
#include "heap.h"

/* clang-format off */
#define PAUSE(name, parameters, arguments)                \
	int __real_crypto_##name parameters;              \
	int __wrap_crypto_##name parameters;              \
	int __wrap_crypto_##name parameters               \
	{                                                 \
		heap_pause();                             \
		int status = __real_crypto_##name arguments; \
		heap_resume();                            \
		return status;                            \
	}

PAUSE(init, (void), ())
PAUSE(random, (void *ctx, uint8_t *out, size_t len), (ctx, out, len))
PAUSE(ah, (const uint8_t irk[16], const uint8_t prand[3], uint8_t hash[3]), (irk, prand, hash))
/* clang-format on */
