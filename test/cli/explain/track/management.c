/* SPDX-License-Identifier: MIT */
#include "track/management.h"

#include <string.h>

#include "analyse/management.h"
#include "unit.h"

enum { PEER = 1 }; /* as the capture numbers the ends */

static struct explain_links links;
static uint64_t frame;
static const uint8_t *known;
static uint8_t type = MANAGEMENT_LE_RANDOM;

static const uint8_t address[6] = {1, 2, 3, 4, 5, 0xc6}, other[6] = {9, 2, 3, 4, 5, 0xc6};

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	(void)ctx;
	(void)attempt;
}

static int begin(void **state)
{
	(void)state;
	memset(&links, 0, sizeof(links));
	links.finished = finished;
	frame = 0;
	known = NULL;
	type = MANAGEMENT_LE_RANDOM;
	return 0;
}

static struct explain_packet packet_of(uint16_t source)
{
	frame++;
	return (struct explain_packet){.number = frame,
				       .time_us = 1000 * frame,
				       .clock = EXPLAIN_CLOCK_UNIX,
				       .source = source,
				       .known = known};
}

static struct explain_attempt *open_link(uint16_t source, uint16_t handle, const uint8_t *peer)
{
	struct explain_packet packet = packet_of(source);
	struct explain_attempt *a = &track_link_open(&links, &packet, handle)->attempt;

	if (peer) {
		a->party[PEER].has_address = true;
		memcpy(a->party[PEER].address.octets, peer, 6);
	}
	return a;
}

static void message_at(const struct explain_packet *at, uint16_t code, const uint8_t *to,
		       const void *data, size_t len)
{
	uint8_t m[64] = {(uint8_t)code, (uint8_t)(code >> 8 & 0x7f)};
	struct explain_packet packet = *at;
	size_t used = 2;

	if (to) {
		used += management_message(code)->address;
		memcpy(m + used, to, 6);
		m[used + 6] = type;
		used += 7;
	}
	if (len)
		memcpy(m + used, data, len);
	packet.kind = EXPLAIN_MANAGEMENT;
	packet.way = code & EXPLAIN_MANAGEMENT_EVENT ? EXPLAIN_RECEIVED : EXPLAIN_SENT;
	packet.data = m;
	packet.len = packet.original = used + len;
	track_management(&links, &packet);
}

static void message(uint16_t code, const uint8_t *to, const void *data, size_t len)
{
	struct explain_packet packet = packet_of(0);

	message_at(&packet, code, to, data, len);
}

static void a_connection_that_the_kernel_could_not_make_is_counted(void **state)
{
	char text[TRACK_ENDS];

	(void)state;
	assert_string_equal(track_unmade_describe(&links.unmade, text), "");
	message(MANAGEMENT_CONNECT_FAILED, address, "\4", 1);
	message(MANAGEMENT_CONNECT_FAILED, address, "\16", 1);
	assert_int_equal(links.attempts, 0);
	assert_int_equal(links.unmade.count, 2);
	assert_int_equal(links.unmade.status, 14);
	assert_memory_equal(links.unmade.address, address, 6);
	track_unmade_describe(&links.unmade, text);
	assert_non_null(strstr(text, "2 LE connections failed, to "));
	assert_non_null(strstr(text, ": Disconnected (0x0e)"));
	type = 0; /* of BR/EDR */
	message(MANAGEMENT_CONNECT_FAILED, address, "\4", 1);
	assert_int_equal(links.unmade.count, 2);
}

