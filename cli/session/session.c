/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "session/session.h"

#include <stdio.h>
#include <string.h>

#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "l2cap/att.h"
#include "l2cap/signaling.h"
#include "session/internal.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define CLOSE_LIMIT_US 1000000

/* ---- Sending --------------------------------------------------------------------------------- */

void session_send(struct session *s, uint16_t cid, const uint8_t *payload, size_t len)
{
	struct controller *c = s->controller;
	struct l2cap_cut cut;
	const uint8_t *fragment;
	uint8_t pb;
	size_t n;

	if (!s->link || !l2cap_cut_begin(&cut, cid, payload, len))
		return;
	while ((n = l2cap_cut_next(&cut, c->host.acl_length, &pb, &fragment)))
		if (!hci_host_acl(&c->host, s->link->handle, pb, fragment, n))
			event_note(s->events, 0, "the queue of data is full: a fragment was lost");
	bytes_wipe(&cut, sizeof(cut));
}

/* ---- The end of a link ----------------------------------------------------------------------- */

void session_close(struct session *s)
{
	if (s->closing)
		return;
	s->closing = true;
	prompt_close(&s->prompt);
	loop_timer_stop(s->controller->loop, &s->smp_timer);
	loop_timer_start(s->controller->loop, &s->close_timer, CLOSE_LIMIT_US);
}

static void disconnect(struct session *s)
{
	if (s->disconnecting || !s->link)
		return;
	s->disconnecting = true;
	loop_timer_start(s->controller->loop, &s->close_timer, CLOSE_LIMIT_US);
	hci_gap_disconnect(&s->controller->gap, s->link, HCI_REMOTE_USER_TERMINATED);
	controller_flush(s->controller);
}

void session_abandon(struct session *s)
{
	s->link = NULL;
	prompt_close(&s->prompt);
	loop_timer_stop(s->controller->loop, &s->smp_timer);
	loop_timer_stop(s->controller->loop, &s->early_key_timer);
	loop_timer_stop(s->controller->loop, &s->close_timer);
}

static void link_is_down(struct session *s)
{
	session_abandon(s);
	s->closed(s->ctx);
}

static void close_overdue(void *ctx)
{
	struct session *s = ctx;

	if (s->awaiting_key_ack) {
		/* A peer without ATT: our keys are acknowledged by its link layer at least. */
		s->awaiting_key_ack = false;
		session_close(s);
		disconnect(s);
	} else if (!s->disconnecting) {
		disconnect(s);
	} else if (hci_host_deadline(&s->controller->host) != UINT64_MAX) {
		/* Nor did it answer a command yet: that has a limit of its own, and a verdict. */
		loop_timer_start(s->controller->loop, &s->close_timer, CLOSE_LIMIT_US);
	} else {
		/* The controller does not even say that the link is gone. */
		link_is_down(s);
	}
	controller_flush(s->controller);
}

/* ---- The engine's actions -------------------------------------------------------------------- */

/*
 * We sent keys last, and a peer may still object to them (SM/PER/KDU/BI-02-C). An ATT request goes
 * behind them: its answer, whatever it says, shows that the peer has taken them.
 */
static void prove_delivery(struct session *s)
{
	static const uint8_t exchange_mtu_request[3] = {0x02, ATT_MTU, 0x00};

	s->awaiting_key_ack = true;
	session_send(s, L2CAP_CID_ATT, exchange_mtu_request, sizeof(exchange_mtu_request));
	loop_timer_start(s->controller->loop, &s->close_timer,
			 100000 + 10 * (uint64_t)s->link->interval * 1250);
}

static void finished(struct session *s)
{
	const struct smp_keys *sent = &smp_bond(&s->smp)->local;
	bool sc = smp_bond(&s->smp)->secure_connections;

	session_emit_keys(s);
	session_paired(s);
	if (!s->central)
		return; /* the central decides how long the link is of use */
	if ((sent->has_ltk && !sc) || sent->has_irk || sent->has_identity || sent->has_csrk)
		prove_delivery(s);
	else
		session_close(s);
}

static void security_request(struct session *s, uint8_t auth_req)
{
	event_emit(s->events,
		   json_pack("{s:s, s:b, s:b, s:b}", "event", "security_request", "bonding",
			     (auth_req & 3) == SMP_AUTH_BONDING, "mitm", auth_req & SMP_AUTH_MITM,
			     "secure_connections", auth_req & SMP_AUTH_SC));
	if (!s->encrypting_bond)
		session_step(s, &(struct smp_event){.kind = SMP_EV_START});
}

