/* SPDX-License-Identifier: MIT */
/* Codes and lengths, Core Vol 3 Part H Table 3.3 and 3.5 to 3.6, written down a second time. */
#include "smp/pdu.h"

#include <string.h>

#include "unit.h"

static const struct {
	uint8_t code;
	size_t length; /* code included */
	const char *name;
} commands[] = {
	{0x01, 1 + 6, "Pairing Request"},
	{0x02, 1 + 6, "Pairing Response"},
	{0x03, 1 + 16, "Pairing Confirm"},
	{0x04, 1 + 16, "Pairing Random"},
	{0x05, 1 + 1, "Pairing Failed"},
	{0x06, 1 + 16, "Encryption Information"},
	{0x07, 1 + 2 + 8, "Central Identification"},
	{0x08, 1 + 16, "Identity Information"},
	{0x09, 1 + 1 + 6, "Identity Address Information"},
	{0x0a, 1 + 16, "Signing Information"},
	{0x0b, 1 + 1, "Security Request"},
	{0x0c, 1 + 64, "Pairing Public Key"},
	{0x0d, 1 + 16, "Pairing DHKey Check"},
	{0x0e, 1 + 1, "Keypress Notification"},
};

static void every_command_has_its_length(void **state)
{
	(void)state;
	for (size_t n = 0; n < COUNT(commands); n++) {
		const struct smp_pdu_format *format = smp_pdu_format(commands[n].code);
		assert_non_null(format);
		assert_int_equal(format->length, commands[n].length);
		assert_string_equal(format->name, commands[n].name);
		assert_string_equal(smp_pdu_name(commands[n].code), commands[n].name);
		/* The texts name the command. */
		assert_non_null(strstr(format->out_of_turn, commands[n].name));
		assert_non_null(strstr(format->wrong_length, commands[n].name));
	}
}

static void other_codes_have_none(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		if (code >= 0x01 && code <= 0x0e)
			continue;
		assert_null(smp_pdu_format((uint8_t)code));
		assert_string_equal(smp_pdu_name((uint8_t)code), "unknown command");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_its_length),
		cmocka_unit_test(other_codes_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
