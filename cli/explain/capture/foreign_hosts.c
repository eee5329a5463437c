/* SPDX-License-Identifier: MIT */
#include "capture/foreign_hosts.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "capture/foreign_numbers.h"
#include "capture/log_text.h"
#include "hci/error.h"
#include "smp/pdu.h"
#include "smp/reason.h"

/* What stands behind the words. */
enum kind {
	WORDS,	    /* nothing that counts */
	MANAGEMENT, /* a status of Linux' management interface */
	BONDING,    /* the same, of a pairing, or of a link that ended */
	SMP_CODE,   /* of a PDU that the kernel dropped */
	SMP_REASON, /* of Pairing Failed */
	HCI,	    /* an error */
	APPLE,	    /* an error of HCI, and 600 or 700 */
	DISCONNECT, /* the rest: see numbers[] */
	UNBOND,
	BOND_STATUS,
	LINK,
	CB_ERROR,
	ATT_ERROR,
};

#define OF_BREDR      "a connection in it is of BR/EDR; blepair explains LE only"
#define NO_REASON     "the phone gave up the pairing; for what reason, it does not say"
#define PHONE_REPORTS "the phone reports that the pairing failed, %s"
#define FORGET	      "forget the device in the Bluetooth settings, and pair again"
#define AUTH_FAIL     "GATT_AUTH_FAIL (137): the pairing failed, or one end has lost the bond; " FORGET
#define HUNG_UP                                                                              \
	"the phone ended the link (22): an application or the user, or Android because the " \
	"device "                                                                            \
	"did not encrypt; which, it does not say"
#define INSUFFICIENT_ENCRYPTION                                                                \
	"Insufficient Encryption: the device requires an encrypted link for what was read or " \
	"written"
#define WHICH_END "Pairing Failed, %s; which end sent it, it does not say"

