/* SPDX-License-Identifier: MIT */
#include "hci/protocol.h"

/* clang-format off */
static const struct hci_command_format commands[] = {
	/* opcode                       returned octet bit */
	{HCI_DISCONNECT,                        0,  0, 5, "Disconnect"},
	{HCI_READ_REMOTE_VERSION,               0,  2, 7, "Read Remote Version Information"},
	{HCI_SET_EVENT_MASK,                    1,  5, 6, "Set Event Mask"},
	{HCI_RESET,                             1,  5, 7, "Reset"},
	{HCI_SET_EVENT_MASK_PAGE_2,             1, 22, 2, "Set Event Mask Page 2"},
	{HCI_WRITE_LE_HOST_SUPPORT,             1, 24, 6, "Write LE Host Support"},
	{HCI_READ_LOCAL_VERSION,                9, 14, 3, "Read Local Version Information"},
	{HCI_READ_LOCAL_COMMANDS,              65, 14, 4, "Read Local Supported Commands"},
	{HCI_READ_LOCAL_FEATURES,               9, 14, 5, "Read Local Supported Features"},
	{HCI_READ_BUFFER_SIZE,                  8, 14, 7, "Read Buffer Size"},
	{HCI_READ_BD_ADDR,                      7, 15, 1, "Read BD_ADDR"},
	{HCI_LE_SET_EVENT_MASK,                 1, 25, 0, "LE Set Event Mask"},
	{HCI_LE_READ_BUFFER_SIZE,               4, 25, 1, "LE Read Buffer Size"},
	{HCI_LE_READ_LOCAL_FEATURES,            9, 25, 2, "LE Read Local Supported Features"},
	{HCI_LE_SET_RANDOM_ADDRESS,             1, 25, 4, "LE Set Random Address"},
	{HCI_LE_SET_ADVERTISING_PARAMETERS,     1, 25, 5, "LE Set Advertising Parameters"},
	{HCI_LE_SET_ADVERTISING_DATA,           1, 25, 7, "LE Set Advertising Data"},
	{HCI_LE_SET_SCAN_RESPONSE_DATA,         1, 26, 0, "LE Set Scan Response Data"},
	{HCI_LE_SET_ADVERTISING_ENABLE,         1, 26, 1, "LE Set Advertising Enable"},
	{HCI_LE_SET_SCAN_PARAMETERS,            1, 26, 2, "LE Set Scan Parameters"},
	{HCI_LE_SET_SCAN_ENABLE,                1, 26, 3, "LE Set Scan Enable"},
	{HCI_LE_CREATE_CONNECTION,              0, 26, 4, "LE Create Connection"},
	{HCI_LE_CREATE_CONNECTION_CANCEL,       1, 26, 5, "LE Create Connection Cancel"},
	{HCI_LE_READ_ACCEPT_LIST_SIZE,          2, 26, 6, "LE Read Filter Accept List Size"},
	{HCI_LE_CLEAR_ACCEPT_LIST,              1, 26, 7, "LE Clear Filter Accept List"},
	{HCI_LE_ADD_TO_ACCEPT_LIST,             1, 27, 0, "LE Add Device To Filter Accept List"},
	{HCI_LE_CONNECTION_UPDATE,              0, 27, 2, "LE Connection Update"},
	{HCI_LE_READ_REMOTE_FEATURES,           0, 27, 5, "LE Read Remote Features"},
	{HCI_LE_ENABLE_ENCRYPTION,              0, 28, 0, "LE Enable Encryption"},
	{HCI_LE_LTK_REPLY,                      3, 28, 1, "LE Long Term Key Request Reply"},
	{HCI_LE_LTK_NEGATIVE_REPLY,             3, 28, 2, "LE Long Term Key Request Negative Reply"},
	{HCI_LE_READ_STATES,                    9, 28, 3, "LE Read Supported States"},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY,                3, 33, 4, "LE Remote Connection Parameter Request Reply"},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY,       3, 33, 5, "LE Remote Connection Parameter Request Negative Reply"},
	{HCI_LE_SET_DATA_LENGTH,                3, 33, 6, "LE Set Data Length"},
	{HCI_LE_WRITE_DEFAULT_DATA_LENGTH,      1, 34, 0, "LE Write Suggested Default Data Length"},
	{HCI_LE_ADD_TO_RESOLVING_LIST,          1, 34, 3, "LE Add Device To Resolving List"},
	{HCI_LE_CLEAR_RESOLVING_LIST,           1, 34, 5, "LE Clear Resolving List"},
	{HCI_LE_SET_ADDRESS_RESOLUTION,         1, 35, 1, "LE Set Address Resolution Enable"},
	{HCI_LE_READ_PHY,                       5, 35, 4, "LE Read PHY"},
	{HCI_LE_SET_DEFAULT_PHY,                1, 35, 5, "LE Set Default PHY"},
	{HCI_LE_SET_PHY,                        0, 35, 6, "LE Set PHY"},
	{HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS,         1, 36, 1, "LE Set Advertising Set Random Address"},
	{HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 2, 36, 2, "LE Set Extended Advertising Parameters"},
	{HCI_LE_SET_EXTENDED_ADVERTISING_DATA,  1, 36, 3, "LE Set Extended Advertising Data"},
	{HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA, 1, 36, 4, "LE Set Extended Scan Response Data"},
	{HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE, 1, 36, 5, "LE Set Extended Advertising Enable"},
	{HCI_LE_SET_EXTENDED_SCAN_PARAMETERS,   1, 37, 5, "LE Set Extended Scan Parameters"},
	{HCI_LE_SET_EXTENDED_SCAN_ENABLE,       1, 37, 6, "LE Set Extended Scan Enable"},
	{HCI_LE_EXTENDED_CREATE_CONNECTION,     0, 37, 7, "LE Extended Create Connection"},
	{HCI_INTEL_READ_VERSION,                2, 255, 0, "Intel Read Version"},
	{HCI_ZEPHYR_READ_STATIC_ADDRESSES,      2, 255, 0, "Zephyr Read Static Addresses"},
	{HCI_REALTEK_DOWNLOAD,                  2, 255, 0, "Realtek Download"},
	{HCI_REALTEK_READ_REGISTER,             3, 255, 0, "Realtek Read Register"},
	{HCI_REALTEK_READ_ROM_VERSION,          2, 255, 0, "Realtek Read ROM Version"},
};

