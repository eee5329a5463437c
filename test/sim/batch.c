/* SPDX-License-Identifier: MIT */
/*
 * A factory in virtual time: units pass on a conveyor, a limited number on the air at once, and
 * "blepair batch" pairs each once, in radio time. No unit is lost or paired twice, and the last
 * unit costs as much as the first.
 *
 * BLEPAIR_SIM_UNITS sets the number of units (500); scripts/bench uses 10000. With
 * BLEPAIR_SIM_LINKS and BLEPAIR_SIM_CONTROLLERS it only measures how many units that many links
 * and controllers pair in a second.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/device.h"
#include "sim/radio.h"
#include "sim/sim.h"

#define WINDOW	 32 /* units on the air at a time */
#define MOST	 128
#define LEAST	 11 /* connection events of a legacy pairing: test/sim/events.c */
#define TENTHS	 10U
#define MORE	 7 /* controllers besides the first */
#define PATIENCE (UINT64_C(86400) * WORLD_S)

/* Measured whenever a tenth of the units is done. */
struct mark {
	double wall; /* seconds */
	uint64_t world;
	size_t heap; /* octets */
};

static struct {
	size_t count, next; /* units on the list; the next one on the conveyor */
	struct sim_device devices[MOST];
	size_t window;
	unsigned *done, *pairings; /* by unit: reports as paired; pairings by the unit's count */
	size_t ended, attempts, unknown;
	uint64_t events; /* connection events */
	struct mark marks[TENTHS + 1];
	struct sim_controller second, more[MORE];
	char list[32];
} plant;

/* ---- The conveyor ---------------------------------------------------------------------------- */

static struct crypto_address address_of(size_t unit)
{
	return (struct crypto_address){
		.type = 1,
		.octets = {(uint8_t)unit, (uint8_t)(unit >> 8), (uint8_t)(unit >> 16), 0, 0, 0xc4}};
}

static size_t unit_of(const struct crypto_address *address)
{
	return address->octets[0] | (size_t)address->octets[1] << 8 |
	       (size_t)address->octets[2] << 16;
}

static void settled(void *ctx, struct sim_device *device);

/* The next unit takes the place of a device. */
static void advertise_next(struct sim_device *device)
{
	const struct crypto_address address = address_of(plant.next);

	if (plant.next == plant.count)
		return;
	plant.next++;
	sim_device_begin(device, &address);
	device->sc = SMP_SC_OFF;
	device->settled = settled;
	sim_device_advertise(device);
}

static void leave(void *arg)
{
	struct sim_device *device = *(struct sim_device **)arg;

	if (device->link) {
		world_post(50 * WORLD_MS, leave, &device, sizeof(void *));
		return;
	}
	air_remove(&device->air);
	advertise_next(device);
}

static void settled(void *ctx, struct sim_device *device)
{
	(void)ctx;
	if (!device->paired)
		return;
	plant.pairings[unit_of(&device->air.address)]++;
	plant.events += device->last_event - device->first_event + 1;
	world_post(50 * WORLD_MS, leave, &device, sizeof(void *));
}

/* ---- Events of the program ------------------------------------------------------------------- */

/* The sanitizers have a heap of their own. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static void mark(struct mark *m)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	m->wall = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	m->world = world_now();
	m->heap = __sanitizer_get_current_allocated_bytes
			  ? __sanitizer_get_current_allocated_bytes()
			  : mallinfo2().uordblks;
}

static void on_event(void *ctx, const json_t *event)
{
	const char *unit = json_string_value(json_object_get(event, "unit"));
	unsigned o[3];

	(void)ctx;
	if (strcmp(json_string_value(json_object_get(event, "event")), "unit") != 0)
		return;
	plant.attempts++;
	if (!json_is_true(json_object_get(event, "final")))
		return;
	if (sscanf(unit, "C4:00:00:%2x:%2x:%2x", &o[2], &o[1], &o[0]) != 3 ||
	    (o[0] | o[1] << 8 | o[2] << 16) >= plant.count) {
		plant.unknown++;
		return;
	}
	if (strcmp(json_string_value(json_object_get(event, "result")), "paired") == 0)
		plant.done[o[0] | o[1] << 8 | o[2] << 16]++;
	plant.ended++;
	if (plant.ended * TENTHS % plant.count == 0)
		mark(&plant.marks[plant.ended * TENTHS / plant.count]);
}

/* ---- The plant ------------------------------------------------------------------------------- */