/* More particular facts first. A fact with two parts needs both, in one line. */
static const struct fact {
	const char *words, *then;
	enum kind kind;
	const char *says; /* with %s for what the number means */
} facts[] = {
	/* ---- Linux ---- */
	{"auth failed with status 0x", NULL, MANAGEMENT, "the pairing ended with %s"},
	/* BlueZ src/adapter.c: so for each end of a link as well. */
	{"bonding_attempt_complete()", "status 0x", BONDING, "%s"},
	{"device_bonding_complete()", "status 0x", BONDING, "%s"},
	/* Linux net/bluetooth/smp.c: smp_sig_channel(), smp_random(), sc_check_confirm(). */
	{"unexpected SMP command 0x", NULL, SMP_CODE,
	 "the kernel dropped an SMP PDU that it did not expect, %s"},
	{"confirmation values mismatch", NULL, WORDS,
	 "this end failed the pairing, Confirm Value Failed (0x04)"},
	/* Linux net/bluetooth/hci_conn.c, hci_conn_check_link_mode(). */
	{"Invalid security: Missing AES-CCM usage", NULL, WORDS,
	 "\"Missing AES-CCM usage\": a program demands Secure Connections of a BR/EDR link, and "
	 "the link has less; remove the bond on both ends and pair again; blepair explains LE "
	 "only"},
	{"Invalid security: expect AES but E0 was used", NULL, WORDS,
	 "\"expect AES but E0 was used\": a program demands Secure Connections of a BR/EDR link, "
	 "and "
	 "the link has less; remove the bond on both ends and pair again; blepair explains LE "
	 "only"},
	/* BlueZ src/adapter.c, adapter_authorize(): not of a pairing. */
	{"Authentication attempt without agent", NULL, WORDS,
	 "\"Authentication attempt without agent\": a service of this computer was refused to the "
	 "device, as no program was there to allow it; `bluetoothctl trust ADDRESS` allows it"},
	{"org.freedesktop.DBus.Error.AccessDenied", NULL, WORDS,
	 "AccessDenied: this user may not use bluetoothd; run the program as root, or as a member "
	 "of the group that the policy of D-Bus names, often `bluetooth`"},
	/* BlueZ client/mgmt.c, disconnected(). */
	{" type LE ", " disconnected with reason ", DISCONNECT, "the link ended: %s"},
	{"Authentication Canceled", NULL, WORDS, CAPTURE_CANCELED},
	{"Authentication Timeout", NULL, WORDS, CAPTURE_TIMEOUT},
	{"Authentication Rejected", NULL, WORDS, CAPTURE_REJECTED},
	{"Error.NotPermitted", "Not paired", WORDS,
	 "NotPermitted: the device requires a pairing first: `bluetoothctl pair ADDRESS`"},
	{"Error.NotPermitted", "Notify acquired", WORDS,
	 "NotPermitted: another program on this computer receives these notifications already; end "
	 "it, for instance by `bluetoothctl disconnect ADDRESS`"},
	{"type BR/EDR ", NULL, WORDS, OF_BREDR},
	{" (BR/EDR) failed. status 0x", NULL, WORDS, OF_BREDR},
	{"bonding_attempt_complete()", " type 0 ", WORDS, OF_BREDR},
	{"br-connection-", NULL, WORDS,
	 "the connection that failed was of BR/EDR; blepair explains LE only; to a device of LE "
	 "alone, connect over LE (bluetoothctl: `scan le`, then `pair ADDRESS`)"},
	{"le-connection-abort-by-local", NULL, WORDS,
	 "le-connection-abort-by-local: no connection was made, or it ended at once; most likely "
	 "the device is too far away, or busy with another host"},
	{"input-hog profile accept failed", NULL, WORDS,
	 "bluetoothd could not use the keyboard or mouse service of the device (HID over GATT), "
	 "which is no fault of the pairing; often the kernel lacks a module: `sudo modprobe "
	 "uhid`"},
	/* Linux net/bluetooth/hci_core.c, hci_cmd_timeout(). */
	{"Bluetooth: hci", " tx timeout", WORDS,
	 "the Bluetooth adapter did not answer a command (tx timeout), which is no fault of the "
	 "pairing: unplug it, or restart the computer; update its firmware"},
	{"Failed to pair: org.bluez.Error.Failed", NULL, WORDS,
	 "Failed: the pairing did not begin or was broken off, and BlueZ gives no reason; bring "
	 "the "
	 "device near, into its pairing mode, and try again"},
	{". bluez.Error.AuthenticationRejected", NULL, WORDS, CAPTURE_REJECTED},
	{"DBusAuthenticationFailedError", NULL, WORDS,
	 "AuthenticationFailed: the pairing failed; for what reason, it does not say"},
	{"Bluetooth GATT Error address=", "error=", ATT_ERROR, "%s"},
	{"[agent] Enter PIN code: ", NULL, WORDS,
	 "bluetoothctl asked for a PIN, which only BR/EDR has; a wrong one makes the pairing fail; "
	 "blepair explains LE only"},
	{"[agent] Passkey: ", NULL, WORDS,
	 "bluetoothctl shows a passkey: type it on the other device, and press Enter there"},
	{"Pairing successful", NULL, WORDS, "a pairing in it succeeded"},
	/* What people write of a trace. */
	{"airing Failed", "eason 0x", SMP_REASON, WHICH_END},
	{"airing Failed", "eason: 0x", SMP_REASON, WHICH_END},
	{"PAIRING FAILED", "eason 0x", SMP_REASON, WHICH_END},
	{"Reason: Authentication Failure (0x05)", NULL, WORDS,
	 "the link ended: Authentication Failure (0x05): the pairing failed, or one end has lost "
	 "the bond; delete it on both ends, and pair again"},
	{"Reason: Connection Timeout (0x08)", NULL, WORDS,
	 "the link ended: Connection Timeout (0x08): the other end was out of range, switched off, "
	 "or has crashed, or was not answered in time"},
	/* ---- Android ---- */
	/* "UNBOND_REASON_AUTH_FAILED(1)"; without a number it may be of a program. */
	{"UNBOND_REASON_", "(", UNBOND, PHONE_REPORTS},
	{"BOND_NONE", "eason", UNBOND, PHONE_REPORTS},
	{"btif_dm_auth_cmpl_evt() Authentication fail reason ", NULL, HCI,
	 "a pairing failed, most likely of BR/EDR, by %s; blepair explains LE only"},
	{"(GATT_AUTH_FAIL)", NULL, WORDS, AUTH_FAIL},
	{"isconnected", "with status ", LINK, "%s"},
	{"onClientConnectionState() - status=", NULL, LINK, "%s"},
	{"onConnectionStateChange", "status: ", LINK, "%s"},
	{"onConnectionStateChange", "status=", LINK, "%s"},
	{"(GATT_INSUF_AUTHENTICATION)", NULL, WORDS,
	 "Insufficient Authentication: the device requires a pairing for what was read or written"},
	{"(GATT_INSUF_ENCRYPTION)", NULL, WORDS, INSUFFICIENT_ENCRYPTION},
	{"bondStateChangeCallback: Status: ", NULL, BOND_STATUS, PHONE_REPORTS},
	{"onClientConnectionState() - status=22 ", NULL, WORDS, HUNG_UP},
	{"onConnectionStateChange", "status=22 ", WORDS, HUNG_UP},
	{"onConnectionStateChange", "code=22 ", WORDS, HUNG_UP},
	{"BluetoothBondStateMachine: bondStateChangeCallback: Status: 0 ", "newState: 2", WORDS,
	 "the phone reports that a pairing succeeded"},
	{"bond state changed to: BOND_BONDED", NULL, WORDS,
	 "the phone reports that a pairing succeeded"},
	{"PlatformException(createBond, device is disconnected", NULL, WORDS,
	 "the application asked for a bond while the device was not connected: connect first"},
	{" bluetooth: assertion '", NULL, WORDS,
	 "Bluetooth on the phone crashed (an assertion failed), which is no fault of the pairing: "
	 "restart the phone, and update its system"},
	{"bond-none prev: bonding", NULL, WORDS, NO_REASON},
	{"BOND_BONDING => BOND_NONE", NULL, WORDS, NO_REASON},
	{"BOND_BONDING -> BOND_NONE", NULL, WORDS, NO_REASON},
	/* ---- Windows, browsers ---- */
	{"GATT operation not authorized", NULL, WORDS,
	 "\"GATT operation not authorized\": the device requires a pairing; remove it in the "
	 "Bluetooth settings of the system, pair it there, and try again"},
	{"Paired to device with protection level", NULL, WORDS, "Windows paired with the device"},
	{"Could not get GATT services: Unreachable", NULL, WORDS,
	 "Unreachable: Windows had no link to the device, or lost it; most often the device is "
	 "away, "
	 "or one end has lost the bond: remove it in the settings of Windows, and pair again"},
	/* HRESULT_FROM_WIN32(ERROR_CANCELLED). */
	{"WinError -2147023673]", NULL, WORDS,
	 "Windows cancelled (0x800704c7): its question whether to pair was declined, or came to "
	 "nothing; pair in the settings of Windows first, and then start the program"},
	/* Events 16, 22 and 3 of BTHUSB. */
	{"The mutual authentication between the local Bluetooth adapter", NULL, WORDS,
	 "Windows reports that the authentication failed (BTHUSB, event 16): the pairing failed, "
	 "or one end has lost the bond; remove the device on both ends, and pair again"},
	{"attempted to establish a debug connection", NULL, WORDS,
	 "the device used the debug keys of the specification, which Windows refuses (BTHUSB, "
	 "event 22): its firmware has to be corrected"},
	{"A command sent to the adapter has timed out", NULL, WORDS,
	 "the Bluetooth adapter did not answer a command of Windows (BTHUSB, event 3), which is no "
	 "fault of the pairing: restart the computer, and update the adapter's driver"},
	{"BleError: Device ", "was disconnected", WORDS,
	 "the link ended; for what reason, it does not say"},
	/* ---- iOS and macOS ---- */
	{"CBErrorDomain Code=", NULL, CB_ERROR, "%s"},
	{"CBATTErrorDomain Code=", NULL, ATT_ERROR, "%s"},
	/* As React Native writes them. */
	{"ECBERRORDOMAIN", NULL, CB_ERROR, "%s"},
	{"ECBATTERRORDOMAIN", NULL, ATT_ERROR, "%s"},
	{"[handleATTErrorResponse] - Insufficient Encryption", NULL, WORDS,
	 INSUFFICIENT_ENCRYPTION},
	{"Denying pairing request from device", NULL, WORDS,
	 "macOS denied a request to pair, as no program there answers for the user: a peripheral "
	 "that is an application of macOS does not pair"},
	{"Failed to encrypt connection", "STATUS ", APPLE,
	 "the link could not be encrypted, most likely by %s"},
	{"disconnection complete reason ", NULL, APPLE, "the link ended, most likely by %s"},
	{"LE Link disconnected", "with reason ", APPLE, "the link ended, most likely by %s"},
};

