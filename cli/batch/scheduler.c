/* SPDX-License-Identifier: MIT */
#include "batch/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/host.h"

#define REST_US	      UINT64_C(250000)
#define FRESH_US      30000000 /* a device that was not seen for longer may be gone */
#define SICK_IN_A_ROW 5

/* ---- The policy ------------------------------------------------------------------------------ */

/* clang-format off */
static const struct batch_policy policies[] = {
	/* how it ended        code  tries rest longer see    when */
	{BATCH_NOT_ESTABLISHED, -1,   5,    0, true,  false, "the connection was not established"},
	{BATCH_NO_ANSWER,       -1,   3,    2, false, true,  "the unit does not take the connection"},
	{BATCH_LOST,            -1,   3,    2, true,  false, "the link was lost before the unit was paired"},
	{BATCH_REFUSED,         0x09, 5,    3, true,  false, "the unit refuses: Repeated Attempts"},
	{BATCH_REFUSED,         0x10, 5,    2, true,  false, "the unit refuses: Busy"},
	{BATCH_REFUSED,         0x0d, 3,    2, false, false, "the unit refuses: BR/EDR Pairing in Progress"},
	{BATCH_REFUSED,         0x08, 2,    2, false, false, "the unit refuses: Unspecified Reason"},
	{BATCH_REFUSED,         -1,   1,    0, false, false, "the unit refuses for another reason"},
	{BATCH_UNENCRYPTED,     -1,   2,    2, false, false, "the link could not be encrypted"},
	{BATCH_SMP_TIMEOUT,          -1,   2,    2, false, false, "the unit did not answer for 30 s"},
	{BATCH_WE_REFUSED,      0x09, 5,    3, true,  false, "we refuse: it failed a moment ago, perhaps in another run"},
	{BATCH_WE_REFUSED,      -1,   1,    0, false, false, "we refuse: a check failed, or the policy forbids it"},
	{BATCH_UNIT_TIMEOUT,        -1,   1,    0, false, false, "--unit-timeout is over"},
	{BATCH_INTERNAL_ERROR,          -1,   1,    0, false, false, "something failed here"},
	{BATCH_NOT_SEEN,        -1,   1,    0, false, false, "the unit was not seen"},
	{BATCH_FULL,            -1,   0,    0, false, false, "the controller has no room for one more link"},
	{BATCH_CONTROLLER,      -1,   0,    0, false, false, "the controller failed"},
	{BATCH_CANCELLED,       -1,   0,    0, false, true,  "the run was ended"},
	{BATCH_OK,              -1,   1,    0, false, false, "paired"},
};
/* clang-format on */

const struct batch_policy *batch_policy_row(size_t i)
{
	return i < sizeof(policies) / sizeof(policies[0]) ? &policies[i] : NULL;
}

const struct batch_policy *batch_policy(enum batch_end end, int code)
{
	const struct batch_policy *p = policies;

	while (p->end != end || (p->code >= 0 && p->code != code))
		p++;
	return p;
}

static const struct {
	const char *slug, *name;
} ends[BATCH_ENDS] = {
	[BATCH_OK] = {"paired", "paired"},
	[BATCH_NOT_SEEN] = {"not_seen", "not seen"},
	[BATCH_NO_ANSWER] = {"no_answer", "does not take the connection"},
	[BATCH_NOT_ESTABLISHED] = {"not_established", "connection not established"},
	[BATCH_LOST] = {"lost", "link lost"},
	[BATCH_REFUSED] = {"refused", "the unit refused"},
	[BATCH_UNENCRYPTED] = {"unencrypted", "link not encrypted"},
	[BATCH_SMP_TIMEOUT] = {"silent", "no answer for 30 s"},
	[BATCH_WE_REFUSED] = {"we_refused", "we refused"},
	[BATCH_UNIT_TIMEOUT] = {"too_long", "--unit-timeout over"},
	[BATCH_INTERNAL_ERROR] = {"broken", "failed here"},
	[BATCH_FULL] = {"full", "controller full"},
	[BATCH_CONTROLLER] = {"controller", "controller failed"},
	[BATCH_CANCELLED] = {"cancelled", "cancelled"},
};

const char *batch_end_name(enum batch_end end)
{
	return ends[end].name;
}

const char *batch_end_slug(enum batch_end end)
{
	return ends[end].slug;
}

/* ---- Lines of units -------------------------------------------------------------------------- */

static void line_put(struct batch_line *line, struct batch_unit *unit)
{
	/* A line that is empty, or zeroed, has no last. */
	struct batch_unit **place = line->first ? line->last : &line->first;

	unit->next = NULL;
	unit->link = place;
	*place = unit;
	line->last = &unit->next;
}

