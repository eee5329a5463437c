/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/address.h"
#include "crypto/bytes.h"
#include "hci/error.h"
#include "sim/controller_internal.h"
#include "sim/world.h"
#include "unit.h"

#define CONNECTION_LIMIT 0x09 /* Connection Limit Exceeded: Core Vol 1 Part F */

/* After a reset: what version 4.0 has. */
#define LE_EVENT_MASK UINT64_C(0x1f)

#define FEATURE(bit) (UINT64_C(1) << (bit))
/* Encryption, connection parameters request, peripheral feature exchange, data length. */
#define LE_FEATURES (FEATURE(0) | FEATURE(1) | FEATURE(3) | FEATURE(5))

/* All states of Vol 4 Part E 7.8.27, and all their combinations. */
#define LE_STATES UINT64_C(0x3ffffffffff)

static struct sim_controller *all[SIM_CONTROLLERS];
static size_t count;

/* ---- To the host ----------------------------------------------------------------------------- */

static void queue(struct sim_controller *c, const uint8_t *packet, size_t len)
{
	const uint64_t one = 1;

	if (!c->open || c->vanished)
		return;
	assert_true(c->out_count < SIM_CONTROLLER_OUT && len <= HCI_PACKET_MAX);
	size_t i = (c->out_first + c->out_count++) % SIM_CONTROLLER_OUT;
	memcpy(c->out[i].data, packet, len);
	c->out[i].len = len;
	assert_int_equal(write(c->wake, &one, sizeof(one)), sizeof(one));
}

void sim_controller_inject(struct sim_controller *c, const uint8_t *packet, size_t len)
{
	queue(c, packet, len);
}

static void give(struct sim_controller *c, uint8_t *packet, size_t len)
{
	if (c->to_host)
		len = c->to_host(c->ctx, packet, len);
	if (len)
		queue(c, packet, len);
}

void sim_controller_event(struct sim_controller *c, uint8_t code, const uint8_t *parameters,
			  size_t len)
{
	uint8_t packet[3 + 255] = {HCI_EVENT, code, (uint8_t)len};

	/* 7.8.1: bit 0 is subevent 1. */
	if (code == HCI_LE_META && !(c->le_event_mask >> (parameters[0] - 1) & 1))
		return;
	memcpy(packet + 3, parameters, len);
	give(c, packet, 3 + len);
}

void sim_controller_complete(struct sim_controller *c, const uint8_t *returned, size_t len)
{
	uint8_t p[3 + 65] = {1};

	bytes_put_le16(p + 1, c->opcode);
	memcpy(p + 3, returned, len);
	sim_controller_event(c, HCI_COMMAND_COMPLETE, p, 3 + len);
}

void sim_controller_complete_status(struct sim_controller *c, uint8_t status)
{
	sim_controller_complete(c, &status, 1);
}

void sim_controller_begun(struct sim_controller *c, uint8_t status)
{
	uint8_t p[4] = {status, 1};

	bytes_put_le16(p + 2, c->opcode);
	sim_controller_event(c, HCI_COMMAND_STATUS, p, sizeof(p));
}

/* ---- Links ----------------------------------------------------------------------------------- */

static size_t place(const struct sim_controller *c, uint16_t handle)
{
	size_t i = 0;

	while (i < AIR_LINKS && !(c->links[i].link && c->links[i].handle == handle))
		i++;
	return i;
}

static size_t place_of(const struct sim_controller *c, const struct air_link *link)
{
	size_t i = 0;

	while (i < AIR_LINKS && c->links[i].link != link)
		i++;
	return i;
}

/* The link with the handle in a command's parameters; NULL: there is none. */
static struct air_link *named(const struct sim_controller *c, const uint8_t *p)
{
	size_t i = place(c, bytes_get_le16(p) & 0x0fff);

	return i < AIR_LINKS ? c->links[i].link : NULL;
}

static unsigned links_of(const struct sim_controller *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < AIR_LINKS; i++)
		n += c->links[i].link != NULL;
	return n;
}

/* Completes a link command; the handle is a return parameter. */
static void complete_link(struct sim_controller *c, const uint8_t *p, bool good)
{
	uint8_t returned[3] = {good ? HCI_SUCCESS : HCI_UNKNOWN_CONNECTION, p[0], p[1]};

	sim_controller_complete(c, returned, sizeof(returned));
}

/* 3.1.1: a host uses the extended commands, or the legacy ones, until the next reset. */
enum { LEGACY_COMMANDS = 1, EXTENDED_COMMANDS = 2 };

