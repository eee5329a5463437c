/* SPDX-License-Identifier: MIT */
/* Copies of packets are recognised, and nothing else. */
#include "capture/text_seen.h"

#include <string.h>

#include "unit.h"

static struct text_seen seen;

static bool take(uint64_t time_us, uint64_t number, const char *octets)
{
	struct explain_packet packet = {
		.time_us = time_us,
		.kind = EXPLAIN_ACL,
		.data = (const uint8_t *)octets,
		.len = strlen(octets),
	};

	return text_seen(&seen, &packet, number, time_us > 0, true);
}

static void only_copies_are_seen_again(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	assert_false(take(5, 1, "a"));
	assert_false(take(5, 2, "a")); /* another number */
	assert_false(take(6, 1, "a")); /* another time */
	assert_false(take(5, 0, "a"));
	assert_false(take(5, 0, "b"));
	assert_false(take(0, 1, "a"));
	assert_true(take(5, 1, "a"));
	assert_true(take(5, 1, "lines are missing"));
	assert_true(take(5, 0, "b"));
	assert_true(take(0, 1, "a"));
}

static void without_time_and_number_only_the_packet_before_is_a_copy(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	assert_false(take(0, 0, "a"));
	assert_true(take(0, 0, "a"));
	assert_false(take(0, 0, "b"));
	assert_false(take(0, 0, "a"));
}

static void octets_are_remembered_with_their_direction(void **state)
{
	struct explain_packet packet = {
		.kind = EXPLAIN_ACL, .way = EXPLAIN_SENT, .data = (const uint8_t *)"a", .len = 1};

	(void)state;
	memset(&seen, 0, sizeof(seen));
	assert_false(text_seen_octets(&seen, &packet));
	packet.way = EXPLAIN_RECEIVED;
	assert_false(text_seen_octets(&seen, &packet));
	assert_true(text_seen_octets(&seen, &packet));
	packet.way = EXPLAIN_SENT;
	assert_true(text_seen_octets(&seen, &packet));
}

static void many_packets_are_remembered(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	for (uint64_t i = 1; i <= 4000; i++)
		assert_false(take(i, i, "a"));
	size_t known = 0;
	for (uint64_t i = 1; i <= 4000; i++)
		known += take(i, i, "a");
	assert_true(known >= 3950);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_copies_are_seen_again),
		cmocka_unit_test(without_time_and_number_only_the_packet_before_is_a_copy),
		cmocka_unit_test(octets_are_remembered_with_their_direction),
		cmocka_unit_test(many_packets_are_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
