/* SPDX-License-Identifier: MIT */
/* Steps, values and ends as text: the same for the terminal, JSON and the page. */
#pragma once

#include "checks/verdict.h"

/* Describes one step of the ladder. */
struct explain_description {
	const char *layer; /* "HCI", "LL", "L2CAP", "SMP" */
	const char *title; /* the name of the message: "Pairing Request" */
	char fields[360];  /* the content of the message; empty: nothing to show */
	/* Lanes: "host", "controller", "peer"; "central", "peripheral"; "unknown". */
	const char *from, *to;
	bool secret; /* the octets of the message hold a key */
};

/* The lane of an end: "host" or "peer"; on air "central" or "peripheral". */
const char *describe_lane(const struct explain_attempt *attempt, int8_t end);

/* "initiator (central)", "responder (peripheral)"; empty: not known. Returns text. */
#define DESCRIBE_ROLE 40
const char *describe_role(const struct explain_attempt *attempt, int8_t end,
			  char text[DESCRIBE_ROLE]);

/* Fills description. Without show_keys, fields has a remark in place of keys. */
void describe_step(const struct explain_verdict *verdict, const struct explain_step *step,
		   bool show_keys, struct explain_description *description);

/* The values computed from this frame, "; " between them; empty: none. Keys as above. */
void describe_values(const struct explain_verdict *verdict, uint64_t frame, bool show_keys,
		     char *text, size_t size);

/*
 * "B8:27:EB:15:50:70 (public)", ", identity " and the identity address where it is known;
 * "unknown address". Returns text.
 */
#define DESCRIBE_ADDRESS 100
const char *describe_address(const struct explain_verdict *verdict, int8_t end,
			     char text[DESCRIBE_ADDRESS]);

/* A remark on the roles of the ends, if they are deduced; otherwise empty. */
const char *describe_roles(const struct explain_attempt *attempt);

/* The agreed features and the reason for the association model; empty without features. */
void describe_agreement(const struct explain_verdict *verdict, char *text, size_t size);

/* "frame 12", "frames 3, 7"; empty: none. Returns text. */
#define DESCRIBE_FRAMES 100
const char *describe_frames(const struct explain_finding *finding, char text[DESCRIBE_FRAMES]);

/* The time of a step in seconds after the first one that has a time. Negative when the clock went
 * backwards. */
double describe_seconds(const struct explain_attempt *attempt, const struct explain_step *step);
/* The same as text; empty: the capture has no time for this step. Returns text. */
#define DESCRIBE_TIME 32
const char *describe_time(const struct explain_attempt *attempt, const struct explain_step *step,
			  char text[DESCRIBE_TIME]);
