/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bytes.h"
#include "l2cap/att.h"
#include "l2cap/signaling.h"
#include "smp/pdu.h"
#include "smp/reason.h"

#define SMP_TIMEOUT_US	  30000000 /* Vol 3 Part H 3.4 */
#define CLOSE_PATIENCE_US 1000000

static void set(char *to, size_t len, const char *text)
{
	(void)snprintf(to, len, "%s", text);
}

static const char *hex_address(const struct session *s, char text[ADDRESS_TEXT])
{
	return address_format(&s->peer, text);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static void send_frame(struct session *s, uint16_t cid, const uint8_t *payload, size_t len)
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
			report_note(s->report, 0, "the queue of data is full: a fragment was lost");
	bytes_wipe(&cut, sizeof(cut));
}

static void step(struct session *s, const struct smp_event *event);

/* ---- The end of a link ----------------------------------------------------------------------- */

/* What was sent is delivered first, so that the peer learns why; bounded by patience. */
static void close_link(struct session *s)
{
	if (s->closing)
		return;
	s->closing = true;
	prompt_close(&s->prompt);
	loop_timer_stop(s->controller->loop, &s->smp_timer);
	loop_timer_start(s->controller->loop, &s->patience, CLOSE_PATIENCE_US);
}

static void disconnect(struct session *s)
{
	if (s->disconnecting || !s->link)
		return;
	s->disconnecting = true;
	loop_timer_start(s->controller->loop, &s->patience, CLOSE_PATIENCE_US);
	hci_gap_disconnect(&s->controller->gap, s->link, HCI_REMOTE_USER_TERMINATED);
	controller_flush(s->controller);
}

void session_abandon(struct session *s)
{
	s->link = NULL;
	prompt_close(&s->prompt);
	loop_timer_stop(s->controller->loop, &s->smp_timer);
	loop_timer_stop(s->controller->loop, &s->overtaking);
	loop_timer_stop(s->controller->loop, &s->patience);
}

static void link_is_down(struct session *s)
{
	session_abandon(s);
	s->closed(s->ctx);
}

static void out_of_patience(void *ctx)
{
	struct session *s = ctx;

	if (s->proving) {
		/* A peer without ATT: our keys are acknowledged by its link layer at least. */
		s->proving = false;
		close_link(s);
		disconnect(s);
	} else if (!s->disconnecting) {
		disconnect(s);
	} else if (hci_host_deadline(&s->controller->host) != UINT64_MAX) {
		/* Nor did it answer a command yet: that has a limit of its own, and a verdict. */
		loop_timer_start(s->controller->loop, &s->patience, CLOSE_PATIENCE_US);
	} else {
		/* The controller does not even say that the link is gone. */
		link_is_down(s);
	}
	controller_flush(s->controller);
}

/* ---- Repeated attempts, Vol 3 Part H 2.3.6 ----------------------------------------------------
 */

/* Whom the peer claims to be: attempts count for the identity, whatever address it uses now. */
static const struct crypto_address *claimed(const struct session *s)
{
	return s->known && s->bond.bond.peer.has_identity ? &s->bond.bond.peer.identity : &s->peer;
}

uint64_t session_wait(const struct session *s)
{
	return smp_attempts_wait(s->attempts, claimed(s), loop_now());
}

static bool too_soon(void *ctx)
{
	return session_wait(ctx) > 0;
}

/* What the user here did, or what broke here, says nothing about the peer. */
static void count_failure(struct session *s, enum smp_blame by)
{
	if (!smp_attempted(&s->smp) || by == SMP_BY_USER || by == SMP_BY_INTERNAL)
		return;
	smp_attempts_failed(s->attempts, claimed(s), loop_now());
	s->count = s->central ? STORE_FAILURE_OF_CALLED : STORE_FAILURE;
}

static void say_wait(struct session *s)
{
	unsigned failures = smp_attempts_failures(s->attempts, claimed(s), loop_now());
	double seconds = (double)session_wait(s) / 1e6;

	if (failures)
		(void)snprintf(s->outcome.detail, sizeof(s->outcome.detail),
			       "%u %s with this device failed lately: the next is taken in %.1f s",
			       failures, failures == 1 ? "attempt" : "attempts", seconds);
	else
		(void)snprintf(
			s->outcome.detail, sizeof(s->outcome.detail),
			"too many attempts failed lately, under ever new addresses: the next "
			"is taken in %.1f s",
			seconds);
}

/* ---- Verdicts -------------------------------------------------------------------------------- */

/* What the new keys are worth, for those that cannot be relied on; NULL: nothing to say. */
static const char *weakness(const struct smp_bond *bond)
{
	/* A TK of six digits at most is found in no time; one of 128 bits out of band is not. */
	return bond->secure_connections || bond->method == SMP_OOB
		       ? NULL
		       : "legacy pairing: whoever listened to it can compute its keys";
}

/* Whether it was the bond on file that made us refuse what the options would allow. */
static bool below_floor(const struct session *s)
{
	const struct smp_floor *floor = &s->smp.config.floor;
	const struct smp_features *f = smp_features(&s->smp);

	return !smp_attempted(&s->smp) && f->response.max_key_size &&
	       ((floor->secure_connections && !f->secure_connections) ||
		(floor->authenticated && f->method == SMP_JUST_WORKS) ||
		f->key_size < floor->key_size);
}

