/* SPDX-License-Identifier: MIT */
/*
 * One link: its L2CAP, its pairing, its user. The only file that knows hci, l2cap and smp together:
 * it carries out the engine's actions and turns what happens into the engine's events.
 */
#pragma once

#include "cli/controller.h"
#include "cli/prompt.h"
#include "l2cap/l2cap.h"
#include "smp/smp.h"

/* How an attempt ended, for people and programs. */
struct outcome {
	enum cli_exit exit;
	const char *result; /* "paired", "encrypted", "failed", "cancelled" */
	char text[240];	    /* the verdict, a line */
	char detail[320];   /* what happened, or empty */
	char advice[320];   /* what to do, or empty */
	const char *reason; /* the name of reason_code, or NULL */
	int reason_code;    /* SMP reason, or HCI error; -1: none */
};

/* Fills an outcome of a failure. */
void outcome_fail(struct outcome *outcome, enum cli_exit exit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Emits the result event; peer may be NULL. */
void outcome_report(const struct outcome *outcome, struct report *report,
		    const struct crypto_address *peer, json_t *more);

#define SESSION_HELD 8 /* key PDUs that overtook Encryption Change: at most five and one more */

struct session {
	struct controller *controller;
	struct hci_link *link; /* NULL: closed */
	bool central;
	struct crypto_address peer; /* on air */
	struct l2cap l2cap;
	struct smp smp;
	struct prompt prompt;
	struct loop_timer smp_timer;
	struct loop_timer patience; /* for whatever must not take for ever at the end */

	bool encrypting_bond; /* encryption with a bond was asked for */
	struct bond_record bond;
	bool verdict; /* outcome is filled */
	bool proving; /* paired; waiting for proof that the peer took our last keys */
	bool closing; /* to be disconnected as soon as all is delivered */
	bool disconnecting;
	struct outcome outcome;
	uint64_t started, connected, paired;

	struct {
		uint8_t data[65];
		size_t len;
	} held[SESSION_HELD];
	size_t held_count;

	void (*closed)(void *ctx); /* the link is down, the outcome stands */
	void *ctx;
};

/* What is common to all sessions of a run. */
struct session_setup {
	const struct crypto_keypair *keypair; /* made beforehand, or NULL */
	const struct oob_own *oob_own;	      /* or NULL */
	void (*closed)(void *ctx);
	void *ctx;
};

/* Takes over a link that has just come up. */
void session_open(struct session *session, struct controller *controller, struct hci_link *link,
		  const struct session_setup *setup);

void session_data(struct session *session, uint8_t pb, const uint8_t *data, size_t len);
void session_happened(struct session *session, const struct hci_happening *happening);
void session_quiet(struct session *session);

/* The user gave up, or the time is over: ends the pairing with that outcome and closes the link. */
void session_cancel(struct session *session, enum cli_exit why);

/* Keeps the bond, if there is one to keep, and emits the result event. */
void session_conclude(struct session *session);

/* Wipes what is secret. */
void session_wipe(struct session *session);
