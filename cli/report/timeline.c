/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/html.h"
#include "report/duration.h"
#include "report/histogram.h"

/* In units of the drawing: two plots, one below the other, and room for numbers. */
static const int LEFT = 60, WIDTH = 880, RIGHT = 20, TOP = 12, COUNTS = 90, GAP = 22, TIMES = 100,
		 BELOW = 36;

/* ---- Bins ------------------------------------------------------------------------------------ */

double timeline_width(double from, double to)
{
	static const double widths[] = {1,     2,     5,     10,    15,	   30,	 60,
					120,   300,   600,   900,   1800,  3600, 7200,
					10800, 21600, 43200, 86400, 172800};
	size_t i = 0;
	double width;

	for (; i < sizeof(widths) / sizeof(widths[0]); i++)
		if (floor(to / widths[i]) - floor(from / widths[i]) < TIMELINE_BINS)
			return widths[i];
	for (width = 604800; floor(to / width) - floor(from / width) >= TIMELINE_BINS;)
		width *= 2;
	return width;
}

/* Units that ended in one of the bins. */
struct bin {
	size_t paired, failed;
	struct histogram took; /* of those that were paired; empty: it is not known */
};

struct timeline {
	double from, width; /* bin i begins at from + i * width */
	size_t bins, most;  /* most: units in one bin */
	double longest;	    /* of the 95th percentiles */
	struct bin bin[TIMELINE_BINS];
};

/* fmax() is in libm, which the program does not need otherwise. */
static double larger(double a, double b)
{
	return a > b ? a : b;
}

static int by_end(const void *a, const void *b)
{
	const struct timeline_unit *x = a, *y = b;

	return (x->end > y->end) - (x->end < y->end);
}

static void fill_bin(struct bin *bin, const struct timeline_unit *units, size_t count,
		     double *values)
{
	size_t many = 0;

	for (size_t i = 0; i < count; i++) {
		bin->paired += units[i].paired;
		bin->failed += !units[i].paired;
		if (units[i].paired && isfinite(units[i].took) && units[i].took >= 0)
			values[many++] = units[i].took;
	}
	(void)histogram_make(&bin->took, values, many);
}

