/* SPDX-License-Identifier: MIT */
#include "session/advice.h"

#include <stddef.h>

#include "smp/reason.h"

/* ---- What the peer refused ------------------------------------------------------------------- */

/* clang-format off */
static const char *const on_reason[] = {
	[SMP_PASSKEY_ENTRY_FAILED] = "the user of the peer cancelled or mistyped the passkey: try again",
	[SMP_OOB_NOT_AVAILABLE] = "the peer does not have our out-of-band data: give it ours, or pair without --oob",
	[SMP_AUTHENTICATION_REQUIREMENTS] = "the peer demands protection against a man in the middle that this choice of --io, --mitm and --sc cannot give: offer more (--io keyboard-display); or it has a bond with our address and does not replace it: remove it at the peer",
	[SMP_CONFIRM_VALUE_FAILED] = "the two ends used different passkeys or out-of-band data, or someone is in the middle: try again with the right one",
	[SMP_PAIRING_NOT_SUPPORTED] = "the peer does not pair, or not now: put it into pairing mode",
	[SMP_ENCRYPTION_KEY_SIZE] = "the two ends do not accept each other's key size: see --min-key-size and --max-key-size",
	[SMP_COMMAND_NOT_SUPPORTED] = "the peer does not support a command that was sent: its SMP may be older than Secure Connections, try --sc off",
	[SMP_UNSPECIFIED_REASON] = "the peer gives no cause: look at the PDU that was sent last",
	[SMP_REPEATED_ATTEMPTS] = "too many attempts failed: wait, the peer doubles the time after each one",
	[SMP_INVALID_PARAMETERS] = "the peer rejected a field of the PDU that was sent last",
	[SMP_DHKEY_CHECK_FAILED] = "the two ends computed different keys: an address or a feature was changed on the way, or a public key is not valid",
	[SMP_NUMERIC_COMPARISON_FAILED] = "the user of the peer answered that the numbers differ: if they did, someone is in the middle",
	[SMP_BREDR_PAIRING_IN_PROGRESS] = "the peer is pairing over BR/EDR: try again afterwards",
	[SMP_CTKD_NOT_ALLOWED] = "the peer does not allow a key for the other transport: leave link out of --init-keys and --resp-keys",
	[SMP_KEY_REJECTED] = "the peer did not accept a key that was distributed",
	[SMP_BUSY] = "the peer is busy: try again",
};
/* clang-format on */

#define REASONS (sizeof(on_reason) / sizeof(on_reason[0]))

/*
 * The peer refused a new pairing before any key or value was exchanged, and there is a bond with
 * it: it may protect its own.
 */
static bool protects_its_bond(uint8_t reason, const struct session_advice *about)
{
	return about->bond && !about->attempted &&
	       (reason == SMP_AUTHENTICATION_REQUIREMENTS || reason == SMP_PAIRING_NOT_SUPPORTED ||
		reason == SMP_ENCRYPTION_KEY_SIZE || reason == SMP_UNSPECIFIED_REASON);
}

static const struct smp_feature_set *ours(const struct session_advice *about)
{
	return about->central ? &about->features->request : &about->features->response;
}

static const struct smp_feature_set *theirs(const struct session_advice *about)
{
	return about->central ? &about->features->response : &about->features->request;
}

/* The peer said that it does not support Secure Connections. */
static bool peer_is_legacy(const struct session_advice *about)
{
	return about->features->method != SMP_METHOD_NONE &&
	       !(theirs(about)->auth_req & SMP_AUTH_SC);
}

/* Authentication Requirements: what our features lack, the most certain first. */
static const char *on_requirements(const struct session_advice *about)
{
	const struct smp_feature_set *set = ours(about);

	if (!(set->auth_req & SMP_AUTH_SC) && !peer_is_legacy(about))
		return about->options->sc == SMP_SC_OFF
			       ? "the peer may accept Secure Connections only, which --sc off does "
				 "not offer: leave --sc off out"
			       : "the peer may accept Secure Connections only, and --oob tk= is "
				 "for legacy pairing: pair without it";
	if (set->io == SMP_IO_NO_INPUT_NO_OUTPUT || !(set->auth_req & SMP_AUTH_MITM))
		return on_reason[SMP_AUTHENTICATION_REQUIREMENTS];
	return "the peer demands more than these features give: another --io or --oob, or it "
	       "protects a bond with this controller, which then must be removed on the peer";
}

