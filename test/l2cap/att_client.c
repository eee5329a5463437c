/* SPDX-License-Identifier: MIT */
/* Core Vol 3 Part F: an ATT client, against answers of every kind. */
#include "l2cap/att_client.h"

#include <string.h>

#include "crypto/bytes.h"
#include "unit.h"

static struct att_client c;
static const struct att_uuid serial = {2, {0x25, 0x2a}};
static const struct att_uuid device_information = {2, {0x0a, 0x18}};

#define OCTETS(...)    ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})
#define requests(list) assert_request(list, __LINE__)
#define answer(list)   att_client_receive(&c, list)

static void assert_request(const uint8_t *want, size_t len, int line)
{
	if (c.request_len != len || memcmp(c.request, want, len) != 0)
		print_error("line %d: request 0x%02x of %zu octets\n", line, c.request[0],
			    c.request_len);
	assert_int_equal(c.request_len, len);
	assert_memory_equal(c.request, want, len);
}

/* Answers with an opcode, and len octets that count from 0. */
static struct att_client_result answer_long(uint8_t opcode, size_t len)
{
	uint8_t pdu[600] = {opcode};

	for (size_t i = 0; i < len; i++)
		pdu[1 + i] = (uint8_t)i;
	return att_client_receive(&c, pdu, len + 1);
}

static void read_serial(void)
{
	att_client_init(&c);
	att_client_read(&c, ATT_ALL_HANDLES, &serial);
	requests(OCTETS(0x08, 0x01, 0x00, 0xff, 0xff, 0x25, 0x2a));
}

/* Answers the first request of a read with the 19 octets that fit, so that another follows. */
static void read_full(void)
{
	uint8_t pdu[23] = {0x09, 21, 3, 0};

	read_serial();
	assert_int_equal(att_client_receive(&c, pdu, sizeof(pdu)).kind, ATT_CLIENT_SEND);
}

static void assert_malformed(struct att_client_result r)
{
	assert_int_equal(r.kind, ATT_CLIENT_MALFORMED);
	assert_non_null(r.note);
	assert_false(att_client_busy(&c));
	assert_int_equal(c.state, ATT_CLIENT_BROKEN);
}

static void a_short_value_takes_one_request(void **state)
{
	(void)state;
	read_serial();
	assert_true(att_client_busy(&c));
	assert_int_equal(answer(OCTETS(0x09, 5, 0x12, 0x00, 'a', 'b', 'c')).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.handle, 0x12);
	assert_int_equal(c.value_len, 3);
	assert_memory_equal(c.value, "abc", 3);
	assert_false(att_client_busy(&c));
	read_serial();
	assert_int_equal(answer(OCTETS(0x09, 2, 0x12, 0x00)).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 0);
}

static void the_first_of_several_values_counts(void **state)
{
	(void)state;
	read_serial();
	assert_int_equal(answer(OCTETS(0x09, 3, 5, 0, 'x', 9, 0, 'y')).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.handle, 5);
	assert_memory_equal(c.value, "x", 1);
}

static void a_service_limits_where_its_characteristic_is_looked_for(void **state)
{
	(void)state;
	att_client_init(&c);
	att_client_find_service(&c, &device_information);
	requests(OCTETS(0x06, 0x01, 0x00, 0xff, 0xff, 0x00, 0x28, 0x0a, 0x18));
	assert_int_equal(answer(OCTETS(0x07, 0x10, 0x00, 0x1f, 0x00)).kind, ATT_CLIENT_DONE);
	att_client_read(&c, c.in, &serial);
	requests(OCTETS(0x08, 0x10, 0x00, 0x1f, 0x00, 0x25, 0x2a));
}

static void a_uuid_of_128_bits_is_sent_whole(void **state)
{
	const struct att_uuid uuid = {16, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

	(void)state;
	att_client_init(&c);
	att_client_read(&c, ATT_ALL_HANDLES, &uuid);
	assert_int_equal(c.request_len, 21);
	assert_memory_equal(c.request + 5, uuid.octets, 16);
	c.state = ATT_CLIENT_IDLE;
	att_client_find_service(&c, &uuid);
	assert_int_equal(c.request_len, 23);
	assert_memory_equal(c.request + 7, uuid.octets, 16);
}

/* 3.4.4.5: a value of 20 to 40 octets takes one more request, and no exchange of the MTU. */
static void a_longer_value_is_read_on(void **state)
{
	(void)state;
	read_full();
	requests(OCTETS(0x0c, 3, 0, 19, 0));
	assert_int_equal(answer_long(0x0d, 21).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 40);
	assert_int_equal(c.value[19 + 20], 20);
}

static void a_value_that_just_fits_ends_with_an_error(void **state)
{
	static const uint8_t errors[] = {ATT_INVALID_OFFSET, ATT_ATTRIBUTE_NOT_LONG};

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		read_full();
		assert_int_equal(answer(OCTETS(0x01, 0x0c, 3, 0, errors[i])).kind, ATT_CLIENT_DONE);
		assert_int_equal(c.value_len, 19);
	}
	read_full();
	assert_int_equal(answer(OCTETS(0x0d)).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 19);
	read_full();
	assert_int_equal(answer(OCTETS(0x01, 0x0c, 3, 0, 0x0e)).kind, ATT_CLIENT_REFUSED);
}

