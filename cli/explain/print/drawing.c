/* SPDX-License-Identifier: MIT */
#include "print/drawing.h"

#include <string.h>

#include "base/html.h"
#include "base/page.h"
#include "crypto/bytes.h"
#include "drawing.css.h" /* the file without .h as a string, made by CMakeLists.txt */
#include "print/describe.h"

/* Places and sizes in pixels. */
enum {
	WIDTH = 1180,
	LANES_HEIGHT = 50, /* the names of the lanes, above the rows */
	ROW = 34,	   /* at least */
	FOOT = 26,	   /* below the rows */

	/* From the top of the ladder. */
	LANE_NAME_Y = 18,
	LANE_ROLE_Y = 33,
	LIFE_LINE_Y = 42,
	LIFE_LINE_END = 8, /* from its bottom */

	/* From the top of a row. */
	TITLE_Y = 17,
	ARROW_Y = 24,
	DOT_Y = 13,
	FLAG_Y = 20,
	ONE_LINE_Y = 24,
	FIRST_LINE_Y = 15,
	SMALL_LINE = 14,
	BELOW_LINES = 6,

	TIME_X = 86, /* the right edge */
	FRAME_X = 148,
	TITLE_INDENT = 10, /* from the left end of the arrow */
	ARROW_HEAD = 8,
	FLAG_X = 624,
	CONTENT_X = 640,
	CONTENT_LETTERS = 74, /* that fit into the column */

	/* The drawing. */
	MARGIN_X = 12,
	NAME_Y = 32,
	ORIGIN_Y = 52,
	HEAD = 58,
	CAPTURE_Y = 30,
	OUTCOME_Y = 34,
	OUTCOME_LINE = 22,
	OUTCOME_LETTERS = 120,
	FINDING_X = 100,
	FINDING_LETTERS = 150,
	LINE = 19,
	GAP = 8,
	LEGEND_X = 170,
	SIGN_WIDTH = 30,
	SIGN_Y = 4, /* above the foot of the letters */
	BOTTOM = 20,
};

/* ---- Lines ----------------------------------------------------------------------------------- */

/* The length of the first line of so many letters: up to a blank, or in a longer word. */
static size_t line_length(const char *text, size_t letters)
{
	size_t len = letters;

	if (strlen(text) <= letters)
		return strlen(text);
	while (len && text[len] != ' ')
		len--;
	len = len ? len : letters;
	while (len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80) /* not within a letter */
		len--;
	return len;
}

/* Puts text in lines of so many letters, of that class; returns the y of the line below. */
static int put_lines(FILE *out, const char *class, int x, int y, int line, size_t letters,
		     const char *text)
{
	while (*text) {
		size_t len = line_length(text, letters);
		html_put(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">%.*s</text>\n", class, x, y,
			 (int)len, text);
		text += len;
		text += strspn(text, " ");
		y += line;
	}
	return y;
}

static int count_lines(size_t letters, const char *text)
{
	int n = 0;

	for (; *text; n++) {
		text += line_length(text, letters);
		text += strspn(text, " ");
	}
	return n;
}

/* ---- The ladder ------------------------------------------------------------------------------ */

static int lane_x(const struct explain_lanes *lanes, int lane)
{
	static const int on_air[] = {180, 590, 590}, at_host[] = {180, 380, 590};

	return (lanes->count == 2 ? on_air : at_host)[lane < 3 ? lane : 2];
}

/* What a row shows right of its arrow. */
struct content {
	struct explain_description step;
	char values[400], computed[402];
	const char *here;
	int lines, height;
};

static void describe_content(const struct explain_verdict *v, const struct explain_step *s,
			     bool show_keys, struct content *c)
{
	describe_step(v, s, show_keys, &c->step);
	describe_values(v, s->at.frame, show_keys, c->values, sizeof(c->values));
	(void)snprintf(c->computed, sizeof(c->computed), "%s%s", *c->values ? "= " : "", c->values);
	c->here = look_here(v, s);
	c->lines = (c->here != NULL) + count_lines(CONTENT_LETTERS, c->step.fields) +
		   count_lines(CONTENT_LETTERS, c->computed);
	c->height = BELOW_LINES + SMALL_LINE * c->lines;
	c->height = c->height < ROW ? ROW : c->height;
}

/* Puts the tooltip of a message. */
static void put_tooltip(FILE *out, const struct explain_finding *f, const struct explain_step *s,
			const struct content *c, bool show_keys)
{
	html_put(out, "<title>%s", c->step.title);
	if (*c->step.fields)
		html_put(out, "\n%s", c->step.fields);
	if (c->step.secret && !show_keys) {
		html_put(out, "\noctets: hidden without --show-keys");
	} else {
		html_put(out, "\noctets:");
		for (uint8_t i = 0; i < s->kept; i++)
			fprintf(out, " %02x", s->data[i]);
	}
	if (*c->values)
		html_put(out, "\ncomputed: %s", c->values);
	if (f)
		html_put(out, "\n%s", f->text);
	html_put(out, "</title>");
}

