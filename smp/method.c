/* SPDX-License-Identifier: MIT */
/* The association model: Core Vol 3 Part H 2.3.5.1, Tables 2.6 to 2.8. */
#include "smp/method.h"
#include "smp/step.h"

/* The cells of Table 2.8: I is the initiator, R the responder. */
enum outcome { JUST_WORKS, I_SHOWS, R_SHOWS, BOTH_TYPE, COMPARE };

#define IO_COUNT 5

/* clang-format off */
static const uint8_t legacy[IO_COUNT][IO_COUNT] = {
/* responder v, initiator >  DisplayOnly  DisplayYesNo KeyboardOnly NoInNoOut   KeyboardDisplay */
/* DisplayOnly     */      { JUST_WORKS,  JUST_WORKS,  R_SHOWS,     JUST_WORKS, R_SHOWS },
/* DisplayYesNo    */      { JUST_WORKS,  JUST_WORKS,  R_SHOWS,     JUST_WORKS, R_SHOWS },
/* KeyboardOnly    */      { I_SHOWS,     I_SHOWS,     BOTH_TYPE,   JUST_WORKS, I_SHOWS },
/* NoInputNoOutput */      { JUST_WORKS,  JUST_WORKS,  JUST_WORKS,  JUST_WORKS, JUST_WORKS },
/* KeyboardDisplay */      { I_SHOWS,     I_SHOWS,     R_SHOWS,     JUST_WORKS, I_SHOWS },
};

static const uint8_t secure[IO_COUNT][IO_COUNT] = {
/* responder v, initiator >  DisplayOnly  DisplayYesNo KeyboardOnly NoInNoOut   KeyboardDisplay */
/* DisplayOnly     */      { JUST_WORKS,  JUST_WORKS,  R_SHOWS,     JUST_WORKS, R_SHOWS },
/* DisplayYesNo    */      { JUST_WORKS,  COMPARE,     R_SHOWS,     JUST_WORKS, COMPARE },
/* KeyboardOnly    */      { I_SHOWS,     I_SHOWS,     BOTH_TYPE,   JUST_WORKS, I_SHOWS },
/* NoInputNoOutput */      { JUST_WORKS,  JUST_WORKS,  JUST_WORKS,  JUST_WORKS, JUST_WORKS },
/* KeyboardDisplay */      { I_SHOWS,     COMPARE,     R_SHOWS,     JUST_WORKS, COMPARE },
};
/* clang-format on */

enum protects {
	NEVER,
	SECURE, /* with Secure Connections; in legacy pairing before Core 6.2 only */
	ALWAYS,
};

static const struct {
	const char *name, *slug;
	enum protects protects; /* against a man in the middle */
} methods[] = {
	[SMP_METHOD_NONE] = {"none yet", "none", NEVER},
	[SMP_JUST_WORKS] = {"Just Works", "just_works", NEVER},
	[SMP_NUMERIC_COMPARISON] = {"Numeric Comparison", "numeric_comparison", ALWAYS},
	[SMP_PASSKEY_WE_SHOW] = {"Passkey Entry, we show", "passkey_we_show", SECURE},
	[SMP_PASSKEY_WE_TYPE] = {"Passkey Entry, we type", "passkey_we_type", SECURE},
	[SMP_PASSKEY_BOTH_TYPE] = {"Passkey Entry, both type", "passkey_both_type", SECURE},
	[SMP_OOB] = {"Out of Band", "oob", ALWAYS},
};

const char *smp_method_name(enum smp_method method)
{
	return methods[method].name;
}

const char *smp_method_slug(enum smp_method method)
{
	return methods[method].slug;
}

bool smp_authenticates(enum smp_method method, bool secure_connections, bool legacy_passkey_mitm)
{
	switch (methods[method].protects) {
	case NEVER:
		break;
	case SECURE:
		return secure_connections || legacy_passkey_mitm;
	case ALWAYS:
		return true;
	}
	return false;
}

bool smp_chose_authentication(const struct smp *smp)
{
	const struct smp_features *f = &smp->features;

	return smp_authenticates(f->method, f->secure_connections, smp->config.legacy_passkey_mitm);
}

