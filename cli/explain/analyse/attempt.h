/* SPDX-License-Identifier: MIT */
/*
 * The record of one attempt: a connection from its beginning, or from the end of the attempt before
 * on the same connection, to its end, with all that the checks ask for. Filled by tracker.c and
 * pairing.c, judged by check.c, told by text.c, json.c and picture.c. Of fixed size.
 *
 * While it is filled, ends are numbered as the capture sees them (0 the host that was captured, or
 * the central on air). attempt_finalize() turns that round: from then on 0 is the initiator, which
 * is the central, and 1 the responder (Core Vol 3 Part H 2.3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"
#include "crypto/toolbox.h"
#include "smp/smp.h"

enum { EXPLAIN_I = 0, EXPLAIN_R = 1, EXPLAIN_NOBODY = -1 };

/* Where something stands in the capture; frame 0: it was not seen. */
struct explain_mark {
	uint64_t frame;
	uint64_t time_us;
};

static inline bool mark_is_set(const struct explain_mark *mark)
{
	return mark->frame != 0;
}

/* ---- The ladder ------------------------------------------------------------------------------ */

enum explain_layer {
	EXPLAIN_LAYER_COMMAND,	 /* code: opcode; data: parameters */
	EXPLAIN_LAYER_EVENT,	 /* code: event, or 0x3e00 | subevent; data: parameters */
	EXPLAIN_LAYER_SIGNALING, /* code; data: the whole command */
	EXPLAIN_LAYER_SMP,	 /* code; data: the whole PDU */
	EXPLAIN_LAYER_LL,	 /* code: opcode; data: the whole control PDU */
};

/* The longest kept: Pairing Public Key, Vol 3 Part H 3.5.6. */
#define EXPLAIN_STEP_DATA 65
/* Passkey entry of Secure Connections has 91 PDUs; the rest is connection and encryption. */
#define EXPLAIN_STEPS 160
/* So much talk of connection parameters is kept; more would leave no room for what pairs. */
#define EXPLAIN_SIDE_STEPS 40

struct explain_step {
	struct explain_mark at;
	uint8_t layer; /* enum explain_layer */
	int8_t from;   /* who sent it; of commands and events the end that was captured */
	bool whole;    /* all octets are there, and known */
	uint16_t code;
	uint16_t len; /* octets there were */
	uint8_t kept; /* octets in data */
	uint8_t data[EXPLAIN_STEP_DATA];
};

/* ---- What each end said ---------------------------------------------------------------------- */

#define EXPLAIN_ROUNDS 20 /* passkey entry of Secure Connections, Vol 3 Part H 2.3.5.6.3 */

struct explain_party {
	bool has_address;
	struct crypto_address address; /* on air */

	struct explain_mark features;
	uint8_t features_pdu[7]; /* Pairing Request or Response, whole */

	struct explain_mark confirm, random; /* the first of each */
	uint8_t confirms, randoms;	     /* how many */
	uint8_t confirm_value[EXPLAIN_ROUNDS][16];
	uint8_t random_value[EXPLAIN_ROUNDS][16];
	struct explain_mark public_key;
	uint8_t public_key_value[64];
	struct explain_mark check;
	uint8_t check_value[16];

	struct explain_mark ltk, identification, irk, identity, csrk;
	uint8_t ltk_value[16];
	uint8_t ediv_value[2], rand_value[8];
	uint8_t irk_value[16];
	struct crypto_address identity_value;
	uint8_t csrk_value[16];

	struct explain_mark last; /* of its SMP PDUs */
};

/* ---- What the host did before ---------------------------------------------------------------- */

enum explain_bringup {
	EXPLAIN_HAS_EVENT_MASK = 1,
	EXPLAIN_HAS_LE_EVENT_MASK = 2,
	EXPLAIN_HAS_LE_BUFFER_SIZE = 4,
	EXPLAIN_HAS_LE_HOST = 8,
};

struct explain_refusal {
	struct explain_mark at;
	uint16_t opcode;
	uint8_t status;
};

#define EXPLAIN_REFUSALS 4

struct explain_host {
	bool used;
	uint16_t source;
	struct explain_mark reset; /* without it nothing can be said of what came before */
	uint8_t bringup;	   /* enum explain_bringup: what was sent since */
	uint64_t event_mask, le_event_mask;
	bool has_features, dual_mode;
	bool no_le_host; /* the controller does not know Write LE Host Support */
	struct explain_refusal refused[EXPLAIN_REFUSALS];
	uint8_t refusals;

	bool has_public, has_random;
	uint8_t public_address[6], random_address[6];
	uint8_t advertising_own; /* own address type of advertising: 0 public, 1 random */

	/* LE Create Connection, or the extended one, that waits for its event. */
	struct explain_mark connecting;
	uint16_t connect_opcode;
	uint8_t connect_own;
	uint8_t connect_len;
	uint8_t connect_data[EXPLAIN_STEP_DATA];
};

/* ---- Odd things that are noted at once ------------------------------------------------------- */

