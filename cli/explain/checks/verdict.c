/* SPDX-License-Identifier: MIT */
#include "checks/verdict.h"

#include <stdio.h>
#include <string.h>

#include "checks/questions.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"

/* The clocks of the two ends and of the capture may differ by half a second. */
#define SILENCE_US 29500000
/* An end disconnects within this time after it gave up. */
#define GIVES_UP_US 1000000

enum ending { SUCCESS, OPEN, FAILURE };

static const struct {
	const char *slug;
	enum ending ending;
} outcomes[] = {
	[EXPLAIN_UNEVENTFUL] = {"uneventful", OPEN},
	[EXPLAIN_PAIRED] = {"paired", SUCCESS},
	[EXPLAIN_ENCRYPTED] = {"encrypted", SUCCESS},
	[EXPLAIN_UNFINISHED] = {"unfinished", OPEN},
	[EXPLAIN_REFUSED] = {"refused", FAILURE},
	[EXPLAIN_NO_KEY] = {"bond_lost", FAILURE},
	[EXPLAIN_NOT_ENCRYPTED] = {"not_encrypted", FAILURE},
	[EXPLAIN_LOST] = {"lost", FAILURE},
	[EXPLAIN_SILENCE] = {"timed_out", FAILURE},
	[EXPLAIN_NOT_CONNECTED] = {"not_connected", FAILURE},
};
_Static_assert(sizeof(outcomes) / sizeof(outcomes[0]) == EXPLAIN_OUTCOMES,
	       "each outcome has a name");

const char *verdict_outcome_slug(enum explain_outcome outcome)
{
	return outcomes[outcome].slug;
}

bool verdict_succeeded(const struct explain_verdict *v)
{
	return outcomes[v->outcome].ending == SUCCESS;
}

/* ---- How it ended ---------------------------------------------------------------------------- */

static bool encrypted(const struct explain_attempt *a)
{
	return mark_is_set(&a->encrypted) && !a->encrypt_status;
}

/*
 * The time since the last SMP PDU at the end of the attempt. An end that disconnected restarted its
 * timer with its own last PDU (3.4).
 */
static uint64_t waited(const struct explain_attempt *a)
{
	uint64_t i = a->party[EXPLAIN_I].last.time_us, r = a->party[EXPLAIN_R].last.time_us;
	uint64_t last = i > r ? i : r;

	if (a->disconnected_by != EXPLAIN_NOBODY && mark_is_set(&a->party[a->disconnected_by].last))
		last = a->party[a->disconnected_by].last.time_us;
	return a->clock == EXPLAIN_CLOCK_NONE || a->last.time_us < last ? 0
									: a->last.time_us - last;
}

/* The timer of 3.4, as a PDU that arrives sees it. */
enum timing { NO_TIMER, ANSWERS, RESTARTS };

static enum timing timing_of(uint8_t code)
{
	switch ((enum smp_code)code) {
	case SMP_SECURITY_REQUEST:
	case SMP_PAIRING_FAILED:
		return NO_TIMER;
	case SMP_KEYPRESS_NOTIFICATION: /* 3.5.8 */
		return RESTARTS;
	case SMP_PAIRING_REQUEST:
	case SMP_PAIRING_RESPONSE:
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SIGNING_INFORMATION:
	case SMP_PAIRING_PUBLIC_KEY:
	case SMP_PAIRING_DHKEY_CHECK:
		return ANSWERS;
	}
	return NO_TIMER;
}

/* The first PDU that came when the other end had waited for 30 s since its own last PDU. */
static const struct explain_step *late(const struct explain_attempt *a)
{
	uint64_t sent[2] = {0};

	if (a->clock == EXPLAIN_CLOCK_NONE)
		return NULL;
	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		uint64_t *other = &sent[!s->from];
		enum timing timing =
			s->layer == EXPLAIN_LAYER_SMP ? timing_of((uint8_t)s->code) : NO_TIMER;
		if (timing == NO_TIMER)
			continue;
		if (timing == RESTARTS)
			*other = *other ? s->at.time_us : 0;
		else if (*other && s->at.time_us >= *other + SMP_TIMEOUT_US)
			return s;
		sent[s->from] = s->at.time_us;
	}
	return NULL;
}

/* True when the other end did not accept a late PDU: it sent no more, and disconnected. */
static bool was_rejected(const struct explain_attempt *a, const struct explain_step *late)
{
	const struct explain_party *other;

	if (!late)
		return false;
	other = &a->party[!late->from];
	return other->last.time_us < late->at.time_us && mark_is_set(&a->disconnected) &&
	       a->disconnected.time_us < late->at.time_us + GIVES_UP_US;
}

/* The link has ended. */
static bool link_over(const struct explain_attempt *a)
{
	return mark_is_set(&a->disconnected) || mark_is_set(&a->hardware_error);
}

static bool not_connected(const struct explain_attempt *a)
{
	return (mark_is_set(&a->connected) && a->connect_status) ||
	       (mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_FAILED_TO_ESTABLISH);
}

