/* SPDX-License-Identifier: MIT */
#include "capture/record.h"

#include <errno.h>

#include "unit.h"

static struct explain_capture capture;
static struct explain_packet packet;

static int begin(void **state)
{
	(void)state;
	capture = (struct explain_capture){.number = 11};
	packet = (struct explain_packet){.number = 0};
	return 0;
}

static void packets_are_numbered(void **state)
{
	(void)state;
	capture_count(&capture, &packet);
	assert_int_equal(packet.number, 12);
	capture_count(&capture, &packet);
	assert_int_equal(packet.number, 13);
}

static void lost_packets_are_a_clause(void **state)
{
	(void)state;
	capture_count(&capture, &packet);
	capture_lost(&capture, &packet, 0);
	assert_string_equal(packet.missing, "packets are missing before frame 12");
	capture_lost(&capture, &packet, 1);
	assert_string_equal(packet.missing, "1 packet is missing before frame 12");
	capture_lost(&capture, &packet, 3);
	assert_string_equal(packet.missing, "3 packets are missing before frame 12");
}

static void the_end_has_its_reason(void **state)
{
	(void)state;
	assert_int_equal(capture_end_cut(&capture), EXPLAIN_READ_END);
	assert_string_equal(capture.end, "the capture ends in the middle of frame 12");
	assert_int_equal(capture_end_oversized(&capture, 70000), EXPLAIN_READ_END);
	assert_string_equal(capture.end, "frame 12 claims 70000 octets, more than any packet has: "
					 "the capture is damaged there");
	capture.source.error = EIO;
	assert_int_equal(capture_end_cut(&capture), EXPLAIN_READ_END);
	assert_string_equal(capture.end, "reading failed in frame 12: Input/output error");
}

static void a_pdu_has_the_length_of_its_header(void **state)
{
	static const uint8_t air[] = {1, 2, 3, 4, 9, 2, 7, 8, 0xcc};

	(void)state;
	assert_int_equal(capture_take_air(&packet, air, 3), EXPLAIN_READ_SKIPPED);
	assert_int_equal(capture_take_air(&packet, air, 5), EXPLAIN_READ_SKIPPED);
	for (size_t kept = 6; kept <= sizeof(air); kept++) {
		assert_int_equal(capture_take_air(&packet, air, kept), EXPLAIN_READ_PACKET);
		assert_int_equal(packet.kind, EXPLAIN_AIR);
		assert_int_equal(packet.air.access_address, 0x04030201);
		assert_ptr_equal(packet.data, air + 4);
		assert_int_equal(packet.len, kept < 8 ? kept - 4 : 4);
		assert_int_equal(packet.original, 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(packets_are_numbered, begin),
		cmocka_unit_test_setup(lost_packets_are_a_clause, begin),
		cmocka_unit_test_setup(the_end_has_its_reason, begin),
		cmocka_unit_test_setup(a_pdu_has_the_length_of_its_header, begin),
	};
	return cmocka_run_group_tests_name("explain/capture/record", tests, NULL, NULL);
}
