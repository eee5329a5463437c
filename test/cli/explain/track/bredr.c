/* SPDX-License-Identifier: MIT */
#include "track/bredr.h"

#include <string.h>

#include "hci/protocol.h"
#include "unit.h"

static struct explain_bredr bredr;
static uint16_t source;
static const uint8_t *known;

static int begin(void **state)
{
	(void)state;
	memset(&bredr, 0, sizeof(bredr));
	source = 0;
	known = NULL;
	return 0;
}

static void take(enum explain_kind kind, const uint8_t *data, size_t len)
{
	const struct explain_packet packet = {.number = 1,
					      .kind = kind,
					      .source = source,
					      .data = data,
					      .len = len,
					      .original = len,
					      .known = known};

	track_bredr_packet(&bredr, &packet);
}

static void event(uint8_t code, const uint8_t *p, size_t len)
{
	uint8_t data[2 + 255] = {code, (uint8_t)len};

	memcpy(data + 2, p, len);
	take(EXPLAIN_EVENT, data, 2 + len);
}

static void command(uint16_t opcode, const uint8_t *p, size_t len)
{
	uint8_t data[3 + 255] = {(uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len};

	if (len)
		memcpy(data + 3, p, len);
	take(EXPLAIN_COMMAND, data, 3 + len);
}

#define EVENT(code, ...) \
	event(code, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define COMMAND(opcode, ...) \
	command(opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Of an ACL link; 0: of SCO. */
#define CONNECT(handle, type)	   EVENT(0x03, 0, handle, 0, 1, 2, 3, 4, 5, 6, type, 0)
#define DISCONNECT(handle, reason) EVENT(0x05, 0, handle, 0, reason)

static bool has(uint16_t handle)
{
	return track_bredr_has(&bredr, source, handle);
}

static void summary_is(const char *want)
{
	char text[300];

	assert_string_equal(track_bredr_summary(&bredr, text, sizeof(text)), want);
}

static void a_connection_makes_its_handle_one_of_bredr_until_it_ends(void **state)
{
	(void)state;
	assert_false(has(11));
	CONNECT(11, 1);
	CONNECT(12, 0);
	assert_true(has(11));
	assert_true(has(12));
	assert_false(has(10));
	assert_false(track_bredr_has(&bredr, 1, 11));
	DISCONNECT(11, 0x13);
	assert_false(has(11));
	assert_true(has(12));
	track_bredr_forget(&bredr, 0, 12);
	assert_false(has(12));
	CONNECT(11, 1);
	command(0x0c03, NULL, 0); /* Reset */
	assert_false(has(11));
}

static void what_only_bredr_has_shows_its_handle(void **state)
{
	static const struct {
		uint16_t code;
		bool event;
		uint8_t p[5];
	} rows[] = {
		{0x0411, false, {11, 0}},
		{0x0413, false, {11, 0, 1}},
		{0x0803, false, {11, 0}},
		{0x06, true, {5, 11, 0}}, /* its handle counts even with an error */
		{0x14, true, {0, 11, 0, 2}},
		{0x1b, true, {11, 0, 5}},
		{0x08, true, {0, 11, 0, 2}}, /* AES-CCM of BR/EDR */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(state);
		if (rows[i].event)
			event((uint8_t)rows[i].code, rows[i].p, 5);
		else
			command(rows[i].code, rows[i].p, 5);
		assert_true(has(11));
	}
	begin(state);
	EVENT(0x14, 2, 11, 0, 2);    /* of a command that failed */
	EVENT(0x08, 0, 11, 0, 1);    /* of either */
	COMMAND(0x041d, 11, 0);	     /* Read Remote Version */
	COMMAND(0x2019, 11, 0, 0);   /* LE Enable Encryption */
	EVENT(0x3e, 5, 11, 0, 1);    /* LE Meta */
	EVENT(0x13, 1, 11, 0, 1, 0); /* Number Of Completed Packets */
	EVENT(0x1b, 11);	     /* cut */
	known = (const uint8_t[]){1, 1, 1, 0, 1};
	EVENT(0x1b, 11, 0, 5); /* unknown */
	assert_false(has(11));
}

static void a_channel_that_le_does_not_have_shows_bredr(void **state)
{
	for (uint16_t cid = 4; cid <= 6; cid++) {
		begin(state);
		track_bredr_frame(&bredr, &(struct explain_packet){0}, 11, cid);
		assert_false(has(11));
	}
	track_bredr_frame(&bredr, &(struct explain_packet){0}, 11, 7); /* SMP of BR/EDR */
	assert_true(has(11));
}

static const char *summary(void)
{
	static char text[400];

	return track_bredr_summary(&bredr, text, sizeof(text));
}

static void take_at(uint64_t time_us, enum explain_kind kind, const uint8_t *data, size_t len)
{
	const struct explain_packet packet = {.number = 1,
					      .time_us = time_us,
					      .clock = EXPLAIN_CLOCK_UNIX,
					      .kind = kind,
					      .data = data,
					      .len = len,
					      .original = len};

	track_bredr_packet(&bredr, &packet);
}

/* User Confirmation Request, and its Negative Reply. */
static void a_no_that_comes_at_once_is_of_no_user(void **state)
{
	static const uint8_t request[] = {0x33, 10, 1, 2, 3, 4, 5, 6, 1, 0, 0, 0};
	static const uint8_t no[] = {0x2d, 0x04, 6, 1, 2, 3, 4, 5, 6};

	assert_null(track_bredr_advice(&bredr, true));
	take_at(1000, EXPLAIN_EVENT, request, sizeof(request));
	take_at(1100, EXPLAIN_COMMAND, no, sizeof(no));
	assert_non_null(strstr(summary(), "answered no by itself, 0.1 ms after"));
	assert_non_null(strstr(track_bredr_advice(&bredr, true), "agent"));
	assert_true(track_bredr_paired(&bredr));
	assert_int_equal(begin(state), 0);
	take_at(1000, EXPLAIN_EVENT, request, sizeof(request));
	take_at(4000000, EXPLAIN_COMMAND, no, sizeof(no));
	assert_non_null(strstr(summary(), "the user of the captured host, or its agent"));
	assert_null(track_bredr_advice(&bredr, true));
}

static void what_answers_no_call_may_be_of_le_alone(void **state)
{
	/* Connection Complete: Page Timeout; Success */
	static const uint8_t unanswered[] = {3, 11, 4, 0, 0, 1, 2, 3, 4, 5, 6, 1, 0};
	static const uint8_t answered[] = {3, 11, 0, 11, 0, 1, 2, 3, 4, 5, 6, 1, 0};

	(void)state;
	take_at(1000, EXPLAIN_EVENT, unanswered, sizeof(unanswered));
	assert_non_null(strstr(track_bredr_advice(&bredr, true), "over LE"));
	assert_null(track_bredr_advice(&bredr, false)); /* there were links of LE */
	take_at(2000, EXPLAIN_EVENT, answered, sizeof(answered));
	assert_null(track_bredr_advice(&bredr, true));
}

static void a_short_key_and_a_blocked_channel_are_said(void **state)
{
	static const uint8_t response[] = {11, 0, 16, 0, 12, 0, 1, 0, 3, 3,
					   8,  0, 0,  0, 64, 0, 3, 0, 0, 0};
	struct explain_packet packet = {.data = response, .len = sizeof(response)};

	(void)state;
	EVENT(HCI_COMMAND_COMPLETE, 1, 0x08, 0x14, 0, 11, 0, 16);
	EVENT(HCI_COMMAND_COMPLETE, 1, 0x08, 0x14, 0, 11, 0, 3);
	track_bredr_frame(&bredr, &packet, 11, 1);
	assert_non_null(strstr(summary(), "an encryption key of 3 octets"));
	assert_non_null(strstr(summary(), "1 channel refused for want of security"));
	assert_true(has(11));
}

static void a_channel_of_le_shows_le_until_the_link_ends(void **state)
{
	(void)state;
	assert_false(track_bredr_is_le(&bredr, 0, 11));
	track_bredr_frame(&bredr, &(struct explain_packet){0}, 11, 4);
	assert_true(track_bredr_is_le(&bredr, 0, 11));
	assert_false(track_bredr_is_le(&bredr, 0, 12));
	DISCONNECT(11, 0x13);
	assert_false(track_bredr_is_le(&bredr, 0, 11));
}

static void an_authentication_is_under_way_until_it_fails_or_its_link_ends(void **state)
{
	(void)state;
	assert_false(track_bredr_authenticates(&bredr, 0));
	EVENT(0x17, 1, 2, 3, 4, 5, 6);
	assert_true(track_bredr_authenticates(&bredr, 0));
	assert_false(track_bredr_authenticates(&bredr, 1));
	EVENT(0x06, 5, 11, 0);
	assert_false(track_bredr_authenticates(&bredr, 0));
	EVENT(0x31, 1, 2, 3, 4, 5, 6);
	EVENT(0x06, 0, 11, 0);
	assert_true(track_bredr_authenticates(&bredr, 0));
	DISCONNECT(11, 0x13);
	assert_false(track_bredr_authenticates(&bredr, 0));
}

static void a_summary_counts_connections_by_their_end(void **state)
{
	(void)state;
	summary_is("");
	for (uint8_t i = 0; i < 4; i++) {
		CONNECT(11, 1);
		DISCONNECT(11, 0x13);
	}
	summary_is("4 connections of BR/EDR, 4 ended by the peer: Remote User Terminated "
		   "Connection (0x13); blepair explains LE only");
	assert_false(track_bredr_paired(&bredr));
	begin(state);
	EVENT(0x03, 4, 0, 0, 1, 2, 3, 4, 5, 6, 1, 0);
	CONNECT(11, 1);
	DISCONNECT(11, 0x16);
	CONNECT(11, 1);
	DISCONNECT(11, 0x08);
	CONNECT(11, 1);
	DISCONNECT(11, 0x1a);
	summary_is(
		"3 connections of BR/EDR, 1 not connected: Page Timeout (0x04), 1 ended by the "
		"captured host: Connection Terminated By Local Host (0x16), 1 lost: Connection "
		"Timeout (0x08), 1 ended by the peer: Unsupported Remote Feature (0x1a); blepair "
		"explains LE only");
}

/* An excerpt may have no connection, and text of hcidump no number for the type of link. */
static void an_end_without_a_connection_counts_none(void **state)
{
	(void)state;
	EVENT(0x03, 4, 0, 0, 1, 2, 3, 4, 5, 6);
	summary_is("BR/EDR, 1 not connected: Page Timeout (0x04); blepair explains LE only");
	begin(state);
	EVENT(0x03, 0, 11, 0, 1, 2, 3, 4, 5, 6);
	summary_is("1 connection of BR/EDR; blepair explains LE only");
}

static void audio_is_no_connection_of_its_own(void **state)
{
	(void)state;
	CONNECT(11, 1);
	CONNECT(12, 0);				       /* SCO */
	EVENT(0x2c, 0, 13, 0, 1, 2, 3, 4, 5, 6, 2);    /* eSCO */
	EVENT(0x2c, 0x0d, 14, 0, 1, 2, 3, 4, 5, 6, 2); /* refused */
	track_bredr_note_audio(&bredr, source, 15);
	assert_true(has(12) && has(13) && has(15));
	assert_false(has(14));
	DISCONNECT(12, 0x08);
	DISCONNECT(13, 0x08);
	DISCONNECT(15, 0x08);
	assert_false(has(12) || has(13) || has(15));
	DISCONNECT(11, 0x08);
	summary_is("1 connection of BR/EDR, 1 lost: Connection Timeout (0x08); blepair explains LE "
		   "only");
}

static void a_summary_says_how_each_pairing_ended(void **state)
{
	(void)state;
	CONNECT(11, 1);
	EVENT(0x31, 1, 2, 3, 4, 5, 6);
	EVENT(0x36, 5, 1, 2, 3, 4, 5, 6);
	summary_is("1 connection of BR/EDR, Secure Simple Pairing of BR/EDR failed: Authentication "
		   "Failure (0x05); blepair explains LE only");
	assert_true(track_bredr_paired(&bredr));
	begin(state);
	CONNECT(11, 1);
	EVENT(0x16, 1, 2, 3, 4, 5, 6);
	EVENT(0x18, 1, 2, 3, 4, 5, 6);
	EVENT(0x06, 0, 11, 0);
	EVENT(0x16, 1, 2, 3, 4, 5, 6);
	EVENT(0x06, 5, 11, 0);
	EVENT(0x06, 5, 11, 0);
	EVENT(0x16, 1, 2, 3, 4, 5, 6);
	DISCONNECT(11, 0x05);
	summary_is("1 connection of BR/EDR, pairing with a PIN of BR/EDR succeeded, pairing with a "
		   "PIN of BR/EDR failed 2 times: Authentication Failure (0x05), 1 ended by the "
		   "peer: Authentication Failure (0x05); blepair explains LE only");
}

/* Its pairing came before the capture, or an old key was refused. */
static void an_authentication_that_fails_alone_is_said(void **state)
{
	(void)state;
	CONNECT(11, 1);
	EVENT(0x06, 6, 11, 0);
	summary_is("1 connection of BR/EDR, authentication of BR/EDR failed: PIN or Key Missing "
		   "(0x06); blepair explains LE only");
	assert_true(track_bredr_paired(&bredr));
	assert_non_null(strstr(track_bredr_advice(&bredr, true), "lost the bond of BR/EDR"));
	begin(state);
	EVENT(0x36, 5, 1, 2, 3, 4, 5, 6);
	EVENT(0x06, 5, 11, 0); /* the same failure */
	assert_null(strstr(summary(), "authentication of"));
}

static void a_question_about_io_capabilities_shows_bredr(void **state)
{
	(void)state;
	EVENT(0x31, 1, 2, 3, 4, 5, 6);
	assert_non_null(strstr(summary(), "BR/EDR"));
}

static void kinds_and_controllers_beyond_the_bound_are_dropped(void **state)
{
	(void)state;
	for (uint8_t reason = 0; reason < 20; reason++) {
		CONNECT(11, 1);
		DISCONNECT(11, reason);
	}
	assert_int_equal(bredr.end_count, EXPLAIN_BREDR_ENDS);
	for (source = 1; source < 8; source++) {
		CONNECT(11, 1);
		assert_int_equal(has(11), source < EXPLAIN_BREDR_CONTROLLERS);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_connection_makes_its_handle_one_of_bredr_until_it_ends),
		TEST(what_only_bredr_has_shows_its_handle),
		TEST(a_channel_that_le_does_not_have_shows_bredr),
		TEST(a_no_that_comes_at_once_is_of_no_user),
		TEST(what_answers_no_call_may_be_of_le_alone),
		TEST(a_short_key_and_a_blocked_channel_are_said),
		TEST(a_channel_of_le_shows_le_until_the_link_ends),
		TEST(an_authentication_is_under_way_until_it_fails_or_its_link_ends),
		TEST(a_summary_counts_connections_by_their_end),
		TEST(an_end_without_a_connection_counts_none),
		TEST(audio_is_no_connection_of_its_own),
		TEST(a_summary_says_how_each_pairing_ended),
		TEST(an_authentication_that_fails_alone_is_said),
		TEST(a_question_about_io_capabilities_shows_bredr),
		TEST(kinds_and_controllers_beyond_the_bound_are_dropped),
	};
	return cmocka_run_group_tests_name("explain/track/bredr", tests, NULL, NULL);
}
