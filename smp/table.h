/* SPDX-License-Identifier: MIT */
/*
 * The parts of a row of the table. The rows are in table.c; the functions of verbs and guards are
 * in verbs.c and verbs_*.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "smp/pdu.h"

/*
 * States, events, guards and verbs are lists of names: SMP_STATE_IDLE is IDLE in the rows, and
 * smp_verb_send_request is send_request. The short names exist in table.c only.
 */

/* ---- States, named after what they wait for -------------------------------------------------- */

#define SMP_STATES(X)                                                                              \
	X(ANY)	/* in the column "in": every state between IDLE and DONE */                        \
	X(STAY) /* in the column "to": the state does not change */                                \
	X(IDLE)                                                                                    \
	X(REQUESTED)	   /* responder: Security Request is out */                                \
	X(FEATURES)	   /* initiator: Pairing Request is out */                                 \
	X(FEATURES_AGREED) /* a cue chooses the method */                                          \
	X(LEGACY_TYPING)   /* the user types, nothing else can happen */                           \
	X(LEGACY_EITHER)   /* responder: the passkey and the confirm value come in either order */ \
	X(LEGACY_CONFIRM)                                                                          \
	X(LEGACY_RANDOM)                                                                           \
	X(PUBLIC_KEYS)                                                                             \
	X(KEYS_EXCHANGED) /* public keys; a cue chooses the method */                              \
	X(COMMITMENT)	  /* Just Works and Numeric Comparison: the responder's confirm value */   \
	X(NONCE)	  /* Just Works and Numeric Comparison: the peer's nonce */                \
	X(COMPARING)	  /* the user compares */                                                  \
	X(COMPARING_CHECKED) /* responder: the same, and the initiator's check has come */         \
	X(PASSKEY_TYPING)                                                                          \
	X(PASSKEY_EITHER) /* responder: the passkey and the confirm value come in either order */  \
	X(PASSKEY_CONFIRM)                                                                         \
	X(PASSKEY_RANDOM)                                                                          \
	X(OOB_NONCE)                                                                               \
	X(DHKEY_CHECK) /* the peer's DHKey check */                                                \
	X(KEY_WANTED)  /* responder: both have the key; the controller will ask for it */          \
	X(ENCRYPTING)  /* the controller has the key */                                            \
	X(KEYS)	       /* encrypted; keys are distributed */                                       \
	X(DONE)                                                                                    \
	X(FAILED)

enum smp_state {
#define X(name) SMP_STATE_##name,
	SMP_STATES(X)
#undef X
		SMP_STATE_COUNT
};

/* ---- Events: PDUs by their code, local events, and cues -------------------------------------- */

/* A verb raises a cue, and it is handled directly after the row: the table's only way to branch. */
#define SMP_LOCAL_EVENTS(X)          \
	X(START)                     \
	X(PASSKEY)                   \
	X(NUMBERS_EQUAL)             \
	X(NUMBERS_DIFFER)            \
	X(CANCEL)                    \
	X(KEYPRESS)                  \
	X(ENCRYPTED)                 \
	X(NOT_ENCRYPTED)             \
	X(LTK_REQUEST)               \
	X(TIMEOUT)                   \
	X(DISCONNECTED)              \
	/* cues: the method */       \
	X(LEGACY_TK_KNOWN)           \
	X(LEGACY_SHOW)               \
	X(LEGACY_TYPE)               \
	X(SECURE_CONNECTIONS)        \
	X(SC_COMPARE)                \
	X(SC_SHOW)                   \
	X(SC_TYPE)                   \
	X(SC_OOB)                    \
	/* cues: key distribution */ \
	X(PEER_KEYS_COMPLETE)

/* A PDU is the event of its code (enum smp_code). */
#define SMP_PDU_EVENTS(X)               \
	X(PAIRING_REQUEST)              \
	X(PAIRING_RESPONSE)             \
	X(PAIRING_CONFIRM)              \
	X(PAIRING_RANDOM)               \
	X(PAIRING_FAILED)               \
	X(ENCRYPTION_INFORMATION)       \
	X(CENTRAL_IDENTIFICATION)       \
	X(IDENTITY_INFORMATION)         \
	X(IDENTITY_ADDRESS_INFORMATION) \
	X(SIGNING_INFORMATION)          \
	X(SECURITY_REQUEST)             \
	X(PAIRING_PUBLIC_KEY)           \
	X(PAIRING_DHKEY_CHECK)          \
	X(KEYPRESS_NOTIFICATION)

