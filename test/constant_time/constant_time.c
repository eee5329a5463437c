/* SPDX-License-Identifier: MIT */
/*
 * No branch and no address depends on a secret. All secrets of an engine are marked as undefined
 * before each step, and valgrind reports every branch and address of the machine code that depends
 * on one. The result of bytes_equal() is exempt, see declassify.h; its code is not.
 *
 * The library is not tested: a stand-in computes sums that keep undefined values undefined.
 * "scripts/lint constant_time" runs this under valgrind.
 */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>

#include "crypto/backend.h"
#include "smp/harness.h"

/* ---- A stand-in for the library -------------------------------------------------------------- */

int backend_start(void)
{
	return CRYPTO_OK;
}

int backend_random(uint8_t *out, size_t len)
{
	static uint8_t next;

	for (size_t n = 0; n < len; n++)
		out[n] = ++next;
	return CRYPTO_OK;
}

static void mix(const uint8_t key[16], const uint8_t *in, size_t len, uint8_t out[16])
{
	uint8_t state[16];

	memcpy(state, key, 16);
	for (size_t n = 0; n < len + 32; n++) {
		uint8_t octet = n < len ? in[n] : (uint8_t)n;
		state[n % 16] = (uint8_t)(state[n % 16] * 5 + octet + state[(n + 15) % 16]);
	}
	memcpy(out, state, 16);
}

int backend_aes128(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
	mix(key, in, 16, out);
	return CRYPTO_OK;
}

int backend_aes128_twice(const uint8_t key[16], const uint8_t in[16], const uint8_t mask[16],
			 uint8_t out[16])
{
	uint8_t block[16];

	mix(key, in, 16, block);
	for (size_t n = 0; n < 16; n++)
		block[n] ^= mask[n];
	mix(key, block, 16, out);
	return CRYPTO_OK;
}

int backend_cmac(const uint8_t key[16], const uint8_t *message, size_t len, uint8_t mac[16])
{
	mix(key, message, len, mac);
	return CRYPTO_OK;
}

/* Not part of a pairing. */
int backend_ccm_open(const uint8_t key[16], const uint8_t nonce[13], uint8_t extra,
		     const uint8_t *in, size_t len, uint8_t *out)
{
	(void)key, (void)nonce, (void)extra, (void)in, (void)len, (void)out;
	return CRYPTO_FAILED;
}

int backend_p256_public(const uint8_t private_key[32], uint8_t point[65])
{
	point[0] = 4;
	for (size_t n = 0; n < 32; n++)
		point[1 + n] = point[33 + n] = (uint8_t)(private_key[n] ^ 0x5a);
	return CRYPTO_OK;
}

int backend_p256_check(const uint8_t point[65])
{
	(void)point;
	return CRYPTO_OK;
}

int backend_p256_agree(const uint8_t private_key[32], const uint8_t point[65], uint8_t secret[32])
{
	for (size_t n = 0; n < 32; n++)
		secret[n] = (uint8_t)((private_key[n] ^ 0x5a) + point[1 + n]);
	return CRYPTO_OK;
}

/* ---- Secrets --------------------------------------------------------------------------------- */

#define HIDE(what) (void)VALGRIND_MAKE_MEM_UNDEFINED(&(what), sizeof(what))

static void hide(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	HIDE(s->keypair.private_key);
	HIDE(s->dhkey);
	HIDE(s->tk);
	HIDE(s->passkey);
	HIDE(s->own_random);
	HIDE(s->own_confirm);
	HIDE(s->mackey);
	HIDE(s->ltk);
	HIDE(s->full_ltk);
	HIDE(smp->config.irk);
	HIDE(smp->config.oob.tk);
	HIDE(smp->config.oob.peer_random);
	HIDE(smp->config.oob.own_random);
	HIDE(smp->bond.local.ltk);
	HIDE(smp->bond.local.irk);
	HIDE(smp->bond.local.csrk);
	HIDE(smp->bond.peer.ltk);
	HIDE(smp->bond.peer.irk);
	HIDE(smp->bond.peer.csrk);
	HIDE(smp->bond.link_key);
}

