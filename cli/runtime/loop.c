/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* One more: 0: none. Returns a descriptor, fd if that is one already, or -1 with errno. */
static int take_signals_from(int fd, int more)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT, 0};
	sigset_t set;

	(void)sigemptyset(&set);
	for (const int *number = signals; *number; number++)
		(void)sigaddset(&set, *number);
	if (more)
		(void)sigaddset(&set, more);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(fd, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int loop_watch_children(struct loop *loop)
{
	return take_signals_from(loop->signal_fd, SIGCHLD) < 0 ? -1 : 0;
}

int loop_init(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	loop->tail = &loop->sources;
	loop->signal_fd = take_signals_from(-1, 0);
	if (loop->signal_fd < 0)
		return -1;
	/* If the reader of our output goes away, the write fails, and not the process. */
	(void)signal(SIGPIPE, SIG_IGN);
	return 0;
}

void loop_close(struct loop *loop)
{
	close(loop->signal_fd);
	loop->signal_fd = -1;
}

/* ---- Sources: a list ------------------------------------------------------------------------- */

void loop_add(struct loop *loop, struct loop_source *source)
{
	if (source->link)
		return;
	source->count = 0;
	source->next = NULL;
	source->link = loop->tail;
	*loop->tail = source;
	loop->tail = &source->next;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	if (!source->link)
		return;
	if (loop->next_source == source)
		loop->next_source = source->next;
	*source->link = source->next;
	if (source->next)
		source->next->link = source->link;
	else
		loop->tail = source->link;
	source->link = NULL;
}

/* ---- Timers: a pairing heap ------------------------------------------------------------------ */

/* Puts a tree into a place. */
static void hang(struct loop_timer **place, struct loop_timer *timer)
{
	*place = timer;
	if (timer)
		timer->link = place;
}

/* Makes one tree of two without siblings: the later root becomes the first child of the other. */
static struct loop_timer *meld(struct loop_timer *a, struct loop_timer *b)
{
	struct loop_timer *late = a;

	if (!a || !b)
		return a ? a : b;
	if (a->at <= b->at) {
		late = b;
		b = a;
	}
	hang(&late->next, b->child);
	hang(&b->child, late);
	return b;
}

/* Makes one tree of siblings: melds pairs from the left, then the pairs from the right. */
static struct loop_timer *gather(struct loop_timer *first)
{
	struct loop_timer *pairs = NULL, *all = NULL;

	while (first) {
		struct loop_timer *second = first->next, *rest = second ? second->next : NULL;
		first->next = NULL;
		if (second)
			second->next = NULL;
		first = meld(first, second);
		first->next = pairs;
		pairs = first;
		first = rest;
	}
	while (pairs) {
		struct loop_timer *rest = pairs->next;
		pairs->next = NULL;
		all = meld(all, pairs);
		pairs = rest;
	}
	return all;
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer *orphans;

	if (!timer->at)
		return;
	timer->at = 0;
	hang(timer->link, timer->next);
	orphans = gather(timer->child);
	timer->child = timer->next = NULL;
	timer->link = NULL;
	hang(&loop->timers, meld(loop->timers, orphans));
}

void loop_timer_start_at(struct loop *loop, struct loop_timer *timer, uint64_t at)
{
	loop_timer_stop(loop, timer);
	timer->at = at > loop->fired ? at : loop->fired + 1;
	hang(&loop->timers, meld(loop->timers, timer));
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay)
{
	loop_timer_start_at(loop, timer, clock_now() + delay);
}

/* Those that are due now; a timer that they start fires after the descriptors are served. */
static void fire_timers(struct loop *loop)
{
	loop->fired = clock_now();
	while (!loop->stopped && loop->timers && loop->timers->at <= loop->fired) {
		struct loop_timer *timer = loop->timers;
		loop_timer_stop(loop, timer);
		timer->fire(timer->ctx);
	}
}

/* ---- Running --------------------------------------------------------------------------------- */

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (loop->on_signal)
			loop->on_signal(loop->signal_ctx, (int)info.ssi_signo);
}

/* A source that is added meanwhile has no descriptors yet: its count is 0. */
static void call_sources(struct loop *loop, const struct pollfd *fds)
{
	struct loop_source *source = loop->sources;

	for (; source && !loop->stopped; source = loop->next_source) {
		bool any = false;
		loop->next_source = source->next;
		for (size_t i = 0; i < source->count; i++)
			any |= fds[source->first + i].revents != 0;
		if (any)
			source->ready(source->ctx, fds + source->first, source->count);
	}
	loop->next_source = NULL;
}

void loop_run(struct loop *loop)
{
	while (!loop->stopped) {
		struct pollfd fds[LOOP_FDS];
		size_t count = 1;

		fds[0] = (struct pollfd){.fd = loop->signal_fd, .events = POLLIN};
		for (struct loop_source *s = loop->sources; s; s = s->next) {
			s->first = count;
			s->count = s->watch(s->ctx, fds + count, LOOP_FDS - count);
			count += s->count;
		}
		int ready = clock_wait(fds, count, loop->timers ? loop->timers->at : UINT64_MAX);
		if (ready < 0 && errno != EINTR)
			return;
		if (ready > 0) {
			if (fds[0].revents)
				take_signals(loop);
			call_sources(loop, fds);
		}
		fire_timers(loop);
	}
	loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
