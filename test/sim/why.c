/* SPDX-License-Identifier: MIT */
/*
 * What blepair reports to its user after a failure: the advice of the result, and the cause that
 * its own explanation names, with the end to blame and what to do. What an option, a bond, a limit
 * or the user at our own end decided is named as such.
 */
#include <stdio.h>
#include <string.h>

#include "cli/explain/runs.h"
#include "crypto/bytes.h"
#include "hci/error.h"

const struct run *run;
bool central;
struct reference_peer peer;

enum blame { US, PEER, NOBODY };

struct why {
	struct run run;	    /* .id is the name of the test */
	const char *id;	    /* of the check that is the cause */
	enum blame blame;   /* for it */
	const char *text;   /* a part of it, without the roles of the ends */
	const char *fix;    /* a part of what explain advises */
	const char *advice; /* a part of what the result advises; "": it advises nothing */
};

/* ---- What was printed ------------------------------------------------------------------------ */

static const char *field(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* The first event of a name: a listener that is interrupted afterwards has two results. */
static const json_t *first_event(const char *name)
{
	for (size_t i = 0; i < json_array_size(program_events()); i++)
		if (strcmp(field(json_array_get(program_events(), i), "event"), name) == 0)
			return json_array_get(program_events(), i);
	return NULL;
}

/* The finding that is the cause of the last attempt that was explained. */
static const json_t *cause(void)
{
	const json_t *findings = json_object_get(program_event("explained"), "findings");

	for (size_t i = 0; i < json_array_size(findings); i++)
		if (json_is_true(json_object_get(json_array_get(findings, i), "cause")))
			return json_array_get(findings, i);
	return NULL;
}

static void print_all(void)
{
	const json_t *why = cause(), *result = first_event("result");

	print_message("blepair is the %s\n", central ? "central" : "peripheral");
	print_message("result  %s: %s; %s\n        -> %s\n", field(result, "class"),
		      field(result, "text"), field(result, "detail"), field(result, "advice"));
	print_message("why     [%s] by %s: %s\n        -> %s\n", field(why, "id"), field(why, "by"),
		      field(why, "text"), field(why, "fix"));
}

static void check(const struct why *why)
{
	const char *ours = central ? "initiator" : "responder";
	const char *theirs = central ? "responder" : "initiator";
	const char *by = why->blame == US ? ours : why->blame == PEER ? theirs : "";
	const char *advice = field(first_event("result"), "advice");
	const json_t *found = cause();

	if (strcmp(field(found, "id"), why->id) == 0 && strcmp(field(found, "by"), by) == 0 &&
	    strstr(field(found, "text"), why->text) && strstr(field(found, "fix"), why->fix) &&
	    (*why->advice ? strstr(advice, why->advice) != NULL : !*advice))
		return;
	print_all();
	fail_msg("expected [%s] by %s: ...%s...\n        -> ...%s...\nadvice: ...%s...", why->id,
		 by, why->text, why->fix, why->advice);
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static void test_why(void **state)
{
	const struct why *why = *state;

	run = &why->run;
	for (int role = P; role <= C; role++) {
		if (!(run->roles & role))
			continue;
		central = role == C;
		(void)sim_end(NULL);
		play_run();
		check(why);
	}
}

static int clean_up(void **state)
{
	run_scenario_forget();
	return sim_end(state);
}

/* ---- The peer -------------------------------------------------------------------------------- */

static void nobody_answers(void)
{
	peer.users_away = true;
}

static void debug_key_of_comparison(void)
{
	debug_key();
	nobody_answers();
}

static void zero_ltk(void)
{
	memset(peer.own.ltk, 0, 16);
}

static void zero_csrk(void)
{
	memset(peer.own.csrk, 0, 16);
}

static void has_other_oob_data(struct reference_peer *p, uint8_t *pdu)
{
	if (pdu[0] != PDU_PUBLIC_KEY)
		return;
	assert_int_equal(crypto_p256_generate(&p->keypair, crypto_random, NULL), 0);
	memcpy(pdu + 1, p->keypair.public_key, 64);
}

static void no_io(void)
{
	peer.io = IO_NONE;
}

static void differs_in_a_bit(void)
{
	peer.other_bit = 3;
}

static void confirms_again(void)
{
	reference_peer_send(&peer, PDU_CONFIRM, peer.confirm, 16);
}

static void waits_20_s(void)
{
	world_pass(20 * WORLD_S);
}

static uint8_t encryption_status;

static size_t fail_encryption(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == HCI_ENCRYPTION_CHANGE) {
		packet[3] = encryption_status;
		packet[6] = 0;
	}
	return len;
}

static void encryption_ends_with(uint8_t status)
{
	encryption_status = status;
	sim.controller.to_host = fail_encryption;
}

static void has_no_key(void)
{
	encryption_ends_with(HCI_PIN_OR_KEY_MISSING);
}

static void has_another_key(void)
{
	encryption_ends_with(HCI_MIC_FAILURE);
}

static void does_not_answer_encryption(void)
{
	encryption_ends_with(HCI_LL_RESPONSE_TIMEOUT);
}

static size_t drop_all(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	(void)packet;
	(void)len;
	return 0;
}

/* To blepair the peer is silent, until the controller does not answer a command either. */
static void controller_is_mute(void)
{
	sim.controller.to_host = drop_all;
	sim.broken = true;
}

/* ---- A bond ---------------------------------------------------------------------------------- */

static void bond_by(unsigned way)
{
	run_scenario_forget();
	pairing_scenario_begin(&pairing_scenarios[way], central, &peer);
	pairing_scenario_start(&pairing_scenarios[way], &peer, run_scenario_bonds());
	assert_true(reference_peer_pair(&peer));
	if (!central)
		hangs_up();
	run_scenario_end(&peer);
	assert_string_equal(verdict.class, "ok");
}

/* Pairs, and then again, with the peer's AuthReq. */
static void pairs_again(unsigned first, unsigned second, uint8_t auth)
{
	bond_by(first);
	pairing_scenario_begin(&pairing_scenarios[second], central, &peer);
	peer.gives_up = true;
	peer.auth |= auth;
	pairing_scenario_start(&pairing_scenarios[second], &peer, run_scenario_bonds());
	(void)reference_peer_pair(&peer);
	run_scenario_end(&peer);
}

static void weakened_by_sc_off(void)
{
	pairs_again(JUST, LEGACY, 0);
}

static void just_works_again(void)
{
	pairs_again(JUST, JUST, 0);
}

/* BTstack does so when it wishes MITM protection and its bond has none. */
static void just_works_again_with_mitm(void)
{
	pairs_again(JUST, JUST, AUTH_MITM);
}

/* The peer protects its bond. */
static void peer_refuses_to_pair_again(void)
{
	char options[128];

	bond_by(SHOWN);
	pairing_scenario_begin(&pairing_scenarios[SHOWN], central, &peer);
	peer.stop_at = 1;
	(void)snprintf(options, sizeof(options), "--replace-bond %s", run_scenario_bonds());
	pairing_scenario_start(&pairing_scenarios[SHOWN], &peer, options);
	(void)reference_peer_pair(&peer);
	reference_peer_fail(&peer, 0x03);
	run_scenario_end(&peer);
}

static void start_verify(const char *options)
{
	bond_by(JUST);
	run_scenario_begin(&peer, central);
	sim.peer.ltk_silent = true;
	run_scenario_start(&peer, "verify %s%s", options, run_scenario_bonds());
}

static void verify_of_a_silent_peer(void)
{
	start_verify("--timeout 5 ");
	run_scenario_end(&peer);
}

static void verify_is_interrupted(void)
{
	start_verify("");
	world_pass(WORLD_S);
	gives_up();
	run_scenario_end(&peer);
}

static void verify_of_a_peer_that_vanishes(void)
{
	start_verify("");
	world_pass(WORLD_S);
	dies();
	run_scenario_end(&peer);
	assert_non_null(strstr(verdict.text, "the connection ended before it was encrypted"));
}

/* The central encrypts with a bond that listen does not accept. */
static void encrypts_below_the_policy(void)
{
	static const uint8_t no_rand[8];

	bond_by(JUST);
	const struct reference_peer old = peer;

	run_scenario_begin(&peer, central);
	run_scenario_start(&peer, "--mitm --io keyboard-display %s", run_scenario_bonds());
	(void)raw_peer_encrypt(&sim.peer, old.ltk, no_rand, 0);
	hangs_up();
	run_scenario_end(&peer);
}

static void encrypts_with_an_unknown_bond(void)
{
	static const uint8_t no_rand[8], key[16];

	run_scenario_begin(&peer, central);
	run_scenario_start(&peer, NO_OPTIONS);
	(void)raw_peer_encrypt(&sim.peer, key, no_rand, 0);
	hangs_up();
	run_scenario_end(&peer);
	assert_non_null(strstr(verdict.text, "a bond that is not known here"));
}

static void connects_and_fails(void)
{
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	reference_peer_begin(&peer, &sim.peer);
	peer.initiates = true;
	peer.auth |= AUTH_SC;
	reference_peer_features(&peer);
	reference_peer_public_keys(&peer);
	reference_peer_send(&peer, PDU_CONFIRM, "sixteen octets!!", 16);
	(void)raw_peer_unlinked(&sim.peer, WORLD_S);
}

/* The second attempt comes too soon after the first. */
static void comes_too_soon(void)
{
	run_scenario_begin_sc(&peer, central);
	program_start("listen --count 1");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	connects_and_fails();
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	reference_peer_send(&peer, PDU_REQUEST, "\x03\0\x09\x10\0\0", 6);
	raw_peer_expect_failed(&sim.peer, 0x09);
	(void)program_expect("explained", RAW_PEER_PATIENCE);
	(void)program_expect("result", RAW_PEER_PATIENCE);
	program_interrupt();
	(void)sim_ends();
}

/* ---- The table ------------------------------------------------------------------------------- */

/* clang-format off */
static const struct why whys[] = {
/* ---- An option or a bond of ours ---- */
{{"a debug key that --mitm refuses", BOTH, "", COMPARED, "--mitm", .prepare = debug_key_of_comparison},
 "refused-here", US, "refused because of --mitm: the peer uses the debug key", "--no-mitm", "--no-mitm"},
{{"Just Works that --method refuses", BOTH, "", JUST, "--io keyboard-display --method passkey", .prepare = NULL},
 "refused-here", US, "refused because of --method: it would be Just Works: ", "leave --method out", "leave --method out"},
{{"a passkey that --method refuses", BOTH, "", SHOWN, "--io keyboard-display --method numeric_comparison", .prepare = NULL},
 "refused-here", US, "refused because of --method: it would be Passkey Entry", "leave --method out", "leave --method out"},
{{"Just Works that --mitm refuses", BOTH, "", SHOWN, "--mitm", .prepare = no_io},
 "refused-here", US, "refused because of --mitm: the peer has no input", "--no-mitm", "--no-mitm"},
{{"legacy pairing that --sc only refuses", BOTH, "", JUST, "--sc only", .prepare = legacy_only},
 "refused-here", US, "refused because of --sc only: ", "--sc prefer", "--sc prefer"},
{{"a key that --min-key-size refuses", BOTH, "", JUST, .prepare = key_of_15},
 "refused-here", US, "refused because of --min-key-size: ", "--min-key-size accepts", "--min-key-size accepts"},
{{"a bond that --sc off would weaken", P, "", .play = weakened_by_sc_off},
 "refused-here", US, "refused because of --sc off: the bond with this device", "leave --sc off out", "leave --sc off out"},
{{"Just Works over a bond", P, "", .play = just_works_again},
 "refused-here", US, "refused: there is a bond with this device", "although it has it: --replace-bond", "although it has it: --replace-bond"},
{{"a peer that wants more than its bond gives", P, "", .play = just_works_again_with_mitm},
 "refused-here", US, "refused: there is a bond with this device", "the peer may still have the bond", "the peer may still have the bond"},
{{"out-of-band data of another pairing", BOTH, "", OOB, .alter = has_other_oob_data},
 "refused-here", PEER, "refused: the peer's confirm value does not match: its out-of-band data", "fresh data", "fresh data"},
{{"numbers that differ", BOTH, "", COMPARED, "--confirm no", .prepare = NULL},
 "refused-here", US, "refused: the user answered", "if the two numbers did not differ", "if the two numbers did not differ"},
{{"a bond that --mitm refuses", P, "", .play = encrypts_below_the_policy},
 "refused-here", US, "it is not authenticated, and --mitm was given", "leave that option out", "leave that option out"},
{{"a bond that is not known here", P, "", .play = encrypts_with_an_unknown_bond},
 "bond-refused-here", US, "no key for this central", "remove the bond on the peer", "remove the bond on the peer"},
/* ---- Our user, and our limits ---- */
{{"Ctrl-C", BOTH, "", JUST, .at = PDU_RANDOM, .then_do = gives_up},
 "cancelled-here", US, "the user here gave up", "try again", ""},
{{"Ctrl-C while a passkey is awaited", BOTH, "", SHOWN, .at = PDU_CONFIRM, .then_do = gives_up},
 "cancelled-here", US, "the user here gave up", "try again", ""},
{{"verify that is interrupted", C, "", .play = verify_is_interrupted},
 "cancelled-here", US, "the user here gave up", "try again", ""},
{{"--timeout during pairing", BOTH, "", JUST, "--timeout 10", .at = PDU_RANDOM, .then_do = waits_20_s},
 "limit-here", US, "--timeout is over before Pairing Random: the ", "--timeout", "--timeout"},
{{"--timeout while keys are awaited", BOTH, "", JUST, "--timeout 10", .at = PDU_IDENTITY_ADDRESS, .then_do = waits_20_s},
 "limit-here", US, "--timeout is over before Identity Address Information: the ", "--timeout", "--timeout"},
{{"verify of a silent peer", C, "", .play = verify_of_a_silent_peer},
 "limit-here", US, "--timeout is over before encryption: the responder had to act", "--timeout", "--timeout"},
{{"verify of a peer that vanishes", C, "", .play = verify_of_a_peer_that_vanishes},
 "supervision-timeout", NOBODY, "the link was lost", "move closer", "out of range"},
{{"our user does not answer", C, "", COMPARED, .prepare = nobody_answers, .then_do = is_silent},
 "limit-here", US, "the user here did not answer within 30 s", "--confirm", "--confirm"},
{{"a controller that stops working", C, "", JUST, .at = PDU_RANDOM, .then_do = controller_is_mute},
 "controller-failed", NOBODY, "the controller did not answer Disconnect", "plug it in again", ""},
/* ---- Encryption in a first pairing: there is no bond to remove ---- */
{{"a first pairing for which the peer has no key", C, "", JUST, .prepare = has_no_key},
 "encryption-refused", PEER, "had no key for the encryption that ends this pairing", "pair again; ", "pair again; "},
{{"a first pairing in which the peer reports no key", P, "", LEGACY, .prepare = has_no_key},
 "encryption-refused", NOBODY, "encryption did not start", "pair again; ", "pair again; "},
{{"a first pairing with different keys", BOTH, "", JUST, .prepare = has_another_key},
 "mic-failure", NOBODY, "different keys", "pair again; ", "pair again; "},
{{"encryption that the peer does not answer", BOTH, "", JUST, .prepare = does_not_answer_encryption},
 "encryption-refused", NOBODY, "encryption did not start", "move closer", "stopped answering"},
/* ---- What the peer sent ---- */
{{"a second Pairing Request", P, "", JUST, .at = PDU_PUBLIC_KEY, .then_do = requests_again},
 "out-of-turn", PEER, "sent another Pairing Request before the first pairing had ended", "in their order", "-w FILE"},
{{"a second Pairing Request at the end of phase 2", P, "", LEGACY, .at = PDU_RANDOM, .then_do = requests_again},
 "out-of-turn", PEER, "sent another Pairing Request before the first pairing had ended", "in their order", "-w FILE"},
{{"a repeated Pairing Confirm, legacy", BOTH, "", LEGACY, .at = PDU_RANDOM, .then_do = confirms_again},
 "out-of-turn", PEER, "it had sent it before", "in their order", "-w FILE"},
{{"a repeated Pairing Confirm, Just Works", C, "", JUST, .at = PDU_RANDOM, .then_do = confirms_again},
 "out-of-turn", PEER, "it had sent it before", "in their order", "-w FILE"},
{{"a repeated Pairing Confirm, passkey", BOTH, "", SHOWN, .at = PDU_RANDOM, .then_do = confirms_again},
 "out-of-turn", PEER, "sent Pairing Confirm when its Pairing Random was due", "in their order", "-w FILE"},
{{"a Keypress Notification without a passkey", BOTH, "", JUST, .at = PDU_RANDOM, .then_do = presses_a_key},
 "out-of-turn", PEER, "sent Keypress Notification, although no passkey is entered", "in their order", "-w FILE"},
{{"a zero LTK, to the central", C, "", LEGACY, .prepare = zero_ltk},
 "constant-key", PEER, "LTK is one octet repeated", "random generator", "--resp-keys without enc"},
{{"a zero LTK, to the peripheral", P, "", LEGACY, .prepare = zero_ltk},
 "constant-key", PEER, "LTK is one octet repeated", "random generator", "--init-keys without enc"},
{{"a zero CSRK, to the central", C, "", JUST, "--resp-keys enc,id,sign", .prepare = zero_csrk},
 "constant-key", PEER, "CSRK is one octet repeated", "random generator", "--resp-keys without sign"},
{{"an identity that is none, to the central", C, "", JUST, .alter = claims_a_resolvable_identity},
 "invalid-identity", PEER, "neither public nor static random", "static random", "--resp-keys without id"},
{{"an identity that is none, to the peripheral", P, "", JUST, .alter = claims_a_resolvable_identity},
 "invalid-identity", PEER, "neither public nor static random", "static random", "--init-keys without id"},
{{"a peer that hangs up while it sends keys", BOTH, "", JUST, .at = PDU_IDENTITY_ADDRESS, .then_do = hangs_up},
 "disconnected-early", PEER, "disconnected too early, before Identity Address Information", "the end that disconnected", "the peer disconnected"},
{{"a passkey of legacy pairing that differs", BOTH, "", LEGACY_SHOWN, .prepare = differs_in_a_bit},
 "passkeys-differ", NOBODY, "the two ends used different passkeys", "try again", "same passkey"},
{{"a passkey that differs", BOTH, "", SHOWN, .prepare = differs_in_a_bit},
 "passkeys-differ", NOBODY, "the two ends used different passkeys", "try again", "same passkey"},
{{"a peer that accepts Secure Connections only", C, "", LEGACY, .at = PDU_RESPONSE, .reason = 0x03},
 "mitm-refused", PEER, "legacy pairing only", "offer Secure Connections", "leave --sc off out"},
{{"a peer that demands protection", C, "", JUST, .at = PDU_RESPONSE, .reason = 0x03},
 "mitm-refused", PEER, "no MITM", "IO capability", "--io keyboard-display"},
{{"a peer that protects its bond", C, "", .play = peer_refuses_to_pair_again},
 "mitm-refused", PEER, "refused to pair anew: it has a bond with this initiator", "remove it at the peer", "the likely cause is the bond"},
};
/* clang-format on */

/* ---- Beside the table ------------------------------------------------------------------------ */

static void without_the_zero_key_the_same_peer_pairs(void **state)
{
	(void)state;
	for (int role = P; role <= C; role++) {
		central = role == C;
		pairing_scenario_begin(&pairing_scenarios[LEGACY], central, &peer);
		zero_ltk();
		pairing_scenario_start(&pairing_scenarios[LEGACY], &peer,
				       central ? "--resp-keys id,sign" : "--init-keys id,sign");
		assert_true(reference_peer_pair(&peer));
		if (!central)
			hangs_up();
		run_scenario_end(&peer);
		assert_string_equal(verdict.class, "ok");
	}
}

static void the_total_of_a_listener_counts_from_the_connection(void **state)
{
	const json_t *total;

	(void)state;
	run_scenario_begin_sc(&peer, false);
	program_start("listen --count 1");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	world_pass(50 * WORLD_S);
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	assert_true(reference_peer_pair(&peer));
	hangs_up();
	run_scenario_end(&peer);
	total = json_object_get(json_object_get(program_event("result"), "timings"), "total_ms");
	assert_true(json_number_value(total) > 0 && json_number_value(total) < 2000);
}

static void an_attempt_that_comes_too_soon_is_told_to_wait(void **state)
{
	(void)state;
	central = false;
	comes_too_soon();
	assert_string_equal(field(cause(), "id"), "refused-here");
	assert_string_equal(field(cause(), "by"), "responder");
	assert_non_null(strstr(field(cause(), "text"), "failed lately"));
	assert_non_null(strstr(field(cause(), "fix"), "wait before the next attempt"));
}

static void an_answer_given_in_advance_is_not_asked_for(void **state)
{
	(void)state;
	run_scenario_begin(&peer, true);
	peer.io = IO_DISPLAY;
	peer.method = PASSKEY;
	peer.auth |= AUTH_MITM;
	peer.users_away = true;
	run_scenario_start(&peer, "--io keyboard --passkey 123456");
	peer.passkey = 123456;
	assert_true(reference_peer_pair(&peer));
	run_scenario_end(&peer);
	assert_string_equal(field(program_event("passkey"), "action"), "given");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)

int main(void)
{
	const struct CMUnitTest others[] = {
		TEST(without_the_zero_key_the_same_peer_pairs),
		TEST(the_total_of_a_listener_counts_from_the_connection),
		TEST(an_attempt_that_comes_too_soon_is_told_to_wait),
		TEST(an_answer_given_in_advance_is_not_asked_for),
	};
	struct CMUnitTest tests[COUNT(whys) + COUNT(others)];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(whys); i++)
		tests[n++] = (struct CMUnitTest){whys[i].run.id, test_why, sim_begin, clean_up,
						 (void *)(uintptr_t)&whys[i]};
	for (size_t i = 0; i < COUNT(others); i++)
		tests[n++] = others[i];
	return _cmocka_run_group_tests("sim/why", tests, n, NULL, NULL);
}
