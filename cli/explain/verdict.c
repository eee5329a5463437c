/* SPDX-License-Identifier: MIT */
#include "explain/verdict.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/codec.h"
#include "smp/pdu.h"

/* Half a second is left to the clocks of both ends. */
#define SILENCE_US 29500000

/* What each outcome is called, and whether it is a failure. */
static const struct {
	const char *slug;
	bool failed;
} outcomes[EXPLAIN_OUTCOMES] = {
	[EXPLAIN_UNEVENTFUL] = {"uneventful", false},
	[EXPLAIN_PAIRED] = {"paired", false},
	[EXPLAIN_ENCRYPTED] = {"encrypted", false},
	[EXPLAIN_UNFINISHED] = {"unfinished", false},
	[EXPLAIN_REFUSED] = {"refused", true},
	[EXPLAIN_NO_KEY] = {"bond_lost", true},
	[EXPLAIN_NOT_ENCRYPTED] = {"not_encrypted", true},
	[EXPLAIN_LOST] = {"lost", true},
	[EXPLAIN_SILENCE] = {"timed_out", true},
	[EXPLAIN_NOT_CONNECTED] = {"not_connected", true},
};

const char *explain_outcome_slug(enum explain_outcome outcome)
{
	return outcomes[outcome].slug;
}

/* ---- How it ended ---------------------------------------------------------------------------- */

static bool encrypted(const struct explain_attempt *a)
{
	return explain_seen(&a->encrypted) && !a->encrypt_status;
}

/* Since the last SMP PDU. */
static uint64_t waited(const struct explain_attempt *a)
{
	uint64_t i = a->party[EXPLAIN_I].last.time_us, r = a->party[EXPLAIN_R].last.time_us;
	uint64_t last = i > r ? i : r;

	return a->clock == EXPLAIN_CLOCK_NONE || a->last.time_us < last ? 0
									: a->last.time_us - last;
}

static bool not_connected(const struct explain_attempt *a)
{
	return (explain_seen(&a->connected) && a->connect_status) ||
	       (explain_seen(&a->disconnected) && a->disconnect_reason == HCI_FAILED_TO_ESTABLISH);
}

/* All that can be seen of key distribution: on air it is encrypted. */
static bool all_keys(const struct explain_attempt *a, const struct explain_course *course)
{
	return course->complete || a->unreadable || (a->air && course->done == course->keys);
}

static enum explain_outcome pairing_outcome(const struct explain_attempt *a,
					    const struct explain_facts *facts)
{
	const struct explain_course *course = &facts->course;
	bool over = explain_seen(&a->disconnected);

	if (encrypted(a) && over && a->disconnect_reason == HCI_MIC_FAILURE)
		return EXPLAIN_NOT_ENCRYPTED;
	if (encrypted(a) && (!facts->has_features || (course->phase_2 && all_keys(a, course))))
		return EXPLAIN_PAIRED;
	if (waited(a) >= SILENCE_US)
		return EXPLAIN_SILENCE;
	/* Who has all that it needs may hang up; what was not sent is found by itself. */
	if (encrypted(a) && course->phase_2 && over &&
	    a->disconnect_reason != HCI_CONNECTION_TIMEOUT)
		return course->hole || a->steps_lost ? EXPLAIN_PAIRED : EXPLAIN_LOST;
	return over ? EXPLAIN_LOST : EXPLAIN_UNFINISHED;
}

static enum explain_outcome outcome_of(const struct explain_attempt *a,
				       const struct explain_facts *facts)
{
	bool failed = explain_seen(&a->encrypted) && a->encrypt_status;

	if (not_connected(a))
		return EXPLAIN_NOT_CONNECTED;
	if (explain_seen(&a->failed))
		return EXPLAIN_REFUSED;
	if ((failed && a->encrypt_status == HCI_PIN_OR_KEY_MISSING) ||
	    (explain_seen(&a->ltk_reply) && a->ltk_refused))
		return EXPLAIN_NO_KEY;
	if (failed)
		return EXPLAIN_NOT_ENCRYPTED;
	if (a->pairing)
		return pairing_outcome(a, facts);
	if (explain_seen(&a->disconnected) && a->disconnect_reason == HCI_MIC_FAILURE)
		return EXPLAIN_NOT_ENCRYPTED;
	if (encrypted(a))
		return EXPLAIN_ENCRYPTED;
	if (explain_seen(&a->encrypt) || explain_seen(&a->ltk_request))
		return explain_seen(&a->disconnected) ? EXPLAIN_LOST : EXPLAIN_UNFINISHED;
	return EXPLAIN_UNEVENTFUL;
}

/* Whose turn it was. */
static int8_t turn(const struct explain_attempt *a, const struct explain_facts *facts)
{
	if (!facts->has_features)
		return explain_seen(&a->party[EXPLAIN_I].features) ? EXPLAIN_R : EXPLAIN_NOBODY;
	if (facts->course.waits_for_encryption)
		return EXPLAIN_I;
	return facts->course.complete ? EXPLAIN_NOBODY : facts->course.due.from;
}

bool explain_worth(const struct explain_attempt *a)
{
	return a->pairing || explain_seen(&a->security_request) || explain_seen(&a->encrypt) ||
	       explain_seen(&a->ltk_request) || explain_seen(&a->encrypted) || not_connected(a) ||
	       explain_seen(&a->failed) || a->bad_count ||
	       explain_seen(&a->signaling.wrong_identifier) ||
	       (explain_seen(&a->disconnected) && (a->disconnect_reason == HCI_MIC_FAILURE ||
						   a->disconnect_reason == HCI_CONNECTION_TIMEOUT));
}

