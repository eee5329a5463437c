/* SPDX-License-Identifier: MIT */
#include "analyse/sequence.h"

#include <string.h>

#include "smp/pdu.h"

bool sequence_is_key(uint8_t code)
{
	return code >= SMP_ENCRYPTION_INFORMATION && code <= SMP_SIGNING_INFORMATION;
}

/* Key distribution in its order, 3.6.1. */
static const struct {
	uint8_t dist, code;
	bool legacy_only;
} keys_in_order[] = {
	{SMP_DIST_ENC, SMP_ENCRYPTION_INFORMATION, true},
	{SMP_DIST_ENC, SMP_CENTRAL_IDENTIFICATION, true},
	{SMP_DIST_ID, SMP_IDENTITY_INFORMATION, false},
	{SMP_DIST_ID, SMP_IDENTITY_ADDRESS_INFORMATION, false},
	{SMP_DIST_SIGN, SMP_SIGNING_INFORMATION, false},
};

static size_t add(struct explain_beat *beats, size_t n, int8_t from, uint8_t code)
{
	beats[n] = (struct explain_beat){from, code};
	return n + 1;
}

static size_t add_both(struct explain_beat *beats, size_t n, uint8_t code)
{
	return add(beats, add(beats, n, EXPLAIN_I, code), EXPLAIN_R, code);
}

static size_t add_keys(struct explain_beat *beats, size_t n, int8_t from, uint8_t dist, bool sc)
{
	for (size_t i = 0; i < sizeof(keys_in_order) / sizeof(keys_in_order[0]); i++)
		if ((dist & keys_in_order[i].dist) && !(sc && keys_in_order[i].legacy_only))
			n = add(beats, n, from, keys_in_order[i].code);
	return n;
}

size_t sequence_follow(const struct smp_features *f, struct explain_beat *beats, size_t *keys)
{
	bool sc = f->secure_connections;
	bool passkey = f->method == SMP_PASSKEY_WE_SHOW || f->method == SMP_PASSKEY_WE_TYPE ||
		       f->method == SMP_PASSKEY_BOTH_TYPE;
	size_t rounds = sc && passkey ? EXPLAIN_ROUNDS : 1;
	size_t n = add(beats, 0, EXPLAIN_I, SMP_PAIRING_REQUEST);

	n = add(beats, n, EXPLAIN_R, SMP_PAIRING_RESPONSE);
	if (sc)
		n = add_both(beats, n, SMP_PAIRING_PUBLIC_KEY);
	for (size_t i = 0; i < rounds; i++) {
		if (sc && !passkey && f->method != SMP_OOB)
			n = add(beats, n, EXPLAIN_R, SMP_PAIRING_CONFIRM);
		else if (!sc || passkey)
			n = add_both(beats, n, SMP_PAIRING_CONFIRM);
		n = add_both(beats, n, SMP_PAIRING_RANDOM);
	}
	if (sc)
		n = add_both(beats, n, SMP_PAIRING_DHKEY_CHECK);
	*keys = n;
	n = add_keys(beats, n, EXPLAIN_R, f->resp_keys, sc);
	return add_keys(beats, n, EXPLAIN_I, f->init_keys, sc);
}

static size_t find(const struct explain_beat *beats, size_t from, size_t to,
		   const struct explain_step *step, const bool *seen)
{
	for (size_t i = from; i < to; i++)
		if (!seen[i] && beats[i].from == step->from && beats[i].code == step->code)
			return i;
	return SIZE_MAX;
}

/* The first step that ran ahead of beat: it stands before step, but its beat is behind. */
static uint16_t runaway(const uint16_t *steps, size_t beat, size_t beats)
{
	uint16_t earliest = EXPLAIN_NO_STEP;

	for (size_t i = beat + 1; i < beats; i++)
		if (steps[i] < earliest)
			earliest = steps[i];
	return earliest;
}

static void foreign(struct explain_course *c, const struct explain_step *step, uint16_t at)
{
	if (!sequence_is_key((uint8_t)step->code)) {
		if (c->unexpected == EXPLAIN_NO_STEP)
			c->unexpected = at;
		return;
	}
	c->not_negotiated[step->from] |= (uint16_t)(1U << step->code);
	if (c->not_negotiated_step[step->from] == EXPLAIN_NO_STEP)
		c->not_negotiated_step[step->from] = at;
}

static bool counts(const struct explain_step *step)
{
	return step->layer == EXPLAIN_LAYER_SMP && step->code != SMP_PAIRING_FAILED &&
	       step->code != SMP_SECURITY_REQUEST && step->code != SMP_KEYPRESS_NOTIFICATION &&
	       smp_pdu_format((uint8_t)step->code);
}

/* What was never seen: before the last that was, a hole; behind it, what is due. */
static void sum_up(const struct explain_attempt *a, struct explain_course *c,
		   const struct explain_beat *beats, const bool *seen, const uint16_t *steps)
{
	size_t last = 0;

	for (size_t i = 0; i < c->beats; i++) {
		c->done += seen[i];
		if (seen[i])
			last = i + 1;
		else if (i >= c->keys)
			c->keys_missing[beats[i].from] |= (uint16_t)(1U << beats[i].code);
	}
	for (size_t i = 0; i < last && !c->hole; i++) {
		c->hole = !seen[i];
		c->missing = beats[i];
		c->beyond = runaway(steps, i, c->beats);
	}
	c->complete = c->done == c->beats;
	c->phase_2 = last >= c->keys;
	c->due = last < c->beats ? beats[last] : c->missing;
	c->waits_for_encryption = last == c->keys && !mark_is_set(&a->encrypted);
}

void sequence_walk(const struct explain_attempt *a, const struct smp_features *f,
		   struct explain_course *c)
{
	struct explain_beat beats[EXPLAIN_BEATS];
	bool seen[EXPLAIN_BEATS] = {false};
	uint16_t steps[EXPLAIN_BEATS];
	size_t next = 0;

	*c = (struct explain_course){.unexpected = EXPLAIN_NO_STEP,
				     .early = EXPLAIN_NO_STEP,
				     .late = EXPLAIN_NO_STEP,
				     .not_negotiated_step = {EXPLAIN_NO_STEP, EXPLAIN_NO_STEP}};
	memset(steps, 0xff, sizeof(steps));
	c->beats = sequence_follow(f, beats, &c->keys);
	for (uint16_t i = 0; i < a->step_count; i++) {
		const struct explain_step *step = &a->steps[i];
		if (!counts(step))
			continue;
		/* What comes after the failure is another finding. */
		if (mark_is_set(&a->failed) && step->at.frame > a->failed.frame)
			break;
		size_t beat = find(beats, next, c->beats, step, seen);
		if (beat == SIZE_MAX) {
			beat = find(beats, 0, next, step, seen);
			if (beat != SIZE_MAX && c->late == EXPLAIN_NO_STEP) {
				c->late = i;
				c->early = runaway(steps, beat, c->beats);
			}
		} else {
			next = beat + 1;
		}
		if (beat == SIZE_MAX) {
			foreign(c, step, i);
		} else {
			seen[beat] = true;
			steps[beat] = i;
		}
	}
	sum_up(a, c, beats, seen, steps);
}
