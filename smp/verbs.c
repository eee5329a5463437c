/* SPDX-License-Identifier: MIT */
/*
 * The verbs and guards of the table. Each verb does one thing and returns 0 or the reason with
 * which the pairing fails. Sections are of Core Vol 3 Part H.
 */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/engine.h"

/* The debug key pair's X coordinate, 2.3.5.6.1, in wire order: whoever uses it wants to be read. */
static const uint8_t debug_key_x[32] = {
	0xe6, 0x9d, 0x35, 0x0e, 0x48, 0x01, 0x03, 0xcc, 0xdb, 0xfd, 0xf4,
	0xac, 0x11, 0x91, 0xf4, 0xef, 0xb9, 0xa5, 0xf9, 0xe9, 0xa7, 0x83,
	0x2c, 0x5e, 0x2c, 0xbe, 0x97, 0xf2, 0xd2, 0x03, 0xb0, 0x20,
};

static const struct crypto_address *initiator_address(const struct smp *smp)
{
	return smp_is_initiator(smp) ? &smp->config.local : &smp->config.peer;
}

static const struct crypto_address *responder_address(const struct smp *smp)
{
	return smp_is_initiator(smp) ? &smp->config.peer : &smp->config.local;
}

static bool is_passkey(const struct smp *smp)
{
	return smp->features.method == SMP_PASSKEY_WE_SHOW ||
	       smp->features.method == SMP_PASSKEY_WE_TYPE ||
	       smp->features.method == SMP_PASSKEY_BOTH_TYPE;
}

/* Something odd that is lived with; what comes first matters most. */
static void note(struct smp *smp, const char *text)
{
	if (!smp->bond.note)
		smp->bond.note = text;
}

/* ---- Phase 1 --------------------------------------------------------------------------------- */

static uint8_t own_auth_req(const struct smp *smp)
{
	const struct smp_config *c = &smp->config;
	/* A TK is of use to legacy pairing alone: with it, Secure Connections is not offered. */
	bool sc = c->sc == SMP_SC_ONLY ||
		  (c->sc == SMP_SC_PREFER && !(c->oob.has_tk && !c->oob.has_peer));

	return (uint8_t)((c->bonding ? SMP_AUTH_BONDING : 0) |
			 (c->mitm != SMP_MITM_OFF || c->floor.authenticated ? SMP_AUTH_MITM : 0) |
			 (sc ? SMP_AUTH_SC : 0) | (c->keypress ? SMP_AUTH_KEYPRESS : 0) |
			 (sc && c->ct2 ? SMP_AUTH_CT2 : 0));
}

static void write_features(const struct smp_feature_set *set, uint8_t *p)
{
	p[0] = set->io;
	p[1] = set->oob;
	p[2] = set->auth_req;
	p[3] = set->max_key_size;
	p[4] = set->init_keys;
	p[5] = set->resp_keys;
}

/* 3.5.1: reserved values of IO capability, OOB and key size are refused, reserved bits ignored. */
static int read_features(struct smp *smp, struct smp_feature_set *set)
{
	const uint8_t *p = smp_rx(smp);

	*set = (struct smp_feature_set){p[0], p[1], p[2], p[3], p[4], p[5]};
	if (set->io > SMP_IO_KEYBOARD_DISPLAY)
		return smp_refuse(smp, SMP_INVALID_PARAMETERS,
				  "the peer's IO capability has a reserved value");
	if (set->oob > 1)
		return smp_refuse(smp, SMP_INVALID_PARAMETERS,
				  "the peer's OOB data flag has a reserved value");
	if (set->max_key_size < 7 || set->max_key_size > 16)
		return smp_refuse(smp, SMP_INVALID_PARAMETERS,
				  "the peer's maximum encryption key size is not 7 to 16 octets");
	return 0;
}

/*
 * The bond itself is a good answer (2.4.6): what only a new pairing would have to reach is not
 * asked for, else a central whose bond has no MITM protection had to pair instead of encrypting.
 */
static int do_send_security_request(struct smp *smp)
{
	uint8_t auth_req = own_auth_req(smp);

	if (smp->config.mitm == SMP_MITM_OFF)
		auth_req &= (uint8_t)~SMP_AUTH_MITM;
	smp_send(smp, SMP_SECURITY_REQUEST)[0] = auth_req;
	return 0;
}

