/* SPDX-License-Identifier: MIT */
#include "batch/controller.h"

#include <stdio.h>
#include <string.h>

#include "batch/accept.h"
#include "batch/keypairs.h"
#include "batch/record.h"
#include "batch/slot.h"
#include "batch/verdict.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"

/* How long a unit that was just seen may take to accept a connection. */
#define CONNECT_S 5

static void set_unit_timed_out(struct batch_slot *slot)
{
	outcome_fail(&slot->session.outcome, CLI_TIMED_OUT, "timed out: --unit-timeout is over");
}

/* ---- Scanning and connecting ----------------------------------------------------------------- */

/* Scans, if it does not, and for the units that are left only, as soon as the controller can. */
static void scan(struct batch_controller *c)
{
	struct hci_gap *gap = &c->controller.gap;
	struct hci_accepted devices[HCI_ACCEPTED_MAX];
	size_t count;

	if (gap->connecting || c->job->scheduler.stop != BATCH_RUNNING ||
	    (gap->scanning && gap->scans_accepted))
		return;
	count = batch_accept(c->job, devices, HCI_ACCEPTED_MAX);
	if (count && count > hci_gap_accepts(gap))
		count = 0;
	if (gap->scanning) {
		if (!count)
			return;
		hci_gap_scan_stop(gap);
	}
	hci_gap_scan_for(gap, c->controller.own.type, c->job->active_scan, devices, count);
}

/* The time of --unit-timeout is over. */
static void stop_unit(void *ctx)
{
	struct batch_slot *slot = ctx;
	struct batch_controller *c = slot->controller;

	slot->timed_out = true;
	if (slot->state == BATCH_SLOT_LINKED)
		session_cancel(&slot->session, CLI_TIMED_OUT);
	else if (c->connecting == slot)
		hci_gap_connect_cancel(&c->controller.gap);
	controller_flush(&c->controller);
}

typedef __typeof__(((struct batch_controller *)0)->recent[0]) batch_recent;

/* The place of what the device advertised lately; it may hold that of another one. */
static batch_recent *recent_of(struct batch_controller *c, const struct crypto_address *address)
{
	uint64_t key = batch_address_key(address);

	return &c->recent[(key ^ key >> 32) % BATCH_RECENT];
}

static struct batch_slot *free_slot(struct batch_controller *c)
{
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (c->slots[i].state == BATCH_SLOT_FREE)
			return &c->slots[i];
	return NULL; /* results in the other slots are not stored yet */
}

/*
 * In units of 1.25 ms. The links of a controller share the interval. Each needs 0.9 ms of it for
 * the longest PDU of a pairing in each direction, and the shortest interval is 7.5 ms: for 8 links.
 */
static uint16_t interval_for(const struct batch_controller *c)
{
	const struct batch_scheduler *s = &c->job->scheduler;
	const size_t left = s->total - s->counts[BATCH_PAIRED] - s->counts[BATCH_FAILED];
	size_t links = s->controllers[c->index].limit;

	if (!s->match && !s->more && left < links)
		links = left;
	return links > 8 ? (uint16_t)((links * 3 + 3) / 4) : 6;
}

static void connect_unit(struct batch_slot *slot, struct batch_unit *unit)
{
	struct batch_controller *c = slot->controller;
	struct batch_job *job = c->job;
	const struct options *o = job->options;
	const uint16_t interval = interval_for(c);
	struct hci_connect connect = {
		.own_type = c->controller.own.type,
		.peer_type = unit->peer.type,
		.parameters = {o->has_interval ? o->interval_min : interval,
			       o->has_interval ? o->interval_max : interval, o->latency,
			       o->supervision},
		.phy = unit->phy,
		.tries = 1, /* the scheduler decides on the next attempt */
		.scan_on = true,
	};

	memcpy(connect.peer, unit->peer.octets, 6);
	batch_slot_start(slot, unit);
	if (address_equal(&recent_of(c, &unit->peer)->address, &unit->peer))
		memcpy(slot->peer_name, recent_of(c, &unit->peer)->name, BATCH_PEER_NAME);
	c->connecting = slot;
	batch_keypairs_continue(c->job);
	event_emit(&slot->events, json_pack("{s:s, s:o}", "event", "connecting", "peer",
					    session_peer(&slot->session)));
	hci_gap_connect(&c->controller.gap, &connect);
	loop_timer_start(&job->runtime.loop, &c->connect_timer, CONNECT_S * UINT64_C(1000000));
	slot->unit_timer = (struct loop_timer){.fire = stop_unit, .ctx = slot};
	if (job->scheduler.unit_timeout)
		loop_timer_start_at(&job->runtime.loop, &slot->unit_timer,
				    unit->begun + job->scheduler.unit_timeout);
}