static size_t from_environment(const char *name, size_t most)
{
	const char *text = getenv(name);
	size_t value = text ? strtoul(text, NULL, 10) : 1;

	assert_in_range(value, 1, most);
	return value;
}

static void set_up(size_t count, const struct radio *radio)
{
	FILE *list;
	int fd;

	memset(&plant, 0, sizeof(plant));
	plant.count = count;
	plant.window = getenv("BLEPAIR_SIM_WINDOW") ? from_environment("BLEPAIR_SIM_WINDOW", MOST)
						    : WINDOW;
	plant.done = calloc(count, sizeof(*plant.done));
	plant.pairings = calloc(count, sizeof(*plant.pairings));
	(void)snprintf(plant.list, sizeof(plant.list), "/tmp/blepair-list.XXXXXX");
	fd = mkstemp(plant.list);
	assert_true(plant.done && plant.pairings && fd >= 0);
	list = fdopen(fd, "w");
	(void)fputs("address\n", list);
	for (size_t i = 0; i < count; i++) {
		const struct crypto_address address = address_of(i);
		char text[32];
		(void)fprintf(list, "%s\n", raw_peer_text(&address, text));
	}
	assert_int_equal(fclose(list), 0);
	radio_on(radio);
	for (size_t i = 0; i < plant.window; i++)
		advertise_next(&plant.devices[i]);
}

static void start(const char *controllers)
{
	program_start("batch%s --sc off --io none %s", controllers, plant.list);
	program_forget(on_event, NULL);
	mark(&plant.marks[0]);
}

static int tear_down(void **state)
{
	int status = sim_end(state);

	(void)unlink(plant.list);
	free(plant.done);
	free(plant.pairings);
	plant.done = plant.pairings = NULL;
	return status;
}

/* Each unit was reported as paired once, and counted one pairing itself. */
static void each_once(void)
{
	assert_int_equal(plant.unknown, 0);
	assert_int_equal(plant.ended, plant.count);
	for (size_t i = 0; i < plant.count; i++)
		if (plant.done[i] != 1 || plant.pairings[i] != 1)
			fail_msg("unit %zu was reported %u times, and paired %u times", i,
				 plant.done[i], plant.pairings[i]);
}

static size_t how_many(void)
{
	const char *text = getenv("BLEPAIR_SIM_UNITS");
	size_t count = text ? strtoul(text, NULL, 10) : 0;

	return count ? (count + TENTHS - 1) / TENTHS * TENTHS : 500;
}

static double wall_ms(size_t tenth)
{
	const size_t units = plant.count / TENTHS;

	return (plant.marks[tenth + 1].wall - plant.marks[tenth].wall) * 1e3 / (double)units;
}

static double world_ms(size_t tenth)
{
	const size_t units = plant.count / TENTHS;

	return (double)(plant.marks[tenth + 1].world - plant.marks[tenth].world) / 1e3 /
	       (double)units;
}

