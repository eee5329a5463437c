/* SPDX-License-Identifier: MIT */
/* What logs of Linux, Android and Apple say, and nothing beyond that. */
#include "capture/foreign_hosts.h"

#include <string.h>

#include "unit.h"

static char fact[320], second[320];

static void look(const char *text)
{
	*fact = *second = '\0';
	capture_host_facts(text, strlen(text), fact, second, sizeof(fact));
}

static void known_lines_are_explained(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"DBusExecutionException: Authentication Canceled", "the link was lost"},
		{"Authentication Rejected", "`btmgmt le on`"},
		{"Authentication Timeout", "did not answer in time, or the link was lost"},
		{"hci0 00:11 auth failed with status 0x0a (Busy)", "ended with Busy (0x0a)"},
		{"hci0 00:11 type LE Public disconnected with reason 1\n",
		 "the link ended: connection timeout (1)"},
		{"hci0 00:11 type BR/EDR connected eir_len 14",
		 "a connection in it is of BR/EDR; blepair explains LE only"},
		{"src/device.c:device_bonding_complete() bonding 0x55 status 0x05",
		 "the pairing ended with Authentication Failed (0x05)"},
		{"device_bonding_complete() bonding (nil) status 0x0e",
		 "the link ended (Disconnected, 0x0e), and with it the pairing, if one was"},
		{"[org.bluez.Error.NotPermitted] Notify acquired", "bluetoothctl disconnect"},
		{"[org.bluez.Error.NotPermitted] Not paired", "bluetoothctl pair"},
		{"PAIRING FAILED -> reason 0x05", "which end sent it, it does not say"},
		{"btif_dm_auth_cmpl_evt() Authentication fail reason 19",
		 "most likely of BR/EDR, by Remote User Terminated Connection (0x13)"},
		{"Error: GATT operation not authorized.", "the device requires a pairing"},
		{"Paired to device with protection level <NONE: 1>", "Windows paired"},
		{"BOND_BONDING -> BOND_NONE after 3 s, reason=AUTH_FAILED(1)", "AUTH_FAILED (1)"},
		{"Bluetooth: hci0: Invalid security: expect AES but E0 was used",
		 "demands Secure Connections of a BR/EDR link"},
		{"[agent] Enter PIN code: 0912", "which only BR/EDR has"},
		{"Disconnect Complete\nReason: Authentication Failure (0x05)",
		 "the pairing failed, or one end has lost the bond"},
		{"Disconnect   Reason: Connection Timeout (0x08)",
		 "the link ended: Connection Timeout"},
		{"BluetoothBondStateMachine: bondStateChangeCallback: Status: 0 Address: 1 "
		 "newState: 2 ",
		 "a pairing succeeded"},
		{"kernel: Bluetooth: hci0: command 0x0401 tx timeout", "did not answer a command"},
		{"Failed to pair: org.bluez.Error.Failed\n", "BlueZ gives no reason"},
		{"Failed to pair: org. bluez.Error.AuthenticationRejected", "`btmgmt le on`"},
		{"BOND_STATE_CHANGED, bond state changed to: BOND_BONDED (12)",
		 "a pairing succeeded"},
		{"PlatformException(createBond, device is disconnected, null", "connect first"},
		{"4288 F bluetooth: assertion 'op_code == OpCode::NONE' failed", "crashed"},
		{"BleakError: Could not get GATT services: Unreachable", "Windows had no link"},
		{"OSError: [WinError -2147023673] The operation was canceled", "Windows cancelled"},
		{"bondStateChangeCallback: Status: 10 Address: 34:88 newState: 0",
		 "RMT_DEV_DOWN (10): the device did not answer"},
		{"onConnectionStateChange failed: code=22 state=0",
		 "the phone ended the link (22)"},
		{"Failed: br-connection-page-timeout", "was of BR/EDR"},
		{"[org.bluez.Error.Failed] le-connection-abort-by-local", "too far away, or busy"},
		{"input-hog profile accept failed for 00:11", "modprobe uhid"},
		{"errors.DBusAuthenticationFailedError: Authentication Failed",
		 "the pairing failed; for what reason"},
		{"Bluetooth GATT Error address=70:B9 handle=14 error=5 description=Insufficient",
		 "Insufficient Authentication (5)"},
		{"The mutual authentication between the local Bluetooth adapter and a device",
		 "event 16"},
		{"device attempted to establish a debug connection.", "event 22"},
		{"A command sent to the adapter has timed out.", "event 3"},
		{"BleError: Device 94:E6 was disconnected", "the link ended; for what reason"},
		{"\"code\" : \"ECBERRORDOMAIN7\"", "CBError 7: the device disconnected"},
		{"[handleATTErrorResponse] - Insufficient Encryption.",
		 "requires an encrypted link"},
		{"hci1: Pairing failed (confirmation values mismatch)",
		 "this end failed the pairing, Confirm Value Failed (0x04)"},
		{"hci0: unexpected SMP command 0x06 from 34:81:f4:ae:0e:b1",
		 "Encryption Information (0x06): a key that came before"},
		{"hci0: unexpected SMP command 0x0d from 00:1a",
		 "Pairing DHKey Check (0x0d): most likely a program"},
		{"hci0: unexpected SMP command 0x0b from 00:1a", "alone makes no pairing fail"},
		{"hci0: Invalid security: Missing AES-CCM usage", "demands Secure Connections"},
		{"Authentication attempt without agent\n", "bluetoothctl trust ADDRESS"},
		{"('org.freedesktop.DBus.Error.AccessDenied', 'Rejected'",
		 "may not use bluetoothd"},
		{"[agent] Passkey: 137156", "type it on the other device"},
		{"SMP Pairing Failed, Reason: 0x0c",
		 "Numeric Comparison Failed (0x0c); which end sent it, it does not say"},
		{"new=BOND_NONE(10)\nUNBOND_REASON_AUTH_REJECTED(2)", "the device refused"},
		{"prev=BOND_BONDING new=BOND_NONE reason=6", "AUTH_TIMEOUT (6)"},
		{"BOND_BONDING => BOND_NONE", "for what reason, it does not say"},
		{"onClientConnectionState() - status=61 clientIf=5",
		 "encrypted with different keys"},
		{"Disconnected from C4:BE with status 8 (GATT_INSUF_AUTHORIZATION)",
		 "connection timeout (8)"},
		{"failed, status 137 (GATT_AUTH_FAIL)", "one end has lost the bond"},
		{"Error Domain=CBErrorDomain Code=14 \"Peer\"", "the device has lost the bond"},
		{"CBATTErrorDomain Code=15", "requires an encrypted link"},
		{"Denying pairing request from device", "macOS denied a request to pair"},
		{"[Stack.SMP] Failed to encrypt connection  STATUS 606. (status=65535)",
		 "most likely by PIN or Key Missing (606)"},
		{"LE ConnManager disconnection complete reason 708 address=Public",
		 "the link ended, most likely by Connection Timeout (708)"},
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
		"BluetoothDevice.UNBOND_REASON_AUTH_FAILED -> toast()",
		"hci0 00:11 type LE Public disconnected with reason 2",
		"type LE Public connected\nhci0 disconnected with reason 1",
		"SMP: Pairing Failed\nHCI: Disconnected, Reason 0x08",
		"onClientConnectionState() - status=0 clientIf=9",
		"bondStateChangeCallback: Status: 0 Address: 34:88 newState: 1",
		"onConnectionStateChange failed: code=220 state=0",
		"disconnection complete reason 719 address=Public",
		"disconnection complete reason 700 address=Public",
		"unexpected SMP command 0x77",
		"auth failed with status 0x00",
		"device_bonding_complete() bonding 0x55 status 0x00",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		look(texts[i]);
		if (*fact)
			fail_msg("%s: %s", texts[i], fact);
	}
}

