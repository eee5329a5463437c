/* SPDX-License-Identifier: MIT */
/*
 * Firmware files of Realtek, and what of a file one chip gets. Pure; no octet is copied.
 *
 * Two forms, both little-endian. Both end with instructions, read backwards from a signature of
 * four octets: code, length, data. Code 0 with one octet is the project, which stands for a chip.
 *
 *	"Realtech", version (4), count (2), then for each patch: chip (2 each), length (2 each),
 *	offset in the file (4 each). The chip is the version of the ROM and 1. The last four octets
 *	of the patch are replaced by the version of the file.
 *
 *	"RTBTCore", version (8), count of sections (4), the sections: kind (4), length (4), count
 *	of parts (2), reserved (2), the parts: chip (1), priority (1), key (1), reserved (1),
 *	length (4), octets. The parts of the chip are sent by priority, the lowest first; of those
 *	with the same priority the last one of the file first. Kind 3 is for chips with that key.
 *
 * The config file follows the firmware as it is: signature (4), length (2), entries. A chip with a
 * key does not take one.
 *
 * Facts: Linux drivers/bluetooth/btrtl.c and btrtl.h; google/bumble bumble/drivers/rtk.py.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HCI_REALTEK_FILE_MAX 1048576 /* octets */
#define HCI_REALTEK_PIECES   64

/* The content of the files, borrowed. */
struct hci_realtek_files {
	const uint8_t *firmware;
	size_t firmware_len;
	const uint8_t *config; /* or NULL */
	size_t config_len;
};

struct hci_realtek_chip {
	uint16_t lmp_subversion; /* of its ROM */
	uint8_t rom_version;
	uint8_t key; /* 0: it has none. Only for files with sections */
};

/* The octets to send, in pieces of the files. */
struct hci_realtek_image {
	struct {
		const uint8_t *data;
		size_t len;
	} pieces[HCI_REALTEK_PIECES];
	size_t count;
	size_t len; /* of all pieces, above 0 */
};

/* Why a file cannot be used, after "the file: ". */
struct hci_realtek_fault {
	bool config; /* the config file; else the firmware */
	char text[160];
};

/* True when the key of the chip is needed to select the pieces. */
bool hci_realtek_needs_key(const struct hci_realtek_files *files);

/* Selects the octets for the chip. 0, or -1 with fault. */
int hci_realtek_select(const struct hci_realtek_files *files, const struct hci_realtek_chip *chip,
		       struct hci_realtek_image *image, struct hci_realtek_fault *fault);

/* Copies up to len octets of the image, from octet at on. Returns their number. */
size_t hci_realtek_read(const struct hci_realtek_image *image, size_t at, uint8_t *to, size_t len);
