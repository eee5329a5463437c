/* SPDX-License-Identifier: MIT */
/*
 * One link: its L2CAP, its pairing, its user. This room alone combines hci, l2cap and smp: it
 * carries out the engine's actions, and turns what the controller reports into the engine's events.
 */
#pragma once

#include "analyse/own_end.h"
#include "base/oob.h"
#include "l2cap/att_client.h"
#include "l2cap/l2cap.h"
#include "output/outcome.h"
#include "runtime/controller.h"
#include "runtime/progress.h"
#include "runtime/prompt.h"
#include "runtime/timed_request.h"
#include "session/hold.h"
#include "session/queue.h"
#include "smp/attempts.h"
#include "smp/smp.h"

/* PDUs that may be early: at most five keys, and one more. */
#define SESSION_EARLY_PDUS 8

/* The purpose of a link that we make; on one that a central makes, the central decides. */
enum session_intent {
	SESSION_PAIR,	   /* with a bond, encrypt; pair anew only if the user allows it */
	SESSION_PAIR_ANEW, /* with a bond, too */
	SESSION_ENCRYPT,   /* with the bond on file */
};

/*
 * The states in their order; from LOADING on there is a link, from SETTLED on there is an outcome.
 *
 *	NONE --> LOADING --> OPEN --> SETTLED --> CLOSING --> DISCONNECTING --> CLOSED
 *	  ^         |         |  \                    ^
 *	  '---------+---------'   '-> DELIVERING -> AWAITING_PROOF
 *					  '-------> CHECKING
 *
 * The success of a central waits in HELD before CLOSING if a command or --linger needs the link.
 * LOADING may also end in CLOSING: the store failed, or did not answer in time. So may DELIVERING:
 * the proof came first, or the user gave up. A link may also go down in every state: with an
 * outcome that is CLOSED. A peer may still object to a pairing that has succeeded, until CLOSED:
 * the outcome changes then.
 */
enum session_state {
	SESSION_NONE,	 /* no link, no outcome */
	SESSION_LOADING, /* the store is asked for the bond with the peer, and for its failures */
	SESSION_OPEN,
	SESSION_SETTLED,	/* the link stays for as long as the central wants it */
	SESSION_DELIVERING,	/* paired; our last keys are not acknowledged yet */
	SESSION_AWAITING_PROOF, /* paired; not yet proven that the peer has finished too */
	SESSION_CHECKING,	/* encrypted; attributes of the peer are read and written */
	SESSION_HELD,		/* as the central: the link stays for a command, or for a time */
	SESSION_CLOSING,	/* disconnects as soon as all is delivered */
	SESSION_DISCONNECTING,
	SESSION_CLOSED,
};

/*
 * Attributes of the peer that the options ask for, see attributes.c. A state follows those before
 * it; most are skipped.
 */
struct session_attributes {
	enum {
		ATTRIBUTES_NONE,     /* none are asked for, or not yet */
		ATTRIBUTES_IN_CLEAR, /* those that must be refused are tried, before encryption */
		ATTRIBUTES_ASKED,    /* the same; the peer has sent a Security Request meanwhile */
		ATTRIBUTES_GIVEN,    /* the trigger was: a Security Request is waited for */
		ATTRIBUTES_OWED,     /* pairing goes on, while the peer owes an answer */
		ATTRIBUTES_OWED_ENCRYPTED, /* the link is encrypted, and it still owes it */
		ATTRIBUTES_ENCRYPTED,	   /* all are tried */
		ATTRIBUTES_OVER,
	} state;
	size_t item; /* of the list in the options */
	enum { ATTRIBUTES_SERVICE, ATTRIBUTES_VALUE, ATTRIBUTES_WRITE } step;
	struct att_client client;
	struct loop_timer timer; /* limits the wait for an answer */
	uint32_t *unanswered;	 /* of the setup, or NULL */
	json_t *list;		 /* of what was found; NULL: nothing yet */
	char *text;		 /* the same, for the store */
};

struct session_setup;
struct session {
	struct controller *controller;
	const struct options *options;
	struct event_output *events;
	enum session_state state;
	struct outcome outcome; /* from SETTLED on */
	enum smp_blame blame;	/* who ended a pairing that failed... */
	enum smp_why why;	/* ...and why */

	/* Facts about the link. */
	struct hci_link *link; /* NULL: none */
	bool central;
	struct crypto_address local, peer;  /* on air */
	const char *peer_name, *peer_label; /* borrowed; NULL: not known */
	bool has_bond;			    /* there is one with the device of this address: */
	bool shares_irk;		    /* another device with a bond has the IRK of that one */
	int64_t bond_id;
	struct bond_record bond;
	enum {
		SESSION_BOND_IDLE,
		SESSION_BOND_ENCRYPTING, /* the next Encryption Change is about its key */
		SESSION_BOND_ASKED, /* it is of no use: may a new pairing replace it? The outcome is
				       that of a no */
	} bond_use;
	const char *refused_bond; /* the key that the central asked for last was refused: why, as
				     below our policy; "": it is not known here; NULL: it was not */
	bool may_replace_bond;	  /* the user said yes */

