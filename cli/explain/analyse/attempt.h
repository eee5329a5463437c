/* SPDX-License-Identifier: MIT */
/*
 * The record of one attempt, of fixed size, with everything that the checks read. It begins with
 * the connection, or after the previous attempt on the same connection, and ends with the
 * connection or before the next attempt. track/ fills it, checks/ judges it, print/ shows it.
 *
 * While the record is filled, an end has the number that the capture gives it: 0 the captured host
 * or, on air, the central; 1 the other; EXPLAIN_NOBODY if the capture does not name the sender.
 * explain_attempt_finalize() renumbers the ends: from then on 0 is the initiator, which is the
 * central, and 1 the responder (Core Vol 3 Part H 2.3). If the capture does not show the roles, 0
 * stays the captured host, and 1 the peer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyse/own_end.h"
#include "capture/packet.h"
#include "crypto/toolbox.h"
#include "smp/smp.h"

enum { EXPLAIN_I = 0, EXPLAIN_R = 1, EXPLAIN_NOBODY = -1 };

/* How the capture shows which end is the initiator. */
enum explain_roles {
	EXPLAIN_ROLES_KNOWN,   /* a message proves it, which only one role sends or receives */
	EXPLAIN_ROLES_DEDUCED, /* from the order of the messages */
	EXPLAIN_ROLES_UNKNOWN,
};

/*
 * A place in the capture. Both zero: the thing was not seen; frame 0 alone: the packet has no
 * number, as messages of the management interface in an excerpt of btmon before its first packet.
 */
struct explain_mark {
	uint64_t frame;
	uint64_t time_us;
	bool untimed; /* see struct explain_packet */
};

static inline struct explain_mark mark_of(const struct explain_packet *packet)
{
	return (struct explain_mark){packet->number,
				     packet->number || packet->time_us ? packet->time_us : 1,
				     packet->untimed};
}

static inline bool mark_is_set(const struct explain_mark *mark)
{
	return mark->frame || mark->time_us;
}

/* Sets *us to the time from one mark to a later one. False: the capture does not have it. */
static inline bool mark_measure(const struct explain_mark *from, const struct explain_mark *to,
				uint64_t *us)
{
	*us = to->time_us - from->time_us;
	return !from->untimed && !to->untimed && to->time_us >= from->time_us;
}

/* What cut an attempt before it had an end. */
enum explain_cut {
	EXPLAIN_CUT_NOT,
	EXPLAIN_CUT_BY_END,	   /* of the capture */
	EXPLAIN_CUT_BY_ATTEMPT,	   /* another one begins on the same connection */
	EXPLAIN_CUT_BY_CONNECTION, /* another one has its handle: its end is not in the capture */
	EXPLAIN_CUT_BY_CROWD,	   /* more connections at a time than are followed */
	EXPLAIN_CUT_BY_MOMENT,	   /* the capture goes on at an earlier time */
	EXPLAIN_CUT_BY_REMOVAL,	   /* of the controller from the system */
};

/* ---- The ladder ------------------------------------------------------------------------------ */

enum explain_layer {
	EXPLAIN_LAYER_COMMAND,	 /* code: opcode; data: parameters */
	EXPLAIN_LAYER_EVENT,	 /* code: event, or EXPLAIN_SUBEVENT | subevent; data: parameters */
	EXPLAIN_LAYER_SIGNALING, /* code; data: the whole command */
	EXPLAIN_LAYER_SMP,	 /* code; data: the whole PDU */
	EXPLAIN_LAYER_LL,	 /* code: opcode; data: the whole control PDU */
	EXPLAIN_LAYER_ATT,	 /* code: opcode; data: the whole PDU */
	EXPLAIN_LAYER_MANAGEMENT, /* code: enum explain_management_code; data: its beginning */
};

/* An LE subevent as the code of a step: LE Meta is event 0x3e. */
#define EXPLAIN_SUBEVENT 0x3e00

/* The longest data kept: Pairing Public Key, Vol 3 Part H 3.5.6. */
#define EXPLAIN_STEP_DATA 65
/* Passkey entry of Secure Connections has 91 PDUs; the rest is connection and encryption. */
#define EXPLAIN_STEPS 160
/* The most steps kept about connection parameters, so that pairing has room. */
#define EXPLAIN_SIDE_STEPS 40
/* The most steps kept of ATT. */
#define EXPLAIN_ATT_STEPS 4