void __real_smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions);
void __wrap_smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions);
void __wrap_smp_step(struct smp *smp, const struct smp_event *event, struct smp_actions *actions)
{
	hide(smp);
	__real_smp_step(smp, event, actions);
	/* The harness reads the results. */
	(void)VALGRIND_MAKE_MEM_DEFINED(smp, sizeof(*smp));
	(void)VALGRIND_MAKE_MEM_DEFINED(actions, sizeof(*actions));
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static struct end i, r;

static const struct {
	const char *name;
	bool sc;
	enum smp_io io_i, io_r;
	bool oob;
	enum smp_method method; /* seen from the initiator */
} scenarios[] = {
	{"legacy Just Works", false, 3, 3, false, SMP_JUST_WORKS},
	{"legacy passkey, shown", false, 0, 2, false, SMP_PASSKEY_WE_SHOW},
	{"legacy passkey, typed", false, 2, 0, false, SMP_PASSKEY_WE_TYPE},
	{"legacy out of band", false, 3, 3, true, SMP_OOB},
	{"Just Works", true, 3, 3, false, SMP_JUST_WORKS},
	{"numeric comparison", true, 1, 1, false, SMP_NUMERIC_COMPARISON},
	{"passkey, shown", true, 4, 2, false, SMP_PASSKEY_WE_SHOW},
	{"passkey, typed", true, 2, 4, false, SMP_PASSKEY_WE_TYPE},
	{"out of band", true, 3, 3, true, SMP_OOB},
};

/* Each compared value, once right and once with a wrong bit in its last octet. */
static void spoil(void *ctx, struct end *to, uint8_t *pdu, size_t *len)
{
	(void)to;
	if (pdu[0] == *(const uint8_t *)ctx)
		pdu[*len - 1] ^= 0x80;
}

static void pair(size_t scenario, uint8_t code)
{
	const struct run run = {.tamper = spoil, .ctx = &code};

	end_prepare(&i, SMP_INITIATOR);
	end_prepare(&r, SMP_RESPONDER);
	i.config.io = scenarios[scenario].io_i;
	r.config.io = scenarios[scenario].io_r;
	i.config.sc = r.config.sc = scenarios[scenario].sc ? SMP_SC_PREFER : SMP_SC_OFF;
	i.config.has_passkey = r.config.has_passkey =
		true; /* drawing it branches on a secret, harmlessly */
	i.config.passkey = r.config.passkey = 123456;
	if (scenarios[scenario].oob && scenarios[scenario].sc) {
		give_oob(&i, &r);
		give_oob(&r, &i);
	} else if (scenarios[scenario].oob) {
		i.config.oob.has_tk = r.config.oob.has_tk = true;
	}
	end_begin(&i);
	end_begin(&r);
	run_pairing(&i, &r, &run);
	assert_int_equal(i.smp.features.method, scenarios[scenario].method);
	if (!code)
		assert_true(i.paired && r.paired);
	else
		assert_false(i.paired && r.paired);
}

static bool leaky(const volatile uint8_t *a, const volatile uint8_t *b, size_t len)
{
	for (size_t n = 0; n < len; n++)
		if (a[n] != b[n])
			return false;
	return true;
}

static void valgrind_sees_a_branch(void **state)
{
	uint8_t a[16] = {0}, b[16] = {0};
	unsigned before = (unsigned)VALGRIND_COUNT_ERRORS;

	(void)state;
	HIDE(a);
	bool same = leaky(a, b, sizeof(a));
	(void)VALGRIND_MAKE_MEM_DEFINED(&same, sizeof(same));
	assert_true((unsigned)VALGRIND_COUNT_ERRORS > before);
}

static void no_branch_depends_on_a_secret(void **state)
{
	(void)state;
	for (size_t scenario = 0; scenario < COUNT(scenarios); scenario++) {
		const uint8_t codes[] = {
			0, scenarios[scenario].sc ? SMP_PAIRING_DHKEY_CHECK : SMP_PAIRING_CONFIRM,
			SMP_PAIRING_RANDOM};
		for (size_t n = 0; n < COUNT(codes); n++) {
			unsigned before = (unsigned)VALGRIND_COUNT_ERRORS;
			pair(scenario, codes[n]);
			if ((unsigned)VALGRIND_COUNT_ERRORS != before)
				fail_msg("%s: see the report of valgrind",
					 scenarios[scenario].name);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valgrind_sees_a_branch),
		cmocka_unit_test(no_branch_depends_on_a_secret),
	};

	if (!RUNNING_ON_VALGRIND) {
		fputs("constant_time: runs under valgrind only\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
