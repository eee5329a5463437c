/* SPDX-License-Identifier: MIT */
#include "sim/air.h"

#include <string.h>

#include "crypto/bytes.h"
#include "sim/radio.h"
#include "sim/world.h"
#include "unit.h"

#define DEVICES	    16384
#define LOCAL_HOST  0x16 /* Core Vol 1 Part F: Connection Terminated By Local Host */
#define TIMED_OUT   0x08
#define KEY_MISSING 0x06
#define MIC_FAILURE 0x3d

/* A removed device gets no events, nor does an end of a link that has left it. */
#define NOTIFY(device, event, ...)                                           \
	do {                                                                 \
		if ((device)->present)                                       \
			(device)->events->event((device)->ctx, __VA_ARGS__); \
	} while (0)

#define TELL(link, device, event, ...)                      \
	do {                                                \
		if (!has_left(link, device))                \
			NOTIFY(device, event, __VA_ARGS__); \
	} while (0)

static struct {
	struct air_device *devices[DEVICES];
	size_t count;
	struct air_link links[AIR_LINKS];
	unsigned serial;
} air;

void air_begin(void)
{
	memset(&air, 0, sizeof(air));
	radio_begin();
}

size_t air_place(const struct air_link *link)
{
	return (size_t)(link - air.links);
}

unsigned air_links_of(const struct air_device *central)
{
	unsigned n = 0;

	for (size_t i = 0; i < AIR_LINKS; i++)
		n += air.links[i].up && !air.links[i].central_left &&
		     air.links[i].central == central;
	return n;
}

bool air_hears(const struct air_link *link)
{
	return link->central->present && link->peripheral->present && !link->central_left &&
	       !link->peripheral_left;
}

static bool has_left(const struct air_link *link, const struct air_device *device)
{
	return device == link->central ? link->central_left : link->peripheral_left;
}

struct air_device *air_other(const struct air_link *link, const struct air_device *device)
{
	return link->central == device ? link->peripheral : link->central;
}

void air_add(struct air_device *device)
{
	assert_true(air.count < DEVICES);
	device->present = true;
	device->advertising = 0;
	device->scanning = device->connecting = false;
	air.devices[air.count++] = device;
}

/* ---- Packets on the air: the serial of the link shows whether they still apply --------------- */

struct on_air {
	struct air_link *link;
	unsigned serial;
	struct air_device *to; /* the device that gets the event */
	bool start, refreshed;
	uint8_t status;
	uint16_t ediv;
	uint8_t rand[8];
	struct air_parameters parameters;
	size_t len;
	uint8_t data[AIR_DATA_MAX];
};

/* octets: of the data PDU or LL control PDU that carries it (Vol 6 Part B 2.4). */
static void post(struct air_link *link, struct air_device *to, size_t octets, world_run *run,
		 const struct on_air *what)
{
	struct on_air copy = *what;

	copy.link = link;
	copy.serial = link->serial;
	copy.to = to;
	if (radio_is_on())
		radio_send(link, to == link->peripheral, octets, run, &copy,
			   offsetof(struct on_air, data) + copy.len);
	else
		world_post(AIR_DELAY, run, &copy, offsetof(struct on_air, data) + copy.len);
}

static bool stands(const struct on_air *a)
{
	return a->link->up && a->link->serial == a->serial && !(a->to && has_left(a->link, a->to));
}

static void arrive(void *arg)
{
	struct on_air *a = arg;
	struct air_link *link = a->link;

	if (!stands(a))
		return;
	if (!a->to->present)
		return; /* no acknowledgement */
	link->fragments++;
	NOTIFY(a->to, data, link, a->start, a->data, a->len);
	if (stands(a))
		TELL(link, air_other(link, a->to), acknowledged, link);
}

void air_send(struct air_link *link, struct air_device *from, bool start, const uint8_t *data,
	      size_t len)
{
	struct on_air a = {.start = start, .len = len};

	assert_true(len <= AIR_DATA_MAX);
	if (!link->up || has_left(link, from))
		return;
	if (len)
		memcpy(a.data, data, len);
	post(link, air_other(link, from), len, arrive, &a);
}

/* ---- Links ----------------------------------------------------------------------------------- */

/* heard: the peripheral received CONNECT_IND. */
static void make_link(struct air_device *central, struct air_device *peripheral, bool heard)
{
	struct air_link *link = air.links;

	while (link < air.links + AIR_LINKS && link->up)
		link++;
	assert_true(link < air.links + AIR_LINKS);
	*link = (struct air_link){
		.up = true,
		.serial = ++air.serial,
		.central = central,
		.peripheral = peripheral,
		.peripheral_left = !heard,
		.central_address = central->address,
		.peripheral_address = peripheral->advertisement.from,
		.parameters = central->wanted_parameters,
		.phy = peripheral->advertisement.primary ? peripheral->advertisement.secondary
							 : AIR_1M,
	};
	central->connecting = false;
	if (heard)
		peripheral->advertising = 0;
	radio_link(link);
	TELL(link, central, linked, link);
	TELL(link, peripheral, linked, link);
}

