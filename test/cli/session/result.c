/* SPDX-License-Identifier: MIT */
/* What a session reports, keeps in the store, and counts for or against the peer. */
#include <stdio.h>
#include <string.h>

#include "cli/notes.h"
#include "cli/session/one_link.h"
#include "cli/store/write.h"
#include "hci/error.h"
#include "session/internal.h"
#include "sim/pairing_scenario.h"
#include "smp/reason.h"
#include "unit.h"

#define CENTRAL	   true
#define PERIPHERAL false

static const char *field(const char *event, const char *name)
{
	const char *text = json_string_value(json_object_get(program_event(event), name));

	return text ? text : "";
}

static const json_t *part(const char *event, const char *name)
{
	return json_object_get(program_event(event), name);
}

static void assert_list(const json_t *list, const char *expected)
{
	char text[64] = "";
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
	{
		size_t len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
			       json_string_value(name));
	}
	assert_string_equal(text, expected);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void the_features_event_has_what_both_offered(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	p.method = PASSKEY;
	p.io = IO_KEYBOARD;
	p.auth |= AUTH_MITM | AUTH_CT2;
	p.key_size = 9;
	p.init_keys = KEY_ID;
	p.resp_keys = KEY_ID | KEY_SIGN;
	run_scenario_start(&p, "--io display --keypress --min-key-size 9 --mitm --sc only "
			       "--resp-keys enc,id,sign");
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(field("features", "method"), "passkey_we_show");
	assert_true(*field("features", "because"));
	assert_true(json_is_true(part("features", "secure_connections")));
	assert_int_equal(json_integer_value(part("features", "key_size")), 9);
	const json_t *ours = part("features", "initiator"), *theirs = part("features", "responder");
	assert_string_equal(json_string_value(json_object_get(ours, "io")),
			    smp_io_name(SMP_IO_DISPLAY_ONLY));
	assert_true(json_is_true(json_object_get(ours, "keypress")));
	assert_true(json_is_true(json_object_get(ours, "bonding")));
	assert_true(json_is_true(json_object_get(ours, "mitm")));
	assert_true(json_is_true(json_object_get(theirs, "bonding")));
	assert_true(json_is_false(json_object_get(theirs, "keypress")));
	assert_true(json_is_true(json_object_get(theirs, "secure_connections")));
	assert_true(json_is_false(json_object_get(theirs, "oob")));
	assert_int_equal(json_integer_value(json_object_get(theirs, "max_key_size")), 9);
	assert_list(json_object_get(theirs, "init_keys"), "id");
	assert_list(json_object_get(theirs, "resp_keys"), "id sign");
	assert_string_equal(field("keys", "received"), "IRK identity CSRK");
	assert_string_equal(field("keys", "sent"), "IRK identity");
	assert_string_equal(field("encrypted", "with"), "with the new key");
	const json_t *result = program_event("result");
	assert_int_equal(json_integer_value(json_object_get(result, "key_size")), 9);
	assert_true(json_is_true(json_object_get(result, "authenticated")));
	assert_true(json_is_true(json_object_get(result, "bonded")));
	assert_non_null(json_object_get(json_object_get(result, "peer"), "identity"));
	assert_null(json_object_get(result, "keys"));
	assert_string_equal(program_result("text"),
			    "paired with C0:FF:EE:00:00:01 (random static): LE Secure "
			    "Connections, Passkey Entry, we show (authenticated), 72-bit key, "
			    "bonded");
	assert_string_equal(program_result("detail"), "");
}

static void keys_are_named_and_shown_on_demand_only(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin(&p, CENTRAL);
	p.init_keys = KEY_ENC;
	p.resp_keys = KEY_ENC;
	run_scenario_start(&p, "--show-keys");
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(field("keys", "received"), "LTK");
	assert_string_equal(field("keys", "sent"), "LTK");
	assert_non_null(json_object_get(program_event("result"), "keys"));
	assert_null(json_object_get(json_object_get(program_event("result"), "peer"), "identity"));
	assert_non_null(strstr(program_result("detail"), "anyone who recorded it"));

	run_scenario_begin_sc(&p, CENTRAL);
	p.init_keys = p.resp_keys = 0;
	p.auth &= (uint8_t)~AUTH_BOND;
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(field("keys", "received"), "none");
	assert_string_equal(field("keys", "sent"), "none");
	assert_true(json_is_false(part("result", "bonded")));
	assert_non_null(strstr(program_result("text"), "not authenticated"));
	assert_non_null(strstr(program_result("text"), "no bond"));
}

