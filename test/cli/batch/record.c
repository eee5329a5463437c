/* SPDX-License-Identifier: MIT */
/* Results are stored before they are announced; without a store that works nothing is paired. */
#include "batch/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "cli/batch/fixture.h"
#include "smp/reason.h"
#include "store/backend.h"

static unsigned writes; /* transactions of the store */

/* clang-format off */
void __real_store_request_write(struct store *to, struct store_request *request, struct store_entry *entries, size_t count);
void __wrap_store_request_write(struct store *to, struct store_request *request, struct store_entry *entries, size_t count);
/* clang-format on */
void __wrap_store_request_write(struct store *to, struct store_request *request,
				struct store_entry *entries, size_t count)
{
	writes++;
	__real_store_request_write(to, request, entries, count);
}

/* The outcome of a session that paired, with a bond. */
static void succeed(struct batch_slot *slot)
{
	struct smp_bond *bond = &slot->session.smp.bond;

	slot->session.outcome =
		(struct outcome){.exit = CLI_OK, .result = "paired", .reason_code = -1};
	slot->session.central = true;
	*bond = (struct smp_bond){.bonded = true,
				  .secure_connections = true,
				  .authenticated = true,
				  .key_size = 16,
				  .method = SMP_NUMERIC_COMPARISON,
				  .peer = {.has_ltk = true,
					   .ltk = {1},
					   .has_irk = true,
					   .irk = {7},
					   .has_identity = true,
					   .identity = {ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}}}};
	batch_record_attempt(slot, BATCH_SUCCEEDED, -1);
}

static void give_up(struct batch_slot *slot, enum batch_end end, int code)
{
	outcome_fail(&slot->session.outcome, CLI_PEER_REFUSED, "it refused");
	slot->session.outcome.reason_code = code;
	slot->session.outcome.reason = code < 0 ? NULL : smp_reason_name((uint8_t)code);
	batch_record_attempt(slot, end, code);
}

static void give_up_waiting(void)
{
	for (size_t i = 0; i < job.unit_count; i++)
		if (units[i].state == BATCH_WAITING)
			batch_record_unseen(&job, &units[i]);
}

static enum store_state stored(size_t unit)
{
	enum store_state state = STORE_NO_UNIT;
	char key[BATCH_UNIT_NAME];
	struct failure failure;

	assert_int_equal(store_unit(&store, job.name, batch_unit_key(&units[unit].spec, key),
				    &state, NULL, &failure),
			 0);
	return state;
}

static size_t bonds(void)
{
	struct bond_record record;
	struct failure failure;
	int64_t id = 0;
	size_t count = 0;

	while (store_next(&store, 0, &id, &record, &failure) == 1)
		count++;
	return count;
}

static void a_paired_unit_is_stored_and_announced(void **state)
{
	struct batch_slot *slot;
	const json_t *e;

	(void)state;
	with_store();
	add_units(1);
	slot = link_unit(0, 1);
	units[0].waited = 1500;
	now += 250000;
	succeed(slot);
	assert_int_equal(slot->state, BATCH_SLOT_ENDED);
	assert_int_equal(json_array_size(events), 0); /* not before it is stored */
	run_timers();
	assert_int_equal(stored(0), STORE_DONE);
	assert_int_equal(bonds(), 1);
	assert_int_equal(units[0].state, BATCH_PAIRED);
	assert_int_equal(slot->state, BATCH_SLOT_FREE);
	assert_int_equal(slot->session.smp.bond.peer.ltk[0], 0); /* wiped */
	assert_int_equal(json_array_size(events), 1);
	e = event(0);
	assert_string_equal(text_of(e, "event"), "unit");
	assert_string_equal(text_of(e, "unit"), "C4:00:00:00:00:00");
	assert_string_equal(text_of(e, "label"), "SN-0");
	assert_string_equal(text_of(e, "result"), "paired");
	assert_string_equal(text_of(e, "class"), "ok");
	assert_string_equal(text_of(e, "controller"), "hci1");
	assert_string_equal(text_of(e, "method"), "numeric_comparison");
	assert_int_equal(number_of(e, "line"), 2);
	assert_int_equal(number_of(e, "attempt"), 1);
	assert_int_equal(number_of(e, "key_size"), 16);
	assert_true(flag_of(e, "final") && flag_of(e, "bonded"));
	assert_true(flag_of(e, "secure_connections") && flag_of(e, "authenticated"));
	assert_null(json_object_get(e, "cause"));
	assert_null(json_object_get(e, "reason"));
	assert_null(json_object_get(e, "detail"));
	assert_string_equal(
		text_of(json_object_get(json_object_get(e, "peer"), "identity"), "address"),
		"C9:09:09:09:09:09");
	e = json_object_get(e, "timings");
	assert_true(fabs(json_number_value(json_object_get(e, "scan_ms")) - 1.5) < 1e-9);
	assert_int_equal(number_of(e, "total_ms"), 250);
}

