/* SPDX-License-Identifier: MIT */
/*
 * No false alarms: more than 200 correct pairings of blepair with an independent peer, in both
 * roles, captured by blepair itself: legacy and Secure Connections, all pairs of IO capabilities,
 * out of band, several key distributions. Each must be judged as a success, and the only findings
 * are hints and remarks on Just Works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/verdict.h"
#include "sim/captured.h"
#include "sim/run_scenario.h"

static char file[] = "/tmp/blepair-explain-XXXXXX";
static struct explain_history memory;
static struct explain_verdict judged;
static unsigned attempts;
static const struct reference_peer *partner;
static bool search; /* for the passkey, which takes long */
static size_t pairings, right;

/* The values that were compared with the capture. */
static void check_values(const struct explain_facts *facts)
{
	for (size_t i = 0; i < facts->value_count; i++) {
		assert_int_not_equal(facts->values[i].result, EXPLAIN_WRONG);
		assert_int_not_equal(facts->values[i].result, EXPLAIN_EXPLAINED);
		right += facts->values[i].result == EXPLAIN_RIGHT;
	}
}

static bool is_allowed(const struct explain_finding *f)
{
	/* Just Works when the ends could do more or asked for more; from 6.2 on, a legacy passkey.
	 */
	if (strcmp(f->check->id, "mitm-unmet") == 0)
		return partner->method == JUST_WORKS ||
		       (partner->method == PASSKEY && !partner->sc);
	return f->check->severity == EXPLAIN_HINT ||
	       (partner->method == JUST_WORKS && strcmp(f->check->id, "io-unused") == 0) ||
	       strcmp(f->check->id, "signing-key") == 0;
}

static void finished(void *ctx, const struct explain_attempt *attempt)
{
	(void)ctx;
	if (!verdict_is_worth_reporting(attempt))
		return;
	attempts++;
	unsigned searches = search ? 1 : 0;
	verdict_judge(attempt, &memory, &searches, &judged);
	assert_string_equal(verdict_outcome_slug(judged.outcome), "paired");
	assert_int_equal(judged.facts.features.secure_connections, partner->sc);
	assert_int_equal(judged.facts.features.key_size, partner->negotiated_size);
	for (size_t i = 0; i < judged.count; i++)
		if (!is_allowed(&judged.findings[i]))
			fail_msg("%s: %s", judged.findings[i].check->id, judged.findings[i].text);
	check_values(&judged.facts);
}

static void explain(const struct reference_peer *p)
{
	memset(&memory, 0, sizeof(memory));
	attempts = 0;
	partner = p;
	assert_true(captured_read(file, finished));
	assert_int_equal(attempts, 1);
	pairings++;
}

static enum reference_peer_method method_of(uint8_t i, uint8_t r, bool sc)
{
	enum reference_peer_method method = run_scenario_method(i, r);

	if (sc || method != COMPARISON)
		return method;
	return i == IO_KEYBOARD_DISPLAY || r == IO_KEYBOARD_DISPLAY ? PASSKEY : JUST_WORKS;
}

static void pair_all(bool sc, bool central, uint8_t init_keys, uint8_t resp_keys)
{
	struct reference_peer p;

	for (uint8_t own = IO_DISPLAY; own <= IO_KEYBOARD_DISPLAY; own++) {
		for (uint8_t other = IO_DISPLAY; other <= IO_KEYBOARD_DISPLAY; other++) {
			(sc ? run_scenario_begin_sc : run_scenario_begin)(&p, central);
			p.io = other;
			p.auth |= AUTH_MITM;
			p.passkey = 271828;
			p.init_keys = init_keys;
			p.resp_keys = resp_keys;
			p.method = central ? method_of(own, other, sc) : method_of(other, own, sc);
			assert_true(run_scenario(&p,
						 "--no-store -w %s --io %s --init-keys "
						 "enc,id,sign --resp-keys enc,id,sign",
						 file, run_scenario_io(own)));
			explain(&p);
		}
	}
}

static void test_legacy(void **state)
{
	(void)state;
	pair_all(false, true, KEY_ENC | KEY_ID | KEY_SIGN, KEY_ENC | KEY_ID | KEY_SIGN);
	pair_all(false, false, KEY_ENC | KEY_ID | KEY_SIGN, KEY_ENC | KEY_ID | KEY_SIGN);
	pair_all(false, true, 0, KEY_ENC);
	pair_all(false, false, KEY_SIGN, KEY_ENC | KEY_SIGN);
}

static void test_a_passkey_is_found(void **state)
{
	struct reference_peer p;

	(void)state;
	search = true;
	run_scenario_begin(&p, true);
	p.io = IO_DISPLAY;
	p.auth |= AUTH_MITM;
	p.passkey = 14142;
	p.method = PASSKEY;
	assert_true(run_scenario(&p, "--no-store -w %s --io keyboard", file));
	explain(&p);
	search = false;
	assert_int_equal(judged.facts.passkey[0], 14142);
	assert_int_equal(judged.facts.passkey[1], 14142);
	assert_true(judged.facts.has_stk);
	assert_int_equal(judged.facts.key.result, EXPLAIN_RIGHT);
}

static void test_secure_connections(void **state)
{
	(void)state;
	pair_all(true, true, KEY_ID | KEY_SIGN, KEY_ID | KEY_SIGN);
	pair_all(true, false, KEY_ID | KEY_SIGN, KEY_ID | KEY_SIGN);
	pair_all(true, true, KEY_ID, 0);
	pair_all(true, false, 0, 0);
}

static void test_out_of_band(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = 0; central < 2; central++) {
		run_scenario_begin(&p, central);
		p.oob = 1;
		p.method = OUT_OF_BAND;
		memset(p.tk, 0x5a, sizeof(p.tk));
		p.tk[3] = 0x11;
		assert_true(run_scenario(&p, "--no-store -w %s %s", file, run_scenario_tk(&p)));
		explain(&p);
	}
}

/* Without any pairing, all tests above would pass. */
static void test_the_number_of_pairings(void **state)
{
	(void)state;
	print_message("%zu pairings, %zu values match\n", pairings, right);
	assert_true(pairings >= 203);
	assert_true(right >= 223);
}

static int tear_down(void **state)
{
	(void)unlink(file);
	return sim_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_legacy, sim_begin, sim_end),
		cmocka_unit_test_setup_teardown(test_a_passkey_is_found, sim_begin, sim_end),
		cmocka_unit_test_setup_teardown(test_secure_connections, sim_begin, sim_end),
		cmocka_unit_test_setup_teardown(test_out_of_band, sim_begin, tear_down),
		cmocka_unit_test(test_the_number_of_pairings),
	};
	int fd = mkstemp(file);

	if (fd < 0 || close(fd))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
