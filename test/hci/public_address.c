/* SPDX-License-Identifier: MIT */
/* Addresses that are nobody's own, commands that set one, and that docs/controllers.md says so. */
#include "hci/public_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* ---- Whether an address is a controller's own -------------------------------------------------
 */

static void an_address_is_own_unless_something_is_known_of_it(void **state)
{
	static const struct {
		const char *address; /* least significant octet first */
		enum hci_address_state state;
		const char *text;
	} cases[] = {
		{"\0\0\0\0\0\0", HCI_ADDRESS_ZEROS, "all zero"},
		{"\xff\xff\xff\xff\xff\xff", HCI_ADDRESS_ONES, "all ones"},
		{"\0\0\0\0\0\1", HCI_ADDRESS_OWN, ""},
		{"\xff\xff\xff\xff\xff\xfe", HCI_ADDRESS_OWN, ""},
		{"\x00\x8b\x9e\x19\x03\x00", HCI_ADDRESS_SHARED,
		 "00:03:19:9E:8B:00, the default of Intel, which others have too"},
		{"\x01\x8b\x9e\x19\x03\x00", HCI_ADDRESS_OWN, ""},
		{"\x00\x8b\x9e\x19\x03\x01", HCI_ADDRESS_OWN, ""},
		{"\x00\xa0\x02\x70\x20\x00", HCI_ADDRESS_SHARED,
		 "00:20:70:02:A0:00, the default of Broadcom BCM20702A0, which others have too"},
		{"\xad\x5a\x00\x00\x00\x00", HCI_ADDRESS_SHARED,
		 "00:00:00:00:5A:AD, the default of Qualcomm, which others have too"},
		{"\x87\x99\x23\x4c\xe0\x00", HCI_ADDRESS_SHARED,
		 "00:E0:4C:23:99:87, the default of dongles with Realtek RTL8761BU, which others "
		 "have too"},
	};
	char text[120];

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const uint8_t *address = (const uint8_t *)cases[n].address;
		assert_int_equal(hci_address_state(address), cases[n].state);
		hci_address_text(address, cases[n].state, text, sizeof(text));
		assert_string_equal(text, cases[n].text);
	}
	hci_address_text((const uint8_t *)"\0\0\0\0\0\0", HCI_ADDRESS_UNREAD, text, sizeof(text));
	assert_string_equal(text, "not read");
}

static void the_states_have_names(void **state)
{
	(void)state;
	assert_string_equal(hci_address_state_name(HCI_ADDRESS_OWN), "own");
	assert_string_equal(hci_address_state_name(HCI_ADDRESS_SHARED), "shared");
}

static void no_shared_address_is_there_twice(void **state)
{
	size_t count;
	const struct hci_shared_address *rows = hci_shared_addresses(&count);

	(void)state;
	assert_true(count >= 14);
	for (size_t n = 0; n < count; n++)
		assert_ptr_equal(hci_shared_address(rows[n].address), &rows[n]);
}

/* ---- Commands that set one --------------------------------------------------------------------
 */

/* Of C0:01:02:03:04:05 for each maker, as its source has it. */
static void the_octets_of_each_maker(void **state)
{
	static const uint8_t address[6] = {0x05, 0x04, 0x03, 0x02, 0x01, 0xc0};
	static const struct {
		uint16_t manufacturer, opcode;
		const char *parameters;
		size_t len;
	} cases[] = {
		{0, 0xfc0d, "\x05\x04\x03\x02\x01\xc0", 6},
		{2, 0xfc31, "\x05\x04\x03\x02\x01\xc0", 6},
		{10, 0xfc00,
		 "\xc2\x02\x00\x0c\x00\x01\x00\x03\x70\x00\x00\x01\x00\x04\x00\x08\x00"
		 "\x03\x00\x05\x04\x02\x00\x01\xc0",
		 25},
		{13, 0xfc06, "\xc0\x01\x02\x03\x04\x05", 6},
		{15, 0xfc01, "\x05\x04\x03\x02\x01\xc0", 6},
		{18, 0xfc01, "\x05\x04\x03\x02\x01\xc0", 6},
		{29, 0xfc14, "\x05\x04\x03\x02\x01\xc0", 6},
		{37, 0xfc22, "\xfe\x06\x05\x04\x03\x02\x01\xc0", 8},
		{48, 0xfc22, "\xfe\x06\x05\x04\x03\x02\x01\xc0", 8},
		{57, 0xfc0d, "\x05\x04\x03\x02\x01\xc0", 6},
		{69, 0xfc0b, "\x01\x01\x00\x06\x05\x04\x03\x02\x01\xc0", 10},
		{70, 0xfc1a, "\x05\x04\x03\x02\x01\xc0", 6},
		{72, 0xfc22, "\xfe\x06\x05\x04\x03\x02\x01\xc0", 8},
		{89, 0xfc06, "\x05\x04\x03\x02\x01\xc0", 6},
		{305, 0xfc01, "\x05\x04\x03\x02\x01\xc0", 6},
		{1521, 0xfc06, "\x05\x04\x03\x02\x01\xc0", 6},
	};
	size_t count, without = 0;
	const struct hci_address_command *rows = hci_address_commands(&count);

	(void)state;
	for (size_t n = 0; n < COUNT(cases); n++) {
		const struct hci_address_command *c =
			hci_address_command(cases[n].manufacturer, true);
		uint8_t p[HCI_ADDRESS_PARAMETERS];
		assert_non_null(c);
		assert_int_equal(c->opcode, cases[n].opcode);
		assert_int_equal(hci_address_parameters(c, address, p), cases[n].len);
		assert_memory_equal(p, cases[n].parameters, cases[n].len);
	}
	for (size_t n = 0; n < count; n++)
		without += rows[n].opcode == 0;
	assert_int_equal(COUNT(cases) + without, count); /* none is left out here */
}

