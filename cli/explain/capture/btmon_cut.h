/* SPDX-License-Identifier: MIT */
/*
 * Which packet it is, where a terminal was too narrow for the codes in its header: "HCI Event: C..
 * #28 0.982350". Its fields show what it is, or the event that answers a command does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Moves *p from the cut name to the right side of the header. False: it is not such a header. */
bool capture_cut_header(const char **p);

/* Finds code and length of the event with these fields. False: it is not known. */
bool capture_cut_event(const char *body, uint8_t *code, size_t *plen);

/*
 * Finds opcode and length of a command, by its fields, or by the event that answers it in len
 * octets of the text behind it. False: it is not known.
 */
bool capture_cut_command(const char *body, const char *behind, size_t len, uint16_t *opcode,
			 size_t *plen);
