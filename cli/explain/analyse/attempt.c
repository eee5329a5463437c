/* SPDX-License-Identifier: MIT */
#include "analyse/attempt.h"

#include <string.h>

#include "analyse/roles.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "l2cap/signaling.h"
#include "smp/pdu.h"

/* Sets mark unless it is set: the first time counts. */
static bool first(struct explain_mark *mark, const struct explain_packet *packet)
{
	if (mark_is_set(mark))
		return false;
	*mark = mark_of(packet);
	return true;
}

void explain_attempt_init(struct explain_attempt *a, uint64_t id)
{
	memset(a, 0, offsetof(struct explain_attempt, steps));
	a->id = id;
	a->captured_end = a->central = EXPLAIN_NOBODY;
	a->failed_by = a->after_by = a->length_by = a->disconnected_by = EXPLAIN_NOBODY;
	a->second_by = a->failed_again_by = a->att_by = a->last_control_by = EXPLAIN_NOBODY;
	a->only_requests = true;
	a->signaling.wrong_by = a->signaling.result_by = EXPLAIN_NOBODY;
	a->signaling.refused_by = EXPLAIN_NOBODY;
}

static size_t used(const struct explain_attempt *a)
{
	return offsetof(struct explain_attempt, steps) + a->step_count * sizeof(a->steps[0]);
}

void explain_attempt_copy(struct explain_attempt *to, const struct explain_attempt *from)
{
	memcpy(to, from, used(from));
}

void explain_attempt_wipe(struct explain_attempt *a)
{
	bytes_wipe(a, used(a));
}

void explain_attempt_set_central(struct explain_attempt *a, int8_t end)
{
	if (a->central == EXPLAIN_NOBODY)
		a->central = end;
}

/* Steps about connection parameters may come any number of times, and pair nothing. */
static bool is_side_step(enum explain_layer layer, uint16_t code)
{
	return layer == EXPLAIN_LAYER_SIGNALING ||
	       (layer == EXPLAIN_LAYER_COMMAND && code == HCI_LE_CONNECTION_UPDATE) ||
	       (layer == EXPLAIN_LAYER_EVENT &&
		(code == (EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_UPDATE_COMPLETE) ||
		 code == (EXPLAIN_SUBEVENT | HCI_LE_CONNECTION_RATE_CHANGE) ||
		 code == (EXPLAIN_SUBEVENT | HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST)));
}

void explain_attempt_add_step(struct explain_attempt *a, const struct explain_packet *packet,
			      enum explain_layer layer, int8_t from, uint16_t code,
			      const uint8_t *data, size_t len, bool whole)
{
	const bool side = is_side_step(layer, code);
	struct explain_step *step;

	(void)first(&a->first, packet);
	a->last = mark_of(packet);
	a->clock = packet->clock;
	if (a->step_count == EXPLAIN_STEPS || (side && a->side_steps == EXPLAIN_SIDE_STEPS) ||
	    (layer == EXPLAIN_LAYER_ATT && a->att_steps == EXPLAIN_ATT_STEPS)) {
		a->steps_lost++;
		return;
	}
	a->side_steps += side;
	if (layer == EXPLAIN_LAYER_ATT)
		a->att_steps++;
	step = &a->steps[a->step_count++];
	*step = (struct explain_step){
		.at = mark_of(packet),
		.layer = (uint8_t)layer,
		.from = from,
		.whole = whole,
		.code = code,
		.len = (uint16_t)len,
		.kept = (uint8_t)capture_least(len, EXPLAIN_STEP_DATA),
	};
	if (step->kept)
		memcpy(step->data, data, step->kept);
}

/* ---- SMP ------------------------------------------------------------------------------------- */

/* Which end is the central, by a PDU that from sent; EXPLAIN_NOBODY: both ends may send it. */
static int8_t central_by(uint8_t code, int8_t from)
{
	switch ((enum smp_code)code) {
	case SMP_PAIRING_REQUEST:
		return from;
	case SMP_PAIRING_RESPONSE:
	case SMP_SECURITY_REQUEST:
		return (int8_t)!from;
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_FAILED:
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SIGNING_INFORMATION:
	case SMP_PAIRING_PUBLIC_KEY:
	case SMP_PAIRING_DHKEY_CHECK:
	case SMP_KEYPRESS_NOTIFICATION:
		break;
	}
	return EXPLAIN_NOBODY;
}

