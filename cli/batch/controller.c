/* SPDX-License-Identifier: MIT */
/* One controller of a run over many units: it scans, connects one at a time, carries its links. */
#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "batch/run.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"

/* How long a unit that was just seen may take to accept a connection. */
#define CONNECT_US 5000000

/* ---- Key pairs, made before they are needed ---------------------------------------------------
 */

static bool need_keypairs(const struct batch_run *r)
{
	return r->options->sc != SMP_SC_OFF && !r->options->oob_own;
}

/* One at a time: whatever else is ready has its turn in between. */
static void make_keypair(void *ctx)
{
	struct batch_run *r = ctx;

	if (r->keypair_count == BATCH_KEYPAIRS || r->batch.stop != BATCH_GOING ||
	    crypto_p256_generate(&r->keypairs[r->keypair_count], crypto_random, NULL) != CRYPTO_OK)
		return;
	if (++r->keypair_count < BATCH_KEYPAIRS)
		loop_timer_start(&r->run.loop, &r->spare, 0);
}

void batch_spare_init(struct batch_run *r)
{
	r->spare = (struct loop_timer){.fire = make_keypair, .ctx = r};
	if (need_keypairs(r))
		loop_timer_start(&r->run.loop, &r->spare, 0);
}

static void give_keypair(struct batch_run *r, struct session_setup *setup)
{
	if (!r->keypair_count)
		return;
	setup->own_keypair = r->keypairs[--r->keypair_count];
	setup->keypair = &setup->own_keypair;
	bytes_wipe(&r->keypairs[r->keypair_count], sizeof(r->keypairs[0]));
	if (!r->spare.at)
		loop_timer_start(&r->run.loop, &r->spare, 0);
}

/* ---- What a unit's row says, over the options --------------------------------------------------
 */

static void apply(struct options *o, const struct batch_unit_spec *w)
{
	if (w->has_passkey) {
		o->has_passkey = true;
		o->passkey = w->passkey;
	}
	if (w->confirm)
		o->confirm = (enum confirm)w->confirm;
	if (w->oob)
		o->oob = *w->oob;
	o->method = w->method ? (enum smp_method)w->method : o->method;
	if (w->level >= 3)
		o->mitm = SMP_MITM_REQUIRE;
	if (w->level == 4)
		o->sc = SMP_SC_ONLY;
	if (w->level == 4)
		o->min_key_size = 16;
	options_settle_io(o);
}

static void settle(struct batch_slot *slot, struct batch_unit *unit)
{
	struct batch_run *r = slot->site->run;
	struct batch_controller *site = slot->site;
	char key[BATCH_UNIT];

	memset(&slot->session, 0, sizeof(slot->session));
	slot->unit = unit;
	slot->next = NULL;
	slot->linked = slot->too_long = slot->over = false;
	slot->options = *r->options;
	apply(&slot->options, &unit->want);
	batch_unit_key(unit, key);
	/* A label that is the key already is not said twice. */
	if (unit->want.label && strcmp(unit->want.label, key) != 0)
		(void)snprintf(slot->name, sizeof(slot->name), "%.30s %.80s", key,
			       unit->want.label);
	else
		(void)snprintf(slot->name, sizeof(slot->name), "%s", key);
	slot->events = site->events;
	slot->events.unit = slot->name;
	slot->events.brief = !r->options->verbose;
	slot->session.controller = &site->controller;
	slot->session.options = &slot->options;
	slot->session.events = &slot->events;
	slot->session.peer = unit->peer;
	slot->session.started = clock_now();
}

/* ---- Scanning and connecting ------------------------------------------------------------------
 */

static void scan(struct batch_controller *site)
{
	struct hci_gap *gap = &site->controller.gap;

	if (site->up && !gap->scanning && !gap->connecting && site->run->batch.stop == BATCH_GOING)
		hci_gap_scan(gap, site->controller.own.type, site->run->active_scan);
}

static void over_limit(void *ctx)
{
	struct batch_slot *slot = ctx;
	struct batch_controller *site = slot->site;

	slot->too_long = true;
	if (slot->linked)
		session_cancel(&slot->session, CLI_TIMED_OUT);
	else if (site->connecting == slot)
		hci_gap_connect_cancel(&site->controller.gap);
	controller_flush(&site->controller);
}

static struct batch_slot *free_slot(struct batch_controller *site)
{
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (!site->slots[i].unit)
			return &site->slots[i];
	return NULL; /* never: an active unit has a slot, and there are no more of them */
}

