/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/snooz.h"

#include <stdlib.h>
#include <string.h>

#include "capture/library.h"
#include "capture/record.h"
#include "crypto/bytes.h"
#include "hci/btsnoop.h"

/* Version and time, then zlib. */
enum { HEADER = 9, MOST_PACKED = 2 << 20 };
/* Microseconds from year 0 to 1970, as btsnoop counts. */
#define EPOCH 0x00dcddb30f2f8000ULL

#define BEGIN "--- BEGIN:BTSNOOP_LOG_SUMMARY"
#define END   "--- END:BTSNOOP_LOG_SUMMARY"
#define DUMP  "== dumpstate: "

bool capture_is_snooz(const uint8_t *first, size_t len)
{
	/* RFC 1950 2.2: deflate, and a check of the first two octets. */
	return len >= HEADER + 2 && (first[0] == 1 || first[0] == 2) &&
	       (first[HEADER] & 0x0f) == Z_DEFLATED &&
	       (first[HEADER] << 8 | first[HEADER + 1]) % 31 == 0;
}

bool capture_is_bug_report(const uint8_t *first, size_t len)
{
	return memmem(first, len, DUMP, strlen(DUMP)) || memmem(first, len, BEGIN, strlen(BEGIN));
}

/* ---- Text ------------------------------------------------------------------------------------ */

static int value_of(uint8_t digit)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Skips to the octets behind a mark. False: there is none. */
static bool skip_to(struct explain_source *source, const char *mark)
{
	const size_t len = strlen(mark);

	for (;;) {
		size_t have;
		const uint8_t *p = capture_source_peek(source, EXPLAIN_WINDOW / 2, &have);
		const uint8_t *at = have >= len ? memmem(p, have, mark, len) : NULL;

		if (at) {
			capture_source_take(source, (size_t)(at - p) + len);
			return true;
		}
		if (have < EXPLAIN_WINDOW / 2)
			return false;
		capture_source_take(source, have - (len - 1));
	}
}

/* Reads base64 up to a character that is none, in any lines. Returns the octets. */
static size_t take_base64(struct explain_source *source, uint8_t *to, size_t room)
{
	size_t have, len = 0;
	unsigned bits = 0;
	uint32_t kept = 0;

	for (;;) {
		const uint8_t *p = capture_source_peek(source, 1, &have);
		size_t i = 0;

		for (; i < have; i++) {
			int value = value_of(p[i]);

			if (value < 0 && !strchr(" \t\r\n", p[i]))
				return len;
			if (value < 0)
				continue;
			kept = kept << 6 | (uint32_t)value;
			bits += 6;
			if (bits < 8)
				continue;
			bits -= 8;
			if (len == room)
				return len;
			to[len++] = (uint8_t)(kept >> bits);
		}
		if (have == 0)
			return len;
		capture_source_take(source, have);
	}
}

static size_t take_file(struct explain_source *source, uint8_t *to, size_t room)
{
	size_t have, len = 0;

	for (;;) {
		const uint8_t *p = capture_source_peek(source, 1, &have);
		size_t n = capture_least(have, room - len);

		if (n == 0)
			return len;
		memcpy(to + len, p, n);
		len += n;
		capture_source_take(source, n);
	}
}

/* ---- Records --------------------------------------------------------------------------------- */

/* Packet types, as the phone's stack numbers them. */
static const struct {
	uint8_t type, h4;
	bool received;
} types[] = {
	{0x10, 4, true},  {0x11, 2, true},  {0x12, 3, true},  {0x17, 5, true},
	{0x20, 1, false}, {0x21, 2, false}, {0x22, 3, false}, {0x2d, 5, false},
};

struct record {
	size_t original, kept; /* packet type included */
	uint32_t distance;     /* from the record before, in microseconds */
	uint8_t type;
	const uint8_t *packet; /* without its type */
};

/* Takes the record at *at. False: it is cut, or the last was taken. */
static bool take_record(unsigned version, const uint8_t *p, size_t len, size_t *at,
			struct record *record)
{
	const size_t header = version == 1 ? 7 : 9;

	if (len - *at < header)
		return false;
	p += *at;
	record->kept = bytes_get_le16(p);
	record->original = version == 1 ? record->kept : bytes_get_le16(p + 2);
	record->distance = bytes_get_le32(p + header - 5);
	record->type = p[header - 1];
	record->packet = p + header;
	if (record->kept == 0 || record->kept - 1 > len - *at - header)
		return false;
	*at += header + record->kept - 1;
	return true;
}

