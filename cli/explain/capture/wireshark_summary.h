/* SPDX-License-Identifier: MIT */
/*
 * The summary of a packet in one line, as tshark prints it and people copy it out of Wireshark:
 *
 *   9 8.102366 Master_0x24bd7eeb -> Slave_0x24bd7eeb SMP 30 Sent Pairing Request: AuthReq: ...
 *
 * It has the codes of SMP and of the link layer, and few values. Columns may be missing.
 */
#pragma once

#include "capture/packet.h"

#define WIRESHARK_SUMMARY_OCTETS 80

struct wireshark_summary {
	uint64_t number, time_us;
	enum explain_clock clock;
	enum explain_kind kind; /* EXPLAIN_NOTE: of a protocol that is not explained */
	enum explain_way way;
	uint8_t code; /* of SMP, or of a control PDU */
	bool smp, control;
	bool encrypted; /* a control PDU whose opcode Wireshark cannot read */
	bool relevant;	/* what is not read may matter to a pairing */
	int monitor;	/* opcode in a capture of the Linux monitor; -1: none, or of no interest */
	uint32_t access_address;
	uint16_t handle;	     /* stands for the two ends: a summary has none */
	uint8_t values[8], known[8]; /* of an SMP PDU, from its code */
	uint8_t len;		     /* of the PDU */
};

/* What the packets before are needed for. */
struct wireshark_ends {
	uint8_t sequence[2]; /* of the link layer: a summary has no sequence numbers */
	uint32_t starting;   /* the access address on which LL_START_ENC_REQ was the last; or 0 */
	uint8_t data[WIRESHARK_SUMMARY_OCTETS], known[WIRESHARK_SUMMARY_OCTETS];
};

enum wireshark_found {
	WIRESHARK_PACKET,
	WIRESHARK_IRRELEVANT,
	WIRESHARK_LOST, /* a packet that may matter, but the summary does not have enough of it */
};

/* False: the line is no summary. */
bool wireshark_summary_read(struct wireshark_summary *to, const char *line);

/* True for a line that has the columns of a summary of SMP or the link layer, even if it is cut. */
bool wireshark_summary_is_begun(const char *line);

/* Fills packet, borrowed from ends until the next call. */
enum wireshark_found wireshark_summary_packet(const struct wireshark_summary *from,
					      struct wireshark_ends *ends,
					      struct explain_packet *packet);
