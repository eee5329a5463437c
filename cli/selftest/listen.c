/* SPDX-License-Identifier: MIT */
/*
 * How many advertisements a controller hears in a second. A controller without firmware, or without
 * an antenna, answers every command and hears nothing. The other controller advertises meanwhile,
 * and has to be heard.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "hci/advertising.h"
#include "hci/error.h"
#include "output/outcome.h"
#include "selftest/internal.h"

/* For a command of a scan or of advertising; the host allows a command 2 s. */
#define BEGIN_US 5000000

/* The other controller, if it is up. */
static struct selftest_controller *advertiser(struct selftest *t)
{
	struct selftest_controller *other = &t->controllers[1 - t->step->on];

	return t->count > 1 && other->state == SELFTEST_UP ? other : NULL;
}

static void scan(struct selftest *t)
{
	struct controller *c = &selftest_on(t)->controller;

	hci_gap_scan(&c->gap, c->own.type, false);
	controller_flush(c);
	selftest_limit(t, BEGIN_US);
}

static void advertise(struct controller *c)
{
	const uint8_t flags = 0x06; /* general discoverable, no BR/EDR */
	uint8_t ad[31];
	size_t len = 0;

	(void)hci_ad_put(ad, sizeof(ad), &len, HCI_AD_FLAGS, &flags, 1);
	hci_gap_advertise(&c->gap, c->own.type, ad, len, NULL, 0);
	controller_flush(c);
}

static void start(struct selftest *t)
{
	struct selftest_controller *other = advertiser(t);

	t->phase = SELFTEST_STARTING;
	if (!other) {
		scan(t);
		return;
	}
	advertise(&other->controller);
	selftest_limit(t, BEGIN_US);
}

static void count_device(struct selftest *t, const struct crypto_address *address)
{
	struct selftest_step *step = t->step;

	for (unsigned i = 0; i < step->devices; i++)
		if (crypto_address_equal(&t->devices[i], address))
			return;
	if (step->devices < SELFTEST_DEVICES)
		t->devices[step->devices++] = *address;
}

static void count(struct selftest *t, const struct hci_input *input)
{
	struct selftest_controller *other = advertiser(t);
	struct hci_advertisement a;
	size_t at = 0;

	while (hci_gap_next_report(&selftest_on(t)->controller.gap, input, &at, &a)) {
		struct crypto_address from = {.type = a.address_type};
		memcpy(from.octets, a.address, sizeof(from.octets));
		t->step->advertisements++;
		count_device(t, &from);
		if (other && crypto_address_equal(&from, &other->controller.own.address)) {
			t->phase = SELFTEST_SAMPLING; /* it was heard */
			t->step->rssi = a.rssi;
		}
	}
}

/* The other controller stops advertising. */
static void stop(struct selftest *t)
{
	struct selftest_controller *on = selftest_on(t), *other = advertiser(t);

	hci_gap_scan_stop(&on->controller.gap);
	controller_flush(&on->controller);
	if (!other)
		return;
	hci_gap_advertise_stop(&other->controller.gap);
	controller_flush(&other->controller);
}

static void judge(struct selftest *t)
{
	struct selftest_step *step = t->step;
	const struct selftest_controller *other = advertiser(t);
	char rssi[40] = "";

	stop(t);
	step->seconds = t->options->selftest->listen;
	if (other && t->phase == SELFTEST_HEARING) {
		selftest_end(t, SELFTEST_FAILED,
			     "%s was not heard in %g s, but %u other device%s: put both nearer "
			     "together, and see that antennas are fitted",
			     selftest_letter(other->index), step->seconds, step->devices,
			     text_s(step->devices));
		return;
	}
	if (!step->advertisements) {
		selftest_end(t, SELFTEST_FAILED,
			     "nothing was heard in %g s: put a device that advertises beside it; "
			     "if it still hears nothing, it lacks firmware or its antenna",
			     step->seconds);
		return;
	}
	if (other && step->rssi != SELFTEST_RSSI_UNKNOWN)
		(void)snprintf(rssi, sizeof(rssi), ", %s with %d dBm",
			       selftest_letter(other->index), step->rssi);
	selftest_end(t, SELFTEST_PASSED, "%.1f a second, of %u device%s%s",
		     step->advertisements / step->seconds, step->devices, text_s(step->devices),
		     rssi);
}

static void on_gap_event(struct selftest *t, struct selftest_controller *c,
			 const struct hci_gap_event *h, const struct hci_input *input)
{
	const bool ours = c == selftest_on(t);
	struct outcome o;

	if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&o, h->opcode, h->status);
		stop(t);
		selftest_fail(t, "%s: %s", selftest_letter(c->index), o.text);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		/* A stranger has ended its advertising: it begins again without the link. */
		hci_gap_disconnect(&c->controller.gap, h->link, HCI_REMOTE_USER_TERMINATED);
	} else if (h->kind == HCI_GAP_DISCONNECTED) {
		advertise(&c->controller);
	} else if (h->kind == HCI_GAP_ADVERTISING && !ours && t->phase == SELFTEST_STARTING) {
		scan(t);
	} else if (h->kind == HCI_GAP_SCANNING && ours && t->phase == SELFTEST_STARTING) {
		t->phase = SELFTEST_HEARING;
		selftest_limit(t, (uint64_t)(t->options->selftest->listen * 1e6));
	} else if (h->kind == HCI_GAP_REPORTS && ours && t->phase != SELFTEST_STARTING) {
		count(t, input);
	}
}

static void overdue(struct selftest *t)
{
	if (t->phase != SELFTEST_STARTING) {
		judge(t);
		return;
	}
	stop(t);
	selftest_fail(t, "the scan did not begin within %d s", BEGIN_US / 1000000);
}

/* The one that is lost is reset, and the other one must not advertise any more. */
static void lost(struct selftest *t, const char *text)
{
	struct selftest_controller *other = advertiser(t);

	if (other) {
		hci_gap_advertise_stop(&other->controller.gap);
		controller_flush(&other->controller);
	}
	selftest_fail(t, "%s", text);
}

const struct selftest_action selftest_listen = {
	.start = start, .on_gap_event = on_gap_event, .overdue = overdue, .lost = lost};