static const struct {
	enum kind kind;
	unsigned n;
	const char *is;
} numbers[] = {
	/* BlueZ lib/mgmt.h, MGMT_DEV_DISCONN_*. That a host ends a link is no failure. */
	{DISCONNECT, 1,
	 "connection timeout (1), the device is out of range, switched off, or has crashed"},
	{DISCONNECT, 3, "ended by the device (3)"},
	{DISCONNECT, 4, "authentication failure (4)"},
	/* Android BluetoothDevice.UNBOND_REASON_*. */
	{UNBOND, 1, "AUTH_FAILED (1)"},
	{UNBOND, 2, "AUTH_REJECTED (2): the device refused"},
	{UNBOND, 3, "AUTH_CANCELED (3): cancelled on the phone"},
	{UNBOND, 4, "REMOTE_DEVICE_DOWN (4): the device did not answer"},
	{UNBOND, 5, "DISCOVERY_IN_PROGRESS (5): end the scan first"},
	{UNBOND, 6, "AUTH_TIMEOUT (6): the device did not answer in time"},
	{UNBOND, 7, "REPEATED_ATTEMPTS (7)"},
	{UNBOND, 8, "REMOTE_AUTH_CANCELED (8): cancelled on the device"},
	{UNBOND, 9, "REMOVED (9): the bond was removed on the phone"},
	/* Android bt_status_t, of system/bt/include/hardware/bluetooth.h. */
	{BOND_STATUS, 9, "AUTH_FAILURE (9)"},
	{BOND_STATUS, 10, "RMT_DEV_DOWN (10): the device did not answer"},
	{BOND_STATUS, 11, "AUTH_REJECTED (11): the device refused"},
	/* Android gives an error of HCI, which has other names of GATT, or one of its own. */
	{LINK, 5, "the link ended: Authentication Failure (5); " FORGET},
	{LINK, 8,
	 "the link ended: connection timeout (8), which Android also prints as "
	 "GATT_INSUF_AUTHORIZATION: the "
	 "device is out of range, switched off, or has crashed"},
	{LINK, 19, "the device ended the link (19)"},
	{LINK, 34, "the link ended: the device did not answer in time (34)"},
	{LINK, 61,
	 "the link ended: MIC Failure (61), the two ends encrypted with different keys; " FORGET},
	{LINK, 62, "the link was never established (62): move closer, and try again"},
	{LINK, 133,
	 "no connection was made, GATT_ERROR (133), for what reason Android does not say: bring "
	 "the device "
	 "near, let it advertise, switch Bluetooth off and on, and try again"},
	{LINK, 137, AUTH_FAIL},
	/* Apple CBError.h. */
	{CB_ERROR, 6, "CBError 6: the connection timed out"},
	{CB_ERROR, 7, "CBError 7: the device disconnected"},
	{CB_ERROR, 10, "CBError 10: no connection was established"},
	{CB_ERROR, 14,
	 "Peer removed pairing information (CBError 14): the device has lost the bond; " FORGET},
	{CB_ERROR, 15,
	 "CBError 15: the link was not encrypted in time; the device did not answer, or has lost "
	 "the bond; " FORGET},
	{CB_ERROR, 16, "CBError 16: too many LE devices are paired; forget one"},
	/* Core Vol 3 Part F 3.4.1.1. */
	{ATT_ERROR, 5,
	 "Insufficient Authentication (5): the device requires a pairing for what was read or "
	 "written"},
	{ATT_ERROR, 8,
	 "Insufficient Authorization (8): the device does not allow what was read or written"},
	{ATT_ERROR, 12, "Encryption Key Size Too Short (12): the device requires a longer key"},
	{ATT_ERROR, 15,
	 "Insufficient Encryption (15): the device requires an encrypted link for what was read or "
	 "written"},
};

