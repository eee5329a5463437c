/* SPDX-License-Identifier: MIT */
#include "smp/reason.h"

#include <stddef.h>

static const char *const names[] = {
	[SMP_PASSKEY_ENTRY_FAILED] = "Passkey Entry Failed",
	[SMP_OOB_NOT_AVAILABLE] = "OOB Not Available",
	[SMP_AUTHENTICATION_REQUIREMENTS] = "Authentication Requirements",
	[SMP_CONFIRM_VALUE_FAILED] = "Confirm Value Failed",
	[SMP_PAIRING_NOT_SUPPORTED] = "Pairing Not Supported",
	[SMP_ENCRYPTION_KEY_SIZE] = "Encryption Key Size",
	[SMP_COMMAND_NOT_SUPPORTED] = "Command Not Supported",
	[SMP_UNSPECIFIED_REASON] = "Unspecified Reason",
	[SMP_REPEATED_ATTEMPTS] = "Repeated Attempts",
	[SMP_INVALID_PARAMETERS] = "Invalid Parameters",
	[SMP_DHKEY_CHECK_FAILED] = "DHKey Check Failed",
	[SMP_NUMERIC_COMPARISON_FAILED] = "Numeric Comparison Failed",
	[SMP_BREDR_PAIRING_IN_PROGRESS] = "BR/EDR Pairing In Progress",
	[SMP_CTKD_NOT_ALLOWED] = "Cross-transport Key Derivation/Generation Not Allowed",
	[SMP_KEY_REJECTED] = "Key Rejected",
	[SMP_BUSY] = "Busy",
};

const char *smp_reason_name(uint8_t reason)
{
	return reason < sizeof(names) / sizeof(names[0]) && names[reason]
		       ? names[reason]
		       : "reason unknown to the specification";
}
