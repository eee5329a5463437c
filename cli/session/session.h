/* SPDX-License-Identifier: MIT */
/*
 * One link: its L2CAP, its pairing, its user. The only part that knows hci, l2cap and smp together:
 * it carries out the engine's actions and turns what happens into the engine's events.
 */
#pragma once

#include "base/oob.h"
#include "l2cap/l2cap.h"
#include "output/outcome.h"
#include "runtime/controller.h"
#include "runtime/prompt.h"
#include "smp/attempts.h"
#include "smp/smp.h"

#define SESSION_EARLY_KEYS \
	8 /* key PDUs that overtook Encryption Change: at most five and one more */

struct session {
	struct controller *controller;
	const struct options *options;
	struct event_output *events;
	struct hci_link *link; /* NULL: closed */
	bool central;
	struct crypto_address peer; /* on air */
	struct l2cap l2cap;
	struct smp smp;
	struct prompt prompt;
	uint32_t number; /* to compare */
	struct loop_timer smp_timer;
	struct loop_timer early_key_timer; /* how long key PDUs may be ahead of Encryption Change */
	struct loop_timer close_timer;	   /* for whatever must not take for ever at the end */

	struct smp_attempts *attempts;
	enum store_count count; /* what it says about the peer */
	bool known;		/* there is a bond with whoever is on air under this address */
	int64_t bond_id;
	struct bond_record bond; /* that one */
	bool encrypting_bond;	 /* encryption with it was asked for */
	bool verdict;		 /* outcome is filled */
	bool awaiting_key_ack;	 /* paired; waiting for proof that the peer took our last keys */
	bool closing;		 /* to be disconnected as soon as all is delivered */
	bool disconnecting;
	struct outcome outcome;
	enum smp_blame blame; /* who ended a pairing that failed */
	bool unexpected;      /* the method is not the one that --method or a list demands */
	uint64_t searched, started, connected, paired;

	struct {
		uint8_t data[65];
		size_t len;
	} early_keys[SESSION_EARLY_KEYS];
	size_t early_key_count;

	void (*closed)(void *ctx); /* the link is down, the outcome stands */
	void *ctx;
};

/* What is common to all sessions of a run. */
struct session_setup {
	const struct options *options; /* NULL: those of the controller, likewise the report */
	struct event_output *events;
	const struct crypto_keypair *keypair; /* made beforehand, or NULL */
	const struct oob_own *oob_own;	      /* or NULL */
	struct crypto_keypair own_keypair;    /* where these two live */
	struct oob_own own_oob;
	struct smp_attempts attempts; /* that failed, Vol 3 Part H 2.3.6 */
	bool recalled;		      /* those of earlier runs are among them */
	void (*closed)(void *ctx);
	void *ctx;
};

/* Loads --oob-own, if it was given. CLI_OK, or the failure was reported. */
enum cli_exit session_setup_init(struct session_setup *setup, const struct options *options,
				 struct event_output *events, void (*closed)(void *ctx), void *ctx);

/* Tells our out-of-band data, which the peer's user waits for. */
void session_setup_tell(const struct session_setup *setup, struct controller *controller);

/* A fresh key pair, if one will be needed: to be called when there is time for it. */
void session_setup_keypair(struct session_setup *setup, const struct options *options);

/*
 * To be called when a session is over and its successor has not begun: out-of-band data of ours
 * that served are spent, and fresh ones take their place.
 */
void session_setup_renew(struct session_setup *setup, const struct session *session);

/*
 * Recalls from the store whose attempts failed lately; session_open() does it too. 0, or -1 with
 * the problem.
 */
int session_setup_recall(struct session_setup *setup, struct store *store, bool central,
			 struct failure *problem);

/* Takes over a link that has just come up. */
void session_open(struct session *session, struct controller *controller, struct hci_link *link,
		  struct session_setup *setup);

/* How long another attempt has to wait after this session, in microseconds; 0: not at all. */
uint64_t session_wait(const struct session *session);

/*
 * What the controller tells, of whatever link: a session takes what is of its own, one without a
 * link nothing.
 */
void session_data(struct session *session, const struct hci_link *link, uint8_t pb,
		  const uint8_t *data, size_t len);
void session_on_gap_event(struct session *session, const struct hci_gap_event *happening);
void session_idle(struct session *session);

/* Its link ends because it never came to stand (error 0x3E, Vol 1 Part F): worth another try. */
bool session_failed_to_establish(const struct session *session,
				 const struct hci_gap_event *happening);

/* The user gave up, or the time is over: ends the pairing with that outcome and closes the link. */
void session_cancel(struct session *session, enum cli_exit why);

/* The controller is gone, and with it the link: nothing is called any more. */
void session_abandon(struct session *session);

/* The bond to be kept, if there is one; wipe it afterwards. */
bool session_bond(const struct session *session, struct bond_record *record);

/* Fills the attempt that is over, which borrows text from the session. */
void session_attempt(const struct session *session, struct attempt *attempt);

/*
 * Whether the verdict stands although the controller failed afterwards. Silence does not: it was a
 * peer's that nobody could hear.
 */
bool session_result_is_final(const struct session *session);

/*
 * Fills entry with the bond, if there is one to keep, in record, how it is kept, and what is
 * counted for or against the peer. Its attempt and state are the caller's.
 */
void session_entry(const struct session *session, struct store_entry *entry,
		   struct bond_record *record);

/* Writes all of them into the store; a failure to is in the outcome, or said. */
void session_keep(struct session *session);

/* session_keep(), and emits the result event. */
void session_conclude(struct session *session);

/* Wipes what is secret. */
void session_wipe(struct session *session);