static void its_device_is_excluded_under_every_address(void **state)
{
	static const uint8_t irk[16] = {7};
	struct batch_advertiser device = {.connectable = true};
	struct batch_unit_spec any = {.has_rssi = true, .rssi = -127};

	(void)state;
	add_units(1);
	succeed(link_unit(0, 0));
	run_timers();
	job.scheduler.stop = BATCH_RUNNING;
	job.scheduler.match = &any;
	device.address = units[0].peer;
	batch_saw(&job.scheduler, clock_now(), 0, &device);
	device.address = (struct crypto_address){ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}};
	batch_saw(&job.scheduler, clock_now(), 0, &device);
	assert_int_equal(address_make_resolvable(&device.address, irk), 0);
	batch_saw(&job.scheduler, clock_now(), 0, &device);
	assert_null(batch_next(&job.scheduler, clock_now(), 0));
	device.address.octets[0] ^= 1; /* does not resolve: a stranger */
	batch_saw(&job.scheduler, clock_now(), 0, &device);
	assert_non_null(batch_next(&job.scheduler, clock_now(), 0));
}

static void a_failure_waits_or_is_final(void **state)
{
	const json_t *e;

	(void)state;
	with_store();
	add_units(2);
	give_up(link_unit(0, 0), BATCH_REFUSED, SMP_REPEATED_ATTEMPTS);
	give_up(link_unit(1, 0), BATCH_REFUSED, SMP_PAIRING_NOT_SUPPORTED);
	run_timers();
	assert_int_equal(stored(0), STORE_WAITING);
	assert_int_equal(stored(1), STORE_FAILED);
	e = event(0);
	assert_string_equal(text_of(e, "cause"), "refused");
	assert_string_equal(text_of(e, "reason"), "Repeated Attempts");
	assert_int_equal(number_of(e, "reason_code"), 9);
	assert_false(flag_of(e, "final"));
	assert_int_equal(number_of(e, "again_ms"), 2000);
	assert_string_equal(text_of(e, "text"), "it refused");
	assert_null(json_object_get(e, "method"));
	e = event(1);
	assert_true(flag_of(e, "final"));
	assert_null(json_object_get(e, "again_ms"));
	assert_int_equal(bonds(), 0);
	assert_int_equal(job.rate.count, 1); /* one unit has ended */
}

static void detail_and_advice_are_passed_on(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = link_unit(0, 0);
	give_up(slot, BATCH_LOST, -1);
	(void)strcpy(slot->session.outcome.detail, "the detail");
	(void)strcpy(slot->session.outcome.advice, "the advice");
	run_timers();
	assert_string_equal(text_of(event(0), "detail"), "the detail");
	assert_string_equal(text_of(event(0), "advice"), "the advice");
	assert_null(json_object_get(event(0), "reason_code"));
}

static void an_attempt_that_does_not_count_is_the_first(void **state)
{
	(void)state;
	add_units(2);
	(void)link_unit(1, 0);
	give_up(start_unit(0, 0), BATCH_CONTROLLER_FULL, 9);
	run_timers();
	assert_int_equal(number_of(event(0), "attempt"), 1);
	assert_null(json_object_get(event(0), "again_ms"));
	assert_int_equal(units[0].tries, 0);
}