static void keep(struct explain_mark *mark, const struct explain_packet *packet, uint8_t *to,
		 const uint8_t *from, size_t len)
{
	if (first(mark, packet))
		memcpy(to, from, len);
}

static void keep_round(struct explain_mark *mark, uint8_t *count, uint8_t values[][16],
		       const struct explain_packet *packet, const uint8_t *value)
{
	(void)first(mark, packet);
	if (*count < EXPLAIN_ROUNDS)
		memcpy(values[*count], value, 16);
	if (*count < UINT8_MAX)
		(*count)++;
}

static void keep_identity(struct explain_party *p, const struct explain_packet *packet,
			  const uint8_t *value)
{
	if (!first(&p->identity, packet))
		return;
	p->identity_value.type = value[0];
	memcpy(p->identity_value.octets, value + 1, 6);
}

static void keep_features(struct explain_party *p, const struct explain_packet *packet,
			  uint8_t code, const uint8_t *value)
{
	if (!first(&p->features, packet))
		return;
	p->features_pdu[0] = code;
	memcpy(p->features_pdu + 1, value, 6);
}

/* An end that has answered the request, or has gone on since, answers it again. */
static void note_second_response(struct explain_attempt *a, const struct explain_packet *packet,
				 int8_t from)
{
	const struct explain_party *p = &a->party[from];

	if ((mark_is_set(&p->features) || mark_is_set(&p->confirm) || mark_is_set(&p->random) ||
	     mark_is_set(&p->public_key)) &&
	    first(&a->second_response, packet))
		a->second_by = from;
}

/* Keeps the content of a PDU of the right length; value is behind the code. */
static void keep_pdu(struct explain_attempt *a, const struct explain_packet *packet, int8_t from,
		     uint8_t code, const uint8_t *value)
{
	struct explain_party *p = &a->party[from];

	switch ((enum smp_code)code) {
	case SMP_PAIRING_REQUEST:
		/* A response answers the last request. */
		if (a->only_requests)
			p->features = (struct explain_mark){0};
		keep_features(p, packet, code, value);
		if (a->requests < UINT8_MAX)
			a->requests++;
		break;
	case SMP_PAIRING_RESPONSE:
		note_second_response(a, packet, from);
		keep_features(p, packet, code, value);
		break;
	case SMP_PAIRING_CONFIRM:
		keep_round(&p->confirm, &p->confirms, p->confirm_value, packet, value);
		break;
	case SMP_PAIRING_RANDOM:
		keep_round(&p->random, &p->randoms, p->random_value, packet, value);
		break;
	case SMP_PAIRING_FAILED:
		if (first(&a->failed, packet)) {
			a->failed_by = from;
			a->reason = value[0];
		} else if (first(&a->failed_again, packet)) {
			a->failed_again_by = from;
		}
		break;
	case SMP_ENCRYPTION_INFORMATION:
		keep(&p->ltk, packet, p->ltk_value, value, 16);
		break;
	case SMP_CENTRAL_IDENTIFICATION:
		if (first(&p->identification, packet)) {
			memcpy(p->ediv_value, value, 2);
			memcpy(p->rand_value, value + 2, 8);
		}
		break;
	case SMP_IDENTITY_INFORMATION:
		keep(&p->irk, packet, p->irk_value, value, 16);
		break;
	case SMP_IDENTITY_ADDRESS_INFORMATION:
		keep_identity(p, packet, value);
		break;
	case SMP_SIGNING_INFORMATION:
		keep(&p->csrk, packet, p->csrk_value, value, 16);
		break;
	case SMP_SECURITY_REQUEST:
		if (first(&a->security_request, packet))
			a->security_auth_req = value[0];
		break;
	case SMP_PAIRING_PUBLIC_KEY:
		keep(&p->public_key, packet, p->public_key_value, value, 64);
		break;
	case SMP_PAIRING_DHKEY_CHECK:
		keep(&p->check, packet, p->check_value, value, 16);
		break;
	case SMP_KEYPRESS_NOTIFICATION:
		break;
	}
}

/* A PDU of which only the code is known belongs to a pairing all the same. */
static void note_incomplete(struct explain_attempt *a, const struct explain_packet *packet,
			    int8_t from, uint8_t code)
{
	if (from != EXPLAIN_NOBODY) {
		explain_attempt_set_central(a, central_by(code, from));
		a->party[from].last = mark_of(packet);
	}
	if (!smp_pdu_format(code) || code == SMP_SECURITY_REQUEST)
		return;
	a->pairing = true;
	a->only_requests &= code == SMP_PAIRING_REQUEST;
	if (code == SMP_PAIRING_FAILED && first(&a->failed, packet)) {
		a->failed_by = from;
		a->reason_missing = true;
	}
}

