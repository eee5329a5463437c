/* SPDX-License-Identifier: MIT */
/*
 * Questions to the user, answered by a line on standard input, a terminal or a pipe. Never blocks:
 * the loop watches standard input while a question is open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/loop.h"

enum prompt_kind { PROMPT_NONE, PROMPT_PASSKEY, PROMPT_CONFIRM };

struct prompt_answer {
	enum prompt_kind kind; /* PROMPT_NONE: standard input ended, nobody will answer */
	uint32_t passkey;
	bool yes;
};

/* Standard input, which all questions of a run share: one at a time, first come, first served. */
struct console {
	struct loop *loop;
	struct loop_source source;
	struct prompt *first;
	char line[64];
	size_t len;
};

struct prompt {
	struct console *console;
	enum prompt_kind open;
	struct prompt *next;
	void (*asked)(void *ctx); /* its turn has come: put the question into words */
	void (*answered)(void *ctx, const struct prompt_answer *answer);
	void *ctx;
};

void console_init(struct console *console, struct loop *loop);

void prompt_init(struct prompt *prompt, struct console *console, void (*asked)(void *ctx),
		 void (*answered)(void *ctx, const struct prompt_answer *answer), void *ctx);
/* Opens a question: asked() is called now, or when those before it are answered. */
void prompt_ask(struct prompt *prompt, enum prompt_kind kind);
void prompt_close(struct prompt *prompt);

/* A line as the answer to a kind of question: true when it is one. */
bool prompt_parse(enum prompt_kind kind, const char *line, struct prompt_answer *answer);