/* Without a head if the sender is not known. */
static void put_arrow(FILE *out, const char *class, int from, int to, int y, bool head)
{
	html_put(out, "<line class=\"arrow %s\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>", class,
		 from, to, y, y);
	if (head)
		html_put(out, "<path class=\"head %s\" d=\"M%d %dl%d -5v10z\"/>", class, to, y,
			 to > from ? -ARROW_HEAD : ARROW_HEAD);
}

/* Where a message stays within one end. */
static void put_dot(FILE *out, const char *class, int x, int y)
{
	html_put(out, "<circle class=\"dot %s\" cx=\"%d\" cy=\"%d\" r=\"5\"/>", class, x, y);
}

static void put_flag(FILE *out, int x, int y)
{
	html_put(out, "<circle class=\"flag\" cx=\"%d\" cy=\"%d\" r=\"6\"/>", x, y);
}

/* A right-aligned text in the first columns. */
static void put_dim(FILE *out, int x, int y, const char *text)
{
	html_put(out, "<text class=\"dim\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", x, y,
		 text);
}

static void put_content(FILE *out, const struct content *c, int y)
{
	y += c->lines > 1 ? FIRST_LINE_Y : ONE_LINE_Y;
	if (c->here)
		y = put_lines(out, "here", CONTENT_X, y, SMALL_LINE, CONTENT_LETTERS, c->here);
	y = put_lines(out, "mono", CONTENT_X, y, SMALL_LINE, CONTENT_LETTERS, c->step.fields);
	(void)put_lines(out, "mono", CONTENT_X, y, SMALL_LINE, CONTENT_LETTERS, c->computed);
}

/* Returns the y of the next row. */
static int put_row(FILE *out, const struct explain_verdict *v, const struct explain_step *s,
		   const struct explain_lanes *lanes, int y, uint64_t number, bool show_keys)
{
	const struct explain_finding *f = verdict_finding_at(v, s->at.frame);
	unsigned long long frame = s->at.frame;
	struct content c;
	char time[DESCRIBE_TIME], mark[32];
	int from, to, height;

	describe_content(v, s, show_keys, &c);
	height = c.height;
	(void)describe_time(v->attempt, s, time);
	*mark = '\0';
	if (frame)
		(void)snprintf(mark, sizeof(mark), "#%llu", frame);
	from = lane_x(lanes, look_lane(lanes, c.step.from));
	to = lane_x(lanes,
		    s->from == EXPLAIN_NOBODY ? lanes->count - 1 : look_lane(lanes, c.step.to));
	html_put(out,
		 "<g class=\"row %s\" id=\"a%llu-%llu\"><rect class=\"hit%s\" x=\"0\" y=\"%d\" "
		 "width=\"%d\" height=\"%d\" rx=\"4\"/>",
		 f ? check_severity_name(f->check->severity) : "", (unsigned long long)number,
		 frame, c.here ? " ended" : "", y, WIDTH, height);
	if (c.here) /* the lines of life go on */
		for (int i = 0; i < lanes->count; i++)
			html_put(out,
				 "<line class=\"life\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>",
				 lane_x(lanes, i), lane_x(lanes, i), y, y + height);
	put_tooltip(out, f, s, &c, show_keys);
	put_dim(out, TIME_X, y + ARROW_Y, time);
	put_dim(out, FRAME_X, y + ARROW_Y, mark);
	if (from == to)
		put_dot(out, look_layer(s->layer), from, y + DOT_Y);
	else
		put_arrow(out, look_layer(s->layer), from, to, y + ARROW_Y,
			  s->from != EXPLAIN_NOBODY);
	html_put(out, "<text class=\"title\" x=\"%d\" y=\"%d\">%s</text>",
		 (from < to ? from : to) + TITLE_INDENT, y + TITLE_Y, c.step.title);
	if (f)
		put_flag(out, FLAG_X, y + FLAG_Y);
	put_content(out, &c, y);
	html_put(out, "</g>\n");
	bytes_wipe(&c, sizeof(c));
	return y + height;
}

static int ladder_height(const struct explain_verdict *v, bool show_keys)
{
	int height = LANES_HEIGHT + FOOT;
	struct content c;

	for (size_t i = 0; i < v->attempt->step_count; i++) {
		describe_content(v, &v->attempt->steps[i], show_keys, &c);
		height += c.height;
	}
	bytes_wipe(&c, sizeof(c));
	return height;
}

static void put_lanes(FILE *out, const struct explain_attempt *a, const struct explain_lanes *lanes,
		      int y, int height)
{
	char role[DESCRIBE_ROLE];

	for (int i = 0; i < lanes->count; i++) {
		const int x = lane_x(lanes, i);
		html_put(out, "<text class=\"lane\" x=\"%d\" y=\"%d\">%s</text>", x,
			 y + LANE_NAME_Y, lanes->names[i]);
		if (lanes->ends[i] != EXPLAIN_NOBODY)
			html_put(out, "<text class=\"role\" x=\"%d\" y=\"%d\">%s</text>", x,
				 y + LANE_ROLE_Y, describe_role(a, lanes->ends[i], role));
		html_put(out, "<line class=\"life\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", x,
			 x, y + LIFE_LINE_Y, y + height - LIFE_LINE_END);
	}
	put_dim(out, TIME_X, y + LANE_NAME_Y, "seconds");
	put_dim(out, FRAME_X, y + LANE_NAME_Y, "frame");
}

