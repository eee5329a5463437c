/* SPDX-License-Identifier: MIT */
/*
 * Hash tables of a batch: units by what they must be (batch/match.h), and devices by the address
 * under which they were seen. A look-up takes the same time for any number of units.
 */
#pragma once

#include "batch/match.h"
#include "batch/unit.h"

/* A device that was seen, or that must not be connected. */
struct batch_device {
	struct crypto_address address;
	struct batch_unit *unit; /* NULL: excluded */
	struct batch_device *next;
};

struct batch_index {
	struct batch_queue *units; /* buckets, by key */
	size_t unit_mask, unit_count;
	struct batch_prefix_lengths lengths;
	struct batch_device **devices; /* buckets, by address */
	size_t device_mask, device_count;
	uint8_t (*irks)[16]; /* of excluded devices */
	size_t irk_count, irk_room;
};

/* 0, or -1: no memory. Free it in either case. */
int batch_index_init(struct batch_index *index);
/* Wipes the IRKs. */
void batch_index_free(struct batch_index *index);

/* Computes the key of a new unit and makes room for it. 0, or -1: no memory. */
int batch_index_register(struct batch_index *index, struct batch_unit *unit);
/* Gives the room of a unit back, which is in no bucket: the next one can be registered. */
void batch_index_unregister(struct batch_index *index);
/* Makes a registered unit findable; it must be in no queue. */
void batch_index_insert(struct batch_index *index, struct batch_unit *unit);
void batch_index_remove(struct batch_index *index, struct batch_unit *unit);
/*
 * The first inserted unit that the device matches and that this controller may connect; NULL: none.
 * Units that match and are bound to another controller are marked as heard elsewhere; one with an
 * address is the device, which is then no other unit.
 */
struct batch_unit *batch_index_find(const struct batch_index *index, size_t controller,
				    const struct batch_advertiser *advertiser);

/* The device of this address; NULL: it was never set. */
const struct batch_device *batch_index_device(const struct batch_index *index,
					      const struct crypto_address *address);
/* The device of this address is this unit; NULL: it is excluded. 0, or -1: no memory. */
int batch_index_set_device(struct batch_index *index, const struct crypto_address *address,
			   struct batch_unit *unit);

/* Excludes all resolvable addresses of this IRK (16 octets). 0, or -1: no memory. */
int batch_index_exclude_irk(struct batch_index *index, const uint8_t irk[16]);
/* True when the address is resolvable by an excluded IRK. Takes time for every IRK. */
bool batch_index_resolves(const struct batch_index *index, const struct crypto_address *address);
