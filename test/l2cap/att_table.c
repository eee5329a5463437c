/* SPDX-License-Identifier: MIT */
/* Core Vol 3 Parts F and G: an ATT server with a small table of attributes. */
#include "l2cap/att_table.h"

#include <string.h>

#include "crypto/bytes.h"
#include "l2cap/att_client.h"
#include "unit.h"

#define PDU(...)       ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})
#define ask(pdu, want) assert_answer(pdu, want, __LINE__)

static struct att_table table;
static struct att_link link;

static int set_up(void **state)
{
	(void)state;
	table = (struct att_table){"a station", ATT_ENCRYPTED};
	link = (struct att_link){ATT_OPEN, false};
	return 0;
}

static void assert_answer(const uint8_t *pdu, size_t len, const uint8_t *want, size_t want_len,
			  int line)
{
	uint8_t reply[ATT_MTU];
	size_t got = att_table_answer(&table, &link, pdu, len, reply);

	if (got != want_len || memcmp(reply, want, got) != 0)
		print_error("line %d: opcode 0x%02x, %zu octets\n", line, pdu[0], got);
	assert_int_equal(got, want_len);
	assert_memory_equal(reply, want, want_len);
}

/* What a phone does first, Part G 4.4.1 and 4.6.1. */
static void services_and_characteristics_are_discovered(void **state)
{
	uint8_t want[23] = {0x11, 20, 6, 0, 8, 0};

	(void)state;
	ask(PDU(0x10, 1, 0, 0xff, 0xff, 0, 0x28), PDU(0x11, 6, 1, 0, 5, 0, 0, 0x18));
	memcpy(want + 6, att_protected_service, 16);
	assert_answer(PDU(0x10, 6, 0, 0xff, 0xff, 0, 0x28), want, 22, __LINE__);
	ask(PDU(0x10, 9, 0, 0xff, 0xff, 0, 0x28), PDU(0x01, 0x10, 9, 0, 0x0a));
	ask(PDU(0x10, 1, 0, 0xff, 0xff, 3, 0x28), PDU(0x01, 0x10, 1, 0, 0x10));
	ask(PDU(0x08, 1, 0, 5, 0, 3, 0x28),
	    PDU(0x09, 7, 2, 0, 2, 3, 0, 0, 0x2a, 4, 0, 2, 5, 0, 1, 0x2a));
	memcpy(want, (const uint8_t[]){0x09, 21, 7, 0, 2, 8, 0}, 7);
	memcpy(want + 7, att_protected_value, 16);
	assert_answer(PDU(0x08, 6, 0, 8, 0, 3, 0x28), want, 23, __LINE__);
	/* Without descriptors. */
	ask(PDU(0x08, 1, 0, 0xff, 0xff, 2, 0x28), PDU(0x01, 0x08, 1, 0, 0x0a));
}

static void information_is_found_by_handle(void **state)
{
	uint8_t want[20] = {0x05, 2, 8, 0};

	(void)state;
	ask(PDU(0x04, 1, 0, 3, 0), PDU(0x05, 1, 1, 0, 0, 0x28, 2, 0, 3, 0x28, 3, 0, 0, 0x2a));
	ask(PDU(0x04, 1, 0, 0xff, 0xff), PDU(0x05, 1, 1, 0, 0, 0x28, 2, 0, 3, 0x28, 3, 0, 0, 0x2a,
					     4, 0, 3, 0x28, 5, 0, 1, 0x2a));
	memcpy(want + 4, att_protected_value, 16);
	assert_answer(PDU(0x04, 8, 0, 0xff, 0xff), want, 20, __LINE__);
	ask(PDU(0x04, 9, 0, 0xff, 0xff), PDU(0x01, 0x04, 9, 0, 0x0a));
}

static void a_service_is_found_by_its_uuid(void **state)
{
	uint8_t pdu[23] = {0x06, 1, 0, 0xff, 0xff, 0, 0x28};

	(void)state;
	ask(PDU(0x06, 1, 0, 0xff, 0xff, 0, 0x28, 0, 0x18), PDU(0x07, 1, 0, 5, 0));
	ask(PDU(0x06, 2, 0, 0xff, 0xff, 0, 0x28, 0, 0x18), PDU(0x01, 0x06, 2, 0, 0x0a));
	ask(PDU(0x06, 1, 0, 0xff, 0xff, 0, 0x28, 0x0a, 0x18), PDU(0x01, 0x06, 1, 0, 0x0a));
	memcpy(pdu + 7, att_protected_service, 16);
	assert_answer(pdu, sizeof(pdu), PDU(0x07, 6, 0, 8, 0), __LINE__);
}

