/* SPDX-License-Identifier: MIT */
/* Conditions on the PDUs of the pairing: features, order, keys, reasons. */
#include "checks/conditions.h"
#include "checks/questions.h"
#include "smp/pdu.h"
#include "smp/reason.h"

static uint8_t negotiated(const struct explain_facts *facts, int8_t end)
{
	return end == EXPLAIN_I ? facts->features.init_keys : facts->features.resp_keys;
}

bool check_keys_not_negotiated(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	char pdus[CHECK_PDU_LIST], keys[CHECK_KEY_LIST];

	if (!c->facts->has_features)
		return false;
	EACH_END(end) {
		if (!progress->not_negotiated[end])
			continue;
		uint8_t dist = negotiated(c->facts, end);
		check_found(f, end, c->attempt->steps[progress->not_negotiated_step[end]].at.frame,
			    "the %s distributed %s, although %s%s was negotiated for it",
			    check_role(end), check_pdu_list(progress->not_negotiated[end], pdus),
			    dist ? "only " : "nothing",
			    dist ? check_key_list(dist, ", ", keys) : "");
		for (size_t i = 0; i < c->attempt->step_count; i++) {
			const struct explain_step *s = &c->attempt->steps[i];
			if (s->layer == EXPLAIN_LAYER_SMP && s->from == end &&
			    sequence_is_key((uint8_t)s->code) &&
			    progress->not_negotiated[end] >> s->code & 1)
				check_add_frame(f, s->at.frame);
		}
		return true;
	}
	return false;
}

bool check_wrong_length(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return mark_is_set(&a->wrong_length) &&
	       check_found(f, a->length_by, a->wrong_length.frame,
			   "the %s's %s has %u octets, not %zu", check_role(a->length_by),
			   smp_pdu_name(a->length_code), a->length_was,
			   smp_pdu_format(a->length_code)->length);
}

/* The responder must refuse the request. */
static bool wrong_key_size(const struct explain_attempt *a, struct explain_finding *f, int8_t end)
{
	const struct explain_party *p = a->party;
	bool answered = end == EXPLAIN_I && mark_is_set(&p[EXPLAIN_R].features);

	check_found(f, end, p[end].features.frame,
		    "the %s's maximum key size is %u octets, not 7 to 16%s", check_role(end),
		    p[end].features_pdu[4],
		    answered ? ", and the responder answered instead of refusing" : "");
	if (answered)
		check_add_frame(f, p[EXPLAIN_R].features.frame);
	return true;
}

bool check_reserved_value(const struct explain_case *c, struct explain_finding *f)
{
	EACH_END(end) {
		const struct explain_party *p = &c->attempt->party[end];
		const uint8_t *pdu = p->features_pdu;
		if (!mark_is_set(&p->features))
			continue;
		if (!check_io_is_defined(pdu[1]))
			return check_found(f, end, p->features.frame,
					   "the %s's IO capability 0x%02x is reserved",
					   check_role(end), pdu[1]);
		if (pdu[2] > 1)
			return check_found(f, end, p->features.frame,
					   "the %s's OOB data flag 0x%02x is reserved",
					   check_role(end), pdu[2]);
		if (pdu[4] < 7 || pdu[4] > 16)
			return wrong_key_size(c->attempt, f, end);
	}
	return false;
}

/* The only end that may send this PDU, or EXPLAIN_NOBODY: both may. */
static int8_t only_sender(uint8_t code)
{
	switch ((enum smp_code)code) {
	case SMP_PAIRING_REQUEST:
		return EXPLAIN_I;
	case SMP_PAIRING_RESPONSE:
	case SMP_SECURITY_REQUEST:
		return EXPLAIN_R;
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_FAILED:
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SIGNING_INFORMATION:
	case SMP_PAIRING_PUBLIC_KEY:
	case SMP_PAIRING_DHKEY_CHECK:
	case SMP_KEYPRESS_NOTIFICATION:
		break;
	}
	return EXPLAIN_NOBODY;
}

