/* SPDX-License-Identifier: MIT */
/*
 * A controller of a job: what it does with each event of its host. The host, the links and their
 * sessions are played by the test.
 */
#include "batch/controller.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "batch/record.h"
#include "batch/summary.h"
#include "cli/batch/fixture.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"

#define S UINT64_C(1000000)

static struct batch_controller *const c = &controllers[0];
static const struct controller_user *user;
static void *user_ctx;

/* What was called last, and how often. */
static unsigned opened, flushed, sickened, finished, scans, scan_stops, connects, connect_cancels;
static unsigned disconnects, sessions, cancels, abandons, idles, session_events, session_octets;
static char sick_text[FAILURE_TEXT], capture[64];
static struct hci_connect connect_parameters;
static bool scan_active, final_result, had_keypair;
static uint8_t disconnect_reason;
static enum cli_exit cancel_why;
static struct session_setup *setup;
static size_t room, accepted; /* of the filter accept list */
static struct hci_accepted first_accepted;
static struct hci_link links[4];
static struct hci_advertisement reports[4];
static size_t report_count;

/* clang-format off */
void __wrap_runtime_open(struct runtime *runtime, struct controller *controller, const struct controller_setup *set_up);
void __wrap_controller_flush(struct controller *controller);
void __wrap_controller_sick(struct controller *controller, const char *text);
void __wrap_controller_finish(struct controller *controller);
size_t __wrap_hci_gap_accepts(const struct hci_gap *gap);
void __wrap_hci_gap_scan_for(struct hci_gap *gap, uint8_t own_type, bool active, const struct hci_accepted *devices, size_t count);
void __wrap_hci_gap_scan_stop(struct hci_gap *gap);
void __wrap_hci_gap_connect(struct hci_gap *gap, const struct hci_connect *parameters);
void __wrap_hci_gap_connect_cancel(struct hci_gap *gap);
void __wrap_hci_gap_disconnect(struct hci_gap *gap, struct hci_link *link, uint8_t reason);
bool __wrap_hci_advertisement_next(const struct hci_input *input, size_t *at, struct hci_advertisement *report);
void __wrap_session_open(struct session *s, struct controller *controller, struct hci_link *link, struct session_setup *set_up);
void __wrap_session_cancel(struct session *s, enum cli_exit why);
void __wrap_session_abandon(struct session *s);
void __wrap_session_idle(struct session *s);
void __wrap_session_data(struct session *s, const struct hci_link *link, uint8_t pb, const uint8_t *data, size_t len);
void __wrap_session_on_gap_event(struct session *s, const struct hci_gap_event *event);
bool __wrap_session_result_is_final(const struct session *s);
/* clang-format on */

void __wrap_runtime_open(struct runtime *runtime, struct controller *controller,
			 const struct controller_setup *set_up)
{
	assert_ptr_equal(controller, &c->controller);
	assert_ptr_equal(runtime, &job.runtime);
	assert_ptr_equal(set_up->events, &c->events);
	assert_string_equal(set_up->spec, "hci0");
	(void)snprintf(capture, sizeof(capture), "%s", set_up->capture ? set_up->capture : "none");
	user = set_up->user;
	user_ctx = set_up->ctx;
	opened++;
}

void __wrap_controller_flush(struct controller *controller)
{
	flushed += controller == &c->controller;
}

void __wrap_controller_sick(struct controller *controller, const char *text)
{
	sickened += controller == &c->controller;
	(void)snprintf(sick_text, sizeof(sick_text), "%s", text);
}

void __wrap_controller_finish(struct controller *controller)
{
	finished += controller == &c->controller;
}

void __wrap_hci_gap_scan_for(struct hci_gap *gap, uint8_t own_type, bool active,
			     const struct hci_accepted *devices, size_t count)
{
	accepted = count;
	if (count)
		first_accepted = devices[0];
	assert_int_equal(own_type, c->controller.own.type);
	gap->scanning = true;
	scan_active = active;
	scans++;
}

size_t __wrap_hci_gap_accepts(const struct hci_gap *gap)
{
	(void)gap;
	return room;
}

void __wrap_hci_gap_scan_stop(struct hci_gap *gap)
{
	gap->scanning = false;
	scan_stops++;
}

void __wrap_hci_gap_connect(struct hci_gap *gap, const struct hci_connect *parameters)
{
	gap->connecting = true;
	connect_parameters = *parameters;
	connects++;
}

void __wrap_hci_gap_connect_cancel(struct hci_gap *gap)
{
	(void)gap;
	connect_cancels++;
}

void __wrap_hci_gap_disconnect(struct hci_gap *gap, struct hci_link *link, uint8_t reason)
{
	assert_non_null(link);
	(void)gap;
	disconnect_reason = reason;
	disconnects++;
}

bool __wrap_hci_advertisement_next(const struct hci_input *input, size_t *at,
				   struct hci_advertisement *report)
{
	(void)input;
	if (*at == report_count)
		return false;
	*report = reports[(*at)++];
	return true;
}

