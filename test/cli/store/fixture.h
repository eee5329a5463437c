/* SPDX-License-Identifier: MIT */
/* A store in a folder of its own for each test, what is put into it, and what SQL says of it. */
#pragma once

#include "store/store.h"
#include "unit.h"

extern char folder[64], path[96]; /* the folder, and the store in it */
extern struct failure failure;
extern struct store store;

/* Before all tests, before each, and after each, which fails when another file was left. */
int start(void **state);
int fresh(void **state);
int gone(void **state);
#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

void open_store(void);
/* The file of the store with "", one that belongs to it with its ending. */
void drop(const char *name);

/* The bond of a peer of this number. */
struct bond_record record(uint8_t seed, bool authenticated);
enum store_kept add(const struct bond_record *r, enum store_rule rule);
/* The outcome of a unit of the run "r": bond is NULL when it failed. Returns as store_write(). */
int write_unit(int number, const struct bond_record *bond, enum store_state unit_state);
void count_for(const struct crypto_address *peer, enum store_count how);

/* How long a device has to wait, as another process is told; in whole seconds, rounded up. */
unsigned wait_of(const struct crypto_address *peer);
/* As many as store_next() finds. */
size_t count(int64_t of);
/* A number that SQL tells of the file. */
int ask(const char *sql);
void execute(const char *sql);
