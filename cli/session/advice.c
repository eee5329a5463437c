/* SPDX-License-Identifier: MIT */
#include "session/advice.h"

#include <stddef.h>

#include "smp/reason.h"

/* clang-format off */
static const char *const on_reason[] = {
	[SMP_PASSKEY_ENTRY_FAILED] = "the user of the peer cancelled or mistyped the passkey: try again",
	[SMP_OOB_NOT_AVAILABLE] = "the peer does not have our out-of-band data: give it ours, or pair without --oob",
	[SMP_AUTHENTICATION_REQUIREMENTS] = "the peer demands protection against a man in the middle that this choice of --io, --mitm and --sc cannot give: offer more (--io keyboard-display)",
	[SMP_CONFIRM_VALUE_FAILED] = "the two ends used different passkeys or out-of-band data, or someone is in the middle: try again with the right one",
	[SMP_PAIRING_NOT_SUPPORTED] = "the peer does not pair, or not now: put it into pairing mode",
	[SMP_ENCRYPTION_KEY_SIZE] = "the two ends do not accept each other's key size: see --min-key-size and --max-key-size",
	[SMP_COMMAND_NOT_SUPPORTED] = "the peer does not support a command that was sent: its SMP may be older than Secure Connections, try --sc off",
	[SMP_UNSPECIFIED_REASON] = "the peer gives no cause: look at the PDU that was sent last",
	[SMP_REPEATED_ATTEMPTS] = "too many attempts failed: wait, the peer doubles the time after each one",
	[SMP_INVALID_PARAMETERS] = "the peer rejected a field of the PDU that was sent last",
	[SMP_DHKEY_CHECK_FAILED] = "the two ends computed different keys: an address or a feature was changed on the way, or a public key is not valid",
	[SMP_NUMERIC_COMPARISON_FAILED] = "the user of the peer answered that the numbers differ: if they did, someone is in the middle",
	[SMP_BREDR_PAIRING_IN_PROGRESS] = "the peer is pairing over BR/EDR: try again afterwards",
	[SMP_CTKD_NOT_ALLOWED] = "the peer does not allow a key to serve the other transport: pair without the link key",
	[SMP_KEY_REJECTED] = "the peer did not accept a key that was distributed",
	[SMP_BUSY] = "the peer is busy: try again",
};
/* clang-format on */

#define REASONS (sizeof(on_reason) / sizeof(on_reason[0]))

const char *session_advice_on_reason(uint8_t reason)
{
	return reason < REASONS && on_reason[reason]
		       ? on_reason[reason]
		       : "the peer gave a number that the specification does not define";
}

static const char *const on_refusal[SMP_WHY_COUNT] = {
	[SMP_WHY_KEY_TOO_SHORT] = "--min-key-size accepts a shorter key",
	[SMP_WHY_NO_OOB_DATA] = "give the data with --oob, --oob-file or --oob-own",
	[SMP_WHY_OTHER_METHOD] = "--method sets the association model that is accepted",
#define REPLACE_BOND "if the device is yours and was reset or has changed hands: --replace-bond"
	[SMP_WHY_BOND_IS_SECURE] = REPLACE_BOND,
	[SMP_WHY_BOND_KEY_IS_LONGER] = REPLACE_BOND,
	[SMP_WHY_BOND_AUTHENTICATED] = REPLACE_BOND,
};

const char *session_advice_on_refusal(enum smp_why why, enum smp_because because)
{
	return why == SMP_WHY_UNAUTHENTICATED ? session_advice_on_method(because) : on_refusal[why];
}

const char *session_advice_on_method(enum smp_because because)
{
	return because == SMP_BECAUSE_WE_HAVE_NO_IO ? "--io offers more" : NULL;
}
