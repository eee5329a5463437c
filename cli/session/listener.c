/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "session/listener.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"

/* How long a central may keep its link when no more sessions are wanted. */
#define LEAVE_US 1000000

/* ---- Slots ----------------------------------------------------------------------------------- */

/* How many slots are in that state. */
static size_t count_slots(const struct listener *l, enum listener_slot_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < LISTENER_LINKS; i++)
		count += l->slots[i].state == state;
	return count;
}

static bool is_unused(const struct listener *l)
{
	return count_slots(l, LISTENER_SLOT_FREE) == LISTENER_LINKS;
}

static struct listener_slot *free_slot(struct listener *l)
{
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		if (l->slots[i].state == LISTENER_SLOT_FREE)
			return &l->slots[i];
	return NULL;
}

static bool has_succeeded(const struct listener_slot *slot)
{
	return slot->state != LISTENER_SLOT_FREE && slot->session.state >= SESSION_SETTLED &&
	       slot->session.outcome.exit == CLI_OK;
}

unsigned listener_succeeded(const struct listener *l)
{
	unsigned count = 0;

	for (size_t i = 0; i < LISTENER_LINKS; i++)
		count += has_succeeded(&l->slots[i]);
	return count;
}

/* ---- Advertising ----------------------------------------------------------------------------- */

static void advertise(struct listener *l)
{
	const uint8_t flags = 0x06; /* general discoverable, no BR/EDR */
	const char *name = l->options->name;
	uint8_t ad[31], response[31];
	size_t len = 0, response_len = 0;

	l->state = LISTENER_ADVERTISING;
	l->announced = false;
	(void)hci_ad_put(ad, sizeof(ad), &len, HCI_AD_FLAGS, &flags, 1);
	(void)hci_ad_put(response, sizeof(response), &response_len, HCI_AD_NAME, name,
			 strlen(name));
	hci_gap_advertise(&l->controller.gap, l->controller.own.type, ad, len, response,
			  response_len);
	controller_flush(&l->controller);
}

/* For the next session, while nobody waits: beside other links each session makes its own. */
static void prepare_keypair(struct listener *l)
{
	if (l->state == LISTENER_ADVERTISING && is_unused(l) && !l->setup.keypair)
		session_setup_keypair(&l->setup, l->options);
}

static bool has_room(const struct listener *l)
{
	size_t used = LISTENER_LINKS - count_slots(l, LISTENER_SLOT_FREE);

	if (!used)
		return true;
	/* Our out-of-band data serve one pairing, and are renewed between two. */
	return used < LISTENER_LINKS && !l->setup.oob_own && !l->confused &&
	       !smp_attempts_crowded(&l->setup.attempts, clock_now()) &&
	       hci_gap_can_advertise_linked(&l->controller.gap);
}

static void emit_advertising(struct listener *l)
{
	event_emit(l->events,
		   json_pack("{s:s, s:o, s:s}", "event", "advertising", "own",
			     json_address(&l->controller.own.address), "name", l->options->name));
}

/* ---- What comes next ------------------------------------------------------------------------- */

static void finish(struct listener *l)
{
	l->state = LISTENER_OVER;
	controller_finish(&l->controller);
}

/* A link that has an outcome may stay for a moment, so that the central ends it. */
static void leave(struct listener_slot *slot)
{
	struct session *s = &slot->session;

	if (slot->state != LISTENER_SLOT_LINKED || slot->leave_at ||
	    hold_is_active(&slot->session.hold))
		return;
	slot->leave_at = clock_now() + LEAVE_US;
	if (s->state >= SESSION_SETTLED)
		return;
	session_cancel(s, CLI_CANCELLED);
	if (s->outcome.exit == CLI_CANCELLED)
		outcome_detail(&s->outcome, "as many devices as --count says have paired");
}

static void wind_down(struct listener *l)
{
	hci_gap_advertise_stop(&l->controller.gap);
	l->state = LISTENER_QUIET;
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		leave(&l->slots[i]);
}

/* After each change of the links. */
static void go_on(struct listener *l)
{
	bool ends = l->state == LISTENER_STOPPING;

	if (l->state == LISTENER_STARTING || l->state == LISTENER_OVER)
		return;
	if (!ends && !l->user->wants_more(l->ctx)) {
		wind_down(l);
		ends = true;
	}
	if (ends && is_unused(l))
		finish(l);
	else if (!ends && l->state == LISTENER_QUIET && has_room(l))
		advertise(l);
	prepare_keypair(l);
}

