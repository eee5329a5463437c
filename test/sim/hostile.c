/* SPDX-License-Identifier: MIT */
/*
 * Every command against every misbehaviour of a controller, at every moment: for each fault of
 * sim/hostile_controller.c, each command or packet of a run, and each kind of run. It must end
 * within --timeout and the limits of its closing, or after one signal; with a documented exit code,
 * and a line that names what was awaited when the controller failed. A batch goes on with its other
 * controller.
 */
#include "sim/hostile_controller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hci/protocol.h"
#include "sim/device.h"

/* The limits of docs/exit-codes.md: a link and its controller are closed in this time. */
#define CLOSING (10 * WORLD_S)

#define UNITS 3

static struct {
	char folder[32], list[64], store[64];
	struct hostile hostile;
	struct sim_controller good;
	struct sim_device devices[UNITS];
	struct reference_peer bonded; /* whose bond is in the store */
} plant;

/* ---- The kinds of runs ----------------------------------------------------------------------- */

static struct crypto_address address_of(uint8_t unit)
{
	return (struct crypto_address){.type = 1, .octets = {unit, 0, 0, 0, 0, 0xc4}};
}

static void advertise(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct crypto_address address = address_of((uint8_t)i);
		sim_device_begin(&plant.devices[i], &address);
		plant.devices[i].sc = SMP_SC_OFF;
		sim_device_advertise(&plant.devices[i]);
	}
}

static void pair_begins(void)
{
	advertise(1);
}

static void verify_begins(void)
{
	sim.peer.has_ltk = true;
	memcpy(sim.peer.ltk, plant.bonded.own.ltk, 16);
	raw_peer_advertise(&sim.peer);
}

static void listen_begins(void)
{
	const struct crypto_address address = address_of(0),
				    program = raw_peer_address(SIM_ADDRESS);

	sim_device_begin(&plant.devices[0], &address);
	plant.devices[0].sc = SMP_SC_OFF;
	sim_device_connect(&plant.devices[0], &program);
}

static void batch_begins(void)
{
	sim_controller_add(&plant.good, "sim:1", (const uint8_t[6]){9, 0, 0, 0xdc, 0x1b, 0});
	advertise(UNITS);
}

struct run {
	const char *name;
	const char *words, *unlimited; /* the second without a limit */
	const char *file;	       /* of %s in words */
	void (*begin)(void);	       /* puts its peers on the air, or NULL */
	enum cli_exit usual;
	uint64_t limit; /* --timeout; else more than the bring-up with all its limits takes */
	uint64_t alone; /* how long it takes without --timeout; 0: it waits for ever */
};

#define DEVICE "C4:00:00:00:00:00/random"

static struct run runs[] = {
	{.name = "info", .words = "info", .unlimited = "info", .limit = 35 * WORLD_S},
	{.name = "scan",
	 .words = "scan --duration 4",
	 .unlimited = "scan --duration 0",
	 .limit = 35 * WORLD_S,
	 .begin = pair_begins},
	{.name = "pair",
	 .words = "--sc off --timeout 20 " DEVICE,
	 .unlimited = "--sc off --timeout 0 --scan-timeout 5 " DEVICE,
	 .alone = 120 * WORLD_S,
	 .limit = 20 * WORLD_S,
	 .begin = pair_begins},
	{.name = "pair nobody",
	 .words = "--sc off --timeout 20 --scan-timeout 1 " DEVICE,
	 .unlimited = "--sc off --timeout 0 --scan-timeout 1 " DEVICE,
	 .alone = 60 * WORLD_S,
	 .limit = 20 * WORLD_S,
	 .usual = CLI_NOT_FOUND},
	{.name = "search",
	 .words = "--sc off --timeout 20 --scan-timeout 1 C4:00:00:00:00:00",
	 .unlimited = "--sc off --timeout 0 --scan-timeout 5 C4:00:00:00:00:00",
	 .alone = 60 * WORLD_S,
	 .limit = 20 * WORLD_S,
	 .usual = CLI_NOT_FOUND},
	{.name = "verify",
	 .words = "verify --timeout 20 --store %s " RAW_PEER_ADDRESS,
	 .unlimited = "verify --timeout 0 --scan-timeout 5 --store %s " RAW_PEER_ADDRESS,
	 .file = plant.store,
	 .alone = 120 * WORLD_S,
	 .limit = 20 * WORLD_S,
	 .begin = verify_begins},
	{.name = "listen",
	 .words = "listen --sc off --count 1 --timeout 20",
	 .unlimited = "listen --sc off --timeout 0",
	 .limit = 20 * WORLD_S,
	 .begin = listen_begins},
	{.name = "batch",
	 .words = "batch --controller sim:1 --sc off --io none --timeout 20 %s",
	 .unlimited = "batch --controller sim:1 --sc off --io none --timeout 0 %s",
	 .file = plant.list,
	 .alone = 300 * WORLD_S,
	 .limit = 20 * WORLD_S,
	 .begin = batch_begins},
};

