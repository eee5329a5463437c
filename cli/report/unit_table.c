/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "base/html.h"
#include "report/page.h"

/* Units that have their findings on the page; the page has the cause of all others. */
#define EXPLAINED 1000

static void put_ms(FILE *out, double ms)
{
	if (isfinite(ms))
		html_put(out, "<td class=\"n\">%.1f</td>", ms);
	else
		fputs("<td class=\"n\"></td>", out);
}

/* The values that were read; the store has them as JSON text. */
static void print_attributes(FILE *out, const char *text)
{
	json_t *list = json_loads(text, 0, NULL), *attribute;
	size_t i;

	json_array_foreach(list, i, attribute)
	{
		const char *name = report_text(attribute, "name"),
			   *value = report_text(attribute, "text");
		if (!json_object_get(attribute, "octets"))
			continue;
		html_put(out, "<small>%s <bdi>%s</bdi></small>",
			 *name ? name : report_text(attribute, "uuid"),
			 *value ? value : report_text(attribute, "octets"));
	}
	json_decref(list);
}

static void put_name(FILE *out, const json_t *a)
{
	html_put(out, "<td class=\"name\"><bdi>%s</bdi>", report_title(a));
	if (*report_subtitle(a))
		html_put(out, "<small><bdi>%s</bdi></small>", report_subtitle(a));
	print_attributes(out, report_text(a, "attributes"));
	fputs("</td>", out);
}

static void put_outcome(FILE *out, const struct report_unit *unit)
{
	const json_t *a = unit->last;
	char words[REPORT_REASON];

	if (report_succeeded(a))
		html_put(out, "<td><span class=\"ok\">✓ %s</span>", report_text(a, "result"));
	else
		html_put(out, "<td><span class=\"no\">✗ %s</span>",
			 report_class_text(report_text(a, "class"), words));
	if (!report_succeeded(a) && *report_text(a, "reason"))
		html_put(out, "<small>%s</small>", report_text(a, "reason"));
	if (unit->hook)
		html_put(out, "<small class=\"no\">%s</small>", json_string_value(unit->hook));
	fputs("</td>", out);
}

/* A long one without its middle: controllers differ at the end. The other table has all of it. */
static void put_controller(FILE *out, const char *name)
{
	enum { MOST = 40, START = 12, END = 26 };
	const size_t len = strlen(name);
	size_t start = START, end = len - END;

	if (len <= MOST) {
		html_put(out, "<td><bdi>%s</bdi>", name);
		return;
	}
	while (start && (name[start] & 0xc0) == 0x80) /* not within a character */
		start--;
	while (end < len && (name[end] & 0xc0) == 0x80)
		end++;
	html_put(out, "<td><bdi>%.*s…%s</bdi>", (int)start, name, name + end);
}

static void put_unit(FILE *out, const struct report_unit *unit, size_t number)
{
	const json_t *a = unit->last;
	char time[REPORT_UTC];

	html_put(out, "<tr data-r=\"%s\"><td class=\"n\">%zu</td>",
		 report_succeeded(a) ? "ok" : "no", number);
	put_name(out, a);
	put_outcome(out, unit);
	html_put(out, "<td class=\"n\">%u</td>", unit->tries);
	put_ms(out, report_number(a, "scan_ms"));
	put_ms(out, report_number(a, "connect_ms"));
	put_ms(out, report_number(a, "pair_ms"));
	put_ms(out, report_number(a, "total_ms"));
	put_controller(out, report_text(a, "controller"));
	if (*report_text(a, "slot"))
		html_put(out, "<small>slot <bdi>%s</bdi></small>", report_text(a, "slot"));
	html_put(out, "</td><td>%s</td></tr>\n", report_utc(report_time(a), time));
}

/* The row below that of a unit that failed. findings: the page has room for them. */
static void put_why(FILE *out, const struct report_unit *unit, int columns, bool findings)
{
	const json_t *a = unit->last;
	const bool known = json_array_size(report_findings(a)) > 0;

	html_put(out, "<tr class=\"why\"><td colspan=\"%d\">", columns);
	if (unit->example && known) {
		html_put(out, "<a href=\"#why-%zu\">Why</a>: %s", unit->example, report_cause(a));
	} else if (known && (findings || unit->part)) {
		html_put(out, "<details><summary>Why: %s</summary>\n<div class=\"why\">\n",
			 report_cause(a));
		page_put_verdict(out, a, unit->part);
		fputs("</div></details>", out);
	} else {
		html_put(out, "Why: %s", report_cause(a));
		if (*report_fix(a))
			html_put(out, " → %s", report_fix(a));
	}
	fputs("</td></tr>\n", out);
}

/* Rows of a group: browsers lay out only the groups that are visible (batch_report.css). */
#define ROWS 100

/* Their widths are in batch_report.css. */
static const struct {
	const char *title;
	bool numeric;
} columns[] = {
	{"No", true},	       {"Unit", false},	      {"Outcome", false}, {"Tries", true},
	{"Scan, ms", true},    {"Connect, ms", true}, {"Pair, ms", true}, {"Total, ms", true},
	{"Controller", false}, {"Ended, UTC", false},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_heads(FILE *out)
{
	for (size_t i = 0; i < COLUMNS; i++)
		html_put(out, "<th class=\"%s\"><button type=\"button\" disabled>%s</button></th>",
			 columns[i].numeric ? "n" : "t", columns[i].title);
}

void page_print_units(struct page *p)
{
	const struct batch_report *report = p->report;
	FILE *out = p->out;
	size_t failed = 0;

	fputs("<h2>Units</h2>\n<div id=\"find\" hidden>\n"
	      "<input type=\"search\" aria-label=\"find units\" "
	      "placeholder=\"Find a unit, address, reason\">\n"
	      "<select aria-label=\"which units\"><option value=\"\">all units</option>"
	      "<option value=\"ok\">paired</option><option value=\"no\">failed</option></select>\n"
	      "<output class=\"quiet\"></output>\n</div>\n"
	      "<div class=\"wide\"><table id=\"units\">\n<thead><tr>",
	      out);
	put_heads(out);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < report->count; i++) {
		const struct report_unit *unit = &report->units[i];
		if (i && i % ROWS == 0)
			fputs("</tbody>\n<tbody>\n", out);
		put_unit(out, unit, i + 1);
		if (!report_succeeded(unit->last) && *report_cause(unit->last))
			put_why(out, unit, COLUMNS, failed++ < EXPLAINED);
	}
	fputs("</tbody></table></div>\n", out);
}
