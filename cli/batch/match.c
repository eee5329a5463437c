/* SPDX-License-Identifier: MIT */
#include "batch/match.h"

#include <string.h>

#include "base/address.h"
#include "base/hash.h"
#include "crypto/bytes.h"
#include "hci/advertising.h"

/* ---- Advertising data ------------------------------------------------------------------------ */

/* A list of UUIDs of len octets each; a rest that is shorter is ignored. */
static void add_services(struct batch_advertiser *device, const struct hci_ad *ad, size_t len)
{
	/* The Bluetooth Base UUID, Core Vol 3 Part B 2.5.1, in wire order. */
	static const uint8_t base[16] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10};

	for (size_t i = 0; i + len <= ad->len && device->service_count < BATCH_SERVICES_MAX;
	     i += len) {
		uint8_t *uuid = device->services[device->service_count++];
		memcpy(uuid, base, 16);
		memcpy(uuid + (len == 16 ? 0 : 12), ad->data + i, len);
	}
}

void batch_advertiser_add_data(struct batch_advertiser *device, const uint8_t *data, size_t len)
{
	struct hci_ad ad;
	size_t at = 0;

	while (hci_ad_next(data, len, &at, &ad)) {
		switch (ad.type) {
		case HCI_AD_NAME:
		case HCI_AD_NAME_SHORT:
			device->name = ad.data;
			device->name_len = ad.len;
			break;
		case HCI_AD_MANUFACTURER:
			if (ad.len < 2)
				break;
			device->manufacturer = ad.data;
			device->manufacturer_len = ad.len;
			break;
		case HCI_AD_UUID16_SOME:
		case HCI_AD_UUID16_ALL:
			add_services(device, &ad, 2);
			break;
		case HCI_AD_UUID32_SOME:
		case HCI_AD_UUID32_ALL:
			add_services(device, &ad, 4);
			break;
		case HCI_AD_UUID128_SOME:
		case HCI_AD_UUID128_ALL:
			add_services(device, &ad, 16);
			break;
		default:
			break;
		}
	}
}

/* ---- Matching -------------------------------------------------------------------------------- */

bool batch_glob(const char *pattern, const uint8_t *name, size_t len)
{
	/* The last *, which takes one octet more whenever the rest does not match. */
	const char *star = NULL;
	size_t i = 0, taken = 0;

	while (i < len) {
		if (*pattern == '*') {
			star = pattern++;
			taken = i;
		} else if (*pattern && (*pattern == '?' || (uint8_t)*pattern == name[i])) {
			pattern++;
			i++;
		} else if (star) {
			pattern = star + 1;
			i = ++taken;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

static bool has_service(const struct batch_advertiser *s, const uint8_t uuid[16])
{
	for (size_t i = 0; i < s->service_count; i++)
		if (bytes_equal(s->services[i], uuid, 16))
			return true;
	return false;
}

static bool has_manufacturer(const struct batch_advertiser *s, const struct batch_unit_spec *spec)
{
	return s->manufacturer && bytes_get_le16(s->manufacturer) == spec->company &&
	       s->manufacturer_len >= 2 + (size_t)spec->manufacturer_len &&
	       bytes_equal(s->manufacturer + 2, spec->manufacturer, spec->manufacturer_len);
}

bool batch_matches(const struct batch_unit_spec *spec, const struct batch_advertiser *s)
{
	if (spec->has_address && (!address_same_octets(&spec->address, &s->address) ||
				  (spec->typed && spec->address.type != s->address.type)))
		return false;
	if (spec->name && !(s->name && batch_glob(spec->name, s->name, s->name_len)))
		return false;
	if (spec->has_service && !has_service(s, spec->service))
		return false;
	if (spec->has_manufacturer && !has_manufacturer(s, spec))
		return false;
	/* A signal strength that is not known excludes no device. */
	return !spec->has_rssi || s->rssi == 127 || s->rssi >= spec->rssi;
}

/* ---- Keys ------------------------------------------------------------------------------------ */

enum key_kind { KEY_ADDRESS, KEY_NAME, KEY_NAME_PREFIX, KEY_MANUFACTURER, KEY_SERVICE, KEY_ANY };

static uint64_t key(enum key_kind kind, const void *octets, size_t len)
{
	return hash_fnv1a64(octets, len) + (uint64_t)kind;
}

#define NAME_PREFIX_MAX 63

uint64_t batch_address_key(const struct crypto_address *address)
{
	return key(KEY_ADDRESS, address->octets, 6);
}

/* By the most specific field. */
uint64_t batch_spec_key(const struct batch_unit_spec *spec, struct batch_prefix_lengths *lengths)
{
	if (spec->has_address)
		return batch_address_key(&spec->address);
	if (spec->name) {
		size_t len = strcspn(spec->name, "*?");
		if (!spec->name[len])
			return key(KEY_NAME, spec->name, len);
		len = len < NAME_PREFIX_MAX ? len : NAME_PREFIX_MAX;
		lengths->names |= 1ULL << len;
		return key(KEY_NAME_PREFIX, spec->name, len);
	}
	if (spec->has_manufacturer) {
		uint8_t prefix[2 + BATCH_MANUFACTURER_MAX];
		bytes_put_le16(prefix, spec->company);
		memcpy(prefix + 2, spec->manufacturer, spec->manufacturer_len);
		lengths->manufacturers |= 1U << spec->manufacturer_len;
		return key(KEY_MANUFACTURER, prefix, 2 + (size_t)spec->manufacturer_len);
	}
	return spec->has_service ? key(KEY_SERVICE, spec->service, 16) : key(KEY_ANY, NULL, 0);
}

size_t batch_advertiser_keys(const struct batch_advertiser *s,
			     const struct batch_prefix_lengths *lengths,
			     uint64_t keys[BATCH_KEYS_MAX])
{
	size_t n = 0;

	keys[n++] = batch_address_key(&s->address);
	keys[n++] = key(KEY_ANY, NULL, 0);
	if (s->name)
		keys[n++] = key(KEY_NAME, s->name, s->name_len);
	for (size_t len = 0; s->name && len <= NAME_PREFIX_MAX && len <= s->name_len; len++)
		if (lengths->names >> len & 1)
			keys[n++] = key(KEY_NAME_PREFIX, s->name, len);
	for (size_t len = 0;
	     s->manufacturer && len <= BATCH_MANUFACTURER_MAX && 2 + len <= s->manufacturer_len;
	     len++)
		if (lengths->manufacturers >> len & 1)
			keys[n++] = key(KEY_MANUFACTURER, s->manufacturer, 2 + len);
	for (size_t i = 0; i < s->service_count; i++)
		keys[n++] = key(KEY_SERVICE, s->services[i], 16);
	return n;
}
