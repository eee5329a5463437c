/* SPDX-License-Identifier: MIT */
/*
 * The air between devices: which device hears which, and when. A device is a radio with a link
 * layer: a virtual controller (sim/controller.h) or a raw peer (sim/raw_peer.h). The air calls the
 * functions of its struct air_events, as events of the world.
 *
 * Every scanning device hears advertisements. A link connects two devices and carries L2CAP
 * fragments in order; each arrives AIR_DELAY later, and its sender then gets the acknowledgement.
 * Encryption compares the two keys, and ends the link as a real one does when they differ.
 * sim/radio.h decides how long each step takes: AIR_DELAY, or the time of a real link layer.
 *
 * Addresses and keys in wire order; link intervals in units of 1.25 ms, timeouts of 10 ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/toolbox.h"

#define AIR_DELAY		 1000  /* microseconds from one end of a link to the other */
#define AIR_ADVERTISING_INTERVAL 20000 /* microseconds */
#define AIR_DATA_MAX		 251   /* octets of a fragment */
#define AIR_LINKS		 64

/* PHYs as events name them, Vol 4 Part E 7.7.65.12. */
enum { AIR_1M = 1, AIR_2M = 2, AIR_CODED = 3 };
#define AIR_SET(phy) (1U << ((phy)-1))

struct air_device;

struct air_parameters {
	uint16_t interval, latency, timeout;
};

struct air_link {
	bool up;	 /* at one end, at least */
	unsigned serial; /* a later link in this place has another one */
	struct air_device *central, *peripheral;
	bool central_left, peripheral_left; /* this end has no link any more, or never had it */
	struct crypto_address central_address, peripheral_address; /* as connected */
	struct air_parameters parameters;
	uint8_t phy;	    /* AIR_*, in both directions */
	bool phy_requested; /* and not answered: no other LL procedure starts, Vol 6 Part B 5.2 */
	bool encrypted;
	uint8_t ltk[16];    /* the central's, in force or asked for */
	uint64_t fragments; /* carried so far */
	/* With radio time: when the connection event of number anchor_event began. */
	uint64_t anchor, anchor_event;
};

struct air_advertisement {
	struct crypto_address from;
	bool connectable;
	bool directed; /* to this address: */
	struct crypto_address target;
	uint8_t data[31], response[31];
	size_t len, response_len;
	bool response_lost; /* the receiver gets no scan response */
	/* Extended advertising: the PHYs of its packets, and its data; primary 0: legacy. */
	uint8_t primary, secondary;
	const uint8_t *extended;
	size_t extended_len;
};

/* The events of a device. All of them must be set. */
struct air_events {
	void (*heard)(void *ctx, const struct air_advertisement *advertisement);
	void (*linked)(void *ctx, struct air_link *link);
	void (*data)(void *ctx, struct air_link *link, bool start, const uint8_t *data, size_t len);
	void (*acknowledged)(void *ctx, struct air_link *link); /* one fragment of ours arrived */
	/* Peripheral: to be answered by air_ltk(). */
	void (*ltk_wanted)(void *ctx, struct air_link *link, const uint8_t rand[8], uint16_t ediv);
	/* status: 0, or the HCI error; refreshed: it was encrypted before. */
	void (*encryption)(void *ctx, struct air_link *link, uint8_t status, bool refreshed);
	void (*parameters)(void *ctx, struct air_link *link);
	/* The link has ended; reason: the one that the device's host gets. */
	void (*unlinked)(void *ctx, struct air_link *link, uint8_t reason);
	void (*phy)(void *ctx, struct air_link *link); /* link->phy is in force */
};

/* Owned by the caller of air_add() until world_end(); the caller sets the first four fields. */
struct air_device {
	const struct air_events *events;
	void *ctx;
	struct crypto_address address; /* as on air now */
	uint64_t advertising_interval; /* microseconds; 0: AIR_ADVERTISING_INTERVAL */
	/* AIR_SET() of the PHYs that it listens on for extended advertising; 0: legacy only. */
	uint8_t listens;
	uint8_t calls; /* the same, of those that it connects on */
	/* Whether it connects to this advertiser; NULL: to the wanted one. Directed advertising has
	 * to be to its address. */
	bool (*answers)(void *ctx, const struct air_advertisement *advertisement);
	bool has_2m;	 /* its features say so... */
	bool phy_silent; /* ...but it does not answer a request to switch */

	/* Private to the air. */
	bool present;
	unsigned advertising; /* the serial of this advertising, 0: none */
	struct air_advertisement advertisement;
	bool scanning, connecting;
	struct crypto_address wanted;
	struct air_parameters wanted_parameters;
};

/* No device, no link. After world_begin(). */
void air_begin(void);

void air_add(struct air_device *device);
/* The device falls silent: the other ends of its links notice by their supervision timeouts. */
void air_remove(struct air_device *device);

/* Advertises until linked or stopped; from is device->address. */
void air_advertise(struct air_device *device, bool connectable, const uint8_t *data, size_t len,
		   const uint8_t *response, size_t response_len);
/* Directed advertising, without data; primary 0: legacy, ADV_DIRECT_IND. */
void air_advertise_to(struct air_device *device, const struct crypto_address *target,
		      uint8_t primary);
/* Extended advertising, connectable. The data are borrowed while it advertises. */
void air_advertise_extended(struct air_device *device, uint8_t primary, uint8_t secondary,
			    const uint8_t *data, size_t len);
void air_advertise_stop(struct air_device *device);
void air_scan(struct air_device *device, bool on);

/* Links with a connectable advertiser of this address as soon as one is heard. */
void air_connect(struct air_device *device, const struct crypto_address *to,
		 const struct air_parameters *parameters);
void air_connect_cancel(struct air_device *device);

/* One fragment, at most AIR_DATA_MAX octets; start: the first of an L2CAP frame. */
void air_send(struct air_link *link, struct air_device *from, bool start, const uint8_t *data,
	      size_t len);

/* Central: encrypts, or refreshes the key. */
void air_encrypt(struct air_link *link, const uint8_t ltk[16], const uint8_t rand[8],
		 uint16_t ediv);
/* Peripheral: the answer to ltk_wanted(); NULL: there is no such key. */
void air_ltk(struct air_link *link, const uint8_t *ltk);

/* Central: new parameters; both ends get an event. */
void air_update(struct air_link *link, const struct air_parameters *parameters);

/* Requests another PHY in both directions; both ends get an event. */
void air_switch(struct air_link *link, struct air_device *from, uint8_t phy);

/* One end closes the link: the other hears the reason. */
void air_disconnect(struct air_link *link, struct air_device *from, uint8_t reason);
/* The link breaks by itself; both ends get the same reason: 0x08, 0x3D, 0x3E... */
void air_break(struct air_link *link, uint8_t reason);

/* The other end of a link. */
struct air_device *air_other(const struct air_link *link, const struct air_device *device);

/* For sim/radio.h: this end gives the link up; the other one does not notice. */
void air_leave(struct air_link *link, const struct air_device *device, uint8_t reason);
/* The index of a link; how many links a central has; whether both ends exist. */
size_t air_place(const struct air_link *link);
unsigned air_links_of(const struct air_device *central);
bool air_hears(const struct air_link *link);
