/* SPDX-License-Identifier: MIT */
#include "l2cap/att_table.h"

#include <string.h>

#include "crypto/bytes.h"

/* B1E9A100-6C4E-4F0E-9B0A-7D3F5C21E8A4, and ...A101-... */
#define OWN_UUID(low)                                                                            \
	0xa4, 0xe8, 0x21, 0x5c, 0x3f, 0x7d, 0x0a, 0x9b, 0x0e, 0x4f, 0x4e, 0x6c, low, 0xa1, 0xe9, \
		0xb1
#define UUID_16(value) (value) & 0xff, (value) >> 8

const uint8_t att_protected_service[16] = {OWN_UUID(0x00)};
const uint8_t att_protected_value[16] = {OWN_UUID(0x01)};

enum { PRIMARY_SERVICE = 0x2800, CHARACTERISTIC = 0x2803 };
enum { PROPERTY_READ = 0x02 }; /* Part G Table 3.5 */
enum { NAME_HANDLE = 3, VALUE_HANDLE = 8 };

/* The row of handle n is the nth, from 1. */
static const struct row {
	uint8_t type_len, type[16];
	uint8_t len, value[19];
	uint8_t group_end; /* of a service */
} rows[] = {
	{2, {UUID_16(PRIMARY_SERVICE)}, 2, {UUID_16(0x1800)}, 5},
	{2, {UUID_16(CHARACTERISTIC)}, 5, {PROPERTY_READ, UUID_16(3), UUID_16(0x2a00)}, 0},
	{2, {UUID_16(0x2a00)}, 0, {0}, 0}, /* the name: see value_of() */
	{2, {UUID_16(CHARACTERISTIC)}, 5, {PROPERTY_READ, UUID_16(5), UUID_16(0x2a01)}, 0},
	{2, {UUID_16(0x2a01)}, 2, {0, 0}, 0}, /* appearance: unknown */
	{2, {UUID_16(PRIMARY_SERVICE)}, 16, {OWN_UUID(0x00)}, 8},
	{2, {UUID_16(CHARACTERISTIC)}, 19, {PROPERTY_READ, UUID_16(8), OWN_UUID(0x01)}, 0},
	{16, {OWN_UUID(0x01)}, 7, "blepair", 0},
};
#define ROWS ((uint16_t)(sizeof(rows) / sizeof(rows[0])))

struct request {
	const struct att_table *table;
	const struct att_link *link;
	const uint8_t *pdu;
	size_t len;
	uint8_t *reply;
};

/* ---- Rows ------------------------------------------------------------------------------------ */

static const struct row *row_of(uint16_t handle)
{
	return handle && handle <= ROWS ? &rows[handle - 1] : NULL;
}

static const uint8_t *value_of(const struct request *r, uint16_t handle, size_t *len)
{
	if (handle == NAME_HANDLE) {
		*len = strlen(r->table->name);
		return (const uint8_t *)r->table->name;
	}
	*len = rows[handle - 1].len;
	return rows[handle - 1].value;
}

/* A UUID of 16 bits has a form of 128 bits, Vol 3 Part B 2.5.1. */
static bool is_type(const struct row *row, const uint8_t *uuid, size_t len)
{
	static const uint8_t base[12] = {0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00,
					 0x00, 0x80, 0x00, 0x10, 0x00, 0x00};

	if (row->type_len == len)
		return bytes_equal(row->type, uuid, len);
	return row->type_len == 2 && len == 16 && bytes_equal(uuid, base, sizeof(base)) &&
	       bytes_equal(uuid + 12, row->type, 2) && uuid[14] == 0 && uuid[15] == 0;
}

/* ---- Answers --------------------------------------------------------------------------------- */

static size_t error(const struct request *r, uint16_t handle, uint8_t code)
{
	r->reply[0] = ATT_ERROR_RESPONSE;
	r->reply[1] = r->pdu[0];
	bytes_put_le16(r->reply + 2, handle);
	r->reply[4] = code;
	return 5;
}

/* Why the link may not read this; 0: it may. Vol 3 Part C Table 10.2. */
static uint8_t refusal(const struct request *r, uint16_t handle)
{
	if (handle != VALUE_HANDLE || r->link->security >= r->table->for_value)
		return 0;
	return r->link->security == ATT_OPEN && r->link->bonded ? ATT_INSUFFICIENT_ENCRYPTION
								: ATT_INSUFFICIENT_AUTHENTICATION;
}

static size_t put(const struct request *r, size_t at, const uint8_t *octets, size_t len)
{
	const size_t room = ATT_MTU - at;

	if (len > room)
		len = room;
	memcpy(r->reply + at, octets, len);
	return at + len;
}

static size_t read_value(const struct request *r, uint16_t handle, uint8_t opcode, size_t offset)
{
	size_t len;
	const uint8_t *value = value_of(r, handle, &len);
	const uint8_t code = refusal(r, handle);

	if (code)
		return error(r, handle, code);
	if (offset > len)
		return error(r, handle, ATT_INVALID_OFFSET);
	r->reply[0] = opcode;
	return put(r, 1, value + offset, len - offset);
}

