/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "acceptance/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/apart.h"
#include "base/file.h"

struct profile {
	const char *path;
	int fd;
	struct acceptance *acceptance; /* to which it is added */
};

/* ---- Members --------------------------------------------------------------------------------- */

/* Each takes the value of a member. NULL, or what was expected. */
static const char *take_characteristic(struct acceptance_item *item, const json_t *value)
{
	return json_is_string(value) && uuid_parse(json_string_value(value), &item->uuid)
		       ? NULL
		       : "a UUID like \"2A25\", or a name like \"serial-number\"";
}

static const char *take_service(struct acceptance_item *item, const json_t *value)
{
	return json_is_string(value) && uuid_parse(json_string_value(value), &item->service)
		       ? NULL
		       : "a UUID like \"180A\"";
}

static const char *take_expect(struct acceptance_item *item, const json_t *value)
{
	return json_is_string(value) ? acceptance_take_expectation(item, json_string_value(value))
				     : "\"text:TEXT\", \"hex:DIGITS\" or \"re:EXPRESSION\"";
}

static const char *take_write(struct acceptance_item *item, const json_t *value)
{
	item->action = ACCEPTANCE_WRITE;
	return json_is_string(value) ? acceptance_take_value(item, json_string_value(value))
				     : "\"text:TEXT\" or \"hex:DIGITS\"";
}

static const char *take_refused(struct acceptance_item *item, const json_t *value)
{
	enum security_level level;

	if (!json_is_string(value) || !level_parse(json_string_value(value), &level) ||
	    level == LEVEL_SECURE)
		return "\"open\", \"encrypted\" or \"authenticated\": the highest level at which "
		       "it is refused";
	item->refused = (enum acceptance_refused)(level + 1);
	return NULL;
}

static const char *take_allowed(struct acceptance_item *item, const json_t *value)
{
	return json_is_string(value) && level_parse(json_string_value(value), &item->allowed)
		       ? NULL
		       : "\"open\", \"encrypted\", \"authenticated\" or \"secure\": the lowest "
			 "level at which it works";
}

static const char *take_secret(struct acceptance_item *item, const json_t *value)
{
	item->secrecy = json_is_true(value) ? ACCEPTANCE_SECRET : ACCEPTANCE_SHOWN;
	return json_is_boolean(value) ? NULL : "true or false";
}

static const struct {
	const char *name;
	const char *(*take)(struct acceptance_item *item, const json_t *value);
} members[] = {
	{"characteristic", take_characteristic},
	{"service", take_service},
	{"expect", take_expect},
	{"write", take_write},
	{"refused", take_refused},
	{"allowed", take_allowed},
	{"secret", take_secret},
};

/* ---- The file -------------------------------------------------------------------------------- */

static int wrong(const struct profile *p, size_t i, const char *member, const char *expected,
		 struct failure *failure)
{
	return failure_set(failure, CLI_USAGE,
			   "%.200s, attribute %zu: \"%.40s\" is not valid; expected %s", p->path,
			   i + 1, member, expected);
}

static int take_member(const struct profile *p, size_t i, struct acceptance_item *item,
		       const char *name, const json_t *value, struct failure *failure)
{
	for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
		if (strcmp(members[k].name, name) != 0)
			continue;
		const char *expected = members[k].take(item, value);
		return expected ? wrong(p, i, name, expected, failure) : 0;
	}
	return wrong(p, i, name,
		     "characteristic, service, expect, write, refused, allowed or secret", failure);
}

/* The members of an attribute together. */
static int check(const struct profile *p, size_t i, const json_t *json,
		 const struct acceptance_item *item, struct failure *failure)
{
	if (!item->uuid.len)
		return wrong(p, i, "characteristic", "it in every attribute", failure);
	if (json_object_get(json, "write") && json_object_get(json, "expect"))
		return wrong(p, i, "expect", "it without write: read in an attribute of its own",
			     failure);
	if (acceptance_must_refuse(item, item->allowed))
		return wrong(p, i, "allowed", "a level above that of refused", failure);
	return 0;
}

