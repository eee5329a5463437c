/* SPDX-License-Identifier: MIT */
#include "session/advice.h"

#include <string.h>

#include "smp/smp.h"
#include "unit.h"

static void every_reason_of_the_peer_has_its_own_advice(void **state)
{
	(void)state;
	for (uint8_t reason = 0x01; reason <= 0x10; reason++) {
		assert_true(strlen(session_advice_on_reason(reason)) > 10);
		for (uint8_t other = 0x01; other < reason; other++)
			assert_string_not_equal(session_advice_on_reason(reason),
						session_advice_on_reason(other));
	}
}

static void an_undefined_reason_is_reported_as_such(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < 256; reason++)
		if (reason < 0x01 || reason > 0x10)
			assert_non_null(strstr(session_advice_on_reason((uint8_t)reason),
					       "does not define"));
}

/* What an option decided, its name is in the advice. */
static void a_refusal_that_an_option_causes_names_the_option(void **state)
{
	static const struct {
		enum smp_why why;
		const char *option;
	} refusals[] = {
		{SMP_WHY_KEY_TOO_SHORT, "--min-key-size"},
		{SMP_WHY_NO_OOB_DATA, "--oob"},
		{SMP_WHY_OTHER_METHOD, "--method"},
		{SMP_WHY_BOND_IS_SECURE, "--replace-bond"},
		{SMP_WHY_BOND_KEY_IS_LONGER, "--replace-bond"},
		{SMP_WHY_BOND_AUTHENTICATED, "--replace-bond"},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(refusals); n++)
		assert_non_null(
			strstr(session_advice_on_refusal(refusals[n].why, SMP_BECAUSE_NO_MITM),
			       refusals[n].option));
}

static void a_refusal_that_no_option_changes_has_no_advice(void **state)
{
	(void)state;
	assert_null(session_advice_on_refusal(SMP_WHY_REFLECTED_CONFIRM, SMP_BECAUSE_NO_MITM));
	assert_null(session_advice_on_refusal(SMP_WHY_OUT_OF_TURN, SMP_BECAUSE_WE_HAVE_NO_IO));
}

/* More IO here helps only where it was ours that was missing. */
static void io_is_advised_where_only_ours_was_missing(void **state)
{
	(void)state;
	for (int n = SMP_BECAUSE_NONE; n < SMP_BECAUSE_COUNT; n++) {
		enum smp_because because = (enum smp_because)n;
		const char *method = session_advice_on_method(because);
		const char *refusal = session_advice_on_refusal(SMP_WHY_UNAUTHENTICATED, because);

		assert_ptr_equal(method, refusal);
		assert_int_equal(method && strstr(method, "--io"), n == SMP_BECAUSE_WE_HAVE_NO_IO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_of_the_peer_has_its_own_advice),
		cmocka_unit_test(an_undefined_reason_is_reported_as_such),
		cmocka_unit_test(a_refusal_that_an_option_causes_names_the_option),
		cmocka_unit_test(a_refusal_that_no_option_changes_has_no_advice),
		cmocka_unit_test(io_is_advised_where_only_ours_was_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
