/* SPDX-License-Identifier: MIT */
/*
 * Wireshark's exports as PDML (XML) and CSV, whose lines have what its text has: packet details,
 * and summaries.
 */
#pragma once

#include <stdbool.h>

#include "capture/lines.h"

/*
 * Turns a line of such an export, of a buffer of EXPLAIN_LINE_MAX + 1 octets, into the line that
 * the text would have; one that has none becomes empty. False: it is none, and stays.
 */
bool wireshark_export_line(char *line);
