/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "batch/progress_view.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

/* A text that grows line by line and stays within the width. */
struct canvas {
	const struct batch_view *view;
	char *text;
	size_t len;
	unsigned column;
	struct batch_view_drawn *drawn;
};

static void raw(struct canvas *c, const char *octets, size_t len)
{
	if (len > BATCH_VIEW_TEXT - 1 - c->len)
		return;
	memcpy(c->text + c->len, octets, len);
	c->len += len;
	c->text[c->len] = '\0';
}

static void paint(struct canvas *c, const char *code)
{
	if (c->view->color)
		raw(c, code, strlen(code));
}

#define PLAIN  "\033[0m"
#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"

/* Columns of a character; -1: it controls the terminal or cannot be shown, print a question mark.
 */
static int columns_of(const struct canvas *c, uint32_t code)
{
	int columns;

	if (text_is_control(code) || code == 0xfffd || (c->view->ascii && code > 0x7e))
		return -1;
	columns = code < 0x7f ? 1 : wcwidth((wchar_t)code);
	return columns < 0 ? 1 : columns;
}

/* Prints text in at most so many columns. Returns the columns used. */
static unsigned put(struct canvas *c, unsigned most, const char *text)
{
	const unsigned begun = c->column, edge = c->view->width - 1;

	while (*text) {
		uint32_t code;
		size_t len = text_character(text, strnlen(text, 4), &code);
		int columns = len ? columns_of(c, code) : -1;
		unsigned wide = columns < 0 ? 1 : (unsigned)columns;
		if (c->column + wide > edge || c->column - begun + wide > most)
			break;
		if (columns < 0)
			raw(c, "?", 1);
		else
			raw(c, text, len);
		c->column += wide;
		text += len ? len : 1;
	}
	return c->column - begun;
}

