/* SPDX-License-Identifier: MIT */
/*
 * The lower tester: a device at the other end of the air, of which the test is the host. It sends
 * and receives raw L2CAP frames in either role, remembers each with its time, and gives or asks for
 * the keys that it is told. It knows nothing of pairing: see sim/reference_peer.h for that.
 *
 * Functions that wait let the world turn and fail the test when what they wait for does not come.
 */
#pragma once

#include "sim/air.h"
#include "sim/world.h"

#define RAW_PEER_FRAMES	  512
#define RAW_PEER_FRAME	  80 /* octets of payload that are kept: more than any SMP PDU has */
#define RAW_PEER_PATIENCE (5 * WORLD_S) /* less than any time-out of the program */

enum { RAW_PEER_SIGNALING = 5, RAW_PEER_ATT = 4, RAW_PEER_SMP = 6 }; /* fixed channels */

struct raw_peer_frame {
	uint64_t at;
	bool sent; /* by the tester */
	bool encrypted;
	uint16_t cid;
	size_t len;
	uint8_t data[RAW_PEER_FRAME];
};

struct raw_peer {
	struct air_device air;
	/* To be set, or left. */
	size_t fragment; /* octets of each fragment sent: 1 to 251, 27 */
	bool att_silent; /* does not answer ATT requests, else by Error Response */
	bool ltk_silent; /* does not answer when asked for a key */
	bool has_ltk;	 /* peripheral: gives this one when asked for a key, else says no */
	uint8_t ltk[16];
	void (*received)(void *ctx, const struct raw_peer_frame *frame); /* or NULL */
	void *ctx;

	/* To be looked at. */
	struct air_link *link; /* NULL: none */
	bool central;
	unsigned links;			 /* how many so far */
	struct crypto_address peer;	 /* as on air */
	uint64_t linked_at, unlinked_at; /* world_now() */
	uint8_t unlinked_reason;
	unsigned encryptions;	   /* how often encryption was set or refreshed */
	uint8_t encryption_status; /* of the last attempt */
	bool ltk_wanted;	   /* the key was asked for, by these names: */
	uint8_t wanted_rand[8];
	uint16_t wanted_ediv;
	struct raw_peer_frame frames[RAW_PEER_FRAMES]; /* all that came and went on this link */
	size_t count, read;

	/* Its own. */
	size_t have, want; /* of the frame that is arriving */
	uint8_t rx[4 + 512];
};

/* A device of this address ("C0:00:00:00:00:01/random") on the air; memory as of air_add(). */
void raw_peer_begin(struct raw_peer *tester, const char *address);

/* "AA:BB:CC:DD:EE:FF/public" to an address, and back into text. */
struct crypto_address raw_peer_address(const char *text);
const char *raw_peer_text(const struct crypto_address *address, char text[32]);

/* As a peripheral: advertises, connectable, until it is linked; does not wait. */
void raw_peer_advertise(struct raw_peer *tester);
/* As a central: connects to that address, and waits for the link. */
void raw_peer_connect(struct raw_peer *tester, const struct crypto_address *to);
/* Waits until there is a link. */
void raw_peer_linked(struct raw_peer *tester);
/* Waits until there is none, and returns the reason that the tester heard. */
uint8_t raw_peer_unlinked(struct raw_peer *tester, uint64_t limit);
void raw_peer_disconnect(struct raw_peer *tester, uint8_t reason);

/* Sends a whole L2CAP frame. */
void raw_peer_send(struct raw_peer *tester, uint16_t cid, const void *payload, size_t len);
/* The octets as they are, as one fragment. */
void raw_peer_send_raw(struct raw_peer *tester, bool start, const void *data, size_t len);

/* The next frame of that channel that was not read yet, waiting up to limit; NULL: none came. */
const struct raw_peer_frame *raw_peer_receive(struct raw_peer *tester, uint16_t cid,
					      uint64_t limit);
/* An SMP PDU is waiting to be read. */
bool raw_peer_unread(struct raw_peer *tester);
/* The next SMP PDU must be this one: its parameters, behind the code. */
const uint8_t *raw_peer_expect(struct raw_peer *tester, uint8_t code);
/* The next SMP PDU must be Pairing Failed of this reason, and none follow. */
void raw_peer_expect_failed(struct raw_peer *tester, uint8_t reason);
/* No SMP PDU comes during that time (none that was not read is waiting either). */
void raw_peer_expect_silence(struct raw_peer *tester, uint64_t duration);
/* How many SMP PDUs of that code the tester received on this link; code 0: of any. */
size_t raw_peer_count(const struct raw_peer *tester, uint8_t code);

/* Central: encrypts with that key, and waits: 0, or the error that came instead. */
uint8_t raw_peer_encrypt(struct raw_peer *tester, const uint8_t ltk[16], const uint8_t rand[8],
			 uint16_t ediv);
/* Waits until the link has been encrypted that often. */
void raw_peer_encrypted(struct raw_peer *tester, unsigned times);
