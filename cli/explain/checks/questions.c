/* SPDX-License-Identifier: MIT */
#include "checks/questions.h"

#include <stdio.h>

#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"

/* ---- The specification ----------------------------------------------------------------------- */

bool check_is_answer_to_misplaced(uint8_t reason)
{
	return reason == SMP_UNSPECIFIED_REASON || reason == SMP_INVALID_PARAMETERS ||
	       reason == SMP_COMMAND_NOT_SUPPORTED || reason == SMP_KEY_REJECTED;
}

bool check_reason_is_defined(uint8_t reason)
{
	switch ((enum smp_reason)reason) {
	case SMP_PASSKEY_ENTRY_FAILED:
	case SMP_OOB_NOT_AVAILABLE:
	case SMP_AUTHENTICATION_REQUIREMENTS:
	case SMP_CONFIRM_VALUE_FAILED:
	case SMP_PAIRING_NOT_SUPPORTED:
	case SMP_ENCRYPTION_KEY_SIZE:
	case SMP_COMMAND_NOT_SUPPORTED:
	case SMP_UNSPECIFIED_REASON:
	case SMP_REPEATED_ATTEMPTS:
	case SMP_INVALID_PARAMETERS:
	case SMP_DHKEY_CHECK_FAILED:
	case SMP_NUMERIC_COMPARISON_FAILED:
	case SMP_BREDR_PAIRING_IN_PROGRESS:
	case SMP_CTKD_NOT_ALLOWED:
	case SMP_KEY_REJECTED:
	case SMP_BUSY:
		return true;
	}
	return false;
}

bool check_io_is_defined(uint8_t io)
{
	switch ((enum smp_io)io) {
	case SMP_IO_DISPLAY_ONLY:
	case SMP_IO_DISPLAY_YES_NO:
	case SMP_IO_KEYBOARD_ONLY:
	case SMP_IO_NO_INPUT_NO_OUTPUT:
	case SMP_IO_KEYBOARD_DISPLAY:
		return true;
	}
	return false;
}

bool check_authenticates(const struct smp_features *f)
{
	switch (f->method) {
	case SMP_NUMERIC_COMPARISON:
	case SMP_OOB:
		return true;
	case SMP_PASSKEY_WE_SHOW:
	case SMP_PASSKEY_WE_TYPE:
	case SMP_PASSKEY_BOTH_TYPE:
		return f->secure_connections;
	case SMP_JUST_WORKS:
	case SMP_METHOD_NONE:
		break;
	}
	return false;
}

const char *check_method_name(enum smp_method method)
{
	switch (method) {
	case SMP_JUST_WORKS:
		return "Just Works";
	case SMP_NUMERIC_COMPARISON:
		return "Numeric Comparison";
	case SMP_PASSKEY_WE_SHOW:
	case SMP_PASSKEY_WE_TYPE:
	case SMP_PASSKEY_BOTH_TYPE:
		return "Passkey Entry";
	case SMP_OOB:
		return "Out of Band";
	case SMP_METHOD_NONE:
		break;
	}
	return "no association model";
}

const char *check_why_unauthenticated(const struct smp_features *f)
{
	bool initiator = f->request.io == SMP_IO_NO_INPUT_NO_OUTPUT;
	bool responder = f->response.io == SMP_IO_NO_INPUT_NO_OUTPUT;

	if (f->method >= SMP_PASSKEY_WE_SHOW && f->method <= SMP_PASSKEY_BOTH_TYPE)
		return "Passkey Entry of legacy pairing does not give it, from Core 6.2 on";
	if (initiator && responder)
		return "neither end has input or output";
	if (responder)
		return "the responder has no input and no output (NoInputNoOutput)";
	if (initiator)
		return "the initiator has no input and no output (NoInputNoOutput)";
	if (!f->secure_connections && f->request.io == SMP_IO_DISPLAY_YES_NO &&
	    f->response.io == SMP_IO_DISPLAY_YES_NO)
		return "both ends have DisplayYesNo, which only Secure Connections can use";
	return "neither end can type the number that the other shows";
}

