/* SPDX-License-Identifier: MIT */
/* A unit of a batch: the device it must be, how far it is, and its place in a queue of units. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/spec.h"

enum batch_state {
	BATCH_WAITING, /* to be seen by a controller */
	BATCH_READY,   /* in the queue of a controller that saw it */
	BATCH_ACTIVE,  /* from connecting until its link is down and its result is stored */
	BATCH_RESTING, /* after a failure, until the next attempt */
	BATCH_PAIRED,
	BATCH_FAILED, /* for good */
};

/* Times are microseconds of clock_now(). */
struct batch_unit {
	struct batch_unit_spec spec;
	enum batch_state state;
	uint8_t tries;	    /* attempts that count */
	uint8_t controller; /* index: whose queue it is in while ready, whose link while active */
	uint64_t begun;	    /* start of the first attempt of this process, 0: none yet */
	bool linked;
	struct crypto_address peer; /* on air, when it was seen last */
	uint32_t seen_by;	    /* bit n: controller n */
	uint64_t last_seen;	    /* 0: never */
	uint64_t started;	    /* of the latest attempt */
	uint64_t waited;	    /* between last_seen and the start of the latest attempt */
	uint64_t due;		    /* while resting: end of the rest */

	/* Private to scheduler.c and index.c. */
	uint64_t key;
	uint8_t rest;
	struct batch_unit *next, **link; /* in the queue of its state */
	struct batch_unit *made;	 /* the unit that was made before this one, by a match */
};

/* Units in order. A zeroed queue is empty. */
struct batch_queue {
	struct batch_unit *first, **last;
};

/* The unit must be in no queue. */
void batch_queue_append(struct batch_queue *queue, struct batch_unit *unit);
/* The unit must be in this queue. */
void batch_queue_remove(struct batch_queue *queue, struct batch_unit *unit);
