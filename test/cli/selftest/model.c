/* SPDX-License-Identifier: MIT */
#include "selftest/model.h"

#include <string.h>

#include "smp/pdu.h"
#include "unit.h"

/* The features that an end with these options sends, Vol 3 Part H 3.5.1. */
static struct smp_feature_set features_of(const struct options *o, bool oob)
{
	return (struct smp_feature_set){
		.io = (uint8_t)o->io,
		.oob = oob,
		.auth_req = (uint8_t)(SMP_AUTH_BONDING |
				      (o->io != SMP_IO_NO_INPUT_NO_OUTPUT ? SMP_AUTH_MITM : 0) |
				      (o->sc != SMP_SC_OFF ? SMP_AUTH_SC : 0)),
		.max_key_size = 16,
		.init_keys = (uint8_t)o->init_keys,
		.resp_keys = (uint8_t)o->resp_keys,
	};
}

static void the_options_of_each_row_lead_to_its_methods(void **state)
{
	size_t count;
	const struct selftest_model *models = selftest_models(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct selftest_model *m = &models[i];
		const bool oob = selftest_model_oob(m);
		struct options central = {0}, peripheral = {0};
		struct smp_features f;

		selftest_model_options(m, true, 123456, &central);
		selftest_model_options(m, false, 123456, &peripheral);
		memset(&f, 0, sizeof(f));
		f.request = features_of(&central, oob);
		f.response = features_of(&peripheral, oob);
		smp_negotiate(SMP_INITIATOR, &f);
		assert_int_equal(f.method, m->central.method);
		assert_int_equal(f.secure_connections, m->secure);
		smp_negotiate(SMP_RESPONDER, &f);
		assert_int_equal(f.method, m->peripheral.method);
	}
}

/* Legacy pairing has no numeric comparison; everything else exists with and without SC. */
static void every_method_has_a_row_for_both_kinds_of_pairing(void **state)
{
	unsigned central[2] = {0}, peripheral[2] = {0};
	const unsigned all = 1U << SMP_JUST_WORKS | 1U << SMP_PASSKEY_WE_SHOW |
			     1U << SMP_PASSKEY_WE_TYPE | 1U << SMP_PASSKEY_BOTH_TYPE |
			     1U << SMP_OOB;
	size_t count;
	const struct selftest_model *models = selftest_models(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		central[models[i].secure] |= 1U << models[i].central.method;
		peripheral[models[i].secure] |= 1U << models[i].peripheral.method;
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(models[i].name, models[k].name);
	}
	assert_int_equal(central[false], all);
	assert_int_equal(peripheral[false], all);
	assert_int_equal(central[true], all | 1U << SMP_NUMERIC_COMPARISON);
	assert_int_equal(peripheral[true], all | 1U << SMP_NUMERIC_COMPARISON);
}

static void the_program_gives_all_answers(void **state)
{
	size_t count;
	const struct selftest_model *models = selftest_models(&count);
	struct options o = {.confirm = CONFIRM_ASK, .oob = {.has_tk = true}};

	(void)state;
	selftest_model_options(&models[0], true, 42, &o);
	assert_true(o.has_passkey);
	assert_int_equal(o.passkey, 42);
	assert_int_equal(o.confirm, CONFIRM_YES);
	assert_false(o.oob.has_tk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_options_of_each_row_lead_to_its_methods),
		cmocka_unit_test(every_method_has_a_row_for_both_kinds_of_pairing),
		cmocka_unit_test(the_program_gives_all_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
