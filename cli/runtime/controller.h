/* SPDX-License-Identifier: MIT */
/*
 * A controller in use: its transport in the event loop, the host's end of HCI, the bring-up, and
 * our identity on air. The program's commands build on it.
 */
#pragma once

#include "hci/bringup.h"
#include "hci/btsnoop.h"
#include "hci/gap.h"
#include "hci/host.h"
#include "hci/transport.h"
#include "runtime/loading.h"
#include "runtime/loop.h"
#include "runtime/own_identity.h"
#include "runtime/prompt.h"
#include "runtime/recovery.h"

struct controller;

/*
 * Callbacks of the command that uses the controller, all from the loop. Only up and failed are
 * required. sick, lost and failed are never called from within a call of the user's own.
 */
struct controller_user {
	void (*up)(void *ctx); /* it may be used */
	void (*on_gap_event)(void *ctx, const struct hci_gap_event *event,
			     const struct hci_input *input);
	void (*data)(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *data, size_t len);
	void (*on_idle)(void *ctx); /* everything so far is handled and sent */
	/* Neither it nor its links can be used any more; what was taken is given back now. */
	void (*failed)(void *ctx, enum cli_exit code, const char *text);
	/*
	 * It stopped answering, or reports an error of its own; its links are lost. What to try
	 * first: up() or failed() follows. REMEDY_NONE, or NULL: it has failed. Those after
	 * REMEDY_RESET need lost().
	 */
	enum remedy (*sick)(void *ctx, const char *text);
	/*
	 * After up(): its transport failed (it was pulled out); its links are lost. True: wait
	 * until it is there again, and try the remedies of runtime/recovery.h if it does not
	 * answer then, or after a reset; up() or failed() follows. False, or NULL: it has failed.
	 */
	bool (*lost)(void *ctx, const char *text);
	/* It is not back after --replug-timeout: up() may still follow. NULL: nobody cares. */
	void (*late)(void *ctx, const char *text);
	/* Every H4 packet as it passes, or NULL. */
	void (*packet)(void *ctx, bool received, const uint8_t *packet, size_t len);
	/* For runtime_run_controller(): see struct runtime. */
	void (*interrupted)(void *ctx);
	void (*time_over)(void *ctx);
};

/*
 * What all controllers of a run share, and the callbacks of the object that owns them (see
 * runtime/runtime.h). All pointers are borrowed until the controller is closed.
 */
struct controller_owner {
	const struct options *options;
	struct store *store;
	struct loop *loop;
	struct console *console;
	struct controller *const *controllers; /* those of the run */
	/* Once, unless it is closed before: it is open or has failed, and needs root no more. */
	void (*settled)(void *ctx, struct controller *controller);
	/* Once per controller: it is given back, and its memory is the caller's again. */
	void (*closed)(void *ctx, struct controller *controller);
	void *ctx;
};

/* How one controller is opened. All pointers are borrowed until it is closed. */
struct controller_setup {
	const char *spec;      /* which one, as after --controller */
	const char *capture;   /* the btsnoop file to write, or NULL */
	bool be_known_to_peer; /* see own_identity_choose() */
	struct event_output *events;
	const struct controller_user *user;
	void *ctx; /* of user */
};

/*
 *	          .------------------------------------------------.
 *	          |         .--------------------------------.      \
 *	          |        /                                  v      v
 *	OPENING --+--> OPEN --> BRINGING_UP --> UP --> RESETTING -> ENDING --> RELEASING --> CLOSED
 *	   ^                     ^ |  ^         |                     ^
 *	   |                     | v  |    SICK, LOST ----------------'
 *	   |                     LOADING        |
 *	   '---------------------'---- AWAY <---'
 *
 * Every state before RELEASING may end in ENDING; .failure has the reason. During an interruption
 * (recovery.since), OPENING and BRINGING_UP may also end in AWAY or LOST.
 */
enum controller_state {
	CONTROLLER_OPENING,	/* the transport opens, or the user is asked whether to take it */
	CONTROLLER_OPEN,	/* and waits for its owner's controller_start() */
	CONTROLLER_BRINGING_UP, /* hci/bringup.h */
	CONTROLLER_LOADING,	/* it has no firmware: runtime/loading.h */
	CONTROLLER_UP,
	CONTROLLER_SICK,      /* user->sick() decides, from the loop */
	CONTROLLER_LOST,      /* user->lost() decides, from the loop */
	CONTROLLER_AWAY,      /* it comes back, or is given up: runtime/recovery.h */
	CONTROLLER_RESETTING, /* its use is over, and it is left as it was found */
	CONTROLLER_ENDING,    /* user->failed() and the release follow, from the loop */
	CONTROLLER_RELEASING, /* what was taken from the system is given back */
	CONTROLLER_CLOSED,
};

/* Data packets that may arrive before the event of their connection: USB has a pipe for each. */
#define CONTROLLER_EARLY 4

struct controller {
	const struct controller_owner *owner;
	struct controller *next; /* the owner's list */
	const struct options *options;
	struct event_output *events;
	struct store *store;
	const struct controller_user *user;
	void *ctx;
	const char *spec, *capture_path;
	bool be_known_to_peer;

	enum controller_state state;
	struct failure failure; /* why it is sick or ended; .exit CLI_OK: its use was over */

	struct loop *loop;
	struct loop_source source;
	struct loop_timer command_timer;
	struct loop_timer cancel_timer; /* LE Connection Complete is due: HCI_CANCEL_LIMIT_US */
	struct loop_timer quiet_timer;	/* nothing was received for long: is it there? */
	uint64_t heard;			/* when a packet was received last */
	struct loop_timer timeout;	/* while opening or releasing */
	struct loop_timer deferred;	/* SICK, LOST, ENDING: acts after the caller has returned */
	struct hci_transport *transport;
	struct recovery recovery;
	enum remedy remedy; /* while LOST: what is tried; REMEDY_NONE: the next one */
	struct hci_access access;
	struct prompt prompt; /* may it be taken from its present user? */
	struct hci_failure refusal;
	struct hci_btsnoop capture;
	struct hci_bringup bringup;
	struct loading loading;
	struct hci_gap gap;
	struct {
		uint16_t handle;
		uint8_t pb;
		size_t len;
		uint8_t data[HCI_ACL_DATA_MAX];
	} early[CONTROLLER_EARLY];
	size_t early_count;
	struct loop_timer early_timer; /* after it, early data belong to no link */

	struct own_identity own;
	struct hci_host host; /* the last member: see there */
};

/* Fills controller, and changes nothing else. Its memory belongs to owner until owner->closed(). */
void controller_init(struct controller *controller, const struct controller_owner *owner,
		     const struct controller_setup *setup);

/* True while it is neither up nor at its end: there is nothing under way that its user could end.
 */
static inline bool controller_is_not_up(const struct controller *controller)
{
	return controller->state < CONTROLLER_RESETTING && controller->state != CONTROLLER_UP;
}

/* Starts to open it. */
void controller_open(struct controller *controller);

/* For the owner: starts the bring-up of a controller that is OPEN; ignored in any other state. */
void controller_start(struct controller *controller);

/* Sends what is queued. Runs after every callback; call it after timers of your own. */
void controller_flush(struct controller *controller);

/* Resets the controller, so that it is left as it was found, and gives it back. */
void controller_finish(struct controller *controller);

/* Gives it back as failed: user->failed() follows, unless its use was over already. */
void controller_fail(struct controller *controller, enum cli_exit code, const char *text);

/* Treats it as user->sick() describes. */
void controller_sick(struct controller *controller, const char *text);

/* For the owner: closes it at once, in any state. */
void controller_close(struct controller *controller);
