/* SPDX-License-Identifier: MIT */
#include "checks/verdict.h"

#include <stdio.h>
#include <string.h>

#include "analyse/management.h"
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
	[EXPLAIN_BYPASSED] = {"bypassed", FAILURE},
	[EXPLAIN_NOT_ENCRYPTED] = {"not_encrypted", FAILURE},
	[EXPLAIN_CONTRADICTED] = {"contradicted", FAILURE},
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

/* PDUs may have come behind that one, in what the capture lacks. */
static bool is_gap_behind(const struct explain_attempt *a, const struct explain_mark *last)
{
	return mark_is_set(&a->missing_last) && a->missing_last.frame > last->frame;
}

/*
 * The time since the last SMP PDU at the end of the attempt; 0: nobody knows. An end that
 * disconnected restarted its timer with its own last PDU (3.4).
 */
static uint64_t waited(const struct explain_attempt *a)
{
	const struct explain_mark *i = &a->party[EXPLAIN_I].last, *r = &a->party[EXPLAIN_R].last,
				  *last = i->time_us > r->time_us ? i : r;
	uint64_t us;

	if (a->disconnected_by != EXPLAIN_NOBODY && mark_is_set(&a->party[a->disconnected_by].last))
		last = &a->party[a->disconnected_by].last;
	/* No PDU has a sender. */
	if (!mark_is_set(&a->party[0].last) && !mark_is_set(&a->party[1].last))
		return 0;
	if (is_gap_behind(a, last))
		return 0;
	return a->clock == EXPLAIN_CLOCK_NONE || !mark_measure(last, &a->last, &us) ? 0 : us;
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
		/* It may not be the first one that came. */
		if (mark_is_set(&a->missing) && s->at.frame >= a->missing.frame)
			return NULL;
		uint64_t *other = &sent[!s->from];
		enum timing timing =
			s->layer == EXPLAIN_LAYER_SMP ? timing_of((uint8_t)s->code) : NO_TIMER;
		if (timing == NO_TIMER || s->from == EXPLAIN_NOBODY)
			continue;
		if (timing == RESTARTS)
			*other = *other && !s->at.untimed ? s->at.time_us : 0;
		else if (*other && !s->at.untimed && s->at.time_us >= *other + SMP_TIMEOUT_US)
			return s;
		sent[s->from] = s->at.untimed ? 0 : s->at.time_us;
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
/* In a run of our own: nothing is captured of it. */
static bool lost_controller(const struct explain_attempt *a)
{
	return a->own && a->own->reason == EXPLAIN_OWN_CONTROLLER;
}

static bool link_over(const struct explain_attempt *a)
{
	return mark_is_set(&a->disconnected) || mark_is_set(&a->management.disconnected) ||
	       mark_is_set(&a->hardware_error) || mark_is_set(&a->reset) || lost_controller(a);
}

/*
 * An end closed the link, and packets are missing before that: the pairing may have ended there,
 * well or badly. A sniffer that misses PDUs has the rest of the link.
 */
static bool hides_end(const struct explain_attempt *a)
{
	/* Of a line without a header, nobody knows the sender. */
	for (size_t i = 0; i < a->step_count; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP &&
		    a->steps[i].at.frame >= a->missing_last.frame)
			return false;
	return !a->air && mark_is_set(&a->disconnected) &&
	       (hci_error_is_of_host(a->disconnect_reason) ||
		a->disconnect_reason == HCI_LOCAL_HOST_TERMINATED) &&
	       a->disconnect_reason != HCI_AUTHENTICATION_FAILURE &&
	       is_gap_behind(a, &a->party[EXPLAIN_I].last) &&
	       is_gap_behind(a, &a->party[EXPLAIN_R].last);
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

/* Linux reports keys at the end of a pairing, of which an excerpt may leave out the rest. */
static bool kernel_has_key(const struct explain_attempt *a)
{
	const bool lacks =
		mark_is_set(&a->party[EXPLAIN_R].features) ? mark_is_set(&a->missing) : a->excerpt;

	return mark_is_set(&a->management.new_key) && lacks && !mark_is_set(&a->encrypted);
}

/* Keys are sent on an encrypted link only, Vol 3 Part H 2.4.3. */
static bool sent_keys(const struct explain_attempt *a)
{
	for (uint16_t i = 0; i < a->step_count; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP &&
		    sequence_is_key((uint8_t)a->steps[i].code))
			return true;
	return false;
}

/* Both ends send their keys within this time. */
#define KEYS_US 1000000

/*
 * The trace ends before it shows whether the two ends sent all keys, of which the features would
 * tell: they are not in it.
 */
static bool hides_keys(const struct explain_attempt *a)
{
	uint64_t us;

	return a->excerpt && a->cut == EXPLAIN_CUT_BY_END && !link_over(a) &&
	       !mark_is_set(&a->management.new_key) &&
	       (!mark_measure(&a->encrypted, &a->last, &us) || us < KEYS_US);
}

static enum explain_outcome pairing_outcome(const struct explain_attempt *a,
					    const struct explain_facts *facts,
					    const struct explain_step *late)
{
	const struct explain_sequence_progress *progress = &facts->progress;
	bool over = link_over(a);

	if (encrypted(a) && over && a->disconnect_reason == HCI_MIC_FAILURE)
		return check_mic_failed_later(a) ? EXPLAIN_LOST : EXPLAIN_NOT_ENCRYPTED;
	if (late)
		return EXPLAIN_SILENCE;
	if (encrypted(a) && !facts->has_features && (hides_keys(a) || check_shows_no_key(a)))
		return EXPLAIN_UNFINISHED;
	if (encrypted(a) && (!facts->has_features || check_unheard(a) ||
			     (progress->phase_2 && has_all_keys(a, progress))))
		return EXPLAIN_PAIRED;
	if (kernel_has_key(a))
		return EXPLAIN_PAIRED;
	if (waited(a) >= SILENCE_US)
		return EXPLAIN_SILENCE;
	/* An end that has all keys may disconnect; a check reports the keys that are missing. */
	if (encrypted(a) && progress->phase_2 && over &&
	    a->disconnect_reason != HCI_CONNECTION_TIMEOUT)
		return progress->hole || a->step_count == EXPLAIN_STEPS ? EXPLAIN_PAIRED
									: EXPLAIN_LOST;
	/* The capture begins after encryption, and may have the last key. */
	if (mark_is_set(&a->disconnected) && a->disconnect_reason != HCI_CONNECTION_TIMEOUT &&
	    !facts->has_features && sent_keys(a))
		return EXPLAIN_UNFINISHED;
	if (over && !hides_end(a))
		return EXPLAIN_LOST;
	/* The other end gets a PDU for which it does not wait. */
	return mark_is_set(&a->second_response) ? EXPLAIN_CONTRADICTED : EXPLAIN_UNFINISHED;
}

/*
 * A link that was neither paired nor encrypted ended for want of security, or before it was of any
 * use. One that was used and then lost is nobody's fault.
 */
static bool ended_insecure(const struct explain_attempt *a)
{
	return mark_is_set(&a->disconnected) &&
	       (a->disconnect_reason == HCI_AUTHENTICATION_FAILURE ||
		a->disconnect_reason == HCI_PIN_OR_KEY_MISSING ||
		(a->disconnect_reason == HCI_CONNECTION_TIMEOUT && !a->att_frames));
}

/* Where the kernel reports that the pairing failed, and its status; NULL: it does not. */
static const struct explain_mark *kernel_failure(const struct explain_attempt *a, uint8_t *status)
{
	const struct explain_management *m = &a->management;

	if (!mark_is_set(&m->failed) && !mark_is_set(&m->not_paired))
		return NULL;
	*status = mark_is_set(&m->failed) ? m->status : m->not_paired_status;
	return mark_is_set(&m->failed) ? &m->failed : &m->not_paired;
}

/* Only the management interface shows that the link ended. */
static bool ended_by_kernel_only(const struct explain_attempt *a, enum explain_outcome outcome)
{
	return outcome == EXPLAIN_LOST && mark_is_set(&a->management.disconnected) &&
	       !mark_is_set(&a->disconnected) && !mark_is_set(&a->hardware_error) &&
	       !mark_is_set(&a->reset) && !lost_controller(a);
}

/* A reply answers a request, which an excerpt may leave out. */
static bool wants_encryption(const struct explain_attempt *a)
{
	return mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request) ||
	       mark_is_set(&a->ltk_reply);
}

static enum explain_outcome outcome_of(const struct explain_attempt *a,
				       const struct explain_facts *facts,
				       const struct explain_step *late)
{
	bool failed = mark_is_set(&a->encrypted) && a->encrypt_status;
	uint8_t status;

	if (not_connected(a))
		return EXPLAIN_NOT_CONNECTED;
	if (mark_is_set(&a->failed))
		return EXPLAIN_REFUSED;
	if ((failed && a->encrypt_status == HCI_PIN_OR_KEY_MISSING) ||
	    (mark_is_set(&a->ltk_reply) && a->ltk_refused))
		return a->pairing ? EXPLAIN_NOT_ENCRYPTED : EXPLAIN_NO_KEY;
	if (failed)
		return EXPLAIN_NOT_ENCRYPTED;
	if (a->pairing || (kernel_failure(a, &status) && !encrypted(a))) {
		enum explain_outcome outcome =
			a->pairing ? pairing_outcome(a, facts, late) : EXPLAIN_UNFINISHED;
		/* The kernel knows more than the PDUs that the capture has. */
		return (outcome == EXPLAIN_UNFINISHED || ended_by_kernel_only(a, outcome)) &&
				       kernel_failure(a, &status) && !encrypted(a)
			       ? EXPLAIN_NOT_ENCRYPTED
			       : outcome;
	}
	if (mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_MIC_FAILURE)
		return check_mic_failed_later(a) ? EXPLAIN_LOST : EXPLAIN_NOT_ENCRYPTED;
	if (encrypted(a))
		return EXPLAIN_ENCRYPTED;
	if (wants_encryption(a))
		return link_over(a) ? EXPLAIN_LOST : EXPLAIN_UNFINISHED;
	return ended_insecure(a) ? EXPLAIN_LOST : EXPLAIN_UNEVENTFUL;
}

/* The end that had to send next. */
static int8_t turn(const struct explain_attempt *a, const struct explain_facts *facts)
{
	if (!facts->has_features && !a->pairing && wants_encryption(a))
		return EXPLAIN_R;
	if (!facts->has_features)
		return mark_is_set(&a->party[EXPLAIN_I].features) ? EXPLAIN_R : EXPLAIN_NOBODY;
	/* The initiator starts encryption, and the responder provides the key. */
	if (facts->progress.waits_for_encryption)
		return wants_encryption(a) ? EXPLAIN_R : EXPLAIN_I;
	return facts->progress.complete ? EXPLAIN_NOBODY : facts->progress.due.from;
}

bool verdict_is_worth_reporting(const struct explain_attempt *a)
{
	uint8_t status;

	/* Security of BR/EDR is not explained; that of LE does not belong on such a link. */
	if (a->bredr && !a->pairing && !mark_is_set(&a->security_request) &&
	    !mark_is_set(&a->encrypt) && !mark_is_set(&a->ltk_reply))
		return false;
	return a->pairing || mark_is_set(&a->security_request) || wants_encryption(a) ||
	       mark_is_set(&a->encrypted) || not_connected(a) || mark_is_set(&a->failed) ||
	       a->bad_count || kernel_failure(a, &status) ||
	       mark_is_set(&a->signaling.wrong_identifier) || mark_is_set(&a->signaling.refused) ||
	       (mark_is_set(&a->att_refused) && !a->follows) || ended_insecure(a) ||
	       (mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_MIC_FAILURE);
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* How far an attempt got that has no end, and what had to follow. */
static void describe_unfinished(struct explain_verdict *v, const struct explain_case *c)
{
	const struct explain_attempt *a = v->attempt;
	const struct explain_facts *facts = &v->facts;
	const char *where = "during phase 1";
	char due[100] = "";

	if (hides_end(a)) {
		(void)snprintf(v->text, sizeof(v->text),
			       "the capture lacks packets before the link was closed, and does not "
			       "show how the pairing ended");
		return;
	}
	if (encrypted(a) && !facts->has_features && check_shows_no_key(a)) {
		v->frame = a->encrypted.frame;
		(void)snprintf(v->text, sizeof(v->text),
			       "encrypted, but the capture does not show that the pairing had made "
			       "a key");
		return;
	}
	if (link_over(a)) {
		(void)snprintf(v->text, sizeof(v->text),
			       "the capture begins during phase 3, and does not show whether all "
			       "keys were sent");
		return;
	}
	if (encrypted(a) && !facts->has_features) {
		(void)snprintf(v->text, sizeof(v->text),
			       "encrypted by a pairing, but %s before it shows whether all keys "
			       "were sent",
			       check_cut_name(a));
		v->frame = a->encrypted.frame;
		return;
	}
	if (facts->has_features && facts->progress.complete &&
	    !facts->progress.waits_for_encryption) {
		(void)snprintf(v->text, sizeof(v->text),
			       "all PDUs of the pairing are there, but the capture does not show "
			       "that the link was encrypted");
		return;
	}
	if (!a->pairing)
		where = "before encryption starts";
	else if (!facts->has_features && sent_keys(a))
		where = "during phase 3";
	else if (!facts->has_features && !mark_is_set(&a->party[EXPLAIN_I].features))
		where = "in the middle of a pairing";
	else if (facts->has_features)
		where = facts->progress.phase_2 && !facts->progress.waits_for_encryption
				? "during phase 3"
				: "during phase 2";
	if (a->pairing && c->turn != EXPLAIN_NOBODY)
		(void)snprintf(due, sizeof(due), ": the %s's %s was due", check_role(c->turn),
			       check_awaited(c));
	(void)snprintf(v->text, sizeof(v->text), "%s %s%s", check_cut_name(a), where, due);
}

/* A link without pairing and encryption. */
static void describe_uneventful(struct explain_verdict *v)
{
	const struct explain_attempt *a = v->attempt;

	if (mark_is_set(&a->security_request)) {
		(void)snprintf(v->text, sizeof(v->text),
			       "connected, but not encrypted: the %s did not answer the %s's "
			       "Security Request before %s",
			       check_role(EXPLAIN_I), check_role(EXPLAIN_R),
			       mark_is_set(&a->disconnected) ? "the link ended"
							     : check_cut_name(a));
		v->frame = a->security_request.frame;
		return;
	}
	if (mark_is_set(&a->att_refused))
		(void)snprintf(v->text, sizeof(v->text),
			       "connected, but not encrypted, although attribute 0x%04x of the %s "
			       "demands it: %s (0x%02x)",
			       a->att_handle, check_role(a->att_by),
			       check_att_error_name(a->att_error), a->att_error);
	else
		(void)snprintf(v->text, sizeof(v->text), "connected, but not encrypted");
	v->frame = a->att_refused.frame;
}

/* Only the management interface shows that it failed. */
static bool by_management(const struct explain_attempt *a)
{
	uint8_t status;

	return kernel_failure(a, &status) && !(mark_is_set(&a->encrypted) && a->encrypt_status) &&
	       !(mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_MIC_FAILURE);
}

/*
 * Whether the key is that of a bond: identifiers of zero are those of a key that was just made, too
 * (Core Vol 3 Part H 2.4.4), and the pairing may have been before the capture.
 */
static bool is_of_bond(const struct explain_attempt *a)
{
	return !a->begun_before || a->follows || !bytes_all_zero(a->encrypt_rand, 8) ||
	       !bytes_all_zero(a->encrypt_ediv, 2);
}

static void describe_outcome(struct explain_verdict *v, const struct explain_case *c)
{
	const int8_t turn = c->turn;
	const struct explain_attempt *a = v->attempt;
	const struct smp_features *f = &v->facts.features;
	const char *kind = f->secure_connections ? "LE Secure Connections" : "LE legacy pairing";
	char *t = v->text;
	const size_t n = sizeof(v->text);
	uint8_t reason = a->disconnect_reason;
	char ending[CHECK_ENDING];

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
		(void)snprintf(t, n, "%s",
			       is_of_bond(a) ? "encrypted with a bond"
					     : "encrypted, with a bond or after a pairing that is "
					       "not in the capture");
		break;
	case EXPLAIN_UNFINISHED:
		describe_unfinished(v, c);
		break;
	case EXPLAIN_REFUSED:
		v->by = a->failed_by;
		v->frame = a->failed.frame;
		if (a->reason_missing)
			(void)snprintf(t, n, "the %s refused; the capture does not have the reason",
				       check_role(v->by));
		else
			(void)snprintf(t, n, "the %s refused: %s (0x%02x)", check_role(v->by),
				       smp_reason_name(a->reason), a->reason);
		break;
	case EXPLAIN_NO_KEY:
		v->by = EXPLAIN_R;
		v->frame = mark_is_set(&a->encrypted) ? a->encrypted.frame : a->ltk_reply.frame;
		(void)snprintf(t, n, "not encrypted: the peripheral has no key for this central");
		break;
	case EXPLAIN_BYPASSED:
		v->by = EXPLAIN_I;
		v->frame = check_key_accepted(a);
		(void)snprintf(t, n, "%s before the pairing had made a key",
			       v->frame ? "encrypted" : "encryption was started");
		if (!v->frame)
			v->frame = check_encryption_request(a)->frame;
		break;
	case EXPLAIN_NOT_ENCRYPTED:
		if (a->ltk_refused && !a->encrypt_status) {
			v->by = EXPLAIN_R;
			v->frame = a->ltk_reply.frame;
			(void)snprintf(t, n, "not encrypted: the peripheral gave no key");
			break;
		}
		if (by_management(a)) {
			uint8_t status = 0;
			v->frame = kernel_failure(a, &status)->frame;
			(void)snprintf(t, n, "not paired: the kernel reports %s (0x%02x)",
				       management_status_name(status), status);
			break;
		}
		if (mark_is_set(&a->encrypted) && a->encrypt_status)
			reason = a->encrypt_status;
		v->frame = reason == a->encrypt_status ? a->encrypted.frame : a->disconnected.frame;
		(void)snprintf(t, n, "not encrypted: %s (0x%02x)", hci_error_name(reason), reason);
		break;
	case EXPLAIN_CONTRADICTED:
		v->by = a->second_by;
		v->frame = a->second_response.frame;
		(void)snprintf(t, n, "not paired: the %s answered Pairing Request twice",
			       check_role(v->by));
		break;
	case EXPLAIN_LOST:
		if (mark_is_set(&a->hardware_error)) {
			v->frame = a->hardware_error.frame;
			(void)snprintf(t, n, "the link ended too early: Hardware Error 0x%02x",
				       a->hardware_code);
			break;
		}
		if (mark_is_set(&a->reset)) {
			v->by = a->captured_end;
			v->frame = a->reset.frame;
			(void)snprintf(t, n,
				       "the link ended too early: its host reset the controller");
			break;
		}
		if (!mark_is_set(&a->disconnected) && !lost_controller(a)) {
			v->frame = a->management.disconnected.frame;
			(void)snprintf(t, n,
				       "the link ended too early, and the kernel reports \"%s\"",
				       management_disconnect_name(a->management.disconnect_reason));
			break;
		}
		if (!mark_is_set(&a->disconnected)) {
			(void)snprintf(t, n, "the link was lost with the controller");
			break;
		}
		v->by = a->disconnected_by;
		v->frame = a->disconnected.frame;
		(void)snprintf(t, n, "the link ended too early%s", check_ending(a, ending));
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
		if (a->connect_refused) {
			v->by = a->captured_end;
			(void)snprintf(t, n,
				       "not connected: the controller rejected %s: %s (0x%02x)",
				       hci_command_name(a->connect_refused), hci_error_name(reason),
				       reason);
			break;
		}
		(void)snprintf(t, n, "not connected: %s (0x%02x)", hci_error_name(reason), reason);
		break;
	case EXPLAIN_UNEVENTFUL:
	case EXPLAIN_OUTCOMES:
		describe_uneventful(v);
		break;
	}
}

/* Adds the refusal to the finding that caused it. */
static void describe_effect(struct explain_verdict *v, struct explain_finding *f)
{
	const struct explain_attempt *a = v->attempt;
	size_t len = strlen(f->text);
	bool disconnected = mark_is_set(&a->disconnected) && a->disconnected_by == a->failed_by;
	char reason[80] = "Pairing Failed";

	if (v->outcome != EXPLAIN_REFUSED || f->by == a->failed_by || f->frames[0] == v->frame)
		return;
	f->effect = len;
	if (!a->reason_missing)
		(void)snprintf(reason, sizeof(reason), "%s (0x%02x)", smp_reason_name(a->reason),
			       a->reason);
	(void)snprintf(f->text + len, sizeof(f->text) - len, ": most likely why the %s sent %s%s",
		       check_role(a->failed_by), reason, disconnected ? " and disconnected" : "");
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

/* Where a finding stands: what ended the attempt first, and hints last. */
static int place(const struct explain_finding *f)
{
	return f->cause ? 0 : f->check->severity == EXPLAIN_HINT ? 2 : 1;
}

/* Findings of one place keep the order of the table. */
static void put_in_order(struct explain_verdict *v)
{
	for (size_t i = 1; i < v->count; i++) {
		const struct explain_finding f = v->findings[i];
		size_t at = i;

		for (; at && place(&v->findings[at - 1]) > place(&f); at--)
			v->findings[at] = v->findings[at - 1];
		v->findings[at] = f;
	}
}

void verdict_judge(const struct explain_attempt *a, struct explain_history *history,
		   unsigned *searches, struct explain_verdict *v)
{
	struct explain_case c = {.attempt = a, .facts = &v->facts, .history = history};

	const size_t touched = v->touched;

	memset(v, 0, offsetof(struct explain_verdict, findings));
	v->attempt = a;
	analyse_recompute(a, searches, &v->facts);
	c.late = late(a);
	if (!was_rejected(a, c.late))
		c.late = NULL;
	v->outcome = outcome_of(a, &v->facts, c.late);
	if ((v->outcome == EXPLAIN_UNFINISHED ||
	     (v->outcome != EXPLAIN_REFUSED && check_key_accepted(a))) &&
	    check_too_early(&c))
		v->outcome = EXPLAIN_BYPASSED;
	v->failed = outcomes[v->outcome].ending == FAILURE;
	c.outcome = v->outcome;
	c.failed = v->failed;
	c.turn = c.late ? c.late->from : turn(a, &v->facts);
	describe_outcome(v, &c);
	v->count = check_run_all(&c, v->findings);
	/* A check that does not hold may have written to the next one. */
	v->touched = v->count < EXPLAIN_FINDINGS ? v->count + 1 : v->count;
	v->touched = touched > v->touched ? touched : v->touched;
	put_in_order(v);
	check_name_ends(a, v->text, sizeof(v->text));
	for (size_t i = 0; i < v->count; i++) {
		struct explain_finding *f = &v->findings[i];
		check_name_ends(a, f->text, sizeof(f->text));
		if (!f->cause)
			continue;
		describe_effect(v, f); /* its place in the text holds from here on */
		check_name_ends(a, f->text, sizeof(f->text));
	}
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
	size_t touched = v->touched < EXPLAIN_FINDINGS ? v->touched : EXPLAIN_FINDINGS;

	bytes_wipe(v->findings, touched * sizeof(v->findings[0]));
	bytes_wipe(v, offsetof(struct explain_verdict, findings));
}
