/* SPDX-License-Identifier: MIT */
/*
 * blepair watch, with a socket pair in the place of the kernel's monitor channel. Time stands still
 * while there is something to do, and jumps to the next timer otherwise; without a timer, or if the
 * test is eager, the next step of the test follows.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sandbox.h"
#include "base/words.h"
#include "cli/explain/files.h"
#include "cli/streams.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "crypto/toolbox.h"
#include "hci/monitor.h"
#include "output/standard_output.h"
#include "runtime/keys.h"
#include "unit.h"

/* ---- In the place of the machine ------------------------------------------------------------- */

static int kernel = -1, channel = -1;
static enum hci_failure_kind refused; /* opening the channel fails */
static uint32_t dropped;
static uint64_t passed; /* microseconds that were skipped */
static int columns;
static bool terminal, privileged, undroppable;
static struct keys *keys;

static void (*steps[8])(void);
static size_t step;
static bool eager;

uint64_t __wrap_clock_now(void);
uint64_t __wrap_clock_wall(void);
int __wrap_clock_wait(struct pollfd *fds, size_t count, uint64_t deadline);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __wrap_hci_monitor_open(struct hci_failure *failure);
int __wrap_isatty(int fd);
int __wrap_words_width(int fd);
void __wrap_keys_start(struct keys *its);
int __wrap_privilege_drop(void);
int __wrap_sandbox_enter(enum sandbox sandbox);

uint64_t __wrap_clock_now(void)
{
	return 1 + passed;
}

uint64_t __wrap_clock_wall(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* as the kernel stamps records */
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000 + passed;
}

int __wrap_clock_wait(struct pollfd *fds, size_t count, uint64_t deadline)
{
	int ready = poll(fds, count, 0);

	if (ready)
		return ready;
	if (deadline != UINT64_MAX && !(eager && steps[step])) {
		passed = deadline - 1 > passed ? deadline - 1 : passed;
		return 0;
	}
	if (!steps[step])
		fail_msg("nothing is left to do");
	steps[step++]();
	return poll(fds, count, 0);
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	uint32_t counters[SK_MEMINFO_VARS] = {[SK_MEMINFO_DROPS] = dropped};

	if (level != SOL_SOCKET || option != SO_MEMINFO)
		return __real_getsockopt(fd, level, option, value, size);
	memcpy(value, counters, sizeof(counters));
	return 0;
}

int __wrap_hci_monitor_open(struct hci_failure *failure)
{
	privileged = true;
	return refused ? hci_failure_set(failure, refused, "the channel is not to be had")
		       : channel;
}

int __wrap_isatty(int fd)
{
	(void)fd;
	return terminal;
}

int __wrap_words_width(int fd)
{
	(void)fd;
	return terminal ? columns : 0;
}

void __wrap_keys_start(struct keys *its)
{
	keys = its;
	keys->active = true;
}

int __wrap_privilege_drop(void)
{
	privileged = false;
	return undroppable ? -1 : 0;
}

int __wrap_sandbox_enter(enum sandbox sandbox)
{
	assert_int_equal(sandbox, SANDBOX_WATCH);
	assert_false(privileged);
	return 0;
}

/* ---- Records --------------------------------------------------------------------------------- */

static void put(uint16_t opcode, uint16_t index, const void *data, size_t len)
{
	uint8_t octets[HCI_MONITOR_HEADER + 600];

	assert_true(len <= 600);
	bytes_put_le16(octets, opcode);
	bytes_put_le16(octets + 2, index);
	bytes_put_le16(octets + 4, (uint16_t)len);
	if (len)
		memcpy(octets + 6, data, len);
	assert_int_equal(write(kernel, octets, 6 + len), (ssize_t)(6 + len));
}

/* With the address of the host in that capture: only then its values can be computed again. */
static void add_controller(uint16_t index)
{
	static const uint8_t controller[16] = {0,    1,	   0x70, 0x50, 0x15, 0xeb,
					       0x27, 0xb8, 'h',	 'c',  'i'};

	put(0, index, controller, sizeof(controller));
}

