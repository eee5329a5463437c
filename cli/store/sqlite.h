/* SPDX-License-Identifier: MIT */
/* The store's database as such: its file, its schema, statements, and what can go wrong. */
#pragma once

#include <sqlite3.h>

#include "store/store.h"

/* Fills the problem and returns -1: what SQLite says; or a content that no store has. */
int store_db_failed(const struct store *store, struct failure *problem);
int store_db_damaged(const struct store *store, struct failure *problem, const char *where);

/* An address as a column has it: "AA:BB:CC:DD:EE:FF/random". Returns text. */
const char *store_db_address(const struct crypto_address *address, char text[BOND_VALUE]);

/* Of store_write(), within its transaction: counts for or against a device. */
int store_db_count(struct store *store, const struct crypto_address *peer, enum store_count count,
		   struct failure *problem);

/* A statement, or NULL with the problem. Opens the store if it is not open. */
sqlite3_stmt *store_db_prepare(struct store *store, const char *sql, struct failure *problem);

/* 1: a row is there; 0: it is done; -1. */
int store_db_step(const struct store *store, sqlite3_stmt *statement, struct failure *problem);

/* A statement without values or rows. */
int store_db_run(struct store *store, const char *sql, struct failure *problem);

/* A transaction that has the right to write from its beginning on. end: commits when status is 0,
 * else takes all back; returns the new status. */
int store_db_begin(struct store *store, struct failure *problem);
int store_db_end(struct store *store, int status, struct failure *problem);
