/* SPDX-License-Identifier: MIT */
/*
 * --hook: a command that runs after each unit, with its result as JSON on standard input.
 *
 * A run with a controller may start no programs (base/sandbox.h). A helper process starts them
 * (runtime/hook_process.h), which is forked before there is anything to hide from it: it has no
 * controller, no store and no list. One command runs at a time, in the order of the results.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/failure.h"
#include "runtime/loop.h"

/* Octets of the JSON of one result, at most. */
#define HOOK_INPUT_MAX 65536

enum hook_end {
	HOOK_EXITED,	  /* code: its status; 0: it succeeded */
	HOOK_KILLED,	  /* code: the signal */
	HOOK_OVERDUE,	  /* it was killed when its time was over */
	HOOK_NOT_STARTED, /* code: errno */
	HOOK_LEFT,	  /* the run was interrupted before it ended: it may run on */
	HOOK_NOT_RUN,	  /* the run was interrupted before its turn */
	HOOK_LOST,	  /* the helper process ended before it */
	HOOK_NO_HELPER,	  /* the helper process had ended before its turn */
	HOOK_ENDS
};

struct hook_result {
	enum hook_end end;
	int code;
};

struct hook_input;

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
	bool ends_loop;			  /* hook_finish() runs the loop */
	bool abandoned;			  /* hook_finish() was interrupted */
};

/*
 * Forks the helper, which gives up all privileges: call it before the store is open and a list is
 * read. seconds: the time limit of each command. 0, or -1 with failure: also when it would run as
 * root.
 */
int hook_start(struct hook *hook, const char *command, double seconds, struct failure *failure);

/* From here on results can be passed; ended and ctx are set. */
void hook_watch(struct hook *hook, struct loop *loop);

/* Runs the command once more, after those before it; takes the reference. */
void hook_run(struct hook *hook, json_t *input);

/*
 * Runs the loop until every command has ended, for the end of a run. loop_stop(), by a signal, ends
 * the wait: the one under way ends with HOOK_LEFT, the rest with HOOK_NOT_RUN.
 */
void hook_finish(struct hook *hook);

/* Does nothing if hook_start() was not called, or failed. */
void hook_close(struct hook *hook);
