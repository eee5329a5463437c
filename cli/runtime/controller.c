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
#include "crypto/bytes.h"
#include "hci/error.h"

static enum cli_exit exit_of(enum hci_failure_kind trouble)
{
	switch (trouble) {
	case HCI_FAILURE_SPEC:
		return CLI_USAGE;
	case HCI_FAILURE_NOT_FOUND:
		return CLI_NO_CONTROLLER;
	case HCI_FAILURE_IN_USE:
	case HCI_FAILURE_BUSY:
		return CLI_CONTROLLER_BUSY;
	case HCI_FAILURE_BLOCKED:
		return CLI_CONTROLLER_BLOCKED;
	case HCI_FAILURE_PERMISSION:
		return CLI_PERMISSION;
	case HCI_FAILURE_GONE:
	case HCI_FAILURE_PROTOCOL:
		return CLI_CONTROLLER_FAILED;
	case HCI_FAILURE_NONE:
		break;
	}
	return CLI_INTERNAL;
}

/* Root is not needed for it any more. */
static void settle(struct controller *c)
{
	if (c->settled)
		return;
	c->settled = true;
	runtime_settled(c->run);
}

void controller_fail(struct controller *c, enum cli_exit code, const char *text)
{
	if (c->broken || c->leaving)
		return;
	c->broken = true;
	c->up = false;
	loop_timer_start(c->loop, &c->deferred, 0);
	/* While we are leaving anyway, a controller that left first is no news. */
	if (!c->finishing) {
		c->failure = code;
		(void)snprintf(c->failure_text, sizeof(c->failure_text), "%s", text);
	}
	settle(c);
}

void controller_sick(struct controller *c, const char *text)
{
	if (!c->up || !c->user->sick || c->finishing) {
		controller_fail(c, CLI_CONTROLLER_FAILED, text);
		return;
	}
	c->up = false;
	c->sick = true;
	(void)snprintf(c->failure_text, sizeof(c->failure_text), "%s", text);
	loop_timer_start(c->loop, &c->deferred, 0);
}

static void record(struct controller *c, bool received, const uint8_t *packet, size_t len)
{
	struct hci_failure problem;

	if (c->user->packet)
		c->user->packet(c->ctx, received, packet, len);
	if (c->capture.fd < 0 ||
	    !hci_btsnoop_write(&c->capture, received, clock_wall(), packet, len, &problem))
		return;
	event_note(c->events, 0, "%s; the capture ends here", problem.text);
	hci_btsnoop_close(&c->capture);
}

void controller_flush(struct controller *c)
{
	uint8_t packet[HCI_PACKET_MAX];
	struct hci_failure problem;
	size_t len;

	while (!c->broken && (len = hci_host_output(&c->host, clock_now(), packet))) {
		record(c, false, packet, len);
		if (c->transport->ops->send(c->transport, packet, len, &problem))
			controller_fail(c, exit_of(problem.kind), problem.text);
	}
	bytes_wipe(packet, sizeof(packet));
	if (hci_host_deadline(&c->host) == UINT64_MAX)
		loop_timer_stop(c->loop, &c->command_timer);
	else
		loop_timer_start_at(c->loop, &c->command_timer, hci_host_deadline(&c->host));
}

static void bringup_went(struct controller *c, enum hci_bringup_state state);

static void command_overdue(void *ctx)
{
	struct controller *c = ctx;
	struct hci_input input;

	if (hci_host_expired(&c->host, clock_now(), &input)) {
		if (c->up || c->finishing)
			controller_sick(c, input.note);
		else
			bringup_went(c, hci_bringup_overdue(&c->bringup, &c->host));
	}
	controller_flush(c);
}

/* ---- Who we are ------------------------------------------------------------------------------ */

/*
 * With a bond, we must be whom the peer bonded with: it looks our key up by our address. 0: there
 * is no bond, or it was made under the controller's own address.
 */
static int choose_bonded(struct controller *c, struct failure *problem)
{
	struct bond_record record = {0};

	if (c->options->command != COMMAND_VERIFY || c->options->own_address != OWN_AUTO)
		return 0;
	int found = store_find_by_user_address(c->store, &c->options->peer, c->options->peer_typed,
					       &record, NULL, problem);
	c->identity = record.bond.local.has_identity ? record.bond.local.identity : record.local;
	bytes_wipe(&record, sizeof(record));
	if (found != 1 || c->identity.type != ADDRESS_PUBLIC)
		return found;
	if (memcmp(c->identity.octets, c->bringup.controller.address, 6) != 0)
		event_note(c->events, 0,
			   "the bond was made with another controller: the peer may not know this "
			   "one");
	return 0;
}

