/* SPDX-License-Identifier: MIT */
/*
 * Whole jobs in virtual time: "blepair batch" with lists, stores and reports of its own, against
 * devices that pair, refuse, fall silent or disappear, and controllers that fail.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "sim/device.h"
#include "sim/reference_peer.h"
#include "sim/sim.h"
#include "store/store.h"

#define LIMIT (600 * WORLD_S)

static char folder[] = "/tmp/blepair-batch.XXXXXX";
static struct sim_device devices[8];
static struct sim_controller second;

/* ---- The scene ------------------------------------------------------------------------------- */

static const char *in_folder(const char *name)
{
	static char paths[4][64];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static int begin(void **state)
{
	(void)strcpy(folder, "/tmp/blepair-batch.XXXXXX");
	return mkdtemp(folder) ? sim_begin(state) : -1;
}

static int end(void **state)
{
	static const char *const names[] = {"list.csv",	    "store.db",	     "store.db-wal",
					    "store.db-shm", "store.db-runs", "report.html",
					    "capture",	    "capture.1",     "capture.2"};
	int status = sim_end(state);

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlink(in_folder(names[i]));
	return rmdir(folder) ? -1 : status;
}

static void write_list(const char *text)
{
	FILE *file = fopen(in_folder("list.csv"), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Device i: C4:00:00:00:00:0i/random. It is on the air from now on. */
static struct sim_device *device(unsigned i)
{
	const struct crypto_address address = {ADDRESS_RANDOM, {(uint8_t)i, 0, 0, 0, 0, 0xc4}};

	sim_device_begin(&devices[i], &address);
	devices[i].sc = SMP_SC_OFF;
	return &devices[i];
}

static void advertise(unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		sim_device_advertise(device(i));
}

/* Devices that advertised before, with the bonds that they have made. */
static void advertise_again(unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++)
		sim_device_advertise(&devices[i]);
}

/* A list of devices by their addresses. */
static void list_devices(unsigned first, unsigned last)
{
	char text[512] = "address,label\n";

	for (unsigned i = first; i <= last; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "C4:00:00:00:00:%02X,SN-%u\n", i, i);
	write_list(text);
}

static void start(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void start(const char *format, ...)
{
	char options[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(options, sizeof(options), format, arguments);
	va_end(arguments);
	program_start("batch --sc off --io none --store %s%s%s", in_folder("store.db"),
		      *options ? " " : "", options);
}

static void start_list(const char *options)
{
	start("%s%s%s", options, *options ? " " : "", in_folder("list.csv"));
}

static int run_list(const char *options)
{
	start_list(options);
	return program_ends(LIMIT);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static const char *text_in(const json_t *event, const char *field)
{
	const char *text = json_string_value(json_object_get(event, field));

	return text ? text : "";
}

static int number_in(const json_t *event, const char *field)
{
	const json_t *value = json_object_get(event, field);

	return value ? (int)json_number_value(value) : -1;
}

/* Event number n of the units with this label; NULL: there are fewer. */
static const json_t *unit_event(const char *label, size_t n)
{
	const json_t *event;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		if (strcmp(text_in(event, "event"), "unit") == 0 &&
		    strcmp(text_in(event, "label"), label) == 0 && n-- == 0)
			return event;
	}
	return NULL;
}

static size_t count_events(const char *name)
{
	const json_t *event;
	size_t i, count = 0;

	json_array_foreach(program_events(), i, event)
	{
		count += strcmp(text_in(event, "event"), name) == 0;
	}
	return count;
}

static const char *note(size_t n)
{
	const json_t *event;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		if (strcmp(text_in(event, "event"), "note") == 0 && n-- == 0)
			return text_in(event, "text");
	}
	return "";
}

static int in_summary(const char *field)
{
	return number_in(program_event("summary"), field);
}

static void stopped_by(const char *reason)
{
	assert_string_equal(text_in(program_event("summary"), "stopped"), reason);
}

static void counts_are(int paired, int failed, int left, int attempts)
{
	assert_int_equal(in_summary("paired"), paired);
	assert_int_equal(in_summary("failed"), failed);
	assert_int_equal(in_summary("left"), left);
	assert_int_equal(in_summary("attempts"), attempts);
}

static void unit_ended(const char *label, size_t n, const char *cause, bool final)
{
	const json_t *event = unit_event(label, n);

	assert_non_null(event);
	assert_string_equal(text_in(event, "cause"), cause);
	assert_string_equal(text_in(event, "result"),
			    *cause ? strcmp(cause, "cancelled") == 0 ? "cancelled" : "failed"
				   : "paired");
	assert_int_equal(json_is_true(json_object_get(event, "final")), final);
}

static bool unit_reported(void *ctx)
{
	(void)ctx;
	return count_events("unit") > 0;
}

static bool is_connecting(void *ctx)
{
	(void)ctx;
	return sim.controller.air.connecting;
}

static bool is_linked(void *ctx)
{
	(void)ctx;
	return sim.peer.link != NULL;
}

static size_t report_holds(const char *text)
{
	static char page[200000];
	FILE *file = fopen(in_folder("report.html"), "r");
	size_t count = 0;

	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	for (const char *p = page; (p = strstr(p, text)); p++)
		count++;
	return count;
}

/* ---- Units that pair ------------------------------------------------------------------------- */

static void every_unit_of_the_list_is_paired_once(void **state)
{
	const json_t *event, *controller;

	(void)state;
	list_devices(1, 3);
	advertise(1, 3);
	assert_int_equal(run_list(""), CLI_OK);
	event = program_event("batch");
	assert_int_equal(number_in(event, "total"), 3);
	assert_int_equal(number_in(event, "paired_before"), 0);
	assert_int_equal(number_in(event, "controllers"), 1);
	assert_int_equal(strncmp(text_in(event, "run"), "list.csv-", 9), 0);
	assert_int_equal(strlen(text_in(event, "run")), 9 + 16);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(devices[i].pairings, 1);
	stopped_by("all");
	counts_are(3, 0, 0, 3);
	assert_string_equal(program_result("text"), "3 of 3 units paired");
	assert_string_equal(program_result("advice"), "");
	controller = json_array_get(json_object_get(program_event("summary"), "controllers"), 0);
	assert_string_equal(text_in(controller, "controller"), "sim:0");
	assert_int_equal(number_in(controller, "paired"), 3);
	assert_int_equal(number_in(controller, "failed"), 0);
	assert_in_range(number_in(controller, "links"), 1, 3);
	assert_true(json_is_false(json_object_get(controller, "failed_itself")));

	event = unit_event("SN-2", 0);
	unit_ended("SN-2", 0, "", true);
	assert_string_equal(text_in(event, "unit"), "C4:00:00:00:00:02");
	assert_string_equal(text_in(event, "class"), "ok");
	assert_string_equal(text_in(event, "controller"), "sim:0");
	assert_string_equal(text_in(event, "method"), "just_works");
	assert_int_equal(number_in(event, "line"), 3);
	assert_int_equal(number_in(event, "attempt"), 1);
	assert_int_equal(number_in(event, "key_size"), 16);
	assert_true(json_is_true(json_object_get(event, "bonded")));
	assert_true(json_is_false(json_object_get(event, "secure_connections")));
	assert_true(json_is_false(json_object_get(event, "authenticated")));
	assert_string_equal(text_in(json_object_get(event, "peer"), "address"),
			    "C4:00:00:00:00:02");
	assert_string_equal(
		text_in(json_object_get(json_object_get(event, "peer"), "identity"), "address"),
		"C4:00:00:00:00:02");
	assert_string_equal(text_in(json_object_get(event, "peer"), "label"), "SN-2");
	assert_int_equal(json_object_size(json_object_get(event, "timings")), 4);
	assert_null(json_object_get(event, "again_ms"));
	assert_null(json_object_get(event, "reason_code"));
	assert_false(sim.controller.open);
	assert_true(sim.controller.clean);
}

static void nothing_is_left_for_the_same_command(void **state)
{
	(void)state;
	list_devices(1, 2);
	advertise(1, 2);
	assert_int_equal(run_list(""), CLI_OK);
	assert_int_equal(sim.controller.opened, 1);
	assert_int_equal(run_list(""), CLI_OK);
	assert_int_equal(sim.controller.opened, 1); /* no controller is needed */
	counts_are(2, 0, 0, 0);
	assert_int_equal(in_summary("paired_before"), 2);
	stopped_by("all");
	assert_int_equal(count_events("unit"), 0);
}

static void a_limited_job_continues_with_the_rest(void **state)
{
	(void)state;
	list_devices(1, 3);
	advertise(1, 3);
	assert_int_equal(run_list("--limit 1"), CLI_OK);
	stopped_by("enough");
	counts_are(1, 0, 2, 1);
	assert_string_equal(program_result("text"), "1 of 3 units paired");
	assert_string_equal(program_result("advice"),
			    "2 left: run the same command again to continue");
	assert_int_equal(run_list("--until 2"), CLI_OK);
	stopped_by("enough");
	counts_are(2, 0, 1, 1);
	assert_int_equal(in_summary("paired_before"), 1);
	assert_int_equal(run_list(""), CLI_OK);
	counts_are(3, 0, 0, 1);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(devices[i].pairings, 1);
}

static void a_job_that_has_enough_starts_nothing(void **state)
{
	(void)state;
	list_devices(1, 2);
	advertise(1, 2);
	assert_int_equal(run_list("--until 1"), CLI_OK);
	assert_int_equal(run_list("--until 1"), CLI_OK);
	stopped_by("enough");
	counts_are(1, 0, 1, 0);
	assert_int_equal(sim.controller.opened, 1); /* no controller is needed */
}

static void again_starts_a_new_job_and_the_latest_one_continues(void **state)
{
	char first[64];

	(void)state;
	list_devices(1, 2);
	advertise(1, 2);
	assert_int_equal(run_list("--again"), CLI_OK); /* the first one needs no number */
	(void)snprintf(first, sizeof(first), "%s", text_in(program_event("summary"), "run"));
	assert_null(strchr(first, '#'));
	for (unsigned n = 2; n <= 3; n++) {
		char name[80];
		advertise_again(1, 2);
		assert_int_equal(run_list("--again --limit 1"), CLI_OK);
		(void)snprintf(name, sizeof(name), "%s#%u", first, n);
		assert_string_equal(text_in(program_event("summary"), "run"), name);
		counts_are(1, 0, 1, 1);
	}
	assert_int_equal(run_list(""), CLI_OK);
	assert_string_equal(strrchr(text_in(program_event("summary"), "run"), '#'), "#3");
	counts_are(2, 0, 0, 1);
}

/* Another job, the same devices: their bonds work, or one does not; --again pairs all anew. */
static void a_unit_with_a_bond_is_paired_anew_only_with_again(void **state)
{
	const json_t *event;

	(void)state;
	list_devices(1, 2);
	advertise(1, 2);
	assert_int_equal(run_list("--run first"), CLI_OK);
	advertise_again(1, 2);
	assert_int_equal(run_list("--run second"), CLI_OK);
	counts_are(2, 0, 0, 2);
	event = unit_event("SN-2", 0);
	assert_string_equal(text_in(event, "result"), "encrypted");
	assert_true(json_is_true(json_object_get(event, "bonded")));
	assert_true(json_is_false(json_object_get(event, "replaced")));
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(devices[i].pairings, 1);
		assert_int_equal(devices[i].used, 1);
	}
	/* Which is enough for the job. */
	assert_int_equal(run_list("--run second"), CLI_OK);
	assert_int_equal(in_summary("paired_before"), 2);

	devices[2].has_bond = false;
	advertise_again(1, 2);
	assert_int_equal(run_list("--run third"), CLI_UNITS_FAILED);
	counts_are(1, 1, 0, 2);
	unit_ended("SN-2", 0, "bond_lost", true);
	assert_non_null(strstr(text_in(unit_event("SN-2", 0), "advice"), "--again"));
	assert_int_equal(devices[2].pairings, 1);

	advertise_again(1, 2);
	assert_int_equal(run_list("--run third --again"), CLI_OK);
	counts_are(2, 0, 0, 2);
	assert_string_equal(text_in(unit_event("SN-2", 0), "result"), "paired");
	assert_true(json_is_true(json_object_get(unit_event("SN-2", 0), "replaced")));
	for (unsigned i = 1; i <= 2; i++)
		assert_int_equal(devices[i].pairings, 2);
}

/* A row that demands more than the bond gives is a reason to pair anew. */
static void a_unit_is_paired_anew_for_what_its_row_demands(void **state)
{
	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	devices[1].io = SMP_IO_DISPLAY_YES_NO;
	devices[1].sc = SMP_SC_PREFER;
	assert_int_equal(run_list("--run first --sc prefer"), CLI_OK);
	assert_true(json_is_false(json_object_get(unit_event("SN-1", 0), "authenticated")));
	advertise_again(1, 1);
	assert_int_equal(
		run_list("--run second --sc prefer --mitm --io display-yesno --confirm yes"),
		CLI_OK);
	assert_string_equal(text_in(unit_event("SN-1", 0), "result"), "paired");
	assert_true(json_is_true(json_object_get(unit_event("SN-1", 0), "authenticated")));
	assert_true(json_is_true(json_object_get(unit_event("SN-1", 0), "replaced")));
	assert_int_equal(devices[1].used, 0);
}

static void a_named_job_is_for_a_list_that_grows(void **state)
{
	(void)state;
	list_devices(1, 1);
	advertise(1, 2);
	assert_int_equal(run_list("--run order-7"), CLI_OK);
	list_devices(1, 2);
	assert_int_equal(run_list("--run order-7"), CLI_OK);
	assert_string_equal(text_in(program_event("summary"), "run"), "order-7");
	counts_are(2, 0, 0, 1);
}

static void without_a_store_nothing_can_be_continued(void **state)
{
	(void)state;
	list_devices(1, 2);
	advertise(1, 2);
	program_start("batch --sc off --io none --no-store --limit 1 %s", in_folder("list.csv"));
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	counts_are(1, 0, 1, 1);
	assert_string_equal(program_result("advice"), "");
}

/* The row: a passkey and a level. The options of the command line do not suffice for either. */
static void the_row_of_a_unit_takes_precedence_over_options(void **state)
{
	(void)state;
	write_list("address,label,passkey,level,method\n"
		   "C4:00:00:00:00:01,typed,271828,4,passkey_we_type\n"
		   "C4:00:00:00:00:02,weak,,3,\n"
		   "C4:00:00:00:00:03,other,,,passkey_we_type\n"
		   "C4:00:00:00:00:04,plain,,,just_works\n");
	device(1)->io = SMP_IO_DISPLAY_ONLY;
	devices[1].sc = SMP_SC_PREFER;
	devices[1].mitm = SMP_MITM_REQUIRE;
	devices[1].passkey = 271828;
	sim_device_advertise(&devices[1]);
	advertise(2, 4);
	program_start("batch --store %s %s", in_folder("store.db"), in_folder("list.csv"));
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	unit_ended("typed", 0, "", true);
	assert_string_equal(text_in(unit_event("typed", 0), "method"), "passkey_we_type");
	assert_true(json_is_true(json_object_get(unit_event("typed", 0), "authenticated")));
	assert_true(json_is_true(json_object_get(unit_event("typed", 0), "secure_connections")));
	unit_ended("weak", 0, "we_refused", true);
	assert_int_equal(number_in(unit_event("weak", 0), "reason_code"), 3);
	unit_ended("other", 0, "we_refused", true);
	unit_ended("plain", 0, "", true);
	assert_string_equal(program_result("text"), "2 of 4 units paired, 2 failed");
	assert_string_equal(program_result("advice"),
			    "run the same command again to retry those that failed");
	assert_int_equal(count_events("passkey"), 0); /* the list answers */
}

/* Core 6.2: level 3 is Secure Connections or out of band; an option selects the older policy. */
static void level_3_of_a_row_needs_more_than_a_legacy_passkey(void **state)
{
	(void)state;
	for (int older = 0; older < 2; older++) {
		write_list("address,label,passkey,level\n"
			   "C4:00:00:00:00:01,typed,271828,3\n");
		device(1)->io = SMP_IO_DISPLAY_ONLY;
		devices[1].sc = SMP_SC_OFF;
		devices[1].mitm = SMP_MITM_PREFER;
		devices[1].passkey = 271828;
		sim_device_advertise(&devices[1]);
		program_start("batch %s--io keyboard --no-store %s",
			      older ? "--legacy-passkey-mitm " : "", in_folder("list.csv"));
		assert_int_equal(program_ends(LIMIT), older ? CLI_OK : CLI_UNITS_FAILED);
		unit_ended("typed", 0, older ? "" : "we_refused", true);
		if (older)
			assert_true(json_is_true(
				json_object_get(unit_event("typed", 0), "authenticated")));
		else
			assert_int_equal(number_in(unit_event("typed", 0), "reason_code"), 3);
	}
}

static void a_match_pairs_each_device_once(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		device(i)->name = i < 4 ? "unit" : "other";
		sim_device_advertise(&devices[i]);
	}
	start("--match name=un* --scan-timeout 3");
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	stopped_by("nobody");
	counts_are(3, 0, 0, 3);
	assert_string_equal(program_result("text"), "3 units paired");
	assert_string_equal(program_result("advice"), "");
	assert_int_equal(devices[4].links, 0);
	assert_string_equal(text_in(program_event("unit"), "label"), "");
	assert_string_equal(text_in(json_object_get(program_event("unit"), "peer"), "name"),
			    "unit");
	/* The same match continues: those that were paired advertise, and are left alone. */
	for (unsigned i = 1; i <= 3; i++)
		sim_device_advertise(&devices[i]);
	start("--match name=un* --scan-timeout 3");
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	counts_are(0, 0, 0, 0);
	assert_string_equal(program_result("text"), "0 units paired");
	start("--match address=C4:00:00:00:00:04 --until 1");
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	assert_string_equal(program_result("text"), "1 unit paired");
	stopped_by("enough");
}

/* The name comes in the scan response; what else identifies the unit is in the advertisement. */
static void a_scan_response_adds_to_its_advertisement(void **state)
{
	static const uint8_t ad[] = {5, 0xff, 0x59, 0, 1, 2};
	static const uint8_t response[] = {4, 0x09, 'l', 'a', 'b'};

	(void)state;
	write_list("name,manufacturer,label\nlab,0059:01,SN-1\n");
	(void)device(1);
	air_advertise(&devices[1].air, true, ad, sizeof(ad), response, sizeof(response));
	assert_int_equal(run_list("--scan-timeout 5"), CLI_OK);
	assert_string_equal(text_in(unit_event("SN-1", 0), "unit"), "SN-1");
	counts_are(1, 0, 0, 1);
}

/* Device 1 under a fresh resolvable address. */
static void appear(struct crypto_address *hidden)
{
	static const uint8_t irk[16] = {1}; /* of sim/device.c */
	const struct crypto_address identity = {ADDRESS_RANDOM, {1, 0, 0, 0, 0, 0xc4}};

	assert_int_equal(address_make_resolvable(hidden, irk), 0);
	sim_device_begin(&devices[1], hidden);
	devices[1].identity = identity;
	devices[1].sc = SMP_SC_OFF;
	devices[1].name = "lab";
	sim_device_advertise(&devices[1]);
}

static void a_device_is_left_alone_under_its_next_address(void **state)
{
	struct crypto_address hidden;

	(void)state;
	write_list("name,label\nlab*,SN-1\nlab*,SN-2\n");
	appear(&hidden);
	assert_int_equal(run_list("--until 1"), CLI_OK);
	for (unsigned n = 0; n < 2; n++) {
		air_remove(&devices[1].air);
		appear(&hidden);
		assert_int_equal(run_list("--scan-timeout 2"), CLI_UNITS_FAILED);
		assert_int_equal(devices[1].links, 0);
		unit_ended("SN-2", 0, "not_seen", true);
	}
}

/* ---- Units that fail ------------------------------------------------------------------------- */

static void an_absent_unit_fails_when_nothing_comes_for_long(void **state)
{
	(void)state;
	list_devices(1, 2);
	advertise(1, 1);
	const uint64_t before = world_now();
	assert_int_equal(run_list("--scan-timeout 7"), CLI_UNITS_FAILED);
	assert_in_range(world_now() - before, 7 * WORLD_S, 8 * WORLD_S);
	stopped_by("nobody");
	counts_are(1, 1, 0, 1);
	unit_ended("SN-2", 0, "not_seen", true);
	assert_string_equal(text_in(unit_event("SN-2", 0), "text"), "it was not seen");
	assert_string_equal(text_in(unit_event("SN-2", 0), "class"), "not_found");
	assert_int_equal(number_in(unit_event("SN-2", 0), "line"), 3);
	const json_t *cause =
		json_array_get(json_object_get(program_event("summary"), "causes"), 0);
	assert_string_equal(text_in(cause, "cause"), "not_seen");
	assert_string_equal(text_in(cause, "text"), "not seen");
	assert_int_equal(number_in(cause, "count"), 1);
	assert_null(json_object_get(cause, "reason_code"));
	/* It is tried again by the same command. */
	advertise(2, 2);
	assert_int_equal(run_list(""), CLI_OK);
	counts_are(2, 0, 0, 1);
}

/* 70 units: more than one transaction has room for. */
static void all_absent_units_fail(void **state)
{
	static char text[70 * 32] = "";

	(void)state;
	(void)strcpy(text, "address\n");
	for (unsigned i = 0; i < 70; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "C4:00:00:00:01:%02X\n", i);
	write_list(text);
	assert_int_equal(run_list("--scan-timeout 1"), CLI_UNITS_FAILED);
	counts_are(0, 70, 0, 0);
	assert_int_equal(count_events("unit"), 70);
}

static void a_unit_that_disappears_must_be_seen_again(void **state)
{
	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	start_list("--scan-timeout 3");
	assert_true(world_until(is_connecting, NULL, LIMIT));
	air_remove(&devices[1].air);
	const uint64_t before = world_now();
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	assert_in_range(world_now() - before, 7500 * WORLD_MS, 8500 * WORLD_MS);
	unit_ended("SN-1", 0, "no_answer", false);
	assert_string_equal(text_in(unit_event("SN-1", 0), "text"),
			    "the unit did not accept a connection within 5 s");
	unit_ended("SN-1", 1, "not_seen", true);
	assert_string_equal(text_in(unit_event("SN-1", 1), "text"), "it was not seen again");
}

static void list_tester(void)
{
	write_list("address,label\nC0:FF:EE:00:00:01,SN-1\n");
	raw_peer_advertise(&sim.peer);
}

static void a_unit_may_take_its_time_and_no_longer(void **state)
{
	(void)state;
	list_tester();
	const uint64_t before = world_now();
	assert_int_equal(run_list("--unit-timeout 4"), CLI_UNITS_FAILED);
	assert_in_range(world_now() - before, 4 * WORLD_S, 5 * WORLD_S);
	unit_ended("SN-1", 0, "too_long", true);
	assert_string_equal(text_in(unit_event("SN-1", 0), "text"),
			    "timed out: --unit-timeout is over");
	assert_string_equal(text_in(unit_event("SN-1", 0), "class"), "timed_out");
	assert_int_equal(sim.peer.unlinked_reason, 0x13);
	/* While it is connected, too. */
	write_list("address,label\nC4:00:00:00:00:01,SN-1\n");
	advertise(1, 1);
	start_list("--unit-timeout 2");
	assert_true(world_until(is_connecting, NULL, LIMIT));
	air_remove(&devices[1].air);
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	unit_ended("SN-1", 0, "too_long", true);
}

static size_t carry_away_under_the_keys(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (packet[0] == HCI_ACL && packet[7] == RAW_PEER_SMP &&
	    packet[9] == PDU_IDENTITY_INFORMATION)
		air_remove(&devices[1].air);
	return len;
}

/* A unit that did not acknowledge the last keys has no bond: it is not done. */
static void a_unit_that_is_carried_away_under_the_keys_has_failed(void **state)
{
	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	sim.controller.from_host = carry_away_under_the_keys;
	start_list("--until 1 --scan-timeout 2");
	(void)program_expect("unit", LIMIT);
	unit_ended("SN-1", 0, "lost", false);
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);

	write_list("address,label\nC4:00:00:00:00:01,SN-1\n");
	advertise(1, 1);
	start_list("--unit-timeout 2");
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	unit_ended("SN-1", 0, "too_long", true);
	assert_string_equal(text_in(unit_event("SN-1", 0), "text"),
			    "timed out: --unit-timeout is over");
}

