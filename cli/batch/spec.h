/* SPDX-License-Identifier: MIT */
/*
 * The specification of a unit: what it must be, and how to pair it. In a list or on the command
 * line it is a set of named fields; docs/batch.md describes them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acceptance/acceptance.h"
#include "base/failure.h"
#include "options/options.h"
#include "smp/smp.h"

/* The most octets of manufacturer data, without the company identifier. */
#define BATCH_MANUFACTURER_MAX 24

/* Zeroed: no field is set. */
struct batch_unit_spec {
	uint32_t line; /* of the list, from 1 */
	bool has_address, typed, has_service, has_manufacturer, has_rssi, has_passkey;
	struct crypto_address address; /* its type counts only if typed */
	int8_t rssi;		       /* dBm, at least */
	uint8_t service[16];	       /* 128-bit UUID, wire order */
	uint16_t company;
	uint8_t manufacturer_len;
	uint8_t manufacturer[BATCH_MANUFACTURER_MAX]; /* a prefix of the data after the company */
	uint8_t level;				      /* security mode 1, at least; 0: not set */
	uint8_t method;	 /* enum smp_method; SMP_METHOD_NONE: not set */
	uint8_t confirm; /* enum confirm; CONFIRM_ASK: not set */
	uint32_t passkey;
	char *name;	     /* a pattern for batch_glob(), or NULL */
	char *label;	     /* or NULL */
	char *slot;	     /* the place of a fixture that it is in (batch/place.h), or NULL */
	struct smp_oob *oob; /* or NULL */
	char **expects;	     /* expect_count times "UUID=VALUE", for acceptance_set_row() */
	uint8_t expect_count;
};

/* Wipes, and frees what the members point to. */
void batch_unit_spec_free(struct batch_unit_spec *spec);

/* Adds what "expect.UUID" expects, copied: NULL, or what was expected. */
const char *batch_spec_expect(struct batch_unit_spec *spec, const char *argument);

/* A named field, NULL: there is none of that name. */
struct batch_field;
const struct batch_field *batch_field(const char *name);

/* "address, name, ... or expect.UUID": all names. */
extern const char batch_field_names[];

/*
 * Sets a field from text. where begins the message: "list.csv: line 3, column 2". 0, or -1: the
 * value is not valid; the message does not repeat secrets.
 */
int batch_field_set(const struct batch_field *field, struct batch_unit_spec *spec,
		    const char *value, const char *where, struct failure *failure);

/* Checks the fields together: they identify a unit and do not contradict each other. 0 or -1. */
int batch_unit_spec_check(const struct batch_unit_spec *spec, const char *where,
			  struct failure *failure);

/* Parses "KEY=VALUE[,KEY=VALUE...]" of --match: fields that identify a unit. 0 or -1. */
int batch_match_parse(struct batch_unit_spec *spec, const char *text, struct failure *failure);
/* The same, of another argument, which begins the message. */
int batch_match_read(struct batch_unit_spec *spec, const char *text, const char *where,
		     struct failure *failure);
