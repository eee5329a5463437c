/* SPDX-License-Identifier: MIT */
/* Conditions on the reason of Pairing Failed, and on what made an end refuse. */
#include <stdio.h>
#include <string.h>

#include "checks/conditions.h"
#include "checks/questions.h"
#include "smp/pdu.h"
#include "smp/reason.h"

static bool refused(const struct explain_case *c, uint8_t reason)
{
	return mark_is_set(&c->attempt->failed) && c->attempt->reason == reason && !c->explained;
}

/* The end with the shorter maximum; of two equal ones, the end that did not refuse. */
static int8_t end_with_smaller_key(const struct explain_attempt *a)
{
	const uint8_t initiator = a->party[EXPLAIN_I].features_pdu[4];
	const uint8_t responder = a->party[EXPLAIN_R].features_pdu[4];

	if (!mark_is_set(&a->party[EXPLAIN_R].features))
		return EXPLAIN_I;
	if (initiator == responder)
		return (int8_t)!a->failed_by;
	return responder < initiator ? EXPLAIN_R : EXPLAIN_I;
}

bool check_key_size_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!refused(c, SMP_ENCRYPTION_KEY_SIZE))
		return false;
	int8_t small = end_with_smaller_key(a);
	const struct explain_party *p = &a->party[small];
	if (!mark_is_set(&p->features) || p->features_pdu[4] >= 16)
		return false;
	check_found(f, small, p->features.frame,
		    "the %s supports keys of %u octets at most, and the %s requires longer ones",
		    check_role(small), p->features_pdu[4], check_role(a->failed_by));
	check_add_frame(f, a->failed.frame);
	return true;
}

/* The responder refused at once, so only the request is known. */
static bool refused_request(const struct explain_attempt *a, struct explain_finding *f)
{
	const uint8_t *pdu = a->party[EXPLAIN_I].features_pdu;

	if (a->failed_by != EXPLAIN_R || !mark_is_set(&a->party[EXPLAIN_I].features))
		return false;
	if (a->own && a->own->reason == EXPLAIN_OWN_BONDED) {
		f->fix = *a->own->fix ? a->own->fix : NULL;
		return check_found(f, EXPLAIN_R, a->failed.frame,
				   "the responder refused to pair anew: it has a bond with this "
				   "initiator, which it may not replace");
	}
	f->fix = pdu[3] & SMP_AUTH_SC
			 ? "offer the features that the association model needs: another IO "
			   "capability or the MITM flag; a responder that protects a bond with "
			   "this initiator needs its bond removed first"
			 : "offer Secure Connections, which the responder may require";
	return check_found(f, EXPLAIN_R, a->failed.frame,
			   "the responder requires more than the request offers: %s, %s, %s",
			   smp_io_name(pdu[1]), pdu[3] & SMP_AUTH_MITM ? "MITM" : "no MITM",
			   pdu[3] & SMP_AUTH_SC ? "Secure Connections" : "legacy pairing only");
}

/* The association model protects against a man in the middle, and is refused all the same. */
static void refused_authenticated(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const int8_t by = a->failed_by, other = (int8_t)!by;

	if (c->facts->debug_key[other]) {
		f->fix = "switch the debug mode off; accept the debug key in the laboratory only";
		(void)check_found(f, other, a->party[other].public_key.frame,
				  "the %s used the published debug key, which protects nothing",
				  check_role(other));
		return;
	}
	f->fix = "look at the options of the end that refused: association models that it accepts, "
		 "and a bond with the other end that it protects";
	(void)check_found(f, by, a->failed.frame,
			  "the %s does not accept %s, to which the features of both ends lead",
			  check_role(by), check_method_name(c->facts->features.method));
}

