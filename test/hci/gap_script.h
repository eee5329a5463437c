/* SPDX-License-Identifier: MIT */
/* Procedures of a host whose controller is a script: the test answers each command. */
#pragma once

#include "hci/gap.h"

#include "unit.h"

extern struct hci_host host;
extern struct hci_controller_info controller;
extern struct hci_gap gap;
extern struct hci_gap_event happening; /* of the last event */
extern uint8_t out[HCI_PACKET_MAX];    /* the last command */

/* A request for a connection, to the peer of connection_complete(). */
extern const struct hci_connect peer;

/* Setups: a controller with legacy commands, and one with extended ones. */
int fresh(void **state);
int fresh_extended(void **state);

/* The controller sends these octets. */
void event(const uint8_t *octets, size_t len);
#define EVENT(...)                                      \
	do {                                            \
		const uint8_t octets[] = {__VA_ARGS__}; \
		event(octets, sizeof(octets));          \
	} while (0)

/* Checks that this command is sent now, and answers it with this status. */
void command(uint16_t opcode, uint8_t status);
/* Checks that exactly this command is sent now, and answers it with this status. */
void sent(uint16_t opcode, uint8_t status, const uint8_t *parameters, size_t len);
#define SENT(opcode, status, ...)                             \
	do {                                                  \
		const uint8_t octets[] = {__VA_ARGS__};       \
		sent(opcode, status, octets, sizeof(octets)); \
	} while (0)
void nothing_more(void);

void connection_complete(uint8_t status, uint8_t role);
/* A link in that role. */
struct hci_link *up(uint8_t role);
