/* SPDX-License-Identifier: MIT */
/* An attempt whose values are computed here, right or with a mistake, for the tests of
 * analyse/recompute.h. */
#pragma once

#include "analyse/recompute.h"
#include "unit.h"

enum { I = EXPLAIN_I, R = EXPLAIN_R };

extern struct explain_attempt attempt;
extern struct explain_facts facts;
extern unsigned searches;

/* The inputs of the values of each end; a mistake changes those of one end. */
struct inputs {
	uint8_t tk[16], random[16], preq[7], pres[7];
	struct crypto_address ia, ra;
};

extern const struct crypto_address addresses[2];

/* Of a group of tests. */
int start(void **state);

/* Two ends that pair by Just Works or with a passkey, without confirm values as yet. */
int begin(void **state);
int begin_passkey(void **state);
/* The same by Secure Connections. The key pairs stay the same until forget_pairs(). */
extern struct crypto_keypair pairs[2];
int begin_secure(void **state);
int begin_secure_passkey(void **state);
void forget_pairs(void);

void set_features(int end, uint8_t io, uint8_t oob, uint8_t auth, uint8_t size);
void set_random(int end, uint8_t first);
/* The confirm value of an end that makes a mistake. */
void set_confirm(int end, uint32_t passkey, void (*mistake)(struct inputs *inputs), bool reversed);
void reverse(void *octets, size_t len);

void recompute(void);
const struct explain_value *value(const char *name);
void assert_value(const char *name, uint64_t frame, bool secret, enum explain_result result,
		  const uint8_t octets[16]);
