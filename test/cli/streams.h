/* SPDX-License-Identifier: MIT */
/* What the code under test prints on stdout and stderr. */
#pragma once

/* From here on both go to files. */
void streams_capture(void);

/* Restores both. The texts stay valid until the next streams_capture(). */
void streams_restore(void);
extern char streams_out[65536], streams_err[65536];