static void paired(struct session *s)
{
	const struct smp_bond *bond = smp_bond(&s->smp);
	char address[ADDRESS_TEXT];

	if (bond->authenticated) {
		smp_attempts_succeeded(s->attempts, claimed(s));
		s->count = STORE_SUCCESS;
	}
	s->paired = loop_now();
	s->verdict = true;
	s->outcome = (struct outcome){.exit = CLI_OK, .result = "paired", .reason_code = -1};
	(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
		       "paired with %s (%s): %s, %s (%s), %u-bit key, %s", hex_address(s, address),
		       address_kind(&s->peer),
		       bond->secure_connections ? "LE Secure Connections" : "LE legacy pairing",
		       smp_method_name(bond->method),
		       bond->authenticated ? "authenticated" : "not authenticated",
		       bond->key_size * 8, bond->bonded ? "bonded" : "no bond");
	(void)snprintf(s->outcome.detail, sizeof(s->outcome.detail), "%s%s%s",
		       bond->note ? bond->note : "", bond->note && weakness(bond) ? "; " : "",
		       weakness(bond) ? weakness(bond) : "");
}

static void failed(struct session *s, const struct smp_failure *f)
{
	struct outcome *o = &s->outcome;
	const char *name = smp_reason_name(f->reason);

	s->verdict = true;
	s->proving = false;
	s->blame = f->by;
	count_failure(s, f->by);
	switch (f->by) {
	case SMP_BY_PEER:
		outcome_fail(o, CLI_PEER_REFUSED, "the peer refused: %s (0x%02x)", name, f->reason);
		set(o->advice, sizeof(o->advice), f->why);
		o->reason = name;
		o->reason_code = f->reason;
		break;
	case SMP_BY_US:
		outcome_fail(o, CLI_WE_REFUSED, "we refused: %s (0x%02x)", name, f->reason);
		if (f->reason == SMP_REPEATED_ATTEMPTS)
			say_wait(s);
		else
			set(o->detail, sizeof(o->detail), f->why);
		if (below_floor(s))
			set(o->advice, sizeof(o->advice),
			    "if the device was reset or has changed hands, and this is yours: "
			    "--replace-bond");
		o->reason = name;
		o->reason_code = f->reason;
		break;
	case SMP_BY_TIMEOUT:
		outcome_fail(o, CLI_TIMED_OUT, "timed out: %s", f->why);
		set(o->advice, sizeof(o->advice),
		    "is the peer waiting for its user? it may also be stuck: restart it");
		break;
	case SMP_BY_USER:
		outcome_fail(o, CLI_CANCELLED, "cancelled");
		o->reason = name;
		o->reason_code = f->reason;
		break;
	case SMP_BY_LINK:
		outcome_fail(o, CLI_CONNECTION_FAILED, "%s: %s (0x%02x)", f->why,
			     hci_error_name(f->reason), f->reason);
		set(o->advice, sizeof(o->advice), hci_error_advice(f->reason));
		o->reason = hci_error_name(f->reason);
		o->reason_code = f->reason;
		break;
	case SMP_BY_ENCRYPTION:
		outcome_fail(o, CLI_PEER_REFUSED, "%s: %s (0x%02x)", f->why,
			     hci_error_name(f->reason), f->reason);
		set(o->advice, sizeof(o->advice), hci_error_advice(f->reason));
		o->reason = hci_error_name(f->reason);
		o->reason_code = f->reason;
		break;
	case SMP_BY_INTERNAL:
		outcome_fail(o, CLI_INTERNAL, "%s", f->why);
		break;
	}
	close_link(s);
}

/* ---- The user -------------------------------------------------------------------------------- */

static json_t *passkey_event(const char *action)
{
	return json_pack("{s:s, s:s}", "event", "passkey", "action", action);
}

static json_t *confirm_event(uint32_t number)
{
	return json_pack("{s:s, s:o}", "event", "confirm", "number", json_sprintf("%06u", number));
}

/* What was answered beforehand is no question among many units. */
static void tell_answered(struct session *s, json_t *event)
{
	if (s->report->brief)
		json_decref(event);
	else
		report_emit(s->report, event);
}

static void keypress(struct session *s, uint8_t what)
{
	step(s, &(struct smp_event){.kind = SMP_EV_KEYPRESS, .keypress = what});
}

static void type_passkey(struct session *s, uint32_t passkey)
{
	/* Nothing is sent unless both sides agreed on it (3.5.8). */
	for (int i = 0; i < 6; i++)
		keypress(s, SMP_KEYPRESS_DIGIT);
	keypress(s, SMP_KEYPRESS_COMPLETED);
	step(s, &(struct smp_event){.kind = SMP_EV_PASSKEY, .passkey = passkey});
}

