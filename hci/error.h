/* SPDX-License-Identifier: MIT */
/* Statuses and reasons of HCI: Core Vol 1 Part F. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The name of a status or reason, Core Vol 1 Part F 1.3; never NULL. */
const char *hci_error_name(uint8_t error);
/* What usually helps, a clause; never NULL, but may be empty. */
const char *hci_error_advice(uint8_t error);
/*
 * True for a reason that a host may give for its disconnection (HCI Disconnect, Core Vol 4 Part E
 * 7.1.6). In Disconnection Complete it is the peer's: the own host's has 0x16 there.
 */
bool hci_error_is_of_host(uint8_t error);

/* The statuses that this program treats by themselves. */
enum hci_error {
	HCI_SUCCESS = 0x00,
	HCI_UNKNOWN_COMMAND = 0x01,
	HCI_UNKNOWN_CONNECTION = 0x02,
	HCI_PAGE_TIMEOUT = 0x04,
	HCI_AUTHENTICATION_FAILURE = 0x05,
	HCI_PIN_OR_KEY_MISSING = 0x06,
	HCI_CONNECTION_TIMEOUT = 0x08,
	HCI_CONNECTION_LIMIT = 0x09,
	HCI_CONNECTION_EXISTS = 0x0b,
	HCI_COMMAND_DISALLOWED = 0x0c,
	HCI_LIMITED_RESOURCES = 0x0d,
	HCI_REMOTE_USER_TERMINATED = 0x13,
	HCI_LOCAL_HOST_TERMINATED = 0x16,
	HCI_UNSUPPORTED_REMOTE_FEATURE = 0x1a,
	HCI_LL_RESPONSE_TIMEOUT = 0x22,
	HCI_UNACCEPTABLE_PARAMETERS = 0x3b,
	HCI_MIC_FAILURE = 0x3d,
	HCI_FAILED_TO_ESTABLISH = 0x3e,
};