bool check_wrong_role(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (a->roles != EXPLAIN_ROLES_KNOWN)
		return false; /* the roles follow from the order of the PDUs */
	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		int8_t sender = s->layer == EXPLAIN_LAYER_SMP ? only_sender((uint8_t)s->code)
							      : EXPLAIN_NOBODY;
		if (sender != EXPLAIN_NOBODY && sender != s->from)
			return check_found(f, s->from, s->at.frame, "the %s sent %s",
					   s->from == EXPLAIN_I ? "central" : "peripheral",
					   smp_pdu_name((uint8_t)s->code));
	}
	return false;
}

bool check_keys_not_offered(const struct explain_case *c, struct explain_finding *f)
{
	const struct smp_feature_set *q = &c->facts->features.request;
	const struct smp_feature_set *r = &c->facts->features.response;
	uint8_t init = r->init_keys & ~q->init_keys & SMP_DIST_ALL;
	uint8_t resp = r->resp_keys & ~q->resp_keys & SMP_DIST_ALL;
	char text[CHECK_KEY_LIST];

	if (!c->facts->has_features || !(init | resp))
		return false;
	return check_found(f, EXPLAIN_R, c->attempt->party[EXPLAIN_R].features.frame,
			   "the responder's Pairing Response has %s in the %s key distribution, "
			   "which Pairing Request did not offer",
			   check_key_list(init ? init : resp, ", ", text),
			   init ? "initiator" : "responder");
}

static bool skipped(const struct explain_case *c, struct explain_finding *f, bool keys)
{
	const struct explain_expected_pdu *missing = &c->facts->progress.missing;
	const struct explain_step *s = check_skipped(c);

	return s && (sequence_is_key((uint8_t)s->code) && sequence_is_key(missing->code)) == keys &&
	       check_found(f, s->from, s->at.frame, "the %s sent %s when its %s was due",
			   check_role(s->from), smp_pdu_name((uint8_t)s->code),
			   smp_pdu_name(missing->code));
}

static bool ran_ahead(const struct explain_case *c, struct explain_finding *f, bool keys)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	const struct explain_step *early, *late;

	if (!c->facts->has_features || progress->late == EXPLAIN_NO_STEP ||
	    progress->early == EXPLAIN_NO_STEP)
		return false;
	early = &c->attempt->steps[progress->early];
	late = &c->attempt->steps[progress->late];
	if ((sequence_is_key((uint8_t)early->code) && sequence_is_key((uint8_t)late->code)) != keys)
		return false;
	check_found(f, early->from, early->at.frame,
		    "the %s sent %s before the %s's %s, which must come first",
		    check_role(early->from), smp_pdu_name((uint8_t)early->code),
		    check_role(late->from), smp_pdu_name((uint8_t)late->code));
	check_add_frame(f, late->at.frame);
	return true;
}

bool check_keys_order(const struct explain_case *c, struct explain_finding *f)
{
	return ran_ahead(c, f, true) || skipped(c, f, true);
}

/* The last PDU of the end that Pairing Failed went to, if it may be what was rejected; or NULL. */
static const struct explain_step *rejected(const struct explain_attempt *a)
{
	const struct explain_step *last = NULL;

	if (!mark_is_set(&a->failed) || !check_is_answer_to_misplaced(a->reason))
		return NULL;
	for (size_t i = 0; i < a->step_count && a->steps[i].at.frame < a->failed.frame; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP && a->steps[i].from != a->failed_by)
			last = &a->steps[i];
	return last;
}

/* The key that was sent before the link was encrypted, and rejected for that. NULL: none. */
static const struct explain_step *sent_in_clear(const struct explain_attempt *a)
{
	const struct explain_step *last = rejected(a);

	if (!last || a->reason == SMP_KEY_REJECTED ||
	    (mark_is_set(&a->encrypted) && a->encrypted.frame < a->failed.frame))
		return NULL;
	return sequence_is_key((uint8_t)last->code) ? last : NULL;
}

/* A Pairing Request begins an attempt of its own, even where it must not come. */
static bool begun_again(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *s = rejected(a);

	return a->interrupts && s && s->from == EXPLAIN_I && s->code == SMP_PAIRING_REQUEST &&
	       check_found(f, s->from, s->at.frame,
			   "the initiator sent another Pairing Request before the first pairing "
			   "had ended");
}

