/* SPDX-License-Identifier: MIT */
/*
 * What a run over many units is told of them: rows of CSV with a header, or JSON objects, one a
 * line, or one match on the command line. docs/batch.md has the fields; they are one table here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options/options.h"
#include "smp/smp.h"

#define BATCH_LIST_ERROR 320

/* Octets of manufacturer data that a match may name, company excluded. */
#define BATCH_MAKER_MAX 24

/* What a unit must be, and how it is to be paired. Zero is: not said. */
struct batch_unit_spec {
	uint32_t line; /* where it stands */
	bool has_address, typed, has_service, has_maker, has_rssi, has_passkey;
	struct crypto_address address; /* type only if typed */
	int8_t rssi;		       /* dBm, the least */
	uint8_t service[16];	       /* as a 128-bit UUID, wire order */
	uint16_t company;
	uint8_t maker_len, maker[BATCH_MAKER_MAX]; /* how the data behind the company begins */
	uint8_t level;				   /* security mode 1 level, 2 to 4; 0: not said */
	uint8_t method;				   /* enum smp_method that must be used */
	uint8_t confirm;			   /* enum confirm, CONFIRM_ASK: not said */
	uint32_t passkey;
	char *name;	     /* with * and ? for what may stand there, or NULL */
	char *label;	     /* or NULL */
	struct smp_oob *oob; /* or NULL */
};

struct batch_list {
	struct batch_unit_spec *wants;
	size_t count, room;
};

/*
 * Reads a whole list; name is what it is called in errors. 0, or -1 with one line in error: where,
 * what stands there, what was expected. Free it in either case.
 */
int batch_list_read(struct batch_list *list, const char *name, const char *text, size_t len,
		    char error[BATCH_LIST_ERROR]);

/* KEY=VALUE[,KEY=VALUE...] with the fields of a list. 0, or -1 with error. */
int batch_list_match(struct batch_unit_spec *want, const char *text, char error[BATCH_LIST_ERROR]);

/* Wipes and frees. */
void batch_want_free(struct batch_unit_spec *want);
void batch_list_free(struct batch_list *list);
