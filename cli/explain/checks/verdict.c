/* SPDX-License-Identifier: MIT */
#include "checks/verdict.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"

/* Half a second is left to the clocks of both ends. */
#define SILENCE_US 29500000
#define TIMEOUT_US 30000000

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

const char *verdict_outcome_slug(enum explain_outcome outcome)
{
	return outcomes[outcome].slug;
}

/* ---- How it ended ---------------------------------------------------------------------------- */

static bool encrypted(const struct explain_attempt *a)
{
	return mark_is_set(&a->encrypted) && !a->encrypt_status;
}

/* Since the last SMP PDU; who hung up counts from his own, where his timer began (3.4). */
static uint64_t waited(const struct explain_attempt *a)
{
	uint64_t i = a->party[EXPLAIN_I].last.time_us, r = a->party[EXPLAIN_R].last.time_us;
	uint64_t last = i > r ? i : r;

	if (a->disconnected_by != EXPLAIN_NOBODY && mark_is_set(&a->party[a->disconnected_by].last))
		last = a->party[a->disconnected_by].last.time_us;
	return a->clock == EXPLAIN_CLOCK_NONE || a->last.time_us < last ? 0
									: a->last.time_us - last;
}

/* The first PDU that came when the other end had waited for 30 s since it spoke. */
static const struct explain_step *late(const struct explain_attempt *a)
{
	uint64_t spoke[2] = {0};

	if (a->clock == EXPLAIN_CLOCK_NONE)
		return NULL;
	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		uint64_t *other = &spoke[!s->from];
		if (s->layer != EXPLAIN_LAYER_SMP || s->code == SMP_SECURITY_REQUEST ||
		    s->code == SMP_PAIRING_FAILED || !smp_pdu_format((uint8_t)s->code))
			continue;
		if (s->code == SMP_KEYPRESS_NOTIFICATION) /* begins the time anew, 3.5.8 */
			*other = *other ? s->at.time_us : 0;
		else if (*other && s->at.time_us >= *other + TIMEOUT_US)
			return s;
		spoke[s->from] = s->at.time_us;
	}
	return NULL;
}

/* It came too late: the other end does not go on, and goes. */
static bool in_vain(const struct explain_attempt *a, const struct explain_step *late)
{
	const struct explain_party *other;

	if (!late)
		return false;
	other = &a->party[!late->from];
	return other->last.time_us < late->at.time_us && mark_is_set(&a->disconnected) &&
	       a->disconnected.time_us < late->at.time_us + 1000000;
}

/* The link is no more, whoever says so. */
static bool link_over(const struct explain_attempt *a)
{
	return mark_is_set(&a->disconnected) || mark_is_set(&a->hardware_error);
}

static bool not_connected(const struct explain_attempt *a)
{
	return (mark_is_set(&a->connected) && a->connect_status) ||
	       (mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_FAILED_TO_ESTABLISH);
}

/* On air, what was not heard may have been sent all the same. */
static bool all_keys(const struct explain_attempt *a,
		     const struct explain_sequence_progress *progress)
{
	return progress->complete || a->air;
}

static enum explain_outcome pairing_outcome(const struct explain_attempt *a,
					    const struct explain_facts *facts,
					    const struct explain_step *late)
{
	const struct explain_sequence_progress *progress = &facts->progress;
	bool over = link_over(a);

	if (encrypted(a) && over && a->disconnect_reason == HCI_MIC_FAILURE)
		return EXPLAIN_NOT_ENCRYPTED;
	if (late)
		return EXPLAIN_SILENCE;
	if (encrypted(a) && (!facts->has_features || (progress->phase_2 && all_keys(a, progress))))
		return EXPLAIN_PAIRED;
	if (waited(a) >= SILENCE_US)
		return EXPLAIN_SILENCE;
	/* Who has all that it needs may hang up; what was not sent is found by itself. */
	if (encrypted(a) && progress->phase_2 && over &&
	    a->disconnect_reason != HCI_CONNECTION_TIMEOUT)
		return progress->hole || a->step_count == EXPLAIN_STEPS ? EXPLAIN_PAIRED
									: EXPLAIN_LOST;
	return over ? EXPLAIN_LOST : EXPLAIN_UNFINISHED;
}

static enum explain_outcome outcome_of(const struct explain_attempt *a,
				       const struct explain_facts *facts,
				       const struct explain_step *late)
{
	bool failed = mark_is_set(&a->encrypted) && a->encrypt_status;

	if (not_connected(a))
		return EXPLAIN_NOT_CONNECTED;
	if (mark_is_set(&a->failed))
		return EXPLAIN_REFUSED;
	if ((failed && a->encrypt_status == HCI_PIN_OR_KEY_MISSING) ||
	    (mark_is_set(&a->ltk_reply) && a->ltk_refused))
		return EXPLAIN_NO_KEY;
	if (failed)
		return EXPLAIN_NOT_ENCRYPTED;
	if (a->pairing)
		return pairing_outcome(a, facts, late);
	if (mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_MIC_FAILURE)
		return EXPLAIN_NOT_ENCRYPTED;
	if (encrypted(a))
		return EXPLAIN_ENCRYPTED;
	if (mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request))
		return link_over(a) ? EXPLAIN_LOST : EXPLAIN_UNFINISHED;
	return EXPLAIN_UNEVENTFUL;
}