/* A PDU whose sender the capture does not show. */
static void add_anonymous(struct explain_attempt *a, const struct explain_packet *packet,
			  const uint8_t *pdu, size_t len)
{
	if (pdu[0] != SMP_SECURITY_REQUEST)
		a->pairing = true;
	if (pdu[0] != SMP_PAIRING_REQUEST && pdu[0] != SMP_SECURITY_REQUEST)
		a->only_requests = false;
	if (pdu[0] == SMP_PAIRING_FAILED && len == 2 && first(&a->failed, packet))
		a->reason = pdu[1];
}

void explain_attempt_add_smp(struct explain_attempt *a, const struct explain_packet *packet,
			     int8_t from, const uint8_t *pdu, size_t len, bool whole)
{
	const struct smp_pdu_format *format = len ? smp_pdu_format(pdu[0]) : NULL;
	uint8_t code = len ? pdu[0] : 0;

	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_SMP, from, code, pdu, len, whole);
	if (len && !whole) {
		note_incomplete(a, packet, from, code);
		return;
	}
	if (!len)
		return;
	if (from == EXPLAIN_NOBODY) {
		add_anonymous(a, packet, pdu, len);
		return;
	}
	explain_attempt_set_central(a, central_by(code, from));
	a->party[from].last = mark_of(packet);
	/* A keypress or Security Request may cross with Pairing Failed on the air. */
	if (mark_is_set(&a->failed) && code != SMP_PAIRING_FAILED && code != SMP_SECURITY_REQUEST &&
	    code != SMP_KEYPRESS_NOTIFICATION && first(&a->after_failure, packet)) {
		a->after_by = from;
		a->after_code = code;
	}
	if (code != SMP_SECURITY_REQUEST)
		a->pairing = true;
	if (format && format->length != len) {
		if (first(&a->wrong_length, packet)) {
			a->length_by = from;
			a->length_code = code;
			a->length_was = (uint16_t)len;
		}
	} else if (format) {
		keep_pdu(a, packet, from, code, pdu + 1);
	}
	if (code != SMP_PAIRING_REQUEST && code != SMP_SECURITY_REQUEST)
		a->only_requests = false;
}

void explain_attempt_note_known(struct explain_attempt *a, uint8_t known)
{
	struct explain_step *last = a->step_count ? &a->steps[a->step_count - 1] : NULL;

	if (last && !last->whole && last->at.frame == a->last.frame)
		last->known = known;
}

bool explain_attempt_begins(const struct explain_attempt *a, const uint8_t *pdu, size_t len)
{
	if (!len)
		return false;
	if (pdu[0] == SMP_SECURITY_REQUEST)
		return mark_is_set(&a->failed);
	/* A request that nothing has answered, sent again, is the same attempt. */
	return pdu[0] == SMP_PAIRING_REQUEST && ((a->pairing && !a->only_requests) || a->reported ||
						 mark_is_set(&a->encrypted) || a->ltk_refused);
}

/* ---- ATT and the link layer ------------------------------------------------------------------ */

/* ATT_ERROR_RSP: opcode, opcode of the request, handle, error code. Vol 3 Part F 3.4.1.1. */
enum { ATT_ERROR_RSP = 0x01, ATT_ERROR_LEN = 5 };

bool explain_att_demands_security(const uint8_t *pdu, size_t len)
{
	if (len != ATT_ERROR_LEN || pdu[0] != ATT_ERROR_RSP)
		return false;
	switch ((enum explain_att_error)pdu[4]) {
	case EXPLAIN_ATT_AUTHENTICATION:
	case EXPLAIN_ATT_AUTHORIZATION:
	case EXPLAIN_ATT_KEY_SIZE:
	case EXPLAIN_ATT_ENCRYPTION:
		return true;
	}
	return false;
}

void explain_attempt_add_att(struct explain_attempt *a, const struct explain_packet *packet,
			     int8_t from, const uint8_t *pdu, size_t len)
{
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_ATT, from, pdu[0], pdu, len, true);
	/* While a pairing or encryption is under way, it answers an older request. */
	if ((a->pairing || mark_is_set(&a->encrypt) || mark_is_set(&a->ltk_request)) &&
	    !mark_is_set(&a->encrypted))
		return;
	a->att_refused = mark_of(packet);
	a->att_by = from;
	a->att_request = pdu[1];
	a->att_handle = bytes_get_le16(pdu + 2);
	a->att_error = pdu[4];
}

