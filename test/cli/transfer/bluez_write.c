/* SPDX-License-Identifier: MIT */
/* Bonds as BlueZ's files: the whole text. */
#include "transfer/bluez.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "unit.h"

static struct bluez_bond out;
static struct failure why;

static void fill(uint8_t *p, uint8_t first)
{
	for (int i = 0; i < 16; i++)
		p[i] = (uint8_t)(first + i);
}

/* 11:22:33:44:55:66 public to C6:05:04:03:02:01 static. */
static struct bond_record record(bool central)
{
	struct bond_record r = {
		.central = central,
		.local = {.type = ADDRESS_PUBLIC, .octets = {0x66, 0x55, 0x44, 0x33, 0x22, 0x11}},
		.peer = {.type = ADDRESS_RANDOM, .octets = {0x01, 0x02, 0x03, 0x04, 0x05, 0xc6}},
		.bond = {.bonded = true, .key_size = 16},
	};
	return r;
}

#define GENERAL(type)                                                                         \
	"[General]\nAddressType=" type "\nSupportedTechnologies=LE;\nTrusted=false\nBlocked=" \
	"false\n"

static void legacy_with_all_keys(void **state)
{
	struct bond_record r = record(true);

	(void)state;
	r.bond.key_size = 7;
	r.bond.authenticated = true;
	r.bond.peer.has_ltk = r.bond.local.has_ltk = true;
	fill(r.bond.peer.ltk, 0x10);
	r.bond.peer.ediv = 0xabcd;
	memcpy(r.bond.peer.rand, "\x01\0\0\0\0\0\0\x80", 8);
	fill(r.bond.local.ltk, 0x20);
	r.bond.local.ediv = 7;
	r.bond.local.rand[0] = 9;
	r.bond.peer.has_csrk = r.bond.local.has_csrk = true;
	fill(r.bond.peer.csrk, 0x30);
	fill(r.bond.local.csrk, 0x40);
	assert_int_equal(bluez_bond(&r, &out, &why), 0);
	assert_string_equal(out.controller, "11:22:33:44:55:66");
	assert_string_equal(out.device, "C6:05:04:03:02:01");
	assert_string_equal(out.identity, "");
	assert_string_equal(
		out.info,
		GENERAL("static") "\n[LongTermKey]\nKey=101112131415161718191A1B1C1D1E1F\n"
				  "Authenticated=1\nEncSize=7\nEDiv=43981\n"
				  "Rand=9223372036854775809\n"
				  "\n[PeripheralLongTermKey]\nKey="
				  "202122232425262728292A2B2C2D2E2F\n"
				  "Authenticated=1\nEncSize=7\nEDiv=7\nRand=9\n"
				  "\n[SlaveLongTermKey]\nKey=202122232425262728292A2B2C2D2E2F\n"
				  "Authenticated=1\nEncSize=7\nEDiv=7\nRand=9\n"
				  "\n[LocalSignatureKey]\nKey=404142434445464748494A4B4C4D4E4F\n"
				  "Counter=0\nAuthenticated=true\n"
				  "\n[RemoteSignatureKey]\nKey=303132333435363738393A3B3C3D3E3F\n"
				  "Counter=0\nAuthenticated=true\n");
}

/* One key for both roles; the peer is found by its identity, and we by ours. */
static void secure_connections_with_identities(void **state)
{
	struct bond_record r = record(false);

	(void)state;
	r.peer.octets[5] = 0x46; /* resolvable */
	r.bond.secure_connections = true;
	r.bond.peer.has_ltk = r.bond.local.has_ltk = true;
	fill(r.bond.peer.ltk, 0xa0);
	fill(r.bond.local.ltk, 0xa0);
	r.bond.peer.has_irk = r.bond.peer.has_identity = true;
	fill(r.bond.peer.irk, 0x50);
	r.bond.peer.identity = (struct crypto_address){.type = ADDRESS_PUBLIC, .octets = {1}};
	r.bond.local.has_irk = r.bond.local.has_identity = true;
	fill(r.bond.local.irk, 0xf0);
	r.bond.local.identity =
		(struct crypto_address){.type = ADDRESS_RANDOM, .octets = {2, 0, 0, 0, 0, 0xc0}};
	assert_int_equal(bluez_bond(&r, &out, &why), 0);
	assert_string_equal(out.controller, "C0:00:00:00:00:02");
	assert_string_equal(out.device, "00:00:00:00:00:01");
	assert_string_equal(out.identity, "[General]\nAddressType=static\nIdentityResolvingKey="
					  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n");
	assert_string_equal(
		out.info,
		GENERAL("public") "\n[LongTermKey]\nKey=A0A1A2A3A4A5A6A7A8A9AAABACADAEAF\n"
				  "Authenticated=2\nEncSize=16\nEDiv=0\nRand=0\n"
				  "\n[IdentityResolvingKey]\n"
				  "Key=505152535455565758595A5B5C5D5E5F\n");
}

static void without_identity_addresses_bluez_cannot_use_it(void **state)
{
	struct bond_record r = record(true);

	(void)state;
	r.peer.octets[5] = 0x46;
	assert_int_equal(bluez_bond(&r, &out, &why), -1);
	assert_non_null(strstr(why.text, "the peer gave no identity"));
	r = record(true);
	r.local = r.peer;
	r.local.octets[5] = 0x46;
	assert_int_equal(bluez_bond(&r, &out, &why), -1);
	assert_non_null(strstr(why.text, "we gave no identity"));
}

/* A static address must be in "identity" even if there is no key for that file. */
static void our_static_address_has_a_type(void **state)
{
	struct bond_record r = record(true);

	(void)state;
	r.local = (struct crypto_address){.type = ADDRESS_RANDOM, .octets = {2, 0, 0, 0, 0, 0xc1}};
	assert_int_equal(bluez_bond(&r, &out, &why), 0);
	assert_string_equal(out.controller, "C1:00:00:00:00:02");
	assert_string_equal(out.identity, "[General]\nAddressType=static\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legacy_with_all_keys),
		cmocka_unit_test(secure_connections_with_identities),
		cmocka_unit_test(without_identity_addresses_bluez_cannot_use_it),
		cmocka_unit_test(our_static_address_has_a_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
