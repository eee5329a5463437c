/* SPDX-License-Identifier: MIT */
#include "runtime/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "base/text.h"

#define REMEDY_LIMIT_US 15000000 /* from a remedy until it is up: enumeration, firmware */
#define CHILD_LIMIT_US	20000000 /* the kernel gives up a device that does not answer */
#define TRIES		6	 /* in one interruption */

static const struct {
	const char *slug, *begin, *end, *name;
} remedies[] = {
	[REMEDY_NONE] = {"none", "", "", ""},
	[REMEDY_RESET] = {"reset", "it is reset", "after a reset", "a reset"},
	[REMEDY_USB_RESET] = {"usb_reset", "it is reset over USB", "after a reset over USB",
			      "a reset over USB"},
	[REMEDY_PORT_POWER] = {"port_power", "the power of its port is switched off and on",
			       "after the power of its port was off",
			       "a reset, also over USB and by the power of its port,"},
	[REMEDY_RETURN] = {"return", "waiting until it is there again", "it is there again", ""},
};

const char *remedy_slug(enum remedy remedy)
{
	return remedies[remedy].slug;
}

/* ---- Reports --------------------------------------------------------------------------------- */

static double seconds(uint64_t microseconds)
{
	return (double)microseconds / 1e6;
}

static void report(struct recovery *r, const char *state, const char *text)
{
	json_t *event;

	if (r->silent)
		return;
	event = json_pack("{s:s, s:o, s:s, s:o}", "event", "interruption", "controller",
			  text_json(r->spec), "state", state, "text", text_json(text));

	if (r->since && strcmp(state, "lost") != 0)
		(void)json_object_set_new(event, "seconds",
					  json_real(seconds(clock_now() - r->since)));
	if (strcmp(state, "late") != 0)
		(void)json_object_set_new(event, "remedy", json_string(remedy_slug(r->remedy)));
	event_emit(r->events, event);
}

