/* SPDX-License-Identifier: MIT */
/*
 * Sessions on a store across a network: its requests complete later, from the event loop, or fail,
 * or are never answered. Below it is the usual store.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/timed_request.h"
#include "session/session.h"
#include "sim/pairing_scenario.h"
#include "store/backend.h"

enum { CENTRAL = 1, PERIPHERAL = 0 }; /* the program's role */

#define DELAY (WORLD_S / 4)

enum mode { LATE, FAILS, SILENT };

struct waiting {
	struct loop_timer timer;
	struct store *store;
	struct store_request *request; /* NULL: this place is free */
	struct store_peer *peer;       /* NULL: it is a write */
	struct store_entry *entries;
	size_t count;
};

static struct {
	enum mode peer, write;
	struct loop *loop;
	struct waiting waiting[8];
	unsigned written, forgotten, reported_early;
} late;

/* ---- The store ------------------------------------------------------------------------------- */

static void answer(void *ctx)
{
	struct waiting *w = ctx;
	struct store_request *request = w->request;

	w->request = NULL;
	if ((w->peer ? late.peer : late.write) == FAILS) {
		(void)failure_set(&request->failure, CLI_INTERNAL, "the network is down");
		store_complete(request, -1);
	} else if (w->peer) {
		store_sqlite.peer(w->store, request, w->peer);
	} else {
		late.written++;
		store_sqlite.write(w->store, request, w->entries, w->count);
	}
}

static void add(const struct waiting *request, enum mode mode)
{
	struct waiting *w = late.waiting;

	while (w->request)
		if (++w == late.waiting + COUNT(late.waiting))
			abort();
	*w = *request;
	w->timer = (struct loop_timer){.fire = answer, .ctx = w};
	if (mode != SILENT)
		loop_timer_start(late.loop, &w->timer, DELAY);
}

static void ask_peer(struct store *store, struct store_request *request, struct store_peer *peer)
{
	add(&(struct waiting){.store = store, .request = request, .peer = peer}, late.peer);
}

static void ask_write(struct store *store, struct store_request *request,
		      struct store_entry *entries, size_t count)
{
	const struct waiting w = {
		.store = store, .request = request, .entries = entries, .count = count};

	if (request->done)
		add(&w, late.write);
	else
		store_sqlite.write(store, request, entries, count);
}

static void forget(struct store *store, struct store_request *request)
{
	(void)store;
	for (size_t i = 0; i < COUNT(late.waiting); i++) {
		struct waiting *w = &late.waiting[i];
		if (w->request != request)
			continue;
		loop_timer_stop(late.loop, &w->timer);
		w->request = NULL;
		late.forgotten++;
	}
}

int __real_store_init(struct store *store, const char *path, struct failure *failure);
int __wrap_store_init(struct store *store, const char *path, struct failure *failure);
int __real_loop_init(struct loop *loop);
int __wrap_loop_init(struct loop *loop);

int __wrap_store_init(struct store *store, const char *path, struct failure *failure)
{
	static struct store_backend backend;
	int status = __real_store_init(store, path, failure);

	backend = store_sqlite;
	backend.peer = ask_peer;
	backend.write = ask_write;
	backend.forget = forget;
	store->backend = &backend;
	return status;
}

int __wrap_loop_init(struct loop *loop)
{
	late.loop = loop;
	return __real_loop_init(loop);
}

/* ---- The tests ------------------------------------------------------------------------------- */

static void watch(void *ctx, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	(void)ctx;
	if (!name || strcmp(name, "result") != 0)
		return;
	late.reported_early += !late.written;
	late.written = 0;
}

static void begin(struct reference_peer *p, bool central, enum mode peer, enum mode write)
{
	run_scenario_begin_sc(p, central);
	memset(&late, 0, sizeof(late));
	late.peer = peer;
	late.write = write;
}

static bool nothing_waits(void)
{
	for (size_t i = 0; i < COUNT(late.waiting); i++)
		if (late.waiting[i].request)
			return false;
	return true;
}

