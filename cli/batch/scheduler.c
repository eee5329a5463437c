/* SPDX-License-Identifier: MIT */
#include "batch/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "hci/host.h"

#define REST_US	       UINT64_C(250000)
#define FRESH_US       30000000 /* a device that was not seen for longer may be gone */
#define SUSPECT_IN_ROW 5
#define LOSSES_IN_ROW  5

/* ---- Start and end --------------------------------------------------------------------------- */

int batch_scheduler_init(struct batch_scheduler *s, uint64_t now)
{
	memset(s, 0, sizeof(*s));
	s->idle_since = now;
	return batch_index_init(&s->index);
}

void batch_scheduler_free(struct batch_scheduler *s)
{
	while (s->made) {
		struct batch_unit *unit = s->made;
		s->made = unit->made;
		free(unit);
	}
	batch_index_free(&s->index);
}

void batch_stop(struct batch_scheduler *s, enum batch_stop why)
{
	if (s->stop == BATCH_RUNNING)
		s->stop = why;
}

bool batch_is_over(const struct batch_scheduler *s)
{
	return s->stop != BATCH_RUNNING && s->counts[BATCH_ACTIVE] == 0;
}

static bool limit_is_reached(const struct batch_scheduler *s)
{
	return s->limit && s->begun >= s->limit;
}

/*
 * Stops when only units whose controller is gone are left to work on. Called whenever an attempt
 * has ended, or a controller is gone.
 */
static void check_left(struct batch_scheduler *s)
{
	const size_t left = s->total - s->counts[BATCH_PAIRED] - s->counts[BATCH_FAILED];
	size_t stranded = 0, stranded_open = 0;

	/* The result of an attempt may not be stored yet, though its controller is gone. */
	if (s->more || s->counts[BATCH_ACTIVE])
		return;
	for (size_t i = 0; i < s->controller_count; i++) {
		stranded += s->controllers[i].gone ? s->controllers[i].bound : 0;
		stranded_open += s->controllers[i].gone ? s->controllers[i].open : 0;
	}
	if ((left && !s->match && left == stranded) ||
	    (limit_is_reached(s) && s->open == stranded_open))
		batch_stop(s, BATCH_NO_CONTROLLER);
}

void batch_check_limits(struct batch_scheduler *s)
{
	if (!s->match && !s->more && s->counts[BATCH_PAIRED] + s->counts[BATCH_FAILED] == s->total)
		batch_stop(s, BATCH_ALL_ENDED);
	if ((s->until && s->counts[BATCH_PAIRED] >= s->until) ||
	    (limit_is_reached(s) && s->open == 0))
		batch_stop(s, BATCH_COUNT_REACHED);
	if (s->max_failures && s->failures_in_row >= s->max_failures)
		batch_stop(s, BATCH_MAX_FAILURES);
	check_left(s);
}

/* ---- States of units ------------------------------------------------------------------------- */

static void set_state(struct batch_scheduler *s, struct batch_unit *unit, enum batch_state state)
{
	s->counts[unit->state]--;
	unit->state = state;
	s->counts[state]++;
}

/* Takes the unit out of the queue of its state. */
static void leave_queue(struct batch_scheduler *s, struct batch_unit *unit)
{
	switch (unit->state) {
	case BATCH_WAITING:
		batch_index_remove(&s->index, unit);
		break;
	case BATCH_READY:
		batch_queue_remove(&s->controllers[unit->controller].ready, unit);
		s->controllers[unit->controller].ready_count--;
		break;
	case BATCH_RESTING:
		batch_queue_remove(&s->rests[unit->rest], unit);
		break;
	case BATCH_ACTIVE:
	case BATCH_PAIRED:
	case BATCH_FAILED:
		break;
	}
}

static void make_waiting(struct batch_scheduler *s, struct batch_unit *unit)
{
	set_state(s, unit, BATCH_WAITING);
	unit->seen_by = 0;
	batch_index_insert(&s->index, unit);
}

static void make_resting(struct batch_scheduler *s, struct batch_unit *unit, uint64_t due,
			 unsigned rest)
{
	set_state(s, unit, BATCH_RESTING);
	unit->due = due;
	unit->rest = (uint8_t)rest;
	batch_queue_append(&s->rests[rest], unit);
}

