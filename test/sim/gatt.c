/* SPDX-License-Identifier: MIT */
#include "sim/gatt.h"

#include <string.h>

#include "crypto/bytes.h"

enum {
	ERROR = 0x01,
	MTU_REQUEST = 0x02,
	FIND_BY_TYPE_VALUE = 0x06,
	READ_BY_TYPE = 0x08,
	READ_BLOB = 0x0c,
	WRITE = 0x12,
	NOTIFICATION = 0x1b,
};
enum { NOT_FOUND = 0x0a, NOT_SUPPORTED = 0x06, AUTHENTICATION = 0x05, INVALID_OFFSET = 0x07 };
enum { FIRST_HANDLE = 3, LAST_HANDLE = 3 + 2 * SIM_ATTRIBUTES };

void sim_gatt_begin(struct sim_gatt *g, void (*send)(void *ctx, const uint8_t *pdu, size_t len),
		    void *ctx)
{
	memset(g, 0, sizeof(*g));
	g->send = send;
	g->ctx = ctx;
	g->mtu = SIM_GATT_MTU;
	g->mtu_in_force = 23;
}

struct sim_attribute *sim_gatt_add(struct sim_gatt *g, uint16_t uuid, enum security_level level,
				   const char *text)
{
	struct sim_attribute *a = &g->attributes[g->count++];

	*a = (struct sim_attribute){.uuid = uuid, .level = level, .len = strlen(text)};
	memcpy(a->value, text, a->len);
	return a;
}

void sim_gatt_linked(struct sim_gatt *g)
{
	g->mtu_in_force = 23;
	g->held = false;
}

static uint16_t handle_of(const struct sim_gatt *g, const struct sim_attribute *a)
{
	return (uint16_t)(FIRST_HANDLE + 2 * (a - g->attributes));
}

static struct sim_attribute *by_handle(struct sim_gatt *g, uint16_t handle)
{
	const size_t i = (size_t)(handle - FIRST_HANDLE) / 2;

	return handle >= FIRST_HANDLE && (handle - FIRST_HANDLE) % 2 == 0 && i < g->count
		       ? &g->attributes[i]
		       : NULL;
}

static void reply(struct sim_gatt *g, uint8_t *pdu, size_t len)
{
	static const uint8_t notification[] = {NOTIFICATION, 3, 0, 1};
	static const uint8_t exchange[] = {MTU_REQUEST, 64, 0};

	if (g->fault == SIM_GATT_NOTIFIES) {
		g->send(g->ctx, notification, sizeof(notification));
		g->send(g->ctx, exchange, sizeof(exchange));
		g->send(g->ctx, exchange, sizeof(exchange));
		g->mtu_in_force = g->mtu_in_force < 64 ? 64 : g->mtu_in_force;
	}
	if (g->fault == SIM_GATT_SHORT)
		len = 1;
	if (g->fault == SIM_GATT_OTHER_OPCODE)
		pdu[0] = 0x13 - (pdu[0] == 0x13) * 2;
	g->send(g->ctx, pdu, len > g->mtu_in_force ? g->mtu_in_force : len);
}

static void error(struct sim_gatt *g, uint8_t opcode, uint16_t handle, uint8_t code)
{
	uint8_t pdu[5] = {ERROR, opcode, (uint8_t)handle, (uint8_t)(handle >> 8), code};

	reply(g, pdu, sizeof(pdu));
}

/* Whether it is refused; that is answered. */
static bool refuse(struct sim_gatt *g, const struct sim_attribute *a, enum security_level level,
		   uint8_t opcode)
{
	if (level >= a->level)
		return false;
	error(g, opcode, handle_of(g, a), a->refusal ? a->refusal : AUTHENTICATION);
	return true;
}

