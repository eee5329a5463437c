/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/foreign.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "capture/foreign_facts.h"
#include "capture/foreign_hosts.h"

const char *const capture_advice[CAPTURE_SYSTEMS] = {
	[CAPTURE_FILE] = "explain the capture file itself, or what `tshark -V -x -r FILE` prints",
	[CAPTURE_LINUX] = "run `sudo btmon -w FILE` while you pair, then `blepair explain FILE`",
	[CAPTURE_ANDROID] = "enable \"Bluetooth HCI snoop log\" in the developer options, turn "
			    "Bluetooth off and on, pair, run `adb bugreport bug.zip`, then "
			    "`blepair explain bug.zip`",
	[CAPTURE_APPLE] = "install Apple's Bluetooth logging profile on the iPhone, pair, take a "
			  "sysdiagnose and explain it as it is; or record with PacketLogger on a "
			  "Mac, and explain the .pklg file",
	[CAPTURE_WINDOWS] = "start `btvs.exe -Mode Wireshark` of Microsoft's Bluetooth Test "
			    "Platform, press Full Packet Logging in its window, pair, and save the "
			    "packets in Wireshark as pcapng",
	[CAPTURE_ZEPHYR] = "build with CONFIG_BT_DEBUG_MONITOR_UART=y and CONFIG_UART_CONSOLE=n, "
			   "and run `btmon --tty DEVICE -w FILE` while you pair",
	[CAPTURE_BTSTACK] = "call hci_dump_posix_fs_open(FILE, HCI_DUMP_PACKETLOGGER) and "
			    "hci_dump_init(hci_dump_posix_fs_get_instance()) for a .pklg file; on "
			    "a microcontroller, hci_dump_init("
			    "hci_dump_embedded_stdout_get_instance()) for a log with octets",
	[CAPTURE_ESP] = "build with CONFIG_BT_HCI_LOG_DEBUG_EN=y (newer ESP-IDF), call "
			"bt_hci_log_hci_data_show() once a second while you pair, and explain what "
			"it prints; in older ones, record the other end",
	[CAPTURE_BUMBLE] = "start the program with BUMBLE_SNOOPER=btsnoop:file:FILE in its "
			   "environment, pair, then `blepair explain FILE`",
	[CAPTURE_UBERTOOTH] =
		"run `ubertooth-btle -f -r FILE.pcapng` while you pair, then `blepair "
		"explain FILE.pcapng`",
	[CAPTURE_SNIFFER] = "record the other end; or record on air, in Wireshark with nRF "
			    "Sniffer: choose the device in the toolbar before it connects, pair, "
			    "and save as pcapng",
	[CAPTURE_HOST] = "record the host on which this program runs: on Linux `sudo btmon -w "
			 "FILE`, on Android the HCI snoop log, on iOS Apple's logging profile",
};

#define MARKS 20

struct capture_foreign {
	const char *name;
	enum capture_system system;
	const char *marks[MARKS]; /* any of them, anywhere in the text */
};

