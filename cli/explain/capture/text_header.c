/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_header.h"

#include <string.h>
#include <strings.h>

#include "capture/text_fields.h"

static bool two_digits(const char *p, char behind)
{
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && p[2] == behind;
}

static uint64_t two(const char *p)
{
	return (uint64_t)(10 * (p[0] - '0') + p[1] - '0');
}

/* Days from 1970 to a date of the Gregorian calendar. */
static uint64_t days(uint64_t year, uint64_t month, uint64_t day)
{
	year -= month <= 2;
	uint64_t shifted = month > 2 ? month - 3 : month + 9;
	uint64_t of_year = (153 * shifted + 2) / 5 + day - 1;
	return 365 * year + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

/* Reads a date or a time of day or both, or seconds, with a fraction. */
static bool read_time(const char **p, struct text_stamp *stamp)
{
	enum explain_clock clock = EXPLAIN_CLOCK_START;
	uint64_t time = 0, year, month, seconds;
	const char *at = *p, *q = at;

	if (strlen(at) > 10 && at[4] == '-' && two_digits(at + 5, '-') &&
	    capture_decimal(&q, &year) && *q++ == '-' && capture_decimal(&q, &month) &&
	    *q++ == '-' && year >= 1970 && year < 10000 && month >= 1 && month <= 12) {
		/* Without blanks, the hour follows the day at once. */
		clock = EXPLAIN_CLOCK_LOCAL;
		time = days(year, month, two(at + 8)) * UINT64_C(86400000000);
		*p = at += 10;
	}
	if (two_digits(at, ':') && two_digits(at + 3, ':')) {
		if (clock == EXPLAIN_CLOCK_START)
			clock = EXPLAIN_CLOCK_DAY;
		time += (two(at) * 60 + two(at + 3)) * UINT64_C(60000000);
		at += 6;
	}
	q = at;
	if (!capture_decimal(&q, &seconds) || *q != '.')
		return false;
	time += seconds * UINT64_C(1000000);
	q++;
	for (uint64_t unit = 100000; *q >= '0' && *q <= '9'; unit /= 10, q++)
		time += (uint64_t)(*q - '0') * unit;
	*p = q;
	stamp->clock = clock;
	stamp->time_us = time;
	return true;
}

void text_stamp_right(const char **p, struct text_stamp *stamp)
{
	uint64_t value;

	memset(stamp, 0, sizeof(*stamp));
	if (strncmp(*p, "{0x", 3) == 0) { /* which program's socket */
		*p += 3;
		(void)capture_hex(p, 4, &value);
		*p += **p == '}';
	}
	if (**p == '#') {
		(*p)++;
		(void)capture_decimal(p, &stamp->number);
		*p += **p == ' ';
	}
	if (strncmp(*p, "[hci", 4) == 0) {
		*p += 4;
		if (capture_decimal(p, &value)) {
			stamp->source = (uint16_t)value;
			stamp->indexed = true;
		}
		*p += **p == ']';
	}
	(void)read_time(p, stamp);
}

static size_t digits_before(const char *begin, const char *end, size_t most)
{
	size_t len = 0;

	while (len < most && end - len > begin && end[-1 - (ptrdiff_t)len] >= '0' &&
	       end[-1 - (ptrdiff_t)len] <= '9')
		len++;
	return len;
}

size_t text_stamp_left(const char *begin, const char *end, struct text_stamp *stamp)
{
	enum { FRACTION = 6, DATED = 18, SECONDS = 10 };
	const char *p;
	size_t seconds;

	memset(stamp, 0, sizeof(*stamp));
	if (digits_before(begin, end, FRACTION) < FRACTION || end - begin < FRACTION + 2 ||
	    end[-FRACTION - 1] != '.')
		return 0;
	const char *point = end - FRACTION - 1;
	if (point - begin >= DATED && point[4 - DATED] == '-' && point[-3] == ':')
		p = point - DATED;
	else if ((seconds = digits_before(begin, point, SECONDS)) == SECONDS)
		p = point - seconds;
	else
		return 0;
	const char *q = p;
	/* Behind these it is the right side of the header of btmon's packet before. */
	bool right = p > begin && strchr("] }#", p[-1]);
	if (right || !read_time(&q, stamp) || q != end) {
		memset(stamp, 0, sizeof(*stamp));
		return 0;
	}
	return (size_t)(end - p);
}

bool text_command(const char **p, uint16_t *opcode, size_t *plen)
{
	const char *bar = strstr(*p, "|0x"), *q;
	uint64_t group, command, len;

	if (!bar || bar - *p < 4)
		return false;
	q = bar - 2;
	if (!capture_hex(&q, 2, &group))
		return false;
	q = bar + 3;
	if (!capture_hex(&q, 4, &command) || strncmp(q, ")plen", 5) != 0)
		return false;
	q += 5;
	if (!capture_decimal(&q, &len) || len > 255)
		return false;
	*opcode = (uint16_t)(group << 10 | command);
	*plen = (size_t)len;
	*p = q;
	return true;
}

bool text_event(const char **p, size_t digits, uint16_t *code, size_t *plen)
{
	const char *end = strstr(*p, ")plen"), *q;
	uint64_t value, len;

	if (!end || end - *p < (ptrdiff_t)digits + 3)
		return false;
	q = end - digits;
	if (!capture_hex(&q, digits, &value) || q != end)
		return false;
	q = end + 5;
	if (!capture_decimal(&q, &len) || len > 0xffff)
		return false;
	*code = (uint16_t)value;
	*plen = (size_t)len;
	*p = q;
	return true;
}

/* The handle is known if what follows it is printed behind a whole one. */
static bool read_handle(const char *p, uint16_t *handle)
{
	static const char *const behind[] = {"flags", "[", "#"};
	uint64_t value;

	if (strncasecmp(p, "handle", 6) != 0)
		return false;
	p += 6;
	if (!capture_decimal(&p, &value) || value > 0xfff)
		return false;
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++)
		if (strncmp(p, behind[i], strlen(behind[i])) == 0) {
			*handle = (uint16_t)value;
			return true;
		}
	return false;
}

bool text_acl(const char **p, struct text_acl *acl)
{
	enum { HEADER = 80 }; /* the longest text before the flags */
	const char *q = *p;
	uint64_t flags, len;

	memset(acl, 0, sizeof(*acl));
	acl->has_handle = read_handle(q, &acl->handle);
	size_t length = strnlen(q, HEADER);
	const char *found = memmem(q, length, "flags0x", 7);
	bool cut = memmem(q, found ? (size_t)(found - q) : length, "..", 2) != NULL;
	if (!acl->has_handle && !cut)
		return false;
	if (!found) {
		/* A narrow terminal cuts them off. */
		const char *right = memchr(q, '#', length);
		*p = right ? right : q;
		return right || cut;
	}
	q = found + 7;
	if (!capture_hex(&q, 2, &flags) || flags > 0xf || strncmp(q, "dlen", 4) != 0)
		return false;
	q += 4;
	if (!capture_decimal(&q, &len) || len > 0xffff)
		return false;
	acl->has_length = true;
	acl->flags = (uint8_t)flags;
	acl->len = (size_t)len;
	*p = q;
	return true;
}
