/* SPDX-License-Identifier: MIT */
/* Makes capture files of every format from a few packets, and reads captures back. */
#pragma once

#include "capture/capture.h"
#include "unit.h"

/* ---- Making files ------------------------------------------------------------------------------
 */

struct file {
	uint8_t octets[4096];
	size_t len;
};

/* Of HCI: data without a packet type. On air: with the access address. */
struct sample {
	enum explain_kind kind;
	enum explain_way way;
	uint8_t data[48];
	size_t len;
};

struct format {
	const char *name; /* as capture_format() returns it */
	void (*begin)(const struct format *format, struct file *file);
	void (*add)(const struct format *format, struct file *file, const struct sample *sample,
		    uint64_t time_us);
	uint32_t link; /* datalink or link type; of PacketLogger 0 big-endian, 1 little-endian */
	bool air;
	bool undirected; /* the format has no direction */
};

extern const struct format formats[];
extern const size_t formats_count;

/* A reset and a feature exchange, on the side of a host; the last packet is a second fragment. */
#define HOST_SAMPLES 6
extern const struct sample host_samples[HOST_SAMPLES];
/* CONNECT_IND and the first PDUs of the connection. */
#define AIR_SAMPLES 4
extern const struct sample air_samples[AIR_SAMPLES];

/*
 * The sample data of Core Vol 6 Part C 1: LL_ENC_REQ, LL_ENC_RSP, LL_START_ENC_REQ, both
 * LL_START_ENC_RSP, a data PDU each way; and what is in the last four.
 */
#define ENCRYPTED_SAMPLES 7
extern const struct sample encrypted_samples[ENCRYPTED_SAMPLES];
struct plain {
	size_t len;
	const char *octets;
};
extern const struct plain decrypted_samples[ENCRYPTED_SAMPLES];
extern const uint8_t sample_ltk[16];

/* The time of samples[i]. */
uint64_t sample_time(size_t i);

/* All samples that fit the format. */
void file_make(struct file *file, const struct format *format);
/*
 * pcapng of two sections, one in each byte order. The first has interfaces of three kinds, with
 * times in other units and counted from elsewhere: Ethernet (frame 1), then all samples of a host
 * and of the air in turn, an entry of a journal, and the host's last sample on an interface of its
 * own. In the second, the first of the host's samples and a simple packet.
 */
void file_make_mixed(struct file *file);
/* pcap of a sniffer: the encrypted samples. */
void file_make_encrypted(struct file *file);
void file_put(struct file *file, const void *octets, size_t len);
/* An integer of size octets, most or least significant octet first. */
void file_put_be(struct file *file, uint64_t value, size_t size);
void file_put_le(struct file *file, uint64_t value, size_t size);

/* The packet type of H4, Core Vol 4 Part A 2. */
uint8_t h4_type(enum explain_kind kind);

/* Text without a packet, and the shortest traces. */
#define PROSE	      "It does not pair, whatever I try, as I wrote.\n"
#define BTMON_RESET   "< HCI Command: Reset (0x03|0x0003) plen 0\n"
#define BTSTACK_RESET "CMD => 03 0c 00\n"

/* ---- Reading captures ---------------------------------------------------------------------------
 */

struct reading {
	struct explain_packet *packets; /* data and known are copies, on the heap */
	size_t count;
	char format[80];
	struct failure failure; /* text is empty: it could be opened */
	char missing[200];	/* at its end; empty: nothing */
};

/* Reads a capture from an exact copy of octets, for the sanitizers. Free it by reading_free(). */
void reading_take(struct reading *reading, const void *octets, size_t len);
/* Reads a file of test/captures. */
void reading_take_stored(struct reading *reading, const char *name);
void reading_free(struct reading *reading);

/* Returns a file of test/captures, or of another folder beside it, on the heap, with a zero behind
 * it. */
char *stored(const char *name, size_t *len);

/* Packet by packet, octets, known, kind, way, number and time are the same. */
void assert_same_packets(const struct reading *a, const struct reading *b);
/* The first count packets are the samples of the format. */
void assert_samples(const struct reading *reading, const struct format *format, size_t count);