static void each_message_is_a_fact_and_a_step(void **state)
{
	struct explain_attempt *a = open_link(0, 1, address);
	struct explain_management *m = &a->management;

	(void)state;
	message(MANAGEMENT_PAIR, address, "\3", 1);
	message(MANAGEMENT_CONFIRM_REQUEST, address, "\1\0\0\0\0", 5);
	message(MANAGEMENT_CONFIRM, address, NULL, 0);
	message(MANAGEMENT_PASSKEY_REQUEST, address, NULL, 0);
	message(MANAGEMENT_PASSKEY_NOT, address, NULL, 0);
	message(MANAGEMENT_CANCEL_PAIR, address, NULL, 0);
	message(MANAGEMENT_NEW_LTK, address, "\0\0", 2);
	message(MANAGEMENT_AUTHENTICATION_FAILED, address, "\5", 1);
	message(MANAGEMENT_CONNECT_FAILED, address, "\4", 1);
	message(MANAGEMENT_DISCONNECTED, address, "\4", 1);
	assert_int_equal(m->pair.frame, 2);
	assert_int_equal(m->asked.frame, 3);
	assert_int_equal(m->asked_for, MANAGEMENT_CONFIRM_REQUEST);
	assert_true(m->hint);
	assert_int_equal(m->agreed.frame, 4);
	assert_int_equal(m->refused.frame, 6);
	assert_int_equal(m->cancelled.frame, 7);
	assert_int_equal(m->new_key.frame, 8);
	assert_int_equal(m->failed.frame, 9);
	assert_int_equal(m->status, 5);
	assert_int_equal(m->disconnected.frame, 11);
	assert_int_equal(m->disconnect_reason, 4);
	assert_int_equal(a->step_count, 10);
	assert_int_equal(a->steps[1].layer, EXPLAIN_LAYER_MANAGEMENT);
	assert_int_equal(a->steps[1].code, MANAGEMENT_CONFIRM_REQUEST);
	assert_int_equal(a->steps[1].from, 0);
	assert_int_equal(a->steps[6].kept, 8);
	assert_false(a->party[PEER].is_reported);
}

/* Each program that listens gets a copy. */
static void a_copy_of_an_event_is_one_step(void **state)
{
	struct explain_attempt *a = open_link(0, 1, address);
	struct explain_packet packet = packet_of(0);

	(void)state;
	message_at(&packet, MANAGEMENT_PASSKEY_REQUEST, address, NULL, 0);
	message_at(&packet, MANAGEMENT_PASSKEY_REQUEST, address, NULL, 0);
	assert_int_equal(a->step_count, 1);
	message(MANAGEMENT_PASSKEY_REQUEST, address, NULL, 0);
	assert_int_equal(a->step_count, 2);
}

static void a_message_belongs_to_the_link_with_its_address_or_to_the_only_one(void **state)
{
	static const uint8_t resolvable[6] = {1, 2, 3, 4, 5, 0x46};
	struct explain_attempt *a = open_link(0, 1, resolvable), *b;

	(void)state;
	a->party[PEER].address.type = 1;
	/* The kernel names an identity; the link has a private address. */
	message(MANAGEMENT_PASSKEY_REQUEST, other, NULL, 0);
	assert_int_equal(a->step_count, 1);
	a->pairing = false;
	b = open_link(0, 2, NULL);
	message(MANAGEMENT_PASSKEY_REQUEST, other, NULL, 0);
	assert_int_equal(b->step_count, 0); /* it could be of either */
	message(MANAGEMENT_PASSKEY_REQUEST, resolvable, NULL, 0);
	assert_int_equal(a->step_count, 2);
	/* Now only one of them pairs. */
	message(MANAGEMENT_AUTHENTICATION_FAILED, other, "\5", 1);
	assert_int_equal(a->step_count, 3);
	/* Another controller, and BR/EDR. */
	b = open_link(1, 1, address);
	message(MANAGEMENT_PASSKEY_REQUEST, address, NULL, 0);
	assert_int_equal(b->step_count, 0);
	type = 0;
	message(MANAGEMENT_PASSKEY_REQUEST, address, NULL, 0);
	assert_int_equal(a->step_count, 4);
}

static void the_address_of_a_peer_without_one_is_that_of_the_message(void **state)
{
	struct explain_attempt *a = open_link(0, 1, NULL);

	(void)state;
	message(MANAGEMENT_CONFIRM_REQUEST, address, "\0\0\0\0\0", 5);
	assert_true(a->party[PEER].is_reported);
	assert_false(a->party[PEER].has_address); /* on air it may have another */
	assert_int_equal(a->party[PEER].reported.type, 1);
	assert_memory_equal(a->party[PEER].reported.octets, address, 6);
	assert_false(a->management.hint);
	assert_true(a->pairing);
}

/* The kernel names the identity of a peer whose address on air is resolvable. */
static void the_identity_that_the_kernel_names_is_kept(void **state)
{
	static const uint8_t private[6] = {1, 2, 3, 4, 5, 0x46};
	struct explain_attempt *a = open_link(0, 1, private);

	(void)state;
	a->party[PEER].address.type = 1;
	message(MANAGEMENT_CONFIRM_REQUEST, private, "\0\0\0\0\0", 5);
	message(MANAGEMENT_CONFIRM, address, NULL, 0); /* perhaps of another device */
	assert_false(a->party[PEER].is_reported);
	message(MANAGEMENT_AUTHENTICATION_FAILED, address, "\5", 1);
	assert_true(a->party[PEER].is_reported);
	assert_memory_equal(a->party[PEER].reported.octets, address, 6);
}