const char *session_advice_on_reason(uint8_t reason, const struct session_advice *about)
{
	enum smp_method method = about->features->method;

	if (protects_its_bond(reason, about))
		return "the likely cause is the bond that the peer has with us and does not "
		       "replace: remove it at the peer, or use it (without --replace-bond and "
		       "--again); some peers replace it by an authenticated pairing (--io "
		       "keyboard-display)";
	if (reason == SMP_AUTHENTICATION_REQUIREMENTS)
		return on_requirements(about);
	if (reason == SMP_CONFIRM_VALUE_FAILED &&
	    (method == SMP_JUST_WORKS || method == SMP_NUMERIC_COMPARISON))
		return "the two ends computed different values, and no passkey is involved: try "
		       "again; if it fails each time, someone may be in the middle";
	if (reason == SMP_COMMAND_NOT_SUPPORTED && !(ours(about)->auth_req & SMP_AUTH_SC))
		return "the peer does not support a command that was sent: look at the PDU that "
		       "was sent last";
	return reason < REASONS && on_reason[reason]
		       ? on_reason[reason]
		       : "the peer gave a number that the specification does not define";
}

/* ---- What we refused ------------------------------------------------------------------------- */

#define REPLACE_BOND "--replace-bond accepts it, if the device is yours"

static const char *on_unauthenticated(const struct session_advice *about)
{
	const char *advice = session_advice_on_method(about->features->because);

	return advice ? advice
		      : "this peer pairs without such protection only: --no-mitm accepts that";
}

/* There is a bond, and Just Works proves no identity. */
static const char *on_unproven(const struct session_advice *about)
{
	bool wants_more = about->bond && !about->bond->authenticated &&
			  (theirs(about)->auth_req & SMP_AUTH_MITM);

	if (wants_more && about->features->because == SMP_BECAUSE_WE_HAVE_NO_IO)
		return "the peer may still have the bond and ask for more than it gives: --io "
		       "keyboard-display lets it pair with protection, --replace-bond without";
	if (wants_more)
		return "the peer may still have the bond, and asks for protection that neither the "
		       "bond nor this pairing has: do not request it on the peer, or "
		       "--replace-bond accepts the same again";
	if (about->features->because == SMP_BECAUSE_WE_HAVE_NO_IO)
		return "--io keyboard-display lets the device prove itself; --replace-bond accepts "
		       "it without, if it is yours";
	return "the peer may have lost its bond, or pairs anew although it has it: " REPLACE_BOND;
}

static const char *on_legacy_over_secure(const struct session_advice *about)
{
	return about->options->sc == SMP_SC_OFF
		       ? "leave --sc off out; --replace-bond accepts a weaker bond"
		       : "the peer offered Secure Connections before: it was reset or changed, or "
			 "someone removed that from the air; " REPLACE_BOND;
}

static const char *on_shorter_key(const struct session_advice *about)
{
	return about->bond && about->options->max_key_size < about->bond->key_size
		       ? "--max-key-size limits the key here: leave it out; --replace-bond accepts "
			 "a shorter key"
		       : REPLACE_BOND;
}

static const char *on_debug_key(const struct session_advice *about)
{
	return about->options->mitm == SMP_MITM_REQUIRE
		       ? "switch the debug mode of the peer off; in the laboratory, --no-mitm "
			 "accepts it"
		       : "switch the debug mode of the peer off; " REPLACE_BOND;
}

static const char *without_ltk(const struct session_advice *about)
{
	return about->central ? "--resp-keys without enc pairs without this key"
			      : "--init-keys without enc pairs without this key";
}

static const char *without_csrk(const struct session_advice *about)
{
	return about->central ? "--resp-keys without sign pairs without this key"
			      : "--init-keys without sign pairs without this key";
}

static const char *without_identity(const struct session_advice *about)
{
	return about->central ? "--resp-keys without id pairs without this identity"
			      : "--init-keys without id pairs without this identity";
}

#define NOT_STANDARD \
	"the peer does not follow the specification: a capture (-w FILE) shows its maker where"
#define SOMETHING_ELSE                                                                           \
	"try again; if it fails each time, the peer computes with other addresses or features, " \
	"or someone is in the middle"

#define REFLECTED                                                                      \
	"the peer repeats what it receives, and proves nothing: look for an attacker " \
	"in the middle"

