/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/foreign_facts.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "smp/reason.h"

/* How far behind the first line the second one may stand. */
#define NEAR 1024

/* What the number behind a line means. */
enum meaning {
	NO_NUMBER,
	REASON,	     /* of Pairing Failed: Core Vol 3 Part H Table 3.7 */
	ZEPHYR,	     /* bt_security_err */
	ESP,	     /* esp_ble_auth_fail_rsn_t: 78 is the first reason of Pairing Failed */
	NRF5,	     /* 0x80: reason of Pairing Failed, 0x1000: error of HCI */
	NIMBLE,	     /* 0x400: own reason, 0x500: reason of the peer, 0x200: error of HCI */
	NIMBLE_HCI,  /* the same, for the errors of HCI */
	NIMBLE_HOST, /* the same, for the host's own errors; only of Encryption Change */
	KERNEL,	     /* a code of SMP */
	MANAGEMENT,  /* a status of Linux' management interface */
	WINDOWS,     /* DevicePairingResultStatus */
};

/* More particular facts first. A fact with two lines needs both, in this order. */
static const struct fact {
	const char *line, *then;
	enum meaning meaning;
	const char *says; /* with %s for what the number means */
} facts[] = {
	{"Unexpected SMP code 0x0", "in-progress pairing has been deleted", NO_NUMBER,
	 "this end dropped the pairing itself, because an SMP PDU came that it did not expect yet; "
	 "keys come too early when this end has not processed yet that the link is encrypted"},
	{"peer reason 0x", NULL, REASON, "the peer sent Pairing Failed, %s"},
	{"SMP Timeout", NULL, NO_NUMBER,
	 "the peer did not send its next SMP PDU in time (SMP Timeout)"},
	{"bt_smp: reason 0x", NULL, REASON, "the peer sent Pairing Failed, %s"},
	{"Disconnected", "reason 0x3d", NO_NUMBER,
	 "the link ended by MIC Failure (0x3D): the two ends encrypted with different keys"},
	{"Connection security failed", "error: ", NRF5, "Connection security failed, %s"},
	{"Security failed", "err", ZEPHYR, "Security failed, %s"},
	{"Pairing failed", "reason", ZEPHYR, "Pairing failed, %s"},
	{"No agent available for request", NULL, NO_NUMBER,
	 "No agent available: no program was there to answer for the user, so this computer could "
	 "not accept; register an agent, for instance bluetoothctl with `agent on`"},
	{"org.bluez.Error.AuthenticationCanceled", NULL, NO_NUMBER,
	 "AuthenticationCanceled: the pairing was cancelled before it ended"},
	{"org.bluez.Error.AuthenticationTimeout", NULL, NO_NUMBER,
	 "AuthenticationTimeout: the pairing did not end in time"},
	{"org.bluez.Error.AuthenticationRejected", NULL, NO_NUMBER,
	 "AuthenticationRejected: the pairing was rejected; by which end, it does not say"},
	{"org.bluez.Error.AuthenticationFailed", NULL, NO_NUMBER,
	 "AuthenticationFailed: the pairing failed; for what reason, it does not say"},
	{"org.bluez.Error.ConnectionAttemptFailed", NULL, NO_NUMBER,
	 "ConnectionAttemptFailed: no connection was established, so the pairing did not begin"},
	{"Connect Failed (0x04)", NULL, NO_NUMBER,
	 "Connect Failed: no connection was established, so the pairing did not begin"},
	{"Failed to pair: org.bluez.Error.AlreadyExists", NULL, NO_NUMBER,
	 "AlreadyExists: this computer already has a bond with the device; remove it there and "
	 "pair "
	 "again"},
	{"No agent is registered", NULL, NO_NUMBER,
	 "No agent is registered: no program was there to answer for the user"},
	{"bonding_attempt_complete()", "status 0x", MANAGEMENT, "the pairing ended with %s"},
	{"device_bonding_complete()", "status 0x", MANAGEMENT, "the pairing ended with %s"},
	{"Pairing with ", "failed. status 0x", MANAGEMENT, "the pairing ended with %s"},
	{"pair_device_complete()", "(0x", MANAGEMENT, "the pairing ended with %s"},
	{"unexpected SMP command 0x", NULL, KERNEL,
	 "the kernel dropped an SMP PDU that it did not expect (code %s)"},
	{"fail reason = 0x", NULL, ESP, "the pairing failed, %s"},
	{"fail reason: 0x", NULL, ESP, "the pairing failed, %s"},
	{"fail_reason: ", NULL, ESP, "the pairing failed, %s"},
	{"Could not pair with device: ", NULL, WINDOWS, "Windows did not pair, %s"},
	{"encryption change event; status=", NULL, NIMBLE_HOST, "%s"},
	{"enc_change status=", NULL, NIMBLE_HOST, "%s"},
	{"status=", NULL, NIMBLE, "%s"},
	{"status=", NULL, NIMBLE_HCI, "%s"},
	{"reason=", NULL, NIMBLE_HCI, "%s"},
	{"Bonding failed, reason: AUTH FAILED", NULL, NO_NUMBER,
	 "AUTH FAILED: the pairing failed; which end refused, it does not say"},
	{"GATT AUTH FAIL", NULL, NO_NUMBER,
	 "GATT AUTH FAIL: the pairing failed that an attribute demanded, or the bond is lost"},
	{"Peer removed pairing information", NULL, NO_NUMBER,
	 "Peer removed pairing information: the peer has lost the bond; forget the device in the "
	 "Bluetooth settings, and pair again"},
	{"Encryption is insufficient", NULL, NO_NUMBER,
	 "Encryption is insufficient: the peer requires an encrypted link for what was read or "
	 "written"},
	{"Authentication is insufficient", NULL, NO_NUMBER,
	 "Authentication is insufficient: the peer requires a pairing for what was read or "
	 "written"},
	{"SMP_PASSKEY_ENTRY_FAIL", NULL, NO_NUMBER, "SMP_PASSKEY_ENTRY_FAIL: Passkey Entry Failed"},
	{"SMP_PAIR_AUTH_FAIL", NULL, NO_NUMBER, "SMP_PAIR_AUTH_FAIL: Authentication Requirements"},
	{"SMP_CONFIRM_VALUE_ERR", NULL, NO_NUMBER, "SMP_CONFIRM_VALUE_ERR: Confirm Value Failed"},
	{"SMP_PAIR_NOT_SUPPORT", NULL, NO_NUMBER, "SMP_PAIR_NOT_SUPPORT: Pairing Not Supported"},
	{"SMP_DHKEY_CHK_FAIL", NULL, NO_NUMBER, "SMP_DHKEY_CHK_FAIL: DHKey Check Failed"},
	{"SMP_NUMERIC_COMPAR_FAIL", NULL, NO_NUMBER,
	 "SMP_NUMERIC_COMPAR_FAIL: Numeric Comparison Failed"},
	{"SMP_REPEATED_ATTEMPTS", NULL, NO_NUMBER, "SMP_REPEATED_ATTEMPTS: Repeated Attempts"},
	{"SMP_RSP_TIMEOUT", NULL, NO_NUMBER,
	 "SMP_RSP_TIMEOUT: the next SMP PDU did not come in time"},
	{"HCI_ERR_KEY_MISSING", NULL, NO_NUMBER,
	 "HCI_ERR_KEY_MISSING: PIN or Key Missing, one end has lost the bond"},
	{"HCI_ERR_AUTH_FAILURE", NULL, NO_NUMBER, "HCI_ERR_AUTH_FAILURE: Authentication Failure"},
	{"HCI_ERR_CONN_FAILED_ESTABLISHMENT", NULL, NO_NUMBER,
	 "HCI_ERR_CONN_FAILED_ESTABLISHMENT: no connection was established"},
	{"HCI_ERR_PEER_USER", NULL, NO_NUMBER, "HCI_ERR_PEER_USER: the peer disconnected"},
	{"Pairing Failed (0x05)", "(0x", REASON,
	 "Pairing Failed, %s; which end sent it, it does not say"},
};