struct explain_step {
	struct explain_mark at;
	uint8_t layer; /* enum explain_layer */
	int8_t from;   /* the sender, or nobody; of commands and events, the captured end */
	bool whole;    /* all octets were captured and are known */
	uint16_t code;
	uint16_t len;  /* octets on the wire */
	uint8_t kept;  /* octets in data */
	uint8_t known; /* not whole: bit N is set if octet N of data is known all the same */
	uint8_t data[EXPLAIN_STEP_DATA];
};

/* ---- Each end -------------------------------------------------------------------------------- */

#define EXPLAIN_ROUNDS 20 /* passkey entry of Secure Connections, Vol 3 Part H 2.3.5.6.3 */

struct explain_party {
	bool has_address;
	struct crypto_address address; /* on air */
	/* As the host's kernel or its controller names it: perhaps its identity. */
	bool is_reported;
	struct crypto_address reported;

	struct explain_mark features;
	uint8_t features_pdu[7]; /* the whole Pairing Request or Response */

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

	struct explain_mark last; /* its last SMP PDU */
};

/* ---- The host before the attempt ------------------------------------------------------------- */

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
	struct explain_mark last;  /* its last packet */
	struct explain_mark ended; /* its last link that ended */
	bool managed;		   /* the capture has its management interface */
	bool android;		   /* it sent a vendor command of Android */
	struct explain_mark reset; /* unset: the host's set-up is not in the capture */
	uint8_t bringup;	   /* enum explain_bringup: the commands sent since */
	uint64_t event_mask, le_event_mask;
	bool has_features, dual_mode;
	bool no_le_host; /* the controller does not know Write LE Host Support */
	struct explain_refusal refused[EXPLAIN_REFUSALS];
	uint8_t refusals;

	bool has_public, has_random;
	uint8_t public_address[6], random_address[6];
	uint8_t advertising_own; /* own address type of advertising: 0 public, 1 random */

	/* LE (Extended) Create Connection, while its event has not come. */
	struct explain_mark connecting;
	uint16_t connect_opcode;
	uint8_t connect_own;
	/* The capture has the peer's type and address, and the parameters of the connection. */
	bool connect_has_peer, connect_has_parameters;
	uint8_t connect_len;
	uint8_t connect_data[EXPLAIN_STEP_DATA];
	uint8_t connect_refused; /* the status with which the controller refused it last; 0: none */

	/* By the management interface. */
	struct explain_mark not_bondable, io_set;
	struct explain_mark oob_added;	/* Add Remote OOB Data, the last one */
	bool has_oob, oob_le, oob_zero; /* for an LE address; all of it is zero */
	struct explain_mark pair;	/* Pair Device, before its connection */
	uint8_t pair_address[6];

	/* The controller accepted LE Enable Encryption, and its result has not come. */
	struct explain_mark encrypting;
};

/* ---- The program at the host ------------------------------------------------------------------
 */

/* What Linux' management interface shows of the attempt: analyse/management.h. */
struct explain_management {
	struct explain_mark asked; /* User Confirmation or Passkey Request */
	uint16_t asked_for;	   /* enum explain_management_code: which of the two */
	bool hint;		   /* confirm without a number: consent alone is asked for */
	struct explain_mark agreed, refused; /* the reply, or the negative reply */
	struct explain_mark no_agent;	     /* bluetoothd wrote that it has no agent to ask */
	struct explain_mark pair, cancelled; /* Pair Device, Cancel Pair Device */
	struct explain_mark new_key;	     /* New Long Term Key */
	struct explain_mark failed;	     /* Authentication Failed, Connect Failed */
	uint8_t status;			     /* see management_status_name() */
	/* Pair Device ended without a bond; unset: with one, or it did not end. */
	struct explain_mark not_paired;
	uint8_t not_paired_status;
	struct explain_mark disconnected;
	uint8_t disconnect_reason; /* see management_disconnect_name() */
};

/* ---- Signalling ------------------------------------------------------------------------------ */

/* A request on the signalling channel. */
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
	struct explain_mark refused; /* a channel, for want of security */
	int8_t refused_by;
	uint16_t refused_result;
	struct explain_mark
		unanswered; /* the last such request; set by explain_attempt_finalize() */
};

