/* SPDX-License-Identifier: MIT */
/* Keys in commands, and encryption that starts or fails. */
#include "cli/explain/track/hci_fixture.h"

#include <string.h>

#include "hci/error.h"
#include "hci/protocol.h"

/* ---- Of a connection ----------------------------------------------------------------------------
 */

static void an_encryption_that_the_text_says_is_of_bredr_is_not_of_le(void **state)
{
	static const uint8_t change[] = {HCI_ENCRYPTION_CHANGE, 4, 0, 0x0b, 0, 1},
			     ended[] = {HCI_DISCONNECTION_COMPLETE, 4, 0, 0x0b, 0, 8};
	struct explain_packet packet = packet_of(EXPLAIN_EVENT, change, sizeof(change));

	(void)state;
	packet.bredr = true;
	track_event(&links, &packet);
	packet = packet_of(EXPLAIN_EVENT, ended, sizeof(ended));
	track_event(&links, &packet);
	track_links_close(&links);
	assert_int_equal(links.attempts, 0);
}

static const uint8_t enable[28] = {0x40, 0x0e, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
				   13,	 14,   15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26};
static const uint8_t reply[18] = {0x40, 0x0e, 11, 12, 13, 14, 15, 16, 17,
				  18,	19,   20, 21, 22, 23, 24, 25, 26};

static void the_key_of_the_centrals_command_is_kept(void **state)
{
	struct explain_attempt *a = connect_as(0);

	(void)state;
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 27);
	assert_int_equal(a->encrypt.frame, 0);
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(a->encrypt.frame, 3);
	assert_memory_equal(a->encrypt_rand, enable + 2, 8);
	assert_memory_equal(a->encrypt_ediv, enable + 10, 2);
	assert_true(a->has_encrypt_key);
	assert_memory_equal(a->encrypt_key, enable + 12, 16);
	assert_int_equal(ring.count, 1);
	assert_memory_equal(ring.keys[0], enable + 12, 16);
	assert_int_equal(a->steps[1].layer, EXPLAIN_LAYER_COMMAND);
	assert_int_equal(a->steps[1].code, HCI_LE_ENABLE_ENCRYPTION);
	assert_int_equal(a->steps[1].from, HOST);
	assert_int_equal(a->steps[1].len, 28);
	assert_true(a->steps[1].whole);
	/* Encrypted; the refresh with the new LTK is no part of the pairing. */
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	assert_int_equal(a->encrypted.frame, 4);
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(a->encrypt.frame, 3);
	/* After a failure, it is a new try. */
	a->encrypt_status = 6;
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(a->encrypt.frame, 6);
	assert_int_equal(a->encrypted.frame, 0);
}

static void only_the_central_enables_encryption(void **state)
{
	const struct explain_packet acl = {.number = 1, .kind = EXPLAIN_ACL};
	struct explain_attempt *a = &track_link_open(&links, &acl, 0xe40)->attempt;

	(void)state;
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(a->central, HOST);
	a = &track_link_open(&links, &acl, 0xe40)->attempt;
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	assert_int_equal(a->central, PEER);
}

static void encryption_after_a_failed_pairing_is_another_attempt(void **state)
{
	struct explain_attempt *a = connect_as(0);

	(void)state;
	a->failed = (struct explain_mark){.frame = 1, .time_us = 10};
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].encrypt.frame, 0);
	assert_int_equal(a->failed.frame, 0);
	assert_int_equal(a->encrypt.frame, 2);
	begin(state);
	a = connect_as(1);
	a->failed = (struct explain_mark){.frame = 1, .time_us = 10};
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	assert_int_equal(over_count, 1);
	assert_int_equal(a->ltk_request.frame, 2);
}

/* An excerpt may have two connections with one handle. */
static void an_end_that_changes_its_role_is_of_another_connection(void **state)
{
	const struct explain_packet acl = {.number = 1, .kind = EXPLAIN_ACL};
	struct explain_attempt *a = &track_link_open(&links, &acl, 0xe40)->attempt;

	(void)state;
	a->begun_before = true;
	a->central = PEER;
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(over_count, 1);
	a = &track_link_find(&links, source, 0xe40)->attempt;
	assert_int_equal(a->central, HOST);
	assert_false(a->follows);
	/* Where the connection itself says the role, the command is a mistake of the host. */
	begin(state);
	a = connect_as(1);
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_int_equal(over_count, 0);
	assert_int_equal(a->central, PEER);
}

