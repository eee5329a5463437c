/* SPDX-License-Identifier: MIT */
/*
 * Firmware files of Realtek, hostile ones: refused with a reason, or a selection whose every octet
 * is one of the files.
 */
#include "hci/realtek_image.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "hci/realtek_files.h"

/* The pieces can be read octet by octet: a sanitizer notices one outside of its file. */
static void look(const struct hci_realtek_image *image)
{
	uint8_t octets[252];
	size_t at = 0, n;

	insist(image->len > 0 && image->count > 0 && image->count <= HCI_REALTEK_PIECES);
	while ((n = hci_realtek_read(image, at, octets, sizeof(octets))) > 0)
		at += n;
	insist(at == image->len);
}

/* Chip, length of the config, config, firmware. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {data, len};
	static const uint16_t subversions[] = {0x8761, 0x8852, 0x8822, 0x1200};
	struct hci_realtek_chip chip = {.lmp_subversion = subversions[fuzz_u8(&in) & 3]};
	struct hci_realtek_files files = {.firmware = NULL};
	struct hci_realtek_image image;
	struct hci_realtek_fault fault;

	chip.rom_version = fuzz_u8(&in);
	chip.key = fuzz_u8(&in);
	files.config_len = fuzz_u8(&in);
	uint8_t *config = fuzz_alloc(&in, files.config_len);
	files.firmware_len = in.len;
	uint8_t *firmware = fuzz_alloc(&in, files.firmware_len);
	files.config = config;
	files.firmware = firmware;
	(void)hci_realtek_needs_key(&files);
	if (hci_realtek_select(&files, &chip, &image, &fault)) {
		insist(*fault.text && !memchr(fault.text, '\n', strlen(fault.text)));
	} else {
		look(&image);
	}
	free(config);
	free(firmware);
	return 0;
}

static void give(fuzz_seed *seed, uint8_t subversion, bool config, const uint8_t *file, size_t len)
{
	static uint8_t input[FUZZ_INPUT_MAX];
	const size_t more = config ? sizeof(realtek_config) : 0;
	const uint8_t head[] = {subversion, 1, 3, (uint8_t)more};

	memcpy(input, head, sizeof(head));
	memcpy(input + sizeof(head), realtek_config, more);
	memcpy(input + sizeof(head) + more, file, len);
	seed(input, sizeof(head) + more + len);
}

void fuzz_seeds(fuzz_seed *seed)
{
	static const struct realtek_part parts[] = {
		{1, 2, 5, 0, 10}, {2, 2, 1, 0, 12}, {3, 2, 0, 3, 14}, {1, 1, 0, 0, 4}};
	static uint8_t file[REALTEK_FILE];

	give(seed, 0, false, file, realtek_patches(file, 14, 2, 30));
	give(seed, 0, true, file, realtek_patches(file, 14, 3, 600));
	give(seed, 1, false, file, realtek_sections(file, 25, parts, 4));
	give(seed, 1, true, file, realtek_sections(file, 25, parts, 4));
	give(seed, 2, false, file, realtek_patches(file, 14, 2, 30));
}
