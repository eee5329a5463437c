/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli/prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool prompt_parse(enum prompt_kind kind, const char *line, struct prompt_answer *answer)
{
	static const char *const yes[] = {"y", "yes", "j", "ja", "true", "1"};
	static const char *const no[] = {"n", "no", "nein", "false", "0"};

	*answer = (struct prompt_answer){.kind = kind};
	if (kind == PROMPT_PASSKEY) {
		size_t digits = strspn(line, "0123456789");
		if (digits != 6 || line[digits])
			return false;
		answer->passkey = (uint32_t)strtoul(line, NULL, 10);
		return true;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcasecmp(line, yes[i]) == 0)
			return answer->yes = true;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(line, no[i]) == 0)
			return true;
	return false;
}

static void answer_line(struct prompt *prompt)
{
	struct prompt_answer answer;
	enum prompt_kind kind = prompt->open;
	char *text = prompt->line;

	text[prompt->len] = '\0';
	prompt->len = 0;
	text += strspn(text, " \t\r");
	for (size_t len = strlen(text); len && isspace((unsigned char)text[len - 1]);)
		text[--len] = '\0';
	if (prompt_parse(kind, text, &answer)) {
		prompt_close(prompt);
		prompt->answered(prompt->ctx, &answer);
	} else {
		fputs(kind == PROMPT_PASSKEY ? "blepair: a passkey has six digits, once more:\n"
					     : "blepair: yes or no, please:\n",
		      stderr);
	}
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
	struct prompt *prompt = ctx;
	char octet;

	/* Octet by octet: what is behind the line belongs to the next question. */
	(void)fds;
	(void)count;
	ssize_t got = read(STDIN_FILENO, &octet, 1);
	if (got <= 0) {
		const struct prompt_answer nobody = {.kind = PROMPT_NONE};
		prompt_close(prompt);
		prompt->answered(prompt->ctx, &nobody);
		return;
	}
	if (octet == '\n')
		answer_line(prompt);
	else if (prompt->len < sizeof(prompt->line) - 1)
		prompt->line[prompt->len++] = octet;
}

void prompt_init(struct prompt *prompt, struct loop *loop,
		 void (*answered)(void *ctx, const struct prompt_answer *answer), void *ctx)
{
	*prompt = (struct prompt){
		.loop = loop,
		.source = {.watch = watch, .ready = ready, .ctx = prompt},
		.answered = answered,
		.ctx = ctx,
	};
}

void prompt_ask(struct prompt *prompt, enum prompt_kind kind)
{
	if (prompt->open == PROMPT_NONE)
		loop_add(prompt->loop, &prompt->source);
	prompt->open = kind;
	prompt->len = 0;
}

void prompt_close(struct prompt *prompt)
{
	if (prompt->open != PROMPT_NONE)
		loop_remove(prompt->loop, &prompt->source);
	prompt->open = PROMPT_NONE;
}
