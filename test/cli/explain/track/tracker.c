/* SPDX-License-Identifier: MIT */
#include "track/tracker.h"

#include <string.h>

#include "analyse/recompute.h"
#include "cli/explain/files.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "stack.h"
#include "unit.h"

static struct explain_tracker tracker;
static uint64_t frame;
static uint64_t delay_us;    /* before the next packet, and so far */
static const char *missing;  /* before the next packet */
static const uint8_t *known; /* of the next packet */
static size_t cut;	     /* octets of the next packet that were not captured */

static struct explain_attempt over[8]; /* the attempts that are over */
static size_t over_count;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	assert_ptr_equal(ctx, &tracker);
	assert_true(over_count < COUNT(over));
	over[over_count++] = *attempt;
}

static int begin(void **state)
{
	(void)state;
	memset(&tracker, 0, sizeof(tracker));
	track_init(&tracker, finished, &tracker);
	over_count = cut = 0;
	frame = delay_us = 0;
	missing = NULL;
	known = NULL;
	return 0;
}

static struct explain_packet packet_of(enum explain_kind kind, const uint8_t *data, size_t len)
{
	frame++;
	const struct explain_packet packet = {.number = frame,
					      .time_us = 30000 * frame + delay_us,
					      .clock = EXPLAIN_CLOCK_UNIX,
					      .kind = kind,
					      .data = data,
					      .len = len - cut,
					      .original = len,
					      .known = known,
					      .missing = missing};

	cut = 0;
	missing = NULL;
	known = NULL;
	return packet;
}

/* ---- HCI ------------------------------------------------------------------------------------- */

enum { FIRST = 0, CONTINUING = 1, FLUSHABLE = 2 };

static void acl(bool received, unsigned boundary, const void *data, size_t len)
{
	uint8_t octets[4 + 300];

	bytes_put_le16(octets, (uint16_t)(0xe40 | boundary << 12));
	bytes_put_le16(octets + 2, (uint16_t)len);
	memcpy(octets + 4, data, len);
	struct explain_packet packet = packet_of(EXPLAIN_ACL, octets, 4 + len);
	packet.way = received ? EXPLAIN_RECEIVED : EXPLAIN_SENT;
	track_packet(&tracker, &packet);
}

#define ACL(received, boundary, ...)                            \
	acl(received, boundary, (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

/* A frame of SMP in one fragment. */
static void smp(bool received, uint8_t code, const void *value, size_t len)
{
	uint8_t octets[5 + 64] = {(uint8_t)(1 + len), 0, 6, 0, code};

	if (len)
		memcpy(octets + 5, value, len);
	acl(received, received ? FLUSHABLE : FIRST, octets, 5 + len);
}

static struct explain_attempt *attempt(void)
{
	struct explain_link *link = track_link_find(&tracker.links, 0, 0xe40);

	return link ? &link->attempt : NULL;
}

static void a_frame_of_smp_opens_a_link_that_began_before(void **state)
{
	(void)state;
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	assert_non_null(attempt());
	assert_true(attempt()->begun_before);
	assert_int_equal(attempt()->step_count, 1);
	assert_int_equal(attempt()->steps[0].from, 1);
	assert_int_equal(attempt()->steps[0].layer, EXPLAIN_LAYER_SMP);
	assert_true(attempt()->steps[0].whole);
	assert_int_equal(attempt()->security_auth_req, 5);
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	assert_int_equal(attempt()->steps[1].from, 0);
	assert_int_equal(attempt()->party[0].features_pdu[6], 6);
	/* Signalling does so, too. */
	begin(state);
	ACL(true, FIRST, 2, 0, 5, 0, 1, 2);
	assert_int_equal(attempt()->steps[0].layer, EXPLAIN_LAYER_SIGNALING);
	assert_int_equal(tracker.packets, 1);
}

static void event_after(unsigned ms, uint8_t code, const void *parameters, size_t len)
{
	uint8_t octets[2 + 64] = {code, (uint8_t)len};

	memcpy(octets + 2, parameters, len);
	struct explain_packet packet = packet_of(EXPLAIN_EVENT, octets, 2 + len);
	delay_us += 1000 * (uint64_t)ms;
	packet.time_us += 1000 * (uint64_t)ms;
	packet.way = EXPLAIN_RECEIVED;
	track_packet(&tracker, &packet);
}

static void connect_here(void)
{
	static const uint8_t completed[19] = {HCI_LE_CONNECTION_COMPLETE,
					      0,
					      0x40,
					      0x0e,
					      0,
					      1,
					      6,
					      5,
					      4,
					      3,
					      2,
					      1,
					      24,
					      0,
					      0,
					      0,
					      72,
					      0,
					      0};

	event_after(0, HCI_LE_META, completed, 19);
}

static void disconnect_here(void)
{
	event_after(0, HCI_DISCONNECTION_COMPLETE, "\0\x40\x0e\x13", 4);
}

/* USB has one pipe for events and one for data. */
static void data_that_arrives_after_the_end_of_its_link_belongs_to_it(void **state)
{
	connect_here();
	smp(false, SMP_PAIRING_REQUEST, "\3\0\1\20\0\0", 6);
	disconnect_here();
	assert_null(attempt());
	assert_int_equal(over_count, 0);
	smp(true, SMP_PAIRING_FAILED, "\5", 1);
	assert_null(attempt());
	event_after(200, HCI_DISCONNECTION_COMPLETE, "\0\x41\x0e\x13", 4);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].failed.frame, 4);
	assert_int_equal(over[0].failed_by, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_NOT);
	/* A pairing that begins there has ended as well. */
	begin(state);
	connect_here();
	disconnect_here();
	smp(true, SMP_PAIRING_REQUEST, "\3\0\1\20\0\0", 6);
	smp(true, SMP_PAIRING_FAILED, "\5", 1);
	smp(true, SMP_PAIRING_REQUEST, "\3\0\1\20\0\0", 6);
	track_end(&tracker);
	assert_int_equal(over_count, 2);
	for (size_t i = 0; i < over_count; i++)
		assert_int_equal(over[i].disconnected.frame, 2);
	/* The controller discards what the host sends. */
	begin(state);
	connect_here();
	disconnect_here();
	smp(false, SMP_PAIRING_FAILED, "\5", 1);
	track_end(&tracker);
	assert_int_equal(over_count, 1);
	assert_false(mark_is_set(&over[0].failed));
	/* The handle may be of another link by then, or it is too late. */
	begin(state);
	connect_here();
	disconnect_here();
	connect_here();
	assert_int_equal(over_count, 1);
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	assert_int_equal(attempt()->step_count, 2);
	begin(state);
	connect_here();
	disconnect_here();
	delay_us += 200000;
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	assert_int_equal(over_count, 1);
	assert_non_null(attempt());
}