static void pairing_succeeds_and_is_reported_once_it_is_stored(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int central = PERIPHERAL; central <= CENTRAL; central++) {
		begin(&p, central, LATE, LATE);
		run_scenario_start(&p, "--replace-bond %s", run_scenario_bonds());
		program_listen(watch, NULL);
		assert_true(reference_peer_pair(&p));
		if (!central)
			raw_peer_disconnect(p.raw, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "ok");
		assert_int_equal(late.reported_early, 0);
		assert_true(nothing_waits());
	}
}

/* The first PDU of a central is here before the store has answered. */
static void a_pairing_request_waits_for_the_store(void **state)
{
	static const uint8_t request[] = {0x01, 0x03, 0x00, 0x09, 0x10, 0x00, 0x00};
	struct reference_peer p;
	uint64_t before;

	(void)state;
	begin(&p, PERIPHERAL, LATE, LATE);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	before = world_now();
	raw_peer_send(p.raw, RAW_PEER_SMP, request, sizeof(request));
	raw_peer_expect_silence(p.raw, DELAY / 2);
	(void)raw_peer_expect(p.raw, 0x02);
	assert_true(world_now() - before < 2 * DELAY);
	raw_peer_disconnect(p.raw, 0x13);
	program_interrupt();
	(void)sim_ends();
}

static void a_central_that_floods_meanwhile_does_no_harm(void **state)
{
	static const uint8_t request[] = {0x01, 0x03, 0x00, 0x09, 0x10, 0x00, 0x00};
	struct reference_peer p;

	(void)state;
	begin(&p, PERIPHERAL, LATE, LATE);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	for (int i = 0; i < 3 * SESSION_EARLY_PDUS; i++)
		raw_peer_send(p.raw, RAW_PEER_SMP, request, sizeof(request));
	(void)raw_peer_expect(p.raw, 0x02);
	raw_peer_expect_failed(p.raw, 0x08); /* a second request is out of turn */
	raw_peer_disconnect(p.raw, 0x13);
	program_interrupt();
	(void)sim_ends();
}

static void encryption_with_a_bond_waits_for_the_store(void **state)
{
	static const uint8_t no_rand[8];
	struct reference_peer old, p;

	(void)state;
	begin(&old, PERIPHERAL, LATE, LATE);
	assert_true(run_scenario(&old, "%s", run_scenario_bonds()));
	begin(&p, PERIPHERAL, LATE, LATE);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_int_equal(raw_peer_encrypt(p.raw, old.ltk, no_rand, 0), 0);
	raw_peer_disconnect(p.raw, 0x13);
	run_scenario_end(&p);
	assert_string_equal(program_result("result"), "encrypted");
}

static void a_link_that_goes_down_meanwhile_forgets_the_request(void **state)
{
	struct reference_peer p;

	(void)state;
	begin(&p, PERIPHERAL, LATE, LATE);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	raw_peer_disconnect(p.raw, 0x13);
	(void)program_expect("result", RAW_PEER_PATIENCE);
	assert_string_equal(program_result("class"), "connection_failed");
	assert_int_equal(late.forgotten, 1);
	assert_true(nothing_waits());
	program_interrupt();
	assert_int_equal(sim_ends(), CLI_CANCELLED);
}

static void an_interrupt_meanwhile_cancels(void **state)
{
	struct reference_peer p;

	(void)state;
	begin(&p, CENTRAL, SILENT, LATE);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	program_interrupt();
	assert_int_equal(raw_peer_unlinked(p.raw, WORLD_S), 0x13);
	assert_int_equal(sim_ends(), CLI_CANCELLED);
	assert_string_equal(program_result("class"), "cancelled");
	assert_int_equal(late.forgotten, 1);
	assert_true(nothing_waits());
}

static void a_store_that_fails_or_is_silent_ends_the_session(void **state)
{
	static const struct {
		enum mode mode;
		const char *says;
	} cases[] = {{FAILS, "the network is down"}, {SILENT, "no answer within 10 s"}};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		begin(&p, i % 2, cases[i / 2].mode, LATE);
		run_scenario_start(&p, "%s", run_scenario_bonds());
		(void)raw_peer_unlinked(p.raw, TIMED_REQUEST_US + WORLD_S);
		assert_int_equal(raw_peer_count(p.raw, 0), 0);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "internal");
		assert_non_null(strstr(verdict.text, cases[i / 2].says));
		assert_true(nothing_waits());
	}
}

