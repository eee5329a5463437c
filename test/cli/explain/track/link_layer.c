/* SPDX-License-Identifier: MIT */
/* Connections of sniffers, in real captures and in PDUs made here. */
#include "track/link_layer.h"

#include <string.h>

#include "cli/explain/files.h"
#include "crypto/bytes.h"
#include "l2cap/l2cap.h"

#define ADDRESS 0x50655641u

/* ---- Real ------------------------------------------------------------------------------------
 */

/* A PDU of SMP in a capture: its sender and code. */
struct heard_pdu {
	char way;
	uint8_t code;
};

static void pairings_are_heard_in_order(void **state)
{
	static const struct {
		const char *name;
		size_t frames;
		uint64_t connected; /* number of CONNECT_IND */
		struct heard_pdu pdus[9];
	} rows[] = {
		{"crackle_01_legacy_jw_pairing_and_ltk_exchange.pcap",
		 713,
		 516,
		 {{'C', 1}, {'P', 2}, {'C', 3}, {'P', 3}, {'C', 4}, {'P', 4}}},
		{"crackle_05_legacy_passkey.pcap",
		 307,
		 3,
		 {{'C', 1}, {'P', 2}, {'C', 3}, {'P', 3}, {'C', 4}, {'P', 4}}},
		/* The peripheral's first fragment was heard twice, damaged once. */
		{"crackle_04_le_secure_connections.pcapng",
		 303,
		 44,
		 {{'C', 1},
		  {'P', 2},
		  {'C', 12},
		  {'P', 12},
		  {'P', 12},
		  {'P', 3},
		  {'C', 4},
		  {'P', 4},
		  {'C', 13}}},
		{"whad_ble_pairing.pcap",
		 1604,
		 1,
		 {{'C', 1}, {'P', 2}, {'C', 3}, {'P', 3}, {'C', 4}, {'P', 4}}},
	};
	static struct explain_link_layer air;

	(void)state;
	for (size_t row = 0; row < COUNT(rows); row++) {
		struct explain_link_layer_event event;
		struct reading reading;
		size_t heard = 0, encrypted = 0;
		reading_take_stored(&reading, rows[row].name);
		assert_int_equal(reading.count, rows[row].frames);
		track_link_layer_init(&air);
		for (size_t i = 0; i < reading.count; i++) {
			track_link_layer_take(&air, &reading.packets[i], &event);
			if (event.kind == EXPLAIN_LINK_LAYER_CONNECTED)
				assert_int_equal(reading.packets[i].number, rows[row].connected);
			encrypted += event.kind == EXPLAIN_LINK_LAYER_ENCRYPTED;
			if (event.kind != EXPLAIN_LINK_LAYER_FRAGMENT || !event.first ||
			    event.len < 5 || event.data[2] != 6 || heard == COUNT(rows[row].pdus) ||
			    !rows[row].pdus[heard].code)
				continue;
			assert_int_equal(event.data[4], rows[row].pdus[heard].code);
			assert_int_equal(event.way, rows[row].pdus[heard].way == 'C'
							    ? EXPLAIN_CENTRAL
							    : EXPLAIN_PERIPHERAL);
			heard++;
		}
		assert_true(heard == COUNT(rows[row].pdus) || !rows[row].pdus[heard].code);
		assert_true(encrypted > 0);
		reading_free(&reading);
	}
}

/* ---- Made ------------------------------------------------------------------------------------
 */

static struct explain_link_layer made;
static uint64_t made_number;

/* header: LLID, NESN, SN. Without direction. */
static struct explain_link_layer_event hear(uint64_t time_us, uint8_t header, const char *payload,
					    enum explain_crc crc)
{
	static uint8_t pdu[64];
	struct explain_link_layer_event event;
	size_t len = strlen(payload);