/* 3.4.2.1: once a connection. */
static void a_long_value_exchanges_the_mtu_once(void **state)
{
	(void)state;
	read_full();
	assert_int_equal(answer_long(0x0d, 22).kind, ATT_CLIENT_SEND);
	requests(OCTETS(0x02, ATT_CLIENT_MTU, 0));
	assert_int_equal(answer(OCTETS(0x03, 0xff, 0x01)).kind, ATT_CLIENT_SEND);
	requests(OCTETS(0x0c, 3, 0, 41, 0));
	assert_int_equal(answer_long(0x0d, ATT_CLIENT_MTU - 1).kind, ATT_CLIENT_SEND);
	requests(OCTETS(0x0c, 3, 0, 0x1f, 0x01));
	assert_int_equal(answer_long(0x0d, 100).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 19 + 22 + 246 + 100);
	/* The next value, on the same connection. */
	att_client_read(&c, ATT_ALL_HANDLES, &serial);
	assert_int_equal(answer(OCTETS(0x09, 3, 5, 0, 'x')).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.mtu, ATT_CLIENT_MTU);
}

static void a_server_without_exchange_keeps_the_default_mtu(void **state)
{
	(void)state;
	read_full();
	assert_int_equal(answer_long(0x0d, 22).kind, ATT_CLIENT_SEND);
	assert_int_equal(answer(OCTETS(0x01, 0x02, 0, 0, ATT_REQUEST_NOT_SUPPORTED)).kind,
			 ATT_CLIENT_SEND);
	requests(OCTETS(0x0c, 3, 0, 41, 0));
	assert_int_equal(answer_long(0x0d, 22).kind, ATT_CLIENT_SEND);
	requests(OCTETS(0x0c, 3, 0, 63, 0));
	assert_int_equal(answer_long(0x0d, 1).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, 64);
}

static void an_exchange_of_the_peer_counts_for_both(void **state)
{
	(void)state;
	att_client_init(&c);
	att_client_peer_exchanged(&c, 64);
	assert_int_equal(c.mtu, 64);
	att_client_peer_exchanged(&c, 200); /* the second one does not */
	assert_int_equal(c.mtu, 64);
	att_client_write(&c, 9, (const uint8_t[61]){0}, 61);
	assert_int_equal(c.request[0], 0x12);
	att_client_init(&c);
	att_client_peer_exchanged(&c, 5);
	assert_int_equal(c.mtu, ATT_MTU);
}

static void an_endless_value_ends_at_512_octets(void **state)
{
	struct att_client_result r;
	unsigned requests_sent = 0;

	(void)state;
	read_full();
	(void)answer_long(0x0d, 22);
	r = answer(OCTETS(0x03, 23, 0));
	while (r.kind == ATT_CLIENT_SEND && requests_sent++ < 100)
		r = answer_long(0x0d, 22);
	assert_true(requests_sent < 30);
	assert_malformed(r);
	assert_true(c.value_len <= ATT_VALUE_MAX);
	/* One of exactly that length is whole. */
	read_full();
	(void)answer_long(0x0d, 22);
	(void)answer(OCTETS(0x03, 0xff, 0));
	assert_int_equal(answer_long(0x0d, 246).kind, ATT_CLIENT_SEND);
	assert_int_equal(answer_long(0x0d, 225).kind, ATT_CLIENT_DONE);
	assert_int_equal(c.value_len, ATT_VALUE_MAX);
}

