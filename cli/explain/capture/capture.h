/* SPDX-License-Identifier: MIT */
/*
 * A capture file, read packet by packet in constant memory: btsnoop, pcap, pcapng, PacketLogger, or
 * the text that btmon prints. The format is found out by the first octets, never by the name.
 *
 * A capture may be cut anywhere, and may lack anything: what can be read is read, and what is
 * missing is said, before a packet (explain_packet.missing) or at the end (capture_missing()).
 *
 * btmon shows a frame of L2CAP that came in several ACL packets once, at the last of them. Of its
 * text the last packet therefore carries the whole frame, as a first fragment; those before it have
 * nothing behind the header of ACL (original > len).
 */
#pragma once

#include "capture/packet.h"

struct explain_capture;

#define EXPLAIN_PROBLEM 320

/*
 * Opens path, "-" for standard input. NULL: problem is one line that says what it is instead, and
 * what to do. To be closed by capture_close().
 */
struct explain_capture *capture_open(const char *path, char problem[EXPLAIN_PROBLEM]);

/* The same of octets in memory, borrowed until capture_close(). */
struct explain_capture *capture_open_memory(const void *octets, size_t len,
					    char problem[EXPLAIN_PROBLEM]);

/* The next packet. False: there is no more, and capture_missing() says why if that is odd. */
bool capture_next(struct explain_capture *capture, struct explain_packet *packet);

/* What it is, for people: "btsnoop, HCI UART (H4)". */
const char *capture_format(const struct explain_capture *capture);

/*
 * After the last packet: NULL, the capture ended as it should; or a clause, "the capture ends in
 * the middle of frame 12", "this text has no packet that btmon prints".
 */
const char *capture_missing(const struct explain_capture *capture);

/* Octets read of how many; size 0: that cannot be known (a pipe). */
void capture_progress(const struct explain_capture *capture, uint64_t *octets, uint64_t *size);

void capture_close(struct explain_capture *capture);
