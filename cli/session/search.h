/* SPDX-License-Identifier: MIT */
/*
 * The way from a command to its sessions with peripherals: one controller, and one link at a time.
 * It searches, connects, opens a session on the link, retries links that were never established
 * (0x3E), and ends by --timeout, by a signal, or when the command ends it.
 */
#pragma once

#include "hci/advertising.h"
#include "runtime/runtime.h"
#include "session/session.h"

/* How often a link that is never established is set up: where three packets of ten are lost, a
 * third of them is not, and 5 make it 1 of 300. */
#define SEARCH_LINK_TRIES 5

/* Callbacks of the command, from the loop. packet may be NULL, and so may those of a way
 * to links that the command does not use. */
struct search_user {
	/* The controller is up: start with search_scan() or search_connect(). */
	void (*up)(void *ctx);
	/* Scanning: takes an advertisement, whatever its sender is. False: it is judged as below.
	 * Or NULL. */
	bool (*heard)(void *ctx, const struct hci_advertisement *advertisement);
	/* Scanning: is this one of the peers to connect to? */
	bool (*is_wanted)(void *ctx, const struct crypto_address *on_air);
	/* One is there, and the scan is stopped: search_connect(), now or later. */
	void (*found)(void *ctx, const struct crypto_address *on_air);
	/* It is, but it does not answer us, because of the address to which it directs its
	 * advertising. The search goes on. Or NULL. */
	void (*passed_over)(void *ctx, enum own_target target);
	/* None was found within --scan-timeout; the scan is stopped. */
	void (*not_found)(void *ctx);
	/* The connection failed, or was not accepted within --scan-timeout: why is in outcome. */
	void (*not_connected)(void *ctx, const struct outcome *outcome);
	/* The link is down, and the session has its outcome. In the state SEARCH_OVER too, when the
	 * controller failed after that outcome was final: nothing can be started then. */
	void (*closed)(void *ctx);
	/* Every H4 packet. */
	void (*packet)(void *ctx, bool received, const uint8_t *packet, size_t len);
};

enum search_state {
	SEARCH_IDLE, /* nothing is under way: the command decides what comes next */
	SEARCH_SCANNING,
	SEARCH_CONNECTING,
	SEARCH_LINKED, /* .session is in use */
	SEARCH_OVER,   /* the controller is given back, or has failed */
};

struct search {
	const struct options *options;
	struct event_output *events;
	const struct search_user *user;
	void *ctx;
	enum search_state state;
	struct runtime runtime;
	struct outcome outcome; /* why it ended without the command; .exit CLI_OK: it did not */
	enum cli_exit stopped;	/* CLI_CANCELLED or CLI_TIMED_OUT: it was stopped */
	struct session_setup setup;
	struct session session;
	bool scans_actively;	      /* names may come in scan responses only */
	struct crypto_address target; /* on air */
	struct crypto_address seen;   /* the peer that was found last, and its PHYs */
	struct hci_phy_seen seen_phy;
	char seen_name[249]; /* at most 248 octets, Vol 3 Part C 12.1; "": none */
	enum own_target seen_target;
	bool seen_not_connectable;	/* a wanted peer advertises, but accepts no connections */
	unsigned tries;			/* of this link */
	struct loop_timer step_limit;	/* --scan-timeout: scanning, or connecting */
	const struct loop_timer *pause; /* IDLE until it fires; NULL: nothing waits */
	struct progress progress;
	struct controller controller; /* the last member: it wipes its own secrets */
};

/*
 * search must be all zero, and all pointers are borrowed for its life. It is full of secrets: wipe
 * it afterwards, up to the controller. CLI_OK, or the failure was reported.
 */
enum cli_exit search_init(struct search *search, const struct options *options,
			  struct event_output *events, enum session_intent intent,
			  const struct search_user *user, void *ctx);

/*
 * Opens the controller and runs until it is given back, and a result is stored that is being kept.
 * be_known_to_peer: see own_identity_choose().
 */
void search_run(struct search *search, struct store *store, bool be_known_to_peer);

/* What to do next. All do nothing in the state SEARCH_OVER. */
void search_scan(struct search *search);
void search_connect(struct search *search, const struct crypto_address *to);
/* Ends a scan, without a call of found or not_found. */
void search_stop_scan(struct search *search);

/* The outcome of a peer that was passed over, and not found otherwise. */
void search_outcome_passed_over(struct outcome *outcome, const struct crypto_address *peer,
				enum own_target target);

/* Ends the run: gives the controller back, and the session's link with it. */
void search_end(struct search *search);

/* The same, with the reason in .outcome. */
void search_fail(struct search *search, const struct failure *failure);

/* Closes the loop, which search_run() leaves open for session_finish(). */
void search_close(struct search *search);