static void a_refused_read_names_the_handle(void **state)
{
	struct att_client_result r;

	(void)state;
	read_serial();
	r = answer(OCTETS(0x01, 0x08, 0x07, 0x00, ATT_INSUFFICIENT_AUTHENTICATION));
	assert_int_equal(r.kind, ATT_CLIENT_REFUSED);
	assert_int_equal(r.error, ATT_INSUFFICIENT_AUTHENTICATION);
	assert_int_equal(c.handle, 7);
	assert_false(att_client_busy(&c));
	/* The start of the range, as some servers do: no value can have that handle. */
	read_serial();
	r = answer(OCTETS(0x01, 0x08, 0x01, 0x00, ATT_READ_NOT_PERMITTED));
	assert_int_equal(r.kind, ATT_CLIENT_REFUSED);
	assert_int_equal(c.handle, 0);
}

static void a_write_is_one_request_or_waits_for_the_mtu(void **state)
{
	uint8_t value[ATT_CLIENT_MTU - 3];

	(void)state;
	memset(value, 7, sizeof(value));
	att_client_init(&c);
	att_client_write(&c, 0x21, value, 20);
	assert_int_equal(c.request_len, 23);
	assert_memory_equal(c.request, "\x12\x21\0\7", 4);
	assert_int_equal(answer(OCTETS(0x13)).kind, ATT_CLIENT_DONE);
	att_client_write(&c, 0x21, value, 21);
	requests(OCTETS(0x02, ATT_CLIENT_MTU, 0));
	assert_int_equal(answer(OCTETS(0x03, 24, 0)).kind, ATT_CLIENT_SEND);
	assert_int_equal(c.request_len, 24);
	assert_int_equal(answer(OCTETS(0x01, 0x12, 0x21, 0, ATT_WRITE_NOT_PERMITTED)).kind,
			 ATT_CLIENT_REFUSED);
	att_client_init(&c);
	att_client_write(&c, 0x21, value, sizeof(value));
	assert_int_equal(answer(OCTETS(0x03, 100, 0)).kind, ATT_CLIENT_TOO_LONG);
	assert_false(att_client_busy(&c));
	att_client_init(&c);
	att_client_write(&c, 0x21, NULL, 0);
	requests(OCTETS(0x12, 0x21, 0));
}

/* 3.4.3.1: it has the octets of the proof of delivery, and any answer will do. */
static void any_answer_proves_delivery(void **state)
{
	(void)state;
	att_client_init(&c);
	att_client_prove(&c);
	requests(OCTETS(0x04, 0x01, 0x00, 0x01, 0x00));
	assert_int_equal(answer(OCTETS(0x01, 0x04, 1, 0, 0x0a)).kind, ATT_CLIENT_DONE);
	att_client_prove(&c);
	assert_int_equal(answer(OCTETS(0x05, 1, 1, 0, 0, 0x28)).kind, ATT_CLIENT_DONE);
	att_client_prove(&c);
	assert_int_equal(answer(OCTETS(0x01)).kind, ATT_CLIENT_DONE);
}

static void what_is_no_answer_changes_nothing(void **state)
{
	(void)state;
	read_serial();
	assert_int_equal(answer(OCTETS(0x1b, 3, 0, 1)).kind, ATT_CLIENT_UNASKED); /* notification */
	assert_int_equal(answer(OCTETS(0x1d, 3, 0, 1)).kind, ATT_CLIENT_UNASKED); /* indication */
	assert_int_equal(answer(OCTETS(0x23, 3, 0, 0)).kind, ATT_CLIENT_UNASKED);
	assert_int_equal(answer(OCTETS(0x02, 23, 0)).kind, ATT_CLIENT_UNASKED); /* requests... */
	assert_int_equal(answer(OCTETS(0x02, 23, 0)).kind, ATT_CLIENT_UNASKED); /* ...twice */
	assert_int_equal(answer(OCTETS(0x1e)).kind, ATT_CLIENT_UNASKED);
	assert_int_equal(att_client_receive(&c, NULL, 0).kind, ATT_CLIENT_UNASKED);
	assert_int_equal(c.state, ATT_CLIENT_READING);
	assert_int_equal(answer(OCTETS(0x09, 3, 5, 0, 'x')).kind, ATT_CLIENT_DONE);
	/* An answer that nobody waits for. */
	assert_int_equal(answer(OCTETS(0x09, 3, 5, 0, 'x')).kind, ATT_CLIENT_UNASKED);
	assert_int_equal(answer(OCTETS(0x01, 0x08, 5, 0, 5)).kind, ATT_CLIENT_UNASKED);
}

