/* SPDX-License-Identifier: MIT */
/*
 * A station that runs for days: units come on a conveyor, a scanner types each one's row into
 * "blepair batch -", and a new run begins with each shift. Meanwhile, from a seed: the air loses
 * packets; dongles are pulled out and come back; the disk is full; the clock is set; the machine is
 * suspended. When blepair ends, the service starts it again, and the rows that have no answer are
 * typed again; a row whose unit failed is typed again later.
 *
 * No unit is lost, or paired again after its answer; the store has the key that the unit has;
 * memory, descriptors, the write-ahead log and the store are bounded; and the last hour is like the
 * first.
 *
 * BLEPAIR_SIM_HOURS sets the virtual hours, with a fault about every five minutes, and
 * BLEPAIR_SIM_SEED the seed (1). Without it, half an hour for each of three seeds, with a fault
 * about each minute.
 */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sim/device.h"
#include "sim/radio.h"
#include "sim/sim.h"
#include "store/store.h"

#define HOUR	    (3600 * WORLD_S)
#define MINUTE	    (60 * WORLD_S)
#define PLACES	    12 /* of the conveyor */
#define DONGLES	    3
#define GAP	    WORLD_S /* between units, 3 of 4 to 5 of 4 of it */
#define STAYS	    (2 * WORLD_S)
#define TICK	    (500 * WORLD_MS)
#define LONGEST	    (30 * MINUTE) /* that a unit may be on the conveyor */
#define RESTART	    (5 * WORLD_S)
#define LOSS	    50	/* of 1000 */
#define STORM	    300 /* the same, for a while */
#define HOURS_MAX   200
#define PARTS	    10			/* "hours" of a short run */
#define OTHERS	    "-c sim:1 -c sim:2" /* sim:0 is given already */
#define LOG_MAX	    ((size_t)1024 * 1024)
#define STORE_MAX   1280 /* octets of the store for a unit */
#define MEMORY_MAX  384	 /* octets of memory for a unit of the run */
#define MEMORY_BASE ((size_t)8 * 1024 * 1024)
#define MEMORY_LEFT ((size_t)256 * 1024) /* when the last run has ended */

static const size_t seeds[] = {1, 2, 7}; /* 7: a dongle is pulled out before a proof */

enum state {
	EMPTY,
	RIDING,
	ANSWERED, /* as paired; it advertises for a while */
};

struct place {
	struct sim_device device;
	enum state state;
	size_t unit;
	uint64_t arrived, leaves;
	uint64_t rescan;   /* when its row is typed again; 0: it is not due */
	unsigned links;	   /* when it was answered */
	unsigned pairings; /* that its device has counted */
	bool typed;	   /* its row, into the present run */
};

/* By unit. */
struct unit {
	uint8_t key[4]; /* the beginning of the LTK of its last pairing */
	uint16_t pairings, attempts, done;
};

/* An hour, or a part of a short run. */
struct part {
	size_t units; /* that were answered as paired */
	double wait;  /* seconds from arrival to answer: median */
	/* The most: octets, the units of the run then, descriptors, octets. */
	size_t heap, of, descriptors, log;
	size_t store; /* octets at its end */
	double cpu;   /* seconds */
};

static struct {
	uint64_t random, begun, length, part_length, fault_every, shift;
	struct place places[PLACES];
	struct unit *units;
	size_t count, room;
	bool stops; /* no more units come */
	struct sim_controller more[DONGLES - 1];
	char folder[64], store[80], log[96];
	bool disk_is_full;
	unsigned run, runs, restarts, rescans, refused, strange;
	size_t of_run; /* units of the present run, earlier processes of it included */
	struct part parts[HOURS_MAX];
	size_t part_count;
	double *waits; /* of the present part */
	size_t wait_count, wait_room;
	struct part part; /* so far */
	unsigned ticks;
	size_t heap_before;
	double cpu_before;
	unsigned faults[5];
} plant;

static uint64_t draw(uint64_t least, uint64_t most)
{
	plant.random ^= plant.random << 13;
	plant.random ^= plant.random >> 7;
	plant.random ^= plant.random << 17;
	return least + plant.random % (most - least + 1);
}

