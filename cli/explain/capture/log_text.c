/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/log_text.h"

#include <string.h>

#include "base/hex.h"

const char *capture_log_find(const char *text, size_t len, const char *words)
{
	return words ? memmem(text, len, words, strlen(words)) : NULL;
}

bool capture_log_number(const char *p, const char *end, bool hex, unsigned *value)
{
	bool any = false;

	while (p < end && (*p == ' ' || *p == '(' || *p == ':' || *p == '='))
		p++;
	if (end - p > 2 && p[0] == '0' && p[1] == 'x') {
		hex = true;
		p += 2;
	}
	for (*value = 0; p < end && *value < 0x10000; p++, any = true) {
		int digit = hex_digit(*p);
		if (digit < 0 || (!hex && digit > 9))
			break;
		*value = *value * (hex ? 16 : 10) + (unsigned)digit;
	}
	return any;
}
