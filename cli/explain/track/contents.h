/* SPDX-License-Identifier: MIT */
/*
 * What a capture holds, counted: if there is nothing to explain, this says what there is instead,
 * and what to do to capture a pairing.
 */
#pragma once

#include "capture/packet.h"

struct explain_contents {
	uint64_t packets, commands, events, data; /* all; of HCI */
	uint64_t connections;			  /* LE connections of the captured hosts */
	uint64_t classic;			  /* BR/EDR connections */
	uint64_t bredr_signaling;		  /* frames of L2CAP that only BR/EDR has */
	uint64_t advertising;			  /* LE advertising reports, or PDUs on air */
	uint64_t requests, air_data;		  /* on air: to connect; PDUs of connections */
	uint64_t management;			  /* messages of the management interface */
};

/* Counts a packet. contents is all zero to begin with. */
void contents_add(struct explain_contents *contents, const struct explain_packet *packet);

/* What to do when a capture has BR/EDR and no connection of LE. */
extern const char contents_bredr_advice[];

/*
 * Writes what the capture holds, a clause that begins with the number of packets, and what to do,
 * which is returned.
 */
#define CONTENTS_TEXT 200
const char *contents_describe(const struct explain_contents *contents, char text[CONTENTS_TEXT]);
