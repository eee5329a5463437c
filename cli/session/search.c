/* SPDX-License-Identifier: MIT */
#include "session/search.h"

#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "output/advertisement_event.h"

static void start_timer(struct search *s, struct loop_timer *timer, double seconds)
{
	loop_timer_start(s->controller.loop, timer, (uint64_t)(seconds * 1e6));
}

static void end_in_state(struct search *s)
{
	s->state = SEARCH_OVER;
	loop_timer_stop(s->controller.loop, &s->step_limit);
	session_abandon(&s->session);
}

void search_end(struct search *s)
{
	if (s->state == SEARCH_OVER)
		return;
	end_in_state(s);
	controller_finish(&s->controller);
}

void search_fail(struct search *s, const struct failure *failure)
{
	if (s->state == SEARCH_OVER)
		return;
	outcome_fail(&s->outcome, failure->exit, "%s", failure->text);
	search_end(s);
}

/* ---- Searching ------------------------------------------------------------------------------- */

void search_scan(struct search *s)
{
	if (s->state == SEARCH_OVER)
		return;
	s->state = SEARCH_SCANNING;
	s->seen_not_connectable = false;
	s->setup.searched = clock_now();
	hci_gap_scan(&s->controller.gap, s->controller.own.type, s->scans_actively);
	start_timer(s, &s->step_limit, s->options->scan_timeout);
	controller_flush(&s->controller);
}

void search_stop_scan(struct search *s)
{
	if (s->state != SEARCH_SCANNING)
		return;
	s->state = SEARCH_IDLE;
	loop_timer_stop(s->controller.loop, &s->step_limit);
	hci_gap_scan_stop(&s->controller.gap);
}

static json_t *describe_peer(const struct search *s, const struct crypto_address *on_air)
{
	const struct json_peer peer = {.address = on_air,
				       .identity = s->setup.identity,
				       .name = s->setup.peer_name,
				       .label = s->setup.peer_label};

	return json_peer(&peer);
}

static void report_found(struct search *s, const struct crypto_address *on_air,
			 const struct hci_advertisement *a)
{
	json_t *event = advertisement_event("found", a);
	const char *name =
		json_string_value(json_object_get(json_object_get(event, "peer"), "name"));

	/* It may come in scan responses only, which are not asked for at each search. */
	if (name || !address_equal(&s->seen, on_air))
		(void)snprintf(s->seen_name, sizeof(s->seen_name), "%s", name ? name : "");
	s->setup.peer_name = s->seen_name;
	(void)json_object_set_new(event, "peer", describe_peer(s, on_air));
	event_emit(s->events, event);
}

static void on_reports(struct search *s, const struct hci_input *input)
{
	struct hci_advertisement a;
	size_t at = 0;

	while (s->state == SEARCH_SCANNING &&
	       hci_gap_next_report(&s->controller.gap, input, &at, &a)) {
		struct crypto_address address = {.type = a.address_type};
		memcpy(address.octets, a.address, sizeof(address.octets));
		if (s->user->heard && s->user->heard(s->ctx, &a))
			continue;
		if (!s->user->is_wanted(s->ctx, &address))
			continue;
		if (!a.connectable) {
			s->seen_not_connectable |= !a.scan_response;
			continue;
		}
		const enum own_target target = own_identity_target(&s->controller.own, &a);
		if (target == OWN_TARGET_ANOTHER ||
		    (target == OWN_TARGET_HIDDEN && !hci_gap_can_resolve(&s->controller.gap))) {
			if (s->user->passed_over)
				s->user->passed_over(s->ctx, target);
			continue;
		}
		report_found(s, &address, &a);
		s->seen = address;
		s->seen_phy = a.phy;
		s->seen_target = target;
		search_stop_scan(s);
		s->user->found(s->ctx, &address);
	}
}

/* ---- Connecting ------------------------------------------------------------------------------ */

void search_outcome_passed_over(struct outcome *o, const struct crypto_address *peer,
				enum own_target target)
{
	char address[ADDRESS_TEXT];

	address_format(peer, address);
	if (target == OWN_TARGET_HIDDEN) {
		outcome_fail(o, CLI_NOT_FOUND,
			     "%s directs its advertising to a private address of ours, which the "
			     "controller cannot resolve",
			     address);
		outcome_advice(o, "use a controller with LL privacy (blepair info), or put the "
				  "device into pairing mode");
	} else {
		outcome_fail(o, CLI_NOT_FOUND,
			     "%s advertises, but directed to another device: it answers no other",
			     address);
		outcome_advice(o, "put it into pairing mode, or remove its bond with the other "
				  "device from it");
	}
}

