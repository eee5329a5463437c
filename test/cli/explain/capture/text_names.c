/* SPDX-License-Identifier: MIT */
/* Headers that people shortened are known by the names in them. */
#include "capture/text_names.h"

#include <string.h>

#include "hci/protocol.h"
#include "unit.h"

static void a_command_is_known_by_each_of_its_names(void **state)
{
	static const struct {
		const char *text;
		uint16_t opcode;
		const char *behind;
	} rows[] = {
		{"LEStartEncryptionHandle:64", HCI_LE_ENABLE_ENCRYPTION, "Handle:64"},
		{"LEEnableEncryption(0x08|0x0019)#12", HCI_LE_ENABLE_ENCRYPTION, "#12"},
		{"DisconnectReason:", HCI_DISCONNECT, "Reason:"},
		{"LECreateConnectionplen25[hci0]", HCI_LE_CREATE_CONNECTION, "[hci0]"},
		{"LEStartEncryption...Longtermkey", HCI_LE_ENABLE_ENCRYPTION, "Longtermkey"},
		{"LECreateConnectionCancel", HCI_LE_CREATE_CONNECTION_CANCEL, ""},
		{"LELongTermKeyRequestNegReply(0x08|0x001b)", HCI_LE_LTK_NEGATIVE_REPLY, ""},
	};
	uint16_t opcode;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *p = rows[i].text;
		assert_true(text_named_command(&p, &opcode));
		assert_int_equal(opcode, rows[i].opcode);
		assert_string_equal(p, rows[i].behind);
	}
	const char *p = "Nonsense";
	assert_false(text_named_command(&p, &opcode));
	assert_string_equal(p, "Nonsense");
}

static void an_event_of_le_is_known_without_its_meta_event(void **state)
{
	static const struct {
		const char *text;
		uint8_t code, subevent;
		const char *behind;
	} rows[] = {
		{"EncryptionChangeStatus:", HCI_ENCRYPTION_CHANGE, 0, "Status:"},
		{"EncryptionChange:Status:", HCI_ENCRYPTION_CHANGE, 0, "Status:"},
		{"DisconnectComplete(0x05)#2", HCI_DISCONNECTION_COMPLETE, 0, "#2"},
		{"DisconnectionComplete", HCI_DISCONNECTION_COMPLETE, 0, ""},
		{"CommandStatus(0x0f)plen4", HCI_COMMAND_STATUS, 0, ""},
		{"LEEnhancedConnectionComplete(0x0a)Status:", HCI_LE_META,
		 HCI_LE_ENHANCED_CONNECTION_COMPLETE, "Status:"},
		{"LEConnectionUpdateCompleteStatus:", HCI_LE_META,
		 HCI_LE_CONNECTION_UPDATE_COMPLETE, "Status:"},
	};
	uint8_t code, subevent;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *p = rows[i].text;
		assert_true(text_named_event(&p, &code, &subevent));
		assert_int_equal(code, rows[i].code);
		assert_int_equal(subevent, rows[i].subevent);
		assert_string_equal(p, rows[i].behind);
	}
	const char *p = "Nonsense";
	assert_false(text_named_event(&p, &code, &subevent));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_known_by_each_of_its_names),
		cmocka_unit_test(an_event_of_le_is_known_without_its_meta_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
