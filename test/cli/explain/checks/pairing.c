/* SPDX-License-Identifier: MIT */
/* The conditions on the PDUs of a pairing. */
#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define NO_IO  SMP_IO_NO_INPUT_NO_OUTPUT
#define YES_NO SMP_IO_DISPLAY_YES_NO
#define TYPES  SMP_IO_KEYBOARD_ONLY
#define SHOWS  SMP_IO_DISPLAY_ONLY

/* ---- Features -------------------------------------------------------------------------------- */

static void pairing_response_must_not_ask_for_more_keys_than_the_request_offers(void **state)
{
	uint8_t *request = attempt.party[I].features_pdu;
	uint8_t *response = attempt.party[R].features_pdu;

	(void)state;
	case_finds_nothing(check_keys_not_offered); /* no features */
	case_features(NO_IO, 0, NO_IO, 0);
	case_finds_nothing(check_keys_not_offered);
	request[5] = SMP_DIST_ID;
	case_negotiate();
	case_finds(check_keys_not_offered, R,
		   "the responder's Pairing Response has Enc, Sign in the initiator key "
		   "distribution, which Pairing Request did not offer",
		   2, 0, 0);
	response[5] = request[5];
	request[6] = SMP_DIST_ID | SMP_DIST_ENC;
	case_negotiate();
	case_finds(check_keys_not_offered, R,
		   "the responder's Pairing Response has Sign in the responder key distribution, "
		   "which Pairing Request did not offer",
		   2, 0, 0);
	response[6] = SMP_DIST_ID | 0xf0; /* reserved bits are no keys */
	case_negotiate();
	case_finds_nothing(check_keys_not_offered);
	facts.has_features = false;
	response[6] = SMP_DIST_SIGN;
	memcpy(&facts.features.response, response + 1, 6);
	case_finds_nothing(check_keys_not_offered);
}

static void a_reserved_value_is_reported_with_the_end_that_sent_it(void **state)
{
	static const struct {
		size_t octet;
		uint8_t good, bad;
		const char *text;
	} values[] = {
		{1, 4, 5, "the %s's IO capability 0x05 is reserved"},
		{2, 1, 2, "the %s's OOB data flag 0x02 is reserved"},
		{4, 7, 6, "the %s's maximum key size is 6 octets, not 7 to 16"},
		{4, 16, 17, "the %s's maximum key size is 17 octets, not 7 to 16"},
	};
	char text[80];

	(void)state;
	case_finds_nothing(check_reserved_value);
	for (size_t i = 0; i < COUNT(values); i++) {
		for (int8_t end = 0; end < 2; end++) {
			case_features(NO_IO, 0, NO_IO, 0);
			attempt.party[!end].features = at(0, 0);
			attempt.party[end].features_pdu[values[i].octet] = values[i].good;
			case_finds_nothing(check_reserved_value);
			attempt.party[end].features_pdu[values[i].octet] = values[i].bad;
			(void)snprintf(text, sizeof(text), values[i].text,
				       end ? "responder" : "initiator");
			case_finds(check_reserved_value, end, text, end ? 2 : 1, 0, 0);
			attempt.party[end].features = at(0, 0); /* not captured */
			case_finds_nothing(check_reserved_value);
		}
	}
}

static void a_responder_that_answers_a_key_size_out_of_range_is_named(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	attempt.party[I].features_pdu[4] = 253;
	case_finds(check_reserved_value, I,
		   "the initiator's maximum key size is 253 octets, not 7 to 16, and the responder "
		   "answered instead of refusing",
		   1, 2, 0);
}