/* An excerpt may have nothing else. */
static void a_question_alone_is_an_attempt(void **state)
{
	(void)state;
	message(MANAGEMENT_DISCONNECTED, address, "\3", 1);
	message(MANAGEMENT_NEW_LTK, address, "\0\0", 2);
	assert_int_equal(links.attempts, 0);
	message(MANAGEMENT_CONFIRM_REQUEST, address, "\0\0\0\0\0", 5);
	message(MANAGEMENT_CONFIRM_NOT, address, NULL, 0);
	assert_int_equal(links.attempts, 1);
	assert_true(links.links[0].attempt.begun_before);
	assert_int_equal(links.links[0].attempt.step_count, 2);
	/* What follows the end of a link is not another one. */
	track_link_end(&links, &links.links[0]);
	track_links_flush(&links);
	message(MANAGEMENT_AUTHENTICATION_FAILED, address, "\5", 1);
	assert_int_equal(links.attempts, 1);
}

static struct explain_link *join(uint16_t handle)
{
	struct explain_packet packet = packet_of(0);

	return track_link_join(&links, &packet, handle);
}

static void messages_before_their_link_wait_for_it(void **state)
{
	struct explain_link *link;

	(void)state;
	frame = UINT64_MAX; /* the first packet of an excerpt has number 0 */
	message(MANAGEMENT_CONFIRM_NOT, address, NULL, 0);
	link = join(64);
	assert_int_equal(links.attempts, 1);
	assert_int_equal(link->attempt.handle, 64);
	assert_true(mark_is_set(&link->attempt.management.refused));
	assert_int_equal(link->attempt.management.refused.frame, 0);
	assert_ptr_equal(track_link_find(&links, 0, 64), link);
	/* Those of another controller, and those that waited too long, are attempts of their own.
	 */
	assert_int_equal(begin(state), 0);
	message(MANAGEMENT_CONFIRM_REQUEST, address, "\0\0\0\0\0", 5);
	frame += EXPLAIN_WAITS_US / 1000;
	link = join(64);
	assert_int_equal(links.attempts, 2);
	assert_int_equal(link->attempt.step_count, 0);
}

/* The kernel's message about the end has the address that the excerpt lacks. */
static void the_end_of_a_link_waits_for_its_message(void **state)
{
	struct explain_link *link = join(64);

	(void)state;
	link->attempt.disconnected = link->attempt.last =
		(struct explain_mark){.frame = 1, .time_us = 1000};
	track_link_end(&links, link);
	assert_true(link->used);
	assert_null(track_link_find(&links, 0, 64));
	message(MANAGEMENT_DISCONNECTED, address, "\4", 1);
	assert_true(link->attempt.party[PEER].is_reported);
	assert_int_equal(link->attempt.management.disconnect_reason, 4);
	track_links_flush(&links);
	assert_false(link->used);
}

static void keys_of_which_only_the_kernel_tells_are_kept(void **state)
{
	char text[TRACK_ENDS];

	(void)state;
	assert_string_equal(track_kept_keys_describe(&links.kept_keys, text), "");
	message(MANAGEMENT_STATUS, NULL, "\x13\0\0", 3); /* Success */
	assert_string_equal(track_kept_keys_describe(&links.kept_keys, text), "");
	message(MANAGEMENT_NEW_LTK, address, "\0\0", 2);
	assert_non_null(strstr(track_kept_keys_describe(&links.kept_keys, text),
			       "C6:05:04:03:02:01: a pairing with it succeeded"));
	message(MANAGEMENT_STATUS, NULL, "\x13\0\x0d", 3);
	assert_non_null(
		strstr(track_kept_keys_describe(&links.kept_keys, text),
		       "refused all keys of earlier pairings (Load Long Term Keys): Invalid "
		       "Parameters (0x0d)"));
}

static void a_message_about_another_device_is_of_no_link(void **state)
{
	struct explain_attempt *a = open_link(0, 1, address);

	(void)state;
	a->party[PEER].address.type = 1;
	message(MANAGEMENT_AUTHENTICATION_FAILED, other, "\5", 1);
	assert_int_equal(a->step_count, 0);
}

