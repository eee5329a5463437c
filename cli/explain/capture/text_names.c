/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/text_names.h"

#include <string.h>

#include "capture/text_fields.h"
#include "hci/protocol.h"

struct name {
	const char *text;
	uint16_t code;
};

/* Only those that bear on pairing; longer names are before those that they begin with. */
static const struct name commands[] = {
	{"Disconnect", HCI_DISCONNECT},
	{"ReadBDADDR", HCI_READ_BD_ADDR},
	{"ReadBD_ADDR", HCI_READ_BD_ADDR},
	{"LESetRandomAddress", HCI_LE_SET_RANDOM_ADDRESS},
	{"LECreateConnectionCancel", HCI_LE_CREATE_CONNECTION_CANCEL},
	{"LECreateConnection", HCI_LE_CREATE_CONNECTION},
	{"LEExtendedCreateConnection", HCI_LE_EXTENDED_CREATE_CONNECTION},
	{"LEConnectionUpdate", HCI_LE_CONNECTION_UPDATE},
	{"LEReadRemoteUsedFeatures", HCI_LE_READ_REMOTE_FEATURES},
	{"LEReadRemoteFeatures", HCI_LE_READ_REMOTE_FEATURES},
	{"LEStartEncryption", HCI_LE_ENABLE_ENCRYPTION},
	{"LEEnableEncryption", HCI_LE_ENABLE_ENCRYPTION},
	{"LELongTermKeyRequestReply", HCI_LE_LTK_REPLY},
	{"LELongTermKeyReply", HCI_LE_LTK_REPLY},
	{"LELongTermKeyRequestNegReply", HCI_LE_LTK_NEGATIVE_REPLY},
	{"LELongTermKeyRequestNegativeReply", HCI_LE_LTK_NEGATIVE_REPLY},
	{"LELongTermKeyNegReply", HCI_LE_LTK_NEGATIVE_REPLY},
};

static const struct name events[] = {
	{"DisconnectComplete", HCI_DISCONNECTION_COMPLETE},
	{"DisconnectionComplete", HCI_DISCONNECTION_COMPLETE},
	{"EncryptionChangev2", HCI_ENCRYPTION_CHANGE_V2},
	{"EncryptionChange[v2]", HCI_ENCRYPTION_CHANGE_V2},
	{"EncryptionChange", HCI_ENCRYPTION_CHANGE},
	{"EncryptChange", HCI_ENCRYPTION_CHANGE},
	{"EncryptionKeyRefreshComplete", HCI_KEY_REFRESH_COMPLETE},
	{"EncryptionKeyRefresh", HCI_KEY_REFRESH_COMPLETE},
	{"CommandComplete", HCI_COMMAND_COMPLETE},
	{"CommandStatus", HCI_COMMAND_STATUS},
	{"NumberofCompletedPackets", HCI_NUMBER_OF_COMPLETED_PACKETS},
	{"NumberOfCompletedPackets", HCI_NUMBER_OF_COMPLETED_PACKETS},
	{"LEMetaEvent", HCI_LE_META},
	{"LEMeta", HCI_LE_META},
};

static const struct name subevents[] = {
	{"LEConnectionComplete", HCI_LE_CONNECTION_COMPLETE},
	{"LEConnectionUpdateComplete", HCI_LE_CONNECTION_UPDATE_COMPLETE},
	{"LELongTermKeyRequest", HCI_LE_LTK_REQUEST},
	{"LEEnhancedConnectionComplete", HCI_LE_ENHANCED_CONNECTION_COMPLETE},
	{"LERemoteConnectionParameterRequest", HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST},
};

#define FIND_NAME(table, p) find(table, sizeof(table) / sizeof((table)[0]), p)

static const struct name *find(const struct name *table, size_t count, const char *p)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(p, table[i].text, strlen(table[i].text)) == 0)
			return &table[i];
	return NULL;
}

/* Passes over "(0x08|0x0019)", "plen28" and what people put before the fields; any may be missing.
 */
static void pass(const char **p, size_t name)
{
	uint64_t value;

	*p += name;
	if (strncmp(*p, "(0x", 3) == 0) {
		size_t len = strspn(*p + 3, "0123456789abcdefABCDEF|x");
		*p += (*p)[3 + len] == ')' ? 3 + len + 1 : 0;
	}
	if (strncmp(*p, "plen", 4) == 0) {
		*p += 4;
		(void)capture_decimal(p, &value);
	}
	*p += strspn(*p, ":.-,");
}

bool text_named_command(const char **p, uint16_t *opcode)
{
	const struct name *name = FIND_NAME(commands, *p);

	if (!name)
		return false;
	*opcode = name->code;
	pass(p, strlen(name->text));
	return true;
}

bool text_named_event(const char **p, uint8_t *code, uint8_t *subevent)
{
	const struct name *name = FIND_NAME(subevents, *p);

	*subevent = name ? (uint8_t)name->code : 0;
	*code = HCI_LE_META;
	if (!name) {
		name = FIND_NAME(events, *p);
		if (!name)
			return false;
		*code = (uint8_t)name->code;
	}
	pass(p, strlen(name->text));
	return true;
}
