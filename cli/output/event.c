/* SPDX-License-Identifier: MIT */
#include "output/event.h"
#include "output/junit.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "output/event_text.h"
#include "output/standard_output.h"

bool event_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && !(term && strcmp(term, "dumb") == 0);
}

bool event_colors(const struct options *options, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return options->color == COLOR_ALWAYS ||
	       (options->color == COLOR_AUTO && !(no_color && *no_color) && event_terminal(fd));
}

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
		.color = event_colors(options, STDERR_FILENO),
	};
}

/* Nothing is printed where it would wait for ever. */
static bool can_show(const struct event_text *text)
{
	return text->lists ? !standard_output_error() : standard_error_has_room();
}

static int put(const char *text, size_t len, void *ctx)
{
	(void)ctx;
	standard_output_put(text, len);
	return 0;
}

static void add_session(const struct event_output *r, json_t *event)
{
	(void)json_object_set_new(event, "session", json_integer(r->session));
	if (!json_object_get(event, "peer"))
		(void)json_object_set_new(event, "peer", r->peer(r->peer_ctx));
}

void event_emit(struct event_output *r, json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));
	const struct event_text *text = event_text(name);
	bool always = text && text->always;

	if (r->junit)
		junit_event(r->junit, event);
	if (r->brief && !always && strcmp(name, "note") != 0) {
		json_decref(event);
		return;
	}
	if (r->json || !text || !text->lists) /* lists show no time */
		(void)json_object_set_new(event, "time",
					  json_real((double)(clock_now() - r->start) / 1e6));
	if (r->unit)
		(void)json_object_set_new(event, "unit", text_json(r->unit));
	if (r->controller)
		(void)json_object_set_new(event, "controller", text_json(r->controller));
	if (r->session)
		add_session(r, event);
	if (r->json) {
		(void)text_dump_json_to(event, put, NULL,
					JSON_COMPACT | JSON_PRESERVE_ORDER |
						JSON_REAL_PRECISION(9));
		standard_output_put("\n", 1);
		if (!r->many)
			(void)standard_output_flush();
	} else if (text && (always || !r->quiet) && can_show(text)) {
		if (r->before)
			r->before(r->before_ctx);
		text_clean_json(event);
		if (event_text_asks(text))
			event_text_ask(text, r, event);
		else
			text->show(r, event);
		if (text->lists && !r->many)
			(void)standard_output_flush();
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
	event_emit(r, json_pack("{s:s, s:o}", "event", "note", "text", text_json(text)));
}
