/* SPDX-License-Identifier: MIT */
#include "capture/foreign_numbers.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hci/error.h"
#include "smp/reason.h"

#define NOT_IN_TIME "the next SMP PDU did not come in time"
#define LINK_LOST   "the link was lost before the end"
#define ONE_LOST    "PIN or Key Missing (0x06): one end has lost the bond"
#define INTERNAL    "an internal error of this end's stack"

static const struct number {
	enum capture_meaning meaning;
	unsigned n;
	const char *is, *more; /* more: NULL, or what stands behind the number */
} numbers[] = {
	/* What it stands for: Zephyr subsys/bluetooth/host/smp.c security_err_get(). */
	{MEANING_ZEPHYR, 1, "authentication failure",
	 "a passkey or number was wrong or refused, or a check value did not match"},
	{MEANING_ZEPHYR, 2, "PIN or key missing",
	 "one end has lost the bond; delete it on both ends, and pair again"},
	{MEANING_ZEPHYR, 3, "no OOB data", NULL},
	{MEANING_ZEPHYR, 4, "authentication requirements",
	 "one end demands more security than the two can reach, or keeps a stronger bond"},
	{MEANING_ZEPHYR, 5, "pairing not supported", NULL},
	{MEANING_ZEPHYR, 6, "pairing not allowed", NULL},
	{MEANING_ZEPHYR, 7, "invalid parameters", NULL},
	{MEANING_ZEPHYR, 8, "key rejected; in older versions: unspecified error", NULL},
	{MEANING_ZEPHYR, 9, "unspecified error", NULL},
	/* ESP-IDF esp_gap_ble_api.h esp_ble_auth_fail_rsn_t. */
	{MEANING_ESP, 92, INTERNAL, NULL},
	{MEANING_ESP, 93, "this end's IO capability is not set", NULL},
	{MEANING_ESP, 94, "this end could not begin the pairing", NULL},
	{MEANING_ESP, 95, "the confirm value did not match", NULL},
	{MEANING_ESP, 96, "this end is busy with another pairing", NULL},
	{MEANING_ESP, 97, "encryption failed", NULL},
	{MEANING_ESP, 99, NOT_IN_TIME, NULL},
	{MEANING_ESP, 101, "unspecified error of this end", NULL},
	{MEANING_ESP, 102, "the connection was lost", NULL},
	/* Bluedroid stack/smp_api.h tSMP_STATUS. */
	{MEANING_BLUEDROID, 0x0f, INTERNAL, NULL},
	{MEANING_BLUEDROID, 0x12, "the confirm value did not match", NULL},
	{MEANING_BLUEDROID, 0x14, "encryption failed", NULL},
	{MEANING_BLUEDROID, 0x16, NOT_IN_TIME, NULL},
	{MEANING_BLUEDROID, 0x19, LINK_LOST, NULL},
	/* Of all stacks: Core Vol 1 Part F. */
	{MEANING_LINK, 0x05, "the link was ended by Authentication Failure (0x05)", NULL},
	{MEANING_LINK, 0x06, "the link was ended by " ONE_LOST, NULL},
	{MEANING_LINK, 0x08,
	 "the link was lost, no packet came any more (Connection Timeout, 0x08)", NULL},
	{MEANING_LEFT, 0x13, "the peer disconnected (0x13)", NULL},
	{MEANING_LEFT, 0x16, "the end that logs this disconnected (0x16)", NULL},
	{MEANING_LINK, 0x22, "the link was ended: the peer's controller did not answer (0x22)",
	 NULL},
	{MEANING_MIC, 0x3d, "Connection Terminated due to MIC Failure (0x3D)", NULL},
	{MEANING_LINK, 0x3e, "the connection was never established (0x3E)", NULL},
	/* nRF5 SDK ble_gap.h BLE_GAP_SEC_STATUS_*, peer_manager_types.h PM_CONN_SEC_ERROR_*. */
	{MEANING_NRF5, 0x0001, NOT_IN_TIME, NULL},
	{MEANING_NRF5, 0x0002, "an SMP PDU was not valid", NULL},
	{MEANING_NRF5, 0x1006, ONE_LOST, NULL},
	{MEANING_NRF5, 0x103d, "Connection Terminated due to MIC Failure (0x3D)", NULL},
	{MEANING_NRF5, 0x1100, LINK_LOST, NULL},
	{MEANING_NRF5, 0x1101, NOT_IN_TIME, NULL},
	{MEANING_NIMBLE, 0x205, "Authentication Failure (0x05)", NULL},
	{MEANING_NIMBLE, 0x206, ONE_LOST, NULL},
	{MEANING_NIMBLE, 0x23d, "Connection Terminated due to MIC Failure (0x3D)", NULL},
	{MEANING_NIMBLE, 0x23e, "Connection Failed to be Established (0x3E)", NULL},
	{MEANING_NIMBLE_HOST, 7, "the link was lost during the pairing (BLE_HS_ENOTCONN)", NULL},
	{MEANING_NIMBLE_HOST, 13, "the pairing did not end in time (BLE_HS_ETIMEOUT)", NULL},
	{MEANING_NIMBLE_HOST, 27,
	 "this end has no room for another bond (BLE_HS_ESTORE_CAP); delete one there", NULL},
	{MEANING_NIMBLE_HOST, 5, "this end has no key for the peer (BLE_HS_ENOENT)", NULL},
	/* BTstack sm.c sm_pairing_complete(). */
	{MEANING_BTSTACK, 0x05, "Authentication Failure (0x05)", NULL},
	{MEANING_BTSTACK, 0x08, NOT_IN_TIME, NULL},
	{MEANING_BTSTACK, 0x13, LINK_LOST, NULL},
	{MEANING_ST, 1, NOT_IN_TIME, NULL},
	/* STM32WB's ble_defs.h says no more of 3 than that encryption failed. */
	{MEANING_ST, 3,
	 "encryption failed: usually this end has lost the bond; delete it on both ends, pair "
	 "again",
	 NULL},
	{MEANING_ST, 4, "the peer has lost the bond; delete it on this end, and pair again", NULL},
	{MEANING_ST, 5, "the peer does not support encryption", NULL},
	{MEANING_TI, 0x17, NOT_IN_TIME, NULL},
	{MEANING_TI, 0x32, "the bond of one end is lost, or another one (bleGAPBondRejected)",
	 NULL},
	{MEANING_CEVA, 0x45, NOT_IN_TIME, NULL},
	{MEANING_CEVA, 0xd2, "one end has lost the bond", NULL},
	{MEANING_SILABS, 0x206, ONE_LOST, NULL},
	{MEANING_SILABS, 0x1006, ONE_LOST, NULL},
	{MEANING_CORDIO, 0xe1, NOT_IN_TIME, NULL},
	/* 0x15 and 0x18, and what they look like where the base is not printed, or is wrong. No
	 * reason has these numbers. */
	{MEANING_CYPRESS, 15, NOT_IN_TIME, NULL},
	{MEANING_CYPRESS, 0x15, NOT_IN_TIME, NULL},
	{MEANING_CYPRESS, 0x21, NOT_IN_TIME, NULL},
	{MEANING_CYPRESS, 18, LINK_LOST, NULL},
	{MEANING_CYPRESS, 0x18, LINK_LOST, NULL},
	{MEANING_CYPRESS, 0x24, LINK_LOST, NULL},
	{MEANING_MANAGEMENT, 0x03, "Failed", NULL},
	{MEANING_MANAGEMENT, 0x04, "Connect Failed", NULL},
	{MEANING_MANAGEMENT, 0x05, "Authentication Failed", NULL},
	{MEANING_MANAGEMENT, 0x06, "Not Paired", NULL},
	{MEANING_MANAGEMENT, 0x07, "No Resources", NULL},
	{MEANING_MANAGEMENT, 0x08, "Timeout", NULL},
	{MEANING_MANAGEMENT, 0x0a, "Busy", NULL},
	{MEANING_MANAGEMENT, 0x0b, "Rejected", NULL},
	{MEANING_MANAGEMENT, 0x0c, "Not Supported", NULL},
	{MEANING_MANAGEMENT, 0x0d, "Invalid Parameters", NULL},
	{MEANING_MANAGEMENT, 0x0e, "Disconnected", NULL},
	{MEANING_MANAGEMENT, 0x0f, "Not Powered", NULL},
	{MEANING_MANAGEMENT, 0x10, "Cancelled", NULL},
	{MEANING_MANAGEMENT, 0x13, "Already Paired", NULL},
	{MEANING_WINDOWS, 1, "NotReadyToPair", NULL},
	{MEANING_WINDOWS, 2, "NotPaired", NULL},
	{MEANING_WINDOWS, 3, "AlreadyPaired", NULL},
	{MEANING_WINDOWS, 4, "ConnectionRejected", NULL},
	{MEANING_WINDOWS, 7, "AuthenticationTimeout", NULL},
	{MEANING_WINDOWS, 8, "AuthenticationNotAllowed", NULL},
	{MEANING_WINDOWS, 9, "AuthenticationFailure", NULL},
	{MEANING_WINDOWS, 11,
	 "ProtectionLevelCouldNotBeMet: the device offers less than was asked for", NULL},
	{MEANING_WINDOWS, 12, "AccessDenied", NULL},
	{MEANING_WINDOWS, 14, "PairingCanceled", NULL},
	{MEANING_WINDOWS, 15, "OperationAlreadyInProgress", NULL},
	{MEANING_WINDOWS, 16,
	 "RequiredHandlerNotRegistered: no program was there to answer for the user", NULL},
	{MEANING_WINDOWS, 17, "RejectedByHandler: the program that answers for the user said no",
	 NULL},
	{MEANING_WINDOWS, 18,
	 "RemoteDeviceHasAssociation: the device has a bond with this computer", NULL},
	{MEANING_WINDOWS, 19, "Failed, without a reason", NULL},
};