static bool is_batch(const struct run *run)
{
	return run == &runs[COUNT(runs) - 1];
}

static char where[200]; /* the run, the fault and its moment, for the message of a failure */

static void start(const struct run *run, const struct hostile_fault *fault, unsigned nth,
		  const char *words)
{
	char text[400];

	assert_int_equal(sim_end(NULL) | sim_begin(NULL), 0);
	(void)snprintf(where, sizeof(where), "%s: %s, %u", run->name,
		       fault ? fault->name : "as usual", nth);
	hostile_begin(&plant.hostile, &sim.controller, fault, nth);
	if (run->begin)
		run->begin();
	(void)snprintf(text, sizeof(text), words, run->file);
	program_start("%s", text);
}

/* ---- What must hold -------------------------------------------------------------------------- */

static const char *said(const char *event)
{
	static char all[4096];
	const json_t *events = program_events();
	size_t len = 0;

	all[0] = '\0';
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i);
		const char *name = json_string_value(json_object_get(e, "event"));
		const char *text = json_string_value(json_object_get(e, "text"));
		if (strcmp(name, event) == 0 && text && len < sizeof(all))
			len += (size_t)snprintf(all + len, sizeof(all) - len, "%s\n", text);
	}
	return all;
}

static unsigned failures; /* of this test */

/* Goes on: a fault that shows in one run shows in many. */
static void expect(bool good, enum cli_exit exit, const char *what)
{
	if (good)
		return;
	failures++;
	print_error("%s: %s\n  exit %d at %.3f s, after 0x%04x at %.3f s: %s\n  notes: %s%s\n",
		    where, what, exit, (double)world_now() / 1e6, plant.hostile.opcode,
		    (double)plant.hostile.at / 1e6, program_result("text"), said("note"),
		    program_errors());
}

/* The command failed, with its name and the text of that failure; or it did not matter. */
static void check_controller_failed(const struct run *run, enum cli_exit exit, const char *says)
{
	const char *text = program_result("text");
	const char *name = hci_command_name(plant.hostile.opcode);

	if (exit != CLI_NO_CONTROLLER && exit != CLI_CONTROLLER_FAILED) {
		/* Optional at the bring-up, or at the end, when there is a result already. */
		expect(exit == run->usual || plant.hostile.opcode == HCI_READ_BD_ADDR, exit,
		       "it goes on as usual");
		expect(strstr(said("note"), name) != NULL, exit, "it is not noted");
		return;
	}
	/* What fails may depend on what was skipped before. */
	expect(strstr(text, says) || strstr(said("note"), says), exit,
	       "the text does not say what failed");
}

