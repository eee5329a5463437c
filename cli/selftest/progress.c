/* SPDX-License-Identifier: MIT */
/* What every step does: it waits, calls, ends, and leaves its controllers ready for the next. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "selftest/internal.h"

struct selftest_controller *selftest_on(struct selftest *t)
{
	return &t->controllers[t->step->on];
}

struct selftest_controller *selftest_with(struct selftest *t)
{
	return t->step->with == SELFTEST_NOBODY ? NULL : &t->controllers[t->step->with];
}

void selftest_go_on(struct selftest *t)
{
	loop_timer_start(&t->runtime.loop, &t->go_on, 0);
}

void selftest_limit(struct selftest *t, uint64_t microseconds)
{
	loop_timer_start(&t->runtime.loop, &t->limit, microseconds);
}

static void end(struct selftest *t, enum selftest_verdict verdict, const char *format,
		va_list arguments) __attribute__((format(printf, 3, 0)));

static void end(struct selftest *t, enum selftest_verdict verdict, const char *format,
		va_list arguments)
{
	struct selftest_step *step = t->step;

	(void)vsnprintf(step->text, sizeof(step->text), format, arguments);
	step->verdict = verdict;
	t->step = NULL;
	t->repeats = false;
	loop_timer_stop(&t->runtime.loop, &t->limit);
	event_emit(t->events, selftest_step_event(t, step));
	selftest_go_on(t);
}

void selftest_end(struct selftest *t, enum selftest_verdict verdict, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	end(t, verdict, format, arguments);
	va_end(arguments);
}

void selftest_fail(struct selftest *t, const char *format, ...)
{
	struct selftest_controller *on = selftest_on(t), *with = selftest_with(t);
	va_list arguments;

	va_start(arguments, format);
	end(t, SELFTEST_FAILED, format, arguments);
	va_end(arguments);
	selftest_recover(on);
	if (with)
		selftest_recover(with);
}

void selftest_unlink(struct selftest_controller *c)
{
	if (c->link == SELFTEST_LINKED)
		session_abandon(&c->session);
	c->link = SELFTEST_UNLINKED;
}

void selftest_recover(struct selftest_controller *c)
{
	selftest_unlink(c);
	if (c->state != SELFTEST_UP)
		return;
	c->state = SELFTEST_COMING_UP;
	if (c->controller.state != CONTROLLER_UP)
		return; /* sick() or failed() follows */
	c->reset_wanted = true;
	controller_sick(&c->controller, "it is reset");
}

void selftest_give_up(struct selftest_controller *c, const char *text)
{
	selftest_unlink(c);
	c->state = SELFTEST_GONE;
	(void)failure_set(&c->failure, CLI_CONTROLLER_FAILED, "%s", text);
	controller_finish(&c->controller);
}

void selftest_repeat(struct selftest *t)
{
	t->repeats = true;
	loop_timer_stop(&t->runtime.loop, &t->limit);
	selftest_go_on(t);
}

/* ---- Links ----------------------------------------------------------------------------------- */

void selftest_prepare(struct selftest_controller *c, void (*closed)(void *ctx))
{
	bytes_wipe(&c->session, sizeof(c->session));
	c->link = SELFTEST_UNLINKED;
	c->options = *c->test->options;
	c->setup = (struct session_setup){
		.intent = SESSION_PAIR_ANEW,
		.unattended = true,
		.options = &c->options,
		.events = &c->events,
		.failures_loaded = true, /* there is no store */
		.closed = closed,
		.ctx = c,
	};
}

void selftest_call(struct selftest_controller *c, const struct crypto_address *peer,
		   struct hci_phy_seen phy)
{
	const struct options *o = c->test->options;
	struct hci_connect connect = {
		.own_type = c->controller.own.type,
		.peer_type = peer->type,
		.parameters = {o->interval_min, o->interval_max, o->latency, o->supervision},
		.phy = phy,
		.tries = 1, /* the peripheral has to advertise again */
	};

	memcpy(connect.peer, peer->octets, sizeof(connect.peer));
	c->test->step->attempts++;
	c->setup.started = clock_now();
	hci_gap_connect(&c->controller.gap, &connect);
	controller_flush(&c->controller);
}

void selftest_link_up(struct selftest_controller *c, struct hci_link *link)
{
	c->link = SELFTEST_LINKED;
	session_open(&c->session, &c->controller, link, &c->setup);
	/* It serves one pairing (Vol 3 Part H 2.3.6). */
	c->setup.keypair = NULL;
}

bool selftest_not_established(const struct selftest_controller *c)
{
	const struct outcome *o = &c->session.outcome;

	return c->link == SELFTEST_CLOSED && o->exit == CLI_CONNECTION_FAILED &&
	       o->reason_code == HCI_FAILED_TO_ESTABLISH;
}

void selftest_take_times(struct selftest_step *step, const struct session *s)
{
	if (s->connected && s->started)
		step->connect_ms = (double)(s->connected - s->started) / 1e3;
	if (s->paired)
		step->pair_ms = (double)(s->paired - s->connected) / 1e3;
}
