/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/batch_report.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"
#include "base/file.h"
#include "base/html.h"
#include "base/time.h"
#include "batch_report.css.h" /* the file without .h as a string, made by CMakeLists.txt */
#include "batch_report.js.h"
#include "crypto/toolbox.h"
#include "report/chart.h"

struct unit {
	json_t *last; /* the latest attempt */
	unsigned attempts;
};

struct html_report {
	struct unit *units;
	size_t count, room, attempts;
	json_t *places;	 /* name of a unit: where it stands in units */
	json_t *reasons; /* reason of reason_of(): how many attempts failed for it */
	bool incomplete; /* for want of memory */
};

struct html_report *html_report_new(void)
{
	struct html_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->places = json_object();
	r->reasons = json_object();
	if (r->places && r->reasons)
		return r;
	html_report_free(r);
	return NULL;
}

void html_report_free(struct html_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		json_decref(r->units[i].last);
	free(r->units);
	json_decref(r->places);
	json_decref(r->reasons);
	free(r);
}

/* ---- What an attempt says -------------------------------------------------------------------- */

static const char *text_of(const json_t *attempt, const char *field)
{
	const char *text = json_string_value(json_object_get(attempt, field));

	return text ? text : "";
}

/* NAN: it has no such number. */
static double number_of(const json_t *attempt, const char *field)
{
	const json_t *value = json_object_get(attempt, field);

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static bool succeeded(const json_t *attempt)
{
	return strcmp(text_of(attempt, "class"), cli_exit_slug(CLI_OK)) == 0;
}

static const char *name_of(const json_t *attempt)
{
	return *text_of(attempt, "unit") ? text_of(attempt, "unit") : text_of(attempt, "peer");
}

/* Seconds since 1970, of a time like time_now()'s; NAN: it is none. */
static double time_of(const json_t *attempt)
{
	struct tm utc = {0};
	const char *rest = strptime(text_of(attempt, "time"), "%Y-%m-%dT%H:%M:%S", &utc);

	if (!rest)
		return (double)NAN;
	return (double)timegm(&utc) + (*rest == '.' ? strtod(rest, NULL) : 0);
}

#define REASON 200

/* Why it failed: the class, a line break, and what the protocol calls the reason, if anything. */
static const char *reason_of(const json_t *attempt, char reason[REASON])
{
	(void)snprintf(reason, REASON, "%.60s\n%.100s", text_of(attempt, "class"),
		       text_of(attempt, "reason"));
	return reason;
}

/* "peer_refused" as people read it. */
static const char *words_of(const char *class, char words[REASON])
{
	(void)snprintf(words, REASON, "%s", class);
	for (char *c = words; *c; c++)
		if (*c == '_')
			*c = ' ';
	return words;
}

/* ---- Taking attempts ------------------------------------------------------------------------- */

static struct unit *unit_of(struct html_report *r, const char *name)
{
	const json_t *place = json_object_get(r->places, name);

	if (place)
		return &r->units[json_integer_value(place)];
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct unit *more = reallocarray(r->units, room, sizeof(*more));
		if (!more)
			return NULL;
		r->units = more;
		r->room = room;
	}
	if (json_object_set_new(r->places, name, json_integer((json_int_t)r->count)))
		return NULL;
	r->units[r->count] = (struct unit){0};
	return &r->units[r->count++];
}

static void count(json_t *counts, const char *key)
{
	json_int_t before = json_integer_value(json_object_get(counts, key));

	(void)json_object_set_new(counts, key, json_integer(before + 1));
}

void html_report_add(void *report, json_t *attempt)
{
	struct html_report *r = report;
	struct unit *unit = unit_of(r, name_of(attempt));
	char reason[REASON];

	if (!unit) {
		r->incomplete = true;
		json_decref(attempt);
		return;
	}
	r->attempts++;
	unit->attempts++;
	if (!succeeded(attempt))
		count(r->reasons, reason_of(attempt, reason));
	/* Those of several stations come one station after the other: the time tells the latest. */
	if (unit->last && strcmp(text_of(unit->last, "time"), text_of(attempt, "time")) > 0) {
		json_decref(attempt);
		return;
	}
	json_decref(unit->last);
	unit->last = attempt;
}

