/* SPDX-License-Identifier: MIT */
/*
 * A job with two controllers whose transports do not exist: slots, results and summaries are tested
 * without links. Events are kept instead of printed: link with wrap(... event_emit event_note).
 */
#pragma once

#include "batch/job.h"
#include "unit.h"

#define FIXTURE_UNITS	    100
#define FIXTURE_CONTROLLERS 2

extern struct batch_job job;
extern struct batch_controller controllers[FIXTURE_CONTROLLERS + 1]; /* the last is no part of it */
extern struct batch_unit units[FIXTURE_UNITS];
extern struct options options;
extern struct store store;
extern json_t *events; /* array of all so far */
extern uint64_t now;   /* clock_now(); the wall clock is the same */

/* A job without a store, whose list is empty. */
int begin(void **state);
int end(void **state);

/* Replaces the store by a fresh one in a folder of its own. */
void with_store(void);
/* Replaces it by one that cannot be opened. */
void with_broken_store(void);

/* Adds units to the list, by address, with labels "SN-0" and so on. */
void add_units(size_t count);
/* The unit is seen by controller i, and connected. */
struct batch_slot *start_unit(size_t unit, size_t controller);
/* The same, and its link is up. */
struct batch_slot *link_unit(size_t unit, size_t controller);

/* Whether a static variable holds these 16 octets. */
bool static_memory_holds(const uint8_t octets[16]);

/* Runs the timers that are due, until none is. */
void run_timers(void);
/* Lets that many microseconds pass, then runs the timers. */
void pass(uint64_t duration);

/* Event n; fails when there are fewer. */
const json_t *event(size_t n);
/* A string of an event, "" when there is none; a number, -1. */
const char *text_of(const json_t *object, const char *field);
int number_of(const json_t *object, const char *field);
bool flag_of(const json_t *object, const char *field);
