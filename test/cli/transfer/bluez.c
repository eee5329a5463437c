/* SPDX-License-Identifier: MIT */
/* Bonds as BlueZ keeps them: the whole text of the files. */
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

static void without_an_identity_it_is_of_no_use(void **state)
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

/* ---- Reading -------------------------------------------------------------------------------- */

#define MADE "2026-11-29T08:00:00.000Z"

static struct bond_record got;
static struct smp_keys us;

static enum bluez_found look(const char *controller, const char *identity, const char *device,
			     const char *info)
{
	assert_int_equal(bluez_read_identity(controller, identity, identity ? strlen(identity) : 0,
					     &us, &why),
			 0);
	return bluez_read(device, info, strlen(info), MADE, &us, &got, &why);
}

/* What was written is read back: all but the method, the time, and what was on air. */
static void comes_back(struct bond_record r)
{
	assert_int_equal(bluez_bond(&r, &out, &why), 0);
	assert_int_equal(
		look(out.controller, *out.identity ? out.identity : NULL, out.device, out.info),
		BLUEZ_BOND);
	(void)snprintf(r.made, sizeof(r.made), MADE);
	r.bond.method = SMP_METHOD_NONE;
	r.peer = *bond_identity(&r);
	if (r.bond.local.has_identity)
		r.local = r.bond.local.identity;
	for (size_t i = 0; bond_field(i); i++) {
		char a[BOND_VALUE], b[BOND_VALUE];
		const char *x = bond_get(&r, i, a), *y = bond_get(&got, i, b);
		if (x && y)
			assert_string_equal(x, y);
		else if (x || y)
			fail_msg("%s: %s, %s", bond_field(i), x ? x : "none", y ? y : "none");
	}
}

static struct bond_record with_keys(bool secure)
{
	struct bond_record r = record(true);

	r.bond.secure_connections = secure;
	r.bond.method = SMP_PASSKEY_WE_TYPE;
	r.bond.peer.has_ltk = r.bond.local.has_ltk = true;
	fill(r.bond.peer.ltk, 0x10);
	fill(r.bond.local.ltk, secure ? 0x10 : 0x20);
	if (!secure) {
		r.bond.peer.ediv = 0xfffe;
		memset(r.bond.peer.rand, 0xff, 8);
		r.bond.local.ediv = 3;
		r.bond.local.rand[7] = 0x80;
	}
	return r;
}

static void what_is_written_is_read_back(void **state)
{
	struct bond_record r = with_keys(false);

	(void)state;
	comes_back(r);
	r.bond.authenticated = true;
	r.bond.local.has_csrk = r.bond.peer.has_csrk = true;
	fill(r.bond.local.csrk, 0x50);
	fill(r.bond.peer.csrk, 0x60);
	comes_back(r);
	r.bond.key_size = 7;
	memset(r.bond.local.ltk + 7, 0, 9);
	memset(r.bond.peer.ltk + 7, 0, 9);
	comes_back(r);
	r.bond.local.has_ltk = false;
	memset(&r.bond.local, 0, sizeof(r.bond.local));
	comes_back(r);
	r = with_keys(false);
	r.central = false;
	memset(&r.bond.peer, 0, sizeof(r.bond.peer));
	comes_back(r);

	r = with_keys(true);
	r.local = (struct crypto_address){.type = ADDRESS_RANDOM, .octets = {2, 0, 0, 0, 0, 0xc1}};
	comes_back(r); /* a static address and no IRK */
	r.bond.authenticated = true;
	r.bond.local.has_irk = r.bond.local.has_identity = true;
	r.bond.local.identity = r.local;
	fill(r.bond.local.irk, 0x70);
	r.bond.peer.has_irk = r.bond.peer.has_identity = true;
	r.bond.peer.identity = (struct crypto_address){.type = ADDRESS_PUBLIC, .octets = {9}};
	fill(r.bond.peer.irk, 0x80);
	comes_back(r);
}

#define US     "11:22:33:44:55:66"
#define PEER   "C6:05:04:03:02:01"
#define LE     "[General]\nAddressType=static\n"
#define KEY(x) "Key=" x "102030405060708090A0B0C0D0E0F10\n"
#define LTK(group, x, type, size) \
	"[" group "]\n" KEY(x) "Authenticated=" type "\nEncSize=" size "\nEDiv=1\nRand=2\n"

/* bluetoothd has it in the one group or the other, and may have a legacy one of before. */
static void a_secure_key_may_be_in_either_group(void **state)
{
	(void)state;
	assert_int_equal(look(US, NULL, PEER, LE LTK("SlaveLongTermKey", "0", "3", "16")),
			 BLUEZ_BOND);
	assert_true(got.bond.secure_connections && got.bond.authenticated);
	assert_true(got.bond.local.has_ltk && got.bond.peer.has_ltk);
	assert_memory_equal(got.bond.local.ltk, got.bond.peer.ltk, 16);
	assert_int_equal(look(US, NULL, PEER,
			      LE LTK("LongTermKey", "1", "0", "16")
				      LTK("PeripheralLongTermKey", "0", "2", "16")),
			 BLUEZ_BOND);
	assert_true(got.bond.secure_connections);
	assert_int_equal(got.bond.peer.ltk[0], 0x01);
}

