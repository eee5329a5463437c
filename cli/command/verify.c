/* SPDX-License-Identifier: MIT */
/*
 * blepair verify --all: encrypts with every bond whose peer is near, one after the other, and says
 * which of them work. A single bond is cmd_pair()'s.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json_fields.h"
#include "command/command.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"
#include "session/session.h"

/* How often a link that broke at once, or did not come up, is set up again. */
#define LINK_TRIES 3

struct bond_state {
	int64_t id;
	struct crypto_address peer; /* its lasting address */
	unsigned tries;
	bool done;
	enum cli_exit code;
};

struct verify {
	const struct options *options;
	struct event_output *events;
	struct controller controller;
	struct session session;
	struct session_setup setup;
	struct loop_timer time_limit;	/* --timeout */
	struct loop_timer search_limit; /* --scan-timeout, since the last one that was seen */
	struct bond_state *bonds;
	size_t count, done, working;
	struct bond_state *now; /* being connected to or encrypted with, NULL: none */
	bool linked, over;
	struct outcome outcome; /* of whatever ends it early; its exit is CLI_OK: nothing did */
};

static void end(struct verify *v)
{
	if (v->over)
		return;
	v->over = true;
	loop_timer_stop(v->controller.loop, &v->time_limit);
	loop_timer_stop(v->controller.loop, &v->search_limit);
	hci_gap_scan_stop(&v->controller.gap);
	controller_finish(&v->controller);
}

static void end_with_problem(struct verify *v, const struct failure *problem)
{
	outcome_fail(&v->outcome, problem->exit, "%s", problem->text);
	end(v);
}

/* ---- Which bonds ----------------------------------------------------------------------------- */

/* The peer knows us by the address that we had, or by the identity that we gave it. */
static bool is_ours(const struct verify *v, const struct bond_record *r)
{
	const struct smp_keys *keys = &r->bond.local;

	return address_equal(&r->local, &v->controller.own) ||
	       (keys->has_identity && address_equal(&keys->identity, &v->controller.identity));
}

/* 0, or -1 and the outcome is there. */
static int load(struct verify *v)
{
	struct failure problem;
	struct bond_record record;
	int64_t id = 0;
	size_t others = 0;
	int status;

	while ((status = store_next(v->controller.store, 0, &id, &record, &problem)) == 1) {
		if (!is_ours(v, &record)) {
			others++;
			continue;
		}
		struct bond_state *more = realloc(v->bonds, (v->count + 1) * sizeof(*more));
		if (!more) {
			status = -1;
			problem.exit = CLI_INTERNAL;
			(void)snprintf(problem.text, sizeof(problem.text), "out of memory");
			break;
		}
		v->bonds = more;
		v->bonds[v->count++] =
			(struct bond_state){.id = id, .peer = *bond_identity(&record)};
	}
	bytes_wipe(&record, sizeof(record));
	if (status < 0) {
		end_with_problem(v, &problem);
		return -1;
	}
	if (others)
		event_note(v->events, 0,
			   "%zu bond%s made under another address of ours, by another controller "
			   "or --own-address: left out",
			   others, others == 1 ? " was" : "s were");
	if (v->count)
		return 0;
	outcome_fail(&v->outcome, CLI_USAGE, "there is no bond to verify in %.200s",
		     v->controller.store->path);
	end(v);
	return -1;
}

/* ---- Finding --------------------------------------------------------------------------------- */

static void search(struct verify *v)
{
	if (v->over)
		return;
	v->now = NULL;
	if (v->done == v->count || v->outcome.exit != CLI_OK) {
		end(v);
		return;
	}
	v->session.searched = clock_now();
	hci_gap_scan(&v->controller.gap, v->controller.own_type, false);
	loop_timer_start(v->controller.loop, &v->search_limit,
			 (uint64_t)(v->options->scan_timeout * 1e6));
}

static void connect_to(struct verify *v, const struct crypto_address *on_air)
{
	const struct options *o = v->options;
	struct hci_connect connect = {
		.own_type = v->controller.own_type,
		.peer_type = on_air->type,
		.parameters = {o->interval_min, o->interval_max, o->latency, o->supervision},
	};

	memcpy(connect.peer, on_air->octets, 6);
	v->now->tries++;
	v->session.started = clock_now();
	event_emit(v->events,
		   json_pack("{s:s, s:o}", "event", "connecting", "peer", json_address(on_air)));
	hci_gap_scan_stop(&v->controller.gap);
	hci_gap_connect(&v->controller.gap, &connect);
	/* It has a search's time to take the connection. */
	loop_timer_start(v->controller.loop, &v->search_limit, (uint64_t)(o->scan_timeout * 1e6));
}