static void a_bond_that_the_store_does_not_take_is_not_reported_as_paired(void **state)
{
	static const struct {
		enum mode mode;
		const char *says;
	} cases[] = {{FAILS, "the network is down"}, {SILENT, "no answer within 10 s"}};
	struct reference_peer p;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		begin(&p, i % 2, LATE, cases[i / 2].mode);
		run_scenario_start(&p, "%s", run_scenario_bonds());
		assert_true(reference_peer_pair(&p));
		if (p.initiates)
			raw_peer_disconnect(p.raw, 0x13);
		run_scenario_end(&p);
		assert_string_equal(verdict.class, "internal");
		assert_non_null(strstr(verdict.detail, cases[i / 2].says));
		assert_true(nothing_waits());
	}
}

/* At the end there is no controller any more, and nothing else to wait for. */
static void an_interrupt_ends_the_wait_for_a_silent_store(void **state)
{
	struct reference_peer p;

	(void)state;
	begin(&p, CENTRAL, LATE, SILENT);
	run_scenario_start(&p, "%s", run_scenario_bonds());
	assert_true(reference_peer_pair(&p));
	world_pass(3 * WORLD_S);
	assert_null(program_event("result"));
	program_interrupt();
	assert_int_equal(program_ends(WORLD_S), CLI_CANCELLED);
	assert_non_null(strstr(program_result("detail"), "interrupted"));
	assert_true(nothing_waits());
}

static void listen_takes_the_next_central_while_a_result_is_stored(void **state)
{
	struct reference_peer p;

	(void)state;
	begin(&p, PERIPHERAL, LATE, LATE);
	sim_listen("--count 2 --replace-bond %s", run_scenario_bonds());
	program_listen(watch, NULL);
	assert_true(reference_peer_pair(&p));
	raw_peer_disconnect(p.raw, 0x13);
	(void)raw_peer_unlinked(p.raw, WORLD_S);
	world_pass(10 * WORLD_MS);
	assert_null(program_event("result"));
	raw_peer_connect(p.raw, &sim.controller.air.address);
	assert_true(reference_peer_pair(&p));
	raw_peer_disconnect(p.raw, 0x13);
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(late.reported_early, 0);
}

/* No packet arrives from the controller after the store's answer. */
static void an_idle_central_is_sent_away_although_the_store_answers_late(void **state)
{
	struct reference_peer p;

	(void)state;
	for (int limit = 1; limit <= 30; limit += 29) {
		char options[160];
		begin(&p, PERIPHERAL, LATE, LATE);
		(void)snprintf(options, sizeof(options), "--idle-timeout %d %s", limit,
			       run_scenario_bonds());
		sim_listen("%s", options);
		(void)raw_peer_unlinked(p.raw, 60 * WORLD_S);
		assert_in_range(p.raw->unlinked_at - p.raw->linked_at, (unsigned)limit * WORLD_S,
				(unsigned)limit * WORLD_S + WORLD_S / 2);
		world_pass(WORLD_S);
		assert_string_equal(program_result("class"), "timed_out");
		program_interrupt();
		assert_int_equal(sim_ends(), CLI_OK);
	}
}

static void a_retry_follows_once_the_failure_is_stored(void **state)
{
	struct reference_peer p;

	(void)state;
	begin(&p, CENTRAL, LATE, LATE);
	run_scenario_start(&p, "--retry 1 %s", run_scenario_bonds());
	(void)raw_peer_expect(p.raw, 0x01);
	reference_peer_fail(&p, 0x05);
	(void)raw_peer_unlinked(p.raw, WORLD_S);
	raw_peer_advertise(p.raw);
	raw_peer_linked(p.raw);
	assert_int_equal(late.written, 1);
	assert_true(reference_peer_pair(&p));
	assert_int_equal(sim_ends(), CLI_OK);
}

