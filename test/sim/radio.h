/* SPDX-License-Identifier: MIT */
/*
 * Radio time: what a link layer costs (Core Vol 6 Part B). Off by default, when everything takes
 * AIR_DELAY; on, nothing passes between two devices but in connection events.
 *
 * A link has an event every interval. In it the two take turns, the central first, while either has
 * something and the event has time; an octet takes 8 us (LE 1M), a packet is spaced from the next
 * by 150 us. What is to be sent must be there before the event begins, as controllers want it.
 * A lost packet ends the event, and everything from it on is sent again in the next one. A
 * peripheral with latency sleeps through events unless it has something to say. A link on which
 * nothing was heard in its first six events never was one (0x3E), one that is silent for its
 * supervision timeout is lost (0x08).
 *
 * The links of one central share its time: each event may last its part of the interval.
 */
#pragma once

#include "sim/air.h"
#include "sim/world.h"

struct radio {
	unsigned loss; /* packets lost, of 1000 */
	unsigned seed; /* of what is lost, and of the jitter of advertising; the same: the same run
			*/
};

/* All is lost and forgotten, and the radio takes no time. Of air_begin(). */
void radio_begin(void);

/* Radio time from here on. No link may exist. */
void radio_on(const struct radio *radio);
bool radio_is_on(void);

/* Of the air: a link begins; its first event is 2.5 ms away. */
void radio_link(struct air_link *link);

/*
 * Of the air: a packet of so many octets is to be carried, after what its sender posted before it;
 * run(copy of arg) is called when it has arrived. Forgotten when the link ends.
 */
void radio_send(struct air_link *link, bool by_central, size_t octets, world_run *run,
		const void *arg, size_t len);
void radio_unlink(struct air_link *link);
/* Of the air: other parameters from now on. */
void radio_change(struct air_link *link, const struct air_parameters *parameters);

/* Of the air: microseconds to the next advertising event: interval, and up to 10 ms (4.4.2.2.1). */
uint64_t radio_advertising_delay(uint64_t interval);

/* The number of the connection event that a time falls into, from 0. */
uint64_t radio_event(const struct air_link *link, uint64_t at);