static void answered(void *ctx, const struct prompt_answer *answer)
{
	struct session *s = ctx;

	switch (answer->kind) {
	case PROMPT_PASSKEY:
		type_passkey(s, answer->passkey);
		break;
	case PROMPT_CONFIRM:
		step(s, &(struct smp_event){.kind = SMP_EV_CONFIRM, .yes = answer->yes});
		break;
	case PROMPT_NONE:
		session_cancel(s, CLI_CANCELLED);
		if (s->verdict && !*s->outcome.detail)
			set(s->outcome.detail, sizeof(s->outcome.detail),
			    "an answer was needed, and standard input ended: use --passkey or "
			    "--confirm");
		break;
	}
	controller_flush(s->controller);
}

/* The question in words, when its turn has come. */
static void asked(void *ctx)
{
	struct session *s = ctx;

	if (s->prompt.open == PROMPT_PASSKEY)
		report_emit(s->report, passkey_event("type"));
	else
		report_emit(s->report, confirm_event(s->number));
}

static void ask_passkey(struct session *s)
{
	keypress(s, SMP_KEYPRESS_STARTED);
	if (s->options->has_passkey) {
		tell_answered(s, passkey_event("type"));
		type_passkey(s, s->options->passkey);
	} else {
		prompt_ask(&s->prompt, PROMPT_PASSKEY);
	}
}

static void show_passkey(struct session *s, uint32_t passkey)
{
	json_t *event = passkey_event("show");

	(void)json_object_set_new(event, "passkey", json_sprintf("%06u", passkey));
	if (s->options->has_passkey)
		tell_answered(s, event);
	else
		report_emit(s->report, event);
}

static void ask_confirm(struct session *s, uint32_t number)
{
	enum confirm answer = s->options->confirm;

	s->number = number;
	if (answer == CONFIRM_ASK) {
		prompt_ask(&s->prompt, PROMPT_CONFIRM);
		return;
	}
	tell_answered(s, confirm_event(number));
	step(s, &(struct smp_event){.kind = SMP_EV_CONFIRM, .yes = answer == CONFIRM_YES});
}

/* ---- Telling --------------------------------------------------------------------------------- */

static json_t *key_list(uint8_t dist)
{
	static const char *const names[] = {"enc", "id", "sign", "link"};
	json_t *list = json_array();

	for (unsigned i = 0; i < 4; i++)
		if (dist >> i & 1)
			(void)json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *feature_set(const struct smp_feature_set *set)
{
	return json_pack(
		"{s:s, s:b, s:b, s:b, s:b, s:b, s:i, s:o, s:o}", "io", smp_io_name(set->io), "oob",
		set->oob, "bonding", (set->auth_req & 3) == SMP_AUTH_BONDING, "mitm",
		set->auth_req & SMP_AUTH_MITM, "secure_connections", set->auth_req & SMP_AUTH_SC,
		"keypress", set->auth_req & SMP_AUTH_KEYPRESS, "max_key_size", set->max_key_size,
		"init_keys", key_list(set->init_keys), "resp_keys", key_list(set->resp_keys));
}

static void tell_features(struct session *s)
{
	const struct smp_features *f = smp_features(&s->smp);

	report_emit(s->report,
		    json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:o, s:o}", "event", "features",
			      "method", smp_method_slug(f->method), "method_name",
			      smp_method_name(f->method), "because", f->because ? f->because : "",
			      "secure_connections", f->secure_connections, "key_size", f->key_size,
			      "initiator", feature_set(&f->request), "responder",
			      feature_set(&f->response)));
}

static const char *key_names(const struct smp_keys *keys, bool sc, char text[64])
{
	(void)snprintf(text, 64, "%s%s%s%s", keys->has_ltk && !sc ? "LTK " : "",
		       keys->has_irk ? "IRK " : "", keys->has_identity ? "identity " : "",
		       keys->has_csrk ? "CSRK " : "");
	if (!*text)
		return "none";
	text[strlen(text) - 1] = '\0';
	return text;
}

static void tell_keys(struct session *s)
{
	const struct smp_bond *bond = smp_bond(&s->smp);
	char received[64], sent[64];

	report_emit(s->report,
		    json_pack("{s:s, s:s, s:s}", "event", "keys", "received",
			      key_names(&bond->peer, bond->secure_connections, received), "sent",
			      key_names(&bond->local, bond->secure_connections, sent)));
}

static void tell_encrypted(struct session *s, const char *with)
{
	report_emit(s->report, json_pack("{s:s, s:s}", "event", "encrypted", "with", with));
}

/* ---- The engine's actions -------------------------------------------------------------------- */

/*
 * We sent keys last, and a peer may still object to them (SM/PER/KDU/BI-02-C). An ATT request goes
 * behind them: its answer, whatever it says, shows that the peer has taken them.
 */
static void prove_delivery(struct session *s)
{
	static const uint8_t exchange_mtu_request[3] = {0x02, ATT_MTU, 0x00};

	s->proving = true;
	send_frame(s, L2CAP_CID_ATT, exchange_mtu_request, sizeof(exchange_mtu_request));
	loop_timer_start(s->controller->loop, &s->patience,
			 100000 + 10 * (uint64_t)s->link->interval * 1250);
}

