/* SPDX-License-Identifier: MIT */
/*
 * A job: one "blepair batch" while it runs. This is the state that the files of this folder share:
 *
 *	run        starts and ends the job, and decides when to ask the scheduler
 *	controller scans and connects; its events go to the links
 *	slot       a unit under way on a link
 *	record     stores results, then announces them
 *	keypairs   generates key pairs ahead of their use
 *	summary    what came of the whole job
 *	progress   the live view
 *
 * run calls the others; they ask for another round of scheduling by batch_schedule_soon().
 */
#pragma once

#include "base/failure.h"
#include "batch/names.h"
#include "batch/progress_view.h"
#include "batch/rate.h"
#include "batch/scheduler.h"
#include "report/batch_report.h"
#include "runtime/runtime.h"
#include "runtime/timed_request.h"
#include "session/session.h"
#include "store/store.h"

#define BATCH_KEYPAIRS 8   /* generated ahead */
#define BATCH_RECENT   128 /* advertisements kept until their scan responses come */
#define BATCH_JOB_NAME 200

struct batch_job;
struct batch_controller;

enum batch_slot_state {
	BATCH_SLOT_FREE,
	BATCH_SLOT_CONNECTING,
	BATCH_SLOT_LINKED,
	BATCH_SLOT_ENDED, /* in the queue of results that are not stored yet */
};

/* A unit under way: from connecting until its result is stored. */
struct batch_slot {
	struct batch_controller *controller;
	enum batch_slot_state state;
	bool timed_out; /* by --unit-timeout */
	struct batch_unit *unit;
	char name[BATCH_UNIT_NAME];
	struct options options; /* those of the job, changed by the unit's row */
	struct event_output events;
	struct session_setup setup;
	struct session session; /* without a link, only its outcome is used */
	struct loop_timer unit_timer;

	/* While ended. */
	struct batch_slot *next;
	enum batch_end end;
	int code;
};

enum batch_controller_state {
	BATCH_DOWN, /* being opened or reset */
	BATCH_UP,
	BATCH_GONE, /* given back, or out of service */
};

struct batch_controller {
	struct batch_job *job;
	enum batch_controller_state state;
	struct controller controller;
	struct event_output events;
	char spec[64], capture[512];
	size_t index; /* in the job, and in its scheduler */
	struct batch_slot slots[HCI_LINKS_MAX];
	struct batch_slot *connecting; /* NULL: none */
	struct loop_timer connect_timer;
	struct {
		struct crypto_address address;
		bool connectable;
		uint8_t len, data[31];
	} recent[BATCH_RECENT]; /* by hash of the address */
};

struct batch_job {
	const struct options *options;
	struct event_output *events;
	struct store *store;
	char name[BATCH_JOB_NAME];
	struct runtime runtime;
	struct batch_scheduler scheduler;
	struct loop_timer schedule_timer;
	struct loop_timer limit_timer; /* --timeout, --until TIME */
	uint64_t started;
	bool active_scan;

	struct batch_unit *units; /* of the list */
	size_t unit_count, paired_before;

	struct batch_controller *controllers;
	size_t controller_count, controllers_gone;
	struct failure controller_failure; /* the first one; exit CLI_OK: none */

	struct batch_slot *ended, **ended_last;
	struct loop_timer record_timer;
	struct timed_request write;	/* of results, see record.c */
	size_t unseen_next, unseen_end; /* units to look at that may have to be given up */
	struct failure store_failure;	/* exit CLI_OK: none */

	struct loop_timer keypair_timer;
	struct crypto_keypair keypairs[BATCH_KEYPAIRS];
	size_t keypair_count;

	struct batch_report *report; /* NULL: none is wanted */
	struct batch_rate rate;

	bool live;
	struct loop_timer draw_timer;
	struct batch_view_drawn drawn;
};

/* Something changed: the scheduler is asked as soon as the caller has returned to the loop. */
static inline void batch_schedule_soon(struct batch_job *job)
{
	loop_timer_start(&job->runtime.loop, &job->schedule_timer, 0);
}
