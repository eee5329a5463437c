/* SPDX-License-Identifier: MIT */
/* How a controller gets a public address, packet by packet, against scripted controllers. */
#include "hci/set_address.h"

#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "unit.h"

/* C0:01:02:03:04:05 */
static const uint8_t wanted[6] = {0x05, 0x04, 0x03, 0x02, 0x01, 0xc0};

#define LATE NULL /* in the place of an answer: none comes in time */

static struct hci_host host;
static struct hci_set_address set;

static void check_sent(const char *packet, size_t len)
{
	uint8_t out[HCI_PACKET_MAX];

	assert_int_equal(hci_host_output(&host, 0, out), len);
	assert_memory_equal(out, packet, len);
}

/* The controller sends a packet, or none in time. */
static enum hci_set_address_state answer(const char *packet, size_t len)
{
	struct hci_input input;

	if (!packet) {
		assert_true(hci_host_expired(&host, hci_host_deadline(&host), &input));
		return hci_set_address_overdue(&set, &host);
	}
	hci_host_input(&host, (const uint8_t *)packet, len, &input);
	return hci_set_address_input(&set, &host, &input);
}

#define SENT(packet)   check_sent(packet, sizeof(packet) - 1)
#define ANSWER(packet) answer(packet, sizeof(packet) - 1)

#define RESET	      "\x01\x03\x0c\x00"
#define RESET_DONE    "\x04\x0e\x04\x01\x03\x0c\x00"
#define READ	      "\x01\x09\x10\x00"
#define READ_DONE     "\x04\x0e\x0a\x01\x09\x10\x00"
#define WANTED	      "\x05\x04\x03\x02\x01\xc0"
#define BACKWARDS     "\xc0\x01\x02\x03\x04\x05"
#define ANOTHER	      "\x01\x02\x03\x04\x05\x06"
#define BROADCOM      "\x01\x01\xfc\x06" WANTED
#define BROADCOM_DONE "\x04\x0e\x04\x01\x01\xfc\x00"

static enum hci_set_address_state begin(uint16_t manufacturer)
{
	hci_host_init(&host);
	memset(&set, 0xff, sizeof(set));
	return hci_set_address_start(&set, &host, hci_address_command(manufacturer, true), wanted);
}

static void assert_failed(const char *words)
{
	assert_int_equal(set.state, HCI_SET_FAILED);
	assert_non_null(strstr(set.failure, "--set-address: "));
	if (!strstr(set.failure, words))
		fail_msg("%s", set.failure);
	uint8_t out[HCI_PACKET_MAX];
	assert_int_equal(hci_host_output(&host, 0, out), 0); /* it is left alone */
}

static void an_address_that_needs_a_reset(void **state)
{
	(void)state;
	assert_int_equal(begin(15), HCI_SET_WRITING);
	SENT(BROADCOM);
	assert_int_equal(ANSWER(BROADCOM_DONE), HCI_SET_RESETTING);
	SENT(RESET);
	assert_int_equal(ANSWER(RESET_DONE), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE WANTED), HCI_SET_DONE);
	assert_string_equal(set.failure, "");
}

/* Its reset would forget the address. */
static void an_address_that_is_in_use_at_once(void **state)
{
	(void)state;
	assert_int_equal(begin(1521), HCI_SET_WRITING);
	SENT("\x01\x06\xfc\x06" WANTED);
	assert_int_equal(ANSWER("\x04\x0e\x04\x01\x06\xfc\x00"), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE WANTED), HCI_SET_DONE);
}

/* BCCMD: its answers are events of the maker, and there is no Command Complete. */
static void csr(void **state)
{
	(void)state;
	assert_int_equal(begin(10), HCI_SET_WRITING);
	SENT("\x01\x00\xfc\x19\xc2\x02\x00\x0c\x00\x01\x00\x03\x70\x00\x00\x01\x00\x04\x00\x08\x00"
	     "\x03\x00\x05\x04\x02\x00\x01\xc0");
	/* One about something else, of another channel, and one that is cut. */
	assert_int_equal(ANSWER("\x04\xff\x0b\xc1\x01\x00\x0c\x00\x01\x00\x03\x70\x00\x00"),
			 HCI_SET_WRITING);
	assert_int_equal(ANSWER("\x04\xff\x0a\xc2\x01\x00\x0c\x00\x01\x00\x03\x70\x00"),
			 HCI_SET_WRITING);
	assert_int_equal(
		ANSWER("\x04\xff\x19\xc2\x01\x00\x0c\x00\x01\x00\x03\x70\x00\x00\x01\x00\x04\x00"
		       "\x08\x00\x03\x00\x05\x04\x02\x00\x01\xc0"),
		HCI_SET_RESTARTING);
	SENT("\x01\x00\xfc\x13\xc2\x02\x00\x09\x00\x02\x00\x02\x40\0\0\0\0\0\0\0\0\0\0");
	assert_int_equal(answer(LATE, 0), HCI_SET_RESETTING); /* it is restarting */
	SENT(RESET);
	assert_int_equal(ANSWER(RESET_DONE), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE WANTED), HCI_SET_DONE);
}

