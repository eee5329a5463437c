/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "runtime/controller.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_fields.h"
#include "base/privilege.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "output/maker_text.h"

static const enum cli_exit exits[] = {
	[HCI_FAILURE_NONE] = CLI_INTERNAL,
	[HCI_FAILURE_SPEC] = CLI_USAGE,
	[HCI_FAILURE_NOT_FOUND] = CLI_NO_CONTROLLER,
	[HCI_FAILURE_IN_USE] = CLI_CONTROLLER_BUSY,
	[HCI_FAILURE_BUSY] = CLI_CONTROLLER_BUSY,
	[HCI_FAILURE_BLOCKED] = CLI_CONTROLLER_BLOCKED,
	[HCI_FAILURE_PERMISSION] = CLI_PERMISSION,
	[HCI_FAILURE_GONE] = CLI_CONTROLLER_FAILED,
	[HCI_FAILURE_PROTOCOL] = CLI_CONTROLLER_FAILED,
};

static void enter(struct controller *c, enum controller_state state)
{
	enum controller_state from = c->state;

	c->state = state;
	if (state == CONTROLLER_SICK || state == CONTROLLER_LOST || state == CONTROLLER_ENDING)
		loop_timer_start(c->loop, &c->deferred, 0);
	if (from == CONTROLLER_OPENING)
		c->owner->settled(c->owner->ctx, c);
}

void controller_fail(struct controller *c, enum cli_exit code, const char *text)
{
	if (c->state >= CONTROLLER_ENDING)
		return;
	/* Once its use is over, a controller that disappears is hardly news. */
	if (c->state == CONTROLLER_RESETTING) {
		c->failure.exit = CLI_OK;
		event_note(c->events, 1, "at the end: %s", text);
	} else
		(void)failure_set(&c->failure, code, "%s", text);
	enter(c, CONTROLLER_ENDING);
}

/* True if it was in use, and may be so again. */
static bool may_return(const struct controller *c)
{
	return c->user->lost && c->recovery.placed && c->recovery.limit &&
	       c->state < CONTROLLER_RESETTING;
}

/* REMEDY_NONE: during an interruption, the one after that which did not help. */
static void lose(struct controller *c, enum remedy remedy, const char *text)
{
	if (c->state == CONTROLLER_LOST)
		return;
	(void)failure_set(&c->failure, CLI_CONTROLLER_FAILED, "%s", text);
	c->remedy = remedy;
	enter(c, CONTROLLER_LOST);
}

/* It cannot be used any more as it is: pulled out, or what it sends makes no sense. */
static void transport_failed(struct controller *c, const struct hci_failure *failure)
{
	const bool hangs = failure->kind == HCI_FAILURE_PROTOCOL && *c->recovery.place.port;

	if (may_return(c))
		lose(c, hangs ? REMEDY_USB_RESET : REMEDY_RETURN, failure->text);
	else if (failure->kind == HCI_FAILURE_GONE && c->state == CONTROLLER_BRINGING_UP &&
		 hci_bringup_restarts(&c->bringup))
		controller_fail(c, CLI_CONTROLLER_FAILED,
				"the controller has left its bus to restart with the address of "
				"--set-address: run the same command again");
	else
		controller_fail(c, exits[failure->kind], failure->text);
}

/* After an interruption, the next remedy may help. */
static void bringup_failed(struct controller *c, enum cli_exit code, const char *text)
{
	if (c->recovery.since && may_return(c))
		lose(c, REMEDY_NONE, text);
	else
		controller_fail(c, code, text);
}

void controller_sick(struct controller *c, const char *text)
{
	if (c->state == CONTROLLER_BRINGING_UP || c->state == CONTROLLER_LOADING) {
		bringup_failed(c, CLI_CONTROLLER_FAILED, text);
		return;
	}
	if (c->state != CONTROLLER_UP || !c->user->sick) {
		controller_fail(c, CLI_CONTROLLER_FAILED, text);
		return;
	}
	(void)failure_set(&c->failure, CLI_CONTROLLER_FAILED, "%s", text);
	enter(c, CONTROLLER_SICK);
}

