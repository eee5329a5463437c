/* SPDX-License-Identifier: MIT */
/* The conditions on recomputed values, and on values that must be random. */
#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "smp/reason.h"

#define NO_IO SMP_IO_NO_INPUT_NO_OUTPUT

/* Confirm values in frames 3 and 4, random values in 5 and 6, all different. */
static void exchange_values(void)
{
	for (uint8_t end = 0; end < 2; end++) {
		struct explain_party *p = &attempt.party[end];
		p->confirm = at(3 + (uint64_t)end, 0);
		p->random = at(5 + (uint64_t)end, 0);
		p->confirms = p->randoms = 1;
		for (uint8_t round = 0; round < EXPLAIN_ROUNDS; round++)
			for (uint8_t i = 0; i < 16; i++) {
				p->confirm_value[round][i] =
					(uint8_t)(17 * i * i + 31 * end + 7 * round + 1);
				p->random_value[round][i] =
					(uint8_t)(29 * i * i + 41 * end + 5 * round + 2);
			}
	}
}

static int begin(void **state)
{
	(void)case_begin(state);
	exchange_values();
	case_features(NO_IO, 0, NO_IO, 0);
	return 0;
}

/* ---- Passkeys -------------------------------------------------------------------------------- */

static void two_passkeys_of_legacy_pairing_blame_nobody(void **state)
{
	(void)state;
	case_features(SMP_IO_DISPLAY_ONLY, SMP_AUTH_MITM, SMP_IO_KEYBOARD_ONLY, 0);
	case_finds_nothing(check_passkeys_differ);
	facts.has_tk[I] = true;
	facts.passkey[I] = 1;
	case_finds_nothing(check_passkeys_differ);
	facts.has_tk[R] = true;
	facts.passkey[R] = 1;
	case_finds_nothing(check_passkeys_differ);
	facts.passkey[R] = 2;
	case_finds(check_passkeys_differ, NOBODY,
		   "the two ends used different passkeys: their confirm values match with one each",
		   3, 4, 0);
	facts.has_tk[I] = false;
	case_finds_nothing(check_passkeys_differ);
}

static void a_passkey_in_just_works_blames_the_end_that_used_it(void **state)
{
	(void)state;
	facts.has_tk[I] = facts.has_tk[R] = true;
	facts.passkey[R] = 123456;
	case_finds(check_passkeys_differ, R,
		   "the responder computed its confirm value with a passkey, although this is Just "
		   "Works: its TK must be 0",
		   4, 3, 0);
	facts.passkey[R] = 0;
	facts.passkey[I] = 123456;
	case_finds(check_passkeys_differ, I,
		   "the initiator computed its confirm value with a passkey, although this is Just "
		   "Works: its TK must be 0",
		   3, 4, 0);
}

static void two_passkeys_of_secure_connections_differ_in_a_round(void **state)
{
	(void)state;
	facts.passkeys_differ = true;
	facts.differ_round = 4;
	attempt.failed = at(30, 0);
	case_finds(check_passkeys_differ, NOBODY,
		   "the two ends used different passkeys: all values match, and bit 4 (round 5) "
		   "differs",
		   30, 0, 0);
}

static void a_passkey_that_these_two_used_before_is_reported(void **state)
{
	struct explain_kept_peer *before = &history.peers[0];

	(void)state;
	facts.has_sc_passkey = true;
	facts.sc_passkey = 999999;
	case_finds_nothing(check_repeated_passkey);
	history.peer_count = 1;
	attempt.party[I].has_address = attempt.party[R].has_address = true;
	before->frame = 2;
	before->has_passkey = true;
	before->passkey = 999999;
	case_finds(check_repeated_passkey, NOBODY,
		   "an earlier pairing of these two ends used the same passkey: an attacker who "
		   "heard it can be in the middle of this one",
		   3, 2, 0);
	before->passkey = 999998;
	case_finds_nothing(check_repeated_passkey);
	before->passkey = 999999;
	before->has_passkey = false;
	case_finds_nothing(check_repeated_passkey);
	before->has_passkey = true;
	facts.has_sc_passkey = false;
	case_finds_nothing(check_repeated_passkey);
}

/* ---- Wrong values ---------------------------------------------------------------------------- */

