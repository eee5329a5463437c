/* SPDX-License-Identifier: MIT */
/* Attempts that are over while their link is up. */
#include "track/settled.h"

#include <string.h>

#include "hci/error.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "unit.h"

static struct explain_tracker tracker;
static uint64_t frame, now;

static struct explain_attempt over[8];
static size_t over_count;

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	assert_ptr_equal(ctx, &tracker);
	assert_true(over_count < COUNT(over));
	assert_true(attempt->finalized);
	over[over_count++] = *attempt;
}

static int begin(void **state)
{
	(void)state;
	memset(&tracker, 0, sizeof(tracker));
	track_init(&tracker, finished, &tracker);
	over_count = 0;
	frame = 0;
	now = 1000000000;
	return 0;
}

static void take(enum explain_kind kind, enum explain_way way, const uint8_t *data, size_t len)
{
	const struct explain_packet packet = {.number = ++frame,
					      .time_us = ++now,
					      .clock = EXPLAIN_CLOCK_UNIX,
					      .kind = kind,
					      .way = way,
					      .data = data,
					      .len = len,
					      .original = len};

	track_packet(&tracker, &packet);
}

/* A PDU of SMP, of the host or its peer. */
static void smp(bool received, const void *pdu, size_t len)
{
	uint8_t octets[8 + 65] = {0x40, 0x20, (uint8_t)(4 + len), 0, (uint8_t)len, 0, 6, 0};

	memcpy(octets + 8, pdu, len);
	take(EXPLAIN_ACL, received ? EXPLAIN_RECEIVED : EXPLAIN_SENT, octets, 8 + len);
}

#define SMP(received, ...) \
	smp(received, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void encryption_change(uint8_t status)
{
	const uint8_t event[] = {HCI_ENCRYPTION_CHANGE, 4, status, 0x40, 0, !status};

	take(EXPLAIN_EVENT, EXPLAIN_RECEIVED, event, sizeof(event));
}

static void disconnect(void)
{
	static const uint8_t event[] = {HCI_DISCONNECTION_COMPLETE, 4, 0, 0x40, 0, 0x13};

	take(EXPLAIN_EVENT, EXPLAIN_RECEIVED, event, sizeof(event));
}

/* Legacy Just Works up to the keys: the responder sends LTK, EDIV and Rand. */
static void pair_without_keys(void)
{
	uint8_t value[17] = {SMP_PAIRING_CONFIRM};

	SMP(false, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 1);
	SMP(true, SMP_PAIRING_RESPONSE, 3, 0, 1, 16, 0, 1);
	for (uint8_t i = 0; i < 4; i++) {
		value[0] = i < 2 ? SMP_PAIRING_CONFIRM : SMP_PAIRING_RANDOM;
		value[1] = i;
		smp(i & 1, value, sizeof(value));
	}
	encryption_change(0);
}

static void send_keys(void)
{
	uint8_t ltk[17] = {SMP_ENCRYPTION_INFORMATION, 9},
		identification[11] = {SMP_CENTRAL_IDENTIFICATION, 8};

	smp(true, ltk, sizeof(ltk));
	smp(true, identification, sizeof(identification));
}

static uint64_t settle(uint64_t after)
{
	return track_settle(&tracker, now + after);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_pairing_is_over_when_its_keys_are_there_and_a_short_time_passed(void **state)
{
	(void)state;
	pair_without_keys();
	assert_int_equal(settle(EXPLAIN_SETTLED_US), 30000000); /* keys are due */
	send_keys();
	assert_int_equal(settle(1), EXPLAIN_SETTLED_US - 1);
	assert_int_equal(over_count, 0);
	assert_int_equal(settle(EXPLAIN_SETTLED_US), EXPLAIN_NO_WAIT);
	assert_int_equal(over_count, 1);
	assert_false(over[0].reported); /* it was not, before */
	assert_int_equal(over[0].cut, EXPLAIN_CUT_NOT);
	assert_int_equal(over[0].party[EXPLAIN_R].ltk.frame, 8);
}

static void it_is_reported_once_more_when_its_link_ends(void **state)
{
	(void)state;
	pair_without_keys();
	send_keys();
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(settle(2000000), EXPLAIN_NO_WAIT);
	assert_int_equal(over_count, 1);
	disconnect();
	assert_int_equal(over_count, 1); /* the kernel may have a word about it */
	(void)settle(3000000);
	assert_int_equal(over_count, 2);
	assert_true(over[1].reported);
	assert_int_equal(over[1].id, over[0].id);
}

static void another_pairing_on_the_link_is_an_attempt_of_its_own(void **state)
{
	(void)state;
	SMP(false, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 1);
	SMP(true, SMP_PAIRING_FAILED, 5);
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(over_count, 1);
	SMP(false, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 1);
	assert_int_equal(over_count, 2);
	assert_true(over[1].reported);
	SMP(true, SMP_PAIRING_FAILED, 8);
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(over_count, 3);
	assert_false(over[2].reported);
	assert_int_equal(over[2].reason, 8);
}

static void every_failure_ends_an_attempt(void **state)
{
	static const uint8_t negative[] = {(uint8_t)HCI_LE_LTK_NEGATIVE_REPLY,
					   HCI_LE_LTK_NEGATIVE_REPLY >> 8, 2, 0x40, 0};

	SMP(true, SMP_SECURITY_REQUEST, 1);
	encryption_change(HCI_PIN_OR_KEY_MISSING);
	assert_int_equal(settle(0), EXPLAIN_SETTLED_US);
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].encrypt_status, HCI_PIN_OR_KEY_MISSING);
	(void)begin(state);
	SMP(true, SMP_SECURITY_REQUEST, 1);
	take(EXPLAIN_COMMAND, EXPLAIN_SENT, negative, sizeof(negative));
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(over_count, 1);
	assert_true(over[0].ltk_refused);
	/* The central pairs anew, then. */
	SMP(true, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 1);
	assert_int_equal(over_count, 2);
	assert_true(over[1].reported && !over[1].pairing);
}

