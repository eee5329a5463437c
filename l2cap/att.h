/* SPDX-License-Identifier: MIT */
/*
 * The Attribute Protocol, channel 0x0004, Core Vol 3 Part F: what its server and its client share.
 * Both are minimal. The client is in l2cap/att_client.h.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The default ATT MTU, Part F 3.2.8. */
#define ATT_MTU 23

/* Part F Table 3.36. */
enum att_opcode {
	ATT_ERROR_RESPONSE = 0x01,
	ATT_EXCHANGE_MTU_REQUEST = 0x02,
	ATT_EXCHANGE_MTU_RESPONSE = 0x03,
	ATT_FIND_INFORMATION_REQUEST = 0x04,
	ATT_FIND_INFORMATION_RESPONSE = 0x05,
	ATT_FIND_BY_TYPE_VALUE_REQUEST = 0x06,
	ATT_FIND_BY_TYPE_VALUE_RESPONSE = 0x07,
	ATT_READ_BY_TYPE_REQUEST = 0x08,
	ATT_READ_BY_TYPE_RESPONSE = 0x09,
	ATT_READ_REQUEST = 0x0a,
	ATT_READ_RESPONSE = 0x0b,
	ATT_READ_BLOB_REQUEST = 0x0c,
	ATT_READ_BLOB_RESPONSE = 0x0d,
	ATT_READ_MULTIPLE_REQUEST = 0x0e,
	ATT_READ_MULTIPLE_RESPONSE = 0x0f,
	ATT_READ_BY_GROUP_TYPE_REQUEST = 0x10,
	ATT_READ_BY_GROUP_TYPE_RESPONSE = 0x11,
	ATT_WRITE_REQUEST = 0x12,
	ATT_WRITE_RESPONSE = 0x13,
	ATT_PREPARE_WRITE_REQUEST = 0x16,
	ATT_PREPARE_WRITE_RESPONSE = 0x17,
	ATT_EXECUTE_WRITE_REQUEST = 0x18,
	ATT_EXECUTE_WRITE_RESPONSE = 0x19,
	ATT_HANDLE_VALUE_NOTIFICATION = 0x1b,
	ATT_HANDLE_VALUE_INDICATION = 0x1d,
	ATT_HANDLE_VALUE_CONFIRMATION = 0x1e,
	ATT_READ_MULTIPLE_VARIABLE_REQUEST = 0x20,
	ATT_READ_MULTIPLE_VARIABLE_RESPONSE = 0x21,
	ATT_MULTIPLE_VALUE_NOTIFICATION = 0x23,
};

/* Part F Table 3.4. */
enum att_error {
	ATT_INVALID_HANDLE = 0x01,
	ATT_READ_NOT_PERMITTED = 0x02,
	ATT_WRITE_NOT_PERMITTED = 0x03,
	ATT_INVALID_PDU = 0x04,
	ATT_INSUFFICIENT_AUTHENTICATION = 0x05,
	ATT_REQUEST_NOT_SUPPORTED = 0x06,
	ATT_INVALID_OFFSET = 0x07,
	ATT_INSUFFICIENT_AUTHORIZATION = 0x08,
	ATT_ATTRIBUTE_NOT_FOUND = 0x0a,
	ATT_ATTRIBUTE_NOT_LONG = 0x0b,
	ATT_KEY_SIZE_TOO_SHORT = 0x0c,
	ATT_INVALID_VALUE_LENGTH = 0x0d,
	ATT_INSUFFICIENT_ENCRYPTION = 0x0f,
	ATT_UNSUPPORTED_GROUP_TYPE = 0x10,
};

/* The name of an error code, as in the specification; never NULL. */
const char *att_error_name(uint8_t code);

/* ---- The server ------------------------------------------------------------------------------ */

/* It has no attributes, and no answer is longer than an Error Response. */
#define ATT_REPLY_MAX 5

/*
 * Writes the answer to an ATT PDU of len octets to reply, so that a peer that uses GATT during
 * pairing does not wait. Returns the length of the answer; 0 if the PDU gets none: a response,
 * notification, confirmation or command, or an empty PDU.
 */
size_t att_answer(const uint8_t *pdu, size_t len, uint8_t reply[ATT_REPLY_MAX]);
