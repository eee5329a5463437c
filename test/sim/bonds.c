/* SPDX-License-Identifier: MIT */
/* An existing bond: whether it is used, and whether a new pairing may replace it. */
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "sim/captured.h"
#include "sim/pairing_scenario.h"

enum { CENTRAL = 1, PERIPHERAL = 0 }; /* the program's role */

static const uint8_t no_rand[8];

/* Creates a bond by this scenario, with that key size, in a new store. */
static struct reference_peer bond(const struct pairing_scenario *scenario, bool central,
				  uint8_t key_size)
{
	struct reference_peer p;
	char options[128];

	run_scenario_forget();
	pairing_scenario_begin(scenario, central, &p);
	p.key_size = key_size;
	(void)snprintf(options, sizeof(options), "--min-key-size 7 %s", run_scenario_bonds());
	pairing_scenario_start(scenario, &p, options);
	assert_true(reference_peer_pair(&p));
	if (p.raw->link && !central)
		raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "ok");
	return p;
}

/* Encrypts with the bond. Returns the status that the peer sees; 0xff: encryption was not
 * requested. */
static uint8_t use(const struct reference_peer *old, bool central, const char *options)
{
	struct reference_peer p;
	uint8_t status = 0xff;

	run_scenario_begin(&p, central);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, old->sc ? old->ltk : old->own.ltk, 16);
	run_scenario_start(&p, "%s%s %s", central ? "verify " : "", options, run_scenario_bonds());
	if (!central) {
		status = raw_peer_encrypt(&sim.peer, old->sc ? old->ltk : old->received.ltk,
					  old->sc ? no_rand : old->received.rand,
					  old->sc ? 0 : old->received.ediv);
		raw_peer_disconnect(&sim.peer, 0x13);
	}
	run_scenario_end(&p);
	if (central && sim.peer.encryptions)
		status = sim.peer.encryption_status;
	return status;
}

/* A bond weaker than the options require is not used, in either role. */
static void test_a_bond_below_the_policy(void **state)
{
	static const struct {
		const char *options[2]; /* by role; NULL: verify has no such option */
		const char *says;
		const struct pairing_scenario *scenario;
		uint8_t key_size;
	} cases[] = {
		{{"--sc only", NULL},
		 "it was made by legacy pairing, and --sc only was given",
		 &pairing_scenarios[0],
		 16},
		{{"--mitm --io keyboard-display", "--mitm"},
		 "it is not authenticated, and --mitm was given",
		 &pairing_scenarios[5],
		 16},
		{{"--mitm --io keyboard-display", "--mitm"}, /* Core 6.2: legacy Passkey Entry */
		 "it is not authenticated, and --mitm was given",
		 &pairing_scenarios[1],
		 16},
		{{"--min-key-size 16", "--min-key-size 16"},
		 "its key is shorter than --min-key-size",
		 &pairing_scenarios[5],
		 7},
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		const int central = i % 2 ? PERIPHERAL : CENTRAL;
		const size_t n = i / 2;

		if (!cases[n].options[central])
			continue;
		struct reference_peer old = bond(cases[n].scenario, central, cases[n].key_size);

		assert_int_equal(use(&old, central, "--min-key-size 7"), 0);
		assert_string_equal(program_result("result"), "encrypted");
		if (central) {
			assert_int_equal(use(&old, central, cases[n].options[central]), 0xff);
			assert_string_equal(verdict.class, "we_refused");
			assert_string_equal(verdict.detail, cases[n].says);
		} else {
			/* The central gets PIN or Key Missing. */
			assert_int_equal(use(&old, central, cases[n].options[central]), 0x06);
			assert_string_not_equal(verdict.class, "ok");
		}
	}
	/* As central blepair does not request encryption; as peripheral it refuses. */
	captured_says("paired; encrypted; bond_lost: host bond-refused-here; "
		      "paired: - host mitm-unmet; paired: - peer mitm-unmet; "
		      "paired: - peer small-key");
}

/*
 * The pairing succeeds, but the store keeps the bond that it has: that is no success, in the exit
 * code, in the text and in what the store keeps of the attempt.
 */
