/* SPDX-License-Identifier: MIT */
/*
 * Conditions on the program and the user at the captured host: what Linux' management interface
 * shows of them, and a host that asks for security and then refuses it.
 */
#include <stdio.h>

#include "analyse/management.h"
#include "checks/conditions.h"
#include "checks/questions.h"
#include "smp/reason.h"
#include "smp/smp.h"

/* An answer that comes this soon is a program's: no person was asked. */
#define NOBODY_ASKED_US 30000
/* A person who has not answered by then does not answer. */
#define PATIENCE_US 5000000

static const char register_agent[] =
	"on this computer: register an agent before pairing, for instance bluetoothctl with `agent "
	"on` and `default-agent`, and keep it running";

static const struct explain_management *management(const struct explain_case *c)
{
	return &c->attempt->management;
}

/* Where the captured host ended the pairing; NULL: it did not, as far as the capture shows. */
static const struct explain_mark *own_end(const struct explain_case *c)
{
	const struct explain_attempt *a = c->attempt;

	if (!c->failed)
		return NULL;
	if (mark_is_set(&a->failed))
		return a->failed_by == a->captured_end || a->failed_by == EXPLAIN_NOBODY
			       ? &a->failed
			       : NULL;
	return mark_is_set(&a->management.failed) ? &a->management.failed : NULL;
}

static bool before(const struct explain_mark *mark, const struct explain_mark *other)
{
	return mark_is_set(mark) &&
	       (mark->time_us < other->time_us ||
		(mark->time_us == other->time_us && mark->frame <= other->frame));
}

static uint64_t time_between(const struct explain_attempt *a, const struct explain_mark *from,
			     const struct explain_mark *to)
{
	uint64_t us;

	return a->clock == EXPLAIN_CLOCK_NONE || !mark_measure(from, to, &us) ? 0 : us;
}

/* Where the link ended without the captured host; NULL: it did not, as far as the capture shows. */
static const struct explain_mark *link_lost(const struct explain_attempt *a)
{
	const struct explain_management *m = &a->management;

	if (mark_is_set(&a->disconnected))
		return a->disconnected_by == a->captured_end ? NULL : &a->disconnected;
	return mark_is_set(&m->disconnected) &&
			       (m->disconnect_reason == MANAGEMENT_DISCONNECT_TIMEOUT ||
				m->disconnect_reason == MANAGEMENT_DISCONNECT_REMOTE)
		       ? &m->disconnected
		       : NULL;
}

/* The answer came while there was a link: a program takes its question back when it is lost. */
static bool in_time(const struct explain_attempt *a, const struct explain_mark *answer)
{
	const struct explain_mark *lost = link_lost(a);

	return mark_is_set(answer) && (!lost || before(answer, lost));
}

/* The clocks of the peer and of the capture may differ by half a second. */
#define WAITS_US (SMP_TIMEOUT_US - 500000)

/* The question stayed open until the captured host ended the pairing at end, or had to. */
static bool unanswered(const struct explain_case *c, const struct explain_mark *end)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_management *m = management(c);
	const struct explain_mark *lost = link_lost(a);

	return before(&m->asked, end) && !mark_is_set(&m->agreed) && !before(&m->refused, end) &&
	       (!lost || !before(lost, end) || time_between(a, &m->asked, lost) >= WAITS_US);
}

static const char *question(const struct explain_management *m)
{
	return m->asked_for == MANAGEMENT_PASSKEY_REQUEST ? "for a passkey" : "to confirm";
}

/* The negative reply came without a person. */
static bool was_automatic(const struct explain_case *c)
{
	const struct explain_management *m = management(c);

	return mark_is_set(&m->asked) && in_time(c->attempt, &m->refused) &&
	       c->attempt->clock != EXPLAIN_CLOCK_NONE && !m->asked.untimed &&
	       !m->refused.untimed &&
	       time_between(c->attempt, &m->asked, &m->refused) < NOBODY_ASKED_US;
}

/* It refused because of a value, about which no user is asked. */
static bool computes(const struct explain_attempt *a)
{
	return mark_is_set(&a->failed) &&
	       (a->reason == SMP_CONFIRM_VALUE_FAILED || a->reason == SMP_DHKEY_CHECK_FAILED);
}

bool check_agent_missing(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_management *m = management(c);
	const struct explain_mark *end = own_end(c);
	const int8_t host = c->attempt->captured_end;

	if (!end || mark_is_set(&m->agreed) || mark_is_set(&m->cancelled) || computes(c->attempt))
		return false;
	f->fix = register_agent;
	if (mark_is_set(&m->no_agent))
		check_found(f, host, end->frame,
			    "most likely the captured host itself refused: its program wrote that "
			    "no agent is available, so that nobody could be asked");
	else if (was_automatic(c))
		check_found(f, host, m->refused.frame,
			    "the captured host answered no by itself, %.1f ms after it was asked "
			    "%s: it "
			    "has no agent, or one that may not ask",
			    (double)time_between(c->attempt, &m->asked, &m->refused) / 1e3,
			    question(m));
	else if (unanswered(c, end) && !mark_is_set(&m->refused) && !m->asked.untimed &&
		 !end->untimed && time_between(c->attempt, &m->asked, end) < PATIENCE_US)
		check_found(
			f, host, m->asked.frame,
			"the captured host was asked %s, and no program there answered: no agent "
			"is registered",
			question(m));
	else
		return false;
	check_add_frame(f, m->asked.frame);
	check_add_frame(f, end->frame);
	return true;
}

