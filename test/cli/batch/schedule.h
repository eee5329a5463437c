/* SPDX-License-Identifier: MIT */
/* A scheduler without a list, and units that are seen, connected and ended by calls. Time is a
 * number. */
#pragma once

#include "batch/scheduler.h"

#include "unit.h"

#define SECOND 1000000ULL

extern struct batch_scheduler batch;
extern struct batch_unit units[64];
extern uint64_t now, due; /* due: of the unit whose attempt ended last, see batch_attempt_ended() */

/* Setup and teardown. */
int fresh(void **state);
int over(void **state);

/* The address of unit i. */
struct crypto_address address(size_t i);
/* Adds the first units, by address. */
void add_addresses(size_t count);
/* A controller sees the device with the address of unit i. */
void see(size_t controller, size_t i);
/* Adds controllers, which are up. */
void join(size_t count);
/* Connects the next unit of a controller; NULL: there is none. */
struct batch_unit *begin(size_t controller);
enum batch_verdict end(struct batch_unit *u, enum batch_end how, int code);