static int do_report_security_request(struct smp *smp)
{
	smp_act(smp, SMP_ACT_SECURITY_REQUEST)->auth_req = smp_rx(smp)[0];
	return 0;
}

/* A central asked to respond, or a peripheral asked to initiate: no procedure begins or ends. */
static int do_refuse_role(struct smp *smp)
{
	smp_send(smp, SMP_PAIRING_FAILED)[0] = SMP_COMMAND_NOT_SUPPORTED;
	return 0;
}

static int do_send_request(struct smp *smp)
{
	const struct smp_config *c = &smp->config;
	struct smp_feature_set *req = &smp->features.request;
	/* Key derivation to BR/EDR exists with Secure Connections only (2.4.2.4). */
	uint8_t keys =
		own_auth_req(smp) & SMP_AUTH_SC ? SMP_DIST_ALL : SMP_DIST_ALL ^ SMP_DIST_LINK;

	*req = (struct smp_feature_set){
		.io = (uint8_t)c->io,
		.oob = c->oob.has_tk || c->oob.has_peer,
		.auth_req = own_auth_req(smp),
		.max_key_size = c->max_key_size,
		.init_keys = c->init_keys & keys,
		.resp_keys = c->resp_keys & keys,
	};
	smp->preq[0] = SMP_PAIRING_REQUEST;
	write_features(req, smp->preq + 1);
	memcpy(smp_send(smp, SMP_PAIRING_REQUEST), smp->preq + 1, 6);
	return 0;
}

static int do_mind_attempts(struct smp *smp)
{
	const struct smp_config *c = &smp->config;

	if (c->too_soon && c->too_soon(c->too_soon_ctx))
		return smp_refuse(smp, SMP_REPEATED_ATTEMPTS,
				  "too many attempts failed before: the peer has to wait");
	return 0;
}

static int do_keep_request(struct smp *smp)
{
	memcpy(smp->preq, smp->rx, sizeof(smp->preq));
	return read_features(smp, &smp->features.request);
}

static int do_make_response(struct smp *smp)
{
	const struct smp_config *c = &smp->config;
	const struct smp_feature_set *req = &smp->features.request;
	bool sc = (own_auth_req(smp) & req->auth_req & SMP_AUTH_SC) != 0;
	uint8_t keys = sc ? SMP_DIST_ALL : SMP_DIST_ALL ^ SMP_DIST_LINK;

	smp->features.response = (struct smp_feature_set){
		.io = (uint8_t)c->io,
		.oob = sc ? c->oob.has_peer : c->oob.has_tk,
		.auth_req = own_auth_req(smp),
		.max_key_size = c->max_key_size,
		.init_keys = c->init_keys & req->init_keys & keys,
		.resp_keys = c->resp_keys & req->resp_keys & keys,
	};
	return 0;
}

static int do_send_response(struct smp *smp)
{
	smp->pres[0] = SMP_PAIRING_RESPONSE;
	write_features(&smp->features.response, smp->pres + 1);
	memcpy(smp_send(smp, SMP_PAIRING_RESPONSE), smp->pres + 1, 6);
	return 0;
}

static int do_keep_response(struct smp *smp)
{
	const struct smp_feature_set *req = &smp->features.request;
	struct smp_feature_set *res = &smp->features.response;
	int reason = read_features(smp, res);

	memcpy(smp->pres, smp->rx, sizeof(smp->pres));
	if (reason)
		return reason;
	/* "Shall not set a bit that is not set in the request", 3.6.1. */
	if (((res->init_keys & ~req->init_keys) | (res->resp_keys & ~req->resp_keys)) &
	    SMP_DIST_ALL)
		return smp_refuse(smp, SMP_INVALID_PARAMETERS,
				  "the peer's Pairing Response asks for keys that the request did "
				  "not offer");
	return 0;
}

static int do_choose_method(struct smp *smp)
{
	int reason = smp_choose(smp);

	/* Also on refusal: what was on offer is the best explanation of it. */
	smp_act(smp, SMP_ACT_FEATURES);
	return reason;
}

