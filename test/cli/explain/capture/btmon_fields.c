/* SPDX-License-Identifier: MIT */
/* The fields of packets as btmon prints them, blanks removed, against the octets that they were. */
#include "capture/btmon_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "cli/explain/printed.h"
#include "hci/protocol.h"
#include "smp/pdu.h"

static struct explain_octets octets;

struct row {
	unsigned code, len; /* opcode, event or SMP code; octets of parameters */
	const char *body, *octets;
	bool lacks;
};

/* ---- Commands -------------------------------------------------------------------------------- */

static void commands_are_read(void **state)
{
	static const struct row rows[] = {
		{HCI_RESET, 0, "", "030c00", false},
		{HCI_DISCONNECT, 3, "Handle:64Reason:RemoteUserTerminatedConnection(0x13)",
		 "060403400013", false},
		{HCI_SET_EVENT_MASK, 8, "Mask:0x3dbff807fffbffff", "010c08fffffbff07f8bf3d", false},
		{HCI_LE_SET_RANDOM_ADDRESS, 6, "Address:C0:01:02:03:04:05(Static)",
		 "05200605040302"
		 "01c0",
		 false},
		{HCI_LE_CREATE_CONNECTION, 25,
		 "Scaninterval:60.000msec(0x0060)Scanwindow:30.000msec(0x0030)Filterpolicy:"
		 "Acceptlist"
		 "isnotused(0x00)Peeraddresstype:Random(0x01)Peeraddress:C0:01:02:03:04:05(Static)"
		 "Own"
		 "addresstype:Public(0x00)Minconnectioninterval:30.00msec(0x0018)"
		 "Maxconnectioninterva"
		 "l:50.00msec(0x0028)Connectionlatency:0(0x0000)Supervisiontimeout:420msec(0x002a)"
		 "Min"
		 "connectionlength:0.000msec(0x0000)Maxconnectionlength:0.000msec(0x0000)",
		 "0d20196000300000010504030201c0001800280000002a0000000000", false},
		{HCI_LE_ENABLE_ENCRYPTION, 28,
		 "Handle:64Randomnumber:0x8877665544332211Encrypteddiversifier:0x1234Longtermkey:"
		 "0011"
		 "22334455667788"
		 "99aabbccddeeff",
		 "19201c40001122334455667788341200112233445566778899aabbccddeeff", false},
		/* A label that is missing, and one that comes too early. */
		{HCI_DISCONNECT, 3, "Reason:RemoteUserTerminatedConnection(0x13)", "060403????13",
		 true},
		{HCI_DISCONNECT, 3, "Reason:X(0x13)Handle:64",
		 "060403"
		 "4000??",
		 true},
		{HCI_DISCONNECT, 3, "Handle:64", "0604034000??", true},
		/* No layout: the length alone is known. */
		{0xfc01, 2, "whatever:1", "01fc02????", false},
		/* Fewer or more octets than the fields have. */
		{HCI_DISCONNECT, 2, "Handle:64Reason:X(0x13)", "0604024000", false},
		{HCI_DISCONNECT, 1, "Handle:64Reason:X(0x13)", "06040140", false},
		{HCI_DISCONNECT, 5, "Handle:64Reason:X(0x13)", "060405400013????", false},
		/* Of a key, the digits that there are. */
		{HCI_LE_LTK_REPLY, 18, "Handle:64Longtermkey:00112233445566778899aabbccddeef",
		 "1a2012400000112233445566778899aabbccddee??", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		capture_fields_command(&octets, (uint16_t)rows[i].code, rows[i].len, rows[i].body);
		assert_string_equal(octets_text(&octets), rows[i].octets);
		assert_int_equal(octets.lacks, rows[i].lacks);
	}
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static void a_number_is_found_behind_its_words(void **state)
{
	static const struct {
		const char *body, *octets;
		bool lacks;
	} rows[] = {
		{"Handle:0x0041Reason:0x08", "410008", false},
		{"Handle:65Reason:8", "410008", false},
		{"Handle:1.25msec(0x0041)Reason:8", "410008", false},
		{"Handle:1,5xy(0x41)Reason:8", "410008", false},
		{"Handle:65Address:A(0x07)Reason:8", "410008", false},
		{"Handle:Static(0x41)Reason:8", "410008", false},
		/* The parentheses of another field are not its own. */
		{"Handle:StaticOther:A(0x41)Reason:8", "????08", true},
		{"Handle:StaticReason:8", "????08", true},
		{"Handle:(0x)Reason:8", "????08", true},
		{"Handle:0xReason:8", "????08", true},
		{"Handle:Reason:8", "????08", true},
		{"Handle:", "??????", true},
		/* A number of two octets has four digits. */
		{"Handle:0x004108Reason:9", "410009", false},
		{"Handle:0xABcdReason:0xEf", "cdabef", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[32] = "060403";
		capture_fields_command(&octets, HCI_DISCONNECT, 3, rows[i].body);
		strcat(text, rows[i].octets);
		assert_string_equal(octets_text(&octets), text);
		assert_int_equal(octets.lacks, rows[i].lacks);
	}
}

static void parts_of_headers_move_behind_themselves(void **state)
{
	uint64_t value;
	const char *p = "123456789012345678901";

	(void)state;
	assert_true(capture_decimal(&p, &value));
	assert_int_equal(value, 123456789012345678);
	assert_string_equal(p, "901");
	p = "x";
	assert_false(capture_decimal(&p, &value));
	assert_string_equal(p, "x");
	p = "/0:";
	assert_false(capture_decimal(&p, &value));
	p = "09:";
	assert_true(capture_decimal(&p, &value));
	assert_int_equal(value, 9);
	assert_string_equal(p, ":");
	p = "0aFg";
	assert_true(capture_hex(&p, 4, &value));
	assert_int_equal(value, 0xaf);
	assert_string_equal(p, "g");
	p = "12345";
	assert_true(capture_hex(&p, 2, &value));
	assert_int_equal(value, 0x12);
	assert_string_equal(p, "345");
	p = "g";
	assert_false(capture_hex(&p, 2, &value));
}

static void an_address_has_six_pairs_of_digits(void **state)
{
	static const char *const wrong[] = {"",
					    "0",
					    "00:11:22:33:44",
					    "00:11:22:33:44:5",
					    "00-11:22:33:44:55",
					    "00:11:22:33:44-55",
					    "g0:11:22:33:44:55",
					    "0g:11:22:33:44:55",
					    "00:11:22:33:44:5g"};
	uint8_t address[6];

	(void)state;
	assert_true(capture_address("00:11:22:aB:Cd:eF(x)", address));
	assert_memory_equal(address, "\xef\xcd\xab\x22\x11\x00", 6);
	assert_true(capture_address("00:11:22:33:44:55", address));
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(capture_address(wrong[i], address));
	capture_fields_command(&octets, HCI_LE_SET_RANDOM_ADDRESS, 6, "Address:C0:01:02:03:04");
	assert_string_equal(octets_text(&octets), "052006????????????");
	assert_true(octets.lacks);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void events_are_read(void **state)
{
	static const struct row rows[] = {
		{HCI_DISCONNECTION_COMPLETE, 4,
		 "Status:Success(0x00)Handle:64Reason:ConnectionTimeout(0x08)",
		 "0504"
		 "00400008",
		 false},
		{HCI_ENCRYPTION_CHANGE_V2, 5,
		 "Status:Success(0x00)Handle:64Encryption:EnabledwithAES-CCM(0x01)Keysize:16",
		 "5905004000"
		 "0110",
		 false},
		{HCI_ENCRYPTION_CHANGE_V2, 5,
		 "Status:Success(0x00)Handle:64Encryption:X(0x01)Encryptionkeysize:7",
		 "5905004000"
		 "0107",
		 false},
		{HCI_READ_REMOTE_VERSION_COMPLETE, 8,
		 "Status:Success(0x00)Handle:64LMPversion:Bluetooth5.0(0x09)-Subversion256(0x0100)",
		 "0c080040"
		 "0009????"
		 "0001",
		 false},
		{0xff, 2, "Data:1", "ff02????", false},
		/* Command Complete: its return parameters by its opcode. */
		{HCI_COMMAND_COMPLETE, 10,
		 "ReadBDADDR(0x04|0x0009)ncmd1Status:Success(0x00)Address:00:11:22:33:44:55",
		 "0e0a01091000554433221100", false},
		{HCI_COMMAND_COMPLETE, 10,
		 "ReadBDADDR(0x04|0x0009)ncmd1Status:Failed(0x1f)Address:00:11:22:33:44:55",
		 "0e0a0109101f????????????", false},
		{HCI_COMMAND_COMPLETE, 4, "Reset(0x03|0x0003)ncmd2Status:Success(0x00)",
		 "0e0402030c00", false},
		{HCI_COMMAND_COMPLETE, 3, "Nothing(0x00|0x0000)ncmd1",
		 "0e0301"
		 "0000",
		 false},
		{HCI_COMMAND_COMPLETE, 4, "Reset(0x03|0x0003)ncmd2", "0e0402030c??", true},
		{HCI_COMMAND_COMPLETE, 4, "Status:Success(0x00)", "0e04????????", true},
		{HCI_COMMAND_COMPLETE, 10,
		 "|0x0009)ncmd1Status:Success(0x00)Address:00:11:22:33:44:5"
		 "5",
		 "0e0a????????????????????", true},
		{HCI_COMMAND_COMPLETE, 4, "X(0x03|0x0003)ncmx2Status:Success(0x00)", "0e04????????",
		 true},
		{HCI_COMMAND_COMPLETE, 4, "X(0x03|0x0003)nothingStatus:Success(0x00)",
		 "0e04????????", true},
		{HCI_COMMAND_COMPLETE, 4, "X(0xg3|0x0003)ncmd2Status:Success(0x00)", "0e04????????",
		 true},
		{HCI_COMMAND_COMPLETE, 4, "X(0x03|0xg003)ncmd2Status:Success(0x00)", "0e04????????",
		 true},
		{HCI_COMMAND_COMPLETE, 4, "X(0x03|0x0003)ncmdStatus:Success(0x00)", "0e04????????",
		 true},
		/* Command Status. */
		{HCI_COMMAND_STATUS, 4, "LECreateConnection(0x08|0x000d)ncmd2Status:Success(0x00)",
		 "0f0400020d20", false},
		{HCI_COMMAND_STATUS, 4, "LECreateConnection(0x08|0x000d)ncmd1", "0f04??010d20",
		 true},
		{HCI_COMMAND_STATUS, 4, "Status:Success(0x00)", "0f0400??????", true},
		/* Number Of Completed Packets, of two handles. */
		{HCI_NUMBER_OF_COMPLETED_PACKETS, 9,
		 "Numhandles:2Handle:64Count:1#1:len3Handle:65Count:2",
		 "13090240000100410"
		 "00200",
		 false},
		{HCI_NUMBER_OF_COMPLETED_PACKETS, 5, "Numhandles:1Handle:64", "1305014000????",
		 true},
		{HCI_NUMBER_OF_COMPLETED_PACKETS, 5, "Handle:64Count:1", "1305??????????", true},
		{HCI_NUMBER_OF_COMPLETED_PACKETS, 5, "Numhandles:1Handle:64Count:1Status:Success",
		 "13050140000100", true},
		{HCI_NUMBER_OF_COMPLETED_PACKETS, 4, "Numhandles:1Handle:64Count:1", "130401??????",
		 false},
		/* LE events, by the code of the subevent. */
		{HCI_LE_META, 12,
		 "LELongTermKeyRequest(0x05)Handle:64Randomnumber:0x8877665544332211",
		 "3e0c05400011223344556677"
		 "88??",
		 true},
		{HCI_LE_META, 13,
		 "LELongTermKeyRequest(0x05)Handle:64Randomnumber:"
		 "0x8877665544332211Encrypteddiversif"
		 "ier:0x1234",
		 "3e0d054000112233445566778"
		 "83412",
		 false},
		{HCI_LE_META, 4, "Unknown(0x77)Handle:64", "3e0477??????", false},
		{HCI_LE_META, 4, "Handle:64(0x05)", "3e04????????", true},
		/* By its name. */
		{HCI_LE_META, 4, "LELongTermKeyRequest(0x0", "3e0405??????", true},
		{HCI_LE_META, 4, "LELongTermKeyRequest", "3e0405??????", true},
		{HCI_COMMAND_STATUS, 4, "LEStartEncryptionStatus:Success(0x00)", "0f0400011920",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		capture_fields_event(&octets, (uint8_t)rows[i].code, rows[i].len, rows[i].body);
		assert_string_equal(octets_text(&octets), rows[i].octets);
		assert_int_equal(octets.lacks, rows[i].lacks);
	}
}

/* The text before the body is not its own. */
static void a_command_is_named_within_the_body(void **state)
{
	static const char text[] = "X(0x03|0x0003)ncmd2Status:Success(0x00)";

	(void)state;
	for (size_t skip = 1; skip < 6; skip++) {
		capture_fields_event(&octets, HCI_COMMAND_COMPLETE, 4, text + skip);
		assert_string_equal(octets_text(&octets),
				    skip < 3 ? "0e0402030c00" : "0e04????????");
	}
}

/* ---- Frames ---------------------------------------------------------------------------------- */

#define KEY "00112233445566778899aabbccddeeff"

/* A new PDU of smp/ needs a row here, and so a layout in btmon_fields.c. */
static void every_pdu_of_smp_is_read(void **state)
{
	static const struct row rows[] = {
		{SMP_PAIRING_REQUEST, 0,
		 "SMP:PairingRequest(0x01)len6IOcapability:NoInputNoOutput(0x03)OOBdata:"
		 "Authenticatio"
		 "ndatanotpresent(0x00)Authenticationrequirement:Bonding,NoMITM(0x01)"
		 "Maxencryptionkey"
		 "size:16Initiatorkeydistribution:EncKey(0x05)Responderkeydistribution:X(0x07)",
		 "070006000103000110"
		 "0507",
		 false},
		{SMP_PAIRING_RESPONSE, 0,
		 "SMP:PairingResponse(0x02)len6IOcapability:A(0x03)OOBdata:B(0x00)"
		 "Authenticationrequi"
		 "rement:C(0x01)Maxencryptionkeysize:7Initiatorkeydistribution:D(0x05)"
		 "Responderkeydis"
		 "tribution:E(0x07)",
		 "0700060002030001070507", false},
		{SMP_PAIRING_CONFIRM, 0, "SMP:PairingConfirm(0x03)len16Confimvalue:" KEY,
		 "1100060003" KEY, false},
		{SMP_PAIRING_CONFIRM, 0, "SMP:PairingConfirm(0x03)len16Confirmvalue[16]:" KEY,
		 "1100060003" KEY, false},
		/* A narrow terminal cuts the length off. */
		{SMP_PAIRING_CONFIRM, 0, "SMP:PairingConfirm(0x03)leConfirmvalue[16]:" KEY,
		 "1100060003" KEY, false},
		{SMP_PAIRING_CONFIRM, 0, "SMP:PairingConfirm(0x03)len3invalidsize5f6669_fi",
		 "04000600035f6669", false},
		{SMP_PAIRING_RANDOM, 0, "SMP:PairingRandom(0x04)len16Randomvalue:" KEY,
		 "1100060004" KEY, false},
		{SMP_PAIRING_FAILED, 0, "SMP:PairingFailed(0x05)len1Reason:Unspecified(0x08)",
		 "02000600"
		 "0508",
		 false},
		{SMP_ENCRYPTION_INFORMATION, 0,
		 "SMP:EncryptionInformation(0x06)len16Longtermkey:" KEY, "1100060006" KEY, false},
		{SMP_CENTRAL_IDENTIFICATION, 0,
		 "SMP:MasterIdentification(0x07)len10EDIV:0x1234Rand:0x8877665544332211",
		 "0b0006000734121122334455667788", false},
		{SMP_IDENTITY_INFORMATION, 0,
		 "SMP:IdentityInformation(0x08)len16Identityresolvingkey:" KEY, "1100060008" KEY,
		 false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Address:44:55:66:77:88:99(Resolvable)",
		 "080006000901998877665544", false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Addresstype:Public(0x00)Address:00:11:22:"
		 "33"
		 ":44:55",
		 "080006000900554433221100", false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Addresstype:Random(0x01)Address:C0:11:22:"
		 "33:44:55",
		 "0800060009015544332211c0", false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Address:00:11:22:33:44:55(SomeCompany)",
		 "080006000900554433221100", false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Address:00:11:22:33:44:55(Resolv",
		 "0800060009"
		 "??554433221100",
		 false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Address:XX:XX:XX:XX:XX:XX(SomeCompany)",
		 "080006000900????????????", false},
		{SMP_IDENTITY_ADDRESS_INFORMATION, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Address:00:1", "0800060009??????????????",
		 true},
		{SMP_SIGNING_INFORMATION, 0, "SMP:SigningInformation(0x0a)len16Signaturekey:" KEY,
		 "110006000a" KEY, false},
		{SMP_SECURITY_REQUEST, 0,
		 "SMP:SecurityRequest(0x0b)len1Authenticationrequirement:Bonding(0x05)",
		 "020006000b05", false},
		{SMP_PAIRING_PUBLIC_KEY, 0,
		 "SMP:PairingPublicKey(0x0c)len64X:" KEY KEY "Y:" KEY KEY,
		 "410006000c" KEY KEY KEY KEY, false},
		{SMP_PAIRING_DHKEY_CHECK, 0, "SMP:PairingDHKeyCheck(0x0d)len16E:" KEY,
		 "110006000d" KEY, false},
		{SMP_KEYPRESS_NOTIFICATION, 0,
		 "SMP:KeypressNotification(0x0e)len1Type:Passkeyentrystarted(0x00)", "020006000e00",
		 false},
	};

	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		const struct smp_pdu_format *format = smp_pdu_format((uint8_t)code);
		size_t row = 0;
		if (!format)
			continue;
		while (row < COUNT(rows) && rows[row].code != code)
			row++;
		if (row == COUNT(rows))
			fail_msg("no text of PDU 0x%02x", code);
		assert_true(capture_fields_frame(&octets, rows[row].body));
		assert_string_equal(octets_text(&octets), rows[row].octets);
		assert_int_equal(octets.len, 4 + format->length);
		assert_false(octets.lacks);
		/* Without its fields, all of them are missing. */
		char head[128];
		(void)snprintf(head, sizeof(head), "%.*s",
			       (int)strcspn(strstr(rows[row].body, "len"), "CIRLESTAX") +
				       (int)(strstr(rows[row].body, "len") - rows[row].body),
			       rows[row].body);
		assert_true(capture_fields_frame(&octets, head));
		assert_true(octets.lacks);
		assert_int_equal(octets.len, 4 + format->length);
	}
}

static void other_frames_are_read(void **state)
{
	static const struct row rows[] = {
		{0, 0,
		 "LEL2CAP:ConnectionParameterUpdateRequest(0x12)ident7len8Mininterval:"
		 "24Maxinterval:4"
		 "0Slavelatency:0Timeoutmultiplier:200",
		 "0c0005001207080018002800"
		 "0000c800",
		 false},
		{0, 0,
		 "LEL2CAP:ConnectionParameterUpdateResponse(0x13)ident7len2Result:Rejected(0x0001)",
		 "06000500"
		 "130702000100",
		 false},
		{0, 0, "LEL2CAP:CommandReject(0x01)ident9len2Reason:Commandnotunderstood(0x0000)",
		 "06000500"
		 "010902000000",
		 false},
		{0, 0,
		 "LEL2CAP:LEConnectionRequest(0x14)ident3len10PSM:244(0x00f4)SourceCID:64MTU:256"
		 "MPS:284Credits:1",
		 "0e000500"
		 "14030a00f400400000011c010100",
		 false},
		{0, 0,
		 "LEL2CAP:LEConnectionResponse(0x15)ident3len10DestinationCID:0MTU:0MPS:0Credits:0"
		 "Result:Connectionrefused-insufficientencryption(0x0008)",
		 "0e000500"
		 "15030a0000000000000000000800",
		 false},
		{0, 0,
		 "LEL2CAP:EnhancedCreditConnectionRequest(0x17)ident3len10PSM:39(0x0027)MTU:256"
		 "MPS:64Credits:1SourceCID:64",
		 "0e000500"
		 "17030a0027000001400001004000",
		 false},
		{0, 0,
		 "LEL2CAP:EnhancedCreditConnectionResponse(0x18)ident3len10MTU:0MPS:0Credits:0"
		 "Result:AllConnectionsrefused-insufficientauthentication(0x0005)DestinationCID:0",
		 "0e000500"
		 "18030a0000000000000005000000",
		 false},
		/* Only LE has this command, whatever the channel is called. */
		{0, 0, "L2CAP:ConnectionParameterUpdateResponse(0x13)ident7len2Result:X(0x0001)",
		 "06000500"
		 "130702000100",
		 false},
		{0, 0, "L2CAP:CommandReject(0x01)ident9len2Reason:X(0x0000)",
		 "06000100"
		 "010902000000",
		 false},
		{0, 0, "LEL2CAP:Unknown(0x77)ident9len2",
		 "06000500"
		 "77090200????",
		 false},
		{0, 0, "ATT:ReadRequest(0x0a)len2Handle:0x0003", "030004000a????", false},
		/* Words before the frame, and a newer label. */
		{0, 0, "note(0x1):SMP:PairingFailed(0x05)len1Reason:X(0x04)",
		 "02000600"
		 "0504",
		 false},
		{0, 0, "SMP:PairingConfirm(0x03)len16Confirmvalue:" KEY, "1100060003" KEY, false},
		/* A static random identity address is printed as such. */
		{0, 0, "SMP:IdentityAddressInformation(0x09)len7Address:C2:01:02:03:04:05(Static)",
		 "080006000901"
		 "0504030201c2",
		 false},
		{0, 0,
		 "SMP:IdentityAddressInformation(0x09)len7Address:00:01:02:03:04:05(OUI00-01-02)",
		 "080006000900"
		 "050403020100",
		 false},
		/* A value that is cut does not move the next one. */
		{0, 0, "SMP:PairingPublicKey(0x0c)len64X:0011Y:" KEY KEY,
		 "410006000c0011"
		 "????????????????????????????????????????????????????????????" KEY KEY,
		 true},
		{0, 0,
		 "SMP:IdentityAddressInformation(0x09)len0Address:00:01:02:03:04:05(OUI00-01-"
		 "02)",
		 "0100060009", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(capture_fields_frame(&octets, rows[i].body));
		assert_string_equal(octets_text(&octets), rows[i].octets);
		assert_int_equal(octets.lacks, rows[i].lacks);
	}
}

static void text_without_a_frame_of_le_has_none(void **state)
{
	static const char *const bodies[] = {
		"",
		"SMP:",
		"SMP:PairingFailed",
		"SMP:Unknown(0x1f)",
		"SMP:PairingFailed(0x05)len65536",
		"LEL2CAP:CommandReject(0x01)len2",
		"LEL2CAP:CommandReject(0x01)ident1",
		"Channel:64len5",
		"BR/EDRSMP:PairingRequest(0x01)len6",
		"SMP:X(0x",
		"SMP:X(0x05len1",
		"SMP:X(0x05.len1",
		"SMP:X(0x)len1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++)
		assert_false(capture_fields_frame(&octets, bodies[i]));
}

static void a_frame_is_as_long_as_a_packet_at_most(void **state)
{
	(void)state;
	assert_true(capture_fields_frame(&octets, "ATT:X(0x0a)len65535"));
	assert_int_equal(octets.len, EXPLAIN_TEXT_PACKET);
	assert_true(capture_fields_frame(&octets, "ATT:X(0x0a)len1195"));
	assert_int_equal(octets.len, EXPLAIN_TEXT_PACKET);
	assert_true(capture_fields_frame(&octets, "ATT:X(0x0a)len1194"));
	assert_int_equal(octets.len, EXPLAIN_TEXT_PACKET - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_read),
		cmocka_unit_test(a_number_is_found_behind_its_words),
		cmocka_unit_test(parts_of_headers_move_behind_themselves),
		cmocka_unit_test(an_address_has_six_pairs_of_digits),
		cmocka_unit_test(events_are_read),
		cmocka_unit_test(a_command_is_named_within_the_body),
		cmocka_unit_test(every_pdu_of_smp_is_read),
		cmocka_unit_test(other_frames_are_read),
		cmocka_unit_test(text_without_a_frame_of_le_has_none),
		cmocka_unit_test(a_frame_is_as_long_as_a_packet_at_most),
	};
	return cmocka_run_group_tests_name("explain/capture/btmon_fields", tests, NULL, NULL);
}
