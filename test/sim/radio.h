/* SPDX-License-Identifier: MIT */
/*
 * Radio time: the time that a link layer takes (Core Vol 6 Part B). Off by default: every packet
 * then takes AIR_DELAY. On: packets pass between two devices only in connection events.
 *
 * A link has an event every interval. In it the two take turns, the central first, as long as
 * either has data and the event has time; an octet takes 8 us (LE 1M), and packets are 150 us
 * apart. Data must be queued before the event begins, as real controllers require, and is sent in
 * PDUs of at most 27 octets. Acknowledgement and flow control follow 4.5.9: a PDU that is lost ends
 * the event; its sender sends the same again, empty ones too, until it is acknowledged. A
 * peripheral with latency sleeps through events unless it has data to send. An end that receives
 * nothing in the first six events gives up the link (0x3E), and so does one that then receives
 * nothing for the supervision timeout (0x08); the other end notices by its own silence.
 *
 * Lost packets on the advertising channels: a scanner misses an advertisement or the scan response;
 * when CONNECT_IND is lost, the central has a link that the peripheral does not know.
 *
 * Not modelled: the acknowledgement of LL_TERMINATE_IND (both ends know when it arrives), a
 * host gets Number Of Completed Packets when its packet arrives, not when the acknowledgement does.
 *
 * The links of one central share its time: each gets an equal part of the interval for its events.
 * If that part is too short for the longest PDU in each direction, they take turns in several
 * intervals.
 */
#pragma once

#include "sim/air.h"
#include "sim/world.h"

struct radio {
	unsigned loss;		   /* data PDUs lost, of 1000, in each direction */
	unsigned advertising_loss; /* the same, of the PDUs of advertising */
	unsigned seed; /* of packet loss and advertising jitter; the same seed gives the same run */
};

/* Resets everything and turns radio time off. Called by air_begin(). */
void radio_begin(void);

/* Turns radio time on, when no link exists; or changes its settings. */
void radio_on(const struct radio *radio);
bool radio_is_on(void);

/* Called by the air: a link begins; its first event is 2.5 ms away. */
void radio_link(struct air_link *link);

/*
 * Called by the air: queues a packet of that many octets behind the sender's earlier ones, and
 * calls run(copy of arg) when it has arrived. Dropped when the link ends.
 */
void radio_send(struct air_link *link, bool by_central, size_t octets, world_run *run,
		const void *arg, size_t len);
void radio_unlink(struct air_link *link);
/* Called by the air: new parameters from now on. */
void radio_change(struct air_link *link, const struct air_parameters *parameters);

/* Whether a PDU of advertising, which is on air now, is lost. */
bool radio_loses_advertising(void);

/* Microseconds to the next advertising event: the interval and up to 10 ms (4.4.2.2.1). */
uint64_t radio_advertising_delay(uint64_t interval);

/* The number, from 0, of the connection event at that time. */
uint64_t radio_event(const struct air_link *link, uint64_t at);