static void record(struct controller *c, bool received, const uint8_t *packet, size_t len)
{
	struct hci_failure failure;

	if (c->user->packet)
		c->user->packet(c->ctx, received, packet, len);
	if (c->capture.fd == -1)
		return;
	if (!file_has_room(c->capture.fd))
		(void)hci_failure_set(&failure, HCI_FAILURE_GONE, "cannot write %s: %s",
				      c->capture_path, file_error(ETIMEDOUT));
	else if (!hci_btsnoop_write(&c->capture, received, clock_wall(), packet, len, &failure))
		return;
	event_note(c->events, 0, "%s; the capture ends here", failure.text);
	file_note_incomplete(c->capture_path);
	hci_btsnoop_close(&c->capture);
}

/* Limits to the waits for the controller. */
static void start_timers(struct controller *c)
{
	if (hci_host_deadline(&c->host) == UINT64_MAX)
		loop_timer_stop(c->loop, &c->command_timer);
	else
		loop_timer_start_at(c->loop, &c->command_timer, hci_host_deadline(&c->host));
	if (!c->gap.cancelling || c->state != CONTROLLER_UP)
		loop_timer_stop(c->loop, &c->cancel_timer);
	else if (!c->cancel_timer.at)
		loop_timer_start(c->loop, &c->cancel_timer, HCI_CANCEL_LIMIT_US);
}

static void cancel_overdue(void *ctx)
{
	controller_sick(ctx, "the controller did not report LE Connection Complete within 4 s "
			     "after LE Create Connection Cancel (0x200e)");
}

/* Whether its transport takes packets. */
static bool may_send(const struct controller *c)
{
	return c->state < CONTROLLER_ENDING && c->state != CONTROLLER_OPENING &&
	       c->state != CONTROLLER_LOST && c->state != CONTROLLER_AWAY;
}

void controller_flush(struct controller *c)
{
	uint8_t packet[HCI_PACKET_MAX];
	struct hci_failure failure;
	size_t len, used = 0;

	while (may_send(c) && (len = hci_host_output(&c->host, clock_now(), packet))) {
		used = len > used ? len : used;
		record(c, false, packet, len);
		if (c->transport->ops->send(c->transport, packet, len, &failure))
			transport_failed(c, &failure);
	}
	bytes_wipe(packet, used);
	if (may_send(c)) /* else no answer is due */
		start_timers(c);
}

/*
 * A controller that hangs while it scans looks like one that hears no device, unless a command is
 * due. Only users that can do something about it ask.
 */
#define QUIET_US 10000000

static void watch_silence(struct controller *c)
{
	if (c->user->lost && c->recovery.limit)
		loop_timer_start_at(c->loop, &c->quiet_timer, c->heard + QUIET_US);
}

static void is_it_there(void *ctx)
{
	struct controller *c = ctx;

	if (c->state != CONTROLLER_UP)
		return;
	if (clock_now() - c->heard >= QUIET_US) {
		c->heard = clock_now();
		if (hci_host_deadline(&c->host) == UINT64_MAX)
			(void)hci_host_command(&c->host, HCI_READ_LOCAL_VERSION, NULL, 0);
	}
	watch_silence(c);
	controller_flush(c);
}

static void bringup_went(struct controller *c, enum hci_bringup_state progress);
static void loading_went(struct controller *c, enum loading_progress progress);

static void command_overdue(void *ctx)
{
	struct controller *c = ctx;
	struct hci_input input;

	if (hci_host_expired(&c->host, clock_now(), &input)) {
		if (c->state == CONTROLLER_UP || c->state == CONTROLLER_RESETTING)
			controller_sick(c, input.note);
		else if (c->state == CONTROLLER_BRINGING_UP)
			bringup_went(c, hci_bringup_overdue(&c->bringup, &c->host));
		else if (c->state == CONTROLLER_LOADING)
			loading_went(c, loading_overdue(&c->loading, input.note));
	}
	controller_flush(c);
}

static void show_bringup_notes(struct controller *c)
{
	for (size_t i = 0; i < c->bringup.note_count; i++)
		event_note(c->events, 1, "bring-up: %s", c->bringup.notes[i]);
}

