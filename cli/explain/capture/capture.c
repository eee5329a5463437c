/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"
#include "crypto/bytes.h"

/* In the order in which they are asked. Text is last, since it has no magic number. */
static const struct explain_reader *const readers[] = {
	&capture_btsnoop,      &capture_pcap,	    &capture_pcapng,
	&capture_packetlogger, &capture_btmon_text,
};

/* Containers in which captures are often sent, and how to unpack them. */
static const struct {
	const char *magic;
	size_t len;
	const char *kind, *advice;
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

static int recognise(struct explain_capture *capture, const char *name, struct failure *failure)
{
	size_t have;
	const uint8_t *first = capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);

	if (capture->source.error)
		return failure_set(failure, CLI_USAGE, "%s cannot be read: %s", name,
				   strerror(capture->source.error));
	if (have == 0)
		return failure_set(failure, CLI_USAGE, "%s is empty", name);
	for (size_t i = 0; i < sizeof(wrapped) / sizeof(wrapped[0]); i++)
		if (have >= wrapped[i].len &&
		    bytes_equal(first, (const uint8_t *)wrapped[i].magic, wrapped[i].len))
			return failure_set(failure, CLI_USAGE, "%s is %s: %s", name,
					   wrapped[i].kind, wrapped[i].advice);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (!readers[i]->recognise(first, have))
			continue;
		struct failure why;
		capture->reader = readers[i];
		(void)snprintf(capture->format, sizeof(capture->format), "%s", readers[i]->name);
		return capture->reader->open(capture, &why) == 0
			       ? 0
			       : failure_set(failure, CLI_USAGE, "%s (%s) %s", name,
					     readers[i]->name, why.text);
	}
	return failure_set(
		failure, CLI_USAGE,
		"%s is not a capture that can be read: supported are btsnoop (btmon -w, "
		"Android, blepair -w), pcap, pcapng, PacketLogger, and text that btmon prints",
		name);
}

static struct explain_capture *opened(struct explain_capture *capture, const char *name,
				      struct failure *failure)
{
	if (recognise(capture, name, failure) == 0)
		return capture;
	capture_close(capture);
	return NULL;
}

struct explain_capture *capture_open(const char *path, struct failure *failure)
{
	struct explain_capture *capture = calloc(1, sizeof(*capture));
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	if (!capture || capture_source_open(&capture->source, path)) {
		(void)failure_set(failure, CLI_USAGE, "%s cannot be opened: %s", name,
				  strerror(errno));
		free(capture);
		return NULL;
	}
	return opened(capture, name, failure);
}

struct explain_capture *capture_open_memory(const void *octets, size_t len, struct failure *failure)
{
	struct explain_capture *capture = calloc(1, sizeof(*capture));

	if (!capture) {
		(void)failure_set(failure, CLI_USAGE, "the capture cannot be read: out of memory");
		return NULL;
	}
	capture_source_memory(&capture->source, octets, len);
	return opened(capture, "the capture", failure);
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
