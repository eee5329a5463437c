/* SPDX-License-Identifier: MIT */
/*
 * A golden unit, whose properties are known, at the beginning of a shift: how strong it is heard,
 * and how long it takes to pair with it, against limits.
 */
#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "selftest/internal.h"

#define FIND_US	   10000000
#define SAMPLE_US  3000000
#define CONNECT_US 5000000
/* As in pair.c. */
#define PAIR_US 45000000

static void judge(struct selftest *t);

/* ---- Finding it ------------------------------------------------------------------------------ */

static void scan(struct selftest *t)
{
	struct controller *c = &selftest_on(t)->controller;

	t->phase = SELFTEST_HEARING;
	hci_gap_scan(&c->gap, c->own.type, false);
	controller_flush(c);
	selftest_limit(t, FIND_US);
}

static void start(struct selftest *t)
{
	t->rssi_count = 0;
	scan(t);
}

static bool is_golden(const struct selftest *t, const struct crypto_address *from)
{
	const struct options_selftest *o = t->options->selftest;

	return address_same_octets(from, &o->golden) &&
	       (!o->golden_typed || from->type == o->golden.type);
}

static void closed(void *ctx)
{
	struct selftest_controller *c = ctx;

	c->link = SELFTEST_CLOSED;
	if (c->test->step)
		judge(c->test);
}

static void call(struct selftest *t)
{
	const struct options *o = t->options;
	struct selftest_controller *c = selftest_on(t);

	t->phase = SELFTEST_CALLING;
	hci_gap_scan_stop(&c->controller.gap);
	selftest_prepare(c, closed);
	/* As --passkey, or nobody who could give an answer. */
	c->options.io_given = true;
	c->options.io = o->has_passkey ? SMP_IO_KEYBOARD_DISPLAY : SMP_IO_NO_INPUT_NO_OUTPUT;
	c->options.confirm = CONFIRM_YES;
	session_setup_keypair(&c->setup, &c->options);
	selftest_call(c, &t->found, t->found_phy);
	selftest_limit(t, CONNECT_US);
}

static void on_reports(struct selftest *t, const struct hci_input *input)
{
	struct hci_advertisement a;
	size_t at = 0;

	while (hci_gap_next_report(&selftest_on(t)->controller.gap, input, &at, &a)) {
		struct crypto_address from = {.type = a.address_type};
		memcpy(from.octets, a.address, sizeof(from.octets));
		if (a.scan_response || !is_golden(t, &from))
			continue;
		if (t->phase == SELFTEST_HEARING) {
			t->phase = SELFTEST_SAMPLING;
			selftest_limit(t, SAMPLE_US);
		}
		t->found = from;
		t->found_phy = a.phy;
		if (a.rssi != SELFTEST_RSSI_UNKNOWN && t->rssi_count < SELFTEST_SAMPLES)
			t->rssi[t->rssi_count++] = a.rssi;
	}
	if (t->rssi_count == SELFTEST_SAMPLES)
		call(t);
}

/* ---- Judging it ------------------------------------------------------------------------------ */

/* The first limit that it does not keep, a clause; false: there is none. */
static bool beyond(const struct selftest *t, char *text, size_t size)
{
	const struct options_selftest *o = t->options->selftest;
	const struct selftest_step *step = t->step;
	const double ms = step->connect_ms + step->pair_ms;

	if (o->has_min_rssi && step->rssi == SELFTEST_RSSI_UNKNOWN)
		(void)snprintf(text, size,
			       "the controller does not report RSSI, and --min-rssi is "
			       "%d dBm",
			       o->min_rssi);
	else if (o->has_min_rssi && step->rssi < o->min_rssi)
		(void)snprintf(text, size, "it is heard with %d dBm, below --min-rssi %d",
			       step->rssi, o->min_rssi);
	else if (o->max_time > 0 && ms > o->max_time)
		(void)snprintf(text, size,
			       "it took %.0f ms to connect and pair, above --max-time "
			       "%g",
			       ms, o->max_time);
	else
		return false;
	return true;
}

