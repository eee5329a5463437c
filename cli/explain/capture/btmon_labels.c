/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/btmon_labels.h"

#include <string.h>

#include "capture/text_compact.h"

/*
 * The words that a packet begins with, blanks removed; a narrow terminal leaves ".." of what
 * follows. Newer versions name ACL by the kind of link; its direction is only in the mark
 * before it.
 */
static const struct btmon_label labels[] = {
#define LABEL(text, kind, way)                           \
	{                                                \
		text, sizeof(text) - 1, kind, way, false \
	}
	LABEL("HCICommand:", BTMON_COMMAND, EXPLAIN_SENT),
	LABEL("HCIEvent:", BTMON_EVENT, EXPLAIN_RECEIVED),
	LABEL("ACLDataTX:", BTMON_ACL, EXPLAIN_SENT),
	LABEL("ACLDataRX:", BTMON_ACL, EXPLAIN_RECEIVED),
	LABEL("ACL:H", BTMON_ACL, EXPLAIN_WAY_UNKNOWN),
	LABEL("ACL:..", BTMON_ACL, EXPLAIN_WAY_UNKNOWN),
	{"ACLdata:handle", 14, BTMON_ACL, EXPLAIN_WAY_UNKNOWN, true},
	LABEL("SMP:", BTMON_FRAME_ALONE, EXPLAIN_WAY_UNKNOWN),
	LABEL("ATT:", BTMON_FRAME_ALONE, EXPLAIN_WAY_UNKNOWN),
	LABEL("LEL2CAP:", BTMON_FRAME_ALONE, EXPLAIN_WAY_UNKNOWN),
	LABEL("L2CAP:", BTMON_FRAME_ALONE, EXPLAIN_WAY_UNKNOWN),
	LABEL("MGMTCommand:", BTMON_MANAGEMENT_COMMAND, EXPLAIN_SENT),
	LABEL("MGMTEvent:", BTMON_MANAGEMENT_EVENT, EXPLAIN_RECEIVED),
	LABEL("SCODataTX:", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("SCODataRX:", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("SCO:Handle", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("SCOdata:handle", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("ISODataTX:", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("ISODataRX:", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("CIS:Handle", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL("BIS:Handle", BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_NOTE "NewIndex:", BTMON_ADDED, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_NOTE "DeleteIndex:", BTMON_REMOVED, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_NOTE "OpenIndex:", BTMON_OPENED, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_NOTE "CloseIndex:", BTMON_CLOSED, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_NOTE "IndexInfo:", BTMON_IDENTITY, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_NOTE, BTMON_OTHER, EXPLAIN_WAY_UNKNOWN),
	LABEL(TEXT_MANAGEMENT, BTMON_MANAGEMENT_LINE, EXPLAIN_RECEIVED),
	LABEL("\3", BTMON_LOG, EXPLAIN_WAY_UNKNOWN),
};

/* Those of headers in which the first words are cut; see cut_label(). */
static const struct {
	const char *name;
	struct btmon_label label;
} cut_labels[] = {
	{"HCICommand", LABEL("HCI", BTMON_COMMAND, EXPLAIN_SENT)},
	{"HCIEvent", LABEL("HCI", BTMON_EVENT, EXPLAIN_RECEIVED)},
	{"ACLDataTX", LABEL("ACL", BTMON_ACL, EXPLAIN_SENT)},
	{"ACLDataRX", LABEL("ACL", BTMON_ACL, EXPLAIN_RECEIVED)},
	{"ACLData", LABEL("ACL", BTMON_ACL, EXPLAIN_WAY_UNKNOWN)},
	{"MGMTCommand", LABEL("MGMT", BTMON_MANAGEMENT_COMMAND, EXPLAIN_SENT)},
	{"MGMTEvent", LABEL("MGMT", BTMON_MANAGEMENT_EVENT, EXPLAIN_RECEIVED)},
};
#undef LABEL

/* Whether the name of a channel at body[at], of len octets, begins a packet without a header line.
 */
static bool stands_alone(const char *body, size_t at, size_t len, bool in_data)
{
	static const char *const frames[] = {"SMP:", "ATT:", "L2CAP:", "L2CAP(d):"};
	const char *name = body + at + len;

	name += *name == TEXT_RECEIVED;
	len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
	if (len == 0 || strncmp(name + len, "(0x", 3) != 0 ||
	    (at >= 6 && memcmp(body + at - 6, "BR/EDR", 6) == 0) ||
	    (at >= 2 && memcmp(body + at - 2, "LE", 2) == 0))
		return false;
	if (!in_data)
		return true;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		if (memmem(body, at, frames[i], strlen(frames[i])))
			return true;
	return false;
}

/*
 * The label of a header that has no room for its first words: "HCIComman..(0x03|0x0001)plen8", or,
 * as older versions cut it, with dots in the middle: "HCI..ommand(0x", "ACLDa..TXflags0x".
 */
static const struct btmon_label *cut_label(const char *p)
{
	for (size_t i = 0; i < sizeof(cut_labels) / sizeof(cut_labels[0]); i++) {
		const char *name = cut_labels[i].name, *q = p;
		enum btmon_kind kind = cut_labels[i].label.kind;
		size_t len = strlen(name), same = 0;
		while (same < len && *q == name[same])
			q++, same++;
		size_t dots = strspn(q, ".");
		if (same == 0 || dots < 2 || dots > 3)
			continue;
		q += dots;
		/* What is left of the end of the name. */
		size_t left = strcspn(q, "(#f");
		if (left > len - same || memcmp(q, name + len - left, left) != 0)
			continue;
		q += left;
		enum { ENOUGH = 5 };
		if (same < cut_labels[i].label.len && left < ENOUGH)
			continue;
		/* Without its last letters data has no direction. */
		if (kind == BTMON_ACL && cut_labels[i].label.way != EXPLAIN_WAY_UNKNOWN &&
		    left == 0 && same < len - 1)
			continue;
		bool coded = strncmp(q, "(0x", 3) == 0 && strlen(q) > 7;
		if (kind == BTMON_ACL	    ? strncmp(q, "flags0x", 7) == 0 || *q == '#'
		    : *q == '#'		    ? same > cut_labels[i].label.len || left > 0
		    : !coded		    ? false
		    : kind == BTMON_COMMAND ? q[5] == '|'
		    : kind == BTMON_EVENT   ? q[5] == ')'
					    : q[7] == ')')
			return &cut_labels[i].label;
	}
	return NULL;
}

const struct btmon_label *btmon_label_at(const char *body, size_t len, size_t at, bool in_data)
{
	const char *p = body + at;

	len -= at;
	if (len == 0 || ((*p < 'A' || *p > 'S') && *p > *TEXT_MANAGEMENT + 1))
		return NULL;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (*p == *labels[i].text && len >= labels[i].len &&
		    memcmp(p, labels[i].text, labels[i].len) == 0 &&
		    (labels[i].kind != BTMON_FRAME_ALONE ||
		     stands_alone(body, at, labels[i].len, in_data)))
			return &labels[i];
	/* Few letters begin one. */
	bool cut = *p == 'M' ? p[1] == 'G' || p[1] == '.'
			     : (*p == 'H' || *p == 'A') && (p[1] == 'C' || p[1] == '.');
	return cut ? cut_label(p) : NULL;
}

size_t btmon_mark_before(const char *body, size_t at)
{
	if (at >= 3 &&
	    (memcmp(body + at - 3, "LE-", 3) == 0 || memcmp(body + at - 3, "BR-", 3) == 0))
		at -= 3;
	return at >= 1 && (body[at - 1] == '<' || body[at - 1] == '>') ? at - 1 : at;
}
