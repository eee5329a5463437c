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

bool report_is(const json_t *attempt, enum cli_exit code)
{
	return strcmp(report_text(attempt, "class"), cli_exit_slug(code)) == 0;
}

bool report_succeeded(const json_t *attempt)
{
	return report_is(attempt, CLI_OK);
}

bool report_is_attempt(const json_t *attempt)
{
	return *report_text(attempt, "controller") || *report_text(attempt, "peer");
}

/* The controller had no room for the link: HCI error Connection Limit Exceeded. */
static bool found_no_room(const json_t *attempt)
{
	return report_is(attempt, CLI_CONNECTION_FAILED) &&
	       json_integer_value(json_object_get(attempt, "reason_code")) == 0x09;
}

bool report_counts(const json_t *attempt)
{
	return report_is_attempt(attempt) && !report_is(attempt, CLI_CONTROLLER_FAILED) &&
	       !report_is(attempt, CLI_CANCELLED) && !found_no_room(attempt);
}

const char *report_unit_name(const json_t *attempt)
{
	return *report_text(attempt, "unit") ? report_text(attempt, "unit")
					     : report_text(attempt, "peer");
}

const char *report_title(const json_t *attempt)
{
	return *report_text(attempt, "label") ? report_text(attempt, "label")
					      : report_unit_name(attempt);
}

const char *report_subtitle(const json_t *attempt)
{
	const char *title = report_title(attempt), *peer = report_text(attempt, "peer");

	if (*peer && strcmp(peer, title) != 0)
		return peer;
	return strcmp(report_unit_name(attempt), title) != 0 ? report_unit_name(attempt) : "";
}

static const char *verdict_text(const json_t *attempt, const char *field)
{
	return report_text(json_object_get(attempt, "verdict"), field);
}

const char *report_cause(const json_t *attempt)
{
	const char *cause = verdict_text(attempt, "cause");

	return *cause ? cause : verdict_text(attempt, "text");
}

const char *report_fix(const json_t *attempt)
{
	return verdict_text(attempt, "fix");
}

const json_t *report_findings(const json_t *attempt)
{
	return json_object_get(json_object_get(attempt, "verdict"), "findings");
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
	(void)snprintf(reason, REPORT_REASON, "%.60s\n%.100s\n%.60s", report_text(attempt, "class"),
		       report_text(attempt, "reason"), verdict_text(attempt, "check"));
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