static void act(struct session *s, const struct smp_action *a)
{
	static const char *const keys[] = {"started", "digit", "erased", "cleared", "completed"};
	static const uint8_t rand[8] = {0};
	struct controller *c = s->controller;

	switch (a->kind) {
	case SMP_ACT_SEND:
		event_note(s->events, 2, "> %s", smp_pdu_name(a->pdu.data[0]));
		session_send(s, L2CAP_CID_SMP, a->pdu.data, a->pdu.len);
		break;
	case SMP_ACT_ENCRYPT:
		if (s->link)
			hci_gap_encrypt(&c->gap, s->link, a->ltk, 0, rand);
		break;
	case SMP_ACT_LTK_REPLY:
		if (s->link)
			hci_gap_answer_ltk(&c->gap, s->link, a->ltk);
		break;
	case SMP_ACT_LTK_NEGATIVE:
		if (s->link)
			hci_gap_answer_ltk(&c->gap, s->link, NULL);
		break;
	case SMP_ACT_ASK_PASSKEY:
		session_ask_passkey(s);
		break;
	case SMP_ACT_SHOW_PASSKEY:
		session_show_passkey(s, a->number);
		break;
	case SMP_ACT_ASK_CONFIRM:
		session_ask_confirm(s, a->number);
		break;
	case SMP_ACT_PROMPT_END:
		prompt_close(&s->prompt);
		break;
	case SMP_ACT_PEER_KEYPRESS:
		event_emit(s->events, json_pack("{s:s, s:s}", "event", "keypress", "action",
						keys[a->keypress]));
		break;
	case SMP_ACT_TIMER_START:
		loop_timer_start(c->loop, &s->smp_timer, a->timer_us);
		break;
	case SMP_ACT_TIMER_STOP:
		loop_timer_stop(c->loop, &s->smp_timer);
		break;
	case SMP_ACT_SECURITY_REQUEST:
		security_request(s, a->auth_req);
		break;
	case SMP_ACT_FEATURES:
		session_emit_features(s);
		s->unexpected = s->options->method != SMP_METHOD_NONE &&
				s->options->method != smp_features(&s->smp)->method;
		break;
	case SMP_ACT_PAIRED:
		finished(s);
		break;
	case SMP_ACT_FAILED:
		session_failed(s, &a->failure);
		break;
	}
}

/* Another method than was demanded: nobody is to believe that this pairing is worth as much. */
static void refuse_method(struct session *s)
{
	enum smp_method method = smp_features(&s->smp)->method;

	s->unexpected = false;
	session_step(s, &(struct smp_event){.kind = SMP_EV_CANCEL});
	outcome_fail(&s->outcome, CLI_WE_REFUSED, "we refused: it would be %s, not %s",
		     smp_method_name(method), smp_method_name(s->options->method));
	session_say(s->outcome.detail, sizeof(s->outcome.detail),
		    smp_because_text(smp_features(&s->smp)->because));
}

/* An action may raise the next event (an answer known beforehand): the list is this call's own. */
void session_step(struct session *s, const struct smp_event *event)
{
	struct smp_actions actions;

	smp_step(&s->smp, event, &actions);
	for (size_t i = 0; i < actions.count && !s->unexpected; i++)
		act(s, &actions.list[i]);
	if (s->unexpected)
		refuse_method(s);
	bytes_wipe(&actions, sizeof(actions));
}

static void smp_overdue(void *ctx)
{
	struct session *s = ctx;

	session_step(s, &(struct smp_event){.kind = SMP_EV_TIMEOUT});
	session_idle(s);
	controller_flush(s->controller);
}

/* ---- What happens to the link ---------------------------------------------------------------- */

static void down(struct session *s, uint8_t reason)
{
	bool ours = s->disconnecting;

	event_emit(s->events, json_pack("{s:s, s:s, s:i}", "event", "disconnected", "reason",
					hci_error_name(reason), "reason_code", reason));
	session_step(s, &(struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = reason});
	if (!s->verdict) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_CONNECTION_FAILED,
			     "the connection ended before pairing began: %s (0x%02x)",
			     hci_error_name(reason), reason);
		session_say(s->outcome.advice, sizeof(s->outcome.advice), hci_error_advice(reason));
		s->outcome.reason = hci_error_name(reason);
		s->outcome.reason_code = reason;
	} else if (s->outcome.exit == CLI_OK && reason == HCI_MIC_FAILURE && !ours) {
		outcome_fail(&s->outcome, CLI_CONNECTION_FAILED,
			     "the link broke after encryption: %s (0x%02x)", hci_error_name(reason),
			     reason);
		session_say(s->outcome.advice, sizeof(s->outcome.advice), hci_error_advice(reason));
	}
	link_is_down(s);
}

