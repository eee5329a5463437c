/* SPDX-License-Identifier: MIT */
/*
 * Captures made by script: a host, its controller and a peer, as its host would have seen them,
 * whose pairing is computed from the toolbox of crypto/ and may be spoiled in one way. A case
 * scripts what happens; each attempt in what comes of it is judged.
 *
 * What a real run of blepair can produce is held by explain/runs.c as well; a script reaches the
 * rest: hosts that do what blepair does not.
 */
#pragma once

#include "checks/verdict.h"
#include "track/tracker.h"
#include "unit.h"

enum { I, R }; /* the ends: the captured host is the initiator, unless it connects as the other */

/* ---- The capture ----------------------------------------------------------------------------- */

#define SCRIPTED_VERDICTS 4

extern struct scripted {
	struct explain_tracker tracker;
	struct explain_history memory;
	unsigned searches;
	uint64_t frame, now; /* microseconds; a script may let time pass */
	const char *missing; /* before the next packet */
	struct explain_verdict verdicts[SCRIPTED_VERDICTS];
	size_t count;
} scripted;

/* Runs a script from the beginning, and judges what it makes. */
void scripted_play(void (*script)(void));

/* Packets of the captured host. */
void script_event(uint8_t code, const uint8_t *data, size_t len);
/* A command, and its Command Complete. */
void script_command(uint16_t opcode, const void *data, size_t len, uint8_t status,
		    const void *returned, size_t returned_len);
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
	/* False: the PDU is not sent. It may be changed, and others sent before it. */
	bool (*edit)(int from, uint8_t *pdu, size_t *len);
	bool over;	   /* nothing is sent any more */
	uint8_t spoil_key; /* turns bits of the key given to the controller */
	bool keys_turned;  /* the initiator's first */
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

void script_say(int from, uint8_t code, const void *value, size_t len);
/* As it is, whatever has happened. */
void script_insist(int from, uint8_t code, const void *value, size_t len);
/* Pairing Failed; nothing but what insists is said any more. */
void script_refuse(int by, uint8_t reason);

/* All of it, as far as script.edit lets it come. */
void script_legacy(void);
void script_secure(bool passkey);
void script_use_passkey(uint32_t initiator, uint32_t responder);

/*
 * At the PDU of that end and code: change it, say it, and have the other end refuse it with reason;
 * 0: it says nothing. The pairing stops there either way. script_strike() is the edit that does it.
 */
void script_strike_at(int from, uint8_t code, void (*change)(uint8_t *pdu, size_t *len),
		      uint8_t reason);
bool script_strike(int from, uint8_t *pdu, size_t *len);

/* ---- The cases: scripted_cases.c, one a check ------------------------------------------------ */

struct scripted_case {
	const char *id;
	void (*play)(void);
	bool cause;	/* it is why it failed; else it is only said */
	uint8_t reason; /* of the rows for one, each */
};

extern const struct scripted_case scripted_cases[];
extern const size_t scripted_cases_count;

void scripted_play_case(const struct scripted_case *which);
