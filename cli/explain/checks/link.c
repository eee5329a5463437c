/* SPDX-License-Identifier: MIT */
/* Conditions on the link and its encryption, the signalling channel, and time. */
#include "checks/conditions.h"
#include "checks/questions.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

/* LL control PDUs, Vol 6 Part B 2.4.2. */
enum {
	LL_UNKNOWN_RSP = 0x07,
	LL_FEATURE_REQ = 0x08,
	LL_FEATURE_RSP = 0x09,
	LL_PERIPHERAL_FEATURE_REQ = 0x0e
};

bool check_no_bond(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!mark_is_set(&a->encrypted) || a->encrypt_status != HCI_PIN_OR_KEY_MISSING ||
	    a->pairing || c->outcome == EXPLAIN_NOT_CONNECTED)
		return false;
	check_found(f, EXPLAIN_R, a->encrypted.frame,
		    "%s has lost the bond and has no key for %s: %s (0x%02x)",
		    a->captured_end == EXPLAIN_I ? "the peer" : "the peripheral",
		    a->captured_end == EXPLAIN_I ? "this host" : "this central",
		    hci_error_name(a->encrypt_status), a->encrypt_status);
	check_add_frame(f, a->encrypt.frame);
	return true;
}

/* A pairing ends with encryption: there is no bond yet that could be removed. */
#define PAIR_AGAIN                                                                         \
	"pair again; if it fails each time, the two ends compute different keys: compare " \
	"addresses and their types, and look for a newer version of both stacks"

bool check_bond_refused_here(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!mark_is_set(&a->ltk_reply) || !a->ltk_refused || check_keyless(c))
		return false;
	if (a->pairing)
		f->fix = PAIR_AGAIN;
	check_found(f, EXPLAIN_R, a->ltk_reply.frame,
		    a->pairing ? "the captured host has no key, although it has just agreed on one"
			       : "the captured host answered that it has no key for this central");
	check_add_frame(f, a->ltk_request.frame);
	return true;
}

/* The captured peripheral gave its key to its controller. */
static bool gave_key(const struct explain_attempt *a)
{
	return mark_is_set(&a->ltk_reply) && !a->ltk_refused;
}

/* What encrypts is the key of this pairing, as far as one end shows it. */
static bool has_right_key(const struct explain_case *c)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_facts *facts = c->facts;

	if (!a->pairing)
		return false;
	if (facts->key.result == EXPLAIN_RIGHT)
		return true;
	return facts->has_ltk && facts->ltk_computed &&
	       ((a->has_encrypt_key && bytes_equal(a->encrypt_key, facts->ltk, 16)) ||
		(a->has_reply_key && bytes_equal(a->reply_key, facts->ltk, 16)));
}

bool check_mic_failure(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	bool status = mark_is_set(&a->encrypted) && a->encrypt_status == HCI_MIC_FAILURE;

	if (!status && (!mark_is_set(&a->disconnected) || a->disconnect_reason != HCI_MIC_FAILURE))
		return false;
	if (!status && check_mic_failed_later(a)) {
		f->fix = "look for newer firmware of both controllers, and for another sender; the "
			 "bond is good";
		check_found(f, EXPLAIN_NOBODY, a->disconnected.frame,
			    "a packet failed its integrity check on a link whose encryption had "
			    "worked: %s (0x%02x); the two ends have the same key, so a controller "
			    "is faulty, or the packet was damaged or came from another sender",
			    hci_error_name(HCI_MIC_FAILURE), HCI_MIC_FAILURE);
		check_add_frame(f, a->key_proved.frame);
		return true;
	}
	/* A link also ends so by a PDU that is not allowed while encryption starts: Vol 6 Part B
	 * 5.1.3.1. */
	if (has_right_key(c)) {
		f->fix = "record the link on air: which PDU came before the end; and look for "
			 "newer firmware of both controllers";
		check_found(f, EXPLAIN_NOBODY, status ? a->encrypted.frame : a->disconnected.frame,
			    "%s (0x%02x), although the key in use is that of this pairing: a "
			    "packet was damaged, a PDU came that is not allowed while encryption "
			    "starts, or the other end has another key",
			    hci_error_name(HCI_MIC_FAILURE), HCI_MIC_FAILURE);
		return true;
	}
	if (a->pairing)
		f->fix = PAIR_AGAIN;
	check_found(f, EXPLAIN_NOBODY, status ? a->encrypted.frame : a->disconnected.frame,
		    "the two ends encrypted with different keys: %s (0x%02x)%s",
		    hci_error_name(HCI_MIC_FAILURE), HCI_MIC_FAILURE,
		    a->pairing ? "" : "; most likely one of them has an old bond");
	if (gave_key(a))
		check_add_frame(f, a->ltk_reply.frame);
	return true;
}

