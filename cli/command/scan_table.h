/* SPDX-License-Identifier: MIT */
/* Devices that advertise as lines of text, one for each. Pure: devices in, text out. */
#pragma once

#include <stdio.h>

#include "batch/heard.h"
#include "batch/progress_view.h"

struct scan_table {
	unsigned width; /* of the terminal; 0: no terminal, lines of any length */
	bool color, ascii;
};

/*
 * The names of the columns, and a device: address, type, RSSI, how often it was seen, name, what
 * else it advertises. A narrow terminal gets the first columns that fit, and no line is longer than
 * width - 1. Each ends with a line end. They return its columns.
 */
unsigned scan_table_head(FILE *out, const struct scan_table *table);
unsigned scan_table_row(FILE *out, const struct scan_table *table,
			const struct heard_device *device);

/*
 * A live view for a terminal of that height: at most height - 1 lines, of them one for the devices
 * that have no place and the rest of the time; left: in seconds, negative: no limit. Fills drawn,
 * for batch_view_erase().
 */
void scan_table_live(FILE *out, const struct scan_table *table, unsigned height,
		     const struct heard_device *const *devices, size_t count, double left,
		     struct batch_view_drawn *drawn);