/* The LE-only chips of these makers give the opcodes other meanings. */
static void a_command_of_dual_mode_controllers_is_not_sent_to_others(void **state)
{
	(void)state;
	assert_null(hci_address_command(13, false));
	assert_null(hci_address_command(48, false));
	assert_non_null(hci_address_command(1521, false));
	assert_null(hci_address_command(0xffff, true)); /* of nobody */
}

/* Others give opcode fc09 another meaning: Intel loads firmware by it. */
static void only_zephyr_and_nordic_tell_static_addresses(void **state)
{
	size_t count;
	const struct hci_address_command *rows = hci_address_commands(&count);

	(void)state;
	for (size_t n = 0; n < count; n++)
		assert_int_equal(rows[n].tells_static,
				 rows[n].manufacturer == 1521 || rows[n].manufacturer == 89);
}

/* ---- docs/controllers.md ----------------------------------------------------------------------
 */

static const char *form_name(const struct hci_address_command *c)
{
	static const char *const names[] = {
		[HCI_FORM_PLAIN] = "address",
		[HCI_FORM_REVERSED] = "address, most significant octet first",
		[HCI_FORM_STORED] = "`fe 06`, address",
		[HCI_FORM_TAGGED] = "`01 01 00 06`, address",
		[HCI_FORM_BCCMD] = "BCCMD: set item 1 of the storage in RAM",
	};
	return c->opcode ? names[c->form] : "";
}

static const char *after_name(const struct hci_address_command *c)
{
	static const char *const names[] = {
		[HCI_AFTER_NOTHING] = "nothing",
		[HCI_AFTER_RESET] = "Reset",
		[HCI_AFTER_RESTART] = "BCCMD warm reset",
	};
	return c->opcode ? names[c->after] : "";
}

static char page[100000];

static void expect(const char *row)
{
	if (getenv("ADDRESSES_PRINT"))
		puts(row);
	else if (!strstr(page, row))
		fail_msg("docs/controllers.md lacks: %s", row);
}

/* ADDRESSES_PRINT=1 prints the rows to put there, without their sources. */
static void the_page_has_the_same_rows(void **state)
{
	size_t count;
	const struct hci_address_command *c = hci_address_commands(&count);
	FILE *file = fopen(PAGE, "r");
	char row[300], opcode[16];

	(void)state;
	assert_non_null(file);
	size_t len = fread(page, 1, sizeof(page) - 1, file);
	(void)fclose(file);
	page[len] = '\0';
	for (size_t n = 0; n < count; n++) {
		(void)snprintf(opcode, sizeof(opcode), c[n].opcode ? "`%04x`" : "none",
			       c[n].opcode);
		(void)snprintf(row, sizeof(row), "| %s (%u)%s | %s | %s | %s | %s |", c[n].maker,
			       c[n].manufacturer,
			       c[n].where == HCI_WHERE_DUAL_MODE ? ", with BR/EDR" : "", opcode,
			       form_name(&c[n]), after_name(&c[n]),
			       c[n].opcode ? hci_address_kept_name(c[n].kept) : "");
		expect(row);
	}
	const struct hci_shared_address *s = hci_shared_addresses(&count);
	for (size_t n = 0; n < count; n++) {
		const uint8_t *a = s[n].address;
		(void)snprintf(row, sizeof(row), "| `%02X:%02X:%02X:%02X:%02X:%02X` | %s |", a[5],
			       a[4], a[3], a[2], a[1], a[0], s[n].of);
		expect(row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_own_unless_something_is_known_of_it),
		cmocka_unit_test(the_states_have_names),
		cmocka_unit_test(no_shared_address_is_there_twice),
		cmocka_unit_test(the_octets_of_each_maker),
		cmocka_unit_test(a_command_of_dual_mode_controllers_is_not_sent_to_others),
		cmocka_unit_test(only_zephyr_and_nordic_tell_static_addresses),
		cmocka_unit_test(the_page_has_the_same_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
