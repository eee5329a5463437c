/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "capture/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/sandbox.h"
#include "capture/foreign.h"
#include "capture/library.h"
#include "capture/reader.h"
#include "capture/text.h"

/* In the order in which they are asked. Texts have no magic number: see text.c. */
static const struct explain_reader *const readers[] = {
	&capture_btsnoop,
	&capture_pcap,
	&capture_pcapng,
	&capture_packetlogger,
};

/* How a file that was looked at is used. */
enum use { USE, SKIP, FAIL };

/* The reader of a format, or NULL. */
static const struct explain_reader *reader_of(const uint8_t *first, size_t have)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i]->recognise(first, have))
			return readers[i];
	return NULL;
}

/*
 * An archive has files of all kinds. Formats with a magic number are taken; PacketLogger has none,
 * and text (reader is NULL) is a capture only if it has packets.
 */
static bool belongs(struct explain_capture *capture, const struct explain_reader *reader)
{
	const char *name = capture_inside(capture);

	if (!name)
		return true;
	if (reader == &capture_packetlogger)
		return strcasestr(name, ".pklg") != NULL;
	return reader || capture_text_has_packets(&capture->source);
}

/* A file without a magic number: text, or a format that is only named. */
static enum use use_text(struct explain_capture *capture, struct failure *failure)
{
	size_t len = strlen(capture->name);

	if (capture_text_begin(capture, capture->name, failure) == 0)
		return USE;
	if (!capture_inside(capture) && len > 4 && strcasecmp(capture->name + len - 4, ".cfa") == 0)
		(void)failure_set(
			failure, CLI_NOT_A_CAPTURE,
			"%s is not btsnoop; if it is a capture of Frontline's own format, "
			"export it there as btsnoop or pcap",
			capture->name);
	return FAIL;
}

static enum use use(struct explain_capture *capture, const struct explain_reader *reader,
		    struct failure *failure)
{
	struct failure why;

	capture->reader = reader;
	(void)snprintf(capture->format, sizeof(capture->format), "%s", reader->name);
	if (reader->open(capture, &why) == 0)
		return USE;
	(void)failure_set(failure, why.exit, "%s (%s) %s", capture->name, reader->name, why.text);
	return FAIL;
}

/* A log of Android's memory: source becomes the btsnoop file that is made from it. */
static enum use use_snooz(struct explain_capture *capture, struct failure *failure)
{
	struct failure why;

	if (capture_snooz_make(&capture->snooz, &capture->source, &why)) {
		(void)failure_set(failure, why.exit, "%s %s", capture->name, why.text);
		return FAIL;
	}
	capture->text = capture->source;
	capture_source_memory(&capture->source, capture->snooz.octets, capture->snooz.len);
	return use(capture, &capture_btsnoop, failure);
}

/* Looks at the file that the source is at, and into it if it is a container. */
static enum use look(struct explain_capture *capture, struct failure *failure)
{
	const char *kind, *advice;
	struct failure why;
	size_t have;
	const uint8_t *first;

	for (;;) {
		first = capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);
		if (capture->source.error) {
			(void)failure_set(failure, cli_exit_of_errno(capture->source.error),
					  "%s cannot be read: %s", capture->name,
					  strerror(capture->source.error));
			return FAIL;
		}
		kind = capture_container_kind(first, have);
		if (!kind)
			break;
		if (capture_container_enter(&capture->container, &capture->source, &why)) {
			(void)failure_set(failure, why.exit, "%s (%s) %s", capture->name, kind,
					  why.text);
			return FAIL;
		}
		if (!capture_container_next(capture->container, &capture->source))
			return SKIP;
	}
	if (have == 0 && capture_inside(capture))
		return SKIP;
	if (have == 0) {
		(void)failure_set(failure, CLI_EMPTY, "%s is empty. To get a capture: %s",
				  capture->name, capture_advice[CAPTURE_LINUX]);
		return FAIL;
	}
	if (capture_container_unsupported(first, have, &kind, &advice)) {
		(void)failure_set(failure, CLI_NOT_A_CAPTURE, "%s is %s: %s", capture->name, kind,
				  advice);
		return FAIL;
	}
	/* The log in the text of a bug report has less than one that was written to a file. */
	bool report = capture_is_bug_report(first, have);
	if (report && capture->found)
		return SKIP;
	if (report || capture_is_snooz(first, have))
		return use_snooz(capture, failure);
	const struct explain_reader *reader = reader_of(first, have);
	if (!belongs(capture, reader))
		return SKIP;
	return reader ? use(capture, reader, failure) : use_text(capture, failure);
}