static void pair_and_be_rejected(struct reference_peer *p, const char *says)
{
	run_scenario_start(p, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(p));
	if (p->raw->link && p->initiates)
		raw_peer_disconnect(p->raw, 0x13);
	run_scenario_end(p);
	assert_string_equal(verdict.class, "we_refused");
	assert_non_null(strstr(verdict.text, "this bond is not kept"));
	assert_non_null(strstr(verdict.detail, says));
	if (p->initiates) /* the last result is that of listen, which goes on */
		return;
	assert_string_equal(program_result("result"), "failed");
	assert_true(json_is_false(json_object_get(program_event("result"), "bonded")));
	assert_null(json_object_get(program_event("result"), "method"));
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));
}

/*
 * A device with an unknown address claims the identity of a bonded device. That proves nothing: the
 * other device keeps its bond.
 */
static void test_an_identity_that_is_only_claimed(void **state)
{
	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		struct reference_peer old = bond(&pairing_scenarios[5], central, 16), p;
		struct crypto_address *on_air;

		run_scenario_begin_sc(&p, central);
		on_air = &p.raw->air.address;
		on_air->octets[5] = (uint8_t)(0x40 | (on_air->octets[5] & 0x3f));
		assert_int_equal(crypto_ah(p.own.irk, on_air->octets + 3, on_air->octets), 0);
		pair_and_be_rejected(&p, "claims the identity of another device that there is a "
					 "bond with, C0:FF:EE:00:00:01");
		assert_int_equal(use(&old, central, "--quiet"), 0);
		assert_string_equal(program_result("result"), "encrypted");
	}
	/* The bonded device itself, recognized by its address, replaces its bond. */
	struct reference_peer old = bond(&pairing_scenarios[5], CENTRAL, 16), p;

	run_scenario_begin_sc(&p, CENTRAL);
	assert_true(run_scenario(&p, "--replace-bond %s", run_scenario_bonds()));
	assert_true(json_is_true(json_object_get(program_event("result"), "replaced")));
	assert_non_null(strstr(verdict.text, "bonded (the old bond was replaced)"));
	assert_int_equal(use(&p, CENTRAL, "--quiet"), 0);
	assert_int_not_equal(use(&old, CENTRAL, "--quiet"), 0);
	captured_says("paired; encrypted; not_encrypted: nobody mic-failure");
}

static void claim_the_first(struct reference_peer *p, uint8_t *pdu)
{
	const struct reference_peer_keys *first = p->ctx;

	if (pdu[0] == PDU_IDENTITY_ADDRESS)
		memcpy(pdu + 2, first->identity.octets, 6);
}

/* A peer that hides behind an address made with this IRK. */
static void begin_hidden(struct reference_peer *p, const uint8_t irk[16])
{
	struct crypto_address *on_air;

	run_scenario_begin_sc(p, CENTRAL);
	memcpy(p->own.irk, irk, 16);
	on_air = &p->raw->air.address;
	on_air->octets[5] = (uint8_t)(0x40 | (on_air->octets[5] & 0x3f));
	assert_int_equal(crypto_ah(irk, on_air->octets + 3, on_air->octets), 0);
}

/*
 * A device whose private address is that of a bond does not have its key, and claims the identity
 * of another bond. A batch, which has nobody to ask, pairs with it: it may be a third device with
 * the same IRK. Neither bond entitles it to take the place of the other: both stay as they are, and
 * the unit is not paired.
 */
static void test_the_identity_of_another_bond(void **state)
{
	static const uint8_t irk[16] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct reference_peer first = bond(&pairing_scenarios[5], CENTRAL, 16), second, p;

	(void)state;
	begin_hidden(&second, irk);
	second.own.identity.octets[0] ^= 0xff;
	assert_true(run_scenario(&second, "%s", run_scenario_bonds()));

	begin_hidden(&p, irk);
	p.alter = claim_the_first;
	p.ctx = &first.own;
	program_start("batch --match rssi=-127 %s", run_scenario_bonds());
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_true(reference_peer_pair(&p));
	const json_t *unit = program_expect("unit", 10 * WORLD_S);
	assert_string_equal(json_string_value(json_object_get(unit, "result")), "failed");
	assert_string_equal(json_string_value(json_object_get(unit, "class")), "we_refused");
	assert_non_null(strstr(json_string_value(json_object_get(unit, "detail")),
			       "claims the identity of another device"));
	assert_int_equal(sim.peer.encryptions, 1); /* with the new key only */
	program_interrupt();
	(void)sim_ends();

	assert_int_equal(use(&first, CENTRAL, "--quiet"), 0);
	assert_string_equal(program_result("result"), "encrypted");
	begin_hidden(&p, irk);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, second.ltk, 16);
	run_scenario_start(&p, "verify %s", run_scenario_bonds());
	run_scenario_end(&p);
	assert_string_equal(program_result("result"), "encrypted");
	captured_says("paired; bond_lost: peer no-bond; encrypted");
}