static void csr_that_answers_before_it_restarts(void **state)
{
	(void)state;
	(void)begin(10);
	(void)hci_host_output(&host, 0, (uint8_t[HCI_PACKET_MAX]){0});
	(void)ANSWER("\x04\xff\x0b\xc2\x01\x00\x0c\x00\x01\x00\x03\x70\x00\x00");
	(void)hci_host_output(&host, 0, (uint8_t[HCI_PACKET_MAX]){0});
	assert_int_equal(ANSWER("\x04\xff\x0b\xc2\x01\x00\x09\x00\x02\x00\x02\x40\x00\x00"),
			 HCI_SET_RESETTING);
	SENT(RESET);
}

/* What came of it, the address shows. */
static void csr_that_refuses_to_restart(void **state)
{
	(void)state;
	(void)begin(10);
	(void)hci_host_output(&host, 0, (uint8_t[HCI_PACKET_MAX]){0});
	(void)ANSWER("\x04\xff\x0b\xc2\x01\x00\x0c\x00\x01\x00\x03\x70\x00\x00");
	(void)hci_host_output(&host, 0, (uint8_t[HCI_PACKET_MAX]){0});
	assert_int_equal(ANSWER("\x04\x0e\x04\x01\x00\xfc\x0c"), HCI_SET_RESETTING);
	SENT(RESET);
	assert_int_equal(ANSWER(RESET_DONE), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE ANOTHER), HCI_SET_FAILED);
	assert_failed("its address is 06:05:04:03:02:01");
}

/* Status 3: it has no such item. */
static void csr_that_refuses(void **state)
{
	(void)state;
	(void)begin(10);
	(void)hci_host_output(&host, 0, (uint8_t[HCI_PACKET_MAX]){0});
	assert_int_equal(ANSWER("\x04\xff\x0b\xc2\x01\x00\x0c\x00\x01\x00\x03\x70\x03\x00"),
			 HCI_SET_FAILED);
	assert_failed("the controller refused the address");
}

/* Sources differ about the order of Texas Instruments and of Qualcomm. */
static void octets_that_come_back_in_reverse_are_sent_in_reverse(void **state)
{
	(void)state;
	assert_int_equal(begin(13), HCI_SET_WRITING);
	SENT("\x01\x06\xfc\x06" BACKWARDS);
	assert_int_equal(ANSWER("\x04\x0e\x04\x01\x06\xfc\x00"), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE BACKWARDS), HCI_SET_WRITING);
	SENT("\x01\x06\xfc\x06" WANTED);
	assert_int_equal(ANSWER("\x04\x0e\x04\x01\x06\xfc\x00"), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE WANTED), HCI_SET_DONE);
}

static void they_are_not_reversed_for_ever(void **state)
{
	(void)state;
	(void)begin(1521);
	for (int i = 0; i < 2; i++) {
		(void)hci_host_output(&host, 0, (uint8_t[HCI_PACKET_MAX]){0});
		assert_int_equal(ANSWER("\x04\x0e\x04\x01\x06\xfc\x00"), HCI_SET_READING);
		SENT(READ);
		(void)ANSWER(READ_DONE BACKWARDS);
	}
	assert_failed("its address is 05:04:03:02:01:C0");
}

/* Some of Qualcomm answer by an event of their own, or not at all. */
static void an_answer_of_another_kind_is_enough(void **state)
{
	(void)state;
	(void)begin(29);
	SENT("\x01\x14\xfc\x06" WANTED);
	assert_int_equal(ANSWER("\x04\xff\x02\x00\x01"), HCI_SET_RESETTING);
	SENT(RESET);
	(void)begin(29);
	SENT("\x01\x14\xfc\x06" WANTED);
	assert_int_equal(answer(LATE, 0), HCI_SET_RESETTING);
	SENT(RESET);
	assert_int_equal(ANSWER(RESET_DONE), HCI_SET_READING);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE WANTED), HCI_SET_DONE);
}

