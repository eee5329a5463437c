/* SPDX-License-Identifier: MIT */
/* Makes compressed files, archives and bug reports of Android for tests, with the libraries' own
 * writers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum packed_kind {
	PACKED_GZIP,
	PACKED_ZSTD,
	PACKED_XZ,
	PACKED_BZIP2, /* these pack the first file, without its name */
	PACKED_ZIP,
	PACKED_ZIP_PASSWORD,
	PACKED_TAR,
	PACKED_TAR_SPARSE, /* the octets from 1000 to 9000 of each file are left out */
	PACKED_TAR_GZIP,
	PACKED_KINDS
};

/* A folder if octets is NULL. */
struct packed_file {
	const char *name;
	const void *octets;
	size_t len;
};

/* On the heap. */
uint8_t *packed_make(enum packed_kind kind, const struct packed_file *files, size_t count,
		     size_t *len);

/* One packet of a btsnooz log: the type as the phone numbers it, octets without a packet type. */
struct packed_packet {
	uint8_t type;
	uint32_t distance;
	const char *octets;
	size_t len, original;
};

/* A btsnooz file, on the heap; in base64 with marks around it, in the text of a bug report. */
uint8_t *packed_snooz(unsigned version, uint64_t last, const struct packed_packet *packets,
		      size_t count, size_t *len);
char *packed_report(const uint8_t *snooz, size_t len, size_t lines_before);
