/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include <string.h>

/* The value plus 1; 0: no digit. */
static const uint8_t digits[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

int hex_digit(char c)
{
	return digits[(uint8_t)c] - 1;
}

bool hex_parse(const char *text, uint8_t *out, size_t len)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[len - 1 - i] = (uint8_t)(16 * high + low);
	}
	return true;
}

const char *hex_format(const uint8_t *value, size_t len, char *text)
{
	static const char letters[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = letters[value[len - 1 - i] >> 4];
		text[2 * i + 1] = letters[value[len - 1 - i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}
