/* SPDX-License-Identifier: MIT */
/*
 * One attempt to pair or to encrypt, as the store keeps it. One table of fields serves SQL and
 * JSON. Texts of type const char * are borrowed: they must live as long as the attempt.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/exit_code.h"
#include "base/failure.h"
#include "base/time.h"

struct attempt {
	char time[TIME_TEXT];	 /* when it ended */
	const char *job;	 /* name of the batch run, or NULL; "run" in JSON and SQL */
	const char *unit;	 /* its key in the job, or NULL */
	const char *label;	 /* of the unit, or NULL */
	char peer[ADDRESS_TEXT]; /* address, "": not known */
	const char *controller;	 /* as --controller names it, or NULL */
	const char *slot;	 /* the place of a fixture that the unit was in, or NULL */
	const char *method;	 /* smp_method_slug(), or NULL */
	const char *result;	 /* "paired", "encrypted", "failed", "cancelled" */
	const char *class;	 /* cli_exit_slug(), or NULL */
	const char *reason;	 /* in words, or NULL */
	int reason_code;	 /* SMP reason or HCI error; ATTEMPT_NONE */
	/* Durations in milliseconds, ATTEMPT_NONE: the attempt did not get so far. */
	double scan_ms, connect_ms, pair_ms, total_ms;
	int retries; /* attempts before this one; ATTEMPT_NONE */
	/* Why it failed: the text of a JSON object of at most ATTEMPT_VERDICT octets, or NULL. */
	const char *verdict;
	const char *attributes; /* of the peer that were tried: a JSON list, as in docs/json.md; or
				   NULL */
};
#define ATTEMPT_NONE	(-1)
#define ATTEMPT_VERDICT 16384

/*
 * An attempt that ended now, with this result. reason: NULL or as above; reason_code: ATTEMPT_NONE
 * or as above. All other fields are absent.
 */
void attempt_init(struct attempt *attempt, const char *result, enum cli_exit class,
		  const char *reason, int reason_code);

/* ---- JSON: docs/bonds.md --------------------------------------------------------------------- */

/* An object of the fields that are present. A new reference. */
json_t *attempt_to_json(const struct attempt *attempt);

/*
 * Borrows its texts from json, in which the text of the verdict replaces the object; other members
 * are ignored. 0, or -1 with failure: which field.
 */
int attempt_from_json(json_t *json, struct attempt *attempt, struct failure *failure);

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Value of a field of any type; absent is its only type with no value. */
struct attempt_value {
	enum { ATTEMPT_ABSENT, ATTEMPT_TEXT, ATTEMPT_INTEGER, ATTEMPT_REAL } type;
	const char *text; /* borrowed */
	int64_t integer;
	double real;
};

/* The name of a field in JSON and as a column; NULL beyond the last. */
const char *attempt_field(size_t field);

struct attempt_value attempt_get(const struct attempt *attempt, size_t field);

/*
 * Sets a field of an attempt in which it is absent. An integer serves as a real number. NULL, or
 * which value was expected.
 */
const char *attempt_set(struct attempt *attempt, size_t field, const struct attempt_value *value);

/* An attempt in which every field is absent. */
void attempt_clear(struct attempt *attempt);