/* clang-format off */
static const struct {
	const char *policy; /* the option that decided; "": our bond or user; NULL: the peer */
	const char *advice; /* NULL: depends on ... */
	const char *(*depends)(const struct session_advice *about); /* ... or there is none */
} on_refusal[SMP_WHY_COUNT] = {
	[SMP_WHY_TOO_MANY_ATTEMPTS] = {"", "wait before the next attempt: the time doubles with each failure", NULL},
	[SMP_WHY_RESERVED_IO] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_RESERVED_OOB_FLAG] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_INVALID_KEY_SIZE] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_KEYS_NOT_OFFERED] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_LEGACY_ONLY] = {"--sc only", "--sc prefer accepts legacy pairing too", NULL},
	[SMP_WHY_KEY_TOO_SHORT] = {"--min-key-size", "--min-key-size accepts a shorter key", NULL},
	[SMP_WHY_BOND_IS_SECURE] = {"", NULL, on_legacy_over_secure},
	[SMP_WHY_BOND_KEY_IS_LONGER] = {"", NULL, on_shorter_key},
	[SMP_WHY_BOND_AUTHENTICATED] = {"", NULL, on_unproven},
	[SMP_WHY_NO_OOB_DATA] = {"", "give the data with --oob, --oob-file or --oob-own", NULL},
	[SMP_WHY_OTHER_METHOD] = {"--method", "leave --method out, or give both ends the --io or --oob that this association model needs", NULL},
	[SMP_WHY_UNAUTHENTICATED] = {"--mitm", NULL, on_unauthenticated},
	[SMP_WHY_LEGACY_PASSKEY] = {"--mitm", "the peer needs Secure Connections; --legacy-passkey-mitm counts legacy Passkey Entry as protection, as before Core 6.2", NULL},
	[SMP_WHY_RESPONSE_TOOK_BACK] = {NULL, "restart the peer and try again; if it always does this and you accept less security: --no-mitm, --sc off", NULL},
	[SMP_WHY_DEBUG_KEY] = {"--mitm", NULL, on_debug_key},
	[SMP_WHY_REFLECTED_CONFIRM] = {NULL, REFLECTED, NULL},
	[SMP_WHY_REFLECTED_RANDOM] = {NULL, REFLECTED, NULL},
	[SMP_WHY_REFLECTED_PUBLIC_KEY] = {NULL, REFLECTED, NULL},
	[SMP_WHY_INVALID_PUBLIC_KEY] = {NULL, "the peer is faulty, or someone attacks (CVE-2018-5383): pair elsewhere, and look for newer firmware", NULL},
	[SMP_WHY_WRONG_CONFIRM] = {NULL, SOMETHING_ELSE, NULL},
	[SMP_WHY_WRONG_PASSKEY] = {NULL, "try again with the same passkey at both ends", NULL},
	[SMP_WHY_WRONG_OOB_DATA] = {NULL, "give fresh data of the peer: they are valid for one pairing only", NULL},
	[SMP_WHY_WRONG_DHKEY_CHECK] = {NULL, SOMETHING_ELSE, NULL},
	[SMP_WHY_PASSKEY_TOO_LONG] = {"", "try again with six digits", NULL},
	[SMP_WHY_NUMBERS_DIFFER] = {"", "if the two numbers did not differ, try again", NULL},
	[SMP_WHY_RESERVED_KEYPRESS] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_GUESSABLE_LTK] = {NULL, NULL, without_ltk},
	[SMP_WHY_GUESSABLE_CSRK] = {NULL, NULL, without_csrk},
	[SMP_WHY_INVALID_IDENTITY] = {NULL, NULL, without_identity},
	[SMP_WHY_WRONG_LENGTH] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_OUT_OF_TURN] = {NULL, NOT_STANDARD, NULL},
	[SMP_WHY_KEY_OUT_OF_TURN] = {NULL, NOT_STANDARD, NULL},
};
/* clang-format on */

const char *session_advice_on_refusal(enum smp_why why, const struct session_advice *about)
{
	return on_refusal[why].depends ? on_refusal[why].depends(about) : on_refusal[why].advice;
}

bool session_is_policy(enum smp_why why)
{
	return on_refusal[why].policy;
}

const char *session_policy(enum smp_why why, const struct session_advice *about)
{
	const char *policy = on_refusal[why].policy;

	if (why == SMP_WHY_DEBUG_KEY && about->options->mitm != SMP_MITM_REQUIRE)
		return NULL;
	if (why == SMP_WHY_BOND_IS_SECURE && about->options->sc == SMP_SC_OFF)
		return "--sc off";
	return policy && *policy ? policy : NULL;
}

/* ---- What nobody refused --------------------------------------------------------------------- */

const char *session_advice_on_silence(enum smp_why why)
{
	if (why == SMP_WHY_USER_SILENT)
		return "answer within 30 s, or in advance: --passkey, --confirm";
	if (why == SMP_WHY_PEER_AND_USER_SILENT)
		return "answer within 30 s; the peer may wait for its user too";
	return "is the peer waiting for its user? it may also be stuck: restart it";
}

const char *session_advice_on_encryption(void)
{
	return "pair again; if it fails each time, the two ends compute different keys, or the "
	       "peer's host gives its controller none";
}

const char *session_advice_on_method(enum smp_because because)
{
	return because == SMP_BECAUSE_WE_HAVE_NO_IO ? "--io offers more" : NULL;
}
