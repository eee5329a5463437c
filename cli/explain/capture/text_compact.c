/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_compact.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"

struct out {
	struct text_compact *c;
	char *to;
	size_t len;
};

static void put(struct out *o, char c)
{
	o->to[o->len++] = c;
}

static bool is_name(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
}

/* ---- Lines of logs ----------------------------------------------------------------------------
 */

/* What a line has that is kept for people: of Linux' daemon, its agents and its shell. */
static const char *const logs[] = {
	"bluetoothd:",	    "bluetoothd[",    "No agent",
	"Agent registered", "[agent]",	      "Failed to pair:",
	"org.bluez.Error",  "Bluetooth: hci", " auth failed with status ",
};

/* Moves *begin and *end to the text of a line: without quotes, and without the time behind it. */
static void trim(const char **begin, const char **end)
{
	while (*begin < *end && strchr("> |=", **begin))
		(*begin)++;
	while (*begin < *end && (*end)[-1] == ' ')
		(*end)--;
	const char *time = *end;
	while (time > *begin && strchr("0123456789.:- ", time[-1]))
		time--;
	if (*end - time > 2 && time[0] == ' ' && time[1] == ' ')
		*end = time;
}

/* Puts the line that ends, if it is of a log. A packet that a program's name precedes is not. */
static void end_line(struct out *o)
{
	struct text_compact *c = o->c;
	const char *begin = c->line, *end = c->line + c->line_len;
	bool log = false;

	c->line[c->line_len] = '\0';
	c->line_len = 0;
	c->released = c->comment = false;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]) && !log; i++)
		log = strstr(begin, logs[i]) != NULL;
	if (!log || strstr(begin, "]: @ ") || strstr(begin, "]: < ") || strstr(begin, "]: > "))
		return;
	trim(&begin, &end);
	if (begin == end)
		return;
	put(o, TEXT_LOG);
	for (; begin < end; begin++)
		put(o, *begin == '\t' ? (char)' ' : *begin);
	put(o, TEXT_LOG_END);
}

/* ---- Blanks and quotes ------------------------------------------------------------------------
 */

/* Removes a colour that lost its escape, "[0;33m", when its end was put. */
static void drop_colour(struct out *o)
{
	size_t at = o->len - 1;

	while (at > 0 && o->len - at < 12 && strchr("0123456789;", o->to[at - 1]))
		at--;
	if (at > 0 && at < o->len - 1 && o->to[at - 1] == '[')
		o->len = at - 1;
}

#define DUMP_MAX 1024

/* A hexdump begins at the end of a line "label[16]:". */
static void begin_dump(struct out *o)
{
	static const char invalid[] = "invalidsize"; /* all octets follow, without a number */
	size_t at = o->len, known = sizeof(invalid) - 1;

	if (at >= known && memcmp(o->to + at - known, invalid, known) == 0) {
		o->c->dump = DUMP_MAX;
		o->c->row = 0;
		o->c->dump_skips = o->c->nibble = o->c->dump_whole = false;
		return;
	}
	if (at < 3 || o->to[at - 1] != ':' || o->to[at - 2] != ']')
		return;
	for (at -= 2; at > 0 && o->len - at < 7 && o->to[at - 1] >= '0' && o->to[at - 1] <= '9';)
		at--;
	if (at == 0 || o->to[at - 1] != '[')
		return;
	o->c->dump = (size_t)strtoul(o->to + at, NULL, 10) % DUMP_MAX;
	o->c->row = 0;
	o->c->dump_skips = o->c->nibble = o->c->dump_whole = false;
}

/* One character of a value, blanks removed. */
static void put_character(struct out *o, char ch)
{
	struct text_compact *c = o->c;

	/* A bar is a quote, too, but not in "0x03|0x0001", wrapped before the bar. */
	if (!c->line_begun && ch == '|') {
		c->bar_held = true;
		return;
	}
	if (c->bar_held && ch > ' ' && ch != '>')
		put(o, '|');
	c->bar_held = false;
	if (c->equals_held && ch != '\n' && ch != '\r') {
		put(o, '=');
		c->equals_held = false;
	}
	if (ch == '\n' && c->equals_held) {
		c->equals_held = false; /* the line goes on */
		return;
	}
	if (ch == '\n') {
		begin_dump(o);
		c->line_begun = false;
	}
	if (ch > ' ' || ch == '\n')
		c->broken = ch != '\n' && ch != ')';
	c->blank_held |= ch <= ' ' && c->counting;
	if (ch <= ' ' || (!c->line_begun && ch == '>'))
		return;
	if (c->line_begun && ch == '=') {
		c->equals_held = true;
		return;
	}
	if (!c->line_begun && (ch == '=' || ch == '@'))
		ch = ch == '=' ? *TEXT_NOTE : *TEXT_MANAGEMENT;
	c->line_begun = true;
	/* One blank matters: "#12 1.5" is not "#121.5". */
	bool blank_held = c->blank_held;
	if (blank_held)
		put(o, ' ');
	c->blank_held = false;
	c->counting = ch == '#' || (!blank_held && c->counting && ch >= '0' && ch <= '9');
	put(o, ch);
	if (ch == 'm')
		drop_colour(o);
}