static const char *after_refusal(const struct explain_attempt *a)
{
	if (a->encrypt_status == HCI_CONNECTION_TIMEOUT ||
	    a->encrypt_status == HCI_LL_RESPONSE_TIMEOUT)
		return "move closer and try again: the other end did not answer in time";
	if (a->encrypt_status == HCI_UNSUPPORTED_REMOTE_FEATURE)
		return "look at the features of both controllers: one of them does not encrypt";
	return a->pairing ? PAIR_AGAIN : NULL;
}

bool check_refused_encryption(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	bool no_key = a->encrypt_status == HCI_PIN_OR_KEY_MISSING;

	if (!mark_is_set(&a->encrypted) || !a->encrypt_status ||
	    a->encrypt_status == HCI_MIC_FAILURE ||
	    (no_key && (!a->pairing || c->outcome == EXPLAIN_NOT_CONNECTED)) ||
	    check_refused_to_encrypt(c)) /* see check_command_refused() */
		return false;
	no_key = no_key && !gave_key(a);
	f->fix = after_refusal(a);
	check_found(f, no_key ? EXPLAIN_R : EXPLAIN_NOBODY, a->encrypted.frame,
		    no_key ? "the peripheral had no key for the encryption that ends this pairing: "
			     "%s (0x%02x)"
			   : "encryption did not start: %s (0x%02x)",
		    hci_error_name(a->encrypt_status), a->encrypt_status);
	check_add_frame(f, a->encrypt.frame);
	return true;
}

bool check_not_established(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	bool never = mark_is_set(&a->connected) && a->connect_status;
	uint8_t why = never ? a->connect_status : a->disconnect_reason;

	if (a->connect_refused) /* see check_command_refused() */
		return false;
	if (!never && (!mark_is_set(&a->disconnected) || why != HCI_FAILED_TO_ESTABLISH))
		return false;
	return check_found(f, EXPLAIN_NOBODY, never ? a->connected.frame : a->disconnected.frame,
			   why == HCI_FAILED_TO_ESTABLISH
				   ? "the link was not established, because the peer answered none "
				     "of the first packets: %s (0x%02x)"
				   : "the link was not established: %s (0x%02x)",
			   hci_error_name(why), why);
}

bool check_hardware_error(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return mark_is_set(&a->hardware_error) &&
	       check_found(f, EXPLAIN_NOBODY, a->hardware_error.frame,
			   "the controller reported Hardware Error 0x%02x, and the link ended",
			   a->hardware_code);
}

bool check_controller_reset(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return c->outcome == EXPLAIN_LOST && mark_is_set(&a->reset) &&
	       check_found(f, a->captured_end, a->reset.frame,
			   "the captured host reset its controller, which ended the link, before "
			   "%s",
			   check_awaited(c));
}

static bool request_unanswered(const struct explain_attempt *a)
{
	return mark_is_set(&a->party[EXPLAIN_I].features) && a->only_requests;
}

/* In the units of the supervision timeout, 10 ms. */
#define SECOND 100

bool check_supervision(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (c->outcome != EXPLAIN_LOST || a->disconnect_reason != HCI_CONNECTION_TIMEOUT)
		return false;
	if (!a->has_interval || a->timeout >= SECOND)
		f->fix = "move closer, and check whether the peer is switched on and has not "
			 "crashed; then try again";
	if (request_unanswered(a)) {
		check_found(f, EXPLAIN_NOBODY, a->disconnected.frame,
			    "the responder did not answer Pairing Request, and the link was lost "
			    "(supervision timeout): it is out of range, switched off, or crashed "
			    "on the request");
		check_add_frame(f, a->party[EXPLAIN_I].features.frame);
		return true;
	}
	return check_found(
		f, EXPLAIN_NOBODY, a->disconnected.frame,
		"the link was lost: no packet arrived within the supervision "
		"timeout%s",
		a->has_interval && a->timeout < SECOND ? ", which is shorter than a second" : "");
}

static bool requests_unanswered(const struct explain_attempt *a)
{
	return a->requests > 1 && request_unanswered(a) && !mark_is_set(&a->failed) &&
	       a->disconnect_reason != HCI_CONNECTION_TIMEOUT;
}

