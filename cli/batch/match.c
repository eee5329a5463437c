/* SPDX-License-Identifier: MIT */
#include "batch/match.h"

#include <string.h>

#include "crypto/bytes.h"
#include "hci/advertising.h"

/* ---- What a device says ---------------------------------------------------------------------- */

static void add_service(struct batch_advertiser *s, const uint8_t *uuid, size_t len)
{
	/* The Bluetooth Base UUID, Core Vol 3 Part B 2.5.1, in wire order. */
	static const uint8_t base[16] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10};

	if (s->service_count == BATCH_SERVICES_MAX)
		return;
	uint8_t *to = s->services[s->service_count++];
	memcpy(to, base, 16);
	memcpy(to + (len == 16 ? 0 : 12), uuid, len);
}

void batch_sight_add(struct batch_advertiser *s, const uint8_t *data, size_t len)
{
	struct hci_ad ad;
	size_t at = 0;

	while (hci_ad_next(data, len, &at, &ad)) {
		switch (ad.type) {
		case HCI_AD_NAME:
		case HCI_AD_NAME_SHORT:
			s->name = ad.data;
			s->name_len = ad.len;
			break;
		case HCI_AD_MANUFACTURER:
			if (ad.len < 2)
				break;
			s->maker = ad.data;
			s->maker_len = ad.len;
			break;
		case HCI_AD_UUID16_SOME:
		case HCI_AD_UUID16_ALL:
			for (size_t i = 0; i + 2 <= ad.len; i += 2)
				add_service(s, ad.data + i, 2);
			break;
		case HCI_AD_UUID32_SOME:
		case HCI_AD_UUID32_ALL:
			for (size_t i = 0; i + 4 <= ad.len; i += 4)
				add_service(s, ad.data + i, 4);
			break;
		case HCI_AD_UUID128_SOME:
		case HCI_AD_UUID128_ALL:
			for (size_t i = 0; i + 16 <= ad.len; i += 16)
				add_service(s, ad.data + i, 16);
			break;
		default:
			break;
		}
	}
}

/* ---- Whether it fits ------------------------------------------------------------------------- */

bool batch_glob(const char *pattern, const uint8_t *name, size_t len)
{
	const char *star = NULL; /* the last one, which takes more when what follows does not fit */
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

static bool has_maker(const struct batch_advertiser *s, const struct batch_unit_spec *w)
{
	return s->maker && bytes_get_le16(s->maker) == w->company &&
	       s->maker_len >= 2 + (size_t)w->maker_len &&
	       bytes_equal(s->maker + 2, w->maker, w->maker_len);
}

bool batch_fits(const struct batch_unit_spec *w, const struct batch_advertiser *s)
{
	if (w->has_address && (!address_same_octets(&w->address, &s->address) ||
			       (w->typed && w->address.type != s->address.type)))
		return false;
	if (w->name && !(s->name && batch_glob(w->name, s->name, s->name_len)))
		return false;
	if (w->has_service && !has_service(s, w->service))
		return false;
	if (w->has_maker && !has_maker(s, w))
		return false;
	/* Who cannot measure does not keep anybody out. */
	return !w->has_rssi || s->rssi == 127 || s->rssi >= w->rssi;
}

/* ---- Keys: FNV-1a, 64 bits, of the kind and the octets ----------------------------------------
 */

enum key_kind { KEY_ADDRESS, KEY_NAME, KEY_NAME_BEGINS, KEY_MAKER, KEY_SERVICE, KEY_ANY };

static uint64_t key(enum key_kind kind, const void *octets, size_t len)
{
	const uint8_t *p = octets;
	uint64_t hash = (0xcbf29ce484222325 ^ (uint64_t)kind) * 0x100000001b3;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x100000001b3;
	return hash;
}

#define NAME_BEGINS_MAX 63

uint64_t batch_address_key(const struct crypto_address *address)
{
	return key(KEY_ADDRESS, address->octets, 6);
}

/* What tells most comes first. */
uint64_t batch_key(const struct batch_unit_spec *w, struct batch_lengths *lengths)
{
	if (w->has_address)
		return batch_address_key(&w->address);
	if (w->name) {
		size_t len = strcspn(w->name, "*?");
		if (!w->name[len])
			return key(KEY_NAME, w->name, len);
		len = len < NAME_BEGINS_MAX ? len : NAME_BEGINS_MAX;
		lengths->names |= 1ULL << len;
		return key(KEY_NAME_BEGINS, w->name, len);
	}
	if (w->has_maker) {
		uint8_t whole[2 + BATCH_MAKER_MAX];
		bytes_put_le16(whole, w->company);
		memcpy(whole + 2, w->maker, w->maker_len);
		lengths->makers |= 1U << w->maker_len;
		return key(KEY_MAKER, whole, 2 + (size_t)w->maker_len);
	}
	return w->has_service ? key(KEY_SERVICE, w->service, 16) : key(KEY_ANY, NULL, 0);
}

size_t batch_keys(const struct batch_advertiser *s, const struct batch_lengths *lengths,
		  uint64_t keys[BATCH_KEYS_MAX])
{
	size_t n = 0;

	keys[n++] = batch_address_key(&s->address);
	keys[n++] = key(KEY_ANY, NULL, 0);
	if (s->name)
		keys[n++] = key(KEY_NAME, s->name, s->name_len);
	for (size_t len = 0; s->name && len <= NAME_BEGINS_MAX && len <= s->name_len; len++)
		if (lengths->names >> len & 1)
			keys[n++] = key(KEY_NAME_BEGINS, s->name, len);
	for (size_t len = 0; s->maker && len <= BATCH_MAKER_MAX && 2 + len <= s->maker_len; len++)
		if (lengths->makers >> len & 1)
			keys[n++] = key(KEY_MAKER, s->maker, 2 + len);
	for (size_t i = 0; i < s->service_count; i++)
		keys[n++] = key(KEY_SERVICE, s->services[i], 16);
	return n;
}