/* Results in the order in which they ended; more than one transaction has room for. */
static void results_keep_their_order(void **state)
{
	struct batch_slot *slots[2 * HCI_LINKS_MAX];

	(void)state;
	with_store();
	add_units(2 * HCI_LINKS_MAX);
	for (size_t i = 0; i < 2 * HCI_LINKS_MAX; i++)
		slots[i] = link_unit(i, i % 2);
	for (size_t i = 2 * HCI_LINKS_MAX; i--;)
		give_up(slots[i], BATCH_REFUSED, 5);
	run_timers();
	for (size_t i = 0; i < 2 * HCI_LINKS_MAX; i++) {
		assert_int_equal(number_of(event(i), "line"), 2 * HCI_LINKS_MAX - i + 1);
		assert_int_equal(slots[i]->state, BATCH_SLOT_FREE);
	}
	assert_null(job.ended);
	/* The queue is usable again. */
	add_units(1);
	job.scheduler.stop = BATCH_RUNNING;
	give_up(link_unit(2 * HCI_LINKS_MAX, 0), BATCH_REFUSED, 5);
	run_timers();
	assert_int_equal(json_array_size(events), 2 * HCI_LINKS_MAX + 1);
}

static void a_result_asks_for_the_next_unit(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(2);
	slot = link_unit(0, 0);
	loop_timer_start(&job.runtime.loop, &slot->unit_timer, 1000000);
	give_up(slot, BATCH_REFUSED, 5);
	assert_int_equal(slot->unit_timer.at, 0); /* its time does not count any more */
	batch_record_pending(&job);
	assert_int_not_equal(job.schedule_timer.at, 0);
	loop_timer_stop(&job.runtime.loop, &job.schedule_timer);
}

static void a_bond_that_is_not_stored_is_not_announced_as_paired(void **state)
{
	const json_t *e;

	(void)state;
	with_broken_store();
	job.report = batch_report_new();
	add_units(2);
	succeed(link_unit(0, 0));
	run_timers();
	e = event(0);
	assert_string_equal(text_of(e, "result"), "failed");
	assert_string_equal(text_of(e, "cause"), "cancelled");
	assert_int_equal(strncmp(text_of(e, "text"), "paired, but the bond is lost: ", 30), 0);
	assert_false(flag_of(e, "final"));
	assert_null(json_object_get(e, "method"));
	assert_int_equal(units[0].state, BATCH_WAITING);
	assert_int_equal(job.scheduler.stop, BATCH_STORE_FAILED);
	assert_int_not_equal(job.store_failure.exit, CLI_OK);
	assert_string_not_equal(job.store_failure.text, "");
	/* Nor does it stand in the report. */
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);
	const struct batch_report_head head = {.job = NULL};
	assert_int_equal(batch_report_print(job.report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(page, "0 of 0 units paired"));
	free(page);
	batch_report_free(job.report);
}

static void the_first_failure_of_the_store_is_kept(void **state)
{
	(void)state;
	with_broken_store();
	add_units(1);
	job.store_failure.exit = CLI_PERMISSION;
	(void)strcpy(job.store_failure.text, "the first");
	succeed(link_unit(0, 0));
	run_timers();
	assert_int_equal(job.store_failure.exit, CLI_PERMISSION);
	assert_string_equal(job.store_failure.text, "the first");
}

static void no_key_stays_in_static_memory(void **state)
{
	const uint8_t ltk[16] = {'a', ' ', 'l', 'o', 'n', 'g', ' ', 't',
				 'e', 'r', 'm', ' ', 'k', 'e', 'y'};
	struct batch_slot *slot;

	(void)state;
	with_store();
	add_units(1);
	slot = link_unit(0, 0);
	succeed(slot);
	memcpy(slot->session.smp.bond.peer.ltk, ltk, sizeof(ltk));
	assert_true(static_memory_holds(ltk));
	run_timers();
	assert_int_equal(bonds(), 1);
	assert_false(static_memory_holds(ltk));
}

/* ---- A store that completes later ------------------------------------------------------------ */

static struct store_request *held; /* NULL: none */
static size_t held_entries, forgotten;

static void hold(struct store *to, struct store_request *request, struct store_entry *entries,
		 size_t count)
{
	(void)to;
	(void)entries;
	assert_null(held); /* one write at a time */
	held = request;
	held_entries = count;
}

static void forget(struct store *from, struct store_request *request)
{
	(void)from;
	assert_ptr_equal(held, request);
	held = NULL;
	forgotten++;
}

