/* SPDX-License-Identifier: MIT */
/*
 * Whether a device that advertises is the unit that is wanted, and under which keys to look for the
 * wanted among ten thousand: a unit lies under one key, a device has few, whatever their number.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/list.h"

#define BATCH_SERVICES_MAX 16

/* What a device says of itself, borrowed from its advertising data. */
struct batch_advertiser {
	struct crypto_address address;
	bool connectable;
	int8_t rssi; /* dBm, 127: not known */
	const uint8_t *name;
	size_t name_len;
	const uint8_t *maker; /* company, then its data; NULL: none */
	size_t maker_len;
	uint8_t services[BATCH_SERVICES_MAX][16]; /* wire order */
	size_t service_count;
};

/* Adds what stands in advertising or scan response data. */
void batch_sight_add(struct batch_advertiser *sight, const uint8_t *data, size_t len);

/* True when it is what is wanted, in every point that is said. */
bool batch_fits(const struct batch_unit_spec *want, const struct batch_advertiser *sight);

/* The whole name for a pattern in which * is any text and ? any octet. */
bool batch_glob(const char *pattern, const uint8_t *name, size_t len);

/* How long the beginnings are that wanted names and data have: bit n, n octets. */
struct batch_lengths {
	uint64_t names;
	uint32_t makers;
};

/* The key that a unit lies under; its lengths are added. */
uint64_t batch_key(const struct batch_unit_spec *want, struct batch_lengths *lengths);

/* The most keys of one device. */
#define BATCH_KEYS_MAX (3 + 64 + 32 + BATCH_SERVICES_MAX)

/* The keys under which a unit may lie that this device is; returns how many. */
size_t batch_keys(const struct batch_advertiser *sight, const struct batch_lengths *lengths,
		  uint64_t keys[BATCH_KEYS_MAX]);

/* Of an address, its type left aside. */
uint64_t batch_address_key(const struct crypto_address *address);
