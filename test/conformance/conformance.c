/* SPDX-License-Identifier: MIT */
/*
 * The test cases of the Security Manager's test suite (Bluetooth SIG, SM.TS p30) by identifier, run
 * with the whole of blepair, from its arguments to the air, against sim/reference_peer.h.
 *
 *	test_conformance_conformance            runs all cases
 *	test_conformance_conformance --table    runs all cases and prints docs/conformance.md
 *
 * The last test compares docs/conformance.md with this output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/cases.h"
#include "sim/captured.h"
#include "sim/run_scenario.h"

#define BR_EDR	"needs pairing over BR/EDR; blepair is an LE-only tool"
#define SIGNING "blepair distributes signing keys but does not send or accept signed data"

enum { CENTRAL = 1, PERIPHERAL = 0 };

static struct row {
	const char *id;
	const char *core; /* versions of the Core Specification it applies to; "": all */
	bool central;
	const char *title;
	conformance_case *run; /* NULL: not applicable; remark is the reason */
	const char *remark;
	const char *says; /* explain's summary of the captures: see story in sim/captured.h */
} rows[] = {
	/* clang-format off */
	{"SM/CEN/PROT/BV-01-C", "", CENTRAL, "The peer never answers", silence_ends_at_30_s, "", "timed_out: peer silence"},
	{"SM/CEN/JW/BV-01-C", "", CENTRAL, "Just Works", legacy_just_works, "", "paired"},
	{"SM/CEN/JW/BV-05-C", "", CENTRAL, "The peer refuses: four reasons", legacy_refused_by_peer, "", "refused: peer reason-unspecified; refused: peer reason-pairing-not-supported; refused: peer reason-repeated-attempts; refused: peer reason-busy"},
	{"SM/CEN/JW/BI-01-C", "", CENTRAL, "Wrong confirm value", legacy_wrong_confirm, "", "refused: peer confirm-wrong"},
	{"SM/CEN/JW/BI-04-C", "", CENTRAL, "Reserved bits are set", legacy_reserved_bits, "", "paired"},
	{"SM/CEN/JW/BI-06-C", "6.2 on", CENTRAL, "The peer mirrors our values", legacy_just_works_mirrored, "", "refused: peer mirrored-values"},
	{"SM/CEN/PKE/BV-01-C", "", CENTRAL, "Passkey entry", legacy_passkey, "every IO capability; from 6.2 on not authenticated, with `--legacy-passkey-mitm` as to 6.1", "paired: - host mitm-unmet"},
	{"SM/CEN/PKE/BV-04-C", "", CENTRAL, "The peer has no input and output", legacy_passkey_falls_back_to_just_works, "", "paired: - host mitm-unmet"},
	{"SM/CEN/PKE/BV-05-C", "6.2 on", CENTRAL, "Three pairings with different passkeys", legacy_passkeys_differ, "", "paired: - host mitm-unmet"},
	{"SM/CEN/PKE/BI-01-C", "", CENTRAL, "The passkeys differ", legacy_other_passkey, "", "refused: host reason-confirm-value-failed"},
	{"SM/CEN/PKE/BI-02-C", "", CENTRAL, "The peer reports Passkey Entry Failed", legacy_passkey_entry_fails, "", "refused: peer reason-passkey-entry-failed"},
	{"SM/CEN/PKE/BI-03-C", "6.2 on", CENTRAL, "The peer mirrors our values, passkey", legacy_passkey_mirrored, "", "refused: peer mirrored-values"},
	{"SM/CEN/OOB/BV-01-C", "to 6.2", CENTRAL, "Out of band, five times", legacy_oob, "", "paired"},
	{"SM/CEN/OOB/BV-10-C", "6.3 on", CENTRAL, "Out of band, five times, random values unique", legacy_oob, "", "paired"},
	{"SM/CEN/OOB/BV-03-C", "", CENTRAL, "Only we have data: passkey", legacy_oob_only_blepair_has_data_passkey, "", "paired: - host mitm-unmet"},
	{"SM/CEN/OOB/BV-05-C", "", CENTRAL, "Only the peer has data: passkey", legacy_oob_only_peer_has_data_passkey, "", "paired: - host mitm-unmet"},
	{"SM/CEN/OOB/BV-07-C", "", CENTRAL, "Only the peer has data: Just Works", legacy_oob_only_peer_has_data_just_works, "", "paired: - host mitm-unmet"},
	{"SM/CEN/OOB/BV-09-C", "", CENTRAL, "Only we have data: Just Works", legacy_oob_only_blepair_has_data_just_works, "", "paired: - host mitm-unmet"},
	{"SM/CEN/OOB/BI-01-C", "to 6.2", CENTRAL, "The out-of-band data differ", legacy_oob_differs, "", "refused: host reason-confirm-value-failed"},
	{"SM/CEN/EKS/BV-01-C", "", CENTRAL, "Minimum key size, also when the bond is used", minimum_key_size, "7, 10 and 16 octets, legacy and Secure Connections", "paired: - peer small-key; encrypted; paired"},
	{"SM/CEN/EKS/BI-01-C", "", CENTRAL, "Key size below our minimum", key_size_too_small, "", "refused: peer key-size-refused; refused: peer reserved-value"},
	{"SM/CEN/KDU/BV-04-C", "to 6.2", CENTRAL, "Only the signing key, legacy", legacy_signing_key_only, "with `--init-keys sign`; as in 6.3, it is not offered otherwise", "paired: - host signing-key"},
	{"SM/CEN/KDU/BV-05-C", "", CENTRAL, "Only the identity, legacy", legacy_identity_only, "", "paired"},
	{"SM/CEN/KDU/BV-06-C", "", CENTRAL, "Only the LTK, legacy", legacy_encryption_key_only, "", "paired"},
	{"SM/CEN/KDU/BV-10-C", "", CENTRAL, "Only the identity, Secure Connections", secure_identity_only, "", "paired"},
	{"SM/CEN/KDU/BV-11-C", "to 6.2", CENTRAL, "Only the signing key, Secure Connections", secure_signing_key_only, "with `--init-keys sign`; as in 6.3, it is not offered otherwise", "paired: - host signing-key"},
	{"SM/CEN/KDU/BI-01-C", "to 5.4", CENTRAL, "Invalid public keys, any reason", secure_invalid_keys, "with the reason that 6.0 requires", "refused: peer invalid-key; refused: peer invalid-key, peer patterned-nonce; refused: peer reflected-key; refused: peer invalid-key, peer patterned-nonce, peer repeated-public-key"},
	{"SM/CEN/KDU/BI-04-C", "6.0 on", CENTRAL, "Invalid public keys, and our own key reflected, 0x0B", secure_invalid_keys, "", "refused: peer invalid-key; refused: peer invalid-key, peer patterned-nonce; refused: peer reflected-key; refused: peer invalid-key, peer patterned-nonce, peer repeated-public-key"},
	{"SM/CEN/PIS/BV-02-C", "", CENTRAL, "Security Request with MITM", security_request_is_answered, "legacy passkey: from 6.2 on not authenticated, with `--legacy-passkey-mitm` as to 6.1", "paired: - host mitm-unmet"},
	{"SM/CEN/PIS/BV-03-C", "", CENTRAL, "Security Request without a key, and a second one", security_request_without_key, "", "paired"},
	{"SM/CEN/SCJW/BV-01-C", "", CENTRAL, "Just Works and comparison, all IO capabilities", secure_just_works_or_comparison, "", "paired: - host mitm-unmet; paired; paired: - peer mitm-unmet"},
	{"SM/CEN/SCJW/BV-04-C", "", CENTRAL, "Reserved bits are set", secure_reserved_bits, "", "paired"},
	{"SM/CEN/SCJW/BI-01-C", "", CENTRAL, "The peer refuses: five reasons", secure_refused_by_peer, "", "refused: peer mitm-refused; refused: peer reason-unspecified; refused: peer reason-pairing-not-supported; refused: peer reason-repeated-attempts; refused: peer reason-numeric-comparison-failed"},
	{"SM/CEN/SCPK/BV-01-C", "", CENTRAL, "Passkey entry, keypress notifications", secure_passkey, "", "paired"},
	{"SM/CEN/SCPK/BV-04-C", "", CENTRAL, "Reserved bits are set, passkey", secure_passkey_reserved_bits, "", "paired"},
	{"SM/CEN/SCPK/BV-05-C", "6.2 on", CENTRAL, "Three pairings with different passkeys", secure_passkeys_differ, "", "paired"},
	{"SM/CEN/SCPK/BI-01-C", "", CENTRAL, "The peer refuses: five reasons, passkey", secure_passkey_refused_by_peer, "", "refused: peer mitm-refused; refused: peer reason-unspecified; refused: peer reason-pairing-not-supported; refused: peer reason-repeated-attempts; refused: peer reason-passkey-entry-failed"},
	{"SM/CEN/SCPK/BI-02-C", "", CENTRAL, "Wrong confirm value in a round", secure_passkey_wrong_confirm, "", "refused: peer commitment-wrong"},
	{"SM/CEN/SCPK/BI-03-C", "6.3 on", CENTRAL, "The passkeys differ", secure_other_passkey, "", "refused: nobody passkeys-differ"},
	{"SM/CEN/SCOB/BV-01-C", "", CENTRAL, "Out of band: data on both sides, only ours, only the peer's", secure_oob, "", "paired"},
	{"SM/CEN/SCOB/BV-04-C", "", CENTRAL, "Reserved bits are set, out of band", secure_oob_reserved_bits, "", "paired"},
	{"SM/CEN/SCOB/BI-01-C", "", CENTRAL, "The peer refuses: five reasons, out of band", secure_oob_refused_by_peer, "", "refused: peer mitm-refused; refused: peer reason-unspecified; refused: peer reason-pairing-not-supported; refused: peer reason-repeated-attempts; refused: peer reason-oob-not-available"},
	{"SM/CEN/SCOB/BI-04-C", "", CENTRAL, "Wrong out-of-band confirm value", secure_oob_wrong_confirm, "", "refused: host reason-confirm-value-failed"},

	{"SM/PER/PROT/BV-02-C", "", PERIPHERAL, "The peer stops answering", silence_ends_at_30_s, "", "timed_out: peer silence, peer patterned-nonce"},
	{"SM/PER/JW/BV-02-C", "", PERIPHERAL, "Just Works", legacy_just_works, "", "paired"},
	{"SM/PER/JW/BI-02-C", "", PERIPHERAL, "Wrong confirm value", legacy_wrong_confirm, "", "refused: peer confirm-wrong"},
	{"SM/PER/JW/BI-03-C", "", PERIPHERAL, "Reserved bits are set", legacy_reserved_bits, "", "paired"},
	{"SM/PER/PKE/BV-02-C", "", PERIPHERAL, "Passkey entry", legacy_passkey, "every IO capability; from 6.2 on not authenticated, with `--legacy-passkey-mitm` as to 6.1", "paired: - peer mitm-unmet"},
	{"SM/PER/PKE/BV-05-C", "to 6.1", PERIPHERAL, "MITM is required but not available", legacy_mitm_or_refused, "with `--mitm`: refused; without it, as in 6.2", "refused: host mitm-refused"},
	{"SM/PER/PKE/BV-06-C", "6.2 on", PERIPHERAL, "MITM is not claimed when the method cannot provide it", legacy_mitm_is_not_claimed, "", "paired"},
	{"SM/PER/PKE/BI-03-C", "", PERIPHERAL, "The passkeys differ", legacy_other_passkey, "", "refused: host reason-confirm-value-failed"},
	{"SM/PER/OOB/BV-02-C", "to 6.2", PERIPHERAL, "Out of band, five times", legacy_oob, "", "paired"},
	{"SM/PER/OOB/BV-11-C", "6.3 on", PERIPHERAL, "Out of band, five times, random values unique", legacy_oob, "", "paired"},
	{"SM/PER/OOB/BV-04-C", "", PERIPHERAL, "Only we have data: passkey", legacy_oob_only_blepair_has_data_passkey, "", "paired: - peer mitm-unmet"},
	{"SM/PER/OOB/BV-06-C", "", PERIPHERAL, "Only the peer has data: passkey", legacy_oob_only_peer_has_data_passkey, "", "paired: - peer mitm-unmet"},
	{"SM/PER/OOB/BV-08-C", "", PERIPHERAL, "Only the peer has data: Just Works", legacy_oob_only_peer_has_data_just_works, "", "paired"},
	{"SM/PER/OOB/BV-10-C", "", PERIPHERAL, "Only we have data: Just Works", legacy_oob_only_blepair_has_data_just_works, "", "paired"},
	{"SM/PER/OOB/BI-02-C", "to 6.2", PERIPHERAL, "The out-of-band data differ", legacy_oob_differs, "", "refused: host reason-confirm-value-failed"},
	{"SM/PER/EKS/BV-02-C", "", PERIPHERAL, "Minimum key size, also when the bond is used", minimum_key_size, "7, 10 and 16 octets, legacy and Secure Connections", "paired: - peer small-key; encrypted; paired"},
	{"SM/PER/EKS/BI-02-C", "", PERIPHERAL, "Key size below our minimum", key_size_too_small, "", "refused: peer key-size-refused; refused: peer reserved-value"},
	{"SM/PER/KDU/BV-01-C", "", PERIPHERAL, "Only the LTK, legacy", legacy_encryption_key_only, "", "paired"},
	{"SM/PER/KDU/BV-02-C", "", PERIPHERAL, "Only the identity, legacy", legacy_identity_only, "", "paired"},
	{"SM/PER/KDU/BV-03-C", "to 6.2", PERIPHERAL, "Only the signing key, legacy", legacy_signing_key_only, "with `--resp-keys sign`; as in 6.3, it is not offered otherwise", "paired: - host signing-key"},
	{"SM/PER/KDU/BV-07-C", "", PERIPHERAL, "The same link is encrypted again with the LTK", legacy_same_link_again, "", "paired"},
	{"SM/PER/KDU/BV-08-C", "", PERIPHERAL, "Only the identity, Secure Connections", secure_identity_only, "", "paired"},
	{"SM/PER/KDU/BV-09-C", "to 6.2", PERIPHERAL, "Only the signing key, Secure Connections", secure_signing_key_only, "with `--resp-keys sign`; as in 6.3, it is not offered otherwise", "paired: - host signing-key"},
	{"SM/PER/KDU/BI-01-C", "to 5.4", PERIPHERAL, "Invalid public keys, any reason", secure_invalid_keys, "with the reason that 6.0 requires", "refused: peer invalid-key; refused: peer invalid-key, peer patterned-nonce; refused: host reason-repeated-attempts; refused: peer invalid-key, peer patterned-nonce, peer repeated-public-key"},
	{"SM/PER/KDU/BI-04-C", "6.0 on", PERIPHERAL, "Invalid public keys, 0x0B", secure_invalid_keys, "", "refused: peer invalid-key; refused: peer invalid-key, peer patterned-nonce; refused: host reason-repeated-attempts; refused: peer invalid-key, peer patterned-nonce, peer repeated-public-key"},
	{"SM/PER/KDU/BI-02-C", "5.3 on", PERIPHERAL, "The peer rejects our keys, legacy", legacy_keys_rejected, "", "refused: peer reason-key-rejected; bond_lost: host bond-refused-here"},
	{"SM/PER/KDU/BI-03-C", "5.3 on", PERIPHERAL, "The peer rejects our keys, Secure Connections", secure_keys_rejected, "", "refused: peer reason-key-rejected; bond_lost: host bond-refused-here"},
	{"SM/PER/PIS/BV-01-C", "", PERIPHERAL, "We send a Security Request, and the peer pairs", security_request_is_sent, "with `--mitm`, and `--legacy-passkey-mitm` as to 6.1: a legacy passkey", "paired: - peer mitm-unmet"},
	{"SM/PER/PIS/BV-02-C", "", PERIPHERAL, "We send a Security Request, and the peer uses the bond", security_request_with_bond, "", "paired; encrypted"},
	{"SM/PER/SCJW/BV-02-C", "", PERIPHERAL, "Just Works and comparison, all IO capabilities", secure_just_works_or_comparison, "", "paired: - peer mitm-unmet; paired"},
	{"SM/PER/SCJW/BV-03-C", "", PERIPHERAL, "Reserved bits are set", secure_reserved_bits, "", "paired"},
	{"SM/PER/SCJW/BI-02-C", "", PERIPHERAL, "The peer refuses in phase 2", secure_refused_by_peer, "", "refused: peer confirm-rejected"},
	{"SM/PER/SCPK/BV-02-C", "", PERIPHERAL, "Passkey entry, keypress notifications", secure_passkey, "", "paired"},
	{"SM/PER/SCPK/BV-03-C", "", PERIPHERAL, "Reserved bits are set, passkey", secure_passkey_reserved_bits, "", "paired"},
	{"SM/PER/SCPK/BI-03-C", "", PERIPHERAL, "Wrong confirm value in a round", secure_passkey_wrong_confirm, "", "refused: peer commitment-wrong"},
	{"SM/PER/SCPK/BI-04-C", "", PERIPHERAL, "The peer refuses: five reasons, passkey", secure_passkey_refused_by_peer, "", "refused: peer mitm-refused; refused: peer reason-unspecified; refused: peer reason-pairing-not-supported; refused: peer reason-repeated-attempts; refused: peer reason-passkey-entry-failed"},
	{"SM/PER/SCPK/BI-05-C", "6.3 on", PERIPHERAL, "The passkeys differ", secure_other_passkey, "", "refused: nobody confirm-rejected; refused: nobody passkeys-differ"},
	{"SM/PER/SCOB/BV-02-C", "", PERIPHERAL, "Out of band: data on both sides, only ours, only the peer's", secure_oob, "", "paired"},
	{"SM/PER/SCOB/BV-03-C", "", PERIPHERAL, "Reserved bits are set, out of band", secure_oob_reserved_bits, "", "paired"},
	{"SM/PER/SCOB/BI-02-C", "", PERIPHERAL, "The peer refuses: five reasons, out of band", secure_oob_refused_by_peer, "", "refused: peer mitm-refused; refused: peer reason-unspecified; refused: peer reason-pairing-not-supported; refused: peer reason-repeated-attempts; refused: peer reason-oob-not-available"},
	{"SM/PER/SCOB/BI-03-C", "", PERIPHERAL, "Wrong out-of-band confirm value", secure_oob_wrong_confirm, "", "refused: host reason-confirm-value-failed"},

	{"SM/CEN/SCCT/BV-03-C", "to 6.2", CENTRAL, "LTK from a link key, h6", NULL, BR_EDR, ""},
	{"SM/CEN/SCCT/BV-05-C", "to 6.2", CENTRAL, "LTK from a link key, h7", NULL, BR_EDR, ""},
	{"SM/CEN/SCCT/BV-07-C", "to 6.2", CENTRAL, "Link key from the LTK, h6, seven octets", link_key_by_h6, "with `--init-keys` and `--resp-keys enc,id,sign,link`", "paired: - peer small-key, host signing-key"},
	{"SM/CEN/SCCT/BV-09-C", "to 6.2", CENTRAL, "Link key from the LTK, h7, seven octets", link_key_by_h7, "with `--init-keys` and `--resp-keys enc,id,sign,link`", "paired: - peer small-key, host signing-key"},
	{"SM/CEN/SCCT/BV-10-C", "6.3 on", CENTRAL, "LTK from a link key, h6, no CSRK", NULL, BR_EDR, ""},
	{"SM/CEN/SCCT/BV-11-C", "6.3 on", CENTRAL, "LTK from a link key, h7, no CSRK", NULL, BR_EDR, ""},
	{"SM/CEN/SCCT/BV-12-C", "6.3 on", CENTRAL, "Link key from the LTK, h6, no CSRK", link_key_by_h6_without_csrk, "with `--init-keys` and `--resp-keys enc,id,link`", "paired: - peer small-key"},
	{"SM/CEN/SCCT/BV-13-C", "6.3 on", CENTRAL, "Link key from the LTK, h7, no CSRK", link_key_by_h7_without_csrk, "with `--init-keys` and `--resp-keys enc,id,link`", "paired: - peer small-key"},
	{"SM/PER/SCCT/BV-04-C", "to 6.2", PERIPHERAL, "LTK from a link key, h6", NULL, BR_EDR, ""},
	{"SM/PER/SCCT/BV-06-C", "to 6.2", PERIPHERAL, "LTK from a link key, h7", NULL, BR_EDR, ""},
	{"SM/PER/SCCT/BV-08-C", "to 6.2", PERIPHERAL, "Link key from the LTK, h6, seven octets", link_key_by_h6, "with `--init-keys` and `--resp-keys enc,id,sign,link`", "paired: - peer small-key, peer signing-key"},
	{"SM/PER/SCCT/BV-10-C", "to 6.2", PERIPHERAL, "Link key from the LTK, h7, seven octets", link_key_by_h7, "with `--init-keys` and `--resp-keys enc,id,sign,link`", "paired: - peer small-key, peer signing-key"},
	{"SM/PER/SCCT/BV-11-C", "6.3 on", PERIPHERAL, "LTK from a link key, h6, no CSRK", NULL, BR_EDR, ""},
	{"SM/PER/SCCT/BV-12-C", "6.3 on", PERIPHERAL, "LTK from a link key, h7, no CSRK", NULL, BR_EDR, ""},
	{"SM/PER/SCCT/BV-13-C", "6.3 on", PERIPHERAL, "Link key from the LTK, h6, no CSRK", link_key_by_h6_without_csrk, "with `--init-keys` and `--resp-keys enc,id,link`", "paired: - peer small-key"},
	{"SM/PER/SCCT/BV-14-C", "6.3 on", PERIPHERAL, "Link key from the LTK, h7, no CSRK", link_key_by_h7_without_csrk, "with `--init-keys` and `--resp-keys enc,id,link`", "paired: - peer small-key"},

	{"SM/SIGN/BV-01-C", "to 6.2", CENTRAL, "Signed data is sent", NULL, SIGNING, ""},
	{"SM/SIGN/BV-03-C", "to 6.2", CENTRAL, "Signed data is accepted", NULL, SIGNING, ""},
	{"SM/SIGN/BI-01-C", "to 6.2", CENTRAL, "Wrongly signed data is ignored", NULL, SIGNING, ""},
	{"SM/SIGN/BI-02-C", "6.2 on", CENTRAL, "Repeated signed data is ignored", NULL, SIGNING, ""},
	/* clang-format on */
};