/* More particular formats first. */
static const struct capture_foreign formats[] = {
	{"what `blepair explain --json` printed, not the capture that it explained",
	 CAPTURE_LINUX,
	 {"\"event\":\"explained\"", "\"event\": \"explained\""}},
	{"an export of Wireshark as JSON or PSML",
	 CAPTURE_FILE,
	 {"\"_source\": {", "\"btsmp.", "btsmp_btsmp_", "<psml "}},
	{"text of PacketLogger without octets",
	 CAPTURE_APPLE,
	 {"HCI Event        0x", "ATT Receive      0x", "SMP Receive      0x",
	  "SMP Send         0x", "ACL Receive      0x"}},
	{"a summary of tshark without SMP",
	 CAPTURE_FILE,
	 {" HCI_EVT ", " HCI_CMD ", " LE LL ", " HCI_MON "}},
	{"a log of Zephyr",
	 CAPTURE_ZEPHYR,
	 {"*** Booting Zephyr", "*** Booting nRF Connect SDK", "> bt_smp:", "> bt_hci_core:",
	  "> bt_conn:", "> bt_gatt:", "> bt_smp.", "> bt_hci_core.", "> bt_conn.", "> bt_l2cap"}},
	{"a log of ESPHome",
	 CAPTURE_SNIFFER,
	 {"[esp32_ble_client:", "[esp32_ble:", "[esp32_ble_server:", "[bluetooth_proxy:",
	  "[bluetooth_proxy."}},
	{"a log of Arduino on an ESP32",
	 CAPTURE_SNIFFER,
	 {"[BLEDevice.cpp:", "[BLEServer.cpp:", "[BLEClient.cpp:", "[BLEUtils.cpp:",
	  "[BLESecurity.cpp:", "[BLEAdvertising.cpp:"}},
	/* What old versions and applications print without the name of a module. */
	{"a log of Zephyr",
	 CAPTURE_ZEPHYR,
	 {"bt_smp: reason 0x", "bt_smp: Unexpected SMP code", "bt_smp: pairing failed",
	  "bt_smp: SMP Timeout", "bt_hci_ecc: ", "Security failed: ", "Security changed: ",
	  "Pairing failed conn: ", "] <inf> ", "] <dbg> ", "] <wrn> ", "] <err> ", "[bt] [INF]",
	  "[bt] [ERR]", "[bt] [WRN]", "BT_HCI_ERR_"}},
	{"a log of NimBLE on ESP-IDF", CAPTURE_ESP, {") NimBLE: "}},
	{"a log of ESP-IDF (Bluedroid)",
	 CAPTURE_ESP,
	 {" BT_SMP:", " BT_BTC:", " BT_RFCOMM:", " BT_HIDH:", " BT_APPL:", " BT_BTM:", " BT_HCI:",
	  " BT_GATT:", " BT_L2CAP:", " BT_BTIF:", "ESP_GAP_BLE_", "ESP_GATTS_", "ESP_GATTC_",
	  "ESP_BT_DEVICE_TYPE_BLE"}},
	{"a log of NimBLE",
	 CAPTURE_SNIFFER,
	 {"NimBLE:", "encryption change event; status=", "NimBLE_", "NimBLEDevice", "NimBLEServer",
	  "NimBLEClient", "NimBLEAdvertising", "ble_gap_", "ble_hs_", "BLE_HS_E", "ble_sm_",
	  "ENC_CHANGE"}},
	{"a log of nRF Connect for Desktop",
	 CAPTURE_SNIFFER,
	 {"Authentication failed with status BLE_GAP_", "DEBUG Authenticate, secParams:"}},
	{"a log of nRF Connect",
	 CAPTURE_ANDROID,
	 {"nRF Connect, 2", "[Broadcast] Action received: android.bluetooth", "device.createBond()",
	  "gatt = device.connectGatt("}},
	{"a log of Android",
	 CAPTURE_ANDROID,
	 {"bt_smp",	      "smp_br",	       "smp_act",
	  "smp_sm_event",     "bt_btif",       "btif_dm",
	  "bt_stack",	      "BluetoothGatt", "com.android.bluetooth",
	  "BluetoothBond",    "bt_btm",	       "BluetoothDevice:",
	  "FBP-Android",      "BOND_BONDING",  "BOND_NONE",
	  "UNBOND_REASON_",   "createBond",    "(GATT_INSUF_",
	  "(GATT_AUTH_FAIL)", "(GATT_ERROR)"}},
	{"a log of nRF5 SDK",
	 CAPTURE_SNIFFER,
	 {"peer_manager", "<info> app:", "<error> app:", "pm_handler", "nrf_sdh", "PM_EVT_CONN_SEC",
	  "BLE_GAP_SEC_STATUS_", "Auth Status Event"}},
	{"a log of Mbed OS",
	 CAPTURE_SNIFFER,
	 {"][BLSM]", "][BLCO]", "][BLGP]", "SEC_STATUS_", "SM::setLinkSecurity"}},
	{"a log of a TI stack",
	 CAPTURE_SNIFFER,
	 {"(GAP_Authenticate)", "(GAP_TerminateLink)", "(GAP_EstablishLinkRequest)", "GAPBOND_",
	  "GAP_HCI_ExtentionCommandStatus", "(HCI_LE_ExtEvent)", "bleGAPBondRejected", "bondMgrCB",
	  "Pairing fail: "}},
	{"a log of a Renesas stack",
	 CAPTURE_SNIFFER,
	 {"receive BLE_GAP_EVENT_", "R_BLE_", "BLE_ERR_SMP_LE_"}},
	{"a log of a Realtek stack",
	 CAPTURE_SNIFFER,
	 {"handle_authen_state_evt", "GAP_AUTHEN_STATE_", "APP_PRINT_"}},
	{"a log of an ST stack", CAPTURE_SNIFFER, {"ACI_GAP_", "aci_gap_", "BlueNRG"}},
	{"a log of CySmart for Windows",
	 CAPTURE_SNIFFER,
	 {"'Authentication Error Notification' event", "'Initiate Pairing' request sent",
	  "'Set Local Device Security' request"}},
	{"a log of an Infineon stack (AIROC, WICED)",
	 CAPTURE_SNIFFER,
	 {"wiced_bt_", "BTM_PAIRING_COMPLETE_EVT", "btm_event_handler", "CySmart",
	  "Encryption Status Event: bd (", "EVT_GAP_AUTH_FAILED", "EVT_GAP_PASSKEY_DISPLAY_REQUEST",
	  "smp_bond_result", "SMP RECV Command. Name:", "SMP SEND Command. Name:"}},
	{"a log of a Silicon Labs stack",
	 CAPTURE_SNIFFER,
	 {"BLE Stack Event : ", "Bluetooth Stack Event : ", "sl_bt_", "SL_STATUS_BT_", "gecko_evt_",
	  "gecko_cmd_", "sm_bonding_failed"}},
	{"a log of an NXP stack",
	 CAPTURE_SNIFFER,
	 {"QN BLE is ready", "gConnEvt", "gHciConnection", "gPairing"}},
	{"a log of a Microchip module", CAPTURE_SNIFFER, {"%ERR_SEC%", "%BONDED%", "%SECURED%"}},
	{"a log of a Ceva stack (RivieraWaves)", CAPTURE_SNIFFER, {"GAPC_"}},
	{"a log of Cordio",
	 CAPTURE_SNIFFER,
	 {"DM_SEC_", "DM_CONN_OPEN_IND", "DM_CONN_CLOSE_IND", "hciEvtProcessMsg"}},
	{"a log of CircuitPython", CAPTURE_SNIFFER, {"_bleio.", "adafruit_ble/"}},
	{"a log of MicroPython", CAPTURE_SNIFFER, {"_IRQ_", "get secret: ", "encryption update "}},
	{"a log of the nRF54L Arduino core",
	 CAPTURE_SNIFFER,
	 {"[BLE] SMP_", "[BLE] LL_", "[BLE] EVT_"}},
	{"a log of TrouBLE",
	 CAPTURE_SNIFFER,
	 {"trouble_host", "[security manager]", "[smp] Failed to handle",
	  "Failed to handle security manager packet"}},
	{"output of ubertooth-btle",
	 CAPTURE_UBERTOOTH,
	 {" delta_t=", "Advertising / AA ", "Data / AA "}},
	{"a summary of a trace on air, without octets",
	 CAPTURE_FILE,
	 {" LL_VERSION_IND ", " LL_ENC_REQ ", " LL_TERMINATE_IND ", " LL_FEATURE_REQ "}},
	{"output of crackle",
	 CAPTURE_FILE,
	 {"PCAP contains [", "TK found: ", "Cracking with strategy"}},
	{"a log of CySmart", CAPTURE_ANDROID, {"Unable to pair. Check whether the device is "}},
	{"a log of an old noble or bleno", CAPTURE_LINUX, {" l2cap-ble ", " hci-ble "}},
	{"a log of noble without octets",
	 CAPTURE_LINUX,
	 {"  hci   event type = ", "hci  onSocketData", "noble warning"}},
	{"a log of BTstack without octets",
	 CAPTURE_BTSTACK,
	 {"LOG -- ", "SM_EVENT_", "btstack_", "hci_power_control",
	  "Pairing failed, authentication failure with reason = ", "Re-encryption failed, ",
	  "BTstack up and running"}},
	{"a log of bumble without octets",
	 CAPTURE_BUMBLE,
	 {"bumble.", "<<< connecting to HCI", "Pairing failed: SMP_"}},
	{"a log of bleak on Windows",
	 CAPTURE_WINDOWS,
	 {"bleak.backends.winrt", "bleak\\backends\\winrt",
	  "Could not pair with device: ", "DevicePairingProtectionLevel"}},
	{"a log of Gadgetbridge", CAPTURE_ANDROID, {"BtLEQueue", " n.f.g.s."}},
	{"a log of a page that uses Web Bluetooth",
	 CAPTURE_HOST,
	 {"GATT operation not authorized", "navigator.bluetooth", "requestDevice()"}},
	{"a log of bleak on macOS", CAPTURE_APPLE, {"bleak.backends.corebluetooth"}},
	{"a log of bleak on Linux", CAPTURE_LINUX, {"bleak.backends.bluezdbus", "bleak.exc."}},
	{"a log of Windows",
	 CAPTURE_WINDOWS,
	 {"BTHUSB", "BTHPORT", "bthport", "BthLE", "Microsoft-Windows-Bluetooth",
	  "Windows.Devices.Bluetooth", "DevicePairingResultStatus"}},
	{"a log of iOS or macOS",
	 CAPTURE_APPLE,
	 {"CoreBluetooth", "CBErrorDomain", "CBATTErrorDomain", "com.apple.bluetooth",
	  "com.apple.Bluetooth", "CBCentralManager", "CBPeripheral", "Apple80211",
	  "handleConnectionCompleteCallback", "{cbuuid: ", "FBP-iOS",
	  "Denying pairing request from device", "ECBERRORDOMAIN", "ECBATTERRORDOMAIN",
	  "[handleATTErrorResponse]"}},
	{"output of bluetoothctl",
	 CAPTURE_LINUX,
	 {"[bluetooth]#", "[bluetoothctl]>", "[bluetooth]>", "Attempting to pair with",
	  "Failed to pair: ", "Agent registered", "[CHG] Device"}},
	{"output of btmgmt",
	 CAPTURE_LINUX,
	 {"[mgmt]#", "[mgmt]>", "Pairing with", "hci0 type 6 dis", "hci0 type 7 dis",
	  " auth failed with status 0x"}},
	{"a log of bluetoothd",
	 CAPTURE_LINUX,
	 {"bluetoothd[", "bluetoothd: ", "src/adapter.c:", "src/device.c:", "src/agent.c:",
	  "src/shared/", "profiles/", "plugins/policy.c"}},
	{"a log of a program that uses BlueZ",
	 CAPTURE_LINUX,
	 {"org.bluez.", "/org/bluez/hci", "org.freedesktop.dbus", "org.freedesktop.DBus",
	  "com.github.hypfvieh.bluetooth", "blueman.", "br-connection-", "le-connection-"}},
	{"a log of the Linux kernel",
	 CAPTURE_LINUX,
	 {"hci0 urb ", "hci0 cmd_cnt ", "Bluetooth: hci", "Bluetooth: SMP", "Bluetooth: Core",
	  "Bluetooth: MGMT", "l2cap_core"}},
	{"a log of Home Assistant",
	 CAPTURE_HOST,
	 {"homeassistant.components.", "Bluetooth GATT Error address="}},
	{"a log of react-native-ble-plx", CAPTURE_HOST, {"BleError: "}},
	{"a page of HTML without a packet in it",
	 CAPTURE_LINUX,
	 {"<!DOCTYPE html", "<!doctype html", "<html"}},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Applications with tags of their own. */
static const struct capture_foreign esp_idf = {"a log of ESP-IDF", CAPTURE_ESP, {NULL}},
				    esphome = {"a log of ESPHome", CAPTURE_SNIFFER, {NULL}},
				    arduino = {"a log of Arduino on an ESP32",
					       CAPTURE_SNIFFER,
					       {NULL}};

/*
 * A line with a time, a level and a place in brackets, of ESPHome: "[19:25:21][C][wifi:502]: text",
 * or of Arduino: "[ 73692][E][Preferences.cpp:503] getBytesLength(): text". NULL: neither.
 */
static const struct capture_foreign *bracketed(const char *text, size_t len)
{
	const char *end = text + len;

	for (const char *p = text; (p = memmem(p, (size_t)(end - p), "][", 2)); p++) {
		const char *place = p + 5, *q = place;
		if (end - p < 16 || !strchr("EWICDV", p[2]) || p[3] != ']' || p[4] != '[')
			continue;
		while (q < end && (isalnum((unsigned char)*q) || strchr("_-.", *q)))
			q++;
		if (q == place || end - q < 4 || *q != ':' || !isdigit((unsigned char)q[1]))
			continue;
		if (q - place > 4 && memcmp(q - 4, ".cpp", 4) == 0)
			return &arduino;
		for (q++; q < end && isdigit((unsigned char)*q); q++)
			;
		if (end - q > 1 && q[0] == ']' && q[1] == ':')
			return &esphome;
	}
	return NULL;
}

const char *capture_foreign_name(size_t i)
{
	return i < FORMATS ? formats[i].name : i == FORMATS ? esp_idf.name : NULL;
}

/* A line as ESP-IDF's esp_log.h prints it: level, milliseconds, tag: "I (6710) GATTC_DEMO: text".
 */
static bool is_esp_idf_line(const char *p, const char *end)
{
	if (end - p < 8 || !strchr("EWIDV", *p) || p[1] != ' ' || p[2] != '(')
		return false;
	for (p += 3; p < end && isdigit((unsigned char)*p); p++)
		;
	if (end - p < 4 || p[-1] == '(' || p[0] != ')' || p[1] != ' ')
		return false;
	for (p += 2; p < end && (isalnum((unsigned char)*p) || strchr("_-.", *p)); p++)
		;
	return p < end && p[-1] != ' ' && *p == ':';
}

static bool is_esp_idf(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *line_end = memchr(text + at, '\n', len - at);
		if (is_esp_idf_line(text + at, text + len))
			return true;
		at = line_end ? (size_t)(line_end - text) + 1 : len;
	}
	return false;
}

