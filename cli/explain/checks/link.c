/* SPDX-License-Identifier: MIT */
/* Conditions on the link and its encryption, the signalling channel, and time. */
#include <string.h>

#include "checks/table.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

bool explain_no_bond(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!explain_seen(&a->encrypted) || a->encrypt_status != HCI_PIN_OR_KEY_MISSING ||
	    c->outcome == EXPLAIN_NOT_CONNECTED)
		return false;
	explain_say(f, EXPLAIN_R, a->encrypted.frame,
		    a->pairing ? "the peripheral had no key for the encryption that ends this "
				 "pairing: %s (0x%02x)"
			       : "the peripheral has lost the bond: %s (0x%02x)",
		    hci_error_name(a->encrypt_status), a->encrypt_status);
	explain_also(f, a->encrypt.frame);
	return true;
}

bool explain_keyless(const struct explain_case *c)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_mark *begun = &a->party[EXPLAIN_I].features;
	const struct explain_course *course = &c->facts->course;

	return explain_seen(begun) && begun->frame < a->ltk_request.frame &&
	       (!course->phase_2 || course->hole ||
		(explain_seen(&a->failed) && a->failed.frame < a->ltk_request.frame));
}

bool explain_bond_refused_here(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!explain_seen(&a->ltk_reply) || !a->ltk_refused || explain_keyless(c))
		return false;
	explain_say(f, EXPLAIN_R, a->ltk_reply.frame,
		    a->pairing ? "the captured host refused the key that it had just agreed on"
			       : "the captured host has no bond with this central any more");
	explain_also(f, a->ltk_request.frame);
	return true;
}

bool explain_mic_failure(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	bool status = explain_seen(&a->encrypted) && a->encrypt_status == HCI_MIC_FAILURE;

	if (!status && (!explain_seen(&a->disconnected) || a->disconnect_reason != HCI_MIC_FAILURE))
		return false;
	return explain_say(f, EXPLAIN_NOBODY, status ? a->encrypted.frame : a->disconnected.frame,
			   "the two ends encrypted with different keys: %s (0x%02x)",
			   hci_error_name(HCI_MIC_FAILURE), HCI_MIC_FAILURE);
}

bool explain_refused_encryption(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (!explain_seen(&a->encrypted) || !a->encrypt_status ||
	    a->encrypt_status == HCI_PIN_OR_KEY_MISSING || a->encrypt_status == HCI_MIC_FAILURE)
		return false;
	explain_say(f, EXPLAIN_NOBODY, a->encrypted.frame,
		    "encryption was not started: %s (0x%02x)", hci_error_name(a->encrypt_status),
		    a->encrypt_status);
	explain_also(f, a->encrypt.frame);
	return true;
}

bool explain_not_established(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	bool never = explain_seen(&a->connected) && a->connect_status;
	uint8_t why = never ? a->connect_status : a->disconnect_reason;

	if (!never && (!explain_seen(&a->disconnected) || why != HCI_FAILED_TO_ESTABLISH))
		return false;
	return explain_say(f, EXPLAIN_NOBODY, never ? a->connected.frame : a->disconnected.frame,
			   "the link did not come up: %s (0x%02x)", hci_error_name(why), why);
}

bool explain_hardware_error(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return explain_seen(&a->hardware_error) &&
	       explain_say(f, EXPLAIN_NOBODY, a->hardware_error.frame,
			   "the controller reported Hardware Error 0x%02x, and the link was gone",
			   a->hardware_code);
}

bool explain_supervision(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return c->outcome == EXPLAIN_LOST && a->disconnect_reason == HCI_CONNECTION_TIMEOUT &&
	       explain_say(f, EXPLAIN_NOBODY, a->disconnected.frame,
			   "the link was lost in the middle: nothing was heard for the supervision "
			   "timeout%s",
			   a->has_interval && a->timeout < 100 ? ", which is shorter than a second"
							       : "");
}

const char *explain_awaited(const struct explain_case *c)
{
	const struct explain_course *course = &c->facts->course;

	if (!c->facts->has_features)
		return smp_pdu_name(SMP_PAIRING_RESPONSE);
	if (course->waits_for_encryption)
		return "encryption";
	return course->complete ? "nothing" : smp_pdu_name(course->due.code);
}

bool explain_silent(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	uint64_t last = a->party[0].last.time_us > a->party[1].last.time_us
				? a->party[0].last.frame
				: a->party[1].last.frame;

	if (c->late)
		return explain_say(
			f, c->silent, c->late->at.frame,
			"the %s's %s came too late: the %s waits for 30 s, and no longer",
			explain_who(c->silent), smp_pdu_name((uint8_t)c->late->code),
			explain_who((int8_t)!c->silent));
	return c->outcome == EXPLAIN_SILENCE && !explain_refused_to_encrypt(c) &&
	       explain_say(f, c->silent, last,
			   "the %s fell silent: it was its turn, and %s never came in 30 s",
			   explain_who(c->silent), explain_awaited(c));
}