static void a_silent_unit_is_tried_twice(void **state)
{
	const json_t *first;

	(void)state;
	list_tester();
	start_list("");
	raw_peer_linked(&sim.peer);
	(void)raw_peer_unlinked(&sim.peer, 40 * WORLD_S);
	raw_peer_advertise(&sim.peer);
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	first = unit_event("SN-1", 0);
	unit_ended("SN-1", 0, "silent", false);
	assert_int_equal(number_in(first, "again_ms"), 1000);
	assert_int_equal(number_in(first, "attempt"), 1);
	unit_ended("SN-1", 1, "silent", true);
	assert_int_equal(number_in(unit_event("SN-1", 1), "attempt"), 2);
	assert_null(json_object_get(unit_event("SN-1", 1), "again_ms"));
	counts_are(0, 1, 0, 2);
}

static void a_refused_unit_reports_the_reason(void **state)
{
	static const uint8_t not_supported[] = {0x05, 0x05};
	const json_t *event;

	(void)state;
	list_tester();
	start_list("");
	raw_peer_linked(&sim.peer);
	(void)raw_peer_expect(&sim.peer, 0x01);
	raw_peer_send(&sim.peer, RAW_PEER_SMP, not_supported, sizeof(not_supported));
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	unit_ended("SN-1", 0, "refused", true);
	event = unit_event("SN-1", 0);
	assert_int_equal(number_in(event, "reason_code"), 5);
	assert_string_equal(text_in(event, "reason"), "Pairing Not Supported");
	assert_string_not_equal(text_in(event, "advice"), "");
	const json_t *cause =
		json_array_get(json_object_get(program_event("summary"), "causes"), 0);
	assert_string_equal(text_in(cause, "text"),
			    "the unit refused: Pairing Not Supported (0x05)");
	assert_int_equal(number_in(cause, "reason_code"), 5);
}