/* The method as the table knows it: which cue goes on from CHOSEN and from KEYED. */
static uint8_t cue(const struct smp *smp)
{
	bool sc = smp->features.secure_connections;

	switch (smp->features.method) {
	case SMP_METHOD_NONE:
		break;
	case SMP_JUST_WORKS:
	case SMP_NUMERIC_COMPARISON:
		return sc ? SC_COMPARE : LEGACY_TK_KNOWN;
	case SMP_PASSKEY_WE_SHOW:
		return sc ? SC_SHOW : LEGACY_SHOW;
	case SMP_PASSKEY_WE_TYPE:
	case SMP_PASSKEY_BOTH_TYPE:
		return sc ? SC_TYPE : LEGACY_TYPE;
	case SMP_OOB:
		return sc ? SC_OOB : LEGACY_TK_KNOWN;
	}
	return NOTHING;
}

/* Whether the peer says that it has the out-of-band data that we handed out. */
static bool peer_has_own_oob(const struct smp *smp)
{
	const struct smp_features *f = &smp->features;

	return f->method == SMP_OOB && (smp_is_initiator(smp) ? f->response.oob : f->request.oob);
}

static int do_begin_method(struct smp *smp)
{
	if (smp->features.secure_connections) {
		/* The key pair that was handed out is not for those who did not get it. */
		smp->spent_own_oob = smp->config.oob.has_own && peer_has_own_oob(smp);
		if (smp->config.oob.has_own && !smp->spent_own_oob) {
			bytes_wipe(&smp->secret.keypair, sizeof(smp->secret.keypair));
			smp->secret.has_keypair = false;
		}
		smp->raised = SECURE_CONNECTIONS;
		return 0;
	}
	if (smp->features.method == SMP_OOB)
		memcpy(smp->secret.tk, smp->config.oob.tk, 16);
	smp->raised = cue(smp);
	return 0;
}

static int do_begin_keyed(struct smp *smp)
{
	smp->raised = cue(smp);
	return 0;
}

/* ---- The user -------------------------------------------------------------------------------- */

/* A passkey is the TK of legacy pairing, and r of f6 in Secure Connections: same 16 octets. */
static void set_passkey(struct smp *smp, uint32_t passkey)
{
	smp->secret.passkey = passkey;
	memset(smp->secret.tk, 0, 16);
	bytes_put_le32(smp->secret.tk, passkey);
}

/* Uniform in 0 to 999999: values that would favour small numbers are drawn again. */
static int do_pick_passkey(struct smp *smp)
{
	const uint32_t limit = UINT32_MAX - UINT32_MAX % 1000000;
	uint8_t octets[4];
	uint32_t value;
	/* Bounded: with real randomness 64 draws in a row fail with probability 2^-768. */
	int tries = 64;

	if (smp->config.has_passkey) {
		/* Each failed attempt tells a bit of it: one that is random serves once. */
		note(smp, "the passkey was fixed beforehand: one that serves again can be learnt "
			  "from attempts that fail");
		set_passkey(smp, smp->config.passkey);
		return 0;
	}
	do {
		if (!tries-- || smp->config.random(smp->config.random_ctx, octets, sizeof(octets)))
			return smp_broken(smp);
		value = bytes_get_le32(octets);
	} while (value >= limit);
	set_passkey(smp, value % 1000000);
	bytes_wipe(octets, sizeof(octets));
	return 0;
}

static int do_show_passkey(struct smp *smp)
{
	smp_act(smp, SMP_ACT_SHOW_PASSKEY)->number = smp->secret.passkey;
	smp->prompting = true;
	return 0;
}

static int do_ask_passkey(struct smp *smp)
{
	smp_act(smp, SMP_ACT_ASK_PASSKEY);
	smp->prompting = true;
	return 0;
}

static int do_take_passkey(struct smp *smp)
{
	if (smp->event->passkey > 999999)
		return smp_refuse(smp, SMP_PASSKEY_ENTRY_FAILED, "a passkey has six digits");
	set_passkey(smp, smp->event->passkey);
	return 0;
}