bool check_requests_unanswered(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return requests_unanswered(a) &&
	       check_found(f, EXPLAIN_R, a->party[EXPLAIN_I].features.frame,
			   "the initiator sent Pairing Request %u times, and the responder "
			   "answered none",
			   a->requests);
}

/* Nobody knows what the other end has sent. */
static bool controller_failed(const struct explain_attempt *a)
{
	return a->own && a->own->reason == EXPLAIN_OWN_CONTROLLER;
}

bool check_silent(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	char task[CHECK_TASK];
	uint64_t last = a->party[0].last.time_us > a->party[1].last.time_us
				? a->party[0].last.frame
				: a->party[1].last.frame;

	if (c->late)
		return check_found(f, c->turn, c->late->at.frame,
				   "the %s sent %s too late: the %s waits no longer than 30 s",
				   check_role(c->turn), smp_pdu_name((uint8_t)c->late->code),
				   check_role((int8_t)!c->turn));
	if (c->outcome != EXPLAIN_SILENCE || check_refused_to_encrypt(c) || controller_failed(a))
		return false;
	if (c->turn == EXPLAIN_NOBODY)
		return check_found(f, c->turn, last, "no PDU came for 30 s");
	if (check_user_task(c, c->turn, task))
		f->fix = "pair again, and answer on that end within 30 s; if it asks nothing, look "
			 "for its agent or its notification";
	else
		*task = '\0';
	return check_found(
		f, c->turn, last,
		"the %s was silent: it was its turn, and %s did not come within 30 s%s%s",
		check_role(c->turn), check_awaited(c), *task ? "; its user was asked " : "", task);
}

/* On air: the last thing before an end left was about link-layer features. A clause, or "". */
static const char *after_control(const struct explain_attempt *a)
{
	if (!a->air || !mark_is_set(&a->last_control) || a->disconnected_by == EXPLAIN_NOBODY ||
	    a->last_control.frame < a->party[EXPLAIN_I].last.frame ||
	    a->last_control.frame < a->party[EXPLAIN_R].last.frame)
		return "";
	switch (a->last_control_code) {
	case LL_UNKNOWN_RSP:
		return a->last_control_by == a->disconnected_by
			       ? ", after it had answered a link-layer request with LL_UNKNOWN_RSP"
			       : ", after the other end had answered a link-layer request with "
				 "LL_UNKNOWN_RSP";
	case LL_FEATURE_REQ:
	case LL_FEATURE_RSP:
	case LL_PERIPHERAL_FEATURE_REQ:
		return ", after the exchange of link-layer features";
	default:
		return "";
	}
}

bool check_disconnected_early(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	bool complete = c->facts->progress.complete;
	char ending[CHECK_ENDING];

	/* The end had no other choice, or has given its own reason. */
	if (check_refused_to_encrypt(c) || (a->own && a->disconnected_by == a->captured_end) ||
	    (requests_unanswered(a) && a->disconnected_by == EXPLAIN_I))
		return false;
	if (c->outcome != EXPLAIN_LOST || !mark_is_set(&a->disconnected) ||
	    a->disconnect_reason == HCI_CONNECTION_TIMEOUT ||
	    a->disconnect_reason == HCI_MIC_FAILURE)
		return false;
	check_found(f, a->disconnected_by, a->disconnected.frame,
		    "the %s disconnected too early, %s %s%s%s",
		    a->disconnected_by == EXPLAIN_NOBODY ? "link was"
							 : check_role(a->disconnected_by),
		    complete ? "after" : "before", complete ? "the last key" : check_awaited(c),
		    check_ending(a, ending), after_control(a));
	if (*after_control(a))
		check_add_frame(f, a->last_control.frame);
	return true;
}

/* ---- Signalling ------------------------------------------------------------------------------ */

bool check_identifier(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_signaling *s = &c->attempt->signaling;

	if (!mark_is_set(&s->wrong_identifier))
		return false;
	check_found(f, s->wrong_by, s->wrong_identifier.frame,
		    "the %s's %s has identifier %u instead of %u", check_role(s->wrong_by),
		    check_signal_name(s->wrong_code), s->got, s->expected);
	for (size_t i = 0; i < s->count; i++)
		if (s->requests[i].identifier == s->expected)
			check_add_frame(f, s->requests[i].at.frame);
	return true;
}