static void a_lost_link_is_tried_again(void **state)
{
	(void)state;
	list_tester();
	start_list("");
	for (unsigned n = 0; n < 3; n++) {
		raw_peer_linked(&sim.peer);
		raw_peer_disconnect(&sim.peer, 0x15);
		world_pass(100 * WORLD_MS);
		raw_peer_advertise(&sim.peer);
	}
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	unit_ended("SN-1", 0, "lost", false);
	assert_int_equal(number_in(unit_event("SN-1", 0), "again_ms"), 1000);
	assert_int_equal(number_in(unit_event("SN-1", 1), "again_ms"), 2000);
	unit_ended("SN-1", 2, "lost", true);
	assert_int_equal(number_in(unit_event("SN-1", 2), "reason_code"), 0x15);
}

/* As after blepair ADDRESS: in the line of the unit, and with -v in full. */
static void a_failure_is_explained(void **state)
{
	struct reference_peer p;

	(void)state;
	list_tester();
	start_list("-v");
	reference_peer_begin(&p, &sim.peer);
	raw_peer_linked(&sim.peer);
	p.stop_at = 3;
	assert_false(reference_peer_pair(&p));
	raw_peer_disconnect(&sim.peer, 0x15);
	(void)program_expect("unit", 10 * WORLD_S);
	assert_non_null(strstr(text_in(unit_event("SN-1", 0), "detail"),
			       "the responder disconnected too early, before Pairing Random"));
	assert_int_equal(count_events("explained"), 1);
	assert_string_equal(text_in(program_event("explained"), "unit"), "C0:FF:EE:00:00:01 SN-1");
	program_interrupt();
	(void)program_ends(LIMIT);
}