/* Forgets the capture under way; what is around it stays. */
static void leave(struct explain_capture *capture)
{
	if (capture->reader && capture->reader->close)
		capture->reader->close(capture);
	capture->reader = NULL;
	capture->state = NULL;
	if (capture->snooz.octets) {
		capture->source = capture->text;
		capture_snooz_free(&capture->snooz);
	}
	capture->number = 0;
	capture->plain = capture->cleared = false;
	capture->ended = false;
	*capture->end = *capture->remark = '\0';
}

/* The system whose programs write this format. */
static enum explain_system system_of(const struct explain_reader *reader)
{
	if (reader == &capture_btmon_text)
		return EXPLAIN_SYSTEM_LINUX;
	return reader == &capture_packetlogger ? EXPLAIN_SYSTEM_APPLE : EXPLAIN_SYSTEM_UNKNOWN;
}

/* Text is often an excerpt that people paste. */
static bool is_text(const struct explain_reader *reader)
{
	return reader == &capture_btmon_text || reader == &capture_hex_text ||
	       reader == &capture_wireshark_text;
}

/* Finds the next capture, from the file that the source is at. 0, or -1 with failure. */
static int find(struct explain_capture *capture, struct failure *failure)
{
	bool named = false; /* failure is set */

	for (;;) {
		struct failure why = {.text = ""};
		enum use use = look(capture, &why);

		if (use == USE) {
			capture->found++;
			capture->system = system_of(capture->reader);
			capture->excerpt = is_text(capture->reader);
			return 0;
		}
		leave(capture);
		if (use == FAIL && !named) {
			*failure = why;
			named = true;
		}
		if (!capture->container ||
		    !capture_container_next(capture->container, &capture->source))
			break;
	}
	const char *trouble =
		capture->container ? capture_container_trouble(capture->container) : NULL;
	if (trouble)
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "%s holds no capture that can be read: %s", capture->name,
				   trouble);
	if (named)
		return -1;
	if (capture->container)
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "%s holds no capture: put btsnoop, pcap, pcapng or .pklg files "
				   "into it",
				   capture->name);
	return failure_set(failure, CLI_NOT_A_CAPTURE, "%s is not a capture that can be read",
			   capture->name);
}

struct explain_capture *capture_open_file(const char *path, struct failure *failure)
{
	struct explain_capture *capture = calloc(1, sizeof(*capture));
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	if (!capture || capture_source_open(&capture->source, path)) {
		(void)failure_set(failure, cli_exit_of_errno(errno), "%s cannot be opened: %s%s",
				  name, strerror(errno),
				  errno == EISDIR ? "; name a capture in it, or pack it as one "
						    "archive (tar, ZIP)"
						  : "");
		free(capture);
		return NULL;
	}
	capture->name = name;
	return capture;
}

/* True if the file needs libraries. A pipe may: a look into it would wait for its writer. */
static bool may_be_packed(struct explain_source *source)
{
	size_t have;

	if (!source->regular)
		return true;
	const uint8_t *first = capture_source_peek(source, EXPLAIN_FIRST, &have);
	return capture_container_kind(first, have) || capture_is_snooz(first, have) ||
	       capture_is_bug_report(first, have);
}

