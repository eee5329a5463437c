/* SPDX-License-Identifier: MIT */
#include "capture/lines.h"

#include <string.h>

#define SECOND UINT64_C(1000000)
#define DAY    (UINT64_C(86400) * SECOND)

/* ---- Cleaning -------------------------------------------------------------------------------- */

/* The length of a colour sequence at p: ESC, a bracket, parameters, a letter; else 0. */
static size_t colour_at(const char *p)
{
	size_t len = 2;

	if (p[0] != 0x1b || p[1] != '[')
		return 0;
	while (p[len] >= 0x20 && p[len] < 0x40)
		len++;
	return len + (p[len] != '\0');
}

/* The escapes of HTML that a text about packets has. */
static char entity_at(const char *p, size_t *len)
{
	static const struct {
		const char *text;
		char is;
	} entities[] = {{"&gt;", '>'},	 {"&lt;", '<'},	  {"&amp;", '&'},
			{"&#39;", '\''}, {"&quot;", '"'}, {"&nbsp;", ' '}};

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		*len = strlen(entities[i].text);
		if (strncmp(p, entities[i].text, *len) == 0)
			return entities[i].is;
	}
	return 0;
}

/* Cleans the line in place. */
static void clean(char *text)
{
	char *to = text;
	size_t len;
	char entity;

	for (const char *p = text; *p; p += len) {
		len = colour_at(p);
		if (len)
			continue;
		entity = *p == '&' ? entity_at(p, &len) : (char)0;
		if (!entity)
			len = 1;
		char c = entity ? entity : *p;
		*to++ = (char)((unsigned char)c < ' ' ? ' ' : c);
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	const char *begin = text + (strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
	begin += strspn(begin, " >|");
	memmove(text, begin, strlen(begin) + 1);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

bool capture_line(struct explain_capture *capture, struct explain_lines *lines)
{
	size_t len = 0, have, used;
	bool ended = false, any = false;

	lines->cut = false;
	while (!ended) {
		const uint8_t *p = capture_source_peek(&capture->source, 1, &have);
		if (have == 0)
			break;
		for (used = 0; used < have && !ended;) {
			uint8_t c = p[used++];
			bool pair = c == '\n' && lines->after_cr && !any;
			lines->after_cr = c == '\r';
			if (pair)
				continue;
			any = true;
			ended = c == '\n' || c == '\r';
			if (ended)
				break;
			if (len < EXPLAIN_LINE_MAX)
				lines->text[len++] = c ? (char)c : ' ';
			else
				lines->cut = true;
		}
		capture_source_take(&capture->source, used);
	}
	lines->text[len] = '\0';
	clean(lines->text);
	return any;
}

/* ---- Times ----------------------------------------------------------------------------------- */

static bool digits_at(const char *p, size_t count, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < count; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*value = 10 * *value + (uint64_t)(p[i] - '0');
	}
	return true;
}

/* "12:00:00", perhaps with a fraction behind a point or comma: "00:00:01.562", "00.102,000". */
static bool time_at(const char *p, uint64_t *us)
{
	uint64_t hour, minute, second;

	if (!digits_at(p, 2, &hour) || p[2] != ':' || !digits_at(p + 3, 2, &minute) ||
	    p[5] != ':' || !digits_at(p + 6, 2, &second) || hour > 99 || minute > 59 || second > 60)
		return false;
	*us = (hour * 3600 + minute * 60 + second) * SECOND;
	p += 8;
	if (*p != '.' && *p != ',')
		return true;
	p++;
	for (uint64_t unit = SECOND / 10; unit; p++) {
		if (*p >= '0' && *p <= '9') {
			*us += (uint64_t)(*p - '0') * unit;
			unit /= 10;
		} else if (*p != ',' || p[1] < '0' || p[1] > '9') {
			break;
		}
	}
	return true;
}

bool capture_line_time(const char *line, size_t len, struct explain_packet *packet,
		       uint64_t *last_us, uint64_t *day_us)
{
	uint64_t us;

	for (size_t i = 0; i + 8 <= len; i++) {
		/* Not within an address, "00:11:22:33:44:55". */
		if (i > 0 && (line[i - 1] == ':' || (line[i - 1] >= '0' && line[i - 1] <= '9')))
			continue;
		if (!time_at(line + i, &us) || line[i + 8] == ':')
			continue;
		if (us + *day_us + DAY / 2 < *last_us)
			*day_us += DAY;
		packet->clock = EXPLAIN_CLOCK_DAY;
		packet->time_us = *last_us = us + *day_us;
		return true;
	}
	packet->clock = *last_us ? EXPLAIN_CLOCK_DAY : EXPLAIN_CLOCK_NONE;
	packet->time_us = *last_us;
	return false;
}
