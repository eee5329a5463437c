/* SPDX-License-Identifier: MIT */
/* How a pairing ended, in words, and what counts against the peer. */
#include <stdio.h>

#include "base/text.h"
#include "hci/error.h"
#include "session/internal.h"
#include "smp/reason.h"

/* ---- Repeated attempts, Vol 3 Part H 2.3.6 --------------------------------------------------- */

const struct crypto_address *session_claimed_identity(const struct session *s)
{
	return s->has_bond && s->bond.bond.peer.has_identity ? &s->bond.bond.peer.identity
							     : &s->peer;
}

uint64_t session_wait(const struct session *s)
{
	return smp_attempts_wait(s->attempts, session_claimed_identity(s), clock_now());
}

bool session_too_soon(void *ctx)
{
	return session_wait(ctx) != 0;
}

/* A failure caused by the user or by a fault here is no evidence against the peer. */
static void count_failure(struct session *s, enum smp_blame by)
{
	if (!smp_attempted(&s->smp) || by == SMP_BY_USER || by == SMP_BY_INTERNAL)
		return;
	smp_attempts_failed(s->attempts, session_claimed_identity(s), clock_now());
	s->count = s->central ? STORE_FAILURE_OF_CALLED : STORE_FAILURE;
}

static void describe_wait(struct session *s)
{
	unsigned failures =
		smp_attempts_failures(s->attempts, session_claimed_identity(s), clock_now());
	double seconds = (double)session_wait(s) / 1e6;

	if (failures)
		outcome_detail(
			&s->outcome,
			"%u attempt%s with this device failed lately: the next is accepted in "
			"%.1f s",
			failures, text_s(failures), seconds);
	else
		outcome_detail(&s->outcome,
			       "too many attempts from ever new addresses failed lately: the next "
			       "is accepted in %.1f s",
			       seconds);
}

static void fail_by_reason(struct session *s, enum cli_exit exit, const char *who, uint8_t reason)
{
	const char *name = smp_reason_name(reason);

	outcome_fail(&s->outcome, exit, "%s refused: %s (0x%02x)", who, name, reason);
	s->outcome.reason = name;
	s->outcome.reason_code = reason;
}

void session_refuse_too_soon(struct session *s)
{
	s->why = SMP_WHY_TOO_MANY_ATTEMPTS;
	fail_by_reason(s, CLI_WE_REFUSED, "we", SMP_REPEATED_ATTEMPTS);
	describe_wait(s);
	session_close(s);
}

/* ---- Outcomes -------------------------------------------------------------------------------- */

bool session_rejects_method(const struct session *s)
{
	enum smp_method demanded = s->options->method, agreed = smp_features(&s->smp)->method;

	return demanded != SMP_METHOD_NONE && agreed != SMP_METHOD_NONE && demanded != agreed;
}

/* The weakness of the new keys; NULL: none is known. */
static const char *weakness(const struct smp_bond *bond)
{
	/* A TK of six digits at most is found in no time; one of 128 bits out of band is not. */
	return bond->secure_connections || bond->method == SMP_OOB
		       ? NULL
		       : "legacy pairing: anyone who recorded it can compute its keys";
}

void session_paired(struct session *s)
{
	const struct smp_bond *bond = smp_bond(&s->smp);
	const char *weak = weakness(bond);
	char address[ADDRESS_TEXT];

	if (bond->authenticated) {
		smp_attempts_succeeded(s->attempts, session_claimed_identity(s));
		s->count = STORE_SUCCESS;
	}
	s->paired = clock_now();
	session_settle(s);
	s->outcome = (struct outcome){.exit = CLI_OK, .result = "paired", .reason_code = -1};
	(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
		       "paired with %s (%s): %s, %s (%s), %u-bit key, %s",
		       session_address(s, address), address_kind(&s->peer),
		       bond->secure_connections ? "LE Secure Connections" : "LE legacy pairing",
		       smp_method_name(bond->method),
		       bond->authenticated ? "authenticated" : "not authenticated",
		       bond->key_size * 8,
		       bond->bonded  ? "bonded"
		       : s->has_bond ? "no new bond: the old one stays in the store"
				     : "no bond");
	outcome_detail(&s->outcome, "%s%s%s", bond->note ? bond->note : "",
		       bond->note && weak ? "; " : "", weak ? weak : "");
}

