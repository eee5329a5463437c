/* SPDX-License-Identifier: MIT */
/* The commands that make links: blepair ADDRESS, verify, verify --all, listen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/notes.h"
#include "cli/store/write.h"
#include "hci/error.h"
#include "session/search.h"
#include "sim/pairing_scenario.h"
#include "store/store.h"

#define PEER "C0:FF:EE:00:00:01"

static struct raw_peer others[2];

static size_t count_events(const char *name)
{
	size_t i, count = 0;
	const json_t *event;

	json_array_foreach(program_events(), i, event)
	{
		count += strcmp(json_string_value(json_object_get(event, "event")), name) == 0;
	}
	return count;
}

static bool noted(const char *text)
{
	const json_t *event;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		const char *note = json_string_value(json_object_get(event, "text"));
		if (note && strstr(note, text))
			return true;
	}
	return false;
}

extern const uint8_t __data_start[], _end[];

/* How often these 16 octets are in static memory, but for that of the simulation. */
__attribute__((noinline, no_sanitize("address"))) static size_t copies(const uint8_t key[16])
{
	const volatile uint8_t *test[] = {(uint8_t *)&sim, (uint8_t *)others};
	const size_t sizes[] = {sizeof(sim), sizeof(others)};
	size_t count = 0;

	for (const volatile uint8_t *at = __data_start; at + 16 <= _end; at++) {
		size_t i = 0;
		while (i < 16 && at[i] == key[i])
			i++;
		for (size_t t = 0; t < COUNT(test); t++)
			if (at >= test[t] && at < test[t] + sizes[t])
				i = 0;
		count += i == 16;
	}
	return count;
}

/* ---- blepair ADDRESS ------------------------------------------------------------------------- */

static void a_peer_is_sought_by_its_address_alone(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, true);
	program_start(PEER);
	(void)program_expect("scanning", WORLD_S);
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("found"), 1);
}