static void begin(struct batch_controller *site, struct batch_unit *unit)
{
	struct batch_run *r = site->run;
	const struct options *o = r->options;
	struct batch_slot *slot = free_slot(site);
	struct hci_connect connect = {
		.own_type = site->controller.own.type,
		.peer_type = unit->peer.type,
		.parameters = {o->interval_min, o->interval_max, o->latency, o->supervision},
		.tries = 1, /* the order of units knows what to do then */
		.scan_on = true,
	};

	memcpy(connect.peer, unit->peer.octets, 6);
	settle(slot, unit);
	site->connecting = slot;
	event_emit(&slot->events, json_pack("{s:s, s:o}", "event", "connecting", "peer",
					    json_address(&unit->peer)));
	hci_gap_connect(&site->controller.gap, &connect);
	loop_timer_start(&r->run.loop, &site->patience, CONNECT_US);
	slot->limit = (struct loop_timer){.fire = over_limit, .ctx = slot};
	if (o->unit_timeout > 0)
		loop_timer_start_at(&r->run.loop, &slot->limit,
				    unit->begun + (uint64_t)(o->unit_timeout * 1e6));
}

static void connect_next(struct batch_controller *site)
{
	struct batch_unit *unit =
		site->up ? batch_next(&site->run->batch, clock_now(), site->place) : NULL;

	if (unit)
		begin(site, unit);
	else
		scan(site);
	if (site->up)
		controller_flush(&site->controller);
}

void batch_sites_go_on(struct batch_run *r)
{
	for (size_t i = 0; i < r->site_count; i++)
		connect_next(&r->sites[i]);
}

static void out_of_patience(void *ctx)
{
	struct batch_controller *site = ctx;

	hci_gap_connect_cancel(&site->controller.gap);
	controller_flush(&site->controller);
}

/* ---- What is seen ------------------------------------------------------------------------------
 */

static void see(struct batch_controller *site, const struct hci_advertisement *a)
{
	struct batch_advertiser sight = {.connectable = a->connectable, .rssi = a->rssi};

	sight.address.type = a->address_type;
	memcpy(sight.address.octets, a->address, 6);
	uint64_t key = batch_address_key(&sight.address);
	__typeof__(site->recent[0]) *recent = &site->recent[(key ^ key >> 32) % BATCH_RECENT];

	/* A scan response goes with the advertisement before it. */
	if (a->scan_response) {
		if (!address_equal(&recent->address, &sight.address))
			return;
		sight.connectable = recent->connectable;
		batch_sight_add(&sight, recent->data, recent->len);
	} else if (a->len <= sizeof(recent->data)) {
		recent->address = sight.address;
		recent->connectable = a->connectable;
		recent->len = (uint8_t)a->len;
		if (a->len)
			memcpy(recent->data, a->data, a->len);
	}
	batch_sight_add(&sight, a->data, a->len);
	batch_seen(&site->run->batch, clock_now(), site->place, &sight);
}

static void on_reports(struct batch_controller *site, const struct hci_input *input)
{
	struct hci_advertisement a;
	size_t at = 0;

	while (hci_advertisement_next(input, &at, &a))
		see(site, &a);
	batch_schedule(site->run);
}

/* ---- How links end -----------------------------------------------------------------------------
 */

static enum batch_end end_of(const struct batch_slot *slot)
{
	const struct session *s = &slot->session;

	switch (s->outcome.exit) {
	case CLI_OK:
		return BATCH_OK;
	case CLI_PEER_REFUSED:
		return s->blame == SMP_BY_ENCRYPTION ? BATCH_UNENCRYPTED : BATCH_REFUSED;
	case CLI_WE_REFUSED:
		return BATCH_WE_REFUSED;
	case CLI_TIMED_OUT:
		return slot->too_long				   ? BATCH_UNIT_TIMEOUT
		       : slot->site->run->batch.stop == BATCH_TIME ? BATCH_CANCELLED
								   : BATCH_SMP_TIMEOUT;
	case CLI_CONNECTION_FAILED:
		return s->outcome.reason_code == HCI_FAILED_TO_ESTABLISH ? BATCH_NOT_ESTABLISHED
									 : BATCH_LOST;
	case CLI_CANCELLED:
		return BATCH_CANCELLED;
	case CLI_INTERNAL:
	case CLI_USAGE:
	case CLI_NO_CONTROLLER:
	case CLI_CONTROLLER_BUSY:
	case CLI_PERMISSION:
	case CLI_NOT_FOUND:
	case CLI_BOND_LOST:
	case CLI_CONTROLLER_FAILED:
	case CLI_CONTROLLER_BLOCKED:
	case CLI_EXPLAINED:
	case CLI_NOTHING_FOUND:
	case CLI_UNITS_FAILED:
	case CLI_STOPPED:
	case CLI_EXIT_COUNT:
		break;
	}
	return BATCH_INTERNAL_ERROR;
}

