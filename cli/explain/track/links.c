/* SPDX-License-Identifier: MIT */
#include "track/links.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyse/management.h"
#include "crypto/bytes.h"
#include "hci/error.h"

/* A program writes its note within this time of the pairing. */
#define NOTE_US 5000000

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
	if (t->sought != key) {
		t->sought = key;
		t->found = 0;
		while (t->found < EXPLAIN_LINKS && t->keys[t->found] != key)
			t->found++;
	}
	return t->found < EXPLAIN_LINKS ? &t->links[t->found] : NULL;
}

/* All keys are set here. */
static void set_key(struct explain_links *t, const struct explain_link *link, uint32_t key)
{
	t->keys[link - t->links] = key;
	t->sought = 0;
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

/* A note has no controller: it belongs to a pairing of about its time. */
static void take_note(struct explain_links *t, struct explain_attempt *a)
{
	const uint64_t at = t->no_agent.time_us;

	if (!mark_is_set(&t->no_agent) || mark_is_set(&a->management.no_agent) ||
	    (!a->pairing && !mark_is_set(&a->security_request)) ||
	    (a->clock != EXPLAIN_CLOCK_NONE &&
	     (at + NOTE_US < a->first.time_us || at > a->last.time_us + NOTE_US)))
		return;
	a->management.no_agent = t->no_agent;
	t->no_agent = (struct explain_mark){0};
}

static void end_attempt(struct explain_links *t, struct explain_attempt *a)
{
	const struct explain_host *host = a->air ? NULL : track_host_of(t, a->source);

	if (!a->air)
		take_note(t, a);

	/* The host as it is now, not as it was: it may have asked for its address late. */
	if (host)
		a->host = *host;
	if (host && host->android)
		a->system = EXPLAIN_SYSTEM_ANDROID;
	a->bredr |= !a->air && !mark_is_set(&a->disconnected) &&
		    track_bredr_has(&t->bredr, a->source, a->handle);
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
	struct explain_attempt was, *a = &link->attempt;

	explain_attempt_copy(&was, a);
	a->cut = EXPLAIN_CUT_BY_ATTEMPT;
	end_attempt(t, a);
	explain_attempt_wipe(a);
	explain_attempt_init(a, ++t->attempts);
	/* Only the facts of the connection stay. */
	a->air = was.air;
	a->captured_end = was.captured_end;
	a->central = was.central;
	a->system = was.system;
	a->excerpt = was.excerpt;
	a->source = was.source;
	a->handle = was.handle;
	a->connected = was.connected;
	a->has_interval = was.has_interval;
	a->interval = was.interval;
	a->latency = was.latency;
	a->timeout = was.timeout;
	a->begun_before = was.begun_before;
	if (link->over) { /* late data: of this connection, which has ended */
		a->disconnected = was.disconnected;
		a->disconnected_by = was.disconnected_by;
		a->disconnect_reason = was.disconnect_reason;
	}
	a->follows = true;
	a->bredr = was.bredr;
	if (mark_is_set(&was.encrypted) && was.att_refused.frame > was.encrypted.frame) {
		a->att_refused = was.att_refused;
		a->att_by = was.att_by;
		a->att_request = was.att_request;
		a->att_handle = was.att_handle;
		a->att_error = was.att_error;
	}
	a->refused_before =
		mark_is_set(&was.management.refused) ? was.management.refused : was.refused_before;
	a->interrupts = was.pairing && !mark_is_set(&was.failed) &&
			(!mark_is_set(&was.encrypted) || was.encrypt_status);
	for (size_t i = 0; i < 2; i++) {
		a->party[i].has_address = was.party[i].has_address;
		a->party[i].address = was.party[i].address;
		a->party[i].is_reported = was.party[i].is_reported;
		a->party[i].reported = was.party[i].reported;
	}
	explain_attempt_wipe(&was);
}

void track_link_fail_renewal(struct explain_links *t, struct explain_link *link)
{
	struct explain_attempt *a = &link->attempt;
	struct explain_renewal renewal;

	if (!mark_is_set(&link->renewal.request) || !mark_is_set(&a->encrypted) ||
	    a->encrypt_status)
		return;
	renewal = link->renewal;
	link->renewal = (struct explain_renewal){0};
	track_link_next_attempt(t, link);
	a->first = renewal.request;
	*(renewal.of_host ? &a->encrypt : &a->ltk_request) = renewal.request;
	memcpy(a->encrypt_rand, renewal.rand, 8);
	memcpy(a->encrypt_ediv, renewal.ediv, 2);
	a->has_encrypt_key = renewal.has_key;
	memcpy(a->encrypt_key, renewal.key, 16);
	bytes_wipe(&renewal, sizeof(renewal));
}

/* Reasons with which a link ends whose encryption does not start anew: Vol 6 Part B 5.1.3.1. */
static bool ends_by_encryption(uint8_t reason)
{
	return reason == HCI_AUTHENTICATION_FAILURE || reason == HCI_PIN_OR_KEY_MISSING ||
	       reason == HCI_MIC_FAILURE || reason == HCI_LL_RESPONSE_TIMEOUT;
}

void track_link_end_renewal(struct explain_links *t, struct explain_link *link,
			    const struct explain_packet *packet, uint8_t reason)
{
	struct explain_attempt *a = &link->attempt;

	if (!mark_is_set(&link->renewal.request) || !ends_by_encryption(reason))
		return;
	track_link_fail_renewal(t, link);
	/* The peer has no key, and its link layer ends the link instead of refusing. */
	if (reason == HCI_PIN_OR_KEY_MISSING) {
		a->encrypted = mark_of(packet);
		a->encrypt_status = reason;
	}
}

void track_link_report(struct explain_links *t, struct explain_link *link, uint64_t now_us)
{
	struct explain_attempt so_far;

	explain_attempt_copy(&so_far, &link->attempt);
	/* Silence up to now counts. */
	if (so_far.last.time_us < now_us)
		so_far.last.time_us = now_us;
	end_attempt(t, &so_far);
	link->attempt.reported = true;
	explain_attempt_wipe(&so_far);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* What a controller and its host have under way when a link ends comes within this time... */
#define LATE_US 100000
/* ...or, in a capture without times, within so many packets; an excerpt leaves packets out. */
#define LATE_PACKETS 10

/* The index of a link that has ended; EXPLAIN_ENDED: none. */
static size_t ended_of(const struct explain_links *t, uint32_t key)
{
	size_t i = 0;

	while (i < EXPLAIN_ENDED && t->ended[i].key != key)
		i++;
	return i;
}

static uint32_t key_in(const struct explain_packet *packet, uint32_t handle)
{
	return key_of(packet->kind == EXPLAIN_AIR, packet->source, handle);
}

bool track_may_be_late(const struct explain_mark *event, const struct explain_packet *packet)
{
	if (packet->clock == EXPLAIN_CLOCK_NONE)
		return !packet->excerpt && packet->number <= event->frame + LATE_PACKETS;
	return packet->time_us <= event->time_us + LATE_US;
}

bool track_link_has_ended(const struct explain_links *t, const struct explain_packet *packet,
			  uint16_t handle)
{
	const size_t i = ended_of(t, key_in(packet, handle));

	if (i == EXPLAIN_ENDED || t->ended[i].open)
		return i < EXPLAIN_ENDED && !t->ended[i].idle;
	return track_may_be_late(&t->ended[i].at, packet);
}

/* The link that had this key, has ended and is still here. */
static struct explain_link *over_link(struct explain_links *t, uint32_t key)
{
	for (size_t i = 0; t->over && i < EXPLAIN_LINKS; i++)
		if (t->links[i].used && t->links[i].over && t->links[i].was == key)
			return &t->links[i];
	return NULL;
}

struct explain_link *track_link_late(struct explain_links *t, const struct explain_packet *packet,
				     uint16_t handle)
{
	struct explain_link *link = over_link(t, key_in(packet, handle));

	return link && track_may_be_late(&link->attempt.disconnected, packet) ? link : NULL;
}

bool track_link_is_left(const struct explain_links *t, const struct explain_packet *packet,
			uint32_t handle)
{
	const size_t i = ended_of(t, key_in(packet, handle));

	return i < EXPLAIN_ENDED && t->ended[i].open && !t->ended[i].idle;
}

bool track_link_note_end(struct explain_links *t, const struct explain_packet *packet,
			 uint32_t handle)
{
	const size_t i = ended_of(t, key_in(packet, handle));

	if (i == EXPLAIN_ENDED || !t->ended[i].open)
		return false;
	t->ended[i].open = false;
	t->ended[i].at = mark_of(packet);
	return true;
}

/* A link with this key begins: the one that ended before is of no interest any more. */
static void forget_ended(struct explain_links *t, uint32_t key)
{
	const size_t i = ended_of(t, key);

	if (i < EXPLAIN_ENDED)
		t->ended[i].key = 0;
}

/* A pairing or an encryption is under way. */
static bool is_busy(const struct explain_attempt *a)
{
	return (a->pairing || mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request)) &&
	       !mark_is_set(&a->failed) && !mark_is_set(&a->encrypted);
}

/* open: the connection goes on. */
static void remember(struct explain_links *t, const struct explain_link *link, bool open)
{
	const uint32_t key = t->keys[link - t->links];

	if (!key)
		return;
	forget_ended(t, key);
	t->ended[t->ended_next].key = key;
	t->ended[t->ended_next].open = open;
	/* On air any PDU would join it again. */
	t->ended[t->ended_next].idle = !link->attempt.air && !is_busy(&link->attempt);
	t->ended[t->ended_next].at = link->attempt.last;
	t->ended_next = (uint8_t)((t->ended_next + 1) % EXPLAIN_ENDED);
}

/* The connection has ended: its handle is free. */
static void forget_key(struct explain_links *t, const struct explain_link *link)
{
	remember(t, link, false);
	set_key(t, link, 0);
}

static void wipe(struct explain_links *t, struct explain_link *link)
{
	if (link->over)
		t->over--;
	set_key(t, link, 0);
	end_attempt(t, &link->attempt);
	explain_attempt_wipe(&link->attempt);
	bytes_wipe(link, offsetof(struct explain_link, attempt));
}

void track_link_close(struct explain_links *t, struct explain_link *link)
{
	forget_key(t, link);
	wipe(t, link);
}

void track_link_cut(struct explain_links *t, struct explain_link *link, enum explain_cut cut)
{
	if (!link->over)
		link->attempt.cut = cut;
	wipe(t, link);
}

/* The address and the reason of an end come from the kernel, if the capture has it. */
void track_link_end(struct explain_links *t, struct explain_link *link)
{
	const struct explain_attempt *a = &link->attempt;
	struct explain_host *host = a->air ? NULL : track_host_of(t, a->source);

	if (host)
		host->ended = a->last;
	/* Its handle is free for another link from now on. */
	link->attempt.bredr |= !a->air && track_bredr_has(&t->bredr, a->source, a->handle);
	if (!host) {
		track_link_close(t, link);
		return;
	}
	link->was = t->keys[link - t->links];
	forget_key(t, link);
	link->over = true;
	t->over++;
}

/* The link that ended first of those that are still here; NULL: none. */
static struct explain_link *first_over(struct explain_links *t)
{
	struct explain_link *first = NULL;

	for (size_t i = 0; t->over && i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (link->used && link->over &&
		    (!first ||
		     link->attempt.disconnected.frame < first->attempt.disconnected.frame))
			first = link;
	}
	return first;
}

void track_links_pass(struct explain_links *t, const struct explain_packet *packet)
{
	struct explain_link *link;

	while ((link = first_over(t)) && !track_may_be_late(&link->attempt.disconnected, packet))
		track_link_close(t, link);
}

void track_links_flush(struct explain_links *t)
{
	struct explain_link *link;

	while ((link = first_over(t)))
		track_link_close(t, link);
}

/* True for the link that makes room rather than the other. */
static bool is_dispensable(const struct explain_attempt *a, const struct explain_attempt *other)
{
	if (is_busy(a) != is_busy(other))
		return is_busy(other);
	return a->last.frame < other->last.frame;
}

static struct explain_link *make_room(struct explain_links *t)
{
	struct explain_link *oldest = &t->links[0], *over;

	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (!link->used)
			return link;
		if (is_dispensable(&link->attempt, &oldest->attempt))
			oldest = link;
	}
	over = first_over(t);
	if (over) {
		track_link_close(t, over);
		return over;
	}
	remember(t, oldest, true);
	track_link_cut(t, oldest, EXPLAIN_CUT_BY_CROWD);
	return oldest;
}