struct session_advice session_advice_about(const struct session *s)
{
	return (struct session_advice){
		.options = s->options,
		.features = smp_features(&s->smp),
		.bond = s->has_bond ? &s->bond.bond : NULL,
		.central = s->central,
		.attempted = smp_attempted(&s->smp),
	};
}

/* Why it would be this association model, which is not accepted. */
static void describe_method(struct session *s)
{
	const struct smp_features *f = smp_features(&s->smp);

	outcome_detail(&s->outcome, "it would be %s: %s", smp_method_name(f->method),
		       smp_because_text(f->because));
}

static void we_refused(struct session *s, const struct smp_failure *f)
{
	const struct session_advice about = session_advice_about(s);
	const char *advice = session_advice_on_refusal(f->why, &about);

	fail_by_reason(s, CLI_WE_REFUSED, "we", f->reason);
	if (f->reason == SMP_REPEATED_ATTEMPTS)
		describe_wait(s);
	else if (f->why == SMP_WHY_OTHER_METHOD)
		describe_method(s);
	else
		outcome_detail(&s->outcome, "%s", f->text);
	if (advice)
		outcome_advice(&s->outcome, "%s", advice);
}

/* By the user, or by us in the user's place. */
static void cancelled(struct session *s, const struct smp_failure *f)
{
	const struct smp_features *features = smp_features(&s->smp);
	struct outcome *o = &s->outcome;

	if (session_rejects_method(s)) {
		s->why = SMP_WHY_OTHER_METHOD;
		outcome_fail(o, CLI_WE_REFUSED, "we refused: it would be %s, not %s",
			     smp_method_name(features->method),
			     smp_method_name(s->options->method));
		outcome_detail(o, "%s", smp_because_text(features->because));
		return;
	}
	outcome_fail(o, CLI_CANCELLED, "cancelled");
	o->reason = smp_reason_name(f->reason);
	o->reason_code = f->reason;
}

/* Of an HCI error: its usual meaning is that a bond does not fit. */
static bool is_about_keys(uint8_t status)
{
	return status == HCI_AUTHENTICATION_FAILURE || status == HCI_PIN_OR_KEY_MISSING ||
	       status == HCI_MIC_FAILURE;
}

void session_failed(struct session *s, const struct smp_failure *f)
{
	const struct session_advice about = session_advice_about(s);
	struct outcome *o = &s->outcome;

	s->blame = f->by;
	s->why = f->why;
	count_failure(s, f->by);
	switch (f->by) {
	case SMP_BY_PEER:
		fail_by_reason(s, CLI_PEER_REFUSED, "the peer", f->reason);
		outcome_advice(o, "%s", session_advice_on_reason(f->reason, &about));
		break;
	case SMP_BY_US:
		we_refused(s, f);
		break;
	case SMP_BY_TIMEOUT:
		outcome_fail(o, CLI_TIMED_OUT, "timed out: %s", f->text);
		outcome_advice(o, "%s", session_advice_on_silence(f->why));
		break;
	case SMP_BY_USER:
		cancelled(s, f);
		break;
	case SMP_BY_LINK:
		outcome_fail_hci(o, CLI_CONNECTION_FAILED, f->reason, "%s", f->text);
		/* HCI's own advice is about a bond, which is not made yet. */
		if (is_about_keys(f->reason))
			outcome_advice(o, "%s", session_advice_on_encryption());
		break;
	case SMP_BY_ENCRYPTION:
		outcome_fail_hci(o, CLI_PEER_REFUSED, f->reason, "%s", f->text);
		if (is_about_keys(f->reason) || !*o->advice)
			outcome_advice(o, "%s", session_advice_on_encryption());
		break;
	case SMP_BY_INTERNAL:
		outcome_fail(o, CLI_INTERNAL, "%s", f->text);
		break;
	}
	session_close(s);
}
