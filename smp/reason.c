/* SPDX-License-Identifier: MIT */
#include "smp/reason.h"
#include "smp/smp.h"

static const struct {
	const char *name;
	const char *advice;
} reasons[] = {
	[SMP_PASSKEY_ENTRY_FAILED] =
		{"Passkey Entry Failed",
		 "the user of the peer cancelled or mistyped the passkey: try again"},
	[SMP_OOB_NOT_AVAILABLE] =
		{"OOB Not Available",
		 "the peer has no out-of-band data for us: hand ours over, or pair "
		 "without --oob"},
	[SMP_AUTHENTICATION_REQUIREMENTS] =
		{"Authentication Requirements",
		 "the peer wants protection against a man in the middle that this choice of --io, "
		 "--mitm and --sc cannot give: offer more (--io keyboard-display)"},
	[SMP_CONFIRM_VALUE_FAILED] =
		{"Confirm Value Failed",
		 "the two ends used different passkeys or out-of-band data, or "
		 "someone is in the middle: try again with the right one"},
	[SMP_PAIRING_NOT_SUPPORTED] =
		{"Pairing Not Supported",
		 "the peer does not pair, or not now: put it into pairing mode"},
	[SMP_ENCRYPTION_KEY_SIZE] = {"Encryption Key Size",
				     "the two ends do not accept each other's key size: see "
				     "--min-key-size and --max-key-size"},
	[SMP_COMMAND_NOT_SUPPORTED] =
		{"Command Not Supported",
		 "the peer does not know a command that was sent: its SMP may be "
		 "older than Secure Connections, try --sc off"},
	[SMP_UNSPECIFIED_REASON] = {"Unspecified Reason",
				    "the peer does not say why: look at what was sent last"},
	[SMP_REPEATED_ATTEMPTS] =
		{"Repeated Attempts",
		 "too many failed attempts: wait, the peer makes it longer each time"},
	[SMP_INVALID_PARAMETERS] = {"Invalid Parameters",
				    "the peer found a field wrong in what was sent last"},
	[SMP_DHKEY_CHECK_FAILED] =
		{"DHKey Check Failed",
		 "the two ends computed different keys: an address or a feature was "
		 "changed on the way, or a public key is not valid"},
	[SMP_NUMERIC_COMPARISON_FAILED] =
		{"Numeric Comparison Failed",
		 "the numbers were said to differ: if they did, someone is in "
		 "the middle"},
	[SMP_BREDR_PAIRING_IN_PROGRESS] = {"BR/EDR Pairing In Progress",
					   "the peer is pairing over BR/EDR: try again afterwards"},
	[SMP_CTKD_NOT_ALLOWED] =
		{"Cross-transport Key Derivation/Generation Not Allowed",
		 "the peer does not let a key serve the other transport: pair without "
		 "the link key"},
	[SMP_KEY_REJECTED] = {"Key Rejected", "the peer did not accept a key that was distributed"},
	[SMP_BUSY] = {"Busy", "the peer is busy: try again"},
};

static const size_t known = sizeof(reasons) / sizeof(reasons[0]);

const char *smp_reason_name(uint8_t reason)
{
	return reason < known && reasons[reason].name ? reasons[reason].name
						      : "reason unknown to the specification";
}

const char *smp_reason_advice(uint8_t reason)
{
	return reason < known && reasons[reason].name
		       ? reasons[reason].advice
		       : "the peer gave a number that the specification does not define";
}