/* As BlueZ itself would take it. */
static void what_is_beyond_the_size_is_not_used(void **state)
{
	(void)state;
	assert_int_equal(look(US, NULL, PEER, LE LTK("LongTermKey", "0", "0", "7")), BLUEZ_BOND);
	assert_int_equal(got.bond.key_size, 7);
	assert_memory_equal(got.bond.peer.ltk, "\x01\x02\x03\x04\x05\x06\x07\0\0\0\0\0\0\0\0", 16);
}

/* What else bluetoothd writes; lists of services have lines of a thousand characters. */
static void other_lines_are_of_no_interest(void **state)
{
	char text[2000] = "[General]\nName=[Key]=x\nAddressType=public\nServices=";

	(void)state;
	while (strlen(text) < 1500)
		(void)strcat(text, "0000180f-0000-1000-8000-00805f9b34fb;");
	(void)strcat(text, "\n\n[LongTermKey]\nKey=0x0102030405060708090A0B0C0D0E0F10\n"
			   "Authenticated=0\nEncSize=16\nEDiv=5\nRand=6\n"
			   "[ConnectionParameters]\nMinInterval=6\n");
	assert_int_equal(look(US, NULL, PEER, text), BLUEZ_BOND);
	assert_int_equal(got.peer.type, ADDRESS_PUBLIC);
	assert_int_equal(got.bond.peer.ediv, 5);
}

static void what_is_no_bond_of_ours_is_left_out(void **state)
{
	static const struct {
		const char *info, *why;
	} cases[] = {
		{"", "no device of Bluetooth LE"},
		{"[General]\nName=x\n[LinkKey]\nKey=00\n", "no device of Bluetooth LE"},
		{LE, "no long term key"},
		{LE "[IdentityResolvingKey]\n" KEY("0"), "no long term key"},
		{LE LTK("LongTermKey", "0", "4", "16"), "debug key"},
		{LE LTK("LongTermKey", "0", "0", "6"), "less than 7 or more than 16"},
		{LE LTK("LongTermKey", "0", "0", "17"), "less than 7 or more than 16"},
		{LE LTK("LongTermKey", "0", "0", "16") LTK("SlaveLongTermKey", "0", "0", "15"),
		 "not of the same strength"},
		{LE LTK("LongTermKey", "0", "0", "16") LTK("SlaveLongTermKey", "0", "1", "16"),
		 "not of the same strength"},
		{LE LTK("LongTermKey", "0", "0", "16") "EDiv=65536\n", "beyond 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(look(US, NULL, PEER, cases[i].info), BLUEZ_NO_BOND);
		if (!strstr(why.text, cases[i].why))
			fail_msg("%s: %s", cases[i].why, why.text);
	}
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *info, *why;
	} cases[] = {
		{LE "rubbish\n", "line 3: expected [GROUP] or KEY=VALUE"},
		{"[General]\nAddressType=static random\n", "General: AddressType"},
		{LE "[LongTermKey]\nKey=0102\n", "LongTermKey: Key"},
		{LE "[SlaveLongTermKey]\n" KEY("G"), "SlaveLongTermKey: Key"},
		{LE "[LongTermKey]\nRand=-1\n", "LongTermKey: Rand"},
		{LE "[LongTermKey]\nEncSize=16 octets\n", "LongTermKey: EncSize"},
		{LE "[RemoteSignatureKey]\nKey=\n", "RemoteSignatureKey: Key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(look(US, NULL, PEER, cases[i].info), BLUEZ_WRONG);
		if (!strstr(why.text, cases[i].why))
			fail_msg("%s: %s", cases[i].why, why.text);
	}
	assert_int_equal(
		bluez_read_identity(US, "[General]\nIdentityResolvingKey=1\n", 33, &us, &why), -1);
	assert_non_null(strstr(why.text, "General: IdentityResolvingKey"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legacy_with_all_keys),
		cmocka_unit_test(secure_connections_with_identities),
		cmocka_unit_test(without_an_identity_it_is_of_no_use),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_secure_key_may_be_in_either_group),
		cmocka_unit_test(what_is_beyond_the_size_is_not_used),
		cmocka_unit_test(other_lines_are_of_no_interest),
		cmocka_unit_test(what_is_no_bond_of_ours_is_left_out),
		cmocka_unit_test(what_is_wrong_is_said),
	};
	return cmocka_run_group_tests_name("cli/bluez", tests, NULL, NULL);
}
