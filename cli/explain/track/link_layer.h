/* SPDX-License-Identifier: MIT */
/*
 * Connections in the capture of a sniffer: turns link-layer PDUs (EXPLAIN_AIR) into the L2CAP
 * fragments and control PDUs of each connection, in order, each once, with its direction. Core
 * Vol 6 Part B 2 and 4.5.9.
 *
 * PDUs with a bad CRC and retransmissions are dropped and counted. If the sniffer does not give the
 * direction, or gives all PDUs the same one, it follows from control PDUs that only one end may
 * send, from the alternation of the ends within a connection event, and, where the beginning of
 * such an event was missed, from the sequence numbers.
 */
#pragma once

#include "capture/packet.h"
#include "track/decrypt.h"

/* Connections followed at a time; the one that was silent longest makes room. */
#define EXPLAIN_LINK_LAYER_CONNECTIONS 32

/* Opcodes of link-layer control PDUs that are read here, Core Vol 6 Part B Table 2.18. */
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

struct explain_link_layer_end {
	bool heard;    /* sn and hash are those of its last new PDU */
	uint8_t sn;    /* sequence number */
	uint64_t hash; /* of the payload */
	bool received; /* the other end has acknowledged that PDU */
	bool in_clear; /* the rest of the frame under way is readable */
};

struct explain_link_layer_connection {
	bool used;
	uint32_t access_address;
	uint64_t last; /* number of the last packet */
	/* From CONNECT_IND, if begun is set. Types: 0 public, 1 random. Wire order. */
	bool begun;
	uint8_t central_type, central[6];
	uint8_t peripheral_type, peripheral[6];
	uint16_t interval, latency, timeout;   /* in units of 1.25 ms, 1, 10 ms */
	struct explain_link_layer_end ends[2]; /* 0 central, 1 peripheral */
	bool starting;			       /* after LL_ENC_RSP */
	bool encrypted;
	struct explain_session session;
	uint64_t repeated, bad_crc; /* PDUs dropped */
	uint64_t missed; /* number of the packet that showed last that one was not heard; 0: none */
	/* For the direction: the last PDU if placed is set, and SN xor NESN of the central. */
	bool placed;
	uint8_t last_end;
	bool last_first; /* it began a connection event, or what was heard of it */
	int8_t last_channel;
	uint64_t last_us;
	size_t last_len;
	uint8_t parity;
	bool given[2];	  /* directions that the sniffer gave */
	bool misdirected; /* it gives every PDU the same */
	bool sure;	  /* the sender of some PDU is known, and so that of the others */
};

enum explain_link_layer_event_kind {
	EXPLAIN_LINK_LAYER_NOTHING,
	EXPLAIN_LINK_LAYER_CONNECTED, /* .link: CONNECT_IND or AUX_CONNECT_REQ */
	EXPLAIN_LINK_LAYER_FRAGMENT,  /* .link, .way, .first, .data: of L2CAP */
	EXPLAIN_LINK_LAYER_CONTROL,   /* .link, .way, .data: opcode and parameters */
	EXPLAIN_LINK_LAYER_ENCRYPTED, /* .link, .way, .len: octets that cannot be read, MIC included
				       */
};

/* data is borrowed from the packet or, if it was decrypted here, valid until the next call. */
struct explain_link_layer_event {
	enum explain_link_layer_event_kind kind;
	const struct explain_link_layer_connection *link;
	enum explain_way way; /* EXPLAIN_CENTRAL or EXPLAIN_PERIPHERAL; or not known yet */
	bool first;	      /* the fragment begins a frame of L2CAP */
	bool encrypted; /* on air; decrypted by the sniffer or here, unless .kind is ENCRYPTED */
	uint64_t lost;	/* encrypted PDUs of this end that were missed before this one */
	const uint8_t *data;
	size_t len;
};

struct explain_link_layer {
	struct explain_keyring keyring;
	uint8_t plain[256]; /* the payload decrypted last */
	struct explain_link_layer_connection links[EXPLAIN_LINK_LAYER_CONNECTIONS];
	uint64_t bad_crc; /* of all PDUs, advertising included */
};

void track_link_layer_init(struct explain_link_layer *air);

/* Takes one packet and fills event; of a packet that is not EXPLAIN_AIR, event is NOTHING. */
void track_link_layer_take(struct explain_link_layer *air, const struct explain_packet *packet,
			   struct explain_link_layer_event *event);
