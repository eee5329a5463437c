/* SPDX-License-Identifier: MIT */
#include "analyse/sequence.h"

#include "smp/pdu.h"

/* ---- The chart ------------------------------------------------------------------------------- */

enum part {
	PART_NONE,    /* in no chart: it may come at any time, ends the pairing, or is unknown */
	PART_PAIRING, /* phase 1 or 2 */
	PART_KEY,     /* key distribution */
};

static enum part part_of(uint8_t code)
{
	switch ((enum smp_code)code) {
	case SMP_PAIRING_REQUEST:
	case SMP_PAIRING_RESPONSE:
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_PUBLIC_KEY:
	case SMP_PAIRING_DHKEY_CHECK:
		return PART_PAIRING;
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SIGNING_INFORMATION:
		return PART_KEY;
	case SMP_PAIRING_FAILED:
	case SMP_SECURITY_REQUEST:
	case SMP_KEYPRESS_NOTIFICATION:
		break;
	}
	return PART_NONE;
}

bool sequence_is_key(uint8_t code)
{
	return part_of(code) == PART_KEY;
}

bool sequence_is_passkey(enum smp_method method)
{
	switch (method) {
	case SMP_PASSKEY_WE_SHOW:
	case SMP_PASSKEY_WE_TYPE:
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

/* Key distribution in its order, Vol 3 Part H 3.6.1. */
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

static size_t add(struct explain_expected_pdu *expected, size_t n, int8_t from, uint8_t code)
{
	expected[n] = (struct explain_expected_pdu){from, code};
	return n + 1;
}

static size_t add_both(struct explain_expected_pdu *expected, size_t n, uint8_t code)
{
	return add(expected, add(expected, n, EXPLAIN_I, code), EXPLAIN_R, code);
}

static size_t add_keys(struct explain_expected_pdu *expected, size_t n, int8_t from, uint8_t dist,
		       bool sc)
{
	for (size_t i = 0; i < sizeof(keys_in_order) / sizeof(keys_in_order[0]); i++)
		if ((dist & keys_in_order[i].dist) && !(sc && keys_in_order[i].legacy_only))
			n = add(expected, n, from, keys_in_order[i].code);
	return n;
}

size_t sequence_follow(const struct smp_features *f, struct explain_expected_pdu *expected,
		       size_t *keys)
{
	bool sc = f->secure_connections;
	bool passkey = sequence_is_passkey(f->method);
	size_t rounds = sc && passkey ? EXPLAIN_ROUNDS : 1;
	size_t n = add(expected, 0, EXPLAIN_I, SMP_PAIRING_REQUEST);

	n = add(expected, n, EXPLAIN_R, SMP_PAIRING_RESPONSE);
	if (sc)
		n = add_both(expected, n, SMP_PAIRING_PUBLIC_KEY);
	for (size_t i = 0; i < rounds; i++) {
		if (sc && !passkey && f->method != SMP_OOB)
			n = add(expected, n, EXPLAIN_R, SMP_PAIRING_CONFIRM);
		else if (!sc || passkey)
			n = add_both(expected, n, SMP_PAIRING_CONFIRM);
		n = add_both(expected, n, SMP_PAIRING_RANDOM);
	}
	if (sc)
		n = add_both(expected, n, SMP_PAIRING_DHKEY_CHECK);
	*keys = n;
	n = add_keys(expected, n, EXPLAIN_R, f->resp_keys, sc);
	return add_keys(expected, n, EXPLAIN_I, f->init_keys, sc);
}

/* ---- Following it ---------------------------------------------------------------------------- */

struct walk {
	struct explain_expected_pdu expected[EXPLAIN_EXPECTED_PDUS];
	bool seen[EXPLAIN_EXPECTED_PDUS];
	uint16_t steps[EXPLAIN_EXPECTED_PDUS]; /* which step each was; EXPLAIN_NO_STEP: unseen */
};

/* The first expected PDU of this kind that was not seen; SIZE_MAX: none from begin to end. */
static size_t find(const struct walk *w, size_t begin, size_t end, const struct explain_step *step)
{
	for (size_t i = begin; i < end; i++)
		if (!w->seen[i] && w->expected[i].from == step->from &&
		    w->expected[i].code == step->code)
			return i;
	return SIZE_MAX;
}

/* The earliest step that belongs behind index in the chart. */
static uint16_t earliest_behind(const struct walk *w, size_t index, size_t count)
{
	uint16_t earliest = EXPLAIN_NO_STEP;

	for (size_t i = index + 1; i < count; i++)
		if (w->steps[i] < earliest)
			earliest = w->steps[i];
	return earliest;
}

/* A PDU that the chart does not have, or not once more. */
static void add_surplus(struct explain_sequence_progress *p, const struct explain_step *step,
			uint16_t at)
{
	if (!sequence_is_key((uint8_t)step->code)) {
		if (p->unexpected == EXPLAIN_NO_STEP)
			p->unexpected = at;
		return;
	}
	p->not_negotiated[step->from] |= (uint16_t)(1U << step->code);
	if (p->not_negotiated_step[step->from] == EXPLAIN_NO_STEP)
		p->not_negotiated_step[step->from] = at;
}

static void add_step(struct explain_sequence_progress *p, struct walk *w, size_t *next,
		     const struct explain_step *step, uint16_t at)
{
	size_t index = find(w, *next, p->expected, step);

	if (index != SIZE_MAX) {
		*next = index + 1;
	} else {
		index = find(w, 0, *next, step);
		if (index == SIZE_MAX) {
			add_surplus(p, step, at);
			return;
		}
		if (p->late == EXPLAIN_NO_STEP) {
			p->late = at;
			p->early = earliest_behind(w, index, p->expected);
		}
	}
	w->seen[index] = true;
	w->steps[index] = at;
}

/* Unseen PDUs: a hole before the last that was seen; the first one behind it is due. */
static void sum_up(const struct explain_attempt *a, struct explain_sequence_progress *p,
		   const struct walk *w)
{
	size_t last = 0;

	for (size_t i = 0; i < p->expected; i++) {
		p->done += w->seen[i];
		if (w->seen[i])
			last = i + 1;
		else if (i >= p->keys)
			p->keys_missing[w->expected[i].from] |=
				(uint16_t)(1U << w->expected[i].code);
	}
	for (size_t i = 0; i < last && !p->hole; i++)
		if (!w->seen[i]) {
			p->hole = true;
			p->missing = w->expected[i];
			p->beyond = earliest_behind(w, i, p->expected);
		}
	p->complete = p->done == p->expected;
	p->phase_2 = last >= p->keys;
	p->due = last < p->expected ? w->expected[last] : p->missing;
	p->waits_for_encryption = last == p->keys && !mark_is_set(&a->encrypted);
}

void sequence_walk(const struct explain_attempt *a, const struct smp_features *f,
		   struct explain_sequence_progress *p)
{
	struct walk w = {.seen = {false}};
	size_t next = 0;

	*p = (struct explain_sequence_progress){
		.unexpected = EXPLAIN_NO_STEP,
		.early = EXPLAIN_NO_STEP,
		.late = EXPLAIN_NO_STEP,
		.beyond = EXPLAIN_NO_STEP,
		.not_negotiated_step = {EXPLAIN_NO_STEP, EXPLAIN_NO_STEP}};
	for (size_t i = 0; i < EXPLAIN_EXPECTED_PDUS; i++)
		w.steps[i] = EXPLAIN_NO_STEP;
	p->expected = sequence_follow(f, w.expected, &p->keys);
	for (uint16_t i = 0; i < a->step_count; i++) {
		const struct explain_step *step = &a->steps[i];
		if (step->layer != EXPLAIN_LAYER_SMP || step->from == EXPLAIN_NOBODY ||
		    part_of((uint8_t)step->code) == PART_NONE)
			continue;
		/* A request that was sent again before it was answered is one request. */
		if (step->code == SMP_PAIRING_REQUEST && next == 1 && w.seen[0])
			continue;
		/* A PDU after the failure is another finding. */
		if (mark_is_set(&a->failed) && step->at.frame > a->failed.frame)
			break;
		add_step(p, &w, &next, step, i);
	}
	sum_up(a, p, &w);
}