static bool pressed(const struct explain_case *c, struct explain_finding *f)
{
	const struct smp_features *features = &c->facts->features;
	const struct explain_step *s = rejected(c->attempt);

	return s && s->code == SMP_KEYPRESS_NOTIFICATION &&
	       check_found(f, s->from, s->at.frame,
			   "the %s sent Keypress Notification, although %s", check_role(s->from),
			   !sequence_is_passkey(features->method) ? "no passkey is entered here"
			   : !features->keypress
				   ? "the two ends did not agree on it"
				   : "only Passkey Entry of Secure Connections has it");
}

static bool sent_before(const struct explain_attempt *a, const struct explain_step *step)
{
	for (const struct explain_step *s = a->steps; s < step; s++)
		if (s->layer == EXPLAIN_LAYER_SMP && s->from == step->from && s->code == step->code)
			return true;
	return false;
}

bool check_out_of_turn(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *s;
	const char *why = "the link was not encrypted";

	if (ran_ahead(c, f, false) || skipped(c, f, false) || begun_again(c, f))
		return true;
	if (!c->facts->has_features)
		return false;
	if (pressed(c, f))
		return true;
	if (a->ltk_refused && check_keyless(c) &&
	    !(mark_is_set(&a->failed) && a->failed.frame < a->ltk_request.frame))
		return check_found(f, EXPLAIN_I, a->ltk_request.frame,
				   "the initiator requested encryption before there was a key");
	s = sent_in_clear(a);
	if (!s && progress->unexpected != EXPLAIN_NO_STEP) {
		s = &a->steps[progress->unexpected];
		why = sent_before(a, s) ? "it had sent it before"
		      : c->facts->features.secure_connections
			      ? "the two ends agreed on Secure Connections"
			      : "the two ends agreed on legacy pairing";
	}
	return s && check_found(f, s->from, s->at.frame,
				"the %s sent %s, which does not belong there: %s",
				check_role(s->from), smp_pdu_name((uint8_t)s->code), why);
}

/* Pairing Failed may need so long to reach the other end. */
#define CROSSING_US 500000

/* Pairing Failed that crossed with another is no answer to it, except in the host that sent it. */
static bool failed_twice(const struct explain_attempt *a, struct explain_finding *f)
{
	uint64_t us;

	if (!mark_is_set(&a->failed_again) || a->failed_again_by == a->failed_by ||
	    (a->failed_again_by != a->captured_end &&
	     (!mark_measure(&a->failed, &a->failed_again, &us) || us < CROSSING_US)))
		return false;
	check_found(f, a->failed_again_by, a->failed_again.frame,
		    "the %s answered Pairing Failed with Pairing Failed",
		    check_role(a->failed_again_by));
	check_add_frame(f, a->failed.frame);
	return true;
}

bool check_after_failure(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	uint64_t us;

	if (failed_twice(a, f))
		return true;
	/* A PDU that crossed with Pairing Failed is not a fault of its sender. */
	if (!mark_is_set(&a->after_failure) || check_two_stacks(c, &(struct explain_finding){0}) ||
	    (a->after_by != a->failed_by &&
	     (!mark_measure(&a->failed, &a->after_failure, &us) || us < CROSSING_US)))
		return false;
	check_found(f, a->after_by, a->after_failure.frame,
		    "the %s sent %s after %s had sent Pairing Failed", check_role(a->after_by),
		    smp_pdu_name(a->after_code),
		    a->after_by == a->failed_by ? "it" : "the other end");
	check_add_frame(f, a->failed.frame);
	return true;
}

/* An end that has not sent its keys for so long will not send them; one that disconnected had no
 * time.
 */
#define KEYS_US 5000000

