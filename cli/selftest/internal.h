/* SPDX-License-Identifier: MIT */
/*
 * What the parts of a self-test share; users include selftest/run.h. From the bottom: times.c,
 * model.c, compare.c and plan.c, which are pure; result.c; progress.c; resets.c, listen.c,
 * pair.c, golden.c and replug.c, one kind of step each; station.c, the callbacks of the
 * controllers; run.c. A part calls only those below it.
 */
#pragma once

#include "base/failure.h"
#include "base/file.h"
#include "runtime/runtime.h"
#include "selftest/plan.h"
#include "session/session.h"

/* How often a controller may stop answering, before it is given up. */
#define SELFTEST_RECOVERIES 8
/* How often a link is set up that is never established (error 0x3E, Core Vol 1 Part F). */
#define SELFTEST_LINK_TRIES 3
/* Advertisers that are counted, and RSSI values of the golden unit. */
#define SELFTEST_DEVICES 512
#define SELFTEST_SAMPLES 10

/*
 *	COMING_UP --> UP --> COMING_UP ...
 *
 * Each may end in GONE.
 */
enum selftest_controller_state {
	SELFTEST_COMING_UP,
	SELFTEST_UP,
	SELFTEST_GONE, /* .failure has the reason */
};

enum selftest_link { SELFTEST_UNLINKED, SELFTEST_LINKED, SELFTEST_CLOSED };

struct selftest;
struct selftest_controller {
	struct selftest *test;
	unsigned index;
	const char *spec;
	char capture[FILE_PATH_MAX + 4];
	struct event_output events;
	struct controller controller;
	enum selftest_controller_state state;
	bool was_up;
	bool reset_wanted; /* by us: it is not sick */
	unsigned recoveries;
	struct failure failure;

	/* Of the first bring-up. */
	uint64_t began; /* clock_now() of its first command; 0: not yet */
	double bring_up_ms;
	struct hci_controller_info info; /* as far as it is known */

	/* Of the link of a step. */
	enum selftest_link link;
	struct options options; /* of the session */
	struct session_setup setup;
	struct session session;
};

/* The phases of a step that has a link. */
enum selftest_phase {
	SELFTEST_STARTING, /* advertising, or the scan, is to begin */
	SELFTEST_HEARING,  /* scanning for the golden unit, or counting advertisements */
	SELFTEST_SAMPLING, /* the golden unit was heard */
	SELFTEST_CALLING,
	SELFTEST_PAIRING,
};

struct selftest {
	const struct options *options;
	struct event_output *events;
	struct runtime runtime;
	struct progress progress;
	struct selftest_controller controllers[SELFTEST_CONTROLLERS];
	unsigned count;
	struct selftest_plan plan;
	size_t next;		    /* index of the step that follows */
	struct selftest_step *step; /* the one under way, NULL: none */
	bool repeats;		    /* it starts once more */
	bool cancelled, over;
	struct loop_timer go_on; /* starts the next step */
	struct loop_timer limit; /* of what the step waits for */
	enum selftest_phase phase;

	/* RESETS. */
	uint64_t reset_sent;
	bool reset_answered;
	uint8_t reset_status;
	double reset_ms[SELFTEST_RESETS_MAX];

	/* REPLUG. */
	uint64_t pulled_out; /* clock_now(); 0: not yet */

	/* LISTEN and GOLDEN. */
	struct crypto_address devices[SELFTEST_DEVICES];
	struct crypto_address found; /* the golden unit, as on air */
	struct hci_phy_seen found_phy;
	double rssi[SELFTEST_SAMPLES];
	size_t rssi_count;
};

/* What one kind of step does, from the loop; all but start may be NULL. */
struct selftest_action {
	void (*start)(struct selftest *test);
	void (*on_gap_event)(struct selftest *test, struct selftest_controller *c,
			     const struct hci_gap_event *event, const struct hci_input *input);
	void (*on_idle)(struct selftest *test);
	void (*packet)(struct selftest *test, bool received, const uint8_t *packet, size_t len);
	/* What the step waits for has not happened within its limit. */
	void (*overdue)(struct selftest *test);
	/* A controller of the step stopped answering, or is gone. NULL: the step has failed. */
	void (*lost)(struct selftest *test, const char *text);
	/*
	 * Its transport has failed. True: wait until it is there again; up() or late() follows.
	 * NULL, or false: it is gone.
	 */
	bool (*pulled_out)(struct selftest *test);
	void (*up)(struct selftest *test);
	void (*late)(struct selftest *test, const char *text);
};

extern const struct selftest_action selftest_resets;
extern const struct selftest_action selftest_listen;
extern const struct selftest_action selftest_pair;
extern const struct selftest_action selftest_golden;
extern const struct selftest_action selftest_replug;

/* ---- progress.c ---- */

/* The controllers of the step under way; the second one is NULL without one. */
struct selftest_controller *selftest_on(struct selftest *test);
struct selftest_controller *selftest_with(struct selftest *test);

/* Ends the step under way; the next one follows from the loop. */
void selftest_end(struct selftest *test, enum selftest_verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Starts the next step from the loop, if none is under way and no controller is coming up. */
void selftest_go_on(struct selftest *test);
/* Starts the step under way once more, from the loop. */
void selftest_repeat(struct selftest *test);
/* Limits what the step waits for: overdue() after that many microseconds. */
void selftest_limit(struct selftest *test, uint64_t microseconds);
/* Gives up the link of a controller, without a result. */
void selftest_unlink(struct selftest_controller *c);
/* Resets a controller that is up, and gives up its link: it is as new for the next step. */
void selftest_recover(struct selftest_controller *c);
/* Ends the use of a controller that does not come back. */
void selftest_give_up(struct selftest_controller *c, const char *text);
/* After a step that failed: the same for its controllers. */
void selftest_fail(struct selftest *test, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prepares a session for the next link of this controller; closed is called from it. */
void selftest_prepare(struct selftest_controller *c, void (*closed)(void *ctx));
/* Calls a peer: CONNECTED or NOT_CONNECTED follows. */
void selftest_call(struct selftest_controller *c, const struct crypto_address *peer,
		   struct hci_phy_seen phy);
/* Opens the session that was prepared. */
void selftest_link_up(struct selftest_controller *c, struct hci_link *link);
/* The session ended because its link was never established. */
bool selftest_not_established(const struct selftest_controller *c);
/* Takes the times of the central's session into the step. */
void selftest_take_times(struct selftest_step *step, const struct session *central);

/* ---- result.c ---- */

/* The event of a step that has ended. */
json_t *selftest_step_event(const struct selftest *test, const struct selftest_step *step);
/* The event of all controllers at the end, for reports. */
json_t *selftest_tested_event(const struct selftest *test);
void selftest_outcome(const struct selftest *test, struct outcome *outcome);
