/* SPDX-License-Identifier: MIT */
/* The table of all units of a report, with the controls that batch_report.js brings to life. */
#pragma once

#include "report/batch_report.h"

void report_print_units(const struct batch_report *report, FILE *out);
