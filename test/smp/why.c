/* SPDX-License-Identifier: MIT */
#include "smp/why.h"

#include <string.h>

#include "smp/reason.h"
#include "unit.h"

static void every_cause_has_its_own_words(void **state)
{
	(void)state;
	for (int n = SMP_WHY_NONE + 1; n < SMP_WHY_COUNT; n++) {
		assert_true(strlen(smp_why_text((enum smp_why)n)) > 10);
		for (int k = SMP_WHY_NONE; k < n; k++)
			if (n != SMP_WHY_KEY_OUT_OF_TURN)
				assert_string_not_equal(smp_why_text((enum smp_why)n),
							smp_why_text((enum smp_why)k));
	}
	for (int n = SMP_BECAUSE_NONE + 1; n < SMP_BECAUSE_COUNT; n++) {
		assert_true(strlen(smp_because_text((enum smp_because)n)) > 10);
		for (int k = SMP_BECAUSE_NONE; k < n; k++)
			assert_string_not_equal(smp_because_text((enum smp_because)n),
						smp_because_text((enum smp_because)k));
	}
}

/* The engine serves any program: its texts name no option of one. */
static void no_words_name_an_option(void **state)
{
	(void)state;
	for (int n = SMP_WHY_NONE; n < SMP_WHY_COUNT; n++)
		assert_null(strstr(smp_why_text((enum smp_why)n), "--"));
	for (int n = SMP_BECAUSE_NONE; n < SMP_BECAUSE_COUNT; n++)
		assert_null(strstr(smp_because_text((enum smp_because)n), "--"));
}

/* Every refusal has a reason for Pairing Failed; the other ends have none. */
static void refusals_have_a_reason(void **state)
{
	(void)state;
	for (int n = SMP_WHY_NONE; n < SMP_WHY_COUNT; n++) {
		uint8_t reason = smp_why_reason((enum smp_why)n);
		if (n == SMP_WHY_NONE || (n >= SMP_WHY_PEER_FAILED && n != SMP_WHY_CANCELLED &&
					  n != SMP_WHY_INTERNAL_FAILURE))
			assert_int_equal(reason, 0);
		else
			assert_in_range(reason, SMP_PASSKEY_ENTRY_FAILED, SMP_BUSY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_has_its_own_words),
		cmocka_unit_test(no_words_name_an_option),
		cmocka_unit_test(refusals_have_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
