/* SPDX-License-Identifier: MIT */
#include "l2cap/att_client.h"

#include <string.h>

#include "crypto/bytes.h"

typedef struct att_client_result result;

#define PRIMARY_SERVICE 0x2800

/* Octets of a value in a Read By Type Response: its length is one octet, with the handle. */
#define LONGEST_BY_TYPE 253

static result malformed(struct att_client *c, const char *note)
{
	c->state = ATT_CLIENT_BROKEN;
	return (result){.kind = ATT_CLIENT_MALFORMED, .note = note};
}

static result end(struct att_client *c, enum att_client_kind kind, uint8_t error)
{
	c->state = ATT_CLIENT_IDLE;
	return (result){.kind = kind, .error = error};
}

/* ---- Requests -------------------------------------------------------------------------------- */

static result send(struct att_client *c, enum att_client_state state, uint8_t opcode, size_t len)
{
	c->state = state;
	c->request[0] = opcode;
	c->request_len = len;
	return (result){.kind = ATT_CLIENT_SEND};
}

static result exchange_mtu(struct att_client *c, enum att_client_state state)
{
	c->exchanged = true;
	bytes_put_le16(c->request + 1, ATT_CLIENT_MTU);
	return send(c, state, ATT_EXCHANGE_MTU_REQUEST, 3);
}

static result read_blob(struct att_client *c)
{
	bytes_put_le16(c->request + 1, c->handle);
	bytes_put_le16(c->request + 3, (uint16_t)c->value_len);
	return send(c, ATT_CLIENT_READING_ON, ATT_READ_BLOB_REQUEST, 5);
}

static result write(struct att_client *c)
{
	if (c->value_len + 3 > c->mtu)
		return end(c, ATT_CLIENT_TOO_LONG, 0);
	bytes_put_le16(c->request + 1, c->handle);
	memcpy(c->request + 3, c->value, c->value_len);
	return send(c, ATT_CLIENT_WRITING, ATT_WRITE_REQUEST, 3 + c->value_len);
}

/* ---- Answers --------------------------------------------------------------------------------- */

static result service_found(struct att_client *c, const uint8_t *pdu, size_t len)
{
	if (len < 5 || (len - 1) % 4)
		return malformed(c, "a Find By Type Value Response of a wrong length");

	const struct att_range found = {bytes_get_le16(pdu + 1), bytes_get_le16(pdu + 3)};
	if (found.first < c->in.first || found.last < found.first)
		return malformed(c, "a Find By Type Value Response with handles out of range");
	c->in = found;
	return end(c, ATT_CLIENT_DONE, 0);
}

static result value_read(struct att_client *c, const uint8_t *pdu, size_t len)
{
	const size_t most = c->mtu - 4U;

	/* The length of each pair of handle and value, then as many as fit; the first one counts.
	 */
	if (len < 4 || pdu[1] < 2 || pdu[1] > len - 2 || (len - 2) % pdu[1])
		return malformed(c, "a Read By Type Response of a wrong length");
	c->handle = bytes_get_le16(pdu + 2);
	if (c->handle < c->in.first || c->handle > c->in.last)
		return malformed(c, "a Read By Type Response with a handle out of range");
	c->value_len = pdu[1] - 2U;
	memcpy(c->value, pdu + 4, c->value_len);
	if (c->value_len < (most < LONGEST_BY_TYPE ? most : LONGEST_BY_TYPE))
		return end(c, ATT_CLIENT_DONE, 0);
	return read_blob(c);
}

static result value_continued(struct att_client *c, const uint8_t *pdu, size_t len)
{
	const size_t more = len - 1;

	if (c->value_len + more > ATT_VALUE_MAX)
		return malformed(c, "a value of more than 512 octets");
	memcpy(c->value + c->value_len, pdu + 1, more);
	c->value_len += more;
	if (more + 1 < c->mtu || c->value_len == ATT_VALUE_MAX)
		return end(c, ATT_CLIENT_DONE, 0);
	/* It is long: from here on a larger MTU saves requests. */
	return c->exchanged ? read_blob(c) : exchange_mtu(c, ATT_CLIENT_MTU_TO_READ);
}

static uint16_t least(uint16_t mtu)
{
	return mtu < ATT_CLIENT_MTU ? mtu : ATT_CLIENT_MTU;
}

