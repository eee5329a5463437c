/* SPDX-License-Identifier: MIT */
/*
 * A device that pairs by itself, as events of the world, so that thousands of them can be on the
 * air at once: a link layer, L2CAP, and the engine of smp/ in the role that its link gives it. It
 * is there to be paired with, not to prove the engine: sim/reference_peer.h is for that.
 *
 * Its user is quick: types the passkey that it is set to, and finds numbers equal.
 */
#pragma once

#include "l2cap/l2cap.h"
#include "sim/air.h"
#include "smp/smp.h"

struct sim_device {
	struct air_device air;
	/* To be set, or left: sim_device_begin() sets what is usual. */
	enum smp_io io;
	enum smp_mitm mitm;
	enum smp_sc sc;
	uint32_t passkey; /* that it shows, or types */
	struct smp_oob oob;
	struct crypto_address identity;	      /* that it distributes: its address */
	const struct crypto_keypair *keypair; /* NULL: a fresh one */
	const char *name;		      /* to advertise, NULL: none */
	void (*settled)(void *ctx, struct sim_device *device); /* paired or failed, or NULL */
	void *ctx;

	/* To be looked at. */
	bool paired;
	unsigned links, pairings, failures;
	struct smp_failure failure;	  /* the last one */
	uint64_t linked_at, paired_at;	  /* world_now() */
	uint64_t first_event, last_event; /* connection events of the first and last SMP PDU */

	/* Its own. */
	struct air_link *link;
	struct l2cap l2cap;
	struct smp smp;
};

/* On the air, with that address; memory as of air_add(). */
void sim_device_begin(struct sim_device *device, const struct crypto_address *address);

/* Advertises, connectable, until it is linked; again when a link ended before it was paired. */
void sim_device_advertise(struct sim_device *device);

/* As a central: connects to that address, and pairs. */
void sim_device_connect(struct sim_device *device, const struct crypto_address *to);
