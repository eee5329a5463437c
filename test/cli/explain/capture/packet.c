/* SPDX-License-Identifier: MIT */
#include "capture/packet.h"

#include <string.h>

#include "unit.h"

static void h4_has_kind_and_direction(void **state)
{
	(void)state;
	static const uint8_t reset[] = {1, 3, 0x0c, 0}, event[] = {4, 0x0e, 0},
			     acl[] = {2, 0, 0, 0, 0}, sco[] = {3, 0, 0, 0}, vendor[] = {0xff};
	struct explain_packet p;

	memset(&p, 0xff, sizeof(p));
	assert_true(capture_packet_h4(&p, false, reset, sizeof(reset)));
	assert_int_equal(p.kind, EXPLAIN_COMMAND);
	assert_int_equal(p.way, EXPLAIN_SENT);
	assert_ptr_equal(p.data, reset + 1);
	assert_int_equal(p.len, 3);
	assert_int_equal(p.original, 3);
	assert_null(p.known);
	assert_null(p.missing);
	assert_int_equal(p.number, 0);
	assert_int_equal(p.time_us, 0);
	assert_true(capture_packet_h4(&p, true, event, sizeof(event)));
	assert_int_equal(p.kind, EXPLAIN_EVENT);
	assert_int_equal(p.way, EXPLAIN_RECEIVED);
	assert_true(capture_packet_h4(&p, true, acl, sizeof(acl)));
	assert_int_equal(p.kind, EXPLAIN_ACL);
	assert_false(capture_packet_h4(&p, true, sco, sizeof(sco)));
	assert_false(capture_packet_h4(&p, true, vendor, sizeof(vendor)));
	assert_false(capture_packet_h4(&p, true, vendor, 0));
}

static void known_octets_have_bounds(void **state)
{
	(void)state;
	static const uint8_t data[4] = {0}, known[4] = {1, 1, 0, 1};
	struct explain_packet p = {.data = data, .len = 4, .original = 9};

	assert_true(capture_knows(&p, 0, 4));
	assert_true(capture_knows(&p, 4, 0));
	assert_false(capture_knows(&p, 0, 5));
	assert_false(capture_knows(&p, 5, 0));
	assert_false(capture_knows(&p, 1, SIZE_MAX));
	p.known = known;
	assert_true(capture_knows(&p, 0, 2));
	assert_false(capture_knows(&p, 1, 2));
	assert_true(capture_knows(&p, 3, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h4_has_kind_and_direction),
		cmocka_unit_test(known_octets_have_bounds),
	};
	return cmocka_run_group_tests_name("explain/capture/packet", tests, NULL, NULL);
}
