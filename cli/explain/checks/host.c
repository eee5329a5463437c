/* SPDX-License-Identifier: MIT */
/* Conditions on the captured host before the attempt, and on the capture itself. */
#include <stdio.h>

#include "checks/conditions.h"
#include "checks/questions.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

bool check_command_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_host *host = &c->attempt->host;
	const struct explain_refusal *r = check_refused_to_encrypt(c);

	if (!r)
		r = &host->refused[0];
	return host->refusals &&
	       check_found(f, c->attempt->captured_end, r->at.frame,
			   "the controller rejected %s: %s (0x%02x)", hci_command_name(r->opcode),
			   hci_error_name(r->status), r->status);
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
	if (mark_is_set(&a->missing))
		return check_found(f, EXPLAIN_NOBODY, a->missing.frame, "%s", a->missing_text);
	if (a->steps_lost)
		return check_found(f, EXPLAIN_NOBODY, a->last.frame,
				   "%u more steps of this attempt are not shown", a->steps_lost);
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

bool check_capture_cut(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (c->outcome == EXPLAIN_UNFINISHED && (a->cut || a->overtaken)) {
		char next[100] = "";
		if (c->turn != EXPLAIN_NOBODY)
			(void)snprintf(next, sizeof(next), ": the %s's %s was due",
				       check_role(c->turn), check_awaited(c));
		return check_found(f, EXPLAIN_NOBODY, a->last.frame, "%s before the pairing ends%s",
				   a->overtaken ? "another attempt begins" : "the capture ends",
				   next);
	}
	return a->begun_before && a->pairing && !mark_is_set(&a->party[EXPLAIN_I].features) &&
	       check_found(f, EXPLAIN_NOBODY, a->first.frame,
			   "the capture begins in the middle of this pairing");
}