/* Reports what is known of the controller; without -v, only what a person can change. */
static void show_limits(struct controller *c)
{
	const struct hci_maker *maker = c->bringup.controller.maker;
	char text[FAILURE_TEXT];

	if (!maker || maker->readiness != HCI_LIMITED)
		return;
	maker_text(maker, c->spec, text, sizeof(text));
	event_note(c->events, maker->remedy == HCI_REMEDY_NONE, "%s", text);
}

static const char *who_has(void *ctx, const struct crypto_address *identity)
{
	const struct controller *me = ctx;

	for (const struct controller *c = *me->owner->controllers; c; c = c->next)
		if (c != me && c->own.chosen && address_equal(&c->own.identity, identity))
			return c->spec;
	return NULL;
}

static void came_up(struct controller *c)
{
	const struct own_others others = {who_has, c};
	const struct hci_controller_info *controller = &c->bringup.controller;
	const char *company = hci_company_name(controller->manufacturer);
	char manufacturer[48];
	struct failure failure;

	loading_forget(&c->loading);
	show_bringup_notes(c);
	show_limits(c);
	hci_gap_init(&c->gap, &c->host, controller);
	if (c->options->phys && !hci_gap_limit_phys(&c->gap, (uint8_t)c->options->phys)) {
		controller_fail(c, CLI_NO_CONTROLLER,
				"the controller cannot find devices on LE Coded PHY, which --phy "
				"demands: leave it out, or use another controller");
		return;
	}
	if (own_identity_choose(&c->own, c->options, c->be_known_to_peer, controller, &others,
				c->store, c->events, &failure)) {
		controller_fail(c, failure.exit, failure.text);
		return;
	}
	if (c->own.type == HCI_OWN_RANDOM)
		hci_gap_set_random_address(&c->gap, c->own.address.octets);
	enter(c, CONTROLLER_UP);
	recovery_place(&c->recovery, c->transport);
	recovery_done(&c->recovery);
	watch_silence(c);
	(void)snprintf(manufacturer, sizeof(manufacturer), "%s (%u)", company ? company : "company",
		       controller->manufacturer);
	event_emit(c->events, json_pack("{s:s, s:o, s:s, s:s, s:i, s:i}", "event", "controller",
					"own", json_address(&c->own.address), "version",
					hci_version_name(controller->hci_version), "manufacturer",
					manufacturer, "acl_length", controller->acl_length,
					"acl_count", controller->acl_count));
	c->user->up(c->ctx);
}

static void bringup_went(struct controller *c, enum hci_bringup_state progress)
{
	switch (progress) {
	case HCI_BRINGUP_RUNNING:
		return;
	case HCI_BRINGUP_DONE:
		came_up(c);
		return;
	case HCI_BRINGUP_FAILED:
		show_bringup_notes(c); /* what was skipped may be the reason */
		bringup_failed(c, CLI_NO_CONTROLLER, c->bringup.failure);
		return;
	case HCI_BRINGUP_NO_FIRMWARE:
		enter(c, CONTROLLER_LOADING);
		loading_went(c, loading_begin(&c->loading, &c->host, &c->bringup.controller,
					      c->spec, c->events));
		return;
	}
}

static void start_bringup(struct controller *c)
{
	enter(c, CONTROLLER_BRINGING_UP);
	c->early_count = 0;
	hci_host_drop(&c->host); /* of before a reset: not to be sent, and to be wiped */
	hci_host_init(&c->host);
	hci_bringup_start(&c->bringup, &c->host, &c->transport->usb);
	if (c->options->has_set_address)
		hci_bringup_set_address(&c->bringup, c->options->set_address.octets);
}

static void loading_went(struct controller *c, enum loading_progress progress)
{
	switch (progress) {
	case LOADING_RUNNING:
		return;
	case LOADING_DONE:
		start_bringup(c);
		return;
	case LOADING_FAILED:
		bringup_failed(c, CLI_NO_CONTROLLER, c->loading.text);
		return;
	}
}

/* ---- Received packets ------------------------------------------------------------------------ */

#define EARLY_US 100000

static void forget_early(void *ctx)
{
	struct controller *c = ctx;

	if (c->early_count)
		event_note(c->events, 1, "data for handle %u, which is not a link",
			   c->early[0].handle);
	c->early_count = 0;
}

