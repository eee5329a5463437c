/* SPDX-License-Identifier: MIT */
/* The row of a unit over the options of the job; the end that an outcome stands for. */
#include "batch/slot.h"

#include <string.h>

#include "cli/batch/fixture.h"
#include "hci/error.h"

static void without_fields_the_options_of_the_job_apply(void **state)
{
	struct batch_slot *slot;

	(void)state;
	options.passkey = 123456;
	options.has_passkey = true;
	options.confirm = CONFIRM_YES;
	options.method = SMP_PASSKEY_WE_TYPE;
	options.mitm = SMP_MITM_OFF;
	options.sc = SMP_SC_PREFER;
	options.min_key_size = 7;
	options.oob.has_tk = true;
	add_units(1);
	slot = start_unit(0, 0);
	assert_int_equal(slot->options.passkey, 123456);
	assert_true(slot->options.has_passkey);
	assert_int_equal(slot->options.confirm, CONFIRM_YES);
	assert_int_equal(slot->options.method, SMP_PASSKEY_WE_TYPE);
	assert_int_equal(slot->options.mitm, SMP_MITM_OFF);
	assert_int_equal(slot->options.sc, SMP_SC_PREFER);
	assert_int_equal(slot->options.min_key_size, 7);
	assert_true(slot->options.oob.has_tk);
}

static void fields_of_the_row_take_precedence(void **state)
{
	struct smp_oob oob = {.has_peer = true};
	struct batch_slot *slot;

	(void)state;
	options.passkey = 1;
	options.confirm = CONFIRM_YES;
	options.method = SMP_JUST_WORKS;
	options.oob.has_tk = true;
	add_units(1);
	units[0].spec.has_passkey = true;
	units[0].spec.passkey = 493021;
	units[0].spec.confirm = CONFIRM_NO;
	units[0].spec.method = SMP_OOB;
	units[0].spec.oob = &oob;
	slot = start_unit(0, 0);
	assert_true(slot->options.has_passkey);
	assert_int_equal(slot->options.passkey, 493021);
	assert_int_equal(slot->options.confirm, CONFIRM_NO);
	assert_int_equal(slot->options.method, SMP_OOB);
	assert_true(slot->options.oob.has_peer && !slot->options.oob.has_tk);
	assert_int_equal(options.passkey, 1); /* the job's own stay */
}

static void expectations_of_the_row_join_those_of_the_job(void **state)
{
	static char serial[] = "2A25=SN-0001", firmware[] = "2A26=1.0";
	static char *expects[] = {serial, firmware};
	static struct acceptance all;
	struct batch_slot *slot;

	(void)state;
	assert_null(acceptance_set_trigger(&all, "read=2a25"));
	assert_null(acceptance_add_expect(&all, "2a25=re:SN-.*"));
	options.acceptance = &all;
	add_units(2);
	units[0].spec.expects = expects;
	units[0].spec.expect_count = 2;
	slot = link_unit(0, 0);
	assert_ptr_equal(slot->options.acceptance, &slot->acceptance);
	assert_int_equal(slot->acceptance.count, 2);
	assert_ptr_equal(slot->acceptance.trigger, &slot->acceptance.items[0]);
	assert_true(acceptance_matches(&slot->acceptance.items[0], (const uint8_t *)"SN-0001", 7));
	assert_false(acceptance_matches(&slot->acceptance.items[0], (const uint8_t *)"SN-0002", 7));
	/* The job's own stay, also for a unit without any. */
	assert_true(acceptance_matches(&all.items[0], (const uint8_t *)"SN-0002", 7));
	slot = link_unit(1, 0);
	assert_ptr_equal(slot->options.acceptance, &all);
	options.acceptance = NULL;
}

static void a_level_sets_what_it_needs(void **state)
{
	static const struct {
		uint8_t level;
		bool mitm, sc_only;
		unsigned key_size;
	} levels[] = {{0, false, false, 7},
		      {2, false, false, 7},
		      {3, true, false, 7},
		      {4, true, true, 16}};

	(void)state;
	options.mitm = SMP_MITM_OFF;
	options.sc = SMP_SC_PREFER;
	options.min_key_size = 7;
	add_units(COUNT(levels));
	for (size_t i = 0; i < COUNT(levels); i++) {
		units[i].spec.level = levels[i].level;
		const struct options *o = &link_unit(i, 0)->options;
		assert_int_equal(o->mitm == SMP_MITM_REQUIRE, levels[i].mitm);
		assert_int_equal(o->sc == SMP_SC_ONLY, levels[i].sc_only);
		assert_int_equal(o->min_key_size, levels[i].key_size);
	}
}

