/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "output/advertisement_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/json_fields.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "hci/bringup.h"
#include "output/event.h"

static void add_uuid16(json_t *services, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 2 <= len; i += 2)
		(void)json_array_append_new(services,
					    json_sprintf("%04x", bytes_get_le16(data + i)));
}

static void add_uuid128(json_t *services, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 16 <= len; i += 16) {
		char text[33];
		(void)hex_format(data + i, 16, text);
		(void)json_array_append_new(services, json_sprintf("%.8s-%.4s-%.4s-%.4s-%.12s",
								   text, text + 8, text + 12,
								   text + 16, text + 20));
	}
}

static void put_phys(json_t *event, const struct hci_phy_seen *phy)
{
	const char *primary = hci_phy_name(phy->primary);
	const char *secondary = hci_phy_name(phy->secondary);

	if (primary)
		(void)json_object_set_new(event, "phy", json_string(primary));
	if (secondary)
		(void)json_object_set_new(event, "secondary_phy", json_string(secondary));
}

/* So many services are printed for people. */
#define SAYS_SERVICES 16

/* The services and the manufacturer as one short text. */
static void put_says(json_t *event, const json_t *services)
{
	char *says = NULL;
	size_t i, len;
	const json_t *service, *company = json_object_get(event, "company");
	FILE *text = open_memstream(&says, &len);

	if (!text)
		return;
	json_array_foreach(services, i, service)
	{
		if (i < SAYS_SERVICES)
			fprintf(text, "%s%s", i ? " " : "services ", json_string_value(service));
	}
	if (company) {
		uint16_t id = (uint16_t)json_integer_value(company);
		const char *name = hci_company_name(id);
		fprintf(text, "%s%s 0x%04x", i ? ", " : "", name ? name : "company", id);
	}
	(void)fclose(text);
	(void)json_object_set_new(event, "says", json_string(says));
	free(says);
}

json_t *advertisement_event(const char *name, const struct hci_advertisement *a)
{
	struct crypto_address address = {.type = a->address_type};
	json_t *services = json_array();
	char text[256];
	struct hci_ad ad;
	size_t at = 0;

	memcpy(address.octets, a->address, 6);
	json_t *event = json_pack("{s:s, s:o, s:i, s:b, s:b}", "event", name, "peer",
				  json_address(&address), "rssi", a->rssi, "connectable",
				  a->connectable, "directed", a->directed);
	if (a->has_target) {
		struct crypto_address target = {.type = a->target_type};
		memcpy(target.octets, a->target, 6);
		(void)json_object_set_new(event, "target", json_address(&target));
	}
	put_phys(event, &a->phy);
	if (a->truncated)
		(void)json_object_set_new(event, "truncated", json_true());
	while (hci_ad_next(a->data, a->len, &at, &ad)) {
		switch (ad.type) {
		case HCI_AD_NAME:
		case HCI_AD_NAME_SHORT:
			/* An AD structure has at most 254 octets of data. */
			(void)snprintf(text, sizeof(text), "%.*s", (int)ad.len,
				       (const char *)ad.data);
			(void)json_object_set_new(json_object_get(event, "peer"), "name",
						  text_json(text));
			break;
		case HCI_AD_UUID16_SOME:
		case HCI_AD_UUID16_ALL:
			add_uuid16(services, ad.data, ad.len);
			break;
		case HCI_AD_UUID128_SOME:
		case HCI_AD_UUID128_ALL:
			add_uuid128(services, ad.data, ad.len);
			break;
		case HCI_AD_APPEARANCE:
			if (ad.len == 2)
				(void)json_object_set_new(event, "appearance",
							  json_integer(bytes_get_le16(ad.data)));
			break;
		case HCI_AD_MANUFACTURER:
			if (ad.len >= 2)
				(void)json_object_set_new(event, "company",
							  json_integer(bytes_get_le16(ad.data)));
			break;
		default:
			break;
		}
	}
	put_says(event, services);
	(void)json_object_set_new(event, "services", services);
	return event;
}