static const struct {
	explain_condition *condition;
	struct explain_proof (*proofs)[2];
	const char *name;
	uint64_t frame[2];
} proven[] = {
	{check_confirm_wrong, &facts.confirm, "confirm value", {3, 4}},
	{check_commitment_wrong, &facts.commitment, "confirm value", {3, 4}},
	{check_dhkey_check_wrong, &facts.check, "DHKey check", {7, 8}},
};

static void a_wrong_value_blames_the_end_that_computed_it(void **state)
{
	static const char *const roles[] = {"initiator", "responder"};
	char text[300];

	(void)state;
	attempt.party[I].check = at(7, 0);
	attempt.party[R].check = at(8, 0);
	for (size_t i = 0; i < COUNT(proven); i++) {
		for (int8_t end = 0; end < 2; end++) {
			struct explain_proof *proof = &(*proven[i].proofs)[end];
			uint64_t frame = proven[i].frame[end];

			proof->result = EXPLAIN_RIGHT;
			case_finds_nothing(proven[i].condition);
			proof->result = EXPLAIN_EXPLAINED;
			proof->how = "with both addresses in the wrong byte order";
			(void)snprintf(text, sizeof(text),
				       "the %s's %s does not match; it does if it is computed with "
				       "both addresses in the wrong byte order",
				       roles[end], proven[i].name);
			case_finds(proven[i].condition, end, text, frame, 0, 0);
			proof->result = EXPLAIN_WRONG;
			proof->tried = 12;
			(void)snprintf(
				text, sizeof(text),
				"the %s's %s does not match, and none of the 12 explanations "
				"that were tried fits (addresses and types, keys, byte "
				"orders)",
				roles[end], proven[i].name);
			case_finds(proven[i].condition, end, text, frame, 0, 0);
			proof->tried = 1000000;
			(void)snprintf(text, sizeof(text),
				       "the %s's %s does not match, and none of the 1000000 "
				       "explanations that were tried fits (all passkeys, addresses "
				       "and types, byte orders)",
				       roles[end], proven[i].name);
			case_finds(proven[i].condition, end, text, frame, 0, 0);
			proof->result = EXPLAIN_UNKNOWN;
			case_finds_nothing(proven[i].condition);
		}
	}
}

static void a_rejected_right_value_blames_the_end_that_rejected_it(void **state)
{
	(void)state;
	attempt.failed = at(9, 0);
	attempt.failed_by = R;
	attempt.reason = SMP_CONFIRM_VALUE_FAILED;
	case_finds_nothing(check_rejected_right);
	facts.confirm[I].result = EXPLAIN_RIGHT;
	case_finds(check_rejected_right, R,
		   "the responder rejected a correct value of the initiator: the responder itself "
		   "computes with other addresses, features or byte order",
		   9, 3, 0);
	attempt.failed_by = I;
	case_finds_nothing(check_rejected_right);
	facts.confirm[R].result = EXPLAIN_RIGHT;
	case_finds(check_rejected_right, I,
		   "the initiator rejected a correct value of the responder: the initiator itself "
		   "computes with other addresses, features or byte order",
		   9, 4, 0);
	attempt.reason = SMP_UNSPECIFIED_REASON;
	case_finds_nothing(check_rejected_right);
	attempt.reason = SMP_CONFIRM_VALUE_FAILED;
	facts.has_features = false;
	case_finds_nothing(check_rejected_right);
	facts.has_features = true;
	attempt.failed = at(0, 0);
	case_finds_nothing(check_rejected_right);
}

static void a_right_value_with_a_users_passkey_may_be_the_users_mistake(void **state)
{
	(void)state;
	case_features(SMP_IO_DISPLAY_ONLY, SMP_AUTH_MITM, SMP_IO_KEYBOARD_ONLY, 0);
	attempt.failed = at(9, 0);
	attempt.failed_by = R;
	attempt.reason = SMP_CONFIRM_VALUE_FAILED;
	facts.confirm[I].result = EXPLAIN_RIGHT;
	case_finds(check_rejected_right, NOBODY,
		   "the responder rejected a value of the initiator that matches: the responder "
		   "has another passkey, or computes with other addresses, features or byte order",
		   9, 3, 0);
	facts.passkeys_differ = true; /* another finding */
	case_finds_nothing(check_rejected_right);
	facts.passkeys_differ = false;
	facts.has_tk[I] = facts.has_tk[R] = true;
	facts.passkey[I] = 1;
	case_finds_nothing(check_rejected_right);
}

