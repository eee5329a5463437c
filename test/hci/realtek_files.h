/* SPDX-License-Identifier: MIT */
/* Firmware files of Realtek's forms, made up: their octets are a pattern, no chip runs them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define REALTEK_FILE 80000 /* octets: enough for each file made here */

/* Octet i of the patch, or of the part, with that number. */
uint8_t realtek_pattern(unsigned number, size_t i);

/* The version that a file of patches has, and that ends what is sent. */
extern const uint8_t realtek_file_version[4];

/* A file with patches for the versions 0 to count - 1 of the ROM, each of len octets. Its length.
 */
size_t realtek_patches(uint8_t *file, uint8_t project, unsigned count, size_t len);

/* What a chip gets of it. Its length. */
size_t realtek_patch_sent(uint8_t *sent, uint8_t rom_version, size_t len);

struct realtek_part {
	uint32_t kind;
	uint8_t chip, priority, key;
	size_t len;
};

/* A file of sections, one for each part. Part n has the pattern n. Its length. */
size_t realtek_sections(uint8_t *file, uint8_t project, const struct realtek_part *parts,
			size_t count);

/* A config file of one entry: offset, length, octets. */
extern const uint8_t realtek_config[13];
