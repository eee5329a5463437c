/* SPDX-License-Identifier: MIT */
/* The keys of bonds as text to enter in Wireshark's sniffer toolbars (docs/bonds.md). */
#pragma once

#include <stdio.h>

#include "store/bond.h"

/* Both return false with errno if file cannot be written. */
bool wireshark_write_header(FILE *file);
bool wireshark_write(FILE *file, const struct bond_record *record);
