/* SPDX-License-Identifier: MIT */
/* Pairing Failed reasons, Core Vol 3 Part H Table 3.7, written independently of smp/reason.c. */
#include "smp/reason.h"

#include "unit.h"

static const char *const names[] = {
	[0x01] = "Passkey Entry Failed",
	[0x02] = "OOB Not Available",
	[0x03] = "Authentication Requirements",
	[0x04] = "Confirm Value Failed",
	[0x05] = "Pairing Not Supported",
	[0x06] = "Encryption Key Size",
	[0x07] = "Command Not Supported",
	[0x08] = "Unspecified Reason",
	[0x09] = "Repeated Attempts",
	[0x0a] = "Invalid Parameters",
	[0x0b] = "DHKey Check Failed",
	[0x0c] = "Numeric Comparison Failed",
	[0x0d] = "BR/EDR Pairing In Progress",
	[0x0e] = "Cross-transport Key Derivation/Generation Not Allowed",
	[0x0f] = "Key Rejected",
	[0x10] = "Busy",
};

static void every_reason_has_its_name(void **state)
{
	(void)state;
	assert_int_equal(COUNT(names), 0x11);
	for (uint8_t reason = 0x01; reason <= 0x10; reason++)
		assert_string_equal(smp_reason_name(reason), names[reason]);
}

static void no_other_number_has_a_name(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < 256; reason++) {
		if (reason >= 0x01 && reason <= 0x10)
			continue;
		assert_string_equal(smp_reason_name((uint8_t)reason),
				    "reason unknown to the specification");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_its_name),
		cmocka_unit_test(no_other_number_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