static void what_is_known_already_stays(void **state)
{
	(void)state;
	strcpy(fact, "first");
	*second = '\0';
	capture_host_facts("[agent] Passkey: 137156", 23, fact, second, sizeof(fact));
	assert_string_equal(fact, "first");
	assert_non_null(strstr(second, "type it on the other device"));
	capture_host_facts("Pairing successful", 18, fact, second, sizeof(fact));
	assert_non_null(strstr(second, "type it on the other device"));
	look("bonding_attempt_complete() hci0 bdaddr 00:11 type 0 status 0xe\n");
	assert_non_null(strstr(second, "is of BR/EDR"));
	/* Two lines that say the same are one fact. */
	look("Authentication Canceled\nAuthentication Canceled");
	assert_string_equal(second, "");
	look("onClientConnectionState() - status=137\n(GATT_AUTH_FAIL)");
	assert_string_equal(second, "");
	look("onClientConnectionState() - status=22 clientIf=5\n(GATT_AUTH_FAIL)");
	assert_non_null(strstr(fact, "GATT_AUTH_FAIL"));
	assert_string_equal(second, "");
	look("BOND_BONDING -> BOND_NONE, reason=AUTH_FAILED(1)"); /* it is the reason */
	assert_string_equal(second, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_lines_are_explained),
		cmocka_unit_test(what_the_log_does_not_say_is_not_said),
		cmocka_unit_test(what_is_known_already_stays),
	};
	return cmocka_run_group_tests_name("explain/capture/foreign_hosts", tests, NULL, NULL);
}
