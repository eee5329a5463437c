/* SPDX-License-Identifier: MIT */
/*
 * How a controller that was in use comes back: one that hangs is reset, by HCI first, then over
 * USB, then by the power of its port; one that is gone is waited for at its place. Every step has a
 * limit, and their number is bounded. An interruption lasts from the loss of the controller until
 * it is up again; it is reported at both ends, and counted.
 */
#pragma once

#include "base/failure.h"
#include "hci/usb_recovery.h"
#include "output/event.h"
#include "runtime/absence.h"

/* In this order, each when the one before did not help. */
enum remedy {
	REMEDY_NONE,
	REMEDY_RESET,	   /* HCI_Reset, and the bring-up anew */
	REMEDY_USB_RESET,  /* hci/usb_remedy.h */
	REMEDY_PORT_POWER, /* the same */
	REMEDY_RETURN,	   /* none: it was gone, and is there again */
	REMEDIES
};

/* "reset", "usb_reset", "port_power", "return" */
const char *remedy_slug(enum remedy remedy);

/* What happened to a controller so far. Times are microseconds. */
struct recovery_figures {
	unsigned interruptions;
	uint64_t away, longest;	      /* how long, together and the longest; also of one not over */
	unsigned recovered[REMEDIES]; /* interruptions that ended, by the last remedy */
	bool unfinished;	      /* it was not back at the end */
};

struct recovery {
	/* Set these before recovery_place(); all pointers are borrowed. */
	struct loop *loop;
	struct event_output *events;
	const char *spec; /* how the user names it */
	uint64_t limit;	  /* for its return */
	bool silent;	  /* reports nothing: its user does */
	/* Of the controller. leave() may be called in any state before its end. */
	void (*reset)(void *ctx);		     /* bring it up anew */
	void (*leave)(void *ctx);		     /* close its transport */
	void (*reopen)(void *ctx, const char *spec); /* open it, if it is not open */
	void (*late)(void *ctx, const char *text);   /* the limit is over; it is still waited for */
	void (*given_up)(void *ctx, const char *text); /* nothing is left to try */
	void *ctx;

	/* To be looked at. */
	struct recovery_figures figures;
	uint64_t since; /* 0: it is not interrupted */

	/* Private. */
	struct hci_place place;
	bool placed;
	enum remedy remedy, tried; /* now; the strongest one so far */
	unsigned tries;		   /* remedies in this interruption */
	bool was_late;
	char reason[FAILURE_TEXT]; /* of the interruption, then of the last failure to end it */
	struct absence absence;
	struct hci_usb_recovery child;
	struct loop_source child_source;
	struct loop_timer child_limit;
};

/* It is open and up: where it is, if that is not known yet. */
void recovery_place(struct recovery *recovery, const struct hci_transport *transport);

/*
 * It was lost for that reason, and remedy is tried first; REMEDY_RETURN: it is gone. During an
 * interruption, the remedy did not help, or it is gone again.
 */
void recovery_begin(struct recovery *recovery, enum remedy remedy, const char *reason);

/* The last remedy did not help: tries the next one. */
void recovery_next(struct recovery *recovery, const char *reason);

/* It cannot be opened yet: why, for the message at the limit. */
void recovery_not_yet(struct recovery *recovery, const char *reason);

/* It is up again. Nothing without an interruption. */
void recovery_done(struct recovery *recovery);

/* Its use ends here, or it has failed: whatever is under way ends. */
void recovery_stop(struct recovery *recovery);
