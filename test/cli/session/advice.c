/* SPDX-License-Identifier: MIT */
#include "session/advice.h"

#include <string.h>

#include "smp/smp.h"
#include "unit.h"

static struct options options;
static struct smp_features features;
static struct smp_bond bond;
static struct session_advice about;

static int begin(void **state)
{
	(void)state;
	options = (struct options){.sc = SMP_SC_PREFER, .max_key_size = 16};
	features = (struct smp_features){.request.auth_req = SMP_AUTH_SC,
					 .response.auth_req = SMP_AUTH_SC};
	bond = (struct smp_bond){.key_size = 16};
	about = (struct session_advice){
		.options = &options, .features = &features, .central = true};
	return 0;
}

static const char *on_reason(uint8_t reason)
{
	return session_advice_on_reason(reason, &about);
}

static const char *on_refusal(enum smp_why why)
{
	return session_advice_on_refusal(why, &about);
}

static void every_reason_of_the_peer_has_its_own_advice(void **state)
{
	(void)state;
	for (uint8_t reason = 0x01; reason <= 0x10; reason++) {
		assert_true(strlen(on_reason(reason)) > 10);
		for (uint8_t other = 0x01; other < reason; other++)
			assert_string_not_equal(on_reason(reason), on_reason(other));
	}
}

static void an_undefined_reason_is_reported_as_such(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < 256; reason++)
		if (reason < 0x01 || reason > 0x10)
			assert_non_null(strstr(on_reason((uint8_t)reason), "does not define"));
}

/* What the peer may miss in our features, in either role. */
static void authentication_requirements_are_explained_by_what_we_sent(void **state)
{
	struct smp_feature_set *ours = &features.request, *theirs = &features.response;

	for (int central = 1; central >= 0; central--) {
		(void)begin(state);
		about.central = central;
		if (!central) {
			ours = &features.response;
			theirs = &features.request;
		}
		ours->auth_req = 0;
		assert_non_null(strstr(on_reason(0x03), "--oob tk="));
		options.sc = SMP_SC_OFF;
		assert_non_null(strstr(on_reason(0x03), "leave --sc off out"));
		features.method = SMP_JUST_WORKS;
		theirs->auth_req = 0; /* it has no Secure Connections either */
		assert_non_null(strstr(on_reason(0x03), "--io keyboard-display"));
		ours->auth_req = SMP_AUTH_SC | SMP_AUTH_MITM;
		assert_non_null(strstr(on_reason(0x03), "protects a bond"));
		ours->io = SMP_IO_NO_INPUT_NO_OUTPUT;
		assert_non_null(strstr(on_reason(0x03), "--io keyboard-display"));
		about.bond = &bond;
		assert_non_null(strstr(on_reason(0x03), "the bond that the peer has with us"));
		about.attempted = true; /* then it did not refuse to begin */
		assert_null(strstr(on_reason(0x03), "the bond that the peer has with us"));
	}
}

/* Nobody has typed anything. */
static void a_confirm_value_of_just_works_has_no_passkey(void **state)
{
	(void)state;
	assert_non_null(strstr(on_reason(0x04), "different passkeys"));
	features.method = SMP_JUST_WORKS;
	assert_null(strstr(on_reason(0x04), "different passkeys"));
	features.method = SMP_NUMERIC_COMPARISON;
	assert_null(strstr(on_reason(0x04), "different passkeys"));
}

static void without_secure_connections_it_is_not_advised_to_leave_them_out(void **state)
{
	(void)state;
	assert_non_null(strstr(on_reason(0x07), "--sc off"));
	features.request.auth_req = 0;
	assert_null(strstr(on_reason(0x07), "--sc off"));
}

/* What an option decided, its name is in the advice. */
static void a_refusal_that_an_option_causes_names_the_option(void **state)
{
	static const struct {
		enum smp_why why;
		const char *option;
	} refusals[] = {
		{SMP_WHY_KEY_TOO_SHORT, "--min-key-size"},
		{SMP_WHY_NO_OOB_DATA, "--oob"},
		{SMP_WHY_OTHER_METHOD, "--method"},
		{SMP_WHY_LEGACY_ONLY, "--sc prefer"},
		{SMP_WHY_UNAUTHENTICATED, "--no-mitm"},
		{SMP_WHY_BOND_IS_SECURE, "--replace-bond"},
		{SMP_WHY_BOND_KEY_IS_LONGER, "--replace-bond"},
		{SMP_WHY_BOND_AUTHENTICATED, "--replace-bond"},
		{SMP_WHY_DEBUG_KEY, "--replace-bond"},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(refusals); n++) {
		assert_non_null(strstr(on_refusal(refusals[n].why), refusals[n].option));
		assert_true(session_is_policy(refusals[n].why));
	}
}

static void a_refusal_that_nothing_changes_has_no_advice(void **state)
{
	(void)state;
	assert_null(on_refusal(SMP_WHY_INTERNAL_FAILURE));
	assert_false(session_is_policy(SMP_WHY_INTERNAL_FAILURE));
	assert_null(session_policy(SMP_WHY_INTERNAL_FAILURE, &about));
	assert_false(session_is_policy(SMP_WHY_REFLECTED_CONFIRM)); /* the peer did it */
}