/* ---- In words -------------------------------------------------------------------------------- */

static void tell_outcome(struct explain_verdict *v, int8_t silent)
{
	const struct explain_attempt *a = v->attempt;
	const struct smp_features *f = &v->facts.features;
	const char *kind = f->secure_connections ? "LE Secure Connections" : "LE legacy pairing";
	char *t = v->text;
	const size_t n = sizeof(v->text);
	uint8_t reason = a->disconnect_reason;

	v->by = EXPLAIN_NOBODY;
	switch (v->outcome) {
	case EXPLAIN_PAIRED:
		v->frame = a->encrypted.frame;
		if (v->facts.has_features)
			(void)snprintf(t, n, "paired: %s, %s, %u-bit key", kind,
				       f->method == SMP_JUST_WORKS	     ? "Just Works"
				       : f->method == SMP_NUMERIC_COMPARISON ? "Numeric Comparison"
				       : f->method == SMP_OOB		     ? "Out of Band"
									     : "Passkey Entry",
				       f->key_size * 8);
		else
			(void)snprintf(t, n, "paired");
		break;
	case EXPLAIN_ENCRYPTED:
		v->frame = a->encrypted.frame;
		(void)snprintf(t, n, "encrypted with a bond");
		break;
	case EXPLAIN_UNFINISHED:
		(void)snprintf(t, n, "%s before there is an end",
			       a->overtaken ? "another attempt begins" : "the capture ends");
		break;
	case EXPLAIN_REFUSED:
		v->by = a->failed_by;
		v->frame = a->failed.frame;
		(void)snprintf(t, n, "the %s refused: %s (0x%02x)", explain_who(v->by),
			       smp_reason_name(a->reason), a->reason);
		break;
	case EXPLAIN_NO_KEY:
		v->by = EXPLAIN_R;
		v->frame = explain_seen(&a->encrypted) ? a->encrypted.frame : a->ltk_reply.frame;
		(void)snprintf(t, n, "not encrypted: the peripheral has no key for this central");
		break;
	case EXPLAIN_NOT_ENCRYPTED:
		if (explain_seen(&a->encrypted) && a->encrypt_status)
			reason = a->encrypt_status;
		v->frame = reason == a->encrypt_status ? a->encrypted.frame : a->disconnected.frame;
		(void)snprintf(t, n, "not encrypted: %s (0x%02x)", hci_error_name(reason), reason);
		break;
	case EXPLAIN_LOST:
		v->by = a->disconnected_by;
		v->frame = a->disconnected.frame;
		(void)snprintf(t, n, "the link ended in the middle: %s (0x%02x)",
			       hci_error_name(reason), reason);
		break;
	case EXPLAIN_SILENCE:
		v->by = silent;
		v->frame = a->last.frame;
		(void)snprintf(t, n, "timed out: the %s was silent for 30 s", explain_who(silent));
		break;
	case EXPLAIN_NOT_CONNECTED:
		if (a->connect_status)
			reason = a->connect_status;
		v->frame = a->connect_status ? a->connected.frame : a->disconnected.frame;
		(void)snprintf(t, n, "not connected: %s (0x%02x)", hci_error_name(reason), reason);
		break;
	case EXPLAIN_UNEVENTFUL:
	case EXPLAIN_OUTCOMES:
		(void)snprintf(t, n, "connected, nothing was encrypted");
		break;
	}
}

/* The cause says what came of it. */
static void tell_cause(struct explain_verdict *v, struct explain_finding *f)
{
	const struct explain_attempt *a = v->attempt;
	size_t len = strlen(f->text);
	bool hung_up = explain_seen(&a->disconnected) && a->disconnected_by == a->failed_by;

	if (v->outcome != EXPLAIN_REFUSED || f->by == a->failed_by || f->frames[0] == v->frame)
		return;
	(void)snprintf(f->text + len, sizeof(f->text) - len,
		       ": most likely why the %s said %s (0x%02x)%s", explain_who(a->failed_by),
		       smp_reason_name(a->reason), a->reason, hung_up ? " and hung up" : "");
}

const struct explain_finding *explain_cause(const struct explain_verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].cause)
			return &v->findings[i];
	return NULL;
}

void explain_judge(const struct explain_attempt *a, struct explain_memory *memory,
		   unsigned *searches, struct explain_verdict *v)
{
	struct explain_case c = {.attempt = a, .facts = &v->facts, .memory = memory};

	memset(v, 0, sizeof(*v));
	v->attempt = a;
	explain_recompute(a, searches, &v->facts);
	v->outcome = outcome_of(a, &v->facts);
	v->failed = outcomes[v->outcome].failed;
	c.outcome = v->outcome;
	c.failed = v->failed;
	c.silent = turn(a, &v->facts);
	tell_outcome(v, c.silent);
	v->count = explain_run_checks(&c, v->findings);
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].cause)
			tell_cause(v, &v->findings[i]);
	for (size_t i = 0; i < 2; i++)
		v->resolved[i] =
			a->party[i].has_address &&
			explain_resolve(memory, a, &a->party[i].address, &v->identity[i]) &&
			memcmp(v->identity[i].octets, a->party[i].address.octets, 6) != 0;
	explain_remember(memory, a, &v->facts, v->failed);
}

void explain_verdict_wipe(struct explain_verdict *v)
{
	bytes_wipe(v, sizeof(*v));
}
