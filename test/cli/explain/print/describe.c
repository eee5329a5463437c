/* SPDX-License-Identifier: MIT */
#include "print/describe.h"

#include <string.h>

#include "analyse/management.h"
#include "cli/explain/print/fixture.h"
#include "hci/protocol.h"
#include "smp/pdu.h"
#include "smp/reason.h"
#include "stack.h"
#include "unit.h"

static struct explain_description description;

static int begin(void **state)
{
	(void)state;
	memset(&attempt, 0, sizeof(attempt));
	memset(&verdict, 0, sizeof(verdict));
	verdict.attempt = &attempt;
	return 0;
}

static struct explain_step step_of(enum explain_layer layer, uint16_t code, const void *data,
				   size_t len)
{
	struct explain_step s = {.layer = (uint8_t)layer,
				 .code = code,
				 .whole = true,
				 .len = (uint16_t)len,
				 .kept = (uint8_t)len};

	memcpy(s.data, data, len);
	return s;
}

/* Octets 1, 2, 3... of a PDU of its exact length. */
static struct explain_step pdu_of(uint8_t code)
{
	const struct smp_pdu_format *format = smp_pdu_format(code);
	uint8_t pdu[EXPLAIN_STEP_DATA];

	for (uint8_t i = 0; i < sizeof(pdu); i++)
		pdu[i] = i;
	pdu[0] = code;
	return step_of(EXPLAIN_LAYER_SMP, code, pdu, format ? format->length : 3);
}

static void is_described(const struct explain_step *s, bool show_keys, const char *layer,
			 const char *title, const char *fields)
{
	describe_step(&verdict, s, show_keys, &description);
	assert_string_equal(description.layer, layer);
	assert_string_equal(description.title, title);
	assert_string_equal(description.fields, fields);
}

/* ---- SMP ------------------------------------------------------------------------------------- */

/* A PDU that smp/pdu.h gains needs a row here. */
static void each_smp_pdu_has_a_title_and_fields(void **state)
{
	static const char *const fields[256] = {
		[SMP_PAIRING_REQUEST] = "DisplayYesNo, OOB data, no bonding, no MITM, legacy, key "
					"4, initiator's keys Enc Sign, responder's keys Id Sign",
		[SMP_PAIRING_RESPONSE] = "DisplayYesNo, OOB data, no bonding, no MITM, legacy, key "
					 "4, initiator's keys Enc Sign, responder's keys Id Sign",
		[SMP_PAIRING_CONFIRM] = "100f0e0d0c0b0a090807060504030201",
		[SMP_PAIRING_RANDOM] = "100f0e0d0c0b0a090807060504030201",
		[SMP_PAIRING_FAILED] = "Passkey Entry Failed (0x01)",
		[SMP_ENCRYPTION_INFORMATION] = "100f0e0d0c0b0a090807060504030201",
		[SMP_CENTRAL_IDENTIFICATION] = "EDIV 0x0201, Rand 0a09080706050403",
		[SMP_IDENTITY_INFORMATION] = "100f0e0d0c0b0a090807060504030201",
		[SMP_IDENTITY_ADDRESS_INFORMATION] = "07:06:05:04:03:02 (random static)",
		[SMP_SIGNING_INFORMATION] = "100f0e0d0c0b0a090807060504030201",
		[SMP_SECURITY_REQUEST] = "bonding, no MITM, legacy",
		[SMP_PAIRING_PUBLIC_KEY] =
			"X 201f1e1d1c1b1a191817161514131211100f0e0d0c0b0a090807060504030201",
		[SMP_PAIRING_DHKEY_CHECK] = "100f0e0d0c0b0a090807060504030201",
		[SMP_KEYPRESS_NOTIFICATION] = "digit entered",
	};

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const struct explain_step s = pdu_of((uint8_t)code);
		assert_int_equal(fields[code] != NULL, smp_pdu_format((uint8_t)code) != NULL);
		is_described(&s, true, "SMP", smp_pdu_name((uint8_t)code),
			     fields[code] ? fields[code] : "3 octets");
	}
}

/* Vol 3 Part H 3.6: Encryption, Identity and Signing Information carry a key. */
static void three_smp_pdus_are_secret(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const struct explain_step s = pdu_of((uint8_t)code);
		const bool secret = code == SMP_ENCRYPTION_INFORMATION ||
				    code == SMP_IDENTITY_INFORMATION ||
				    code == SMP_SIGNING_INFORMATION;
		describe_step(&verdict, &s, false, &description);
		assert_int_equal(description.secret, secret);
		assert_int_equal(strcmp(description.fields, "(hidden without --show-keys)") == 0,
				 secret);
	}
}

