/* SPDX-License-Identifier: MIT */
#include "print/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "print/describe.h"

/* "2026-11-25T03:27:18.123Z" up to the seconds, with a blank between date and time. */
enum { DATE = 10, SECONDS = 19 };

/* Microseconds since 1970: before Bluetooth LE there was nothing to capture. */
#define YEAR_2000 UINT64_C(946684800000000)

static void put_date(char *text, size_t size, const char *before, const char *time,
		     const char *zone)
{
	const size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s%.*s %.*s%s", before, DATE, time,
		       SECONDS - DATE - 1, time + DATE + 1, zone);
}

const char *look_origin(const struct explain_origin *o, char text[LOOK_ORIGIN])
{
	char time[TIME_TEXT];

	(void)snprintf(text, LOOK_ORIGIN, "%s", o->format);
	(void)time_format(o->captured, time);
	/* A sniffer without a clock counts from its start, as 1970. */
	switch (o->clock == EXPLAIN_CLOCK_UNIX && o->captured < YEAR_2000 ? EXPLAIN_CLOCK_START
									  : o->clock) {
	case EXPLAIN_CLOCK_UNIX:
		put_date(text, LOOK_ORIGIN, "; captured ", time, " UTC");
		break;
	case EXPLAIN_CLOCK_LOCAL:
		put_date(text, LOOK_ORIGIN, "; captured ", time, " local time");
		break;
	case EXPLAIN_CLOCK_DAY:
		(void)snprintf(text, LOOK_ORIGIN, "%s; captured at %.*s on an unknown day",
			       o->format, SECONDS - DATE - 1, time + DATE + 1);
		break;
	case EXPLAIN_CLOCK_START:
	case EXPLAIN_CLOCK_NONE:
		(void)snprintf(text, LOOK_ORIGIN, "%s; captured on an unknown day", o->format);
		break;
	}
	put_date(text, LOOK_ORIGIN, "; explained ", o->reported,
		 " UTC by blepair " BLEPAIR_VERSION);
	return text;
}

const char *look_outcome(const struct explain_verdict *v)
{
	return v->failed ? "bad" : verdict_succeeded(v) ? "good" : "open";
}

const char *look_layer(uint8_t layer)
{
	switch ((enum explain_layer)layer) {
	case EXPLAIN_LAYER_SMP:
		return "smp";
	case EXPLAIN_LAYER_SIGNALING:
	case EXPLAIN_LAYER_ATT:
		return "l2cap";
	case EXPLAIN_LAYER_LL:
		return "ll";
	case EXPLAIN_LAYER_MANAGEMENT:
		return "mgmt";
	case EXPLAIN_LAYER_COMMAND:
	case EXPLAIN_LAYER_EVENT:
		break;
	}
	return "hci";
}

const char *look_word(const struct explain_finding *f)
{
	return f->cause ? "why" : check_severity_name(f->check->severity);
}

/* The step of the frame in which the attempt ended, or the last one before it. */
static const struct explain_step *last_step(const struct explain_verdict *v)
{
	const struct explain_attempt *a = v->attempt;
	const struct explain_step *last = NULL;

	for (size_t i = 0; v->frame && i < a->step_count; i++) {
		if (a->steps[i].at.frame == v->frame)
			return &a->steps[i];
		if (a->steps[i].at.frame && a->steps[i].at.frame < v->frame)
			last = &a->steps[i];
	}
	return last;
}

const char *look_here(const struct explain_verdict *v, const struct explain_step *s)
{
	const struct explain_step *last = last_step(v);

	if (!last || (s != last && s->at.frame != v->frame))
		return NULL;
	if (s->at.frame != v->frame)
		return v->failed	      ? "✗ failed after this"
		       : verdict_succeeded(v) ? "✓ encrypted after this"
					      : "– ended after this";
	return v->failed	      ? "✗ failed here"
	       : verdict_succeeded(v) ? "✓ encrypted here"
				      : "– ended here";
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

void look_lanes(const struct explain_attempt *a, struct explain_lanes *lanes)
{
	const bool air = a->captured_end == EXPLAIN_NOBODY;
	const int8_t left = air ? EXPLAIN_I : a->captured_end;
	int n = 0;

	lanes->names[n] = describe_lane(a, left);
	lanes->ends[n++] = left;
	if (!air) {
		lanes->names[n] = "controller";
		lanes->ends[n++] = EXPLAIN_NOBODY;
	}
	lanes->names[n] = describe_lane(a, !left);
	lanes->ends[n++] = (int8_t)!left;
	lanes->count = n;
}

int look_lane(const struct explain_lanes *lanes, const char *name)
{
	for (int i = 0; i < lanes->count; i++)
		if (strcmp(lanes->names[i], name) == 0)
			return i;
	return 0;
}

/* ---- The legend ------------------------------------------------------------------------------ */

const struct explain_legend look_legend[] = {
	{LOOK_ARROW, "smp", "SMP", "Security Manager: the messages of pairing"},
	{LOOK_ARROW, "l2cap", "L2CAP, ATT", "signalling and attributes, beside pairing"},
	{LOOK_ARROW, "hci", "HCI", "commands and events between the host and its controller"},
	{LOOK_ARROW, "ll", "LL", "control PDUs of the link layer, on air"},
	{LOOK_DOT, "mgmt", "MGMT", "between the kernel and programs of the host (Linux)"},
	{LOOK_FLAG, "fault", "why", "the most likely cause of the failure"},
	{LOOK_FLAG, "fault", "fault", "violates the specification, or is a failure by itself"},
	{LOOK_FLAG, "weakness", "weakness", "may work, but is not secure"},
	{LOOK_FLAG, "surprise", "surprise", "allowed, but probably not intended"},
	{LOOK_FLAG, "hint", "hint", "good to know"},
	{LOOK_NOTHING, "", "= value",
	 "recomputed from the capture; keys are hidden without --show-keys"},
	{LOOK_END, "bad", "✗ failed here", "the frame in which the attempt failed"},
	{LOOK_END, "good", "✓ encrypted here", "the frame in which it succeeded; keys may follow"},
};

const size_t look_legend_count = sizeof(look_legend) / sizeof(look_legend[0]);