static void a_key_that_the_capture_hides_is_not_used(void **state)
{
	uint8_t octets[31];
	struct explain_attempt *a = connect_as(0);

	(void)state;
	for (size_t hidden = 15; hidden < 31; hidden += 15) {
		memset(octets, 1, sizeof(octets));
		octets[hidden] = 0;
		known = octets;
		command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
		assert_false(a->has_encrypt_key);
		assert_false(a->steps[a->step_count - 1].whole);
	}
	memset(octets, 1, sizeof(octets));
	octets[14] = 0;
	known = octets;
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	assert_true(a->has_encrypt_key);
	memset(&ring, 0, sizeof(ring));
	for (size_t hidden = 5; hidden < 21; hidden += 15) {
		memset(octets, 1, sizeof(octets));
		octets[hidden] = 0;
		known = octets;
		command(HCI_LE_LTK_REPLY, reply, 18);
		assert_false(a->has_reply_key);
	}
	assert_int_equal(ring.count, 0);
	memset(octets, 1, sizeof(octets));
	octets[4] = 0;
	known = octets;
	command(HCI_LE_LTK_REPLY, reply, 18);
	assert_true(a->has_reply_key);
	/* Nothing is done for a command whose opcode is unknown. */
	memset(octets, 1, sizeof(octets));
	octets[1] = 0;
	known = octets;
	command(HCI_LE_LTK_NEGATIVE_REPLY, reply, 2);
	assert_false(a->ltk_refused);
}

static void the_peripherals_host_replies_with_a_key_or_refuses(void **state)
{
	struct explain_attempt *a = connect_as(1);

	(void)state;
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	assert_int_equal(a->ltk_request.frame, 2);
	assert_memory_equal(a->encrypt_rand, enable + 2, 8);
	assert_memory_equal(a->encrypt_ediv, enable + 10, 2);
	command(HCI_LE_LTK_REPLY, reply, 17);
	assert_int_equal(a->ltk_reply.frame, 0);
	command(HCI_LE_LTK_NEGATIVE_REPLY, reply, 2);
	assert_int_equal(a->ltk_reply.frame, 4);
	assert_true(a->ltk_refused);
	assert_false(a->has_reply_key);
	assert_int_equal(ring.count, 0);
	command(HCI_LE_LTK_REPLY, reply, 18);
	assert_int_equal(a->ltk_reply.frame, 5);
	assert_false(a->ltk_refused);
	assert_true(a->has_reply_key);
	assert_memory_equal(a->reply_key, reply + 2, 16);
	assert_memory_equal(ring.keys[0], reply + 2, 16);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	command(HCI_LE_LTK_REPLY, reply, 18);
	assert_int_equal(a->ltk_reply.frame, 5);
	command(HCI_LE_LTK_NEGATIVE_REPLY, reply, 2);
	assert_int_equal(a->ltk_reply.frame, 8);
	a->encrypt_status = 6;
	command(HCI_LE_LTK_REPLY, reply, 18);
	assert_int_equal(a->ltk_reply.frame, 9);
}

static void the_result_of_encryption_is_kept_until_it_fails(void **state)
{
	static const uint8_t events[] = {HCI_ENCRYPTION_CHANGE, HCI_ENCRYPTION_CHANGE_V2,
					 HCI_KEY_REFRESH_COMPLETE};

	for (size_t i = 0; i < COUNT(events); i++) {
		begin(state);
		const struct explain_attempt *a = connect_as(0);
		uint8_t p[5] = {0, 0x40, 0x0e, 1, 16};
		size_t len = events[i] == HCI_KEY_REFRESH_COMPLETE ? 3
			     : events[i] == HCI_ENCRYPTION_CHANGE  ? 4
								   : 5;
		event(events[i], p, events[i] == HCI_KEY_REFRESH_COMPLETE ? 2 : 3);
		assert_int_equal(a->encrypted.frame, 0);
		event(events[i], p, len);
		event(events[i], p, len);
		assert_int_equal(a->encrypted.frame, 3);
		assert_int_equal(a->encrypt_status, 0);
		assert_int_equal(a->steps[1].code, events[i]);
		p[0] = 6;
		event(events[i], p, len);
		assert_int_equal(a->encrypted.frame, 5);
		assert_int_equal(a->encrypt_status, 6);
	}
}