static void line_take(struct batch_line *line, struct batch_unit *unit)
{
	*unit->link = unit->next;
	if (unit->next)
		unit->next->link = unit->link;
	else
		line->last = unit->link;
	unit->next = NULL;
	unit->link = NULL;
}

/* ---- Those that are wanted, by key ----------------------------------------------------------- */

static struct batch_line *bucket(const struct batch *b, uint64_t key)
{
	return &b->wanted[(key ^ key >> 32) & b->wanted_mask];
}

static int wanted_room(struct batch *b, size_t count)
{
	size_t mask = b->wanted_mask;
	struct batch_line *old = b->wanted;

	if (old && count <= mask)
		return 0;
	mask = 2 * mask + 1;
	struct batch_line *lines = calloc(mask + 1, sizeof(*lines));
	if (!lines)
		return -1;
	b->wanted = lines;
	for (size_t i = 0; old && i <= b->wanted_mask; i++) {
		struct batch_unit *unit = old[i].first, *next;
		for (; unit; unit = next) {
			next = unit->next;
			line_put(&lines[(unit->key ^ unit->key >> 32) & mask], unit);
		}
	}
	b->wanted_mask = mask;
	free(old);
	return 0;
}

/* ---- Devices by address ---------------------------------------------------------------------- */

static struct batch_peer **peer_place(const struct batch *b, const struct crypto_address *address)
{
	uint64_t key = batch_address_key(address);

	return &b->peers[(key ^ key >> 32) & b->peers_mask];
}

static struct batch_peer *find_peer(const struct batch *b, const struct crypto_address *address)
{
	struct batch_peer *peer = *peer_place(b, address);

	while (peer && !address_equal(&peer->address, address))
		peer = peer->next;
	return peer;
}

static int peers_grow(struct batch *b)
{
	size_t mask = b->peers_mask;
	struct batch_peer **old = b->peers, **grown;

	if (old && b->peer_count <= mask)
		return 0;
	grown = calloc(2 * mask + 2, sizeof(void *));
	if (!grown)
		return -1;
	b->peers = grown;
	b->peers_mask = 2 * mask + 1;
	for (size_t i = 0; old && i <= mask; i++) {
		struct batch_peer *peer = old[i], *next;
		for (; peer; peer = next) {
			next = peer->next;
			struct batch_peer **place = peer_place(b, &peer->address);
			peer->next = *place;
			*place = peer;
		}
	}
	free(old);
	return 0;
}

/* The device of this address is this unit; NULL: it is not to be touched. */
static int set_peer(struct batch *b, const struct crypto_address *address, struct batch_unit *unit)
{
	struct batch_peer *peer = find_peer(b, address);

	if (!peer) {
		peer = calloc(1, sizeof(*peer));
		if (!peer)
			return -1;
		peer->address = *address;
		peer->next = *peer_place(b, address);
		*peer_place(b, address) = peer;
		b->peer_count++;
		if (peers_grow(b))
			return -1;
	}
	peer->unit = unit;
	return 0;
}

int batch_exclude_device(struct batch *b, const struct crypto_address *address, const uint8_t *irk)
{
	if (irk && b->irk_count == b->irk_room) {
		size_t room = b->irk_room ? 2 * b->irk_room : 64;
		uint8_t(*more)[16] = calloc(room, 16);
		if (!more)
			return -1;
		if (b->irk_count)
			memcpy(more, b->irks, 16 * b->irk_count);
		if (b->irks)
			bytes_wipe(b->irks, 16 * b->irk_room);
		free(b->irks);
		b->irks = more;
		b->irk_room = room;
	}
	if (irk)
		memcpy(b->irks[b->irk_count++], irk, 16);
	return set_peer(b, address, NULL);
}

/* A device that was paired, behind a new address. It is looked for only if it would fit. */
static bool is_known(struct batch *b, const struct crypto_address *address)
{
	for (size_t i = 0; address_is_resolvable(address) && i < b->irk_count; i++)
		if (address_resolves(address, b->irks[i])) {
			(void)set_peer(b, address, NULL);
			return true;
		}
	return false;
}

/* ---- The beginning and the end --------------------------------------------------------------- */

int batch_init(struct batch *b, uint64_t now)
{
	memset(b, 0, sizeof(*b));
	b->quiet_since = now;
	return wanted_room(b, 1) || peers_grow(b) ? -1 : 0;
}

