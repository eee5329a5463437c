/* SPDX-License-Identifier: MIT */
/*
 * A device at the other end of the air (a lower tester) whose host is the test. It sends and
 * receives raw L2CAP frames in either role, records each with its time, and encrypts with the key
 * that the test sets. It cannot pair: sim/reference_peer.h does that with it.
 *
 * Functions that wait let time pass and fail the test when the awaited event does not happen.
 */
#pragma once

#include "sim/air.h"
#include "sim/world.h"

#define RAW_PEER_FRAMES	  512
#define RAW_PEER_FRAME	  80 /* octets of payload that are recorded: more than any SMP PDU has */
#define RAW_PEER_PATIENCE (5 * WORLD_S) /* less than any time-out of the program */

enum { RAW_PEER_SIGNALING = 5, RAW_PEER_ATT = 4, RAW_PEER_SMP = 6 }; /* fixed channels */

struct raw_peer_frame {
	uint64_t at;
	bool sent; /* by this peer */
	bool encrypted;
	uint16_t cid;
	size_t len;
	uint8_t data[RAW_PEER_FRAME];
};

struct raw_peer {
	struct air_device air;
	/* raw_peer_begin() sets defaults; a test may change them. */
	size_t fragment; /* octets of each fragment sent: 1 to 251, by default 27 */
	bool att_silent; /* does not answer ATT requests; otherwise with Error Response */
	bool ltk_silent; /* does not answer when asked for a key */
	bool has_ltk;	 /* peripheral: answers a request for a key with ltk; otherwise has none */
	uint8_t ltk[16];
	void (*received)(void *ctx, const struct raw_peer_frame *frame); /* or NULL */
	void *ctx;

	/* For tests to read. */
	struct air_link *link; /* NULL: none */
	bool central;
	unsigned links;			 /* how many so far */
	struct crypto_address peer;	 /* as on air */
	uint64_t linked_at, unlinked_at; /* world_now() */
	uint8_t unlinked_reason;
	unsigned encryptions;	   /* how often encryption was set or refreshed */
	uint8_t encryption_status; /* of the last attempt */
	bool ltk_wanted;	   /* a key was requested, with this Rand and EDIV: */
	uint8_t wanted_rand[8];
	uint16_t wanted_ediv;
	struct raw_peer_frame
		frames[RAW_PEER_FRAMES]; /* all that were sent and received on this link */
	size_t count, read;

	/* Private. */
	size_t have, want; /* octets of the incomplete frame */
	uint8_t rx[4 + 512];
};

/* Puts a device of this address ("C0:00:00:00:00:01/random") on the air. Memory: see air_add(). */
void raw_peer_begin(struct raw_peer *peer, const char *address);

/* Converts "AA:BB:CC:DD:EE:FF/public" to an address, and back to text. */
struct crypto_address raw_peer_address(const char *text);
const char *raw_peer_text(const struct crypto_address *address, char text[32]);

/* Advertises as a peripheral, connectable, until linked; does not wait. */
void raw_peer_advertise(struct raw_peer *peer);
/* Connects to that address as a central, and waits for the link. */
void raw_peer_connect(struct raw_peer *peer, const struct crypto_address *to);
/* Waits until there is a link. */
void raw_peer_linked(struct raw_peer *peer);
/* Waits until there is no link, and returns the reason that the peer received. */
uint8_t raw_peer_unlinked(struct raw_peer *peer, uint64_t limit);
void raw_peer_disconnect(struct raw_peer *peer, uint8_t reason);

/* Sends a whole L2CAP frame. */
void raw_peer_send(struct raw_peer *peer, uint16_t cid, const void *payload, size_t len);
/* Sends these octets unchanged as one fragment. */
void raw_peer_send_raw(struct raw_peer *peer, bool start, const void *data, size_t len);

/* The next unread frame of that channel; waits up to limit. NULL: no frame arrived. */
const struct raw_peer_frame *raw_peer_receive(struct raw_peer *peer, uint16_t cid, uint64_t limit);
/* True: an SMP PDU is unread. */
bool raw_peer_unread(struct raw_peer *peer);
/* The next SMP PDU must have this code. Returns its parameters. */
const uint8_t *raw_peer_expect(struct raw_peer *peer, uint8_t code);
/* The next SMP PDU must be Pairing Failed with this reason, and none may follow. */
void raw_peer_expect_failed(struct raw_peer *peer, uint8_t reason);
/* Fails if an SMP PDU is unread or arrives during that time. */
void raw_peer_expect_silence(struct raw_peer *peer, uint64_t duration);
/* The number of SMP PDUs of that code received on this link; code 0: any code. */
size_t raw_peer_count(const struct raw_peer *peer, uint8_t code);

/* Central: encrypts with that key and waits. Returns 0 or the HCI error. */
uint8_t raw_peer_encrypt(struct raw_peer *peer, const uint8_t ltk[16], const uint8_t rand[8],
			 uint16_t ediv);
/* Waits until encryption was set or refreshed that many times. */
void raw_peer_encrypted(struct raw_peer *peer, unsigned times);
