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

enum prompt_kind { PROMPT_NONE, PROMPT_PASSKEY, PROMPT_CONFIRM, PROMPT_CHOICE };

struct prompt_answer {
	enum prompt_kind kind; /* PROMPT_NONE: there is no answer */
	bool overdue;	       /* that is because the limit of the prompt is over */
	uint32_t passkey;
	bool yes;
	unsigned number; /* PROMPT_CHOICE: any line is an answer, 0 if it is no number */
};

/*
 * Standard input, shared by all questions of a run: one at a time, in the order they were asked.
 *
 * A question may be withdrawn while its answer is being typed, and the next one take its place. The
 * first line after that may be meant for the old question, so it is dropped, and the new question
 * is put again. A line that begins with the number of a session ("2 yes") is never mistaken.
 */
struct console {
	struct loop *loop;
	struct loop_source source;
	struct prompt *first;
	struct loop_timer limit; /* of the first question */
	unsigned asked, lines;	 /* questions that were put, and lines that were read, so far */
	/* Before a line is printed on the terminal that is no question; NULL: nothing is drawn. */
	void (*before)(void *ctx);
	void *before_ctx;
	bool replaced; /* the first question took the place of one that was withdrawn */
	char line[64];
	size_t len;
};

struct prompt {
	struct console *console;
	enum prompt_kind open;
	unsigned session;  /* its number, for answers that name it; 0: it has none */
	const char *about; /* the unit of several that it is about, borrowed; NULL: there is one */
	uint64_t limit;	   /* microseconds for the answer; 0: who asks ends it */
	struct prompt *next;
	void (*asked)(void *ctx); /* print the question: it is the first now, or is put again */
	void (*answered)(void *ctx, const struct prompt_answer *answer);
	void *ctx;
};

/* For a question that has no limit of its own. */
#define PROMPT_LIMIT_US UINT64_C(60000000)

/* A person is at a terminal, to be asked; not with --json, whose reader is a program. */
bool console_has_person(bool json);

void console_init(struct console *console, struct loop *loop);

void prompt_init(struct prompt *prompt, struct console *console, void (*asked)(void *ctx),
		 void (*answered)(void *ctx, const struct prompt_answer *answer), void *ctx);
/* Opens a question: asked() is called now, or once those before it are answered. */
void prompt_ask(struct prompt *prompt, enum prompt_kind kind);
/* Withdraws a question. Does nothing if it is not open. */
void prompt_close(struct prompt *prompt);

/* Parses a line as the answer to a kind of question: yes and no in any case, or their first letter;
 * six digits, also in two groups. False: it is not one. */
bool prompt_parse(enum prompt_kind kind, const char *line, struct prompt_answer *answer);
