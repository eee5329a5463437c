/* SPDX-License-Identifier: MIT */
#include "capture/hci_octets.h"

#include <stdbool.h>

#include "capture/btmon_fields.h"
#include "crypto/bytes.h"
#include "hci/protocol.h"
#include "l2cap/l2cap.h"
#include "smp/pdu.h"

enum { COMMAND_HEADER = 3, EVENT_HEADER = 2, ACL_HEADER = 4, SIGNAL_HEADER = 4 };
enum { LAST_HANDLE = 0x0eff };

size_t capture_octets_whole(enum explain_kind kind, const uint8_t *data, size_t len)
{
	switch (kind) {
	case EXPLAIN_COMMAND:
		return len < COMMAND_HEADER ? 0 : COMMAND_HEADER + (size_t)data[2];
	case EXPLAIN_EVENT:
		return len < EVENT_HEADER ? 0 : EVENT_HEADER + (size_t)data[1];
	case EXPLAIN_ACL:
		return len < ACL_HEADER ? 0 : ACL_HEADER + (size_t)bytes_get_le16(data + 2);
	case EXPLAIN_AIR:
	case EXPLAIN_NOTE:
	case EXPLAIN_MANAGEMENT:
		break;
	}
	return 0;
}

static enum capture_octets either(bool hci)
{
	return hci ? CAPTURE_OCTETS_HCI : CAPTURE_OCTETS_OTHER;
}

/* ---- Commands and events --------------------------------------------------------------------- */

/* Groups of commands, with the most commands that each has: Core Vol 4 Part E 7.1 to 7.8. */
static bool is_opcode(uint16_t opcode)
{
	static const uint16_t most[] = {
		[1] = 0x5f, [2] = 0x1f, [3] = 0x9f, [4] = 0x2f, [5] = 0x1f, [6] = 0x1f, [8] = 0xff,
	};
	enum { VENDOR = 0x3f };
	unsigned group = opcode >> 10, command = opcode & 0x3ff;

	if (group == VENDOR)
		return true;
	return group < sizeof(most) / sizeof(most[0]) && command > 0 && command <= most[group];
}

static enum capture_octets judge_command(const uint8_t *data)
{
	uint16_t opcode = bytes_get_le16(data);

	if (!is_opcode(opcode) || data[2] < capture_fields_command_length(opcode))
		return CAPTURE_OCTETS_OTHER;
	return hci_command_format(opcode) ? CAPTURE_OCTETS_HCI : CAPTURE_OCTETS_MAYBE;
}

static bool is_handle(const uint8_t *p)
{
	return bytes_get_le16(p) <= LAST_HANDLE;
}

static enum capture_octets judge_meta(const uint8_t *p, size_t len)
{
	enum { LAST_SUBEVENT = 0x3f };
	const struct hci_event_format *format = len ? hci_subevent_format(p[0]) : NULL;

	if (len == 0 || p[0] == 0 || p[0] > LAST_SUBEVENT)
		return CAPTURE_OCTETS_OTHER;
	return format ? either(len >= format->least) : CAPTURE_OCTETS_MAYBE;
}

/* An event with len octets of parameters; those that are checked are at p. */
static enum capture_octets judge_parameters(uint8_t code, const uint8_t *p, size_t len)
{
	enum { LAST_EVENT = 0x5f, VENDOR_EVENT = 0xff, LAST_ENABLED = 2 };
	const struct hci_event_format *format = hci_event_format(code);
	const size_t least = format ? format->least : 0;

	if (len < least)
		return CAPTURE_OCTETS_OTHER;
	switch (code) {
	case HCI_LE_META:
		return judge_meta(p, len);
	case HCI_DISCONNECTION_COMPLETE:
		if (len != least || !is_handle(p + 1))
			return CAPTURE_OCTETS_OTHER;
		return p[0] || !p[3] ? CAPTURE_OCTETS_MAYBE : CAPTURE_OCTETS_HCI;
	case HCI_ENCRYPTION_CHANGE:
		return either(len == least && is_handle(p + 1) && p[3] <= LAST_ENABLED);
	case HCI_ENCRYPTION_CHANGE_V2:
		return either(is_handle(p + 1) && p[3] <= LAST_ENABLED);
	case HCI_KEY_REFRESH_COMPLETE:
	case HCI_READ_REMOTE_VERSION_COMPLETE:
		return either(len == least && is_handle(p + 1));
	case HCI_COMMAND_COMPLETE:
		return either(is_opcode(bytes_get_le16(p + 1)) || (!p[1] && !p[2]));
	case HCI_COMMAND_STATUS:
		return either(len == least &&
			      (is_opcode(bytes_get_le16(p + 2)) || (!p[2] && !p[3])));
	case HCI_NUMBER_OF_COMPLETED_PACKETS:
		return either(p[0] && len == 1 + 4 * (size_t)p[0] && is_handle(p + 1));
	default:
		return (code && code <= LAST_EVENT) || code == VENDOR_EVENT ? CAPTURE_OCTETS_MAYBE
									    : CAPTURE_OCTETS_OTHER;
	}
}

