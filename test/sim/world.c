/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sim/world.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/clock.h"
#include "base/sandbox.h"
#include "stack.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifndef ASAN
#define ASAN 0
#endif
#if ASAN
#include <sanitizer/common_interface_defs.h>
#endif

#define BEGINNING  WORLD_S
#define WALL_CLOCK UINT64_C(1767225600000000) /* the start of a world: 2026-01-01 */
#define STACK_SIZE ((size_t)1024 * 1024)
#define FREE_TURNS 16	   /* turns of the program before the clock advances by 1 us */
#define STANDSTILL 1000000 /* turns without an event: the program is in an endless loop */

struct event {
	uint64_t at, order;
	world_run *run;
	max_align_t arg[];
};

static struct {
	uint64_t now, posted;
	struct event **heap; /* the earliest first */
	size_t count, room;
	bool dead;
	int64_t wall;		      /* what the wall clock is ahead */
	uint64_t slept;		      /* microseconds for which the program was suspended */
	uint64_t asleep_since, awake; /* now; 0: it is not suspended */
} world;

static struct {
	bool runs, blocked;
	ucontext_t context, test;
	void *stack;
	FILE *out, *err, *test_out, *test_err;
	void (*main)(void *arg);
	void *arg;
	/* The wait of the program. */
	struct pollfd *fds;
	size_t count;
	uint64_t deadline;
	/* The test's stack, for AddressSanitizer. */
	const void *test_bottom;
	size_t test_size;
} program;

/* ---- Stacks ---------------------------------------------------------------------------------- */

static void leave(void **fake, const void *bottom, size_t size)
{
#if ASAN
	__sanitizer_start_switch_fiber(fake, bottom, size);
#else
	(void)fake;
	(void)bottom;
	(void)size;
#endif
}

static void arrive(void *fake, const void **bottom, size_t *size)
{
#if ASAN
	__sanitizer_finish_switch_fiber(fake, bottom, size);
#else
	(void)fake;
	(void)bottom;
	(void)size;
#endif
}

static void run_program(void)
{
	arrive(NULL, &program.test_bottom, &program.test_size);
	program.main(program.arg);
	program.runs = false;
	leave(NULL, program.test_bottom, program.test_size);
	(void)swapcontext(&program.context, &program.test);
}

/* Runs the program until it waits or ends. */
static void let_program_run(void)
{
	void *fake = NULL;

	program.blocked = false;
	program.test_out = stdout;
	program.test_err = stderr;
	stdout = program.out;
	stderr = program.err;
	leave(&fake, program.stack, STACK_SIZE);
	(void)swapcontext(&program.test, &program.context);
	arrive(fake, NULL, NULL);
	stdout = program.test_out;
	stderr = program.test_err;
	if (!program.runs) {
		free(program.stack);
		program.stack = NULL;
	}
}

/* ---- Functions that replace the operating system --------------------------------------------- */

/* A filter of system calls would stay for the tests that follow. */
int sandbox_enter(enum sandbox sandbox)
{
	(void)sandbox;
	return 0;
}

void sandbox_hide_memory(void)
{
}

void sandbox_limit_memory(size_t octets)
{
	(void)octets;
}

static bool is_asleep(void)
{
	return world.awake;
}

/* CLOCK_MONOTONIC does not advance while the system is suspended. */
uint64_t clock_now(void)
{
	return (is_asleep() ? world.asleep_since : world.now) - world.slept;
}

uint64_t clock_wall(void)
{
	return WALL_CLOCK + world.now + (uint64_t)world.wall;
}

int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	void *fake = NULL;

	program.fds = fds;
	program.count = count;
	program.deadline = deadline;
	program.blocked = true;
	leave(&fake, program.test_bottom, program.test_size);
	(void)swapcontext(&program.context, &program.test);
	arrive(fake, &program.test_bottom, &program.test_size);
	return poll(fds, count, 0);
}

static bool program_can_run(void)
{
	if (!program.runs || is_asleep())
		return false;
	return !program.blocked || program.deadline <= clock_now() ||
	       poll(program.fds, program.count, 0) != 0;
}

/* When the program runs next if nothing happens before. */
static uint64_t due(void)
{
	if (!program.runs)
		return WORLD_EVER;
	if (is_asleep())
		return world.awake;
	return program.deadline < WORLD_EVER - world.slept ? program.deadline + world.slept
							   : WORLD_EVER;
}

