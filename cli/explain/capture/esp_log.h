/* SPDX-License-Identifier: MIT */
/*
 * The log of HCI that ESP-IDF prints: a counter, a letter for the kind of the packet, its octets.
 * Newer versions print a clock of 8 octets before the packet (ESP-IDF
 * components/bt/common/hci_log/bt_hci_log.c).
 *
 *   4c C:06 04 03 01 00 13
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/packet.h"

/* No packet, whether behind a clock or not. */
#define CAPTURE_ESP_NONE SIZE_MAX

struct capture_esp_line {
	enum explain_kind kind;
	enum explain_way way;
	const char *octets; /* in the line, up to its end */
	size_t before;	    /* characters before the counter */
};

/* Finds the counter and the letter in a line that ends with octets. False: it is another line. */
bool capture_esp_line(const char *line, struct capture_esp_line *found);

/*
 * The octets of the clock before the packet in data, or before its beginning: 8 or 0;
 * CAPTURE_ESP_NONE: there is no packet. len is at least 1.
 */
size_t capture_esp_clock(enum explain_kind kind, const uint8_t *data, size_t len);

/* Whether the text has a line with a packet, or with the beginning of one that HCI defines. */
bool capture_esp_log(const char *text, size_t len);