/* The bond with whoever advertises, if it is still to be verified. */
static struct bond_state *wanted(struct verify *v, const struct crypto_address *on_air)
{
	struct failure problem;
	struct bond_record record;
	int64_t id;
	int found = store_find_by_air_address(v->controller.store, on_air, &record, &id, &problem);

	bytes_wipe(&record, sizeof(record));
	if (found < 0)
		end_with_problem(v, &problem);
	for (size_t i = 0; found == 1 && i < v->count; i++)
		if (v->bonds[i].id == id && !v->bonds[i].done)
			return &v->bonds[i];
	return NULL;
}

static void on_reports(struct verify *v, const struct hci_input *input)
{
	struct hci_advertisement a;
	size_t at = 0;

	while (!v->over && !v->now && hci_advertisement_next(input, &at, &a)) {
		struct crypto_address address = {.type = a.address_type};
		memcpy(address.octets, a.address, 6);
		if (a.connectable && (v->now = wanted(v, &address)))
			connect_to(v, &address);
	}
}

/* ---- How each ended -------------------------------------------------------------------------- */

static void settle(struct verify *v, struct bond_state *bond, enum cli_exit code)
{
	bond->done = true;
	bond->code = code;
	v->done++;
	v->working += code == CLI_OK;
}

/* One that no session has reported: it is told, and kept as an attempt. */
static void settle_unlinked(struct verify *v, struct bond_state *bond, const struct outcome *o)
{
	struct failure problem;
	struct attempt attempt;
	struct store_entry entry = {.attempt = &attempt};

	attempt_init(&attempt, o->result, o->exit, o->reason, o->reason_code);
	(void)address_format(&bond->peer, attempt.peer);
	attempt.controller = v->controller.spec;
	if (store_write(v->controller.store, &entry, 1, &problem))
		event_note(v->events, 0, "%s", problem.text);
	outcome_report(o, v->events, &bond->peer, NULL);
	settle(v, bond, o->exit);
}

static void search_over(void *ctx)
{
	struct verify *v = ctx;
	char address[ADDRESS_TEXT];
	struct outcome o;

	if (v->controller.gap.connecting) {
		hci_gap_connect_cancel(&v->controller.gap);
		controller_flush(&v->controller);
		return;
	}
	for (size_t i = 0; i < v->count; i++) {
		if (v->bonds[i].done)
			continue;
		outcome_fail(&o, CLI_NOT_FOUND, "%s was not seen within %g s",
			     address_format(&v->bonds[i].peer, address), v->options->scan_timeout);
		settle_unlinked(v, &v->bonds[i], &o);
	}
	end(v);
	controller_flush(&v->controller);
}

static void not_connected(struct verify *v, const struct hci_gap_event *h)
{
	char address[ADDRESS_TEXT];
	struct outcome o;

	if (v->over || !v->now)
		return;
	if (v->now->tries < LINK_TRIES) {
		search(v);
		return;
	}
	(void)address_format(&v->now->peer, address);
	if (h->cancelled) {
		outcome_fail(&o, CLI_NOT_FOUND, "%s did not take a connection within %g s", address,
			     v->options->scan_timeout);
	} else {
		outcome_fail(&o, CLI_CONNECTION_FAILED, "cannot connect to %s: %s (0x%02x)",
			     address, hci_error_name(h->status), h->status);
		o.reason = hci_error_name(h->status);
		o.reason_code = h->status;
	}
	settle_unlinked(v, v->now, &o);
	search(v);
}

static void link_closed(void *ctx)
{
	struct verify *v = ctx;

	v->linked = false;
	session_conclude(&v->session);
	settle(v, v->now, v->session.outcome.exit);
	session_wipe(&v->session);
	search(v);
}

/* ---- What the controller tells --------------------------------------------------------------- */

static void up(void *ctx)
{
	struct verify *v = ctx;

	if (load(v))
		return;
	if (v->options->timeout > 0)
		loop_timer_start(v->controller.loop, &v->time_limit,
				 (uint64_t)(v->options->timeout * 1e6));
	event_emit(v->events, json_pack("{s:s}", "event", "scanning"));
	search(v);
}

