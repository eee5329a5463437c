/* SPDX-License-Identifier: MIT */
/*
 * The findings on real runs. Each row is one run, captured by blepair itself (-w), and all its
 * findings but hints, the cause first, each with the end to blame.
 */
#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/scripted.h"
#include "cli/explain/runs.h"
#include "sim/captured.h"

const struct run *run;
bool central;
struct reference_peer peer;

/* clang-format off */
static const struct run runs[] = {
/* ---- PDUs of the peer ---- */
{"keys-not-negotiated", BOTH, "refused: peer keys-not-negotiated", JUST, "--init-keys id --resp-keys id", .at = PDU_IDENTITY_INFORMATION, .then_do = sends_signing_key},
{"wrong-length", BOTH, "refused: peer wrong-length", LEGACY, .at = PDU_CONFIRM, .then_do = cuts_short},
{"reserved-value", BOTH, "refused: peer reserved-value", LEGACY, .prepare = reserved_io},
{"wrong-role", BOTH, "refused: peer wrong-role", LEGACY, .at = PDU_CONFIRM, .then_do = takes_the_other_role},
{"reflected-key", C, "refused: peer reflected-key", JUST, .alter = reflects},
{"mirrored-values", C, "refused: peer mirrored-values", LEGACY, .alter = mirrors},
{"mirrored-values", C, "refused: peer mirrored-values", SHOWN, .alter = mirrors},
{"invalid-key", BOTH, "refused: peer invalid-key", JUST, .alter = off_the_curve},
{"keys-not-offered", C, "refused: peer keys-not-offered", LEGACY, .alter = asks_for_more_keys},
{"passkeys-differ", C, "refused: nobody passkeys-differ", LEGACY_SHOWN, .prepare = other_passkey},
{"confirm-rejected", P, "refused: nobody confirm-rejected", LEGACY_SHOWN, .prepare = other_passkey},
{"passkeys-differ", BOTH, "refused: nobody passkeys-differ", SHOWN, .prepare = other_passkey},
{"confirm-wrong", BOTH, "refused: peer confirm-wrong", LEGACY, .prepare = spoiled_confirm},
{"commitment-wrong", C, "refused: peer commitment-wrong", JUST, .prepare = spoiled_confirm},
{"commitment-wrong", BOTH, "refused: peer commitment-wrong", SHOWN, .prepare = spoiled_confirm},
{"check-wrong", BOTH, "refused: peer check-wrong, peer debug-key", JUST, .prepare = debug_key_and_spoiled_check},
{"confirm-rejected", C, "refused: peer confirm-rejected", LEGACY, .at = PDU_RANDOM, .reason = 0x04},
{"out-of-turn", BOTH, "refused: peer out-of-turn", JUST, .at = PDU_PUBLIC_KEY, .then_do = sends_confirm},
{"keys-order", BOTH, "refused: peer keys-order", JUST, "--init-keys id,sign --resp-keys id,sign", .at = PDU_IDENTITY_INFORMATION, .then_do = sends_signing_key},
{"two-stacks", C, "refused: peer two-stacks, peer out-of-turn", JUST, .at = PDU_PUBLIC_KEY, .then_do = answers_again},
{"out-of-turn", P, "not_encrypted: peer out-of-turn", JUST, .at = PDU_DHKEY_CHECK, .then_do = encrypts_early},
{"out-of-turn", P, "not_encrypted: peer out-of-turn", LEGACY, .at = PDU_RANDOM, .then_do = encrypts_early},
{"pdu-after-failure", BOTH, "refused: peer reason-unspecified, peer pdu-after-failure", JUST, .at = PDU_PUBLIC_KEY, .then_do = goes_on_after_failure},
{"key-size-refused", BOTH, "refused: peer key-size-refused", LEGACY, .prepare = key_of_15},
{"key-size-refused", C, "refused: host key-size-refused", LEGACY, "--min-key-size 7 --max-key-size 7", .at = PDU_RESPONSE, .reason = 0x06},
{"mitm-refused", BOTH, "refused: host mitm-refused", JUST, .options = "--mitm --io display"},
{"mitm-refused", BOTH, "refused: host mitm-refused", JUST, "--sc only", .prepare = legacy_only},
{"mitm-refused", BOTH, "refused: peer mitm-refused", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x03},
/* ---- Every reason, from the peer and from blepair's user ---- */
{"reason-passkey-entry-failed", BOTH, "refused: peer reason-passkey-entry-failed", SHOWN, .at = PDU_CONFIRM, .reason = 0x01},
{"reason-passkey-entry-failed", BOTH, "refused: host reason-passkey-entry-failed", SHOWN, .at = PDU_CONFIRM, .then_do = gives_up},
{"reason-oob-not-available", BOTH, "refused: peer reason-oob-not-available", OOB, .at = PDU_RANDOM, .reason = 0x02},
{"reason-authentication-requirements", P, "refused: peer reason-authentication-requirements", JUST, .reason = 0x03, .play = refuses_request},
{"reason-confirm-value-failed", BOTH, "refused: peer reason-confirm-value-failed", JUST, .at = PDU_RANDOM, .reason = 0x04},
{"reason-pairing-not-supported", BOTH, "refused: peer reason-pairing-not-supported", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x05},
{"reason-encryption-key-size", BOTH, "refused: peer reason-encryption-key-size", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x06},
{"reason-encryption-key-size", P, "refused: peer reason-encryption-key-size", JUST, .reason = 0x06, .play = refuses_request},
{"reason-command-not-supported", BOTH, "refused: peer reason-command-not-supported", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x07},
{"reason-unspecified", BOTH, "refused: peer reason-unspecified", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x08},
{"reason-unspecified", BOTH, "refused: host reason-unspecified", JUST, .at = PDU_PUBLIC_KEY, .then_do = gives_up},
{"reason-repeated-attempts", BOTH, "refused: peer reason-repeated-attempts", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x09},
{"reason-invalid-parameters", BOTH, "refused: peer reason-invalid-parameters", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x0a},
{"reason-dhkey-check-failed", BOTH, "refused: peer reason-dhkey-check-failed", JUST, .at = PDU_DHKEY_CHECK, .reason = 0x0b},
{"reason-numeric-comparison-failed", BOTH, "refused: peer reason-numeric-comparison-failed", COMPARED, .at = PDU_DHKEY_CHECK, .reason = 0x0c},
{"reason-bredr-pairing", BOTH, "refused: peer reason-bredr-pairing", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x0d},
{"reason-ctkd-not-allowed", BOTH, "refused: peer reason-ctkd-not-allowed", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x0e},
{"reason-key-rejected", BOTH, "refused: peer reason-key-rejected", JUST, .at = PDU_IDENTITY_ADDRESS, .reason = 0x0f},
{"reason-busy", BOTH, "refused: peer reason-busy", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x10},
{"reason-unknown", BOTH, "refused: peer reason-unknown", JUST, .at = PDU_PUBLIC_KEY, .reason = 0x77},
/* ---- The link, encryption, the controller ---- */
{"no-bond", C, "bond_lost: peer no-bond", LEGACY, .play = bond_is_lost},
{"no-bond", C, "bond_lost: peer no-bond", JUST, .play = bond_is_lost},
{"bond-refused-here", P, "bond_lost: host bond-refused-here", LEGACY, .play = bond_is_lost},
{"bond-refused-here", P, "bond_lost: host bond-refused-here", JUST, .play = bond_is_lost},
{"mic-failure", BOTH, "not_encrypted: nobody mic-failure", LEGACY, .play = bond_differs},
{"mic-failure", BOTH, "not_encrypted: nobody mic-failure", JUST, .play = bond_differs},
{"encryption-refused", BOTH, "not_encrypted: nobody encryption-refused", JUST, .prepare = refuses_encryption},
{"command-refused", P, "lost: host command-refused", JUST, .prepare = refuses_command},
{"command-refused", C, "not_encrypted: host command-refused", JUST, .prepare = refuses_command},
{"not-established", C, "not_connected: nobody not-established", JUST, .play = hears_nothing},
{"hardware-error", BOTH, "lost: nobody hardware-error", JUST, .at = PDU_RANDOM, .then_do = breaks_down},
{"supervision-timeout", BOTH, "lost: nobody supervision-timeout", JUST, .at = PDU_IDENTITY_ADDRESS, .then_do = dies},
{"supervision-timeout", BOTH, "lost: nobody supervision-timeout", JUST, .at = PDU_RANDOM, .then_do = dies},
{"keys-missing", BOTH, "timed_out: peer keys-missing, peer silence", JUST, .at = PDU_IDENTITY_ADDRESS, .then_do = is_silent},
{"keys-missing", BOTH, "lost: peer keys-missing, peer disconnected-early", LEGACY, .at = PDU_IDENTITY_ADDRESS, .then_do = hangs_up_late},
{"disconnected-early", BOTH, "lost: peer disconnected-early", LEGACY, .at = PDU_IDENTITY_ADDRESS, .then_do = hangs_up},
{"silence", BOTH, "timed_out: peer silence", JUST, .prepare = never_encrypts, .then_do = is_silent},
{"silence", BOTH, "timed_out: peer silence", JUST, .at = PDU_RANDOM, .then_do = comes_too_late},
{"silence", BOTH, "timed_out: peer silence", JUST, .at = PDU_IDENTITY_INFORMATION, .then_do = comes_too_late},
{"silence", BOTH, "timed_out: peer silence", JUST, .at = PDU_RANDOM, .then_do = is_silent},
{"disconnected-early", BOTH, "lost: peer disconnected-early", JUST, .at = PDU_RANDOM, .then_do = hangs_up},
{"security-request-ignored", P, "uneventful: - peer security-request-ignored", JUST, .play = ignores_request},
{"capture-cut", BOTH, "unfinished", JUST, .at = PDU_RANDOM, .then_do = vanishes},
/* ---- Findings beside a pairing that works ---- */
{"constant-key", BOTH, "refused: peer constant-key, peer patterned-keys", LEGACY, .prepare = constant_key},
{"invalid-identity", BOTH, "refused: peer invalid-identity", JUST, .alter = claims_a_resolvable_identity},
{"out-of-turn", P, "refused: peer out-of-turn", JUST, .at = PDU_PUBLIC_KEY, .then_do = requests_again},
{"out-of-turn", BOTH, "refused: peer out-of-turn", JUST, .at = PDU_RANDOM, .then_do = presses_a_key},
{"patterned-keys", BOTH, "paired: - peer patterned-keys", JUST, .prepare = counting_key},
{"patterned-nonce", P, "paired: - peer patterned-nonce", JUST, .alter = constant_nonce},
{"repeated-nonce", P, "paired: - peer repeated-nonce", JUST, .play = repeats_nonce},
{"repeated-key", P, "paired: - peer repeated-key", LEGACY, .play = repeats_key},
{"repeated-public-key", P, "paired: - peer repeated-public-key", JUST, .play = repeats_public_key},
{"kept-public-key", P, "paired", JUST, .play = keeps_public_key},
{"known-key", BOTH, "paired: - peer known-key", JUST, .prepare = shipped_irk},
{"no-bonding", BOTH, "paired", JUST, .prepare = asks_for_no_bond},
{"repeated-passkey", P, "paired: - nobody repeated-passkey", SHOWN, "--passkey 123456", .play = repeats_passkey},
{"debug-key", BOTH, "paired: - peer debug-key", JUST, .prepare = debug_key},
{"small-key", BOTH, "paired: - peer small-key", LEGACY, "--min-key-size 7", .prepare = key_of_7},
{"downgrade", P, "paired: - nobody downgrade", JUST, "--sc prefer", .play = downgrades},
{"l2cap-result", BOTH, "paired: - peer l2cap-result", JUST, .alter = answers_without_question},
{"bad-parameters", C, "paired: - peer bad-parameters", JUST, .alter = asks_for_bad_parameters},
{"slow-step", BOTH, "paired: - peer slow-step", JUST, "--timeout 3600 --init-keys none --resp-keys none", .prepare = slow},
{"mitm-unmet", BOTH, "paired: - peer mitm-unmet", JUST, .prepare = wants_mitm},
{"mitm-unmet", C, "paired: - host mitm-unmet", LEGACY_SHOWN, .options = ""},
{"security-request-taken-back", C, "refused: peer security-request-taken-back", SHOWN, "--wait-security-request", .play = takes_back},
{"signing-key", C, "paired: - host signing-key", JUST, .options = "--init-keys id,sign --resp-keys id"},
{"signing-key", P, "paired: - host signing-key", JUST, .options = "--init-keys id --resp-keys id,sign"},
{"io-unused", BOTH, "paired: - nobody io-unused", SHOWN, "--no-mitm", .prepare = no_mitm},
{"open-book", BOTH, "paired", LEGACY, .options = ""},
{"passkey-shown", BOTH, "paired", SHOWN, .options = ""},
{"not-computable", BOTH, "paired", LEGACY_OOB, .options = ""},
};

