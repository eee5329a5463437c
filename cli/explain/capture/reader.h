/* SPDX-License-Identifier: MIT */
/* The interface of a reader: each capture format is one, listed in capture.c. */
#pragma once

#include "base/failure.h"
#include "capture/record.h"

/* How many octets of a file recognise() sees; fewer only of a shorter file. */
#define EXPLAIN_FIRST 4096

struct explain_reader {
	const char *name;				     /* of the format, for people */
	bool (*recognise)(const uint8_t *first, size_t len); /* NULL: a text */
	/* Reads the file header, if the format has one, and sets capture->format. 0, or -1 with
	 * failure. */
	int (*open)(struct explain_capture *capture, struct failure *failure);
	/* Reads the next record; packet comes cleared. */
	enum explain_read (*next)(struct explain_capture *capture, struct explain_packet *packet);
	void (*close)(
		struct explain_capture *capture); /* frees capture->state, which may be NULL */
};

extern const struct explain_reader capture_btsnoop;
extern const struct explain_reader capture_packetlogger;
extern const struct explain_reader capture_pcap;
extern const struct explain_reader capture_pcapng;
/* Texts, in text.c. Each finds its packets between any other lines; none has a recognise(). */
extern const struct explain_reader capture_btmon_text;
extern const struct explain_reader capture_hex_text;
extern const struct explain_reader capture_wireshark_text;
