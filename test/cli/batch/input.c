/* SPDX-License-Identifier: MIT */
/* Rows of standard input: each becomes a unit, or is answered by a line; none is lost. */
#include "batch/input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/record.h"
#include "cli/batch/fixture.h"
#include "cli/store/write.h"
#include "crypto/bytes.h"

static struct batch_input input;
static struct failure failure;
static int pipe_in = -1;

/* Standard input is a pipe. */
static int open_pipe(void **state)
{
	int fds[2], status = begin(state);

	job.units = NULL;
	job.input = &input;
	job.runtime.loop.tail = &job.runtime.loop.sources; /* no loop_init(): no signals */
	options.scan_timeout = 30;
	if (pipe2(fds, O_CLOEXEC) || dup2(fds[0], STDIN_FILENO) < 0 || close(fds[0]))
		return -1;
	pipe_in = fds[1];
	return status;
}

static int close_pipe(void **state)
{
	if (pipe_in >= 0)
		(void)close(pipe_in);
	pipe_in = -1;
	batch_input_free(&input);
	return end(state);
}

static void start(void)
{
	assert_int_equal(batch_input_init(&input, &job, &failure), 0);
	assert_null(job.runtime.loop.sources); /* root is not gone */
	batch_input_start(&input);
	assert_ptr_equal(job.runtime.loop.sources, &input.source);
}

static void send(const char *text)
{
	assert_int_equal(write(pipe_in, text, strlen(text)), strlen(text));
	input.source.ready(input.source.ctx, NULL, 0);
}

static void hang_up(void)
{
	(void)close(pipe_in);
	pipe_in = -1;
	input.source.ready(input.source.ctx, NULL, 0);
	run_timers();
}

static bool is_watched(void)
{
	struct pollfd fds[1];

	return input.source.watch(input.source.ctx, fds, 1) == 1;
}

/* The unit with address C4:00:00:00:00:NN is seen, and connected. */
static struct batch_unit *connect(uint8_t last)
{
	const struct batch_advertiser device = {.connectable = true,
						.address = {1, {last, 0, 0, 0, 0, 0xc4}}};
	struct batch_unit *unit;

	batch_saw(&job.scheduler, now, 0, &device);
	unit = batch_next(&job.scheduler, now, 0);
	if (unit)
		batch_linked(&job.scheduler, unit);
	return unit;
}

static void pair(struct batch_unit *unit)
{
	uint64_t due;

	(void)batch_attempt_ended(&job.scheduler, now, unit, BATCH_SUCCEEDED, -1, &due);
	unit->answered = true; /* by batch/record.c */
}

static void rows_become_units_while_others_are_paired(void **state)
{
	struct batch_unit *first, *second;

	(void)state;
	start();
	send("address,label\nC4:00:00:00:00:01,one\nC4:00:0");
	first = connect(1);
	assert_string_equal(first->spec.label, "one");
	assert_int_equal(first->spec.line, 2);
	assert_null(connect(2)); /* half of its row has come */
	send("0:00:00:02,two\n");
	second = connect(2);
	assert_int_equal(second->spec.line, 3);
	assert_int_equal(job.scheduler.counts[BATCH_ACTIVE], 2);
	assert_int_equal(json_array_size(events), 0);
}

static void a_malformed_row_has_one_line_and_loses_nothing(void **state)
{
	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\nC4:00\nC4:00:00:00:00:02\n");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "event"), "row");
	assert_string_equal(text_of(event(0), "class"), "usage");
	assert_int_equal(number_of(event(0), "line"), 3);
	assert_non_null(strstr(text_of(event(0), "text"), "stdin: line 3, column 1: \"C4:00\""));
	assert_int_equal(input.refused, 1);
	assert_non_null(connect(1));
	assert_non_null(connect(2));
}

static void a_row_that_is_too_long_is_refused_once(void **state)
{
	static char longest[10000];

	(void)state;
	start();
	send("address\n");
	memset(longest, 'x', sizeof(longest) - 1);
	assert_int_equal(write(pipe_in, longest, sizeof(longest) - 1), sizeof(longest) - 1);
	for (size_t i = 0; i < 3; i++)
		input.source.ready(input.source.ctx, NULL, 0);
	send("\nC4:00:00:00:00:01\n");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "text"),
			    "stdin: line 2: it is longer than 4095 octets");
	assert_int_equal(connect(1)->spec.line, 3);
}