static bool passed[COUNT(rows)];

static void test_case(void **state)
{
	struct row *row = *state;

	row->run(row->central);
	captured_says(row->says);
	passed[row - rows] = true;
}

static int clean_up(void **state)
{
	run_scenario_forget();
	captured_forget();
	return sim_end(state);
}

/* ---- The table ------------------------------------------------------------------------------- */

static const char *result(const struct row *row)
{
	if (!row->run)
		return "not applicable";
	return passed[row - rows] ? "passed" : "FAILED";
}

static void print_table(FILE *out)
{
	size_t applicable = 0, passed_count = 0, le = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		applicable += rows[i].run != NULL;
		passed_count += passed[i];
		le += rows[i].run && !strstr(rows[i].id, "/SCCT/");
	}
	(void)fprintf(
		out,
		"# Conformance\n\n"
		"The test cases of the Bluetooth SIG's test suite for the Security Manager "
		"(SM.TS p30), by identifier; the\n"
		"titles and tests are our own. Each case runs the whole of blepair, from its "
		"arguments to the air, against a\n"
		"lower tester that shares no code with blepair's Security Manager: "
		"`test/conformance` on `test/sim`.\n"
		"`scripts/conformance` writes this page, and a test fails when it is out of "
		"date.\n\n"
		"Of %zu cases, %zu apply to an LE-only tool: %zu for LE pairing and %zu for "
		"keys of the other transport.\n"
		"%zu passed. The second column lists the versions of the Core Specification "
		"that a case applies to. Where\n"
		"two versions differ, blepair follows the newer one by default (6.3); the last "
		"column names the options that\n"
		"select the older behaviour, with which the case of the older version was "
		"run.\n\n"
		"This is not a qualification, which requires the SIG's own tester.\n\n"
		"| case | Core | test | result | remark |\n| --- | --- | --- | --- | --- |\n",
		COUNT(rows), applicable, le, applicable - le, passed_count);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		(void)fprintf(out, "| %s | %s | %s | %s | %s |\n", row->id,
			      *row->core ? row->core : "all", row->title, result(row), row->remark);
	}
}