static void legacy_pairing_is_weak_unless_its_key_came_out_of_band(void **state)
{
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < PAIRING_SCENARIOS; i++) {
		if (pairing_scenarios[i].secure || pairing_scenarios[i].asks)
			continue;
		pairing_scenario_begin(&pairing_scenarios[i], CENTRAL, &p);
		pairing_scenario_start(&pairing_scenarios[i], &p, "");
		assert_true(reference_peer_pair(&p));
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(strstr(program_result("detail"), "recorded it") == NULL,
				 pairing_scenarios[i].method == OUT_OF_BAND);
	}
}

static void changed_parameters_are_reported(void **state)
{
	static const struct air_parameters parameters = {80, 2, 300};

	(void)state;
	sim_listen(NO_OPTIONS);
	air_update(sim.peer.link, &parameters);
	(void)program_expect("parameters", WORLD_S);
	assert_float_equal(json_number_value(part("parameters", "interval_ms")), 100.0, 0.01);
	assert_int_equal(json_integer_value(part("parameters", "latency")), 2);
	assert_int_equal(json_integer_value(part("parameters", "timeout_ms")), 3000);
	assert_string_equal(field("connected", "role"), "peripheral");
	assert_float_equal(json_number_value(part("connected", "interval_ms")), 15.0, 0.01);
	assert_int_equal(json_integer_value(part("connected", "latency")), 0);
	assert_int_equal(json_integer_value(part("connected", "timeout_ms")), 4000);
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
}

/* ---- Received data --------------------------------------------------------------------------- */

static void data_that_is_for_nothing_here_is_noted(void **state)
{
	(void)state;
	sim_listen("-v");
	raw_peer_send_raw(&sim.peer, true, "\x02\x00\x40\x00x", 5); /* begun, and no more */
	world_pass(10 * WORLD_MS);
	assert_int_equal(note_level("from the peer"), -1);
	raw_peer_send_raw(&sim.peer, false, "x", 1);
	world_pass(10 * WORLD_MS);
	assert_int_equal(note_level("from the peer: data for channel 0x0040"), 1);
	raw_peer_send_raw(&sim.peer, true, "\x05\x00\x06\x00x", 5); /* the rest never comes */
	raw_peer_send_raw(&sim.peer, true, "\x01\x00\x06\x00x", 5);
	world_pass(10 * WORLD_MS);
	assert_int_equal(note_level(l2cap_status_name(L2CAP_UNFINISHED)), 1);
	raw_peer_send_raw(&sim.peer, true, "\xff\xff\x06\x00x", 5);
	world_pass(10 * WORLD_MS);
	assert_int_equal(note_level(l2cap_status_name(L2CAP_TOO_LONG)), 1);
	assert_int_equal(one.session.state, SESSION_OPEN);
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)sim_ends();
}

static void an_att_request_is_answered_by_an_error(void **state)
{
	(void)state;
	sim_listen(NO_OPTIONS);
	raw_peer_send(&sim.peer, RAW_PEER_ATT, "\x0a\x01\x00", 3); /* Read Request */
	const struct raw_peer_frame *f = raw_peer_receive(&sim.peer, RAW_PEER_ATT, WORLD_S);
	assert_non_null(f);
	assert_int_equal(f->data[0], 0x01);
	assert_int_equal(f->data[1], 0x0a);
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)sim_ends();
}

/* Connection Parameter Update Request: the central answers, and updates. */
static void a_peripheral_may_ask_for_other_parameters(void **state)
{
	static const uint8_t request[] = {0x12, 7, 8, 0, 40, 0, 40, 0, 0, 0, 100, 0};
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "--wait-security-request");
	/* No other signal changes them. */
	raw_peer_send(&sim.peer, RAW_PEER_SIGNALING, "\x16\x06\x00\x00", 4);
	world_pass(100 * WORLD_MS);
	(void)raw_peer_receive(&sim.peer, RAW_PEER_SIGNALING, 0);
	assert_null(program_event("parameters"));
	raw_peer_send(&sim.peer, RAW_PEER_SIGNALING, request, sizeof(request));
	const struct raw_peer_frame *f = raw_peer_receive(&sim.peer, RAW_PEER_SIGNALING, WORLD_S);
	assert_non_null(f);
	assert_memory_equal(f->data, "\x13\x07\x02\x00\x00\x00", 6);
	(void)program_expect("parameters", WORLD_S);
	assert_float_equal(json_number_value(part("parameters", "interval_ms")), 50.0, 0.01);
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)sim_ends();
}