static void take_rssi(struct selftest *t)
{
	if (t->rssi_count)
		t->step->rssi = (int8_t)selftest_times_of(t->rssi, t->rssi_count).median;
}

static void judge(struct selftest *t)
{
	struct selftest_controller *c = selftest_on(t);
	const struct outcome *o = &c->session.outcome;
	char text[200], rssi[40] = "RSSI not known";

	if (selftest_not_established(c) && t->step->attempts < SELFTEST_LINK_TRIES) {
		selftest_repeat(t);
		return;
	}
	take_rssi(t);
	selftest_take_times(t->step, &c->session);
	if (t->step->rssi != SELFTEST_RSSI_UNKNOWN)
		(void)snprintf(rssi, sizeof(rssi), "%d dBm", t->step->rssi);
	if (o->exit != CLI_OK)
		selftest_fail(t, "%s%s%s", o->text, *o->detail ? ": " : "", o->detail);
	else if (beyond(t, text, sizeof(text)))
		selftest_end(t, SELFTEST_FAILED, "%s", text);
	else
		selftest_end(t, SELFTEST_PASSED, "%s, connected in %.1f ms, paired in %.1f ms",
			     rssi, t->step->connect_ms, t->step->pair_ms);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void not_connected(struct selftest *t, const struct hci_gap_event *h)
{
	if (h->status == HCI_FAILED_TO_ESTABLISH && t->step->attempts < SELFTEST_LINK_TRIES)
		selftest_repeat(t);
	else if (h->cancelled)
		selftest_fail(t, "it did not accept a connection within %d s",
			      CONNECT_US / 1000000);
	else
		selftest_fail(t, "cannot connect: %s (0x%02x)", hci_error_name(h->status),
			      h->status);
}

static void linked(struct selftest *t, struct selftest_controller *c, struct hci_link *link)
{
	if (!link->central || t->phase != SELFTEST_CALLING) {
		hci_gap_disconnect(&c->controller.gap, link, HCI_REMOTE_USER_TERMINATED);
		return;
	}
	t->phase = SELFTEST_PAIRING;
	selftest_limit(t, PAIR_US);
	selftest_link_up(c, link);
}

static void on_gap_event(struct selftest *t, struct selftest_controller *c,
			 const struct hci_gap_event *h, const struct hci_input *input)
{
	struct outcome o;

	if (h->kind == HCI_GAP_REPORTS &&
	    (t->phase == SELFTEST_HEARING || t->phase == SELFTEST_SAMPLING)) {
		on_reports(t, input);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		linked(t, c, h->link);
	} else if (h->kind == HCI_GAP_NOT_CONNECTED && t->phase == SELFTEST_CALLING) {
		not_connected(t, h);
	} else if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&o, h->opcode, h->status);
		selftest_fail(t, "%s", o.text);
	}
}

static void overdue(struct selftest *t)
{
	struct controller *c = &selftest_on(t)->controller;
	char address[ADDRESS_TEXT];

	switch (t->phase) {
	case SELFTEST_SAMPLING:
		call(t);
		break;
	case SELFTEST_CALLING:
		hci_gap_connect_cancel(&c->gap); /* not_connected() follows */
		controller_flush(c);
		break;
	case SELFTEST_PAIRING:
		selftest_fail(t, "the pairing did not end within %d s", PAIR_US / 1000000);
		break;
	case SELFTEST_STARTING:
	case SELFTEST_HEARING:
		selftest_fail(t,
			      "%s was not seen within %d s: is it switched on, near and "
			      "advertising?",
			      address_format(&t->options->selftest->golden, address),
			      FIND_US / 1000000);
		break;
	}
}

const struct selftest_action selftest_golden = {
	.start = start, .on_gap_event = on_gap_event, .overdue = overdue};