static void a_note_about_the_agent_counts_for_the_pairing_near_it(void **state)
{
	struct explain_packet note = packet_of(0xffff);
	struct explain_attempt *a;

	(void)state;
	note.kind = EXPLAIN_NOTE;
	note.text = "src/device.c:new_auth() No agent available for request type 2";
	track_management_note(&links, &note);
	a = open_link(0, 1, address);
	a->pairing = true;
	a->first = a->last = mark_of(&note);
	track_link_report(&links, &links.links[0], 0);
	assert_false(mark_is_set(&links.no_agent));
}

static void unknown_or_short_messages_are_left_out(void **state)
{
	static const uint8_t hides_hint[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0};
	struct explain_attempt *a = open_link(0, 1, address);
	struct explain_packet packet = packet_of(0);
	const uint8_t octets[] = {0x0f, 0, 1, 2, 3, 4, 5, 6, 2};

	(void)state;
	known = hides_hint;
	message(MANAGEMENT_CONFIRM_REQUEST, address, "\1\0\0\0\0", 5);
	known = NULL;
	message(0x0023, NULL, "\0", 1); /* Start Discovery */
	message(MANAGEMENT_COMPLETE, NULL, "\x23\0\5", 3);
	message(MANAGEMENT_COMPLETE, NULL, "\x19\0\0", 3);
	packet.kind = EXPLAIN_MANAGEMENT;
	packet.data = octets;
	for (packet.len = 0; packet.len <= sizeof(octets); packet.len++)
		track_management(&links, &packet);
	assert_int_equal(a->step_count, 0);
	message(MANAGEMENT_COMPLETE, NULL, "\x19\0\5", 3);
	assert_int_equal(a->step_count, 1);
}

static void settings_are_of_the_host(void **state)
{
	struct explain_host *host = track_host_of(&links, 0);

	(void)state;
	message(MANAGEMENT_SET_BONDABLE, NULL, "\0", 1);
	message(MANAGEMENT_SET_IO_CAPABILITY, NULL, "\3", 1);
	message(MANAGEMENT_PAIR, address, "\3", 1);
	assert_int_equal(host->not_bondable.frame, 1);
	assert_int_equal(host->io_set.frame, 2);
	assert_int_equal(host->pair.frame, 3);
	assert_memory_equal(host->pair_address, address, 6);
	message(MANAGEMENT_SET_BONDABLE, NULL, "\1", 1);
	assert_int_equal(host->not_bondable.frame, 0);
}

static void a_note_about_the_agent_concerns_the_only_attempt(void **state)
{
	struct explain_attempt *a = open_link(0, 1, address);
	struct explain_packet note = packet_of(0xffff);

	(void)state;
	note.kind = EXPLAIN_NOTE;
	track_management_note(&links, &note);
	note.text = "bluetoothd: Agent registered";
	track_management_note(&links, &note);
	assert_int_equal(a->management.no_agent.frame, 0);
	note.text = "src/device.c:new_auth() No agent available for request type 2";
	track_management_note(&links, &note);
	assert_int_equal(a->management.no_agent.frame, 2);
	a->management.no_agent = (struct explain_mark){0};
	(void)open_link(0, 2, NULL);
	track_management_note(&links, &note);
	assert_int_equal(a->management.no_agent.frame, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_connection_that_the_kernel_could_not_make_is_counted),
		TEST(each_message_is_a_fact_and_a_step),
		TEST(a_copy_of_an_event_is_one_step),
		TEST(a_message_belongs_to_the_link_with_its_address_or_to_the_only_one),
		TEST(the_address_of_a_peer_without_one_is_that_of_the_message),
		TEST(the_identity_that_the_kernel_names_is_kept),
		TEST(a_question_alone_is_an_attempt),
		TEST(messages_before_their_link_wait_for_it),
		TEST(the_end_of_a_link_waits_for_its_message),
		TEST(keys_of_which_only_the_kernel_tells_are_kept),
		TEST(a_message_about_another_device_is_of_no_link),
		TEST(a_note_about_the_agent_counts_for_the_pairing_near_it),
		TEST(unknown_or_short_messages_are_left_out),
		TEST(settings_are_of_the_host),
		TEST(a_note_about_the_agent_concerns_the_only_attempt),
	};
	return cmocka_run_group_tests_name("explain/track/management", tests, NULL, NULL);
}