static void data_that_arrives_before_its_connection_is_complete_belongs_to_it(void **state)
{
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	connect_here();
	assert_int_equal(over_count, 0);
	assert_false(attempt()->begun_before);
	assert_int_equal(attempt()->connected.frame, 2);
	assert_int_equal(attempt()->first.frame, 1);
	assert_int_equal(attempt()->security_request.frame, 1);
	assert_true(attempt()->party[1].has_address);
	/* That of another connection is of before. */
	begin(state);
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	delay_us += 200000;
	connect_here();
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_CONNECTION);
	begin(state);
	connect_here();
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	connect_here();
	assert_int_equal(over_count, 1);
}

/* They are kept for late data, and reported in the order of their ends. */
static void links_are_over_in_the_order_of_their_ends(void **state)
{
	enum { RESET_CLOSES, THE_END_CLOSES, A_CONNECTION_CLOSES, WAYS };

	for (int way = 0; way < WAYS; way++) {
		begin(state);
		connect_here();
		event_after(0, HCI_LE_META, "\1\0\x41\x0e\0\1\6\5\4\3\2\1\x18\0\0\0\x48\0\0", 19);
		event_after(0, HCI_DISCONNECTION_COMPLETE, "\0\x41\x0e\x13", 4);
		disconnect_here();
		if (way == RESET_CLOSES) {
			struct explain_packet packet =
				packet_of(EXPLAIN_COMMAND, (const uint8_t *)"\x03\x0c", 3);
			packet.way = EXPLAIN_SENT;
			track_packet(&tracker, &packet);
		} else if (way == A_CONNECTION_CLOSES) {
			connect_here();
		}
		if (way != A_CONNECTION_CLOSES)
			track_end(&tracker);
		assert_int_equal(over_count, 2);
		assert_int_equal(over[0].handle, 0xe41);
		assert_int_equal(over[1].handle, 0xe40);
	}
}

static void data_of_the_peer_on_an_encrypted_link_proves_its_key(void **state)
{
	(void)state;
	connect_here();
	ACL(true, FLUSHABLE, 3, 0, 4, 0, 0x1b, 3, 0);
	event_after(0, HCI_ENCRYPTION_CHANGE, "\0\x40\x0e\1", 4);
	ACL(false, FIRST, 3, 0, 4, 0, 0x52, 3, 0);
	ACL(true, FLUSHABLE, 3, 0, 4, 0, 0x1b, 3, 0); /* perhaps of before */
	assert_int_equal(attempt()->key_proved.frame, 0);
	delay_us += 100000;
	ACL(true, FLUSHABLE, 3, 0, 4, 0, 0x1b, 3, 0);
	ACL(true, FLUSHABLE, 3, 0, 4, 0, 0x1b, 3, 0);
	assert_int_equal(attempt()->key_proved.frame, 6);
	begin(state);
	connect_here();
	event_after(0, HCI_ENCRYPTION_CHANGE, "\6\x40\x0e\0", 4);
	ACL(true, FLUSHABLE, 3, 0, 4, 0, 0x1b, 3, 0);
	assert_int_equal(attempt()->key_proved.frame, 0);
}

/* Their octets may look like a frame of SMP. */
static void the_logs_of_a_maker_are_no_data(void **state)
{
	static const uint16_t handles[] = {0x2edc, 0x05ff, 0x05fe, 0xfc6f};
	uint8_t octets[] = {0, 0, 6, 0, 2, 0, 6, 0, SMP_PAIRING_FAILED, 5};

	(void)state;
	for (size_t i = 0; i < COUNT(handles); i++) {
		bytes_put_le16(octets, handles[i]);
		struct explain_packet packet = packet_of(EXPLAIN_ACL, octets, sizeof(octets));
		packet.way = EXPLAIN_RECEIVED;
		track_packet(&tracker, &packet);
	}
	assert_int_equal(tracker.links.attempts, 0);
	/* A link may have such a handle. */
	event_after(0, HCI_LE_META, "\1\0\xdc\x0e\0\1\6\5\4\3\2\1\x18\0\0\0\x48\0\0", 19);
	bytes_put_le16(octets, handles[0]);
	struct explain_packet packet = packet_of(EXPLAIN_ACL, octets, sizeof(octets));
	packet.way = EXPLAIN_RECEIVED;
	track_packet(&tracker, &packet);
	assert_true(mark_is_set(&track_link_find(&tracker.links, 0, 0xedc)->attempt.failed));
}

static void a_connection_that_made_room_is_followed_no_further(void **state)
{
	struct explain_packet packet = {.kind = EXPLAIN_EVENT, .number = 1};

	(void)state;
	smp(true, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	for (uint16_t i = 0; i < EXPLAIN_LINKS; i++) {
		struct explain_attempt *other =
			&track_link_open(&tracker.links, &packet, i)->attempt;
		other->last.frame = 100;
		other->pairing = true;
	}
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_CROWD);
	smp(false, SMP_PAIRING_RESPONSE, "\1\2\3\4\5\6", 6);
	assert_null(attempt());
	assert_int_equal(over_count, 1);
	/* After its end the handle may be of another one. */
	static const uint8_t ended[] = {HCI_DISCONNECTION_COMPLETE, 4, 0, 0x40, 0x0e, 0x13};
	packet = packet_of(EXPLAIN_EVENT, ended, sizeof(ended));
	track_packet(&tracker, &packet);
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	assert_non_null(attempt());
}