static void features_are_read_bit_by_bit(void **state)
{
	(void)state;
	const struct explain_step all =
		step_of(EXPLAIN_LAYER_SMP, SMP_PAIRING_REQUEST,
			(uint8_t[]){1, SMP_IO_KEYBOARD_DISPLAY, 0, 0x3d, 16, 0x0f, 0}, 7);
	is_described(&all, false, "SMP", "Pairing Request",
		     "KeyboardDisplay, bonding, MITM, Secure Connections, keypress, CT2, key 16, "
		     "initiator's keys Enc Id Sign Link, responder's keys none");
	const struct explain_step one = step_of(EXPLAIN_LAYER_SMP, SMP_PAIRING_RESPONSE,
						(uint8_t[]){2, 3, 0, 0x04, 7, 0, 8}, 7);
	is_described(&one, false, "SMP", "Pairing Response",
		     "NoInputNoOutput, no bonding, MITM, legacy, key 7, initiator's keys none, "
		     "responder's keys Link");
	const struct explain_step request =
		step_of(EXPLAIN_LAYER_SMP, SMP_SECURITY_REQUEST, (uint8_t[]){0x0b, 0x0e}, 2);
	is_described(&request, false, "SMP", "Security Request",
		     "no bonding, MITM, Secure Connections");
	const struct explain_step bonding =
		step_of(EXPLAIN_LAYER_SMP, SMP_SECURITY_REQUEST, (uint8_t[]){0x0b, 0x09}, 2);
	is_described(&bonding, false, "SMP", "Security Request",
		     "bonding, no MITM, Secure Connections");
}

static void each_keypress_has_a_name(void **state)
{
	static const char *const names[] = {"started", "digit entered", "digit erased",
					    "cleared", "completed",	"reserved"};

	(void)state;
	for (uint8_t i = 0; i < COUNT(names); i++) {
		const struct explain_step s = step_of(EXPLAIN_LAYER_SMP, SMP_KEYPRESS_NOTIFICATION,
						      (uint8_t[]){0x0e, i}, 2);
		is_described(&s, false, "SMP", "Keypress Notification", names[i]);
	}
}

static void an_identity_address_may_be_public(void **state)
{
	(void)state;
	const struct explain_step s = step_of(EXPLAIN_LAYER_SMP, SMP_IDENTITY_ADDRESS_INFORMATION,
					      (uint8_t[]){9, 0, 1, 2, 3, 4, 5, 6}, 8);
	is_described(&s, false, "SMP", "Identity Address Information",
		     "06:05:04:03:02:01 (public)");
}

static void a_pdu_of_a_wrong_length_is_not_read(void **state)
{
	struct explain_step s = pdu_of(SMP_PAIRING_FAILED);

	(void)state;
	s.len = s.kept = 3;
	is_described(&s, false, "SMP", "Pairing Failed", "3 octets, not 2");
	s.len = 2;
	s.kept = 1;
	is_described(&s, false, "SMP", "Pairing Failed", "2 octets");
}

static void a_message_that_the_capture_cut_is_marked(void **state)
{
	struct explain_step s = pdu_of(SMP_PAIRING_FAILED);

	(void)state;
	s.whole = false;
	is_described(&s, false, "SMP", "Pairing Failed", "(cut by the capture)");
	s = step_of(EXPLAIN_LAYER_COMMAND, HCI_DISCONNECT, (uint8_t[]){0x40, 0, 0x13}, 3);
	s.whole = false;
	is_described(&s, false, "HCI", "Disconnect", "(cut by the capture)");
	s = step_of(EXPLAIN_LAYER_EVENT, HCI_ENCRYPTION_CHANGE, (uint8_t[]){6, 0x40, 0, 0}, 4);
	s.whole = false;
	is_described(&s, false, "HCI", "Encryption Change", "(cut by the capture)");
}

