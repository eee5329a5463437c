/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"
#include "crypto/bytes.h"

/* In the order of asking: text last, which has no mark of its own. */
static const struct explain_reader *const readers[] = {
	&capture_btsnoop,      &capture_pcap,	    &capture_pcapng,
	&capture_packetlogger, &capture_btmon_text,
};

/* What captures are often wrapped in, and how to unwrap it. */
static const struct {
	const char *magic;
	size_t len;
	const char *what, *advice;
} wrapped[] = {
	{"\x1f\x8b", 2, "compressed by gzip", "zcat FILE | blepair explain -"},
	{"\xfd"
	 "7zXZ",
	 5, "compressed by xz", "xzcat FILE | blepair explain -"},
	{"\x28\xb5\x2f\xfd", 4, "compressed by zstd", "zstdcat FILE | blepair explain -"},
	{"BZh", 3, "compressed by bzip2", "bzcat FILE | blepair explain -"},
	{"PK\x03\x04", 4, "a ZIP archive",
	 "unpack it; in an Android bug report the capture is "
	 "FS/data/misc/bluetooth/logs/btsnoop_hci.log"},
	{"\xff\xfe", 2, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | blepair explain -"},
	{"\xfe\xff", 2, "text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | blepair explain -"},
};

int capture_problem(char problem[EXPLAIN_PROBLEM], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(problem, EXPLAIN_PROBLEM, format, arguments);
	va_end(arguments);
	return -1;
}

static int recognise(struct explain_capture *capture, const char *name,
		     char problem[EXPLAIN_PROBLEM])
{
	size_t have;
	const uint8_t *first = capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);

	if (capture->source.error)
		return capture_problem(problem, "%s cannot be read: %s", name,
				       strerror(capture->source.error));
	if (have == 0)
		return capture_problem(problem, "%s is empty", name);
	for (size_t i = 0; i < sizeof(wrapped) / sizeof(wrapped[0]); i++)
		if (have >= wrapped[i].len &&
		    bytes_equal(first, (const uint8_t *)wrapped[i].magic, wrapped[i].len))
			return capture_problem(problem, "%s is %s: %s", name, wrapped[i].what,
					       wrapped[i].advice);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (!readers[i]->recognise(first, have))
			continue;
		char why[EXPLAIN_PROBLEM];
		capture->reader = readers[i];
		(void)snprintf(capture->format, sizeof(capture->format), "%s", readers[i]->name);
		return capture->reader->open(capture, why) == 0
			       ? 0
			       : capture_problem(problem, "%s (%s) %s", name, readers[i]->name,
						 why);
	}
	return capture_problem(problem,
			       "%s is no capture that is known here: it should be btsnoop (btmon "
			       "-w, Android, blepair -w), pcap, pcapng, PacketLogger, or what "
			       "btmon prints",
			       name);
}

static struct explain_capture *opened(struct explain_capture *capture, const char *name,
				      char problem[EXPLAIN_PROBLEM])
{
	if (recognise(capture, name, problem) == 0)
		return capture;
	capture_close(capture);
	return NULL;
}

struct explain_capture *capture_open(const char *path, char problem[EXPLAIN_PROBLEM])
{
	struct explain_capture *capture = calloc(1, sizeof(*capture));
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	if (!capture || capture_source_open(&capture->source, path)) {
		(void)capture_problem(problem, "%s cannot be opened: %s", name, strerror(errno));
		free(capture);
		return NULL;
	}
	return opened(capture, name, problem);
}

struct explain_capture *capture_open_memory(const void *octets, size_t len,
					    char problem[EXPLAIN_PROBLEM])
{
	struct explain_capture *capture = calloc(1, sizeof(*capture));

	if (!capture) {
		(void)capture_problem(problem, "out of memory");
		return NULL;
	}
	capture_source_memory(&capture->source, octets, len);
	return opened(capture, "the capture", problem);
}

bool capture_next(struct explain_capture *capture, struct explain_packet *packet)
{
	while (!capture->ended) {
		memset(packet, 0, sizeof(*packet));
		packet->manufacturer = 0xffff;
		switch (capture->reader->next(capture, packet)) {
		case EXPLAIN_READ_PACKET:
			return true;
		case EXPLAIN_READ_SKIPPED:
			break;
		case EXPLAIN_READ_END:
			capture->ended = true;
			break;
		}
	}
	return false;
}

const char *capture_format(const struct explain_capture *capture)
{
	return capture->format;
}

const char *capture_missing(const struct explain_capture *capture)
{
	return *capture->end ? capture->end : NULL;
}

void capture_progress(const struct explain_capture *capture, uint64_t *octets, uint64_t *size)
{
	*octets = capture->source.taken;
	*size = capture->source.size;
}

void capture_close(struct explain_capture *capture)
{
	if (capture->reader && capture->reader->close)
		capture->reader->close(capture);
	capture_source_close(&capture->source);
	free(capture);
}

void capture_count(struct explain_capture *capture, struct explain_packet *packet)
{
	packet->number = ++capture->number;
}

void capture_lost(struct explain_capture *capture, struct explain_packet *packet, uint64_t count)
{
	if (count == 0)
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "packets are missing before frame %" PRIu64, packet->number);
	else
		(void)snprintf(capture->missing, sizeof(capture->missing),
			       "%" PRIu64 " packet%s missing before frame %" PRIu64, count,
			       count == 1 ? " is" : "s are", packet->number);
	packet->missing = capture->missing;
}

enum explain_read capture_end(struct explain_capture *capture, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(capture->end, sizeof(capture->end), format, arguments);
	va_end(arguments);
	return EXPLAIN_READ_END;
}

enum explain_read capture_end_cut(struct explain_capture *capture)
{
	if (capture->source.error)
		return capture_end(capture, "reading failed in frame %" PRIu64 ": %s",
				   capture->number + 1, strerror(capture->source.error));
	return capture_end(capture, "the capture ends in the middle of frame %" PRIu64,
			   capture->number + 1);
}

enum explain_read capture_take_h4(struct explain_packet *packet, bool received, const uint8_t *h4,
				  size_t kept, size_t original)
{
	struct explain_packet keep = *packet;

	if (!capture_packet_h4(packet, received, h4, kept))
		return EXPLAIN_READ_SKIPPED;
	packet->number = keep.number;
	packet->time_us = keep.time_us;
	packet->clock = keep.clock;
	packet->source = keep.source;
	packet->missing = keep.missing;
	packet->original = original - 1;
	return EXPLAIN_READ_PACKET;
}