static bool half_done(void *ctx)
{
	(void)ctx;
	return 2 * plant.ended >= plant.count;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void the_last_unit_costs_what_the_first_did(void **state)
{
	static const struct radio radio = {.seed = 1};
	double grown;
	size_t rest; /* units after the first tenth */

	(void)state;
	set_up(how_many(), &radio);
	start("");
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	each_once();
	assert_int_equal(plant.attempts, plant.count);
	rest = plant.count / TENTHS * (TENTHS - 1);
	grown = ((double)plant.marks[TENTHS].heap - (double)plant.marks[1].heap) / (double)rest;
	print_message("%zu units, %zu at a time on the air, one controller, up to 16 links\n",
		      plant.count, plant.window);
	print_message("  computing  %8.3f ms a unit in the first tenth, %.3f ms in the last\n",
		      wall_ms(0), wall_ms(TENTHS - 1));
	print_message("  radio time %8.3f ms a unit in the first tenth, %.3f ms in the last\n",
		      world_ms(0), world_ms(TENTHS - 1));
	print_message("  connection events a unit %.2f: links share the controller's time\n",
		      (double)plant.events / (double)plant.count);
	print_message("  memory for each unit that was done %.0f octets\n", grown);
	/* A unit leaves its address and its IRK, by which it is excluded. */
	assert_true(grown > 0 && grown < 256);
	/* In virtual time: nothing outside of the test disturbs it. */
	assert_true(world_ms(TENTHS - 2) < 1.25 * world_ms(1));
}

/* With one link at a time, a pairing takes only the connection events that it needs. */
static void a_pairing_takes_no_event_too_many(void **state)
{
	static const struct radio radio = {.seed = 1};

	(void)state;
	set_up(50, &radio);
	start(" --links 1");
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	each_once();
	assert_int_equal(plant.events, plant.count * LEAST);
}

/* A controller is unplugged halfway: the other one takes over its units. */
static void a_controller_takes_over_from_one_that_is_unplugged(void **state)
{
	static const struct radio radio = {.seed = 5};
	const json_t *controllers;

	(void)state;
	set_up(200, &radio);
	sim_controller_add(&plant.second, "sim:1",
			   raw_peer_address("00:1B:DC:00:00:02/public").octets);
	start(" --controller sim:1");
	assert_true(world_until(half_done, NULL, PATIENCE));
	sim_controller_vanish(&plant.second);
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	assert_int_equal(plant.ended, plant.count);
	for (size_t i = 0; i < plant.count; i++)
		assert_int_equal(plant.done[i], 1);
	controllers = json_object_get(program_event("summary"), "controllers");
	assert_true(
		json_is_false(json_object_get(json_array_get(controllers, 0), "failed_itself")));
	assert_true(json_is_true(json_object_get(json_array_get(controllers, 1), "failed_itself")));
}

static const json_t *in_summary(size_t controller, const char *field)
{
	const json_t *all = json_object_get(program_event("summary"), "controllers");

	return json_object_get(json_array_get(all, controller), field);
}

static void plug_in(void *arg)
{
	sim_controller_return(*(struct sim_controller **)arg);
}

/* Pulls it out halfway, for that time. */
static void replug(struct sim_controller *c, uint64_t away)
{
	assert_true(world_until(half_done, NULL, PATIENCE));
	sim_controller_vanish(c);
	world_post(away, plug_in, &c, sizeof(void *));
}

static void all_were_done_once(void)
{
	assert_int_equal(plant.unknown, 0);
	assert_int_equal(plant.ended, plant.count);
	for (size_t i = 0; i < plant.count; i++)
		assert_int_equal(plant.done[i], 1);
}

/* The only controller is pulled out for a while: the run waits for it, and loses no unit. */
static void a_controller_that_comes_back_rejoins(void **state)
{
	static const struct radio radio = {.seed = 5};
	uint64_t before;
	double rate;

	(void)state;
	set_up(200, &radio);
	start("");
	replug(&sim.controller, 45 * WORLD_S);
	before = plant.ended;
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	assert_true(before < plant.count);
	all_were_done_once();
	assert_int_equal(json_integer_value(in_summary(0, "interruptions")), 1);
	assert_true(json_is_false(in_summary(0, "failed_itself")));
	rate = json_number_value(in_summary(0, "away_seconds"));
	assert_true(rate >= 45 && rate < 50);
	assert_int_equal(json_integer_value(json_object_get(in_summary(0, "recovered"), "return")),
			 1);
	/* What was under way was lost to the station: that many attempts more than units. */
	const json_t *summary = program_event("summary");
	const json_int_t lost = json_integer_value(json_object_get(summary, "interrupted"));
	assert_true(lost > 0);
	assert_int_equal(plant.attempts, plant.count + (size_t)lost);
	assert_int_equal((int)json_number_value(json_object_get(summary, "interrupted_ppm")),
			 (int)((double)lost * 1e6 / (double)plant.attempts));
	/* The last tenth is as fast as the one before the interruption. */
	assert_true(world_ms(TENTHS - 1) < 1.25 * world_ms(2));
}

/* Two controllers: the other one goes on, and the one that is back has its share again. */
static void one_of_two_that_comes_back_has_its_share(void **state)
{
	static const struct radio radio = {.seed = 5};
	json_int_t paired;

	(void)state;
	set_up(400, &radio);
	sim.controller.max_links = 2;
	sim_controller_add(&plant.second, "sim:1",
			   raw_peer_address("00:1B:DC:00:00:02/public").octets);
	plant.second.max_links = 2;
	start(" --controller sim:1");
	replug(&plant.second, 2 * WORLD_S);
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	all_were_done_once();
	assert_int_equal(plant.second.opened, 2);
	paired = json_integer_value(in_summary(1, "paired"));
	assert_true(paired > 120); /* half of the units, but for the time that it was away */
	assert_true(json_is_false(in_summary(1, "failed_itself")));
	assert_int_equal(json_integer_value(in_summary(0, "interruptions")), 0);
}

/* The answers to the first commands, which come late. */
static struct {
	size_t count;
	struct {
		uint8_t data[HCI_PACKET_MAX];
		size_t len;
	} packets[2];
} slow;

static void deliver(void *arg)
{
	const size_t i = *(const size_t *)arg;

	sim_controller_inject(&sim.controller, slow.packets[i].data, slow.packets[i].len);
}

static size_t hold_back(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	if (slow.count == COUNT(slow.packets))
		return len;
	memcpy(slow.packets[slow.count].data, packet, len);
	slow.packets[slow.count].len = len;
	world_post(1500 * WORLD_MS, deliver, &slow.count, sizeof(slow.count));
	slow.count++;
	return 0;
}

/* --scan-timeout: the time begins when the controller hears the units. */
static void a_controller_that_comes_up_late_has_the_whole_time(void **state)
{
	static const struct radio radio = {.seed = 5};
	uint64_t began;

	(void)state;
	slow.count = 0;
	set_up(10, &radio);
	sim.controller.to_host = hold_back;
	began = world_now();
	start(" --scan-timeout 1");
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	all_were_done_once();
	assert_true(world_now() - began > 3 * WORLD_S);
}

/* --replug-timeout: what the other one cannot do is left, and the run ends. */
static void one_that_does_not_come_back_is_out_of_service(void **state)
{
	static const struct radio radio = {.seed = 5};
	const json_t *late;

	(void)state;
	set_up(50, &radio);
	start(" --replug-timeout 20");
	assert_true(world_until(half_done, NULL, PATIENCE));
	sim_controller_vanish(&sim.controller);
	assert_int_equal(program_ends(30 * WORLD_S), CLI_CONTROLLER_FAILED);
	late = program_event("summary");
	assert_string_equal(json_string_value(json_object_get(late, "stopped")), "no_controller");
	assert_true(json_is_true(in_summary(0, "failed_itself")));
	assert_int_equal((int)json_number_value(in_summary(0, "away_seconds")), 20);
}

static void without_patience_it_is_out_of_service_at_once(void **state)
{
	static const struct radio radio = {.seed = 5};

	(void)state;
	set_up(50, &radio);
	start(" --replug-timeout 0");
	assert_true(world_until(half_done, NULL, PATIENCE));
	sim_controller_vanish(&sim.controller);
	assert_int_equal(program_ends(WORLD_S), CLI_CONTROLLER_FAILED);
	assert_int_equal(json_integer_value(in_summary(0, "interruptions")), 0);
}

/* The link layer loses packets, and two controllers have room for three links each. */
static void lost_packets_and_few_links_lose_no_unit(void **state)
{
	static const struct radio radio = {.seed = 3, .loss = 30};

	(void)state;
	sim.controller.max_links = 3;
	set_up(200, &radio);
	sim_controller_add(&plant.second, "sim:1",
			   raw_peer_address("00:1B:DC:00:00:02/public").octets);
	plant.second.max_links = 3;
	start(" --controller sim:1");
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	each_once();
}

/* For scripts/bench. */
static void measure_the_rate(void **state)
{
	static const struct radio radio = {.seed = 1};
	size_t links = from_environment("BLEPAIR_SIM_LINKS", AIR_LINKS);
	size_t controllers = from_environment("BLEPAIR_SIM_CONTROLLERS", MORE + 1);
	const char *interval = getenv("BLEPAIR_SIM_INTERVAL");
	char words[24 * MORE + 64];
	int used = snprintf(words, sizeof(words), " --links %zu%s%.12s", links,
			    interval ? " --interval " : "", interval ? interval : "");

	(void)state;
	set_up(how_many(), &radio);
	for (size_t i = 0; i + 1 < controllers; i++) {
		const uint8_t address[6] = {(uint8_t)(2 + i), 0, 0, 0xdc, 0x1b, 0};
		char name[32];
		(void)snprintf(name, sizeof(name), "sim:%zu", i + 1);
		sim_controller_add(&plant.more[i], name, address);
		used += snprintf(words + used, sizeof(words) - (size_t)used, " --controller %s",
				 name);
	}
	start(words);
	assert_int_equal(program_ends(PATIENCE), CLI_OK);
	each_once();
	print_message(
		"%zu controllers, %zu links each: %.2f units a second, %.1f connection events "
		"a unit\n",
		controllers, links,
		(double)plant.count * 1e6 /
			(double)(plant.marks[TENTHS].world - plant.marks[0].world),
		(double)plant.events / (double)plant.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_unit_costs_what_the_first_did, sim_begin,
						tear_down),
		cmocka_unit_test_setup_teardown(a_pairing_takes_no_event_too_many, sim_begin,
						tear_down),
		cmocka_unit_test_setup_teardown(a_controller_takes_over_from_one_that_is_unplugged,
						sim_begin, tear_down),
		cmocka_unit_test_setup_teardown(a_controller_that_comes_back_rejoins, sim_begin,
						tear_down),
		cmocka_unit_test_setup_teardown(one_of_two_that_comes_back_has_its_share, sim_begin,
						tear_down),
		cmocka_unit_test_setup_teardown(a_controller_that_comes_up_late_has_the_whole_time,
						sim_begin, tear_down),
		cmocka_unit_test_setup_teardown(one_that_does_not_come_back_is_out_of_service,
						sim_begin, tear_down),
		cmocka_unit_test_setup_teardown(without_patience_it_is_out_of_service_at_once,
						sim_begin, tear_down),
		cmocka_unit_test_setup_teardown(lost_packets_and_few_links_lose_no_unit, sim_begin,
						tear_down),
	};
	const struct CMUnitTest rate[] = {
		cmocka_unit_test_setup_teardown(measure_the_rate, sim_begin, tear_down),
	};

	if (getenv("BLEPAIR_SIM_LINKS"))
		return cmocka_run_group_tests_name("sim/batch rate", rate, NULL, NULL);
	if (getenv("BLEPAIR_SIM_UNITS"))
		cmocka_set_test_filter("the_last_unit_costs_what_the_first_did");
	return cmocka_run_group_tests_name("sim/batch", tests, NULL, NULL);
}
