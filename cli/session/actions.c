/* SPDX-License-Identifier: MIT */
/* The engine's actions, carried out in order. */
#include <string.h>

#include "base/json_fields.h"
#include "crypto/bytes.h"
#include "session/internal.h"
#include "smp/pdu.h"

static void queue(struct session *s, enum smp_event_kind kind)
{
	const struct smp_event event = {.kind = kind};

	(void)session_queue_add(&s->queue, &event);
}

static void finish_pairing(struct session *s)
{
	session_emit_keys(s);
	session_paired(s);
	if (!s->central) { /* it keeps the link: the central decides how long it is of use */
		session_hold(s);
		return;
	}
	if (session_check_attributes(s))
		session_await_delivery(s);
	else
		session_await_proof(s);
}

static void take_security_request(struct session *s, uint8_t auth_req)
{
	event_emit(s->events,
		   json_pack("{s:s, s:b, s:b, s:b}", "event", "security_request", "bonding",
			     (auth_req & 3) == SMP_AUTH_BONDING, "mitm", auth_req & SMP_AUTH_MITM,
			     "secure_connections", auth_req & SMP_AUTH_SC));
	if (s->state == SESSION_OPEN && s->bond_use == SESSION_BOND_IDLE &&
	    !session_security_request_waits(s))
		session_begin(s);
}

static void encrypt(struct session *s, const uint8_t ltk[16])
{
	static const uint8_t rand[8] = {0};

	if (s->link)
		hci_gap_encrypt(&s->controller->gap, s->link, ltk, 0, rand);
}

static void answer_ltk(struct session *s, const uint8_t *ltk)
{
	if (s->link)
		hci_gap_answer_ltk(&s->controller->gap, s->link, ltk);
}

static void act(struct session *s, const struct smp_action *a)
{
	static const char *const keys[] = {"started", "digit", "erased", "cleared", "completed"};
	struct loop *loop = s->controller->loop;

	switch (a->kind) {
	case SMP_ACT_SEND:
		event_note(s->events, 2, "> %s", smp_pdu_name(a->pdu.data[0]));
		session_send(s, L2CAP_CID_SMP, a->pdu.data, a->pdu.len);
		break;
	case SMP_ACT_ENCRYPT:
		encrypt(s, a->ltk);
		break;
	case SMP_ACT_LTK_REPLY:
		answer_ltk(s, a->ltk);
		break;
	case SMP_ACT_LTK_NEGATIVE:
		answer_ltk(s, NULL);
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
		loop_timer_start(loop, &s->smp_timer, a->timer_us);
		break;
	case SMP_ACT_TIMER_STOP:
		loop_timer_stop(loop, &s->smp_timer);
		break;
	case SMP_ACT_SECURITY_REQUEST:
		take_security_request(s, a->auth_req);
		break;
	case SMP_ACT_FEATURES:
		session_emit_features(s);
		if (session_rejects_method(s))
			queue(s, SMP_EV_CANCEL);
		break;
	case SMP_ACT_PAIRED:
		finish_pairing(s);
		break;
	case SMP_ACT_FAILED:
		session_failed(s, &a->failure);
		break;
	}
}

void session_run_queue(struct session *s)
{
	struct smp_actions actions;

	for (; s->queue.count; session_queue_remove(&s->queue)) {
		smp_step(&s->smp, &s->queue.events[s->queue.first], &actions);
		for (size_t i = 0; i < actions.count; i++)
			act(s, &actions.list[i]);
		bytes_wipe(&actions, sizeof(actions));
	}
}

void session_step(struct session *s, const struct smp_event *event)
{
	(void)session_queue_add(&s->queue, event);
	session_run_queue(s);
}
