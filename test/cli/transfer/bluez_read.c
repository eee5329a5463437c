/* SPDX-License-Identifier: MIT */
/* BlueZ's files as bonds. */
#include "transfer/bluez.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "unit.h"

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

#define MADE "2026-11-29T08:00:00.000Z"

static struct bluez_bond out;
static struct failure why;
static struct bond_record got;
static struct smp_keys us;

static enum bluez_found read_both(const char *controller, const char *identity, const char *device,
				  const char *info)
{
	memset(&us, 0xff, sizeof(us)); /* all of it is filled in */
	assert_int_equal(bluez_read_identity(controller, identity ? identity : "",
					     identity ? strlen(identity) : 0, &us, &why),
			 0);
	return bluez_read(device, info, strlen(info), MADE, &us, &got, &why);
}

/* All but the method, the time and the addresses on air comes back. */
static void assert_comes_back(struct bond_record r)
{
	assert_int_equal(bluez_bond(&r, &out, &why), 0);
	assert_int_equal(read_both(out.controller, *out.identity ? out.identity : NULL, out.device,
				   out.info),
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
		r.bond.peer.ediv = 0xffff;
		memset(r.bond.peer.rand, 0xff, 8);
		r.bond.local.ediv = 0xffff;
		r.bond.local.rand[7] = 0x80;
	}
	return r;
}

static void exports_are_read_back(void **state)
{
	struct bond_record r = with_keys(false);

	(void)state;
	assert_comes_back(r);
	r.bond.authenticated = true;
	r.bond.local.has_csrk = r.bond.peer.has_csrk = true;
	fill(r.bond.local.csrk, 0x50);
	fill(r.bond.peer.csrk, 0x60);
	assert_comes_back(r);
	r.bond.key_size = 7;
	memset(r.bond.local.ltk + 7, 0, 9);
	memset(r.bond.peer.ltk + 7, 0, 9);
	assert_comes_back(r);
	r.bond.local.has_ltk = false;
	memset(&r.bond.local, 0, sizeof(r.bond.local));
	assert_comes_back(r);
	r = with_keys(false);
	r.central = false;
	memset(&r.bond.peer, 0, sizeof(r.bond.peer));
	assert_comes_back(r);

	r = with_keys(true);
	r.local = (struct crypto_address){.type = ADDRESS_RANDOM, .octets = {2, 0, 0, 0, 0, 0xc1}};
	assert_comes_back(r); /* a static address and no IRK */
	r.bond.authenticated = true;
	r.bond.local.has_irk = r.bond.local.has_identity = true;
	r.bond.local.identity = r.local;
	fill(r.bond.local.irk, 0x70);
	r.bond.peer.has_irk = r.bond.peer.has_identity = true;
	r.bond.peer.identity = (struct crypto_address){.type = ADDRESS_PUBLIC, .octets = {9}};
	fill(r.bond.peer.irk, 0x80);
	assert_comes_back(r);
}

#define US     "11:22:33:44:55:66"
#define PEER   "C6:05:04:03:02:01"
#define LE     "[General]\nAddressType=static\n"
#define KEY(x) "Key=" x "102030405060708090A0B0C0D0E0F10\n"
#define LTK(group, x, type, size) \
	"[" group "]\n" KEY(x) "Authenticated=" type "\nEncSize=" size "\nEDiv=1\nRand=2\n"

/* bluetoothd writes it into one group or the other, and may keep an older legacy key. */
static void a_secure_key_may_be_in_either_group(void **state)
{
	(void)state;
	assert_int_equal(read_both(US, NULL, PEER, LE LTK("SlaveLongTermKey", "0", "3", "16")),
			 BLUEZ_BOND);
	assert_true(got.bond.secure_connections && got.bond.authenticated);
	assert_true(got.bond.local.has_ltk && got.bond.peer.has_ltk);
	assert_memory_equal(got.bond.local.ltk, got.bond.peer.ltk, 16);
	assert_int_equal(read_both(US, NULL, PEER,
				   LE LTK("LongTermKey", "1", "0", "16")
					   LTK("PeripheralLongTermKey", "0", "2", "16")),
			 BLUEZ_BOND);
	assert_true(got.bond.secure_connections);
	assert_int_equal(got.bond.peer.ltk[0], 0x01);
}

/* As the kernel uses it. */
static void octets_beyond_the_key_size_are_not_used(void **state)
{
	(void)state;
	assert_int_equal(read_both(US, NULL, PEER, LE LTK("LongTermKey", "0", "0", "7")),
			 BLUEZ_BOND);
	assert_int_equal(got.bond.key_size, 7);
	assert_memory_equal(got.bond.peer.ltk, "\x01\x02\x03\x04\x05\x06\x07\0\0\0\0\0\0\0\0", 16);
}

/* Lists of services have lines of a thousand characters, and may have more. */
static void other_lines_of_any_length_are_ignored(void **state)
{
	static char text[60000];

	(void)state;
	(void)snprintf(text, sizeof(text), "%s",
		       "[General]\nName=[Key]=x\nAddressType=public\nServices=");
	while (strlen(text) < 50000)
		(void)strcat(text, "0000180f-0000-1000-8000-00805f9b34fb;");
	(void)strcat(text, "\n\n[LongTermKey]\nKey=0x0102030405060708090A0B0C0D0E0F10\n"
			   "Authenticated=0\nEncSize=16\nEDiv=5\nRand=6\n"
			   "[ConnectionParameters]\nMinInterval=6\n");
	assert_int_equal(read_both(US, NULL, PEER, text), BLUEZ_BOND);
	assert_int_equal(got.peer.type, ADDRESS_PUBLIC);
	assert_int_equal(got.bond.peer.ediv, 5);
}

