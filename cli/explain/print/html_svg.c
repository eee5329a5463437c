/* SPDX-License-Identifier: MIT */
#include "print/html_svg.h"

#include <string.h>

#include "base/html.h"
#include "crypto/bytes.h"
#include "print/describe.h"

/* Places and sizes in pixels. */
enum {
	WIDTH = 1180,
	LANES_HEIGHT = 34, /* the names of the lanes, above the rows */
	ROW = 34,
	FOOT = 26, /* below the rows */

	/* From the top of the ladder. */
	LANE_NAME_Y = 18,
	LIFE_LINE_Y = 28,
	LIFE_LINE_END = 8, /* from its bottom */

	/* From the top of a row. */
	TITLE_Y = 17,
	ARROW_Y = 24,
	FLAG_Y = 20,
	FIELDS_Y = 24,
	FIELDS_ABOVE_VALUES_Y = 15,
	VALUES_Y = 29,

	TIME_X = 86, /* the right edge */
	FRAME_X = 148,
	TITLE_INDENT = 10, /* from the left end of the arrow */
	ARROW_HEAD = 8,
	FLAG_X = 624,
	FIELDS_X = 640,
	FIELDS_LETTERS = 76, /* that fit into the column */
	VALUES_LETTERS = 74,

	/* The drawing. */
	MARGIN_X = 12,
	OUTCOME_Y = 34,
	OUTCOME_HEIGHT = 60,
	FINDING_X = 100,
	FINDING_LETTERS = 158,
	LINE = 19,
	GAP = 8,
	BOTTOM = 20,
};

/* One style for both kinds of file. */
static const char style[] =
	":root{--page:#fff;--ink:#1d2329;--dim:#66707a;--line:#d5dae0;--card:#f5f7f9;"
	"--smp:#1a7f37;--l2cap:#8250df;--hci:#0969da;--ll:#0f7b8a;"
	"--fault:#cf222e;--weakness:#a1258f;--surprise:#9a6700;--hint:#0f7b8a;--good:#1a7f37}"
	"@media(prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#e6edf3;--dim:#8d96a0;"
	"--line:#30363d;--card:#161b22;--smp:#3fb950;--l2cap:#bc8cff;--hci:#58a6ff;--ll:#39c5cf;"
	"--fault:#ff7b72;--weakness:#f692d0;--surprise:#d29922;--hint:#39c5cf;--good:#3fb950}}"
	"svg text{font:13px system-ui,sans-serif;fill:var(--ink);paint-order:stroke;"
	"stroke:var(--page);stroke-width:4px;stroke-linejoin:round}"
	"svg .dim{fill:var(--dim);font-size:11px}svg .lane{font-weight:600;text-anchor:middle}"
	"svg .life{stroke:var(--line);stroke-width:2}svg .title{font-weight:600}"
	"svg .mono{font:11.5px ui-monospace,monospace;fill:var(--dim)}"
	"svg .row:hover .hit{fill:var(--card)}svg .hit{fill:transparent}"
	"svg .hci{stroke:var(--hci);fill:var(--hci)}svg .smp{stroke:var(--smp);fill:var(--smp)}"
	"svg .l2cap{stroke:var(--l2cap);fill:var(--l2cap)}svg .ll{stroke:var(--ll);fill:var(--ll)}"
	"svg .arrow{stroke-width:1.8}svg .verdict{font-size:17px;font-weight:600}"
	"svg .page{fill:var(--page)}"
	".fault{--mark:var(--fault)}.weakness{--mark:var(--weakness)}"
	".surprise{--mark:var(--surprise)}.hint{--mark:var(--hint)}"
	"svg .flag{fill:var(--mark);stroke:none}svg .word{fill:var(--mark);font-weight:600}";

static const char page[] =
	"body{margin:0 auto;padding:1.5rem;max-width:1180px;background:var(--page);"
	"color:var(--ink);font:15px/1.5 system-ui,sans-serif}"
	"h1{font-size:1.3rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}"
	".bad{color:var(--fault)}.good{color:var(--good)}.open{color:var(--surprise)}"
	".finding{background:var(--card);border-left:4px solid var(--mark);border-radius:4px;"
	"padding:.55rem .9rem;margin:.5rem 0}.finding b{color:var(--mark);margin-right:.4rem}"
	".finding small{color:var(--dim);display:block}.finding i{display:block;font-style:normal}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{color:var(--dim)}"
	"dd{margin:0}a{color:inherit}.ladder{overflow-x:auto}"
	"svg{max-width:100%;min-width:56rem;height:auto}"
	".row:target .hit{fill:var(--card);stroke:var(--fault)}";

