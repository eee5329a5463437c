/* SPDX-License-Identifier: MIT */
/*
 * What is known of controllers by their makers: how each is recognised, whether it can be used as
 * it is, and what it announces but does not do. docs/controllers.md has the same table with the
 * source of each fact.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the device descriptor, USB 2.0 9.6.1. vendor 0: not on USB, or not known. */
struct hci_usb_id {
	uint16_t vendor, product;
	uint16_t release; /* bcdDevice */
};

/* What a controller has shown so far. */
struct hci_identity {
	struct hci_usb_id usb;
	bool silent;	  /* it does not answer Reset */
	bool refused;	  /* Reset is a command that it does not know */
	bool boot_loader; /* it says that it runs its boot loader */
	bool versioned;	  /* it answered Read Local Version Information: the fields below */
	uint8_t hci_version;
	uint16_t hci_revision;
	uint16_t manufacturer;
	uint16_t lmp_subversion;
};

enum hci_readiness {
	HCI_READY,	 /* nothing speaks against it */
	HCI_LIMITED,	 /* it can be used; see the row's text */
	HCI_NO_FIRMWARE, /* it answers, or would, but cannot carry LE before firmware is loaded */
};

/* What helps. The words for the user are the caller's. */
enum hci_remedy {
	HCI_REMEDY_NONE,
	HCI_REMEDY_SET_UP, /* the kernel's driver sets it up; that holds until it loses power */
	HCI_REMEDY_KERNEL, /* only the kernel's driver can run it: it is off once the driver lets go
			    */
};

/* Who loads the firmware where no driver of the kernel does. */
enum hci_loader {
	HCI_LOADER_NONE,
	HCI_LOADER_REALTEK, /* hci/realtek.h */
};

/* The properties by which a row is recognised. */
enum hci_maker_by {
	HCI_BY_USB = 1 << 0,
	HCI_BY_RELEASE = 1 << 1,
	HCI_BY_SILENCE = 1 << 2,
	HCI_BY_BOOT_LOADER = 1 << 3,
	HCI_BY_MANUFACTURER = 1 << 4,
	HCI_BY_OTHER_MANUFACTURER = 1 << 5, /* than that of the row */
	HCI_BY_VERSION = 1 << 6,	    /* of HCI */
	HCI_BY_NEWER_VERSION = 1 << 7,	    /* than that of the row */
	HCI_BY_REVISION = 1 << 8,
	HCI_BY_OTHER_REVISION = 1 << 9, /* than the LMP subversion */
	HCI_BY_BUILD = 1 << 10,		/* the low 12 bits of the revision */
	HCI_BY_SUBVERSION = 1 << 11,	/* of LMP */
	HCI_BY_SUBVERSION_AT_MOST = 1 << 12,
};

/* One row. */
struct hci_maker {
	const char *name;
	enum hci_readiness readiness;
	enum hci_remedy remedy;
	const char *text;	 /* what it does, in the present tense; or NULL */
	const char *firmware;	 /* file below /lib/firmware that the kernel loads; or NULL */
	bool needs_firmware;	 /* without it, LE does not work */
	const char *package;	 /* of Debian, that has the file; or NULL */
	enum hci_loader loader;	 /* ours, of that file */
	const char *config;	 /* the file that it sends with it, if it exists; or NULL */
	bool config_required;	 /* without that file it sends nothing */
	const uint16_t *without; /* commands that it lists and that must not be used; ends with 0 */
	uint64_t without_features; /* LE features that it lists and that must not be used */

	/* How it is recognised. */
	unsigned by;		      /* all of these enum hci_maker_by */
	const struct hci_usb_id *usb; /* one of these; ends with vendor 0; product 0 is any */
	uint16_t release;
	uint8_t hci_version;
	uint16_t hci_revision, manufacturer, lmp_subversion;
};

/* The first row that matches, NULL: nothing is known. */
const struct hci_maker *hci_maker_find(const struct hci_identity *identity);

/*
 * Reads the answer to Intel Read Version behind its status. True: a boot loader runs. Two forms:
 * nine octets, of which the first is the platform (always 0x37) and the fourth the firmware (0x06:
 * boot loader); or triplets of type, length and value, of which type 0x1c is the running image (1
 * and 2: boot loaders, 3: the firmware).
 */
bool hci_maker_is_boot_loader(const uint8_t *answer, size_t len);

/* All rows, for tests and documents. */
const struct hci_maker *hci_makers(size_t *count);

/* "ready", "limited", "no firmware": stable, for output. */
const char *hci_readiness_name(enum hci_readiness readiness);

/* True when the row withdraws this command. maker: or NULL. */
bool hci_maker_lacks(const struct hci_maker *maker, uint16_t opcode);