/* Vol 3 Part A 4, Table 4.2. */
static const char *const signal_names[] = {
	[0x01] = "Command Reject",
	[0x06] = "Disconnection Request",
	[0x07] = "Disconnection Response",
	[0x12] = "Connection Parameter Update Request",
	[0x13] = "Connection Parameter Update Response",
	[0x14] = "LE Credit Based Connection Request",
	[0x15] = "LE Credit Based Connection Response",
	[0x16] = "Flow Control Credit",
	[0x17] = "Credit Based Connection Request",
	[0x18] = "Credit Based Connection Response",
	[0x19] = "Credit Based Reconfigure Request",
	[0x1a] = "Credit Based Reconfigure Response",
};

const char *check_signal_name(uint8_t code)
{
	const size_t count = sizeof(signal_names) / sizeof(signal_names[0]);

	return code < count && signal_names[code] ? signal_names[code] : "unknown command";
}

const char *check_att_error_name(uint8_t code)
{
	switch ((enum explain_att_error)code) {
	case EXPLAIN_ATT_AUTHENTICATION:
		return "Insufficient Authentication";
	case EXPLAIN_ATT_AUTHORIZATION:
		return "Insufficient Authorization";
	case EXPLAIN_ATT_KEY_SIZE:
		return "Encryption Key Size Too Short";
	case EXPLAIN_ATT_ENCRYPTION:
		return "Insufficient Encryption";
	}
	return "other error";
}

const char *check_cut_name(const struct explain_attempt *a)
{
	switch (a->cut) {
	case EXPLAIN_CUT_BY_ATTEMPT:
		return "another attempt begins";
	case EXPLAIN_CUT_BY_CONNECTION:
		return a->air ? "another connection has the access address of this one"
			      : "another connection gets the handle of this one";
	case EXPLAIN_CUT_BY_CROWD:
		return "so many connections are open that this one is followed no further";
	case EXPLAIN_CUT_BY_MOMENT:
		return "another capture begins";
	case EXPLAIN_CUT_BY_REMOVAL:
		return "the controller was removed";
	case EXPLAIN_CUT_NOT:
	case EXPLAIN_CUT_BY_END:
		break;
	}
	return "the capture ends";
}

/* ---- The attempt ----------------------------------------------------------------------------- */

const struct explain_step *check_skipped(const struct explain_case *c)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;
	const struct explain_attempt *a = c->attempt;
	const struct explain_step *beyond;

	if (!c->facts->has_features || !progress->hole || progress->late != EXPLAIN_NO_STEP ||
	    progress->beyond == EXPLAIN_NO_STEP || a->air || mark_is_set(&a->missing) ||
	    !mark_is_set(&a->failed) || !check_is_answer_to_misplaced(a->reason))
		return NULL;
	beyond = &a->steps[progress->beyond];
	if (beyond->from != progress->missing.from || a->failed_by == beyond->from)
		return NULL;
	for (const struct explain_step *s = beyond + 1;
	     s < a->steps + a->step_count && s->at.frame < a->failed.frame; s++)
		if (s->layer == EXPLAIN_LAYER_SMP)
			return NULL;
	return beyond;
}

bool check_keyless(const struct explain_case *c)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_mark *request = &a->party[EXPLAIN_I].features;
	const struct explain_sequence_progress *progress = &c->facts->progress;

	return mark_is_set(request) && request->frame < a->ltk_request.frame &&
	       (!progress->phase_2 || progress->hole ||
		(mark_is_set(&a->failed) && a->failed.frame < a->ltk_request.frame));
}

const struct explain_refusal *check_refused_to_encrypt(const struct explain_case *c)
{
	const struct explain_host *host = &c->attempt->host;

	for (uint8_t i = 0; i < host->refusals; i++) {
		const struct explain_refusal *r = &host->refused[i];
		if (r->at.frame > c->attempt->first.frame &&
		    (r->opcode == HCI_LE_ENABLE_ENCRYPTION || r->opcode == HCI_LE_LTK_REPLY))
			return r;
	}
	return NULL;
}

