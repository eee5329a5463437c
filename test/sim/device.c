/* SPDX-License-Identifier: MIT */
#include "sim/device.h"

#include <string.h>

#include "sim/radio.h"
#include "unit.h"

#define TIMED_OUT 0x08

static const struct air_parameters usual = {12, 0, 400};

static void step(struct sim_device *d, const struct smp_event *event);

static void send(struct sim_device *d, uint16_t cid, const uint8_t *payload, size_t len)
{
	struct l2cap_cut cut;
	const uint8_t *fragment;
	uint8_t pb;
	size_t n;

	assert_true(l2cap_cut_begin(&cut, cid, payload, len));
	while (d->link && (n = l2cap_cut_next(&cut, AIR_DATA_MAX, &pb, &fragment)))
		air_send(d->link, &d->air, pb != L2CAP_PB_CONTINUING, fragment, n);
}

static void settle(struct sim_device *d, bool paired)
{
	d->paired |= paired;
	d->pairings += paired;
	if (paired) {
		d->has_bond = smp_bond(&d->smp)->local.has_ltk;
		d->bond = smp_bond(&d->smp)->local;
		d->received = smp_bond(&d->smp)->peer;
		d->bond_level = !smp_bond(&d->smp)->authenticated	? LEVEL_ENCRYPTED
				: smp_bond(&d->smp)->secure_connections ? LEVEL_SECURE
									: LEVEL_AUTHENTICATED;
	}
	d->failures += !paired;
	d->paired_at = world_now();
	if (d->settled)
		d->settled(d->ctx, d);
}

static void act(struct sim_device *d, const struct smp_action *a)
{
	static const uint8_t rand[8] = {0};

	switch (a->kind) {
	case SMP_ACT_SEND:
		if (d->link)
			send(d, L2CAP_CID_SMP, a->pdu.data, a->pdu.len);
		break;
	case SMP_ACT_ENCRYPT:
		air_encrypt(d->link, a->ltk, rand, 0);
		break;
	case SMP_ACT_LTK_REPLY:
		air_ltk(d->link, a->ltk);
		break;
	case SMP_ACT_LTK_NEGATIVE:
		air_ltk(d->link, NULL);
		break;
	case SMP_ACT_ASK_PASSKEY:
		step(d, &(struct smp_event){.kind = SMP_EV_PASSKEY, .passkey = d->passkey});
		break;
	case SMP_ACT_ASK_CONFIRM:
		step(d, &(struct smp_event){.kind = SMP_EV_CONFIRM, .yes = true});
		break;
	case SMP_ACT_SECURITY_REQUEST:
		step(d, &(struct smp_event){.kind = SMP_EV_START});
		break;
	case SMP_ACT_PAIRED:
		settle(d, true);
		break;
	case SMP_ACT_FAILED:
		d->failure = a->failure;
		settle(d, false);
		break;
	case SMP_ACT_SHOW_PASSKEY:
	case SMP_ACT_PROMPT_END:
	case SMP_ACT_PEER_KEYPRESS:
	case SMP_ACT_TIMER_START:
	case SMP_ACT_TIMER_STOP:
	case SMP_ACT_FEATURES:
		break;
	}
}

static void step(struct sim_device *d, const struct smp_event *event)
{
	struct smp_actions actions;

	smp_step(&d->smp, event, &actions);
	for (size_t i = 0; i < actions.count; i++)
		act(d, &actions.list[i]);
}

static void linked(void *ctx, struct air_link *link)
{
	struct sim_device *d = ctx;
	bool central = link->central == &d->air;
	struct smp_config config = {
		.role = central ? SMP_INITIATOR : SMP_RESPONDER,
		.local = central ? link->central_address : link->peripheral_address,
		.peer = central ? link->peripheral_address : link->central_address,
		.io = d->io,
		.mitm = d->mitm,
		.sc = d->sc,
		.bonding = true,
		.legacy_passkey_mitm = true,
		.init_keys = SMP_DIST_ENC | SMP_DIST_ID,
		.resp_keys = SMP_DIST_ENC | SMP_DIST_ID,
		.min_key_size = 7,
		.max_key_size = 16,
		.irk = {1},
		.identity = d->identity,
		.oob = d->oob,
		.has_passkey = true,
		.passkey = d->passkey,
		.keypair = d->keypair,
		.random = crypto_random,
	};

	d->link = link;
	d->links++;
	d->linked_at = world_now();
	d->encrypted = false;
	d->att_first = d->att_last = 0;
	if (d->gatt)
		sim_gatt_linked(d->gatt);
	l2cap_init(&d->l2cap);
	assert_int_equal(smp_init(&d->smp, &config), 0);
	if (central)
		step(d, &(struct smp_event){.kind = SMP_EV_START});
}

static void unlinked(void *ctx, struct air_link *link, uint8_t reason)
{
	struct sim_device *d = ctx;

	(void)link;
	d->link = NULL;
	if (!d->paired)
		step(d, &(struct smp_event){.kind = SMP_EV_DISCONNECTED, .status = reason});
	smp_wipe(&d->smp);
	if (!d->paired || reason == TIMED_OUT)
		sim_device_advertise(d);
}

