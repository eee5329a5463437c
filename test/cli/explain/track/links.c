/* SPDX-License-Identifier: MIT */
#include "track/links.h"

#include <string.h>

#include "crypto/bytes.h"
#include "stack.h"
#include "unit.h"

static struct explain_links links;
static uint64_t frame;

/* The attempts that are over, in order. */
static struct explain_attempt over[EXPLAIN_LINKS + 4];
static size_t over_count;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	assert_ptr_equal(ctx, &links);
	assert_true(over_count < COUNT(over));
	assert_true(attempt->finalized);
	over[over_count++] = *attempt;
}

static int begin(void **state)
{
	(void)state;
	memset(&links, 0, sizeof(links));
	links.finished = finished;
	links.ctx = &links;
	over_count = 0;
	frame = 0;
	return 0;
}

static struct explain_link *open_link(enum explain_kind kind, uint16_t source, uint32_t handle)
{
	const struct explain_packet packet = {.number = ++frame, .kind = kind, .source = source};
	struct explain_link *link = track_link_open(&links, &packet, handle);

	link->attempt.last.frame = frame;
	return link;
}

static void a_link_is_found_by_its_controller_and_handle(void **state)
{
	struct explain_link *a, *b, *air;

	(void)state;
	assert_null(track_link_find(&links, 0, 0));
	assert_null(track_link_find_on_air(&links, 0x40));
	a = open_link(EXPLAIN_EVENT, 0, 0x40);
	b = open_link(EXPLAIN_EVENT, 1, 0x40);
	air = open_link(EXPLAIN_AIR, 1, 0x50000040);
	assert_ptr_equal(track_link_find(&links, 0, 0x40), a);
	assert_ptr_equal(track_link_find(&links, 1, 0x40), b);
	assert_ptr_equal(track_link_find_on_air(&links, 0x50000040), air);
	assert_null(track_link_find(&links, 0, 0x41));
	assert_null(track_link_find(&links, 2, 0x40));
	assert_null(track_link_find_on_air(&links, 0x40));
	assert_int_equal(links.connections, 3);
	assert_int_equal(over_count, 0);
}

static void a_new_link_begins_an_attempt(void **state)
{
	struct explain_link *host, *air;

	(void)state;
	host = open_link(EXPLAIN_EVENT, 3, 0x41);
	air = open_link(EXPLAIN_AIR, 0, 0x50655641);
	assert_int_equal(host->attempt.id, 1);
	assert_int_equal(air->attempt.id, 2);
	assert_false(host->attempt.air);
	assert_true(air->attempt.air);
	assert_int_equal(host->attempt.captured_end, 0);
	assert_int_equal(air->attempt.captured_end, EXPLAIN_NOBODY);
	assert_int_equal(host->attempt.source, 3);
	assert_int_equal(host->attempt.handle, 0x41);
	assert_int_equal(host->attempt.central, EXPLAIN_NOBODY);
	assert_int_equal(air->attempt.central, 0); /* the direction of its PDUs is known */
	assert_int_equal(air->attempt.failed_by, EXPLAIN_NOBODY);
	assert_int_equal(air->attempt.disconnected_by, EXPLAIN_NOBODY);
}

static void a_handle_in_use_ends_its_old_link_as_cut(void **state)
{
	struct explain_link *again;

	(void)state;
	open_link(EXPLAIN_EVENT, 0, 0x40);
	again = open_link(EXPLAIN_EVENT, 0, 0x40);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].id, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_CONNECTION);
	assert_int_equal(again->attempt.id, 2);
	assert_false(again->attempt.cut);
	assert_ptr_equal(track_link_find(&links, 0, 0x40), again);
}