void batch_controller_continue(struct batch_controller *c)
{
	struct batch_slot *slot;
	struct batch_unit *unit = NULL;

	if (c->state != BATCH_UP)
		return;
	slot = free_slot(c);
	if (slot)
		unit = batch_next(&c->job->scheduler, clock_now(), c->index);
	if (unit)
		connect_unit(slot, unit);
	else
		scan(c);
	controller_flush(&c->controller);
}

void batch_controller_rescan(struct batch_controller *c)
{
	if (c->state == BATCH_UP)
		hci_gap_scan_stop(&c->controller.gap);
}

static void stop_connecting(void *ctx)
{
	struct batch_controller *c = ctx;

	hci_gap_connect_cancel(&c->controller.gap);
	controller_flush(&c->controller);
}

/* ---- Devices seen ---------------------------------------------------------------------------- */

static void see(struct batch_controller *c, const struct hci_advertisement *a)
{
	struct batch_advertiser device = {.connectable = a->connectable,
					  .target = own_identity_target(&c->controller.own, a),
					  .phy = a->phy,
					  .rssi = a->rssi};

	device.address.type = a->address_type;
	memcpy(device.address.octets, a->address, 6);
	batch_recent *recent = recent_of(c, &device.address);

	/* A scan response adds to the advertisement before it. */
	if (a->scan_response) {
		if (!address_equal(&recent->address, &device.address))
			return;
		device.connectable = recent->connectable;
		batch_advertiser_add_data(&device, recent->data, recent->len);
	} else if (a->len <= sizeof(recent->data)) {
		if (!address_equal(&recent->address, &device.address))
			*recent->name = '\0';
		recent->address = device.address;
		recent->connectable = a->connectable;
		recent->len = (uint8_t)a->len;
		if (a->len)
			memcpy(recent->data, a->data, a->len);
	}
	batch_advertiser_add_data(&device, a->data, a->len);
	if (device.name && device.name_len < sizeof(recent->name) &&
	    address_equal(&recent->address, &device.address))
		(void)snprintf(recent->name, sizeof(recent->name), "%.*s", (int)device.name_len,
			       (const char *)device.name);
	batch_saw(&c->job->scheduler, clock_now(), c->index, &device);
}