/*
 * For a target that directs its advertising to a private address of ours. With its bond, from which
 * it knows us, it may use a private address itself. False: it does, and there is no bond.
 */
static bool fill_resolving(struct search *s, struct hci_resolving *r)
{
	struct bond_record record = {0};
	struct failure failure;
	int64_t id;
	const bool found = store_find_by_air_address(s->controller.store, &s->target, &record, &id,
						     &failure) == 1;

	memcpy(r->own_irk, s->controller.own.irk, sizeof(r->own_irk));
	r->peer_type = s->target.type;
	memcpy(r->peer, s->target.octets, sizeof(r->peer));
	if (found) {
		const struct crypto_address *identity = bond_identity(&record);
		r->peer_type = identity->type;
		memcpy(r->peer, identity->octets, sizeof(r->peer));
		if (!address_equal(identity, &s->target))
			memcpy(r->peer_irk, record.bond.peer.irk, sizeof(r->peer_irk));
	}
	bytes_wipe(&record, sizeof(record));
	return found || !address_is_resolvable(&s->target);
}

static void connect_target(struct search *s)
{
	const struct options *o = s->options;
	struct hci_connect connect = {
		.own_type = s->controller.own.type,
		.peer_type = s->target.type,
		.parameters = {o->interval_min, o->interval_max, o->latency, o->supervision},
	};

	memcpy(connect.peer, s->target.octets, sizeof(connect.peer));
	if (!address_equal(&s->seen, &s->target)) {
		s->setup.peer_name = NULL;
	} else {
		connect.phy = s->seen_phy;
		connect.resolve = s->seen_target == OWN_TARGET_HIDDEN &&
				  fill_resolving(s, &connect.resolving);
	}
	s->state = SEARCH_CONNECTING;
	s->tries++;
	s->setup.started = clock_now();
	event_emit(s->events, json_pack("{s:s, s:o}", "event", "connecting", "peer",
					describe_peer(s, &s->target)));
	hci_gap_connect(&s->controller.gap, &connect);
	bytes_wipe(&connect.resolving, sizeof(connect.resolving));
	start_timer(s, &s->step_limit, o->scan_timeout);
	controller_flush(&s->controller);

	/* While the radio works: Secure Connections will need it. */
	if (!s->setup.keypair)
		session_setup_keypair(&s->setup, o);
}

void search_connect(struct search *s, const struct crypto_address *to)
{
	if (s->state == SEARCH_OVER)
		return;
	s->target = *to;
	s->tries = 0;
	connect_target(s);
}

static void not_connected(struct search *s, const struct hci_gap_event *h)
{
	char address[ADDRESS_TEXT];
	struct outcome outcome;

	s->state = SEARCH_IDLE;
	loop_timer_stop(s->controller.loop, &s->step_limit);
	address_format(&s->target, address);
	if (h->cancelled) {
		outcome_fail(&outcome, CLI_NOT_FOUND, "%s did not accept a connection within %g s",
			     address, s->options->scan_timeout);
		outcome_advice(
			&outcome,
			"is it switched on, near and advertising, and is its address really "
			"%s? without /public or /random behind the address, the search finds "
			"out the type",
			address_type(&s->target));
	} else {
		outcome_fail_hci(&outcome, CLI_CONNECTION_FAILED, h->status, "cannot connect to %s",
				 address);
	}
	s->user->not_connected(s->ctx, &outcome);
}

