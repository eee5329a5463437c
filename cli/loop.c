/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
	sigset_t set;

	memset(loop, 0, sizeof(*loop));
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	loop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* A reader of our output that goes away is an error of that write, not of the process. */
	(void)signal(SIGPIPE, SIG_IGN);
	return loop->signal_fd < 0 ? -1 : 0;
}

void loop_close(struct loop *loop)
{
	close(loop->signal_fd);
	loop->signal_fd = -1;
}

void loop_clear(struct loop *loop)
{
	memset(loop->sources, 0, sizeof(loop->sources));
	memset(loop->timers, 0, sizeof(loop->timers));
	loop->stopped = false;
}

void loop_add(struct loop *loop, struct loop_source *source)
{
	for (size_t i = 0; i < LOOP_SOURCES; i++) {
		if (!loop->sources[i]) {
			loop->sources[i] = source;
			return;
		}
	}
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	for (size_t i = 0; i < LOOP_SOURCES; i++)
		if (loop->sources[i] == source)
			loop->sources[i] = NULL;
}

void loop_timer_start_at(struct loop *loop, struct loop_timer *timer, uint64_t at)
{
	size_t free_place = LOOP_TIMERS;

	timer->at = at ? at : 1;
	for (size_t i = 0; i < LOOP_TIMERS; i++) {
		if (loop->timers[i] == timer)
			return;
		if (!loop->timers[i])
			free_place = i;
	}
	if (free_place < LOOP_TIMERS)
		loop->timers[free_place] = timer;
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay)
{
	loop_timer_start_at(loop, timer, loop_now() + delay);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	timer->at = 0;
	for (size_t i = 0; i < LOOP_TIMERS; i++)
		if (loop->timers[i] == timer)
			loop->timers[i] = NULL;
}

static void fire_timers(struct loop *loop)
{
	uint64_t now = loop_now();

	for (size_t i = 0; i < LOOP_TIMERS && !loop->stopped; i++) {
		struct loop_timer *timer = loop->timers[i];
		if (!timer || timer->at > now)
			continue;
		loop_timer_stop(loop, timer);
		timer->fire(timer->ctx);
	}
}

static uint64_t next_timer(const struct loop *loop)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < LOOP_TIMERS; i++)
		if (loop->timers[i] && loop->timers[i]->at < next)
			next = loop->timers[i]->at;
	return next;
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (loop->on_signal)
			loop->on_signal(loop->signal_ctx, (int)info.ssi_signo);
}

void loop_run(struct loop *loop)
{
	while (!loop->stopped) {
		struct pollfd fds[LOOP_FDS] = {{.fd = loop->signal_fd, .events = POLLIN}};
		size_t first[LOOP_SOURCES], many[LOOP_SOURCES], count = 1;

		for (size_t i = 0; i < LOOP_SOURCES; i++) {
			struct loop_source *source = loop->sources[i];
			first[i] = count;
			many[i] = source ? source->watch(source->ctx, fds + count, LOOP_FDS - count)
					 : 0;
			count += many[i];
		}
		int ready = loop_wait(fds, count, next_timer(loop));
		if (ready < 0 && errno != EINTR)
			return;
		if (fds[0].revents && ready > 0)
			take_signals(loop);
		for (size_t i = 0; ready > 0 && i < LOOP_SOURCES && !loop->stopped; i++) {
			bool any = false;
			for (size_t k = 0; k < many[i]; k++)
				any |= fds[first[i] + k].revents != 0;
			if (any && loop->sources[i])
				loop->sources[i]->ready(loop->sources[i]->ctx, fds + first[i],
							many[i]);
		}
		fire_timers(loop);
	}
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