bool explain_hung_up(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	bool complete = c->facts->course.complete;

	/* There was nothing to go on with. */
	if (explain_refused_to_encrypt(c))
		return false;
	return c->outcome == EXPLAIN_LOST && explain_seen(&a->disconnected) &&
	       a->disconnect_reason != HCI_CONNECTION_TIMEOUT &&
	       a->disconnect_reason != HCI_MIC_FAILURE &&
	       explain_say(f, a->disconnected_by, a->disconnected.frame,
			   "the %s disconnected in the middle, %s %s: %s (0x%02x)",
			   a->disconnected_by == EXPLAIN_NOBODY ? "link was"
								: explain_who(a->disconnected_by),
			   complete ? "after" : "before",
			   complete ? "the last key" : explain_awaited(c),
			   hci_error_name(a->disconnect_reason), a->disconnect_reason);
}

/* ---- Signalling ------------------------------------------------------------------------------ */

static const char *signal_name(uint8_t code)
{
	return code == 0x13 ? "Connection Parameter Update Response" : "Command Reject";
}

bool explain_identifier(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_signaling *s = &c->attempt->signaling;

	if (!explain_seen(&s->wrong_identifier))
		return false;
	explain_say(f, s->wrong_by, s->wrong_identifier.frame,
		    "the %s's %s has identifier %u instead of %u", explain_who(s->wrong_by),
		    signal_name(s->wrong_code), s->got, s->expected);
	for (size_t i = 0; i < s->count; i++)
		if (s->requests[i].identifier == s->expected)
			explain_also(f, s->requests[i].at.frame);
	return true;
}

bool explain_result_code(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_signaling *s = &c->attempt->signaling;

	return explain_seen(&s->wrong_result) &&
	       explain_say(f, s->result_by, s->wrong_result.frame,
			   "the %s's Connection Parameter Update Response has the result 0x%04x",
			   explain_who(s->result_by), s->result);
}

bool explain_unanswered(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	return explain_seen(&a->signaling.unanswered) && !explain_seen(&a->missing) &&
	       a->last.time_us - a->signaling.unanswered.time_us > 30000000 &&
	       explain_say(f, EXPLAIN_I, a->signaling.unanswered.frame,
			   "the peripheral's Connection Parameter Update Request got no answer in "
			   "30 s");
}

bool explain_bad_parameters(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_parameters *p = &a->bad_parameters[0];
	double needed;

	if (!a->bad_count)
		return false;
	needed = (1 + (double)p->latency) * p->interval_max * 2.5;
	if (p->interval_min < 6 || p->interval_max > 3200 || p->interval_min > p->interval_max ||
	    p->latency > 499 || p->timeout < 10 || p->timeout > 3200)
		return explain_say(f, p->from, p->at.frame,
				   "the %s's connection parameters are out of range: interval %.2f "
				   "to %.2f ms, latency %u, supervision timeout %u ms",
				   explain_who(p->from), p->interval_min * 1.25,
				   p->interval_max * 1.25, p->latency, p->timeout * 10);
	return explain_say(f, p->from, p->at.frame,
			   "the %s's supervision timeout of %u ms is too short: interval %.2f ms "
			   "and latency %u need more than %.0f ms",
			   explain_who(p->from), p->timeout * 10, p->interval_max * 1.25,
			   p->latency, needed);
}

/* ---- Time ------------------------------------------------------------------------------------ */

#define SLOW_US 5000000

/* Where a user types or compares, it may take its time. */
static bool for_user(const struct explain_facts *facts, const struct explain_step *next)
{
	if (!facts->has_features || facts->features.method == SMP_JUST_WORKS)
		return false;
	return next->code == SMP_PAIRING_CONFIRM || next->code == SMP_PAIRING_DHKEY_CHECK ||
	       next->code == SMP_KEYPRESS_NOTIFICATION || next->code == SMP_PAIRING_FAILED;
}

/* A person may be asked before the response, too: that is no slowness. */
bool explain_slow(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *before = NULL;

	/* Of a silence the slowness is a part. */
	if (a->clock == EXPLAIN_CLOCK_NONE || c->outcome == EXPLAIN_SILENCE)
		return false;
	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		if (s->layer != EXPLAIN_LAYER_SMP || s->code == SMP_SECURITY_REQUEST)
			continue;
		if (before && s->at.time_us > before->at.time_us + SLOW_US &&
		    s->code != SMP_PAIRING_RESPONSE && s->code != SMP_PAIRING_REQUEST &&
		    !for_user(c->facts, s) &&
		    !(explain_seen(&a->failed) && s->at.frame > a->failed.frame)) {
			explain_say(f, s->from, s->at.frame, "the %s took %.1f s for %s",
				    explain_who(s->from),
				    (double)(s->at.time_us - before->at.time_us) / 1e6,
				    smp_pdu_name((uint8_t)s->code));
			explain_also(f, before->at.frame);
			return true;
		}
		before = s;
	}
	return false;
}
