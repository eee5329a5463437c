/* SPDX-License-Identifier: MIT */
/* Formats that are named, and the advice for each system. */
#include "capture/foreign.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void a_log_is_named_by_its_lines(void **state)
{
	static const struct {
		const char *line, *name;
		enum capture_system system;
	} rows[] = {
		{"D (57156) BT_SMP: dhkey checks match", "a log of ESP-IDF (Bluedroid)",
		 CAPTURE_ESP},
		{"I (103187) NimBLE: encryption change event; status=1288",
		 "a log of NimBLE on ESP-IDF", CAPTURE_ESP},
		{"[20:43:20] ENC_CHANGE failed status=1288", "a log of NimBLE", CAPTURE_SNIFFER},
		{"[E][esp32_ble_client:232]: [0] [XX:59] auth fail reason=81", "a log of ESPHome",
		 CAPTURE_SNIFFER},
		{"[D][BLEUtils.cpp:1160] dumpGapEvent(): [fail_reason: 99]",
		 "a log of Arduino on an ESP32", CAPTURE_SNIFFER},
		{"[bt] [WRN] bt_setup_id_addr: No static addresses", "a log of Zephyr",
		 CAPTURE_ZEPHYR},
		{"12:09:16.748 Authentication failed with status BLE_GAP_SEC_STATUS_UNSPECIFIED",
		 "a log of nRF Connect for Desktop", CAPTURE_SNIFFER},
		{"Auth Status Event - Conn Handle: 0, Status: 0x88", "a log of nRF5 SDK",
		 CAPTURE_SNIFFER},
		{"[INFO][BLSM]: Handling event DM_SEC_PAIR_IND", "a log of Mbed OS",
		 CAPTURE_SNIFFER},
		{"-EventCode : 0xFF (HCI_LE_ExtEvent) -Data Length", "a log of a TI stack",
		 CAPTURE_SNIFFER},
		{">>== ACI_GAP_PAIRING_COMPLETE_VSEVT_CODE", "a log of an ST stack",
		 CAPTURE_SNIFFER},
		{"wiced_bt_start_authentication(CALLED):result=1", "a log of an Infineon stack",
		 CAPTURE_SNIFFER},
		{"Encryption Status Event: bd ( 5a 10 0c ef 51 aa ) res 8109",
		 "a log of an Infineon stack", CAPTURE_SNIFFER},
		{"sm_bonding_failed reason 0x1205", "a log of a Silicon Labs stack",
		 CAPTURE_SNIFFER},
		{"GAPC_PAIRING_FAILED with reason=0x45", "a log of a Ceva stack", CAPTURE_SNIFFER},
		{"DM_CONN_OPEN_IND, r=0, cid=1", "a log of Cordio", CAPTURE_SNIFFER},
		{"INFO [trouble_host::host] x", "a log of TrouBLE", CAPTURE_SNIFFER},
		{"[17:17:21:241] : 'Initiate Pairing' request sent", "a log of CySmart for Windows",
		 CAPTURE_SNIFFER},
		{"CYBLE_EVT_GAP_AUTH_FAILED: 15", "a log of an Infineon stack", CAPTURE_SNIFFER},
		{"13:23:10.535 SMP RECV Command. Name: SMP Pairing Request (0x01) len: 7",
		 "a log of an Infineon stack", CAPTURE_SNIFFER},
		{"QN BLE is ready.", "a log of an NXP stack", CAPTURE_SNIFFER},
		{"AOK\n%ERR_SEC%\n", "a log of a Microchip module", CAPTURE_SNIFFER},
		{"DEBUG Authenticate, secParams: r {", "a log of nRF Connect for Desktop",
		 CAPTURE_SNIFFER},
		{"-Opcode : 0xFE0B (GAP_Authenticate) -Data", "a log of a TI stack",
		 CAPTURE_SNIFFER},
		{"systime=1610390244 freq=2402 addr=8e89bed6 delta_t=2.833 ms rssi=-81",
		 "output of ubertooth-btle", CAPTURE_UBERTOOTH},
		{"Pairing failed, authentication failure with reason = 11",
		 "a log of BTstack without octets", CAPTURE_BTSTACK},
		{"esp_ble_gap_security_rsp()\nESP_GAP_BLE_AUTH_CMPL_EVT: fail_reason: 99",
		 "a log of ESP-IDF (Bluedroid)", CAPTURE_ESP},
		{"[00:22:29.923,553] <dbg> zmk: disconnected: Disconnected from X (public)",
		 "a log of Zephyr", CAPTURE_ZEPHYR},
		{"[ 1][W][NimBLEAdvertising.cpp:180] start(): Advertising already active",
		 "a log of NimBLE", CAPTURE_SNIFFER},
		{"Error during SM::setLinkSecurity 4", "a log of Mbed OS", CAPTURE_SNIFFER},
		{"ERROR - Failed to handle security manager packet, Security(X)",
		 "a log of TrouBLE", CAPTURE_SNIFFER},
		{"CHIP:DL: Char1 /org/bluez/hci0/dev_4A_D9/service000e",
		 "a log of a program that uses BlueZ", CAPTURE_LINUX},
		{"[19:25:24][C][wifi:373]:   Channel: 3", "a log of ESPHome", CAPTURE_SNIFFER},
		{"[ 73692][E][Preferences.cpp:503] getBytesLength(): nvs_get_blob len fail",
		 "a log of Arduino on an ESP32", CAPTURE_SNIFFER},
		{"BTstack up and running on 00:1B:DC:07:32:EF.", "a log of BTstack without octets",
		 CAPTURE_BTSTACK},
		{"PCAP contains [NORDIC_BLE] frames", "output of crackle", CAPTURE_FILE},
		{"  hci   event type = 2 +0ms", "a log of noble without octets", CAPTURE_LINUX},
		{"[Hello1|20:71] Unable to pair. Check whether the device is advertising and "
		 "supports pairing.",
		 "a log of CySmart", CAPTURE_ANDROID},
		{"12-01 10:00:00.000  1234  5678 D bt_smp  : smp_sm_event", "a log of Android",
		 CAPTURE_ANDROID},
		{"D/BluetoothGatt( 123): onConnectionUpdated()", "a log of Android",
		 CAPTURE_ANDROID},
		{"[00:00:00.102,000] <inf> bt_hci_core: Identity: 7C:DF:A1 (public)",
		 "a log of Zephyr", CAPTURE_ZEPHYR},
		{"I NimBLE: encryption change event; status=1285", "a log of NimBLE",
		 CAPTURE_SNIFFER},
		{"bluetoothd[1539]: src/adapter.c:x() hci0", "a log of bluetoothd", CAPTURE_LINUX},
		{"[bluetooth]# pair 00:11:22:33:44:55", "output of bluetoothctl", CAPTURE_LINUX},
		{"Apr 27 16:04:23 bluetoothd[78]: src/device.c:x() org.bluez.Error.Rejected",
		 "a log of bluetoothd", CAPTURE_LINUX},
		{"ERROR Could not bond ([org.bluez.Error.AuthenticationFailed] Failed)",
		 "a log of a program that uses BlueZ", CAPTURE_LINUX},
		{"bluetoothd handleConnectionCompleteCallback address=Public 4C:5B status=702",
		 "a log of iOS or macOS", CAPTURE_APPLE},
		{"Failed to pair: org.bluez.Error.AuthenticationFailed", "output of bluetoothctl",
		 CAPTURE_LINUX},
		{"[  12.5] Bluetooth: hci0: unexpected event", "a log of the Linux kernel",
		 CAPTURE_LINUX},
		{"[00:00:01.356] LOG -- hci.c.2588: hci_power_control: 1",
		 "a log of BTstack without octets", CAPTURE_BTSTACK},
		{"DEBUG:bumble.smp:pairing method: OOB", "a log of bumble without octets",
		 CAPTURE_BUMBLE},
		{"default 2024 bluetoothd CoreBluetooth x", "a log of iOS or macOS", CAPTURE_APPLE},
		{"Dec 06 13:35:59.228  ATT Receive      0x0043  00:00:00:00:00:00  Read",
		 "text of PacketLogger without octets", CAPTURE_APPLE},
		{"I (6710) GATTC_DEMO: fail reason = 0x52", "a log of ESP-IDF: ", CAPTURE_ESP},
		{"encryption change event; status=1283", "a log of NimBLE", CAPTURE_SNIFFER},
		{"bt_smp: reason 0x4", "a log of Zephyr", CAPTURE_ZEPHYR},
		{"<err> zmk: Security failed: E8:AA (random) level 1 err 2", "a log of Zephyr",
		 CAPTURE_ZEPHYR},
		{"D\t21:55:31.501\tdevice.createBond()", "a log of nRF Connect", CAPTURE_ANDROID},
		{"bleak.exc.BleakError: Could not pair with device: 19: FAILED",
		 "a log of bleak on Windows", CAPTURE_WINDOWS},
		{"[bleak.backends.bluezdbus.client DEBUG]: Connecting", "a log of bleak on Linux",
		 CAPTURE_LINUX},
		{"    1   0.000000   controller -> host         HCI_EVT 22 Rcvd LE Meta",
		 "a summary of tshark without SMP", CAPTURE_FILE},
		{"Microsoft-Windows-Bluetooth-BthLEPrepairing", "a log of Windows",
		 CAPTURE_WINDOWS},
		{"{\"event\": \"explained\", \"number\": 1}",
		 "what `blepair explain --json` printed", CAPTURE_LINUX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture_foreign_finds finds = {0};
		struct failure failure;
		capture_foreign_look(&finds, rows[i].line, strlen(rows[i].line));
		assert_non_null(finds.format);
		assert_int_equal(capture_foreign_fail(&finds, "FILE", &failure), -1);
		assert_int_equal(failure.exit, CLI_NOT_A_CAPTURE);
		assert_non_null(strstr(failure.text, rows[i].name));
		/* The advice is not cut. */
		const char *advice = capture_advice[rows[i].system];
		assert_string_equal(failure.text + strlen(failure.text) - strlen(advice), advice);
	}
}

/* Even with the longest fact, the advice is whole. */
static void the_longest_message_is_not_cut(void **state)
{
	static const char *const lines[] = {
		"bluetoothd[1]: src/device.c:new_auth() No agent available for request type 2",
		"bt_smp: Unexpected SMP code 0x08\nThe in-progress pairing has been deleted!",
		"<err> bt_smp: JustWorks failed, authenticated keys present\nerr 4",
		"D (1) BT_SMP: smp_br_process pairing failed - slave requires auth is 0x5",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct capture_foreign_finds finds = {0};
		struct failure failure;
		capture_foreign_look(&finds, lines[i], strlen(lines[i]));
		assert_true(*finds.fact);
		assert_true(strlen(finds.fact) < sizeof(finds.fact) - 1);
		(void)capture_foreign_fail(&finds, "FILE", &failure);
		assert_true(strlen(failure.text) < sizeof(failure.text) - 1);
	}
}

static void what_is_named_first_stays(void **state)
{
	static const char one[] = "*** Booting Zephyr OS", two[] = "bluetoothd[1]: x";
	struct capture_foreign_finds finds = {0};
	struct failure failure;

	(void)state;
	capture_foreign_look(&finds, one, sizeof(one) - 1);
	capture_foreign_look(&finds, two, sizeof(two) - 1);
	(void)capture_foreign_fail(&finds, "FILE", &failure);
	assert_non_null(strstr(failure.text, "a log of Zephyr"));
}

static void other_files_are_named(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		const char *words;
	} rows[] = {
#define ROW(octets, words) {octets, sizeof(octets) - 1, words}
		ROW("\x89PNG\r\n\x1a\n", "a picture"),
		ROW("\xff\xd8\xff\xe0", "a picture"),
		ROW("%PDF-1.7\n", "a PDF document"),
		ROW("ElfFile\0\1\2\3", "an event log of Windows"),
		ROW("\0\0\1\0\0\0\0\0b\0t\0.\0e\0t\0l\0", "a trace of Windows"),
		ROW("\1\0\0\0Ellisys Bluetooth", "an Ellisys analyser"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *is =
			capture_foreign_magic((const uint8_t *)rows[i].octets, rows[i].len);
		assert_non_null(is);
		assert_non_null(strstr(is, rows[i].words));
		/* Cut, it is not recognised, and nothing behind it is read. */
		(void)capture_foreign_magic((const uint8_t *)rows[i].octets, 1);
	}
	assert_null(capture_foreign_magic((const uint8_t *)"Ellisys in prose", 16));
	assert_null(capture_foreign_magic((const uint8_t *)"", 0));
}

static char *page(void)
{
	static char text[128 * 1024];
	FILE *file = fopen(PAGE, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	/* The page is wrapped. */
	char *to = text;
	for (const char *p = text; *p; p++) {
		bool blank = *p == '\n' || *p == ' ';
		if (!blank || to == text || to[-1] != ' ')
			*to++ = blank ? ' ' : *p;
	}
	*to = '\0';
	return text;
}

static void the_page_has_the_same_advice_and_names(void **state)
{
	const char *text = page();

	(void)state;
	for (size_t i = 0; i < CAPTURE_SYSTEMS; i++)
		if (!strstr(text, capture_advice[i]))
			fail_msg("docs/explain.md lacks: %s", capture_advice[i]);
	for (size_t i = 0; capture_foreign_name(i); i++)
		if (!strstr(text, capture_foreign_name(i)))
			fail_msg("docs/explain.md lacks: %s", capture_foreign_name(i));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_named_by_its_lines),
		cmocka_unit_test(the_longest_message_is_not_cut),
		cmocka_unit_test(what_is_named_first_stays),
		cmocka_unit_test(other_files_are_named),
		cmocka_unit_test(the_page_has_the_same_advice_and_names),
	};
	return cmocka_run_group_tests_name("explain/capture/foreign", tests, NULL, NULL);
}
