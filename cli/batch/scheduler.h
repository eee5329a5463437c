/* SPDX-License-Identifier: MIT */
/*
 * The order in which many units are paired by several controllers with several links each: a pure
 * machine. What happened comes in, with the time; whom to connect next goes out. Every step takes
 * the same time, whatever the number of units.
 *
 * A unit waits to be seen; is ready once a controller saw it; is active from connecting until its
 * link is down; rests after a failure that may pass; and is paired, or failed for good, at the end.
 * What a failure means is one table, the policy (docs/batch.md).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/list.h"
#include "batch/match.h"

#define BATCH_CONTROLLERS 32
#define BATCH_RESTS	  10 /* 250 ms, doubled nine times */
#define BATCH_CAUSES	  24 /* different causes of failures that are counted apart */

enum batch_state {
	BATCH_WAITING,
	BATCH_READY,
	BATCH_ACTIVE,
	BATCH_RESTING,
	BATCH_PAIRED,
	BATCH_FAILED,
};

/* How an attempt ended. */
enum batch_end {
	BATCH_OK,
	BATCH_NOT_SEEN,	       /* it was never there */
	BATCH_NO_ANSWER,       /* it does not take the connection */
	BATCH_NOT_ESTABLISHED, /* code: HCI error of the connection */
	BATCH_LOST,	       /* code: HCI reason, before it was paired */
	BATCH_REFUSED,	       /* code: SMP reason that the peer gave */
	BATCH_UNENCRYPTED,     /* code: HCI status of the encryption */
	BATCH_SMP_TIMEOUT,     /* 30 s without an answer to a PDU */
	BATCH_WE_REFUSED,      /* code: SMP reason that we gave */
	BATCH_UNIT_TIMEOUT,    /* --unit-timeout */
	BATCH_INTERNAL_ERROR,  /* something failed here: cryptography, a file */
	BATCH_FULL,	       /* the controller has no room for a link more */
	BATCH_CONTROLLER,      /* the controller failed: not the unit's fault */
	BATCH_CANCELLED,       /* the run ends: nor is this */
	BATCH_ENDS
};

/* What follows from a failure. */
struct batch_policy {
	enum batch_end end;
	int code;	  /* -1: any */
	unsigned tries;	  /* so many attempts of a unit at most; 0: this one does not count */
	unsigned rest;	  /* before the next one: 250 ms doubled so many times... */
	bool longer;	  /* ...and doubled again by every attempt */
	bool see;	  /* it must be seen again first */
	const char *when; /* for a person */
};

/* Never NULL: the rows in order, of which the first that fits is meant. */
const struct batch_policy *batch_policy(enum batch_end end, int code);
const struct batch_policy *batch_policy_row(size_t i); /* NULL: no more */

struct batch_unit {
	struct batch_unit_spec want;
	enum batch_state state;
	uint8_t tries;	 /* attempts that count */
	uint8_t station; /* whose turn it is, while ready; whose link, while active */
	uint64_t begun;	 /* in this run, 0: not yet */
	bool linked;
	bool has_peer;
	struct crypto_address peer; /* on air, when it was seen last */
	uint32_t seen_by;	    /* bits of controllers */
	uint64_t last_seen;	    /* 0: never */
	uint64_t started;	    /* of this attempt */
	uint64_t waited;	    /* from being seen last until then, whoever sees it since */
	uint64_t due;		    /* while resting */
	void *user;		    /* of whoever uses the batch */

	/* The batch's own. */
	uint64_t key;
	uint8_t rest;
	struct batch_unit *next, **link; /* in the line of its state */
	struct batch_unit *made;	 /* before it */
};

struct batch_line {
	struct batch_unit *first, **last;
};

struct batch_peer {
	struct crypto_address address;
	struct batch_unit *unit; /* NULL: not to be touched again */
	struct batch_peer *next;
};

struct batch_controller_load {
	bool up, connecting;
	unsigned links, limit; /* the limit is learnt */
	unsigned most;	       /* links at a time so far */
	unsigned in_a_row;     /* units whose first attempt failed here, none succeeding between */
	bool reset;	       /* since it succeeded last */
	size_t paired, failed; /* attempts */
	struct batch_line ready;
	size_t ready_count;
};