void __wrap_session_open(struct session *s, struct controller *controller, struct hci_link *link,
			 struct session_setup *set_up)
{
	assert_ptr_equal(controller, &c->controller);
	assert_ptr_equal(set_up->ctx, link->user);
	s->link = link;
	had_keypair = set_up->keypair != NULL;
	setup = set_up;
	sessions++;
}

void __wrap_session_cancel(struct session *s, enum cli_exit why)
{
	(void)s;
	cancel_why = why;
	cancels++;
}

void __wrap_session_abandon(struct session *s)
{
	s->link = NULL;
	abandons++;
}

void __wrap_session_idle(struct session *s)
{
	(void)s;
	idles++;
}

void __wrap_session_data(struct session *s, const struct hci_link *link, uint8_t pb,
			 const uint8_t *data, size_t len)
{
	(void)s;
	(void)link;
	(void)data;
	assert_int_equal(pb, 2);
	session_octets += (unsigned)len;
}

void __wrap_session_on_gap_event(struct session *s, const struct hci_gap_event *event)
{
	(void)s;
	(void)event;
	session_events++;
}

bool __wrap_session_result_is_final(const struct session *s)
{
	return final_result && s->outcome.exit == CLI_OK;
}

/* ---- The scene ------------------------------------------------------------------------------- */

static int open_it(void **state)
{
	int status = begin(state);

	opened = flushed = sickened = finished = scans = scan_stops = connects = 0;
	connect_cancels = disconnects = sessions = cancels = abandons = idles = 0;
	session_events = session_octets = 0;
	report_count = 0;
	room = accepted = 0;
	final_result = false;
	*sick_text = '\0';
	memset(links, 0, sizeof(links));
	job.controller_count = 1;
	c->state = BATCH_DOWN;
	batch_controller_down(&job.scheduler, 0);
	batch_controller_open(c);
	user->up(user_ctx);
	run_timers();
	return status;
}

static void occurs(enum hci_gap_kind kind, struct hci_link *link, uint8_t status, bool cancelled)
{
	const struct hci_gap_event event = {
		.kind = kind, .link = link, .status = status, .cancelled = cancelled};

	if (kind == HCI_GAP_CONNECTED || kind == HCI_GAP_NOT_CONNECTED)
		c->controller.gap.connecting = false;
	user->on_gap_event(user_ctx, &event, NULL);
}

/* An advertisement of unit i. */
static void advertise(size_t i)
{
	reports[0] = (struct hci_advertisement){
		.connectable = true, .address_type = ADDRESS_RANDOM, .rssi = -50};
	reports[0].address[0] = (uint8_t)i;
	reports[0].address[5] = 0xc4;
	report_count = 1;
	occurs(HCI_GAP_REPORTS, NULL, 0, false);
}

static struct batch_slot *connect_unit(size_t i)
{
	advertise(i);
	batch_controller_continue(c);
	assert_ptr_equal(c->connecting->unit, &units[i]);
	return c->connecting;
}

static struct batch_slot *link_up(size_t i)
{
	struct batch_slot *slot = connect_unit(i);

	links[i].central = true;
	occurs(HCI_GAP_CONNECTED, &links[i], 0, false);
	assert_int_equal(slot->state, BATCH_SLOT_LINKED);
	return slot;
}

/* ---- Up, scanning, connecting ---------------------------------------------------------------- */

/* The scan for all devices is over when those that are left fit into the list. */
static void a_scan_is_for_the_units_that_are_left(void **state)
{
	(void)state;
	add_units(2);
	units[0].spec.typed = units[1].spec.typed = true;
	room = 1;
	batch_controller_continue(c);
	assert_int_equal(scans + scan_stops, 1);
	assert_int_equal(accepted, 0);
	room = 2;
	batch_controller_continue(c);
	assert_int_equal(scans, 2);
	assert_int_equal(scan_stops, 1);
	assert_int_equal(accepted, 2);
	assert_memory_equal(first_accepted.address, units[0].spec.address.octets, 6);
	c->controller.gap.scans_accepted = true; /* as hci_gap_scan_for() has done */
	batch_controller_continue(c);
	assert_int_equal(scans, 2);
}

static void a_controller_that_comes_up_is_scheduled_and_scans(void **state)
{
	(void)state;
	add_units(1);
	assert_int_equal(opened, 1);
	assert_string_equal(capture, "none");
	assert_int_equal(c->state, BATCH_UP);
	assert_true(job.scheduler.controllers[0].up);
	batch_controller_continue(c);
	assert_int_equal(scans, 1);
	assert_false(scan_active);
	assert_int_equal(flushed, 1);
	batch_controller_continue(c); /* it scans already */
	assert_int_equal(scans, 1);
	(void)strcpy(c->capture, "log.1");
	job.active_scan = true;
	batch_controller_open(c);
	assert_string_equal(capture, "log.1");
	c->controller.gap.scanning = false;
	batch_controller_continue(c);
	assert_true(scan_active);
}

