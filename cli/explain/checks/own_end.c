/* SPDX-License-Identifier: MIT */
/* Conditions on what the captured host knows about its own end: only a run that explains itself. */
#include "checks/conditions.h"
#include "checks/questions.h"

static const struct explain_own_end *own(const struct explain_case *c,
					 enum explain_own_reason reason)
{
	const struct explain_own_end *o = c->attempt->own;

	return o && c->failed && o->reason == reason ? o : NULL;
}

/* The frame that shows it: Pairing Failed, the disconnection, or none. */
static uint64_t last_frame(const struct explain_attempt *a)
{
	return mark_is_set(&a->failed) ? a->failed.frame : a->disconnected.frame;
}

static void advise(struct explain_finding *f, const struct explain_own_end *o)
{
	if (*o->fix)
		f->fix = o->fix;
}

bool check_cancelled_here(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_own_end *o = own(c, EXPLAIN_OWN_CANCELLED);

	if (!o)
		return false;
	advise(f, o);
	return check_found(f, c->attempt->captured_end, last_frame(c->attempt), "%s", o->text);
}

bool check_limit_here(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_own_end *o = own(c, EXPLAIN_OWN_LIMIT);
	const struct explain_attempt *a = c->attempt;
	bool waited = c->turn != EXPLAIN_NOBODY && c->turn != a->captured_end;

	if (!o)
		return false;
	advise(f, o);
	if (!waited)
		return check_found(f, a->captured_end, last_frame(a), "%s", o->text);
	return check_found(f, a->captured_end, last_frame(a), "%s before %s: the %s had to act",
			   o->text, check_awaited(c), check_role(c->turn));
}

/* What the other end sent afterwards did not arrive. */
bool check_controller_failed(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_own_end *o = own(c, EXPLAIN_OWN_CONTROLLER);

	if (!o)
		return false;
	advise(f, o);
	return check_found(f, EXPLAIN_NOBODY, last_frame(c->attempt), "%s", o->text);
}

/* Refusals that the capture alone explains have rows above. */
bool check_refused_here(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	const struct explain_own_end *policy = own(c, EXPLAIN_OWN_POLICY);
	const struct explain_own_end *judgement = own(c, EXPLAIN_OWN_JUDGEMENT);
	const struct explain_own_end *o = policy ? policy : judgement;

	if (!o || c->explained)
		return false;
	advise(f, o);
	return check_found(f, policy ? a->captured_end : (int8_t)!a->captured_end, last_frame(a),
			   "the %s refused%s%s: %s", check_role(a->captured_end),
			   o->policy ? " because of " : "", o->policy ? o->policy : "", o->text);
}