bool check_user_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_management *m = management(c);
	const struct explain_mark *end = own_end(c);
	const int8_t host = c->attempt->captured_end;

	if (!end || c->explained)
		return false;
	if (before(&m->refused, end) && in_time(c->attempt, &m->refused)) {
		check_found(
			f, host, m->refused.frame,
			"the user of the captured host, or its agent, answered no when asked %s",
			question(m));
	} else if (unanswered(c, end) && time_between(c->attempt, &m->asked, end) >= PATIENCE_US) {
		f->fix = "answer the question in time; if none appeared on the screen, register an "
			 "agent, for instance bluetoothctl with `agent on`";
		check_found(
			f, host, m->asked.frame,
			"the user of the captured host was asked %s and did not answer in %.0f s",
			question(m), (double)time_between(c->attempt, &m->asked, end) / 1e6);
	} else {
		return false;
	}
	check_add_frame(f, m->asked.frame);
	check_add_frame(f, end->frame);
	return true;
}

bool check_user_cancelled(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_management *m = management(c);

	if (!c->failed || !in_time(a, &m->cancelled) ||
	    (mark_is_set(&a->failed) && !before(&m->cancelled, &a->failed)))
		return false;
	check_found(f, a->captured_end, m->cancelled.frame,
		    "the user of the captured host, or its program, cancelled the pairing");
	check_add_frame(f, a->failed.frame);
	return true;
}

/*
 * Just Works asks no user. Linux does so all the same at a responder that has a bond with the peer
 * already; kernels with the fault send their Random first, and never compute the MacKey.
 */
bool check_old_bond_confirmation(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_management *m = management(c);
	const struct smp_features *features = &c->facts->features;

	if (!mark_is_set(&a->failed) || a->reason != SMP_DHKEY_CHECK_FAILED ||
	    a->failed_by != a->captured_end || a->captured_end == EXPLAIN_NOBODY ||
	    m->asked_for != MANAGEMENT_CONFIRM_REQUEST ||
	    (c->facts->has_features ? features->method != SMP_JUST_WORKS : !m->hint))
		return false;
	check_found(
		f, a->captured_end, a->failed.frame,
		"the captured host refused, and most likely computed wrongly: it asked its user "
		"to confirm%s, which Just Works does only when the host has an old bond with "
		"this peer; Linux kernels with a fault there never compute the MacKey, so that "
		"no DHKey Check can be right",
		m->hint ? " (hint 1)" : "");
	check_add_frame(f, a->party[a->captured_end].random.frame);
	check_add_frame(f, a->party[!a->captured_end].check.frame);
	return true;
}

/* What made the end that refused begin, and the frame. */
static const char *own_demand(const struct explain_attempt *a, uint64_t *frame)
{
	if (mark_is_set(&a->security_request) && a->failed_by == EXPLAIN_R &&
	    a->security_request.frame < a->failed.frame) {
		*frame = a->security_request.frame;
		return "its own Security Request";
	}
	if (!mark_is_set(&a->att_refused) || a->att_refused.frame > a->failed.frame)
		return NULL;
	*frame = a->att_refused.frame;
	return a->att_by == a->failed_by ? "its own attribute, which demands security"
					 : "its own access to an attribute that demands security";
}

static bool user_refused_before(const struct explain_attempt *a)
{
	return a->failed_by == a->captured_end && mark_is_set(&a->refused_before);
}

bool check_own_demand_refused(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	uint64_t frame = 0;
	const char *demand;

	if (!mark_is_set(&a->failed) || a->failed_by == EXPLAIN_NOBODY || c->explained ||
	    (a->reason != SMP_PAIRING_NOT_SUPPORTED &&
	     (a->reason != SMP_AUTHENTICATION_REQUIREMENTS || c->facts->has_features)))
		return false;
	demand = own_demand(a, &frame);
	if (!demand)
		return false;
	check_found(f, a->failed_by, a->failed.frame,
		    "the %s began this pairing by %s, and then refused it (0x%02x): it is not "
		    "bondable, or cannot pair at the moment%s",
		    check_role(a->failed_by), demand, a->reason,
		    user_refused_before(a) ? "; its user, or its agent, answered no just before"
					   : "");
	check_add_frame(f, frame);
	if (user_refused_before(a))
		check_add_frame(f, a->refused_before.frame);
	if (a->failed_by == a->captured_end)
		check_add_frame(f, a->host.not_bondable.frame);
	return true;
}

static const char *demanded(uint8_t error)
{
	switch ((enum explain_att_error)error) {
	case EXPLAIN_ATT_AUTHENTICATION:
		return "authentication";
	case EXPLAIN_ATT_AUTHORIZATION:
		return "authorization";
	case EXPLAIN_ATT_KEY_SIZE:
		return "a longer key";
	case EXPLAIN_ATT_ENCRYPTION:
		break;
	}
	return "encryption";
}

bool check_attribute_demand(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;

	if (c->outcome == EXPLAIN_UNEVENTFUL && mark_is_set(&a->att_refused) && a->excerpt &&
	    !mark_is_set(&a->security_request)) {
		f->fix = "pair the two ends, which makes the attribute usable (bluetoothctl: `pair "
			 "ADDRESS`); if they did pair, explain what follows in the trace";
		return check_found(f, a->att_by, a->att_refused.frame,
				   "no pairing follows in this text, although the %s's attribute "
				   "0x%04x demands %s",
				   check_role(a->att_by), a->att_handle, demanded(a->att_error));
	}
	return mark_is_set(&a->att_refused) &&
	       (a->pairing || mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request) ||
		mark_is_set(&a->security_request)) &&
	       (!mark_is_set(&a->encrypted) || a->att_refused.frame < a->encrypted.frame) &&
	       check_found(f, a->att_by, a->att_refused.frame,
			   "it began because the %s's attribute 0x%04x demands %s: %s (0x%02x)",
			   check_role(a->att_by), a->att_handle, demanded(a->att_error),
			   check_att_error_name(a->att_error), a->att_error);
}
