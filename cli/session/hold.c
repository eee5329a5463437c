/* SPDX-License-Identifier: MIT */
#include "session/hold.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void hold_set(struct hold_environment *e, const char *name, const char *value)
{
	const size_t room = sizeof(e->text) - e->len;
	int len;

	if (!value)
		return;
	len = snprintf(e->text + e->len, room, "BLEPAIR_%s=%s", name, value);
	if (len >= 0 && (size_t)len < room)
		e->len += (size_t)len + 1;
}

static void end_if_over(struct hold *h)
{
	if (!hold_is_active(h))
		h->over(h->ctx);
}

static void conclude(struct hold *h, const struct hook_result *result)
{
	json_t *event = json_pack("{s:s}", "event", "command");

	h->runs = false;
	h->has_run = true;
	h->result = *result;
	hook_add_result(event, result, "command", h->seconds);
	event_emit(h->events, event);
}

static void command_ended(void *ctx, const struct hook_result *result)
{
	struct hold *h = ctx;

	conclude(h, result);
	end_if_over(h);
}

static void linger_over(void *ctx)
{
	struct hold *h = ctx;

	h->lingers = false;
	end_if_over(h);
}

static void run_command(struct hold *h, const struct hold_environment *environment)
{
	int error;

	h->call = (struct hook_call){.ended = command_ended, .ctx = h};
	event_emit(h->events, json_pack("{s:s, s:s, s:f}", "event", "held", "for", "command",
					"seconds", h->seconds));
	error = hook_call(h->hook, &h->call, environment->text, environment->len);
	h->runs = !error;
	if (error)
		conclude(h, &(const struct hook_result){
				    error == EPIPE ? HOOK_NO_HELPER : HOOK_NOT_STARTED, error});
}

bool hold_start(struct hold *h, const struct hold_setup *setup)
{
	if (hold_is_active(h))
		return true;
	if (h->has_run || (!setup->hook && setup->linger <= 0))
		return false;
	h->hook = setup->hook;
	h->loop = setup->loop;
	h->events = setup->events;
	h->seconds = setup->hook_seconds;
	h->over = setup->over;
	h->ctx = setup->ctx;
	if (setup->linger > 0) {
		h->has_run = h->lingers = true;
		h->linger = (struct loop_timer){.fire = linger_over, .ctx = h};
		loop_timer_start(h->loop, &h->linger, (uint64_t)(setup->linger * 1e6));
		event_emit(h->events, json_pack("{s:s, s:s, s:f}", "event", "held", "for", "linger",
						"seconds", setup->linger));
	}
	if (h->hook)
		run_command(h, setup->environment);
	return hold_is_active(h);
}

bool hold_is_active(const struct hold *h)
{
	return h->runs || h->lingers;
}

void hold_stop(struct hold *h, enum hook_end end)
{
	if (h->lingers)
		loop_timer_stop(h->loop, &h->linger);
	h->lingers = false;
	if (!h->runs)
		return;
	hook_end_call(h->hook, &h->call);
	conclude(h, &(const struct hook_result){end, 0});
}

bool hold_failed(const struct hold *h)
{
	return h->has_run && h->hook && !h->runs && !hook_succeeded(&h->result);
}
