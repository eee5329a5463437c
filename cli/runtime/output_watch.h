/* SPDX-License-Identifier: MIT */
/* Ends a run whose standard output is lost (output/standard_output.h). */
#pragma once

#include "runtime/loop.h"

struct output_watch {
	struct loop *loop;
	void (*lost)(void *ctx); /* called once, from the loop */
	void *ctx;

	/* Private. */
	struct loop_source source;
	struct loop_timer timer;
};

/* Set loop, lost and ctx first; everything else is zero. */
void output_watch_start(struct output_watch *watch);
void output_watch_stop(struct output_watch *watch);