/*
 * Two devices whose firmware has one IRK, under the same private address: each keeps its bond, each
 * bond works with its own device, and the IRK is reported.
 */
static void two_devices_with_one_irk_have_two_bonds(void **state)
{
	static const uint8_t irk[16] = "the firmware's";
	struct reference_peer devices[2], p;
	char identity[32];

	(void)state;
	run_scenario_forget();
	for (size_t i = 0; i < COUNT(devices); i++) {
		begin_hidden(&devices[i], irk);
		devices[i].own.identity.octets[0] = (uint8_t)i;
		assert_true(run_scenario(&devices[i], "--replace-bond %s", run_scenario_bonds()));
		assert_string_equal(program_result("irk"), i ? "shared" : "");
		assert_true(json_is_false(json_object_get(program_event("result"), "replaced")));
	}
	assert_non_null(strstr(program_result("detail"), "also that of another device"));
	for (size_t i = 0; i < COUNT(devices); i++) {
		begin_hidden(&p, irk);
		sim.peer.has_ltk = true;
		memcpy(sim.peer.ltk, devices[i].ltk, 16);
		program_start("verify %s %s", run_scenario_bonds(),
			      raw_peer_text(&devices[i].own.identity, identity));
		raw_peer_advertise(&sim.peer);
		assert_int_equal(program_ends(100 * WORLD_S), CLI_OK);
		assert_string_equal(program_result("result"), "encrypted");
	}
	/* All of them, while only the second is near. */
	begin_hidden(&p, irk);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, devices[1].ltk, 16);
	program_start("verify --all --scan-timeout 2 %s", run_scenario_bonds());
	raw_peer_advertise(&sim.peer);
	(void)program_expect("result", 100 * WORLD_S);
	raw_peer_advertise(&sim.peer);
	(void)program_ends(100 * WORLD_S);
	assert_string_equal(program_result("text"), "1 of 2 bonds works");
	captured_says("paired; encrypted; not_encrypted: nobody mic-failure");
}

/* Legacy pairing may distribute no key. Nothing is stored then, and no bond is reported. */
static void a_pairing_without_keys_makes_no_bond(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		run_scenario_forget();
		run_scenario_begin(&p, central);
		p.init_keys = p.resp_keys = 0;
		assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
		assert_false(verdict.bonded);
		assert_non_null(strstr(verdict.text, "no bond"));
		assert_non_null(strstr(verdict.detail, "no LTK was exchanged"));

		program_start("verify %s " RAW_PEER_ADDRESS, run_scenario_bonds());
		raw_peer_advertise(&sim.peer);
		assert_int_equal(program_ends(100 * WORLD_S), CLI_USAGE);
		assert_non_null(strstr(program_result("text"), "there is no bond with"));
	}
	captured_says("paired");
}

static size_t lose_the_keys(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_ACL && packet[7] == RAW_PEER_SMP &&
	    packet[9] == PDU_IDENTITY_INFORMATION)
		air_remove(&sim.peer.air);
	return len;
}

/*
 * The peer is carried away while our keys are on their way. It has no bond then; the controller
 * reports the loss after the supervision timeout only, when the wait for a proof is long over.
 */
static void a_pairing_whose_last_keys_were_lost_makes_no_bond(void **state)
{
	static const struct {
		const char *options, *class, *text;
	} cases[] = {
		{"", "connection_failed", "the link broke after encryption"},
		{" --supervision-timeout 20000", "connection_failed",
		 "the link broke after encryption"},
		{" --timeout 2", "timed_out", "timed out: --timeout is over"},
	};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		run_scenario_forget();
		run_scenario_begin_sc(&p, CENTRAL);
		p.gives_up = true;
		sim.controller.from_host = lose_the_keys;
		run_scenario_start(&p, "%s%s", run_scenario_bonds(), cases[i].options);
		assert_false(reference_peer_pair(&p));
		run_scenario_end(&p);
		assert_string_equal(verdict.class, cases[i].class);
		assert_non_null(strstr(verdict.text, cases[i].text));

		program_start("verify %s " RAW_PEER_ADDRESS, run_scenario_bonds());
		assert_int_equal(program_ends(100 * WORLD_S), CLI_USAGE);
		assert_non_null(strstr(program_result("text"), "there is no bond with"));
	}
}