static void the_link_that_was_silent_longest_makes_room(void **state)
{
	struct explain_link *silent;

	(void)state;
	for (uint16_t i = 0; i < EXPLAIN_LINKS; i++)
		open_link(EXPLAIN_EVENT, 0, i)->attempt.pairing = true;
	assert_int_equal(over_count, 0);
	silent = track_link_find(&links, 0, 5);
	track_link_find(&links, 0, 0)->attempt.last.frame = 100;
	for (uint16_t i = 1; i < EXPLAIN_LINKS; i++)
		track_link_find(&links, 0, i)->attempt.last.frame = i == 5 ? 20 : 50U + i;
	assert_ptr_equal(open_link(EXPLAIN_EVENT, 0, 0x77), silent);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].handle, 5);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_CROWD);
	assert_null(track_link_find(&links, 0, 5));
	for (uint16_t i = 0; i < EXPLAIN_LINKS; i++)
		assert_true(i == 5 || track_link_find(&links, 0, i));
	/* It goes on, and what comes of it begins nothing until it has ended. */
	struct explain_packet packet = {.number = 200};
	assert_true(track_link_is_left(&links, &packet, 5));
	assert_true(track_link_has_ended(&links, &packet, 5));
	assert_false(track_link_is_left(&links, &packet, 6));
	assert_true(track_link_note_end(&links, &packet, 5));
	assert_false(track_link_note_end(&links, &packet, 5));
	assert_false(track_link_is_left(&links, &packet, 5));
	assert_true(track_link_has_ended(&links, &packet, 5));
	packet.number = 211;
	assert_false(track_link_has_ended(&links, &packet, 5));
	/* A link that ends makes room without that. */
	track_link_close(&links, track_link_find(&links, 0, 3));
	(void)open_link(EXPLAIN_EVENT, 0, 0x78);
	assert_int_equal(over_count, 2);
	assert_int_equal(over[1].cut, EXPLAIN_CUT_NOT);
}

/* A pairing may begin on it later. */
static void an_idle_connection_that_made_room_is_joined_again(void **state)
{
	struct explain_packet packet = {.number = 200};

	(void)state;
	for (uint16_t i = 0; i <= EXPLAIN_LINKS; i++)
		(void)open_link(EXPLAIN_EVENT, 0, i);
	assert_int_equal(over[0].handle, 0);
	assert_false(track_link_is_left(&links, &packet, 0));
	assert_false(track_link_has_ended(&links, &packet, 0));
	/* The capture has its beginning. */
	assert_true(track_link_note_end(&links, &packet, 0));
	assert_true(track_link_has_ended(&links, &packet, 0));
}

static void a_pairing_under_way_is_the_last_to_make_room(void **state)
{
	struct explain_attempt *a;

	(void)state;
	for (uint16_t i = 0; i < EXPLAIN_LINKS; i++) {
		a = &open_link(EXPLAIN_EVENT, 0, i)->attempt;
		a->last.frame = 10U + i;
		a->pairing = i != 7 && i != 9;
		if (i == 8) /* over */
			a->failed.frame = 10U + i;
	}
	for (size_t i = 0; i < 4; i++) {
		a = &open_link(EXPLAIN_EVENT, 0, (uint16_t)(0x70 + i))->attempt;
		a->pairing = true;
		a->last.frame = 100 + i;
		assert_int_equal(over[i].handle, i < 3 ? 7 + i : 0);
		assert_int_equal(over[i].cut, EXPLAIN_CUT_BY_CROWD);
	}
}

/* Events and commands that cross with the end of the link; a handle may be given again later. */
static void a_link_has_ended_for_a_moment(void **state)
{
	struct explain_packet packet = {.number = 9, .clock = EXPLAIN_CLOCK_UNIX};
	struct explain_link *link;

	(void)state;
	assert_false(track_link_has_ended(&links, &packet, 5));
	for (uint64_t end = 1000; end <= 5000; end += 4000) { /* the last time counts */
		link = open_link(EXPLAIN_EVENT, 0, 5);
		link->attempt.last = (struct explain_mark){.frame = end, .time_us = end * 1000};
		track_link_close(&links, link);
		packet.time_us = (end + 100) * 1000;
		assert_true(track_link_has_ended(&links, &packet, 5));
		packet.time_us++;
		assert_false(track_link_has_ended(&links, &packet, 5));
	}
	packet.clock = EXPLAIN_CLOCK_NONE;
	packet.number = 5010;
	assert_true(track_link_has_ended(&links, &packet, 5));
	packet.number++;
	assert_false(track_link_has_ended(&links, &packet, 5));
	packet.number = 5000;
	packet.source = 1;
	assert_false(track_link_has_ended(&links, &packet, 5));
	packet.source = 0;
	(void)open_link(EXPLAIN_EVENT, 0, 5);
	assert_false(track_link_has_ended(&links, &packet, 5));
}

