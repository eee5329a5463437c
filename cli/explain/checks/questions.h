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

/* The first step of a control PDU of the link layer, on air; NULL: none. Vol 6 Part B 2.4.2. */
enum { CHECK_LL_ENC_RSP = 0x04, CHECK_LL_START_ENC_REQ = 0x05 };
const struct explain_step *check_control(const struct explain_attempt *attempt, uint8_t opcode);

/* The request to encrypt: of the central, or as the peripheral's host sees it. */
const struct explain_mark *check_encryption_request(const struct explain_attempt *attempt);

/*
 * Whether the capture has request and response, but not the PDUs at the end of phase 2 before
 * encryption was requested; the values of the PDUs are not needed.
 */
bool check_shows_no_key(const struct explain_attempt *attempt);

/*
 * The last SMP PDU before the request to encrypt, if the request came before phase 2 was over and
 * the capture lacks nothing there. NULL otherwise.
 */
const struct explain_step *check_too_early(const struct explain_case *c);

/* The frame in which the peripheral accepted the request to encrypt; 0: it did not. */
uint64_t check_key_accepted(const struct explain_attempt *attempt);

/* The next PDU of the pairing ("Pairing Random"), "encryption", or "nothing" at its end. */
const char *check_awaited(const struct explain_case *c);

/*
 * What an end asks its user before it sends its next PDU: "to confirm the number 456671", "to type
 * the passkey". NULL: nothing that the capture shows. Returns text.
 */
#define CHECK_TASK 60
const char *check_user_task(const struct explain_case *c, int8_t end, char text[CHECK_TASK]);

/*
 * Why the link ended: ": Remote User Terminated Connection (0x13)", or a clause where the capture
 * does not show it. Returns text.
 */
#define CHECK_ENDING 96
const char *check_ending(const struct explain_attempt *attempt, char text[CHECK_ENDING]);

/* True for a reason with which stacks answer a PDU that they do not expect. */
bool check_is_answer_to_misplaced(uint8_t reason);

/* True for a reason that Table 3.7 of Vol 3 Part H defines. */
bool check_reason_is_defined(uint8_t reason);

/* True for an IO capability that Table 3.4 of Vol 3 Part H defines. */
bool check_io_is_defined(uint8_t io);

/*
 * True if the association model protects against a man in the middle: from Core 6.2 on, Passkey
 * Entry does so with Secure Connections only.
 */
bool check_authenticates(const struct smp_features *features);

/* "Just Works", "Passkey Entry", ...: the specification's name. */
const char *check_method_name(enum smp_method method);

/* Why these features lead to an association model without authentication: a clause. */
const char *check_why_unauthenticated(const struct smp_features *features);

/* The name of a command of the L2CAP signalling channel, or "unknown command". */
const char *check_signal_name(uint8_t code);

/* The name of an error code of ATT that demands security, or "other error". */
const char *check_att_error_name(uint8_t code);

/* True if the sniffer missed a PDU between the last one of SMP and the request to encrypt. */
bool check_unheard(const struct explain_attempt *a);

/* True if the link ended by a MIC failure after it had worked: the two ends have the same key. */
bool check_mic_failed_later(const struct explain_attempt *a);

/* What cut an attempt: a sentence that "before" or "during" can follow. */
const char *check_cut_name(const struct explain_attempt *a);
