/* SPDX-License-Identifier: MIT */
/*
 * A request to the store with a time limit: a database across a network may never answer. It
 * completes once, by the store, by the limit (CLI_INTERNAL), or by timed_request_finish(); then it
 * can be started again. One that is no longer needed can be forgotten.
 */
#pragma once

#include "runtime/loop.h"
#include "store/store.h"

/* The limit. SMP lets a peer wait for 30 s (Vol 3 Part H 3.4). */
#define TIMED_REQUEST_US UINT64_C(10000000)

struct timed_request {
	struct store *store;
	struct loop *loop;
	/* Called perhaps before the function that starts it returns. failure NULL: it succeeded. */
	void (*done)(void *ctx, const struct failure *failure);
	void *ctx;
	bool pending; /* started, and not complete */

	/* Private. */
	bool ends_loop; /* timed_request_finish() runs the loop */
	struct store_request request;
	struct loop_timer limit;
};

/* Must not be pending. All pointers are borrowed until it is complete or forgotten. */
void timed_request_init(struct timed_request *timed, struct store *store, struct loop *loop,
			void (*done)(void *ctx, const struct failure *failure), void *ctx);

/* Start it: store_request_peer() and store_request_write(). */
void timed_request_peer(struct timed_request *timed, struct store_peer *peer);
void timed_request_write(struct timed_request *timed, struct store_entry *entries, size_t count);

/* done is not called any more. Does nothing if it is not pending. */
void timed_request_forget(struct timed_request *timed);

/*
 * Runs the loop until it is not pending, for the end of a process, when nothing else is in the
 * loop. loop_stop(), by a signal, fails it with CLI_CANCELLED. Requests that done starts are
 * waited for too.
 */
void timed_request_finish(struct timed_request *timed);
