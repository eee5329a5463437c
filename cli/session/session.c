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

/* The peer owes the answer to an ATT request. */
static void attributes_overdue(void *ctx)
{
	struct session *s = ctx;

	if (session_attributes_overdue(s))
		session_secure(s);
	session_idle(s);
	controller_flush(s->controller);
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct session *s = ctx;

	if (s->bond_use == SESSION_BOND_ASKED) {
		session_bond_answered(s, answer->kind == PROMPT_CONFIRM && answer->yes);
		session_run_queue(s);
		session_idle(s);
	} else if (answer->kind == PROMPT_NONE) {
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

/* The link ended before there was an outcome. */
static void end_early(struct session *s, uint8_t reason)
{
	if (s->bond_use != SESSION_BOND_IDLE) {
		session_bond_link_down(s, reason);
		return;
	}
	if (!s->refused_bond) {
		outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
				 "the connection ended before pairing began");
		return;
	}
	if (*s->refused_bond) {
		outcome_fail(&s->outcome, CLI_WE_REFUSED, "we refused to encrypt with the bond");
		outcome_detail(&s->outcome, "%s", s->refused_bond);
		outcome_advice(&s->outcome, "leave that option out, or pair again with it");
		return;
	}
	outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
			 "the peer wanted to encrypt with a bond that is not known here");
	outcome_advice(&s->outcome, "remove the bond on the peer, and pair again");
}

/* The link ended in a way that contradicts, or leaves open, that the peer has finished too. */
static bool is_unproven(enum session_state state, uint8_t reason)
{
	if (state == SESSION_DISCONNECTING)
		return false; /* by us */
	return reason == HCI_MIC_FAILURE ||
	       ((state == SESSION_DELIVERING || state == SESSION_AWAITING_PROOF) &&
		(reason == HCI_CONNECTION_TIMEOUT || reason == HCI_AUTHENTICATION_FAILURE));
}

