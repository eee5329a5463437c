/* SPDX-License-Identifier: MIT */
#include "track/links.h"

#include <string.h>

#include "crypto/bytes.h"

struct explain_host *track_host_of(struct explain_links *t, uint16_t source)
{
	for (size_t i = 0; i < EXPLAIN_HOSTS; i++) {
		struct explain_host *host = &t->hosts[i];
		if (host->used && host->source == source)
			return host;
		if (!host->used) {
			*host = (struct explain_host){.used = true, .source = source};
			return host;
		}
	}
	return NULL;
}

/*
 * Never 0. Of HCI: a handle of 12 bits, and the 16 bits of the controller. Of the air: the access
 * address; its highest bit is set, as no key of HCI has it.
 */
static uint32_t key_of(bool air, uint16_t source, uint32_t handle)
{
	return air ? handle | 1U << 31 : (handle & 0xfff) | (uint32_t)source << 12 | 1U << 30;
}

static struct explain_link *find(struct explain_links *t, uint32_t key)
{
	for (size_t i = 0; i < EXPLAIN_LINKS; i++)
		if (t->keys[i] == key)
			return &t->links[i];
	return NULL;
}

struct explain_link *track_link_find(struct explain_links *t, uint16_t source, uint16_t handle)
{
	return find(t, key_of(false, source, handle));
}

struct explain_link *track_link_find_on_air(struct explain_links *t, uint32_t access_address)
{
	return find(t, key_of(true, 0, access_address));
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static void end_attempt(struct explain_links *t, struct explain_attempt *a)
{
	const struct explain_host *host = a->air ? NULL : track_host_of(t, a->source);

	/* The host as it is now, not as it was: it may have asked for its address late. */
	if (host)
		a->host = *host;
	if (a->captured_end != EXPLAIN_NOBODY && !a->party[a->captured_end].has_address &&
	    a->host.has_public) {
		a->party[a->captured_end].has_address = true;
		memcpy(a->party[a->captured_end].address.octets, a->host.public_address, 6);
	}
	explain_attempt_finalize(a);
	t->finished(t->ctx, a);
}

void track_link_next_attempt(struct explain_links *t, struct explain_link *link)
{
	struct explain_attempt was = link->attempt;
	struct explain_attempt *a = &link->attempt;

	a->overtaken = true;
	end_attempt(t, a);
	explain_attempt_init(a, ++t->attempts);
	/* Only the facts of the connection stay. */
	a->air = was.air;
	a->captured_end = was.captured_end;
	a->central = was.central;
	a->source = was.source;
	a->handle = was.handle;
	a->connected = was.connected;
	a->has_interval = was.has_interval;
	a->interval = was.interval;
	a->latency = was.latency;
	a->timeout = was.timeout;
	a->begun_before = was.begun_before;
	for (size_t i = 0; i < 2; i++) {
		a->party[i].has_address = was.party[i].has_address;
		a->party[i].address = was.party[i].address;
	}
	bytes_wipe(&was, sizeof(was));
}

/* ---- Links ----------------------------------------------------------------------------------- */

void track_link_close(struct explain_links *t, struct explain_link *link)
{
	t->keys[link - t->links] = 0;
	end_attempt(t, &link->attempt);
	bytes_wipe(link, sizeof(*link));
}

static void close_cut(struct explain_links *t, struct explain_link *link)
{
	link->attempt.cut = true;
	track_link_close(t, link);
}

/* A free entry, made by closing the link that was silent longest if there is none. */
static struct explain_link *make_room(struct explain_links *t)
{
	struct explain_link *oldest = &t->links[0];

	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (!link->used)
			return link;
		if (link->attempt.last.frame < oldest->attempt.last.frame)
			oldest = link;
	}
	close_cut(t, oldest);
	return oldest;
}

struct explain_link *track_link_open(struct explain_links *t, const struct explain_packet *packet,
				     uint32_t handle)
{
	bool air = packet->kind == EXPLAIN_AIR;
	uint32_t key = key_of(air, packet->source, handle);
	struct explain_link *link = find(t, key);

	if (link)
		close_cut(t, link);
	link = make_room(t);
	link->used = true;
	t->keys[link - t->links] = key;
	t->connections++;
	explain_attempt_init(&link->attempt, ++t->attempts);
	link->attempt.air = air;
	link->attempt.captured_end = air ? EXPLAIN_NOBODY : 0;
	link->attempt.source = packet->source;
	link->attempt.handle = (uint16_t)handle;
	return link;
}

void track_links_close(struct explain_links *t)
{
	for (;;) {
		struct explain_link *next = NULL;
		for (size_t i = 0; i < EXPLAIN_LINKS; i++)
			if (t->links[i].used &&
			    (!next || t->links[i].attempt.id < next->attempt.id))
				next = &t->links[i];
		if (!next)
			return;
		close_cut(t, next);
	}
}
