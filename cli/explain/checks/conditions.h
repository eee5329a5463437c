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
	check_after_failure, check_keys_missing, check_security_request_ignored,
	check_request_taken_back, check_signing_key, check_mitm_unmet, check_io_unused,
	check_invalid_identity, check_no_bonding, check_oob_unused;
/* reasons.c: the reason of Pairing Failed, and what made an end refuse. */
explain_condition check_key_size_refused, check_mitm_refused, check_peer_reason,
	check_unknown_reason, check_stale_bond, check_newer_bits_refused, check_request_differs;
/* stacks.c: two stacks on one link, and the wrong transport. */
explain_condition check_two_stacks, check_bredr_link;
/* encryption.c: encryption that does not fit the pairing before it, and its key. */
explain_condition check_encrypted_early, check_early_encryption_accepted, check_identifier_not_zero,
	check_zero_key, check_key_not_shortened;
/* values.c: values that can be recomputed, and values that must be random. */
explain_condition check_passkeys_differ, check_confirm_wrong, check_commitment_wrong,
	check_dhkey_check_wrong, check_wrong_stk, check_invalid_key, check_reflected_key,
	check_mirrored, check_rejected_right, check_constant_key, check_patterned_keys,
	check_patterned_nonce, check_repeated_nonce, check_repeated_ltk, check_repeated_public_key,
	check_kept_public_key, check_known_key, check_repeated_passkey, check_debug_key,
	check_small_key, check_downgrade, check_open_book, check_read_along, check_passkey_shown,
	check_not_computable;
/* link.c: the link, its encryption, the signalling channel, and time. */
explain_condition check_no_bond, check_bond_refused_here, check_mic_failure,
	check_refused_encryption, check_not_established, check_hardware_error,
	check_controller_reset, check_supervision, check_requests_unanswered, check_silent,
	check_disconnected_early, check_identifier, check_channel_refused, check_result_code,
	check_unanswered, check_bad_parameters, check_slow;
/* own_end.c: what only the captured host knows. */
explain_condition check_cancelled_here, check_limit_here, check_controller_failed,
	check_refused_here;
/* management.c: the program and the user at the captured host, and what made an end begin. */
explain_condition check_agent_missing, check_user_refused, check_user_cancelled,
	check_old_bond_confirmation, check_own_demand_refused, check_attribute_demand;
/* host.c: the captured host before the attempt, and the capture itself. */
explain_condition check_command_refused, check_masked, check_le_host, check_bringup_missing,
	check_capture_holes, check_capture_cut;
