/* SPDX-License-Identifier: MIT */
/* Conditions on the captured host before the attempt, and on the capture itself. */
#include <stdio.h>

#include "checks/conditions.h"
#include "checks/questions.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

/* What to do about LE (Extended) Create Connection that the controller refused. */
static const char *after_no_connection(uint8_t status)
{
	switch ((enum hci_error)status) {
	case HCI_COMMAND_DISALLOWED:
		return "let the connection or the scan that is under way end first: this "
		       "controller does not allow both at once";
	case HCI_CONNECTION_LIMIT:
	case HCI_LIMITED_RESOURCES:
		return "end another connection first: the controller has no room for one more";
	case HCI_CONNECTION_EXISTS:
		return "use the connection with this peer that exists, or end it first";
	case HCI_SUCCESS:
	case HCI_UNKNOWN_COMMAND:
	case HCI_UNKNOWN_CONNECTION:
	case HCI_AUTHENTICATION_FAILURE:
	case HCI_PIN_OR_KEY_MISSING:
	case HCI_CONNECTION_TIMEOUT:
	case HCI_REMOTE_USER_TERMINATED:
	case HCI_LOCAL_HOST_TERMINATED:
	case HCI_PAGE_TIMEOUT:
	case HCI_UNSUPPORTED_REMOTE_FEATURE:
	case HCI_LL_RESPONSE_TIMEOUT:
	case HCI_UNACCEPTABLE_PARAMETERS:
	case HCI_MIC_FAILURE:
	case HCI_FAILED_TO_ESTABLISH:
		break;
	}
	return NULL;
}

/* Commands of the bring-up whose refusal may make a later pairing fail. */
static const struct explain_refusal *refused_to_bring_up(const struct explain_case *c)
{
	const struct explain_host *host = &c->attempt->host;

	for (uint8_t i = 0; c->failed && i < host->refusals; i++)
		switch (host->refused[i].opcode) {
		case HCI_RESET:
		case HCI_SET_EVENT_MASK:
		case HCI_LE_SET_EVENT_MASK:
		case HCI_LE_READ_BUFFER_SIZE:
		case HCI_WRITE_LE_HOST_SUPPORT:
			return &host->refused[i];
		default: /* such as an update of connection parameters: it goes on as before */
			break;
		}
	return NULL;
}

bool check_command_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_refusal *r = check_refused_to_encrypt(c);
	const struct explain_attempt *a = c->attempt;

	if (a->connect_refused) {
		f->fix = after_no_connection(a->connect_status);
		return check_found(f, a->captured_end, a->connected.frame,
				   "the controller rejected %s: %s (0x%02x)",
				   hci_command_name(a->connect_refused),
				   hci_error_name(a->connect_status), a->connect_status);
	}
	if (!r)
		r = refused_to_bring_up(c);
	return r && check_found(f, c->attempt->captured_end, r->at.frame,
				"the controller rejected %s: %s (0x%02x)",
				hci_command_name(r->opcode), hci_error_name(r->status), r->status);
}

/* Without its Reset, the capture does not show the whole bring-up of the host. */
static bool knows_host(const struct explain_case *c)
{
	return c->attempt->host.used && mark_is_set(&c->attempt->host.reset) &&
	       mark_is_set(&c->attempt->connected);
}

bool check_masked(const struct explain_case *c, struct explain_finding *f)
{
	static const struct {
		uint8_t bit;
		bool le;
		const char *name;
	} events[] = {
		{7, false, "Encryption Change"},
		{4, false, "Disconnection Complete"},
		{61, false, "LE Meta"},
		{4, true, "LE Long Term Key Request"},
	};
	const struct explain_host *host = &c->attempt->host;

	if (!knows_host(c))
		return false;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		uint64_t mask = events[i].le ? host->le_event_mask : host->event_mask;
		uint8_t sent = events[i].le ? EXPLAIN_HAS_LE_EVENT_MASK : EXPLAIN_HAS_EVENT_MASK;
		/*
		 * A host that sent no mask is not judged by the default, which masks LE Meta:
		 * controllers differ there.
		 */
		if (!(host->bringup & sent) || mask >> events[i].bit & 1)
			continue;
		if (events[i].le && c->attempt->captured_end == EXPLAIN_I)
			continue; /* a controller asks only a peripheral for the key */
		return check_found(f, c->attempt->captured_end, host->reset.frame,
				   "the host masked %s: it will not receive this event",
				   events[i].name);
	}
	return false;
}

bool check_bringup_missing(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_host *host = &c->attempt->host;
	bool mask = !(host->bringup & EXPLAIN_HAS_LE_EVENT_MASK);
	bool size = !(host->bringup & EXPLAIN_HAS_LE_BUFFER_SIZE);

	if (!mask || !size)
		f->fix = mask ? "send LE Set Event Mask after Reset: its default is not the same "
				"everywhere"
			      : "send LE Read Buffer Size after Reset: it says how much data the "
				"controller takes";
	return knows_host(c) && (mask || size) &&
	       check_found(f, c->attempt->captured_end, host->reset.frame,
			   "the host did not send %s%s%s after Reset",
			   mask ? "LE Set Event Mask" : "", mask && size ? " and " : "",
			   size ? "LE Read Buffer Size" : "");
}

bool check_le_host(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_host *host = &c->attempt->host;

	return knows_host(c) && host->has_features && host->dual_mode && !host->no_le_host &&
	       !(host->bringup & EXPLAIN_HAS_LE_HOST) &&
	       check_found(f, c->attempt->captured_end, host->reset.frame,
			   "the controller has BR/EDR too, and the host did not send Write LE "
			   "Host Support");
}