static void on_data(struct controller *c, const struct hci_input *input)
{
	struct hci_link *link = hci_gap_link(&c->gap, input->handle);

	if (c->state != CONTROLLER_UP || !c->user->data)
		return;
	if (link) {
		c->user->data(c->ctx, link, input->pb, input->data, input->len);
		return;
	}
	if (c->early_count == CONTROLLER_EARLY || input->len > HCI_ACL_DATA_MAX)
		return;
	size_t i = c->early_count++;
	c->early[i].handle = input->handle;
	c->early[i].pb = input->pb;
	c->early[i].len = input->len;
	memcpy(c->early[i].data, input->data, input->len);
	loop_timer_start(c->loop, &c->early_timer, EARLY_US);
}

static void deliver_early(struct controller *c, struct hci_link *link)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->early_count; i++) {
		if (c->early[i].handle == link->handle)
			c->user->data(c->ctx, link, c->early[i].pb, c->early[i].data,
				      c->early[i].len);
		else
			c->early[kept++] = c->early[i];
	}
	c->early_count = kept;
}

static void on_gap_event(struct controller *c, const struct hci_gap_event *event,
			 const struct hci_input *input)
{
	if (event->kind == HCI_GAP_NOTE && event->text)
		event_note(c->events, 1, "%s", event->text);
	else if (event->kind == HCI_GAP_NOTE)
		event_note(c->events, 1, "%s: %s (0x%02x)",
			   event->opcode ? hci_command_name(event->opcode) : "connection",
			   hci_error_name(event->status), event->status);
	else if (event->kind != HCI_GAP_NOTHING && c->user->on_gap_event)
		c->user->on_gap_event(c->ctx, event, input);
	/* Unless the user has reset it. */
	if (event->kind == HCI_GAP_BROKEN && c->state == CONTROLLER_UP)
		controller_sick(c, event->text);
	if (event->kind == HCI_GAP_CONNECTED && c->early_count && c->user->data)
		deliver_early(c, event->link);
}

static void on_input(struct controller *c, const struct hci_input *input)
{
	struct hci_gap_event event;

	if (*input->note && input->kind != HCI_IN_FATAL)
		event_note(c->events, 1, "%s", input->note);
	switch (input->kind) {
	case HCI_IN_FATAL:
		controller_sick(c, input->note);
		return;
	case HCI_IN_ACL:
		on_data(c, input);
		return;
	case HCI_IN_COMMAND:
	case HCI_IN_EVENT:
		break;
	case HCI_IN_NOTHING:
	case HCI_IN_NOTE:
		return;
	}
	if (c->state == CONTROLLER_UP) {
		hci_gap_input(&c->gap, input, &event);
		on_gap_event(c, &event, input);
	} else if (c->state == CONTROLLER_BRINGING_UP) {
		bringup_went(c, hci_bringup_input(&c->bringup, &c->host, input));
	} else if (c->state == CONTROLLER_LOADING) {
		loading_went(c, loading_input(&c->loading, &c->host, input));
	} else if (input->opcode == HCI_RESET) {
		enter(c, CONTROLLER_ENDING);
	}
}

/* In the other states packets wait in the transport: until all controllers of the run are open. */
static bool takes_packets(const struct controller *c)
{
	return c->state == CONTROLLER_BRINGING_UP || c->state == CONTROLLER_LOADING ||
	       c->state == CONTROLLER_UP || c->state == CONTROLLER_RESETTING;
}

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	struct controller *c = ctx;

	if (max < HCI_TRANSPORT_FDS || c->state == CONTROLLER_OPEN)
		return 0;
	return c->transport->ops->watch(c->transport, fds);
}

static void take_packets(struct controller *c)
{
	uint8_t packet[HCI_PACKET_MAX];
	struct hci_failure failure;
	struct hci_input input;
	size_t used = 0;
	int len = 0;

	while (takes_packets(c) &&
	       (len = c->transport->ops->receive(c->transport, packet, &failure)) > 0) {
		c->heard = clock_now();
		used = (size_t)len > used ? (size_t)len : used;
		record(c, true, packet, (size_t)len);
		hci_host_input(&c->host, packet, (size_t)len, &input);
		on_input(c, &input);
	}
	bytes_wipe(packet, used);
	if (len < 0) {
		transport_failed(c, &failure);
		return;
	}
	controller_flush(c);
	if (c->state == CONTROLLER_UP && c->user->on_idle) {
		c->user->on_idle(c->ctx);
		controller_flush(c);
	}
}

