/* SPDX-License-Identifier: MIT */
#include "report/chart.h"

#include <math.h>

#include "base/html.h"
#include "report/duration.h"

/* In units of the drawing: the plot, and room for the numbers below and left of it. */
static const int LEFT = 44, TOP = 12, WIDTH = 440, HEIGHT = 130, BELOW = 20, RIGHT = 16;

static bool whole(double x)
{
	return fabs(x - floor(x + 0.5)) < 1e-6;
}

/*
 * A number on the axis: all numbers have the same unit, and as many decimals as they need to
 * differ. every: there is a number at every so many bins.
 */
static const char *number(const struct histogram *h, size_t bin, size_t every,
			  char text[REPORT_DURATION])
{
	const bool seconds = h->max >= 1000;
	const double value = h->from + (double)bin * h->width, step = (double)every * h->width;
	double scale = seconds ? 0.001 : 1;
	int decimals = 0;

	if (h->max >= 60000)
		return report_duration(value, text);
	for (; decimals < 3 && !(whole(h->from * scale) && whole(step * scale)); decimals++)
		scale *= 10;
	(void)snprintf(text, REPORT_DURATION, "%.*f %s", decimals, seconds ? value / 1000 : value,
		       seconds ? "s" : "ms");
	return text;
}

static size_t highest(const struct histogram *h)
{
	size_t most = h->beyond;

	for (size_t i = 0; i < h->bins; i++)
		most = h->counts[i] > most ? h->counts[i] : most;
	return most;
}

static void print_grid(FILE *out, double top, double step)
{
	for (unsigned i = 0; i * step <= top; i++) {
		double value = i * step;
		double y = TOP + HEIGHT * (1 - value / top);
		html_put(out,
			 "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
			 "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n",
			 LEFT, LEFT + WIDTH, y, y, LEFT - 6, y + 4, value);
	}
}

static void print_bar(FILE *out, double x, double width, size_t count, double top, const char *says)
{
	double height = HEIGHT * (double)count / top;

	if (count)
		html_put(out,
			 "<rect class=\"bar\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\">"
			 "<title>%s: %zu</title></rect>\n",
			 x, TOP + HEIGHT - height, width, height, says, count);
}

void chart_histogram(FILE *out, const char *title, const struct histogram *h)
{
	/* One more place than bins for values beyond them. Few bars do not fill the width. */
	size_t places = h->bins + (h->beyond ? 1 : 0), every = (h->bins + 7) / 8;
	double quarter = histogram_round_up((double)highest(h) / 4);
	double step = quarter > 1 ? quarter : 1;
	double top = step * ceil((double)highest(h) / step),
	       place = WIDTH / (double)(places > 8 ? places : 8);
	char a[REPORT_DURATION], b[REPORT_DURATION], says[3 * REPORT_DURATION];

	html_put(out,
		 "<figure><b>%s</b>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
		 title, LEFT + WIDTH + RIGHT, TOP + HEIGHT + BELOW, title);
	print_grid(out, top, step);
	for (size_t i = 0; i < h->bins; i++) {
		double low = h->from + (double)i * h->width, x = LEFT + place * (double)i;
		(void)snprintf(says, sizeof(says), "%s to %s", report_duration(low, a),
			       report_duration(low + h->width, b));
		print_bar(out, x + 0.5, place - 1, h->counts[i], top, says);
		if (i % every == 0)
			html_put(out,
				 "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
				 TOP + HEIGHT + 16, number(h, i, every, a));
	}
	if (h->beyond) {
		double x = LEFT + place * (double)h->bins;
		(void)snprintf(says, sizeof(says), "%s and more",
			       report_duration(h->from + (double)h->bins * h->width, a));
		print_bar(out, x + 0.5, place - 1, h->beyond, top, says);
		html_put(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">more</text>\n",
			 x + place / 2, TOP + HEIGHT + 16);
	}
	html_put(out, "</svg>\n<figcaption>median %s, ", report_duration(h->median, a));
	html_put(out, "95 %% within %s, ", report_duration(h->p95, a));
	html_put(out, "longest %s</figcaption></figure>\n", report_duration(h->max, a));
}

void chart_share(FILE *out, const char *label, const struct chart_part *parts, size_t count,
		 double whole)
{
	double x = 0;

	html_put(out,
		 "<svg class=\"share\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" "
		 "role=\"img\" "
		 "aria-label=\"%s\">",
		 label);
	for (size_t i = 0; i < count && whole > 0; i++) {
		double width = 1000 * parts[i].value / whole;
		html_put(out, "<rect class=\"%s\" x=\"%.2f\" width=\"%.2f\" height=\"14\"/>",
			 parts[i].class, x, width);
		x += width;
	}
	fputs("</svg>", out);
}
