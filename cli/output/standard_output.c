/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "output/standard_output.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* How a write waits for its reader. */
enum patience {
	FOR_EVER, /* no run has begun: a signal ends the process */
	GUARDED,
	HURRIED, /* the run is to end */
};

static struct {
	bool used;
	int error;
	void (*lost)(void *ctx);
	void *ctx;
	enum patience patience;
	uint64_t end; /* of the run */
	int signals;  /* a signalfd, while GUARDED or HURRIED */
	bool stderr_is_full;
} standard_output = {.signals = -1};

static void stop_guard(void)
{
	if (standard_output.signals >= 0)
		close(standard_output.signals);
	standard_output.signals = -1;
	standard_output.patience = FOR_EVER;
}

void standard_output_init(void)
{
	stop_guard();
	standard_output.used = false;
	standard_output.error = 0;
	standard_output.lost = NULL;
	standard_output.end = UINT64_MAX;
	standard_output.stderr_is_full = false;
	/* A write to a closed pipe fails with EPIPE instead of ending the process. */
	(void)signal(SIGPIPE, SIG_IGN);
}

void standard_output_lose(int error)
{
	if (standard_output.error)
		return;
	standard_output.error = error ? error : EIO;
	if (standard_output.lost)
		standard_output.lost(standard_output.ctx);
}

/* ---- Waiting for the reader ------------------------------------------------------------------ */

void standard_output_guard(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	stop_guard();
	standard_output.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	standard_output.patience = GUARDED;
}

void standard_output_end_at(uint64_t time)
{
	standard_output.end = time;
}

void standard_output_hurry(void)
{
	if (standard_output.patience == GUARDED)
		standard_output.patience = HURRIED;
}

static uint64_t give_up_at(uint64_t begun)
{
	const uint64_t end = standard_output.end > begun ? standard_output.end : begun;
	const uint64_t patient = begun + STANDARD_OUTPUT_PATIENCE_US;

	if (standard_output.patience == HURRIED)
		return begun + STANDARD_OUTPUT_END_US;
	return end > patient ? patient : end + STANDARD_OUTPUT_END_US;
}

/* True: fd takes PIPE_BUF octets, or fails. False: nobody reads it. */
static bool wait_for_room(int fd)
{
	uint64_t begun = clock_now();
	int ready;

	if (fd < 0 || standard_output.patience == FOR_EVER)
		return true;
	do {
		struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT},
					{.fd = standard_output.signals, .events = POLLIN}};
		bool hurried = standard_output.patience == HURRIED;
		ready = clock_wait(fds, hurried ? 1 : 2, give_up_at(begun));
		if (ready > 0 && fds[0].revents)
			return true;
		if (ready > 0) { /* a signal, which is left to the loop */
			standard_output_hurry();
			begun = clock_now();
		}
	} while (ready > 0 || (ready < 0 && errno == EINTR));
	return false;
}

/* Its reader may come back: from now on nothing waits for it. */
static bool is_full_now(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

	return clock_wait(&poll_fd, 1, 0) == 0;
}

bool standard_error_has_room(void)
{
	const int fd = fileno(stderr);

	if (fd < 0 || standard_output.patience == FOR_EVER)
		return true;
	standard_output.stderr_is_full =
		standard_output.stderr_is_full ? is_full_now(fd) : !wait_for_room(fd);
	return !standard_output.stderr_is_full;
}

/* ---- Writing --------------------------------------------------------------------------------- */

bool standard_output_flush(void)
{
	standard_output.used = true;
	if (!standard_output.error && __fpending(stdout) && !wait_for_room(fileno(stdout)))
		standard_output_lose(ETIMEDOUT);
	if (standard_output.error == ETIMEDOUT) {
		__fpurge(stdout); /* it would be written at the end of the process, and wait then */
		return false;
	}
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		standard_output_lose(errno);
	return !standard_output.error;
}

void standard_output_put(const char *text, size_t len)
{
	while (len && !standard_output.error) {
		size_t pending = __fpending(stdout);
		if (pending >= PIPE_BUF) {
			(void)standard_output_flush();
			continue;
		}
		size_t part = len < PIPE_BUF - pending ? len : PIPE_BUF - pending;
		(void)fwrite(text, 1, part, stdout);
		text += part;
		len -= part;
	}
}

bool standard_output_close(void)
{
	(void)standard_output_flush();
	/* Some file systems report a failed write on close(). EBADF: it was closed from the start,
	 * and nothing was written. */
	if (fileno(stdout) >= 0 && close(fileno(stdout)) && errno != EBADF)
		standard_output_lose(errno);
	return !standard_output.error;
}

const char *standard_output_reason(void)
{
	return standard_output.error == ETIMEDOUT ? "nobody reads it"
						  : strerror(standard_output.error);
}

int standard_output_error(void)
{
	return standard_output.error;
}

void standard_output_on_loss(void (*lost)(void *ctx), void *ctx)
{
	standard_output.lost = lost;
	standard_output.ctx = ctx;
}

int standard_output_pipe(void)
{
	int fd = fileno(stdout);
	struct stat out, err;

	if (standard_output.error || fd < 0 || fstat(fd, &out) < 0 ||
	    !(S_ISFIFO(out.st_mode) || S_ISSOCK(out.st_mode)))
		return -1;
	if (!standard_output.used && (fstat(STDERR_FILENO, &err) < 0 || out.st_dev != err.st_dev ||
				      out.st_ino != err.st_ino))
		return -1;
	return fd;
}