static void events_of_a_unit_bear_its_name(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(2);
	slot = link_unit(0, 1);
	assert_string_equal(slot->events.unit, "C4:00:00:00:00:00 SN-0");
	assert_true(slot->events.brief);
	assert_ptr_equal(slot->session.controller, &controllers[1].controller);
	assert_ptr_equal(slot->session.options, &slot->options);
	assert_ptr_equal(slot->session.events, &slot->events);
	assert_true(address_equal(&slot->session.peer, &units[0].peer));
	assert_int_not_equal(slot->session.started, 0);
	options.verbose = 1;
	assert_false(link_unit(1, 1)->events.brief);
}

/* Nothing of the unit before is left. */
static void a_slot_is_fresh_for_the_next_unit(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(2);
	slot = link_unit(0, 0);
	slot->timed_out = true;
	slot->session.state = SESSION_CLOSED;
	slot->options.passkey = 99;
	slot->session.smp.bond.local.ltk[0] = 0xaa;
	batch_slot_free(slot);
	assert_int_equal(slot->state, BATCH_SLOT_FREE);
	assert_null(slot->unit);
	assert_int_equal(slot->options.passkey, 0);
	assert_int_equal(slot->session.smp.bond.local.ltk[0], 0);
	assert_ptr_equal(link_unit(1, 0), slot);
	assert_false(slot->timed_out);
	assert_int_equal(slot->session.state, SESSION_NONE);
	assert_int_equal(slot->options.passkey, 0);
}

static void the_outcome_decides_the_end(void **state)
{
	static const struct {
		enum cli_exit exit;
		enum smp_blame blame;
		int reason;
		enum batch_end end;
	} cases[] = {
		{CLI_OK, 0, -1, BATCH_SUCCEEDED},
		{CLI_PEER_REFUSED, SMP_BY_PEER, 5, BATCH_REFUSED},
		{CLI_PEER_REFUSED, SMP_BY_ENCRYPTION, 6, BATCH_UNENCRYPTED},
		{CLI_WE_REFUSED, SMP_BY_US, 4, BATCH_WE_REFUSED},
		{CLI_TIMED_OUT, SMP_BY_TIMEOUT, -1, BATCH_SMP_TIMEOUT},
		{CLI_CONNECTION_FAILED, 0, HCI_FAILED_TO_ESTABLISH, BATCH_NOT_ESTABLISHED},
		{CLI_CONNECTION_FAILED, 0, 0x08, BATCH_LOST},
		{CLI_CANCELLED, 0, -1, BATCH_CANCELLED},
		{CLI_INTERNAL, 0, -1, BATCH_INTERNAL_ERROR},
		{CLI_BOND_LOST, SMP_BY_ENCRYPTION, 6, BATCH_BOND_LOST},
		{CLI_WRONG_ATTRIBUTE, 0, 0x0a, BATCH_WRONG_ATTRIBUTE},
		{CLI_UNPROTECTED, 0, -1, BATCH_UNPROTECTED},
	};
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = link_unit(0, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		slot->session.outcome.exit = cases[i].exit;
		slot->session.outcome.reason_code = cases[i].reason;
		slot->session.blame = cases[i].blame;
		assert_int_equal(batch_slot_end(slot), cases[i].end);
	}
}

static void a_timeout_is_of_the_unit_of_the_job_or_of_the_peer(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = link_unit(0, 0);
	slot->session.outcome.exit = CLI_TIMED_OUT;
	assert_int_equal(batch_slot_end(slot), BATCH_SMP_TIMEOUT);
	job.scheduler.stop = BATCH_INTERRUPTED;
	assert_int_equal(batch_slot_end(slot), BATCH_SMP_TIMEOUT);
	job.scheduler.stop = BATCH_TIME_OVER;
	assert_int_equal(batch_slot_end(slot), BATCH_CANCELLED);
	options.until_time = 1; /* nothing is cancelled then */
	assert_int_equal(batch_slot_end(slot), BATCH_SMP_TIMEOUT);
	slot->timed_out = true;
	assert_int_equal(batch_slot_end(slot), BATCH_UNIT_TIMEOUT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(without_fields_the_options_of_the_job_apply),
		CASE(fields_of_the_row_take_precedence),
		CASE(expectations_of_the_row_join_those_of_the_job),
		CASE(a_level_sets_what_it_needs),
		CASE(events_of_a_unit_bear_its_name),
		CASE(a_slot_is_fresh_for_the_next_unit),
		CASE(the_outcome_decides_the_end),
		CASE(a_timeout_is_of_the_unit_of_the_job_or_of_the_peer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
