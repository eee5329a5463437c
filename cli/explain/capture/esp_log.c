/* SPDX-License-Identifier: MIT */
#include "capture/esp_log.h"

#include <string.h>

#include "base/hex.h"
#include "capture/hci_octets.h"

enum { CLOCK = 8, LINE = 4096, OCTETS = LINE / 3 };

static const struct {
	char letter;
	enum explain_kind kind;
	enum explain_way way;
} letters[] = {
	{'C', EXPLAIN_COMMAND, EXPLAIN_SENT},
	{'E', EXPLAIN_EVENT, EXPLAIN_RECEIVED},
	{'H', EXPLAIN_ACL, EXPLAIN_SENT}, /* host to controller */
	{'D', EXPLAIN_ACL, EXPLAIN_RECEIVED},
};

static bool is_octet(const char *p)
{
	return hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0;
}

/* Octets with a blank behind each, up to the end of the line. */
static bool are_octets(const char *p)
{
	if (!is_octet(p))
		return false;
	while (is_octet(p) && (p[2] == ' ' || p[2] == '\0'))
		p += p[2] ? 3 : 2;
	return *p == '\0';
}

/* "4c C:" at p. */
static bool stands_at(const char *p, struct capture_esp_line *found)
{
	if (!is_octet(p) || p[2] != ' ' || !p[3] || p[4] != ':')
		return false;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].letter == p[3]) {
			found->kind = letters[i].kind;
			found->way = letters[i].way;
			found->octets = p + 5;
			return are_octets(found->octets);
		}
	return false;
}

bool capture_esp_line(const char *line, struct capture_esp_line *found)
{
	for (const char *p = line; *p; p++)
		if ((p == line || p[-1] == ' ') && stands_at(p, found)) {
			found->before = (size_t)(p - line);
			return true;
		}
	return false;
}

/* Whether a packet, or with part the beginning of one, stands behind a clock of that many octets.
 */
static bool stands_behind(size_t clock, bool part, enum explain_kind kind, const uint8_t *data,
			  size_t len)
{
	if (len <= clock)
		return false;
	/* Microseconds since the start: 9 years have 6 octets. */
	if (clock && (data[CLOCK - 1] || data[CLOCK - 2]))
		return false;
	size_t size = capture_octets_whole(kind, data + clock, len - clock);
	if (size == 0 || (part ? size < len - clock : size != len - clock))
		return false;
	return capture_octets_judge(kind, data + clock, len - clock) != CAPTURE_OCTETS_OTHER;
}

size_t capture_esp_clock(enum explain_kind kind, const uint8_t *data, size_t len)
{
	for (int part = 0; part <= 1; part++) {
		if (stands_behind(CLOCK, part, kind, data, len))
			return CLOCK;
		if (stands_behind(0, part, kind, data, len))
			return 0;
	}
	return CAPTURE_ESP_NONE;
}

/* Whether the line has a packet, or the beginning of one that HCI defines. */
static bool has_packet(const char *line)
{
	struct capture_esp_line found;
	uint8_t data[OCTETS];
	size_t len = 0;

	if (!capture_esp_line(line, &found))
		return false;
	for (const char *p = found.octets; is_octet(p) && len < OCTETS; p += p[2] ? 3 : 2)
		data[len++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
	size_t clock = len ? capture_esp_clock(found.kind, data, len) : CAPTURE_ESP_NONE;
	if (clock == CAPTURE_ESP_NONE)
		return false;
	return capture_octets_whole(found.kind, data + clock, len - clock) == len - clock ||
	       capture_octets_judge(found.kind, data + clock, len - clock) == CAPTURE_OCTETS_HCI;
}

bool capture_esp_log(const char *text, size_t len)
{
	for (const char *end = text + len, *next; text < end; text = next + 1) {
		char line[LINE];
		size_t size;

		next = memchr(text, '\n', (size_t)(end - text));
		if (!next)
			next = end;
		for (size = (size_t)(next - text); size > 0 && strchr("\r ", text[size - 1]);
		     size--)
			;
		if (size >= LINE)
			continue;
		memcpy(line, text, size);
		line[size] = '\0';
		if (has_packet(line))
			return true;
	}
	return false;
}
