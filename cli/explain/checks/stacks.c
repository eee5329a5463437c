/* SPDX-License-Identifier: MIT */
/* Conditions on links on which an end contradicts itself, or that are of the wrong transport. */
#include "checks/conditions.h"
#include "checks/questions.h"
#include "smp/pdu.h"

/* ---- Two stacks on one link ------------------------------------------------------------------ */

/* The last SMP PDU of an end before a step. */
static const struct explain_step *own_before(const struct explain_attempt *a,
					     const struct explain_step *step, int8_t from)
{
	while (step-- > a->steps)
		if (step->layer == EXPLAIN_LAYER_SMP && step->from == from)
			return step;
	return NULL;
}

static const struct explain_step *step_at(const struct explain_attempt *a, uint64_t frame)
{
	for (size_t i = 0; i < a->step_count; i++)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP && a->steps[i].at.frame == frame)
			return &a->steps[i];
	return NULL;
}

static bool answered_twice(const struct explain_attempt *a, struct explain_finding *f)
{
	const struct explain_step *again =
		mark_is_set(&a->second_response) ? step_at(a, a->second_response.frame) : NULL;
	const struct explain_step *before = again ? own_before(a, again, a->second_by) : NULL;

	if (!before)
		return false;
	check_found(f, a->second_by, again->at.frame,
		    "the %s sent Pairing Response after its %s: two stacks answer on one link",
		    check_role(a->second_by), smp_pdu_name((uint8_t)before->code));
	check_add_frame(f, before->at.frame);
	return true;
}

/* A PDU of phase 2 or 3: what an end sends that goes on with a pairing. */
static bool goes_on(const struct explain_step *s)
{
	return s->layer == EXPLAIN_LAYER_SMP && s->from != EXPLAIN_NOBODY &&
	       s->code != SMP_PAIRING_FAILED && s->code != SMP_SECURITY_REQUEST &&
	       s->code != SMP_KEYPRESS_NOTIFICATION;
}

/* After its Pairing Failed, the end answers the other end, which had gone on. */
static bool went_on(const struct explain_attempt *a, struct explain_finding *f)
{
	const struct explain_step *other = NULL;

	if (!mark_is_set(&a->failed))
		return false;
	for (const struct explain_step *s = a->steps; s < a->steps + a->step_count; s++) {
		if (s->at.frame <= a->failed.frame || !goes_on(s))
			continue;
		if (s->from != a->failed_by) {
			other = s;
			continue;
		}
		if (!other)
			return false;
		check_found(f, s->from, s->at.frame,
			    "the %s sent Pairing Failed, and went on with %s all the same: two "
			    "stacks answer on one link, one refuses and the other goes on",
			    check_role(s->from), smp_pdu_name((uint8_t)s->code));
		check_add_frame(f, a->failed.frame);
		check_add_frame(f, other->at.frame);
		return true;
	}
	return false;
}

bool check_two_stacks(const struct explain_case *c, struct explain_finding *f)
{
	return answered_twice(c->attempt, f) || went_on(c->attempt, f);
}

/* ---- The wrong transport --------------------------------------------------------------------- */

bool check_bredr_link(const struct explain_case *c, struct explain_finding *f)
{
	const struct explain_attempt *a = c->attempt;
	int8_t by = mark_is_set(&a->encrypt) ? EXPLAIN_I : EXPLAIN_NOBODY;
	uint64_t frame = a->encrypt.frame;

	if (!a->bredr || c->outcome == EXPLAIN_PAIRED || c->outcome == EXPLAIN_ENCRYPTED)
		return false;
	for (size_t i = a->step_count; i-- > 0;)
		if (a->steps[i].layer == EXPLAIN_LAYER_SMP) {
			by = a->steps[i].from;
			frame = a->steps[i].at.frame;
		}
	return frame && check_found(f, by, frame,
				    "LE pairing or encryption was tried on a BR/EDR link, which "
				    "has its own");
}