/* ---- The page: its head ---------------------------------------------------------------------- */

struct page {
	FILE *out;
	const struct html_report *report;
	const struct html_report_about *about;
	double *values;	 /* room for one of each unit */
	json_t *reasons; /* as those of the report, but of units that failed in the end */
	size_t paired, at_once;
	double begin, end; /* seconds since 1970 */
	char nonce[33];	   /* whose bearers are the page's only script and style */
};

/* Of a class or a controller; NULL: of all. */
static size_t collect(struct page *p, const char *field, const char *controller)
{
	size_t many = 0;

	for (size_t i = 0; i < p->report->count; i++) {
		const json_t *last = p->report->units[i].last;
		double value = number_of(last, field);
		if (succeeded(last) && isfinite(value) && value >= 0 &&
		    (!controller || strcmp(text_of(last, "controller"), controller) == 0))
			p->values[many++] = value;
	}
	return many;
}

static void survey(struct page *p)
{
	char reason[REASON];

	p->begin = p->end = (double)NAN;
	for (size_t i = 0; i < p->report->count; i++) {
		const struct unit *unit = &p->report->units[i];
		double end = time_of(unit->last), took = number_of(unit->last, "total_ms");
		p->begin = fmin(p->begin, end - (isfinite(took) ? took / 1000 : 0));
		p->end = fmax(p->end, end);
		if (!succeeded(unit->last)) {
			count(p->reasons, reason_of(unit->last, reason));
			continue;
		}
		p->paired++;
		p->at_once += unit->attempts == 1;
	}
}

/* Rounded down: nothing but the whole is 100.0. */
static double percent(size_t part, size_t whole)
{
	return whole ? floor(1000.0 * (double)part / (double)whole) / 10 : 0;
}

static const char *utc(double seconds, char text[32])
{
	time_t whole = isfinite(seconds) ? (time_t)seconds : 0;
	struct tm tm;

	if (!isfinite(seconds) || !gmtime_r(&whole, &tm) ||
	    !strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm))
		(void)snprintf(text, 32, "-");
	return text;
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
	const char *run = p->about->run ? p->about->run : "";
	const char *station = p->about->station ? p->about->station : "";
	char from[32], to[32];

	/* Should text ever become markup: nothing runs and nothing is loaded but ours. */
	html_put(p->out,
		 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "base-uri 'none'; form-action 'none'; style-src 'nonce-%s'; "
		 "script-src 'nonce-%s'\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width\">\n"
		 "<title>Pairing report%s%s</title>\n<style nonce=\"%s\">\n",
		 p->nonce, p->nonce, *run ? ": " : "", run, p->nonce);
	fputs(batch_report_css, p->out);
	html_put(p->out, "</style>\n</head>\n<body>\n<h1>Pairing report%s<bdi>%s</bdi></h1>\n",
		 *run ? ": " : "", run);
	html_put(p->out, "<p class=\"quiet\">%s<bdi>%s</bdi>%s%s to %s UTC, blepair %s</p>\n",
		 *station ? "on " : "", station, *station ? ", " : "", utc(p->begin, from),
		 utc(p->end, to), BLEPAIR_VERSION);
	if (p->report->incomplete)
		fputs("<p class=\"no\">Attempts are missing here: there was no memory for "
		      "them.</p>\n",
		      p->out);
}