static void encryption_with_a_bond_is_an_attempt(void **state)
{
	(void)state;
	SMP(true, SMP_SECURITY_REQUEST, 1);
	assert_int_equal(settle(0), EXPLAIN_NO_WAIT);
	encryption_change(0);
	assert_int_equal(settle(0), EXPLAIN_SETTLED_US);
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(over_count, 1);
}

static void silence_ends_a_pairing_when_its_timer_has_ended(void **state)
{
	(void)state;
	SMP(false, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 1);
	assert_int_equal(settle(0), 31000000);
	assert_int_equal(settle(30999999), 1);
	assert_int_equal(over_count, 0);
	assert_int_equal(settle(31000000), EXPLAIN_NO_WAIT);
	assert_int_equal(over_count, 1);
	/* The time that passed is part of the attempt. */
	assert_int_equal(over[0].last.time_us, now + 31000000);
}

/* Who joins late cannot know which keys are due. */
static void a_pairing_that_began_before_is_over_when_the_link_is_encrypted(void **state)
{
	uint8_t value[17] = {SMP_PAIRING_RANDOM};

	(void)state;
	smp(true, value, sizeof(value));
	encryption_change(0);
	assert_int_equal(settle(0), EXPLAIN_SETTLED_US);
	(void)settle(EXPLAIN_SETTLED_US);
	assert_int_equal(over_count, 1);
}

static void a_removed_controller_ends_its_links(void **state)
{
	const struct explain_packet removed = {
		.number = 9, .kind = EXPLAIN_NOTE, .note = EXPLAIN_NOTE_REMOVED};

	(void)state;
	SMP(false, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 0, 1);
	track_packet(&tracker, &removed);
	assert_int_equal(over_count, 1);
	assert_int_equal(over[0].cut, EXPLAIN_CUT_BY_REMOVAL);
	assert_int_equal(settle(0), EXPLAIN_NO_WAIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_pairing_is_over_when_its_keys_are_there_and_a_short_time_passed),
		TEST(it_is_reported_once_more_when_its_link_ends),
		TEST(another_pairing_on_the_link_is_an_attempt_of_its_own),
		TEST(every_failure_ends_an_attempt),
		TEST(encryption_with_a_bond_is_an_attempt),
		TEST(silence_ends_a_pairing_when_its_timer_has_ended),
		TEST(a_pairing_that_began_before_is_over_when_the_link_is_encrypted),
		TEST(a_removed_controller_ends_its_links),
	};
	return cmocka_run_group_tests_name("cli/explain/track/settled", tests, NULL, NULL);
}