static void packets_of_no_pairing_open_no_link(void **state)
{
	(void)state;
	ACL(true, FIRST, 3, 0, 4, 0, 1, 2, 3);
	ACL(true, CONTINUING, 2, 0, 6, 0, 0x0b, 5);
	ACL(true, FIRST, 2, 0, 6);
	assert_null(attempt());
	ACL(true, FIRST, 2, 0, 6, 0);
	assert_non_null(attempt());
}

static void a_channel_of_bredr_shows_what_the_link_is(void **state)
{
	(void)state;
	ACL(true, FIRST, 2, 0, 1, 0, 8, 1); /* signalling of BR/EDR */
	assert_true(track_bredr_has(&tracker.links.bredr, 0, 0xe40));
	begin(state);
	ACL(true, FIRST, 2, 0, 0x40, 0, 1, 1);
	assert_true(track_bredr_has(&tracker.links.bredr, 0, 0xe40));
	/* LE has dynamic channels, too. */
	begin(state);
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	ACL(true, FIRST, 2, 0, 0x40, 0, 1, 1);
	assert_false(track_bredr_has(&tracker.links.bredr, 0, 0xe40));
	ACL(true, FIRST, 2, 0, 7, 0, 1, 1); /* SMP of BR/EDR */
	track_end(&tracker);
	assert_true(over[0].bredr);
}

#define ATT_ERROR(received, handle, error) \
	ACL(received, FIRST, 5, 0, 4, 0, 1, 0x0a, handle, 0, error)

static void an_att_error_that_demands_security_opens_a_link(void **state)
{
	(void)state;
	ATT_ERROR(true, 3, 0x0a); /* Attribute Not Found */
	assert_null(attempt());
	ATT_ERROR(true, 3, 0x05);
	assert_non_null(attempt());
	assert_true(attempt()->begun_before);
	assert_int_equal(attempt()->att_by, 1);
	assert_int_equal(attempt()->att_handle, 3);
	assert_int_equal(attempt()->steps[0].layer, EXPLAIN_LAYER_ATT);
	ATT_ERROR(true, 3, 0x0a);
	assert_int_equal(attempt()->step_count, 1);
	assert_int_equal(attempt()->att_frames, 2);
}

/* It is the reason of the pairing that follows, not of the one that is over. */
static void an_att_error_belongs_to_the_attempt_that_it_starts(void **state)
{
	(void)state;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	smp(true, SMP_PAIRING_FAILED, "\10", 1);
	ATT_ERROR(true, 3, 0x05);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].att_refused.frame, 0);
	assert_int_equal(attempt()->att_refused.frame, 3);
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	assert_int_equal(over_count, 1);
	assert_int_equal(attempt()->att_handle, 3);
	/* After a pairing without authentication, an attribute may demand more. */
	smp(true, SMP_PAIRING_RESPONSE, "\1\2\3\4\5\6", 6);
	attempt()->encrypted.frame = frame;
	ATT_ERROR(true, 4, 0x05);
	assert_int_equal(over_count, 1);
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	assert_int_equal(over_count, 2);
	assert_int_equal(attempt()->att_handle, 4);
	assert_int_equal(attempt()->att_by, 1);
}

static void fragments_of_both_directions_are_joined(void **state)
{
	(void)state;
	ACL(false, FIRST, 7, 0, 6, 0, 1, 1);
	ACL(true, FLUSHABLE, 7, 0, 6, 0, 2, 9, 8);
	ACL(false, CONTINUING, 2, 3, 4, 5, 6);
	ACL(true, CONTINUING, 7);
	ACL(true, CONTINUING, 6, 5, 4);
	assert_int_equal(attempt()->step_count, 2);
	assert_memory_equal(attempt()->party[0].features_pdu, "\1\1\2\3\4\5\6", 7);
	assert_memory_equal(attempt()->party[1].features_pdu, "\2\x09\x08\7\6\5\4", 7);
	/* Even if the first fragment is shorter than its header. */
	ACL(false, FIRST, 2, 0);
	ACL(false, CONTINUING, 6, 0, 5, 8);
	assert_int_equal(attempt()->reason, 8);
}

static void frames_of_other_channels_are_skipped_and_those_of_att_counted(void **state)
{
	(void)state;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	ACL(false, FIRST, 8, 0, 4, 0, 1, 2);
	ACL(false, CONTINUING, 2, 0, 6, 0, 5, 8); /* looks like a frame */
	ACL(true, FIRST, 1, 0, 0x40, 0, 1);
	assert_int_equal(attempt()->att_frames, 1);
	assert_int_equal(attempt()->step_count, 1);
	smp(false, SMP_PAIRING_FAILED, "\10", 1);
	assert_int_equal(attempt()->step_count, 2);
	/* A first fragment without a header may be of any channel. */
	ACL(false, FIRST, 8, 0, 4, 0, 1, 2);
	ACL(false, FIRST, 2, 0);
	ACL(false, CONTINUING, 6, 0, 14, 1);
	assert_int_equal(attempt()->step_count, 3);
}

