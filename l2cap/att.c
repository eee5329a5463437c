/* SPDX-License-Identifier: MIT */
#include "l2cap/att.h"

#include <stdbool.h>

#include "crypto/bytes.h"

enum {
	ERROR_RESPONSE = 0x01,
	EXCHANGE_MTU_REQUEST = 0x02,
	EXCHANGE_MTU_RESPONSE = 0x03,
	HANDLE_VALUE_INDICATION = 0x1d,
	HANDLE_VALUE_CONFIRMATION = 0x1e,
	COMMAND_FLAG = 0x40, /* Part F 3.3.1: a command is never answered */
};

enum { /* Part F Table 3.4 */
       INVALID_HANDLE = 0x01,
       INVALID_PDU = 0x04,
       REQUEST_NOT_SUPPORTED = 0x06,
       ATTRIBUTE_NOT_FOUND = 0x0a,
};

/* The subject of a request decides the answer of a server without attributes. */
enum about { UNKNOWN, RANGE, HANDLE };

static const struct {
	uint8_t opcode;
	uint8_t about;
	uint8_t len;	/* octets of the whole PDU, opcode included, 3.4 */
	uint8_t longer; /* the other valid length: a UUID of 16 octets; or ANY above len */
} requests[] = {
#define ANY 0xff
	{0x04, RANGE, 5, 5},	/* Find Information */
	{0x06, RANGE, 7, ANY},	/* Find By Type Value */
	{0x08, RANGE, 7, 21},	/* Read By Type */
	{0x0a, HANDLE, 3, 3},	/* Read */
	{0x0c, HANDLE, 5, 5},	/* Read Blob */
	{0x0e, HANDLE, 5, ANY}, /* Read Multiple */
	{0x10, RANGE, 7, 21},	/* Read By Group Type */
	{0x12, HANDLE, 3, ANY}, /* Write */
	{0x16, HANDLE, 5, ANY}, /* Prepare Write */
	{0x18, UNKNOWN, 2, 2},	/* Execute Write */
	{0x20, HANDLE, 5, ANY}, /* Read Multiple Variable */
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
	reply[0] = ERROR_RESPONSE;
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
	if (opcode == HANDLE_VALUE_INDICATION) {
		reply[0] = HANDLE_VALUE_CONFIRMATION;
		return 1;
	}
	if (!wants_answer(opcode))
		return 0;
	if (opcode == EXCHANGE_MTU_REQUEST) {
		if (len != 3)
			return error(reply, opcode, 0, INVALID_PDU);
		reply[0] = EXCHANGE_MTU_RESPONSE;
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
			return error(reply, opcode, 0, INVALID_PDU);
		if (requests[i].about == UNKNOWN)
			break;

		uint16_t handle = bytes_get_le16(pdu + 1);
		if (requests[i].about == HANDLE)
			return error(reply, opcode, handle, INVALID_HANDLE);
		/* 3.4.3.1: the start must not be 0, nor above the end. */
		bool range_valid = handle != 0 && handle <= bytes_get_le16(pdu + 3);
		return error(reply, opcode, handle,
			     range_valid ? ATTRIBUTE_NOT_FOUND : INVALID_HANDLE);
	}
	return error(reply, opcode, 0, REQUEST_NOT_SUPPORTED);
}
