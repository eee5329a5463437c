/* SPDX-License-Identifier: MIT */
/* Questions to the user, some of which the options answer. */
#include "session/internal.h"

/* Adds how long the user has: the peer, or this run, ends the wait. */
static json_t *with_limit(const struct session *s, json_t *event)
{
	const uint64_t now = clock_now(), run = (uint64_t)(s->options->timeout * 1e6);
	uint64_t at = s->smp_timer.at ? s->smp_timer.at : now + SMP_TIMEOUT_US;

	if (s->prompt.limit)
		at = now + s->prompt.limit;
	if (run && s->events->start + run < at)
		at = s->events->start + run;
	if (s->setup->end_at && s->setup->end_at < at)
		at = s->setup->end_at;
	(void)json_object_set_new(
		event, "limit_s",
		json_integer(at > now ? (json_int_t)((at - now + 500000) / 1000000) : 0));
	return event;
}

static json_t *passkey_event(const char *action)
{
	return json_pack("{s:s, s:s}", "event", "passkey", "action", action);
}

static json_t *confirm_event(uint32_t number)
{
	return json_pack("{s:s, s:o}", "event", "confirm", "number", json_sprintf("%06u", number));
}

/* A question that an option answers is shown too, but not among many units. */
static void emit_answered(struct session *s, json_t *event)
{
	if (s->events->brief)
		json_decref(event);
	else
		event_emit(s->events, event);
}

static void queue_keypress(struct session *s, uint8_t keypress)
{
	const struct smp_event event = {.kind = SMP_EV_KEYPRESS, .keypress = keypress};

	(void)session_queue_add(&s->queue, &event);
}

/* The engine sends keypresses only if both sides agreed on it (3.5.8). */
static void queue_passkey(struct session *s, uint32_t passkey)
{
	const struct smp_event event = {.kind = SMP_EV_PASSKEY, .passkey = passkey};

	for (int i = 0; i < 6; i++)
		queue_keypress(s, SMP_KEYPRESS_DIGIT);
	queue_keypress(s, SMP_KEYPRESS_COMPLETED);
	(void)session_queue_add(&s->queue, &event);
}

static void queue_confirm(struct session *s, bool yes)
{
	const struct smp_event event = {.kind = SMP_EV_CONFIRM, .yes = yes};

	(void)session_queue_add(&s->queue, &event);
}

void session_queue_answer(struct session *s, const struct prompt_answer *answer)
{
	s->shows_number = false;
	if (answer->kind == PROMPT_PASSKEY)
		queue_passkey(s, answer->passkey);
	else
		queue_confirm(s, answer->yes);
}

/* Why the bond is of no use, as in the result if the answer is no. */
static json_t *replace_event(const struct outcome *o)
{
	return json_pack("{s:s, s:o}", "event", "replace", "text",
			 json_sprintf("%s%s%s", o->text, *o->detail ? ": " : "", o->detail));
}

void session_asked(void *ctx)
{
	struct session *s = ctx;

	if (s->bond_use == SESSION_BOND_ASKED)
		event_emit(s->events, with_limit(s, replace_event(&s->outcome)));
	else if (s->prompt.open == PROMPT_PASSKEY)
		event_emit(s->events, with_limit(s, passkey_event("type")));
	else
		event_emit(s->events, with_limit(s, confirm_event(s->number)));
}

void session_ask_passkey(struct session *s)
{
	queue_keypress(s, SMP_KEYPRESS_STARTED);
	if (s->options->has_passkey) {
		emit_answered(s, passkey_event("given"));
		queue_passkey(s, s->options->passkey);
	} else {
		s->prompt.limit = 0;
		prompt_ask(&s->prompt, PROMPT_PASSKEY);
	}
}

void session_show_passkey(struct session *s, uint32_t passkey)
{
	json_t *event = passkey_event("show");

	s->number = passkey;
	s->shows_number = !s->options->has_passkey;
	(void)json_object_set_new(event, "passkey", json_sprintf("%06u", passkey));
	if (s->options->has_passkey)
		emit_answered(s, event);
	else
		event_emit(s->events, with_limit(s, event));
}

void session_ask_confirm(struct session *s, uint32_t number)
{
	s->number = number;
	if (s->options->confirm == CONFIRM_ASK) {
		s->prompt.limit = 0;
		s->shows_number = true;
		prompt_ask(&s->prompt, PROMPT_CONFIRM);
		return;
	}
	json_t *event = confirm_event(number);
	(void)json_object_set_new(event, "answer",
				  json_string(s->options->confirm == CONFIRM_YES ? "yes" : "no"));
	emit_answered(s, event);
	queue_confirm(s, s->options->confirm == CONFIRM_YES);
}
