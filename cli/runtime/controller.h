/* SPDX-License-Identifier: MIT */
/*
 * A controller in use: its transport in the event loop, the host's end of HCI, the bring-up, and
 * who we are on air. Commands of the program build on it.
 */
#pragma once

#include "hci/bringup.h"
#include "hci/btsnoop.h"
#include "hci/gap.h"
#include "hci/host.h"
#include "hci/transport.h"
#include "runtime/runtime.h"

/*
 * Who is told, from the loop. Only up and failed must be there. sick and failed are never called
 * from within a call of the user's own.
 */
struct controller_user {
	void (*up)(void *ctx); /* it may be used */
	void (*on_gap_event)(void *ctx, const struct hci_gap_event *happening,
			     const struct hci_input *input);
	void (*data)(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *data, size_t len);
	void (*on_idle)(void *ctx); /* everything so far is handled and sent */
	/* It cannot be used any more, nor its links; what was taken is given back from here on. */
	void (*failed)(void *ctx, enum cli_exit code, const char *text);
	/*
	 * It answers no more, or reports an error of its own; its links are lost. True: reset it,
	 * up() follows or failed(); false, or NULL: it has failed.
	 */
	bool (*sick)(void *ctx, const char *text);
	/* Sees every packet of H4 as it passes; NULL: does not. */
	void (*packet)(void *ctx, bool received, const uint8_t *packet, size_t len);
	/* Of runtime_run_controller(): see struct runtime. */
	void (*interrupted)(void *ctx);
};

/* Data that came before the event of its connection: USB has a pipe for each, without an order. */
#define CONTROLLER_EARLY 4

struct controller {
	struct runtime *run;
	struct controller *next; /* in the run */
	const struct options *options;
	struct event_output *events;
	struct store *store;
	const struct controller_user *user;
	void *ctx;
	const char *spec;

	struct loop *loop;
	struct loop_source source;
	struct loop_timer command_timer;
	struct loop_timer timeout; /* with opening, and with giving back */
	struct loop_timer
		deferred; /* the end, or another beginning, once what calls has returned */
	struct hci_transport *transport;
	struct hci_access access;
	struct prompt prompt; /* may it be taken from others? */
	struct hci_failure refusal;
	struct hci_btsnoop capture;
	struct hci_host host;
	struct hci_bringup bringup;
	struct hci_gap gap;
	struct {
		uint16_t handle;
		uint8_t pb;
		size_t len;
		uint8_t data[HCI_ACL_DATA_MAX];
	} early[CONTROLLER_EARLY];
	size_t early_count;
	struct loop_timer early_timer; /* it does not stay early for long */

	bool settled, opened, started, up, sick, finishing, broken, leaving;
	enum cli_exit failure; /* CLI_OK: none */
	char failure_text[FAILURE_TEXT];

	bool named;			/* the rest stands: */
	uint8_t own_type;		/* HCI_OWN_* */
	struct crypto_address own;	/* on air */
	struct crypto_address identity; /* what we distribute */
	uint8_t irk[16];
};

/*
 * Begins to open what spec names, within a run whose count of opening controllers includes it. It
 * belongs to the run until it was given back; user and ctx are told of everything. All pointers are
 * borrowed until then. capture: a btsnoop file, or NULL.
 */
void controller_open(struct controller *controller, struct runtime *run, const char *spec,
		     const char *capture, struct event_output *events,
		     const struct controller_user *user, void *ctx);

/* Of the run: begins to bring up a controller that is open. */
void controller_start(struct controller *controller);

/* Sends what is queued; done by itself after every callback, needed after timers of others. */
void controller_flush(struct controller *controller);

/* Resets the controller, so that it is left as it was found, and gives it back. */
void controller_finish(struct controller *controller);

/* Gives it back as one that failed: user->failed() follows, unless it was finishing. */
void controller_fail(struct controller *controller, enum cli_exit code, const char *text);

/* Treats it as user->sick() describes. */
void controller_sick(struct controller *controller, const char *text);

/* Of the run: closes it, whatever it is at. */
void controller_close(struct controller *controller);
