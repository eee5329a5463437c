/* SPDX-License-Identifier: MIT */
#include "hci/host.h"

#include <stdlib.h>
#include <string.h>

#include "hci/error.h"
#include "unit.h"

static struct hci_host host;
static struct hci_input input;
static uint8_t out[HCI_PACKET_MAX];

#define TAKE(...)                                                      \
	do {                                                           \
		const uint8_t octets[] = {__VA_ARGS__};                \
		hci_host_input(&host, octets, sizeof(octets), &input); \
	} while (0)

static int fresh(void **state)
{
	(void)state;
	hci_host_init(&host);
	return 0;
}

static void commands_go_one_at_a_time(void **state)
{
	(void)state;
	assert_true(hci_host_command(&host, HCI_RESET, NULL, 0));
	assert_true(hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0));
	assert_int_equal(hci_host_output(&host, 100, out), 4);
	assert_memory_equal(out, "\x01\x03\x0c\x00", 4);
	assert_int_equal(hci_host_output(&host, 100, out), 0);
	assert_true(hci_host_deadline(&host) == 100 + HCI_COMMAND_TIMEOUT_US);
	TAKE(4, 0x0e, 4, 1, 0x03, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(input.opcode, HCI_RESET);
	assert_true(hci_host_deadline(&host) == UINT64_MAX);
	assert_int_equal(hci_host_output(&host, 100, out), 4);
}

/* Num_HCI_Command_Packets 0 stops us until an event for opcode 0 grants a credit, 7.7.14. */
static void commands_wait_for_credits(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 0, 0x03, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	TAKE(4, 0x0e, 3, 1, 0, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	assert_int_equal(hci_host_output(&host, 0, out), 4);
	/* Command Status returns credit too. */
	(void)hci_host_command(&host, HCI_DISCONNECT, "\x2a\x00\x13", 3);
	TAKE(4, 0x0f, 4, 0x01, 1, 0x09, 0x10);
	assert_int_equal(input.status, HCI_UNKNOWN_COMMAND);
	assert_int_equal(hci_host_output(&host, 0, out), 7);
}

static void a_command_without_answer_is_named(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_LE_SET_EVENT_MASK, "\0\0\0\0\0\0\0\0", 8);
	(void)hci_host_output(&host, 5, out);
	assert_false(hci_host_expired(&host, 5 + HCI_COMMAND_TIMEOUT_US - 1, &input));
	assert_true(hci_host_expired(&host, 5 + HCI_COMMAND_TIMEOUT_US, &input));
	assert_int_equal(input.kind, HCI_IN_FATAL);
	assert_non_null(strstr(input.note, "LE Set Event Mask (0x2001)"));
}

static void data_waits_for_buffers(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 2);
	for (uint8_t i = 0; i < 3; i++)
		assert_true(hci_host_acl(&host, 0x2a, 0, &i, 1));
	assert_int_equal(hci_host_output(&host, 0, out), 6);
	assert_memory_equal(out, "\x02\x2a\x00\x01\x00\x00", 6);
	assert_int_equal(hci_host_output(&host, 0, out), 6);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_false(hci_host_acl_idle(&host, 0x2a));
	assert_true(hci_host_acl_waits(&host));
	TAKE(4, 0x13, 5, 1, 0x2a, 0, 1, 0);
	assert_int_equal(hci_host_output(&host, 0, out), 6);
	assert_false(hci_host_acl_waits(&host));
	assert_false(hci_host_acl_idle(&host, 0x2a));
	TAKE(4, 0x13, 5, 1, 0x2a, 0, 2, 0);
	assert_true(hci_host_acl_idle(&host, 0x2a));
	/* A count of more packets than were sent adds no credit. */
	TAKE(4, 0x13, 5, 1, 0x2a, 0, 200, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_int_equal(host.acl_credits, 2);
}

/* 4.1.1: a disconnection frees the buffers of the link and drops its queue, and no other. */
static void a_link_that_ends_gives_its_buffers_back(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 1);
	(void)hci_host_acl(&host, 1, 0, (const uint8_t *)"a", 1);
	(void)hci_host_acl(&host, 1, 0, (const uint8_t *)"b", 1);
	(void)hci_host_acl(&host, 2, 0, (const uint8_t *)"c", 1);
	assert_int_equal(hci_host_output(&host, 0, out), 6);
	TAKE(4, 0x05, 4, 0, 1, 0, 0x13);
	assert_int_equal(input.kind, HCI_IN_EVENT);
	assert_int_equal(hci_host_output(&host, 0, out), 6);
	assert_int_equal(out[5], 'c');
	assert_int_equal(host.acl_count, 0);
}

