/* SPDX-License-Identifier: MIT */
/*
 * Commands of the user. --hook: one that runs after each unit, with its result as JSON on standard
 * input; one at a time, in the order of the results. --while-connected: one that runs while the
 * link to a peer is up, beside others, with what it is about in its environment; it is killed when
 * the link is lost.
 *
 * A run with a controller may start no programs (base/sandbox.h). A helper process starts them
 * (runtime/hook_process.h), which is forked before there is anything to hide from it: it has no
 * controller, no store and no list.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/failure.h"
#include "runtime/loop.h"

/* Octets of the JSON of one result, and of an environment, at most. */
#define HOOK_INPUT_MAX 65536

/* Commands that run at a time, at most. */
#define HOOK_AT_ONCE 64

enum hook_end {
	HOOK_EXITED,	  /* code: its status; 0: it succeeded */
	HOOK_KILLED,	  /* code: the signal */
	HOOK_OVERDUE,	  /* it was killed when its time was over */
	HOOK_NOT_STARTED, /* code: errno */
	HOOK_LEFT,	  /* the run was interrupted before it ended: it may run on */
	HOOK_NOT_RUN,	  /* the run was interrupted before its turn */
	HOOK_LOST,	  /* the helper process ended before it */
	HOOK_NO_HELPER,	  /* the helper process had ended before its turn */
	HOOK_UNLINKED,	  /* the link was lost before it ended, and it was killed */
	HOOK_CANCELLED,	  /* the run was interrupted before it ended, and it was killed */
	HOOK_ENDS
};

struct hook_result {
	enum hook_end end;
	int code;
};

struct hook_setup {
	const char *option; /* "--hook", for messages */
	const char *command;
	double seconds;	   /* the time limit of each command */
	bool ends_with_us; /* commands that run are killed when this process has ended */
};

struct hook_input;

/* A command that runs beside others; all zero before hook_call(). */
struct hook_call {
	/* Called once, from the loop, unless hook_end_call() was called before. */
	void (*ended)(void *ctx, const struct hook_result *result);
	void *ctx;

	/* Private. */
	uint32_t id; /* 0: it does not run */
	struct hook_call *next;
};

struct hook {
	/* Called from the loop, or from hook_finish(). input: that of hook_run(), borrowed. */
	void (*ended)(void *ctx, const json_t *input, const struct hook_result *result);
	void *ctx;

	/* Private. */
	int fd; /* to the helper; -1: it has ended */
	pid_t helper;
	struct loop *loop;
	struct loop_source source;
	struct hook_input *first, **last; /* in order; the first one is under way */
	struct hook_call *calls;	  /* under way */
	uint32_t last_id;
	bool ends_loop; /* hook_finish() runs the loop */
	bool abandoned; /* hook_finish() was interrupted */
};

/*
 * Forks the helper, which gives up all privileges: call it before the store is open and a list is
 * read. 0, or -1 with failure: also when commands would run as root.
 */
int hook_start(struct hook *hook, const struct hook_setup *setup, struct failure *failure);

/* From here on results can be passed; ended and ctx are set, if hook_run() is used. To do it again
 * changes nothing. */
void hook_watch(struct hook *hook, struct loop *loop);

/* Runs the command once more, after those before it; takes the reference. */
void hook_run(struct hook *hook, json_t *input);

/*
 * Runs the command at once. environment: texts NAME=VALUE, each with its zero, len octets in all.
 * 0, or the errno of why it does not run: ended() is not called then.
 */
int hook_call(struct hook *hook, struct hook_call *call, const char *environment, size_t len);

/* Kills it with all that it started; ended() is not called. Does nothing if it does not run. */
void hook_end_call(struct hook *hook, struct hook_call *call);

/*
 * Runs the loop until every command of hook_run() has ended, for the end of a run. loop_stop(), by
 * a signal, ends the wait: the one under way ends with HOOK_LEFT, the rest with HOOK_NOT_RUN.
 */
void hook_finish(struct hook *hook);

/* Does nothing if hook_start() was not called, or failed. */
void hook_close(struct hook *hook);

/* ---- hook_text.c: results in words ----------------------------------------------------------- */

bool hook_succeeded(const struct hook_result *result);
/* "ok", "failed", "timed_out", "unfinished", "not_run", "link_lost", "cancelled" */
const char *hook_slug(const struct hook_result *result);
/* It ran, at least for a time. */
bool hook_was_started(const struct hook_result *result);

#define HOOK_TEXT 160
/* what: "hook" or "command"; seconds: its time limit. */
const char *hook_describe(const struct hook_result *result, const char *what, double seconds,
			  char text[HOOK_TEXT]);
/* Adds "result", "status", "signal" and "text" to an event. */
void hook_add_result(json_t *event, const struct hook_result *result, const char *what,
		     double seconds);