static void the_rejected_value_follows_from_the_reason(void **state)
{
	(void)state;
	attempt.failed = at(9, 0);
	attempt.failed_by = R;
	attempt.reason = SMP_CONFIRM_VALUE_FAILED;
	facts.commitment[I].result = EXPLAIN_RIGHT;
	case_finds_nothing(check_rejected_right);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	assert_true(check_rejected_right(&tested, &finding));
	attempt.reason = SMP_DHKEY_CHECK_FAILED;
	case_finds_nothing(check_rejected_right);
	facts.check[I].result = EXPLAIN_RIGHT;
	assert_true(check_rejected_right(&tested, &finding));
	case_features(SMP_IO_DISPLAY_YES_NO, SMP_AUTH_SC | SMP_AUTH_MITM, SMP_IO_DISPLAY_YES_NO,
		      SMP_AUTH_SC); /* Numeric Comparison has no passkey */
	assert_true(check_rejected_right(&tested, &finding));
	assert_int_equal(finding.by, R);
}

static void another_key_than_the_stk_blames_the_end_that_encrypts(void **state)
{
	(void)state;
	attempt.encrypt = at(10, 0);
	attempt.ltk_reply = at(11, 0);
	attempt.captured_end = R;
	facts.key.result = EXPLAIN_WRONG;
	case_finds_nothing(check_wrong_stk);
	facts.has_stk = true;
	case_finds(check_wrong_stk, R,
		   "the responder encrypts with another key than the STK of the two confirm values",
		   11, 0, 0);
	attempt.captured_end = I;
	attempt.has_encrypt_key = true;
	facts.key.result = EXPLAIN_EXPLAINED;
	facts.key.how = "with Srand and Mrand exchanged";
	case_finds(check_wrong_stk, I,
		   "the initiator encrypts with another key than the STK: it is the STK computed "
		   "with Srand and Mrand exchanged",
		   10, 0, 0);
	attempt.captured_end = NOBODY;
	attempt.air = true; /* the initiator chooses the key */
	assert_true(check_wrong_stk(&tested, &finding));
	assert_int_equal(finding.by, I);
	facts.key.result = EXPLAIN_RIGHT;
	case_finds_nothing(check_wrong_stk);
	facts.key.result = EXPLAIN_UNKNOWN;
	case_finds_nothing(check_wrong_stk);
}

/* ---- Attacks --------------------------------------------------------------------------------- */

static void exchange_keys(void)
{
	attempt.party[I].public_key = at(13, 0);
	attempt.party[R].public_key = at(14, 0);
	for (uint8_t i = 0; i < 64; i++) {
		attempt.party[I].public_key_value[i] = (uint8_t)(i * i + 3);
		attempt.party[R].public_key_value[i] = (uint8_t)(i * i * 5 + 4);
	}
}

static void a_point_off_the_curve_blames_its_sender(void **state)
{
	(void)state;
	exchange_keys();
	case_finds_nothing(check_invalid_key);
	facts.bad_point[R] = true;
	case_finds(check_invalid_key, R, "the responder's public key is not a point on P-256", 14,
		   0, 0);
	facts.bad_point[I] = true;
	case_finds(check_invalid_key, I, "the initiator's public key is not a point on P-256", 13,
		   0, 0);
}

/* CVE-2020-26558: the X coordinate decides. */
static void a_reflected_public_key_blames_the_responder(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	exchange_keys();
	case_finds_nothing(check_reflected_key);
	memcpy(p[R].public_key_value, p[I].public_key_value, 31);
	case_finds_nothing(check_reflected_key);
	memcpy(p[R].public_key_value, p[I].public_key_value, 32);
	case_finds(check_reflected_key, R, "the responder sent the initiator's own public key back",
		   14, 13, 0);
	facts.debug_key[I] = true;
	assert_true(check_reflected_key(&tested, &finding));
	facts.debug_key[R] = true; /* both have the same key by intention */
	case_finds_nothing(check_reflected_key);
	facts.debug_key[I] = false;
	assert_true(check_reflected_key(&tested, &finding));
	p[R].public_key = at(0, 0);
	case_finds_nothing(check_reflected_key);
	p[R].public_key = at(14, 0);
	p[I].public_key = at(0, 0);
	case_finds_nothing(check_reflected_key);
}

