/* SPDX-License-Identifier: MIT */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "unit.h"

/* ---- Calls of the system --------------------------------------------------------------------- */

/* How the next reads of source.c fail: an error for each, 0: none. */
static int read_errors[4];
static size_t reads;

ssize_t __real_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len)
{
	if (reads < COUNT(read_errors) && read_errors[reads]) {
		errno = read_errors[reads++];
		return -1;
	}
	reads++;
	return __real_read(fd, to, len);
}

/* AddressSanitizer fills new memory, which would count as not wiped. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "max_malloc_fill_size=0";
}

/* Whether memory of that size or more was freed with anything in it. */
static bool freed_dirty;

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	const uint8_t *octets = p;

	for (size_t i = 0; p && malloc_usable_size(p) >= EXPLAIN_WINDOW && i < EXPLAIN_WINDOW; i++)
		freed_dirty |= octets[i] != 0;
	__real_free(p);
}

/* ---- A file ---------------------------------------------------------------------------------- */

#define FILE_LEN ((size_t)3 * EXPLAIN_WINDOW + 1234)

static char path[] = "/tmp/blepair-source-XXXXXX";
static struct explain_source source;

/* The octet of the file at that place. */
static uint8_t octet(uint64_t at)
{
	return (uint8_t)(at * 7 + at / 251 + 1);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);
	uint8_t *octets = malloc(FILE_LEN);

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(octets);
	for (size_t i = 0; i < FILE_LEN; i++)
		octets[i] = octet(i);
	assert_int_equal(write(fd, octets, FILE_LEN), (ssize_t)FILE_LEN);
	free(octets);
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static int begin(void **state)
{
	(void)state;
	memset(read_errors, 0, sizeof(read_errors));
	reads = 0;
	freed_dirty = false;
	memset(&source, 0xff, sizeof(source)); /* not used yet */
	return 0;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static void a_file_is_read_through_a_window(void **state)
{
	static const size_t wants[] = {1, 5, EXPLAIN_WINDOW, 300000, 1, EXPLAIN_WINDOW - 1, 77777};
	uint64_t at = 0;
	size_t have;

	(void)state;
	assert_int_equal(capture_source_open(&source, path), 0);
	assert_int_equal(source.size, FILE_LEN);
	for (size_t i = 0; at < FILE_LEN; i++) {
		size_t want = wants[i % COUNT(wants)];
		const uint8_t *p = capture_source_peek(&source, want, &have);
		assert_true(have <= EXPLAIN_WINDOW);
		assert_true(have >= want || at + have == FILE_LEN);
		size_t take = want < have ? want : have;
		assert_int_equal(p[0], octet(at));
		assert_int_equal(p[have / 2], octet(at + have / 2));
		assert_int_equal(p[have - 1], octet(at + have - 1));
		assert_int_equal(source.taken, at);
		capture_source_take(&source, take);
		at += take;
	}
	(void)capture_source_peek(&source, 1, &have);
	assert_int_equal(have, 0);
	assert_int_equal(source.error, 0);
	assert_int_equal(source.fd, -1);
	capture_source_close(&source);
}

static void a_peek_reads_no_more_than_it_must(void **state)
{
	size_t have;

	(void)state;
	assert_int_equal(capture_source_open(&source, path), 0);
	(void)capture_source_peek(&source, 10, &have);
	assert_int_equal(have, EXPLAIN_WINDOW);
	assert_int_equal(reads, 1);
	capture_source_take(&source, have - 10);
	const uint8_t *p = capture_source_peek(&source, 10, &have);
	assert_int_equal(have, 10);
	assert_int_equal(reads, 1);
	assert_int_equal(p[9], octet(EXPLAIN_WINDOW - 1));
	p = capture_source_peek(&source, 11, &have);
	assert_int_equal(reads, 2);
	assert_int_equal(p[10], octet(EXPLAIN_WINDOW));
	capture_source_close(&source);
}

static void a_pipe_gives_what_it_has_until_it_is_enough(void **state)
{
	int ends[2], in = dup(STDIN_FILENO);
	size_t have;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[0], STDIN_FILENO) >= 0);
	assert_int_equal(capture_source_open(&source, "-"), 0);
	assert_int_equal(source.size, 0);
	assert_int_equal(write(ends[1], "abc", 3), 3);
	const uint8_t *p = capture_source_peek(&source, 2, &have);
	assert_int_equal(have, 3);
	assert_memory_equal(p, "abc", 3);
	capture_source_take(&source, 1);
	assert_int_equal(write(ends[1], "def", 3), 3);
	close(ends[1]);
	p = capture_source_peek(&source, 4, &have);
	assert_int_equal(have, 5);
	assert_memory_equal(p, "bcdef", 5);
	p = capture_source_peek(&source, 6, &have);
	assert_int_equal(have, 5);
	size_t before = reads;
	(void)capture_source_peek(&source, 6, &have);
	assert_int_equal(reads, before); /* its end was seen */
	capture_source_close(&source);
	assert_true(is_open(STDIN_FILENO)); /* the caller's */
	assert_int_equal(capture_source_open(&source, "-"), 0);
	capture_source_close(&source);
	assert_true(is_open(STDIN_FILENO));
	assert_true(dup2(in, STDIN_FILENO) >= 0);
	close(in);
	close(ends[0]);
}