bool check_keys_missing(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	const struct explain_attempt *a = c->attempt;
	char pdus[CHECK_PDU_LIST];
	uint64_t us;

	if (!c->facts->has_features || !progress->phase_2 || progress->complete ||
	    mark_is_set(&a->failed) || !mark_is_set(&a->encrypted) || a->encrypt_status ||
	    a->unreadable || mark_is_set(&a->missing) || c->late ||
	    (a->own && a->own->reason == EXPLAIN_OWN_CONTROLLER))
		return false;
	int8_t end = progress->keys_missing[EXPLAIN_R] ? EXPLAIN_R : EXPLAIN_I;
	if (a->air && !a->has_encrypt_key)
		return false;
	/*
	 * An end had no time to send its keys when the link broke, or when either end closed it
	 * at once. On air, an end is known to have sent no more only when its disconnection was
	 * captured.
	 */
	if ((a->air || c->outcome != EXPLAIN_SILENCE) &&
	    (!mark_is_set(&a->disconnected) || a->disconnected_by != end ||
	     !mark_measure(&a->party[end].last, &a->disconnected, &us) || us < KEYS_US))
		return false;
	return progress->keys_missing[end] &&
	       check_found(f, end, a->encrypted.frame, "the %s never sent the negotiated %s",
			   check_role(end), check_pdu_list(progress->keys_missing[end], pdus));
}

/* Public, or static random; all zero means that there is none (3.6.5, Vol 6 Part B 1.3.2). */
static bool is_identity(const struct crypto_address *address)
{
	return address->type == 0 || (address->type == 1 && address->octets[5] >> 6 == 3);
}

bool check_invalid_identity(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	EACH_END(end) {
		const struct explain_party *p = &a->party[end];
		const struct explain_step *s = rejected(a);
		bool harmless = c->failed && !(s && s->at.frame == p->identity.frame);
		if (mark_is_set(&p->identity) && !is_identity(&p->identity_value) && !harmless)
			return check_found(f, end, p->identity.frame,
					   "the %s's identity address is neither public nor static "
					   "random: its type is 0x%02x, its first octet 0x%02x",
					   check_role(end), p->identity_value.type,
					   p->identity_value.octets[5]);
	}
	return false;
}

/* A central has answered a Security Request within this time. */
#define ANSWER_US 1000000

bool check_security_request_ignored(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	uint64_t us;

	if (!mark_is_set(&a->security_request) || a->pairing || mark_is_set(&a->encrypt) ||
	    mark_is_set(&a->ltk_request) || mark_is_set(&a->failed) ||
	    !mark_measure(&a->security_request, &a->last, &us) || us < ANSWER_US)
		return false;
	return check_found(f, EXPLAIN_I, a->security_request.frame,
			   "the peripheral's Security Request got no answer in %.1f s: neither "
			   "Pairing Request nor encryption",
			   (double)us / 1e6);
}

/* ---- Features -------------------------------------------------------------------------------- */

/* Only what the initiator offered: a peripheral cannot hold it to more. */
bool check_request_taken_back(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct smp_features *features = &c->facts->features;
	const struct explain_mark *response = &a->party[EXPLAIN_R].features;

	if (!c->facts->has_features || !mark_is_set(&a->security_request) ||
	    a->security_request.frame > response->frame)
		return false;
	uint8_t lacks = a->security_auth_req & features->request.auth_req &
			~features->response.auth_req & (SMP_AUTH_MITM | SMP_AUTH_SC);
	if (!lacks)
		return false;
	check_found(f, EXPLAIN_R, response->frame,
		    "the responder's Pairing Response lacks %s%s%s, for which its Security Request "
		    "had asked",
		    lacks & SMP_AUTH_MITM ? "MITM" : "",
		    lacks == (SMP_AUTH_MITM | SMP_AUTH_SC) ? " and " : "",
		    lacks & SMP_AUTH_SC ? "Secure Connections" : "");
	check_add_frame(f, a->security_request.frame);
	return true;
}

bool check_signing_key(const struct explain_case *c, struct explain_finding *f)
{
	const struct smp_features *features = &c->facts->features;
	bool initiator = features->init_keys & SMP_DIST_SIGN;
	bool responder = features->resp_keys & SMP_DIST_SIGN;

	return c->facts->has_features && !c->failed && (initiator || responder) &&
	       check_found(f, initiator ? EXPLAIN_I : EXPLAIN_R,
			   c->attempt->party[EXPLAIN_R].features.frame,
			   "%s a signing key: no longer used from Core 6.3 on",
			   initiator && responder ? "both ends distribute"
			   : initiator		  ? "the initiator distributes"
						  : "the responder distributes");
}