static void check(const struct run *run, enum cli_exit exit)
{
	const struct hostile_fault *fault = plant.hostile.fault;
	const char *text = program_result("text");
	bool failed = exit == CLI_CONTROLLER_FAILED || exit == CLI_NO_CONTROLLER;

	expect(exit != CLI_INTERNAL && exit != CLI_USAGE && exit <= CLI_CONTROLLER_FAILED, exit,
	       "the exit code is not one of a controller");
	expect(exit == CLI_OK || *text, exit, "there is no text");
	expect(*program_errors() == '\0', exit, "standard error");
	expect(!program_event("garbage"), exit, "standard output is not JSON");
	expect(!sim.controller.open, exit, "the controller is not given back");
	if (!plant.hostile.happened) {
		expect(exit == run->usual, exit, "without the fault it ends as usual");
		return;
	}
	switch (fault->end) {
	case HOSTILE_ENDS_AS_USUAL:
		expect(exit == run->usual, exit, "it is tolerated");
		break;
	case HOSTILE_NO_ANSWER:
		check_controller_failed(run, exit, hci_command_name(plant.hostile.opcode));
		break;
	case HOSTILE_NO_CREDIT:
		if (failed)
			expect(strstr(text, "allow") != NULL, exit, "the credit is not named");
		else
			expect(exit == run->usual, exit, "it goes on as usual");
		break;
	case HOSTILE_GONE:
		expect(exit == run->usual || strcmp(text, "the controller is gone") == 0, exit,
		       "it is gone");
		break;
	case HOSTILE_BROKEN:
		/*
		 * listen resets it once. Before the first connection is reported, the second is one
		 * with a stranger.
		 */
		expect(exit == run->usual || (failed && strstr(text, "the controller reports ")) ||
			       strstr(said("note"), "the controller reports ") ||
			       strstr(said("note"), "a device that was not called is closed"),
		       exit, "the contradiction is not named");
		break;
	case HOSTILE_REFUSED:
		break;
	}
}

/* The other controller takes over what the hostile one does not. */
static void check_batch(enum cli_exit exit)
{
	unsigned paired = 0;
	const json_t *events = program_events();

	expect(exit == CLI_OK || exit == CLI_UNITS_FAILED || exit == CLI_TIMED_OUT, exit,
	       "the exit code is not one of a batch");
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i);
		if (strcmp(json_string_value(json_object_get(e, "event")), "unit") == 0)
			paired += strcmp(json_string_value(json_object_get(e, "result")),
					 "paired") == 0;
	}
	/* A controller that fails takes no unit with it. */
	if (plant.hostile.happened && (plant.hostile.fault->end == HOSTILE_GONE ||
				       plant.hostile.fault->end == HOSTILE_NO_ANSWER ||
				       plant.hostile.fault->end == HOSTILE_NO_CREDIT ||
				       plant.hostile.fault->end == HOSTILE_BROKEN ||
				       plant.hostile.fault->end == HOSTILE_ENDS_AS_USUAL))
		expect(paired == UNITS, exit, "not every unit is paired");
	else
		expect(paired > 0, exit, "no unit is paired");
	expect(!sim.controller.open && !plant.good.open, exit, "a controller is not given back");
}

static void end_in(const struct run *run, uint64_t limit)
{
	enum cli_exit exit = (enum cli_exit)program_ends(limit);

	if (is_batch(run))
		check_batch(exit);
	else
		check(run, exit);
}

/* ---- The tests ------------------------------------------------------------------------------- */

static unsigned all_runs, runs_alone, runs_interrupted;

/* How many such moments a usual run has. */
static unsigned moments(const struct run *run, enum hostile_moment moment)
{
	static const struct run *counted;
	static struct hostile usual;

	if (counted != run) {
		start(run, NULL, 0, run->words);
		end_in(run, 100 * WORLD_S);
		usual = plant.hostile;
		counted = run;
	}
	return moment == HOSTILE_COMMAND ? usual.commands
	       : moment == HOSTILE_EVENT ? usual.events
					 : usual.packets;
}

/* Every command; of many packets, so many, evenly. */
static unsigned stride(const struct run *run, enum hostile_moment moment, unsigned most)
{
	return moment == HOSTILE_COMMAND ? 1 : (moments(run, moment) + most - 1) / most;
}

static void test_it_ends_within_its_limits(void **state)
{
	const struct run *run = *state;

	failures = 0;
	for (size_t f = 0; f < hostile_fault_count; f++) {
		const struct hostile_fault *fault = &hostile_faults[f];
		unsigned step = stride(run, fault->moment, 24);
		for (unsigned nth = 1; nth <= moments(run, fault->moment); nth += step) {
			start(run, fault, nth, run->words);
			end_in(run, run->limit + CLOSING);
			all_runs++;
		}
	}
	where[0] = '\0';
	assert_int_equal(failures, 0);
}

