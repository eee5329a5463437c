/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/html.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* Puts at most len characters of text. */
static void put_text(FILE *out, const char *text, size_t len)
{
	static const struct {
		char c;
		const char *as;
	} escapes[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
	};

	len = strnlen(text, len);
	uint32_t code;
	for (size_t n; len; text += n, len -= n) {
		const char *as = NULL;
		n = text_character(text, len, &code);
		n = n ? n : 1;
		for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
			if (*text == escapes[i].c)
				as = escapes[i].as;
		if (as)
			fputs(as, out);
		else
			text_put(out, text, n);
	}
}

void html_put(FILE *out, const char *format, ...)
{
	va_list arguments;
	const char *p = format;

	va_start(arguments, format);
	while (*p) {
		size_t plain = strcspn(p, "%");
		(void)fwrite(p, 1, plain, out);
		p += plain;
		if (!*p)
			break;
		p++;
		int precision = 6;
		if (p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
			precision = p[1] - '0';
			p += 2;
		}
		if (*p == 's') {
			put_text(out, va_arg(arguments, const char *), SIZE_MAX);
		} else if (p[0] == '.' && p[1] == '*' && p[2] == 's') {
			int len = va_arg(arguments, int);
			put_text(out, va_arg(arguments, const char *), (size_t)len);
			p += 2;
		} else if (*p == 'f') {
			fprintf(out, "%.*f", precision, va_arg(arguments, double));
		} else if (*p == 'u') {
			fprintf(out, "%u", va_arg(arguments, unsigned));
		} else if (*p == 'd') {
			fprintf(out, "%d", va_arg(arguments, int));
		} else if (p[0] == 'z' && p[1] == 'u') {
			fprintf(out, "%zu", va_arg(arguments, size_t));
			p++;
		} else if (p[0] == 'l' && p[1] == 'l' && p[2] == 'u') {
			fprintf(out, "%llu", va_arg(arguments, unsigned long long));
			p += 2;
		} else {
			assert(*p == '%');
			fputc('%', out);
		}
		p++;
	}
	va_end(arguments);
}
