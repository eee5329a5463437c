/* SPDX-License-Identifier: MIT */
/*
 * Repeated attempts, Core Vol 3 Part H 2.3.6: after a pairing that failed the same device has to
 * wait, twice as long after each further failure, up to a maximum; quiet time wears it off, a
 * pairing that succeeds forgives all. Because an address costs an attacker nothing, all devices
 * together have a wait too, which begins later and stays shorter, so that others are not locked
 * out.
 *
 * A table in caller-owned memory that outlives the links; it starts as all zero. Times are
 * microseconds of any clock that does not go back. A caller that wants the memory to outlive the
 * process keeps the struct as it is, with the times of a clock that does so too.
 */
#pragma once

#include <stdint.h>

#include "crypto/toolbox.h"

#define SMP_ATTEMPTS_PEERS    32	 /* whose failures are remembered one by one */
#define SMP_ATTEMPTS_FIRST_US 1000000ULL /* the wait after the first failure */
#define SMP_ATTEMPTS_PEER_MAX 10	 /* doublings end: 512 s for one device ... */
#define SMP_ATTEMPTS_ALL_FREE 8		 /* ... all together: this many failures cost nothing, */
#define SMP_ATTEMPTS_ALL_MAX  15	 /* and doublings end at 64 s */

struct smp_attempts {
	struct smp_attempt {
		struct crypto_address peer;
		uint8_t failures; /* that still count; 0: the place is free */
		uint64_t since;	  /* when the last of them was, or the last one wore off */
	} peers[SMP_ATTEMPTS_PEERS], all;
};

/*
 * How long this device has to wait before it may try again; 0: it may now. The address is the
 * identity where a bond tells it, else the one on air.
 */
uint64_t smp_attempts_wait(const struct smp_attempts *attempts, const struct crypto_address *peer,
			   uint64_t now);

/* How many failures of this device count now. */
unsigned smp_attempts_failures(const struct smp_attempts *attempts,
			       const struct crypto_address *peer, uint64_t now);

/* A pairing that was under way failed. One that was refused for coming too early is none. */
void smp_attempts_failed(struct smp_attempts *attempts, const struct crypto_address *peer,
			 uint64_t now);

/*
 * A pairing succeeded and was authenticated. One that was not shows nobody's innocence: it is not
 * told here, and what was counted wears off by itself.
 */
void smp_attempts_succeeded(struct smp_attempts *attempts, const struct crypto_address *peer);
