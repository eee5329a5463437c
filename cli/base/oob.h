/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band data as text, Core Vol 3 Part H 2.3.5.4 and 2.3.5.6.4: tk=HEX for legacy pairing,
 * confirm=HEX,random=HEX for Secure Connections; 32 hexadecimal digits each, the most significant
 * octet first. Files are JSON objects with the same names.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "smp/smp.h"

/* What one side needs to keep of its own Secure Connections data. */
struct oob_own {
	struct crypto_keypair keypair;
	uint8_t random[16];
	uint8_t confirm[16];
};

/* Both fill oob; 0, or -1 with one line in error. */
int oob_parse(const char *text, struct smp_oob *oob, char *error, size_t error_len);
int oob_load(const char *path, struct smp_oob *oob, char *error, size_t error_len);

/*
 * Our own data: from the 0600 file at path, made there if it is absent; "-": made fresh, kept
 * nowhere. 0, or -1 with one line in error.
 */
int oob_own_load(const char *path, struct oob_own *own, char *error, size_t error_len);

/*
 * Fresh data in their place, in own and in the file: one key pair is for one pairing (2.3.6). 0, or
 * -1 with one line in error; own is then fresh all the same, if it could be made at all.
 */
int oob_own_renew(const char *path, struct oob_own *own, char *error, size_t error_len);

/* {"event":"oob","address",...,"confirm","random"}: ours, in the form that the other side takes. */
json_t *oob_event(const struct oob_own *own, const struct crypto_address *address);
