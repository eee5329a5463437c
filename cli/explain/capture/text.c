/* SPDX-License-Identifier: MIT */
#include "capture/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture/foreign.h"
#include "capture/reader.h"

/*
 * In the order in which they are asked: a mail that has packets of btmon and a log beside them is
 * read as text of btmon.
 */
static const struct explain_reader *const texts[] = {
	&capture_btmon_text,
	&capture_wireshark_text,
	&capture_hex_text,
};

/* Octets that are searched at once. The next search begins in their middle. */
#define SEARCHED ((size_t)256 * 1024)
_Static_assert(SEARCHED <= EXPLAIN_WINDOW, "one peek gets them");

#define TO_GET_ONE ". To get a capture: on Linux, %s"
#define SUPPORTED                                                                     \
	TO_GET_ONE                                                                    \
	". Supported are btsnoop (btmon -w, Android, blepair -w), pcap, pcapng, "     \
	"PacketLogger, and text of btmon, hcidump, Wireshark, tshark, PacketLogger, " \
	"bumble, BTstack, NimBLE, ESP-IDF, ArduinoBLE, noble and bleps"

static bool is_text(const uint8_t *first, size_t len)
{
	size_t odd = 0;

	for (size_t i = 0; i < len; i++)
		odd += first[i] < ' ' && !strchr("\t\n\r\f\x1b", first[i] ? first[i] : 1);
	return odd * 50 <= len;
}

/* The byte order of UTF-16, by its mark or by the zeros of ASCII; *skip: octets of the mark. */
static enum explain_wide wide_order(const uint8_t *first, size_t len, size_t *skip)
{
	size_t zeros[2] = {0, 0};

	*skip = 2;
	if (len >= 2 && first[0] == 0xff && first[1] == 0xfe)
		return EXPLAIN_WIDE_LITTLE;
	if (len >= 2 && first[0] == 0xfe && first[1] == 0xff)
		return EXPLAIN_WIDE_BIG;
	*skip = 0;
	len = capture_least(len, 512) & ~(size_t)1;
	for (size_t i = 0; i < len; i++)
		zeros[i % 2] += first[i] == 0;
	if (len < 16 || zeros[0] + zeros[1] < len / 2 - len / 50)
		return EXPLAIN_NARROW;
	if (zeros[0] == 0)
		return EXPLAIN_WIDE_LITTLE;
	return zeros[1] == 0 ? EXPLAIN_WIDE_BIG : EXPLAIN_NARROW;
}

enum found { NOTHING, SOMETHING, PACKET, NO_MEMORY };

/*
 * What the reader finds in these octets: packets, or only notes of controllers and damaged packets
 * (SOMETHING).
 * NO_MEMORY: failure is set.
 */
static enum found try_reader(const struct explain_reader *reader, const uint8_t *octets, size_t len,
			     struct failure *failure)
{
	struct explain_capture trial = {.name = "", .reader = reader};
	enum explain_read read = EXPLAIN_READ_SKIPPED;
	enum found found = NOTHING;
	struct explain_packet packet;
	bool logs = false; /* lines of programs, which are no trace */

	capture_source_memory(&trial.source, octets, len);
	if (reader->open(&trial, failure))
		return NO_MEMORY;
	while (read != EXPLAIN_READ_END && found != PACKET) {
		memset(&packet, 0, sizeof(packet));
		read = reader->next(&trial, &packet);
		if (read != EXPLAIN_READ_PACKET)
			continue;
		if (packet.kind != EXPLAIN_NOTE)
			found = PACKET;
		else if (packet.note == EXPLAIN_NOTE_OTHER)
			logs = true;
		else
			found = SOMETHING;
	}
	reader->close(&trial);
	return found == NOTHING && !logs && *trial.end ? SOMETHING : found;
}

/* The reader that finds most in these octets; NULL: none finds anything. -1 with failure. */
static int find_reader(const uint8_t *octets, size_t len, const struct explain_reader **best,
		       enum found *most, struct failure *failure)
{
	*best = NULL;
	*most = NOTHING;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && *most != PACKET; i++) {
		enum found found = try_reader(texts[i], octets, len, failure);
		if (found == NO_MEMORY)
			return -1;
		if (found > *most) {
			*best = texts[i];
			*most = found;
		}
	}
	return 0;
}