static void malformed_answers_end_the_use_of_the_client(void **state)
{
	static const struct {
		uint8_t octets[8];
		size_t len;
	} answers[] = {
		{{0x09}, 1},		       /* short */
		{{0x09, 5}, 2},		       /* no pair */
		{{0x09, 5, 3, 0}, 4},	       /* a pair that is cut */
		{{0x09, 1, 3, 0}, 4},	       /* no room for a handle */
		{{0x09, 0, 3, 0}, 4},	       /* none at all */
		{{0x09, 3, 3, 0, 1, 9}, 6},    /* a second pair that is cut */
		{{0x09, 3, 0, 0, 1}, 5},       /* handle 0 */
		{{0x0b, 1}, 2},		       /* another response */
		{{0x13}, 1},		       /* another response */
		{{0x01}, 1},		       /* a short error */
		{{0x01, 0x08, 3, 0, 5, 0}, 6}, /* a long error */
		{{0x01, 0x0a, 3, 0, 5}, 5},    /* an error for another request */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		read_serial();
		assert_malformed(att_client_receive(&c, answers[i].octets, answers[i].len));
		/* No answer brings it back. */
		assert_int_equal(answer(OCTETS(0x09, 3, 5, 0, 'x')).kind, ATT_CLIENT_UNASKED);
	}
	/* A handle outside of the service. */
	att_client_init(&c);
	att_client_read(&c, (struct att_range){0x10, 0x1f}, &serial);
	assert_malformed(answer(OCTETS(0x09, 3, 0x20, 0, 'x')));
	/* Longer than the MTU. */
	read_serial();
	assert_malformed(att_client_receive(&c, (const uint8_t[24]){0x09, 22, 5, 0}, 24));
	read_full();
	assert_malformed(answer_long(0x0d, 23));
	/* A service without handles, cut, or backwards. */
	att_client_init(&c);
	att_client_find_service(&c, &serial);
	assert_malformed(answer(OCTETS(0x07)));
	att_client_init(&c);
	att_client_find_service(&c, &serial);
	assert_malformed(answer(OCTETS(0x07, 1, 0, 2)));
	att_client_init(&c);
	att_client_find_service(&c, &serial);
	assert_malformed(answer(OCTETS(0x07, 5, 0, 4, 0)));
	/* An MTU below the least. */
	read_full();
	(void)answer_long(0x0d, 22);
	assert_malformed(answer(OCTETS(0x03, 22, 0)));
	att_client_init(&c);
	att_client_write(&c, 3, (const uint8_t *)"x", 1);
	assert_malformed(answer(OCTETS(0x13, 0)));
}

static void only_four_errors_are_about_security(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned code = 0; code < 256; code++)
		count += att_is_about_security((uint8_t)code);
	assert_int_equal(count, 4);
	assert_true(att_is_about_security(0x05) && att_is_about_security(0x08) &&
		    att_is_about_security(0x0c) && att_is_about_security(0x0f));
}

static void requests_and_errors_have_names(void **state)
{
	(void)state;
	read_serial();
	assert_string_equal(att_client_request_name(&c), "Read By Type Request");
	c.state = ATT_CLIENT_IDLE;
	assert_string_equal(att_client_request_name(&c), "none");
	for (unsigned code = 0; code < 256; code++)
		assert_true(*att_error_name((uint8_t)code));
	assert_string_equal(att_error_name(0x05), "Insufficient Authentication");
	assert_string_equal(att_error_name(0x85), "Application Error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_value_takes_one_request),
		cmocka_unit_test(the_first_of_several_values_counts),
		cmocka_unit_test(a_service_limits_where_its_characteristic_is_looked_for),
		cmocka_unit_test(a_uuid_of_128_bits_is_sent_whole),
		cmocka_unit_test(a_longer_value_is_read_on),
		cmocka_unit_test(a_value_that_just_fits_ends_with_an_error),
		cmocka_unit_test(a_long_value_exchanges_the_mtu_once),
		cmocka_unit_test(a_server_without_exchange_keeps_the_default_mtu),
		cmocka_unit_test(an_exchange_of_the_peer_counts_for_both),
		cmocka_unit_test(an_endless_value_ends_at_512_octets),
		cmocka_unit_test(a_refused_read_names_the_handle),
		cmocka_unit_test(a_write_is_one_request_or_waits_for_the_mtu),
		cmocka_unit_test(any_answer_proves_delivery),
		cmocka_unit_test(what_is_no_answer_changes_nothing),
		cmocka_unit_test(malformed_answers_end_the_use_of_the_client),
		cmocka_unit_test(only_four_errors_are_about_security),
		cmocka_unit_test(requests_and_errors_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