static void memory_is_read_in_place(void **state)
{
	static const uint8_t octets[] = "0123456789";
	size_t have;

	(void)state;
	capture_source_memory(&source, octets, 10);
	assert_int_equal(source.size, 10);
	assert_ptr_equal(capture_source_peek(&source, 1, &have), octets);
	assert_int_equal(have, 10);
	capture_source_take(&source, 4);
	assert_ptr_equal(capture_source_peek(&source, 100, &have), octets + 4);
	assert_int_equal(have, 6);
	assert_int_equal(source.taken, 4);
	capture_source_close(&source);
	assert_int_equal(octets[0], '0'); /* the caller's: not wiped */
	capture_source_memory(&source, NULL, 0);
	assert_null(capture_source_peek(&source, 1, &have));
	assert_int_equal(have, 0);
	capture_source_close(&source);
}

/* ---- Failures and the end -------------------------------------------------------------------- */

static void a_read_that_is_interrupted_is_tried_again(void **state)
{
	size_t have;

	(void)state;
	read_errors[0] = read_errors[1] = EINTR;
	assert_int_equal(capture_source_open(&source, path), 0);
	assert_int_equal(capture_source_peek(&source, 1, &have)[0], octet(0));
	assert_int_equal(source.error, 0);
	assert_int_equal(reads, 3);
	capture_source_close(&source);
}

static void a_read_that_fails_is_the_end(void **state)
{
	size_t have;

	(void)state;
	read_errors[1] = EIO;
	assert_int_equal(capture_source_open(&source, path), 0);
	int fd = source.fd;
	(void)capture_source_peek(&source, EXPLAIN_WINDOW, &have);
	assert_int_equal(have, EXPLAIN_WINDOW);
	assert_int_equal(source.error, 0);
	assert_true(is_open(fd));
	capture_source_take(&source, 5);
	(void)capture_source_peek(&source, EXPLAIN_WINDOW, &have);
	assert_int_equal(have, EXPLAIN_WINDOW - 5);
	assert_int_equal(source.error, EIO);
	assert_false(is_open(fd));
	(void)capture_source_peek(&source, EXPLAIN_WINDOW, &have);
	assert_int_equal(reads, 2);
	capture_source_close(&source);
}

static void a_failure_to_open_has_its_errno(void **state)
{
	(void)state;
	assert_int_equal(capture_source_open(&source, "/nonexistent/file"), -1);
	assert_int_equal(errno, ENOENT);
	int next = dup(STDIN_FILENO);
	close(next);
	assert_int_equal(capture_source_open(&source, "/"), -1);
	assert_int_equal(errno, EISDIR);
	assert_false(is_open(next));
	assert_int_equal(source.fd, -1);
}

/* A capture holds keys. */
static void the_window_is_wiped_and_the_file_closed(void **state)
{
	size_t have;

	(void)state;
	assert_int_equal(capture_source_open(&source, path), 0);
	int fd = source.fd;
	(void)capture_source_peek(&source, EXPLAIN_WINDOW, &have);
	assert_true(is_open(fd));
	capture_source_close(&source);
	assert_false(freed_dirty);
	assert_false(is_open(fd));
	assert_int_equal(source.fd, -1);
	assert_null(source.octets);
	capture_source_close(&source); /* does nothing */
}

/* Gives five octets at a time, of FILE_LEN. */
static size_t give(void *ctx, uint8_t *to, size_t room)
{
	uint64_t *at = ctx;
	size_t n = 0;

	for (; n < room && n < 5 && *at < FILE_LEN; n++)
		to[n] = octet((*at)++);
	return n;
}

static void a_feed_is_read_like_a_file(void **state)
{
	uint64_t given = 0, at = 0;
	size_t have;

	(void)state;
	memset(&source, 0, sizeof(source));
	assert_int_equal(capture_source_fed(&source, give, &given), 0);
	for (;;) {
		const uint8_t *p = capture_source_peek(&source, 4000, &have);
		if (have == 0)
			break;
		assert_true(have >= 4000 || at + have == FILE_LEN);
		for (size_t i = 0; i < have; i++)
			assert_int_equal(p[i], octet(at + i));
		capture_source_take(&source, have);
		at += have;
	}
	assert_true(at == FILE_LEN);
	assert_true(source.taken == FILE_LEN);
	/* The next one gets the window without the octets of this one. */
	const uint8_t *window = source.buffer;
	assert_false(bytes_all_zero(window, EXPLAIN_WINDOW));
	given = FILE_LEN;
	assert_int_equal(capture_source_fed(&source, give, &given), 0);
	assert_ptr_equal(source.buffer, window);
	assert_true(bytes_all_zero(window, EXPLAIN_WINDOW));
	(void)capture_source_peek(&source, 1, &have);
	/* It is not asked again. */
	given = 0;
	(void)capture_source_peek(&source, 1, &have);
	assert_int_equal(have, 0);
	freed_dirty = false;
	capture_source_close(&source);
	assert_false(freed_dirty);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_through_a_window),
		TEST(a_peek_reads_no_more_than_it_must),
		TEST(a_pipe_gives_what_it_has_until_it_is_enough),
		TEST(memory_is_read_in_place),
		TEST(a_feed_is_read_like_a_file),
		TEST(a_read_that_is_interrupted_is_tried_again),
		TEST(a_read_that_fails_is_the_end),
		TEST(a_failure_to_open_has_its_errno),
		TEST(the_window_is_wiped_and_the_file_closed),
	};
	return cmocka_run_group_tests_name("explain/capture/source", tests, make_file, remove_file);
}
