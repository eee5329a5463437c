/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
#define REPLACEMENT (sizeof(replacement) - 1)

/* ---- Characters ------------------------------------------------------------------------------ */

size_t text_character(const char *text, size_t len, uint32_t *code)
{
	/* RFC 3629, section 4: the first octet, the bounds of the second, the length. */
	static const struct {
		uint8_t first, last, low, high, len, mask;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1, 0x7f},	   {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f},
		{0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f}, {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f},
		{0xed, 0xed, 0x80, 0x9f, 3, 0x0f}, {0xee, 0xef, 0x80, 0xbf, 3, 0x0f},
		{0xf0, 0xf0, 0x90, 0xbf, 4, 0x07}, {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07},
		{0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
	};
	const uint8_t *c = (const uint8_t *)text;
	size_t i = 0, count = sizeof(forms) / sizeof(forms[0]);

	while (len && i < count && (c[0] < forms[i].first || c[0] > forms[i].last))
		i++;
	if (i == count || len < forms[i].len ||
	    (forms[i].len > 1 && (c[1] < forms[i].low || c[1] > forms[i].high)))
		return 0;
	*code = c[0] & forms[i].mask;
	for (size_t k = 1; k < forms[i].len; k++) {
		if ((c[k] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (c[k] & 0x3fU);
	}
	return forms[i].len;
}

bool text_is_control(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} controls[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0x61c, 0x61c},
		{0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069},
	};

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (code >= controls[i].first && code <= controls[i].last)
			return true;
	return false;
}

/* How many octets at the beginning are plain: printable ASCII, which nothing escapes or replaces.
 */
static size_t plain_octets(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] >= ' ' && text[n] < 0x7f)
		n++;
	return n;
}

bool text_is_utf8(const char *text, size_t len)
{
	uint32_t code;
	const size_t plain = plain_octets(text, len);

	text += plain;
	len -= plain;
	while (len) {
		size_t n = text_character(text, len, &code);
		if (!n)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* ---- Output ---------------------------------------------------------------------------------- */

void text_put(FILE *out, const char *text, size_t len)
{
	uint32_t code;

	while (len) {
		size_t n = text_character(text, len, &code);
		if (n && !text_is_control(code))
			(void)fwrite(text, 1, n, out);
		else
			(void)fwrite(replacement, 1, REPLACEMENT, out);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
}

void text_print(FILE *out, const char *format, ...)
{
	va_list arguments;
	char *text;
	int len;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		return;
	text_put(out, text, (size_t)len);
	bytes_wipe(text, (size_t)len); /* an option may hold a key */
	free(text);
}

/* ---- Parts of messages ----------------------------------------------------------------------- */

const char *text_s(uint64_t count)
{
	return count == 1 ? "" : "s";
}

const char *text_shell_word(const char *text, char word[TEXT_WORD])
{
	static const char quote[] = "'\\''"; /* ends the quotes, one quote, begins them again */
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789/._-+,:@%=";
	const bool dashed = *text == '-';
	const char *begin = dashed ? "./" : "";
	size_t used;

	if (*text && strspn(text, plain) == strlen(text)) {
		const int len = snprintf(word, TEXT_WORD, "%s%s", begin, text);
		return len < TEXT_WORD ? word : "it";
	}
	used = (size_t)snprintf(word, TEXT_WORD, "'%s", begin);
	for (; *text; text++) {
		const char one[] = {*text, '\0'}, *part = *text == '\'' ? quote : one;
		const size_t len = strlen(part);
		if (used + len + 2 > TEXT_WORD)
			return "it";
		memcpy(word + used, part, len + 1);
		used += len;
	}
	memcpy(word + used, "'", 2);
	return word;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A copy in which octets that are not UTF-8, and controls if they too, are replaced. */
static json_t *replaced(const char *text, size_t len, bool controls)
{
	char *copy = malloc(len * REPLACEMENT + 1);
	size_t used = 0;
	uint32_t code;

	if (!copy)
		return NULL;
	while (len) {
		size_t n = text_character(text, len, &code);
		bool keep = n && !(controls && text_is_control(code));
		memcpy(copy + used, keep ? text : replacement, keep ? n : REPLACEMENT);
		used += keep ? n : REPLACEMENT;
		n = n ? n : 1;
		text += n;
		len -= n;
	}
	json_t *string = json_stringn(copy, used);
	bytes_wipe(copy, used);
	free(copy);
	return string;
}

json_t *text_json(const char *text)
{
	size_t len = strlen(text);

	return text_is_utf8(text, len) ? json_stringn(text, len) : replaced(text, len, false);
}

static bool has_control(const char *text, size_t len)
{
	uint32_t code = 0;
	const size_t plain = plain_octets(text, len);

	text += plain;
	len -= plain;
	for (size_t n = 1; len && n; text += n, len -= n) {
		n = text_character(text, len, &code); /* a string of jansson is UTF-8 */
		if (text_is_control(code))
			return true;
	}
	return false;
}

/* A cleaned copy of a string that needs one; NULL: it does not. Cleans objects and arrays. */
static json_t *clean(json_t *value)
{
	if (json_is_string(value) &&
	    has_control(json_string_value(value), json_string_length(value)))
		return replaced(json_string_value(value), json_string_length(value), true);
	text_clean_json(value);
	return NULL;
}

void text_clean_json(json_t *value)
{
	json_t *member, *cleaned;
	const char *name;
	void *next;
	size_t i;

	if (json_is_object(value))
		json_object_foreach_safe(value, next, name, member)
		{
			cleaned = clean(member);
			if (cleaned)
				(void)json_object_set_new(value, name, cleaned);
		}
	if (json_is_array(value))
		json_array_foreach(value, i, member)
		{
			cleaned = clean(member);
			if (cleaned)
				(void)json_array_set_new(value, i, cleaned);
		}
}

struct dump {
	json_dump_callback_t put;
	void *ctx;
};

/* Writes a piece of JSON, which holds whole characters. */
static int dump_piece(const char *text, size_t len, void *ctx)
{
	const struct dump *d = ctx;
	char escaped[8];
	uint32_t code = 0;
	size_t plain = plain_octets(text, len);

	for (size_t n; plain < len; plain += n) {
		n = text_character(text + plain, len - plain, &code);
		if (!n)
			return -1;
		/* jansson escapes controls below U+0020; the other ones are line ends of its own.
		 */
		if (code < 0x7f || !text_is_control(code))
			continue;
		int escaped_len = snprintf(escaped, sizeof(escaped), "\\u%04X", code & 0xffff);
		if ((plain && d->put(text, plain, d->ctx)) ||
		    d->put(escaped, (size_t)escaped_len, d->ctx))
			return -1;
		text += plain + n;
		len -= plain + n;
		plain = n = 0;
	}
	return plain ? d->put(text, plain, d->ctx) : 0;
}

int text_dump_json_to(const json_t *value, json_dump_callback_t put, void *ctx, size_t flags)
{
	struct dump dump = {put, ctx};

	return json_dump_callback(value, dump_piece, &dump, flags);
}

static int put_in_file(const char *text, size_t len, void *out)
{
	return fwrite(text, 1, len, out) == len ? 0 : -1;
}

int text_dump_json(const json_t *value, FILE *out, size_t flags)
{
	return text_dump_json_to(value, put_in_file, out, flags);
}