static void fill(struct timeline *t, const struct timeline_unit *units, size_t count,
		 double *values)
{
	size_t at = 0;

	t->width = timeline_width(units[0].end, units[count - 1].end);
	t->from = floor(units[0].end / t->width) * t->width;
	t->bins = (size_t)(floor(units[count - 1].end / t->width) - t->from / t->width) + 1;
	for (size_t i = 0; i < t->bins; i++) {
		size_t first = at;
		struct bin *b = &t->bin[i];
		while (at < count && units[at].end < t->from + (double)(i + 1) * t->width)
			at++;
		fill_bin(b, units + first, at - first, values);
		t->most = b->paired + b->failed > t->most ? b->paired + b->failed : t->most;
		t->longest = larger(t->longest, b->took.p95);
	}
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static double x_of(const struct timeline *t, double bin)
{
	return LEFT + WIDTH * bin / (double)(t->bins < 8 ? 8 : t->bins);
}

/* "14:05", with the day where one begins and at the left. */
static void put_clock(FILE *out, const struct timeline *t, size_t bin, bool day)
{
	time_t when = (time_t)(t->from + (double)bin * t->width);
	struct tm tm;
	char clock[16], date[16];

	if (!gmtime_r(&when, &tm) ||
	    !strftime(clock, sizeof(clock), t->width < 60 ? "%H:%M:%S" : "%H:%M", &tm) ||
	    !strftime(date, sizeof(date), "%Y-%m-%d", &tm))
		return;
	html_put(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
		 x_of(t, (double)bin), TOP + COUNTS + GAP + TIMES + 16, clock);
	if (day)
		html_put(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
			 x_of(t, (double)bin), TOP + COUNTS + GAP + TIMES + 31, date);
}

static double day_of(const struct timeline *t, size_t bin)
{
	return floor((t->from + (double)bin * t->width) / 86400);
}

static void put_clocks(FILE *out, const struct timeline *t)
{
	const size_t every = (t->bins + 9) / 10;

	for (size_t i = 0; i < t->bins; i += every)
		put_clock(out, t, i, i == 0 || day_of(t, i) != day_of(t, i - every));
}

static void put_line(FILE *out, double y, const char *text)
{
	html_put(out,
		 "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
		 "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		 LEFT, LEFT + WIDTH, y, y, LEFT - 6, y + 4, text);
}

static void put_rect(FILE *out, const char *class, double x, double width, double top,
		     double height)
{
	html_put(out, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" y=\"%.2f\" height=\"%.2f\"/>",
		 class, x, width, top, height);
}

static void put_counts(FILE *out, const struct timeline *t)
{
	const double step = larger(1, histogram_round_up((double)t->most / 3));
	const double top = step * ceil((double)t->most / step);
	const double place = x_of(t, 1) - x_of(t, 0);
	char text[24];

	for (unsigned i = 0; i * step <= top; i++) {
		(void)snprintf(text, sizeof(text), "%.0f", i * step);
		put_line(out, TOP + COUNTS * (1 - i * step / top), text);
	}
	for (size_t i = 0; i < t->bins; i++) {
		const struct bin *b = &t->bin[i];
		const double good = COUNTS * (double)b->paired / top;
		const double bad = COUNTS * (double)b->failed / top;
		if (!b->paired && !b->failed)
			continue;
		html_put(out, "<g><title>%zu paired, %zu failed</title>", b->paired, b->failed);
		put_rect(out, "good", x_of(t, (double)i) + 0.5, place - 1, TOP + COUNTS - good,
			 good);
		put_rect(out, "bad", x_of(t, (double)i) + 0.5, place - 1, TOP + COUNTS - good - bad,
			 bad);
		html_put(out, "</g>\n");
	}
}

/* A bar up to the median, and a lighter one up to the 95th percentile. */
static void put_times(FILE *out, const struct timeline *t)
{
	const double step = histogram_round_up(larger(t->longest, 0.001) / 3);
	const double top = step * ceil(t->longest / step), bottom = TOP + COUNTS + GAP + TIMES;
	const double place = x_of(t, 1) - x_of(t, 0);
	char text[REPORT_DURATION], more[REPORT_DURATION];

	for (unsigned i = 0; i * step <= top; i++)
		put_line(out, bottom - TIMES * (i * step / top),
			 i ? report_duration(i * step, text) : "0");
	for (size_t i = 0; i < t->bins; i++) {
		const struct histogram *h = &t->bin[i].took;
		if (!h->count)
			continue;
		html_put(out, "<g><title>median %s, 95 %% within %s</title>",
			 report_duration(h->median, text), report_duration(h->p95, more));
		put_rect(out, "reach", x_of(t, (double)i) + 0.5, place - 1,
			 bottom - TIMES * h->p95 / top, TIMES * h->p95 / top);
		put_rect(out, "bar", x_of(t, (double)i) + 0.5, place - 1,
			 bottom - TIMES * h->median / top, TIMES * h->median / top);
		html_put(out, "</g>\n");
	}
}

/* "30 s", "1 min", "2 h", "7 d" */
static const char *width_text(double seconds, char text[REPORT_DURATION])
{
	const double unit = seconds < 60 ? 1 : seconds < 3600 ? 60 : seconds < 86400 ? 3600 : 86400;

	(void)snprintf(text, REPORT_DURATION, "%.0f %s", seconds / unit,
		       unit < 60      ? "s"
		       : unit < 3600  ? "min"
		       : unit < 86400 ? "h"
				      : "d");
	return text;
}

void timeline_draw(FILE *out, struct timeline_unit *units, size_t count, double *values)
{
	static struct timeline t;
	char width[REPORT_DURATION];

	if (!count)
		return;
	t = (struct timeline){.bins = 0};
	qsort(units, count, sizeof(*units), by_end);
	fill(&t, units, count, values);
	html_put(out,
		 "<figure class=\"timeline\"><b>Over the time of day, UTC</b>\n<div class=\"pan\">"
		 "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"units and their times over "
		 "the time of day\">\n",
		 LEFT + WIDTH + RIGHT, TOP + COUNTS + GAP + TIMES + BELOW);
	put_counts(out, &t);
	if (t.longest > 0)
		put_times(out, &t);
	put_clocks(out, &t);
	html_put(out,
		 "</svg></div>\n<figcaption>Above: units that were paired and that failed, in each "
		 "%s. Below: how long those took that were paired, the median and, lighter, the "
		 "time within which 95 %% were.</figcaption></figure>\n",
		 width_text(t.width, width));
}
