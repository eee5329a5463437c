/* SPDX-License-Identifier: MIT */
/*
 * Single keys, at a pseudo terminal whose foreground process is a child of the test: it reads keys,
 * prints what it gets, and leaves.
 */
#include "runtime/keys.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static struct loop loop;
static struct keys keys;
static int results[2]; /* a pipe from the child */

static void pressed(void *ctx, char key)
{
	(void)ctx;
	if (write(results[1], &key, 1) != 1)
		_exit(3);
	if (key == 'q')
		loop_stop(&loop);
}

static void report(char sign)
{
	if (write(results[1], &sign, 1) != 1)
		_exit(3);
}

static void on_signal(void *ctx, int number)
{
	(void)ctx;
	if (number != SIGCONT)
		loop_stop(&loop);
	else
		keys_resume(&keys);
	report(number == SIGCONT ? 'C' : 'S');
}

/* The child: 'R' when it is ready, then its keys; 'S' for a signal; 'E' when it has left. */
static void read_keys(void)
{
	memset(&keys, 0, sizeof(keys));
	if (loop_init(&loop))
		_exit(2);
	loop.on_signal = on_signal;
	keys = (struct keys){.loop = &loop, .pressed = pressed};
	keys_start(&keys);
	report(keys.active ? 'R' : 'N');
	if (keys.active)
		loop_run(&loop);
	keys_stop(&keys);
	report('E');
}

static pid_t child;
static int terminal;

static int begin(void **state)
{
	(void)state;
	assert_int_equal(pipe(results), 0);
	child = forkpty(&terminal, NULL, NULL, NULL);
	if (child == 0) {

		read_keys();
		(void)pause(); /* the terminal lives as long as this process */
		_exit(0);
	}
	assert_true(child > 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	close(terminal);
	close(results[0]);
	close(results[1]);
	return 0;
}

static char next(void)
{
	char sign = 0;

	assert_int_equal(read(results[0], &sign, 1), 1);
	return sign;
}

static bool has(tcflag_t flag)
{
	struct termios now;

	assert_int_equal(tcgetattr(terminal, &now), 0);
	return now.c_lflag & flag;
}

static void press(const char *text)
{
	assert_int_equal(write(terminal, text, strlen(text)), (ssize_t)strlen(text));
}

static void keys_need_no_enter_and_leave_no_trace(void **state)
{
	(void)state;
	assert_int_equal(next(), 'R');
	assert_false(has(ICANON));
	assert_false(has(ECHO));
	assert_true(has(ISIG));
	press("l");
	assert_int_equal(next(), 'l');
	press("\n");
	assert_int_equal(next(), '\n');
	press("q");
	assert_int_equal(next(), 'q');
	assert_int_equal(next(), 'E');
	assert_true(has(ICANON));
	assert_true(has(ECHO));
}

static void a_signal_restores_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(next(), 'R');
	press("\3"); /* Ctrl-C */
	assert_int_equal(next(), 'S');
	assert_int_equal(next(), 'E');
	assert_true(has(ICANON) && has(ECHO));
}

static void keys_are_read_again_after_a_shell_restored_the_terminal(void **state)
{
	struct termios shell;

	(void)state;
	assert_int_equal(next(), 'R');
	assert_int_equal(tcgetattr(terminal, &shell), 0);
	shell.c_lflag |= ICANON | ECHO;
	assert_int_equal(tcsetattr(terminal, TCSANOW, &shell), 0);
	assert_int_equal(kill(child, SIGCONT), 0);
	assert_int_equal(next(), 'C');
	assert_false(has(ICANON) || has(ECHO));
	press("q");
	assert_int_equal(next(), 'q');
	assert_int_equal(next(), 'E');
	assert_true(has(ICANON) && has(ECHO));
}

/* Standard input of this test is no terminal of which it is the foreground. */
static void without_a_terminal_there_are_no_keys(void **state)
{
	int null = dup(STDIN_FILENO);

	(void)state;
	assert_non_null(freopen("/dev/null", "r", stdin));
	assert_int_equal(loop_init(&loop), 0);
	keys = (struct keys){.loop = &loop, .pressed = pressed};
	keys_start(&keys);
	assert_false(keys.active);
	keys_resume(&keys);
	assert_false(keys.active);
	keys_stop(&keys);
	loop_close(&loop);
	assert_int_equal(dup2(null, STDIN_FILENO), STDIN_FILENO);
	close(null);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(keys_need_no_enter_and_leave_no_trace),
		TEST(a_signal_restores_the_terminal),
		TEST(keys_are_read_again_after_a_shell_restored_the_terminal),
		cmocka_unit_test(without_a_terminal_there_are_no_keys),
	};
	return cmocka_run_group_tests_name("cli/runtime/keys", tests, NULL, NULL);
}