static void on_reports(struct batch_controller *c, const struct hci_input *input)
{
	struct hci_advertisement a;
	size_t at = 0;

	while (hci_gap_next_report(&c->controller.gap, input, &at, &a))
		see(c, &a);
	batch_schedule_soon(c->job);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* A success needs no judgement, which takes as long as the cryptography of a pairing. */
static void explain(struct batch_slot *slot)
{
	struct self_explain *self = &slot->controller->explain;
	struct outcome *o = &slot->session.outcome;
	const char *cause;

	if (o->exit != CLI_OK && o->exit != CLI_CANCELLED) {
		self_explain_judge_link(self, slot->handle, &slot->events, &slot->session);
		cause = self_explain_cause(self);
		if (cause && !*o->detail)
			outcome_detail(o, "%s", cause);
		if (self->failed)
			batch_verdict_take(slot, &self->verdict);
	}
	self_explain_forget(self);
}

static void link_closed(void *ctx)
{
	struct batch_slot *slot = ctx;
	enum batch_end end = batch_slot_end(slot);

	explain(slot);
	slot->controller->job->commands_failed += hold_failed(&slot->session.hold);
	if (end == BATCH_UNIT_TIMEOUT)
		set_unit_timed_out(slot);
	batch_record_attempt(slot, end, slot->session.outcome.reason_code);
}

static void on_not_connected(struct batch_controller *c, const struct hci_gap_event *event)
{
	struct batch_slot *slot = c->connecting;
	enum batch_end end = BATCH_NOT_ESTABLISHED;
	struct outcome *o;

	if (!slot)
		return;
	o = &slot->session.outcome;
	c->connecting = NULL;
	loop_timer_stop(&c->job->runtime.loop, &c->connect_timer);
	if (slot->timed_out) {
		end = BATCH_UNIT_TIMEOUT;
		set_unit_timed_out(slot);
	} else if (event->cancelled && c->job->scheduler.stop != BATCH_RUNNING) {
		end = BATCH_CANCELLED;
		outcome_fail(o, CLI_CANCELLED, "cancelled");
	} else if (event->cancelled) {
		end = BATCH_NO_ANSWER;
		outcome_fail(o, CLI_CONNECTION_FAILED,
			     "the unit did not accept a connection within %d s", CONNECT_S);
	} else {
		if (event->status == HCI_CONNECTION_LIMIT)
			end = BATCH_CONTROLLER_FULL;
		outcome_fail(o, CLI_CONNECTION_FAILED, "cannot connect: %s (0x%02x)",
			     hci_error_name(event->status), event->status);
		(void)snprintf(o->advice, sizeof(o->advice), "%s", hci_error_advice(event->status));
		o->reason = hci_error_name(event->status);
		o->reason_code = event->status;
	}
	batch_record_attempt(slot, end, o->reason_code);
}

static void on_connected(struct batch_controller *c, struct hci_link *link)
{
	struct batch_slot *slot = c->connecting;
	const struct options *o = c->job->options;

	batch_schedule_soon(c->job);
	if (!link)
		return;
	loop_timer_stop(&c->job->runtime.loop, &c->connect_timer);
	if (!slot || !link->central) {
		hci_gap_disconnect(&c->controller.gap, link, HCI_REMOTE_USER_TERMINATED);
		return;
	}
	c->connecting = NULL;
	slot->state = BATCH_SLOT_LINKED;
	link->user = slot;
	slot->handle = link->handle;
	batch_linked(&c->job->scheduler, slot->unit);
	slot->setup = (struct session_setup){
		.intent = o->again || o->replace_bond ? SESSION_PAIR_ANEW : SESSION_PAIR,
		.unattended = true,
		.options = &slot->options,
		.events = &slot->events,
		.hook = c->job->while_connected,
		.closed = link_closed,
		.ctx = slot,
		.started = slot->session.started,
		.end_at = slot->unit_timer.at,
		.peer_name = slot->peer_name,
		.peer_label = slot->unit->spec.label};
	if (slot->options.sc != SMP_SC_OFF)
		batch_keypairs_give(c->job, &slot->setup);
	slot->setup.unanswered_writes = &slot->unit->unanswered_writes;
	session_open(&slot->session, &c->controller, link, &slot->setup);
	bytes_wipe(&slot->setup.own_keypair, sizeof(slot->setup.own_keypair));
	slot->setup.keypair = NULL;
	/* The connection was cancelled, but came up before that took effect. */
	if (slot->timed_out)
		session_cancel(&slot->session, CLI_TIMED_OUT);
	else if (c->job->scheduler.stop == BATCH_INTERRUPTED)
		session_cancel(&slot->session, CLI_CANCELLED);
}

/* ---- Events of the controller ---------------------------------------------------------------- */

static void on_up(void *ctx)
{
	struct batch_controller *c = ctx;

	if (c->state == BATCH_LATE)
		c->job->controllers_gone--;
	/* A run that is stopped keeps its reason. */
	if (c->job->scheduler.stop == BATCH_RUNNING)
		c->failure.exit = CLI_OK;
	c->state = BATCH_UP;
	memset(c->recent, 0, sizeof(c->recent));
	batch_controller_up(&c->job->scheduler, clock_now(), c->index);
	batch_schedule_soon(c->job);
}

static void on_gap_failed(struct batch_controller *c, const struct hci_gap_event *event)
{
	char text[120];

	(void)snprintf(text, sizeof(text), "%s: %s (0x%02x)", hci_command_name(event->opcode),
		       hci_error_name(event->status), event->status);
	c->state = BATCH_DOWN;
	controller_sick(&c->controller, text);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *event,
			 const struct hci_input *input)
{
	struct batch_controller *c = ctx;
	struct batch_slot *slot = event->link ? event->link->user : NULL;

	if (event->kind == HCI_GAP_REPORTS)
		on_reports(c, input);
	else if (event->kind == HCI_GAP_CONNECTED)
		on_connected(c, event->link);
	else if (event->kind == HCI_GAP_NOT_CONNECTED)
		on_not_connected(c, event);
	else if (event->kind == HCI_GAP_FAILED)
		on_gap_failed(c, event);
	else if (slot)
		session_on_gap_event(&slot->session, event);
}

static void on_data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	struct batch_slot *slot = link->user;

	(void)ctx;
	if (slot)
		session_data(&slot->session, link, pb, octets, len);
}

static void on_packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	self_explain_packet(&((struct batch_controller *)ctx)->explain, received, octets, len);
}

static void on_idle(void *ctx)
{
	struct batch_controller *c = ctx;

	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (c->slots[i].state == BATCH_SLOT_LINKED)
			session_idle(&c->slots[i].session);
}

/* Ends a unit under way with BATCH_CONTROLLER_FAILED, except for a verdict that stands. */
static void abandon_unit(struct batch_slot *slot, const char *text)
{
	if (slot->state == BATCH_SLOT_LINKED)
		session_abandon(&slot->session);
	if (session_result_is_final(&slot->session)) {
		link_closed(slot);
		return;
	}
	outcome_fail(&slot->session.outcome, CLI_CONTROLLER_FAILED, "%s", text);
	batch_record_attempt(slot, BATCH_CONTROLLER_FAILED, -1);
}

