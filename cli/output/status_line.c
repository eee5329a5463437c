/* SPDX-License-Identifier: MIT */
#include "output/status_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "base/words.h"
#include "output/standard_output.h"

static void before(void *ctx)
{
	status_line_clear(ctx);
}

void status_line_begin(struct status_line *line, struct event_output *events)
{
	*line = (struct status_line){.allowed = !events->json && !events->quiet &&
						event_terminal(STDERR_FILENO)};
	if (!line->allowed)
		return;
	events->before = before;
	events->before_ctx = line;
}

void status_line_show(struct status_line *line, const char *format, ...)
{
	char text[WORDS_WIDEST + 1];
	va_list arguments;

	if (!line->allowed || !standard_error_has_room())
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* The texts are ASCII: an octet is a column. In the last one the cursor would wrap. */
	fputc('\r', stderr);
	text_print(stderr, "%.*s", words_width(STDERR_FILENO) - 1, text);
	fputs("\033[K", stderr);
	(void)fflush(stderr); /* it has no end of line */
	line->shown = true;
}

void status_line_clear(struct status_line *line)
{
	if (line->shown)
		fputs("\r\033[K", stderr);
	(void)fflush(stderr); /* before standard output, which may be the same terminal */
	line->shown = false;
}

void status_line_end(struct status_line *line, struct event_output *events)
{
	status_line_clear(line);
	if (line->allowed)
		events->before = NULL;
	line->allowed = false;
}
