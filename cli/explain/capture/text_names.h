/* SPDX-License-Identifier: MIT */
/*
 * Commands and events by the names that the programs and the specification gave them over time, for
 * headers that people shortened: "HCI Event: Encryption Change", without code and length. Blanks
 * are removed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the name at *p, and a code in parentheses and a length behind it, and moves *p behind them.
 * False: it is no name that is known.
 */
bool text_named_command(const char **p, uint16_t *opcode);
/* The same for events; *subevent: 0, or of the LE event whose name is printed instead. */
bool text_named_event(const char **p, uint8_t *code, uint8_t *subevent);
