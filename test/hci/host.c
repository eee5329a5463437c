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
		static const uint8_t octets[] = {__VA_ARGS__};         \
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

/* A credit is awaited like an answer: it has a limit, and the command that waits has a name. */
static void a_controller_that_allows_no_command_is_named(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	assert_false(hci_host_is_blocked(&host));
	TAKE(4, 0x0e, 4, 0, 0x03, 0x0c, 0);
	assert_true(hci_host_is_blocked(&host));
	assert_int_equal(hci_host_output(&host, 10, out), 0);
	assert_true(hci_host_deadline(&host) == 10 + HCI_COMMAND_TIMEOUT_US);
	/* Neither more commands, nor another 0, nor other events move the limit. */
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	TAKE(4, 0x0e, 3, 0, 0, 0);
	TAKE(4, 0x0f, 4, 0, 0, 0, 0);
	assert_int_equal(hci_host_output(&host, 1000, out), 0);
	assert_true(hci_host_deadline(&host) == 10 + HCI_COMMAND_TIMEOUT_US);
	assert_false(hci_host_expired(&host, 9 + HCI_COMMAND_TIMEOUT_US, &input));
	assert_true(hci_host_expired(&host, 10 + HCI_COMMAND_TIMEOUT_US, &input));
	assert_int_equal(input.kind, HCI_IN_FATAL);
	assert_int_equal(input.opcode, HCI_READ_BD_ADDR);
	assert_string_equal(input.note, "the controller did not allow Read BD_ADDR (0x1009) to be "
					"sent within 2 s");
	assert_false(hci_host_expired(&host, UINT64_MAX, &input));
}

static void a_credit_ends_the_wait_for_it(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 0, 0x03, 0x0c, 0);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_true(hci_host_deadline(&host) == UINT64_MAX); /* nothing waits to be sent */
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_true(hci_host_deadline(&host) == HCI_COMMAND_TIMEOUT_US);
	TAKE(4, 0x0e, 3, 1, 0, 0);
	assert_true(hci_host_deadline(&host) == UINT64_MAX);
	assert_int_equal(hci_host_output(&host, 50, out), 4);
	assert_true(hci_host_deadline(&host) == 50 + HCI_COMMAND_TIMEOUT_US);
}

/* Whether the command succeeded is not known: it is unanswered until its limit. */
static void an_answer_without_a_status_is_none(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	(void)hci_host_output(&host, 7, out);
	TAKE(4, 0x0e, 3, 1, 0x03, 0x0c);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_int_equal(hci_host_output(&host, 8, out), 0);
	assert_true(hci_host_deadline(&host) == 7 + HCI_COMMAND_TIMEOUT_US);
	assert_true(hci_host_expired(&host, 7 + HCI_COMMAND_TIMEOUT_US, &input));
	assert_string_equal(input.note, "the controller answered Reset (0x0c03) without a status");
	/* A whole answer that follows in time is taken. */
	hci_host_init(&host);
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 3, 1, 0x03, 0x0c);
	TAKE(4, 0x0e, 4, 1, 0x03, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_true(hci_host_deadline(&host) == UINT64_MAX);
}

/* For a reset: what was not sent is gone with its secrets, and the queues are empty. */
static void what_is_dropped_is_not_sent(void **state)
{
	static const uint8_t secret[16] = "0123456789abcdef";
	const uint8_t *all = (const uint8_t *)&host;

	(void)state;
	hci_host_acl_buffers(&host, 27, 1);
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 0, 0x03, 0x0c, 0);
	(void)hci_host_command(&host, HCI_LE_ENABLE_ENCRYPTION, secret, sizeof(secret));
	(void)hci_host_acl(&host, 1, 0, secret, sizeof(secret));
	assert_int_equal(hci_host_output(&host, 0, out), 5 + 16);
	(void)hci_host_acl(&host, 1, 0, secret, sizeof(secret));
	hci_host_drop(&host);
	assert_true(hci_host_deadline(&host) == UINT64_MAX);
	TAKE(4, 0x0e, 3, 1, 0, 0);
	hci_host_acl_buffers(&host, 27, 1);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	for (size_t i = 0; i + sizeof(secret) <= sizeof(host); i++)
		assert_memory_not_equal(all + i, secret, sizeof(secret));
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	assert_int_equal(hci_host_output(&host, 0, out), 4);
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