/* ---- Limits of a link ------------------------------------------------------------------------ */

static uint64_t due(const struct listener_slot *slot)
{
	const struct session *s = &slot->session;
	double limit = slot->listener->options->idle_timeout;
	uint64_t since = session_idle_since(s), at = UINT64_MAX;

	if (s->state >= SESSION_CLOSING)
		return UINT64_MAX;
	/* No packet arrives when the store has answered: the timer itself has to look again. */
	if (s->state == SESSION_LOADING)
		since = clock_now();
	if (limit > 0 && since != UINT64_MAX)
		at = since + (uint64_t)(limit * 1e6);
	if (slot->leave_at && slot->leave_at < at)
		at = slot->leave_at;
	return at;
}

static void set_limit(struct listener_slot *slot)
{
	struct loop *loop = slot->listener->controller.loop;
	uint64_t at = due(slot);

	if (at == UINT64_MAX)
		loop_timer_stop(loop, &slot->limit);
	else if (slot->limit.at != at)
		loop_timer_start_at(loop, &slot->limit, at);
}

static void limit_over(void *ctx)
{
	struct listener_slot *slot = ctx;
	struct listener *l = slot->listener;
	uint64_t now = clock_now();

	if (due(slot) > now) {
		/* The session did something meanwhile. */
	} else if (slot->leave_at && slot->leave_at <= now) {
		session_cancel(&slot->session, CLI_CANCELLED);
	} else {
		session_end_idle(&slot->session, l->options->idle_timeout);
	}
	set_limit(slot);
	controller_flush(&l->controller);
}

/* ---- The end of a session -------------------------------------------------------------------- */

/* The verdict comes before the result for programs, and after it for people. session: or NULL. */
static void explain(struct listener_slot *slot, const struct session *session)
{
	struct self_explain *self = &slot->listener->explain;
	FILE *text;

	self_explain_judge_link(self, slot->handle, &slot->events, session);
	text = open_memstream(&slot->explanation, &slot->explanation_len);
	if (!text)
		return;
	self_explain_print(self, text);
	(void)fclose(text);
}

static void print_explanation(struct listener_slot *slot)
{
	if (!slot->explanation)
		return;
	(void)fwrite(slot->explanation, 1, slot->explanation_len, stderr);
	bytes_wipe(slot->explanation, slot->explanation_len);
	free(slot->explanation);
	slot->explanation = NULL;
}

static void concluded(void *ctx)
{
	struct listener_slot *slot = ctx;
	struct listener *l = slot->listener;
	bool renewed = smp_spent_own_oob(&slot->session.smp);
	bool advertised = l->state == LISTENER_ADVERTISING && l->announced;

	print_explanation(slot);
	l->user->ended(l->ctx, &slot->session.outcome);
	session_wipe(&slot->session);
	slot->state = LISTENER_SLOT_FREE;
	if (renewed && l->state < LISTENER_STOPPING && l->user->wants_more(l->ctx))
		session_setup_emit_oob(&l->setup, &l->controller);
	go_on(l);
	/* Programs wait for it after each result, from the time of one central at a time. */
	if (advertised && l->state == LISTENER_ADVERTISING)
		emit_advertising(l);
}

static void closed(void *ctx)
{
	struct listener_slot *slot = ctx;
	struct listener *l = slot->listener;

	slot->state = LISTENER_SLOT_CONCLUDING;
	loop_timer_stop(l->controller.loop, &slot->limit);
	if (l->state == LISTENER_FULL)
		l->state = LISTENER_QUIET;
	session_setup_renew(&l->setup, &slot->session);
	explain(slot, &slot->session);
	session_conclude(&slot->session, concluded, slot);
}

/* The command of --while-connected has ended: nothing else keeps the link up. */
static void released(void *ctx)
{
	struct listener_slot *slot = ctx;
	struct listener *l = slot->listener;

	slot->session.progress = clock_now();
	go_on(l);
	set_limit(slot);
	controller_flush(&l->controller);
}

/* ---- Links ----------------------------------------------------------------------------------- */