const struct explain_mark *check_encryption_request(const struct explain_attempt *a)
{
	return mark_is_set(&a->encrypt) ? &a->encrypt : &a->ltk_request;
}

/* The last SMP PDU before a frame; from: of that end with that code only, unless it is nobody. */
static const struct explain_step *last_before(const struct explain_attempt *a, uint64_t frame,
					      int8_t from, uint8_t code)
{
	const struct explain_step *last = NULL;

	for (size_t i = 0; i < a->step_count && a->steps[i].at.frame < frame; i++) {
		const struct explain_step *s = &a->steps[i];
		if (s->layer == EXPLAIN_LAYER_SMP &&
		    (from == EXPLAIN_NOBODY || (s->from == from && s->code == code)))
			last = s;
	}
	return last;
}

/* The peer's data may be in the capture before the event that its key is in use: of a moment. */
bool check_mic_failed_later(const struct explain_attempt *a)
{
	return mark_is_set(&a->disconnected) && a->disconnect_reason == HCI_MIC_FAILURE &&
	       mark_is_set(&a->encrypted) && !a->encrypt_status && mark_is_set(&a->key_proved);
}

/*
 * After the features, the central has two turns and more, and each is in a connection event of its
 * own: what was missed in a shorter time is not phase 2.
 */
static bool is_too_short(const struct explain_attempt *a, const struct explain_step *last)
{
	enum { UNIT_US = 1250, EVENTS = 2 };

	return (last->code == SMP_PAIRING_REQUEST || last->code == SMP_PAIRING_RESPONSE) &&
	       a->has_interval &&
	       a->encrypt.time_us < last->at.time_us + (uint64_t)EVENTS * UNIT_US * a->interval;
}

bool check_shows_no_key(const struct explain_attempt *a)
{
	enum { LEGACY = SMP_PAIRING_RANDOM, SECURE = SMP_PAIRING_DHKEY_CHECK };
	const uint64_t request = check_encryption_request(a)->frame;

	if (mark_is_set(&a->missing) || !last_before(a, request, EXPLAIN_I, SMP_PAIRING_REQUEST) ||
	    !last_before(a, request, EXPLAIN_R, SMP_PAIRING_RESPONSE))
		return false;
	const bool secure = last_before(a, request, EXPLAIN_I, SMP_PAIRING_PUBLIC_KEY);
	const uint8_t code = secure ? SECURE : LEGACY;
	return !last_before(a, request, EXPLAIN_I, code) ||
	       !last_before(a, request, EXPLAIN_R, code);
}

bool check_unheard(const struct explain_attempt *a)
{
	const struct explain_step *last = last_before(a, a->encrypt.frame, EXPLAIN_NOBODY, 0);

	return a->air && last && a->unheard > last->at.frame && !is_too_short(a, last);
}

/* The responder sends the last PDU of phase 2 (Appendix C). */
const struct explain_step *check_too_early(const struct explain_case *c)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_mark *request = check_encryption_request(a);
	const uint8_t end = c->facts->features.secure_connections ? SMP_PAIRING_DHKEY_CHECK
								  : SMP_PAIRING_RANDOM;
	const struct explain_step *last;

	/* In the capture of a central, its own pairing is cut rather than wrong. */
	if (a->captured_end == EXPLAIN_I || !mark_is_set(request) ||
	    !mark_is_set(&a->party[EXPLAIN_I].features) ||
	    a->party[EXPLAIN_I].features.frame > request->frame || a->steps_lost ||
	    check_unheard(a) || (mark_is_set(&a->missing) && a->missing.frame <= request->frame) ||
	    (mark_is_set(&a->failed) && a->failed.frame < request->frame))
		return NULL;
	last = last_before(a, request->frame, EXPLAIN_NOBODY, 0);
	if (!last)
		return NULL;
	/* The capture lacks PDUs: one follows a hole in the chart, or phase 2 has no features. */
	if (c->facts->has_features
		    ? c->facts->progress.hole
		    : last_before(a, request->frame, EXPLAIN_R, SMP_PAIRING_PUBLIC_KEY) ||
			      last_before(a, request->frame, EXPLAIN_R, SMP_PAIRING_CONFIRM))
		return NULL;
	return c->facts->has_features && last_before(a, request->frame, EXPLAIN_R, end) ? NULL
											: last;
}