/* The checks that no run of blepair can trigger, and why; they have a script only. */
static const struct { const char *id, *why; } scripts[] = {
	{"cancelled-here", "a capture does not show it: sim/why.c has the runs"},
	{"limit-here", "a capture does not show it: sim/why.c has the runs"},
	{"controller-failed", "a capture does not show it: sim/why.c has the run"},
	{"refused-here", "a capture does not show it: sim/why.c has the runs"},
	{"user-cancelled", "blepair does not use the management interface of Linux to pair"},
	{"agent-missing", "blepair does not use the management interface of Linux to pair"},
	{"user-refused", "blepair does not use the management interface of Linux to pair"},
	{"old-bond-confirmation", "blepair does not use the management interface of Linux to pair"},
	{"own-demand-refused", "blepair pairs when it has asked for security"},
	{"attribute-demand", "blepair has no attribute that demands security, and reads none"},
	{"read-along", "a host's capture has no encrypted PDUs, only a sniffer's has"},
	{"wrong-key", "blepair encrypts with what it computed"},
	{"events-masked", "blepair masks none of them"},
	{"l2cap-identifier", "blepair asks nothing on the signalling channel"},
	{"l2cap-unanswered", "blepair answers every request"},
	{"bringup-missing", "blepair sends both"},
	{"le-host-support", "blepair sends it wherever the controller has it"},
	{"capture-holes", "blepair captures all that it hears"},
	{"bredr-link", "blepair connects over LE only"},
	{"identifier-not-zero", "blepair sends zero"},
	{"key-not-shortened", "blepair shortens its keys"},
	{"encryption-early", "blepair refuses it, which is out-of-turn; as a central it waits"},
	{"early-encryption-accepted", "blepair has no key before phase 2 is over"},
	{"controller-reset", "blepair resets no controller while it pairs"},
	{"requests-unanswered", "blepair sends one request"},
	{"stale-bond", "it takes two runs in one capture"},
	{"newer-bits-refused", "a peer of Core 4.0 that breaks its rules"},
	{"request-differs", "it takes two runs in one capture"},
	{"zero-key", "blepair has no key of zero"},
	{"channel-refused", "blepair opens no channels"},
	{"oob-unused", "blepair does not use the management interface of Linux to pair"},
};
/* clang-format on */

