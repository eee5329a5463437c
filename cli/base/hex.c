/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include <string.h>

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20); /* lower case */
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[value[len - 1 - i] >> 4];
		text[2 * i + 1] = digits[value[len - 1 - i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}