	pdu[0] = header;
	pdu[1] = (uint8_t)len;
	memcpy(pdu + 2, payload, len);
	struct explain_packet packet = {
		.number = ++made_number,
		.time_us = time_us,
		.kind = EXPLAIN_AIR,
		.data = pdu,
		.len = 2 + len,
		.original = 2 + len,
		.air = {.access_address = ADDRESS, .channel = 3, .crc = crc}};
	track_link_layer_take(&made, &packet, &event);
	return event;
}

static void a_retransmission_is_taken_once(void **state)
{
	enum { FIRST = 2, NESN = 4, SN = 8 };

	(void)state;
	track_link_layer_init(&made);
	struct explain_link_layer_event got = hear(1000, FIRST, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got.way, EXPLAIN_WAY_UNKNOWN);
	assert_true(got.first);
	/* 150 us later the other end answers, and asks for a retransmission. */
	got = hear(1000 + 80 + 40 + 150, FIRST, "12345", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got.way, EXPLAIN_PERIPHERAL);
	got = hear(31000, FIRST | NESN, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.links[0].repeated, 1);
	/* A new sequence number is a new PDU, even with the same payload. */
	got = hear(61000, FIRST | SN, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(got.way, EXPLAIN_CENTRAL);
}

static void a_pdu_with_a_bad_crc_is_dropped(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	struct explain_link_layer_event got = hear(1000, 2, "abcde", EXPLAIN_CRC_GOOD);
	got = hear(31000, 2 | 8, "abXde", EXPLAIN_CRC_BAD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.bad_crc, 1);
	assert_int_equal(made.links[0].bad_crc, 1);
	got = hear(61000, 2 | 8, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
}

static void a_start_of_encryption_hides_what_follows(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	struct explain_link_layer_event got =
		hear(1000, 3, "\x05", EXPLAIN_CRC_GOOD); /* LL_START_ENC_REQ */
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_CONTROL);
	assert_int_equal(got.way, EXPLAIN_PERIPHERAL);
	assert_false(got.encrypted);
	got = hear(31000, 3, "\x91\x33\x12\x44\x55", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_ENCRYPTED);
	assert_true(got.encrypted);
	assert_int_equal(got.len, 5);
	got = hear(61000, 2 | 8, "\xf1\x33\x12\x44\x55\x66\x77\x88", EXPLAIN_CRC_GOOD);
	assert_int_equal(got.kind, EXPLAIN_LINK_LAYER_ENCRYPTED);
}

/* A tool may decrypt a link without marking its PDUs. */
static void readable_pdus_of_an_encrypted_link_are_read(void **state)
{
	static const struct {
		uint8_t llid;
		const char *payload;
		size_t len;
		bool readable;
	} rows[] = {
		{2, "\3\0\6\0abc", 7, true},
		{2, "\3\0\4\0abc", 7, true},
		{2, "\3\0\3\0abc", 7, false}, /* no channel of LE */
		{2, "\3\0\7\0abc", 7, false},
		{2, "\2\0\6\0abc", 7, false}, /* longer than its frame */
		{2, "\4\0\6\0abc", 7, true},  /* a fragment follows */
		{1, "continued", 9, true},
		{2, "\0\0\6\0", 4, true}, /* too short to have a MIC */
		{2, "\0\0\6\0\0", 5, false},
		{1, "continued", 9, false},
		{2, "\1\0\6\0a", 5, true},
		{3, "\x02\x13\1\2", 4, true},
		{3, "\x02\x13\1\2\3", 5, false},
	};
	uint8_t pdu[64], sn = 0;

	(void)state;
	track_link_layer_init(&made);
	(void)hear(1000, 3, "\x05", EXPLAIN_CRC_GOOD); /* LL_START_ENC_REQ, of the peripheral */
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct explain_link_layer_event event;
		pdu[0] = (uint8_t)(rows[i].llid | sn);
		pdu[1] = (uint8_t)rows[i].len;
		memcpy(pdu + 2, rows[i].payload, rows[i].len);
		sn ^= 8;
		struct explain_packet packet = {
			.number = ++made_number,
			.kind = EXPLAIN_AIR,
			.way = EXPLAIN_CENTRAL,
			.data = pdu,
			.len = 2 + rows[i].len,
			.original = 2 + rows[i].len,
			.air = {.access_address = ADDRESS, .crc = EXPLAIN_CRC_GOOD}};
		track_link_layer_take(&made, &packet, &event);
		assert_true(event.encrypted);
		assert_int_equal(event.kind, !rows[i].readable	 ? EXPLAIN_LINK_LAYER_ENCRYPTED
					     : rows[i].llid == 3 ? EXPLAIN_LINK_LAYER_CONTROL
								 : EXPLAIN_LINK_LAYER_FRAGMENT);
	}
	/* The longest frame, and one octet more. */
	for (size_t more = 0; more < 2; more++) {
		bytes_put_le16(pdu + 2, (uint16_t)(L2CAP_PAYLOAD_MAX + more));
		bytes_put_le16(pdu + 4, 6);
		pdu[0] = 2 | sn;
		pdu[1] = 7;
		sn ^= 8;
		struct explain_link_layer_event event;
		struct explain_packet packet = {
			.number = ++made_number,
			.kind = EXPLAIN_AIR,
			.way = EXPLAIN_CENTRAL,
			.data = pdu,
			.len = 9,
			.original = 9,
			.air = {.access_address = ADDRESS, .crc = EXPLAIN_CRC_GOOD}};
		track_link_layer_take(&made, &packet, &event);
		assert_int_equal(event.kind,
				 more ? EXPLAIN_LINK_LAYER_ENCRYPTED : EXPLAIN_LINK_LAYER_FRAGMENT);
	}
}

