/* SPDX-License-Identifier: MIT */
/*
 * The GATT server of a simulated device: a few attributes, each with the level that it demands, and
 * the ways in which a bad one answers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/level.h"

#define SIM_ATTRIBUTES 8
#define SIM_GATT_MTU   247

struct sim_attribute {
	uint16_t uuid;
	enum security_level level; /* below it, an access is refused */
	uint8_t refusal;	   /* the error code; 0: Insufficient Authentication */
	size_t len;
	uint8_t value[600];
};

/* How it misbehaves. */
enum sim_gatt_fault {
	SIM_GATT_FINE,
	SIM_GATT_SILENT,	/* never answers */
	SIM_GATT_SHORT,		/* cut answers */
	SIM_GATT_ENDLESS,	/* a value without an end */
	SIM_GATT_OTHER_HANDLE,	/* out of the range that was asked for */
	SIM_GATT_OTHER_OPCODE,	/* the answer to another request */
	SIM_GATT_NOTIFIES,	/* notifications and requests of its own before each answer */
	SIM_GATT_HELD,		/* answers only when the link is encrypted */
	SIM_GATT_DEAF_TO_WRITE, /* writes, and does not answer that */
};

struct sim_gatt {
	size_t count;
	struct sim_attribute attributes[SIM_ATTRIBUTES]; /* the value of n has handle 3 + 2 n */
	uint16_t mtu;					 /* offered; 0: it does not exchange it */
	enum sim_gatt_fault fault;
	void (*send)(void *ctx, const uint8_t *pdu, size_t len);
	void *ctx;

	/* For tests to read. */
	unsigned requests; /* all so far */
	unsigned exchanges, writes;
	uint8_t opcodes[64]; /* of the first requests */
	uint16_t mtu_in_force;
	uint16_t answered_mtu; /* by the program, to our request */
	bool held;	       /* SIM_GATT_HELD: a request waits */
	uint8_t waiting[SIM_GATT_MTU];
	size_t waiting_len;
};

/* No attributes. send() gets each PDU to send. */
void sim_gatt_begin(struct sim_gatt *gatt, void (*send)(void *ctx, const uint8_t *pdu, size_t len),
		    void *ctx);

/* Adds a characteristic with a text; it may be changed afterwards. */
struct sim_attribute *sim_gatt_add(struct sim_gatt *gatt, uint16_t uuid, enum security_level level,
				   const char *text);

/* A new link: the default MTU. */
void sim_gatt_linked(struct sim_gatt *gatt);

/* Takes a PDU of the program, on a link of that level. */
void sim_gatt_receive(struct sim_gatt *gatt, enum security_level level, const uint8_t *pdu,
		      size_t len);

/* SIM_GATT_HELD: the link is encrypted now, and what waits is answered. */
void sim_gatt_release(struct sim_gatt *gatt, enum security_level level);