/* Puts at most so many letters; dots stand for the rest. */
static void put_cut(FILE *out, const char *text, int letters)
{
	html_put(out, "%.*s%s", letters, text, strlen(text) > (size_t)letters ? "…" : "");
}

/* ---- The ladder ------------------------------------------------------------------------------ */

struct lanes {
	int count, x[3];
	const char *names[3];
};

static const struct lanes on_air = {2, {180, 590}, {"central", "peripheral"}};
static const struct lanes at_host = {3, {180, 380, 590}, {"host", "controller", "peer"}};

static int lane_x(const struct lanes *lanes, const char *name)
{
	for (int i = 0; i < lanes->count; i++)
		if (strcmp(lanes->names[i], name) == 0)
			return lanes->x[i];
	return lanes->x[0];
}

static const char *layer_class(uint8_t layer)
{
	switch ((enum explain_layer)layer) {
	case EXPLAIN_LAYER_SMP:
		return "smp";
	case EXPLAIN_LAYER_SIGNALING:
		return "l2cap";
	case EXPLAIN_LAYER_LL:
		return "ll";
	case EXPLAIN_LAYER_COMMAND:
	case EXPLAIN_LAYER_EVENT:
		break;
	}
	return "hci";
}

/* Puts the tooltip of a message. */
static void put_tooltip(FILE *out, const struct explain_finding *f, const struct explain_step *s,
			const struct explain_description *d, const char *values, bool show_keys)
{
	html_put(out, "<title>%s", d->title);
	if (*d->fields)
		html_put(out, "\n%s", d->fields);
	if (d->secret && !show_keys) {
		html_put(out, "\noctets: hidden without --show-keys");
	} else {
		html_put(out, "\noctets:");
		for (uint8_t i = 0; i < s->kept; i++)
			fprintf(out, " %02x", s->data[i]);
	}
	if (*values)
		html_put(out, "\ncomputed: %s", values);
	if (f)
		html_put(out, "\n%s", f->text);
	html_put(out, "</title>");
}

static void put_arrow(FILE *out, const char *class, int from, int to, int y)
{
	html_put(out, "<line class=\"arrow %s\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", class,
		 from, to, y, y);
	html_put(out, "<path class=\"%s\" d=\"M%d %dl%d -5v10z\"/>", class, to, y,
		 to > from ? -ARROW_HEAD : ARROW_HEAD);
}

/* A right-aligned text in the first columns. */
static void put_dim(FILE *out, int x, int y, const char *text)
{
	html_put(out, "<text class=\"dim\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", x, y,
		 text);
}

static void put_row(FILE *out, const struct explain_verdict *v, const struct explain_step *s,
		    const struct lanes *lanes, int y, uint64_t number, bool show_keys)
{
	const struct explain_finding *f = verdict_finding_at(v, s->at.frame);
	unsigned long long frame = s->at.frame;
	struct explain_description d;
	char time[32], mark[32], values[400];
	int from, to;

	describe_step(v, s, show_keys, &d);
	describe_values(v, s->at.frame, show_keys, values, sizeof(values));
	(void)snprintf(time, sizeof(time), "%.6f", describe_seconds(v->attempt, s));
	(void)snprintf(mark, sizeof(mark), "#%llu", frame);
	from = lane_x(lanes, d.from);
	to = lane_x(lanes, d.to);
	html_put(out, "<g class=\"row %s\" id=\"a%llu-%llu\">",
		 f ? check_severity_name(f->check->severity) : "", (unsigned long long)number,
		 frame);
	html_put(out, "<rect class=\"hit\" x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>",
		 y, WIDTH, ROW);
	put_tooltip(out, f, s, &d, values, show_keys);
	put_dim(out, TIME_X, y + ARROW_Y, time);
	put_dim(out, FRAME_X, y + ARROW_Y, mark);
	put_arrow(out, layer_class(s->layer), from, to, y + ARROW_Y);
	html_put(out, "<text class=\"title\" x=\"%d\" y=\"%d\">%s</text>",
		 (from < to ? from : to) + TITLE_INDENT, y + TITLE_Y, d.title);
	if (f)
		html_put(out, "<circle class=\"flag\" cx=\"%d\" cy=\"%d\" r=\"6\"/>", FLAG_X,
			 y + FLAG_Y);
	html_put(out, "<text class=\"mono\" x=\"%d\" y=\"%d\">", FIELDS_X,
		 y + (*values ? FIELDS_ABOVE_VALUES_Y : FIELDS_Y));
	put_cut(out, d.fields, FIELDS_LETTERS);
	html_put(out, "</text>");
	if (*values) {
		html_put(out, "<text class=\"mono\" x=\"%d\" y=\"%d\">= ", FIELDS_X, y + VALUES_Y);
		put_cut(out, values, VALUES_LETTERS);
		html_put(out, "</text>");
	}
	html_put(out, "</g>\n");
	bytes_wipe(&d, sizeof(d));
	bytes_wipe(values, sizeof(values));
}