/* On air, a PDU that the sniffer missed may have been sent. */
static bool has_all_keys(const struct explain_attempt *a,
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
	if (encrypted(a) &&
	    (!facts->has_features || (progress->phase_2 && has_all_keys(a, progress))))
		return EXPLAIN_PAIRED;
	if (waited(a) >= SILENCE_US)
		return EXPLAIN_SILENCE;
	/* An end that has all keys may disconnect; a check reports the keys that are missing. */
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

/* The end that had to send next. */
static int8_t turn(const struct explain_attempt *a, const struct explain_facts *facts)
{
	if (!facts->has_features)
		return mark_is_set(&a->party[EXPLAIN_I].features) ? EXPLAIN_R : EXPLAIN_NOBODY;
	/* The initiator starts encryption, and the responder provides the key. */
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

/* ---- Text ------------------------------------------------------------------------------------ */

static void describe_outcome(struct explain_verdict *v, int8_t turn)
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
				       check_method_name(f->method), f->key_size * 8);
		else
			(void)snprintf(t, n, "paired");
		break;
	case EXPLAIN_ENCRYPTED:
		v->frame = a->encrypted.frame;
		(void)snprintf(t, n, "encrypted with a bond");
		break;
	case EXPLAIN_UNFINISHED:
		(void)snprintf(t, n, "%s before the attempt ends",
			       a->overtaken ? "another attempt begins" : "the capture ends");
		break;
	case EXPLAIN_REFUSED:
		v->by = a->failed_by;
		v->frame = a->failed.frame;
		(void)snprintf(t, n, "the %s refused: %s (0x%02x)", check_role(v->by),
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
			(void)snprintf(t, n, "the link ended too early: Hardware Error 0x%02x",
				       a->hardware_code);
			break;
		}
		v->by = a->disconnected_by;
		v->frame = a->disconnected.frame;
		(void)snprintf(t, n, "the link ended too early: %s (0x%02x)",
			       hci_error_name(reason), reason);
		break;
	case EXPLAIN_SILENCE:
		v->by = turn;
		v->frame = a->last.frame;
		if (turn == EXPLAIN_NOBODY)
			(void)snprintf(t, n, "timed out: no PDU came for 30 s");
		else
			(void)snprintf(t, n, "timed out: the %s was silent for 30 s",
				       check_role(turn));
		break;
	case EXPLAIN_NOT_CONNECTED:
		if (a->connect_status)
			reason = a->connect_status;
		v->frame = a->connect_status ? a->connected.frame : a->disconnected.frame;
		(void)snprintf(t, n, "not connected: %s (0x%02x)", hci_error_name(reason), reason);
		break;
	case EXPLAIN_UNEVENTFUL:
	case EXPLAIN_OUTCOMES:
		(void)snprintf(t, n, "connected, but not encrypted");
		break;
	}
}

/* Adds the refusal to the finding that caused it. */
static void describe_effect(struct explain_verdict *v, struct explain_finding *f)
{
	const struct explain_attempt *a = v->attempt;
	size_t len = strlen(f->text);
	bool disconnected = mark_is_set(&a->disconnected) && a->disconnected_by == a->failed_by;

	if (v->outcome != EXPLAIN_REFUSED || f->by == a->failed_by || f->frames[0] == v->frame)
		return;
	(void)snprintf(f->text + len, sizeof(f->text) - len,
		       ": most likely why the %s sent %s (0x%02x)%s", check_role(a->failed_by),
		       smp_reason_name(a->reason), a->reason,
		       disconnected ? " and disconnected" : "");
}

const struct explain_finding *verdict_cause(const struct explain_verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].cause)
			return &v->findings[i];
	return NULL;
}

const struct explain_finding *verdict_finding_at(const struct explain_verdict *v, uint64_t frame)
{
	for (size_t i = 0; i < v->count; i++)
		for (uint8_t k = 0; k < v->findings[i].frame_count; k++)
			if (v->findings[i].frames[k] == frame &&
			    v->findings[i].check->severity != EXPLAIN_HINT)
				return &v->findings[i];
	return NULL;
}

void verdict_judge(const struct explain_attempt *a, struct explain_history *history,
		   unsigned *searches, struct explain_verdict *v)
{
	struct explain_case c = {.attempt = a, .facts = &v->facts, .history = history};

	memset(v, 0, sizeof(*v));
	v->attempt = a;
	analyse_recompute(a, searches, &v->facts);
	c.late = late(a);
	if (!was_rejected(a, c.late))
		c.late = NULL;
	v->outcome = outcome_of(a, &v->facts, c.late);
	v->failed = outcomes[v->outcome].ending == FAILURE;
	c.outcome = v->outcome;
	c.failed = v->failed;
	c.turn = c.late ? c.late->from : turn(a, &v->facts);
	describe_outcome(v, c.turn);
	v->count = check_run_all(&c, v->findings);
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].cause)
			describe_effect(v, &v->findings[i]);
	EACH_END(end) {
		const struct explain_party *p = &a->party[end];
		v->resolved[end] = p->has_address &&
				   history_resolve(history, a, &p->address, &v->identity[end]) &&
				   memcmp(p->address.octets, v->identity[end].octets,
					  sizeof(p->address.octets)) != 0;
	}
	history_add(history, a, &v->facts, v->failed);
}

void verdict_wipe(struct explain_verdict *v)
{
	bytes_wipe(v, sizeof(*v));
}
