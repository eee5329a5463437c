/* SPDX-License-Identifier: MIT */
/*
 * The order in which several controllers with several links each pair many units: a pure state
 * machine. The caller passes in events and the time, and asks which unit to connect next. Every
 * call takes the same time for any number of units.
 *
 * A unit waits until a controller sees it; is ready, in the queue of one controller; is active from
 * connecting until its link is down; rests after a failure that may pass; and ends paired, or
 * failed for good. The policy (batch/policy.h) decides which failures are final.
 *
 * Controllers are numbered from 0. Times are microseconds of clock_now().
 */
#pragma once

#include "batch/index.h"
#include "batch/policy.h"
#include "batch/unit.h"

#define BATCH_CONTROLLERS 32
#define BATCH_RESTS	  10 /* 250 ms, doubled up to nine times */
#define BATCH_CAUSES	  24 /* failures with different ends and codes, counted separately */

struct batch_controller_load {
	bool up, connecting;
	unsigned links;
	unsigned limit;		  /* of links; lowered when the controller refuses another */
	unsigned most;		  /* links at the same time, so far */
	unsigned failures_in_row; /* first attempts of units that failed on the radio */
	unsigned resets, losses;  /* since an attempt showed that it works */
	size_t paired, failed;	  /* attempts */
	size_t interrupted;	  /* attempts that ended because it failed */
	struct batch_queue ready;
	size_t ready_count;
	bool away; /* it is not up, but may come up: it is being opened, or was lost */
	bool gone; /* out of service */
	uint64_t up_since;
	size_t bound; /* units that only it may connect, and that have not ended */
	size_t open;  /* of those, units begun */
};

/* Why no unit is started any more. */
enum batch_stop {
	BATCH_RUNNING,	     /* units are still started */
	BATCH_ALL_ENDED,     /* every unit of the list is paired, or failed for good */
	BATCH_COUNT_REACHED, /* --until N, --limit */
	BATCH_TIME_OVER,     /* --until TIME, --timeout */
	BATCH_NONE_SEEN,     /* --scan-timeout: no unit was seen for that long */
	BATCH_MAX_FAILURES,  /* --max-failures */
	BATCH_NO_CONTROLLER, /* all have failed */
	BATCH_STORE_FAILED,  /* results cannot be stored */
	BATCH_INTERRUPTED,
};

struct batch_scheduler {
	/* Limits, set after batch_scheduler_init(); 0: none. */
	uint64_t unit_timeout; /* from the first attempt of a unit */
	uint64_t idle_timeout; /* with nothing to do and no unit seen */
	size_t until;	       /* units paired, earlier ones included */
	size_t limit;	       /* units begun by this process */
	unsigned max_failures; /* units that fail for good, one after the other */
	unsigned links;	       /* of each controller */
	/* Without a list: each device that matches becomes a unit. Borrowed; NULL: a list. */
	const struct batch_unit_spec *match;
	bool more; /* further units may be added: the end of the others is not the end */

	struct batch_controller_load controllers[BATCH_CONTROLLERS];
	size_t controller_count;

	size_t total, counts[BATCH_FAILED + 1]; /* units, and units by state */
	size_t begun;				/* units, by this process */
	size_t attempts, interrupted; /* those that ended because their controller failed */
	unsigned failures_in_row;     /* units that failed for good */
	struct {
		enum batch_end end;
		int code;
		size_t count;
	} causes[BATCH_CAUSES]; /* of units that failed for good; the last entry takes all others */
	size_t cause_count;
	enum batch_stop stop;
	uint64_t idle_since;

	/* Private. */
	struct batch_index index;
	struct batch_queue rests[BATCH_RESTS]; /* by duration, so each is in order of time */
	size_t open;			       /* units begun that have not ended */
	struct batch_unit *made;	       /* the last unit that was made by match */
};

/* 0, or -1: no memory. Free it in either case. */
int batch_scheduler_init(struct batch_scheduler *scheduler, uint64_t now);
void batch_scheduler_free(struct batch_scheduler *scheduler);

/*
 * Adds a unit to be paired: zeroed except for spec. The memory stays the caller's, until
 * batch_scheduler_free(). 0, or -1: no memory.
 */
