/* SPDX-License-Identifier: MIT */
/*
 * Connections as a sniffer hears them: link-layer PDUs (EXPLAIN_AIR) turned into what each
 * connection carries, in order, once each, with direction. Core Vol 6 Part B 2 and 4.5.9.
 *
 * PDUs with a bad CRC and retransmissions are dropped and counted. The direction, when the sniffer
 * does not tell it, follows from what only one end may send, from the turns that the ends take
 * within a connection event, and from the sequence numbers, by which an event that was heard from
 * its middle on is found out.
 */
#pragma once

#include "capture/packet.h"
#include "track/decrypt.h"

/* Connections followed at a time; the one that was silent longest makes room. */
#define EXPLAIN_AIR_LINKS 16

/* Opcodes of link-layer control, Core Vol 6 Part B Table 2.18; only those of interest here. */
enum explain_control {
	EXPLAIN_LL_CONNECTION_UPDATE = 0x00,
	EXPLAIN_LL_TERMINATE = 0x02,
	EXPLAIN_LL_ENC_REQ = 0x03,
	EXPLAIN_LL_ENC_RSP = 0x04,
	EXPLAIN_LL_START_ENC_REQ = 0x05,
	EXPLAIN_LL_START_ENC_RSP = 0x06,
	EXPLAIN_LL_PAUSE_ENC_REQ = 0x0a,
	EXPLAIN_LL_PAUSE_ENC_RSP = 0x0b,
	EXPLAIN_LL_REJECT = 0x0d,
	EXPLAIN_LL_REJECT_EXT = 0x11,
};

struct explain_air_end {
	bool heard;	/* of its last new PDU: */
	uint8_t sn;	/* sequence number */
	uint32_t print; /* fingerprint of the payload */
	bool in_clear;	/* the frame that goes on is readable although the link is encrypted */
};

struct explain_air_link {
	bool used;
	uint32_t access_address;
	uint64_t last; /* number of the last packet */
	/* From CONNECT_IND; only if it was heard. Types: 0 public, 1 random. Wire order. */
	bool begun;
	uint8_t central_type, central[6];
	uint8_t peripheral_type, peripheral[6];
	uint16_t interval, latency, timeout; /* in units of 1.25 ms, 1, 10 ms */
	struct explain_air_end ends[2];	     /* 0 central, 1 peripheral */
	bool starting;			     /* LL_ENC_RSP was heard */
	bool encrypted;
	struct explain_session session;
	uint64_t repeated, bad_crc; /* PDUs dropped */
	/* For the direction: of the last PDU, and what SN xor NESN is in the central's. */
	bool placed;
	uint8_t last_end;
	int8_t last_channel;
	uint64_t last_us;
	size_t last_len;
	uint8_t parity;
};

enum explain_air_kind {
	EXPLAIN_AIR_NOTHING,
	EXPLAIN_AIR_CONNECTED, /* .link: CONNECT_IND or AUX_CONNECT_REQ */
	EXPLAIN_AIR_FRAGMENT,  /* .link, .way, .first, .data: of L2CAP */
	EXPLAIN_AIR_CONTROL,   /* .link, .way, .data: opcode and parameters */
	EXPLAIN_AIR_ENCRYPTED, /* .link, .way, .len: octets that cannot be read, MIC included */
};

/* data is borrowed from the packet, or, decrypted here, good until the next is taken. */
struct explain_air_happening {
	enum explain_air_kind kind;
	const struct explain_air_link *link;
	enum explain_way way; /* EXPLAIN_WAY_UNKNOWN: it cannot be told */
	bool first;	      /* a frame of L2CAP begins */
	bool encrypted; /* it was on air; the sniffer or we decrypted it, unless .kind says not */
	uint64_t lost;	/* of an encrypted PDU: so many before it were not heard */
	const uint8_t *data;
	size_t len;
};

struct explain_air {
	struct explain_keyring keyring;
	uint8_t plain[256]; /* what was decrypted last */
	struct explain_air_link links[EXPLAIN_AIR_LINKS];
	uint64_t bad_crc; /* in all, advertising included */
};

void track_air_init(struct explain_air *air);

/* Takes one EXPLAIN_AIR packet. */
void track_air_take(struct explain_air *air, const struct explain_packet *packet,
		    struct explain_air_happening *happening);