struct explain_parameters {
	struct explain_mark at;
	int8_t from;
	uint16_t interval_min, interval_max, latency, timeout; /* 1.25 ms, 1.25 ms, 1, 10 ms */
};

/* ---- The whole ------------------------------------------------------------------------------- */

struct explain_attempt {
	bool own_run;			   /* of blepair itself: no other capture has more of it */
	const struct explain_own_end *own; /* borrowed; NULL: only the capture is known */
	uint64_t id;			   /* from 1, in the order in which they began */
	bool finalized;
	/* Of HCI: the peer's first data on the encrypted link, which proves that the keys are the
	 * same. */
	struct explain_mark key_proved;
	bool reported;		  /* it was given to its receiver before its link ended */
	bool air;		  /* captured by a sniffer */
	bool excerpt;		  /* read from a text, which may be a part of a trace */
	int8_t captured_end;	  /* the end whose host was captured; EXPLAIN_NOBODY on air */
	int8_t central;		  /* which end; EXPLAIN_NOBODY: not known yet. 0 once finalized */
	enum explain_roles roles; /* once finalized */
	enum explain_clock clock;
	uint8_t system; /* enum explain_system: of the captured host */
	uint16_t source, handle;
	struct explain_host host; /* at the end of the attempt; on air not used */

	struct explain_mark first, last; /* of everything */
	struct explain_mark connected;
	uint8_t connect_status;
	uint16_t connect_refused; /* the command, if the status is its own: nothing was tried */
	bool has_interval;
	uint16_t interval, latency, timeout; /* in force: 1.25 ms, 1, 10 ms */
	struct explain_parameters bad_parameters[2];
	uint8_t bad_count;

	struct explain_party party[2];
	bool bredr;	    /* the link is of BR/EDR, not of LE */
	bool pairing;	    /* an SMP PDU other than Security Request was seen */
	uint8_t requests;   /* Pairing Requests: more than one if none was answered */
	bool only_requests; /* no SMP PDU but these and Security Request was seen */
	struct explain_mark second_response; /* Pairing Response in a pairing that had gone on */
	int8_t second_by;
	struct explain_mark security_request; /* of the peripheral */
	uint8_t security_auth_req;
	struct explain_mark failed; /* Pairing Failed */
	int8_t failed_by;
	uint8_t reason;
	bool reason_missing;		   /* the capture does not have it */
	struct explain_mark after_failure; /* the first PDU that must not follow it */
	int8_t after_by;
	uint8_t after_code;
	struct explain_mark failed_again; /* Pairing Failed after Pairing Failed */
	int8_t failed_again_by;
	struct explain_mark wrong_length;
	int8_t length_by;
	uint8_t length_code;
	uint16_t length_was;

	/* Encryption: the request, the answer of the peripheral's host, and the result. */
	struct explain_mark encrypt; /* LE Enable Encryption, or LL_ENC_REQ */
	bool has_encrypt_key;	     /* the command's; on air, the key that decrypts the link */
	uint8_t encrypt_key[16];
	uint8_t encrypt_ediv[2], encrypt_rand[8];
	struct explain_mark ltk_request, ltk_reply;
	bool ltk_refused, has_reply_key;
	uint8_t reply_key[16];
	struct explain_mark encrypted; /* Encryption Change, Key Refresh, LL_START_ENC_RSP */
	uint8_t encrypt_status;
	bool has_passkey; /* on air: the TK, found when encryption began */
	uint32_t passkey;
	bool unreadable; /* PDUs on air could not be decrypted */

	/*
	 * The last ATT Error Response that demands security, before pairing or encryption began or
	 * after it: Vol 3 Part F 3.4.1.1.
	 */
	struct explain_mark att_refused;
	int8_t att_by;
	uint8_t att_error;   /* enum explain_att_error */
	uint8_t att_request; /* opcode of the request that it answers */
	uint16_t att_handle; /* of the attribute */

	/* On air: the last link-layer control PDU that could be read, LL_TERMINATE_IND excluded. */
	struct explain_mark last_control;
	int8_t last_control_by;
	uint8_t last_control_code;    /* opcode */
	uint8_t last_control_unknown; /* of LL_UNKNOWN_RSP: the opcode that is not known */

	/* On air: the frame that shows the last PDU not heard before encryption began; 0: none. */
	uint64_t unheard;

