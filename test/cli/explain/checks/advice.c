/* SPDX-License-Identifier: MIT */
#include "checks/advice.h"

#include <string.h>

#include "checks/table.h"
#include "cli/explain/checks/fixture.h"

/* The advice of a check about an end; empty: what the table of checks says. */
static const char *advice_of(const char *id, int8_t by)
{
	size_t row = 0;

	while (strcmp(check_table[row].id, id) != 0)
		assert_true(++row < check_count);
	finding = (struct explain_finding){.check = &check_table[row], .by = by};
	check_advise(&tested, &finding);
	return finding.advice;
}

static void set_peer(void)
{
	attempt.party[R].has_address = true;
	memcpy(attempt.party[R].address.octets, "\6\5\4\3\2\xc1", 6);
}

static void the_captured_host_has_the_command_of_its_system(void **state)
{
	(void)state;
	set_peer();
	assert_string_equal(advice_of("no-bond", R),
			    "remove the bond on the captured host, and pair again: on a telephone "
			    "`Settings > Bluetooth > Forget`, with BlueZ `bluetoothctl remove "
			    "C1:02:03:04:05:06`");
	attempt.system = EXPLAIN_SYSTEM_LINUX;
	assert_string_equal(
		advice_of("no-bond", R),
		"remove the bond on this computer, and pair again: `bluetoothctl remove "
		"C1:02:03:04:05:06`");
	attempt.party[R].has_address = false;
	assert_string_equal(
		advice_of("no-bond", R),
		"remove the bond on this computer, and pair again: `bluetoothctl remove "
		"ADDRESS`");
	attempt.party[R].is_reported = true; /* by the management interface */
	attempt.party[R].reported = (struct crypto_address){1, {1, 2, 3, 4, 5, 0xc6}};
	assert_non_null(strstr(advice_of("no-bond", R), "remove C6:05:04:03:02:01`"));
	attempt.party[R].is_reported = false;
	attempt.system = EXPLAIN_SYSTEM_ANDROID;
	assert_string_equal(
		advice_of("no-bond", R),
		"remove the bond on this telephone, and pair again: `Settings > Bluetooth "
		"> Forget`");
	attempt.system = EXPLAIN_SYSTEM_BLEPAIR;
	assert_non_null(strstr(advice_of("no-bond", R), "`blepair bonds remove ADDRESS`"));
}

static void the_peer_has_hints_for_its_role(void **state)
{
	(void)state;
	attempt.system = EXPLAIN_SYSTEM_LINUX;
	attempt.captured_end = R;
	set_peer();
	assert_string_equal(
		advice_of("bond-refused-here", R),
		"remove the bond on the peer, and pair again: on a telephone `Settings > "
		"Bluetooth > Forget`, with BlueZ `bluetoothctl remove C1:02:03:04:05:06`");
	attempt.captured_end = I;
	assert_non_null(strstr(advice_of("stale-bond", R), "remove the bond on the peer"));
	assert_non_null(strstr(advice_of("stale-bond", R), "bt_unpair()"));
	attempt.captured_end = NOBODY;
	assert_non_null(strstr(advice_of("stale-bond", R), "remove the bond on the responder"));
}

static void advice_for_the_captured_host_is_not_given_to_the_peer(void **state)
{
	(void)state;
	attempt.system = EXPLAIN_SYSTEM_LINUX;
	assert_non_null(strstr(advice_of("reason-numeric-comparison-failed", I), "`agent on`"));
	assert_string_equal(advice_of("reason-numeric-comparison-failed", R), "");
	assert_string_equal(advice_of("reason-numeric-comparison-failed", NOBODY), "");
}

static void a_condition_and_the_table_of_checks_come_before_and_after(void **state)
{
	(void)state;
	attempt.system = EXPLAIN_SYSTEM_LINUX;
	assert_string_equal(advice_of("silence", R), "");
	assert_string_equal(check_fix(&finding), finding.check->fix);
	(void)advice_of("no-bond", R);
	assert_string_equal(check_fix(&finding), finding.advice);
	finding.fix = "a fix";
	check_advise(&tested, &finding);
	assert_string_equal(finding.advice, "");
	assert_string_equal(check_fix(&finding), "a fix");
}

static void identity_addresses_name_the_peer_where_they_are_known(void **state)
{
	static const uint8_t irk[16] = {1};

	(void)state;
	attempt.system = EXPLAIN_SYSTEM_LINUX;
	attempt.party[R].has_address = true;
	attempt.party[R].address = (struct crypto_address){1, {0, 0, 0, 1, 2, 0x43}};
	assert_int_equal(crypto_ah(irk, attempt.party[R].address.octets + 3,
				   attempt.party[R].address.octets),
			 CRYPTO_OK);
	attempt.party[R].irk = attempt.party[R].identity = at(3, 0);
	memcpy(attempt.party[R].irk_value, irk, 16);
	memcpy(attempt.party[R].identity_value.octets, "\1\2\3\4\5\6", 6);
	assert_non_null(strstr(advice_of("no-bond", R), "remove 06:05:04:03:02:01`"));
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_captured_host_has_the_command_of_its_system),
		TEST(the_peer_has_hints_for_its_role),
		TEST(advice_for_the_captured_host_is_not_given_to_the_peer),
		TEST(a_condition_and_the_table_of_checks_come_before_and_after),
		TEST(identity_addresses_name_the_peer_where_they_are_known),
	};

	if (crypto_init())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