static int begin(struct explain_capture *capture, const char *name,
		 const struct explain_reader *reader, struct failure *failure)
{
	struct failure why;

	capture->reader = reader;
	(void)snprintf(capture->format, sizeof(capture->format), "%s", reader->name);
	return reader->open(capture, &why) == 0
		       ? 0
		       : failure_set(failure, why.exit, "%s (%s) %s", name, reader->name, why.text);
}

/* Sets failure when no reader found anything. Returns -1. */
static int refuse(const struct explain_capture *capture, const char *name,
		  const struct capture_foreign_finds *finds, struct failure *failure)
{
	if (capture->source.error)
		return failure_set(failure, cli_exit_of_errno(capture->source.error),
				   "%s cannot be read: %s", name, strerror(capture->source.error));
	if (finds->format)
		return capture_foreign_fail(finds, name, failure);
	/* What the text says is worth more than the list of formats. */
	if (*finds->fact)
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "%s is text without a packet that can be read. It says: "
				   "%s%s%s" TO_GET_ONE,
				   name, finds->fact, *finds->second ? "; and " : "", finds->second,
				   capture_advice[CAPTURE_LINUX]);
	return failure_set(failure, CLI_NOT_A_CAPTURE,
			   "%s is text without a packet that can be read" SUPPORTED, name,
			   capture_advice[CAPTURE_LINUX]);
}

/* Narrows the text, from its first octets on. 0, or -1: no memory. */
static int narrow(struct explain_source *source)
{
	size_t have, skip;
	const uint8_t *p = capture_source_peek(source, EXPLAIN_FIRST, &have);
	enum explain_wide wide = wide_order(p, have, &skip);

	if (!wide)
		return 0;
	capture_source_take(source, skip);
	return capture_source_widen(source, wide);
}

bool capture_text_has_packets(struct explain_source *source)
{
	const struct explain_reader *reader;
	enum found found;
	struct failure why;
	size_t have;
	const uint8_t *p = capture_source_peek(source, EXPLAIN_FIRST, &have);

	if (capture_foreign_magic(p, have) || narrow(source))
		return false;
	p = capture_source_peek(source, SEARCHED, &have);
	return is_text(p, capture_least(have, EXPLAIN_FIRST)) &&
	       find_reader(p, capture_least(have, SEARCHED), &reader, &found, &why) == 0 &&
	       found == PACKET;
}

int capture_text_begin(struct explain_capture *capture, const char *name, struct failure *failure)
{
	struct capture_foreign_finds finds = {0};
	const struct explain_reader *reader;
	struct failure why;
	enum found found;
	size_t have;
	_Static_assert(sizeof(finds.fact) == sizeof(capture->said), "one is copied");
	const uint8_t *p = capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);
	const char *foreign = capture_foreign_magic(p, have);

	if (foreign)
		return failure_set(failure, CLI_NOT_A_CAPTURE, "%s is %s", name, foreign);
	if (narrow(&capture->source))
		return failure_set(failure, CLI_INTERNAL, "%s cannot be read: %s", name,
				   strerror(ENOMEM));
	p = capture_source_peek(&capture->source, EXPLAIN_FIRST, &have);
	if (!capture->source.wide && !is_text(p, have))
		return failure_set(failure, CLI_NOT_A_CAPTURE,
				   "%s is not a capture that can be read" SUPPORTED, name,
				   capture_advice[CAPTURE_LINUX]);
	for (;;) {
		p = capture_source_peek(&capture->source, SEARCHED, &have);
		size_t searched = capture_least(have, SEARCHED);
		bool last = have < SEARCHED;
		if (find_reader(p, searched, &reader, &found, &why))
			return failure_set(failure, why.exit, "%s %s", name, why.text);
		capture_foreign_look(&finds, (const char *)p, searched);
		if (found == PACKET || (found == SOMETHING && last)) {
			if (finds.failure)
				memcpy(capture->said, finds.fact, sizeof(capture->said));
			return begin(capture, name, reader, failure);
		}
		if (last)
			return refuse(capture, name, &finds, failure);
		capture_source_take(&capture->source, SEARCHED / 2);
	}
}
