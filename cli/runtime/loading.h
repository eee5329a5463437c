/* SPDX-License-Identifier: MIT */
/*
 * Loads firmware into a controller whose bring-up ended with HCI_BRINGUP_NO_FIRMWARE, by the loader
 * that hci/makers.h names. After LOADING_DONE the controller must be brought up again.
 */
#pragma once

#include <stdbool.h>

#include "base/failure.h"
#include "hci/bringup.h"
#include "hci/realtek.h"
#include "output/event.h"
#include "runtime/firmware.h"

enum loading_progress {
	LOADING_RUNNING,
	LOADING_DONE,
	LOADING_FAILED, /* the text for the user is set: CLI_NO_CONTROLLER */
};

/* Zeroed at first. */
struct loading {
	const char *spec; /* as after --controller */
	const struct hci_maker *maker;
	struct event_output *events;
	struct firmware firmware;
	struct hci_realtek realtek;
	bool done; /* and the controller was not up since */
	char text[FAILURE_TEXT];
};

/* RUNNING: the first command is queued. spec and events are borrowed until the end. */
enum loading_progress loading_begin(struct loading *loading, struct hci_host *host,
				    const struct hci_controller_info *controller, const char *spec,
				    struct event_output *events);

/* Takes an HCI_IN_COMMAND input, and queues the next command. */
enum loading_progress loading_input(struct loading *loading, struct hci_host *host,
				    const struct hci_input *input);

/* The command is overdue; note: what hci_host_expired() says. Always LOADING_FAILED. */
enum loading_progress loading_overdue(struct loading *loading, const char *note);

/* The controller is up: what comes later is another matter. */
void loading_forget(struct loading *loading);

/* Frees the files, in any state, and forgets the controller: the next one has other firmware. */
void loading_close(struct loading *loading);