static int take_attribute(const struct profile *p, size_t i, json_t *json, struct failure *failure)
{
	struct acceptance *a = p->acceptance;
	struct acceptance_item item = {.action = ACCEPTANCE_READ};
	const char *name;
	json_t *value;

	if (!json_is_object(json))
		return wrong(p, i, "attribute", "an object", failure);
	if (a->count == ACCEPTANCE_ITEMS)
		return failure_set(failure, CLI_USAGE,
				   "%.200s: 16 attributes at most, with those "
				   "of the command line",
				   p->path);
	json_object_foreach(json, name, value)
	{
		if (take_member(p, i, &item, name, value, failure))
			return -1;
	}
	if (check(p, i, json, &item, failure))
		return -1;
	a->items[a->count++] = item;
	return 0;
}

static int take_file(const struct profile *p, json_t *json, struct failure *failure)
{
	const json_t *list = json_object_get(json, "attributes");
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach(json, name, value)
	{
		if (strcmp(name, "attributes") != 0)
			return failure_set(failure, CLI_USAGE,
					   "%.200s: \"%.40s\" is not known; expected attributes",
					   p->path, name);
	}
	if (!json_is_array(list) || !json_array_size(list))
		return failure_set(failure, CLI_USAGE,
				   "%.200s: expected an object with a list, \"attributes\"",
				   p->path);
	json_array_foreach(list, i, value)
	{
		if (take_attribute(p, i, value, failure))
			return -1;
	}
	return 0;
}

static int parse(void *ctx, struct failure *failure)
{
	const struct profile *p = ctx;
	char *text = malloc(PROFILE_MAX + 1);
	size_t len = 0;
	ssize_t got = -1;
	json_error_t where;
	json_t *json;
	int status;

	if (!text)
		return failure_set(failure, CLI_INTERNAL, "out of memory");
	while (len <= PROFILE_MAX && (got = read(p->fd, text + len, PROFILE_MAX + 1 - len)) > 0)
		len += (size_t)got;
	if (got < 0 || len > PROFILE_MAX) {
		const int error = errno;
		free(text);
		return len > PROFILE_MAX ? failure_set(failure, CLI_USAGE,
						       "%.200s has more than 64 KiB", p->path)
					 : file_cannot_read(p->path, error, failure);
	}
	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	free(text);
	if (!json)
		return failure_set(failure, CLI_USAGE, "%.200s, line %d: %.120s", p->path,
				   where.line, where.text);
	status = take_file(p, json, failure);
	json_decref(json);
	return status;
}

/* ---- From the child -------------------------------------------------------------------------- */

static int send(const void *ctx, FILE *out)
{
	const struct profile *p = ctx;

	return fwrite(p->acceptance, sizeof(*p->acceptance), 1, out) == 1 ? 0 : -1;
}

static bool is_uuid(const struct att_uuid *uuid, bool required)
{
	return uuid->len == 2 || uuid->len == 16 || (!required && !uuid->len);
}

static bool is_valid(const struct acceptance_item *item)
{
	return is_uuid(&item->uuid, true) && is_uuid(&item->service, false) &&
	       (item->action == ACCEPTANCE_READ || item->action == ACCEPTANCE_WRITE) &&
	       item->expects <= ACCEPTANCE_PATTERN && item->allowed <= LEVEL_SECURE &&
	       item->refused <= ACCEPTANCE_REFUSED_AUTHENTICATED &&
	       item->secrecy <= ACCEPTANCE_SECRET && item->len <= ACCEPTANCE_VALUE &&
	       acceptance_is_judgeable(item);
}

/* The first ones, of the command line, are ours already. */
static int receive(void *ctx, FILE *in)
{
	struct profile *p = ctx;
	struct acceptance *a = p->acceptance;
	static struct acceptance sent;

	if (fread(&sent, sizeof(sent), 1, in) != 1 || sent.count > ACCEPTANCE_ITEMS ||
	    sent.count < a->count)
		return -1;
	for (size_t i = a->count; i < sent.count; i++) {
		if (!is_valid(&sent.items[i]))
			return -1;
		a->items[i] = sent.items[i];
		a->items[i].file = NULL;
	}
	a->count = sent.count;
	return 0;
}

int profile_load(const char *path, struct acceptance *acceptance, struct failure *failure)
{
	struct profile profile = {path, open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), acceptance};
	const struct apart apart = {parse, send, receive, &profile};
	int status;

	if (profile.fd < 0)
		return file_cannot_read(path, errno, failure);
	status = apart_run(&apart, failure);
	(void)close(profile.fd);
	return status;
}