static const struct capture_foreign *find_format(const char *text, size_t len)
{
	for (size_t i = 0; i < FORMATS; i++)
		for (size_t k = 0; k < MARKS && formats[i].marks[k]; k++)
			if (memmem(text, len, formats[i].marks[k], strlen(formats[i].marks[k])))
				return &formats[i];
	return is_esp_idf(text, len) ? &esp_idf : bracketed(text, len);
}

void capture_foreign_look(struct capture_foreign_finds *finds, const char *text, size_t len)
{
	if (!finds->format)
		finds->format = find_format(text, len);
	if (!*finds->fact)
		finds->failure = capture_foreign_fact(text, len, finds->fact, finds->second,
						      sizeof(finds->fact));
	const bool none = !*finds->fact;
	capture_host_facts(text, len, finds->fact, finds->second, sizeof(finds->fact));
	if (none && *finds->fact)
		finds->failure = true;
}

/* Sets failure. False: the text was cut. */
static bool fail_with(const struct capture_foreign_finds *finds, const char *second,
		      const char *name, struct failure *failure)
{
	const struct capture_foreign *f = finds->format;

	(void)failure_set(failure, CLI_NOT_A_CAPTURE,
			  "%s is %s: no packets that can be read%s%s%s%s. To get a capture: %s",
			  name, f->name, *finds->fact ? ". It says: " : "", finds->fact,
			  *second ? "; and " : "", second, capture_advice[f->system]);
	return strlen(failure->text) < sizeof(failure->text) - 1;
}