static void test_run(void **state)
{
	run = *state;
	for (int role = P; role <= C; role++) {
		if (!(run->roles & role))
			continue;
		central = role == C;
		(void)sim_end(NULL);
		captured_forget();
		play_run();
		const struct captured_attempt *last = captured_last();
		if (strcmp(last->says, run->says) == 0 && captured_found(last, run->id))
			continue;
		captured_print(last);
		fail_msg("blepair is the %s: not \"%s\"", central ? "central" : "peripheral",
			 run->says);
	}
}

static int clean_up(void **state)
{
	run_scenario_forget();
	return sim_end(state);
}

/* ---- No false alarm -------------------------------------------------------------------------- */

/* Every scenario in both roles: blepair pairs, and then uses the bond. */
static void test_correct_runs_have_no_findings(void **state)
{
	struct run good = {.says = "paired"};

	(void)state;
	run = &good;
	for (unsigned i = 0; i < 2 * PAIRING_SCENARIOS; i++) {
		good.way = i / 2;
		central = i % 2;
		captured_forget();
		bond_works();
		(void)captured_last();
		assert_int_equal(captured.count, 2);
		/* From Core 6.2 on, legacy Passkey Entry does not give what its flag asks for. */
		const struct pairing_scenario *way = &pairing_scenarios[i / 2];
		bool unmet = way->method == PASSKEY && !way->secure;
		const char *says = !unmet    ? "paired"
				   : central ? "paired: - host mitm-unmet"
					     : "paired: - peer mitm-unmet";
		if (strcmp(captured.attempts[0].says, says) != 0 ||
		    strcmp(captured.attempts[1].says, "encrypted") != 0) {
			captured_print(&captured.attempts[0]);
			captured_print(&captured.attempts[1]);
			fail_msg("%s, blepair is the %s", pairing_scenarios[i / 2].name,
				 central ? "central" : "peripheral");
		}
	}
	print_message("%u pairings, and as many bonds used\n", 2 * PAIRING_SCENARIOS);
}

