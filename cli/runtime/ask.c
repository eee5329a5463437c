/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/ask.h"

#include <signal.h>

#include "base/text.h"
#include "runtime/prompt.h"

struct question {
	struct event_output *events;
	const char *text;
	struct loop loop;
	struct console console;
	struct prompt prompt;
	enum cli_exit answer;
};

static void asked(void *ctx)
{
	const struct question *q = ctx;

	event_emit(q->events,
		   json_pack("{s:s, s:o, s:i}", "event", "question", "text", text_json(q->text),
			     "limit_s", (int)(q->prompt.limit / 1000000)));
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct question *q = ctx;

	if (answer->kind == PROMPT_CONFIRM && answer->yes)
		q->answer = CLI_OK;
	else if (answer->overdue)
		q->answer = CLI_TIMED_OUT;
	loop_stop(&q->loop);
}

static void on_signal(void *ctx, int number)
{
	struct question *q = ctx;

	if (number == SIGWINCH || number == SIGCONT)
		return;
	prompt_close(&q->prompt);
	loop_stop(&q->loop);
}

enum cli_exit ask_person(struct event_output *events, const char *text)
{
	struct question q = {.events = events, .text = text, .answer = CLI_CANCELLED};
	sigset_t before;

	(void)sigprocmask(SIG_BLOCK, NULL, &before);
	if (loop_init(&q.loop))
		return CLI_INTERNAL;
	q.loop.on_signal = on_signal;
	q.loop.signal_ctx = &q;
	console_init(&q.console, &q.loop);
	prompt_init(&q.prompt, &q.console, asked, answered, &q);
	q.prompt.limit = PROMPT_LIMIT_US;
	prompt_ask(&q.prompt, PROMPT_CONFIRM);
	loop_run(&q.loop);
	loop_close(&q.loop);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return q.answer;
}