/* Returns the y below. */
static int put_ladder(FILE *out, const struct explain_verdict *v, int y, uint64_t number,
		      bool show_keys)
{
	const struct explain_attempt *a = v->attempt;
	struct explain_lanes lanes;

	look_lanes(a, &lanes);
	put_lanes(out, a, &lanes, y, ladder_height(v, show_keys));
	y += LANES_HEIGHT;
	for (size_t i = 0; i < a->step_count; i++)
		y = put_row(out, v, &a->steps[i], &lanes, y, number, show_keys);
	return y + FOOT;
}

/* ---- The drawing ----------------------------------------------------------------------------- */

/* The height is known only at the end; the blanks leave room for it. */
#define SVG_HEAD                                                            \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %8d\" " \
	"width=\"%d\" height=\"%8d\">\n"

int drawing_begin(FILE *out, const struct explain_origin *origin)
{
	char from[LOOK_ORIGIN];

	fprintf(out, SVG_HEAD "<style>", WIDTH, 0, WIDTH, 0);
	fputs(page_colours(), out);
	fputs(drawing_css, out);
	html_put(out, "</style><rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n");
	html_put(out,
		 "<text class=\"name\" x=\"%d\" y=\"%d\">%s</text>"
		 "<text class=\"dim\" x=\"%d\" y=\"%d\">%s</text>\n",
		 MARGIN_X, NAME_Y, origin->name, MARGIN_X, ORIGIN_Y, look_origin(origin, from));
	return HEAD;
}

int drawing_capture(FILE *out, int height, const char *name)
{
	return put_lines(out, "capture", MARGIN_X, height + CAPTURE_Y, LINE, OUTCOME_LETTERS,
			 name) -
	       LINE;
}

int drawing_add(FILE *out, int height, const struct explain_verdict *v, uint64_t number,
		bool show_keys)
{
	int y = height + OUTCOME_Y;
	char text[sizeof(v->text) + 60], fix[500];

	(void)snprintf(text, sizeof(text), "%llu. %s", (unsigned long long)number, v->text);
	if (v->frame)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), " (frame %llu)",
			       (unsigned long long)v->frame);
	html_put(out, "<g class=\"%s\">", look_outcome(v));
	y = put_lines(out, "verdict", MARGIN_X, y, OUTCOME_LINE, OUTCOME_LETTERS, text) + GAP / 2;
	for (size_t i = 0; i < v->count; i++) {
		const struct explain_finding *f = &v->findings[i];
		html_put(out,
			 "<g class=\"finding %s\"><text class=\"word\" x=\"%d\" "
			 "y=\"%d\">%s</text>\n",
			 check_severity_name(f->check->severity), MARGIN_X, y, look_word(f));
		y = put_lines(out, "what", FINDING_X, y, LINE, FINDING_LETTERS, f->text);
		(void)snprintf(fix, sizeof(fix), "→ %s", check_fix(f));
		y = put_lines(out, "fix", FINDING_X, y, LINE, FINDING_LETTERS, fix) + GAP / 2;
		html_put(out, "</g>");
	}
	y = put_ladder(out, v, y + GAP, number, show_keys);
	html_put(out, "</g>\n");
	return y;
}

static int put_legend(FILE *out, int y)
{
	for (size_t i = 0; i < look_legend_count; i++) {
		const struct explain_legend *l = &look_legend[i];
		html_put(out, "<g class=\"legend %s\">", l->class);
		if (l->sign == LOOK_ARROW)
			put_arrow(out, l->class, MARGIN_X, MARGIN_X + SIGN_WIDTH, y - SIGN_Y, true);
		else if (l->sign == LOOK_DOT)
			put_dot(out, l->class, MARGIN_X + SIGN_WIDTH / 2, y - SIGN_Y);
		else if (l->sign == LOOK_FLAG)
			put_flag(out, MARGIN_X + SIGN_WIDTH / 2, y - SIGN_Y);
		html_put(out,
			 "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text><text class=\"fix\" "
			 "x=\"%d\" y=\"%d\">%s</text></g>\n",
			 l->sign == LOOK_FLAG  ? "word"
			 : l->sign == LOOK_END ? "here"
					       : "title",
			 MARGIN_X + SIGN_WIDTH + GAP, y, l->word, LEGEND_X, y, l->meaning);
		y += LINE;
	}
	return y;
}

void drawing_end(FILE *out, int height, const char *sum)
{
	int y = put_lines(out, "sum", MARGIN_X, height + OUTCOME_Y, LINE, FINDING_LETTERS, sum);

	y = put_legend(out, y + GAP) + BOTTOM;
	fputs("</svg>\n", out);
	if (!ferror(out) && fflush(out) == 0 && fseek(out, 0, SEEK_SET) == 0)
		fprintf(out, SVG_HEAD, WIDTH, y, WIDTH, y);
}
