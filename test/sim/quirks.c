/* SPDX-License-Identifier: MIT */
/*
 * Real-world peers: unusual, slow or talkative, but within the specification. Each must pair in
 * every scenario and in both roles.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "sim/captured.h"
#include "sim/pairing_scenario.h"

static struct reference_peer p;
static char where[120]; /* scenario and role, for the message of a failure */

/*
 * Pairs in each scenario and role. prepare() makes the peer unusual, afterwards() is called when it
 * has paired (NULL: nothing); class is the expected result, says explain's expected summary.
 */
static void pair_in_every_scenario(void (*prepare)(void), void (*afterwards)(void),
				   const char *options, const char *class, const char *says)
{
	for (size_t i = 0; i < 2 * PAIRING_SCENARIOS; i++) {
		const struct pairing_scenario *scenario = &pairing_scenarios[i / 2];
		bool central = i % 2 == 0;

		(void)snprintf(where, sizeof(where), "%s, blepair is the %s", scenario->name,
			       central ? "central" : "peripheral");
		pairing_scenario_begin(scenario, central, &p);
		prepare();
		pairing_scenario_start(scenario, &p, options);
		assert_true(reference_peer_pair(&p));
		if (afterwards)
			afterwards();
		if (p.raw->link && p.initiates)
			raw_peer_disconnect(p.raw, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, class);
		assert_string_equal(program_errors(), "");
		/* From Core 6.2 on, a legacy passkey does not give what the initiator asks for. */
		bool unmet = strcmp(says, "paired") == 0 && scenario->method == PASSKEY &&
			     !scenario->secure;
		captured_says(!unmet	? says
			      : central ? "paired: - host mitm-unmet"
					: "paired: - peer mitm-unmet");
		captured_forget();
	}
	where[0] = '\0';
}

/* ---- Fragments of one octet, Vol 3 Part A 7.2.1 ---------------------------------------------- */

static void fragment_to_octets(void)
{
	p.raw->fragment = 1;
}

static void test_fragments_of_one_octet(void **state)
{
	(void)state;
	pair_in_every_scenario(fragment_to_octets, NULL, "", "ok", "paired");
}

/* ---- Slow peers ------------------------------------------------------------------------------ */

/* Vol 3 Part H 3.4: the 30 s run from our last PDU, so a random value and five keys share them. */
static void delay_each_pdu(void)
{
	p.delay = 4500 * WORLD_MS;
}

static void test_slow_peers(void **state)
{
	(void)state;
	pair_in_every_scenario(delay_each_pdu, NULL, "--timeout 3600", "ok", "paired");
}

/* ---- ATT and signalling between any two PDUs ------------------------------------------------- */

static unsigned asked;

static void send_requests(struct reference_peer *peer, uint8_t *pdu)
{
	static const uint8_t mtu[] = {0x02, 0xf7, 0x00},
			     services[] = {0x10, 1, 0, 0xff, 0xff, 0, 0x28};
	/* L2CAP_CONNECTION_PARAMETER_UPDATE_REQ, and an unknown command (Part A 4). */
	uint8_t update[] = {0x12, 0, 8, 0, 24, 0, 40, 0, 0, 0, 200, 0}, unknown[] = {0x7f, 0, 0, 0};
	struct raw_peer *t = peer->raw;

	(void)pdu;
	asked++;
	update[1] = unknown[1] = (uint8_t)(asked * 2 | 1);
	raw_peer_send(t, RAW_PEER_ATT, mtu, sizeof(mtu));
	raw_peer_send(t, RAW_PEER_ATT, services, sizeof(services));
	if (!peer->initiates) /* only a central gets this request, Part A 4.20 */
		raw_peer_send(t, RAW_PEER_SIGNALING, update, sizeof(update));
	raw_peer_send(t, RAW_PEER_SIGNALING, unknown, sizeof(unknown));
}

static void send_att_and_signalling(void)
{
	asked = 0;
	p.alter = send_requests;
}

/* Every request was answered with its identifier while the pairing went on. */
static void check_answers(void)
{
	const struct raw_peer *t = p.raw;
	unsigned att = 0, updates = 0, rejects = 0;
	uint8_t last = 0;

	world_pass(WORLD_S);
	for (size_t i = 0; i < t->count; i++) {
		const struct raw_peer_frame *f = &t->frames[i];
		if (f->sent && f->cid == RAW_PEER_SIGNALING)
			last = f->data[1];
		if (f->sent)
			continue;
		att += f->cid == RAW_PEER_ATT && (f->data[0] == 0x03 || f->data[0] == 0x01);
		updates += f->cid == RAW_PEER_SIGNALING && f->data[0] == 0x13;
		rejects += f->cid == RAW_PEER_SIGNALING && f->data[0] == 0x01;
		if (f->cid == RAW_PEER_SIGNALING)
			assert_true(f->data[1] && f->data[1] <= last);
	}
	assert_in_range(att, 2 * asked, 2 * asked);
	assert_in_range(rejects, asked, asked);
	assert_int_equal(updates, p.initiates ? 0 : asked);
}

