/* SPDX-License-Identifier: MIT */
#include "track/hci_events.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "hci/protocol.h"
#include "unit.h"

enum { HOST = 0, PEER = 1 }; /* the ends, as the capture numbers them */

static struct explain_links links;
static struct explain_keyring ring;
static uint64_t frame;
static uint16_t source;
static const uint8_t *known; /* of the next packet */

static struct explain_attempt over[8]; /* the attempts that are over */
static size_t over_count;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	(void)ctx;
	assert_true(over_count < COUNT(over));
	over[over_count++] = *attempt;
}

static int begin(void **state)
{
	(void)state;
	memset(&links, 0, sizeof(links));
	memset(&ring, 0, sizeof(ring));
	links.finished = finished;
	over_count = 0;
	frame = 0;
	source = 0;
	known = NULL;
	return 0;
}

static struct explain_packet packet_of(enum explain_kind kind, const uint8_t *data, size_t len)
{
	frame++;
	const struct explain_packet packet = {.number = frame,
					      .time_us = 10 * frame,
					      .kind = kind,
					      .source = source,
					      .data = data,
					      .len = len,
					      .original = len,
					      .known = known};

	known = NULL;
	return packet;
}

static void command(uint16_t opcode, const void *parameters, size_t len)
{
	uint8_t data[3 + 255] = {(uint8_t)opcode, (uint8_t)(opcode >> 8), (uint8_t)len};

	if (len)
		memcpy(data + 3, parameters, len);
	const struct explain_packet packet = packet_of(EXPLAIN_COMMAND, data, 3 + len);
	track_command(&links, &ring, &packet);
}

static void event(uint8_t code, const void *parameters, size_t len)
{
	uint8_t data[2 + 255] = {code, (uint8_t)len};

	if (len)
		memcpy(data + 2, parameters, len);
	const struct explain_packet packet = packet_of(EXPLAIN_EVENT, data, 2 + len);
	track_event(&links, &packet);
}