static void
mitm_protection_that_was_asked_for_but_not_reached_blames_the_end_that_asked(void **state)
{
	(void)state;
	case_features(NO_IO, 0, YES_NO, 0);
	case_finds_nothing(check_mitm_unmet);
	case_features(NO_IO, SMP_AUTH_MITM, YES_NO, 0);
	case_finds(check_mitm_unmet, I,
		   "the initiator asked for protection against a man in the middle; Just Works was "
		   "used, because the initiator has no input and no output (NoInputNoOutput)",
		   1, 2, 0);
	case_features(YES_NO, 0, NO_IO, SMP_AUTH_MITM);
	case_finds(check_mitm_unmet, R,
		   "the responder asked for protection against a man in the middle; Just Works was "
		   "used, because the responder has no input and no output (NoInputNoOutput)",
		   2, 0, 0);
	case_features(NO_IO, SMP_AUTH_MITM, NO_IO, SMP_AUTH_MITM);
	case_finds(check_mitm_unmet, I,
		   "both ends asked for protection against a man in the middle; Just Works was "
		   "used, because neither end has input or output",
		   1, 2, 0);
	attempt.failed = at(5, 0);
	attempt.reason = SMP_CONFIRM_VALUE_FAILED;
	assert_true(check_mitm_unmet(&tested, &finding));
	attempt.reason = SMP_AUTHENTICATION_REQUIREMENTS; /* for that */
	case_finds_nothing(check_mitm_unmet);
	attempt.failed = at(0, 0);
	facts.has_features = false;
	case_finds_nothing(check_mitm_unmet);
	case_features(SHOWS, SMP_AUTH_MITM | SMP_AUTH_SC, TYPES, SMP_AUTH_SC); /* Passkey Entry */
	case_finds_nothing(check_mitm_unmet);
}

/* Core 6.2. Of a pairing that failed, it says nothing. */
static void legacy_passkey_entry_does_not_meet_the_mitm_flag(void **state)
{
	(void)state;
	case_features(SHOWS, SMP_AUTH_MITM, TYPES, SMP_AUTH_SC);
	case_finds(check_mitm_unmet, I,
		   "the initiator asked for protection against a man in the middle; Passkey Entry "
		   "of legacy pairing does not give it, from Core 6.2 on",
		   1, 2, 0);
	tested.failed = true;
	case_finds_nothing(check_mitm_unmet);
	tested.failed = false;
	case_features(SHOWS, SMP_AUTH_MITM, TYPES, 0);
	attempt.party[I].features_pdu[2] = attempt.party[R].features_pdu[2] = 1; /* a TK */
	case_negotiate();
	case_finds_nothing(check_mitm_unmet);
}

static void a_security_request_is_not_taken_back(void **state)
{
	static const char *const lacks[] = {NULL, "MITM", "Secure Connections",
					    "MITM and Secure Connections"};
	static const uint8_t flags[] = {0, SMP_AUTH_MITM, SMP_AUTH_SC, SMP_AUTH_MITM | SMP_AUTH_SC};
	char text[160];

	(void)state;
	for (size_t n = 0; n < 64; n++) {
		size_t asked = n % 4, offered = n / 4 % 4, response = n / 16;
		size_t taken_back = asked & offered & ~response;
		case_features(SHOWS, flags[offered], TYPES, flags[response]);
		attempt.security_request = at(1, 0);
		attempt.security_auth_req = flags[asked] | SMP_AUTH_BONDING;
		if (!taken_back) {
			case_finds_nothing(check_request_taken_back);
			continue;
		}
		(void)snprintf(text, sizeof(text),
			       "the responder's Pairing Response lacks %s, for which its Security "
			       "Request had asked",
			       lacks[taken_back]);
		case_finds(check_request_taken_back, R, text, 2, 1, 0);
		attempt.security_request = at(3, 0); /* after it, for another pairing */
		case_finds_nothing(check_request_taken_back);
		attempt.security_request = at(0, 0);
		case_finds_nothing(check_request_taken_back);
	}
}

