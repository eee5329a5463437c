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

struct child {
	pid_t pid; /* 0: none */
	uint32_t id;
	bool overdue;
	struct loop_timer limit;
};

static struct {
	int fd; /* -1: the run has ended */
	const struct hook_setup *setup;
	struct loop loop;
	struct loop_source source;
	struct child children[HOOK_AT_ONCE];
	char message[HOOK_MESSAGE_MAX];
} helper;

/* ---- A command ------------------------------------------------------------------------------- */

static void report(uint32_t id, enum hook_end end, int code)
{
	const struct hook_report sent = {id, (int32_t)end, code};

	if (helper.fd >= 0)
		(void)send(helper.fd, &sent, sizeof(sent), MSG_NOSIGNAL);
}

/* The first child with this process, 0: none. NULL: there is none. */
static struct child *find(pid_t pid)
{
	for (size_t i = 0; i < HOOK_AT_ONCE; i++)
		if (helper.children[i].pid == pid)
			return &helper.children[i];
	return NULL;
}

static bool is_idle(void)
{
	for (size_t i = 0; i < HOOK_AT_ONCE; i++)
		if (helper.children[i].pid)
			return false;
	return true;
}

/* A file: whether the command reads it or not, nobody waits and nothing breaks. */
static int input_file(const char *text, size_t len)
{
	int fd = memfd_create("result", MFD_CLOEXEC);

	if (fd >= 0 &&
	    (!len || (write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1)) &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* A process group of its own: the keys of the terminal are for blepair, the time limit for it. */
static _Noreturn void become_command(int input, char *environment, size_t len)
{
	sigset_t none;

	for (size_t at = 0; at < len; at += strlen(environment + at) + 1)
		(void)putenv(environment + at);

	(void)sigemptyset(&none);
	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, STDIN_FILENO) >= 0)
		(void)execl("/bin/sh", "sh", "-c", helper.setup->command, (char *)NULL);
	_exit(127);
}

static void start(uint32_t id, char *environment, size_t environment_len, const char *text,
		  size_t len)
{
	struct child *child = find(0);
	int input = child ? input_file(text, len) : -1, error = child ? errno : EAGAIN;
	pid_t pid = input < 0 ? -1 : fork();

	if (pid == 0)
		become_command(input, environment, environment_len);
	if (input >= 0 && pid < 0)
		error = errno;
	if (input >= 0)
		(void)close(input);
	if (pid < 0) {
		report(id, HOOK_NOT_STARTED, error);
		return;
	}
	(void)setpgid(pid, pid); /* whichever process comes first */
	child->pid = pid;
	child->id = id;
	child->overdue = false;
	loop_timer_start(&helper.loop, &child->limit, (uint64_t)(helper.setup->seconds * 1e6));
}

static void kill_child(const struct child *child)
{
	(void)kill(-child->pid, SIGKILL);
}

static void time_over(void *ctx)
{
	struct child *child = ctx;

	child->overdue = true;
	kill_child(child);
}

static void child_ended(struct child *child, int status)
{
	child->pid = 0;
	loop_timer_stop(&helper.loop, &child->limit);
	if (child->overdue)
		report(child->id, HOOK_OVERDUE, 0);
	else if (WIFSIGNALED(status))
		report(child->id, HOOK_KILLED, WTERMSIG(status));
	else
		report(child->id, HOOK_EXITED, WEXITSTATUS(status));
}

/* Other signals are for blepair. */
static void on_signal(void *ctx, int number)
{
	struct child *child;
	int status;
	pid_t pid;

	(void)ctx;
	while (number == SIGCHLD && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		child = find(pid);
		if (child)
			child_ended(child, status);
	}
	if (helper.fd < 0 && is_idle())
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

static void kill_id(uint32_t id)
{
	for (size_t i = 0; i < HOOK_AT_ONCE; i++)
		if (helper.children[i].pid && helper.children[i].id == id)
			kill_child(&helper.children[i]);
}

static void take(char *octets, size_t len)
{
	struct hook_message message;
	char *rest = octets + sizeof(message);

	if (len < sizeof(message))
		return;
	memcpy(&message, octets, sizeof(message));
	len -= sizeof(message);
	if (message.order == HOOK_KILL)
		kill_id(message.id);
	else if (message.environment <= len)
		start(message.id, rest, message.environment, rest + message.environment,
		      len - message.environment);
}

/* The run has ended. */
static void leave(void)
{
	(void)close(helper.fd);
	helper.fd = -1;
	for (size_t i = 0; helper.setup->ends_with_us && i < HOOK_AT_ONCE; i++)
		if (helper.children[i].pid)
			kill_child(&helper.children[i]);
	if (is_idle())
		loop_stop(&helper.loop);
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	ssize_t len = recv(helper.fd, helper.message, sizeof(helper.message), 0);

	(void)ctx;
	(void)fds;
	(void)count;
	if (len > 0)
		take(helper.message, (size_t)len);
	else
		leave();
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
	const char *option = helper.setup->option;
	const char *home = privilege_home();

	if (home)
		(void)setenv("HOME", home, 1);
	if (privilege_drop() || keep_few_descriptors(fd) || loop_init(&helper.loop) ||
	    loop_watch_children(&helper.loop))
		return failure_set(failure, CLI_INTERNAL, "%s: no process can be prepared: %s",
				   option, strerror(errno));
	sandbox_hide_memory();
	if (geteuid() == 0)
		return failure_set(failure, CLI_USAGE,
				   "%s: commands never run as root; start blepair as a user, or "
				   "through sudo",
				   option);
	return 0;
}

_Noreturn void hook_process(int fd, const struct hook_setup *setup)
{
	struct failure failure = {CLI_OK, ""};

	helper.fd = fd;
	helper.setup = setup;
	const int status = prepare(fd, &failure);
	if (send(fd, &failure, sizeof(failure), MSG_NOSIGNAL) != sizeof(failure) || status)
		_exit(1);
	helper.source = (struct loop_source){.watch = watch, .ready = ready};
	for (size_t i = 0; i < HOOK_AT_ONCE; i++)
		helper.children[i].limit =
			(struct loop_timer){.fire = time_over, .ctx = &helper.children[i]};
	helper.loop.on_signal = on_signal;
	loop_add(&helper.loop, &helper.source);
	loop_run(&helper.loop);
	_exit(0);
}
