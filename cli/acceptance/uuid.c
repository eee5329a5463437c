/* SPDX-License-Identifier: MIT */
#include "acceptance/uuid.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "crypto/bytes.h"

/* Assigned Numbers 3.8. */
static const struct {
	uint16_t value;
	const char *word, *name;
} known[] = {
	{0x2a00, "device-name", "Device Name"},
	{0x2a01, "appearance", "Appearance"},
	{0x2a19, "battery-level", "Battery Level"},
	{0x2a23, "system-id", "System ID"},
	{0x2a24, "model-number", "Model Number"},
	{0x2a25, "serial-number", "Serial Number"},
	{0x2a26, "firmware-revision", "Firmware Revision"},
	{0x2a27, "hardware-revision", "Hardware Revision"},
	{0x2a28, "software-revision", "Software Revision"},
	{0x2a29, "manufacturer-name", "Manufacturer Name"},
	{0x2a50, "pnp-id", "PnP ID"},
	{0x2bf5, "security-levels", "LE GATT Security Levels"},
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static bool take(const char *digits, struct att_uuid *uuid, uint8_t len)
{
	uuid->len = len;
	return hex_parse(digits, uuid->octets, len);
}

/* The digits of the form with hyphens. False: it has another form. */
static bool join(const char *text, char digits[33])
{
	size_t n = 0;

	if (strlen(text) != UUID_TEXT - 1)
		return false;
	for (size_t i = 0; i < UUID_TEXT - 1; i++) {
		const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		if (hyphen != (text[i] == '-'))
			return false;
		if (!hyphen)
			digits[n++] = text[i];
	}
	digits[n] = '\0';
	return true;
}

bool uuid_parse(const char *text, struct att_uuid *uuid)
{
	char digits[33];

	memset(uuid, 0, sizeof(*uuid));
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(known[i].word, text) == 0) {
			uuid->len = 2;
			bytes_put_le16(uuid->octets, known[i].value);
			return true;
		}
	}
	if (join(text, digits))
		return take(digits, uuid, 16);
	if (strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0)
		text += 2;
	return strlen(text) == 4 && take(text, uuid, 2);
}

const char *uuid_format(const struct att_uuid *uuid, char text[UUID_TEXT])
{
	const uint8_t *u = uuid->octets;

	if (uuid->len == 2)
		(void)snprintf(text, UUID_TEXT, "%02X%02X", u[1], u[0]);
	else
		(void)snprintf(
			text, UUID_TEXT,
			"%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X",
			u[15], u[14], u[13], u[12], u[11], u[10], u[9], u[8], u[7], u[6], u[5],
			u[4], u[3], u[2], u[1], u[0]);
	return text;
}

const char *uuid_name(const struct att_uuid *uuid)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (uuid->len == 2 && bytes_get_le16(uuid->octets) == known[i].value)
			return known[i].name;
	return NULL;
}

const char *uuid_word(size_t n)
{
	return n < KNOWN ? known[n].word : NULL;
}

bool uuid_equal(const struct att_uuid *a, const struct att_uuid *b)
{
	return a->len == b->len && bytes_equal(a->octets, b->octets, a->len);
}
