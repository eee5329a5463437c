/* SPDX-License-Identifier: MIT */
/* Packets of the management interface, against the octets that they were. */
#include "capture/management_fields.h"

#include "cli/explain/printed.h"

static struct explain_octets octets;

static void commands_and_events_are_read(void **state)
{
	static const struct {
		bool command;
		uint16_t code;
		size_t len;
		const char *body, *octets;
	} rows[] = {
		{true, 0x0019, 8,
		 "LEAddress:C0:01:02:03:04:05(Static)Capability:KeyboardDisplay(0x04)",
		 "1900050403"
		 "0201c00204"},
		{true, 0x0018, 1, "Capability:NoInputNoOutput(0x03)", "180003"},
		{true, 0x0009, 1, "Bondable:Disabled(0x00)", "090000"},
		{true, 0x001d, 7, "LEAddress:00:1F:7B:4A:0E:CB(TechNexionLtd.)",
		 "1d00cb0e4a7b1f0001"},
		{true, 0x001e, 11, "LEAddress:C0:01:02:03:04:05(Static)Passkey:0x1e240",
		 "1e00050403"
		 "0201c00240e20100"},
		{true, 0x0021, 71,
		 "BR/EDRAddress:00:1F:7B:4A:0E:CB(TechNexionLtd.)"
		 "HashCfromP-192:00112233445566778899aabbccddeeff"
		 "RandomizerRwithP-192:00000000000000000000000000000000",
		 "2100cb0e4a7b1f000000112233445566778899aabbccddeeff"
		 "00000000000000000000000000000000"
		 "????????????????????????????????????????????????????????????????"},
		{false, 0x000f, 12,
		 "LEAddress:DE:C7:3E:59:CE:8B(Static)Confirmhint:0x01Value:0x00000000",
		 "0f008bce593ec7de020100000000"},
		{false, 0x0011, 8,
		 "LEAddress:DE:C7:3E:59:CE:8B(Static)Status:AuthenticationFailed(0x05)",
		 "11008bce593ec7de0205"},
		{false, 0x000c, 8,
		 "LEAddress:F4:6A:D7:83:62:E4(MicrosoftCorporation)Reason:"
		 "Connectionterminatedduetoauthenticationfailure(0x04)",
		 "0c00e46283d76af40104"},
		/* What is cut is not known. */
		{false, 0x0011, 8, "LEAddress:DE:C7:3E..", "1100????????????????"},
		{false, 0x0010, 7, "LEAddress:DE:C7:3E:59:CE:8B", "10008bce593ec7de??"},
		/* Answers. */
		{false, 0x0001, 10,
		 "PairDevice(0x0019)plen7Status:AuthenticationFailed(0x05)"
		 "LEAddress:C0:01:02:03:04:05(Static)",
		 "01001900050504030201c002"},
		{false, 0x0002, 3, "PairDevice(0x0019)Status:Rejected(0x0b)", "020019000b"},
		{false, 0x0002, 3, "PairDevice", "0200??????"},
		/* Not known: its octets are not either. */
		{false, 0x0fff, 2, "X:1", "ff0f????"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		capture_fields_management(&octets, rows[i].command, rows[i].code, rows[i].len,
					  rows[i].body);
		assert_string_equal(octets_text(&octets), rows[i].octets);
	}
}

static void a_line_of_older_versions_is_an_event(void **state)
{
	static const struct {
		const char *body, *octets;
	} rows[] = {
		{"DeviceConnected:00:11:22:33:44:55(1)flags0x0001",
		 "0b005544332211000101000000????"},
		{"DeviceDisconnected:00:11:22:33:44:55(0)reason3", "0c005544332211000003"},
		{"AuthenticationFailed:00:11:22:33:44:55(2)status0x05", "11005544332211000205"},
		{"ConnectFailed:00:11:22:33:44:55", "0d00554433221100????"},
		{"UserConfirmationRequest:00:11:22:33:44:55(2)hint1value123",
		 "0f0055443322110002017b000000"},
		{"NewLongTermKey:00:11:22:33:44:55(2)Unauthenticated",
		 "0a00??55443322110002"
		 "??????????????????????????????????????????????????????????"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(capture_fields_management_line(&octets, rows[i].body));
		assert_string_equal(octets_text(&octets), rows[i].octets);
	}
	assert_false(capture_fields_management_line(&octets, "DeviceConnected:00:11"));
	assert_false(capture_fields_management_line(&octets, "MGMTCommand:PairDevice"));
	assert_false(capture_fields_management_line(&octets, ""));
}

static void a_long_packet_stays_within_its_bounds(void **state)
{
	(void)state;
	capture_fields_management(&octets, true, 0x0013, EXPLAIN_TEXT_PACKET - 2, "Keys:30");
	assert_int_equal(octets.len, EXPLAIN_TEXT_PACKET);
	capture_fields_management(&octets, false, 0x000a, 3, "Storehint:Yes(0x01)");
	assert_int_equal(octets.len, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_events_are_read),
		cmocka_unit_test(a_line_of_older_versions_is_an_event),
		cmocka_unit_test(a_long_packet_stays_within_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