#define COMMAND(opcode, ...) \
	command(opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define EVENT(code, ...) \
	event(code, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define LE_EVENT(...) EVENT(HCI_LE_META, __VA_ARGS__)

static struct explain_host *host(void)
{
	return track_host_of(&links, source);
}

static void complete(uint16_t opcode, uint8_t status, const void *returned, size_t len)
{
	uint8_t p[80] = {1, (uint8_t)opcode, (uint8_t)(opcode >> 8), status};

	if (len)
		memcpy(p + 4, returned, len);
	event(HCI_COMMAND_COMPLETE, p, 4 + len);
}

/* LE Connection Complete of handle 0x0e40: peer 01:..:06 random, 30 ms, latency 1, 0.72 s. */
static const uint8_t completed[19] = {
	HCI_LE_CONNECTION_COMPLETE, 0, 0x40, 0x0e, 0, 1, 6, 5, 4, 3, 2, 1, 24, 0, 1, 0, 72, 0, 0};

static struct explain_attempt *connect_as(uint8_t role)
{
	uint8_t p[19];

	memcpy(p, completed, 19);
	p[4] = role;
	event(HCI_LE_META, p, 19);
	return &track_link_find(&links, source, 0xe40)->attempt;
}

/* ---- The host -------------------------------------------------------------------------------- */

static void a_reset_begins_a_host_anew(void **state)
{
	(void)state;
	COMMAND(HCI_LE_SET_RANDOM_ADDRESS, 1, 2, 3, 4, 5, 6);
	COMMAND(HCI_SET_EVENT_MASK, 1, 2, 3, 4, 5, 6, 7, 8);
	complete(HCI_SET_EVENT_MASK, 1, NULL, 0);
	uint8_t create[25] = {0};
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	assert_int_equal(host()->refusals, 1);
	assert_int_equal(host()->connecting.frame, 4);
	command(HCI_RESET, NULL, 0);
	assert_int_equal(host()->reset.frame, 5);
	assert_int_equal(host()->reset.time_us, 50);
	assert_int_equal(host()->bringup, 0);
	assert_int_equal(host()->refusals, 0);
	assert_false(host()->has_random);
	assert_int_equal(host()->connecting.frame, 0);
	assert_true(host()->event_mask == 0x00001fffffffffff);
	assert_int_equal(host()->le_event_mask, 0x1f);
}

static void a_reset_cuts_the_links_of_its_controller(void **state)
{
	const struct explain_packet air = {.number = 1, .kind = EXPLAIN_AIR};

	(void)state;
	(void)connect_as(0);
	(void)track_link_open(&links, &air, 0x50655641);
	source = 1;
	(void)connect_as(0);
	source = 0;
	command(HCI_RESET, NULL, 0);
	assert_int_equal(over_count, 1);
	assert_true(over[0].cut);
	assert_int_equal(over[0].source, 0);
	assert_false(over[0].air);
	assert_non_null(track_link_find(&links, 1, 0xe40));
}

static void the_commands_of_bring_up_are_noted(void **state)
{
	static const struct {
		uint16_t opcode;
		uint8_t bit;
	} rows[] = {
		{HCI_SET_EVENT_MASK, EXPLAIN_HAS_EVENT_MASK},
		{HCI_LE_SET_EVENT_MASK, EXPLAIN_HAS_LE_EVENT_MASK},
		{HCI_LE_READ_BUFFER_SIZE, EXPLAIN_HAS_LE_BUFFER_SIZE},
		{0x2060, EXPLAIN_HAS_LE_BUFFER_SIZE}, /* version 2 */
		{HCI_WRITE_LE_HOST_SUPPORT, EXPLAIN_HAS_LE_HOST},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(state);
		COMMAND(rows[i].opcode, 1, 2, 3, 4, 5, 6, 7, 8);
		assert_int_equal(host()->bringup, rows[i].bit);
	}
	begin(state);
	COMMAND(HCI_SET_EVENT_MASK, 1, 2, 3, 4, 5, 6, 7, 8);
	COMMAND(HCI_LE_SET_EVENT_MASK, 9, 10, 11, 12, 13, 14, 15, 16);
	assert_true(host()->event_mask == 0x0807060504030201);
	assert_true(host()->le_event_mask == 0x100f0e0d0c0b0a09);
	/* Cut off in the capture. */
	COMMAND(HCI_SET_EVENT_MASK, 9, 9, 9, 9, 9, 9, 9);
	COMMAND(HCI_LE_SET_EVENT_MASK, 9, 9, 9, 9, 9, 9, 9);
	assert_true(host()->event_mask == 0x0807060504030201);
	assert_true(host()->le_event_mask == 0x100f0e0d0c0b0a09);
}

static void the_random_address_is_kept(void **state)
{
	static const uint8_t address[] = {1, 2, 3, 4, 5, 6};

	(void)state;
	COMMAND(HCI_LE_SET_RANDOM_ADDRESS, 1, 2, 3, 4, 5);
	assert_false(host()->has_random);
	COMMAND(HCI_LE_SET_RANDOM_ADDRESS, 1, 2, 3, 4, 5, 6);
	assert_true(host()->has_random);
	assert_memory_equal(host()->random_address, address, 6);
	begin(state);
	COMMAND(HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, 9, 1, 2, 3, 4, 5);
	assert_false(host()->has_random);
	COMMAND(HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, 9, 1, 2, 3, 4, 5, 6);
	assert_true(host()->has_random);
	assert_memory_equal(host()->random_address, address, 6);
}

static void return_parameters_are_kept(void **state)
{
	uint8_t commands[64], features[8] = {0};

	(void)state;
	memset(commands, 0xff, sizeof(commands));
	complete(HCI_READ_LOCAL_COMMANDS, 0, commands, 64);
	assert_false(host()->no_le_host);
	commands[24] = 0xbf; /* Write LE Host Support is bit 6 */
	complete(HCI_READ_LOCAL_COMMANDS, 0, commands, 24);
	assert_false(host()->no_le_host);
	complete(HCI_READ_LOCAL_COMMANDS, 0, commands, 25);
	assert_true(host()->no_le_host);
	complete(HCI_READ_LOCAL_FEATURES, 0, features, 7);
	assert_false(host()->has_features);
	complete(HCI_READ_LOCAL_FEATURES, 0, features, 8);
	assert_true(host()->has_features);
	assert_true(host()->dual_mode);
	features[4] = 0x20; /* BR/EDR Not Supported */
	complete(HCI_READ_LOCAL_FEATURES, 0, features, 8);
	assert_false(host()->dual_mode);
	complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5", 5);
	complete(HCI_READ_BD_ADDR, 1, "\1\2\3\4\5\6", 6);
	assert_false(host()->has_public);
	complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
	assert_true(host()->has_public);
	assert_memory_equal(host()->public_address, "\1\2\3\4\5\6", 6);
}

static void refused_commands_that_a_link_needs_are_kept_up_to_four(void **state)
{
	static const uint16_t needed[] = {
		HCI_RESET,
		HCI_SET_EVENT_MASK,
		HCI_LE_SET_EVENT_MASK,
		HCI_LE_READ_BUFFER_SIZE,
		HCI_WRITE_LE_HOST_SUPPORT,
		HCI_LE_SET_RANDOM_ADDRESS,
		HCI_LE_CREATE_CONNECTION,
		HCI_LE_EXTENDED_CREATE_CONNECTION,
		HCI_LE_ENABLE_ENCRYPTION,
		HCI_LE_LTK_REPLY,
		HCI_LE_CONNECTION_UPDATE,
	};

	for (size_t i = 0; i < COUNT(needed); i++) {
		begin(state);
		complete(needed[i], 0x0c, NULL, 0);
		EVENT(HCI_COMMAND_STATUS, 0x0d, 1, (uint8_t)needed[i], (uint8_t)(needed[i] >> 8));
		assert_int_equal(host()->refusals, 2);
		for (size_t k = 0; k < 2; k++) {
			assert_int_equal(host()->refused[k].opcode, needed[i]);
			assert_int_equal(host()->refused[k].status, 0x0c + k);
			assert_int_equal(host()->refused[k].at.frame, k + 1);
		}
		for (size_t k = 0; k < 3; k++)
			complete(needed[i], 0x0c, NULL, 0);
		assert_int_equal(host()->refusals, EXPLAIN_REFUSALS);
	}
	begin(state);
	complete(HCI_DISCONNECT, 0x0c, NULL, 0);
	complete(HCI_RESET, 0, NULL, 0);
	EVENT(HCI_COMMAND_STATUS, 0x0d, 1, (uint8_t)HCI_RESET); /* cut off */
	EVENT(HCI_COMMAND_COMPLETE, 1, (uint8_t)HCI_RESET, HCI_RESET >> 8);
	assert_int_equal(host()->refusals, 0);
}

/* ---- Connections ----------------------------------------------------------------------------- */

static void a_connection_has_its_command_and_its_ends(void **state)
{
	static const uint8_t create[25] = {0x60, 0, 0x30, 0,  0, 1,  6, 5, 4, 3,
					   2,	 1, 0,	  12, 0, 24, 0, 1, 0, 72};

	(void)state;
	complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	const struct explain_attempt *a = connect_as(0);
	assert_int_equal(a->central, HOST);
	assert_int_equal(a->step_count, 2);
	assert_int_equal(a->steps[0].layer, EXPLAIN_LAYER_COMMAND);
	assert_int_equal(a->steps[0].code, HCI_LE_CREATE_CONNECTION);
	assert_int_equal(a->steps[0].at.frame, 2);
	assert_int_equal(a->steps[0].at.time_us, 20);
	assert_int_equal(a->steps[0].from, HOST);
	assert_int_equal(a->steps[0].len, 25);
	assert_memory_equal(a->steps[0].data, create, 25);
	assert_int_equal(a->steps[1].layer, EXPLAIN_LAYER_EVENT);
	assert_int_equal(a->steps[1].code, EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_COMPLETE);
	assert_int_equal(a->steps[1].len, 19);
	assert_int_equal(a->steps[1].from, HOST);
	assert_true(a->steps[0].whole && a->steps[1].whole);
	assert_int_equal(a->connected.frame, 3);
	assert_int_equal(a->connect_status, 0);
	assert_true(a->has_interval);
	assert_int_equal(a->interval, 24);
	assert_int_equal(a->latency, 1);
	assert_int_equal(a->timeout, 72);
	assert_true(a->party[PEER].has_address);
	assert_int_equal(a->party[PEER].address.type, 1);
	assert_memory_equal(a->party[PEER].address.octets, "\6\5\4\3\2\1", 6);
	assert_true(a->party[HOST].has_address);
	assert_int_equal(a->party[HOST].address.type, 0);
	assert_memory_equal(a->party[HOST].address.octets, "\1\2\3\4\5\6", 6);
	assert_int_equal(a->bad_count, 0);
	/* The command served. */
	a = connect_as(0);
	assert_int_equal(a->step_count, 1);
	assert_int_equal(over_count, 1);
}

static void the_own_address_is_of_the_commands_type(void **state)
{
	static const struct {
		uint16_t opcode;
		size_t at;
		uint8_t role;
	} rows[] = {
		{HCI_LE_CREATE_CONNECTION, 12, 0},
		{HCI_LE_EXTENDED_CREATE_CONNECTION, 1, 0},
		{HCI_LE_SET_ADVERTISING_PARAMETERS, 5, 1},
		{HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 10, 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (uint8_t type = 0; type < 4; type++) {
			uint8_t p[26] = {0};
			begin(state);
			COMMAND(HCI_LE_SET_RANDOM_ADDRESS, 9, 8, 7, 6, 5, 0xc4);
			complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
			p[rows[i].at] = type;
			command(rows[i].opcode, p, 26);
			const struct explain_attempt *a = connect_as(rows[i].role);
			assert_int_equal(a->central, rows[i].role ? PEER : HOST);
			assert_int_equal(a->party[HOST].address.type, type & 1);
			assert_int_equal(a->party[HOST].address.octets[0], type & 1 ? 9 : 1);
			assert_int_equal(a->step_count, rows[i].role ? 1 : 2);
		}
	/* Cut off before the type. */
	begin(state);
	COMMAND(HCI_LE_SET_ADVERTISING_PARAMETERS, 1, 1, 1, 1, 1);
	COMMAND(HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	assert_int_equal(host()->advertising_own, 0);
	uint8_t p[24] = {0};
	command(HCI_LE_CREATE_CONNECTION, p, 24);
	assert_int_equal(host()->connecting.frame, 0);
	/* An address that the capture lacks. */
	assert_false(connect_as(0)->party[HOST].has_address);
	COMMAND(HCI_LE_SET_ADVERTISING_PARAMETERS, 1, 1, 1, 1, 1, 1);
	assert_false(connect_as(1)->party[HOST].has_address);
}

static void bad_parameters_of_a_command_are_noted_with_its_frame(void **state)
{
	static const struct {
		uint16_t opcode;
		size_t at;
	} rows[] = {{HCI_LE_CREATE_CONNECTION, 13}, {HCI_LE_EXTENDED_CREATE_CONNECTION, 14}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t p[26] = {0};
		begin(state);
		bytes_put_le16(p + rows[i].at, 3);
		bytes_put_le16(p + rows[i].at + 2, 0x104);
		bytes_put_le16(p + rows[i].at + 4, 5);
		bytes_put_le16(p + rows[i].at + 6, 0x106);
		command(rows[i].opcode, p, 26);
		const struct explain_attempt *a = connect_as(0);
		assert_int_equal(a->bad_count, 1);
		assert_int_equal(a->bad_parameters[0].at.frame, 1);
		assert_int_equal(a->bad_parameters[0].from, HOST);
		assert_int_equal(a->bad_parameters[0].interval_min, 3);
		assert_int_equal(a->bad_parameters[0].interval_max, 0x104);
		assert_int_equal(a->bad_parameters[0].latency, 5);
		assert_int_equal(a->bad_parameters[0].timeout, 0x106);
	}
}

static void the_longest_command_is_cut_to_its_room(void **state)
{
	uint8_t p[26 + 255] = {0};

	(void)state;
	memset(p + 20, 7, sizeof(p) - 20);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, p, 58); /* three PHYs */
	assert_int_equal(host()->connect_len, 58);
	command(HCI_LE_EXTENDED_CREATE_CONNECTION, p, 200);
	assert_int_equal(host()->connect_len, EXPLAIN_STEP_DATA);
	assert_int_equal(host()->connect_opcode, HCI_LE_EXTENDED_CREATE_CONNECTION);
}

/* LE Enhanced Connection Complete; local: the own resolvable address, peer: the peer's, 0: none. */
static struct explain_attempt *connect_enhanced(uint8_t subevent, uint8_t local, uint8_t peer)
{
	uint8_t p[31] = {subevent, 0, 0x40, 0x0e, 0, 2, 6, 5, 4, 3, 2, 1};

	memset(p + 12, local, 6);
	memset(p + 18, peer, 6);
	p[24] = 30;
	p[26] = 2;
	p[28] = 80;
	event(HCI_LE_META, p, 31);
	return &track_link_find(&links, 0, 0xe40)->attempt;
}

static void resolvable_addresses_of_an_enhanced_event_are_those_on_air(void **state)
{
	static const uint8_t subevents[] = {HCI_LE_ENHANCED_CONNECTION_COMPLETE, 0x29};

	for (size_t i = 0; i < COUNT(subevents); i++) {
		begin(state);
		complete(HCI_READ_BD_ADDR, 0, "\1\2\3\4\5\6", 6);
		const struct explain_attempt *a = connect_enhanced(subevents[i], 0x55, 0x66);
		assert_int_equal(a->steps[0].code, EXPLAIN_SUBEVENT | subevents[i]);
		assert_int_equal(a->party[PEER].address.type, 1);
		assert_int_equal(a->party[PEER].address.octets[5], 0x66);
		assert_int_equal(a->party[HOST].address.type, 1);
		assert_int_equal(a->party[HOST].address.octets[5], 0x55);
		assert_true(a->party[HOST].has_address);
		assert_int_equal(a->interval, 30);
		assert_int_equal(a->latency, 2);
		assert_int_equal(a->timeout, 80);
		a = connect_enhanced(subevents[i], 0, 0);
		assert_int_equal(a->party[PEER].address.type, 0); /* an identity address */
		assert_memory_equal(a->party[PEER].address.octets, "\6\5\4\3\2\1", 6);
		assert_int_equal(a->party[HOST].address.type, 0);
		assert_memory_equal(a->party[HOST].address.octets, "\1\2\3\4\5\6", 6);
	}
}

static void a_connection_that_failed_is_over_at_once(void **state)
{
	uint8_t p[19], create[25] = {0};

	(void)state;
	memcpy(p, completed, 19);
	p[1] = 0x3e;
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	event(HCI_LE_META, p, 19);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].connect_status, 0x3e);
	assert_int_equal(over[0].step_count, 2);
	assert_false(over[0].has_interval);
	assert_null(track_link_find(&links, 0, 0xe40));
	assert_int_equal(host()->connecting.frame, 0);
	/* The host cancelled it. */
	command(HCI_LE_CREATE_CONNECTION, create, 25);
	p[1] = HCI_UNKNOWN_CONNECTION;
	event(HCI_LE_META, p, 19);
	assert_int_equal(over_count, 1);
	assert_int_equal(host()->connecting.frame, 0);
	assert_int_equal(links.connections, 1);
}

static void an_event_that_is_cut_or_unknown_makes_no_connection(void **state)
{
	uint8_t enhanced[31] = {HCI_LE_ENHANCED_CONNECTION_COMPLETE}, octets[33];

	(void)state;
	event(HCI_LE_META, completed, 18);
	event(HCI_LE_META, enhanced, 30);
	memset(octets, 1, sizeof(octets));
	octets[19] = 0;
	known = octets;
	event(HCI_LE_META, completed, 19);
	octets[19] = 1;
	octets[31] = 0;
	known = octets;
	event(HCI_LE_META, enhanced, 31);
	assert_int_equal(links.connections, 0);
	/* The clock accuracy, which is not used, may be unknown. */
	octets[31] = 1;
	octets[20] = octets[32] = 0;
	known = octets;
	event(HCI_LE_META, enhanced, 31);
	assert_int_equal(links.connections, 0);
	octets[20] = 1;
	known = octets;
	event(HCI_LE_META, enhanced, 31);
	octets[20] = 0;
	known = octets;
	event(HCI_LE_META, completed, 19);
	assert_int_equal(links.connections, 2);
}

/* ---- Encryption ------------------------------------------------------------------------------ */

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

/* ---- The rest of a connection ---------------------------------------------------------------- */

static void a_disconnection_ends_the_attempt(void **state)
{
	static const struct {
		uint8_t reason;
		int8_t by;
	} rows[] = {{0x08, EXPLAIN_NOBODY}, {0x12, EXPLAIN_NOBODY}, {0x13, PEER},
		    {0x14, PEER},	    {0x15, PEER},	    {0x16, HOST},
		    {0x17, EXPLAIN_NOBODY}, {0x3d, EXPLAIN_NOBODY}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(state);
		(void)connect_as(0);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x41, 0x0e, rows[i].reason);
		assert_int_equal(over_count, 0);
		EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, rows[i].reason);
		assert_int_equal(over_count, 1);
		assert_int_equal(over[0].disconnected.frame, 4);
		assert_int_equal(over[0].disconnect_reason, rows[i].reason);
		assert_int_equal(over[0].disconnected_by, rows[i].by);
		assert_false(over[0].cut);
		assert_int_equal(over[0].steps[1].code, HCI_DISCONNECTION_COMPLETE);
	}
}