static void coming_up_asks_for_scheduling_and_forgets_advertisements(void **state)
{
	(void)state;
	add_units(1);
	advertise(0);
	loop_timer_stop(&job.runtime.loop, &job.schedule_timer);
	user->up(user_ctx);
	assert_int_not_equal(job.schedule_timer.at, 0);
	/* A scan response alone: its advertisement was of the time before. */
	c->state = BATCH_UP;
	reports[0].scan_response = true;
	job.scheduler.idle_since = 0;
	occurs(HCI_GAP_REPORTS, NULL, 0, false);
	assert_int_equal(job.scheduler.idle_since, 0);
}

static void it_does_not_scan_when_it_is_down_or_the_job_ends(void **state)
{
	(void)state;
	add_units(1);
	c->state = BATCH_DOWN;
	batch_controller_continue(c);
	assert_int_equal(scans + flushed, 0);
	c->state = BATCH_UP;
	batch_stop(&job.scheduler, BATCH_TIME_OVER);
	batch_controller_continue(c);
	assert_int_equal(scans, 0);
	assert_int_equal(flushed, 1);
}

static void a_unit_that_is_seen_is_connected(void **state)
{
	struct batch_slot *slot;

	(void)state;
	options.interval_min = 6;
	options.interval_max = 9;
	options.has_interval = true;
	options.latency = 1;
	options.supervision = 400;
	c->controller.own.type = 1;
	add_units(1);
	loop_timer_stop(&job.runtime.loop, &job.schedule_timer);
	slot = connect_unit(0);
	assert_int_not_equal(job.schedule_timer.at, 0); /* by the advertisement */
	assert_int_equal(slot->state, BATCH_SLOT_CONNECTING);
	assert_int_equal(connects, 1);
	assert_int_equal(scans, 0);
	assert_int_equal(connect_parameters.own_type, 1);
	assert_int_equal(connect_parameters.peer_type, ADDRESS_RANDOM);
	assert_int_equal(connect_parameters.peer[5], 0xc4);
	assert_int_equal(connect_parameters.tries, 1);
	assert_true(connect_parameters.scan_on);
	assert_int_equal(connect_parameters.parameters.interval_min, 6);
	assert_int_equal(connect_parameters.parameters.interval_max, 9);
	assert_int_equal(connect_parameters.parameters.latency, 1);
	assert_string_equal(text_of(event(0), "event"), "connecting");
	assert_int_equal(flushed, 1);
	assert_int_equal(slot->unit_timer.at, 0); /* no --unit-timeout */
	c->controller.gap.scanning = false;
	batch_controller_continue(c); /* it does not scan while it connects without it */
	assert_int_equal(scans, 0);
}

/* Each has 0.9 ms of it: see the comment there. */
static void the_interval_follows_the_number_of_links(void **state)
{
	static const struct {
		unsigned limit;
		size_t units;
		uint16_t interval;
	} cases[] = {{1, 40, 6}, {8, 40, 6}, {9, 40, 7}, {16, 40, 12}, {16, 3, 6}, {16, 12, 9}};

	(void)state;
	add_units(40);
	for (size_t i = 0; i < COUNT(cases); i++) {
		job.scheduler.controllers[c->index].limit = cases[i].limit;
		job.scheduler.total = cases[i].units;
		(void)connect_unit(i);
		assert_int_equal(connect_parameters.parameters.interval_min, cases[i].interval);
		assert_int_equal(connect_parameters.parameters.interval_max, cases[i].interval);
		c->connecting = NULL;
		job.scheduler.controllers[c->index].connecting = false;
	}
	job.scheduler.total = 40;
}

static void a_scan_response_completes_an_advertisement(void **state)
{
	static char name[] = "lab";
	static const uint8_t ad[] = {5, 0xff, 0x59, 0, 1, 2}, response[] = {4, 0x09, 'l', 'a', 'b'};
	static const uint8_t long_ad[40] = {0};

	(void)state;
	units[0].spec.name = name;
	units[0].spec.has_manufacturer = true;
	units[0].spec.company = 0x59;
	assert_int_equal(batch_add_unit(&job.scheduler, &units[0]), 0);
	reports[0] = (struct hci_advertisement){
		.connectable = true, .address_type = 1, .address = {1, 2, 3}, .data = ad, .len = 6};
	reports[1] = (struct hci_advertisement){.scan_response = true,
						.address_type = 1,
						.address = {1, 2, 3},
						.data = response,
						.len = 5};
	report_count = 2;
	/* The response of another device. */
	reports[1].address[0] = 9;
	occurs(HCI_GAP_REPORTS, NULL, 0, false);
	assert_int_equal(units[0].state, BATCH_WAITING);
	/* Of a device that cannot be connected. */
	reports[1].address[0] = 1;
	reports[0].connectable = false;
	occurs(HCI_GAP_REPORTS, NULL, 0, false);
	assert_int_equal(units[0].state, BATCH_WAITING);
	/* An advertisement that is too long to be kept does not replace the last one. */
	reports[0].connectable = true;
	reports[2] = reports[1];
	reports[1] = reports[0];
	reports[1].data = long_ad;
	reports[1].len = sizeof(long_ad);
	report_count = 3;
	occurs(HCI_GAP_REPORTS, NULL, 0, false);
	assert_int_equal(units[0].state, BATCH_READY);
}

