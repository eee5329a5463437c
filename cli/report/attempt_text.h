/* SPDX-License-Identifier: MIT */
/* The fields of an attempt (cli/store/store.h) that a report shows. Each of them may be missing. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/exit_code.h"

/* A string; "": there is none. */
const char *report_text(const json_t *attempt, const char *field);
/* A number; NAN: there is none. */
double report_number(const json_t *attempt, const char *field);

/* It has the class of this exit code. */
bool report_is(const json_t *attempt, enum cli_exit code);
bool report_succeeded(const json_t *attempt);
/* A controller began it; else the unit was not seen. */
bool report_is_attempt(const json_t *attempt);
/* It counts for the unit, as on the terminal: no controller and no user ended it. */
bool report_counts(const json_t *attempt);

/* The unit, else the address of the peer. */
const char *report_unit_name(const json_t *attempt);
/* What people call the unit: its label, else its name. */
const char *report_title(const json_t *attempt);
/* What else names it: the address of the peer, else its name; "": nothing else does. */
const char *report_subtitle(const json_t *attempt);

/* Of its verdict (docs/json.md): why it failed, else how; what to do; "": it is not known. */
const char *report_cause(const json_t *attempt);
const char *report_fix(const json_t *attempt);
const json_t *report_findings(const json_t *attempt);

/* Seconds since 1970; NAN: there is no valid time. */
double report_time(const json_t *attempt);

#define REPORT_REASON 240

/*
 * Why it failed: the class, the protocol's name of the reason, and the check of explain that found
 * the cause, with line breaks between them. Returns reason.
 */
const char *report_reason(const json_t *attempt, char reason[REPORT_REASON]);

/* "peer refused" for the class "peer_refused". Returns text. */
const char *report_class_text(const char *class, char text[REPORT_REASON]);

#define REPORT_UTC 32

/* "2026-01-31 10:00:00", or "-" when seconds is not finite. Returns text. */
const char *report_utc(double seconds, char text[REPORT_UTC]);
