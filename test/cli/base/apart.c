/* SPDX-License-Identifier: MIT */
#include "base/apart.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privilege.h"
#include "descriptors.h"
#include "unit.h"

/* In the place of base/privilege.c. */
static bool held;
static int drop_status;

bool privilege_held(void)
{
	return held;
}

int privilege_drop(void)
{
	held = false;
	/* The filter that follows needs it. */
	return drop_status ? drop_status : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* What parse() does, and what it found. */
struct work {
	enum way { SUCCEED, FAIL, DIE, SEND_NOTHING, SEND_MORE } how;
	pid_t parser;
	bool was_held;
	char sent[64];
};

static struct work work;
static struct failure failure;

static int parse(void *ctx, struct failure *why)
{
	struct work *w = ctx;

	w->parser = (pid_t)syscall(SYS_getpid); /* -1: filtered */
	w->was_held = privilege_held();
	if (w->how == DIE)
		_exit(3);
	if (w->how == FAIL)
		return failure_set(why, CLI_PERMISSION, "line %d is wrong", 7);
	memset(w->sent, 'x', sizeof(w->sent));
	return 0;
}

static int send(const void *ctx, FILE *out)
{
	const struct work *w = ctx;

	if (w->how == SEND_NOTHING)
		return 0;
	if (w->how == SEND_MORE)
		(void)fputc('y', out);
	return fwrite(w, sizeof(*w), 1, out) == 1 ? 0 : -1;
}

static int receive(void *ctx, FILE *in)
{
	return fread(ctx, sizeof(struct work), 1, in) == 1 ? 0 : -1;
}

static const struct apart apart = {parse, send, receive, &work};

static int begin(void **state)
{
	(void)state;
	held = true;
	drop_status = 0;
	work = (struct work){0};
	failure = (struct failure){CLI_OK, ""};
	return 0;
}

static void without_privileges_no_process_is_needed(void **state)
{
	(void)state;
	held = false;
	assert_int_equal(apart_run(&apart, &failure), 0);
	assert_int_equal(work.parser, getpid());
	work.how = FAIL;
	assert_int_equal(apart_run(&apart, &failure), -1);
	assert_string_equal(failure.text, "line 7 is wrong");
}

static void with_privileges_another_process_without_them_parses(void **state)
{
	const int before = descriptors_open();

	(void)state;
	assert_int_equal(apart_run(&apart, &failure), 0);
	assert_int_not_equal(work.parser, getpid());
	assert_false(work.was_held);
	assert_true(held); /* here nothing changed */
	assert_int_equal(work.sent[63], 'x');
	assert_int_equal(descriptors_open(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void the_failure_of_the_parser_is_reported(void **state)
{
	(void)state;
	work.how = FAIL;
	assert_int_equal(apart_run(&apart, &failure), -1);
	assert_int_equal(failure.exit, CLI_PERMISSION);
	assert_string_equal(failure.text, "line 7 is wrong");
}

static void a_result_that_is_not_complete_is_refused(void **state)
{
	static const enum way ways[] = {DIE, SEND_NOTHING, SEND_MORE};

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		(void)begin(NULL);
		work.how = ways[i];
		assert_int_equal(apart_run(&apart, &failure), -1);
		assert_int_equal(failure.exit, CLI_INTERNAL);
		assert_string_equal(
			failure.text,
			"the process that parses the input failed: it sent no valid result");
	}
}

static void it_does_not_parse_with_privileges_that_cannot_be_dropped(void **state)
{
	(void)state;
	drop_status = -1;
	assert_int_equal(apart_run(&apart, &failure), -1);
	assert_int_equal(failure.exit, CLI_INTERNAL);
	assert_non_null(strstr(failure.text, "privileges could not be given up"));
	assert_int_equal(work.sent[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_privileges_no_process_is_needed, begin),
		cmocka_unit_test_setup(with_privileges_another_process_without_them_parses, begin),
		cmocka_unit_test_setup(the_failure_of_the_parser_is_reported, begin),
		cmocka_unit_test_setup(a_result_that_is_not_complete_is_refused, begin),
		cmocka_unit_test_setup(it_does_not_parse_with_privileges_that_cannot_be_dropped,
				       begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