static void putf(struct canvas *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void putf(struct canvas *c, const char *format, ...)
{
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	(void)put(c, UINT32_MAX, text);
}

/* Prints text in exactly so many columns. */
static void cell(struct canvas *c, unsigned columns, const char *text)
{
	for (unsigned n = put(c, columns, text); n < columns; n++)
		(void)put(c, 1, " ");
}

static bool has_room(const struct canvas *c)
{
	return c->drawn->lines + 1 < c->view->height && c->drawn->lines < BATCH_VIEW_LINES;
}

static void end_line(struct canvas *c)
{
	raw(c, "\n", 1);
	c->drawn->columns[c->drawn->lines++] = c->column;
	c->column = 0;
}

static const char *clock_text(double seconds, char text[24])
{
	long s = seconds < 0 ? 0 : seconds > 8640000 ? 8640000 : (long)(seconds + 0.5);

	if (s >= 3600)
		(void)snprintf(text, 24, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	else
		(void)snprintf(text, 24, "%ld:%02ld", s / 60, s % 60);
	return text;
}

static void bar(struct canvas *c, unsigned columns, double part)
{
	const char *full = c->view->ascii ? "#" : "█", *empty = c->view->ascii ? "." : "░";
	unsigned filled = (unsigned)(part * columns);

	paint(c, GREEN);
	for (unsigned i = 0; i < columns; i++) {
		if (i == filled)
			paint(c, PLAIN DIM);
		(void)put(c, 1, i < filled ? full : empty);
	}
	paint(c, PLAIN);
}

/* The bar has the width that the figures after it leave. */
static void draw_progress(struct canvas *c)
{
	const struct batch_view *v = c->view;
	size_t ended = v->paired + v->failed;
	double part = v->total ? (double)ended / (double)v->total : 0;
	char figures[160], left[24] = "", elapsed[24];
	int used = 0;

	if (v->total)
		used = snprintf(figures, sizeof(figures), "%zu/%zu %u %%", ended, v->total,
				(unsigned)((uint64_t)ended * 100 / v->total));
	else
		used = snprintf(figures, sizeof(figures), "%zu unit%s", ended, text_s(ended));
	if (v->per_minute > 0)
		used += snprintf(figures + used, sizeof(figures) - (size_t)used, "  %.*f/min",
				 v->per_minute < 10 ? 1 : 0, v->per_minute);
	if (v->per_minute > 0 && v->total > ended)
		used += snprintf(figures + used, sizeof(figures) - (size_t)used, "  %s left",
				 clock_text((double)(v->total - ended) / v->per_minute * 60, left));
	else
		used += snprintf(figures + used, sizeof(figures) - (size_t)used, "  %s",
				 clock_text(v->elapsed, elapsed));
	if (v->total && v->width > (unsigned)used + 12) {
		unsigned columns = v->width - (unsigned)used - 3;
		bar(c, columns < 40 ? columns : 40, part);
		(void)put(c, 2, "  ");
	}
	paint(c, BOLD);
	putf(c, "%s", figures);
	paint(c, PLAIN);
	end_line(c);
}

static void draw_counts(struct canvas *c)
{
	const struct batch_view *v = c->view;

	paint(c, GREEN);
	putf(c, "%zu paired", v->paired);
	paint(c, PLAIN);
	if (v->failed) {
		paint(c, RED);
		putf(c, "  %zu failed", v->failed);
		paint(c, PLAIN);
	}
	putf(c, "  %zu under way", v->active);
	if (v->resting)
		putf(c, "  %zu for another try", v->resting);
	if (v->total)
		putf(c, "  %zu not seen yet", v->waiting);
	putf(c, "  %u controller%s", v->controllers, text_s(v->controllers));
	if (v->ending) {
		paint(c, YELLOW);
		putf(c, "  %s", v->ending);
		paint(c, PLAIN);
	}
	end_line(c);
}

/* A narrow terminal has the number in the place of the time. */
static void draw_narrow_number(struct canvas *c, const struct batch_view_link *l)
{
	const unsigned rest = 20, width = c->view->width; /* of "enter it 123 456" and blanks */

	if (width > rest + 4)
		cell(c, width - rest, l->unit);
	paint(c, BOLD);
	putf(c, " %s %s", l->phase, l->number);
	paint(c, PLAIN);
	end_line(c);
}

static void draw_link(struct canvas *c, const struct batch_view_link *l)
{
	const unsigned width = c->view->width, unit = width > 90   ? 44
						      : width > 60 ? 30
						      : width > 28 ? width - 26
								   : width;

	(void)put(c, 2, l->asked ? "> " : "  ");
	if (l->number && width <= 70) {
		draw_narrow_number(c, l);
		return;
	}
	cell(c, unit, l->unit);
	putf(c, " ");
	cell(c, 11, l->phase);
	putf(c, "%6.1f s", l->seconds);
	if (l->number) {
		paint(c, BOLD);
		putf(c, "  %s", l->number);
		paint(c, PLAIN);
	}
	if (width > 60) {
		paint(c, DIM);
		putf(c, "  %s", l->controller);
		paint(c, PLAIN);
	}
	end_line(c);
}

static void draw_cause(struct canvas *c, const struct batch_view_cause *cause)
{
	(void)put(c, 2, "  ");
	paint(c, RED);
	putf(c, "%5zu", cause->count);
	paint(c, PLAIN);
	putf(c, "  %s", cause->text);
	end_line(c);
}

/* Columns for an answer, "123 456", which must not wrap. */
enum { ANSWER = 10 };

size_t batch_view_draw(const struct batch_view *v, char text[BATCH_VIEW_TEXT],
		       struct batch_view_drawn *drawn)
{
	struct canvas c = {.view = v, .text = text, .drawn = drawn};
	size_t causes = v->cause_count < 5 ? v->cause_count : 5, links = v->link_count;

	*text = '\0';
	memset(drawn, 0, sizeof(*drawn));
	if (v->width < 2)
		return 0;
	if (has_room(&c))
		draw_progress(&c);
	if (has_room(&c))
		draw_counts(&c);
	/* Lines for links as the height allows, and one line with the number of the others. */
	size_t room = v->height > 3 + causes ? v->height - 3 - causes : 0;
	room = room < BATCH_VIEW_LINES - 10 ? room : BATCH_VIEW_LINES - 10;
	if (links > room)
		links = room ? room - 1 : 0;
	for (size_t i = 0; i < links; i++)
		draw_link(&c, &v->links[i]);
	if (links < v->link_count && has_room(&c)) {
		putf(&c, "  and %zu more", v->link_count - links);
		end_line(&c);
	}
	for (size_t i = 0; i < causes && has_room(&c); i++)
		draw_cause(&c, &v->causes[i]);
	if (v->question) {
		paint(&c, BOLD);
		(void)put(&c, v->width > 2 * ANSWER ? v->width - ANSWER : v->width, v->question);
		paint(&c, PLAIN);
		(void)put(&c, 1, " ");
		drawn->asks = true;
	}
	return c.len;
}

size_t batch_view_erase(const struct batch_view_drawn *drawn, unsigned width, char text[32])
{
	size_t rows = 0;

	/* A terminal that became narrower has wrapped the lines. */
	for (size_t i = 0; i < drawn->lines; i++)
		rows += drawn->columns[i] && width ? (drawn->columns[i] - 1) / width + 1 : 1;
	if (drawn->asks)
		rows += drawn->answers;
	*text = '\0';
	if (!rows)
		return drawn->asks ? (size_t)snprintf(text, 32, "\r\033[J") : 0;
	return (size_t)snprintf(text, 32, "\033[%zuA\r\033[J", rows);
}