bool check_mitm_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct smp_features *features = &c->facts->features;
	bool authenticates = check_authenticates(features);
	int8_t by = a->failed_by;

	if (!refused(c, SMP_AUTHENTICATION_REQUIREMENTS) || by == EXPLAIN_NOBODY)
		return false;
	if (!c->facts->has_features)
		return refused_request(a, f);
	bool lacks_sc =
		!features->secure_connections && (a->party[by].features_pdu[3] & SMP_AUTH_SC);
	if (authenticates && lacks_sc)
		check_found(f, by, a->failed.frame,
			    "the %s requires Secure Connections, and the %s offers legacy "
			    "pairing only",
			    check_role(by), check_role((int8_t)!by));
	else if (authenticates)
		refused_authenticated(c, f);
	else
		check_found(f, by, a->failed.frame,
			    "the %s requires protection against a man in the middle%s, and %s",
			    check_role(by), lacks_sc ? " or Secure Connections" : "",
			    check_why_unauthenticated(features));
	check_add_frame(f, a->party[!by].features.frame);
	return true;
}

/* No person answers sooner, and no stack computes for so long. */
#define PERSON_US 700000

/* The end that refused gave no reason while its user had to answer: before is what came last. */
static bool is_cancelled(const struct explain_case *c, const struct explain_step *before,
			 struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	char task[CHECK_TASK];
	uint64_t us;

	if (!before || a->reason != SMP_UNSPECIFIED_REASON ||
	    !mark_measure(&before->at, &a->failed, &us) || us < PERSON_US ||
	    a->clock == EXPLAIN_CLOCK_NONE || !check_user_task(c, a->failed_by, task))
		return false;
	f->fix = "pair again, and answer on both ends: yes if both show the same number, or the "
		 "passkey that the other end shows";
	check_found(f, a->failed_by, a->failed.frame,
		    "most likely the user of the %s cancelled, or its program: it had to ask %s, "
		    "and sent %s (0x%02x) %.1f s later",
		    check_role(a->failed_by), task, smp_reason_name(a->reason), a->reason,
		    (double)us / 1e6);
	check_add_frame(f, before->at.frame);
	return true;
}

bool check_peer_reason(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *before = NULL;

	if (!refused(c, c->parameter))
		return false;
	for (size_t i = 0; i < a->step_count && a->steps[i].at.frame < a->failed.frame; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP && a->steps[i].from != a->failed_by)
			before = &a->steps[i];
	if (is_cancelled(c, before, f))
		return true;
	if (a->reason == SMP_CONFIRM_VALUE_FAILED && c->facts->has_features &&
	    (c->facts->features.method == SMP_JUST_WORKS ||
	     c->facts->features.method == SMP_NUMERIC_COMPARISON))
		f->fix = "remove old bonds on both ends and try again; if it fails again, compare "
			 "addresses and their types, public keys and features as both ends have "
			 "them";
	check_found(f, a->failed_by, a->failed.frame, "the %s sent %s (0x%02x)%s%s",
		    check_role(a->failed_by), smp_reason_name(a->reason), a->reason,
		    before ? " after the other end's " : "",
		    before ? smp_pdu_name((uint8_t)before->code) : "");
	if (before)
		check_add_frame(f, before->at.frame);
	return true;
}

bool check_unknown_reason(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return mark_is_set(&a->failed) && !a->reason_missing &&
	       !check_reason_is_defined(a->reason) &&
	       check_found(f, a->failed_by, a->failed.frame,
			   "the %s ended the pairing with the reason 0x%02x, which is not defined",
			   check_role(a->failed_by), a->reason);
}

/* ---- A bond that only one end has ------------------------------------------------------------ */

/* Reasons with which hosts refuse to pair anew with a peer that they have a bond with. */
static bool may_guard_bond(const struct explain_attempt *a)
{
	bool at_once = a->failed_by == EXPLAIN_R && !mark_is_set(&a->party[EXPLAIN_R].features);

	switch ((enum smp_reason)a->reason) {
	case SMP_PAIRING_NOT_SUPPORTED:
	case SMP_UNSPECIFIED_REASON:
	case SMP_INVALID_PARAMETERS:
		return at_once;
	case SMP_DHKEY_CHECK_FAILED:
		return true;
	case SMP_AUTHENTICATION_REQUIREMENTS:
	case SMP_PASSKEY_ENTRY_FAILED:
	case SMP_OOB_NOT_AVAILABLE:
	case SMP_CONFIRM_VALUE_FAILED:
	case SMP_ENCRYPTION_KEY_SIZE:
	case SMP_COMMAND_NOT_SUPPORTED:
	case SMP_REPEATED_ATTEMPTS:
	case SMP_NUMERIC_COMPARISON_FAILED:
	case SMP_BREDR_PAIRING_IN_PROGRESS:
	case SMP_CTKD_NOT_ALLOWED:
	case SMP_KEY_REJECTED:
	case SMP_BUSY:
		break;
	}
	return false;
}