static void errors_of_the_controller_are_reported(void **state)
{
	(void)state;
	TAKE(4, 0x10, 1, 0x42);
	assert_int_equal(input.kind, HCI_IN_FATAL);
	assert_non_null(strstr(input.note, "Hardware Error 0x42"));
	TAKE(4, 0x1a, 1, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	TAKE(4, 0xab, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	TAKE(4, 0x3e, 1, 0x7f);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	TAKE(2, 0x2a, 0x20, 9, 0, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_non_null(strstr(input.note, "truncated"));
}

/* A virtual controller omits the handle in this reply: it is still the answer. */
static void a_short_answer_completes_its_command(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, "0123456789abcd",
			       14);
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 1, 0x20, 0x20, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(input.status, 0);
	assert_int_equal(hci_host_output(&host, 0, out), 4);
}

/* Every event cut at every octet is a note, and is never read beyond its end. */
static void a_truncated_event_is_noted(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		for (unsigned sub = 0; sub < 0x20; sub++) {
			for (size_t len = 0; len < 40; len++) {
				/* On the heap to the octet, so that the sanitizer sees every step
				 * beyond. */
				uint8_t *event = malloc(len + 3);
				assert_non_null(event);
				memset(event, 0xff, len + 3);
				event[0] = HCI_EVENT;
				event[1] = (uint8_t)code;
				event[2] = (uint8_t)len;
				if (len)
					event[3] = (uint8_t)sub;
				hci_host_input(&host, event, len + 3, &input);
				if (input.kind == HCI_IN_EVENT)
					assert_true(input.len == len);
				free(event);
			}
		}
	}
}

static void the_queue_is_bounded(void **state)
{
	size_t n = 0;

	(void)state;
	while (hci_host_command(&host, HCI_RESET, NULL, 0))
		n++;
	assert_int_equal(n, HCI_COMMAND_QUEUE);
	n = 0;
	while (hci_host_acl(&host, 1, 0, out, 27))
		n++;
	assert_int_equal(n, HCI_ACL_QUEUE);
}

static void received_data_ends_at_its_length(void **state)
{
	(void)state;
	TAKE(2, 0x2a, 0x20, 3, 0, 'a', 'b', 'c', 'd');
	assert_int_equal(input.kind, HCI_IN_ACL);
	assert_int_equal(input.handle, 0x2a);
	assert_int_equal(input.pb, 2);
	/* The octets after the length are ignored. */
	assert_int_equal(input.len, 3);
	assert_memory_equal(input.data, "abc", 3);
}

/* Packets other than events and ACL data. */
static void other_packets_are_noted(void **state)
{
	(void)state;
	hci_host_input(&host, out, 0, &input);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	TAKE(3, 0x2a, 0, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_non_null(strstr(input.note, "audio"));
	TAKE(1, 0x03, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_non_null(strstr(input.note, "type 0x01"));
	TAKE(4, 0x0e);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	/* Command Status that only grants a credit, and Command Complete that ends before its
	 * status.
	 */
	TAKE(4, 0x0f, 4, 0, 1, 0, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 3, 1, 0x03, 0x0c);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_non_null(strstr(input.note, "without a status"));
}

/* Two links: each has its own count of packets in flight. */
static void each_link_counts_its_own_packets(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 4);
	assert_true(hci_host_acl_idle(&host, 1));
	(void)hci_host_acl(&host, 1, 0, (const uint8_t *)"a", 1);
	(void)hci_host_acl(&host, 2, 0, (const uint8_t *)"b", 1);
	assert_false(hci_host_acl_idle(&host, 1));
	(void)hci_host_output(&host, 0, out);
	(void)hci_host_output(&host, 0, out);
	assert_false(hci_host_acl_idle(&host, 1));
	TAKE(4, 0x13, 5, 1, 1, 0, 1, 0);
	assert_true(hci_host_acl_idle(&host, 1));
	assert_false(hci_host_acl_idle(&host, 2));
	assert_true(hci_host_acl_idle(&host, 3));
	/* More links than counters: their data is sent too. */
	hci_host_acl_buffers(&host, 27, 40);
	for (uint16_t n = 10; n < 30; n++) {
		assert_true(hci_host_acl(&host, n, 0, (const uint8_t *)"c", 1));
		assert_int_equal(hci_host_output(&host, 0, out), 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(commands_go_one_at_a_time, fresh),
		cmocka_unit_test_setup(commands_wait_for_credits, fresh),
		cmocka_unit_test_setup(a_command_without_answer_is_named, fresh),
		cmocka_unit_test_setup(data_waits_for_buffers, fresh),
		cmocka_unit_test_setup(a_link_that_ends_gives_its_buffers_back, fresh),
		cmocka_unit_test_setup(errors_of_the_controller_are_reported, fresh),
		cmocka_unit_test_setup(a_short_answer_completes_its_command, fresh),
		cmocka_unit_test_setup(a_truncated_event_is_noted, fresh),
		cmocka_unit_test_setup(the_queue_is_bounded, fresh),
		cmocka_unit_test_setup(received_data_ends_at_its_length, fresh),
		cmocka_unit_test_setup(other_packets_are_noted, fresh),
		cmocka_unit_test_setup(each_link_counts_its_own_packets, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