static void open_session(struct listener *l, struct listener_slot *slot, struct hci_link *link)
{
	slot->state = LISTENER_SLOT_LINKED;
	slot->handle = link->handle;
	slot->leave_at = 0;
	slot->limit = (struct loop_timer){.fire = limit_over, .ctx = slot};
	slot->events = *l->events;
	slot->events.session = ++l->sessions;
	slot->events.peer = session_peer;
	slot->events.peer_ctx = &slot->session;
	link->user = slot;
	l->setup.events = &slot->events;
	l->setup.ctx = slot;
	session_open(&slot->session, &l->controller, link, &l->setup);
	/* It serves one pairing (Vol 3 Part H 2.3.6). */
	l->setup.keypair = NULL;
}

/* Its links cannot be distinguished, but it can have one at a time: once, it is reset. */
static void on_confusion(struct listener *l, const char *text)
{
	if (l->confused || l->state >= LISTENER_STOPPING) {
		controller_fail(&l->controller, CLI_CONTROLLER_FAILED, text);
		return;
	}
	l->confused = true;
	l->state = LISTENER_STARTING;
	controller_sick(&l->controller, text);
}

static void on_connected(struct listener *l, struct hci_link *link)
{
	struct listener_slot *slot = free_slot(l);

	if (l->state != LISTENER_ADVERTISING || link->central || !slot) {
		hci_gap_disconnect(&l->controller.gap, link, HCI_REMOTE_USER_TERMINATED);
		return;
	}
	l->state = LISTENER_QUIET;
	open_session(l, slot, link);
	go_on(l);
}

static void on_advertising(struct listener *l)
{
	/* FULL: a command before it was refused, and this one not. */
	l->state = LISTENER_ADVERTISING;
	l->announced = true;
	emit_advertising(l);
}

static void on_refused(struct listener *l, const struct hci_gap_event *h)
{
	if (is_unused(l)) {
		outcome_command_failed(&l->outcome, h->opcode, h->status);
		finish(l);
	} else if (l->state == LISTENER_ADVERTISING) {
		event_note(l->events, 1,
			   "the controller has no room for another link: %s (0x%02x); it "
			   "advertises again when a link ends",
			   hci_error_name(h->status), h->status);
		l->state = LISTENER_FULL;
	}
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct listener *l = ctx;
	struct listener_slot *slot = h->link ? h->link->user : NULL;

	(void)input;
	if (h->kind == HCI_GAP_ADVERTISING)
		on_advertising(l);
	else if (h->kind == HCI_GAP_CONNECTED && h->link)
		on_connected(l, h->link);
	else if (h->kind == HCI_GAP_FAILED)
		on_refused(l, h);
	else if (h->kind == HCI_GAP_BROKEN)
		on_confusion(l, h->text);
	else if (slot)
		session_on_gap_event(&slot->session, h);
	/* There is room, also after a link that had no session. */
	if (h->kind == HCI_GAP_DISCONNECTED) {
		if (l->state == LISTENER_FULL)
			l->state = LISTENER_QUIET;
		go_on(l);
	}
}

/* ---- Callbacks of the controller ------------------------------------------------------------- */

/* What the terminal shows while nothing happens: of several links, what the first one waits for. */
static bool describe(void *ctx, struct progress_step *step)
{
	const struct listener *l = ctx;

	for (size_t i = 0; i < LISTENER_LINKS; i++)
		if (l->slots[i].state == LISTENER_SLOT_LINKED &&
		    session_phase(&l->slots[i].session, step))
			return true;
	*step = (struct progress_step){"waiting for a central", l->runtime.time_limit.at};
	return l->state == LISTENER_ADVERTISING;
}

static void up(void *ctx)
{
	struct listener *l = ctx;

	l->state = LISTENER_QUIET;
	l->progress.describe = describe;
	l->progress.ctx = l;
	if (!l->progress.loop)
		progress_start(&l->progress, l->controller.loop, l->controller.owner->console,
			       l->events);
	if (l->setup.hook)
		hook_watch(l->setup.hook, l->controller.loop);
	if (!l->sessions)
		session_setup_emit_oob(&l->setup, &l->controller);
	go_on(l);
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	struct listener_slot *slot = link->user;

	(void)ctx;
	if (slot)
		session_data(&slot->session, link, pb, octets, len);
}