void air_leave(struct air_link *link, const struct air_device *device, uint8_t reason)
{
	const bool central = device == link->central;

	if (!link->up || has_left(link, device))
		return;
	*(central ? &link->central_left : &link->peripheral_left) = true;
	if (link->central_left && link->peripheral_left) {
		link->up = false;
		radio_unlink(link);
	}
	NOTIFY(central ? link->central : link->peripheral, unlinked, link, reason);
}

static void end_link(struct air_link *link, uint8_t central, uint8_t peripheral)
{
	const unsigned serial = link->serial;

	air_leave(link, link->central, central);
	if (link->serial == serial)
		air_leave(link, link->peripheral, peripheral);
}

void air_break(struct air_link *link, uint8_t reason)
{
	end_link(link, reason, reason);
}

static void terminated(void *arg)
{
	struct on_air *a = arg;

	if (!stands(a))
		return;
	bool by_peripheral = a->to == a->link->central;
	end_link(a->link, by_peripheral ? a->status : LOCAL_HOST,
		 by_peripheral ? LOCAL_HOST : a->status);
}

void air_disconnect(struct air_link *link, struct air_device *from, uint8_t reason)
{
	post(link, air_other(link, from), 2, terminated, &(struct on_air){.status = reason});
}

static void supervision(void *arg)
{
	struct on_air *a = arg;

	if (stands(a))
		air_break(a->link, TIMED_OUT);
}

void air_remove(struct air_device *device)
{
	device->present = device->scanning = device->connecting = false;
	device->advertising = 0;
	for (size_t i = 0; i < air.count; i++)
		if (air.devices[i] == device)
			air.devices[i--] = air.devices[--air.count];
	for (struct air_link *link = air.links; link < air.links + AIR_LINKS; link++) {
		if (!link->up || (link->central != device && link->peripheral != device))
			continue;
		struct on_air a = {.link = link, .serial = link->serial};
		world_post((uint64_t)link->parameters.timeout * 10 * WORLD_MS, supervision, &a,
			   sizeof(a));
	}
}

/* The instant of an update is six events away or more (5.1.1). */
#define INSTANT_EVENTS 6

static void updated(void *arg)
{
	struct on_air *a = arg;
	struct air_link *link = a->link;

	if (!stands(a))
		return;
	radio_change(link, &a->parameters);
	TELL(link, link->central, parameters, link);
	TELL(link, link->peripheral, parameters, link);
}

static void update_heard(void *arg)
{
	struct on_air *a = arg;

	if (stands(a))
		world_post(radio_is_on()
				   ? INSTANT_EVENTS * a->link->parameters.interval * UINT64_C(1250)
				   : 0,
			   updated, a, offsetof(struct on_air, data));
}

void air_update(struct air_link *link, const struct air_parameters *parameters)
{
	post(link, link->peripheral, 12, update_heard, &(struct on_air){.parameters = *parameters});
}

/* ---- PHYs: Vol 6 Part B 5.1.10 -----------------------------------------------------------------
 */

static void switched(void *arg)
{
	struct on_air *a = arg;

	if (!stands(a))
		return;
	a->link->phy = a->status;
	a->link->phy_requested = false;
	TELL(a->link, a->link->central, phy, a->link);
	TELL(a->link, a->link->peripheral, phy, a->link);
}

void air_switch(struct air_link *link, struct air_device *from, uint8_t phy)
{
	link->phy_requested = true;
	if (!air_other(link, from)->phy_silent)
		post(link, air_other(link, from), 2, switched, &(struct on_air){.status = phy});
}

/* ---- Encryption ------------------------------------------------------------------------------ */

/*
 * Vol 6 Part D 6.6: LL_ENC_REQ, LL_ENC_RSP; once the peripheral's host has given the key
 * LL_START_ENC_REQ, and LL_START_ENC_RSP from each, the first to be encrypted.
 */
static void nothing(void *arg)
{
	(void)arg;
}

static void want_ltk(void *arg)
{
	struct on_air *a = arg;

	if (!stands(a))
		return;
	post(a->link, a->link->central, 13, nothing, &(struct on_air){0});
	NOTIFY(a->link->peripheral, ltk_wanted, a->link, a->rand, a->ediv);
}

void air_encrypt(struct air_link *link, const uint8_t ltk[16], const uint8_t rand[8], uint16_t ediv)
{
	struct on_air a = {.ediv = ediv};

	if (link->phy_requested)
		return; /* until the link breaks */
	memcpy(a.rand, rand, 8);
	memcpy(link->ltk, ltk, 16);
	post(link, link->peripheral, 23, want_ltk, &a);
}

static void central_encrypted(void *arg)
{
	struct on_air *a = arg;

	if (stands(a))
		TELL(a->link, a->link->central, encryption, a->link, 0, a->refreshed);
}

