/* SPDX-License-Identifier: MIT */
/*
 * The connection handles of a text whose headers a terminal may have cut: which connections are up,
 * and the next handle that the text names.
 */
#pragma once

#include "capture/text_fields.h"

#define TEXT_HANDLES 8
/* The connection of packets whose handle is cut and not printed anywhere else. */
#define TEXT_HANDLE_UNKNOWN 0xeff

/* All zero to begin with. */
struct text_handles {
	uint16_t up[TEXT_HANDLES];
	size_t count;
	bool assumed; /* none is known to be up: this one is taken */
	uint16_t assumed_handle;
};

/* Where the handle is in an event whose code and subevent are known; 0: nowhere. */
size_t text_handle_at(const struct explain_octets *event);

/* A packet of this connection was read: it is up. Beyond TEXT_HANDLES, the oldest is forgotten. */
void text_handles_add(struct text_handles *handles, uint16_t handle);

/* Notes the connection that an event is of: up, or down after Disconnection Complete. */
void text_handles_note(struct text_handles *handles, const struct explain_octets *event);

/* The first handle in len octets of text: "Handle: 70", "handle 71". False: none. */
bool text_handle_find(const char *text, size_t len, uint16_t *handle);

/* True for a command whose first parameter is a handle. */
bool text_handle_begins(uint16_t opcode);
