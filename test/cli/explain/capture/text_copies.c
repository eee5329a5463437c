/* SPDX-License-Identifier: MIT */
/* A pairing with the values of an earlier one is its copy. */
#include "capture/text_copies.h"

#include <string.h>

#include "smp/pdu.h"
#include "unit.h"

static struct text_copies copies;
static char ahead_text[512];

static const uint8_t request[] = {64, 0, 11, 0, 7, 0, 6, 0, SMP_PAIRING_REQUEST, 3, 0, 1, 16, 1, 1};
static const uint8_t response[] = {64, 0x20, 11, 0,  7, 0, 6, 0, SMP_PAIRING_RESPONSE,
				   3,  0,    1,	 16, 1, 1};

static bool take(enum explain_way way, const uint8_t *data, size_t len, bool seen)
{
	const struct explain_packet packet = {
		.kind = EXPLAIN_ACL, .way = way, .data = data, .len = len, .original = len};

	return text_copies_take(&copies, &packet, seen, ahead_text, strlen(ahead_text));
}

static bool value(enum explain_way way, uint8_t octet, bool seen)
{
	uint8_t data[25] = {64, 0, 21, 0, 17, 0, 6, 0, SMP_PAIRING_CONFIRM};

	memset(data + 9, octet, 16);
	return take(way, data, sizeof(data), seen);
}

static void begin(void)
{
	memset(&copies, 0, sizeof(copies));
	ahead_text[0] = '\0';
	assert_false(take(EXPLAIN_SENT, request, sizeof(request), false));
	assert_false(take(EXPLAIN_RECEIVED, response, sizeof(response), false));
	assert_false(value(EXPLAIN_SENT, 0x11, false));
	assert_false(value(EXPLAIN_RECEIVED, 0x22, false));
}

#define SENT	 "11111111111111111111111111111111"
#define RECEIVED "22222222222222222222222222222222"

static void a_copy_ends_with_what_was_not_seen(void **state)
{
	(void)state;
	begin();
	strcpy(ahead_text, SENT RECEIVED);
	assert_true(take(EXPLAIN_SENT, request, sizeof(request), true));
	assert_true(take(EXPLAIN_RECEIVED, response, sizeof(response), true));
	assert_true(value(EXPLAIN_SENT, 0x11, true));
	assert_true(value(EXPLAIN_RECEIVED, 0x22, true));
	assert_false(value(EXPLAIN_SENT, 0x33, false));
	assert_false(take(EXPLAIN_RECEIVED, response, sizeof(response), true));
}

static void another_pairing_with_the_same_features_is_no_copy(void **state)
{
	static const char *const texts[] = {
		"",
		/* One end repeats its values, which is a fault; the values are of a later copy. */
		SENT "33333333333333333333333333333333",
		"SMP:PairingRequest(0x01)" SENT RECEIVED,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		begin();
		strcpy(ahead_text, texts[i]);
		assert_false(take(EXPLAIN_SENT, request, sizeof(request), true));
		assert_false(take(EXPLAIN_RECEIVED, response, sizeof(response), true));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_ends_with_what_was_not_seen),
		cmocka_unit_test(another_pairing_with_the_same_features_is_no_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
