/* SPDX-License-Identifier: MIT */
#include "print/page.h"

#include <string.h>

#include "base/html.h"
#include "base/page.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "print/describe.h"
#include "smp/pdu.h"

/* An attempt on a page. */
struct part {
	FILE *out;
	const struct explain_verdict *v;
	uint64_t number;
	bool show_keys;
	bool brief; /* without what a passkey can be computed from */
};

/* ---- The ladder ------------------------------------------------------------------------------ */

/* What a tooltip shows: all of a message, its octets too. */
static void put_tooltip(const struct part *p, const struct explain_finding *f,
			const struct explain_step *s, const struct explain_description *d,
			const char *values)
{
	FILE *out = p->out;

	html_put(out, " title=\"%s", d->title);
	if (*d->fields)
		html_put(out, "\n%s", d->fields);
	if (d->secret && !p->show_keys) {
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
	html_put(out, "\"");
}

/*
 * From one lane to another; over all lanes and without a head if the sender is not known. A message
 * within one end has a dot there.
 */
static void put_arrow(FILE *out, const struct explain_step *s, const struct explain_description *d,
		      const struct explain_lanes *lanes)
{
	const bool known = s->from != EXPLAIN_NOBODY;
	const int from = known ? look_lane(lanes, d->from) : 0;
	const int end = known ? look_lane(lanes, d->to) : lanes->count - 1;
	const int to = end == from ? lanes->count - 1 : end; /* room for its name */

	html_put(out,
		 "<span class=\"lanes\"><span class=\"arrow %s left%d right%d %s\"><b>%s</b></span>"
		 "</span>",
		 look_layer(s->layer), from < to ? from : to, from < to ? to : from,
		 !known	       ? "plain"
		 : end == from ? "at"
		 : from < to   ? "to"
			       : "fro",
		 d->title);
}

/* The values of a pairing: with those of Passkey Entry, anyone can compute the passkey. */
static bool has_values(const struct explain_step *s)
{
	return s->layer == EXPLAIN_LAYER_SMP &&
	       (s->code == SMP_PAIRING_CONFIRM || s->code == SMP_PAIRING_RANDOM ||
		s->code == SMP_PAIRING_DHKEY_CHECK || s->code == SMP_PAIRING_PUBLIC_KEY);
}

static void put_row(const struct part *p, const struct explain_step *s,
		    const struct explain_lanes *lanes)
{
	FILE *out = p->out;
	const struct explain_verdict *v = p->v;
	const struct explain_finding *f = verdict_finding_at(v, s->at.frame);
	const char *here = look_here(v, s);
	unsigned long long frame = s->at.frame;
	struct explain_description d;
	char values[400], time[DESCRIBE_TIME], shown[24] = "";

	if (frame)
		(void)snprintf(shown, sizeof(shown), "%llu", frame);
	describe_step(v, s, p->show_keys, &d);
	if (p->brief && has_values(s))
		*d.fields = '\0';
	describe_values(v, s->at.frame, p->show_keys, values, sizeof(values));
	html_put(out, "<div class=\"row%s%s%s%s\" id=\"a%llu-%llu\"", f ? " " : "",
		 f ? check_severity_name(f->check->severity) : "", here ? " ended " : "",
		 here ? look_outcome(v) : "", (unsigned long long)p->number, frame);
	if (!p->brief)
		put_tooltip(p, f, s, &d, values);
	html_put(out, "><span class=\"time\">%s</span><span class=\"frame\">%s</span>",
		 describe_time(v->attempt, s, time), shown);
	put_arrow(out, s, &d, lanes);
	html_put(out, "<span class=\"content\">");
	if (here)
		html_put(out, "<b class=\"here\">%s</b>", here);
	if (f)
		html_put(out, "<b>%s</b>", look_word(f));
	html_put(out, "%s", d.fields);
	if (*values)
		html_put(out, "<i>= %s</i>", values);
	html_put(out, "</span></div>\n");
	bytes_wipe(&d, sizeof(d));
	bytes_wipe(values, sizeof(values));
}

static void put_ladder(const struct part *p)
{
	FILE *out = p->out;
	const struct explain_attempt *a = p->v->attempt;
	struct explain_lanes lanes;
	char role[DESCRIBE_ROLE];

	look_lanes(a, &lanes);
	html_put(out,
		 "<div class=\"ladder%s\"><div class=\"top\"><div class=\"row head\"><span "
		 "class=\"time\">seconds</span><span class=\"frame\">frame</span><span "
		 "class=\"lanes\">",
		 lanes.count == 2 ? " air" : "");
	for (int i = 0; i < lanes.count; i++) {
		const int8_t end = lanes.ends[i];
		html_put(out, "<b class=\"lane\">%s", lanes.names[i]);
		if (end != EXPLAIN_NOBODY)
			html_put(out, "<small>%s</small>", describe_role(a, end, role));
		html_put(out, "</b>");
	}
	html_put(out, "</span><span class=\"content\">content</span></div></div><div "
		      "class=\"steps\">\n");
	for (size_t i = 0; i < a->step_count; i++)
		put_row(p, &a->steps[i], &lanes);
	html_put(out, "</div></div>\n");
	if (a->steps_lost)
		html_put(out, "<p>and %u more step%s</p>\n", a->steps_lost, text_s(a->steps_lost));
}

/* ---- An attempt ------------------------------------------------------------------------------ */

static bool in_ladder(const struct explain_verdict *v, uint64_t frame)
{
	for (size_t i = 0; i < v->attempt->step_count; i++)
		if (v->attempt->steps[i].at.frame == frame)
			return true;
	return false;
}

static void put_frame(const struct part *p, uint64_t frame)
{
	if (in_ladder(p->v, frame))
		html_put(p->out, "<a href=\"#a%llu-%llu\">frame %llu</a>",
			 (unsigned long long)p->number, (unsigned long long)frame,
			 (unsigned long long)frame);
	else
		html_put(p->out, "frame %llu", (unsigned long long)frame);
}

static void put_finding(const struct part *p, const struct explain_finding *f)
{
	FILE *out = p->out;
	const bool has_section = strcmp(f->check->section, "-") != 0;

	html_put(out, "<div class=\"finding %s\"><b>%s</b>%s<i>→ %s</i><small>",
		 check_severity_name(f->check->severity), look_word(f), f->text, check_fix(f));
	for (uint8_t i = 0; i < f->frame_count; i++) {
		if (i)
			html_put(out, ", ");
		put_frame(p, f->frames[i]);
	}
	html_put(out, "%s%s%s[%s]</small></div>\n", f->frame_count && has_section ? "; " : "",
		 has_section ? f->check->section : "", f->frame_count || has_section ? " " : "",
		 f->check->id);
}

static void put_party(FILE *out, const struct explain_verdict *v, int8_t end)
{
	char address[DESCRIBE_ADDRESS];

	html_put(out, "<dt>%s</dt><dd>%s%s%s</dd>", check_end_name(v->attempt, end),
		 describe_address(v, end, address),
		 end == v->attempt->captured_end ? ", the captured host" : "",
		 describe_roles(v->attempt));
}

void page_capture(FILE *out, const char *name)
{
	html_put(out, "<h2 class=\"capture\"><bdi>%s</bdi></h2>\n", name);
}

static void put_findings(const struct part *p)
{
	for (size_t i = 0; i < p->v->count; i++)
		put_finding(p, &p->v->findings[i]);
}

static void put_ends(const struct part *p)
{
	char agreed[400];

	html_put(p->out, "<dl>");
	put_party(p->out, p->v, EXPLAIN_I);
	put_party(p->out, p->v, EXPLAIN_R);
	describe_agreement(p->v, agreed, sizeof(agreed));
	if (*agreed)
		html_put(p->out, "<dt>agreed</dt><dd>%s</dd>", agreed);
	html_put(p->out, "</dl>\n");
}

void page_add(FILE *out, const struct explain_verdict *v, uint64_t number, bool show_keys)
{
	const struct part part = {out, v, number, show_keys, false};

	html_put(out, "<section class=\"%s\" id=\"a%llu\"><h2>%llu. %s", look_outcome(v),
		 (unsigned long long)number, (unsigned long long)number, v->text);
	if (v->frame) {
		html_put(out, " (");
		put_frame(&part, v->frame);
		html_put(out, ")");
	}
	html_put(out, "</h2>\n");
	put_findings(&part);
	put_ends(&part);
	put_ladder(&part);
	html_put(out, "</section>\n");
}

void page_part(FILE *out, const struct explain_verdict *v, uint64_t number)
{
	const struct part part = {out, v, number, false, true};

	html_put(out, "<div class=\"%s\">\n", look_outcome(v));
	put_findings(&part);
	put_ends(&part);
	put_ladder(&part);
	html_put(out, "</div>\n");
}

/* ---- The page -------------------------------------------------------------------------------- */

void page_begin(FILE *out, const struct explain_origin *origin)
{
	char from[LOOK_ORIGIN], title[300];

	(void)snprintf(title, sizeof(title), "blepair explain: %s", origin->name);
	page_head(out, title, NULL, NULL);
	html_put(out, "<header><h1><bdi>%s</bdi></h1><p>%s</p></header>\n", origin->name,
		 look_origin(origin, from));
}

static void put_legend(FILE *out)
{
	html_put(out, "<section class=\"legend\"><h3>Legend</h3><dl>\n");
	for (size_t i = 0; i < look_legend_count; i++) {
		const struct explain_legend *l = &look_legend[i];
		if (l->sign == LOOK_ARROW || l->sign == LOOK_DOT)
			html_put(out, "<dt><span class=\"arrow %s %s\"><b>%s</b></span></dt>",
				 l->class, l->sign == LOOK_DOT ? "at" : "to", l->word);
		else
			html_put(out, "<dt class=\"%s\">%s</dt>", l->class, l->word);
		html_put(out, "<dd>%s</dd>\n", l->meaning);
	}
	html_put(out, "</dl></section>\n");
}

void page_end(FILE *out, const char *sum)
{
	/* The style puts it above the attempts, whose number is known only here. */
	html_put(out, "<p class=\"sum\">%s</p>\n", sum);
	put_legend(out);
	html_put(out, "</body></html>\n");
}