/* Commands that captures of other hosts have, by the names of the specification. */
static const struct {
	uint16_t opcode;
	const char *name;
} newer[] = {
	{HCI_READ_ERRONEOUS_REPORTING,            "Read Default Erroneous Data Reporting"},
	{HCI_LE_SET_RPA_TIMEOUT,                  "LE Set Resolvable Private Address Timeout"},
	{HCI_READ_LOCAL_COMMANDS_V2,              "Read Local Supported Commands [v2]"},
	{HCI_LE_CONNECTION_RATE_REQUEST,          "LE Connection Rate Request"},
	{HCI_LE_SET_DEFAULT_RATE_PARAMETERS,      "LE Set Default Rate Parameters"},
	{HCI_LE_READ_MINIMUM_CONNECTION_INTERVAL, "LE Read Minimum Supported Connection Interval"},
	{HCI_LE_SET_EVENT_MASK_V2,                "LE Set Event Mask [v2]"},
};

static const struct hci_event_format events[] = {
	{HCI_DISCONNECTION_COMPLETE,        4, "Disconnection Complete"},
	{HCI_ENCRYPTION_CHANGE,             4, "Encryption Change"},
	{HCI_READ_REMOTE_VERSION_COMPLETE,  8, "Read Remote Version Information Complete"},
	{HCI_COMMAND_COMPLETE,              3, "Command Complete"},
	{HCI_COMMAND_STATUS,                4, "Command Status"},
	{HCI_HARDWARE_ERROR,                1, "Hardware Error"},
	{HCI_NUMBER_OF_COMPLETED_PACKETS,   1, "Number Of Completed Packets"},
	{HCI_DATA_BUFFER_OVERFLOW,          1, "Data Buffer Overflow"},
	{HCI_KEY_REFRESH_COMPLETE,          3, "Encryption Key Refresh Complete"},
	{HCI_LE_META,                       1, "LE Meta"},
	{HCI_ENCRYPTION_CHANGE_V2,          5, "Encryption Change [v2]"},
};

static const struct hci_event_format subevents[] = {
	{HCI_LE_CONNECTION_COMPLETE,            19, "LE Connection Complete"},
	{HCI_LE_ADVERTISING_REPORT,              2, "LE Advertising Report"},
	{HCI_LE_CONNECTION_UPDATE_COMPLETE,     10, "LE Connection Update Complete"},
	{HCI_LE_REMOTE_FEATURES_COMPLETE,       12, "LE Read Remote Features Complete"},
	{HCI_LE_LTK_REQUEST,                    13, "LE Long Term Key Request"},
	{HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST,              11, "LE Remote Connection Parameter Request"},
	{HCI_LE_DATA_LENGTH_CHANGE,             11, "LE Data Length Change"},
	{HCI_LE_ENHANCED_CONNECTION_COMPLETE,   31, "LE Enhanced Connection Complete"},
	{HCI_LE_DIRECTED_ADVERTISING_REPORT,     2, "LE Directed Advertising Report"},
	{HCI_LE_PHY_UPDATE_COMPLETE,             6, "LE PHY Update Complete"},
	{HCI_LE_EXTENDED_ADVERTISING_REPORT,     2, "LE Extended Advertising Report"},
	{HCI_LE_SCAN_TIMEOUT,                    1, "LE Scan Timeout"},
	{HCI_LE_ADVERTISING_SET_TERMINATED,      6, "LE Advertising Set Terminated"},
	{HCI_LE_CHANNEL_SELECTION,               4, "LE Channel Selection Algorithm"},
	{HCI_LE_CONNECTION_RATE_CHANGE,         14, "LE Connection Rate Change"},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct hci_command_format *hci_command_format(uint16_t opcode)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].opcode == opcode)
			return &commands[i];
	return NULL;
}

static const struct hci_event_format *find(const struct hci_event_format *table, size_t count,
					   uint8_t code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

const struct hci_event_format *hci_event_format(uint8_t code)
{
	return find(events, COUNT(events), code);
}

const struct hci_event_format *hci_subevent_format(uint8_t subevent)
{
	return find(subevents, COUNT(subevents), subevent);
}

const char *hci_command_name(uint16_t opcode)
{
	const struct hci_command_format *format = hci_command_format(opcode);

	for (size_t i = 0; !format && i < COUNT(newer); i++)
		if (newer[i].opcode == opcode)
			return newer[i].name;
	return format ? format->name : "a command not known here";
}
