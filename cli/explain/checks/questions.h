/* SPDX-License-Identifier: MIT */
/* Questions that more than one check asks. */
#pragma once

#include "checks/case.h"

/*
 * The PDU that an end sent although it had left out its own PDU before it. The capture did not
 * lose that PDU: the other end had not received it either, and refused the next one. NULL: none.
 */
const struct explain_step *check_skipped(const struct explain_case *c);

/* True when encryption was requested during a pairing that had no key yet, or had failed. */
bool check_keyless(const struct explain_case *c);

/* The command of this attempt to encrypt that the controller rejected, or NULL. */
const struct explain_refusal *check_refused_to_encrypt(const struct explain_case *c);

/* The next PDU of the pairing ("Pairing Random"), "encryption", or "nothing" at its end. */
const char *check_awaited(const struct explain_case *c);

/* True for a reason with which stacks answer a PDU that they do not expect. */
bool check_is_answer_to_misplaced(uint8_t reason);

/* True for a reason that Table 3.7 of Vol 3 Part H defines. */
bool check_reason_is_defined(uint8_t reason);

/* True for an IO capability that Table 3.4 of Vol 3 Part H defines. */
bool check_io_is_defined(uint8_t io);

/* True for an association model that protects against a man in the middle. */
bool check_authenticates(enum smp_method method);

/* "Just Works", "Passkey Entry", ...: the specification's name. */
const char *check_method_name(enum smp_method method);

/* Why these features lead to an association model without authentication: a clause. */
const char *check_why_unauthenticated(const struct smp_features *features);

/* The name of a command of the L2CAP signalling channel, or "unknown command". */
const char *check_signal_name(uint8_t code);