void batch_free(struct batch *b)
{
	for (size_t i = 0; b->peers && i <= b->peers_mask; i++) {
		struct batch_peer *peer = b->peers[i], *next;
		for (; peer; peer = next) {
			next = peer->next;
			free(peer);
		}
	}
	while (b->made) {
		struct batch_unit *unit = b->made;
		b->made = unit->made;
		free(unit);
	}
	free(b->peers);
	free(b->wanted);
	if (b->irks)
		bytes_wipe(b->irks, 16 * b->irk_room);
	free(b->irks);
	memset(b, 0, sizeof(*b));
}

static void count(struct batch *b, struct batch_unit *unit, enum batch_state state)
{
	b->counts[unit->state]--;
	unit->state = state;
	b->counts[state]++;
}

/* Takes it out of whatever line it stands in. */
static void step_out(struct batch *b, struct batch_unit *unit)
{
	switch (unit->state) {
	case BATCH_WAITING:
		line_take(bucket(b, unit->key), unit);
		break;
	case BATCH_READY:
		line_take(&b->stations[unit->station].ready, unit);
		b->stations[unit->station].ready_count--;
		break;
	case BATCH_RESTING:
		line_take(&b->rests[unit->rest], unit);
		break;
	case BATCH_ACTIVE:
	case BATCH_PAIRED:
	case BATCH_FAILED:
		break;
	}
}

static void wait(struct batch *b, struct batch_unit *unit)
{
	count(b, unit, BATCH_WAITING);
	unit->seen_by = 0;
	line_put(bucket(b, unit->key), unit);
}

int batch_add(struct batch *b, struct batch_unit *unit)
{
	if (wanted_room(b, ++b->wanted_count))
		return -1;
	unit->key = batch_key(&unit->want, &b->lengths);
	b->total++;
	b->counts[unit->state]++;
	wait(b, unit);
	return 0;
}

void batch_add_paired_before(struct batch *b, struct batch_unit *unit)
{
	b->total++;
	unit->state = BATCH_PAIRED;
	b->counts[unit->state]++;
}

void batch_stop(struct batch *b, enum batch_stop why)
{
	if (b->stop == BATCH_GOING)
		b->stop = why;
}

bool batch_over(const struct batch *b)
{
	return b->stop != BATCH_GOING && b->counts[BATCH_ACTIVE] == 0;
}

/* After every end of a unit: is that all? */
static void judge(struct batch *b)
{
	if (!b->match && b->counts[BATCH_PAIRED] + b->counts[BATCH_FAILED] == b->total)
		batch_stop(b, BATCH_ALL);
	if ((b->until && b->counts[BATCH_PAIRED] >= b->until) ||
	    (b->limit && b->begun >= b->limit && b->open == 0))
		batch_stop(b, BATCH_ENOUGH);
	if (b->in_a_row && b->failed_in_a_row >= b->in_a_row)
		batch_stop(b, BATCH_IN_A_ROW);
}

/* ---- Controllers ----------------------------------------------------------------------------- */

size_t batch_join(struct batch *b)
{
	struct batch_controller_load *s = &b->stations[b->station_count];

	s->limit = b->links && b->links < HCI_LINKS_MAX ? b->links : HCI_LINKS_MAX;
	return b->station_count++;
}

void batch_up(struct batch *b, size_t station)
{
	struct batch_controller_load *s = &b->stations[station];

	s->up = true;
	s->connecting = false;
	s->links = s->in_a_row = 0;
}

/* The station that saw it, is up and has least to do; -1: none. Not the one to avoid, if it can be.
 */
static int choose(const struct batch *b, const struct batch_unit *unit, int avoid)
{
	int best = -1;

	for (size_t i = 0; i < b->station_count; i++) {
		const struct batch_controller_load *s = &b->stations[i];
		if (!(unit->seen_by >> i & 1) || !s->up)
			continue;
		if (best < 0 || best == avoid ||
		    ((int)i != avoid &&
		     s->ready_count + s->links <
			     b->stations[best].ready_count + b->stations[best].links))
			best = (int)i;
	}
	return best;
}

static void get_ready(struct batch *b, struct batch_unit *unit, int avoid)
{
	int station = choose(b, unit, avoid);

	if (station < 0) {
		wait(b, unit);
		return;
	}
	count(b, unit, BATCH_READY);
	unit->station = (uint8_t)station;
	line_put(&b->stations[station].ready, unit);
	b->stations[station].ready_count++;
}