static uint8_t kind_of(uint16_t opcode)
{
	if (opcode >= HCI_LE_SET_ADVERTISING_PARAMETERS && opcode <= HCI_LE_CREATE_CONNECTION)
		return LEGACY_COMMANDS;
	return opcode >= HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS &&
			       opcode <= HCI_LE_EXTENDED_CREATE_CONNECTION
		       ? EXTENDED_COMMANDS
		       : 0;
}

static bool is_extended(const struct sim_controller *c)
{
	return c->commands_used & EXTENDED_COMMANDS;
}

/* The host wants LE Enhanced Connection Complete: 7.8.1. */
static bool is_enhanced(const struct sim_controller *c)
{
	return c->le_event_mask >> (HCI_LE_ENHANCED_CONNECTION_COMPLETE - 1) & 1;
}

/* ---- Commands: identity and capabilities ----------------------------------------------------- */

static void ok(struct sim_controller *c, const uint8_t *p)
{
	(void)p;
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_reset(struct sim_controller *c, const uint8_t *p)
{
	(void)p;
	/* The links vanish; the peers notice by their supervision timeouts. */
	air_remove(&c->air);
	memset(c->links, 0, sizeof(c->links));
	c->air.address = (struct crypto_address){.type = 0};
	memcpy(c->air.address.octets, c->address, 6);
	air_add(&c->air);
	c->ad_len = c->response_len = 0;
	c->le_event_mask = LE_EVENT_MASK;
	c->commands_used = 0;
	c->accepted_count = c->scan_policy = 0;
	c->air.listens = c->air.calls = 0;
	memset(&c->resolving, 0, sizeof(c->resolving));
	c->clean = true;
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_le_event_mask(struct sim_controller *c, const uint8_t *p)
{
	c->le_event_mask = bytes_get_le64(p);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_version(struct sim_controller *c, const uint8_t *p)
{
	uint8_t v[9] = {0, 0x0b, 0, 0, 0x0b, 0xf1, 0x05, 0, 0};

	(void)p;
	if (c->version)
		memcpy(v + 1, c->version, 8);
	sim_controller_complete(c, v, sizeof(v));
}

static void do_commands(struct sim_controller *c, const uint8_t *p);

static void do_features(struct sim_controller *c, const uint8_t *p)
{
	(void)p;
	static const uint8_t le_only[9] = {0, 0, 0, 0, 0, 0x60};
	sim_controller_complete(c, le_only, sizeof(le_only));
}

static void do_address(struct sim_controller *c, const uint8_t *p)
{
	uint8_t r[7] = {0};

	(void)p;
	memcpy(r + 1, c->address, 6);
	sim_controller_complete(c, r, sizeof(r));
}

static void do_buffers(struct sim_controller *c, const uint8_t *p)
{
	uint8_t r[4] = {0, 0, 0, c->acl_count};

	(void)p;
	bytes_put_le16(r + 1, c->acl_length);
	sim_controller_complete(c, r, sizeof(r));
}

static void do_le_features(struct sim_controller *c, const uint8_t *p)
{
	uint8_t r[9] = {0};

	(void)p;
	bytes_put_le64(r + 1, c->le_features);
	sim_controller_complete(c, r, sizeof(r));
}

static void do_states(struct sim_controller *c, const uint8_t *p)
{
	uint8_t r[9] = {0};

	(void)p;
	bytes_put_le64(r + 1, c->le_states);
	sim_controller_complete(c, r, sizeof(r));
}

static void do_list_size(struct sim_controller *c, const uint8_t *p)
{
	(void)p;
	static const uint8_t r[2] = {0, SIM_CONTROLLER_ACCEPTED};
	sim_controller_complete(c, r, sizeof(r));
}

static void do_random_address(struct sim_controller *c, const uint8_t *p)
{
	memcpy(c->random_address, p, 6);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

/* ---- Commands: advertising, scanning, connecting --------------------------------------------- */

void sim_controller_become(struct sim_controller *c, uint8_t own_type)
{
	c->air.address.type = own_type & 1;
	memcpy(c->air.address.octets, own_type & 1 ? c->random_address : c->address, 6);
}

static void do_advertising_parameters(struct sim_controller *c, const uint8_t *p)
{
	c->own_type = p[5];
	c->air.advertising_interval = bytes_get_le16(p) * UINT64_C(625);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static size_t keep_data(uint8_t to[31], const uint8_t *p)
{
	size_t len = p[0] < 31 ? p[0] : 31;

	memcpy(to, p + 1, len);
	return len;
}

static void do_advertising_data(struct sim_controller *c, const uint8_t *p)
{
	c->ad_len = keep_data(c->ad, p);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_response_data(struct sim_controller *c, const uint8_t *p)
{
	c->response_len = keep_data(c->response, p);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_advertise(struct sim_controller *c, const uint8_t *p)
{
	sim_controller_advertise(c, p[0]);
}

void sim_controller_advertise(struct sim_controller *c, bool on)
{
	if (on && links_of(c) >= c->max_links) {
		sim_controller_complete_status(c, CONNECTION_LIMIT);
		return;
	}
	sim_controller_complete_status(c, HCI_SUCCESS);
	if (on) {
		sim_controller_become(c, c->own_type);
		air_advertise(&c->air, true, c->ad, c->ad_len, c->response, c->response_len);
	} else {
		air_advertise_stop(&c->air);
	}
}

static void do_scan_parameters(struct sim_controller *c, const uint8_t *p)
{
	c->scan_active = p[0];
	c->scan_own_type = p[5];
	c->scan_policy = p[6];
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_scan(struct sim_controller *c, const uint8_t *p)
{
	sim_controller_complete_status(c, HCI_SUCCESS);
	air_scan(&c->air, p[0]);
}

static void do_connect(struct sim_controller *c, const uint8_t *p)
{
	struct crypto_address to = {.type = p[5] & 1}; /* 2, 3: an identity */
	const struct air_parameters parameters = {bytes_get_le16(p + 15), bytes_get_le16(p + 17),
						  bytes_get_le16(p + 19)};

	memcpy(to.octets, p + 6, 6);
	sim_controller_connect(c, p[12], &to, &parameters);
}

void sim_controller_connect(struct sim_controller *c, uint8_t own_type,
			    const struct crypto_address *to,
			    const struct air_parameters *parameters)
{
	if (c->air.connecting || links_of(c) >= c->max_links) {
		sim_controller_begun(c,
				     c->air.connecting ? HCI_COMMAND_DISALLOWED : CONNECTION_LIMIT);
		return;
	}
	sim_controller_become(c, own_type);
	sim_controller_begun(c, HCI_SUCCESS);
	air_connect(&c->air, to, parameters);
}

static void do_connect_cancel(struct sim_controller *c, const uint8_t *p)
{
	const uint8_t cancelled[31] = {is_enhanced(c) ? HCI_LE_ENHANCED_CONNECTION_COMPLETE
						      : HCI_LE_CONNECTION_COMPLETE,
				       HCI_UNKNOWN_CONNECTION};

	(void)p;
	if (!c->air.connecting) {
		sim_controller_complete_status(c, HCI_COMMAND_DISALLOWED);
		return;
	}
	air_connect_cancel(&c->air);
	sim_controller_complete_status(c, HCI_SUCCESS);
	sim_controller_event(c, HCI_LE_META, cancelled, is_enhanced(c) ? 31 : 19);
}

/* ---- Commands: links ------------------------------------------------------------------------- */

static void do_disconnect(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);

	sim_controller_begun(c, link ? HCI_SUCCESS : HCI_UNKNOWN_CONNECTION);
	if (link)
		air_disconnect(link, &c->air, p[2]);
}

static void do_update(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);
	const struct air_parameters parameters = {bytes_get_le16(p + 4), bytes_get_le16(p + 6),
						  bytes_get_le16(p + 8)};

	sim_controller_begun(c, link ? HCI_SUCCESS : HCI_UNKNOWN_CONNECTION);
	if (link)
		air_update(link, &parameters);
}

static void do_remote_features(struct sim_controller *c, const uint8_t *p)
{
	uint8_t e[12] = {HCI_LE_REMOTE_FEATURES_COMPLETE, 0, p[0], p[1]};
	struct air_link *link = named(c, p);

	sim_controller_begun(c, link ? HCI_SUCCESS : HCI_UNKNOWN_CONNECTION);
	bytes_put_le64(e + 4,
		       LE_FEATURES | (link && air_other(link, &c->air)->has_2m ? FEATURE(8) : 0));
	if (link)
		sim_controller_event(c, HCI_LE_META, e, sizeof(e));
}

/* ---- Commands: the filter accept list, which a scan that uses it protects (7.8.15) -------------
 */

static void do_clear_accepted(struct sim_controller *c, const uint8_t *p)
{
	(void)p;
	assert_false(c->air.scanning && c->scan_policy & 1);
	c->accepted_count = 0;
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_accept(struct sim_controller *c, const uint8_t *p)
{
	assert_false(c->air.scanning && c->scan_policy & 1);
	assert_true(c->accepted_count < SIM_CONTROLLER_ACCEPTED);
	struct crypto_address *a = &c->accepted[c->accepted_count++];
	a->type = p[0];
	memcpy(a->octets, p + 1, 6);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static bool is_accepted(const struct sim_controller *c, const struct crypto_address *from)
{
	for (size_t i = 0; i < c->accepted_count; i++)
		if (crypto_address_equal(&c->accepted[i], from))
			return true;
	return !(c->scan_policy & 1);
}

/* ---- Commands: one entry of the resolving list ------------------------------------------------
 */

static void do_clear_resolving(struct sim_controller *c, const uint8_t *p)
{
	(void)p;
	assert_false(c->air.scanning || c->air.connecting);
	memset(&c->resolving, 0, sizeof(c->resolving));
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_add_resolving(struct sim_controller *c, const uint8_t *p)
{
	assert_false(c->air.scanning || c->air.connecting);
	c->resolving.peer.type = p[0];
	memcpy(c->resolving.peer.octets, p + 1, 6);
	memcpy(c->resolving.peer_irk, p + 7, 16);
	memcpy(c->resolving.own_irk, p + 23, 16);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

static void do_resolution(struct sim_controller *c, const uint8_t *p)
{
	assert_false(c->air.scanning || c->air.connecting);
	c->resolving.on = p[0];
	sim_controller_complete_status(c, HCI_SUCCESS);
}

/* The peer's resolvable address, if the controller resolves it to the identity of the entry. */
static bool is_resolved(const struct sim_controller *c, const struct crypto_address *address)
{
	return c->resolving.on && !bytes_all_zero(c->resolving.peer_irk, 16) &&
	       address_resolves(address, c->resolving.peer_irk);
}

/* For the air: Vol 6 Part B 6.4. It answers from the address that the advertising is directed to.
 */
static bool answers(void *ctx, const struct air_advertisement *a)
{
	struct sim_controller *c = ctx;
	const struct crypto_address *wanted = &c->air.wanted;

	if (!crypto_address_equal(wanted, &a->from) &&
	    !(is_resolved(c, &a->from) && crypto_address_equal(wanted, &c->resolving.peer)))
		return false;
	if (!a->directed || crypto_address_equal(&c->air.address, &a->target))
		return true;
	if (!c->resolving.on || !address_resolves(&a->target, c->resolving.own_irk))
		return false;
	c->air.address = a->target;
	return true;
}

enum sim_target sim_controller_target(const struct sim_controller *c,
				      const struct air_advertisement *a)
{
	const bool random = c->scan_own_type & 1;

	if (a->target.type == random &&
	    bytes_equal(a->target.octets, random ? c->random_address : c->address, 6))
		return SIM_TARGET_OWN;
	return c->scan_policy & 2 && address_is_resolvable(&a->target) ? SIM_TARGET_UNRESOLVED
								       : SIM_TARGET_OTHER;
}

static void do_read_phy(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);
	uint8_t r[5] = {link ? HCI_SUCCESS : HCI_UNKNOWN_CONNECTION, p[0], p[1]};

	r[3] = r[4] = link ? link->phy : 0;
	sim_controller_complete(c, r, sizeof(r));
}

/* 7.8.49: tests ask for LE 2M only. */
static void do_set_phy(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);

	assert_memory_equal(p + 2, "\0\2\2\0\0", 5);
	sim_controller_begun(c, link ? HCI_SUCCESS : HCI_UNKNOWN_CONNECTION);
	if (link)
		air_switch(link, &c->air, AIR_2M);
}

static void do_encrypt(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);

	if (!link || link->central != &c->air) {
		sim_controller_begun(c, link ? HCI_COMMAND_DISALLOWED : HCI_UNKNOWN_CONNECTION);
		return;
	}
	sim_controller_begun(c, HCI_SUCCESS);
	air_encrypt(link, p + 12, p + 2, bytes_get_le16(p + 10));
}

static void do_ltk(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);

	complete_link(c, p, link);
	if (link)
		air_ltk(link, p + 2);
}

static void do_no_ltk(struct sim_controller *c, const uint8_t *p)
{
	struct air_link *link = named(c, p);

	complete_link(c, p, link);
	if (link)
		air_ltk(link, NULL);
}

static void do_link_answer(struct sim_controller *c, const uint8_t *p)
{
	complete_link(c, p, named(c, p));
}

/* ---- The table ------------------------------------------------------------------------------- */

#define ANY 0xff

static const struct {
	uint16_t opcode;
	uint8_t len;   /* of its parameters; ANY: run() gets it before them */
	bool harmless; /* leaves the controller as a reset does */
	sim_controller_command *run;
} commands[] = {
	{HCI_RESET, 0, true, do_reset},
	{HCI_READ_LOCAL_VERSION, 0, true, do_version},
	{HCI_READ_LOCAL_COMMANDS, 0, true, do_commands},
	{HCI_READ_LOCAL_FEATURES, 0, true, do_features},
	{HCI_READ_BD_ADDR, 0, true, do_address},
	{HCI_SET_EVENT_MASK, 8, false, ok},
	{HCI_LE_SET_EVENT_MASK, 8, false, do_le_event_mask},
	{HCI_LE_READ_BUFFER_SIZE, 0, true, do_buffers},
	{HCI_LE_READ_LOCAL_FEATURES, 0, true, do_le_features},
	{HCI_LE_READ_STATES, 0, true, do_states},
	{HCI_LE_READ_ACCEPT_LIST_SIZE, 0, true, do_list_size},
	{HCI_LE_WRITE_DEFAULT_DATA_LENGTH, 4, false, ok},
	{HCI_LE_SET_RANDOM_ADDRESS, 6, false, do_random_address},
	{HCI_LE_SET_ADVERTISING_PARAMETERS, 15, false, do_advertising_parameters},
	{HCI_LE_SET_ADVERTISING_DATA, 32, false, do_advertising_data},
	{HCI_LE_SET_SCAN_RESPONSE_DATA, 32, false, do_response_data},
	{HCI_LE_SET_ADVERTISING_ENABLE, 1, false, do_advertise},
	{HCI_LE_SET_SCAN_PARAMETERS, 7, false, do_scan_parameters},
	{HCI_LE_SET_SCAN_ENABLE, 2, false, do_scan},
	{HCI_LE_CREATE_CONNECTION, 25, false, do_connect},
	{HCI_LE_CREATE_CONNECTION_CANCEL, 0, false, do_connect_cancel},
	{HCI_DISCONNECT, 3, false, do_disconnect},
	{HCI_LE_CONNECTION_UPDATE, 14, false, do_update},
	{HCI_LE_READ_REMOTE_FEATURES, 2, false, do_remote_features},
	{HCI_LE_ENABLE_ENCRYPTION, 28, false, do_encrypt},
	{HCI_LE_LTK_REPLY, 18, false, do_ltk},
	{HCI_LE_LTK_NEGATIVE_REPLY, 2, false, do_no_ltk},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY, 14, false, do_link_answer},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY, 3, false, do_link_answer},
	{HCI_LE_SET_DATA_LENGTH, 6, false, do_link_answer},
	{HCI_LE_CLEAR_ACCEPT_LIST, 0, false, do_clear_accepted},
	{HCI_LE_ADD_TO_ACCEPT_LIST, 7, false, do_accept},
	{HCI_LE_CLEAR_RESOLVING_LIST, 0, false, do_clear_resolving},
	{HCI_LE_ADD_TO_RESOLVING_LIST, 39, false, do_add_resolving},
	{HCI_LE_SET_ADDRESS_RESOLUTION, 1, false, do_resolution},
	{HCI_LE_READ_PHY, 2, false, do_read_phy},
	{HCI_LE_SET_DEFAULT_PHY, 3, false, ok},
	{HCI_LE_SET_PHY, 7, false, do_set_phy},
	{HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, ANY, false, sim_controller_set_set_address},
	{HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, ANY, false,
	 sim_controller_set_advertising_parameters},
	{HCI_LE_SET_EXTENDED_ADVERTISING_DATA, ANY, false, sim_controller_set_advertising_data},
	{HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, ANY, false, sim_controller_set_response_data},
	{HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, ANY, false, sim_controller_set_advertising},
	{HCI_LE_SET_EXTENDED_SCAN_PARAMETERS, ANY, false, sim_controller_set_scan_parameters},
	{HCI_LE_SET_EXTENDED_SCAN_ENABLE, ANY, false, sim_controller_set_scan},
	{HCI_LE_EXTENDED_CREATE_CONNECTION, ANY, false, sim_controller_create_connection},
};

static void do_commands(struct sim_controller *c, const uint8_t *p)
{
	uint8_t r[65] = {0};

	(void)p;
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct hci_command_format *f = hci_command_format(commands[i].opcode);
		r[1 + f->octet] |= (uint8_t)(1U << f->bit);
	}
	sim_controller_complete(c, r, sizeof(r));
}

/* ---- From the host --------------------------------------------------------------------------- */

static void take_command(struct sim_controller *c, const uint8_t *packet, size_t len)
{
	assert_true(len >= 4 && len == 4U + packet[3]);
	c->opcode = bytes_get_le16(packet + 1);
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (commands[i].opcode != c->opcode)
			continue;
		c->clean &= commands[i].harmless;
		c->commands_used |= kind_of(c->opcode);
		assert_int_not_equal(c->commands_used, LEGACY_COMMANDS | EXTENDED_COMMANDS);
		if (commands[i].len == ANY) {
			commands[i].run(c, packet + 3);
			return;
		}
		assert_int_equal(packet[3], commands[i].len);
		commands[i].run(c, packet + 4);
		return;
	}
	sim_controller_complete_status(c, HCI_UNKNOWN_COMMAND);
}

static void take_data(struct sim_controller *c, const uint8_t *packet, size_t len)
{
	assert_true(len >= 5 && len == 5U + bytes_get_le16(packet + 3));
	uint16_t handle = bytes_get_le16(packet + 1);
	size_t i = place(c, handle & 0x0fff);
	unsigned in_flight = 0;

	if (i == AIR_LINKS)
		return; /* disconnected meanwhile: its packets are flushed */
	for (size_t k = 0; k < AIR_LINKS; k++)
		in_flight += c->links[k].link ? c->links[k].in_flight : 0;
	assert_true(in_flight < c->acl_count); /* otherwise the host overran our buffers */
	assert_true(len - 5 <= c->acl_length);
	assert_true((handle >> 12 & 3) <= 1); /* 4.1.2: the host never sends 0b10 */
	c->links[i].in_flight++;
	air_send(c->links[i].link, &c->air, (handle >> 12 & 3) == 0, packet + 5, len - 5);
}

struct from_host {
	struct sim_controller *controller;
	size_t len;
	uint8_t packet[HCI_PACKET_MAX];
};

static void take(void *arg)
{
	struct from_host *f = arg;
	struct sim_controller *c = f->controller;

	if (!c->open || c->vanished || c->deaf)
		return;
	if (c->from_host)
		f->len = c->from_host(c->ctx, f->packet, f->len);
	if (!f->len)
		return;
	if (f->packet[0] == HCI_COMMAND)
		take_command(c, f->packet, f->len);
	else if (f->packet[0] == HCI_ACL)
		take_data(c, f->packet, f->len);
	else
		fail_msg("the host sent a packet of type %u", f->packet[0]);
}

/* What the air still carries for a link that a reset has ended is lost. */
static bool has_link(const struct sim_controller *c, const struct air_link *link, size_t *place)
{
	*place = place_of(c, link);
	return *place < AIR_LINKS;
}

/* ---- From the air ---------------------------------------------------------------------------- */

static void report(struct sim_controller *c, uint8_t kind, const struct crypto_address *from,
		   const uint8_t *data, size_t len)
{
	uint8_t e[12 + 31] = {HCI_LE_ADVERTISING_REPORT, 1, kind, from->type};

	memcpy(e + 4, from->octets, 6);
	e[10] = (uint8_t)len;
	if (len)
		memcpy(e + 11, data, len);
	e[11 + len] = (uint8_t)-50;
	sim_controller_event(c, HCI_LE_META, e, 12 + len);
}

/* ADV_DIRECT_IND: 7.7.65.2, or 7.7.65.11. */
static void report_directed(struct sim_controller *c, const struct air_advertisement *a)
{
	uint8_t e[18] = {HCI_LE_DIRECTED_ADVERTISING_REPORT, 1, 0x01, a->from.type};

	if (a->primary)
		return;
	switch (sim_controller_target(c, a)) {
	case SIM_TARGET_OTHER:
		return;
	case SIM_TARGET_OWN:
		report(c, 0x01, &a->from, NULL, 0);
		return;
	case SIM_TARGET_UNRESOLVED:
		memcpy(e + 4, a->from.octets, 6);
		e[10] = a->target.type;
		memcpy(e + 11, a->target.octets, 6);
		e[17] = (uint8_t)-50;
		sim_controller_event(c, HCI_LE_META, e, sizeof(e));
	}
}

static void heard(void *ctx, const struct air_advertisement *a)
{
	struct sim_controller *c = ctx;

	if (!is_accepted(c, &a->from))
		return;
	if (is_extended(c)) {
		sim_controller_report_extended(c, a);
		return;
	}
	if (a->directed) {
		report_directed(c, a);
		return;
	}
	report(c, a->connectable ? 0x00 : 0x03, &a->from, a->data, a->len);
	if (c->scan_active && a->connectable && !a->response_lost)
		report(c, 0x04, &a->from, a->response, a->response_len);
}

static void linked(void *ctx, struct air_link *link)
{
	struct sim_controller *c = ctx;
	bool central = link->central == &c->air;
	const struct crypto_address *peer =
		central ? &link->peripheral_address : &link->central_address;
	/* The enhanced event has the resolvable addresses of both on air, or zeros. */
	uint8_t e[31] = {is_enhanced(c) ? HCI_LE_ENHANCED_CONNECTION_COMPLETE
					: HCI_LE_CONNECTION_COMPLETE,
			 HCI_SUCCESS};
	uint8_t *values = e + (is_enhanced(c) ? 24 : 12);
	size_t i = place_of(c, NULL);

	assert_true(i < AIR_LINKS);
	c->links[i].link = link;
	c->links[i].in_flight = 0;
	c->links[i].handle = c->next_handle;
	c->next_handle = c->next_handle % 0x0eff + 1;
	bytes_put_le16(e + 2, c->links[i].handle);
	e[4] = central ? 0x00 : 0x01;
	e[5] = peer->type;
	memcpy(e + 6, peer->octets, 6);
	if (is_enhanced(c) && central && c->resolving.on && address_is_resolvable(&c->air.address))
		memcpy(e + 12, c->air.address.octets, 6);
	if (is_enhanced(c) && is_resolved(c, peer)) {
		e[5] = c->resolving.peer.type | 2;
		memcpy(e + 6, c->resolving.peer.octets, 6);
		memcpy(e + 18, peer->octets, 6);
	}
	bytes_put_le16(values, link->parameters.interval);
	bytes_put_le16(values + 2, link->parameters.latency);
	bytes_put_le16(values + 4, link->parameters.timeout);
	sim_controller_event(c, HCI_LE_META, e, is_enhanced(c) ? 31 : 19);
}

static void data(void *ctx, struct air_link *link, bool start, const uint8_t *octets, size_t len)
{
	struct sim_controller *c = ctx;
	uint8_t packet[5 + AIR_DATA_MAX] = {HCI_ACL};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	bytes_put_le16(packet + 1, (uint16_t)(c->links[i].handle | (start ? 2 : 1) << 12));
	bytes_put_le16(packet + 3, (uint16_t)len);
	memcpy(packet + 5, octets, len);
	give(c, packet, 5 + len);
}

static void acknowledged(void *ctx, struct air_link *link)
{
	struct sim_controller *c = ctx;
	uint8_t e[5] = {1, 0, 0, 1, 0};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	c->links[i].in_flight--;
	bytes_put_le16(e + 1, c->links[i].handle);
	sim_controller_event(c, HCI_NUMBER_OF_COMPLETED_PACKETS, e, sizeof(e));
}

static void ltk_wanted(void *ctx, struct air_link *link, const uint8_t rand[8], uint16_t ediv)
{
	struct sim_controller *c = ctx;
	uint8_t e[13] = {HCI_LE_LTK_REQUEST};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	bytes_put_le16(e + 1, c->links[i].handle);
	memcpy(e + 3, rand, 8);
	bytes_put_le16(e + 11, ediv);
	sim_controller_event(c, HCI_LE_META, e, sizeof(e));
}

static void encryption(void *ctx, struct air_link *link, uint8_t status, bool refreshed)
{
	struct sim_controller *c = ctx;
	uint8_t e[4] = {status};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	bytes_put_le16(e + 1, c->links[i].handle);
	e[3] = status == HCI_SUCCESS;
	if (refreshed)
		sim_controller_event(c, HCI_KEY_REFRESH_COMPLETE, e, 3);
	else
		sim_controller_event(c, HCI_ENCRYPTION_CHANGE, e, 4);
}

static void parameters(void *ctx, struct air_link *link)
{
	struct sim_controller *c = ctx;
	uint8_t e[10] = {HCI_LE_CONNECTION_UPDATE_COMPLETE};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	bytes_put_le16(e + 2, c->links[i].handle);
	bytes_put_le16(e + 4, link->parameters.interval);
	bytes_put_le16(e + 6, link->parameters.latency);
	bytes_put_le16(e + 8, link->parameters.timeout);
	sim_controller_event(c, HCI_LE_META, e, sizeof(e));
}

static void unlinked(void *ctx, struct air_link *link, uint8_t reason)
{
	struct sim_controller *c = ctx;
	uint8_t e[4] = {HCI_SUCCESS, 0, 0, reason};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	bytes_put_le16(e + 1, c->links[i].handle);
	c->links[i].link = NULL;
	sim_controller_event(c, HCI_DISCONNECTION_COMPLETE, e, sizeof(e));
}

static void phy(void *ctx, struct air_link *link)
{
	struct sim_controller *c = ctx;
	uint8_t e[6] = {HCI_LE_PHY_UPDATE_COMPLETE, HCI_SUCCESS, 0, 0, link->phy, link->phy};
	size_t i;

	if (!has_link(c, link, &i))
		return;
	bytes_put_le16(e + 2, c->links[i].handle);
	sim_controller_event(c, HCI_LE_META, e, sizeof(e));
}

static const struct air_events events = {heard,	     linked,	 data,	   acknowledged, ltk_wanted,
					 encryption, parameters, unlinked, phy};

/* ---- The transport --------------------------------------------------------------------------- */

struct sim_transport {
	struct hci_transport base;
	struct sim_controller *controller;
};

static struct sim_controller *of(struct hci_transport *transport)
{
	return ((struct sim_transport *)transport)->controller;
}

static size_t transport_watch(struct hci_transport *transport, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = of(transport)->wake, .events = POLLIN};
	return 1;
}

static int fail_gone(struct hci_failure *failure)
{
	return hci_failure_set(failure, HCI_FAILURE_GONE, "the controller is gone");
}

static int transport_ready(struct hci_transport *transport, const struct pollfd *fds, size_t n,
			   struct hci_failure *failure)
{
	uint64_t counter;

	(void)fds;
	(void)n;
	if (of(transport)->vanished)
		return fail_gone(failure);
	(void)!read(of(transport)->wake, &counter, sizeof(counter));
	return 0;
}

static int transport_receive(struct hci_transport *transport, uint8_t *packet,
			     struct hci_failure *failure)
{
	struct sim_controller *c = of(transport);

	(void)failure;
	if (!c->out_count)
		return 0;
	size_t i = c->out_first, len = c->out[i].len;
	memcpy(packet, c->out[i].data, len);
	c->out_first = (i + 1) % SIM_CONTROLLER_OUT;
	c->out_count--;
	return (int)len;
}

static int transport_send(struct hci_transport *transport, const uint8_t *packet, size_t len,
			  struct hci_failure *failure)
{
	struct from_host f = {.controller = of(transport), .len = len};

	if (f.controller->vanished)
		return fail_gone(failure);
	memcpy(f.packet, packet, len);
	world_post(0, take, &f, offsetof(struct from_host, packet) + len);
	bytes_wipe(&f, sizeof(f)); /* as a real transport does: this runs on the program's stack */
	return 0;
}

static void transport_close(struct hci_transport *transport)
{
	struct sim_controller *c = of(transport);

	c->open = false;
	close(c->wake);
	if (c->air.present)
		air_remove(&c->air);
	free(transport);
}

static struct hci_transport *transport_open(const char *where, const struct hci_access *access,
					    struct hci_failure *failure);

static const struct hci_transport_ops ops = {
	.scheme = "sim:",
	.form = "sim:NAME",
	.open = transport_open,
	.watch = transport_watch,
	.ready = transport_ready,
	.receive = transport_receive,
	.send = transport_send,
	.close = transport_close,
};

static struct hci_transport *transport_open(const char *where, const struct hci_access *access,
					    struct hci_failure *failure)
{
	struct sim_controller *c = NULL;
	struct sim_transport *t;

	(void)access;
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i]->name, where) == 0)
			c = all[i];
	if (!c || c->vanished) {
		(void)hci_failure_set(failure, HCI_FAILURE_NOT_FOUND, "no controller %s", where);
		return NULL;
	}
	if (c->open || c->busy) {
		(void)hci_failure_set(failure, HCI_FAILURE_BUSY, "%s is in use", where);
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(t && c->wake >= 0);
	c->open = true;
	c->opened++;
	c->clean = false;
	c->out_first = c->out_count = 0;
	t->base.ops = &ops;
	t->base.phase = HCI_PHASE_OPEN;
	t->controller = c;
	return &t->base;
}

