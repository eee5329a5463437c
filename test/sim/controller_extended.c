/* SPDX-License-Identifier: MIT */
/* The commands and reports of extended advertising: Core Vol 4 Part E 7.8.52 to 7.8.66, 7.7.65.13.
 */
#include <string.h>

#include "crypto/bytes.h"
#include "hci/error.h"
#include "sim/controller_internal.h"
#include "unit.h"

static size_t count(uint8_t set)
{
	size_t n = 0;

	for (; set; set &= (uint8_t)(set - 1))
		n++;
	return n;
}

/* The controller knows these PHYs only. */
static bool has_phys(const struct sim_controller *c, uint8_t phys)
{
	uint8_t known = AIR_SET(AIR_1M);

	known |= c->le_features >> 8 & 1 ? AIR_SET(AIR_2M) : 0;
	known |= c->le_features >> 11 & 1 ? AIR_SET(AIR_CODED) : 0;
	return !(phys & ~known);
}

/* ---- Scanning and connecting ----------------------------------------------------------------- */

/* 7.8.64: the windows of all PHYs fit into the time that there is. */
void sim_controller_set_scan_parameters(struct sim_controller *c, const uint8_t *p)
{
	const uint8_t phys = p[3];
	unsigned time = 0;

	assert_int_equal(p[0], 3 + 5 * count(phys));
	assert_true(phys && has_phys(c, phys) && !(phys & AIR_SET(AIR_2M)));
	for (size_t i = 0; i < count(phys); i++) {
		unsigned interval = bytes_get_le16(p + 4 + 5 * i + 1);
		unsigned window = bytes_get_le16(p + 4 + 5 * i + 3);
		assert_true(window && window <= interval);
		time += 1000 * window / interval;
	}
	assert_true(time <= 1000);
	c->air.listens = phys;
	c->scan_own_type = p[1];
	c->scan_policy = p[2];
	c->scan_active = p[4];
	sim_controller_complete_status(c, HCI_SUCCESS);
}

void sim_controller_set_scan(struct sim_controller *c, const uint8_t *p)
{
	sim_controller_complete_status(c, HCI_SUCCESS);
	air_scan(&c->air, p[1]);
}

/* 7.8.66. */
void sim_controller_create_connection(struct sim_controller *c, const uint8_t *p)
{
	const uint8_t phys = p[10];
	struct crypto_address to = {.type = p[3]};
	const struct air_parameters parameters = {bytes_get_le16(p + 11 + 6),
						  bytes_get_le16(p + 11 + 8),
						  bytes_get_le16(p + 11 + 10)};

	assert_int_equal(p[0], 10 + 16 * count(phys));
	assert_true(phys & ~AIR_SET(AIR_2M));
	assert_true(has_phys(c, phys));
	memcpy(to.octets, p + 4, 6);
	c->air.calls = phys;
	sim_controller_connect(c, p[2], &to, &parameters);
}

/* ---- Advertising: one set, with legacy PDUs -------------------------------------------------- */

void sim_controller_set_advertising_parameters(struct sim_controller *c, const uint8_t *p)
{
	static const uint8_t done[2] = {HCI_SUCCESS, 0 /* transmit power */};

	assert_int_equal(p[1], 0);
	assert_int_equal(bytes_get_le16(p + 2), 0x0013); /* ADV_IND */
	c->air.advertising_interval =
		((uint64_t)p[4] | (uint64_t)p[5] << 8 | (uint64_t)p[6] << 16) * 625;
	c->own_type = p[11];
	sim_controller_complete(c, done, sizeof(done));
}

void sim_controller_set_set_address(struct sim_controller *c, const uint8_t *p)
{
	assert_memory_equal(p + 2, c->random_address, 6);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

void sim_controller_set_advertising_data(struct sim_controller *c, const uint8_t *p)
{
	assert_true(p[4] <= sizeof(c->ad) && p[0] == 4 + p[4]);
	c->ad_len = p[4];
	memcpy(c->ad, p + 5, c->ad_len);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

void sim_controller_set_response_data(struct sim_controller *c, const uint8_t *p)
{
	assert_true(p[4] <= sizeof(c->response) && p[0] == 4 + p[4]);
	c->response_len = p[4];
	memcpy(c->response, p + 5, c->response_len);
	sim_controller_complete_status(c, HCI_SUCCESS);
}

void sim_controller_set_advertising(struct sim_controller *c, const uint8_t *p)
{
	sim_controller_advertise(c, p[1]);
}

/* ---- Reports --------------------------------------------------------------------------------- */

enum {
	CONNECTABLE = 0x01,
	SCANNABLE = 0x02,
	DIRECTED = 0x04,
	SCAN_RESPONSE = 0x08,
	LEGACY = 0x10,
	MORE = 1 << 5
};

#define HEAD 26 /* octets of an event before the data */

static void report(struct sim_controller *c, const struct air_advertisement *a, uint8_t type,
		   const uint8_t *data, size_t len)
{
	uint8_t e[HEAD + 229] = {HCI_LE_EXTENDED_ADVERTISING_REPORT, 1, type, 0, a->from.type};

	memcpy(e + 5, a->from.octets, 6);
	e[11] = a->primary ? a->primary : AIR_1M;
	e[12] = a->secondary;
	e[13] = a->primary ? 0 : 0xff; /* SID */
	e[14] = 127;
	e[15] = (uint8_t)-50;
	if (a->directed) {
		e[18] = sim_controller_target(c, a) == SIM_TARGET_UNRESOLVED ? 0xfe
									     : a->target.type;
		memcpy(e + 19, a->target.octets, 6);
	}
	e[25] = (uint8_t)len;
	if (len)
		memcpy(e + HEAD, data, len);
	sim_controller_event(c, HCI_LE_META, e, HEAD + len);
}

void sim_controller_report_extended(struct sim_controller *c, const struct air_advertisement *a)
{
	if (a->directed) {
		if (sim_controller_target(c, a) != SIM_TARGET_OTHER)
			report(c, a, CONNECTABLE | DIRECTED | (a->primary ? 0 : LEGACY), NULL, 0);
		return;
	}
	if (!a->primary) {
		const uint8_t type = a->connectable ? CONNECTABLE | SCANNABLE | LEGACY : LEGACY;
		report(c, a, type, a->data, a->len);
		if (c->scan_active && a->connectable && !a->response_lost)
			report(c, a, type | SCAN_RESPONSE, a->response, a->response_len);
		return;
	}
	size_t at = 0;
	for (; a->extended_len - at > c->report_max; at += c->report_max)
		report(c, a, CONNECTABLE | MORE, a->extended + at, c->report_max);
	report(c, a, CONNECTABLE, a->extended + at, a->extended_len - at);
}