static void finished(struct session *s)
{
	const struct smp_keys *sent = &smp_bond(&s->smp)->local;
	bool sc = smp_bond(&s->smp)->secure_connections;

	tell_keys(s);
	paired(s);
	if (!s->central)
		return; /* the central decides how long the link is of use */
	if ((sent->has_ltk && !sc) || sent->has_irk || sent->has_identity || sent->has_csrk)
		prove_delivery(s);
	else
		close_link(s);
}

static void security_request(struct session *s, uint8_t auth_req)
{
	report_emit(s->report,
		    json_pack("{s:s, s:b, s:b, s:b}", "event", "security_request", "bonding",
			      (auth_req & 3) == SMP_AUTH_BONDING, "mitm", auth_req & SMP_AUTH_MITM,
			      "secure_connections", auth_req & SMP_AUTH_SC));
	if (!s->encrypting_bond)
		step(s, &(struct smp_event){.kind = SMP_EV_START});
}

static void act(struct session *s, const struct smp_action *a)
{
	static const char *const keys[] = {"started", "digit", "erased", "cleared", "completed"};
	static const uint8_t rand[8] = {0};
	struct controller *c = s->controller;

	switch (a->kind) {
	case SMP_ACT_SEND:
		report_note(s->report, 2, "> %s", smp_pdu_name(a->pdu.data[0]));
		send_frame(s, L2CAP_CID_SMP, a->pdu.data, a->pdu.len);
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
		ask_passkey(s);
		break;
	case SMP_ACT_SHOW_PASSKEY:
		show_passkey(s, a->number);
		break;
	case SMP_ACT_ASK_CONFIRM:
		ask_confirm(s, a->number);
		break;
	case SMP_ACT_PROMPT_END:
		prompt_close(&s->prompt);
		break;
	case SMP_ACT_PEER_KEYPRESS:
		report_emit(s->report, json_pack("{s:s, s:s}", "event", "keypress", "action",
						 keys[a->keypress]));
		break;
	case SMP_ACT_TIMER_START:
		loop_timer_start(c->loop, &s->smp_timer, SMP_TIMEOUT_US);
		break;
	case SMP_ACT_TIMER_STOP:
		loop_timer_stop(c->loop, &s->smp_timer);
		break;
	case SMP_ACT_SECURITY_REQUEST:
		security_request(s, a->auth_req);
		break;
	case SMP_ACT_FEATURES:
		tell_features(s);
		s->unexpected = s->options->method != SMP_METHOD_NONE &&
				s->options->method != smp_features(&s->smp)->method;
		break;
	case SMP_ACT_PAIRED:
		finished(s);
		break;
	case SMP_ACT_FAILED:
		failed(s, &a->failure);
		break;
	}
}

/* Another method than was demanded: nobody is to believe that this pairing is worth as much. */
static void refuse_method(struct session *s)
{
	enum smp_method method = smp_features(&s->smp)->method;

	s->unexpected = false;
	step(s, &(struct smp_event){.kind = SMP_EV_CANCEL});
	outcome_fail(&s->outcome, CLI_WE_REFUSED, "we refused: it would be %s, not %s",
		     smp_method_name(method), smp_method_name(s->options->method));
	set(s->outcome.detail, sizeof(s->outcome.detail), smp_features(&s->smp)->because);
}

/* An action may raise the next event (an answer known beforehand): the list is this call's own. */
static void step(struct session *s, const struct smp_event *event)
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

	step(s, &(struct smp_event){.kind = SMP_EV_TIMEOUT});
	session_quiet(s);
	controller_flush(s->controller);
}

/* ---- What comes in --------------------------------------------------------------------------- */

static void smp_pdu(struct session *s, const uint8_t *pdu, size_t len)
{
	step(s, &(struct smp_event){.kind = SMP_EV_PDU, .pdu = {pdu, len}});
}

/*
 * USB carries events and data in two pipes: keys may overtake the news of encryption. But for a
 * moment only. To start encryption takes two connection events at least, in which the Link Layer
 * lets no data pass (Vol 6 Part B 5.1.3.1): what was here earlier than that came in clear, from
 * anybody, and goes to the engine as what it is, out of turn.
 */
static void smp_frame(struct session *s, const uint8_t *pdu, size_t len)
{
	if (len)
		report_note(s->report, 2, "< %s", smp_pdu_name(pdu[0]));
	/* There is a verdict: nothing begins any more, but the peer may still object to it. */
	if (s->closing && (!len || pdu[0] != SMP_PAIRING_FAILED))
		return;
	if (smp_awaits_encryption(&s->smp) && len && len <= sizeof(s->held[0].data) &&
	    pdu[0] != SMP_PAIRING_FAILED && s->held_count < SESSION_HELD) {
		memcpy(s->held[s->held_count].data, pdu, len);
		if (!s->held_count)
			loop_timer_start(s->controller->loop, &s->overtaking,
					 2 * (uint64_t)s->link->interval * 1250);
		s->held[s->held_count++].len = len;
		return;
	}
	smp_pdu(s, pdu, len);
}