/* 31 octets are the most that a legacy advertisement has. */
static void the_longest_advertisement_is_kept(void **state)
{
	static char name[] = "lab";
	static const uint8_t response[] = {4, 0x09, 'l', 'a', 'b'};
	uint8_t ad[31] = {30, 0xff, 0x59, 0};

	(void)state;
	units[0].spec.name = name;
	units[0].spec.has_manufacturer = true;
	units[0].spec.company = 0x59;
	assert_int_equal(batch_add_unit(&job.scheduler, &units[0]), 0);
	reports[0] = (struct hci_advertisement){.connectable = true, .data = ad, .len = sizeof(ad)};
	reports[1] = (struct hci_advertisement){
		.scan_response = true, .data = response, .len = sizeof(response)};
	report_count = 2;
	occurs(HCI_GAP_REPORTS, NULL, 0, false);
	assert_int_equal(units[0].state, BATCH_READY);
}

static void a_connection_is_given_up_after_5_s(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = connect_unit(0);
	flushed = 0;
	pass(5 * S - 1);
	assert_int_equal(connect_cancels, 0);
	pass(1);
	assert_int_equal(connect_cancels, 1);
	assert_int_equal(flushed, 1);
	occurs(HCI_GAP_NOT_CONNECTED, NULL, 2, true);
	assert_null(c->connecting);
	assert_int_equal(slot->end, BATCH_NO_ANSWER);
	assert_string_equal(slot->session.outcome.text,
			    "the unit did not accept a connection within 5 s");
	assert_int_equal(slot->session.outcome.exit, CLI_CONNECTION_FAILED);
	assert_int_equal(slot->code, -1);
}

static void a_connection_that_fails_reports_the_error(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = connect_unit(0);
	occurs(HCI_GAP_NOT_CONNECTED, NULL, HCI_FAILED_TO_ESTABLISH, false);
	assert_int_equal(slot->end, BATCH_NOT_ESTABLISHED);
	assert_int_equal(slot->code, HCI_FAILED_TO_ESTABLISH);
	assert_int_equal(strncmp(slot->session.outcome.text, "cannot connect: ", 16), 0);
	assert_non_null(strstr(slot->session.outcome.text, "(0x3e)"));
	assert_string_equal(slot->session.outcome.advice,
			    hci_error_advice(HCI_FAILED_TO_ESTABLISH));
	assert_string_equal(slot->session.outcome.reason, hci_error_name(HCI_FAILED_TO_ESTABLISH));
	assert_int_equal(c->connect_timer.at, 0);
	assert_int_equal(slot->state, BATCH_SLOT_ENDED);
	/* Once more, without any connection. */
	occurs(HCI_GAP_NOT_CONNECTED, NULL, HCI_FAILED_TO_ESTABLISH, false);
	assert_null(slot->next);
}

static void a_full_controller_is_told_apart(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = connect_unit(0);
	occurs(HCI_GAP_NOT_CONNECTED, NULL, HCI_CONNECTION_LIMIT, false);
	assert_int_equal(slot->end, BATCH_CONTROLLER_FULL);
}

static void a_connection_that_the_end_of_the_job_cancels_is_cancelled(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = connect_unit(0);
	batch_stop(&job.scheduler, BATCH_INTERRUPTED);
	batch_controller_cancel(c, CLI_CANCELLED);
	assert_int_equal(connect_cancels, 1);
	assert_int_equal(scan_stops, 1);
	occurs(HCI_GAP_NOT_CONNECTED, NULL, 2, true);
	assert_int_equal(slot->end, BATCH_CANCELLED);
	assert_int_equal(slot->session.outcome.exit, CLI_CANCELLED);
	assert_string_equal(slot->session.outcome.text, "cancelled");
}

/* ---- Links ----------------------------------------------------------------------------------- */

static void a_link_gets_a_session(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(2);
	slot = link_up(0);
	assert_int_equal(sessions, 1);
	assert_ptr_equal(links[0].user, slot);
	assert_ptr_equal(setup->options, &slot->options);
	assert_ptr_equal(setup->events, &slot->events);
	assert_false(had_keypair); /* none is ready */
	assert_null(c->connecting);
	assert_int_equal(c->connect_timer.at, 0);
	assert_int_equal(job.scheduler.controllers[0].links, 1);
	assert_int_equal(cancels, 0);
	assert_ptr_not_equal(link_up(1), slot); /* in a slot of its own */
	assert_int_equal(job.scheduler.controllers[0].links, 2);
}

