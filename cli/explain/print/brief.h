/* SPDX-License-Identifier: MIT */
/* A verdict as one sentence: what happened, who did it, the cause, the frames, and what to do. */
#pragma once

#include <stddef.h>

#include "checks/verdict.h"

/* Room for the longest sentence. */
#define BRIEF_TEXT 1400

/*
 * Writes "Pairing of 44:85:00:67:CC:CF with EB:47:34:30:3F:3E failed: the responder refused with
 * ...; do this." The initiator is named first, or the captured host if the roles are not known.
 * Returns the length of the part that says what happened: up to "failed".
 */
size_t brief_describe(const struct explain_verdict *verdict, char text[BRIEF_TEXT]);
