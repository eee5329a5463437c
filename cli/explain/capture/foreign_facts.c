/* SPDX-License-Identifier: MIT */
#include "capture/foreign_facts.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "capture/foreign_hosts.h"
#include "capture/foreign_numbers.h"
#include "capture/log_text.h"
#include "capture/source_code.h"

/* How far behind the first line the second one may stand. */
#define NEAR	1024
#define AT_ONCE 160 /* the next line */

#define WHICH_END "Pairing Failed, %s; which end sent it, it does not say"
#define REQUIRES  "this end refused: the pairing would not give the authentication that it requires"
#define CLASSIC	  "something of BR/EDR (classic Bluetooth); blepair explains LE only"
#define NO_ANSWER                                                                             \
	"the controller did not answer the host in time (BLE_HS_ETIMEOUT_HCI), and the host " \
	"starts again"
#define PAIRED "a pairing succeeded; it names no failure"
#define DIFFERENT_KEYS \
	"the link ended by MIC Failure (0x3D): the two ends encrypted with different keys"

/* More particular facts first. A fact with two lines needs both, in this order. */
static const struct fact {
	const char *line, *then;
	enum capture_meaning meaning;
	const char *says; /* with %s for what the number means */
} facts[] = {
	{"Unexpected SMP code 0x0", "in-progress pairing has been deleted", MEANING_NONE,
	 "this end dropped the pairing itself, because an SMP PDU came that it did not expect yet; "
	 "keys come too early when this end has not processed yet that the link is encrypted"},
	{"Unable to get keys for ", NULL, MEANING_NONE,
	 "\"Unable to get keys\": the end that logs this has no room for another bond; delete one "
	 "there, or raise CONFIG_BT_MAX_PAIRED"},
	{"Refusing new pairing. The old bond", NULL, MEANING_NONE,
	 "\"Refusing new pairing\": the end that logs this refused, to keep its old bond; delete "
	 "that bond there, and pair again"},
	{"JustWorks failed, authenticated keys present", NULL, MEANING_NONE,
	 "\"authenticated keys present\": the end that logs this refused, to keep its old bond; "
	 "delete that bond there, and pair again"},
	{"public key is not valid", NULL, MEANING_NONE,
	 "\"public key is not valid\": the Public Key of the peer is not valid"},
	{"smp_pairing_failed: reason 0x", NULL, MEANING_REASON, "the peer sent Pairing Failed, %s"},
	{"peer reason 0x", NULL, MEANING_REASON, "the peer sent Pairing Failed, %s"},
	/* The timer runs between any two PDUs, so the user of this end may be late as well. */
	{"SMP Timeout", NULL, MEANING_WHY,
	 "no SMP PDU came in time (SMP Timeout): the peer, or the user of the end that logs this, "
	 "did not answer"},
	{"bt_smp: reason 0x", NULL, MEANING_REASON, "the peer sent Pairing Failed, %s"},
	{"bt_smp: Unable to allocate ", NULL, MEANING_NONE,
	 "\"Unable to allocate\": the end that logs this had no buffer for its next SMP PDU"},
	/* Meshtastic src/platform/nrf52/NRF52Bluetooth.cpp. */
	{"BLE pair failed", NULL, MEANING_WHY,
	 "the pairing failed; for what reason, it does not say"},
	/* TrouBLE host/src/security_manager: what its own state machine answers. */
	{"Failed to handle command Pairing", "Security(UnspecifiedReason)", MEANING_AT_ONCE,
	 "the end that logs this failed the pairing, Unspecified Reason (0x08)"},
	/* ZMK app/src/ble.c, auth_pairing_accept(). */
	{"Rejecting pairing request to taken profile", NULL, MEANING_WHY,
	 "the keyboard refused the pairing: its active profile belongs to another host; select an "
	 "empty profile, or clear this one (BT_CLR)"},
	{"bt_smp: SMP does not allow a pairing failure", NULL, MEANING_WHY,
	 "the end that logs this rejected the pairing after its last key, and disconnected"},
	{"bt_smp_disconnected: ", "smp_pairing_complete: got status 0x8", MEANING_AT_ONCE,
	 "the link was lost before the end of the pairing"},
	/* The same without the names of functions. */
	{" cid 0x0006", "D: status 0x8", MEANING_AT_ONCE,
	 "the link was lost before the end of the pairing"},
	{"smp_pairing_complete: ", "status 0x", MEANING_SMP,
	 "the pairing ended with %s; which end failed it, it does not say"},
	{"Unable to find SMP channel", NULL, MEANING_NONE,
	 "\"Unable to find SMP channel\": the link was gone when this end wanted to secure it"},
	{"isconnected", "reason", MEANING_MIC, DIFFERENT_KEYS},
	{"Due to MIC Failure (0x3d)", NULL, MEANING_NONE, DIFFERENT_KEYS},
	{"Connection security failed", "error: ", MEANING_NRF5, "Connection security failed, %s"},
	{"PM_EVT_CONN_SEC_FAILED", "error=", MEANING_NRF5, "Connection security failed, %s"},
	{"Re-encryption failed, bonding information missing", NULL, MEANING_NONE,
	 "BTstack says that the peer has lost the bond"},
	{"authentication failure with reason = ", NULL, MEANING_REASON, "the pairing failed, %s"},
	{"Pairing failed, timeout", NULL, MEANING_WHY,
	 "the pairing failed, the next SMP PDU did not come in time"},
	{"Pairing failed, disconnected", NULL, MEANING_WHY,
	 "the pairing failed, the link was lost before the end"},
	{"bt_hci_core: Failed to set required security level", NULL, MEANING_WHY,
	 "this end disconnected: the pairing gave less security than it requires"},
	{" security failed: ", ", err ", MEANING_ZEPHYR, "Security failed, %s"},
	{"Security failed", "err", MEANING_ZEPHYR, "Security failed, %s"},
	/* Samples of Zephyr and of the nRF Connect SDK; its shell/bt.c. */
	{"Pairing failed conn: ", "reason", MEANING_ZEPHYR, "Pairing failed, %s"},
	{"Pairing failed for ", "reason", MEANING_ZEPHYR, "Pairing failed, %s"},
	{"Pairing failed with ", "reason", MEANING_ZEPHYR, "Pairing failed, %s"},
	/* Zephyr subsys/bluetooth/host/smp.c, bt_smp_encrypt_change(), in a debug build. */
	{"hci_encrypt_change: status 0x", NULL, MEANING_HCI,
	 "the controller reported for the encryption: %s"},
	{"encrypt 0x", "hci status 0x", MEANING_ENCRYPT,
	 "the controller reported for the encryption: %s"},
	/* Linux net/bluetooth/smp.c, smp_conn_security(). */
	{"security requested but not available", NULL, MEANING_NONE,
	 "\"security requested but not available\": the kernel was to secure the link, but has no "
	 "SMP on it, and sent nothing"},
	{"No agent available", NULL, MEANING_NONE,
	 "No agent available: no program was there to answer for the user, so this computer could "
	 "not accept; register an agent, for instance bluetoothctl with `agent on`"},
	{"Status: PIN or Key Missing (0x06)", NULL, MEANING_NONE,
	 "PIN or Key Missing (0x06): one end has lost the bond; delete it on both ends, and pair "
	 "again"},
	{"org.bluez.Reason.Authentication", NULL, MEANING_NONE,
	 "org.bluez.Reason.Authentication: the link ended because of an authentication failure"},
	/* BlueZ src/device.c, new_authentication_return(). */
	{"org.bluez.Error.AuthenticationCanceled", NULL, MEANING_NONE, CAPTURE_CANCELED},
	{"org.bluez.Error.AuthenticationTimeout", NULL, MEANING_NONE, CAPTURE_TIMEOUT},
	{"org.bluez.Error.AuthenticationRejected", NULL, MEANING_NONE, CAPTURE_REJECTED},
	{"org.bluez.Error.AuthenticationFailed", NULL, MEANING_NONE,
	 "AuthenticationFailed: the pairing failed; for what reason, it does not say"},
	{"org.bluez.Error.ConnectionAttemptFailed", NULL, MEANING_NONE,
	 "ConnectionAttemptFailed: no connection was established, so the pairing did not begin"},
	{"Connect Failed (0x04)", NULL, MEANING_NONE,
	 "Connect Failed: no connection was established, so the pairing did not begin"},
	{"Failed to pair: org.bluez.Error.AlreadyExists", NULL, MEANING_NONE,
	 "AlreadyExists: this computer already has a bond with the device; remove it there and "
	 "pair "
	 "again"},
	{"No agent is registered", NULL, MEANING_NONE,
	 "No agent is registered: no program was there to answer for the user"},
	{"Pairing with ", "failed. status 0x", MEANING_MANAGEMENT, "the pairing ended with %s"},
	{"pair_device_complete()", "(0x", MEANING_MANAGEMENT, "the pairing ended with %s"},
	{"smp_proc_pair_fail reason=0x", NULL, MEANING_SMP, "the peer sent Pairing Failed, %s"},
	{"smp_send_pair_fail status=", NULL, MEANING_SMP, "this end failed the pairing, %s"},
	{"pairing failed - check confirm value error", NULL, MEANING_WHY,
	 "this end failed the pairing, Confirm Value Failed (0x04)"},
	{"pairing failed - slave requires ", NULL, MEANING_WHY, REQUIRES},
	{"pairing failed - master requires ", NULL, MEANING_WHY, REQUIRES},
	{"smp_derive_link_key_from_long_term_key failed", NULL, MEANING_WHY,
	 "this end failed the pairing: it could not derive the key of BR/EDR from that of LE "
	 "(cross-transport key derivation)"},
	{"fail reason = 0x", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"fail reason: 0x", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"fail_reason: ", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"auth fail reason", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"onAuthenticationComplete -> fail ", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"Status: AUTH_ERROR_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"EVT_GAP_AUTH_FAILED, reason: ", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"EVT_GAP_AUTH_FAILED, reason: ", NULL, MEANING_CYPRESS, "the pairing failed, %s"},
	{"EVT_GAP_AUTH_FAILED: ", NULL, MEANING_CYPRESS, "the pairing failed, %s"},
	{"%ERR_SEC%", NULL, MEANING_NONE,
	 "%ERR_SEC%: the module could not secure the link; for what reason, it does not say"},
	{"Authentication failed, status: ", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"remove bond, rsn ", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"remove bond,rsn ", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"airing failed reason=", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"GAP AUTH ERROR: 0x", NULL, MEANING_ESP, "the pairing failed, %s"},
	{"ESP_AUTH_SMP_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"SMP_COMPLT_EVT reason=0x", NULL, MEANING_BLUEDROID, "the pairing failed, %s"},
	{"Event: [PAIRING_FAILED_EVT", NULL, MEANING_WHY,
	 "the peer sent Pairing Failed; its reason is not in the log"},
	{"btc_dm_auth_cmpl_evt() Authentication fail reason ", NULL, MEANING_BREDR,
	 "a pairing of BR/EDR failed, %s; blepair explains LE only"},
	{"Auth Status Event", "Status: 0x", MEANING_NRF5, "the pairing failed, %s"},
	{"BLE_GAP_EVT_AUTH_STATUS: status=0x", NULL, MEANING_NRF5, "the pairing failed, %s"},
	{"uthorization failed with code: ", NULL, MEANING_NRF5, "the pairing failed, %s"},
	{"PM_CONN_SEC_ERROR_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"auth_status: 0x", NULL, MEANING_NRF5, "the pairing failed, %s"},
	{"auth_status = 0x", NULL, MEANING_NRF5, "the pairing failed, %s"},
	{"auth_status=0x", NULL, MEANING_NRF5, "the pairing failed, %s"},
	{"auth_status 0x", NULL, MEANING_NRF5, "the pairing failed, %s"},
	{"with status BLE_GAP_SEC_STATUS_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"error BLE_GAP_SEC_STATUS_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"SEC_STATUS_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"Pairing failed: ", NULL, MEANING_NAME, WHICH_END},
	{"pairing failure (", NULL, MEANING_NAME, WHICH_END},
	{"Pairing KO", "Reason: 0x", MEANING_SMP, "the pairing failed, %s"},
	{"Pairing KO", "Status: 0x", MEANING_ST, "the pairing failed, %s"},
	{"GAPBOND_PAIRING_STATE_COMPLETE", "status", MEANING_TI, "the pairing failed, %s"},
	{"GAP_AuthenticationComplete", "Status ", MEANING_TI, "the pairing failed, %s"},
	{"Pairing fail: ", NULL, MEANING_TI, "the pairing failed, %s"},
	{"PAIRING_FAILED with reason ", NULL, MEANING_TI, "the pairing failed, %s"},
	{"SMP_PAIRING_FAILED_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"GAPC_PAIRING_FAILED", "reason", MEANING_CEVA, "%s"},
	{"onding failed", "0x", MEANING_SILABS, "the pairing failed, %s"},
	{"sm_bonding_failed", "0x", MEANING_SILABS, "the pairing failed, %s"},
	{"BONDING FAILED", "reason: 0x", MEANING_SILABS, "the pairing failed, %s"},
	{"SL_STATUS_BT_SMP_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"SL_STATUS_BT_CTRL_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"BLE_GAP_EVENT_PAIRING_COMP result : 0x", NULL, MEANING_RENESAS, "the pairing failed, %s"},
	{"BLE_ERR_SMP_LE_", NULL, MEANING_NAME, "the pairing failed, %s"},
	{"GAP_AUTHEN_STATE_COMPLETE pair failed", NULL, MEANING_WHY,
	 "the pairing failed; for what reason, it does not say"},
	{"DM_SEC_PAIR_FAIL_IND status=0x", NULL, MEANING_CORDIO, "the pairing failed, %s"},
	{"Could not pair with device: ", NULL, MEANING_WINDOWS, "Windows did not pair, %s"},
	{"encryption change event; status=", NULL, MEANING_NIMBLE_HOST, "%s"},
	{"enc_change status=", NULL, MEANING_NIMBLE_HOST, "%s"},
	{"ENC_CHANGE status=", NULL, MEANING_NIMBLE_HOST, "%s"},
	{"secureConnection: failed rc=", NULL, MEANING_NIMBLE_HOST, "%s"},
	{"status=", NULL, MEANING_NIMBLE, "%s"},
	{"reason=", NULL, MEANING_NIMBLE, "%s"},
	{"Bonding failed, reason: AUTH FAILED", NULL, MEANING_NONE,
	 "AUTH FAILED: the pairing failed; which end refused, it does not say"},
	{"GATT AUTH FAIL", NULL, MEANING_NONE,
	 "GATT AUTH FAIL: the pairing failed that an attribute demanded, or the bond is lost"},
	{"Peer removed pairing information", NULL, MEANING_NONE,
	 "Peer removed pairing information: the peer has lost the bond; forget the device in the "
	 "Bluetooth settings, and pair again"},
	{"Encryption is insufficient", NULL, MEANING_NONE,
	 "Encryption is insufficient: the peer requires an encrypted link for what was read or "
	 "written"},
	{"Authentication is insufficient", NULL, MEANING_NONE,
	 "Authentication is insufficient: the peer requires a pairing for what was read or "
	 "written"},
	{"SMP_PASSKEY_ENTRY_FAIL", NULL, MEANING_NONE,
	 "SMP_PASSKEY_ENTRY_FAIL: Passkey Entry Failed"},
	{"SMP_PAIR_AUTH_FAIL", NULL, MEANING_NONE,
	 "SMP_PAIR_AUTH_FAIL: Authentication Requirements"},
	{"SMP_CONFIRM_VALUE_ERR", NULL, MEANING_NONE,
	 "SMP_CONFIRM_VALUE_ERR: Confirm Value Failed"},
	{"SMP_PAIR_NOT_SUPPORT", NULL, MEANING_NONE, "SMP_PAIR_NOT_SUPPORT: Pairing Not Supported"},
	{"SMP_DHKEY_CHK_FAIL", NULL, MEANING_NONE, "SMP_DHKEY_CHK_FAIL: DHKey Check Failed"},
	{"SMP_NUMERIC_COMPAR_FAIL", NULL, MEANING_NONE,
	 "SMP_NUMERIC_COMPAR_FAIL: Numeric Comparison Failed"},
	{"SMP_REPEATED_ATTEMPTS", NULL, MEANING_NONE, "SMP_REPEATED_ATTEMPTS: Repeated Attempts"},
	{"SMP_RSP_TIMEOUT", NULL, MEANING_NONE,
	 "SMP_RSP_TIMEOUT: the next SMP PDU did not come in time"},
	{"HCI_ERR_KEY_MISSING", NULL, MEANING_NONE,
	 "HCI_ERR_KEY_MISSING: PIN or Key Missing, one end has lost the bond"},
	{"HCI_ERR_AUTH_FAILURE", NULL, MEANING_NONE,
	 "HCI_ERR_AUTH_FAILURE: Authentication Failure"},
	{"HCI_ERR_CONN_FAILED_ESTABLISHMENT", NULL, MEANING_NONE,
	 "HCI_ERR_CONN_FAILED_ESTABLISHMENT: no connection was established"},
	{"HCI_ERR_PEER_USER", NULL, MEANING_NONE, "HCI_ERR_PEER_USER: the peer disconnected"},
	{"Pairing Failed (0x05)", "(0x", MEANING_REASON, WHICH_END},
	/* What applications print of their stack's number. */
	{"airing failed", "reason", MEANING_ANY, "the pairing failed, %s"},
	{"airing FAILED", "reason", MEANING_ANY, "the pairing failed, %s"},
	{"onding failed", "reason", MEANING_ANY, "the pairing failed, %s"},
	{"onding failed", "code", MEANING_ANY, "the pairing failed, %s"},
	{"airing complete", "status=", MEANING_BTSTACK, "the pairing failed, %s"},
	{"Pairing FAILED (0x", NULL, MEANING_BTSTACK, "the pairing failed, %s"},
	{"SMP_PAIRING_FAILED\n", NULL, MEANING_WHY,
	 "the pairing failed; for what reason, it does not say"},
	/* Names of services and profiles that only BR/EDR has. */
	{"BTA_AV_", NULL, MEANING_DONE, CLASSIC},
	{" BT_AVCT:", NULL, MEANING_DONE, CLASSIC},
	{" BT_AVRC:", NULL, MEANING_DONE, CLASSIC},
	{" BT_RFCOMM:", NULL, MEANING_DONE, CLASSIC},
	{"ESP_SPP_", NULL, MEANING_DONE, CLASSIC},
	/* NimBLE host/ble_hs.h, BLE_HS_ETIMEOUT_HCI; the line of its samples. */
	{"BLE_HS_ETIMEOUT_HCI", NULL, MEANING_NONE, NO_ANSWER},
	{"Resetting state; reason=19", NULL, MEANING_NONE, NO_ANSWER},
	/* Why the link ended. */
	{"isconnected", "reason", MEANING_LINK, "%s"},
	{"ISCONNECT_EVT", "reason", MEANING_LINK, "%s"},
	{"disconnect; reason=", NULL, MEANING_LINK, "%s"},
	{"hcif disc complete: hdl 0x", "rsn 0x", MEANING_LINK, "%s"},
	{"status = success, ESP_GAP_BLE_AUTH_CMPL_EVT", NULL, MEANING_DONE, PAIRED},
	{"BLE GAP AUTH SUCCESS", NULL, MEANING_DONE, PAIRED},
	{"Pairing success", NULL, MEANING_DONE, PAIRED},
	{"Pair success", NULL, MEANING_DONE, PAIRED},
	{"pair status = success", NULL, MEANING_DONE, PAIRED},
	{"SMP_COMPLT_EVT reason=0x0 ", NULL, MEANING_DONE, PAIRED},
	{"Pairing completed: ", NULL, MEANING_DONE, PAIRED},
	{"Pairing complete, success", NULL, MEANING_DONE, PAIRED},
	{"Connection secured: role: ", "procedure: Bonding", MEANING_DONE, PAIRED},
	{"Pairing Success", NULL, MEANING_DONE, PAIRED},
	{"encryption change event; status=0 ", NULL, MEANING_DONE, "the link was encrypted"},
	{"encryption change event; status=0\n", NULL, MEANING_DONE, "the link was encrypted"},
	{"encryption change event; status=0\r", NULL, MEANING_DONE, "the link was encrypted"},
	{"isconnected", "reason", MEANING_LEFT, "%s"},
	{"ISCONNECT_EVT", "reason", MEANING_LEFT, "%s"},
	{"disconnect; reason=", NULL, MEANING_LEFT, "%s"},
	{"hcif disc complete: hdl 0x", "rsn 0x", MEANING_LEFT, "%s"},
};

/* Puts meaning where says has "%s", and more, unless it is NULL, behind it all. */
static void write_fact(const char *says, const char *meaning, const char *more, char *to,
		       size_t size)
{
	const char *at = strstr(says, "%s");
	int len = at ? snprintf(to, size, "%.*s%s%s", (int)(at - says), says, meaning, at + 2)
		     : snprintf(to, size, "%s", says);

	if (more && len > 0 && (size_t)len < size)
		(void)snprintf(to + len, size - (size_t)len, "; %s", more);
}

static bool is_of_one_line(enum capture_meaning meaning)
{
	return meaning == MEANING_MIC || meaning == MEANING_LINK || meaning == MEANING_LEFT ||
	       meaning == MEANING_ANY || meaning == MEANING_BTSTACK;
}

/* The second line of a fact, behind the first one: where it ends. NULL: it is not there. */
static const char *find_then(const struct fact *fact, const char *behind, const char *end)
{
	size_t left = (size_t)(end - behind),
	       near = fact->meaning == MEANING_AT_ONCE ? AT_ONCE : NEAR;

	if (left < near)
		near = left;
	if (is_of_one_line(fact->meaning)) {
		const char *line = memchr(behind, '\n', near);
		near = line ? (size_t)(line - behind) : near;
	}
	behind = capture_log_find(behind, near, fact->then);
	return behind ? behind + strlen(fact->then) : NULL;
}

static bool has_one(const char *text, const char *end, const char *const *marks)
{
	for (; *marks; marks++)
		if (capture_log_find(text, (size_t)(end - text), *marks))
			return true;
	return false;
}

/* Whose number an application printed: of two stacks, small numbers mean different things. */
static enum capture_meaning resolve(enum capture_meaning meaning, unsigned n, const char *text,
				    const char *end)
{
	enum { SMALL = 0x10 };
	static const char *const zephyr[] = {"Zephyr", "bt_smp", "bt_hci_core", "<inf>",
					     "<err>",  "<wrn>",	 "<dbg>",	NULL},
				 *const btstack[] = {"btstack",	  "BTstack", "BTSTACK",
						     "SM_EVENT_", "[sm]",    NULL};

	if (meaning != MEANING_ANY || n == 0 || n > SMALL)
		return meaning;
	if (has_one(text, end, zephyr))
		return MEANING_ANY_ZEPHYR;
	return has_one(text, end, btstack) ? MEANING_ANY_SMP : MEANING_ANY;
}

/* Whether the fact stands at p, a line of it; then it is written. */
static bool stands_at(const struct fact *fact, const char *text, const char *p, const char *end,
		      bool with_more, char *to, size_t size)
{
	const char *behind = p + strlen(fact->line);
	const char *more = NULL;
	char meaning[150] = "";
	unsigned n;

	if (fact->then && !(behind = find_then(fact, behind, end)))
		return false;
	if (fact->meaning == MEANING_NAME &&
	    (capture_is_statement(behind, end) ||
	     !capture_name_text(behind, end, meaning, sizeof(meaning), &more)))
		return false;
	if (fact->meaning > MEANING_NAME) {
		const char *word = fact->then ? fact->then : fact->line;
		bool hex = word[strlen(word) - 1] == 'x';
		if (!capture_log_number(behind, end, hex, &n))
			return false;
		enum capture_meaning whose = resolve(fact->meaning, n, text, end);
		if (!capture_number_text(whose, n, meaning, sizeof(meaning)))
			return false;
		more = capture_number_usually(whose, n);
	}
	write_fact(fact->says, meaning, with_more ? more : NULL, to, size);
	return true;
}

/* Where in the text the fact stands; then it is written. NULL: nowhere. */
static const char *stands(const struct fact *f, const char *text, const char *end, bool with_more,
			  char *fact, size_t size)
{
	for (const char *p = text; (p = capture_log_find(p, (size_t)(end - p), f->line)); p++)
		if (!capture_is_source(text, p) &&
		    stands_at(f, text, p, end, with_more, fact, size))
			return p;
	return NULL;
}

/* Why the pairing failed: the next layers of a stack say the same once more, with less. */
static bool says_why(const struct fact *fact)
{
	return fact->meaning != MEANING_NONE && fact->meaning != MEANING_KERNEL &&
	       fact->meaning != MEANING_HCI && fact->meaning != MEANING_ENCRYPT &&
	       fact->meaning != MEANING_MIC && fact->meaning != MEANING_LINK &&
	       fact->meaning != MEANING_LEFT;
}

/* Where f may stand: who ended the link counts only near the failure of the pairing on it. */
static void bound(const struct fact *f, const char *first, const char **from, const char **to)
{
	if (!first || (f->meaning != MEANING_LINK && f->meaning != MEANING_LEFT))
		return;
	*from = first;
	if (*to - *from > NEAR)
		*to = *from + NEAR;
}

bool capture_foreign_fact(const char *text, size_t len, char *fact, char *second, size_t size)
{
	const struct fact *first = NULL;
	const char *at = NULL;

	*fact = *second = '\0';
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const struct fact *f = &facts[i];
		const char *from = text, *to = text + len;
		if (first && (f->meaning == MEANING_DONE || (says_why(first) && says_why(f))))
			continue;
		bound(f, at, &from, &to);
		const char *found = stands(f, from, to, !first, first ? second : fact, size);
		if (found && first)
			break;
		if (found) {
			first = f;
			at = found;
		}
	}
	return first && first->meaning != MEANING_DONE;
}
