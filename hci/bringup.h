/* SPDX-License-Identifier: MIT */
/*
 * Brings a controller up by a table of commands: when each applies, how its answer is kept, and
 * whether the controller may refuse it. Core Vol 4 Part E 7; Vol 6 Part D 2.1 (set-up).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hci/host.h"
#include "hci/makers.h"
#include "hci/phy.h"
#include "hci/public_address.h"
#include "hci/set_address.h"

/* The properties of a controller that is up. Addresses in wire order. */
struct hci_controller_info {
	uint8_t address[6]; /* the public one */
	enum hci_address_state address_state;
	bool has_address;	   /* it is the controller's own: HCI_ADDRESS_OWN */
	uint8_t static_address[6]; /* that its chip was made with, for one without an own public one
				    */
	bool has_static_address;
	uint8_t hci_version;
	uint16_t hci_revision;
	uint8_t lmp_version;
	uint16_t manufacturer; /* Bluetooth SIG company identifier */
	uint16_t lmp_subversion;
	bool commands_known;
	uint8_t commands[64];	/* Supported Commands, Part E 6.27 */
	uint8_t features[8];	/* LMP features, Core Vol 2 Part C 3.3 */
	uint8_t le_features[8]; /* Core Vol 6 Part B 4.6 */
	uint8_t le_states[8];
	uint8_t accept_list_size;
	uint16_t acl_length; /* octets of LE ACL data in one packet */
	uint16_t acl_count;
	bool shared_buffers; /* LE uses the buffers of BR/EDR (7.8.2) */
	struct hci_identity identity;
	const struct hci_maker *maker; /* what is known of it, NULL: nothing */
};

/* True when the controller has BR/EDR beside LE. */
bool hci_controller_dual_mode(const struct hci_controller_info *controller);

/* True when Supported Commands lists the command, or is not known, and no defect of it is known. */
bool hci_controller_has(const struct hci_controller_info *controller, uint16_t opcode);

/* LE feature bits, Core Vol 6 Part B 4.6. */
enum {
	HCI_FEATURE_ENCRYPTION = 0,
	HCI_FEATURE_PARAMETER_REQUEST = 1,
	HCI_FEATURE_PERIPHERAL_FEATURES = 3,
	HCI_FEATURE_DATA_LENGTH = 5,
	HCI_FEATURE_PRIVACY = 6,
	HCI_FEATURE_SCAN_POLICIES = 7,
	HCI_FEATURE_2M_PHY = 8,
	HCI_FEATURE_CODED_PHY = 11,
	HCI_FEATURE_EXTENDED_ADVERTISING = 12,
};

bool hci_controller_feature(const struct hci_controller_info *controller, unsigned bit);

/* True: use the extended advertising, scanning and connection commands, and no legacy ones (Part
 * E 3.1.1). */
bool hci_controller_extended(const struct hci_controller_info *controller);

/* HCI_PHYS_*: those that it can find devices on, or switch a link to. */
uint8_t hci_controller_phys(const struct hci_controller_info *controller);

enum hci_bringup_state {
	HCI_BRINGUP_RUNNING,
	HCI_BRINGUP_DONE,
	HCI_BRINGUP_FAILED,
	HCI_BRINGUP_NO_FIRMWARE, /* controller.maker has the row; the controller must not be used */
};

#define HCI_BRINGUP_NOTES 4

struct hci_bringup {
	struct hci_controller_info controller;
	size_t row;
	char failure[200]; /* on HCI_BRINGUP_FAILED: the command, its answer, what to do */
	char notes[HCI_BRINGUP_NOTES][120]; /* optional commands that were refused */
	size_t note_count;
	size_t command_count; /* commands sent */
	bool wants_address;   /* .wanted_address, if it has another one */
	uint8_t wanted_address[6];
	struct hci_set_address set_address;
};

/* Queues Reset. usb: of the transport, or NULL. */
void hci_bringup_start(struct hci_bringup *bringup, struct hci_host *host,
		       const struct hci_usb_id *usb);

/* After hci_bringup_start(): the public address to give the controller, by a command of its maker.
 * The bring-up fails if it cannot be set. */
void hci_bringup_set_address(struct hci_bringup *bringup, const uint8_t address[6]);

/* True while the controller restarts to use its new address: it may leave its bus. */
bool hci_bringup_restarts(const struct hci_bringup *bringup);

/*
 * Takes an HCI_IN_COMMAND or HCI_IN_EVENT input; on HCI_BRINGUP_DONE controller is filled and the
 * host knows its ACL buffers. Other inputs change nothing.
 */
enum hci_bringup_state hci_bringup_input(struct hci_bringup *bringup, struct hci_host *host,
					 const struct hci_input *input);

/*
 * Call it when hci_host_expired() reports the command as overdue. An optional command is skipped:
 * clones of old controllers ignore commands instead of refusing them. A controller that allows no
 * command has failed.
 */
enum hci_bringup_state hci_bringup_overdue(struct hci_bringup *bringup, struct hci_host *host);

/* "5.4" for 13; never NULL. */
const char *hci_version_name(uint8_t version);
/* The name of a common manufacturer, else NULL. */
const char *hci_company_name(uint16_t company);
