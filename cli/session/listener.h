/* SPDX-License-Identifier: MIT */
/*
 * The way from a command to the sessions that centrals begin: one controller, which advertises
 * whenever it has room for another link, and a session on each link. An idle link is closed after
 * --idle-timeout. It ends by --timeout, by a signal, or when no more sessions are wanted.
 *
 * Room is limited by LISTENER_LINKS, by the LE_States of the controller (Core Vol 4 Part E 7.8.27),
 * and by the controller's refusal to advertise while it has links: then it advertises again when
 * one of them ends. There is one link at a time with out-of-band data of our own, which serve once,
 * after many failures (smp/attempts.h), and on a controller that confuses its links: that is reset.
 */
#pragma once

#include "runtime/runtime.h"
#include "session/self_explain.h"
#include "session/session.h"

/* Links at a time: each takes 6 KiB, and self_explain.h can follow 32. */
#define LISTENER_LINKS 8

/* Callbacks of the command, from the loop. Both are required. */
struct listener_user {
	/*
	 * Is another session wanted? If not, advertising stops, links without an outcome are
	 * closed, the others within a second, and then the run ends.
	 */
	bool (*wants_more)(void *ctx);
	/* A session is over; its result is stored and reported. */
	void (*ended)(void *ctx, const struct outcome *outcome);
};

/*
 *	            .-------------------- a link ends -------------------------------.
 *	            v                                                                |
 *	STARTING -> QUIET --> ADVERTISING --> (linked) QUIET   ADVERTISING --> FULL -'
 *
 * Every state may end in STOPPING, which waits for the sessions, and in OVER.
 */
enum listener_state {
	LISTENER_STARTING, /* the controller is brought up */
	LISTENER_QUIET,
	LISTENER_ADVERTISING,
	LISTENER_FULL,	   /* the controller refuses to advertise beside its links */
	LISTENER_STOPPING, /* by --timeout or a signal: no more links */
	LISTENER_OVER,	   /* the controller is given back, or has failed */
};

enum listener_slot_state {
	LISTENER_SLOT_FREE,
	LISTENER_SLOT_LINKED,
	LISTENER_SLOT_CONCLUDING, /* the link is down; the result is being stored */
};

struct listener;
struct listener_slot {
	struct listener *listener;
	enum listener_slot_state state;
	struct session session;
	struct event_output events; /* with the number and the peer of the session */
	uint16_t handle;
	struct loop_timer limit;
	uint64_t leave_at; /* no more is wanted: when this link ends at the latest; 0: not so */
	char *explanation; /* of a failure, for people: printed below the result; or NULL */
	size_t explanation_len;
};

struct listener {
	const struct options *options;
	struct event_output *events;
	const struct listener_user *user;
	void *ctx;
	enum listener_state state;
	struct runtime runtime;
	struct session_setup setup;
	struct progress progress;
	struct listener_slot slots[LISTENER_LINKS];
	bool announced;		      /* the controller has confirmed that it advertises */
	unsigned sessions;	      /* so far */
	bool confused;		      /* the controller confuses its links: one at a time */
	struct outcome outcome;	      /* why it ended by itself; .exit CLI_OK: it did not */
	enum cli_exit stopped;	      /* CLI_CANCELLED or CLI_TIMED_OUT: it was stopped */
	struct controller controller; /* it wipes its own secrets */
	struct self_explain explain;  /* the last member: it wipes itself */
};

/*
 * listener must be all zero, and all pointers are borrowed for its life. It is full of secrets:
 * listener_close() wipes it. CLI_OK, or the failure was reported.
 */
enum cli_exit listener_init(struct listener *listener, const struct options *options,
			    struct event_output *events, const struct listener_user *user,
			    void *ctx);

/* Opens the controller and runs until it is given back and all results are stored. */
void listener_run(struct listener *listener, struct store *store);

/* How many sessions have paired or encrypted whose links are still up. */
unsigned listener_succeeded(const struct listener *listener);

/* Without --json, prints why links were lost with the controller: to be shown below the result. */
void listener_explain_end(struct listener *listener);

/* Closes the loop, and wipes all secrets. */
void listener_close(struct listener *listener);
