/* SPDX-License-Identifier: MIT */
/*
 * HCI commands and events by number and name, with their sizes: Core Vol 4 Part E 7. The tables
 * list only those that blepair uses, or explains in captures of other hosts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packet types of H4, Core Vol 4 Part A 2. Every packet here begins with one. */
enum { HCI_COMMAND = 1, HCI_ACL = 2, HCI_SCO = 3, HCI_EVENT = 4, HCI_ISO = 5 };

/*
 * The longest accepted packet: an event has up to 255 octets of parameters; ACL packets of LE
 * controllers have at most 251, those of BR/EDR at most 1021.
 */
#define HCI_PACKET_MAX	(1 + 4 + 1021)
#define HCI_COMMAND_MAX (1 + 3 + 255)

/* The group of opcodes that each maker gives a meaning of its own, 5.4.1. */
#define HCI_IS_VENDOR_OPCODE(opcode) ((opcode) >> 10 == 0x3f)

enum hci_opcode {
	HCI_DISCONNECT = 0x0406,
	HCI_READ_REMOTE_VERSION = 0x041d,
	HCI_SET_EVENT_MASK = 0x0c01,
	HCI_RESET = 0x0c03,
	HCI_SET_EVENT_MASK_PAGE_2 = 0x0c63,
	HCI_WRITE_LE_HOST_SUPPORT = 0x0c6d,
	HCI_READ_LOCAL_VERSION = 0x1001,
	HCI_READ_LOCAL_COMMANDS = 0x1002,
	HCI_READ_LOCAL_FEATURES = 0x1003,
	HCI_READ_BUFFER_SIZE = 0x1005,
	HCI_READ_BD_ADDR = 0x1009,
	HCI_LE_SET_EVENT_MASK = 0x2001,
	HCI_LE_READ_BUFFER_SIZE = 0x2002,
	HCI_LE_READ_LOCAL_FEATURES = 0x2003,
	HCI_LE_SET_RANDOM_ADDRESS = 0x2005,
	HCI_LE_SET_ADVERTISING_PARAMETERS = 0x2006,
	HCI_LE_SET_ADVERTISING_DATA = 0x2008,
	HCI_LE_SET_SCAN_RESPONSE_DATA = 0x2009,
	HCI_LE_SET_ADVERTISING_ENABLE = 0x200a,
	HCI_LE_SET_SCAN_PARAMETERS = 0x200b,
	HCI_LE_SET_SCAN_ENABLE = 0x200c,
	HCI_LE_CREATE_CONNECTION = 0x200d,
	HCI_LE_CREATE_CONNECTION_CANCEL = 0x200e,
	HCI_LE_READ_ACCEPT_LIST_SIZE = 0x200f,
	HCI_LE_CLEAR_ACCEPT_LIST = 0x2010,
	HCI_LE_ADD_TO_ACCEPT_LIST = 0x2011,
	HCI_LE_CONNECTION_UPDATE = 0x2013,
	HCI_LE_READ_REMOTE_FEATURES = 0x2016,
	HCI_LE_ENABLE_ENCRYPTION = 0x2019,
	HCI_LE_LTK_REPLY = 0x201a,
	HCI_LE_LTK_NEGATIVE_REPLY = 0x201b,
	HCI_LE_READ_STATES = 0x201c,
	HCI_LE_REMOTE_CONNECTION_PARAMETER_REPLY = 0x2020,
	HCI_LE_REMOTE_CONNECTION_PARAMETER_NEGATIVE_REPLY = 0x2021,
	HCI_LE_SET_DATA_LENGTH = 0x2022,
	HCI_LE_WRITE_DEFAULT_DATA_LENGTH = 0x2024,
	HCI_LE_ADD_TO_RESOLVING_LIST = 0x2027,
	HCI_LE_CLEAR_RESOLVING_LIST = 0x2029,
	HCI_LE_SET_ADDRESS_RESOLUTION = 0x202d,
	HCI_LE_READ_PHY = 0x2030,
	HCI_LE_SET_DEFAULT_PHY = 0x2031,
	HCI_LE_SET_PHY = 0x2032,
	HCI_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS = 0x2035,
	HCI_LE_SET_EXTENDED_ADVERTISING_PARAMETERS = 0x2036,
	HCI_LE_SET_EXTENDED_ADVERTISING_DATA = 0x2037,
	HCI_LE_SET_EXTENDED_SCAN_RESPONSE_DATA = 0x2038,
	HCI_LE_SET_EXTENDED_ADVERTISING_ENABLE = 0x2039,
	HCI_LE_SET_EXTENDED_SCAN_PARAMETERS = 0x2041,
	HCI_LE_SET_EXTENDED_SCAN_ENABLE = 0x2042,
	HCI_LE_EXTENDED_CREATE_CONNECTION = 0x2043,