/* CONNECT_IND of that access address. */
static struct explain_link_layer_event connect_at(uint32_t address, enum explain_crc crc,
						  size_t len)
{
	uint8_t pdu[2 + 35] = {0xc5, 34, 1, 2, 3, 4, 5, 6, 7, 8,  9, 10, 11, 12, 0,
			       0,    0,	 0, 1, 2, 3, 3, 0, 0, 24, 1, 5,	 2,  72, 3};
	struct explain_link_layer_event event;

	bytes_put_le32(pdu + 14, address);
	struct explain_packet packet = {.number = ++made_number,
					.kind = EXPLAIN_AIR,
					.data = pdu,
					.len = len,
					.original = len,
					.air = {.access_address = 0x8e89bed6, .crc = crc}};
	track_link_layer_take(&made, &packet, &event);
	return event;
}

static void a_connection_begins_with_its_addresses_and_times(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	assert_int_equal(connect_at(ADDRESS, EXPLAIN_CRC_BAD, 36).kind, EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.bad_crc, 1);
	assert_int_equal(connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 35).kind,
			 EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 37).kind,
			 EXPLAIN_LINK_LAYER_NOTHING);
	const struct explain_link_layer_event event = connect_at(ADDRESS, EXPLAIN_CRC_UNKNOWN, 36);
	assert_int_equal(event.kind, EXPLAIN_LINK_LAYER_CONNECTED);
	assert_int_equal(event.way, EXPLAIN_CENTRAL);
	assert_int_equal(event.link->access_address, ADDRESS);
	assert_true(event.link->begun);
	assert_int_equal(event.link->last, made_number);
	assert_int_equal(event.link->central_type, 1);
	assert_int_equal(event.link->peripheral_type, 1);
	assert_memory_equal(event.link->central, "\1\2\3\4\5\6", 6);
	assert_memory_equal(event.link->peripheral, "\7\10\11\12\13\14", 6);
	assert_int_equal(event.link->interval, 0x118);
	assert_int_equal(event.link->latency, 0x205);
	assert_int_equal(event.link->timeout, 0x348);
}