static void a_connection_asks_for_the_next_one(void **state)
{
	(void)state;
	add_units(1);
	(void)connect_unit(0);
	loop_timer_stop(&job.runtime.loop, &job.schedule_timer);
	links[0].central = true;
	occurs(HCI_GAP_CONNECTED, &links[0], 0, false);
	assert_int_not_equal(job.schedule_timer.at, 0);
}

/* It is wiped as soon as the session has it. */
static void a_session_gets_a_key_pair_that_is_ready(void **state)
{
	static const struct crypto_keypair none;

	(void)state;
	add_units(2);
	assert_int_equal(crypto_p256_generate(&job.keypairs[0], crypto_random, NULL), 0);
	assert_int_equal(crypto_p256_generate(&job.keypairs[1], crypto_random, NULL), 0);
	job.keypair_count = 2;
	job.keypair_timer.at = 1; /* none is generated meanwhile */
	(void)link_up(0);
	assert_true(had_keypair);
	assert_null(setup->keypair);
	assert_memory_equal(&setup->own_keypair, &none, sizeof(none));
	assert_int_equal(job.keypair_count, 1);
	options.sc = SMP_SC_OFF; /* legacy pairing needs none */
	(void)link_up(1);
	assert_false(had_keypair);
	assert_int_equal(job.keypair_count, 1);
	job.keypair_timer.at = 0;
}

static void a_link_that_was_not_asked_for_is_closed(void **state)
{
	(void)state;
	add_units(1);
	links[0].central = true;
	occurs(HCI_GAP_CONNECTED, &links[0], 0, false);
	assert_int_equal(disconnects, 1);
	assert_int_equal(disconnect_reason, HCI_REMOTE_USER_TERMINATED);
	(void)connect_unit(0);
	links[1].central = false; /* somebody connected to us */
	occurs(HCI_GAP_CONNECTED, &links[1], 0, false);
	assert_int_equal(disconnects, 2);
	assert_int_equal(sessions, 0);
	assert_non_null(c->connecting);
	occurs(HCI_GAP_CONNECTED, NULL, 0, false); /* no room for the link */
	assert_int_equal(disconnects, 2);
}

static void a_link_that_comes_up_after_its_cancellation_is_cancelled(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(3);
	slot = connect_unit(0);
	slot->timed_out = true;
	links[0].central = links[1].central = true;
	occurs(HCI_GAP_CONNECTED, &links[0], 0, false);
	assert_int_equal(cancels, 1);
	assert_int_equal(cancel_why, CLI_TIMED_OUT);
	(void)connect_unit(1);
	batch_stop(&job.scheduler, BATCH_INTERRUPTED);
	occurs(HCI_GAP_CONNECTED, &links[1], 0, false);
	assert_int_equal(cancels, 2);
	assert_int_equal(cancel_why, CLI_CANCELLED);
}

static void a_link_that_is_closed_ends_the_attempt(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(1);
	slot = link_up(0);
	outcome_fail(&slot->session.outcome, CLI_PEER_REFUSED, "refused");
	slot->session.outcome.reason_code = 5;
	setup->closed(setup->ctx);
	assert_int_equal(slot->state, BATCH_SLOT_ENDED);
	assert_int_equal(slot->end, BATCH_REFUSED);
	assert_int_equal(slot->code, 5);
	assert_string_equal(slot->session.outcome.text, "refused");
}

/* Its values may be keys. */
static void nothing_is_left_of_an_attempt_that_was_judged(void **state)
{
	static const enum cli_exit ends[] = {CLI_OK, CLI_CANCELLED, CLI_PEER_REFUSED};

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		add_units(1);
		struct batch_slot *slot = link_up(i);
		slot->session.outcome.exit = ends[i];
		memset(&c->explain.attempt, 1, sizeof(c->explain.attempt));
		c->explain.has_attempt = ends[i] != CLI_PEER_REFUSED;
		setup->closed(setup->ctx);
		assert_false(c->explain.has_attempt);
		assert_true(bytes_all_zero((const uint8_t *)&c->explain.attempt,
					   sizeof(c->explain.attempt)));
	}
}

static void the_unit_timeout_cancels_a_link(void **state)
{
	struct batch_slot *slot;

	(void)state;
	job.scheduler.unit_timeout = 10 * S;
	add_units(1);
	slot = link_up(0);
	flushed = 0;
	pass(10 * S - 1);
	assert_int_equal(cancels, 0);
	pass(1);
	assert_int_equal(cancels, 1);
	assert_int_equal(cancel_why, CLI_TIMED_OUT);
	assert_int_equal(flushed, 1);
	assert_int_equal(connect_cancels, 0);
	slot->session.outcome.exit = CLI_TIMED_OUT;
	setup->closed(setup->ctx);
	assert_int_equal(slot->end, BATCH_UNIT_TIMEOUT);
	assert_string_equal(slot->session.outcome.text, "timed out: --unit-timeout is over");
}

