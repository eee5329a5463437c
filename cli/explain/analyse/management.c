/* SPDX-License-Identifier: MIT */
#include "analyse/management.h"

#define NONE MANAGEMENT_NO_ADDRESS

static const struct management_message messages[] = {
	{MANAGEMENT_SET_BONDABLE, NONE, 1, 1, "Set Bondable"},
	{MANAGEMENT_LOAD_LTKS, NONE, 2, 2, "Load Long Term Keys"},
	{MANAGEMENT_DISCONNECT, 0, 7, 7, "Disconnect"},
	{MANAGEMENT_SET_IO_CAPABILITY, NONE, 1, 1, "Set IO Capability"},
	{MANAGEMENT_PAIR, 0, 8, 8, "Pair Device"},
	{MANAGEMENT_CANCEL_PAIR, 0, 7, 7, "Cancel Pair Device"},
	{MANAGEMENT_UNPAIR, 0, 8, 8, "Unpair Device"},
	{MANAGEMENT_CONFIRM, 0, 7, 7, "User Confirmation Reply"},
	{MANAGEMENT_CONFIRM_NOT, 0, 7, 7, "User Confirmation Negative Reply"},
	{MANAGEMENT_PASSKEY, 0, 7, 7, "User Passkey Reply"},
	{MANAGEMENT_PASSKEY_NOT, 0, 7, 7, "User Passkey Negative Reply"},
	{MANAGEMENT_ADD_OOB, 0, 7, 7, "Add Remote OOB Data"},
	{MANAGEMENT_COMPLETE, NONE, 3, 3, "Command Complete"},
	{MANAGEMENT_STATUS, NONE, 3, 3, "Command Status"},
	{MANAGEMENT_NEW_LINK_KEY, 1, 8, 8, "New Link Key"},
	{MANAGEMENT_NEW_LTK, 1, 8, 8, "New Long Term Key"},
	{MANAGEMENT_DISCONNECTED, 0, 7, 8, "Device Disconnected"},
	{MANAGEMENT_CONNECT_FAILED, 0, 8, 8, "Connect Failed"},
	{MANAGEMENT_CONFIRM_REQUEST, 0, 8, 8, "User Confirmation Request"},
	{MANAGEMENT_PASSKEY_REQUEST, 0, 7, 7, "User Passkey Request"},
	{MANAGEMENT_AUTHENTICATION_FAILED, 0, 8, 8, "Authentication Failed"},
	{MANAGEMENT_UNPAIRED, 0, 7, 7, "Device Unpaired"},
	{MANAGEMENT_PASSKEY_NOTIFY, 0, 7, 7, "Passkey Notify"},
};

const struct management_message *management_message(uint16_t code)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (messages[i].code == code)
			return &messages[i];
	return NULL;
}

const char *management_status_name(uint8_t status)
{
	static const char *const names[] = {
		"Success",	     "Unknown Command",	      "Not Connected", "Failed",
		"Connect Failed",    "Authentication Failed", "Not Paired",    "No Resources",
		"Timeout",	     "Already Connected",     "Busy",	       "Rejected",
		"Not Supported",     "Invalid Parameters",    "Disconnected",  "Not Powered",
		"Cancelled",	     "Invalid Index",	      "RFKilled",      "Already Paired",
		"Permission Denied",
	};

	return status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown status";
}

const char *management_disconnect_name(uint8_t reason)
{
	static const char *const names[] = {
		[MANAGEMENT_DISCONNECT_UNSPECIFIED] = "no reason given",
		[MANAGEMENT_DISCONNECT_TIMEOUT] = "connection timeout",
		[MANAGEMENT_DISCONNECT_LOCAL] = "ended by this host",
		[MANAGEMENT_DISCONNECT_REMOTE] = "ended by the peer",
		[MANAGEMENT_DISCONNECT_AUTHENTICATION] = "authentication failure",
		[MANAGEMENT_DISCONNECT_SLEEP] = "ended by this host, which goes to sleep",
	};

	return reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown reason";
}