static result mtu_taken(struct att_client *c, const uint8_t *pdu, size_t len)
{
	const uint16_t mtu = len == 3 ? bytes_get_le16(pdu + 1) : 0;

	if (mtu < ATT_MTU)
		return malformed(c, "an Exchange MTU Response of a wrong length, or below 23");
	c->mtu = least(mtu);
	return c->state == ATT_CLIENT_MTU_TO_READ ? read_blob(c) : write(c);
}

static result written(struct att_client *c, const uint8_t *pdu, size_t len)
{
	(void)pdu;
	return len == 1 ? end(c, ATT_CLIENT_DONE, 0)
			: malformed(c, "a Write Response of a wrong length");
}

static result proved(struct att_client *c, const uint8_t *pdu, size_t len)
{
	(void)pdu;
	(void)len;
	return end(c, ATT_CLIENT_DONE, 0);
}

/* ---- Error Responses ------------------------------------------------------------------------- */

static result refused(struct att_client *c, uint8_t error)
{
	return end(c, ATT_CLIENT_REFUSED, error);
}

/* The value had just as many octets as fit (3.4.4.5). */
static result value_ended(struct att_client *c, uint8_t error)
{
	if (error == ATT_INVALID_OFFSET || error == ATT_ATTRIBUTE_NOT_LONG)
		return end(c, ATT_CLIENT_DONE, 0);
	return refused(c, error);
}

/* A server that has the default MTU only (3.4.2.2). */
static result mtu_refused(struct att_client *c, uint8_t error)
{
	(void)error;
	return c->state == ATT_CLIENT_MTU_TO_READ ? read_blob(c) : write(c);
}

static result proved_by_error(struct att_client *c, uint8_t error)
{
	(void)error;
	return end(c, ATT_CLIENT_DONE, 0);
}

/* ---- The table ------------------------------------------------------------------------------- */

static const struct {
	uint8_t request, response;
	const char *name; /* of the request */
	result (*answered)(struct att_client *c, const uint8_t *pdu, size_t len);
	result (*refused)(struct att_client *c, uint8_t error);
} states[ATT_CLIENT_STATES] = {
	[ATT_CLIENT_IDLE] = {0, 0, "none", NULL, NULL},
	[ATT_CLIENT_FINDING] = {ATT_FIND_BY_TYPE_VALUE_REQUEST, ATT_FIND_BY_TYPE_VALUE_RESPONSE,
				"Find By Type Value Request", service_found, refused},
	[ATT_CLIENT_READING] = {ATT_READ_BY_TYPE_REQUEST, ATT_READ_BY_TYPE_RESPONSE,
				"Read By Type Request", value_read, refused},
	[ATT_CLIENT_READING_ON] = {ATT_READ_BLOB_REQUEST, ATT_READ_BLOB_RESPONSE,
				   "Read Blob Request", value_continued, value_ended},
	[ATT_CLIENT_MTU_TO_READ] = {ATT_EXCHANGE_MTU_REQUEST, ATT_EXCHANGE_MTU_RESPONSE,
				    "Exchange MTU Request", mtu_taken, mtu_refused},
	[ATT_CLIENT_MTU_TO_WRITE] = {ATT_EXCHANGE_MTU_REQUEST, ATT_EXCHANGE_MTU_RESPONSE,
				     "Exchange MTU Request", mtu_taken, mtu_refused},
	[ATT_CLIENT_WRITING] = {ATT_WRITE_REQUEST, ATT_WRITE_RESPONSE, "Write Request", written,
				refused},
	[ATT_CLIENT_PROVING] = {ATT_FIND_INFORMATION_REQUEST, ATT_FIND_INFORMATION_RESPONSE,
				"Find Information Request", proved, proved_by_error},
	[ATT_CLIENT_BROKEN] = {0, 0, "none", NULL, NULL},
};

static bool is_response(uint8_t opcode)
{
	static const uint8_t responses[] = {ATT_ERROR_RESPONSE,
					    ATT_EXCHANGE_MTU_RESPONSE,
					    ATT_FIND_INFORMATION_RESPONSE,
					    ATT_FIND_BY_TYPE_VALUE_RESPONSE,
					    ATT_READ_BY_TYPE_RESPONSE,
					    ATT_READ_RESPONSE,
					    ATT_READ_BLOB_RESPONSE,
					    ATT_READ_MULTIPLE_RESPONSE,
					    ATT_READ_BY_GROUP_TYPE_RESPONSE,
					    ATT_WRITE_RESPONSE,
					    ATT_PREPARE_WRITE_RESPONSE,
					    ATT_EXECUTE_WRITE_RESPONSE,
					    ATT_READ_MULTIPLE_VARIABLE_RESPONSE};

	return memchr(responses, opcode, sizeof(responses)) != NULL;
}