/* The oldest of those that ended makes room. */
static void the_links_that_ended_last_are_known(void **state)
{
	const struct explain_packet packet = {.number = 1005};

	(void)state;
	for (uint16_t handle = 1; handle <= EXPLAIN_ENDED + 1; handle++) {
		struct explain_link *link = open_link(EXPLAIN_EVENT, 0, handle);
		link->attempt.last = (struct explain_mark){.frame = 1000};
		track_link_close(&links, link);
		over_count = 0;
		for (uint16_t ended = 1; ended <= handle; ended++)
			assert_int_equal(track_link_has_ended(&links, &packet, ended),
					 ended + EXPLAIN_ENDED > handle);
	}
	/* One that begins again is forgotten, and no other is taken for it. */
	(void)open_link(EXPLAIN_EVENT, 0, 7);
	for (uint16_t handle = 0; handle <= EXPLAIN_ENDED + 2; handle++)
		assert_int_equal(track_link_has_ended(&links, &packet, handle),
				 handle > 1 && handle != 7 && handle <= EXPLAIN_ENDED + 1);
}

/* Late data is of the link that had its handle. */
static void a_link_that_has_just_ended_is_found_by_its_handle(void **state)
{
	struct explain_packet packet = {.kind = EXPLAIN_EVENT};
	struct explain_link *ended[2];

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		ended[i] = open_link(EXPLAIN_EVENT, 0, 5 + i);
		ended[i]->attempt.disconnected = ended[i]->attempt.last;
		track_link_end(&links, ended[i]);
	}
	packet.number = frame + 1;
	assert_ptr_equal(track_link_late(&links, &packet, 5), ended[0]);
	assert_ptr_equal(track_link_late(&links, &packet, 6), ended[1]);
	assert_null(track_link_late(&links, &packet, 7));
	packet.source = 1;
	assert_null(track_link_late(&links, &packet, 6));
	/* Of one that goes on, nothing is late. */
	packet.source = 0;
	(void)open_link(EXPLAIN_EVENT, 0, 7);
	assert_null(track_link_late(&links, &packet, 7));
}

static void a_closed_link_is_reported_and_wiped(void **state)
{
	struct explain_link *link;

	(void)state;
	link = open_link(EXPLAIN_EVENT, 0, 0x40);
	memset(link->attempt.encrypt_key, 7, 16);
	track_link_close(&links, link);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].encrypt_key[3], 7);
	assert_true(bytes_all_zero((const uint8_t *)link, sizeof(*link)));
	assert_null(track_link_find(&links, 0, 0x40));
	assert_int_equal(links.keys[0], 0);
}

/* A host may read its address late. */
static void the_host_at_the_end_counts(void **state)
{
	static const uint8_t address[6] = {1, 2, 3, 4, 5, 6};
	struct explain_link *link, *known;
	struct explain_host *host = track_host_of(&links, 2);

	(void)state;
	link = open_link(EXPLAIN_EVENT, 2, 0x40);
	known = open_link(EXPLAIN_EVENT, 2, 0x41);
	known->attempt.party[0].has_address = true;
	track_link_close(&links, open_link(EXPLAIN_EVENT, 2, 0x42));
	assert_false(over[0].party[0].has_address);
	host->has_public = true;
	host->bringup = 5;
	memcpy(host->public_address, address, 6);
	track_link_close(&links, link);
	track_link_close(&links, known);
	track_link_close(&links, open_link(EXPLAIN_AIR, 2, 0x50655641));
	assert_true(over[1].party[0].has_address);
	assert_memory_equal(over[1].party[0].address.octets, address, 6);
	assert_int_equal(over[1].host.bringup, 5);
	assert_int_equal(over[1].host.source, 2);
	assert_int_equal(over[2].party[0].address.octets[0], 0);
	assert_false(over[3].host.used);
	assert_false(over[3].party[0].has_address);
}

