/* SPDX-License-Identifier: MIT */
#include "print/html_svg.h"

#include <string.h>

#include "crypto/bytes.h"
#include "print/describe.h"

#define WIDTH	1180
#define ROW	34
#define FIELDS	640 /* where the fields of a message stand */
#define LETTERS 84  /* that fit there */

/* One style for both kinds of file; the system says whether light or dark. */
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

/* ---- Octets of the file ---------------------------------------------------------------------- */

static void put(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			/* XML has no control characters, not even escaped. */
			fputc((unsigned char)*text < 0x20 && *text != '\n' ? ' ' : *text, out);
		}
}

/* At most so many letters; what is left out is told by dots. */
static void put_cut(FILE *out, const char *text, size_t letters)
{
	char cut[400];

	(void)snprintf(cut, sizeof(cut), "%s", text);
	if (strlen(cut) > letters) {
		cut[letters] = '\0';
		put(out, cut);
		fputs("…", out);
	} else {
		put(out, cut);
	}
}

/* ---- The ladder ------------------------------------------------------------------------------ */

struct lanes {
	int count, x[3];
	const char *names[3];
};

static void choose_lanes(const struct explain_attempt *a, struct lanes *lanes)
{
	if (a->near == EXPLAIN_NOBODY)
		*lanes = (struct lanes){2, {180, 590, 0}, {"central", "peripheral", NULL}};
	else
		*lanes = (struct lanes){3, {180, 380, 590}, {"host", "controller", "peer"}};
}

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

static const struct explain_finding *found_at(const struct explain_verdict *v, uint64_t frame)
{
	for (size_t i = 0; i < v->count; i++)
		for (uint8_t k = 0; k < v->findings[i].frame_count; k++)
			if (v->findings[i].frames[k] == frame &&
			    v->findings[i].check->severity != EXPLAIN_HINT)
				return &v->findings[i];
	return NULL;
}

/* What shows under the pointer. */
static void put_hover(FILE *out, const struct explain_verdict *v, const struct explain_step *s,
		      const struct explain_words *w, const char *values, bool show_keys)
{
	const struct explain_finding *f = found_at(v, s->at.frame);

	fputs("<title>", out);
	put(out, w->title);
	if (*w->fields) {
		fputs("\n", out);
		put(out, w->fields);
	}
	if (w->secret && !show_keys) {
		fputs("\noctets: hidden without --show-keys", out);
	} else {
		fputs("\noctets:", out);
		for (uint8_t i = 0; i < s->kept; i++)
			fprintf(out, " %02x", s->data[i]);
	}
	if (*values) {
		fputs("\ncomputed: ", out);
		put(out, values);
	}
	if (f) {
		fputs("\n", out);
		put(out, f->text);
	}
	fputs("</title>", out);
}

static void put_row(FILE *out, const struct explain_verdict *v, const struct explain_step *s,
		    const struct lanes *lanes, int y, uint64_t number, bool show_keys)
{
	const struct explain_finding *f = found_at(v, s->at.frame);
	const char *class = layer_class(s->layer);
	struct explain_words w;
	char values[400];
	int from, to, head;

	print_put(v, s, show_keys, &w);
	print_put_values(v, s->at.frame, show_keys, values, sizeof(values));
	from = lane_x(lanes, w.from);
	to = lane_x(lanes, w.to);
	head = to > from ? -8 : 8;
	fprintf(out, "<g class=\"row %s\" id=\"a%llu-%llu\">",
		f ? check_severity_name(f->check->severity) : "", (unsigned long long)number,
		(unsigned long long)s->at.frame);
	fprintf(out, "<rect class=\"hit\" x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>",
		y, WIDTH, ROW);
	put_hover(out, v, s, &w, values, show_keys);
	fprintf(out,
		"<text class=\"dim\" x=\"86\" y=\"%d\" text-anchor=\"end\">%.6f</text>"
		"<text class=\"dim\" x=\"148\" y=\"%d\" text-anchor=\"end\">#%llu</text>",
		y + 24, print_seconds(v->attempt, s), y + 24, (unsigned long long)s->at.frame);
	fprintf(out, "<line class=\"arrow %s\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", class,
		from, to, y + 24, y + 24);
	fprintf(out, "<path class=\"%s\" d=\"M%d %dl%d -5v10z\"/>", class, to, y + 24, head);
	fprintf(out, "<text class=\"title\" x=\"%d\" y=\"%d\">", (from < to ? from : to) + 10,
		y + 17);
	put(out, w.title);
	fputs("</text>", out);
	if (f)
		fprintf(out, "<circle class=\"flag\" cx=\"%d\" cy=\"%d\" r=\"6\"/>", FIELDS - 16,
			y + 20);
	fprintf(out, "<text class=\"mono\" x=\"%d\" y=\"%d\">", FIELDS, y + (*values ? 15 : 24));
	put_cut(out, w.fields, LETTERS - 8);
	fputs("</text>", out);
	if (*values) {
		fprintf(out, "<text class=\"mono\" x=\"%d\" y=\"%d\">= ", FIELDS, y + 29);
		put_cut(out, values, LETTERS - 10);
		fputs("</text>", out);
	}
	fputs("</g>\n", out);
	bytes_wipe(&w, sizeof(w));
	bytes_wipe(values, sizeof(values));
}

