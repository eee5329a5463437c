/* SPDX-License-Identifier: MIT */
/* Packets whose codes a terminal cut off are recognised by what is left of them. */
#include "capture/btmon_cut.h"

#include <string.h>

#include "hci/protocol.h"
#include "unit.h"

static void an_event_is_known_by_its_fields(void **state)
{
	static const struct {
		const char *body;
		unsigned code, plen;
	} rows[] = {
		{"Status:PINorKeyMissing(0x06)Handle:64Encryption:Disabled(0x00)",
		 HCI_ENCRYPTION_CHANGE, 4},
		{"Status:Success(0x00)Handle:64Reason:X(0x13)", HCI_DISCONNECTION_COMPLETE, 4},
		{"Numhandles:1Handle:64Count:1#27:len11", HCI_NUMBER_OF_COMPLETED_PACKETS, 5},
		{"LEConnectionComplete(0x01)Status:Success(0x00)", HCI_LE_META, 19},
		{"LELongTermKeyRequest(0x05)Handle:64", HCI_LE_META, 13},
		{"Reset(0x03|0x0003)ncmd1Status:Success(0x00)", HCI_COMMAND_COMPLETE, 4},
		{"LESomething(0x7f)Status:", 0, 0},
		{"Text:1", 0, 0},
		{"", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t code = 0;
		size_t plen = 0;
		assert_int_equal(capture_cut_event(rows[i].body, &code, &plen), rows[i].code != 0);
		if (!rows[i].code)
			continue;
		assert_int_equal(code, rows[i].code);
		assert_int_equal(plen, rows[i].plen);
	}
}

static void a_command_is_known_by_its_fields_or_its_answer(void **state)
{
	static const char answer[] =
		"C..#4 1.5LESetEventMask(0x08|0x0001)ncmd1Status:Success(0x00)",
			  coloured[] =
				  "> HCI Event: C.. #4\n      Reset\x1b[0m (0x03|0x0003) ncmd 1\n"
				  "        Status: Success (0x00)";
	uint16_t opcode = 0;
	size_t plen = 0;

	(void)state;
	assert_true(capture_cut_command("Handle:42Encrypteddiversifier:0x0000Longtermkey[16]:00",
					answer, sizeof(answer) - 1, &opcode, &plen));
	assert_int_equal(opcode, HCI_LE_ENABLE_ENCRYPTION);
	assert_int_equal(plen, 28);
	assert_true(capture_cut_command("Mask:0x1", answer, sizeof(answer) - 1, &opcode, &plen));
	assert_int_equal(opcode, HCI_LE_SET_EVENT_MASK);
	assert_int_equal(plen, 8);
	assert_true(capture_cut_command("", coloured, sizeof(coloured) - 1, &opcode, &plen));
	assert_int_equal(opcode, HCI_RESET);
	for (size_t len = 0; len < 40; len++)
		assert_false(capture_cut_command("", answer, len, &opcode, &plen));
}

static void only_a_header_without_codes_is_cut(void **state)
{
	static const char *const cut[] = {"..#28 1.5", "LEStartEncryption#42 1.5"},
				 *const not [] = {"Error(0x1g)plen1#5", "Error", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(cut); i++) {
		const char *p = cut[i];
		assert_true(capture_cut_header(&p));
		assert_int_equal(*p, '#');
	}
	for (size_t i = 0; i < COUNT(not ); i++) {
		const char *p = not [i];
		assert_false(capture_cut_header(&p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_known_by_its_fields),
		cmocka_unit_test(a_command_is_known_by_its_fields_or_its_answer),
		cmocka_unit_test(only_a_header_without_codes_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