static void the_next_attempt_keeps_only_the_connection(void **state)
{
	struct explain_link *link = open_link(EXPLAIN_EVENT, 3, 0x40);
	struct explain_attempt *a = &link->attempt, was;

	(void)state;
	a->air = true; /* of any kind */
	a->central = 1;
	a->connected.frame = 4;
	a->has_interval = a->begun_before = true;
	a->interval = 24;
	a->latency = 3;
	a->timeout = 72;
	for (int end = 0; end < 2; end++) {
		a->party[end].has_address = true;
		a->party[end].address.octets[0] = (uint8_t)(10 + end);
		a->party[end].confirms = 3;
	}
	a->pairing = true;
	a->failed.frame = 9;
	a->step_count = 7;
	was = *a;
	track_link_next_attempt(&links, link);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_ATTEMPT);
	assert_int_equal(over[0].id, 1);
	assert_int_equal(a->id, 2);
	assert_int_equal(links.connections, 1);
	assert_true(a->air && a->has_interval && a->begun_before);
	assert_int_equal(a->captured_end, was.captured_end);
	assert_int_equal(a->central, 1);
	assert_int_equal(a->source, 3);
	assert_int_equal(a->handle, 0x40);
	assert_int_equal(a->connected.frame, 4);
	assert_int_equal(a->interval, 24);
	assert_int_equal(a->latency, 3);
	assert_int_equal(a->timeout, 72);
	for (int end = 0; end < 2; end++) {
		assert_true(a->party[end].has_address);
		assert_int_equal(a->party[end].address.octets[0], 10 + end);
		assert_int_equal(a->party[end].confirms, 0);
	}
	assert_false(a->cut || a->pairing || a->finalized);
	assert_int_equal(a->failed.frame, 0);
	assert_int_equal(a->failed_by, EXPLAIN_NOBODY);
	assert_int_equal(a->step_count, 0);
}

static void all_links_end_as_cut_in_the_order_of_their_attempts(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 4; i++)
		(void)open_link(EXPLAIN_EVENT, 0, i);
	track_link_next_attempt(&links, track_link_find(&links, 0, 1)); /* 2 ends, 5 begins */
	track_link_close(&links, track_link_find(&links, 0, 0));
	(void)open_link(EXPLAIN_EVENT, 0, 9); /* 6, in the place of 1 */
	over_count = 0;
	track_links_close(&links);
	assert_int_equal(over_count, 4);
	static const uint64_t ids[] = {3, 4, 5, 6};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(over[i].id, ids[i]);
		assert_int_equal(over[i].cut, EXPLAIN_CUT_BY_END);
	}
	track_links_close(&links);
	assert_int_equal(over_count, 4);
}

static void sixteen_hosts_are_followed(void **state)
{
	struct explain_host *hosts[EXPLAIN_HOSTS];

	(void)state;
	for (uint16_t i = 0; i < EXPLAIN_HOSTS; i++) {
		hosts[i] = track_host_of(&links, (uint16_t)(7 * i));
		assert_non_null(hosts[i]);
		assert_true(hosts[i]->used);
		assert_int_equal(hosts[i]->source, 7 * i);
	}
	assert_null(track_host_of(&links, 1));
	for (uint16_t i = 0; i < EXPLAIN_HOSTS; i++)
		assert_ptr_equal(track_host_of(&links, (uint16_t)(7 * i)), hosts[i]);
}

static void a_removed_controller_takes_its_links_and_its_host_along(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 3; i++)
		track_host_of(&links, i)->has_public = true;
	(void)open_link(EXPLAIN_EVENT, 0, 0x40);
	(void)open_link(EXPLAIN_EVENT, 1, 0x40);
	(void)open_link(EXPLAIN_EVENT, 0, 0x41);
	(void)open_link(EXPLAIN_AIR, 0, 0x50000040);
	track_host_remove(&links, 0);
	assert_int_equal(over_count, 2);
	assert_int_equal(over[0].id, 1);
	assert_int_equal(over[1].id, 3);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_REMOVAL);
	assert_int_equal(over[1].cut, EXPLAIN_CUT_BY_REMOVAL);
	assert_non_null(track_link_find(&links, 1, 0x40));
	assert_non_null(track_link_find_on_air(&links, 0x50000040));
	assert_true(track_host_of(&links, 1)->has_public);
	assert_true(track_host_of(&links, 2)->has_public);
	assert_false(track_host_of(&links, 0)->has_public); /* a new one */
	track_host_remove(&links, 9);			    /* was never there */
	assert_int_equal(over_count, 2);
}