static int do_ask_comparison(struct smp *smp)
{
	const struct smp_secrets *s = &smp->secret;
	bool i = smp_is_initiator(smp);
	uint32_t number;

	if (crypto_g2(i ? s->keypair.public_key : s->peer_key,
		      i ? s->peer_key : s->keypair.public_key, i ? s->own_random : s->peer_random,
		      i ? s->peer_random : s->own_random, &number))
		return smp_broken(smp);
	smp_act(smp, SMP_ACT_ASK_CONFIRM)->number = number;
	smp->prompting = true;
	return 0;
}

static int do_refuse_comparison(struct smp *smp)
{
	return smp_refuse(
		smp, SMP_NUMERIC_COMPARISON_FAILED,
		"the user said that the two numbers differ: someone may be in the middle");
}

static int do_send_keypress(struct smp *smp)
{
	if (smp->event->keypress > SMP_KEYPRESS_COMPLETED)
		return 0;
	smp_send(smp, SMP_KEYPRESS_NOTIFICATION)[0] = smp->event->keypress;
	return 0;
}

static int do_report_keypress(struct smp *smp)
{
	if (smp_rx(smp)[0] > SMP_KEYPRESS_COMPLETED)
		return smp_refuse(smp, SMP_INVALID_PARAMETERS,
				  "the peer's Keypress Notification has a reserved value");
	smp_act(smp, SMP_ACT_PEER_KEYPRESS)->keypress = smp_rx(smp)[0];
	return 0;
}

/* The reason that the peer is told is the one of what the user was doing. */
static int do_give_up(struct smp *smp)
{
	enum smp_reason reason = SMP_UNSPECIFIED_REASON;

	if (smp->state == COMPARING || smp->state == COMPARING_CHECKED)
		reason = SMP_NUMERIC_COMPARISON_FAILED;
	/* Entry of the passkey is over once encryption begins. */
	else if (is_passkey(smp) && smp->state != ENCRYPTING && smp->state != KEYS)
		reason = SMP_PASSKEY_ENTRY_FAILED;
	smp_refuse(smp, reason, "cancelled here");
	smp->failure.by = SMP_BY_USER;
	return (int)reason;
}

/* ---- Phase 2: what both kinds share ---------------------------------------------------------- */

static int do_make_random(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	if (smp->config.random(smp->config.random_ctx, s->own_random, 16))
		return smp_broken(smp);
	return 0;
}

static int do_send_random(struct smp *smp)
{
	memcpy(smp_send(smp, SMP_PAIRING_RANDOM), smp->secret.own_random, 16);
	return 0;
}

static void send_confirm(struct smp *smp)
{
	memcpy(smp_send(smp, SMP_PAIRING_CONFIRM), smp->secret.own_confirm, 16);
	smp->confirm_sent = smp->attempted = true;
}

/* An attacker who mirrors us knows nothing: SM/CEN/JW/BI-06-C, SM/CEN/PKE/BI-03-C. */
static int do_keep_confirm(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	smp->attempted = true;
	memcpy(s->peer_confirm, smp_rx(smp), 16);
	if (smp->confirm_sent && bytes_equal(s->peer_confirm, s->own_confirm, 16))
		return smp_refuse(smp, SMP_CONFIRM_VALUE_FAILED,
				  "the peer sent our own confirm value back");
	return 0;
}

static int do_keep_random(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	memcpy(s->peer_random, smp_rx(smp), 16);
	if (bytes_equal(s->peer_random, s->own_random, 16))
		return smp_refuse(smp, SMP_CONFIRM_VALUE_FAILED,
				  "the peer sent our own random value back");
	return 0;
}

static int confirm_matches(struct smp *smp, const uint8_t expected[16], const char *why)
{
	return bytes_equal(expected, smp->secret.peer_confirm, 16)
		       ? 0
		       : smp_refuse(smp, SMP_CONFIRM_VALUE_FAILED, why);
}

static const char *wrong_confirm(const struct smp *smp)
{
	return is_passkey(smp) ? "the peer's confirm value does not fit: a different passkey was "
				 "typed, or someone is in the middle"
	       : smp->features.method == SMP_OOB
		       ? "the peer's confirm value does not fit: its out-of-band data is not ours, "
			 "or "
			 "someone is in the middle"
		       : "the peer's confirm value does not fit the random value that it revealed";
}