static void cut_links_of(struct explain_links *t, uint16_t source, enum explain_cut cut)
{
	track_links_flush(t);
	for (size_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_link *link = &t->links[i];
		if (link->used && !link->attempt.air && link->attempt.source == source)
			track_link_cut(t, link, cut);
	}
}

/* Clocks that start with the capture never go back; one of the day may be set by a second. */
#define STEP_BACK_US	  1000000
#define CLOCK_SET_BACK_US 60000000

static bool goes_back(const struct explain_mark *last, const struct explain_packet *packet)
{
	if (packet->number && packet->number < last->frame)
		return true;
	if (packet->time_us >= last->time_us)
		return false;
	return last->time_us - packet->time_us >
	       (packet->clock == EXPLAIN_CLOCK_LOCAL || packet->clock == EXPLAIN_CLOCK_UNIX
			? CLOCK_SET_BACK_US
			: STEP_BACK_US);
}

void track_host_moment(struct explain_links *t, const struct explain_packet *packet)
{
	struct explain_host *host = track_host_of(t, packet->source);
	uint64_t last;

	if (!host)
		return;
	last = host->last.frame;
	if (mark_is_set(&host->last) && goes_back(&host->last, packet)) {
		cut_links_of(t, packet->source, EXPLAIN_CUT_BY_MOMENT);
		track_bredr_restart(&t->bredr, packet->source);
		for (size_t i = 0; i < EXPLAIN_ENCRYPTIONS; i++)
			if ((t->encryptions[i].key & ~0xfffU) == key_of(false, packet->source, 0))
				t->encryptions[i].key = 0;
		for (size_t i = 0; i < EXPLAIN_NAMED; i++)
			t->named[i].used &= t->named[i].source != packet->source;
		for (size_t i = 0; i < sizeof(t->ended) / sizeof(t->ended[0]); i++)
			if ((t->ended[i].key & ~0xfffU) == key_of(false, packet->source, 0))
				memset(&t->ended[i], 0, sizeof(t->ended[i]));
		host->connecting = host->encrypting = host->pair = host->ended =
			(struct explain_mark){0};
		host->connect_refused = 0;
	}
	host->last = mark_of(packet);
	if (!packet->number)
		host->last.frame = last;
}

