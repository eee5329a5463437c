/* SPDX-License-Identifier: MIT */
#include "output/standard_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"

/* In the place of base/clock.c: a wait in vain takes its time at once. */
static uint64_t now = 1000000;
static unsigned waits;

uint64_t clock_now(void)
{
	return now;
}

uint64_t clock_wall(void)
{
	return now;
}

int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	int ready = poll(fds, count, 0);

	waits++;
	if (!ready && deadline > now)
		now = deadline;
	return ready;
}

static FILE *real;
static int losses;

static void count(void *ctx)
{
	++*(int *)ctx;
}

/* From here on standard output is that descriptor. */
static void begin(int fd)
{
	real = stdout;
	stdout = fdopen(fd, "w");
	losses = 0;
	standard_output_init();
	standard_output_on_loss(count, &losses);
}

static void end(void)
{
	if (stdout)
		(void)fclose(stdout);
	stdout = real;
	standard_output_init();
}

static void what_is_written_is_not_lost(void **state)
{
	char text[8] = "";
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	begin(ends[1]);
	fputs("a line\n", stdout);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(ends[0], text, sizeof(text)), -1); /* it is buffered */
	bool flushed = standard_output_flush();
	ssize_t len = read(ends[0], text, sizeof(text));
	bool closed = standard_output_close();
	int error = standard_output_error();
	end();
	close(ends[0]);
	assert_true(flushed && closed);
	assert_int_equal(len, 7);
	assert_int_equal(error, 0);
	assert_int_equal(losses, 0);
}

static void the_first_loss_is_reported_once_with_its_reason(void **state)
{
	(void)state;
	begin(open("/dev/full", O_WRONLY));
	fputs("a line\n", stdout);
	bool first = standard_output_flush();
	fputs("another\n", stdout);
	bool second = standard_output_flush();
	standard_output_lose(EPIPE);
	int error = standard_output_error();
	end();
	assert_false(first || second);
	assert_int_equal(error, ENOSPC);
	assert_int_equal(losses, 1);
	assert_int_equal(standard_output_error(), 0); /* forgotten by the next run */
}

static void the_last_octets_are_lost_at_the_end(void **state)
{
	(void)state;
	begin(open("/dev/full", O_WRONLY));
	fputs("a line\n", stdout);
	bool closed = standard_output_close();
	end();
	assert_false(closed);
	assert_int_equal(losses, 1);
}

static void nothing_is_lost_when_nothing_is_written_to_a_closed_descriptor(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	(void)state;
	begin(null);
	close(null);
	bool closed = standard_output_close();
	end();
	assert_true(closed);
	assert_int_equal(losses, 0);
}

static void a_closed_pipe_fails_and_does_not_kill(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	begin(ends[1]);
	close(ends[0]);
	fputs("a line\n", stdout);
	bool flushed = standard_output_flush();
	int error = standard_output_error(), fd = standard_output_pipe();
	end();
	assert_false(flushed);
	assert_int_equal(error, EPIPE);
	assert_int_equal(fd, -1); /* it has gone: nothing to watch */
}

static void the_reader_of_a_used_pipe_or_socket_is_watched(void **state)
{
	int ends[2];

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		assert_int_equal(kind ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends), 0);
		begin(ends[1]);
		int unused = standard_output_pipe();
		bool flushed = standard_output_flush();
		int used = standard_output_pipe();
		end();
		close(ends[0]);
		assert_int_equal(unused, -1);
		assert_true(flushed);
		assert_int_equal(used, ends[1]);
	}
}

static void a_pipe_that_standard_error_shares_is_watched_before_its_use(void **state)
{
	int ends[2], saved = dup(STDERR_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	(void)dup2(ends[1], STDERR_FILENO);
	begin(ends[1]);
	int fd = standard_output_pipe();
	end();
	(void)dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[0]);
	assert_int_equal(fd, ends[1]);
}

