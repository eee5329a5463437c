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
	size_t octets;
	world_run *run;
	size_t len;
	max_align_t arg[];
};

struct line {
	struct packet *first, **last;
};

/* One for each link, by air_place(). */
struct timing {
	struct line central, peripheral;
	bool due;	 /* an event is posted */
	bool heard;	 /* a packet was carried */
	uint64_t silent; /* since when packets were due and none was carried */
	unsigned failed; /* events in a row */
};

static struct {
	bool on;
	struct radio radio;
	uint64_t random;
	struct timing timings[AIR_LINKS];
} radio;

static void empty(struct line *line)
{
	while (line->first) {
		struct packet *packet = line->first;
		line->first = packet->next;
		free(packet);
	}
	line->last = &line->first;
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
	radio.random = settings->seed | UINT64_C(0x9e3779b97f4a7c15) << 1 | 1;
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

void radio_link(struct air_link *link)
{
	struct timing *t = &radio.timings[air_place(link)];

	empty(&t->central);
	empty(&t->peripheral);
	t->due = t->heard = false;
	t->failed = 0;
	t->silent = link->anchor = world_now() + FIRST_EVENT;
}

void radio_unlink(struct air_link *link)
{
	struct timing *t = &radio.timings[air_place(link)];

	empty(&t->central);
	empty(&t->peripheral);
}

struct event {
	struct air_link *link;
	unsigned serial;
};

static void connection_event(void *arg);

/* The first event that begins after now. */
static void expect(struct air_link *link)
{
	struct timing *t = &radio.timings[air_place(link)];
	const struct event event = {link, link->serial};
	uint64_t now = world_now(), next = link->anchor;

	if (t->due)
		return;
	t->due = true;
	if (now >= next)
		next += (radio_event(link, now) + 1 - link->anchor_event) * interval_of(link);
	world_post(next - now, connection_event, &event, sizeof(event));
}

/* Preamble, access address, header, CRC and, encrypted, MIC: 2.1, 2.4. */
static uint64_t duration(const struct air_link *link, size_t octets)
{
	return 8 * (1U + 4U + 2U + 3U + (octets && link->encrypted ? 4U : 0U) + octets);
}

/* The time of a packet, split if it is too long for one PDU, with the empty answers between. */
static uint64_t airtime(const struct air_link *link, size_t octets)
{
	uint64_t time = 0;

	for (; octets > LL_DATA; octets -= LL_DATA)
		time += duration(link, LL_DATA) + SPACE + duration(link, 0) + SPACE;
	return time + duration(link, octets);
}

/* The next packet of a line that was queued before the event began. */
static struct packet *ready(const struct line *line, uint64_t began)
{
	return line->first && line->first->posted < began ? line->first : NULL;
}

static void carry(struct line *line, uint64_t delay)
{
	struct packet *packet = line->first;

	world_post(delay, packet->run, packet->arg, packet->len);
	line->first = packet->next;
	if (!line->first)
		line->last = &line->first;
	free(packet);
}

static bool lost(void)
{
	return draw(1000) < radio.radio.loss;
}

static uint64_t share(const struct air_link *link)
{
	uint64_t interval = interval_of(link);

	return interval / air_links_of(link->central) - SPACE;
}

/* True: a packet was received in the event. */
static bool exchange(struct air_link *link, struct timing *t)
{
	uint64_t began = world_now(), at = 0, limit = share(link);
	bool heard = false;

	for (;;) {
		const struct packet *c = ready(&t->central, began);
		const struct packet *p = ready(&t->peripheral, began);
		uint64_t first = airtime(link, c ? c->octets : 0);
		uint64_t whole = first + SPACE + airtime(link, p ? p->octets : 0) + SPACE;

		if (heard && ((!c && !p) || at + whole > limit))
			return true;
		if (lost())
			return heard;
		if (c)
			carry(&t->central, at + first);
		heard = true;
		at += whole;
		if (lost())
			return true;
		if (p)
			carry(&t->peripheral, at - SPACE);
	}
}

/* A peripheral that has nothing to send may sleep. */
static bool asleep(const struct air_link *link, const struct timing *t)
{
	return t->heard && !t->peripheral.first &&
	       radio_event(link, world_now()) % (link->parameters.latency + 1U) != 0;
}

static void connection_event(void *arg)
{
	const struct event *e = arg;
	struct air_link *link = e->link;
	struct timing *t = &radio.timings[air_place(link)];

	if (!link->up || link->serial != e->serial)
		return;
	t->due = false;
	if (!air_hears(link))
		return; /* one end is gone: the supervision timeout runs */
	if (!asleep(link, t)) {
		if (exchange(link, t)) {
			t->heard = true;
			t->failed = 0;
			t->silent = world_now();
		} else if (++t->failed == ESTABLISH_EVENTS && !t->heard) {
			air_break(link, NOT_ESTABLISHED);
			return;
		} else if (world_now() - t->silent > link->parameters.timeout * 10 * WORLD_MS) {
			air_break(link, TIMED_OUT);
			return;
		}
	}
	if (t->central.first || t->peripheral.first)
		expect(link);
}

void radio_send(struct air_link *link, bool by_central, size_t octets, world_run *run,
		const void *arg, size_t len)
{
	struct timing *t = &radio.timings[air_place(link)];
	struct line *line = by_central ? &t->central : &t->peripheral;
	struct packet *packet = malloc(sizeof(*packet) + len);

	assert_non_null(packet);
	*packet = (struct packet){.posted = world_now(), .octets = octets, .run = run, .len = len};
	memcpy(packet->arg, arg, len);
	/* Silence counts from the first packet that was due. */
	if (!t->central.first && !t->peripheral.first && t->heard)
		t->silent = world_now();
	*line->last = packet;
	line->last = &packet->next;
	expect(link);
}