static void release_held(struct session *s)
{
	loop_timer_stop(s->controller->loop, &s->overtaking);
	for (size_t i = 0; i < s->held_count; i++)
		smp_pdu(s, s->held[i].data, s->held[i].len);
	s->held_count = 0;
	bytes_wipe(s->held, sizeof(s->held));
}

static void came_in_clear(void *ctx)
{
	struct session *s = ctx;

	release_held(s);
	session_quiet(s);
	controller_flush(s->controller);
}

static void att_frame(struct session *s, const uint8_t *pdu, size_t len)
{
	uint8_t reply[ATT_REPLY_MAX];
	size_t reply_len = att_answer(pdu, len, reply);

	/* Error Response or Exchange MTU Response: the answer to prove_delivery(). */
	if (s->proving && len && (pdu[0] == 0x01 || pdu[0] == 0x03)) {
		s->proving = false;
		close_link(s);
	}
	if (reply_len)
		send_frame(s, L2CAP_CID_ATT, reply, reply_len);
}

static void signaling_frame(struct session *s, const uint8_t *pdu, size_t len)
{
	struct signaling_result result;

	signaling_receive(pdu, len, s->central, &result);
	if (result.note)
		report_note(s->report, 1, "%s", result.note);
	if (result.reply_len)
		send_frame(s, L2CAP_CID_SIGNALING, result.reply, result.reply_len);
	if (result.kind == SIGNALING_PARAMETERS && s->link) {
		const struct hci_parameters p = {
			result.parameters.interval_min, result.parameters.interval_max,
			result.parameters.latency, result.parameters.timeout};
		hci_gap_update(&s->controller->gap, s->link, &p);
	}
}

void session_data(struct session *s, uint8_t pb, const uint8_t *data, size_t len)
{
	struct l2cap_frame frame;
	bool dropped;
	int status = l2cap_receive(&s->l2cap, pb, data, len, &frame, &dropped);

	if (dropped)
		report_note(s->report, 1, "from the peer: %s", l2cap_status_name(L2CAP_UNFINISHED));
	if (status < 0)
		report_note(s->report, 1, "from the peer: %s", l2cap_status_name(status));
	if (status != L2CAP_FRAME)
		return;
	switch (frame.cid) {
	case L2CAP_CID_SMP:
		smp_frame(s, frame.payload, frame.len);
		break;
	case L2CAP_CID_SIGNALING:
		signaling_frame(s, frame.payload, frame.len);
		break;
	case L2CAP_CID_ATT:
		att_frame(s, frame.payload, frame.len);
		break;
	default:
		report_note(s->report, 1, "from the peer: data for channel 0x%04x", frame.cid);
	}
}

/* ---- Bonds ----------------------------------------------------------------------------------- */

/* What the options demand and this bond does not give; NULL: it is good enough. */
static const char *below_policy(const struct options *o, const struct smp_bond *bond)
{
	if (o->sc == SMP_SC_ONLY && !bond->secure_connections)
		return "it is of legacy pairing, and --sc only was asked for";
	if (o->mitm == SMP_MITM_REQUIRE && !bond->authenticated)
		return "it is not authenticated, and --mitm was asked for";
	/* KNOB: a short key stays short, also when it is used again. */
	if (bond->key_size < o->min_key_size)
		return "its key is shorter than --min-key-size";
	return NULL;
}

static void encrypt_with_bond(struct session *s)
{
	const struct smp_keys *keys = &s->bond.bond.peer; /* what the peripheral gave out */
	const char *lack = below_policy(s->options, &s->bond.bond);
	char address[ADDRESS_TEXT];

	if (lack) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_WE_REFUSED, "the bond with %s is not good enough",
			     hex_address(s, address));
		set(s->outcome.detail, sizeof(s->outcome.detail), lack);
		close_link(s);
		return;
	}
	if (!keys->has_ltk) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_WE_REFUSED,
			     "the bond with %s has no key for this role", hex_address(s, address));
		set(s->outcome.advice, sizeof(s->outcome.advice), "pair again");
		close_link(s);
		return;
	}
	s->encrypting_bond = true;
	hci_gap_encrypt(&s->controller->gap, s->link, keys->ltk, keys->ediv, keys->rand);
}

/* The LTK that a central asks for: of this very pairing, or of the bond on file (4.2.1 of Vol 6 D).
 */
static void answer_ltk(struct session *s, const struct hci_happening *h)
{
	const struct smp_keys *keys = NULL;

	if (smp_pairing(&s->smp)) {
		struct smp_event event = {.kind = SMP_EV_LTK_REQUEST};
		event.ltk_request.ediv = h->ediv;
		memcpy(event.ltk_request.rand, h->rand, 8);
		step(s, &event);
		return;
	}
	if (smp_paired(&s->smp))
		keys = &smp_bond(&s->smp)->local;
	else if (s->known && !s->closing)
		keys = &s->bond.bond.local;
	if (keys &&
	    (!keys->has_ltk || keys->ediv != h->ediv || memcmp(keys->rand, h->rand, 8) != 0))
		keys = NULL;
	const char *lack =
		keys && !smp_paired(&s->smp) ? below_policy(s->options, &s->bond.bond) : NULL;
	if (lack) {
		report_note(s->report, 0, "the bond that the peer wants to encrypt with: %s", lack);
		keys = NULL;
	} else if (!keys) {
		report_note(s->report, 0,
			    "the peer wants to encrypt with a bond that is not known here");
	}
	s->encrypting_bond = keys != NULL && !smp_paired(&s->smp);
	hci_gap_answer_ltk(&s->controller->gap, s->link, keys ? keys->ltk : NULL);
}

