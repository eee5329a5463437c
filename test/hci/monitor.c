/* SPDX-License-Identifier: MIT */
/* The monitor channel, with a socket pair in the place of the kernel. */
#include "hci/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/bytes.h"
#include "descriptors.h"
#include "hci/btsnoop.h"
#include "hci/kernel_socket.h"
#include "unit.h"

/* ---- In the place of the kernel -------------------------------------------------------------- */

static int kernel = -1; /* the far end */
static int open_error;
static uint16_t opened[2];
static uint32_t dropped; /* the counter of the socket */
static bool old_kernel;	 /* without that counter */
static uint64_t now_us;	 /* 0: the real time */

int __wrap_hci_kernel_socket(uint16_t device, uint16_t channel);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *size);

int __wrap_hci_kernel_socket(uint16_t device, uint16_t channel)
{
	opened[0] = device;
	opened[1] = channel;
	errno = open_error;
	return open_error ? -1 : 7;
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	uint32_t counters[SK_MEMINFO_VARS] = {[SK_MEMINFO_DROPS] = dropped};

	if (level != SOL_SOCKET || option != SO_MEMINFO)
		return __real_getsockopt(fd, level, option, value, size);
	if (old_kernel) {
		errno = ENOPROTOOPT;
		return -1;
	}
	assert_true(*size >= sizeof(counters));
	memcpy(value, counters, sizeof(counters));
	return 0;
}

static uint64_t now(void)
{
	return now_us;
}

static struct hci_monitor monitor;
static struct hci_monitor_record record;
static struct hci_failure failure;

static int begin(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	kernel = ends[1];
	dropped = 0;
	old_kernel = false;
	open_error = 0;
	now_us = 1000;
	memset(&monitor, 0, sizeof(monitor));
	hci_monitor_start(&monitor, ends[0], now);
	return 0;
}

static int end(void **state)
{
	(void)state;
	hci_monitor_close(&monitor);
	if (kernel >= 0)
		close(kernel);
	kernel = -1;
	return 0;
}

/* claimed: the length in the header. */
static void put(uint16_t opcode, uint16_t index, const void *data, size_t len, size_t claimed)
{
	uint8_t octets[HCI_MONITOR_HEADER + 300];

	bytes_put_le16(octets, opcode);
	bytes_put_le16(octets + 2, index);
	bytes_put_le16(octets + 4, (uint16_t)claimed);
	memcpy(octets + 6, data, len);
	assert_int_equal(write(kernel, octets, 6 + len), (ssize_t)(6 + len));
}

