/* SPDX-License-Identifier: MIT */
/*
 * Scripted captures: the HCI packets of a host that pairs with a peer. The values of the pairing
 * are computed with crypto/, and a case changes one thing. Each attempt in the capture is judged.
 *
 * explain/runs.c has a real run of blepair for most checks; scripts reach the others: hosts that
 * behave as blepair does not.
 */
#pragma once

#include "checks/verdict.h"
#include "track/tracker.h"
#include "unit.h"

enum { I, R }; /* the ends: the captured host is the initiator unless it connects as a peripheral */

/* ---- The capture ----------------------------------------------------------------------------- */

#define SCRIPTED_VERDICTS 4

extern struct scripted {
	struct explain_tracker tracker;
	struct explain_history memory;
	unsigned searches;
	uint64_t frame, now;		   /* microseconds; a script may add to it */
	const char *missing;		   /* remark on a gap before the next packet */
	const struct explain_own_end *own; /* what the host knows about its attempts, or NULL */
	struct explain_verdict verdicts[SCRIPTED_VERDICTS];
	struct explain_attempt attempts[SCRIPTED_VERDICTS]; /* of the verdicts */
	size_t count;
} scripted;

/* Runs a script in an empty capture, and judges its attempts. */
void scripted_play(void (*script)(void));

/* Packets of the captured host. */
void script_event(uint8_t code, const uint8_t *data, size_t len);
/* A command, and its Command Complete. */
void script_command(uint16_t opcode, const void *data, size_t len, uint8_t status,
		    const void *returned, size_t returned_len);
/* Of Linux' management interface: the address of the peer, and then data. */
void script_management(uint16_t code, const void *data, size_t len);
void script_note(const char *text);
void script_l2cap(int from, uint16_t cid, const uint8_t *data, size_t len);

/* ---- The world ------------------------------------------------------------------------------- */

extern const struct crypto_address script_address[2];

extern struct script {
	/* The host. */
	uint64_t event_mask;
	uint8_t le_mask_status;
	bool without_le_mask, dual_mode, without_le_host; /* the controller knows no such command */
	uint16_t supervision;				  /* 10 ms */
	/* The pairing. */
	uint8_t features[2][7];
	uint32_t passkey[2];
	uint8_t oob_tk[16];
	struct crypto_keypair pair[2];
	uint8_t nonce[2][16];
	uint8_t ltk[2][16];
	/* Called with each PDU: may change it, or send others before it. False: do not send it. */
	bool (*edit)(int from, uint8_t *pdu, size_t *len);
	bool over;	   /* no more PDUs are sent */
	uint8_t spoil_key; /* inverts bits of the key given to the controller */
	uint16_t ediv;	   /* given to the controller with the key of the pairing */
	bool long_ltk;	   /* the distributed LTKs are not shortened */
	bool keys_turned;  /* the initiator sends its keys first */
} script;

void script_fill(void *octets, size_t len);
/* A new pairing of the usual two, with fresh values. */
void script_begin(void);

void script_bring_up(void);
void script_connect_as(uint8_t role, uint8_t status);
/* Both, as the central. */
void script_connect(void);
void script_disconnect(uint8_t reason);
void script_enable_encryption(const uint8_t key[16], const uint8_t *rand, uint16_t ediv);
void script_encryption_changed(uint8_t status);

/* ---- Pairing --------------------------------------------------------------------------------- */

void script_send(int from, uint8_t code, const void *value, size_t len);
/* Without the edit, and also when the pairing is over. */
void script_send_anyway(int from, uint8_t code, const void *value, size_t len);
/* Sends Pairing Failed; the pairing is over. */
void script_refuse(int by, uint8_t reason);

/* A whole pairing, as far as script.edit allows. */
void script_legacy(void);
void script_secure(bool passkey);
void script_use_passkey(uint32_t initiator, uint32_t responder);

/*
 * Changes the PDU of that end and code, and lets the other end refuse it with reason (0: it sends
 * nothing). The pairing is then over. Sets script_change() as the edit.
 */
void script_change_pdu(int from, uint8_t code, void (*change)(uint8_t *pdu, size_t *len),
		       uint8_t reason);
bool script_change(int from, uint8_t *pdu, size_t *len);

/* ---- The cases: scripted_cases.c, one a check ------------------------------------------------ */

struct scripted_case {
	const char *id;
	void (*play)(void);
	bool cause; /* the check is the cause of the failure; otherwise it finds something else */
	int8_t by;  /* the end to blame: EXPLAIN_I, EXPLAIN_R or EXPLAIN_NOBODY */
	uint8_t reason; /* of Pairing Failed, in the cases that differ only in it */
};

extern const struct scripted_case scripted_cases[];
extern const size_t scripted_cases_count;

void scripted_play_case(const struct scripted_case *which);
