/* SPDX-License-Identifier: MIT */
/*
 * The table: LE pairing as the message charts of Core Vol 3 Part H (2.3 and Appendix C) draw it.
 *
 * A row is a sentence: in this role (I initiator, R responder, B both) and state, on this event,
 * when the guard holds, do the verbs, then wait in the next state. The first row that matches wins.
 * A verb that refuses ends the pairing with its reason, so there are no rows for errors. A PDU that
 * no row lists is out of turn and ends the pairing; any other event that no row lists is ignored. A
 * method branches once, by a cue that start_method or start_authentication raises, and is a
 * straight block from there.
 */
#include "smp/table.h"

/* The short names of rows. */
enum { I = SMP_WHO_INITIATOR, R = SMP_WHO_RESPONDER, B = SMP_WHO_BOTH };
#define X(name) name = SMP_STATE_##name,
enum { SMP_STATES(X) };
#undef X
#define X(name) name = SMP_ON_##name,
enum { SMP_PDU_EVENTS(X) SMP_LOCAL_EVENTS(X) };
#undef X
#define X(name) name = smp_guard_##name,
enum { SMP_GUARDS(X) };
#undef X
#define X(name) name = smp_verb_##name,
enum { nothing = SMP_NO_VERB, SMP_VERBS(X) };
#undef X

#define DO(...)             \
	{                   \
		__VA_ARGS__ \
	}

