/* SPDX-License-Identifier: MIT */
/*
 * Messages of Linux' management interface that a pairing has: BlueZ, doc/mgmt-api.txt. Programs
 * such as bluetoothd send commands to the kernel, which answers with events.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The code of a step: that of the command or event, and which of the two. */
#define EXPLAIN_MANAGEMENT_EVENT 0x8000

enum explain_management_code {
	MANAGEMENT_SET_BONDABLE = 0x0009,
	MANAGEMENT_LOAD_LTKS = 0x0013,
	MANAGEMENT_DISCONNECT = 0x0014,
	MANAGEMENT_SET_IO_CAPABILITY = 0x0018,
	MANAGEMENT_PAIR = 0x0019,
	MANAGEMENT_CANCEL_PAIR = 0x001a,
	MANAGEMENT_UNPAIR = 0x001b,
	MANAGEMENT_CONFIRM = 0x001c,
	MANAGEMENT_CONFIRM_NOT = 0x001d,
	MANAGEMENT_PASSKEY = 0x001e,
	MANAGEMENT_PASSKEY_NOT = 0x001f,
	MANAGEMENT_ADD_OOB = 0x0021,

	MANAGEMENT_COMPLETE = EXPLAIN_MANAGEMENT_EVENT | 0x0001,
	MANAGEMENT_STATUS = EXPLAIN_MANAGEMENT_EVENT | 0x0002,
	MANAGEMENT_NEW_LINK_KEY = EXPLAIN_MANAGEMENT_EVENT | 0x0009, /* of BR/EDR */
	MANAGEMENT_NEW_LTK = EXPLAIN_MANAGEMENT_EVENT | 0x000a,
	MANAGEMENT_DISCONNECTED = EXPLAIN_MANAGEMENT_EVENT | 0x000c,
	MANAGEMENT_CONNECT_FAILED = EXPLAIN_MANAGEMENT_EVENT | 0x000d,
	MANAGEMENT_CONFIRM_REQUEST = EXPLAIN_MANAGEMENT_EVENT | 0x000f,
	MANAGEMENT_PASSKEY_REQUEST = EXPLAIN_MANAGEMENT_EVENT | 0x0010,
	MANAGEMENT_AUTHENTICATION_FAILED = EXPLAIN_MANAGEMENT_EVENT | 0x0011,
	MANAGEMENT_UNPAIRED = EXPLAIN_MANAGEMENT_EVENT | 0x0016,
	MANAGEMENT_PASSKEY_NOTIFY = EXPLAIN_MANAGEMENT_EVENT | 0x0017,
};

#define MANAGEMENT_NO_ADDRESS 0xff

struct management_message {
	uint16_t code;	 /* enum explain_management_code */
	uint8_t address; /* where the address and its type are; MANAGEMENT_NO_ADDRESS */
	uint8_t least;	 /* octets of parameters */
	uint8_t kept;	 /* of them, those that a step keeps: no key, passkey or OOB data */
	const char *name;
};

/* Types of addresses: 0 is BR/EDR. */
enum { MANAGEMENT_LE_PUBLIC = 1, MANAGEMENT_LE_RANDOM = 2 };

/* NULL: not a message that a pairing has. */
const struct management_message *management_message(uint16_t code);

/* Names of the interface's own numbers; never NULL. */
const char *management_status_name(uint8_t status);

/* Why the kernel's Device Disconnected says that a link ended. */
enum management_disconnect {
	MANAGEMENT_DISCONNECT_UNSPECIFIED,
	MANAGEMENT_DISCONNECT_TIMEOUT,
	MANAGEMENT_DISCONNECT_LOCAL,
	MANAGEMENT_DISCONNECT_REMOTE,
	MANAGEMENT_DISCONNECT_AUTHENTICATION,
	MANAGEMENT_DISCONNECT_SLEEP,
};

const char *management_disconnect_name(uint8_t reason);