static const struct number *find_number(enum capture_meaning meaning, unsigned n)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].meaning == meaning && numbers[i].n == n)
			return &numbers[i];
	return NULL;
}

/* ---- Reasons of Pairing Failed --------------------------------------------------------------- */

/* The reasons 1 to last are the numbers from base + 1 on. */
static const struct reasons {
	enum capture_meaning meaning;
	unsigned base, last;
	const char *who;
} reasons[] = {
#define THIS_END "this end failed the pairing, "
#define THE_PEER "the peer sent Pairing Failed, "
	{MEANING_REASON, 0, SMP_BUSY, ""},
	{MEANING_SMP, 0, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_BLUEDROID, 0, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_ESP, 77, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_NRF5, 0x80, SMP_BUSY, ""},
	{MEANING_NIMBLE, 0x400, SMP_BUSY, THIS_END},
	{MEANING_NIMBLE, 0x500, SMP_BUSY, THE_PEER},
	{MEANING_TI, 0, SMP_NUMERIC_COMPARISON_FAILED, ""},
	{MEANING_CEVA, 0x60, SMP_CTKD_NOT_ALLOWED, THIS_END},
	{MEANING_CEVA, 0x70, SMP_CTKD_NOT_ALLOWED, THE_PEER},
	{MEANING_SILABS, 0x300, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_SILABS, 0x1200, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_RENESAS, 0x2000, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_CORDIO, 0, SMP_CTKD_NOT_ALLOWED, ""},
	{MEANING_CYPRESS, 0, SMP_CTKD_NOT_ALLOWED, ""},
};

