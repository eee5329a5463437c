/* SPDX-License-Identifier: MIT */
/* What commands and events say of a host. */
#include "cli/explain/track/hci_fixture.h"

#include <string.h>

#include "hci/protocol.h"

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

static void a_reset_ends_the_links_of_its_controller(void **state)
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
	assert_int_equal(over[0].cut, EXPLAIN_CUT_NOT);
	assert_int_equal(over[0].reset.frame, frame);
	assert_int_equal(over[0].steps[over[0].step_count - 1].code, HCI_RESET);
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
		{HCI_LE_SET_EVENT_MASK_V2, EXPLAIN_HAS_LE_EVENT_MASK},
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
	/* Core 6.3: of 255 octets. A host that is refused it goes on with the older one. */
	uint8_t mask[255] = {9, 10, 11, 12, 13, 14, 15, 17, 0xff};
	complete(HCI_LE_SET_EVENT_MASK_V2, 1, NULL, 0);
	assert_int_equal(host()->refusals, 0);
	command(HCI_LE_SET_EVENT_MASK_V2, mask, sizeof(mask));
	assert_true(host()->le_event_mask == 0x110f0e0d0c0b0a09);
	COMMAND(HCI_LE_SET_EVENT_MASK, 9, 10, 11, 12, 13, 14, 15, 16);
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

/* Of a text: what it does not print is zero. */
static void unknown_return_parameters_are_not_kept(void **state)
{
	static const uint8_t nothing[64];
	uint8_t octets[2 + 4 + 64];

	(void)state;
	memset(octets, 1, 2 + 4);
	memset(octets + 2 + 4, 0, 64);
	known = octets;
	complete(HCI_READ_LOCAL_COMMANDS, 0, nothing, 64);
	known = octets;
	complete(HCI_READ_LOCAL_FEATURES, 0, nothing, 8);
	known = octets;
	complete(HCI_READ_BD_ADDR, 0, nothing, 6);
	assert_false(host()->no_le_host || host()->has_features || host()->has_public);
}

/* Core 6.3: of 251 octets. */
static void supported_commands_are_read_from_either_version(void **state)
{
	static const uint16_t versions[] = {HCI_READ_LOCAL_COMMANDS, HCI_READ_LOCAL_COMMANDS_V2};
	uint8_t p[4 + 251] = {1};

	for (size_t i = 0; i < COUNT(versions); i++) {
		begin(state);
		p[1] = (uint8_t)versions[i];
		p[2] = (uint8_t)(versions[i] >> 8);
		memset(p + 4, 0xff, 251);
		p[4 + 24] = (uint8_t) ~(1U << 6); /* Write LE Host Support */
		event(HCI_COMMAND_COMPLETE, p, sizeof(p));
		assert_true(host()->no_le_host);
		p[4 + 24] = 0xff;
		event(HCI_COMMAND_COMPLETE, p, sizeof(p));
		assert_false(host()->no_le_host);
	}
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

static void a_vendor_command_of_android_names_the_system(void **state)
{
	(void)state;
	(void)connect_as(0);
	command(HCI_DISCONNECT, "\1\0\x13", 3);
	(void)connect_as(0); /* ends the first */
	assert_int_equal(over[0].system, EXPLAIN_SYSTEM_UNKNOWN);
	command(0xfd53, NULL, 0);
	(void)connect_as(0);
	assert_int_equal(over[1].system, EXPLAIN_SYSTEM_ANDROID);
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
	assert_int_equal(over[0].cut, EXPLAIN_CUT_NOT);
	event(HCI_HARDWARE_ERROR, NULL, 0);
	assert_int_equal(over_count, 1);
}

/* They were over before. */
static void a_hardware_error_is_not_of_links_that_have_ended(void **state)
{
	(void)state;
	struct explain_attempt *a = connect_as(0);
	a->pairing = true;
	EVENT(HCI_DISCONNECTION_COMPLETE, 0, 0x40, 0x0e, 0x13);
	EVENT(HCI_HARDWARE_ERROR, 0x42);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].hardware_error.frame, 0);
}

static void a_controller_too_many_is_ignored(void **state)
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
		TEST(a_reset_ends_the_links_of_its_controller),
		TEST(the_commands_of_bring_up_are_noted),
		TEST(the_random_address_is_kept),
		TEST(return_parameters_are_kept),
		TEST(unknown_return_parameters_are_not_kept),
		TEST(supported_commands_are_read_from_either_version),
		TEST(refused_commands_that_a_link_needs_are_kept_up_to_four),
		TEST(a_vendor_command_of_android_names_the_system),
		TEST(a_hardware_error_ends_all_links_of_the_controller),
		TEST(a_hardware_error_is_not_of_links_that_have_ended),
		TEST(a_controller_too_many_is_ignored),
	};
	return cmocka_run_group_tests_name("explain/track/hci_host", tests, NULL, NULL);
}