static void a_frame_that_the_capture_cut_is_a_step_of_its_beginning(void **state)
{
	static const uint8_t confirm[16] = {1, 2, 3};

	(void)state;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	cut = 10;
	smp(true, SMP_PAIRING_CONFIRM, confirm, 16);
	ACL(true, CONTINUING, 1, 2); /* of no frame */
	assert_int_equal(attempt()->step_count, 2);
	assert_int_equal(attempt()->steps[1].code, SMP_PAIRING_CONFIRM);
	assert_int_equal(attempt()->steps[1].from, 1);
	assert_int_equal(attempt()->steps[1].len, 7);
	assert_false(attempt()->steps[1].whole);
	assert_int_equal(attempt()->party[1].confirms, 0);
	smp(true, SMP_PAIRING_RANDOM, confirm, 16);
	assert_true(attempt()->steps[2].whole);
	assert_int_equal(attempt()->party[1].randoms, 1);
	/* Cut in a continuing fragment: the frame lacks its last octet, or may do so. */
	ACL(true, FIRST, 17, 0, 6, 0, 3, 1, 2, 3);
	cut = 1;
	acl(true, CONTINUING, confirm, 13);
	assert_int_equal(attempt()->step_count, 3);
	ACL(true, FIRST, 17, 0, 6, 0, 3, 1, 2, 3);
	cut = 1;
	acl(true, CONTINUING, confirm, 14);
	assert_int_equal(attempt()->step_count, 4);
	assert_false(attempt()->steps[3].whole);
}

static void a_frame_with_unknown_octets_is_not_whole(void **state)
{
	uint8_t octets[4 + 5 + 16];

	(void)state;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	memset(octets, 1, sizeof(octets));
	octets[24] = 0;
	known = octets;
	smp(true, SMP_PAIRING_CONFIRM, octets, 16);
	assert_int_equal(attempt()->step_count, 2);
	assert_false(attempt()->steps[1].whole);
	/* The key of a PDU with unknown octets is none. */
	known = octets;
	smp(true, SMP_ENCRYPTION_INFORMATION, octets, 16);
	assert_int_equal(tracker.air.keyring.count, 0);
	smp(true, SMP_ENCRYPTION_INFORMATION, octets, 15);
	smp(true, SMP_PAIRING_RANDOM, octets, 16);
	assert_int_equal(tracker.air.keyring.count, 0);
	smp(true, SMP_ENCRYPTION_INFORMATION, octets, 16);
	assert_int_equal(tracker.air.keyring.count, 1);
	assert_memory_equal(tracker.air.keyring.keys[0], octets, 16);
}

static void a_packet_is_read_to_the_length_that_it_claims(void **state)
{
	/* Two octets more than its length field. */
	static const uint8_t longer[] = {0x40, 0x0e, 6, 0, 2, 0, 6, 0, 5, 8, 9, 9},
			     shorter[] = {0x40, 0x0e, 6};
	struct explain_packet packet = packet_of(EXPLAIN_ACL, longer, sizeof(longer));

	(void)state;
	packet.way = EXPLAIN_SENT;
	track_packet(&tracker, &packet);
	assert_int_equal(attempt()->reason, 8);
	assert_int_equal(attempt()->failed_by, 0);
	packet = packet_of(EXPLAIN_ACL, shorter, sizeof(shorter));
	track_packet(&tracker, &packet);
	assert_int_equal(attempt()->step_count, 1);
}

/* Two lines of a text, without the header of their packet. */
static void a_sender_that_the_capture_does_not_name_is_nobody(void **state)
{
	static const uint8_t failed[] = {0x40, 0x0e, 6, 0, 2, 0, 6, 0, 5, 0x0c},
			     signal[] = {0x40, 0x0e, 6, 0, 2, 0, 5, 0, 0x12, 1};
	struct explain_packet packet = packet_of(EXPLAIN_ACL, failed, sizeof(failed));

	(void)state;
	track_packet(&tracker, &packet);
	packet = packet_of(EXPLAIN_ACL, signal, sizeof(signal));
	track_packet(&tracker, &packet);
	assert_int_equal(attempt()->reason, 0x0c);
	assert_int_equal(attempt()->failed.frame, 1);
	assert_int_equal(attempt()->failed_by, EXPLAIN_NOBODY);
	assert_int_equal(attempt()->steps[0].from, EXPLAIN_NOBODY);
	assert_true(attempt()->pairing);
	track_end(&tracker);
	assert_int_equal(over[0].roles, EXPLAIN_ROLES_UNKNOWN);
	assert_int_equal(over[0].captured_end, 0);
	assert_int_equal(over[0].failed_by, EXPLAIN_NOBODY);
}

static void a_second_pairing_on_a_link_is_another_attempt(void **state)
{
	(void)state;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	smp(true, SMP_PAIRING_FAILED, "\10", 1);
	assert_int_equal(over_count, 0);
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\7", 6);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_ATTEMPT);
	assert_int_equal(over[0].reason, 8);
	assert_int_equal(attempt()->party[0].features_pdu[6], 7);
	assert_int_equal(attempt()->step_count, 1);
}

/* A summary has the names of all PDUs, and the values of few. */
static void a_request_that_is_not_whole_begins_another_attempt_too(void **state)
{
	(void)state;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	smp(true, SMP_PAIRING_FAILED, "\10", 1);
	cut = 1;
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\6", 6);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].step_count, 2);
	/* Nothing has answered it. */
	smp(false, SMP_PAIRING_REQUEST, "\1\2\3\4\5\7", 6);
	assert_int_equal(over_count, 1);
	assert_int_equal(attempt()->step_count, 2);
}

static void commands_events_and_notes_reach_the_host(void **state)
{
	static const uint8_t reset[] = {3, 0x0c, 0}, refused[] = {0x0e, 4, 1, 3, 0x0c, 1};
	struct explain_packet packet = packet_of(EXPLAIN_COMMAND, reset, sizeof(reset));
	const struct explain_host *host = track_host_of(&tracker.links, 0);

	(void)state;
	track_packet(&tracker, &packet);
	assert_int_equal(host->reset.frame, 1);
	packet = packet_of(EXPLAIN_EVENT, refused, sizeof(refused));
	track_packet(&tracker, &packet);
	assert_int_equal(host->refusals, 1);
	packet = packet_of(EXPLAIN_NOTE, NULL, 0);
	track_packet(&tracker, &packet);
	assert_false(host->has_public);
	packet.address[5] = 7;
	track_packet(&tracker, &packet);
	assert_true(host->has_public);
	assert_int_equal(host->public_address[5], 7);
	for (packet.source = 1; packet.source <= EXPLAIN_HOSTS; packet.source++)
		track_packet(&tracker, &packet); /* a controller too many is ignored */
	assert_int_equal(tracker.packets, 4 + EXPLAIN_HOSTS);
}