const char *smp_io_name(uint8_t io)
{
	static const char *const names[] = {
		[SMP_IO_DISPLAY_ONLY] = "DisplayOnly",
		[SMP_IO_DISPLAY_YES_NO] = "DisplayYesNo",
		[SMP_IO_KEYBOARD_ONLY] = "KeyboardOnly",
		[SMP_IO_NO_INPUT_NO_OUTPUT] = "NoInputNoOutput",
		[SMP_IO_KEYBOARD_DISPLAY] = "KeyboardDisplay",
	};
	return io < sizeof(names) / sizeof(names[0]) ? names[io] : "reserved";
}

static enum smp_method by_io(const struct smp_features *f, bool initiator)
{
	uint8_t i = f->request.io, r = f->response.io;

	if (i >= IO_COUNT || r >= IO_COUNT)
		return SMP_JUST_WORKS;
	switch ((enum outcome)(f->secure_connections ? secure : legacy)[r][i]) {
	case JUST_WORKS:
		break;
	case I_SHOWS:
		return initiator ? SMP_PASSKEY_WE_SHOW : SMP_PASSKEY_WE_TYPE;
	case R_SHOWS:
		return initiator ? SMP_PASSKEY_WE_TYPE : SMP_PASSKEY_WE_SHOW;
	case BOTH_TYPE:
		return SMP_PASSKEY_BOTH_TYPE;
	case COMPARE:
		return SMP_NUMERIC_COMPARISON;
	}
	return SMP_JUST_WORKS;
}

static enum smp_because why_just_works(const struct smp_feature_set *own,
				       const struct smp_feature_set *peer)
{
	bool we_lack_io = own->io == SMP_IO_NO_INPUT_NO_OUTPUT;

	if (peer->io == SMP_IO_NO_INPUT_NO_OUTPUT)
		return we_lack_io ? SMP_BECAUSE_NO_IO : SMP_BECAUSE_PEER_HAS_NO_IO;
	return we_lack_io ? SMP_BECAUSE_WE_HAVE_NO_IO : SMP_BECAUSE_IO_DOES_NOT_FIT;
}

static enum smp_because why_by_io(enum smp_method method)
{
	switch (method) {
	case SMP_NUMERIC_COMPARISON:
		return SMP_BECAUSE_BOTH_COMPARE;
	case SMP_PASSKEY_WE_SHOW:
		return SMP_BECAUSE_WE_SHOW;
	case SMP_PASSKEY_WE_TYPE:
		return SMP_BECAUSE_PEER_SHOWS;
	case SMP_PASSKEY_BOTH_TYPE:
		return SMP_BECAUSE_BOTH_TYPE;
	case SMP_METHOD_NONE:
	case SMP_JUST_WORKS:
	case SMP_OOB:
		break;
	}
	return SMP_BECAUSE_NONE;
}

/* Tables 2.6 and 2.7: OOB before MITM before IO capabilities. */
static void apply_tables(struct smp_features *f, bool initiator)
{
	const struct smp_feature_set *own = initiator ? &f->request : &f->response;
	const struct smp_feature_set *peer = initiator ? &f->response : &f->request;
	bool oob = f->secure_connections ? own->oob || peer->oob : own->oob && peer->oob;
	bool mitm = ((own->auth_req | peer->auth_req) & SMP_AUTH_MITM) != 0;

	if (oob) {
		f->method = SMP_OOB;
		f->because = own->oob && peer->oob ? SMP_BECAUSE_BOTH_HAVE_OOB
			     : own->oob		   ? SMP_BECAUSE_WE_HAVE_OOB
						   : SMP_BECAUSE_PEER_HAS_OOB;
	} else if (!mitm) {
		f->method = SMP_JUST_WORKS;
		f->because = SMP_BECAUSE_NO_MITM;
	} else {
		f->method = by_io(f, initiator);
		f->because = f->method == SMP_JUST_WORKS ? why_just_works(own, peer)
							 : why_by_io(f->method);
	}
}