/* Behind "=AUTH_FAILED", as in "reason=AUTH_FAILED(1)". */
static const char *behind_name(const char *p, const char *end)
{
	while (p < end && strchr("= :", *p))
		p++;
	while (p < end && (*p == '_' || (*p >= 'A' && *p <= 'Z')))
		p++;
	return p;
}

/* Why the kernel did not expect the PDU. */
static const char *why_unexpected(uint8_t code)
{
	switch ((enum smp_code)code) {
	case SMP_PAIRING_RESPONSE:
	case SMP_PAIRING_CONFIRM:
	case SMP_PAIRING_RANDOM:
	case SMP_PAIRING_PUBLIC_KEY:
	case SMP_PAIRING_DHKEY_CHECK:
		return "most likely a program on this computer pairs by itself on the same link; "
		       "let only one of the two do so";
	case SMP_ENCRYPTION_INFORMATION:
	case SMP_CENTRAL_IDENTIFICATION:
	case SMP_IDENTITY_INFORMATION:
	case SMP_IDENTITY_ADDRESS_INFORMATION:
	case SMP_SIGNING_INFORMATION:
		return "a key that came before the kernel had taken note of the encryption, or "
		       "outside of a pairing: it has no bond then; try a newer kernel";
	case SMP_PAIRING_REQUEST:
	case SMP_PAIRING_FAILED:
	case SMP_SECURITY_REQUEST:
	case SMP_KEYPRESS_NOTIFICATION:
		break;
	}
	return "which alone makes no pairing fail";
}