/* The other units go on, and so does the run. */
static void a_unit_that_is_not_seen_is_answered_in_time(void **state)
{
	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\n");
	pass(20000000);
	send("C4:00:00:00:00:02\n");
	pass(9999999);
	assert_int_equal(json_array_size(events), 0);
	pass(1);
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "event"), "unit");
	assert_string_equal(text_of(event(0), "cause"), "not_seen");
	assert_int_equal(number_of(event(0), "line"), 2);
	assert_true(flag_of(event(0), "final"));
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	assert_non_null(connect(2));
	pass(60000000); /* its attempt has limits of its own */
	assert_int_equal(json_array_size(events), 1);
}

/* After an attempt, the time counts from when the unit was there last. */
static void a_unit_that_is_not_seen_again_is_answered_in_time(void **state)
{
	struct batch_unit *unit;
	uint64_t due;

	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\n");
	pass(29000000);
	unit = connect(1);
	pass(5000000);
	(void)batch_attempt_ended(&job.scheduler, now, unit, BATCH_NO_ANSWER, -1, &due);
	assert_int_equal(unit->state, BATCH_WAITING);
	pass(24999999);
	assert_int_equal(json_array_size(events), 0);
	pass(30000000);
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "text"), "it was not seen again");
}

static void the_time_of_a_unit_begins_when_it_was_seen_last(void **state)
{
	struct batch_unit *unit;
	uint64_t due;

	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\n");
	pass(10000000);
	unit = connect(1);
	(void)batch_attempt_ended(&job.scheduler, now, unit, BATCH_NO_ANSWER, -1, &due);
	pass(20000000);
	pass(9999999);
	assert_int_equal(json_array_size(events), 0);
	pass(1);
	assert_int_equal(json_array_size(events), 1);
}

static void without_a_limit_a_unit_is_waited_for(void **state)
{
	(void)state;
	options.scan_timeout = 0;
	start();
	send("address\nC4:00:00:00:00:01\n");
	pass(UINT64_C(86400000000));
	assert_int_equal(json_array_size(events), 0);
	assert_non_null(connect(1));
}

static void a_row_of_a_unit_that_failed_tries_it_again(void **state)
{
	(void)state;
	start();
	send("address,label\nC4:00:00:00:00:01,one\n");
	pass(30000000);
	assert_int_equal(job.scheduler.counts[BATCH_FAILED], 1);
	send("C4:00:00:00:00:01/random,first\n");
	assert_int_equal(json_array_size(events), 1);
	assert_int_equal(job.scheduler.counts[BATCH_FAILED], 0);
	assert_int_equal(job.scheduler.total, 1);
	assert_int_equal(job.scheduler.causes[0].count, 0);
	pass(10000000);
	assert_string_equal(connect(1)->spec.label, "first");
	pass(60000000);
	assert_int_equal(json_array_size(events), 1);
}

/* A scanner may read a code twice. It is no mistake of the row. */
static void a_row_of_a_unit_under_way_is_answered_by_a_line(void **state)
{
	(void)state;
	start();
	send("address\nC4:00:00:00:00:01/random\nC4:00:00:00:00:01\n");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "event"), "row");
	assert_string_equal(text_of(event(0), "class"), "ok");
	assert_string_equal(text_of(event(0), "text"),
			    "stdin: line 3: C4:00:00:00:00:01 is in line 2 already");
	assert_int_equal(input.refused, 0);
	assert_int_equal(job.scheduler.total, 1);
	/* Another type is another device. */
	send("C4:00:00:00:00:01/public\n");
	assert_int_equal(job.scheduler.total, 2);
}

/* An address without a type is that of the unit with one, whichever it is. */
static void a_row_without_a_type_is_a_unit_of_either_type(void **state)
{
	(void)state;
	start();
	send("address\nC4:00:00:00:00:01/public\nC4:00:00:00:00:01\n");
	assert_string_equal(text_of(event(0), "class"), "ok");
	assert_non_null(strstr(text_of(event(0), "text"), "is in line 2 already"));
	assert_int_equal(job.scheduler.total, 1);
	send("C4:00:00:00:00:02\nC4:00:00:00:00:02/public\n");
	assert_int_equal(json_array_size(events), 2);
	assert_non_null(strstr(text_of(event(1), "text"), "is in line 4 already"));
	assert_int_equal(job.scheduler.total, 2);
}

