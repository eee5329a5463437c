/* SPDX-License-Identifier: MIT */
/*
 * Wireshark's export as PDML (XML), whose lines have what its text has: packet details.
 */
#pragma once

#include <stdbool.h>

/*
 * Turns a line of PDML into the line that the text would have; one that has none becomes empty.
 * False: it is none, and stays.
 */
bool wireshark_pdml_line(char *line);
