/* SPDX-License-Identifier: MIT */
/* Which reader a text needs: a mail may hold prose, logs and traces in any order. */
#pragma once

#include "base/failure.h"
#include "capture/record.h"

/*
 * Chooses the reader that finds packets in the text that the capture begins with, and opens it.
 * 0, or -1 with failure: CLI_NOT_A_CAPTURE with the name of the format and how to get a capture.
 */
int capture_text_begin(struct explain_capture *capture, const char *name, struct failure *failure);

/*
 * True if a reader finds a packet in the first 256 KiB, which stay unread. A file of an archive is
 * a capture only then: there are logs of other programs beside it.
 */
bool capture_text_has_packets(struct explain_source *source);
