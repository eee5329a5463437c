/* SPDX-License-Identifier: MIT */
/*
 * A minimal ATT server, channel 0x0004, Core Vol 3 Part F: it has no attributes and answers
 * accordingly, so that a peer that uses GATT during pairing does not wait.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The default ATT MTU, Part F 3.2.8; no answer is longer than an Error Response. */
#define ATT_MTU	      23
#define ATT_REPLY_MAX 5

/*
 * Writes the answer to an ATT PDU of len octets to reply. Returns the length of the answer; 0 if
 * the PDU gets none: a response, notification, confirmation or command, or an empty PDU.
 */
size_t att_answer(const uint8_t *pdu, size_t len, uint8_t reply[ATT_REPLY_MAX]);
