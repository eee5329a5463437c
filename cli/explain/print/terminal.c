/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "print/terminal.h"

#include <string.h>

#include "base/text.h"
#include "base/words.h"
#include "crypto/bytes.h"
#include "print/brief.h"
#include "print/describe.h"

enum paint { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN };

static const char *paint(const struct explain_style *style, enum paint p)
{
	static const char *const codes[] = {"\033[0m",	"\033[1m",  "\033[2m",
					    "\033[31m", "\033[32m", "\033[33m",
					    "\033[34m", "\033[35m", "\033[36m"};
	return style->color ? codes[p] : "";
}

/* Prints text, its first line from column at on, later lines indented. */
static void wrap(FILE *out, const struct explain_style *style, int at, int indent, const char *text)
{
	struct words w = {.out = out, .width = style->width, .indent = indent, .column = at};

	words_put(&w, text, strlen(text));
	fputc('\n', out);
}

/* ---- Findings -------------------------------------------------------------------------------- */

#define INDENT 13

static enum paint severity_paint(enum explain_severity severity)
{
	switch (severity) {
	case EXPLAIN_FAULT:
		return RED;
	case EXPLAIN_WEAKNESS:
		return MAGENTA;
	case EXPLAIN_SURPRISE:
		return YELLOW;
	case EXPLAIN_HINT:
		break;
	}
	return CYAN;
}

void print_findings(FILE *out, const struct explain_verdict *v, const struct explain_style *style)
{
	char text[DESCRIBE_FRAMES + 100], frames[DESCRIBE_FRAMES];
	const int after_arrow = INDENT + (style->ascii ? 3 : 2);

	for (size_t i = 0; i < v->count; i++) {
		const struct explain_finding *f = &v->findings[i];
		const char *section = strcmp(f->check->section, "-") == 0 ? "" : f->check->section;
		const char *name = f->cause ? "why" : check_severity_name(f->check->severity);

		fprintf(out, "  %s%-10s%s ", paint(style, severity_paint(f->check->severity)), name,
			paint(style, PLAIN));
		fputs(paint(style, f->cause ? BOLD : PLAIN), out);
		wrap(out, style, INDENT, INDENT, f->text);
		fputs(paint(style, PLAIN), out);
		describe_frames(f, frames);
		(void)snprintf(text, sizeof(text), "%s%s%s%s[%s]", frames,
			       *frames && *section ? "; " : "", section,
			       *frames || *section ? " " : "", f->check->id);
		fprintf(out, "%*s%s", INDENT, "", paint(style, DIM));
		wrap(out, style, INDENT, INDENT, text);
		fputs(paint(style, PLAIN), out);
		if (style->said && strcmp(style->said, check_fix(f)) == 0)
			continue;
		fprintf(out, "%*s%s ", INDENT, "", style->ascii ? "->" : "→");
		wrap(out, style, after_arrow, after_arrow, check_fix(f));
	}
}

/* ---- The ladder ------------------------------------------------------------------------------ */

static enum paint layer_paint(uint8_t layer)
{
	switch ((enum explain_layer)layer) {
	case EXPLAIN_LAYER_SMP:
		return GREEN;
	case EXPLAIN_LAYER_SIGNALING:
	case EXPLAIN_LAYER_ATT:
		return MAGENTA;
	case EXPLAIN_LAYER_COMMAND:
	case EXPLAIN_LAYER_EVENT:
		return BLUE;
	case EXPLAIN_LAYER_LL:
	case EXPLAIN_LAYER_MANAGEMENT:
		break;
	}
	return CYAN;
}

/* The captured host stands on the left; on air, the initiator does. */
static const char *arrow(const struct explain_style *style, const struct explain_attempt *a,
			 const struct explain_step *s)
{
	bool hci = s->layer == EXPLAIN_LAYER_COMMAND || s->layer == EXPLAIN_LAYER_EVENT;
	bool right =
		hci ? s->layer == EXPLAIN_LAYER_COMMAND
		    : s->from == (a->captured_end == EXPLAIN_NOBODY ? EXPLAIN_I : a->captured_end);

	if (s->layer == EXPLAIN_LAYER_MANAGEMENT) /* within the host; the mark of btmon */
		return "@     ";
	if (s->from == EXPLAIN_NOBODY)
		return style->ascii ? "------" : "──────";
	if (style->ascii)
		return hci ? (right ? "->    " : "<-    ") : (right ? "----->" : "<-----");
	return hci ? (right ? "─▶    " : "◀─    ") : (right ? "─────▶" : "◀─────");
}

