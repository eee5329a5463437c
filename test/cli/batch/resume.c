/* SPDX-License-Identifier: MIT */
/* A job continues where an earlier process left it; its name decides which job that is. */
#include "batch/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/time.h"
#include "cli/batch/fixture.h"
#include "cli/store/write.h"
#include "heap.h"

static struct failure failure;
static struct batch_list list;

static int fresh(void **state)
{
	int status = begin(state);

	job.units = NULL;
	with_store();
	return status;
}

static int gone(void **state)
{
	for (size_t i = 0; i < job.unit_count; i++)
		batch_unit_spec_free(&job.units[i].spec);
	free(job.units);
	batch_list_free(&list);
	return end(state);
}

/* What an earlier process stored of a unit. */
static void stored_before(const char *name, const char *unit, const char *result,
			  enum store_state state, const struct bond_record *bond)
{
	struct attempt attempt;
	struct store_entry entry = {.bond = bond, .attempt = &attempt, .state = state};

	attempt_init(&attempt, result, CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = name;
	attempt.unit = unit;
	(void)snprintf(attempt.peer, sizeof(attempt.peer), "%s", unit);
	if (store_write(&store, &entry, 1, &failure))
		fail_msg("%s", failure.text);
}

static void read_list(const char *text)
{
	assert_int_equal(batch_list_read(&list, "list", text, strlen(text), &failure), 0);
}

static void claimed_as(const char *name)
{
	if (batch_resume_claim(&job, &failure))
		fail_msg("%s", failure.text);
	assert_string_equal(job.name, name);
}

static void a_job_that_is_new_keeps_its_name(void **state)
{
	(void)state;
	claimed_as("order-7");
	options.again = true; /* of nothing */
	(void)strcpy(job.name, "order-8");
	claimed_as("order-8");
}

static void a_job_that_was_started_continues(void **state)
{
	(void)state;
	stored_before("order-7", "a", "failed", STORE_FAILED, NULL);
	claimed_as("order-7");
}

static void again_takes_the_next_number(void **state)
{
	(void)state;
	options.again = true;
	stored_before("order-7", "a", "failed", STORE_FAILED, NULL);
	claimed_as("order-7#2");
	(void)strcpy(job.name, "order-7");
	stored_before("order-7#2", "a", "failed", STORE_FAILED, NULL);
	claimed_as("order-7#3");
}

static void the_latest_number_continues(void **state)
{
	(void)state;
	stored_before("order-7", "a", "failed", STORE_FAILED, NULL);
	stored_before("order-7#2", "a", "failed", STORE_FAILED, NULL);
	stored_before("order-7#3", "a", "failed", STORE_FAILED, NULL);
	claimed_as("order-7#3");
}

static void a_store_that_fails_is_reported(void **state)
{
	(void)state;
	store_close(&store);
	with_broken_store();
	assert_int_equal(batch_resume_claim(&job, &failure), -1);
	assert_string_not_equal(failure.text, "");
	*failure.text = '\0';
	read_list("address\nC4:00:00:00:00:01\n");
	assert_int_equal(batch_resume_load(&job, &list, &failure), -1);
	assert_string_not_equal(failure.text, "");
}

static void units_that_are_paired_are_not_tried_again(void **state)
{
	(void)state;
	stored_before("order-7", "C4:00:00:00:00:01", "paired", STORE_DONE, NULL);
	stored_before("order-7", "C4:00:00:00:00:02", "failed", STORE_FAILED, NULL);
	stored_before("order-7", "C4:00:00:00:00:03", "failed", STORE_WAITING, NULL);
	stored_before("another", "C4:00:00:00:00:04", "paired", STORE_DONE, NULL);
	read_list("address\nC4:00:00:00:00:01\nC4:00:00:00:00:02\nC4:00:00:00:00:03\n"
		  "C4:00:00:00:00:04\n");
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_int_equal(list.count, 0); /* the job owns the units */
	assert_int_equal(job.unit_count, 4);
	assert_int_equal(job.paired_before, 1);
	assert_int_equal(job.scheduler.total, 4);
	assert_int_equal(job.scheduler.counts[BATCH_PAIRED], 1);
	assert_int_equal(job.scheduler.counts[BATCH_WAITING], 3);
	assert_int_equal(job.units[0].state, BATCH_PAIRED);
	assert_int_equal(job.units[3].spec.address.octets[0], 4);
	assert_false(job.active_scan);
}

static void names_need_active_scanning(void **state)
{
	(void)state;
	read_list("address,name\nC4:00:00:00:00:01,\n,x\nC4:00:00:00:00:02,\n");
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_true(job.active_scan);
}

static bool excluded(const struct crypto_address *address)
{
	struct batch_unit_spec any = {.has_rssi = true, .rssi = -127};
	const struct batch_advertiser device = {.connectable = true, .address = *address};
	const size_t before = job.scheduler.total;

	job.scheduler.match = &any;
	batch_saw(&job.scheduler, now, 0, &device);
	job.scheduler.match = NULL;
	return job.scheduler.total == before;
}

static void no_key_of_a_bond_stays_in_memory(void **state)
{
	struct bond_record record = {.made = "2026-01-01T00:00:00.000Z",
				     .central = true,
				     .peer = {ADDRESS_RANDOM, {1, 0, 0, 0, 0, 0xc4}},
				     .bond = {.bonded = true,
					      .key_size = 16,
					      .peer = {.has_ltk = true, .ltk = "a long term key"}}};

	(void)state;
	stored_before("order-7", "C4:00:00:00:00:01", "paired", STORE_DONE, &record);
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_false(static_memory_holds(record.bond.peer.ltk));
}

/* By its address of either type, its identity, and its IRK; a device that failed is not. */
static void devices_that_were_paired_are_excluded(void **state)
{
	struct bond_record record = {
		.made = "2026-01-01T00:00:00.000Z",
		.central = true,
		.peer = {ADDRESS_RANDOM, {1, 0, 0, 0, 0, 0xc4}},
		.bond = {.bonded = true,
			 .key_size = 16,
			 .peer = {.has_ltk = true,
				  .has_irk = true,
				  .irk = {7},
				  .has_identity = true,
				  .identity = {ADDRESS_RANDOM, {9, 9, 9, 9, 9, 0xc9}}}}};
	struct crypto_address address = record.peer, hidden;

	(void)state;
	stored_before("order-7", "C4:00:00:00:00:01", "paired", STORE_DONE, &record);
	stored_before("order-7", "C4:00:00:00:00:02", "failed", STORE_FAILED, NULL);
	stored_before("order-7", "C4:00:00:00:00:03", "paired", STORE_DONE, NULL); /* no bond */
	stored_before("another", "C4:00:00:00:00:04", "paired", STORE_DONE, NULL);
	stored_before("order-7", "C4:00:00:00:00:05", "encrypted", STORE_DONE, NULL);
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_true(excluded(&address));
	address.type = ADDRESS_PUBLIC;
	assert_true(excluded(&address));
	address.octets[0] = 3;
	assert_true(excluded(&address));
	address.type = ADDRESS_RANDOM;
	assert_true(excluded(&address));
	address.octets[0] = 5;
	assert_true(excluded(&address));
	assert_true(excluded(&record.bond.peer.identity));
	assert_int_equal(address_make_resolvable(&hidden, record.bond.peer.irk), 0);
	assert_true(excluded(&hidden));
	address.octets[0] = 2;
	assert_false(excluded(&address));
	address.octets[0] = 4;
	assert_false(excluded(&address));
	/* Nor is the zero address, in place of the bond that is not there. */
	address = (struct crypto_address){.type = ADDRESS_PUBLIC};
	assert_false(excluded(&address));
}

/* The attempts of the store do not have the type of the address. */
static void the_bond_of_a_public_address_excludes_its_identity_and_irk(void **state)
{
	struct bond_record record = {
		.made = "2026-01-01T00:00:00.000Z",
		.central = true,
		.peer = {ADDRESS_PUBLIC, {1, 0, 0, 0, 0, 0xc4}},
		.bond = {.bonded = true,
			 .key_size = 16,
			 .peer = {.has_ltk = true,
				  .has_irk = true,
				  .irk = {7},
				  .has_identity = true,
				  .identity = {ADDRESS_PUBLIC, {9, 9, 9, 9, 9, 0x19}}}}};
	struct crypto_address hidden;

	(void)state;
	stored_before("order-7", "C4:00:00:00:00:01", "paired", STORE_DONE, &record);
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_true(excluded(&record.peer));
	assert_true(excluded(&record.bond.peer.identity));
	assert_int_equal(address_make_resolvable(&hidden, record.bond.peer.irk), 0);
	assert_true(excluded(&hidden));
}

/* Other devices may have it, too. */
static void an_irk_that_follows_a_pattern_excludes_nobody(void **state)
{
	struct bond_record record = {
		.made = "2026-01-01T00:00:00.000Z",
		.central = true,
		.peer = {ADDRESS_RANDOM, {1, 0, 0, 0, 0, 0xc4}},
		.bond = {.bonded = true,
			 .key_size = 16,
			 .peer = {.has_ltk = true, .has_irk = true, .irk = "0123456789:;<=>"}}};
	struct crypto_address hidden;

	(void)state;
	record.bond.peer.irk[15] = '?';
	stored_before("order-7", "C4:00:00:00:00:01", "paired", STORE_DONE, &record);
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_true(excluded(&record.peer));
	assert_int_equal(address_make_resolvable(&hidden, record.bond.peer.irk), 0);
	assert_false(excluded(&hidden));
}

static void the_report_gets_the_attempts_of_this_job(void **state)
{
	const struct batch_report_head head = {.job = NULL};
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	(void)state;
	job.report = batch_report_new();
	stored_before("order-7", "C4:00:00:00:00:01", "paired", STORE_DONE, NULL);
	stored_before("order-7", "C4:00:00:00:00:02", "failed", STORE_FAILED, NULL);
	stored_before("another", "C4:00:00:00:00:03", "failed", STORE_FAILED, NULL);
	assert_int_equal(batch_resume_load(&job, &list, &failure), 0);
	assert_int_equal(batch_report_print(job.report, &head, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(page, "<b>2</b><small>0 of them in the last run"));
	(free)(page);
	batch_report_free(job.report);
}

static void a_lack_of_memory_is_reported(void **state)
{
	(void)state;
	read_list("address\nC4:00:00:00:00:01\nC4:00:00:00:00:02\nC4:00:00:00:00:03\n");
	heap_fail_at(1);
	assert_int_equal(batch_resume_load(&job, &list, &failure), -1);
	heap_fail_at(0);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_string_equal(failure.text, "no memory for the units");
	assert_int_equal(list.count, 3); /* still the list's */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_job_that_is_new_keeps_its_name),
		CASE(a_job_that_was_started_continues),
		CASE(again_takes_the_next_number),
		CASE(the_latest_number_continues),
		CASE(a_store_that_fails_is_reported),
		CASE(units_that_are_paired_are_not_tried_again),
		CASE(names_need_active_scanning),
		CASE(devices_that_were_paired_are_excluded),
		CASE(the_bond_of_a_public_address_excludes_its_identity_and_irk),
		CASE(an_irk_that_follows_a_pattern_excludes_nobody),
		CASE(no_key_of_a_bond_stays_in_memory),
		CASE(the_report_gets_the_attempts_of_this_job),
		CASE(a_lack_of_memory_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