static void release(int result)
{
	struct store_request *request = held;

	assert_non_null(request);
	held = NULL;
	if (result)
		(void)failure_set(&request->failure, CLI_INTERNAL, "the network is down");
	store_complete(request, result);
}

static void close_late(struct store *of)
{
	(void)of;
}

static void with_late_store(void)
{
	static const struct store_backend late = {
		.close = close_late, .write = hold, .forget = forget};

	held = NULL;
	forgotten = 0;
	store = (struct store){.backend = &late, .database = &held};
}

static void results_are_announced_when_their_write_is_complete(void **state)
{
	struct batch_slot *first, *second, *third;

	(void)state;
	with_late_store();
	add_units(3);
	first = link_unit(0, 0);
	second = link_unit(1, 0);
	third = link_unit(2, 1);
	succeed(first);
	run_timers();
	assert_int_equal(held_entries, 1);
	/* These end meanwhile: they wait, and share the next write. */
	succeed(second);
	give_up(third, BATCH_REFUSED, 5);
	run_timers();
	assert_int_equal(json_array_size(events), 0);
	assert_int_equal(units[0].state, BATCH_ACTIVE);
	assert_int_equal(first->state, BATCH_SLOT_ENDED);
	release(0);
	assert_int_equal(json_array_size(events), 1);
	assert_int_equal(units[0].state, BATCH_PAIRED);
	assert_int_equal(first->state, BATCH_SLOT_FREE);
	assert_int_equal(second->state, BATCH_SLOT_ENDED);
	assert_int_not_equal(job.schedule_timer.at, 0);
	run_timers();
	assert_int_equal(held_entries, 2);
	release(0);
	assert_int_equal(json_array_size(events), 3);
	assert_string_equal(text_of(event(1), "result"), "paired");
	assert_string_equal(text_of(event(2), "cause"), "refused");
}

static void a_write_that_fails_later_stops_the_job(void **state)
{
	(void)state;
	with_late_store();
	add_units(1);
	succeed(link_unit(0, 0));
	run_timers();
	release(-1);
	assert_int_equal(job.scheduler.stop, BATCH_STORE_FAILED);
	assert_string_not_equal(text_of(event(0), "result"), "paired");
	assert_non_null(strstr(text_of(event(0), "text"), "the bond is lost"));
}

static void a_write_without_an_answer_fails_in_time(void **state)
{
	(void)state;
	with_late_store();
	add_units(1);
	succeed(link_unit(0, 0));
	run_timers();
	pass(TIMED_REQUEST_US - 1);
	assert_int_equal(json_array_size(events), 0);
	pass(1);
	assert_int_equal(forgotten, 1);
	assert_int_equal(job.scheduler.stop, BATCH_STORE_FAILED);
	assert_non_null(strstr(job.store_failure.text, "no answer within 10 s"));
}

static void unseen_units_wait_for_the_write_under_way(void **state)
{
	(void)state;
	with_late_store();
	add_units(66);
	succeed(link_unit(0, 0));
	run_timers();
	give_up_waiting();
	run_timers();
	assert_int_equal(held_entries, 1);
	release(0);
	run_timers();
	assert_int_equal(held_entries, 64);
	release(0);
	assert_int_equal(json_array_size(events), 1 + 64);
	run_timers();
	assert_int_equal(held_entries, 1);
	release(0);
	run_timers();
	assert_null(held);
	assert_int_equal(json_array_size(events), 1 + 65);
	assert_int_equal(job.scheduler.counts[BATCH_FAILED], 65);
}

/* The loop of a job that is over has nothing else to do. */
static struct loop_timer answer_timer;

static void answer(void *ctx)
{
	(void)ctx;
	release(0);
	loop_timer_start(&job.runtime.loop, &answer_timer, 1000);
}

static void the_job_ends_after_its_last_result_is_stored(void **state)
{
	(void)state;
	with_late_store();
	add_units(70);
	answer_timer = (struct loop_timer){.fire = answer};
	loop_timer_start(&job.runtime.loop, &answer_timer, 1000);
	give_up_waiting();
	batch_record_finish(&job);
	loop_timer_stop(&job.runtime.loop, &answer_timer);
	assert_int_equal(json_array_size(events), 70);
}