	struct l2cap l2cap;
	struct smp smp;
	struct session_queue queue;
	struct prompt prompt;
	uint32_t number; /* to compare, or the passkey that is shown */
	bool shows_number;
	struct loop_timer smp_timer;
	struct loop_timer early_pdu_timer; /* see receive.c */
	struct loop_timer close_timer;	   /* limits the wait for an acknowledgement, or the end */
	uint64_t close_by;		   /* DISCONNECTING: the controller has no more time then */
	enum cli_exit gave_up; /* DELIVERING: session_cancel() was called; CLI_OK: it was not */
	struct loop_timer bond_timer; /* limits the wait for Encryption Change, see bond.c */
	struct {
		uint8_t data[65];
		size_t len;
	} early_pdus[SESSION_EARLY_PDUS];
	size_t early_pdu_count;
	struct hci_gap_event early_ltk_request; /* while LOADING; HCI_GAP_NOTHING: none */

	struct session_attributes attributes;

	/* What the store is asked: for the peer while LOADING, to keep the result when CLOSED. */
	struct timed_request storage;
	struct store_peer known;
	struct session_result {
		struct bond_record bond;
		struct attempt attempt, if_rejected;
		struct store_entry entry;
		bool emits; /* the result event, once it is stored */
		void (*kept)(void *ctx);
		void *ctx;
	} result;

	/* What became of the bond of a pairing; session_stored() fills it in. */
	struct {
		enum {
			SESSION_BOND_NONE,
			SESSION_BOND_ADDED,    /* in force, the first with this peer */
			SESSION_BOND_REPLACED, /* in force, an older one is history */
			SESSION_BOND_REJECTED, /* not stored: the one in force stays */
		} bond;
		bool shares_irk; /* another device with a bond in force has the IRK of the peer */
	} stored;

	struct hold hold; /* in either role; the peripheral stays SETTLED */

	struct session_setup *setup;
	struct smp_attempts *attempts;		       /* of setup */
	enum store_count count;			       /* what it counts for or against the peer */
	uint64_t searched, started, connected, paired; /* clock_now(), 0: it did not happen */
	uint64_t progress; /* clock_now() of the last SMP or ATT PDU or step of encryption */

	void (*closed)(void *ctx);   /* the link is down, and there is an outcome */
	void (*released)(void *ctx); /* see struct session_setup */
	void *ctx;
};

/*
 * Starts the helper process of --while-connected if options have it, before anything else is
 * opened: see hook_start(). *started is hook, or NULL. 0 or -1.
 */
int session_hook_start(struct hook *hook, struct hook **started, const struct options *options,
		       struct failure *failure);

/* What all sessions of a run share. */
struct session_setup {
	enum session_intent intent;
	bool unattended;	       /* nobody can be asked; see session_begin() in internal.h */
	const struct options *options; /* NULL: the controller's */
	struct event_output *events;   /* NULL: the controller's */
	/* The identity of the device that is looked for, or NULL: see struct store_peer. */
	const struct crypto_address *expected;
	uint64_t searched, started; /* of the next link: the search and the connecting began */
	uint64_t
		end_at; /* the next link is cancelled then, as clock_now(); 0: it has no such end */
	/* Of the next peer, for events: what its bond, its advertising and the store say, or NULL.
	 */
	const struct crypto_address *identity;
	const char *peer_name, *peer_label;
	/* Of the next link: bit n for a write, the nth attribute, whose answer was lost before; or
	 * NULL. The session sets it, too. */
	uint32_t *unanswered_writes;
	const struct crypto_keypair *keypair; /* made beforehand, or NULL */
	const struct oob_own *oob_own;	      /* or NULL */
	struct crypto_keypair own_keypair;    /* the storage of these two */
	struct oob_own own_oob;
	struct smp_attempts attempts; /* that failed, Vol 3 Part H 2.3.6 */
	bool failures_loaded;	      /* those of earlier runs are among them */
	struct hook *hook;	      /* of --while-connected; NULL: none */
	void (*closed)(void *ctx);
	/* As the peripheral: the command of --while-connected has ended. NULL: nothing waits. */
	void (*released)(void *ctx);
	void *ctx;
};

/* Loads --oob-own, if it was given. CLI_OK, or the failure was reported. */
enum cli_exit session_setup_init(struct session_setup *setup, const struct options *options,
				 struct event_output *events, enum session_intent intent,
				 void (*closed)(void *ctx), void *ctx);

/* Emits our out-of-band data, if there are any: the peer's user waits for them. */
void session_setup_emit_oob(const struct session_setup *setup, struct controller *controller);

/* Makes a fresh key pair, if one will be needed: for a moment when nobody waits. */
void session_setup_keypair(struct session_setup *setup, const struct options *options);