static bool is_disconnection(const struct explain_packet *packet)
{
	return packet->kind == EXPLAIN_EVENT && packet->data[0] == 0x05;
}

/* A capture of the tests, as records of hci0; with or without the end of its link. */
static void replay(const char *name, bool whole)
{
	struct reading reading;

	reading_take_stored(&reading, name);
	for (size_t i = 0; i < reading.count; i++) {
		const struct explain_packet *p = &reading.packets[i];
		const uint16_t opcode = p->kind == EXPLAIN_COMMAND ? 2
					: p->kind == EXPLAIN_EVENT ? 3
					: p->kind != EXPLAIN_ACL   ? 0
					: p->way == EXPLAIN_SENT   ? 4
								   : 5;
		if (!whole && is_disconnection(p))
			break;
		if (opcode)
			put(opcode, 0, p->data, p->len);
	}
	reading_free(&reading);
}

static void pair(void)
{
	replay("own_sc_just_works.btsnoop", false);
}

static void pair_and_disconnect(void)
{
	replay("own_sc_just_works.btsnoop", true);
}

/* The same, cut before the link ends: Pairing Failed is the last record. */
static void refuse(void)
{
	replay("pairing_failed_0x08.btmon.txt", false);
}

static void interrupt(void)
{
	assert_int_equal(raise(SIGINT), 0);
}

/* ---- The run --------------------------------------------------------------------------------- */

static struct options options;
static json_t *events;

static int begin(void **state)
{
	int ends[2], size = 1 << 20;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	channel = ends[0];
	kernel = ends[1];
	(void)setsockopt(kernel, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	refused = HCI_FAILURE_NONE;
	dropped = 0;
	passed = 0;
	terminal = undroppable = eager = false;
	columns = 80;
	keys = NULL;
	memset(steps, 0, sizeof(steps));
	step = 0;
	memset(&options, 0, sizeof(options));
	options.command = COMMAND_WATCH;
	options.json = true;
	add_controller(0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(kernel);
	json_decref(events);
	events = NULL;
	return 0;
}

/* Runs the command; with --json, events gets its lines. */
static int run(void)
{
	struct event_output output;
	char *rest = streams_out, *line;
	int code;

	json_decref(events);
	events = json_array();
	streams_capture();
	standard_output_init();
	event_output_init(&output, &options);
	code = (int)cmd_watch(&options, &output, NULL);
	(void)fflush(stdout);
	streams_restore();
	while (options.json && (line = strsep(&rest, "\n")) && *line) {
		json_t *event = json_loads(line, 0, NULL);
		assert_non_null(event);
		assert_int_equal(json_array_append_new(events, event), 0);
	}
	return code;
}

/* The index-th event of that name, or NULL. */
static const json_t *event(const char *name, size_t index)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i);
		if (strcmp(json_string_value(json_object_get(e, "event")), name) == 0 &&
		    index-- == 0)
			return e;
	}
	return NULL;
}

static const char *text(const json_t *e, const char *field)
{
	const char *value = json_string_value(json_object_get(e, field));

	return value ? value : "";
}