static int choose_static(struct controller *c, struct failure *problem)
{
	if (c->options->has_static) {
		c->identity = c->options->static_address;
		return 0;
	}
	int found = store_static(c->store, &c->identity, problem);
	return found ? (found < 0 ? -1 : 0) : address_make_static(&c->identity);
}

static int name_it(struct controller *c, struct failure *problem)
{
	const struct hci_controller_info *controller = &c->bringup.controller;
	bool public = c->options->own_address != OWN_STATIC;
	int bonded;

	*problem = (struct failure){CLI_INTERNAL, "cryptography failed here"};
	if (public && !controller->has_address) {
		event_note(c->events, 0,
			   "the controller has no public address: using a static random one");
		public = false;
	}
	bonded = choose_bonded(c, problem);
	if (bonded < 0)
		return -1;
	if (!bonded && public) {
		c->identity.type = ADDRESS_PUBLIC;
		memcpy(c->identity.octets, controller->address, 6);
	} else if (!bonded && choose_static(c, problem)) {
		return -1;
	}
	if (store_irk(c->store, &c->identity, c->irk, problem))
		return -1;
	c->own = c->identity;
	if (c->options->own_address == OWN_RPA && address_make_resolvable(&c->own, c->irk))
		return -1;
	c->own_type = c->own.type == ADDRESS_PUBLIC ? HCI_OWN_PUBLIC : HCI_OWN_RANDOM;
	c->named = true;
	return 0;
}

static int choose_address(struct controller *c, struct failure *problem)
{
	if (!c->named && name_it(c, problem))
		return -1;
	if (c->own_type == HCI_OWN_RANDOM)
		hci_gap_set_random_address(&c->gap, c->own.octets);
	return 0;
}

static void came_up(struct controller *c)
{
	const struct hci_controller_info *controller = &c->bringup.controller;
	const char *company = hci_company_name(controller->manufacturer);
	char manufacturer[48];
	struct failure problem;

	for (size_t i = 0; i < c->bringup.note_count; i++)
		event_note(c->events, 1, "bring-up: %s", c->bringup.notes[i]);
	hci_gap_init(&c->gap, &c->host, controller);
	if (choose_address(c, &problem)) {
		controller_fail(c, problem.exit, problem.text);
		return;
	}
	c->up = true;
	(void)snprintf(manufacturer, sizeof(manufacturer), "%s (%u)", company ? company : "company",
		       controller->manufacturer);
	event_emit(c->events, json_pack("{s:s, s:o, s:s, s:s, s:i, s:i}", "event", "controller",
					"own", json_address(&c->own), "version",
					hci_version_name(controller->hci_version), "manufacturer",
					manufacturer, "acl_length", controller->acl_length,
					"acl_count", controller->acl_count));
	c->user->up(c->ctx);
}

static void bringup_went(struct controller *c, enum hci_bringup_state state)
{
	switch (state) {
	case HCI_BRINGUP_RUNNING:
		return;
	case HCI_BRINGUP_DONE:
		came_up(c);
		return;
	case HCI_BRINGUP_FAILED:
		controller_fail(c, CLI_NO_CONTROLLER, c->bringup.failure);
		return;
	}
}

/* ---- What comes from it ---------------------------------------------------------------------- */

#define EARLY_US 100000

static void forget_early(void *ctx)
{
	struct controller *c = ctx;

	if (c->early_count)
		event_note(c->events, 1, "data for handle %u, which is no link",
			   c->early[0].handle);
	c->early_count = 0;
}