/* ---- Phase 2, legacy: 2.3.5.5 ---------------------------------------------------------------- */

static int legacy_confirm(const struct smp *smp, const uint8_t random[16], uint8_t confirm[16])
{
	return crypto_c1(smp->secret.tk, random, smp->preq, smp->pres, initiator_address(smp),
			 responder_address(smp), confirm);
}

static int do_send_legacy_confirm(struct smp *smp)
{
	if (legacy_confirm(smp, smp->secret.own_random, smp->secret.own_confirm))
		return smp_broken(smp);
	/* The responder could be mirrored only by chance; the initiator's value came first. */
	send_confirm(smp);
	return 0;
}

static int do_check_legacy_confirm(struct smp *smp)
{
	uint8_t expected[16];

	if (legacy_confirm(smp, smp->secret.peer_random, expected))
		return smp_broken(smp);
	return confirm_matches(smp, expected, wrong_confirm(smp));
}

/* STK = s1(TK, Srand, Mrand), then shortened: 2.3.5.5, 2.3.4. */
static int do_make_stk(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;
	bool i = smp_is_initiator(smp);

	if (crypto_s1(s->tk, i ? s->peer_random : s->own_random, i ? s->own_random : s->peer_random,
		      s->ltk))
		return smp_broken(smp);
	crypto_shorten(s->ltk, smp->features.key_size);
	return 0;
}

/* ---- Phase 2, Secure Connections: 2.3.5.6 ---------------------------------------------------- */

int smp_need_keypair(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	if (s->has_keypair)
		return 0;
	if (crypto_p256_generate(&s->keypair))
		return smp_broken(smp);
	s->has_keypair = true;
	return 0;
}

int smp_need_dhkey(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;

	if (s->has_dhkey)
		return 0;
	if (crypto_p256_dhkey(s->keypair.private_key, s->peer_key, s->dhkey))
		return smp_broken(smp);
	s->has_dhkey = true;
	return 0;
}

static int do_send_public_key(struct smp *smp)
{
	int reason = smp_need_keypair(smp);

	smp->attempted = true;
	if (!reason)
		memcpy(smp_send(smp, SMP_PAIRING_PUBLIC_KEY), smp->secret.keypair.public_key, 64);
	return reason;
}

/*
 * A point off the curve gives the private key away (CVE-2018-5383); our own X coordinate, with
 * either Y, makes the peer a mirror (CVE-2020-26558, CVE-2021-37577). Both: DHKey Check Failed.
 */
static int do_keep_public_key(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;
	int reason = smp_need_keypair(smp);

	if (reason)
		return reason;
	smp->attempted = true;
	memcpy(s->peer_key, smp_rx(smp), 64);
	if (bytes_equal(s->peer_key, s->keypair.public_key, 32))
		return smp_refuse(smp, SMP_DHKEY_CHECK_FAILED,
				  "the peer sent our own public key back");
	int error = crypto_p256_check(s->peer_key);
	if (error == CRYPTO_INVALID_KEY)
		return smp_refuse(smp, SMP_DHKEY_CHECK_FAILED,
				  "the peer's public key is not a point of the curve P-256");
	if (error)
		return smp_broken(smp);
	smp->debug_key = bytes_equal(s->peer_key, debug_key_x, 32);
	if (smp->debug_key &&
	    (smp->config.mitm == SMP_MITM_REQUIRE || smp->config.floor.authenticated))
		return smp_refuse(
			smp, SMP_AUTHENTICATION_REQUIREMENTS,
			"the peer uses the debug key of the specification, which everybody "
			"knows: it protects against nobody");
	if (smp->debug_key)
		note(smp, "the peer uses the debug key of the specification: anyone who listens "
			  "can read this link");
	smp->has_peer_key = true;
	return 0;
}

/* f4 for either side's values: the sender's X coordinate comes first. */
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

static int do_send_commitment(struct smp *smp)
{
	if (f4_own(smp, 0, smp->secret.own_confirm))
		return smp_broken(smp);
	send_confirm(smp);
	return 0;
}