/* Refuses each attempt of a job, until it ends. */
static void refuse_with(uint8_t reason)
{
	const uint8_t failed[] = {0x05, reason};

	raw_peer_linked(&sim.peer);
	(void)raw_peer_expect(&sim.peer, 0x01);
	raw_peer_send(&sim.peer, RAW_PEER_SMP, failed, sizeof(failed));
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
}

static void load_verdict(void *ctx, const struct attempt *attempt)
{
	*(json_t **)ctx = json_loads(attempt->verdict, 0, NULL);
}

/* Of the only attempt in the store. */
static json_t *stored_verdict(void)
{
	static struct store store;
	const struct store_attempts all = {0};
	struct failure failure;
	json_t *verdict = NULL;

	assert_int_equal(store_init(&store, in_folder("store.db"), &failure), 0);
	assert_int_equal(store_attempts(&store, &all, load_verdict, &verdict, &failure), 0);
	store_close(&store);
	return verdict;
}

/* Without a capture: from the packets of the attempt. */
static void a_failed_unit_has_a_verdict_in_its_line_the_store_and_the_report(void **state)
{
	char options[160];

	(void)state;
	list_tester();
	(void)snprintf(options, sizeof(options), "--scan-timeout 1 --report %s",
		       in_folder("report.html"));
	start_list(options);
	refuse_with(0x05);
	json_t *verdict = json_deep_copy(json_object_get(unit_event("SN-1", 0), "verdict"));
	assert_string_equal(text_in(verdict, "text"),
			    "the responder refused: Pairing Not Supported (0x05)");
	assert_string_equal(text_in(verdict, "by"), "responder");
	assert_string_not_equal(text_in(verdict, "check"), "");
	assert_string_not_equal(text_in(verdict, "cause"), "");
	assert_string_not_equal(text_in(verdict, "fix"), "");
	assert_true(json_array_size(json_object_get(verdict, "findings")) > 0);

	assert_int_equal(report_holds("<summary>Why: <bdi>SN-1</bdi>"), 1);
	/* For all that failed so, for one of them, and for the unit. */
	assert_int_equal(report_holds("the responder sent Pairing Not Supported (0x05) after the"),
			 3);
	assert_int_equal(report_holds(" smp left0 right2 fro\"><b>Pairing Failed</b>"), 1);
	assert_int_equal(report_holds("<a href=\"#why-1\">Why</a>: "), 1);

	json_t *kept = stored_verdict();
	assert_true(json_equal(kept, verdict));
	json_decref(kept);

	/* A later process has the verdict from the store. */
	assert_int_equal(run_list(options), CLI_UNITS_FAILED);
	assert_true(report_holds("the responder sent Pairing Not Supported (0x05) after the") > 1);
	json_decref(verdict);
}