static bool is_working(void)
{
	return world_now() - plant.begun < plant.length;
}

/* ---- The disk: SQLite's calls of the system ------------------------------------------------ */

static ssize_t disk_write(int fd, const void *data, size_t len)
{
	if (!plant.disk_is_full)
		return write(fd, data, len);
	errno = ENOSPC;
	return -1;
}

static ssize_t disk_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (!plant.disk_is_full)
		return pwrite(fd, data, len, at);
	errno = ENOSPC;
	return -1;
}

static int disk_truncate(int fd, off_t len)
{
	struct stat status;

	if (!plant.disk_is_full || (fstat(fd, &status) == 0 && len <= status.st_size))
		return ftruncate(fd, len);
	errno = ENOSPC;
	return -1;
}

static void replace_disk(bool on)
{
	static const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {{"write", (sqlite3_syscall_ptr)disk_write},
		     {"pwrite", (sqlite3_syscall_ptr)disk_pwrite},
		     {"pwrite64", (sqlite3_syscall_ptr)disk_pwrite},
		     {"ftruncate", (sqlite3_syscall_ptr)disk_truncate}};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	for (size_t i = 0; i < COUNT(calls); i++)
		(void)vfs->xSetSystemCall(vfs, calls[i].name, on ? calls[i].call : NULL);
}

static size_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

/* ---- Units --------------------------------------------------------------------------------- */

static struct crypto_address address_of(size_t unit)
{
	return (struct crypto_address){
		.type = 1,
		.octets = {(uint8_t)unit, (uint8_t)(unit >> 8), (uint8_t)(unit >> 16), 0, 0, 0xc4}};
}

static struct place *place_of(size_t unit)
{
	for (size_t i = 0; i < PLACES; i++)
		if (plant.places[i].state != EMPTY && plant.places[i].unit == unit)
			return &plant.places[i];
	return NULL;
}

static void settled(void *ctx, struct sim_device *device)
{
	struct place *p = ctx;
	struct unit *u = &plant.units[p->unit];

	if (device->pairings == p->pairings)
		return; /* it failed */
	p->pairings = device->pairings;
	u->pairings++;
	memcpy(u->key, device->bond.ltk, sizeof(u->key));
}

static void type(struct place *p)
{
	const struct crypto_address address = address_of(p->unit);
	char text[32];

	program_answer(raw_peer_text(&address, text));
	p->typed = true;
	p->rescan = 0;
}

static void come(struct place *p)
{
	const struct crypto_address address = address_of(plant.count);

	assert_true(plant.count < plant.room);
	memset(p, 0, sizeof(*p));
	p->state = RIDING;
	p->unit = plant.count++;
	p->arrived = world_now();
	sim_device_begin(&p->device, &address);
	p->device.sc = SMP_SC_OFF;
	p->device.settled = settled;
	p->device.ctx = p;
	p->device.air.advertising_interval = 100 * WORLD_MS;
	sim_device_advertise(&p->device);
}

/* An answered unit is not connected again, whoever sees it. */
static void go(struct place *p)
{
	if (p->device.link || world_now() < p->leaves)
		return;
	if (p->device.links != p->links)
		fail_msg("unit %zu was connected again after its answer", p->unit);
	air_remove(&p->device.air);
	p->state = EMPTY;
}

static bool any_waits(void)
{
	for (size_t i = 0; i < PLACES; i++)
		if (plant.places[i].state == RIDING)
			return true;
	return false;
}

static bool is_empty(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < PLACES; i++)
		if (plant.places[i].state != EMPTY)
			return false;
	return true;
}

static void arrive(void *arg)
{
	(void)arg;
	if (plant.stops)
		return;
	for (size_t i = 0; i < PLACES; i++) {
		if (plant.places[i].state != EMPTY)
			continue;
		come(&plant.places[i]);
		break;
	}
	world_post(draw(GAP * 3 / 4, GAP * 5 / 4), arrive, "", 0);
}

/* ---- Answers ------------------------------------------------------------------------------- */

struct answer {
	size_t unit;
	bool ok, final, before;
};

