/* SPDX-License-Identifier: MIT */
#include "command/choice.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/json_fields.h"

/* Most devices advertise once in two seconds, and not each packet is received. */
#define SETTLE_US 3000000
/* Of more, the strongest are listed. */
#define LISTED 16

static void settled(void *ctx)
{
	choice_decide(ctx);
}

int choice_init(struct choice *c, struct failure *failure)
{
	c->heard.count = 0;
	c->settle = (struct loop_timer){.fire = settled, .ctx = c};
	return batch_match_read(&c->match, c->options->match, "the peer", failure);
}

/* An address belongs to one device: no other one will match. */
static bool is_unique(const struct choice *c)
{
	return c->match.has_address;
}

void choice_hear(struct choice *c, const struct hci_advertisement *a, enum own_target target)
{
	char address[ADDRESS_TEXT];
	bool news;
	struct heard_device *d = heard_add(&c->heard, a, target, clock_now(), &news);
	const struct batch_advertiser all = heard_advertiser(d);

	if (d->matched || !batch_matches(&c->match, &all))
		return;
	/* It accepts no connection, or answers another device only. */
	d->printed = !d->connectable || d->target == OWN_TARGET_ANOTHER;
	d->matched = !d->printed;
	if (!d->matched || c->settle.at)
		return;
	loop_timer_start(c->controller->loop, &c->settle, is_unique(c) ? 0 : SETTLE_US);
	if (!is_unique(c))
		event_note(c->events, 0, "%s matches: the scan goes on for %d s, for others",
			   address_format(&d->address, address), SETTLE_US / 1000000);
}

/* ---- None, or several ------------------------------------------------------------------------ */

static void fail_unseen(struct choice *c)
{
	struct outcome o;
	bool unusable = false;

	for (size_t i = 0; i < c->heard.count; i++)
		unusable |= c->heard.devices[i].printed;
	if (unusable)
		outcome_fail(&o, CLI_NOT_FOUND,
			     "a device that matches %.200s advertises, but does not accept our "
			     "connections",
			     c->options->match);
	else
		outcome_fail(&o, CLI_NOT_FOUND,
			     "no device that matches %.200s was seen within %g s",
			     c->options->match, c->options->scan_timeout);
	outcome_advice(&o, unusable ? "put it into pairing mode"
				    : "is it switched on, near and advertising? blepair scan lists "
				      "what is there");
	c->failed(c->ctx, &o);
}

static json_t *match_event(const struct heard_device *d, size_t number)
{
	const struct json_peer peer = {.address = &d->address, .name = d->name};

	return json_pack("{s:s, s:i, s:o, s:i}", "event", "match", "number", (int)number, "peer",
			 json_peer(&peer), "rssi", d->rssi);
}

static size_t listed(const struct choice *c)
{
	return c->count < LISTED ? c->count : LISTED;
}

static void asked(void *ctx)
{
	const struct choice *c = ctx;

	event_emit(c->events, json_pack("{s:s, s:i}", "event", "choose", "of", (int)listed(c)));
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct choice *c = ctx;
	struct outcome o;

	if (answer->kind == PROMPT_NONE) {
		outcome_fail(&o, CLI_CANCELLED, "cancelled: no device was chosen");
		c->failed(c->ctx, &o);
	} else if (answer->number >= 1 && answer->number <= listed(c)) {
		c->chosen(c->ctx, c->list[answer->number - 1]);
	} else {
		prompt_ask(&c->prompt, PROMPT_CHOICE);
	}
	controller_flush(c->controller);
}

static void refuse(struct choice *c)
{
	struct outcome o;

	outcome_fail(&o, CLI_USAGE, "%zu devices match %.200s", c->count, c->options->match);
	outcome_detail(&o, "the list is above; a person at a terminal would be asked");
	outcome_advice(&o, "name one by its address, or match more of it: name, service, "
			   "manufacturer or rssi, separated by commas");
	c->failed(c->ctx, &o);
}

void choice_begin(struct choice *c)
{
	prompt_init(&c->prompt, c->controller->owner->console, asked, answered, c);
}

void choice_decide(struct choice *c)
{
	loop_timer_stop(c->controller->loop, &c->settle);
	c->count = heard_sort(&c->heard, SCAN_BY_RSSI, c->list);
	c->stop(c->ctx);
	if (!c->count) {
		fail_unseen(c);
	} else if (c->count == 1) {
		c->chosen(c->ctx, c->list[0]);
	} else {
		for (size_t i = 0; i < listed(c); i++)
			event_emit(c->events, match_event(c->list[i], i + 1));
		if (console_has_person(c->options->json))
			prompt_ask(&c->prompt, PROMPT_CHOICE);
		else
			refuse(c);
	}
	controller_flush(c->controller);
}

void choice_end(struct choice *c)
{
	if (c->controller->loop)
		loop_timer_stop(c->controller->loop, &c->settle);
	if (c->prompt.console)
		prompt_close(&c->prompt);
	c->prompt.console = NULL;
	batch_unit_spec_free(&c->match);
}
