/* SPDX-License-Identifier: MIT */
/* A filter stays until the process ends, so each case runs in a process of its own. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "unit.h"

/* Ends the child with the line of the check that failed. */
#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                       \
		}                                                                       \
	} while (0)

#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(__SANITIZE_ADDRESS__)
#define FILTERED true
#else
#define FILTERED false
#endif

static void in_child(void (*run)(void))
{
	int status;

	if (!FILTERED) {
		puts("SKIPPED, not tested here: this build has no filter");
		skip();
	}
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		run();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static bool is_refused(long result)
{
	return result == -1 && errno == ENOSYS;
}

static char name[] = "/tmp/blepair-sandbox-XXXXXX";

static void run_parser(void)
{
	char text[8];
	struct stat status;
	int fd = mkstemp(name), null = open("/dev/null", O_WRONLY);

	CHECK(fd >= 0 && null >= 0 && write(fd, "abc", 3) == 3);
	CHECK(sandbox_enter(SANDBOX_PARSE) == 0);
	CHECK(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1); /* prctl() itself is refused */
	/* It can read, write and get memory. */
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, text, sizeof(text)) == 3);
	CHECK(fstat(fd, &status) == 0 && fsync(fd) == 0);
	CHECK(write(null, text, 3) == 3);
	CHECK(!isatty(null) && errno == ENOTTY);
	void *large = malloc(10 * 1024 * 1024);
	CHECK(large);
	memset(large, 1, 10 * 1024 * 1024);
	large = realloc(large, 20 * 1024 * 1024);
	CHECK(large);
	free(large);
	/* It cannot do more. */
	CHECK(is_refused(open("/etc/passwd", O_RDONLY)));
	CHECK(is_refused(unlink(name)));
	CHECK(is_refused(rename(name, "/tmp/x")));
	CHECK(is_refused(socket(AF_UNIX, SOCK_STREAM, 0)));
	CHECK(is_refused(fork()));
	CHECK(is_refused(kill(getpid(), 0)));
	CHECK(is_refused(execl("/bin/true", "true", (char *)NULL)));
	CHECK(is_refused(ioctl(fd, FIONREAD, text)));
	CHECK(is_refused(fchmod(fd, 0777)));
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		      MAP_FAILED &&
	      errno == ENOSYS);
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
	CHECK(is_refused(mprotect(page, 4096, PROT_READ | PROT_EXEC)));
}

static void a_parser_reads_and_writes_what_is_open(void **state)
{
	(void)state;
	in_child(run_parser);
	if (FILTERED)
		assert_true(access("/tmp", F_OK) == 0); /* this process has no filter */
}

static void run_writer(void)
{
	char from[] = "/tmp/blepair-sandbox-XXXXXX", to[64];
	int fd = mkstemp(from);

	(void)snprintf(to, sizeof(to), "%s.new", from);
	CHECK(fd >= 0);
	CHECK(sandbox_enter(SANDBOX_PARSE_AND_WRITE) == 0);
	CHECK(rename(from, to) == 0);
	CHECK(unlink(to) == 0);
	CHECK(is_refused(open(to, O_WRONLY | O_CREAT, 0600)));
}

static void a_writer_puts_its_files_in_their_place_as_well(void **state)
{
	(void)state;
	in_child(run_writer);
}