/* What a reason stands for most often, and what to do, for a reader who does not know its name. */
static const char *const usually[] = {
	[SMP_PASSKEY_ENTRY_FAILED] = "usually the passkey was not given, or the user cancelled",
	[SMP_OOB_NOT_AVAILABLE] = "the out-of-band data (NFC, a QR code) were not there",
	[SMP_AUTHENTICATION_REQUIREMENTS] =
		"usually one end requires a passkey or Secure Connections, which the other lacks",
	[SMP_CONFIRM_VALUE_FAILED] = "usually a wrong passkey",
	[SMP_PAIRING_NOT_SUPPORTED] =
		"usually one end keeps an old bond, or does not pair at present",
	[SMP_ENCRYPTION_KEY_SIZE] = "one end requires longer keys than the other has",
	[SMP_UNSPECIFIED_REASON] = "only the end that refused knows why, see its log",
	[SMP_REPEATED_ATTEMPTS] = "wait before the next attempt",
	[SMP_DHKEY_CHECK_FAILED] =
		"usually an old bond or a wrong passkey: delete the bond on both ends, pair again",
	[SMP_NUMERIC_COMPARISON_FAILED] = "usually the user did not confirm the number",
	[SMP_BUSY] = "try again later",
};

static void write_reason(const char *who, unsigned reason, char *text, size_t size)
{
	(void)snprintf(text, size, "%s%s (0x%02x)", who, smp_reason_name((uint8_t)reason), reason);
}

static const char *usual(unsigned reason)
{
	return reason < sizeof(usually) / sizeof(usually[0]) ? usually[reason] : NULL;
}