static void answered(void *arg)
{
	const struct answer *a = arg;
	struct place *p = place_of(a->unit);
	struct unit *u = &plant.units[a->unit];

	u->attempts += !a->before;
	if (!a->final)
		return;
	if (!a->ok) {
		plant.rescans++;
		if (p)
			p->rescan = world_now() + STAYS;
		return;
	}
	u->done++;
	plant.of_run++;
	if (!p || p->state != RIDING)
		fail_msg("unit %zu was answered at %.0f s, when it was not on the conveyor",
			 a->unit, (double)world_now() / 1e6);
	p->state = ANSWERED;
	p->leaves = world_now() + STAYS;
	p->links = p->device.links;
	plant.part.units++;
	assert_true(plant.wait_count < plant.wait_room);
	plant.waits[plant.wait_count++] = (double)(world_now() - p->arrived) / 1e6;
}

/* On the program's stack. */
static void on_event(void *ctx, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	const char *text = json_string_value(json_object_get(event, "unit"));
	const char *class = json_string_value(json_object_get(event, "class"));
	struct answer a = {.final = json_is_true(json_object_get(event, "final")),
			   .before = json_is_true(json_object_get(event, "before"))};
	unsigned o[3];

	(void)ctx;
	plant.refused += strcmp(name, "row") == 0 && strcmp(class, "ok") != 0;
	if (strcmp(name, "unit") != 0)
		return;
	if (sscanf(text, "C4:00:00:%2x:%2x:%2x", &o[2], &o[1], &o[0]) != 3 ||
	    (o[0] | o[1] << 8 | o[2] << 16) >= plant.count) {
		plant.strange++;
		return;
	}
	a.unit = o[0] | o[1] << 8 | o[2] << 16;
	a.ok = strcmp(class, "ok") == 0;
	world_post(0, answered, &a, sizeof(a));
}

/* ---- Faults -------------------------------------------------------------------------------- */

static struct sim_controller *dongle(size_t i)
{
	return i ? &plant.more[i - 1] : &sim.controller;
}

static void come_back(void *arg)
{
	sim_controller_return(*(struct sim_controller **)arg);
}

static void pull_out(void)
{
	struct sim_controller *c = dongle(draw(0, DONGLES - 1));

	if (c->vanished)
		return;
	sim_controller_vanish(c);
	world_post(draw(3 * WORLD_S, 2 * MINUTE), come_back, &c, sizeof(struct sim_controller *));
}

static void disk_has_room(void *arg)
{
	(void)arg;
	plant.disk_is_full = false;
}

static void fill_disk(void)
{
	plant.disk_is_full = true;
	world_post(draw(WORLD_S, MINUTE), disk_has_room, "", 0);
}

static void set_clock(void)
{
	const int64_t day = (int64_t)(24 * HOUR);

	world_set_wall((int64_t)draw(0, (uint64_t)(2 * day)) - day);
}

/* In half of the cases the dongles lose their power: when the machine is awake they are new ones.
 */
static void awake(void *arg)
{
	const bool powerless = *(const bool *)arg;

	for (size_t i = 0; powerless && i < DONGLES; i++) {
		struct sim_controller *c = dongle(i);
		if (c->vanished)
			continue;
		sim_controller_vanish(c);
		world_post(2 * WORLD_S, come_back, &c, sizeof(struct sim_controller *));
	}
}

static void suspend(void)
{
	const uint64_t duration = draw(5 * WORLD_S, 5 * MINUTE);
	const bool powerless = draw(0, 1);

	if (world_is_suspended())
		return;
	world_post(duration, awake, &powerless, sizeof(powerless));
	world_suspend(duration);
}

/* Nobody takes the reports of a controller while the machine is suspended: it drops them. */
static size_t to_host(void *ctx, uint8_t *packet, size_t len)
{
	(void)ctx;
	return world_is_suspended() && packet[0] == HCI_EVENT && packet[1] == HCI_LE_META &&
			       packet[3] == HCI_LE_ADVERTISING_REPORT
		       ? 0
		       : len;
}

static void set_loss(unsigned permille)
{
	const struct radio radio = {.loss = permille,
				    .advertising_loss = permille,
				    .seed = (unsigned)draw(1, UINT32_MAX)};

	radio_on(&radio);
}