int capture_foreign_fail(const struct capture_foreign_finds *finds, const char *name,
			 struct failure *failure)
{
	const char *second = strcmp(finds->second, finds->fact) == 0 ? "" : finds->second;

	/* The advice is worth more than a second fact. */
	if (!fail_with(finds, second, name, failure))
		(void)fail_with(finds, "", name, failure);
	return -1;
}

/* ---- Other files ----------------------------------------------------------------------------- */

const char *capture_foreign_magic(const uint8_t *first, size_t len)
{
	static const struct {
		size_t at;
		const char *magic;
		size_t len;
		const char *is;
	} files[] = {
#define MAGIC(at, text, is) {at, text, sizeof(text) - 1, is}
#define PICTURE		    "a picture: save the text or the capture itself, not a screenshot"
		MAGIC(0, "\x89PNG\r\n", PICTURE),
		MAGIC(0, "\xff\xd8\xff", PICTURE),
		MAGIC(0, "GIF8", PICTURE),
		MAGIC(8, "WEBP", PICTURE),
		MAGIC(4, "ftyp", "a film or a picture: save the text or the capture itself"),
		MAGIC(0, "%PDF-", "a PDF document: save the text or the capture itself"),
		MAGIC(0, "ElfFile",
		      "an event log of Windows (.evtx), which has no packets: start `btvs.exe "
		      "-Mode Wireshark` of Microsoft's Bluetooth Test Platform, pair, and save the "
		      "packets in Wireshark as pcapng"),
		MAGIC(0, "SQLite format 3", "a database of SQLite, not a capture"),
#undef MAGIC
	};
	static const char etl[] = ".\0e\0t\0l", ellisys[] = "Ellisys";

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (len >= files[i].at + files[i].len &&
		    memcmp(first + files[i].at, files[i].magic, files[i].len) == 0)
			return files[i].is;
	if (len >= 8 && memchr(first, 0, 8) && memmem(first, len, ellisys, sizeof(ellisys) - 1))
		return "a trace of an Ellisys analyser: export it there as btsnoop or pcapng";
	/* A trace of Windows names its own file in its header. */
	if (len >= 8 && memchr(first, 0, 8) && memmem(first, len, etl, sizeof(etl)))
		return "a trace of Windows (.etl): convert it by `btetlparse -pcapng OUTPUT FILE` "
		       "of "
		       "Microsoft's Bluetooth Test Platform, and explain the output";
	return NULL;
}