/* The reason that a number stands for, and who sent it. 0: none. */
static unsigned reason_of(enum capture_meaning meaning, unsigned n, const char **who)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		const struct reasons *r = &reasons[i];
		if (r->meaning != meaning || n <= r->base || n > r->base + r->last)
			continue;
		*who = r->who;
		return n - r->base;
	}
	return 0;
}

static bool reason_text(enum capture_meaning meaning, unsigned n, char *text, size_t size)
{
	const char *who;
	unsigned reason = reason_of(meaning, n, &who);

	if (reason)
		write_reason(who, reason, text, size);
	return reason != 0;
}

enum { LAST_ERROR = 0x4f }; /* of HCI */

/*
 * Whether a number has an error of HCI in its last octet: Silicon Labs sl_status.h
 * SL_STATUS_BT_CTRL_*, and bg_errorcodes.h of Bluetooth SDK 2; Renesas BLE_ERR_HC_*.
 */
static bool has_error(enum capture_meaning meaning, unsigned n)
{
	unsigned error = n & 0xff, base = n - error;

	if (error == 0 || error > LAST_ERROR)
		return false;
	return (base == 0x1000 && (meaning == MEANING_SILABS || meaning == MEANING_RENESAS)) ||
	       (base == 0x200 && meaning == MEANING_SILABS);
}

/*
 * Zephyr's smp.c logs an error of HCI that hci_err_get() makes of bt_security_err, and before 2.6 a
 * reason of SMP in its place.
 */
static bool made_by_zephyr(unsigned n)
{
	static const uint8_t made[] = {0x12, 0x18, 0x1f, 0x29};

	return n <= SMP_BUSY || memchr(made, (int)n, sizeof(made));
}