static void bond_encrypted(struct session *s, uint8_t status)
{
	char address[ADDRESS_TEXT];

	s->encrypting_bond = false;
	if (s->closing)
		return;
	s->verdict = true;
	if (status == HCI_SUCCESS) {
		tell_encrypted(s, "with the key of the bond");
		s->paired = loop_now();
		s->outcome =
			(struct outcome){.exit = CLI_OK, .result = "encrypted", .reason_code = -1};
		(void)snprintf(s->outcome.text, sizeof(s->outcome.text),
			       "the bond with %s works: the link is encrypted with its %u-bit key",
			       hex_address(s, address), s->bond.bond.key_size * 8);
	} else {
		outcome_fail(&s->outcome,
			     status == HCI_PIN_OR_KEY_MISSING ? CLI_BOND_LOST : CLI_PEER_REFUSED,
			     status == HCI_PIN_OR_KEY_MISSING
				     ? "%s has lost the bond: %s (0x%02x)"
				     : "%s does not encrypt with the bond: %s (0x%02x)",
			     hex_address(s, address), hci_error_name(status), status);
		set(s->outcome.advice, sizeof(s->outcome.advice), hci_error_advice(status));
		s->outcome.reason = hci_error_name(status);
		s->outcome.reason_code = status;
	}
	if (s->central)
		close_link(s);
}

/* ---- What happens to the link ---------------------------------------------------------------- */

static void tell_parameters(struct session *s)
{
	report_emit(s->report, json_pack("{s:s, s:f, s:i, s:i}", "event", "parameters",
					 "interval_ms", s->link->interval * 1.25, "latency",
					 s->link->latency, "timeout_ms", s->link->timeout * 10));
}

static void down(struct session *s, uint8_t reason)
{
	bool ours = s->disconnecting;

	report_emit(s->report, json_pack("{s:s, s:s, s:i}", "event", "disconnected", "reason",
					 hci_error_name(reason), "reason_code", reason));
	step(s, &(struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = reason});
	if (!s->verdict) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_CONNECTION_FAILED,
			     "the connection ended before pairing began: %s (0x%02x)",
			     hci_error_name(reason), reason);
		set(s->outcome.advice, sizeof(s->outcome.advice), hci_error_advice(reason));
		s->outcome.reason = hci_error_name(reason);
		s->outcome.reason_code = reason;
	} else if (s->outcome.exit == CLI_OK && reason == HCI_MIC_FAILURE && !ours) {
		outcome_fail(&s->outcome, CLI_CONNECTION_FAILED,
			     "the link broke after encryption: %s (0x%02x)", hci_error_name(reason),
			     reason);
		set(s->outcome.advice, sizeof(s->outcome.advice), hci_error_advice(reason));
	}
	link_is_down(s);
}

void session_happened(struct session *s, const struct hci_happening *h)
{
	struct signaling_parameters p;

	/* A link that was given up may still be heard of, and another one may be in its place. */
	if (h->link && h->link->handle != s->link->handle)
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
				step(s, &(struct smp_event){.kind = SMP_EV_ENCRYPTED});
			bond_encrypted(s, h->status);
			break;
		}
		if (h->status == HCI_SUCCESS && smp_awaits_encryption(&s->smp))
			tell_encrypted(s, "with the new key");
		step(s, &(struct smp_event){.kind = SMP_EV_ENCRYPTED, .status = h->status});
		release_held(s);
		break;
	case HCI_GAP_LTK_REQUEST:
		answer_ltk(s, h);
		break;
	case HCI_GAP_PARAMETERS:
		if (h->status == HCI_SUCCESS)
			tell_parameters(s);
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

void session_quiet(struct session *s)
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
		step(s, &(struct smp_event){.kind = SMP_EV_CANCEL});
	if (s->proving || (s->verdict && s->outcome.exit == CLI_OK)) {
		s->proving = false; /* it is paired: nothing is taken back */
	} else if (why == CLI_TIMED_OUT) {
		outcome_fail(&s->outcome, CLI_TIMED_OUT, "timed out: --timeout is over");
	} else if (!s->verdict) {
		outcome_fail(&s->outcome, why, "cancelled");
	}
	s->verdict = true;
	close_link(s);
	session_quiet(s);
}

/* ---- What a run begins with ------------------------------------------------------------------ */

enum cli_exit session_setup_init(struct session_setup *setup, const struct options *options,
				 struct report *report, void (*closed)(void *ctx), void *ctx)
{
	struct outcome outcome;
	char error[300];

	*setup = (struct session_setup){.closed = closed, .ctx = ctx};
	if (!options->oob_own)
		return CLI_OK;
	if (oob_own_load(options->oob_own, &setup->own_oob, error, sizeof(error)) == 0) {
		setup->oob_own = &setup->own_oob;
		return CLI_OK;
	}
	outcome_fail(&outcome, CLI_USAGE, "%s", error);
	outcome_report(&outcome, report, NULL, NULL);
	return CLI_USAGE;
}