/* Without a link there are no packets: what blepair did is the verdict. */
static void a_unit_that_was_not_seen_has_a_verdict_too(void **state)
{
	const json_t *verdict;

	(void)state;
	list_devices(1, 1);
	assert_int_equal(run_list("--scan-timeout 1"), CLI_UNITS_FAILED);
	verdict = json_object_get(unit_event("SN-1", 0), "verdict");
	assert_string_equal(text_in(verdict, "cause"), "it was not seen");
	assert_string_not_equal(text_in(verdict, "fix"), "");
	assert_null(json_object_get(verdict, "findings"));
}

static void too_many_failures_in_a_row_stop_the_job(void **state)
{
	(void)state;
	write_list("address,label,level\nC4:00:00:00:00:01,SN-1,3\nC4:00:00:00:00:02,SN-2,3\n"
		   "C4:00:00:00:00:03,SN-3,3\n");
	advertise(1, 3);
	assert_int_equal(run_list("--max-failures 2 --links 1"), CLI_STOPPED);
	stopped_by("failures");
	counts_are(0, 2, 1, 2);
	assert_string_equal(program_result("detail"),
			    "2 failed in a row: --max-failures 2 stopped the job");
	assert_string_equal(program_result("advice"),
			    "1 left: run the same command again to continue");
}

/* ---- The end of the time --------------------------------------------------------------------- */

static void a_timeout_cancels_what_is_under_way(void **state)
{
	(void)state;
	list_tester();
	const uint64_t before = world_now();
	assert_int_equal(run_list("--timeout 6"), CLI_TIMED_OUT);
	assert_in_range(world_now() - before, 6 * WORLD_S, 7 * WORLD_S);
	stopped_by("time");
	assert_string_equal(program_result("detail"), "the time is over");
	assert_string_equal(text_in(unit_event("SN-1", 0), "cause"), "cancelled");
	assert_true(json_is_false(json_object_get(unit_event("SN-1", 0), "final")));
	counts_are(0, 0, 1, 1);
	assert_int_equal(sim.peer.unlinked_reason, 0x13);
}

/* A unit is under way when the time comes: it ends 20 s later. */
static void until_a_time_lets_units_end(void **state)
{
	const uint64_t minute = 60 * WORLD_S, left = 2 * minute - clock_wall() % minute;
	const time_t then = (time_t)((clock_wall() + left) / 1000000);
	const uint64_t end = world_now() + left;
	char option[48];
	struct tm local;

	(void)state;
	write_list("address,label\nC0:FF:EE:00:00:01,SN-1\n");
	(void)localtime_r(&then, &local);
	(void)snprintf(option, sizeof(option), "--scan-timeout 0 --until %02d:%02d", local.tm_hour,
		       local.tm_min);
	start_list(option);
	world_pass(left - 10 * WORLD_S);
	raw_peer_advertise(&sim.peer);
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	assert_in_range(world_now() - end, 19 * WORLD_S, 21 * WORLD_S);
	stopped_by("time");
	assert_string_equal(program_result("detail"), "the time is over");
	unit_ended("SN-1", 0, "silent", false);
	counts_are(0, 0, 1, 1);
}

