/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/attempt_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/exit_code.h"

const char *report_text(const json_t *attempt, const char *field)
{
	const char *text = json_string_value(json_object_get(attempt, field));

	return text ? text : "";
}

double report_number(const json_t *attempt, const char *field)
{
	const json_t *value = json_object_get(attempt, field);

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

bool report_succeeded(const json_t *attempt)
{
	return strcmp(report_text(attempt, "class"), cli_exit_slug(CLI_OK)) == 0;
}

const char *report_unit_name(const json_t *attempt)
{
	return *report_text(attempt, "unit") ? report_text(attempt, "unit")
					     : report_text(attempt, "peer");
}

double report_time(const json_t *attempt)
{
	struct tm utc = {0};
	const char *rest = strptime(report_text(attempt, "time"), "%Y-%m-%dT%H:%M:%S", &utc);

	if (!rest)
		return (double)NAN;
	return (double)timegm(&utc) + (*rest == '.' ? strtod(rest, NULL) : 0);
}

const char *report_reason(const json_t *attempt, char reason[REPORT_REASON])
{
	(void)snprintf(reason, REPORT_REASON, "%.60s\n%.100s", report_text(attempt, "class"),
		       report_text(attempt, "reason"));
	return reason;
}

const char *report_class_text(const char *class, char words[REPORT_REASON])
{
	(void)snprintf(words, REPORT_REASON, "%s", class);
	for (char *c = words; *c; c++)
		if (*c == '_')
			*c = ' ';
	return words;
}

const char *report_utc(double seconds, char text[32])
{
	time_t whole = isfinite(seconds) ? (time_t)seconds : 0;
	struct tm tm;

	if (!isfinite(seconds) || !gmtime_r(&whole, &tm) ||
	    !strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm))
		(void)snprintf(text, 32, "-");
	return text;
}