/* A text may lack any of its lines. */
static void a_status_that_the_capture_hides_is_no_success(void **state)
{
	static const uint8_t hidden[] = {1, 1, 0, 1, 1, 1};
	static const uint8_t events[] = {HCI_ENCRYPTION_CHANGE, HCI_ENCRYPTION_CHANGE_V2,
					 HCI_KEY_REFRESH_COMPLETE};
	const uint8_t p[] = {0, 0x40, 0x0e, 1};

	for (size_t i = 0; i < COUNT(events); i++) {
		begin(state);
		const struct explain_attempt *a = connect_as(0);
		command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
		known = hidden;
		event(events[i], p, sizeof(p));
		assert_int_equal(a->encrypted.frame, 0);
		assert_int_equal(a->steps[2].code, events[i]);
		assert_false(a->steps[2].whole);
		known = (const uint8_t[]){1, 1, 1, 1, 1, 0};
		event(events[i], p, sizeof(p));
		assert_int_equal(a->encrypted.frame, 4);
		assert_true(a->steps[3].whole);
	}
}

/* ---- Of a link whose connection is not in the capture -------------------------------------------
 */

static struct explain_attempt *attempt_of(uint16_t handle)
{
	struct explain_link *link = track_link_find(&links, source, handle);

	return link ? &link->attempt : NULL;
}

/* The pairing before it has succeeded. */
static void encryption_that_does_not_start_anew_is_an_attempt_of_its_own(void **state)
{
	static const uint8_t refused[] = {HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0},
			     lost[] = {0, 0x40, 0x0e, HCI_MIC_FAILURE},
			     left[] = {0, 0x40, 0x0e, HCI_AUTHENTICATION_FAILURE},
			     late[] = {0, 0x40, 0x0e, HCI_LL_RESPONSE_TIMEOUT},
			     keyless[] = {0, 0x40, 0x0e, HCI_PIN_OR_KEY_MISSING};
	static const struct {
		uint8_t event;
		const uint8_t *p;
		size_t len;
		uint8_t status;
	} ends[] = {{HCI_ENCRYPTION_CHANGE, refused, 4, HCI_PIN_OR_KEY_MISSING},
		    {HCI_KEY_REFRESH_COMPLETE, refused, 3, HCI_PIN_OR_KEY_MISSING},
		    {HCI_DISCONNECTION_COMPLETE, lost, 4, 0},
		    {HCI_DISCONNECTION_COMPLETE, left, 4, 0},
		    {HCI_DISCONNECTION_COMPLETE, late, 4, 0},
		    {HCI_DISCONNECTION_COMPLETE, keyless, 4, HCI_PIN_OR_KEY_MISSING}};

	for (size_t i = 0; i < COUNT(ends); i++) {
		begin(state);
		(void)connect_as(0);
		EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
		command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
		event(ends[i].event, ends[i].p, ends[i].len);
		track_links_close(&links);
		assert_int_equal(over_count, 2);
		assert_int_equal(over[0].encrypted.frame, 2);
		assert_int_equal(over[0].encrypt_status, 0);
		assert_int_equal(over[0].disconnected.frame, 0);
		assert_true(over[1].follows);
		assert_int_equal(over[1].encrypt.frame, 3);
		assert_memory_equal(over[1].encrypt_ediv, enable + 10, 2);
		assert_memory_equal(over[1].encrypt_rand, enable + 2, 8);
		assert_memory_equal(over[1].encrypt_key, enable + 12, 16);
		assert_int_equal(over[1].encrypt_status, ends[i].status);
	}
	/* The peripheral's host has no key. */
	begin(state);
	struct explain_attempt *a = connect_as(1);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 0, 2, 3, 4, 5, 6, 7, 8, 7, 9);
	assert_int_equal(a->ltk_request.frame, 2);
	assert_int_equal(a->encrypt_rand[0], 1);
	assert_int_equal(a->encrypt_ediv[0], 9);
	COMMAND(HCI_LE_LTK_NEGATIVE_REPLY, 0x40, 0x0e);
	assert_int_equal(over_count, 1);
	assert_false(over[0].ltk_refused);
	assert_true(a->ltk_refused);
	assert_int_equal(a->ltk_request.frame, 4);
	assert_int_equal(a->encrypt_ediv[0], 7);
	/* It may start, and the link be lost later for another reason. */
	begin(state);
	(void)connect_as(0);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	command(HCI_LE_ENABLE_ENCRYPTION, enable, 28);
	EVENT(HCI_KEY_REFRESH_COMPLETE, 0, 0x40, 0x0e);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_MIC_FAILURE);
	track_links_flush(&links);
	assert_int_equal(over_count, 1);
}