static void a_peer_that_is_not_found_is_an_attempt_too(void **state)
{
	(void)state;
	run_scenario_forget();
	program_start("--scan-timeout 2 %s " PEER, run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_string_equal(program_result("text"), PEER " was not seen within 2 s");
	assert_non_null(strstr(program_result("advice"), "see blepair scan"));

	program_start("--scan-timeout 2 %s " PEER, run_scenario_bonds());
	(void)program_expect("scanning", WORLD_S);
	air_advertise(&sim.peer.air, false, NULL, 0, NULL, 0);
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_string_equal(program_result("text"),
			    PEER " advertises, but does not accept connections");
	assert_string_equal(program_result("advice"), "put it into pairing mode");

	program_start("--scan-timeout 2 %s " PEER "/random", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_string_equal(program_result("text"), PEER " did not accept a connection within 2 s");

	struct failure failure;
	struct store store;
	assert_int_equal(store_init(&store, strchr(run_scenario_bonds(), ' ') + 1, &failure), 0);
	json_t *all = store_export(&store, &failure);
	const json_t *attempts = json_object_get(all, "attempts");
	assert_int_equal(json_array_size(attempts), 3);
	for (size_t i = 0; i < 3; i++) {
		const json_t *attempt = json_array_get(attempts, i);
		assert_string_equal(json_string_value(json_object_get(attempt, "peer")), PEER);
		assert_string_equal(json_string_value(json_object_get(attempt, "controller")),
				    "sim:0");
	}
	json_decref(all);
	store_close(&store);
}

/* Fails with Pairing Failed as soon as something was attempted. */
static void fail_once(struct reference_peer *p)
{
	reference_peer_begin(p, &sim.peer);
	p->auth |= AUTH_SC;
	p->stop_at = 3;
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_false(reference_peer_pair(p));
	world_pass(10 * WORLD_MS);
	reference_peer_fail(p, 0x08);
}

static void a_pairing_that_failed_is_retried_after_ever_longer_waits(void **state)
{
	struct reference_peer p;
	uint64_t failed;

	(void)state;
	program_start("--retry 2 " PEER "/random");
	for (unsigned i = 0; i < 3; i++) {
		fail_once(&p);
		(void)raw_peer_unlinked(&sim.peer, WORLD_S);
		failed = world_now();
		if (i == 2)
			break;
		world_pass((1 + i) * WORLD_S - 100 * WORLD_MS);
		assert_int_equal(count_events("connecting"), i + 1);
		world_pass(200 * WORLD_MS);
		assert_int_equal(count_events("connecting"), i + 2);
	}
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_true(world_now() - failed < WORLD_S);
	assert_int_equal(note_level("attempt 2 of 3 follows in 1 s"), 0);
	assert_int_equal(note_level("attempt 3 of 3 follows in 2 s"), 0);
	assert_int_equal(count_events("result"), 1);
}

static void our_own_refusal_is_not_retried(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_begin_sc(&p, true);
	run_scenario_start(&p, "--retry 3 --mitm --io display-yesno");
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(count_events("connecting"), 1);
}

static void to_give_up_ends_the_retries(void **state)
{
	struct reference_peer p;

	(void)state;
	program_start("--retry 5 " PEER "/random");
	fail_once(&p);
	(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	world_pass(500 * WORLD_MS);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_int_equal(count_events("connecting"), 1);
}

/* In an earlier run: the next one waits before it connects, unless --timeout is too short. */
static void a_device_that_failed_lately_has_to_wait(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	program_start("%s " PEER "/random", run_scenario_bonds());
	fail_once(&p);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);

	program_start("%s " PEER "/random", run_scenario_bonds());
	(void)program_expect("controller", WORLD_S);
	world_pass(100 * WORLD_MS);
	assert_int_equal(note_level("attempts with this device failed lately: the next begins in"),
			 0);
	assert_int_equal(count_events("connecting"), 0);
	(void)program_expect("connecting", 2 * WORLD_S);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);

	program_start("%s " PEER "/random", run_scenario_bonds());
	fail_once(&p);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	program_start("--timeout 1 %s " PEER "/random", run_scenario_bonds());
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_int_equal(sim_ends(), CLI_WE_REFUSED);
	assert_int_equal(program_reason(), 0x09);
	assert_int_equal(note_level("attempts with this device failed lately"), -1);
}

static const struct pairing_scenario *scenario(const char *name)
{
	for (size_t i = 0; i < PAIRING_SCENARIOS; i++)
		if (strcmp(pairing_scenarios[i].name, name) == 0)
			return &pairing_scenarios[i];
	fail_msg("there is no scenario \"%s\"", name);
	return NULL;
}

/* Our own out-of-band data are for one pairing; the file has fresh ones afterwards. */
static void out_of_band_data_serve_once(void **state)
{
	char folder[] = "/tmp/blepair-100%-XXXXXX", file[64], options[96];
	const struct pairing_scenario *way = scenario("out of band, both have data");
	struct reference_peer p;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/own", folder);
	(void)snprintf(options, sizeof(options), "--oob-own %s", file);
	for (int writable = 1; writable >= 0; writable--) {
		pairing_scenario_begin(way, true, &p);
		pairing_scenario_start(way, &p, options);
		assert_true(reference_peer_pair(&p));
		if (!writable) {
			assert_int_equal(unlink(file) | rmdir(folder), 0);
		}
		assert_int_equal(sim_ends(), CLI_OK);
		assert_int_equal(note_level(writable ? "fresh ones were made" : file), 0);
		assert_int_equal(note_level("fresh ones were made") == 0, writable);
	}
}

/* A bond whose peer hides is known by its address of then, by its identity, and by its key. */
static void a_bonded_peer_is_found_under_each_of_its_addresses(void **state)
{
	static const char identity[] = "C0:FF:EE:00:00:FE";
	struct reference_peer old, p;
	struct crypto_address resolvable;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&old, true);
	old.own.identity = raw_peer_address("C0:FF:EE:00:00:FE/random");
	resolvable = sim.peer.air.address;
	resolvable.octets[5] = 0x40;
	assert_int_equal(crypto_ah(old.own.irk, resolvable.octets + 3, resolvable.octets), 0);
	sim.peer.air.address = resolvable;
	run_scenario_start(&old, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&old));
	assert_int_equal(sim_ends(), CLI_OK);
	for (int i = 0; i < 4; i++) {
		struct crypto_address on_air = resolvable;

		if (i == 1)
			on_air = old.own.identity;
		if (i >= 2) {
			on_air.octets[5] = 0x41;
			assert_int_equal(crypto_ah(old.own.irk, on_air.octets + 3, on_air.octets),
					 0);
			on_air.octets[0] ^= (uint8_t)(i == 3); /* another device */
		}
		run_scenario_begin_sc(&p, true);
		sim.peer.air.address = on_air;
		program_start("verify --scan-timeout 2 %s %s/random", run_scenario_bonds(),
			      identity);
		(void)program_expect("scanning", WORLD_S);
		raw_peer_advertise(&sim.peer);
		sim.peer.has_ltk = true;
		memcpy(sim.peer.ltk, old.ltk, 16);
		assert_int_equal(sim_ends(), i == 3 ? CLI_NOT_FOUND : CLI_OK);
	}
}

static void begin_resolvable(const uint8_t irk[16], uint8_t prand)
{
	struct crypto_address *on_air = &sim.peer.air.address;

	on_air->octets[3] = prand;
	on_air->octets[5] = 0x40;
	assert_int_equal(crypto_ah(irk, on_air->octets + 3, on_air->octets), 0);
}