static void test_every_case_is_listed_once(void **state)
{
	size_t central = 0, peripheral = 0, both = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *id = rows[i].id;
		bool other = strstr(id, "/SCCT/") || strstr(id, "/SIGN/");
		assert_int_equal(rows[i].central, strncmp(id, "SM/PER/", 7) != 0);
		assert_true(rows[i].run || *rows[i].remark);
		central += !other && rows[i].central;
		peripheral += !other && !rows[i].central;
		both += other;
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[k].id, id);
	}
	assert_int_equal(central, 43);
	assert_int_equal(peripheral, 41);
	assert_int_equal(both, 20);
}

static void test_the_page_is_up_to_date(void **state)
{
	char *table = NULL, *page = NULL;
	size_t len = 0, room = 0;
	FILE *out = open_memstream(&table, &len), *in = fopen(PAGE, "r");

	(void)state;
	assert_non_null(out);
	print_table(out);
	(void)fclose(out);
	if (!in || getdelim(&page, &room, '\0', in) < 0 || strcmp(page, table) != 0)
		fail_msg("docs/conformance.md differs from the results: run scripts/conformance");
	(void)fclose(in);
	free(page);
	free(table);
}

int main(int argc, char *argv[])
{
	struct CMUnitTest tests[COUNT(rows) + 2];
	size_t n = 0;
	int failed;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].run)
			tests[n++] = (struct CMUnitTest){rows[i].id, test_case, sim_begin, clean_up,
							 &rows[i]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_every_case_is_listed_once);
	if (argc < 2)
		tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_the_page_is_up_to_date);
	/* cmocka's macro needs an array whose size is a constant. */
	failed = _cmocka_run_group_tests("conformance", tests, n, captured_begin, captured_end);
	if (argc > 1 && strcmp(argv[1], "--table") == 0)
		print_table(stdout);
	return failed;
}
