/* SPDX-License-Identifier: MIT */
/*
 * Whether a device that advertises matches what a unit must be, and the hash keys to find the unit:
 * each unit has one key, each device a few, for any number of units.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch/spec.h"
#include "hci/phy.h"
#include "runtime/own_identity.h"

#define BATCH_SERVICES_MAX 16

/* A device, from its advertising data. Pointers are borrowed from that data. */
struct batch_advertiser {
	struct crypto_address address;
	bool connectable;
	enum own_target target; /* not US: it does not answer us */
	struct hci_phy_seen phy;
	int8_t rssi;	     /* dBm, 127: not known */
	const uint8_t *name; /* NULL: none */
	size_t name_len;
	const uint8_t *manufacturer; /* company identifier, then its data; NULL: none */
	size_t manufacturer_len;
	uint8_t services[BATCH_SERVICES_MAX][16]; /* 128-bit UUIDs, wire order */
	size_t service_count;
};

/* Adds advertising or scan response data (Core Vol 3 Part C 11). Data must stay. */
void batch_advertiser_add_data(struct batch_advertiser *advertiser, const uint8_t *data,
			       size_t len);

/* True when the device matches every field that the specification has. */
bool batch_matches(const struct batch_unit_spec *spec, const struct batch_advertiser *advertiser);

/* True when the pattern matches the whole name: * is any text, ? any octet. */
bool batch_glob(const char *pattern, const uint8_t *name, size_t len);

/* The lengths of all prefixes that specifications have; bit n: n octets. */
struct batch_prefix_lengths {
	uint64_t names;
	uint32_t manufacturers;
};

/* The key of a unit. Adds the length of its prefix to lengths. */
uint64_t batch_spec_key(const struct batch_unit_spec *spec, struct batch_prefix_lengths *lengths);

/* The most keys of one device: address, any, name, prefixes of the name and of the data, services.
 */
#define BATCH_KEYS_MAX (3 + 64 + (BATCH_MANUFACTURER_MAX + 1) + BATCH_SERVICES_MAX)

/* The keys of all units that the device can match. Returns how many. */
size_t batch_advertiser_keys(const struct batch_advertiser *advertiser,
			     const struct batch_prefix_lengths *lengths,
			     uint64_t keys[BATCH_KEYS_MAX]);

/* The key of an address of either type. */
uint64_t batch_address_key(const struct crypto_address *address);