/* It is the same device under its next address; a bond on file needs no wait to be used. */
static void a_bonded_device_that_failed_lately_has_to_wait_under_each_address(void **state)
{
	static const char identity[] = "C0:FF:EE:00:00:FE";
	struct reference_peer old, p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&old, true);
	old.own.identity = raw_peer_address("C0:FF:EE:00:00:FE/random");
	begin_resolvable(old.own.irk, 1);
	run_scenario_start(&old, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&old));
	assert_int_equal(sim_ends(), CLI_OK);
	begin_resolvable(old.own.irk, 2);
	program_start("--replace-bond %s %s", run_scenario_bonds(), identity);
	fail_once(&p);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);

	begin_resolvable(old.own.irk, 3);
	raw_peer_advertise(&sim.peer);
	program_start("--replace-bond %s %s", run_scenario_bonds(), identity);
	(void)program_expect("found", WORLD_S);
	world_pass(100 * WORLD_MS);
	assert_int_equal(count_events("connecting"), 0);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);

	static const char *const uses[] = {"verify", "-v"};
	for (size_t i = 0; i < COUNT(uses); i++) {
		program_start("%s %s %s", uses[i], run_scenario_bonds(), identity);
		(void)program_expect("found", WORLD_S);
		(void)sim_ends();
		assert_int_equal(count_events("connecting"), 1);
		begin_resolvable(old.own.irk, 3);
		raw_peer_advertise(&sim.peer);
	}
}

/* With an address that no key resolves; the user knows only its identity. */
static void a_bonded_peer_is_found_under_the_address_of_its_pairing(void **state)
{
	struct reference_peer old;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&old, true);
	old.own.identity = raw_peer_address("C0:FF:EE:00:00:FE/random");
	sim.peer.air.address.octets[5] = 0x00;
	run_scenario_start(&old, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&old));
	assert_int_equal(sim_ends(), CLI_OK);
	program_start("verify --scan-timeout 2 %s C0:FF:EE:00:00:FE", run_scenario_bonds());
	raw_peer_advertise(&sim.peer);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, old.ltk, 16);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("result"), "encrypted");
}

/* It searches for nobody: at once, and whatever is on air. */
static void verify_without_a_bond_says_so_at_once(void **state)
{
	static const char other[] = "C0:FF:EE:00:00:77";
	static const char *const peers[] = {"C0:FF:EE:00:00:77", "C0:FF:EE:00:00:77/random"};
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&p, true);
	assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
	for (size_t i = 0; i < COUNT(peers); i++) {
		program_start("verify %s %s", run_scenario_bonds(), peers[i]);
		assert_int_equal(program_ends(WORLD_S), CLI_USAGE);
		assert_non_null(strstr(program_result("text"), "there is no bond with "));
		assert_non_null(strstr(program_result("text"), other));
		assert_non_null(strstr(program_result("advice"), "pair with it first"));
		assert_null(program_event("scanning"));
		assert_null(program_event("connecting"));
	}
}

static void connect_and_break(void)
{
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	world_pass(10 * WORLD_MS);
	air_break(sim.peer.link, 0x08);
}

/* Only what may have been chance is worth another attempt. */
static void a_link_that_breaks_before_anything_was_attempted_is_not_retried(void **state)
{
	(void)state;
	program_start("--retry 3 --wait-security-request " PEER "/random");
	connect_and_break();
	assert_int_equal(sim_ends(), CLI_CONNECTION_FAILED);
	assert_int_equal(count_events("connecting"), 1);
}

static void a_peer_that_refuses_at_once_is_asked_again(void **state)
{
	struct reference_peer p;

	(void)state;
	program_start("--retry 1 " PEER "/random");
	for (int i = 0; i < 2; i++) {
		reference_peer_begin(&p, &sim.peer);
		raw_peer_advertise(&sim.peer);
		raw_peer_linked(&sim.peer);
		(void)raw_peer_expect(&sim.peer, PDU_REQUEST);
		reference_peer_fail(&p, 0x05);
		(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	}
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_int_equal(count_events("connecting"), 2);
}

/* As a link that comes up and ends at once: the first packets were lost (Vol 1 Part F 2.58). */
static void break_as_not_established(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		raw_peer_advertise(&sim.peer);
		raw_peer_linked(&sim.peer);
		world_pass(10 * WORLD_MS);
		air_break(sim.peer.link, 0x3e);
		(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	}
}

static void a_link_that_was_never_established_is_retried(void **state)
{
	struct reference_peer p;

	(void)state;
	program_start("--retry 1 --sc off --wait-security-request " PEER "/random");
	break_as_not_established(SEARCH_LINK_TRIES);
	world_pass(500 * WORLD_MS);
	assert_int_equal(count_events("connecting"), SEARCH_LINK_TRIES);
	assert_int_equal(note_level("attempt 2 of 2 follows in 1 s"), 0);
	break_as_not_established(SEARCH_LINK_TRIES - 1);
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	raw_peer_send(&sim.peer, RAW_PEER_SMP, "\x0b\x01", 2);
	reference_peer_begin(&p, &sim.peer);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
}

static unsigned refusals;

/* LE Connection Complete: Connection Failed to be Established. */
static size_t fail_to_establish(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (refusals && packet[0] == HCI_EVENT && packet[1] == 0x3e && packet[3] == 1) {
		packet[4] = 0x3e;
		refusals--;
	}
	return len;
}

/* Each attempt makes three connections, and the second attempt succeeds or is the last. */
static void a_connection_that_failed_to_be_established_is_retried(void **state)
{
	static const struct {
		unsigned refusals;
		const char *options;
		enum cli_exit exit;
	} cases[] = {
		{3, "", CLI_CONNECTION_FAILED},
		{3, "--retry 1 ", CLI_OK},
		{6, "--retry 1 ", CLI_CONNECTION_FAILED},
		{6, "--retry 2 ", CLI_OK},
	};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
		refusals = cases[i].refusals;
		sim.controller.to_host = fail_to_establish;
		sim.controller.max_links = AIR_LINKS;
		reference_peer_begin(&p, &sim.peer);
		program_start("--sc off %s" PEER "/random", cases[i].options);
		while (refusals) {
			if (!sim.peer.link)
				raw_peer_advertise(&sim.peer);
			world_pass(100 * WORLD_MS);
			raw_peer_disconnect(&sim.peer, 0x13);
		}
		if (cases[i].exit == CLI_OK) {
			raw_peer_advertise(&sim.peer);
			raw_peer_linked(&sim.peer);
			assert_true(reference_peer_pair(&p));
		}
		assert_int_equal(sim_ends(), cases[i].exit);
		if (cases[i].exit != CLI_OK)
			assert_int_equal(program_reason(), 0x3e);
	}
}