/* ---- The summary ----------------------------------------------------------------------------- */

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
	const struct html_report *r = p->report;
	size_t later = p->paired - p->at_once, failed = r->count - p->paired;
	const struct html_part parts[] = {
		{"good", (double)p->at_once}, {"again", (double)later}, {"bad", (double)failed}};
	double span = p->end - p->begin;
	char value[48], more[96], time[HTML_DURATION];
	struct histogram h;

	fputs("<div class=\"tiles\">\n", p->out);
	(void)snprintf(value, sizeof(value), "%.1f %%", percent(p->paired, r->count));
	(void)snprintf(more, sizeof(more), "%zu of %zu units paired", p->paired, r->count);
	tile(p->out, "Yield", value, more);
	(void)snprintf(value, sizeof(value), "%.1f %%", percent(p->at_once, r->count));
	(void)snprintf(more, sizeof(more), "%zu at the first attempt", p->at_once);
	tile(p->out, "First time right", value, more);
	(void)snprintf(value, sizeof(value), "%zu", failed);
	(void)snprintf(more, sizeof(more), "of %zu attempt%s in all", r->attempts,
		       r->attempts == 1 ? "" : "s");
	tile(p->out, "Failed", value, more);
	if (histogram_make(&h, p->values, collect(p, "total_ms", NULL))) {
		(void)snprintf(more, sizeof(more), "median; 95 %% within %s",
			       html_duration(h.p95, time));
		tile(p->out, "A unit takes", html_duration(h.median, time), more);
	}
	if (span > 0 && r->count > 1) {
		(void)snprintf(value, sizeof(value), "%.0f / h", (double)r->count * 3600 / span);
		(void)snprintf(more, sizeof(more), "units, over %s",
			       html_duration(span * 1000, time));
		tile(p->out, "Rate", value, more);
	}
	fputs("</div>\n", p->out);
	html_share(p->out, "how the units ended", parts, 3, (double)r->count);
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

static int by_weight(const void *a, const void *b)
{
	const struct failed_attempts *x = a, *y = b;

	if (x->units != y->units)
		return x->units < y->units ? 1 : -1;
	if (x->attempts != y->attempts)
		return x->attempts < y->attempts ? 1 : -1;
	return strcmp(x->reason, y->reason);
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
	const struct html_part part = {"bad", (double)f->units};
	const char *name = strchr(f->reason, '\n') + 1;
	char class[REASON], words[REASON];

	(void)snprintf(class, sizeof(class), "%.*s", (int)(name - 1 - f->reason), f->reason);
	html_put(out, "<tr><td>%s%s%s<small>%s</small></td>", words_of(class, words),
		 *name ? ": " : "", name, *name ? "" : meaning_of(class));
	html_put(out, "<td class=\"n\">%zu</td><td class=\"n\">%zu</td><td>", f->units,
		 f->attempts);
	html_share(out, "share", &part, 1, (double)most);
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
		fputs("<p>None: every attempt paired.</p>\n", p->out);
	for (i = 0; i < many; i++)
		print_failure(p->out, &failures[i], failures[0].units);
	if (many)
		fputs("</tbody></table></div>\n", p->out);
	free(failures);
	return 0;
}

/* ---- Times ----------------------------------------------------------------------------------- */

/* An attempt and its parts, in the order in which they come. */
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

	fputs("<h2>How long the units took that paired</h2>\n<div class=\"charts\">\n", p->out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (histogram_make(&h, p->values, collect(p, parts[i].field, NULL)))
			html_chart(p->out, parts[i].title, &h);
	if (!p->paired)
		fputs("<p>None paired.</p>\n", p->out);
	fputs("</div>\n", p->out);
}

/* ---- Controllers ----------------------------------------------------------------------------- */

static void print_controller(struct page *p, const char *name, size_t units)
{
	size_t paired = 0;
	struct histogram h;
	char time[HTML_DURATION];

	for (size_t i = 0; i < p->report->count; i++)
		paired += succeeded(p->report->units[i].last) &&
			  strcmp(text_of(p->report->units[i].last, "controller"), name) == 0;
	html_put(p->out,
		 "<tr><td><bdi>%s</bdi></td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
		 "<td class=\"n\">%zu</td><td class=\"n\">%.1f %%</td>",
		 *name ? name : "none", units, paired, units - paired, percent(paired, units));
	(void)histogram_make(&h, p->values, collect(p, "pair_ms", name));
	html_put(p->out, "<td class=\"n\">%s</td>",
		 html_duration(h.count ? h.median : (double)NAN, time));
	(void)histogram_make(&h, p->values, collect(p, "total_ms", name));
	html_put(p->out, "<td class=\"n\">%s</td></tr>\n",
		 html_duration(h.count ? h.median : (double)NAN, time));
}