/*
 * The handle that the error is about. A service and the declaration of the characteristic have the
 * first two of a range, so it cannot be one of these.
 */
static void take_handle(struct att_client *c, uint16_t handle)
{
	if (c->state == ATT_CLIENT_READING)
		c->handle = handle > c->in.first + 1 && handle <= c->in.last ? handle : 0;
}

static result take_error(struct att_client *c, const uint8_t *pdu, size_t len)
{
	if (c->state == ATT_CLIENT_PROVING)
		return proved_by_error(c, 0);
	if (len != 5)
		return malformed(c, "an Error Response of a wrong length");
	if (pdu[1] != states[c->state].request)
		return malformed(c, "an Error Response for another request");
	take_handle(c, bytes_get_le16(pdu + 2));
	return states[c->state].refused(c, pdu[4]);
}

struct att_client_result att_client_receive(struct att_client *c, const uint8_t *pdu, size_t len)
{
	if (!att_client_busy(c) || !len || !is_response(pdu[0]))
		return (result){.kind = ATT_CLIENT_UNASKED};
	if (pdu[0] == ATT_ERROR_RESPONSE)
		return take_error(c, pdu, len);
	if (pdu[0] != states[c->state].response) {
		/* The answer to anything but what was asked: nothing afterwards can be relied on.
		 */
		return malformed(c, "a response to another request");
	}
	if (len > c->mtu && c->state != ATT_CLIENT_PROVING)
		return malformed(c, "a response longer than the MTU");
	return states[c->state].answered(c, pdu, len);
}

/* ---- Operations ------------------------------------------------------------------------------ */

void att_client_init(struct att_client *c)
{
	memset(c, 0, sizeof(*c));
	c->mtu = ATT_MTU;
}

bool att_client_busy(const struct att_client *c)
{
	return states[c->state].request != 0;
}

void att_client_find_service(struct att_client *c, const struct att_uuid *uuid)
{
	c->in = ATT_ALL_HANDLES;
	bytes_put_le16(c->request + 1, c->in.first);
	bytes_put_le16(c->request + 3, c->in.last);
	bytes_put_le16(c->request + 5, PRIMARY_SERVICE);
	memcpy(c->request + 7, uuid->octets, uuid->len);
	(void)send(c, ATT_CLIENT_FINDING, ATT_FIND_BY_TYPE_VALUE_REQUEST, 7U + uuid->len);
}

void att_client_read(struct att_client *c, struct att_range in, const struct att_uuid *uuid)
{
	c->in = in;
	c->handle = 0;
	c->value_len = 0;
	bytes_put_le16(c->request + 1, in.first);
	bytes_put_le16(c->request + 3, in.last);
	memcpy(c->request + 5, uuid->octets, uuid->len);
	(void)send(c, ATT_CLIENT_READING, ATT_READ_BY_TYPE_REQUEST, 5U + uuid->len);
}

void att_client_write(struct att_client *c, uint16_t handle, const uint8_t *value, size_t len)
{
	c->handle = handle;
	c->value_len = len;
	if (len)
		memcpy(c->value, value, len);
	if (len + 3 > c->mtu && !c->exchanged)
		(void)exchange_mtu(c, ATT_CLIENT_MTU_TO_WRITE);
	else
		(void)write(c);
}

void att_client_prove(struct att_client *c)
{
	/* Handles 1 to 1. Unlike Exchange MTU it may be repeated on a connection, and it needs no
	 * permission (3.4.2.1, 3.4.3.1). */
	bytes_put_le16(c->request + 1, 0x0001);
	bytes_put_le16(c->request + 3, 0x0001);
	(void)send(c, ATT_CLIENT_PROVING, ATT_FIND_INFORMATION_REQUEST, 5);
}

void att_client_peer_exchanged(struct att_client *c, uint16_t peer_mtu)
{
	if (c->exchanged)
		return;
	c->exchanged = true;
	c->mtu = least(peer_mtu < ATT_MTU ? ATT_MTU : peer_mtu);
}

const char *att_client_request_name(const struct att_client *c)
{
	return states[c->state].name;
}

bool att_is_about_security(uint8_t error)
{
	return error == ATT_INSUFFICIENT_AUTHENTICATION ||
	       error == ATT_INSUFFICIENT_AUTHORIZATION || error == ATT_KEY_SIZE_TOO_SHORT ||
	       error == ATT_INSUFFICIENT_ENCRYPTION;
}
