/* SPDX-License-Identifier: MIT */
/* Durations as text. */
#pragma once

#define REPORT_DURATION 24

/* Milliseconds as "7.5 ms", "340 ms", "1.24 s", "3 min 20 s"; "-" if not finite. Returns text. */
const char *report_duration(double ms, char text[REPORT_DURATION]);
