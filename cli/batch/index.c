/* SPDX-License-Identifier: MIT */
#include "batch/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "crypto/bytes.h"

/* The bucket of a key; mask: a power of two, less one. */
static size_t bucket_of(uint64_t key, size_t mask)
{
	return (size_t)(key ^ key >> 32) & mask;
}

/* ---- Units by key ---------------------------------------------------------------------------- */

static struct batch_queue *unit_bucket(const struct batch_index *x, uint64_t key)
{
	return &x->units[bucket_of(key, x->unit_mask)];
}

/* Twice as many buckets; what was in them stays in order. */
static int grow_units(struct batch_index *x)
{
	const size_t old_mask = x->unit_mask;
	struct batch_queue *old = x->units, *grown = calloc(2 * old_mask + 2, sizeof(*grown));
	struct batch_unit *unit;

	if (!grown)
		return -1;
	x->units = grown;
	x->unit_mask = 2 * old_mask + 1;
	for (size_t i = 0; old && i <= old_mask; i++)
		while ((unit = old[i].first)) {
			batch_queue_remove(&old[i], unit);
			batch_queue_append(unit_bucket(x, unit->key), unit);
		}
	free(old);
	return 0;
}

int batch_index_register(struct batch_index *x, struct batch_unit *unit)
{
	if (x->unit_count > x->unit_mask && grow_units(x))
		return -1;
	x->unit_count++;
	unit->key = batch_spec_key(&unit->spec, &x->lengths);
	return 0;
}

void batch_index_unregister(struct batch_index *x)
{
	x->unit_count--;
}

void batch_index_insert(struct batch_index *x, struct batch_unit *unit)
{
	batch_queue_append(unit_bucket(x, unit->key), unit);
}

void batch_index_remove(struct batch_index *x, struct batch_unit *unit)
{
	batch_queue_remove(unit_bucket(x, unit->key), unit);
}

struct batch_unit *batch_index_find(const struct batch_index *x, size_t controller,
				    const struct batch_advertiser *advertiser)
{
	uint64_t keys[BATCH_KEYS_MAX];
	size_t count = batch_advertiser_keys(advertiser, &x->lengths, keys);

	for (size_t i = 0; i < count; i++)
		for (struct batch_unit *u = unit_bucket(x, keys[i])->first; u; u = u->next) {
			if (u->key != keys[i] || !batch_matches(&u->spec, advertiser))
				continue;
			if (batch_unit_allows(u, controller))
				return u;
			u->heard_elsewhere = true;
			if (u->spec.has_address)
				return NULL; /* an address belongs to one device */
		}
	return NULL;
}

/* ---- Devices by address ---------------------------------------------------------------------- */

static struct batch_device **device_bucket(const struct batch_index *x,
					   const struct crypto_address *address)
{
	return &x->devices[bucket_of(batch_address_key(address), x->device_mask)];
}

static void push_device(const struct batch_index *x, struct batch_device *device)
{
	struct batch_device **bucket = device_bucket(x, &device->address);

	device->next = *bucket;
	*bucket = device;
}

static int grow_devices(struct batch_index *x)
{
	const size_t old_mask = x->device_mask;
	struct batch_device **old = x->devices, **grown = calloc(2 * old_mask + 2, sizeof(void *));
	struct batch_device *device;

	if (!grown)
		return -1;
	x->devices = grown;
	x->device_mask = 2 * old_mask + 1;
	for (size_t i = 0; old && i <= old_mask; i++)
		while ((device = old[i])) {
			old[i] = device->next;
			push_device(x, device);
		}
	free(old);
	return 0;
}

static struct batch_device *find_device(const struct batch_index *x,
					const struct crypto_address *address)
{
	struct batch_device *device = *device_bucket(x, address);

	while (device && !address_equal(&device->address, address))
		device = device->next;
	return device;
}

const struct batch_device *batch_index_device(const struct batch_index *x,
					      const struct crypto_address *address)
{
	return find_device(x, address);
}

int batch_index_set_device(struct batch_index *x, const struct crypto_address *address,
			   struct batch_unit *unit)
{
	struct batch_device *device = find_device(x, address);

	if (!device) {
		if (x->device_count > x->device_mask && grow_devices(x))
			return -1;
		device = calloc(1, sizeof(*device));
		if (!device)
			return -1;
		device->address = *address;
		push_device(x, device);
		x->device_count++;
	}
	device->unit = unit;
	return 0;
}

/* ---- Identities ------------------------------------------------------------------------------ */

static int grow_irks(struct batch_index *x)
{
	const size_t room = x->irk_room ? 2 * x->irk_room : 64;
	uint8_t(*grown)[16] = calloc(room, sizeof(*grown));

	if (!grown)
		return -1;
	if (x->irks) {
		memcpy(grown, x->irks, sizeof(*grown) * x->irk_count);
		bytes_wipe(x->irks, sizeof(*grown) * x->irk_room);
	}
	free(x->irks);
	x->irks = grown;
	x->irk_room = room;
	return 0;
}

int batch_index_exclude_irk(struct batch_index *x, const uint8_t irk[16])
{
	if (x->irk_count == x->irk_room && grow_irks(x))
		return -1;
	memcpy(x->irks[x->irk_count++], irk, 16);
	return 0;
}

bool batch_index_resolves(const struct batch_index *x, const struct crypto_address *address)
{
	if (!address_is_resolvable(address))
		return false;
	for (size_t i = 0; i < x->irk_count; i++)
		if (address_resolves(address, x->irks[i]))
			return true;
	return false;
}

/* ---- As a whole ------------------------------------------------------------------------------ */

int batch_index_init(struct batch_index *x)
{
	memset(x, 0, sizeof(*x));
	return grow_units(x) || grow_devices(x) ? -1 : 0;
}

void batch_index_free(struct batch_index *x)
{
	for (size_t i = 0; x->devices && i <= x->device_mask; i++) {
		struct batch_device *device = x->devices[i], *next;
		for (; device; device = next) {
			next = device->next;
			free(device);
		}
	}
	free(x->devices);
	free(x->units);
	if (x->irks)
		bytes_wipe(x->irks, sizeof(*x->irks) * x->irk_room);
	free(x->irks);
}
