/* SPDX-License-Identifier: MIT */
#include "selftest/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE 1024

static const char head[] = "| controller | USB | HCI, LMP | resets | heard a second | paired as "
			   "central, as peripheral | failed | blepair |";
static const char rule[] = "| --- | --- | --- | --- | --- | --- | --- | --- |";

static const char *str(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? text : "";
}

static double num(const json_t *o, const char *name)
{
	return json_number_value(json_object_get(o, name));
}

/* Appends a cell; text: "" is "-". A line that has no room stays as it is. */
static void put(char line[LINE], const char *text)
{
	size_t len = strlen(line);

	if (len + 4 + 2 * strlen(text) >= LINE)
		text = "...";
	line[len++] = ' ';
	if (!*text)
		text = "-";
	for (; *text; text++) {
		if (*text == '|')
			line[len++] = '\\';
		line[len++] = *text;
	}
	memcpy(line + len, " |", 3);
}

static void put_format(char line[LINE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put_format(char line[LINE], const char *format, ...)
{
	char text[100];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	put(line, text);
}

/* Rounded as the script does it. */
static double tenths(double value)
{
	return (double)(long long)(value * 10 + 0.5) / 10;
}

static void put_versions(char line[LINE], const json_t *c)
{
	if (*str(c, "version"))
		put_format(line, "%s %04x, %04x", str(c, "version"),
			   (unsigned)num(c, "hci_revision"), (unsigned)num(c, "lmp_subversion"));
	else
		put(line, "");
}

static void put_figures(char line[LINE], const json_t *c)
{
	const json_t *central = json_object_get(c, "central"),
		     *peripheral = json_object_get(c, "peripheral");

	if (json_object_get(c, "resets"))
		put_format(line, "%.0f/%.0f, %.1f ms", num(c, "answered"), num(c, "resets"),
			   tenths(num(c, "reset_ms")));
	else
		put(line, "");
	if (json_object_get(c, "heard_per_second"))
		put_format(line, "%.1f", tenths(num(c, "heard_per_second")));
	else
		put(line, "");
	if (central && peripheral)
		put_format(line, "%.0f/%.0f, %.0f/%.0f", num(central, "passed"), num(central, "of"),
			   num(peripheral, "passed"), num(peripheral, "of"));
	else
		put(line, "");
}

static void put_failed(char line[LINE], const json_t *c)
{
	const json_t *list = json_object_get(c, "failed");
	const size_t count = json_array_size(list);
	const char *first = json_string_value(json_array_get(list, 0));

	if (count > 1)
		put_format(line, "%s, and %zu more", first, count - 1);
	else
		put(line, count ? first : "");
}

json_t *selftest_table(const json_t *controllers, const char *version)
{
	json_t *lines = json_pack("[s, s]", head, rule);
	const json_t *c;
	size_t i;

	json_array_foreach(controllers, i, c)
	{
		const bool named = strcmp(str(c, "maker"), "unknown") != 0;
		char line[LINE] = "|";
		put(line, named ? str(c, "maker") : str(c, "manufacturer"));
		put(line, str(c, "usb_id"));
		put_versions(line, c);
		put_figures(line, c);
		put_failed(line, c);
		put(line, version);
		(void)json_array_append_new(lines, json_string(line));
	}
	return lines;
}
