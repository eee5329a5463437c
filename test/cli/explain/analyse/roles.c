/* SPDX-License-Identifier: MIT */
#include "analyse/roles.h"

#include <string.h>

#include "hci/error.h"
#include "smp/pdu.h"
#include "unit.h"

static struct explain_attempt a;

static int begin(void **state)
{
	(void)state;
	explain_attempt_init(&a, 1);
	a.captured_end = 0;
	return 0;
}

static void add(enum explain_layer layer, int8_t from, uint8_t code)
{
	a.steps[a.step_count++] =
		(struct explain_step){.layer = (uint8_t)layer, .from = from, .code = code};
}

static void smp(int8_t from, uint8_t code)
{
	add(EXPLAIN_LAYER_SMP, from, code);
}

enum { FIRST = 0, SECOND = 1, NEITHER = 2, NONE = EXPLAIN_NOBODY };

/* Each pair of PDUs as the charts of Vol 3 Part H Appendix C have it. */
static void the_order_of_two_pdus_shows_the_initiator(void **state)
{
	static const struct {
		uint8_t before, code;
		int two, one; /* of two ends, of one end */
	} rows[] = {
		{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_PUBLIC_KEY, FIRST, NONE},
		{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_CONFIRM, SECOND, NEITHER},
		{SMP_PAIRING_PUBLIC_KEY, SMP_PAIRING_RANDOM, SECOND, NONE},
		{SMP_PAIRING_CONFIRM, SMP_PAIRING_CONFIRM, FIRST, NONE},
		{SMP_PAIRING_CONFIRM, SMP_PAIRING_RANDOM, SECOND, NONE},
		{SMP_PAIRING_RANDOM, SMP_PAIRING_RANDOM, FIRST, NONE},
		{SMP_PAIRING_RANDOM, SMP_PAIRING_CONFIRM, SECOND, NONE},
		{SMP_PAIRING_RANDOM, SMP_PAIRING_DHKEY_CHECK, SECOND, NONE},
		{SMP_PAIRING_DHKEY_CHECK, SMP_PAIRING_DHKEY_CHECK, FIRST, NONE},
		{SMP_IDENTITY_ADDRESS_INFORMATION, SMP_IDENTITY_INFORMATION, SECOND, NONE},
		{SMP_SIGNING_INFORMATION, SMP_ENCRYPTION_INFORMATION, SECOND, NONE},
		{SMP_PAIRING_CONFIRM, SMP_PAIRING_FAILED, NONE, NONE},
		{SMP_PAIRING_DHKEY_CHECK, SMP_IDENTITY_INFORMATION, NONE, NONE},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int8_t from = 0; from < 2; from++) {
			const int8_t ends[] = {from, (int8_t)!from};
			begin(state);
			smp(from, rows[i].before);
			smp((int8_t)!from, rows[i].code);
			assert_int_equal(roles_deduce(&a),
					 rows[i].two == NONE ? NONE : ends[rows[i].two]);
			begin(state);
			smp(from, rows[i].before);
			smp(from, rows[i].code);
			assert_int_equal(roles_deduce(&a),
					 rows[i].one == NONE ? EXPLAIN_NOBODY : !from);
		}
}

static void one_pdu_alone_shows_no_role(void **state)
{
	for (unsigned code = SMP_PAIRING_CONFIRM; code <= SMP_KEYPRESS_NOTIFICATION; code++) {
		begin(state);
		smp(1, (uint8_t)code);
		assert_int_equal(roles_deduce(&a), EXPLAIN_NOBODY);
	}
	begin(state);
	assert_int_equal(roles_deduce(&a), EXPLAIN_NOBODY);
}

static void other_messages_between_them_do_not_matter(void **state)
{
	(void)state;
	smp(1, SMP_PAIRING_CONFIRM);
	add(EXPLAIN_LAYER_SIGNALING, 0, SMP_PAIRING_RANDOM);
	smp(0, SMP_KEYPRESS_NOTIFICATION);
	smp(EXPLAIN_NOBODY, SMP_PAIRING_CONFIRM);
	smp(0, SMP_PAIRING_RANDOM);
	assert_int_equal(roles_deduce(&a), 0);
}

/* The controller of a peripheral reports no such event. */
static void an_encryption_that_finds_no_key_was_started_by_the_captured_host(void **state)
{
	(void)state;
	a.encrypted.frame = 3;
	assert_int_equal(roles_deduce(&a), EXPLAIN_NOBODY);
	a.encrypt_status = HCI_MIC_FAILURE;
	assert_int_equal(roles_deduce(&a), EXPLAIN_NOBODY);
	a.encrypt_status = HCI_PIN_OR_KEY_MISSING;
	assert_int_equal(roles_deduce(&a), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(the_order_of_two_pdus_shows_the_initiator),
		TEST(one_pdu_alone_shows_no_role),
		TEST(other_messages_between_them_do_not_matter),
		TEST(an_encryption_that_finds_no_key_was_started_by_the_captured_host),
	};
	return cmocka_run_group_tests_name("explain/analyse/roles", tests, NULL, NULL);
}