/* The failure of a unit is not stored yet, and so not announced. */
static void a_unit_is_not_tried_again_before_it_is_answered(void **state)
{
	struct batch_unit *unit;

	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\n");
	unit = connect(1);
	(void)batch_controller_down(&job.scheduler, 0);
	unit->state = BATCH_FAILED;
	send("C4:00:00:00:00:01\n");
	assert_string_equal(text_of(event(0), "event"), "row");
	unit->state = BATCH_ACTIVE;
}

static void a_row_of_a_paired_unit_is_answered_at_once(void **state)
{
	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\n");
	pair(connect(1));
	send("C4:00:00:00:00:01\n");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "event"), "unit");
	assert_string_equal(text_of(event(0), "result"), "paired");
	assert_int_equal(number_of(event(0), "line"), 3);
	assert_true(flag_of(event(0), "before"));
	assert_true(flag_of(event(0), "final"));
	assert_int_equal(job.scheduler.counts[BATCH_PAIRED], 1);
}

static void stored_before(const char *unit, enum store_state unit_state)
{
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt, .state = unit_state};

	attempt_init(&attempt, "paired", CLI_OK, NULL, ATTEMPT_NONE);
	attempt.job = job.name;
	attempt.unit = unit;
	assert_int_equal(store_write(&store, &entry, 1, &failure), 0);
}

static void units_that_an_earlier_process_paired_are_not_connected(void **state)
{
	(void)state;
	with_store();
	options.job_name = "order-7";
	stored_before("C4:00:00:00:00:01/random", STORE_DONE);
	stored_before("SN-2", STORE_DONE);
	stored_before("SN-3", STORE_FAILED);
	start();
	send("address,name,label\nC4:00:00:00:00:01,,\n,x,SN-2\n,x,SN-3\n");
	assert_int_equal(json_array_size(events), 2);
	assert_true(flag_of(event(0), "before"));
	assert_string_equal(text_of(event(1), "label"), "SN-2");
	assert_int_equal(job.paired_before, 2);
	assert_int_equal(job.scheduler.counts[BATCH_PAIRED], 2);
	assert_int_equal(job.scheduler.counts[BATCH_WAITING], 1);
	assert_null(connect(1));
	send(",x,SN-2\n");
	assert_int_equal(job.paired_before, 2);
}

static void units_of_an_earlier_process_may_be_enough(void **state)
{
	(void)state;
	with_store();
	options.job_name = "order-7";
	job.scheduler.until = 1;
	stored_before("SN-1", STORE_DONE);
	start();
	send("name,label\nx,SN-2\n");
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	send("x,SN-1\n");
	assert_true(flag_of(event(0), "before"));
	assert_int_equal(job.scheduler.stop, BATCH_COUNT_REACHED);
}

/* "line 2" of the next process is another unit. */
static void with_run_a_row_needs_a_key_that_lasts(void **state)
{
	(void)state;
	with_store();
	options.job_name = "order-7";
	start();
	send("name,label\nx,\nx,SN-1\n");
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "text"),
			    "stdin: line 2: with --run, a row needs an address or a label");
	assert_int_equal(job.scheduler.total, 1);
}

/* The unit SN-1 failed as one device; the next row says what else it is. */
static void a_row_that_tries_a_unit_again_says_what_it_is(void **state)
{
	struct batch_advertiser device = {.connectable = true,
					  .address = {1, {1, 0, 0, 0, 0, 0xc4}},
					  .name = (const uint8_t *)"old",
					  .name_len = 3};
	struct batch_unit *unit;
	uint64_t due;

	(void)state;
	start();
	send("name,label\nold,SN-1\n");
	batch_saw(&job.scheduler, now, 0, &device);
	unit = batch_next(&job.scheduler, now, 0);
	assert_non_null(unit);
	assert_int_equal(batch_attempt_ended(&job.scheduler, now, unit, BATCH_WE_REFUSED, 3, &due),
			 BATCH_FINAL);
	unit->answered = true; /* by batch/record.c */
	send("new,SN-1\n");
	batch_saw(&job.scheduler, now, 0, &device);
	assert_null(batch_next(&job.scheduler, now, 0));
	device.name = (const uint8_t *)"new";
	batch_saw(&job.scheduler, now, 0, &device);
	assert_ptr_equal(batch_next(&job.scheduler, now, 0), unit);
}