static uint8_t parameter_answer[18];

static size_t watch_parameter_answer(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	/* LE Remote Connection Parameter Request Reply, and Negative Reply. */
	if (packet[0] == HCI_COMMAND && packet[2] == 0x20 &&
	    (packet[1] == 0x20 || packet[1] == 0x21))
		memcpy(parameter_answer, packet, len < 18 ? len : 18);
	return len;
}

/* LL_CONNECTION_PARAM_REQ (Vol 4 Part E 7.7.65.6): the controller asks the host. */
static void only_valid_parameters_are_accepted_of_the_link_layer(void **state)
{
	static const struct {
		uint8_t values[8]; /* interval from, to; latency; timeout */
		bool valid;
	} cases[] = {
		{{24, 0, 40, 0, 3, 0, 200, 0}, true},
		{{40, 0, 24, 0, 3, 0, 200, 0}, false}, /* from a longer one to a shorter */
		{{24, 0, 40, 0, 3, 0, 30, 0}, false},  /* the link would break */
	};
	struct reference_peer p;

	(void)state;
	for (int central = 0; central < 2; central++) {
		run_scenario_begin_sc(&p, central);
		sim.controller.from_host = watch_parameter_answer;
		run_scenario_start(&p, central ? "--wait-security-request" : "--count 1");
		for (size_t i = 0; i < COUNT(cases); i++) {
			const uint8_t handle = (uint8_t)sim.controller.links[0].handle;
			uint8_t event[14] = {HCI_EVENT, 0x3e, 11, 0x06, handle};

			memcpy(event + 6, cases[i].values, 8);
			memset(parameter_answer, 0, sizeof(parameter_answer));
			sim_controller_inject(&sim.controller, event, sizeof(event));
			world_pass(10 * WORLD_MS);
			assert_int_equal(parameter_answer[1], cases[i].valid ? 0x20 : 0x21);
			assert_int_equal(parameter_answer[4], handle);
			if (cases[i].valid)
				assert_memory_equal(parameter_answer + 6, cases[i].values, 8);
			else
				assert_int_equal(parameter_answer[6], 0x3b); /* Unacceptable */
		}
		raw_peer_disconnect(&sim.peer, 0x13);
		(void)sim_ends();
	}
}

/* ---- What counts ----------------------------------------------------------------------------- */

static void only_failures_of_the_peer_count_against_it(void **state)
{
	static const struct {
		bool central;
		uint8_t reason; /* of Pairing Failed; 0: the user gives up */
		unsigned stop_at;
		enum store_count count;
	} cases[] = {
		{CENTRAL, 0x08, 3, STORE_FAILURE_OF_CALLED},
		{PERIPHERAL, 0x08, 4, STORE_FAILURE},
		{CENTRAL, 0x05, 1, STORE_NOTHING}, /* nothing was attempted yet */
		{CENTRAL, 0, 3, STORE_NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct reference_peer p;

		assert_int_equal(one_link_end(NULL) | one_link_begin(NULL), 0);
		run_scenario_begin_sc(&p, cases[i].central);
		p.stop_at = cases[i].stop_at;
		run_scenario_start(&p, NO_OPTIONS);
		assert_false(reference_peer_pair(&p));
		world_pass(10 * WORLD_MS);
		if (cases[i].reason)
			reference_peer_fail(&p, cases[i].reason);
		else
			program_interrupt();
		assert_int_equal(sim_ends(), cases[i].reason ? CLI_PEER_REFUSED : CLI_CANCELLED);
		assert_int_equal(one.session.count, cases[i].count);
		assert_int_equal(session_wait(&one.session) > 0, cases[i].count != STORE_NOTHING);
		if (cases[i].reason) {
			assert_string_equal(program_result("reason"),
					    smp_reason_name(cases[i].reason));
			assert_int_equal(one.session.blame, SMP_BY_PEER);
			assert_true(*program_result("advice"));
		}
	}
}

static void success_counts_only_if_it_was_authenticated(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, NO_OPTIONS);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(one.session.count, STORE_NOTHING);

	pairing_scenario_begin(&pairing_scenarios[7], CENTRAL, &p); /* passkey, blepair shows */
	pairing_scenario_start(&pairing_scenarios[7], &p, "");
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(one.session.count, STORE_SUCCESS);
}

static unsigned failed_before;

/* As if attempts had failed in this run. */
static void fail_before(void)
{
	one.setup.failures_loaded = true;
	for (unsigned i = 0; i < failed_before; i++)
		smp_attempts_failed(&one.setup.attempts, &sim.peer.air.address, clock_now());
}

