/* SPDX-License-Identifier: MIT */
/* UUIDs of GATT as text, and the names of those that factories use. */
#pragma once

#include <stddef.h>

#include "l2cap/att_client.h"

#define UUID_TEXT 37 /* with its end */

/*
 * Reads "2A25", "0x2a25", "B1E9A101-6C4E-4F0E-9B0A-7D3F5C21E8A4" or a word of the table below,
 * "serial-number". False: it is none of these.
 */
bool uuid_parse(const char *text, struct att_uuid *uuid);

/* As "2A25", or with 36 characters. Returns text. */
const char *uuid_format(const struct att_uuid *uuid, char text[UUID_TEXT]);

/* The name in the Assigned Numbers; NULL: it is not in the table. */
const char *uuid_name(const struct att_uuid *uuid);

/* The nth word of the table; NULL beyond the last. */
const char *uuid_word(size_t n);

bool uuid_equal(const struct att_uuid *a, const struct att_uuid *b);