static void put_be32(uint8_t *p, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* A log that is cut ends with one octet of a record, so that its reader reports the cut. */
static int make_file(struct explain_snooz *snooz, unsigned version, uint64_t last,
		     const uint8_t *records, size_t len, bool cut, struct failure *failure)
{
	struct record record;
	size_t at = 0, size = HCI_BTSNOOP_FILE_HEADER;
	uint64_t time = last + EPOCH;

	while (take_record(version, records, len, &at, &record)) {
		time -= record.distance;
		size += HCI_BTSNOOP_RECORD_HEADER + record.kept;
	}
	cut |= at < len;
	size += cut;
	uint8_t *p = snooz->octets = malloc(size);
	if (!p)
		return failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	memcpy(p, "btsnoop\0\0\0\0\1\0\0\3\xea", HCI_BTSNOOP_FILE_HEADER);
	p += HCI_BTSNOOP_FILE_HEADER;
	for (at = 0; take_record(version, records, len, &at, &record);) {
		size_t type = 0;

		while (type < sizeof(types) / sizeof(types[0]) && types[type].type != record.type)
			type++;
		bool known = type < sizeof(types) / sizeof(types[0]);
		time += record.distance;
		put_be32(p, (uint32_t)record.original);
		put_be32(p + 4, (uint32_t)record.kept);
		put_be32(p + 8, known && types[type].received);
		put_be32(p + 12, 0);
		put_be32(p + 16, (uint32_t)(time >> 32));
		put_be32(p + 20, (uint32_t)time);
		p += HCI_BTSNOOP_RECORD_HEADER;
		*p++ = known ? types[type].h4 : 0xff;
		memcpy(p, record.packet, record.kept - 1);
		p += record.kept - 1;
	}
	if (cut)
		*p = 0;
	snooz->len = size;
	return 0;
}

/* Unpacks the records. Returns their octets; sets *cut if these are not all. */
static size_t unpack(const struct explain_library *library, const uint8_t *packed, size_t len,
		     uint8_t *to, size_t room, bool *cut)
{
	z_stream z = {.next_in = packed, .avail_in = (uInt)len};

	*cut = true;
	if (library->inflate_init(&z, 15, ZLIB_VERSION, (int)sizeof(z)) != Z_OK)
		return 0;
	z.next_out = to;
	z.avail_out = (uInt)room;
	*cut = library->inflate(&z, Z_SYNC_FLUSH) != Z_STREAM_END;
	(void)library->inflate_end(&z);
	return room - z.avail_out;
}

/* packed and records have room for the most. */
static int make(struct explain_snooz *snooz, struct explain_source *source, uint8_t *packed,
		uint8_t *records, struct failure *failure)
{
	const struct explain_library *library = capture_library(failure);
	size_t have, len;

	if (!library)
		return -1;
	const uint8_t *first = capture_source_peek(source, HEADER + 2, &have);
	if (capture_is_snooz(first, have)) {
		len = take_file(source, packed, MOST_PACKED);
	} else {
		if (!skip_to(source, BEGIN) || !skip_to(source, "\n"))
			return failure_set(failure, CLI_NOT_A_CAPTURE,
					   "is an Android bug report without a Bluetooth log: set "
					   "\"Enable Bluetooth HCI snoop log\" in the developer "
					   "options, switch Bluetooth off and on, pair, and make "
					   "another");
		len = take_base64(source, packed, MOST_PACKED);
	}
	if (!capture_is_snooz(packed, len))
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "has a Bluetooth log that is not btsnooz of version 1 or 2");
	uint64_t last = (uint64_t)bytes_get_le32(packed + 5) << 32 | bytes_get_le32(packed + 1);
	bool cut;
	size_t size =
		unpack(library, packed + HEADER, len - HEADER, records, EXPLAIN_SNOOZ_OCTETS, &cut);
	return make_file(snooz, packed[0], last, records, size, cut, failure);
}

int capture_snooz_make(struct explain_snooz *snooz, struct explain_source *source,
		       struct failure *failure)
{
	uint8_t *packed = malloc(MOST_PACKED), *records = malloc(EXPLAIN_SNOOZ_OCTETS);
	int status;

	*snooz = (struct explain_snooz){NULL, 0};
	if (packed && records)
		status = make(snooz, source, packed, records, failure);
	else
		status = failure_set(failure, CLI_INTERNAL, "cannot be read: out of memory");
	if (records) /* a log holds keys */
		bytes_wipe(records, EXPLAIN_SNOOZ_OCTETS);
	free(packed);
	free(records);
	return status;
}

void capture_snooz_free(struct explain_snooz *snooz)
{
	if (snooz->octets)
		bytes_wipe(snooz->octets, snooz->len);
	free(snooz->octets);
	*snooz = (struct explain_snooz){NULL, 0};
}