static int next(void)
{
	memset(&record, 0, sizeof(record));
	return hci_monitor_next(&monitor, &record, &failure);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void the_channel_of_all_controllers_is_opened(void **state)
{
	(void)state;
	assert_int_equal(hci_monitor_open(&failure), 7);
	assert_int_equal(opened[0], 0xffff);
	assert_int_equal(opened[1], 2); /* HCI_CHANNEL_MONITOR */
}

static void what_is_missing_to_open_it_is_named(void **state)
{
	static const struct {
		int error;
		enum hci_failure_kind kind;
		const char *text;
	} cases[] = {
		{EPERM, HCI_FAILURE_PERMISSION, "CAP_NET_RAW"},
		{EACCES, HCI_FAILURE_PERMISSION, "sudo"},
		{EAFNOSUPPORT, HCI_FAILURE_NOT_FOUND, "modprobe bluetooth"},
		{EPROTONOSUPPORT, HCI_FAILURE_NOT_FOUND, "no Bluetooth"},
		{EMFILE, HCI_FAILURE_GONE, "Too many open files"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_error = cases[i].error;
		assert_int_equal(hci_monitor_open(&failure), -1);
		assert_int_equal(failure.kind, cases[i].kind);
		assert_non_null(strstr(failure.text, cases[i].text));
	}
}

static void records_are_read_in_order(void **state)
{
	(void)state;
	put(0, 1, "abcdefgh", 8, 8);
	put(0x0103, 0xffff, "", 0, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.opcode, HCI_MONITOR_NEW_INDEX);
	assert_int_equal(record.index, 1);
	assert_int_equal(record.len, 8);
	assert_int_equal(record.original, 8);
	assert_memory_equal(record.data, "abcdefgh", 8);
	assert_true(record.time_us > 1600000000000000); /* the kernel's time */
	assert_int_equal(record.lost, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.opcode, 0x0103);
	assert_int_equal(record.index, 0xffff);
	assert_int_equal(record.len, 0);
	assert_int_equal(next(), 0);
}

static void a_length_that_does_not_fit_is_never_believed(void **state)
{
	(void)state;
	put(3, 0, "abcd", 4, 2); /* of more octets than it claims, the rest is none of it */
	put(3, 0, "abcd", 4, 300);
	assert_int_equal(write(kernel, "\3\0\0", 3), 3); /* not a record */
	put(4, 0, "x", 1, 1);
	assert_int_equal(next(), 1);
	assert_int_equal(record.len, 2);
	assert_int_equal(next(), 1);
	assert_int_equal(record.len, 4);
	assert_int_equal(record.original, 300);
	assert_int_equal(next(), 1);
	assert_int_equal(record.opcode, 4);
	assert_int_equal(next(), 0);
}

static void the_end_of_the_channel_is_a_failure(void **state)
{
	(void)state;
	close(kernel);
	kernel = -1;
	assert_int_equal(next(), -1);
	assert_non_null(strstr(failure.text, "ended"));
}

/* ---- What the kernel dropped ----------------------------------------------------------------- */

static void a_gap_is_behind_the_records_that_were_queued(void **state)
{
	(void)state;
	put(2, 0, "", 0, 0);
	dropped = 3; /* the buffer was full with the record above */
	now_us = UINT64_MAX / 2;
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 0);
	assert_int_equal(next(), 0);
	put(3, 0, "", 0, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 3);
	put(3, 0, "", 0, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 0); /* once */
}

static void a_gap_is_before_records_of_a_later_time(void **state)
{
	(void)state;
	dropped = UINT32_MAX;
	put(2, 0, "", 0, 0);
	assert_int_equal(next(), 1); /* now_us was long ago */
	assert_int_equal(record.lost, UINT32_MAX);
	dropped = 4; /* the counter begins again from 0 */
	put(2, 0, "", 0, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 5);
}

static void gaps_that_are_not_placed_yet_add_up(void **state)
{
	(void)state;
	now_us = UINT64_MAX / 2;
	put(2, 0, "", 0, 0);
	put(2, 0, "", 0, 0);
	dropped = 1;
	assert_int_equal(next(), 1);
	dropped = 3;
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 0);
	assert_int_equal(next(), 0);
	put(2, 0, "", 0, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 3);
}

static void a_kernel_without_the_counter_is_read_all_the_same(void **state)
{
	(void)state;
	old_kernel = true;
	dropped = 9;
	put(2, 0, "", 0, 0);
	assert_int_equal(next(), 1);
	assert_int_equal(record.lost, 0);
}

static void keys_do_not_stay_in_memory(void **state)
{
	(void)state;
	put(3, 0, "the key", 7, 7);
	assert_int_equal(next(), 1);
	hci_monitor_close(&monitor);
	assert_null(memmem(&monitor, sizeof(monitor), "the key", 7));
	assert_int_equal(monitor.fd, -1);
}

/* A program without standard input gets descriptor 0, which is one like another. */
static void descriptor_0_is_closed_as_well(void **state)
{
	(void)state;
	hci_monitor_close(&monitor);
	int saved = descriptor_0_free();
	hci_monitor_start(&monitor, dup(kernel), now);
	assert_int_equal(monitor.fd, 0);
	hci_monitor_close(&monitor);
	assert_true(fcntl(0, F_GETFD) < 0);
	descriptor_0_restore(saved);
}

/* ---- Its capture file ------------------------------------------------------------------------ */