/* LL_TERMINATE_IND and LL_UNKNOWN_RSP, Vol 6 Part B 2.4.2.3 and 2.4.2.8. */
enum { LL_TERMINATE_IND = 0x02, LL_UNKNOWN_RSP = 0x07 };

void explain_attempt_note_control(struct explain_attempt *a, const struct explain_packet *packet,
				  int8_t from, const uint8_t *pdu, size_t len)
{
	if (!len || pdu[0] == LL_TERMINATE_IND)
		return;
	a->last_control = mark_of(packet);
	a->last_control_by = from;
	a->last_control_code = pdu[0];
	a->last_control_unknown = pdu[0] == LL_UNKNOWN_RSP && len > 1 ? pdu[1] : 0;
}

/* ---- Signalling ------------------------------------------------------------------------------ */

/* Command codes, Vol 3 Part A Table 4.2. */
enum {
	COMMAND_REJECT = 0x01,
	PARAMETER_UPDATE_REQUEST = 0x12,
	PARAMETER_UPDATE_RESPONSE = 0x13,
	LE_CREDIT_CONNECTION_RESPONSE = 0x15,
	CREDIT_CONNECTION_RESPONSE = 0x18,
};

/* Results of these responses that demand security, Vol 3 Part A Tables 4.16 and 4.21. */
enum { CHANNEL_AUTHENTICATION = 0x0005, CHANNEL_ENCRYPTION = 0x0008 };

static void note_request(struct explain_attempt *a, const struct explain_packet *packet,
			 int8_t from, const uint8_t *pdu)
{
	struct explain_signaling *s = &a->signaling;
	struct explain_request *r;

	if (s->count == EXPLAIN_REQUESTS) {
		memmove(s->requests, s->requests + 1, sizeof(*r) * (EXPLAIN_REQUESTS - 1));
		s->count--;
	}
	r = &s->requests[s->count++];
	*r = (struct explain_request){mark_of(packet), from, pdu[0], pdu[1], false};
}

/* The open request with this identifier; if there is none, the oldest open one, or NULL. */
static struct explain_request *find_request(struct explain_signaling *s, int8_t from,
					    uint8_t identifier)
{
	struct explain_request *oldest = NULL;

	for (size_t i = s->count; i-- > 0;) {
		struct explain_request *r = &s->requests[i];
		if (r->from == from || r->answered)
			continue;
		if (r->identifier == identifier)
			return r;
		oldest = r;
	}
	return oldest;
}

static void note_answer(struct explain_attempt *a, const struct explain_packet *packet, int8_t from,
			const uint8_t *pdu, size_t len)
{
	struct explain_signaling *s = &a->signaling;
	struct explain_request *r = find_request(s, from, pdu[1]);
	uint16_t result;

	/* The rejected command may be one that is not kept. */
	if (r && r->identifier != pdu[1] && pdu[0] == COMMAND_REJECT)
		return;
	if (r && r->identifier != pdu[1] && first(&s->wrong_identifier, packet)) {
		s->wrong_by = from;
		s->wrong_code = pdu[0];
		s->got = pdu[1];
		s->expected = r->identifier;
	}
	if (r)
		r->answered = true;
	if (pdu[0] != PARAMETER_UPDATE_RESPONSE || len < 6)
		return;
	result = bytes_get_le16(pdu + 4);
	if (result > 1 && first(&s->wrong_result, packet)) {
		s->result_by = from;
		s->result = result;
	}
}

/* A response to a request for a channel, whose result is at pdu + at. */
static void note_channel(struct explain_attempt *a, const struct explain_packet *packet,
			 int8_t from, const uint8_t *pdu, size_t len, size_t at)
{
	struct explain_signaling *s = &a->signaling;
	const uint16_t result = len >= at + 2 ? bytes_get_le16(pdu + at) : 0;

	if (result < CHANNEL_AUTHENTICATION || result > CHANNEL_ENCRYPTION)
		return;
	s->refused = mark_of(packet);
	s->refused_by = from;
	s->refused_result = result;
}

