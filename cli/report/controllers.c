/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/html.h"
#include "base/text.h"
#include "report/duration.h"
#include "report/histogram.h"
#include "report/page.h"

/* ---- Controllers ----------------------------------------------------------------------------- */

static void print_controller(struct page *p, const char *name, size_t units)
{
	size_t paired = 0;
	struct histogram h;
	char time[REPORT_DURATION];

	for (size_t i = 0; i < p->report->count; i++)
		paired += report_succeeded(p->report->units[i].last) &&
			  strcmp(report_text(p->report->units[i].last, "controller"), name) == 0;
	html_put(p->out,
		 "<tr><td><bdi>%s</bdi></td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
		 "<td class=\"n\">%zu</td><td class=\"n\">%.1f %%</td>",
		 *name ? name : "none: not seen", units, paired, units - paired,
		 page_percent(paired, units));
	(void)histogram_make(&h, p->values, page_collect(p, "pair_ms", name));
	html_put(p->out, "<td class=\"n\">%s</td>",
		 report_duration(h.count ? h.median : (double)NAN, time));
	(void)histogram_make(&h, p->values, page_collect(p, "total_ms", name));
	html_put(p->out, "<td class=\"n\">%s</td></tr>\n",
		 report_duration(h.count ? h.median : (double)NAN, time));
}

static void count(json_t *counts, const char *key)
{
	json_int_t before = json_integer_value(json_object_get(counts, key));

	(void)json_object_set_new(counts, key, json_integer(before + 1));
}

/* For qsort(); that of units that no controller saw comes last. */
static int by_name(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return *x && *y ? strcmp(x, y) : !*x - !*y;
}

static int print_rows(struct page *p, json_t *units)
{
	const char **names = calloc(json_object_size(units) + 1, sizeof(*names)), *name;
	size_t many = 0;
	json_t *value;

	if (!names)
		return -1;
	json_object_foreach(units, name, value) names[many++] = name;
	qsort(names, many, sizeof(*names), by_name);
	for (size_t i = 0; i < many; i++)
		print_controller(p, names[i],
				 (size_t)json_integer_value(json_object_get(units, names[i])));
	free(names);
	return 0;
}

static int print_table(struct page *p)
{
	json_t *units = json_object();

	if (!units)
		return -1;
	for (size_t i = 0; i < p->report->count; i++)
		count(units, report_text(p->report->units[i].last, "controller"));
	fputs("<h2>Controllers</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>Controller</th>"
	      "<th class=\"n\">Units</th><th class=\"n\">Paired</th><th class=\"n\">Failed</th>"
	      "<th class=\"n\">Yield</th><th class=\"n\">Pair, median</th>"
	      "<th class=\"n\">Total, median</th></tr></thead>\n<tbody>\n",
	      p->out);
	int status = print_rows(p, units);
	fputs("</tbody></table></div>\n", p->out);
	json_decref(units);
	return status;
}

/* ---- Interruptions of controllers ------------------------------------------------------------ */

/* By the remedies of a summary: "return", "reset", "usb_reset", "port_power". */
static const struct {
	const char *slug, *text;
} remedies[] = {
	{"return", "it was there again"},
	{"reset", "reset"},
	{"usb_reset", "reset over USB"},
	{"port_power", "power of its port"},
};

static void print_interrupted(struct page *p, const json_t *c)
{
	const json_t *recovered = json_object_get(c, "recovered");
	const char *between = "";
	char away[REPORT_DURATION], longest[REPORT_DURATION];

	html_put(p->out,
		 "<tr><td><bdi>%s</bdi></td><td class=\"n\">%.0f</td><td class=\"n\">%s</td>"
		 "<td class=\"n\">%s</td><td class=\"n\">%.0f</td><td>",
		 report_text(c, "controller"), report_number(c, "interruptions"),
		 report_duration(report_number(c, "away_seconds") * 1000, away),
		 report_duration(report_number(c, "longest_seconds") * 1000, longest),
		 report_number(c, "interrupted"));
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		const double count = report_number(recovered, remedies[i].slug);
		if (!(count > 0))
			continue;
		html_put(p->out, "%s%.0f: %s", between, count, remedies[i].text);
		between = ", ";
	}
	html_put(p->out, "%s</td></tr>\n",
		 !json_is_true(json_object_get(c, "failed_itself")) ? ""
		 : *between					    ? ", then out of service"
								    : "out of service");
}

/* Attempts that the station lost, and not the units; by controller, those of this process. */
static void print_station(struct page *p)
{
	const struct batch_report *r = p->report;
	size_t interrupted = 0, i;
	json_t *c;

	json_array_foreach(r->station, i, c)
	{
		interrupted += report_number(c, "interruptions") > 0;
	}
	if (!interrupted && !r->interrupted)
		return;
	html_put(p->out,
		 "<h2>Interruptions by controllers</h2>\n<p>%zu of %zu attempt%s lost to the "
		 "station, not to the unit: %.0f ppm.</p>\n",
		 r->interrupted, r->attempts, r->attempts == 1 ? " was" : "s were",
		 r->attempts ? (double)r->interrupted * 1e6 / (double)r->attempts : 0);
	if (!interrupted)
		return;
	fputs("<div class=\"wide\"><table id=\"interruptions\">\n<thead><tr><th>Controller</th>"
	      "<th class=\"n\">Interruptions</th><th class=\"n\">Away</th>"
	      "<th class=\"n\">Longest</th><th class=\"n\">Attempts lost</th>"
	      "<th>It came back by</th></tr></thead>\n<tbody>\n",
	      p->out);
	json_array_foreach(r->station, i, c)
	{
		if (report_number(c, "interruptions") > 0)
			print_interrupted(p, c);
	}
	fputs("</tbody></table></div>\n", p->out);
}

int page_print_controllers(struct page *p)
{
	const int status = p->report->count ? print_table(p) : 0;

	print_station(p);
	return status;
}
