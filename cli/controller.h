/* SPDX-License-Identifier: MIT */
/*
 * A controller in use: its transport in the event loop, the host's end of HCI, the bring-up, and
 * who we are on air. Commands of the program build on it.
 */
#pragma once

#include "cli/bondfile.h"
#include "cli/exit.h"
#include "cli/loop.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/report.h"
#include "hci/bringup.h"
#include "hci/btsnoop.h"
#include "hci/gap.h"
#include "hci/host.h"
#include "hci/transport.h"

/* Who is told, from the loop. Only up and failed must be there. */
struct controller_user {
	void (*up)(void *ctx); /* it may be used */
	void (*happened)(void *ctx, const struct hci_happening *happening,
			 const struct hci_input *input);
	void (*data)(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *data, size_t len);
	void (*quiet)(void *ctx); /* everything so far is handled and sent */
	/* It cannot be used any more: the loop has ended, and all was given back. */
	void (*failed)(void *ctx, enum cli_exit code, const char *text);
	/* SIGINT, SIGTERM or SIGHUP: wind up, then controller_finish(). */
	void (*interrupted)(void *ctx);
};

/* Data that came before the event of its connection: USB has a pipe for each, without an order. */
#define CONTROLLER_EARLY 4

struct controller {
	const struct options *options;
	struct report *report;
	struct bondfile *bonds;
	const struct controller_user *user;
	void *ctx;

	struct loop loop;
	struct loop_source source;
	struct loop_timer command_timer;
	struct loop_timer patience; /* with opening, and with giving back */
	struct hci_transport *transport;
	struct hci_access access;
	struct prompt prompt; /* may it be taken from others? */
	struct hci_problem refusal;
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

	bool opened, up, finishing, broken, interrupted, leaving;
	enum cli_exit failure; /* CLI_OK: none */
	char failure_text[sizeof(((struct hci_problem *)0)->text)];

	uint8_t own_type;		/* HCI_OWN_* */
	struct crypto_address own;	/* on air */
	struct crypto_address identity; /* what we distribute */
	uint8_t irk[16];
};

/*
 * Opens the transport and runs the loop until a user function ends it, then gives the controller
 * back as it was; user and ctx are told of everything. Returns CLI_OK, or the code that
 * user->failed was told.
 */
enum cli_exit controller_run(struct controller *controller, const struct options *options,
			     struct report *report, struct bondfile *bonds,
			     const struct controller_user *user, void *ctx);

/* Sends what is queued; done by itself after every callback, needed after timers of others. */
void controller_flush(struct controller *controller);

/* Resets the controller, so that it is left as it was found, and ends the loop. */
void controller_finish(struct controller *controller);