static int ladder_height(const struct explain_verdict *v)
{
	return LANES_HEIGHT + v->attempt->step_count * ROW + FOOT;
}

static void put_ladder(FILE *out, const struct explain_verdict *v, int y, uint64_t number,
		       bool show_keys)
{
	const struct explain_attempt *a = v->attempt;
	const struct lanes *lanes = a->captured_end == EXPLAIN_NOBODY ? &on_air : &at_host;

	for (int i = 0; i < lanes->count; i++) {
		html_put(out, "<text class=\"lane\" x=\"%d\" y=\"%d\">%s</text>", lanes->x[i],
			 y + LANE_NAME_Y, lanes->names[i]);
		html_put(out, "<line class=\"life\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
			 lanes->x[i], lanes->x[i], y + LIFE_LINE_Y,
			 y + ladder_height(v) - LIFE_LINE_END);
	}
	put_dim(out, TIME_X, y + LANE_NAME_Y, "seconds");
	put_dim(out, FRAME_X, y + LANE_NAME_Y, "frame");
	for (size_t i = 0; i < a->step_count; i++)
		put_row(out, v, &a->steps[i], lanes, y + LANES_HEIGHT + (int)i * ROW, number,
			show_keys);
}

/* ---- The page -------------------------------------------------------------------------------- */

static const char *verdict_class(const struct explain_verdict *v)
{
	return v->failed ? "bad" : verdict_succeeded(v) ? "good" : "open";
}

static bool in_ladder(const struct explain_verdict *v, uint64_t frame)
{
	for (size_t i = 0; i < v->attempt->step_count; i++)
		if (v->attempt->steps[i].at.frame == frame)
			return true;
	return false;
}

static void put_finding(FILE *out, const struct explain_verdict *v, const struct explain_finding *f,
			uint64_t number)
{
	const char *severity = check_severity_name(f->check->severity);

	html_put(out, "<div class=\"finding %s\"><b>%s</b>%s<i>→ %s</i><small>", severity,
		 f->cause ? "why" : severity, f->text, f->check->fix);
	for (uint8_t i = 0; i < f->frame_count; i++) {
		unsigned long long frame = f->frames[i];
		if (in_ladder(v, frame))
			html_put(out, "<a href=\"#a%llu-%llu\">frame %llu</a>, ",
				 (unsigned long long)number, frame, frame);
		else
			html_put(out, "frame %llu, ", frame);
	}
	html_put(out, "%s [%s]</small></div>\n", f->check->section, f->check->id);
}

static void put_party(FILE *out, const struct explain_verdict *v, int8_t end)
{
	char address[DESCRIBE_ADDRESS];

	html_put(out, "<dt>%s</dt><dd>%s%s</dd>", check_role(end),
		 describe_address(v, end, address),
		 end == v->attempt->captured_end ? ", the captured host" : "");
}

