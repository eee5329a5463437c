/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/html.h"
#include "base/text.h"
#include "report/page.h"

/* A failure of the report, and how many units it ended. */
struct weight {
	const struct report_failure *failure;
	size_t units;
};

/* For qsort(): the larger one first. */
static int descending(size_t a, size_t b)
{
	return (a < b) - (a > b);
}

static int by_weight(const void *a, const void *b)
{
	const struct weight *x = a, *y = b;
	int order = descending(x->units, y->units);

	if (!order)
		order = descending(x->failure->attempts, y->failure->attempts);
	return order ? order : strcmp(x->failure->reason, y->failure->reason);
}

static void put_counts(FILE *out, const struct weight *w)
{
	const size_t attempts = w->failure->attempts;

	html_put(out, "<p class=\"count\"><b>%zu</b> unit%s lost<small>", w->units,
		 text_s(w->units));
	if (attempts)
		html_put(out, "%zu attempt%s failed</small></p>\n", attempts, text_s(attempts));
	else
		fputs("no attempt</small></p>\n", out);
}

/* One of the attempts, explained. Rows of the table of units link to it. */
static void put_example(FILE *out, const struct report_failure *f, size_t number)
{
	const json_t *a = f->example;
	char time[REPORT_UTC];

	html_put(out,
		 "<details><summary>Why: <bdi>%s</bdi>, %s UTC</summary>\n"
		 "<div class=\"why\" id=\"why-%zu\">\n",
		 report_title(a), report_utc(report_time(a), time), number);
	page_put_verdict(out, a, f->part);
	fputs("</div></details>\n", out);
}

static void put_failure(const struct page *p, const struct weight *w)
{
	const struct report_failure *f = w->failure;
	FILE *out = p->out;

	fputs("<div class=\"failure\">\n", out);
	put_counts(out, w);
	fputs("<div>\n<h3>", out);
	if (f == &p->report->failures[REPORT_FAILURES - 1])
		fputs("other reasons", out);
	else
		page_put_reason(out, f->example);
	fputs("</h3>\n", out);
	if (*page_cause(f->example))
		html_put(out, "<p>%s</p>\n", page_cause(f->example));
	if (*report_fix(f->example))
		html_put(out, "<p class=\"quiet\">→ %s</p>\n", report_fix(f->example));
	if (json_array_size(report_findings(f->example)) > 0)
		put_example(out, f, (size_t)(f - p->report->failures) + 1);
	fputs("</div></div>\n", out);
}

void page_print_failures(struct page *p)
{
	const struct batch_report *r = p->report;
	struct weight weights[REPORT_FAILURES];

	for (size_t i = 0; i < r->failure_count; i++)
		weights[i] = (struct weight){&r->failures[i], p->lost[i]};
	qsort(weights, r->failure_count, sizeof(*weights), by_weight);
	fputs("<h2>Failures</h2>\n", p->out);
	if (!r->failure_count)
		html_put(p->out, "<p>%s</p>\n",
			 r->attempts ? "None: every attempt succeeded." : "No attempt was made.");
	for (size_t i = 0; i < r->failure_count; i++)
		put_failure(p, &weights[i]);
}
