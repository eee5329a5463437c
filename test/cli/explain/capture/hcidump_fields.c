/* SPDX-License-Identifier: MIT */
/* Packets as hcidump prints them, blanks removed, against the octets that they were. */
#include "capture/hcidump_fields.h"

#include <string.h>

#include "cli/explain/printed.h"

static struct explain_octets octets;

static void frames_are_read(void **state)
{
	static const struct {
		size_t dlen;
		const char *body, *octets;
	} rows[] = {
		{11,
		 "SMP:PairingRequest(0x01)capability0x04oob0x00authreq0x2dmaxkeysize0x10"
		 "initkeydist0x0drespkeydist0x0fCapability:KeyboardDisplay(OOBdatanotpresent)",
		 "070006000104002d100d0f"},
		{21, "SMP:PairingConfirm(0x03)key77654f36cbf63c5a364ba018b326a142",
		 "110006000377654f36cbf63c5a364ba018b326a142"},
		{21, "SMP:PairingRandom(0x04)randomce9c2433f1fbc78c93860e61e27dbfa8",
		 "1100060004ce9c2433f1fbc78c93860e61e27dbfa8"},
		{6, "SMP:PairingFailed(0x05)reason0x03ReasonAuthenticationRequirements",
		 "020006000503"},
		{15, "SMP:CentralIdent(0x07)EDIV0xee02Rand0xeb935f0728e82007",
		 "0b0006000702eeeb935f0728e82007"},
		{6, "SMP:SecurityRequest(0x0b)authreq0x05", "020006000b05"},
		{21, "SMP:Unknown(0x0d)3FAD5926C45DB5EAF657F62062E7EFA20X",
		 "110006000d3fad5926c45db5eaf657f62062e7efa2"},
		{21, "SMP:Unknown(0x0d)0000:3fad5926c45db5eaf657f62062e7efa2.Y&.]",
		 "110006000d3fad5926c45db5eaf657f62062e7efa2"},
		/* A value that is cut; an address that hcidump prints wrong. */
		{21, "SMP:PairingConfirm(0x03)key7765",
		 "11000600037765????????????????????????????"},
		{12, "SMP:IdentAddrInfo(0x09)bdaddr00:11:22:33:44:55(Random)",
		 "0800060009??????????????"},
		/* Its length is not in the text. */
		{0, "SMP:PairingFailed(0x05)reason0x03", "020006000503"},
		{10, "L2CAP(d):cid0x0005len6[psm0]130102000000", "06000500130102000000"},
		{9, "ATT:Error(0x01)Error:Attributenotfound(10)", "0500040001??????0a"},
		{9, "ATT:Error(0x01)Error:Insufficientauthentication(5)Readreq(0x0a)onhandle0x0012",
		 "05000400010a120005"},
		{9, "ATT:Error(0x02)Error:X(5)Readreq(0x0a)onhandle0x0012", "05000400??????????"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(capture_hcidump_frame(&octets, rows[i].dlen, rows[i].body));
		assert_string_equal(octets_text(&octets), rows[i].octets);
	}
	assert_false(capture_hcidump_frame(&octets, 9, ""));
	assert_false(capture_hcidump_frame(&octets, 9, "SMP:Pairing"));
	assert_false(capture_hcidump_frame(&octets, 9, "L2CAP(d):cid0x0005"));
}

/* Its names are looked for at the beginning: in 160 characters. */
static void what_hcidump_prints_is_known_by_its_names(void **state)
{
	char body[200];

	(void)state;
	for (size_t before = 153; before < 157; before++) {
		memset(body, 'x', sizeof(body));
		strcpy(body + before, "status0x00");
		assert_int_equal(capture_hcidump_prints(body, 0), before <= 160 - 6);
	}
	assert_true(capture_hcidump_prints("bdaddr00:11", 0));
	assert_false(capture_hcidump_prints("statusSuccess", 0));
	assert_true(capture_hcidump_prints("0102", 2));
	assert_false(capture_hcidump_prints("0102", 3));
}

static void events_are_read(void **state)
{
	static const struct {
		unsigned code, len;
		const char *body, *octets;
	} rows[] = {
		{0x05, 4, "status0x00handle71reason0x08Reason:ConnectionTimeout", "050400470008"},
		{0x03, 11, "status0x04handle0bdaddrC4:E0:1E:08:DC:D3typeACLencrypt0x00",
		 "030b040000d3dc081ee0c40100"},
		{0x08, 4, "status0x06handle64encrypt0x00Error:PINorKeyMissing", "080406400000"},
		{0x13, 5, "handle71packets1", "13050147000100"},
		{0x0f, 4, "LEStartEncryption(0x08|0x0019)status0x00ncmd1", "0f0400011920"},
		{0x0e, 4, "Reset(0x03|0x0003)ncmd100", "0e0401030c00"},
		{0x0e, 4, "Reset(0x03|0x0003)ncmd1status0x00", "0e0401030c00"},
		{0x0e, 10, "ReadBDADDR(0x04|0x0009)ncmd1status0x00bdaddr00:11:22:33:44:55",
		 "0e0a01091000554433221100"},
		{0x3e, 19,
		 "LEConnectionCompletestatus0x00handle64,rolecentralbdaddrC0:01:02:03:04:05("
		 "Random)",
		 "3e1301004000000105040302"
		 "01c0??????????????"},
		{0x3e, 10,
		 "LEConnectionUpdateCompletestatus0x00handle64interval67.50ms,latency0.00ms,"
		 "superv.timeout20000.00ms",
		 "3e0a0300400036000000d007"},
		{0x3e, 13, "LELongTermKeyRequest400000112233445566770102",
		 "3e0d05400000112233445566770102"},
		{0x05, 4, "00470008", "050400470008"},
		/* Of BR/EDR; the type of link is a word. */
		{0x03, 11, "status0x00handle11bdaddr00:05:04:03:02:09typeACLencrypt0x00",
		 "030b000b000902030405000100"},
		{0x03, 11, "status0x00handle12bdaddr00:05:04:03:02:09typeSCOencrypt0x00",
		 "030b000c000902030405000000"},
		{0x03, 11, "status0x00handle12bdaddr00:05:04:03:02:09type",
		 "030b000c00090203040500????"},
		{0x06, 3, "status0x05handle11Error:AuthenticationFailure", "0603050b00"},
		{0x36, 7, "status0x05bdaddr00:05:04:03:02:09Error:AuthenticationFailure",
		 "360705090203040500"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(capture_hcidump_prints(rows[i].body, rows[i].len) ||
			    rows[i].code == 0x0e || rows[i].code == 0x3e);
		capture_hcidump_event(&octets, (uint8_t)rows[i].code, rows[i].len, rows[i].body);
		assert_string_equal(octets_text(&octets), rows[i].octets);
	}
}

static void commands_are_read(void **state)
{
	(void)state;
	capture_hcidump_command(&octets, 0x0406, 3, "handle64reason0x13Reason:Remote");
	assert_string_equal(octets_text(&octets), "060403400013");
	capture_hcidump_command(&octets, 0x200d, 25,
				"bdaddr60:76:66:F9:43:90type1interval96window48initiator_filter0"
				"own_bdaddr_type1min_interval6max_interval12"
				"latency3supervision_to200min_ce4max_ce6");
	assert_string_equal(octets_text(&octets), "0d20196000300000019043f9667660010600"
						  "0c000300c80004000600");
	capture_hcidump_command(&octets, 0x200d, 25, "bdaddr60:76:66:F9:43:90type1");
	assert_string_equal(octets_text(&octets), "0d2019??????????019043f9667660??????"
						  "????????????????????");
	capture_hcidump_command(&octets, 0x201b, 2, "4000");
	assert_string_equal(octets_text(&octets), "1b20024000");
	capture_hcidump_command(&octets, 0x201b, 2, "");
	assert_string_equal(octets_text(&octets), "1b2002????");
	assert_false(capture_hcidump_prints("Status:Success(0x00)Handle:64", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_read),
		cmocka_unit_test(what_hcidump_prints_is_known_by_its_names),
		cmocka_unit_test(events_are_read),
		cmocka_unit_test(commands_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