void track_host_remove(struct explain_links *t, uint16_t source)
{
	struct explain_host *host = NULL, *last = NULL;

	cut_links_of(t, source, EXPLAIN_CUT_BY_REMOVAL);
	for (size_t i = 0; i < EXPLAIN_HOSTS && t->hosts[i].used; i++) {
		last = &t->hosts[i];
		host = last->source == source ? last : host;
	}
	if (!host)
		return;
	*host = *last; /* the list has no holes */
	last->used = false;
}

struct explain_link *track_link_open(struct explain_links *t, const struct explain_packet *packet,
				     uint32_t handle)
{
	bool air = packet->kind == EXPLAIN_AIR;
	uint32_t key = key_of(air, packet->source, handle);
	struct explain_link *link = find(t, key);

	if (link)
		track_link_cut(t, link, EXPLAIN_CUT_BY_CONNECTION);
	while (over_link(t, key)) /* and those that ended before it */
		track_link_close(t, first_over(t));
	link = make_room(t);
	link->used = true;
	set_key(t, link, key);
	forget_ended(t, key);
	t->connections++;
	explain_attempt_init(&link->attempt, ++t->attempts);
	link->attempt.air = air;
	link->attempt.captured_end = air ? EXPLAIN_NOBODY : 0;
	link->attempt.system = (uint8_t)packet->system;
	link->attempt.excerpt = packet->excerpt;
	if (air) /* the sniffer, or the link layer, gives the direction */
		explain_attempt_set_central(&link->attempt, 0);
	link->attempt.source = packet->source;
	link->attempt.handle = (uint16_t)handle;
	return link;
}

