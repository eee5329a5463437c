/* SPDX-License-Identifier: MIT */
/* A request completes once: by the store, by its limit, or by the end of the run. */
#include "runtime/timed_request.h"

#include <string.h>

#include "store/backend.h"
#include "unit.h"

static uint64_t now;
static struct loop loop;
static struct timed_request timed;
static struct store store;
static struct store_request *held; /* by the store; NULL: none */
static struct loop_timer answer_timer;
static unsigned completed, failed, to_start;
static struct failure last;
static bool at_once;

uint64_t clock_now(void)
{
	return now;
}

uint64_t clock_wall(void)
{
	return now;
}

/* Time passes without waiting. */
int clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	(void)fds;
	(void)count;
	if (deadline == UINT64_MAX)
		fail_msg("the loop waits for nothing");
	now = deadline > now ? deadline : now;
	return 0;
}

static void hold(struct store *to, struct store_request *request, struct store_entry *entries,
		 size_t count)
{
	(void)to;
	(void)entries;
	assert_int_equal(count, 1);
	if (at_once)
		store_complete(request, 0);
	else
		held = request;
}

static void forget(struct store *from, struct store_request *request)
{
	(void)from;
	assert_ptr_equal(held, request);
	held = NULL;
}

static void start(void)
{
	static struct store_entry entry;

	timed_request_write(&timed, &entry, 1);
}

static void done(void *ctx, const struct failure *failure)
{
	assert_ptr_equal(ctx, &now);
	assert_false(timed.pending);
	completed++;
	if (failure) {
		failed++;
		last = *failure;
	}
	if (to_start) {
		to_start--;
		start();
	}
}

static void answer(void *ctx)
{
	struct store_request *request = held;

	(void)ctx;
	held = NULL;
	if (!request)
		return;
	store_complete(request, 0);
	loop_timer_start(&loop, &answer_timer, 1000);
}

static void stop(void *ctx)
{
	(void)ctx;
	loop_stop(&loop);
}

static int begin(void **state)
{
	static const struct store_backend backend = {.write = hold, .forget = forget};

	(void)state;
	now = 1000000;
	completed = failed = to_start = 0;
	held = NULL;
	at_once = false;
	memset(&loop, 0, sizeof(loop));
	loop.tail = &loop.sources;
	loop.signal_fd = -1;
	store = (struct store){.backend = &backend, .database = &held, .path = "far"};
	answer_timer = (struct loop_timer){.fire = answer};
	timed_request_init(&timed, &store, &loop, done, &now);
	return 0;
}

static void one_that_completes_at_once_leaves_no_timer(void **state)
{
	(void)state;
	at_once = true;
	start();
	assert_int_equal(completed, 1);
	assert_int_equal(failed, 0);
	assert_null(loop.timers);
	timed_request_finish(&timed); /* waits for nothing */
}

static void the_end_of_a_run_waits_for_the_answer(void **state)
{
	(void)state;
	start();
	assert_true(timed.pending);
	loop_timer_start(&loop, &answer_timer, 5000);
	timed_request_finish(&timed);
	assert_int_equal(completed, 1);
	assert_int_equal(failed, 0);
	assert_int_equal(now, 1005000);
}

static void the_end_of_a_run_waits_for_requests_that_an_answer_starts(void **state)
{
	(void)state;
	to_start = 2;
	start();
	loop_timer_start(&loop, &answer_timer, 1000);
	timed_request_finish(&timed);
	assert_int_equal(completed, 3);
	assert_int_equal(failed, 0);
	assert_false(timed.pending);
}

static void one_without_an_answer_fails_after_its_limit(void **state)
{
	(void)state;
	start();
	timed_request_finish(&timed);
	assert_int_equal(now, 1000000 + TIMED_REQUEST_US);
	assert_int_equal(completed, 1);
	assert_int_equal(failed, 1);
	assert_null(held);
	assert_int_equal(last.exit, CLI_INTERNAL);
	assert_string_equal(last.text, "store far: no answer within 10 s");
}

static void one_that_is_forgotten_never_completes(void **state)
{
	(void)state;
	start();
	timed_request_forget(&timed);
	assert_false(timed.pending);
	assert_null(held);
	assert_null(loop.timers);
	timed_request_forget(&timed);
	timed_request_finish(&timed);
	assert_int_equal(completed, 0);
}

static void a_signal_ends_the_wait(void **state)
{
	struct loop_timer signal = {.fire = stop};

	(void)state;
	start();
	loop_timer_start(&loop, &signal, 2000);
	timed_request_finish(&timed);
	assert_int_equal(now, 1002000);
	assert_int_equal(completed, 1);
	assert_int_equal(last.exit, CLI_CANCELLED);
	assert_null(held);
	/* The loop can be run again. */
	start();
	loop_timer_start(&loop, &answer_timer, 1000);
	timed_request_finish(&timed);
	assert_int_equal(completed, 2);
	assert_int_equal(failed, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_that_completes_at_once_leaves_no_timer),
		TEST(the_end_of_a_run_waits_for_the_answer),
		TEST(the_end_of_a_run_waits_for_requests_that_an_answer_starts),
		TEST(one_without_an_answer_fails_after_its_limit),
		TEST(one_that_is_forgotten_never_completes),
		TEST(a_signal_ends_the_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