const struct explain_step *check_control(const struct explain_attempt *a, uint8_t opcode)
{
	for (size_t i = 0; i < a->step_count; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_LL && a->steps[i].code == opcode)
			return &a->steps[i];
	return NULL;
}

uint64_t check_key_accepted(const struct explain_attempt *a)
{
	const struct explain_step *start = a->air ? check_control(a, CHECK_LL_START_ENC_REQ) : NULL;

	if (start)
		return start->at.frame;
	if (mark_is_set(&a->ltk_reply) && !a->ltk_refused)
		return a->ltk_reply.frame;
	return mark_is_set(&a->encrypted) && !a->encrypt_status ? a->encrypted.frame : 0;
}

const char *check_awaited(const struct explain_case *c)
{
	const struct explain_sequence_progress *progress = &c->facts->progress;

	if (!c->attempt->pairing)
		return "encryption";
	if (!c->facts->has_features)
		return c->attempt->begun_before &&
				       !mark_is_set(&c->attempt->party[EXPLAIN_I].features)
			       ? "the end of the pairing"
			       : smp_pdu_name(SMP_PAIRING_RESPONSE);
	if (progress->waits_for_encryption)
		return "encryption";
	return progress->complete ? "nothing" : smp_pdu_name(progress->due.code);
}

/* The end whose user types the passkey; both may. */
static bool types_passkey(enum smp_method method, int8_t end)
{
	switch (method) {
	case SMP_PASSKEY_WE_SHOW: /* seen from the initiator */
		return end == EXPLAIN_R;
	case SMP_PASSKEY_WE_TYPE:
		return end == EXPLAIN_I;
	case SMP_PASSKEY_BOTH_TYPE:
		return true;
	case SMP_METHOD_NONE:
	case SMP_JUST_WORKS:
	case SMP_NUMERIC_COMPARISON:
	case SMP_OOB:
		break;
	}
	return false;
}

const char *check_user_task(const struct explain_case *c, int8_t end, char text[CHECK_TASK])
{
	const struct explain_party *p = c->attempt->party;
	const struct smp_features *features = &c->facts->features;

	if (!c->facts->has_features || end == EXPLAIN_NOBODY)
		return NULL;
	if (features->method == SMP_NUMERIC_COMPARISON && mark_is_set(&p[EXPLAIN_I].random) &&
	    mark_is_set(&p[EXPLAIN_R].random) && !mark_is_set(&p[end].check)) {
		if (c->facts->has_number)
			(void)snprintf(text, CHECK_TASK, "to confirm the number %06u",
				       c->facts->number);
		else
			(void)snprintf(text, CHECK_TASK, "to confirm a number");
		return text;
	}
	if (!types_passkey(features->method, end) || mark_is_set(&p[end].confirm) ||
	    (features->secure_connections &&
	     !(mark_is_set(&p[EXPLAIN_I].public_key) && mark_is_set(&p[EXPLAIN_R].public_key))))
		return NULL;
	(void)snprintf(text, CHECK_TASK, "to type the passkey");
	return text;
}

const char *check_ending(const struct explain_attempt *a, char text[CHECK_ENDING])
{
	if (!a->disconnect_reason)
		return "; the capture does not show why";
	(void)snprintf(text, CHECK_ENDING, ": %s (0x%02x)", hci_error_name(a->disconnect_reason),
		       a->disconnect_reason);
	return text;
}