static void keep(struct recovery *r, const char *reason)
{
	(void)snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

/* ---- Remedies over USB ----------------------------------------------------------------------- */

static void try_remedy(struct recovery *r, enum remedy remedy);
static void next(struct recovery *r);

static void give_up(struct recovery *r)
{
	char text[FAILURE_TEXT];

	if (r->tried)
		(void)snprintf(text, sizeof(text), "%.400s; %s did not help", r->reason,
			       remedies[r->tried].name);
	else
		(void)snprintf(text, sizeof(text), "%s", r->reason);
	r->given_up(r->ctx, text);
}

static void end_child(struct recovery *r)
{
	loop_timer_stop(r->loop, &r->child_limit);
	loop_remove(r->loop, &r->child_source);
}

static void child_ended(struct recovery *r)
{
	const int error = hci_usb_recovery_end(&r->child);

	end_child(r);
	r->leave(r->ctx);
	if (error) {
		event_note(r->events, 0, "%s: %s: this failed: %s", r->spec,
			   remedies[r->remedy].begin, strerror(error));
		/* It was pulled out meanwhile, or its hub was. */
		if (error == ENODEV)
			try_remedy(r, REMEDY_RETURN);
		else
			next(r);
		return;
	}
	absence_begin(&r->absence, REMEDY_LIMIT_US);
}

static size_t watch_child(void *ctx, struct pollfd *fds, size_t max)
{
	const struct recovery *r = ctx;

	if (!max)
		return 0;
	fds[0] = (struct pollfd){.fd = r->child.fd, .events = POLLIN};
	return 1;
}

static void child_ready(void *ctx, const struct pollfd *fds, size_t count)
{
	(void)fds;
	(void)count;
	child_ended(ctx);
}

static void child_overdue(void *ctx)
{
	child_ended(ctx);
}

static void start_child(struct recovery *r, enum hci_usb_remedy remedy)
{
	const int error = hci_usb_recovery_start(&r->child, remedy, r->place.port);

	absence_end(&r->absence);
	event_note(r->events, 1, "%s: %s", r->spec, remedies[r->remedy].begin);
	if (error) {
		event_note(r->events, 0, "%s cannot be reset over USB: %s", r->spec,
			   strerror(error));
		give_up(r);
		return;
	}
	r->child_source =
		(struct loop_source){.watch = watch_child, .ready = child_ready, .ctx = r};
	r->child_limit = (struct loop_timer){.fire = child_overdue, .ctx = r};
	loop_add(r->loop, &r->child_source);
	loop_timer_start(r->loop, &r->child_limit, CHILD_LIMIT_US);
}

/* ---- The order of remedies ------------------------------------------------------------------- */

static uint64_t left_until_limit(const struct recovery *r)
{
	const uint64_t end = r->since + r->limit, now = clock_now();

	return end > now ? end - now : 0;
}

static void try_remedy(struct recovery *r, enum remedy remedy)
{
	r->remedy = remedy;
	if (remedy != REMEDY_RETURN && (remedy == REMEDY_RESET || *r->place.port))
		r->tried = remedy;
	if (++r->tries > TRIES) {
		give_up(r);
		return;
	}
	switch (remedy) {
	case REMEDY_RESET:
		r->reset(r->ctx);
		return;
	case REMEDY_USB_RESET:
	case REMEDY_PORT_POWER:
		if (!*r->place.port)
			break;
		start_child(r, remedy == REMEDY_USB_RESET ? HCI_USB_RESET : HCI_USB_POWER);
		return;
	case REMEDY_RETURN:
		r->leave(r->ctx);
		absence_begin(&r->absence, left_until_limit(r));
		return;
	case REMEDY_NONE:
	case REMEDIES:
		break;
	}
	give_up(r);
}

static void next(struct recovery *r)
{
	/* One that came back, and does not answer, is reset over USB as well. */
	if (r->remedy == REMEDY_PORT_POWER)
		give_up(r);
	else
		try_remedy(r, r->remedy == REMEDY_RETURN ? REMEDY_USB_RESET : r->remedy + 1);
}

void recovery_next(struct recovery *r, const char *reason)
{
	keep(r, reason);
	next(r);
}

static void there(void *ctx, const char *spec)
{
	struct recovery *r = ctx;

	r->reopen(r->ctx, spec);
}

static void overdue(void *ctx)
{
	struct recovery *r = ctx;
	char text[FAILURE_TEXT], spec[HCI_PLACE_SPEC];

	if (r->remedy != REMEDY_RETURN) {
		r->leave(r->ctx);
		if (hci_place_find(&r->place, spec))
			next(r);
		else
			try_remedy(r, REMEDY_RETURN);
		return;
	}
	if (r->was_late)
		return;
	r->was_late = true;
	(void)snprintf(text, sizeof(text), "%.400s; out of service: it is not back after %.0f s",
		       r->reason, seconds(r->limit));
	report(r, "late", text);
	r->late(r->ctx, text);
}

void recovery_place(struct recovery *r, const struct hci_transport *transport)
{
	if (r->placed)
		return;
	r->placed = true;
	hci_place_init(&r->place, r->spec, transport);
	r->absence = (struct absence){
		.loop = r->loop, .place = &r->place, .there = there, .overdue = overdue, .ctx = r};
}

void recovery_begin(struct recovery *r, enum remedy remedy, const char *reason)
{
	char text[FAILURE_TEXT + 80];

	keep(r, reason);
	if (!r->since) {
		r->since = clock_now();
		r->tries = 0;
		r->tried = REMEDY_NONE;
		r->was_late = false;
		r->figures.interruptions++;
		r->remedy = remedy;
		(void)snprintf(text, sizeof(text), "%s: %s", reason, remedies[remedy].begin);
		report(r, "lost", text);
	}
	try_remedy(r, remedy);
}

void recovery_not_yet(struct recovery *r, const char *reason)
{
	keep(r, reason);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void count_time(struct recovery *r)
{
	const uint64_t took = clock_now() - r->since;

	r->figures.away += took;
	if (took > r->figures.longest)
		r->figures.longest = took;
}

static void stop(struct recovery *r)
{
	absence_end(&r->absence);
	if (r->child.child) {
		end_child(r);
		(void)hci_usb_recovery_end(&r->child);
	}
}

void recovery_done(struct recovery *r)
{
	char text[80];

	if (!r->since)
		return;
	stop(r);
	count_time(r);
	r->figures.recovered[r->remedy]++;
	(void)snprintf(text, sizeof(text), "back after %.1f s: %s", seconds(clock_now() - r->since),
		       remedies[r->remedy].end);
	report(r, "back", text);
	r->since = 0;
}

void recovery_stop(struct recovery *r)
{
	if (!r->since)
		return;
	stop(r);
	count_time(r);
	r->figures.unfinished = true;
	r->since = 0;
}
