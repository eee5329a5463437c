/* SPDX-License-Identifier: MIT */
/* A unit of a batch: the device it must be, how far it is, and its place in a queue of units. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/spec.h"
#include "hci/phy.h"
#include "runtime/own_identity.h"

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
	uint8_t tries;	      /* attempts that count */
	uint8_t controller;   /* index: whose queue it is in while ready, whose link while active */
	uint8_t bound;	      /* 1 + the only controller that may connect it; 0: any */
	bool heard_elsewhere; /* by another controller than that one */
	uint64_t begun;	      /* start of the first attempt of this process, 0: none yet */
	bool interrupted;     /* its latest attempt ended because the controller failed */
	bool linked;
	bool answered;		     /* its result, which is final, was announced */
	uint32_t unanswered_writes;  /* see struct session_setup */
	uint8_t cause;		     /* of its failure, index in the causes of the scheduler */
	struct crypto_address peer;  /* on air, when it was seen last */
	struct hci_phy_seen phy;     /* then */
	enum own_target passed_over; /* it was seen, but does not answer us; US: it was not */
	uint32_t seen_by;	     /* bit n: controller n */
	uint64_t last_seen;	     /* 0: never */
	uint64_t started;	     /* of the latest attempt */
	uint64_t waited;	     /* between last_seen and the start of the latest attempt */
	uint64_t due;		     /* while resting: end of the rest */

	/* Private to scheduler.c and index.c. */
	uint64_t key;
	uint8_t rest;
	struct batch_unit *next, **link; /* in the queue of its state */
	struct batch_unit *made;	 /* the unit that was made before this one, by a match */
};

/* Whether the controller may connect the unit. */
static inline bool batch_unit_allows(const struct batch_unit *unit, size_t controller)
{
	return !unit->bound || unit->bound == controller + 1;
}

/* Units in order. A zeroed queue is empty. */
struct batch_queue {
	struct batch_unit *first, **last;
};

/* The unit must be in no queue. */
void batch_queue_append(struct batch_queue *queue, struct batch_unit *unit);
/* The unit must be in this queue. */
void batch_queue_remove(struct batch_queue *queue, struct batch_unit *unit);
