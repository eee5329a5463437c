/* SPDX-License-Identifier: MIT */
#include "sim/radio.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define FIRST_EVENT	 2500 /* microseconds after the connection request: 4.5.3 */
#define SPACE		 150  /* between packets */
#define ESTABLISH_EVENTS 6
#define LL_DATA		 27 /* octets of a data PDU, without its extension */
#define TIMED_OUT	 0x08
#define NOT_ESTABLISHED	 0x3e

struct packet {
	struct packet *next;
	uint64_t posted;
	size_t octets; /* at least 1; those that are not acknowledged yet */
	world_run *run;
	size_t len;
	max_align_t arg[];
};

/* One end of a link, and its acknowledgement and flow control: 4.5.9. */
struct end {
	struct packet *first, **last;
	bool sn, nesn; /* of the next PDU that it sends */
	bool unacked;  /* its last PDU: it sends the same again */
	size_t octets; /* of that one, 0: an empty one */
	bool heard;    /* anything */
	uint64_t at;   /* when it received the last one */
};

/* One for each link, by air_place(). */
struct timing {
	struct end central, peripheral;
	unsigned events;
};

static struct {
	bool on;
	struct radio radio;
	uint64_t random;
	struct timing timings[AIR_LINKS];
} radio;

static void empty(struct end *end)
{
	while (end->first) {
		struct packet *packet = end->first;
		end->first = packet->next;
		free(packet);
	}
	end->last = &end->first;
}

void radio_begin(void)
{
	for (size_t i = 0; i < AIR_LINKS; i++) {
		empty(&radio.timings[i].central);
		empty(&radio.timings[i].peripheral);
	}
	radio.on = false;
}

void radio_on(const struct radio *settings)
{
	radio.on = true;
	radio.radio = *settings;
	radio.random = settings->seed + 1;
	/* Seeds that are near each other must not begin alike. */
	for (int i = 0; i < 2; i++) {
		radio.random *= UINT64_C(0x9e3779b97f4a7c15);
		radio.random ^= radio.random >> 32;
	}
}

bool radio_is_on(void)
{
	return radio.on;
}

/* Xorshift: the same run for the same seed. */
static uint64_t draw(uint64_t below)
{
	radio.random ^= radio.random << 13;
	radio.random ^= radio.random >> 7;
	radio.random ^= radio.random << 17;
	return radio.random % below;
}

static bool draws(unsigned loss)
{
	return loss && draw(1000) < loss;
}

bool radio_loses_advertising(void)
{
	return radio.on && draws(radio.radio.advertising_loss);
}

uint64_t radio_advertising_delay(uint64_t interval)
{
	return radio.on ? interval + draw(10 * WORLD_MS) : interval;
}

/* ---- Connection events ----------------------------------------------------------------------- */

static uint64_t interval_of(const struct air_link *link)
{
	return link->parameters.interval * UINT64_C(1250);
}

uint64_t radio_event(const struct air_link *link, uint64_t at)
{
	return link->anchor_event +
	       (at < link->anchor ? 0 : (at - link->anchor) / interval_of(link));
}

void radio_change(struct air_link *link, const struct air_parameters *parameters)
{
	link->anchor_event = radio_event(link, world_now());
	link->anchor = world_now();
	link->parameters = *parameters;
}

static void begin(struct end *end, uint64_t at)
{
	empty(end);
	*end = (struct end){.last = &end->first, .at = at};
}

static void connection_event(void *arg);

struct event {
	struct air_link *link;
	unsigned serial;
};

/* The first event that begins after now. */
static void expect(struct air_link *link)
{
	const struct event event = {link, link->serial};
	uint64_t now = world_now(), next = link->anchor;

	if (now >= next)
		next += (radio_event(link, now) + 1 - link->anchor_event) * interval_of(link);
	world_post(next - now, connection_event, &event, sizeof(event));
}

void radio_link(struct air_link *link)
{
	struct timing *t = &radio.timings[air_place(link)];

	if (!radio.on)
		return;
	link->anchor = world_now() + FIRST_EVENT;
	begin(&t->central, link->anchor);
	begin(&t->peripheral, link->anchor);
	t->events = 0;
	expect(link);
}

void radio_unlink(struct air_link *link)
{
	struct timing *t = &radio.timings[air_place(link)];

	empty(&t->central);
	empty(&t->peripheral);
}

/* Preamble, access address, header, CRC and, encrypted, MIC: 2.1, 2.4. */
static uint64_t duration(const struct air_link *link, size_t octets)
{
	return 8 * (1U + 4U + 2U + 3U + (octets && link->encrypted ? 4U : 0U) + octets);
}

/* The end's next PDU: the last one again, the next part of a packet that was queued before the
 * event began, or an empty one. */