static void connection_updates_are_followed(void **state)
{
	struct explain_attempt *a = connect_as(0);

	(void)state;
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 0, 0x40, 0x0e, 40, 1, 2, 1, 90, 1);
	assert_int_equal(a->interval, 0x128);
	assert_int_equal(a->latency, 0x102);
	assert_int_equal(a->timeout, 0x15a);
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 1, 0x40, 0x0e, 50, 0, 5, 0, 99, 0);
	assert_int_equal(a->interval, 0x128);
	LE_EVENT(HCI_LE_CONNECTION_UPDATE_COMPLETE, 0, 0x40, 0x0e, 50, 0, 5, 0, 99);
	assert_int_equal(a->interval, 0x128);
	assert_int_equal(a->step_count, 3);
	/* The host's wish, and the peer's. */
	COMMAND(HCI_LE_CONNECTION_UPDATE, 0x40, 0x0e, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0);
	assert_int_equal(a->bad_count, 0);
	COMMAND(HCI_LE_CONNECTION_UPDATE, 0x40, 0x0e, 1, 0, 2, 0, 3, 0, 4, 0, 0, 0, 0, 0);
	LE_EVENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 0x40, 0x0e, 5, 0, 6, 0, 7, 0, 8, 0);
	assert_int_equal(a->bad_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct explain_parameters *p = &a->bad_parameters[i];
		assert_int_equal(p->from, i ? PEER : HOST);
		assert_int_equal(p->interval_min, 1 + 4 * i);
		assert_int_equal(p->interval_max, 2 + 4 * i);
		assert_int_equal(p->latency, 3 + 4 * i);
		assert_int_equal(p->timeout, 4 + 4 * i);
	}
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e, 0x13);
	assert_int_equal(a->steps[a->step_count - 1].code, HCI_DISCONNECT);
	assert_int_equal(a->steps[a->step_count - 1].len, 3);
	size_t steps = a->step_count;
	COMMAND(HCI_DISCONNECT, 0x40, 0x0e);
	COMMAND(HCI_LE_READ_REMOTE_FEATURES, 0x40, 0x0e);
	LE_EVENT(HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST, 0x40, 0x0e, 5, 0, 6, 0, 7, 0, 8);
	LE_EVENT(HCI_LE_LTK_REQUEST, 0x40, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9);
	assert_int_equal(a->step_count, steps);
}