static void an_interrupt_cancels_what_is_under_way(void **state)
{
	(void)state;
	list_tester();
	start_list("");
	raw_peer_linked(&sim.peer);
	program_interrupt();
	assert_int_equal(program_ends(LIMIT), CLI_CANCELLED);
	stopped_by("interrupted");
	unit_ended("SN-1", 0, "cancelled", false);
	counts_are(0, 0, 1, 1);
	assert_int_equal(sim.peer.unlinked_reason, 0x13);
	assert_true(sim.controller.clean);
}

static void an_interrupt_ends_a_connection_attempt(void **state)
{
	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	start_list("");
	assert_true(world_until(is_connecting, NULL, LIMIT));
	air_remove(&devices[1].air);
	const uint64_t before = world_now();
	program_interrupt();
	assert_int_equal(program_ends(LIMIT), CLI_CANCELLED);
	assert_true(world_now() - before < WORLD_S);
	unit_ended("SN-1", 0, "cancelled", false);
	assert_string_equal(text_in(unit_event("SN-1", 0), "text"), "cancelled");
}

/* ---- Controllers ----------------------------------------------------------------------------- */

static void add_second(void)
{
	sim_controller_add(&second, "sim:1", raw_peer_address("00:1B:DC:00:00:02/public").octets);
}

static void events_name_the_controller_when_there_are_several(void **state)
{
	const json_t *event;
	char options[160];

	(void)state;
	list_devices(1, 2);
	advertise(1, 2);
	add_second();
	second.max_links = sim.controller.max_links = 1;
	(void)snprintf(options, sizeof(options), "--controller sim:1 -v -w %s",
		       in_folder("capture"));
	assert_int_equal(run_list(options), CLI_OK);
	event = program_event("connecting");
	assert_true(strcmp(text_in(event, "controller"), "sim:0") == 0 ||
		    strcmp(text_in(event, "controller"), "sim:1") == 0);
	assert_int_equal(access(in_folder("capture.1"), F_OK), 0);
	assert_int_equal(access(in_folder("capture.2"), F_OK), 0);
	assert_int_equal(json_array_size(json_object_get(program_event("summary"), "controllers")),
			 2);
	assert_int_equal(number_in(program_event("batch"), "controllers"), 2);
}

static void a_capture_of_one_controller_has_the_name_given(void **state)
{
	char options[160];

	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	(void)snprintf(options, sizeof(options), "-w %s", in_folder("capture"));
	assert_int_equal(run_list(options), CLI_OK);
	assert_int_equal(access(in_folder("capture"), F_OK), 0);
}

/* The tester holds the only link for 30 s; the other unit waits without a failed attempt. */
static void a_full_controller_is_not_the_fault_of_a_unit(void **state)
{
	const json_t *controller;

	(void)state;
	write_list("address,label\nC0:FF:EE:00:00:01,SN-0\nC4:00:00:00:00:01,SN-1\n");
	sim.controller.max_links = 1;
	raw_peer_advertise(&sim.peer);
	start_list("--scan-timeout 5");
	raw_peer_linked(&sim.peer);
	advertise(1, 1);
	assert_true(world_until(unit_reported, NULL, 10 * WORLD_S));
	unit_ended("SN-1", 0, "full", false);
	assert_int_equal(number_in(unit_event("SN-1", 0), "attempt"), 1);
	assert_null(json_object_get(unit_event("SN-1", 0), "again_ms"));
	(void)raw_peer_unlinked(&sim.peer, 40 * WORLD_S);
	sim_device_advertise(&devices[1]);
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	unit_ended("SN-1", 1, "", true);
	assert_int_equal(number_in(unit_event("SN-1", 1), "attempt"), 1);
	assert_null(unit_event("SN-1", 2)); /* the limit was learnt */
	controller = json_array_get(json_object_get(program_event("summary"), "controllers"), 0);
	assert_int_equal(number_in(controller, "links"), 1);
}

/* Its attempt under way is stored and announced as well. */
static void without_a_controller_the_job_ends(void **state)
{
	(void)state;
	list_tester();
	start_list("");
	raw_peer_linked(&sim.peer);
	sim_controller_vanish(&sim.controller);
	assert_int_equal(program_ends(LIMIT), CLI_CONTROLLER_FAILED);
	stopped_by("no_controller");
	assert_int_equal(strncmp(program_result("detail"), "no controller is left: ", 23), 0);
	assert_string_equal(text_in(program_event("interruption"), "state"), "late");
	assert_non_null(strstr(text_in(program_event("interruption"), "text"),
			       "out of service: it is not back after 60 s"));
	assert_non_null(unit_event("SN-1", 0));
	assert_string_equal(text_in(unit_event("SN-1", 0), "cause"), "controller");
	assert_true(json_is_true(json_object_get(
		json_array_get(json_object_get(program_event("summary"), "controllers"), 0),
		"failed_itself")));
	counts_are(0, 0, 1, 1);
}

static void another_controller_takes_over(void **state)
{
	(void)state;
	list_tester();
	add_second();
	start_list("--controller sim:1");
	raw_peer_linked(&sim.peer);
	/* The one that has the link. */
	struct sim_controller *first =
		sim.peer.link->central == &sim.controller.air ? &sim.controller : &second;
	sim_controller_vanish(first);
	(void)raw_peer_unlinked(&sim.peer, LIMIT);
	raw_peer_advertise(&sim.peer);
	raw_peer_linked(&sim.peer);
	assert_true(world_until(unit_reported, NULL, LIMIT));
	assert_ptr_equal(sim.peer.link->central,
			 first == &second ? &sim.controller.air : &second.air);
	unit_ended("SN-1", 0, "controller", false);
	program_interrupt();
	assert_int_equal(program_ends(LIMIT), CLI_CANCELLED);
}

/* ---- Fixtures -------------------------------------------------------------------------------- */

/* Both controllers hear all devices. */
static void each_unit_is_paired_by_the_controller_of_its_slot(void **state)
{
	char label[8];

	(void)state;
	write_list("address,label,slot\n"
		   "C4:00:00:00:00:01,SN-1,right\n"
		   "C4:00:00:00:00:02,SN-2,sim:0\n"
		   "C4:00:00:00:00:03,SN-3,right\n"
		   "C4:00:00:00:00:04,SN-4,right\n");
	advertise(1, 4);
	add_second();
	assert_int_equal(run_list("--controller sim:1 --bind right=sim:1"), CLI_OK);
	for (unsigned i = 1; i <= 4; i++) {
		(void)snprintf(label, sizeof(label), "SN-%u", i);
		unit_ended(label, 0, "", true);
		assert_string_equal(text_in(unit_event(label, 0), "controller"),
				    i == 2 ? "sim:0" : "sim:1");
		assert_string_equal(text_in(unit_event(label, 0), "slot"),
				    i == 2 ? "sim:0" : "right");
		assert_int_equal(devices[i].pairings, 1);
	}
}

