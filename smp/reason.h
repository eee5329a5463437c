/* SPDX-License-Identifier: MIT */
/* The reasons of Pairing Failed, Core Vol 3 Part H Table 3.7. */
#pragma once

#include <stdint.h>

enum smp_reason {
	SMP_PASSKEY_ENTRY_FAILED = 0x01,
	SMP_OOB_NOT_AVAILABLE = 0x02,
	SMP_AUTHENTICATION_REQUIREMENTS = 0x03,
	SMP_CONFIRM_VALUE_FAILED = 0x04,
	SMP_PAIRING_NOT_SUPPORTED = 0x05,
	SMP_ENCRYPTION_KEY_SIZE = 0x06,
	SMP_COMMAND_NOT_SUPPORTED = 0x07,
	SMP_UNSPECIFIED_REASON = 0x08,
	SMP_REPEATED_ATTEMPTS = 0x09,
	SMP_INVALID_PARAMETERS = 0x0a,
	SMP_DHKEY_CHECK_FAILED = 0x0b,
	SMP_NUMERIC_COMPARISON_FAILED = 0x0c,
	SMP_BREDR_PAIRING_IN_PROGRESS = 0x0d,
	SMP_CTKD_NOT_ALLOWED = 0x0e,
	SMP_KEY_REJECTED = 0x0f,
	SMP_BUSY = 0x10,
};

/*
 * The name of a reason in the specification, static; "reason unknown to the specification" for
 * every other number. Never NULL.
 */
const char *smp_reason_name(uint8_t reason);
