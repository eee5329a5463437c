/* SPDX-License-Identifier: MIT */
/*
 * What a row of the table is made of. The rows are in table.c; the words that rows are written in
 * (verbs and guards) are carried out in verbs.c and verbs_*.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "smp/pdu.h"

/* ---- States: what is being waited for -------------------------------------------------------- */

#define SMP_STATES(X)                                                                              \
	X(ANY) /* in a row: every state between IDLE and DONE; never the state of an engine */     \
	X(IDLE)                                                                                    \
	X(REQUESTED)	 /* responder: Security Request is out */                                  \
	X(FEATURES)	 /* initiator: Pairing Request is out */                                   \
	X(CHOSEN)	 /* features exchanged; a cue says which method goes on */                 \
	X(LEGACY_TYPING) /* the user types, nothing else can happen */                             \
	X(LEGACY_EITHER) /* responder: the user types and the confirm value comes, in any order */ \
	X(LEGACY_CONFIRM)                                                                          \
	X(LEGACY_RANDOM)                                                                           \
	X(PUBLIC_KEYS)                                                                             \
	X(KEYED)      /* public keys exchanged; a cue says which method goes on */                 \
	X(COMMITMENT) /* Just Works and Numeric Comparison: the responder's confirm value */       \
	X(NONCE)      /* Just Works and Numeric Comparison: the other nonce */                     \
	X(COMPARING)  /* the user compares */                                                      \
	X(COMPARING_CHECKED) /* responder: the same, and the initiator's check is here */          \
	X(PASSKEY_TYPING)                                                                          \
	X(PASSKEY_EITHER)                                                                          \
	X(PASSKEY_CONFIRM)                                                                         \
	X(PASSKEY_RANDOM)                                                                          \
	X(OOB_NONCE)                                                                               \
	X(CHECK)      /* the other DHKey check */                                                  \
	X(KEY_WANTED) /* responder: both have the key, and the controller has to ask for it */     \
	X(ENCRYPTING) /* the controller has the key */                                             \
	X(KEYS)	      /* encrypted; keys are distributed */                                        \
	X(DONE)                                                                                    \
	X(FAILED)

enum smp_state {
#define X(name) name,
	SMP_STATES(X)
#undef X
		SMP_STATE_COUNT
};

/* ---- Events: PDUs by their code, what happens here, and cues --------------------------------- */

/* Cues are raised by a verb and answered at once after its row: the table's only way to branch. */
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

enum smp_on {
	NOTHING = 0,
	PAIRING_REQUEST = SMP_PAIRING_REQUEST,
	PAIRING_RESPONSE = SMP_PAIRING_RESPONSE,
	PAIRING_CONFIRM = SMP_PAIRING_CONFIRM,
	PAIRING_RANDOM = SMP_PAIRING_RANDOM,
	PAIRING_FAILED = SMP_PAIRING_FAILED,
	ENCRYPTION_INFORMATION = SMP_ENCRYPTION_INFORMATION,
	CENTRAL_IDENTIFICATION = SMP_CENTRAL_IDENTIFICATION,
	IDENTITY_INFORMATION = SMP_IDENTITY_INFORMATION,
	IDENTITY_ADDRESS_INFORMATION = SMP_IDENTITY_ADDRESS_INFORMATION,
	SIGNING_INFORMATION = SMP_SIGNING_INFORMATION,
	SECURITY_REQUEST = SMP_SECURITY_REQUEST,
	PUBLIC_KEY = SMP_PAIRING_PUBLIC_KEY,
	DHKEY_CHECK = SMP_PAIRING_DHKEY_CHECK,
	KEYPRESS_NOTIFICATION = SMP_KEYPRESS_NOTIFICATION,
	SMP_LAST_PDU = KEYPRESS_NOTIFICATION,
#define X(name) name,
	SMP_LOCAL_EVENTS(X)
#undef X
		SMP_ON_COUNT
};

/* ---- Guards: pure questions ------------------------------------------------------------------ */

#define SMP_GUARDS(X)                                                                             \
	X(always)                                                                                 \
	X(numeric)     /* the method is Numeric Comparison */                                     \
	X(more_rounds) /* passkey entry: this is not the twentieth round */                       \
	X(due)	       /* key distribution: this PDU is the next that the peer owes */            \
	X(new_key)     /* what is asked for goes by EDIV 0 and Rand 0: the key of this pairing */ \
	X(passkey_entry)   /* of Secure Connections, and keys do not go yet */                    \
	X(keypress_agreed) /* the same, and both offered it */

enum smp_guard {
#define X(name) name,
	SMP_GUARDS(X)
#undef X
		SMP_GUARD_COUNT
};

/* ---- Verbs: each checks, keeps, computes, sends or asks one thing ---------------------------- */

#define SMP_VERBS(X)                 \
	/* phase 1 */                \
	X(send_security_request)     \
	X(report_security_request)   \
	X(refuse_role)               \
	X(send_request)              \
	X(mind_attempts)             \
	X(keep_request)              \
	X(make_response)             \
	X(send_response)             \
	X(keep_response)             \
	X(choose_method)             \
	X(begin_method)              \
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
	X(keep_check)                \
	X(keep_public_key)           \
	X(make_random)               \
	X(send_public_key)           \
	X(send_random)               \
	X(send_legacy_confirm)       \
	X(check_legacy_confirm)      \
	X(make_stk)                  \
	X(begin_keyed)               \
	X(send_commitment)           \
	X(check_commitment)          \
	X(send_round_confirm)        \
	X(check_round_confirm)       \
	X(next_round)                \
	X(check_oob)                 \
	X(make_ltk)                  \
	X(send_check)                \
	X(check_check)               \
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
#define X(name) name,
	SMP_VERBS(X)
#undef X
		SMP_VERB_COUNT
};

/* ---- Rows ------------------------------------------------------------------------------------ */

enum smp_who { I = 1, R = 2, B = I | R }; /* initiator, responder, both */

#define SMP_ROW_VERBS 6

struct smp_row {
	uint8_t who;		      /* enum smp_who */
	uint8_t in;		      /* enum smp_state */
	uint8_t on;		      /* enum smp_on */
	uint8_t when;		      /* enum smp_guard */
	uint8_t verbs[SMP_ROW_VERBS]; /* enum smp_verb, in order, then SMP_NO_VERB */
	uint8_t to;		      /* enum smp_state; ANY: stays */
	const char *section;	      /* of Core Vol 3 Part H */
};

extern const struct smp_row smp_table[];
extern const size_t smp_table_rows;

const char *smp_table_state(uint8_t state);
const char *smp_table_on(uint8_t on);
const char *smp_table_guard(uint8_t guard);
const char *smp_table_verb(uint8_t verb);
