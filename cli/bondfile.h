/* SPDX-License-Identifier: MIT */
/*
 * Bonds and our own identities in one JSON file (docs/json.md), mode 0600, written whole and
 * atomically: a crash leaves the old file or the new one. Hexadecimal values have the most
 * significant octet first.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "smp/smp.h"

struct bond_record {
	bool central;		     /* our role when it was made */
	struct crypto_address local; /* on air, then */
	struct crypto_address peer;  /* on air, then */
	struct smp_bond bond;
};

struct bondfile {
	const char *path; /* NULL: nothing is kept */
	json_t *root;
};

#define BONDFILE_ERROR 320

/*
 * Reads path (NULL: none; absent: no bonds yet) and checks all of it. 0, or -1 with one line in
 * error; the file is never changed by a failure.
 */
int bondfile_open(struct bondfile *file, const char *path, char error[BONDFILE_ERROR]);
void bondfile_close(struct bondfile *file);

/*
 * The bond with a peer that is on air under this address: as it was then, as its identity, or by
 * its IRK. False: none.
 */
bool bondfile_find(const struct bondfile *file, const struct crypto_address *peer,
		   struct bond_record *record);

/* The bond of a place, from 0; false: there is none. Wipe it afterwards. */
bool bondfile_get(const struct bondfile *file, size_t place, struct bond_record *record);

enum bondfile_rule {
	BONDFILE_REPLACE, /* the pairing was held to the strength of the bond that was there */
	/* It was not: that bond stays (BONDFILE_KEPT), unless this one is authenticated and not
	 * weaker. */
	BONDFILE_NOT_WEAKER,
};

enum { BONDFILE_SAVED = 0, BONDFILE_FAILED = -1, BONDFILE_KEPT = 1 };

/* Keeps a bond in place of the one with the same peer, and saves. */
int bondfile_add(struct bondfile *file, const struct bond_record *record, enum bondfile_rule rule,
		 char error[BONDFILE_ERROR]);

/* Our IRK for an identity address: the one on file, else a fresh one, saved. */
int bondfile_irk(struct bondfile *file, const struct crypto_address *identity, uint8_t irk[16],
		 char error[BONDFILE_ERROR]);

/* Our static random identity on file, if there is one. */
bool bondfile_static(const struct bondfile *file, struct crypto_address *address);

/* {"ltk":...}: the keys of one side, for the file and for --show-keys. */
json_t *bondfile_keys(const struct smp_keys *keys);