static void show_note(struct controller *c)
{
	if (*c->transport->note)
		event_note(c->events, 0, "%s", c->transport->note);
	c->transport->note[0] = '\0';
}

static void refused(struct controller *c, const struct hci_failure *failure);

static void opened(struct controller *c)
{
	loop_timer_stop(c->loop, &c->timeout);
	enter(c, CONTROLLER_OPEN);
}

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct controller *c = ctx;
	struct hci_failure failure;
	int status = c->transport->ops->ready(c->transport, fds, count, &failure);

	show_note(c);
	if (c->state == CONTROLLER_RELEASING) {
		if (c->transport->phase == HCI_PHASE_RELEASED)
			controller_close(c);
		return;
	}
	if (c->state == CONTROLLER_OPENING) {
		if (status)
			refused(c, &failure);
		else if (c->transport->phase == HCI_PHASE_OPEN)
			opened(c);
	} else if (status) {
		transport_failed(c, &failure);
	}
	if (takes_packets(c))
		take_packets(c);
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* The kernel sets up a controller, or powers one off, in two or three. */
#define OPEN_LIMIT_US 6000000

static void bring_up(struct controller *c)
{
	struct failure failure;

	start_bringup(c);
	controller_flush(c);
	/* While the controller resets: a store that cannot be used is reported before any peer is
	 * called. */
	if (store_open(c->store, &failure))
		controller_fail(c, failure.exit, failure.text);
}

void controller_start(struct controller *c)
{
	if (c->state == CONTROLLER_OPEN)
		bring_up(c);
}

static void open_transport(struct controller *c, const char *spec)
{
	struct hci_failure failure;

	c->transport = hci_transport_open(spec, &c->access, &failure);
	if (!c->transport) {
		refused(c, &failure);
		return;
	}
	show_note(c);
	loop_add(c->loop, &c->source);
	if (c->transport->phase == HCI_PHASE_OPEN)
		opened(c);
	else
		loop_timer_start(c->loop, &c->timeout, OPEN_LIMIT_US);
}

/* It is in use: only a person at a terminal, or --take, may allow to take it. */
static void asked(void *ctx)
{
	struct controller *c = ctx;

	event_emit(c->events,
		   json_pack("{s:s, s:o, s:i}", "event", "take", "text", text_json(c->refusal.text),
			     "limit_s", (int)(PROMPT_LIMIT_US / 1000000)));
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct controller *c = ctx;

	if (answer->kind == PROMPT_NONE || !answer->yes) {
		controller_fail(c, exits[c->refusal.kind], c->refusal.text);
		return;
	}
	c->access.take = true;
	open_transport(c, c->spec);
}

/* What comes next may have lost its power, and be another one. */
static void close_transport(struct controller *c)
{
	loop_remove(c->loop, &c->source);
	loading_close(&c->loading);
	if (c->transport)
		c->transport->ops->close(c->transport);
	c->transport = NULL;
}

/* It is there again, but not for us: the kernel or udev has to do with it first. */
static void not_yet(struct controller *c, const char *text)
{
	loop_timer_stop(c->loop, &c->timeout);
	recovery_not_yet(&c->recovery, text);
	close_transport(c);
	enter(c, CONTROLLER_AWAY);
}

/* What allowed to open it first may be given up. */
static void refused_again(struct controller *c, const struct hci_failure *failure)
{
	char text[FAILURE_TEXT];

	/* Its device file may be permitted: it belongs to root, who may not have CAP_NET_ADMIN any
	 * more, or to the user by a udev rule. */
	if (failure->kind == HCI_FAILURE_PERMISSION && hci_place_change_to_usb(&c->recovery.place))
		event_note(c->events, 0, "%s is there again; it is used as %s from now on", c->spec,
			   c->recovery.place.spec);
	(void)snprintf(text, sizeof(text),
		       "controller %.200s: it is there again, but not permitted any more: only a "
		       "udev rule (docs/permissions.md), or --keep-root, lasts for the whole run",
		       c->spec);
	not_yet(c, failure->kind == HCI_FAILURE_PERMISSION ? text : failure->text);
}