enum smp_on {
	SMP_ON_NOTHING = 0,
#define X(name) SMP_ON_##name = SMP_##name,
	SMP_PDU_EVENTS(X)
#undef X
		SMP_LAST_PDU = SMP_ON_KEYPRESS_NOTIFICATION,
#define X(name) SMP_ON_##name,
	SMP_LOCAL_EVENTS(X)
#undef X
		SMP_ON_COUNT
};

/* ---- Guards: questions without side effects -------------------------------------------------- */

#define SMP_GUARDS(X)                                                                         \
	X(always)                                                                             \
	X(numeric)	     /* the method is Numeric Comparison */                           \
	X(more_rounds)	     /* passkey entry: this is not the twentieth round */             \
	X(next_expected_key) /* key distribution: this PDU is the next that the peer owes */  \
	X(new_key) /* EDIV and Rand are 0: the controller asks for the key of this pairing */ \
	X(passkey_entry)   /* Passkey Entry, legacy too, before key distribution */           \
	X(keypress_agreed) /* of Secure Connections, and both sides offered notifications */

enum smp_guard {
#define X(name) smp_guard_##name,
	SMP_GUARDS(X)
#undef X
		SMP_GUARD_COUNT
};

/* ---- Verbs: each does one thing -------------------------------------------------------------- */

#define SMP_VERBS(X)                 \
	/* phase 1 */                \
	X(send_security_request)     \
	X(keep_security_request)     \
	X(report_security_request)   \
	X(refuse_role)               \
	X(send_request)              \
	X(check_repeated_attempts)   \
	X(keep_request)              \
	X(make_response)             \
	X(send_response)             \
	X(keep_response)             \
	X(check_requested_level)     \
	X(choose_method)             \
	X(start_method)              \
	/* the user */               \
	X(pick_passkey)              \
	X(show_passkey)              \
	X(ask_passkey)               \
	X(take_passkey)              \
	X(ask_comparison)            \
	X(refuse_comparison)         \
	X(send_keypress)             \
	X(report_keypress)           \
	X(give_up)                   \
	/* phase 2 */                \
	X(keep_confirm)              \
	X(keep_random)               \
	X(keep_dhkey_check)          \
	X(keep_public_key)           \
	X(make_random)               \
	X(send_public_key)           \
	X(send_random)               \
	X(send_legacy_confirm)       \
	X(check_legacy_confirm)      \
	X(make_stk)                  \
	X(start_authentication)      \
	X(send_commitment)           \
	X(check_commitment)          \
	X(send_round_confirm)        \
	X(check_round_confirm)       \
	X(next_round)                \
	X(check_oob)                 \
	X(make_ltk)                  \
	X(send_dhkey_check)          \
	X(verify_dhkey_check)        \
	/* encryption and phase 3 */ \
	X(start_encryption)          \
	X(give_ltk)                  \
	X(deny_ltk)                  \
	X(send_keys)                 \
	X(expect_keys)               \
	X(keep_ltk)                  \
	X(keep_ediv)                 \
	X(keep_irk)                  \
	X(keep_identity)             \
	X(keep_csrk)                 \
	X(finish)                    \
	/* the end */                \
	X(stop_timer)                \
	X(blame_peer)                \
	X(blame_timeout)             \
	X(blame_link)                \
	X(blame_encryption)

enum smp_verb {
	SMP_NO_VERB = 0,
#define X(name) smp_verb_##name,
	SMP_VERBS(X)
#undef X
		SMP_VERB_COUNT
};

/* ---- Rows ------------------------------------------------------------------------------------ */

enum smp_who {
	SMP_WHO_INITIATOR = 1,
	SMP_WHO_RESPONDER = 2,
	SMP_WHO_BOTH = SMP_WHO_INITIATOR | SMP_WHO_RESPONDER
};

#define SMP_ROW_VERBS 6

struct smp_row {
	uint8_t who;		      /* enum smp_who */
	uint8_t in;		      /* enum smp_state */
	uint8_t on;		      /* enum smp_on */
	uint8_t when;		      /* enum smp_guard */
	uint8_t verbs[SMP_ROW_VERBS]; /* enum smp_verb, in order, then SMP_NO_VERB */
	uint8_t to;		      /* enum smp_state */
	const char *section;	      /* of Core Vol 3 Part H */
};

extern const struct smp_row smp_table[];
extern const size_t smp_table_rows;

/* The short names, static; "?" for a number out of range. */
const char *smp_table_state(uint8_t state);
const char *smp_table_on(uint8_t on);
const char *smp_table_guard(uint8_t guard);
const char *smp_table_verb(uint8_t verb);