/* A peer that does not bond leaves the bond in the store in force, and the result says so. */
static void a_pairing_without_a_bond_leaves_the_old_one_in_force(void **state)
{
	struct reference_peer old = bond(&pairing_scenarios[5], CENTRAL, 16), p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	p.auth &= (uint8_t)~AUTH_BOND;
	assert_true(run_scenario(&p, "--replace-bond %s", run_scenario_bonds()));
	assert_false(verdict.bonded);
	assert_non_null(strstr(verdict.text, "no new bond: the old one stays in the store"));
	assert_int_equal(use(&old, CENTRAL, "--quiet"), 0);
	captured_says("paired; encrypted");
}

/* If only the existing bond is the reason for a refusal, the advice names --replace-bond. */
static void test_the_advice_names_replace_bond(void **state)
{
	struct reference_peer p;

	(void)state;
	(void)bond(&pairing_scenarios[8], CENTRAL, 16); /* authenticated: a passkey */
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	run_scenario_end(&p);
	assert_string_equal(verdict.class, "bond_lost");
	assert_int_equal(raw_peer_count(p.raw, 0), 0);
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));

	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_refused(&p, 0x03, "--mitm --io keyboard-display");
	assert_null(strstr(program_result("advice"), "--replace-bond"));
	captured_says("paired; bond_lost: peer no-bond; refused: host mitm-refused");
}

/* A bond that an older policy made authenticated, by Passkey Entry of legacy pairing. */
static struct reference_peer older_bond(bool central)
{
	const struct pairing_scenario *scenario = &pairing_scenarios[1];
	struct reference_peer p;
	char options[128];

	run_scenario_forget();
	pairing_scenario_begin(scenario, central, &p);
	(void)snprintf(options, sizeof(options), "--mitm --legacy-passkey-mitm --sc prefer %s",
		       run_scenario_bonds());
	pairing_scenario_start(scenario, &p, options);
	assert_true(reference_peer_pair(&p));
	if (p.raw->link && !central)
		raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
	assert_true(verdict.authenticated);
	return p;
}

static bool noted(void)
{
	const char *note = json_string_value(json_object_get(program_event("note"), "text"));

	return note && strstr(note, "does not count as authenticated any more");
}

/* From Core 6.2 on it is not: it is rated when it is read, in every command, and reported. */
static void test_a_bond_of_a_legacy_passkey_is_rated_again(void **state)
{
	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		struct reference_peer old = older_bond(central), p;

		assert_int_equal(use(&old, central, "--mitm --legacy-passkey-mitm"), 0);
		assert_string_equal(program_result("result"), "encrypted");
		assert_false(noted());
		assert_int_equal(use(&old, central, "--quiet"), 0);
		assert_true(
			json_is_false(json_object_get(program_event("result"), "authenticated")));
		assert_true(noted());
		assert_int_not_equal(use(&old, central, "--mitm"), 0);

		if (central)
			continue;
		/* A central that pairs again the same way does not prove that it is the same. */
		pairing_scenario_begin(&pairing_scenarios[1], central, &p);
		run_scenario_refused(&p, 0x03, run_scenario_bonds());
		pairing_scenario_begin(&pairing_scenarios[1], central, &p);
		assert_true(run_scenario(&p, "--io display --legacy-passkey-mitm %s",
					 run_scenario_bonds()));
	}
	captured_forget();
}

static int clean_up(void **state)
{
	run_scenario_forget();
	captured_forget();
	return sim_end(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(test_a_bond_below_the_policy),
		TEST(test_an_identity_that_is_only_claimed),
		TEST(test_a_bond_of_a_legacy_passkey_is_rated_again),
		TEST(test_the_advice_names_replace_bond),
		TEST(test_the_identity_of_another_bond),
		TEST(two_devices_with_one_irk_have_two_bonds),
		TEST(a_pairing_without_keys_makes_no_bond),
		TEST(a_pairing_whose_last_keys_were_lost_makes_no_bond),
		TEST(a_pairing_without_a_bond_leaves_the_old_one_in_force),
	};
	return cmocka_run_group_tests(tests, captured_begin, captured_end);
}