int batch_add_unit(struct batch_scheduler *scheduler, struct batch_unit *unit);
/*
 * Only this controller may connect the unit, which was added and is waiting. Its units that are
 * left when it is gone are not lost: the run ends when there are no others.
 */
void batch_bind_unit(struct batch_scheduler *scheduler, struct batch_unit *unit, size_t controller);
/* Adds a unit anew that failed for good; its spec may have changed. */
void batch_retry_unit(struct batch_scheduler *scheduler, struct batch_unit *unit);
/* No further unit will be added. */
void batch_no_more(struct batch_scheduler *scheduler);
/* Adds a unit that an earlier process paired. Check the limits after the last one. */
void batch_add_paired_before(struct batch_scheduler *scheduler, struct batch_unit *unit);
/* Stops if the units that have ended are all, or enough. */
void batch_check_limits(struct batch_scheduler *scheduler);

/*
 * Never connect the device of this address, nor one with an address of this IRK (16 octets, or
 * NULL). 0, or -1: no memory.
 */
int batch_exclude_device(struct batch_scheduler *scheduler, const struct crypto_address *address,
			 const uint8_t *irk);

/* Adds a controller, which is away until it is up or gone. Returns its number. */
size_t batch_add_controller(struct batch_scheduler *scheduler);
void batch_controller_up(struct batch_scheduler *scheduler, uint64_t now, size_t controller);
/*
 * Its ready units go to other controllers. End its active units with BATCH_CONTROLLER_FAILED. Until
 * it is up again or gone, the run is not idle: units may be where only this controller hears them.
 */
void batch_controller_down(struct batch_scheduler *scheduler, size_t controller);
/* The controller, which is down, is out of service, until it is up again. */
void batch_controller_gone(struct batch_scheduler *scheduler, uint64_t now, size_t controller);
/* True while no controller hears the unit, and one that may connect it may come back. */
bool batch_is_unheard(const struct batch_scheduler *scheduler, const struct batch_unit *unit);
/*
 * Since when a controller that may connect the unit has been up: the earliest of those that are.
 * 0: none is.
 */
uint64_t batch_heard_since(const struct batch_scheduler *scheduler, const struct batch_unit *unit);
/* True when the only controller that may connect the unit is gone. */
bool batch_is_stranded(const struct batch_scheduler *scheduler, const struct batch_unit *unit);
/* True when first attempts of several units failed in a row: the controller may be at fault. */
bool batch_is_suspect(const struct batch_scheduler *scheduler, size_t controller);
/* It is to be reset. Returns how often it was, since an attempt showed that it works. */
unsigned batch_count_reset(struct batch_scheduler *scheduler, size_t controller);
/* It was lost. False: too often, since an attempt showed that it works. */
bool batch_may_return(struct batch_scheduler *scheduler, size_t controller);

/* The controller received advertising data of a device. */
void batch_saw(struct batch_scheduler *scheduler, uint64_t now, size_t controller,
	       const struct batch_advertiser *advertiser);

/* The unit that the controller must connect now, which becomes active; NULL: none. */
struct batch_unit *batch_next(struct batch_scheduler *scheduler, uint64_t now, size_t controller);
/* The link of an active unit is up. */
void batch_linked(struct batch_scheduler *scheduler, struct batch_unit *unit);

enum batch_verdict { BATCH_AGAIN, BATCH_FINAL };

/*
 * The attempt of an active unit has ended, and its result is stored; or a waiting unit is given up
 * with BATCH_NOT_SEEN. code: see enum batch_end, -1: none. *due: the earliest time of the next
 * attempt.
 */
enum batch_verdict batch_attempt_ended(struct batch_scheduler *scheduler, uint64_t now,
				       struct batch_unit *unit, enum batch_end end, int code,
				       uint64_t *due);

/* Starts no further unit. The first reason is kept. */
void batch_stop(struct batch_scheduler *scheduler, enum batch_stop why);
/* True when it was stopped and no unit is active. */
bool batch_is_over(const struct batch_scheduler *scheduler);

/* When to call batch_tick() next; UINT64_MAX: not needed. */
uint64_t batch_deadline(const struct batch_scheduler *scheduler);
void batch_tick(struct batch_scheduler *scheduler, uint64_t now);
