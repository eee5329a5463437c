/* SPDX-License-Identifier: MIT */
/*
 * The words that a packet begins with in the text of btmon and hcidump, as text_compact makes it:
 * whole, or as a narrow terminal cuts them.
 */
#pragma once

#include "capture/packet.h"

enum btmon_kind {
	BTMON_COMMAND,
	BTMON_EVENT,
	BTMON_ACL,
	BTMON_FRAME_ALONE, /* a frame of L2CAP without a header line: "SMP:" */
	BTMON_MANAGEMENT_COMMAND,
	BTMON_MANAGEMENT_EVENT,
	BTMON_MANAGEMENT_LINE, /* of old versions: "@ Device Connected: ..." */
	BTMON_LOG,	       /* of a program, such as bluetoothd */
	BTMON_OTHER,	       /* of no interest */
	BTMON_ADDED,
	BTMON_REMOVED,
	BTMON_OPENED,
	BTMON_CLOSED,
	BTMON_IDENTITY,
};

struct btmon_label {
	const char *text;
	size_t len; /* of text */
	enum btmon_kind kind;
	enum explain_way way;
	bool hcidump;
};

/* The most octets that are looked at: a label, what shows that it is one, and the mark before it.
 */
#define BTMON_LABEL_MAX 64

/*
 * The label at body[at], NULL: none. body has len octets and ends with a zero. in_data: the packet
 * that the text is in is data, to which a frame belongs unless it has one already.
 */
const struct btmon_label *btmon_label_at(const char *body, size_t len, size_t at, bool in_data);

/* Where the mark before the label at body[at] is, or at: "<ACL:", "<LE-ACL:". */
size_t btmon_mark_before(const char *body, size_t at);
