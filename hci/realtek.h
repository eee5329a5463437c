/* SPDX-License-Identifier: MIT */
/*
 * Loads firmware into a chip of Realtek that runs from its ROM, as the kernel's btrtl does, where
 * no driver of the kernel has done it: it reads the version of the ROM, selects the octets for it
 * (hci/realtek_image.h), sends them in fragments of 252, and reads the versions again, which are
 * then those of the firmware. After that the controller must be brought up anew.
 *
 * Download: the number of the fragment, with bit 7 set in the last one, and the octets. The numbers
 * are 0 to 127, then 1 to 127 again. The last fragment is shorter than 252 octets, maybe empty.
 *
 * Each command has the limit of the command queue, HCI_COMMAND_TIMEOUT_US.
 *
 * Facts: Linux drivers/bluetooth/btrtl.c; google/bumble bumble/drivers/rtk.py.
 */
#pragma once

#include "hci/host.h"
#include "hci/makers.h"
#include "hci/realtek_image.h"

#define HCI_REALTEK_FRAGMENT 252

/*
 *	ROM_VERSION --+--> KEY --+--> FRAGMENTS --> VERSION --> DONE
 *	              '----------'
 *
 * Every state before DONE may end in FAILED.
 */
enum hci_realtek_state {
	HCI_REALTEK_ROM_VERSION,
	HCI_REALTEK_KEY,       /* for files with sections */
	HCI_REALTEK_FRAGMENTS, /* .fragment is under way */
	HCI_REALTEK_VERSION,   /* does it run the firmware now? */
	HCI_REALTEK_DONE,
	HCI_REALTEK_FAILED,
};

struct hci_realtek {
	enum hci_realtek_state state;
	struct hci_identity
		identity; /* what the ROM answered; at the end, what the firmware does */
	struct hci_realtek_files files;
	struct hci_realtek_chip chip;
	struct hci_realtek_image image;
	size_t fragment, fragments;

	/* HCI_REALTEK_FAILED: a file is at fault, or, without a text there, the controller. */
	struct hci_realtek_fault fault;
	char failure[200];
};

/*
 * Queues the first command. identity: of the bring-up that ended with HCI_BRINGUP_NO_FIRMWARE. The
 * files are borrowed until the state is DONE or FAILED.
 */
void hci_realtek_start(struct hci_realtek *realtek, struct hci_host *host,
		       const struct hci_identity *identity, const struct hci_realtek_files *files);

/* Takes an HCI_IN_COMMAND input, and queues the next command. Other inputs change nothing. */
enum hci_realtek_state hci_realtek_input(struct hci_realtek *realtek, struct hci_host *host,
					 const struct hci_input *input);

/* Call it when hci_host_expired() reports the command as overdue, with its note: it has failed. */
void hci_realtek_overdue(struct hci_realtek *realtek, const char *note);
