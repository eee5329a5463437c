/* SPDX-License-Identifier: MIT */
/*
 * A world with a time of its own, in which all of blepair runs unchanged and in one process.
 *
 * World.c stands in for cli/base/clock.c: clock_now() is virtual, and clock_wait() hands control
 * back to the test instead of sleeping. The test drives: whenever the program waits, the clock
 * jumps to what comes next, an event of the world or the program's own deadline. Nothing takes time
 * unless it says so, so that 30 s of silence last no longer than a packet, and every run with the
 * same events is the same run.
 *
 * The program is a coroutine with a stack of its own; the test, and all events, run on the test's
 * stack: cmocka's assertions may be used everywhere but in what the program itself calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WORLD_MS   UINT64_C(1000)
#define WORLD_S	   UINT64_C(1000000)
#define WORLD_EVER UINT64_MAX

/* A new world: the clock is at one second, nothing is due. No program may be running. */
void world_begin(void);
void world_end(void);

/* Microseconds; the same as clock_now(). */
uint64_t world_now(void);

/*
 * Has run(copy of arg) called after delay microseconds, on the test's stack, in the order of time
 * and, at the same time, of posting. The copy of len octets lives until run returns.
 */
typedef void world_run(void *arg);
void world_post(uint64_t delay, world_run *run, const void *arg, size_t len);

/*
 * Starts the program, whose stdout and stderr are these streams while it runs; it begins at the
 * next world_until(). One at a time.
 */
void world_start(void (*program)(void *arg), void *arg, FILE *out, FILE *err);
bool world_runs(void);

/*
 * Lets time pass until done(ctx), asked after everything that happens, or limit microseconds are
 * over. True: done. A world in which nothing will ever happen again is at its limit at once;
 * world_dead() then says so, for the message.
 */
bool world_until(bool (*done)(void *ctx), void *ctx, uint64_t limit);
bool world_dead(void);

/* Lets that much time pass. */
void world_pass(uint64_t duration);

/* Whether the octets are on the stack of the program, which waits. */
bool world_stack_holds(const void *octets, size_t len);
