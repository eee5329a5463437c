/* SPDX-License-Identifier: MIT */
/* Commands run in a helper process, one after the other, and each ends in one way. */
#include "runtime/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static struct hook hook;
static struct loop loop;
static struct failure failure;
static char folder[] = "/tmp/blepair-test.XXXXXX", log_file[64];
static uid_t user;
static bool keeps_privileges;

/* The tests may run as root. */
uid_t __wrap_geteuid(void);
int __wrap_privilege_drop(void);

uid_t __wrap_geteuid(void)
{
	return user;
}

int __wrap_privilege_drop(void)
{
	errno = EPERM;
	return keeps_privileges ? -1 : 0;
}

static struct {
	enum hook_end end;
	int code, number; /* of the input */
} ends[8];
static size_t end_count, stop_after;

static void note(void *ctx, const json_t *input, const struct hook_result *result)
{
	assert_ptr_equal(ctx, &hook);
	assert_true(end_count < COUNT(ends));
	ends[end_count].end = result->end;
	ends[end_count].code = result->code;
	ends[end_count++].number = (int)json_integer_value(json_object_get(input, "n"));
	if (end_count == stop_after)
		loop_stop(&loop);
}

static int begin(void **state)
{
	(void)state;
	user = 1000;
	keeps_privileges = false;
	end_count = stop_after = 0;
	memset(&hook, 0, sizeof(hook));
	(void)strcpy(folder, "/tmp/blepair-test.XXXXXX");
	if (!mkdtemp(folder) || setenv("FOLDER", folder, 1))
		return -1;
	(void)snprintf(log_file, sizeof(log_file), "%s/log", folder);
	return loop_init(&loop);
}

static int end(void **state)
{
	(void)state;
	hook_close(&hook);
	loop_close(&loop);
	(void)unlink(log_file);
	return rmdir(folder);
}

static void start(const char *command, double seconds)
{
	if (hook_start(&hook, command, seconds, &failure))
		fail_msg("%s", failure.text);
	hook.ended = note;
	hook.ctx = &hook;
	hook_watch(&hook, &loop);
}

static void run(int number)
{
	hook_run(&hook, json_pack("{s:i, s:s}", "n", number, "text", "\xc2\x9b'\"\n"));
}

static void ended(size_t i, enum hook_end how, int code)
{
	assert_true(i < end_count);
	assert_int_equal(ends[i].end, how);
	assert_int_equal(ends[i].code, code);
}

