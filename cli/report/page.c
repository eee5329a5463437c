/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/batch_report.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/html.h"
#include "base/text.h"
#include "batch_report.css.h" /* the file without .h as a string, made by CMakeLists.txt */
#include "batch_report.js.h"
#include "crypto/toolbox.h"
#include "report/aggregate.h"
#include "report/attempt_text.h"
#include "report/chart.h"
#include "report/duration.h"
#include "report/unit_table.h"

/* ---- Head ------------------------------------------------------------------------------------ */

struct page {
	FILE *out;
	const struct batch_report *report;
	const struct batch_report_head *head;
	double *values;	 /* room for one of each unit */
	json_t *reasons; /* as in the report, but of units that failed in the end */
	size_t paired, at_once;
	double begin, end; /* seconds since 1970 */
	char nonce[33];	   /* only the script and the style that have it are used */
};

/* Collects a duration of the units that were paired, by one controller or (NULL) by all. */
static size_t collect(struct page *p, const char *field, const char *controller)
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

static void survey(struct page *p)
{
	char reason[REPORT_REASON];

	p->begin = p->end = (double)NAN;
	for (size_t i = 0; i < p->report->count; i++) {
		const struct report_unit *unit = &p->report->units[i];
		double end = report_time(unit->last), took = report_number(unit->last, "total_ms");
		p->begin = fmin(p->begin, end - (isfinite(took) ? took / 1000 : 0));
		p->end = fmax(p->end, end);
		if (!report_succeeded(unit->last)) {
			report_count(p->reasons, report_reason(unit->last, reason));
			continue;
		}
		p->paired++;
		p->at_once += unit->attempts == 1;
	}
}

/* Rounded down: only the whole is 100.0. */
static double percent(size_t part, size_t whole)
{
	return whole ? floor(1000.0 * (double)part / (double)whole) / 10 : 0;
}

static int draw_nonce(char nonce[33])
{
	uint8_t random[16];

	if (crypto_random(NULL, random, sizeof(random)))
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", random[i]);
	return 0;
}