/* Replaces hci/transport.c: this world has no other controllers. */
struct hci_transport *hci_transport_open(const char *spec, const struct hci_access *access,
					 struct hci_failure *failure)
{
	return transport_open(spec, access, failure);
}

/* ---- For tests ------------------------------------------------------------------------------- */

void sim_controllers_begin(void)
{
	count = 0;
}

void sim_controller_add(struct sim_controller *c, const char *name, const uint8_t address[6])
{
	assert_true(count < SIM_CONTROLLERS);
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	memcpy(c->address, address, 6);
	c->acl_length = 251;
	c->acl_count = 8;
	c->max_links = AIR_LINKS;
	c->le_features = LE_FEATURES;
	c->le_states = LE_STATES;
	c->report_max = 229;
	c->le_event_mask = LE_EVENT_MASK;
	c->next_handle = 1;
	c->wake = -1;
	c->air.events = &events;
	c->air.ctx = c;
	c->air.answers = answers;
	all[count++] = c;
}

void sim_controller_vanish(struct sim_controller *c)
{
	const uint64_t one = 1;

	c->vanished = true;
	if (c->air.present)
		air_remove(&c->air);
	if (c->open)
		assert_int_equal(write(c->wake, &one, sizeof(one)), sizeof(one));
}

void sim_controller_return(struct sim_controller *c)
{
	c->vanished = c->deaf = false;
}

void sim_controllers_vanish(void)
{
	for (size_t i = 0; i < count; i++)
		sim_controller_vanish(all[i]);
}
