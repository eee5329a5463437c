/* SPDX-License-Identifier: MIT */
/* What a log says itself, and nothing beyond that. */
#include "capture/foreign_facts.h"

#include <string.h>

#include "unit.h"

static char fact[200], second[200];

static void look(const char *text)
{
	capture_foreign_fact(text, strlen(text), fact, second, sizeof(fact));
}

static void known_lines_are_explained(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"<wrn> bt_smp: Unexpected SMP code 0x08\n<wrn> bt_smp: The in-progress pairing "
		 "has "
		 "been deleted!",
		 "this end dropped the pairing itself"},
		{"<err> bt_smp: pairing failed (peer reason 0x4)",
		 "the peer sent Pairing Failed, Confirm Value Failed (0x04)"},
		{"Security failed: 4B:51:0A:C1:72:54 (random) level 1 err (9)",
		 "Security failed, unspecified error (9)"},
		{"Security failed: 4B:51:0A:C1:72:54 level 1 err 2 BT_SECURITY",
		 "PIN or key missing (2)"},
		{"NimBLE: encryption change event; status=1285 ",
		 "the peer sent Pairing Failed, Pairing Not Supported (0x05)"},
		{"encryption change event; status=1028\n",
		 "this end failed the pairing, Confirm Value Failed (0x04)"},
		{"encryption change event; status=518", "PIN or Key Missing (0x06)"},
		{"fail reason = 0x51", "Confirm Value Failed (0x04)"},
		{"new_auth() No agent available for request type 2", "register an agent"},
		{"Failed to pair: org.bluez.Error.AuthenticationCanceled", "was cancelled"},
		{"Bluetooth: hci0: unexpected SMP command 0x06 from 34:81:f4:ae:0e:b1",
		 "did not expect (code 0x06)"},
		{"smp status SMP_PAIR_NOT_SUPPORT", "Pairing Not Supported"},
		{"src/device.c:device_bonding_complete() bonding 0x55 status 0x05",
		 "the pairing ended with Authentication Failed (0x05)"},
		{"Pairing with 00:11 (LE Public) failed. status 0x10 (Cancelled)",
		 "the pairing ended with Cancelled (0x10)"},
		{"Failed to pair: org.bluez.Error.AlreadyExists", "already has a bond"},
		{"Error Domain=CBErrorDomain Code=14 \"Peer removed pairing information\"",
		 "the peer has lost the bond"},
		{"disconnect; reason=573 ", "MIC Failure (0x3D)"},
		{"reason: HCI_ERR_KEY_MISSING", "one end has lost the bond"},
		{"PERIPHERAL:\nbt_smp: reason 0x4\n",
		 "the peer sent Pairing Failed, Confirm Value Failed (0x04)"},
		{"Disconnected from 4E:60:70:30:F9:BD (random), reason 0x3d ", "different keys"},
		{"Connection security failed: role: Peripheral, procedure: Encryption, error: 4102",
		 "one end has lost the bond"},
		{"Connection security failed: role: Central, procedure: Bonding, error: 133",
		 "Pairing Not Supported (0x05)"},
		{"success: 0, fail_reason: 99, addr_type: ***", "did not come in time"},
		{"success: 0, fail_reason: 88, addr_type: ***", "DHKey Check Failed (0x0b)"},
		{"enc_change status=7 (BLE_HS_ENOTCONN)", "the link was lost during the pairing"},
		{"Could not pair with device: 11: X", "ProtectionLevelCouldNotBeMet"},
		{"pair_device_complete() Failed (0x03)", "the pairing ended with Failed (0x03)"},
		{"I\t21:55:31.603\tBonding failed, reason: AUTH FAILED (1)",
		 "which end refused, it does not say"},
		{"Security failed: 4B:51 level 1 err 8", "key rejected; in older versions"},
		{"SMP: Pairing Failed (0x05) len 1\n  Reason: Numeric comparison failed (0x0c)",
		 "Pairing Failed, Numeric Comparison Failed (0x0c); which end sent it, it does not "
		 "say"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		look(rows[i].text);
		if (!strstr(fact, rows[i].says))
			fail_msg("%s: %s", rows[i].text, fact);
	}
}

static void what_the_log_does_not_say_is_not_said(void **state)
{
	static const char *const texts[] = {
		"",
		"Unexpected SMP code 0x08\nall is well",
		"Security failed: level 1 err 99",
		"Security failed",
		"encryption change event; status=0",
		"status=1280",
		"status=1297",
		"fail reason = 0x05",
		"fail_reason: 92", /* an internal error, no reason of SMP */
		"connection established; status=7",
		"Connection security failed: error: 4096",
		"Disconnected from 4E:60:70:30:F9:BD (random), reason 0x13",
		"device_bonding_complete() bonding 0x55 status 0x00",
		"disconnect; reason=531",
		"org.bluez.Error.AlreadyExists",
		"pairing failed (peer reason 0x99)",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		look(texts[i]);
		assert_string_equal(fact, "");
	}
	/* A key that came too early: neither the central nor the passkey is to blame. */
	look("Passkey for 4B:51: 723788\nUnexpected SMP code 0x08\nin-progress pairing has been "
	     "deleted!\nPairing Failed (9). Disconnecting.");
	assert_null(strstr(fact, "passkey"));
	assert_null(strstr(fact, "central"));
	assert_null(strstr(fact, "refused"));
}

static void two_facts_are_kept(void **state)
{
	(void)state;
	look("SMP: Pairing Failed (0x05) len 1\n  Reason: Numeric comparison failed (0x0c)\n"
	     "new_auth() No agent available for request");
	assert_non_null(strstr(fact, "No agent available"));
	assert_non_null(strstr(second, "Numeric Comparison Failed (0x0c)"));
	look("No agent available for request");
	assert_string_equal(second, "");
}

/* The second line of a fact counts only near the first one; no octet behind the text is read. */
static void lines_far_apart_are_no_fact(void **state)
{
	static char text[5000];

	(void)state;
	memset(text, '.', sizeof(text) - 1);
	memcpy(text, "Unexpected SMP code 0x08", 24);
	memcpy(text + 3000, "in-progress pairing has been deleted", 36);
	look(text);
	assert_string_equal(fact, "");
	memcpy(text, "status=1285", 11);
	for (size_t len = 7; len < 11; len++) {
		capture_foreign_fact(text, len, fact, second, sizeof(fact));
		assert_string_equal(fact, "");
	}
	capture_foreign_fact(text, 11, fact, second, sizeof(fact));
	assert_string_not_equal(fact, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_lines_are_explained),
		cmocka_unit_test(what_the_log_does_not_say_is_not_said),
		cmocka_unit_test(two_facts_are_kept),
		cmocka_unit_test(lines_far_apart_are_no_fact),
	};
	return cmocka_run_group_tests_name("explain/capture/foreign_facts", tests, NULL, NULL);
}
