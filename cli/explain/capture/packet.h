/* SPDX-License-Identifier: MIT */
/*
 * One packet of a capture, independent of the file format: an HCI packet between a host and its
 * controller (Core Vol 4 Part E 5.4), or a link-layer PDU from a sniffer (Core Vol 6 Part B 2).
 * Pointers are borrowed from the capture and valid until the next packet is read.
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
	/*
	 * Linux' management interface, from a program to the kernel (EXPLAIN_SENT) or back. data:
	 * code of the command or event, 2 octets, least significant first; parameters
	 */
	EXPLAIN_MANAGEMENT,
};

enum explain_way {
	EXPLAIN_WAY_UNKNOWN,
	EXPLAIN_SENT,	    /* by the host, to the controller */
	EXPLAIN_RECEIVED,   /* by the host, from the controller */
	EXPLAIN_CENTRAL,    /* on air, by the central (an initiator's CONNECT_IND included) */
	EXPLAIN_PERIPHERAL, /* on air, by the peripheral or an advertiser */
};

/* The zero of time_us. One capture has one clock. */
enum explain_clock {
	EXPLAIN_CLOCK_NONE,  /* no times at all */
	EXPLAIN_CLOCK_START, /* from the beginning of the capture, at an unknown time */
	EXPLAIN_CLOCK_DAY,   /* from the first midnight, local time; may exceed 24 h */
	EXPLAIN_CLOCK_LOCAL, /* from 1970, local time of the capturing machine */
	EXPLAIN_CLOCK_UNIX,  /* from 1970, UTC */
};

/* Notes of Linux' monitor channel. */
enum explain_note {
	EXPLAIN_NOTE_OTHER,    /* .text, if anything */
	EXPLAIN_NOTE_ADDED,    /* a controller; .address, if the capture has it */
	EXPLAIN_NOTE_REMOVED,  /* a controller was removed */
	EXPLAIN_NOTE_OPENED,   /* it was powered on, or opened by a program */
	EXPLAIN_NOTE_CLOSED,   /* it was powered off, or closed */
	EXPLAIN_NOTE_IDENTITY, /* .address, .manufacturer of the controller */
};

enum explain_crc { EXPLAIN_CRC_UNKNOWN, EXPLAIN_CRC_GOOD, EXPLAIN_CRC_BAD };

/* The metadata that a sniffer adds to a PDU. */
struct explain_radio {
	uint32_t access_address;
	int8_t channel; /* index, Vol 6 Part B 1.4.1: 37 to 39 advertising; -1: unknown */
	int8_t rssi;	/* dBm; 127: unknown */
	enum explain_crc crc;
	bool decrypted; /* by the sniffer: data is the plaintext, without the MIC */
	bool mic_failed;
};

/* The system of the captured host, as far as the format shows it. */
enum explain_system {
	EXPLAIN_SYSTEM_UNKNOWN,
	EXPLAIN_SYSTEM_LINUX, /* BlueZ: the monitor channel, or text that its programs print */
	EXPLAIN_SYSTEM_ANDROID,
	EXPLAIN_SYSTEM_APPLE,
	EXPLAIN_SYSTEM_BLEPAIR, /* a run of blepair that explains itself */
	EXPLAIN_SYSTEMS
};

struct explain_packet {
	/* What every format has. */
	uint64_t number; /* from 1, as Wireshark counts; in btmon's text, #N if it is printed */
	uint64_t time_us;
	enum explain_clock clock;
	enum explain_kind kind;
	enum explain_way way;
	enum explain_system system;
	const uint8_t *data; /* without the packet type of H4 */
	size_t len;	     /* octets captured */
	size_t original;     /* octets on the wire: above len if the capture cut the packet */
	/*
	 * NULL, or a clause for people about a gap just before this packet: "3 packets are missing
	 * before frame 12". Any exchange under way may have gone on there. Lines that are missing
	 * from a packet of btmon's text make its octets unknown instead.
	 */
	const char *missing;
	/* NULL, or a clause about this packet: "the event has 1 octet more than its length says".
	 */
	const char *oddity;
	bool excerpt; /* of a text: people paste a part of a trace */

	/* What only some have: otherwise cleared. */
	bool untimed; /* the text has no time for it: time_us is that of the one before, or 0 */
	bool bredr;   /* the text says that it is of BR/EDR, where the octets do not: "with E0" */
	uint16_t source;      /* the controller's index (hciN); 0 if the format has none */
	const uint8_t *known; /* NULL: all of data is known; else an octet for each, 0: unknown */
	struct explain_radio air; /* EXPLAIN_AIR */
	enum explain_note note;	  /* EXPLAIN_NOTE */
	uint8_t address[6];	  /* wire order; all zero: unknown */
	/* Of a command or event: a text names the peer of that handle, at address. */
	bool has_peer, peer_is_random;
	uint16_t peer_handle;
	uint16_t manufacturer; /* 0xffff: unknown */
	const char *text;      /* of a note, printable, or NULL */
};

/* The smaller of two lengths. */
static inline size_t capture_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* True if the len octets of data from index at were captured and are known. */
bool capture_knows(const struct explain_packet *packet, size_t at, size_t len);

/*
 * Fills packet from one packet of H4 (packet type first; Core Vol 4 Part A 2), borrowed. The caller
 * sets number, time and the other fields. False: a type that is not explained (SCO, ISO, vendor).
 */
bool capture_packet_h4(struct explain_packet *packet, bool received, const uint8_t *h4, size_t len);
/* The same, but changes only kind, way, data and the lengths. */
bool capture_packet_set_h4(struct explain_packet *packet, bool received, const uint8_t *h4,
			   size_t len);