static void a_file_has_no_reader_to_watch(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	begin(dup(fileno(file)));
	bool flushed = standard_output_flush();
	int fd = standard_output_pipe();
	end();
	(void)fclose(file);
	assert_true(flushed);
	assert_int_equal(fd, -1);
}

/* ---- Nobody reads ---------------------------------------------------------------------------- */

static int full[2]; /* a pipe */

/* Standard output is a pipe with room for pages of PIPE_BUF octets; a write beyond them blocks. */
static void begin_full(unsigned pages)
{
	static char page[PIPE_BUF];

	assert_int_equal(pipe2(full, O_NONBLOCK), 0);
	while (write(full[1], page, sizeof(page)) > 0)
		;
	for (unsigned i = 0; i < pages; i++)
		assert_int_equal(read(full[0], page, sizeof(page)), sizeof(page));
	assert_int_equal(fcntl(full[1], F_SETFL, 0), 0);
	begin(full[1]);
	waits = 0;
}

static void end_full(void)
{
	end();
	close(full[0]);
}

static void block(int number)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static bool put_line(void)
{
	standard_output_put("a line\n", 7);
	return standard_output_flush();
}

static void a_run_waits_a_minute_for_a_reader(void **state)
{
	uint64_t began = now;

	(void)state;
	begin_full(0);
	standard_output_guard();
	bool first = put_line(), second = put_line(), closed = standard_output_close();
	int error = standard_output_error();
	char reason[32];
	(void)snprintf(reason, sizeof(reason), "%s", standard_output_reason());
	end_full();
	assert_false(first || second || closed);
	assert_int_equal(error, ETIMEDOUT);
	assert_string_equal(reason, "nobody reads it");
	assert_int_equal(losses, 1);
	assert_int_equal(now - began, STANDARD_OUTPUT_PATIENCE_US);
}

static void the_end_of_the_run_ends_the_wait(void **state)
{
	static const struct {
		int64_t end, waits; /* from now */
	} cases[] = {
		{3000000, 3000000 + STANDARD_OUTPUT_END_US},
		{0, STANDARD_OUTPUT_END_US},
		{-5000000, STANDARD_OUTPUT_END_US},
		{STANDARD_OUTPUT_PATIENCE_US - 1,
		 STANDARD_OUTPUT_PATIENCE_US - 1 + STANDARD_OUTPUT_END_US},
		{STANDARD_OUTPUT_PATIENCE_US + 1, STANDARD_OUTPUT_PATIENCE_US},
	};

	(void)state;
	now = 100000000;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t began = now;
		begin_full(0);
		standard_output_guard();
		standard_output_end_at((uint64_t)((int64_t)now + cases[i].end));
		bool flushed = put_line();
		end_full();
		assert_false(flushed);
		assert_int_equal(now - began, cases[i].waits);
	}
}

static void a_signal_ends_the_wait_and_is_not_taken(void **state)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t began = now;
		const struct timespec none = {0};
		sigset_t set;
		begin_full(0);
		block(numbers[i]);
		standard_output_guard();
		assert_int_equal(raise(numbers[i]), 0);
		bool flushed = put_line();
		end_full();
		(void)sigemptyset(&set);
		(void)sigaddset(&set, numbers[i]);
		assert_int_equal(sigtimedwait(&set, NULL, &none), numbers[i]);
		assert_false(flushed);
		assert_int_equal(now - began, STANDARD_OUTPUT_END_US);
	}
}

static void a_run_that_is_to_end_does_not_wait_long(void **state)
{
	uint64_t began = now;

	(void)state;
	begin_full(0);
	standard_output_guard();
	standard_output_hurry();
	bool flushed = put_line();
	end_full();
	assert_false(flushed);
	assert_int_equal(now - began, STANDARD_OUTPUT_END_US);
}