static void an_access_address_that_is_used_again_begins_anew(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 36);
	assert_int_equal(hear(1000, 2, "abcde", EXPLAIN_CRC_GOOD).kind,
			 EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(hear(31000, 2, "abcde", EXPLAIN_CRC_GOOD).kind,
			 EXPLAIN_LINK_LAYER_NOTHING);
	connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 36);
	assert_int_equal(hear(61000, 2, "abcde", EXPLAIN_CRC_GOOD).kind,
			 EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(made.links[0].repeated, 0);
	assert_false(made.links[1].used);
}

static void the_connection_that_was_silent_longest_makes_room(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	for (uint32_t i = 0; i < EXPLAIN_LINK_LAYER_CONNECTIONS; i++)
		connect_at(i + 1, EXPLAIN_CRC_GOOD, 36);
	connect_at(1, EXPLAIN_CRC_GOOD, 36);
	connect_at(3, EXPLAIN_CRC_GOOD, 36);
	for (uint32_t i = 0; i < EXPLAIN_LINK_LAYER_CONNECTIONS; i++)
		assert_int_equal(made.links[i].access_address, i + 1);
	/* A damaged PDU of an unknown address is of none. */
	assert_int_equal(hear(1000, 2, "abcde", EXPLAIN_CRC_BAD).kind, EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.links[1].access_address, 2);
	assert_int_equal(hear(1000, 2, "abcde", EXPLAIN_CRC_GOOD).kind,
			 EXPLAIN_LINK_LAYER_FRAGMENT);
	assert_int_equal(made.links[1].access_address, ADDRESS);
	assert_false(made.links[1].begun);
	assert_int_equal(made.links[1].interval, 0);
	connect_at(99, EXPLAIN_CRC_GOOD, 36);
	assert_int_equal(made.links[3].access_address, 99);
}

/* Control PDUs that only one end sends show the direction. */
/* The next number that an end expects shows what it has received. */
static void a_pdu_that_was_not_heard_is_noticed_by_its_acknowledgment(void **state)
{
	enum { EMPTY = 1, NESN = 4, SN = 8 };

	(void)state;
	track_link_layer_init(&made);
	(void)hear(0, EMPTY, "", EXPLAIN_CRC_GOOD);
	(void)hear(230, EMPTY | NESN, "", EXPLAIN_CRC_GOOD);	    /* 0 */
	(void)hear(30000, EMPTY | SN | NESN, "", EXPLAIN_CRC_GOOD); /* 0 is received */
	(void)hear(30230, EMPTY | SN, "", EXPLAIN_CRC_GOOD);	    /* 1 */
	(void)hear(60000, EMPTY, "", EXPLAIN_CRC_GOOD);		    /* 1 is received */
	assert_int_equal(made.links[0].missed, 0);
	track_link_layer_init(&made);
	made_number = 0;
	(void)hear(0, EMPTY, "", EXPLAIN_CRC_GOOD);
	(void)hear(230, EMPTY | NESN, "", EXPLAIN_CRC_GOOD);	    /* 0 */
	(void)hear(30000, EMPTY | SN | NESN, "", EXPLAIN_CRC_GOOD); /* 0 is received */
	(void)hear(60000, EMPTY, "", EXPLAIN_CRC_GOOD); /* 1 is received, and was not heard */
	assert_int_equal(made.links[0].missed, 4);
	/* A PDU that is not acknowledged was not missed. */
	track_link_layer_init(&made);
	(void)hear(0, EMPTY, "", EXPLAIN_CRC_GOOD);
	(void)hear(230, EMPTY | NESN, "", EXPLAIN_CRC_GOOD);
	(void)hear(30000, EMPTY, "", EXPLAIN_CRC_GOOD); /* 0 is expected still */
	assert_int_equal(made.links[0].missed, 0);
}