/* They are left to the next run, and did not fail. */
static void the_units_of_a_controller_that_is_gone_are_left(void **state)
{
	(void)state;
	write_list("address,label,slot\n"
		   "C4:00:00:00:00:01,SN-1,sim:0\n"
		   "C4:00:00:00:00:02,SN-2,sim:1\n");
	add_second();
	device(1)->sc = device(2)->sc = SMP_SC_OFF;
	sim_device_advertise(&devices[1]);
	start_list("--controller sim:1");
	assert_true(world_until(unit_reported, NULL, LIMIT));
	sim_controller_vanish(&second);
	sim_device_advertise(&devices[2]); /* sim:0 sees it */
	assert_int_equal(program_ends(LIMIT), CLI_CONTROLLER_FAILED);
	stopped_by("no_controller");
	counts_are(1, 0, 1, 1);
	assert_int_equal(devices[2].links, 0);
}

/* Nor do they fail with a unit that is not there. */
static void an_absent_unit_fails_no_unit_of_a_controller_that_is_gone(void **state)
{
	(void)state;
	write_list("address,label,slot\n"
		   "C4:00:00:00:00:01,SN-1,sim:0\n"
		   "C4:00:00:00:00:02,SN-2,sim:1\n"
		   "C4:00:00:00:00:03,SN-3,sim:0\n");
	add_second();
	advertise(1, 1);
	start_list("--controller sim:1 --scan-timeout 20");
	assert_true(world_until(unit_reported, NULL, LIMIT));
	sim_controller_vanish(&second);
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	stopped_by("nobody");
	counts_are(1, 1, 1, 1);
	unit_ended("SN-3", 0, "not_seen", true);
	assert_null(unit_event("SN-2", 0));
}

static void a_list_whose_slot_has_no_controller_starts_nothing(void **state)
{
	(void)state;
	write_list("address,slot\nC4:00:00:00:00:01,sim:1\n");
	assert_int_equal(run_list(""), CLI_USAGE);
	assert_non_null(
		strstr(program_result("text"), "line 2: no controller belongs to the slot"));
	assert_int_equal(run_list("--bind 1=sim:7"), CLI_USAGE);
	assert_string_equal(program_result("text"), "--bind 1=sim:7: this run does not use the "
						    "controller sim:7; add -c sim:7");
	assert_int_equal(sim.controller.opened, 0);
}

/* ---- Rows of standard input ------------------------------------------------------------------ */

/* Hours lie between the rows; one unit is never there. */
static void rows_are_taken_as_they_come(void **state)
{
	(void)state;
	start("-");
	(void)program_expect("controller", LIMIT);
	program_answer("address,label");
	for (unsigned i = 1; i <= 3; i++) {
		char row[40];
		world_pass(3600 * WORLD_S);
		(void)snprintf(row, sizeof(row), "C4:00:00:00:00:%02X,SN-%u", i, i);
		if (i != 2)
			sim_device_advertise(device(i));
		program_answer(row);
		assert_int_equal(number_in(program_expect("unit", LIMIT), "line"), i + 1);
	}
	unit_ended("SN-1", 0, "", true);
	unit_ended("SN-2", 0, "not_seen", true);
	unit_ended("SN-3", 0, "", true);
	program_answer("C4:00"); /* malformed */
	assert_int_equal(number_in(program_expect("row", LIMIT), "line"), 5);
	sim_device_advertise(device(2));
	program_answer("C4:00:00:00:00:02,SN-2");
	(void)program_expect("unit", LIMIT);
	unit_ended("SN-2", 1, "", true);
	program_answer(NULL);
	assert_int_equal(program_ends(LIMIT), CLI_UNITS_FAILED);
	stopped_by("all");
	counts_are(3, 0, 0, 3);
	assert_int_equal(in_summary("refused"), 1);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(devices[i].pairings, 1);
}

static void the_end_of_the_input_waits_for_its_units(void **state)
{
	(void)state;
	advertise(1, 3);
	start("-");
	program_answer("address\nC4:00:00:00:00:01\nC4:00:00:00:00:02\nC4:00:00:00:00:03");
	program_answer(NULL);
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	counts_are(3, 0, 0, 3);
}

/* --run names the run: what it has paired is answered without a connection. */
static void a_named_run_of_standard_input_continues(void **state)
{
	(void)state;
	advertise(1, 2);
	start("--run shift -");
	program_answer("address\nC4:00:00:00:00:01");
	(void)program_expect("unit", LIMIT);
	program_interrupt();
	assert_int_equal(program_ends(LIMIT), CLI_CANCELLED);
	start("--run shift -");
	program_answer("address\nC4:00:00:00:00:01\nC4:00:00:00:00:02");
	program_answer(NULL);
	assert_int_equal(program_ends(LIMIT), CLI_OK);
	counts_are(2, 0, 0, 1);
	assert_int_equal(in_summary("paired_before"), 1);
	assert_int_equal(devices[1].links, 1);
	assert_int_equal(devices[2].pairings, 1);
}

/* ---- Controllers that fail ------------------------------------------------------------------- */

static void break_link(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < COUNT(devices); i++)
		if (devices[i].link)
			air_break(devices[i].link, 0x3e);
}

/* A number of connections break at once: they were never established. */
static size_t break_connections(void *ctx, uint8_t *packet, size_t len)
{
	unsigned *left = ctx;
	const bool connected = len > 5 && packet[0] == 0x04 && packet[1] == 0x3e &&
			       (packet[3] == 0x01 || packet[3] == 0x0a) && packet[4] == 0;

	if (*left && connected) {
		--*left;
		world_post(AIR_DELAY, break_link, NULL, 0);
	}
	return len;
}

static void a_controller_that_fails_unit_after_unit_is_reset(void **state)
{
	unsigned left = 5;

	(void)state;
	list_devices(1, 6);
	advertise(1, 6);
	sim.controller.to_host = break_connections;
	sim.controller.ctx = &left;
	assert_int_equal(run_list("--links 1"), CLI_OK);
	assert_int_equal(count_events("interruption"), 2);
	assert_string_equal(text_in(program_event("interruption"), "state"), "back");
	assert_string_equal(text_in(program_event("interruption"), "remedy"), "reset");
	assert_int_equal(count_events("note"), 0);
	counts_are(6, 0, 0, 11);
	assert_string_equal(text_in(program_event("summary"), "stopped"), "all");
}

