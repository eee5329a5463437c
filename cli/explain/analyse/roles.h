/* SPDX-License-Identifier: MIT */
/*
 * Which end is the initiator, when nothing in the capture proves it: the order of the PDUs of a
 * pairing shows it (Core Vol 3 Part H Appendix C).
 */
#pragma once

#include "analyse/attempt.h"

/*
 * The end that the order of the SMP PDUs, or the failure of an encryption, makes the initiator, in
 * the numbering of the capture; EXPLAIN_NOBODY: it could be either.
 */
int8_t roles_deduce(const struct explain_attempt *attempt);