/* With --timeout it is over: what is still allowed by --retry does not matter. */
static void the_time_limit_ends_the_retries(void **state)
{
	struct reference_peer p;

	(void)state;
	program_start("--retry 3 --timeout 2 " PEER "/random");
	reference_peer_begin(&p, &sim.peer);
	p.auth |= AUTH_SC;
	p.stop_at = 3;
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_false(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_int_equal(count_events("connecting"), 1);
}

static void what_cannot_be_used_is_no_attempt(void **state)
{
	struct failure failure;
	struct store store;

	(void)state;
	run_scenario_forget();
	sim.controller.busy = true;
	program_start("%s " PEER, run_scenario_bonds());
	assert_int_equal(program_ends(WORLD_S), CLI_CONTROLLER_BUSY);
	assert_int_equal(store_init(&store, strchr(run_scenario_bonds(), ' ') + 1, &failure), 0);
	json_t *all = store_export(&store, &failure);
	assert_int_equal(json_array_size(json_object_get(all, "attempts")), 0);
	json_decref(all);
	store_close(&store);
}

/* While the next attempt waits, the old bond is in memory once; at the end it is not at all. */
static void keys_are_not_kept_longer_than_they_are_needed(void **state)
{
	struct reference_peer old, p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&old, true);
	run_scenario_start(&old, "--resp-keys enc,id,sign %s", run_scenario_bonds());
	assert_true(reference_peer_pair(&old));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(copies(old.own.csrk), 0);
	run_scenario_begin_sc(&p, true);
	program_start("--retry 1 --replace-bond %s " PEER, run_scenario_bonds());
	(void)program_expect("scanning", WORLD_S);
	assert_int_equal(copies(old.own.csrk), 1);
	fail_once(&p);
	(void)raw_peer_unlinked(&sim.peer, WORLD_S);
	world_pass(100 * WORLD_MS);
	assert_int_equal(copies(old.own.csrk), 1);
	program_interrupt();
	(void)sim_ends();
	assert_int_equal(copies(old.own.csrk), 0);
}

int blepair_main(int argc, char *argv[]);

/* Without --json. */
static int for_people(int argc, char *argv[])
{
	argv[1] = argv[0];
	return blepair_main(argc - 1, argv + 1);
}

static size_t place_of(const char *event)
{
	for (size_t i = 0; i < json_array_size(program_events()); i++)
		if (json_array_get(program_events(), i) == program_event(event))
			return i;
	fail_msg("there is no event \"%s\"", event);
	return 0;
}

static void fail_as_central(void)
{
	struct reference_peer p;

	reference_peer_begin(&p, &sim.peer);
	p.initiates = true;
	p.auth |= AUTH_SC;
	p.stop_at = 4;
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	assert_false(reference_peer_pair(&p));
	world_pass(10 * WORLD_MS);
	reference_peer_fail(&p, 0x08);
}

/* For programs before the result, for people below it. */
static void a_failure_is_explained(void **state)
{
	struct reference_peer p;

	(void)state;
	program_start(PEER "/random");
	fail_once(&p);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	assert_true(place_of("explained") < place_of("result"));
	assert_int_equal(count_events("explained"), 1);

	program_start("listen");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	fail_as_central();
	(void)program_expect("result", WORLD_S);
	assert_true(place_of("explained") < place_of("result"));
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("explained"), 1);

	program_replace(for_people);
	program_start("--explain " PEER "/random");
	fail_once(&p);
	assert_int_equal(sim_ends(), CLI_PEER_REFUSED);
	const char *result = strstr(program_errors(), "the peer refused: Unspecified Reason");
	assert_non_null(result);
	assert_non_null(strstr(result, "Pairing Request"));

	program_start("listen --explain");
	world_pass(WORLD_S);
	fail_as_central();
	world_pass(100 * WORLD_MS);
	result = strstr(program_errors(), "the peer refused: Unspecified Reason");
	assert_non_null(result);
	assert_non_null(strstr(result, "Pairing Request"));
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_OK);
}

