/* SPDX-License-Identifier: MIT */
/*
 * A run over many units as it goes on: the order of units (cli/batch/scheduler.h) wired to
 * controllers, links, the store and the terminal. cli/command/batch.c begins and ends it.
 */
#pragma once

#include "batch/progress_view.h"
#include "batch/scheduler.h"
#include "report/batch_report.h"
#include "runtime/runtime.h"
#include "session/session.h"
#include "store/store.h"

#define BATCH_KEYPAIRS 8   /* made ahead */
#define BATCH_RECENT   128 /* advertisements remembered until their scan responses come */
#define BATCH_UNIT     112 /* a unit in words: its key, and its label */
#define BATCH_ENDED    64  /* attempts that are kept by one transaction */

struct batch_run;
struct batch_controller;

/* A unit under way: from connecting until what came of it is kept. */
struct batch_slot {
	struct batch_controller *site;
	struct batch_unit *unit; /* NULL: free */
	struct batch_slot *next; /* in the line of those that ended */
	char name[BATCH_UNIT];
	struct options options; /* with what the unit's row says */
	struct event_output events;
	struct session_setup setup;
	struct session session; /* without a link only its outcome is of use */
	struct loop_timer limit;
	bool linked, too_long;
	bool over; /* in that line */
	enum batch_end end;
	int code;
};

/* A controller. */
struct batch_controller {
	struct batch_run *run;
	struct controller controller;
	struct event_output events;
	char spec[64], capture[512];
	size_t place; /* in the order of units */
	struct batch_slot slots[HCI_LINKS_MAX];
	struct batch_slot *connecting;
	struct loop_timer patience; /* with connecting */
	struct {
		struct crypto_address address;
		bool connectable;
		uint8_t len, data[31];
	} recent[BATCH_RECENT];
	bool up, out;
};

struct batch_run {
	const struct options *options;
	struct event_output *events;
	struct store *store;
	struct runtime run;
	struct batch batch;
	char name[200]; /* of the run */
	bool active_scan;

	struct batch_unit *units;
	size_t unit_count;
	size_t past; /* paired before */

	struct batch_controller *sites;
	size_t site_count, sites_out;
	enum cli_exit first_failure; /* of a controller */
	char failure_text[320];

	struct batch_slot *ended, **ended_last;
	struct loop_timer keep;	 /* what ended */
	struct loop_timer tick;	 /* what rested, or nobody that comes */
	struct loop_timer limit; /* --timeout, --until TIME */
	struct loop_timer spare; /* key pairs */
	struct crypto_keypair keypairs[BATCH_KEYPAIRS];
	size_t keypair_count;
	struct outcome broken;	  /* the store failed: the run ends */
	struct html_report *html; /* NULL: none is wanted */

	bool live;
	struct loop_timer draw;
	struct batch_view_drawn drawn;
	uint64_t ends[64]; /* when units ended lately, for the rate */
	size_t end_count;
	uint64_t started;
};

/* ---- cli/batch/controller.c: controllers and links
 * ------------------------------------------------- */

/* Opens the controller of a site; capture: the file of -w, or NULL. */
void batch_site_open(struct batch_controller *site);
/* Whatever can be begun now is. */
void batch_sites_go_on(struct batch_run *run);
/* Ends what is under way. */
void batch_sites_cancel(struct batch_run *run, enum cli_exit why);
/* Gives all controllers back, once nothing is under way. */
void batch_sites_finish(struct batch_run *run);
/* Key pairs are made while there is nothing else to do. */
void batch_spare_init(struct batch_run *run);
/* After whatever happened: what comes next, and when. */
void batch_schedule(struct batch_run *run);

/* ---- cli/batch/record.c: what came of it -------------------------------------------------------
 */

void batch_record_init(struct batch_run *run);
/* An attempt is over: it is kept, told, and only then the unit goes on. */
void batch_record_attempt(struct batch_slot *slot, enum batch_end end, int code);
/* All that were never seen. */
void batch_record_unseen(struct batch_run *run);
/* An attempt of this run, now or before, stands in the HTML report. */
void batch_report_add(struct batch_run *run, const struct attempt *attempt);
/* Writes the HTML events, if one is wanted: 0, or -1 with a line in error. */
int batch_record_write(const struct batch_run *run, char *error, size_t size);
/* {"summary"}, and the outcome of all. */
void batch_record_summary(struct batch_run *run, struct outcome *outcome);

/* What a unit is known by in the store: its address, its label, or "line N". Returns text. */
const char *batch_unit_key(const struct batch_unit *unit, char text[BATCH_UNIT]);

/* "the unit refused: Repeated Attempts (0x09)". Returns text. */
const char *batch_cause_text(enum batch_end end, int code, char text[120]);

/* Units at their end a minute, lately; 0: not known yet. */
double batch_rate(const struct batch_run *run);

/* ---- cli/batch/progress.c: the live view
 * --------------------------------------------------------- */

void batch_show_init(struct batch_run *run);
/* Something changed. */
void batch_show(struct batch_run *run);
void batch_show_end(struct batch_run *run);