/* Data that was captured before the event that the connection is complete. */
static bool is_early(const struct explain_attempt *a, const struct explain_packet *packet)
{
	return a->begun_before && mark_is_set(&a->first) && track_may_be_late(&a->first, packet) &&
	       !mark_is_set(&a->encrypt) && !mark_is_set(&a->ltk_request) &&
	       !mark_is_set(&a->encrypted);
}

struct explain_link *track_link_begin(struct explain_links *t, const struct explain_packet *packet,
				      uint16_t handle)
{
	struct explain_link *link = track_link_find(t, packet->source, handle);

	if (!link || !is_early(&link->attempt, packet))
		return track_link_open(t, packet, handle);
	link->attempt.begun_before = false;
	return link;
}

/* Messages of the management interface that came before the first packet of their link. */
static struct explain_link *adopt(struct explain_links *t, const struct explain_packet *packet,
				  uint16_t handle)
{
	struct explain_link *link = track_link_find(t, packet->source, EXPLAIN_NO_HANDLE);

	if (!link)
		return NULL;
	if (packet->clock != EXPLAIN_CLOCK_NONE && !link->attempt.last.untimed &&
	    packet->time_us > link->attempt.last.time_us + EXPLAIN_WAITS_US) {
		track_link_cut(t, link, EXPLAIN_CUT_BY_ATTEMPT);
		return NULL;
	}
	set_key(t, link, key_of(false, packet->source, handle));
	forget_ended(t, key_of(false, packet->source, handle));
	link->attempt.handle = handle;
	return link;
}

