/* SPDX-License-Identifier: MIT */
/* Phase 1, the feature exchange, and the cue of the method: Core Vol 3 Part H 2.3, 3.5. */
#include <string.h>

#include "crypto/bytes.h"
#include "smp/method.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "smp/step.h"
#include "smp/table.h"
#include "smp/verbs.h"

static uint8_t own_auth_req(const struct smp *smp)
{
	const struct smp_config *c = &smp->config;
	/* Only legacy pairing uses a TK: with a TK, Secure Connections is not offered. */
	bool sc = c->sc == SMP_SC_ONLY ||
		  (c->sc == SMP_SC_PREFER && !(c->oob.has_tk && !c->oob.has_peer));

	return (uint8_t)((c->bonding ? SMP_AUTH_BONDING : 0) |
			 (c->mitm != SMP_MITM_OFF || c->floor.authenticated ? SMP_AUTH_MITM : 0) |
			 (sc ? SMP_AUTH_SC : 0) |
			 /* Both belong to Secure Connections (3.5.8, 2.4.2.4). */
			 (sc && c->keypress ? SMP_AUTH_KEYPRESS : 0) |
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
		return smp_refuse(smp, SMP_WHY_RESERVED_IO);
	if (set->oob > 1)
		return smp_refuse(smp, SMP_WHY_RESERVED_OOB_FLAG);
	if (set->max_key_size < 7 || set->max_key_size > 16)
		return smp_refuse(smp, SMP_WHY_INVALID_KEY_SIZE);
	return 0;
}

/*
 * The central may answer with encryption by its bond (2.4.6). It asks for MITM protection only if
 * that is required: a central whose bond has none would have to pair again, and the response may
 * not take back what the request asked for (BLERP, V3). The floor applies to a new pairing only.
 */
int smp_do_send_security_request(struct smp *smp)
{
	uint8_t auth_req = own_auth_req(smp);

	if (smp->config.mitm != SMP_MITM_REQUIRE)
		auth_req &= (uint8_t)~SMP_AUTH_MITM;
	smp_send(smp, SMP_SECURITY_REQUEST)[0] = auth_req;
	return 0;
}

int smp_do_keep_security_request(struct smp *smp)
{
	smp->requested |= smp_rx(smp)[0]; /* the strongest, if it asks again */
	return 0;
}

int smp_do_report_security_request(struct smp *smp)
{
	smp_act(smp, SMP_ACT_SECURITY_REQUEST)->auth_req = smp_rx(smp)[0];
	return 0;
}

/* The peer sent a request of the other role: no procedure begins or ends. */
int smp_do_refuse_role(struct smp *smp)
{
	smp_send(smp, SMP_PAIRING_FAILED)[0] = SMP_COMMAND_NOT_SUPPORTED;
	return 0;
}

int smp_do_send_request(struct smp *smp)
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

int smp_do_check_repeated_attempts(struct smp *smp)
{
	const struct smp_config *c = &smp->config;

	if (c->too_soon && c->too_soon(c->too_soon_ctx))
		return smp_refuse(smp, SMP_WHY_TOO_MANY_ATTEMPTS);
	return 0;
}

int smp_do_keep_request(struct smp *smp)
{
	memcpy(smp->preq, smp->rx, sizeof(smp->preq));
	return read_features(smp, &smp->features.request);
}

int smp_do_make_response(struct smp *smp)
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
	if (!sc)
		smp->features.response.auth_req &= (uint8_t)~SMP_AUTH_KEYPRESS;
	return 0;
}

int smp_do_send_response(struct smp *smp)
{
	smp->pres[0] = SMP_PAIRING_RESPONSE;
	write_features(&smp->features.response, smp->pres + 1);
	memcpy(smp_send(smp, SMP_PAIRING_RESPONSE), smp->pres + 1, 6);
	return 0;
}

int smp_do_keep_response(struct smp *smp)
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
		return smp_refuse(smp, SMP_WHY_KEYS_NOT_OFFERED);
	return 0;
}

/*
 * A peripheral that asked for MITM protection or Secure Connections, and was offered it, does not
 * take that back in its response: an impostor does, to pair without them (BLERP, V3).
 */
int smp_do_check_requested_level(struct smp *smp)
{
	const uint8_t level = SMP_AUTH_MITM | SMP_AUTH_SC;
	uint8_t agreed = smp->requested & smp->features.request.auth_req & level;

	if (!(agreed & ~smp->features.response.auth_req))
		return 0;
	return smp_refuse(smp, SMP_WHY_RESPONSE_TOOK_BACK);
}

int smp_do_choose_method(struct smp *smp)
{
	int reason = smp_choose(smp);

	/* Also on refusal: the features explain it best. */
	smp_act(smp, SMP_ACT_FEATURES);
	return reason;
}

/* The cue of the method, for FEATURES_AGREED (legacy) and KEYS_EXCHANGED. */
static uint8_t cue(const struct smp *smp)
{
	bool sc = smp->features.secure_connections;

	switch (smp->features.method) {
	case SMP_METHOD_NONE:
		break;
	case SMP_JUST_WORKS:
	case SMP_NUMERIC_COMPARISON:
		return sc ? SMP_ON_SC_COMPARE : SMP_ON_LEGACY_TK_KNOWN;
	case SMP_PASSKEY_WE_SHOW:
		return sc ? SMP_ON_SC_SHOW : SMP_ON_LEGACY_SHOW;
	case SMP_PASSKEY_WE_TYPE:
	case SMP_PASSKEY_BOTH_TYPE:
		return sc ? SMP_ON_SC_TYPE : SMP_ON_LEGACY_TYPE;
	case SMP_OOB:
		return sc ? SMP_ON_SC_OOB : SMP_ON_LEGACY_TK_KNOWN;
	}
	return SMP_ON_NOTHING;
}

/* The peer declares that it has our out-of-band data. */
static bool peer_has_own_oob(const struct smp *smp)
{
	const struct smp_features *f = &smp->features;

	return f->method == SMP_OOB && (smp_is_initiator(smp) ? f->response.oob : f->request.oob);
}

int smp_do_start_method(struct smp *smp)
{
	if (smp->features.secure_connections) {
		/* The key pair of our out-of-band data is only for a peer that has them. */
		smp->spent_own_oob = smp->config.oob.has_own && peer_has_own_oob(smp);
		if (smp->config.oob.has_own && !smp->spent_own_oob) {
			bytes_wipe(&smp->secret.keypair, sizeof(smp->secret.keypair));
			smp->secret.has_keypair = false;
		}
		smp->raised = SMP_ON_SECURE_CONNECTIONS;
		return 0;
	}
	if (smp->features.method == SMP_OOB)
		memcpy(smp->secret.tk, smp->config.oob.tk, 16);
	smp->raised = cue(smp);
	return 0;
}

int smp_do_start_authentication(struct smp *smp)
{
	smp->raised = cue(smp);
	return 0;
}
