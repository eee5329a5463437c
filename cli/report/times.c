/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "report/chart.h"
#include "report/page.h"
#include "report/timeline.h"

/* An attempt and its steps, in order. */
static const struct {
	const char *field, *title;
} parts[] = {
	{"total_ms", "Total"},
	{"scan_ms", "Scan: until it was seen"},
	{"connect_ms", "Connect: until the link was up"},
	{"pair_ms", "Pair: from the link to the last key"},
};

static int draw_timeline(struct page *p)
{
	const struct batch_report *r = p->report;
	struct timeline_unit *units = calloc(r->count + 1, sizeof(*units));
	size_t many = 0;

	if (!units)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		const json_t *last = r->units[i].last;
		if (isfinite(report_time(last)))
			units[many++] = (struct timeline_unit){report_time(last),
							       report_number(last, "total_ms"),
							       report_succeeded(last)};
	}
	timeline_draw(p->out, units, many, p->values);
	free(units);
	return 0;
}

int page_print_times(struct page *p)
{
	struct histogram h;

	fputs("<h2>Times</h2>\n", p->out);
	int status = draw_timeline(p);
	fputs("<div class=\"charts\">\n", p->out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (histogram_make(&h, p->values, page_collect(p, parts[i].field, NULL)))
			chart_histogram(p->out, parts[i].title, &h);
	fputs("</div>\n", p->out);
	if (!p->paired)
		fputs("<p>No unit was paired.</p>\n", p->out);
	return status;
}