static void without_their_out_of_band_data_commands_do_not_begin(void **state)
{
	static const char *const commands[] = {"listen", PEER};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		program_start("%s --oob-own /dev/null/oob", commands[i]);
		assert_int_equal(program_ends(WORLD_S), CLI_USAGE);
		assert_int_equal(sim.controller.opened, 0);
	}
}

/* ---- verify ---------------------------------------------------------------------------------- */

static uint8_t csrks[2][16];

/* Bonds with the tester and one more; each peer knows its key. */
static void make_bonds(void)
{
	struct raw_peer *peers[2] = {&sim.peer, &others[0]};
	struct reference_peer p;
	char address[32];

	run_scenario_forget();
	run_scenario_begin_sc(&p, true);
	raw_peer_begin(&others[0], "C0:FF:EE:00:00:02/random");
	for (size_t i = 0; i < 2; i++) {
		reference_peer_begin(&p, peers[i]);
		p.auth |= AUTH_SC;
		p.own.identity = peers[i]->air.address;
		program_start("%s %s", run_scenario_bonds(),
			      raw_peer_text(&peers[i]->air.address, address));
		raw_peer_advertise(peers[i]);
		raw_peer_linked(peers[i]);
		assert_true(reference_peer_pair(&p));
		assert_int_equal(sim_ends(), CLI_OK);
		peers[i]->has_ltk = true;
		memcpy(peers[i]->ltk, p.ltk, 16);
		memcpy(csrks[i], p.own.csrk, 16);
		csrks[i][0] ^= 0xff; /* so that this is no copy */
	}
}

/* An attempt of a batch with PEER, whose unit had this label. */
static void label_peer(const char *label)
{
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};
	struct failure failure;
	struct store store;

	assert_int_equal(store_init(&store, strchr(run_scenario_bonds(), ' ') + 1, &failure), 0);
	attempt_init(&attempt, "failed", CLI_TIMED_OUT, NULL, ATTEMPT_NONE);
	(void)strcpy(attempt.peer, PEER);
	attempt.label = label;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
	store_close(&store);
}

/* "peer" of the last event of that name, without its address and the kind of it. */
static void assert_peer(const char *event, const char *more)
{
	json_t *peer = json_deep_copy(json_object_get(program_event(event), "peer"));

	assert_string_equal(json_string_value(json_object_get(peer, "address")), PEER);
	(void)json_object_del(peer, "address");
	(void)json_object_del(peer, "address_type");
	(void)json_object_del(peer, "kind");
	char *text = json_dumps(peer, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, more);
	free(text);
	json_decref(peer);
}

#define IDENTITY                                                                                \
	"\"identity\":{\"address\":\"C0:FF:EE:00:00:01\",\"address_type\":\"random\",\"kind\":" \
	"\"random static\"}"

static void every_event_has_what_is_known_of_the_peer(void **state)
{
	static const uint8_t name[] = {5, 9, 'l', 'a', 'm', 'p'};
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&p, true);
	p.own.identity = sim.peer.air.address;
	program_start("%s " PEER, run_scenario_bonds());
	(void)program_expect("scanning", WORLD_S);
	assert_peer("scanning", "{}");
	air_advertise(&sim.peer.air, true, name, sizeof(name), NULL, 0);
	raw_peer_linked(&sim.peer);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_peer("found", "{\"name\":\"lamp\"}");
	assert_peer("connecting", "{\"name\":\"lamp\"}");
	assert_peer("connected", "{\"name\":\"lamp\"}");
	assert_peer("result", "{" IDENTITY ",\"name\":\"lamp\"}");

	/* The bond knows its identity, and the store the label of its unit. */
	label_peer("SN-7");
	program_start("%s --scan-timeout 2 " PEER, run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_peer("scanning", "{" IDENTITY ",\"label\":\"SN-7\"}");
	assert_peer("result", "{" IDENTITY ",\"label\":\"SN-7\"}");
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, p.ltk, sizeof(p.ltk));
	for (unsigned i = 0; i < 2; i++) {
		program_start(i ? "verify --all %s" : "verify " PEER " %s", run_scenario_bonds());
		air_advertise(&sim.peer.air, true, name, sizeof(name), NULL, 0);
		assert_int_equal(sim_ends(), CLI_OK);
		assert_peer("found", "{" IDENTITY ",\"label\":\"SN-7\",\"name\":\"lamp\"}");
		assert_peer("connecting", "{" IDENTITY ",\"label\":\"SN-7\",\"name\":\"lamp\"}");
		assert_peer("connected", "{" IDENTITY ",\"label\":\"SN-7\",\"name\":\"lamp\"}");
		if (!i)
			assert_peer("result",
				    "{" IDENTITY ",\"label\":\"SN-7\",\"name\":\"lamp\"}");
	}
}

