/* SPDX-License-Identifier: MIT */
/*
 * One packet of a capture, whatever file it came from: an HCI packet as a host and its controller
 * exchanged it (Core Vol 4 Part E 5.4), or a link-layer PDU as a sniffer heard it (Core Vol 6 Part
 * B 2). All that is borrowed is good until the next packet is asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum explain_kind {
	EXPLAIN_COMMAND, /* data: opcode, length, parameters */
	EXPLAIN_EVENT,	 /* data: code, length, parameters */
	EXPLAIN_ACL,	 /* data: handle and flags, length, one fragment of L2CAP */
	EXPLAIN_AIR,	 /* data: header, length, payload; neither access address nor CRC; .air */
	EXPLAIN_NOTE,	 /* of the capturing system: .note, and .text or data */
};

enum explain_way {
	EXPLAIN_WAY_UNKNOWN,
	EXPLAIN_SENT,	    /* by the host, to the controller */
	EXPLAIN_RECEIVED,   /* by the host, from the controller */
	EXPLAIN_CENTRAL,    /* on air, by the central (an initiator's CONNECT_IND included) */
	EXPLAIN_PERIPHERAL, /* on air, by the peripheral or an advertiser */
};

/* What time_us counts from. One capture has one clock. */
enum explain_clock {
	EXPLAIN_CLOCK_NONE,  /* no times at all */
	EXPLAIN_CLOCK_START, /* from a beginning that only the capture knows */
	EXPLAIN_CLOCK_DAY,   /* from midnight, local time; it goes on above 24 h */
	EXPLAIN_CLOCK_LOCAL, /* from 1970, local time of the capturing machine */
	EXPLAIN_CLOCK_UNIX,  /* from 1970, UTC */
};

/* Notes of Linux' monitor channel. */
enum explain_note {
	EXPLAIN_NOTE_OTHER,    /* .text, if anything */
	EXPLAIN_NOTE_ADDED,    /* a controller: .address when it was told */
	EXPLAIN_NOTE_REMOVED,  /* it is gone */
	EXPLAIN_NOTE_OPENED,   /* it was powered on, or taken by a program */
	EXPLAIN_NOTE_CLOSED,   /* ... and given back */
	EXPLAIN_NOTE_IDENTITY, /* .address, .manufacturer of the controller */
};

enum explain_crc { EXPLAIN_CRC_UNKNOWN, EXPLAIN_CRC_GOOD, EXPLAIN_CRC_BAD };

/* What a sniffer tells beside a PDU. */
struct explain_radio {
	uint32_t access_address;
	int8_t channel; /* as the specification numbers them, 37 to 39 advertising; -1: not told */
	int8_t rssi;	/* dBm, 127: not told */
	enum explain_crc crc;
	bool decrypted; /* by the sniffer; data is what was inside, without the MIC */
	bool mic_failed;
};

struct explain_packet {
	uint64_t number; /* from 1, as Wireshark counts; of btmon's text its own #N if printed */
	uint64_t time_us;
	enum explain_clock clock;
	uint16_t source; /* the controller's index (hciN), 0 where there is but one */
	enum explain_kind kind;
	enum explain_way way;
	const uint8_t *data;  /* without the packet type of H4 */
	size_t len;	      /* octets captured */
	size_t original;      /* octets there were: above len when the capture cut the packet */
	const uint8_t *known; /* NULL: all of data is; else an octet for each, 0: not known */
	/*
	 * NULL, or what is missing just before this packet, a clause for people: "3 packets are
	 * missing before frame 12". Whatever was going on may have gone on there. Of a packet whose
	 * own lines are missing from a text, known tells.
	 */
	const char *missing;
	struct explain_radio air; /* EXPLAIN_AIR */
	enum explain_note note;	  /* EXPLAIN_NOTE */
	uint8_t address[6];	  /* wire order, all zero: not told */
	uint16_t manufacturer;	  /* 0xffff: not told */
	const char *text;	  /* of a note, printable, or NULL */
};

/* True when len octets of data from at were captured and are known. */
bool capture_knows(const struct explain_packet *packet, size_t at, size_t len);

/*
 * Fills packet from one packet of H4 (type first; Core Vol 4 Part A 2), borrowed; number, time and
 * the rest are the caller's to set. False: it is none that is explained (SCO, ISO, vendor's types).
 */
bool capture_packet_h4(struct explain_packet *packet, bool received, const uint8_t *h4, size_t len);
