/* SPDX-License-Identifier: MIT */
/*
 * Repeated attempts, Core Vol 3 Part H 2.3.6: after a failed pairing the same device has to wait,
 * twice as long after each further failure, up to a maximum. Failures expire with time; a pairing
 * that succeeds clears them. Because an attacker can change its address at no cost, all devices
 * together have a wait too, which starts later and stays shorter, so that it does not lock out
 * others.
 *
 * A table in caller-owned memory that outlives the links; it starts as all zero. Times are
 * microseconds of any clock that does not go back. To keep the table across processes, store the
 * struct as it is and use a clock that runs on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "crypto/toolbox.h"

#define SMP_ATTEMPTS_PEERS    32	 /* devices with an entry of their own */
#define SMP_ATTEMPTS_FIRST_US 1000000ULL /* the wait after the first failure */
#define SMP_ATTEMPTS_PEER_MAX 10	 /* doublings end: 512 s for one device ... */
#define SMP_ATTEMPTS_ALL_FREE 8		 /* ... all together: this many failures cost nothing, */
#define SMP_ATTEMPTS_ALL_MAX  15	 /* and doublings end at 64 s */

struct smp_attempts {
	struct smp_attempt {
		struct crypto_address peer;
		uint8_t failures; /* that have not expired; 0: the entry is free */
		uint64_t since;	  /* the time of the last failure or expiry */
	} peers[SMP_ATTEMPTS_PEERS], all;
};

/*
 * Returns the time in microseconds that this device has to wait before its next attempt; 0: none.
 * peer is the identity address if a bond has it, otherwise the address on air.
 */
uint64_t smp_attempts_wait(const struct smp_attempts *attempts, const struct crypto_address *peer,
			   uint64_t now);

/* Returns the number of failures of this device that have not expired. */
unsigned smp_attempts_failures(const struct smp_attempts *attempts,
			       const struct crypto_address *peer, uint64_t now);

/*
 * True when so many pairings failed that the next failure makes all devices wait: who has several
 * links should let one attempt be under way at a time, because others would evade that wait.
 */
bool smp_attempts_crowded(const struct smp_attempts *attempts, uint64_t now);

/* Counts a failed pairing. Do not count one that was refused because it came too early. */
void smp_attempts_failed(struct smp_attempts *attempts, const struct crypto_address *peer,
			 uint64_t now);

/*
 * Clears the failures of this device after an authenticated pairing. Do not call it after an
 * unauthenticated one, which proves nothing: those failures expire.
 */
void smp_attempts_succeeded(struct smp_attempts *attempts, const struct crypto_address *peer);