static size_t answer_handle(const struct request *r)
{
	const uint16_t handle = bytes_get_le16(r->pdu + 1);

	if (!row_of(handle))
		return error(r, handle, ATT_INVALID_HANDLE);
	switch (r->pdu[0]) {
	case ATT_READ_REQUEST:
		return read_value(r, handle, ATT_READ_RESPONSE, 0);
	case ATT_READ_BLOB_REQUEST:
		return read_value(r, handle, ATT_READ_BLOB_RESPONSE, bytes_get_le16(r->pdu + 3));
	case ATT_WRITE_REQUEST:
		return error(r, handle, ATT_WRITE_NOT_PERMITTED);
	default: /* several values at once, and long writes */
		return error(r, 0, ATT_REQUEST_NOT_SUPPORTED);
	}
}

/* All pairs of handle and type that follow each other with types of one length, 3.4.3.2. */
static size_t find_information(const struct request *r, uint16_t first, uint16_t last)
{
	size_t at = 2, type_len = rows[first - 1].type_len;

	r->reply[0] = ATT_FIND_INFORMATION_RESPONSE;
	r->reply[1] = type_len == 2 ? 1 : 2;
	for (uint16_t h = first;
	     h <= last && rows[h - 1].type_len == type_len && at + 2 + type_len <= ATT_MTU; h++) {
		bytes_put_le16(r->reply + at, h);
		at = put(r, at + 2, rows[h - 1].type, type_len);
	}
	return at;
}

static size_t find_by_type_value(const struct request *r, uint16_t first, uint16_t last)
{
	for (uint16_t h = first; h <= last; h++) {
		const struct row *row = &rows[h - 1];
		if (!row->group_end || !is_type(row, r->pdu + 5, 2) || row->len != r->len - 7 ||
		    !bytes_equal(row->value, r->pdu + 7, row->len))
			continue;
		r->reply[0] = ATT_FIND_BY_TYPE_VALUE_RESPONSE;
		bytes_put_le16(r->reply + 1, h);
		bytes_put_le16(r->reply + 3, row->group_end);
		return 5;
	}
	return error(r, bytes_get_le16(r->pdu + 1), ATT_ATTRIBUTE_NOT_FOUND);
}

/*
 * Values of one type that follow each other with one length. head: what stands before each of
 * them: its handle, and the end of a group (3.4.4.2, 3.4.4.10).
 */
static size_t read_by_type(const struct request *r, uint16_t first, uint16_t last, size_t head)
{
	size_t at = 2, each = 0;

	for (uint16_t h = first; h <= last; h++) {
		size_t len;
		const uint8_t *value = value_of(r, h, &len);
		if (!is_type(&rows[h - 1], r->pdu + 5, r->len - 5))
			continue;
		if (refusal(r, h) && !each)
			return error(r, h, refusal(r, h));
		if (head + len > ATT_MTU - 2U)
			len = ATT_MTU - 2U - head;
		if (each && (each != head + len || at + each > ATT_MTU))
			break;
		each = head + len;
		bytes_put_le16(r->reply + at, h);
		bytes_put_le16(r->reply + at + 2, rows[h - 1].group_end);
		at = put(r, at + head, value, len);
	}
	if (!each)
		return error(r, bytes_get_le16(r->pdu + 1), ATT_ATTRIBUTE_NOT_FOUND);
	r->reply[0] = (uint8_t)(r->pdu[0] + 1);
	r->reply[1] = (uint8_t)each;
	return at;
}

static size_t answer_range(const struct request *r)
{
	const uint16_t first = bytes_get_le16(r->pdu + 1);
	uint16_t last = bytes_get_le16(r->pdu + 3);

	if (last > ROWS)
		last = ROWS;
	if (first > last)
		return error(r, first, ATT_ATTRIBUTE_NOT_FOUND);
	switch (r->pdu[0]) {
	case ATT_FIND_INFORMATION_REQUEST:
		return find_information(r, first, last);
	case ATT_FIND_BY_TYPE_VALUE_REQUEST:
		return find_by_type_value(r, first, last);
	case ATT_READ_BY_GROUP_TYPE_REQUEST:
		if (!is_type(&rows[0], r->pdu + 5, r->len - 5))
			return error(r, first, ATT_UNSUPPORTED_GROUP_TYPE);
		return read_by_type(r, first, last, 4);
	default:
		return read_by_type(r, first, last, 2);
	}
}

size_t att_table_answer(const struct att_table *table, const struct att_link *link,
			const uint8_t *pdu, size_t len, uint8_t reply[ATT_MTU])
{
	const struct request r = {table, link, pdu, len, reply};
	const size_t plain = att_answer(pdu, len, reply);

	/* A server without attributes has checked the PDU, and found nothing. */
	if (plain == 5 && reply[4] == ATT_ATTRIBUTE_NOT_FOUND)
		return answer_range(&r);
	if (plain == 5 && reply[4] == ATT_INVALID_HANDLE &&
	    pdu[0] != ATT_FIND_INFORMATION_REQUEST && pdu[0] != ATT_FIND_BY_TYPE_VALUE_REQUEST &&
	    pdu[0] != ATT_READ_BY_TYPE_REQUEST && pdu[0] != ATT_READ_BY_GROUP_TYPE_REQUEST)
		return answer_handle(&r);
	return plain;
}