static void on_gap_event(void *ctx, const struct hci_gap_event *h, const struct hci_input *input)
{
	struct verify *v = ctx;

	if (h->kind == HCI_GAP_REPORTS) {
		on_reports(v, input);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		loop_timer_stop(v->controller.loop, &v->search_limit);
		if (v->over || v->linked || !v->now) {
			hci_gap_disconnect(&v->controller.gap, h->link, HCI_REMOTE_USER_TERMINATED);
			return;
		}
		v->linked = true;
		session_open(&v->session, &v->controller, h->link, &v->setup);
	} else if (h->kind == HCI_GAP_NOT_CONNECTED) {
		loop_timer_stop(v->controller.loop, &v->search_limit);
		not_connected(v, h);
	} else if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&v->outcome, h->opcode, h->status);
		end(v);
	} else if (session_failed_to_establish(&v->session, h) && v->now->tries < LINK_TRIES) {
		session_abandon(&v->session);
		v->linked = false;
		search(v);
	} else {
		session_on_gap_event(&v->session, h);
	}
}

static void data(void *ctx, struct hci_link *link, uint8_t pb, const uint8_t *octets, size_t len)
{
	session_data(&((struct verify *)ctx)->session, link, pb, octets, len);
}

static void on_idle(void *ctx)
{
	session_idle(&((struct verify *)ctx)->session);
}

static void failed(void *ctx, enum cli_exit code, const char *text)
{
	struct verify *v = ctx;

	v->over = true;
	loop_timer_stop(v->controller.loop, &v->time_limit);
	loop_timer_stop(v->controller.loop, &v->search_limit);
	if (v->linked)
		session_abandon(&v->session);
	if (v->linked && session_result_is_final(&v->session)) {
		session_conclude(&v->session);
		settle(v, v->now, v->session.outcome.exit);
	}
	outcome_fail(&v->outcome, code, "%s", text);
}

static void stop(struct verify *v, enum cli_exit why, const char *text)
{
	if (v->over)
		return;
	outcome_fail(&v->outcome, why, "%s", text);
	if (v->linked)
		session_cancel(&v->session, why);
	else
		end(v);
}

static void interrupted(void *ctx)
{
	stop(ctx, CLI_CANCELLED, "cancelled");
}

static void time_over(void *ctx)
{
	struct verify *v = ctx;

	stop(v, CLI_TIMED_OUT, "timed out: --timeout is over");
	controller_flush(&v->controller);
}

/* ---------------------------------------------------------------------------------------------- */

/* The last word: how many work; the code is that of the first that does not. */
static enum cli_exit conclude(struct verify *v)
{
	struct outcome *o = &v->outcome;

	for (size_t i = 0; o->exit == CLI_OK && i < v->count; i++)
		if (v->bonds[i].code != CLI_OK)
			outcome_fail(o, v->bonds[i].code, "%zu of %zu bonds work", v->working,
				     v->count);
	if (o->exit == CLI_OK)
		(void)snprintf(o->text, sizeof(o->text), "%zu of %zu bonds work", v->working,
			       v->count);
	else if (v->done < v->count)
		(void)snprintf(o->detail, sizeof(o->detail),
			       "%zu of %zu bonds work, %zu were not tried", v->working, v->count,
			       v->count - v->done);
	outcome_report(o, v->events, NULL,
		       json_pack("{s:i, s:i}", "bonds", (int)v->count, "working", (int)v->working));
	return o->exit;
}

enum cli_exit cmd_verify(const struct options *options, struct event_output *events,
			 struct store *store)
{
	static const struct controller_user user = {.up = up,
						    .on_gap_event = on_gap_event,
						    .data = data,
						    .on_idle = on_idle,
						    .failed = failed,
						    .interrupted = interrupted};
	static struct verify verify;
	struct verify *v = &verify;
	enum cli_exit code;

	if (!options->all)
		return cmd_pair(options, events, store);
	v->options = options;
	v->events = events;
	v->time_limit = (struct loop_timer){.fire = time_over, .ctx = v};
	v->search_limit = (struct loop_timer){.fire = search_over, .ctx = v};
	v->outcome = (struct outcome){.exit = CLI_OK, .result = "encrypted", .reason_code = -1};
	code = session_setup_init(&v->setup, options, events, link_closed, v);
	if (code != CLI_OK)
		return code;
	(void)runtime_run_controller(&v->controller, options, events, store, &user, v);
	code = conclude(v);
	session_wipe(&v->session);
	free(v->bonds);
	bytes_wipe(v, sizeof(*v));
	return code;
}
