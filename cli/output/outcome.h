/* SPDX-License-Identifier: MIT */
/* How an attempt ends, and the result event that reports it. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/exit_code.h"
#include "output/event.h"

struct outcome {
	enum cli_exit exit;
	const char *result; /* "paired", "encrypted", "failed", "cancelled" */
	char text[960];	    /* the verdict, one line */
	char detail[960];   /* the details, or empty */
	char advice[320];   /* the next step for the user, or empty */
	const char *reason; /* the name of reason_code, or NULL */
	int reason_code;    /* SMP reason, or HCI error; -1: none */
};

/* Fills outcome for a failure: result "failed", or "cancelled" for CLI_CANCELLED. */
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

/* Fills outcome for an HCI command that the controller refused. */
void outcome_command_failed(struct outcome *outcome, uint16_t opcode, uint8_t status);

/* Emits the result event. peer: or NULL; more: further fields, or NULL; takes its reference. */
void outcome_report(const struct outcome *outcome, struct event_output *events,
		    const struct crypto_address *peer, json_t *more);
