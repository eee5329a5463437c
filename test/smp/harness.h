/* SPDX-License-Identifier: MIT */
/*
 * One engine with everything around it faked and remembered: randomness (a script, then a seeded
 * generator), what it sent, asked and decided. Two of them make a pairing.
 */
#pragma once

#include "crypto/bytes.h"
#include "smp/reason.h"
#include "smp/smp.h"
#include "smp/table.h"
#include "smp/verbs.h"
#include "unit.h"

struct end {
	struct smp smp;
	struct smp_config config;
	struct crypto_keypair keypair;
	uint8_t script[40][16]; /* 16-octet random values to hand out first */
	size_t script_count, script_used;
	uint64_t seed;
	bool user_is_away;   /* and answers nothing */
	bool keeps_keys;     /* it sends all but the keys of phase 3 */
	unsigned draws_left; /* then randomness fails; 0: it never does */

	struct {
		uint8_t data[65];
		size_t len;
	} sent[80];
	size_t sent_count, taken; /* taken: delivered to the other end */
	bool asks_passkey, asks_confirm, shows_passkey, prompt_open;
	uint32_t number; /* of the last SHOW_PASSKEY or ASK_CONFIRM */
	bool encrypts, replies, denies;
	uint8_t ltk[16];
	bool timer;
	bool paired, failed;
	struct smp_failure failure;
	size_t features, security_requests, keypresses;
	size_t most_actions;
	size_t sent_after_end;
	bool ltk_asked, told; /* of the link's encryption, see run_pairing() */
	char trace[4096];     /* what came and went, a word each: see charts_methods.c */
};

/* The usual configuration: everything on, no input and no output, fixed key pair. */
void end_prepare(struct end *end, enum smp_role role);
/* After changes to .config. */
void end_begin(struct end *end);

void end_event(struct end *end, struct smp_event event);
void end_start(struct end *end);
void end_pdu(struct end *end, const uint8_t *pdu, size_t len);
void end_passkey(struct end *end, uint32_t passkey);
void end_confirm(struct end *end, bool yes);
void end_encrypted(struct end *end, uint8_t status);

/* The last PDU that was sent, its code; 0: none. */
uint8_t end_last(const struct end *end);
/* Fails the test unless the end refused, saying this reason to the peer as its last PDU. */
void assert_refused(const struct end *end, uint8_t reason);

/* Hands from's out-of-band data of Secure Connections to the other end, before end_begin(). */
void give_oob(struct end *to, struct end *from);

/* What two ends can do, and so which method they come to. */
struct kind {
	bool sc;
	enum smp_io io_i, io_r;
	/* 1: the initiator has the responder's data, 2: the reverse; 4: both have the TK */
	unsigned oob;
};

/* Both ends of that, before end_begin(). */
void prepare_kind(struct end *i, struct end *r, const struct kind *kind);

/* How a pairing of two ends is run. */
struct run {
	bool answer_late;    /* users answer only when nothing else can happen */
	bool encrypted_late; /* the responder hears of encryption after the initiator */
	uint32_t shuffle;    /* not 0: of what can happen next, it says by lot what does */
	bool wrong_passkey;  /* whoever types mistypes */
	uint32_t passkey_when_both_type;
	/* Called for each PDU on its way, which may be changed; or NULL. */
	void (*tamper)(void *ctx, struct end *to, uint8_t *pdu, size_t *len);
	/* Called before each thing that happens; or NULL. */
	void (*before)(void *ctx, struct end *i, struct end *r);
	void *ctx;
};

/* Runs a pairing to its end or to where it stands still. */
void run_pairing(struct end *i, struct end *r, const struct run *run);