enum batch_stop {
	BATCH_GOING,
	BATCH_ALL,	     /* every unit of the list is at its end */
	BATCH_ENOUGH,	     /* as many as were wanted */
	BATCH_TIME,	     /* the time is over */
	BATCH_NOBODY,	     /* none of those wanted was seen for long */
	BATCH_IN_A_ROW,	     /* too many failed one after the other */
	BATCH_NO_CONTROLLER, /* none is left */
	BATCH_NO_STORE,	     /* what comes of it cannot be kept */
	BATCH_INTERRUPTED,
};

struct batch {
	/* Wishes, 0: none. Times in microseconds. */
	uint64_t unit_timeout; /* from the first attempt of a unit on */
	uint64_t idle_timeout;
	size_t until;			     /* units paired */
	size_t limit;			     /* units begun */
	unsigned in_a_row;		     /* units that failed for good */
	unsigned links;			     /* of a controller */
	const struct batch_unit_spec *match; /* without a list: whatever fits becomes a unit */

	struct batch_controller_load stations[BATCH_CONTROLLERS];
	size_t station_count;

	size_t total, counts[BATCH_FAILED + 1]; /* units by state */
	size_t begun, paired_now;		/* in this run: begun, and paired */
	size_t attempts;
	unsigned failed_in_a_row;
	struct {
		enum batch_end end;
		int code;
		size_t count;
	} causes[BATCH_CAUSES]; /* of units that failed for good */
	size_t cause_count;
	enum batch_stop stop;

	/* The batch's own. */
	struct batch_line *wanted; /* units that wait and were not seen yet, by key */
	size_t wanted_mask, wanted_count;
	struct batch_lengths lengths;
	struct batch_peer **peers;
	size_t peers_mask, peer_count;
	struct batch_line rests[BATCH_RESTS];
	size_t open; /* units begun, not at their end */
	uint64_t quiet_since;
	struct batch_unit *made; /* for a match, the last one */
	uint8_t (*irks)[16];
	size_t irk_count, irk_room;
};

/* 0, or -1: no memory. To be freed in either case. */
int batch_init(struct batch *batch, uint64_t now);
void batch_free(struct batch *batch);

/*
 * Adds a unit that is wanted; it is zeroed but for want, and stays where it is, the caller's. 0 or
 * -1. Units that were paired before are added by batch_add_paired_before().
 */
int batch_add(struct batch *batch, struct batch_unit *unit);
void batch_add_paired_before(struct batch *batch, struct batch_unit *unit);

/* This device was paired: whoever it fits, it is left alone. irk: 16 octets, or NULL. 0 or -1. */
int batch_exclude_device(struct batch *batch, const struct crypto_address *address,
			 const uint8_t *irk);

/* A controller joins, and is up from now on; it is known by its place. */
size_t batch_join(struct batch *batch);
void batch_up(struct batch *batch, size_t station);
/* It is down; its active units were ended by BATCH_CONTROLLER. */
void batch_down(struct batch *batch, size_t station);
/* True when it fails unit after unit: it should be reset, or given up if it was. */
bool batch_sick(const struct batch *batch, size_t station);
/* True: it was not reset since it succeeded last, and is from now on. */
bool batch_may_reset(struct batch *batch, size_t station);

/* A controller saw a device. */
void batch_seen(struct batch *batch, uint64_t now, size_t station,
		const struct batch_advertiser *sight);

/* The unit that this controller should connect now, NULL: none. It is active. */
struct batch_unit *batch_next(struct batch *batch, uint64_t now, size_t station);
/* Its link is up. */
void batch_linked(struct batch *batch, struct batch_unit *unit);

enum batch_verdict { BATCH_AGAIN, BATCH_FINAL };

/* The attempt is over, and, if it succeeded, kept. *due: when it is tried again at the earliest. */
enum batch_verdict batch_end(struct batch *batch, uint64_t now, struct batch_unit *unit,
			     enum batch_end end, int code, uint64_t *due);

/* Begins no unit any more; the first reason stands. */
void batch_stop(struct batch *batch, enum batch_stop why);
/* True when nothing is active and nothing will be. */
bool batch_over(const struct batch *batch);

/* When batch_tick() has something to do, UINT64_MAX: nothing. */
uint64_t batch_deadline(const struct batch *batch);
void batch_tick(struct batch *batch, uint64_t now);

/* Words: "connection failed"...; never NULL. */
const char *batch_end_name(enum batch_end end);
const char *batch_end_slug(enum batch_end end);