static void a_signing_key_is_a_surprise(void **state)
{
	static const struct {
		uint8_t init, resp;
		int8_t by;
		const char *text;
	} cases[] = {
		{7, 7, I, "both ends distribute a signing key: no longer used from Core 6.3 on"},
		{7, 3, I,
		 "the initiator distributes a signing key: no longer used from Core 6.3 on"},
		{3, 7, R,
		 "the responder distributes a signing key: no longer used from Core 6.3 on"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		case_features(NO_IO, 0, NO_IO, 0);
		attempt.party[R].features_pdu[5] = cases[i].init;
		attempt.party[R].features_pdu[6] = cases[i].resp;
		case_negotiate();
		case_finds(check_signing_key, cases[i].by, cases[i].text, 2, 0, 0);
		tested.failed = true;
		case_finds_nothing(check_signing_key);
		tested.failed = false;
		facts.has_features = false;
		case_finds_nothing(check_signing_key);
	}
	case_features(NO_IO, 0, NO_IO, 0);
	attempt.party[R].features_pdu[5] = attempt.party[R].features_pdu[6] = 3;
	case_negotiate();
	case_finds_nothing(check_signing_key);
}

static void io_capabilities_are_unused_without_the_mitm_flag(void **state)
{
	(void)state;
	case_features(SHOWS, 0, TYPES, 0); /* it would be legacy Passkey Entry */
	case_finds_nothing(check_io_unused);
	case_features(SHOWS, SMP_AUTH_SC, TYPES, SMP_AUTH_SC);
	case_finds(check_io_unused, NOBODY,
		   "DisplayOnly and KeyboardOnly would allow Passkey Entry, but neither end set "
		   "the MITM flag: Just Works was used",
		   2, 0, 0);
	case_features(YES_NO, SMP_AUTH_SC, YES_NO, SMP_AUTH_SC);
	case_finds(check_io_unused, NOBODY,
		   "DisplayYesNo and DisplayYesNo would allow Numeric Comparison, but neither end "
		   "set the MITM flag: Just Works was used",
		   2, 0, 0);
	facts.has_features = false;
	case_finds_nothing(check_io_unused);
	case_features(NO_IO, 0, TYPES, 0); /* they would not */
	case_finds_nothing(check_io_unused);
	case_features(SHOWS, 0, TYPES, SMP_AUTH_MITM); /* they were used */
	case_finds_nothing(check_io_unused);
	case_features(NO_IO, SMP_AUTH_MITM, NO_IO, 0); /* another finding */
	case_finds_nothing(check_io_unused);
}

/* ---- Single PDUs ----------------------------------------------------------------------------- */

static void a_wrong_length_blames_the_sender(void **state)
{
	(void)state;
	case_finds_nothing(check_wrong_length);
	attempt.wrong_length = at(8, 0);
	attempt.length_by = R;
	attempt.length_code = SMP_PAIRING_CONFIRM;
	attempt.length_was = 16;
	case_finds(check_wrong_length, R, "the responder's Pairing Confirm has 16 octets, not 17",
		   8, 0, 0);
}

/* Vol 3 Part H 2.4.6 and 3.5: three PDUs belong to one role. */
static void each_pdu_has_the_roles_that_may_send_it(void **state)
{
	for (unsigned code = 0; code < 256; code++) {
		bool initiator_only = code == SMP_PAIRING_REQUEST;
		bool responder_only = code == SMP_PAIRING_RESPONSE || code == SMP_SECURITY_REQUEST;
		char text[80];

		for (int8_t end = 0; end < 2; end++) {
			(void)case_begin(state);
			(void)case_pdu(end, (uint8_t)code, 4, 0);
			if (end == I ? !responder_only : !initiator_only) {
				case_finds_nothing(check_wrong_role);
				continue;
			}
			(void)snprintf(text, sizeof(text), "the %s sent %s",
				       end == I ? "central" : "peripheral",
				       smp_pdu_name((uint8_t)code));
			case_finds(check_wrong_role, end, text, 4, 0, 0);
			attempt.steps[0].layer = EXPLAIN_LAYER_SIGNALING;
			case_finds_nothing(check_wrong_role);
			attempt.steps[0].layer = EXPLAIN_LAYER_SMP;
			attempt.step_count = 0; /* of an earlier attempt */
			case_finds_nothing(check_wrong_role);
		}
	}
}

/* ---- Order ----------------------------------------------------------------------------------- */

/* Request, Response and Confirm values of legacy Just Works in frames 1 to 4. */
static void begin_legacy(void)
{
	case_features(NO_IO, 0, NO_IO, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 0);
	(void)case_pdu(R, SMP_PAIRING_CONFIRM, 4, 0);
}

static void phase_2(void)
{
	begin_legacy();
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 5, 0);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 6, 0);
	attempt.encrypted = at(7, 0);
}

