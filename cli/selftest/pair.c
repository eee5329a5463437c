/* SPDX-License-Identifier: MIT */
/*
 * Two controllers pair with each other. The central and the peripheral are sessions of this process
 * in one loop; the program gives the answers of both users, and compares what both ends have.
 */
#include <stdio.h>
#include <string.h>

#include "base/oob.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"
#include "hci/error.h"
#include "selftest/compare.h"
#include "selftest/internal.h"

/* The peripheral advertises, and the central hears it. */
#define BEGIN_US   5000000
#define CONNECT_US 5000000
/* Longer than the 30 s of the protocol (Vol 3 Part H 3.4), the proof and the end of the link. */
#define PAIR_US 45000000
/* A link that only the peripheral has ends by its supervision timeout. */
#define END_US 6000000

static void ended(struct selftest *t);

static void closed(void *ctx)
{
	struct selftest_controller *c = ctx;

	c->link = SELFTEST_CLOSED;
	if (c->test->step)
		ended(c->test);
}

/* ---- Both users ------------------------------------------------------------------------------ */

/* Their out-of-band data. 0, or -1: cryptography failed here. */
static int exchange_oob(struct selftest_controller *a, struct selftest_controller *b, bool secure)
{
	struct selftest_controller *const ends[] = {a, b};
	struct failure failure;
	uint8_t tk[16];

	if (!secure) {
		if (crypto_random(NULL, tk, sizeof(tk)))
			return -1;
		for (size_t i = 0; i < 2; i++) {
			ends[i]->options.oob.has_tk = true;
			memcpy(ends[i]->options.oob.tk, tk, sizeof(tk));
		}
		bytes_wipe(tk, sizeof(tk));
		return 0;
	}
	for (size_t i = 0; i < 2; i++) {
		struct session_setup *setup = &ends[i]->setup;
		struct smp_oob *peer = &ends[1 - i]->options.oob;
		if (oob_own_load("-", &setup->own_oob, &failure))
			return -1;
		setup->oob_own = &setup->own_oob;
		peer->has_peer = true;
		memcpy(peer->peer_confirm, setup->own_oob.confirm, sizeof(peer->peer_confirm));
		memcpy(peer->peer_random, setup->own_oob.random, sizeof(peer->peer_random));
	}
	return 0;
}

/* 0, or -1: cryptography failed here. */
static int prepare(struct selftest *t)
{
	struct selftest_controller *c = selftest_on(t), *p = selftest_with(t);
	const struct selftest_model *model = t->step->model;
	uint32_t passkey;

	if (crypto_random(NULL, (uint8_t *)&passkey, sizeof(passkey)))
		return -1;
	passkey %= 1000000;
	selftest_prepare(c, closed);
	selftest_prepare(p, closed);
	selftest_model_options(model, true, passkey, &c->options);
	selftest_model_options(model, false, passkey, &p->options);
	if (selftest_model_oob(model) && exchange_oob(c, p, model->secure))
		return -1;
	session_setup_keypair(&c->setup, &c->options);
	session_setup_keypair(&p->setup, &p->options);
	return 0;
}

/* ---- The link -------------------------------------------------------------------------------- */

static void attempt(struct selftest *t)
{
	const uint8_t flags = 0x06; /* general discoverable, no BR/EDR */
	struct controller *p = &selftest_with(t)->controller;
	uint8_t ad[31];
	size_t len = 0;

	if (prepare(t)) {
		selftest_fail(t, "cryptography failed here");
		return;
	}
	t->phase = SELFTEST_STARTING;
	(void)hci_ad_put(ad, sizeof(ad), &len, HCI_AD_FLAGS, &flags, 1);
	hci_gap_advertise(&p->gap, p->own.type, ad, len, NULL, 0);
	controller_flush(p);
	selftest_limit(t, BEGIN_US);
}

static void call(struct selftest *t)
{
	t->phase = SELFTEST_CALLING;
	selftest_call(selftest_on(t), &selftest_with(t)->controller.own.address,
		      (struct hci_phy_seen){0});
	selftest_limit(t, CONNECT_US);
}

static bool is_between(const struct hci_link *link, const struct selftest_controller *other)
{
	struct crypto_address peer = {.type = link->peer_type};

	memcpy(peer.octets, link->peer, sizeof(peer.octets));
	return crypto_address_equal(&peer, &other->controller.own.address);
}

/* A stranger has ended the advertising of the peripheral. */
static void fail_by_stranger(struct selftest *t, const struct hci_link *link)
{
	struct crypto_address peer = {.type = link->peer_type};
	char address[ADDRESS_TEXT];

	memcpy(peer.octets, link->peer, sizeof(peer.octets));
	selftest_fail(t, "another device, %s, has connected to %s: switch it off",
		      address_format(&peer, address), selftest_letter(t->step->with));
}

