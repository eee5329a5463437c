/* SPDX-License-Identifier: MIT */
#include "cli/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output/event.h"
#include "sim/program.h"

void __real_event_note(struct event_output *output, int level, const char *format, ...);
void __wrap_event_note(struct event_output *output, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Runs on the side of the program: it must not assert. */
void __wrap_event_note(struct event_output *output, int level, const char *format, ...)
{
	char text[320];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!output->json || output->brief)
		__real_event_note(output, level, "%s", text);
	else
		event_emit(output, json_pack("{s:s, s:s, s:i}", "event", "note", "text", text,
					     "level", level));
}

int note_level(const char *text)
{
	const json_t *event;
	int level = -1;
	size_t i;

	json_array_foreach(program_events(), i, event)
	{
		const char *note = json_string_value(json_object_get(event, "text"));
		const json_t *its = json_object_get(event, "level");
		if (note && its && strstr(note, text))
			level = (int)json_integer_value(its);
	}
	return level;
}