static const char *find(const char *text, size_t len, const char *what)
{
	return what ? memmem(text, len, what, strlen(what)) : NULL;
}

/* The number at p, decimal or hexadecimal behind "0x", perhaps in parentheses. */
static bool number(const char *p, const char *end, bool hex, unsigned *value)
{
	bool any = false;

	while (p < end && (*p == ' ' || *p == '(' || *p == ':' || *p == '='))
		p++;
	if (end - p > 2 && p[0] == '0' && p[1] == 'x') {
		hex = true;
		p += 2;
	}
	for (*value = 0; p < end && *value < 0x10000; p++, any = true) {
		int digit = hex_digit(*p);
		if (digit < 0 || (!hex && digit > 9))
			break;
		*value = *value * (hex ? 16 : 10) + (unsigned)digit;
	}
	return any;
}

static bool reason_text(unsigned reason, const char *before, char *text, size_t size)
{
	if (reason < SMP_PASSKEY_ENTRY_FAILED || reason > SMP_BUSY)
		return false;
	(void)snprintf(text, size, "%s%s (0x%02x)", before, smp_reason_name((uint8_t)reason),
		       reason);
	return true;
}

static const struct number {
	enum meaning meaning;
	unsigned n;
	const char *is;
} numbers[] = {
	{ZEPHYR, 1, "authentication failure"},
	{ZEPHYR, 2, "PIN or key missing"},
	{ZEPHYR, 3, "no OOB data"},
	{ZEPHYR, 4, "authentication requirements"},
	{ZEPHYR, 5, "pairing not supported"},
	{ZEPHYR, 6, "pairing not allowed"},
	{ZEPHYR, 7, "invalid parameters"},
	{ZEPHYR, 8, "key rejected; in older versions: unspecified error"},
	{ZEPHYR, 9, "unspecified error"},
	{ESP, 97, "encryption failed"},
	{ESP, 99, "the next SMP PDU did not come in time"},
	{ESP, 102, "the connection was lost"},
	{NRF5, 0x0001, "the next SMP PDU did not come in time"},
	{NRF5, 0x1006, "PIN or Key Missing (0x06): one end has lost the bond"},
	{NRF5, 0x103d, "Connection Terminated due to MIC Failure (0x3D)"},
	{NIMBLE_HCI, 0x205, "Authentication Failure (0x05)"},
	{NIMBLE_HCI, 0x206, "PIN or Key Missing (0x06): one end has lost the bond"},
	{NIMBLE_HCI, 0x23d, "Connection Terminated due to MIC Failure (0x3D)"},
	{NIMBLE_HCI, 0x23e, "Connection Failed to be Established (0x3E)"},
	{NIMBLE_HOST, 7, "the link was lost during the pairing (BLE_HS_ENOTCONN)"},
	{NIMBLE_HOST, 13, "the pairing did not end in time (BLE_HS_ETIMEOUT)"},
	{MANAGEMENT, 0x03, "Failed"},
	{MANAGEMENT, 0x04, "Connect Failed"},
	{MANAGEMENT, 0x05, "Authentication Failed"},
	{MANAGEMENT, 0x06, "Not Paired"},
	{MANAGEMENT, 0x07, "No Resources"},
	{MANAGEMENT, 0x08, "Timeout"},
	{MANAGEMENT, 0x0a, "Busy"},
	{MANAGEMENT, 0x0b, "Rejected"},
	{MANAGEMENT, 0x0c, "Not Supported"},
	{MANAGEMENT, 0x0d, "Invalid Parameters"},
	{MANAGEMENT, 0x0e, "Disconnected"},
	{MANAGEMENT, 0x0f, "Not Powered"},
	{MANAGEMENT, 0x10, "Cancelled"},
	{MANAGEMENT, 0x13, "Already Paired"},
	{WINDOWS, 1, "NotReadyToPair"},
	{WINDOWS, 2, "NotPaired"},
	{WINDOWS, 3, "AlreadyPaired"},
	{WINDOWS, 4, "ConnectionRejected"},
	{WINDOWS, 7, "AuthenticationTimeout"},
	{WINDOWS, 8, "AuthenticationNotAllowed"},
	{WINDOWS, 9, "AuthenticationFailure"},
	{WINDOWS, 11, "ProtectionLevelCouldNotBeMet: the device offers less than was asked for"},
	{WINDOWS, 12, "AccessDenied"},
	{WINDOWS, 14, "PairingCanceled"},
	{WINDOWS, 15, "OperationAlreadyInProgress"},
	{WINDOWS, 16, "RequiredHandlerNotRegistered: no program was there to answer for the user"},
	{WINDOWS, 17, "RejectedByHandler: the program that answers for the user said no"},
	{WINDOWS, 18, "RemoteDeviceHasAssociation: the device has a bond with this computer"},
	{WINDOWS, 19, "Failed, without a reason"},
};

