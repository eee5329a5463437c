/* SPDX-License-Identifier: MIT */
/*
 * Why a pairing failed, and why its method was chosen, as codes with neutral words. What to do
 * about it depends on the program around the engine, which maps the codes to its own advice.
 */
#pragma once

#include <stdint.h>

/* Why a pairing ended without success. In brackets: what the peer is sent in Pairing Failed. */
enum smp_why {
	SMP_WHY_NONE,

	/* We refused the feature exchange. */
	SMP_WHY_TOO_MANY_ATTEMPTS,  /* [Repeated Attempts] smp_config.too_soon */
	SMP_WHY_RESERVED_IO,	    /* [Invalid Parameters] */
	SMP_WHY_RESERVED_OOB_FLAG,  /* [Invalid Parameters] */
	SMP_WHY_INVALID_KEY_SIZE,   /* [Invalid Parameters] not 7 to 16 octets */
	SMP_WHY_KEYS_NOT_OFFERED,   /* [Invalid Parameters] key bits that the request did not set */
	SMP_WHY_LEGACY_ONLY,	    /* [Authentication Requirements] SMP_SC_ONLY */
	SMP_WHY_KEY_TOO_SHORT,	    /* [Encryption Key Size] below min_key_size */
	SMP_WHY_BOND_IS_SECURE,	    /* [Authentication Requirements] floor.secure_connections */
	SMP_WHY_BOND_KEY_IS_LONGER, /* [Encryption Key Size] below floor.key_size */
	SMP_WHY_BOND_AUTHENTICATED, /* [Authentication Requirements] floor.authenticated */
	SMP_WHY_NO_OOB_DATA,	    /* [OOB Not Available] */
	SMP_WHY_OTHER_METHOD,	    /* [Authentication Requirements] not among methods */
	SMP_WHY_UNAUTHENTICATED,    /* [Authentication Requirements] SMP_MITM_REQUIRE; the text is
				       that of smp_features.because */
	SMP_WHY_LEGACY_PASSKEY,	    /* [Authentication Requirements] the same, for Passkey Entry of
				       legacy pairing */
	SMP_WHY_RESPONSE_TOOK_BACK, /* [Authentication Requirements] the Pairing Response offers
				       less than the peer's own Security Request */

	/* We refused what the peer or the user sent. */
	SMP_WHY_REFLECTED_CONFIRM,    /* [Confirm Value Failed] our own value came back */
	SMP_WHY_REFLECTED_RANDOM,     /* [Confirm Value Failed] */
	SMP_WHY_REFLECTED_PUBLIC_KEY, /* [DHKey Check Failed] */
	SMP_WHY_INVALID_PUBLIC_KEY,   /* [DHKey Check Failed] no point of P-256 */
	SMP_WHY_DEBUG_KEY,	      /* [Authentication Requirements] */
	SMP_WHY_WRONG_CONFIRM,	      /* [Confirm Value Failed] */
	SMP_WHY_WRONG_PASSKEY,	      /* [Confirm Value Failed] the same in Passkey Entry */
	SMP_WHY_WRONG_OOB_DATA,	      /* [Confirm Value Failed] the same with out-of-band data */
	SMP_WHY_WRONG_DHKEY_CHECK,    /* [DHKey Check Failed] */
	SMP_WHY_PASSKEY_TOO_LONG,     /* [Passkey Entry Failed] the user typed more than 999999 */
	SMP_WHY_NUMBERS_DIFFER,	      /* [Numeric Comparison Failed] the user compared them */
	SMP_WHY_RESERVED_KEYPRESS,    /* [Invalid Parameters] */
	SMP_WHY_GUESSABLE_LTK,	      /* [Key Rejected] one octet repeated */
	SMP_WHY_GUESSABLE_CSRK,	      /* [Key Rejected] one octet repeated */
	SMP_WHY_INVALID_IDENTITY,     /* [Key Rejected] neither public nor static random */
	SMP_WHY_WRONG_LENGTH,	      /* [Invalid Parameters] of a PDU; the text names it */
	SMP_WHY_OUT_OF_TURN,	      /* [Unspecified Reason] a PDU; the text names it */
	SMP_WHY_KEY_OUT_OF_TURN,      /* [Key Rejected] the same while keys are distributed */

	/* It ended otherwise. */
	SMP_WHY_PEER_FAILED,	      /* the peer sent Pairing Failed */
	SMP_WHY_PEER_SILENT,	      /* the timer ran out, Part H 3.4: the peer's turn, */
	SMP_WHY_USER_SILENT,	      /* the user's, */
	SMP_WHY_PEER_AND_USER_SILENT, /* either's, */
	SMP_WHY_NOT_ENCRYPTED,	      /* the controller's, */
	SMP_WHY_KEYS_MISSING,	      /* the peer's, with keys */
	SMP_WHY_CANCELLED,	      /* [depends on the state] SMP_EV_CANCEL */
	SMP_WHY_DISCONNECTED,
	SMP_WHY_ENCRYPTION_FAILED,
	SMP_WHY_INTERNAL_FAILURE, /* [Unspecified Reason] cryptography or randomness failed here */

	SMP_WHY_COUNT
};

/* Why the association model is the one that it is, Part H 2.3.5.1. "We" is the engine's side. */
enum smp_because {
	SMP_BECAUSE_NONE, /* no method yet */
	SMP_BECAUSE_BOTH_HAVE_OOB,
	SMP_BECAUSE_WE_HAVE_OOB, /* the peer's out-of-band data is here */
	SMP_BECAUSE_PEER_HAS_OOB,
	SMP_BECAUSE_NO_MITM, /* neither asked for protection against a man in the middle */
	SMP_BECAUSE_NO_IO,   /* neither has input or output */
	SMP_BECAUSE_PEER_HAS_NO_IO,
	SMP_BECAUSE_WE_HAVE_NO_IO,
	SMP_BECAUSE_IO_DOES_NOT_FIT, /* neither can type what the other shows */
	SMP_BECAUSE_BOTH_COMPARE,
	SMP_BECAUSE_WE_SHOW,
	SMP_BECAUSE_PEER_SHOWS,
	SMP_BECAUSE_BOTH_TYPE,

	SMP_BECAUSE_COUNT
};

/* The reason (enum smp_reason) that belongs to a refusal; 0 where the code has none of its own. */
uint8_t smp_why_reason(enum smp_why why);

/* Both as a clause for a person, static, never NULL. Neither names an option of any program. */
const char *smp_why_text(enum smp_why why);
const char *smp_because_text(enum smp_because because);