/* Of this process or an earlier one. */
static void the_answer_for_a_paired_unit_has_the_place_of_its_row(void **state)
{
	static const char *const binds[] = {"1=hci0", "2=hci1"};

	(void)state;
	with_store();
	options.job_name = "order-7";
	options.binds = binds;
	options.bind_count = 2;
	stored_before("SN-2", STORE_DONE);
	start();
	send("address,name,label,slot\nC4:00:00:00:00:01/random,,SN-1,1\n");
	pair(connect(1));
	send("C4:00:00:00:00:01,,first,2\n");
	assert_string_equal(text_of(event(0), "unit"), "C4:00:00:00:00:01/random");
	assert_string_equal(text_of(event(0), "label"), "first");
	assert_string_equal(text_of(event(0), "slot"), "2");
	assert_int_equal(number_of(event(0), "line"), 3);
	send("C4:00:00:00:00:01,,SN-1,9\n,x,SN-2,9\n");
	assert_non_null(strstr(text_of(event(1), "text"),
			       "line 4: no controller belongs to the slot \"9\""));
	assert_non_null(strstr(text_of(event(2), "text"),
			       "line 5: no controller belongs to the slot \"9\""));
	assert_int_equal(json_array_size(events), 3);
	assert_int_equal(input.refused, 2);
	send(",x,SN-2,2\n");
	assert_true(flag_of(event(3), "before"));
	assert_string_equal(text_of(event(3), "slot"), "2");
}

static void the_input_ends_when_its_units_have_ended(void **state)
{
	struct batch_unit *unit;

	(void)state;
	start();
	send("address\nC4:00:00:00:00:01\n");
	pair(connect(1));
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);	       /* more may come */
	assert_int_equal(write(pipe_in, "C4:00:00:00:00:02", 17), 17); /* without an end */
	input.source.ready(input.source.ctx, NULL, 0);
	hang_up();
	assert_null(job.runtime.loop.sources);
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	unit = connect(2);
	assert_non_null(unit);
	pair(unit);
	assert_int_equal(job.scheduler.stop, BATCH_ALL_ENDED);
}

/* As when the loop wakes without data, or for a signal. */
static void an_input_without_data_is_not_its_end(void **state)
{
	(void)state;
	start();
	assert_int_equal(fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK), 0);
	input.source.ready(input.source.ctx, NULL, 0);
	assert_int_equal(json_array_size(events), 0);
	assert_true(is_watched());
	send("address\nC4:00:00:00:00:01\n");
	assert_non_null(connect(1));
}

/* The row before it counts, though its line has no end. */
static void an_input_that_cannot_be_read_has_ended(void **state)
{
	int folder = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	start();
	send("address\nC4:00:00:00:00:01");
	assert_true(dup2(folder, STDIN_FILENO) >= 0);
	(void)close(folder);
	input.source.ready(input.source.ctx, NULL, 0);
	assert_int_equal(json_array_size(events), 1);
	assert_string_equal(text_of(event(0), "class"), "internal");
	assert_string_equal(text_of(event(0), "text"), "stdin: cannot read: Is a directory");
	assert_int_equal(input.refused, 1);
	assert_null(job.runtime.loop.sources);
	assert_non_null(connect(1));
}

static void an_empty_input_is_a_mistake(void **state)
{
	(void)state;
	start();
	hang_up();
	assert_int_equal(job.scheduler.stop, BATCH_ALL_ENDED);
	assert_string_equal(text_of(event(0), "text"),
			    "stdin: no units; expected CSV with a header, or JSON lines");
	assert_int_equal(input.refused, 1);
}

static void nothing_is_read_after_the_run_was_stopped(void **state)
{
	(void)state;
	start();
	assert_true(is_watched());
	batch_stop(&job.scheduler, BATCH_MAX_FAILURES);
	assert_false(is_watched());
}

static void the_slot_of_a_row_binds_its_unit(void **state)
{
	static const char *const binds[] = {"left=hci1"};

	(void)state;
	options.binds = binds;
	options.bind_count = 1;
	start();
	send("address,slot\nC4:00:00:00:00:01,left\nC4:00:00:00:00:02,right\nC4:00:00:00:00:03,"
	     "hci0\n");
	assert_int_equal(json_array_size(events), 1);
	assert_non_null(strstr(text_of(event(0), "text"),
			       "line 3: no controller belongs to the slot \"right\""));
	assert_null(connect(1)); /* by hci0 */
	assert_non_null(connect(3));
	/* It cannot be paired any more. */
	batch_controller_gone(&job.scheduler, clock_now(), 1);
	send("C4:00:00:00:00:04,left\n");
	assert_string_equal(text_of(event(1), "text"),
			    "stdin: line 5: the controller of the slot \"left\" is out of service");
	pass(30000000);
	assert_string_equal(text_of(event(2), "text"),
			    "the controller of its slot is out of service");
}