/* A summary has some values, and the beginning of a PDU its first ones. */
static void what_is_known_of_a_message_that_is_cut_is_described(void **state)
{
	struct explain_step s = step_of(EXPLAIN_LAYER_SMP, SMP_PAIRING_REQUEST,
					(uint8_t[]){1, 4, 0, 8, 16, 3, 1}, 7);

	(void)state;
	s.whole = false;
	s.known = 1;
	is_described(&s, false, "SMP", "Pairing Request", "(cut by the capture)");
	s.known = 1 | 1 << 3;
	is_described(&s, false, "SMP", "Pairing Request",
		     "no bonding, no MITM, Secure Connections (the rest is missing)");
	s.known = 1 | 1 << 1 | 1 << 4;
	is_described(&s, false, "SMP", "Pairing Request",
		     "KeyboardDisplay, key 16 (the rest is missing)");
	s = step_of(EXPLAIN_LAYER_SMP, SMP_SECURITY_REQUEST, (uint8_t[]){11, 5}, 2);
	s.whole = false;
	s.known = 1 | 1 << 1;
	is_described(&s, false, "SMP", "Security Request",
		     "bonding, MITM, legacy (the rest is missing)");
	s = step_of(EXPLAIN_LAYER_SMP, SMP_IDENTITY_ADDRESS_INFORMATION,
		    (uint8_t[]){9, 0, 0x55, 0x44, 0x33, 0x22, 0x11, 0xc0}, 8);
	s.whole = false;
	s.known = 1 | 0xfc;
	is_described(&s, false, "SMP", "Identity Address Information",
		     "C0:11:22:33:44:55 (the rest is missing)");
	s.known = 1 | 1 << 1;
	is_described(&s, false, "SMP", "Identity Address Information", "(cut by the capture)");
	attempt.excerpt = true;
	is_described(&s, false, "SMP", "Identity Address Information", "(not in the text)");
	attempt.excerpt = false;
	s = pdu_of(SMP_PAIRING_CONFIRM);
	s.whole = false;
	s.known = 1;
	is_described(&s, false, "SMP", "Pairing Confirm", "(cut by the capture)");
}

/* ---- HCI ------------------------------------------------------------------------------------- */

#define ADDRESS	    1, 2, 3, 4, 5, 6 /* 06:05:04:03:02:01 */
#define RANGE	    24, 0, 40, 0, 4, 0, 200, 0
#define RANGE_TEXT  "interval 30.00 to 50.00 ms, latency 4, timeout 2000 ms"
#define TIMING	    24, 0, 4, 0, 200, 0
#define TIMING_TEXT "interval 30.00 ms, latency 4, timeout 2000 ms"
#define KEY	    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define META	    0x3e00

static const struct {
	enum explain_layer layer;
	uint16_t code;
	const char *title, *fields;
	size_t len;
	uint8_t data[40];
} hci[] = {
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_CREATE_CONNECTION,
	 "LE Create Connection",
	 "to 06:05:04:03:02:01 (random), " RANGE_TEXT,
	 25,
	 {0, 0, 0, 0, 0, 1, ADDRESS, 0, RANGE}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_CREATE_CONNECTION,
	 "LE Create Connection",
	 "to 06:05:04:03:02:01 (public), " RANGE_TEXT,
	 25,
	 {0, 0, 0, 0, 0, 2, ADDRESS, 0, RANGE}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_CREATE_CONNECTION,
	 "LE Create Connection",
	 "to the filter accept list, " RANGE_TEXT,
	 25,
	 {0, 0, 0, 0, 1, 1, ADDRESS, 0, RANGE}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_EXTENDED_CREATE_CONNECTION,
	 "LE Extended Create Connection",
	 "to the filter accept list",
	 26,
	 {1, 0, 3, ADDRESS}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_EXTENDED_CREATE_CONNECTION,
	 "LE Extended Create Connection",
	 "to 06:05:04:03:02:01 (random)",
	 26,
	 {0, 0, 3, ADDRESS}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_EXTENDED_CREATE_CONNECTION,
	 "LE Extended Create Connection",
	 "to 06:05:04:03:02:01 (public)",
	 26,
	 {0, 0, 2, ADDRESS}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_ENABLE_ENCRYPTION,
	 "LE Enable Encryption",
	 "EDIV 0x1234, Rand 0807060504030201, key " KEY_TEXT,
	 28,
	 {0x40, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12, KEY}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_LTK_REPLY,
	 "LE Long Term Key Request Reply",
	 "key " KEY_TEXT,
	 18,
	 {0x40, 0, KEY}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_LE_CONNECTION_UPDATE,
	 "LE Connection Update",
	 RANGE_TEXT,
	 14,
	 {0x40, 0, RANGE}},
	{EXPLAIN_LAYER_COMMAND,
	 HCI_DISCONNECT,
	 "Disconnect",
	 "Remote User Terminated Connection (0x13)",
	 3,
	 {0x40, 0, 0x13}},
	{EXPLAIN_LAYER_COMMAND, HCI_RESET, "Reset", "", 0, {0}},
	{EXPLAIN_LAYER_EVENT,
	 HCI_DISCONNECTION_COMPLETE,
	 "Disconnection Complete",
	 "Connection Timeout (0x08)",
	 4,
	 {0, 0x40, 0, 8}},
	{EXPLAIN_LAYER_EVENT,
	 HCI_ENCRYPTION_CHANGE,
	 "Encryption Change",
	 "PIN or Key Missing (0x06)",
	 4,
	 {6, 0x40, 0, 0}},
	{EXPLAIN_LAYER_EVENT,
	 HCI_ENCRYPTION_CHANGE_V2,
	 "Encryption Change [v2]",
	 "PIN or Key Missing (0x06)",
	 5,
	 {6, 0x40, 0, 0, 16}},
	{EXPLAIN_LAYER_EVENT,
	 HCI_KEY_REFRESH_COMPLETE,
	 "Encryption Key Refresh Complete",
	 "PIN or Key Missing (0x06)",
	 3,
	 {6, 0x40, 0}},
	{EXPLAIN_LAYER_EVENT, HCI_HARDWARE_ERROR, "Hardware Error", "", 1, {0x42}},
	{EXPLAIN_LAYER_EVENT,
	 META | HCI_LE_CONNECTION_COMPLETE,
	 "LE Connection Complete",
	 "Success (0x00), as central, 06:05:04:03:02:01 (random), " TIMING_TEXT,
	 19,
	 {1, 0, 0x40, 0, 0, 1, ADDRESS, TIMING, 0}},
	{EXPLAIN_LAYER_EVENT,
	 META | HCI_LE_ENHANCED_CONNECTION_COMPLETE,
	 "LE Enhanced Connection Complete",
	 "Success (0x00), as peripheral, 06:05:04:03:02:01 (public), " TIMING_TEXT,
	 31,
	 {10, 0, 0x40, 0, 1, 2, ADDRESS, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, TIMING, 0}},
	{EXPLAIN_LAYER_EVENT,
	 META | 0x29,
	 "LE Enhanced Connection Complete [v2]",
	 "Success (0x00), as peripheral, 06:05:04:03:02:01 (public), " TIMING_TEXT,
	 34,
	 {0x29, 0, 0x40, 0, 1, 0, ADDRESS, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, TIMING, 0}},
	{EXPLAIN_LAYER_EVENT,
	 META | HCI_LE_CONNECTION_UPDATE_COMPLETE,
	 "LE Connection Update Complete",
	 "Success (0x00), " TIMING_TEXT,
	 10,
	 {3, 0, 0x40, 0, TIMING}},
	{EXPLAIN_LAYER_EVENT,
	 META | HCI_LE_CONNECTION_RATE_CHANGE,
	 "LE Connection Rate Change",
	 "Success (0x00), interval 0.375 ms, subrate factor 2, latency 1, timeout 720 ms",
	 14,
	 {0x37, 0, 0x40, 0, 3, 0, 2, 0, 1, 0, 0, 0, 72, 0}},
	{EXPLAIN_LAYER_EVENT,
	 META | HCI_LE_LTK_REQUEST,
	 "LE Long Term Key Request",
	 "EDIV 0x1234, Rand 0807060504030201",
	 13,
	 {5, 0x40, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12}},
	{EXPLAIN_LAYER_EVENT,
	 META | HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST,
	 "LE Remote Connection Parameter Request",
	 RANGE_TEXT,
	 11,
	 {6, 0x40, 0, RANGE}},
	{EXPLAIN_LAYER_EVENT, 0xfe, "unknown event", "", 1, {0}},
	{EXPLAIN_LAYER_EVENT, META | 0xfe, "unknown event", "", 1, {0xfe}},
};