static int ladder_height(const struct explain_verdict *v)
{
	return 44 + v->attempt->step_count * ROW + 16;
}

static void put_ladder(FILE *out, const struct explain_verdict *v, int y, uint64_t number,
		       bool show_keys)
{
	const struct explain_attempt *a = v->attempt;
	struct lanes lanes;

	choose_lanes(a, &lanes);
	for (int i = 0; i < lanes.count; i++) {
		fprintf(out, "<text class=\"lane\" x=\"%d\" y=\"%d\">%s</text>", lanes.x[i], y + 18,
			lanes.names[i]);
		fprintf(out, "<line class=\"life\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n",
			lanes.x[i], lanes.x[i], y + 28, y + ladder_height(v) - 8);
	}
	fprintf(out,
		"<text class=\"dim\" x=\"86\" y=\"%d\" text-anchor=\"end\">seconds</text>"
		"<text class=\"dim\" x=\"148\" y=\"%d\" text-anchor=\"end\">frame</text>\n",
		y + 18, y + 18);
	for (size_t i = 0; i < a->step_count; i++)
		put_row(out, v, &a->steps[i], &lanes, y + 34 + (int)i * ROW, number, show_keys);
}

/* ---- The page -------------------------------------------------------------------------------- */

static const char *verdict_class(const struct explain_verdict *v)
{
	bool good = v->outcome == EXPLAIN_PAIRED || v->outcome == EXPLAIN_ENCRYPTED;

	return v->failed ? "bad" : good ? "good" : "open";
}

static bool shown(const struct explain_verdict *v, uint64_t frame)
{
	for (size_t i = 0; i < v->attempt->step_count; i++)
		if (v->attempt->steps[i].at.frame == frame)
			return true;
	return false;
}

static void put_finding(FILE *out, const struct explain_verdict *v, const struct explain_finding *f,
			uint64_t number)
{
	fprintf(out, "<div class=\"finding %s\"><b>%s</b>", check_severity_name(f->check->severity),
		f->cause ? "why" : check_severity_name(f->check->severity));
	put(out, f->text);
	fputs("<i>→ ", out);
	put(out, f->check->fix);
	fputs("</i><small>", out);
	for (uint8_t i = 0; i < f->frame_count; i++) {
		unsigned long long frame = (unsigned long long)f->frames[i];
		if (shown(v, f->frames[i]))
			fprintf(out, "<a href=\"#a%llu-%llu\">frame %llu</a>, ",
				(unsigned long long)number, frame, frame);
		else
			fprintf(out, "frame %llu, ", frame);
	}
	put(out, f->check->section);
	fprintf(out, " [%s]</small></div>\n", f->check->id);
}

static void put_party(FILE *out, const struct explain_verdict *v, int8_t end)
{
	char address[100];

	fprintf(out, "<dt>%s</dt><dd>", check_who(end));
	put(out, print_put_address(v, end, address));
	fprintf(out, "%s</dd>", end == v->attempt->near ? ", the captured host" : "");
}