/* Nobody hears it meanwhile: its time begins when its controller is back. */
static void a_unit_is_not_given_up_while_its_controller_is_away(void **state)
{
	static const char *const binds[] = {"left=hci1"};

	(void)state;
	options.binds = binds;
	options.bind_count = 1;
	start();
	send("address,slot\nC4:00:00:00:00:01,left\nC4:00:00:00:00:02,hci0\n");
	batch_controller_down(&job.scheduler, 1);
	pass(30000000);
	assert_int_equal(json_array_size(events), 1); /* the one of hci0 */
	assert_string_equal(text_of(event(0), "unit"), "C4:00:00:00:00:02");
	pass(30000000);
	assert_int_equal(json_array_size(events), 1);
	batch_controller_up(&job.scheduler, clock_now(), 1);
	pass(60000000);
	assert_string_equal(text_of(event(1), "unit"), "C4:00:00:00:00:01");
	assert_string_equal(text_of(event(1), "text"), "it was not seen");
}

static void a_controller_that_comes_back_has_the_whole_time_to_see_a_unit(void **state)
{
	static const char *const binds[] = {"left=hci1"};
	struct batch_unit *seen;
	uint64_t due;

	(void)state;
	options.binds = binds;
	options.bind_count = 1;
	start();
	send("address,slot\nC4:00:00:00:00:01,left\nC4:00:00:00:00:02,hci0\n");
	pass(1000000);
	seen = connect(2);
	(void)batch_attempt_ended(&job.scheduler, now, seen, BATCH_NO_ANSWER, -1, &due);
	batch_controller_down(&job.scheduler, 0);
	batch_controller_down(&job.scheduler, 1);
	pass(28500000);
	batch_controller_up(&job.scheduler, clock_now(), 0);
	batch_controller_up(&job.scheduler, clock_now(), 1);
	pass(500000); /* 30 s after the rows */
	pass(2000000);
	pass(27499999);
	assert_int_equal(json_array_size(events), 0);
	pass(1);
	assert_int_equal(json_array_size(events), 2);
	assert_string_equal(text_of(event(0), "text"), "it was not seen");
	assert_string_equal(text_of(event(1), "text"), "it was not seen again");
}

static void no_passkey_is_left_of_a_row(void **state)
{
	(void)state;
	start();
	send("address,passkey\nC4:00:00:00:00:01,493021\nC4:00");
	assert_null(memmem(input.buffer, sizeof(input.buffer), "493021", 6));
	send(":00:00:00:02,493");
	batch_input_free(&input);
	assert_true(bytes_all_zero((const uint8_t *)&input, sizeof(input)));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(rows_become_units_while_others_are_paired),
		CASE(a_malformed_row_has_one_line_and_loses_nothing),
		CASE(a_row_that_is_too_long_is_refused_once),
		CASE(a_unit_that_is_not_seen_is_answered_in_time),
		CASE(a_unit_is_not_given_up_while_its_controller_is_away),
		CASE(a_unit_that_is_not_seen_again_is_answered_in_time),
		CASE(the_time_of_a_unit_begins_when_it_was_seen_last),
		CASE(without_a_limit_a_unit_is_waited_for),
		CASE(a_row_of_a_unit_that_failed_tries_it_again),
		CASE(a_row_of_a_unit_under_way_is_answered_by_a_line),
		CASE(a_row_without_a_type_is_a_unit_of_either_type),
		CASE(a_unit_is_not_tried_again_before_it_is_answered),
		CASE(a_row_of_a_paired_unit_is_answered_at_once),
		CASE(units_that_an_earlier_process_paired_are_not_connected),
		CASE(units_of_an_earlier_process_may_be_enough),
		CASE(with_run_a_row_needs_a_key_that_lasts),
		CASE(a_row_that_tries_a_unit_again_says_what_it_is),
		CASE(the_answer_for_a_paired_unit_has_the_place_of_its_row),
		CASE(the_input_ends_when_its_units_have_ended),
		CASE(an_input_without_data_is_not_its_end),
		CASE(an_input_that_cannot_be_read_has_ended),
		CASE(an_empty_input_is_a_mistake),
		CASE(nothing_is_read_after_the_run_was_stopped),
		CASE(the_slot_of_a_row_binds_its_unit),
		CASE(a_controller_that_comes_back_has_the_whole_time_to_see_a_unit),
		CASE(no_passkey_is_left_of_a_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
