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
		      "paired: - peer small-key");
}

/*
 * A device with an unknown address claims the identity of a bonded device. That proves nothing: the
 * pairing succeeds, and the other device keeps its bond.
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
		assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
		assert_int_equal(use(&old, central, "--quiet"), 0);
		assert_string_equal(program_result("result"), "encrypted");
	}
	/* The bonded device itself, recognized by its address, replaces its bond. */
	struct reference_peer old = bond(&pairing_scenarios[5], CENTRAL, 16), p;

	run_scenario_begin_sc(&p, CENTRAL);
	assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
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
 * A device that has a bond pairs again, and claims the identity of another device that has one. Its
 * own bond does not entitle it to take the place of the other one: both bonds stay as they are.
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
	assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
	assert_non_null(strstr(json_string_value(json_object_get(program_event("note"), "text")),
			       "claims the identity of another device"));

	assert_int_equal(use(&first, CENTRAL, "--quiet"), 0);
	assert_string_equal(program_result("result"), "encrypted");
	begin_hidden(&p, irk);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, second.ltk, 16);
	run_scenario_start(&p, "verify %s", run_scenario_bonds());
	run_scenario_end(&p);
	assert_string_equal(program_result("result"), "encrypted");
	captured_says("paired; encrypted");
}

/* If only the existing bond is the reason for a refusal, the advice names --replace-bond. */
static void test_the_advice_names_replace_bond(void **state)
{
	struct reference_peer p;

	(void)state;
	(void)bond(&pairing_scenarios[8], CENTRAL, 16); /* authenticated: a passkey */
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_refused(&p, 0x03, run_scenario_bonds());
	assert_non_null(strstr(program_result("advice"), "--replace-bond"));

	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_refused(&p, 0x03, "--mitm --io keyboard-display");
	assert_null(strstr(program_result("advice"), "--replace-bond"));
	captured_says("paired; refused: host mitm-refused");
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
		TEST(test_the_advice_names_replace_bond),
		TEST(test_the_identity_of_another_bond),
		TEST(test_the_advice_names_replace_bond),
	};
	return cmocka_run_group_tests(tests, captured_begin, captured_end);
}