/* Of the controllers that are up and saw the unit, the one with the least to do; -1: none. */
static int choose_controller(const struct batch_scheduler *s, const struct batch_unit *unit,
			     int avoid)
{
	size_t least = 0;
	int best = -1;

	for (size_t i = 0; i < s->controller_count; i++) {
		const struct batch_controller_load *c = &s->controllers[i];
		const size_t load = c->ready_count + c->links + (c->connecting ? 1 : 0);
		if (!(unit->seen_by >> i & 1) || !c->up)
			continue;
		if (best < 0 || best == avoid || ((int)i != avoid && load < least)) {
			best = (int)i;
			least = load;
		}
	}
	return best;
}

/* Puts the unit into the queue of a controller; not of the one to avoid, if another saw it. */
static void make_ready(struct batch_scheduler *s, struct batch_unit *unit, int avoid)
{
	int controller = choose_controller(s, unit, avoid);

	if (controller < 0) {
		make_waiting(s, unit);
		return;
	}
	set_state(s, unit, BATCH_READY);
	unit->controller = (uint8_t)controller;
	batch_queue_append(&s->controllers[controller].ready, unit);
	s->controllers[controller].ready_count++;
}

int batch_add_unit(struct batch_scheduler *s, struct batch_unit *unit)
{
	if (batch_index_register(&s->index, unit))
		return -1;
	s->total++;
	s->counts[unit->state]++;
	make_waiting(s, unit);
	return 0;
}

void batch_bind_unit(struct batch_scheduler *s, struct batch_unit *unit, size_t controller)
{
	unit->bound = (uint8_t)(controller + 1);
	if (unit->state < BATCH_PAIRED)
		s->controllers[controller].bound++;
}

void batch_retry_unit(struct batch_scheduler *s, struct batch_unit *unit)
{
	s->causes[unit->cause].count--;
	s->counts[BATCH_FAILED]--;
	s->total--;
	*unit = (struct batch_unit){.spec = unit->spec};
	batch_index_unregister(&s->index);
	(void)batch_add_unit(s, unit); /* its room is there */
}

void batch_no_more(struct batch_scheduler *s)
{
	s->more = false;
	batch_check_limits(s);
}

void batch_add_paired_before(struct batch_scheduler *s, struct batch_unit *unit)
{
	s->total++;
	unit->state = BATCH_PAIRED;
	s->counts[unit->state]++;
}

int batch_exclude_device(struct batch_scheduler *s, const struct crypto_address *address,
			 const uint8_t *irk)
{
	if (irk && batch_index_exclude_irk(&s->index, irk))
		return -1;
	return batch_index_set_device(&s->index, address, NULL);
}

/* ---- Controllers ----------------------------------------------------------------------------- */

size_t batch_add_controller(struct batch_scheduler *s)
{
	struct batch_controller_load *c = &s->controllers[s->controller_count];

	c->limit = s->links && s->links < HCI_LINKS_MAX ? s->links : HCI_LINKS_MAX;
	c->away = true;
	return s->controller_count++;
}

void batch_controller_up(struct batch_scheduler *s, uint64_t now, size_t controller)
{
	struct batch_controller_load *c = &s->controllers[controller];

	/* Units that only this controller hears could not be seen before. */
	if (!c->up)
		s->idle_since = c->up_since = now;
	c->up = true;
	c->away = false;
	c->gone = c->connecting = false;
	c->links = c->failures_in_row = 0;
}

void batch_controller_down(struct batch_scheduler *s, size_t controller)
{
	struct batch_controller_load *c = &s->controllers[controller];
	struct batch_unit *unit;

	c->away |= c->up;
	c->up = c->connecting = false;
	c->links = 0;
	while ((unit = c->ready.first)) {
		leave_queue(s, unit);
		unit->seen_by &= ~(1U << controller);
		make_ready(s, unit, -1);
	}
}

void batch_controller_gone(struct batch_scheduler *s, uint64_t now, size_t controller)
{
	struct batch_controller_load *c = &s->controllers[controller];

	if (c->away)
		s->idle_since = now;
	c->away = false;
	c->gone = true;
	check_left(s);
}

