/* SPDX-License-Identifier: MIT */
/* How an attempt ends, and how that is told. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/exit_code.h"
#include "output/event.h"

/* How an attempt ended, for people and programs. */
struct outcome {
	enum cli_exit exit;
	const char *result; /* "paired", "encrypted", "failed", "cancelled" */
	char text[480];	    /* the verdict, a line */
	char detail[480];   /* what happened, or empty */
	char advice[320];   /* what to do, or empty */
	const char *reason; /* the name of reason_code, or NULL */
	int reason_code;    /* SMP reason, or HCI error; -1: none */
};

/* Fills an outcome of a failure. */
void outcome_fail(struct outcome *outcome, enum cli_exit exit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same, because of an HCI error: its name and code end the text, and its advice and reason are
 * filled in.
 */
void outcome_fail_hci(struct outcome *outcome, enum cli_exit exit, uint8_t status,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Fill in .detail and .advice. */
void outcome_detail(struct outcome *outcome, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void outcome_advice(struct outcome *outcome, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a command that the controller refused. */
void outcome_command_failed(struct outcome *outcome, uint16_t opcode, uint8_t status);

/*
 * The attempt of which this is the outcome, as the store keeps it (cli/store/store.h); peer and
 * controller as text, or NULL. The caller's reference.
 */
json_t *outcome_attempt(const struct outcome *outcome, const char *peer, const char *controller);

/* Emits the result event; peer may be NULL. */
void outcome_report(const struct outcome *outcome, struct event_output *events,
		    const struct crypto_address *peer, json_t *more);