static void go_down(struct batch_controller *c, const char *text)
{
	c->connecting = NULL;
	loop_timer_stop(&c->job->runtime.loop, &c->connect_timer);
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (c->slots[i].state == BATCH_SLOT_CONNECTING ||
		    c->slots[i].state == BATCH_SLOT_LINKED)
			abandon_unit(&c->slots[i], text);
	batch_controller_down(&c->job->scheduler, c->index);
	batch_schedule_soon(c->job);
}

/* Out of service: the run ends with the last one. */
static void count_gone(struct batch_controller *c, enum batch_controller_state state,
		       enum cli_exit code, const char *text)
{
	struct batch_job *job = c->job;

	if (code != CLI_CANCELLED)
		(void)failure_set(&c->failure, code, "%s", text);
	job->controllers_gone += c->state != BATCH_LATE;
	c->state = state;
	if (job->controllers_gone == job->controller_count)
		batch_stop(&job->scheduler,
			   code == CLI_CANCELLED ? BATCH_INTERRUPTED : BATCH_NO_CONTROLLER);
}

static void on_failed(void *ctx, enum cli_exit code, const char *text)
{
	struct batch_controller *c = ctx;

	if (code != CLI_CANCELLED)
		event_note(&c->events, 0, "%s: out of service: %s", c->name, text);
	count_gone(c, BATCH_GONE, code, text);
	go_down(c, text);
	if (code != CLI_CANCELLED)
		batch_controller_gone(&c->job->scheduler, clock_now(), c->index);
}

/* It may still come back while the run lasts. */
static void on_late(void *ctx, const char *text)
{
	struct batch_controller *c = ctx;

	count_gone(c, BATCH_LATE, CLI_CONTROLLER_FAILED, text);
	batch_controller_gone(&c->job->scheduler, clock_now(), c->index);
	batch_schedule_soon(c->job);
}

static enum remedy on_sick(void *ctx, const char *text)
{
	static const enum remedy remedies[] = {REMEDY_RESET, REMEDY_USB_RESET, REMEDY_PORT_POWER};
	struct batch_controller *c = ctx;
	unsigned before;

	if (c->job->scheduler.stop != BATCH_RUNNING)
		return REMEDY_NONE;
	before = batch_count_reset(&c->job->scheduler, c->index);
	if (before >= sizeof(remedies) / sizeof(remedies[0]))
		return REMEDY_NONE;
	c->state = BATCH_DOWN;
	go_down(c, text);
	return remedies[before];
}

static bool on_lost(void *ctx, const char *text)
{
	struct batch_controller *c = ctx;

	if (c->job->scheduler.stop != BATCH_RUNNING ||
	    !batch_may_return(&c->job->scheduler, c->index))
		return false;
	c->state = BATCH_DOWN;
	go_down(c, text);
	return true;
}

/* ---- Start and end --------------------------------------------------------------------------- */

void batch_controller_open(struct batch_controller *c)
{
	static const struct controller_user user = {.up = on_up,
						    .on_gap_event = on_gap_event,
						    .data = on_data,
						    .on_idle = on_idle,
						    .packet = on_packet,
						    .failed = on_failed,
						    .sick = on_sick,
						    .lost = on_lost,
						    .late = on_late};

	self_explain_init(&c->explain, c->job->options);
	c->connect_timer = (struct loop_timer){.fire = stop_connecting, .ctx = c};
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		c->slots[i].controller = c;
	const struct controller_setup setup = {
		.spec = c->spec,
		.capture = *c->capture ? c->capture : NULL,
		.events = &c->events,
		.user = &user,
		.ctx = c,
	};
	runtime_open(&c->job->runtime, &c->controller, &setup);
}

void batch_controller_check(struct batch_controller *c)
{
	if (c->state != BATCH_UP || !batch_is_suspect(&c->job->scheduler, c->index))
		return;
	c->state = BATCH_DOWN;
	controller_sick(&c->controller, "connections to several units failed in a row");
}

void batch_controller_cancel(struct batch_controller *c, enum cli_exit why)
{
	if (c->state != BATCH_UP)
		return;
	hci_gap_scan_stop(&c->controller.gap);
	if (c->connecting)
		hci_gap_connect_cancel(&c->controller.gap);
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (c->slots[i].state == BATCH_SLOT_LINKED)
			session_cancel(&c->slots[i].session, why);
	controller_flush(&c->controller);
}

void batch_controller_finish(struct batch_controller *c)
{
	if (c->state == BATCH_GONE)
		return;
	if (c->state == BATCH_UP)
		hci_gap_scan_stop(&c->controller.gap);
	c->state = BATCH_GONE;
	controller_finish(&c->controller);
}