/* ---- All checks ------------------------------------------------------------------------------ */

static bool has_run(const char *id)
{
	for (size_t i = 0; i < COUNT(runs); i++)
		if (strcmp(runs[i].id, id) == 0)
			return true;
	return false;
}

static const char *reason_without_run(const char *id)
{
	for (size_t i = 0; i < COUNT(scripts); i++)
		if (strcmp(scripts[i].id, id) == 0)
			return scripts[i].why;
	return NULL;
}

static bool has_script(const char *id)
{
	for (size_t i = 0; i < scripted_cases_count; i++)
		if (strcmp(scripted_cases[i].id, id) == 0)
			return true;
	return false;
}

/* Each check has a run, or a script and the reason why it has no run. */
static void test_each_check_has_a_run_or_a_script(void **state)
{
	size_t real = 0;

	(void)state;
	for (size_t i = 0; i < check_count; i++) {
		const char *id = check_table[i].id, *why = reason_without_run(id);
		bool run_of_its_own = has_run(id);

		real += run_of_its_own;
		if (run_of_its_own == (why != NULL) || (why && !has_script(id)))
			fail_msg("%s: %s", id, why ? why : "neither a run nor a reason");
		print_message("%-36s %s%s\n", id, why ? "a script: " : "a run", why ? why : "");
	}
	print_message("%zu checks by runs, %zu by scripts alone\n", real, COUNT(scripts));
	assert_int_equal(real + COUNT(scripts), check_count);
	assert_true(real >= 73);
}

int main(void)
{
	struct CMUnitTest tests[COUNT(runs) + 2];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(runs); i++)
		tests[n++] = (struct CMUnitTest){runs[i].id, test_run, sim_begin, clean_up,
						 (void *)(uintptr_t)&runs[i]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test_setup_teardown(
		test_correct_runs_have_no_findings, sim_begin, clean_up);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_each_check_has_a_run_or_a_script);
	return _cmocka_run_group_tests("explain/runs", tests, n, captured_begin, captured_end);
}