static int number(const json_t *e, const char *field)
{
	return (int)json_integer_value(json_object_get(e, field));
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_pairing_is_reported_while_its_link_is_up(void **state)
{
	(void)state;
	steps[0] = pair;
	steps[1] = interrupt;
	assert_int_equal(run(), 0);
	assert_string_equal(text(event("explained", 0), "outcome"), "paired");
	assert_int_equal(number(event("explained", 0), "number"), 1);
	assert_null(event("explained", 1));
	assert_string_equal(text(event("result", 0), "result"), "watched");
	assert_int_equal(number(event("result", 0), "attempts"), 1);
	assert_int_equal(number(event("result", 0), "succeeded"), 1);
	assert_true(passed > 900000 && passed < 2000000); /* a short time without a PDU */
}

static void the_end_of_its_link_does_not_report_it_again(void **state)
{
	(void)state;
	steps[0] = pair;
	steps[1] = pair_and_disconnect; /* the link before ends, as its handle is used again */
	steps[2] = interrupt;
	assert_int_equal(run(), 0);
	assert_non_null(event("explained", 1));
	assert_null(event("explained", 2));
}

static void a_refusal_is_reported_at_once_and_fails_count(void **state)
{
	(void)state;
	options.count = 1;
	steps[0] = refuse;
	assert_int_equal(run(), 15);
	assert_string_equal(text(event("explained", 0), "outcome"), "refused");
	assert_string_equal(text(event("result", 0), "result"), "failed");
	assert_string_equal(text(event("result", 0), "class"), "explained");
	assert_int_equal(number(event("result", 0), "failed"), 1);
}

static void count_ends_it_with_that_many_attempts(void **state)
{
	(void)state;
	options.count = 2;
	steps[0] = pair_and_disconnect;
	steps[1] = pair_and_disconnect;
	steps[2] = pair_and_disconnect;
	assert_int_equal(run(), 0);
	assert_int_equal(number(event("result", 0), "attempts"), 2);
	assert_int_equal(step, 2);
}

static void a_failure_does_not_fail_what_the_user_ends(void **state)
{
	(void)state;
	steps[0] = refuse;
	steps[1] = interrupt;
	assert_int_equal(run(), 0);
	assert_int_equal(number(event("result", 0), "failed"), 1);
	assert_string_equal(text(event("result", 0), "result"), "watched");
}

static void timeout_ends_it(void **state)
{
	(void)state;
	options.timeout = 5;
	assert_int_equal(run(), 0);
	assert_int_equal(passed, 5000000);
	assert_string_equal(text(event("result", 0), "text"), "0 attempts");
}

static void begin_pairing(void)
{
	static const uint8_t request[] = {0x40, 0, 11, 0, 7, 0, 6, 0, 1, 3, 0, 1, 16, 0, 0};

	put(4, 0, request, sizeof(request));
}

static void a_pairing_that_began_before_is_followed(void **state)
{
	(void)state;
	eager = true;
	steps[0] = begin_pairing;
	steps[1] = interrupt;
	assert_int_equal(run(), 0);
	assert_string_equal(text(event("explained", 0), "outcome"), "unfinished");
}

static void silence_ends_a_pairing(void **state)
{
	(void)state;
	steps[0] = begin_pairing;
	steps[1] = interrupt;
	assert_int_equal(run(), 0);
	assert_string_equal(text(event("explained", 0), "outcome"), "timed_out");
	assert_true(passed >= 30000000);
}

/* ---- The channel ----------------------------------------------------------------------------- */

static void why_the_channel_cannot_be_opened_has_a_code_of_its_own(void **state)
{
	static const struct {
		enum hci_failure_kind kind;
		int code;
	} cases[] = {
		{HCI_FAILURE_PERMISSION, 5}, {HCI_FAILURE_NOT_FOUND, 3}, {HCI_FAILURE_GONE, 1}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		refused = cases[i].kind;
		assert_int_equal(run(), cases[i].code);
		assert_string_equal(text(event("result", 0), "text"),
				    "the channel is not to be had");
		assert_false(event("explained", 0));
	}
	close(channel);
}

static void without_giving_up_privileges_nothing_is_read(void **state)
{
	(void)state;
	undroppable = true;
	assert_int_equal(run(), 1);
	assert_null(event("note", 0));
	assert_non_null(strstr(text(event("result", 0), "text"), "root could not be given up"));
}

static void end_channel(void)
{
	assert_int_equal(shutdown(kernel, SHUT_RDWR), 0);
}

static void the_end_of_the_channel_is_a_failure(void **state)
{
	(void)state;
	steps[0] = end_channel;
	assert_int_equal(run(), 13);
	assert_non_null(strstr(text(event("result", 0), "text"), "has ended"));
}

static void plug_and_unplug(void)
{
	add_controller(3);
	put(1, 0, NULL, 0);
	put(1, 3, NULL, 0);
}

static void controllers_that_come_and_go_are_noted(void **state)
{
	(void)state;
	add_controller(1);
	steps[0] = plug_and_unplug;
	steps[1] = interrupt;
	assert_int_equal(run(), 0);
	assert_string_equal(text(event("note", 0), "text"), "watching hci0, hci1");
	assert_string_equal(text(event("note", 1), "text"), "hci3 was added");
	assert_string_equal(text(event("note", 2), "text"), "hci0 was removed");
	assert_string_equal(text(event("note", 3), "text"), "hci3 was removed");
}

static void fill_the_buffer(void)
{
	put(6, 0, "", 0); /* frame 3, the last that had room */
	dropped = 7;
}

static void go_on_behind_the_gap(void)
{
	static const uint8_t confirm[4 + 4 + 17] = {0x40, 0, 21, 0, 17, 0, 6, 0, 3};
	static const uint8_t failed[] = {0x40, 0, 6, 0, 2, 0, 6, 0, 5, 8};

	put(6, 0, "", 0); /* of no interest: the gap is before the next record as well */
	put(5, 0, confirm, sizeof(confirm));
	put(5, 0, failed, sizeof(failed));
}

static void a_gap_is_noted_and_a_finding_of_the_attempt(void **state)
{
	bool found = false;

	(void)state;
	options.count = 1;
	eager = true;
	steps[0] = begin_pairing;
	steps[1] = fill_the_buffer;
	steps[2] = go_on_behind_the_gap;
	assert_int_equal(run(), 15);
	assert_non_null(
		strstr(text(event("note", 1), "text"), "7 packets are missing before frame 4"));
	const json_t *findings = json_object_get(event("explained", 0), "findings");
	for (size_t i = 0; i < json_array_size(findings); i++)
		found |= strcmp(text(json_array_get(findings, i), "id"), "capture-holes") == 0;
	assert_true(found);
}

/* ---- The file of -w -------------------------------------------------------------------------- */

static void what_it_writes_explains_to_the_same(void **state)
{
	char name[] = "/tmp/blepair-watch-XXXXXX";
	struct explain_packet packet;
	struct failure failure;
	struct stat status;
	size_t packets = 0;

	(void)state;
	assert_true(mkstemp(name) >= 0);
	(void)unlink(name);
	options.capture = name;
	steps[0] = refuse;
	steps[1] = interrupt;
	assert_int_equal(run(), 0);
	assert_int_equal(stat(name, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	struct explain_capture *capture = capture_open(name, &failure);
	assert_non_null(capture);
	assert_string_equal(capture_format(capture), "btsnoop, Linux monitor");
	const int frame = number(event("explained", 0), "frame");
	while (capture_next(capture, &packet)) {
		packets++;
		if ((int)packet.number == frame) { /* Pairing Failed */
			assert_int_equal(packet.kind, EXPLAIN_ACL);
			assert_int_equal(packet.data[8], 5);
		}
	}
	assert_true((int)packets >= frame && frame > 1);
	assert_null(capture_missing(capture));
	capture_close(capture);
	(void)unlink(name);
}

static void a_file_that_cannot_be_written_is_reported_before_the_channel_is_opened(void **state)
{
	(void)state;
	options.capture = "/nonexistent/file";
	privileged = false;
	assert_int_equal(run(), 2);
	assert_false(privileged);
	close(channel);
}

/* ---- A terminal ------------------------------------------------------------------------------ */

static void press_l(void)
{
	keys->pressed(keys->ctx, 'l');
}

static void press_q(void)
{
	keys->pressed(keys->ctx, 'q');
}

static void resize(void)
{
	columns = 40;
	assert_int_equal(raise(SIGWINCH), 0);
}

static void a_failure_is_one_sentence_and_all_of_it_is_one_key_away(void **state)
{
	(void)state;
	options.json = false;
	options.color = COLOR_NEVER;
	terminal = true;
	steps[0] = press_l;
	steps[1] = refuse;
	steps[2] = resize;
	steps[3] = press_l;
	steps[4] = press_q;
	assert_int_equal(run(), 0);
	assert_non_null(strstr(streams_err, "no attempt has failed yet"));
	assert_non_null(strstr(streams_err, "watching hci0; 0 attempts (q: quit)"));
	assert_non_null(strstr(streams_err,
			       "watching hci0; 1 attempt: 1 failed (l: last failure, q: quit)"));
	const char *sentence = strstr(streams_out, "Pairing of "),
		   *verdict = strstr(streams_out, " the responder refused: "),
		   *ladder = strstr(streams_out, "time   frame  ");
	assert_true(sentence && sentence < verdict);
	assert_true(verdict && ladder && ladder > verdict);
	assert_null(strstr(ladder + 1, "time   frame  "));
	assert_non_null(strstr(ladder, "Pairing Failed"));
	/* In the width that the terminal has now. */
	for (const char *line = verdict; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(words_columns(line, strcspn(line, "\n")), 0, 40);
}

static void without_a_terminal_the_ladder_is_an_option(void **state)
{
	(void)state;
	options.json = false;
	steps[0] = refuse;
	steps[1] = pair;
	steps[2] = interrupt;
	assert_int_equal(run(), 0);
	assert_null(strstr(streams_out, "controller, peer ("));
	assert_null(strstr(streams_err, "\r"));
	assert_non_null(strstr(streams_err, "watching hci0"));
	end(state);
	begin(state);
	options.json = false;
	options.explain = true;
	steps[0] = refuse;
	steps[1] = pair;
	steps[2] = interrupt;
	assert_int_equal(run(), 0);
	const char *ladder = strstr(streams_out, "controller, peer (");
	assert_non_null(ladder); /* after the failure only */
	assert_null(strstr(ladder + 1, "controller, peer ("));
}

static void quiet_shows_failures_only(void **state)
{
	(void)state;
	options.json = false;
	options.quiet = true;
	terminal = true;
	steps[0] = pair;
	steps[1] = refuse;
	steps[2] = interrupt;
	assert_int_equal(run(), 0);
	assert_null(strstr(streams_out, "paired"));
	assert_non_null(strstr(streams_out, "refused"));
	assert_null(strstr(streams_err, "watching"));
}

static int init(void **state)
{
	(void)state;
	return crypto_init();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_pairing_is_reported_while_its_link_is_up),
		TEST(the_end_of_its_link_does_not_report_it_again),
		TEST(a_refusal_is_reported_at_once_and_fails_count),
		TEST(count_ends_it_with_that_many_attempts),
		TEST(a_failure_does_not_fail_what_the_user_ends),
		TEST(timeout_ends_it),
		TEST(a_pairing_that_began_before_is_followed),
		TEST(silence_ends_a_pairing),
		TEST(why_the_channel_cannot_be_opened_has_a_code_of_its_own),
		TEST(without_giving_up_privileges_nothing_is_read),
		TEST(the_end_of_the_channel_is_a_failure),
		TEST(controllers_that_come_and_go_are_noted),
		TEST(a_gap_is_noted_and_a_finding_of_the_attempt),
		TEST(what_it_writes_explains_to_the_same),
		TEST(a_file_that_cannot_be_written_is_reported_before_the_channel_is_opened),
		TEST(a_failure_is_one_sentence_and_all_of_it_is_one_key_away),
		TEST(without_a_terminal_the_ladder_is_an_option),
		TEST(quiet_shows_failures_only),
	};
	return cmocka_run_group_tests_name("cli/command/watch", tests, init, NULL);
}