static int do_check_commitment(struct smp *smp)
{
	uint8_t expected[16];

	if (f4_peer(smp, 0, expected))
		return smp_broken(smp);
	return confirm_matches(smp, expected, wrong_confirm(smp));
}

/* ra = rb = 0x80 + the round's bit of the passkey, least significant first: 2.3.5.6.3. */
static uint8_t round_bit(const struct smp *smp)
{
	return (uint8_t)(0x80 | (smp->secret.passkey >> smp->secret.round & 1));
}

static int do_send_round_confirm(struct smp *smp)
{
	if (f4_own(smp, round_bit(smp), smp->secret.own_confirm))
		return smp_broken(smp);
	send_confirm(smp);
	return 0;
}

static int do_check_round_confirm(struct smp *smp)
{
	uint8_t expected[16];

	if (f4_peer(smp, round_bit(smp), expected))
		return smp_broken(smp);
	return confirm_matches(smp, expected, wrong_confirm(smp));
}

static int do_next_round(struct smp *smp)
{
	smp->secret.round++;
	smp->confirm_sent = false;
	return 0;
}

/* Cb = f4(PKb, PKb, rb, 0), handed over out of band: 2.3.5.6.4. */
static int do_check_oob(struct smp *smp)
{
	const struct smp_oob *oob = &smp->config.oob;
	uint8_t expected[16];

	if (!oob->has_peer)
		return 0;
	if (crypto_f4(smp->secret.peer_key, smp->secret.peer_key, oob->peer_random, 0, expected))
		return smp_broken(smp);
	memcpy(smp->secret.peer_confirm, oob->peer_confirm, 16);
	return confirm_matches(smp, expected, wrong_confirm(smp));
}

static int do_make_ltk(struct smp *smp)
{
	struct smp_secrets *s = &smp->secret;
	bool i = smp_is_initiator(smp);
	int reason = smp_need_dhkey(smp);

	if (reason)
		return reason;
	if (crypto_f5(s->dhkey, i ? s->own_random : s->peer_random,
		      i ? s->peer_random : s->own_random, initiator_address(smp),
		      responder_address(smp), s->mackey, s->full_ltk))
		return smp_broken(smp);
	memcpy(s->ltk, s->full_ltk, 16);
	crypto_shorten(s->ltk, smp->features.key_size);
	return 0;
}

/*
 * The check value of one side: f6(MacKey, N own, N other, r other, IOcap own, own,
 * other), 2.3.5.6.5. r of the other is the passkey, its out-of-band random where that reached this
 * side, else 0.
 */
