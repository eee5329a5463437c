/* SPDX-License-Identifier: MIT */
#include "smp/why.h"

#include "smp/reason.h"

/* clang-format off */
static const struct {
	uint8_t reason;
	const char *text;
} whys[SMP_WHY_COUNT] = {
	[SMP_WHY_NONE] = {0, ""},
	[SMP_WHY_TOO_MANY_ATTEMPTS] = {SMP_REPEATED_ATTEMPTS,
		"too many attempts failed before: the peer has to wait"},
	[SMP_WHY_RESERVED_IO] = {SMP_INVALID_PARAMETERS,
		"the peer's IO capability has a reserved value"},
	[SMP_WHY_RESERVED_OOB_FLAG] = {SMP_INVALID_PARAMETERS,
		"the peer's OOB data flag has a reserved value"},
	[SMP_WHY_INVALID_KEY_SIZE] = {SMP_INVALID_PARAMETERS,
		"the peer's maximum encryption key size is not 7 to 16 octets"},
	[SMP_WHY_KEYS_NOT_OFFERED] = {SMP_INVALID_PARAMETERS,
		"the peer's Pairing Response asks for keys that the request did not offer"},
	[SMP_WHY_LEGACY_ONLY] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"only Secure Connections is accepted here, and the peer offers legacy pairing only"},
	[SMP_WHY_KEY_TOO_SHORT] = {SMP_ENCRYPTION_KEY_SIZE,
		"the longest key that the peer can use is shorter than the minimum here"},
	[SMP_WHY_BOND_IS_SECURE] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"the bond with this device was made with Secure Connections, and this would be legacy pairing"},
	[SMP_WHY_BOND_KEY_IS_LONGER] = {SMP_ENCRYPTION_KEY_SIZE,
		"the bond with this device has a longer key than this pairing would give"},
	[SMP_WHY_BOND_AUTHENTICATED] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"there is a bond with this device, and this association model does not prove that it is the same device"},
	[SMP_WHY_NO_OOB_DATA] = {SMP_OOB_NOT_AVAILABLE,
		"the peer chose out-of-band pairing, and the data for it is missing here"},
	[SMP_WHY_OTHER_METHOD] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"the features of the two ends lead to an association model that is not accepted here"},
	[SMP_WHY_UNAUTHENTICATED] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"the association model does not protect against a man in the middle"},
	[SMP_WHY_LEGACY_PASSKEY] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"legacy Passkey Entry does not protect against a man in the middle (from Core 6.2 on)"},
	[SMP_WHY_RESPONSE_TOOK_BACK] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"the peer's Pairing Response offers less security than its Security Request asked for: "
		"someone may be impersonating it"},
	[SMP_WHY_REFLECTED_CONFIRM] = {SMP_CONFIRM_VALUE_FAILED,
		"the peer sent our own confirm value back"},
	[SMP_WHY_REFLECTED_RANDOM] = {SMP_CONFIRM_VALUE_FAILED,
		"the peer sent our own random value back"},
	[SMP_WHY_REFLECTED_PUBLIC_KEY] = {SMP_DHKEY_CHECK_FAILED,
		"the peer sent our own public key back"},
	[SMP_WHY_INVALID_PUBLIC_KEY] = {SMP_DHKEY_CHECK_FAILED,
		"the peer's public key is not a point of the curve P-256"},
	[SMP_WHY_DEBUG_KEY] = {SMP_AUTHENTICATION_REQUIREMENTS,
		"the peer uses the debug key of the specification, which is public: it protects nothing"},
	[SMP_WHY_WRONG_CONFIRM] = {SMP_CONFIRM_VALUE_FAILED,
		"the peer's confirm value does not match the random value that it revealed"},
	[SMP_WHY_WRONG_PASSKEY] = {SMP_CONFIRM_VALUE_FAILED,
		"the peer's confirm value does not match: a different passkey was typed, "
		"or someone is in the middle"},
	[SMP_WHY_WRONG_OOB_DATA] = {SMP_CONFIRM_VALUE_FAILED,
		"the peer's confirm value does not match: its out-of-band data is not ours, "
		"or someone is in the middle"},
	[SMP_WHY_WRONG_DHKEY_CHECK] = {SMP_DHKEY_CHECK_FAILED,
		"the peer's DHKey check does not match: the two ends received different values"},
	[SMP_WHY_PASSKEY_TOO_LONG] = {SMP_PASSKEY_ENTRY_FAILED,
		"a passkey has six digits"},
	[SMP_WHY_NUMBERS_DIFFER] = {SMP_NUMERIC_COMPARISON_FAILED,
		"the user answered that the two numbers differ: someone may be in the middle"},
	[SMP_WHY_RESERVED_KEYPRESS] = {SMP_INVALID_PARAMETERS,
		"the peer's Keypress Notification has a reserved value"},
	[SMP_WHY_GUESSABLE_LTK] = {SMP_KEY_REJECTED,
		"the peer's long term key is one octet repeated: anyone can guess it, and the bond would be worthless"},
	[SMP_WHY_GUESSABLE_CSRK] = {SMP_KEY_REJECTED,
		"the peer's signature key is one octet repeated: anyone can guess it"},
	[SMP_WHY_INVALID_IDENTITY] = {SMP_KEY_REJECTED,
		"the peer's identity address is neither public nor static random"},
	[SMP_WHY_WRONG_LENGTH] = {SMP_INVALID_PARAMETERS,
		"the peer sent a PDU of a length that the specification does not allow"},
	[SMP_WHY_OUT_OF_TURN] = {SMP_UNSPECIFIED_REASON,
		"the peer sent a PDU out of turn"},
	[SMP_WHY_KEY_OUT_OF_TURN] = {SMP_KEY_REJECTED,
		"the peer sent a PDU out of turn"},
	[SMP_WHY_PEER_FAILED] = {0, "the peer ended the pairing"},
	[SMP_WHY_PEER_SILENT] = {0, "the peer did not answer within 30 s"},
	[SMP_WHY_USER_SILENT] = {0, "the user here did not answer within 30 s"},
	[SMP_WHY_PEER_AND_USER_SILENT] = {0, "neither the peer nor the user here answered within 30 s"},
	[SMP_WHY_NOT_ENCRYPTED] = {0, "the link was not encrypted within 30 s"},
	[SMP_WHY_KEYS_MISSING] = {0, "the peer did not send all of its keys within 30 s"},
	[SMP_WHY_CANCELLED] = {SMP_UNSPECIFIED_REASON, "cancelled here"},
	[SMP_WHY_DISCONNECTED] = {0, "the connection ended during pairing"},
	[SMP_WHY_ENCRYPTION_FAILED] = {0, "the link could not be encrypted with the new key"},
	[SMP_WHY_INTERNAL_FAILURE] = {SMP_UNSPECIFIED_REASON,
		"the cryptographic library or the source of randomness failed here"},
};