/* clang-format off */
const struct smp_row smp_table[] = {
/* who in                on                   when             do                                                                      to                 section */

/* ---- Phase 1: feature exchange --------------------------------------------------------------------------------------------------------------------------- */
{ R, IDLE,               START,               always,          DO(send_security_request),                                              REQUESTED,         "2.4.6" },
{ I, IDLE,               SECURITY_REQUEST,    always,          DO(keep_security_request, report_security_request),                     STAY,              "2.4.6" },
{ I, FEATURES,           SECURITY_REQUEST,    always,          DO(keep_security_request),                                              STAY,              "2.4.6" },
{ I, ANY,                SECURITY_REQUEST,    always,          DO(nothing),                                                            STAY,              "2.4.6" },
{ I, IDLE,               START,               always,          DO(send_request),                                                       FEATURES,          "2.3.1" },
{ R, IDLE,               PAIRING_REQUEST,     always,          DO(check_repeated_attempts, keep_request, make_response, choose_method, send_response, start_method), FEATURES_AGREED, "2.3.1" },
{ R, REQUESTED,          PAIRING_REQUEST,     always,          DO(check_repeated_attempts, keep_request, make_response, choose_method, send_response, start_method), FEATURES_AGREED, "2.3.1" },
{ R, REQUESTED,          ENCRYPTED,           always,          DO(stop_timer),                                                         IDLE,              "2.4.6" },
{ I, FEATURES,           PAIRING_RESPONSE,    always,          DO(keep_response, choose_method, check_requested_level, start_method),  FEATURES_AGREED,   "2.3.1" },
{ I, IDLE,               PAIRING_REQUEST,     always,          DO(refuse_role),                                                        STAY,              "3.5.1" },
{ R, IDLE,               SECURITY_REQUEST,    always,          DO(refuse_role),                                                        STAY,              "3.6.7" },

/* ---- Phase 2, legacy: the TK is 0 (Just Works), out of band, or the passkey ------------------------------------------------------------------------------- */
{ I, FEATURES_AGREED,    LEGACY_TK_KNOWN,     always,          DO(make_random, send_legacy_confirm),                                   LEGACY_CONFIRM,    "2.3.5.5" },
{ I, FEATURES_AGREED,    LEGACY_SHOW,         always,          DO(pick_passkey, show_passkey, make_random, send_legacy_confirm),       LEGACY_CONFIRM,    "2.3.5.3" },
{ I, FEATURES_AGREED,    LEGACY_TYPE,         always,          DO(ask_passkey),                                                        LEGACY_TYPING,     "2.3.5.3" },
{ I, LEGACY_TYPING,      PASSKEY,             always,          DO(take_passkey, make_random, send_legacy_confirm),                     LEGACY_CONFIRM,    "2.3.5.3" },
{ I, LEGACY_CONFIRM,     PAIRING_CONFIRM,     always,          DO(keep_confirm, send_random),                                          LEGACY_RANDOM,     "2.3.5.5" },
{ I, LEGACY_RANDOM,      PAIRING_RANDOM,      always,          DO(keep_random, check_legacy_confirm, make_stk, start_encryption),      ENCRYPTING,        "2.3.5.5" },

{ R, FEATURES_AGREED,    LEGACY_TK_KNOWN,     always,          DO(make_random),                                                        LEGACY_CONFIRM,    "2.3.5.5" },
{ R, FEATURES_AGREED,    LEGACY_SHOW,         always,          DO(pick_passkey, show_passkey, make_random),                            LEGACY_CONFIRM,    "2.3.5.3" },
{ R, FEATURES_AGREED,    LEGACY_TYPE,         always,          DO(ask_passkey, make_random),                                           LEGACY_EITHER,     "2.3.5.3" },
{ R, LEGACY_EITHER,      PASSKEY,             always,          DO(take_passkey),                                                       LEGACY_CONFIRM,    "2.3.5.3" },
{ R, LEGACY_EITHER,      PAIRING_CONFIRM,     always,          DO(keep_confirm),                                                       LEGACY_TYPING,     "2.3.5.5" },
{ R, LEGACY_TYPING,      PASSKEY,             always,          DO(take_passkey, send_legacy_confirm),                                  LEGACY_RANDOM,     "2.3.5.5" },
{ R, LEGACY_CONFIRM,     PAIRING_CONFIRM,     always,          DO(keep_confirm, send_legacy_confirm),                                  LEGACY_RANDOM,     "2.3.5.5" },
{ R, LEGACY_RANDOM,      PAIRING_RANDOM,      always,          DO(keep_random, check_legacy_confirm, make_stk, send_random),           KEY_WANTED,        "2.3.5.5" },

/* ---- Phase 2, Secure Connections: public keys ------------------------------------------------------------------------------------------------------------ */
{ I, FEATURES_AGREED,    SECURE_CONNECTIONS,  always,          DO(send_public_key),                                                    PUBLIC_KEYS,       "2.3.5.6.1" },
{ R, FEATURES_AGREED,    SECURE_CONNECTIONS,  always,          DO(nothing),                                                            PUBLIC_KEYS,       "2.3.5.6.1" },
{ I, PUBLIC_KEYS,        PAIRING_PUBLIC_KEY,  always,          DO(keep_public_key, start_authentication),                              KEYS_EXCHANGED,    "2.3.5.6.1" },
{ R, PUBLIC_KEYS,        PAIRING_PUBLIC_KEY,  always,          DO(keep_public_key, send_public_key, start_authentication),             KEYS_EXCHANGED,    "2.3.5.6.1" },

/* ---- Just Works and Numeric Comparison: the responder commits to its nonce first --------------------------------------------------------------------------- */
{ I, KEYS_EXCHANGED,     SC_COMPARE,          always,          DO(make_random),                                                        COMMITMENT,        "2.3.5.6.2" },
{ I, COMMITMENT,         PAIRING_CONFIRM,     always,          DO(keep_confirm, send_random),                                          NONCE,             "2.3.5.6.2" },
{ I, NONCE,              PAIRING_RANDOM,      numeric,         DO(keep_random, check_commitment, ask_comparison),                      COMPARING,         "2.3.5.6.2" },
{ I, NONCE,              PAIRING_RANDOM,      always,          DO(keep_random, check_commitment, make_ltk, send_dhkey_check),          DHKEY_CHECK,       "2.3.5.6.2" },
{ I, COMPARING,          NUMBERS_EQUAL,       always,          DO(make_ltk, send_dhkey_check),                                         DHKEY_CHECK,       "2.3.5.6.5" },

{ R, KEYS_EXCHANGED,     SC_COMPARE,          always,          DO(make_random, send_commitment),                                       NONCE,             "2.3.5.6.2" },
{ R, NONCE,              PAIRING_RANDOM,      numeric,         DO(keep_random, send_random, ask_comparison),                           COMPARING,         "2.3.5.6.2" },
{ R, NONCE,              PAIRING_RANDOM,      always,          DO(keep_random, send_random),                                           DHKEY_CHECK,       "2.3.5.6.2" },
{ R, COMPARING,          NUMBERS_EQUAL,       always,          DO(nothing),                                                            DHKEY_CHECK,       "2.3.5.6.2" },
{ R, COMPARING,          PAIRING_DHKEY_CHECK, always,          DO(keep_dhkey_check),                                                   COMPARING_CHECKED, "2.3.5.6.2" },
{ R, COMPARING_CHECKED,  NUMBERS_EQUAL,       always,          DO(make_ltk, verify_dhkey_check, send_dhkey_check),                     KEY_WANTED,        "2.3.5.6.5" },
{ B, ANY,                NUMBERS_DIFFER,      always,          DO(refuse_comparison),                                                  FAILED,            "2.3.5.6.2" },

/* ---- Passkey entry: twenty rounds, one bit each ------------------------------------------------------------------------------------------------------------ */
{ I, KEYS_EXCHANGED,     SC_SHOW,             always,          DO(pick_passkey, show_passkey, make_random, send_round_confirm),        PASSKEY_CONFIRM,   "2.3.5.6.3" },
{ I, KEYS_EXCHANGED,     SC_TYPE,             always,          DO(ask_passkey),                                                        PASSKEY_TYPING,    "2.3.5.6.3" },
{ I, PASSKEY_TYPING,     PASSKEY,             always,          DO(take_passkey, make_random, send_round_confirm),                      PASSKEY_CONFIRM,   "2.3.5.6.3" },
{ I, PASSKEY_CONFIRM,    PAIRING_CONFIRM,     always,          DO(keep_confirm, send_random),                                          PASSKEY_RANDOM,    "2.3.5.6.3" },
{ I, PASSKEY_RANDOM,     PAIRING_RANDOM,      more_rounds,     DO(keep_random, check_round_confirm, next_round, make_random, send_round_confirm), PASSKEY_CONFIRM, "2.3.5.6.3" },
{ I, PASSKEY_RANDOM,     PAIRING_RANDOM,      always,          DO(keep_random, check_round_confirm, make_ltk, send_dhkey_check),       DHKEY_CHECK,       "2.3.5.6.3" },

{ R, KEYS_EXCHANGED,     SC_SHOW,             always,          DO(pick_passkey, show_passkey, make_random),                            PASSKEY_CONFIRM,   "2.3.5.6.3" },
{ R, KEYS_EXCHANGED,     SC_TYPE,             always,          DO(ask_passkey, make_random),                                           PASSKEY_EITHER,    "2.3.5.6.3" },
{ R, PASSKEY_EITHER,     PASSKEY,             always,          DO(take_passkey),                                                       PASSKEY_CONFIRM,   "2.3.5.6.3" },
{ R, PASSKEY_EITHER,     PAIRING_CONFIRM,     always,          DO(keep_confirm),                                                       PASSKEY_TYPING,    "2.3.5.6.3" },
{ R, PASSKEY_TYPING,     PASSKEY,             always,          DO(take_passkey, send_round_confirm),                                   PASSKEY_RANDOM,    "2.3.5.6.3" },
{ R, PASSKEY_CONFIRM,    PAIRING_CONFIRM,     always,          DO(keep_confirm, send_round_confirm),                                   PASSKEY_RANDOM,    "2.3.5.6.3" },
{ R, PASSKEY_RANDOM,     PAIRING_RANDOM,      more_rounds,     DO(keep_random, check_round_confirm, send_random, next_round, make_random), PASSKEY_CONFIRM, "2.3.5.6.3" },
{ R, PASSKEY_RANDOM,     PAIRING_RANDOM,      always,          DO(keep_random, check_round_confirm, send_random),                      DHKEY_CHECK,       "2.3.5.6.3" },

{ B, ANY,                KEYPRESS_NOTIFICATION, keypress_agreed, DO(report_keypress),                                                  STAY,              "3.5.8" },
{ B, ANY,                KEYPRESS_NOTIFICATION, passkey_entry, DO(nothing),                                                            STAY,              "3.5.8" },
{ B, ANY,                KEYPRESS,            keypress_agreed, DO(send_keypress),                                                      STAY,              "3.5.8" },

/* ---- Out of band ------------------------------------------------------------------------------------------------------------------------------------------- */
{ I, KEYS_EXCHANGED,     SC_OOB,              always,          DO(check_oob, make_random, send_random),                                OOB_NONCE,         "2.3.5.6.4" },
{ I, OOB_NONCE,          PAIRING_RANDOM,      always,          DO(keep_random, make_ltk, send_dhkey_check),                            DHKEY_CHECK,       "2.3.5.6.4" },
{ R, KEYS_EXCHANGED,     SC_OOB,              always,          DO(make_random),                                                        OOB_NONCE,         "2.3.5.6.4" },
{ R, OOB_NONCE,          PAIRING_RANDOM,      always,          DO(keep_random, check_oob, send_random),                                DHKEY_CHECK,       "2.3.5.6.4" },

/* ---- Secure Connections, the end of every method: both prove that they have the same key ------------------------------------------------------------------ */
{ I, DHKEY_CHECK,        PAIRING_DHKEY_CHECK, always,          DO(keep_dhkey_check, verify_dhkey_check, start_encryption),             ENCRYPTING,        "2.3.5.6.5" },
{ R, DHKEY_CHECK,        PAIRING_DHKEY_CHECK, always,          DO(keep_dhkey_check, make_ltk, verify_dhkey_check, send_dhkey_check),   KEY_WANTED,        "2.3.5.6.5" },

/* ---- Encryption -------------------------------------------------------------------------------------------------------------------------------------------- */
{ R, KEY_WANTED,         LTK_REQUEST,         new_key,         DO(give_ltk),                                                           ENCRYPTING,        "2.4.4.1" },
{ R, ENCRYPTING,         LTK_REQUEST,         new_key,         DO(give_ltk),                                                           STAY,              "2.4.4.1" },
{ R, ANY,                LTK_REQUEST,         always,          DO(deny_ltk),                                                           STAY,              "2.4.4.1" },
{ I, ENCRYPTING,         ENCRYPTED,           always,          DO(expect_keys),                                                        KEYS,              "2.4.4.1" },
{ R, ENCRYPTING,         ENCRYPTED,           always,          DO(send_keys, expect_keys),                                             KEYS,              "2.4.4.1" },
{ B, ENCRYPTING,         NOT_ENCRYPTED,       always,          DO(blame_encryption),                                                   FAILED,            "2.4.4.1" },

/* ---- Phase 3: the responder's keys first, in this order, then the initiator's ----------------------------------------------------------------------------- */
{ B, KEYS,               ENCRYPTION_INFORMATION, next_expected_key, DO(keep_ltk),                                                      STAY,              "3.6.2" },
{ B, KEYS,               CENTRAL_IDENTIFICATION, next_expected_key, DO(keep_ediv),                                                     STAY,              "3.6.3" },
{ B, KEYS,               IDENTITY_INFORMATION, next_expected_key, DO(keep_irk),                                                        STAY,              "3.6.4" },
{ B, KEYS,               IDENTITY_ADDRESS_INFORMATION, next_expected_key, DO(keep_identity),                                           STAY,              "3.6.5" },
{ B, KEYS,               SIGNING_INFORMATION, next_expected_key, DO(keep_csrk),                                                        STAY,              "3.6.6" },
{ I, KEYS,               PEER_KEYS_COMPLETE,  always,          DO(send_keys, finish),                                                  DONE,              "2.4.3" },
{ R, KEYS,               PEER_KEYS_COMPLETE,  always,          DO(finish),                                                             DONE,              "2.4.3" },

/* ---- In any state ------------------------------------------------------------------------------------------------------------------------------------------ */
{ B, ANY,                PAIRING_FAILED,      always,          DO(blame_peer),                                                         FAILED,            "3.5.5" },
{ B, DONE,               PAIRING_FAILED,      always,          DO(blame_peer),                                                         FAILED,            "3.5.5" },
{ B, ANY,                TIMEOUT,             always,          DO(blame_timeout),                                                      FAILED,            "3.4" },
{ B, ANY,                CANCEL,              always,          DO(give_up),                                                            FAILED,            "2.3.5" },
{ B, ANY,                DISCONNECTED,        always,          DO(blame_link),                                                         FAILED,            "3.4" },
};
/* clang-format on */

const size_t smp_table_rows = sizeof(smp_table) / sizeof(smp_table[0]);

/* The names, for printing the table. */
#define X(name) [name] = #name,
static const char *const states[] = {SMP_STATES(X)};
static const char *const guards[] = {SMP_GUARDS(X)};
static const char *const verbs[] = {SMP_VERBS(X)};
static const char *const local_events[] = {SMP_LOCAL_EVENTS(X)};
#undef X

const char *smp_table_state(uint8_t state)
{
	return state < SMP_STATE_COUNT ? states[state] : "?";
}

const char *smp_table_on(uint8_t on)
{
	if (on <= SMP_LAST_PDU)
		return smp_pdu_name(on);
	return on < SMP_ON_COUNT ? local_events[on] : "?";
}

const char *smp_table_guard(uint8_t guard)
{
	return guard < SMP_GUARD_COUNT ? guards[guard] : "?";
}

const char *smp_table_verb(uint8_t verb)
{
	return verb > SMP_NO_VERB && verb < SMP_VERB_COUNT ? verbs[verb] : "?";
}
