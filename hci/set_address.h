/* SPDX-License-Identifier: MIT */
/*
 * Gives a controller a public address by a command of its maker (hci/public_address.h), makes it
 * use the address, and reads it back: an answer of success alone is not believed.
 *
 *	WRITING --> RESTARTING --> RESETTING --> READING --> DONE, FAILED
 *	   ^                                        |
 *	   '--- the octets came back in reverse ----'
 *
 * The states in between depend on the maker. It runs between Read BD_ADDR and the first command
 * whose effect a reset would undo.
 */
#pragma once

#include "hci/host.h"
#include "hci/public_address.h"

enum hci_set_address_state {
	HCI_SET_WRITING,    /* the maker's command is sent */
	HCI_SET_RESTARTING, /* CSR's restart is sent; nothing, or an event of its own, answers it */
	HCI_SET_RESETTING,
	HCI_SET_READING,
	HCI_SET_DONE,
	HCI_SET_FAILED, /* .failure has the reason */
};

struct hci_set_address {
	enum hci_set_address_state state;
	const struct hci_address_command *command;
	uint8_t wanted[6];
	bool reversed; /* the other order of octets is tried */
	char failure[200];
};

/* command: of hci_address_command(), or NULL. Queues it, or fails. Returns the state. */
enum hci_set_address_state hci_set_address_start(struct hci_set_address *set, struct hci_host *host,
						 const struct hci_address_command *command,
						 const uint8_t wanted[6]);

/* Takes an input of kind HCI_IN_COMMAND or HCI_IN_EVENT. Returns the state. */
enum hci_set_address_state hci_set_address_input(struct hci_set_address *set, struct hci_host *host,
						 const struct hci_input *input);

/* Call it when hci_host_expired() reports the command as overdue. Returns the state. */
enum hci_set_address_state hci_set_address_overdue(struct hci_set_address *set,
						   struct hci_host *host);