/* ---- Events ---------------------------------------------------------------------------------- */

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void world_post(uint64_t delay, world_run *run, const void *arg, size_t len)
{
	struct event *event = malloc(sizeof(*event) + len);
	size_t i = world.count++;

	assert_non_null(event);
	*event = (struct event){.at = world.now + delay, .order = world.posted++, .run = run};
	if (len)
		memcpy(event->arg, arg, len);
	if (i == world.room) {
		world.room = world.room ? 2 * world.room : 64;
		world.heap = realloc(world.heap, world.room * sizeof(struct event *));
		assert_non_null(world.heap);
	}
	for (; i && before(event, world.heap[(i - 1) / 2]); i = (i - 1) / 2)
		world.heap[i] = world.heap[(i - 1) / 2];
	world.heap[i] = event;
}

static struct event *earliest(void)
{
	struct event *first = world.heap[0], *last = world.heap[--world.count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < world.count) {
		if (child + 1 < world.count && before(world.heap[child + 1], world.heap[child]))
			child++;
		if (!before(world.heap[child], last))
			break;
		world.heap[i] = world.heap[child];
		i = child;
	}
	if (world.count)
		world.heap[i] = last;
	return first;
}

static void happen(void)
{
	struct event *event = earliest();

	event->run(event->arg);
	free(event);
}

/* ---- Time ------------------------------------------------------------------------------------ */

uint64_t world_now(void)
{
	return world.now;
}

bool world_runs(void)
{
	return program.runs;
}

bool world_dead(void)
{
	return world.dead;
}

bool world_until(bool (*done)(void *ctx), void *ctx, uint64_t limit)
{
	uint64_t end = limit < WORLD_EVER - world.now ? world.now + limit : WORLD_EVER;
	unsigned turns = 0;

	world.dead = false;
	for (;;) {
		if (program_can_run()) {
			let_program_run();
			/* A turn of the loop takes some time even on a fast machine. */
			if (++turns % FREE_TURNS == 0)
				world.now++;
			if (turns > STANDSTILL)
				fail_msg("at %.6f s blepair is in an endless loop",
					 (double)world.now / 1e6);
		}
		if (done && done(ctx))
			return true;
		if (program_can_run() && world.now <= end)
			continue;

		uint64_t event = world.count ? world.heap[0]->at : WORLD_EVER;
		uint64_t deadline = due();
		uint64_t next = event < deadline ? event : deadline;
		world.dead = next == WORLD_EVER;
		if (next > end || world.dead) {
			world.now = end == WORLD_EVER ? world.now : end;
			return false;
		}
		if (next > world.now) {
			world.now = next;
			turns = 0;
		}
		/* At equal times events run before the program's deadline: a packet at its deadline
		 * is in time. */
		if (event <= world.now) {
			happen();
			turns = 0;
		}
	}
}

void world_pass(uint64_t duration)
{
	(void)world_until(NULL, NULL, duration);
}

void world_set_wall(int64_t ahead)
{
	world.wall = ahead;
}

static void wake(void *arg)
{
	(void)arg;
	world.slept += world.now - world.asleep_since;
	world.awake = 0;
}

void world_suspend(uint64_t duration)
{
	assert_false(is_asleep());
	world.asleep_since = world.now;
	world.awake = world.now + duration;
	world_post(duration, wake, "", 0);
}

bool world_is_suspended(void)
{
	return is_asleep();
}

void world_start(void (*run)(void *arg), void *arg, FILE *out, FILE *err)
{
	assert_false(program.runs);
	memset(&program, 0, sizeof(program));
	program.main = run;
	program.arg = arg;
	program.out = out;
	program.err = err;
	program.stack = malloc(STACK_SIZE);
	assert_non_null(program.stack);
	assert_int_equal(getcontext(&program.context), 0);
	program.context.uc_stack.ss_sp = program.stack;
	program.context.uc_stack.ss_size = STACK_SIZE;
	program.context.uc_link = NULL;
	makecontext(&program.context, run_program, 0);
	program.runs = true;
}

bool world_stack_holds(const void *octets, size_t len)
{
	assert_true(program.runs);
	return memory_holds(program.stack, STACK_SIZE, octets, len);
}

void world_begin(void)
{
	world_end();
	world.now = BEGINNING;
}

void world_end(void)
{
	assert_false(program.runs); /* only the program can release its resources */
	while (world.count)
		free(earliest());
	free(world.heap);
	memset(&world, 0, sizeof(world));
}
