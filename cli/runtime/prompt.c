/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/prompt.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/passkey.h"
#include "base/words.h"
#include "base/yes_no.h"
#include "crypto/bytes.h"

bool prompt_parse(enum prompt_kind kind, const char *line, struct prompt_answer *answer)
{
	*answer = (struct prompt_answer){.kind = kind};
	if (kind == PROMPT_PASSKEY) {
		return passkey_parse(line, &answer->passkey);
	}
	if (kind == PROMPT_CHOICE) {
		const size_t digits = strspn(line, "0123456789");
		if (digits && digits < 6 && !line[digits])
			answer->number = (unsigned)strtoul(line, NULL, 10);
		return true;
	}
	return yes_no_parse(line, &answer->yes);
}

bool console_has_person(bool json)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !json;
}

static void put(const struct prompt *prompt)
{
	prompt->console->asked++;
	prompt->asked(prompt->ctx);
}

/* Prints a line that is no question. */
static void say(const struct prompt *prompt, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct prompt *prompt, const char *format, ...)
{
	const struct console *console = prompt->console;
	char text[120];
	va_list arguments;

	if (console->before)
		console->before(console->before_ctx);
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	words_complain("%s%s%s", prompt->about ? prompt->about : "", prompt->about ? ": " : "",
		       text);
}

/* Prints the first question, or leaves standard input alone. */
static void ask_first(struct console *console)
{
	console->len = 0;
	loop_timer_stop(console->loop, &console->limit);
	if (console->first) {
		loop_add(console->loop, &console->source);
		if (console->first->limit)
			loop_timer_start(console->loop, &console->limit, console->first->limit);
		put(console->first);
	} else {
		loop_remove(console->loop, &console->source);
	}
}

/* Removes an open question; the next one is put if it was the first. */
static void take_out(struct prompt *prompt, bool withdrawn)
{
	struct console *console = prompt->console;
	bool first = console->first == prompt;
	struct prompt **place;

	prompt->open = PROMPT_NONE;
	for (place = &console->first; *place != prompt; place = &(*place)->next)
		;
	*place = prompt->next;
	if (!first)
		return;
	console->replaced = withdrawn && console->first;
	ask_first(console);
}

/* The line without white space around it; empties the buffer, which *line then points into. */
static char *whole_line(struct console *console)
{
	char *text = console->line;

	/* Of a line that is too long the end is missing: it is no answer. */
	text[console->len < sizeof(console->line) ? console->len : 0] = '\0';
	console->len = 0;
	text += strspn(text, " \t\r");
	for (size_t len = strlen(text); len && isspace((unsigned char)text[len - 1]);)
		text[--len] = '\0';
	return text;
}

/* The number of a session at the start of a line, which is skipped then; 0: there is none. */
static unsigned session_of(const struct prompt *prompt, char **text)
{
	size_t digits = strspn(*text, "0123456789");
	unsigned long number;

	if (!prompt->session || !digits || (*text)[digits] != ' ')
		return 0;
	number = strtoul(*text, NULL, 10);
	*text += digits + strspn(*text + digits, " ");
	return number < UINT_MAX ? (unsigned)number : UINT_MAX;
}

static const char *misunderstood(const struct prompt *prompt)
{
	return prompt->open == PROMPT_PASSKEY ? "a passkey has six digits; try again:"
					      : "answer yes or no:";
}

static void answer_line(struct console *console)
{
	struct prompt *prompt = console->first;
	struct prompt_answer answer;
	char *text = whole_line(console);
	bool understood =
		prompt_parse(prompt->open, text, &answer); /* "123 456" names no session */
	unsigned session = understood ? 0 : session_of(prompt, &text);

	if (session)
		understood = prompt_parse(prompt->open, text, &answer);
	console->lines++;
	bytes_wipe(console->line, sizeof(console->line)); /* it may be a passkey */
	if (session && session != prompt->session) {
		say(prompt, "session %u is asked, not %u", prompt->session, session);
	} else if (!session && console->replaced) {
		console->replaced = false;
		say(prompt, "the question before was withdrawn; answer this one:");
		put(prompt);
	} else if (!understood) {
		say(prompt, "%s", misunderstood(prompt));
	} else {
		take_out(prompt, false);
		prompt->answered(prompt->ctx, &answer);
	}
}

/* There is no answer, and will be none. */
static void give_up(struct prompt *prompt, bool overdue)
{
	const struct prompt_answer none = {.kind = PROMPT_NONE, .overdue = overdue};

	take_out(prompt, overdue); /* a line that comes late is not for the next one */
	prompt->answered(prompt->ctx, &none);
}

static void limit_over(void *ctx)
{
	const struct console *console = ctx;
	struct prompt *prompt = console->first;

	say(prompt, "no answer within %g s", (double)prompt->limit / 1e6);
	give_up(prompt, true);
}

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	(void)ctx;
	if (!max)
		return 0;
	fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	return 1;
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct console *console = ctx;
	char octet;

	/* One octet at a time: whatever follows the line belongs to the next question. */
	(void)fds;
	(void)count;
	ssize_t got = read(STDIN_FILENO, &octet, 1);
	if (got <= 0) {
		give_up(console->first, false);
		return;
	}
	if (octet == '\n')
		answer_line(console);
	else if (console->len < sizeof(console->line))
		console->line[console->len++] = octet;
}

void console_init(struct console *console, struct loop *loop)
{
	*console = (struct console){
		.loop = loop,
		.source = {.watch = watch, .ready = ready, .ctx = console},
		.limit = {.fire = limit_over, .ctx = console},
	};
}

void prompt_init(struct prompt *prompt, struct console *console, void (*asked)(void *ctx),
		 void (*answered)(void *ctx, const struct prompt_answer *answer), void *ctx)
{
	*prompt = (struct prompt){
		.console = console, .asked = asked, .answered = answered, .ctx = ctx};
}

void prompt_ask(struct prompt *prompt, enum prompt_kind kind)
{
	struct prompt **end = &prompt->console->first;

	prompt_close(prompt);
	prompt->open = kind;
	prompt->next = NULL;
	while (*end)
		end = &(*end)->next;
	*end = prompt;
	if (prompt->console->first == prompt)
		ask_first(prompt->console);
}

void prompt_close(struct prompt *prompt)
{
	if (prompt->open != PROMPT_NONE)
		take_out(prompt, true);
}
