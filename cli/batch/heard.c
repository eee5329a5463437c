/* SPDX-License-Identifier: MIT */
#include "batch/heard.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "crypto/bytes.h"

static struct heard_device *find(struct heard *h, const struct crypto_address *address)
{
	for (size_t i = 0; i < h->count; i++)
		if (address_equal(&h->devices[i].address, address))
			return &h->devices[i];
	return NULL;
}

static struct heard_device *place(struct heard *h)
{
	struct heard_device *d = h->devices;

	if (h->count < HEARD_MAX)
		return &h->devices[h->count++];
	for (size_t i = 1; i < HEARD_MAX; i++)
		if (h->devices[i].last < d->last)
			d = &h->devices[i];
	json_decref(d->held);
	return d;
}

static bool has_service(const struct heard_device *d, const uint8_t uuid[16])
{
	for (size_t i = 0; i < d->service_count; i++)
		if (bytes_equal(d->services[i], uuid, 16))
			return true;
	return false;
}

/* What is not in this advertisement stays as it was. */
static void keep_data(struct heard_device *d, const struct hci_advertisement *a)
{
	struct batch_advertiser part = {.rssi = a->rssi};

	batch_advertiser_add_data(&part, a->data, a->len);
	if (part.name && part.name_len < sizeof(d->name)) {
		memset(d->name, 0, sizeof(d->name));
		memcpy(d->name, part.name, part.name_len);
		d->name_len = part.name_len;
		d->has_name = true;
	}
	if (part.manufacturer) {
		d->manufacturer_len = part.manufacturer_len < sizeof(d->manufacturer)
					      ? part.manufacturer_len
					      : sizeof(d->manufacturer);
		memcpy(d->manufacturer, part.manufacturer, d->manufacturer_len);
	}
	for (size_t i = 0; i < part.service_count; i++)
		if (d->service_count < BATCH_SERVICES_MAX && !has_service(d, part.services[i]))
			memcpy(d->services[d->service_count++], part.services[i], 16);
}

struct heard_device *heard_add(struct heard *h, const struct hci_advertisement *a,
			       enum own_target target, uint64_t now, bool *news)
{
	struct crypto_address address = {.type = a->address_type};
	const uint8_t phy = hci_phy_set(a->phy.primary);

	memcpy(address.octets, a->address, sizeof(address.octets));
	struct heard_device *d = find(h, &address);
	*news = !d || a->len > d->known || (phy & ~d->phys) != 0;
	if (!d) {
		d = place(h);
		*d = (struct heard_device){.address = address, .first = now};
	}
	d->last = now;
	d->phys |= phy;
	d->rssi = a->rssi;
	d->known = a->len > d->known ? a->len : d->known;
	d->answers |= a->scan_response || !a->scannable;
	if (!a->scan_response) {
		d->seen++;
		d->connectable = a->connectable;
		d->directed = a->directed;
		d->target = target;
	}
	keep_data(d, a);
	return d;
}

struct batch_advertiser heard_advertiser(const struct heard_device *d)
{
	struct batch_advertiser all = {
		.address = d->address,
		.connectable = d->connectable,
		.target = d->target,
		.rssi = d->rssi,
		.name = d->has_name ? (const uint8_t *)d->name : NULL,
		.name_len = d->name_len,
		.manufacturer = d->manufacturer_len ? d->manufacturer : NULL,
		.manufacturer_len = d->manufacturer_len,
		.service_count = d->service_count,
	};

	memcpy(all.services, d->services, sizeof(all.services));
	return all;
}

void heard_free(struct heard *h)
{
	for (size_t i = 0; i < h->count; i++)
		json_decref(h->devices[i].held);
	h->count = 0;
}

/* ---- Orders ---------------------------------------------------------------------------------- */

typedef const struct heard_device *device;

static int by_first(const void *one, const void *other)
{
	const device a = *(const device *)one, b = *(const device *)other;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return memcmp(&a->address, &b->address, sizeof(a->address));
}

static int by_rssi(const void *one, const void *other)
{
	const device a = *(const device *)one, b = *(const device *)other;
	/* 127: not known, the last. */
	const int left = a->rssi == 127 ? -128 : a->rssi, right = b->rssi == 127 ? -128 : b->rssi;

	return left != right ? right - left : by_first(one, other);
}

static int by_name(const void *one, const void *other)
{
	const device a = *(const device *)one, b = *(const device *)other;
	const int order = strcmp(a->name, b->name);

	if (!*a->name != !*b->name)
		return *a->name ? -1 : 1;
	return order ? order : by_first(one, other);
}

static int by_address(const void *one, const void *other)
{
	const device a = *(const device *)one, b = *(const device *)other;

	for (size_t i = sizeof(a->address.octets); i-- > 0;)
		if (a->address.octets[i] != b->address.octets[i])
			return a->address.octets[i] - b->address.octets[i];
	return a->address.type - b->address.type;
}

static int by_seen(const void *one, const void *other)
{
	const device a = *(const device *)one, b = *(const device *)other;

	if (a->seen != b->seen)
		return a->seen > b->seen ? -1 : 1;
	return by_first(one, other);
}

size_t heard_sort(const struct heard *h, enum scan_order order,
		  const struct heard_device *list[HEARD_MAX])
{
	static int (*const orders[])(const void *, const void *) = {
		[SCAN_BY_HEARD] = by_first,	[SCAN_BY_RSSI] = by_rssi, [SCAN_BY_NAME] = by_name,
		[SCAN_BY_ADDRESS] = by_address, [SCAN_BY_SEEN] = by_seen,
	};
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++)
		if (h->devices[i].matched)
			list[count++] = &h->devices[i];
	/* qsort() of nothing is no call with NULL. */
	if (count)
		qsort(list, count, sizeof(device), orders[order]);
	return count;
}
