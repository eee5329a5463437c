/* SPDX-License-Identifier: MIT */
/* A store in a folder of its own for each test, and the file of that store as SQL sees it. */
#pragma once

#include <sys/types.h>

#include "cli/store/write.h"
#include "store/store.h"
#include "unit.h"

extern char folder[64], path[96]; /* the folder, and the store in it */
extern struct failure failure;
extern struct store store;

/* Before all tests, before each, and after each: fails if a test left another file or a statement.
 */
int start(void **state);
int fresh(void **state);
int gone(void **state);
#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

void open_store(void);
/* Whether this process has a file of the store open. */
bool is_database_open(void);
/* Removes the file of the store, or with a suffix one of those beside it. */
void drop(const char *suffix);

/* A bond with every key but the CSRK of the peer; each seed is another peer. */
struct bond_record record(uint8_t seed, bool authenticated);
enum store_kept add(const struct bond_record *r, enum store_rule rule);
/* Writes the result of a unit of the job "r": bond is NULL if it failed. As store_write(). */
int write_unit(int number, const struct bond_record *bond, enum store_state unit_state);
void count_for(const struct crypto_address *peer, enum store_count how);

/* How long a device has to wait according to another process; in seconds, rounded up. */
unsigned wait_of(const struct crypto_address *peer);
/* The number of bonds that store_next() finds. */
size_t count(int64_t of);
/* SQL on the file of the store: query() returns the number in the first row. */
int query(const char *sql);
void execute(const char *sql);

/* ---- Files ----------------------------------------------------------------------------------- */

/* The content of the store's file. */
void write_store_file(const void *octets, size_t len, mode_t mode);
size_t read_store_file(uint8_t *octets, size_t size);

/* store_open() fails in this way, with a single line that names the store. */
void assert_refused(enum cli_exit exit, const char *words);

/* Creates a store of one bond, which is returned, and executes SQL on it. */
struct bond_record one_bond_then(const char *sql);
