/* SPDX-License-Identifier: MIT */
/*
 * One function for each kind of case, for both roles; central: blepair is the central. The table in
 * conformance.c maps the test cases of the Security Manager's test suite to these functions.
 */
#pragma once

#include <stdbool.h>

typedef void conformance_case(bool central);

/* cases_legacy.c */
conformance_case silence_ends_at_30_s;
conformance_case legacy_just_works;
conformance_case legacy_refused_by_peer;
conformance_case legacy_wrong_confirm;
conformance_case legacy_reserved_bits;
conformance_case legacy_just_works_mirrored;
conformance_case legacy_passkey;
conformance_case legacy_passkey_falls_back_to_just_works;
conformance_case legacy_mitm_is_not_claimed;
conformance_case legacy_mitm_or_refused;
conformance_case legacy_passkeys_differ;
conformance_case legacy_other_passkey;
conformance_case legacy_passkey_entry_fails;
conformance_case legacy_passkey_mirrored;
conformance_case legacy_oob;
conformance_case legacy_oob_only_blepair_has_data_passkey;
conformance_case legacy_oob_only_peer_has_data_passkey;
conformance_case legacy_oob_only_peer_has_data_just_works;
conformance_case legacy_oob_only_blepair_has_data_just_works;
conformance_case legacy_oob_differs;

/* cases_secure.c */
conformance_case secure_just_works_or_comparison;
conformance_case secure_reserved_bits;
conformance_case secure_refused_by_peer;
conformance_case secure_passkey;
conformance_case secure_passkey_reserved_bits;
conformance_case secure_passkeys_differ;
conformance_case secure_passkey_refused_by_peer;
conformance_case secure_passkey_wrong_confirm;
conformance_case secure_other_passkey;
conformance_case secure_oob;
conformance_case secure_oob_reserved_bits;
conformance_case secure_oob_refused_by_peer;
conformance_case secure_oob_wrong_confirm;
conformance_case secure_invalid_keys;

/* cases_keys.c */
conformance_case minimum_key_size;
conformance_case key_size_too_small;
conformance_case legacy_signing_key_only;
conformance_case legacy_identity_only;
conformance_case legacy_encryption_key_only;
conformance_case legacy_same_link_again;
conformance_case secure_signing_key_only;
conformance_case secure_identity_only;
conformance_case legacy_keys_rejected;
conformance_case secure_keys_rejected;
conformance_case security_request_is_answered;
conformance_case security_request_without_key;
conformance_case security_request_is_sent;
conformance_case security_request_with_bond;
conformance_case link_key_by_h6;
conformance_case link_key_by_h7;
conformance_case link_key_by_h6_without_csrk;
conformance_case link_key_by_h7_without_csrk;
