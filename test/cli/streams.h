/* SPDX-License-Identifier: MIT */
/* What the code under test prints on stdout and stderr. */
#pragma once

/* From here on both go to files. */
void streams_capture(void);

/* The same, but standard error is a terminal with so many columns. At most 4095 octets are kept. */
void streams_capture_terminal(unsigned short columns);

/* Restores both. The texts stay valid until the next streams_capture(). */
void streams_restore(void);
extern char streams_out[65536], streams_err[65536];