static void a_connection_that_is_not_established_is_tried_again_soon(void **state)
{
	unsigned left = 2;

	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	sim.controller.to_host = break_connections;
	sim.controller.ctx = &left;
	assert_int_equal(run_list(""), CLI_OK);
	unit_ended("SN-1", 0, "not_established", false);
	assert_int_equal(number_in(unit_event("SN-1", 0), "again_ms"), 250);
	unit_ended("SN-1", 1, "not_established", false);
	assert_int_equal(number_in(unit_event("SN-1", 1), "again_ms"), 500);
	unit_ended("SN-1", 2, "", true);
	assert_int_equal(count_events("note"), 0);
}

static size_t drop(void *ctx, uint8_t *packet, size_t len)
{
	(void)packet;
	return *(bool *)ctx ? 0 : len;
}

static void a_controller_that_does_not_answer_is_reset_once(void **state)
{
	bool mute = false;

	(void)state;
	list_devices(1, 1);
	sim.controller.from_host = drop;
	sim.controller.ctx = &mute;
	sim.broken = true;
	start_list("--scan-timeout 0");
	world_pass(WORLD_S);
	mute = true;
	advertise(1, 1);
	assert_int_equal(program_ends(LIMIT), CLI_CONTROLLER_FAILED);
	assert_int_equal(count_events("interruption"), 1);
	assert_string_equal(text_in(program_event("interruption"), "state"), "lost");
	assert_string_equal(text_in(program_event("interruption"), "remedy"), "reset");
	assert_int_equal(strncmp(note(0), "sim:0: out of service: ", 23), 0);
	stopped_by("no_controller");
}

/* ---- The report ------------------------------------------------------------------------------ */

static void the_report_has_attempts_of_earlier_processes(void **state)
{
	char options[160];

	(void)state;
	list_devices(1, 2);
	advertise(1, 1);
	(void)snprintf(options, sizeof(options), "--scan-timeout 1 --report %s",
		       in_folder("report.html"));
	assert_int_equal(run_list(options), CLI_UNITS_FAILED);
	assert_int_equal(report_holds("1 of 2 units paired"), 1);
	assert_int_equal(report_holds("<td class=\"name\"><bdi>SN-2</bdi>"), 1);
	advertise(2, 2);
	assert_int_equal(run_list(options), CLI_OK);
	assert_int_equal(report_holds("2 of 2 units paired"), 1);
	assert_int_equal(report_holds("<b>2</b><small>1 of them in the last run</small>"), 1);
	assert_int_equal(report_holds("<h1><bdi>list.csv-"), 1);
}

static void a_report_that_cannot_be_written_is_refused_before_any_work(void **state)
{
	(void)state;
	list_devices(1, 1);
	advertise(1, 1);
	assert_int_equal(run_list("--report /nonexistent/r.html"), CLI_USAGE);
	assert_non_null(strstr(program_result("text"), "/nonexistent/r.html"));
	assert_int_equal(sim.controller.opened, 0);
	assert_int_equal(devices[1].links, 0);
}

/* Its folder disappears during the job: the units are paired, but the exit code says so. */
static void a_report_that_is_not_written_at_the_end_fails_the_job(void **state)
{
	char options[160];

	(void)state;
	list_tester();
	assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
	(void)snprintf(options, sizeof(options), "--report %s/sub/r.html --timeout 5", folder);
	start_list(options);
	assert_true(world_until(is_linked, NULL, LIMIT));
	char report[96];
	(void)snprintf(report, sizeof(report), "%s/sub/r.html", folder);
	assert_int_equal(unlink(report), 0);
	assert_int_equal(rmdir(in_folder("sub")), 0);
	assert_int_equal(program_ends(LIMIT), CLI_TIMED_OUT);
	assert_non_null(strstr(note(0), "/sub/r.html"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_unit_of_the_list_is_paired_once),
		CASE(nothing_is_left_for_the_same_command),
		CASE(a_limited_job_continues_with_the_rest),
		CASE(a_job_that_has_enough_starts_nothing),
		CASE(again_starts_a_new_job_and_the_latest_one_continues),
		CASE(a_unit_with_a_bond_is_paired_anew_only_with_again),
		CASE(a_unit_is_paired_anew_for_what_its_row_demands),
		CASE(a_named_job_is_for_a_list_that_grows),
		CASE(without_a_store_nothing_can_be_continued),
		CASE(the_row_of_a_unit_takes_precedence_over_options),
		CASE(level_3_of_a_row_needs_more_than_a_legacy_passkey),
		CASE(a_match_pairs_each_device_once),
		CASE(a_scan_response_adds_to_its_advertisement),
		CASE(a_device_is_left_alone_under_its_next_address),
		CASE(an_absent_unit_fails_when_nothing_comes_for_long),
		CASE(all_absent_units_fail),
		CASE(a_unit_that_disappears_must_be_seen_again),
		CASE(a_unit_may_take_its_time_and_no_longer),
		CASE(a_unit_that_is_carried_away_under_the_keys_has_failed),
		CASE(a_silent_unit_is_tried_twice),
		CASE(a_refused_unit_reports_the_reason),
		CASE(a_lost_link_is_tried_again),
		CASE(a_failure_is_explained),
		CASE(a_failed_unit_has_a_verdict_in_its_line_the_store_and_the_report),
		CASE(a_unit_that_was_not_seen_has_a_verdict_too),
		CASE(too_many_failures_in_a_row_stop_the_job),
		CASE(a_timeout_cancels_what_is_under_way),
		CASE(until_a_time_lets_units_end),
		CASE(an_interrupt_cancels_what_is_under_way),
		CASE(an_interrupt_ends_a_connection_attempt),
		CASE(each_unit_is_paired_by_the_controller_of_its_slot),
		CASE(the_units_of_a_controller_that_is_gone_are_left),
		CASE(an_absent_unit_fails_no_unit_of_a_controller_that_is_gone),
		CASE(a_list_whose_slot_has_no_controller_starts_nothing),
		CASE(rows_are_taken_as_they_come),
		CASE(the_end_of_the_input_waits_for_its_units),
		CASE(a_named_run_of_standard_input_continues),
		CASE(events_name_the_controller_when_there_are_several),
		CASE(a_capture_of_one_controller_has_the_name_given),
		CASE(a_full_controller_is_not_the_fault_of_a_unit),
		CASE(without_a_controller_the_job_ends),
		CASE(another_controller_takes_over),
		CASE(a_controller_that_fails_unit_after_unit_is_reset),
		CASE(a_connection_that_is_not_established_is_tried_again_soon),
		CASE(a_controller_that_does_not_answer_is_reset_once),
		CASE(the_report_has_attempts_of_earlier_processes),
		CASE(a_report_that_cannot_be_written_is_refused_before_any_work),
		CASE(a_report_that_is_not_written_at_the_end_fails_the_job),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
