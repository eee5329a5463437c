/* SPDX-License-Identifier: MIT */
/*
 * Records of Linux' monitor channel, as btmon -w and captures of "bluetooth-monitor" hold them:
 * Linux, net/bluetooth/hci_mon.h.
 */
#pragma once

#include "capture/record.h"

/* A record by its opcode and the index of its controller; else as in record.h. */
enum explain_read capture_take_monitor(struct explain_packet *packet, uint16_t opcode,
				       uint16_t index, const uint8_t *data, size_t kept,
				       size_t original);