static void refused(struct controller *c, const struct hci_failure *failure)
{
	bool person = console_has_person(c->options->json) && !options_read_rows(c->options);

	if (c->recovery.since) {
		refused_again(c, failure);
		return;
	}
	c->refusal = *failure;
	loop_timer_stop(c->loop, &c->timeout);
	if (failure->kind == HCI_FAILURE_IN_USE && person && !c->access.take) {
		close_transport(c);
		prompt_ask(&c->prompt, PROMPT_CONFIRM);
		return;
	}
	controller_fail(c, exits[failure->kind], failure->text);
}

static void open_or_release_overdue(void *ctx)
{
	struct controller *c = ctx;

	if (c->state == CONTROLLER_RELEASING) {
		event_note(c->events, 0, "the controller could not be given back in time");
		controller_close(c);
		return;
	}
	if (c->recovery.since)
		not_yet(c, c->transport->waiting.text);
	else
		controller_fail(c, exits[c->transport->waiting.kind], c->transport->waiting.text);
}

/* ---- The end --------------------------------------------------------------------------------- */

#define RELEASE_LIMIT_US 8000000

void controller_finish(struct controller *c)
{
	if (c->state == CONTROLLER_UP) {
		enter(c, CONTROLLER_RESETTING);
		hci_host_drop(&c->host);
		(void)hci_host_command(&c->host, HCI_RESET, NULL, 0);
		controller_flush(c);
	} else if (c->state < CONTROLLER_RESETTING) {
		c->failure.exit = CLI_OK;
		enter(c, CONTROLLER_ENDING);
	}
}

static void stop_timers(struct controller *c)
{
	loop_timer_stop(c->loop, &c->command_timer);
	loop_timer_stop(c->loop, &c->cancel_timer);
	loop_timer_stop(c->loop, &c->early_timer);
	loop_timer_stop(c->loop, &c->quiet_timer);
	loop_timer_stop(c->loop, &c->timeout);
	loop_timer_stop(c->loop, &c->deferred);
}

static void stop_waiting(struct controller *c)
{
	stop_timers(c);
	prompt_close(&c->prompt);
	recovery_stop(&c->recovery);
}

static void report_failure(struct controller *c)
{
	if (c->failure.exit != CLI_OK)
		c->user->failed(c->ctx, c->failure.exit, c->failure.text);
}

void controller_close(struct controller *c)
{
	if (c->state == CONTROLLER_ENDING)
		report_failure(c);
	stop_waiting(c);
	close_transport(c);
	hci_btsnoop_close(&c->capture);
	hci_host_drop(&c->host);
	bytes_wipe(&c->gap.wanted, sizeof(c->gap.wanted));
	bytes_wipe(c->early, sizeof(c->early));
	own_identity_wipe(&c->own);
	c->state = CONTROLLER_CLOSED;
	c->owner->closed(c->owner->ctx, c);
}

/* Gives back what was taken to open it; other controllers go on meanwhile. */
static void release(struct controller *c)
{
	stop_waiting(c);
	enter(c, CONTROLLER_RELEASING);
	if (c->transport && c->transport->ops->release) {
		c->transport->ops->release(c->transport);
		show_note(c);
		if (c->transport->phase != HCI_PHASE_RELEASED) {
			loop_add(c->loop, &c->source);
			loop_timer_start(c->loop, &c->timeout, RELEASE_LIMIT_US);
			return;
		}
	}
	controller_close(c);
}

/* ---- Interruptions --------------------------------------------------------------------------- */

/* Makes it come back: it is not used until it is up again. */
static void interrupt(struct controller *c, enum remedy remedy)
{
	const struct failure failure = c->failure;

	c->failure.exit = CLI_OK;
	stop_timers(c);
	loop_remove(c->loop, &c->source);
	c->state = CONTROLLER_AWAY;
	if (remedy == REMEDY_NONE)
		recovery_next(&c->recovery, failure.text);
	else
		recovery_begin(&c->recovery, remedy, failure.text);
}

