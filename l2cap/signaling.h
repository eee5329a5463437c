/* SPDX-License-Identifier: MIT */
/*
 * LE signalling, channel 0x0005, Core Vol 3 Part A 4: one command a frame on LE. The peer's
 * connection parameter request is answered; everything else that is a request is politely refused
 * with the same identifier; an answer is never answered.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The signalling MTU on LE, Part A 4 (MTUsig). */
#define SIGNALING_MTU 23

/* Units as in HCI: interval 1.25 ms, timeout 10 ms. */
struct signaling_parameters {
	uint16_t interval_min;
	uint16_t interval_max;
	uint16_t latency; /* connection events */
	uint16_t timeout;
};

enum signaling_kind {
	SIGNALING_IGNORED,	      /* an answer, or nothing that deserves one */
	SIGNALING_REFUSED,	      /* a request of no use here: .reply refuses it */
	SIGNALING_PARAMETERS,	      /* .reply accepts .parameters: send it, then carry them out */
	SIGNALING_PARAMETERS_REFUSED, /* out of range: .reply refuses them */
	SIGNALING_PARAMETERS_ANSWER,  /* the answer to our own request: .accepted */
	SIGNALING_MALFORMED,	      /* .note says how; .reply may be there */
};

struct signaling_result {
	enum signaling_kind kind;
	uint8_t reply[SIGNALING_MTU];
	size_t reply_len; /* 0: nothing is to be sent */
	struct signaling_parameters parameters;
	uint8_t identifier; /* of the command that was taken */
	bool accepted;
	const char *note; /* what was odd, a clause, or NULL; static */
};

/* Takes one signalling frame; central says which end of the link this is. */
void signaling_receive(const uint8_t *pdu, size_t len, bool central,
		       struct signaling_result *result);

/* Part A 4.20 with Core Vol 4 Part E 7.8.18: in range, and the timeout long enough. */
bool signaling_parameters_valid(const struct signaling_parameters *parameters);

/* Writes a Connection Parameter Update Request (12 octets) with this identifier (not 0). */
size_t signaling_request_parameters(uint8_t identifier,
				    const struct signaling_parameters *parameters,
				    uint8_t pdu[SIGNALING_MTU]);
