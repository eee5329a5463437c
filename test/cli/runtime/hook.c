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

static int start_with(const char *command, double seconds, bool ends_with_us)
{
	const struct hook_setup setup = {"--hook", command, seconds, ends_with_us};

	return hook_start(&hook, &setup, &failure);
}

static void start(const char *command, double seconds)
{
	if (start_with(command, seconds, false))
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
	assert_int_equal(start_with("true", 60, false), -1);
	assert_int_equal(failure.exit, CLI_USAGE);
	assert_string_equal(failure.text, "--hook: commands never run as root; start blepair as a "
					  "user, or through sudo");
}

static void without_privileges_given_up_nothing_runs(void **state)
{
	(void)state;
	keeps_privileges = true;
	assert_int_equal(start_with("true", 60, false), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "Operation not permitted"));
}

/* ---- Beside others --------------------------------------------------------------------------- */

#define CALLS 3
static struct hook_call calls[CALLS];
static struct hook_result results[CALLS];
static size_t results_count, results_wanted;

static void call_ended(void *ctx, const struct hook_result *result)
{
	results[(struct hook_call *)ctx - calls] = *result;
	if (++results_count == results_wanted)
		loop_stop(&loop);
}

static void start_calls(const char *command, double seconds)
{
	memset(calls, 0, sizeof(calls));
	results_count = results_wanted = 0;
	if (start_with(command, seconds, true))
		fail_msg("%s", failure.text);
	hook_watch(&hook, &loop);
	for (size_t i = 0; i < CALLS; i++)
		calls[i] = (struct hook_call){.ended = call_ended, .ctx = &calls[i]};
}

static int call(size_t i)
{
	char environment[] = "NUMBER=0\0OTHER=a b";

	environment[7] = (char)('0' + i);
	return hook_call(&hook, &calls[i], environment, sizeof(environment));
}

static void until(size_t count)
{
	results_wanted = count;
	if (results_count < count)
		loop_run(&loop);
	assert_int_equal(results_count, count);
}

static void calls_run_beside_each_other_with_an_environment(void **state)
{
	(void)state;
	/* The first one ends when the second one has begun. */
	start_calls("case $NUMBER in 0) until test -e $FOLDER/log; do sleep 0.01; done; exit 5;; "
		    "1) printf '%s|' \"$OTHER\" \"$(cat)\" >$FOLDER/log;; esac",
		    60);
	assert_int_equal(call(0), 0);
	assert_int_equal(call(1), 0);
	until(2);
	assert_true(results[0].end == HOOK_EXITED && results[0].code == 5);
	assert_true(results[1].end == HOOK_EXITED && results[1].code == 0);
	assert_string_equal(logged(), "a b||");
}

/* The pipe ends with the last process that has it; standard error is passed on to each. */
static void assert_gone(int read_end)
{
	struct pollfd pipe_end = {.fd = read_end, .events = POLLIN};

	do
		assert_int_equal(poll(&pipe_end, 1, 30000), 1);
	while (pipe_end.revents & POLLIN && read(read_end, &(char){0}, 1) == 1);
	assert_true(pipe_end.revents & POLLHUP);
}

/* Standard error of the helper and its commands is a pipe. */
static int start_in_pipe(const char *command, double seconds)
{
	int fds[2], saved = dup(STDERR_FILENO);

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	(void)dup2(fds[1], STDERR_FILENO);
	(void)close(fds[1]);
	start_calls(command, seconds);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	return fds[0];
}

static void a_call_that_is_ended_is_killed_with_what_it_started(void **state)
{
	int pipe_end;
	char octet;

	(void)state;
	pipe_end = start_in_pipe("sleep 60 & echo x >&2; sleep 60", 60);
	assert_int_equal(call(0), 0);
	assert_int_equal(read(pipe_end, &octet, 1), 1);
	hook_end_call(&hook, &calls[0]);
	hook_end_call(&hook, &calls[0]); /* once more: nothing */
	/* Others are not concerned, and its place is free. */
	assert_int_equal(call(1), 0);
	hook_end_call(&hook, &calls[1]);
	hook_close(&hook);
	assert_gone(pipe_end);
	(void)close(pipe_end);
	assert_int_equal(results_count, 0);
}

static void a_call_that_takes_too_long_is_killed(void **state)
{
	(void)state;
	start_calls("case $NUMBER in 0) sleep 60;; esac", 0.2);
	assert_int_equal(call(0), 0);
	assert_int_equal(call(1), 0);
	until(2);
	assert_int_equal(results[0].end, HOOK_OVERDUE);
	assert_true(results[1].end == HOOK_EXITED && results[1].code == 0);
}

static void calls_end_with_this_process(void **state)
{
	int pipe_end;
	char octet;

	(void)state;
	pipe_end = start_in_pipe("sleep 60 & echo x >&2; sleep 60", 60);
	assert_int_equal(call(0), 0);
	assert_int_equal(read(pipe_end, &octet, 1), 1);
	hook_close(&hook); /* as the end of the process does, the socket ends */
	assert_gone(pipe_end);
	(void)close(pipe_end);
}

static void calls_and_the_queue_share_a_helper(void **state)
{
	(void)state;
	start_calls("test -n \"$NUMBER\" || cat >>$FOLDER/log", 60);
	hook.ended = note;
	hook.ctx = &hook;
	run(1);
	assert_int_equal(call(2), 0);
	until(1);
	hook_finish(&hook);
	assert_true(results[2].end == HOOK_EXITED && results[2].code == 0);
	ended(0, HOOK_EXITED, 0);
}

static void without_a_helper_no_call_runs(void **state)
{
	(void)state;
	start_calls("kill -KILL $PPID", 60);
	assert_int_equal(call(0), 0);
	until(1);
	assert_int_equal(results[0].end, HOOK_LOST);
	assert_int_equal(call(1), EPIPE);
	hook_end_call(&hook, &calls[1]);
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
		CASE(calls_run_beside_each_other_with_an_environment),
		CASE(a_call_that_is_ended_is_killed_with_what_it_started),
		CASE(a_call_that_takes_too_long_is_killed),
		CASE(calls_end_with_this_process),
		CASE(calls_and_the_queue_share_a_helper),
		CASE(without_a_helper_no_call_runs),
		CASE(commands_never_run_as_root),
		CASE(without_privileges_given_up_nothing_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