/*
 * Takes a character of a hexdump. False: it belongs to no hexdump, which ends. A line has up to 16
 * octets, and two blanks before their characters.
 */
static bool take_dump(struct out *o, char ch)
{
	struct text_compact *c = o->c;
	size_t blanks = c->blanks;

	c->blanks = ch == ' ' || ch == '\t' ? blanks + 1 : 0;
	if (ch == '\n') {
		/* Behind the last octet the rest of its line is left out, too. */
		if (c->dump == 0 && (c->dump_skips || c->row > 0))
			return false;
		if (c->row > 0)
			c->dump_whole = c->row == 16;
		else if (c->dump_skips)
			c->dump_whole = false;
		c->row = 0;
		c->dump_skips = c->line_begun = false;
		return true;
	}
	if (c->dump_skips || ch <= ' ')
		return true;
	if (c->row == 0 && !c->nibble && !c->line_begun && (ch == '>' || ch == '|'))
		return true; /* a quote */
	if (blanks >= 2 && c->row > 0 && !c->nibble) {
		c->dump_skips = true;
		return true;
	}
	if (hex_digit(ch) < 0 || c->dump == 0) {
		/* A mailer may have wrapped the column of characters. */
		c->dump_skips = c->row == 16 || (c->row == 0 && c->dump_whole && c->dump > 0 &&
						 !is_name(ch) && !strchr("<@=#", ch));
		return c->dump_skips;
	}
	c->line_begun = true;
	c->broken = true;
	put(o, ch);
	c->nibble = !c->nibble;
	if (!c->nibble) {
		c->dump--;
		/* Octets without blanks between them are no hexdump, and fill no line. */
		if (++c->row == 16 && blanks == 0)
			c->dump_skips = c->dump == 0;
	}
	return true;
}

static void put_text(struct out *o, char ch)
{
	struct text_compact *c = o->c;
	bool dumping = c->dump > 0 || c->dump_skips || c->row > 0;

	if (ch == ' ' && !dumping && !c->equals_held && !c->bar_held) { /* half of a text */
		c->blank_held |= c->counting;
		return;
	}
	if (dumping && take_dump(o, ch))
		return;
	c->dump = c->row = 0;
	c->dump_skips = c->nibble = false;
	put_character(o, ch);
}

/* Puts what is held back of the line, without what is around its text. */
static void release(struct out *o)
{
	struct text_compact *c = o->c;
	size_t at = 0, received;

	if (c->released)
		return;
	c->released = true;
	c->line[c->line_len] = '\0';
	size_t begin = text_line_begin(&c->around, c->line),
	       end = begin + text_line_end(c->line + begin);
	received = text_line_received(c->line, &at);
	c->comment = end < c->line_len;
	for (size_t i = begin; i < end; i++) {
		put_text(o, c->line[i]);
		if (received && i + 1 == at + received)
			put(o, TEXT_RECEIVED);
	}
}

/*
 * Holds a line back until its end shows what it is, or until it is too long to be anything but
 * text.
 */
static void take_character(struct out *o, char ch)
{
	struct text_compact *c = o->c;

	if (ch == '\n') {
		release(o);
		end_line(o);
		put_text(o, ch);
	} else if (c->line_len < TEXT_LINE) {
		if (ch == '\t' || ch >= ' ')
			c->line[c->line_len++] = ch;
	} else {
		release(o);
		if (!c->comment)
			put_text(o, ch);
	}
}

/* ---- HTML -------------------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	char is;
} entities[] = {
	{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '},
};

/* Tags around traces, and the blank that they are, if any: a line, or a column of a table. */
static const struct {
	const char *name;
	char blank;
} tags[] = {
	{"a", '\0'},	{"b", '\0'},	  {"blockquote", '\n'}, {"br", '\n'},	 {"code", '\0'},
	{"div", '\n'},	{"em", '\0'},	  {"font", '\0'},	{"i", '\0'},	 {"kbd", '\0'},
	{"li", '\n'},	{"mark", '\0'},	  {"p", '\n'},		{"pre", '\n'},	 {"samp", '\0'},
	{"span", '\0'}, {"strong", '\0'}, {"table", '\n'},	{"tbody", '\n'}, {"td", '\t'},
	{"tr", '\n'},	{"tt", '\0'},	  {"u", '\0'},
};

#define TAG_MAX	    ((size_t)400)
#define COMMENT_MAX ((size_t)4000)

static void flush_held(struct out *o)
{
	struct text_compact *c = o->c;

	c->markup = MARKUP_NONE;
	for (size_t i = 0; i < c->held_len; i++)
		take_character(o, c->held[i]);
	c->held_len = 0;
}

