/* SPDX-License-Identifier: MIT */
/* The fields of an attempt (cli/store/store.h) that a report shows. Each of them may be missing. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

/* A string; "": there is none. */
const char *report_text(const json_t *attempt, const char *field);
/* A number; NAN: there is none. */
double report_number(const json_t *attempt, const char *field);

bool report_succeeded(const json_t *attempt);
/* The unit, else the address of the peer. */
const char *report_unit_name(const json_t *attempt);
/* Seconds since 1970; NAN: there is no valid time. */
double report_time(const json_t *attempt);

#define REPORT_REASON 200

/* Why it failed: the class, a line break, and the protocol's name of the reason. Returns reason. */
const char *report_reason(const json_t *attempt, char reason[REPORT_REASON]);

/* "peer refused" for the class "peer_refused". Returns text. */
const char *report_class_text(const char *class, char text[REPORT_REASON]);

#define REPORT_UTC 32

/* "2026-01-31 10:00:00", or "-" when seconds is not finite. Returns text. */
const char *report_utc(double seconds, char text[REPORT_UTC]);
