/* SPDX-License-Identifier: MIT */
#include "runtime/timed_request.h"

static void complete(struct timed_request *timed, const struct failure *failure)
{
	timed->pending = false;
	loop_timer_stop(timed->loop, &timed->limit);
	timed->done(timed->ctx, failure);
	if (timed->ends_loop && !timed->pending)
		loop_stop(timed->loop);
}

static void answered(struct store_request *request)
{
	complete(request->ctx, request->result ? &request->failure : NULL);
}

/* The store may have carried it out all the same. */
static void give_up(struct timed_request *timed, enum cli_exit exit, const char *why)
{
	struct failure failure;

	timed_request_forget(timed);
	(void)failure_set(&failure, exit, "store %.200s: %s", timed->store->path, why);
	complete(timed, &failure);
}

static void overdue(void *ctx)
{
	give_up(ctx, CLI_INTERNAL, "no answer within 10 s");
}

void timed_request_init(struct timed_request *timed, struct store *store, struct loop *loop,
			void (*done)(void *ctx, const struct failure *failure), void *ctx)
{
	*timed = (struct timed_request){
		.store = store,
		.loop = loop,
		.done = done,
		.ctx = ctx,
		.request = {.done = answered, .ctx = timed},
		.limit = {.fire = overdue, .ctx = timed},
	};
}

static void start(struct timed_request *timed)
{
	timed->pending = true;
	loop_timer_start(timed->loop, &timed->limit, TIMED_REQUEST_US);
}

void timed_request_peer(struct timed_request *timed, struct store_peer *peer)
{
	start(timed);
	store_request_peer(timed->store, &timed->request, peer);
}

void timed_request_write(struct timed_request *timed, struct store_entry *entries, size_t count)
{
	start(timed);
	store_request_write(timed->store, &timed->request, entries, count);
}

void timed_request_forget(struct timed_request *timed)
{
	if (!timed->pending)
		return;
	timed->pending = false;
	loop_timer_stop(timed->loop, &timed->limit);
	store_forget(timed->store, &timed->request);
}

void timed_request_finish(struct timed_request *timed)
{
	while (timed->pending) {
		timed->ends_loop = true;
		loop_run(timed->loop);
		timed->ends_loop = false;
		if (timed->pending)
			give_up(timed, CLI_CANCELLED, "interrupted before it had answered");
	}
}