static void a_mirrored_value_of_any_round_blames_the_responder(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	case_finds_nothing(check_mirrored);
	p[I].confirms = 20;
	p[R].confirms = 19;
	memcpy(p[R].confirm_value[19], p[I].confirm_value[19], 16);
	case_finds_nothing(check_mirrored);
	p[R].confirms = 20;
	case_finds(check_mirrored, R, "the responder sent the initiator's own confirm value back",
		   4, 3, 0);
	p[I].confirms = 19;
	case_finds_nothing(check_mirrored);
	memcpy(p[R].confirm_value[0], p[I].confirm_value[0], 15);
	case_finds_nothing(check_mirrored);
	memcpy(p[R].confirm_value[0], p[I].confirm_value[0], 16);
	assert_true(check_mirrored(&tested, &finding));
}

static void a_mirrored_random_value_blames_the_responder(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	memcpy(p[R].random_value[0], p[I].random_value[0], 15);
	case_finds_nothing(check_mirrored);
	memcpy(p[R].random_value[0], p[I].random_value[0], 16);
	case_finds(check_mirrored, R, "the responder sent the initiator's own random value back", 6,
		   5, 0);
	p[R].randoms = 0;
	case_finds_nothing(check_mirrored);
	p[R].randoms = 1;
	p[I].randoms = 0;
	case_finds_nothing(check_mirrored);
}

/* ---- Values that must be random -------------------------------------------------------------- */

static void patterns_are_recognized(void **state)
{
	static const struct {
		uint8_t value[16];
		const char *how; /* NULL: random */
	} values[] = {
		{{0}, "all zero"},
		{{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}, "one octet repeated"},
		{{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8}, NULL},
		{{8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7}, NULL},
		{{250, 253, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39},
		 "an arithmetic series"},
		{{250, 253, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 40}, NULL},
		{{251, 253, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39}, NULL},
		{{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 255, 254, 253, 252, 251, 250},
		 "an arithmetic series"},
		{{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}, "a short pattern repeated"},
		{{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 3}, NULL},
		{{1, 9, 3, 1, 9, 3, 1, 9, 3, 1, 9, 3, 1, 9, 3, 1}, "a short pattern repeated"},
		{{1, 9, 3, 4, 5, 6, 8, 7, 1, 9, 3, 4, 5, 6, 8, 7}, "a short pattern repeated"},
		{{1, 9, 3, 4, 5, 6, 8, 7, 1, 9, 3, 4, 5, 6, 8, 9}, NULL},
		{{1, 9, 3, 4, 5, 6, 8, 7, 2, 1, 9, 3, 4, 5, 6, 8}, NULL}, /* period 9: chance */
	};
	char text[120];

	(void)state;
	attempt.party[R].irk = at(21, 0);
	for (size_t i = 0; i < COUNT(values); i++) {
		memcpy(attempt.party[R].irk_value, values[i].value, 16);
		if (!values[i].how) {
			case_finds_nothing(check_patterned_keys);
			continue;
		}
		(void)snprintf(text, sizeof(text),
			       "the responder's key is constant or patterned: IRK (%s)",
			       values[i].how);
		case_finds(check_patterned_keys, R, text, 21, 0, 0);
	}
}