static void add_to_page(struct explain_picture *p, const struct explain_verdict *v, bool show_keys)
{
	FILE *out = p->html;
	const int height = ladder_height(v);
	unsigned long long number = p->number, frame = v->frame;
	char agreed[400];

	html_put(out, "<section><h2 class=\"%s\">%llu. %s", verdict_class(v), number, v->text);
	if (frame)
		html_put(out, " <a href=\"#a%llu-%llu\">(frame %llu)</a>", number, frame, frame);
	html_put(out, "</h2>\n");
	for (size_t i = 0; i < v->count; i++)
		put_finding(out, v, &v->findings[i], number);
	html_put(out, "<dl>");
	put_party(out, v, EXPLAIN_I);
	put_party(out, v, EXPLAIN_R);
	describe_agreement(v, agreed, sizeof(agreed));
	if (*agreed)
		html_put(out, "<dt>agreed</dt><dd>%s</dd>", agreed);
	html_put(out,
		 "</dl>\n<div class=\"ladder\"><svg viewBox=\"0 0 %d %d\" width=\"%d\" "
		 "height=\"%d\">\n",
		 WIDTH, height, WIDTH, height);
	put_ladder(out, v, 0, number, show_keys);
	html_put(out, "</svg></div></section>\n");
}

/* ---- The drawing ----------------------------------------------------------------------------- */

/* The height is known only at the end; the blanks leave room for it. */
#define SVG_HEAD                                                            \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %8d\" " \
	"width=\"%d\" height=\"%8d\">\n"

/* The length of the first line of so many letters: up to a blank, or in a longer word. */
static size_t line_length(const char *text, size_t letters)
{
	size_t len = letters;

	if (strlen(text) <= letters)
		return strlen(text);
	while (len && text[len] != ' ')
		len--;
	return len ? len : letters;
}

/* Puts text in lines of so many letters; returns the y of the line below. */
static int put_lines(FILE *out, int x, int y, size_t letters, const char *text)
{
	while (*text) {
		size_t len = line_length(text, letters);
		html_put(out, "<text x=\"%d\" y=\"%d\">%.*s</text>\n", x, y, (int)len, text);
		text += len;
		text += strspn(text, " ");
		y += LINE;
	}
	return y;
}

static void add_to_drawing(struct explain_picture *p, const struct explain_verdict *v,
			   bool show_keys)
{
	FILE *out = p->svg;
	int y = p->height + OUTCOME_Y;

	html_put(out, "<text class=\"verdict\" x=\"%d\" y=\"%d\">%llu. %s</text>\n", MARGIN_X, y,
		 (unsigned long long)p->number, v->text);
	y = p->height + OUTCOME_HEIGHT;
	for (size_t i = 0; i < v->count; i++) {
		const struct explain_finding *f = &v->findings[i];
		const char *severity = check_severity_name(f->check->severity);
		html_put(out, "<g class=\"%s\"><text class=\"word\" x=\"%d\" y=\"%d\">%s</text>\n",
			 severity, MARGIN_X, y, f->cause ? "why" : severity);
		y = put_lines(out, FINDING_X, y, FINDING_LETTERS, f->text);
		html_put(out, "</g>");
	}
	y += GAP;
	put_ladder(out, v, y, p->number, show_keys);
	p->height = y + ladder_height(v);
}

/* ---- Both ------------------------------------------------------------------------------------ */

void print_picture_begin(struct explain_picture *p, FILE *html, FILE *svg)
{
	*p = (struct explain_picture){.html = html, .svg = svg};
	if (html)
		fprintf(html,
			"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			"<meta name=\"viewport\" content=\"width=device-width\">"
			"<meta name=\"color-scheme\" content=\"light dark\">"
			"<title>blepair explain</title><style>%s%s</style></head><body>\n"
			"<h1>blepair explain</h1>\n",
			style, page);
	if (svg)
		fprintf(svg,
			SVG_HEAD "<style>%s</style><rect class=\"page\" width=\"100%%\" "
				 "height=\"100%%\"/>\n",
			WIDTH, 0, WIDTH, 0, style);
}

void print_picture_add(struct explain_picture *p, const struct explain_verdict *v, bool show_keys)
{
	p->number++;
	if (p->html)
		add_to_page(p, v, show_keys);
	if (p->svg)
		add_to_drawing(p, v, show_keys);
}

void print_picture_end(struct explain_picture *p)
{
	if (p->html) {
		if (!p->number)
			fputs("<p>This capture has no pairing and no encryption.</p>\n", p->html);
		fputs("</body></html>\n", p->html);
	}
	if (p->svg) {
		fputs("</svg>\n", p->svg);
		if (!ferror(p->svg) && fflush(p->svg) == 0 && fseek(p->svg, 0, SEEK_SET) == 0)
			fprintf(p->svg, SVG_HEAD, WIDTH, p->height + BOTTOM, WIDTH,
				p->height + BOTTOM);
	}
}