static void a_hardware_error_ends_all_links_of_the_controller(void **state)
{
	const struct explain_packet air = {.number = 1, .kind = EXPLAIN_AIR};

	(void)state;
	(void)connect_as(0);
	(void)track_link_open(&links, &air, 0x50655641);
	source = 1;
	(void)connect_as(0);
	EVENT(HCI_HARDWARE_ERROR, 0x42);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].source, 1);
	assert_int_equal(over[0].hardware_error.frame, 3);
	assert_int_equal(over[0].hardware_code, 0x42);
	assert_int_equal(over[0].steps[1].code, HCI_HARDWARE_ERROR);
	assert_int_equal(over[0].steps[1].len, 1);
	assert_false(over[0].cut);
	event(HCI_HARDWARE_ERROR, NULL, 0);
	assert_int_equal(over_count, 1);
}

/* A packet may be cut at any octet, and claim any length. */
static void cut_packets_are_read_within_their_bounds(void **state)
{
	static const uint8_t lengths[] = {0, 1, 255};

	for (unsigned code = 0; code < 256; code++)
		for (size_t len = 0; len < 40; len++)
			for (size_t k = 0; k < COUNT(lengths); k++) {
				uint8_t *data = test_malloc(len + 1);
				if (len == 0 && code == 0)
					begin(state);
				memset(data, (int)(code + k), len);
				if (len > 0)
					data[0] = (uint8_t)code;
				if (len > 1)
					data[1] = lengths[k];
				struct explain_packet packet = packet_of(EXPLAIN_EVENT, data, len);
				over_count = 0;
				track_event(&links, &packet);
				if (len > 1)
					data[1] = k ? 0x20 : 0x0c;
				packet.kind = EXPLAIN_COMMAND;
				over_count = 0;
				track_command(&links, &ring, &packet);
				test_free(data);
			}
}

