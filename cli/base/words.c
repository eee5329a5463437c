/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/bytes.h"

enum { USUAL = 80, ESCAPE = 033 };

/* $COLUMNS, for a terminal that does not know its size, such as a serial line. */
static long typed_columns(void)
{
	const char *text = getenv("COLUMNS");
	char *end;
	const long columns = text ? strtol(text, &end, 10) : 0;

	return columns > 0 && !*end ? columns : USUAL;
}

static int limited(long columns)
{
	return columns < WORDS_NARROWEST ? WORDS_NARROWEST
	       : columns > WORDS_WIDEST	 ? WORDS_WIDEST
					 : (int)columns;
}

int words_width(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return limited(size.ws_col);
	return isatty(fd) ? limited(typed_columns()) : 0;
}

int words_columns(const char *text, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += (text[i] & 0xc0) != 0x80;
	return n;
}

/* The octets of an escape sequence of colours at the beginning of text; 0: there is none. */
static size_t escape(const struct words *w, const char *text, size_t len)
{
	size_t n = 0;

	if (!w->painted || !len || text[0] != ESCAPE)
		return 0;
	while (n < len && text[n] != 'm')
		n++;
	return n < len ? n + 1 : len;
}

static int columns(const struct words *w, const char *text, size_t len)
{
	int n = 0;

	for (size_t at = 0; at < len;) {
		const size_t skipped = escape(w, text + at, len - at);
		n += skipped ? 0 : words_columns(text + at, 1);
		at += skipped ? skipped : 1;
	}
	return n;
}

/* The octets of the first so many columns of text. */
static size_t octets(const char *text, size_t len, int columns)
{
	size_t n = 0;

	for (; n < len && (columns || (text[n] & 0xc0) == 0x80); n++)
		columns -= (text[n] & 0xc0) != 0x80;
	return n;
}

static void put(struct words *w, const char *text, size_t len)
{
	if (w->painted)
		(void)fwrite(text, 1, len, w->out);
	else
		text_put(w->out, text, len);
	w->column += columns(w, text, len);
}

void words_next_line(struct words *w)
{
	fprintf(w->out, "\n%*s", w->indent, "");
	w->column = w->indent;
	w->begun = false;
}

/* Only a word that is longer than a whole line is split: a key or another long value. */
static void put_word(struct words *w, int blanks, const char *word, size_t len)
{
	const int room = w->width - w->indent;

	if (w->width && w->begun && w->column + blanks + columns(w, word, len) > w->width)
		words_next_line(w);
	if (w->begun) {
		fprintf(w->out, "%*s", blanks, "");
		w->column += blanks;
	}
	while (w->width && !w->whole && room > 0 && w->column + columns(w, word, len) > w->width) {
		const size_t part =
			w->column < w->width ? octets(word, len, w->width - w->column) : 0;
		put(w, word, part);
		word += part;
		len -= part;
		words_next_line(w);
	}
	put(w, word, len);
	w->begun = true;
}

void words_put(struct words *w, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t word = 0;
		int blanks = 0;
		for (; at < len && text[at] == ' '; at++)
			blanks++;
		while (at + word < len && text[at + word] != ' ')
			word++;
		if (word)
			put_word(w, blanks ? blanks : 1, text + at, word);
		at += word;
	}
}

void words_complain(const char *format, ...)
{
	struct words w = {.out = stderr,
			  .width = words_width(STDERR_FILENO),
			  .indent = 2,
			  .column = (int)strlen("blepair:"),
			  .begun = true};
	va_list arguments;
	char *text;
	int len;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	fputs("blepair:", stderr);
	if (len >= 0) {
		words_put(&w, text, (size_t)len);
		bytes_wipe(text, (size_t)len);
		free(text);
	}
	fputc('\n', stderr);
}
