/* SPDX-License-Identifier: MIT */
#include "output/event.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "output/event_text.h"

void event_output_init(struct event_output *events, const struct options *options)
{
	(void)setlocale(LC_CTYPE, "");
	/* Each line reaches the terminal whole, in one system call. */
	(void)setvbuf(stderr, NULL, _IOLBF, 0);
	*events = (struct event_output){
		.json = options->json,
		.quiet = options->quiet,
		.verbose = options->verbose,
		.start = clock_now(),
		.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
	};
	const char *no_color = getenv("NO_COLOR");
	events->color =
		options->color == COLOR_ALWAYS ||
		(options->color == COLOR_AUTO && !(no_color && *no_color) && isatty(STDERR_FILENO));
}

void event_emit(struct event_output *r, json_t *event)
{
	double time = (double)(clock_now() - r->start) / 1e6;
	const char *name = json_string_value(json_object_get(event, "event"));
	const struct event_text *text = event_text(name);
	bool always = text && text->always;

	if (r->brief && !always && strcmp(name, "note") != 0) {
		json_decref(event);
		return;
	}
	(void)json_object_set_new(event, "time", json_real(time));
	if (r->unit)
		(void)json_object_set_new(event, "unit", json_string(r->unit));
	if (r->controller)
		(void)json_object_set_new(event, "controller", json_string(r->controller));
	if (r->json) {
		(void)json_dumpf(event, stdout,
				 JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9));
		putchar('\n');
		(void)fflush(stdout);
	} else if (text && (always || !r->quiet)) {
		if (r->before)
			r->before(r->before_ctx);
		text->show(r, event);
		(void)fflush(stdout);
	}
	json_decref(event);
}

void event_note(struct event_output *r, int level, const char *format, ...)
{
	char text[320];
	va_list arguments;

	if (level > r->verbose && (r->brief || !r->json))
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	event_emit(r, json_pack("{s:s, s:s}", "event", "note", "text", text));
}
