/* SPDX-License-Identifier: MIT */
/* What the user is asked and shown, or has answered beforehand. */
#include "session/internal.h"

static json_t *passkey_event(const char *action)
{
	return json_pack("{s:s, s:s}", "event", "passkey", "action", action);
}

static json_t *confirm_event(uint32_t number)
{
	return json_pack("{s:s, s:o}", "event", "confirm", "number", json_sprintf("%06u", number));
}

/* What was answered beforehand is no question among many units. */
static void tell_answered(struct session *s, json_t *event)
{
	if (s->events->brief)
		json_decref(event);
	else
		event_emit(s->events, event);
}

static void keypress(struct session *s, uint8_t what)
{
	session_step(s, &(struct smp_event){.kind = SMP_EV_KEYPRESS, .keypress = what});
}

static void type_passkey(struct session *s, uint32_t passkey)
{
	/* Nothing is sent unless both sides agreed on it (3.5.8). */
	for (int i = 0; i < 6; i++)
		keypress(s, SMP_KEYPRESS_DIGIT);
	keypress(s, SMP_KEYPRESS_COMPLETED);
	session_step(s, &(struct smp_event){.kind = SMP_EV_PASSKEY, .passkey = passkey});
}

void session_answered(void *ctx, const struct prompt_answer *answer)
{
	struct session *s = ctx;

	switch (answer->kind) {
	case PROMPT_PASSKEY:
		type_passkey(s, answer->passkey);
		break;
	case PROMPT_CONFIRM:
		session_step(s, &(struct smp_event){.kind = SMP_EV_CONFIRM, .yes = answer->yes});
		break;
	case PROMPT_NONE:
		session_cancel(s, CLI_CANCELLED);
		if (s->verdict && !*s->outcome.detail)
			session_say(
				s->outcome.detail, sizeof(s->outcome.detail),
				"an answer was needed, and standard input ended: use --passkey or "
				"--confirm");
		break;
	}
	controller_flush(s->controller);
}

/* The question in words, when its turn has come. */
void session_asked(void *ctx)
{
	struct session *s = ctx;

	if (s->prompt.open == PROMPT_PASSKEY)
		event_emit(s->events, passkey_event("type"));
	else
		event_emit(s->events, confirm_event(s->number));
}

void session_ask_passkey(struct session *s)
{
	keypress(s, SMP_KEYPRESS_STARTED);
	if (s->options->has_passkey) {
		tell_answered(s, passkey_event("type"));
		type_passkey(s, s->options->passkey);
	} else {
		prompt_ask(&s->prompt, PROMPT_PASSKEY);
	}
}

void session_show_passkey(struct session *s, uint32_t passkey)
{
	json_t *event = passkey_event("show");

	(void)json_object_set_new(event, "passkey", json_sprintf("%06u", passkey));
	if (s->options->has_passkey)
		tell_answered(s, event);
	else
		event_emit(s->events, event);
}

void session_ask_confirm(struct session *s, uint32_t number)
{
	enum confirm answer = s->options->confirm;

	s->number = number;
	if (answer == CONFIRM_ASK) {
		prompt_ask(&s->prompt, PROMPT_CONFIRM);
		return;
	}
	tell_answered(s, confirm_event(number));
	session_step(s, &(struct smp_event){.kind = SMP_EV_CONFIRM, .yes = answer == CONFIRM_YES});
}
