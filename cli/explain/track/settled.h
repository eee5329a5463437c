/* SPDX-License-Identifier: MIT */
/*
 * Attempts that are over while their link stays up. A capture that is complete does not need this:
 * there every attempt ends with its link, or when the next one begins.
 */
#pragma once

#include "track/tracker.h"

/* After the last PDU of an attempt, so that the end that gave up can disconnect. */
#define EXPLAIN_SETTLED_US 1000000

/* No attempt is to be waited for: only a packet can change that. */
#define EXPLAIN_NO_WAIT UINT64_MAX

/*
 * Calls finished for each attempt that is over at now_us, by the clock of the packets: it failed,
 * or has its keys, and nothing came for EXPLAIN_SETTLED_US; or no PDU came for so long that the
 * timer of SMP has ended. Each is reported once more when its link ends or another attempt begins,
 * then with attempt->reported. Returns the microseconds until the next call, unless a packet comes
 * before, or EXPLAIN_NO_WAIT.
 */
uint64_t track_settle(struct explain_tracker *tracker, uint64_t now_us);