static void last_attempt(void *ctx, const struct attempt *attempt)
{
	(void)snprintf(ctx, 64, "%s, %s%s", attempt->result, attempt->class,
		       attempt->verdict && strstr(attempt->verdict, "--replace-bond") ? ", advised"
										      : "");
}

/* What is reported is what the store has in force: line, state, attempt and page. */
static void a_bond_that_the_store_rejects_is_no_success(void **state)
{
	const struct store_attempts all = {0};
	struct batch_slot *slot;
	struct failure failure;
	char last[64];
	const json_t *e;

	(void)state;
	with_store();
	job.report = batch_report_new();
	add_units(2);
	succeed(link_unit(0, 0));
	run_timers();
	job.scheduler.stop = BATCH_RUNNING;
	slot = link_unit(1, 0);
	succeed(slot);
	slot->session.smp.bond.authenticated = false;
	slot->session.smp.bond.method = SMP_JUST_WORKS;
	run_timers();
	e = event(1);
	assert_string_equal(text_of(e, "event"), "unit");
	assert_string_equal(text_of(e, "result"), "failed");
	assert_string_equal(text_of(e, "class"), "we_refused");
	assert_string_equal(text_of(e, "cause"), "we_refused");
	assert_non_null(strstr(text_of(e, "text"), "the one in the store stays in force"));
	assert_non_null(strstr(text_of(e, "detail"), "C9:09:09:09:09:09"));
	assert_non_null(strstr(text_of(e, "advice"), "--replace-bond"));
	assert_true(flag_of(e, "final"));
	assert_int_equal(units[1].state, BATCH_FAILED);
	assert_int_equal(stored(1), STORE_FAILED);
	assert_int_equal(bonds(), 1);
	assert_int_equal(store_attempts(&store, &all, last_attempt, last, &failure), 0);
	assert_string_equal(last, "failed, we_refused, advised");
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);
	const struct batch_report_head head = {.job = NULL};
	assert_int_equal(batch_report_print(job.report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(page, "1 of 2 units paired"));
	free(page);
	batch_report_free(job.report);
}

static void a_bond_that_replaces_another_says_so(void **state)
{
	(void)state;
	with_store();
	add_units(2);
	succeed(link_unit(0, 0));
	run_timers();
	succeed(link_unit(1, 0));
	run_timers();
	assert_false(flag_of(event(0), "replaced"));
	assert_true(flag_of(event(1), "replaced"));
	assert_int_equal(bonds(), 1);
}

/* Both bonds are in force, the IRK is reported, and it excludes no third device. */
static void an_irk_of_several_units_is_reported_and_excludes_none(void **state)
{
	static const uint8_t irk[16] = {1, 2, 3, 5, 8, 13};
	struct batch_advertiser device = {.connectable = true};
	struct batch_unit_spec any = {.has_rssi = true, .rssi = -127};

	(void)state;
	with_store();
	add_units(3);
	for (unsigned i = 0; i < 3; i++) {
		struct batch_slot *slot = link_unit(i, 0);
		struct smp_bond *bond = &slot->session.smp.bond;
		succeed(slot);
		memcpy(bond->peer.irk, irk, sizeof(irk));
		bond->peer.identity.octets[0] = (uint8_t)i;
		bond->peer_irk = i ? SMP_IRK_RANDOM : SMP_IRK_PATTERNED;
		run_timers();
		job.scheduler.stop = BATCH_RUNNING;
	}
	assert_int_equal(bonds(), 3);
	assert_string_equal(text_of(event(0), "irk"), "patterned");
	assert_string_equal(text_of(event(1), "irk"), "shared");
	assert_non_null(strstr(text_of(event(1), "detail"), "that of another device with a bond"));
	job.scheduler.match = &any;
	assert_int_equal(address_make_resolvable(&device.address, irk), 0);
	batch_saw(&job.scheduler, clock_now(), 0, &device);
	assert_non_null(batch_next(&job.scheduler, clock_now(), 0));
}