static void every_bond_whose_peer_is_near_is_verified(void **state)
{
	(void)state;
	make_bonds();
	raw_peer_begin(&others[1], "C0:FF:EE:00:00:09/random"); /* a stranger */
	raw_peer_advertise(&others[1]);
	program_start("verify --all %s", run_scenario_bonds());
	(void)program_expect("scanning", WORLD_S);
	world_pass(WORLD_S);
	raw_peer_advertise(&sim.peer);
	raw_peer_advertise(&others[0]);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("text"), "2 of 2 bonds work");
	assert_int_equal(count_events("result"), 3);
	assert_int_equal(count_events("encrypted"), 2);
	assert_int_equal(json_integer_value(json_object_get(program_event("result"), "working")),
			 2);
}

static void assert_no_bond_in_memory(void)
{
	for (size_t i = 0; i < 2; i++) {
		uint8_t csrk[16];

		memcpy(csrk, csrks[i], 16);
		csrk[0] ^= 0xff;
		assert_int_equal(copies(csrk), 0);
		assert_false(world_stack_holds(csrk, 16));
	}
}

static void verified_bonds_are_forgotten_at_once(void **state)
{
	(void)state;
	make_bonds();
	program_start("verify --all --scan-timeout 2 %s", run_scenario_bonds());
	(void)program_expect("scanning", WORLD_S);
	assert_no_bond_in_memory();
	raw_peer_advertise(&sim.peer);
	(void)program_expect("result", WORLD_S);
	world_pass(500 * WORLD_MS);
	assert_no_bond_in_memory();
	raw_peer_advertise(&sim.peer); /* it is known, and not wanted any more */
	world_pass(100 * WORLD_MS);
	assert_no_bond_in_memory();
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
}