static const char *logged(void)
{
	static char text[4096];
	FILE *file = fopen(log_file, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static void commands_run_in_order_with_json_on_standard_input(void **state)
{
	(void)state;
	start("cat >>$FOLDER/log", 60);
	for (int i = 1; i <= 3; i++)
		run(i);
	hook_finish(&hook);
	assert_int_equal(end_count, 3);
	for (size_t i = 0; i < 3; i++) {
		ended(i, HOOK_EXITED, 0);
		assert_int_equal(ends[i].number, i + 1);
	}
	assert_string_equal(logged(), "{\"n\":1,\"text\":\"\\u009B'\\\"\\n\"}\n"
				      "{\"n\":2,\"text\":\"\\u009B'\\\"\\n\"}\n"
				      "{\"n\":3,\"text\":\"\\u009B'\\\"\\n\"}\n");
}

/* Nor does it matter whether it reads. */
static void how_a_command_ends_is_reported(void **state)
{
	(void)state;
	start("read -r line; case $line in *:1,*) exit 3;; *:2,*) kill -TERM $$;; esac", 60);
	run(1);
	run(2);
	run(3);
	hook_finish(&hook);
	ended(0, HOOK_EXITED, 3);
	ended(1, HOOK_KILLED, SIGTERM);
	ended(2, HOOK_EXITED, 0);
	hook_close(&hook);
	start("no-such-command-here 2>/dev/null", 60);
	run(1);
	hook_finish(&hook);
	ended(3, HOOK_EXITED, 127);
}

/* With all that it started: it is a process group. The pipe ends with the last of them. One that is
 * not killed ends by itself after a minute, which is another result. */
static void a_command_that_takes_too_long_is_killed(void **state)
{
	struct pollfd pipe_end = {.events = POLLIN};
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0); /* which the helper does not keep */
	start("(sleep 60; echo late >>$FOLDER/log) & sleep 60; echo late >>$FOLDER/log", 0.1);
	run(1);
	run(2);
	hook_finish(&hook);
	ended(0, HOOK_OVERDUE, 0);
	ended(1, HOOK_OVERDUE, 0);
	assert_int_equal(access(log_file, F_OK), -1);
	(void)close(fds[1]);
	pipe_end.fd = fds[0];
	assert_int_equal(poll(&pipe_end, 1, 30000), 1);
	assert_int_equal(pipe_end.revents, POLLHUP);
	(void)close(fds[0]);
}

static void a_command_has_no_other_descriptors(void **state)
{
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	(void)state;
	start("for i in /proc/self/fd/*; do echo ${i##*/}; done | grep -c '^[3-9]' >$FOLDER/log; "
	      "test /dev/stdout -ef /dev/stderr",
	      60);
	run(1);
	hook_finish(&hook);
	(void)close(fd);
	ended(0, HOOK_EXITED, 0);
	assert_true(atoi(logged()) <= 1); /* the directory that is listed */
}

/* The parent blocks signals and ignores SIGPIPE; a shell would inherit both. */
static void a_command_has_the_usual_signals(void **state)
{
	(void)state;
	/* nohup(1), and a shell with a job in the background, make this test ignore some. */
	for (int number = 1; number < SIGRTMIN; number++)
		(void)signal(number, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	start("grep -E '^Sig(Blk|Ign)' /proc/self/status >$FOLDER/log", 60);
	run(1);
	hook_finish(&hook);
	assert_string_equal(logged(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void a_wait_that_is_interrupted_reports_the_rest(void **state)
{
	pid_t helper;

	(void)state;
	start("read -r line; case $line in *:2,*) sleep 20;; esac", 60);
	for (int i = 1; i <= 3; i++)
		run(i);
	stop_after = 1; /* while the second one runs */
	helper = hook.helper;
	hook_finish(&hook);
	ended(0, HOOK_EXITED, 0);
	ended(1, HOOK_LEFT, 0);
	ended(2, HOOK_NOT_RUN, 0);
	hook_close(&hook); /* and does not wait for the second one */
	assert_int_equal(kill(helper, SIGKILL), 0);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
}

static void a_helper_that_ends_is_reported_for_each_command(void **state)
{
	(void)state;
	start("true", 60);
	assert_int_equal(kill(hook.helper, SIGKILL), 0);
	run(1);
	run(2);
	hook_finish(&hook);
	assert_int_equal(end_count, 2);
	assert_true(ends[0].end == HOOK_LOST || ends[0].end == HOOK_NO_HELPER);
	ended(1, HOOK_NO_HELPER, 0);
	run(3);
	ended(2, HOOK_NO_HELPER, 0);
}

static void a_helper_that_ends_leaves_the_command_under_way(void **state)
{
	(void)state;
	start("kill -KILL $PPID", 60);
	run(1);
	run(2);
	hook_finish(&hook);
	assert_int_equal(end_count, 2);
	ended(0, HOOK_LOST, 0);
	ended(1, HOOK_NO_HELPER, 0);
}

static void json_that_is_too_long_is_not_passed(void **state)
{
	static char longest[HOOK_INPUT_MAX];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	start("true", 60);
	hook_run(&hook, json_pack("{s:s}", "text", longest));
	ended(0, HOOK_NOT_STARTED, EMSGSIZE);
	run(1);
	hook_finish(&hook);
	ended(1, HOOK_EXITED, 0);
}

static void commands_never_run_as_root(void **state)
{
	(void)state;
	user = 0;
	assert_int_equal(hook_start(&hook, "true", 60, &failure), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_string_equal(failure.text, "--hook: commands never run as root; start blepair as a "
					  "user, or through sudo");
}

static void without_privileges_given_up_nothing_runs(void **state)
{
	(void)state;
	keeps_privileges = true;
	assert_int_equal(hook_start(&hook, "true", 60, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "Operation not permitted"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(commands_run_in_order_with_json_on_standard_input),
		CASE(how_a_command_ends_is_reported),
		CASE(a_command_that_takes_too_long_is_killed),
		CASE(a_command_has_no_other_descriptors),
		CASE(a_command_has_the_usual_signals),
		CASE(a_wait_that_is_interrupted_reports_the_rest),
		CASE(a_helper_that_ends_is_reported_for_each_command),
		CASE(a_helper_that_ends_leaves_the_command_under_way),
		CASE(json_that_is_too_long_is_not_passed),
		CASE(commands_never_run_as_root),
		CASE(without_privileges_given_up_nothing_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
