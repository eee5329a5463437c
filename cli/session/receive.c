/* SPDX-License-Identifier: MIT */
/* Received data, handed to its protocol. */
#include <string.h>

#include "crypto/bytes.h"
#include "l2cap/att_table.h"
#include "l2cap/signaling.h"
#include "session/internal.h"
#include "smp/pdu.h"

static void smp_pdu(struct session *s, const uint8_t *pdu, size_t len)
{
	session_step(s, &(struct smp_event){.kind = SMP_EV_PDU, .pdu = {pdu, len}});
}

#define EARLY_PDU_INTERVALS 2

/* False: there is no room for it. */
static bool keep_early(struct session *s, const uint8_t *pdu, size_t len)
{
	if (len > sizeof(s->early_pdus[0].data) || s->early_pdu_count == SESSION_EARLY_PDUS)
		return false;
	if (len)
		memcpy(s->early_pdus[s->early_pdu_count].data, pdu, len);
	s->early_pdus[s->early_pdu_count++].len = len;
	return true;
}

/*
 * A peer sends one PDU and waits for the answer, while the store is asked about it. One that sends
 * more than there is room for does not follow the protocol: the rest is lost.
 */
static void keep_while_loading(struct session *s, const uint8_t *pdu, size_t len)
{
	if (!keep_early(s, pdu, len))
		event_note(s->events, 1, "from the peer: too much data before our first answer");
}

/*
 * USB carries events and data in two pipes, so that key PDUs may overtake Encryption Change: they
 * wait for it, but not for long. To start encryption takes two connection events at least, in which
 * the Link Layer carries no data (Vol 6 Part B 5.1.3.1). A PDU that is here earlier than that came
 * in clear, from anyone, and the engine refuses it as out of turn.
 */
static void smp_frame(struct session *s, const uint8_t *pdu, size_t len)
{
	if (len)
		event_note(s->events, 2, "< %s", smp_pdu_name(pdu[0]));
	/* There is a result: nothing begins any more, but the peer may still object to it. */
	if (s->state >= SESSION_CLOSING && (!len || pdu[0] != SMP_PAIRING_FAILED))
		return;
	if (s->state == SESSION_LOADING) {
		keep_while_loading(s, pdu, len);
		return;
	}
	if (smp_awaits_encryption(&s->smp) && len && pdu[0] != SMP_PAIRING_FAILED &&
	    keep_early(s, pdu, len)) {
		if (s->early_pdu_count == 1)
			loop_timer_start(s->controller->loop, &s->early_pdu_timer,
					 EARLY_PDU_INTERVALS * (uint64_t)s->link->interval *
						 INTERVAL_US);
		return;
	}
	smp_pdu(s, pdu, len);
}

void session_release_early_pdus(struct session *s)
{
	loop_timer_stop(s->controller->loop, &s->early_pdu_timer);
	for (size_t i = 0; i < s->early_pdu_count; i++)
		smp_pdu(s, s->early_pdus[i].data, s->early_pdus[i].len);
	s->early_pdu_count = 0;
	bytes_wipe(s->early_pdus, sizeof(s->early_pdus));
}

/* The levels of options are those of the table of attributes. */
_Static_assert((int)LEVEL_ENCRYPTED == ATT_ENCRYPTED && (int)LEVEL_SECURE == ATT_SECURE, "");

static size_t answer_att(const struct session *s, const uint8_t *pdu, size_t len,
			 uint8_t reply[ATT_MTU])
{
	const struct att_table table = {s->options->name,
					(enum att_security)s->options->protected_value};
	const struct att_link link = {(enum att_security)session_level(s), s->has_bond};

	return table.for_value == ATT_OPEN ? att_answer(pdu, len, reply)
					   : att_table_answer(&table, &link, pdu, len, reply);
}

static void att_frame(struct session *s, const uint8_t *pdu, size_t len)
{
	uint8_t reply[ATT_MTU];
	size_t reply_len = answer_att(s, pdu, len, reply);

	/* The answer to session_await_proof(). */
	if ((s->state == SESSION_DELIVERING || s->state == SESSION_AWAITING_PROOF) && len &&
	    !session_attributes_pending(s) &&
	    (pdu[0] == ATT_ERROR_RESPONSE || pdu[0] == ATT_FIND_INFORMATION_RESPONSE))
		session_hold(s);
	else if (session_attributes_receive(s, pdu, len) == ATTRIBUTES_BEGIN)
		session_secure(s);
	if (!reply_len)
		return;
	session_attributes_mtu(s, pdu, reply);
	session_send(s, L2CAP_CID_ATT, reply, reply_len);
}

static void signaling_frame(struct session *s, const uint8_t *pdu, size_t len)
{
	struct signaling_result result;

	signaling_receive(pdu, len, s->central, &result);
	if (result.note)
		event_note(s->events, 1, "%s", result.note);
	if (result.reply_len)
		session_send(s, L2CAP_CID_SIGNALING, result.reply, result.reply_len);
	if (result.kind == SIGNALING_PARAMETERS) {
		const struct hci_parameters p = {
			result.parameters.interval_min, result.parameters.interval_max,
			result.parameters.latency, result.parameters.timeout};
		hci_gap_update(&s->controller->gap, s->link, &p);
	}
}

void session_data(struct session *s, const struct hci_link *link, uint8_t pb, const uint8_t *data,
		  size_t len)
{
	struct l2cap_frame frame;
	bool dropped;
	int status;

	if (s->link != link)
		return;
	status = l2cap_receive(&s->l2cap, pb, data, len, &frame, &dropped);
	if (dropped)
		event_note(s->events, 1, "from the peer: %s", l2cap_status_name(L2CAP_UNFINISHED));
	if (status < 0)
		event_note(s->events, 1, "from the peer: %s", l2cap_status_name(status));
	if (status != L2CAP_FRAME)
		return;
	switch (frame.cid) {
	case L2CAP_CID_SMP:
		smp_frame(s, frame.payload, frame.len);
		/* Others lead nowhere: a central could send them for ever. */
		if (smp_busy(&s->smp))
			session_progressed(s);
		break;
	case L2CAP_CID_SIGNALING:
		signaling_frame(s, frame.payload, frame.len);
		break;
	case L2CAP_CID_ATT:
		session_progressed(s);
		att_frame(s, frame.payload, frame.len);
		break;
	default:
		event_note(s->events, 1, "from the peer: data for channel 0x%04x", frame.cid);
	}
}
