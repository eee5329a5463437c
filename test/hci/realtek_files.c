/* SPDX-License-Identifier: MIT */
#include "hci/realtek_files.h"

#include <string.h>

#include "crypto/bytes.h"

const uint8_t realtek_file_version[4] = {0xc6, 0xdf, 0x22, 0xd9};
const uint8_t realtek_config[13] = {0x55, 0xab, 0x23, 0x87, 7, 0, 0x3c, 0x00, 4, 1, 2, 3, 4};

uint8_t realtek_pattern(unsigned number, size_t i)
{
	return (uint8_t)((size_t)number * 89 + i * 7 + i / 251 + 1);
}

static uint8_t *put(uint8_t *to, const void *data, size_t len)
{
	memcpy(to, data, len);
	return to + len;
}

static uint8_t *put_pattern(uint8_t *to, unsigned number, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*to++ = realtek_pattern(number, i);
	return to;
}

static uint8_t *put_end(uint8_t *to, uint8_t project)
{
	/* Read backwards: signature; code, length, data; the end of the instructions. */
	const uint8_t end[] = {0xff, project, 1, 0, 0x51, 0x04, 0xfd, 0x77};

	return put(to, end, sizeof(end));
}

size_t realtek_patches(uint8_t *file, uint8_t project, unsigned count, size_t len)
{
	uint8_t *p = put(file, "Realtech", 8);
	size_t first = 14 + 8 * (size_t)count;

	p = put(p, realtek_file_version, 4);
	bytes_put_le16(p, (uint16_t)count);
	p += 2;
	for (unsigned i = 0; i < count; i++, p += 2)
		bytes_put_le16(p, (uint16_t)(i + 1));
	for (unsigned i = 0; i < count; i++, p += 2)
		bytes_put_le16(p, (uint16_t)len);
	for (unsigned i = 0; i < count; i++, p += 4)
		bytes_put_le32(p, (uint32_t)(first + i * len));
	for (unsigned i = 0; i < count; i++)
		p = put_pattern(p, i, len);
	return (size_t)(put_end(p, project) - file);
}

size_t realtek_patch_sent(uint8_t *sent, uint8_t rom_version, size_t len)
{
	uint8_t *p = put_pattern(sent, rom_version, len - 4);

	return (size_t)(put(p, realtek_file_version, 4) - sent);
}

size_t realtek_sections(uint8_t *file, uint8_t project, const struct realtek_part *parts,
			size_t count)
{
	uint8_t *p = put(file, "RTBTCore\1\2\3\4\5\6\7\x8", 16);

	bytes_put_le32(p, (uint32_t)count);
	p += 4;
	for (size_t i = 0; i < count; i++) {
		const struct realtek_part *part = &parts[i];
		const uint8_t head[] = {1, 0, 0, 0, part->chip, part->priority, part->key, 0};
		bytes_put_le32(p, part->kind);
		bytes_put_le32(p + 4, (uint32_t)(sizeof(head) + 4 + part->len));
		p = put(p + 8, head, sizeof(head));
		bytes_put_le32(p, (uint32_t)part->len);
		p = put_pattern(p + 4, (unsigned)i, part->len);
	}
	return (size_t)(put_end(p, project) - file);
}