static void linked(struct selftest *t, struct selftest_controller *c, struct hci_link *link)
{
	const bool central = c == selftest_on(t);
	const bool ours = is_between(link, central ? selftest_with(t) : selftest_on(t));

	if (link->central != central || c->link != SELFTEST_UNLINKED || (central && !ours)) {
		hci_gap_disconnect(&c->controller.gap, link, HCI_REMOTE_USER_TERMINATED);
		return;
	}
	if (!ours) {
		fail_by_stranger(t, link);
		return;
	}
	if (central) {
		t->phase = SELFTEST_PAIRING;
		selftest_limit(t, PAIR_US);
	}
	selftest_link_up(c, link);
}

/* The session of the central has not begun, but the step has the outcome of a link. */
static void not_connected(struct selftest *t, const struct hci_gap_event *h)
{
	struct selftest_controller *c = selftest_on(t);
	const char *peripheral = selftest_letter(t->step->with);
	struct outcome *o = &c->session.outcome;

	if (h->cancelled)
		outcome_fail(o, CLI_CONNECTION_FAILED, "did not connect to %s within %d s",
			     peripheral, CONNECT_US / 1000000);
	else
		outcome_fail_hci(o, CLI_CONNECTION_FAILED, h->status, "cannot connect to %s",
				 peripheral);
	c->link = SELFTEST_CLOSED;
	t->phase = SELFTEST_PAIRING;
	selftest_limit(t, END_US);
	ended(t);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* What one end says of a pairing that failed. */
static void describe(const struct selftest_controller *c, char *text, size_t size)
{
	const struct outcome *o = &c->session.outcome;

	if (c->link == SELFTEST_UNLINKED)
		(void)snprintf(text, size, "%s saw no connection", selftest_letter(c->index));
	else if (c->link == SELFTEST_LINKED)
		(void)snprintf(text, size, "%s: its link did not end in time",
			       selftest_letter(c->index));
	else
		(void)snprintf(text, size, "%s: %.*s%s%.*s", selftest_letter(c->index), 140,
			       o->text, o->exit != CLI_OK && *o->detail ? ": " : "",
			       o->exit != CLI_OK ? 120 : 0, o->detail);
}

static bool has_paired(const struct selftest_controller *c)
{
	return c->link == SELFTEST_CLOSED && c->session.outcome.exit == CLI_OK &&
	       smp_paired(&c->session.smp);
}

static void judge(struct selftest *t)
{
	struct selftest_controller *c = selftest_on(t), *p = selftest_with(t);
	char text[SELFTEST_TEXT / 2], other[SELFTEST_TEXT / 2];

	selftest_take_times(t->step, &c->session);
	if (!has_paired(c) || !has_paired(p)) {
		describe(c, text, sizeof(text));
		describe(p, other, sizeof(other));
		selftest_fail(t, "%s; %s", text, other);
	} else if (!selftest_compare(t->step->model, smp_bond(&c->session.smp),
				     smp_bond(&p->session.smp), text, sizeof(text))) {
		selftest_fail(t, "both have paired, but %s", text);
	} else {
		selftest_end(t, SELFTEST_PASSED, "connected in %.1f ms, paired in %.1f ms",
			     t->step->connect_ms, t->step->pair_ms);
	}
}

static void ended(struct selftest *t)
{
	struct selftest_controller *c = selftest_on(t), *p = selftest_with(t);

	if (t->phase != SELFTEST_PAIRING || c->link == SELFTEST_LINKED ||
	    p->link == SELFTEST_LINKED)
		return;
	if ((selftest_not_established(c) || selftest_not_established(p)) &&
	    t->step->attempts < SELFTEST_LINK_TRIES) {
		hci_gap_advertise_stop(&p->controller.gap);
		selftest_repeat(t);
		return;
	}
	judge(t);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void on_gap_event(struct selftest *t, struct selftest_controller *c,
			 const struct hci_gap_event *h, const struct hci_input *input)
{
	const bool central = c == selftest_on(t);
	struct outcome o;

	(void)input;
	if (h->kind == HCI_GAP_ADVERTISING && !central && t->phase == SELFTEST_STARTING) {
		call(t);
	} else if (h->kind == HCI_GAP_CONNECTED) {
		linked(t, c, h->link);
	} else if (h->kind == HCI_GAP_NOT_CONNECTED && central && t->phase == SELFTEST_CALLING) {
		not_connected(t, h);
	} else if (h->kind == HCI_GAP_FAILED) {
		outcome_command_failed(&o, h->opcode, h->status);
		selftest_fail(t, "%s: %s", selftest_letter(c->index), o.text);
	}
}

static void overdue(struct selftest *t)
{
	struct controller *c = &selftest_on(t)->controller;

	if (t->phase == SELFTEST_CALLING) {
		hci_gap_connect_cancel(&c->gap); /* not_connected() follows */
		controller_flush(c);
	} else if (t->phase == SELFTEST_STARTING) {
		selftest_fail(t, "%s did not begin to advertise within %d s",
			      selftest_letter(t->step->with), BEGIN_US / 1000000);
	} else {
		judge(t);
	}
}

const struct selftest_action selftest_pair = {
	.start = attempt, .on_gap_event = on_gap_event, .overdue = overdue};