static void on_idle(void *ctx)
{
	struct listener *l = ctx;

	/* A session may have succeeded, so that no more is wanted. */
	if (l->state < LISTENER_STOPPING)
		go_on(l);
	for (size_t i = 0; i < LISTENER_LINKS; i++) {
		struct listener_slot *slot = &l->slots[i];
		if (slot->state != LISTENER_SLOT_LINKED)
			continue;
		session_idle(&slot->session);
		set_limit(slot);
	}
}

/* A result that is final is kept; the others have become the failure of the controller. */
static void abandon(struct listener_slot *slot, enum cli_exit code, const char *text)
{
	struct listener *l = slot->listener;

	loop_timer_stop(l->controller.loop, &slot->limit);
	session_abandon(&slot->session);
	if (session_result_is_final(&slot->session)) {
		event_note(&slot->events, 0, "after the result: %s", text);
		closed(slot);
	} else {
		if (code == CLI_CONTROLLER_FAILED) {
			self_explain_controller_failed(&l->explain, text);
			explain(slot, NULL);
		}
		slot->state = LISTENER_SLOT_FREE;
	}
}

/* After on_confusion(): its links are lost. */
static void lose(struct listener_slot *slot, const char *text)
{
	struct session *s = &slot->session;

	session_abandon(s);
	if (!session_result_is_final(s))
		outcome_fail(&s->outcome, CLI_CONTROLLER_FAILED, "%s", text);
	closed(slot);
}

static enum remedy sick(void *ctx, const char *text)
{
	struct listener *l = ctx;

	if (l->state != LISTENER_STARTING)
		return REMEDY_NONE;
	event_note(l->events, 0, "%s: it is reset, and takes one link at a time from now on", text);
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		if (l->slots[i].state == LISTENER_SLOT_LINKED)
			lose(&l->slots[i], text);
	return REMEDY_RESET;
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct listener *l = ctx;

	l->state = LISTENER_OVER;
	outcome_fail(&l->outcome, code, "%s", text);
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		if (l->slots[i].state == LISTENER_SLOT_LINKED)
			abandon(&l->slots[i], code, text);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	self_explain_packet(&((struct listener *)ctx)->explain, received, octets, len);
}

static void stop(struct listener *l, enum cli_exit why)
{
	if (l->state >= LISTENER_STOPPING)
		return;
	l->stopped = why;
	hci_gap_advertise_stop(&l->controller.gap);
	l->state = LISTENER_STOPPING;
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		if (l->slots[i].state == LISTENER_SLOT_LINKED)
			session_cancel(&l->slots[i].session, why);
	go_on(l);
}

static void interrupted(void *ctx)
{
	stop(ctx, CLI_CANCELLED);
}

static void time_over(void *ctx)
{
	stop(ctx, CLI_TIMED_OUT);
}

/* ---------------------------------------------------------------------------------------------- */

enum cli_exit listener_init(struct listener *l, const struct options *options,
			    struct event_output *events, const struct listener_user *user,
			    void *ctx)
{
	enum cli_exit code;

	l->options = options;
	l->events = events;
	l->user = user;
	l->ctx = ctx;
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		l->slots[i].listener = l;
	code = session_setup_init(&l->setup, options, events, SESSION_PAIR, closed, NULL);
	l->setup.released = released;
	if (code == CLI_OK)
		self_explain_init(&l->explain, options);
	return code;
}

void listener_run(struct listener *l, struct store *store)
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .failed = failed,
						    .sick = sick,
						    .packet = packet,
						    .interrupted = interrupted,
						    .time_over = time_over};
	const struct controller_setup setup = {.user = &user, .ctx = l};

	(void)runtime_run_controller(&l->runtime, &l->controller, l->options, l->events, store,
				     setup);
	progress_stop(&l->progress);
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		session_finish(&l->slots[i].session);
}

void listener_explain_end(struct listener *l)
{
	for (size_t i = 0; i < LISTENER_LINKS; i++)
		print_explanation(&l->slots[i]);
}

void listener_close(struct listener *l)
{
	runtime_close(&l->runtime);
	self_explain_wipe(&l->explain);
	bytes_wipe(l, offsetof(struct listener, controller));
}