/* Writes what a number means. False: nothing that the table knows. */
static bool mean(enum kind kind, unsigned n, char *text, size_t size)
{
	enum { LAST_PDU = SMP_KEYPRESS_NOTIFICATION, LAST_ERROR = 0x4f, DISCONNECTED = 0x0e };
	const unsigned error = n >= 700 ? n - 700 : n - 600;

	switch (kind) {
	case WORDS:
		*text = '\0';
		return true;
	case BONDING:
		if (n == DISCONNECTED) {
			(void)snprintf(text, size,
				       "the link ended (Disconnected, 0x0e), and with it the "
				       "pairing, if one was under way");
			return true;
		}
		(void)snprintf(text, size, "the pairing ended with ");
		return capture_number_text(MEANING_MANAGEMENT, n, text + strlen(text),
					   size - strlen(text));
	case MANAGEMENT:
		return capture_number_text(MEANING_MANAGEMENT, n, text, size);
	case SMP_CODE:
		(void)snprintf(text, size, "%s (0x%02x): %s", smp_pdu_name((uint8_t)n), n,
			       why_unexpected((uint8_t)n));
		return n > 0 && n <= LAST_PDU;
	case SMP_REASON:
		(void)snprintf(text, size, "%s (0x%02x)", smp_reason_name((uint8_t)n), n);
		return n > 0 && n <= SMP_BUSY;
	case HCI:
		return capture_number_text(MEANING_HCI, n, text, size);
	case APPLE:
		(void)snprintf(text, size, "%s (%u)", hci_error_name((uint8_t)error), n);
		return n > 600 && error > 0 && error <= LAST_ERROR &&
		       error != HCI_REMOTE_USER_TERMINATED && error != HCI_LOCAL_HOST_TERMINATED;
	case DISCONNECT:
	case UNBOND:
	case BOND_STATUS:
	case LINK:
	case CB_ERROR:
	case ATT_ERROR:
		break;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].kind == kind && numbers[i].n == n) {
			(void)snprintf(text, size, "%s", numbers[i].is);
			return true;
		}
	return false;
}

/* Whether the fact stands at p, in a line that ends before end; then it is written. */
static bool stands_at(const struct fact *f, const char *p, const char *end, char *to, size_t size)
{
	const char *words = f->then ? f->then : f->words, *at = strstr(f->says, "%s");
	char meaning[200] = "";
	unsigned n = 0;

	p += strlen(f->words);
	if (f->then) {
		p = capture_log_find(p, (size_t)(end - p), f->then);
		if (!p)
			return false;
		p += strlen(f->then);
	}
	if (f->kind == UNBOND)
		p = behind_name(p, end);
	if (f->kind != WORDS && !capture_log_number(p, end, words[strlen(words) - 1] == 'x', &n))
		return false;
	if (!mean(f->kind, n, meaning, sizeof(meaning)))
		return false;
	if (at)
		(void)snprintf(to, size, "%.*s%s%s", (int)(at - f->says), f->says, meaning, at + 2);
	else
		(void)snprintf(to, size, "%s", f->says);
	return true;
}

static bool stands(const struct fact *f, const char *text, const char *end, char *to, size_t size)
{
	for (const char *p = text; (p = capture_log_find(p, (size_t)(end - p), f->words)); p++) {
		const char *line = memchr(p, '\n', (size_t)(end - p));
		if (stands_at(f, p, line ? line : end, to, size))
			return true;
	}
	return false;
}

void capture_host_facts(const char *text, size_t len, char *fact, char *second, size_t size)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]) && !*second; i++) {
		char *to = *fact ? second : fact;
		if (*fact &&
		    (strcmp(facts[i].says, NO_REASON) == 0 || strcmp(facts[i].says, HUNG_UP) == 0))
			continue; /* the first fact is a reason */
		if (stands(&facts[i], text, text + len, to, size) && to == second &&
		    strcmp(fact, second) == 0)
			*second = '\0';
	}
}
