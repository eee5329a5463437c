/* SPDX-License-Identifier: MIT */
/*
 * A device that pairs by itself, driven by events of the world, so that thousands can be on the air
 * at once: a link layer, L2CAP, and the engine of smp/ in the role that its link gives it. It is a
 * peer for load tests and does not verify the engine: sim/reference_peer.h does.
 *
 * Its user answers at once: types the configured passkey, and confirms every number.
 */
#pragma once

#include "l2cap/l2cap.h"
#include "sim/air.h"
#include "sim/gatt.h"
#include "smp/smp.h"

struct sim_device {
	struct air_device air;
	/* sim_device_begin() sets defaults; a test may change them. */
	enum smp_io io;
	enum smp_mitm mitm;
	enum smp_sc sc;
	uint32_t passkey; /* shown or typed */
	struct smp_oob oob;
	struct crypto_address identity;	      /* the identity address that it distributes */
	const struct crypto_keypair *keypair; /* NULL: a fresh one */
	const char *name;		      /* advertised; NULL: none */
	struct sim_gatt *gatt;		      /* its attributes; NULL: it has none */
	uint64_t asks_after; /* microseconds after the first ATT request: a Security Request; 0:
				none */
	void (*settled)(void *ctx,
			struct sim_device *device); /* called when paired or failed; or NULL */
	void *ctx;

	/* For tests to read. */
	bool paired;
	bool has_bond;	      /* of its last pairing: it gives the central the key again */
	struct smp_keys bond; /* what it distributed then */
	struct smp_keys received;
	enum security_level bond_level;
	unsigned used; /* how often it gave it */
	unsigned links, pairings, failures;
	struct smp_failure failure;	  /* the last one */
	uint64_t linked_at, paired_at;	  /* world_now() */
	uint64_t first_event, last_event; /* connection events of the first and last SMP PDU */
	uint64_t att_first, att_last;	  /* those of the first and last ATT request on this link */

	/* Private. */
	struct air_link *link;
	struct l2cap l2cap;
	struct smp smp;
	bool encrypted;
};

/* Puts a device of that address on the air. Memory: see air_add(). */
void sim_device_begin(struct sim_device *device, const struct crypto_address *address);

/* Advertises, connectable, until linked; advertises again when a link ends without a pairing, or is
 * lost. */
void sim_device_advertise(struct sim_device *device);

/* One ATT PDU, if there is a link: for the .send of its attributes. */
void sim_device_send_att(struct sim_device *device, const uint8_t *pdu, size_t len);

/* Closes its link. */
void sim_device_leave(struct sim_device *device, uint8_t reason);

/* Connects to that address as a central, and pairs. */
void sim_device_connect(struct sim_device *device, const struct crypto_address *to);
