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

const char *check_end_name(const struct explain_attempt *a, int8_t end)
{
	if (a->roles != EXPLAIN_ROLES_UNKNOWN || end == EXPLAIN_NOBODY)
		return check_role(end);
	return end == a->captured_end ? "host" : "peer";
}

static const struct {
	const char *phrase, *name;
	bool unknown_roles; /* only then */
} end_names[] = {
	{"the nobody", "one of the two ends", false}, {"the initiator", "the captured host", true},
	{"the central", "the captured host", true},   {"this central", "the captured host", true},
	{"the responder", "the peer", true},	      {"the peripheral", "the peer", true},
};

/* The entry whose phrase begins here as whole words, or NULL. */
static const char *name_at(const char *text, bool unknown_roles, size_t *len)
{
	for (size_t i = 0; i < sizeof(end_names) / sizeof(end_names[0]); i++) {
		*len = strlen(end_names[i].phrase);
		if ((unknown_roles || !end_names[i].unknown_roles) &&
		    strncmp(text, end_names[i].phrase, *len) == 0 &&
		    !(text[*len] >= 'a' && text[*len] <= 'z'))
			return end_names[i].name;
	}
	*len = 1;
	return NULL;
}

void check_name_ends(const struct explain_attempt *a, char *text, size_t size)
{
	char named[EXPLAIN_TEXT_MAX] = "";
	size_t used = 0, len;

	for (const char *at = text; *at && used + 1 < sizeof(named); at += len) {
		const char *name = name_at(at, a->roles == EXPLAIN_ROLES_UNKNOWN, &len);
		if (name)
			used += (size_t)snprintf(named + used, sizeof(named) - used, "%s", name);
		else
			named[used++] = *at;
	}
	named[used < sizeof(named) ? used : sizeof(named) - 1] = '\0';
	(void)snprintf(text, size, "%s", named);
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
