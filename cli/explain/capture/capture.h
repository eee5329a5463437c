/* SPDX-License-Identifier: MIT */
/*
 * Reads a capture file packet by packet, in constant memory: btsnoop, pcap, pcapng, PacketLogger,
 * or text of btmon, hcidump, Wireshark and logs; also compressed, in an archive, or in a bug report
 * of Android. The format is detected from the content; only PacketLogger's in an archive also needs
 * its name.
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
 * Opens path, but reads nothing; "-" is standard input. NULL: failure has one line of text, which
 * names the file and the remedy. Close the capture with capture_close().
 */
struct explain_capture *capture_open_file(const char *path, struct failure *failure);

/*
 * Loads the libraries that unpack the file, if its first octets demand them or it is a pipe, and
 * limits the memory of this process then. They open files, so call it before the filter of system
 * calls is set. What fails is reported by capture_begin().
 */
void capture_prepare(struct explain_capture *capture);

/* Before capture_begin(): the file has no octet. False: it has some, or it is a pipe. */
bool capture_is_empty(struct explain_capture *capture);

/*
 * Detects the format and reads the header, before the first capture_next(). 0, or -1 as above: with
 * CLI_NOT_A_CAPTURE if the format is not supported, CLI_EMPTY if it holds no packet.
 */
int capture_begin(struct explain_capture *capture, struct failure *failure);

/*
 * After the last packet: goes on to the next capture of an archive, whose packets are numbered
 * anew. False: there is none.
 */
bool capture_following(struct explain_capture *capture);

/* The name of the capture inside an archive, from outside; NULL: it is in none. */
const char *capture_inside(const struct explain_capture *capture);

/* Opens and begins. */
struct explain_capture *capture_open(const char *path, struct failure *failure);

/* The same for len octets in memory, borrowed until capture_close(). */
struct explain_capture *capture_open_memory(const void *octets, size_t len,
					    struct failure *failure);

/*
 * Reads the next packet, always into the same packet, which nobody else changes. False: there is
 * none; see capture_missing().
 */
bool capture_next(struct explain_capture *capture, struct explain_packet *packet);

/* The format, for people: "btsnoop, HCI UART (H4)". */
const char *capture_format(const struct explain_capture *capture);

/*
 * After the last packet: NULL, the capture is complete; or a clause about its end that is missing
 * or damaged: "the capture ends in the middle of frame 12".
 */
const char *capture_missing(const struct explain_capture *capture);

/* After the last packet: whether it is a text that ends within a packet. */
bool capture_is_cut(const struct explain_capture *capture);

/* NULL, or a clause about the first packet with an oddity: "frame 123: the event has ...". */
const char *capture_remark(const struct explain_capture *capture);

/*
 * NULL, or a clause about what a log says itself of the failure, in lines that are no packets: "the
 * pairing failed, Passkey Entry Failed (0x01)".
 */
const char *capture_said(const struct explain_capture *capture);

/* Sets *octets to how many were read, and *size to the size of the file; 0: unknown (a pipe). */
void capture_progress(const struct explain_capture *capture, uint64_t *octets, uint64_t *size);

void capture_close(struct explain_capture *capture);