static void devices_without_a_usable_bond_are_left_out(void **state)
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
		{LE LTK("LongTermKey", "0", "0", "16")
			 LTK("SlaveLongTermKey", "0", "0", "16") "EDiv=65536\n",
		 "beyond 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_both(US, NULL, PEER, cases[i].info), BLUEZ_NO_BOND);
		if (!strstr(why.text, cases[i].why))
			fail_msg("%s: %s", cases[i].why, why.text);
	}
}

static void a_file_that_bluez_does_not_write_is_reported(void **state)
{
	static const struct {
		const char *info, *why;
	} cases[] = {
		{LE "rubbish\n", "line 3: expected [GROUP] or KEY=VALUE"},
		{"[General]\nAddressType=static random\n", "General: AddressType"},
		{LE "[LongTermKey]\nKey=0102\n", "LongTermKey: Key"},
		{LE "[SlaveLongTermKey]\n" KEY("G"), "SlaveLongTermKey: Key"},
		{LE "[LongTermKey]\nRand=-1\n", "LongTermKey: Rand"},
		{LE "[LongTermKey]\nRand=18446744073709551616\n", "LongTermKey: Rand"},
		{LE "[LongTermKey]\n" KEY("0") "Rand=000000000000000000000000000000000000000000\n",
		 "LongTermKey: Rand"},
		{"AddressType=static\n", "line 1: expected [GROUP] or KEY=VALUE"},
		{LE "[LongTermKey]\nEncSize=16 octets\n", "LongTermKey: EncSize"},
		{LE "[RemoteSignatureKey]\nKey=\n", "RemoteSignatureKey: Key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_both(US, NULL, PEER, cases[i].info), BLUEZ_WRONG);
		if (!strstr(why.text, cases[i].why))
			fail_msg("%s: %s", cases[i].why, why.text);
	}
	assert_int_equal(
		bluez_read_identity(US, "[General]\nIdentityResolvingKey=1\n", 33, &us, &why), -1);
	assert_non_null(strstr(why.text, "General: IdentityResolvingKey"));
}

static void a_zero_octet_does_not_end_a_value(void **state)
{
	static const char info[] = "[General]\nAddressType=static\0random\n";

	(void)state;
	assert_int_equal(bluez_read(PEER, info, sizeof(info) - 1, MADE, &us, &got, &why),
			 BLUEZ_WRONG);
	assert_non_null(strstr(why.text, "line 2: expected"));
}

/* Half a legacy bond is one: each side has a key of its own. */
static void the_keys_of_a_bond_are_of_one_strength(void **state)
{
	(void)state;
	assert_int_equal(read_both(US, NULL, PEER,
				   LE LTK("LongTermKey", "1", "1", "16")
					   LTK("SlaveLongTermKey", "2", "1", "16")),
			 BLUEZ_BOND);
	assert_true(got.central && got.bond.authenticated && !got.bond.secure_connections);
	assert_int_equal(got.bond.peer.ltk[0], 0x11);
	assert_int_equal(got.bond.local.ltk[0], 0x21);
	assert_int_equal(got.bond.local.ediv, 1);
	assert_int_equal(got.bond.local.rand[0], 2);
	assert_int_equal(read_both(US, NULL, PEER, LE LTK("PeripheralLongTermKey", "2", "0", "16")),
			 BLUEZ_BOND);
	assert_false(got.central || got.bond.peer.has_ltk || got.bond.authenticated);
	assert_true(got.bond.local.has_ltk);
	assert_int_equal(got.bond.local.ltk[0], 0x21);
}

static void our_address_has_the_type_of_the_file_identity(void **state)
{
	(void)state;
	assert_int_equal(bluez_read_identity(US, "", 0, &us, &why), 0);
	assert_false(us.has_identity || us.has_irk);
	assert_int_equal(us.identity.type, ADDRESS_PUBLIC);
	assert_int_equal(us.identity.octets[0], 0x66);
	assert_int_equal(bluez_read_identity(US, LE, strlen(LE), &us, &why), 0);
	assert_int_equal(us.identity.type, ADDRESS_RANDOM);
	assert_false(us.has_identity || us.has_irk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exports_are_read_back),
		cmocka_unit_test(a_secure_key_may_be_in_either_group),
		cmocka_unit_test(octets_beyond_the_key_size_are_not_used),
		cmocka_unit_test(other_lines_of_any_length_are_ignored),
		cmocka_unit_test(devices_without_a_usable_bond_are_left_out),
		cmocka_unit_test(a_file_that_bluez_does_not_write_is_reported),
		cmocka_unit_test(a_zero_octet_does_not_end_a_value),
		cmocka_unit_test(the_keys_of_a_bond_are_of_one_strength),
		cmocka_unit_test(our_address_has_the_type_of_the_file_identity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