static void run_watch(void)
{
	char octets[4], file_name[] = "/tmp/blepair-sandbox-XXXXXX";
	int ends[2], fd = mkstemp(file_name), value = 0;
	socklen_t size = sizeof(value);
	struct msghdr message = {.msg_iov = &(struct iovec){octets, sizeof(octets)},
				 .msg_iovlen = 1};
	struct pollfd waiting = {.events = POLLIN};
	const struct timespec none = {0};
	struct termios terminal;

	CHECK(fd >= 0 && unlink(file_name) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0 && write(ends[1], "abc", 3) == 3);
	waiting.fd = ends[0];
	CHECK(sandbox_enter(SANDBOX_WATCH) == 0);
	/* It waits, receives, and writes. */
	CHECK(poll(&waiting, 1, 0) == 1 && ppoll(&waiting, 1, &none, NULL) == 1);
	CHECK(recvmsg(ends[0], &message, MSG_DONTWAIT) == 3);
	CHECK(getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &value, &size) == 0);
	CHECK(write(fd, "abc", 3) == 3 && ftruncate(fd, 0) == 0);
	/* Of a terminal it changes how keys are read, and nothing else. */
	CHECK(tcgetattr(fd, &terminal) == -1 && errno == ENOTTY);
	memset(&terminal, 0, sizeof(terminal));
	CHECK(tcsetattr(fd, TCSANOW, &terminal) == -1 && errno == ENOTTY);
	CHECK(tcgetpgrp(fd) == -1 && errno == ENOTTY);
	CHECK(getpgrp() >= 0); /* 0: of another PID namespace */
	CHECK(is_refused(ioctl(fd, TIOCSTI, octets)));
	CHECK(is_refused(ioctl(fd, FIONREAD, octets)));
	CHECK(is_refused(socket(AF_UNIX, SOCK_STREAM, 0)));
	CHECK(is_refused(sendto(ends[1], octets, 1, 0, NULL, 0)));
	CHECK(is_refused(open("/etc/passwd", O_RDONLY)));
	CHECK(is_refused(unlink("/tmp/x")));
	CHECK(is_refused(kill(getpid(), 0)));
	CHECK(is_refused(setsockopt(ends[0], SOL_SOCKET, SO_TIMESTAMP, &value, size)));
}

static void a_watcher_receives_and_reads_keys_as_well(void **state)
{
	(void)state;
	in_child(run_watch);
}

static void run_run(void)
{
	CHECK(sandbox_enter(SANDBOX_RUN) == 0);
	CHECK(prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2);
	CHECK(open("/dev/null", O_RDONLY) >= 0);
	CHECK(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	CHECK(is_refused(execl("/bin/true", "true", (char *)NULL)));
	CHECK(is_refused(syscall(SYS_ptrace, 0, 0, 0, 0)));
	CHECK(is_refused(syscall(SYS_unshare, 0)));
	CHECK(sandbox_enter(SANDBOX_PARSE) == 0); /* a stricter one can follow */
	CHECK(is_refused(open("/dev/null", O_RDONLY)));
}

static void a_run_starts_no_programs(void **state)
{
	(void)state;
	in_child(run_run);
}

static void run_without_no_new_privs(void)
{
	CHECK(setresuid(1234, 1234, 1234) == 0);
	CHECK(sandbox_enter(SANDBOX_RUN) == -1);
}

static void a_filter_that_is_refused_is_an_error(void **state)
{
	(void)state;
	if (!FILTERED || geteuid() != 0) {
		puts("SKIPPED, not tested here: this needs root and a filter");
		skip();
	}
	/* Without no_new_privs, which in_child() sets. */
	int status;
	pid_t child = fork();
	if (!child) {
		run_without_no_new_privs();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void run_hidden(void)
{
	struct rlimit limit;

	sandbox_hide_memory();
	CHECK(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
}

static void run_limited(void)
{
	enum { MIB = 1 << 20 };

	sandbox_limit_memory((size_t)64 * MIB);
	void *much = malloc((size_t)80 * MIB), *some = malloc((size_t)8 * MIB);
	CHECK(!much && some);
	free(some);
}

static void memory_has_a_limit(void **state)
{
	(void)state;
	in_child(run_limited);
}

static void memory_goes_into_no_core_dump(void **state)
{
	(void)state;
	in_child(run_hidden);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parser_reads_and_writes_what_is_open),
		cmocka_unit_test(a_writer_puts_its_files_in_their_place_as_well),
		cmocka_unit_test(a_watcher_receives_and_reads_keys_as_well),
		cmocka_unit_test(a_run_starts_no_programs),
		cmocka_unit_test(a_filter_that_is_refused_is_an_error),
		cmocka_unit_test(memory_goes_into_no_core_dump),
		cmocka_unit_test(memory_has_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