static void calm(void *arg)
{
	(void)arg;
	set_loss(LOSS);
}

static void storm(void)
{
	set_loss(STORM);
	world_post(draw(5 * WORLD_S, MINUTE), calm, "", 0);
}

static const struct {
	const char *name;
	void (*begin)(void);
} faults[] = {{"dongles pulled out", pull_out},
	      {"disks full", fill_disk},
	      {"clocks set", set_clock},
	      {"suspensions", suspend},
	      {"storms", storm}};

static void strike(void *arg)
{
	const size_t which = draw(0, COUNT(faults) - 1);

	(void)arg;
	if (plant.stops)
		return;
	plant.faults[which]++;
	faults[which].begin();
	world_post(draw(plant.fault_every / 2, plant.fault_every * 3 / 2), strike, "", 0);
}

/* ---- Measurement --------------------------------------------------------------------------- */

/* The sanitizers have a heap of their own. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);

static size_t heap(void)
{
	const struct mallinfo2 all = mallinfo2();

	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes()
						       : all.uordblks + all.hblkhd;
}

static size_t descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count - 3; /* ".", ".." and its own */
}

static double cpu_time(void)
{
	struct timespec cpu;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	return (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void end_part(void *arg)
{
	struct part *part = &plant.parts[plant.part_count];

	(void)arg;
	if (plant.part_count == HOURS_MAX || world_now() - plant.begun > plant.length)
		return;
	plant.part_count++;
	qsort(plant.waits, plant.wait_count, sizeof(double), compare);
	*part = plant.part;
	part->wait = plant.wait_count ? plant.waits[plant.wait_count / 2] : 0;
	part->store = size_of(plant.store);
	part->cpu = cpu_time();
	plant.part = (struct part){0};
	plant.wait_count = 0;
	world_post(plant.part_length, end_part, "", 0);
}

static void keep_most(size_t *most, size_t value)
{
	if (value > *most)
		*most = value;
}

static void look(void)
{
	const size_t now = heap();

	if (now > plant.part.heap)
		plant.part.of = plant.of_run;
	keep_most(&plant.part.heap, now);
	keep_most(&plant.part.descriptors, descriptors());
	keep_most(&plant.part.log, size_of(plant.log));
}

static void tick(void *arg)
{
	(void)arg;
	if (plant.ticks++ % 20 == 0)
		look();
	for (size_t i = 0; i < PLACES; i++) {
		struct place *p = &plant.places[i];
		if (p->state == EMPTY)
			continue;
		if (p->state == ANSWERED)
			go(p);
		else if (world_now() - p->arrived > LONGEST)
			fail_msg("unit %zu came at %.0f s, and has no answer at %.0f s", p->unit,
				 (double)p->arrived / 1e6, (double)world_now() / 1e6);
		else if (world_runs() && plant.run && (!p->typed || p->rescan) &&
			 p->rescan <= world_now())
			type(p);
		if (p->state != EMPTY && !p->device.link && !p->device.air.advertising)
			sim_device_advertise(&p->device);
	}
	if (!plant.stops && !is_working())
		plant.stops = true;
	world_post(TICK, tick, "", 0);
}

/* ---- The service --------------------------------------------------------------------------- */

static bool ended(void *ctx)
{
	(void)ctx;
	return !world_runs();
}

static bool is_over(void *ctx)
{
	return ended(NULL) || (plant.stops && !any_waits()) || world_now() >= *(uint64_t *)ctx;
}

static void start(unsigned shift)
{
	program_start("batch - %s --run shift-%u --sc off --io none --store %s", OTHERS, shift,
		      plant.store);
	program_forget(on_event, NULL);
	program_answer("address");
	for (size_t i = 0; i < PLACES; i++)
		plant.places[i].typed = false;
	plant.run = shift;
	plant.runs++;
}

/* The disk may be full, and all dongles may be gone, at the start or later. */
static void ends(uint64_t limit)
{
	const int code = program_ends(limit);

	if (code != CLI_OK && code != CLI_UNITS_FAILED && code != CLI_INTERNAL &&
	    code != CLI_CONTROLLER_FAILED && code != CLI_NO_CONTROLLER)
		fail_msg("exit code %d: %s", code, program_errors());
}

/* A shift: the service starts blepair again when it ends too early. */
static void work(unsigned shift)
{
	uint64_t end = world_now() + plant.shift;

	plant.of_run = 0;
	while (world_now() < end && (!plant.stops || any_waits())) {
		start(shift);
		(void)world_until(is_over, &end, WORLD_EVER);
		if (world_runs()) {
			plant.run = 0; /* no further rows */
			program_answer(NULL);
			ends(LONGEST);
			return;
		}
		plant.run = 0;
		plant.restarts++;
		ends(0);
		world_pass(RESTART);
	}
}

/* ---- The plant ----------------------------------------------------------------------------- */

static int set_up(void **state)
{
	const char *hours = getenv("BLEPAIR_SIM_HOURS");
	const uintptr_t seed = (uintptr_t)*state;
	const size_t n = hours ? strtoul(hours, NULL, 10) : 0;
	struct store store;
	struct failure failure;

	if (sim_begin(state))
		return -1;
	memset(&plant, 0, sizeof(plant));
	assert_in_range(n, 0, HOURS_MAX);
	plant.random = seed * UINT64_C(0x9e3779b97f4a7c15);
	assert_true(plant.random);
	plant.length = n ? n * HOUR : HOUR / 2;
	plant.part_length = n >= PARTS ? HOUR : plant.length / PARTS;
	plant.fault_every = n ? 5 * MINUTE : MINUTE;
	plant.shift = n ? 8 * HOUR : plant.length / 3;
	plant.begun = world_now();
	plant.room = plant.length / (GAP * 3 / 4) + PLACES;
	plant.units = calloc(plant.room, sizeof(*plant.units));
	plant.wait_room = plant.part_length / (GAP * 3 / 4) + PLACES + 100;
	plant.waits = calloc(plant.wait_room, sizeof(*plant.waits));
	assert_true(plant.units && plant.waits);
	(void)snprintf(plant.folder, sizeof(plant.folder), "%s/blepair-station.XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(plant.folder));
	(void)snprintf(plant.store, sizeof(plant.store), "%s/bonds", plant.folder);
	(void)snprintf(plant.log, sizeof(plant.log), "%s-wal", plant.store);
	for (size_t i = 1; i < DONGLES; i++) {
		const uint8_t address[6] = {(uint8_t)(1 + i), 0, 0, 0xdc, 0x1b, 0};
		char name[32];
		(void)snprintf(name, sizeof(name), "sim:%zu", i);
		sim_controller_add(dongle(i), name, address);
	}
	for (size_t i = 0; i < DONGLES; i++)
		dongle(i)->to_host = to_host;
	set_loss(LOSS);
	/* The product configures SQLite, which is possible only before its first use. */
	assert_int_equal(store_init(&store, plant.store, &failure), 0);
	assert_int_equal(store_open(&store, &failure), 0);
	store_close(&store);
	replace_disk(true);
	return 0;
}

static int tear_down(void **state)
{
	int status = sim_end(state);
	static const char *const ends[] = {"", "-wal", "-shm", "-runs"};

	replace_disk(false);
	for (size_t i = 0; i < COUNT(ends); i++) {
		char path[100];
		(void)snprintf(path, sizeof(path), "%s%s", plant.store, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(plant.folder);
	free(plant.units);
	free(plant.waits);
	plant.units = NULL;
	plant.waits = NULL;
	return status;
}

/* Each unit that came was answered as paired once, and only a reported attempt paired it. */
static size_t each_once(void)
{
	size_t again = 0;

	for (size_t i = 0; i < plant.count; i++) {
		const struct unit *u = &plant.units[i];
		if (u->done != 1 || !u->pairings || u->pairings > u->attempts)
			fail_msg("unit %zu was answered %u times, and paired %u times in %u "
				 "attempts",
				 i, u->done, u->pairings, u->attempts);
		again += u->pairings - 1U;
	}
	return again;
}

static void store_has_each_key(void)
{
	struct store store;
	struct failure failure;
	static struct bond_record record;

	assert_int_equal(store_init(&store, plant.store, &failure), 0);
	for (size_t i = 0; i < plant.count; i++) {
		const struct crypto_address address = address_of(i);
		if (store_find_by_air_address(&store, &address, &record, NULL, &failure) != 1)
			fail_msg("the store has no bond with unit %zu", i);
		assert_memory_equal(record.bond.peer.ltk, plant.units[i].key,
				    sizeof(plant.units[i].key));
	}
	store_close(&store);
}

static void nothing_grows(void)
{
	const struct part *first = plant.parts, *last = &plant.parts[plant.part_count - 1];

	assert_true(plant.part_count >= PARTS);
	assert_true(heap() < plant.heap_before + MEMORY_LEFT);
	for (const struct part *p = first; p <= last; p++) {
		assert_true(p->heap < plant.heap_before + MEMORY_BASE + p->of * MEMORY_MAX);
		assert_in_range(p->descriptors, 1, first->descriptors + DONGLES);
		assert_in_range(p->log, 0, LOG_MAX);
	}
	assert_true(last->store < plant.count * STORE_MAX + LOG_MAX);
	/* Some faults take longer than others; in a short run they take most of the time. */
	const bool hours = plant.part_length == HOUR;
	assert_true(last->wait < (hours ? 1.5 : 3) * first->wait);
	assert_true(!hours || (double)last->units > 0.6 * (double)first->units);
}

static void print_part(const char *name, size_t i)
{
	const struct part *p = &plant.parts[i];
	const double before = i ? plant.parts[i - 1].cpu : plant.cpu_before;

	print_message("  %-5s %5zu units, answered %.2f s after they came; %4zu KiB for %zu units "
		      "of the run, %zu descriptors, log %zu KiB, store %zu KiB, %.1f s CPU\n",
		      name, p->units, p->wait, p->heap / 1024, p->of, p->descriptors, p->log / 1024,
		      p->store / 1024, p->cpu - before);
}

static void no_unit_is_lost_or_done_twice_and_nothing_grows(void **state)
{
	size_t again;

	(void)state;
	plant.heap_before = heap();
	plant.cpu_before = cpu_time();
	world_post(0, arrive, "", 0);
	world_post(0, tick, "", 0);
	world_post(plant.fault_every, strike, "", 0);
	world_post(plant.part_length, end_part, "", 0);
	for (unsigned shift = 1; !plant.stops || any_waits(); shift++)
		work(shift);
	assert_true(world_until(is_empty, NULL, LONGEST));
	again = each_once();
	plant.disk_is_full = false;
	store_has_each_key();
	print_message("%.1f h, %zu units, %u starts, %u ends that were too early\n",
		      (double)plant.length / (double)HOUR, plant.count, plant.runs, plant.restarts);
	for (size_t i = 0; i < COUNT(faults); i++)
		print_message("  %5u %s\n", plant.faults[i], faults[i].name);
	print_message("  %5zu pairings repeated after a fault; %u rows typed again\n", again,
		      plant.rescans);
	print_part("first", 0);
	print_part("last", plant.part_count - 1);
	assert_int_equal(plant.refused + plant.strange, 0);
	nothing_grows();
}

int main(void)
{
	const char *text = getenv("BLEPAIR_SIM_SEED");
	struct CMUnitTest tests[COUNT(seeds)];
	char names[COUNT(seeds)][24];

	for (size_t i = 0; i < COUNT(seeds); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "seed %zu", seeds[i]);
		tests[i] = (struct CMUnitTest){names[i],
					       no_unit_is_lost_or_done_twice_and_nothing_grows,
					       set_up, tear_down, (void *)(uintptr_t)seeds[i]};
	}
	if (getenv("BLEPAIR_SIM_HOURS")) {
		const size_t seed = text ? strtoul(text, NULL, 10) : 1;
		(void)snprintf(names[0], sizeof(names[0]), "seed %zu", seed);
		tests[0].initial_state = (void *)(uintptr_t)seed;
		return _cmocka_run_group_tests("sim/station", tests, 1, NULL, NULL);
	}
	return _cmocka_run_group_tests("sim/station", tests, COUNT(seeds), NULL, NULL);
}