static void a_central_does_not_even_ask_too_soon(void **state)
{
	static const char *const details[] = {
		NULL, "1 attempt with this device failed lately: the next is accepted in 1.0 s",
		"2 attempts with this device failed lately: the next is accepted in 2.0 s"};
	struct reference_peer p;

	(void)state;
	for (failed_before = 1; failed_before <= 2; failed_before++) {
		assert_int_equal(one_link_end(NULL) | one_link_begin(NULL), 0);
		run_scenario_begin_sc(&p, CENTRAL);
		one.up = fail_before;
		run_scenario_start(&p, NO_OPTIONS);
		assert_int_equal(sim_ends(), CLI_WE_REFUSED);
		assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
		assert_int_equal(program_reason(), 0x09);
		assert_string_equal(program_result("text"), "we refused: Repeated Attempts (0x09)");
		assert_string_equal(program_result("detail"), details[failed_before]);
		assert_int_equal(one.session.count, STORE_NOTHING);
	}
}

static void strangers(void)
{
	struct crypto_address stranger = sim.peer.air.address;

	one.setup.failures_loaded = true;
	for (unsigned i = 0; i < 12; i++) {
		stranger.octets[0]++;
		smp_attempts_failed(&one.setup.attempts, &stranger, clock_now());
	}
}

static void a_peripheral_refuses_strangers_who_fail_one_after_the_other(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, PERIPHERAL);
	one.up = strangers;
	run_scenario_start(&p, NO_OPTIONS);
	assert_false(reference_peer_pair(&p));
	assert_int_equal(p.refused, 0x09);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_memory_equal(program_result("detail"), "too many attempts from ever new addresses",
			    41);
}

/* ---- The store ------------------------------------------------------------------------------- */

static bool has_bond(const struct crypto_address *peer, struct bond_record *record)
{
	struct failure failure;
	struct store store;
	int found;

	assert_int_equal(store_init(&store, one.options.store, &failure), 0);
	found = store_find_by_air_address(&store, peer, record, NULL, &failure);
	assert_true(found >= 0);
	store_close(&store);
	return found == 1;
}

static void a_bond_is_kept_with_both_addresses_and_its_role(void **state)
{
	struct bond_record record;
	struct reference_peer p;

	(void)state;
	for (int central = 0; central < 2; central++) {
		run_scenario_forget();
		run_scenario_begin_sc(&p, central);
		run_scenario_start(&p, "%s", run_scenario_bonds());
		assert_true(reference_peer_pair(&p));
		if (!central)
			raw_peer_disconnect(&sim.peer, 0x13);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_true(has_bond(&sim.peer.air.address, &record));
		assert_int_equal(record.central, central);
		assert_true(address_equal(&record.peer, &sim.peer.air.address));
		assert_true(address_equal(&record.local, &sim.controller.air.address));
		assert_memory_equal(record.bond.local.ltk, p.ltk, 16);
		assert_int_equal(strlen(record.made), 24);
		struct attempt attempt;
		session_attempt(&one.session, &attempt);
		assert_int_equal(attempt.reason_code, ATTEMPT_NONE);
		assert_int_equal(note_level("claims the identity of another device"), -1);
	}
}

static void without_bonding_nothing_is_kept(void **state)
{
	struct bond_record record;
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&p, CENTRAL);
	run_scenario_start(&p, "--no-bond %s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_false(has_bond(&sim.peer.air.address, &record));

	run_scenario_begin_sc(&p, CENTRAL);
	p.stop_at = 3;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_false(reference_peer_pair(&p));
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_false(has_bond(&sim.peer.air.address, &record));
	struct attempt attempt;
	session_attempt(&one.session, &attempt);
	assert_string_equal(attempt.method, "just_works");
	assert_string_equal(attempt.controller, "sim:0");
	assert_string_equal(attempt.peer, "C0:FF:EE:00:00:01");
	assert_true(attempt.total_ms >= 0);
}

static void break_store(void)
{
	(void)snprintf(one.store.path, sizeof(one.store.path), "%s", "/dev/null/100%/bonds");
	store_close(&one.store);
}

static void a_bond_that_cannot_be_kept_is_no_success(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&p, PERIPHERAL);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	break_store();
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_not_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "failed");
	assert_string_equal(program_result("text"),
			    "paired with C0:FF:EE:00:00:01, but the bond is not stored");
	assert_non_null(strstr(program_result("detail"), "/dev/null/100%/bonds"));
}