static void each_distributed_key_is_examined(void **state)
{
	(void)state;
	for (int8_t end = 1; end >= 0; end--) {
		struct explain_party *p = &attempt.party[end];
		memset(p->ltk_value, 1, 16);
		memset(p->rand_value, 2, 8);
		memset(p->irk_value, 3, 16);
		memset(p->csrk_value, 4, 16);
		case_finds_nothing(check_patterned_keys); /* none was distributed */
		p->ltk = at(31, 0);
		p->identification = at(32, 0);
		p->irk = at(33, 0);
		p->csrk = at(34, 0);
		assert_true(check_patterned_keys(&tested, &finding));
		assert_int_equal(finding.by, end);
		p->ltk = p->identification = p->irk = p->csrk = at(0, 0);
	}
	struct explain_party *p = &attempt.party[R];
	p->ltk = at(31, 0);
	p->identification = at(32, 0);
	p->csrk = at(34, 0);
	case_finds(check_patterned_keys, R,
		   "the responder's keys are constant or patterned: LTK (one octet repeated), Rand "
		   "(one octet repeated), CSRK (one octet repeated)",
		   31, 32, 34);
	/* A value is examined to its last octet, and no further. */
	p->ltk = p->csrk = at(0, 0);
	p->rand_value[7] = 9;
	case_finds_nothing(check_patterned_keys);
	p->csrk = at(34, 0);
	p->csrk_value[15] = 9;
	case_finds_nothing(check_patterned_keys);
	p->ltk = at(31, 0);
	p->ltk_value[15] = 9;
	case_finds_nothing(check_patterned_keys);
	p->irk = at(33, 0);
	p->irk_value[15] = 9;
	case_finds_nothing(check_patterned_keys);
}

static void each_value_of_the_pairing_is_examined(void **state)
{
	struct explain_party *p = &attempt.party[R];

	(void)state;
	exchange_keys();
	case_finds_nothing(check_patterned_nonce);
	memset(p->random_value[0], 0, 16);
	case_finds(check_patterned_nonce, R,
		   "the responder's value is constant or patterned: random value (all zero)", 6, 0,
		   0);
	memset(p->confirm_value[0], 1, 16);
	memset(p->public_key_value, 2, 32);
	case_finds(check_patterned_nonce, R,
		   "the responder's values are constant or patterned: random value (all zero), "
		   "confirm value (one octet repeated), public key (one octet repeated)",
		   6, 4, 14);
	p->random_value[0][15] = p->confirm_value[0][15] = p->public_key_value[31] = 9;
	case_finds_nothing(check_patterned_nonce);
	memset(attempt.party[I].confirm_value[0], 0, 16);
	case_finds(check_patterned_nonce, I,
		   "the initiator's value is constant or patterned: confirm value (all zero)", 3, 0,
		   0);
}

static void patterned_keys_of_both_ends_are_one_finding(void **state)
{
	(void)state;
	for (int8_t end = 0; end < 2; end++) {
		attempt.party[end].irk = at(33 + (uint64_t)end, 0);
		memset(attempt.party[end].irk_value, 0, 16);
	}
	case_finds(check_patterned_keys, NOBODY,
		   "the initiator's key is constant or patterned: IRK (all zero); the responder's "
		   "key is constant or patterned: IRK (all zero)",
		   33, 34, 0);
}

static void remember(enum explain_kept kind, const uint8_t octets[16], bool failed)
{
	history.value_count = 1;
	history.values[0] =
		(struct explain_kept_value){.kind = (uint8_t)kind, .failed = failed, .frame = 2};
	memcpy(history.values[0].octets, octets, 16);
}

static void a_random_value_that_was_used_before_blames_its_end(void **state)
{
	(void)state;
	case_finds_nothing(check_repeated_nonce);
	remember(EXPLAIN_KEPT_NONCE, attempt.party[R].random_value[0], false);
	case_finds(check_repeated_nonce, R, "the responder used its random value before", 6, 2, 0);
	remember(EXPLAIN_KEPT_NONCE, attempt.party[I].random_value[0], false);
	case_finds(check_repeated_nonce, I, "the initiator used its random value before", 5, 2, 0);
	remember(EXPLAIN_KEPT_LTK, attempt.party[I].random_value[0], false);
	case_finds_nothing(check_repeated_nonce);
}

/* A mail may quote a trace twice. */
static void the_same_trace_again_repeats_no_values(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	exchange_keys();
	for (int end = 0; end < 2; end++) {
		p[end].ltk = at(22, 0);
		memset(p[end].ltk_value, 5, 16);
	}
	history_add(&history, &attempt, &facts, true);
	case_finds_nothing(check_repeated_nonce);
	case_finds_nothing(check_repeated_ltk);
	case_finds_nothing(check_repeated_public_key);
	p[R].random_value[0][0]++;
	assert_true(check_repeated_nonce(&tested, &finding));
	assert_true(check_repeated_ltk(&tested, &finding));
	assert_true(check_repeated_public_key(&tested, &finding));
}

