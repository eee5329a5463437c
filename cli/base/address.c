/* SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "crypto/bytes.h"

bool address_parse(const char *text, struct crypto_address *address, bool *typed)
{
	*typed = false;
	address->type = ADDRESS_PUBLIC;
	for (int i = 5; i >= 0; i--) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		address->octets[i] = (uint8_t)(16 * high + low);
		text += 2;
		if (i && *text != ':' && *text != '-')
			return false;
		text += i != 0;
	}
	if (!*text)
		return true;
	*typed = true;
	if (strcasecmp(text, "/public") == 0)
		return true;
	address->type = ADDRESS_RANDOM;
	return strcasecmp(text, "/random") == 0;
}

/* Not by snprintf(), which takes most of the time of listing or importing many bonds. */
const char *address_format(const struct crypto_address *address, char text[ADDRESS_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = text;

	for (int i = 5; i >= 0; i--) {
		*to++ = digits[address->octets[i] >> 4];
		*to++ = digits[address->octets[i] & 15];
		*to++ = i ? ':' : '\0';
	}
	return text;
}

const char *address_type(const struct crypto_address *address)
{
	return address->type == ADDRESS_PUBLIC ? "public" : "random";
}

const char *address_kind(const struct crypto_address *address)
{
	if (address->type == ADDRESS_PUBLIC)
		return "public";
	switch (address->octets[5] >> 6) {
	case 0:
		return "random non-resolvable";
	case 1:
		return "random resolvable";
	case 3:
		return "random static";
	default:
		return "random of a reserved kind";
	}
}

bool address_same_octets(const struct crypto_address *a, const struct crypto_address *b)
{
	return memcmp(a->octets, b->octets, 6) == 0;
}

bool address_equal(const struct crypto_address *a, const struct crypto_address *b)
{
	return crypto_address_equal(a, b);
}

bool address_may_be_public(const struct crypto_address *address)
{
	static const uint8_t ones[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t *o = address->octets;
	const uint32_t lower = bytes_get_le16(o) | (uint32_t)o[2] << 16;

	return !bytes_all_zero(o, 6) && memcmp(o, ones, sizeof(ones)) != 0 &&
	       (lower < 0x9e8b00 || lower > 0x9e8b3f);
}

bool address_is_static(const struct crypto_address *address)
{
	return address->type == ADDRESS_RANDOM && address->octets[5] >> 6 == 3;
}

bool address_is_resolvable(const struct crypto_address *address)
{
	return address->type == ADDRESS_RANDOM && address->octets[5] >> 6 == 1;
}

bool address_resolves(const struct crypto_address *address, const uint8_t irk[16])
{
	uint8_t hash[3];

	return address_is_resolvable(address) &&
	       crypto_ah(irk, address->octets + 3, hash) == CRYPTO_OK &&
	       memcmp(hash, address->octets, 3) == 0;
}

int address_make_resolvable(struct crypto_address *address, const uint8_t irk[16])
{
	int error = crypto_random(NULL, address->octets + 3, 3);

	address->type = ADDRESS_RANDOM;
	address->octets[5] = (uint8_t)((address->octets[5] & 0x3f) | 0x40);
	return error ? error : crypto_ah(irk, address->octets + 3, address->octets);
}

int address_make_static(struct crypto_address *address)
{
	int error = crypto_random(NULL, address->octets, 6);

	address->type = ADDRESS_RANDOM;
	address->octets[5] |= 0xc0;
	return error;
}