/* Whose turn it was. */
static int8_t turn(const struct explain_attempt *a, const struct explain_facts *facts)
{
	if (!facts->has_features)
		return mark_is_set(&a->party[EXPLAIN_I].features) ? EXPLAIN_R : EXPLAIN_NOBODY;
	/* The initiator begins it, and the responder has the key to it. */
	if (facts->progress.waits_for_encryption)
		return mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request) ? EXPLAIN_R
										: EXPLAIN_I;
	return facts->progress.complete ? EXPLAIN_NOBODY : facts->progress.due.from;
}

bool verdict_is_worth_reporting(const struct explain_attempt *a)
{
	return a->pairing || mark_is_set(&a->security_request) || mark_is_set(&a->encrypt) ||
	       mark_is_set(&a->ltk_request) || mark_is_set(&a->encrypted) || not_connected(a) ||
	       mark_is_set(&a->failed) || a->bad_count ||
	       mark_is_set(&a->signaling.wrong_identifier) ||
	       (mark_is_set(&a->disconnected) && (a->disconnect_reason == HCI_MIC_FAILURE ||
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
		(void)snprintf(t, n, "the %s refused: %s (0x%02x)", check_who(v->by),
			       smp_reason_name(a->reason), a->reason);
		break;
	case EXPLAIN_NO_KEY:
		v->by = EXPLAIN_R;
		v->frame = mark_is_set(&a->encrypted) ? a->encrypted.frame : a->ltk_reply.frame;
		(void)snprintf(t, n, "not encrypted: the peripheral has no key for this central");
		break;
	case EXPLAIN_NOT_ENCRYPTED:
		if (mark_is_set(&a->encrypted) && a->encrypt_status)
			reason = a->encrypt_status;
		v->frame = reason == a->encrypt_status ? a->encrypted.frame : a->disconnected.frame;
		(void)snprintf(t, n, "not encrypted: %s (0x%02x)", hci_error_name(reason), reason);
		break;
	case EXPLAIN_LOST:
		if (mark_is_set(&a->hardware_error)) {
			v->frame = a->hardware_error.frame;
			(void)snprintf(t, n, "the link ended in the middle: Hardware Error 0x%02x",
				       a->hardware_code);
			break;
		}
		v->by = a->disconnected_by;
		v->frame = a->disconnected.frame;
		(void)snprintf(t, n, "the link ended in the middle: %s (0x%02x)",
			       hci_error_name(reason), reason);
		break;
	case EXPLAIN_SILENCE:
		v->by = silent;
		v->frame = a->last.frame;
		(void)snprintf(t, n, "timed out: the %s was silent for 30 s", check_who(silent));
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
	bool hung_up = mark_is_set(&a->disconnected) && a->disconnected_by == a->failed_by;

	if (v->outcome != EXPLAIN_REFUSED || f->by == a->failed_by || f->frames[0] == v->frame)
		return;
	(void)snprintf(f->text + len, sizeof(f->text) - len,
		       ": most likely why the %s said %s (0x%02x)%s", check_who(a->failed_by),
		       smp_reason_name(a->reason), a->reason, hung_up ? " and hung up" : "");
}

const struct explain_finding *verdict_cause(const struct explain_verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].cause)
			return &v->findings[i];
	return NULL;
}

void verdict_judge(const struct explain_attempt *a, struct explain_history *memory,
		   unsigned *searches, struct explain_verdict *v)
{
	struct explain_case c = {.attempt = a, .facts = &v->facts, .memory = memory};

	memset(v, 0, sizeof(*v));
	v->attempt = a;
	analyse_recompute(a, searches, &v->facts);
	c.late = late(a);
	if (!in_vain(a, c.late))
		c.late = NULL;
	v->outcome = outcome_of(a, &v->facts, c.late);
	v->failed = outcomes[v->outcome].failed;
	c.outcome = v->outcome;
	c.failed = v->failed;
	c.silent = c.late ? c.late->from : turn(a, &v->facts);
	tell_outcome(v, c.silent);
	v->count = check_run_all(&c, v->findings);
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].cause)
			tell_cause(v, &v->findings[i]);
	for (size_t i = 0; i < 2; i++)
		v->resolved[i] =
			a->party[i].has_address &&
			history_resolve(memory, a, &a->party[i].address, &v->identity[i]) &&
			memcmp(v->identity[i].octets, a->party[i].address.octets, 6) != 0;
	history_add(memory, a, &v->facts, v->failed);
}

void verdict_wipe(struct explain_verdict *v)
{
	bytes_wipe(v, sizeof(*v));
}
