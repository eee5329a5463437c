/* SPDX-License-Identifier: MIT */
/*
 * A virtual controller that misbehaves at one moment: when it answers the nth command, or when it
 * sends the nth packet that answers no command. The faults are a table; a test runs the program
 * once for each fault and each moment.
 */
#pragma once

#include "sim/sim.h"

struct hostile;

enum hostile_moment {
	HOSTILE_COMMAND, /* answers the nth command wrongly */
	HOSTILE_EVENT,	 /* sends the nth other packet wrongly */
	HOSTILE_UNASKED, /* sends something before the nth packet of any kind */
};

/* The ways in which a run may end although nothing else is wrong. */
enum hostile_end {
	HOSTILE_ENDS_AS_USUAL, /* the fault is tolerated */
	HOSTILE_NO_ANSWER,     /* no valid answer came: the command is named */
	HOSTILE_NO_CREDIT,     /* no command is allowed: a command is named */
	HOSTILE_GONE,
	HOSTILE_BROKEN,	 /* it contradicts itself, or reports an error of its own */
	HOSTILE_REFUSED, /* whatever such an answer leads to, but no internal error */
};

struct hostile_fault {
	const char *name;
	enum hostile_moment moment;
	/* Changes the packet, at least 4 octets longer than len; returns its length, 0: it is lost.
	 * At HOSTILE_UNASKED: injects. */
	size_t (*happen)(struct hostile *hostile, uint8_t *packet, size_t len);
	bool lasts; /* from the nth on */
	enum hostile_end end;
};

extern const struct hostile_fault hostile_faults[];
extern const size_t hostile_fault_count;

struct hostile {
	struct sim_controller *controller;
	const struct hostile_fault *fault; /* NULL: none, it only counts */
	unsigned nth;			   /* from 1 */

	unsigned commands, events, packets; /* so far */
	uint16_t opcode; /* of the nth command, or the last one before the fault */
	uint16_t last_opcode;
	bool happened;
	uint64_t at; /* when it happened first */
	/* Of the commands so far; the first is at 0. */
	uint16_t sent[128];
};

/* Hooks into the controller. hostile must live as long as the world. */
void hostile_begin(struct hostile *hostile, struct sim_controller *controller,
		   const struct hostile_fault *fault, unsigned nth);