bool session_failed_to_establish(const struct session *s, const struct hci_gap_event *h)
{
	return h->kind == HCI_GAP_DISCONNECTED && h->status == HCI_FAILED_TO_ESTABLISH && s->link &&
	       h->link->handle == s->link->handle && !s->verdict;
}

void session_on_gap_event(struct session *s, const struct hci_gap_event *h)
{
	struct signaling_parameters p;

	/* A link that was given up may still be heard of, and another one may be in its place. */
	if (!s->link || (h->link && h->link->handle != s->link->handle))
		return;
	if (h->kind == HCI_GAP_DISCONNECTED) {
		down(s, h->status);
		return;
	}
	switch (h->kind) {
	case HCI_GAP_ENCRYPTION:
		if (s->encrypting_bond) {
			/* A pairing under way is not proven by the key of another one. */
			if (h->status == HCI_SUCCESS && !smp_pairing(&s->smp))
				session_step(s, &(struct smp_event){.kind = SMP_EV_ENCRYPTED});
			session_bond_encrypted(s, h->status);
			break;
		}
		if (h->status == HCI_SUCCESS && smp_awaits_encryption(&s->smp))
			session_emit_encrypted(s, "with the new key");
		session_step(s, &(struct smp_event){.kind = SMP_EV_ENCRYPTED, .status = h->status});
		session_release_early_keys(s);
		break;
	case HCI_GAP_LTK_REQUEST:
		session_answer_ltk(s, h);
		break;
	case HCI_GAP_PARAMETERS:
		if (h->status == HCI_SUCCESS)
			session_emit_parameters(s);
		break;
	case HCI_GAP_PARAMETER_REQUEST:
		p = (struct signaling_parameters){h->parameters.interval_min,
						  h->parameters.interval_max, h->parameters.latency,
						  h->parameters.timeout};
		hci_gap_answer_parameters(&s->controller->gap, s->link,
					  signaling_parameters_valid(&p), &h->parameters);
		break;
	case HCI_GAP_DISCONNECTED:
	case HCI_GAP_NOTHING:
	case HCI_GAP_SCANNING:
	case HCI_GAP_REPORTS:
	case HCI_GAP_CONNECTED:
	case HCI_GAP_NOT_CONNECTED:
	case HCI_GAP_ADVERTISING:
	case HCI_GAP_FAILED:
	case HCI_GAP_REMOTE_FEATURES:
	case HCI_GAP_NOTE:
		break;
	}
}

void session_idle(struct session *s)
{
	if (!s->link)
		return;
	if (s->closing && hci_host_acl_idle(&s->controller->host, s->link->handle))
		disconnect(s);
	else if (!s->closing && !hci_host_acl_waits(&s->controller->host))
		smp_prepare(&s->smp);
}

void session_cancel(struct session *s, enum cli_exit why)
{
	if (!s->link || s->closing)
		return;
	if (smp_busy(&s->smp))
		session_step(s, &(struct smp_event){.kind = SMP_EV_CANCEL});
	if (s->awaiting_key_ack || (s->verdict && s->outcome.exit == CLI_OK)) {
		s->awaiting_key_ack = false; /* it is paired: nothing is taken back */
	} else if (why == CLI_TIMED_OUT) {
		outcome_fail(&s->outcome, CLI_TIMED_OUT, "timed out: --timeout is over");
	} else if (!s->verdict) {
		outcome_fail(&s->outcome, why, "cancelled");
	}
	s->verdict = true;
	session_close(s);
	session_idle(s);
}

/* ---- The beginning and the end --------------------------------------------------------------- */

