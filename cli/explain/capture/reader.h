/* SPDX-License-Identifier: MIT */
/* What the readers of capture formats are made of: for the files of this folder that are one. */
#pragma once

#include "capture/capture.h"
#include "capture/source.h"

/* How much of a file recognise() may see; less only of a shorter file. */
#define EXPLAIN_FIRST 4096

/*
 * The longest record taken: an ACL packet has at most 65535 octets of data. A record that claims
 * more is damaged.
 */
#define EXPLAIN_RECORD_MAX (65535 + 64)

enum explain_read {
	EXPLAIN_READ_PACKET,
	EXPLAIN_READ_SKIPPED, /* a record that nobody wants; ask again */
	EXPLAIN_READ_END,     /* capture->end says why, empty: as it should */
};

struct explain_reader {
	const char *name; /* of the format, for people */
	bool (*recognise)(const uint8_t *first, size_t len);
	/* Takes the header, if there is one, and fills capture->format. 0, or -1 with problem. */
	int (*open)(struct explain_capture *capture, char problem[EXPLAIN_PROBLEM]);
	/* The next record; packet comes cleared. */
	enum explain_read (*next)(struct explain_capture *capture, struct explain_packet *packet);
	void (*close)(struct explain_capture *capture); /* NULL: nothing to do */
};

extern const struct explain_reader capture_btsnoop;
extern const struct explain_reader capture_packetlogger;
extern const struct explain_reader capture_pcap;
extern const struct explain_reader capture_pcapng;
extern const struct explain_reader capture_btmon_text;

struct explain_capture {
	struct explain_source source;
	const struct explain_reader *reader;
	void *state; /* the reader's own */
	uint64_t number;
	char format[80];
	char missing[120]; /* what packet.missing points to */
	char end[200];
	bool ended;
};

/* Counts a record: packet gets its number. */
void capture_count(struct explain_capture *capture, struct explain_packet *packet);

/* Says what is missing before packet: count packets, 0: nobody knows how many. */
void capture_lost(struct explain_capture *capture, struct explain_packet *packet, uint64_t count);

/* Says why the capture ends. Returns EXPLAIN_READ_END. */
enum explain_read capture_end(struct explain_capture *capture, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The capture ends within a record, the one after capture->number. Returns EXPLAIN_READ_END. */
enum explain_read capture_end_cut(struct explain_capture *capture);

/* Fills problem; returns -1, for a return statement. */
int capture_problem(char problem[EXPLAIN_PROBLEM], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- Parts that several formats have ----------------------------------------------------------
 */

/*
 * Makes packet of what was in a record: kept octets of the packet's original ones, which are no
 * fewer. Each returns EXPLAIN_READ_PACKET or EXPLAIN_READ_SKIPPED.
 */
enum explain_read capture_take_h4(struct explain_packet *packet, bool received, const uint8_t *h4,
				  size_t kept, size_t original);

/* A record of Linux' monitor channel: its opcode, and the controller's index. */
enum explain_read capture_take_monitor(struct explain_packet *packet, uint16_t opcode,
				       uint16_t index, const uint8_t *data, size_t kept,
				       size_t original);

/* A link-layer packet, access address first. packet->air beside the address is set already. */
enum explain_read capture_take_air(struct explain_packet *packet, const uint8_t *data, size_t kept);
/* The same behind the access address, which is set. */
enum explain_read capture_take_pdu(struct explain_packet *packet, const uint8_t *pdu, size_t kept);

static inline uint16_t explain_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t explain_be32(const uint8_t *p)
{
	return (uint32_t)explain_be16(p) << 16 | explain_be16(p + 2);
}