bool batch_is_unheard(const struct batch_scheduler *s, const struct batch_unit *unit)
{
	bool away = false;

	for (size_t i = 0; i < s->controller_count; i++) {
		if (!batch_unit_allows(unit, i))
			continue;
		if (s->controllers[i].up)
			return false;
		away |= s->controllers[i].away;
	}
	return away;
}

uint64_t batch_heard_since(const struct batch_scheduler *s, const struct batch_unit *unit)
{
	uint64_t since = 0;

	for (size_t i = 0; i < s->controller_count; i++) {
		const struct batch_controller_load *c = &s->controllers[i];
		if (batch_unit_allows(unit, i) && c->up && (!since || c->up_since < since))
			since = c->up_since;
	}
	return since;
}

bool batch_is_stranded(const struct batch_scheduler *s, const struct batch_unit *unit)
{
	return unit->bound && s->controllers[unit->bound - 1].gone;
}

bool batch_is_suspect(const struct batch_scheduler *s, size_t controller)
{
	return s->controllers[controller].failures_in_row >= SUSPECT_IN_ROW;
}

unsigned batch_count_reset(struct batch_scheduler *s, size_t controller)
{
	return s->controllers[controller].resets++;
}

bool batch_may_return(struct batch_scheduler *s, size_t controller)
{
	return s->controllers[controller].losses++ < LOSSES_IN_ROW;
}

/* ---- Devices seen ---------------------------------------------------------------------------- */

/* A match makes a unit of each device that it matches; the unit is named by the address. */
static struct batch_unit *make_unit(struct batch_scheduler *s,
				    const struct batch_advertiser *advertiser)
{
	struct batch_unit *unit;

	if (!s->match || !batch_matches(s->match, advertiser))
		return NULL;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->spec = *s->match;
	unit->spec.has_address = unit->spec.typed = true;
	unit->spec.address = advertiser->address;
	if (batch_add_unit(s, unit)) {
		free(unit);
		return NULL;
	}
	unit->made = s->made;
	s->made = unit;
	return unit;
}

/* The unit that a device seen for the first time is; NULL: none. */
static struct batch_unit *identify(struct batch_scheduler *s, size_t controller,
				   const struct batch_advertiser *advertiser)
{
	struct batch_unit *unit = batch_index_find(&s->index, controller, advertiser);

	if (!unit && !s->match)
		return NULL;
	/* Resolving takes long: only now, and once for each address. */
	if (batch_index_resolves(&s->index, &advertiser->address)) {
		(void)batch_index_set_device(&s->index, &advertiser->address, NULL);
		return NULL;
	}
	unit = unit ? unit : make_unit(s, advertiser);
	if (!unit || batch_index_set_device(&s->index, &advertiser->address, unit))
		return NULL;
	unit->peer = advertiser->address;
	return unit;
}

void batch_saw(struct batch_scheduler *s, uint64_t now, size_t controller,
	       const struct batch_advertiser *advertiser)
{
	const struct batch_device *device = batch_index_device(&s->index, &advertiser->address);
	struct batch_unit *unit = device ? device->unit : NULL;
	const uint32_t bit = 1U << controller;

	if (advertiser->target != OWN_TARGET_US) {
		unit = unit ? unit : batch_index_find(&s->index, controller, advertiser);
		if (unit)
			unit->passed_over = advertiser->target;
		return;
	}
	if (s->stop != BATCH_RUNNING || !advertiser->connectable || (device && !unit))
		return;
	/* The unit may be another device by now. */
	if (!unit || !address_equal(&unit->peer, &advertiser->address))
		unit = identify(s, controller, advertiser);
	if (!unit || !batch_unit_allows(unit, controller))
		return;
	s->idle_since = now;
	unit->last_seen = now;
	unit->phy = advertiser->phy;
	unit->passed_over = OWN_TARGET_US;
	if (unit->state == BATCH_WAITING ||
	    (unit->state == BATCH_READY && !(unit->seen_by & bit))) {
		/* This controller may have less to do. */
		leave_queue(s, unit);
		unit->seen_by |= bit;
		make_ready(s, unit, -1);
	}
	unit->seen_by |= bit;
}