static int set_up_engine(struct session *s, const struct session_setup *setup)
{
	const struct controller *c = s->controller;
	const struct options *o = s->options;
	struct smp_config config = {
		.role = s->central ? SMP_INITIATOR : SMP_RESPONDER,
		.local = c->own,
		.peer = s->peer,
		.io = (enum smp_io)o->io,
		.mitm = o->io == SMP_IO_NO_INPUT_NO_OUTPUT &&
					(o->mitm == SMP_MITM_PREFER || o->command == COMMAND_VERIFY)
				? SMP_MITM_OFF
				: o->mitm,
		.sc = o->sc,
		.methods = o->methods,
		.bonding = !o->no_bond,
		.keypress = o->keypress,
		.ct2 = ((o->init_keys | o->resp_keys) & SMP_DIST_LINK) != 0,
		.init_keys = (uint8_t)o->init_keys,
		.resp_keys = (uint8_t)o->resp_keys,
		.min_key_size = o->min_key_size,
		.max_key_size = o->max_key_size,
		.identity = c->identity,
		.oob = o->oob,
		.has_passkey = o->has_passkey,
		.passkey = o->passkey,
		.keypair = setup->keypair,
		.random = crypto_random,
		.too_soon = session_too_soon,
		.too_soon_ctx = s,
	};

	/*
	 * A bond is not weakened by a new pairing. Where the peer asked for it and not the user, it
	 * has to show as well that it is the same: else anyone could take its place.
	 */
	if (s->known && !o->replace_bond)
		config.floor = (struct smp_floor){
			.secure_connections = s->bond.bond.secure_connections,
			.authenticated = s->bond.bond.authenticated || !s->central,
			.key_size = s->bond.bond.key_size,
		};
	memcpy(config.irk, c->irk, 16);
	if (setup->oob_own) {
		config.keypair = &setup->oob_own->keypair;
		config.oob.has_own = true;
		memcpy(config.oob.own_random, setup->oob_own->random, 16);
	}
	int error = smp_init(&s->smp, &config);
	bytes_wipe(&config, sizeof(config));
	return error;
}

void session_open(struct session *s, struct controller *c, struct hci_link *link,
		  struct session_setup *setup)
{
	const struct options *o = setup->options ? setup->options : c->options;
	uint64_t started = s->started, searched = s->searched;
	struct failure problem;

	memset(s, 0, sizeof(*s));
	s->controller = c;
	s->options = o;
	s->events = setup->events ? setup->events : c->events;
	s->link = link;
	s->central = link->central;
	s->peer.type = link->peer_type;
	memcpy(s->peer.octets, link->peer, 6);
	s->started = started;
	s->searched = searched;
	s->connected = clock_now();
	s->attempts = &setup->attempts;
	int found = store_find_by_air_address(c->store, &s->peer, &s->bond, &s->bond_id, &problem);
	if (found >= 0 && session_setup_recall(setup, c->store, s->central, &problem))
		found = -1;
	s->known = found > 0;
	s->closed = setup->closed;
	s->ctx = setup->ctx;
	s->smp_timer = (struct loop_timer){.fire = smp_overdue, .ctx = s};
	s->early_key_timer = (struct loop_timer){.fire = session_early_keys_overdue, .ctx = s};
	s->close_timer = (struct loop_timer){.fire = close_overdue, .ctx = s};
	prompt_init(&s->prompt, &c->run->console, session_asked, session_answered, s);
	l2cap_init(&s->l2cap);

	event_emit(s->events,
		   json_pack("{s:s, s:o, s:s, s:f, s:i, s:i}", "event", "connected", "peer",
			     json_address(&s->peer), "role", s->central ? "central" : "peripheral",
			     "interval_ms", link->interval * 1.25, "latency", link->latency,
			     "timeout_ms", link->timeout * 10));
	if (set_up_engine(s, setup)) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_INTERNAL, "the options contradict each other");
		session_close(s);
		return;
	}
	/* A bond that cannot be read cannot be protected either. */
	if (found < 0) {
		s->verdict = true;
		outcome_fail(&s->outcome, problem.exit, "%s", problem.text);
		session_close(s);
		return;
	}
	if (o->command == COMMAND_VERIFY && s->central) {
		if (s->known) {
			session_encrypt_with_bond(s);
		} else {
			char address[ADDRESS_TEXT];
			s->verdict = true;
			outcome_fail(&s->outcome, CLI_USAGE, "there is no bond with %s in %.200s",
				     session_address(s, address), c->store->path);
			session_close(s);
		}
		return;
	}
	if (s->central && session_too_soon(s)) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_WE_REFUSED, "we refused: %s (0x%02x)",
			     smp_reason_name(SMP_REPEATED_ATTEMPTS), SMP_REPEATED_ATTEMPTS);
		s->outcome.reason = smp_reason_name(SMP_REPEATED_ATTEMPTS);
		s->outcome.reason_code = SMP_REPEATED_ATTEMPTS;
		session_say_wait(s);
		session_close(s);
		return;
	}
	/* The first PDU goes out before anything else: it is what the peer waits for. */
	if (s->central ? !o->wait_security_request : o->security_request)
		session_step(s, &(struct smp_event){.kind = SMP_EV_START});
	if (s->central && !s->encrypting_bond)
		hci_gap_exchange_features(&c->gap, link);
}

void session_wipe(struct session *s)
{
	smp_wipe(&s->smp);
	bytes_wipe(&s->bond, sizeof(s->bond));
	bytes_wipe(s->early_keys, sizeof(s->early_keys));
	bytes_wipe(&s->l2cap, sizeof(s->l2cap));
}