/* A key that the host gives its controller may open what a sniffer captured. */
static void keys_of_commands_are_kept(void **state)
{
	uint8_t reply[3 + 18] = {
		(uint8_t)HCI_LE_LTK_REPLY, HCI_LE_LTK_REPLY >> 8, 18, 0x40, 0x0e, 9};
	struct explain_packet packet;

	(void)state;
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	packet = packet_of(EXPLAIN_COMMAND, reply, sizeof(reply));
	track_packet(&tracker, &packet);
	assert_int_equal(tracker.air.keyring.count, 1);
	assert_int_equal(tracker.air.keyring.keys[0][0], 9);
}

static void a_gap_is_noted_in_the_attempts_under_way(void **state)
{
	(void)state;
	missing = "3 packets are missing before frame 1";
	smp(true, SMP_SECURITY_REQUEST, "\5", 1);
	assert_int_equal(attempt()->missing.frame, 0);
	missing = "3 packets are missing before frame 2";
	ACL(true, FIRST, 3, 0, 4, 0, 1, 2, 3);
	missing = "4 packets are missing before frame 3";
	ACL(true, FIRST, 3, 0, 4, 0, 1, 2, 3);
	assert_int_equal(attempt()->missing.frame, 2);
	assert_int_equal(attempt()->missing.time_us, 60000);
	assert_string_equal(attempt()->missing_text, "3 packets are missing before frame 2");
	/* One that begins later has no gap. */
	tracker.links.links[0].used = false;
	memset(&tracker.links.links[0].attempt.missing, 0, sizeof(struct explain_mark));
	missing = "4 packets are missing before frame 4";
	ACL(true, FIRST, 3, 0, 4, 0, 1, 2, 3);
	assert_int_equal(tracker.links.links[0].attempt.missing.frame, 0);
}

static void the_end_cuts_all_attempts_and_wipes_all_keys(void **state)
{
	static const uint8_t key[16] = {1, 2, 3};

	(void)state;
	smp(true, SMP_ENCRYPTION_INFORMATION, key, 16);
	track_end(&tracker);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_END);
	assert_true(bytes_all_zero((const uint8_t *)&tracker.air, sizeof(tracker.air)));
}

/* ---- On air ---------------------------------------------------------------------------------- */

#define ADDRESS 0x50655641U

enum { START = 2, CONTROL = 3 };

static uint8_t sn[2];

/* A new data PDU of an end: 0 the central. */
static void air(int end, uint8_t llid, const void *payload, size_t len)
{
	uint8_t pdu[2 + 255] = {(uint8_t)(llid | sn[end] << 3), (uint8_t)len};

	sn[end] ^= 1;
	if (len)
		memcpy(pdu + 2, payload, len);
	struct explain_packet packet = packet_of(EXPLAIN_AIR, pdu, 2 + len);
	packet.way = end ? EXPLAIN_PERIPHERAL : EXPLAIN_CENTRAL;
	packet.air = (struct explain_radio){
		.access_address = ADDRESS, .channel = 3, .rssi = 127, .crc = EXPLAIN_CRC_GOOD};
	track_packet(&tracker, &packet);
}

