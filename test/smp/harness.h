/* SPDX-License-Identifier: MIT */
/*
 * One engine in a faked environment: randomness is a script, then a seeded generator; everything
 * that it sends, asks and decides is recorded. Two of them make a pairing.
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
	bool user_is_away;   /* the user answers nothing */
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
	bool ltk_asked, reported; /* of the encryption of the link, see run_pairing() */
	char trace[4096];	  /* of events and actions, a word each: see charts_methods.c */
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
/* Fails the test unless the end refused and its last PDU is Pairing Failed with this reason. */
void assert_refused(const struct end *end, uint8_t reason);

/* Hands from's out-of-band data of Secure Connections to the other end, before end_begin(). */
void give_oob(struct end *to, struct end *from);

/* The abilities of two ends, which decide the method. */
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
	uint32_t shuffle;    /* not 0: the seed of a random order of steps */
	bool wrong_passkey;  /* the user who types makes a mistake */
	uint32_t passkey_when_both_type;
	/* Called for each PDU on its way, which may be changed; or NULL. */
	void (*tamper)(void *ctx, struct end *to, uint8_t *pdu, size_t *len);
	/* Called before each thing that happens; or NULL. */
	void (*before)(void *ctx, struct end *i, struct end *r);
	void *ctx;
};

/* Runs a pairing until it ends or nothing more can happen. */
void run_pairing(struct end *i, struct end *r, const struct run *run);