/* Only while a command of the maker is under way: CSR answers them so. */
static void an_event_of_the_maker_may_answer_its_command(void **state)
{
	(void)state;
	(void)hci_host_command(&host, 0xfc00, "\xc2", 1);
	TAKE(4, 0xff, 2, 0xc2, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE); /* it is not sent yet */
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0xff, 2, 0xc2, 1);
	assert_int_equal(input.kind, HCI_IN_EVENT);
	assert_int_equal(input.code, HCI_VENDOR_EVENT);
	assert_int_equal(input.len, 2);
	assert_memory_equal(input.data, "\xc2\1", 2);
	assert_false(hci_host_deadline(&host) == UINT64_MAX); /* whether it is one, others know */
	TAKE(4, 0xff, 9, 0xc2, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	TAKE(4, 0xff, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	hci_host_abandon_command(&host);
	TAKE(4, 0xff, 2, 0xc2, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0xff, 2, 0xc2, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
}

/* Makers have many, and no table has them. */
static void any_command_of_a_maker_is_answered(void **state)
{
	(void)state;
	(void)hci_host_command(&host, 0xfc01, "\1\2\3\4\5\6", 6);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 1, 0x01, 0xfc, 0x12);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(input.opcode, 0xfc01);
	assert_int_equal(input.status, 0x12);
	assert_string_equal(input.note, "");
	(void)hci_host_command(&host, 0xfc01, "\1\2\3\4\5\6", 6);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 1, 0x01, 0xfc, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(input.len, 0);
	assert_string_equal(input.note, "");
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

/* A controller that never reports completed packets says nothing about those that are pending. */
static void it_is_known_whether_completed_packets_are_reported(void **state)
{
	(void)state;
	assert_false(hci_host_acl_reported(&host));
	hci_host_acl_buffers(&host, 27, 8);
	assert_true(hci_host_acl(&host, 1, 0, (const uint8_t *)"x", 1));
	assert_int_equal(hci_host_acl_unsent(&host, 1), 1);
	while (hci_host_output(&host, 0, out))
		;
	TAKE(4, 0x13, 5, 1, 1, 0, 0, 0); /* of none */
	assert_false(hci_host_acl_reported(&host));
	TAKE(4, 0x13, 5, 1, 1, 0, 1, 0);
	assert_true(hci_host_acl_reported(&host));
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
	assert_int_equal(hci_host_acl_pending(&host, 1), 0);
	assert_int_equal(hci_host_acl_pending(&host, 2), 1);
	assert_int_equal(hci_host_acl_unsent(&host, 2), 0);
	assert_false(hci_host_acl_idle(&host, 2));
	assert_true(hci_host_acl_idle(&host, 3));
	/* More links than counters: their data is sent too. */
	hci_host_acl_buffers(&host, 27, 40);
	for (uint16_t n = 10; n < 30; n++) {
		assert_true(hci_host_acl(&host, n, 0, (const uint8_t *)"c", 1));
		assert_int_equal(hci_host_output(&host, 0, out), 6);
	}
}

/* ---- Commands and their answers: 4.4, 7.7.14, 7.7.15 -------------------------------------------
 */

static void the_state_at_first(void **state)
{
	(void)state;
	memset(&host, 0xff, sizeof(host));
	hci_host_init(&host);
	assert_int_equal(host.command_credits, 1); /* 4.4 */
	assert_int_equal(host.acl_length, 27);	   /* the least of any LE controller */
	assert_int_equal(host.acl_credits, 0);
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_true(hci_host_deadline(&host) == UINT64_MAX);
	assert_true(hci_host_acl_idle(&host, 0xfff));
	assert_false(hci_host_acl_waits(&host));
	(void)hci_host_acl(&host, 1, 0, out, 1);
	assert_int_equal(hci_host_output(&host, 0, out), 0); /* no buffers are known */
}

/* Through the end of the queue, and around it. */
static void the_queues_keep_the_order(void **state)
{
	uint8_t in = 0, next = 0;

	(void)state;
	hci_host_acl_buffers(&host, 27, UINT16_MAX);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < HCI_COMMAND_QUEUE / 2; i++) {
			assert_true(hci_host_command(&host, HCI_LE_SET_EVENT_MASK, &in, 1));
			assert_true(hci_host_acl(&host, 1, 0, &in, 1));
			in++;
		}
		for (int i = 0; i < HCI_COMMAND_QUEUE / 2; i++, next++) {
			assert_int_equal(hci_host_output(&host, 0, out), 5);
			assert_memory_equal(out, "\x01\x01\x20\x01", 4);
			assert_int_equal(out[4], next);
			assert_int_equal(hci_host_output(&host, 0, out), 6); /* data meanwhile */
			assert_memory_equal(out, "\x02\x01\0\x01\0", 5);
			assert_int_equal(out[5], next);
			TAKE(4, 0x0e, 4, 1, 0x01, 0x20, 0);
			assert_int_equal(input.handle, 0); /* one octet is no handle */
		}
	}
	assert_int_equal(hci_host_output(&host, 0, out), 0);
}