static void a_public_key_that_served_an_earlier_pairing_is_a_hint(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	exchange_keys();
	case_finds_nothing(check_kept_public_key);
	remember(EXPLAIN_KEPT_PUBLIC_KEY, p[R].public_key_value, false);
	case_finds(check_kept_public_key, R, "the responder used its public key before", 14, 2, 0);
	facts.debug_key[R] = true;
	case_finds_nothing(check_kept_public_key);
	facts.debug_key[R] = false;
	history.values[0].failed = true; /* a weakness then */
	case_finds_nothing(check_kept_public_key);
}

static void a_published_key_is_named_with_its_owner(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	case_finds_nothing(check_known_key);
	p[R].irk = at(33, 0);
	p[R].ltk = at(31, 0);
	facts.known[R].irk = "NimBLE";
	case_finds(
		check_known_key, R,
		"the responder's IRK is published: NimBLE uses it when the application sets none",
		33, 0, 0);
	facts.known[R] = (struct explain_known){"BTstack", "BTstack", NULL, true, 0xbeef};
	case_finds(check_known_key, R,
		   "the responder's LTK and IRK are published: BTstack uses them when the "
		   "application sets none, and the LTK follows from its diversifier 0xbeef",
		   31, 33, 0);
	p[I].csrk = at(41, 0);
	facts.known[I].csrk = "a sample";
	case_finds(check_known_key, I,
		   "the initiator's CSRK is published: a sample uses it when the application sets "
		   "none",
		   41, 0, 0);
}

static void the_same_random_value_in_two_rounds_blames_its_end(void **state)
{
	struct explain_party *p = &attempt.party[R];

	(void)state;
	p->randoms = 20;
	case_finds_nothing(check_repeated_nonce);
	memcpy(p->random_value[19], p->random_value[18], 16);
	case_finds(check_repeated_nonce, R,
		   "the responder used the same random value in rounds 19 and 20", 6, 0, 0);
	p->randoms = 19;
	case_finds_nothing(check_repeated_nonce);
	p->random_value[19][0]++;
	p->randoms = 21; /* a round too many, whose value is not kept */
	memcpy(&p->public_key, p->random_value[19], sizeof(p->random_value[19]));
	case_finds_nothing(check_repeated_nonce);
	memcpy(p->random_value[1], p->random_value[0], 15);
	case_finds_nothing(check_repeated_nonce);
	memcpy(p->random_value[1], p->random_value[0], 16);
	case_finds(check_repeated_nonce, R,
		   "the responder used the same random value in rounds 1 and 2", 6, 0, 0);
}

static void an_ltk_that_was_distributed_before_blames_its_end(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	memset(p[R].ltk_value, 5, 16);
	remember(EXPLAIN_KEPT_LTK, p[R].ltk_value, false);
	case_finds_nothing(check_repeated_ltk); /* not distributed */
	p[R].ltk = at(22, 0);
	case_finds(check_repeated_ltk, R, "the responder used its LTK before", 22, 2, 0);
	p[R].ltk_value[0]++;
	case_finds_nothing(check_repeated_ltk);
}

static void a_public_key_may_be_used_again_unless_a_pairing_failed(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	exchange_keys();
	remember(EXPLAIN_KEPT_PUBLIC_KEY, p[R].public_key_value, false);
	case_finds_nothing(check_repeated_public_key);
	remember(EXPLAIN_KEPT_PUBLIC_KEY, p[R].public_key_value, true);
	case_finds(check_repeated_public_key, R,
		   "the responder used its public key before, in a pairing that failed", 14, 2, 0);
	facts.debug_key[R] = true; /* another finding */
	case_finds_nothing(check_repeated_public_key);
}

/* ---- Weak keys ------------------------------------------------------------------------------- */

static void the_debug_key_blames_its_end(void **state)
{
	(void)state;
	exchange_keys();
	case_finds_nothing(check_debug_key);
	facts.debug_key[R] = true;
	case_finds(check_debug_key, R, "the responder used the published debug key", 14, 0, 0);
	facts.ltk_computed = true;
	case_finds(check_debug_key, R,
		   "the responder used the published debug key: the LTK was computed from the "
		   "capture alone, and anyone who listened can compute it",
		   14, 0, 0);
	facts.ltk_computed = false;
	facts.debug_key[I] = true;
	case_finds(check_debug_key, I, "both ends used the published debug key", 13, 0, 0);
	facts.debug_key[R] = false;
	case_finds(check_debug_key, I, "the initiator used the published debug key", 13, 0, 0);
}