#define AIR(end, llid, ...) \
	air(end, llid, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct explain_attempt *on_air(void)
{
	struct explain_link *link = track_link_find_on_air(&tracker.links, ADDRESS);

	return link ? &link->attempt : NULL;
}

/* CONNECT_IND: 66:..:01 random, C6:..:02 public; interval 24, latency 1, timeout of choice. */
static void connect_on_air(uint8_t timeout)
{
	const uint8_t pdu[2 + 34] = {0x45, 34, 1, 2,	3,    4,    5,	  0x66, 2,	3,
				     4,	   5,  6, 0xc6, 0x41, 0x56, 0x65, 0x50, 1,	2,
				     3,	   3,  0, 0,	24,   0,    1,	  0,	timeout};
	struct explain_packet packet = packet_of(EXPLAIN_AIR, pdu, sizeof(pdu));

	packet.air = (struct explain_radio){
		.access_address = 0x8e89bed6, .channel = 37, .crc = EXPLAIN_CRC_GOOD};
	sn[0] = sn[1] = 0;
	track_packet(&tracker, &packet);
}

static void a_connection_on_air_begins_with_its_parameters(void **state)
{
	(void)state;
	connect_on_air(72);
	const struct explain_attempt *a = on_air();
	assert_non_null(a);
	assert_true(a->air);
	assert_false(a->begun_before);
	assert_int_equal(a->central, 0);
	assert_int_equal(a->connected.frame, 1);
	assert_int_equal(a->first.frame, 1);
	assert_int_equal(a->last.frame, 1);
	assert_int_equal(a->clock, EXPLAIN_CLOCK_UNIX);
	assert_true(a->has_interval);
	assert_int_equal(a->interval, 24);
	assert_int_equal(a->latency, 1);
	assert_int_equal(a->timeout, 72);
	assert_true(a->party[0].has_address && a->party[1].has_address);
	assert_int_equal(a->party[0].address.type, 1);
	assert_int_equal(a->party[1].address.type, 0);
	assert_memory_equal(a->party[0].address.octets, "\1\2\3\4\5\x66", 6);
	assert_memory_equal(a->party[1].address.octets, "\2\3\4\5\6\xc6", 6);
	assert_int_equal(a->bad_count, 0);
	connect_on_air(1);
	assert_int_equal(on_air()->bad_count, 1);
	assert_int_equal(on_air()->bad_parameters[0].from, 0);
	assert_int_equal(on_air()->bad_parameters[0].interval_min, 24);
	assert_int_equal(on_air()->bad_parameters[0].interval_max, 24);
	assert_int_equal(on_air()->bad_parameters[0].latency, 1);
	assert_int_equal(on_air()->bad_parameters[0].timeout, 1);
	assert_int_equal(over_count, 1);
}

static void frames_on_air_are_of_their_ends(void **state)
{
	(void)state;
	sn[0] = sn[1] = 0;
	AIR(0, START, 7, 0, 6, 0, 1, 1, 2);
	AIR(1, START, 2, 0, 6, 0, 0x0b, 9);
	AIR(0, 1, 3, 4, 5, 6);
	assert_true(on_air()->begun_before);
	assert_int_equal(on_air()->step_count, 2);
	assert_int_equal(on_air()->steps[0].from, 1);
	assert_int_equal(on_air()->security_auth_req, 9);
	assert_memory_equal(on_air()->party[0].features_pdu, "\1\1\2\3\4\5\6", 7);
	assert_int_equal(tracker.links.connections, 1);
}

/* LL_ENC_REQ of that Rand and EDIV. */
static const uint8_t enc_req[23] = {3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t enc_rsp[13] = {4, 1};

static void control_pdus_of_encryption_are_followed(void **state)
{
	(void)state;
	connect_on_air(72);
	air(0, CONTROL, enc_req, 10);
	assert_int_equal(on_air()->encrypt.frame, 0);
	air(0, CONTROL, enc_req, 11); /* up to EDIV */
	assert_int_equal(on_air()->encrypt.frame, 3);
	assert_memory_equal(on_air()->encrypt_ediv, enc_req + 9, 2);
	memset(on_air()->encrypt_ediv, 0, 2);
	air(0, CONTROL, enc_req, 23);
	assert_int_equal(on_air()->encrypt.frame, 4);
	assert_memory_equal(on_air()->encrypt_rand, enc_req + 1, 8);
	assert_memory_equal(on_air()->encrypt_ediv, enc_req + 9, 2);
	air(1, CONTROL, enc_rsp, 13);
	AIR(1, CONTROL, 5);
	assert_int_equal(on_air()->encrypted.frame, 0);
	assert_int_equal(on_air()->step_count, 5);
	static const uint8_t codes[] = {3, 3, 3, 4, 5};
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(on_air()->steps[i].layer, EXPLAIN_LAYER_LL);
		assert_int_equal(on_air()->steps[i].code, codes[i]);
		assert_int_equal(on_air()->steps[i].from, i > 2);
		assert_true(on_air()->steps[i].whole);
	}
	assert_int_equal(on_air()->steps[2].len, 23);
}

/* The PDUs of a sniffer that decrypts: they are marked as such. */
static void air_decrypted(int end, uint8_t llid, const void *payload, size_t len)
{
	uint8_t pdu[2 + 64] = {(uint8_t)(llid | sn[end] << 3), (uint8_t)len};

	sn[end] ^= 1;
	memcpy(pdu + 2, payload, len);
	struct explain_packet packet = packet_of(EXPLAIN_AIR, pdu, 2 + len);
	packet.way = end ? EXPLAIN_PERIPHERAL : EXPLAIN_CENTRAL;
	packet.air = (struct explain_radio){
		.access_address = ADDRESS, .crc = EXPLAIN_CRC_GOOD, .decrypted = true};
	track_packet(&tracker, &packet);
}

static void start_encryption(void)
{
	connect_on_air(72);
	air(0, CONTROL, enc_req, 23);
	air(1, CONTROL, enc_rsp, 13);
	AIR(1, CONTROL, 5);
}

static void encryption_is_on_with_the_peripherals_response(void **state)
{
	(void)state;
	start_encryption();
	air_decrypted(0, CONTROL, "\6", 1);
	assert_int_equal(on_air()->encrypted.frame, 0);
	air_decrypted(1, CONTROL, "\6", 1);
	assert_int_equal(on_air()->encrypted.frame, 6);
	assert_int_equal(on_air()->encrypt_status, 0);
	assert_false(on_air()->unreadable);
	/* A later change of the key is no part of the pairing. */
	air_decrypted(1, CONTROL, "\6", 1);
	air_decrypted(0, CONTROL, enc_req, 23);
	assert_int_equal(on_air()->encrypted.frame, 6);
	assert_int_equal(on_air()->encrypt.frame, 2);
	/* The response was missed: another PDU that was decrypted shows it. */
	begin(state);
	start_encryption();
	air_decrypted(0, CONTROL, "\6", 1);
	air_decrypted(1, START, "\2\0\6\0\13\1", 6);
	assert_int_equal(on_air()->encrypted.frame, 6);
	/* The central waits for the response, too, before it sends anything else. */
	begin(state);
	start_encryption();
	air_decrypted(0, CONTROL, "\6", 1);
	assert_int_equal(on_air()->encrypted.frame, 0);
	air_decrypted(0, START, "\2\0\6\0\13\1", 6);
	assert_int_equal(on_air()->encrypted.frame, 6);
	begin(state);
	start_encryption();
	air_decrypted(0, CONTROL, "\7\1", 2);
	assert_int_equal(on_air()->encrypted.frame, 5);
	assert_false(on_air()->has_encrypt_key);
}

static void an_encrypted_pdu_shows_that_encryption_is_on(void **state)
{
	(void)state;
	start_encryption();
	AIR(0, START, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	assert_true(on_air()->unreadable);
	assert_int_equal(on_air()->encrypted.frame, 5);
	assert_int_equal(on_air()->last.frame, 5);
	AIR(1, START, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	assert_int_equal(on_air()->encrypted.frame, 5);
	assert_int_equal(on_air()->last.frame, 6);
}

/* LL_REJECT_IND and LL_TERMINATE_IND. */
static void encryption_that_does_not_start_anew_is_an_attempt_of_its_own(void **state)
{
	static const struct {
		uint8_t opcode, reason, status;
	} ends[] = {{0x0d, 6, 6}, {0x02, 6, 6}, {0x02, 5, 0}, {0x02, 0x13, 0}};

	for (size_t i = 0; i < COUNT(ends); i++) {
		const bool ordinary = ends[i].reason == 0x13;
		begin(state);
		start_encryption();
		AIR(0, START, 1, 2, 3, 4, 5, 6, 7, 8, 9);
		air(0, CONTROL, enc_req, 23);
		air(1, CONTROL, enc_rsp, 13);
		AIR(1, CONTROL, ends[i].opcode, ends[i].reason);
		track_links_close(&tracker.links);
		assert_int_equal(over_count, ordinary ? 1 : 2);
		assert_int_equal(over[0].encrypted.frame, 5);
		assert_int_equal(over[0].encrypt_status, 0);
		if (ordinary)
			continue;
		assert_int_equal(over[1].encrypt.frame, 6);
		assert_memory_equal(over[1].encrypt_rand, enc_req + 1, 8);
		assert_memory_equal(over[1].encrypt_ediv, enc_req + 9, 2);
		assert_int_equal(over[1].encrypt_status, ends[i].status);
	}
	/* It has started when the peripheral encrypts. */
	begin(state);
	start_encryption();
	AIR(0, START, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	air(0, CONTROL, enc_req, 23);
	air(1, CONTROL, enc_rsp, 13);
	AIR(1, CONTROL, 5);
	AIR(0, START, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	AIR(1, START, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	air_decrypted(1, CONTROL, "\2\5", 2);
	assert_int_equal(over_count, 1);
}

static void a_rejected_encryption_has_its_reason(void **state)
{
	(void)state;
	connect_on_air(72);
	AIR(1, CONTROL, 0x0d, 6); /* of something else */
	assert_int_equal(on_air()->encrypted.frame, 0);
	air(0, CONTROL, enc_req, 23);
	AIR(1, CONTROL, 0x11, 0x0f, 6);
	AIR(1, CONTROL, 0x11, 3);
	assert_int_equal(on_air()->encrypted.frame, 0);
	AIR(1, CONTROL, 0x11, 3, 6);
	assert_int_equal(on_air()->encrypted.frame, 6);
	assert_int_equal(on_air()->encrypt_status, 6);
	AIR(1, CONTROL, 0x0d, 7);
	assert_int_equal(on_air()->encrypt_status, 6);
	/* The central tries again: what comes last counts, as in the capture of a host. */
	air(0, CONTROL, enc_req, 23);
	assert_int_equal(on_air()->encrypt.frame, 8);
	assert_int_equal(on_air()->encrypted.frame, 0);
	assert_int_equal(on_air()->encrypt_status, 0);
	AIR(1, CONTROL, 0x06);
	assert_int_equal(on_air()->encrypted.frame, 9);
	assert_int_equal(on_air()->encrypt_status, 0);
	begin(state);
	connect_on_air(72);
	air(0, CONTROL, enc_req, 23);
	AIR(1, CONTROL, 0x0d, 7);
	assert_int_equal(on_air()->encrypted.frame, 3);
	assert_int_equal(on_air()->encrypt_status, 7);
	assert_int_equal(on_air()->steps[1].code, 0x0d);
}

/* LL_REJECT_EXT_IND names what it refuses; LL_REJECT_IND does not. */
static void a_refusal_names_the_encryption_that_is_not_captured(void **state)
{
	(void)state;
	connect_on_air(72);
	AIR(1, CONTROL, 0x0d, 6);
	AIR(1, CONTROL, 0x11, 0x0f, 6);
	assert_int_equal(on_air()->encrypted.frame, 0);
	AIR(1, CONTROL, 0x11, 3, 6);
	assert_int_equal(on_air()->encrypted.frame, 4);
	assert_int_equal(on_air()->encrypt_status, 6);
}

static void a_termination_ends_the_attempt(void **state)
{
	for (int end = 0; end < 2; end++) {
		begin(state);
		connect_on_air(72);
		if (end)
			AIR(1, CONTROL, 2, 0x13);
		else
			AIR(0, CONTROL, 2);
		assert_int_equal(over_count, 1);
		assert_int_equal(over[0].disconnected.frame, 2);
		assert_int_equal(over[0].disconnected_by, end);
		assert_int_equal(over[0].disconnect_reason, end ? 0x13 : 0);
		assert_int_equal(over[0].steps[0].code, 2);
		assert_int_equal(over[0].cut, EXPLAIN_CUT_NOT);
		assert_null(on_air());
	}
}

static void other_control_pdus_are_no_steps(void **state)
{
	static const uint8_t opcodes[] = {0x00, 0x01, 0x08, 0x0a, 0x0b, 0x0c, 0x14};

	(void)state;
	connect_on_air(72);
	for (size_t i = 0; i < COUNT(opcodes); i++)
		AIR(0, CONTROL, opcodes[i], 1, 2);
	assert_int_equal(on_air()->step_count, 0);
}

static const uint8_t old_ltk[16] = {0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6};

/* The sample data of the specification, without one of them. */
static void take_samples(size_t without)
{
	track_keyring_add(&tracker.air.keyring, sample_ltk);
	for (size_t i = 0; i < ENCRYPTED_SAMPLES; i++) {
		const struct sample *s = &encrypted_samples[i];
		if (i == without)
			continue;
		struct explain_packet packet = packet_of(EXPLAIN_AIR, s->data + 4, s->len - 4);
		packet.way = s->way;
		packet.air =
			(struct explain_radio){.access_address = ADDRESS, .crc = EXPLAIN_CRC_GOOD};
		track_packet(&tracker, &packet);
	}
}

static void a_link_that_is_decrypted_shows_its_key(void **state)
{
	(void)state;
	take_samples(SIZE_MAX);
	assert_true(on_air()->has_encrypt_key);
	assert_memory_equal(on_air()->encrypt_key, sample_ltk, 16);
	assert_int_equal(on_air()->encrypt.frame, 1);
	assert_int_equal(on_air()->encrypted.frame, 5);
	assert_false(on_air()->unreadable);
	assert_int_equal(on_air()->missing.frame, 0);
}

static void encrypted_pdus_that_were_missed_are_a_gap(void **state)
{
	(void)state;
	take_samples(4); /* LL_START_ENC_RSP of the peripheral */
	assert_int_equal(on_air()->encrypted.frame, 5);
	assert_int_equal(on_air()->missing.frame, 6);
	assert_string_equal(on_air()->missing_text,
			    "1 encrypted PDU was not captured before frame 6");
	begin(state);
	take_samples(3);
	assert_string_equal(on_air()->missing_text,
			    "1 encrypted PDU was not captured before frame 5");
}

/* A Just Works pairing on air, whose STK encrypts the link: its key is computed and opens it. */
static void listen_to_pairing(void)
{
	static const uint8_t preq[7] = {1, 3, 0, 1, 16, 0, 0}, pres[7] = {2, 3, 0, 1, 16, 0, 0};
	static const struct crypto_address ia = {1, {1, 2, 3, 4, 5, 0x66}},
					   ra = {0, {2, 3, 4, 5, 6, 0xc6}};
	uint8_t pdu[21] = {17, 0, 6, 0}, tk[16] = {0};

	connect_on_air(72);
	memcpy(pdu + 4, preq, 7);
	pdu[0] = 7;
	air(0, START, pdu, 11);
	memcpy(pdu + 4, pres, 7);
	air(1, START, pdu, 11);
	pdu[0] = 17;
	for (int code = 3; code < 5; code++)
		for (int end = 0; end < 2; end++) {
			uint8_t random[16];
			memset(random, 0x31 + 0x11 * end, 16);
			pdu[4] = (uint8_t)code;
			memcpy(pdu + 5, random, 16);
			if (code == 3)
				assert_int_equal(
					crypto_c1(tk, random, preq, pres, &ia, &ra, pdu + 5), 0);
			air(end, START, pdu, 21);
		}
	memcpy(on_air()->party[1].ltk_value, old_ltk, 16);
	air(0, CONTROL, enc_req, 23);
	air(1, CONTROL, enc_rsp, 13);
}

static void the_key_of_a_pairing_on_air_is_computed(void **state)
{
	uint8_t tk[16] = {0}, i[16], r[16], stk[16];

	(void)state;
	stack_run(listen_to_pairing);
	memset(i, 0x31, 16);
	memset(r, 0x42, 16);
	assert_int_equal(crypto_s1(tk, r, i, stk), 0);
	assert_int_equal(tracker.air.keyring.count, 1);
	assert_memory_equal(tracker.air.keyring.keys[0], stk, 16);
	assert_false(stack_holds(stk, 16));
	assert_false(stack_holds(old_ltk, 16));
	assert_true(on_air()->has_passkey);
	assert_int_equal(on_air()->passkey, 0);
	assert_false(on_air()->finalized);
	assert_int_equal(tracker.searches, EXPLAIN_SEARCHES);
}

static int start(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_frame_of_smp_opens_a_link_that_began_before),
		TEST(data_that_arrives_after_the_end_of_its_link_belongs_to_it),
		TEST(data_that_arrives_before_its_connection_is_complete_belongs_to_it),
		TEST(links_are_over_in_the_order_of_their_ends),
		TEST(data_of_the_peer_on_an_encrypted_link_proves_its_key),
		TEST(the_logs_of_a_maker_are_no_data),
		TEST(a_connection_that_made_room_is_followed_no_further),
		TEST(packets_of_no_pairing_open_no_link),
		TEST(a_channel_of_bredr_shows_what_the_link_is),
		TEST(an_att_error_that_demands_security_opens_a_link),
		TEST(an_att_error_belongs_to_the_attempt_that_it_starts),
		TEST(fragments_of_both_directions_are_joined),
		TEST(frames_of_other_channels_are_skipped_and_those_of_att_counted),
		TEST(a_frame_that_the_capture_cut_is_a_step_of_its_beginning),
		TEST(a_frame_with_unknown_octets_is_not_whole),
		TEST(a_packet_is_read_to_the_length_that_it_claims),
		TEST(a_sender_that_the_capture_does_not_name_is_nobody),
		TEST(a_second_pairing_on_a_link_is_another_attempt),
		TEST(a_request_that_is_not_whole_begins_another_attempt_too),
		TEST(commands_events_and_notes_reach_the_host),
		TEST(keys_of_commands_are_kept),
		TEST(a_gap_is_noted_in_the_attempts_under_way),
		TEST(the_end_cuts_all_attempts_and_wipes_all_keys),
		TEST(a_connection_on_air_begins_with_its_parameters),
		TEST(frames_on_air_are_of_their_ends),
		TEST(control_pdus_of_encryption_are_followed),
		TEST(encryption_is_on_with_the_peripherals_response),
		TEST(an_encrypted_pdu_shows_that_encryption_is_on),
		TEST(encryption_that_does_not_start_anew_is_an_attempt_of_its_own),
		TEST(a_rejected_encryption_has_its_reason),
		TEST(a_refusal_names_the_encryption_that_is_not_captured),
		TEST(a_termination_ends_the_attempt),
		TEST(other_control_pdus_are_no_steps),
		TEST(a_link_that_is_decrypted_shows_its_key),
		TEST(encrypted_pdus_that_were_missed_are_a_gap),
		TEST(the_key_of_a_pairing_on_air_is_computed),
	};
	return cmocka_run_group_tests_name("explain/track/tracker", tests, start, NULL);
}