static void test_att_and_signalling_in_the_middle(void **state)
{
	(void)state;
	pair_in_every_scenario(send_att_and_signalling, check_answers, "", "ok", "paired");
}

/* ---- A late Security Request, Vol 3 Part H 2.4.6 --------------------------------------------- */

static void request_security(struct reference_peer *peer, uint8_t *pdu)
{
	const uint8_t request[] = {PDU_SECURITY_REQUEST, peer->auth};

	/* It crosses the Pairing Request, or is repeated during the pairing. */
	if (!peer->initiates && pdu[0] == PDU_RESPONSE)
		raw_peer_send(peer->raw, RAW_PEER_SMP, request, sizeof(request));
}

static void request_security_at_response(void)
{
	p.alter = request_security;
}

static void test_a_security_request_that_crosses(void **state)
{
	(void)state;
	pair_in_every_scenario(request_security_at_response, NULL, "", "ok", "paired");
}

/* ---- Pairing Failed after the keys ----------------------------------------------------------- */

static void fail_after_the_keys(void)
{
	const uint8_t failed[] = {PDU_FAILED, 0x08};

	raw_peer_send(p.raw, RAW_PEER_SMP, failed, sizeof(failed));
	world_pass(100 * WORLD_MS);
}

static void no_change(void)
{
}

/* The peer has rejected our keys, so the bond would be useless. */
static void test_pairing_failed_after_the_keys(void **state)
{
	(void)state;
	pair_in_every_scenario(no_change, fail_after_the_keys, "", "peer_refused",
			       "refused: peer reason-unspecified");
}

/* ---- Resolvable private addresses, Vol 6 Part B 1.3.2.2 -------------------------------------- */

static void use_resolvable_address(void)
{
	struct crypto_address *on_air = &p.raw->air.address;
	uint8_t *octets = on_air->octets;

	octets[5] = (uint8_t)(0x40 | (octets[5] & 0x3f));
	on_air->type = 1;
	assert_int_equal(crypto_ah(p.own.irk, octets + 3, octets), 0);
}

static void test_resolvable_private_addresses(void **state)
{
	char text[32];

	(void)state;
	for (int central = 0; central < 2; central++) {
		run_scenario_begin(&p, central);
		use_resolvable_address();
		assert_true(run_scenario(&p, NO_OPTIONS));
		const json_t *peer = json_object_get(program_event("result"), "peer");
		assert_string_equal(
			json_string_value(
				json_object_get(json_object_get(peer, "identity"), "address")),
			strtok(strcpy(text, raw_peer_text(&p.own.identity, (char[32]){0})), "/"));
	}
	captured_says("paired");
	captured_forget();
	pair_in_every_scenario(use_resolvable_address, NULL, "", "ok", "paired");
}

/* ---- Keys beyond the request: Invalid Parameters, Vol 3 Part H 3.6.1 ------------------------- */

static uint8_t beyond_init, beyond_resp;

static void ask_for_more(struct reference_peer *peer, uint8_t *pdu)
{
	(void)peer;
	if (pdu[0] == PDU_RESPONSE) {
		pdu[5] |= beyond_init;
		pdu[6] |= beyond_resp;
	}
}

static void test_keys_beyond_the_request(void **state)
{
	static const char *const options[] = {"--init-keys none --resp-keys none",
					      "--init-keys enc --resp-keys id",
					      "--sc off --init-keys id --resp-keys none"};

	(void)state;
	for (unsigned i = 0; i < 3 * 4 * 2; i++) {
		uint8_t bit = (uint8_t)(1 << (i / 2 % 4));
		const char *words = options[i / 8];
		bool offered = i / 8 == 1 && bit == (i & 1 ? 2 : 1);

		offered |= i / 8 == 2 && bit == 2 && !(i & 1);
		if (offered)
			continue;
		(void)snprintf(where, sizeof(where), "%s: key 0x%02x of the %s", words, bit,
			       i & 1 ? "responder" : "initiator");
		beyond_init = i & 1 ? 0 : bit;
		beyond_resp = i & 1 ? bit : 0;
		run_scenario_begin(&p, true);
		p.alter = ask_for_more;
		run_scenario_refused(&p, 0x0a, words);
	}
	captured_says("refused: peer keys-not-offered");
	where[0] = '\0';
}

static int clean_up(void **state)
{
	if (*where)
		print_error("%s\n", where);
	where[0] = '\0';
	captured_forget();
	return sim_end(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(test_fragments_of_one_octet),
		TEST(test_slow_peers),
		TEST(test_att_and_signalling_in_the_middle),
		TEST(test_a_security_request_that_crosses),
		TEST(test_pairing_failed_after_the_keys),
		TEST(test_resolvable_private_addresses),
		TEST(test_keys_beyond_the_request),
	};
	return cmocka_run_group_tests(tests, captured_begin, captured_end);
}
