/* SPDX-License-Identifier: MIT */
#include "cli/store/key_search.h"

#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/toolbox.h"
#include "stack.h"

static bool key_left;
size_t keys_freed;
bool watch_freed;

uint8_t key[16];
char key_text[33], wire_text[33];
static char upper_text[33];
static uint8_t reversed[16];

int key_search_start(void)
{
	if (crypto_random(NULL, key, sizeof(key)))
		return -1;
	for (size_t i = 0; i < sizeof(key); i++) {
		(void)snprintf(key_text + 2 * i, 3, "%02x", key[15 - i]);
		(void)snprintf(wire_text + 2 * i, 3, "%02x", key[i]);
		reversed[i] = key[15 - i];
		(void)snprintf(upper_text + 2 * i, 3, "%02X", key[i]);
	}
	keys_freed = 0;
	watch_freed = false;
	return 0;
}

void key_search_end(void)
{
	watch_freed = false;
}

static const struct {
	const void *octets;
	size_t len;
} forms[] = {{key, sizeof(key)},
	     {reversed, sizeof(reversed)},
	     {key_text, 32},
	     {wire_text, 32},
	     {upper_text, 32}};

static bool holds_key(const void *memory, size_t size)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		if (memmem(memory, size, forms[i].octets, forms[i].len))
			return true;
	return false;
}

/* ---- Static variables ------------------------------------------------------------------------ */

extern const uint8_t __bss_start[], _end[]; /* by the linker */

/* Octet by octet: the sanitizers put gaps between variables. */
__attribute__((no_sanitize("address"))) size_t static_copies_of_key(void)
{
	size_t copies = 0;

	for (const volatile uint8_t *at = __bss_start; at + sizeof(key) <= _end; at++) {
		size_t same = 0;
		while (same < sizeof(key) && at[same] == key[same])
			same++;
		copies += same == sizeof(key);
	}
	return copies;
}

/* ---- The stack: each operation runs on one of its own, which is searched afterwards ---------- */

bool leaves_key_on_stack(void (*operation)(void))
{
	key_left = false;
	stack_run(operation);
	for (size_t i = 0; i < COUNT(forms); i++)
		key_left |= stack_holds(forms[i].octets, forms[i].len);
	return key_left;
}

/*
 * SQLite's own frames are not ours to wipe: what our functions left there is looked for before each
 * of its calls, and SQLite's own is cleared after it.
 */
static void look_at_stack_below(void)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		key_left |= stack_holds_below(__builtin_frame_address(0), forms[i].octets,
					      forms[i].len);
}

static void __attribute__((noinline)) clear_stack_below(void)
{
	volatile uint8_t frames[65536];

	for (size_t i = 0; i < sizeof(frames); i++)
		frames[i] = 0;
}

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
	look_at_stack_below();

	int code = __real_sqlite3_step(statement);
	clear_stack_below();
	return code;
}

const unsigned char *__real_sqlite3_column_text(sqlite3_stmt *row, int column);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *row, int column);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *row, int column)
{
	look_at_stack_below();

	const unsigned char *column_text = __real_sqlite3_column_text(row, column);
	clear_stack_below();
	return column_text;
}

int __real_sqlite3_finalize(sqlite3_stmt *statement);
int __wrap_sqlite3_finalize(sqlite3_stmt *statement);
int __wrap_sqlite3_finalize(sqlite3_stmt *statement)
{
	look_at_stack_below();

	int code = __real_sqlite3_finalize(statement);
	clear_stack_below();
	return code;
}

int __real_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
			      const char **rest);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
			      const char **rest);
int __wrap_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
			      const char **rest)
{
	look_at_stack_below();
	return __real_sqlite3_prepare_v2(db, sql, size, statement, rest);
}

int __real_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, sqlite3_callback each, void *ctx,
			char **error)
{
	look_at_stack_below();

	int code = __real_sqlite3_exec(db, sql, each, ctx, error);
	clear_stack_below();
	return code;
}

/* ---- The heap: what is freed is searched first ----------------------------------------------- */

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
	if (watch_freed && memory && holds_key(memory, malloc_usable_size(memory)))
		keys_freed++;
	__real_free(memory);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* AddressSanitizer has a heap of its own, at a fixed place of x86-64: since gcc 14, another one. */
static bool is_heap(const char *mapping, uintptr_t from)
{
#ifdef __SANITIZE_ADDRESS__
	(void)mapping;
	uint64_t place = (uint64_t)from >> 40;
	return place >> 2 == 0x60 >> 2 || place >> 2 == 0x50 >> 2;
#else
	(void)from;
	return strstr(mapping, "[heap]") != NULL;
#endif
}

/* A copy: AddressSanitizer lets nothing read freed memory itself. */
static bool region_holds_key(int memory, uintptr_t from, size_t size)
{
	void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool found;

	assert_ptr_not_equal(copy, MAP_FAILED);
	assert_int_equal(pread(memory, copy, size, (off_t)from), size);
	found = holds_key(copy, size);
	(void)munmap(copy, size);
	return found;
}

/* Memory that was freed by libraries is there until it is used again. */
bool heap_holds_key(void)
{
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	bool found = false;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps)) {
		uintptr_t from, to;
		char mode[5];
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, mode) == 3 &&
		    strncmp(mode, "rw", 2) == 0 && is_heap(line, from))
			found |= region_holds_key(memory, from, to - from);
	}
	(void)fclose(maps);
	(void)close(memory);
	return found;
}

#define ROUND 40

/*
 * Caches of the allocator and of SQLite fill up at some time; a loss goes on. An allocation that is
 * lost each time takes at least 32 octets.
 */
bool loses_memory(void (*operation)(void))
{
	size_t used[4] = {0};

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < ROUND; i++)
			operation();
		used[round] = mallinfo2().uordblks;
	}
	return used[2] >= used[1] + ROUND * 32 && used[3] >= used[2] + ROUND * 32;
}

void bind_functions_now(char *argv[])
{
	if (!getenv("LD_BIND_NOW") && setenv("LD_BIND_NOW", "1", 1) == 0)
		(void)execv("/proc/self/exe", argv);
}