static const char *const because_texts[SMP_BECAUSE_COUNT] = {
	[SMP_BECAUSE_NONE] = "",
	[SMP_BECAUSE_BOTH_HAVE_OOB] = "both sides have the other's out-of-band data",
	[SMP_BECAUSE_WE_HAVE_OOB] = "we have the peer's out-of-band data",
	[SMP_BECAUSE_PEER_HAS_OOB] = "the peer has our out-of-band data",
	[SMP_BECAUSE_NO_MITM] = "neither side asked for protection against a man in the middle",
	[SMP_BECAUSE_NO_IO] = "neither side has input or output (NoInputNoOutput): only Just Works is possible",
	[SMP_BECAUSE_PEER_HAS_NO_IO] =
		"the peer has no input and no output (NoInputNoOutput): only Just Works is possible",
	[SMP_BECAUSE_WE_HAVE_NO_IO] = "we have no input and no output (NoInputNoOutput): only Just Works is possible",
	[SMP_BECAUSE_IO_DOES_NOT_FIT] =
		"neither side can type what the other shows, nor can both compare: only Just Works is possible",
	[SMP_BECAUSE_BOTH_COMPARE] = "both sides can show a number and answer yes or no",
	[SMP_BECAUSE_WE_SHOW] = "we can show a number and the peer has a keyboard",
	[SMP_BECAUSE_PEER_SHOWS] = "the peer can show a number and we have a keyboard",
	[SMP_BECAUSE_BOTH_TYPE] = "both sides have a keyboard and neither has a display",
};
/* clang-format on */

uint8_t smp_why_reason(enum smp_why why)
{
	return whys[why].reason;
}

const char *smp_why_text(enum smp_why why)
{
	return whys[why].text;
}

const char *smp_because_text(enum smp_because because)
{
	return because_texts[because];
}