void explain_attempt_add_signal(struct explain_attempt *a, const struct explain_packet *packet,
				int8_t from, const uint8_t *pdu, size_t len, bool whole)
{
	explain_attempt_add_step(a, packet, EXPLAIN_LAYER_SIGNALING, from, len ? pdu[0] : 0, pdu,
				 len, whole);
	if (len < 4 || !whole)
		return;
	/* Of a frame without a header, a refusal counts all the same. */
	if (from == EXPLAIN_NOBODY && pdu[0] != LE_CREDIT_CONNECTION_RESPONSE &&
	    pdu[0] != CREDIT_CONNECTION_RESPONSE)
		return;
	switch (pdu[0]) {
	case PARAMETER_UPDATE_REQUEST:
		explain_attempt_set_central(a, (int8_t)!from);
		note_request(a, packet, from, pdu);
		if (len >= 12)
			explain_attempt_add_parameters(
				a, packet, from, bytes_get_le16(pdu + 4), bytes_get_le16(pdu + 6),
				bytes_get_le16(pdu + 8), bytes_get_le16(pdu + 10));
		break;
	case PARAMETER_UPDATE_RESPONSE:
	case COMMAND_REJECT:
		note_answer(a, packet, from, pdu, len);
		break;
	case LE_CREDIT_CONNECTION_RESPONSE:
		note_channel(a, packet, from, pdu, len, 12);
		break;
	case CREDIT_CONNECTION_RESPONSE:
		note_channel(a, packet, from, pdu, len, 10);
		break;
	default:
		break;
	}
}

void explain_attempt_add_parameters(struct explain_attempt *a, const struct explain_packet *packet,
				    int8_t from, uint16_t interval_min, uint16_t interval_max,
				    uint16_t latency, uint16_t timeout)
{
	struct signaling_parameters p = {interval_min, interval_max, latency, timeout};

	if (signaling_parameters_valid(&p) || a->bad_count == 2)
		return;
	a->bad_parameters[a->bad_count++] = (struct explain_parameters){
		mark_of(packet), from, interval_min, interval_max, latency, timeout};
}

/* ---- The end --------------------------------------------------------------------------------- */

static void swap_end(int8_t *end)
{
	if (*end != EXPLAIN_NOBODY)
		*end = (int8_t) !*end;
}

/* The clocks of two capturing threads differ by less. */
#define CLOCK_BACK_US UINT64_C(1000000)

/* A clock that goes back measures nothing: one that wraps, or of captures that were joined. */
static bool clock_goes_back(const struct explain_attempt *a)
{
	for (size_t i = 1; i < a->step_count; i++)
		if (a->steps[i].at.time_us + CLOCK_BACK_US < a->steps[i - 1].at.time_us)
			return true;
	return false;
}

static void swap_parties(struct explain_attempt *a)
{
	struct explain_party other = a->party[0];

	a->party[0] = a->party[1];
	a->party[1] = other;
	bytes_wipe(&other, sizeof(other)); /* it has keys */
}

void explain_attempt_finalize(struct explain_attempt *a)
{
	if (a->finalized)
		return;
	a->finalized = true;
	if (clock_goes_back(a))
		a->clock = EXPLAIN_CLOCK_NONE;
	for (size_t i = 0; i < a->signaling.count; i++)
		if (!a->signaling.requests[i].answered)
			a->signaling.unanswered = a->signaling.requests[i].at;
	if (a->central == EXPLAIN_NOBODY) {
		a->central = roles_deduce(a);
		a->roles = EXPLAIN_ROLES_DEDUCED;
	}
	if (a->central == EXPLAIN_NOBODY)
		a->roles = EXPLAIN_ROLES_UNKNOWN;
	if (a->central <= 0) {
		a->central = 0;
		return;
	}
	a->central = 0;
	swap_parties(a);
	swap_end(&a->captured_end);
	swap_end(&a->failed_by);
	swap_end(&a->after_by);
	swap_end(&a->length_by);
	swap_end(&a->second_by);
	swap_end(&a->failed_again_by);
	swap_end(&a->att_by);
	swap_end(&a->last_control_by);
	swap_end(&a->disconnected_by);
	swap_end(&a->signaling.wrong_by);
	swap_end(&a->signaling.result_by);
	swap_end(&a->signaling.refused_by);
	for (size_t i = 0; i < a->signaling.count; i++)
		swap_end(&a->signaling.requests[i].from);
	for (size_t i = 0; i < a->bad_count; i++)
		swap_end(&a->bad_parameters[i].from);
	for (size_t i = 0; i < a->step_count; i++)
		swap_end(&a->steps[i].from);
}