static void down(struct session *s, uint8_t reason)
{
	bool unproven = is_unproven(s->state, reason), unchecked = session_attributes_pending(s);

	event_emit(s->events, json_pack("{s:s, s:s, s:i}", "event", "disconnected", "reason",
					hci_error_name(reason), "reason_code", reason));
	session_step(s, &(struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = reason});
	if (s->state <= SESSION_OPEN) {
		end_early(s, reason);
		session_settle(s);
	} else if (s->outcome.exit == CLI_OK && unchecked) {
		session_attributes_link_down(s, reason);
	} else if (s->outcome.exit == CLI_OK && unproven) {
		outcome_fail_hci(&s->outcome, CLI_CONNECTION_FAILED, reason,
				 "the link broke after encryption");
		/* HCI's own advice is about a bond, which is not kept. */
		if (smp_paired(&s->smp))
			outcome_advice(&s->outcome, "%s", session_advice_on_encryption());
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

	if (s->bond_use == SESSION_BOND_ENCRYPTING) {
		/* The key of another pairing proves nothing about the one under way. */
		if (status == HCI_SUCCESS && !smp_pairing(&s->smp))
			session_step(s, &event);
		session_bond_encrypted(s, status);
		session_run_queue(s);
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
		if (h->status == HCI_SUCCESS)
			session_progressed(s);
		encryption_changed(s, h->status);
		if (s->link && s->state < SESSION_CLOSING)
			hci_gap_use_fast_phy(&s->controller->gap, s->link);
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
	case HCI_GAP_PHY:
		session_emit_phy(s);
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
	case HCI_GAP_BROKEN:
		break;
	}
}

void session_idle(struct session *s)
{
	if (!s->link)
		return;
	session_check_delivery(s);
	if (s->state == SESSION_CLOSING && hci_host_acl_idle(&s->controller->host, s->link->handle))
		session_disconnect(s);
	else if (s->state < SESSION_CLOSING && !hci_host_acl_waits(&s->controller->host))
		smp_prepare(&s->smp);
}

uint64_t session_idle_since(const struct session *s)
{
	bool waits = s->state == SESSION_OPEN ||
		     (s->state == SESSION_SETTLED && !hold_is_active(&s->hold));

	return waits && !smp_busy(&s->smp) ? s->progress : UINT64_MAX;
}

void session_end_idle(struct session *s, double seconds)
{
	if (s->state == SESSION_OPEN) {
		outcome_fail(&s->outcome, CLI_TIMED_OUT,
			     "timed out: the peer neither paired nor encrypted, and did nothing "
			     "for %g s",
			     seconds);
		outcome_advice(&s->outcome,
			       "start the pairing on the peer; --security-request asks it to, and "
			       "--idle-timeout sets the limit");
	} else {
		event_note(s->events, 0,
			   "the peer did nothing for %g s (--idle-timeout): the link is closed",
			   seconds);
	}
	session_close(s);
	session_idle(s);
}

void session_cancel(struct session *s, enum cli_exit why)
{
	if (s->state == SESSION_NONE || s->state >= SESSION_CLOSING)
		return;
	if (s->state == SESSION_DELIVERING) {
		session_hurry_delivery(s, why);
		return;
	}
	if (smp_busy(&s->smp))
		session_step(s, &(struct smp_event){.kind = SMP_EV_CANCEL});
	hold_stop(&s->hold, HOOK_CANCELLED);
	if (s->state > SESSION_OPEN && s->outcome.exit == CLI_OK &&
	    !session_attributes_pending(s)) {
		/* It has succeeded, and nothing is taken back. */
	} else if (why == CLI_TIMED_OUT || s->state <= SESSION_OPEN || s->outcome.exit == CLI_OK) {
		session_fail_given_up(s, why);
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

static int set_up_engine(struct session *s)
{
	const struct session_setup *setup = s->setup;
	const struct controller *c = s->controller;
	const struct options *o = s->options;
	struct smp_config config = {
		.role = s->central ? SMP_INITIATOR : SMP_RESPONDER,
		.local = s->local,
		.peer = s->peer,
		.io = (enum smp_io)o->io,
		.mitm = mitm_of(s, setup->intent),
		.legacy_passkey_mitm = o->legacy_passkey_mitm,
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
	s->peer_name = setup->peer_name;
	s->peer_label = setup->peer_label;
	s->attempts = &setup->attempts;
	s->setup = setup;
	s->closed = setup->closed;
	s->released = setup->released;
	s->ctx = setup->ctx;
	s->smp_timer = (struct loop_timer){.fire = smp_overdue, .ctx = s};
	s->early_pdu_timer = (struct loop_timer){.fire = early_pdus_overdue, .ctx = s};
	s->close_timer = (struct loop_timer){.fire = session_close_overdue, .ctx = s};
	s->attributes.timer = (struct loop_timer){.fire = attributes_overdue, .ctx = s};
	s->bond_timer = (struct loop_timer){.fire = session_bond_overdue, .ctx = s};
	prompt_init(&s->prompt, c->owner->console, session_asked, answered, s);
	s->prompt.session = s->events->session;
	s->prompt.about = s->events->unit;
	l2cap_init(&s->l2cap);
	att_client_init(&s->attributes.client);
	s->attributes.unanswered = setup->unanswered_writes;
	session_link_up(s, link);
}

static void start(struct session *s, enum session_intent intent)
{
	const struct options *o = s->options;

	if (!s->central) {
		if (o->security_request)
			session_step(s, &(struct smp_event){.kind = SMP_EV_START});
		return;
	}
	if (session_try_in_clear(s))
		return;
	if (intent == SESSION_ENCRYPT || !o->wait_security_request)
		session_secure(s);
	else
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

static void note_rating(const struct session *s)
{
	char address[ADDRESS_TEXT];

	event_note(s->events, 0,
		   "the bond with %s does not count as authenticated any more: from Core 6.2 on, "
		   "legacy Passkey Entry does not protect against a man in the middle%s",
		   session_address(s, address),
		   s->bond.bond.method == SMP_METHOD_NONE
			   ? ", and another method is not known for it"
			   : "");
}

/* What is known about the peer; the failures of earlier runs are loaded once. */
static void know(struct session *s)
{
	/* One without a key, from an earlier version, protects nothing and is of no use. */
	s->has_bond = s->known.has_bond && smp_bond_has_key(&s->known.bond.bond);
	s->shares_irk = s->known.shares_irk;
	s->bond_id = s->known.bond_id;
	s->bond = s->known.bond;
	if (!s->peer_label)
		s->peer_label = s->known.label;
	if (s->has_bond && s->bond.rated_down)
		note_rating(s);
	if (!s->setup->failures_loaded)
		session_take_failures(s->attempts, &s->known.attempts, s->central);
	s->setup->failures_loaded = true;
	bytes_wipe(&s->known.bond, sizeof(s->known.bond));
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
		floor = session_floor(s);
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
	session_emit_connected(s);
	if (set_up_engine(s)) {
		outcome_fail(&s->outcome, CLI_INTERNAL, "the options contradict each other");
		session_close(s);
		return;
	}
	s->known.on_air = s->peer;
	s->known.expected = setup->expected;
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
	s->number = 0;
	session_attributes_wipe(s);
}
