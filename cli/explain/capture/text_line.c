/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_line.h"

#include <string.h>

#define SEARCHED 120 /* a header begins within so many octets of its line */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t quotes(const char *line)
{
	return strspn(line, " \t>|");
}

/* ---- Headers ----------------------------------------------------------------------------------
 */

/* Whether a mark and the first words of a packet's header are at p. */
static bool header_at(const char *p)
{
	static const char *const packets[] = {
		"HCI Command:", "HCI Event:", "ACL Data", "ACL:",     "LE-ACL:",    "BR-ACL:",
		"ACL data:",	"SCO Data",   "ISO Data", "MGMT Com", "MGMT Event", "RAW ",
	};
	static const char *const notes[] = {"Note:",	   "New Index:",   "Delete Index:",
					    "Open Index:", "Close Index:", "Index Info:"};
	bool note = *p == '=';
	const char *const *words = note ? notes : packets;
	size_t count =
		note ? sizeof(notes) / sizeof(notes[0]) : sizeof(packets) / sizeof(packets[0]);

	if (!*p || !strchr("<>@=", *p) || !is_blank(p[1]))
		return false;
	p += 1 + strspn(p + 1, " \t");
	for (size_t i = 0; i < count; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* Where the header of a packet is in the line; -1: nowhere. */
static ptrdiff_t find_header(const char *line)
{
	for (ptrdiff_t i = 0; i < SEARCHED && line[i]; i++)
		if ((i == 0 || is_blank(line[i - 1]) || strchr("|>+-\"'", line[i - 1])) &&
		    header_at(line + i))
			return i;
	return -1;
}

/* ---- Prefixes ---------------------------------------------------------------------------------
 */

/* "btmon[12]:", or a word alone, as the last word of the prefix. */
static bool learn_program(struct text_line *state, const char *p, size_t len)
{
	size_t begin, letters = 0;

	if (len < 3 || p[len - 1] != ':')
		return false;
	for (begin = len; begin > 0 && !is_blank(p[begin - 1]); begin--)
		letters += is_letter(p[begin - 1]);
	bool numbered = p[len - 2] == ']' && memchr(p + begin, '[', len - begin);
	if (!letters || (!numbered && begin > 0) || len - begin >= sizeof(state->shape))
		return false;
	/* A word alone is no label of a field. */
	for (size_t i = begin; i + 1 < len && !numbered; i++)
		if (!is_digit(p[i]) && (p[i] < 'a' || p[i] > 'z') && !strchr("._-", p[i]))
			return false;
	memcpy(state->shape, p + begin, len - begin);
	state->shape[len - begin] = '\0';
	state->prefix = TEXT_PREFIX_PROGRAM;
	return true;
}

static bool learn_number(struct text_line *state, const char *p, size_t len)
{
	size_t digits = 0;

	while (digits < len && is_digit(p[digits]))
		digits++;
	if (digits == 0 || digits > 7)
		return false;
	/* A blank may also be behind a value that a mailer wrapped. */
	if (digits == len || !strchr(":|.\t", p[digits]) ||
	    digits + 1 + strspn(p + digits + 1, "\t") < len)
		return false;
	state->sign = p[digits];
	state->prefix = TEXT_PREFIX_NUMBER;
	return true;
}

/* A date with words, or brackets: times alone are of hcidump, or of btmon's packet before. */
static bool learn_shape(struct text_line *state, const char *p, size_t len)
{
	bool brackets = *p == '[' && p[len - 1] == ']' && strncmp(p, "[hci", 4) != 0;
	bool date = is_letter(*p) && len > 8 && p[3] == ' ';
	size_t colons = 0;

	if (len + 2 > sizeof(state->shape) || memchr(p, '#', len))
		return false;
	for (size_t i = 1; i + 1 < len; i++)
		colons += p[i] == ':' && is_digit(p[i - 1]) && is_digit(p[i + 1]);
	if (!brackets && (!date || colons != 2))
		return false;
	memcpy(state->shape, p, len);
	state->shape[len] = '\0';
	state->prefix = TEXT_PREFIX_SHAPE;
	return true;
}

static void learn(struct text_line *state, const char *p, size_t len)
{
	state->prefix = TEXT_PREFIX_NONE;
	while (len > 0 && p[len - 1] == ' ')
		len--;
	if (len == 0)
		return;
	if (len <= 3 && strspn(p, "*+-\"'/#!") >= len) {
		memcpy(state->shape, p, len);
		state->shape[len] = '\0';
		state->prefix = TEXT_PREFIX_SIGN;
	} else if (!learn_number(state, p, len) && !learn_program(state, p, len)) {
		(void)learn_shape(state, p, len);
	}
}

/* The length of the prefix of state at p, without the blanks behind it; 0: it is not there. */
static size_t match(const struct text_line *state, const char *p)
{
	size_t i = 0;

	switch (state->prefix) {
	case TEXT_PREFIX_PROGRAM: {
		const char *found =
			memmem(p, strnlen(p, SEARCHED), state->shape, strlen(state->shape));
		return found ? (size_t)(found - p) + strlen(state->shape) : 0;
	}
	case TEXT_PREFIX_NUMBER:
		while (i < 7 && is_digit(p[i]))
			i++;
		return i && p[i] == state->sign ? i + 1 : 0;
	case TEXT_PREFIX_SIGN:
		i = strlen(state->shape);
		return strncmp(p, state->shape, i) == 0 ? i : 0;
	case TEXT_PREFIX_SHAPE:
		for (; state->shape[i]; i++)
			if (p[i] != state->shape[i] &&
			    !((is_digit(p[i]) || p[i] == ' ') &&
			      (is_digit(state->shape[i]) || state->shape[i] == ' ')))
				return 0;
		return i;
	case TEXT_PREFIX_NONE:
		break;
	}
	return 0;
}

size_t text_line_begin(struct text_line *state, const char *line)
{
	ptrdiff_t header = find_header(line);
	size_t quoted = quotes(line);

	if (header >= 0) {
		bool prefixed = quoted < (size_t)header;
		learn(state, line + quoted, prefixed ? (size_t)header - quoted : 0);
		return state->prefix ? (size_t)header : 0;
	}
	if (!state->prefix)
		return 0;
	size_t len = match(state, line + quoted);
	return len ? quoted + len : 0;
}

/* ---- Comments and marks -----------------------------------------------------------------------
 */

size_t text_line_end(const char *line)
{
	static const char *const marks[] = {"//", "# ", "<-", "<="};
	size_t i;

	/* What is at its beginning may be all of it. */
	for (i = quotes(line); line[i]; i++) {
		if (i == 0 || !is_blank(line[i - 1]) || i == quotes(line))
			continue;
		for (size_t j = 0; j < sizeof(marks) / sizeof(marks[0]); j++)
			if (line[i] == marks[j][0] && line[i + 1] == marks[j][1])
				return i;
	}
	return i;
}

size_t text_line_received(const char *line, size_t *at)
{
	static const char *const names[] = {"SMP:", "ATT:", "LE L2CAP:", "L2CAP:"};
	size_t begin = quotes(line), mark = begin;

	while (mark > 0 && is_blank(line[mark - 1]))
		mark--;
	if (mark == 0 || line[mark - 1] != '>' || begin - mark > 1)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(line + begin, names[i], strlen(names[i])) == 0) {
			*at = begin;
			return strlen(names[i]);
		}
	return 0;
}