static void the_policy_is_the_option_and_not_the_bond(void **state)
{
	(void)state;
	assert_null(session_policy(SMP_WHY_BOND_IS_SECURE, &about));
	options.sc = SMP_SC_OFF;
	assert_string_equal(session_policy(SMP_WHY_BOND_IS_SECURE, &about), "--sc off");
	assert_non_null(strstr(on_refusal(SMP_WHY_BOND_IS_SECURE), "leave --sc off out"));
	assert_null(session_policy(SMP_WHY_DEBUG_KEY, &about));
	options.mitm = SMP_MITM_REQUIRE;
	assert_string_equal(session_policy(SMP_WHY_DEBUG_KEY, &about), "--mitm");
	assert_non_null(strstr(on_refusal(SMP_WHY_DEBUG_KEY), "--no-mitm"));
}

/* Which keys the peer distributes is an option of its role. */
static void a_rejected_key_can_be_left_out(void **state)
{
	static const struct {
		enum smp_why why;
		const char *central, *peripheral;
	} keys[] = {
		{SMP_WHY_GUESSABLE_LTK, "--resp-keys without enc", "--init-keys without enc"},
		{SMP_WHY_GUESSABLE_CSRK, "--resp-keys without sign", "--init-keys without sign"},
		{SMP_WHY_INVALID_IDENTITY, "--resp-keys without id", "--init-keys without id"},
	};

	(void)state;
	for (size_t n = 0; n < COUNT(keys); n++) {
		about.central = true;
		assert_non_null(strstr(on_refusal(keys[n].why), keys[n].central));
		about.central = false;
		assert_non_null(strstr(on_refusal(keys[n].why), keys[n].peripheral));
	}
}

/* A peer that wants more than its bond gives pairs anew, and was neither reset nor sold. */
static void a_peer_that_pairs_anew_may_want_more_than_its_bond_gives(void **state)
{
	(void)state;
	about.central = false;
	about.bond = &bond;
	features.because = SMP_BECAUSE_PEER_HAS_NO_IO;
	assert_non_null(strstr(on_refusal(SMP_WHY_BOND_AUTHENTICATED), "may have lost its bond"));
	features.request.auth_req |= SMP_AUTH_MITM;
	assert_non_null(strstr(on_refusal(SMP_WHY_BOND_AUTHENTICATED), "may still have the bond"));
	features.because = SMP_BECAUSE_WE_HAVE_NO_IO;
	assert_non_null(strstr(on_refusal(SMP_WHY_BOND_AUTHENTICATED), "--io keyboard-display"));
	bond.authenticated = true;
	assert_non_null(strstr(on_refusal(SMP_WHY_BOND_AUTHENTICATED), "--io keyboard-display"));
	assert_null(strstr(on_refusal(SMP_WHY_BOND_AUTHENTICATED), "may still have"));
}

static void our_own_limit_of_the_key_size_is_named(void **state)
{
	(void)state;
	about.bond = &bond;
	assert_null(strstr(on_refusal(SMP_WHY_BOND_KEY_IS_LONGER), "--max-key-size"));
	options.max_key_size = 15;
	assert_non_null(strstr(on_refusal(SMP_WHY_BOND_KEY_IS_LONGER), "--max-key-size"));
}

static void a_silent_user_here_is_told_so(void **state)
{
	(void)state;
	assert_non_null(strstr(session_advice_on_silence(SMP_WHY_USER_SILENT), "--confirm"));
	assert_non_null(strstr(session_advice_on_silence(SMP_WHY_PEER_AND_USER_SILENT), "answer"));
	assert_non_null(strstr(session_advice_on_silence(SMP_WHY_PEER_SILENT), "restart it"));
}

/* More IO here helps only where it was ours that was missing. */
static void io_is_advised_where_only_ours_was_missing(void **state)
{
	(void)state;
	for (int n = SMP_BECAUSE_NONE; n < SMP_BECAUSE_COUNT; n++) {
		enum smp_because because = (enum smp_because)n;
		const char *method = session_advice_on_method(because);

		features.because = because;
		assert_int_equal(method != NULL, n == SMP_BECAUSE_WE_HAVE_NO_IO);
		if (method)
			assert_ptr_equal(method, on_refusal(SMP_WHY_UNAUTHENTICATED));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_reason_of_the_peer_has_its_own_advice),
		TEST(an_undefined_reason_is_reported_as_such),
		TEST(authentication_requirements_are_explained_by_what_we_sent),
		TEST(a_confirm_value_of_just_works_has_no_passkey),
		TEST(without_secure_connections_it_is_not_advised_to_leave_them_out),
		TEST(a_refusal_that_an_option_causes_names_the_option),
		TEST(a_refusal_that_nothing_changes_has_no_advice),
		TEST(the_policy_is_the_option_and_not_the_bond),
		TEST(a_rejected_key_can_be_left_out),
		TEST(a_peer_that_pairs_anew_may_want_more_than_its_bond_gives),
		TEST(our_own_limit_of_the_key_size_is_named),
		TEST(a_silent_user_here_is_told_so),
		TEST(io_is_advised_where_only_ours_was_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
