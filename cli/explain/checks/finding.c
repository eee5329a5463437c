/* SPDX-License-Identifier: MIT */
#include "checks/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "smp/pdu.h"

bool check_found(struct explain_finding *f, int8_t by, uint64_t frame, const char *format, ...)
{
	va_list arguments;

	f->by = by;
	check_add_frame(f, frame);
	va_start(arguments, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, arguments);
	va_end(arguments);
	return true;
}

void check_add_frame(struct explain_finding *f, uint64_t frame)
{
	for (uint8_t i = 0; i < f->frame_count; i++)
		if (f->frames[i] == frame)
			return;
	if (frame && f->frame_count < EXPLAIN_FINDING_FRAMES)
		f->frames[f->frame_count++] = frame;
}

const char *check_role(int8_t end)
{
	return end == EXPLAIN_I ? "initiator" : end == EXPLAIN_R ? "responder" : "nobody";
}

/* Appends to a text in a buffer of that size; what does not fit is cut. */
static void append(char *text, size_t size, const char *separator, const char *name)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s%s", separator, name);
}

const char *check_pdu_list(uint16_t codes, char text[CHECK_PDU_LIST])
{
	text[0] = '\0';
	for (uint8_t code = 0; codes >> code; code++) {
		bool last = !(codes >> code >> 1);
		if (codes >> code & 1)
			append(text, CHECK_PDU_LIST,
			       !*text ? ""
			       : last ? " and "
				      : ", ",
			       smp_pdu_name(code));
	}
	return text;
}

const char *check_key_list(uint8_t dist, const char *separator, char text[CHECK_KEY_LIST])
{
	static const char *const names[] = {"Enc", "Id", "Sign", "Link"};
	_Static_assert(SMP_DIST_ALL == (1 << sizeof(names) / sizeof(names[0])) - 1,
		       "each key distribution bit has a name");
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (dist >> i & 1)
			append(text, CHECK_KEY_LIST, *text ? separator : "", names[i]);
	return *text ? text : "none";
}
