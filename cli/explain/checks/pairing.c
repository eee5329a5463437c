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
			return check_found(f, end, p->features.frame,
					   "the %s's maximum key size is %u octets, not 7 to 16",
					   check_role(end), pdu[4]);
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

/* The key that was sent before the link was encrypted, and rejected for that. NULL: none. */
static const struct explain_step *sent_in_clear(const struct explain_attempt *a)
{
	const struct explain_step *last = NULL;

	if (!mark_is_set(&a->failed) || !check_is_answer_to_misplaced(a->reason) ||
	    a->reason == SMP_KEY_REJECTED ||
	    (mark_is_set(&a->encrypted) && a->encrypted.frame < a->failed.frame))
		return NULL;
	for (size_t i = 0; i < a->step_count && a->steps[i].at.frame < a->failed.frame; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP && a->steps[i].from != a->failed_by)
			last = &a->steps[i];
	return last && sequence_is_key((uint8_t)last->code) ? last : NULL;
}

bool check_out_of_turn(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *s;
	const char *why = "the link was not encrypted";

	if (ran_ahead(c, f, false) || skipped(c, f, false))
		return true;
	if (!c->facts->has_features)
		return false;
	if (a->ltk_refused && check_keyless(c) &&
	    !(mark_is_set(&a->failed) && a->failed.frame < a->ltk_request.frame))
		return check_found(f, EXPLAIN_I, a->ltk_request.frame,
				   "the initiator requested encryption before there was a key");
	s = sent_in_clear(a);
	if (!s && progress->unexpected != EXPLAIN_NO_STEP) {
		s = &a->steps[progress->unexpected];
		why = c->facts->features.secure_connections
			      ? "the two ends agreed on Secure Connections"
			      : "the two ends agreed on legacy pairing";
	}
	return s && check_found(f, s->from, s->at.frame,
				"the %s sent %s, which does not belong there: %s",
				check_role(s->from), smp_pdu_name((uint8_t)s->code), why);
}

/* Pairing Failed may need so long to reach the other end. */
#define CROSSING_US 500000

bool check_after_failure(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	/* A PDU that crossed with Pairing Failed is not a fault of its sender. */
	if (!mark_is_set(&a->after_failure) ||
	    (a->after_by != a->failed_by &&
	     a->after_failure.time_us - a->failed.time_us < CROSSING_US))
		return false;
	check_found(f, a->after_by, a->after_failure.frame,
		    "the %s sent %s after %s had sent Pairing Failed", check_role(a->after_by),
		    smp_pdu_name(a->after_code),
		    a->after_by == a->failed_by ? "it" : "the other end");
	check_add_frame(f, a->failed.frame);
	return true;
}

bool check_keys_missing(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	const struct explain_attempt *a = c->attempt;
	char pdus[CHECK_PDU_LIST];

	if (!c->facts->has_features || !progress->phase_2 || progress->complete ||
	    mark_is_set(&a->failed) || !mark_is_set(&a->encrypted) || a->encrypt_status ||
	    a->unreadable || mark_is_set(&a->missing) || c->late)
		return false;
	int8_t end = progress->keys_missing[EXPLAIN_R] ? EXPLAIN_R : EXPLAIN_I;
	if (a->air && !a->has_encrypt_key)
		return false;
	/*
	 * An end had no time to send its keys when the link broke or the other end closed it. On
	 * air, an end is known to have sent no more only when its disconnection was captured.
	 */
	if ((a->air || c->outcome != EXPLAIN_SILENCE) &&
	    (!mark_is_set(&a->disconnected) || a->disconnected_by != end))
		return false;
	return progress->keys_missing[end] &&
	       check_found(f, end, a->encrypted.frame, "the %s never sent the negotiated %s",
			   check_role(end), check_pdu_list(progress->keys_missing[end], pdus));
}

/* A central has answered a Security Request within this time. */
#define ANSWER_US 1000000

bool check_security_request_ignored(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!mark_is_set(&a->security_request) || a->pairing || mark_is_set(&a->encrypt) ||
	    mark_is_set(&a->ltk_request) || mark_is_set(&a->failed) ||
	    a->last.time_us - a->security_request.time_us < ANSWER_US)
		return false;
	return check_found(f, EXPLAIN_I, a->security_request.frame,
			   "the peripheral's Security Request got no answer in %.1f s: neither "
			   "Pairing Request nor encryption",
			   (double)(a->last.time_us - a->security_request.time_us) / 1e6);
}

/* ---- Features
 * ------------------------------------------------------------------------------------ */

bool check_mitm_unmet(const struct explain_case *c, struct explain_finding *f)
{
	const struct smp_features *features = &c->facts->features;
	bool initiator = features->request.auth_req & SMP_AUTH_MITM;
	bool responder = features->response.auth_req & SMP_AUTH_MITM;
	int8_t by = initiator ? EXPLAIN_I : EXPLAIN_R;

	if (!c->facts->has_features || !(initiator || responder) ||
	    check_authenticates(features->method))
		return false;
	if (mark_is_set(&c->attempt->failed) &&
	    c->attempt->reason == SMP_AUTHENTICATION_REQUIREMENTS)
		return false; /* the pairing was refused for that */
	check_found(f, by, c->attempt->party[by].features.frame,
		    "%s asked for protection against a man in the middle; Just Works was used, "
		    "because %s",
		    initiator && responder ? "both ends"
		    : initiator		   ? "the initiator"
					   : "the responder",
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
	return check_authenticates(wanted.method) &&
	       check_found(f, EXPLAIN_NOBODY, c->attempt->party[EXPLAIN_R].features.frame,
			   "%s and %s would allow %s, but neither end set the MITM flag: Just "
			   "Works was used",
			   smp_io_name(wanted.request.io), smp_io_name(wanted.response.io),
			   check_method_name(wanted.method));
}

/* ---- Reasons --------------------------------------------------------------------------------- */

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

	return a->failed_by == EXPLAIN_R && mark_is_set(&a->party[EXPLAIN_I].features) &&
	       check_found(f, EXPLAIN_R, a->failed.frame,
			   "the responder requires more than the request offers: %s, %s, %s",
			   smp_io_name(pdu[1]), pdu[3] & SMP_AUTH_MITM ? "MITM" : "no MITM",
			   pdu[3] & SMP_AUTH_SC ? "Secure Connections" : "legacy pairing only");
}

bool check_mitm_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct smp_features *features = &c->facts->features;
	bool authenticates = check_authenticates(features->method);
	int8_t by = a->failed_by;

	if (!refused(c, SMP_AUTHENTICATION_REQUIREMENTS))
		return false;
	if (!c->facts->has_features)
		return refused_request(a, f);
	bool lacks_sc =
		!features->secure_connections && (a->party[by].features_pdu[3] & SMP_AUTH_SC);
	if (lacks_sc && authenticates)
		check_found(f, by, a->failed.frame,
			    "the %s requires Secure Connections, and the %s offers legacy "
			    "pairing only",
			    check_role(by), check_role((int8_t)!by));
	else
		check_found(f, by, a->failed.frame,
			    "the %s requires protection against a man in the middle%s, and %s",
			    check_role(by), lacks_sc ? " or Secure Connections" : "",
			    authenticates ? "the agreed features are not enough"
					  : check_why_unauthenticated(features));
	check_add_frame(f, a->party[!by].features.frame);
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

	return mark_is_set(&a->failed) && !check_reason_is_defined(a->reason) &&
	       check_found(f, a->failed_by, a->failed.frame,
			   "the %s ended the pairing with the reason 0x%02x, which is not defined",
			   check_role(a->failed_by), a->reason);
}