static void an_attempt_that_cannot_be_kept_is_only_noted(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, PERIPHERAL);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	break_store();
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_int_equal(note_level("/dev/null/100%/bonds"), 0);
}

/* A bond that cannot be read cannot be protected: nothing is paired. */
static void without_its_store_a_session_does_not_begin(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, CENTRAL);
	one.up = break_store;
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_int_not_equal(sim_ends(), CLI_OK);
	assert_int_equal(raw_peer_count(&sim.peer, 0), 0);
	assert_non_null(strstr(program_result("text"), "/dev/null/100%/bonds"));
}

/* ---- What a run shares ----------------------------------------------------------------------- */

/* Which costs an attacker nothing, and which the device that we call cannot do. */
static void failures_under_ever_new_addresses_matter_to_a_listener_only(void **state)
{
	struct store_entry entry = {.count = STORE_FAILURE, .counted = {ADDRESS_RANDOM, {1}}};
	struct session_setup setup;
	struct failure failure;
	struct store store;

	(void)state;
	run_scenario_forget();
	assert_int_equal(store_init(&store, strchr(run_scenario_bonds(), ' ') + 1, &failure), 0);
	for (; entry.counted.octets[1] < 10; entry.counted.octets[1]++)
		assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	struct store broken;
	assert_int_equal(store_init(&broken, "/dev/null/store", &failure), 0);
	memset(&setup, 0, sizeof(setup));
	assert_int_equal(session_setup_load_failures(&setup, &broken, false, &failure), -1);
	for (int central = 0; central < 2; central++) {
		memset(&setup, 0, sizeof(setup));
		assert_int_equal(session_setup_load_failures(&setup, &store, central, &failure), 0);
		assert_true(setup.failures_loaded);
		assert_int_equal(setup.attempts.peers[0].failures, 1);
		assert_int_equal(setup.attempts.all.failures > 0, !central);
		setup.attempts.all.failures = 5; /* they are loaded once */
		assert_int_equal(session_setup_load_failures(&setup, &store, true, &failure), 0);
		assert_int_equal(setup.attempts.all.failures, 5);
	}
	store_close(&store);
}

static void a_key_pair_is_made_where_one_will_be_needed(void **state)
{
	struct oob_own oob;
	struct options options = {.sc = SMP_SC_PREFER};
	struct session_setup setup = {.intent = SESSION_PAIR};

	(void)state;
	session_setup_keypair(&setup, &options);
	assert_ptr_equal(setup.keypair, &setup.own_keypair);
	struct crypto_keypair first = setup.own_keypair;
	session_setup_keypair(&setup, &options);
	assert_memory_not_equal(&first, &setup.own_keypair, sizeof(first));
	options.sc = SMP_SC_OFF;
	session_setup_keypair(&setup, &options);
	assert_null(setup.keypair);
	options.sc = SMP_SC_ONLY;
	setup.intent = SESSION_ENCRYPT;
	session_setup_keypair(&setup, &options);
	assert_null(setup.keypair);
	setup.intent = SESSION_PAIR;
	setup.oob_own = &oob; /* has one */
	session_setup_keypair(&setup, &options);
	assert_null(setup.keypair);
}

static int clean_up(void **state)
{
	run_scenario_forget();
	return one_link_end(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_link_begin, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_features_event_has_what_both_offered),
		TEST(keys_are_named_and_shown_on_demand_only),
		TEST(legacy_pairing_is_weak_unless_its_key_came_out_of_band),
		TEST(changed_parameters_are_reported),
		TEST(data_that_is_for_nothing_here_is_noted),
		TEST(an_att_request_is_answered_by_an_error),
		TEST(a_peripheral_may_ask_for_other_parameters),
		TEST(only_valid_parameters_are_accepted_of_the_link_layer),
		TEST(only_failures_of_the_peer_count_against_it),
		TEST(success_counts_only_if_it_was_authenticated),
		TEST(a_central_does_not_even_ask_too_soon),
		TEST(a_peripheral_refuses_strangers_who_fail_one_after_the_other),
		TEST(a_bond_is_kept_with_both_addresses_and_its_role),
		TEST(without_bonding_nothing_is_kept),
		TEST(a_bond_that_cannot_be_kept_is_no_success),
		TEST(an_attempt_that_cannot_be_kept_is_only_noted),
		TEST(without_its_store_a_session_does_not_begin),
		TEST(failures_under_ever_new_addresses_matter_to_a_listener_only),
		TEST(a_key_pair_is_made_where_one_will_be_needed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