static void on_data(struct controller *c, const struct hci_input *input)
{
	struct hci_link *link = hci_gap_link(&c->gap, input->handle);

	if (!c->up || !c->user->data)
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

static void on_happening(struct controller *c, const struct hci_gap_event *happening,
			 const struct hci_input *input)
{
	if (happening->kind == HCI_GAP_NOTE)
		event_note(c->events, 1, "%s: %s (0x%02x)",
			   happening->opcode ? hci_command_name(happening->opcode) : "connection",
			   hci_error_name(happening->status), happening->status);
	else if (happening->kind != HCI_GAP_NOTHING && c->user->on_gap_event)
		c->user->on_gap_event(c->ctx, happening, input);
	if (happening->kind == HCI_GAP_CONNECTED && c->early_count && c->user->data)
		deliver_early(c, happening->link);
}

static void on_input(struct controller *c, const struct hci_input *input)
{
	struct hci_gap_event happening;

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
	if (c->finishing && input->opcode == HCI_RESET) {
		loop_timer_start(c->loop, &c->deferred, 0);
		return;
	}
	if (!c->up) {
		bringup_went(c, hci_bringup_input(&c->bringup, &c->host, input));
		return;
	}
	hci_gap_input(&c->gap, input, &happening);
	on_happening(c, &happening, input);
}

static size_t watch(void *ctx, struct pollfd *fds, size_t max)
{
	struct controller *c = ctx;

	/* Nobody listens to it while others are still being opened. */
	if (max < HCI_TRANSPORT_FDS || (c->opened && !c->started && !c->leaving))
		return 0;
	return c->transport->ops->watch(c->transport, fds);
}

static void take_packets(struct controller *c)
{
	uint8_t packet[HCI_PACKET_MAX];
	struct hci_failure problem;
	struct hci_input input;
	int len = 0;

	while (!c->broken && !c->sick &&
	       (len = c->transport->ops->receive(c->transport, packet, &problem)) > 0) {
		record(c, true, packet, (size_t)len);
		hci_host_input(&c->host, packet, (size_t)len, &input);
		on_input(c, &input);
	}
	bytes_wipe(packet, sizeof(packet));
	if (len < 0) {
		controller_fail(c, exit_of(problem.kind), problem.text);
		return;
	}
	controller_flush(c);
	if (c->up && !c->finishing && !c->broken && c->user->on_idle) {
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

static void opened(struct controller *c);
static void refused(struct controller *c, const struct hci_failure *problem);

static void ready(void *ctx, const struct pollfd *fds, size_t count)
{
	struct controller *c = ctx;
	struct hci_failure problem;
	int status = c->transport->ops->ready(c->transport, fds, count, &problem);

	show_note(c);
	if (c->leaving) {
		if (c->transport->phase == HCI_PHASE_RELEASED)
			controller_close(c);
	} else if (status && c->opened) {
		controller_fail(c, exit_of(problem.kind), problem.text);
	} else if (status) {
		refused(c, &problem);
	} else if (c->transport->phase == HCI_PHASE_OPEN) {
		opened(c);
		if (c->started)
			take_packets(c);
	}
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* The kernel sets a controller up, or powers one off, in two or three. */
#define OPEN_LIMIT_US 6000000

static void opened(struct controller *c)
{
	if (c->opened)
		return;
	c->opened = true;
	loop_timer_stop(c->loop, &c->timeout);
	settle(c);
	/* One that joins later has nobody to wait for. */
	if (!c->run->root)
		controller_start(c);
}

void controller_start(struct controller *c)
{
	struct failure problem;

	if (c->started || c->broken)
		return;
	c->started = true;
	hci_host_init(&c->host);
	hci_bringup_start(&c->bringup, &c->host);
	controller_flush(c);
	/* While the controller resets: what the store refuses is told before anybody is called. */
	if (store_open(c->store, &problem))
		controller_fail(c, problem.exit, problem.text);
}

static void open_controller(struct controller *c)
{
	struct hci_failure problem;

	c->transport = hci_transport_open(c->spec, &c->access, &problem);
	if (!c->transport) {
		refused(c, &problem);
		return;
	}
	show_note(c);
	loop_add(c->loop, &c->source);
	if (c->transport->phase == HCI_PHASE_OPEN)
		opened(c);
	else
		loop_timer_start(c->loop, &c->timeout, OPEN_LIMIT_US);
}

/* Somebody uses it: only a person at a terminal may allow to take it, or --take. */
static void asked(void *ctx)
{
	struct controller *c = ctx;

	event_emit(c->events, json_pack("{s:s, s:s}", "event", "take", "text", c->refusal.text));
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct controller *c = ctx;

	if (answer->kind == PROMPT_NONE || !answer->yes) {
		controller_fail(c, exit_of(c->refusal.kind), c->refusal.text);
		return;
	}
	c->access.take = true;
	open_controller(c);
}

static void refused(struct controller *c, const struct hci_failure *problem)
{
	bool person = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && !c->options->json;

	c->refusal = *problem;
	loop_timer_stop(c->loop, &c->timeout);
	if (problem->kind == HCI_FAILURE_IN_USE && person && !c->access.take) {
		loop_remove(c->loop, &c->source);
		if (c->transport)
			c->transport->ops->close(c->transport);
		c->transport = NULL;
		prompt_ask(&c->prompt, PROMPT_CONFIRM);
		return;
	}
	controller_fail(c, exit_of(problem->kind), problem->text);
}

static void open_or_release_overdue(void *ctx)
{
	struct controller *c = ctx;

	if (c->leaving) {
		event_note(c->events, 0, "the controller could not be given back in time");
		controller_close(c);
		return;
	}
	controller_fail(c, exit_of(c->transport->waiting.kind), c->transport->waiting.text);
}

/* ---- The end --------------------------------------------------------------------------------- */

#define RELEASE_LIMIT_US 8000000

void controller_finish(struct controller *c)
{
	if (c->finishing || c->broken || c->leaving)
		return;
	c->finishing = true;
	if (!c->up) {
		controller_fail(c, CLI_OK, "");
		return;
	}
	c->up = false;
	(void)hci_host_command(&c->host, HCI_RESET, NULL, 0);
	controller_flush(c);
}

void controller_close(struct controller *c)
{
	loop_timer_stop(c->loop, &c->command_timer);
	loop_timer_stop(c->loop, &c->early_timer);
	loop_timer_stop(c->loop, &c->timeout);
	loop_timer_stop(c->loop, &c->deferred);
	prompt_close(&c->prompt);
	loop_remove(c->loop, &c->source);
	if (c->transport)
		c->transport->ops->close(c->transport);
	c->transport = NULL;
	hci_btsnoop_close(&c->capture);
	bytes_wipe(&c->host, sizeof(c->host));
	bytes_wipe(c->early, sizeof(c->early));
	bytes_wipe(c->irk, sizeof(c->irk));
	c->leaving = true;
	runtime_left(c->run, c);
}

/* What was taken to open it; others go on meanwhile. */
static void give_back(struct controller *c)
{
	loop_timer_stop(c->loop, &c->command_timer);
	loop_timer_stop(c->loop, &c->early_timer);
	loop_timer_stop(c->loop, &c->timeout);
	prompt_close(&c->prompt);
	c->up = false;
	c->leaving = true;
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

	if (c->sick && !c->broken) {
		if (c->user->sick(c->ctx, c->failure_text)) {
			c->sick = c->started = false;
			c->early_count = 0;
			controller_start(c);
			return;
		}
		c->broken = true;
		c->failure = CLI_CONTROLLER_FAILED;
	}
	if (c->failure != CLI_OK)
		c->user->failed(c->ctx, c->failure, c->failure_text);
	give_back(c);
}

void controller_open(struct controller *c, struct runtime *run, const char *spec,
		     const char *capture, struct event_output *events,
		     const struct controller_user *user, void *ctx)
{
	struct failure failure;
	bool replace = false;

	memset(c, 0, sizeof(*c));
	c->run = run;
	c->next = run->controllers;
	run->controllers = c;
	c->loop = &run->loop;
	c->options = run->options;
	c->store = run->store;
	c->events = events;
	c->user = user;
	c->ctx = ctx;
	c->spec = spec;
	c->access = (struct hci_access){.take = c->options->take, .unblock = c->options->unblock};
	c->source = (struct loop_source){.watch = watch, .ready = ready, .ctx = c};
	c->command_timer = (struct loop_timer){.fire = command_overdue, .ctx = c};
	c->early_timer = (struct loop_timer){.fire = forget_early, .ctx = c};
	c->timeout = (struct loop_timer){.fire = open_or_release_overdue, .ctx = c};
	c->deferred = (struct loop_timer){.fire = run_deferred, .ctx = c};
	prompt_init(&c->prompt, &run->console, asked, answered, c);

	/* Another controller of this run may be opening, by root. */
	privilege_lower();
	int fd = capture ? file_open_growing(capture, &replace, &failure) : -1;
	privilege_raise();
	hci_btsnoop_start(&c->capture, fd, replace);
	if (capture && fd < 0)
		controller_fail(c, CLI_PERMISSION, failure.text);
	else
		open_controller(c);
}