static void name_and_appearance_are_open(void **state)
{
	/* 0x2A00 as 128 bits, Vol 3 Part B 2.5.1. */
	uint8_t long_type[21] = {0x08, 1,    0, 0xff, 0xff, 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0,
				 0,    0x80, 0, 0x10, 0,    0,	  0,	0x2a, 0,    0};

	(void)state;
	ask(PDU(0x0a, 3, 0), PDU(0x0b, 'a', ' ', 's', 't', 'a', 't', 'i', 'o', 'n'));
	ask(PDU(0x0c, 3, 0, 8, 0), PDU(0x0d, 'n'));
	ask(PDU(0x0c, 3, 0, 9, 0), PDU(0x0d));
	ask(PDU(0x0c, 3, 0, 10, 0), PDU(0x01, 0x0c, 3, 0, 0x07));
	ask(PDU(0x0a, 5, 0), PDU(0x0b, 0, 0));
	ask(PDU(0x08, 1, 0, 0xff, 0xff, 1, 0x2a), PDU(0x09, 4, 5, 0, 0, 0));
	assert_answer(long_type, sizeof(long_type),
		      PDU(0x09, 11, 3, 0, 'a', ' ', 's', 't', 'a', 't', 'i', 'o', 'n'), __LINE__);
	ask(PDU(0x12, 3, 0, 'x'), PDU(0x01, 0x12, 3, 0, 0x03));
	ask(PDU(0x0e, 3, 0, 5, 0), PDU(0x01, 0x0e, 0, 0, 0x06));
	ask(PDU(0x0a, 9, 0), PDU(0x01, 0x0a, 9, 0, 0x01));
	ask(PDU(0x0a, 0, 0), PDU(0x01, 0x0a, 0, 0, 0x01));
	ask(PDU(0x08, 0, 0, 1, 0, 0, 0x28), PDU(0x01, 0x08, 0, 0, 0x01));
	table.name = "0123456789abcdefghijklmnopqrs"; /* 29 octets */
	uint8_t reply[ATT_MTU];
	assert_int_equal(att_table_answer(&table, &link, PDU(0x0a, 3, 0), reply), 23);
	assert_int_equal(att_table_answer(&table, &link, PDU(0x0c, 3, 0, 22, 0), reply), 8);
	assert_int_equal(att_table_answer(&table, &link, PDU(0x08, 1, 0, 9, 0, 0, 0x2a), reply),
			 23);
}

/* Every level that is demanded against every level of the link, Vol 3 Part C Table 10.2. */
static void the_protected_value_demands_its_level(void **state)
{
	uint8_t by_type[21] = {0x08, 1, 0, 0xff, 0xff}, reply[ATT_MTU];
	const uint8_t value[] = {0x0b, 'b', 'l', 'e', 'p', 'a', 'i', 'r'};

	(void)state;
	memcpy(by_type + 5, att_protected_value, 16);
	for (int wanted = ATT_OPEN; wanted <= ATT_SECURE; wanted++) {
		for (int have = ATT_OPEN; have <= ATT_SECURE; have++) {
			for (int bonded = 0; bonded < 2; bonded++) {
				const uint8_t code = have == ATT_OPEN && bonded ? 0x0f : 0x05;
				table.for_value = (enum att_security)wanted;
				link = (struct att_link){(enum att_security)have, bonded};
				if (have >= wanted) {
					assert_answer(PDU(0x0a, 8, 0), value, 8, __LINE__);
					assert_int_equal(
						att_table_answer(&table, &link, by_type, 21, reply),
						11);
					continue;
				}
				ask(PDU(0x0a, 8, 0), PDU(0x01, 0x0a, 8, 0, code));
				ask(PDU(0x0c, 8, 0, 1, 0), PDU(0x01, 0x0c, 8, 0, code));
				assert_answer(by_type, 21, PDU(0x01, 0x08, 8, 0, code), __LINE__);
			}
		}
	}
}

/* What has no attributes to answer from stays as it is without a table. */
static void all_else_is_answered_as_before(void **state)
{
	uint8_t pdu[40], with[ATT_MTU], without[ATT_REPLY_MAX];

	(void)state;
	memset(pdu, 0, sizeof(pdu));
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		for (size_t len = 0; len <= sizeof(pdu); len++) {
			pdu[0] = (uint8_t)opcode;
			size_t n = att_answer(pdu, len, without);
			size_t m = att_table_answer(&table, &link, pdu, len, with);
			if (opcode == 0x0e || opcode == 0x16 || opcode == 0x20)
				continue; /* handle 0: the same code, tested above */
			assert_int_equal(n, m);
			assert_memory_equal(with, without, n);
		}
	}
}

/* The client of this program finds what the server has. */
static void the_client_reads_the_table(void **state)
{
	struct att_client c;
	struct att_uuid service = {16, {0}}, value = {16, {0}};
	uint8_t reply[ATT_MTU];
	size_t n;

	(void)state;
	memcpy(service.octets, att_protected_service, 16);
	memcpy(value.octets, att_protected_value, 16);
	link.security = ATT_ENCRYPTED;
	att_client_init(&c);
	att_client_find_service(&c, &service);
	n = att_table_answer(&table, &link, c.request, c.request_len, reply);
	assert_int_equal(att_client_receive(&c, reply, n).kind, ATT_CLIENT_DONE);
	att_client_read(&c, c.in, &value);
	n = att_table_answer(&table, &link, c.request, c.request_len, reply);
	assert_int_equal(att_client_receive(&c, reply, n).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 7);
	assert_memory_equal(c.value, "blepair", 7);
	/* A long name takes a second request. */
	const struct att_uuid name = {2, {0x00, 0x2a}};
	table.name = "0123456789abcdefghijklmnopqrs";
	att_client_read(&c, ATT_ALL_HANDLES, &name);
	n = att_table_answer(&table, &link, c.request, c.request_len, reply);
	assert_int_equal(att_client_receive(&c, reply, n).kind, ATT_CLIENT_SEND);
	n = att_table_answer(&table, &link, c.request, c.request_len, reply);
	assert_int_equal(att_client_receive(&c, reply, n).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 29);
	assert_memory_equal(c.value, table.name, 29);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(services_and_characteristics_are_discovered, set_up),
		cmocka_unit_test_setup(information_is_found_by_handle, set_up),
		cmocka_unit_test_setup(a_service_is_found_by_its_uuid, set_up),
		cmocka_unit_test_setup(name_and_appearance_are_open, set_up),
		cmocka_unit_test_setup(the_protected_value_demands_its_level, set_up),
		cmocka_unit_test_setup(all_else_is_answered_as_before, set_up),
		cmocka_unit_test_setup(the_client_reads_the_table, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
