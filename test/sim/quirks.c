/* SPDX-License-Identifier: MIT */
/*
 * Peers as they are met in the field: odd, slow or talkative, and within what the specification
 * lets them be. Each pairs, by every way and in both roles, and is paired with as if it were not.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "sim/captured.h"
#include "sim/pairing_scenario.h"

static struct reference_peer p;
static char place[120]; /* for the message of a failure */

/*
 * Pairs by each way in each role: prepare makes the partner odd, then_do is called once it has
 * paired, class is how it ends, and says what explain makes of it.
 */
static void every_way(void (*prepare)(void), void (*then_do)(void), const char *options,
		      const char *class, const char *says)
{
	for (size_t i = 0; i < 2 * WAYS; i++) {
		const struct pairing_scenario *way = &ways[i / 2];
		bool central = i % 2 == 0;

		(void)snprintf(place, sizeof(place), "%s, blepair is the %s", way->name,
			       central ? "central" : "peripheral");
		pairing_scenario_begin(way, central, &p);
		prepare();
		pairing_scenario_start(way, &p, options);
		assert_true(reference_peer_pair(&p));
		if (then_do)
			then_do();
		if (p.tester->link && p.initiates)
			raw_peer_disconnect(p.tester, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, class);
		assert_string_equal(program_errors(), "");
		captured_says(says);
		captured_forget();
	}
	place[0] = '\0';
}

/* ---- Fragments of one octet, Vol 3 Part A 7.2.1 ---------------------------------------------- */

static void in_crumbs(void)
{
	p.tester->fragment = 1;
}

static void test_fragments_of_one_octet(void **state)
{
	(void)state;
	every_way(in_crumbs, NULL, "", "ok", "paired");
}

/* ---- Slow peers ------------------------------------------------------------------------------ */

/* Vol 3 Part H 3.4: 30 s run from what we sent last, so that a random value and five keys share
 * them.
 */
static void slowly(void)
{
	p.dawdles = 4500 * WORLD_MS;
}

static void test_slow_peers(void **state)
{
	(void)state;
	every_way(slowly, NULL, "--timeout 3600", "ok", "paired");
}

/* ---- ATT and signalling between any two PDUs ------------------------------------------------- */

static unsigned asked;

static void talk(struct reference_peer *partner, uint8_t *pdu)
{
	static const uint8_t mtu[] = {0x02, 0xf7, 0x00},
			     services[] = {0x10, 1, 0, 0xff, 0xff, 0, 0x28};
	/* L2CAP_CONNECTION_PARAMETER_UPDATE_REQ, and a command that nobody knows (Part A 4). */
	uint8_t update[] = {0x12, 0, 8, 0, 24, 0, 40, 0, 0, 0, 200, 0}, unknown[] = {0x7f, 0, 0, 0};
	struct raw_peer *t = partner->tester;

	(void)pdu;
	asked++;
	update[1] = unknown[1] = (uint8_t)(asked * 2 | 1);
	raw_peer_send(t, RAW_PEER_ATT, mtu, sizeof(mtu));
	raw_peer_send(t, RAW_PEER_ATT, services, sizeof(services));
	if (!partner->initiates) /* the central is asked, Part A 4.20 */
		raw_peer_send(t, RAW_PEER_SIGNALING, update, sizeof(update));
	raw_peer_send(t, RAW_PEER_SIGNALING, unknown, sizeof(unknown));
}

static void talkative(void)
{
	asked = 0;
	p.alter = talk;
}

/* All was answered, with the identifier of the question, while the pairing went on. */
static void answered(void)
{
	const struct raw_peer *t = p.tester;
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
	every_way(talkative, answered, "", "ok", "paired");
}

/* ---- A Security Request first, Vol 3 Part H 2.4.6 -------------------------------------------- */

static void request_security(struct reference_peer *partner, uint8_t *pdu)
{
	const uint8_t request[] = {PDU_SECURITY_REQUEST, partner->auth};

	/* It crosses the Pairing Request, or comes once more while the two pair. */
	if (!partner->initiates && pdu[0] == PDU_RESPONSE)
		raw_peer_send(partner->tester, RAW_PEER_SMP, request, sizeof(request));
}

static void eager(void)
{
	p.alter = request_security;
}

static void test_a_security_request_that_crosses(void **state)
{
	(void)state;
	every_way(eager, NULL, "", "ok", "paired");
}

/* ---- Pairing Failed after all is done -------------------------------------------------------- */

static void change_mind(void)
{
	const uint8_t failed[] = {PDU_FAILED, 0x08};

	raw_peer_send(p.tester, RAW_PEER_SMP, failed, sizeof(failed));
	world_pass(100 * WORLD_MS);
}

static void nothing(void)
{
}

/* It did not take our keys then, whatever it thinks of them: the bond would be worth nothing. */
static void test_pairing_failed_after_the_keys(void **state)
{
	(void)state;
	every_way(nothing, change_mind, "", "peer_refused", "refused: peer reason-unspecified");
}

/* ---- Resolvable private addresses, Vol 6 Part B 1.3.2.2 -------------------------------------- */

static void privately(void)
{
	struct crypto_address *on_air = &p.tester->air.address;
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
		privately();
		assert_true(run_scenario(&p, NO_OPTIONS));
		const json_t *peer = json_object_get(program_event("result"), "peer");
		assert_string_equal(
			json_string_value(
				json_object_get(json_object_get(peer, "identity"), "address")),
			strtok(strcpy(text, raw_peer_text(&p.own.identity, (char[32]){0})), "/"));
	}
	captured_says("paired");
	captured_forget();
	every_way(privately, NULL, "", "ok", "paired");
}

/* ---- Keys beyond the request: Invalid Parameters, Vol 3 Part H 3.6.1 --------------------------
 */

static uint8_t beyond_init, beyond_resp;

static void ask_for_more(struct reference_peer *partner, uint8_t *pdu)
{
	(void)partner;
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
		(void)snprintf(place, sizeof(place), "%s: key 0x%02x of the %s", words, bit,
			       i & 1 ? "responder" : "initiator");
		beyond_init = i & 1 ? 0 : bit;
		beyond_resp = i & 1 ? bit : 0;
		run_scenario_begin(&p, true);
		p.alter = ask_for_more;
		run_scenario_refused(&p, 0x0a, words);
	}
	captured_says("refused: peer keys-not-offered");
	place[0] = '\0';
}

static int clean_up(void **state)
{
	if (*place)
		print_error("%s\n", place);
	place[0] = '\0';
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
