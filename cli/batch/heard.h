/* SPDX-License-Identifier: MIT */
/*
 * The devices that a scan has heard, each with all that it advertised so far: an advertisement and
 * its scan response may each have only a part. Bounded: beyond HEARD_MAX, a new device takes the
 * place of the one that was silent for the longest time.
 */
#pragma once

#include "batch/match.h"
#include "hci/advertising.h"
#include "options/options.h"

#define HEARD_MAX 1024
/* At most 248 octets, Core Vol 3 Part C 12.1, and a zero. */
#define HEARD_NAME 249

struct heard_device {
	struct crypto_address address;
	bool connectable;	/* its latest advertisement, but for scan responses */
	bool answers;		/* it does not wait for a scan request, or has responded to one */
	enum own_target target; /* to whom it directs its advertising */
	bool directed;
	uint8_t phys;	      /* HCI_PHYS_*: where it was heard */
	int8_t rssi;	      /* of the latest one, dBm; 127: not known */
	unsigned long seen;   /* advertisements, without scan responses */
	uint64_t first, last; /* clock_now() */
	size_t known;	      /* octets of the longest data */
	char name[HEARD_NAME];
	bool has_name;
	size_t name_len, manufacturer_len, service_count;
	uint8_t manufacturer[2 + BATCH_MANUFACTURER_MAX]; /* the first octets of its data */
	uint8_t services[BATCH_SERVICES_MAX][16];	  /* wire order */
	/* The caller's: its advertisement before it matched; and whether it was counted, printed.
	 */
	json_t *held;
	bool matched, printed;
};

/* Zeroed: none was heard. heard_free() releases what is held. */
struct heard {
	size_t count;
	struct heard_device devices[HEARD_MAX];
};

/*
 * Adds an advertisement. *news: it is of a new device, has more data than those before it, or is on
 * another PHY. Returns the device, which stays in its place until the next call.
 */
struct heard_device *heard_add(struct heard *heard, const struct hci_advertisement *advertisement,
			       enum own_target target, uint64_t now, bool *news);

/* The device as batch_matches() takes it; borrows from device. */
struct batch_advertiser heard_advertiser(const struct heard_device *device);

void heard_free(struct heard *heard);

/*
 * The devices that matched, in this order: the first that was heard, the strongest, or the one seen
 * most often, comes first, and those without a name last. Fills list; returns how many.
 */
size_t heard_sort(const struct heard *heard, enum scan_order order,
		  const struct heard_device *list[HEARD_MAX]);