static void the_unit_timeout_cancels_a_connection(void **state)
{
	struct batch_slot *slot;

	(void)state;
	job.scheduler.unit_timeout = 2 * S;
	add_units(1);
	slot = connect_unit(0);
	pass(2 * S);
	assert_int_equal(connect_cancels, 1);
	assert_int_equal(cancels, 0);
	occurs(HCI_GAP_NOT_CONNECTED, NULL, 2, true);
	assert_int_equal(slot->end, BATCH_UNIT_TIMEOUT);
	assert_int_equal(slot->session.outcome.exit, CLI_TIMED_OUT);
}

static void events_and_data_go_to_the_session_of_their_link(void **state)
{
	static const uint8_t octets[7] = {0};

	(void)state;
	add_units(1);
	(void)link_up(0);
	occurs(HCI_GAP_ENCRYPTION, &links[0], 0, false);
	assert_int_equal(session_events, 1);
	user->data(user_ctx, &links[0], 2, octets, sizeof(octets));
	assert_int_equal(session_octets, 7);
	/* A link without a session. */
	occurs(HCI_GAP_ENCRYPTION, &links[3], 0, false);
	occurs(HCI_GAP_ENCRYPTION, NULL, 0, false);
	user->data(user_ctx, &links[3], 2, octets, sizeof(octets));
	assert_int_equal(session_events, 1);
	assert_int_equal(session_octets, 7);
	user->on_idle(user_ctx);
	assert_int_equal(idles, 1);
}

static void only_sessions_are_idle(void **state)
{
	struct batch_slot *slot;

	(void)state;
	add_units(3);
	slot = link_up(0);
	(void)link_up(1);
	(void)connect_unit(2);
	slot->session.outcome.exit = CLI_OK;
	setup->closed(slot);
	user->on_idle(user_ctx);
	assert_int_equal(idles, 1);
	batch_controller_cancel(c, CLI_TIMED_OUT);
	assert_int_equal(cancels, 1);
	assert_int_equal(cancel_why, CLI_TIMED_OUT);
	assert_int_equal(connect_cancels, 1);
}

/* ---- Failures of the controller -------------------------------------------------------------- */

static void a_command_that_fails_makes_the_controller_sick(void **state)
{
	const struct hci_gap_event failed = {
		.kind = HCI_GAP_FAILED, .opcode = 0x200d, .status = 0x0c};

	(void)state;
	add_units(1);
	user->on_gap_event(user_ctx, &failed, NULL);
	assert_int_equal(sickened, 1);
	assert_int_equal(c->state, BATCH_DOWN);
	assert_string_equal(sick_text, "LE Create Connection: Command Disallowed (0x0c)");
}

static void a_suspect_controller_is_sick(void **state)
{
	(void)state;
	job.scheduler.controllers[0].failures_in_row = 4;
	batch_controller_check(c);
	assert_int_equal(sickened, 0);
	job.scheduler.controllers[0].failures_in_row = 5;
	c->state = BATCH_DOWN; /* it is reset already */
	batch_controller_check(c);
	assert_int_equal(sickened, 0);
	c->state = BATCH_UP;
	batch_controller_check(c);
	assert_int_equal(sickened, 1);
	assert_int_equal(c->state, BATCH_DOWN);
	assert_string_equal(sick_text, "connections to several units failed in a row");
}

/* By a stronger remedy each time, until an attempt shows that it works. */
static void a_sick_controller_is_reset_three_times(void **state)
{
	struct batch_slot *linked, *connecting;

	(void)state;
	add_units(2);
	linked = link_up(0);
	connecting = connect_unit(1);
	loop_timer_stop(&job.runtime.loop, &job.schedule_timer);
	assert_int_equal(user->sick(user_ctx, "it hangs"), REMEDY_RESET);
	assert_int_equal(c->state, BATCH_DOWN);
	assert_false(job.scheduler.controllers[0].up);
	assert_null(c->connecting);
	assert_int_equal(c->connect_timer.at, 0);
	assert_int_equal(abandons, 1);
	assert_int_equal(linked->end, BATCH_CONTROLLER_FAILED);
	assert_int_equal(connecting->end, BATCH_CONTROLLER_FAILED);
	assert_int_equal(linked->session.outcome.exit, CLI_CONTROLLER_FAILED);
	assert_string_equal(linked->session.outcome.text, "it hangs");
	assert_int_equal(linked->code, -1);
	assert_int_not_equal(job.schedule_timer.at, 0);
	assert_int_equal(user->sick(user_ctx, "again"), REMEDY_USB_RESET);
	assert_int_equal(user->sick(user_ctx, "again"), REMEDY_PORT_POWER);
	assert_int_equal(user->sick(user_ctx, "again"), REMEDY_NONE);
}