static void security_of_le_makes_an_attempt_on_any_handle(void **state)
{
	static const struct {
		uint16_t command;
		uint8_t len;
		int8_t central;
	} commands[] = {{HCI_LE_ENABLE_ENCRYPTION, 28, HOST},
			{HCI_LE_LTK_REPLY, 18, EXPLAIN_NOBODY},
			{HCI_LE_LTK_NEGATIVE_REPLY, 2, EXPLAIN_NOBODY}};
	const uint8_t p[28] = {0x40, 0x0e};

	for (size_t i = 0; i < COUNT(commands); i++) {
		begin(state);
		command(commands[i].command, p, commands[i].len);
		assert_non_null(attempt_of(0xe40));
		assert_true(attempt_of(0xe40)->begun_before);
		assert_int_equal(attempt_of(0xe40)->central, commands[i].central);
	}
	begin(state);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9);
	assert_int_equal(attempt_of(0xe40)->central, PEER);
	assert_int_equal(attempt_of(0xe40)->ltk_request.frame, 1);
	begin(state);
	LE_EVENT(HCI_LE_REMOTE_FEATURES_COMPLETE, 0, 0x40, 0x0e, 1, 0, 0, 0, 0, 0, 0, 0);
	EVENT(HCI_KEY_REFRESH_COMPLETE, 0, 0x40, 0x0e);
	assert_int_equal(attempt_of(0xe40)->encrypted.frame, 2);
	/* A connection update, or an ordinary end, is no security. */
	begin(state);
	COMMAND(HCI_LE_CONNECTION_UPDATE, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0);
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, 0x13);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, 0x16);
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 0, 0x40, 0x0e, 1, 0, 2, 0, 3, 0, 0);
	assert_int_equal(links.attempts, 0);
	/* This one is. */
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, HCI_AUTHENTICATION_FAILURE);
	assert_true(attempt_of(0xe40)->disconnect_ordered);
}

static void an_encryption_change_alone_is_an_attempt(void **state)
{
	(void)state;
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0);
	assert_int_equal(attempt_of(0xe40)->encrypt_status, HCI_PIN_OR_KEY_MISSING);
	assert_int_equal(attempt_of(0xe40)->central, EXPLAIN_NOBODY);
	/* The command is missing, but not its Command Status. */
	begin(state);
	EVENT(HCI_COMMAND_STATUS, 0, 1, (uint8_t)HCI_LE_ENABLE_ENCRYPTION,
	      HCI_LE_ENABLE_ENCRYPTION >> 8);
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0);
	assert_int_equal(attempt_of(0xe40)->central, HOST);
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x41, 0x0e, 0);
	assert_int_equal(attempt_of(0xe41)->central, EXPLAIN_NOBODY);
	begin(state);
	LE_EVENT(HCI_LE_DATA_LENGTH_CHANGE, 0x40, 0x0e, 27, 0, 0, 0, 27, 0, 0, 0);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	assert_non_null(attempt_of(0xe40));
	/* Unknown octets prove nothing. */
	begin(state);
	known = (const uint8_t[]){1, 1, 0, 1, 1, 1};
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	assert_null(attempt_of(0xe40));
	/* What failed did not change the mode of encryption. */
	known = (const uint8_t[]){1, 1, 1, 1, 1, 0};
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0);
	assert_int_equal(attempt_of(0xe40)->encrypt_status, HCI_PIN_OR_KEY_MISSING);
}

