/* SPDX-License-Identifier: MIT */
/* A capture under way, and the parts of reading a record that several formats share. */
#pragma once

#include "capture/container.h"
#include "capture/packet.h"
#include "capture/snooz.h"
#include "capture/source.h"
#include "crypto/bytes.h"

/*
 * The longest record that is read: an ACL packet has at most 65535 octets of data. A record that
 * claims more is damaged.
 */
#define EXPLAIN_RECORD_MAX (65535 + 64)

enum explain_read {
	EXPLAIN_READ_PACKET,
	EXPLAIN_READ_SKIPPED, /* a record without a packet to explain: read the next one */
	EXPLAIN_READ_END,     /* capture->end is the reason; empty: the end of the file */
};

struct explain_reader;

struct explain_capture {
	const char *name; /* for messages */
	struct explain_source source;
	struct explain_container *container; /* around source; NULL: there is none */
	struct explain_snooz snooz;	     /* what source has, if it was made from btsnooz */
	struct explain_source text;	     /* then, the source of that */
	uint64_t found;			     /* captures so far */
	const struct explain_reader *reader; /* NULL: not recognised yet */
	void *state;			     /* of the reader */
	uint64_t number;		     /* of the last record */
	char format[80];
	char missing[120]; /* the text of packet.missing */
	char remark[320];  /* on the first packet with an oddity */
	char said[320];	   /* what the lines of a log beside its packets say; or empty */
	char end[200];
	bool ended;
	bool cut;		    /* a text ends within a packet: people left out what follows */
	enum explain_system system; /* whose programs write this format */
	bool excerpt;		    /* the format is one of text */
	bool plain;   /* the reader sets nothing but what every format has: see explain_packet */
	bool cleared; /* then: the rest of the packet is cleared, as it stays */
};

/* Counts a record and numbers packet. */
void capture_count(struct explain_capture *capture, struct explain_packet *packet);

/* Sets packet->missing: count packets are missing before it; 0: an unknown number of them. */
void capture_lost(struct explain_capture *capture, struct explain_packet *packet, uint64_t count);

/* Sets the reason why the capture ends. Returns EXPLAIN_READ_END. */
enum explain_read capture_end(struct explain_capture *capture, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The capture ends within the record after capture->number. Returns EXPLAIN_READ_END. */
enum explain_read capture_end_cut(struct explain_capture *capture);

/* That record claims kept octets, which is more than EXPLAIN_RECORD_MAX. Returns EXPLAIN_READ_END.
 */
enum explain_read capture_end_oversized(struct explain_capture *capture, size_t kept);

/* ---- Packets of records ----------------------------------------------------------------------
 *
 * Each turns the data of a record into packet: kept octets that were captured, of original ones on
 * the wire, which are no fewer. data is borrowed. Returns EXPLAIN_READ_PACKET or
 * EXPLAIN_READ_SKIPPED.
 */

/* A packet of H4, packet type first. */
enum explain_read capture_take_h4(struct explain_packet *packet, bool received, const uint8_t *h4,
				  size_t kept, size_t original);

/* A link-layer packet, access address first. The rest of packet->air is set by the caller. */
enum explain_read capture_take_air(struct explain_packet *packet, const uint8_t *data, size_t kept);
/* A link-layer PDU; all of packet->air is set by the caller. */
enum explain_read capture_take_pdu(struct explain_packet *packet, const uint8_t *pdu, size_t kept);

/* ---- Integers, in the byte order that a file has --------------------------------------------- */

static inline uint16_t capture_get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t capture_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t capture_get16(const uint8_t *p, bool big)
{
	return big ? capture_get_be16(p) : bytes_get_le16(p);
}

static inline uint32_t capture_get32(const uint8_t *p, bool big)
{
	return big ? capture_get_be32(p) : bytes_get_le32(p);
}

static inline uint64_t capture_get64(const uint8_t *p, bool big)
{
	return big ? (uint64_t)capture_get_be32(p) << 32 | capture_get_be32(p + 4)
		   : bytes_get_le64(p);
}