static void reset(void *ctx)
{
	struct controller *c = ctx;

	loop_add(c->loop, &c->source);
	bring_up(c);
}

static void leave(void *ctx)
{
	struct controller *c = ctx;

	stop_timers(c); /* it may be open again, and fail to come up in time */
	close_transport(c);
	c->state = CONTROLLER_AWAY;
}

static void reopen(void *ctx, const char *spec)
{
	struct controller *c = ctx;

	if (c->state != CONTROLLER_AWAY)
		return;
	c->state = CONTROLLER_OPENING;
	open_transport(c, spec);
}

static void late(void *ctx, const char *text)
{
	struct controller *c = ctx;

	if (c->user->late)
		c->user->late(c->ctx, text);
}

static void given_up(void *ctx, const char *text)
{
	controller_fail(ctx, CLI_CONTROLLER_FAILED, text);
}

/* The user's callback itself may end the use of the controller. True: it is interrupted. */
static bool comes_back(struct controller *c)
{
	enum remedy remedy = c->remedy;

	if (c->state == CONTROLLER_SICK) {
		remedy = c->user->sick(c->ctx, c->failure.text);
		if (c->state != CONTROLLER_SICK || remedy == REMEDY_NONE ||
		    (remedy != REMEDY_RESET && !may_return(c)))
			return false;
	} else if (c->state != CONTROLLER_LOST ||
		   (!c->recovery.since && !c->user->lost(c->ctx, c->failure.text)) ||
		   c->state != CONTROLLER_LOST) {
		return false;
	}
	interrupt(c, remedy);
	return true;
}

static void run_deferred(void *ctx)
{
	struct controller *c = ctx;

	if (comes_back(c))
		return;
	c->state = CONTROLLER_ENDING;
	report_failure(c);
	release(c);
}

void controller_init(struct controller *c, const struct controller_owner *owner,
		     const struct controller_setup *setup)
{
	memset(c, 0, offsetof(struct controller, host));
	hci_host_init(&c->host);
	c->owner = owner;
	c->loop = owner->loop;
	c->options = owner->options;
	c->store = owner->store;
	c->events = setup->events;
	c->user = setup->user;
	c->ctx = setup->ctx;
	c->spec = setup->spec;
	c->be_known_to_peer = setup->be_known_to_peer;
	c->capture_path = setup->capture;
	c->capture.fd = -1;
	c->access = (struct hci_access){.take = c->options->take, .unblock = c->options->unblock};
	c->source = (struct loop_source){.watch = watch, .ready = ready, .ctx = c};
	c->command_timer = (struct loop_timer){.fire = command_overdue, .ctx = c};
	c->cancel_timer = (struct loop_timer){.fire = cancel_overdue, .ctx = c};
	c->early_timer = (struct loop_timer){.fire = forget_early, .ctx = c};
	c->quiet_timer = (struct loop_timer){.fire = is_it_there, .ctx = c};
	c->timeout = (struct loop_timer){.fire = open_or_release_overdue, .ctx = c};
	c->deferred = (struct loop_timer){.fire = run_deferred, .ctx = c};
	c->recovery = (struct recovery){
		.loop = c->loop,
		.events = c->events,
		.spec = c->spec,
		.limit = (uint64_t)(c->options->replug_timeout * 1e6),
		.silent = !c->user->lost,
		.reset = reset,
		.leave = leave,
		.reopen = reopen,
		.late = late,
		.given_up = given_up,
		.ctx = c,
	};
	prompt_init(&c->prompt, owner->console, asked, answered, c);
	c->prompt.limit = PROMPT_LIMIT_US;
}

void controller_open(struct controller *c)
{
	const char *path = c->capture_path;
	struct failure failure;
	bool replace = false;
	int fd = -1;

	/* Another controller of this run may be opening with the rights of root. */
	privilege_lower();
	if (path)
		fd = file_open_growing(path, &replace, &failure);
	privilege_raise();
	hci_btsnoop_start(&c->capture, fd, replace);
	if (path && fd == -1)
		controller_fail(c, failure.exit, failure.text);
	else
		open_transport(c, c->spec);
}
