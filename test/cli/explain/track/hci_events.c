/* SPDX-License-Identifier: MIT */
/* Packets that are cut, or claim another length. */
#include "cli/explain/track/hci_fixture.h"

#include <string.h>

#include "hci/protocol.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(cut_packets_are_read_within_their_bounds),
		TEST(a_packet_that_is_cut_in_its_header_is_ignored),
		TEST(parameters_end_with_their_length_or_the_capture),
	};
	return cmocka_run_group_tests_name("explain/track/hci_events", tests, NULL, NULL);
}