static void print_head(struct page *p)
{
	const char *job = p->head->job ? p->head->job : "";
	const char *host = p->head->host ? p->head->host : "";
	char from[REPORT_UTC], to[REPORT_UTC];

	/* Even if text became markup, only our own script and style would be used. */
	html_put(p->out,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "base-uri 'none'; form-action 'none'; style-src 'nonce-%s'; "
		 "script-src 'nonce-%s'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width\">\n"
		 "<title>Pairing report%s%s</title>\n<style nonce=\"%s\">\n",
		 p->nonce, p->nonce, *job ? ": " : "", job, p->nonce);
	fputs(batch_report_css, p->out);
	html_put(p->out, "</style>\n</head>\n<body>\n<h1>Pairing report%s<bdi>%s</bdi></h1>\n",
		 *job ? ": " : "", job);
	html_put(p->out, "<p class=\"quiet\">%s<bdi>%s</bdi>%s%s to %s UTC, blepair %s</p>\n",
		 *host ? "on " : "", host, *host ? ", " : "", report_utc(p->begin, from),
		 report_utc(p->end, to), BLEPAIR_VERSION);
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

static void print_summary(struct page *p)
{
	const struct batch_report *r = p->report;
	size_t later = p->paired - p->at_once, failed = r->count - p->paired;
	const struct chart_part parts[] = {
		{"good", (double)p->at_once}, {"again", (double)later}, {"bad", (double)failed}};
	double span = p->end - p->begin;
	char value[48], more[96], time[REPORT_DURATION];
	struct histogram h;

	fputs("<div class=\"tiles\">\n", p->out);
	(void)snprintf(value, sizeof(value), "%.1f %%", percent(p->paired, r->count));
	(void)snprintf(more, sizeof(more), "%zu of %zu unit%s paired", p->paired, r->count,
		       text_s(r->count));
	tile(p->out, "Yield", value, more);
	(void)snprintf(value, sizeof(value), "%.1f %%", percent(p->at_once, r->count));
	(void)snprintf(more, sizeof(more), "%zu at the first attempt", p->at_once);
	tile(p->out, "First time right", value, more);
	(void)snprintf(value, sizeof(value), "%zu", failed);
	(void)snprintf(more, sizeof(more), "of %zu attempt%s in all", r->attempts,
		       text_s(r->attempts));
	tile(p->out, "Failed", value, more);
	if (histogram_make(&h, p->values, collect(p, "total_ms", NULL))) {
		(void)snprintf(more, sizeof(more), "median; 95 %% within %s",
			       report_duration(h.p95, time));
		tile(p->out, "A unit takes", report_duration(h.median, time), more);
	}
	if (span > 0 && r->count > 1) {
		(void)snprintf(value, sizeof(value), "%.0f / h", (double)r->count * 3600 / span);
		(void)snprintf(more, sizeof(more), "units, over %s",
			       report_duration(span * 1000, time));
		tile(p->out, "Rate", value, more);
	}
	fputs("</div>\n", p->out);
	chart_share(p->out, "how the units ended", parts, 3, (double)r->count);
	fputs("\n<p class=\"legend\">\n", p->out);
	legend(p->out, "good", p->at_once, "paired at the first attempt");
	legend(p->out, "again", later, "paired later");
	legend(p->out, "bad", failed, "failed");
	fputs("</p>\n", p->out);
}

/* ---- Failures -------------------------------------------------------------------------------- */

struct failed_attempts {
	const char *reason;
	size_t units, attempts;
};

/* For qsort(): the larger one first. */
static int descending(size_t a, size_t b)
{
	return (a < b) - (a > b);
}

static int by_weight(const void *a, const void *b)
{
	const struct failed_attempts *x = a, *y = b;
	int order = descending(x->units, y->units);

	if (!order)
		order = descending(x->attempts, y->attempts);
	return order ? order : strcmp(x->reason, y->reason);
}

static const char *meaning_of(const char *class)
{
	for (int code = 0; code < CLI_EXIT_COUNT; code++)
		if (strcmp(cli_exit_slug((enum cli_exit)code), class) == 0)
			return cli_exit_meaning((enum cli_exit)code);
	return "";
}

static void print_failure(FILE *out, const struct failed_attempts *f, size_t most)
{
	const struct chart_part part = {"bad", (double)f->units};
	const char *name = strchr(f->reason, '\n') + 1;
	char class[REPORT_REASON], words[REPORT_REASON];

	(void)snprintf(class, sizeof(class), "%.*s", (int)(name - 1 - f->reason), f->reason);
	html_put(out, "<tr><td>%s%s%s<small>%s</small></td>", report_class_text(class, words),
		 *name ? ": " : "", name, *name ? "" : meaning_of(class));
	html_put(out, "<td class=\"n\">%zu</td><td class=\"n\">%zu</td><td>", f->units,
		 f->attempts);
	chart_share(out, "share", &part, 1, (double)most);
	fputs("</td></tr>\n", out);
}

static int print_failures(struct page *p)
{
	size_t many = json_object_size(p->report->reasons), i = 0;
	struct failed_attempts *failures = calloc(many ? many : 1, sizeof(*failures));
	const char *reason;
	json_t *value;

	if (!failures)
		return -1;
	json_object_foreach(p->report->reasons, reason, value) failures[i++] =
		(struct failed_attempts){
			reason, (size_t)json_integer_value(json_object_get(p->reasons, reason)),
			(size_t)json_integer_value(value)};
	qsort(failures, many, sizeof(*failures), by_weight);

	fputs("<h2>Failures by reason</h2>\n", p->out);
	if (many)
		fputs("<div class=\"wide\"><table id=\"failures\">\n<thead><tr><th>Reason</th>"
		      "<th class=\"n\">Units lost</th><th class=\"n\">Attempts failed</th>"
		      "<th>Share of them</th></tr></thead>\n<tbody>\n",
		      p->out);
	else
		fputs("<p>None: every attempt succeeded.</p>\n", p->out);
	for (i = 0; i < many; i++)
		print_failure(p->out, &failures[i], failures[0].units);
	if (many)
		fputs("</tbody></table></div>\n", p->out);
	free(failures);
	return 0;
}

/* ---- Times ----------------------------------------------------------------------------------- */

/* An attempt and its steps, in order. */
static const struct {
	const char *field, *title;
} parts[] = {
	{"total_ms", "Total"},
	{"scan_ms", "Scan: until it was seen"},
	{"connect_ms", "Connect: until the link was up"},
	{"pair_ms", "Pair: from the link to the last key"},
};

static void print_times(struct page *p)
{
	struct histogram h;

	fputs("<h2>Times of the units that were paired</h2>\n<div class=\"charts\">\n", p->out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (histogram_make(&h, p->values, collect(p, parts[i].field, NULL)))
			chart_histogram(p->out, parts[i].title, &h);
	if (!p->paired)
		fputs("<p>None was paired.</p>\n", p->out);
	fputs("</div>\n", p->out);
}

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
		 *name ? name : "none", units, paired, units - paired, percent(paired, units));
	(void)histogram_make(&h, p->values, collect(p, "pair_ms", name));
	html_put(p->out, "<td class=\"n\">%s</td>",
		 report_duration(h.count ? h.median : (double)NAN, time));
	(void)histogram_make(&h, p->values, collect(p, "total_ms", name));
	html_put(p->out, "<td class=\"n\">%s</td></tr>\n",
		 report_duration(h.count ? h.median : (double)NAN, time));
}

static int print_controllers(struct page *p)
{
	json_t *units = json_object();
	const char *name;
	json_t *value;

	if (!units)
		return -1;
	for (size_t i = 0; i < p->report->count; i++)
		report_count(units, report_text(p->report->units[i].last, "controller"));
	fputs("<h2>Controllers</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>Controller</th>"
	      "<th class=\"n\">Units</th><th class=\"n\">Paired</th><th class=\"n\">Failed</th>"
	      "<th class=\"n\">Yield</th><th class=\"n\">Pair, median</th>"
	      "<th class=\"n\">Total, median</th></tr></thead>\n<tbody>\n",
	      p->out);
	json_object_foreach(units, name, value)
		print_controller(p, name, (size_t)json_integer_value(value));
	fputs("</tbody></table></div>\n", p->out);
	json_decref(units);
	return 0;
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

/* ---- The page -------------------------------------------------------------------------------- */

int batch_report_print(const struct batch_report *report, const struct batch_report_head *head,
		       FILE *out)
{
	struct page p = {.out = out, .report = report, .head = head};
	int status = -1;

	p.values = calloc(report->count + 1, sizeof(*p.values));
	p.reasons = json_object();
	if (p.values && p.reasons && draw_nonce(p.nonce) == 0) {
		survey(&p);
		print_head(&p);
		print_summary(&p);
		print_times(&p);
		status = print_failures(&p) | print_controllers(&p);
		print_station(&p);
		report_print_units(report, out);
		html_put(out, "<script nonce=\"%s\">\n", p.nonce);
		fputs(batch_report_js, out);
		fputs("</script>\n</body>\n</html>\n", out);
	}
	free(p.values);
	json_decref(p.reasons);
	return status || ferror(out) ? -1 : 0;
}