/* The octets behind the captured ones are not the packet's. */
static void a_packet_that_is_cut_in_its_header_is_ignored(void **state)
{
	static const uint8_t reset[] = {3, 0x0c, 0}, error[] = {HCI_HARDWARE_ERROR, 1, 0x42};
	struct explain_packet packet;

	(void)state;
	(void)connect_as(0);
	packet = packet_of(EXPLAIN_COMMAND, reset, 2);
	track_command(&links, &ring, &packet);
	assert_int_equal(host()->reset.frame, 0);
	packet = packet_of(EXPLAIN_EVENT, error, 2);
	track_event(&links, &packet);
	packet.len = 1;
	track_event(&links, &packet);
	assert_int_equal(over_count, 0);
	packet = packet_of(EXPLAIN_EVENT, error, 3);
	track_event(&links, &packet);
	assert_int_equal(over_count, 1);
}

/* A length octet above what was captured, and below it. */
static void parameters_end_with_their_length_or_the_capture(void **state)
{
	uint8_t data[2 + 19] = {HCI_LE_META, 18};
	struct explain_packet packet;

	(void)state;
	memcpy(data + 2, completed, 19);
	packet = packet_of(EXPLAIN_EVENT, data, sizeof(data));
	track_event(&links, &packet);
	assert_int_equal(links.connections, 0);
	data[1] = 255;
	packet = packet_of(EXPLAIN_EVENT, data, sizeof(data) - 1);
	track_event(&links, &packet);
	assert_int_equal(links.connections, 0);
	packet = packet_of(EXPLAIN_EVENT, data, sizeof(data));
	track_event(&links, &packet);
	assert_int_equal(links.connections, 1);
	/* Number Of Completed Packets is no event of a link. */
	EVENT(HCI_NUMBER_OF_COMPLETED_PACKETS, 1, 0x40, 0x0e, 1, 0);
	assert_int_equal(track_link_find(&links, 0, 0xe40)->attempt.step_count, 1);
}

