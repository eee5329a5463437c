/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool hex_parse(const char *text, uint8_t *out, size_t len)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char pair[3] = {text[2 * i], text[2 * i + 1], 0};
		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return false;
		out[len - 1 - i] = (uint8_t)strtoul(pair, NULL, 16);
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
