/* SPDX-License-Identifier: MIT */
#include "l2cap/signaling.h"

#include <string.h>

#include "crypto/bytes.h"

/* Part A 4: code, identifier, length, then the data. */
#define HEADER 4

enum {
	COMMAND_REJECT = 0x01,
	PARAMETER_REQUEST = 0x12,
	PARAMETER_RESPONSE = 0x13,
};

enum { REJECT_NOT_UNDERSTOOD = 0, REJECT_MTU_EXCEEDED = 1 };

/* Responses, Part A Table 4.2: never answered. */
static bool is_answer(uint8_t code)
{
	switch (code) {
	case COMMAND_REJECT:
	case 0x03: /* Connection Response */
	case 0x05: /* Configuration Response */
	case 0x07: /* Disconnection Response */
	case 0x09: /* Echo Response */
	case 0x0b: /* Information Response */
	case 0x0d: /* Create Channel Response, of former versions, as the two below */
	case 0x0f: /* Move Channel Response */
	case 0x11: /* Move Channel Confirmation Response */
	case PARAMETER_RESPONSE:
	case 0x15: /* LE Credit Based Connection Response */
	case 0x16: /* Flow Control Credit: an indication, it has no answer */
	case 0x18: /* Credit Based Connection Response */
	case 0x1a: /* Credit Based Reconfigure Response */
		return true;
	default:
		return false;
	}
}

static void reply(struct signaling_result *result, uint8_t code, uint8_t identifier,
		  const uint8_t *data, size_t len)
{
	result->reply[0] = code;
	result->reply[1] = identifier;
	bytes_put_le16(result->reply + 2, (uint16_t)len);
	memcpy(result->reply + HEADER, data, len);
	result->reply_len = HEADER + len;
}

static void reject(struct signaling_result *result, uint8_t identifier)
{
	const uint8_t reason[2] = {REJECT_NOT_UNDERSTOOD, 0};

	reply(result, COMMAND_REJECT, identifier, reason, sizeof(reason));
}

bool signaling_parameters_valid(const struct signaling_parameters *p)
{
	/* Timeout above (1 + latency) * interval * 2, in units of 10 ms and 1.25 ms. */
	return p->interval_min >= 6 && p->interval_max <= 3200 &&
	       p->interval_min <= p->interval_max && p->latency <= 499 && p->timeout >= 10 &&
	       p->timeout <= 3200 &&
	       (uint32_t)p->timeout * 4 > (1 + (uint32_t)p->latency) * p->interval_max;
}

static void on_parameter_request(const uint8_t *data, size_t len, uint8_t identifier, bool central,
				 struct signaling_result *result)
{
	/* "Sent from the peripheral to the central only", 4.20. */
	if (!central || len != 8) {
		reject(result, identifier);
		result->kind = len != 8 ? SIGNALING_MALFORMED : SIGNALING_REFUSED;
		result->note =
			len != 8 ? "a Connection Parameter Update Request of a wrong length" : NULL;
		return;
	}
	result->parameters = (struct signaling_parameters){
		.interval_min = bytes_get_le16(data),
		.interval_max = bytes_get_le16(data + 2),
		.latency = bytes_get_le16(data + 4),
		.timeout = bytes_get_le16(data + 6),
	};

	bool valid = signaling_parameters_valid(&result->parameters);
	uint8_t verdict[2];
	bytes_put_le16(verdict, valid ? 0 : 1);
	reply(result, PARAMETER_RESPONSE, identifier, verdict, sizeof(verdict));
	result->kind = valid ? SIGNALING_PARAMETERS : SIGNALING_PARAMETERS_REFUSED;
}

static void on_parameter_response(const uint8_t *data, size_t len, struct signaling_result *result)
{
	if (len != 2) {
		result->kind = SIGNALING_MALFORMED;
		result->note = "a Connection Parameter Update Response of a wrong length";
		return;
	}
	result->kind = SIGNALING_PARAMETERS_ANSWER;
	result->accepted = bytes_get_le16(data) == 0;
}

void signaling_receive(const uint8_t *pdu, size_t len, bool central,
		       struct signaling_result *result)
{
	memset(result, 0, sizeof(*result));
	result->kind = SIGNALING_MALFORMED;
	if (len < HEADER) {
		result->note = "a signalling command shorter than its header";
		return;
	}

	uint8_t code = pdu[0], identifier = pdu[1];
	size_t data_len = bytes_get_le16(pdu + 2);

	result->identifier = identifier;
	/* "Signaling identifier 0x00 is an illegal identifier and shall never be used", 4. */
	if (identifier == 0) {
		result->note = "a signalling command with the illegal identifier 0";
		return;
	}
	if (len > SIGNALING_MTU && !is_answer(code)) {
		uint8_t data[4];
		bytes_put_le16(data, REJECT_MTU_EXCEEDED);
		bytes_put_le16(data + 2, SIGNALING_MTU);
		reply(result, COMMAND_REJECT, identifier, data, sizeof(data));
		result->note = "a signalling command longer than the signalling MTU";
		return;
	}
	if (data_len != len - HEADER) {
		result->note = "a signalling command whose length is not that of its frame";
		if (!is_answer(code))
			reject(result, identifier);
		return;
	}

	const uint8_t *data = pdu + HEADER;
	result->kind = SIGNALING_IGNORED;
	if (code == PARAMETER_REQUEST) {
		on_parameter_request(data, data_len, identifier, central, result);
	} else if (code == PARAMETER_RESPONSE) {
		on_parameter_response(data, data_len, result);
	} else if (!is_answer(code)) {
		/*
		 * 4.1: every other request is unknown here. That includes channels with credits:
		 * their own refusals (4.22, 4.25) would claim that we support them.
		 */
		reject(result, identifier);
		result->kind = SIGNALING_REFUSED;
	}
}

size_t signaling_request_parameters(uint8_t identifier, const struct signaling_parameters *p,
				    uint8_t pdu[SIGNALING_MTU])
{
	pdu[0] = PARAMETER_REQUEST;
	pdu[1] = identifier;
	bytes_put_le16(pdu + 2, 8);
	bytes_put_le16(pdu + 4, p->interval_min);
	bytes_put_le16(pdu + 6, p->interval_max);
	bytes_put_le16(pdu + 8, p->latency);
	bytes_put_le16(pdu + 10, p->timeout);
	return 12;
}