/* Parts of PIPE_BUF octets: more would block in the middle, although there was room. */
static void a_long_line_does_not_block_in_its_middle(void **state)
{
	static char line[3 * PIPE_BUF + 100], got[sizeof(line)];

	(void)state;
	memset(line, 'x', sizeof(line));
	begin_full(2);
	standard_output_guard();
	standard_output_put(line, 100);
	standard_output_put(line, sizeof(line));
	bool flushed = standard_output_flush();
	end();
	(void)fcntl(full[0], F_SETFL, O_NONBLOCK);
	size_t len = 0;
	for (ssize_t n; (n = read(full[0], got, sizeof(got))) > 0;)
		for (ssize_t i = 0; i < n; i++)
			len += got[i] == 'x';
	close(full[0]);
	assert_false(flushed);
	assert_int_equal(losses, 1);
	assert_int_equal(len, 2 * PIPE_BUF);
}

static void all_parts_of_a_long_line_arrive(void **state)
{
	static char line[5 * PIPE_BUF], got[sizeof(line) + 1];
	int ends[2];

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = (char)('a' + i % 23);
	for (size_t first = 0; first < sizeof(line); first += PIPE_BUF / 2 + 1) {
		assert_int_equal(pipe(ends), 0);
		begin(ends[1]);
		standard_output_guard();
		standard_output_put(line, first);
		standard_output_put(line + first, sizeof(line) - first);
		bool flushed = standard_output_flush();
		ssize_t len = read(ends[0], got, sizeof(got));
		end();
		close(ends[0]);
		assert_true(flushed);
		assert_int_equal(len, sizeof(line));
		assert_memory_equal(got, line, sizeof(line));
	}
}

/* Standard error is not lost: once it has room again, lines are printed again. */
static void a_line_on_standard_error_is_left_out_while_nobody_reads_it(void **state)
{
	static char page[PIPE_BUF];
	int saved = dup(STDERR_FILENO);
	uint64_t began = now;

	(void)state;
	begin_full(0);
	(void)dup2(full[1], STDERR_FILENO);
	bool unguarded = standard_error_has_room();
	standard_output_guard();
	bool first = standard_error_has_room();
	uint64_t waited = now - began;
	bool second = standard_error_has_room();
	uint64_t waited_then = now - began;
	ssize_t len = read(full[0], page, sizeof(page));
	bool third = standard_error_has_room();
	(void)dup2(saved, STDERR_FILENO);
	close(saved);
	end_full();
	assert_true(unguarded);
	assert_false(first || second);
	assert_int_equal(waited, STANDARD_OUTPUT_PATIENCE_US);
	assert_int_equal(waited_then, waited);
	assert_int_equal(len, sizeof(page));
	assert_true(third);
	assert_int_equal(losses, 0);
}

/* A list for a pager: no controller is held, and a signal ends the process. */
static void without_a_run_nothing_is_watched(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	waits = 0;
	begin(dup(fileno(file)));
	bool flushed = put_line();
	end();
	(void)fclose(file);
	assert_true(flushed);
	assert_int_equal(waits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_not_lost),
		cmocka_unit_test(the_first_loss_is_reported_once_with_its_reason),
		cmocka_unit_test(the_last_octets_are_lost_at_the_end),
		cmocka_unit_test(nothing_is_lost_when_nothing_is_written_to_a_closed_descriptor),
		cmocka_unit_test(a_closed_pipe_fails_and_does_not_kill),
		cmocka_unit_test(the_reader_of_a_used_pipe_or_socket_is_watched),
		cmocka_unit_test(a_pipe_that_standard_error_shares_is_watched_before_its_use),
		cmocka_unit_test(a_file_has_no_reader_to_watch),
		cmocka_unit_test(a_run_waits_a_minute_for_a_reader),
		cmocka_unit_test(the_end_of_the_run_ends_the_wait),
		cmocka_unit_test(a_signal_ends_the_wait_and_is_not_taken),
		cmocka_unit_test(a_run_that_is_to_end_does_not_wait_long),
		cmocka_unit_test(a_long_line_does_not_block_in_its_middle),
		cmocka_unit_test(all_parts_of_a_long_line_arrive),
		cmocka_unit_test(a_line_on_standard_error_is_left_out_while_nobody_reads_it),
		cmocka_unit_test(without_a_run_nothing_is_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
