/* SPDX-License-Identifier: MIT */
#include "report/unit_table.h"

#include <math.h>

#include "base/html.h"
#include "report/aggregate.h"
#include "report/attempt_text.h"

static void print_ms(FILE *out, double ms)
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

static void print_unit(FILE *out, const struct report_unit *unit, size_t number)
{
	const json_t *a = unit->last;
	bool good = report_succeeded(a);
	char words[REPORT_REASON], time[REPORT_UTC];

	html_put(out, "<tr data-r=\"%s\"><td class=\"n\">%zu</td><td><bdi>%s</bdi>",
		 good ? "ok" : "no", number, report_unit_name(a));
	if (*report_text(a, "label"))
		html_put(out, "<small><bdi>%s</bdi></small>", report_text(a, "label"));
	print_attributes(out, report_text(a, "attributes"));
	html_put(out, "</td><td class=\"mono\">%s</td><td><span class=\"%s\">%s %s</span>",
		 report_text(a, "peer"), good ? "ok" : "no", good ? "\u2713" : "\u2717",
		 good ? report_text(a, "result")
		      : report_class_text(report_text(a, "class"), words));
	if (!good && *report_text(a, "reason"))
		html_put(out, "<small>%s</small>", report_text(a, "reason"));
	if (unit->hook)
		html_put(out, "<small class=\"no\">%s</small>", json_string_value(unit->hook));
	html_put(out, "</td><td class=\"n\">%u</td>", unit->attempts);
	print_ms(out, report_number(a, "scan_ms"));
	print_ms(out, report_number(a, "connect_ms"));
	print_ms(out, report_number(a, "pair_ms"));
	print_ms(out, report_number(a, "total_ms"));
	html_put(out, "<td><bdi>%s</bdi>", report_text(a, "controller"));
	if (*report_text(a, "slot"))
		html_put(out, "<small>slot <bdi>%s</bdi></small>", report_text(a, "slot"));
	html_put(out, "</td><td class=\"mono\">%s</td></tr>\n", report_utc(report_time(a), time));
}

/* Rows of a group: browsers lay out only the groups that are visible (batch_report.css). */
#define ROWS 100

void report_print_units(const struct batch_report *report, FILE *out)
{
	/* Their widths are in batch_report.css. */
	static const struct {
		const char *title;
		bool numeric;
	} columns[] = {
		{"No", true},	       {"Unit", false},	      {"Address", false},
		{"Outcome", false},    {"Tries", true},	      {"Scan, ms", true},
		{"Connect, ms", true}, {"Pair, ms", true},    {"Total, ms", true},
		{"Controller", false}, {"Ended, UTC", false},
	};

	fputs("<h2>Units</h2>\n<div id=\"find\" hidden>\n"
	      "<input type=\"search\" aria-label=\"find units\" "
	      "placeholder=\"Find a unit, address, reason\">\n"
	      "<select aria-label=\"which units\"><option value=\"\">all units</option>"
	      "<option value=\"ok\">paired</option><option value=\"no\">failed</option></select>\n"
	      "<output class=\"quiet\"></output>\n</div>\n"
	      "<div class=\"wide\"><table id=\"units\">\n<thead><tr>",
	      out);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		html_put(out, "<th class=\"%s\"><button type=\"button\" disabled>%s</button></th>",
			 columns[i].numeric ? "n" : "t", columns[i].title);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < report->count; i++) {
		if (i && i % ROWS == 0)
			fputs("</tbody>\n<tbody>\n", out);
		print_unit(out, &report->units[i], i + 1);
	}
	fputs("</tbody></table></div>\n", out);
}