static char entity_of(const char *name)
{
	if (name[0] == '#') {
		unsigned long code =
			name[1] == 'x' ? strtoul(name + 2, NULL, 16) : strtoul(name + 1, NULL, 10);
		return code == 160 ? ' ' : code >= ' ' && code < 0x7f ? (char)code : '\0';
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (strcmp(entities[i].name, name) == 0)
			return entities[i].is;
	return '\0';
}

static void end_entity(struct out *o)
{
	struct text_compact *c = o->c;

	c->held[c->held_len] = '\0';
	char is = entity_of(c->held + 1);
	if (!is) {
		flush_held(o);
		take_character(o, ';');
	} else if (is == '&') { /* it may have been escaped twice */
		c->held_len = 1;
	} else {
		c->markup = MARKUP_NONE;
		c->held_len = 0;
		take_character(o, is);
	}
}

/* Begins to skip the tag whose name is held. False: it is none. */
static bool begin_tag(struct out *o)
{
	struct text_compact *c = o->c;

	c->held[c->held_len] = '\0';
	const char *name = c->held + 1 + (c->held[1] == '/');
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (strcasecmp(tags[i].name, name) != 0)
			continue;
		c->markup = MARKUP_TAG;
		c->held_len = c->passed = 0;
		if (tags[i].blank)
			take_character(o, tags[i].blank);
		return true;
	}
	return false;
}

static void take_markup(struct out *o, char ch)
{
	struct text_compact *c = o->c;

	if (c->markup == MARKUP_COMMENT) {
		bool closed = ch == '>' && c->held_len == 2;
		c->held_len = ch == '-' ? (c->held_len < 2 ? c->held_len + 1 : 2) : 0;
		if (closed || ++c->passed > COMMENT_MAX) {
			c->held_len = 0;
			c->markup = MARKUP_NONE;
		}
		return;
	}
	if (c->markup == MARKUP_TAG) {
		if (ch == '>' || ++c->passed > TAG_MAX)
			c->markup = MARKUP_NONE;
		return;
	}
	if (c->markup == MARKUP_ENTITY) {
		if (ch == ';' && c->held_len > 1) {
			end_entity(o);
			return;
		}
		if ((is_name(ch) || ch == '#') && c->held_len < 8) {
			c->held[c->held_len++] = ch;
			return;
		}
		flush_held(o);
	} else if (c->markup == MARKUP_NAME) {
		bool opens = c->held_len == 1 && (ch == '/' || ch == '!');
		bool dashes = c->held_len > 1 && c->held[1] == '!' && ch == '-';
		if ((is_name(ch) || opens || dashes) && c->held_len < sizeof(c->held) - 1) {
			c->held[c->held_len++] = ch;
			if (c->held_len == 4 && memcmp(c->held, "<!--", 4) == 0) {
				c->markup = MARKUP_COMMENT;
				c->held_len = c->passed = 0;
			}
			return;
		}
		if (strchr(" />\t\r\n", ch) && begin_tag(o)) {
			c->markup = ch == '>' ? MARKUP_NONE : MARKUP_TAG;
			return;
		}
		flush_held(o);
	}
	if (ch == '&' || ch == '<') {
		c->markup = ch == '&' ? MARKUP_ENTITY : MARKUP_NAME;
		c->held[0] = ch;
		c->held_len = 1;
		return;
	}
	take_character(o, ch);
}

/* A character that is not of ASCII is a blank; U+2026 is the ".." of a narrow terminal. */
static void take_octet(struct out *o, uint8_t ch)
{
	struct text_compact *c = o->c;
	static const uint8_t ellipsis[] = {0xe2, 0x80, 0xa6};

	if (c->continuation && (ch & 0xc0) == 0x80) {
		size_t at = 3 - c->continuation;
		c->ellipsis = c->ellipsis && ch == ellipsis[at];
		c->continuation--;
		if (c->continuation)
			return;
		take_markup(o, c->ellipsis ? (char)'.' : (char)' ');
		if (c->ellipsis)
			take_markup(o, '.');
		return;
	}
	c->continuation = ch >= 0xf0 ? 3 : ch >= 0xe0 ? 2 : ch >= 0xc0 ? 1 : 0;
	c->ellipsis = ch == ellipsis[0];
	if (c->continuation)
		return;
	take_markup(o, ch == 0 || ch >= 0x7f ? (char)' ' : (char)ch);
}

void text_compact(struct text_compact *c, const uint8_t *p, size_t len, char *to, size_t *to_len)
{
	struct out o = {c, to, *to_len};

	for (size_t i = 0; i < len; i++) {
		uint8_t ch = p[i];

		if (c->escape) {
			if (c->escape == 1)
				c->escape = ch == '[' ? 2 : 0;
			else if (ch >= 0x40)
				c->escape = 0;
			continue;
		}
		if (ch == 0x1b) {
			c->escape = 1;
			continue;
		}
		take_octet(&o, ch);
	}
	if (len == 0) {
		flush_held(&o);
		release(&o);
		end_line(&o);
	}
	*to_len = o.len;
}
