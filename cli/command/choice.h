/* SPDX-License-Identifier: MIT */
/*
 * A peer that is named by what it advertises (KEY=VALUE of batch) instead of its address. From the
 * first device that matches on, the scan goes on for a while: there may be others. One is taken;
 * of several, a person at the terminal chooses, and a script gets a list and a failure.
 */
#pragma once

#include "batch/heard.h"
#include "output/outcome.h"
#include "runtime/controller.h"

struct choice {
	const struct options *options;
	struct event_output *events;
	struct controller *controller;
	struct batch_unit_spec match;
	/* The scan is to stop: a peer is chosen, or none was, and outcome says why. */
	void (*chosen)(void *ctx, const struct heard_device *peer);
	void (*failed)(void *ctx, const struct outcome *outcome);
	/* The scan is to stop, a question follows. */
	void (*stop)(void *ctx);
	void *ctx;

	/* Private. */
	struct loop_timer settle;
	struct prompt prompt;
	size_t count; /* devices in list */
	const struct heard_device *list[HEARD_MAX];
	struct heard heard;
};

/* What is borrowed is set. 0, or -1 with failure: match is not valid. */
int choice_init(struct choice *choice, struct failure *failure);

/* The controller is up. */
void choice_begin(struct choice *choice);
/* The scan heard this. */
void choice_hear(struct choice *choice, const struct hci_advertisement *advertisement,
		 enum own_target target);
/* The time of the scan is over. */
void choice_decide(struct choice *choice);

/* Withdraws the question, and frees what choice_init() has made. */
void choice_end(struct choice *choice);
