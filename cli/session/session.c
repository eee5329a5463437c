/* SPDX-License-Identifier: MIT */
#include "session/session.h"

#include <string.h>

#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "l2cap/signaling.h"
#include "session/internal.h"

/* ---- Timers and the user --------------------------------------------------------------------- */

static void smp_overdue(void *ctx)
{
	struct session *s = ctx;

	/* Nothing is sent any more but the end of the link (Vol 3 Part H 3.4). */
	session_step(s, &(struct smp_event){.kind = SMP_EV_TIMEOUT});
	session_idle(s);
}

/* The PDUs did not overtake Encryption Change: they came in clear. */
static void early_pdus_overdue(void *ctx)
{
	struct session *s = ctx;

	session_release_early_pdus(s);
	session_idle(s);
	controller_flush(s->controller);
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct session *s = ctx;

	if (answer->kind == PROMPT_NONE) {
		session_cancel(s, CLI_CANCELLED);
		if (!*s->outcome.detail)
			outcome_detail(&s->outcome,
				       "an answer was needed, and standard input ended: use "
				       "--passkey or --confirm");
	} else {
		session_queue_answer(s, answer);
		session_run_queue(s);
	}
	controller_flush(s->controller);
}

/* ---- Events of the link ---------------------------------------------------------------------- */

static void down(struct session *s, uint8_t reason)
{
	bool ours = s->state == SESSION_DISCONNECTING;

	event_emit(s->events, json_pack("{s:s, s:s, s:i}", "event", "disconnected", "reason",
					hci_error_name(reason), "reason_code", reason));
	session_step(s, &(struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = reason});
	if (s->state <= SESSION_OPEN) {
		outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
				 "the connection ended before pairing began");
		session_settle(s);
	} else if (s->outcome.exit == CLI_OK && reason == HCI_MIC_FAILURE && !ours) {
		outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
				 "the link broke after encryption");
	}
	session_link_down(s);
}

bool session_failed_to_establish(const struct session *s, const struct hci_gap_event *h)
{
	return h->kind == HCI_GAP_DISCONNECTED && h->status == HCI_FAILED_TO_ESTABLISH &&
	       (s->state == SESSION_LOADING || s->state == SESSION_OPEN) &&
	       h->link->handle == s->link->handle;
}

static void encryption_changed(struct session *s, uint8_t status)
{
	const struct smp_event event = {.kind = SMP_EV_ENCRYPTED, .status = status};

	if (s->encrypting_bond) {
		/* The key of another pairing proves nothing about the one under way. */
		if (status == HCI_SUCCESS && !smp_pairing(&s->smp))
			session_step(s, &event);
		session_bond_encrypted(s, status);
		return;
	}
	if (status == HCI_SUCCESS && smp_awaits_encryption(&s->smp))
		session_emit_encrypted(s, "with the new key");
	session_step(s, &event);
	session_release_early_pdus(s);
}

/* The LTK that a central asks for: of the pairing under way, or of a bond (Vol 6 Part D 4.2.1). */
static void answer_ltk(struct session *s, const struct hci_gap_event *h)
{
	struct smp_event event = {.kind = SMP_EV_LTK_REQUEST};

	if (!smp_pairing(&s->smp)) {
		session_answer_bond_ltk(s, h);
		return;
	}
	event.ltk_request.ediv = h->ediv;
	memcpy(event.ltk_request.rand, h->rand, sizeof(event.ltk_request.rand));
	session_step(s, &event);
}