static void step_over(void *ctx)
{
	struct search *s = ctx;

	if (s->state == SEARCH_CONNECTING) {
		hci_gap_connect_cancel(&s->controller.gap); /* not_connected() follows */
	} else {
		search_stop_scan(s);
		s->user->not_found(s->ctx);
	}
	controller_flush(&s->controller);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* A link in the other role was not asked for. */
static void on_connected(struct search *s, struct hci_link *link)
{
	if (!link->central || s->state != SEARCH_CONNECTING) {
		hci_gap_disconnect(&s->controller.gap, link, HCI_REMOTE_USER_TERMINATED);
		return;
	}
	loop_timer_stop(s->controller.loop, &s->step_limit);
	s->state = SEARCH_LINKED;
	session_open(&s->session, &s->controller, link, &s->setup);
}

static void link_closed(void *ctx)
{
	struct search *s = ctx;

	s->state = SEARCH_IDLE;
	s->setup.searched = 0; /* an attempt that follows has not searched */
	s->user->closed(s->ctx);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct search *s = ctx;

	if (h->kind == HCI_GAP_REPORTS) {
		on_reports(s, input);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		on_connected(s, h->link);
	} else if (h->kind == HCI_GAP_NOT_CONNECTED) {
		if (s->state == SEARCH_CONNECTING)
			not_connected(s, h);
	} else if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&s->outcome, h->opcode, h->status);
		search_end(s);
	} else if (s->session.central && session_failed_to_establish(&s->session, h) &&
		   s->tries < SEARCH_LINK_TRIES) {
		event_note(s->events, 0, "the link failed to be established: trying again");
		session_abandon(&s->session);
		connect_target(s);
	} else {
		session_on_gap_event(&s->session, h);
	}
}

/* ---- Callbacks of the controller ------------------------------------------------------------- */

/* What the terminal shows of a step that takes long. */
static bool describe(void *ctx, struct progress_step *step)
{
	const struct search *s = ctx;

	switch (s->state) {
	case SEARCH_SCANNING:
		*step = (struct progress_step){"scanning", s->step_limit.at};
		return true;
	case SEARCH_CONNECTING:
		*step = (struct progress_step){"connecting", s->step_limit.at};
		return true;
	case SEARCH_LINKED:
		return session_phase(&s->session, step);
	case SEARCH_IDLE:
		*step = (struct progress_step){"waiting for the next attempt",
					       s->pause ? s->pause->at : 0};
		return step->until;
	case SEARCH_OVER:
		break;
	}
	return false;
}

static void up(void *ctx)
{
	struct search *s = ctx;

	s->progress.describe = describe;
	s->progress.ctx = s;
	progress_start(&s->progress, s->controller.loop, s->controller.owner->console, s->events);
	if (s->setup.hook)
		hook_watch(s->setup.hook, s->controller.loop);
	session_setup_emit_oob(&s->setup, &s->controller);
	s->user->up(s->ctx);
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	session_data(&((struct search *)ctx)->session, link, pb, octets, len);
}

static void on_idle(void *ctx)
{
	struct search *s = ctx;

	session_idle(&s->session);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct search *s = ctx;
	bool linked = s->state == SEARCH_LINKED;

	end_in_state(s);
	outcome_fail(&s->outcome, code, "%s", text);
	if (!linked || !session_result_is_final(&s->session))
		return;
	event_note(s->events, 0, "after the result: %s", text);
	s->user->closed(s->ctx);
}

static void packet(void *ctx, bool received, const uint8_t *octets, size_t len)
{
	struct search *s = ctx;

	if (s->user->packet)
		s->user->packet(s->ctx, received, octets, len);
}

static void stop(struct search *s, enum cli_exit why)
{
	if (s->stopped)
		return;
	s->stopped = why;
	if (s->state == SEARCH_LINKED) {
		session_cancel(&s->session, why);
		return;
	}
	if (why == CLI_TIMED_OUT)
		outcome_fail(&s->outcome, why, "timed out: --timeout is over");
	else
		outcome_fail(&s->outcome, why, "cancelled");
	search_end(s);
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

enum cli_exit search_init(struct search *s, const struct options *options,
			  struct event_output *events, enum session_intent intent,
			  const struct search_user *user, void *ctx)
{
	s->options = options;
	s->events = events;
	s->user = user;
	s->ctx = ctx;
	s->step_limit = (struct loop_timer){.fire = step_over, .ctx = s};
	return session_setup_init(&s->setup, options, events, intent, link_closed, s);
}

void search_run(struct search *s, struct store *store, bool be_known_to_peer)
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .failed = failed,
						    .packet = packet,
						    .interrupted = interrupted,
						    .time_over = time_over};
	const struct controller_setup setup = {
		.be_known_to_peer = be_known_to_peer, .user = &user, .ctx = s};

	(void)runtime_run_controller(&s->runtime, &s->controller, s->options, s->events, store,
				     setup);
	progress_stop(&s->progress);
	session_finish(&s->session);
}

void search_close(struct search *s)
{
	runtime_close(&s->runtime);
}
