/* SPDX-License-Identifier: MIT */
/*
 * The smallest honest ATT server, channel 0x0004, Core Vol 3 Part F: it has no attributes and says
 * so, so that a peer that talks GATT in the middle of pairing is not left waiting.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The default ATT MTU, Part F 3.2.8; no answer is longer than an Error Response. */
#define ATT_MTU	      23
#define ATT_REPLY_MAX 5

/* Writes the answer to pdu into reply; returns its length, 0 when there is none to give. */
size_t att_answer(const uint8_t *pdu, size_t len, uint8_t reply[ATT_REPLY_MAX]);