static void too_long(struct batch_slot *slot)
{
	outcome_fail(&slot->session.outcome, CLI_TIMED_OUT, "timed out: --unit-timeout is over");
}

static void link_closed(void *ctx)
{
	struct batch_slot *slot = ctx;
	enum batch_end end = end_of(slot);

	if (end == BATCH_UNIT_TIMEOUT)
		too_long(slot);
	batch_record_attempt(slot, end, slot->session.outcome.reason_code);
}

static void not_connected(struct batch_controller *site, const struct hci_gap_event *h)
{
	struct batch_slot *slot = site->connecting;
	enum batch_end end = BATCH_NOT_ESTABLISHED;
	struct outcome *o;

	if (!slot)
		return;
	o = &slot->session.outcome;
	site->connecting = NULL;
	loop_timer_stop(&site->run->run.loop, &site->patience);
	if (slot->too_long) {
		end = BATCH_UNIT_TIMEOUT;
		too_long(slot);
	} else if (h->cancelled && site->run->batch.stop != BATCH_GOING) {
		end = BATCH_CANCELLED;
		outcome_fail(o, CLI_CANCELLED, "cancelled");
	} else if (h->cancelled) {
		end = BATCH_NO_ANSWER;
		outcome_fail(o, CLI_CONNECTION_FAILED, "it did not take a connection within %d s",
			     CONNECT_US / 1000000);
	} else {
		if (h->status == HCI_CONNECTION_LIMIT)
			end = BATCH_FULL;
		outcome_fail(o, CLI_CONNECTION_FAILED, "cannot connect: %s (0x%02x)",
			     hci_error_name(h->status), h->status);
		(void)snprintf(o->advice, sizeof(o->advice), "%s", hci_error_advice(h->status));
		o->reason = hci_error_name(h->status);
		o->reason_code = h->status;
	}
	batch_record_attempt(slot, end, o->reason_code);
}

/* ---- What the controller tells -----------------------------------------------------------------
 */

static void on_connected(struct batch_controller *site, struct hci_link *link)
{
	struct batch_slot *slot = site->connecting;

	if (!link)
		return;
	loop_timer_stop(&site->run->run.loop, &site->patience);
	if (!slot || !link->central) {
		hci_gap_disconnect(&site->controller.gap, link, HCI_REMOTE_USER_TERMINATED);
		return;
	}
	site->connecting = NULL;
	slot->linked = true;
	link->user = slot;
	batch_linked(&site->run->batch, slot->unit);
	slot->setup = (struct session_setup){.options = &slot->options,
					     .events = &slot->events,
					     .closed = link_closed,
					     .ctx = slot,
					     .started = slot->session.started};
	if (slot->options.sc != SMP_SC_OFF)
		give_keypair(site->run, &slot->setup);
	session_open(&slot->session, &site->controller, link, &slot->setup);
	bytes_wipe(&slot->setup.own_keypair, sizeof(slot->setup.own_keypair));
	slot->setup.keypair = NULL;
	/* It was cancelled, and came up all the same. */
	if (slot->too_long)
		session_cancel(&slot->session, CLI_TIMED_OUT);
	else if (site->run->batch.stop == BATCH_INTERRUPTED)
		session_cancel(&slot->session, CLI_CANCELLED);
}

static void up(void *ctx)
{
	struct batch_controller *site = ctx;

	site->up = true;
	memset(site->recent, 0, sizeof(site->recent));
	batch_up(&site->run->batch, site->place);
	batch_schedule(site->run);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct batch_controller *site = ctx;
	struct batch_slot *slot = h->link ? h->link->user : NULL;

	if (h->kind == HCI_GAP_REPORTS) {
		on_reports(site, input);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		on_connected(site, h->link);
		batch_schedule(site->run);
	} else if (h->kind == HCI_GAP_NOT_CONNECTED) {
		not_connected(site, h);
	} else if (h->kind == HCI_GAP_FAILED) {
		char text[120];
		(void)snprintf(text, sizeof(text), "%s: %s (0x%02x)", hci_command_name(h->opcode),
			       hci_error_name(h->status), h->status);
		site->up = false;
		controller_sick(&site->controller, text);
	} else if (slot) {
		session_on_gap_event(&slot->session, h);
	}
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	struct batch_slot *slot = link->user;

	(void)ctx;
	if (slot)
		session_data(&slot->session, link, pb, octets, len);
}

static void on_idle(void *ctx)
{
	struct batch_controller *site = ctx;

	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		if (site->slots[i].unit && site->slots[i].linked)
			session_idle(&site->slots[i].session);
}