static int print_controllers(struct page *p)
{
	json_t *units = json_object();
	const char *name;
	json_t *value;

	if (!units)
		return -1;
	for (size_t i = 0; i < p->report->count; i++)
		count(units, text_of(p->report->units[i].last, "controller"));
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

/* ---- Units ----------------------------------------------------------------------------------- */

static void print_ms(FILE *out, double ms)
{
	if (isfinite(ms))
		html_put(out, "<td class=\"n\">%.1f</td>", ms);
	else
		fputs("<td class=\"n\"></td>", out);
}

static void print_unit(FILE *out, const struct unit *unit, size_t number)
{
	const json_t *a = unit->last;
	bool good = succeeded(a);
	char words[REASON], time[32];

	html_put(out, "<tr data-r=\"%s\"><td class=\"n\">%zu</td><td><bdi>%s</bdi>",
		 good ? "ok" : "no", number, name_of(a));
	if (*text_of(a, "label"))
		html_put(out, "<small><bdi>%s</bdi></small>", text_of(a, "label"));
	html_put(out, "</td><td class=\"mono\">%s</td><td><span class=\"%s\">%s %s</span>",
		 text_of(a, "peer"), good ? "ok" : "no", good ? "\u2713" : "\u2717",
		 good ? text_of(a, "result") : words_of(text_of(a, "class"), words));
	if (!good && *text_of(a, "reason"))
		html_put(out, "<small>%s</small>", text_of(a, "reason"));
	html_put(out, "</td><td class=\"n\">%u</td>", unit->attempts);
	print_ms(out, number_of(a, "scan_ms"));
	print_ms(out, number_of(a, "connect_ms"));
	print_ms(out, number_of(a, "pair_ms"));
	print_ms(out, number_of(a, "total_ms"));
	html_put(out, "<td><bdi>%s</bdi></td><td class=\"mono\">%s</td></tr>\n",
		 text_of(a, "controller"), utc(time_of(a), time));
}

/* Browsers lay out only the groups of rows that are seen: html_report.css. */
#define ROWS 100

static void print_units(struct page *p)
{
	/* Their widths are in html_report.css. */
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
	      p->out);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		html_put(p->out,
			 "<th class=\"%s\"><button type=\"button\" disabled>%s</button></th>",
			 columns[i].numeric ? "n" : "t", columns[i].title);
	fputs("</tr></thead>\n<tbody>\n", p->out);
	for (size_t i = 0; i < p->report->count; i++) {
		if (i && i % ROWS == 0)
			fputs("</tbody>\n<tbody>\n", p->out);
		print_unit(p->out, &p->report->units[i], i + 1);
	}
	fputs("</tbody></table></div>\n", p->out);
}

int html_report_print(const struct html_report *report, const struct html_report_about *about,
		      FILE *out)
{
	struct page p = {.out = out, .report = report, .about = about};
	int status = -1;

	p.values = calloc(report->count + 1, sizeof(*p.values));
	p.reasons = json_object();
	if (p.values && p.reasons && draw_nonce(p.nonce) == 0) {
		survey(&p);
		print_head(&p);
		print_summary(&p);
		print_times(&p);
		status = print_failures(&p) | print_controllers(&p);
		print_units(&p);
		html_put(out, "<script nonce=\"%s\">\n", p.nonce);
		fputs(batch_report_js, out);
		fputs("</script>\n</body>\n</html>\n", out);
	}
	free(p.values);
	json_decref(p.reasons);
	return status || ferror(out) ? -1 : 0;
}

int html_report_write(const struct html_report *report, const struct html_report_about *about,
		      const char *path, char *error, size_t size)
{
	static struct file_out file;
	struct failure failure;

	if (file_create(&file, path, FILE_PUBLIC, &failure)) {
		(void)snprintf(error, size, "%s", failure.text);
		return -1;
	}
	errno = EIO;
	if (html_report_print(report, about, file.stream)) {
		(void)snprintf(error, size, "cannot write %s: %s", path, strerror(errno));
		file_abandon(&file);
		return -1;
	}
	if (file_commit(&file, &failure) == 0)
		return 0;
	(void)snprintf(error, size, "%s", failure.text);
	return -1;
}