/* ---- The next unit --------------------------------------------------------------------------- */

/* Whether a ready unit can be connected now: it is still there, and --limit allows it. */
static bool may_start(const struct batch_scheduler *s, const struct batch_unit *unit, uint64_t now)
{
	return now - unit->last_seen <= FRESH_US && (unit->begun || !limit_is_reached(s));
}

static struct batch_unit *take_ready(struct batch_scheduler *s, uint64_t now,
				     const struct batch_controller_load *c)
{
	struct batch_unit *unit;

	while ((unit = c->ready.first)) {
		leave_queue(s, unit);
		if (may_start(s, unit, now))
			return unit;
		make_waiting(s, unit);
	}
	return NULL;
}

struct batch_unit *batch_next(struct batch_scheduler *s, uint64_t now, size_t controller)
{
	struct batch_controller_load *c = &s->controllers[controller];
	struct batch_unit *unit;

	if (s->stop != BATCH_RUNNING || !c->up || c->connecting || c->links >= c->limit)
		return NULL;
	/* The active units may be enough. */
	if (s->until && s->counts[BATCH_PAIRED] + s->counts[BATCH_ACTIVE] >= s->until)
		return NULL;
	unit = take_ready(s, now, c);
	if (!unit)
		return NULL;
	set_state(s, unit, BATCH_ACTIVE);
	if (!unit->begun) {
		s->begun++;
		s->open++;
		if (unit->bound)
			s->controllers[unit->bound - 1].open++;
	}
	/* What it lost to its controller is not its own time. */
	if (!unit->begun || unit->interrupted)
		unit->begun = now;
	unit->interrupted = false;
	unit->linked = false;
	unit->started = now;
	unit->waited = now - unit->last_seen;
	c->connecting = true;
	s->attempts++;
	return unit;
}

void batch_linked(struct batch_scheduler *s, struct batch_unit *unit)
{
	struct batch_controller_load *c = &s->controllers[unit->controller];

	unit->linked = true;
	c->connecting = false;
	c->links++;
	c->most = c->links > c->most ? c->links : c->most;
}

/* ---- The end of an attempt ------------------------------------------------------------------- */

/* Returns its index. */
static size_t count_cause(struct batch_scheduler *s, enum batch_end end, int code)
{
	size_t i = 0;

	while (i < s->cause_count && (s->causes[i].end != end || s->causes[i].code != code))
		i++;
	if (i == BATCH_CAUSES)
		i--;
	if (i == s->cause_count) {
		s->cause_count++;
		s->causes[i].end = end;
		s->causes[i].code = code;
	}
	s->causes[i].count++;
	return i;
}

static bool is_radio_failure(enum batch_end end)
{
	return end == BATCH_NO_ANSWER || end == BATCH_NOT_ESTABLISHED || end == BATCH_LOST ||
	       end == BATCH_SMP_TIMEOUT;
}

/* What the end of an attempt shows about the controller. */
static void rate_controller(struct batch_controller_load *c, const struct batch_unit *unit,
			    enum batch_end end)
{
	if (end == BATCH_CONTROLLER_FULL) {
		c->limit = c->links;
		return;
	}
	if (end == BATCH_SUCCEEDED)
		c->paired++;
	else
		c->failed++;
	if (is_radio_failure(end)) {
		c->failures_in_row += unit->tries == 1;
	} else if (end != BATCH_CONTROLLER_FAILED && end != BATCH_CANCELLED) {
		c->failures_in_row = 0;
		c->resets = c->losses = 0;
	}
}

static enum batch_verdict finish(struct batch_scheduler *s, struct batch_unit *unit,
				 enum batch_end end, int code)
{
	set_state(s, unit, end == BATCH_SUCCEEDED ? BATCH_PAIRED : BATCH_FAILED);
	s->open -= unit->begun != 0;
	if (unit->bound) {
		s->controllers[unit->bound - 1].bound--;
		s->controllers[unit->bound - 1].open -= unit->begun != 0;
	}
	if (end == BATCH_SUCCEEDED) {
		s->failures_in_row = 0;
	} else {
		unit->cause = (uint8_t)count_cause(s, end, code);
		s->failures_in_row += end != BATCH_NOT_SEEN;
	}
	batch_check_limits(s);
	return BATCH_FINAL;
}

