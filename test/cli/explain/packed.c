/* SPDX-License-Identifier: MIT */
#include "cli/explain/packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "unit.h"

static const struct {
	int (*filter)(struct archive *);
	int (*format)(struct archive *);
	bool slow; /* at its default level */
} kinds[PACKED_KINDS] = {
	[PACKED_GZIP] = {archive_write_add_filter_gzip, archive_write_set_format_raw, false},
	[PACKED_ZSTD] = {archive_write_add_filter_zstd, archive_write_set_format_raw, false},
	[PACKED_XZ] = {archive_write_add_filter_xz, archive_write_set_format_raw, true},
	[PACKED_BZIP2] = {archive_write_add_filter_bzip2, archive_write_set_format_raw, true},
	[PACKED_ZIP] = {archive_write_add_filter_none, archive_write_set_format_zip, false},
	[PACKED_ZIP_PASSWORD] = {archive_write_add_filter_none, archive_write_set_format_zip,
				 false},
	[PACKED_TAR] = {archive_write_add_filter_none, archive_write_set_format_ustar, false},
	[PACKED_TAR_SPARSE] = {archive_write_add_filter_none, archive_write_set_format_pax, false},
	[PACKED_TAR_GZIP] = {archive_write_add_filter_gzip, archive_write_set_format_ustar, false},
};

uint8_t *packed_make(enum packed_kind kind, const struct packed_file *files, size_t count,
		     size_t *len)
{
	size_t room = 65536;

	for (size_t i = 0; i < count; i++)
		room += files[i].len + files[i].len / 8 + 2048;
	uint8_t *to = malloc(room);
	struct archive *a = archive_write_new();
	assert_non_null(to);
	assert_non_null(a);
	assert_int_equal(kinds[kind].filter(a), ARCHIVE_OK);
	assert_int_equal(kinds[kind].format(a), ARCHIVE_OK);
	if (kind == PACKED_ZIP_PASSWORD) {
		assert_int_equal(archive_write_set_options(a, "zip:encryption=zipcrypt"), 0);
		assert_int_equal(archive_write_set_passphrase(a, "secret"), ARCHIVE_OK);
	}
	(void)archive_write_set_bytes_in_last_block(a, 1);
	if (kinds[kind].slow)
		assert_int_equal(archive_write_set_options(a, "compression-level=1"), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(a, to, room, len), ARCHIVE_OK);
	for (size_t i = 0; i < count && (i == 0 || kind >= PACKED_ZIP); i++) {
		struct archive_entry *entry = archive_entry_new();
		bool folder = !files[i].octets;

		archive_entry_set_pathname(entry, files[i].name);
		archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
		archive_entry_set_perm(entry, 0600);
		archive_entry_set_size(entry, (la_int64_t)files[i].len);
		if (kind == PACKED_TAR_SPARSE) {
			archive_entry_sparse_add_entry(entry, 0, 1000);
			archive_entry_sparse_add_entry(entry, 9000,
						       (la_int64_t)files[i].len - 9000);
		}
		assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
		if (!folder)
			assert_int_equal(archive_write_data(a, files[i].octets, files[i].len),
					 (la_ssize_t)files[i].len);
		archive_entry_free(entry);
	}
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	return to;
}

static uint8_t *put_le(uint8_t *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*p++ = (uint8_t)(value >> (8 * i));
	return p;
}

uint8_t *packed_snooz(unsigned version, uint64_t last, const struct packed_packet *packets,
		      size_t count, size_t *len)
{
	size_t room = 0;

	for (size_t i = 0; i < count; i++)
		room += 9 + packets[i].len;
	uint8_t *records = malloc(room + 1), *p = records;
	assert_non_null(records);
	for (size_t i = 0; i < count; i++) {
		p = put_le(p, packets[i].len + 1, 2);
		if (version == 2)
			p = put_le(p, packets[i].original, 2);
		p = put_le(p, packets[i].distance, 4);
		p = put_le(p, packets[i].type, 1);
		memcpy(p, packets[i].octets, packets[i].len);
		p += packets[i].len;
	}
	uLongf packed = compressBound((uLong)(p - records));
	uint8_t *to = malloc(9 + packed);
	assert_non_null(to);
	put_le(put_le(to, version, 1), last, 8);
	assert_int_equal(compress(to + 9, &packed, records, (uLong)(p - records)), Z_OK);
	free(records);
	*len = 9 + packed;
	return to;
}

char *packed_report(const uint8_t *snooz, size_t len, size_t lines_before)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char head[] = "====\n== dumpstate: 2024-01-01 00:00:00\n====\n",
			  line[] = "a line of the report --- BEGIN:\n",
			  begin[] = "--- BEGIN:BTSNOOP_LOG_SUMMARY (1234 bytes in) ---\n",
			  end[] = "\n--- END:BTSNOOP_LOG_SUMMARY ---\nmore\n";
	char *text = malloc(sizeof(head) + lines_before * sizeof(line) + sizeof(begin) + 2 * len +
			    sizeof(end) + 8),
	     *p = text;

	assert_non_null(text);
	p = stpcpy(p, head);
	while (lines_before--)
		p = stpcpy(p, line);
	if (!snooz)
		return text;
	p = stpcpy(p, begin);
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)snooz[i] << 16 |
				(n > 1 ? (uint32_t)snooz[i + 1] << 8 : 0) |
				(n > 2 ? snooz[i + 2] : 0);

		for (size_t j = 0; j < 4; j++)
			*p++ = j > n ? '=' : digits[bits >> (18 - 6 * j) & 63];
		if (i % 60 == 57)
			*p++ = '\n';
	}
	stpcpy(p, end);
	return text;
}