/*
 * Call it between two sessions: our out-of-band data serve once (Vol 3 Part H 2.3.6), and fresh
 * ones replace those that the session used.
 */
void session_setup_renew(struct session_setup *setup, const struct session *session);

/*
 * Loads from the store whose attempts failed lately, once; session_open() does it too. Blocks: for
 * a moment before the first link. 0, or -1 with failure.
 */
int session_setup_load_failures(struct session_setup *setup, struct store *store, bool central,
				struct failure *failure);

/*
 * Takes over a link that has just come up. Asks the store for what is known about its peer, and
 * begins when that has answered; early SMP PDUs and the request for an LTK wait until then. setup
 * must live as long as the session; of its key pairs it takes copies at once.
 */
void session_open(struct session *session, struct controller *controller, struct hci_link *link,
		  struct session_setup *setup);

/* How long the next attempt has to wait after this session, in microseconds; 0: not at all. */
uint64_t session_wait(const struct session *session);

/*
 * For the controller's callbacks, for every link: a session takes what belongs to its own link, and
 * nothing without one.
 */
void session_data(struct session *session, const struct hci_link *link, uint8_t pb,
		  const uint8_t *data, size_t len);
void session_on_gap_event(struct session *session, const struct hci_gap_event *event);
void session_idle(struct session *session);

/* The event ends a link that was never established (error 0x3E, Vol 1 Part F): worth a retry. */
bool session_failed_to_establish(const struct session *session, const struct hci_gap_event *event);

/*
 * The user gave up (CLI_CANCELLED), or the time is over (CLI_TIMED_OUT): ends the pairing with that
 * outcome, unless it has succeeded, and closes the link. Keys that are on their way to the peer
 * have one more second to be acknowledged, which is a success.
 */
void session_cancel(struct session *session, enum cli_exit why);

/*
 * Since when the peer has done nothing although it could, as clock_now(). UINT64_MAX: not so; a
 * pairing, the store or the end of the link is under way, each with a limit of its own.
 */
uint64_t session_idle_since(const struct session *session);

/* The peer has done nothing for that many seconds: closes the link. An outcome stays as it is. */
void session_end_idle(struct session *session, double seconds);

/* The link is lost without an event: the controller is gone. closed() is not called. */
void session_abandon(struct session *session);

/*
 * Fills what only we know about the end of the attempt. False: nothing, the capture shows all of
 * it.
 */
bool session_own_end(const struct session *session, struct explain_own_end *own);

/* Fills the attempt that is over, which borrows text from the session. */
void session_attempt(const struct session *session, struct attempt *attempt);

/*
 * The outcome stands although the controller failed afterwards. That of a time-out does not: it was
 * the silence of a peer that nobody could hear.
 */
bool session_result_is_final(const struct session *session);

/*
 * Fills in entry the bond, if there is one to keep (stored in record), by which rule it is kept,
 * and what counts for or against the peer. Its attempt and state are the caller's.
 */
void session_entry(const struct session *session, struct store_entry *entry,
		   struct bond_record *record);

/*
 * Fills the attempt to store if the store rejects the bond of the session (STORE_REJECTED_WEAKER),
 * from the attempt that session_attempt() filled.
 */
void session_attempt_if_rejected(const struct attempt *attempt, struct attempt *if_rejected);

/*
 * Adapts the outcome of a pairing to what the store has in force, once entry is stored: a bond that
 * was rejected makes it a failure, CLI_WE_REFUSED.
 */
void session_stored(struct session *session, const struct store_entry *entry);

/* The failure of an encryption with a bond that is not in the store. */
void session_outcome_no_bond(struct outcome *outcome, const struct crypto_address *peer,
			     const struct store *store);

/* The peer of a session, for events, see json_peer(). A new reference. */
json_t *session_peer(const void *session);

/*
 * Adds to an event what a session that paired says about its bond: how it was made, whether it is
 * in force and replaced another one, and what is wrong with the IRK of the peer.
 */
void session_add_bond(const struct session *session, json_t *event);

/* The IRK of the peer finds this device alone, as far as is known. */
bool session_irk_is_unique(const struct session *session);

/*
 * Writes bond and attempt into the store, then calls kept (may be NULL), perhaps before it returns.
 * A failure changes the outcome, or becomes a note. The session is CLOSED, or never had a link;
 * until kept is called, leave it as it is.
 */
void session_keep(struct session *session, void (*kept)(void *ctx), void *ctx);

/* session_keep(), and emits the result event before kept is called. */
void session_conclude(struct session *session, void (*kept)(void *ctx), void *ctx);

/* Runs the loop until the result is kept: for the end of a process, without controllers. */
void session_finish(struct session *session);

/* What it waits for now. False: for nothing that takes long. */
bool session_phase(const struct session *session, struct progress_step *step);

/* Wipes the secrets. */
void session_wipe(struct session *session);