static void a_capture_has_the_header_of_the_monitor_and_the_drops_so_far(void **state)
{
	static const char expected[] =
		"btsnoop\0\0\0\0\1\0\0\7\xd1"	     /* version 1, datalink 2001 */
		"\0\0\0\3\0\0\0\2\0\1\0\5\0\0\0\2"   /* 3 octets, 2 kept, hci1, opcode 5, 2 lost */
		"\x00\xdc\xdd\xb3\x0f\x2f\x80\x01xy" /* 1 us after 1970 */
		"\0\0\0\0\0\0\0\0\xff\xff\0\x0c\0\0\0\3"
		"\x00\xdc\xdd\xb3\x0f\x2f\x80\x02";
	char octets[200], name[] = "/tmp/blepair-monitor-XXXXXX";
	struct hci_btsnoop snoop;
	int fd = mkstemp(name);

	(void)state;
	assert_int_equal(write(fd, "what was there before, longer", 29), 29);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	hci_btsnoop_start(&snoop, fd, true);
	record = (struct hci_monitor_record){.opcode = 5,
					     .index = 1,
					     .data = (const uint8_t *)"xy",
					     .len = 2,
					     .original = 3,
					     .time_us = 1,
					     .lost = 2};
	assert_int_equal(hci_btsnoop_write_monitor(&snoop, &record, &failure), 0);
	record = (struct hci_monitor_record){.opcode = 12,
					     .index = 0xffff,
					     .data = (const uint8_t *)"",
					     .time_us = 2,
					     .lost = 1};
	assert_int_equal(hci_btsnoop_write_monitor(&snoop, &record, &failure), 0);
	assert_int_equal(pread(fd, octets, sizeof(octets), 0), (ssize_t)sizeof(expected) - 1);
	assert_memory_equal(octets, expected, sizeof(expected) - 1);
	hci_btsnoop_close(&snoop);
	(void)unlink(name);
}

static void a_full_disk_ends_the_capture(void **state)
{
	struct hci_btsnoop snoop;

	(void)state;
	hci_btsnoop_start(&snoop, open("/dev/full", O_WRONLY), false);
	record = (struct hci_monitor_record){.data = (const uint8_t *)""};
	assert_int_equal(hci_btsnoop_write_monitor(&snoop, &record, &failure), -1);
	assert_non_null(strstr(failure.text, "No space left on device"));
	hci_btsnoop_close(&snoop);
}

/* It takes a part of a record: so does a pipe that is almost full. */
static void a_record_that_is_cut_ends_the_capture(void **state)
{
	static const uint8_t data[8000];
	struct hci_btsnoop snoop;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
	hci_btsnoop_start(&snoop, ends[1], false);
	record = (struct hci_monitor_record){.data = data, .len = sizeof(data)};
	assert_int_equal(hci_btsnoop_write_monitor(&snoop, &record, &failure), -1);
	assert_non_null(strstr(failure.text, "No space left on device"));
	hci_btsnoop_close(&snoop);
	close(ends[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_channel_of_all_controllers_is_opened),
		TEST(what_is_missing_to_open_it_is_named),
		TEST(records_are_read_in_order),
		TEST(a_length_that_does_not_fit_is_never_believed),
		TEST(the_end_of_the_channel_is_a_failure),
		TEST(a_gap_is_behind_the_records_that_were_queued),
		TEST(a_gap_is_before_records_of_a_later_time),
		TEST(gaps_that_are_not_placed_yet_add_up),
		TEST(a_kernel_without_the_counter_is_read_all_the_same),
		TEST(keys_do_not_stay_in_memory),
		TEST(descriptor_0_is_closed_as_well),
		TEST(a_capture_has_the_header_of_the_monitor_and_the_drops_so_far),
		TEST(a_full_disk_ends_the_capture),
		TEST(a_record_that_is_cut_ends_the_capture),
	};
	return cmocka_run_group_tests_name("hci/monitor", tests, NULL, NULL);
}