/* The columns before the arrow, and before the name of the message. */
enum { ARROW_INDENT = 22, TITLE_INDENT = 37 };
/*
 * Below these widths, the content of a message stands below its name, where there is more room;
 * then below its time.
 */
enum { NARROW = 80, NARROWEST = 60, NARROWEST_INDENT = 6 };

static int content_indent(const struct explain_style *style)
{
	return !style->width || style->width >= NARROW ? TITLE_INDENT
	       : style->width >= NARROWEST	       ? ARROW_INDENT
						       : NARROWEST_INDENT;
}

static void print_lanes(FILE *out, const struct explain_attempt *a,
			const struct explain_style *style)
{
	const bool air = a->captured_end == EXPLAIN_NOBODY;
	const int8_t left = air ? EXPLAIN_I : a->captured_end;
	const char *const role[] = {check_role(left), check_role(!left)};
	const bool known = a->roles != EXPLAIN_ROLES_UNKNOWN;
	const int indent = content_indent(style);
	char text[100];

	(void)snprintf(text, sizeof(text), "%s%s%s%s, %s%s%s%s%s", describe_lane(a, left),
		       known ? " (" : "", known ? role[0] : "", known ? ")" : "",
		       air ? "" : "controller, ", describe_lane(a, !left), known ? " (" : "",
		       known ? role[1] : "", known ? ")" : "");
	fprintf(out, "  %s%10s %7s  ", paint(style, DIM), "time", "frame");
	wrap(out, style, ARROW_INDENT, indent < ARROW_INDENT ? indent : ARROW_INDENT, text);
	fputs(paint(style, PLAIN), out);
}

static void print_step(FILE *out, const struct explain_verdict *v, const struct explain_step *s,
		       const struct explain_style *style)
{
	const struct explain_finding *f = verdict_finding_at(v, s->at.frame);
	const int indent = content_indent(style);
	const bool below = indent < TITLE_INDENT;
	struct explain_description d;
	struct words w = {.out = out, .width = style->width, .indent = indent};
	char values[400], title[100], start[60], time[DESCRIBE_TIME], frame[24] = "";

	if (s->at.frame)
		(void)snprintf(frame, sizeof(frame), "%llu", (unsigned long long)s->at.frame);
	describe_step(v, s, style->show_keys, &d);
	describe_values(v, s->at.frame, style->show_keys, values, sizeof(values));
	/* Long times and numbers of frames move the rest of the line. */
	w.column = TITLE_INDENT - ARROW_INDENT + 4 +
		   snprintf(start, sizeof(start), "%10s %7s", describe_time(v->attempt, s, time),
			    frame);
	fprintf(out, "  %s%s%s  %s%s %-5s%s %s%s ", paint(style, DIM), start, paint(style, PLAIN),
		paint(style, layer_paint(s->layer)), arrow(style, v->attempt, s), d.layer,
		paint(style, PLAIN), f ? paint(style, severity_paint(f->check->severity)) : "",
		f ? "!" : " ");
	(void)snprintf(title, sizeof(title), "%s%s", d.title, *d.fields && !below ? ":" : "");
	if (indent == NARROWEST_INDENT &&
	    w.column + words_columns(title, strlen(title)) > style->width)
		words_next_line(&w);
	words_put(&w, title, strlen(title));
	if (*d.fields && below)
		words_next_line(&w);
	words_put(&w, d.fields, strlen(d.fields));
	fprintf(out, "\n%s", paint(style, PLAIN));
	if (*values) {
		fprintf(out, "%*s%s= ", indent, "", paint(style, CYAN));
		wrap(out, style, indent + 2, indent + 2, values);
		fputs(paint(style, PLAIN), out);
	}
	bytes_wipe(&d, sizeof(d));
	bytes_wipe(values, sizeof(values));
}