/* The stack whose numbers are in this range; no other one has them. */
static enum capture_meaning meaning_of_any(enum capture_meaning meaning, unsigned n)
{
	static const struct {
		unsigned first, last;
		enum capture_meaning meaning;
	} ranges[] = {
		{78, 102, MEANING_ESP},
		{0x81, 0x90, MEANING_NRF5},
		{0x401, 0x40f, MEANING_NIMBLE},
		{0x501, 0x50f, MEANING_NIMBLE},
		{0x1001, 0x104f, MEANING_SILABS},
		{0x1201, 0x120f, MEANING_SILABS},
		{0x2001, 0x200f, MEANING_RENESAS},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (n >= ranges[i].first && n <= ranges[i].last)
			return ranges[i].meaning;
	return meaning == MEANING_ANY_ZEPHYR ? MEANING_ZEPHYR
	       : meaning == MEANING_ANY_SMP  ? MEANING_REASON
					     : MEANING_ANY;
}

bool capture_number_text(enum capture_meaning meaning, unsigned n, char *text, size_t size)
{
	if (meaning == MEANING_ANY || meaning == MEANING_ANY_ZEPHYR || meaning == MEANING_ANY_SMP)
		meaning = meaning_of_any(meaning, n);
	if (meaning == MEANING_ANY) {
		(void)snprintf(text, size, "reason %u; which one that is depends on the stack", n);
		return n > 0 && n <= SMP_BUSY;
	}

	const struct number *number = find_number(meaning, n);

	if (!number && meaning == MEANING_NIMBLE_HOST)
		return capture_number_text(MEANING_NIMBLE, n, text, size);
	if (!number && n > 0x200 &&
	    (meaning == MEANING_MIC || meaning == MEANING_LINK || meaning == MEANING_LEFT))
		return capture_number_text(meaning, n - 0x200, text, size);
	if (meaning == MEANING_ENCRYPT)
		return !made_by_zephyr(n) && capture_number_text(MEANING_HCI, n, text, size);
	if (meaning == MEANING_KERNEL) {
		(void)snprintf(text, size, "0x%02x", n);
		return n > 0 && n < 0x100;
	}
	if (meaning == MEANING_BREDR || meaning == MEANING_HCI) {
		if (n == 0 || n > LAST_ERROR)
			return false;
		(void)snprintf(text, size, "%s (0x%02x)", hci_error_name((uint8_t)n), n);
		return true;
	}
	if (!number && has_error(meaning, n)) {
		(void)snprintf(text, size, "%s (0x%02x)", hci_error_name((uint8_t)n), n & 0xff);
		return true;
	}
	if (!number)
		return reason_text(meaning, n, text, size);
	if (meaning == MEANING_ZEPHYR || meaning == MEANING_WINDOWS)
		(void)snprintf(text, size, "%s (%u)%s%s", number->is, n, number->more ? ": " : "",
			       number->more ? number->more : "");
	else if (meaning == MEANING_MANAGEMENT)
		(void)snprintf(text, size, "%s (0x%02x)", number->is, n);
	else
		(void)snprintf(text, size, "%s", number->is);
	return true;
}

const char *capture_number_usually(enum capture_meaning meaning, unsigned n)
{
	const char *who;

	if (meaning == MEANING_ANY || meaning == MEANING_ANY_ZEPHYR || meaning == MEANING_ANY_SMP)
		meaning = meaning_of_any(meaning, n);
	if (find_number(meaning, n))
		return NULL;
	return usual(reason_of(meaning == MEANING_NIMBLE_HOST ? MEANING_NIMBLE : meaning, n, &who));
}

/* ---- Names ----------------------------------------------------------------------------------- */

static const struct {
	unsigned reason; /* 0: none; then .is says what it is */
	const char *name, *is;
} names[] = {
	{SMP_PASSKEY_ENTRY_FAILED, "PASSKEY_ENTRY_FAILED", NULL},
	{SMP_OOB_NOT_AVAILABLE, "OOB_NOT_AVAILABLE", NULL},
	{SMP_AUTHENTICATION_REQUIREMENTS, "AUTH_REQ", NULL},
	{SMP_AUTHENTICATION_REQUIREMENTS, "AUTHENTICATION_REQUIREMENTS", NULL},
	{SMP_CONFIRM_VALUE_FAILED, "CONFIRM_VALUE", NULL},
	{SMP_CONFIRM_VALUE_FAILED, "CONFIRM_VALUE_FAILED", NULL},
	{SMP_PAIRING_NOT_SUPPORTED, "PAIRING_NOT_SUPP", NULL},
	{SMP_PAIRING_NOT_SUPPORTED, "PAIRING_NOT_SUPPORTED", NULL},
	{SMP_ENCRYPTION_KEY_SIZE, "ENC_KEY_SIZE", NULL},
	{SMP_ENCRYPTION_KEY_SIZE, "ENCRYPTION_KEY_SIZE", NULL},
	{SMP_COMMAND_NOT_SUPPORTED, "SMP_CMD_UNSUPPORTED", NULL},
	{SMP_COMMAND_NOT_SUPPORTED, "COMMAND_NOT_SUPPORTED", NULL},
	{SMP_UNSPECIFIED_REASON, "UNSPECIFIED", NULL},
	{SMP_UNSPECIFIED_REASON, "UNSPECIFIED_REASON", NULL},
	{SMP_REPEATED_ATTEMPTS, "REPEATED_ATTEMPTS", NULL},
	{SMP_INVALID_PARAMETERS, "INVALID_PARAMS", NULL},
	{SMP_INVALID_PARAMETERS, "INVALID_PARAMETERS", NULL},
	{SMP_DHKEY_CHECK_FAILED, "DHKEY_FAILURE", NULL},
	{SMP_DHKEY_CHECK_FAILED, "DHKEY_CHECK_FAILED", NULL},
	{SMP_NUMERIC_COMPARISON_FAILED, "NUM_COMP_FAILURE", NULL},
	{SMP_NUMERIC_COMPARISON_FAILED, "NUMERIC_COMPARISON_FAILED", NULL},
	{SMP_OOB_NOT_AVAILABLE, "OOB_DATA_NOT_AVAILABLE", NULL},
	{SMP_AUTHENTICATION_REQUIREMENTS, "AUTHENTICATION_REQ_NOT_MET", NULL},
	{SMP_CONFIRM_VALUE_FAILED, "CONFIRM_VALUE_NOT_MATCH", NULL},
	{SMP_ENCRYPTION_KEY_SIZE, "INSUFFICIENT_ENCRYPTION_KEY_SIZE", NULL},
	/* nRF5 SDK ble_gap.h. */
	{SMP_BREDR_PAIRING_IN_PROGRESS, "BR_EDR_IN_PROG", NULL},
	{SMP_CTKD_NOT_ALLOWED, "X_TRANS_KEY_DISALLOWED", NULL},
	{0, "PDU_INVALID", "an SMP PDU was not valid"},
	{0, "TIMEOUT", NOT_IN_TIME},
	/* TI sm.h. */
	{SMP_OOB_NOT_AVAILABLE, "OOB_NOT_AVAIL", NULL},
	{SMP_PAIRING_NOT_SUPPORTED, "NOT_SUPPORTED", NULL},
	{SMP_COMMAND_NOT_SUPPORTED, "CMD_NOT_SUPPORTED", NULL},
	{SMP_NUMERIC_COMPARISON_FAILED, "NUM_COMPARISON_FAILED", NULL},
	/* ESP-IDF esp_gap_ble_api.h. */
	{SMP_PASSKEY_ENTRY_FAILED, "PASSKEY_FAIL", NULL},
	{SMP_OOB_NOT_AVAILABLE, "OOB_FAIL", NULL},
	{SMP_AUTHENTICATION_REQUIREMENTS, "PAIR_AUTH_FAIL", NULL},
	{SMP_CONFIRM_VALUE_FAILED, "CONFIRM_VALUE_FAIL", NULL},
	{SMP_PAIRING_NOT_SUPPORTED, "PAIR_NOT_SUPPORT", NULL},
	{SMP_COMMAND_NOT_SUPPORTED, "INVALID_CMD", NULL},
	{SMP_UNSPECIFIED_REASON, "UNKNOWN_ERR", NULL},
	{SMP_REPEATED_ATTEMPTS, "REPEATED_ATTEMPT", NULL},
	{SMP_DHKEY_CHECK_FAILED, "DHKEY_CHK_FAIL", NULL},
	{SMP_NUMERIC_COMPARISON_FAILED, "NUM_COMP_FAIL", NULL},
	{SMP_BREDR_PAIRING_IN_PROGRESS, "BR_PARING_IN_PROGR", NULL},
	{SMP_CTKD_NOT_ALLOWED, "XTRANS_DERIVE_NOT_ALLOW", NULL},
	{0, "INTERNAL_ERR", INTERNAL},
	{0, "CONFIRM_FAIL", "the confirm value did not match"},
	{0, "ENC_FAIL", "encryption failed"},
	{0, "RSP_TIMEOUT", NOT_IN_TIME},
	{0, "CONN_TOUT", "the connection was lost"},
	/* Renesas r_ble_api.h. */
	{SMP_PASSKEY_ENTRY_FAILED, "PASSKEY_ENTRY_FAIL", NULL},
	{SMP_AUTHENTICATION_REQUIREMENTS, "AUTH_REQ_NOT_MET", NULL},
	{SMP_CONFIRM_VALUE_FAILED, "CONFIRM_VAL_NOT_MATCH", NULL},
	{SMP_PAIRING_NOT_SUPPORTED, "PAIRING_NOT_SPRT", NULL},
	{SMP_COMMAND_NOT_SUPPORTED, "CMD_NOT_SPRT", NULL},
	{SMP_INVALID_PARAMETERS, "INVALID_PARAM", NULL},
	{SMP_DHKEY_CHECK_FAILED, "DHKEY_CHECK_FAIL", NULL},
	/* nRF5 SDK peer_manager_types.h. */
	{0, "PIN_OR_KEY_MISSING", ONE_LOST},
	{0, "MIC_FAILURE", "Connection Terminated due to MIC Failure (0x3D)"},
	{0, "DISCONNECT", LINK_LOST},
	{0, "SMP_TIMEOUT", NOT_IN_TIME},
	{0, "AUTHENTICATION_TIMEOUT", NOT_IN_TIME},
	{0, "LINK_DISCONNECTED", LINK_LOST},
};

static bool is_name(const char *p, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(p, name, len) == 0;
}

bool capture_name_text(const char *p, const char *end, char *text, size_t size, const char **more)
{
	static const char before[] = "SMP_", behind[] = "_ERROR";
	const size_t head = sizeof(before) - 1, tail = sizeof(behind) - 1;
	size_t len = 0;

	while (p + len < end && (isalnum((unsigned char)p[len]) || p[len] == '_'))
		len++;
	if (len > head + tail && memcmp(p + len - tail, behind, tail) == 0 &&
	    memcmp(p, before, head) == 0) {
		p += head;
		len -= head + tail;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_name(p, len, names[i].name)) {
			if (names[i].is)
				(void)snprintf(text, size, "%s", names[i].is);
			else
				write_reason("", names[i].reason, text, size);
			*more = usual(names[i].reason);
			return true;
		}
	return false;
}
