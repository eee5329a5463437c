/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "acceptance/acceptance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "acceptance/pattern.h"
#include "base/file.h"
#include "base/hex.h"
#include "crypto/bytes.h"

#define UUID_EXPECTED \
	"a UUID like 2A25 or B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4, or a name like serial-number"

/* ---- Arguments ------------------------------------------------------------------------------- */

/* Splits "UUID=REST". NULL and the rest, or what was expected. */
static const char *split(const char *argument, struct att_uuid *uuid, const char **rest)
{
	char text[UUID_TEXT + 8];
	const char *equals = strchr(argument, '=');
	size_t len = equals ? (size_t)(equals - argument) : 0;

	if (!equals || len >= sizeof(text))
		return "UUID=VALUE";
	memcpy(text, argument, len);
	text[len] = '\0';
	*rest = equals + 1;
	return uuid_parse(text, uuid) ? NULL : UUID_EXPECTED " before =";
}

static const char *take_text(struct acceptance_item *item, const char *text)
{
	item->len = strlen(text);
	if (item->len > ACCEPTANCE_VALUE)
		return "a value of 244 octets at most";
	memcpy(item->value, text, item->len + 1);
	return NULL;
}

static const char *take_hex(struct acceptance_item *item, const char *digits)
{
	static const char expected[] = "hex: and an even number of hexadecimal digits";

	item->len = strlen(digits) / 2;
	if (item->len > ACCEPTANCE_VALUE)
		return "a value of 244 octets at most";
	if (strlen(digits) % 2)
		return expected;
	/* In the order of the octets on air. */
	for (size_t i = 0; i < item->len; i++) {
		const int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
		if (high < 0 || low < 0)
			return expected;
		item->value[i] = (uint8_t)(16 * high + low);
	}
	return NULL;
}

/* Octets as text: or hex:. NULL, or what was expected; form: of the whole argument. */
static const char *take_octets(struct acceptance_item *item, const char *value, const char *form)
{
	if (strncmp(value, "text:", 5) == 0)
		return take_text(item, value + 5);
	return strncmp(value, "hex:", 4) == 0 ? take_hex(item, value + 4) : form;
}

const char *acceptance_take_expectation(struct acceptance_item *item, const char *value)
{
	const char *wrong;

	if (strncmp(value, "re:", 3) == 0) {
		wrong = pattern_check(value + 3);
		item->expects = ACCEPTANCE_PATTERN;
		return wrong ? wrong : take_text(item, value + 3);
	}
	item->expects = ACCEPTANCE_OCTETS;
	return take_octets(item, value, "UUID=text:TEXT, UUID=hex:DIGITS or UUID=re:EXPRESSION");
}

const char *acceptance_take_value(struct acceptance_item *item, const char *value)
{
	return take_octets(item, value, "text:TEXT or hex:DIGITS");
}

/* ---- Items ----------------------------------------------------------------------------------- */

#define ROOM (ACCEPTANCE_ITEMS + ACCEPTANCE_OF_ROW)

static struct acceptance_item *add(struct acceptance *a, const struct att_uuid *uuid,
				   enum acceptance_action action, size_t room)
{
	struct acceptance_item *item;

	if (a->count >= room)
		return NULL;
	item = &a->items[a->count++];
	memset(item, 0, sizeof(*item));
	item->uuid = *uuid;
	item->action = action;
	return item;
}

/* The item that reads this attribute, in any service; a new one if there is none. NULL: no room. */
static struct acceptance_item *reading(struct acceptance *a, const struct att_uuid *uuid,
				       size_t room)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].action == ACCEPTANCE_READ && !a->items[i].service.len &&
		    uuid_equal(&a->items[i].uuid, uuid))
			return &a->items[i];
	return add(a, uuid, ACCEPTANCE_READ, room);
}

static const char no_room[] = "16 attributes at most";

const char *acceptance_add_read(struct acceptance *a, const char *text)
{
	struct att_uuid uuid;

	if (!uuid_parse(text, &uuid))
		return UUID_EXPECTED;
	return reading(a, &uuid, ACCEPTANCE_ITEMS) ? NULL : no_room;
}

const char *acceptance_add_expect(struct acceptance *a, const char *argument)
{
	struct acceptance_item *item;
	struct att_uuid uuid;
	const char *value, *wrong = split(argument, &uuid, &value);

	if (wrong)
		return wrong;
	item = reading(a, &uuid, ACCEPTANCE_ITEMS);
	if (!item)
		return no_room;
	if (item->expects != ACCEPTANCE_ANY)
		return "one expectation for each attribute";
	return acceptance_take_expectation(item, value);
}

/* Also one that a profile looks for in a service. */
static struct acceptance_item *reading_anywhere(struct acceptance *a, const struct att_uuid *uuid)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].action == ACCEPTANCE_READ && uuid_equal(&a->items[i].uuid, uuid))
			return &a->items[i];
	return add(a, uuid, ACCEPTANCE_READ, ROOM + 1);
}

