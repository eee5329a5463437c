/* SPDX-License-Identifier: MIT */
/*
 * A world with virtual time, in which all of blepair runs unchanged and in one process.
 *
 * world.c replaces cli/base/clock.c: clock_now() is virtual, and clock_wait() returns control to
 * the test instead of sleeping. Whenever the program waits, the clock jumps to the next event of
 * the world or to the program's deadline, whichever is earlier. Code takes no virtual time, so 30 s
 * of silence are as cheap as a packet, and the same events always give the same run.
 *
 * The program is a coroutine with its own stack; the test and all events run on the test's stack.
 * cmocka's assertions work everywhere except in functions that the program calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WORLD_MS   UINT64_C(1000)
#define WORLD_S	   UINT64_C(1000000)
#define WORLD_EVER UINT64_MAX

/* Starts a new world: the clock is at one second, no event is queued. No program may be running. */
void world_begin(void);
void world_end(void);

/* Microseconds; the same as clock_now() unless the program was suspended. */
uint64_t world_now(void);

/* The wall clock of the program jumps: it is that many microseconds ahead of the world's time. */
void world_set_wall(int64_t ahead);

/* The program's machine is suspended: it runs no code, and clock_now() stands still, as
 * CLOCK_MONOTONIC does, while the world and the wall clock go on. */
void world_suspend(uint64_t duration);
bool world_is_suspended(void);

/*
 * Calls run(copy of arg) after delay microseconds, on the test's stack. Events run in the order of
 * time, then of posting. The copy of len octets lives until run returns.
 */
typedef void world_run(void *arg);
void world_post(uint64_t delay, world_run *run, const void *arg, size_t len);

/*
 * Starts the program; it begins to run in the next world_until(). out and err replace stdout and
 * stderr while it runs. Only one program runs at a time.
 */
void world_start(void (*program)(void *arg), void *arg, FILE *out, FILE *err);
bool world_runs(void);

/*
 * Lets time pass until done(ctx), checked after every event, is true, or limit microseconds are
 * over. True: done. When nothing can happen any more it returns at once, and world_dead() is true,
 * for the message of a failure.
 */
bool world_until(bool (*done)(void *ctx), void *ctx, uint64_t limit);
bool world_dead(void);

/* Lets that much time pass. */
void world_pass(uint64_t duration);

/* Whether the octets are on the stack of the program, which waits. */
bool world_stack_holds(const void *octets, size_t len);
