/* SPDX-License-Identifier: MIT */
/*
 * LE signalling, channel 0x0005, Core Vol 3 Part A 4: one command per frame on LE. Answers the
 * peer's connection parameter request, rejects every other request, and never answers a response.
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
	SIGNALING_IGNORED,	      /* an unexpected response */
	SIGNALING_REFUSED,	      /* an unsupported request: .reply rejects it */
	SIGNALING_PARAMETERS,	      /* .reply accepts .parameters: send it, then apply them */
	SIGNALING_PARAMETERS_REFUSED, /* out of range: .reply rejects them */
	SIGNALING_PARAMETERS_ANSWER,  /* the answer to our own request: .accepted */
	SIGNALING_MALFORMED,	      /* .note describes it; there may be a .reply */
};

struct signaling_result {
	enum signaling_kind kind;
	uint8_t reply[SIGNALING_MTU];
	size_t reply_len; /* octets; 0: send nothing */
	struct signaling_parameters parameters;
	uint8_t identifier; /* of the command */
	bool accepted;
	const char *note; /* the oddity, a clause, static; or NULL */
};

/* Handles one signalling frame of len octets and fills result. central: our role on the link. */
void signaling_receive(const uint8_t *pdu, size_t len, bool central,
		       struct signaling_result *result);

/* The parameters are in range, and the timeout is long enough: Part A 4.20, Vol 4 Part E 7.8.18. */
bool signaling_parameters_valid(const struct signaling_parameters *parameters);

/* Writes a Connection Parameter Update Request with this identifier (not 0). Returns its length. */
size_t signaling_request_parameters(uint8_t identifier,
				    const struct signaling_parameters *parameters,
				    uint8_t pdu[SIGNALING_MTU]);