static void lengths_are_bounded(void **state)
{
	static const uint8_t octets[HCI_COMMAND_PARAMETERS_MAX + 1];

	(void)state;
	assert_false(hci_host_command(&host, HCI_RESET, octets, HCI_COMMAND_PARAMETERS_MAX + 1));
	assert_true(hci_host_command(&host, HCI_RESET, octets, HCI_COMMAND_PARAMETERS_MAX));
	assert_int_equal(hci_host_output(&host, 0, out), 4 + HCI_COMMAND_PARAMETERS_MAX);
	hci_host_acl_buffers(&host, HCI_ACL_DATA_MAX - 1, 1);
	assert_int_equal(host.acl_length, HCI_ACL_DATA_MAX - 1);
	hci_host_acl_buffers(&host, HCI_ACL_DATA_MAX + 1, 1);
	assert_int_equal(host.acl_length, HCI_ACL_DATA_MAX);
	assert_false(hci_host_acl(&host, 1, 0, octets, HCI_ACL_DATA_MAX + 1));
	assert_true(hci_host_acl(&host, 1, 0, octets, HCI_ACL_DATA_MAX));
	assert_int_equal(hci_host_output(&host, 0, out), 5 + HCI_ACL_DATA_MAX);
}

static void an_answer_has_the_fields_of_its_event(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_READ_LOCAL_VERSION, NULL, 0);
	(void)hci_host_command(&host, HCI_LE_LTK_NEGATIVE_REPLY, "\x2a\xfa", 2);
	(void)hci_host_command(&host, HCI_DISCONNECT, "\x2b\x01\x13", 3);
	(void)hci_host_output(&host, 0, out);
	memset(&input, 0xff, sizeof(input));
	TAKE(4, 0x0e, 12, 1, 0x01, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(input.opcode, HCI_READ_LOCAL_VERSION);
	assert_int_equal(input.status, 0);
	assert_false(input.status_only);
	assert_int_equal(input.handle, 0);
	assert_int_equal(input.len, 8);
	assert_memory_equal(input.data, "\1\2\3\4\5\6\7\x8", 8);
	assert_string_equal(input.note, "");
	assert_int_equal(input.code, 0);
	assert_int_equal(input.subevent, 0);
	assert_int_equal(input.pb, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 6, 1, 0x1b, 0x20, 0x02, 0x2a, 0x0a);
	assert_int_equal(input.status, 0x02);
	assert_int_equal(input.handle, 0xa2a); /* of the command, without the reserved bits */
	assert_int_equal(input.len, 2);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0f, 4, 0x0c, 1, 0x06, 0x04);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_int_equal(input.opcode, HCI_DISCONNECT);
	assert_int_equal(input.status, 0x0c);
	assert_true(input.status_only);
	assert_int_equal(input.handle, 0x12b);
	assert_int_equal(input.len, 0);
	assert_non_null(input.data);
}