bool check_result_code(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_signaling *s = &c->attempt->signaling;

	return mark_is_set(&s->wrong_result) &&
	       check_found(f, s->result_by, s->wrong_result.frame,
			   "the %s's Connection Parameter Update Response has the result 0x%04x",
			   check_role(s->result_by), s->result);
}

bool check_channel_refused(const struct explain_case *c, struct explain_finding *f)
{
	static const char *const demands[] = {
		"Insufficient Authentication", "Insufficient Authorization",
		"Encryption Key Size Too Short", "Insufficient Encryption"};
	const struct explain_signaling *s = &c->attempt->signaling;
	const struct explain_mark *encrypted = &c->attempt->encrypted;

	/* Encryption since then is what it demanded. */
	return mark_is_set(&s->refused) &&
	       (c->attempt->encrypt_status || encrypted->frame < s->refused.frame) &&
	       check_found(f, s->refused_by, s->refused.frame,
			   "the %s refused a channel that the other end asked for: %s (0x%04x)",
			   check_role(s->refused_by), demands[(s->refused_result - 5U) % 4],
			   s->refused_result);
}

/* TGAP(conn_param_timeout), Vol 3 Part C Appendix A. */
#define RESPONSE_US 30000000

bool check_unanswered(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	uint64_t us;

	return mark_is_set(&a->signaling.unanswered) && !mark_is_set(&a->missing) &&
	       mark_measure(&a->signaling.unanswered, &a->last, &us) && us > RESPONSE_US &&
	       check_found(f, EXPLAIN_I, a->signaling.unanswered.frame,
			   "the peripheral's Connection Parameter Update Request got no answer in "
			   "30 s");
}

bool check_bad_parameters(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_parameters *p = &a->bad_parameters[0];
	double needed;

	if (!a->bad_count)
		return false;
	needed = (1 + (double)p->latency) * p->interval_max * 2.5;
	if (p->interval_min < 6 || p->interval_max > 3200 || p->interval_min > p->interval_max ||
	    p->latency > 499 || p->timeout < 10 || p->timeout > 3200)
		return check_found(f, p->from, p->at.frame,
				   "the %s's connection parameters are out of range: interval %.2f "
				   "to %.2f ms, latency %u, supervision timeout %u ms",
				   check_role(p->from), p->interval_min * 1.25,
				   p->interval_max * 1.25, p->latency, p->timeout * 10);
	return check_found(f, p->from, p->at.frame,
			   "the %s's supervision timeout of %u ms is too short: interval %.2f ms "
			   "and latency %u need more than %.0f ms",
			   check_role(p->from), p->timeout * 10, p->interval_max * 1.25, p->latency,
			   needed);
}

/* ---- Time ------------------------------------------------------------------------------------ */

#define SLOW_US 5000000

/* The user answers before the PDU is sent. */
static bool needs_user(const struct explain_case *c, const struct explain_step *next)
{
	bool user = c->facts->has_features && c->facts->features.method != SMP_JUST_WORKS;

	switch ((enum smp_code)next->code) {
	case SMP_PAIRING_REQUEST:
	case SMP_PAIRING_RESPONSE:
	case SMP_SECURITY_REQUEST:
	case SMP_PAIRING_FAILED: /* may end the wait for the other end */
		return true;
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_DHKEY_CHECK:
	case SMP_KEYPRESS_NOTIFICATION:
		return user;
	case SMP_PAIRING_RANDOM:
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SIGNING_INFORMATION:
	case SMP_PAIRING_PUBLIC_KEY:
		break;
	}
	return false;
}

bool check_slow(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *before = NULL;
	uint64_t us;

	/* A silence is reported by another check. */
	if (a->clock == EXPLAIN_CLOCK_NONE || c->outcome == EXPLAIN_SILENCE)
		return false;
	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		if (s->layer != EXPLAIN_LAYER_SMP || s->code == SMP_SECURITY_REQUEST)
			continue;
		/* Its turn may have begun in what is missing. */
		if (mark_is_set(&a->missing) && s->at.frame >= a->missing.frame)
			return false;
		if (before && mark_measure(&before->at, &s->at, &us) && us > SLOW_US &&
		    !needs_user(c, s) &&
		    !(mark_is_set(&a->failed) && s->at.frame > a->failed.frame)) {
			check_found(f, s->from, s->at.frame, "the %s took %.1f s for %s",
				    check_role(s->from), (double)us / 1e6,
				    smp_pdu_name((uint8_t)s->code));
			check_add_frame(f, before->at.frame);
			return true;
		}
		before = s;
	}
	return false;
}