static void a_small_key_blames_the_end_with_the_shorter_maximum(void **state)
{
	(void)state;
	case_finds_nothing(check_small_key); /* 16 octets */
	attempt.party[R].features_pdu[4] = 15;
	case_negotiate();
	case_finds(check_small_key, R,
		   "the key has only 15 of 16 octets: the responder supports no more", 2, 0, 0);
	attempt.party[I].features_pdu[4] = 7;
	case_negotiate();
	case_finds(check_small_key, I,
		   "the key has only 7 of 16 octets: the initiator supports no more", 1, 0, 0);
	attempt.party[I].features_pdu[4] = 6; /* reserved: another finding */
	case_negotiate();
	case_finds_nothing(check_small_key);
	attempt.party[I].features_pdu[4] = 15;
	case_negotiate();
	assert_true(check_small_key(&tested, &finding));
	attempt.reason = SMP_ENCRYPTION_KEY_SIZE;
	assert_true(check_small_key(&tested, &finding));
	attempt.failed = at(9, 0); /* so the key is not used */
	case_finds_nothing(check_small_key);
	attempt.reason = SMP_UNSPECIFIED_REASON;
	assert_true(check_small_key(&tested, &finding));
	facts.has_features = false;
	case_finds_nothing(check_small_key);
}

static void less_security_than_before_blames_nobody(void **state)
{
	struct explain_kept_peer *before = &history.peers[0];

	(void)state;
	*before =
		(struct explain_kept_peer){.secure_connections = true, .key_size = 16, .frame = 2};
	attempt.party[I].has_address = attempt.party[R].has_address = true;
	case_finds_nothing(check_downgrade); /* never seen */
	history.peer_count = 1;
	before->frame = 1;
	case_finds(check_downgrade, NOBODY,
		   "legacy pairing, although these two ends supported Secure Connections before", 2,
		   1, 0);
	facts.has_features = false;
	case_finds_nothing(check_downgrade);
	case_features(NO_IO, SMP_AUTH_SC, NO_IO, SMP_AUTH_SC);
	case_finds_nothing(check_downgrade);
	facts.features.key_size = 15;
	case_finds(check_downgrade, NOBODY,
		   "a key of 15 octets, although these two ends used 16 before", 2, 1, 0);
	before->key_size = 15;
	case_finds_nothing(check_downgrade);
	before->secure_connections = false;
	case_features(NO_IO, 0, NO_IO, 0);
	case_finds_nothing(check_downgrade);
}

/* ---- Listeners ------------------------------------------------------------------------------- */

static void a_listener_can_compute_the_keys_of_legacy_pairing(void **state)
{
	(void)state;
	case_finds_nothing(check_open_book);
	facts.has_stk = true;
	case_finds(check_open_book, NOBODY,
		   "the STK follows with TK 0: anyone who listened can compute the STK and read "
		   "everything, the distributed keys too",
		   3, 4, 6);
	facts.confirm[I].result = EXPLAIN_RIGHT;
	assert_true(check_open_book(&tested, &finding));
	assert_memory_equal(finding.text, "the STK follows", 15);
	facts.confirm[R].result = EXPLAIN_RIGHT;
	case_finds(
		check_open_book, NOBODY,
		"both confirm values and the STK match with TK 0, so phase 2 was correct: anyone "
		"who listened can compute the STK and read everything, the distributed keys too",
		3, 4, 6);
	facts.confirm[I].result = EXPLAIN_UNKNOWN;
	case_features(SMP_IO_DISPLAY_ONLY, SMP_AUTH_MITM, SMP_IO_KEYBOARD_ONLY, 0);
	case_finds(check_open_book, NOBODY,
		   "the STK follows with the passkey 000000: anyone who listened can compute the "
		   "STK and read everything, the distributed keys too",
		   3, 4, 6);
	facts.passkey[I] = 1;
	case_finds(check_open_book, NOBODY,
		   "the STK follows with a passkey that a search finds in a second: anyone who "
		   "listened can compute the STK and read everything, the distributed keys too",
		   3, 4, 6);
}