void session_setup_tell(const struct session_setup *setup, struct controller *controller)
{
	if (setup->oob_own)
		report_emit(controller->report, oob_event(setup->oob_own, &controller->own));
}

void session_setup_keypair(struct session_setup *setup, const struct options *options)
{
	/* One key pair for one pairing (Vol 3 Part H 2.3.6); that of out-of-band data is given. */
	setup->keypair = NULL;
	if (!setup->oob_own && options->sc != SMP_SC_OFF && options->command != COMMAND_VERIFY &&
	    crypto_p256_generate(&setup->own_keypair) == CRYPTO_OK)
		setup->keypair = &setup->own_keypair;
}

void session_setup_renew(struct session_setup *setup, const struct session *session)
{
	const struct options *o = session->options;
	char error[300];

	if (!setup->oob_own || !smp_spent_own_oob(&session->smp))
		return;
	if (oob_own_renew(o->oob_own, &setup->own_oob, error, sizeof(error)))
		report_note(session->report, 0, "%s", error);
	else
		report_note(session->report, 0,
			    "our out-of-band data were used: they are spent, fresh ones were made");
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
		.too_soon = too_soon,
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

int session_setup_recall(struct session_setup *setup, struct store *store, bool central,
			 struct store_problem *problem)
{
	if (setup->recalled)
		return 0;
	setup->recalled = true;
	if (store_failures(store, &setup->attempts, problem))
		return -1;
	/* Only who calls us can do so under ever new addresses. */
	if (central)
		memset(&setup->attempts.all, 0, sizeof(setup->attempts.all));
	return 0;
}

void session_open(struct session *s, struct controller *c, struct hci_link *link,
		  struct session_setup *setup)
{
	const struct options *o = setup->options ? setup->options : c->options;
	uint64_t started = s->started, searched = s->searched;
	struct store_problem problem;

	memset(s, 0, sizeof(*s));
	s->controller = c;
	s->options = o;
	s->report = setup->report ? setup->report : c->report;
	s->link = link;
	s->central = link->central;
	s->peer.type = link->peer_type;
	memcpy(s->peer.octets, link->peer, 6);
	s->started = started;
	s->searched = searched;
	s->connected = loop_now();
	s->attempts = &setup->attempts;
	int found = store_find(c->store, &s->peer, &s->bond, NULL, &problem);
	if (found >= 0 && session_setup_recall(setup, c->store, s->central, &problem))
		found = -1;
	s->known = found > 0;
	s->closed = setup->closed;
	s->ctx = setup->ctx;
	s->smp_timer = (struct loop_timer){.fire = smp_overdue, .ctx = s};
	s->overtaking = (struct loop_timer){.fire = came_in_clear, .ctx = s};
	s->patience = (struct loop_timer){.fire = out_of_patience, .ctx = s};
	prompt_init(&s->prompt, &c->run->console, asked, answered, s);
	l2cap_init(&s->l2cap);

	report_emit(s->report, json_pack("{s:s, s:o, s:s, s:f, s:i, s:i}", "event", "connected",
					 "peer", report_address(&s->peer), "role",
					 s->central ? "central" : "peripheral", "interval_ms",
					 link->interval * 1.25, "latency", link->latency,
					 "timeout_ms", link->timeout * 10));
	if (set_up_engine(s, setup)) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_INTERNAL, "the options contradict each other");
		close_link(s);
		return;
	}
	/* A bond that cannot be read cannot be protected either. */
	if (found < 0) {
		s->verdict = true;
		outcome_fail(&s->outcome, problem.exit, "%s", problem.text);
		close_link(s);
		return;
	}
	if (o->command == COMMAND_VERIFY && s->central) {
		if (s->known) {
			encrypt_with_bond(s);
		} else {
			char address[ADDRESS_TEXT];
			s->verdict = true;
			outcome_fail(&s->outcome, CLI_USAGE, "there is no bond with %s in %.200s",
				     hex_address(s, address), c->store->path);
			close_link(s);
		}
		return;
	}
	if (s->central && too_soon(s)) {
		s->verdict = true;
		outcome_fail(&s->outcome, CLI_WE_REFUSED, "we refused: %s (0x%02x)",
			     smp_reason_name(SMP_REPEATED_ATTEMPTS), SMP_REPEATED_ATTEMPTS);
		s->outcome.reason = smp_reason_name(SMP_REPEATED_ATTEMPTS);
		s->outcome.reason_code = SMP_REPEATED_ATTEMPTS;
		say_wait(s);
		close_link(s);
		return;
	}
	/* The first PDU goes out before anything else: it is what the peer waits for. */
	if (s->central ? !o->wait_security_request : o->security_request)
		step(s, &(struct smp_event){.kind = SMP_EV_START});
	if (s->central && !s->encrypting_bond)
		hci_gap_exchange_features(&c->gap, link);
}

