/* SPDX-License-Identifier: MIT */
#include "base/html.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static void put_text(FILE *out, const char *text)
{
	static const struct {
		char c;
		const char *as;
	} escapes[] = {
		{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
	};

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		const char *as = NULL;
		for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
			if (*text == escapes[i].c)
				as = escapes[i].as;
		if (as)
			fputs(as, out);
		else if (c < 0x20 || c == 0x7f)
			fputs("\xef\xbf\xbd", out); /* U+FFFD, the replacement character */
		else
			fputc(c, out);
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
		if (*p == 's') {
			put_text(out, va_arg(arguments, const char *));
		} else if (*p == '.') { /* %.1f */
			fprintf(out, "%.*f", p[1] - '0', va_arg(arguments, double));
			p += 2;
		} else if (*p == 'u') {
			fprintf(out, "%u", va_arg(arguments, unsigned));
		} else if (*p == 'd') {
			fprintf(out, "%d", va_arg(arguments, int));
		} else if (p[0] == 'z' && p[1] == 'u') {
			fprintf(out, "%zu", va_arg(arguments, size_t));
			p++;
		} else {
			assert(*p == '%');
			fputc('%', out);
		}
		p++;
	}
	va_end(arguments);
}
