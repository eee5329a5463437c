/* SPDX-License-Identifier: MIT */
#include "heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <string.h>

#include "unit.h"

static size_t fail_at;
static long blocks;
static unsigned paused;
static const void *secret;
static size_t secret_len;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *block, size_t count, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);

void heap_fail_at(size_t n)
{
	fail_at = n;
}

long heap_blocks(void)
{
	return blocks;
}

void heap_forbid(const void *octets, size_t len)
{
	secret = octets;
	secret_len = len;
}

void heap_pause(void)
{
	paused++;
}

void heap_resume(void)
{
	paused--;
}

static void *count(void *block)
{
	blocks += block && !paused;
	return block;
}

static bool fails(void)
{
	if (paused || !fail_at || --fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
	return fails() ? NULL : count(__real_calloc(number, size));
}

void *__wrap_reallocarray(void *block, size_t number, size_t size)
{
	if (fails())
		return NULL;
	void *moved = __real_reallocarray(block, number, size);
	return block ? moved : count(moved);
}

char *__wrap_strdup(const char *text)
{
	char *copy = __wrap_malloc(strlen(text) + 1);

	return copy ? strcpy(copy, text) : NULL;
}

void __wrap_free(void *block)
{
	if (block && secret && !paused)
		assert_null(memmem(block, malloc_usable_size(block), secret, secret_len));
	blocks -= block && !paused;
	__real_free(block);
}
