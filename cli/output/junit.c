/* SPDX-License-Identifier: MIT */
#include "output/junit.h"

#include <errno.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/file.h"
#include "base/html.h"

/* Classes of results for which no device is to blame: an error, not a failure. */
static const enum cli_exit errors[] = {
	CLI_INTERNAL,		CLI_USAGE,	CLI_NO_CONTROLLER,
	CLI_CONTROLLER_BUSY,	CLI_PERMISSION, CLI_CONTROLLER_FAILED,
	CLI_CONTROLLER_BLOCKED,
};

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "";
}

/* ---- Cases ----------------------------------------------------------------------------------- */

static const char *kind_of(const char *class)
{
	if (strcmp(class, cli_exit_slug(CLI_OK)) == 0)
		return "";
	if (strcmp(class, cli_exit_slug(CLI_CANCELLED)) == 0)
		return "skipped";
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(class, cli_exit_slug(errors[i])) == 0)
			return "error";
	return "failure";
}

static void add(struct junit *j, const char *name, double seconds, const char *kind,
		const char *class, const char *message, const char *body)
{
	(void)json_array_append_new(j->cases, json_pack("{s:s, s:f, s:s, s:s, s:s, s:s}", "name",
							name, "time", seconds, "kind", kind, "type",
							class, "message", message, "body", body));
	j->failed |= strcmp(kind, "failure") == 0 || strcmp(kind, "error") == 0;
	*j->why = '\0';
}

/* A label is stable, a name and an address may change from run to run. */
static const char *name_of(const json_t *event, const char *otherwise)
{
	const json_t *peer = json_object_get(event, "peer");
	const char *const names[] = {text(event, "label"), text(peer, "label"), text(event, "unit"),
				     text(peer, "name"), text(peer, "address")};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (*names[i])
			return names[i];
	return otherwise;
}

static void add_result(struct junit *j, const json_t *event)
{
	const char *class = text(event, "class");
	const json_t *total = json_object_get(json_object_get(event, "timings"), "total_ms"),
		     *verdict = json_object_get(event, "verdict");
	char body[1600];

	(void)snprintf(body, sizeof(body), "%.500s\n%.500s\n%.500s", text(event, "detail"),
		       *text(verdict, "cause") ? text(verdict, "cause") : j->why,
		       *text(event, "advice") ? text(event, "advice") : text(verdict, "fix"));
	add(j, name_of(event, j->command), json_number_value(total) / 1000, kind_of(class), class,
	    text(event, "text"), body);
}

static void add_step(struct junit *j, const json_t *event)
{
	const char *verdict = text(event, "verdict");
	const char *kind = strcmp(verdict, "failed") == 0    ? "failure"
			   : strcmp(verdict, "skipped") == 0 ? "skipped"
							     : "";
	char name[200];

	(void)snprintf(name, sizeof(name), "%s: %s", text(event, "on"), text(event, "title"));
	add(j, name, 0, kind, verdict, text(event, "text"), "");
}

/* ---- Events ---------------------------------------------------------------------------------- */

int junit_init(struct junit *j, const char *command)
{
	*j = (struct junit){.command = command, .cases = json_array()};
	return j->cases ? 0 : -1;
}

void junit_free(struct junit *j)
{
	json_decref(j->cases);
	j->cases = NULL;
}

/* The result of a run with cases of its own counts only if none of them shows that it failed. */
static bool counts(const struct junit *j, const json_t *result)
{
	const bool good = !*kind_of(text(result, "class"));

	if (json_object_get(result, "peer"))
		return true;
	return !good && !j->failed;
}

static bool is_case(const struct junit *j, const char *name, const json_t *event)
{
	if (strcmp(name, "result") == 0)
		return counts(j, event);
	return strcmp(name, "unit") == 0 && json_is_true(json_object_get(event, "final"));
}

void junit_event(struct junit *j, const json_t *event)
{
	const char *name = text(event, "event");

	if (strcmp(name, "explained") == 0)
		(void)snprintf(j->why, sizeof(j->why), "%s", text(event, "brief"));
	else if (strcmp(name, "selftest") == 0)
		add_step(j, event);
	else if (is_case(j, name, event))
		add_result(j, event);
}

/* ---- The file -------------------------------------------------------------------------------- */

static size_t count(const struct junit *j, const char *kind)
{
	const json_t *item;
	size_t i, many = 0;

	json_array_foreach(j->cases, i, item)
	{
		many += strcmp(text(item, "kind"), kind) == 0;
	}
	return many;
}

static void print_case(const struct junit *j, const json_t *item, FILE *out)
{
	const char *kind = text(item, "kind");

	html_put(out, "  <testcase classname=\"blepair.%s\" name=\"%s\" time=\"%.3f\"", j->command,
		 text(item, "name"), json_real_value(json_object_get(item, "time")));
	if (!*kind) {
		fputs("/>\n", out);
		return;
	}
	html_put(out, ">\n    <%s type=\"%s\" message=\"%s\">\n", kind, text(item, "type"),
		 text(item, "message"));
	for (const char *line = text(item, "body"); *line;) {
		const size_t len = strcspn(line, "\n");
		if (len)
			html_put(out, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	html_put(out, "    </%s>\n  </testcase>\n", kind);
}

void junit_print(const struct junit *j, FILE *out)
{
	const json_t *item;
	size_t i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	html_put(out,
		 "<testsuite name=\"blepair %s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		 "skipped=\"%zu\">\n",
		 j->command, json_array_size(j->cases), count(j, "failure"), count(j, "error"),
		 count(j, "skipped"));
	json_array_foreach(j->cases, i, item)
	{
		print_case(j, item, out);
	}
	fputs("</testsuite>\n", out);
}

int junit_write(const struct junit *j, const char *path, struct failure *failure)
{
	static struct file_out file;

	if (file_create(&file, path, FILE_PUBLIC, failure))
		return -1;
	junit_print(j, file.stream);
	if (fflush(file.stream) || ferror(file.stream)) {
		int error = errno;
		file_abandon(&file);
		return failure_set(failure, cli_exit_of_errno(error), "cannot write %s: %s", path,
				   file_error(error));
	}
	return file_commit(&file, failure);
}