static void agree(struct smp_features *f)
{
	const struct smp_feature_set *req = &f->request, *res = &f->response;

	f->secure_connections = (req->auth_req & res->auth_req & SMP_AUTH_SC) != 0;
	f->keypress =
		f->secure_connections && (req->auth_req & res->auth_req & SMP_AUTH_KEYPRESS) != 0;
	/* Bonding_Flags are two bits, and only 0b01 is bonding (Figure 3.3). */
	f->bonding = (req->auth_req & 0x03) == SMP_AUTH_BONDING &&
		     (res->auth_req & 0x03) == SMP_AUTH_BONDING;
	f->key_size = req->max_key_size < res->max_key_size ? req->max_key_size : res->max_key_size;
	/* The LinkKey bit has no meaning in legacy pairing, 3.6.1. */
	uint8_t keys = f->secure_connections ? SMP_DIST_ALL : SMP_DIST_ALL ^ SMP_DIST_LINK;
	f->init_keys = req->init_keys & res->init_keys & keys;
	f->resp_keys = req->resp_keys & res->resp_keys & keys;
}

void smp_negotiate(enum smp_role role, struct smp_features *f)
{
	agree(f);
	apply_tables(f, role == SMP_INITIATOR);
}

/* The cause in the choice of the method is the better explanation. */
static int refuse_unauthenticated(struct smp *smp)
{
	if (smp_is_passkey(smp))
		return smp_refuse(smp, SMP_WHY_LEGACY_PASSKEY);
	int reason = smp_refuse(smp, SMP_WHY_UNAUTHENTICATED);

	smp->failure.text = smp_because_text(smp->features.because);
	return reason;
}

int smp_choose(struct smp *smp)
{
	struct smp_features *f = &smp->features;
	const struct smp_config *config = &smp->config;
	bool initiator = smp_is_initiator(smp);
	const struct smp_feature_set *req = &f->request, *res = &f->response;

	agree(f);
	if (config->sc == SMP_SC_ONLY && !f->secure_connections)
		return smp_refuse(smp, SMP_WHY_LEGACY_ONLY);
	/* "If below the minimum: Encryption Key Size", 2.3.4. */
	if (f->key_size < config->min_key_size)
		return smp_refuse(smp, SMP_WHY_KEY_TOO_SHORT);

	/* A new bond is not weaker than the one that it replaces: CVE-2025-62235 and others. */
	if (config->floor.secure_connections && !f->secure_connections)
		return smp_refuse(smp, SMP_WHY_BOND_IS_SECURE);
	if (f->key_size < config->floor.key_size)
		return smp_refuse(smp, SMP_WHY_BOND_KEY_IS_LONGER);

	apply_tables(f, initiator);

	if (f->method == SMP_OOB) {
		bool have = f->secure_connections
				    ? (!(initiator ? req : res)->oob || config->oob.has_peer) &&
					      (!(initiator ? res : req)->oob || config->oob.has_own)
				    : config->oob.has_tk;
		if (!have)
			return smp_refuse(smp, SMP_WHY_NO_OOB_DATA);
	}
	/* Against method confusion, CVE-2020-10134: accept the expected methods only. */
	if (config->methods && !(config->methods & 1U << f->method))
		return smp_refuse(smp, SMP_WHY_OTHER_METHOD);
	if (config->mitm == SMP_MITM_REQUIRE && !smp_chose_authentication(smp))
		return refuse_unauthenticated(smp);
	if (config->floor.authenticated && !smp_chose_authentication(smp))
		return smp_refuse(smp, SMP_WHY_BOND_AUTHENTICATED);

	/*
	 * A responder that only prefers MITM protection does not claim it (SM/PER/PKE/BV-06-C).
	 * Passkey Entry of legacy pairing keeps the flag: the initiator selects the association
	 * model by it.
	 */
	if (!initiator && config->mitm == SMP_MITM_PREFER && f->method == SMP_JUST_WORKS)
		f->response.auth_req &= (uint8_t)~SMP_AUTH_MITM;
	return 0;
}