void print_ladder(FILE *out, const struct explain_verdict *v, const struct explain_style *style)
{
	const struct explain_attempt *a = v->attempt;

	print_lanes(out, a, style);
	for (size_t i = 0; i < a->step_count; i++)
		print_step(out, v, &a->steps[i], style);
	if (a->steps_lost)
		fprintf(out, "%*sand %u more step%s\n", ARROW_INDENT, "", a->steps_lost,
			text_s(a->steps_lost));
}

/* ---- All ------------------------------------------------------------------------------------- */

/* Later lines of the outcome are indented by this. */
enum { OUTCOME_INDENT = 2 };

static const char *mark(const struct explain_verdict *v, bool ascii)
{
	if (v->failed)
		return ascii ? "FAILED:" : "✗";
	if (verdict_succeeded(v))
		return ascii ? "OK:" : "✓";
	return ascii ? "--" : "–";
}

static enum paint outcome_paint(const struct explain_verdict *v)
{
	return v->failed ? RED : verdict_succeeded(v) ? GREEN : YELLOW;
}

/* The number and the mark, in the colour of the outcome from the mark on. Returns their columns. */
static int print_mark(FILE *out, const struct explain_verdict *v, const struct explain_style *style,
		      uint64_t number)
{
	char prefix[40] = "", start[60];

	if (number) {
		(void)snprintf(prefix, sizeof(prefix), "%s%llu ", style->ascii ? "#" : "№ ",
			       (unsigned long long)number);
		fprintf(out, "%s%s%s", paint(style, DIM), prefix, paint(style, PLAIN));
	}
	(void)snprintf(start, sizeof(start), "%s%s ", prefix, mark(v, style->ascii));
	fprintf(out, "%s%s%s ", paint(style, outcome_paint(v)), paint(style, BOLD),
		mark(v, style->ascii));
	return words_columns(start, strlen(start));
}

static void print_outcome(FILE *out, const struct explain_verdict *v,
			  const struct explain_style *style, uint64_t number)
{
	const int at = print_mark(out, v, style, number);
	char text[300];

	if (v->frame)
		(void)snprintf(text, sizeof(text), "%s (frame %llu)", v->text,
			       (unsigned long long)v->frame);
	wrap(out, style, at, OUTCOME_INDENT, v->frame ? text : v->text);
	fputs(paint(style, PLAIN), out);
}

void print_verdict(FILE *out, const struct explain_verdict *v, const struct explain_style *style,
		   uint64_t number)
{
	const struct explain_attempt *a = v->attempt;
	char text[400], address[DESCRIBE_ADDRESS];

	print_outcome(out, v, style, number);
	print_findings(out, v, style);
	EACH_END(end) {
		(void)snprintf(text, sizeof(text), "%s%s%s", describe_address(v, end, address),
			       end == a->captured_end ? ", the captured host" : "",
			       describe_roles(a));
		fprintf(out, "  %-10s ", check_end_name(a, end));
		wrap(out, style, INDENT, INDENT, text);
	}
	describe_agreement(v, text, sizeof(text));
	if (*text) {
		fprintf(out, "  %-10s ", "agreed");
		wrap(out, style, INDENT, INDENT, text);
	}
	if (style->ladder)
		print_ladder(out, v, style);
}

void print_remark(FILE *out, const char *text)
{
	struct words w = {.out = out, .width = words_width(fileno(out)), .indent = OUTCOME_INDENT};

	words_put(&w, text, strlen(text));
	fputc('\n', out);
}

void print_brief(FILE *out, const struct explain_verdict *v, const struct explain_style *style,
		 uint64_t number)
{
	char text[BRIEF_TEXT];
	const size_t head = brief_describe(v, text);
	struct words w = {.out = out, .width = style->width, .indent = OUTCOME_INDENT};

	if (number)
		w.column = print_mark(out, v, style, number);
	else
		fprintf(out, "%s%s", paint(style, outcome_paint(v)), paint(style, BOLD));
	words_put(&w, text, head);
	fputs(paint(style, PLAIN), out);
	/* What follows without a blank, such as a colon, belongs to the last word. */
	w.begun = text[head] == ' ';
	words_put(&w, text + head, strlen(text + head));
	fputc('\n', out);
}