void session_on_gap_event(struct session *s, const struct hci_gap_event *h)
{
	struct signaling_parameters p;

	/* There may be news of a link that was given up, or of another one in its place. */
	if (!s->link || (h->link && h->link->handle != s->link->handle))
		return;
	switch (h->kind) {
	case HCI_GAP_DISCONNECTED:
		down(s, h->status);
		break;
	case HCI_GAP_ENCRYPTION:
		encryption_changed(s, h->status);
		break;
	case HCI_GAP_LTK_REQUEST:
		if (s->state == SESSION_LOADING)
			s->early_ltk_request = *h;
		else
			answer_ltk(s, h);
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
	if (s->state == SESSION_CLOSING && hci_host_acl_idle(&s->controller->host, s->link->handle))
		session_disconnect(s);
	else if (s->state < SESSION_CLOSING && !hci_host_acl_waits(&s->controller->host))
		smp_prepare(&s->smp);
}

void session_cancel(struct session *s, enum cli_exit why)
{
	if (s->state == SESSION_NONE || s->state >= SESSION_CLOSING)
		return;
	if (smp_busy(&s->smp))
		session_step(s, &(struct smp_event){.kind = SMP_EV_CANCEL});
	if (s->state > SESSION_OPEN && s->outcome.exit == CLI_OK) {
		/* It has succeeded, and nothing is taken back. */
	} else if (why == CLI_TIMED_OUT) {
		outcome_fail(&s->outcome, CLI_TIMED_OUT, "timed out: --timeout is over");
	} else if (s->state <= SESSION_OPEN) {
		outcome_fail(&s->outcome, why, "cancelled");
	}
	session_close(s);
	session_idle(s);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static enum smp_mitm mitm_of(const struct session *s, enum session_intent intent)
{
	const struct options *o = s->options;
	bool not_demanded = o->mitm == SMP_MITM_PREFER || intent == SESSION_ENCRYPT;

	return o->io == SMP_IO_NO_INPUT_NO_OUTPUT && not_demanded ? SMP_MITM_OFF : o->mitm;
}

/*
 * A new pairing must not weaken a bond. If the peer asks for it, and not the user, it must also
 * prove that it is the same device: else anyone could take its place.
 */
static struct smp_floor floor_of(const struct session *s)
{
	if (!s->has_bond || s->options->replace_bond)
		return (struct smp_floor){0};
	return (struct smp_floor){
		.secure_connections = s->bond.bond.secure_connections,
		.authenticated = s->bond.bond.authenticated || !s->central,
		.key_size = s->bond.bond.key_size,
	};
}

static int set_up_engine(struct session *s)
{
	const struct session_setup *setup = s->setup;
	const struct controller *c = s->controller;
	const struct options *o = s->options;
	struct smp_config config = {
		.role = s->central ? SMP_INITIATOR : SMP_RESPONDER,
		.local = c->own.address,
		.peer = s->peer,
		.io = (enum smp_io)o->io,
		.mitm = mitm_of(s, setup->intent),
		.sc = o->sc,
		.methods = o->methods,
		.bonding = !o->no_bond,
		.keypress = o->keypress,
		.ct2 = ((o->init_keys | o->resp_keys) & SMP_DIST_LINK) != 0,
		.init_keys = (uint8_t)o->init_keys,
		.resp_keys = (uint8_t)o->resp_keys,
		.min_key_size = o->min_key_size,
		.max_key_size = o->max_key_size,
		.identity = c->own.identity,
		.oob = o->oob,
		.has_passkey = o->has_passkey,
		.passkey = o->passkey,
		.keypair = setup->keypair,
		.random = crypto_random,
		.too_soon = session_too_soon,
		.too_soon_ctx = s,
	};

	memcpy(config.irk, c->own.irk, sizeof(config.irk));
	if (setup->oob_own) {
		config.keypair = &setup->oob_own->keypair;
		config.oob.has_own = true;
		memcpy(config.oob.own_random, setup->oob_own->random,
		       sizeof(config.oob.own_random));
	}
	int error = smp_init(&s->smp, &config);
	bytes_wipe(&config, sizeof(config));
	return error;
}

static void fill(struct session *s, struct controller *c, struct hci_link *link,
		 struct session_setup *setup)
{
	memset(s, 0, sizeof(*s));
	s->controller = c;
	s->options = setup->options ? setup->options : c->options;
	s->events = setup->events ? setup->events : c->events;
	s->searched = setup->searched;
	s->started = setup->started;
	s->attempts = &setup->attempts;
	s->setup = setup;
	s->closed = setup->closed;
	s->ctx = setup->ctx;
	s->smp_timer = (struct loop_timer){.fire = smp_overdue, .ctx = s};
	s->early_pdu_timer = (struct loop_timer){.fire = early_pdus_overdue, .ctx = s};
	s->close_timer = (struct loop_timer){.fire = session_close_overdue, .ctx = s};
	prompt_init(&s->prompt, c->owner->console, session_asked, answered, s);
	l2cap_init(&s->l2cap);
	session_link_up(s, link);
}

static void start(struct session *s, enum session_intent intent)
{
	const struct options *o = s->options;

	if (s->central && intent == SESSION_ENCRYPT) {
		session_encrypt_with_bond(s);
		return;
	}
	if (s->central && session_too_soon(s)) {
		session_refuse_too_soon(s);
		return;
	}
	/* The first PDU goes out before anything else: the peer waits for it. */
	if (s->central ? !o->wait_security_request : o->security_request)
		session_step(s, &(struct smp_event){.kind = SMP_EV_START});
	if (s->central)
		hci_gap_exchange_features(&s->controller->gap, s->link);
}

/* What came while the store was asked, in its order: encryption is asked for after all data. */
static void take_early(struct session *s)
{
	const struct hci_gap_event request = s->early_ltk_request;

	s->early_ltk_request.kind = HCI_GAP_NOTHING;
	session_release_early_pdus(s);
	if (request.kind == HCI_GAP_LTK_REQUEST && s->link)
		answer_ltk(s, &request);
}

/* What is known about the peer; the failures of earlier runs are loaded once. */
static void know(struct session *s)
{
	s->has_bond = s->known.has_bond;
	s->bond_id = s->known.bond_id;
	s->bond = s->known.bond;
	if (!s->setup->failures_loaded)
		session_take_failures(s->attempts, &s->known.attempts, s->central);
	s->setup->failures_loaded = true;
	bytes_wipe(&s->known, sizeof(s->known));
}

static void loaded(void *ctx, const struct failure *failure)
{
	struct session *s = ctx;

	if (failure) {
		/* A bond that cannot be read cannot be protected. */
		outcome_fail(&s->outcome, failure->exit, "%s", failure->text);
		session_close(s);
	} else {
		struct smp_floor floor;
		know(s);
		floor = floor_of(s);
		smp_set_floor(&s->smp, &floor);
		session_loaded(s);
		start(s, s->setup->intent);
		take_early(s);
	}
	controller_flush(s->controller);
	if (s->state == SESSION_CLOSING)
		session_idle(s);
}

void session_open(struct session *s, struct controller *c, struct hci_link *link,
		  struct session_setup *setup)
{
	fill(s, c, link, setup);
	event_emit(s->events,
		   json_pack("{s:s, s:o, s:s, s:f, s:i, s:i}", "event", "connected", "peer",
			     json_address(&s->peer), "role", s->central ? "central" : "peripheral",
			     "interval_ms", link->interval * 1.25, "latency", link->latency,
			     "timeout_ms", link->timeout * 10));
	if (set_up_engine(s)) {
		outcome_fail(&s->outcome, CLI_INTERNAL, "the options contradict each other");
		session_close(s);
		return;
	}
	s->known.on_air = s->peer;
	timed_request_init(&s->storage, c->store, c->loop, loaded, s);
	timed_request_peer(&s->storage, &s->known);
}

void session_wipe(struct session *s)
{
	smp_wipe(&s->smp);
	bytes_wipe(&s->bond, sizeof(s->bond));
	bytes_wipe(&s->queue, sizeof(s->queue));
	bytes_wipe(s->early_pdus, sizeof(s->early_pdus));
	bytes_wipe(&s->known, sizeof(s->known));
	bytes_wipe(&s->result.bond, sizeof(s->result.bond));
	bytes_wipe(&s->l2cap, sizeof(s->l2cap));
}