static void end_failed(int8_t by, uint8_t reason, uint64_t frame)
{
	(void)case_pdu(by, SMP_PAIRING_FAILED, frame, 0);
	attempt.failed = at(frame, 0);
	attempt.failed_by = by;
	attempt.reason = reason;
	case_walk();
}

static void a_pdu_before_one_that_must_come_first_is_out_of_turn(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 3, 0);
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 4, 0);
	case_walk();
	case_finds(check_out_of_turn, I,
		   "the initiator sent Pairing Random before the initiator's Pairing Confirm, "
		   "which must come first",
		   3, 4, 0);
	case_finds_nothing(check_keys_order);
	facts.has_features = false;
	case_finds_nothing(check_out_of_turn);
}

static void a_key_before_one_that_must_come_first_is_another_finding(void **state)
{
	(void)state;
	phase_2();
	(void)case_pdu(R, SMP_SIGNING_INFORMATION, 8, 0);
	(void)case_pdu(R, SMP_IDENTITY_INFORMATION, 9, 0);
	case_walk();
	case_finds(check_keys_order, R,
		   "the responder sent Signing Information before the responder's Identity "
		   "Information, which must come first",
		   8, 9, 0);
	case_finds_nothing(check_out_of_turn);
	facts.progress.early = EXPLAIN_NO_STEP;
	case_finds_nothing(check_keys_order);
}

static void a_skipped_pdu_is_out_of_turn_and_a_skipped_key_is_an_order(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_RANDOM, 3, 0);
	end_failed(R, SMP_UNSPECIFIED_REASON, 4);
	case_finds(check_out_of_turn, I,
		   "the initiator sent Pairing Random when its Pairing Confirm was due", 3, 0, 0);
	case_finds_nothing(check_keys_order);

	(void)case_begin(state);
	phase_2();
	(void)case_pdu(R, SMP_IDENTITY_INFORMATION, 8, 0);
	end_failed(I, SMP_UNSPECIFIED_REASON, 9);
	case_finds(check_keys_order, R,
		   "the responder sent Identity Information when its Encryption Information was "
		   "due",
		   8, 0, 0);
	case_finds_nothing(check_out_of_turn);
}

static void a_pdu_of_another_association_model_is_out_of_turn(void **state)
{
	(void)state;
	begin_legacy();
	(void)case_pdu(R, SMP_PAIRING_PUBLIC_KEY, 5, 0);
	case_walk();
	case_finds(check_out_of_turn, R,
		   "the responder sent Pairing Public Key, which does not belong there: the two "
		   "ends agreed on legacy pairing",
		   5, 0, 0);

	(void)case_begin(state);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	(void)case_pdu(I, SMP_PAIRING_REQUEST, 1, 0);
	(void)case_pdu(R, SMP_PAIRING_RESPONSE, 2, 0);
	(void)case_pdu(I, SMP_PAIRING_CONFIRM, 3, 0);
	case_walk();
	case_finds(check_out_of_turn, I,
		   "the initiator sent Pairing Confirm, which does not belong there: the two ends "
		   "agreed on Secure Connections",
		   3, 0, 0);
	facts.has_features = false;
	case_finds_nothing(check_out_of_turn);
}

static void a_complete_pairing_has_nothing_out_of_turn(void **state)
{
	(void)state;
	phase_2();
	case_walk();
	case_finds_nothing(check_out_of_turn);
	case_finds_nothing(check_keys_order);
}

static void encryption_before_there_is_a_key_is_out_of_turn(void **state)
{
	(void)state;
	begin_legacy();
	case_walk();
	attempt.ltk_request = at(5, 0);
	case_finds_nothing(check_out_of_turn);
	attempt.ltk_refused = true;
	case_finds(check_out_of_turn, I,
		   "the initiator requested encryption before there was a key", 5, 0, 0);
	attempt.failed = at(6, 0);
	assert_true(check_out_of_turn(&tested, &finding));
	attempt.failed = at(5, 0);
	assert_true(check_out_of_turn(&tested, &finding));
	attempt.failed = at(4, 0); /* no key was needed any more */
	case_finds_nothing(check_out_of_turn);
}