static const struct number *find_number(enum meaning meaning, unsigned n)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].meaning == meaning && numbers[i].n == n)
			return &numbers[i];
	return NULL;
}

/* A number that has a reason of Pairing Failed in it. */
static bool explain_reason(enum meaning meaning, unsigned n, char *text, size_t size)
{
	enum { ESP_FIRST = 78, ESP_LAST = 91, NRF5_BASE = 0x80 };
	enum { NIMBLE_OWN = 0x400, NIMBLE_PEER = 0x500 };

	switch (meaning) {
	case REASON:
		return reason_text(n, "", text, size);
	case ESP:
		return n >= ESP_FIRST && n <= ESP_LAST &&
		       reason_text(n - ESP_FIRST + 1, "", text, size);
	case NRF5:
		return n > NRF5_BASE && reason_text(n - NRF5_BASE, "", text, size);
	case NIMBLE:
		if (n >= NIMBLE_PEER)
			return reason_text(n - NIMBLE_PEER, "the peer sent Pairing Failed, ", text,
					   size);
		return n >= NIMBLE_OWN &&
		       reason_text(n - NIMBLE_OWN, "this end failed the pairing, ", text, size);
	case NO_NUMBER:
	case ZEPHYR:
	case NIMBLE_HCI:
	case NIMBLE_HOST:
	case KERNEL:
	case MANAGEMENT:
	case WINDOWS:
		break;
	}
	return false;
}