static void a_bond_that_does_not_work_gives_the_exit_code(void **state)
{
	(void)state;
	make_bonds();
	others[0].has_ltk = false;
	raw_peer_advertise(&sim.peer);
	raw_peer_advertise(&others[0]);
	program_start("verify --all %s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_BOND_LOST);
	assert_string_equal(program_result("text"), "1 of 2 bonds works");
	assert_string_equal(program_result("detail"), "");
	/* As after blepair ADDRESS, the cause is explained. */
	assert_int_equal(count_events("explained"), 1);
	char *explained = json_dumps(program_event("explained"), 0);
	assert_non_null(strstr(explained, "\"no-bond\""));
	free(explained);
	assert_int_equal(json_integer_value(json_object_get(program_event("result"), "bonds")), 2);
}

static void an_absent_peer_is_not_found(void **state)
{
	(void)state;
	make_bonds();
	raw_peer_advertise(&sim.peer);
	program_start("verify --all --scan-timeout 2 %s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_string_equal(program_result("text"), "1 of 2 bonds works");
	assert_true(noted("C0:FF:EE:00:00:02 was not seen within 2 s"));
	struct failure failure;
	struct store store;
	assert_int_equal(store_init(&store, strchr(run_scenario_bonds(), ' ') + 1, &failure), 0);
	json_t *all = store_export(&store, &failure);
	const json_t *attempts = json_object_get(all, "attempts"), *attempt;
	size_t i, found = 0;
	json_array_foreach(attempts, i, attempt)
	{
		if (strcmp(json_string_value(json_object_get(attempt, "result")), "failed") != 0)
			continue;
		found++;
		assert_string_equal(json_string_value(json_object_get(attempt, "peer")),
				    "C0:FF:EE:00:00:02");
		assert_string_equal(json_string_value(json_object_get(attempt, "controller")),
				    "sim:0");
	}
	assert_int_equal(found, 1);
	json_decref(all);
	store_close(&store);
	assert_int_equal(count_events("result"), 3);
}

/* In the order in which they were made. */
static void the_first_bond_that_does_not_work_gives_the_exit_code(void **state)
{
	(void)state;
	make_bonds();
	others[0].has_ltk = false;
	raw_peer_advertise(&others[0]);
	program_start("verify --all --scan-timeout 2 %s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_string_equal(program_result("text"), "0 of 2 bonds work");
	assert_int_equal(json_integer_value(json_object_get(program_event("result"), "working")),
			 0);
}

static bool out_of_memory;

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_realloc(void *memory, size_t size)
{
	return out_of_memory ? NULL : __real_realloc(memory, size);
}

static void without_memory_for_all_bonds_none_is_verified(void **state)
{
	(void)state;
	make_bonds();
	out_of_memory = true;
	program_start("verify --all --scan-timeout 2 %s", run_scenario_bonds());
	int code = sim_ends();
	out_of_memory = false;
	assert_int_equal(code, CLI_INTERNAL);
	assert_string_equal(program_result("text"), "out of memory");
	assert_int_equal(count_events("result"), 1);
}

static void the_time_limit_ends_a_verification(void **state)
{
	(void)state;
	make_bonds();
	sim.peer.ltk_silent = true;
	raw_peer_advertise(&sim.peer);
	program_start("verify --all --timeout 2 %s", run_scenario_bonds());
	raw_peer_linked(&sim.peer);
	assert_int_equal(sim_ends(), CLI_TIMED_OUT);
	assert_string_equal(program_result("text"), "timed out: --timeout is over");
	assert_string_equal(program_result("detail"), "0 of 2 bonds work, 1 was not tried");
}

/* We had another address on air when it was made, but gave the peer our identity. */
static void a_bond_that_knows_our_identity_is_ours(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	run_scenario_begin_sc(&p, true);
	run_scenario_start(&p, "--own-address rpa %s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, p.ltk, 16);
	raw_peer_advertise(&sim.peer);
	program_start("verify --all %s", run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_OK);
	assert_string_equal(program_result("text"), "1 of 1 bond works");

	program_start("verify --all --own-address static=C1:00:00:00:00:01 %s",
		      run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_USAGE);
	assert_int_equal(note_level("1 bond was made under another address of ours"), 0);
}

static void an_interruption_leaves_bonds_untried(void **state)
{
	(void)state;
	make_bonds();
	program_start("verify --all %s", run_scenario_bonds());
	(void)program_expect("scanning", WORLD_S);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("detail"), "0 of 2 bonds work, 2 were not tried");

	sim.peer.ltk_silent = true; /* interrupted on a link */
	raw_peer_advertise(&sim.peer);
	program_start("verify --all %s", run_scenario_bonds());
	raw_peer_linked(&sim.peer);
	world_pass(100 * WORLD_MS);
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("text"), "cancelled");
	assert_string_equal(program_result("detail"), "0 of 2 bonds work, 1 was not tried");
	assert_int_equal(count_events("result"), 2);
}

static void bonds_under_another_address_of_ours_are_left_out(void **state)
{
	(void)state;
	make_bonds();
	program_start("verify --all --own-address static=C1:00:00:00:00:01 %s",
		      run_scenario_bonds());
	assert_int_equal(sim_ends(), CLI_USAGE);
	assert_int_equal(note_level("2 bonds were made under another address of ours"), 0);
	assert_memory_equal(program_result("text"), "there is no bond to verify in /", 31);
}

static size_t refuse_connection(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_EVENT && packet[1] == 0x3e && (packet[3] == 1 || packet[3] == 10))
		packet[4] = 0x09;
	return len;
}

static void a_connection_that_fails_three_times_is_given_up(void **state)
{
	(void)state;
	make_bonds();
	sim.controller.to_host = refuse_connection;
	sim.broken = true;
	program_start("verify --all --scan-timeout 2 %s", run_scenario_bonds());
	for (int i = 0; i < 3; i++) {
		raw_peer_advertise(&sim.peer);
		(void)program_expect("connecting", 10 * WORLD_S);
		world_pass(100 * WORLD_MS);
	}
	assert_int_equal(program_ends(20 * WORLD_S), CLI_CONNECTION_FAILED);
	assert_int_equal(count_events("connecting"), 3);
	assert_true(noted("cannot connect to " PEER));
}

/* ---- listen ---------------------------------------------------------------------------------- */

/* The listener advertises, and the tester has no link any more. */
static void await_listener(void)
{
	if (!program_event("advertising"))
		(void)program_expect("advertising", RAW_PEER_PATIENCE);
	(void)raw_peer_unlinked(&sim.peer, WORLD_S);
}

static void pair_with_listener(void)
{
	struct reference_peer p;

	await_listener();
	reference_peer_begin(&p, &sim.peer);
	p.initiates = true;
	p.auth |= AUTH_SC;
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	assert_true(reference_peer_pair(&p));
}

static void a_listener_ends_after_as_many_pairings_as_were_asked_for(void **state)
{
	(void)state;
	program_start("listen --count 2");
	pair_with_listener();
	world_pass(5 * WORLD_S); /* the first link may stay */
	assert_non_null(sim.peer.link);
	raw_peer_disconnect(&sim.peer, 0x13);
	pair_with_listener();
	uint64_t paired = world_now();
	(void)raw_peer_unlinked(&sim.peer, 5 * WORLD_S); /* the last one not for long */
	assert_in_range(world_now() - paired, WORLD_S - 50 * WORLD_MS, WORLD_S + 50 * WORLD_MS);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("result"), 2);
}

static void a_listener_forgets_the_keys_of_each_link(void **state)
{
	struct reference_peer p;

	(void)state;
	run_scenario_forget();
	program_start("listen --count 2 --init-keys enc,id,sign %s", run_scenario_bonds());
	for (int i = 0; i < 2; i++) {
		await_listener();
		reference_peer_begin(&p, &sim.peer);
		p.initiates = true;
		p.auth |= AUTH_SC;
		raw_peer_connect(&sim.peer, &sim.controller.air.address);
		assert_true(reference_peer_pair(&p));
		world_pass(10 * WORLD_MS);
		assert_true(copies(p.own.csrk) > 0);
		raw_peer_disconnect(&sim.peer, 0x13);
		(void)program_expect("result", WORLD_S);
		world_pass(10 * WORLD_MS);
		/* One in the attempt that may be explained, one in its verdict. */
		assert_true(copies(p.own.csrk) <= 2);
		sim.peer.air.address.octets[0]++; /* another device */
	}
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(copies(p.own.csrk), 0);
}