static void one_that_is_lost_is_waited_for(void **state)
{
	struct batch_slot *linked, *connecting;

	(void)state;
	add_units(2);
	linked = link_up(0);
	connecting = connect_unit(1);
	assert_true(user->lost(user_ctx, "it is gone"));
	assert_int_equal(c->state, BATCH_DOWN);
	assert_true(job.scheduler.controllers[0].away);
	assert_int_equal(linked->end, BATCH_CONTROLLER_FAILED);
	assert_int_equal(connecting->end, BATCH_CONTROLLER_FAILED);
	assert_int_equal(job.controllers_gone, 0);
	user->up(user_ctx);
	assert_int_equal(c->state, BATCH_UP);
	assert_false(job.scheduler.controllers[0].away);
	/* At the end of the job there is nothing to wait for. */
	batch_stop(&job.scheduler, BATCH_TIME_OVER);
	assert_false(user->lost(user_ctx, "it is gone"));
}

static void one_that_is_late_is_out_of_service_until_it_is_back(void **state)
{
	(void)state;
	job.controller_count = 2;
	assert_true(user->lost(user_ctx, "it is gone"));
	user->late(user_ctx, "it is not back");
	assert_int_equal(job.controllers_gone, 1);
	assert_true(job.scheduler.controllers[0].gone);
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	assert_int_equal(c->failure.exit, CLI_CONTROLLER_FAILED);
	user->up(user_ctx);
	assert_int_equal(job.controllers_gone, 0);
	assert_false(job.scheduler.controllers[0].gone);
	/* It is counted once, however it ends. */
	assert_true(user->lost(user_ctx, "it is gone"));
	user->late(user_ctx, "it is not back");
	user->failed(user_ctx, CLI_CONTROLLER_FAILED, "it does not answer");
	assert_int_equal(job.controllers_gone, 1);
	assert_int_equal(c->state, BATCH_GONE);
	assert_string_equal(c->failure.text, "it does not answer");
}

/* The reason of the end is of a controller that is out of service then. */
static void one_that_is_back_is_no_reason_of_the_end(void **state)
{
	struct batch_controller *const other = &controllers[1];
	struct outcome outcome;

	(void)state;
	job.controller_count = 2;
	assert_true(user->lost(user_ctx, "hci0: it is gone"));
	user->late(user_ctx, "hci0: it is not back");
	user->up(user_ctx);
	other->state = BATCH_DOWN;
	user->failed(other, CLI_CONTROLLER_BUSY, "hci1: it is in use");
	job.scheduler.stop = BATCH_NO_CONTROLLER; /* units of its slot are left */
	batch_summary_outcome(&job, &outcome);
	assert_int_equal(outcome.exit, CLI_CONTROLLER_BUSY);
	assert_string_equal(outcome.detail, "no controller is left: hci1: it is in use");
	/* One that comes back during the last pairings does not change it. */
	other->state = BATCH_LATE;
	user->up(other);
	batch_summary_outcome(&job, &outcome);
	assert_int_equal(outcome.exit, CLI_CONTROLLER_BUSY);
}

static void the_last_one_that_is_late_ends_the_job(void **state)
{
	(void)state;
	job.controller_count = 1;
	assert_true(user->lost(user_ctx, "it is gone"));
	user->late(user_ctx, "it is not back after 60 s");
	assert_int_equal(job.scheduler.stop, BATCH_NO_CONTROLLER);
	assert_string_equal(c->failure.text, "it is not back after 60 s");
	batch_controller_finish(c);
	assert_int_equal(finished, 1);
}

static void no_controller_is_reset_at_the_end_of_the_job(void **state)
{
	(void)state;
	batch_stop(&job.scheduler, BATCH_TIME_OVER);
	assert_int_equal(user->sick(user_ctx, "it hangs"), REMEDY_NONE);
	assert_int_equal(batch_count_reset(&job.scheduler, 0), 0); /* it was not asked */
}

/* Also an attempt that ended before, whose result is not stored yet. */
static void a_verdict_that_stands_survives_its_controller(void **state)
{
	struct batch_slot *paired, *ended;

	(void)state;
	add_units(2);
	paired = link_up(0);
	ended = link_up(1);
	outcome_fail(&ended->session.outcome, CLI_PEER_REFUSED, "refused");
	setup->closed(ended);
	final_result = true;
	user->failed(user_ctx, CLI_CONTROLLER_FAILED, "it is gone");
	assert_int_equal(paired->end, BATCH_SUCCEEDED);
	assert_int_equal(ended->end, BATCH_REFUSED);
	assert_int_equal(abandons, 1);
	assert_ptr_equal(job.ended, ended);
	assert_ptr_equal(ended->next, paired);
	assert_null(paired->next);
}