static void read_by_type(struct sim_gatt *g, enum security_level level, const uint8_t *pdu,
			 size_t len)
{
	uint8_t answer[SIM_GATT_MTU] = {READ_BY_TYPE + 1};

	for (size_t i = 0; i < g->count; i++) {
		struct sim_attribute *a = &g->attributes[i];
		const uint16_t handle = g->fault == SIM_GATT_OTHER_HANDLE ? 0 : handle_of(g, a);
		size_t n = a->len < g->mtu_in_force - 4U ? a->len : g->mtu_in_force - 4U;
		if (len != 7 || bytes_get_le16(pdu + 5) != a->uuid ||
		    handle_of(g, a) < bytes_get_le16(pdu + 1) ||
		    handle_of(g, a) > bytes_get_le16(pdu + 3))
			continue;
		if (refuse(g, a, level, READ_BY_TYPE))
			return;
		if (g->fault == SIM_GATT_ENDLESS)
			n = g->mtu_in_force - 4U;
		answer[1] = (uint8_t)(n + 2);
		bytes_put_le16(answer + 2, handle);
		memcpy(answer + 4, a->value, n);
		reply(g, answer, 4 + n);
		return;
	}
	error(g, READ_BY_TYPE, bytes_get_le16(pdu + 1), NOT_FOUND);
}

static void read_blob(struct sim_gatt *g, enum security_level level, const uint8_t *pdu)
{
	uint8_t answer[SIM_GATT_MTU] = {READ_BLOB + 1};
	const struct sim_attribute *a = by_handle(g, bytes_get_le16(pdu + 1));
	const size_t offset = bytes_get_le16(pdu + 3), room = g->mtu_in_force - 1U;
	size_t n;

	if (!a || refuse(g, a, level, READ_BLOB))
		return;
	if (g->fault == SIM_GATT_ENDLESS) {
		reply(g, answer, 1 + room);
	} else if (offset > a->len) {
		error(g, READ_BLOB, handle_of(g, a), INVALID_OFFSET);
	} else {
		n = a->len - offset < room ? a->len - offset : room;
		memcpy(answer + 1, a->value + offset, n);
		reply(g, answer, 1 + n);
	}
}

static void write(struct sim_gatt *g, enum security_level level, const uint8_t *pdu, size_t len)
{
	struct sim_attribute *a = by_handle(g, bytes_get_le16(pdu + 1));
	uint8_t answer[1] = {WRITE + 1};

	if (!a || refuse(g, a, level, WRITE))
		return;
	a->len = len - 3;
	memcpy(a->value, pdu + 3, a->len);
	g->writes++;
	if (g->fault != SIM_GATT_DEAF_TO_WRITE)
		reply(g, answer, 1);
}

static void exchange(struct sim_gatt *g, const uint8_t *pdu)
{
	uint8_t answer[3] = {MTU_REQUEST + 1};
	const uint16_t theirs = bytes_get_le16(pdu + 1);

	g->exchanges++;
	if (!g->mtu) {
		error(g, MTU_REQUEST, 0, NOT_SUPPORTED);
		return;
	}
	bytes_put_le16(answer + 1, g->mtu);
	reply(g, answer, 3);
	g->mtu_in_force = theirs < g->mtu ? theirs : g->mtu;
}

void sim_gatt_receive(struct sim_gatt *g, enum security_level level, const uint8_t *pdu, size_t len)
{
	uint8_t service[5] = {FIND_BY_TYPE_VALUE + 1, 1, 0, LAST_HANDLE, 0};

	if (len == 3 && pdu[0] == MTU_REQUEST + 1)
		g->answered_mtu = bytes_get_le16(pdu + 1);
	if (!len || pdu[0] & 1 || len > SIM_GATT_MTU)
		return;
	if (g->fault == SIM_GATT_HELD && level == LEVEL_OPEN) {
		g->held = true;
		g->waiting_len = len;
		memcpy(g->waiting, pdu, len);
		return;
	}
	if (g->requests < sizeof(g->opcodes))
		g->opcodes[g->requests] = pdu[0];
	g->requests++;
	if (g->fault == SIM_GATT_SILENT)
		return;
	if (pdu[0] == MTU_REQUEST && len == 3)
		exchange(g, pdu);
	else if (pdu[0] == FIND_BY_TYPE_VALUE)
		reply(g, service, 5);
	else if (pdu[0] == READ_BY_TYPE && len >= 7)
		read_by_type(g, level, pdu, len);
	else if (pdu[0] == READ_BLOB && len == 5)
		read_blob(g, level, pdu);
	else if (pdu[0] == WRITE && len >= 3)
		write(g, level, pdu, len);
	else
		error(g, pdu[0], 0, NOT_SUPPORTED);
}

void sim_gatt_release(struct sim_gatt *g, enum security_level level)
{
	if (!g->held || level == LEVEL_OPEN)
		return;
	g->held = false;
	sim_gatt_receive(g, level, g->waiting, g->waiting_len);
}