static double milliseconds(uint64_t from, uint64_t to)
{
	return from && to > from ? (double)(to - from) / 1000 : 0;
}

static json_t *timings(const struct session *s)
{
	json_t *json = json_pack("{s:f}", "total_ms", milliseconds(s->report->start, loop_now()));

	if (s->searched)
		(void)json_object_set_new(json, "scan_ms",
					  json_real(milliseconds(s->searched, s->started)));
	if (s->started)
		(void)json_object_set_new(json, "connect_ms",
					  json_real(milliseconds(s->started, s->connected)));
	if (s->paired)
		(void)json_object_set_new(json, "pair_ms",
					  json_real(milliseconds(s->connected, s->paired)));
	return json;
}

static json_t *describe(const struct session *s)
{
	const struct smp_bond *bond =
		strcmp(s->outcome.result, "encrypted") == 0 ? &s->bond.bond : smp_bond(&s->smp);
	json_t *more;

	if (s->outcome.exit != CLI_OK) {
		more = json_object();
	} else {
		json_t *peer = report_address(&s->peer);
		if (bond->peer.has_identity)
			(void)json_object_set_new(peer, "identity",
						  report_address(&bond->peer.identity));
		more = json_pack("{s:s, s:b, s:b, s:i, s:b, s:o}", "method",
				 smp_method_slug(bond->method), "secure_connections",
				 bond->secure_connections, "authenticated", bond->authenticated,
				 "key_size", bond->key_size, "bonded", bond->bonded, "peer", peer);
		if (s->options->show_keys)
			(void)json_object_set_new(more, "keys", bond_all_keys(bond));
	}
	(void)json_object_set_new(more, "timings", timings(s));
	return more;
}

bool session_outlives_controller(const struct session *s)
{
	return s->verdict && s->outcome.exit != CLI_TIMED_OUT;
}

/*
 * Whether the bond that a new one would replace is the one that this pairing was held to. A peer
 * that came under an unknown address may claim any identity, and its word alone drives out nobody.
 */
static bool was_known(const struct session *s, const struct smp_bond *bond)
{
	struct bond_record other;
	struct store_problem problem;
	bool same;

	if (!s->known || !bond->peer.has_identity ||
	    store_find(s->controller->store, &bond->peer.identity, &other, NULL, &problem) != 1)
		return s->known;
	same = address_equal(&other.peer, &s->bond.peer);
	bytes_wipe(&other, sizeof(other));
	return same;
}

bool session_bond(const struct session *s, struct bond_record *record)
{
	const struct smp_bond *bond = smp_bond(&s->smp);

	if (s->outcome.exit != CLI_OK || strcmp(s->outcome.result, "paired") != 0 || !bond->bonded)
		return false;
	/* Field by field: a compound literal would leave the keys on the stack. */
	record->central = s->central;
	record->local = s->controller->own;
	record->peer = s->peer;
	record->bond = *bond;
	(void)bond_now(record->made);
	return true;
}

json_t *session_attempt(const struct session *s)
{
	char peer[ADDRESS_TEXT];
	json_t *attempt = outcome_attempt(&s->outcome, hex_address(s, peer), s->controller->spec);
	json_t *times = timings(s);
	const struct smp_features *features = smp_features(&s->smp);

	(void)json_object_update(attempt, times);
	json_decref(times);
	if (features->method != SMP_METHOD_NONE)
		(void)json_object_set_new(attempt, "method",
					  json_string(smp_method_slug(features->method)));
	return attempt;
}

void session_entry(const struct session *s, struct store_entry *entry, struct bond_record *record)
{
	entry->bond = session_bond(s, record) ? record : NULL;
	entry->rule = entry->bond && (s->options->replace_bond || was_known(s, &record->bond))
			      ? STORE_REPLACE
			      : STORE_NOT_WEAKER;
	entry->count = s->count;
	entry->counted = *claimed(s);
}

void session_keep(struct session *s)
{
	struct bond_record record = {.central = s->central};
	struct store_problem problem;
	struct store_entry entry = {.attempt = session_attempt(s)};

	session_entry(s, &entry, &record);
	if (store_write(s->controller->store, &entry, 1, &problem) == 0) {
		if (entry.bond && entry.kept == STORE_STAYED)
			report_note(s->report, 0,
				    "the peer claims the identity of a device that there is a bond "
				    "with, and did not prove it: that bond stays, this one is not "
				    "kept");
	} else if (entry.bond) {
		s->outcome.exit = problem.exit;
		s->outcome.result = "failed";
		set(s->outcome.detail, sizeof(s->outcome.detail), problem.text);
	} else {
		report_note(s->report, 0, "%s", problem.text);
	}
	json_decref(entry.attempt);
	bytes_wipe(&record, sizeof(record));
}

void session_conclude(struct session *s)
{
	session_keep(s);
	outcome_report(&s->outcome, s->report, &s->peer, describe(s));
}

void session_wipe(struct session *s)
{
	smp_wipe(&s->smp);
	bytes_wipe(&s->bond, sizeof(s->bond));
	bytes_wipe(s->held, sizeof(s->held));
	bytes_wipe(&s->l2cap, sizeof(s->l2cap));
}
