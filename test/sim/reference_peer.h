/* SPDX-License-Identifier: MIT */
/*
 * A peer that pairs, built from a raw peer and the toolbox functions of crypto/toolbox.h, without
 * smp/: a second implementation of the message charts of Core Vol 3 Part H Appendix C, for either
 * role and every method. It checks every value that the program sends. The test sets the expected
 * method; the peer does not choose one.
 *
 * A test sets the fields, starts the program, and calls reference_peer_pair() or the single steps.
 * The peer also acts as the user of both sides: it types what the program shows, answers its
 * prompts and compares the numbers.
 */
#pragma once

#include <setjmp.h>

#include "sim/raw_peer.h"

/* PDUs, Part H Table 3.3. */
enum {
	PDU_REQUEST = 0x01,
	PDU_RESPONSE = 0x02,
	PDU_CONFIRM = 0x03,
	PDU_RANDOM = 0x04,
	PDU_FAILED = 0x05,
	PDU_ENCRYPTION_INFORMATION = 0x06,
	PDU_CENTRAL_IDENTIFICATION = 0x07,
	PDU_IDENTITY_INFORMATION = 0x08,
	PDU_IDENTITY_ADDRESS = 0x09,
	PDU_SIGNING_INFORMATION = 0x0a,
	PDU_SECURITY_REQUEST = 0x0b,
	PDU_PUBLIC_KEY = 0x0c,
	PDU_DHKEY_CHECK = 0x0d,
	PDU_KEYPRESS = 0x0e,
};

enum { IO_DISPLAY, IO_YES_NO, IO_KEYBOARD, IO_NONE, IO_KEYBOARD_DISPLAY };
enum { AUTH_BOND = 0x01, AUTH_MITM = 0x04, AUTH_SC = 0x08, AUTH_KEYPRESS = 0x10, AUTH_CT2 = 0x20 };
enum { KEY_ENC = 1, KEY_ID = 2, KEY_SIGN = 4, KEY_LINK = 8 };

enum reference_peer_method { JUST_WORKS, COMPARISON, PASSKEY, OUT_OF_BAND };

struct reference_peer_keys {
	uint8_t dist; /* KEY_*: the keys that were sent */
	uint8_t ltk[16], rand[8], irk[16], csrk[16];
	uint16_t ediv;
	struct crypto_address identity;
};

struct reference_peer {
	/* reference_peer_begin() sets defaults; a test may change them. */
	struct raw_peer *raw; /* its link layer and L2CAP */
	bool initiates;
	uint8_t io, oob, auth, key_size, init_keys, resp_keys; /* as they are sent */
	enum reference_peer_method method;		       /* expected */
	uint32_t passkey; /* used when the program does not show one */
	int other_bit;	  /* its user's passkey differs in this bit; -1: in none */
	uint8_t tk[16];	  /* legacy out of band */
	struct crypto_keypair keypair;
	uint8_t oob_random[16]; /* of its own out-of-band data */
	uint8_t program_oob_confirm[16], program_oob_random[16];
	struct reference_peer_keys own; /* random ones */

	/* Deviations. */
	uint8_t spoil;	    /* flips a bit in the PDU of this code... */
	unsigned spoil_nth; /* ...the nth of them, from 0 */
	void (*alter)(struct reference_peer *p, uint8_t *pdu); /* called before each PDU is sent */
	unsigned stop_at; /* sends nothing from its nth PDU on, counted from 1; 0: never stops */
	bool stop_unencrypted;	  /* stops before it starts or allows encryption */
	bool gives_up;		  /* stops, instead of failing the test, when a wait is in vain */
	uint64_t delay;		  /* microseconds before each PDU */
	bool accepts_any_confirm; /* accepts any confirm value of the program */
	bool users_away;	  /* no user answers prompts or types */
	void *ctx;		  /* of alter */

	/* Results. */
	uint8_t preq[7], pres[7];
	bool sc;
	uint8_t negotiated_size, negotiated_init, negotiated_resp;
	uint8_t nonce[16], program_nonce[16], confirm[16], program_confirm[16];
	uint8_t program_key[64];
	uint8_t ltk[16], full_ltk[16], mackey[16]; /* ltk: of this connection, shortened */
	uint32_t shown;				   /* the passkey used, or the number compared */
	struct reference_peer_keys received;
	unsigned sent;
	bool paired, stopped;
	uint8_t unsent[65]; /* the PDU that it did not send, when it stopped there */
	size_t unsent_len;
	uint8_t refused; /* the reason in the program's Pairing Failed, 0: none came */
	bool may_stop;
	jmp_buf stop;
};

/* Sets the defaults: legacy Just Works, bonding, all keys, a fresh key pair, responder. */
void reference_peer_begin(struct reference_peer *p, struct raw_peer *raw);

/*
 * Pairs. True: to the end. False: it stopped as configured (.stopped), or the program sent Pairing
 * Failed (.refused) and nothing afterwards. Anything else fails the test.
 */
bool reference_peer_pair(struct reference_peer *p);

/* The steps of reference_peer_pair(); a test may leave out or replace any of them. */
void reference_peer_features(struct reference_peer *p);
void reference_peer_users(struct reference_peer *p); /* passkeys are shown and typed */
void reference_peer_legacy_confirms(struct reference_peer *p);
void reference_peer_legacy_randoms(struct reference_peer *p);
void reference_peer_public_keys(struct reference_peer *p);
void reference_peer_nonces(
	struct reference_peer *p); /* Just Works, comparison (with its users), out of band */
void reference_peer_rounds(struct reference_peer *p);
void reference_peer_checks(struct reference_peer *p);
void reference_peer_encryption(struct reference_peer *p);
void reference_peer_keys(struct reference_peer *p);

/* Sends a PDU as the peer does, with its deviations. */
void reference_peer_send(struct reference_peer *p, uint8_t code, const void *parameters,
			 size_t len);
/* Sends Pairing Failed. */
void reference_peer_fail(struct reference_peer *p, uint8_t reason);

/* "confirm=HEX,random=HEX" of the peer's out-of-band data, for the program's --oob. */
const char *reference_peer_oob(struct reference_peer *p, char text[96]);
/* Takes the program's out-of-band data from its "oob" event. */
void reference_peer_take_oob(struct reference_peer *p);

/* The BR/EDR link key that belongs to this pairing (Part H 2.4.2.4). */
void reference_peer_link_key(const struct reference_peer *p, uint8_t key[16]);
