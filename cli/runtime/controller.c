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
	if (state == CONTROLLER_SICK || state == CONTROLLER_ENDING)
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

void controller_sick(struct controller *c, const char *text)
{
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

void controller_flush(struct controller *c)
{
	uint8_t packet[HCI_PACKET_MAX];
	struct hci_failure failure;
	size_t len, used = 0;

	while (c->state < CONTROLLER_ENDING &&
	       (len = hci_host_output(&c->host, clock_now(), packet))) {
		used = len > used ? len : used;
		record(c, false, packet, len);
		if (c->transport->ops->send(c->transport, packet, len, &failure))
			controller_fail(c, exits[failure.kind], failure.text);
	}
	bytes_wipe(packet, used);
	start_timers(c);
}

static void bringup_went(struct controller *c, enum hci_bringup_state progress);

static void command_overdue(void *ctx)
{
	struct controller *c = ctx;
	struct hci_input input;

	if (hci_host_expired(&c->host, clock_now(), &input)) {
		if (c->state == CONTROLLER_UP || c->state == CONTROLLER_RESETTING)
			controller_sick(c, input.note);
		else if (c->state == CONTROLLER_BRINGING_UP)
			bringup_went(c, hci_bringup_overdue(&c->bringup, &c->host));
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

static void came_up(struct controller *c)
{
	const struct hci_controller_info *controller = &c->bringup.controller;
	const char *company = hci_company_name(controller->manufacturer);
	char manufacturer[48];
	struct failure failure;

	show_bringup_notes(c);
	show_limits(c);
	hci_gap_init(&c->gap, &c->host, controller);
	if (c->options->phys && !hci_gap_limit_phys(&c->gap, (uint8_t)c->options->phys)) {
		controller_fail(c, CLI_NO_CONTROLLER,
				"the controller cannot find devices on LE Coded PHY, which --phy "
				"demands: leave it out, or use another controller");
		return;
	}
	if (own_identity_choose(&c->own, c->options, c->be_known_to_peer, controller, c->store,
				c->events, &failure)) {
		controller_fail(c, failure.exit, failure.text);
		return;
	}
	if (c->own.type == HCI_OWN_RANDOM)
		hci_gap_set_random_address(&c->gap, c->own.address.octets);
	enter(c, CONTROLLER_UP);
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
	char text[FAILURE_TEXT];

	switch (progress) {
	case HCI_BRINGUP_RUNNING:
		return;
	case HCI_BRINGUP_DONE:
		came_up(c);
		return;
	case HCI_BRINGUP_FAILED:
		show_bringup_notes(c); /* what was skipped may be the reason */
		controller_fail(c, CLI_NO_CONTROLLER, c->bringup.failure);
		return;
	case HCI_BRINGUP_NO_FIRMWARE:
		maker_text(c->bringup.controller.maker, c->spec, text, sizeof(text));
		controller_fail(c, CLI_NO_CONTROLLER, text);
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
	} else if (input->opcode == HCI_RESET) {
		enter(c, CONTROLLER_ENDING);
	}
}

/* In the other states packets wait in the transport: until all controllers of the run are open. */
static bool takes_packets(const struct controller *c)
{
	return c->state == CONTROLLER_BRINGING_UP || c->state == CONTROLLER_UP ||
	       c->state == CONTROLLER_RESETTING;
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
		used = (size_t)len > used ? (size_t)len : used;
		record(c, true, packet, (size_t)len);
		hci_host_input(&c->host, packet, (size_t)len, &input);
		on_input(c, &input);
	}
	bytes_wipe(packet, used);
	if (len < 0) {
		controller_fail(c, exits[failure.kind], failure.text);
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
		controller_fail(c, exits[failure.kind], failure.text);
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

	enter(c, CONTROLLER_BRINGING_UP);
	c->early_count = 0;
	hci_host_init(&c->host);
	hci_bringup_start(&c->bringup, &c->host, &c->transport->usb);
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

static void open_transport(struct controller *c)
{
	struct hci_failure failure;

	c->transport = hci_transport_open(c->spec, &c->access, &failure);
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
		   json_pack("{s:s, s:o}", "event", "take", "text", text_json(c->refusal.text)));
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct controller *c = ctx;

	if (answer->kind == PROMPT_NONE || !answer->yes) {
		controller_fail(c, exits[c->refusal.kind], c->refusal.text);
		return;
	}
	c->access.take = true;
	open_transport(c);
}

static void close_transport(struct controller *c)
{
	loop_remove(c->loop, &c->source);
	if (c->transport)
		c->transport->ops->close(c->transport);
	c->transport = NULL;
}

static void refused(struct controller *c, const struct hci_failure *failure)
{
	bool person = console_has_person(c->options->json) && !options_read_rows(c->options);

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

static void stop_waiting(struct controller *c)
{
	loop_timer_stop(c->loop, &c->command_timer);
	loop_timer_stop(c->loop, &c->cancel_timer);
	loop_timer_stop(c->loop, &c->early_timer);
	loop_timer_stop(c->loop, &c->timeout);
	loop_timer_stop(c->loop, &c->deferred);
	prompt_close(&c->prompt);
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
	bytes_wipe(&c->host, sizeof(c->host));
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

static void run_deferred(void *ctx)
{
	struct controller *c = ctx;

	/* The callback itself may have ended the use of the controller. */
	if (c->state == CONTROLLER_SICK && c->user->sick(c->ctx, c->failure.text) &&
	    c->state == CONTROLLER_SICK) {
		c->failure.exit = CLI_OK;
		bring_up(c);
		return;
	}
	c->state = CONTROLLER_ENDING;
	report_failure(c);
	release(c);
}

void controller_init(struct controller *c, const struct controller_owner *owner,
		     const struct controller_setup *setup)
{
	memset(c, 0, sizeof(*c));
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
	c->timeout = (struct loop_timer){.fire = open_or_release_overdue, .ctx = c};
	c->deferred = (struct loop_timer){.fire = run_deferred, .ctx = c};
	prompt_init(&c->prompt, owner->console, asked, answered, c);
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
		open_transport(c);
}