static void unseen_units_fail_and_others_stay(void **state)
{
	static char slot[] = "front left";
	const json_t *e;

	(void)state;
	with_store();
	job.report = batch_report_new();
	add_units(70); /* more than one transaction has room for */
	(void)link_unit(3, 0);
	units[68].last_seen = 1;
	units[69].heard_elsewhere = true; /* in another place of the fixture */
	units[69].spec.slot = slot;
	job.scheduler.stop = BATCH_NONE_SEEN;
	writes = 0;
	give_up_waiting();
	run_timers();
	assert_int_equal(writes, 2);
	assert_int_equal(json_array_size(events), 69);
	assert_int_equal(job.scheduler.counts[BATCH_FAILED], 69);
	assert_int_equal(units[3].state, BATCH_ACTIVE);
	assert_int_equal(stored(3), STORE_NO_UNIT);
	assert_int_equal(stored(0), STORE_FAILED);
	assert_int_equal(stored(69), STORE_FAILED);
	e = event(0);
	assert_string_equal(text_of(e, "event"), "unit");
	assert_string_equal(text_of(e, "unit"), "C4:00:00:00:00:00");
	assert_string_equal(text_of(e, "label"), "SN-0");
	assert_string_equal(text_of(e, "result"), "failed");
	assert_string_equal(text_of(e, "class"), "not_found");
	assert_string_equal(text_of(e, "cause"), "not_seen");
	assert_string_equal(text_of(e, "text"), "it was not seen");
	assert_string_equal(text_of(json_object_get(e, "peer"), "address"), "C4:00:00:00:00:00");
	assert_string_equal(text_of(json_object_get(e, "peer"), "label"), "SN-0");
	assert_int_equal(number_of(e, "line"), 2);
	assert_true(flag_of(e, "final"));
	assert_string_equal(text_of(event(67), "text"), "it was not seen again");
	assert_string_equal(text_of(event(68), "text"),
			    "the controller of its slot did not see it, "
			    "but another one did");
	assert_string_equal(text_of(event(68), "slot"), "front left");
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);
	const struct batch_report_head head = {.job = NULL};
	assert_int_equal(batch_report_print(job.report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(page, "0 of 69 units paired"));
	assert_non_null(strstr(page, "slot <bdi>front left</bdi>"));
	assert_non_null(strstr(page, "not found: not seen"));
	assert_non_null(strstr(page, "SN-69"));
	free(page);
	batch_report_free(job.report);
}

static void unseen_units_that_are_not_stored_stop_the_job(void **state)
{
	(void)state;
	with_broken_store();
	add_units(1);
	give_up_waiting();
	run_timers();
	assert_int_equal(job.scheduler.stop, BATCH_STORE_FAILED);
	assert_int_not_equal(job.store_failure.exit, CLI_OK);
}

/* Without another unit, the run is over before its last result is stored. */
static void a_last_failure_that_is_not_stored_is_a_failure_of_the_store(void **state)
{
	(void)state;
	with_broken_store();
	add_units(1);
	give_up(link_unit(0, 0), BATCH_REFUSED, SMP_CONFIRM_VALUE_FAILED);
	run_timers();
	assert_int_equal(job.scheduler.counts[BATCH_FAILED], 1);
	assert_int_equal(job.scheduler.stop, BATCH_STORE_FAILED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_paired_unit_is_stored_and_announced),
		CASE(its_device_is_excluded_under_every_address),
		CASE(a_failure_waits_or_is_final),
		CASE(detail_and_advice_are_passed_on),
		CASE(an_attempt_that_does_not_count_is_the_first),
		CASE(results_keep_their_order),
		CASE(a_result_asks_for_the_next_unit),
		CASE(a_bond_that_is_not_stored_is_not_announced_as_paired),
		CASE(the_first_failure_of_the_store_is_kept),
		CASE(no_key_stays_in_static_memory),
		CASE(results_are_announced_when_their_write_is_complete),
		CASE(a_write_that_fails_later_stops_the_job),
		CASE(a_write_without_an_answer_fails_in_time),
		CASE(unseen_units_wait_for_the_write_under_way),
		CASE(the_job_ends_after_its_last_result_is_stored),
		CASE(a_bond_that_the_store_rejects_is_no_success),
		CASE(a_bond_that_replaces_another_says_so),
		CASE(an_irk_of_several_units_is_reported_and_excludes_none),
		CASE(unseen_units_fail_and_others_stay),
		CASE(unseen_units_that_are_not_stored_stop_the_job),
		CASE(a_last_failure_that_is_not_stored_is_a_failure_of_the_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
