/* SPDX-License-Identifier: MIT */
/*
 * The conditions of the checks, one for each row of table.c; rows for a reason of Pairing Failed
 * share one. A condition is a function of the case alone. It returns true when the check applies,
 * and has then filled the finding.
 */
#pragma once

#include "checks/case.h"
#include "checks/finding.h"

typedef bool explain_condition(const struct explain_case *c, struct explain_finding *finding);

/* pairing.c: the PDUs of the pairing. */
explain_condition check_keys_not_negotiated, check_wrong_length, check_reserved_value,
	check_keys_not_offered, check_keys_order, check_out_of_turn, check_wrong_role,
	check_after_failure, check_keys_missing, check_security_request_ignored, check_mitm_unmet,
	check_io_unused, check_key_size_refused, check_mitm_refused, check_peer_reason,
	check_unknown_reason;
/* values.c: values that can be recomputed, and values that must be random. */
explain_condition check_passkeys_differ, check_confirm_wrong, check_commitment_wrong,
	check_dhkey_check_wrong, check_wrong_stk, check_invalid_key, check_reflected_key,
	check_mirrored, check_rejected_right, check_patterned_keys, check_patterned_nonce,
	check_repeated_nonce, check_repeated_ltk, check_repeated_public_key, check_repeated_passkey,
	check_debug_key, check_small_key, check_downgrade, check_open_book, check_read_along,
	check_passkey_shown, check_not_computable;
/* link.c: the link, its encryption, the signalling channel, and time. */
explain_condition check_no_bond, check_bond_refused_here, check_mic_failure,
	check_refused_encryption, check_not_established, check_hardware_error, check_supervision,
	check_silent, check_hung_up, check_identifier, check_result_code, check_unanswered,
	check_bad_parameters, check_slow;
/* host.c: the captured host before the attempt, and the capture itself. */
explain_condition check_command_refused, check_masked, check_le_host, check_bringup_missing,
	check_capture_holes, check_capture_cut;
