/* SPDX-License-Identifier: MIT */
#include "l2cap/att.h"

#include <stdbool.h>

#include "crypto/bytes.h"

enum { COMMAND_FLAG = 0x40 }; /* Part F 3.3.1: a command is never answered */

const char *att_error_name(uint8_t code)
{
	static const char *const names[] = {
		[ATT_INVALID_HANDLE] = "Invalid Handle",
		[ATT_READ_NOT_PERMITTED] = "Read Not Permitted",
		[ATT_WRITE_NOT_PERMITTED] = "Write Not Permitted",
		[ATT_INVALID_PDU] = "Invalid PDU",
		[ATT_INSUFFICIENT_AUTHENTICATION] = "Insufficient Authentication",
		[ATT_REQUEST_NOT_SUPPORTED] = "Request Not Supported",
		[ATT_INVALID_OFFSET] = "Invalid Offset",
		[ATT_INSUFFICIENT_AUTHORIZATION] = "Insufficient Authorization",
		[0x09] = "Prepare Queue Full",
		[ATT_ATTRIBUTE_NOT_FOUND] = "Attribute Not Found",
		[ATT_ATTRIBUTE_NOT_LONG] = "Attribute Not Long",
		[ATT_KEY_SIZE_TOO_SHORT] = "Encryption Key Size Too Short",
		[ATT_INVALID_VALUE_LENGTH] = "Invalid Attribute Value Length",
		[0x0e] = "Unlikely Error",
		[ATT_INSUFFICIENT_ENCRYPTION] = "Insufficient Encryption",
		[ATT_UNSUPPORTED_GROUP_TYPE] = "Unsupported Group Type",
		[0x11] = "Insufficient Resources",
		[0x12] = "Database Out Of Sync",
		[0x13] = "Value Not Allowed",
	};

	if (code < sizeof(names) / sizeof(names[0]) && names[code])
		return names[code];
	if (code >= 0x80 && code <= 0x9f)
		return "Application Error";
	return code >= 0xe0 ? "Common Profile and Service Error" : "error reserved for future use";
}

/* The subject of a request decides the answer of a server without attributes. */
enum about { UNKNOWN, RANGE, HANDLE };

static const struct {
	uint8_t opcode;
	uint8_t about;
	uint8_t len;	/* octets of the whole PDU, opcode included, 3.4 */
	uint8_t longer; /* the other valid length: a UUID of 16 octets; or ANY above len */
} requests[] = {
#define ANY 0xff
	{ATT_FIND_INFORMATION_REQUEST, RANGE, 5, 5},
	{ATT_FIND_BY_TYPE_VALUE_REQUEST, RANGE, 7, ANY},
	{ATT_READ_BY_TYPE_REQUEST, RANGE, 7, 21},
	{ATT_READ_REQUEST, HANDLE, 3, 3},
	{ATT_READ_BLOB_REQUEST, HANDLE, 5, 5},
	{ATT_READ_MULTIPLE_REQUEST, HANDLE, 5, ANY},
	{ATT_READ_BY_GROUP_TYPE_REQUEST, RANGE, 7, 21},
	{ATT_WRITE_REQUEST, HANDLE, 3, ANY},
	{ATT_PREPARE_WRITE_REQUEST, HANDLE, 5, ANY},
	{ATT_EXECUTE_WRITE_REQUEST, UNKNOWN, 2, 2},
	{ATT_READ_MULTIPLE_VARIABLE_REQUEST, HANDLE, 5, ANY},
};

/*
 * Responses, notifications, the confirmation and all commands are not answered. An unknown opcode
 * is treated as a request, 3.3: the peer may wait for the answer.
 */
static bool wants_answer(uint8_t opcode)
{
	static const uint8_t unanswered[] = {0x01, 0x03, 0x05, 0x07, 0x09, 0x0b, 0x0d, 0x0f,
					     0x11, 0x13, 0x17, 0x19, 0x1b, 0x1e, 0x21, 0x23};

	if (opcode & COMMAND_FLAG)
		return false;
	for (size_t i = 0; i < sizeof(unanswered); i++)
		if (unanswered[i] == opcode)
			return false;
	return true;
}

static size_t error(uint8_t reply[ATT_REPLY_MAX], uint8_t opcode, uint16_t handle, uint8_t code)
{
	reply[0] = ATT_ERROR_RESPONSE;
	reply[1] = opcode;
	bytes_put_le16(reply + 2, handle);
	reply[4] = code;
	return 5;
}

size_t att_answer(const uint8_t *pdu, size_t len, uint8_t reply[ATT_REPLY_MAX])
{
	if (len == 0)
		return 0;

	uint8_t opcode = pdu[0];

	/* An indication blocks the peer until it is confirmed, 3.3.3. */
	if (opcode == ATT_HANDLE_VALUE_INDICATION) {
		reply[0] = ATT_HANDLE_VALUE_CONFIRMATION;
		return 1;
	}
	if (!wants_answer(opcode))
		return 0;
	if (opcode == ATT_EXCHANGE_MTU_REQUEST) {
		if (len != 3)
			return error(reply, opcode, 0, ATT_INVALID_PDU);
		reply[0] = ATT_EXCHANGE_MTU_RESPONSE;
		bytes_put_le16(reply + 1, ATT_MTU);
		return 3;
	}

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (requests[i].opcode != opcode)
			continue;
		bool valid = requests[i].longer == ANY
				     ? len >= requests[i].len
				     : len == requests[i].len || len == requests[i].longer;
		if (!valid)
			return error(reply, opcode, 0, ATT_INVALID_PDU);
		if (requests[i].about == UNKNOWN)
			break;

		uint16_t handle = bytes_get_le16(pdu + 1);
		if (requests[i].about == HANDLE)
			return error(reply, opcode, handle, ATT_INVALID_HANDLE);
		/* 3.4.3.1: the start must not be 0, nor above the end. */
		bool range_valid = handle != 0 && handle <= bytes_get_le16(pdu + 3);
		return error(reply, opcode, handle,
			     range_valid ? ATT_ATTRIBUTE_NOT_FOUND : ATT_INVALID_HANDLE);
	}
	return error(reply, opcode, 0, ATT_REQUEST_NOT_SUPPORTED);
}
