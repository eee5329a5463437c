/* SPDX-License-Identifier: MIT */
/*
 * Questions to the user, answered by a line on standard input, a terminal or a pipe. Nothing
 * blocks: the loop watches standard input while a question is open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/loop.h"

enum prompt_kind { PROMPT_NONE, PROMPT_PASSKEY, PROMPT_CONFIRM };

struct prompt_answer {
	enum prompt_kind kind; /* PROMPT_NONE: standard input ended, there is no answer */
	uint32_t passkey;
	bool yes;
};

/* Standard input, shared by all questions of a run: one at a time, in the order they were asked. */
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
	void (*asked)(void *ctx); /* it is the first now: print the question */
	void (*answered)(void *ctx, const struct prompt_answer *answer);
	void *ctx;
};

void console_init(struct console *console, struct loop *loop);

void prompt_init(struct prompt *prompt, struct console *console, void (*asked)(void *ctx),
		 void (*answered)(void *ctx, const struct prompt_answer *answer), void *ctx);
/* Opens a question: asked() is called now, or once those before it are answered. */
void prompt_ask(struct prompt *prompt, enum prompt_kind kind);
void prompt_close(struct prompt *prompt);

/* Parses a line as the answer to a kind of question. False: it is not one. */
bool prompt_parse(enum prompt_kind kind, const char *line, struct prompt_answer *answer);