/* Not even --timeout is needed: each wait has a limit of its own. */
static void test_it_ends_by_itself(void **state)
{
	const struct run *run = *state;

	failures = 0;
	for (size_t f = 0; run->alone && f < hostile_fault_count; f++) {
		const struct hostile_fault *fault = &hostile_faults[f];
		unsigned step = stride(run, fault->moment, 8);
		for (unsigned nth = 1; nth <= moments(run, fault->moment); nth += step) {
			start(run, fault, nth, run->unlimited);
			end_in(run, run->alone);
			runs_alone++;
		}
	}
	where[0] = '\0';
	assert_int_equal(failures, 0);
}

static bool has_happened(void *ctx)
{
	(void)ctx;
	return plant.hostile.happened || !world_runs();
}

/* 0.3 s after the fault: most of its waits are under way then. */
static void test_one_signal_ends_it(void **state)
{
	const struct run *run = *state;

	failures = 0;
	for (size_t f = 0; f < hostile_fault_count; f++) {
		const struct hostile_fault *fault = &hostile_faults[f];
		unsigned step = stride(run, fault->moment, 8);
		for (unsigned nth = 1; nth <= moments(run, fault->moment); nth += step) {
			start(run, fault, nth, run->unlimited);
			(void)world_until(has_happened, NULL, 20 * WORLD_S);
			world_pass(300 * WORLD_MS);
			if (world_runs())
				program_interrupt();
			enum cli_exit exit = (enum cli_exit)program_ends(CLOSING);
			expect(exit != CLI_INTERNAL, exit, "an internal error");
			expect(!sim.controller.open, exit, "the controller is not given back");
			runs_interrupted++;
		}
	}
	where[0] = '\0';
	assert_int_equal(failures, 0);
}

static void test_no_moment_was_left_out(void **state)
{
	(void)state;
	print_message("%u runs with --timeout, %u without, %u interrupted\n", all_runs, runs_alone,
		      runs_interrupted);
	assert_true(all_runs >= 5000 && runs_alone >= 2000 && runs_interrupted >= 3000);
}

/* ---------------------------------------------------------------------------------------------- */

static void make_list(void)
{
	FILE *list = fopen(plant.list, "w");

	assert_non_null(list);
	(void)fputs("address\n", list);
	for (uint8_t i = 0; i < UNITS; i++) {
		const struct crypto_address address = address_of(i);
		char text[32];
		(void)fprintf(list, "%s\n", raw_peer_text(&address, text));
	}
	assert_int_equal(fclose(list), 0);
}

static void make_bond(void)
{
	assert_int_equal(sim_begin(NULL), 0);
	reference_peer_begin(&plant.bonded, &sim.peer);
	sim_pair("--sc off --store %s", plant.store);
	assert_true(reference_peer_pair(&plant.bonded));
	assert_int_equal(sim_ends(), CLI_OK);
	assert_int_equal(sim_end(NULL), 0);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(plant.folder, sizeof(plant.folder), "/tmp/blepair-hostile-XXXXXX");
	if (!mkdtemp(plant.folder))
		return -1;
	(void)snprintf(plant.list, sizeof(plant.list), "%s/list", plant.folder);
	(void)snprintf(plant.store, sizeof(plant.store), "%s/bonds", plant.folder);
	make_list();
	make_bond();
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", plant.folder);
	return system(command);
}

static int clean_up(void **state)
{
	if (*where)
		print_error("%s\n", where);
	where[0] = '\0';
	return sim_end(state);
}

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction test;
	} kinds[] = {
		{"ends within its limits", test_it_ends_within_its_limits},
		{"ends by itself", test_it_ends_by_itself},
		{"ends after one signal", test_one_signal_ends_it},
	};
	struct CMUnitTest tests[COUNT(kinds) * COUNT(runs) + 1];
	char names[COUNT(kinds) * COUNT(runs)][80];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(kinds) * COUNT(runs); i++, n++) {
		struct run *run = &runs[i / COUNT(kinds)];
		(void)snprintf(names[n], sizeof(names[n]), "%s %s", run->name,
			       kinds[i % COUNT(kinds)].name);
		tests[n] = (struct CMUnitTest){names[n], kinds[i % COUNT(kinds)].test, sim_begin,
					       clean_up, run};
	}
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_no_moment_was_left_out);
	return _cmocka_run_group_tests("sim/hostile", tests, n, set_up, tear_down);
}