static enum capture_octets judge_event(const uint8_t *data, size_t len)
{
	enum { CHECKED = 4 };

	/* Of a long event the rest may be in the lines that follow. */
	return len >= capture_least(EVENT_HEADER + CHECKED, EVENT_HEADER + (size_t)data[1])
		       ? judge_parameters(data[0], data + EVENT_HEADER, data[1])
		       : CAPTURE_OCTETS_MAYBE;
}

/* ---- Data ------------------------------------------------------------------------------------ */

/* Core Vol 3 Part F 3.4.8. */
static bool is_att(uint8_t opcode)
{
	static const uint8_t others[] = {0x16, 0x17, 0x18, 0x19, 0x1b, 0x1d,
					 0x1e, 0x20, 0x21, 0x23, 0x52, 0xd2};
	enum { LAST_IN_ROW = 0x13 };

	for (size_t i = 0; i < sizeof(others); i++)
		if (opcode == others[i])
			return true;
	return opcode > 0 && opcode <= LAST_IN_ROW;
}

/* A frame of len octets of payload, of which have are at p, in the channel cid. */
static enum capture_octets judge_frame(uint16_t cid, const uint8_t *p, size_t have, size_t len)
{
	enum { SIGNALLING_BREDR = 1, LAST_SIGNAL = 0x1a, FIRST_DYNAMIC = 0x40 };
	const struct smp_pdu_format *pdu;

	switch (cid) {
	case L2CAP_CID_ATT:
		return either(have > 0 && is_att(p[0]));
	case L2CAP_CID_SIGNALING:
	case SIGNALLING_BREDR:
		return either(have >= SIGNAL_HEADER && p[0] && p[0] <= LAST_SIGNAL &&
			      SIGNAL_HEADER + (size_t)bytes_get_le16(p + 2) <= len);
	case L2CAP_CID_SMP:
		pdu = have ? smp_pdu_format(p[0]) : NULL;
		return either(pdu && len == pdu->length);
	default:
		return cid >= FIRST_DYNAMIC ? CAPTURE_OCTETS_MAYBE : CAPTURE_OCTETS_OTHER;
	}
}

static enum capture_octets judge_acl(const uint8_t *data, size_t len)
{
	enum { BROADCAST = 0xc0, FIRST_OF_HOST = 0, CONTINUING = 1, FIRST_OF_CONTROLLER = 2 };
	const uint8_t *frame = data + ACL_HEADER;
	unsigned boundary = data[1] >> 4 & 3;
	size_t data_len = bytes_get_le16(data + 2);

	if ((bytes_get_le16(data) & 0xfff) > LAST_HANDLE || data[1] & BROADCAST || !data_len)
		return CAPTURE_OCTETS_OTHER;
	if (boundary == CONTINUING)
		return CAPTURE_OCTETS_MAYBE;
	if (len < ACL_HEADER + L2CAP_HEADER ||
	    (boundary != FIRST_OF_HOST && boundary != FIRST_OF_CONTROLLER))
		return CAPTURE_OCTETS_OTHER;
	size_t payload = bytes_get_le16(frame);
	if (L2CAP_HEADER + payload < data_len)
		return CAPTURE_OCTETS_OTHER;
	return judge_frame(bytes_get_le16(frame + 2), frame + L2CAP_HEADER,
			   len - ACL_HEADER - L2CAP_HEADER, payload);
}

enum capture_octets capture_octets_judge(enum explain_kind kind, const uint8_t *data, size_t len)
{
	if (capture_octets_whole(kind, data, len) == 0)
		return CAPTURE_OCTETS_OTHER;
	switch (kind) {
	case EXPLAIN_COMMAND:
		return judge_command(data);
	case EXPLAIN_EVENT:
		return judge_event(data, len);
	case EXPLAIN_ACL:
		return judge_acl(data, len);
	case EXPLAIN_AIR:
	case EXPLAIN_NOTE:
	case EXPLAIN_MANAGEMENT:
		break;
	}
	return CAPTURE_OCTETS_OTHER;
}