static int check_value(const struct smp *smp, bool ours, uint8_t check[16])
{
	const struct smp_secrets *s = &smp->secret;
	bool initiators = smp_is_initiator(smp) == ours;
	const uint8_t *features = initiators ? smp->preq : smp->pres;
	uint8_t r[16] = {0};

	if (is_passkey(smp))
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

static int do_send_check(struct smp *smp)
{
	uint8_t check[16];

	if (check_value(smp, true, check))
		return smp_broken(smp);
	memcpy(smp_send(smp, SMP_PAIRING_DHKEY_CHECK), check, 16);
	return 0;
}

static int do_keep_check(struct smp *smp)
{
	memcpy(smp->secret.peer_check, smp_rx(smp), 16);
	return 0;
}

static int do_check_check(struct smp *smp)
{
	uint8_t expected[16];

	if (check_value(smp, false, expected))
		return smp_broken(smp);
	if (!bytes_equal(expected, smp->secret.peer_check, 16))
		return smp_refuse(smp, SMP_DHKEY_CHECK_FAILED,
				  "the peer's DHKey check does not fit: what the two ends saw of "
				  "each other differs");
	return 0;
}

/* ---- Encryption and phase 3 ------------------------------------------------------------------ */

static int do_start_encryption(struct smp *smp)
{
	memcpy(smp_act(smp, SMP_ACT_ENCRYPT)->ltk, smp->secret.ltk, 16);
	return 0;
}

static int do_deny_ltk(struct smp *smp)
{
	smp_act(smp, SMP_ACT_LTK_NEGATIVE);
	return 0;
}

/* The key of this pairing goes by EDIV 0 and Rand 0; one of another name is not ours to give. */
static int do_give_ltk(struct smp *smp)
{
	if (smp->event->ltk_request.ediv || !bytes_all_zero(smp->event->ltk_request.rand, 8))
		return do_deny_ltk(smp);
	memcpy(smp_act(smp, SMP_ACT_LTK_REPLY)->ltk, smp->secret.ltk, 16);
	return 0;
}

static int do_send_keys(struct smp *smp)
{
	return smp_send_own_keys(smp);
}

static int do_expect_keys(struct smp *smp)
{
	smp->keys_due = smp_keys_in_force(smp, smp_is_initiator(smp) ? smp->features.resp_keys
								     : smp->features.init_keys);
	if (!smp->keys_due)
		smp->raised = PEER_KEYS_COMPLETE;
	return 0;
}

/* Whether a key is the same octet all over: zero, say, or what an erased flash holds. */
static bool one_octet(const uint8_t *key, size_t len)
{
	return bytes_equal(key, key + 1, len - 1);
}

static int do_keep_ltk(struct smp *smp)
{
	memcpy(smp->bond.peer.ltk, smp_rx(smp), 16);
	smp_key_received(smp);
	return 0;
}

static int do_keep_ediv(struct smp *smp)
{
	struct smp_keys *keys = &smp->bond.peer;

	keys->ediv = bytes_get_le16(smp_rx(smp));
	memcpy(keys->rand, smp_rx(smp) + 2, 8);
	keys->has_ltk = true;
	/* Some peers forget to shorten what they send; the link uses the shortened one. */
	crypto_shorten(keys->ltk, smp->features.key_size);
	/* CVE-2019-19194 and its like: a key that was never set, or 0xff all over, is none. */
	if (one_octet(keys->ltk, smp->features.key_size))
		return smp_refuse(
			smp, SMP_KEY_REJECTED,
			"the peer's long term key is one octet repeated: anyone can guess "
			"it, and the bond would be worth nothing");
	smp_key_received(smp);
	return 0;
}

static int do_keep_irk(struct smp *smp)
{
	memcpy(smp->bond.peer.irk, smp_rx(smp), 16);
	/* All zero is "no privacy here" (Core Vol 3 Part C 10.7); 0xff all over names anybody. */
	smp->bond.peer.has_irk = !one_octet(smp->bond.peer.irk, 16);
	smp_key_received(smp);
	return 0;
}

static bool is_identity(const struct crypto_address *address)
{
	/* Public, or static random: the two top bits set (Core Vol 6 Part B 1.3.2.1). */
	return address->type == 0 || (address->type == 1 && address->octets[5] >> 6 == 3);
}

/*
 * 3.6.5: the identity is a public or a static random address. A peer that is connected under an
 * identity and names another one would let us take its IRK for somebody else's device: its
 * identity is left out, and said so (a well-known mouse does it).
 */
static int do_keep_identity(struct smp *smp)
{
	struct smp_keys *keys = &smp->bond.peer;
	const struct crypto_address *on_air = &smp->config.peer;
	const uint8_t *p = smp_rx(smp);

	keys->identity.type = p[0];
	memcpy(keys->identity.octets, p + 1, 6);
	keys->has_identity = true;
	if (p[0] == 0 && bytes_all_zero(p + 1, 6)) {
		/* "No identity address": the IRK alone identifies it. */
		keys->identity = *on_air;
	} else if (!is_identity(&keys->identity)) {
		return smp_refuse(
			smp, SMP_KEY_REJECTED,
			"the peer's identity address is neither public nor static random");
	} else if (is_identity(on_air) && (keys->identity.type != on_air->type ||
					   memcmp(keys->identity.octets, on_air->octets, 6) != 0)) {
		keys->identity = *on_air;
		keys->has_irk = false;
		bytes_wipe(keys->irk, 16);
		note(smp, "the peer's identity address is not the address that it is connected "
			  "with: its identity was left out of the bond");
	}
	smp_key_received(smp);
	return 0;
}

static int do_keep_csrk(struct smp *smp)
{
	memcpy(smp->bond.peer.csrk, smp_rx(smp), 16);
	if (one_octet(smp->bond.peer.csrk, 16))
		return smp_refuse(
			smp, SMP_KEY_REJECTED,
			"the peer's signature key is one octet repeated: anyone can guess "
			"it");
	smp->bond.peer.has_csrk = true;
	smp_key_received(smp);
	return 0;
}

static int do_stop_timer(struct smp *smp)
{
	if (smp->timer_running)
		smp_act(smp, SMP_ACT_TIMER_STOP);
	smp->timer_running = false;
	return 0;
}

static int do_finish(struct smp *smp)
{
	const struct smp_features *f = &smp->features;
	struct smp_bond *bond = &smp->bond;

	bond->bonded = f->bonding;
	bond->secure_connections = f->secure_connections;
	bond->authenticated = smp_method_authenticates(f->method) && !smp->debug_key;
	bond->key_size = f->key_size;
	bond->method = f->method;
	if (f->secure_connections) {
		memcpy(bond->local.ltk, smp->secret.ltk, 16);
		memcpy(bond->peer.ltk, smp->secret.ltk, 16);
		bond->local.has_ltk = bond->peer.has_ltk = true;
		/* From the LTK before it was shortened: SM/CEN/SCCT/BV-07-C. */
		if (f->init_keys & f->resp_keys & SMP_DIST_LINK) {
			bool ct2 = (f->request.auth_req & f->response.auth_req & SMP_AUTH_CT2) != 0;
			if (crypto_ltk_to_link_key(smp->secret.full_ltk, ct2, bond->link_key))
				return smp_broken(smp);
			bond->has_link_key = true;
		}
	}
	smp_forget(smp);
	do_stop_timer(smp);
	smp_act(smp, SMP_ACT_PAIRED);
	return 0;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int blame(struct smp *smp, enum smp_blame by, uint8_t reason, const char *why)
{
	smp->failure = (struct smp_failure){.by = by, .reason = reason, .why = why};
	return 0;
}

static int do_blame_peer(struct smp *smp)
{
	uint8_t reason = smp->rx_len > 1 ? smp_rx(smp)[0] : 0;
	return blame(smp, SMP_BY_PEER, reason, smp_reason_advice(reason));
}

/* Who was too slow: the states say who was waited for. */
static int do_blame_timeout(struct smp *smp)
{
	const char *why = "the peer did not answer within 30 s";

	if (smp->state == LEGACY_EITHER || smp->state == PASSKEY_EITHER ||
	    (smp->state == COMPARING && !smp_is_initiator(smp)))
		why = "neither the peer nor the user here answered within 30 s";
	else if (smp->state == LEGACY_TYPING || smp->state == PASSKEY_TYPING ||
		 smp->state == COMPARING || smp->state == COMPARING_CHECKED)
		why = "the user here did not answer within 30 s";
	smp->timer_running = false;
	return blame(smp, SMP_BY_TIMEOUT, 0, why);
}

static int do_blame_link(struct smp *smp)
{
	return blame(smp, SMP_BY_LINK, smp->event->status, "the connection ended during pairing");
}

static int do_blame_encryption(struct smp *smp)
{
	return blame(smp, SMP_BY_ENCRYPTION, smp->event->status,
		     "the link could not be encrypted with the new key");
}

/* ---- By name --------------------------------------------------------------------------------- */

int smp_do(struct smp *smp, uint8_t verb)
{
	static int (*const verbs[])(struct smp *) = {
#define X(name) [name] = do_##name,
		SMP_VERBS(X)
#undef X
	};
	return verbs[verb](smp);
}

bool smp_guard_holds(const struct smp *smp, uint8_t guard, uint8_t on)
{
	switch ((enum smp_guard)guard) {
	case always:
		return true;
	case numeric:
		return smp->features.method == SMP_NUMERIC_COMPARISON;
	case more_rounds:
		return smp->secret.round < 19;
	case due:
		return smp_key_is_next(smp, on);
	case passkey_entry:
		return smp->features.secure_connections && is_passkey(smp) && smp->state != KEYS;
	case keypress_agreed:
		return smp->features.keypress && smp_guard_holds(smp, passkey_entry, on);
	case SMP_GUARD_COUNT:
		break;
	}
	return false;
}