static void failures_do_not_count_for_a_listener(void **state)
{
	(void)state;
	program_start("listen --count 1");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	raw_peer_connect(&sim.peer, &sim.controller.air.address);
	raw_peer_disconnect(&sim.peer, 0x13);
	(void)program_expect("result", WORLD_S);
	assert_string_equal(program_result("class"), "connection_failed");
	pair_with_listener();
	raw_peer_disconnect(&sim.peer, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(count_events("result"), 2);
}

static void how_a_listener_without_a_peer_ends(void **state)
{
	static const struct {
		const char *options;
		bool interrupt;
		enum cli_exit code;
		const char *text; /* of the result, "": there is none */
	} cases[] = {
		{"--timeout 5", false, CLI_TIMED_OUT, "timed out: no device paired in time"},
		{"--count 1 --timeout 5", true, CLI_CANCELLED, "cancelled"},
		{"--timeout 5", true, CLI_OK, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		program_start("listen %s", cases[i].options);
		(void)program_expect("advertising", RAW_PEER_PATIENCE);
		if (cases[i].interrupt)
			program_interrupt();
		assert_int_equal(sim_ends(), cases[i].code);
		assert_string_equal(program_result("text"), cases[i].text);
	}
}

static void a_listener_that_loses_its_controller_has_failed_unless_it_was_done(void **state)
{
	struct reference_peer p;

	(void)state;
	program_start("listen");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	for (int count = 0; count < 2; count++) {
		run_scenario_begin_sc(&p, false);
		program_start("listen%s", count ? " --count 1" : "");
		pair_with_listener();
		world_pass(100 * WORLD_MS);
		sim_controller_vanish(&sim.controller);
		assert_int_equal(sim_ends(), count ? CLI_OK : CLI_CONTROLLER_FAILED);
		assert_int_equal(count_events("result"), count ? 1 : 2);
	}
}

static size_t drop_disconnect(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return packet[0] == HCI_COMMAND && packet[1] == 0x06 && packet[2] == 0x04 ? 0 : len;
}

/* The link does not even end: what happened on it is explained all the same. */
static void a_failure_is_explained_although_the_controller_disappears(void **state)
{
	(void)state;
	program_start("listen");
	(void)program_expect("advertising", RAW_PEER_PATIENCE);
	sim.controller.from_host = drop_disconnect;
	fail_as_central();
	world_pass(100 * WORLD_MS);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	assert_int_equal(count_events("explained"), 1);
}

static int clean_up(void **state)
{
	program_replace(NULL);
	run_scenario_forget();
	return sim_end(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, clean_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_peer_is_sought_by_its_address_alone),
		TEST(a_peer_that_is_not_found_is_an_attempt_too),
		TEST(a_pairing_that_failed_is_retried_after_ever_longer_waits),
		TEST(our_own_refusal_is_not_retried),
		TEST(to_give_up_ends_the_retries),
		TEST(a_device_that_failed_lately_has_to_wait),
		TEST(a_failure_is_explained),
		TEST(without_their_out_of_band_data_commands_do_not_begin),
		TEST(a_failure_is_explained_although_the_controller_disappears),
		TEST(out_of_band_data_serve_once),
		TEST(a_bonded_peer_is_found_under_each_of_its_addresses),
		TEST(a_bonded_peer_is_found_under_the_address_of_its_pairing),
		TEST(verify_without_a_bond_says_so_at_once),
		TEST(a_bonded_device_that_failed_lately_has_to_wait_under_each_address),
		TEST(a_link_that_breaks_before_anything_was_attempted_is_not_retried),
		TEST(a_peer_that_refuses_at_once_is_asked_again),
		TEST(a_link_that_was_never_established_is_retried),
		TEST(a_connection_that_failed_to_be_established_is_retried),
		TEST(the_time_limit_ends_the_retries),
		TEST(what_cannot_be_used_is_no_attempt),
		TEST(keys_are_not_kept_longer_than_they_are_needed),
		TEST(every_event_has_what_is_known_of_the_peer),
		TEST(every_bond_whose_peer_is_near_is_verified),
		TEST(verified_bonds_are_forgotten_at_once),
		TEST(a_bond_that_does_not_work_gives_the_exit_code),
		TEST(an_absent_peer_is_not_found),
		TEST(the_first_bond_that_does_not_work_gives_the_exit_code),
		TEST(without_memory_for_all_bonds_none_is_verified),
		TEST(the_time_limit_ends_a_verification),
		TEST(a_bond_that_knows_our_identity_is_ours),
		TEST(an_interruption_leaves_bonds_untried),
		TEST(bonds_under_another_address_of_ours_are_left_out),
		TEST(a_connection_that_fails_three_times_is_given_up),
		TEST(a_listener_ends_after_as_many_pairings_as_were_asked_for),
		TEST(a_listener_forgets_the_keys_of_each_link),
		TEST(failures_do_not_count_for_a_listener),
		TEST(how_a_listener_without_a_peer_ends),
		TEST(a_listener_that_loses_its_controller_has_failed_unless_it_was_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