static void smp_shows_the_roles_where_the_connection_was_not_heard_to_begin(void **state)
{
	static const struct {
		uint8_t code;
		enum explain_way way;
	} rows[] = {
		{0x01, EXPLAIN_CENTRAL}, {0x02, EXPLAIN_PERIPHERAL}, {0x0b, EXPLAIN_PERIPHERAL}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t pdu[] = {2, 6, 2, 0, 6, 0, rows[i].code, 1};
		struct explain_link_layer_event event;
		struct explain_packet packet = {
			.number = 2,
			.time_us = 230,
			.kind = EXPLAIN_AIR,
			.data = pdu,
			.len = sizeof(pdu),
			.original = sizeof(pdu),
			.air = {.access_address = ADDRESS, .channel = 3, .crc = EXPLAIN_CRC_GOOD}};
		track_link_layer_init(&made);
		/* The answer within an event, or its beginning. */
		if (rows[i].way == EXPLAIN_CENTRAL)
			(void)hear(0, 1, "", EXPLAIN_CRC_GOOD);
		track_link_layer_take(&made, &packet, &event);
		assert_int_equal(event.way, rows[i].way);
	}
}

static void control_pdus_show_their_sender(void **state)
{
	static const struct {
		uint8_t opcode, len;
		enum explain_way way;
		uint8_t of; /* the opcode that it is about */
	} rows[] = {
		{0x00, 12, EXPLAIN_CENTRAL, 0},	      {0x01, 8, EXPLAIN_CENTRAL, 0},
		{0x03, 23, EXPLAIN_CENTRAL, 0},	      {0x04, 13, EXPLAIN_PERIPHERAL, 0},
		{0x08, 9, EXPLAIN_CENTRAL, 0},	      {0x0e, 9, EXPLAIN_PERIPHERAL, 0},
		{0x05, 1, EXPLAIN_PERIPHERAL, 0},     {0x11, 3, EXPLAIN_PERIPHERAL, 3},
		{0x11, 3, EXPLAIN_WAY_UNKNOWN, 0x0f},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int other = 0; other < 2; other++) {
			uint8_t pdu[32] = {3, rows[i].len, rows[i].opcode, rows[i].of};
			struct explain_link_layer_event event;
			track_link_layer_init(&made);
			/* Another one may be of either end. */
			pdu[1] = (uint8_t)(rows[i].len + other);
			struct explain_packet packet = {
				.number = 1,
				.kind = EXPLAIN_AIR,
				.data = pdu,
				.len = 2 + (size_t)pdu[1],
				.original = 2 + (size_t)pdu[1],
				.air = {.access_address = ADDRESS, .crc = EXPLAIN_CRC_GOOD}};
			track_link_layer_take(&made, &packet, &event);
			assert_int_equal(event.kind, EXPLAIN_LINK_LAYER_CONTROL);
			assert_int_equal(event.way, other ? EXPLAIN_WAY_UNKNOWN : rows[i].way);
			assert_int_equal(event.len, pdu[1]);
		}
}

/* Text, and captures without radio, do not show where an event begins. */
static void without_a_channel_a_message_shows_its_sender_or_none_is_known(void **state)
{
	static const struct {
		uint8_t code;
		enum explain_way way;
	} rows[] = {
		{5, EXPLAIN_WAY_UNKNOWN}, {3, EXPLAIN_WAY_UNKNOWN}, {2, EXPLAIN_PERIPHERAL},
		{3, EXPLAIN_PERIPHERAL},  {11, EXPLAIN_PERIPHERAL}, {1, EXPLAIN_CENTRAL},
		{5, EXPLAIN_CENTRAL},
	};

	(void)state;
	track_link_layer_init(&made);
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* SN and NESN are those of one end as long as the sender is the same. */
		const uint8_t pdu[] = {(uint8_t)(2 | (i >= 5 ? 4 : 0)),
				       7,
				       3,
				       0,
				       6,
				       0,
				       rows[i].code,
				       (uint8_t)i,
				       0};
		struct explain_link_layer_event event;
		struct explain_packet packet = {
			.number = i + 1,
			.kind = EXPLAIN_AIR,
			.data = pdu,
			.len = sizeof(pdu),
			.original = sizeof(pdu),
			.air = {.access_address = ADDRESS, .channel = -1, .crc = EXPLAIN_CRC_GOOD}};
		track_link_layer_take(&made, &packet, &event);
		assert_int_equal(event.kind, EXPLAIN_LINK_LAYER_FRAGMENT);
		assert_int_equal(event.way, rows[i].way);
	}
}