/* It may be of BR/EDR as well: the mode is the same number. */
static void encryption_that_succeeds_on_an_unknown_handle_waits_for_its_transport(void **state)
{
	(void)state;
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	assert_null(attempt_of(0xe40));
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9);
	assert_int_equal(attempt_of(0xe40)->encrypted.frame, 1);
	assert_int_equal(attempt_of(0xe40)->step_count, 2);
	begin(state);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, 0x16);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9);
	assert_int_equal(attempt_of(0xe40)->encrypted.frame, 0);
	/* Another command on the handle is of BR/EDR. */
	begin(state);
	COMMAND(0x1408, 0x40, 0x0e);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0);
	assert_int_equal(links.attempts, 0);
}

static void encryption_of_le_on_a_handle_of_bredr_is_an_attempt_of_it(void **state)
{
	const uint8_t p[28] = {0x0b};

	(void)state;
	EVENT(0x03, 0, 0x0b, 0, 1, 2, 3, 4, 5, 6, 1, 0);
	command(HCI_LE_ENABLE_ENCRYPTION, p, 28);
	assert_int_equal(links.attempts, 1);
	track_links_close(&links);
	assert_true(over[0].bredr);
}

static void a_late_encryption_change_is_of_the_link_that_has_ended(void **state)
{
	(void)state;
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0);
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_AUTHENTICATION_FAILURE);
	track_links_flush(&links);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x40, 0x0e, 1);
	assert_null(attempt_of(0xe40));
	assert_false(track_encryption_has(&links, 0, 0xe40));
	EVENT(HCI_ENCRYPTION_CHANGE, HCI_PIN_OR_KEY_MISSING, 0x40, 0x0e, 0);
	assert_null(attempt_of(0xe40));
	/* Commands that the host sent before it knew. */
	command(HCI_LE_LTK_REPLY, reply, sizeof(reply));
	command(HCI_LE_ENABLE_ENCRYPTION, enable, sizeof(enable));
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, HCI_AUTHENTICATION_FAILURE);
	assert_null(attempt_of(0xe40));
	assert_int_equal(links.attempts, 1);
	EVENT(HCI_ENCRYPTION_CHANGE, 0, 0x41, 0x0e, 1);
	assert_true(track_encryption_has(&links, 0, 0xe41));
	/* Only a link that goes on asks for a key. */
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9);
	assert_non_null(attempt_of(0xe40));
}

/* It may leave out any number of packets between the end and the next connection. */
static void an_excerpt_without_times_has_no_late_packets(void **state)
{
	(void)state;
	excerpt = true;
	command(HCI_LE_ENABLE_ENCRYPTION, enable, sizeof(enable));
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, HCI_REMOTE_USER_TERMINATED);
	track_links_flush(&links);
	command(HCI_LE_ENABLE_ENCRYPTION, enable, sizeof(enable));
	assert_non_null(attempt_of(0xe40));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(an_encryption_that_the_text_says_is_of_bredr_is_not_of_le),
		TEST(the_key_of_the_centrals_command_is_kept),
		TEST(only_the_central_enables_encryption),
		TEST(encryption_after_a_failed_pairing_is_another_attempt),
		TEST(an_end_that_changes_its_role_is_of_another_connection),
		TEST(a_key_that_the_capture_hides_is_not_used),
		TEST(the_peripherals_host_replies_with_a_key_or_refuses),
		TEST(the_result_of_encryption_is_kept_until_it_fails),
		TEST(a_status_that_the_capture_hides_is_no_success),
		TEST(encryption_that_does_not_start_anew_is_an_attempt_of_its_own),
		TEST(security_of_le_makes_an_attempt_on_any_handle),
		TEST(an_encryption_change_alone_is_an_attempt),
		TEST(encryption_that_succeeds_on_an_unknown_handle_waits_for_its_transport),
		TEST(encryption_of_le_on_a_handle_of_bredr_is_an_attempt_of_it),
		TEST(a_late_encryption_change_is_of_the_link_that_has_ended),
		TEST(an_excerpt_without_times_has_no_late_packets),
	};
	return cmocka_run_group_tests_name("explain/track/hci_encryption", tests, NULL, NULL);
}
