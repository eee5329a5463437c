/* SPDX-License-Identifier: MIT */
#include "print/picture.h"

#include <stdio.h>
#include <string.h>

#include "print/drawing.h"
#include "print/page.h"

void print_picture_begin(struct explain_picture *p, FILE *html, FILE *svg,
			 const struct explain_origin *origin)
{
	*p = (struct explain_picture){.html = html, .svg = svg, .origin = origin};
}

static void begin(struct explain_picture *p)
{
	if (p->begun)
		return;
	if (p->html)
		page_begin(p->html, p->origin);
	if (p->svg)
		p->height = drawing_begin(p->svg, p->origin);
	p->begun = true;
}

/* Once, before its first attempt. */
static void name_capture(struct explain_picture *p)
{
	const char *inside = p->origin->inside ? p->origin->inside : "";

	if (strcmp(inside, p->inside) == 0)
		return;
	(void)snprintf(p->inside, sizeof(p->inside), "%s", inside);
	if (p->html)
		page_capture(p->html, inside);
	if (p->svg)
		p->height = drawing_capture(p->svg, p->height, inside);
}

void print_picture_add(struct explain_picture *p, const struct explain_verdict *v, uint64_t number,
		       bool show_keys)
{
	begin(p);
	p->number = number;
	name_capture(p);
	if (p->html)
		page_add(p->html, v, number, show_keys);
	if (p->svg)
		p->height = drawing_add(p->svg, p->height, v, number, show_keys);
}

void print_picture_end(struct explain_picture *p, const char *sum)
{
	begin(p);
	if (p->html)
		page_end(p->html, sum);
	if (p->svg)
		drawing_end(p->svg, p->height, sum);
}

void print_picture_part(FILE *html, const struct explain_verdict *v, uint64_t number)
{
	page_part(html, v, number);
}
