/* SPDX-License-Identifier: MIT */
/*
 * Reads a capture file packet by packet, in constant memory: btsnoop, pcap, pcapng, PacketLogger,
 * or the text that btmon prints. The format is detected from the content, never from the name.
 *
 * A capture may be cut anywhere and may have gaps. Everything readable is read; a gap is reported
 * with the packet behind it (explain_packet.missing), a missing end by capture_missing().
 *
 * btmon prints an L2CAP frame that was sent in several ACL packets once, at the last of them. From
 * its text, the last packet therefore carries the whole frame, as a first fragment; the earlier
 * ones carry only the ACL header (original > len).
 */
#pragma once

#include "base/failure.h"
#include "capture/packet.h"

struct explain_capture;

/*
 * Opens path; "-" is standard input. NULL: failure is CLI_USAGE and one line of text, which names
 * the file and the remedy. Close the capture with capture_close().
 */
struct explain_capture *capture_open(const char *path, struct failure *failure);

/* The same for len octets in memory, borrowed until capture_close(). */
struct explain_capture *capture_open_memory(const void *octets, size_t len,
					    struct failure *failure);

/* Reads the next packet. False: there is none; see capture_missing(). */
bool capture_next(struct explain_capture *capture, struct explain_packet *packet);

/* The format, for people: "btsnoop, HCI UART (H4)". */
const char *capture_format(const struct explain_capture *capture);

/*
 * After the last packet: NULL, the capture is complete; or a clause about its end that is missing
 * or damaged: "the capture ends in the middle of frame 12".
 */
const char *capture_missing(const struct explain_capture *capture);

/* Sets *octets to how many were read, and *size to the size of the file; 0: unknown (a pipe). */
void capture_progress(const struct explain_capture *capture, uint64_t *octets, uint64_t *size);

void capture_close(struct explain_capture *capture);
