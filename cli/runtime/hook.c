/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "runtime/hook_process.h"

struct hook_input {
	json_t *json;
	struct hook_input *next;
};

/* ---- Commands -------------------------------------------------------------------------------- */

/* 0, or the errno of why the helper did not get it; EPIPE, ECONNRESET: it has ended. */
static int send_json(const struct hook *hook, const json_t *json)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int error = ENOMEM;

	if (hook->fd < 0)
		return EPIPE;
	out = open_memstream(&text, &len);
	if (out && text_dump_json(json, out,
				  JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)) == 0)
		error = 0;
	if (out && fclose(out))
		error = ENOMEM;
	if (!error && len > HOOK_INPUT_MAX)
		error = EMSGSIZE;
	if (!error && send(hook->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		error = errno;
	free(text);
	return error;
}

/* The first command has ended. */
static void end_first(struct hook *hook, enum hook_end end, int code)
{
	const struct hook_result result = {end, code};
	struct hook_input *input = hook->first;

	hook->first = input->next;
	if (!hook->first)
		hook->last = &hook->first;
	hook->ended(hook->ctx, input->json, &result);
	json_decref(input->json);
	free(input);
}

/* Passes on the first one that can be. */
static void start_first(struct hook *hook)
{
	int error;

	while (hook->first && (error = send_json(hook, hook->first->json))) {
		/* The end of the helper may not have been read yet. */
		if (error == EPIPE || error == ECONNRESET)
			end_first(hook, HOOK_NO_HELPER, 0);
		else
			end_first(hook, HOOK_NOT_STARTED, error);
	}
	if (!hook->first && hook->ends_loop)
		loop_stop(hook->loop);
}

void hook_run(struct hook *hook, json_t *json)
{
	struct hook_input *input = calloc(1, sizeof(*input));
	const struct hook_result result = {HOOK_NOT_STARTED, ENOMEM};

	if (!input) {
		hook->ended(hook->ctx, json, &result);
		json_decref(json);
		return;
	}
	input->json = json;
	*hook->last = input;
	hook->last = &input->next;
	if (hook->first == input)
		start_first(hook);
}

/* ---- The helper ------------------------------------------------------------------------------ */

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	const struct hook *hook = ctx;

	if (!max || hook->fd < 0)
		return 0;
	fds[0] = (struct pollfd){.fd = hook->fd, .events = POLLIN};
	return 1;
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct hook *hook = ctx;
	struct hook_report got;
	ssize_t len = recv(hook->fd, &got, sizeof(got), MSG_DONTWAIT);

	(void)fds;
	(void)count;
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len == sizeof(got) && got.end >= 0 && got.end < HOOK_ENDS) {
		if (hook->first)
			end_first(hook, (enum hook_end)got.end, got.code);
	} else {
		(void)close(hook->fd);
		hook->fd = -1;
		if (hook->first)
			end_first(hook, HOOK_LOST, 0);
	}
	start_first(hook);
}

int hook_start(struct hook *hook, const char *command, double seconds, struct failure *failure)
{
	int fds[2];

	*failure = (struct failure){CLI_OK, ""};
	*hook = (struct hook){.fd = -1};
	hook->last = &hook->first;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return failure_set(failure, CLI_INTERNAL, "--hook: %s", strerror(errno));
	hook->helper = fork();
	if (hook->helper == 0) {
		(void)close(fds[0]);
		hook_process(fds[1], command, seconds);
	}
	(void)close(fds[1]);
	hook->fd = fds[0];
	if (hook->helper > 0 && recv(hook->fd, failure, sizeof(*failure), 0) == sizeof(*failure) &&
	    failure->exit == CLI_OK)
		return 0;
	if (hook->helper < 0 || failure->exit == CLI_OK)
		(void)failure_set(failure, CLI_INTERNAL, "--hook: no process can be started");
	hook_close(hook);
	return -1;
}

void hook_watch(struct hook *hook, struct loop *loop)
{
	hook->loop = loop;
	hook->source = (struct loop_source){.watch = watch, .ready = ready, .ctx = hook};
	loop_add(loop, &hook->source);
}

void hook_finish(struct hook *hook)
{
	if (hook->first) {
		hook->ends_loop = true;
		loop_run(hook->loop);
		hook->ends_loop = false;
	}
	hook->abandoned = hook->first;
	if (hook->first)
		end_first(hook, HOOK_LEFT, 0);
	while (hook->first)
		end_first(hook, HOOK_NOT_RUN, 0);
}

void hook_close(struct hook *hook)
{
	if (hook->loop)
		loop_remove(hook->loop, &hook->source);
	if (hook->fd >= 0)
		(void)close(hook->fd);
	/* One that runs a command still ends after this process. */
	while (hook->helper > 0 && !hook->abandoned && waitpid(hook->helper, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	hook->fd = -1;
	hook->helper = 0;
}