static void hci_messages_have_a_title_and_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hci); i++) {
		const struct explain_step s =
			step_of(hci[i].layer, hci[i].code, hci[i].data, hci[i].len);
		is_described(&s, true, "HCI", hci[i].title, hci[i].fields);
		assert_string_equal(description.from,
				    hci[i].layer == EXPLAIN_LAYER_COMMAND ? "host" : "controller");
		assert_string_equal(description.to,
				    hci[i].layer == EXPLAIN_LAYER_COMMAND ? "controller" : "host");
		assert_int_equal(description.secret,
				 hci[i].layer == EXPLAIN_LAYER_COMMAND &&
					 strstr(hci[i].fields, KEY_TEXT) != NULL);
	}
}

static void keys_in_commands_are_hidden(void **state)
{
	size_t hidden = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(hci); i++) {
		const struct explain_step s =
			step_of(hci[i].layer, hci[i].code, hci[i].data, hci[i].len);
		describe_step(&verdict, &s, false, &description);
		assert_null(strstr(description.fields, KEY_TEXT));
		hidden += strstr(description.fields, "key (hidden without --show-keys)") != NULL;
	}
	assert_int_equal(hidden, 2);
}

/* ---- Signalling and link layer --------------------------------------------------------------- */

static void signalling_commands_have_a_title_and_fields(void **state)
{
	static const struct {
		const char *title, *fields;
		size_t len;
		uint8_t data[14];
	} signals[] = {
		{"LE Credit Based Connection Response",
		 "identifier 3, refused (0x0008)",
		 14,
		 {0x15, 3, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}},
		{"LE Credit Based Connection Response",
		 "identifier 3, accepted",
		 14,
		 {0x15, 3, 10, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"Credit Based Connection Response",
		 "identifier 3, refused (0x0005)",
		 12,
		 {0x18, 3, 8, 0, 0, 0, 0, 0, 0, 0, 5, 0}},
		{"Connection Parameter Update Request",
		 "identifier 7, " RANGE_TEXT,
		 12,
		 {0x12, 7, 8, 0, RANGE}},
		{"Connection Parameter Update Request", "identifier 7", 11, {0x12, 7, 8, 0, RANGE}},
		{"Connection Parameter Update Response",
		 "identifier 7, accepted",
		 6,
		 {0x13, 7, 2, 0, 0, 0}},
		{"Connection Parameter Update Response",
		 "identifier 7, rejected",
		 6,
		 {0x13, 7, 2, 0, 1, 0}},
		{"Connection Parameter Update Response", "identifier 7", 5, {0x13, 7, 2, 0, 1}},
		{"Command Reject", "identifier 9", 6, {0x01, 9, 2, 0, 0, 0}},
		{"Command Reject", "identifier 9", 4, {0x01, 9, 2, 0}},
		{"Command Reject", "", 3, {0x01, 9, 2}},
		{"unknown command", "identifier 9", 4, {0x02, 9, 0, 0}},
		{"Credit Based Reconfigure Response", "identifier 9", 4, {0x1a, 9, 0, 0}},
		{"unknown command", "identifier 9", 4, {0x1b, 9, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(signals); i++) {
		const struct explain_step s = step_of(EXPLAIN_LAYER_SIGNALING, signals[i].data[0],
						      signals[i].data, signals[i].len);
		is_described(&s, false, "L2CAP", signals[i].title, signals[i].fields);
		assert_false(description.secret);
	}
}

static void control_pdus_have_a_title_and_fields(void **state)
{
	static const struct {
		const char *title, *fields;
		size_t len;
		uint8_t data[23];
	} controls[] = {
		{"LL_TERMINATE_IND", "Remote User Terminated Connection (0x13)", 2, {2, 0x13}},
		{"LL_TERMINATE_IND", "", 1, {2}},
		{"LL_ENC_REQ",
		 "EDIV 0x1234, Rand 0807060504030201",
		 11,
		 {3, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12}},
		{"LL_ENC_REQ", "", 10, {3, 1, 2, 3, 4, 5, 6, 7, 8, 0x34}},
		{"LL_ENC_RSP", "", 13, {4}},
		{"LL_START_ENC_REQ", "", 1, {5}},
		{"LL_START_ENC_RSP", "", 1, {6}},
		{"LL_REJECT_IND", "PIN or Key Missing (0x06)", 2, {0x0d, 6}},
		{"LL_REJECT_EXT_IND", "PIN or Key Missing (0x06)", 3, {0x11, 3, 6}},
		{"LL_REJECT_EXT_IND", "", 2, {0x11, 3}},
		{"LL control", "", 1, {0x0a}},
		{"LL control", "", 12, {0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(controls); i++) {
		const struct explain_step s = step_of(EXPLAIN_LAYER_LL, controls[i].data[0],
						      controls[i].data, controls[i].len);
		is_described(&s, false, "LL", controls[i].title, controls[i].fields);
		assert_false(description.secret);
	}
}

/* ---- Lanes ----------------------------------------------------------------------------------- */

static void messages_of_the_management_interface_have_fields(void **state)
{
	static const struct {
		uint16_t code;
		uint8_t last; /* the octet behind the address */
		const char *title, *fields;
	} rows[] = {
		{MANAGEMENT_CONFIRM_REQUEST, 1, "User Confirmation Request",
		 "C6:05:04:03:02:01, hint 1 (yes or no, without a number)"},
		{MANAGEMENT_CONFIRM_NOT, 0, "User Confirmation Negative Reply",
		 "C6:05:04:03:02:01"},
		{MANAGEMENT_PAIR, 3, "Pair Device", "C6:05:04:03:02:01, NoInputNoOutput"},
		{MANAGEMENT_AUTHENTICATION_FAILED, 5, "Authentication Failed",
		 "C6:05:04:03:02:01, Authentication Failed (0x05)"},
		{MANAGEMENT_DISCONNECTED, 4, "Device Disconnected",
		 "C6:05:04:03:02:01, authentication failure (0x04)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint8_t data[8] = {1, 2, 3, 4, 5, 0xc6, 2, rows[i].last};
		struct explain_step s =
			step_of(EXPLAIN_LAYER_MANAGEMENT, rows[i].code, data, sizeof(data));
		is_described(&s, false, "MGMT", rows[i].title, rows[i].fields);
		assert_string_equal(description.from, description.to); /* within the host */
	}
	struct explain_step s =
		step_of(EXPLAIN_LAYER_MANAGEMENT, MANAGEMENT_COMPLETE, "\x19\0\5", 3);
	is_described(&s, false, "MGMT", "Command Complete",
		     "Pair Device, Authentication Failed (0x05)");
	s = step_of(EXPLAIN_LAYER_MANAGEMENT, MANAGEMENT_SET_BONDABLE, "\0", 1);
	is_described(&s, false, "MGMT", "Set Bondable", "off");
	s = step_of(EXPLAIN_LAYER_MANAGEMENT, 0x1234, "\0", 1);
	is_described(&s, false, "MGMT", "unknown message", "");
}

static void att_errors_and_command_status_have_fields(void **state)
{
	struct explain_step s =
		step_of(EXPLAIN_LAYER_ATT, 1, (const uint8_t[]){1, 0x0a, 0x14, 1, 0x0f}, 5);

	(void)state;
	is_described(&s, false, "ATT", "Error Response",
		     "Insufficient Encryption (0x0f), attribute 0x0114");
	s = step_of(EXPLAIN_LAYER_EVENT, HCI_COMMAND_STATUS, "\x0c\1\x0d\x20", 4);
	is_described(&s, false, "HCI", "Command Status", "Command Disallowed (0x0c)");
	s = step_of(EXPLAIN_LAYER_EVENT, HCI_COMMAND_COMPLETE, "\1\x0d\x20\x0c", 4);
	is_described(&s, false, "HCI", "Command Complete", "Command Disallowed (0x0c)");
}

static void an_address_may_be_known_from_the_management_interface_alone(void **state)
{
	char text[DESCRIBE_ADDRESS];

	(void)state;
	assert_string_equal(describe_address(&verdict, R, text), "unknown address");
	attempt.party[R].is_reported = true;
	attempt.party[R].reported = (struct crypto_address){1, {1, 2, 3, 4, 5, 0xc6}};
	assert_string_equal(
		describe_address(&verdict, R, text),
		"C6:05:04:03:02:01 (random static), known from the management interface");
}

static void messages_go_between_the_captured_host_and_its_peer_or_between_roles(void **state)
{
	static const struct {
		int8_t captured, from;
		const char *lane, *to;
	} cases[] = {
		{I, I, "host", "peer"},
		{I, R, "peer", "host"},
		{R, I, "peer", "host"},
		{R, R, "host", "peer"},
		{EXPLAIN_NOBODY, I, "central", "peripheral"},
		{EXPLAIN_NOBODY, R, "peripheral", "central"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct explain_step s = pdu_of(SMP_PAIRING_CONFIRM);
		s.from = cases[i].from;
		attempt.captured_end = cases[i].captured;
		describe_step(&verdict, &s, false, &description);
		assert_string_equal(description.from, cases[i].lane);
		assert_string_equal(description.to, cases[i].to);
	}
}

/* ---- Values ---------------------------------------------------------------------------------- */

static char text[400];

static void value(const char *name, uint64_t frame, bool secret, enum explain_result result)
{
	verdict.facts.values[verdict.facts.value_count++] =
		(struct explain_value){.name = name,
				       .frame = frame,
				       .secret = secret,
				       .result = result,
				       .len = 2,
				       .octets = {0x34, 0x12}};
}

static void values_of_a_frame_are_listed_with_their_result(void **state)
{
	(void)state;
	value("one", 7, false, EXPLAIN_RIGHT);
	value("another", 8, false, EXPLAIN_RIGHT);
	value("two", 7, false, EXPLAIN_WRONG);
	value("three", 7, false, EXPLAIN_EXPLAINED);
	value("four", 7, false, EXPLAIN_UNKNOWN);
	describe_values(&verdict, 7, true, text, sizeof(text));
	assert_string_equal(text, "one matches; two does not match; three matches if computed "
				  "wrongly; four");
	describe_values(&verdict, 9, true, text, sizeof(text));
	assert_string_equal(text, "");
}

static void secret_values_are_hidden(void **state)
{
	(void)state;
	value("TK", 7, true, EXPLAIN_UNKNOWN);
	value("STK", 7, true, EXPLAIN_RIGHT);
	describe_values(&verdict, 7, false, text, sizeof(text));
	assert_string_equal(text, "TK (hidden without --show-keys); STK matches (hidden without "
				  "--show-keys)");
	describe_values(&verdict, 7, true, text, sizeof(text));
	assert_string_equal(text, "TK 1234; STK matches: 1234");
}

static void the_passkey_of_legacy_pairing_is_shown_at_the_confirm_value(void **state)
{
	struct explain_facts *facts = &verdict.facts;

	(void)state;
	attempt.party[I].confirm.frame = 3;
	facts->has_stk = true;
	facts->features.method = SMP_PASSKEY_WE_SHOW;
	facts->passkey[I] = 42;
	describe_values(&verdict, 3, true, text, sizeof(text));
	assert_string_equal(text, "the passkey is 000042");
	value("one", 3, false, EXPLAIN_UNKNOWN);
	describe_values(&verdict, 3, true, text, sizeof(text));
	assert_string_equal(text, "one; the passkey is 000042");
	describe_values(&verdict, 3, false, text, sizeof(text));
	assert_string_equal(text, "one");
	describe_values(&verdict, 4, true, text, sizeof(text));
	assert_string_equal(text, "");
	facts->features.method = SMP_JUST_WORKS;
	describe_values(&verdict, 3, true, text, sizeof(text));
	assert_string_equal(text, "one");
	facts->features.method = SMP_PASSKEY_WE_SHOW;
	facts->has_stk = false;
	describe_values(&verdict, 3, true, text, sizeof(text));
	assert_string_equal(text, "one");
}

/* Both ends have shown it. */
static void the_number_of_numeric_comparison_is_no_secret(void **state)
{
	(void)state;
	attempt.party[R].random.frame = 8;
	describe_values(&verdict, 8, false, text, sizeof(text));
	assert_string_equal(text, "");
	verdict.facts.has_number = true;
	verdict.facts.number = 754;
	describe_values(&verdict, 8, false, text, sizeof(text));
	assert_string_equal(text, "g2 gives 000754");
	value("one", 8, false, EXPLAIN_UNKNOWN);
	describe_values(&verdict, 8, false, text, sizeof(text));
	assert_string_equal(text, "one; g2 gives 000754");
	describe_values(&verdict, 7, false, text, sizeof(text));
	assert_string_equal(text, "");
}

static void a_text_that_does_not_fit_is_cut(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		value("a long name", 7, false, EXPLAIN_WRONG);
	memset(text, '#', sizeof(text));
	describe_values(&verdict, 7, false, text, 20);
	assert_string_equal(text, "a long name does no");
	assert_int_equal(text[20], '#');
}

/* ---- Ends and agreement ---------------------------------------------------------------------- */

static void an_address_has_its_kind_and_its_identity(void **state)
{
	struct explain_party *p = &attempt.party[R];
	char address[DESCRIBE_ADDRESS];

	(void)state;
	assert_string_equal(describe_address(&verdict, R, address), "unknown address");
	p->has_address = true;
	p->address = (struct crypto_address){0, {1, 2, 3, 4, 5, 0xc6}};
	assert_string_equal(describe_address(&verdict, R, address), "C6:05:04:03:02:01 (public)");
	p->address.type = 1;
	assert_string_equal(describe_address(&verdict, R, address),
			    "C6:05:04:03:02:01 (random static)");
	p->address.octets[5] = 0x46;
	verdict.resolved[R] = true;
	verdict.identity[R] = (struct crypto_address){0, {9, 8, 7, 6, 5, 4}};
	assert_string_equal(describe_address(&verdict, R, address),
			    "46:05:04:03:02:01 (random resolvable), identity 04:05:06:07:08:09");
}

/* An association model that smp/smp.h gains needs a case here. */
static void each_association_model_has_a_reason(void **state)
{
	static const struct {
		uint8_t i, auth_i, r, auth_r;
		const char *model;
	} cases[] = {
		{3, 0, 3, 0,
		 "LE legacy pairing, Just Works: neither end asked for protection "
		 "against a man in the middle"},
		{3, 4, 1, 0,
		 "LE legacy pairing, Just Works: the initiator has no input and no "
		 "output (NoInputNoOutput)"},
		{3, 0, 1, 4,
		 "LE legacy pairing, Just Works: the initiator has no input and no "
		 "output (NoInputNoOutput)"},
		{1, 12, 1, 8,
		 "LE Secure Connections, Numeric Comparison: both ends can show a "
		 "number and ask yes or no"},
		{0, 4, 2, 0,
		 "LE legacy pairing, Passkey Entry: the initiator shows a passkey and "
		 "the responder has a keyboard"},
		{2, 4, 0, 0,
		 "LE legacy pairing, Passkey Entry: the responder shows a passkey and "
		 "the initiator has a keyboard"},
		{2, 4, 2, 0,
		 "LE legacy pairing, Passkey Entry: both ends have a keyboard and "
		 "neither has a display"},
	};
	struct smp_features *f = &verdict.facts.features;
	unsigned seen = 1 << SMP_METHOD_NONE;

	(void)state;
	describe_agreement(&verdict, text, sizeof(text));
	assert_string_equal(text, "");
	verdict.facts.has_features = true;
	for (size_t i = 0; i < COUNT(cases) + 2; i++) {
		const char *model = i == COUNT(cases) ? "LE legacy pairing, Out of Band: both ends "
							"have out-of-band data"
						      : "LE Secure Connections, Out of Band: an "
							"end has the other end's out-of-band data";
		bool sc = i > COUNT(cases);
		*f = (struct smp_features){
			.request = {3, i >= COUNT(cases), sc ? 8 : 0, 16, 5, 2},
			.response = {3, i == COUNT(cases), sc ? 8 : 0, 7, 1, 6},
		};
		if (i < COUNT(cases)) {
			model = cases[i].model;
			f->request.io = cases[i].i;
			f->request.auth_req = cases[i].auth_i;
			f->response.io = cases[i].r;
			f->response.auth_req = cases[i].auth_r;
		}
		smp_negotiate(SMP_INITIATOR, f);
		seen |= 1U << f->method;
		describe_agreement(&verdict, text, sizeof(text));
		assert_memory_equal(text, model, strlen(model));
		assert_string_equal(text + strlen(model),
				    "; key of 7 octets, initiator's keys Enc, responder's keys Id");
	}
	assert_int_equal(seen, (1 << (SMP_OOB + 1)) - 1);
	f->request.max_key_size = 253; /* the smaller one is 7 all the same */
	describe_agreement(&verdict, text, sizeof(text));
	assert_non_null(strstr(text, "; no valid key size, initiator's"));
}

static void frames_are_listed(void **state)
{
	struct explain_finding f = {.frames = {7, 9, 12}};
	char frames[DESCRIBE_FRAMES];

	(void)state;
	assert_string_equal(describe_frames(&f, frames), "");
	f.frame_count = 1;
	assert_string_equal(describe_frames(&f, frames), "frame 7");
	f.frame_count = 3;
	assert_string_equal(describe_frames(&f, frames), "frames 7, 9, 12");
}

static void time_counts_from_the_first_step_and_may_go_backwards(void **state)
{
	struct explain_step s = {.at = {.frame = 2, .time_us = 10500000}};

	(void)state;
	attempt.first.time_us = 10000000;
	assert_true(describe_seconds(&attempt, &s) == 0.5);
	s.at.time_us = 9000000;
	assert_true(describe_seconds(&attempt, &s) == -1.0);
}

static void a_step_without_a_time_has_none(void **state)
{
	char time[DESCRIBE_TIME];

	(void)state;
	attempt.first = (struct explain_mark){.frame = 1, .untimed = true};
	attempt.step_count = 2;
	attempt.steps[0].at = attempt.first;
	attempt.steps[1].at = (struct explain_mark){.frame = 2, .time_us = 10500000};
	assert_string_equal(describe_time(&attempt, &attempt.steps[0], time), "");
	assert_string_equal(describe_time(&attempt, &attempt.steps[1], time), "0.000000");
}

/* ---- Secrets in memory ----------------------------------------------------------------------- */

static struct explain_step secret;

static void describe_secret(void)
{
	describe_step(&verdict, &secret, true, &description);
}

static void no_key_is_left_on_the_stack(void **state)
{
	(void)state;
	secret = pdu_of(SMP_ENCRYPTION_INFORMATION);
	stack_run(describe_secret);
	assert_string_equal(description.fields, KEY_TEXT);
	assert_false(stack_holds(KEY_TEXT, 16));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_smp_pdu_has_a_title_and_fields),
		TEST(three_smp_pdus_are_secret),
		TEST(features_are_read_bit_by_bit),
		TEST(each_keypress_has_a_name),
		TEST(an_identity_address_may_be_public),
		TEST(a_pdu_of_a_wrong_length_is_not_read),
		TEST(a_message_that_the_capture_cut_is_marked),
		TEST(what_is_known_of_a_message_that_is_cut_is_described),
		TEST(hci_messages_have_a_title_and_fields),
		TEST(keys_in_commands_are_hidden),
		TEST(signalling_commands_have_a_title_and_fields),
		TEST(control_pdus_have_a_title_and_fields),
		TEST(messages_of_the_management_interface_have_fields),
		TEST(att_errors_and_command_status_have_fields),
		TEST(an_address_may_be_known_from_the_management_interface_alone),
		TEST(messages_go_between_the_captured_host_and_its_peer_or_between_roles),
		TEST(values_of_a_frame_are_listed_with_their_result),
		TEST(secret_values_are_hidden),
		TEST(the_passkey_of_legacy_pairing_is_shown_at_the_confirm_value),
		TEST(the_number_of_numeric_comparison_is_no_secret),
		TEST(a_text_that_does_not_fit_is_cut),
		TEST(an_address_has_its_kind_and_its_identity),
		TEST(each_association_model_has_a_reason),
		TEST(frames_are_listed),
		TEST(no_key_is_left_on_the_stack),
		TEST(time_counts_from_the_first_step_and_may_go_backwards),
		TEST(a_step_without_a_time_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
