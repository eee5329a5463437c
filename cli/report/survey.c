/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "report/page.h"

size_t page_collect(struct page *p, const char *field, const char *controller)
{
	size_t many = 0;

	for (size_t i = 0; i < p->report->count; i++) {
		const json_t *last = p->report->units[i].last;
		double value = report_number(last, field);
		if (report_succeeded(last) && isfinite(value) && value >= 0 &&
		    (!controller || strcmp(report_text(last, "controller"), controller) == 0))
			p->values[many++] = value;
	}
	return many;
}

void page_survey(struct page *p)
{
	char reason[REPORT_REASON];

	p->begin = p->end = (double)NAN;
	for (size_t i = 0; i < p->report->count; i++) {
		const struct report_unit *unit = &p->report->units[i];
		double end = report_time(unit->last), took = report_number(unit->last, "total_ms");
		double begin = end - (isfinite(took) ? took / 1000 : 0);
		if (!(p->begin <= begin) && !isnan(begin)) /* it may be NAN */
			p->begin = begin;
		if (!(p->end >= end) && !isnan(end))
			p->end = end;
		if (report_succeeded(unit->last)) {
			p->paired++;
			p->at_once += unit->tries == 1;
			continue;
		}
		const struct report_failure *f =
			report_failure_of(p->report, report_reason(unit->last, reason));
		p->lost[f - p->report->failures]++;
	}
}

double page_percent(size_t part, size_t whole)
{
	return whole ? floor(1000.0 * (double)part / (double)whole) / 10 : 0;
}