/* Says what a number means. False: it has no such meaning. */
static bool explain(enum meaning meaning, unsigned n, char *text, size_t size)
{
	const struct number *number = find_number(meaning, n);

	if (meaning == KERNEL) {
		(void)snprintf(text, size, "0x%02x", n);
		return n > 0 && n < 0x100;
	}
	if (!number)
		return explain_reason(meaning, n, text, size);
	if (meaning == ZEPHYR || meaning == WINDOWS)
		(void)snprintf(text, size, "%s (%u)", number->is, n);
	else if (meaning == MANAGEMENT)
		(void)snprintf(text, size, "%s (0x%02x)", number->is, n);
	else
		(void)snprintf(text, size, "%s", number->is);
	return true;
}

/* Puts meaning where says has "%s". */
static void write_fact(const char *says, const char *meaning, char *to, size_t size)
{
	const char *at = strstr(says, "%s");

	if (at)
		(void)snprintf(to, size, "%.*s%s%s", (int)(at - says), says, meaning, at + 2);
	else
		(void)snprintf(to, size, "%s", says);
}

/* Whether the fact stands at p, a line of it; then it is written. */
static bool stands_at(const struct fact *fact, const char *p, const char *end, char *to,
		      size_t size)
{
	const char *behind = p + strlen(fact->line);
	char meaning[100] = "";
	unsigned n;

	if (fact->then) {
		size_t near = (size_t)(end - behind);
		behind = find(behind, near < NEAR ? near : NEAR, fact->then);
		if (!behind)
			return false;
		behind += strlen(fact->then);
	}
	if (fact->meaning != NO_NUMBER) {
		const char *word = fact->then ? fact->then : fact->line;
		bool hex = word[strlen(word) - 1] == 'x';
		if (!number(behind, end, hex, &n) ||
		    !explain(fact->meaning, n, meaning, sizeof(meaning)))
			return false;
	}
	write_fact(fact->says, meaning, to, size);
	return true;
}

static bool stands(const struct fact *f, const char *text, size_t len, char *fact, size_t size)
{
	const char *end = text + len;

	for (const char *p = text; (p = find(p, (size_t)(end - p), f->line)); p++)
		if (stands_at(f, p, end, fact, size))
			return true;
	return false;
}

void capture_foreign_fact(const char *text, size_t len, char *fact, char *second, size_t size)
{
	char *to = fact;

	*fact = *second = '\0';
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (!stands(&facts[i], text, len, to, size))
			continue;
		if (to == second)
			return;
		to = second;
	}
}
