/* SPDX-License-Identifier: MIT */
/* Conditions on what the captured host did before, and on the capture itself. */
#include <stdio.h>

#include "checks/table.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

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

bool check_command_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_host *host = &c->attempt->host;
	const struct explain_refusal *r = check_refused_to_encrypt(c);

	if (!r)
		r = &host->refused[0];
	return host->refusals &&
	       check_found(f, c->attempt->captured_end, r->at.frame,
			   "the controller refused %s: %s (0x%02x)", hci_command_name(r->opcode),
			   hci_error_name(r->status), r->status);
}

/* Only a host whose Reset was seen can be said to have left something out. */
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
		/* By default LE Meta is masked; a host that has its events all the same is no
		 * proof. */
		if (!(host->bringup & sent) || mask >> events[i].bit & 1)
			continue;
		if (events[i].le && c->attempt->captured_end == EXPLAIN_I)
			continue; /* a central is never asked for a key */
		return check_found(f, c->attempt->captured_end, host->reset.frame,
				   "the host masked %s out: it will not hear of it",
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
			   "%s%s%s never sent since Reset", mask ? "LE Set Event Mask" : "",
			   mask && size ? " and " : "",
			   !size  ? " was"
			   : mask ? "LE Read Buffer Size were"
				  : "LE Read Buffer Size was");
}

bool check_le_host(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_host *host = &c->attempt->host;

	return knows_host(c) && host->has_features && host->dual_mode && !host->no_le_host &&
	       !(host->bringup & EXPLAIN_HAS_LE_HOST) &&
	       check_found(f, c->attempt->captured_end, host->reset.frame,
			   "the controller has BR/EDR too, and Write LE Host Support was never "
			   "sent");
}

bool check_capture_holes(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_sequence_progress *progress = &c->facts->progress;

	/* A sniffer misses much; what matters is there. */
	if (a->air && !c->failed && (progress->complete || !a->pairing))
		return false;
	if (mark_is_set(&a->missing))
		return check_found(f, EXPLAIN_NOBODY, a->missing.frame, "%s", a->missing_text);
	if (a->steps_lost)
		return check_found(f, EXPLAIN_NOBODY, a->last.frame,
				   "%u more steps of this attempt are not shown", a->steps_lost);
	for (int8_t end = 1; end >= 0; end--) {
		char pdus[160];
		if (a->air && a->has_encrypt_key && progress->phase_2 &&
		    progress->keys_missing[end])
			return check_found(f, end, a->encrypt.frame,
					   "the %s's %s was negotiated and not heard: the sniffer "
					   "may have missed it",
					   check_who(end),
					   check_pdu_list(progress->keys_missing[end], pdus));
	}
	return c->facts->has_features && progress->hole && !check_skipped(c) &&
	       progress->late == EXPLAIN_NO_STEP && progress->unexpected == EXPLAIN_NO_STEP &&
	       check_found(f, EXPLAIN_NOBODY, 0,
			   "the %s's %s is not in the capture, though what follows it is",
			   check_who(progress->missing.from), smp_pdu_name(progress->missing.code));
}

bool check_capture_cut(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (c->outcome == EXPLAIN_UNFINISHED && (a->cut || a->overtaken)) {
		char next[100] = "";
		if (c->silent != EXPLAIN_NOBODY)
			(void)snprintf(next, sizeof(next), ": the %s's %s was due",
				       check_who(c->silent), check_awaited(c));
		return check_found(f, EXPLAIN_NOBODY, a->last.frame, "%s before the pairing does%s",
				   a->overtaken ? "another attempt begins" : "the capture ends",
				   next);
	}
	return a->begun_before && a->pairing && !mark_is_set(&a->party[EXPLAIN_I].features) &&
	       check_found(f, EXPLAIN_NOBODY, a->first.frame,
			   "the capture begins in the middle of this pairing");
}