/* A request on the signalling channel that waits for its answer. */
struct explain_request {
	struct explain_mark at;
	int8_t from;
	uint8_t code, identifier;
	bool answered;
};

#define EXPLAIN_REQUESTS 16

struct explain_signaling {
	struct explain_request requests[EXPLAIN_REQUESTS];
	uint8_t count;
	struct explain_mark wrong_identifier;
	int8_t wrong_by;
	uint8_t wrong_code, got, expected;
	struct explain_mark wrong_result;
	int8_t result_by;
	uint16_t result;
	struct explain_mark unanswered; /* set when settled */
};

struct explain_parameters {
	struct explain_mark at;
	int8_t from;
	uint16_t interval_min, interval_max, latency, timeout; /* 1.25 ms, 1, 10 ms */
};

/* ---- The whole ------------------------------------------------------------------------------- */

struct explain_attempt {
	uint64_t id; /* from 1, in the order in which they began */
	bool used, settled;
	bool air;	/* heard by a sniffer */
	int8_t near;	/* the end whose host was captured; EXPLAIN_NOBODY on air */
	int8_t central; /* until settled: which end; EXPLAIN_NOBODY: not known yet */
	enum explain_clock clock;
	uint16_t source, handle;
	struct explain_host host; /* as it was; used: false on air */

	struct explain_mark first, last; /* of everything */
	struct explain_mark connected;
	uint8_t connect_status;
	bool has_interval;
	uint16_t interval, latency, timeout; /* in force: 1.25 ms, 1, 10 ms */
	struct explain_parameters bad_parameters[2];
	uint8_t bad_count;

	struct explain_party party[2];
	bool pairing;			      /* SMP was spoken beyond a Security Request */
	struct explain_mark security_request; /* of the peripheral */
	uint8_t security_auth_req;
	struct explain_mark failed; /* Pairing Failed */
	int8_t failed_by;
	uint8_t reason;
	struct explain_mark after_failure; /* the first PDU that should not have come any more */
	int8_t after_by;
	uint8_t after_code;
	struct explain_mark wrong_length;
	int8_t length_by;
	uint8_t length_code;
	uint16_t length_was;

	/* Encryption: asked for, answered by the peripheral's host, and what came of it. */
	struct explain_mark encrypt; /* LE Enable Encryption, or LL_ENC_REQ */
	bool has_encrypt_key; /* as the command has it; on air, as the link could be read by it */
	uint8_t encrypt_key[16];
	uint8_t encrypt_ediv[2], encrypt_rand[8];
	struct explain_mark ltk_request, ltk_reply;
	bool ltk_refused, has_reply_key;
	uint8_t reply_key[16];
	struct explain_mark encrypted; /* Encryption Change, Key Refresh, LL_START_ENC_RSP */
	uint8_t encrypt_status;
	bool has_passkey; /* on air: the TK, found when encryption began */
	uint32_t passkey;
	bool unreadable; /* the air carries what cannot be decrypted */

	struct explain_mark hardware_error; /* the controller's: the link is gone with it */
	uint8_t hardware_code;
	struct explain_mark disconnected;
	int8_t disconnected_by;
	uint8_t disconnect_reason;

	struct explain_signaling signaling;
	bool begun_before; /* the capture does not have the beginning of this connection */
	bool overtaken;	   /* another attempt on the same connection follows */
	bool cut;	   /* the capture ends before the connection does */
	struct explain_mark missing;
	char missing_text[120];
	uint64_t att_frames;

	uint16_t steps_lost; /* what did not fit */
	uint16_t side_steps; /* of those that fit */
	uint16_t step_count;
	struct explain_step steps[EXPLAIN_STEPS];
};

/* Notes which end is the central, once. */
void attempt_set_central(struct explain_attempt *attempt, int8_t end);

/* Adds a step; what does not fit is counted. */
void attempt_add_step(struct explain_attempt *attempt, const struct explain_packet *packet,
		      enum explain_layer layer, int8_t from, uint16_t code, const uint8_t *data,
		      size_t len, bool whole);

/* Takes one SMP PDU that from sent. */
void attempt_add_smp(struct explain_attempt *attempt, const struct explain_packet *packet,
		     int8_t from, const uint8_t *pdu, size_t len, bool whole);

/* Takes one signalling command that from sent. */
void attempt_add_signal(struct explain_attempt *attempt, const struct explain_packet *packet,
			int8_t from, const uint8_t *pdu, size_t len, bool whole);

/* Takes connection parameters that from asked for: kept only if they are not allowed. */
void attempt_add_parameters(struct explain_attempt *attempt, const struct explain_packet *packet,
			    int8_t from, uint16_t interval_min, uint16_t interval_max,
			    uint16_t latency, uint16_t timeout);

/* The end: numbers the ends by role. */
void attempt_finalize(struct explain_attempt *attempt);

/* True when this PDU begins another attempt on a connection that has one behind it. */
bool attempt_begins(const struct explain_attempt *attempt, const uint8_t *pdu, size_t len);