static void a_short_answer_is_noted_if_it_succeeds(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 8, 1, 0x09, 0x10, 0, 1, 2, 3, 4);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	assert_string_equal(input.note,
			    "Command Complete of Read BD_ADDR is short, by 2 of its octets");
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 9, 1, 0x09, 0x10, 0, 1, 2, 3, 4, 5);
	assert_string_equal(input.note,
			    "Command Complete of Read BD_ADDR is short, by 1 of its octets");
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 10, 1, 0x09, 0x10, 0, 1, 2, 3, 4, 5, 6);
	assert_string_equal(input.note, "");
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 1, 0x09, 0x10, 0x0c); /* a refusal carries no more */
	assert_int_equal(input.status, 0x0c);
	assert_string_equal(input.note, "");
}

static void an_answer_to_another_command_is_noted(void **state)
{
	(void)state;
	TAKE(4, 0x0e, 4, 1, 0x03, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 1, 0x09, 0x10, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "Command Complete for 0x1009, which was not sent");
	TAKE(4, 0x0f, 4, 0, 1, 0x06, 0x04);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "Command Status for 0x0406, which was not sent");
	/* The command still waits for its answer. */
	assert_true(hci_host_deadline(&host) == HCI_COMMAND_TIMEOUT_US);
	TAKE(4, 0x0e, 4, 1, 0x03, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
	/* Opcode 0 answers no command, whether one is outstanding or not. */
	TAKE(4, 0x0e, 3, 1, 0, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	TAKE(4, 0x0f, 4, 0, 1, 0, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	/* One that is sent, but not in the tables of this program: its answer cannot be checked. */
	(void)hci_host_command(&host, 0x0c7f, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0e, 4, 1, 0x7f, 0x0c, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	/* Opcode 1 is an opcode like another. */
	(void)hci_host_command(&host, 1, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	TAKE(4, 0x0f, 4, 0, 1, 1, 0);
	assert_int_equal(input.kind, HCI_IN_COMMAND);
}

static void an_overdue_command_is_reported_once(void **state)
{
	(void)state;
	assert_false(hci_host_expired(&host, UINT64_MAX, &input)); /* no command is outstanding */
	(void)hci_host_command(&host, HCI_RESET, NULL, 0);
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	(void)hci_host_command(&host, HCI_READ_BD_ADDR, NULL, 0);
	(void)hci_host_output(&host, 0, out);
	memset(&input, 0xff, sizeof(input));
	assert_true(hci_host_expired(&host, HCI_COMMAND_TIMEOUT_US, &input));
	assert_int_equal(input.kind, HCI_IN_FATAL);
	assert_int_equal(input.opcode, HCI_RESET);
	assert_int_equal(input.handle, 0);
	assert_null(input.data);
	assert_string_equal(input.note, "the controller did not answer Reset (0x0c03) within 2 s");
	assert_false(hci_host_expired(&host, UINT64_MAX, &input));
	assert_int_equal(hci_host_output(&host, 0, out), 0); /* no credit without an answer */
	hci_host_abandon_command(&host);
	assert_int_equal(hci_host_output(&host, 0, out), 4);
	assert_int_equal(hci_host_output(&host, 0, out), 0); /* one command, not two */
	hci_host_abandon_command(&host);
	assert_true(hci_host_deadline(&host) == UINT64_MAX);
	assert_int_equal(host.command_credits, 1);
}

/* ---- Data: 4.1.1, 5.4.2, 7.7.5, 7.7.19 ----------------------------------------------------------
 */

static void the_header_of_data(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 2);
	assert_true(hci_host_acl(&host, 0xa2a, 2, (const uint8_t *)"abc", 3));
	assert_int_equal(hci_host_output(&host, 0, out), 8);
	assert_memory_equal(out,
			    "\x02\x2a\x2a\x03\x00"
			    "abc",
			    8);
	assert_true(hci_host_acl(&host, 0x001, 1, (const uint8_t *)"", 0));
	assert_int_equal(hci_host_output(&host, 0, out), 5);
	assert_memory_equal(out, "\x02\x01\x10\x00\x00", 5);
	TAKE(2, 0x2b, 0xfa, 3, 0, 'a', 'b', 'c');
	assert_int_equal(input.kind, HCI_IN_ACL);
	assert_int_equal(input.handle, 0xa2b);
	assert_int_equal(input.pb, 3);
	assert_int_equal(input.len, 3);
	assert_memory_equal(input.data, "abc", 3);
	TAKE(2, 0x2a, 0x10, 0, 0);
	assert_int_equal(input.kind, HCI_IN_ACL);
	assert_int_equal(input.pb, 1);
	assert_int_equal(input.len, 0);
	/* Truncated in the header, and by one octet. */
	TAKE(2, 0x2a, 0x20, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "an ACL packet of length 4 is truncated");
	TAKE(2, 0x2a, 0x20, 3, 0, 'a', 'b');
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "an ACL packet of length 7 is truncated");
}

static void send_data(uint16_t handle, unsigned count)
{
	while (count--) {
		assert_true(hci_host_acl(&host, handle, 0, (const uint8_t *)"x", 1));
		assert_int_equal(hci_host_output(&host, 0, out), 6);
	}
}

static void completed_packets_of_many_links(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 700);
	send_data(0xa01, 300);
	send_data(0xa02, 2);
	send_data(3, 3);
	assert_int_equal(host.acl_credits, 395);
	/* Each handle has its own count of 16 bits. */
	TAKE(4, 0x13, 13, 3, 0x01, 0xfa, 0x2c, 1, 0x02, 0x0a, 2, 0, 3, 0, 1, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	assert_int_equal(host.acl_credits, 698);
	assert_true(hci_host_acl_idle(&host, 0xa01));
	assert_true(hci_host_acl_idle(&host, 0xa02));
	assert_false(hci_host_acl_idle(&host, 3));
	/* No more credit than was sent; nothing for an unknown link. */
	TAKE(4, 0x13, 9, 2, 3, 0, 3, 0, 9, 0, 1, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note,
			    "the controller completed more packets than were sent (handle 9)");
	assert_int_equal(host.acl_credits, 700);
	assert_true(hci_host_acl_idle(&host, 3));
	/* Octets after the last handle are ignored; an event that is too short is noted. */
	send_data(3, 2);
	TAKE(4, 0x13, 9, 1, 3, 0, 1, 0, 3, 0, 1, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	assert_int_equal(host.acl_credits, 699);
	TAKE(4, 0x13, 8, 2, 3, 0, 1, 0, 3, 0, 1);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note,
			    "Number Of Completed Packets is shorter than its count requires");
	assert_int_equal(host.acl_credits, 699);
	TAKE(4, 0x13, 1, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
}

static void the_end_of_a_link_leaves_the_others(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 4);
	send_data(0xa01, 1);
	send_data(2, 3);
	for (uint8_t i = 0; i < 6; i++) /* waiting, in turn */
		(void)hci_host_acl(&host, i % 2 ? 2 : 0xa01, 0, &i, 1);
	TAKE(4, 0x05, 4, 0x0c, 0x01, 0x0a, 0x13); /* it failed: the link is still up */
	assert_int_equal(host.acl_credits, 0);
	assert_int_equal(host.acl_count, 6);
	assert_false(hci_host_acl_idle(&host, 0xa01));
	TAKE(4, 0x05, 4, 0, 0x01, 0xfa, 0x13);
	assert_int_equal(input.kind, HCI_IN_EVENT);
	assert_int_equal(input.code, HCI_DISCONNECTION_COMPLETE);
	assert_int_equal(input.len, 4);
	assert_memory_equal(input.data, "\0\x01\xfa\x13", 4);
	assert_true(hci_host_acl_idle(&host, 0xa01));
	assert_int_equal(host.acl_credits, 1);
	assert_int_equal(host.acl_count, 3);
	TAKE(4, 0x13, 5, 1, 2, 0, 3, 0);
	for (uint8_t i = 1; i < 6; i += 2) {
		assert_int_equal(hci_host_output(&host, 0, out), 6);
		assert_int_equal(out[1], 2);
		assert_int_equal(out[5], i);
	}
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_int_equal(host.acl_credits, 1);
	/* Its counter is free for the next link with its handle. */
	send_data(0xa01, 1);
	TAKE(4, 0x13, 5, 1, 0x01, 0x0a, 1, 0);
	assert_int_equal(input.kind, HCI_IN_NOTHING);
	assert_true(hci_host_acl_idle(&host, 0xa01));
}

/* HCI_LINKS_MAX links are counted; one that ends makes room for another. */
static void the_counters_are_used_again(void **state)
{
	(void)state;
	hci_host_acl_buffers(&host, 27, 100);
	for (uint8_t h = 0; h < HCI_LINKS_MAX; h++)
		send_data(h, 1);
	send_data(77, 1); /* not counted: no event completes it */
	assert_true(hci_host_acl_idle(&host, 77));
	for (uint8_t h = 0; h < HCI_LINKS_MAX; h++)
		assert_false(hci_host_acl_idle(&host, h));
	TAKE(4, 0x05, 4, 0, 5, 0, 0x13);
	send_data(78, 1);
	assert_false(hci_host_acl_idle(&host, 78));
	for (uint8_t h = 0; h < HCI_LINKS_MAX; h++)
		assert_int_equal(hci_host_acl_idle(&host, h), h == 5);
}

/* ---- Secrets -----------------------------------------------------------------------------------
 */

static const uint8_t secret[16] = {0x9d, 0x3c, 0x71, 0xe8, 0x52, 0xb6, 0x0f, 0xca,
				   0x84, 0x2e, 0xd5, 0x69, 0xa1, 0x17, 0xf3, 0x48};

static bool host_holds_secret(void)
{
	return memmem(&host, sizeof(host), secret, sizeof(secret)) != NULL;
}

static void keys_leave_the_queues_with_their_packets(void **state)
{
	(void)state;
	(void)hci_host_command(&host, HCI_LE_LTK_REPLY, secret, sizeof(secret));
	assert_true(host_holds_secret());
	(void)hci_host_output(&host, 0, out);
	assert_false(host_holds_secret());
	hci_host_acl_buffers(&host, 27, 1);
	(void)hci_host_acl(&host, 1, 0, secret, sizeof(secret));
	(void)hci_host_output(&host, 0, out);
	assert_false(host_holds_secret());
	/* Data that is never sent, because its link ends. */
	for (uint16_t i = 0; i < 4; i++)
		(void)hci_host_acl(&host, i % 2 ? 1 : 2, 0, i % 2 ? secret : out,
				   i % 2 ? sizeof(secret) : 1);
	TAKE(4, 0x05, 4, 0, 1, 0, 0x13);
	assert_false(host_holds_secret());
	assert_int_equal(host.acl_count, 2);
}

/* ---- Events ------------------------------------------------------------------------------------
 */

static void notes_name_the_event(void **state)
{
	(void)state;
	TAKE(4, 0x08);
	assert_string_equal(input.note, "an event of length 2, too short for its header");
	TAKE(4, 0xab, 0);
	assert_string_equal(input.note, "event 0xab is not known here");
	TAKE(4, 0x08, 4, 0, 0x2a);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "Encryption Change is truncated to 2 of 4 octets");
	TAKE(4, 0x08, 3, 0, 0x2a, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "Encryption Change is truncated to 3 of 4 octets");
	TAKE(4, 0x08, 3, 0, 0x2a, 0, 1, 1, 1); /* by its length, not by the octets after it */
	assert_string_equal(input.note, "Encryption Change is truncated to 3 of 4 octets");
	TAKE(4, 0x3e, 2, 0x7f, 1);
	assert_string_equal(input.note, "LE subevent 0x7f is not known here");
	TAKE(4, 0x3e, 3, 0x14, 1, 2);
	assert_string_equal(input.note,
			    "LE Channel Selection Algorithm is truncated to 3 of 4 octets");
	TAKE(4, 0x1a, 1, 1);
	assert_string_equal(input.note, "the controller reports Data Buffer Overflow");
	TAKE(5, 0x2a, 0, 0);
	assert_int_equal(input.kind, HCI_IN_NOTE);
	assert_string_equal(input.note, "audio data from the controller is ignored");
}

static void an_event_ends_at_its_length(void **state)
{
	(void)state;
	memset(&input, 0xff, sizeof(input));
	TAKE(4, 0x08, 4, 0, 0x2a, 0, 1, 9, 9);
	assert_int_equal(input.kind, HCI_IN_EVENT);
	assert_int_equal(input.code, HCI_ENCRYPTION_CHANGE);
	assert_int_equal(input.subevent, 0);
	assert_int_equal(input.opcode, 0);
	assert_int_equal(input.len, 4);
	assert_memory_equal(input.data, "\0\x2a\0\1", 4);
	assert_string_equal(input.note, "");
	TAKE(4, 0x3e, 4, 0x14, 0x2a, 0, 1);
	assert_int_equal(input.kind, HCI_IN_EVENT);
	assert_int_equal(input.code, HCI_LE_META);
	assert_int_equal(input.subevent, HCI_LE_CHANNEL_SELECTION);
	assert_int_equal(input.len, 4);
	assert_memory_equal(input.data, "\x14\x2a\0\1", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(commands_go_one_at_a_time, fresh),
		cmocka_unit_test_setup(commands_wait_for_credits, fresh),
		cmocka_unit_test_setup(a_controller_that_allows_no_command_is_named, fresh),
		cmocka_unit_test_setup(a_credit_ends_the_wait_for_it, fresh),
		cmocka_unit_test_setup(an_answer_without_a_status_is_none, fresh),
		cmocka_unit_test_setup(what_is_dropped_is_not_sent, fresh),
		cmocka_unit_test_setup(a_command_without_answer_is_named, fresh),
		cmocka_unit_test_setup(data_waits_for_buffers, fresh),
		cmocka_unit_test_setup(a_link_that_ends_gives_its_buffers_back, fresh),
		cmocka_unit_test_setup(errors_of_the_controller_are_reported, fresh),
		cmocka_unit_test_setup(a_short_answer_completes_its_command, fresh),
		cmocka_unit_test_setup(a_truncated_event_is_noted, fresh),
		cmocka_unit_test_setup(an_event_of_the_maker_may_answer_its_command, fresh),
		cmocka_unit_test_setup(any_command_of_a_maker_is_answered, fresh),
		cmocka_unit_test_setup(the_queue_is_bounded, fresh),
		cmocka_unit_test_setup(received_data_ends_at_its_length, fresh),
		cmocka_unit_test_setup(other_packets_are_noted, fresh),
		cmocka_unit_test_setup(each_link_counts_its_own_packets, fresh),
		cmocka_unit_test_setup(it_is_known_whether_completed_packets_are_reported, fresh),
		cmocka_unit_test_setup(the_state_at_first, fresh),
		cmocka_unit_test_setup(the_queues_keep_the_order, fresh),
		cmocka_unit_test_setup(lengths_are_bounded, fresh),
		cmocka_unit_test_setup(an_answer_has_the_fields_of_its_event, fresh),
		cmocka_unit_test_setup(a_short_answer_is_noted_if_it_succeeds, fresh),
		cmocka_unit_test_setup(an_answer_to_another_command_is_noted, fresh),
		cmocka_unit_test_setup(an_overdue_command_is_reported_once, fresh),
		cmocka_unit_test_setup(the_header_of_data, fresh),
		cmocka_unit_test_setup(completed_packets_of_many_links, fresh),
		cmocka_unit_test_setup(the_end_of_a_link_leaves_the_others, fresh),
		cmocka_unit_test_setup(the_counters_are_used_again, fresh),
		cmocka_unit_test_setup(keys_leave_the_queues_with_their_packets, fresh),
		cmocka_unit_test_setup(notes_name_the_event, fresh),
		cmocka_unit_test_setup(an_event_ends_at_its_length, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
