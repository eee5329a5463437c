/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/exit_code.h"
#include "base/html.h"
#include "report/page.h"

/* What the exit code of that class means; "": there is none. */
static const char *meaning_of(const char *class)
{
	for (int code = 0; code < CLI_EXIT_COUNT; code++)
		if (strcmp(cli_exit_slug((enum cli_exit)code), class) == 0)
			return cli_exit_meaning((enum cli_exit)code);
	return "";
}

void page_put_reason(FILE *out, const json_t *a)
{
	const char *class = report_text(a, "class"), *reason = report_text(a, "reason");
	char words[REPORT_REASON];

	if (*reason)
		html_put(out, "%s: %s", report_class_text(class, words), reason);
	else
		html_put(out, "%s", *class ? report_class_text(class, words) : "failed");
}

static void put_finding(FILE *out, const json_t *finding)
{
	const bool cause = json_is_true(json_object_get(finding, "cause"));
	const char *section = report_text(finding, "section");

	html_put(out,
		 "<div class=\"finding %s\"><b>%s</b>%s<i>→ %s</i><small>%s [%s]</small></div>\n",
		 report_text(finding, "severity"), cause ? "why" : report_text(finding, "severity"),
		 report_text(finding, "text"), report_text(finding, "fix"),
		 strcmp(section, "-") == 0 ? "" : section, report_text(finding, "id"));
}

static void put_findings(FILE *out, const json_t *list)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(list, i, finding) put_finding(out, finding);
}

const char *page_cause(const json_t *a)
{
	if (*report_cause(a))
		return report_cause(a);
	return *report_text(a, "reason") ? "" : meaning_of(report_text(a, "class"));
}

void page_put_verdict(FILE *out, const json_t *a, const char *part)
{
	const char *how = report_text(json_object_get(a, "verdict"), "text");

	if (*how && strcmp(how, report_cause(a)) != 0)
		html_put(out, "<p>How it ended: %s</p>\n", how);
	if (part)
		fputs(part, out);
	else
		put_findings(out, report_findings(a));
}