const char *acceptance_set_row(struct acceptance *a, const char *argument)
{
	struct acceptance_item *item;
	struct att_uuid uuid;
	const char *value, *wrong = split(argument, &uuid, &value);

	if (wrong)
		return wrong;
	item = reading_anywhere(a, &uuid);
	if (!item)
		return "8 attributes at most in a row";
	if (strncmp(value, "text:", 5) == 0 || strncmp(value, "hex:", 4) == 0 ||
	    strncmp(value, "re:", 3) == 0)
		return acceptance_take_expectation(item, value);
	item->expects = ACCEPTANCE_OCTETS;
	return take_text(item, value);
}

void acceptance_copy(struct acceptance *to, const struct acceptance *from)
{
	if (!from) {
		memset(to, 0, sizeof(*to));
		return;
	}
	*to = *from;
	if (from->trigger)
		to->trigger = &to->items[from->trigger - from->items];
}

const char *acceptance_add_write(struct acceptance *a, const char *argument)
{
	struct acceptance_item *item;
	struct att_uuid uuid;
	const char *value, *wrong = split(argument, &uuid, &value);

	if (wrong)
		return wrong;
	item = add(a, &uuid, ACCEPTANCE_WRITE, ACCEPTANCE_ITEMS);
	if (!item)
		return no_room;
	if (*value == '@' && value[1]) {
		item->file = value + 1;
		return NULL;
	}
	return take_octets(item, value, "UUID=text:TEXT, UUID=hex:DIGITS or UUID=@FILE");
}

const char *acceptance_set_trigger(struct acceptance *a, const char *argument)
{
	struct att_uuid uuid;

	if (strncmp(argument, "read=", 5) != 0 || !uuid_parse(argument + 5, &uuid))
		return "read= and " UUID_EXPECTED;
	a->trigger = reading(a, &uuid, ACCEPTANCE_ITEMS);
	return a->trigger ? NULL : no_room;
}

static int read_file(struct acceptance_item *item, struct failure *failure)
{
	const int fd = open(item->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd < 0 ? -1 : 0;
	const int error = errno;

	item->len = 0;
	while (fd >= 0 && item->len < sizeof(item->value) &&
	       (got = read(fd, item->value + item->len, sizeof(item->value) - item->len)) > 0)
		item->len += (size_t)got;
	if (got < 0) {
		(void)file_cannot_read(item->file, fd < 0 ? error : errno, failure);
	} else if (item->len > ACCEPTANCE_VALUE) {
		got = -1;
		(void)failure_set(failure, CLI_USAGE, "%.200s has more than %d octets", item->file,
				  ACCEPTANCE_VALUE);
	}
	if (fd >= 0)
		(void)close(fd);
	return got < 0 ? -1 : 0;
}

int acceptance_read_files(struct acceptance *a, struct failure *failure)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].file && read_file(&a->items[i], failure))
			return -1;
	return 0;
}

/* ---- Judging --------------------------------------------------------------------------------- */

bool acceptance_matches(const struct acceptance_item *item, const uint8_t *value, size_t len)
{
	switch (item->expects) {
	case ACCEPTANCE_ANY:
		break;
	case ACCEPTANCE_OCTETS:
		return len == item->len && bytes_equal(value, item->value, len);
	case ACCEPTANCE_PATTERN:
		return pattern_matches((const char *)item->value, value, len);
	}
	return true;
}

bool acceptance_must_refuse(const struct acceptance_item *item, enum security_level level)
{
	return (unsigned)level < (unsigned)item->refused;
}

bool acceptance_is_judgeable(const struct acceptance_item *item)
{
	return item->expects != ACCEPTANCE_PATTERN ||
	       (memchr(item->value, 0, item->len + 1) == item->value + item->len &&
		!pattern_check((const char *)item->value));
}

void acceptance_add_levels(struct acceptance *a)
{
	static const struct att_uuid uuid = {2, {0xf5, 0x2b}};
	bool is_wanted = false;

	for (size_t i = 0; i < a->count; i++)
		is_wanted |= a->items[i].refused != ACCEPTANCE_REFUSED_NEVER;
	if (is_wanted)
		(void)add(a, &uuid, ACCEPTANCE_LEVELS, ROOM + 1);
}

bool acceptance_levels_agree(const struct acceptance *a, const uint8_t *value, size_t len)
{
	if (!len || len % 2)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		if (value[i] != 1)
			continue;
		if (value[i + 1] < 1 || value[i + 1] > LEVEL_SECURE + 1)
			return false;
		for (size_t k = 0; k < a->count; k++)
			if (acceptance_must_refuse(&a->items[k],
						   (enum security_level)(value[i + 1] - 1)))
				return false;
	}
	return true;
}

bool acceptance_must_work(const struct acceptance_item *item, enum security_level level)
{
	return level >= item->allowed && !acceptance_must_refuse(item, level);
}

const char *acceptance_name(const struct acceptance_item *item, char text[ACCEPTANCE_NAME])
{
	const char *name = uuid_name(&item->uuid);
	char uuid[UUID_TEXT];

	uuid_format(&item->uuid, uuid);
	if (name)
		(void)snprintf(text, ACCEPTANCE_NAME, "%s (%s)", name, uuid);
	else
		(void)snprintf(text, ACCEPTANCE_NAME, "%s", uuid);
	return text;
}
