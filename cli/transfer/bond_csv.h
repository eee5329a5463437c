/* SPDX-License-Identifier: MIT */
/* Bonds as CSV, RFC 4180: a header, then one line for each bond (docs/bonds.md). */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/failure.h"
#include "store/bond.h"

/* Both return false with errno if file cannot be written. No value needs quotation marks. */
bool bond_csv_write_header(FILE *file);
bool bond_csv_write(FILE *file, const struct bond_record *record, bool in_force);

/*
 * Reads bonds as store_import() takes them, with columns in any order, as spreadsheets write them
 * too. NULL with failure: which line, and what was expected. An error of file is left in ferror().
 */
json_t *bond_csv_read(FILE *file, struct failure *failure);
