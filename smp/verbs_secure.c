/* SPDX-License-Identifier: MIT */
/* Phase 2, LE Secure Connections: Core Vol 3 Part H 2.3.5.6. */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/pdu.h"
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

int smp_need_keypair(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	if (s->has_keypair)
		return 0;
	if (crypto_p256_generate(&s->keypair, smp->config.random, smp->config.random_ctx))
		return smp_internal_failure(smp);
	s->has_keypair = true;
	return 0;
}

int smp_need_dhkey(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	if (s->has_dhkey)
		return 0;
	if (crypto_p256_dhkey(s->keypair.private_key, s->peer_key, s->dhkey))
		return smp_internal_failure(smp);
	s->has_dhkey = true;
	return 0;
}

int smp_do_send_public_key(struct smp *smp)
{
	int reason = smp_need_keypair(smp);

	smp->attempted = true;
	if (!reason)
		memcpy(smp_send(smp, SMP_PAIRING_PUBLIC_KEY), smp->secret.keypair.public_key, 64);
	return reason;
}

/*
 * A point off the curve reveals the private key (CVE-2018-5383); our own X coordinate, with either
 * Y, is a reflection (CVE-2020-26558, CVE-2021-37577). Both: DHKey Check Failed.
 */
int smp_do_keep_public_key(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;
	int reason = smp_need_keypair(smp);

	if (reason)
		return reason;
	smp->attempted = true;
	memcpy(s->peer_key, smp_rx(smp), 64);
	if (bytes_equal(s->peer_key, s->keypair.public_key, 32))
		return smp_refuse(smp, SMP_WHY_REFLECTED_PUBLIC_KEY);
	int error = crypto_p256_check(s->peer_key);
	if (error == CRYPTO_INVALID_KEY)
		return smp_refuse(smp, SMP_WHY_INVALID_PUBLIC_KEY);
	if (error)
		return smp_internal_failure(smp);
	smp->debug_key = crypto_p256_is_debug(s->peer_key);
	if (smp->debug_key &&
	    (smp->config.mitm == SMP_MITM_REQUIRE || smp->config.floor.authenticated))
		return smp_refuse(smp, SMP_WHY_DEBUG_KEY);
	if (smp->debug_key)
		smp_note(smp,
			 "the peer uses the debug key of the specification: any eavesdropper can "
			 "decrypt this link");
	smp->has_peer_key = true;
	return 0;
}

/* f4 of the values of one side: the sender's X coordinate comes first. */
static int f4_own(const struct smp *smp, uint8_t z, uint8_t out[16])
{
	const struct smp_secrets *s = &smp->secret;
	return crypto_f4(s->keypair.public_key, s->peer_key, s->own_random, z, out);
}

static int f4_peer(const struct smp *smp, uint8_t z, uint8_t out[16])
{
	const struct smp_secrets *s = &smp->secret;
	return crypto_f4(s->peer_key, s->keypair.public_key, s->peer_random, z, out);
}

int smp_do_send_commitment(struct smp *smp)
{
	if (f4_own(smp, 0, smp->secret.own_confirm))
		return smp_internal_failure(smp);
	smp_send_confirm(smp);
	return 0;
}

int smp_do_check_commitment(struct smp *smp)
{
	uint8_t expected[16];

	if (f4_peer(smp, 0, expected))
		return smp_internal_failure(smp);
	return smp_confirm_matches(smp, expected);
}

/* ra = rb = 0x80 + the round's bit of the passkey, least significant first: 2.3.5.6.3. */
static uint8_t round_bit(const struct smp *smp)
{
	return (uint8_t)(0x80 | (smp->secret.passkey >> smp->secret.round & 1));
}

int smp_do_send_round_confirm(struct smp *smp)
{
	if (f4_own(smp, round_bit(smp), smp->secret.own_confirm))
		return smp_internal_failure(smp);
	smp_send_confirm(smp);
	return 0;
}

int smp_do_check_round_confirm(struct smp *smp)
{
	uint8_t expected[16];

	if (f4_peer(smp, round_bit(smp), expected))
		return smp_internal_failure(smp);
	return smp_confirm_matches(smp, expected);
}

int smp_do_next_round(struct smp *smp)
{
	smp->secret.round++;
	smp->confirm_sent = false;
	return 0;
}

/* Cb = f4(PKb, PKb, rb, 0), received out of band: 2.3.5.6.4. */
int smp_do_check_oob(struct smp *smp)
{
	const struct smp_oob *oob = &smp->config.oob;
	uint8_t expected[16];

	if (!oob->has_peer)
		return 0;
	if (crypto_f4(smp->secret.peer_key, smp->secret.peer_key, oob->peer_random, 0, expected))
		return smp_internal_failure(smp);
	memcpy(smp->secret.peer_confirm, oob->peer_confirm, 16);
	return smp_confirm_matches(smp, expected);
}

int smp_do_make_ltk(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;
	bool i = smp_is_initiator(smp);
	int reason = smp_need_dhkey(smp);

	if (reason)
		return reason;
	if (crypto_f5(s->dhkey, i ? s->own_random : s->peer_random,
		      i ? s->peer_random : s->own_random, smp_initiator_address(smp),
		      smp_responder_address(smp), s->mackey, s->full_ltk))
		return smp_internal_failure(smp);
	memcpy(s->ltk, s->full_ltk, 16);
	crypto_shorten(s->ltk, smp->features.key_size);
	return 0;
}

/*
 * The DHKey check of one side: f6(MacKey, N own, N other, r other, IOcap own, address own, address
 * other), 2.3.5.6.5. r other is the passkey, or the other's out-of-band random if this side has it,
 * else 0.
 */
static int dhkey_check(const struct smp *smp, bool ours, uint8_t check[16])
{
	const struct smp_secrets *s = &smp->secret;
	bool initiators = smp_is_initiator(smp) == ours;
	const uint8_t *features = initiators ? smp->preq : smp->pres;
	uint8_t r[16] = {0};

	if (smp_is_passkey(smp))
		memcpy(r, s->tk, 16);
	else if (smp->features.method == SMP_OOB && features[2])
		memcpy(r, ours ? smp->config.oob.peer_random : smp->config.oob.own_random, 16);
	int error = crypto_f6(s->mackey, ours ? s->own_random : s->peer_random,
			      ours ? s->peer_random : s->own_random, r, features + 1,
			      ours ? &smp->config.local : &smp->config.peer,
			      ours ? &smp->config.peer : &smp->config.local, check);
	bytes_wipe(r, sizeof(r));
	return error;
}

int smp_do_send_dhkey_check(struct smp *smp)
{
	uint8_t check[16];

	if (dhkey_check(smp, true, check))
		return smp_internal_failure(smp);
	memcpy(smp_send(smp, SMP_PAIRING_DHKEY_CHECK), check, 16);
	return 0;
}

int smp_do_keep_dhkey_check(struct smp *smp)
{
	memcpy(smp->secret.peer_check, smp_rx(smp), 16);
	return 0;
}

int smp_do_verify_dhkey_check(struct smp *smp)
{
	uint8_t expected[16];

	if (dhkey_check(smp, false, expected))
		return smp_internal_failure(smp);
	if (!bytes_equal(expected, smp->secret.peer_check, 16))
		return smp_refuse(smp, SMP_WHY_WRONG_DHKEY_CHECK);
	return 0;
}