static size_t next_pdu(const struct end *end, uint64_t began)
{
	if (end->unacked)
		return end->octets;
	if (!end->first || end->first->posted >= began)
		return 0;
	return end->first->octets < LL_DATA ? end->first->octets : LL_DATA;
}

static void acknowledge(struct end *end)
{
	struct packet *packet = end->first;

	end->sn = !end->sn;
	end->unacked = false;
	if (!end->octets)
		return;
	packet->octets -= end->octets;
	if (packet->octets)
		return;
	end->first = packet->next;
	if (!end->first)
		end->last = &end->first;
	free(packet);
}

/* Sends a PDU, which takes effect after delay. False: it was lost. */
static bool pass(struct end *from, struct end *to, size_t octets, uint64_t delay)
{
	from->octets = octets;
	from->unacked = true;
	if (draws(radio.radio.loss))
		return false;
	to->heard = true;
	to->at = world_now();
	if (from->nesn != to->sn && to->unacked)
		acknowledge(to);
	if (from->sn == to->nesn) {
		const struct packet *packet = from->first;
		to->nesn = !to->nesn;
		if (octets && octets == packet->octets)
			world_post(delay, packet->run, packet->arg, packet->len);
	}
	return true;
}

/* The MD bit: data beyond the PDU that it has sent. */
static bool has_more(const struct end *end, uint64_t began)
{
	const struct packet *packet = end->first;

	if (end->unacked && end->octets && packet->octets == end->octets)
		packet = packet->next;
	return packet && packet->posted < began;
}

/* Two of the longest PDUs, and the spaces after them. */
#define LEAST_TIME (2 * (8 * (1U + 4U + 2U + 3U + LL_DATA) + SPACE))

/* In how many intervals all links of the central have one event each. */
static uint64_t round_of(const struct air_link *link)
{
	const uint64_t all = air_links_of(link->central) * (uint64_t)LEAST_TIME;

	return all > interval_of(link) ? (all + interval_of(link) - 1) / interval_of(link) : 1;
}

static bool has_turn(struct air_link *link)
{
	return (radio_event(link, world_now()) + air_place(link)) % round_of(link) == 0;
}

static void exchange(struct air_link *link, struct timing *t)
{
	struct end *const c = &t->central, *const p = &t->peripheral;
	const uint64_t began = world_now();
	const uint64_t limit =
		interval_of(link) * round_of(link) / air_links_of(link->central) - SPACE;
	uint64_t at = 0;

	do {
		const size_t out = next_pdu(c, began);
		size_t in = next_pdu(p, began);
		const uint64_t first = duration(link, out) + SPACE;

		if (at && at + first + duration(link, in) + SPACE > limit)
			return;
		if (!pass(c, p, out, at + first - SPACE))
			return;
		in = next_pdu(p, began);
		at += first + duration(link, in);
		if (!pass(p, c, in, at))
			return;
		at += SPACE;
	} while (has_more(c, began) || has_more(p, began));
}

/* A peripheral that has nothing to send may sleep. */
static bool asleep(const struct air_link *link, const struct timing *t)
{
	return t->peripheral.heard && !t->peripheral.first &&
	       radio_event(link, world_now()) % (link->parameters.latency + 1U) != 0;
}

/* Whether the end gives the link up: 4.5.2. */
static uint8_t gives_up(const struct air_link *link, const struct timing *t, const struct end *end)
{
	if (!end->heard)
		return t->events >= ESTABLISH_EVENTS ? NOT_ESTABLISHED : 0;
	return world_now() - end->at > link->parameters.timeout * 10 * WORLD_MS ? TIMED_OUT : 0;
}

static void connection_event(void *arg)
{
	const struct event *e = arg;
	struct air_link *link = e->link;
	struct timing *t = &radio.timings[air_place(link)];

	if (!link->up || link->serial != e->serial)
		return;
	t->events++;
	if (air_hears(link) && has_turn(link) && !asleep(link, t))
		exchange(link, t);
	const uint8_t central = gives_up(link, t, &t->central);
	const uint8_t peripheral = gives_up(link, t, &t->peripheral);
	expect(link);
	if (central)
		air_leave(link, link->central, central);
	if (peripheral && link->serial == e->serial)
		air_leave(link, link->peripheral, peripheral);
}

void radio_send(struct air_link *link, bool by_central, size_t octets, world_run *run,
		const void *arg, size_t len)
{
	struct timing *t = &radio.timings[air_place(link)];
	struct end *end = by_central ? &t->central : &t->peripheral;
	struct packet *packet = malloc(sizeof(*packet) + len);

	assert_non_null(packet);
	*packet = (struct packet){
		.posted = world_now(), .octets = octets ? octets : 1, .run = run, .len = len};
	memcpy(packet->arg, arg, len);
	*end->last = packet;
	end->last = &packet->next;
}