static void a_fifth_controller_is_ignored(void **state)
{
	(void)state;
	for (source = 0; source < EXPLAIN_HOSTS; source++)
		command(HCI_RESET, NULL, 0);
	event(HCI_LE_META, completed, 19);
	command(HCI_RESET, NULL, 0);
	assert_int_equal(links.connections, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_reset_begins_a_host_anew),
		TEST(a_reset_cuts_the_links_of_its_controller),
		TEST(the_commands_of_bring_up_are_noted),
		TEST(the_random_address_is_kept),
		TEST(return_parameters_are_kept),
		TEST(refused_commands_that_a_link_needs_are_kept_up_to_four),
		TEST(a_connection_has_its_command_and_its_ends),
		TEST(the_own_address_is_of_the_commands_type),
		TEST(bad_parameters_of_a_command_are_noted_with_its_frame),
		TEST(the_longest_command_is_cut_to_its_room),
		TEST(resolvable_addresses_of_an_enhanced_event_are_those_on_air),
		TEST(a_connection_that_failed_is_over_at_once),
		TEST(an_event_that_is_cut_or_unknown_makes_no_connection),
		TEST(the_key_of_the_centrals_command_is_kept),
		TEST(only_the_central_enables_encryption),
		TEST(a_key_that_the_capture_hides_is_not_used),
		TEST(the_peripherals_host_replies_with_a_key_or_refuses),
		TEST(the_result_of_encryption_is_kept_until_it_fails),
		TEST(a_disconnection_ends_the_attempt),
		TEST(connection_updates_are_followed),
		TEST(a_hardware_error_ends_all_links_of_the_controller),
		TEST(cut_packets_are_read_within_their_bounds),
		TEST(a_packet_that_is_cut_in_its_header_is_ignored),
		TEST(parameters_end_with_their_length_or_the_capture),
		TEST(a_fifth_controller_is_ignored),
	};
	return cmocka_run_group_tests_name("explain/track/hci_events", tests, NULL, NULL);
}