static void the_last_controller_that_fails_ends_the_job(void **state)
{
	struct outcome outcome;

	(void)state;
	job.controller_count = 2;
	user->failed(user_ctx, CLI_CONTROLLER_BUSY, "it is in use");
	assert_int_equal(c->state, BATCH_GONE);
	assert_int_equal(job.scheduler.stop, BATCH_RUNNING);
	assert_int_equal(job.controllers_gone, 1);
	assert_int_equal(c->failure.exit, CLI_CONTROLLER_BUSY);
	assert_string_equal(c->failure.text, "it is in use");
	assert_string_equal(text_of(event(0), "text"), "hci0: out of service: it is in use");
	user->failed(&controllers[1], CLI_CONTROLLER_FAILED, "the second");
	assert_int_equal(job.scheduler.stop, BATCH_NO_CONTROLLER);
	assert_string_equal(controllers[1].failure.text, "the second");
	batch_summary_outcome(&job, &outcome);
	assert_int_equal(outcome.exit, CLI_CONTROLLER_BUSY); /* the first one */
	assert_string_equal(outcome.detail, "no controller is left: it is in use");
	/* The loop ends, which closes the others. */
	user->failed(user_ctx, CLI_CANCELLED, "cancelled");
	assert_string_equal(c->failure.text, "it is in use");
}

static void a_cancelled_controller_is_an_interruption(void **state)
{
	(void)state;
	user->failed(user_ctx, CLI_CANCELLED, "cancelled");
	assert_int_equal(job.scheduler.stop, BATCH_INTERRUPTED);
	assert_int_equal(json_array_size(events), 0);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void a_controller_is_given_back_once(void **state)
{
	(void)state;
	batch_controller_finish(c);
	assert_int_equal(finished, 1);
	assert_int_equal(scan_stops, 1);
	assert_int_equal(c->state, BATCH_GONE);
	batch_controller_finish(c);
	assert_int_equal(finished, 1);
}

static void a_controller_that_is_down_is_given_back_without_commands(void **state)
{
	(void)state;
	c->state = BATCH_DOWN;
	batch_controller_cancel(c, CLI_CANCELLED);
	assert_int_equal(scan_stops + flushed, 0);
	batch_controller_finish(c);
	assert_int_equal(finished, 1);
	assert_int_equal(scan_stops, 0);
}

static void cancelling_stops_the_scan(void **state)
{
	(void)state;
	batch_controller_cancel(c, CLI_CANCELLED);
	assert_int_equal(scan_stops, 1);
	assert_int_equal(connect_cancels, 0);
	assert_int_equal(flushed, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_it, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_scan_is_for_the_units_that_are_left),
		CASE(a_controller_that_comes_up_is_scheduled_and_scans),
		CASE(coming_up_asks_for_scheduling_and_forgets_advertisements),
		CASE(it_does_not_scan_when_it_is_down_or_the_job_ends),
		CASE(a_unit_that_is_seen_is_connected),
		CASE(the_interval_follows_the_number_of_links),
		CASE(a_scan_response_completes_an_advertisement),
		CASE(the_longest_advertisement_is_kept),
		CASE(a_connection_is_given_up_after_5_s),
		CASE(a_connection_that_fails_reports_the_error),
		CASE(a_full_controller_is_told_apart),
		CASE(a_connection_that_the_end_of_the_job_cancels_is_cancelled),
		CASE(a_link_gets_a_session),
		CASE(a_connection_asks_for_the_next_one),
		CASE(a_session_gets_a_key_pair_that_is_ready),
		CASE(a_link_that_was_not_asked_for_is_closed),
		CASE(a_link_that_comes_up_after_its_cancellation_is_cancelled),
		CASE(a_link_that_is_closed_ends_the_attempt),
		CASE(nothing_is_left_of_an_attempt_that_was_judged),
		CASE(the_unit_timeout_cancels_a_link),
		CASE(the_unit_timeout_cancels_a_connection),
		CASE(events_and_data_go_to_the_session_of_their_link),
		CASE(only_sessions_are_idle),
		CASE(a_command_that_fails_makes_the_controller_sick),
		CASE(a_suspect_controller_is_sick),
		CASE(a_sick_controller_is_reset_three_times),
		CASE(one_that_is_lost_is_waited_for),
		CASE(one_that_is_late_is_out_of_service_until_it_is_back),
		CASE(one_that_is_back_is_no_reason_of_the_end),
		CASE(the_last_one_that_is_late_ends_the_job),
		CASE(no_controller_is_reset_at_the_end_of_the_job),
		CASE(a_verdict_that_stands_survives_its_controller),
		CASE(the_last_controller_that_fails_ends_the_job),
		CASE(a_cancelled_controller_is_an_interruption),
		CASE(a_controller_is_given_back_once),
		CASE(a_controller_that_is_down_is_given_back_without_commands),
		CASE(cancelling_stops_the_scan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