/* How secure its link is: by this pairing, or by its last one. */
static enum security_level level(const struct sim_device *d)
{
	if (!d->encrypted)
		return LEVEL_OPEN;
	return d->has_bond ? d->bond_level : LEVEL_ENCRYPTED;
}

static void ask(void *arg)
{
	struct sim_device *d = *(struct sim_device **)arg;

	if (d->link)
		step(d, &(struct smp_event){.kind = SMP_EV_START});
}

/* ATT requests are answered by Error Response: there is no database. */
static void att(struct sim_device *d, const uint8_t *pdu, size_t len)
{
	const uint8_t error[5] = {0x01, len ? pdu[0] : 0, 0, 0, 0x06};

	if (d->gatt) {
		if (len && !(pdu[0] & 1)) {
			d->att_last = radio_event(d->link, world_now());
			if (!d->att_first && d->asks_after && !d->encrypted)
				world_post(d->asks_after, ask, &d, sizeof(d));
			if (!d->att_first)
				d->att_first = d->att_last;
		}
		sim_gatt_receive(d->gatt, level(d), pdu, len);
		return;
	}
	if (len && !(pdu[0] & 1))
		send(d, L2CAP_CID_ATT, error, sizeof(error));
}

static void data(void *ctx, struct air_link *link, bool start, const uint8_t *octets, size_t len)
{
	struct sim_device *d = ctx;
	struct l2cap_frame frame;
	bool dropped;

	if (l2cap_receive(&d->l2cap, start ? L2CAP_PB_FIRST : L2CAP_PB_CONTINUING, octets, len,
			  &frame, &dropped) != L2CAP_FRAME)
		return;
	if (frame.cid == L2CAP_CID_ATT)
		att(d, frame.payload, frame.len);
	if (frame.cid != L2CAP_CID_SMP)
		return;
	d->last_event = radio_event(link, world_now());
	if (frame.payload[0] == 0x01 || frame.payload[0] == 0x02)
		d->first_event = d->last_event - (frame.payload[0] - 1U);
	step(d, &(struct smp_event){.kind = SMP_EV_PDU, .pdu = {frame.payload, frame.len}});
}

static void ltk_wanted(void *ctx, struct air_link *link, const uint8_t rand[8], uint16_t ediv)
{
	struct sim_device *d = ctx;
	struct smp_event event = {.kind = SMP_EV_LTK_REQUEST, .ltk_request = {.ediv = ediv}};

	if (!smp_pairing(&d->smp) && !smp_paired(&d->smp)) {
		bool known = d->has_bond && ediv == d->bond.ediv &&
			     memcmp(rand, d->bond.rand, sizeof(d->bond.rand)) == 0;
		d->used += known;
		air_ltk(link, known ? d->bond.ltk : NULL);
		return;
	}
	memcpy(event.ltk_request.rand, rand, 8);
	step(d, &event);
}

static void encryption(void *ctx, struct air_link *link, uint8_t status, bool refreshed)
{
	struct sim_device *d = ctx;

	(void)link;
	(void)refreshed;
	d->encrypted = status == 0;
	step(ctx, &(struct smp_event){.kind = SMP_EV_ENCRYPTED, .status = status});
	if (d->gatt)
		sim_gatt_release(d->gatt, level(d));
}

static void heard(void *ctx, const struct air_advertisement *advertisement)
{
	(void)ctx;
	(void)advertisement;
}

static void no_matter(void *ctx, struct air_link *link)
{
	(void)ctx;
	(void)link;
}

static const struct air_events events = {heard,	     linked,	data,	  no_matter, ltk_wanted,
					 encryption, no_matter, unlinked, no_matter};

void sim_device_begin(struct sim_device *d, const struct crypto_address *address)
{
	memset(d, 0, sizeof(*d));
	d->io = SMP_IO_NO_INPUT_NO_OUTPUT;
	d->sc = SMP_SC_PREFER;
	d->air.events = &events;
	d->air.ctx = d;
	d->air.address = d->identity = *address;
	air_add(&d->air);
}

void sim_device_advertise(struct sim_device *d)
{
	uint8_t ad[31] = {2, 1, 6};
	size_t len = 3, name = d->name ? strlen(d->name) : 0;

	if (name && name <= sizeof(ad) - len - 2) {
		ad[len] = (uint8_t)(1 + name);
		ad[len + 1] = 0x09; /* Complete Local Name */
		memcpy(ad + len + 2, d->name, name);
		len += 2 + name;
	}
	air_advertise(&d->air, true, ad, len, NULL, 0);
}

void sim_device_connect(struct sim_device *d, const struct crypto_address *to)
{
	air_connect(&d->air, to, &usual);
}

void sim_device_send_att(struct sim_device *d, const uint8_t *pdu, size_t len)
{
	send(d, L2CAP_CID_ATT, pdu, len);
}

void sim_device_leave(struct sim_device *d, uint8_t reason)
{
	air_disconnect(d->link, &d->air, reason);
}
