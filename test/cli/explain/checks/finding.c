/* SPDX-License-Identifier: MIT */
#include "checks/finding.h"

#include <string.h>

#include "smp/pdu.h"
#include "unit.h"

static void a_finding_has_an_end_a_frame_and_a_text(void **state)
{
	struct explain_finding f = {.by = EXPLAIN_NOBODY};

	(void)state;
	assert_true(check_found(&f, EXPLAIN_R, 7, "%s %u", "bit", 3));
	assert_int_equal(f.by, EXPLAIN_R);
	assert_string_equal(f.text, "bit 3");
	assert_int_equal(f.frame_count, 1);
	assert_int_equal(f.frames[0], 7);
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	struct explain_finding f = {.by = EXPLAIN_NOBODY};

	(void)state;
	assert_true(check_found(&f, EXPLAIN_I, 1, "%600s", "x"));
	assert_int_equal(strlen(f.text), sizeof(f.text) - 1);
}

static void frames_are_kept_in_order_and_once_up_to_four(void **state)
{
	static const uint64_t added[] = {9, 0, 3, 9, 12, 3, 5, 6};
	struct explain_finding f = {.by = EXPLAIN_NOBODY};

	(void)state;
	for (size_t i = 0; i < COUNT(added); i++)
		check_add_frame(&f, added[i]);
	assert_int_equal(f.frame_count, 4);
	assert_memory_equal(f.frames, ((const uint64_t[]){9, 3, 12, 5}), sizeof(f.frames));
}

static void a_frame_that_is_not_counted_is_not_there(void **state)
{
	struct explain_finding f = {.frames = {7, 7, 7, 7}};

	(void)state;
	check_add_frame(&f, 7);
	assert_int_equal(f.frame_count, 1);
}

static void ends_are_named_by_their_role(void **state)
{
	(void)state;
	assert_string_equal(check_role(EXPLAIN_I), "initiator");
	assert_string_equal(check_role(EXPLAIN_R), "responder");
	assert_string_equal(check_role(EXPLAIN_NOBODY), "nobody");
}

static void a_text_names_no_role_that_the_capture_does_not_show(void **state)
{
	struct explain_attempt a = {.roles = EXPLAIN_ROLES_DEDUCED};
	char text[EXPLAIN_TEXT_MAX] = "the initiator refused the responder's key; the peripheral "
				      "has no key for this central";
	char same[EXPLAIN_TEXT_MAX];

	(void)state;
	memcpy(same, text, sizeof(same));
	check_name_ends(&a, text, sizeof(text));
	assert_string_equal(text, same);
	assert_string_equal(check_end_name(&a, EXPLAIN_R), "responder");
	a.roles = EXPLAIN_ROLES_UNKNOWN;
	check_name_ends(&a, text, sizeof(text));
	assert_string_equal(text,
			    "the captured host refused the peer's key; the peer has no key for "
			    "the captured host");
	assert_string_equal(check_end_name(&a, EXPLAIN_I), "host");
	assert_string_equal(check_end_name(&a, EXPLAIN_R), "peer");
	assert_string_equal(check_end_name(&a, EXPLAIN_NOBODY), "nobody");
	(void)strcpy(text, "the initiators, the central");
	check_name_ends(&a, text, sizeof(text));
	assert_string_equal(text, "the initiators, the captured host");
}

static void a_sender_whom_nobody_knows_is_one_of_the_two_ends(void **state)
{
	struct explain_attempt a = {.roles = EXPLAIN_ROLES_KNOWN};
	char text[24] = "the nobody refused: x";

	(void)state;
	check_name_ends(&a, text, sizeof(text));
	assert_string_equal(text, "one of the two ends ref"); /* cut at the buffer */
}

static void a_text_that_grows_beyond_its_room_is_cut(void **state)
{
	struct explain_attempt a = {.roles = EXPLAIN_ROLES_UNKNOWN};
	char text[EXPLAIN_TEXT_MAX] = "";

	(void)state;
	for (size_t i = 0; i < 34; i++)
		memcpy(text + 14 * i, "the initiator ", 14);
	check_name_ends(&a, text, sizeof(text));
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_memory_equal(text, "the captured host the captured host ", 36);
}

static void pdus_are_listed_as_in_a_sentence(void **state)
{
	char text[CHECK_PDU_LIST];

	(void)state;
	assert_string_equal(check_pdu_list(0, text), "");
	assert_string_equal(check_pdu_list(1 << SMP_SIGNING_INFORMATION, text),
			    "Signing Information");
	assert_string_equal(
		check_pdu_list(1 << SMP_SIGNING_INFORMATION | 1 << SMP_PAIRING_REQUEST, text),
		"Pairing Request and Signing Information");
	assert_string_equal(check_pdu_list(1 << SMP_SIGNING_INFORMATION |
						   1 << SMP_IDENTITY_INFORMATION |
						   1 << SMP_ENCRYPTION_INFORMATION,
					   text),
			    "Encryption Information, Identity Information and Signing Information");
}

static void a_list_of_pdus_that_is_too_long_is_cut(void **state)
{
	char text[CHECK_PDU_LIST];

	(void)state;
	memset(text, '#', sizeof(text));
	(void)check_pdu_list(0xffff, text);
	assert_int_equal(strlen(text), CHECK_PDU_LIST - 1);
}

/* The lists are bits of a number of 16 bits. */
static void each_pdu_fits_into_the_bits_of_a_list(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++)
		if (smp_pdu_format((uint8_t)code))
			assert_true(code < 16);
}

static void keys_are_listed_with_a_separator(void **state)
{
	char text[CHECK_KEY_LIST];

	(void)state;
	assert_string_equal(check_key_list(0, ", ", text), "none");
	assert_string_equal(check_key_list(0xf0, ", ", text), "none");
	assert_string_equal(check_key_list(SMP_DIST_ENC, ", ", text), "Enc");
	assert_string_equal(check_key_list(SMP_DIST_ID | SMP_DIST_LINK, " ", text), "Id Link");
	assert_string_equal(check_key_list(SMP_DIST_ALL, ", ", text), "Enc, Id, Sign, Link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_finding_has_an_end_a_frame_and_a_text),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
		cmocka_unit_test(frames_are_kept_in_order_and_once_up_to_four),
		cmocka_unit_test(a_frame_that_is_not_counted_is_not_there),
		cmocka_unit_test(ends_are_named_by_their_role),
		cmocka_unit_test(a_text_names_no_role_that_the_capture_does_not_show),
		cmocka_unit_test(a_sender_whom_nobody_knows_is_one_of_the_two_ends),
		cmocka_unit_test(a_text_that_grows_beyond_its_room_is_cut),
		cmocka_unit_test(pdus_are_listed_as_in_a_sentence),
		cmocka_unit_test(a_list_of_pdus_that_is_too_long_is_cut),
		cmocka_unit_test(each_pdu_fits_into_the_bits_of_a_list),
		cmocka_unit_test(keys_are_listed_with_a_separator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