/* Its units are for others; those that were decided before stay so. */
static void down(struct batch_controller *site, const char *text)
{
	site->up = false;
	site->connecting = NULL;
	loop_timer_stop(&site->run->run.loop, &site->patience);
	for (size_t i = 0; i < HCI_LINKS_MAX; i++) {
		struct batch_slot *slot = &site->slots[i];
		if (!slot->unit || slot->over)
			continue;
		if (slot->linked)
			session_abandon(&slot->session);
		if (session_result_is_final(&slot->session)) {
			link_closed(slot);
			continue;
		}
		outcome_fail(&slot->session.outcome, CLI_CONTROLLER_FAILED, "%s", text);
		batch_record_attempt(slot, BATCH_CONTROLLER, -1);
	}
	batch_down(&site->run->batch, site->place);
	batch_schedule(site->run);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct batch_controller *site = ctx;
	struct batch_run *r = site->run;

	if (r->first_failure == CLI_OK) {
		r->first_failure = code;
		(void)snprintf(r->failure_text, sizeof(r->failure_text), "%s", text);
	}
	site->out = true;
	if (code != CLI_CANCELLED)
		event_note(&site->events, 0, "%s: out of service: %s", site->spec, text);
	if (++r->sites_out == r->site_count)
		batch_stop(&r->batch,
			   code == CLI_CANCELLED ? BATCH_INTERRUPTED : BATCH_NO_CONTROLLER);
	down(site, text);
}

static bool sick(void *ctx, const char *text)
{
	struct batch_controller *site = ctx;
	bool may = site->run->batch.stop == BATCH_GOING &&
		   batch_may_reset(&site->run->batch, site->place);

	if (may) {
		event_note(&site->events, 0, "%s is reset: %s", site->spec, text);
		down(site, text);
	}
	return may;
}

void batch_site_open(struct batch_controller *site)
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .failed = failed,
						    .sick = sick};

	site->patience = (struct loop_timer){.fire = out_of_patience, .ctx = site};
	for (size_t i = 0; i < HCI_LINKS_MAX; i++)
		site->slots[i].site = site;
	const struct controller_setup setup = {
		.spec = site->spec,
		.capture = *site->capture ? site->capture : NULL,
		.events = &site->events,
		.user = &user,
		.ctx = site,
	};
	runtime_open(&site->run->run, &site->controller, &setup);
}

/* ---- The end -----------------------------------------------------------------------------------
 */

void batch_sites_cancel(struct batch_run *r, enum cli_exit why)
{
	for (size_t i = 0; i < r->site_count; i++) {
		struct batch_controller *site = &r->sites[i];
		if (!site->up)
			continue;
		hci_gap_scan_stop(&site->controller.gap);
		if (site->connecting)
			hci_gap_connect_cancel(&site->controller.gap);
		for (size_t k = 0; k < HCI_LINKS_MAX; k++)
			if (site->slots[k].unit && site->slots[k].linked)
				session_cancel(&site->slots[k].session, why);
		controller_flush(&site->controller);
	}
}

void batch_sites_finish(struct batch_run *r)
{
	for (size_t i = 0; i < r->site_count; i++) {
		struct batch_controller *site = &r->sites[i];
		if (site->out)
			continue;
		if (site->up)
			hci_gap_scan_stop(&site->controller.gap);
		site->up = false;
		site->out = true;
		controller_finish(&site->controller);
	}
}

static void tick(void *ctx)
{
	struct batch_run *r = ctx;

	batch_tick(&r->batch, clock_now());
	batch_schedule(r);
}

void batch_schedule(struct batch_run *r)
{
	uint64_t next;

	if (batch_over(&r->batch)) {
		loop_timer_stop(&r->run.loop, &r->tick);
		loop_timer_stop(&r->run.loop, &r->spare);
		loop_timer_stop(&r->run.loop, &r->limit);
		batch_record_unseen(r);
		batch_sites_finish(r);
		return;
	}
	batch_sites_go_on(r);
	for (size_t i = 0; i < r->site_count; i++)
		if (r->sites[i].up && batch_sick(&r->batch, i)) {
			r->sites[i].up = false;
			controller_sick(&r->sites[i].controller,
					"with it, unit after unit cannot be connected");
		}
	r->tick.fire = tick;
	r->tick.ctx = r;
	next = batch_deadline(&r->batch);
	if (next == UINT64_MAX)
		loop_timer_stop(&r->run.loop, &r->tick);
	else if (next != r->tick.at)
		loop_timer_start_at(&r->run.loop, &r->tick, next);
	batch_show(r);
}
