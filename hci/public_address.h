/* SPDX-License-Identifier: MIT */
/*
 * Public addresses of controllers: which are none of their own, and by what command of its maker
 * one is set. docs/controllers.md has the same tables with the source of each row.
 *
 * Addresses are in wire order, least significant octet first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Whether an address is a controller's own -------------------------------------------------
 */

enum hci_address_state {
	HCI_ADDRESS_UNREAD, /* the controller did not report it */
	HCI_ADDRESS_ZEROS,
	HCI_ADDRESS_ONES,
	HCI_ADDRESS_SHARED, /* other controllers have it too: see hci_shared_address() */
	HCI_ADDRESS_OWN,
};

/* Of an address that was read. */
enum hci_address_state hci_address_state(const uint8_t address[6]);

/* An address that many controllers have, because nobody gave them one of their own. */
struct hci_shared_address {
	uint8_t address[6];
	const char *of; /* whose default it is */
};

/* NULL: it is not known to be shared. */
const struct hci_shared_address *hci_shared_address(const uint8_t address[6]);

/* "own", "not read", "all zero", "all ones", "shared": stable, for output. */
const char *hci_address_state_name(enum hci_address_state state);

/* Writes what is wrong with the address, to follow "its public address is"; "" for an own one. */
void hci_address_text(const uint8_t address[6], enum hci_address_state state, char *text,
		      size_t size);

/* ---- Commands that set one --------------------------------------------------------------------
 */

/* The parameters of the command. */
enum hci_address_form {
	HCI_FORM_PLAIN,	   /* the address, least significant octet first */
	HCI_FORM_REVERSED, /* the address, most significant octet first */
	HCI_FORM_STORED,   /* fe, its length, the address: an item of the controller's storage */
	HCI_FORM_TAGGED,   /* 01, item 0001, its length, the address */
	HCI_FORM_BCCMD,	   /* CSR's own protocol, which answers by an event of its own */
};

/* What makes the controller use the address. */
enum hci_address_after {
	HCI_AFTER_NOTHING, /* it is in use at once, and a reset may forget it */
	HCI_AFTER_RESET,
	HCI_AFTER_RESTART, /* CSR's: the controller leaves its bus, and comes back with the address
			    */
};

enum hci_address_kept {
	HCI_KEPT_POWERED, /* until it loses power */
	HCI_KEPT_UNKNOWN, /* until it loses power at least: no source says more */
	HCI_KEPT_STORED,
};

/* "until it loses power", "until it loses power at least", "for good": stable, for output. */
const char *hci_address_kept_name(enum hci_address_kept kept);

/* The controllers of the maker to which a row applies. */
enum hci_address_where { HCI_WHERE_ANY, HCI_WHERE_DUAL_MODE };

/* One row. */
struct hci_address_command {
	uint16_t manufacturer; /* Bluetooth SIG company identifier */
	const char *maker;
	uint16_t opcode; /* 0: none is published */
	enum hci_address_form form;
	enum hci_address_after after;
	enum hci_address_kept kept;
	enum hci_address_where where;
	bool tells_static; /* it has Zephyr's Read Static Addresses */
};

/* The row of a controller; NULL: nothing is published about its maker. */
const struct hci_address_command *hci_address_command(uint16_t manufacturer, bool dual_mode);

/* The parameters of the command. Returns their length, at most HCI_ADDRESS_PARAMETERS. */
#define HCI_ADDRESS_PARAMETERS 25
size_t hci_address_parameters(const struct hci_address_command *command, const uint8_t address[6],
			      uint8_t parameters[HCI_ADDRESS_PARAMETERS]);

/* All rows, for tests and documents. */
const struct hci_address_command *hci_address_commands(size_t *count);
const struct hci_shared_address *hci_shared_addresses(size_t *count);
