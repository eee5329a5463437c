/* SPDX-License-Identifier: MIT */
/*
 * primitives SECONDS: measures the cryptography of a pairing through crypto/toolbox.h. Prints a
 * line "name nanoseconds" for each operation, the mean over SECONDS of calls.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/toolbox.h"

static struct crypto_keypair ours, theirs;
static uint8_t message[65], result[32];

static int key_pair(void)
{
	return crypto_p256_generate(&ours, crypto_random, NULL);
}

static int dhkey(void)
{
	return crypto_p256_dhkey(ours.private_key, theirs.public_key, result);
}

static int cmac(void)
{
	return crypto_cmac(theirs.private_key, message, sizeof(message), result);
}

static int aes(void)
{
	return crypto_e(theirs.private_key, message, result);
}

static const struct {
	const char *name;
	int (*run)(void);
} primitives[] = {
	{"keypair", key_pair},
	{"dhkey", dhkey},
	{"cmac", cmac},
	{"aes", aes},
};

/* CPU time, as openssl speed measures it: other processes do not count. */
static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	double limit = argc == 2 ? strtod(argv[1], NULL) : 0;

	if (limit <= 0 || crypto_init() || key_pair() ||
	    crypto_p256_generate(&theirs, crypto_random, NULL)) {
		fputs("usage: primitives SECONDS\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(primitives) / sizeof(primitives[0]); i++) {
		double begin = seconds(), end;
		long calls = 0;
		do {
			if (primitives[i].run())
				return 1;
			calls++;
			end = seconds();
		} while (end - begin < limit);
		printf("%s %.0f\n", primitives[i].name, (end - begin) * 1e9 / (double)calls);
	}
	return 0;
}
