/* SPDX-License-Identifier: MIT */
#include "cli/explain/analyse/recompute_fixture.h"

#include <string.h>

#include "crypto/bytes.h"
#include "smp/pdu.h"

struct explain_attempt attempt;
struct explain_facts facts;
unsigned searches;

static struct inputs inputs;

const struct crypto_address addresses[2] = {{0, {1, 2, 3, 4, 5, 6}}, {1, {7, 8, 9, 10, 11, 0xc0}}};

void set_features(int end, uint8_t io, uint8_t oob, uint8_t auth, uint8_t size)
{
	const uint8_t pdu[7] = {(uint8_t)(end == I ? SMP_PAIRING_REQUEST : SMP_PAIRING_RESPONSE),
				io,
				oob,
				auth,
				size,
				1,
				3};

	memcpy(attempt.party[end].features_pdu, pdu, 7);
	attempt.party[end].features.frame = 1U + (unsigned)end;
}

void set_random(int end, uint8_t first)
{
	for (uint8_t i = 0; i < 16; i++)
		attempt.party[end].random_value[0][i] = (uint8_t)(first + i);
	attempt.party[end].randoms = 1;
	attempt.party[end].random.frame = 5U + (unsigned)end;
}

/* Two ends that pair by Just Works, without confirm values as yet. */
int begin(void **state)
{
	(void)state;
	explain_attempt_init(&attempt, 1);
	attempt.pairing = attempt.finalized = true;
	searches = 2;
	for (int end = 0; end < 2; end++) {
		attempt.party[end].has_address = true;
		attempt.party[end].address = addresses[end];
		set_features(end, 3, 0, 1, 16);
		set_random(end, (uint8_t)(0x10 + 0x40 * end));
	}
	return 0;
}

int begin_passkey(void **state)
{
	(void)begin(state);
	set_features(I, 0, 0, 5, 16);
	set_features(R, 2, 0, 5, 16);
	return 0;
}

void reverse(void *octets, size_t len)
{
	uint8_t was[16];

	memcpy(was, octets, len);
	bytes_reverse(octets, was, len);
}

/* The confirm value of an end that makes a mistake. */
void set_confirm(int end, uint32_t passkey, void (*mistake)(struct inputs *inputs), bool reversed)
{
	struct explain_party *p = &attempt.party[end];

	memset(&inputs, 0, sizeof(inputs));
	bytes_put_le32(inputs.tk, passkey);
	memcpy(inputs.random, p->random_value[0], 16);
	memcpy(inputs.preq, attempt.party[I].features_pdu, 7);
	memcpy(inputs.pres, attempt.party[R].features_pdu, 7);
	inputs.ia = addresses[I];
	inputs.ra = addresses[R];
	if (mistake)
		mistake(&inputs);
	assert_int_equal(crypto_c1(inputs.tk, inputs.random, inputs.preq, inputs.pres, &inputs.ia,
				   &inputs.ra, p->confirm_value[0]),
			 0);
	if (reversed)
		reverse(p->confirm_value[0], 16);
	p->confirms = 1;
	p->confirm.frame = 3U + (unsigned)end;
}

void recompute(void)
{
	analyse_recompute(&attempt, &searches, &facts);
}

const struct explain_value *value(const char *name)
{
	for (size_t i = 0; i < facts.value_count; i++)
		if (strcmp(facts.values[i].name, name) == 0)
			return &facts.values[i];
	return NULL;
}

void assert_value(const char *name, uint64_t frame, bool secret, enum explain_result result,
		  const uint8_t octets[16])
{
	const struct explain_value *v = value(name);

	assert_non_null(v);
	assert_int_equal(v->frame, frame);
	assert_int_equal(v->secret, secret);
	assert_int_equal(v->result, result);
	assert_int_equal(v->len, 16);
	assert_memory_equal(v->octets, octets, 16);
}

struct crypto_keypair pairs[2];

int begin_secure(void **state)
{
	(void)begin(state);
	for (int end = 0; end < 2; end++) {
		set_features(end, 3, 0, 9, 16);
		if (bytes_all_zero(pairs[end].private_key, 32))
			assert_int_equal(crypto_p256_generate(&pairs[end], crypto_random, NULL), 0);
		memcpy(attempt.party[end].public_key_value, pairs[end].public_key, 64);
		attempt.party[end].public_key.frame = 20U + (unsigned)end;
	}
	return 0;
}

int begin_secure_passkey(void **state)
{
	(void)begin_secure(state);
	set_features(I, 0, 0, 13, 16);
	set_features(R, 2, 0, 13, 16);
	return 0;
}

void forget_pairs(void)
{
	memset(pairs, 0, sizeof(pairs));
}

int start(void **state)
{
	(void)state;
	return crypto_init();
}
