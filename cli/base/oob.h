/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band data as text, Core Vol 3 Part H 2.3.5.4 and 2.3.5.6.4: tk=HEX for legacy pairing,
 * confirm=HEX,random=HEX for Secure Connections; 32 hexadecimal digits each, the most significant
 * octet first. A file is a JSON object with the same names.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/failure.h"
#include "smp/smp.h"

/* Our own data for Secure Connections. */
struct oob_own {
	struct crypto_keypair keypair;
	uint8_t random[16];
	uint8_t confirm[16];
};

/* Both fill oob; 0, or -1 with failure. */
int oob_parse(const char *text, struct smp_oob *oob, struct failure *failure);
int oob_load(const char *path, struct smp_oob *oob, struct failure *failure);

/*
 * Loads our own data from the private file at path, or makes fresh data: for "-" without keeping
 * them, for a path that does not exist in a new file. 0, or -1 with failure.
 */
int oob_own_load(const char *path, struct oob_own *own, struct failure *failure);

/*
 * Replaces the data in own and in the file by fresh data: one key pair is for one pairing (2.3.6).
 * 0, or -1 with failure; when only the file failed, own is fresh all the same.
 */
int oob_own_renew(const char *path, struct oob_own *own, struct failure *failure);

/* {"event":"oob","own","confirm","random"}: our data as the other side takes them. */
json_t *oob_event(const struct oob_own *own, const struct crypto_address *address);