static void add_to_page(struct explain_picture *p, const struct explain_verdict *v, bool show_keys)
{
	FILE *out = p->html;
	char agreed[400];

	fprintf(out, "<section><h2 class=\"%s\">%llu. ", verdict_class(v),
		(unsigned long long)p->number);
	put(out, v->text);
	if (v->frame)
		fprintf(out, " <a href=\"#a%llu-%llu\">(frame %llu)</a>",
			(unsigned long long)p->number, (unsigned long long)v->frame,
			(unsigned long long)v->frame);
	fputs("</h2>\n", out);
	for (size_t i = 0; i < v->count; i++)
		put_finding(out, v, &v->findings[i], p->number);
	fputs("<dl>", out);
	put_party(out, v, EXPLAIN_I);
	put_party(out, v, EXPLAIN_R);
	print_put_method(v, agreed, sizeof(agreed));
	if (*agreed) {
		fputs("<dt>agreed</dt><dd>", out);
		put(out, agreed);
		fputs("</dd>", out);
	}
	fprintf(out,
		"</dl>\n<div class=\"ladder\"><svg viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\">\n",
		WIDTH, ladder_height(v), WIDTH, ladder_height(v));
	put_ladder(out, v, 0, p->number, show_keys);
	fputs("</svg></div></section>\n", out);
}

/* ---- The drawing ----------------------------------------------------------------------------- */

/* The height is known at the end only: so many places are left for it. */
#define SVG_HEAD                                                            \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %8d\" " \
	"width=\"%d\" height=\"%8d\">\n"

/* Text in lines of so many letters; returns where the next may stand. */
static int put_lines(FILE *out, int x, int y, size_t letters, const char *text)
{
	while (*text) {
		size_t len = strlen(text);
		if (len > letters) {
			len = letters;
			while (len > 1 && text[len] != ' ')
				len--;
		}
		char line[200];
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
		fprintf(out, "<text x=\"%d\" y=\"%d\">", x, y);
		put(out, line);
		fputs("</text>\n", out);
		text += len;
		text += strspn(text, " ");
		y += 19;
	}
	return y;
}

static void add_to_drawing(struct explain_picture *p, const struct explain_verdict *v,
			   bool show_keys)
{
	FILE *out = p->svg;
	int y = p->height + 34;

	fprintf(out, "<text class=\"verdict\" x=\"12\" y=\"%d\">%llu. ", y,
		(unsigned long long)p->number);
	put(out, v->text);
	fputs("</text>\n", out);
	y += 26;
	for (size_t i = 0; i < v->count; i++) {
		const struct explain_finding *f = &v->findings[i];
		const char *severity = check_severity_name(f->check->severity);
		fprintf(out, "<g class=\"%s\"><text class=\"word\" x=\"12\" y=\"%d\">%s</text>\n",
			severity, y, f->cause ? "why" : severity);
		y = put_lines(out, 100, y, 158, f->text);
		fputs("</g>", out);
	}
	y += 8;
	put_ladder(out, v, y, p->number, show_keys);
	p->height = y + ladder_height(v);
}

/* ---- Files ----------------------------------------------------------------------------------- */

void print_picture_begin(struct explain_picture *p, FILE *html, FILE *svg)
{
	*p = (struct explain_picture){.html = html, .svg = svg};
	if (p->html)
		fprintf(p->html,
			"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			"<meta name=\"viewport\" content=\"width=device-width\">"
			"<meta name=\"color-scheme\" content=\"light dark\">"
			"<title>blepair explain</title><style>%s%s</style></head><body>\n"
			"<h1>blepair explain</h1>\n",
			style, page);
	if (p->svg)
		fprintf(p->svg,
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
			fputs("<p>No pairing and no encryption in this capture.</p>\n", p->html);
		fputs("</body></html>\n", p->html);
	}
	if (p->svg) {
		fputs("</svg>\n", p->svg);
		if (!ferror(p->svg) && fseek(p->svg, 0, SEEK_SET) == 0)
			fprintf(p->svg, SVG_HEAD, WIDTH, p->height + 20, WIDTH, p->height + 20);
	}
	p->html = p->svg = NULL;
}
