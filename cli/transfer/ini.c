/* SPDX-License-Identifier: MIT */
#include "transfer/ini.h"

#include <stdbool.h>
#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct ini_part trimmed(struct ini_part part)
{
	while (part.len && is_space(*part.at))
		part.at++, part.len--;
	while (part.len && is_space(part.at[part.len - 1]))
		part.len--;
	return part;
}

/* Takes the first line from the rest of the text; its end is not part of it. */
static struct ini_part next_line(struct ini_part *rest)
{
	const char *end = memchr(rest->at, '\n', rest->len);
	struct ini_part line = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
	size_t used = line.len + (end != NULL);

	rest->at += used;
	rest->len -= used;
	return line;
}

static bool read_group(struct ini_part line, struct ini_part *group)
{
	if (line.len < 2 || line.at[line.len - 1] != ']')
		return false;
	*group = trimmed((struct ini_part){line.at + 1, line.len - 2});
	return group->len > 0;
}

static bool read_value(struct ini_part line, struct ini_part group, ini_take *take, void *ctx)
{
	const char *equals = memchr(line.at, '=', line.len);

	if (!equals || !group.len)
		return false;
	struct ini_part key = {line.at, (size_t)(equals - line.at)};
	struct ini_part value = {equals + 1, line.len - key.len - 1};
	key = trimmed(key);
	if (key.len)
		take(ctx, group, key, trimmed(value));
	return key.len > 0;
}

size_t ini_read(const char *text, size_t len, ini_take *take, void *ctx)
{
	struct ini_part rest = {text, len}, group = {NULL, 0};

	for (size_t number = 1; rest.len; number++) {
		struct ini_part line = trimmed(next_line(&rest));
		bool fine = !line.len || !memchr(line.at, '\0', line.len);

		if (fine && line.len && *line.at == '[')
			fine = read_group(line, &group);
		else if (fine && line.len && *line.at != '#')
			fine = read_value(line, group, take, ctx);
		if (!fine)
			return number;
	}
	return 0;
}
