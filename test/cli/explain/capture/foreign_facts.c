/* SPDX-License-Identifier: MIT */
/* What a log says itself, and nothing beyond that. */
#include "capture/foreign_facts.h"

#include <string.h>

#include "unit.h"

static char fact[320], second[320];

static void look(const char *text)
{
	(void)capture_foreign_fact(text, strlen(text), fact, second, sizeof(fact));
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
		{"Failed to pair: org.bluez.Error.AuthenticationCanceled",
		 "the link was lost or a program cancelled it"},
		{"smp status SMP_PAIR_NOT_SUPPORT", "Pairing Not Supported"},
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
		{"PM_EVT_CONN_SEC_FAILED: peer_id=65535, error=4102", "one end has lost the bond"},
		{"Connection security failed: role: Central, procedure: Bonding, error: 133",
		 "Pairing Not Supported (0x05)"},
		{"success: 0, fail_reason: 99, addr_type: ***", "did not come in time"},
		{"success: 0, fail_reason: 88, addr_type: ***", "DHKey Check Failed (0x0b)"},
		{"enc_change status=7 (BLE_HS_ENOTCONN)", "the link was lost during the pairing"},
		{"ENC_CHANGE status=7 (0x07)", "the link was lost during the pairing"},
		{"kernel: Bluetooth: SMP security requested but not available", "no SMP on it"},
		{"kernel: Bluetooth: hci0: security requested but not available", "no SMP on it"},
		{"handle 0 encrypt 0x00 hci status 0x22",
		 "the controller reported for the encryption: LMP Response Timeout / LL Response "
		 "Timeout (0x22)"},
		{"<dbg> bt_hci_core: hci_encrypt_change: status 0x06 PIN_OR_KEY_MISSING handle 0",
		 "the controller reported for the encryption: PIN or Key Missing (0x06)"},
		{"chan 0x20001f54 cid 0x0006\n00> D: status 0x8\n00> Security failed: 00:16 level "
		 "1 "
		 "err 9",
		 "the link was lost before the end of the pairing"},
		{"Authorization failed with code: 133!",
		 "the pairing failed, Pairing Not Supported (0x05); usually one end keeps an old "
		 "bond"},
		{"BLE_GAP_EVT_AUTH_STATUS: status=0x84 bond=0x0 lv4: 0",
		 "the pairing failed, Confirm Value Failed (0x04); usually a wrong passkey"},
		{"auth_status: 0x8b", "DHKey Check Failed (0x0b)"},
		{"error: PM_CONN_SEC_ERROR_PIN_OR_KEY_MISSING", "one end has lost the bond"},
		{"COMPLETE without success. (PAIRING_FAILED with reason 8)",
		 "the pairing failed, Unspecified Reason (0x08)"},
		{"COMPLETE event returns SMP_PAIRING_FAILED_NOT_SUPPORTED",
		 "the pairing failed, Pairing Not Supported (0x05)"},
		{"pairingResult 1: SEC_STATUS_UNSPECIFIED", "Unspecified Reason (0x08)"},
		{"BLE Stack Event : BONDING FAILED (connection: 1,   reason: 0x120B, b)",
		 "the pairing failed, DHKey Check Failed (0x0b)"},
		{"Bonding failed, reason 0x1008", "the pairing failed, Connection Timeout (0x08)"},
		{"bonding failed: SL_STATUS_BT_SMP_CONFIRM_VALUE_FAILED",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"bonding failed: SL_STATUS_BT_CTRL_PIN_OR_KEY_MISSING",
		 "the pairing failed, PIN or Key Missing (0x06)"},
		{"BT_APPL: bta_dm_ble_smp_cback remove bond, rsn 102, BDA:0xE0",
		 "the pairing failed, the connection was lost"},
		{"W (5029) ble: pairing failed reason=0x61",
		 "the pairing failed, encryption failed"},
		{"reason: ESP_AUTH_SMP_PAIR_NOT_SUPPORT", "Pairing Not Supported (0x05)"},
		{"send SMP_COMPLT_EVT reason=0x16 sec_level=0x0",
		 "the pairing failed, the next SMP PDU did not come in time"},
		{"<err> bt_smp: SMP Timeout\nSecurity failed: 08:5b level 1 err 8",
		 "the peer, or the user of the end that logs this, did not answer"},
		{"hcif disc complete: hdl 0x0, rsn 0x3e", "the connection was never established"},
		{"Disconnected: F2:4F (random) (reason 8)", "the link was lost"},
		{"disconnect; reason=520 ", "the link was lost"},
		{"Disconnected from 44:AF:28 (public) (reason 0x05)",
		 "the link was ended by Authentication Failure (0x05)"},
		{"*** Pairing FAILED, reason=82 ***",
		 "the pairing failed, Pairing Not Supported (0x05); usually one end keeps an old "
		 "bond"},
		{"Pair: bonding failed (reason 81)", "Confirm Value Failed (0x04)"},
		{"BLE: Initial bonding failed (code 99)", "did not come in time"},
		{"[I] app: SM_EVENT_PAIRING_COMPLETE\nPairing failed, reason = 4",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"<err> app: SMP: Pairing FAILED, reason=4",
		 "the pairing failed, authentication requirements (4)"},
		{"BLE pairing failed, reason=4",
		 "the pairing failed, reason 4; which one that is depends on the stack"},
		{"pairing failed, reason 1285", "the peer sent Pairing Failed"},
		{"[BTSTACK_BLE] SM: Pairing complete, handle=0x0040 status=0x08",
		 "the next SMP PDU did not come in time"},
		{"SM Pairing FAILED (0x13)", "the link was lost before the end"},
		{"Disconnected from 4E:60:70:30:F9:BD (random), reason 0x13",
		 "the peer disconnected (0x13)"},
		{"disconnect; reason=534", "the end that logs this disconnected (0x16)"},
		{"receive BLE_GAP_EVENT_PAIRING_COMP result : 0x2004",
		 "the pairing failed, Confirm Value Failed (0x04); usually a wrong passkey"},
		{"receive BLE_GAP_EVENT_PAIRING_COMP result : 0x1008",
		 "the pairing failed, Connection Timeout (0x08)"},
		{"result: BLE_ERR_SMP_LE_AUTH_REQ_NOT_MET", "Authentication Requirements (0x03)"},
		{"Pairing fail: 4", "the pairing failed, Confirm Value Failed (0x04)"},
		{"E (336145) ESP_HID_GAP: BLE GAP AUTH ERROR: 0x66",
		 "the pairing failed, the connection was lost"},
		{"W (7194) BT_BTC: BTA_AV_OPEN_EVT::FAILED status: 2", "something of BR/EDR"},
		{"pair status = success", "a pairing succeeded"},
		{"- Pairing Success\n - Status: 0x02", "a pairing succeeded"},
		{"encryption change event; status=0 ", "the link was encrypted"},
		{"[BLE] SMP_PAIRING_FAILED\n", "for what reason, it does not say"},
		{"Disconnected: org.bluez.Reason.Authentication",
		 "the link ended because of an authentication failure"},
		{"Encryption Change\nStatus: PIN or Key Missing (0x06)\n",
		 "one end has lost the bond"},
		{"Could not pair with device: 11: X", "ProtectionLevelCouldNotBeMet"},
		{"pair_device_complete() Failed (0x03)", "the pairing ended with Failed (0x03)"},
		{"I\t21:55:31.603\tBonding failed, reason: AUTH FAILED (1)",
		 "which end refused, it does not say"},
		{"Security failed: 4B:51 level 1 err 8", "key rejected; in older versions"},
		{"Security failed: ff:ff (random) level 1 err 1",
		 "authentication failure (1): a passkey or number was wrong or refused, or a check "
		 "value did not match"},
		{"Pairing failed for 41:09 (random), reason: 9(BT_SECURITY_ERR_UNSPECIFIED)\n"
		 "disconnected from 41:09 (random), reason 0x3d (BT_HCI_ERR_TERM_DUE_TO_MIC_FAIL)",
		 "MIC Failure (0x3D)"},
		{"[bt] [ERR] smp_pairing_failed: reason 0x5",
		 "the peer sent Pairing Failed, Pairing Not Supported (0x05)"},
		{"<dbg> bt_smp: smp_pairing_complete: got status 0x8",
		 "which end failed it, it does not say"},
		{"<err> bt_smp: Unable to get keys for f9:12 (random)\n<err> bt_smp: reason 0x8",
		 "the end that logs this has no room for another bond"},
		{"<err> bt_smp: Refusing new pairing. The old bond has more trust.",
		 "the end that logs this refused, to keep its old bond"},
		{"<err> bt_smp: JustWorks failed, authenticated keys present",
		 "the end that logs this refused, to keep its old bond"},
		{"bt_hci_ecc: public key is not valid (ret -3)\nbt_smp: Unexpected SMP code 0x04",
		 "the Public Key of the peer is not valid"},
		{"[E][esp32_ble_client:232]: [0] [XX:59] auth fail reason=81",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"auth fail reason = 0x51\n", "the pairing failed, Confirm Value Failed (0x04)"},
		{"BLE2MQTT: Authentication failed, status: 0x66", "the connection was lost"},
		{"fail_reason: 95", "the confirm value did not match"},
		{"BT_BTC:  btc_dm_auth_cmpl_evt() Authentication fail reason 5",
		 "a pairing of BR/EDR failed, Authentication Failure (0x05); blepair explains LE "
		 "only"},
		{"Event: [PAIRING_FAILED_EVT (5)]\nBT_SMP: smp_proc_pair_fail reason=0x05",
		 "the peer sent Pairing Failed, Pairing Not Supported (0x05)"},
		{"Event: [PAIRING_FAILED_EVT (5)]",
		 "the peer sent Pairing Failed; its reason is not "
		 "in the log"},
		{"smp_send_pair_fail status=4 failure=4 ",
		 "this end failed the pairing, Confirm Value Failed (0x04)"},
		{"smp_proc_pair_cmd pairing failed - slave requires auth is 0x5 but peer auth is "
		 "0x1",
		 "this end refused: the pairing would not give the authentication that it "
		 "requires"},
		{"smp_proc_compare pairing failed - check confirm value error",
		 "this end failed the pairing, Confirm Value Failed (0x04)"},
		{"E NimBLEClient: secureConnection: failed rc=13", "did not end in time"},
		{"E NimBLEClient: secureConnection: failed rc=1285",
		 "the peer sent Pairing Failed, Pairing Not Supported (0x05)"},
		{"INFO | ??:??:?? 271 BLE pair failed", "does not say"},
		{"[smp] Failed to handle command PairingResponse, Security(UnspecifiedReason)",
		 "the end that logs this failed the pairing"},
		{"<wrn> zmk: Rejecting pairing request to taken profile 0",
		 "belongs to another host"},
		{"I (15130) NimBLE: encryption change event; status=0\n", "the link was encrypted"},
		{"E (12) NimBLE_BLE_PRPH: Resetting state; reason=19", "BLE_HS_ETIMEOUT_HCI"},
		{"reset_cb called with error 0x13 (BLE_HS_ETIMEOUT_HCI)",
		 "did not answer the host"},
		{"encryption change event; status=27", "no room for another bond"},
		{"Connection security failed: role: Peripheral, procedure: Bonding, error: 4352",
		 "the link was lost before the end"},
		{"Connection security failed: role: Central, procedure: Bonding, error: 4353",
		 "did not come in time"},
		{"Auth Status Event - Conn Handle: 0, Status: 0x88 SM1_level: 0b0000",
		 "the pairing failed, Unspecified Reason (0x08)"},
		/* Of BTstack; 4 has another meaning in Zephyr. */
		{"Pairing failed, authentication failure with reason = 4\n",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"Pairing failed, timeout\n", "the next SMP PDU did not come in time"},
		{"Pairing failed, disconnected\n", "the link was lost before the end"},
		{"Re-encryption failed, bonding information missing\n\n",
		 "BTstack says that the peer has lost the bond"},
		{"<err> bt_hci_core: Failed to set required security level",
		 "this end disconnected: the pairing gave less security than it requires"},
		{"Bt security failed: n/a (n/a, bc:09:1b:f4:dc:87), level 1, err 9, disconnecting",
		 "Security failed, unspecified error (9)"},
		{"'Authentication Error Notification' event received\n"
		 "[13:47:01:931] :     Status: AUTH_ERROR_DHKEY_CHECK_FAILED\n"
		 "CYBLE_EVT_GAP_AUTH_FAILED: 0x24",
		 "the pairing failed, DHKey Check Failed (0x0b)"},
		{"CYBLE_EVT_GAP_AUTH_FAILED: 15\nDevice Disconnected",
		 "the pairing failed, the next SMP PDU did not come in time"},
		{"CY_BLE_EVT_GAP_AUTH_FAILED, reason: 0x18",
		 "the pairing failed, the link was lost before the end"},
		{"EVT_GAP_AUTH_FAILED, reason: CONFIRM_VALUE_NOT_MATCH",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"EVT_GAP_AUTH_FAILED, reason: AUTHENTICATION_TIMEOUT",
		 "the pairing failed, the next SMP PDU did not come in time"},
		{"bt_smp_disconnected: chan 0x20010b9c cid 0x0006 <dbg> bt_smp: "
		 "smp_pairing_complete: got status 0x8",
		 "the link was lost before the end of the pairing"},
		{"<err> bt_smp: Unable to allocate Ident Info buffer",
		 "the end that logs this had no buffer for its next SMP PDU"},
		{"<wrn> bt_smp: SMP does not allow a pairing failure at this point. Known issue.",
		 "the end that logs this rejected the pairing after its last key"},
		{"onAuthenticationComplete -> fail 81",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"AOK\n%ERR_SEC%\n", "the module could not secure the link"},
		{"PM_EVT_CONN_SEC_FAILED error BLE_GAP_SEC_STATUS_CONFIRM_VALUE",
		 "the pairing failed, Confirm Value Failed (0x04)"},
		{"E (11296) BT_SMP: smp_derive_link_key_from_long_term_key failed\n"
		 "fail reason = 0x55",
		 "this end failed the pairing: it could not derive the key of BR/EDR"},
		{"<err> bt_smp: Unable to find SMP channel\n"
		 "<wrn> bt_gatt: Failed to set security for bonded peer (-128)",
		 "\"Unable to find SMP channel\": the link was gone"},
		{"Authentication failed with status BLE_GAP_SEC_STATUS_UNSPECIFIED",
		 "the pairing failed, Unspecified Reason (0x08)"},
		{"Authentication failed with status BLE_GAP_SEC_STATUS_PAIRING_NOT_SUPP.",
		 "Pairing Not Supported (0x05)"},
		{"error `Pairing failed: SMP_DHKEY_CHECK_FAILED_ERROR`.",
		 "DHKey Check Failed (0x0b)"},
		{"*** Pairing failed: AUTHENTICATION_REQUIREMENTS",
		 "Authentication Requirements (0x03)"},
		{"WARNING:bumble.smp:pairing failure (SMP_INVALID_PARAMETERS_ERROR)",
		 "Invalid Parameters (0x0a); which end sent it, it does not say"},
		{">>== ACI_GAP_PAIRING_COMPLETE_VSEVT_CODE\n     - Pairing KO\n     - Status: "
		 "0x02\n"
		 "     - Reason: 0x05\n",
		 "the pairing failed, Pairing Not Supported (0x05)"},
		{"     - Pairing KO\n     - Status: 0x03\n     - Reason: 0x00\n",
		 "this end has lost the bond"},
		{"     - Pairing KO\n     - Status: 0x04\n     - Reason: 0x00\n",
		 "the peer has lost the bond"},
		{"     - Pairing KO\n     - Status: 0x01\n     - Reason: 0x00\n",
		 "did not come in time"},
		{"GAPBOND_PAIRING_STATE_COMPLETE with status = 0x17 (bleTimeout)",
		 "did not come in time"},
		{"GAPBOND_PAIRING_STATE_COMPLETE, status: 8", "Unspecified Reason (0x08)"},
		{"Event : 0x060A (GAP_AuthenticationComplete) Status : 0x04 (4)",
		 "Confirm Value Failed (0x04)"},
		{"My firmware is getting GAPC_PAIRING_FAILED with reason=0x45.",
		 "did not come in time"},
		{"GAPC_PAIRING_FAILED reason 0x65",
		 "this end failed the pairing, Pairing Not Supported (0x05)"},
		{"GAPC_PAIRING_FAILED reason 0x75",
		 "the peer sent Pairing Failed, Pairing Not Supported (0x05)"},
		{"Bonding failed (handle=1, reason=0x1205).", "Pairing Not Supported (0x05)"},
		{"+ Bonding failed 0x1006", "one end has lost the bond"},
		{"event sm_bonding_failed reason 0x0304", "Confirm Value Failed (0x04)"},
		{"DM_SEC_PAIR_FAIL_IND status=0xb", "DHKey Check Failed (0x0b)"},
		{"Status : Connection Terminated Due to MIC Failure (0x3d)", "different keys"},
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
		"fail_reason: 98",
		"connection established; status=7",
		"Bluetooth HCI Event - Simple Pairing Complete\n",
		"Connection security failed: error: 4096",
		"Disconnected from 4E:60:70:30:F9:BD (random), reason 0x99",
		"device_bonding_complete() bonding 0x55 status 0x00",
		"org.bluez.Error.AlreadyExists",
		"pairing failed (peer reason 0x99)",
		/* Printed for any failure, and for one that bt_unpair() caused. */
		"<wrn> bt_smp: The in-progress pairing has been deleted!",
		"[esp32_ble_client] auth complete, auth fail reason=0",
		"smp_send_pair_fail status=22 failure=22", /* is not sent */
		"smp_pairing_complete: got status 0x0",
		"secureConnection: failed rc=2",
		/* Zephyr's host makes these of its own status. */
		"handle 0 encrypt 0x00 hci status 0x1f",
		"handle 0 encrypt 0x00 hci status 0x05",
		"Disconnected\nreason 8",
		"CYBLE_EVT_GAP_AUTH_FAILED: 0",
		"CYBLE_EVT_GAP_AUTH_FAILED: 19",
		/* Source code, which people paste beside a log. */
		"case CYBLE_EVT_GAP_AUTH_FAILED: print(\"CYBLE_EVT_GAP_AUTH_FAILED, reason: \");",
		"LOG_WRN(\"SMP does not allow a pairing failure at this point. Known issue. \"",
		"printf(\"onAuthenticationComplete -> fail %d\")",
		"case BLE_GAP_SEC_STATUS_CONFIRM_VALUE: break;",
		("	case ERROR_CODE_CONNECTION_TIMEOUT:\n\t\tprintf(\"Pairing failed, "
		 "timeout\\n\");"),
		"LOG_ERR(\"SMP Timeout\");",
		"	Serial.println(\"pair status = success\");",
		"else if (status == SMP_PAIRING_FAILED_UNSPECIFIED) {",
		"#define SMP_PAIRING_FAILED_AUTH_REQ 0x03",
		"if (reason == SL_STATUS_BT_SMP_PAIRING_NOT_SUPPORTED)",
		"reply(h, BLE_GAP_SEC_STATUS_PAIRING_NOT_SUPP, NULL);",
		"Pairing failed: %s",
		"pairing failed, reason 0",
		"[BLE] Pairing complete: status=0",
		"Pairing failed\nreason 4",
		"Authentication failed with status BLE_GAP_SEC_STATUS_RFU_RANGE1_BEGIN",
		"Pairing failed: SMP_",
		"Pairing failed: DHKEY_CHECK_FAILEDLY",
		"GAPBOND_PAIRING_STATE_COMPLETE, status: 0",
		"GAPC_PAIRING_FAILED reason 0x7f",
		"GAPC_PAIRING_FAILED reason 0x60",
		"Bonding failed 0x1200",
		"btc_dm_auth_cmpl_evt() Authentication fail reason 0",
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

/* What follows from the first fact, or says it again, is no second one. */
static void a_second_fact_says_something_else(void **state)
{
	static const char *const texts[] = {
		"Security failed: 1A:B2 (random) level 1 err 4\nPairing failed conn: 1A:B2, reason "
		"4",
		"bt_smp: pairing failed (peer reason 0x3)\nSecurity failed: D9:75 level 1 err 4",
		"Pairing failed: handle=1 status=8\nENC_CHANGE failed (status=1288)\n"
		"ENC_CHANGE failed status=1288; clearing bond",
		"secureConnection: failed rc=1285\nencryption change event; status=1285",
		"Event: [PAIRING_FAILED_EVT (5)]\nsmp_proc_pair_fail reason=0x05\n"
		"pair status = fail\nfail reason = 0x52",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		look(texts[i]);
		assert_string_not_equal(fact, "");
		assert_string_equal(second, "");
	}
	look("Security failed: 4B:51 level 1 err 9\nDisconnected (reason 61)");
	assert_non_null(strstr(fact, "MIC Failure"));
	look("Security failed: 4B:51 level 1 err 9\nDisconnected from 4B:51 (reason 0x13)");
	assert_non_null(strstr(fact, "unspecified error (9)"));
	assert_string_equal(second, "the peer disconnected (0x13)");
	/* Of a link before. */
	look("Disconnected from 4B:51 (reason 0x13)\nSecurity failed: 4B:51 level 1 err 9\n");
	assert_string_equal(second, "");
	look("BT: status = success, ESP_GAP_BLE_AUTH_CMPL_EVT\nDISCONNECT_EVT, reason = 0x13");
	assert_string_equal(second, "the peer disconnected (0x13)");
	look("smp_send_pair_fail status=4 failure=4\npair status = success");
	assert_string_equal(second, "");
	look("Security failed: 4B:51 level 1 err 9\ndisconnected from 4B:51, reason 0x3d");
	assert_non_null(strstr(fact, "MIC Failure"));
	assert_non_null(strstr(second, "unspecified error (9)"));
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
	/* Another link ended before. */
	memset(text, '.', sizeof(text) - 1);
	memcpy(text, "bt_smp_disconnected: ", 21);
	memcpy(text + 400, "smp_pairing_complete: got status 0x8", 37);
	look(text);
	assert_non_null(strstr(fact, "the pairing ended with Unspecified Reason (0x08)"));
	memcpy(text, "status=1285", 11);
	for (size_t len = 7; len < 11; len++) {
		(void)capture_foreign_fact(text, len, fact, second, sizeof(fact));
		assert_string_equal(fact, "");
	}
	(void)capture_foreign_fact(text, 11, fact, second, sizeof(fact));
	assert_string_not_equal(fact, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_lines_are_explained),
		cmocka_unit_test(what_the_log_does_not_say_is_not_said),
		cmocka_unit_test(two_facts_are_kept),
		cmocka_unit_test(a_second_fact_says_something_else),
		cmocka_unit_test(lines_far_apart_are_no_fact),
	};
	return cmocka_run_group_tests_name("explain/capture/foreign_facts", tests, NULL, NULL);
}
