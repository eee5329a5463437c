/* SPDX-License-Identifier: MIT */
#include "print/terminal.h"

#include <string.h>

#include "crypto/bytes.h"
#include "print/describe.h"

enum paint { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN };

static const char *paint(const struct explain_style *style, enum paint p)
{
	static const char *const codes[] = {"\033[0m",	"\033[1m",  "\033[2m",
					    "\033[31m", "\033[32m", "\033[33m",
					    "\033[34m", "\033[35m", "\033[36m"};
	return style->color ? codes[p] : "";
}

/* Prints text, its first line from column at on, later lines indented; a word is never split. */
static void wrap(FILE *out, const struct explain_style *style, int at, int indent, const char *text)
{
	int column = at;
	bool first = true;

	while (*text) {
		int len = (int)strcspn(text, " ");
		if (!first && style->width && column + 1 + len > style->width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", len, text);
		first = false;
		column += len;
		text += len;
		text += strspn(text, " ");
	}
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
		const char *name = f->cause ? "why" : check_severity_name(f->check->severity);

		fprintf(out, "  %s%-10s%s ", paint(style, severity_paint(f->check->severity)), name,
			paint(style, PLAIN));
		fputs(paint(style, f->cause ? BOLD : PLAIN), out);
		wrap(out, style, INDENT, INDENT, f->text);
		fputs(paint(style, PLAIN), out);
		describe_frames(f, frames);
		(void)snprintf(text, sizeof(text), "%s%s%s [%s]", frames, *frames ? "; " : "",
			       f->check->section, f->check->id);
		fprintf(out, "%*s%s", INDENT, "", paint(style, DIM));
		wrap(out, style, INDENT, INDENT, text);
		fprintf(out, "%s%*s%s ", paint(style, PLAIN), INDENT, "",
			style->ascii ? "->" : "→");
		wrap(out, style, after_arrow, after_arrow, f->check->fix);
	}
}

/* ---- The ladder ------------------------------------------------------------------------------ */

static enum paint layer_paint(uint8_t layer)
{
	switch ((enum explain_layer)layer) {
	case EXPLAIN_LAYER_SMP:
		return GREEN;
	case EXPLAIN_LAYER_SIGNALING:
		return MAGENTA;
	case EXPLAIN_LAYER_COMMAND:
	case EXPLAIN_LAYER_EVENT:
		return BLUE;
	case EXPLAIN_LAYER_LL:
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

	if (style->ascii)
		return hci ? (right ? "->    " : "<-    ") : (right ? "----->" : "<-----");
	return hci ? (right ? "─▶    " : "◀─    ") : (right ? "─────▶" : "◀─────");
}

void print_ladder(FILE *out, const struct explain_verdict *v, const struct explain_style *style)
{
	const struct explain_attempt *a = v->attempt;
	const bool air = a->captured_end == EXPLAIN_NOBODY;
	struct explain_description d;
	char values[400], line[800];
	const int indent = 36;

	fprintf(out, "  %s%10s %7s  %s%s\n", paint(style, DIM), "time", "frame",
		air ? "central, peripheral" : "host, controller, peer", paint(style, PLAIN));
	for (size_t i = 0; i < a->step_count; i++) {
		const struct explain_step *s = &a->steps[i];
		const struct explain_finding *f = verdict_finding_at(v, s->at.frame);

		describe_step(v, s, style->show_keys, &d);
		describe_values(v, s->at.frame, style->show_keys, values, sizeof(values));
		fprintf(out, "  %s%10.6f %7llu%s  %s%s %-5s%s %s%s ", paint(style, DIM),
			describe_seconds(a, s), (unsigned long long)s->at.frame,
			paint(style, PLAIN), paint(style, layer_paint(s->layer)),
			arrow(style, a, s), d.layer, paint(style, PLAIN),
			f ? paint(style, severity_paint(f->check->severity)) : "", f ? "!" : " ");
		(void)snprintf(line, sizeof(line), "%s%s%s", d.title, *d.fields ? ": " : "",
			       d.fields);
		wrap(out, style, indent, indent, line);
		fputs(paint(style, PLAIN), out);
		if (*values) {
			fprintf(out, "%*s%s= ", indent, "", paint(style, CYAN));
			wrap(out, style, indent + 2, indent + 2, values);
			fputs(paint(style, PLAIN), out);
		}
	}
	bytes_wipe(&d, sizeof(d));
	bytes_wipe(values, sizeof(values));
	bytes_wipe(line, sizeof(line));
	if (a->steps_lost)
		fprintf(out, "  %10s %7s  and %u more steps\n", "", "", a->steps_lost);
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

/* The columns of a text in UTF-8. */
static int columns(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

static void print_outcome(FILE *out, const struct explain_verdict *v,
			  const struct explain_style *style, uint64_t number)
{
	const enum paint color = v->failed ? RED : verdict_succeeded(v) ? GREEN : YELLOW;
	char prefix[40] = "", start[60], text[300];

	if (number) {
		(void)snprintf(prefix, sizeof(prefix), "%s%llu ", style->ascii ? "#" : "№ ",
			       (unsigned long long)number);
		fprintf(out, "%s%s%s", paint(style, DIM), prefix, paint(style, PLAIN));
	}
	(void)snprintf(start, sizeof(start), "%s%s ", prefix, mark(v, style->ascii));
	fprintf(out, "%s%s%s ", paint(style, color), paint(style, BOLD), mark(v, style->ascii));
	if (v->frame)
		(void)snprintf(text, sizeof(text), "%s (frame %llu)", v->text,
			       (unsigned long long)v->frame);
	wrap(out, style, columns(start), OUTCOME_INDENT, v->frame ? text : v->text);
	fputs(paint(style, PLAIN), out);
}

void print_verdict(FILE *out, const struct explain_verdict *v, const struct explain_style *style,
		   uint64_t number)
{
	const struct explain_attempt *a = v->attempt;
	char text[400], address[DESCRIBE_ADDRESS];

	print_outcome(out, v, style, number);
	print_findings(out, v, style);
	EACH_END(end)
		fprintf(out, "  %-10s %s%s\n", check_role(end), describe_address(v, end, address),
			end == a->captured_end ? ", the captured host" : "");
	describe_agreement(v, text, sizeof(text));
	if (*text) {
		fprintf(out, "  %-10s ", "agreed");
		wrap(out, style, INDENT, INDENT, text);
	}
	if (style->ladder)
		print_ladder(out, v, style);
}
