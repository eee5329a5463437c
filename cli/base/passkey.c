/* SPDX-License-Identifier: MIT */
#include "base/passkey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/bytes.h"

static const char digits[] = "0123456789";

const char *passkey_group(uint32_t number, char text[PASSKEY_TEXT])
{
	(void)snprintf(text, PASSKEY_TEXT, "%03u %03u", (unsigned)(number / 1000 % 1000),
		       (unsigned)(number % 1000));
	return text;
}

const char *passkey_group_text(const char *typed, char text[PASSKEY_TEXT])
{
	uint32_t number;

	return passkey_parse(typed, &number) ? passkey_group(number, text) : typed;
}

bool passkey_parse(const char *typed, uint32_t *number)
{
	char plain[7];
	const bool grouped = strspn(typed, digits) == 3 && typed[3] == ' ';
	const char *rest = typed + 3 + grouped;

	if (strspn(typed, digits) != (grouped ? 3 : 6) || (grouped && strspn(rest, digits) != 3) ||
	    rest[3])
		return false;
	(void)snprintf(plain, sizeof(plain), "%.3s%s", typed, rest);
	*number = (uint32_t)strtoul(plain, NULL, 10);
	bytes_wipe(plain, sizeof(plain));
	return true;
}
