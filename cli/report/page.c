/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/html.h"
#include "base/page.h"
#include "base/text.h"
#include "batch_report.css.h" /* the file without .h as a string, made by CMakeLists.txt */
#include "batch_report.js.h"
#include "crypto/toolbox.h"
#include "report/chart.h"
#include "report/duration.h"

/* ---- Head ------------------------------------------------------------------------------------ */

static int draw_nonce(char nonce[33])
{
	uint8_t random[16];

	if (crypto_random(NULL, random, sizeof(random)))
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/* The name of a file without its folder; a pattern and the like have none. */
static const char *base_name(const char *list)
{
	const char *slash = list ? strrchr(list, '/') : NULL;

	return slash && slash[1] ? slash + 1 : list ? list : "";
}

/* As the name of a tab or of a file: what, of which list, when. */
static void put_title(const struct page *p, char *title, size_t size)
{
	const char *job = p->head->job ? p->head->job : "", *list = base_name(p->head->list);
	const bool dated = isfinite(p->begin);
	char day[REPORT_UTC];

	(void)snprintf(title, size, "%.200s%s%.200s%s%.10s%sPairing report", job,
		       *job && *list ? ", " : "", list, dated && (*job || *list) ? ", " : "",
		       dated ? report_utc(p->begin, day) : "", *job || *list || dated ? ": " : "");
}

static void print_head(struct page *p)
{
	const char *job = p->head->job && *p->head->job ? p->head->job : "Pairing report";
	const char *host = p->head->host ? p->head->host : "", *list = base_name(p->head->list);
	char from[REPORT_UTC], to[REPORT_UTC], title[500];

	put_title(p, title, sizeof(title));
	/* Even if text became markup, only our own script and style would be used. */
	page_head(p->out, title, p->nonce, batch_report_css);
	html_put(p->out, "<header><h1><bdi>%s</bdi></h1>\n<p>", job);
	if (*list)
		html_put(p->out, "<bdi>%s</bdi>, ", list);
	if (*host)
		html_put(p->out, "on <bdi>%s</bdi>, ", host);
	(void)report_utc(p->begin, from);
	(void)report_utc(p->end, to);
	/* The day once, if it is the same. */
	if (isfinite(p->begin))
		html_put(p->out, "%s to %s UTC, ", from, strncmp(from, to, 11) == 0 ? to + 11 : to);
	html_put(p->out, "blepair %s</p></header>\n", BLEPAIR_VERSION);
	if (p->report->incomplete)
		fputs("<p class=\"no\">Attempts are missing here: there was not enough "
		      "memory.</p>\n",
		      p->out);
}

/* ---- Summary --------------------------------------------------------------------------------- */

static void tile(FILE *out, const char *title, const char *value, const char *more)
{
	html_put(out, "<div class=\"tile\"><span>%s</span><b>%s</b><small>%s</small></div>\n",
		 title, value, more);
}

static void legend(FILE *out, const char *class, size_t many, const char *what)
{
	html_put(out,
		 "<span><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
		 "width=\"10\" height=\"10\"/></svg>%zu %s</span>\n",
		 class, many, what);
}

/* The answer, before anything else. */
static void print_answer(const struct page *p)
{
	const size_t count = p->report->count, failed = count - p->paired;

	html_put(p->out, "<p class=\"answer %s\">%s ",
		 failed	 ? "bad"
		 : count ? "good"
			 : "open",
		 failed	 ? "✗"
		 : count ? "✓"
			 : "–");
	if (!count)
		html_put(p->out, "No unit ended</p>\n");
	else if (!failed)
		html_put(p->out,
			 count == 1 ? "%zu unit paired</p>\n" : "All %zu units paired</p>\n",
			 count);
	else
		html_put(p->out, "%zu of %zu unit%s failed</p>\n", failed, count, text_s(count));
}

static void print_attempts_tile(const struct page *p)
{
	const struct batch_report *r = p->report;
	char value[48], more[96] = "that a controller began";

	(void)snprintf(value, sizeof(value), "%zu", r->attempts);
	if (r->before)
		(void)snprintf(more, sizeof(more), "%zu of them in the last run",
			       r->attempts - r->before);
	tile(p->out, "Attempts", value, more);
}

static void print_tiles(struct page *p)
{
	const struct batch_report *r = p->report;
	double span = p->end - p->begin;
	char value[48], more[96], time[REPORT_DURATION];
	struct histogram h;

	fputs("<div class=\"tiles\">\n", p->out);
	(void)snprintf(value, sizeof(value), "%.1f %%", page_percent(p->paired, r->count));
	(void)snprintf(more, sizeof(more), "%zu of %zu unit%s paired", p->paired, r->count,
		       text_s(r->count));
	tile(p->out, "Yield", value, more);
	(void)snprintf(value, sizeof(value), "%.1f %%", page_percent(p->at_once, r->count));
	(void)snprintf(more, sizeof(more), "%zu at the first attempt", p->at_once);
	tile(p->out, "First time right", value, more);
	print_attempts_tile(p);
	if (histogram_make(&h, p->values, page_collect(p, "total_ms", NULL))) {
		(void)snprintf(more, sizeof(more), "median; 95 %% within %s",
			       report_duration(h.p95, time));
		tile(p->out, "A unit takes", report_duration(h.median, time), more);
	}
	if (span > 0 && p->paired && r->count > 1) {
		(void)snprintf(value, sizeof(value), "%.0f / h", (double)p->paired * 3600 / span);
		(void)snprintf(more, sizeof(more), "units paired, over %s",
			       report_duration(span * 1000, time));
		tile(p->out, "Rate", value, more);
	}
	fputs("</div>\n", p->out);
}

static void print_summary(struct page *p)
{
	const size_t later = p->paired - p->at_once, failed = p->report->count - p->paired;
	const struct chart_part parts[] = {
		{"good", (double)p->at_once}, {"later", (double)later}, {"bad", (double)failed}};

	print_answer(p);
	chart_share(p->out, "how the units ended", parts, 3, (double)p->report->count);
	fputs("\n<p class=\"key\">\n", p->out);
	legend(p->out, "good", p->at_once, "paired at the first attempt");
	legend(p->out, "later", later, "paired later");
	legend(p->out, "bad", failed, "failed");
	fputs("</p>\n", p->out);
	print_tiles(p);
}

/* ---- The page -------------------------------------------------------------------------------- */

int batch_report_print(const struct batch_report *report, const struct batch_report_head *head,
		       FILE *out)
{
	struct page p = {.out = out, .report = report, .head = head};
	int status = -1;

	p.values = calloc(report->count + 1, sizeof(*p.values));
	if (p.values && draw_nonce(p.nonce) == 0) {
		page_survey(&p);
		print_head(&p);
		print_summary(&p);
		page_print_failures(&p);
		status = page_print_times(&p) | page_print_controllers(&p);
		page_print_units(&p);
		html_put(out, "<script nonce=\"%s\">\n", p.nonce);
		fputs(batch_report_js, out);
		fputs("</script>\n</body>\n</html>\n", out);
	}
	free(p.values);
	return status || ferror(out) ? -1 : 0;
}