static void a_decrypted_link_names_the_frame_that_has_its_key(void **state)
{
	(void)state;
	attempt.encrypt = at(12, 0);
	attempt.has_encrypt_key = true;
	case_finds_nothing(check_read_along); /* a host knows its key anyway */
	attempt.air = true;
	case_finds(check_read_along, NOBODY,
		   "the link could be decrypted: its key follows from this capture", 12, 0, 0);
	remember(EXPLAIN_KEPT_LTK, attempt.encrypt_key, false);
	case_finds(check_read_along, NOBODY,
		   "the link could be decrypted: its key was distributed before in this capture",
		   12, 2, 0);
	facts.has_stk = true; /* another finding */
	case_finds_nothing(check_read_along);
	facts.has_stk = false;
	attempt.has_encrypt_key = false;
	case_finds_nothing(check_read_along);
}

static void passkey_entry_reveals_the_passkey(void **state)
{
	(void)state;
	case_finds_nothing(check_passkey_shown);
	facts.has_sc_passkey = true;
	case_finds(check_passkey_shown, NOBODY,
		   "the twenty confirm values reveal the passkey; it must never be used again", 3,
		   0, 0);
}

static void an_obstacle_is_reported_when_it_hides_a_key(void **state)
{
	(void)state;
	facts.progress.done = 3;
	case_finds_nothing(check_not_computable);
	facts.obstacle = "the TK came out of band";
	case_finds(check_not_computable, NOBODY, "the TK came out of band", 2, 0, 0);
	facts.progress.done = 2; /* the features alone */
	case_finds_nothing(check_not_computable);
	facts.progress.done = 3;
	facts.has_ltk = true;
	case_finds_nothing(check_not_computable);
	facts.has_ltk = false;
	facts.features.secure_connections = true;
	case_finds_nothing(check_not_computable);
	attempt.air = true;
	assert_true(check_not_computable(&tested, &finding));
	attempt.own_run = true; /* no other capture has more of it */
	case_finds_nothing(check_not_computable);
	attempt.own_run = false;
	attempt.pairing = false;
	case_finds_nothing(check_not_computable);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_passkeys_of_legacy_pairing_blame_nobody),
		TEST(a_passkey_in_just_works_blames_the_end_that_used_it),
		TEST(two_passkeys_of_secure_connections_differ_in_a_round),
		TEST(a_passkey_that_these_two_used_before_is_reported),
		TEST(a_wrong_value_blames_the_end_that_computed_it),
		TEST(a_rejected_right_value_blames_the_end_that_rejected_it),
		TEST(a_right_value_with_a_users_passkey_may_be_the_users_mistake),
		TEST(the_rejected_value_follows_from_the_reason),
		TEST(another_key_than_the_stk_blames_the_end_that_encrypts),
		TEST(a_point_off_the_curve_blames_its_sender),
		TEST(a_reflected_public_key_blames_the_responder),
		TEST(a_mirrored_value_of_any_round_blames_the_responder),
		TEST(a_mirrored_random_value_blames_the_responder),
		TEST(patterns_are_recognized),
		TEST(each_distributed_key_is_examined),
		TEST(each_value_of_the_pairing_is_examined),
		TEST(a_random_value_that_was_used_before_blames_its_end),
		TEST(patterned_keys_of_both_ends_are_one_finding),
		TEST(the_same_trace_again_repeats_no_values),
		TEST(a_public_key_that_served_an_earlier_pairing_is_a_hint),
		TEST(a_published_key_is_named_with_its_owner),
		TEST(the_same_random_value_in_two_rounds_blames_its_end),
		TEST(an_ltk_that_was_distributed_before_blames_its_end),
		TEST(a_public_key_may_be_used_again_unless_a_pairing_failed),
		TEST(the_debug_key_blames_its_end),
		TEST(a_small_key_blames_the_end_with_the_shorter_maximum),
		TEST(less_security_than_before_blames_nobody),
		TEST(a_listener_can_compute_the_keys_of_legacy_pairing),
		TEST(a_decrypted_link_names_the_frame_that_has_its_key),
		TEST(passkey_entry_reveals_the_passkey),
		TEST(an_obstacle_is_reported_when_it_hides_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