/* A PDU of 3 octets, each with another payload. */
static struct explain_link_layer_event hear_on(int8_t channel, uint64_t time_us, uint8_t bits,
					       enum explain_crc crc)
{
	static uint8_t pdu[5], count;
	struct explain_link_layer_event event;

	pdu[0] = 2 | bits;
	pdu[1] = 3;
	pdu[2] = ++count;
	struct explain_packet packet = {
		.number = ++made_number,
		.time_us = time_us,
		.kind = EXPLAIN_AIR,
		.data = pdu,
		.len = 5,
		.original = 5,
		.air = {.access_address = ADDRESS, .channel = channel, .crc = crc}};
	track_link_layer_take(&made, &packet, &event);
	return event;
}

/* The ends alternate in a connection event: same channel, 150 us apart, with some slack. */
static void the_ends_alternate_in_a_connection_event(void **state)
{
	enum { NESN = 4, SN = 8, AIR_TIME = 8 * (10 + 3), GAP = 600 };
	static const struct {
		int8_t channel;
		uint64_t time_us;
		uint8_t bits; /* those of the central's first PDU are 0 */
		enum explain_way way;
	} rows[] = {
		{3, 1000 + AIR_TIME + 150, 0, EXPLAIN_PERIPHERAL},
		{3, 1000 + AIR_TIME + GAP, 0, EXPLAIN_PERIPHERAL},
		{3, 1000 + AIR_TIME + GAP, SN, EXPLAIN_PERIPHERAL},
		{3, 1000, 0, EXPLAIN_PERIPHERAL},
		/* Not the same event: SN xor NESN shows the end. */
		{3, 1000 + AIR_TIME + GAP + 1, 0, EXPLAIN_CENTRAL},
		{3, 1000 + AIR_TIME + GAP + 1, SN | NESN, EXPLAIN_CENTRAL},
		{3, 1000 + AIR_TIME + GAP + 1, SN, EXPLAIN_PERIPHERAL},
		{3, 1000 + AIR_TIME + GAP + 1, NESN, EXPLAIN_PERIPHERAL},
		{4, 1000 + AIR_TIME + 150, 0, EXPLAIN_CENTRAL},
		{4, 1000 + AIR_TIME + 150, SN, EXPLAIN_PERIPHERAL},
		{3, 999, 0, EXPLAIN_CENTRAL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		track_link_layer_init(&made);
		connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 36);
		assert_int_equal(hear_on(3, 1000, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
		assert_int_equal(
			hear_on(rows[i].channel, rows[i].time_us, rows[i].bits, EXPLAIN_CRC_GOOD)
				.way,
			rows[i].way);
	}
	/* Three in one event; then the central begins the next one, with its own parity. */
	track_link_layer_init(&made);
	assert_int_equal(hear_on(3, 1000, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_WAY_UNKNOWN);
	assert_int_equal(hear_on(3, 1300, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_PERIPHERAL);
	assert_int_equal(hear_on(3, 1600, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
	assert_int_equal(hear_on(5, 31000, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
	assert_int_equal(hear_on(6, 61000, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_PERIPHERAL);
	/* A damaged PDU takes its turn, but its bits are not trusted. */
	track_link_layer_init(&made);
	connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 36);
	assert_int_equal(hear_on(3, 1000, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
	(void)hear_on(3, 1300, 0, EXPLAIN_CRC_BAD);
	assert_int_equal(hear_on(3, 1600, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
	(void)hear_on(4, 31000, SN, EXPLAIN_CRC_BAD);
	assert_int_equal(hear_on(4, 31300, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_PERIPHERAL);
	assert_int_equal(hear_on(5, 61000, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
	/* Behind CONNECT_IND, the first PDU with another parity is the peripheral's. */
	track_link_layer_init(&made);
	connect_at(ADDRESS, EXPLAIN_CRC_GOOD, 36);
	assert_int_equal(hear_on(3, 1000, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_PERIPHERAL);
}

/* The capture begins in the middle of a connection, and lacks the central's PDU of an event. */
static void one_pdu_of_an_event_may_be_of_either_end(void **state)
{
	enum { SN = 8 };

	(void)state;
	track_link_layer_init(&made);
	assert_int_equal(hear_on(3, 1000, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_WAY_UNKNOWN);
	assert_int_equal(hear_on(4, 31000, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_WAY_UNKNOWN);
	assert_int_equal(hear_on(4, 31300, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_PERIPHERAL);
	assert_int_equal(hear_on(5, 61000, 0, EXPLAIN_CRC_GOOD).way, EXPLAIN_CENTRAL);
	assert_int_equal(hear_on(6, 91000, SN, EXPLAIN_CRC_GOOD).way, EXPLAIN_PERIPHERAL);
}

/* What was heard before the ends are known is of the same ends: it is no new PDU. */
static void a_retransmission_is_taken_once_when_the_ends_become_known(void **state)
{
	enum { FIRST = 2, SN = 8 };

	(void)state;
	track_link_layer_init(&made);
	(void)hear(1000, FIRST | SN, "12345", EXPLAIN_CRC_GOOD);
	(void)hear(31000, FIRST, "abcde", EXPLAIN_CRC_GOOD);
	assert_int_equal(hear(31000 + 80 + 40 + 150, FIRST | SN, "12345", EXPLAIN_CRC_GOOD).kind,
			 EXPLAIN_LINK_LAYER_NOTHING);
	assert_int_equal(made.links[0].repeated, 1);
}

static void a_direction_that_the_sniffer_gives_is_right(void **state)
{
	(void)state;
	track_link_layer_init(&made);
	for (int i = 0; i < 4; i++) {
		uint8_t pdu[] = {2, 1, (uint8_t)i};
		struct explain_link_layer_event event;
		struct explain_packet packet = {
			.number = ++made_number,
			.time_us = 1000,
			.kind = EXPLAIN_AIR,
			.way = i & 2 ? EXPLAIN_CENTRAL : EXPLAIN_PERIPHERAL,
			.data = pdu,
			.len = 3,
			.original = 3,
			.air = {.access_address = ADDRESS, .crc = EXPLAIN_CRC_GOOD}};
		track_link_layer_take(&made, &packet, &event);
		assert_int_equal(event.way, packet.way);
	}
}

/* LL_START_ENC_REQ was missed: the next control PDU with a MIC is the encrypted response. */
/* A program that leaves the direction zero: the first PDU that only one end sends shows it. */
static void the_same_direction_for_all_pdus_is_none(void **state)
{
	static const struct {
		const char *pdu;
		enum explain_way given, is;
	} rows[] = {
		{"\x08"
		 "feature!",
		 EXPLAIN_PERIPHERAL, EXPLAIN_CENTRAL}, /* LL_FEATURE_REQ */
		{"\x09"
		 "feature!",
		 EXPLAIN_PERIPHERAL, EXPLAIN_PERIPHERAL},
		{"\x0c"
		 "versi",
		 EXPLAIN_PERIPHERAL, EXPLAIN_CENTRAL},
		{"\x0c"
		 "other",
		 EXPLAIN_PERIPHERAL, EXPLAIN_PERIPHERAL},
		/* From here on, the direction of each is known. */
		{"\x12", EXPLAIN_CENTRAL, EXPLAIN_CENTRAL},
		{"\x13", EXPLAIN_PERIPHERAL, EXPLAIN_PERIPHERAL},
		{"\x08"
		 "feature?",
		 EXPLAIN_PERIPHERAL, EXPLAIN_PERIPHERAL},
	};
	static const uint8_t headers[] = {3, 3 | 4, 3 | 4 | 8, 3 | 8, 3, 3 | 4, 3 | 8};
	struct explain_link_layer_event event;

	(void)state;
	track_link_layer_init(&made);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t pdu[16] = {headers[i], (uint8_t)strlen(rows[i].pdu)};
		memcpy(pdu + 2, rows[i].pdu, pdu[1]);
		const struct explain_packet packet = {
			.number = i + 1,
			.time_us = i * 1000000,
			.kind = EXPLAIN_AIR,
			.way = rows[i].given,
			.data = pdu,
			.len = 2 + (size_t)pdu[1],
			.original = 2 + (size_t)pdu[1],
			.air = {.access_address = ADDRESS, .channel = -1, .rssi = 127},
		};
		track_link_layer_take(&made, &packet, &event);
		assert_int_equal(event.kind, EXPLAIN_LINK_LAYER_CONTROL);
		assert_int_equal(event.way, rows[i].is);
	}
}

static void encryption_starts_without_its_request(void **state)
{
	static const struct {
		uint8_t llid;
		const char *before; /* a control PDU behind LL_ENC_RSP */
		size_t len;
		bool encrypted;
	} rows[] = {
		{3, "", 5, true},      {3, "\x14", 5, true}, {3, "\x0d", 5, false},
		{3, "\x11", 5, false}, {3, "", 4, false},    {3, "", 6, false},
		{2, "", 5, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t sn = 0;
		track_link_layer_init(&made);
		/* In the clear, each control PDU has another length. */
		(void)hear(30000, 3, "\x04stuvwxyzabcd", EXPLAIN_CRC_GOOD);
		if (*rows[i].before)
			(void)hear(60000, 3 | (sn ^= 8), rows[i].before, EXPLAIN_CRC_GOOD);
		const struct explain_link_layer_event got =
			hear(90000, (uint8_t)(rows[i].llid | (sn ^ 8)), &"abcdef"[6 - rows[i].len],
			     EXPLAIN_CRC_GOOD);
		assert_int_equal(got.encrypted, rows[i].encrypted);
		assert_int_equal(got.kind == EXPLAIN_LINK_LAYER_ENCRYPTED, rows[i].encrypted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairings_are_heard_in_order),
		cmocka_unit_test(a_retransmission_is_taken_once),
		cmocka_unit_test(a_pdu_that_was_not_heard_is_noticed_by_its_acknowledgment),
		cmocka_unit_test(smp_shows_the_roles_where_the_connection_was_not_heard_to_begin),
		cmocka_unit_test(a_pdu_with_a_bad_crc_is_dropped),
		cmocka_unit_test(a_start_of_encryption_hides_what_follows),
		cmocka_unit_test(readable_pdus_of_an_encrypted_link_are_read),
		cmocka_unit_test(a_connection_begins_with_its_addresses_and_times),
		cmocka_unit_test(an_access_address_that_is_used_again_begins_anew),
		cmocka_unit_test(the_connection_that_was_silent_longest_makes_room),
		cmocka_unit_test(control_pdus_show_their_sender),
		cmocka_unit_test(without_a_channel_a_message_shows_its_sender_or_none_is_known),
		cmocka_unit_test(encryption_starts_without_its_request),
		cmocka_unit_test(the_ends_alternate_in_a_connection_event),
		cmocka_unit_test(one_pdu_of_an_event_may_be_of_either_end),
		cmocka_unit_test(a_retransmission_is_taken_once_when_the_ends_become_known),
		cmocka_unit_test(a_direction_that_the_sniffer_gives_is_right),
		cmocka_unit_test(the_same_direction_for_all_pdus_is_none),
	};
	return cmocka_run_group_tests_name("explain/track/link_layer", tests, NULL, NULL);
}
