/* SPDX-License-Identifier: MIT */
/* How a pairing ended, in words, and what counts against the peer. */
#include "session/internal.h"

#include <stdio.h>

#include "hci/error.h"
#include "session/advice.h"
#include "smp/reason.h"

/* ---- Repeated attempts, Vol 3 Part H 2.3.6 --------------------------------------------------- */

/* Whom the peer claims to be: attempts count for the identity, whatever address it uses now. */
const struct crypto_address *session_claimed(const struct session *s)
{
	return s->known && s->bond.bond.peer.has_identity ? &s->bond.bond.peer.identity : &s->peer;
}

uint64_t session_wait(const struct session *s)
{
	return smp_attempts_wait(s->attempts, session_claimed(s), clock_now());
}

bool session_too_soon(void *ctx)
{
	return session_wait(ctx) > 0;
}

/* What the user here did, or what broke here, says nothing about the peer. */
static void count_failure(struct session *s, enum smp_blame by)
{
	if (!smp_attempted(&s->smp) || by == SMP_BY_USER || by == SMP_BY_INTERNAL)
		return;
	smp_attempts_failed(s->attempts, session_claimed(s), clock_now());
	s->count = s->central ? STORE_FAILURE_OF_CALLED : STORE_FAILURE;
}

void session_say_wait(struct session *s)
{
	unsigned failures = smp_attempts_failures(s->attempts, session_claimed(s), clock_now());
	double seconds = (double)session_wait(s) / 1e6;

	if (failures)
		(void)snprintf(s->outcome.detail, sizeof(s->outcome.detail),
			       "%u %s with this device failed lately: the next is taken in %.1f s",
			       failures, failures == 1 ? "attempt" : "attempts", seconds);
	else
		(void)snprintf(
			s->outcome.detail, sizeof(s->outcome.detail),
			"too many attempts failed lately, under ever new addresses: the next "
			"is taken in %.1f s",
			seconds);
}

/* ---- Verdicts -------------------------------------------------------------------------------- */

/* What the new keys are worth, for those that cannot be relied on; NULL: nothing to say. */
static const char *weakness(const struct smp_bond *bond)
{
	/* A TK of six digits at most is found in no time; one of 128 bits out of band is not. */
	return bond->secure_connections || bond->method == SMP_OOB
		       ? NULL
		       : "legacy pairing: whoever listened to it can compute its keys";
}

void session_paired(struct session *s)
{
	const struct smp_bond *bond = smp_bond(&s->smp);
	char address[ADDRESS_TEXT];

	if (bond->authenticated) {
		smp_attempts_succeeded(s->attempts, session_claimed(s));
		s->count = STORE_SUCCESS;
	}
	s->paired = clock_now();
	s->verdict = true;
	s->outcome = (struct outcome){.exit = CLI_OK, .result = "paired", .reason_code = -1};
	(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
		       "paired with %s (%s): %s, %s (%s), %u-bit key, %s",
		       session_address(s, address), address_kind(&s->peer),
		       bond->secure_connections ? "LE Secure Connections" : "LE legacy pairing",
		       smp_method_name(bond->method),
		       bond->authenticated ? "authenticated" : "not authenticated",
		       bond->key_size * 8, bond->bonded ? "bonded" : "no bond");
	(void)snprintf(s->outcome.detail, sizeof(s->outcome.detail), "%s%s%s",
		       bond->note ? bond->note : "", bond->note && weakness(bond) ? "; " : "",
		       weakness(bond) ? weakness(bond) : "");
}

void session_failed(struct session *s, const struct smp_failure *f)
{
	struct outcome *o = &s->outcome;
	const char *name = smp_reason_name(f->reason), *advice;

	s->verdict = true;
	s->awaiting_key_ack = false;
	s->blame = f->by;
	count_failure(s, f->by);
	switch (f->by) {
	case SMP_BY_PEER:
		outcome_fail(o, CLI_PEER_REFUSED, "the peer refused: %s (0x%02x)", name, f->reason);
		session_say(o->advice, sizeof(o->advice), session_advice_on_reason(f->reason));
		o->reason = name;
		o->reason_code = f->reason;
		break;
	case SMP_BY_US:
		outcome_fail(o, CLI_WE_REFUSED, "we refused: %s (0x%02x)", name, f->reason);
		if (f->reason == SMP_REPEATED_ATTEMPTS)
			session_say_wait(s);
		else
			session_say(o->detail, sizeof(o->detail), f->text);
		advice = session_advice_on_refusal(f->why, smp_features(&s->smp)->because);
		if (advice)
			session_say(o->advice, sizeof(o->advice), advice);
		o->reason = name;
		o->reason_code = f->reason;
		break;
	case SMP_BY_TIMEOUT:
		outcome_fail(o, CLI_TIMED_OUT, "timed out: %s", f->text);
		session_say(o->advice, sizeof(o->advice),
			    "is the peer waiting for its user? it may also be stuck: restart it");
		break;
	case SMP_BY_USER:
		outcome_fail(o, CLI_CANCELLED, "cancelled");
		o->reason = name;
		o->reason_code = f->reason;
		break;
	case SMP_BY_LINK:
		outcome_fail(o, CLI_CONNECTION_FAILED, "%s: %s (0x%02x)", f->text,
			     hci_error_name(f->reason), f->reason);
		session_say(o->advice, sizeof(o->advice), hci_error_advice(f->reason));
		o->reason = hci_error_name(f->reason);
		o->reason_code = f->reason;
		break;
	case SMP_BY_ENCRYPTION:
		outcome_fail(o, CLI_PEER_REFUSED, "%s: %s (0x%02x)", f->text,
			     hci_error_name(f->reason), f->reason);
		session_say(o->advice, sizeof(o->advice), hci_error_advice(f->reason));
		o->reason = hci_error_name(f->reason);
		o->reason_code = f->reason;
		break;
	case SMP_BY_INTERNAL:
		outcome_fail(o, CLI_INTERNAL, "%s", f->text);
		break;
	}
	session_close(s);
}