/* ---- Encryption of an unknown transport ------------------------------------------------------ */

static size_t encryption_of(const struct explain_links *t, uint16_t source, uint16_t handle)
{
	const uint32_t key = key_of(false, source, handle);
	size_t i = 0;

	while (i < EXPLAIN_ENCRYPTIONS && t->encryptions[i].key != key)
		i++;
	return i;
}

bool track_encryption_has(const struct explain_links *t, uint16_t source, uint16_t handle)
{
	return t->encryptions_kept && encryption_of(t, source, handle) < EXPLAIN_ENCRYPTIONS;
}

void track_encryption_forget(struct explain_links *t, uint16_t source, uint16_t handle)
{
	const size_t i = encryption_of(t, source, handle);

	if (i < EXPLAIN_ENCRYPTIONS)
		t->encryptions[i].key = 0;
}

void track_encryption_keep(struct explain_links *t, const struct explain_packet *packet,
			   uint16_t handle, uint16_t code, const uint8_t *p, size_t len)
{
	struct explain_encryption *e;

	if (track_encryption_has(t, packet->source, handle))
		return;
	e = &t->encryptions[t->encryptions_kept++ % EXPLAIN_ENCRYPTIONS];
	*e = (struct explain_encryption){
		.key = key_of(false, packet->source, handle),
		.code = code,
		.clock = packet->clock,
		.at = mark_of(packet),
		.len = (uint8_t)capture_least(len, sizeof(e->data)),
	};
	memcpy(e->data, p, e->len);
}

static void add_encryption(struct explain_links *t, struct explain_attempt *a)
{
	const size_t i = encryption_of(t, a->source, a->handle);
	struct explain_encryption *e = &t->encryptions[i % EXPLAIN_ENCRYPTIONS];
	const struct explain_packet packet = {.number = e->at.frame,
					      .time_us = e->at.time_us,
					      .clock = e->clock,
					      .untimed = e->at.untimed};

	if (i == EXPLAIN_ENCRYPTIONS)
		return;
	e->key = 0;
	a->encrypted = e->at;
	a->encrypt_status = 0;
	explain_attempt_add_step(a, &packet, EXPLAIN_LAYER_EVENT, 0, e->code, e->data, e->len,
				 true);
}

/* ---- Peers that a text names ----------------------------------------------------------------- */

static struct explain_named *find_named(struct explain_links *t, uint16_t source, uint16_t handle)
{
	for (size_t i = 0; i < EXPLAIN_NAMED; i++)
		if (t->named[i].used && t->named[i].source == source &&
		    t->named[i].handle == handle)
			return &t->named[i];
	return NULL;
}

void track_named_forget(struct explain_links *t, uint16_t source, uint16_t handle)
{
	struct explain_named *named = find_named(t, source, handle);

	if (named)
		named->used = false;
}

void track_named_keep(struct explain_links *t, const struct explain_packet *packet)
{
	struct explain_named *named = find_named(t, packet->source, packet->peer_handle);

	if (!named)
		named = &t->named[t->named_kept++ % EXPLAIN_NAMED];
	*named = (struct explain_named){.used = true,
					.source = packet->source,
					.handle = packet->peer_handle,
					.is_random = packet->peer_is_random};
	memcpy(named->address, packet->address, sizeof(named->address));
}

static void add_named(struct explain_links *t, struct explain_attempt *a)
{
	enum { PEER = 1 };
	struct explain_named *named = find_named(t, a->source, a->handle);

	if (!named || a->party[PEER].has_address)
		return;
	named->used = false;
	a->party[PEER].has_address = true;
	a->party[PEER].address.type = named->is_random;
	memcpy(a->party[PEER].address.octets, named->address, sizeof(named->address));
}

