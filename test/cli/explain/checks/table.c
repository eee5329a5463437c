/* SPDX-License-Identifier: MIT */
#include "checks/table.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/explain/checks/fixture.h"
#include "smp/pdu.h"
#include "smp/reason.h"

static struct explain_finding findings[EXPLAIN_FINDINGS + 1];

static const struct explain_check *row(const char *id)
{
	for (size_t i = 0; i < check_count; i++)
		if (strcmp(check_table[i].id, id) == 0)
			return &check_table[i];
	fail_msg("no row %s", id);
	return NULL;
}

/* docs/explain.md is a table of them. */
static void each_row_has_a_name_of_its_own_and_complete_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < check_count; i++) {
		const struct explain_check *c = &check_table[i];
		assert_true(isupper((unsigned char)c->text[0]));
		assert_int_equal(c->text[strlen(c->text) - 1], '.');
		assert_false(isupper((unsigned char)c->fix[0]) &&
			     islower((unsigned char)c->fix[1]));
		assert_int_not_equal(c->fix[strlen(c->fix) - 1], '.');
		assert_true(strncmp(c->section, "Vol ", 4) == 0 || strcmp(c->section, "-") == 0);
		assert_null(strchr(c->text, '|'));
		assert_null(strchr(c->fix, '|'));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(c->id, check_table[k].id);
	}
}

/* A reason that smp/reason.h gains needs a row. */
static void each_reason_of_pairing_failed_has_one_row(void **state)
{
	char code[8];

	(void)state;
	for (unsigned reason = 0; reason < 256; reason++) {
		size_t rows = 0;
		for (size_t i = 0; i < check_count; i++) {
			const struct explain_check *c = &check_table[i];
			if (c->holds != check_peer_reason || c->parameter != reason)
				continue;
			rows++;
			(void)snprintf(code, sizeof(code), "(0x%02X)", reason);
			assert_non_null(strstr(c->text, code));
			assert_true(c->can_cause);
		}
		assert_int_equal(rows, check_reason_is_defined((uint8_t)reason));
	}
}

static void only_faults_can_be_a_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < check_count; i++)
		if (check_table[i].can_cause)
			assert_int_equal(check_table[i].severity, EXPLAIN_FAULT);
}

static void severities_have_names(void **state)
{
	(void)state;
	assert_string_equal(check_severity_name(EXPLAIN_FAULT), "fault");
	assert_string_equal(check_severity_name(EXPLAIN_WEAKNESS), "weakness");
	assert_string_equal(check_severity_name(EXPLAIN_SURPRISE), "surprise");
	assert_string_equal(check_severity_name(EXPLAIN_HINT), "hint");
}

/* Two findings that can be the cause, and one between them in the table that cannot. */
static void three_findings(void)
{
	attempt.wrong_length = at(3, 0);
	attempt.length_by = R;
	attempt.length_code = SMP_PAIRING_CONFIRM;
	facts.has_sc_passkey = true;
	attempt.hardware_error = at(5, 0);
}

static void findings_are_in_the_order_of_the_table(void **state)
{
	(void)state;
	three_findings();
	assert_int_equal(check_run_all(&tested, findings), 3);
	assert_ptr_equal(findings[0].check, row("wrong-length"));
	assert_ptr_equal(findings[1].check, row("hardware-error"));
	assert_ptr_equal(findings[2].check, row("passkey-shown"));
	assert_int_equal(findings[1].by, NOBODY);
}

static void the_first_finding_that_can_be_the_cause_of_a_failure_is_the_cause(void **state)
{
	(void)state;
	three_findings();
	(void)check_run_all(&tested, findings);
	for (size_t i = 0; i < 3; i++)
		assert_false(findings[i].cause); /* nothing failed */
	tested.failed = true;
	(void)check_run_all(&tested, findings);
	assert_true(findings[0].cause);
	assert_false(findings[1].cause);
	assert_false(findings[2].cause);
	assert_true(tested.explained);
	attempt.wrong_length = at(0, 0);
	(void)check_run_all(&tested, findings);
	assert_true(findings[0].cause);
	attempt.hardware_error = at(0, 0);
	(void)check_run_all(&tested, findings);
	assert_ptr_equal(findings[0].check, row("passkey-shown"));
	assert_false(findings[0].cause);
	assert_false(tested.explained);
}

static void a_reason_is_reported_by_its_own_row(void **state)
{
	(void)state;
	tested.failed = true;
	attempt.failed_by = R;
	attempt.failed = at(7, 0);
	attempt.reason = SMP_BUSY;
	assert_int_equal(check_run_all(&tested, findings), 1);
	assert_ptr_equal(findings[0].check, row("reason-busy"));
	three_findings(); /* and only when no row above is the cause */
	assert_int_equal(check_run_all(&tested, findings), 3);
	assert_ptr_equal(findings[2].check, row("passkey-shown"));
}

static void a_seventeenth_finding_is_dropped(void **state)
{
	struct explain_party *p = attempt.party;

	(void)state;
	three_findings();
	case_features(9, 0, 9, 0);
	p[R].features_pdu[5] = 0xff;
	case_negotiate();
	facts.features.request.init_keys = 0;
	(void)case_pdu(R, SMP_PAIRING_REQUEST, 6, 0);
	(void)case_pdu(R, SMP_PAIRING_RANDOM, 7, 60 * S);
	facts.bad_point[I] = facts.debug_key[I] = facts.passkeys_differ = true;
	facts.confirm[I].result = facts.commitment[I].result = facts.check[I].result =
		EXPLAIN_WRONG;
	attempt.disconnected = at(9, 0);
	attempt.disconnect_reason = 0x3d;
	p[I].irk = p[I].random = at(8, 0);
	p[I].confirms = p[R].confirms = p[I].randoms = p[R].randoms = 1;
	attempt.after_failure = at(9, 0);
	attempt.after_code = SMP_PAIRING_RANDOM;
	attempt.signaling.wrong_identifier = attempt.signaling.wrong_result = at(9, 0);
	attempt.bad_count = 1;
	attempt.host.refusals = 1;
	findings[EXPLAIN_FINDINGS].frame_count = 77;
	assert_int_equal(check_run_all(&tested, findings), EXPLAIN_FINDINGS);
	assert_int_equal(findings[EXPLAIN_FINDINGS].frame_count, 77);
}

#define TEST(name) cmocka_unit_test_setup(name, case_begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_row_has_a_name_of_its_own_and_complete_texts),
		TEST(each_reason_of_pairing_failed_has_one_row),
		TEST(only_faults_can_be_a_cause),
		TEST(severities_have_names),
		TEST(findings_are_in_the_order_of_the_table),
		TEST(the_first_finding_that_can_be_the_cause_of_a_failure_is_the_cause),
		TEST(a_reason_is_reported_by_its_own_row),
		TEST(a_seventeenth_finding_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