static void a_key_sent_before_encryption_is_out_of_turn(void **state)
{
	(void)state;
	phase_2();
	attempt.encrypted = at(0, 0);
	(void)case_pdu(R, SMP_ENCRYPTION_INFORMATION, 7, 0);
	end_failed(I, SMP_UNSPECIFIED_REASON, 8);
	case_finds(check_out_of_turn, R,
		   "the responder sent Encryption Information, which does not belong there: the "
		   "link was not encrypted",
		   7, 0, 0);
	attempt.encrypted = at(8, 0);
	assert_true(check_out_of_turn(&tested, &finding));
	attempt.encrypted = at(7, 0);
	case_finds_nothing(check_out_of_turn);
	attempt.encrypted = at(0, 0);
	attempt.reason = SMP_KEY_REJECTED; /* the key itself is wrong */
	case_finds_nothing(check_out_of_turn);
	attempt.reason = SMP_CONFIRM_VALUE_FAILED;
	case_finds_nothing(check_out_of_turn);
	attempt.reason = SMP_INVALID_PARAMETERS;
	assert_true(check_out_of_turn(&tested, &finding));
	attempt.failed_by = R; /* its own key is not why it refused */
	case_finds_nothing(check_out_of_turn);
	attempt.failed_by = I;
	attempt.failed = at(7, 0); /* the key came later */
	case_finds_nothing(check_out_of_turn);
	attempt.failed = at(0, 0);
	case_finds_nothing(check_out_of_turn);
	attempt.failed = at(8, 0);
	attempt.step_count = 6; /* the key is of an earlier attempt */
	case_finds_nothing(check_out_of_turn);
	attempt.step_count = 8;
	attempt.steps[6].layer = EXPLAIN_LAYER_EVENT;
	case_finds_nothing(check_out_of_turn);
}

static void a_pdu_after_pairing_failed_blames_its_sender(void **state)
{
	(void)state;
	case_finds_nothing(check_after_failure);
	attempt.failed = at(5, 10 * S);
	attempt.failed_by = R;
	attempt.after_failure = at(6, 10 * S + 500 * MS - 1);
	attempt.after_code = SMP_PAIRING_CONFIRM;
	attempt.after_by = R;
	case_finds(check_after_failure, R,
		   "the responder sent Pairing Confirm after it had sent Pairing Failed", 6, 5, 0);
	attempt.after_by = I; /* it crossed with Pairing Failed */
	case_finds_nothing(check_after_failure);
	attempt.after_failure.time_us++;
	case_finds(check_after_failure, I,
		   "the initiator sent Pairing Confirm after the other end had sent Pairing Failed",
		   6, 5, 0);
	attempt.failed.untimed = true;
	case_finds_nothing(check_after_failure);
}

