/* SPDX-License-Identifier: MIT */
/* Statuses and reasons of HCI: Core Vol 1 Part F. */
#pragma once

#include <stdint.h>

/* The name of a status or reason, Core Vol 1 Part F 1.3; never NULL. */
const char *hci_error_name(uint8_t error);
/* What usually helps, a clause; never NULL, but may be empty. */
const char *hci_error_advice(uint8_t error);

/* The statuses that this program treats by themselves. */
enum hci_error {
	HCI_SUCCESS = 0x00,
	HCI_UNKNOWN_COMMAND = 0x01,
	HCI_UNKNOWN_CONNECTION = 0x02,
	HCI_PIN_OR_KEY_MISSING = 0x06,
	HCI_CONNECTION_TIMEOUT = 0x08,
	HCI_CONNECTION_LIMIT = 0x09,
	HCI_COMMAND_DISALLOWED = 0x0c,
	HCI_REMOTE_USER_TERMINATED = 0x13,
	HCI_UNACCEPTABLE_PARAMETERS = 0x3b,
	HCI_MIC_FAILURE = 0x3d,
	HCI_FAILED_TO_ESTABLISH = 0x3e,
};