static void a_report_leaves_the_attempt_as_it_is(void **state)
{
	struct explain_link *link = open_link(EXPLAIN_EVENT, 0, 0x40);

	(void)state;
	explain_attempt_set_central(&link->attempt, 1);
	link->attempt.last.time_us = 5;
	track_link_report(&links, link, 9);
	assert_int_equal(over_count, 1);
	assert_false(over[0].reported);
	assert_int_equal(over[0].last.time_us, 9);
	assert_int_equal(over[0].captured_end, 1); /* renumbered by role */
	assert_true(link->attempt.reported);
	assert_false(link->attempt.finalized);
	assert_int_equal(link->attempt.captured_end, 0);
	assert_int_equal(link->attempt.last.time_us, 5);
	/* The next attempt is not reported yet. */
	track_link_next_attempt(&links, link);
	assert_true(over[1].reported);
	assert_false(link->attempt.reported);
}

static struct explain_link *overtaken;

static void overtake(void)
{
	track_link_next_attempt(&links, overtaken);
}

static void a_key_of_the_attempt_before_does_not_stay_on_the_stack(void **state)
{
	static const uint8_t key[16] = {0xde, 0xad, 0xbe, 0xef, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	overtaken = open_link(EXPLAIN_EVENT, 0, 0x40);
	memcpy(overtaken->attempt.encrypt_key, key, 16);
	stack_run(overtake);
	assert_false(stack_holds(key, 16));
	assert_true(bytes_all_zero(overtaken->attempt.encrypt_key, 16));
}

static void fail_renewal(void)
{
	track_link_fail_renewal(&links, overtaken);
}

/* Encryption that is renewed, and fails, is an attempt of its own. */
static void a_key_of_a_renewal_does_not_stay_on_the_stack(void **state)
{
	static const uint8_t key[16] = {0xde, 0xad, 0xbe, 0xef, 7, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	overtaken = open_link(EXPLAIN_EVENT, 0, 0x40);
	overtaken->attempt.encrypted.frame = 5;
	overtaken->renewal.request.frame = 6;
	overtaken->renewal.of_host = overtaken->renewal.has_key = true;
	memcpy(overtaken->renewal.key, key, 16);
	stack_run(fail_renewal);
	assert_int_equal(over_count, 1);
	assert_int_equal(overtaken->attempt.encrypt.frame, 6);
	assert_true(overtaken->attempt.has_encrypt_key);
	assert_memory_equal(overtaken->attempt.encrypt_key, key, 16);
	assert_false(stack_holds(key, 16));
}

static void report_so_far(void)
{
	track_link_report(&links, overtaken, 9);
}

static void a_key_of_a_report_does_not_stay_on_the_stack(void **state)
{
	static const uint8_t key[16] = {0xde, 0xad, 0xbe, 0xef, 6, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7};

	(void)state;
	overtaken = open_link(EXPLAIN_EVENT, 0, 0x40);
	memcpy(overtaken->attempt.encrypt_key, key, 16);
	stack_run(report_so_far);
	assert_false(stack_holds(key, 16));
	assert_memory_equal(overtaken->attempt.encrypt_key, key, 16);
}

static void moment(uint64_t number, uint64_t time_us, enum explain_clock clock)
{
	const struct explain_packet packet = {
		.number = number, .time_us = time_us, .clock = clock, .kind = EXPLAIN_EVENT};

	track_host_moment(&links, &packet);
}

/* Two excerpts in one text: the handle is not that of the same connection. */
static void a_link_does_not_go_on_where_time_or_numbers_go_back(void **state)
{
	static const struct {
		uint64_t number, time_us;
		enum explain_clock clock;
		bool ends;
	} next[] = {
		{101, 5000000, EXPLAIN_CLOCK_START, false},
		{101, 4500000, EXPLAIN_CLOCK_START, false},
		{101, 3900000, EXPLAIN_CLOCK_START, true},
		{99, 5000000, EXPLAIN_CLOCK_START, true},
		{0, 5000000, EXPLAIN_CLOCK_START, false}, /* a message without a number */
		{101, 100, EXPLAIN_CLOCK_UNIX, false},	  /* the clock was set */
		{99, 5000000, EXPLAIN_CLOCK_UNIX, true},
	};

	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		begin(state);
		moment(100, 5000000, next[i].clock);
		(void)open_link(EXPLAIN_EVENT, 0, 0x40);
		(void)open_link(EXPLAIN_EVENT, 1, 0x40);
		moment(next[i].number, next[i].time_us, next[i].clock);
		assert_int_equal(over_count, next[i].ends);
		assert_non_null(track_link_find(&links, 1, 0x40));
	}
}

/* A text names the peer of a handle before anything of its link is there. */
static void a_peer_that_was_named_is_that_of_the_next_link_of_its_handle(void **state)
{
	enum { PEER = 1, HANDLE = 64 };
	struct explain_packet packet = {.number = 1,
					.kind = EXPLAIN_EVENT,
					.has_peer = true,
					.peer_is_random = true,
					.peer_handle = HANDLE,
					.address = {0x55}};

	(void)state;
	track_named_keep(&links, &packet);
	packet.address[0] = 0x66; /* the later one counts */
	track_named_keep(&links, &packet);
	assert_false(track_link_join(&links, &packet, HANDLE + 1)->attempt.party[PEER].has_address);
	const struct explain_party *peer =
		&track_link_join(&links, &packet, HANDLE)->attempt.party[PEER];
	assert_true(peer->has_address);
	assert_int_equal(peer->address.type, 1);
	assert_int_equal(peer->address.octets[0], 0x66);
	/* Once, and not behind the end of its connection, nor at another moment. */
	assert_false(track_link_join(&links, &packet, HANDLE)->attempt.party[PEER].has_address);
	track_named_keep(&links, &packet);
	track_named_forget(&links, packet.source, HANDLE);
	assert_false(track_link_join(&links, &packet, HANDLE)->attempt.party[PEER].has_address);
	packet.number = 9;
	track_host_moment(&links, &packet);
	track_named_keep(&links, &packet);
	packet.number = 2;
	track_host_moment(&links, &packet);
	assert_false(track_link_join(&links, &packet, HANDLE)->attempt.party[PEER].has_address);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_link_is_found_by_its_controller_and_handle),
		TEST(a_new_link_begins_an_attempt),
		TEST(a_handle_in_use_ends_its_old_link_as_cut),
		TEST(the_link_that_was_silent_longest_makes_room),
		TEST(an_idle_connection_that_made_room_is_joined_again),
		TEST(a_pairing_under_way_is_the_last_to_make_room),
		TEST(a_link_has_ended_for_a_moment),
		TEST(the_links_that_ended_last_are_known),
		TEST(a_link_that_has_just_ended_is_found_by_its_handle),
		TEST(a_closed_link_is_reported_and_wiped),
		TEST(a_peer_that_was_named_is_that_of_the_next_link_of_its_handle),
		TEST(the_host_at_the_end_counts),
		TEST(the_next_attempt_keeps_only_the_connection),
		TEST(all_links_end_as_cut_in_the_order_of_their_attempts),
		TEST(sixteen_hosts_are_followed),
		TEST(a_removed_controller_takes_its_links_and_its_host_along),
		TEST(a_link_does_not_go_on_where_time_or_numbers_go_back),
		TEST(a_report_leaves_the_attempt_as_it_is),
		TEST(a_key_of_a_renewal_does_not_stay_on_the_stack),
		TEST(a_key_of_a_report_does_not_stay_on_the_stack),
		TEST(a_key_of_the_attempt_before_does_not_stay_on_the_stack),
	};
	return cmocka_run_group_tests_name("explain/track/links", tests, NULL, NULL);
}
