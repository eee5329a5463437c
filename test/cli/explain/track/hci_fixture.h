/* SPDX-License-Identifier: MIT */
/* A capture of HCI, packet by packet, for the tests of track/hci_events.h. */
#pragma once

#include "track/hci_events.h"
#include "unit.h"

enum { HOST = 0, PEER = 1 }; /* the ends, as the capture numbers them */

extern struct explain_links links;
extern struct explain_keyring ring;
extern uint64_t frame;
extern uint16_t source;
extern const uint8_t *known; /* of the next packet */
extern bool excerpt;

#define OVER 8
extern struct explain_attempt over[OVER]; /* the attempts that are over */
extern size_t over_count;

int begin(void **state);

/* The next packet, 10 us later. */
struct explain_packet packet_of(enum explain_kind kind, const uint8_t *data, size_t len);
void command(uint16_t opcode, const void *parameters, size_t len);
void event(uint8_t code, const void *parameters, size_t len);
/* Command Complete. */
void complete(uint16_t opcode, uint8_t status, const void *returned, size_t len);

#define COMMAND(opcode, ...) \
	command(opcode, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define EVENT(code, ...) \
	event(code, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define LE_EVENT(...) EVENT(HCI_LE_META, __VA_ARGS__)

struct explain_host *host(void);

/* LE Connection Complete of handle 0x0e40: peer 01:..:06 random, 30 ms, latency 1, 0.72 s. */
extern const uint8_t completed[19];
struct explain_attempt *connect_as(uint8_t role);