void batch_down(struct batch *b, size_t station)
{
	struct batch_controller_load *s = &b->stations[station];
	struct batch_unit *unit;

	s->up = s->connecting = false;
	s->links = 0;
	while ((unit = s->ready.first)) {
		step_out(b, unit);
		unit->seen_by &= ~(1U << station);
		get_ready(b, unit, -1);
	}
}

bool batch_sick(const struct batch *b, size_t station)
{
	return b->stations[station].in_a_row >= SICK_IN_A_ROW;
}

bool batch_may_reset(struct batch *b, size_t station)
{
	bool may = !b->stations[station].reset;

	b->stations[station].reset = true;
	return may;
}

/* ---- Seeing ---------------------------------------------------------------------------------- */

static struct batch_unit *find_wanted(struct batch *b, const struct batch_advertiser *sight)
{
	uint64_t keys[BATCH_KEYS_MAX];
	size_t n = batch_keys(sight, &b->lengths, keys);

	for (size_t i = 0; i < n; i++)
		for (struct batch_unit *u = bucket(b, keys[i])->first; u; u = u->next)
			if (u->key == keys[i] && batch_fits(&u->want, sight))
				return u;
	return NULL;
}

/* A match makes a unit of whatever fits: its own address is what it is known by. */
static struct batch_unit *make(struct batch *b, const struct batch_advertiser *sight)
{
	struct batch_unit *unit;

	if (!b->match || !batch_fits(b->match, sight))
		return NULL;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->want = *b->match;
	unit->want.has_address = unit->want.typed = true;
	unit->want.address = sight->address;
	if (batch_add(b, unit)) {
		free(unit);
		return NULL;
	}
	unit->made = b->made;
	b->made = unit;
	return unit;
}

void batch_seen(struct batch *b, uint64_t now, size_t station, const struct batch_advertiser *sight)
{
	struct batch_peer *peer = find_peer(b, &sight->address);
	struct batch_unit *unit = peer ? peer->unit : NULL;
	uint32_t bit = 1U << station;

	if (b->stop != BATCH_GOING || !sight->connectable || (peer && !unit))
		return;
	if (unit && !(unit->has_peer && address_equal(&unit->peer, &sight->address)))
		unit = NULL; /* its row went on with another device */
	if (!unit) {
		unit = find_wanted(b, sight);
		if (!unit && !b->match)
			return;
		if (is_known(b, &sight->address))
			return;
		unit = unit ? unit : make(b, sight);
		if (!unit || set_peer(b, &sight->address, unit))
			return;
		unit->has_peer = true;
		unit->peer = sight->address;
	}
	b->quiet_since = now;
	unit->last_seen = now;
	if (unit->state != BATCH_WAITING && (unit->state != BATCH_READY || unit->seen_by & bit)) {
		unit->seen_by |= bit;
		return;
	}
	/* Seen by one more: perhaps it has less to do. */
	step_out(b, unit);
	unit->seen_by |= bit;
	get_ready(b, unit, -1);
}

/* ---- Whom next ------------------------------------------------------------------------------- */

struct batch_unit *batch_next(struct batch *b, uint64_t now, size_t station)
{
	struct batch_controller_load *s = &b->stations[station];
	struct batch_unit *unit;

	if (b->stop != BATCH_GOING || !s->up || s->connecting || s->links >= s->limit)
		return NULL;
	while ((unit = s->ready.first)) {
		if (b->until && b->counts[BATCH_PAIRED] + b->counts[BATCH_ACTIVE] >= b->until)
			return NULL;
		step_out(b, unit);
		if (now - unit->last_seen > FRESH_US ||
		    (b->limit && b->begun >= b->limit && !unit->begun)) {
			wait(b, unit);
			continue;
		}
		break;
	}
	if (!unit)
		return NULL;
	count(b, unit, BATCH_ACTIVE);
	b->begun += !unit->begun;
	b->open += !unit->begun;
	unit->begun = unit->begun ? unit->begun : now;
	unit->linked = false;
	unit->started = now;
	unit->waited = now - unit->last_seen;
	s->connecting = true;
	b->attempts++;
	return unit;
}

void batch_linked(struct batch *b, struct batch_unit *unit)
{
	struct batch_controller_load *s = &b->stations[unit->station];

	unit->linked = true;
	s->connecting = false;
	s->links++;
	s->most = s->links > s->most ? s->links : s->most;
}

/* ---- How it ended ---------------------------------------------------------------------------- */

static void count_cause(struct batch *b, enum batch_end end, int code)
{
	size_t i = 0;

	while (i < b->cause_count && (b->causes[i].end != end || b->causes[i].code != code))
		i++;
	if (i == BATCH_CAUSES)
		i--; /* the last place is for all others */
	if (i == b->cause_count)
		b->cause_count++;
	b->causes[i].end = end;
	b->causes[i].code = code;
	b->causes[i].count++;
}