/* The first encrypted packet shows whether both have the same key. */
static void peripheral_encrypted(void *arg)
{
	struct on_air *a = arg;
	struct air_link *link = a->link;
	const struct on_air back = {.refreshed = link->encrypted};

	if (!stands(a))
		return;
	if (memcmp(a->data, link->ltk, 16) != 0) {
		air_break(link, MIC_FAILURE);
		return;
	}
	link->encrypted = true;
	post(link, link->central, 1, central_encrypted, &back);
	NOTIFY(link->peripheral, encryption, link, 0, back.refreshed);
}

static void encryption_answered(void *arg)
{
	struct on_air *a = arg;

	if (!stands(a))
		return;
	if (a->len) {
		struct on_air key = {.len = 16};
		memcpy(key.data, a->data, 16);
		post(a->link, a->link->peripheral, 1, peripheral_encrypted, &key);
	} else {
		NOTIFY(a->link->central, encryption, a->link, KEY_MISSING, a->link->encrypted);
	}
}

void air_ltk(struct air_link *link, const uint8_t *ltk)
{
	struct on_air a = {.len = ltk ? 16 : 0};

	if (ltk)
		memcpy(a.data, ltk, 16);
	post(link, link->central, ltk ? 1 : 2, encryption_answered, &a);
}

/* ---- Advertising ----------------------------------------------------------------------------- */

struct advertiser {
	struct air_device *device;
	unsigned serial;
};

/* Whether a device that listens on these PHYs receives it. */
static bool receives(uint8_t phys, const struct air_advertisement *what)
{
	return what->primary ? phys & AIR_SET(what->primary) : !phys || phys & AIR_SET(AIR_1M);
}

static bool answers(const struct air_device *device, const struct air_advertisement *what)
{
	if (device->answers)
		return device->answers(device->ctx, what);
	return crypto_address_equal(&device->wanted, &what->from) &&
	       (!what->directed || crypto_address_equal(&device->address, &what->target));
}

static void advertise(void *arg)
{
	struct advertiser *a = arg;
	struct air_device *device = a->device;
	const struct air_advertisement *what = &device->advertisement;

	if (!device->present || device->advertising != a->serial)
		return;
	for (size_t i = 0; i < air.count; i++) {
		struct air_advertisement received;
		if (air.devices[i] == device || !air.devices[i]->scanning ||
		    !receives(air.devices[i]->listens, what) || radio_loses_advertising())
			continue;
		received = *what;
		/* SCAN_REQ, or SCAN_RSP. */
		received.response_lost = radio_loses_advertising() || radio_loses_advertising();
		NOTIFY(air.devices[i], heard, &received);
	}
	for (size_t i = 0; i < air.count; i++) {
		struct air_device *other = air.devices[i];
		if (other == device || !other->connecting || !what->connectable ||
		    !receives(other->calls, what) || !answers(other, what) ||
		    radio_loses_advertising())
			continue;
		const bool heard = !radio_loses_advertising(); /* CONNECT_IND */
		make_link(other, device, heard);
		if (heard)
			return;
		break;
	}
	world_post(radio_advertising_delay(device->advertising_interval
						   ? device->advertising_interval
						   : AIR_ADVERTISING_INTERVAL),
		   advertise, a, sizeof(*a));
}

static void begin_advertising(struct air_device *device)
{
	const struct advertiser advertiser = {device, ++air.serial};

	device->advertising = advertiser.serial;
	world_post(0, advertise, &advertiser, sizeof(advertiser));
}

void air_advertise(struct air_device *device, bool connectable, const uint8_t *data, size_t len,
		   const uint8_t *response, size_t response_len)
{
	struct air_advertisement *a = &device->advertisement;

	*a = (struct air_advertisement){.from = device->address,
					.connectable = connectable,
					.len = len < 31 ? len : 31,
					.response_len = response_len < 31 ? response_len : 31};
	if (a->len)
		memcpy(a->data, data, a->len);
	if (a->response_len)
		memcpy(a->response, response, a->response_len);
	begin_advertising(device);
}

void air_advertise_to(struct air_device *device, const struct crypto_address *target,
		      uint8_t primary)
{
	device->advertisement = (struct air_advertisement){.from = device->address,
							   .connectable = true,
							   .directed = true,
							   .target = *target,
							   .primary = primary,
							   .secondary = primary};
	begin_advertising(device);
}

void air_advertise_extended(struct air_device *device, uint8_t primary, uint8_t secondary,
			    const uint8_t *data, size_t len)
{
	device->advertisement = (struct air_advertisement){.from = device->address,
							   .connectable = true,
							   .primary = primary,
							   .secondary = secondary,
							   .extended = data,
							   .extended_len = len};
	begin_advertising(device);
}

void air_advertise_stop(struct air_device *device)
{
	device->advertising = 0;
}

void air_scan(struct air_device *device, bool on)
{
	device->scanning = on;
}

void air_connect(struct air_device *device, const struct crypto_address *to,
		 const struct air_parameters *parameters)
{
	device->connecting = true;
	device->wanted = *to;
	device->wanted_parameters = *parameters;
}

void air_connect_cancel(struct air_device *device)
{
	device->connecting = false;
}
