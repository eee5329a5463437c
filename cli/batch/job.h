/* SPDX-License-Identifier: MIT */
/*
 * A job: one "blepair batch" while it runs. This is the state that the files of this folder share:
 *
 *	run        starts and ends the job, and decides when to ask the scheduler
 *	accept     the units that are left, for the filter of a scan
 *	controller scans and connects; its events go to the links
 *	slot       a unit under way on a link
 *	verdict    why its attempt failed
 *	record     stores results, then announces them
 *	place      ties units to the controllers of a fixture
 *	input      units that come by standard input while it runs
 *	unit_hook  runs the command of --hook after each unit
 *	keypairs   generates key pairs ahead of their use
 *	summary    what came of the whole job
 *	progress   the live view
 *
 * run calls the others; they ask for another round of scheduling by batch_schedule_soon().
 */
#pragma once

#include "base/failure.h"
#include "base/file.h"
#include "batch/names.h"
#include "batch/progress_view.h"
#include "batch/rate.h"
#include "batch/scheduler.h"
#include "report/batch_report.h"
#include "runtime/hook.h"
#include "runtime/runtime.h"
#include "runtime/timed_request.h"
#include "session/self_explain.h"
#include "session/session.h"
#include "store/store.h"

#define BATCH_KEYPAIRS	      8	  /* generated ahead */
#define BATCH_RECENT	      128 /* advertisements kept until their scan responses come */
#define BATCH_PEER_NAME	      64  /* room for a name for events; a longer one is not kept */
#define BATCH_JOB_NAME	      200
#define BATCH_CONTROLLER_SPEC 320 /* tcp:HOST:PORT, unix:PATH */
#define BATCH_OTHER_SPEC      48
#define BATCH_CAPTURE_PATH    (FILE_PATH_MAX + 4) /* -w FILE and ".16" */

struct batch_job;
struct batch_controller;
struct batch_input;

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
	char peer_name[BATCH_PEER_NAME]; /* that it advertised, "": not known */
	struct options options;		 /* those of the job, changed by the unit's row */
	struct acceptance acceptance; /* those of the job, with what the row expects; if it does */
	struct event_output events;
	struct session_setup setup;
	struct session session; /* without a link, only its outcome is used */
	uint16_t handle;	/* of the link */
	struct loop_timer unit_timer;
	char *verdict; /* of the attempt, see verdict.h; NULL: none */
	char *part;    /* of the report: its messages; NULL: none */

	/* While ended. */
	struct batch_slot *next;
	enum batch_end end;
	int code;
};

enum batch_controller_state {
	BATCH_DOWN, /* being opened or reset, or it is gone for now */
	BATCH_UP,
	BATCH_LATE, /* out of service; it may come back while the run lasts */
	BATCH_GONE, /* given back, or out of service */
};

struct batch_controller {
	struct batch_job *job;
	enum batch_controller_state state;
	struct failure failure; /* why it is out of service; exit CLI_OK: it is not */
	struct controller controller;
	struct event_output events;
	char spec[BATCH_CONTROLLER_SPEC], capture[BATCH_CAPTURE_PATH];
	char other_spec[BATCH_OTHER_SPEC]; /* of the same dongle, as the kernel or USB names it */
	/* What events, attempts and the report call it: spec, and " #2" if it is the second. */
	char name[BATCH_CONTROLLER_SPEC + 24];
	size_t index; /* in the job, and in its scheduler */
	struct batch_slot slots[HCI_LINKS_MAX];
	struct batch_slot *connecting; /* NULL: none */
	struct loop_timer connect_timer;
	struct {
		struct crypto_address address;
		bool connectable;
		uint8_t len, data[31];
		char name[BATCH_PEER_NAME]; /* of either, "": none yet */
	} recent[BATCH_RECENT];		    /* by hash of the address */
	struct self_explain explain;	    /* of its links */
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
	struct batch_input *input; /* its units come one by one; NULL: a list, or a match */
	struct batch_unit *last[HCI_ACCEPTED_MAX]; /* those that are left, see accept.c */
	size_t last_count;
	bool last_known;

	struct batch_controller *controllers;
	size_t controller_count, controllers_gone;

	struct batch_slot *ended, **ended_last;
	struct loop_timer record_timer;
	struct timed_request write;   /* of results, see record.c */
	struct batch_queue unseen;    /* units that were given up, to be stored */
	struct failure store_failure; /* exit CLI_OK: none */

	struct loop_timer keypair_timer;
	struct crypto_keypair keypairs[BATCH_KEYPAIRS];
	size_t keypair_count;

	struct batch_report *report; /* NULL: none is wanted */
	uint64_t parts;		     /* of the report, with the messages of an attempt */
	struct hook *hook;	     /* runs after each unit; NULL: none */
	size_t hooks_started, hooks_failed;
	struct hook *while_connected; /* runs beside the link of each unit; NULL: none */
	size_t commands_failed;	      /* of it */
	struct batch_rate rate;

	bool live;
	struct loop_timer draw_timer;
	struct batch_view_drawn drawn;
	unsigned asked, lines_typed; /* of the console, when the view was drawn */
};

/* Something changed: the scheduler is asked as soon as the caller has returned to the loop. */
static inline void batch_schedule_soon(struct batch_job *job)
{
	loop_timer_start(&job->runtime.loop, &job->schedule_timer, 0);
}