static void an_attempt_without_a_link_is_reported_once_it_is_stored(void **state)
{
	struct reference_peer p;

	(void)state;
	begin(&p, CENTRAL, LATE, LATE);
	program_start("--scan-timeout 1 %s " RAW_PEER_ADDRESS, run_scenario_bonds());
	program_listen(watch, NULL);
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	assert_string_equal(program_result("class"), "not_found");
	assert_int_equal(late.reported_early, 0);
}

static void verify_reports_each_bond_once_its_attempt_is_stored(void **state)
{
	struct reference_peer p;
	const json_t *event;
	size_t i, results = 0;

	(void)state;
	for (int bonds = 0; bonds < 3; bonds++) {
		begin(&p, CENTRAL, LATE, LATE);
		p.raw->air.address.octets[0] = (uint8_t)bonds;
		p.own.identity.octets[0] = (uint8_t)bonds;
		assert_true(run_scenario(&p, "%s", run_scenario_bonds()));
	}
	begin(&p, CENTRAL, LATE, LATE);
	program_start("verify --all --scan-timeout 1 %s", run_scenario_bonds());
	program_listen(watch, NULL);
	late.written = 0;
	assert_int_equal(sim_ends(), CLI_NOT_FOUND);
	json_array_foreach(program_events(), i, event)
	{
		const char *name = json_string_value(json_object_get(event, "event"));
		results += strcmp(name, "result") == 0;
	}
	assert_int_equal(results, 3 + 1); /* the last one is about all */
	assert_int_equal(late.reported_early, 1);
	assert_string_equal(program_result("text"), "0 of 3 bonds work");
}

/* Nothing else runs the event loop then. */
static void verify_reports_a_bond_although_the_controller_disappears_meanwhile(void **state)
{
	struct reference_peer old, p;
	const json_t *event;
	size_t i, works = 0;

	(void)state;
	begin(&old, CENTRAL, LATE, LATE);
	assert_true(run_scenario(&old, "%s", run_scenario_bonds()));
	begin(&p, CENTRAL, LATE, LATE);
	p.raw->has_ltk = true;
	memcpy(p.raw->ltk, old.ltk, 16);
	program_start("verify --all %s", run_scenario_bonds());
	raw_peer_advertise(p.raw);
	raw_peer_linked(p.raw);
	(void)raw_peer_unlinked(p.raw, 2 * WORLD_S);
	world_pass(DELAY / 2);
	assert_null(program_event("result"));
	assert_false(nothing_waits());
	sim_controller_vanish(&sim.controller);
	assert_int_equal(sim_ends(), CLI_CONTROLLER_FAILED);
	json_array_foreach(program_events(), i, event)
	{
		const char *result = json_string_value(json_object_get(event, "result"));
		works += result && strcmp(result, "encrypted") == 0;
	}
	assert_int_equal(works, 1);
	assert_true(nothing_waits());
}

static int end(void **state)
{
	run_scenario_forget();
	return sim_end(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sim_begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairing_succeeds_and_is_reported_once_it_is_stored),
		TEST(a_pairing_request_waits_for_the_store),
		TEST(a_central_that_floods_meanwhile_does_no_harm),
		TEST(encryption_with_a_bond_waits_for_the_store),
		TEST(a_link_that_goes_down_meanwhile_forgets_the_request),
		TEST(an_interrupt_meanwhile_cancels),
		TEST(a_store_that_fails_or_is_silent_ends_the_session),
		TEST(a_bond_that_the_store_does_not_take_is_not_reported_as_paired),
		TEST(an_interrupt_ends_the_wait_for_a_silent_store),
		TEST(listen_takes_the_next_central_while_a_result_is_stored),
		TEST(an_idle_central_is_sent_away_although_the_store_answers_late),
		TEST(a_retry_follows_once_the_failure_is_stored),
		TEST(an_attempt_without_a_link_is_reported_once_it_is_stored),
		TEST(verify_reports_each_bond_once_its_attempt_is_stored),
		TEST(verify_reports_a_bond_although_the_controller_disappears_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