	/* Intel's own: which image runs. Its boot loader knows no other command of use here. */
	HCI_INTEL_READ_VERSION = 0xfc05,
	/* Zephyr's own: the static addresses that its chip was made with. */
	HCI_ZEPHYR_READ_STATIC_ADDRESSES = 0xfc09,

	/* Realtek's own: hci/realtek.h. */
	HCI_REALTEK_DOWNLOAD = 0xfc20,
	HCI_REALTEK_READ_REGISTER = 0xfc61, /* of 16 bits */
	HCI_REALTEK_READ_ROM_VERSION = 0xfc6d,

	/* Not sent: hci/makers.h names the controllers that list it in vain. */
	HCI_READ_ERRONEOUS_REPORTING = 0x0c5a,
	HCI_LE_SET_RPA_TIMEOUT = 0x202e,

	/* In captures of other hosts only: blepair does not send them. */
	HCI_READ_LOCAL_COMMANDS_V2 = 0x1010,	 /* 6.3: returns 251 octets of Supported Commands */
	HCI_LE_CONNECTION_RATE_REQUEST = 0x20a1, /* 6.2 */
	HCI_LE_SET_DEFAULT_RATE_PARAMETERS = 0x20a2,
	HCI_LE_READ_MINIMUM_CONNECTION_INTERVAL = 0x20a3,
	HCI_LE_SET_EVENT_MASK_V2 = 0x20a4, /* 6.3: 255 octets of LE Event Mask */
};

enum hci_event_code {
	HCI_DISCONNECTION_COMPLETE = 0x05,
	HCI_ENCRYPTION_CHANGE = 0x08,
	HCI_READ_REMOTE_VERSION_COMPLETE = 0x0c,
	HCI_COMMAND_COMPLETE = 0x0e,
	HCI_COMMAND_STATUS = 0x0f,
	HCI_HARDWARE_ERROR = 0x10,
	HCI_NUMBER_OF_COMPLETED_PACKETS = 0x13,
	HCI_DATA_BUFFER_OVERFLOW = 0x1a,
	HCI_KEY_REFRESH_COMPLETE = 0x30,
	HCI_LE_META = 0x3e,
	HCI_ENCRYPTION_CHANGE_V2 = 0x59,
	HCI_VENDOR_EVENT = 0xff, /* the maker's: 5.4.4 */
};

enum hci_subevent {
	HCI_LE_CONNECTION_COMPLETE = 0x01,
	HCI_LE_ADVERTISING_REPORT = 0x02,
	HCI_LE_CONNECTION_UPDATE_COMPLETE = 0x03,
	HCI_LE_REMOTE_FEATURES_COMPLETE = 0x04,
	HCI_LE_LTK_REQUEST = 0x05,
	HCI_LE_REMOTE_CONNECTION_PARAMETER_REQUEST = 0x06,
	HCI_LE_DATA_LENGTH_CHANGE = 0x07,
	HCI_LE_ENHANCED_CONNECTION_COMPLETE = 0x0a,
	HCI_LE_DIRECTED_ADVERTISING_REPORT = 0x0b,
	HCI_LE_PHY_UPDATE_COMPLETE = 0x0c,
	HCI_LE_EXTENDED_ADVERTISING_REPORT = 0x0d,
	HCI_LE_SCAN_TIMEOUT = 0x11,
	HCI_LE_ADVERTISING_SET_TERMINATED = 0x12,
	HCI_LE_CHANNEL_SELECTION = 0x14,
	HCI_LE_CONNECTION_RATE_CHANGE = 0x37, /* 6.2: intervals of 125 us, from 375 us on */
};

struct hci_command_format {
	uint16_t opcode;
	uint8_t returned;   /* minimum octets of return parameters, including status; 0: Command
			       Status */
	uint8_t octet, bit; /* its bit in Supported Commands, Part E 6.27; octet 255: it has none */
	const char *name;
};

struct hci_event_format {
	uint8_t code;  /* of the event, or of the LE subevent */
	uint8_t least; /* minimum octets of parameters, including the code of an LE subevent */
	const char *name;
};

/* NULL: not in the tables. */
const struct hci_command_format *hci_command_format(uint16_t opcode);
const struct hci_event_format *hci_event_format(uint8_t code);
const struct hci_event_format *hci_subevent_format(uint8_t subevent);

/* Never NULL. */
const char *hci_command_name(uint16_t opcode);