	struct explain_management management;

	struct explain_mark reset;	    /* of the controller, by its host: it ends all links */
	struct explain_mark hardware_error; /* of the controller: it ends all its links */
	uint8_t hardware_code;
	bool disconnect_ordered; /* by the captured host */
	struct explain_mark disconnected;
	int8_t disconnected_by;
	uint8_t disconnect_reason;

	struct explain_signaling signaling;
	bool begun_before; /* the connection began before the capture */
	bool follows;	   /* another attempt on the same connection went before it */
	bool interrupts;   /* it began before the attempt before it had ended */
	enum explain_cut cut;
	struct explain_mark refused_before; /* by the user, in another attempt on this connection */
	struct explain_mark missing;	    /* the first place where packets are missing */
	struct explain_mark missing_last;   /* and the last one */
	char missing_text[120];		    /* packet.missing, or the same about encrypted PDUs */
	uint64_t att_frames;

	uint16_t steps_lost; /* steps that did not fit */
	uint16_t side_steps; /* kept steps about connection parameters */
	uint8_t att_steps;   /* kept steps of ATT */
	uint16_t step_count;
	/* The last member: those that were not added are not even cleared. */
	struct explain_step steps[EXPLAIN_STEPS];
};

/* Begins an empty attempt. */
void explain_attempt_init(struct explain_attempt *attempt, uint64_t id);
/* to is new, or was wiped. */
void explain_attempt_copy(struct explain_attempt *to, const struct explain_attempt *from);
/* It has keys. Also for one that is all zero. */
void explain_attempt_wipe(struct explain_attempt *attempt);

/* Records which end is the central; the first call counts. */
void explain_attempt_set_central(struct explain_attempt *attempt, int8_t end);

/* Adds a step. One that does not fit is only counted, in steps_lost. */
void explain_attempt_add_step(struct explain_attempt *attempt, const struct explain_packet *packet,
			      enum explain_layer layer, int8_t from, uint16_t code,
			      const uint8_t *data, size_t len, bool whole);

/* Adds one SMP PDU of len octets sent by from. whole: all of them were captured and are known. */
void explain_attempt_add_smp(struct explain_attempt *attempt, const struct explain_packet *packet,
			     int8_t from, const uint8_t *pdu, size_t len, bool whole);

/* The last step, which is not whole, has octets that are known: see known above. */
void explain_attempt_note_known(struct explain_attempt *attempt, uint8_t known);

/* Adds one command of the signalling channel; arguments as above. */
void explain_attempt_add_signal(struct explain_attempt *attempt,
				const struct explain_packet *packet, int8_t from,
				const uint8_t *pdu, size_t len, bool whole);

/* The codes of an ATT Error Response that demand security, Vol 3 Part F Table 3.4. */
enum explain_att_error {
	EXPLAIN_ATT_AUTHENTICATION = 0x05,
	EXPLAIN_ATT_AUTHORIZATION = 0x08,
	EXPLAIN_ATT_KEY_SIZE = 0x0c,
	EXPLAIN_ATT_ENCRYPTION = 0x0f,
};

/* True for a whole ATT Error Response with one of these codes. */
bool explain_att_demands_security(const uint8_t *pdu, size_t len);

/* Adds an ATT Error Response that demands security; the arguments are as above. */
void explain_attempt_add_att(struct explain_attempt *attempt, const struct explain_packet *packet,
			     int8_t from, const uint8_t *pdu, size_t len);

/* Records a link-layer control PDU of the air, opcode first. */
void explain_attempt_note_control(struct explain_attempt *attempt,
				  const struct explain_packet *packet, int8_t from,
				  const uint8_t *pdu, size_t len);

/* Checks connection parameters that from asked for; invalid ones are kept in bad_parameters. */
void explain_attempt_add_parameters(struct explain_attempt *attempt,
				    const struct explain_packet *packet, int8_t from,
				    uint16_t interval_min, uint16_t interval_max, uint16_t latency,
				    uint16_t timeout);

/* Ends the record: numbers the ends by role, and notes an unanswered request. Idempotent. */
void explain_attempt_finalize(struct explain_attempt *attempt);

/* True when this SMP PDU begins another attempt on the connection. */
bool explain_attempt_begins(const struct explain_attempt *attempt, const uint8_t *pdu, size_t len);