static void success_without_effect_is_a_failure(void **state)
{
	(void)state;
	(void)begin(15);
	SENT(BROADCOM);
	(void)ANSWER(BROADCOM_DONE);
	SENT(RESET);
	(void)ANSWER(RESET_DONE);
	SENT(READ);
	assert_int_equal(ANSWER(READ_DONE ANOTHER), HCI_SET_FAILED);
	assert_failed("did not refuse, but its address is 06:05:04:03:02:01; leave out "
		      "--set-address and use --own-address static");
}

static void a_command_that_is_refused(void **state)
{
	(void)state;
	(void)begin(15);
	SENT(BROADCOM);
	assert_int_equal(ANSWER("\x04\x0e\x04\x01\x01\xfc\x01"), HCI_SET_FAILED);
	assert_failed(hci_error_name(HCI_UNKNOWN_COMMAND));
	(void)begin(15);
	SENT(BROADCOM);
	assert_int_equal(ANSWER("\x04\x0f\x04\x12\x01\x01\xfc"), HCI_SET_FAILED);
	assert_failed(hci_error_name(0x12));
}

static void no_command_is_published(void **state)
{
	(void)state;
	assert_int_equal(begin(93), HCI_SET_FAILED);
	assert_failed("of a controller of Realtek");
	assert_int_equal(begin(63), HCI_SET_FAILED);
	assert_failed("no command is published that sets the address of this controller");
}

/* Afterwards it must answer, and tell its address. */
static void a_controller_that_is_lost_afterwards(void **state)
{
	(void)state;
	for (int at = 0; at < 2; at++) {
		(void)begin(15);
		SENT(BROADCOM);
		(void)ANSWER(BROADCOM_DONE);
		SENT(RESET);
		if (at) {
			(void)ANSWER(RESET_DONE);
			SENT(READ);
		}
		assert_int_equal(answer(LATE, 0), HCI_SET_FAILED);
		assert_failed("did not answer afterwards within 2 s");
	}
	(void)begin(15);
	SENT(BROADCOM);
	(void)ANSWER(BROADCOM_DONE);
	SENT(RESET);
	(void)ANSWER(RESET_DONE);
	SENT(READ);
	assert_int_equal(ANSWER("\x04\x0e\x09\x01\x09\x10\x00\x05\x04\x03\x02\x01"),
			 HCI_SET_FAILED);
	assert_failed("did not report its address");
}

/* Num_HCI_Command_Packets 0: nothing may be sent, and the next command waits for nothing. */
static void a_controller_that_allows_no_command(void **state)
{
	uint8_t out[HCI_PACKET_MAX];

	(void)state;
	(void)begin(15);
	SENT(BROADCOM);
	(void)ANSWER("\x04\x0e\x04\x00\x01\xfc\x00");
	assert_int_equal(hci_host_output(&host, 0, out), 0);
	assert_int_equal(answer(LATE, 0), HCI_SET_FAILED);
	assert_non_null(strstr(set.failure, "did not answer afterwards"));
}

/* Events of the maker about other things, while no command of the maker is under way. */
static void events_of_the_maker_are_ignored_otherwise(void **state)
{
	(void)state;
	(void)begin(15);
	SENT(BROADCOM);
	(void)ANSWER(BROADCOM_DONE);
	SENT(RESET);
	assert_int_equal(ANSWER("\x04\xff\x02\x00\x01"), HCI_SET_RESETTING);
	assert_int_equal(ANSWER(RESET_DONE), HCI_SET_READING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_that_needs_a_reset),
		cmocka_unit_test(an_address_that_is_in_use_at_once),
		cmocka_unit_test(csr),
		cmocka_unit_test(csr_that_answers_before_it_restarts),
		cmocka_unit_test(csr_that_refuses_to_restart),
		cmocka_unit_test(csr_that_refuses),
		cmocka_unit_test(octets_that_come_back_in_reverse_are_sent_in_reverse),
		cmocka_unit_test(they_are_not_reversed_for_ever),
		cmocka_unit_test(an_answer_of_another_kind_is_enough),
		cmocka_unit_test(success_without_effect_is_a_failure),
		cmocka_unit_test(a_command_that_is_refused),
		cmocka_unit_test(no_command_is_published),
		cmocka_unit_test(a_controller_that_is_lost_afterwards),
		cmocka_unit_test(a_controller_that_allows_no_command),
		cmocka_unit_test(events_of_the_maker_are_ignored_otherwise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