bool check_stale_bond(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_kept_bond *bond;

	if (!mark_is_set(&a->failed) || c->explained || !may_guard_bond(a))
		return false;
	bond = history_find_bond(c->history, a);
	if (!bond)
		return false;
	check_found(f, a->failed_by, a->failed.frame,
		    "the %s refused to pair anew: it has a bond with the %s, which most likely "
		    "has lost its own",
		    check_role(a->failed_by), check_role((int8_t)!a->failed_by));
	check_add_frame(f, bond->frame);
	return true;
}

/* ---- Requests compared ----------------------------------------------------------------------- */

/* Bits that a Pairing Request of Core 4.0 and 4.1 does not have, Vol 3 Part H 3.5.1. */
static const struct {
	uint8_t auth, keys;
	const char *name;
} newer[] = {
	{SMP_AUTH_SC, 0, "SC"},
	{SMP_AUTH_KEYPRESS, 0, "Keypress"},
	{SMP_AUTH_CT2, 0, "CT2"},
	{0, SMP_DIST_LINK, "LinkKey"},
};

/* The bits that one request has and the other lacks. */
struct difference {
	uint8_t auth, keys;
};

static struct difference bits_beyond(const uint8_t pdu[7], const uint8_t other[7])
{
	return (struct difference){
		(uint8_t)(pdu[3] & ~other[3]),
		(uint8_t)((pdu[5] & ~other[5]) | (pdu[6] & ~other[6])),
	};
}

/* "SC, CT2 and LinkKey" */
struct list {
	char text[200];
	size_t len;
};

static void list_join(struct list *l, const char *separator, const char *name)
{
	int n = snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s%s",
			 l->len ? separator : "", name);

	if (n > 0 && (size_t)n < sizeof(l->text) - l->len)
		l->len += (size_t)n;
}

static void list_add(struct list *l, const char *name)
{
	list_join(l, ", ", name);
}

static void list_bits(struct list *l, struct difference bits)
{
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if ((newer[i].auth & bits.auth) | (newer[i].keys & bits.keys))
			list_add(l, newer[i].name);
}

static bool request_is_valid(const uint8_t pdu[7])
{
	const uint8_t auth =
		SMP_AUTH_BONDING | SMP_AUTH_MITM | SMP_AUTH_SC | SMP_AUTH_KEYPRESS | SMP_AUTH_CT2;

	return check_io_is_defined(pdu[1]) && pdu[2] <= 1 && !(pdu[3] & ~auth) && pdu[4] >= 7 &&
	       pdu[4] <= 16 && !((pdu[5] | pdu[6]) & ~SMP_DIST_ALL);
}

/* The responder refused the request, or said nothing to it. */
static bool was_not_answered(const struct explain_case *c)
{
	const struct explain_attempt *a = c->attempt;

	return mark_is_set(&a->party[EXPLAIN_I].features) &&
	       !mark_is_set(&a->party[EXPLAIN_R].features) && c->failed &&
	       (!mark_is_set(&a->failed) || a->failed_by == EXPLAIN_R);
}

bool check_newer_bits_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const uint8_t *pdu = a->party[EXPLAIN_I].features_pdu;
	const struct explain_kept_request *before;
	static const uint8_t none[7];
	struct list bits = {.len = 0}, old = {.len = 0};
	bool answered;

	if (!refused(c, SMP_INVALID_PARAMETERS) || !was_not_answered(c) || !request_is_valid(pdu))
		return false;
	list_bits(&bits, bits_beyond(pdu, none));
	if (!bits.len)
		return false;
	before = history_find_request(c->history, a, true);
	if (before)
		list_bits(&old, bits_beyond(before->pdu, none));
	answered = before && !old.len;
	check_found(f, EXPLAIN_R, a->failed.frame,
		    "the responder refused a valid request at once: most likely it takes the bits "
		    "that came after Core 4.1 (%s) for invalid, although it must ignore bits that "
		    "it does not know%s",
		    bits.text, answered ? "; it answered a request without them" : "");
	check_add_frame(f, a->party[EXPLAIN_I].features.frame);
	if (answered)
		check_add_frame(f, before->frame);
	return true;
}

