/* SPDX-License-Identifier: MIT */
/*
 * The firmware files of a controller, where the kernel finds them. They are read when the run has
 * dropped its privileges.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "hci/makers.h"

#define FIRMWARE_FOLDER "/lib/firmware"
#define FIRMWARE_PATH	128

struct firmware_file {
	char path[FIRMWARE_PATH];
	uint8_t *data; /* NULL: there is no such file, or it is empty */
	size_t len;
};

struct firmware {
	struct firmware_file main, config;
	char failure[FIRMWARE_PATH + 256]; /* the path, what is wrong with it, what to do */
};

enum firmware_status {
	FIRMWARE_READ,
	FIRMWARE_ABSENT,   /* the first file is not there */
	FIRMWARE_UNUSABLE, /* .failure is set */
};

/*
 * Reads the files of the row that are below the folder. Free them in any case. maker: a row with
 * .firmware and .package.
 */
enum firmware_status firmware_load(struct firmware *firmware, const struct hci_maker *maker,
				   const char *folder);

/* Frees the content, and leaves the paths. */
void firmware_free(struct firmware *firmware);
