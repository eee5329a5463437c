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

/* The id of a command of hook_run(): there is one at a time. Those of hook_call() have others. */
enum { NO_CALL, IN_ORDER };

struct hook_input {
	json_t *json;
	struct hook_input *next;
};

/* ---- Commands -------------------------------------------------------------------------------- */

/* 0, or the errno of why the helper did not get it; EPIPE, ECONNRESET: it has ended. */
static int send_message(const struct hook *hook, const struct hook_message *message,
			const void *octets, size_t len)
{
	char *sent;
	int error = 0;

	if (hook->fd < 0)
		return EPIPE;
	if (len > HOOK_INPUT_MAX)
		return EMSGSIZE;
	sent = malloc(sizeof(*message) + len);
	if (!sent)
		return ENOMEM;
	memcpy(sent, message, sizeof(*message));
	if (len)
		memcpy(sent + sizeof(*message), octets, len);
	if (send(hook->fd, sent, sizeof(*message) + len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		error = errno;
	free(sent);
	return error;
}

static int send_json(const struct hook *hook, const json_t *json)
{
	const struct hook_message message = {.order = HOOK_START, .id = IN_ORDER};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int error = ENOMEM;

	if (out && text_dump_json(json, out,
				  JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)) == 0)
		error = 0;
	if (out && fclose(out))
		error = ENOMEM;
	if (!error)
		error = send_message(hook, &message, text, len);
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

/* ---- Commands beside others ------------------------------------------------------------------ */

int hook_call(struct hook *hook, struct hook_call *call, const char *environment, size_t len)
{
	struct hook_message message = {.order = HOOK_START, .environment = (uint32_t)len};
	int error;

	if (++hook->last_id <= IN_ORDER)
		hook->last_id = IN_ORDER + 1;
	message.id = hook->last_id;
	error = send_message(hook, &message, environment, len);
	if (error)
		return error;
	call->id = message.id;
	call->next = hook->calls;
	hook->calls = call;
	return 0;
}

static void take_out(struct hook *hook, struct hook_call *call)
{
	struct hook_call **place = &hook->calls;

	while (*place != call)
		place = &(*place)->next;
	*place = call->next;
	call->id = NO_CALL;
}

void hook_end_call(struct hook *hook, struct hook_call *call)
{
	const struct hook_message message = {.order = HOOK_KILL, .id = call->id};

	if (!call->id)
		return;
	take_out(hook, call);
	(void)send_message(hook, &message, NULL, 0); /* without a helper it ends by its limit */
}

static void call_ended(struct hook *hook, uint32_t id, enum hook_end end, int code)
{
	const struct hook_result result = {end, code};
	struct hook_call *call = hook->calls;

	while (call && call->id != id)
		call = call->next;
	if (!call)
		return; /* it was killed */
	take_out(hook, call);
	call->ended(call->ctx, &result);
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
		if (got.id != IN_ORDER)
			call_ended(hook, got.id, (enum hook_end)got.end, got.code);
		else if (hook->first)
			end_first(hook, (enum hook_end)got.end, got.code);
	} else {
		(void)close(hook->fd);
		hook->fd = -1;
		if (hook->first)
			end_first(hook, HOOK_LOST, 0);
		while (hook->calls)
			call_ended(hook, hook->calls->id, HOOK_LOST, 0);
	}
	start_first(hook);
}

int hook_start(struct hook *hook, const struct hook_setup *setup, struct failure *failure)
{
	int fds[2];

	*failure = (struct failure){CLI_OK, ""};
	*hook = (struct hook){.fd = -1};
	hook->last = &hook->first;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return failure_set(failure, CLI_INTERNAL, "%s: %s", setup->option, strerror(errno));
	hook->helper = fork();
	if (hook->helper == 0) {
		(void)close(fds[0]);
		hook_process(fds[1], setup);
	}
	(void)close(fds[1]);
	hook->fd = fds[0];
	if (hook->helper > 0 && recv(hook->fd, failure, sizeof(*failure), 0) == sizeof(*failure) &&
	    failure->exit == CLI_OK)
		return 0;
	if (hook->helper < 0 || failure->exit == CLI_OK)
		(void)failure_set(failure, CLI_INTERNAL, "%s: no process can be started",
				  setup->option);
	hook_close(hook);
	return -1;
}

void hook_watch(struct hook *hook, struct loop *loop)
{
	if (hook->loop)
		return;
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
	hook->loop = NULL;
}