bool check_capture_holes(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_sequence_progress *progress = &c->facts->progress;

	/* A sniffer misses packets all the time; report it only when it matters. */
	if (a->air && !c->failed && (progress->complete || !a->pairing))
		return false;
	if (mark_is_set(&a->missing)) {
		if (a->excerpt && c->outcome != EXPLAIN_UNFINISHED && (!c->failed || c->explained))
			return false; /* it leaves out what does not matter */
		f->fix = a->excerpt ? "explain the whole trace, as it was printed" : NULL;
		return check_found(f, EXPLAIN_NOBODY, a->missing.frame, "%s", a->missing_text);
	}
	if (a->steps_lost) {
		f->fix = "the capture has them, and Wireshark shows them";
		return check_found(f, EXPLAIN_NOBODY, a->last.frame,
				   "%u more step%s of this attempt %s not shown", a->steps_lost,
				   a->steps_lost == 1 ? "" : "s",
				   a->steps_lost == 1 ? "is" : "are");
	}
	for (int8_t end = 1; end >= 0; end--) {
		char pdus[CHECK_PDU_LIST];
		if (a->air && a->has_encrypt_key && progress->phase_2 &&
		    progress->keys_missing[end])
			return check_found(f, end, a->encrypt.frame,
					   "the capture does not have the %s's negotiated %s: the "
					   "sniffer may have missed it",
					   check_role(end),
					   check_pdu_list(progress->keys_missing[end], pdus));
	}
	return c->facts->has_features && progress->hole && !check_skipped(c) &&
	       progress->late == EXPLAIN_NO_STEP && progress->unexpected == EXPLAIN_NO_STEP &&
	       check_found(f, EXPLAIN_NOBODY, 0,
			   "the %s's %s is not in the capture, although later PDUs are",
			   check_role(progress->missing.from),
			   smp_pdu_name(progress->missing.code));
}

/* Messages of the management interface may have no number. */
static uint64_t first_frame(const struct explain_attempt *a)
{
	for (size_t i = 0; i < a->step_count; i++)
		if (a->steps[i].at.frame)
			return a->steps[i].at.frame;
	return a->first.frame;
}

/* What to do when an attempt is cut; NULL: as the table says. */
static const char *after_cut(const struct explain_attempt *a)
{
	switch (a->cut) {
	case EXPLAIN_CUT_BY_ATTEMPT:
		return "look at the attempt that follows: it shows what the two ends did next";
	case EXPLAIN_CUT_BY_CONNECTION:
		return "find out why the capture lacks the end of this connection: packets may "
		       "have been dropped";
	case EXPLAIN_CUT_BY_CROWD:
		return "capture while fewer devices are connected";
	case EXPLAIN_CUT_BY_MOMENT:
		return "explain the captures one by one, if they were joined";
	case EXPLAIN_CUT_BY_END:
		return a->excerpt ? "explain what follows in the trace as well: it shows how the "
				    "pairing ended"
				  : NULL;
	case EXPLAIN_CUT_NOT:
	case EXPLAIN_CUT_BY_REMOVAL:
		break;
	}
	return NULL;
}

/* A text may have that PDU, but not its values. */
static bool begins_with_request(const struct explain_attempt *a)
{
	for (uint16_t i = 0; i < a->step_count; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP &&
		    a->steps[i].code == SMP_PAIRING_REQUEST)
			return true;
	return false;
}

bool check_capture_cut(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (c->outcome == EXPLAIN_UNEVENTFUL && a->cut == EXPLAIN_CUT_BY_END && a->excerpt &&
	    mark_is_set(&a->security_request)) {
		f->fix = after_cut(a);
		return check_found(f, EXPLAIN_NOBODY, a->last.frame,
				   "%s before the central answers Security Request",
				   check_cut_name(a));
	}
	if (c->outcome == EXPLAIN_UNFINISHED && a->cut && a->cut != EXPLAIN_CUT_BY_REMOVAL &&
	    !(mark_is_set(&a->encrypted) && check_shows_no_key(a))) {
		char next[100] = "";
		f->fix = after_cut(a);
		if (c->facts->has_features && c->facts->progress.complete &&
		    !c->facts->progress.waits_for_encryption) {
			f->fix = "explain the capture without a filter on SMP: other packets show "
				 "whether the link was encrypted";
			return check_found(f, EXPLAIN_NOBODY, a->last.frame,
					   "the capture has no packet of encryption");
		}
		if (a->pairing && c->turn != EXPLAIN_NOBODY)
			(void)snprintf(next, sizeof(next), ": the %s's %s was due",
				       check_role(c->turn), check_awaited(c));
		return check_found(f, EXPLAIN_NOBODY, a->last.frame, "%s before %s%s",
				   check_cut_name(a),
				   a->pairing ? "the pairing ends" : "encryption starts", next);
	}
	if (a->excerpt && a->begun_before && !a->pairing &&
	    mark_is_set(&a->management.not_paired) && c->failed) {
		f->fix = "explain the packets before it as well: they show why the pairing failed";
		return check_found(f, EXPLAIN_NOBODY, a->management.not_paired.frame,
				   "the text has no more of this pairing than what the kernel "
				   "reports");
	}
	if (a->excerpt)
		f->fix = "explain what is before it in the trace as well";
	return a->begun_before && a->pairing && !mark_is_set(&a->party[EXPLAIN_I].features) &&
	       !begins_with_request(a) &&
	       !(a->excerpt && c->explained && a->failed.frame != a->first.frame) &&
	       check_found(f, EXPLAIN_NOBODY, first_frame(a),
			   "the capture begins in the middle of this pairing");
}