bool check_mitm_unmet(const struct explain_case *c, struct explain_finding *f)
{
	const struct smp_features *features = &c->facts->features;
	bool initiator = features->request.auth_req & SMP_AUTH_MITM;
	bool responder = features->response.auth_req & SMP_AUTH_MITM;
	int8_t by = initiator ? EXPLAIN_I : EXPLAIN_R;

	if (!c->facts->has_features || !(initiator || responder) || check_authenticates(features) ||
	    (c->failed && features->method != SMP_JUST_WORKS))
		return false;
	if (mark_is_set(&c->attempt->failed) &&
	    c->attempt->reason == SMP_AUTHENTICATION_REQUIREMENTS)
		return false; /* the pairing was refused for that */
	check_found(f, by, c->attempt->party[by].features.frame,
		    "%s asked for protection against a man in the middle; %s%s",
		    initiator && responder ? "both ends"
		    : initiator		   ? "the initiator"
					   : "the responder",
		    features->method == SMP_JUST_WORKS ? "Just Works was used, because " : "",
		    check_why_unauthenticated(features));
	check_add_frame(f, c->attempt->party[EXPLAIN_R].features.frame);
	return true;
}

bool check_io_unused(const struct explain_case *c, struct explain_finding *f)
{
	struct smp_features wanted = c->facts->features;

	if (!c->facts->has_features || wanted.method != SMP_JUST_WORKS ||
	    ((wanted.request.auth_req | wanted.response.auth_req) & SMP_AUTH_MITM))
		return false;
	wanted.request.auth_req |= SMP_AUTH_MITM;
	smp_negotiate(SMP_INITIATOR, &wanted);
	return check_authenticates(&wanted) &&
	       check_found(f, EXPLAIN_NOBODY, c->attempt->party[EXPLAIN_R].features.frame,
			   "%s and %s would allow %s, but neither end set the MITM flag: Just "
			   "Works was used",
			   smp_io_name(wanted.request.io), smp_io_name(wanted.response.io),
			   check_method_name(wanted.method));
}

bool check_no_bonding(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	int8_t by = EXPLAIN_NOBODY;
	bool both = true;

	EACH_END(end) {
		const struct explain_party *p = &a->party[end];
		const bool asks_not =
			mark_is_set(&p->features) && !(p->features_pdu[3] & SMP_AUTH_BONDING);
		both &= asks_not;
		if (asks_not && (by == EXPLAIN_NOBODY || end == a->captured_end))
			by = end;
	}
	if (c->failed || by == EXPLAIN_NOBODY)
		return false;
	const bool bluez = by == a->captured_end && a->system == EXPLAIN_SYSTEM_LINUX;
	if (bluez)
		f->fix = "for a bond that lasts, register an agent and be bondable: "
			 "`bluetoothctl`, there `agent on`, `default-agent` and `pairable on`";
	check_found(f, by, a->party[by].features.frame,
		    "%s%s asks for %sbonding: the keys of this pairing are forgotten when the "
		    "connection ends%s",
		    both ? "" : "the ", both ? "neither end" : check_role(by), both ? "" : "no ",
		    bluez ? "; a host without an agent, or one that is not bondable, does that"
			  : "");
	if (both)
		check_add_frame(f, a->party[!by].features.frame);
	return true;
}

bool check_oob_unused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_host *host = &a->host;

	if (!c->facts->has_features || !host->has_oob || a->party[EXPLAIN_I].features_pdu[2] ||
	    a->party[EXPLAIN_R].features_pdu[2])
		return false;
	check_found(f, a->captured_end, a->party[EXPLAIN_I].features.frame,
		    "OOB is not used: neither end says that it has OOB data of the other; what was "
		    "added at the captured host is for %s%s",
		    host->oob_le ? "another LE address, or came too late"
				 : "a BR/EDR address, not for LE",
		    host->oob_zero ? ", and is all zero" : "");
	check_add_frame(f, a->party[EXPLAIN_R].features.frame);
	check_add_frame(f, host->oob_added.frame);
	return true;
}
