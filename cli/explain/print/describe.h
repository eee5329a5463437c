/* SPDX-License-Identifier: MIT */
/* A step of the ladder, and values, in words: the same for terminal, JSON and picture. */
#pragma once

#include <stdio.h>

#include "checks/verdict.h"

struct explain_words {
	const char *layer;     /* "HCI", "LL", "L2CAP", "SMP" */
	const char *title;     /* "Pairing Request" */
	char fields[360];      /* what it says, or empty */
	const char *from, *to; /* lanes: "host", "controller", "peer", or "central", "peripheral" */
	bool secret;	       /* the octets hold a key */
};

/* Keys are in fields only with show_keys. */
void print_put(const struct explain_verdict *verdict, const struct explain_step *step,
	       bool show_keys, struct explain_words *words);

/* Values that were computed and belong to this frame, "; "-separated; empty: none. */
void print_put_values(const struct explain_verdict *verdict, uint64_t frame, bool show_keys,
		      char *text, size_t size);

/* "B8:27:EB:15:50:70 (public)" and who is behind it; "unknown". */
const char *print_put_address(const struct explain_verdict *verdict, int8_t end, char text[100]);

/* When a step was, in seconds since the first; clocks of captures also go backwards. */
double print_seconds(const struct explain_attempt *attempt, const struct explain_step *step);

/* Most significant octet first, as the specification prints. */
const char *print_put_hex(const uint8_t *value, size_t len, char *text);

/* "LE legacy pairing, Just Works: because ..."; empty without features. */
void print_put_method(const struct explain_verdict *verdict, char *text, size_t size);

/* "frame 12", "frames 3, 7"; empty: none. */
const char *print_put_frames(const struct explain_finding *finding, char text[100]);

/* Whose end is whose: "initiator", and "the captured host" if it is. */
const char *print_put_role(const struct explain_verdict *verdict, int8_t end);