/* Index of the rest that follows: doubled for each attempt so far, if the policy says so. */
static unsigned rest_after(const struct batch_policy *policy, const struct batch_unit *unit)
{
	unsigned rest = policy->rest + (policy->longer ? unit->tries - 1U : 0);

	return rest < BATCH_RESTS ? rest : BATCH_RESTS - 1;
}

static void leave_active(struct batch_scheduler *s, struct batch_unit *unit, enum batch_end end,
			 bool counts)
{
	struct batch_controller_load *c = &s->controllers[unit->controller];

	/* A controller that is down has no links any more. */
	if (unit->linked && c->links)
		c->links--;
	if (!unit->linked)
		c->connecting = false;
	unit->linked = false;
	unit->tries = (uint8_t)(unit->tries + counts);
	unit->interrupted = end == BATCH_CONTROLLER_FAILED;
	c->interrupted += unit->interrupted;
	s->interrupted += unit->interrupted;
	if (c->up)
		rate_controller(c, unit, end);
}

/* The controller of the unit may be gone by now, and nothing else be left. */
static enum batch_verdict try_again(struct batch_scheduler *s)
{
	check_left(s);
	return BATCH_AGAIN;
}

enum batch_verdict batch_attempt_ended(struct batch_scheduler *s, uint64_t now,
				       struct batch_unit *unit, enum batch_end end, int code,
				       uint64_t *due)
{
	const struct batch_policy *policy;
	unsigned rest;

	/* A controller without any link is not full. */
	if (end == BATCH_CONTROLLER_FULL && !s->controllers[unit->controller].links)
		end = BATCH_NOT_ESTABLISHED;
	policy = batch_policy(end, code);
	if (unit->state == BATCH_ACTIVE)
		leave_active(s, unit, end, policy->tries != 0);
	else
		leave_queue(s, unit);
	s->idle_since = now;
	*due = now;
	if (end == BATCH_SUCCEEDED || end == BATCH_NOT_SEEN)
		return finish(s, unit, end, code);
	if (!policy->tries) {
		if (policy->see)
			make_waiting(s, unit);
		else
			make_ready(s, unit, unit->controller);
		return try_again(s);
	}
	rest = rest_after(policy, unit);
	*due = now + (REST_US << rest);
	if (unit->tries >= policy->tries ||
	    (s->unit_timeout && *due >= unit->begun + s->unit_timeout))
		return finish(s, unit, end, code);
	if (policy->see)
		make_waiting(s, unit);
	else
		make_resting(s, unit, *due, rest);
	return try_again(s);
}

/* ---- Time ------------------------------------------------------------------------------------ */

/* True while nothing can happen unless a unit is seen. */
static bool is_idle(const struct batch_scheduler *s)
{
	for (size_t i = 0; i < s->controller_count; i++)
		if (s->controllers[i].away)
			return false;
	return s->idle_timeout && s->stop == BATCH_RUNNING && !s->counts[BATCH_ACTIVE] &&
	       !s->counts[BATCH_READY] && !s->counts[BATCH_RESTING];
}

uint64_t batch_deadline(const struct batch_scheduler *s)
{
	uint64_t next = is_idle(s) ? s->idle_since + s->idle_timeout : UINT64_MAX;

	for (size_t i = 0; i < BATCH_RESTS && s->stop == BATCH_RUNNING; i++)
		if (s->rests[i].first && s->rests[i].first->due < next)
			next = s->rests[i].first->due;
	return next;
}

void batch_tick(struct batch_scheduler *s, uint64_t now)
{
	for (size_t i = 0; i < BATCH_RESTS; i++) {
		struct batch_unit *unit;
		while ((unit = s->rests[i].first) && unit->due <= now) {
			leave_queue(s, unit);
			unit->last_seen = now; /* it was there when its attempt failed */
			make_ready(s, unit, unit->controller);
		}
	}
	if (is_idle(s) && now >= s->idle_since + s->idle_timeout)
		batch_stop(s, BATCH_NONE_SEEN);
}
