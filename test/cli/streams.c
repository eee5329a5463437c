/* SPDX-License-Identifier: MIT */
#include "cli/streams.h"

#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "unit.h"

char streams_out[65536], streams_err[65536];
static FILE *files[2];
static int saved[2], master = -1;

static void redirect(int i, int fd)
{
	(void)fflush(i ? stderr : stdout);
	saved[i] = dup(STDOUT_FILENO + i);
	assert_true(dup2(fd, STDOUT_FILENO + i) >= 0);
}

static void capture(int i)
{
	files[i] = tmpfile();
	assert_non_null(files[i]);
	redirect(i, fileno(files[i]));
}

void streams_capture(void)
{
	capture(0);
	capture(1);
}

void streams_capture_terminal(unsigned short columns)
{
	const struct winsize size = {.ws_row = 24, .ws_col = columns};
	struct termios raw = {0};
	int terminal;

	capture(0);
	cfmakeraw(&raw);
	assert_int_equal(openpty(&master, &terminal, NULL, &raw, &size), 0);
	redirect(1, terminal);
	close(terminal);
}

/* An octet of zero behind all else shows that the terminal has passed on everything. */
static void read_terminal(char *text, size_t size)
{
	size_t len = 0;

	assert_int_equal(write(STDERR_FILENO, "", 1), 1);
	do {
		const ssize_t got = read(master, text + len, size - len);
		assert_true(got > 0);
		len += (size_t)got;
	} while (text[len - 1]);
	close(master);
	master = -1;
}

static void read_file(FILE *file, char *text, size_t size)
{
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	(void)fclose(file);
}

void streams_restore(void)
{
	char *const texts[] = {streams_out, streams_err};

	for (int i = 0; i < 2; i++) {
		(void)fflush(i ? stderr : stdout);
		const bool terminal = i == 1 && master >= 0;
		if (terminal)
			read_terminal(streams_err, sizeof(streams_err));
		assert_true(dup2(saved[i], STDOUT_FILENO + i) >= 0);
		close(saved[i]);
		if (!terminal)
			read_file(files[i], texts[i], sizeof(streams_out));
	}
}
