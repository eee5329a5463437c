/* SPDX-License-Identifier: MIT */
/* When the live view is drawn and removed, and what it shows of a job. */
#include "batch/progress.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "batch/record.h"
#include "cli/batch/fixture.h"

#define MS UINT64_C(1000)

static bool terminal;
static unsigned short terminal_columns;
static char shown[8192];
static size_t shown_len;

int __wrap_isatty(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_write(int fd, const void *octets, size_t len);
ssize_t __real_write(int fd, const void *octets, size_t len);

int __wrap_isatty(int fd)
{
	return fd == STDERR_FILENO && terminal;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	struct winsize *size;

	assert_int_equal(fd, STDERR_FILENO);
	assert_int_equal(request, TIOCGWINSZ);
	va_start(arguments, request);
	size = va_arg(arguments, struct winsize *);
	va_end(arguments);
	if (terminal_columns == 0xffff)
		return -1;
	size->ws_col = terminal_columns;
	size->ws_row = 30;
	return 0;
}

/* Half of it at a time. */
ssize_t __wrap_write(int fd, const void *octets, size_t len)
{
	if (fd != STDERR_FILENO)
		return __real_write(fd, octets, len);
	len = (len + 1) / 2;
	assert_true(shown_len + len < sizeof(shown));
	memcpy(shown + shown_len, octets, len);
	shown_len += len;
	shown[shown_len] = '\0';
	return (ssize_t)len;
}

static void clear(void)
{
	shown_len = 0;
	*shown = '\0';
}

static int start(void **state)
{
	terminal = true;
	terminal_columns = 100;
	clear();
	(void)setenv("TERM", "xterm", 1);
	return begin(state);
}

static void shows(const char *text)
{
	if (!strstr(shown, text))
		fail_msg("\"%s\" is not in:\n%s", text, shown);
}

static void only_a_terminal_has_a_live_view(void **state)
{
	(void)state;
	batch_progress_start(&job);
	assert_true(job.live);
	terminal = false;
	batch_progress_start(&job);
	assert_false(job.live);
	terminal = true;
	job.events->json = true;
	batch_progress_start(&job);
	assert_false(job.live);
	job.events->json = false;
	job.events->quiet = true;
	batch_progress_start(&job);
	assert_false(job.live);
	job.events->quiet = false;
	(void)setenv("TERM", "dumb", 1);
	batch_progress_start(&job);
	assert_false(job.live);
	(void)unsetenv("TERM");
	batch_progress_start(&job);
	assert_true(job.live);
}

static void without_a_terminal_nothing_is_drawn(void **state)
{
	(void)state;
	terminal = false;
	batch_progress_start(&job);
	batch_progress_update(&job);
	pass(1000 * MS);
	batch_progress_stop(&job);
	assert_string_equal(shown, "");
	assert_null(job.events->before);
}

static void changes_are_drawn_together_after_a_moment(void **state)
{
	(void)state;
	batch_progress_start(&job);
	pass(60 * MS);
	batch_progress_update(&job); /* does not put it off */
	pass(39 * MS);
	assert_string_equal(shown, "");
	pass(1 * MS);
	assert_string_not_equal(shown, "");
	clear();
	pass(10000 * MS); /* nothing is under way, nothing changes */
	assert_string_equal(shown, "");
}

static void seconds_count_up_while_a_unit_is_under_way(void **state)
{
	(void)state;
	add_units(1);
	(void)link_unit(0, 0);
	batch_progress_start(&job);
	pass(100 * MS);
	shows("pairing       0.1 s");
	clear();
	pass(499 * MS);
	assert_string_equal(shown, "");
	pass(1 * MS);
	shows("pairing       0.6 s");
	clear();
	batch_progress_update(&job); /* sooner than the next half second */
	pass(100 * MS);
	shows("pairing       0.7 s");
}

static void a_resting_unit_keeps_the_view_alive(void **state)
{
	uint64_t due;

	(void)state;
	add_units(1);
	(void)link_unit(0, 0);
	(void)batch_attempt_ended(&job.scheduler, now, &units[0], BATCH_LOST, 8, &due);
	controllers[0].slots[0].state = BATCH_SLOT_FREE;
	batch_progress_start(&job);
	pass(100 * MS);
	shows("1 for another try");
	clear();
	pass(500 * MS);
	shows("1 for another try");
}

static void every_phase_has_a_name(void **state)
{
	struct batch_slot *slots[5];

	(void)state;
	add_units(5);
	for (size_t i = 0; i < 4; i++)
		slots[i] = link_unit(i, 0);
	slots[4] = start_unit(4, 1);
	slots[1]->session.prompt.open = PROMPT_PASSKEY;
	slots[2]->session.state = SESSION_CLOSING;
	batch_record_attempt(slots[3], BATCH_LOST, 8);
	loop_timer_stop(&job.runtime.loop, &job.record_timer);
	batch_progress_start(&job);
	pass(2000 * MS);
	shows("C4:00:00:00:00:00 SN-0                       pairing       2.0 s  hci0");
	shows("C4:00:00:00:00:01 SN-1                       passkey? ");
	shows("C4:00:00:00:00:02 SN-2                       closing ");
	shows("C4:00:00:00:00:03 SN-3                       storing ");
	shows("C4:00:00:00:00:04 SN-4                       connecting    2.0 s  hci1");
	shows("5 under way");
	shows("2 controllers");
}

/* The same prompt as that of a session. */
static void ask(struct batch_slot *slot, enum prompt_kind kind)
{
	struct console *console = &job.runtime.console;

	slot->session.prompt.open = kind;
	slot->session.prompt.about = slot->name;
	console->first = &slot->session.prompt;
	console->asked++;
}

static void a_question_stands_below_the_units_and_its_number_on_the_row_of_its_unit(void **state)
{
	struct batch_slot *slots[2];

	(void)state;
	add_units(2);
	for (size_t i = 0; i < 2; i++) {
		slots[i] = link_unit(i, 0);
		slots[i]->session.state = SESSION_OPEN;
	}
	slots[1]->session.number = 12345;
	slots[1]->session.shows_number = true;
	ask(slots[1], PROMPT_CONFIRM);
	batch_progress_start(&job);
	pass(100 * MS);
	shows("  C4:00:00:00:00:00 SN-0                       pairing       0.1 s  hci0\n");
	shows("> C4:00:00:00:00:01 SN-1                       same?         0.1 s  012 345  hci0\n"
	      "same number on C4:00:00:00:00:01 SN-1? (yes/no) ");
	assert_true(shown[shown_len - 1] == ' ');
	/* The user types: nothing may move. */
	clear();
	pass(2000 * MS);
	batch_progress_update(&job);
	pass(2000 * MS);
	assert_string_equal(shown, "");
	/* The line has moved the cursor below the question. */
	job.runtime.console.lines++;
	job.runtime.console.first = NULL;
	slots[1]->session.prompt.open = PROMPT_NONE;
	slots[1]->session.shows_number = false;
	batch_progress_update(&job);
	pass(100 * MS);
	assert_memory_equal(shown, "\033[5A\r\033[J", strlen("\033[5A\r\033[J"));
	assert_null(strstr(shown, "same"));
	shows("  C4:00:00:00:00:01 SN-1                       pairing ");
}

static void a_question_is_drawn_again_behind_a_line_and_in_another_size(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = link_unit(0, 0);
	slot->session.state = SESSION_OPEN;
	ask(slot, PROMPT_PASSKEY);
	batch_progress_start(&job);
	pass(100 * MS);
	shows("\npasskey of C4:00:00:00:00:00 SN-0: ");
	clear();
	job.events->before(job.events->before_ctx);
	assert_string_equal(shown, "\033[3A\r\033[J");
	pass(100 * MS);
	shows("\npasskey of C4:00:00:00:00:00 SN-0: ");
	clear();
	job.runtime.redraw(&job);
	assert_memory_equal(shown, "\033[3A\r\033[J", strlen("\033[3A\r\033[J"));
	shows("\npasskey of C4:00:00:00:00:00 SN-0: ");
	/* A message of the console comes after a line that was no answer. */
	clear();
	job.runtime.console.lines++;
	job.runtime.console.before(job.runtime.console.before_ctx);
	assert_string_equal(shown, "\033[4A\r\033[J");
	clear();
	batch_progress_stop(&job);
	assert_string_equal(shown, "");
	assert_null(job.runtime.console.before);
}

static void a_passkey_to_enter_stands_on_the_row_of_its_unit(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = link_unit(0, 0);
	slot->session.state = SESSION_OPEN;
	slot->session.number = 987654;
	slot->session.shows_number = true;
	terminal_columns = 50;
	batch_progress_start(&job);
	pass(100 * MS);
	shows("  C4:00:00:00:00:00 SN-0         enter it 987 654\n");
	terminal_columns = 30;
	job.runtime.redraw(&job);
	shows("  C4:00:00:0 enter it 987 654\n");
}

static void all_links_of_a_controller_are_shown_and_nothing_else(void **state)
{
	size_t lines = 0;

	(void)state;
	add_units(HCI_LINKS_MAX);
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		(void)link_unit(i, 0);
	/* What follows the links in memory is not empty. */
	controllers[0].connecting = &controllers[0].slots[0];
	controllers[0].connect_timer.at = now + 9000 * MS;
	batch_progress_start(&job);
	pass(100 * MS);
	for (const char *at = shown; (at = strstr(at, "  hci0\n")); at++)
		lines++;
	assert_int_equal(lines, HCI_LINKS_MAX);
	assert_null(strstr(shown, " more\n"));
}

static void it_shows_counts_causes_and_the_rate(void **state)
{
	uint64_t due;

	(void)state;
	add_units(5);
	for (size_t i = 0; i < 3; i++)
		(void)link_unit(i, 0);
	(void)batch_attempt_ended(&job.scheduler, now, &units[0], BATCH_SUCCEEDED, -1, &due);
	(void)batch_attempt_ended(&job.scheduler, now, &units[1], BATCH_REFUSED, 5, &due);
	(void)batch_attempt_ended(&job.scheduler, now, &units[2], BATCH_REFUSED, 5, &due);
	for (size_t i = 0; i < 3; i++)
		controllers[0].slots[i].state = BATCH_SLOT_FREE;
	controllers[1].state = BATCH_DOWN;
	batch_rate_add(&job.rate, now);
	batch_rate_add(&job.rate, now);
	batch_progress_start(&job);
	pass(2000 * MS);
	shows("3/5 60 %  30/min  0:04 left");
	shows("1 paired  2 failed  0 under way  2 not seen yet  1 controller\n");
	shows("    2  the unit refused: Pairing Not Supported (0x05)");
	assert_null(strstr(shown, "stopping"));
}

static void it_shows_that_the_job_stops(void **state)
{
	(void)state;
	job.scheduler.stop = BATCH_INTERRUPTED;
	batch_progress_start(&job);
	pass(100 * MS);
	shows("  stopping\n");
	clear();
	job.scheduler.stop = BATCH_ALL_ENDED;
	batch_progress_update(&job);
	pass(100 * MS);
	assert_null(strstr(shown, "stopping"));
}

static void without_a_list_there_is_no_total(void **state)
{
	struct batch_unit_spec match = {0};

	(void)state;
	job.scheduler.match = &match;
	job.scheduler.total = 7;
	job.scheduler.counts[BATCH_PAIRED] = 7;
	batch_progress_start(&job);
	pass(3000 * MS);
	shows("7 units  0:03\n");
}

static void a_line_replaces_the_view_which_is_drawn_again(void **state)
{
	(void)state;
	batch_progress_start(&job);
	pass(100 * MS);
	clear();
	job.events->before(job.events->before_ctx);
	assert_string_equal(shown, "\033[2A\r\033[J");
	clear();
	job.events->before(job.events->before_ctx); /* it is removed already */
	assert_string_equal(shown, "");
	pass(100 * MS);
	assert_int_equal(shown[0] == '\033', false); /* nothing to remove */
	shows("0 paired");
}

static void the_next_view_replaces_the_last_one(void **state)
{
	(void)state;
	batch_progress_start(&job);
	pass(100 * MS);
	clear();
	batch_progress_update(&job);
	pass(100 * MS);
	assert_int_equal(strncmp(shown, "\033[2A\r\033[J", 8), 0);
}

static void at_the_end_it_is_removed(void **state)
{
	(void)state;
	batch_progress_start(&job);
	pass(100 * MS);
	batch_progress_update(&job);
	clear();
	batch_progress_stop(&job);
	assert_string_equal(shown, "\033[2A\r\033[J");
	assert_null(job.events->before);
	clear();
	batch_progress_update(&job);
	pass(1000 * MS);
	job.runtime.redraw(&job);
	batch_progress_stop(&job);
	assert_string_equal(shown, "");
}

static void a_terminal_of_another_size_is_drawn_at_once(void **state)
{
	(void)state;
	add_units(1);
	job.events->ascii = true; /* an octet is a column */
	batch_progress_start(&job);
	terminal_columns = 41;
	job.runtime.redraw(&job);
	assert_string_not_equal(shown, "");
	for (const char *line = shown, *eol; (eol = strchr(line, '\n')); line = eol + 1)
		assert_true(eol - line <= 40);
}

/* The size is not known: 80 columns. */
static void an_unknown_size_is_the_usual_one(void **state)
{
	static const unsigned short sizes[] = {0xffff, 0};

	(void)state;
	add_units(1);
	(void)link_unit(0, 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		terminal_columns = sizes[i];
		clear();
		batch_progress_start(&job);
		job.runtime.redraw(&job);
		shows("  C4:00:00:00:00:00 SN-0         pairing       0.0 s  hci0\n");
	}
}

static void colours_and_characters_are_those_of_the_output(void **state)
{
	(void)state;
	add_units(2);
	job.events->color = true;
	job.events->ascii = true;
	batch_progress_start(&job);
	pass(100 * MS);
	shows("\033[32m");
	shows("....");
	job.events->color = job.events->ascii = false;
	clear();
	batch_progress_update(&job);
	pass(100 * MS);
	assert_null(strstr(shown, "\033[32m"));
	assert_null(strstr(shown, "...."));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_a_terminal_has_a_live_view),
		CASE(without_a_terminal_nothing_is_drawn),
		CASE(changes_are_drawn_together_after_a_moment),
		CASE(seconds_count_up_while_a_unit_is_under_way),
		CASE(a_resting_unit_keeps_the_view_alive),
		CASE(every_phase_has_a_name),
		CASE(a_question_stands_below_the_units_and_its_number_on_the_row_of_its_unit),
		CASE(a_question_is_drawn_again_behind_a_line_and_in_another_size),
		CASE(a_passkey_to_enter_stands_on_the_row_of_its_unit),
		CASE(all_links_of_a_controller_are_shown_and_nothing_else),
		CASE(it_shows_counts_causes_and_the_rate),
		CASE(it_shows_that_the_job_stops),
		CASE(without_a_list_there_is_no_total),
		CASE(a_line_replaces_the_view_which_is_drawn_again),
		CASE(the_next_view_replaces_the_last_one),
		CASE(at_the_end_it_is_removed),
		CASE(a_terminal_of_another_size_is_drawn_at_once),
		CASE(an_unknown_size_is_the_usual_one),
		CASE(colours_and_characters_are_those_of_the_output),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
