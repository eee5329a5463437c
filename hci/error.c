/* SPDX-License-Identifier: MIT */
/* Names of errors, Core Vol 1 Part F 1.3, and what to do about those that people meet. */
#include "hci/error.h"

#include <stdbool.h>
#include <stddef.h>

static const struct {
	const char *name, *advice;
} errors[] = {
	[0x00] = {"Success", ""},
	[0x01] = {"Unknown HCI Command", "the controller does not have this command"},
	[0x02] = {"Unknown Connection Identifier", ""},
	[0x03] = {"Hardware Failure", "unplug the controller and plug it in again"},
	[0x04] = {"Page Timeout", ""},
	[0x05] = {"Authentication Failure",
		  "the two ends have different keys: remove the bond on both and pair again"},
	[0x06] = {"PIN or Key Missing",
		  "the peer has lost the bond, or never had it: remove it here and pair again"},
	[0x07] = {"Memory Capacity Exceeded", ""},
	[0x08] = {"Connection Timeout", "the peer went out of range, was switched off or crashed"},
	[0x09] = {"Connection Limit Exceeded", "the controller has no room for another link"},
	[0x0b] = {"Connection Already Exists", "disconnect the peer from this controller first"},
	[0x0c] = {"Command Disallowed", ""},
	[0x0d] = {"Connection Rejected due to Limited Resources", "try again later"},
	[0x0e] = {"Connection Rejected Due To Security Reasons", ""},
	[0x0f] = {"Connection Rejected due to Unacceptable BD_ADDR", ""},
	[0x10] = {"Connection Accept Timeout Exceeded", ""},
	[0x11] = {"Unsupported Feature or Parameter Value", ""},
	[0x12] = {"Invalid HCI Command Parameters", ""},
	[0x13] = {"Remote User Terminated Connection", "the peer disconnected"},
	[0x14] = {"Remote Device Terminated Connection due to Low Resources", ""},
	[0x15] = {"Remote Device Terminated Connection due to Power Off", ""},
	[0x16] = {"Connection Terminated By Local Host", ""},
	[0x17] = {"Repeated Attempts", "wait before the next attempt"},
	[0x18] = {"Pairing Not Allowed", "put the peer into pairing mode"},
	[0x1a] = {"Unsupported Remote Feature", "the controller of the peer lacks what this needs"},
	[0x1e] = {"Invalid LMP Parameters / Invalid LL Parameters", ""},
	[0x1f] = {"Unspecified Error", ""},
	[0x20] = {"Unsupported LMP Parameter Value / Unsupported LL Parameter Value", ""},
	[0x22] = {"LMP Response Timeout / LL Response Timeout",
		  "the peer's link layer stopped answering"},
	[0x24] = {"LMP PDU Not Allowed", ""},
	[0x25] = {"Encryption Mode Not Acceptable", ""},
	[0x28] = {"Instant Passed", "the radio link is bad: come closer"},
	[0x29] = {"Pairing With Unit Key Not Supported", ""},
	[0x2a] = {"Different Transaction Collision", ""},
	[0x2f] = {"Insufficient Security", ""},
	[0x30] = {"Parameter Out Of Mandatory Range", ""},
	[0x3a] = {"Controller Busy", "try again later"},
	[0x3b] = {"Unacceptable Connection Parameters", ""},
	[0x3c] = {"Advertising Timeout", ""},
	[0x3d] = {"Connection Terminated due to MIC Failure",
		  "the two ends encrypt with different keys: remove the bond on both and pair "
		  "again"},
	[0x3e] = {"Connection Failed to be Established / Synchronization Timeout",
		  "the radio link is bad or the peer stopped advertising: come closer, try again"},
	[0x3f] = {"MAC Connection Failed", ""},
	[0x42] = {"Unknown Advertising Identifier", ""},
	[0x43] = {"Limit Reached", ""},
	[0x44] = {"Operation Cancelled by Host", ""},
	[0x45] = {"Packet Too Long", ""},
};

static bool known(uint8_t error)
{
	return error < sizeof(errors) / sizeof(errors[0]) && errors[error].name;
}

const char *hci_error_name(uint8_t error)
{
	return known(error) ? errors[error].name : "error unknown to this program";
}

const char *hci_error_advice(uint8_t error)
{
	return known(error) ? errors[error].advice : "";
}

bool hci_error_is_of_host(uint8_t error)
{
	static const uint8_t reasons[] = {0x05, 0x13, 0x14, 0x15, 0x1a, 0x29, 0x3b};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i] == error)
			return true;
	return false;
}