/* The key distribution that one request has and the other lacks; LinkKey is a newer bit. */
static void list_keys(struct list *l, uint8_t initiator, uint8_t responder)
{
	static const struct {
		uint8_t bit;
		const char *of_both, *of_initiator, *of_responder;
	} keys[] = {
		{SMP_DIST_ENC, "EncKey", "the initiator's EncKey", "the responder's EncKey"},
		{SMP_DIST_ID, "IdKey", "the initiator's IdKey", "the responder's IdKey"},
		{SMP_DIST_SIGN, "SignKey", "the initiator's SignKey", "the responder's SignKey"},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (initiator & responder & keys[i].bit)
			list_add(l, keys[i].of_both);
		else if (initiator & keys[i].bit)
			list_add(l, keys[i].of_initiator);
		else if (responder & keys[i].bit)
			list_add(l, keys[i].of_responder);
}

static void list_flags(struct list *l, const uint8_t pdu[7], const uint8_t other[7])
{
	struct difference bits = bits_beyond(pdu, other);

	if (bits.auth & SMP_AUTH_BONDING)
		list_add(l, "bonding");
	if (bits.auth & SMP_AUTH_MITM)
		list_add(l, "MITM");
	list_bits(l, bits);
	list_keys(l, (uint8_t)(pdu[5] & ~other[5]), (uint8_t)(pdu[6] & ~other[6]));
}

/* How this request differs from the other: "it adds SC, CT2; it lacks MITM; ...". */
static void compare(const uint8_t pdu[7], const uint8_t other[7], struct list *all)
{
	struct list adds = {.len = 0}, lacks = {.len = 0};
	char text[220];

	list_flags(&adds, pdu, other);
	list_flags(&lacks, other, pdu);
	if (adds.len) {
		(void)snprintf(text, sizeof(text), "it adds %s", adds.text);
		list_join(all, "; ", text);
	}
	if (lacks.len) {
		(void)snprintf(text, sizeof(text), "it lacks %s", lacks.text);
		list_join(all, "; ", text);
	}
	if (pdu[1] != other[1]) {
		(void)snprintf(text, sizeof(text), "its IO capability is %s, not %s",
			       smp_io_name(pdu[1]), smp_io_name(other[1]));
		list_join(all, "; ", text);
	}
	if (pdu[2] != other[2])
		list_join(all, "; ", pdu[2] ? "it adds OOB data" : "it lacks OOB data");
	if (pdu[4] != other[4]) {
		(void)snprintf(text, sizeof(text), "its key size is %u, not %u", pdu[4], other[4]);
		list_join(all, "; ", text);
	}
}

bool check_request_differs(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_party *p = a->party;
	const bool answered = mark_is_set(&p[EXPLAIN_R].features);
	const struct explain_kept_request *before;
	struct list all = {.len = 0};

	if (!mark_is_set(&p[EXPLAIN_I].features) || (!answered && !was_not_answered(c)))
		return false;
	before = history_find_request(c->history, a, !answered);
	if (!before)
		return false;
	compare(p[EXPLAIN_I].features_pdu, before->pdu, &all);
	if (!all.len)
		return false;
	check_found(f, EXPLAIN_NOBODY, p[EXPLAIN_I].features.frame,
		    answered ? "an earlier Pairing Request was refused, and this one answered: "
			       "%s"
		    : mark_is_set(&a->failed)
			    ? "an earlier Pairing Request was answered, and this one refused: %s"
			    : "an earlier Pairing Request was answered, and this one not: %s",
		    all.text);
	check_add_frame(f, before->frame);
	return true;
}
