/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/hook_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privilege.h"
#include "base/sandbox.h"
#include "runtime/hook.h"
#include "runtime/loop.h"

static struct {
	int fd; /* -1: the run has ended */
	const char *command;
	uint64_t limit; /* microseconds */
	struct loop loop;
	struct loop_source source;
	struct loop_timer timer;
	pid_t child; /* 0: no command runs */
	bool overdue;
	char input[HOOK_INPUT_MAX];
} helper;

/* ---- A command ------------------------------------------------------------------------------- */

static void report(enum hook_end end, int code)
{
	const struct hook_report sent = {(int32_t)end, code};

	if (helper.fd >= 0)
		(void)send(helper.fd, &sent, sizeof(sent), MSG_NOSIGNAL);
}

/* A file: whether the command reads it or not, nobody waits and nothing breaks. */
static int input_file(const char *text, size_t len)
{
	int fd = memfd_create("result", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* A process group of its own: the keys of the terminal are for blepair, the time limit for it. */
static _Noreturn void become_command(int input)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, STDIN_FILENO) >= 0)
		(void)execl("/bin/sh", "sh", "-c", helper.command, (char *)NULL);
	_exit(127);
}

static void start(const char *text, size_t len)
{
	int input = input_file(text, len), error = errno;
	pid_t child = input < 0 ? -1 : fork();

	if (child == 0)
		become_command(input);
	if (input >= 0 && child < 0)
		error = errno;
	if (input >= 0)
		(void)close(input);
	if (child < 0) {
		report(HOOK_NOT_STARTED, error);
		return;
	}
	(void)setpgid(child, child); /* whichever process comes first */
	helper.child = child;
	helper.overdue = false;
	loop_timer_start(&helper.loop, &helper.timer, helper.limit);
}

static void time_over(void *ctx)
{
	(void)ctx;
	helper.overdue = true;
	(void)kill(-helper.child, SIGKILL);
}

/* Other signals are for blepair. */
static void on_signal(void *ctx, int number)
{
	int status;

	(void)ctx;
	if (number != SIGCHLD || !helper.child || waitpid(helper.child, &status, WNOHANG) <= 0)
		return;
	helper.child = 0;
	loop_timer_stop(&helper.loop, &helper.timer);
	if (helper.overdue)
		report(HOOK_OVERDUE, 0);
	else if (WIFSIGNALED(status))
		report(HOOK_KILLED, WTERMSIG(status));
	else
		report(HOOK_EXITED, WEXITSTATUS(status));
	if (helper.fd < 0)
		loop_stop(&helper.loop);
}

/* ---- The socket ------------------------------------------------------------------------------ */

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	(void)ctx;
	if (!max || helper.fd < 0)
		return 0;
	fds[0] = (struct pollfd){.fd = helper.fd, .events = POLLIN};
	return 1;
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	ssize_t len = recv(helper.fd, helper.input, sizeof(helper.input), 0);

	(void)ctx;
	(void)fds;
	(void)count;
	if (len > 0) {
		start(helper.input, (size_t)len);
		return;
	}
	(void)close(helper.fd);
	helper.fd = -1;
	if (!helper.child)
		loop_stop(&helper.loop);
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* close_range(2), for which musl has no function. */
static int close_descriptors(int first, int last)
{
	return (int)syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0U);
}

/* Only the socket, and standard error for what commands print: standard output has the results. */
static int keep_few_descriptors(int fd)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return -1;
	if (fd > 3)
		(void)close_descriptors(3, fd - 1);
	return close_descriptors(fd + 1, INT_MAX);
}

static int prepare(int fd, struct failure *failure)
{
	const char *home = privilege_home();

	if (home)
		(void)setenv("HOME", home, 1);
	if (privilege_drop() || keep_few_descriptors(fd) || loop_init(&helper.loop) ||
	    loop_watch_children(&helper.loop))
		return failure_set(failure, CLI_INTERNAL, "--hook: no process can be prepared: %s",
				   strerror(errno));
	sandbox_hide_memory();
	if (geteuid() == 0)
		return failure_set(failure, CLI_USAGE,
				   "--hook: commands never run as root; start blepair as a user, "
				   "or through sudo");
	return 0;
}

_Noreturn void hook_process(int fd, const char *command, double seconds)
{
	struct failure failure = {CLI_OK, ""};

	helper.fd = fd;
	helper.command = command;
	helper.limit = (uint64_t)(seconds * 1e6);
	const int status = prepare(fd, &failure);
	if (send(fd, &failure, sizeof(failure), MSG_NOSIGNAL) != sizeof(failure) || status)
		_exit(1);
	helper.source = (struct loop_source){.watch = watch, .ready = ready};
	helper.timer = (struct loop_timer){.fire = time_over};
	helper.loop.on_signal = on_signal;
	loop_add(&helper.loop, &helper.source);
	loop_run(&helper.loop);
	_exit(0);
}