bool capture_is_empty(struct explain_capture *capture)
{
	size_t have = 1;

	if (capture->source.regular)
		(void)capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);
	return have == 0;
}

void capture_prepare(struct explain_capture *capture)
{
	struct failure failure;

	if (!may_be_packed(&capture->source))
		return;
	(void)capture_library(&failure);
	sandbox_limit_memory(EXPLAIN_CONTAINER_MEMORY);
}

int capture_begin(struct explain_capture *capture, struct failure *failure)
{
	return find(capture, failure);
}

bool capture_following(struct explain_capture *capture)
{
	struct failure failure;

	if (!capture->container)
		return false;
	leave(capture);
	capture->ended = !capture_container_next(capture->container, &capture->source) ||
			 find(capture, &failure) != 0;
	return !capture->ended;
}

const char *capture_inside(const struct explain_capture *capture)
{
	return capture->container ? capture_container_name(capture->container) : NULL;
}

/* capture may be NULL, with failure. */
static struct explain_capture *begun(struct explain_capture *capture, struct failure *failure)
{
	if (!capture || capture_begin(capture, failure) == 0)
		return capture;
	capture_close(capture);
	return NULL;
}

struct explain_capture *capture_open(const char *path, struct failure *failure)
{
	return begun(capture_open_file(path, failure), failure);
}

struct explain_capture *capture_open_memory(const void *octets, size_t len, struct failure *failure)
{
	struct explain_capture *capture = calloc(1, sizeof(*capture));

	if (!capture) {
		(void)failure_set(failure, CLI_INTERNAL,
				  "the capture cannot be read: out of memory");
		return NULL;
	}
	capture_source_memory(&capture->source, octets, len);
	capture->name = "the capture";
	return begun(capture, failure);
}

/* Clearing all of it takes a tenth of the time for a packet. */
static void clear(struct explain_capture *capture, struct explain_packet *packet)
{
	if (capture->plain && capture->cleared) {
		memset(packet, 0, offsetof(struct explain_packet, untimed));
		return;
	}
	memset(packet, 0, sizeof(*packet));
	packet->manufacturer = 0xffff;
	capture->cleared = true;
}

bool capture_next(struct explain_capture *capture, struct explain_packet *packet)
{
	*capture->missing = '\0';
	while (!capture->ended) {
		clear(capture, packet);
		switch (capture->reader->next(capture, packet)) {
		case EXPLAIN_READ_PACKET:
			if (packet->oddity && !*capture->remark)
				(void)snprintf(capture->remark, sizeof(capture->remark),
					       "frame %" PRIu64 ": %s", packet->number,
					       packet->oddity);
			if (packet->system == EXPLAIN_SYSTEM_UNKNOWN)
				packet->system = capture->system;
			packet->excerpt = capture->excerpt;
			/* Also what is missing before a record that was skipped. */
			packet->missing = *capture->missing ? capture->missing : NULL;
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
	const char *trouble =
		capture->container ? capture_container_trouble(capture->container) : NULL;

	return trouble ? trouble : *capture->end ? capture->end : NULL;
}

bool capture_is_cut(const struct explain_capture *capture)
{
	return capture->cut;
}

const char *capture_remark(const struct explain_capture *capture)
{
	return *capture->remark ? capture->remark : NULL;
}

const char *capture_said(const struct explain_capture *capture)
{
	return *capture->said ? capture->said : NULL;
}

void capture_progress(const struct explain_capture *capture, uint64_t *octets, uint64_t *size)
{
	const struct explain_source *source =
		capture->snooz.octets ? &capture->text : &capture->source;

	*octets = source->taken;
	*size = source->size;
	if (capture->container)
		capture_container_progress(capture->container, octets, size);
}

void capture_close(struct explain_capture *capture)
{
	leave(capture);
	capture_source_close(&capture->source);
	capture_container_free(capture->container);
	free(capture);
}