struct explain_link *track_link_join(struct explain_links *t, const struct explain_packet *packet,
				     uint16_t handle)
{
	struct explain_link *link = adopt(t, packet, handle);

	if (!link)
		link = track_link_open(t, packet, handle);
	link->attempt.begun_before = true;
	add_encryption(t, &link->attempt);
	add_named(t, &link->attempt);
	return link;
}

struct explain_link *track_link_demand(struct explain_links *t, const struct explain_packet *packet,
				       uint16_t handle)
{
	struct explain_link *link = track_link_find(t, packet->source, handle);

	if (link || track_bredr_has(&t->bredr, packet->source, handle))
		return link;
	return track_link_join(t, packet, handle);
}

void track_links_close(struct explain_links *t)
{
	track_links_flush(t);
	for (;;) {
		struct explain_link *next = NULL;
		for (size_t i = 0; i < EXPLAIN_LINKS; i++)
			if (t->links[i].used &&
			    (!next || t->links[i].attempt.id < next->attempt.id))
				next = &t->links[i];
		if (!next)
			return;
		track_link_cut(t, next, EXPLAIN_CUT_BY_END);
	}
}

/* ---- Ends alone ------------------------------------------------------------------------------ */

const char *track_ends_describe(const struct explain_ends *ends, char text[TRACK_ENDS])
{
	const char *by = ends->reason == HCI_LOCAL_HOST_TERMINATED    ? " by the captured host"
			 : ends->reason == HCI_REMOTE_USER_TERMINATED ? " by the peer"
								      : "";
	char where[40] = "";

	*text = '\0';
	if (!ends->count)
		return text;
	if (ends->at.frame)
		(void)snprintf(where, sizeof(where), "frame %" PRIu64 ": ", ends->at.frame);
	(void)snprintf(text, TRACK_ENDS,
		       "%san LE connection that began before the capture was ended%s: %s (0x%02x)",
		       where, by, hci_error_name(ends->reason), ends->reason);
	return text;
}

const char *track_unmade_describe(const struct explain_unmade *unmade, char text[TRACK_ENDS])
{
	const uint8_t *a = unmade->address;

	*text = '\0';
	if (unmade->count)
		(void)snprintf(text, TRACK_ENDS,
			       "the kernel reports that %" PRIu64 " LE connection%s failed, to "
			       "%02X:%02X:%02X:%02X:%02X:%02X: %s (0x%02x)",
			       unmade->count, unmade->count == 1 ? "" : "s", a[5], a[4], a[3], a[2],
			       a[1], a[0], management_status_name(unmade->status), unmade->status);
	return text;
}

const char *track_dropped_describe(const struct explain_dropped *dropped, char text[TRACK_ENDS])
{
	const uint8_t *a = dropped->address;

	*text = '\0';
	if (dropped->count)
		(void)snprintf(text, TRACK_ENDS,
			       "the kernel reports that the LE connection to "
			       "%02X:%02X:%02X:%02X:%02X:%02X ended: %s (0x%02x)",
			       a[5], a[4], a[3], a[2], a[1], a[0],
			       management_disconnect_name(dropped->reason), dropped->reason);
	return text;
}

const char *track_kept_keys_describe(const struct explain_kept_keys *keys, char text[TRACK_ENDS])
{
	const uint8_t *a = keys->address;

	*text = '\0';
	if (keys->refused)
		(void)snprintf(text, TRACK_ENDS,
			       "the kernel refused all keys of earlier pairings (Load Long Term "
			       "Keys): %s (0x%02x); no LE bond works: update the kernel and BlueZ",
			       management_status_name(keys->refused), keys->refused);
	else if (keys->count)
		(void)snprintf(text, TRACK_ENDS,
			       "the kernel reports a new long-term key of "
			       "%02X:%02X:%02X:%02X:%02X:%02X: a pairing with it succeeded",
			       a[5], a[4], a[3], a[2], a[1], a[0]);
	return text;
}

const char *track_wish_describe(const struct explain_links *t, char text[TRACK_ENDS])
{
	*text = '\0';
	for (size_t i = 0; i < EXPLAIN_HOSTS && t->hosts[i].used; i++) {
		const uint8_t *a = t->hosts[i].pair_address;
		if (!mark_is_set(&t->hosts[i].pair))
			continue;
		(void)snprintf(text, TRACK_ENDS,
			       "this host was asked to pair with %02X:%02X:%02X:%02X:%02X:%02X "
			       "(Pair Device), and no connection to it is in the capture",
			       a[5], a[4], a[3], a[2], a[1], a[0]);
		break;
	}
	return text;
}
