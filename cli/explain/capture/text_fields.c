/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_fields.h"

#include <string.h>

#include "base/hex.h"
#include "capture/packet.h"

/* ---- Values -----------------------------------------------------------------------------------
 */

bool capture_decimal(const char **p, uint64_t *value)
{
	const char *begin = *p;

	for (*value = 0; **p >= '0' && **p <= '9' && *p - begin < 18; (*p)++)
		*value = 10 * *value + (uint64_t)(**p - '0');
	return *p > begin;
}

bool capture_hex(const char **p, size_t digits, uint64_t *value)
{
	const char *begin = *p;

	for (*value = 0; (size_t)(*p - begin) < digits && hex_digit(**p) >= 0; (*p)++)
		*value = *value << 4 | (uint64_t)hex_digit(**p);
	return *p > begin;
}

bool capture_address(const char *p, uint8_t address[6])
{
	uint8_t octets[6];

	for (int i = 5; i >= 0; i--, p += 3) {
		if (hex_digit(p[0]) < 0 || hex_digit(p[1]) < 0 || (i > 0 && p[2] != ':'))
			return false;
		octets[i] = (uint8_t)((unsigned)hex_digit(p[0]) << 4 | (unsigned)hex_digit(p[1]));
	}
	memcpy(address, octets, sizeof(octets));
	return true;
}

bool capture_is_masked_address(const char *p)
{
	bool masked = false;

	for (size_t i = 0; i < 17; i++) {
		const bool colon = i % 3 == 2;
		if (!p[i] || (p[i] == ':') != colon ||
		    (!colon && hex_digit(p[i]) < 0 && !strchr("Xx*?_-", p[i])))
			return false;
		masked |= !colon && hex_digit(p[i]) < 0;
	}
	return masked;
}

enum capture_address_type capture_address_type(const char *p)
{
	static const char *const words[] = {"(Static)", "(Resolvable)", "(Non-Resolvable)",
					    "(Reserved)"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return CAPTURE_RANDOM;
	/* Names of companies have no colon: that is of the next field. */
	return *p == '(' && p[strcspn(p, ":)")] == ')' ? CAPTURE_PUBLIC : CAPTURE_TYPE_UNKNOWN;
}

bool capture_number(const char **p, size_t size, uint64_t *value)
{
	const char *at = *p;
	bool parentheses = strncmp(at, "0x", 2) != 0;

	if (parentheses && *at >= '0' && *at <= '9') {
		at += strspn(at, "0123456789.,");
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz");
		if (strncmp(at, "(0x", 3) != 0)
			return capture_decimal(p, value);
	}
	if (parentheses) {
		while (*at && *at != ':' && strncmp(at, "(0x", 3) != 0)
			at++;
		if (*at++ != '(')
			return false;
	}
	at += 2;
	if (!capture_hex(&at, 2 * size, value) || (parentheses && *at != ')'))
		return false;
	*p = at;
	return true;
}

const struct layout *capture_layout(const struct layout *table, size_t count, uint64_t code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

/* ---- Assembling a packet ----------------------------------------------------------------------
 */

void capture_put(struct explain_octets *to, uint64_t value, size_t size, bool known)
{
	for (size_t i = 0; i < size && to->len < EXPLAIN_TEXT_PACKET; i++) {
		to->data[to->len] = (uint8_t)(i < 8 && known ? value >> (8 * i) : 0);
		to->known[to->len++] = known;
	}
}

/* Whether a value follows a label that ends with a colon: "label:", or "label[16]:" with its
 * length. */
static size_t colon(const char *p)
{
	size_t digits = *p == '[' ? strspn(p + 1, "0123456789") : 0;

	if (*p == ':')
		return 1;
	return digits && p[1 + digits] == ']' && p[2 + digits] == ':' ? digits + 3 : 0;
}

/* The first value behind a label of len octets; one that ends with a colon may have a length. */
static const char *value_behind(const char *body, const char *label, size_t len)
{
	bool with_colon = label[len - 1] == ':';
	size_t left = strlen(body), behind;
	const char *found;

	while ((found = memmem(body, left, label, len - with_colon))) {
		found += len - with_colon;
		if (!with_colon)
			return found;
		if ((behind = colon(found)))
			return found + behind;
		left -= (size_t)(found - body);
		body = found;
	}
	return NULL;
}

const char *capture_behind(const char *body, const char *label)
{
	const char *best = NULL;

	while (body && *label) {
		size_t len = strcspn(label, "|");
		const char *found = value_behind(body, label, len);
		if (found && (!best || found < best))
			best = found;
		label += len + (label[len] == '|');
	}
	return best;
}

bool capture_put_field(struct explain_octets *to, const struct field *field, const char **body)
{
	const char *at = field->kind == HIDDEN ? NULL : capture_behind(*body, field->label);
	uint64_t value = 0;
	uint8_t address[6];

	if (at && field->kind == NUMBER && capture_number(&at, field->size, &value)) {
		capture_put(to, value, field->size, true);
	} else if (at && field->kind == ADDRESS && capture_address(at, address)) {
		for (size_t i = 0; i < 6; i++)
			capture_put(to, address[i], 1, true);
		at += 17;
	} else if (at && field->kind == ADDRESS && capture_is_masked_address(at)) {
		/* Nothing is missing but what was hidden. */
		capture_put(to, 0, field->size, false);
		at += 17;
	} else if (at && field->kind == HEX) {
		size_t i = 0;
		for (; i < field->size && hex_digit(at[0]) >= 0 && hex_digit(at[1]) >= 0;
		     i++, at += 2)
			capture_put(to,
				    (uint64_t)hex_digit(at[0]) << 4 | (uint64_t)hex_digit(at[1]), 1,
				    true);
		capture_put(to, 0, field->size - i, false);
		if (i < field->size)
			return false;
	} else {
		capture_put(to, 0, field->size, false);
		return field->kind == HIDDEN;
	}
	*body = at;
	return true;
}

/* Appends the fields of layout (NULL: unknown), and unknown octets up to len octets in all. */
void capture_put_fields(struct explain_octets *to, const struct layout *layout, const char *body,
			size_t len)
{
	for (size_t i = 0; layout && i < sizeof(layout->fields) / sizeof(layout->fields[0]) &&
			   layout->fields[i].kind != END && to->len < len;
	     i++)
		if (!capture_put_field(to, &layout->fields[i], &body))
			to->lacks = true;
	to->len = capture_least(to->len, len);
	capture_put(to, 0, len - to->len, false);
}