static bool of_the_radio(enum batch_end end)
{
	return end == BATCH_NO_ANSWER || end == BATCH_NOT_ESTABLISHED || end == BATCH_LOST ||
	       end == BATCH_SMP_TIMEOUT;
}

/* What it says about the controller. */
static void note_station(struct batch_controller_load *s, const struct batch_unit *unit,
			 enum batch_end end)
{
	if (end == BATCH_FULL) {
		s->limit = s->links;
		return;
	}
	if (end == BATCH_OK)
		s->paired++;
	else
		s->failed++;
	if (of_the_radio(end)) {
		s->in_a_row += unit->tries == 1;
	} else if (end != BATCH_CONTROLLER && end != BATCH_CANCELLED) {
		s->in_a_row = 0;
		s->reset = false;
	}
}

static void finish(struct batch *b, struct batch_unit *unit, enum batch_end end, int code)
{
	count(b, unit, end == BATCH_OK ? BATCH_PAIRED : BATCH_FAILED);
	b->open -= unit->begun != 0;
	if (end == BATCH_OK) {
		b->paired_now++;
		b->failed_in_a_row = 0;
	} else {
		count_cause(b, end, code);
		b->failed_in_a_row += end != BATCH_NOT_SEEN;
	}
	judge(b);
}

enum batch_verdict batch_end(struct batch *b, uint64_t now, struct batch_unit *unit,
			     enum batch_end end, int code, uint64_t *due)
{
	struct batch_controller_load *s = &b->stations[unit->station];
	const struct batch_policy *policy;
	unsigned rest;

	/* A controller with no link at all is not full. */
	if (end == BATCH_FULL && !s->links)
		end = BATCH_NOT_ESTABLISHED;
	policy = batch_policy(end, code);
	rest = policy->rest;

	if (unit->state == BATCH_ACTIVE) {
		if (unit->linked && s->links)
			s->links--;
		if (!unit->linked)
			s->connecting = false;
		unit->tries = (uint8_t)(unit->tries + (policy->tries != 0));
		if (s->up)
			note_station(s, unit, end);
	} else {
		step_out(b, unit);
	}
	unit->linked = false;
	b->quiet_since = now;
	*due = now;
	if (end == BATCH_OK || (policy->tries && unit->tries >= policy->tries) ||
	    end == BATCH_NOT_SEEN) {
		finish(b, unit, end, code);
		return BATCH_FINAL;
	}
	for (unsigned i = 1; policy->longer && i < unit->tries; i++)
		rest++;
	rest = rest < BATCH_RESTS ? rest : BATCH_RESTS - 1;
	if (policy->tries)
		*due = now + (REST_US << rest);
	/* No later than it may take. */
	if (b->unit_timeout && policy->tries && *due >= unit->begun + b->unit_timeout) {
		finish(b, unit, end, code);
		return BATCH_FINAL;
	}
	if (policy->see) {
		wait(b, unit);
	} else if (policy->tries) {
		count(b, unit, BATCH_RESTING);
		unit->due = *due;
		unit->rest = (uint8_t)rest;
		line_put(&b->rests[rest], unit);
	} else {
		get_ready(b, unit, unit->station);
	}
	return BATCH_AGAIN;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static bool is_quiet(const struct batch *b)
{
	return b->idle_timeout && b->stop == BATCH_GOING && !b->counts[BATCH_ACTIVE] &&
	       !b->counts[BATCH_READY] && !b->counts[BATCH_RESTING];
}

uint64_t batch_deadline(const struct batch *b)
{
	uint64_t next = is_quiet(b) ? b->quiet_since + b->idle_timeout : UINT64_MAX;

	for (size_t i = 0; i < BATCH_RESTS && b->stop == BATCH_GOING; i++)
		if (b->rests[i].first && b->rests[i].first->due < next)
			next = b->rests[i].first->due;
	return next;
}

void batch_tick(struct batch *b, uint64_t now)
{
	for (size_t i = 0; i < BATCH_RESTS; i++) {
		struct batch_unit *unit;
		while ((unit = b->rests[i].first) && unit->due <= now) {
			line_take(&b->rests[i], unit);
			unit->last_seen = now; /* it was there when it failed */
			get_ready(b, unit, unit->station);
		}
	}
	if (is_quiet(b) && now >= b->quiet_since + b->idle_timeout)
		batch_stop(b, BATCH_NOBODY);
}
