/* SPDX-License-Identifier: MIT */
#include "cli/explain/printed.h"

#include <stdio.h>
#include <string.h>

struct printed printed;

void printed_begin(void)
{
	printed.len = 0;
	printed.text[0] = '\0';
}

void print(const char *format, ...)
{
	const size_t room = sizeof(printed.text) - printed.len;
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(printed.text + printed.len, room, format, arguments);
	va_end(arguments);
	assert_true(n >= 0 && (size_t)n < room);
	printed.len += (size_t)n;
}

void print_octets(const uint8_t *p, size_t count, const char *format)
{
	for (size_t i = 0; i < count; i++)
		print(format, p[i]);
}

void print_characters(const uint8_t *p, size_t count, size_t offset)
{
	for (size_t i = offset; i < offset + 16 && i < count; i++)
		print("%c", p[i] > ' ' && p[i] < 0x7f ? p[i] : '.');
}

const char *octets_text(const struct explain_octets *octets)
{
	static char text[2 * EXPLAIN_TEXT_PACKET + 1];

	text[0] = '\0';
	for (size_t i = 0; i < octets->len; i++)
		if (octets->known[i]) {
			(void)snprintf(text + 2 * i, 3, "%02x", octets->data[i]);
		} else {
			assert_int_equal(octets->data[i], 0);
			(void)strcpy(text + 2 * i, "??");
		}
	return text;
}