static void pairing_failed_that_answers_pairing_failed_blames_its_sender(void **state)
{
	(void)state;
	attempt.failed = at(5, 10 * S);
	attempt.failed_by = R;
	attempt.failed_again = at(6, 10 * S + 1);
	attempt.failed_again_by = I; /* the captured host had received the first */
	case_finds(check_after_failure, I,
		   "the initiator answered Pairing Failed with Pairing Failed", 6, 5, 0);
	attempt.captured_end = R; /* it may have crossed */
	case_finds_nothing(check_after_failure);
	attempt.failed_again.time_us += 500 * MS;
	assert_true(check_after_failure(&tested, &finding));
	attempt.failed.untimed = true; /* nobody knows how long it was under way */
	case_finds_nothing(check_after_failure);
	attempt.failed.untimed = false;
	attempt.failed_again_by = R;
	case_finds_nothing(check_after_failure);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void keys_that_were_not_negotiated_blame_the_end_that_sent_them(void **state)
{
	(void)state;
	case_finds_nothing(check_keys_not_negotiated);
	phase_2();
	attempt.party[R].features_pdu[6] = SMP_DIST_ID;
	case_negotiate();
	(void)case_pdu(R, SMP_ENCRYPTION_INFORMATION, 8, 0);
	attempt.steps[attempt.step_count - 1].len = 17;
	(void)case_pdu(R, SMP_CENTRAL_IDENTIFICATION, 9, 0);
	(void)case_pdu(I, SMP_ENCRYPTION_INFORMATION, 10, 0);
	(void)case_pdu(R, 0xff, 11, 0);
	(void)case_pdu(R, SMP_ENCRYPTION_INFORMATION, 12, 0);
	attempt.steps[attempt.step_count - 1].layer = EXPLAIN_LAYER_EVENT;
	case_walk();
	case_finds(check_keys_not_negotiated, R,
		   "the responder distributed Encryption Information and Central Identification, "
		   "although only Id was negotiated for it",
		   8, 9, 0);
	facts.has_features = false;
	case_finds_nothing(check_keys_not_negotiated);

	(void)case_begin(state);
	phase_2();
	attempt.party[I].features_pdu[5] = 0;
	case_negotiate();
	(void)case_pdu(I, SMP_SIGNING_INFORMATION, 8, 0);
	(void)case_pdu(I, SMP_SIGNING_INFORMATION, 9, 0);
	attempt.step_count--; /* of an earlier attempt */
	case_walk();
	case_finds(check_keys_not_negotiated, I,
		   "the initiator distributed Signing Information, although nothing was negotiated "
		   "for it",
		   8, 0, 0);
	facts.features.init_keys = SMP_DIST_ENC;
	facts.features.resp_keys = 0;
	case_finds(check_keys_not_negotiated, I,
		   "the initiator distributed Signing Information, although only Enc was "
		   "negotiated for it",
		   8, 0, 0);
}

/* A pairing whose responder has sent no keys, and that ended in silence. */
static void without_keys(void)
{
	phase_2();
	case_walk();
	tested.outcome = EXPLAIN_SILENCE;
	attempt.disconnected = at(20, 40 * S);
}

static void missing_keys_blame_the_end_that_had_to_send_them(void **state)
{
	(void)state;
	without_keys();
	case_finds(check_keys_missing, R,
		   "the responder never sent the negotiated Encryption Information, Central "
		   "Identification, Identity Information, Identity Address Information and "
		   "Signing Information",
		   7, 0, 0);
	facts.progress.keys_missing[R] = 0;
	facts.progress.keys_missing[I] = 1 << SMP_SIGNING_INFORMATION;
	case_finds(check_keys_missing, I,
		   "the initiator never sent the negotiated Signing Information", 7, 0, 0);
	facts.progress.keys_missing[I] = 0;
	case_finds_nothing(check_keys_missing);
}

static void keys_are_missing_when_their_sender_disconnects(void **state)
{
	(void)state;
	without_keys();
	tested.outcome = EXPLAIN_LOST;
	attempt.disconnected_by = I;
	case_finds_nothing(check_keys_missing);
	attempt.disconnected_by = R;
	assert_true(check_keys_missing(&tested, &finding));
	attempt.disconnected.untimed = true;
	case_finds_nothing(check_keys_missing);
	attempt.disconnected = at(20, attempt.party[R].last.time_us + 4 * S);
	case_finds_nothing(check_keys_missing); /* it disconnected, and had more to send */
	attempt.disconnected = at(0, 0);
	case_finds_nothing(check_keys_missing);
}

static void a_sniffer_knows_that_keys_are_missing_when_it_heard_the_disconnection(void **state)
{
	(void)state;
	without_keys();
	attempt.air = true;
	attempt.disconnected_by = R;
	case_finds_nothing(check_keys_missing); /* it could not decrypt */
	attempt.has_encrypt_key = true;
	assert_true(check_keys_missing(&tested, &finding));
	attempt.disconnected_by = I;
	case_finds_nothing(check_keys_missing);
}

static void no_keys_are_missing_when(void **state)
{
	enum {
		THE_FEATURES_ARE_MISSING,
		PHASE_2_IS_NOT_OVER,
		IT_IS_COMPLETE,
		IT_FAILED,
		IT_WAS_NOT_ENCRYPTED,
		ENCRYPTION_FAILED,
		IT_CANNOT_BE_READ,
		THE_CAPTURE_HAS_A_GAP,
		A_PDU_CAME_LATE,
		REASONS_NOT_TO
	};
	static const struct explain_step late;

	for (int why = 0; why < REASONS_NOT_TO; why++) {
		(void)case_begin(state);
		without_keys();
		switch (why) {
		case THE_FEATURES_ARE_MISSING:
			facts.has_features = false;
			break;
		case PHASE_2_IS_NOT_OVER:
			facts.progress.phase_2 = false;
			break;
		case IT_IS_COMPLETE:
			facts.progress.complete = true;
			break;
		case IT_FAILED:
			attempt.failed = at(9, 0);
			break;
		case IT_WAS_NOT_ENCRYPTED:
			attempt.encrypted = at(0, 0);
			break;
		case ENCRYPTION_FAILED:
			attempt.encrypt_status = 6;
			break;
		case IT_CANNOT_BE_READ:
			attempt.unreadable = true;
			break;
		case THE_CAPTURE_HAS_A_GAP:
			attempt.missing = at(3, 0);
			break;
		default:
			tested.late = &late;
			break;
		}
		case_finds_nothing(check_keys_missing);
	}
}

/* ---- Security Request ------------------------------------------------------------------------ */

static void a_security_request_is_ignored_after_a_second_without_an_answer(void **state)
{
	struct explain_mark *const answers[] = {&attempt.encrypt, &attempt.ltk_request,
						&attempt.failed};

	(void)state;
	attempt.last = at(9, 12 * S);
	case_finds_nothing(check_security_request_ignored);
	attempt.security_request = at(3, 10 * S + 500 * MS);
	case_finds(check_security_request_ignored, I,
		   "the peripheral's Security Request got no answer in 1.5 s: neither Pairing "
		   "Request nor encryption",
		   3, 0, 0);
	attempt.last.time_us = 11 * S + 500 * MS;
	assert_true(check_security_request_ignored(&tested, &finding));
	attempt.last.time_us--;
	case_finds_nothing(check_security_request_ignored);
	attempt.last.time_us++;
	attempt.security_request.untimed = true; /* a line without a header */
	case_finds_nothing(check_security_request_ignored);
	attempt.security_request.untimed = false;
	for (size_t i = 0; i < COUNT(answers); i++) {
		*answers[i] = at(4, 11 * S);
		case_finds_nothing(check_security_request_ignored);
		*answers[i] = at(0, 0);
	}
	attempt.pairing = true;
	case_finds_nothing(check_security_request_ignored);
}

/* Other stacks refuse a Keypress Notification in more cases than blepair does. */
static void a_keypress_that_was_refused_is_out_of_turn(void **state)
{
	(void)state;
	case_features(SHOWS, SMP_AUTH_MITM, TYPES, SMP_AUTH_MITM);
	(void)case_pdu(R, SMP_KEYPRESS_NOTIFICATION, 3, 0);
	attempt.failed = at(4, 0);
	attempt.failed_by = I;
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds(check_out_of_turn, R,
		   "the responder sent Keypress Notification, although the two ends did not agree "
		   "on it",
		   3, 0, 0);
	facts.features.keypress = true;
	case_finds(check_out_of_turn, R,
		   "the responder sent Keypress Notification, although only Passkey Entry of "
		   "Secure Connections has it",
		   3, 0, 0);
	facts.features.method = SMP_JUST_WORKS;
	case_finds(check_out_of_turn, R,
		   "the responder sent Keypress Notification, although no passkey is entered here",
		   3, 0, 0);
}

static void an_end_that_asks_for_no_bonding_forgets_its_keys(void **state)
{
	(void)state;
	case_features(NO_IO, SMP_AUTH_BONDING, NO_IO, SMP_AUTH_BONDING);
	case_finds_nothing(check_no_bonding);
	case_features(NO_IO, SMP_AUTH_BONDING, NO_IO, 0);
	case_finds(check_no_bonding, R,
		   "the responder asks for no bonding: the keys of this pairing are forgotten when "
		   "the connection ends",
		   2, 0, 0);
	case_features(NO_IO, 0, NO_IO, 0);
	case_finds(check_no_bonding, I,
		   "neither end asks for bonding: the keys of this pairing are forgotten when the "
		   "connection ends",
		   1, 2, 0);
	tested.failed = true;
	case_finds_nothing(check_no_bonding);
}

/* The finding on a host of Linux names what makes it do that, and what to type. */
static void a_linux_host_that_asks_for_no_bonding_has_no_agent_or_is_not_bondable(void **state)
{
	(void)state;
	attempt.system = EXPLAIN_SYSTEM_LINUX;
	case_features(NO_IO, 0, NO_IO, SMP_AUTH_BONDING);
	case_finds(
		check_no_bonding, I,
		"the initiator asks for no bonding: the keys of this pairing are forgotten when "
		"the connection ends; a host without an agent, or one that is not bondable, does "
		"that",
		1, 0, 0);
	assert_non_null(strstr(finding.fix, "`pairable on`"));
}

static void oob_data_that_no_end_uses_is_named_with_its_address(void **state)
{
	(void)state;
	case_features(NO_IO, 0, NO_IO, 0);
	case_finds_nothing(check_oob_unused);
	attempt.host.has_oob = attempt.host.oob_zero = true;
	case_finds(check_oob_unused, I,
		   "OOB is not used: neither end says that it has OOB data of the other; what was "
		   "added at the captured host is for a BR/EDR address, not for LE, and is all "
		   "zero",
		   1, 2, 0);
	attempt.host.oob_zero = false;
	attempt.host.oob_le = true;
	attempt.host.oob_added = at(9, 0);
	case_finds(check_oob_unused, I,
		   "OOB is not used: neither end says that it has OOB data of the other; what was "
		   "added at the captured host is for another LE address, or came too late",
		   1, 2, 9);
	attempt.party[R].features_pdu[2] = 1;
	case_finds_nothing(check_oob_unused);
}

/* The order of the messages gave the ends their roles. */
static void roles_that_only_the_messages_prove_are_never_wrong(void **state)
{
	(void)state;
	(void)case_pdu(R, SMP_PAIRING_REQUEST, 3, 0);
	case_finds(check_wrong_role, R, "the peripheral sent Pairing Request", 3, 0, 0);
	attempt.roles = EXPLAIN_ROLES_UNKNOWN;
	case_finds_nothing(check_wrong_role);
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairing_response_must_not_ask_for_more_keys_than_the_request_offers),
		TEST(a_reserved_value_is_reported_with_the_end_that_sent_it),
		TEST(a_responder_that_answers_a_key_size_out_of_range_is_named),
		TEST(mitm_protection_that_was_asked_for_but_not_reached_blames_the_end_that_asked),
		TEST(legacy_passkey_entry_does_not_meet_the_mitm_flag),
		TEST(a_security_request_is_not_taken_back),
		TEST(a_signing_key_is_a_surprise),
		TEST(io_capabilities_are_unused_without_the_mitm_flag),
		TEST(a_wrong_length_blames_the_sender),
		TEST(each_pdu_has_the_roles_that_may_send_it),
		TEST(a_pdu_before_one_that_must_come_first_is_out_of_turn),
		TEST(a_key_before_one_that_must_come_first_is_another_finding),
		TEST(a_skipped_pdu_is_out_of_turn_and_a_skipped_key_is_an_order),
		TEST(a_pdu_of_another_association_model_is_out_of_turn),
		TEST(a_complete_pairing_has_nothing_out_of_turn),
		TEST(encryption_before_there_is_a_key_is_out_of_turn),
		TEST(a_key_sent_before_encryption_is_out_of_turn),
		TEST(a_pdu_after_pairing_failed_blames_its_sender),
		TEST(pairing_failed_that_answers_pairing_failed_blames_its_sender),
		TEST(keys_that_were_not_negotiated_blame_the_end_that_sent_them),
		TEST(missing_keys_blame_the_end_that_had_to_send_them),
		TEST(keys_are_missing_when_their_sender_disconnects),
		TEST(a_sniffer_knows_that_keys_are_missing_when_it_heard_the_disconnection),
		TEST(no_keys_are_missing_when),
		TEST(a_security_request_is_ignored_after_a_second_without_an_answer),
		TEST(an_end_that_asks_for_no_bonding_forgets_its_keys),
		TEST(a_linux_host_that_asks_for_no_bonding_has_no_agent_or_is_not_bondable),
		TEST(oob_data_that_no_end_uses_is_named_with_its_address),
		TEST(roles_that_only_the_messages_prove_are_never_wrong),
		TEST(a_keypress_that_was_refused_is_out_of_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
